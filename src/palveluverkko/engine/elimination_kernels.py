"""Compiled steps of elimination: nodes go, fewest neighbours first, and get numbers for sweeping.

Self-contained, like every kernel file. Arrays arrive read-only where they are inputs.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

# Nodes between two looks at the flag that says to stop.
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
    first: NDArray[np.int64], neighbour: NDArray[np.int32], most: int, stop: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Eliminate nodes with at most ``most`` neighbours, fewest first; their neighbours become neighbours.

    Returns the eliminated nodes in order, the neighbours that each had at that moment (CSR), and the neighbours among
    the nodes that stay (CSR over all nodes). ``stop[0]`` set from outside ends it early.
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
    return (
        order[:eliminated].copy(),
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
