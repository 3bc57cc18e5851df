"""Compile the plain tables of the embedded Lapland into an OpenStreetMap file.

``junctions.csv`` says where the junctions are, ``links.csv`` says which road runs between which two of them
and how long it is. This script draws every link as a gentle line whose geodesic length is the length in the
table and writes the lot as ``lappi.osm.pbf``. The ends of a link and its length are facts, the line between
them is a drawing.

Run it from anywhere::

    python scripts/build_lappi.py
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import osmium
from numpy.typing import NDArray
from pyproj import Geod

Floats: TypeAlias = NDArray[np.float64]

DATA_DIRECTORY: Final = Path(__file__).resolve().parent.parent / "data" / "lappi"

WGS84: Final = Geod(ellps="WGS84")
METRES_PER_DEGREE: Final = 111_320.0
# The month of the road table that the positions come from; fixed, so that a rebuild is the same file.
TIMESTAMP: Final = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
GENERATOR: Final = "palveluverkko scripts/build_lappi.py"

# A vertex every 250 m keeps a bend of 500 m radius within 16 m of its arc, and the file near 150 KB.
VERTEX_SPACING_METRES: Final = 250.0
FEWEST_PIECES: Final = 8
BEND_METRES: Final = 2_400.0
MOST_BENDS: Final = 9
# Steeper turns than this are junctions of two roads that share a number, not one road that bends.
SHARPEST_SMOOTHED_TURN_DEGREES: Final = 100.0
# An order of magnitude finer than the 0.1 % that the tests ask for.
LENGTH_TOLERANCE: Final = 1e-5
DEEPEST_SEARCH: Final = 80
# In shares of the chord: a road that swings this far aside is a slip of the pen.
MOST_SWING: Final = 8.0

HIGHWAYS: Final = ("trunk", "primary", "secondary", "tertiary", "residential")


class LaplandTableError(Exception):
    """A row of the tables cannot be compiled; the message names the file, the row and the remedy."""


@dataclass(frozen=True)
class Junction:
    """A named point of the network, with its position in WGS84 degrees."""

    id: str
    name: str
    lon: float
    lat: float
    place: str
    kunta_code: str


@dataclass(frozen=True)
class Link:
    """A two-way road between two junctions; ``length_m`` is its length along the road."""

    from_id: str
    to_id: str
    road_number: str
    int_ref: str
    name: str
    highway: str
    maxspeed_kmh: int
    length_m: float
    surface: str

    def __str__(self) -> str:
        """Name the link for an error message."""
        return f"{self.from_id}-{self.to_id} (road {self.road_number or 'without number'})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the file; return 0, or 2 with one line on standard error when a table is wrong."""
    parser = argparse.ArgumentParser(description="Compile data/lappi/*.csv into data/lappi/lappi.osm.pbf.")
    parser.add_argument("--tables", type=Path, default=DATA_DIRECTORY, help="folder of the two tables")
    parser.add_argument("--out", type=Path, default=DATA_DIRECTORY / "lappi.osm.pbf", help="file to write")
    options = parser.parse_args(arguments)
    try:
        junctions = read_junctions(options.tables / "junctions.csv")
        links = read_links(options.tables / "links.csv", junctions)
        lines = draw_links(junctions, links)
        write_osm(options.out, junctions, links, lines)
    except (LaplandTableError, OSError) as error:
        print(f"build_lappi: {error}", file=sys.stderr)
        return 2
    kilometres = sum(link.length_m for link in links) / 1000
    print(f"{options.out}: {len(junctions)} junctions, {len(links)} links, {kilometres:.0f} km of road")
    return 0


# --- the tables -----------------------------------------------------------------------------------


def read_junctions(path: Path) -> dict[str, Junction]:
    """Read the junctions by id, in the order of the table.

    Raises
    ------
    LaplandTableError
        If a column is missing, a position is not a number, or an id occurs twice.
    """
    junctions: dict[str, Junction] = {}
    for row_number, row in _rows(path):
        try:
            junction = Junction(
                id=row["id"],
                name=row["name"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                place=row["place"],
                kunta_code=row["kunta_code"],
            )
        except (KeyError, ValueError) as error:
            raise LaplandTableError(f"{path.name} row {row_number}: {_reason(error)}") from error
        if junction.id in junctions:
            raise LaplandTableError(f"{path.name} row {row_number}: id '{junction.id}' occurs twice; rename one")
        junctions[junction.id] = junction
    return junctions


def read_links(path: Path, junctions: Mapping[str, Junction]) -> list[Link]:
    """Read the links, in the order of the table.

    Raises
    ------
    LaplandTableError
        If a column is missing, an end is not a junction, the class is unknown, or a link is shorter than the
        straight line between its ends, which no road can be.
    """
    links: list[Link] = []
    for row_number, row in _rows(path):
        where = f"{path.name} row {row_number}"
        try:
            link = Link(
                from_id=row["from_id"],
                to_id=row["to_id"],
                road_number=row["road_number"],
                int_ref=row["int_ref"],
                name=row["name"],
                highway=row["highway"],
                maxspeed_kmh=int(row["maxspeed_kmh"]),
                length_m=float(row["length_m"]),
                surface=row["surface"],
            )
        except (KeyError, ValueError) as error:
            raise LaplandTableError(f"{where}: {_reason(error)}") from error
        for end in (link.from_id, link.to_id):
            if end not in junctions:
                raise LaplandTableError(f"{where}: '{end}' is not in junctions.csv; add it there or mend the id")
        if link.from_id == link.to_id:
            raise LaplandTableError(f"{where}: {link} ends where it begins; split it at a junction")
        if link.highway not in HIGHWAYS:
            raise LaplandTableError(f"{where}: highway '{link.highway}' is none of {', '.join(HIGHWAYS)}")
        chord = _chord_metres(junctions[link.from_id], junctions[link.to_id])
        if link.length_m < chord:
            raise LaplandTableError(
                f"{where}: {link} is {link.length_m:.0f} m, shorter than the {math.ceil(chord)} m "
                "straight between its ends; mend length_m",
            )
        links.append(link)
    return links


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with their line numbers as an editor shows them."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=2)


def _reason(error: KeyError | ValueError) -> str:
    return f"column {error} is missing" if isinstance(error, KeyError) else str(error)


def _chord_metres(one: Junction, other: Junction) -> float:
    return float(WGS84.inv(one.lon, one.lat, other.lon, other.lat)[2])


# --- the drawing ----------------------------------------------------------------------------------


def draw_links(junctions: Mapping[str, Junction], links: Sequence[Link]) -> list[Floats]:
    """Draw every link as a line of the length in the table.

    Returns
    -------
    One array of lon/lat rows a link, ends included, in WGS84 degrees rounded to OpenStreetMap's 1e-7.

    Notes
    -----
    A link follows the bend of its road through its two ends as far as its length allows. What length is
    then left over goes into a few slow bends, read off a hash of the ids of its ends.
    """
    neighbours = _neighbours_along_roads(links)
    return [
        _draw_link(
            link,
            junctions[link.from_id],
            junctions[link.to_id],
            before=_only(junctions, neighbours[link.from_id, _road_key(link)], link.to_id),
            after=_only(junctions, neighbours[link.to_id, _road_key(link)], link.from_id),
        )
        for link in links
    ]


def _neighbours_along_roads(links: Sequence[Link]) -> defaultdict[tuple[str, str], list[str]]:
    """List, for each junction and road, the next junctions along that road."""
    neighbours: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for link in links:
        neighbours[link.from_id, _road_key(link)].append(link.to_id)
        neighbours[link.to_id, _road_key(link)].append(link.from_id)
    return neighbours


def _road_key(link: Link) -> str:
    return link.road_number or link.highway


def _only(junctions: Mapping[str, Junction], along: Sequence[str], opposite: str) -> Junction | None:
    """Find where the road continues, seen from ``opposite``; None where it ends or forks."""
    onward = [end for end in along if end != opposite]
    return junctions[onward[0]] if len(onward) == 1 else None


def _draw_link(
    link: Link,
    start: Junction,
    end: Junction,
    *,
    before: Junction | None,
    after: Junction | None,
) -> Floats:
    """Draw one link; ``before`` and ``after`` are where its road comes from and goes on to."""
    # A local plane around the start of the link: good to a percent, which is enough to draw in.
    scale = METRES_PER_DEGREE * np.array([math.cos(math.radians((start.lat + end.lat) / 2)), 1.0])
    origin = np.array([start.lon, start.lat])

    def to_plane(junction: Junction | None) -> Floats | None:
        return None if junction is None else (np.array([junction.lon, junction.lat]) - origin) * scale

    here, there = np.zeros(2), (np.array([end.lon, end.lat]) - origin) * scale
    leaving = _heading(to_plane(before), here, there, straight=there)
    arriving = _heading(here, there, to_plane(after), straight=there)

    pieces = max(FEWEST_PIECES, math.ceil(link.length_m / VERTEX_SPACING_METRES))
    along = np.linspace(0.0, 1.0, pieces + 1)
    across = np.array([-there[1], there[0]])
    sway = _sway(along, math.hypot(*there), seed=f"{link.from_id}|{link.to_id}|{link.road_number}")

    def smooth(share: float) -> Floats:
        return origin + _hermite(along, there, share * leaving, share * arriving) / scale

    def swaying(amplitude: float) -> Floats:
        return smooth(1.0) + amplitude * np.outer(sway, across) / scale

    family = smooth if _length_metres(smooth(1.0)) >= link.length_m else swaying
    line = _line_of_length(family, link).round(7)
    line[0], line[-1] = (start.lon, start.lat), (end.lon, end.lat)
    return line


def _heading(previous: Floats | None, here: Floats, following: Floats | None, *, straight: Floats) -> Floats:
    """Direction in which a road runs through ``here``, as a vector as long as ``straight``.

    Between two neighbours the nearer one has the greater say, as on the circle through the three points.
    Where the road ends, forks or turns sharply the line sets out straight.
    """
    if previous is None or following is None:
        return straight
    length_in, length_out = math.dist(previous, here), math.dist(here, following)
    incoming, outgoing = (here - previous) / length_in, (following - here) / length_out
    if incoming @ outgoing < math.cos(math.radians(SHARPEST_SMOOTHED_TURN_DEGREES)):
        return straight
    direction = incoming * length_out + outgoing * length_in
    return np.asarray(direction * (math.hypot(*straight) / math.hypot(*direction)), dtype=np.float64)


def _hermite(along: Floats, end: Floats, leaving: Floats, arriving: Floats) -> Floats:
    """Points of the cubic from the origin to ``end`` with the given tangents, at ``along`` in 0 … 1."""
    t = along[:, None]
    line = (t**3 - 2 * t**2 + t) * leaving + (3 * t**2 - 2 * t**3) * end + (t**3 - t**2) * arriving
    return np.asarray(line, dtype=np.float64)


def _sway(along: Floats, chord_metres: float, *, seed: str) -> Floats:
    """Sideways swing of a road in shares of its chord: zero with zero slope at both ends, largest value 1.

    A sum of slow waves, the slower the larger, whose sizes are read off a hash of ``seed``: no two roads bend
    alike, and a rebuild bends as before.
    """
    bends = int(np.clip(round(chord_metres / BEND_METRES), 1, MOST_BENDS))
    digest = hashlib.sha256(seed.encode()).digest()
    sizes = np.array([byte / 127.5 - 1.0 for byte in digest[:bends]])
    # A size near nought would leave the slowest wave out, and the road a ripple.
    sizes[0] = math.copysign(max(abs(sizes[0]), 0.5), sizes[0])
    orders = np.arange(1, bends + 1)
    waves = np.sin(math.pi * np.outer(along, orders)) @ (sizes / orders**1.2)
    swing = waves * 4 * along * (1 - along)
    return np.asarray(swing / np.abs(swing).max(), dtype=np.float64)


def _line_of_length(family: Callable[[float], Floats], link: Link) -> Floats:
    """Find the member of a family of lines that is as long as the link; the family lengthens from 0 on.

    Raises
    ------
    LaplandTableError
        If no member is long enough, which means that the length in the table is absurd.
    """
    low, high = 0.0, 1.0 / 64
    while _length_metres(family(high)) < link.length_m:
        low, high = high, high * 2
        if high > MOST_SWING:
            raise LaplandTableError(f"links.csv: {link} is too long to draw at {link.length_m:.0f} m; mend length_m")
    for _ in range(DEEPEST_SEARCH):
        middle = (low + high) / 2
        length = _length_metres(family(middle))
        if abs(length - link.length_m) <= LENGTH_TOLERANCE * link.length_m:
            return family(middle)
        low, high = (middle, high) if length < link.length_m else (low, middle)
    return family((low + high) / 2)


def _length_metres(line: Floats) -> float:
    return float(WGS84.line_length(line[:, 0], line[:, 1]))


# --- the file -------------------------------------------------------------------------------------


def write_osm(path: Path, junctions: Mapping[str, Junction], links: Sequence[Link], lines: Sequence[Floats]) -> None:
    """Write the drawn network as OpenStreetMap data, beside the target first and then in its place.

    Junctions are the nodes 1 … in the order of their table, then come the vertices; the ways follow the
    order of the links. Every object is version 1 of a fixed day and has no author.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    header = osmium.io.Header()
    header.set("generator", GENERATOR)
    header.add_box(_box(lines))
    file = osmium.io.File(str(draft), "pbf,add_metadata=version+timestamp")
    node_of = {junction_id: number for number, junction_id in enumerate(junctions, start=1)}
    vertex = len(junctions)
    refs: list[list[int]] = []
    try:
        with osmium.SimpleWriter(file, header=header, overwrite=True) as writer:
            for junction in junctions.values():
                writer.add_node(_node(node_of[junction.id], (junction.lon, junction.lat), _junction_tags(junction)))
            for link, line in zip(links, lines, strict=True):
                numbers = range(vertex + 1, vertex + len(line) - 1)
                for number, position in zip(numbers, line[1:-1].tolist(), strict=True):
                    writer.add_node(_node(number, (position[0], position[1]), {}))
                vertex = numbers.stop - 1
                refs.append([node_of[link.from_id], *numbers, node_of[link.to_id]])
            for number, (link, nodes) in enumerate(zip(links, refs, strict=True), start=1):
                writer.add_way(
                    osmium.osm.mutable.Way(
                        id=number, version=1, timestamp=TIMESTAMP, nodes=nodes, tags=_link_tags(link)
                    )
                )
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _node(number: int, position: tuple[float, float], tags: dict[str, str]) -> osmium.osm.mutable.Node:
    return osmium.osm.mutable.Node(id=number, version=1, timestamp=TIMESTAMP, location=position, tags=tags)


def _junction_tags(junction: Junction) -> dict[str, str]:
    """Name the municipal centres, as a map does; the other junctions are nodes without tags."""
    if not junction.place:
        return {}
    return {"name": junction.name, "place": junction.place, "ref:kunta": junction.kunta_code}


def _link_tags(link: Link) -> dict[str, str]:
    tags = {
        "highway": link.highway,
        "int_ref": link.int_ref,
        "maxspeed": str(link.maxspeed_kmh),
        "name": link.name,
        "ref": link.road_number,
        "surface": link.surface,
    }
    return {key: value for key, value in tags.items() if value}


def _box(lines: Sequence[Floats]) -> osmium.osm.Box:
    corners = np.vstack(lines)
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    return osmium.osm.Box(float(west), float(south), float(east), float(north))


if __name__ == "__main__":
    sys.exit(main())
