"""Roads end at barriers: nodes that not everybody passes are taken apart, one copy for each piece of road."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from palveluverkko.osm.arrays import freeze
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
    copied: Int32
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
    from palveluverkko.osm import barrier_kernels as kernels  # noqa: PLC0415  # numba takes 0.8 s to import

    closed = [(node, spot) for node, spot in zip(spot_node.tolist(), spots, strict=True) if spot.cuts_road]
    if not closed:
        return CutRoads(pieces, kinds, np.arange(nodes, dtype=np.int32), {})
    first_node, node = freeze(pieces.first_node, np.int64), freeze(pieces.node, np.int32)
    public = np.asarray([not road.local_access for road in kinds])[pieces.kind]
    asked = np.zeros(nodes, dtype=np.bool_)
    asked[[at for at, _ in closed]] = True
    # Arrays from numpy, whose zeros are not touched before they are counted in, and which asks for large pages.
    arms, public_arms, following = (np.zeros(nodes, dtype=np.int32) for _ in range(3))
    kernels.count_arms(first_node, node, freeze(public, np.bool_), freeze(asked, np.bool_), arms, public_arms)
    cuts = [(at, spot) for at, spot in closed if arms[at] > 1 and (spot.passage != LOCAL or public_arms[at])]
    fate = np.zeros(nodes, dtype=np.uint8)
    for at, spot in cuts:
        fate[at] = kernels.JOINED if spot.passage == LOCAL else kernels.BLOCKED
    at_cut = np.flatnonzero(fate)
    ends_cut = int(arms[at_cut].sum())
    middles = int(np.count_nonzero(fate == kernels.JOINED))
    copied = np.empty(nodes - at_cut.size + ends_cut + middles, dtype=np.int32)
    begins, of_piece, way, kind = kernels.cut(
        first_node,
        node,
        freeze(pieces.way, np.int32),
        freeze(pieces.kind, np.int32),
        freeze(fate, np.uint8),
        freeze(arms, np.int32),
        len(kinds),
        ends_cut,
        copied,
        np.empty(nodes, dtype=np.int32),
        following,
        np.empty(node.size + 3 * ends_cut, dtype=np.int32),
    )
    barriers = Counter(spot.kind for _, spot in cuts)
    number, all_kinds = _with_joints(kinds, np.unique(kind[kind >= len(kinds)]) - len(kinds))
    return CutRoads(Pieces(begins, of_piece, way, number[kind]), all_kinds, copied, dict(sorted(barriers.items())))


def _with_joints(kinds: tuple[Road, ...], joined: npt.NDArray[np.int32]) -> tuple[Int32, tuple[Road, ...]]:
    """Add the kinds of pieces that join such roads; give the new number of each kind, and of its joint behind them."""
    joints = {int(kind): _joint(kinds[kind]) for kind in joined}
    every = tuple(sorted({*kinds, *joints.values()}, key=repr))
    position = {road: at for at, road in enumerate(every)}
    numbers = [position[road] for road in kinds]
    numbers += [position[joints.get(at, road)] for at, road in enumerate(kinds)]
    return np.asarray(numbers, dtype=np.int32), every


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
