"""Timed roads spread over a metric grid, strip by strip, so that a country fits in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.grid import allocate_from_roads, middles
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.water import Shapes, cells_within, without_water

CELLS_AT_ONCE = 2_000_000
"""Cells that are spread at once: some 50 bytes each, and 150 more where there is water."""

FINER = 5
"""Water is drawn on a grid so many times finer: the Rhine at Vaduz, 100 m, stops a way also between cells of 250 m.

Odd, so that a cell of the finer grid lies in the middle of each cell.
"""

NOBODY = -1


class Grid(NamedTuple):
    """A metric grid: its outer north-west corner, its size, and the side of a cell in metres."""

    west: float
    north: float
    rows: int
    columns: int
    cell: float


class _Roads(NamedTuple):
    """Straight pieces of road on the grid, metres from its corner, y downwards; times at both ends, and whose."""

    lines: NDArray[np.float64]
    times: NDArray[np.float64]
    owners: NDArray[np.int32]


class Spread(NamedTuple):
    """Travel time of each cell, milliseconds, and whose it is (-1: nobody's); where its centre lies in water."""

    time: NDArray[np.int32]
    owner: NDArray[np.int32]
    blocked: NDArray[np.bool_]


def spread_roads(
    lines: NDArray[np.float64],
    times: NDArray[np.float64],
    owners: NDArray[np.int64],
    *,
    network: RoadNetwork,
    grid: Grid,
    latest: int,
    water: Shapes | None,
    cells_at_once: int | None = None,
) -> Spread:
    """Spread straight pieces of road off the road, at the network's access speed and up to its access distance.

    Every strip is worked on together with its neighbourhood of twice the access distance, from where ways lead into it
    and are kept from it.

    Parameters
    ----------
    lines
        float64[k, 4]; x0, y0, x1, y1 in the network's CRS.
    times
        float64[k, 2]; milliseconds at both ends.
    owners
        int64[k]; the point that each leads to.
    network, grid
        The roads, and the grid over them.
    latest
        Longest time kept, milliseconds.
    water
        Polygons that stop the spread.
    cells_at_once
        Size of the strips; :data:`CELLS_AT_ONCE` when None.
    """
    origin, turn = (grid.west, grid.north, grid.west, grid.north), (1.0, -1.0, 1.0, -1.0)
    whole = _Roads((lines - origin) * turn, times, owners.astype(np.int32))
    dry = None
    if water is not None:
        # What is cut at the shore is cut alike for times and for owners, who are the same at both ends.
        left, left_times = without_water(lines, times, water)
        whose = without_water(lines, np.column_stack((owners, owners)).astype(np.float64), water)[1][:, 0]
        dry = _Roads((left - origin) * turn, left_times, np.rint(whose).astype(np.int32))
    time = np.full((grid.rows, grid.columns), UNREACHED, dtype=np.int32)
    owner = np.full((grid.rows, grid.columns), NOBODY, dtype=np.int32)
    blocked = np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    halo = int(np.ceil(2 * network.max_access_metres / grid.cell)) + 2
    if not len(lines):
        return _frozen(Spread(time, owner, _wet_cells(water, grid)))
    part, row, column = _around(whole, grid, network.max_access_metres)
    if part != grid:
        inner_part = spread_roads(
            lines,
            times,
            owners,
            network=network,
            grid=part,
            latest=latest,
            water=water,
            cells_at_once=cells_at_once,
        )
        there = (slice(row, row + part.rows), slice(column, column + part.columns))
        time[there], owner[there] = inner_part.time, inner_part.owner
        return _frozen(Spread(time, owner, _wet_cells(water, grid)))
    for inner, outer in _strips(grid, halo, CELLS_AT_ONCE if cells_at_once is None else cells_at_once):
        rows = outer.stop - outer.start

        spread = partial(
            allocate_from_roads,
            rows=rows,
            columns=grid.columns,
            cell=grid.cell,
            milliseconds_per_metre=network.access_milliseconds_per_metre,
            longest_metres=network.max_access_metres,
            latest=latest,
        )
        found = spread(*_near_rows(whole, outer, grid.cell))
        found_time, found_owner = found.time, found.owner
        kept = slice(inner.start - outer.start, inner.stop - outer.start)
        if water is not None and dry is not None:
            wet = cells_within(
                water,
                west=grid.west,
                north=grid.north - outer.start * grid.cell,
                rows=FINER * rows,
                columns=FINER * grid.columns,
                cell=grid.cell / FINER,
            )
            around = spread(*_near_rows(dry, outer, grid.cell), blocked=wet)
            # Where the water shuts out the nearest road, the way from the next one may happen to be quicker than both
            # ways that a cell keeps without water; the larger of the two keeps the law that water makes no time
            # shorter.
            found_time, found_owner = np.maximum(found_time, around.time), around.owner
            blocked[inner] = middles(wet, rows, grid.columns)[kept]
        time[inner], owner[inner] = found_time[kept], found_owner[kept]
    return _frozen(Spread(time, owner, blocked))


def _frozen(found: Spread) -> Spread:
    for one in found:
        one.flags.writeable = False
    return found


def _around(roads: _Roads, grid: Grid, longest: float) -> tuple[Grid, int, int]:
    """Give the part of a grid that roads can colour, and its first row and column."""
    x, y = roads.lines[:, [0, 2]], roads.lines[:, [1, 3]]
    margin = longest + 2 * grid.cell
    column, row = (max(0, int((one.min() - margin) // grid.cell)) for one in (x, y))
    columns = min(grid.columns, int((x.max() + margin) // grid.cell) + 1) - column
    rows = min(grid.rows, int((y.max() + margin) // grid.cell) + 1) - row
    corner = (grid.west + column * grid.cell, grid.north - row * grid.cell)
    return Grid(*corner, rows, columns, grid.cell), row, column


def _wet_cells(water: Shapes | None, grid: Grid) -> NDArray[np.bool_]:
    """Tell which cells have their centre in water."""
    if water is None:
        return np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    return cells_within(water, west=grid.west, north=grid.north, rows=grid.rows, columns=grid.columns, cell=grid.cell)


def _strips(grid: Grid, halo: int, cells_at_once: int) -> Iterator[tuple[slice, slice]]:
    """Give the rows of each strip, and those with its neighbourhood."""
    high = grid.rows if grid.rows * grid.columns <= cells_at_once else max(1, cells_at_once // grid.columns)
    for begin in range(0, grid.rows, high):
        end = min(grid.rows, begin + high)
        yield slice(begin, end), slice(max(0, begin - halo), min(grid.rows, end + halo))


def _near_rows(roads: _Roads, rows: slice, cell: float) -> _Roads:
    """Give the roads that are burnt into some rows, counted from the first of them."""
    upper, lower = (bound(roads.lines[:, 1], roads.lines[:, 3]) for bound in (np.minimum, np.maximum))
    near = (lower >= (rows.start - 2) * cell) & (upper <= (rows.stop + 2) * cell)
    if near.all() and rows.start == 0:
        return roads
    # Metres less than what stands there: nothing is rounded, every strip computes the same.
    down = np.asarray((0.0, rows.start * cell, 0.0, rows.start * cell))
    return _Roads(roads.lines[near] - down, roads.times[near], roads.owners[near])
