"""Compiled steps of the preparation: eliminating nodes, and carrying travel times over to what is left.

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
# Up to so many neighbours, comparing with each is quicker than marking them.
_LOOK_AT_EACH = 8
# Up to so many, insertion sorts them quicker than a general sort.
_SORT_BY_INSERTION = 40


@nb.njit(cache=True, boundscheck=False, nogil=True)
def neighbours(first_out: NDArray[np.int32], head: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give the distinct neighbours of each node, direction and loops ignored, in CSR form."""
    nodes = first_out.size - 1
    first = np.zeros(nodes + 2, dtype=np.int64)
    for node in range(nodes):
        for arc in range(first_out[node], first_out[node + 1]):
            if head[arc] != node:
                first[node + 2] += 1
                first[head[arc] + 2] += 1
    for node in range(nodes):
        first[node + 2] += first[node + 1]
    both = np.empty(first[nodes + 1], dtype=np.int32)
    for node in range(nodes):
        for arc in range(first_out[node], first_out[node + 1]):
            other = head[arc]
            if other != node:
                both[first[node + 1]] = other
                first[node + 1] += 1
                both[first[other + 1]] = node
                first[other + 1] += 1
    # Now first[node] to first[node + 1] are the neighbours of a node, some of them twice.
    seen_by = np.full(nodes, -1, dtype=np.int32)
    distinct = np.empty(nodes + 1, dtype=np.int64)
    filled = 0
    for node in range(nodes):
        begin, end = first[node], first[node + 1]
        distinct[node] = filled
        for at in range(begin, end):
            other = both[at]
            if seen_by[other] != node:
                seen_by[other] = node
                both[filled] = other
                filled += 1
    distinct[nodes] = filled
    return distinct, both[:filled].copy()


@nb.njit(cache=True, boundscheck=False, nogil=True)
def eliminate(
    first: NDArray[np.int64], neighbour: NDArray[np.int32], most: int, crowded: int, stop: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], int, NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Eliminate nodes with at most ``most`` neighbours, fewest first; their neighbours become neighbours.

    Returns the eliminated nodes in order, how many of them went before one had more than ``crowded`` neighbours, the
    neighbours that each had at that moment (CSR), and the neighbours among the nodes that stay (CSR over all nodes).
    ``stop[0]`` set from outside ends it early.
    """
    nodes = first.size - 1
    degree = np.empty(nodes, dtype=np.int32)
    room = np.empty(nodes, dtype=np.int32)
    begin = np.empty(nodes, dtype=np.int64)
    pool = np.empty(2 * neighbour.size + 4 * nodes, dtype=np.int32)
    filled = 0
    for node in range(nodes):
        size = first[node + 1] - first[node]
        begin[node] = filled
        degree[node] = size
        room[node] = size + 1
        for at in range(size):
            pool[filled + at] = neighbour[first[node] + at]
        filled += size + 1

    order = np.empty(nodes, dtype=np.int32)
    done = np.zeros(nodes, dtype=np.bool_)
    first_up = np.empty(nodes + 1, dtype=np.int64)
    up = np.empty(neighbour.size + nodes, dtype=np.int32)
    first_up[0] = 0
    eliminated = 0

    # One queue for each degree, first in first out: it spreads the elimination over the whole network, which keeps
    # the forest shallow. A node is queued again whenever its degree has changed; old entries are passed over.
    queue_head = np.full(most + 1, -1, dtype=np.int64)
    queue_tail = np.full(most + 1, -1, dtype=np.int64)
    queued_node = np.empty(2 * nodes + 16, dtype=np.int32)
    queued_next = np.empty(2 * nodes + 16, dtype=np.int64)
    queued = 0
    free = np.int64(-1)
    for node in range(nodes):
        if degree[node] <= most:
            queued_node[queued] = node
            queued_next[queued] = -1
            if queue_tail[degree[node]] >= 0:
                queued_next[queue_tail[degree[node]]] = queued
            else:
                queue_head[degree[node]] = queued
            queue_tail[degree[node]] = queued
            queued += 1

    ring = np.empty(most + 1, dtype=np.int32)
    met_by = np.full(nodes, -1, dtype=np.int64)
    meetings = np.int64(0)
    before = -1
    fewest = 0
    while fewest <= most:
        entry = queue_head[fewest]
        if entry < 0:
            fewest += 1
            continue
        node = queued_node[entry]
        queue_head[fewest] = queued_next[entry]
        if queued_next[entry] < 0:
            queue_tail[fewest] = -1
        queued_next[entry] = free
        free = entry
        if done[node] or degree[node] != fewest:
            continue
        if eliminated % _LOOK_UP_EVERY == 0 and stop[0] != 0:
            break
        done[node] = True
        order[eliminated] = node
        eliminated += 1
        size = degree[node]
        if size > crowded and before < 0:
            before = eliminated - 1
        here = first_up[eliminated - 1]
        if here + size > up.size:
            up = np.concatenate((up, np.empty(up.size // 2 + size, dtype=np.int32)))
        for at in range(size):
            ring[at] = pool[begin[node] + at]
            up[here + at] = ring[at]
        first_up[eliminated] = here + size
        for a in range(size):
            one = ring[a]
            base = begin[one]
            count = degree[one]
            # The place of the node goes to the first new neighbour, the rest are appended.
            for at in range(count):
                if pool[base + at] == node:
                    count -= 1
                    pool[base + at] = pool[base + count]
                    break
            old = count
            if size > _LOOK_AT_EACH:
                meetings += 1
                for at in range(old):
                    met_by[pool[base + at]] = meetings
            for b in range(size):
                other = ring[b]
                if b == a:
                    continue
                if size > _LOOK_AT_EACH:
                    known = met_by[other] == meetings
                else:
                    known = False
                    for at in range(old):
                        if pool[base + at] == other:
                            known = True
                            break
                if known:
                    continue
                if count == room[one]:
                    wanted = 2 * count + 2
                    if filled + wanted > pool.size:
                        pool = np.concatenate((pool, np.empty(pool.size // 2 + wanted, dtype=np.int32)))
                    for at in range(count):
                        pool[filled + at] = pool[base + at]
                    base = filled
                    begin[one] = base
                    room[one] = wanted
                    filled += wanted
                pool[base + count] = other
                count += 1
            degree[one] = count
            if count <= most:
                if free >= 0:
                    entry = free
                    free = queued_next[free]
                else:
                    if queued == queued_node.size:
                        queued_node = np.concatenate((queued_node, np.empty(queued, dtype=np.int32)))
                        queued_next = np.concatenate((queued_next, np.empty(queued, dtype=np.int64)))
                    entry = queued
                    queued += 1
                queued_node[entry] = one
                queued_next[entry] = -1
                if queue_tail[count] >= 0:
                    queued_next[queue_tail[count]] = entry
                else:
                    queue_head[count] = entry
                queue_tail[count] = entry
                fewest = min(fewest, count)
    first_kept = np.zeros(nodes + 1, dtype=np.int64)
    for node in range(nodes):
        first_kept[node + 1] = first_kept[node] + (0 if done[node] else degree[node])
    kept = np.empty(first_kept[nodes], dtype=np.int32)
    for node in range(nodes):
        if not done[node]:
            for at in range(degree[node]):
                kept[first_kept[node] + at] = pool[begin[node] + at]
    filled_up = first_up[eliminated]
    if before < 0:
        before = eliminated
    return (
        order[:eliminated].copy(),
        before,
        first_up[: eliminated + 1].copy(),
        up[:filled_up].copy(),
        first_kept,
        kept,
    )


@nb.njit(cache=True, boundscheck=False, nogil=True)
def arrange(
    nodes: int,
    order: NDArray[np.int32],
    before: int,
    first_up: NDArray[np.int64],
    up: NDArray[np.int32],
    first_kept: NDArray[np.int64],
    kept: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Give the nodes numbers for sweeping: what stays, then the crown from its last on, then tree by tree.

    The crown is what went after the first ``before``; the trees stand in preorder. Every neighbour that was left when a
    node went has a lower number then, and the nodes below a node of a tree follow it without a gap. Returns the
    number of each node and the lower neighbours of each number (CSR, rising).
    """
    count = order.size
    core = nodes - count
    crown = core + count - before
    rank = np.full(nodes, -1, dtype=np.int32)
    for at in range(count):
        rank[order[at]] = at
    number = np.empty(nodes, dtype=np.int32)
    filled = 0
    for node in range(nodes):
        if rank[node] < 0:
            number[node] = filled
            filled += 1
    for at in range(count - 1, before - 1, -1):
        number[order[at]] = filled
        filled += 1
    # The parent is the neighbour that goes next. Where that is in the crown or stays, a tree begins; it is filed under
    # its last neighbour, so that trees with the same gates lie together.
    parent = np.empty(before, dtype=np.int32)
    for at in range(before):
        best = np.int32(before)
        root = np.int32(-1)
        for slot in range(first_up[at], first_up[at + 1]):
            other = rank[up[slot]]
            if 0 <= other < before:
                best = min(best, other)
            else:
                root = max(root, number[up[slot]])
        parent[at] = best if best < before else -2 - root
    child = np.full(before, -1, dtype=np.int32)
    sibling = np.full(before, -1, dtype=np.int32)
    tree = np.full(crown + 1, -1, dtype=np.int32)
    for at in range(before):
        if parent[at] >= 0:
            sibling[at] = child[parent[at]]
            child[parent[at]] = at
    for at in range(before - 1, -1, -1):
        if parent[at] < 0:
            sibling[at] = tree[-1 - parent[at]]
            tree[-1 - parent[at]] = at
    stack = np.empty(before + 1, dtype=np.int32)
    for begin in range(crown + 1):
        root = tree[begin]
        while root >= 0:
            top = 1
            stack[0] = root
            while top > 0:
                top -= 1
                at = stack[top]
                number[order[at]] = filled
                filled += 1
                below = child[at]
                while below >= 0:
                    stack[top] = below
                    top += 1
                    below = sibling[below]
            root = sibling[root]
    node_of = np.empty(nodes, dtype=np.int32)
    for node in range(nodes):
        node_of[number[node]] = node

    first = np.zeros(nodes + 1, dtype=np.int64)
    lower = np.empty(up.size + kept.size // 2, dtype=np.int32)
    at_slot = 0
    for position in range(nodes):
        node = node_of[position]
        at = rank[node]
        begin = at_slot
        if at >= 0:
            for slot in range(first_up[at], first_up[at + 1]):
                lower[at_slot] = number[up[slot]]
                at_slot += 1
        else:
            for slot in range(first_kept[node], first_kept[node + 1]):
                if number[kept[slot]] < position:
                    lower[at_slot] = number[kept[slot]]
                    at_slot += 1
        first[position + 1] = at_slot
        if at_slot - begin > _SORT_BY_INSERTION:
            lower[begin:at_slot].sort()
        else:
            for slot in range(begin + 1, at_slot):
                value = lower[slot]
                hole = slot
                while hole > begin and lower[hole - 1] > value:
                    lower[hole] = lower[hole - 1]
                    hole -= 1
                lower[hole] = value
    return number, first, lower


@nb.njit(cache=True, boundscheck=False, nogil=True)
def find_slots(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    number: NDArray[np.int32],
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Find the slot of each arc's two ends: twice the slot when it climbs, plus one when it drops; -1 for loops."""
    slot_of = np.empty(head.size, dtype=np.int32)
    for node in range(first_out.size - 1):
        for arc in range(first_out[node], first_out[node + 1]):
            a = number[node]
            b = number[head[arc]]
            high, low = max(a, b), min(a, b)
            slot_of[arc] = -1
            begin, end = first[high], first[high + 1]
            while end - begin > _LOOK_AT_EACH:
                middle = (begin + end) >> 1
                if lower[middle] <= low:
                    begin = middle
                else:
                    end = middle
            for slot in range(begin, end):
                if lower[slot] == low:
                    slot_of[arc] = 2 * slot + (1 if a < b else 0)
                    break
    return slot_of


@nb.njit(cache=True, boundscheck=False, nogil=True)
def customise(
    slot_of: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    core: int,
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
    stop: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give each slot the travel times up and down: its own arcs, or the ways through nodes eliminated before.

    Returns ``climb`` (from the higher number to the lower) and ``drop`` (back).
    """
    climb = np.full(lower.size, FAR, dtype=np.int32)
    drop = np.full(lower.size, FAR, dtype=np.int32)
    for arc in range(slot_of.size):
        slot = slot_of[arc]
        if slot >= 0:
            if slot & 1 == 0:
                climb[slot >> 1] = min(climb[slot >> 1], travel_time[arc])
            else:
                drop[slot >> 1] = min(drop[slot >> 1], travel_time[arc])
    for position in range(first.size - 2, core - 1, -1):
        if position % _LOOK_UP_EVERY == 0 and stop[0] != 0:
            break
        begin, end = first[position], first[position + 1]
        for b in range(begin + 1, end):
            # The neighbours of a node that went are neighbours of each other: the list of each holds those below it.
            at = first[lower[b]]
            for a in range(begin, b):
                while lower[at] != lower[a]:
                    at += 1
                climb[at] = min(climb[at], drop[b] + climb[a])
                drop[at] = min(drop[at], drop[a] + climb[b])
    return climb, drop


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
) -> tuple[
    NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]
]:
    """Give the open arcs in the form of a search: out of each node up and in the core, and down into each node (CSR).

    With ``climb`` and ``drop`` exchanged the searches run against the driving direction.
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
    head = np.empty(begin[nodes + 1], dtype=np.int32)
    travel_time = np.empty(head.size, dtype=np.int32)
    tail = np.empty(ins, dtype=np.int32)
    drop_time = np.empty(ins, dtype=np.float32)
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
    return begin[: nodes + 1].astype(np.int32), head, travel_time, first_in, tail, drop_time


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
