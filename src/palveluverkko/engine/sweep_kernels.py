"""Compiled sweeps over a prepared graph, many origins side by side, and the travel times put down for places.

Self-contained, like every kernel file. Arrays arrive read-only where they are inputs. Sums and comparisons of float32
are exact on whole numbers below 2**24. Positions in inner loops are unsigned: for others the compiled code asks each
time whether they are negative and count from the end (a sixth of the time of a tree).
"""

# ruff: noqa: ANN401, ARG001  # instructions are written in objects of a library without types

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic, models, register_model
from numpy.typing import NDArray

UNREACHED = np.int32(2_147_483_647)
FAR = np.float32(1 << 30)
"""In a lane where nothing leads."""

LANES = 32
"""Numbers in a row of lanes."""

_PLACES_AT_ONCE = 128
_LINE_BYTES = 64
_ROW = ir.VectorType(ir.FloatType(), LANES)


class _Row(nb.types.Type):
    """A row of lanes in the registers of the processor: what the compiler calls a vector.

    Left to find vectors in loops over lanes, it put the least of a row back into memory after every arc, and looked
    before each loop whether the rows overlap (``docs/engine.md`` says what that costs).
    """

    def __init__(self) -> None:
        super().__init__(name=f"Row{LANES}")


@register_model(_Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _ROW)  # type: ignore[no-untyped-call]  # numba has no types


def _instruction(plainly: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let numba compile calls of a function as the function says; where nothing is compiled it is done plainly."""
    return lambda code: plainly if nb.config.DISABLE_JIT else intrinsic(code)  # type: ignore[attr-defined]  # numba's


def _spread(builder: Any, number: Any) -> Any:
    """Give a vector of a number in each lane."""
    first = builder.insert_element(ir.Constant(_ROW, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(_ROW, ir.Undefined), everywhere)


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Give the address of a row of an array; arrays and rows are the first two arguments."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    row = context.cast(builder, arguments[1], signature.args[1], nb.types.int64)
    begin = builder.gep(array.data, [builder.mul(row, ir.Constant(ir.IntType(64), LANES))])
    return builder.bitcast(begin, _ROW.as_pointer())


@_instruction(lambda: np.full(LANES, FAR))
def _far(_typing: Any) -> Any:
    """Give a row of FAR."""

    def code(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        return _spread(builder, ir.Constant(ir.FloatType(), float(FAR)))

    return _Row()(), code


@_instruction(lambda lane, row: lane[row].copy())
def _read(_typing: Any, lane: Any, row: Any) -> Any:
    """Give a row of float32[rows, LANES]."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=4)

    return _Row()(lane, row), code


@_instruction(operator.setitem)
def _write(_typing: Any, lane: Any, row: Any, lanes: Any) -> Any:
    """Put a row into float32[rows, LANES]."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, signature, arguments), align=4)
        return context.get_dummy_value()

    return nb.types.void(lane, row, lanes), code


@_instruction(lambda best, other, time: np.minimum(best, other + time))
def _least(_typing: Any, best: Any, other: Any, time: Any) -> Any:
    """Give ``min(best, other + time)``, lane by lane."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        best, other, time = arguments
        there = builder.fadd(other, _spread(builder, time))
        return builder.select(builder.fcmp_ordered("<", there, best), there, best)

    return best(best, other, nb.types.float32), code


@_instruction(lambda lanes, limit: np.uint64(sum(1 << one for one in range(LANES) if lanes[one] <= limit)))
def _within(_typing: Any, lanes: Any, limit: Any) -> Any:
    """Give a bit for each lane that is at most a limit, uint64."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kept = builder.fcmp_ordered("<=", arguments[0], _spread(builder, arguments[1]))
        return builder.zext(builder.bitcast(kept, ir.IntType(LANES)), ir.IntType(64))

    return nb.types.uint64(lanes, nb.types.float32), code


@_instruction(lambda whole, row, lanes, limit: operator.setitem(whole, row, np.where(lanes <= limit, lanes, UNREACHED)))
def _write_whole(_typing: Any, whole: Any, row: Any, lanes: Any, limit: Any) -> Any:
    """Put a row into int32[rows, LANES], UNREACHED where it is above a limit."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.VectorType(ir.IntType(32), LANES)
        kept = builder.fcmp_ordered("<=", arguments[2], _spread(builder, arguments[3]))
        # Above the limit the number may fit no int32: what conversion gives then is not defined, and not taken.
        numbers = builder.fptosi(builder.select(kept, arguments[2], ir.Constant(_ROW, [0.0] * LANES)), kind)
        row = builder.select(kept, numbers, ir.Constant(kind, [int(UNREACHED)] * LANES))
        address = builder.bitcast(_place(context, builder, signature, arguments), kind.as_pointer())
        builder.store(row, address, align=4)
        return context.get_dummy_value()

    return nb.types.void(whole, row, lanes, nb.types.float32), code


@_instruction(lambda _lane, _row: None)
def _fetch(_typing: Any, lane: Any, row: Any) -> Any:
    """Have a row of float32[rows, LANES] brought from memory, without waiting for it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        begin = builder.bitcast(_place(context, builder, signature, arguments), byte)
        to_read_data_again = [ir.Constant(number, one) for one in (0, 3, 1)]
        for line in range(0, 4 * LANES, _LINE_BYTES):
            builder.call(fetch, [builder.gep(begin, [ir.Constant(number, line)]), *to_read_data_again])
        return context.get_dummy_value()

    return nb.types.void(lane, row), code


@_instruction(lambda bits: np.uint64((int(bits) & -int(bits)).bit_length() - 1))
def _lowest(_typing: Any, bits: Any) -> Any:
    """Give the number of the lowest bit that is set, uint64."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return nb.types.uint64(nb.types.uint64), code


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


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
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
    sparse: int,
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    tree_told: NDArray[np.int32],
    told_row: NDArray[np.int32],
    first_slot: NDArray[np.int32],
    slot_row: NDArray[np.int32],
    place: NDArray[np.int32],
    place_time: NDArray[np.int32],
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
    that reaches one of them, and has one already for each that lies in the tree. A tree without a bit is passed over,
    and its lanes hold nothing. Where ``lane`` has fewer rows than there are, all trees use the same ones behind those
    of the crown: these stay in the cache, and what they tell is put down before the next tree.

    Where at most one in ``sparse`` of the times can be told, they are noted for each origin, and written into its row
    of the table at the end. Otherwise writing all over it would be slow: they are staged in the order of the sweep, and
    then picked up row by row of the table. Gives the number of rows swept.
    """
    limit = np.float32(budget)
    crown_rows = tree[0]
    own_rows = lane.shape[0] >= first_in.size - 1
    came = np.empty(crown_rows, dtype=np.uint64)
    for row in range(core_rows):
        came[row] = _within(_read(lane, row), limit)
    _sweep_crown(
        core_rows, crown_rows, limit, first_in, tail, drop_time, held, held_lane, held_time, held_next, lane, came
    )  # fmt: skip
    holding = entered.copy()
    told = _enter(
        row_of, first_gate, gate, tree_told, told_row, first_slot, came, entered, np.zeros(origins, dtype=np.int64)
    )  # fmt: skip
    # Two numbers for each time that may be told: no more room than staging would take.
    all_told = told.sum()
    at_once = all_told * sparse <= np.int64(origins) * place.size and 2 * all_told <= staged.size
    note = np.empty(2 * all_told if at_once else 0, dtype=np.int32)
    first_note = 2 * (np.cumsum(told) - told)
    noted = first_note.copy()
    slots = (slot_row, place, place_time)
    if at_once:
        for at in range(tree_told[0]):
            _note(first_slot[at], first_slot[at + 1], 0, budget, came[told_row[at]], *slots, note, noted, lane)
    else:
        _stage(0, tree_told[0], 0, told_row, staged, lane)
    swept = int(crown_rows - core_rows)
    for number in range(tree.size - 1):
        begin, end = tree[number], tree[number + 1]
        tell, told_end = tree_told[number], tree_told[number + 1]
        aside = 0 if own_rows else begin - crown_rows
        if entered[number] != 0:
            swept += int(end - begin)
            first = begin
            for row in range(begin, end if holding[number] != 0 else begin):
                if held[row] >= 0:
                    _sweep_tree(first, row + 1, aside, crown_rows, first_in, tail, drop_time, lane)
                    _join(row, row - aside, held, held_lane, held_time, held_next, lane)
                    first = row + 1
            _sweep_tree(first, end, aside, crown_rows, first_in, tail, drop_time, lane)
            if at_once:
                begin, end = first_slot[tell], first_slot[told_end]
                _note(begin, end, aside, budget, entered[number], *slots, note, noted, lane)
            else:
                _stage(tell, told_end, aside, told_row, staged, lane)
        elif not at_once:
            for at in range(tell, told_end):
                _write(staged, at, _far())
    if at_once:
        _write_up(first_note, noted, note, table_rows, table)
    else:
        _pick_up(origins, limit, slot_time, told_of, table_rows, table, staged)
    return swept


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _sweep_crown(
    core_rows: int,
    crown_rows: int,
    limit: np.float32,
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    held: NDArray[np.int32],
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    lane: NDArray[np.float32],
    came: NDArray[np.uint64],
) -> None:
    """Give each row of the crown the least over the ways down into it, and over what the climbs hold there.

    ``came`` gets a bit for each origin that reaches a row.
    """
    for row in range(np.uint64(core_rows), np.uint64(crown_rows)):
        best = _far()
        for at in range(np.uint64(first_in[row]), np.uint64(first_in[row + np.uint64(1)])):
            best = _least(best, _read(lane, np.uint64(tail[at])), drop_time[at])
        _write(lane, row, best)
        if held[row] >= 0:
            _join(row, row, held, held_lane, held_time, held_next, lane)
        came[row] = _within(_read(lane, row), limit)


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _join(
    row: int,
    to: int,
    held: NDArray[np.int32],
    held_lane: NDArray[np.int32],
    held_time: NDArray[np.float32],
    held_next: NDArray[np.int32],
    lane: NDArray[np.float32],
) -> None:
    """Put into a row of lanes what the climbs hold for it, where that is less."""
    k = held[row]
    held[row] = -1
    while k >= 0:
        one = np.uint64(held_lane[k])
        lane[to, one] = min(lane[to, one], held_time[k])
        k = held_next[k]


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _sweep_tree(
    begin: int,
    end: int,
    aside: int,
    crown_rows: int,
    first_in: NDArray[np.int32],
    tail: NDArray[np.int32],
    drop_time: NDArray[np.float32],
    lane: NDArray[np.float32],
) -> None:
    """Give rows of a tree the least over the ways down into them; their lanes stand ``aside`` before their own place.

    Three ways are taken in any case, the last one again where there are fewer: four rows of five have at most three,
    and how many the next one has is nothing that the processor can foresee.
    """
    crown, apart = np.uint64(crown_rows), np.uint64(aside)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    at = np.uint64(first_in[np.uint64(begin)])
    for row in range(np.uint64(begin), np.uint64(end)):
        best = _far()
        beyond = np.uint64(first_in[row + one])
        if at != beyond:
            second, third = min(at + one, beyond - one), min(at + two, beyond - one)
            best = _least(best, _read(lane, _berth(tail[at], crown, apart)), drop_time[at])
            best = _least(best, _read(lane, _berth(tail[second], crown, apart)), drop_time[second])
            best = _least(best, _read(lane, _berth(tail[third], crown, apart)), drop_time[third])
            for more in range(at + three, beyond):
                best = _least(best, _read(lane, _berth(tail[more], crown, apart)), drop_time[more])
        at = beyond
        _write(lane, row - apart, best)


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _berth(row: int, crown: np.uint64, apart: np.uint64) -> np.uint64:
    """Give where the lanes of a row stand."""
    berth = np.uint64(row)
    return berth - apart if berth >= crown else berth


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _enter(
    row_of: NDArray[np.int32],
    first_gate: NDArray[np.int32],
    gate: NDArray[np.int32],
    tree_told: NDArray[np.int32],
    told_row: NDArray[np.int32],
    first_slot: NDArray[np.int32],
    came: NDArray[np.uint64],
    entered: NDArray[np.uint64],
    told: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Let the origins enter trees through their gates; gives how many times each of them may tell at most."""
    one_bit = np.uint64(1)
    for at in range(tree_told[0]):
        here = came[told_row[at]]
        more = np.int64(first_slot[at + 1] - first_slot[at])
        if here != 0:
            for one in range(told.size):
                told[one] += np.int64((here >> np.uint64(one)) & one_bit) * more
    for number in range(entered.size):
        here = entered[number]
        for at in range(first_gate[number], first_gate[number + 1]):
            row = row_of[gate[at]]
            if row >= 0:
                here |= came[row]
        entered[number] = here
        more = np.int64(first_slot[tree_told[number + 1]] - first_slot[tree_told[number]])
        if here != 0:
            for one in range(told.size):
                told[one] += np.int64((here >> np.uint64(one)) & one_bit) * more
    return told


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _note(
    begin: int,
    end: int,
    aside: int,
    budget: int,
    who: np.uint64,
    slot_row: NDArray[np.int32],
    place: NDArray[np.int32],
    place_time: NDArray[np.int32],
    note: NDArray[np.int32],
    noted: NDArray[np.int64],
    lane: NDArray[np.float32],
) -> None:
    """Note the times at some slots, each with its place, for the origins that may have come: ``who`` has their bits.

    One origin after the other, and what is beyond the budget is written over: nothing that the processor must foresee.
    """
    apart, bit, two, nothing = np.uint64(aside), np.uint64(1), np.uint64(2), np.uint64(0)
    while who != 0:
        one = _lowest(who)
        who &= who - bit
        to = np.uint64(noted[one])
        for slot in range(np.uint64(begin), np.uint64(end)):
            time = np.int64(lane[np.uint64(slot_row[slot]) - apart, one]) + place_time[slot]
            note[to] = place[slot]
            note[to + bit] = time
            to += two if time <= budget else nothing
        noted[one] = to


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _stage(
    begin: int,
    end: int,
    aside: int,
    told_row: NDArray[np.int32],
    staged: NDArray[np.float32],
    lane: NDArray[np.float32],
) -> None:
    """Put down what some rows tell in the order of the sweep."""
    apart = np.uint64(aside)
    for at in range(np.uint64(begin), np.uint64(end)):
        _write(staged, at, _read(lane, np.uint64(told_row[at]) - apart))


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _write_up(
    first_note: NDArray[np.int64],
    noted: NDArray[np.int64],
    note: NDArray[np.int32],
    table_rows: NDArray[np.int32],
    table: NDArray[np.int32],
) -> None:
    """Fill rows of the table with what was noted for each origin, one row after the other: it is in the cache then."""
    next_one = np.uint64(1)
    for one in range(first_note.size):
        line = table[table_rows[one]]
        for to in range(line.size):
            line[to] = UNREACHED
        for at in range(np.uint64(first_note[one]), np.uint64(noted[one]), np.uint64(2)):
            its = np.uint64(note[at])
            line[its] = min(line[its], note[at + next_one])


@nb.njit(cache=True, boundscheck=False, nogil=True, error_model="numpy")
def _pick_up(
    origins: int,
    limit: np.float32,
    slot_time: NDArray[np.int32],
    told_of: NDArray[np.int32],
    table_rows: NDArray[np.int32],
    table: NDArray[np.int32],
    staged: NDArray[np.float32],
) -> None:
    """Fill rows of the table with the least over the slots of each place.

    Some places at a time. What is staged for them lies all over memory: it is fetched while those before are worked
    on. Then each row of the table gets whole cache lines at once.
    """
    places, width = told_of.shape
    few = np.empty((_PLACES_AT_ONCE, LANES), dtype=np.int32)
    for begin in range(-_PLACES_AT_ONCE, places, _PLACES_AT_ONCE):
        end = min(begin + _PLACES_AT_ONCE, places)
        for place in range(end, min(end + _PLACES_AT_ONCE, places)):
            for slot in range(width):
                if told_of[place, slot] >= 0:
                    _fetch(staged, told_of[place, slot])
        for place in range(max(0, begin), end):
            best = _far()
            for slot in range(width):
                at = told_of[place, slot]
                if at >= 0:
                    best = _least(best, _read(staged, at), np.float32(slot_time[place, slot]))
            _write_whole(few, place - begin, best, limit)
        for one in range(origins):
            line = table[table_rows[one]]
            for place in range(np.uint64(max(0, begin)), np.uint64(max(0, end))):
                line[place] = few[place - np.uint64(begin), one]
