"""Travel time to the nearest service point as a surface on a metric grid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.engine.pieces import Stretches
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.snap import check_near_network, snap
from palveluverkko.reach.spread import Grid, bytes_at_work, spread_roads
from palveluverkko.reach.timed_roads import timed_roads
from palveluverkko.reach.water import Shapes

CELL_SIZES = (25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
"""Cells that divide the squares of the Statistics Finland grid, or are made of them."""

_MOST_CELLS = 1_500_000
_MOST_GIGABYTES = 4.0
_BYTES_A_CELL = 16  # the times of three levels, and a copy while files are written
_CELLS_PER_ACCESS = 4


@dataclass(frozen=True, eq=False)
class Surface:
    """Travel time between each cell centre and the nearest service point.

    Attributes
    ----------
    travel_time
        int32[rows, columns]; milliseconds, ``UNREACHED`` where nobody is within reach. Row 0 is the northernmost.
    west, north
        Outer corner of the grid, metric CRS; a multiple of the cell.
    cell_metres
        Side of a cell.
    crs
        Metric CRS.
    budget
        Longest travel time that counts, milliseconds; the surface goes on a little beyond it, so that areas drawn
        from it end in the right place.
    on_shore
        int32[rows, columns]; times at the centres of cells of water that one can come to from the shore, for outlines
        that are to be cut at the shore; ``UNREACHED`` elsewhere. None without water.
    water
        Polygons of water on the grid, in the CRS. None without water.
    """

    travel_time: NDArray[np.int32]
    west: float
    north: float
    cell_metres: float
    crs: CRS
    budget: int
    on_shore: NDArray[np.int32] | None = None
    water: Shapes | None = None

    def within_budget(self) -> NDArray[np.int32]:
        """Give the travel times with everything beyond the budget as ``UNREACHED``."""
        return np.where(self.travel_time <= self.budget, self.travel_time, UNREACHED).astype(np.int32)

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        """Give the time of the cells under some positions in the surface's CRS; ``UNREACHED`` outside."""
        column = np.floor((np.asarray(x) - self.west) / self.cell_metres).astype(np.int64)
        row = np.floor((self.north - np.asarray(y)) / self.cell_metres).astype(np.int64)
        rows, columns = self.travel_time.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        times = self.within_budget()[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
        return np.where(inside, times, UNREACHED).astype(np.int32)

    def with_minimum(self, other: Surface) -> Surface:
        """Give the surface of the quicker of two on the same grid."""
        return self._with(other, np.minimum)

    def with_maximum(self, other: Surface) -> Surface:
        """Give the surface of the slower of two on the same grid: where both are within reach."""
        return self._with(other, np.maximum)

    def _with(self, other: Surface, choose: np.ufunc) -> Surface:
        shore = self.on_shore
        if shore is not None and other.on_shore is not None:
            shore = choose(shore, other.on_shore)
        return replace(self, travel_time=choose(self.travel_time, other.travel_time), on_shore=shore)


def surface(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    water: Water | None = None,
    cells_at_once: int | None = None,
) -> Surface:
    """Compute the travel time between every cell and the nearest of some points.

    Every road that can be stopped on is burnt in with its exact times, then spread off the road at the network's
    access speed up to its access distance.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS. All of them count: choose the open ones first.
    budget_minutes
        Longest travel time that counts.
    direction
        To the points or from them.
    cell_metres
        Side of a cell: at most half the access distance. Chosen from :data:`CELL_SIZES` when None.
    water
        Stops the spread: a cell whose centre lies in it has no time, and no way off the road leads through it or begins
        on a bridge over it. Nowhere does water make a time shorter.
    cells_at_once
        Cells of a large grid that are worked on together; chosen when None. Decides memory, not times.

    Raises
    ------
    StudyError
        The cell is too large for the access distance, or so small that the grid would not fit in memory.
    TableError
        A point cannot belong to this road network.
    """
    direction = Direction.parse(direction)
    budget = to_milliseconds(budget_minutes)
    grid, latest, crs = prepare_grid(network, cell_metres, budget)
    check_near_network(network, points, where="service points")
    roads = timed_roads(network, snap(network, points), direction, latest=latest, cell=grid.cell)
    return surface_of_roads(
        roads,
        network,
        grid,
        budget=budget,
        latest=latest,
        water=shapes_near(water, grid, crs),
        cells_at_once=cells_at_once,
    )


def surface_of_roads(
    roads: tuple[Stretches, ...],
    network: RoadNetwork,
    grid: Grid,
    *,
    budget: int,
    latest: int,
    water: Shapes | None = None,
    cells_at_once: int | None = None,
) -> Surface:
    """Spread timed roads over a grid: the part of :func:`surface` that comes after the search."""
    found = spread_roads(roads, network=network, grid=grid, latest=latest, water=water, cells_at_once=cells_at_once)
    crs = CRS.from_user_input(network.crs)
    if water is None:
        return Surface(found.time, grid.west, grid.north, grid.cell, crs, budget)
    on_shore = np.where(found.blocked, found.time, np.int32(UNREACHED))
    on_land = np.where(found.blocked, np.int32(UNREACHED), found.time)
    on_shore.flags.writeable = on_land.flags.writeable = False
    return Surface(on_land, grid.west, grid.north, grid.cell, crs, budget, on_shore, water)


def prepare_grid(network: RoadNetwork, cell_metres: float | None, budget: int) -> tuple[Grid, int, CRS]:
    """Give the grid over a network, the latest time that areas within a budget need on it, and its metric CRS."""
    crs = CRS.from_user_input(network.crs)
    if crs.is_geographic:
        raise StudyError(f"areas cannot be computed in {network.crs}, which is in degrees; use a metric CRS.")
    cell = choose_cell(network) if cell_metres is None else check_cell(network, cell_metres)
    return lay_grid(network, cell), just_beyond(network, budget, cell), crs


def choose_cell(network: RoadNetwork) -> float:
    """Choose the finest cell that fits the access distance and a million and a half cells."""
    fine = [cell for cell in CELL_SIZES if cell * _CELLS_PER_ACCESS <= network.max_access_metres]
    fits = [cell for cell in fine if _cells(network, cell) <= _MOST_CELLS]
    return fits[0] if fits else (fine[-1] if fine else network.max_access_metres / _CELLS_PER_ACCESS)


def check_cell(network: RoadNetwork, cell_metres: float) -> float:
    """Refuse a cell that would lose the roads or the machine."""
    if not 0 < cell_metres <= network.max_access_metres / 2:
        raise StudyError(
            f"cell_metres is {cell_metres:g}; use more than 0 and at most half of max_access_metres "
            f"({network.max_access_metres:g}), or areas along single roads would vanish."
        )
    needed = _gigabytes(network, cell_metres)
    if needed > _MOST_GIGABYTES:
        fits = [one for one in CELL_SIZES if _gigabytes(network, one) <= _MOST_GIGABYTES]
        remedy = f"cell_metres = {fits[0]:g} would do" if fits else "cut the roads to a smaller area"
        raise StudyError(
            f"cell_metres is {cell_metres:g}, which makes {_cells(network, cell_metres):,} cells and may take "
            f"{needed:,.1f} GB of memory; at most {_MOST_GIGABYTES:g} GB are used: {remedy}."
        )
    return float(cell_metres)


def _cells(network: RoadNetwork, cell: float) -> int:
    grid = lay_grid(network, cell)
    return grid.rows * grid.columns


def _gigabytes(network: RoadNetwork, cell: float) -> float:
    """Tell the memory that surfaces take: what they are, and the strips that are spread at once with their halos."""
    at_work = bytes_at_work(lay_grid(network, cell), network.max_access_metres)
    return (_cells(network, cell) * _BYTES_A_CELL + at_work) / 1e9


def shapes_near(water: Water | None, grid: Grid, crs: CRS) -> Shapes | None:
    """Give the water on the grid, or None where there is none."""
    south, east = grid.north - grid.rows * grid.cell, grid.west + grid.columns * grid.cell
    bounds = (grid.west, south, east, grid.north)
    shapes = None if water is None else water.near(bounds, crs).shapes
    return shapes if shapes is not None and len(shapes) else None


def just_beyond(network: RoadNetwork, budget: int, cell: float) -> int:
    """Give the latest time of cells that areas within a budget need.

    Neighbouring cells differ by at most one diagonal off the road, and outlines run between the cells on both sides.
    """
    return budget + int(np.ceil(2 * np.sqrt(2) * cell * network.access_milliseconds_per_metre))


def lay_grid(network: RoadNetwork, cell: float) -> Grid:
    """Lay the grid over the network and its surroundings, aligned to multiples of the cell."""
    edges = network.edges
    margin = network.max_access_metres + 2 * cell
    west = np.floor((edges.vertex_x.min() - margin) / cell) * cell
    north = np.ceil((edges.vertex_y.max() + margin) / cell) * cell
    columns = int(np.ceil((edges.vertex_x.max() + margin - west) / cell))
    rows = int(np.ceil((north - edges.vertex_y.min() + margin) / cell))
    return Grid(float(west), float(north), rows, columns, float(cell))
