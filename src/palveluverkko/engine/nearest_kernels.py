"""Compiled questions for the nearest of many straight segments: a packed tree of boxes, built and searched.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

# Children of a box and segments of a leaf. 300,000 places among 5 million segments (Porto, tiled 4 × 4): 2.2 µs of
# processor time each and 13 bytes a segment; with 4 it is 2.0 µs and 19 bytes, with 16 3.0 µs and 10 bytes.
BRANCHES = 8

_DEEPEST = 16
_DIGIT = 1 << 16

# A box may be as far as the best so far plus what rounding hides, or a tie would be lost: squares of distances come
# from cross products, which are off by some 1e-16 of the length of a segment times the distance.
_SLACK = 1e-9

_ANY, _PREFERRED, _OTHER_SIDE = 0, 1, 2


@nb.njit(cache=True, boundscheck=False, nogil=True)
def list_segments(
    first_vertex: NDArray[np.int64], which: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """List the segments of some lines by their first vertex, and the line of each."""
    count = 0
    for line in range(which.size):
        if which[line]:
            count += max(0, first_vertex[line + 1] - first_vertex[line] - 1)
    vertex, own = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    count = 0
    for line in range(which.size):
        if which[line]:
            for at in range(first_vertex[line], first_vertex[line + 1] - 1):
                vertex[count] = at
                own[count] = line
                count += 1
    return vertex, own


@nb.njit(cache=True, boundscheck=False, nogil=True)
def order_by_curve(
    vertex: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64], stop: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """Give the order of segments along a Hilbert curve through their middles; those in one cell keep their order."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for at in vertex:
        west, east = min(west, x[at], x[at + 1]), max(east, x[at], x[at + 1])
        south, north = min(south, y[at], y[at + 1]), max(north, y[at], y[at + 1])
    extent = max(east - west, north - south)
    cells = (_DIGIT - 1) / (2 * extent) if extent > 0.0 else 0.0
    key = np.empty(vertex.size, dtype=np.uint32)
    for number in range(vertex.size):
        at = vertex[number]
        column = int((x[at] - west + x[at + 1] - west) * cells)
        row = int((y[at] - south + y[at + 1] - south) * cells)
        key[number] = _along_curve(column, row)
    return _order_of(key, stop)


@nb.njit(cache=True, boundscheck=False, nogil=True)
def order_points_by_curve(x: NDArray[np.float64], y: NDArray[np.float64], stop: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Give the order of points along a Hilbert curve, so that neighbours ask for the same boxes one after the other.

    300,000 places among 5 million segments, given in random order: 2.2 µs each instead of 5.9, and 0.1 µs for this.
    """
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for point in range(x.size):
        if np.isfinite(x[point]) and np.isfinite(y[point]):
            west, east = min(west, x[point]), max(east, x[point])
            south, north = min(south, y[point]), max(north, y[point])
    extent = max(east - west, north - south)
    cells = (_DIGIT - 1) / extent if extent > 0.0 else 0.0
    key = np.zeros(x.size, dtype=np.uint32)
    for point in range(x.size):
        if np.isfinite(x[point]) and np.isfinite(y[point]):
            key[point] = _along_curve(int((x[point] - west) * cells), int((y[point] - south) * cells))
    return _order_of(key, stop)


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _order_of(key: NDArray[np.uint32], stop: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Give the order of rising keys, equal ones as they came: by their lower half, then by their upper one.

    Any order when told to stop.
    """
    order = np.arange(key.size).astype(np.int32)
    other = np.empty_like(order)
    first = np.empty(_DIGIT + 1, dtype=np.int64)
    for shift in (0, 16):
        if stop[0] != 0:
            break
        first[:] = 0
        for one in key:
            first[((one >> shift) & (_DIGIT - 1)) + 1] += 1
        for digit in range(_DIGIT):
            first[digit + 1] += first[digit]
        for place in range(order.size):
            digit = (key[order[place]] >> shift) & (_DIGIT - 1)
            other[first[digit]] = order[place]
            first[digit] += 1
        order, other = other, order
    return order


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _along_curve(column: int, row: int) -> int:
    """Give the position of a cell of 65,536 × 65,536 along the Hilbert curve."""
    position = 0
    side = _DIGIT >> 1
    while side > 0:
        right, up = 1 if column & side else 0, 1 if row & side else 0
        position += side * side * ((3 * right) ^ up)
        if up == 0:
            if right == 1:
                column, row = _DIGIT - 1 - column, _DIGIT - 1 - row
            column, row = row, column
        side >>= 1
    return position


@nb.njit(cache=True, boundscheck=False, nogil=True)
def box_segments(
    vertex: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64], first_box: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give west, south, east, north of every box: of each few segments, of each few such boxes, and so on to one.

    The boxes of a level stand from ``first_box[level]`` on, the leaves first.
    """
    box = np.empty((first_box[-1], 4))
    for number in range(first_box[-1]):
        box[number, 0] = box[number, 1] = np.inf
        box[number, 2] = box[number, 3] = -np.inf
    for number in range(vertex.size):
        leaf = number // BRANCHES
        for at in range(vertex[number], vertex[number] + 2):
            box[leaf, 0], box[leaf, 2] = min(box[leaf, 0], x[at]), max(box[leaf, 2], x[at])
            box[leaf, 1], box[leaf, 3] = min(box[leaf, 1], y[at]), max(box[leaf, 3], y[at])
    for level in range(1, first_box.size - 1):
        for child in range(first_box[level - 1], first_box[level]):
            own = first_box[level] + (child - first_box[level - 1]) // BRANCHES
            for side in range(2):
                box[own, side] = min(box[own, side], box[child, side])
                box[own, side + 2] = max(box[own, side + 2], box[child, side + 2])
    return box


@nb.njit(cache=True, boundscheck=False, nogil=True)
def square_of_distance(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Give the square of the distance from a point to a segment, and how far from a to b the nearest spot lies.

    To the last bit the same whichever way the segment is drawn, and exactly the distance to an end where that is
    nearest: roads laid on each other, and roads that meet at a vertex, are exactly as near.
    """
    turned = ax > bx or (ax == bx and ay > by)
    if turned:
        ax, ay, bx, by = bx, by, ax, ay
    dx, dy, ux, uy = bx - ax, by - ay, px - ax, py - ay
    length2 = dx * dx + dy * dy
    along = ux * dx + uy * dy
    if along <= 0.0:
        return ux * ux + uy * uy, 1.0 if turned else 0.0
    if along >= length2:
        ux, uy = px - bx, py - by
        return ux * ux + uy * uy, 0.0 if turned else 1.0
    aside = ux * dy - uy * dx
    share = along / length2
    return aside * aside / length2, 1.0 - share if turned else share


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _square_of_gap(px: float, py: float, box: NDArray[np.float64], number: int) -> float:
    gap_x: float = max(box[number, 0] - px, 0.0, px - box[number, 2])
    gap_y: float = max(box[number, 1] - py, 0.0, py - box[number, 3])
    return gap_x * gap_x + gap_y * gap_y


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _find(
    px: float,
    py: float,
    limit: float,
    sort: int,
    own: int,
    east: float,
    north: float,
    cosine: float,
    vertex: NDArray[np.int32],
    line: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    box: NDArray[np.float64],
    first_box: NDArray[np.int64],
    preferred: NDArray[np.bool_],
    course: NDArray[np.int8],
    road: NDArray[np.int32],
    way: NDArray[np.int64],
    waiting: NDArray[np.int64],
    gap: NDArray[np.float64],
) -> tuple[int, int, float]:
    """Give the number, line and square of distance of the nearest segment of a sort.

    Of equally near ones a line with traffic both ways wins, then the lowest.
    Boxes wait on a stack, the nearest on top, each as its level and its number in the level.
    """
    best, best_line, best2 = -1, -1, limit * limit
    depth = 0
    if vertex.size > 0:
        waiting[0] = (first_box.size - 2) << 40
        gap[0] = 0.0
        depth = 1
    while depth > 0:
        depth -= 1
        if gap[depth] > best2 * (1.0 + _SLACK) + _SLACK:
            continue
        level, number = waiting[depth] >> 40, waiting[depth] & ((1 << 40) - 1)
        if level > 0:
            base = first_box[level - 1]
            begin = number * BRANCHES
            bottom = depth
            for child in range(begin, min(begin + BRANCHES, first_box[level] - base)):
                away = _square_of_gap(px, py, box, base + child)
                if away > best2 * (1.0 + _SLACK) + _SLACK:
                    continue
                at = depth
                while at > bottom and gap[at - 1] < away:
                    gap[at], waiting[at] = gap[at - 1], waiting[at - 1]
                    at -= 1
                gap[at], waiting[at] = away, ((level - 1) << 40) | child
                depth += 1
            continue
        begin = number * BRANCHES
        for segment in range(begin, min(begin + BRANCHES, vertex.size)):
            at = vertex[segment]
            away, _ = square_of_distance(px, py, x[at], y[at], x[at + 1], y[at + 1])
            if away > best2:
                continue
            here = line[segment]
            if away == best2 and best >= 0:
                one_way, best_one_way = course[here] != 0, course[best_line] != 0
                if (one_way and not best_one_way) or (one_way == best_one_way and at > vertex[best]):
                    continue
            if sort == _PREFERRED and not preferred[here]:
                continue
            if sort == _OTHER_SIDE:
                if road[here] != road[own] or way[here] == way[own] or preferred[here] != preferred[own]:
                    continue
                dx, dy = x[at + 1] - x[at], y[at + 1] - y[at]
                length = np.sqrt(dx * dx + dy * dy)
                if course[here] == 0 or not course[here] * (dx * east + dy * north) < -cosine * length:
                    continue
            best, best_line, best2 = segment, here, away
    return best, best_line, best2


@nb.njit(cache=True, boundscheck=False, nogil=True)
def snap_points(
    point_x: NDArray[np.float64],
    point_y: NDArray[np.float64],
    order: NDArray[np.int32],
    begin: int,
    end: int,
    vertex: NDArray[np.int32],
    line: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    box: NDArray[np.float64],
    first_box: NDArray[np.int64],
    preferred: NDArray[np.bool_],
    course: NDArray[np.int8],
    road: NDArray[np.int32],
    way: NDArray[np.int64],
    factor: float,
    longest: float,
    further: float,
    cosine: float,
    stop: NDArray[np.uint8],
    nearest_metres: NDArray[np.float64],
    found_line: NDArray[np.int32],
    found_vertex: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Snap the points ``order[begin]`` to ``order[end - 1]``: see ``engine.nearest.snap_to_lines``.

    ``found_line`` and ``found_vertex`` have two columns, ``found`` twice fraction, x, y and distance.
    """
    waiting = np.empty(_DEEPEST * BRANCHES, dtype=np.int64)
    gap = np.empty(_DEEPEST * BRANCHES)
    for place in range(begin, end):
        if stop[0]:
            return
        point = order[place]
        px, py = point_x[point], point_y[point]
        if not (np.isfinite(px) and np.isfinite(py)):
            continue
        chosen, own, away2 = _find(
            px, py, np.inf, _ANY, -1, 0.0, 0.0, 0.0, vertex, line, x, y, box, first_box,
            preferred, course, road, way, waiting, gap,
        )  # fmt: skip
        if chosen < 0:
            continue
        metres = np.sqrt(away2)
        nearest_metres[point] = metres
        if not preferred[own]:
            limit = min(longest, factor * metres)
            # Squares round: what lies just within the limit is not missed, and what lies just beyond is dropped below.
            other, other_line, other2 = _find(
                px, py, limit * (1.0 + _SLACK), _PREFERRED, -1, 0.0, 0.0, 0.0, vertex, line, x, y, box, first_box,
                preferred, course, road, way, waiting, gap,
            )  # fmt: skip
            if other >= 0 and np.sqrt(other2) <= limit:
                chosen, own, away2 = other, other_line, other2
                metres = np.sqrt(away2)
        for slot in range(2):
            at = vertex[chosen]
            _, share = square_of_distance(px, py, x[at], y[at], x[at + 1], y[at + 1])
            found_line[point, slot], found_vertex[point, slot] = own, at
            found[point, 4 * slot] = share
            found[point, 4 * slot + 1] = x[at] + (x[at + 1] - x[at]) * share
            found[point, 4 * slot + 2] = y[at] + (y[at + 1] - y[at]) * share
            found[point, 4 * slot + 3] = np.sqrt(away2)
            if slot == 1 or metres > longest or course[own] == 0 or road[own] < 0:
                break
            dx, dy = x[at + 1] - x[at], y[at + 1] - y[at]
            length = np.sqrt(dx * dx + dy * dy)
            if length == 0.0:
                break
            limit = min(longest, metres + further)
            chosen, other_line, away2 = _find(
                px, py, limit * (1.0 + _SLACK), _OTHER_SIDE, own,
                course[own] * dx / length, course[own] * dy / length, cosine,
                vertex, line, x, y, box, first_box, preferred, course, road, way, waiting, gap,
            )  # fmt: skip
            own = other_line
            if chosen < 0 or np.sqrt(away2) > limit:
                break
