"""Times on a grid: road pieces burnt in, then spread off the road."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_float64, freeze_int32
from palveluverkko.engine.search import UNREACHED
from palveluverkko.engine.threads import available, in_threads

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_REACH = 3
"""Cells that a road is burnt in or a step leads over, and one more."""


class Allocation(NamedTuple):
    """Travel time at every cell centre, milliseconds, and whose road its way leads to (-1: none reached)."""

    time: Int32
    owner: Int32


def spread_from_roads(
    line: Float64,
    line_time: Float64,
    *,
    rows: int,
    columns: int,
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: int,
    blocked: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Give the travel time at every cell centre of a grid.

    Each cell takes the smaller of two ways: the quickest that keeps to the distance as it spreads, and the one
    from the nearest road. The quickest slants towards the service and so uses up the distance before it gets to the
    margin; without the second way the areas would be narrower than the access distance, and by how much would
    depend on which service lies behind: farther levels would stick out beyond nearer ones.

    Parameters
    ----------
    line
        float64[k, 4]; x0, y0, x1, y1 of straight road pieces, metres from the north-west corner, y downwards.
    line_time
        float64[k, 2]; travel time at both ends, milliseconds, linear between.
    rows, columns, cell
        Size of the grid, and of a cell in metres.
    milliseconds_per_metre, longest_metres
        Off-road pace, and how far from the road the grid is coloured.
    latest
        Longest travel time kept, milliseconds.
    blocked
        bool[n * rows, n * columns] with an odd n; the grid n times finer: what ways off the road may not cross, such as
        water. Cells of the grid whose middle is blocked may be the end of a way, but hand none on. None: no cell.

    Returns
    -------
    int32[rows, columns]
        Milliseconds; UNREACHED where no piece lies within the distance and the time.
    """
    return allocate_from_roads(
        line,
        line_time,
        np.zeros(len(line), dtype=np.int32),
        rows=rows,
        columns=columns,
        cell=cell,
        milliseconds_per_metre=milliseconds_per_metre,
        longest_metres=longest_metres,
        latest=latest,
        blocked=blocked,
    ).time


def allocate_from_roads(
    line: Float64,
    line_time: Float64,
    line_owner: Int32,
    *,
    rows: int,
    columns: int,
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: int,
    blocked: Bool | None = None,
) -> Allocation:
    """Give the travel time at every cell centre of a grid, as :func:`spread_from_roads` does, and whose it is.

    Parameters
    ----------
    line_owner
        int32[k], not negative; the point that each piece of road leads to. Of two ways as quick and as short the one to
        the lower owner counts.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s

    order = np.argsort(line_owner, kind="stable")
    owners = freeze_int32(line_owner[order])
    lines = (freeze_float64(line[order]), freeze_float64(line_time[order]))
    quick_time, quick_metres, near_time, near_metres = (np.full((rows, columns), np.inf) for _ in range(4))
    quick_owner, near_owner = (np.full((rows, columns), -1, dtype=np.int32) for _ in range(2))
    measures = (float(cell), float(milliseconds_per_metre), float(longest_metres), float(latest))
    walls = _walls(blocked, rows, columns)
    barred = np.zeros((rows, columns), dtype=np.uint8)
    kernels.bar_steps(barred, *walls)
    barred.flags.writeable = False
    ways = (quick_time, quick_metres, near_time, near_metres)
    # Threads share the rows out, then the two ways: whatever their number, each cell is worked on in the same order.
    threads = available()
    strips = np.linspace(0, rows, min(threads, rows) + 1).astype(np.int64)

    def burn(strip: int) -> None:
        rows_of_strip = (int(strips[strip]), int(strips[strip + 1]))
        kernels.burn(quick_owner, near_owner, owners, *ways, *lines, *walls, *measures, *rows_of_strip)

    def spread(number: int) -> None:
        owner, time, metres = ((quick_owner, quick_time, quick_metres), (near_owner, near_time, near_metres))[number]
        kernels.spread(owner, time, metres, walls[0], barred, *measures, number == 0)

    for work, number in ((burn, strips.size - 1), (spread, 2)):
        _share_out(work, number, threads)
    time = np.minimum(quick_time, near_time)
    reached = np.isfinite(time)
    result = np.full((rows, columns), UNREACHED, dtype=np.int32)
    result[reached] = np.rint(time[reached]).astype(np.int32)
    either = np.where(quick_time < near_time, quick_owner, near_owner)
    owner = np.where(quick_time == near_time, np.minimum(quick_owner, near_owner), either)
    return Allocation(result, owner)


def _share_out(work: Callable[[int], None], number: int, threads: int) -> None:
    """Do so many pieces of work, by number."""
    for _ in in_threads(
        range(number), lambda one, _space, _stop: work(one), make_workspace=lambda: None, threads=threads
    ):
        pass


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
