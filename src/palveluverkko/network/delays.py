"""Delays at junctions and by what stands on the road, as milliseconds of the pieces that arrive there.

Who arrives waits, and who sets out does not: so the time of a piece depends on the piece alone, and searches need to
know nothing. A delay belongs to the node at the end of its piece: at a junction to the rank of the roads that meet
there, elsewhere to a spot (:mod:`palveluverkko.osm.spots`).

Signals count once for a crossing, however many stand on the way through it: those within ``signals_metres`` behind
others, driven without turning round, take nothing, nor do junctions, signs and foot crossings there, nor foot
crossings as near before signals. A sign stands for the junctions as near behind it, and at one of them for its own.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import freeze_float64, freeze_int32
from palveluverkko.osm.profile import FERRY, Road
from palveluverkko.osm.reader import Roads
from palveluverkko.osm.spots import (
    CROSSING,
    GIVE_WAY,
    MINI_ROUNDABOUT,
    PEDESTRIAN_SIGNALS,
    SIGNALS,
    STOP,
    JunctionDelays,
)

_LARGEST = np.iinfo(np.int32).max

# A sign that does not say whom it faces stands near its junction: farther than this it faces both ways.
_SIGN_METRES = 200.0


def find_delays(roads: Roads, junction: JunctionDelays, metres: NDArray[np.float64]) -> NDArray[np.int32]:
    """Give the milliseconds that those wait who arrive: at the end of piece p at 2 p, at its beginning at 2 p + 1.

    Parameters
    ----------
    roads
        The ways with what stands on their nodes.
    junction
        Delays at junctions.
    metres
        Length of the piece from each position of the ways to the next.
    """
    from palveluverkko.network import delays_kernels as kernels  # noqa: PLC0415  # importing numba costs 0.8 s

    way = freeze_int32(np.repeat(np.arange(roads.way_id.size, dtype=np.int32), np.diff(roads.first_node)))
    node = freeze_int32(roads.way_node)
    open_ways = np.asarray([(road.forward_kmh > 0, road.backward_kmh > 0) for road in roads.kinds])[roads.way_kind]
    open_ways.flags.writeable = False
    ranks = len(junction.ranks)
    rank = freeze_int32(np.asarray([_rank(road, junction) for road in roads.kinds])[roads.way_kind])
    lower, equal = np.full(ranks + 1, junction.lower_seconds), np.full(ranks + 1, junction.equal_seconds)
    for free in (*range(junction.unhurried_ranks), *(junction.rank(one) for one in junction.merging_classes)):
        lower[free] = equal[free] = 0
    equal[ranks] = 0
    # Zeros from numpy, which asks for large pages, as numba does not: of PT16 0.1 s less.
    delay, own = (np.zeros(2 * node.size, dtype=np.int32) for _ in range(2))
    touching = kernels.junction_delays(
        delay, way, node, roads.node_id.size, rank, open_ways, _milliseconds(lower), _milliseconds(equal)
    )
    touching.flags.writeable = False
    what = {SIGNALS: kernels.SIGNALS, CROSSING: kernels.CROSSING, PEDESTRIAN_SIGNALS: kernels.CROSSING}
    what |= dict.fromkeys((STOP, GIVE_WAY, MINI_ROUNDABOUT), kernels.SIGN)
    towards = np.asarray([spot.towards_junction for spot in roads.spots], dtype=np.bool_)
    towards.flags.writeable = False
    seconds = [(spot.forward_seconds, spot.backward_seconds) for spot in roads.spots]
    kernels.add_spots(
        delay,
        own,
        way,
        node,
        touching,
        rank,
        open_ways,
        freeze_float64(metres),
        freeze_int32(roads.spot_node),
        freeze_int32(roads.spot_kind),
        freeze_int32(np.asarray([what.get(spot.kind, kernels.OTHER) for spot in roads.spots], dtype=np.int32)),
        _milliseconds(np.asarray(seconds, dtype=np.float64).reshape(-1, 2)),
        towards,
        junction.signals_metres,
        _SIGN_METRES,
    )
    return delay


def with_delays(
    forward: NDArray[np.int32], backward: NDArray[np.int32], delay: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the milliseconds along and against the ways with the delays of those who arrive, int32[positions] each."""
    return _sum(forward, delay[::2]), _sum(backward, delay[1::2])


def count_spots(roads: Roads) -> dict[str, int]:
    """Count what stands on the roads, by kind."""
    counts = Counter(roads.spots[kind].kind for kind in roads.spot_kind.tolist())
    return dict(sorted(counts.items()))


def _rank(road: Road, junction: JunctionDelays) -> int:
    """Give the rank of a road: a ring goes before all others, a ferry is no road."""
    if road.road_class == FERRY:
        return -1
    return len(junction.ranks) if road.roundabout else junction.rank(road.road_class)


def _sum(time: NDArray[np.int32], delay: NDArray[np.int32]) -> NDArray[np.int32]:
    """Add delays; above int32 a time stays at its largest value, as ``geodesy_kernels.piece_times`` leaves it."""
    return time + np.minimum(delay, _LARGEST - time)


def _milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.int32]:
    return freeze_int32(np.rint(seconds * 1000).astype(np.int32))
