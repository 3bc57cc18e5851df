"""Make a study that can be run at once from any OpenStreetMap extract.

The roads and the service points are what the extract holds. Which level a point gets and how many people live where
is **illustrative**: a hospital becomes E, a clinic or health centre A, a doctor or pharmacy L, and people are guessed
from buildings, or, where the extract has few, from the populations of its places or the length of its streets.

Run it from anywhere::

    python scripts/study_from_osm.py tampere.osm.pbf --out tampere
    palveluverkko run tampere/study.toml
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import osmium
from pyproj import Transformer

from palveluverkko.domain.errors import PalveluverkkoError
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.domain.travel import DEFAULT_MINUTES
from palveluverkko.network.build import metric_crs
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads

Row: TypeAlias = tuple[str | float, ...]
Position: TypeAlias = tuple[float, float]

LEVEL_OF: Final = {
    ("amenity", "hospital"): "E",
    ("healthcare", "hospital"): "E",
    ("amenity", "clinic"): "A",
    ("healthcare", "clinic"): "A",
    ("healthcare", "centre"): "A",
    ("amenity", "doctors"): "L",
    ("healthcare", "doctor"): "L",
    ("amenity", "pharmacy"): "L",
    ("healthcare", "pharmacy"): "L",
}
"""Illustrative; the first that an object carries counts."""

HEALTH_CENTRES: Final = (
    "terveyskeskus",
    "terveysasema",
    "hyvinvointikeskus",
    "hälsocentral",
    "hälsostation",
    "health cent",
)
"""Parts of names: many a health centre with a ward is tagged as a hospital, and becomes A all the same."""

RESIDENTIAL_BUILDINGS: Final = {"yes", "house", "residential", "apartments", "detached", "terrace", "bungalow"}
RESIDENTIAL_STREETS: Final = {"residential", "living_street"}

# Illustrative: a building of unknown use is as often a shed as a block of flats.
PEOPLE_PER_BUILDING: Final = {"apartments": 20.0, "residential": 10.0}
PEOPLE_PER_OTHER_BUILDING: Final = 3.0
PEOPLE_PER_STREET_METRE: Final = 0.1

FEWEST_BUILDINGS: Final = 500
FEWEST_PLACES: Final = 10
SQUARE_METRES: Final = 250
"""Side of a square; all its people live at their mean position."""

CITY_METRES: Final = 80_000
"""An extract with a shorter diagonal than this gets the thresholds of a city."""
CITY_MINUTES: Final = (5, 10, 15, 30, 60)

WITHOUT: Final = {"fi": "Ilman: {name}", "sv": "Utan: {name}", "en": "Without {name}"}


class ExtractError(Exception):
    """An extract that no study can be made of; the message names the file and the remedy."""


@dataclass
class Extract:
    """What a study needs of an extract; positions in degrees."""

    points: list[Row] = field(default_factory=list)
    buildings: list[tuple[Position, float]] = field(default_factory=list)
    places: list[tuple[Position, float]] = field(default_factory=list)
    streets: list[list[Position]] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the study; return 0, or 2 with one line on standard error when the extract will not do."""
    parser = argparse.ArgumentParser(description="Make an illustrative study from an OpenStreetMap extract.")
    parser.add_argument("osm", metavar="OSM", type=Path, help="an OpenStreetMap file, such as tampere.osm.pbf")
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="folder of the study")
    parser.add_argument("--name", help="name of the study; the file's when absent")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="of everything people read")
    options = parser.parse_args(arguments)
    try:
        study = write_study(options.osm, options.out, name=options.name, language=options.language)
    except (ExtractError, PalveluverkkoError) as error:
        print(f"study_from_osm: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"study_from_osm: {error.filename}: {error.strerror}; choose another --out.", file=sys.stderr)
        return 2
    print(study)
    return 0


def write_study(osm: Path, folder: Path, *, name: str | None, language: str) -> Path:
    """Write service_points.csv, places.csv and study.toml into a folder; give the last."""
    bounds = read_roads(osm, CarProfile()).bounds
    crs = metric_crs(bounds)
    extract = read_extract(osm)
    if not extract.points:
        raise ExtractError(f"{osm} holds no hospital, clinic, doctor or pharmacy; take a larger extract.")
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    source, people = people_of(extract, to_metres)
    places = to_squares(people, to_metres)
    if not places:
        raise ExtractError(f"{osm} holds no building, place or street where people could live; take a larger extract.")

    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder / "service_points.csv", ("id", "name", "level", "lon", "lat", "services"), extract.points)
    _write_table(folder / "places.csv", ("id", "x", "y", "population"), places)
    study = folder / "study.toml"
    title = name or osm.name.partition(".")[0].replace("-", " ").capitalize()
    (west, south), (east, north) = to_metres.transform(*bounds[:2]), to_metres.transform(*bounds[2:])
    minutes = CITY_MINUTES if math.hypot(east - west, north - south) < CITY_METRES else DEFAULT_MINUTES
    text = to_toml(title, language, _path_from(folder, osm), crs, minutes, extract.points, source)
    study.write_text(text, encoding="utf-8")
    return study


# --- the extract ----------------------------------------------------------------------------------


def read_extract(path: Path) -> Extract:
    """Read service points, and whatever tells where people live, from nodes and ways."""
    extract = Extract()
    keys = osmium.filter.KeyFilter("amenity", "healthcare", "building", "place", "highway")
    objects = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations().with_filter(keys)
    for one in cast("Iterable[Any]", objects):
        tags = {tag.k: tag.v for tag in one.tags}
        street = tags.get("highway") in RESIDENTIAL_STREETS
        building = tags.get("building", "") in RESIDENTIAL_BUILDINGS
        level = level_of(tags)
        inhabited = "place" in tags and tags.get("population", "").isdecimal()
        if not (street or building or level or inhabited):
            continue
        line = _positions(one)
        if not line:
            continue
        middle = _mean(line)
        if level:
            extract.points.append(_service_point(one, tags, level, middle))
        elif building:
            people = PEOPLE_PER_BUILDING.get(tags["building"], PEOPLE_PER_OTHER_BUILDING)
            extract.buildings.append((middle, people))
        elif inhabited and tags["place"] in ("city", "town", "village", "hamlet", "suburb"):
            extract.places.append((middle, float(tags["population"])))
        elif street:
            extract.streets.append(line)
    return extract


def level_of(tags: Mapping[str, str]) -> str | None:
    """Give the level of a service point, None for anything else."""
    level = next((level for (key, value), level in LEVEL_OF.items() if tags.get(key) == value), None)
    named = tags.get("name", "").lower()
    return "A" if level == "E" and any(part in named for part in HEALTH_CENTRES) else level


def _positions(one: Any) -> list[Position]:  # noqa: ANN401 - osmium has no common type of node and way
    """Give the positions in degrees; the nodes that a cut way has outside the extract are left out."""
    if one.is_node():
        return [(one.lon, one.lat)]
    nodes = list(one.nodes)
    if len(nodes) > 1 and nodes[0].ref == nodes[-1].ref:
        nodes = nodes[1:]
    return [(node.lon, node.lat) for node in nodes if node.location.valid()]


def _service_point(one: Any, tags: Mapping[str, str], level: str, middle: Position) -> Row:  # noqa: ANN401
    kind = tags.get("amenity") or tags.get("healthcare", "")
    own = f"{kind}-{'n' if one.is_node() else 'w'}{one.id}"
    return (own, tags.get("name") or kind.capitalize(), level, round(middle[0], 7), round(middle[1], 7), kind)


# --- the people -----------------------------------------------------------------------------------


def people_of(extract: Extract, to_metres: Transformer) -> tuple[str, list[tuple[Position, float]]]:
    """Guess who lives where from the best of three sources, and say from which."""
    if len(extract.buildings) >= FEWEST_BUILDINGS:
        return "residential buildings", extract.buildings
    if len(extract.places) >= FEWEST_PLACES:
        return "populations of places", extract.places
    pieces = []
    for street in extract.streets:
        metres = [to_metres.transform(*position) for position in street]
        for (before, after), (start, end) in zip(_pairs(street), _pairs(metres), strict=True):
            pieces.append((_mean([before, after]), math.dist(start, end) * PEOPLE_PER_STREET_METRE))
    return "length of residential streets", pieces


def to_squares(people: Sequence[tuple[Position, float]], to_metres: Transformer) -> list[Row]:
    """Sum people up on squares: id of the square, mean position in metres, whole people; none without people."""
    squares: dict[tuple[int, int], list[tuple[float, float, float]]] = defaultdict(list)
    for position, count in people:
        x, y = to_metres.transform(*position)
        squares[int(y // SQUARE_METRES), int(x // SQUARE_METRES)].append((x, y, count))
    rows: list[Row] = []
    for (north, east), members in sorted(squares.items()):
        total = sum(count for *_, count in members)
        if round(total) == 0:
            continue
        x, y = (sum(one[axis] * one[2] for one in members) / total for axis in (0, 1))
        rows.append((f"N{north * SQUARE_METRES}E{east * SQUARE_METRES}", round(x, 1), round(y, 1), round(total)))
    return rows


def _pairs(line: Sequence[Position]) -> list[tuple[Position, Position]]:
    return list(itertools.pairwise(line))


def _mean(line: Sequence[Position]) -> Position:
    return sum(x for x, _ in line) / len(line), sum(y for _, y in line) / len(line)


# --- the files ------------------------------------------------------------------------------------


def to_toml(
    title: str, language: str, osm: str, crs: str, minutes: Sequence[float], points: Sequence[Row], source: str
) -> str:
    """Write study.toml: a norm, and a scenario without the first point of the highest level, so that both show."""
    highest = next(level for level in "EAL" if any(point[2] == level for point in points))
    closed = next(point for point in points if point[2] == highest)
    without = WITHOUT[language].format(name=closed[1])
    return f"""\
# Made by scripts/study_from_osm.py. ILLUSTRATIVE: levels are guessed from the kind of place, people from the
# {source} of the extract. Roads and points: © OpenStreetMap contributors (ODbL).

[study]
name = {_quoted(title)}
language = "{language}"

[network]
osm = {_quoted(osm)}

[points]
file = "service_points.csv"

[places]
file = "places.csv"
crs = "{crs}"

[levels]
scheme = "EAL"
minutes = [{", ".join(f"{one:g}" for one in minutes)}]

[[norm]]
level = "L"
minutes = {minutes[1]:g}
share = 0.90

[[scenario]]
name = {_quoted(without)}
close = [{_quoted(str(closed[0]))}]

[output]
directory = "out"
"""


def _quoted(text: str) -> str:
    """Write a TOML string; JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _path_from(folder: Path, file: Path) -> str:
    """Name a file as seen from a folder; in full where no relative path leads there (another drive)."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.resolve().as_posix()


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
