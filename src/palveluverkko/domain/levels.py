"""Level schemes: an ordered list of service levels, each serving itself and every nearer one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import check_minutes

LANGUAGES = ("fi", "sv", "en")
"""Languages of everything that planners and officials read; the first is the fallback of the others."""

BUILT_IN_SCHEMES = {"EAL": "eal.toml", "keski-suomi": "keski-suomi.toml"}

_KEYS = ("code", "name", "colour", "menu", "minutes", "contains")
_SERVICE_KEYS = (*LANGUAGES, "replaced_by")

_CODE = re.compile(r"[A-Za-zÅÄÖåäö][A-Za-zÅÄÖåäö0-9-]*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Level:
    """One service level.

    Attributes
    ----------
    code
        Short name in tables: letters, digits and hyphens, such as ``"L"``.
    names
        Name by language (fi, sv, en).
    colour
        ``#rrggbb`` for the level's service points and headings.
    menu
        Services that a point of this level offers beyond the levels that it contains, each by language.
    minutes
        Thresholds of this level alone; empty where those of the study are meant.
    contains
        Codes of the nearer levels whose service its points give too; None for every nearer one. A hospital that is no
        shop contains the health centres but not the shops.
    replaced_by
        By the first name of a service of the menu, the services that do as well: who has a round-the-clock emergency
        department near needs no out-of-hours surgery. A service that is not named here is replaced by no other.
    """

    code: str
    names: Mapping[str, str]
    colour: str = "#444444"
    menu: tuple[Mapping[str, str], ...] = ()
    minutes: tuple[float, ...] = ()
    contains: tuple[str, ...] | None = None
    replaced_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a level that no table or page could show."""
        if not _CODE.fullmatch(self.code):
            raise StudyError(f"level code {self.code!r} is not letters, digits and hyphens that start with a letter.")
        if not _COLOUR.fullmatch(str(self.colour)):
            raise StudyError(f"level {self.code!r} has the colour {self.colour!r}; write it as #rrggbb.")
        if self.minutes:
            try:
                object.__setattr__(self, "minutes", check_minutes(self.minutes))
            except StudyError as error:
                raise StudyError(f"level {self.code!r}: {error}") from None

    def name(self, language: str) -> str:
        """Name the level in one language; Finnish, then the code, where that language is absent."""
        return self.names.get(language) or self.names.get(LANGUAGES[0]) or self.code


@dataclass(frozen=True)
class LevelScheme:
    """Service levels from near to far.

    A point of a level serves that level and those that it contains, which are all nearer ones unless it says otherwise.
    So the travel time to a level is a minimum over its own points and those of the levels that contain it, and a level
    is never farther than one that contains it. The order is the scheme; it cannot be broken later.

    Raises
    ------
    StudyError
        The scheme has no level; two levels share a code, or two services of the menus a name; a level contains one that
        is unknown or farther, or two contain each other; a service is replaced by an unknown one or, round a circle,
        by itself.

    Examples
    --------
    >>> LevelScheme.eal().codes
    ('L', 'A', 'E')
    >>> LevelScheme.eal().serving("A")
    ('A', 'E')
    """

    name: str
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        """Refuse disorder at birth."""
        if not self.levels:
            raise StudyError(f"level scheme {self.name!r} has no levels; write at least one [[level]].")
        _check_levels(self.name, self.levels)
        _check_menus(self.name, self.levels)

    @classmethod
    def eal(cls) -> LevelScheme:
        """Give the scheme of Lapin sote-malli: local L, regional A, special E."""
        return cls.named("EAL")

    @classmethod
    def named(cls, name: str) -> LevelScheme:
        """Give a built-in scheme by name, or read one from a path that ends in ``.toml``."""
        if name.endswith(".toml"):
            return cls.from_toml(Path(name))
        if name not in BUILT_IN_SCHEMES:
            known = ", ".join(BUILT_IN_SCHEMES)
            raise StudyError(f"level scheme {name!r} is not known; use {known} or the path of a .toml file.")
        text = resources.files(__package__).joinpath("schemes", BUILT_IN_SCHEMES[name]).read_text(encoding="utf-8")
        return cls._from_text(text, BUILT_IN_SCHEMES[name])

    @classmethod
    def from_toml(cls, path: Path) -> LevelScheme:
        """Read a scheme of the user's own: ``name`` and ``[[level]]`` tables from near to far.

        Raises
        ------
        StudyError
            As the class; the message names the file and the line.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise StudyError(f"level scheme {path} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise StudyError(f"level scheme {path} is not TOML: {error}.") from None
        return cls._from_text(text, str(path))

    @classmethod
    def _from_text(cls, text: str, where: str) -> LevelScheme:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise StudyError(f"level scheme {where} is not TOML: {error}.") from None
        try:
            return cls._from_document(document, where)
        except _LevelError as error:
            raise StudyError(f"{where}, line {_line_of(text, error)}: {error}") from None

    @classmethod
    def _from_document(cls, document: Mapping[str, Any], where: str) -> LevelScheme:
        unknown = sorted(set(document) - {"name", "level"})
        if unknown:
            raise _LevelError(f"the unknown key {unknown[0]!r}; a scheme holds name and [[level]].", key=unknown[0])
        entries = document.get("level", [])
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise _LevelError("level is not a list of tables; write [[level]] above each.", key="level")
        levels = tuple(_read_level(number, entry) for number, entry in enumerate(entries, start=1))
        return cls(str(document.get("name", where)), levels)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the levels from near to far."""
        return tuple(level.code for level in self.levels)

    def __getitem__(self, code: str) -> Level:
        """Give a level by its code."""
        return self.levels[self.position(code)]

    def position(self, code: str) -> int:
        """Give the place of a level in the order from near to far, from 0."""
        if code not in self.codes:
            known = ", ".join(self.codes)
            raise StudyError(f"level {code!r} is not in the scheme {self.name}; its levels are {known}.")
        return self.codes.index(code)

    def serving(self, code: str) -> tuple[str, ...]:
        """Give the codes of the levels whose points serve a level, itself first: those that contain it."""
        start = self.position(code)
        serving = [code]
        for position in range(start + 1, len(self.levels)):
            level = self.levels[position]
            contained = self.codes[:position] if level.contains is None else level.contains
            # Levels run from near to far, so whoever is contained has been judged before.
            if any(one in serving for one in contained):
                serving.append(level.code)
        return tuple(serving)

    def chains(self) -> tuple[tuple[str, ...], ...]:
        """Part the levels into chains from near to far, in which each level is contained by the next.

        What is drawn of a chain can be nested; of levels that do not contain each other neither is the nearer one.
        """
        chains: list[list[str]] = []
        for code in self.codes:
            home = next((chain for chain in chains if code in self.serving(chain[-1])), None)
            if home is None:
                chains.append([code])
            else:
                home.append(code)
        return tuple(tuple(chain) for chain in chains)

    def minutes_of(self, code: str, minutes: Sequence[float]) -> tuple[float, ...]:
        """Give the thresholds of a level: its own, or else those given."""
        return self[code].minutes or tuple(minutes)

    def every_minute(self, minutes: Sequence[float]) -> tuple[float, ...]:
        """Give the thresholds of all levels together, rising: those given, and those that levels have of their own."""
        return tuple(sorted({*minutes, *(one for level in self.levels for one in level.minutes)}))

    @property
    def services(self) -> tuple[Mapping[str, str], ...]:
        """Services of all menus from near to far, each by language."""
        return tuple(service for level in self.levels for service in level.menu)

    def service(self, name: str) -> str | None:
        """Give the first name of the service that has this name in any language; None where no menu has it."""
        wanted = name.strip().casefold()
        for service in self.services:
            if any(one.casefold() == wanted for one in service.values()):
                return first_name(service)
        return None

    def menu_of(self, code: str) -> frozenset[str]:
        """Give the first names of all services that a level promises: its own menu and those of what it contains."""
        served = [level for level in self.levels if code in self.serving(level.code)]
        return frozenset(first_name(service) for level in served for service in level.menu)

    def doing_as_well(self, service: str) -> frozenset[str]:
        """Give the services that do where one is wanted, itself with them, by their first names."""
        replaced = {first: others for level in self.levels for first, others in level.replaced_by.items()}
        found, waiting = {service}, [service]
        while waiting:
            for name in replaced.get(waiting.pop(), ()):
                one = self.service(name) or name
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return frozenset(found)


def first_name(service: Mapping[str, str]) -> str:
    """Give the name that tells a service apart: the Finnish one, else the first there is."""
    return next(service[language] for language in (*LANGUAGES, *service) if service.get(language))


class _LevelError(StudyError):
    """Something is wrong with a scheme; of which level and key tells the line of the file."""

    def __init__(self, message: str, *, number: int = 0, key: str = "") -> None:
        super().__init__(message)
        self.number, self.key = number, key


def _line_of(text: str, error: _LevelError) -> int:
    """Find the line that an error is about: of the key within the table of the level, else of the table itself."""
    lines = text.splitlines()
    begins = [at for at, line in enumerate(lines) if re.match(r"\s*\[\[\s*level\s*\]\]", line)]
    first, last = 0, len(lines)
    if 0 < error.number <= len(begins):
        first = begins[error.number - 1]
        last = begins[error.number] if error.number < len(begins) else last
    for at in range(first, last):
        if error.key and re.match(rf"\s*[\[\s]*[\"']?{re.escape(error.key)}\b", lines[at]):
            return at + 1
    return first + 1


def _read_level(number: int, entry: Mapping[str, Any]) -> Level:
    """Read one [[level]]; what is wrong with it alone is said with its number and key."""
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise _LevelError(
            f"[[level]] number {number} has the unknown key {unknown[0]!r}; it holds {', '.join(_KEYS)}.",
            number=number,
            key=unknown[0],
        )
    code = entry.get("code")
    if not isinstance(code, str):
        raise _LevelError(
            f"[[level]] number {number} has no code; it holds {', '.join(_KEYS)}.", number=number, key="code"
        )
    for key in ("menu", "minutes", "contains"):
        if not isinstance(entry.get(key, []), list):
            raise _LevelError(f"{key} of level {code!r} is not a list; write it in [ ].", number=number, key=key)
    minutes = entry.get("minutes", [])
    if not all(type(one) in (int, float) for one in minutes) or ("minutes" in entry and not minutes):
        raise _LevelError(
            f"minutes of level {code!r} must be numbers, at least one, such as [15, 30].", number=number, key="minutes"
        )
    menu: list[Mapping[str, str]] = []
    replaced_by: dict[str, tuple[str, ...]] = {}
    for service in entry.get("menu", []):
        name, others = _read_service(service, code=code, number=number)
        menu.append(name)
        if others:
            replaced_by[first_name(name)] = others
    contains = entry.get("contains")
    try:
        return Level(
            code,
            _by_language(entry.get("name", code)),
            entry.get("colour", Level.colour),
            tuple(menu),
            tuple(minutes),
            None if contains is None else tuple(str(one) for one in contains),
            replaced_by,
        )
    except StudyError as error:
        key = next((one for one in ("colour", "minutes") if one in str(error)), "code")
        raise _LevelError(str(error), number=number, key=key) from None


def _read_service(service: object, *, code: str, number: int) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Read a service of a menu: a name, or a table of names by language and of what replaces it."""
    if not isinstance(service, Mapping):
        return _by_language(service), ()
    unknown = sorted(set(service) - set(_SERVICE_KEYS))
    others = service.get("replaced_by", [])
    names = {str(key): str(value) for key, value in service.items() if key in LANGUAGES and str(value).strip()}
    if unknown or not names or not isinstance(others, list):
        problem = f"the unknown key {unknown[0]!r}" if unknown else "no name" if not names else "no list replaced_by"
        raise _LevelError(
            f"a service in the menu of level {code!r} has {problem}; it holds {', '.join(_SERVICE_KEYS)}.",
            number=number,
            key="menu",
        )
    return names, tuple(str(one) for one in others)


def _check_levels(name: str, levels: tuple[Level, ...]) -> None:
    """Refuse codes used twice, and levels that contain what they cannot."""
    position: dict[str, int] = {}
    for number, level in enumerate(levels, start=1):
        if level.code in position:
            raise _LevelError(
                f"level scheme {name!r} repeats the level {level.code!r}; use each code once.",
                number=number,
                key="code",
            )
        position[level.code] = number - 1
    contained = {
        level.code: tuple(one.code for one in levels[:at]) if level.contains is None else level.contains
        for at, level in enumerate(levels)
    }
    for number, level in enumerate(levels, start=1):
        for one in level.contains or ():
            if one not in position:
                raise _LevelError(
                    f"level {level.code!r} contains {one!r}, which is no level of the scheme; "
                    f"its levels are {', '.join(position)}.",
                    number=number,
                    key="contains",
                )
            if level.code == one or level.code in contained[one]:
                raise _LevelError(
                    f"levels {level.code!r} and {one!r} contain each other in a circle; take one out of contains.",
                    number=number,
                    key="contains",
                )
            if position[one] > position[level.code]:
                raise _LevelError(
                    f"level {level.code!r} contains {one!r}, which stands after it; write levels from near to far, so "
                    f"that each contains only levels above it.",
                    number=number,
                    key="contains",
                )


def _check_menus(name: str, levels: tuple[Level, ...]) -> None:
    """Refuse services that the menus name twice, and replacements that are unknown or lead round a circle."""
    home: dict[str, str] = {}
    for number, level in enumerate(levels, start=1):
        for service in level.menu:
            names = {text.casefold(): text for text in service.values()}
            twice = next((text for one, text in names.items() if one in home), None)
            if twice is not None:
                raise _LevelError(
                    f"level scheme {name!r} names the service {twice!r} twice; write it in one menu, once.",
                    number=number,
                    key="menu",
                )
            home |= dict.fromkeys(names, first_name(service))
    replaced = {first: others for level in levels for first, others in level.replaced_by.items()}
    for number, level in enumerate(levels, start=1):
        for first, others in level.replaced_by.items():
            unknown = next((one for one in others if one.casefold() not in home), None)
            problem = "" if unknown is None else f"is replaced_by {unknown!r}, which is in no menu of the scheme."
            if not problem and _leads_back(first, replaced, home):
                problem = "is replaced by itself round a circle of replaced_by; break it."
            if problem:
                raise _LevelError(f"service {first!r} {problem}", number=number, key="menu")


def _leads_back(first: str, replaced: Mapping[str, tuple[str, ...]], home: Mapping[str, str]) -> bool:
    seen: set[str] = set()
    waiting = list(replaced[first])
    while waiting:
        one = home.get(waiting.pop().casefold(), "")
        if one == first:
            return True
        if one not in seen:
            seen.add(one)
            waiting.extend(replaced.get(one, ()))
    return False


def _by_language(value: object) -> Mapping[str, str]:
    """Accept a plain text (for every language) or a table by language."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return dict.fromkeys(LANGUAGES, str(value))
