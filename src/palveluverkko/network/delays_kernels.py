"""Compiled delays of straight pieces of road: at junctions by rank, and behind and before what stands on the road.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.

Ways stand one after the other. The piece between positions p and p + 1 of a way is driven as 2 p along the way and as
2 p + 1 against it; who drives it arrives at its head.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

NO_ROAD = -1
"""Rank of what is no road: ferries."""

OTHER, CROSSING, SIGN, SIGNALS = 0, 1, 2, 3
"""What stands on a node: the delay of a sign replaces that of its junction, signals replace all but OTHER."""

# To a sign's junction: ends the way round a ring without one, whatever its length.
_MOST_PIECES = 200

_BEHIND_SIGNALS, _BEHIND_SIGN, _BEFORE_SIGNALS = 1, 2, 4


@nb.njit(cache=True, boundscheck=False, nogil=True)
def junction_delays(
    delay: NDArray[np.int32],
    way: NDArray[np.int32],
    node: NDArray[np.int32],
    nodes: int,
    rank: NDArray[np.int32],
    open_ways: NDArray[np.bool_],
    lower: NDArray[np.int32],
    equal: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """Fill the delay of arriving at junctions in, zeros, and give how many pieces of road touch a node (at most 255).

    ``rank`` and ``open_ways`` (along, against) are those of each way; ``lower`` and ``equal`` the delay of arriving
    from a lower rank, or as one of three or more, by the highest rank that touches the junction.
    """
    touching = np.zeros(nodes, dtype=np.uint8)
    highest = np.full(nodes, -1, dtype=np.int8)
    for at in range(node.size - 1):
        if way[at] != way[at + 1] or rank[way[at]] == NO_ROAD:
            continue
        for end in range(2):
            here = node[at + end]
            touching[here] += touching[here] < 255
            highest[here] = max(highest[here], rank[way[at]])
    # Of the highest rank: pieces open both ways, pieces that only lead in, and pieces that only lead out.
    both = np.zeros(nodes, dtype=np.uint8)
    inward = np.zeros(nodes, dtype=np.uint8)
    outward = np.zeros(nodes, dtype=np.uint8)
    for at in range(node.size - 1):
        if way[at] != way[at + 1]:
            continue
        for end in range(2):
            here = node[at + end]
            if touching[here] < 3 or rank[way[at]] != highest[here]:
                continue
            leads_in, leads_out = open_ways[way[at], 1 - end], open_ways[way[at], end]
            if leads_in and leads_out:
                both[here] += both[here] < 255
            elif leads_in:
                inward[here] += inward[here] < 255
            elif leads_out:
                outward[here] += outward[here] < 255
    for at in range(node.size - 1):
        if way[at] != way[at + 1] or rank[way[at]] == NO_ROAD:
            continue
        for end in range(2):
            here = node[at + end]
            if touching[here] < 3 or not open_ways[way[at], 1 - end]:
                continue
            top = highest[here]
            if rank[way[at]] < top:
                delay[2 * at + 1 - end] = lower[top]
                continue
            meeting = int(both[here]) + int(inward[here]) + int(outward[here])
            # Nobody comes from elsewhere, or the carriageways of one road part or meet.
            alone = int(both[here]) + int(inward[here]) < 2
            parting = both[here] == 1 and inward[here] == 1 and outward[here] == 1
            if meeting >= 3 and not alone and not parting:
                delay[2 * at + 1 - end] = equal[top]
    return touching


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _link(node: NDArray[np.int32], nodes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the last position of each node, and the one before of each position; -1 for none."""
    last = np.full(nodes, -1, dtype=np.int32)
    before = np.empty(node.size, dtype=np.int32)
    for at in range(node.size):
        before[at] = last[node[at]]
        last[node[at]] = at
    return last, before


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _departure(at: int, which: int, way: NDArray[np.int32]) -> int:
    """Give the piece that leaves a position along the way (0) or against it (1); -1 where there is none."""
    if which == 0:
        return 2 * at if at + 1 < way.size and way[at + 1] == way[at] else -1
    return 2 * at - 1 if at > 0 and way[at - 1] == way[at] else -1


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _mark(
    first: int,
    limit: float,
    towards: int,
    mark: int,
    marks: NDArray[np.uint8],
    way: NDArray[np.int32],
    node: NDArray[np.int32],
    open_ways: NDArray[np.bool_],
    metres: NDArray[np.float64],
    last: NDArray[np.int32],
    before: NDArray[np.int32],
) -> None:
    """Mark the pieces whose head lies within a way from where the first begins (1), or to where it ends (0).

    Whoever drives does not turn round on the way.
    """
    met = np.empty(64, dtype=np.int64)
    way_to = np.empty(64, dtype=np.float64)
    met[0], way_to[0] = first, metres[first >> 1]
    count, done = 1, 0
    while done < count:
        piece, so_far = met[done], way_to[done]
        done += 1
        if so_far > limit:
            continue
        if towards == 1:
            marks[piece] |= mark
        onwards = piece if towards == 1 else piece ^ 1
        end = node[(onwards >> 1) + 1 - (onwards & 1)]
        at = last[end]
        while at >= 0:
            for which in range(2):
                leaving = _departure(at, which, way)
                if leaving < 0 or leaving == onwards ^ 1:
                    continue
                other = leaving if towards == 1 else leaving ^ 1
                if not open_ways[way[other >> 1], other & 1]:
                    continue
                if towards == 0:
                    marks[other] |= mark
                total = so_far + metres[other >> 1]
                known = -1
                for one in range(count):
                    if met[one] == other and way_to[one] <= total:
                        known = one
                        break
                if known >= 0:
                    continue
                if count == met.size:
                    met = np.concatenate((met, np.empty_like(met)))
                    way_to = np.concatenate((way_to, np.empty_like(way_to)))
                met[count], way_to[count] = other, total
                count += 1
            at = before[at]


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _metres_to_junction(
    leaving: int,
    limit: float,
    touching: NDArray[np.uint8],
    rank: NDArray[np.int32],
    way: NDArray[np.int32],
    node: NDArray[np.int32],
    metres: NDArray[np.float64],
    last: NDArray[np.int32],
    before: NDArray[np.int32],
) -> float:
    """Follow a road to its next junction; infinite where there is none within the limit. No road goes on by ferry."""
    total = 0.0
    piece = leaving
    end = node[0]
    for _ in range(_MOST_PIECES):
        total += metres[piece >> 1]
        end = node[(piece >> 1) + 1 - (piece & 1)]
        if total > limit or touching[end] > 2:
            break
        onward = -1
        at = last[end]
        while at >= 0:
            for which in range(2):
                other = _departure(at, which, way)
                if other >= 0 and other != piece ^ 1 and rank[way[other >> 1]] != NO_ROAD:
                    onward = other
            at = before[at]
        if onward < 0:
            return np.inf
        piece = onward
    return total if total <= limit and touching[end] > 2 else np.inf


@nb.njit(cache=True, boundscheck=False, nogil=True)
def add_spots(
    delay: NDArray[np.int32],
    own: NDArray[np.int32],
    way: NDArray[np.int32],
    node: NDArray[np.int32],
    touching: NDArray[np.uint8],
    rank: NDArray[np.int32],
    open_ways: NDArray[np.bool_],
    metres: NDArray[np.float64],
    spot_node: NDArray[np.int32],
    spot_kind: NDArray[np.int32],
    kind_what: NDArray[np.int32],
    kind_delay: NDArray[np.int32],
    kind_towards: NDArray[np.bool_],
    limit: float,
    sign_limit: float,
) -> None:
    """Settle the delay of arriving, which holds those of junctions, by what stands on the nodes.

    Of each kind of spot: what it is, its delay along and against a way, and whether it faces the nearer junction. At a
    junction a direction along a way has no meaning: a spot there concerns all. ``own`` is room for as many, zeros.
    """
    if spot_node.size == 0:
        return
    last, before = _link(node, touching.size)
    marks = np.zeros(delay.size, dtype=np.uint8)
    what = np.zeros(delay.size, dtype=np.uint8)
    for spot in range(spot_node.size):
        here, kind = spot_node[spot], spot_kind[spot]
        at = last[here]
        while at >= 0:
            for which in range(2):
                leaving = _departure(at, which, way)
                if leaving < 0:
                    continue
                arriving = leaving ^ 1
                what[arriving] = kind_what[kind]
                seconds = kind_delay[kind, arriving & 1]
                if touching[here] > 2:
                    seconds = max(kind_delay[kind, 0], kind_delay[kind, 1])
                elif kind_towards[kind]:
                    behind = _metres_to_junction(leaving, sign_limit, touching, rank, way, node, metres, last, before)
                    ahead = np.inf
                    other_at = last[here]
                    while other_at >= 0:
                        for other_which in range(2):
                            other = _departure(other_at, other_which, way)
                            if other >= 0 and other != leaving and rank[way[other >> 1]] != NO_ROAD:
                                ahead = _metres_to_junction(
                                    other, sign_limit, touching, rank, way, node, metres, last, before
                                )
                        other_at = before[other_at]
                    if ahead > behind:
                        seconds = np.int32(0)
                if open_ways[way[arriving >> 1], arriving & 1]:
                    own[arriving] = seconds
            at = before[at]

    for spot in range(spot_node.size):
        here = spot_node[spot]
        this = kind_what[spot_kind[spot]]
        if this != SIGNALS and this != SIGN:  # noqa: PLR1714  # numba would build a set
            continue
        at = last[here]
        while at >= 0:
            for which in range(2):
                back = _departure(at, which, way)
                arriving = back ^ 1
                if back < 0 or own[arriving] == 0:
                    continue
                if this == SIGNALS:
                    _mark(arriving, limit, 0, _BEFORE_SIGNALS, marks, way, node, open_ways, metres, last, before)
                other_at = last[here]
                while other_at >= 0:
                    for other_which in range(2):
                        leaving = _departure(other_at, other_which, way)
                        if leaving < 0 or leaving == back:
                            continue
                        if not open_ways[way[leaving >> 1], leaving & 1]:
                            continue
                        mark = _BEHIND_SIGNALS if this == SIGNALS else _BEHIND_SIGN
                        _mark(leaving, limit, 1, mark, marks, way, node, open_ways, metres, last, before)
                    other_at = before[other_at]
            at = before[at]

    for piece in range(delay.size):
        if marks[piece] == 0 and what[piece] == OTHER and own[piece] == 0:
            continue
        this = what[piece]
        behind_signals = marks[piece] & _BEHIND_SIGNALS != 0
        behind_sign = marks[piece] & _BEHIND_SIGN != 0
        if behind_signals:
            delay[piece] = own[piece] if this == OTHER else 0
        elif this == SIGNALS:
            delay[piece] = own[piece]
        elif this == SIGN:
            if behind_sign:
                delay[piece] = 0
            elif own[piece] > 0:
                delay[piece] = own[piece]
        else:
            if behind_sign:
                delay[piece] = 0
            if this == OTHER or marks[piece] & _BEFORE_SIGNALS == 0:
                delay[piece] += own[piece]
