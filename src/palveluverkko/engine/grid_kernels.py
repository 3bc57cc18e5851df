"""Compiled passes over a grid: roads burnt in, and what water bars.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

# The steps of ``spread_kernels``.
STEPS = np.array([(0, -1), (-1, -1), (-1, 0), (-1, 1), (-2, -1), (-2, 1), (-1, -2), (-1, 2)], dtype=np.int64)

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
            for step in range(STEPS.shape[0]):
                down, right = STEPS[step, 0], STEPS[step, 1]
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

# Times of walks are whole parts of a millisecond: sums of them are exact, in whatever order steps are taken.
PARTS = 64

# Those of ``spread_kernels``: how keys are made of time and length, and what lies around a grid of keys.
LENGTH_BITS = 23
PAD = 2

# Cells of a row, and of a block of as many rows, that are worked on at once.
LANES = 8
_BLOCK = LANES * LANES


class Walks(NamedTuple):
    """Walks from a road to a cell, as linked lists in columns: parts of a millisecond, units, owner, the next one.

    ``used`` is how many there are; ``free`` is the first of those that were given up again, linked alike, or -1.
    """

    time: NDArray[np.int64]
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
def _measure(
    lines: NDArray[np.float64],
    count: int,
    at: int,
    sign: int,
    driven: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    corner_x: float,
    corner_y: float,
    k: float,
) -> None:
    """Write the lines of a stretch: x and y of the begin, direction, length, time at the begin, slope, slant.

    With slope b along the road and pace k off it, the quickest walk leaves ``h * b / sqrt(k**2 - b**2)`` before the
    foot of the perpendicular of length h: that factor is the slant.
    """
    for one in range(count):
        x0, y0 = x[at + one] - corner_x, corner_y - y[at + one]
        along_x, along_y = x[at + one + 1] - corner_x - x0, corner_y - y[at + one + 1] - y0
        t0, t1 = sign * driven[at + one], sign * driven[at + one + 1]
        metre = np.sqrt(along_x * along_x + along_y * along_y)
        inverse = 1.0 / metre if metre > 0.0 else 0.0
        b = (t1 - t0) * inverse
        slant = 0.0
        if abs(b) > _SLOW * k:
            slant = b / np.sqrt(k * k - b * b) if abs(b) < k else np.inf * b
        line = lines[one]
        line[0], line[1], line[2], line[3] = x0, y0, along_x * inverse, along_y * inverse
        line[4], line[5], line[6], line[7] = metre, t0, b, slant
        if metre == 0.0:
            line[2] = 1.0


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _walks_to(
    x: float, y: float, lines: NDArray[np.float64], count: int, low_share: float, high_share: float, k: float
) -> tuple[float, int, float, float, float, float, int, float]:
    """Give the nearest walk and the quickest from the lines of a stretch to a spot.

    Of the nearest its square, the line, the spot on it and the foot of the perpendicular; of the quickest its time
    without the base of the stretch, its metres, the line and the spot on it. The shares are of a single line.
    """
    near_square, near_line, near_spot, near_foot = np.inf, 0, 0.0, 0.0
    quick_time, quick_metres, quick_line, quick_spot = np.inf, 0.0, 0, 0.0
    for one in range(count):
        line = lines[one]
        cx, cy = x - line[0], y - line[1]
        foot = cx * line[2] + cy * line[3]
        aside = abs(cx * line[3] - cy * line[2])
        length, slant = line[4], line[7]
        low, high = 0.0, length
        if count == 1:
            low, high = low_share * length, high_share * length
        spot = min(max(foot, low), high)
        square = (foot - spot) * (foot - spot) + aside * aside
        if square < near_square:
            near_square, near_line, near_spot, near_foot = square, one, spot, foot
        if slant != 0.0:
            # A spot dead ahead has no side: 0 * infinity would be no number.
            spot = min(max(foot - (aside * slant if aside > 0.0 else 0.0), low), high)
            square = (foot - spot) * (foot - spot) + aside * aside
        walked = np.sqrt(square)
        here = line[5] + line[6] * spot + k * walked
        if here < quick_time:
            quick_time, quick_metres, quick_line, quick_spot = here, walked, one, spot
    return near_square, near_line, near_spot, near_foot, quick_time, quick_metres, quick_line, quick_spot


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _is_dry(
    line: NDArray[np.float64],
    spot: float,
    x: float,
    y: float,
    blocked: NDArray[np.bool_],
    wet: NDArray[np.bool_],
    row: int,
    column: int,
    cell: float,
) -> bool:
    """Tell whether no water lies between a spot on a line and the centre (x, y) of a cell."""
    from_x, from_y = line[0] + line[2] * spot, line[1] + line[3] * spot
    side = cell * blocked.shape[0] / wet.shape[0]
    return is_reachable(from_x, from_y, x - from_x, y - from_y, blocked, wet, row, column, cell, side)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _box(
    part: int,
    parts: int,
    at: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    corner_x: float,
    corner_y: float,
    cell: float,
) -> tuple[float, float, float, float]:
    """Give the box around a part of a long piece, in cells: west, east, north, south."""
    x0, y0 = (x[at] - corner_x) / cell, (corner_y - y[at]) / cell
    along_x, along_y = (x[at + 1] - x[at]) / cell, (y[at] - y[at + 1]) / cell
    left, right = x0 + along_x * (part / parts), x0 + along_x * ((part + 1) / parts)
    upper, lower = y0 + along_y * (part / parts), y0 + along_y * ((part + 1) / parts)
    return min(left, right), max(left, right), min(upper, lower), max(upper, lower)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _parts(lines: int, at: int, x: NDArray[np.float64], y: NDArray[np.float64], cell: float) -> int:
    """Give how many parts a stretch is worked on in: a long piece is one of its own, and has several."""
    if lines > 1:
        return 1
    return int(np.sqrt((x[at + 1] - x[at]) ** 2 + (y[at + 1] - y[at]) ** 2) / cell) + 1


@nb.njit(cache=True, nogil=True, boundscheck=False)
def _walks_to_all(
    cells: int,
    found: NDArray[np.float64],
    beside: NDArray[np.float64],
    line: NDArray[np.float64],
    x: float,
    y: float,
    low_share: float,
    high_share: float,
    k: float,
    cell: float,
) -> None:
    """Do what :func:`_walks_to` does for a line and the cells of a block, of which the first has its centre at (x, y).

    In ``found``, a block of each: the square of the nearest walk, the time on the road there (infinite where a part of
    a line ends that goes on), the time of the quickest walk, its metres. In ``beside`` how many cells they are to the
    right of the first, and below it.
    """
    to_right, below, length, time, slope, slant = line[2], line[3], line[4], line[5], line[6], line[7]
    x, y, low, high = x - line[0], y - line[1], low_share * length, high_share * length
    for at in range(cells):
        cx, cy = x + beside[at] * cell, y + beside[_BLOCK + at] * cell
        foot = cx * to_right + cy * below
        aside = abs(cx * below - cy * to_right)
        spot = min(max(foot, low), high)
        square = (foot - spot) * (foot - spot) + aside * aside
        there = time + slope * spot
        ends = (spot == foot) | (spot == 0.0) | (spot == length)
        stops = there if ends else np.inf
        nearer = square < found[at]
        found[at] = square if nearer else found[at]
        found[_BLOCK + at] = stops if nearer else found[_BLOCK + at]
        if slant != 0.0:
            # A spot dead ahead has no side: 0 * infinity would be no number.
            spot = min(max(foot - (aside * slant if aside > 0.0 else 0.0), low), high)
            square = (foot - spot) * (foot - spot) + aside * aside
            there = time + slope * spot
        walked = np.sqrt(square)
        here = there + k * walked
        quicker = here < found[2 * _BLOCK + at]
        found[2 * _BLOCK + at] = here if quicker else found[2 * _BLOCK + at]
        found[3 * _BLOCK + at] = walked if quicker else found[3 * _BLOCK + at]


@nb.njit(cache=True, nogil=True, boundscheck=False)
def burn_in_the_open(
    key: NDArray[np.int64],
    road_time: NDArray[np.float64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    backward: NDArray[np.bool_],
    base: NDArray[np.int64],
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
    cell: float,
    milliseconds_per_metre: float,
    latest: float,
) -> None:
    """Do what :func:`burn` does where there is no water and nobody asks whose a cell is.

    Walks to all cells around a stretch are worked out at once, in vectors, whether they turn out to be the quickest or
    not: that takes four fifths of the time of asking first. What the loops run over is not known beforehand, or they
    would be unrolled and make no vectors; and their columns lie in one array each, or they could overlap.
    """
    rows, columns = key.shape[0] - 2 * PAD, key.shape[1] - PAD - LANES
    corner_x, corner_y = corner
    k = milliseconds_per_metre
    phased = k * _OFF_ROAD / (_OFF_ROAD - _ON_ROAD)
    too_late_parts = (latest + 0.5) * PARTS
    line, found = np.empty((_MOST_LINES, 8)), np.empty(4 * _BLOCK)
    fresh, beside = np.empty(_BLOCK, dtype=np.int64), np.empty(2 * _BLOCK)
    for at in range(_BLOCK):
        beside[at], beside[_BLOCK + at] = at % LANES, at // LANES
    for stretch in range(first.size):
        upper, lower = (corner_y - north[stretch]) / cell, (corner_y - south[stretch]) / cell
        if lower + _AROUND < 0 or upper - _AROUND >= rows:
            continue
        lines, at = last[stretch] - first[stretch], first[stretch]
        driven = back if backward[stretch] else along
        sign = 1 if backward[stretch] == falls else -1
        begins = float(base[stretch])
        if begins + min(sign * driven[at], sign * driven[at + lines]) > latest:
            continue
        left, right = (west[stretch] - corner_x) / cell, (east[stretch] - corner_x) / cell
        _measure(line, lines, at, sign, driven, x, y, corner_x, corner_y, k)
        parts = _parts(lines, at, x, y, cell)
        for part in range(parts):
            if parts > 1:
                left, right, upper, lower = _box(part, parts, at, x, y, corner_x, corner_y, cell)
            from_column, to_column = max(0, int(np.floor(left - _AROUND))), int(np.floor(right + _AROUND))
            from_row, to_row = max(0, int(np.floor(upper - _AROUND))), int(np.floor(lower + _AROUND))
            for top in range(from_row, min(rows - 1, to_row) + 1, LANES):
                high = min(LANES, min(rows - 1, to_row) + 1 - top)
                for column in range(from_column, min(columns - 1, to_column) + 1, LANES):
                    for one in range(high * LANES):
                        found[one] = found[2 * _BLOCK + one] = np.inf
                    for one in range(lines):
                        to_x, to_y = (column + 0.5) * cell, (top + 0.5) * cell
                        shares = (part / parts, (part + 1) / parts)
                        _walks_to_all(high * LANES, found, beside, line[one], to_x, to_y, *shares, k, cell)
                    for one in range(high * LANES):
                        across, downward = column + 0.5 + beside[one], top + 0.5 + beside[_BLOCK + one]
                        off = max(upper - downward, downward - lower, left - across, across - right)
                        parted = np.floor((begins + found[2 * _BLOCK + one]) * PARTS + 0.5)
                        around = (off <= _AROUND) & (across < columns) & (parted < too_late_parts)
                        units = np.ceil(8.0 * found[3 * _BLOCK + one] / cell - ROUNDING)
                        late = np.int64(parted if around else too_late_parts)
                        fresh[one] = (late << LENGTH_BITS) + _EIGHTH * np.int64(units)
                    for row in range(top, top + high):
                        block = (row - top) * LANES
                        for one in range(fresh.size // LANES):
                            known_key = key[row + PAD, column + PAD + one]
                            key[row + PAD, column + PAD + one] = min(fresh[block + one], known_key)
                        if upper - (row + 0.5) >= _OFF_ROAD or (row + 0.5) - lower >= _OFF_ROAD:
                            continue
                        for one in range(fresh.size // LANES):
                            metres = np.sqrt(found[block + one])
                            here = begins + (found[_BLOCK + block + one] + phased * max(0.0, metres - _ON_ROAD * cell))
                            known = road_time[row, column + one]
                            passes = (metres < _OFF_ROAD * cell) & (here < latest + 0.5) & (here < known)
                            road_time[row, column + one] = here if passes else known


@nb.njit(cache=True, nogil=True, boundscheck=False)
def burn(
    key: NDArray[np.int64],
    owner: NDArray[np.int32],
    road_time: NDArray[np.float64],
    road_owner: NDArray[np.int32],
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
    latest: float,
) -> None:
    """Burn stretches of road into the cells around them: the quickest walk to each, however long, and the road itself.

    The columns from ``first`` to ``falls`` are those of ``engine.pieces.Stretches``, ``corner`` is the north-west
    corner of the grid, and ``blocked``, ``wet`` and ``near`` are those of :func:`bar_steps`.

    Of walks as quick the one to the lowest owner counts, then the shortest. Where a walk leaves the road depends on the
    shape of the stretch and the slope of its time, not on the time itself: a road that is reached earlier makes no
    walk later.

    ``road_time`` and ``road_owner`` take the time of the roads that pass the cells, at their spot nearest to the
    centre; where that is farther than :data:`_ON_ROAD` cells the walk is phased in, up to :data:`_OFF_ROAD`. The
    arrays of owners have no cells where nobody asks.
    """
    rows, columns = key.shape[0] - 2 * PAD, key.shape[1] - PAD - LANES
    corner_x, corner_y = corner
    k, owned = milliseconds_per_metre, owner.size > 0
    phasing = _OFF_ROAD / (_OFF_ROAD - _ON_ROAD)
    line = np.empty((_MOST_LINES, 8))
    for turn in range(2 * first.size):
        # The cells that stretches pass first: then most of those around are known to be better off otherwise.
        around = turn >= first.size
        stretch, margin = (turn - first.size, _AROUND) if around else (turn, 0.0)
        upper, lower = (corner_y - north[stretch]) / cell, (corner_y - south[stretch]) / cell
        if lower + margin < 0 or upper - margin >= rows:
            continue
        lines, at, its = last[stretch] - first[stretch], first[stretch], whose[stretch]
        driven = back if backward[stretch] else along
        sign = 1 if backward[stretch] == falls else -1
        earliest = min(sign * driven[at], sign * driven[at + lines])
        if base[stretch] + earliest > latest:
            continue
        left, right = (west[stretch] - corner_x) / cell, (east[stretch] - corner_x) / cell
        parts = _parts(lines, at, x, y, cell)
        measured = False
        for part in range(parts):
            soonest = float(base[stretch] + earliest)
            low_share, high_share = part / parts, (part + 1) / parts
            if parts > 1:
                left, right, upper, lower = _box(part, parts, at, x, y, corner_x, corner_y, cell)
                begin, change = sign * driven[at], sign * (driven[at + 1] - driven[at])
                soonest = base[stretch] + (begin + change * (low_share if change > 0 else high_share))
            # Cells, and of each the middle.
            first_column, last_column = int(np.floor(left)), int(np.floor(right))
            first_row, last_row = int(np.floor(upper)), int(np.floor(lower))
            from_column, to_column = max(0, int(np.floor(left - margin))), int(np.floor(right + margin))
            from_row, to_row = max(0, int(np.floor(upper - margin))), int(np.floor(lower + margin))
            for row in range(from_row, min(rows - 1, to_row) + 1):
                down = max(0.0, upper - (row + 0.5), (row + 0.5) - lower)
                passed = around and first_row <= row <= last_row
                for column in range(from_column, min(columns - 1, to_column) + 1):
                    if passed and first_column <= column <= last_column:
                        continue
                    off = max(down, left - (column + 0.5), (column + 0.5) - right)
                    if off > _AROUND:
                        continue
                    passes = off < _OFF_ROAD
                    passes &= soonest + k * cell * phasing * max(0.0, off - _ON_ROAD) <= road_time[row, column]
                    known = key[row + PAD, column + PAD] >> LENGTH_BITS
                    if (soonest + k * cell * off) * PARTS - 0.5 > known and not passes:
                        continue
                    if not measured:
                        measured = True
                        _measure(line, lines, at, sign, driven, x, y, corner_x, corner_y, k)
                    to_x, to_y = (column + 0.5) * cell, (row + 0.5) * cell
                    square, near_line, near_spot, near_foot, there, walked, quick_line, spot = _walks_to(
                        to_x, to_y, line, lines, low_share, high_share, k
                    )
                    near_metres = np.sqrt(square)
                    at_near = line[near_line, 5] + line[near_line, 6] * near_spot
                    if passes and near_metres < _OFF_ROAD * cell:
                        nearest = parts == 1 or near_spot in (near_foot, 0.0, line[0, 4])
                        here = base[stretch] + (at_near + k * phasing * max(0.0, near_metres - _ON_ROAD * cell))
                        earlier = here < road_time[row, column]
                        earlier |= owned and here == road_time[row, column] and its < road_owner[row, column]
                        if nearest and earlier and here < latest + 0.5:
                            if near[row, column] and not _is_dry(
                                line[near_line], near_spot, to_x, to_y, blocked, wet, row, column, cell
                            ):
                                nearest = False
                            if nearest:
                                road_time[row, column] = here
                                if owned:
                                    road_owner[row, column] = its
                    parted = np.floor((base[stretch] + there) * PARTS + 0.5)
                    # Where water is in the way of the quickest walk, the nearest may be open.
                    asked = near[row, column] and parted <= known
                    if asked and not _is_dry(line[quick_line], spot, to_x, to_y, blocked, wet, row, column, cell):
                        if not _is_dry(line[near_line], near_spot, to_x, to_y, blocked, wet, row, column, cell):
                            continue
                        walked = near_metres
                        parted = np.floor((base[stretch] + (at_near + k * walked)) * PARTS + 0.5)
                    if parted > known or parted >= (latest + 0.5) * PARTS:
                        continue
                    units = _EIGHTH * int(np.ceil(8.0 * walked / cell - ROUNDING))
                    new = (np.int64(parted) << LENGTH_BITS) + units
                    before = owner[row + PAD, column + PAD] if owned else its
                    if parted == known and (before < its or (before == its and key[row + PAD, column + PAD] <= new)):
                        continue
                    key[row + PAD, column + PAD] = new
                    if owned:
                        owner[row + PAD, column + PAD] = its


@nb.njit(cache=True, nogil=True, boundscheck=False)
def list_walks(
    head: NDArray[np.int32],
    walks: Walks,
    room: NDArray[np.int32],
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
    latest: float,
) -> Walks:
    """List the walks from stretches to the cells around, none longer than a cell has room for.

    From each stretch two walks lead to a cell centre: the quickest, which slants towards the service, and the nearest.
    Of the walks to a cell those are kept than which no other is as short and as quick: the list of a cell, from
    ``head`` on, rises by time and falls by length. The other columns are those of :func:`burn`.
    """
    rows, columns = room.shape
    corner_x, corner_y = corner
    k = milliseconds_per_metre
    time, metres, owner, following, used, free = walks
    line = np.empty((_MOST_LINES, 8))
    for stretch in range(first.size):
        upper, lower = (corner_y - north[stretch]) / cell, (corner_y - south[stretch]) / cell
        if lower + _AROUND < 0 or upper - _AROUND >= rows:
            continue
        lines, at = last[stretch] - first[stretch], first[stretch]
        driven = back if backward[stretch] else along
        sign = 1 if backward[stretch] == falls else -1
        if base[stretch] + min(sign * driven[at], sign * driven[at + lines]) > latest:
            continue
        left, right = (west[stretch] - corner_x) / cell, (east[stretch] - corner_x) / cell
        # A cell has at most a straight step more of room than the one beside it.
        steps = right - left + lower - upper + 2.0 * (_AROUND + 1.0)
        if room[min(max(int(upper), 0), rows - 1), min(max(int(left), 0), columns - 1)] + UNITS * steps < 0:
            continue
        measured = False
        parts = _parts(lines, at, x, y, cell)
        for part in range(parts):
            if parts > 1:
                left, right, upper, lower = _box(part, parts, at, x, y, corner_x, corner_y, cell)
            from_column, to_column = max(0, int(np.floor(left - _AROUND))), int(np.floor(right + _AROUND))
            from_row, to_row = max(0, int(np.floor(upper - _AROUND))), int(np.floor(lower + _AROUND))
            for row in range(from_row, min(rows - 1, to_row) + 1):
                down = max(0.0, upper - (row + 0.5), (row + 0.5) - lower)
                for column in range(from_column, min(columns - 1, to_column) + 1):
                    off = max(down, left - (column + 0.5), (column + 0.5) - right)
                    if off > _AROUND or 8.0 * _EIGHTH * (off - ROUNDING) > room[row, column]:
                        continue
                    if not measured:
                        measured = True
                        _measure(line, lines, at, sign, driven, x, y, corner_x, corner_y, k)
                    to_x, to_y = (column + 0.5) * cell, (row + 0.5) * cell
                    square, near_line, near_spot, _, there, walked, quick_line, quick_spot = _walks_to(
                        to_x, to_y, line, lines, part / parts, (part + 1) / parts, k
                    )
                    for quickest in (True, False):
                        one, spot = quick_line, quick_spot
                        if not quickest:
                            if np.sqrt(square) == walked:
                                continue
                            walked, one, spot = np.sqrt(square), near_line, near_spot
                            there = line[one, 5] + line[one, 6] * spot + k * walked
                        here = np.int64(np.floor((base[stretch] + there) * PARTS + 0.5))
                        units = _EIGHTH * int(np.ceil(8.0 * walked / cell - ROUNDING))
                        if here >= (latest + 0.5) * PARTS or units > room[row, column]:
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
                            kept = _is_dry(line[one], spot, to_x, to_y, blocked, wet, row, column, cell)
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
                        else:
                            following[before_it] = new
    return Walks(time, metres, owner, following, used, free)


@nb.njit(cache=True, nogil=True, boundscheck=False)
def keep_off(
    moved: NDArray[np.float64], time: NDArray[np.int32], heights: NDArray[np.float64], aside: float, unreached: int
) -> None:
    """Copy times, with those that are nearly one of some rising heights moved off it; NaN where nothing is reached."""
    rows, columns = time.shape
    # Times between which nothing moves; those of the cell before mostly hold.
    low, high = 1.0, 0.0
    for row in range(rows):
        for column in range(columns):
            if time[row, column] == unreached:
                moved[row, column] = np.nan
                continue
            here = float(time[row, column])
            if not low <= here <= high:
                low, high = -np.inf, np.inf
                for one in heights:
                    if here >= one + aside:
                        low = one + aside
                    elif here <= one - aside:
                        high = one - aside
                        break
                    else:
                        here = one - aside if here < one else one + aside
                        low, high = 1.0, 0.0
                        break
            moved[row, column] = here
