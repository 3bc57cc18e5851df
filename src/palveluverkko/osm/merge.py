"""Roads of several files as one: what stands in more than one of them counts once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from palveluverkko.osm.arrays import freeze
from palveluverkko.osm.ferries import FerryRoute, FerryWay, first_by_id
from palveluverkko.osm.profile import Road
from palveluverkko.osm.roads import (
    FileRoads,
    FileSpots,
    FileWays,
    Int64,
    by_id,
    distinct_nodes,
    in_order,
    spots_at,
)
from palveluverkko.osm.spots import Spot

Thing = TypeVar("Thing")


def merge(files: Sequence[FileRoads]) -> FileRoads:
    """Put the roads of files together; the order in which they are given does not matter.

    Ways and nodes are known by their ids. Of a way that several files have, the version with the most nodes counts, and
    among equals, as of nodes with different places, that of the file with the most nodes. Where one file ends and
    another goes on nothing is cut any more.
    """
    files = sorted(files, key=_rank)
    ways = _merge_ways([one.ways for one in files])
    node_id = distinct_nodes(ways)
    lon, lat = np.full(node_id.size, np.nan), np.full(node_id.size, np.nan)
    standing = np.full(node_id.size, -1, dtype=np.int32)
    spots: dict[Spot, int] = {}
    for one in files:
        fresh = np.flatnonzero(np.isnan(lon) & _among(node_id, one.node_id))
        at = np.searchsorted(one.node_id, node_id[fresh])
        # What stands on a node comes from the file that its place comes from.
        where, kind = spots_at(node_id, one)
        placed = np.isin(where, fresh)
        standing[where[placed]] = _renumbered(one.spots.spots, spots)[kind[placed]]
        lon[fresh], lat[fresh] = one.lon[at], one.lat[at]
    leaving = np.unique(np.concatenate([one.leaving for one in files]), axis=0)
    occupied = np.flatnonzero(standing >= 0).astype(np.int32)
    return FileRoads(
        ways,
        node_id,
        lon,
        lat,
        FileSpots(occupied, standing[occupied], tuple(spots)),
        _still_leaving(leaving, ways, node_id[~np.isnan(lon)]),
    )


def _rank(read: FileRoads) -> tuple[int, int, bytes]:
    """Put the larger file first, and decide between equals by what is in them."""
    digest = hashlib.sha256()
    for column in (read.node_id, read.lon, read.lat, read.ways.way_id, read.ways.way_kind, read.ways.node_ids):
        digest.update(np.ascontiguousarray(column).tobytes())
    return -int((~np.isnan(read.lon)).sum()), -read.ways.way_id.size, digest.digest()


def _merge_ways(files: Sequence[FileWays]) -> FileWays:
    kinds: dict[Road, int] = {}
    names: dict[str, int] = {}
    way_kind = [_renumbered(one.kinds, kinds)[one.way_kind] for one in files]
    way_name = [_renumbered(one.names, names)[one.way_name] for one in files]
    way_id = np.concatenate([one.way_id for one in files])
    nodes_in_way = np.concatenate([one.nodes_in_way for one in files])
    # The first of each id after sorting; the sort is stable, so that the better file goes first among equals.
    order = np.lexsort((-nodes_in_way, way_id))
    chosen = order[np.append(True, way_id[order][1:] != way_id[order][:-1])[: order.size]]
    first = np.concatenate(([0], np.cumsum(nodes_in_way, dtype=np.int64)))[:-1]
    count = nodes_in_way[chosen]
    offset = np.concatenate(([0], np.cumsum(count, dtype=np.int64)))
    at = np.arange(offset[-1]) + np.repeat(first[chosen] - offset[:-1], count)
    rejected = sum((Counter(one.rejected_speeds) for one in files), Counter[str]())
    return in_order(
        FileWays(
            way_id=freeze(way_id[chosen], np.int64),
            way_kind=freeze(np.concatenate(way_kind)[chosen], np.int32),
            kinds=tuple(kinds),
            way_name=freeze(np.concatenate(way_name)[chosen], np.int32),
            names=tuple(names),
            nodes_in_way=freeze(count, np.int32),
            node_ids=freeze(np.concatenate([one.node_ids for one in files])[at], np.int64),
            rejected_speeds=dict(sorted(rejected.items())),
            restrictions=by_id(one for ways in files for one in ways.restrictions),
            ferries=_merge_ferries(files, way_id[chosen], chosen),
            routes=_merge_routes(files),
        )
    )


def _merge_ferries(files: Sequence[FileWays], way_id: Int64, chosen: Int64) -> tuple[FerryWay, ...]:
    """Take the tags of each ferry from the file that its nodes come from."""
    file_of = np.searchsorted(np.cumsum([one.way_id.size for one in files]), chosen, side="right")
    found = []
    for number, one in enumerate(files):
        own = set(way_id[file_of == number].tolist()) if one.ferries else ()
        found += [ferry for ferry in one.ferries if ferry.way_id in own]
    return tuple(sorted(found))


def _merge_routes(files: Sequence[FileWays]) -> tuple[FerryRoute, ...]:
    """Keep each route as the file with the most of its members has it."""
    routes = [route for one in files for route in one.routes]
    return first_by_id(sorted(routes, key=lambda one: -len(one.ways)))


def _renumbered(own: Sequence[Thing], common: dict[Thing, int]) -> Int64:
    """Give the position of each thing of a file among those of all files, which grow."""
    return np.asarray([common.setdefault(one, len(common)) for one in own], dtype=np.int64)


def _still_leaving(leaving: Int64, ways: FileWays, located: Int64) -> Int64:
    """Give the pairs of nodes that no way joins, even now."""
    if not leaving.size:
        return leaving
    owner = np.repeat(np.arange(ways.way_id.size), ways.nodes_in_way)
    same = owner[1:] == owner[:-1]
    a, b = ways.node_ids[:-1][same], ways.node_ids[1:][same]
    asked = np.unique(leaving)
    near = np.flatnonzero(_among(a, asked) & _among(b, asked))
    near = near[_among(a[near], located) & _among(b[near], located)]
    joined = {*zip(a[near].tolist(), b[near].tolist(), strict=True)}
    joined |= {(two, one) for one, two in joined}
    still = [pair for pair in leaving.tolist() if tuple(pair) not in joined]
    return np.asarray(still, dtype=np.int64).reshape(-1, 2)


def _among(ids: Int64, known: Int64) -> npt.NDArray[np.bool_]:
    """Tell which ids are among others that rise (np.isin took 1 s for Porto's)."""
    at = np.searchsorted(known, ids).clip(max=max(0, known.size - 1))
    return np.asarray(known[at] == ids) if known.size else np.zeros(ids.size, dtype=bool)
