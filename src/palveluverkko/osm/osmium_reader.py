"""Read the drivable roads of any OpenStreetMap file with osmium: slower than our own reader, and reads more forms."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import osmium

from palveluverkko.osm import files
from palveluverkko.osm.ferries import FerryRoute, FerryWay, ferry_route, first_by_id
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.roads import (
    FileRoads,
    FileSpots,
    FileWays,
    Float64,
    Int64,
    Meanings,
    Restriction,
    SpotMeanings,
    Tags,
    by_id,
    distinct_nodes,
    in_order,
    is_ferry,
    is_restriction,
)

_STEPS = 3
"""Steps that progress reports: ways, nodes. osmium does not say how far in the file it is."""

_CUT_SHORT = (
    "EOF",
    "truncated",
    "read close failed",
    "bzip2 error: read failed: -7",
    "unclosed token",
    "no element found",
)
"""What osmium says of a file that ends too early: pbf, gzip, bzip2, XML."""

_EMPTY_WAY = b'<osm version="0.6"><way id="1" version="1"/></osm>'


def read_with_osmium(path: Path, profile: CarProfile, *, progress: Callable[[int, int], None]) -> FileRoads:
    """Read the ways that a profile may drive; parameters and errors as in ``osm.reader.read_roads``."""
    with read_errors(path):
        ways = _read_ways(path, profile)
        progress(1, _STEPS)
        node_id = distinct_nodes(ways)
        lon, lat = read_locations(path, node_id)
        spots = _read_spots(path, profile, node_id)
        progress(2, _STEPS)
    progress(_STEPS, _STEPS)
    return FileRoads(ways, node_id, lon, lat, spots)


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Turn what osmium raises into one line for the user."""
    try:
        yield
    except (RuntimeError, UnicodeDecodeError, OSError, osmium.InvalidLocationError) as error:
        if any(sign in str(error) for sign in _CUT_SHORT):
            raise files.cut_short(path, error) from error
        raise files.unreadable(path, error) from error


class _MeaningsOfWays(Meanings):
    """Meanings of the ways that osmium gives, each combination of tags judged once."""

    def __init__(self, profile: CarProfile) -> None:
        super().__init__(profile)
        self._keys = profile.relevant_keys
        self._known: dict[Tags, tuple[int, tuple[str, ...]]] = {}

    def of(self, way: osmium.osm.Way) -> tuple[int, str, FerryWay | None]:
        """Give the position of the kind (-1: not drivable) and the name of a way, and its tags if it is a ferry."""
        relevant, number, name = [], "", ""
        for key, value in way.tags:
            if key in self._keys:
                relevant.append((key, value))
            elif key == "ref":
                number = value
            elif key == "name":
                name = value
        combination = tuple(relevant)
        if combination not in self._known:
            self._known[combination] = self.judge(combination)
        kind, rejected = self._known[combination]
        self.count_rejected(rejected)
        ferry = FerryWay(way.id, combination, number or name, name) if is_ferry(combination) else None
        return kind, number or name, ferry


def _read_ways(path: Path, profile: CarProfile) -> FileWays:
    """Read the drivable ways, the ferries, and the turn restrictions."""
    meanings = _MeaningsOfWays(profile)
    way_ids, way_kinds, way_names, nodes_in_way, node_ids = (array.array("q") for _ in range(5))
    names: dict[str, int] = {}
    ferries: dict[int, FerryWay] = {}
    roads = osmium.filter.TagFilter(*profile.way_tags)
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(roads)
    for way in cast("Iterable[osmium.osm.Way]", ways):
        kind, name, ferry = meanings.of(way)
        if kind < 0 or way.deleted:
            continue
        refs = [node.ref for node in way.nodes]
        way_ids.append(way.id)
        way_kinds.append(kind)
        way_names.append(names.setdefault(name, len(names)))
        nodes_in_way.append(len(refs))
        node_ids.extend(refs)
        if ferry is not None:
            ferries.setdefault(way.id, ferry)
    restrictions, routes = _read_relations(path)
    asked = {one for route in routes for one in route.ways} - set(way_ids)
    for one, refs in _untagged(path, asked):
        way_ids.append(one)
        way_kinds.append(meanings.no_ferry)
        way_names.append(names.setdefault("", len(names)))
        nodes_in_way.append(len(refs))
        node_ids.extend(refs)
        ferries.setdefault(one, FerryWay(one, (), "", ""))
    if not way_ids:
        raise files.without_roads(path, sum(1 for _ in osmium.FileProcessor(str(path), osmium.osm.WAY)))
    return in_order(
        FileWays(
            way_id=np.array(way_ids, dtype=np.int64),
            way_kind=np.array(way_kinds, dtype=np.int32),
            kinds=meanings.kinds,
            way_name=np.array(way_names, dtype=np.int32),
            names=tuple(names),
            nodes_in_way=np.array(nodes_in_way, dtype=np.int32),
            node_ids=np.array(node_ids, dtype=np.int64),
            rejected_speeds=meanings.rejected_speeds,
            restrictions=by_id(restrictions),
            ferries=tuple(ferries[one] for one in sorted(ferries)),
            routes=first_by_id(routes),
        )
    )


def _untagged(path: Path, asked: set[int]) -> Iterator[tuple[int, list[int]]]:
    """Give the ways without tags among those asked for, and their nodes."""
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY) if asked else ()
    for way in cast("Iterable[osmium.osm.Way]", ways):
        if way.id in asked and not len(way.tags) and not way.deleted:
            yield way.id, [node.ref for node in way.nodes]


def _read_relations(path: Path) -> tuple[list[Restriction], list[FerryRoute]]:
    """Read the turn restrictions and the routes of ferries."""
    restrictions, routes = [], []
    relations = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(osmium.filter.KeyFilter("type"))
    for relation in cast("Iterable[osmium.osm.Relation]", relations):
        tags = tuple((key, value) for key, value in relation.tags)
        if relation.deleted:
            continue
        members = tuple((one.type, one.ref, one.role) for one in relation.members)
        if is_restriction(tags):
            restrictions.append(Restriction(relation.id, tags, members))
        elif route := ferry_route(relation.id, tags, members):
            routes.append(route)
    return restrictions, routes


def read_locations(path: Path, node_id: Int64) -> tuple[Float64, Float64]:
    """Give longitude and latitude of nodes by id, NaN for those that the file does not hold.

    osmium keeps every location of the file outside Python and only the nodes asked for cross over: 0.1 s and 70 MB
    for Tampere, where its IdFilter took 3.4 s and 1.2 GB (a bit per id up to the highest).
    """
    locations = osmium.index.create_map("flex_mem")
    store = osmium.NodeLocationsForWays(locations)
    osmium.apply(osmium.io.Reader(str(path), osmium.osm.NODE), store)
    # A store that met its nodes out of order sorts itself only when a way follows them: show it an empty one.
    osmium.apply(osmium.io.Reader(osmium.io.FileBuffer(_EMPTY_WAY, "osm"), osmium.osm.WAY), store)
    lon, lat = np.full(node_id.size, np.nan), np.full(node_id.size, np.nan)
    for position, one in enumerate(node_id.tolist()):
        location = _stored(locations, one)
        if location is not None and location.valid():
            lon[position], lat[position] = location.lon, location.lat
    if node_id.size and node_id[0] < 0:
        _add_negative_locations(path, node_id, lon, lat)
    return lon, lat


def _stored(locations: osmium.index.LocationTable, node_id: int) -> osmium.osm.Location | None:
    try:
        return locations.get(node_id) if node_id >= 0 else None
    except KeyError:
        return None


def _add_negative_locations(path: Path, node_id: Int64, lon: Float64, lat: Float64) -> None:
    """Fill in the nodes that an editor has drawn and not uploaded; osmium's store takes no negative id."""
    position_of = {one: position for position, one in enumerate(node_id[node_id < 0].tolist())}
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    for node in cast("Iterable[osmium.osm.Node]", nodes):
        position = position_of.get(node.id)
        if position is not None and node.location.valid():
            lon[position], lat[position] = node.location.lon, node.location.lat


def _read_spots(path: Path, profile: CarProfile, node_id: Int64) -> FileSpots:
    """Read what stands on the nodes of roads; of a node given twice the first that means something counts."""
    meanings = SpotMeanings(profile)
    keys = profile.spot_keys
    kind_of: dict[int, int] = {}
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.KeyFilter(*sorted(keys)))
    for node in cast("Iterable[osmium.osm.Node]", nodes):
        if node.deleted or node.id in kind_of:
            continue
        kind = meanings.judge(tuple((key, value) for key, value in node.tags if key in keys))
        if kind >= 0:
            kind_of[node.id] = kind
    ids = np.array(sorted(kind_of), dtype=np.int64)
    ids = ids[np.isin(ids, node_id)]
    kinds = np.array([kind_of[one] for one in ids.tolist()], dtype=np.int32)
    return meanings.spots(np.searchsorted(node_id, ids), kinds)
