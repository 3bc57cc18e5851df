"""Level schemes: an ordered list of service levels, each serving itself and every nearer one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from palveluverkko.domain.errors import StudyError

LANGUAGES = ("fi", "sv", "en")
"""Languages of everything that planners and officials read; the first is the fallback of the others."""

BUILT_IN_SCHEMES = {"EAL": "eal.toml"}

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
        Services that a point of this level offers beyond the nearer levels, each by language.
    """

    code: str
    names: Mapping[str, str]
    colour: str = "#444444"
    menu: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a level that no table or page could show."""
        if not _CODE.fullmatch(self.code):
            raise StudyError(f"level code {self.code!r} is not letters, digits and hyphens that start with a letter.")
        if not _COLOUR.fullmatch(str(self.colour)):
            raise StudyError(f"level {self.code!r} has the colour {self.colour!r}; write it as #rrggbb.")

    def name(self, language: str) -> str:
        """Name the level in one language; Finnish, then the code, where that language is absent."""
        return self.names.get(language) or self.names.get(LANGUAGES[0]) or self.code


@dataclass(frozen=True)
class LevelScheme:
    """Service levels from near to far.

    A point of a level serves that level and every nearer one, so the travel time to a level is a minimum over its
    own points and those of all farther levels. The order is the scheme; it cannot be broken later.

    Raises
    ------
    StudyError
        The scheme has no level, or two levels share a code.

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
        for position, level in enumerate(self.levels):
            if level.code in self.codes[:position]:
                raise StudyError(f"level scheme {self.name!r} repeats the level {level.code!r}; use each code once.")

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
        return cls._from_document(tomllib.loads(text), BUILT_IN_SCHEMES[name])

    @classmethod
    def from_toml(cls, path: Path) -> LevelScheme:
        """Read a scheme of the user's own: ``name`` and ``[[level]]`` tables from near to far."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise StudyError(f"level scheme {path} cannot be read: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StudyError(f"level scheme {path} is not TOML: {error}.") from None
        return cls._from_document(document, str(path))

    @classmethod
    def _from_document(cls, document: Mapping[str, Any], where: str) -> LevelScheme:
        unknown = sorted(set(document) - {"name", "level"})
        if unknown:
            raise StudyError(f"{where} has the unknown key {unknown[0]!r}; a scheme holds name and [[level]].")
        entries = document.get("level", [])
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise StudyError(f"{where}: level is not a list of tables; write [[level]] above each.")
        levels = []
        for number, entry in enumerate(entries, start=1):
            unknown = sorted(set(entry) - {"code", "name", "colour", "menu"})
            if unknown or not isinstance(entry.get("code"), str):
                problem = f"the unknown key {unknown[0]!r}" if unknown else "no code"
                raise StudyError(
                    f"{where}: [[level]] number {number} has {problem}; it holds code, name, colour, menu."
                )
            services = entry.get("menu", [])
            if not isinstance(services, list):
                raise StudyError(f"{where}: the menu of level {entry['code']!r} is not a list; write it in [ ].")
            menu = tuple(_by_language(service) for service in services)
            colour = entry.get("colour", Level.colour)
            levels.append(Level(entry["code"], _by_language(entry.get("name", entry["code"])), colour, menu))
        return cls(str(document.get("name", where)), tuple(levels))

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
        """Give the codes of the levels whose points serve a level: itself and every farther one."""
        return self.codes[self.position(code) :]


def _by_language(value: object) -> Mapping[str, str]:
    """Accept a plain text (for every language) or a table by language."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return dict.fromkeys(LANGUAGES, str(value))
