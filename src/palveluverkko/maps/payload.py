"""The study as the page's program takes it: a small head of plain JSON, and a parcel of numbers and names."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.domain.palette import UNREACHED_COLOUR, band_colours, level_shapes
from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.planning import Norm, Scenario
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED
from palveluverkko.maps.data import place_labels, place_names, point_data, point_positions
from palveluverkko.maps.geometry import representative_degrees
from palveluverkko.maps.inputs import Study, column_numbers, column_texts
from palveluverkko.maps.legend import legend_bands
from palveluverkko.maps.packing import Parcel, along_places, tie_ranks, to_units, unit_of
from palveluverkko.maps.shapes import lean_shapes, pack_shapes
from palveluverkko.maps.texts import Texts, read_texts
from palveluverkko.service.norms import counted
from palveluverkko.service.people import OUTSIDE, Heads, heads

DEGREES = 100_000
"""Coordinates of places and areas are whole hundred-thousandths of a degree: a metre. Ten times as coarse would be seen
at zoom 10 as a shade of the outlines."""


class Payload(NamedTuple):
    """What the page carries: a head, and a parcel."""

    head: dict[str, Any]
    parcel: Parcel


def pack_study(
    study: Study, *, language: str, subtitle: Mapping[str, str], notes: Mapping[str, Sequence[str]]
) -> Payload:
    """Pack a study whose places are in the order of the page.

    Parameters
    ----------
    study
        Checked.
    language
        The language in which the page opens.
    subtitle, notes
        By language.

    Raises
    ------
    StudyError
        A scenario names a point that the study does not have.
    """
    texts = {code: read_texts(code) for code in LANGUAGES}
    _warn_of_missing_names(study)
    norms = _norms(study)
    unit = unit_of([*study.minutes, *(norm.minutes for norm in norms)])
    parcel = Parcel()
    _add_places(parcel, study)
    _add_norms(parcel, study, norms)
    areas = _add_areas(parcel, study)
    none = _add_times(parcel, study, unit)
    comparisons, changes = _add_shapes(parcel, study)
    per_minute = MILLISECONDS_PER_MINUTE // unit
    ids = [str(one) for one in study.points.index]
    head = study_head(study, languages=LANGUAGES, language=language)
    for code, own in head["languages"].items():
        own |= {
            "subtitle": subtitle[code],
            "notes": list(notes[code]),
            "norms": [_norm_sentence(study, texts[code], norm) for norm in norms],
            "subtitles": [one.subtitle.get(code, "") for one in study.tables],
        }
    head |= {
        "perMinute": per_minute,
        "none": none,
        "minutes": [round(one * per_minute) for one in study.minutes],
        "areas": areas | {"outside": OUTSIDE},
        "norms": [
            {
                "level": study.scheme.position(norm.level),
                "units": round(norm.minutes * per_minute),
                "share": norm.share,
                "each": norm.areas == "each",
            }
            for norm in norms
        ],
        "scenarios": [_scenario(one, ids, study) for one in study.scenarios],
        "seasons": [dict(one.name) for one in study.tables],
        "grid": DEGREES,
        "bandAreas": _band_rows(study),
        "comparisons": comparisons,
        "areaChanges": changes,
        "contents": parcel.contents,
    }
    return Payload(head, parcel)


def study_head(study: Study, *, languages: Sequence[str], language: str) -> dict[str, Any]:
    """Give what every page carries: levels, bands and points, and their words in some languages."""
    west, south, east, north = study.bounds
    return {
        "language": language,
        "languages": {code: _of_language(study, read_texts(code)) for code in languages},
        "bounds": [[south, west], [north, east]],
        "bands": [{"colour": colour} for colour in (*band_colours(len(study.minutes)), UNREACHED_COLOUR)],
        "levels": [
            {
                "code": level.code,
                "colour": level.colour,
                "shape": shape,
                "serving": [study.scheme.position(code) for code in study.scheme.serving(level.code)],
            }
            for level, shape in zip(study.scheme.levels, level_shapes(len(study.scheme.levels)), strict=True)
        ],
        "points": point_data(study),
        "labels": place_labels(study),
    }


def _warn_of_missing_names(study: Study) -> None:
    missing = {
        level.code: [code for code in LANGUAGES if not level.names.get(code)]
        for level in study.scheme.levels
        if not all(level.names.get(code) for code in LANGUAGES)
    }
    if missing:
        listed = ", ".join(f"{code} ({', '.join(languages)})" for code, languages in missing.items())
        warnings.warn(
            f"levels without a name in every language: {listed}; the page shows the Finnish name, else the code. "
            "Add the names to the scheme.",
            stacklevel=3,
        )


def _of_language(study: Study, texts: Texts) -> dict[str, Any]:
    code = texts.language
    scheme = study.scheme
    return {
        "number": dict(texts.number),
        "page": dict(texts.page),
        "texts": {**texts.script, **texts.app},
        "bands": [band.label for band in legend_bands(study.minutes, texts)],
        "levels": [
            {
                "name": level.name(code),
                "explained": texts.page["level_explained"].format(levels=texts.any_of(scheme.serving(level.code))),
                "menu": [service.get(code) or service.get(LANGUAGES[0], "") for service in level.menu],
            }
            for level in scheme.levels
        ],
    }


def _norms(study: Study) -> list[Norm]:
    """Give each target once."""
    if study.norms is None or not len(study.norms):
        return []
    frame = study.norms.assign(where=column_texts(study.norms, "where"))
    if "areas" not in frame:
        frame = frame.assign(areas="whole")
    targets = frame[["level", "minutes", "share", "group", "areas", "where"]].drop_duplicates()
    return [
        Norm(
            row["level"],
            float(row["minutes"]),
            float(row["share"]),
            str(row["group"]),
            str(row["areas"]),
            where=tuple(row["where"].split(" = ", 1)) if row["where"] else None,
        )
        for row in targets.to_dict("records")
    ]


def _norm_sentence(study: Study, texts: Texts, norm: Norm) -> str:
    sentence = texts.page["norm_sentence"].format(
        level=study.scheme[norm.level].name(texts.language),
        share=texts.percent(norm.share, decimals=0),
        minutes=texts.minutes(norm.minutes),
        group=texts.group(norm.group),
    )
    if norm.areas == "each":
        sentence = texts.page["norm_each"].format(sentence=sentence)
    return sentence if norm.where is None else f"{sentence}, {norm.where[0]} = {norm.where[1]}"


def _add_places(parcel: Parcel, study: Study) -> None:
    """Lay in places: names, coordinates, and their people."""
    places = study.places
    if places is None:
        return
    parcel.add_json("names", place_names(places))
    hundred_thousandths = np.rint(representative_degrees(places, "places") * DEGREES).astype(np.int32)
    for column, name in enumerate(("lon", "lat")):
        parcel.add(name, np.diff(hundred_thousandths[:, column], prepend=np.int32(0)))
    parcel.add("suppressed", (column_numbers(places, POPULATION) < 0).astype(np.uint8))
    if POPULATION in places.columns:
        _add_heads(parcel, "people", heads(places, POPULATION, study.suppression))


def _add_heads(parcel: Parcel, name: str, people: Heads) -> None:
    """Lay in people of each place, and their bounds where some are hidden."""
    parcel.add(name, _narrow(people.known))
    if not (np.array_equal(people.known, people.low) and np.array_equal(people.known, people.high)):
        parcel.add(f"{name}_low", _narrow(people.low))
        parcel.add(f"{name}_high", _narrow(people.high))


def _add_norms(parcel: Parcel, study: Study, norms: Sequence[Norm]) -> None:
    """Lay in what each norm counts in each place, with its bounds where counts are hidden."""
    if study.places is None:
        return
    for number, norm in enumerate(norms):
        _add_heads(parcel, f"norm_{number}", counted(study.places, norm, study.suppression))


def _narrow(people: NDArray[np.float64]) -> NDArray[Any]:
    """Give whole people as whole numbers."""
    whole = bool(np.all(people == np.rint(people))) and people.max(initial=0) < np.iinfo(np.int32).max
    return people.astype(np.int32) if whole else people


def _add_areas(parcel: Parcel, study: Study) -> dict[str, list[str]]:
    """Lay in the area of each place; areas are in the order of their names, as in the tables."""
    places, people = study.places, study.people
    if places is None or people is None or study.area_column is None or study.area_column not in places.columns:
        return {"id": [], "name": []}
    known = people.loc[people["area"].fillna("").astype(str) != "", ["area", "area_name"]].drop_duplicates("area")
    ids = [str(one) for one in known["area"]]
    names = [name or one for name, one in zip(column_texts(known, "area_name"), ids, strict=True)]
    position = {one: number for number, one in enumerate(ids)}
    outside = position.get(OUTSIDE, -1)
    own = [position.get(one, outside) for one in column_texts(places, study.area_column)]
    parcel.add("area", np.asarray(own, dtype=np.int16))
    return {"id": ids, "name": names}


def _add_times(parcel: Parcel, study: Study, unit: int) -> int:
    """Lay in the tables of all seasons, or, where there are none, what is known of the nearest points."""
    if study.places is None:
        return 255
    if not study.tables:
        return _add_nearest(parcel, study, unit)
    points, places = ([str(one) for one in frame.index] for frame in (study.points, study.places))
    seasons = [one.aligned(points, places) for one in study.tables]
    width = max(to_units(one, unit)[0].dtype.itemsize for one in seasons)
    kind = np.dtype(f"u{width}").type
    none = int(np.iinfo(kind).max)
    for number, milliseconds in enumerate(seasons):
        narrow, _ = to_units(milliseconds, unit)
        units = np.where(milliseconds == UNREACHED, none, narrow.astype(np.int64)).astype(kind)
        parcel.add(f"times_{number}", along_places(units))
        parcel.add(f"ranks_{number}", tie_ranks(milliseconds, units))
    return none


def _add_nearest(parcel: Parcel, study: Study, unit: int) -> int:
    """Lay in the time to each level and the point that serves, [levels, places]."""
    places = study.places
    if study.levels is None or places is None:
        return 255
    of_place = study.levels.reindex(places.index)
    times: list[NDArray[np.int32]] = []
    owners = []
    for code in study.scheme.codes:
        minutes = column_numbers(of_place, f"time_{code}")
        milliseconds = np.rint(minutes * MILLISECONDS_PER_MINUTE)
        times.append(np.where(np.isnan(minutes), UNREACHED, np.nan_to_num(milliseconds)).astype(np.int32))
        owners.append(point_positions(of_place, f"point_{code}", study.points))
    units, none = to_units(np.stack(times), unit)
    parcel.add("nearest", along_places(units))
    parcel.add("owners", np.stack(owners).astype(np.int32))
    return none


def _season_bands(study: Study) -> list[tuple[int, GeoDataFrame]]:
    others = [(number, one.bands) for number, one in enumerate(study.tables) if number and one.bands is not None]
    return [(0, study.bands), *others]


def _band_rows(study: Study) -> list[tuple[int, int, int]]:
    """Tell of each band its season, level and position among the thresholds."""
    return [
        (season, study.scheme.position(level), study.minutes.index(float(to_min)))
        for season, bands in _season_bands(study)
        for level, to_min in zip(bands["level"], bands["to_min"], strict=True)
    ]


def _add_shapes(parcel: Parcel, study: Study) -> tuple[list[tuple[int, int, int]], list[dict[str, Any]]]:
    """Lay in the areas: bands of every season, and what scenarios and seasons gain and lose.

    Returns
    -------
    list, list
        What is compared (scenario, or -1, and the seasons before and after), and what is known of each changed area.
    """
    bands = [(season, frame) for season, frame in _season_bands(study) if len(frame)]
    if bands:
        together = pd.concat([frame.to_crs(study.bands.crs)[["level", "geometry"]] for _, frame in bands])
        groups = [(season, level) for season, frame in bands for level in frame["level"]]
        pack_shapes(parcel, "bands", lean_shapes(together, groups, grid=DEGREES))
    comparisons: list[tuple[int, int, int]] = []
    found: list[tuple[int, int, int, GeoDataFrame]] = []
    if study.area_changes is not None:
        for number, scenario in enumerate(study.scenarios):
            comparisons.append((number, 0, 0))
            own = study.area_changes[study.area_changes["scenario"] == scenario.name]
            found.append((number, 0, 0, own))
    for number, season in enumerate(study.tables):
        if season.changes is not None:
            comparisons.append((-1, 0, number))
            found.append((-1, 0, number, season.changes))
    found = [one for one in found if len(one[3])]
    rows = [
        {
            "scenario": scenario,
            "from": before,
            "to": after,
            "level": study.scheme.position(level),
            "threshold": study.minutes.index(float(minutes)),
            "change": change,
            "km2": round(float(area), 3),
        }
        for scenario, before, after, frame in found
        for level, minutes, change, area in zip(
            frame["level"], frame["minutes"], frame["change"], frame["square_kilometres"], strict=True
        )
    ]
    if rows:
        first = found[0][3]
        together = pd.concat([frame.to_crs(first.crs)[["geometry"]] for *_, frame in found])
        groups = [tuple(row[key] for key in ("scenario", "to", "level", "threshold")) for row in rows]
        pack_shapes(parcel, "changes", lean_shapes(together, groups, grid=DEGREES))
    return comparisons, rows


def _scenario(one: Scenario, ids: Sequence[str], study: Study) -> dict[str, Any]:
    position = {each: number for number, each in enumerate(ids)}
    for each in (*one.close, *one.open, *(each for each, _ in one.change_level)):
        if each not in position:
            raise StudyError(f"scenario {one.name!r} names {each!r}, which no service point of the page has as its id.")
    return {
        "name": one.name,
        "close": [position[each] for each in one.close],
        "open": [position[each] for each in one.open],
        "move": [[position[each], study.scheme.position(level)] for each, level in one.change_level],
    }
