"""Where turning takes time: out of a road and across what comes the other way on it, where no signals stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_int32
from palveluverkko.engine.topology import sort_arcs
from palveluverkko.network.road_network import Bool, Edges
from palveluverkko.network.turns import Delays
from palveluverkko.osm.reader import Roads
from palveluverkko.osm.spots import SIGNALS, Spot

# Straight on deviates by less than the first from the way come, a turn by no more than the second.
_STRAIGHT_DEGREES, _TURN_DEGREES = 45.0, 150.0
_FEWEST_ARMS = 3

_NONE = np.empty(0, dtype=np.int32)


def find_nodes(roads: Roads, chosen: Callable[[Spot], bool]) -> Int32:
    """Give the nodes (positions in ``roads``) on which something chosen stands, rising, int32[k]."""
    is_chosen = np.asarray([chosen(spot) for spot in roads.spots], dtype=np.bool_)
    return np.unique(roads.spot_node[is_chosen[roads.spot_kind]]).astype(np.int32) if is_chosen.any() else _NONE


def find_signalled(roads: Roads, metres: NDArray[np.float64], most_metres: float) -> Int32:
    """Give the nodes at which signals stand or which lie that near to some along the same way, int32[k].

    Signals of large junctions are often mapped at the lines where cars stop.

    Parameters
    ----------
    roads
        The ways with what stands on their nodes.
    metres
        float64[positions]; length of the piece from each position of the ways to the next.
    most_metres
        How near.
    """
    signals = find_nodes(roads, lambda spot: spot.kind == SIGNALS)
    if not signals.size:
        return _NONE
    is_signal = np.zeros(roads.node_id.size, dtype=np.bool_)
    is_signal[signals] = True
    found = set(signals.tolist())
    position = np.flatnonzero(is_signal[roads.way_node])
    way = np.searchsorted(roads.first_node, position, side="right") - 1
    begins, ends = roads.first_node[way].tolist(), roads.first_node[way + 1].tolist()
    for signal, begin, end in zip(position.tolist(), begins, ends, strict=True):
        at, left = signal, most_metres
        while at + 1 < end and (left := left - metres[at]) >= 0:
            at += 1
            found.add(int(roads.way_node[at]))
        at, left = signal, most_metres
        while at > begin and (left := left - metres[at - 1]) >= 0:
            at -= 1
            found.add(int(roads.way_node[at]))
    return np.asarray(sorted(found), dtype=np.int32)


def find_turn_delays(
    junctions: int, edges: Edges, chosen: Bool, *, left_milliseconds: int, right_milliseconds: int, free: Int32 = _NONE
) -> Delays:
    """Find the turns out of a road that goes straight on, by directed pieces.

    A turn to the left takes time where one crosses what comes towards one on the same road: the road ahead is one of
    those chosen as well, and may be driven towards the junction. A turn to the right takes time where the road goes
    on straight. Headings are those of the straight pieces at the junction, so it does not matter where edges end.

    Parameters
    ----------
    junctions
        Their number.
    edges
        The edges; ``main`` is not read.
    chosen
        bool[e]; the roads on which turning takes time.
    left_milliseconds, right_milliseconds
        How long the turns take, for traffic on the right.
    free
        int32[k]; junctions where no turn takes time.
    """
    is_open = np.column_stack((edges.forward, edges.backward)).ravel()
    begin = np.column_stack((edges.tail, edges.head)).ravel()
    first, order = sort_arcs(junctions, begin, np.zeros_like(begin))
    touched = np.zeros(junctions, dtype=np.bool_)
    touched[begin[np.repeat(chosen, 2)]] = True
    touched[free] = False
    arms = np.diff(first)
    here = np.flatnonzero(touched & (arms >= _FEWEST_ARMS))
    arm = order[_spans(first[here], arms[here])]
    # Each arm of a junction that one may come by, with all others.
    coming = np.flatnonzero(is_open[arm ^ 1] & chosen[arm >> 1])
    junction = np.repeat(np.arange(here.size), arms[here])[coming]
    others = arms[here[junction]]
    before = np.repeat(coming, others)
    after = _spans((np.cumsum(arms[here]) - arms[here])[junction], others)
    before, after = before[before != after], after[before != after]
    heading = _headings(edges, arm)
    degrees = (heading[after] - heading[before]) % 360.0 - 180.0
    last, piece = arm[before] ^ 1, arm[after]

    ahead = (np.abs(degrees) < _STRAIGHT_DEGREES) & chosen[piece >> 1]
    is_met, goes_on = (
        (np.bincount(before[ahead & is_open[one]], minlength=arm.size) > 0)[before] for one in (piece ^ 1, piece)
    )
    turns = is_open[piece] & (np.abs(degrees) >= _STRAIGHT_DEGREES) & (np.abs(degrees) <= _TURN_DEGREES)
    milliseconds = np.where(degrees > 0, left_milliseconds * is_met, right_milliseconds * goes_on)
    found = np.flatnonzero(turns & (milliseconds > 0))
    found = found[np.lexsort((piece[found], last[found]))]
    return Delays(*(freeze_int32(one[found]) for one in (last, piece, milliseconds)))


def _spans(first: NDArray[Any], count: NDArray[Any]) -> NDArray[np.int64]:
    """Give the numbers of some spans, one span after the other."""
    begins = np.cumsum(count) - count
    return np.repeat(first - begins, count) + np.arange(count.sum())


def _headings(edges: Edges, pieces: Int32) -> NDArray[np.float64]:
    """Give the degrees in which directed pieces set out, counted to the left."""
    edge, backward = pieces >> 1, pieces & 1
    here = np.where(backward, edges.first_vertex[edge + 1] - 1, edges.first_vertex[edge])
    along = here + 1 - 2 * backward
    x, y = edges.vertex_x, edges.vertex_y
    return np.asarray(np.degrees(np.arctan2(y[along] - y[here], x[along] - x[here])))
