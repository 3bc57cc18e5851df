"""Where turning takes time: out of a road and across what comes the other way on it, where no signals stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32
from palveluverkko.engine.topology import sort_arcs
from palveluverkko.network.road_network import Bool, Edges
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
    begins = set(roads.first_node[:-1].tolist())
    found = set(signals.tolist())
    for position in np.flatnonzero(np.isin(roads.way_node, signals)).tolist():
        at, left = position, most_metres
        while at + 1 < roads.way_node.size and at + 1 not in begins and (left := left - metres[at]) >= 0:
            at += 1
            found.add(int(roads.way_node[at]))
        at, left = position, most_metres
        while at not in begins and (left := left - metres[at - 1]) >= 0:
            at -= 1
            found.add(int(roads.way_node[at]))
    return np.asarray(sorted(found), dtype=np.int32)


def find_turn_delays(
    junctions: int, edges: Edges, chosen: Bool, *, left_milliseconds: int, right_milliseconds: int, free: Int32 = _NONE
) -> dict[tuple[int, int], int]:
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
    heading = _headings(edges)
    first, order = sort_arcs(junctions, begin, np.zeros_like(begin))
    touched = np.zeros(junctions, dtype=np.bool_)
    touched[begin[np.repeat(chosen, 2)]] = True
    touched[free] = False
    delays = {}
    for junction in np.flatnonzero(touched & (np.diff(first) >= _FEWEST_ARMS)).tolist():
        arms = order[first[junction] : first[junction + 1]].tolist()
        for last, piece, milliseconds in _delayed(
            arms, heading, is_open, chosen, left_milliseconds, right_milliseconds
        ):
            delays[last, piece] = milliseconds
    return delays


def _delayed(
    arms: list[int],
    heading: NDArray[np.float64],
    is_open: Bool,
    chosen: Bool,
    left: int,
    right: int,
) -> Iterator[tuple[int, int, int]]:
    """Give the turns that take time at a junction, of the pieces out of it: from which into which, and how long."""
    for arm in arms:
        last = arm ^ 1
        if not (is_open[last] and chosen[last >> 1]):
            continue
        turns = {other: _deviation(heading[arm], heading[other]) for other in arms if other != arm}
        ahead = [other for other, degrees in turns.items() if abs(degrees) < _STRAIGHT_DEGREES and chosen[other >> 1]]
        is_met, goes_on = any(is_open[other ^ 1] for other in ahead), any(is_open[other] for other in ahead)
        for other, degrees in turns.items():
            if not is_open[other] or not _STRAIGHT_DEGREES <= abs(degrees) <= _TURN_DEGREES:
                continue
            delay = left * is_met if degrees > 0 else right * goes_on
            if delay:
                yield last, other, delay


def _headings(edges: Edges) -> NDArray[np.float64]:
    """Give the degrees in which each directed piece sets out, counted to the left."""
    first, last = edges.first_vertex[:-1], edges.first_vertex[1:] - 1

    def from_to(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        along = edges.vertex_x[other] - edges.vertex_x[one], edges.vertex_y[other] - edges.vertex_y[one]
        return np.asarray(np.degrees(np.arctan2(along[1], along[0])))

    return np.column_stack((from_to(first, first + 1), from_to(last, last - 1))).ravel()


def _deviation(back: float, onward: float) -> float:
    """Give by how many degrees one turns to the left, when one comes from a heading and sets out in another."""
    return float((onward - back) % 360.0 - 180.0)
