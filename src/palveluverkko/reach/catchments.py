"""Catchments: every cell of the grid allocated to the point nearest to it, and the outlines of what each gets."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.simplified import simplified
from palveluverkko.reach.snap import check_near_network, snap
from palveluverkko.reach.spread import NOBODY, spread_roads
from palveluverkko.reach.surface import Surface, prepare_grid, shapes_near
from palveluverkko.reach.timed_roads import timed_roads


@dataclass(frozen=True, eq=False)
class AllocatedCells:
    """Whose each cell of a grid is.

    Attributes
    ----------
    surface
        Travel time of each cell.
    owner
        int32[rows, columns]; position in ``ids`` of the nearest point, -1 beyond the budget.
    ids
        Ids of the points, rising.
    """

    surface: Surface
    owner: NDArray[np.int32]
    ids: pd.Index


def allocate_cells(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    water: Water | None = None,
) -> AllocatedCells:
    """Allocate each cell to the point that its quickest way leads to; of equal ways the lowest id counts.

    Ways are those of :func:`palveluverkko.reach.surface.surface`: by road, then off it up to the access distance.

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
        Side of a cell, as for the surface; chosen when None.
    water
        Stops ways off the road as it does for the surface; cells on the water are nobody's.

    Raises
    ------
    StudyError
        The cell is too large or too small.
    TableError
        A point cannot belong to this road network.
    """
    check_near_network(network, points, where="service points")
    budget = to_milliseconds(budget_minutes)
    grid, latest, crs = prepare_grid(network, cell_metres, budget)
    ranked = points.sort_index()
    roads = timed_roads(
        network, snap(network, ranked), Direction.parse(direction), latest=latest, cell=grid.cell, by_point=True
    )
    near = shapes_near(water, grid, crs)
    found = spread_roads(roads, network=network, grid=grid, latest=latest, water=near)
    time = np.where(found.blocked, np.int32(UNREACHED), found.time)
    owner = np.where(time <= budget, found.owner, np.int32(NOBODY))
    for one in (time, owner):
        one.flags.writeable = False
    surface = Surface(time, grid.west, grid.north, grid.cell, crs, budget)
    return AllocatedCells(surface, owner, ranked.index)


def outline_catchments(cells: AllocatedCells, *, tolerance_metres: float | None = None) -> geopandas.GeoDataFrame:
    """Draw the catchment of each point: areas that meet without gaps or overlaps.

    The sides of cells between two owners are the outlines; all are simplified as one coverage.

    Parameters
    ----------
    cells
        As :func:`allocate_cells` gives them.
    tolerance_metres
        For the simplification; one cell when None, 0 for the cells as they are.

    Returns
    -------
    GeoDataFrame
        point, geometry (MultiPolygon) in the metric CRS; points without a cell are left out.
    """
    one = cells.surface
    faces = _faces(cells.owner, one)
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    column = np.floor((spot[:, 0] - one.west) / one.cell_metres).astype(np.int64)
    row = np.floor((one.north - spot[:, 1]) / one.cell_metres).astype(np.int64)
    owner = cells.owner[row, column]
    owners = np.unique(owner[owner != NOBODY])
    areas = np.asarray([shapely.multipolygons(faces[owner == each]) for each in owners], dtype=object)
    tolerance = one.cell_metres if tolerance_metres is None else tolerance_metres
    areas = simplified(areas, tolerance)
    frame = pd.DataFrame({"point": cells.ids.to_numpy(dtype=object)[owners]})
    return geopandas.GeoDataFrame(frame, geometry=list(areas), crs=one.crs)


def _faces(owner: NDArray[np.int32], grid: Surface) -> NDArray[np.object_]:
    """Cut the plane along the sides of cells that lie between two owners."""
    padded = np.pad(owner, 1, constant_values=NOBODY)
    beside, above = padded[1:-1, :-1] != padded[1:-1, 1:], padded[:-1, 1:-1] != padded[1:, 1:-1]
    (row, column), (level, start) = np.nonzero(beside), np.nonzero(above)
    x = np.concatenate((np.column_stack((column, column)), np.column_stack((start, start + 1))))
    y = np.concatenate((np.column_stack((row, row + 1)), np.column_stack((level, level))))
    sides = shapely.linestrings(grid.west + x * grid.cell_metres, grid.north - y * grid.cell_metres)
    if not sides.size:
        return np.empty(0, dtype=object)
    lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(sides)))
    return np.asarray(shapely.get_parts(shapely.polygonize(lines)))
