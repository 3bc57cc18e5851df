"""Compiled searches for shortest paths.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

UNREACHED = np.int32(2_147_483_647)

_NODE_BITS = np.int64(32)
_NODE_MASK = np.int64(0xFFFFFFFF)


@nb.njit(cache=True, boundscheck=False)
def _push(heap: NDArray[np.int64], size: int, key: np.int64) -> int:
    """Add a key to a binary heap; give the new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key
    return size + 1


@nb.njit(cache=True, boundscheck=False)
def _pop(heap: NDArray[np.int64], size: int) -> int:
    """Remove the smallest key, which the caller has read at ``heap[0]``; give the new size."""
    size -= 1
    key = heap[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return size


@nb.njit(cache=True, boundscheck=False)
def _search(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    budget: int,
    time: NDArray[np.int32],
    heap: NDArray[np.int64],
    touched: NDArray[np.int32],
) -> int:
    """Dijkstra's search within a budget from several seeds.

    ``time`` comes in as UNREACHED everywhere and leaves with the times; ``touched`` lists the nodes that were
    written, so that the caller resets those alone. The heap keys hold (time, node): stale entries are skipped.
    """
    size = 0
    count = 0
    for k in range(seed_node.size):
        node = seed_node[k]
        if node >= 0 and seed_time[k] <= budget and seed_time[k] < time[node]:
            if time[node] == UNREACHED:
                touched[count] = node
                count += 1
            time[node] = seed_time[k]
            size = _push(heap, size, (np.int64(seed_time[k]) << _NODE_BITS) | np.int64(node))
    while size > 0:
        key = heap[0]
        size = _pop(heap, size)
        node = np.int32(key & _NODE_MASK)
        here = key >> _NODE_BITS
        if here > time[node]:
            continue
        for arc in range(first_out[node], first_out[node + 1]):
            there = here + travel_time[arc]
            neighbour = head[arc]
            if there <= budget and there < time[neighbour]:
                if time[neighbour] == UNREACHED:
                    touched[count] = neighbour
                    count += 1
                time[neighbour] = there
                size = _push(heap, size, (there << _NODE_BITS) | np.int64(neighbour))
    return count


@nb.njit(cache=True, boundscheck=False)
def node_times(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    budget: int,
) -> NDArray[np.int32]:
    """Travel time to every node from the nearest of all seeds."""
    nodes = first_out.size - 1
    time = np.full(nodes, UNREACHED, dtype=np.int32)
    heap = np.empty(head.size + seed_node.size + 1, dtype=np.int64)
    touched = np.empty(nodes, dtype=np.int32)
    _search(first_out, head, travel_time, seed_node, seed_time, budget, time, heap, touched)
    return time


@nb.njit(cache=True, parallel=True, boundscheck=False)
def time_table(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    place_node: NDArray[np.int32],
    place_time: NDArray[np.int32],
    budget: int,
    threads: int,
) -> NDArray[np.int32]:
    """Travel time from every origin (row) to every place (column), reduced to places right after each search.

    Origins and places have two slots each: the ways along their edge in either direction.
    """
    origins = seed_node.shape[0]
    places = place_node.shape[0]
    nodes = first_out.size - 1
    table = np.empty((origins, places), dtype=np.int32)
    for thread in nb.prange(threads):
        # One workspace for each thread, not for each origin: n int32 reset through the touched list.
        time = np.full(nodes, UNREACHED, dtype=np.int32)
        heap = np.empty(head.size + 3, dtype=np.int64)
        touched = np.empty(nodes, dtype=np.int32)
        for origin in range(thread, origins, threads):
            count = _search(
                first_out,
                head,
                travel_time,
                seed_node[origin],
                seed_time[origin],
                budget,
                time,
                heap,
                touched,
            )
            for place in range(places):
                best = np.int64(UNREACHED)
                for slot in range(2):
                    node = place_node[place, slot]
                    if node >= 0 and time[node] != UNREACHED:
                        best = min(best, np.int64(time[node]) + place_time[place, slot])
                table[origin, place] = best if best <= budget else UNREACHED
            for k in range(count):
                time[touched[k]] = UNREACHED
    return table
