"""Compiled searches for shortest paths: buckets over a graph, climbs over an eliminated one, labels over both.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again. Every kernel releases the interpreter's lock: threads run outside, in Python (`engine/threads.py`).
Positions in the inner loop are unsigned: for others the compiled code asks each time whether they count from the end
(an eighth of the time of a search).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic
from numpy.typing import NDArray

UNREACHED = np.int32(2_147_483_647)

FAR = np.int32((1 << 30) - 1)
"""More than any travel time that a sweep can tell; twice as much still fits an int32."""


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
def _search(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_label: NDArray[np.signedinteger],
    budget: int,
    bits: int,
    shift: int,
    label: NDArray[np.signedinteger],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
) -> int:
    """Search within a budget from several seeds, in a ring of buckets of ``2**shift`` milliseconds (Dial, 1969).

    A label is a travel time or, with ``bits`` > 0, a travel time above the number of the seed, so that equal times go
    to the lower number. A bucket is emptied in rounds until nothing comes back into it: the labels are exact whatever
    the width. ``label`` comes in as the largest integer everywhere; ``touched`` lists the nodes written, so that the
    caller resets those alone. The ring must be longer than any arc and any seed's head start.

    What will be read later is fetched as soon as it is known: the arcs of a node when it goes into a bucket, its label
    and its place among the arcs one entry ahead.
    """
    one = np.uint64(1)
    far = np.iinfo(label.dtype).max
    ring = bucket.size - 1
    count = 0
    used = 0
    live = 0
    free = np.int32(-1)
    slot = np.int64(FAR) << 2
    for k in range(seed_node.size):
        node = seed_node[k]
        here = np.int64(seed_label[k])
        if node < 0 or (here >> bits) > budget or here >= label[node]:
            continue
        if label[node] == far:
            touched[count] = node
            count += 1
        label[node] = here
        first = (here >> bits) >> shift
        slot = min(slot, first)
        entry_node[used] = node
        entry_next[used] = bucket[first & ring]
        bucket[first & ring] = used
        used += 1
        live += 1
    while live > 0:
        while bucket[slot & ring] >= 0:
            entry = bucket[slot & ring]
            bucket[slot & ring] = -1
            while entry >= 0:
                node = np.uint64(entry_node[np.uint64(entry)])
                following = entry_next[np.uint64(entry)]
                if following >= 0:
                    _fetch(first_out, entry_node[np.uint64(following)])
                    _fetch(label, entry_node[np.uint64(following)])
                entry_next[np.uint64(entry)] = free
                free = entry
                entry = following
                live -= 1
                here = np.int64(label[node])
                if (here >> bits) >> shift != slot:
                    continue  # left behind by a quicker way
                for arc in range(np.uint64(first_out[node]), np.uint64(first_out[node + one])):
                    there = here + (np.int64(travel_time[arc]) << bits)
                    neighbour = np.uint64(head[arc])
                    if there >= label[neighbour] or (there >> bits) > budget:
                        continue
                    if label[neighbour] == far:
                        touched[count] = neighbour
                        count += 1
                    label[neighbour] = there
                    _fetch(head, first_out[neighbour])
                    _fetch(travel_time, first_out[neighbour])
                    if free >= 0:
                        new = free
                        free = entry_next[np.uint64(free)]
                    else:
                        if used == entry_node.size:
                            # Full of entries left behind: start over with one for each node not yet settled.
                            bucket[:] = -1
                            used = 0
                            live = 0
                            entry = np.int32(-1)
                            for k in range(count):
                                ahead = (np.int64(label[touched[k]]) >> bits) >> shift
                                if ahead >= slot:
                                    entry_node[used] = touched[k]
                                    entry_next[used] = bucket[ahead & ring]
                                    bucket[ahead & ring] = used
                                    used += 1
                                    live += 1
                            continue
                        new = np.int32(used)
                        used += 1
                    into = np.uint64(((there >> bits) >> shift) & ring)
                    entry_node[np.uint64(new)] = neighbour
                    entry_next[np.uint64(new)] = bucket[into]
                    bucket[into] = new
                    live += 1
        slot += 1
    return count


@nb.njit(cache=True, boundscheck=False, nogil=True)
def search_labels(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_label: NDArray[np.int64],
    budget: int,
    bits: int,
    shift: int,
    label: NDArray[np.int64],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
) -> int:
    """Label every node within the budget from all seeds at once; gives the number of nodes labelled."""
    return _search(
        first_out, head, travel_time, seed_node, seed_label, budget, bits, shift,
        label, touched, bucket, entry_node, entry_next,
    )  # fmt: skip


@nb.njit(cache=True, boundscheck=False, nogil=True)
def table_by_buckets(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    first_place: NDArray[np.int32],
    place: NDArray[np.int32],
    place_time: NDArray[np.int32],
    budget: int,
    shift: int,
    stop: NDArray[np.uint8],
    time: NDArray[np.int32],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
    rows: NDArray[np.int32],
    table: NDArray[np.int32],
) -> int:
    """Fill some rows of a table of travel times, origins by places, one search each; gives the nodes settled.

    The places at a node are ``place[first_place[node]:first_place[node + 1]]``: after a search only those at the nodes
    that it touched are looked at.
    """
    settled = 0
    for origin in range(seed_node.shape[0]):
        if stop[0] != 0:
            break
        count = _search(
            first_out, head, travel_time, seed_node[origin], seed_time[origin], budget, 0, shift,
            time, touched, bucket, entry_node, entry_next,
        )  # fmt: skip
        settled += count
        row = rows[origin]
        for column in range(table.shape[1]):
            table[row, column] = UNREACHED
        for k in range(count):
            node = touched[k]
            here = np.int64(time[node])
            time[node] = UNREACHED
            for at in range(first_place[node], first_place[node + 1]):
                there = here + place_time[at]
                if there <= budget and there < table[row, place[at]]:
                    table[row, place[at]] = there
    return settled


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _climb(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    core: int,
    parent: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    budget: int,
    shift: int,
    time: NDArray[np.int32],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
    core_node: NDArray[np.int32],
    core_time: NDArray[np.int32],
) -> int:
    """Climb from one origin's seeds to what lies above them, and through the core, where there is one.

    All that a node climbs to lies on its way from parent to parent. Seeds climb together, the highest position first,
    and go on as one where they meet. ``time`` comes in as UNREACHED everywhere; ``touched`` lists what is to be reset.
    """
    count = 0
    climbing = 0
    at_core = 0
    current = np.empty(seed_node.size, dtype=np.int32)
    for k in range(seed_node.size):
        node = seed_node[k]
        if node < 0 or seed_time[k] > budget:
            continue
        if node < core:
            core_node[at_core] = node
            core_time[at_core] = seed_time[k]
            at_core += 1
            continue
        time[node] = min(time[node], seed_time[k])
        current[climbing] = node
        climbing += 1
    reached_core = count
    while climbing > 0:
        highest = current[0]
        for k in range(1, climbing):
            highest = max(highest, current[k])
        touched[count] = highest
        count += 1
        here = np.int64(time[highest])
        if here <= budget:
            for arc in range(first_out[highest], first_out[highest + 1]):
                there = here + travel_time[arc]
                above = head[arc]
                if there <= budget and there < time[above]:
                    if above < core and time[above] == UNREACHED:
                        core_node[core_node.size - 1 - reached_core] = above
                        reached_core += 1
                    time[above] = there
        above = parent[highest]
        left = 0
        for k in range(climbing):
            if current[k] != highest:
                current[left] = current[k]
                left += 1
        if above >= core:
            current[left] = above
            left += 1
        climbing = left
    if core == 0:
        return count
    # What was reached of the core are the seeds of an ordinary search in it.
    for k in range(reached_core):
        above = core_node[core_node.size - 1 - k]
        core_node[at_core] = above
        core_time[at_core] = time[above]
        time[above] = UNREACHED
        at_core += 1
    return count + _search(
        first_out, head, travel_time, core_node[:at_core], core_time[:at_core], budget, 0, shift,
        time, touched[count:], bucket, entry_node, entry_next,
    )  # fmt: skip


@nb.njit(cache=True, boundscheck=False, nogil=True)
def climb_lanes(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    core: int,
    crown: int,
    parent: NDArray[np.int32],
    tree_of: NDArray[np.int32],
    row_of: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_time: NDArray[np.int32],
    budget: int,
    shift: int,
    stop: NDArray[np.uint8],
    time: NDArray[np.int32],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
    core_node: NDArray[np.int32],
    core_time: NDArray[np.int32],
    held: NDArray[np.int32],
    entered: NDArray[np.uint64],
    lane: NDArray[np.float32],
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Climb from several origins, one lane each; the travel times that they find wait for the sweep.

    Those of the core go into the lanes at once. For the rows above it they are listed: ``held`` has the first entry of
    each row (-1 without), the arrays given back the lane and the time of each entry and which is the next of its row.
    ``entered`` gets a bit for each origin in the tree where it lies.
    """
    entered[:] = 0
    for position in range(core):
        row = row_of[position]
        if row >= 0:
            for one in range(lane.shape[1]):
                lane[row, one] = FAR
    held_lane = np.empty(1024, dtype=np.int32)
    held_time = np.empty(1024, dtype=np.float32)
    held_next = np.empty(1024, dtype=np.int32)
    filled = 0
    for one in range(seed_node.shape[0]):
        if stop[0] != 0:
            break
        count = _climb(
            first_out, head, travel_time, core, parent, seed_node[one], seed_time[one], budget, shift,
            time, touched, bucket, entry_node, entry_next, core_node, core_time,
        )  # fmt: skip
        if filled + count > held_lane.size:
            more = held_lane.size + count
            held_lane = np.concatenate((held_lane, np.empty(more, dtype=np.int32)))
            held_time = np.concatenate((held_time, np.empty(more, dtype=np.float32)))
            held_next = np.concatenate((held_next, np.empty(more, dtype=np.int32)))
        for k in range(count):
            position = touched[k]
            here = time[position]
            time[position] = UNREACHED
            if position >= crown:
                entered[tree_of[position]] |= np.uint64(1) << np.uint64(one)
            row = row_of[position]
            if row < 0 or here > budget:
                continue
            if position < core:
                lane[row, one] = here
            else:
                held_lane[filled] = one
                held_time[filled] = here
                held_next[filled] = held[row]
                held[row] = filled
                filled += 1
    return held_lane, held_time, held_next


@nb.njit(cache=True, boundscheck=False, nogil=True)
def sweep_labels(
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    travel_time: NDArray[np.int32],
    core: int,
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    seed_node: NDArray[np.int32],
    seed_label: NDArray[np.int64],
    budget: int,
    bits: int,
    shift: int,
    label: NDArray[np.int64],
    touched: NDArray[np.int32],
    bucket: NDArray[np.int32],
    entry_node: NDArray[np.int32],
    entry_next: NDArray[np.int32],
) -> None:
    """Label every node from all seeds at once: a climb over all nodes, a search in the core, a sweep down."""
    latest = ((np.int64(budget) + 1) << bits) - 1
    for k in range(seed_node.size):
        if seed_node[k] >= 0 and seed_label[k] <= latest:
            label[seed_node[k]] = min(label[seed_node[k]], seed_label[k])
    for position in range(label.size - 1, core - 1, -1):
        here = label[position]
        if here <= latest:
            for arc in range(first_out[position], first_out[position + 1]):
                there = here + (np.int64(travel_time[arc]) << bits)
                if there <= latest:
                    label[head[arc]] = min(label[head[arc]], there)
    if core > 0:
        core_node = np.arange(core).astype(np.int32)
        core_label = label[:core].copy()
        label[:core] = np.iinfo(np.int64).max
        _search(
            first_out, head, travel_time, core_node, core_label, budget, bits, shift,
            label, touched, bucket, entry_node, entry_next,
        )  # fmt: skip
    for position in range(core, label.size):
        best = label[position]
        for at in range(first_in[position], first_in[position + 1]):
            above = label[tail[at]]
            if above <= latest:
                best = min(best, above + (np.int64(drop_time[at]) << bits))
        if best <= latest:
            label[position] = best


@nb.njit(cache=True, boundscheck=False, nogil=True)
def keep_nearest(block: NDArray[np.int32], first_row: int, time: NDArray[np.int32], owner: NDArray[np.int32]) -> None:
    """Merge rows of a table into the k nearest of each column, in place; the blocks come in rising order of rows."""
    k = time.shape[0]
    for row in range(block.shape[0]):
        for column in range(block.shape[1]):
            here = block[row, column]
            if here >= time[k - 1, column]:
                continue
            at = k - 1
            while at > 0 and time[at - 1, column] > here:
                time[at, column] = time[at - 1, column]
                owner[at, column] = owner[at - 1, column]
                at -= 1
            time[at, column] = here
            owner[at, column] = first_row + row


@nb.njit(cache=True, boundscheck=False, nogil=True)
def count_bands(
    block: NDArray[np.int32], threshold: NDArray[np.int32], weight: NDArray[np.int64], count: NDArray[np.int64]
) -> None:
    """Add the weight of each column to the band of its time, row by row, in place."""
    for row in range(block.shape[0]):
        for column in range(block.shape[1]):
            here = block[row, column]
            if here > threshold[threshold.size - 1]:
                continue
            band = 0
            while threshold[band] < here:
                band += 1
            count[row, band] += weight[column]
