"""``study.toml`` as a checked value: every key known, every path resolved."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from palveluverkko.domain.errors import PalveluverkkoError, StudyError
from palveluverkko.domain.levels import LevelScheme, first_name
from palveluverkko.domain.people import Suppression
from palveluverkko.domain.planning import Norm, Scenario, Wanted
from palveluverkko.osm.ferry_overrides import FerryOverride, check_overrides
from palveluverkko.osm.profile import CarProfile
from palveluverkko.study.sections import (
    CAR,
    WATER_WORDS,
    AreasSection,
    CapacitySection,
    EquitySection,
    GroupingSection,
    LevelsSection,
    NetworkSection,
    NormSection,
    OutputSection,
    PlacesSection,
    ScenarioSection,
    Section,
    StudySection,
    TableSection,
    WantedSection,
)


class Study(Section):
    """A study as its file says it, paths resolved against the folder of the file.

    Examples
    --------
    >>> study = read_study("data/lappi/study.toml")  # doctest: +SKIP
    >>> study.study.name  # doctest: +SKIP
    'Lapin palveluverkko'
    """

    study: StudySection
    network: NetworkSection
    points: TableSection
    places: PlacesSection
    centres: TableSection | None = None
    areas: AreasSection | None = None
    grouping: tuple[GroupingSection, ...] = ()
    wanted: tuple[WantedSection, ...] = ()
    levels: LevelsSection = LevelsSection()
    norm: tuple[NormSection, ...] = ()
    equity: EquitySection = EquitySection()
    capacity: CapacitySection | None = None
    scenario: tuple[ScenarioSection, ...] = ()
    output: OutputSection
    path: Path = Field(exclude=True)

    @property
    def scheme(self) -> LevelScheme:
        """The level scheme."""
        return LevelScheme.named(self.levels.scheme)

    @property
    def minutes(self) -> tuple[float, ...]:
        """The thresholds: those of ``[levels]``, and those that levels of the scheme have of their own."""
        return self.scheme.every_minute(self.levels.minutes)

    @property
    def profile(self) -> CarProfile:
        """The car profile."""
        return CarProfile(
            tables=None if self.network.profile == CAR else self.network.profile,
            season=self.network.season,
            access_speed_kmh=self.network.access_speed_kmh,
            max_access_metres=self.network.max_access_metres,
            ferries=self.ferries,
        )

    @property
    def ferries(self) -> tuple[FerryOverride, ...]:
        """What is otherwise on ferries, of the study itself or of its table."""
        if not isinstance(self.network.ferries, Path):
            return self.network.ferries
        from palveluverkko.tables.files import read_rows  # noqa: PLC0415  # pandas, only when asked

        path = self.network.ferries
        rows = read_rows(path, suffixes=(".csv", ".xlsx")).to_dict("records")
        try:
            return check_overrides({str(key): value for key, value in row.items()} for row in rows)
        except StudyError as error:
            raise StudyError(f"{path.name}: {error}") from None

    @property
    def attribution(self) -> str | None:
        """Source of the roads, for their credit; None: OpenStreetMap."""
        edges = self.network.edges
        return self.study.attribution or (None if edges is None else edges.name)

    @property
    def norms(self) -> tuple[Norm, ...]:
        """The norms."""
        return tuple(norm for one in self.norm for norm in one.norms)

    @property
    def suppression(self) -> Suppression:
        """What hidden counts may be."""
        return Suppression(*self.places.suppressed)

    @property
    def wants(self) -> tuple[Wanted, ...]:
        """What is looked for beside the levels: the services of the menus where asked for, and ``[[wanted]]``."""
        menus = self.scheme.services if self.output.services else ()
        of_menu = tuple(Wanted(first_name(one), services=(first_name(one),)) for one in menus)
        return (*of_menu, *(Wanted(**one.model_dump()) for one in self.wanted))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios."""
        return tuple(Scenario(s.name, s.close, s.open, tuple(s.change_level.items())) for s in self.scenario)

    @property
    def inputs(self) -> dict[str, Path]:
        """The files that decide the result, by their place in the study."""
        files = {"study": self.path}
        roads = self.network.files
        key = "network.osm" if self.network.edges is None else "network.edges"
        files |= {f"{key}.{n}": one for n, one in enumerate(roads, 1)} if len(roads) > 1 else {key: roads[0]}
        if isinstance(self.network.clip, Path):
            files["network.clip"] = self.network.clip
        if self.network.profile != CAR:
            files["network.profile"] = Path(self.network.profile)
        if isinstance(self.network.ferries, Path):
            files["network.ferries"] = self.network.ferries
        if self.network.water not in WATER_WORDS:
            files["network.water"] = Path(self.network.water)
        files |= {"points.file": self.points.file, "places.file": self.places.file}
        further: dict[str, Path | None] = {
            "places.mask": self.places.mask,
            "centres.file": None if self.centres is None else self.centres.file,
            "areas.file": None if self.areas is None else self.areas.file,
            **{f"grouping.{number}.file": one.file for number, one in enumerate(self.grouping, 1)},
        }
        files |= {where: file for where, file in further.items() if file is not None}
        if self.levels.scheme.endswith(".toml"):
            files["levels.scheme"] = Path(self.levels.scheme)
        return files

    def to_document(self) -> dict[str, Any]:
        """Give what the file says, defaults filled in, with paths as it writes them: relative to its own folder.

        The same study gives the same document on every machine.
        """
        document = self.model_dump(mode="json", exclude={"path"})
        for section, key in _PATHS:
            value = (document[section] or {}).get(key)
            if isinstance(value, str) and _is_path(key, value):
                document[section][key] = _as_seen_from(self.path.parent, value)
            elif key == "osm" and value is not None:
                document[section][key] = [_as_seen_from(self.path.parent, one) for one in value]
        for one in document["grouping"]:
            if one["file"] is not None:
                one["file"] = _as_seen_from(self.path.parent, one["file"])
        return document


def read_study(path: str | Path) -> Study:
    """Read a study.

    Raises
    ------
    StudyError
        The file is missing or not TOML, holds an unknown key (the message names the nearest known one), a value
        that does not fit, a level that the scheme does not have, or a file that does not exist.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}. Name a study file such as study.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} is not TOML: {error}.") from None
    try:
        study = Study.model_validate(_with_resolved_paths(document, path))
        _check_against_scheme(study)
    except ValidationError as error:
        raise StudyError(f"{path}: {_one_line(error)}") from None
    except PalveluverkkoError as error:
        raise StudyError(f"{path}: {error}") from None
    for where, file in study.inputs.items():
        if not file.is_file():
            raise StudyError(f"{path}: {where} names {file}, which is not there. Paths are relative to the study file.")
    try:
        _ = study.profile  # which refuses tables and ferries that do not fit
    except PalveluverkkoError as error:
        raise StudyError(f"{path}: {error}") from None
    return study


def _with_resolved_paths(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    folder = path.parent

    def resolve(section: object) -> object:
        if not isinstance(section, Mapping):
            return section
        paths: dict[str, object] = {
            key: Path(os.path.normpath(folder / section[key]))
            for key in ("osm", "edges", "clip", "file", "mask", "directory", "ferries")
            if isinstance(section.get(key), str)
        }
        words = {key: section[key] for key in _WORDS_OR_PATHS if isinstance(section.get(key), str)}
        paths |= {key: os.path.normpath(folder / value) for key, value in words.items() if _is_path(key, value)}
        several = section.get("osm")
        if isinstance(several, list) and all(isinstance(one, str) for one in several):
            paths["osm"] = tuple(Path(os.path.normpath(folder / one)) for one in several)
        return {**section, **paths}

    if "path" in document:
        raise StudyError("the unknown key 'path' stands at the top; a study holds sections such as [network].")
    return {
        key: [resolve(one) for one in section] if key == "grouping" and isinstance(section, list) else resolve(section)
        for key, section in document.items()
    } | {"path": path}


def _is_path(key: str, value: str) -> bool:
    """Tell whether what stands in the file is a path, where it may be a word."""
    if key == "water":
        return value not in WATER_WORDS
    return key not in _WORDS_OR_PATHS or value.endswith(".toml")


def _as_seen_from(folder: Path, path: str) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return Path(path).as_posix()


def _check_against_scheme(study: Study) -> None:
    scheme, last = study.scheme, study.minutes[-1]
    for norm in study.norms:
        scheme.position(norm.level)
        if norm.areas == "each" and study.areas is None:
            raise StudyError(
                f"the norm for level {norm.level} has areas = 'each', but the study has no [areas]; add it."
            )
        if norm.minutes > last:
            raise StudyError(
                f"the norm for level {norm.level} has minutes = {norm.minutes:g}, but travel times end at {last:g}, "
                f"the last of [levels] minutes; add {norm.minutes:g} there."
            )
    for scenario in study.scenarios:
        for _, level in scenario.change_level:
            scheme.position(level)
    _check_names(study)
    if study.capacity is not None and study.capacity.minutes > last:
        raise StudyError(
            f"[capacity] has minutes = {study.capacity.minutes:g}, but travel times end at {last:g}, the last of "
            f"[levels] minutes; add {study.capacity.minutes:g} there."
        )
    _ = study.suppression  # which refuses bounds that no count could have
    for one in study.wants:
        if one.level is not None:
            scheme.position(one.level)


def _check_names(study: Study) -> None:
    """Refuse a name that two tables of a kind have."""
    for kind, several in (
        ("scenarios", study.scenario),
        ("groupings", study.grouping),
        ("tables of [[wanted]]", study.wanted),
    ):
        names = [one.name for one in several]
        for name in names:
            if names.count(name) > 1:
                raise StudyError(f"two {kind} are named {name!r}; give each its own name.")


def _one_line(error: ValidationError) -> str:
    """Say the first problem in words, with the nearest known key, and how many more there are."""
    # A misspelled key is both unknown and missing: the unknown one tells the user what to mend.
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    first, more = problems[0], len(problems) - 1
    where = [part for part in first["loc"] if not isinstance(part, int)]
    sections = [str(part) for part in where]
    section = f"[{'.'.join(sections[:-1])}] " if len(sections) > 1 else ""
    key = sections[-1] if sections else ""
    if first["type"] == "extra_forbidden":
        text = f"{section}has the unknown key {key!r}{_nearest(key, sections[:-1])}"
    elif first["type"] == "missing":
        text = f"{section}lacks {key!r}, which must be given."
    elif first["type"] == "tuple_type" and key in ("norm", "scenario", "grouping", "wanted"):
        text = f"{key} is one table; write [[{key}]] with two brackets, once for each."
    else:
        reason = str(first["msg"]).removeprefix("Value error, ").removesuffix(" for <class 'pathlib.Path'>").rstrip(".")
        if len(sections) == 1 and isinstance(first["input"], Mapping):  # of several keys together
            text = f"[{key}] {reason}."
        else:
            text = f"{section}{key}: {reason} (got {_as_written(first['input'])})." if key else f"{reason}."
    return text + (f" And {more} more problem{'s' if more > 1 else ''}." if more else "")


def _as_written(value: object) -> str:
    """Write a value as TOML would, near enough for an error."""
    if isinstance(value, tuple):
        return repr([str(one) if isinstance(one, Path) else one for one in value])
    return repr(str(value) if isinstance(value, Path) else value)


def _nearest(key: str, sections: Sequence[str]) -> str:
    known = list(Study.model_fields)
    for section in sections:
        known = list(_SECTIONS[section].model_fields)
    known = [one for one in known if one != "path"]
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}."


_PATHS = (
    ("network", "osm"), ("network", "edges"), ("network", "clip"), ("network", "profile"), ("network", "ferries"),
    ("network", "water"), ("points", "file"), ("places", "file"), ("places", "mask"), ("centres", "file"),
    ("areas", "file"), ("levels", "scheme"), ("output", "directory"),
)  # fmt: skip

_WORDS_OR_PATHS = ("scheme", "profile", "water")

_SECTIONS: dict[str, type[Section]] = {
    "study": StudySection,
    "network": NetworkSection,
    "points": TableSection,
    "places": PlacesSection,
    "centres": TableSection,
    "areas": AreasSection,
    "grouping": GroupingSection,
    "wanted": WantedSection,
    "levels": LevelsSection,
    "norm": NormSection,
    "equity": EquitySection,
    "capacity": CapacitySection,
    "scenario": ScenarioSection,
    "output": OutputSection,
}
