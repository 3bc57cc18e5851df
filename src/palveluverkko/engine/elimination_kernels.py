"""Compiled steps of elimination: nodes go, fewest neighbours first, and get numbers for sweeping.

Self-contained, like every kernel file. Arrays arrive read-only where they are inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic
from numpy.typing import NDArray

# Nodes between two looks at the flag that says to stop.
_LOOK_UP_EVERY = 1024
# Up to so many neighbours, comparing with each is quicker than marking them.
_LOOK_AT_EACH = 8
# Up to so many, insertion sorts them quicker than the list of the next node does.
_SORT_BY_INSERTION = 5
# Entries of a queue between fetching a node and its turn; its block, its neighbours and their blocks follow a quarter
# of that later each, of the first neighbours only.
_AHEAD = 32
_STEP = _AHEAD // 4
_FETCHED = 4
# Positions, and arcs, between fetching and reading where one follows the other.
_STRIDE = 16


def _prefetch(_typing: Any, array: Any, position: Any) -> Any:  # noqa: ANN401 - objects of a library without types
    """Have a number of an array brought from memory, without waiting for it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = context.cast(builder, arguments[1], signature.args[1], nb.types.int64)
        to_read_data_again = [ir.Constant(number, one) for one in (0, 3, 1)]
        builder.call(
            builder.module.declare_intrinsic("llvm.prefetch", [byte], kind),
            [builder.bitcast(builder.gep(held.data, [at]), byte), *to_read_data_again],
        )
        return context.get_dummy_value()

    return nb.types.void(array, position), code


# Where nothing is compiled there is nothing to be brought ahead.
_fetch: Callable[..., None] = (lambda _array, _position: None) if nb.config.DISABLE_JIT else intrinsic(_prefetch)  # type: ignore[attr-defined]


@nb.njit(cache=True, boundscheck=False, nogil=True)
def neighbours(
    first_out: NDArray[np.int32], head: NDArray[np.int32], first: NDArray[np.int64], both: NDArray[np.int32]
) -> None:
    """Find the distinct neighbours of each node, direction and loops ignored, in CSR form.

    They go into ``both``, int32[2 m], and where those of each node begin into ``first``, int64[n + 2], zeros before;
    its last number means nothing.
    """
    nodes = first_out.size - 1
    for node in range(nodes):
        for arc in range(first_out[node], first_out[node + 1]):
            if head[arc] != node:
                first[node + 2] += 1
                first[head[arc] + 2] += 1
    for node in range(nodes):
        first[node + 2] += first[node + 1]
    for node in range(nodes):
        for arc in range(first_out[node], first_out[node + 1]):
            other = head[arc]
            if other != node:
                both[first[node + 1]] = other
                first[node + 1] += 1
                both[first[other + 1]] = node
                first[other + 1] += 1
    # Now first[node] to first[node + 1] are the neighbours of a node, some of them twice: they move together in place.
    seen_by = np.full(nodes, -1, dtype=np.int32)
    filled = np.int64(0)
    end = first[0]
    for node in range(nodes):
        begin, end = end, first[node + 1]
        first[node] = filled
        for at in range(begin, end):
            other = both[at]
            if seen_by[other] != node:
                seen_by[other] = node
                both[filled] = other
                filled += 1
    first[nodes] = filled


@nb.njit(cache=True, boundscheck=False, nogil=True)
def eliminate(
    own: NDArray[np.int32],
    first: NDArray[np.int64],
    neighbour: NDArray[np.int32],
    most: int,
    stop: NDArray[np.uint8],
    eliminated: int,
    order: NDArray[np.int32],
    first_up: NDArray[np.int64],
    up: NDArray[np.int32],
    begin: NDArray[np.int64],
    pool: NDArray[np.int32],
) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Eliminate nodes with at most ``most`` neighbours, fewest first; their neighbours become neighbours.

    Who goes is appended to ``order`` under the name it has in ``own``, the neighbours that it has at that moment to
    ``up`` (CSR). Returns how many have gone in all, ``up`` (longer where it had to be), and of the nodes that stay
    their names and, numbered anew, their neighbours (CSR). ``stop[0]`` set from outside ends it early. ``begin`` and
    ``pool`` are to work in, int64[n] and room for a number for each node and each neighbour at least.
    """
    nodes = first.size - 1
    degree = np.empty(nodes, dtype=np.int32)
    room = np.empty(nodes, dtype=np.int32)
    filled = 0
    for node in range(nodes):
        size = first[node + 1] - first[node]
        begin[node] = filled
        degree[node] = size
        room[node] = size + 1
        for at in range(size):
            pool[filled + at] = neighbour[first[node] + at]
        filled += size + 1

    done = np.zeros(nodes, dtype=np.bool_)
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

    # Of each queue the entry that has been fetched last, how many entries after the first it stands; and the last
    # nodes fetched, a ring.
    ahead = np.full(most + 1, -1, dtype=np.int64)
    distance = np.zeros(most + 1, dtype=np.int64)
    coming = np.zeros(_AHEAD, dtype=np.int32)
    turn = np.int64(0)

    ring = np.empty(most + 1, dtype=np.int32)
    met_by = np.full(nodes if most > _LOOK_AT_EACH else 0, -1, dtype=np.int64)
    meetings = np.int64(0)
    fewest = 0
    while fewest <= most:
        entry = queue_head[fewest]
        if entry < 0:
            fewest += 1
            continue
        node = queued_node[entry]
        # What comes in a while is fetched now: the node, then its neighbours, then theirs.
        distance[fewest] -= 1
        if distance[fewest] < 0:
            ahead[fewest] = entry
            distance[fewest] = 0
        for _ in range(2):
            far = queued_next[ahead[fewest]]
            if far >= 0 and distance[fewest] < _AHEAD:
                ahead[fewest] = far
                distance[fewest] += 1
                turn += 1
                coming[turn & _AHEAD - 1] = queued_node[far]
                _fetch(begin, queued_node[far])
                _fetch(degree, queued_node[far])
                _fetch(pool, begin[coming[(turn - _STEP) & _AHEAD - 1]])
                later = coming[(turn - 2 * _STEP) & _AHEAD - 1]
                for at in range(begin[later], begin[later] + min(degree[later], _FETCHED)):
                    _fetch(begin, pool[at])
                    _fetch(degree, pool[at])
                    _fetch(room, pool[at])
                later = coming[(turn - 3 * _STEP) & _AHEAD - 1]
                for at in range(begin[later], begin[later] + min(degree[later], _FETCHED)):
                    _fetch(pool, begin[pool[at]])
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
        order[eliminated] = own[node]
        eliminated += 1
        size = degree[node]
        here = first_up[eliminated - 1]
        if here + size > up.size:
            up = np.concatenate((up, np.empty(up.size // 2 + size, dtype=np.int32)))
        for at in range(size):
            ring[at] = pool[begin[node] + at]
            up[here + at] = own[ring[at]]
        first_up[eliminated] = here + size
        twins = 0
        for a in range(size):
            one = ring[a]
            base = begin[one]
            count = degree[one]
            # The last neighbour takes the place of the node, new ones are appended.
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
            if count == size - 1 and size > _LOOK_AT_EACH:
                ring[a] = ring[twins]
                ring[twins] = one
                twins += 1
        # A neighbour with no others than these is a twin of the node: it has the fewest neighbours of all now, and they
        # are neighbours of each other already. Twins go at once, and the rest of the ring loses them all together.
        meetings += 1
        for a in range(twins):
            one = ring[a]
            done[one] = True
            met_by[one] = meetings
            order[eliminated] = own[one]
            eliminated += 1
            here = first_up[eliminated - 1]
            others = size - 1 - a
            if here + others > up.size:
                up = np.concatenate((up, np.empty(up.size // 2 + others, dtype=np.int32)))
            for at in range(others):
                up[here + at] = own[ring[a + 1 + at]]
            first_up[eliminated] = here + others
        for a in range(twins, size):
            one = ring[a]
            count = degree[one]
            if twins > 0:
                base = begin[one]
                count = 0
                for at in range(degree[one]):
                    other = pool[base + at]
                    pool[base + count] = other
                    if met_by[other] != meetings:
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
    number = np.empty(nodes, dtype=np.int32)
    stay, slots = 0, 0
    for node in range(nodes):
        number[node] = stay
        if not done[node]:
            stay += 1
            slots += degree[node]
    own_kept = np.empty(stay, dtype=np.int32)
    first_kept = np.empty(stay + 1, dtype=np.int64)
    kept = np.empty(slots, dtype=np.int32)
    first_kept[0] = 0
    for node in range(nodes):
        if not done[node]:
            here = first_kept[number[node]]
            own_kept[number[node]] = own[node]
            first_kept[number[node] + 1] = here + degree[node]
            for at in range(degree[node]):
                kept[here + at] = number[pool[begin[node] + at]]
    return eliminated, up, own_kept, first_kept, kept


@nb.njit(cache=True, boundscheck=False, nogil=True)
def arrange(
    order: NDArray[np.int32],
    before: int,
    first_up: NDArray[np.int64],
    up: NDArray[np.int32],
    own_kept: NDArray[np.int32],
    first_kept: NDArray[np.int64],
    kept: NDArray[np.int32],
    memory: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Give the nodes numbers for sweeping: what stays, then the crown from its last on, then tree by tree.

    The crown is what went after the first ``before``; the trees stand in preorder. Every neighbour that was left when a
    node went has a lower number then, and the nodes below a node of a tree follow it without a gap. Returns the
    number of each node and the lower neighbours of each number (CSR, rising). ``memory``, int32[4 n], is to work in.
    """
    count, core = order.size, own_kept.size
    nodes = core + count
    crown = core + count - before
    rank, hanging, node_of, listed_by = (
        memory[:nodes],
        memory[nodes : 2 * nodes],
        memory[2 * nodes : 3 * nodes],
        memory[3 * nodes : 4 * nodes],
    )
    number = np.empty(nodes, dtype=np.int32)
    rank[:] = -1
    for at in range(count):
        rank[order[at]] = at
    for position in range(core):
        number[own_kept[position]] = position
    filled = core
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
    # How many nodes hang together below a node, and below all roots with one last neighbour; from there, last first,
    # each takes its numbers from the end of its parent's. Two passes that chase no pointers.
    hanging[:] = 1
    filed = np.zeros(crown + 2, dtype=np.int32)
    for at in range(before):
        if parent[at] >= 0:
            hanging[parent[at]] += hanging[at]
        else:
            filed[-1 - parent[at]] += hanging[at]
    filed[0] += filled
    for begin in range(1, crown + 1):
        filed[begin] += filed[begin - 1]
    for at in range(before - 1, -1, -1):
        if parent[at] >= 0:
            hanging[parent[at]] -= hanging[at]
            begin = hanging[parent[at]]
        else:
            filed[-1 - parent[at]] -= hanging[at]
            begin = filed[-1 - parent[at]]
        number[order[at]] = begin
        hanging[at] += begin
    for node in range(nodes):
        node_of[number[node]] = node

    first = np.empty(nodes + 1, dtype=np.int64)
    first[0] = 0
    lower = np.empty(up.size + kept.size // 2, dtype=np.int32)
    listed_by[:] = -1
    filled_to = 0
    for position in range(nodes):
        if core <= position < nodes - 3 * _STRIDE:
            _fetch(rank, node_of[position + 3 * _STRIDE])
            _fetch(first_up, rank[node_of[position + 2 * _STRIDE]])
            _fetch(up, first_up[rank[node_of[position + _STRIDE]]])
        at = rank[node_of[position]]
        begin = filled_to
        if position < core:
            for slot in range(first_kept[position], first_kept[position + 1]):
                if kept[slot] < position:
                    lower[filled_to] = kept[slot]
                    filled_to += 1
            lower[begin:filled_to].sort()
        elif first_up[at + 1] - first_up[at] <= _SORT_BY_INSERTION:
            for slot in range(first_up[at], first_up[at + 1]):
                value = number[up[slot]]
                hole = filled_to
                while hole > begin and lower[hole - 1] > value:
                    lower[hole] = lower[hole - 1]
                    hole -= 1
                lower[hole] = value
                filled_to += 1
        else:
            # All others are neighbours of the highest, whose list is in order already.
            highest = np.int32(-1)
            for slot in range(first_up[at], first_up[at + 1]):
                value = number[up[slot]]
                listed_by[value] = position
                highest = max(highest, value)
            for slot in range(first[highest], first[highest + 1]):
                value = lower[slot]
                lower[filled_to] = value
                if listed_by[value] == position:
                    filled_to += 1
            lower[filled_to] = highest
            filled_to += 1
        first[position + 1] = filled_to
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
    nodes, arcs = first_out.size - 1, head.size
    for node in range(nodes):
        _fetch(first, number[min(node + _STRIDE, nodes - 1)])
        _fetch(lower, first[number[min(node + _STRIDE // 2, nodes - 1)]])
        for arc in range(first_out[node], first_out[node + 1]):
            _fetch(number, head[min(arc + 3 * _STRIDE, arcs - 1)])
            _fetch(first, number[head[min(arc + 2 * _STRIDE, arcs - 1)]])
            _fetch(lower, first[number[head[min(arc + _STRIDE, arcs - 1)]]])
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
