"""Every compiled kernel, in one file.

numba's on-disk cache does not notice an edit in a helper of another file, so kernels and their helpers stay
together. Arrays arrive read-only where they are inputs; a writable array would be another type and compile again.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

UNREACHED = np.int32(2_147_483_647)

_NODE_BITS = np.int64(32)
_NODE_MASK = np.int64(0xFFFFFFFF)
# A knight's move beside the eight neighbours keeps the swept distance within 2.8 % of the straight one
# (8 % with the eight alone); it never falls short of it.
_STEPS = np.array([(0, -1), (-1, -1), (-1, 0), (-1, 1), (-2, -1), (-2, 1), (-1, -2), (-1, 2)], dtype=np.int64)


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


@nb.njit(cache=True, boundscheck=False)
def component_labels(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int32]:
    """Label connected components, direction ignored, by the lowest node of each."""
    label = np.arange(nodes).astype(np.int32)
    for arc in range(tail.size):
        a = tail[arc]
        while label[a] != a:
            label[a] = label[label[a]]
            a = label[a]
        b = head[arc]
        while label[b] != b:
            label[b] = label[label[b]]
            b = label[b]
        if a < b:
            label[b] = a
        elif b < a:
            label[a] = b
    for node in range(nodes):
        # Labels point downwards, so the label of the label is final by now.
        label[node] = label[label[node]]
    return label


@nb.njit(cache=True, boundscheck=False)
def trace_chains(
    first_half: NDArray[np.int64],
    half: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    stop: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Walk chains of pieces between the nodes where a chain must stop.

    ``half`` lists, node by node, the pieces that touch it as ``2 * piece`` (leaving its tail) or ``2 * piece + 1``
    (leaving its head). Rings without a stop start at their lowest-numbered piece. Gives the walked halves in
    order and where each chain begins in them.
    """
    pieces = tail.size
    done = np.zeros(pieces, dtype=np.bool_)
    order = np.empty(pieces, dtype=np.int64)
    begins = np.empty(pieces + 1, dtype=np.int64)
    chains = 0
    filled = 0
    for rings in range(2):
        for piece in range(pieces):
            for side in range(2):
                start = tail[piece] if side == 0 else head[piece]
                if done[piece] or not (stop[start] or rings == 1):
                    continue
                begins[chains] = filled
                chains += 1
                walked = 2 * piece + side
                while True:
                    current = walked >> 1
                    done[current] = True
                    order[filled] = walked
                    filled += 1
                    end = head[current] if walked & 1 == 0 else tail[current]
                    if stop[end] or end == start:
                        break
                    # Exactly two halves leave a node that does not stop the chain: take the one not walked.
                    at = first_half[end]
                    walked = half[at] if half[at] >> 1 != current else half[at + 1]
    begins[chains] = filled
    return order, begins[: chains + 1].copy()


@nb.njit(cache=True, boundscheck=False)
def burn(
    quick_time: NDArray[np.float64],
    quick_metres: NDArray[np.float64],
    near_time: NDArray[np.float64],
    near_metres: NDArray[np.float64],
    line: NDArray[np.float64],
    line_time: NDArray[np.float64],
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: float,
) -> None:
    """Burn straight pieces of road into the cells around them.

    ``line`` holds x0, y0, x1, y1 in metres from the north-west corner (y downwards), ``line_time`` the travel
    time at both ends, linear between. Each cell centre keeps two ways to the road, each as time and metres walked:
    the quickest, which slants towards the service, and the nearest. With slope b along the road and pace k off it,
    the quickest leaves ``h * b / sqrt(k**2 - b**2)`` before the foot of the perpendicular of length h.
    """
    rows, columns = quick_time.shape
    k = milliseconds_per_metre
    for piece in range(line.shape[0]):
        x0, y0, x1, y1 = line[piece, 0], line[piece, 1], line[piece, 2], line[piece, 3]
        length = np.hypot(x1 - x0, y1 - y0)
        parts = int(length / cell) + 1
        ux = (x1 - x0) / length if length > 0.0 else 0.0
        uy = (y1 - y0) / length if length > 0.0 else 0.0
        slope = (line_time[piece, 1] - line_time[piece, 0]) / length if length > 0.0 else 0.0
        slant = slope / np.sqrt(k * k - slope * slope) if abs(slope) < k else np.inf * slope
        for part in range(parts):
            low = length * part / parts
            high = length * (part + 1) / parts
            ax, ay, bx, by = x0 + ux * low, y0 + uy * low, x0 + ux * high, y0 + uy * high
            first_column = max(0, int(np.floor(min(ax, bx) / cell - 1.5)))
            last_column = min(columns - 1, int(np.floor(max(ax, bx) / cell + 1.5)))
            first_row = max(0, int(np.floor(min(ay, by) / cell - 1.5)))
            last_row = min(rows - 1, int(np.floor(max(ay, by) / cell + 1.5)))
            for row in range(first_row, last_row + 1):
                for column in range(first_column, last_column + 1):
                    cx = (column + 0.5) * cell - x0
                    cy = (row + 0.5) * cell - y0
                    foot = cx * ux + cy * uy
                    aside = abs(cx * uy - cy * ux) if length > 0.0 else np.hypot(cx, cy)
                    # A spot dead ahead has no side: 0 * infinity would be no number.
                    ahead = aside * slant if aside > 0.0 else 0.0
                    spot = min(max(foot - ahead, low), high)
                    walked = np.hypot(foot - spot, aside)
                    here = line_time[piece, 0] + slope * spot + k * walked
                    if walked <= longest_metres and here <= latest:
                        quicker = here < quick_time[row, column]
                        if quicker or (here == quick_time[row, column] and walked < quick_metres[row, column]):
                            quick_time[row, column] = here
                            quick_metres[row, column] = walked
                    spot = min(max(foot, low), high)
                    walked = np.hypot(foot - spot, aside)
                    here = line_time[piece, 0] + slope * spot + k * walked
                    if walked <= longest_metres and here <= latest:
                        nearer = walked < near_metres[row, column]
                        if nearer or (walked == near_metres[row, column] and here < near_time[row, column]):
                            near_time[row, column] = here
                            near_metres[row, column] = walked


@nb.njit(cache=True, boundscheck=False)
def spread(
    time: NDArray[np.float64],
    metres: NDArray[np.float64],
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: float,
    quickest: bool,
) -> int:
    """Spread off-road from the burnt cells, up to a distance and a time; give the number of double sweeps.

    A cell takes over a neighbour's way when it is quicker, or, with ``quickest`` False, when it is shorter. Two
    sweeps settle an open plane; more are needed only where a limit stops a way.
    """
    rows, columns = time.shape
    sweeps = 0
    changed = True
    while changed:
        changed = False
        sweeps += 1
        for direction in (1, -1):
            for i in range(rows):
                row = i if direction == 1 else rows - 1 - i
                for j in range(columns):
                    column = j if direction == 1 else columns - 1 - j
                    for step in range(_STEPS.shape[0]):
                        other_row = row + direction * _STEPS[step, 0]
                        other_column = column + direction * _STEPS[step, 1]
                        if not (0 <= other_row < rows and 0 <= other_column < columns):
                            continue
                        if time[other_row, other_column] > latest:
                            continue
                        along = cell * np.sqrt(float(_STEPS[step, 0] ** 2 + _STEPS[step, 1] ** 2))
                        walked = metres[other_row, other_column] + along
                        here = time[other_row, other_column] + milliseconds_per_metre * along
                        if walked > longest_metres or here > latest:
                            continue
                        if quickest:
                            better = here < time[row, column]
                        else:
                            better = walked < metres[row, column] or (
                                walked == metres[row, column] and here < time[row, column]
                            )
                        if better:
                            time[row, column] = here
                            metres[row, column] = walked
                            changed = True
    return sweeps
