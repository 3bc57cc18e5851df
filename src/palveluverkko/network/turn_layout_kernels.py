"""Compiled layout of junctions where something is remembered: as few nodes as keep to what each memory permits.

Self-contained, as :mod:`palveluverkko.network.turns_kernels` is.

At a junction a *source* is where one arrives in a layer: the plain node, which permits every piece out of the junction
at once, or a memory. A *slot* is a piece out of it in a layer, with what is remembered after it; every slot has a
*home*, the one node from which it is driven. What slots cost from a source are milliseconds, or it never gets there.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

_THROUGH, _TRIP_BEGINS, _TRIP_ENDS = 0, 1, 2  # as in road_network
_LAYERS = 3
_PLAIN = -1
_NEVER = 1 << 40


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _order(layer: int) -> int:
    """Give the place of a layer in a trip."""
    return 1 if layer == _THROUGH else 2 * (layer - 1)


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _with_room(table: NDArray[np.int32], rows: int) -> NDArray[np.int32]:
    """Give a table that has as many rows, and what stood in it."""
    if rows <= table.shape[0]:
        return table
    larger = np.empty((max(rows, 2 * table.shape[0]), table.shape[1]), dtype=np.int32)
    for row in range(table.shape[0]):  # a slice takes seconds to compile
        for column in range(table.shape[1]):
            larger[row, column] = table[row, column]
    return larger


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _detour(source: int, other: int, slots: int, layer: NDArray[np.int32], cost: NDArray[np.int64]) -> int:
    """Give the least milliseconds after which one may go on as from another source, and gain nothing by it."""
    if _order(layer[other]) < _order(layer[source]):
        return _NEVER
    most = 0
    for slot in range(slots):
        if cost[other, slot] != _NEVER:
            if cost[source, slot] == _NEVER:
                return _NEVER
            most = max(most, int(cost[source, slot] - cost[other, slot]))
    return most


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_alike(one: int, other: int, slots: int, cost: NDArray[np.int64]) -> bool:
    """Tell whether two sources permit the same at the same time."""
    for slot in range(slots):  # noqa: SIM110  # numba compiles no generators
        if cost[one, slot] != cost[other, slot]:
            return False
    return True


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_home(
    row: int, slot: int, kept: NDArray[np.int32], count: int, cost: NDArray[np.int64], detour: NDArray[np.int64]
) -> bool:
    """Tell whether all sources come to a slot by one of them as soon as they may."""
    if cost[row, slot] != 0:
        return False
    for at in range(count):
        other = kept[at]
        if cost[other, slot] != _NEVER and detour[other, row] > cost[other, slot]:
            return False
    return True


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _share_gate(one: int, other: int, kept: NDArray[np.int32], count: int, cost: NDArray[np.int64]) -> bool:
    """Tell whether two slots cost the same from everywhere."""
    for at in range(count):  # noqa: SIM110  # numba compiles no generators
        if cost[kept[at], one] != cost[kept[at], other]:
            return False
    return True


@nb.njit(cache=True, boundscheck=False, nogil=True)
def lay_junctions(
    begin: NDArray[np.int32],
    is_open: NDArray[np.bool_],
    local: NDArray[np.bool_],
    first_piece: NDArray[np.int32],
    order: NDArray[np.int32],
    single: NDArray[np.int32],
    last: NDArray[np.int32],
    by_junction: NDArray[np.int32],
    first_way: NDArray[np.int32],
    way: NDArray[np.int32],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    first_node: int,
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
]:
    """Lay out the junctions at which memories end, one after the other.

    ``single`` is the memory of one piece, by piece; ``last`` the piece driven last, by memory; ``by_junction`` the
    memories in the order of the junctions where they end; ``way`` their ways on (piece, milliseconds, memory after
    it), from ``first_way`` on; ``begins`` and ``ends`` the plain nodes of the layers of local roads.

    Returns
    -------
    tuple
        Nodes (junction, layer) from the first one on; the node of each memory and layer, -1 for none; arcs that stay
        in their junction (tail, head, milliseconds); the homes of slots that are not plain (layer, piece, node); of
        those after which more is remembered than usual (layer, piece, node, memory); other nodes where trips end that
        end on a piece (piece, node).
    """
    most_at_once, most_out, at_once = 0, 0, 0
    for at in range(by_junction.size):
        here = begin[last[by_junction[at]] ^ 1]
        same = at > 0 and begin[last[by_junction[at - 1]] ^ 1] == here
        at_once = at_once + 1 if same else 1
        most_at_once = max(most_at_once, at_once)
        most_out = max(most_out, first_piece[here + 1] - first_piece[here])
    rows_at_most = 3 + 2 * most_at_once
    slots_at_most = 2 * most_out * (1 + most_at_once)
    slot_piece, slot_layer, slot_after, home, home_row, gate = (
        np.empty(slots_at_most, dtype=np.int32),
        np.empty(slots_at_most, dtype=np.int32),
        np.empty(slots_at_most, dtype=np.int32),
        np.empty(slots_at_most, dtype=np.int32),
        np.empty(slots_at_most, dtype=np.int32),
        np.empty(slots_at_most, dtype=np.int32),
    )
    done = np.empty(slots_at_most, dtype=np.bool_)
    row_layer, row_node, row_memory, kept = (
        np.empty(rows_at_most, dtype=np.int32),
        np.empty(rows_at_most, dtype=np.int32),
        np.empty(rows_at_most, dtype=np.int32),
        np.empty(rows_at_most, dtype=np.int32),
    )
    cost = np.empty((rows_at_most, slots_at_most), dtype=np.int64)
    detour = np.empty((rows_at_most, rows_at_most), dtype=np.int64)
    node_of = np.full((last.size, _LAYERS), -1, dtype=np.int32)
    nodes, arcs = np.empty((1024, 2), dtype=np.int32), np.empty((1024, 3), dtype=np.int32)
    homes, special, enter = (
        np.empty((1024, 3), dtype=np.int32),
        np.empty((1024, 4), dtype=np.int32),
        np.empty((1024, 2), dtype=np.int32),
    )
    node_count, arc_count, home_count, special_count, enter_count = 0, 0, 0, 0, 0

    until = 0
    while until < by_junction.size:
        start = until
        here = begin[last[by_junction[start]] ^ 1]
        while until < by_junction.size and begin[last[by_junction[until]] ^ 1] == here:
            until += 1

        slots = 0
        for at in range(first_piece[here], first_piece[here + 1]):
            piece = order[at]
            for layer in range(_LAYERS):
                if is_open[piece] and local[piece >> 1] == (layer != _THROUGH):
                    slot_piece[slots], slot_layer[slots], slot_after[slots] = piece, layer, single[piece]
                    slots += 1
        plain_slots = slots

        rows = 0
        for layer in (_TRIP_BEGINS, _THROUGH, _TRIP_ENDS):
            if layer != _THROUGH and begins[here] == here:
                continue
            row_layer[rows], row_memory[rows], row_node[rows] = layer, _PLAIN, here
            if layer != _THROUGH:
                row_node[rows] = begins[here] if layer == _TRIP_BEGINS else ends[here]
            for slot in range(slots):
                cost[rows, slot] = 0 if _order(slot_layer[slot]) >= _order(layer) else _NEVER
            rows += 1
        plain_rows = rows
        for at in range(start, until):
            memory = by_junction[at]
            for layer in range(_LAYERS):
                if local[last[memory] >> 1] != (layer != _THROUGH):
                    continue
                row_layer[rows], row_memory[rows], row_node[rows] = layer, memory, -1
                for slot in range(slots):
                    cost[rows, slot] = _NEVER
                for one in range(first_way[memory], first_way[memory + 1]):
                    piece, milliseconds, after = way[one, 0], way[one, 1], way[one, 2]
                    for onward in range(_LAYERS):
                        is_local = onward != _THROUGH
                        if local[piece >> 1] != is_local or _order(onward) < _order(layer):
                            continue
                        slot = 0
                        while slot < slots and not (
                            slot_piece[slot] == piece and slot_layer[slot] == onward and slot_after[slot] == after
                        ):
                            slot += 1
                        if slot == slots:
                            slot_piece[slot], slot_layer[slot], slot_after[slot] = piece, onward, after
                            for row in range(rows + 1):
                                cost[row, slot] = _NEVER
                            slots += 1
                        cost[rows, slot] = milliseconds
                rows += 1

        nodes = _with_room(nodes, node_count + rows + 2 * slots)
        arcs = _with_room(arcs, arc_count + (rows + 2) * slots)
        homes = _with_room(homes, home_count + slots)
        special = _with_room(special, special_count + slots)
        enter = _with_room(enter, enter_count + slots)

        # Sources that permit the same at the same time are one.
        kept_count = 0
        for row in range(rows):
            if row_memory[row] != _PLAIN:
                for at in range(kept_count):
                    other = kept[at]
                    if row_layer[other] == row_layer[row] and _is_alike(row, other, slots, cost):
                        row_node[row] = row_node[other]
                        break
            if row_node[row] < 0:
                row_node[row] = first_node + node_count
                nodes[node_count, 0], nodes[node_count, 1] = here, row_layer[row]
                node_count += 1
            elif row_memory[row] != _PLAIN:
                node_of[row_memory[row], row_layer[row]] = row_node[row]
                continue
            if row_memory[row] != _PLAIN:
                node_of[row_memory[row], row_layer[row]] = row_node[row]
            kept[kept_count] = row
            kept_count += 1
        for at in range(kept_count):
            for other_at in range(kept_count):
                one, other = kept[at], kept[other_at]
                detour[one, other] = _detour(one, other, slots, row_layer, cost)

        for slot in range(slots):
            home_row[slot], gate[slot] = -1, -1
            for at in range(kept_count):
                if _is_home(kept[at], slot, kept, kept_count, cost, detour):
                    home_row[slot], home[slot] = kept[at], row_node[kept[at]]
                    break
            if home_row[slot] >= 0:
                continue
            gate[slot] = slot
            for other in range(slot):
                if (
                    gate[other] == other
                    and slot_layer[other] == slot_layer[slot]
                    and _share_gate(slot, other, kept, kept_count, cost)
                ):
                    gate[slot], home[slot] = other, home[other]
                    break
            if gate[slot] == slot:
                home[slot] = first_node + node_count
                nodes[node_count, 0], nodes[node_count, 1] = here, slot_layer[slot]
                node_count += 1

        for at in range(kept_count):
            row = kept[at]
            for slot in range(slots):
                done[slot] = cost[row, slot] == _NEVER or home_row[slot] == row
                if row + 1 < plain_rows and cost[row + 1, slot] == 0:
                    done[slot] = True  # an arc leads from each plain layer to the next
            while True:
                # The node that brings one to the most slots that are left.
                best, most, head, milliseconds = -1, 0, 0, np.int64(0)
                for other_at in range(kept_count):
                    other = kept[other_at]
                    if other == row or detour[row, other] == _NEVER:
                        continue
                    brings = 0
                    for slot in range(slots):
                        to_slot = detour[row, other] + cost[other, slot]
                        brings += not done[slot] and cost[other, slot] != _NEVER and to_slot == cost[row, slot]
                    if brings > most:
                        best, most, head, milliseconds = other, brings, row_node[other], detour[row, other]
                best_gate = -1
                for slot in range(slots):
                    if gate[slot] != slot or cost[row, slot] == _NEVER:
                        continue
                    brings = 0
                    for other in range(slots):
                        brings += not done[other] and gate[other] == slot
                    if brings > most:
                        best_gate, most, head, milliseconds = slot, brings, home[slot], cost[row, slot]
                if most == 0:
                    break
                for slot in range(slots):
                    if best_gate >= 0:
                        done[slot] |= gate[slot] == best_gate
                    elif cost[best, slot] != _NEVER:
                        done[slot] |= milliseconds + cost[best, slot] == cost[row, slot]
                arcs[arc_count, 0], arcs[arc_count, 1], arcs[arc_count, 2] = row_node[row], head, milliseconds
                arc_count += 1

        for slot in range(plain_slots):
            piece, layer = slot_piece[slot], slot_layer[slot]
            homes[home_count, 0], homes[home_count, 1], homes[home_count, 2] = layer, piece, home[slot]
            home_count += 1
            end_node = -1
            for other in range(plain_slots, slots):
                if slot_piece[other] != piece or slot_layer[other] != layer:
                    continue
                special[special_count, 0], special[special_count, 1] = layer, piece
                special[special_count, 2], special[special_count, 3] = home[other], slot_after[other]
                special_count += 1
                if layer == _TRIP_BEGINS:
                    continue
                if end_node < 0:
                    # Trips end on a piece from one node, wherever it is driven from.
                    end_node = first_node + node_count
                    nodes[node_count, 0], nodes[node_count, 1] = here, layer
                    node_count += 1
                    enter[enter_count, 0], enter[enter_count, 1] = piece, end_node
                    enter_count += 1
                    arcs[arc_count, 0], arcs[arc_count, 1], arcs[arc_count, 2] = home[slot], end_node, 0
                    arc_count += 1
                arcs[arc_count, 0], arcs[arc_count, 1], arcs[arc_count, 2] = home[other], end_node, 0
                arc_count += 1
    return (
        nodes[:node_count],
        node_of,
        arcs[:arc_count],
        homes[:home_count],
        special[:special_count],
        enter[:enter_count],
    )
