"""Compiled sweeps over a prepared graph, many origins side by side, and the travel times put down for places.

Self-contained, like every kernel file. Arrays arrive read-only where they are inputs. Sums and comparisons of float32
are exact on whole numbers below 2**24, so that "no NaN" is all that is asked of the compiler (it turns the minimum
into one instruction).
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

UNREACHED = np.int32(2_147_483_647)
FAR = np.float32(1 << 30)
"""In a lane where nothing leads."""

_PLACES_AT_ONCE = 128


@nb.njit(cache=True, boundscheck=False, nogil=True)
def sort_slots(
    rows: int, position: NDArray[np.int32], row_of: NDArray[np.int32], node: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Sort the slots of places by the row of their node, those without a node left out.

    Gives the rows that have slots; the slots of each (CSR), numbered through all places; and for each slot which of
    these rows is its own, -1 for an absent one.
    """
    places, width = node.shape
    begin = np.zeros(rows + 1, dtype=np.int32)
    own = np.empty((places, width), dtype=np.int32)
    for place in range(places):
        for slot in range(width):
            own[place, slot] = -1
            if node[place, slot] >= 0:
                own[place, slot] = row_of[position[node[place, slot]]]
                begin[own[place, slot]] += 1
    begin[rows] = 0  # what lies at no row was counted here
    kept = 0
    for row in range(rows):
        kept += 1 if begin[row] > 0 else 0
    slot_row = np.empty(kept, dtype=np.int32)
    first = np.zeros(kept + 1, dtype=np.int32)
    kept = 0
    for row in range(rows):
        if begin[row] > 0:
            slot_row[kept] = row
            first[kept + 1] = first[kept] + begin[row]
            begin[row] = kept
            kept += 1
    number = np.empty(first[kept], dtype=np.int32)
    filled = first.copy()
    for place in range(places):
        for slot in range(width):
            row = own[place, slot]
            if row >= 0:
                at = begin[row]
                own[place, slot] = at
                number[filled[at]] = place * width + slot
                filled[at] += 1
    return slot_row, first, number, own


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy", fastmath={"nnan"})
def sweep_lanes(
    core_rows: int,
    row_of: NDArray[np.int32],
    tree: NDArray[np.int32],
    first_gate: NDArray[np.int32],
    gate: NDArray[np.int32],
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    origins: int,
    budget: int,
    alone: int,
    sparse: int,
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    tree_told: NDArray[np.int32],
    told_row: NDArray[np.int32],
    first_slot: NDArray[np.int32],
    slot: NDArray[np.int32],
    slot_time: NDArray[np.int32],
    told_of: NDArray[np.int32],
    table_rows: NDArray[np.int32],
    table: NDArray[np.int32],
    held: NDArray[np.int32],
    entered: NDArray[np.uint64],
    staged: NDArray[np.float32],
    lane: NDArray[np.float32],
) -> int:
    """Sweep down from what the climbs of some origins hold, and fill a row of a table for each of them.

    The rows of core and crown come first, then tree by tree, each row after those that it depends on. An origin enters
    a tree through its gates, the nodes of the crown that the tree is joined to: ``entered`` gets a bit for each origin
    that reaches one of them, and has one already for each that lies in the tree. Without a bit the origin is passed
    over there, and its lane holds nothing. Where ``lane`` has fewer rows than there are, all trees use the same ones
    behind those of the crown: these stay in the cache, and what they tell is put down before the next tree.

    Where at most ``alone`` origins enter a tree, each is swept for itself there. Where at most one in ``sparse`` of the
    times can be told, they are written into the table at once, one by one. Otherwise writing all over it would be slow:
    they are staged in the order of the sweep, and then picked up row by row of the table. Gives the number of rows
    swept.
    """
    limit = np.float32(budget)
    # Not a constant: the compiler would unroll the loops over lanes, and not turn them into vectors any more.
    lanes = lane.shape[1]
    one_bit = np.uint64(1)
    crown_rows = tree[0]
    own_rows = lane.shape[0] >= first_in.size - 1
    _sweep_rows(
        core_rows, crown_rows, 0, crown_rows, first_in, tail, drop_time, held, held_lane, held_time, held_next, lane
    )  # fmt: skip
    nearest = np.empty(lanes, dtype=np.float32)
    told = np.int64(origins) * tree_told[0]
    for number in range(tree.size - 1):
        for one in range(lanes):
            nearest[one] = FAR
        for at in range(first_gate[number], first_gate[number + 1]):
            row = row_of[gate[at]]
            if row >= 0:
                for one in range(lanes):
                    nearest[one] = min(nearest[one], lane[row, one])
        here = entered[number]
        count = np.int64(0)
        for one in range(origins):
            if nearest[one] <= limit:
                here |= one_bit << np.uint64(one)
            count += np.int64((here >> np.uint64(one)) & one_bit)
        entered[number] = here
        told += count * (tree_told[number + 1] - tree_told[number])
    at_once = told * sparse <= np.int64(origins) * told_row.size
    if at_once:
        for one in range(origins):
            line = table[table_rows[one]]
            for place in range(line.size):
                line[place] = UNREACHED
    every = np.uint64(0)
    for one in range(origins):
        every |= one_bit << np.uint64(one)
    _put_down(
        0, tree_told[0], 0, every, np.int64(lanes), origins, alone, at_once, limit,
        told_row, first_slot, slot, slot_time, table_rows, table, staged, lane,
    )  # fmt: skip
    swept = int(crown_rows - core_rows)
    for number in range(tree.size - 1):
        begin, end = tree[number], tree[number + 1]
        aside = 0 if own_rows else begin - crown_rows
        here = entered[number]
        count = np.int64(0)
        for one in range(origins):
            count += np.int64((here >> np.uint64(one)) & one_bit)
        if count > alone:
            _sweep_rows(
                begin, end, aside, crown_rows, first_in, tail, drop_time, held, held_lane, held_time, held_next, lane
            )  # fmt: skip
        elif count > 0:
            for one in range(origins):
                if (here >> np.uint64(one)) & one_bit != 0:
                    _sweep_one(
                        begin, end, aside, crown_rows, one, first_in, tail, drop_time,
                        held, held_lane, held_time, held_next, lane,
                    )  # fmt: skip
            for row in range(begin, end):
                held[row] = -1
        swept += int(end - begin) if count > 0 else 0
        _put_down(
            tree_told[number], tree_told[number + 1], aside, here, count, origins, alone, at_once, limit,
            told_row, first_slot, slot, slot_time, table_rows, table, staged, lane,
        )  # fmt: skip
    if not at_once:
        _pick_up(origins, limit, slot_time, told_of, table_rows, table, staged)
    return swept


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy", fastmath={"nnan"}, inline="always")
def _sweep_rows(
    begin: int,
    end: int,
    aside: int,
    crown_rows: int,
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    held: NDArray[np.int32],
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    lane: NDArray[np.float32],
) -> None:
    """Give each row the least over the ways down into it, and over what the climbs hold there, all lanes at once.

    The lanes of a row below the crown stand ``aside`` before their own place.
    """
    lanes = lane.shape[1]
    for row in range(begin, end):
        to = row - aside
        at = first_in[row]
        ways = first_in[row + 1] - at
        if ways == 0 or held[row] >= 0:
            for one in range(lanes):
                lane[to, one] = FAR
            k = held[row]
            held[row] = -1
            while k >= 0:
                lane[to, held_lane[k]] = held_time[k]
                k = held_next[k]
        elif ways == 1:
            a, a_time = tail[at], drop_time[at]
            a -= aside if a >= crown_rows else 0
            for one in range(lanes):
                lane[to, one] = lane[a, one] + a_time
            continue
        elif ways == 2:
            a, a_time = tail[at], drop_time[at]
            b, b_time = tail[at + 1], drop_time[at + 1]
            a -= aside if a >= crown_rows else 0
            b -= aside if b >= crown_rows else 0
            for one in range(lanes):
                lane[to, one] = min(lane[a, one] + a_time, lane[b, one] + b_time)
            continue
        else:
            a, a_time = tail[at], drop_time[at]
            b, b_time = tail[at + 1], drop_time[at + 1]
            c, c_time = tail[at + 2], drop_time[at + 2]
            a -= aside if a >= crown_rows else 0
            b -= aside if b >= crown_rows else 0
            c -= aside if c >= crown_rows else 0
            at += 3
            for one in range(lanes):
                lane[to, one] = min(lane[a, one] + a_time, lane[b, one] + b_time, lane[c, one] + c_time)
        while at < first_in[row + 1]:
            a, a_time = tail[at], drop_time[at]
            a -= aside if a >= crown_rows else 0
            for one in range(lanes):
                lane[to, one] = min(lane[to, one], lane[a, one] + a_time)
            at += 1


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy", fastmath={"nnan"}, inline="always")
def _sweep_one(
    begin: int,
    end: int,
    aside: int,
    crown_rows: int,
    one: int,
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    held: NDArray[np.int32],
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    lane: NDArray[np.float32],
) -> None:
    """Do the same for one lane alone; what the climbs hold stays, for the other lanes."""
    for row in range(begin, end):
        best = FAR
        k = held[row]
        while k >= 0:
            if held_lane[k] == one:
                best = held_time[k]
            k = held_next[k]
        for at in range(first_in[row], first_in[row + 1]):
            a = tail[at]
            a -= aside if a >= crown_rows else 0
            best = min(best, lane[a, one] + drop_time[at])
        lane[row - aside, one] = best


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy", fastmath={"nnan"}, inline="always")
def _put_down(
    begin: int,
    end: int,
    aside: int,
    here: np.uint64,
    count: np.int64,
    origins: int,
    alone: int,
    at_once: bool,
    limit: np.float32,
    told_row: NDArray[np.int32],
    first_slot: NDArray[np.int32],
    slot: NDArray[np.int32],
    slot_time: NDArray[np.int32],
    table_rows: NDArray[np.int32],
    table: NDArray[np.int32],
    staged: NDArray[np.float32],
    lane: NDArray[np.float32],
) -> None:
    """Put down what some slots are told: in the table at once, or staged; the lanes not in ``here`` are FAR."""
    lanes, width = lane.shape[1], slot_time.shape[1]
    if at_once:
        for one in range(origins):
            if (here >> np.uint64(one)) & np.uint64(1) == 0:
                continue
            line = table[table_rows[one]]
            for at in range(begin, end):
                here_time = lane[told_row[at] - aside, one]
                if here_time > limit:
                    continue
                for k in range(first_slot[at], first_slot[at + 1]):
                    place, which = divmod(slot[k], width)
                    time = here_time + np.float32(slot_time[place, which])
                    if time <= limit:
                        line[place] = min(line[place], np.int32(time))
        return
    for at in range(begin, end):
        row = told_row[at] - aside
        if count > alone:
            for one in range(lanes):
                staged[at, one] = lane[row, one]
            continue
        for one in range(lanes):
            staged[at, one] = FAR
        if count > 0:
            for one in range(origins):
                if (here >> np.uint64(one)) & np.uint64(1) != 0:
                    staged[at, one] = lane[row, one]


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy", fastmath={"nnan"})
def _pick_up(
    origins: int,
    limit: np.float32,
    slot_time: NDArray[np.int32],
    told_of: NDArray[np.int32],
    table_rows: NDArray[np.int32],
    table: NDArray[np.int32],
    staged: NDArray[np.float32],
) -> float:
    """Fill rows of the table with the least over the slots of each place; what is given back means nothing.

    Some places at a time. What is staged for them lies all over memory: all of it is touched first, so that it is
    fetched side by side and not one after the other. Then each row of the table gets whole cache lines at once.
    """
    lanes = staged.shape[1]
    few = np.empty((_PLACES_AT_ONCE, lanes), dtype=np.float32)
    fetched = np.float32(0)
    for begin in range(0, told_of.shape[0], _PLACES_AT_ONCE):
        end = min(begin + _PLACES_AT_ONCE, told_of.shape[0])
        for place in range(begin, end):
            for slot in range(told_of.shape[1]):
                if told_of[place, slot] >= 0:
                    at = told_of[place, slot]
                    fetched = max(fetched, staged[at, 0], staged[at, lanes - 1])
        for place in range(begin, end):
            to = place - begin
            found = False
            for slot in range(told_of.shape[1]):
                at = told_of[place, slot]
                more = np.float32(slot_time[place, slot])
                if at >= 0 and found:
                    for one in range(lanes):
                        few[to, one] = min(few[to, one], staged[at, one] + more)
                elif at >= 0:
                    for one in range(lanes):
                        few[to, one] = staged[at, one] + more
                    found = True
            if not found:
                for one in range(lanes):
                    few[to, one] = FAR
        for one in range(origins):
            line = table[table_rows[one]]
            for place in range(begin, end):
                time = few[place - begin, one]
                line[place] = np.int32(time) if time <= limit else UNREACHED
    return float(fetched)
