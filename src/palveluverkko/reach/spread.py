"""Timed roads spread over a metric grid, strip by strip, so that a country fits in memory."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.grid import Allocation, spread_from_roads
from palveluverkko.engine.pieces import Stretches, TimedLines
from palveluverkko.engine.threads import available, in_threads
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.water import Shapes, cells_within, without_water

CELLS_AT_ONCE = 2_000_000
"""Cells that are spread at once, without what is around them."""

_BYTES_AT_WORK = 280
"""Of each cell that is spread at once: some 130, and 150 more where there is water."""

FINER = 5
"""Water is drawn on a grid so many times finer: the Rhine at Vaduz, 100 m, stops a way also between cells of 250 m.

Odd, so that a cell of the finer grid lies in the middle of each cell.
"""

NOBODY = -1

_HALOS = 4
"""Strips for several threads are at least so many times as high as what is around them is."""

_CELLS_PER_STRETCH = 6
"""Cells that take as long as a stretch of road: on Porto tiled 16 times 0.07 and 0.42 microseconds."""

_SAMPLED = 16
"""Of so many stretches one is looked at to see where roads are dense."""


class Grid(NamedTuple):
    """A metric grid: its outer north-west corner, its size, and the side of a cell in metres."""

    west: float
    north: float
    rows: int
    columns: int
    cell: float


class Spread(NamedTuple):
    """Travel time of each cell, milliseconds, and whose it is (-1: nobody's); where its centre lies in water."""

    time: NDArray[np.int32]
    owner: NDArray[np.int32]
    blocked: NDArray[np.bool_]


class _Strip(NamedTuple):
    """Rows that are worked on together, and the rows around them that ways may come from."""

    begin: int
    end: int
    outer_begin: int
    outer_end: int


def spread_roads(
    roads: tuple[Stretches, ...],
    *,
    network: RoadNetwork,
    grid: Grid,
    latest: int,
    water: Shapes | None,
    cells_at_once: int | None = None,
) -> Spread:
    """Spread straight pieces of road off the road, at the network's access speed and up to its access distance.

    Strips of the grid are worked on by themselves, each with the rows around it from where ways lead into it.

    Parameters
    ----------
    roads
        In the network's CRS.
    network, grid
        The roads' network, and the grid over it.
    latest
        Longest time kept, milliseconds.
    water
        Polygons that stop the spread.
    cells_at_once
        Size of the strips; :data:`CELLS_AT_ONCE` or a share for each thread when None.
    """
    time = np.full((grid.rows, grid.columns), UNREACHED, dtype=np.int32)
    owner = np.full((grid.rows, grid.columns), NOBODY, dtype=np.int32)
    blocked = np.zeros((grid.rows, grid.columns), dtype=np.bool_) if water is None else _wet_cells(water, grid)
    dry = None if water is None else _cut(roads, water)
    if any(one.first.size for one in roads):
        part = _around(roads, grid, network.max_access_metres)

        def work(strip: _Strip) -> None:
            rows = slice(strip.begin, strip.end)
            found = _spread_strip(strip, roads, dry, part, network, grid, latest, water)
            columns = slice(part.first_column, part.end_column)
            kept = slice(strip.begin - strip.outer_begin, strip.end - strip.outer_begin)
            time[rows, columns], owner[rows, columns] = found.time[kept], found.owner[kept]

        strips = _strips(roads, part, grid, network.max_access_metres, cells_at_once)
        for _ in in_threads(
            strips, lambda one, _space, _stop: work(one), make_workspace=lambda: None, threads=available()
        ):
            pass
    for one in (time, owner, blocked):
        one.flags.writeable = False
    return Spread(time, owner, blocked)


def _spread_strip(
    strip: _Strip,
    roads: tuple[Stretches, ...],
    dry: Stretches | None,
    part: _Part,
    network: RoadNetwork,
    grid: Grid,
    latest: int,
    water: Shapes | None,
) -> Allocation:
    rows, columns = strip.outer_end - strip.outer_begin, part.end_column - part.first_column
    spread = partial(
        spread_from_roads,
        rows=rows,
        columns=columns,
        cell=grid.cell,
        milliseconds_per_metre=network.access_milliseconds_per_metre,
        longest_metres=network.max_access_metres,
        latest=latest,
        west=grid.west,
        north=grid.north,
        first_row=strip.outer_begin,
        first_column=part.first_column,
    )
    found = spread(roads)
    if water is None or dry is None:
        return found
    wet = cells_within(
        water,
        west=grid.west + part.first_column * grid.cell,
        north=grid.north - strip.outer_begin * grid.cell,
        rows=FINER * rows,
        columns=FINER * columns,
        cell=grid.cell / FINER,
    )
    around = spread((dry,), blocked=wet)
    # A way may begin at the shore, which is no spot that a way is led from without water, and there be quicker than
    # they; the larger of the two keeps the law that water makes no time shorter.
    return Allocation(np.maximum(found.time, around.time), around.owner)


class _Part(NamedTuple):
    """The part of a grid that roads can colour."""

    first_row: int
    end_row: int
    first_column: int
    end_column: int


def _around(roads: tuple[Stretches, ...], grid: Grid, longest: float) -> _Part:
    """Give the part of a grid that roads can colour."""
    margin = longest + 2 * grid.cell
    some = [one for one in roads if one.first.size]
    south, north = min(one.south.min() for one in some), max(one.north.max() for one in some)
    west, east = min(one.west.min() for one in some), max(one.east.max() for one in some)
    return _Part(
        max(0, int((grid.north - north - margin) // grid.cell)),
        min(grid.rows, int((grid.north - south + margin) // grid.cell) + 1),
        max(0, int((west - grid.west - margin) // grid.cell)),
        min(grid.columns, int((east - grid.west + margin) // grid.cell) + 1),
    )


def _strips(
    roads: tuple[Stretches, ...], part: _Part, grid: Grid, longest: float, cells_at_once: int | None
) -> list[_Strip]:
    """Cut a part of the grid into strips, one for each thread where they are high enough and fit in memory."""
    high, halo = _heights(part, grid, longest, cells_at_once)
    rows = part.end_row - part.first_row
    count = min(available(), rows // (_HALOS * halo))
    if cells_at_once is None and count > 1 and rows <= count * high:
        bounds = _with_as_much_work(roads, part, grid, count)
    else:
        bounds = [*range(part.first_row, part.end_row, high), part.end_row]
    return [
        _Strip(begin, end, max(part.first_row, begin - halo), min(part.end_row, end + halo))
        for begin, end in pairwise(bounds)
    ]


def _with_as_much_work(roads: tuple[Stretches, ...], part: _Part, grid: Grid, count: int) -> list[int]:
    """Cut rows into strips that take about as long: a stretch of road takes as long as some cells."""
    work = np.full(part.end_row - part.first_row, float(part.end_column - part.first_column))
    for one in roads:
        row = ((grid.north - one.north[::_SAMPLED]) / grid.cell).astype(np.int64) - part.first_row
        work += _SAMPLED * _CELLS_PER_STRETCH * np.bincount(np.clip(row, 0, work.size - 1), minlength=work.size)
    done = np.cumsum(work)
    cuts = np.searchsorted(done, done[-1] * np.arange(1, count) / count) + 1
    return sorted({part.first_row, *(part.first_row + cuts).tolist(), part.end_row})


def _heights(part: _Part, grid: Grid, longest: float, cells_at_once: int | None) -> tuple[int, int]:
    """Give the most rows of a strip, and those above and below it from which ways lead into it."""
    halo = int(np.ceil(longest / grid.cell)) + 2
    return max(1, (cells_at_once or CELLS_AT_ONCE) // (part.end_column - part.first_column)), halo


def bytes_at_work(grid: Grid, longest: float) -> int:
    """Give the most memory that spreading roads over a whole grid takes beside what it gives."""
    high, halo = _heights(_Part(0, grid.rows, 0, grid.columns), grid, longest, None)
    strips = min(available(), -(-grid.rows // min(high, _HALOS * halo)))
    rows = min(strips * high, grid.rows) + 2 * halo * strips
    return min(strips * grid.rows, rows) * grid.columns * _BYTES_AT_WORK


def _cut(roads: tuple[Stretches, ...], water: Shapes) -> Stretches:
    """Give the roads without what lies on the water."""
    each = [one.lines() for one in roads]
    line, base, more, owner = (np.concatenate(one) for one in zip(*each, strict=True))
    left, whole, share = without_water(line, water)
    # What is later at the begin of what is left is rounded alike whatever the time of the road is.
    begin, end = (np.rint(more[whole] * share[:, side]).astype(np.int64) for side in (0, 1))
    return TimedLines(left, base[whole] + begin, end - begin, owner[whole]).stretches()


def _wet_cells(water: Shapes, grid: Grid) -> NDArray[np.bool_]:
    """Tell which cells have their centre in water."""
    return cells_within(water, west=grid.west, north=grid.north, rows=grid.rows, columns=grid.columns, cell=grid.cell)
