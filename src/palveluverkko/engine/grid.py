"""Times on a grid: road pieces burnt in, then spread off the road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_float64, freeze_int32
from palveluverkko.engine.pieces import Stretches
from palveluverkko.engine.search import UNREACHED

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_REACH = 3
"""Cells that a road is burnt in or a step leads over, and one more."""

_LONGEST_CELLS = 10_000.0
"""Longest walk in cells: longer ones would take more lists than there are cells in a country."""


class Allocation(NamedTuple):
    """Travel time at every cell centre, milliseconds, and whose road its way leads to (-1: none reached)."""

    time: Int32
    owner: Int32


def spread_from_roads(
    roads: Sequence[Stretches],
    *,
    rows: int,
    columns: int,
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: int,
    west: float = 0.0,
    north: float = 0.0,
    first_row: int = 0,
    first_column: int = 0,
    blocked: Bool | None = None,
) -> Allocation:
    """Give the travel time at every cell centre of a part of a grid, and whose it is.

    A cell has the earliest time of all walks from a road to its centre that are not too long, and beside a road the
    time of the road itself. As no walk hangs on the time of another, the times of two sets of roads together are the
    smaller of the times of each, in every cell.

    Parameters
    ----------
    roads
        Stretches of road, y upwards; of ways as quick the one to the lowest owner counts.
    rows, columns, cell
        Size of the part, and of a cell in metres.
    milliseconds_per_metre, longest_metres
        Off-road pace, and how far from the road the grid is coloured.
    latest
        Longest travel time kept, milliseconds.
    west, north, first_row, first_column
        Corner of the whole grid, and where in it the part begins: all parts compute the same for a cell.
    blocked
        bool[n * rows, n * columns] with an odd n; the part n times finer: what ways off the road may not cross, such as
        water. Cells of the grid whose middle is blocked may be the end of a way, but hand none on. None: no cell.

    Returns
    -------
    Allocation
        int32[rows, columns]; UNREACHED and -1 where no piece lies within the distance and the time.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s

    shape = (rows, columns)
    road_time, walk_time = np.full(shape, np.inf), np.full(shape, np.inf)
    road_owner, walk_owner = (np.full(shape, -1, dtype=np.int32) for _ in range(2))
    ends: tuple[Any, ...] = tuple(np.full(shape, np.inf, dtype=kind) for kind in (np.float64, np.float32) * 2)
    head = np.full(rows * columns, -1, dtype=np.int32)
    room = rows * columns + 64
    lengths, owners, following = (np.empty(room, dtype=np.int32) for _ in range(3))
    walks = kernels.Walks(np.empty(room), lengths, owners, following, used=0, free=-1)
    walls = _walls(blocked, rows, columns)
    barred = np.zeros(shape, dtype=np.uint8)
    if blocked is not None:
        kernels.bar_steps(barred, *walls)
    barred.flags.writeable = False
    longest = int(np.floor(min(longest_metres / cell, _LONGEST_CELLS) * kernels.UNITS + kernels.ROUNDING))
    measures = (float(cell), float(milliseconds_per_metre), longest, float(latest))
    corner = (west + first_column * cell, north - first_row * cell)
    for some in roads:
        into: tuple[Any, ...] = (road_time, road_owner, *ends, head, walks)
        walks = kernels.burn(*[*into, *some, corner, *walls, *measures])
    kernels.spread(walk_time, walk_owner, head, walks, walls[0], barred, *measures)
    time, owner = np.full(shape, UNREACHED, dtype=np.int32), np.empty(shape, dtype=np.int32)
    kernels.settle(time, owner, walk_time, walk_owner, road_time, road_owner)
    return Allocation(time, owner)


def keep_off_heights(time: Int32, heights: Float64, *, aside: float) -> Float64:
    """Give times as numbers, NaN where nothing is reached, none nearer to one of some heights than ``aside``.

    Parameters
    ----------
    time
        int32[rows, columns]; milliseconds.
    heights
        float64[h], rising, at least two times ``aside`` apart.
    aside
        Milliseconds.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s

    moved = np.empty(time.shape)
    kernels.keep_off(moved, freeze_int32(time), freeze_float64(heights), aside, UNREACHED)
    return moved


def middles(finer: Bool, rows: int, columns: int) -> Bool:
    """Give the cells in the middle of those of a grid, of one an odd number of times finer."""
    times = finer.shape[0] // rows
    if times % 2 == 0 or finer.shape != (times * rows, times * columns):
        raise ValueError(f"a grid of {finer.shape} is not an odd number of times finer than ({rows}, {columns})")
    return finer[times // 2 :: times, times // 2 :: times]


def _walls(finer: Bool | None, rows: int, columns: int) -> tuple[Bool, Bool, Bool]:
    """Give the blocked cells of the grid, the finer grid, and the cells so near to either that a way may meet them."""
    none = np.zeros((rows, columns), dtype=np.bool_)
    wet = none if finer is None else np.array(finer, dtype=np.bool_, order="C")
    blocked, near = none.copy(), none.copy()
    if wet.any():
        blocked[:] = middles(wet, rows, columns)
        times = wet.shape[0] // rows
        touched = np.pad(wet.reshape(rows, times, columns, times).any(axis=(1, 3)), _REACH)
        for down in range(2 * _REACH + 1):
            for right in range(2 * _REACH + 1):
                near |= touched[down : down + rows, right : right + columns]
    for one in (blocked, wet, near):
        one.flags.writeable = False
    return blocked, wet, near
