"""Compiled passes over road pieces: each with its travel time, in stretches about as long as a cell.

Self-contained, as every kernel file: a cached kernel would not notice an edit in a helper of another file.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

# Lines of a stretch, at most: the kernel that burns them keeps them by in arrays of this size.
MOST_LINES = 32


@nb.njit(cache=True, nogil=True, boundscheck=False)
def time_stretches(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    backward: NDArray[np.bool_],
    base: NDArray[np.int64],
    owner: NDArray[np.int32],
    west: NDArray[np.float64],
    east: NDArray[np.float64],
    south: NDArray[np.float64],
    north: NDArray[np.float64],
    begin_edge: int,
    end_edge: int,
    towards: bool,
    node_time: NDArray[np.int32],
    node_owner: NDArray[np.int32],
    ends: NDArray[np.int32],
    open_ways: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    first_vertex: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    along: NDArray[np.int32],
    back: NDArray[np.int32],
    longest: float,
    latest: int,
) -> int:
    """Write the stretches of some edges with what their times begin from; give their number.

    Only ``chosen`` edges count. An edge has up to two ways, forward and backward: ``open_ways`` tells which are open,
    ``ends`` at which node each joins the graph. Where it is cut into stretches depends on its shape alone. A way is
    left out where the other is quicker at both ends of the stretch, or as quick and to a lower owner: then it is so all
    along, for one rises where the other falls.
    """
    used = 0
    sign = -1 if towards else 1
    for edge in range(begin_edge, end_edge):
        if not chosen[edge]:
            continue
        begins, ends_at = first_vertex[edge], first_vertex[edge + 1] - 1
        forward_base, backward_base = np.int64(node_time[ends[edge, 0]]), np.int64(node_time[ends[edge, 1]])
        forward_owner, backward_owner = node_owner[ends[edge, 0]], node_owner[ends[edge, 1]]
        ahead, behind = open_ways[edge, 0] and forward_base <= latest, open_ways[edge, 1] and backward_base <= latest
        # No position of an edge is quicker than its better end: most of a large network is out of reach.
        if not (ahead or behind):
            continue
        if towards:
            forward_base += along[ends_at]
        else:
            backward_base += back[ends_at]
        at = begins
        while at < ends_at:
            left, right, low, high = x[at], x[at], y[at], y[at]
            to = at
            while to < ends_at and to - at < MOST_LINES:
                next_left, next_right = min(left, x[to + 1]), max(right, x[to + 1])
                next_low, next_high = min(low, y[to + 1]), max(high, y[to + 1])
                if to > at and max(next_right - next_left, next_high - next_low) > longest:
                    break
                left, right, low, high = next_left, next_right, next_low, next_high
                to += 1
            forward_0, forward_1 = forward_base + sign * along[at], forward_base + sign * along[to]
            backward_0, backward_1 = backward_base - sign * back[at], backward_base - sign * back[to]
            first_kept = ahead and min(forward_0, forward_1) <= latest
            second_kept = behind and min(backward_0, backward_1) <= latest
            if first_kept and second_kept:
                quicker = forward_0 < backward_0 and forward_1 < backward_1
                not_slower = forward_0 <= backward_0 and forward_1 <= backward_1
                slower = forward_0 > backward_0 and forward_1 > backward_1
                not_quicker = forward_0 >= backward_0 and forward_1 >= backward_1
                second_kept = not (not_slower if forward_owner <= backward_owner else quicker)
                first_kept = not second_kept or not (not_quicker if backward_owner <= forward_owner else slower)
            for way in range(2):
                if (first_kept, second_kept)[way]:
                    first[used], last[used], backward[used] = at, to, way == 1
                    base[used] = forward_base if way == 0 else backward_base
                    owner[used] = forward_owner if way == 0 else backward_owner
                    west[used], east[used], south[used], north[used] = left, right, low, high
                    used += 1
            at = to
    return used
