"""Compiled passes over a grid: roads burnt in, then spread.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

# A knight's move beside the eight neighbours keeps the swept distance within 2.8 % of the straight one
# (8 % with the eight alone); it never falls short of it.
_STEPS = np.array([(0, -1), (-1, -1), (-1, 0), (-1, 1), (-2, -1), (-2, 1), (-1, -2), (-1, 2)], dtype=np.int64)

# Lengths of walks are counted in parts of a cell and rounded up, so that walks of any order of steps are as long: of 72
# parts the diagonal takes 102 (0.2 % more than it is) and the knight's move 161. On the road they begin in eighths.
UNITS = 72
_EIGHTH = 9
ROUNDING = 1e-9

# A cell whose centre is within 0.6 cells of a road has the time of the road itself; from there the walk is phased in,
# and from 0.9 cells on it counts whole. Of Tampere's roads 0.48 % lie in another band than their own so, 0.51 % where
# cells within 0.71 cells have the road's time and all others the walk, and 1.7 % where a cell is as late as its centre.
_ON_ROAD, _OFF_ROAD = 0.6, 0.9


@nb.njit(cache=True, nogil=True, boundscheck=False)
def is_clear(x: float, y: float, dx: float, dy: float, wet: NDArray[np.bool_], side: float) -> bool:
    """Tell whether no wet cell lies between a spot (x, y) and a spot (dx, dy) from it; cells are ``side`` wide.

    The cells of both ends do not count: a road on the shore may lie in a cell whose centre is on the water, and a way
    may end on the water. A way through the corner of four cells passes unless both beside it are wet.
    """
    rows, columns = wet.shape
    first_row, first_column = int(np.floor(y / side)), int(np.floor(x / side))
    last_row, last_column = int(np.floor((y + dy) / side)), int(np.floor((x + dx) / side))
    before_row, before_column = first_row, first_column
    # Halfway between an even number of marks: from middle to middle of cells none of them falls on a corner.
    steps = 2 * int(2.0 * np.hypot(dx, dy) / side) + 2
    for step in range(steps + 1):
        share = min(1.0, (step + 0.5) / steps)
        row, column = int(np.floor((y + dy * share) / side)), int(np.floor((x + dx * share) / side))
        known = min(row, before_row) >= 0 and max(row, before_row) < rows
        if known and min(column, before_column) >= 0 and max(column, before_column) < columns:
            aslant = row != before_row and column != before_column
            if aslant and wet[row, before_column] and wet[before_row, column]:
                return False
            at_end = (row == first_row and column == first_column) or (row == last_row and column == last_column)
            if wet[row, column] and not at_end:
                return False
        before_row, before_column = row, column
    return True


@nb.njit(cache=True, nogil=True, boundscheck=False)
def bar_steps(
    barred: NDArray[np.uint8], blocked: NDArray[np.bool_], wet: NDArray[np.bool_], near: NDArray[np.bool_]
) -> None:
    """Note for every cell which of the steps to its neighbours lead across water, a bit for each.

    ``wet`` is the grid several times finer, ``blocked`` its cells in the middle of those of the grid. A step onto a
    blocked cell is asked on the grid itself: it has to cross wet cells to get there. Only cells ``near`` water are
    asked.
    """
    rows, columns = blocked.shape
    side = rows / wet.shape[0]
    for row in range(rows):
        for column in range(columns):
            if not near[row, column]:
                continue
            for step in range(_STEPS.shape[0]):
                down, right = _STEPS[step, 0], _STEPS[step, 1]
                if not (0 <= row + down < rows and 0 <= column + right < columns):
                    continue
                if blocked[row, column] or blocked[row + down, column + right]:
                    clear = is_clear(column + 0.5, row + 0.5, float(right), float(down), blocked, 1.0)
                else:
                    clear = is_clear(column + 0.5, row + 0.5, float(right), float(down), wet, side)
                if not clear:
                    barred[row, column] |= np.uint8(1 << step)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def is_reachable(
    x: float,
    y: float,
    dx: float,
    dy: float,
    blocked: NDArray[np.bool_],
    wet: NDArray[np.bool_],
    row: int,
    column: int,
    cell: float,
    side: float,
) -> bool:
    """Tell whether no water lies between a spot and the centre of a cell, of a blocked one none but its own."""
    if blocked[row, column]:
        return is_clear(x, y, dx, dy, blocked, cell)
    return is_clear(x, y, dx, dy, wet, side)


# A walk from a road on which one drives more than four times as fast as one walks leaves it at a right angle: the slant
# would save 3 % of it at most.
_SLOW = 0.25

# Cells around a stretch to which walks lead straight from it. What is farther off is reached from cell to cell: by 0.18
# cells too late at worst beyond the end of a road, where that is 0.27 with walks to 1.25 cells and 0.43 with 1.
_AROUND = 1.5

# Lines of a stretch, at most: ``MOST_LINES`` of the pieces.
_MOST_LINES = 32


class Walks(NamedTuple):
    """Walks from a road to a cell, as linked lists in columns: milliseconds, length in units, owner, the next one.

    ``used`` is how many there are; ``free`` is the first of those that were given up again, linked alike, or -1.
    """

    time: NDArray[np.float64]
    metres: NDArray[np.int32]
    owner: NDArray[np.int32]
    following: NDArray[np.int32]
    used: int
    free: int


@nb.njit(cache=True, nogil=True)
def _roomier(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array half as large again that begins with what is in it."""
    more = np.empty(array.size + array.size // 2 + 64, dtype=array.dtype)
    more[: array.size] = array
    return more


@nb.njit(cache=True, nogil=True, boundscheck=False)
def burn(
    road_time: NDArray[np.float64],
    road_owner: NDArray[np.int32],
    first_time: NDArray[np.float64],
    first_metres: NDArray[np.float32],
    last_time: NDArray[np.float64],
    last_metres: NDArray[np.float32],
    head: NDArray[np.int32],
    walks: Walks,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    backward: NDArray[np.bool_],
    base: NDArray[np.int64],
    whose: NDArray[np.int32],
    west: NDArray[np.float64],
    east: NDArray[np.float64],
    south: NDArray[np.float64],
    north: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    along: NDArray[np.int32],
    back: NDArray[np.int32],
    falls: bool,
    corner: tuple[float, float],
    blocked: NDArray[np.bool_],
    wet: NDArray[np.bool_],
    near: NDArray[np.bool_],
    cell: float,
    milliseconds_per_metre: float,
    longest_units: int,
    latest: float,
) -> Walks:
    """Burn stretches of road into the cells around them.

    The columns from ``first`` to ``falls`` are those of ``engine.pieces.Stretches``, ``corner`` is the north-west
    corner of the grid, and ``blocked``, ``wet`` and ``near`` are those of :func:`bar_steps`.

    From each stretch two walks lead to a cell centre: the quickest, which slants towards the service, and the nearest.
    With slope b along the road and pace k off it, the quickest leaves ``h * b / sqrt(k**2 - b**2)`` before the foot of
    the perpendicular of length h. Of the walks to a cell those are kept than which no other is as short and as quick:
    the list of a cell, from ``head`` on, rises by time and falls by length; ``first_time`` to ``last_metres`` are of
    its first and its last. Where a walk leaves the road depends on the shape of the stretch and the slope of its time,
    not on the time itself: a road that is reached earlier makes no walk later.

    ``road_time`` and ``road_owner`` take the time of the roads that pass the cells, at their spot nearest to the
    centre; where that is farther than :data:`_ON_ROAD` cells the walk is phased in, up to :data:`_OFF_ROAD`.
    """
    rows, columns = road_time.shape
    side = cell * rows / wet.shape[0]
    corner_x, corner_y = corner
    k = milliseconds_per_metre
    phasing = _OFF_ROAD / (_OFF_ROAD - _ON_ROAD)
    time, metres, owner, following, used, free = walks
    begin_x, begin_y, towards_x, towards_y, begin_time, length, slope, slant = np.empty((8, _MOST_LINES))
    for turn in range(2 * first.size):
        # The cells that stretches pass first: then most of those around are known to be better off otherwise.
        stretch, margin = (turn, 0.0) if turn < first.size else (turn - first.size, _AROUND)
        upper, lower = (corner_y - north[stretch]) / cell, (corner_y - south[stretch]) / cell
        if lower + margin < 0 or upper - margin >= rows:
            continue
        lines, at = last[stretch] - first[stretch], first[stretch]
        driven = back if backward[stretch] else along
        sign = 1 if backward[stretch] == falls else -1
        earliest = min(sign * driven[at], sign * driven[at + lines])
        if base[stretch] + earliest > latest:
            continue
        left, right = (west[stretch] - corner_x) / cell, (east[stretch] - corner_x) / cell
        prepared = False
        # A long piece is a stretch of its own, and is worked on in parts.
        parts = 1
        if lines == 1:
            parts = int(np.hypot(x[at + 1] - x[at], y[at + 1] - y[at]) / cell) + 1
        for part in range(parts):
            soonest = float(base[stretch] + earliest)
            low_share, high_share = part / parts, (part + 1) / parts
            if parts > 1:
                x0, y0 = (x[at] - corner_x) / cell, (corner_y - y[at]) / cell
                along_x, along_y = (x[at + 1] - x[at]) / cell, (y[at] - y[at + 1]) / cell
                left, right = x0 + along_x * low_share, x0 + along_x * high_share
                upper, lower = y0 + along_y * low_share, y0 + along_y * high_share
                left, right, upper, lower = min(left, right), max(left, right), min(upper, lower), max(upper, lower)
                begin, change = sign * driven[at], sign * (driven[at + 1] - driven[at])
                soonest = base[stretch] + (begin + change * (low_share if change > 0 else high_share))
            # Cells, and of each the middle.
            first_column, last_column = max(0, int(np.floor(left - margin))), int(np.floor(right + margin))
            first_row, last_row = max(0, int(np.floor(upper - margin))), int(np.floor(lower + margin))
            for row in range(first_row, min(rows - 1, last_row) + 1):
                down = max(0.0, upper - (row + 0.5), (row + 0.5) - lower)
                for column in range(first_column, min(columns - 1, last_column) + 1):
                    off = max(down, left - (column + 0.5), (column + 0.5) - right) * cell
                    if off > _AROUND * cell:
                        continue
                    passes = off < _OFF_ROAD * cell
                    passes &= soonest + k * phasing * max(0.0, off - _ON_ROAD * cell) <= road_time[row, column]
                    bettered = soonest + k * off > first_time[row, column] and off >= first_metres[row, column]
                    bettered |= soonest + k * off > last_time[row, column] and off >= last_metres[row, column]
                    if bettered and not passes:
                        continue
                    if not prepared:
                        prepared = True
                        for one in range(lines):
                            x0, y0 = x[at + one] - corner_x, corner_y - y[at + one]
                            x1, y1 = x[at + one + 1] - corner_x, corner_y - y[at + one + 1]
                            t0, t1 = sign * driven[at + one], sign * driven[at + one + 1]
                            metre = np.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
                            inverse = 1.0 / metre if metre > 0.0 else 0.0
                            b = (t1 - t0) * inverse
                            begin_x[one], begin_y[one], begin_time[one], length[one] = x0, y0, t0, metre
                            towards_x[one], towards_y[one], slope[one] = (x1 - x0) * inverse, (y1 - y0) * inverse, b
                            slant[one] = 0.0
                            if abs(b) > _SLOW * k:
                                slant[one] = b / np.sqrt(k * k - b * b) if abs(b) < k else np.inf * b
                    centre_x, centre_y = (column + 0.5) * cell, (row + 0.5) * cell
                    near_square, near_line, near_spot, near_foot = np.inf, 0, 0.0, 0.0
                    quick_time, quick_metres, quick_line, quick_spot = np.inf, 0.0, 0, 0.0
                    low, high = low_share * length[0], high_share * length[0]
                    for one in range(lines):
                        cx, cy = centre_x - begin_x[one], centre_y - begin_y[one]
                        foot = cx * towards_x[one] + cy * towards_y[one]
                        aside = abs(cx * towards_y[one] - cy * towards_x[one])
                        if length[one] == 0.0:
                            aside = np.sqrt(cx * cx + cy * cy)
                        if lines > 1:
                            low, high = 0.0, length[one]
                        spot = min(max(foot, low), high)
                        square = (foot - spot) * (foot - spot) + aside * aside
                        if square < near_square:
                            near_square, near_line, near_spot, near_foot = square, one, spot, foot
                        if slant[one] != 0.0:
                            # A spot dead ahead has no side: 0 * infinity would be no number.
                            spot = min(max(foot - (aside * slant[one] if aside > 0.0 else 0.0), low), high)
                            square = (foot - spot) * (foot - spot) + aside * aside
                        walked = np.sqrt(square)
                        here = begin_time[one] + slope[one] * spot + k * walked
                        if here < quick_time:
                            quick_time, quick_metres, quick_line, quick_spot = here, walked, one, spot
                    near_metres = np.sqrt(near_square)
                    there = begin_time[near_line] + slope[near_line] * near_spot
                    if passes and near_metres < _OFF_ROAD * cell:
                        nearest = parts == 1 or near_spot in (near_foot, 0.0, length[0])
                        here = base[stretch] + (there + k * phasing * max(0.0, near_metres - _ON_ROAD * cell))
                        earlier = here < road_time[row, column]
                        earlier |= here == road_time[row, column] and whose[stretch] < road_owner[row, column]
                        if nearest and earlier and here < latest + 0.5:
                            clear = True
                            if near[row, column]:
                                from_x = begin_x[near_line] + towards_x[near_line] * near_spot
                                from_y = begin_y[near_line] + towards_y[near_line] * near_spot
                                there_x, there_y = centre_x - from_x, centre_y - from_y
                                clear = is_reachable(
                                    from_x, from_y, there_x, there_y, blocked, wet, row, column, cell, side
                                )
                            if clear:
                                road_time[row, column], road_owner[row, column] = here, whose[stretch]
                    for quickest in (True, False):
                        if quickest:
                            here, walked, one, spot = base[stretch] + quick_time, quick_metres, quick_line, quick_spot
                        else:
                            here, walked = base[stretch] + (there + k * near_metres), near_metres
                            one, spot = near_line, near_spot
                            if walked == quick_metres:
                                continue
                        units = _EIGHTH * int(np.ceil(8.0 * walked / cell - ROUNDING))
                        if here >= latest + 0.5 or units > longest_units:
                            continue
                        if here > first_time[row, column] and walked >= first_metres[row, column]:
                            continue
                        # Where in the list it belongs, unless one before it is as short.
                        before_it, after_it = -1, head[row * columns + column]
                        kept = True
                        while after_it >= 0 and (
                            time[after_it] < here or (time[after_it] == here and owner[after_it] <= whose[stretch])
                        ):
                            if metres[after_it] <= units:
                                kept = False
                                break
                            before_it, after_it = after_it, following[after_it]
                        if kept and near[row, column]:
                            from_x, from_y = begin_x[one] + towards_x[one] * spot, begin_y[one] + towards_y[one] * spot
                            to_x, to_y = centre_x - from_x, centre_y - from_y
                            kept = is_reachable(from_x, from_y, to_x, to_y, blocked, wet, row, column, cell, side)
                        if not kept:
                            continue
                        while after_it >= 0 and metres[after_it] >= units:
                            gone = after_it
                            after_it = following[gone]
                            following[gone] = free
                            free = gone
                        if free >= 0:
                            new, free = free, following[free]
                        else:
                            if used == time.size:
                                time, metres = _roomier(time), _roomier(metres)
                                owner, following = _roomier(owner), _roomier(following)
                            new, used = used, used + 1
                        time[new], metres[new], owner[new], following[new] = here, units, whose[stretch], after_it
                        if before_it < 0:
                            head[row * columns + column] = new
                            first_time[row, column], first_metres[row, column] = here, np.float32(units * cell / UNITS)
                        else:
                            following[before_it] = new
                        if after_it < 0:
                            last_time[row, column], last_metres[row, column] = here, np.float32(units * cell / UNITS)
    return Walks(time, metres, owner, following, used, free)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def spread(
    found_time: NDArray[np.float64],
    found_owner: NDArray[np.int32],
    head: NDArray[np.int32],
    walks: Walks,
    blocked: NDArray[np.bool_],
    barred: NDArray[np.uint8],
    cell: float,
    milliseconds_per_metre: float,
    longest_units: int,
    latest: float,
) -> None:
    """Lead the walks on from cell to cell, up to a length and a time, and keep the earliest time of each cell.

    Walks are taken up in the order of their length, each only where it is earlier than all shorter ones, or as early
    and to a lower owner. So each cell ends with the earliest time of all walks that are not too long: nothing hangs on
    which walk was tried first, and a walk more makes no cell later. ``blocked`` cells take walks over but hand none on,
    and no walk takes a step that :func:`bar_steps` has ``barred``.
    """
    rows, columns = found_time.shape
    time, metres, owner, following = walks.time, walks.metres, walks.owner, walks.following
    steps = _STEPS.shape[0]
    longer, later = np.empty(steps, dtype=np.int32), np.empty(steps)
    for step in range(steps):
        along = np.sqrt(float(_STEPS[step, 0] ** 2 + _STEPS[step, 1] ** 2))
        longer[step] = int(np.ceil(UNITS * along - ROUNDING))
        later[step] = milliseconds_per_metre * cell * along
    # A walk that is known of each cell, to turn others away before they are taken up.
    known_time = np.full(rows * columns, np.inf)
    known_metres = np.zeros(rows * columns, dtype=np.int32)
    first = np.full(longest_units + 1, -1, dtype=np.int32)
    room = walks.used + rows * columns + 64
    walk_time, walk_cell = np.empty(room), np.empty(room, dtype=np.int32)
    walk_owner, walk_next = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    used = 0
    for at in range(rows * columns):
        walk = head[at]
        if walk >= 0:
            known_time[at], known_metres[at] = time[walk], metres[walk]
        while walk >= 0:
            walk_time[used], walk_cell[used], walk_owner[used] = time[walk], at, owner[walk]
            walk_next[used], first[metres[walk]] = first[metres[walk]], used
            used += 1
            walk = following[walk]
    flat_time, flat_owner = found_time.ravel(), found_owner.ravel()
    flat_blocked, flat_barred = blocked.ravel(), barred.ravel()
    for units in range(longest_units + 1):
        walk = first[units]
        while walk >= 0:
            here, at, whose = walk_time[walk], walk_cell[walk], walk_owner[walk]
            walk = walk_next[walk]
            if here > flat_time[at] or (here == flat_time[at] and whose >= flat_owner[at]):
                continue
            flat_time[at], flat_owner[at] = here, whose
            if flat_blocked[at]:
                continue
            row, column = at // columns, at % columns
            for step in range(steps):
                further = units + longer[step]
                there = here + later[step]
                if further > longest_units or there >= latest + 0.5:
                    continue
                for direction in (1, -1):
                    next_row = row + direction * _STEPS[step, 0]
                    next_column = column + direction * _STEPS[step, 1]
                    if not (0 <= next_row < rows and 0 <= next_column < columns):
                        continue
                    to = next_row * columns + next_column
                    if there > flat_time[to] or (there == flat_time[to] and whose >= flat_owner[to]):
                        continue
                    if there > known_time[to] and further >= known_metres[to]:
                        continue
                    if (flat_barred[at if direction == 1 else to] >> step) & 1:
                        continue
                    if there < known_time[to]:
                        known_time[to], known_metres[to] = there, further
                    if used == room:
                        walk_time, walk_cell = _roomier(walk_time), _roomier(walk_cell)
                        walk_owner, walk_next = _roomier(walk_owner), _roomier(walk_next)
                        room = walk_time.size
                    walk_time[used], walk_cell[used], walk_owner[used] = there, to, whose
                    walk_next[used], first[further] = first[further], used
                    used += 1


@nb.njit(cache=True, nogil=True, boundscheck=False)
def keep_off(
    moved: NDArray[np.float64], time: NDArray[np.int32], heights: NDArray[np.float64], aside: float, unreached: int
) -> None:
    """Copy times, with those that are nearly one of some rising heights moved off it; NaN where nothing is reached."""
    rows, columns = time.shape
    for row in range(rows):
        for column in range(columns):
            if time[row, column] == unreached:
                moved[row, column] = np.nan
                continue
            here = float(time[row, column])
            for one in heights:
                if abs(here - one) < aside:
                    here = one - aside if here < one else one + aside
                    break
            moved[row, column] = here


@nb.njit(cache=True, nogil=True, boundscheck=False)
def settle(
    time: NDArray[np.int32],
    owner: NDArray[np.int32],
    walk_time: NDArray[np.float64],
    walk_owner: NDArray[np.int32],
    road_time: NDArray[np.float64],
    road_owner: NDArray[np.int32],
) -> None:
    """Take of each cell the earlier of walk and road, of equal ones the lower owner, in whole milliseconds."""
    rows, columns = time.shape
    for row in range(rows):
        for column in range(columns):
            one, other = walk_time[row, column], road_time[row, column]
            if other < one or (other == one and road_owner[row, column] < walk_owner[row, column]):
                one, owner[row, column] = other, road_owner[row, column]
            else:
                owner[row, column] = walk_owner[row, column]
            if one < np.inf:
                time[row, column] = int(np.floor(one + 0.5))
