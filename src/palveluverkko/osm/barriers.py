"""Roads end at barriers: nodes that not everybody passes are taken apart, one copy for each piece of road."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from palveluverkko.osm.profile import Road
from palveluverkko.osm.spots import LOCAL, Spot

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class Pieces(NamedTuple):
    """Pieces of ways one after the other: where their nodes begin, the nodes, the way and the kind of each piece."""

    first_node: Int64
    node: Int32
    way: Int32
    kind: Int32


class CutRoads(NamedTuple):
    """Pieces that end at barriers, their kinds, the node that each node is a copy of, and what was cut.

    Of the copies of a node the first is where its spot stands.
    """

    pieces: Pieces
    kinds: tuple[Road, ...]
    copied: Int64
    barriers: Mapping[str, int]


def cut_at_barriers(
    pieces: Pieces, kinds: tuple[Road, ...], nodes: int, spot_node: Int32, spots: list[Spot]
) -> CutRoads:
    """Cut the pieces at barriers that not everybody passes.

    Where nobody passes, every piece ends at a node of its own. Where trips pass on their first or last leg, these
    nodes are joined, through one more in the middle, by pieces without length for just such trips. Nothing is done
    where a barrier stands at the end of a road, nor where it lets trips in on their last leg between roads that do
    the same.

    Parameters
    ----------
    pieces
        In the order of their ways.
    kinds
        What the kinds of the pieces mean.
    nodes
        Number of nodes.
    spot_node, spots
        Where something stands and what.
    """
    closed = [(node, spot) for node, spot in zip(spot_node.tolist(), spots, strict=True) if spot.cuts_road]
    arms, public_arms = _count_arms(pieces, kinds, nodes, [node for node, _ in closed])
    cuts = [(node, spot) for node, spot in closed if arms[node] > 1 and (spot.passage != LOCAL or public_arms[node])]
    if not cuts:
        return CutRoads(pieces, kinds, np.arange(nodes), {})
    is_cut, is_local = np.zeros(nodes, dtype=np.bool_), np.zeros(nodes, dtype=np.bool_)
    is_cut[[node for node, _ in cuts]] = True
    is_local[[node for node, spot in cuts if spot.passage == LOCAL]] = True

    pieces = cut_within(pieces, is_cut[pieces.node])
    ends = np.flatnonzero(is_cut[pieces.node])
    ends = ends[np.argsort(pieces.node[ends], kind="stable")]
    node = pieces.node[ends]
    # The first copy of a local barrier is the one in the middle.
    copy = np.arange(ends.size) - np.searchsorted(node, node) + is_local[node]
    copies = np.ones(nodes, dtype=np.int64)
    copies[is_cut] = arms[is_cut] + is_local[is_cut]
    base = np.cumsum(copies) - copies
    number = base[pieces.node]
    number[ends] += copy
    pieces = pieces._replace(node=number.astype(np.int32))

    joined = ends[is_local[node]]
    if joined.size:
        pieces, kinds = _join(pieces, kinds, joined, base[node[is_local[node]]])
    barriers = Counter(spot.kind for _, spot in cuts)
    return CutRoads(pieces, kinds, np.repeat(np.arange(nodes), copies), dict(sorted(barriers.items())))


def _count_arms(pieces: Pieces, kinds: tuple[Road, ...], nodes: int, wanted: list[int]) -> tuple[Int64, Int64]:
    """Count the straight pieces that touch some nodes, and those among them that everybody may drive."""
    is_wanted = np.zeros(nodes, dtype=np.bool_)
    is_wanted[wanted] = True
    at = np.flatnonzero(is_wanted[pieces.node])
    piece = np.searchsorted(pieces.first_node, at, side="right") - 1
    arms = 2 - (at == pieces.first_node[piece]) - (at == pieces.first_node[piece + 1] - 1)
    public = np.asarray([not road.local_access for road in kinds])[pieces.kind[piece]]
    counts = []
    for weight in (arms, arms * public):
        count = np.zeros(nodes, dtype=np.int64)
        np.add.at(count, pieces.node[at], weight)
        counts.append(count)
    return counts[0], counts[1]


def cut_within(pieces: Pieces, cut: npt.NDArray[np.bool_]) -> Pieces:
    """End a piece at each such position within it and begin another there."""
    within = cut.copy()
    within[pieces.first_node[:-1]] = False
    within[pieces.first_node[1:] - 1] = False
    at = np.flatnonzero(within)
    shifted = pieces.first_node + np.searchsorted(at, pieces.first_node)
    begins = np.sort(np.concatenate((shifted, at + np.arange(1, at.size + 1))))
    parts = 1 + np.diff(np.searchsorted(at, pieces.first_node))
    return Pieces(
        first_node=begins,
        node=np.repeat(pieces.node, 1 + within),
        way=np.repeat(pieces.way, parts),
        kind=np.repeat(pieces.kind, parts),
    )


def _join(
    pieces: Pieces, kinds: tuple[Road, ...], ends: npt.NDArray[Any], middle: npt.NDArray[Any]
) -> tuple[Pieces, tuple[Road, ...]]:
    """Join ends of pieces, given by position, to nodes by pieces for the first and last leg of a trip."""
    owner = np.searchsorted(pieces.first_node, ends, side="right") - 1
    joints = [_joint(road) for road in kinds]
    all_kinds = tuple(sorted({*kinds, *(joints[kind] for kind in pieces.kind[owner].tolist())}, key=repr))
    position = {road: at for at, road in enumerate(all_kinds)}
    kept = np.asarray([position[road] for road in kinds], dtype=np.int32)
    new = np.asarray([position[joints[kind]] for kind in pieces.kind[owner].tolist()], dtype=np.int32)

    node = np.concatenate((pieces.node, np.column_stack((middle, pieces.node[ends])).ravel())).astype(np.int32)
    length = np.concatenate((np.diff(pieces.first_node), np.full(ends.size, 2)))
    begin = np.cumsum(length) - length
    way = np.concatenate((pieces.way, pieces.way[owner]))
    order = np.argsort(way, kind="stable")
    length = length[order]
    first_node = np.concatenate(([0], np.cumsum(length)))
    at = np.arange(node.size) + np.repeat(begin[order] - first_node[:-1], length)
    kind = np.concatenate((kept[pieces.kind], new))
    return Pieces(first_node, node[at], way[order], kind[order]), all_kinds


def _joint(road: Road) -> Road:
    """Say what a piece without length is that leads through a barrier from such a road."""
    kmh = max(road.forward_kmh, road.backward_kmh)
    return replace(
        road,
        forward_kmh=kmh,
        backward_kmh=kmh,
        local_access=True,
        snappable=False,
        crossing_minutes=math.nan,
        wait_minutes=0.0,
        roundabout=False,
    )
