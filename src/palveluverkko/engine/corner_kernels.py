"""Compiled passes over the rings of areas that have whole sides in common: which corners can go.

Self-contained, as every kernel file: a cached kernel would not notice an edit in a helper of another file.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

_ROUNDING = 4.0e-16
"""Of the two products of a turn, added up: how far their difference can be off; Shewchuk (1997) proves 3.33e-16."""


_MARGIN = 1e-3
"""Of a bin: more than what rounding moves a spot by."""


@nb.njit(cache=True, nogil=True, boundscheck=False)
def number_corners(
    xy: NDArray[np.float64],
    begin: NDArray[np.int64],
    number: NDArray[np.int32],
    slots: NDArray[np.int32],
    place: NDArray[np.float64],
) -> int:
    """Give places numbers from 0 in the order in which they first come up, the same number for the same place.

    ``begin`` is the slot at which each is looked for first; ``slots`` are more than there are corners, all -1. Gives
    how many places there are.
    """
    count = 0
    for one in range(xy.shape[0]):
        x, y = xy[one, 0], xy[one, 1]
        slot = begin[one]
        while True:
            known = slots[slot]
            if known < 0:
                slots[slot] = known = count
                place[count, 0], place[count, 1] = x, y
                count += 1
            if place[known, 0] == x and place[known, 1] == y:
                number[one] = known
                break
            slot += 1
            if slot == slots.size:
                slot = 0
    return count


@nb.njit(cache=True, nogil=True, boundscheck=False)
def find_neighbours(
    number: NDArray[np.int32], rings: NDArray[np.int64], neighbours: NDArray[np.int32], nodes: NDArray[np.bool_]
) -> None:
    """Find the two corners beside each corner; a corner with more than two is a node. ``neighbours`` come as -1."""
    for ring in range(rings.size - 1):
        for at in range(rings[ring], rings[ring + 1] - 1):
            for one, other in ((number[at], number[at + 1]), (number[at + 1], number[at])):
                if one == other or neighbours[one, 0] == other or neighbours[one, 1] == other:
                    continue
                if neighbours[one, 0] < 0:
                    neighbours[one, 0] = other
                elif neighbours[one, 1] < 0:
                    neighbours[one, 1] = other
                else:
                    nodes[one] = True
    # What a ring only goes to and comes back from.
    for one in range(nodes.size):
        nodes[one] |= neighbours[one, 1] < 0


@nb.njit(cache=True, nogil=True, boundscheck=False)
def trace_lines(
    neighbours: NDArray[np.int32],
    nodes: NDArray[np.bool_],
    corners: NDArray[np.int32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int32],
    line: NDArray[np.int32],
) -> int:
    """List the corners of each line between two nodes, without the nodes, and of each ring without a node.

    Gives how many lines there are; ``ends[line]`` are its two nodes, -1 for a ring, ``line[corner]`` is -1 for a node.
    """
    count, used = 0, 0
    for start in range(nodes.size):
        if nodes[start] or line[start] >= 0:
            continue
        # To the one end, or around; then from there to the other.
        before, here = neighbours[start, 1], np.int32(start)
        while True:
            after = neighbours[here, 1] if neighbours[here, 0] == before else neighbours[here, 0]
            before, here = here, after
            if nodes[here] or here == start:
                break
        whole = here == start
        ends[count, 0] = -1 if whole else here
        if not whole:
            before, here = here, before
        while not nodes[here] and line[here] < 0:
            line[here] = count
            corners[used] = here
            used += 1
            after = neighbours[here, 1] if neighbours[here, 0] == before else neighbours[here, 0]
            before, here = here, after
        ends[count, 1] = -1 if whole else here
        count += 1
        begins[count] = used
    return count


@nb.njit(cache=True, nogil=True, boundscheck=False)
def find_straight(
    number: NDArray[np.int32], rings: NDArray[np.int64], nodes: NDArray[np.bool_], sides: NDArray[np.int32]
) -> int:
    """List the sides between two nodes; gives how many. A side of two areas comes twice."""
    count = 0
    for ring in range(rings.size - 1):
        for at in range(rings[ring], rings[ring + 1] - 1):
            one, other = number[at], number[at + 1]
            if nodes[one] and nodes[other]:
                sides[count, 0], sides[count, 1] = one, other
                count += 1
    return count


@nb.njit(cache=True, nogil=True, boundscheck=False)
def sort_into_bins(
    place: NDArray[np.float64],
    west: float,
    south: float,
    side: float,
    columns: int,
    begins: NDArray[np.int64],
    members: NDArray[np.int32],
) -> None:
    """Sort places into square bins, row by row; ``begins`` come as 0, one more than there are bins."""
    count = place.shape[0]
    for one in range(count):
        row, column = int((place[one, 1] - south) / side), int((place[one, 0] - west) / side)
        begins[row * columns + column] += 1
    total = 0
    for one in range(begins.size):
        total += begins[one]
        begins[one] = total
    for one in range(count - 1, -1, -1):
        row, column = int((place[one, 1] - south) / side), int((place[one, 0] - west) / side)
        begins[row * columns + column] -= 1
        members[begins[row * columns + column]] = one


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _turn(place: NDArray[np.float64], one: int, other: int, spot: int) -> int:
    """Tell on which side of a line a spot surely lies: 1 to the left, -1 to the right, 0 on it or too near to tell."""
    here_x, here_y = place[spot, 0], place[spot, 1]
    ahead = (place[one, 0] - here_x) * (place[other, 1] - here_y)
    aside = (place[one, 1] - here_y) * (place[other, 0] - here_x)
    if abs(ahead - aside) <= _ROUNDING * (abs(ahead) + abs(aside)):
        return 0
    return 1 if ahead > aside else -1


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _across(
    place: NDArray[np.float64], first: int, middle: int, last: int, bottom: float, high: float
) -> tuple[float, float]:
    """Give how far west and east the part of a triangle reaches that lies in a strip of some height."""
    west, east = np.inf, -np.inf
    for number in range(3):
        one, other = (first, middle) if number == 0 else ((middle, last) if number == 1 else (last, first))
        if place[one, 1] > place[other, 1]:
            one, other = other, one
        x, y, rise = place[one, 0], place[one, 1], place[other, 1] - place[one, 1]
        if y > bottom + high or place[other, 1] < bottom:
            continue
        for height in (bottom, bottom + high):
            share = min(1.0, max(0.0, (height - y) / rise)) if rise > 0.0 else (0.0 if height == bottom else 1.0)
            here = x + share * (place[other, 0] - x)
            west, east = min(west, here), max(east, here)
    return west, east


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _is_clear(
    place: NDArray[np.float64],
    line: NDArray[np.int32],
    gone: NDArray[np.int32],
    turn: int,
    first: int,
    middle: int,
    last: int,
    west: float,
    south: float,
    side: float,
    columns: int,
    begins: NDArray[np.int64],
    members: NDArray[np.int32],
) -> bool:
    """Tell whether surely no corner lies in the triangle of three, or on its sides.

    Of other lines all corners count that were there when the ``turn`` began, of its own those that are there now.
    """
    x0 = min(place[first, 0], place[middle, 0], place[last, 0])
    x1 = max(place[first, 0], place[middle, 0], place[last, 0])
    y0 = min(place[first, 1], place[middle, 1], place[last, 1])
    y1 = max(place[first, 1], place[middle, 1], place[last, 1])
    own = line[middle]
    bottom, top = int((y0 - south) / side), int((y1 - south) / side)
    for row in range(bottom, top + 1):
        low, high = x0, x1
        if top - bottom > 1:
            # A thin triangle aslant meets few bins of a row: looking into all beside it took four times as long.
            low, high = _across(place, first, middle, last, south + (row - _MARGIN) * side, (1 + 2 * _MARGIN) * side)
            low, high = max(x0, low - _MARGIN * side), min(x1, high + _MARGIN * side)
        left, right = row * columns + int((low - west) / side), row * columns + int((high - west) / side)
        for at in range(begins[left], begins[right + 1]):
            one = members[at]
            if not (x0 <= place[one, 0] <= x1 and y0 <= place[one, 1] <= y1):
                continue
            if one in (first, middle, last):
                continue
            if gone[one] != 0 and (gone[one] != turn or line[one] == own):
                continue
            # A spot outside has a side of the triangle to its left and one to its right, and only such a spot.
            a, b, c = _turn(place, first, middle, one), _turn(place, middle, last, one), _turn(place, last, first, one)
            if max(a, b, c) < 1 or min(a, b, c) > -1:
                return False
    return True


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _area(x: NDArray[np.float64], y: NDArray[np.float64], first: int, middle: int, last: int) -> float:
    """Give the area of the triangle of three corners, the same to the last bit from either end."""
    ahead = (x[first] - x[middle]) * (y[last] - y[middle])
    return float(abs(ahead - (y[first] - y[middle]) * (x[last] - x[middle])) / 2)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _is_before(area: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], one: int, other: int) -> bool:
    """Tell which corner goes first: that of the smaller triangle, of equal ones the one farther west, then south.

    Without a branch: which way it goes cannot be guessed, and guessing took half the time of the heap.
    """
    further = (x[one] < x[other]) | ((x[one] == x[other]) & (y[one] < y[other]))
    return bool((area[one] < area[other]) | ((area[one] == area[other]) & further))


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _rise(
    heap: NDArray[np.int32],
    spot: NDArray[np.int32],
    at: int,
    area: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> int:
    """Move a corner up in the heap as far as it belongs; gives where it is."""
    moved = heap[at]
    while at > 0:
        above = (at - 1) // 2
        if not _is_before(area, x, y, moved, heap[above]):
            break
        heap[at] = heap[above]
        spot[heap[at]] = at
        at = above
    heap[at] = moved
    spot[moved] = at
    return at


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _sink(
    heap: NDArray[np.int32],
    spot: NDArray[np.int32],
    size: int,
    at: int,
    area: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> None:
    """Move a corner down in the heap as far as it belongs."""
    moved = heap[at]
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and _is_before(area, x, y, heap[below + 1], heap[below]):
            below += 1
        if not _is_before(area, x, y, heap[below], moved):
            break
        heap[at] = heap[below]
        spot[heap[at]] = at
        at = below
    heap[at] = moved
    spot[moved] = at


@nb.njit(cache=True, nogil=True, boundscheck=False)
def remove_corners(
    place: NDArray[np.float64],
    corners: NDArray[np.int32],
    line_begins: NDArray[np.int64],
    ends: NDArray[np.int32],
    least: NDArray[np.int32],
    line: NDArray[np.int32],
    gone: NDArray[np.int32],
    held: NDArray[np.bool_],
    turn: int,
    largest: float,
    west: float,
    south: float,
    side: float,
    columns: int,
    begins: NDArray[np.int64],
    members: NDArray[np.int32],
) -> int:
    """Take corners from the lines that are ``held``, those of the smallest triangles first, up to a largest area.

    A corner goes if no other lies in its triangle, and then the line crosses nothing that it did not cross before. It
    gets the number of the ``turn`` in ``gone``. Lines in which a corner had to stay are held again, ``least`` are the
    corners that stay in each whatever their area. Gives how many went.
    """
    longest, removed = 0, 0
    for one in range(line_begins.size - 1):
        longest = max(longest, line_begins[one + 1] - line_begins[one])
    before, after = np.empty(longest + 2, dtype=np.int32), np.empty(longest + 2, dtype=np.int32)
    who, area = np.empty(longest + 2, dtype=np.int32), np.empty(longest + 2)
    x, y = np.empty(longest + 2), np.empty(longest + 2)
    heap, spot = np.empty(longest + 2, dtype=np.int32), np.empty(longest + 2, dtype=np.int32)
    for one in range(line_begins.size - 1):
        if not held[one]:
            continue
        held[one] = False
        whole = ends[one, 0] < 0
        begin, end = line_begins[one], line_begins[one + 1]
        left = 0
        for at in range(begin, end):
            here = corners[at]
            if gone[here] != 0:
                continue
            if turn == 1:
                first = corners[at - 1] if at > begin else (corners[end - 1] if whole else ends[one, 0])
                second = corners[at + 1] if at + 1 < end else (corners[begin] if whole else ends[one, 1])
                # Half of all corners of areas that end between the cells of a grid; of the same area, 0, they made a
                # third of the work in the heap.
                if (place[first, 0] == place[here, 0] == place[second, 0]) or (
                    place[first, 1] == place[here, 1] == place[second, 1]
                ):
                    gone[here] = turn
                    removed += 1
                    continue
            left += 1
            who[left] = here
        last = left
        who[0], who[last + 1] = ends[one, 0], ends[one, 1]
        for at in range(1, last + 1):
            before[at], after[at], spot[at] = at - 1, at + 1, -1
        if whole:
            before[1], after[last] = last, 1
        for at in range(int(whole), last + 2 - int(whole)):
            x[at], y[at] = place[who[at], 0], place[who[at], 1]
        size = 0
        for at in range(1, last + 1):
            area[at] = _area(x, y, before[at], at, after[at])
            if area[at] <= largest:
                heap[size], spot[at] = at, size
                size += 1
        for at in range(size // 2 - 1, -1, -1):
            _sink(heap, spot, size, at, area, x, y)
        while size > 0 and left > least[one]:
            at = heap[0]
            if area[at] > largest:
                break
            size -= 1
            spot[at] = -1
            if size > 0:
                heap[0] = heap[size]
                _sink(heap, spot, size, 0, area, x, y)
            first, second = before[at], after[at]
            if not _is_clear(
                place,
                line,
                gone,
                turn,
                who[first],
                who[at],
                who[second],
                west,
                south,
                side,
                columns,
                begins,
                members,
            ):
                held[one] = True
                continue
            gone[who[at]] = turn
            left -= 1
            removed += 1
            if 1 <= first <= last:
                after[first] = second
            if 1 <= second <= last:
                before[second] = first
            for beside in (first, second):
                if not 1 <= beside <= last:
                    continue
                area[beside] = _area(x, y, before[beside], beside, after[beside])
                if spot[beside] < 0 and area[beside] <= largest:
                    heap[size] = beside
                    spot[beside] = size
                    size += 1
                if spot[beside] >= 0:
                    _sink(heap, spot, size, _rise(heap, spot, spot[beside], area, x, y), area, x, y)
    return removed


@nb.njit(cache=True, nogil=True, boundscheck=False)
def keep_corners(
    xy: NDArray[np.float64],
    number: NDArray[np.int32],
    rings: NDArray[np.int64],
    gone: NDArray[np.int32],
    kept: NDArray[np.float64],
    kept_rings: NDArray[np.int64],
) -> int:
    """Copy rings without the corners that are gone, each closed with the first that it has; gives how many are left."""
    used = 0
    for ring in range(rings.size - 1):
        kept_rings[ring] = first = used
        for at in range(rings[ring], rings[ring + 1] - 1):
            if gone[number[at]] == 0:
                kept[used, 0], kept[used, 1] = xy[at, 0], xy[at, 1]
                used += 1
        if used > first:
            kept[used, 0], kept[used, 1] = kept[first, 0], kept[first, 1]
            used += 1
    kept_rings[rings.size - 1] = used
    return used
