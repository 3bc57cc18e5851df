"""Compiled steps of customising: travel times carried over to an order of elimination, and laid out for searches.

Self-contained, like every kernel file. Arrays arrive read-only where they are inputs.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

FAR = np.int32((1 << 30) - 1)
"""Travel time of what is closed: twice as much still fits an int32, so that sums need no check."""
# Positions between two looks at the flag that says to stop.
_LOOK_UP_EVERY = 1024
# Fewer shared neighbours are joined one by one.
_WORTH_A_FRONT = 8


@nb.njit(boundscheck=False, nogil=True)
def _shorten(
    climb: NDArray[np.int32],
    drop: NDArray[np.int32],
    begin: int,
    up: NDArray[np.int32],
    down: NDArray[np.int32],
    way: int,
) -> None:
    """Offer the neighbours up to ``way`` the ways between them over a node that is ``up`` and ``down`` from each.

    The times between ``way`` and the others stand from ``begin`` on. Sums are cut to 32 bits for the sake of vectors.
    """
    up_way, down_way = up[way], down[way]
    for a in range(way):
        climb[begin + a] = min(climb[begin + a], np.int32(down_way + up[a]))
        drop[begin + a] = min(drop[begin + a], np.int32(down[a] + up_way))


@nb.njit(cache=True, boundscheck=False, nogil=True)
def customise(
    slot_of: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    core: int,
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
    climb: NDArray[np.int32],
    drop: NDArray[np.int32],
    stop: NDArray[np.uint8],
) -> None:
    """Give each slot the travel times up and down: its own arcs, or the ways through nodes eliminated before.

    They go into ``climb`` (from the higher number to the lower) and ``drop`` (back), FAR everywhere before.
    """
    for arc in range(slot_of.size):
        slot = slot_of[arc]
        if slot >= 0:
            if slot & 1 == 0:
                climb[slot >> 1] = min(climb[slot >> 1], travel_time[arc])
            else:
                drop[slot >> 1] = min(drop[slot >> 1], travel_time[arc])
    longest = np.int64(0)
    for position in range(core, first.size - 1):
        longest = max(longest, first[position + 1] - first[position])
    up = np.empty(longest, dtype=np.int32)
    down = np.empty(longest, dtype=np.int32)
    front_climb = np.empty(longest * longest, dtype=np.int32)
    front_drop = np.empty(longest * longest, dtype=np.int32)

    last = first.size - 2
    looked_at = last
    while last >= core:
        if looked_at - last >= _LOOK_UP_EVERY:
            looked_at = last
            if stop[0] != 0:
                break
        # Nodes that follow one another and have the same neighbours but for each other: down to ``high``.
        high = last
        while high > core:
            begin, end = first[high], first[high + 1]
            if end == begin or lower[end - 1] != high - 1 or end - begin != begin - first[high - 1] + 1:
                break
            high -= 1
        shared = first[high + 1] - first[high]
        if high == last or shared < _WORTH_A_FRONT:
            for position in range(last, high - 1, -1):
                begin, end = first[position], first[position + 1]
                for b in range(begin + 1, end):
                    # The neighbours of a node that went are neighbours of each other: the list of each holds those
                    # below it.
                    at = first[lower[b]]
                    for a in range(begin, b):
                        while lower[at] != lower[a]:
                            at += 1
                        climb[at] = min(climb[at], drop[b] + climb[a])
                        drop[at] = min(drop[at], drop[a] + climb[b])
            last = high - 1
            continue
        # The ways between the shared neighbours over any of these nodes are gathered side by side, in vectors, and
        # looked up in the lists once for all.
        for at in range(shared * shared):
            front_climb[at] = FAR
            front_drop[at] = FAR
        for position in range(last, high - 1, -1):
            begin = first[position]
            count = first[position + 1] - begin
            for at in range(count):
                up[at] = climb[begin + at]
                down[at] = drop[begin + at]
            for b in range(1, shared):
                _shorten(front_climb, front_drop, b * shared, up, down, b)
            for b in range(shared, count):
                _shorten(climb, drop, first[lower[begin + b]], up, down, b)
        begin = first[high]
        for b in range(1, shared):
            at = first[lower[begin + b]]
            for a in range(b):
                while lower[at] != lower[begin + a]:
                    at += 1
                climb[at] = min(climb[at], front_climb[b * shared + a])
                drop[at] = min(drop[at], front_drop[b * shared + a])
        last = high - 1


@nb.njit(cache=True, boundscheck=False, nogil=True)
def prune(
    core: int,
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
    climb: NDArray[np.int32],
    drop: NDArray[np.int32],
    stop: NDArray[np.uint8],
) -> None:
    """Close, in place, the arcs that a way over a third node replaces without loss; no other arc needs them.

    From the core downwards, so that the arcs above are settled. An arc is closed only in favour of one still open.
    """
    nodes = first.size - 1
    # The core: all neighbours of each node, not only the lower ones.
    begin_all = np.zeros(core + 2, dtype=np.int64)
    for position in range(core):
        for slot in range(first[position], first[position + 1]):
            begin_all[position + 2] += 1
            begin_all[lower[slot] + 2] += 1
    for position in range(core):
        begin_all[position + 2] += begin_all[position + 1]
    other = np.empty(begin_all[core + 1], dtype=np.int32)
    slot_of = np.empty(begin_all[core + 1], dtype=np.int32)
    for position in range(core):
        for slot in range(first[position], first[position + 1]):
            below = lower[slot]
            other[begin_all[position + 1]] = below
            slot_of[begin_all[position + 1]] = slot
            begin_all[position + 1] += 1
            other[begin_all[below + 1]] = position
            slot_of[begin_all[below + 1]] = slot
            begin_all[below + 1] += 1
    onward = np.full(core, FAR, dtype=np.int32)
    for a in range(core):
        if stop[0] != 0:
            break
        for at in range(begin_all[a], begin_all[a + 1]):
            onward[other[at]] = climb[slot_of[at]] if other[at] < a else drop[slot_of[at]]
        for at in range(begin_all[a], begin_all[a + 1]):
            b = other[at]
            direct = onward[b]
            if direct >= FAR:
                continue
            for back in range(begin_all[b], begin_all[b + 1]):
                c = other[back]
                if onward[c] <= direct and c != a:
                    last = drop[slot_of[back]] if c < b else climb[slot_of[back]]
                    if onward[c] + last <= direct:
                        onward[b] = FAR
                        if b < a:
                            climb[slot_of[at]] = FAR
                        else:
                            drop[slot_of[at]] = FAR
                        break
        for at in range(begin_all[a], begin_all[a + 1]):
            onward[other[at]] = FAR
    # The forest: the ways over one neighbour to another. The times between neighbours are shortest by then; closed
    # ones keep them aside, because they are still true lengths of ways.
    longest = np.int64(0)
    for position in range(core, nodes):
        longest = max(longest, first[position + 1] - first[position])
    climb_open = np.empty(longest, dtype=np.bool_)
    drop_open = np.empty(longest, dtype=np.bool_)
    climb_true = climb.copy()
    drop_true = drop.copy()
    for position in range(core, nodes):
        if position % _LOOK_UP_EVERY == 0 and stop[0] != 0:
            break
        begin, end = first[position], first[position + 1]
        for slot in range(begin, end):
            climb_open[slot - begin] = climb[slot] < FAR
            drop_open[slot - begin] = drop[slot] < FAR
        for b in range(begin + 1, end):
            at = first[lower[b]]
            for a in range(begin, b):
                while lower[at] != lower[a]:
                    at += 1
                up, down = climb_true[at], drop_true[at]
                if climb_open[b - begin] and climb_true[b] + up <= climb_true[a]:
                    climb_true[a] = climb_true[b] + up
                    climb_open[a - begin] = False
                elif climb_open[a - begin] and climb_true[a] + down <= climb_true[b]:
                    climb_true[b] = climb_true[a] + down
                    climb_open[b - begin] = False
                if drop_open[b - begin] and drop_true[b] + down <= drop_true[a]:
                    drop_true[a] = drop_true[b] + down
                    drop_open[a - begin] = False
                elif drop_open[a - begin] and drop_true[a] + up <= drop_true[b]:
                    drop_true[b] = drop_true[a] + up
                    drop_open[b - begin] = False
        for slot in range(begin, end):
            if not climb_open[slot - begin]:
                climb[slot] = FAR
            if not drop_open[slot - begin]:
                drop[slot] = FAR


@nb.njit(cache=True, boundscheck=False, nogil=True)
def orient(
    core: int,
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
    climb: NDArray[np.int32],
    drop: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the open arcs in the form of a search: out of each node up and in the core, and down into each node (CSR).

    With ``climb`` and ``drop`` exchanged the searches run against the driving direction. The last four arrays are
    filled; returns where the arcs of each node begin in the first two of them, and in the others.
    """
    nodes = first.size - 1
    begin = np.zeros(nodes + 2, dtype=np.int64)
    first_in = np.zeros(nodes + 1, dtype=np.int32)
    ins = 0
    for position in range(nodes):
        for slot in range(first[position], first[position + 1]):
            if climb[slot] < FAR:
                begin[position + 2] += 1
            if drop[slot] < FAR:
                if position < core:
                    begin[lower[slot] + 2] += 1
                else:
                    ins += 1
        first_in[position + 1] = ins
    for position in range(nodes):
        begin[position + 2] += begin[position + 1]
    ins = 0
    for position in range(nodes):
        for slot in range(first[position], first[position + 1]):
            below = lower[slot]
            if climb[slot] < FAR:
                head[begin[position + 1]] = below
                travel_time[begin[position + 1]] = climb[slot]
                begin[position + 1] += 1
            if drop[slot] < FAR:
                if position < core:
                    head[begin[below + 1]] = position
                    travel_time[begin[below + 1]] = drop[slot]
                    begin[below + 1] += 1
                else:
                    tail[ins] = below
                    drop_time[ins] = drop[slot]
                    ins += 1
    return begin[: nodes + 1].astype(np.int32), first_in


@nb.njit(cache=True, boundscheck=False, nogil=True)
def select(
    core: int,
    tree: NDArray[np.int32],
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    wanted: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Keep the rows that some wanted positions depend on.

    Returns the row of each position (-1 for those left out), where each tree begins in rows, and the arcs down into
    each row (CSR).
    """
    nodes = first_in.size - 1
    row_of = np.full(nodes, -1, dtype=np.int32)
    for k in range(wanted.size):
        if wanted[k] >= 0:
            row_of[wanted[k]] = 0
    arcs = 0
    for position in range(nodes - 1, core - 1, -1):
        if row_of[position] == 0:
            arcs += first_in[position + 1] - first_in[position]
            for at in range(first_in[position], first_in[position + 1]):
                row_of[tail[at]] = 0
    rows = 0
    for position in range(nodes):
        if row_of[position] == 0:
            row_of[position] = rows
            rows += 1
    first_row_in = np.zeros(rows + 1, dtype=np.int32)
    row_tail = np.empty(arcs, dtype=np.int32)
    row_time = np.empty(arcs, dtype=np.float32)
    row_tree = np.empty(tree.size, dtype=np.int32)
    filled = 0
    row = 0
    number = 0
    for position in range(nodes):
        while number < tree.size and tree[number] == position:
            row_tree[number] = row
            number += 1
        if row_of[position] < 0:
            continue
        if position >= core:
            for at in range(first_in[position], first_in[position + 1]):
                row_tail[filled] = row_of[tail[at]]
                row_time[filled] = drop_time[at]
                filled += 1
        row += 1
        first_row_in[row] = filled
    while number < tree.size:
        row_tree[number] = row
        number += 1
    return row_of, row_tree, first_row_in, row_tail, row_time
