"""Regular grids as places: squares of Statistics Finland and hexagons of H3, over the roads or over an area."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.grids import SQUARES, check_grid
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Verdict, snap
from palveluverkko.tables.areas import read_areas
from palveluverkko.tables.grid import GRID_CRS, is_in_finland, to_grid_id

MOST_CELLS = 10_000_000
"""More cells are refused; Finland has some six million squares of 250 m."""

# Mean area of a cell at resolution 0, square kilometres (H3's table of cell statistics); each next one is a seventh.
_LARGEST_HEXAGON = 4_357_449.4

_DEGREES = "EPSG:4326"


def grid_places(kind: str, area: RoadNetwork | geopandas.GeoDataFrame | str | Path) -> geopandas.GeoDataFrame:
    """Give the cells of a regular grid as places.

    Parameters
    ----------
    kind
        ``"250m"``, ``"1km"`` or ``"5km"``: squares of Statistics Finland; ``"h3-0"`` to ``"h3-15"``: hexagons of H3 at
        a resolution, for which the package ``h3`` is needed.
    area
        Polygons in any CRS, or a file of them: every cell whose centre lies inside, also where there is no road. Or a
        road network: the cells that stand on it, their centre within the access distance of a road.

    Returns
    -------
    GeoDataFrame
        Polygons by their ``id``, rising: squares in EPSG:3067 with ids such as ``1kmN6675E0385``, which ``read_places``
        reads, or hexagons in EPSG:4326 with H3's own ids. As places they count as their representative point: the
        centre of a square, a spot near the centre of a hexagon.

    Raises
    ------
    StudyError
        The grid is unknown, does not cover the area, has no or too many cells there, or ``h3`` is not installed.
    TableError
        The file of the area breaks its contract.

    Examples
    --------
    >>> grid_places("1km", network)  # doctest: +SKIP
    """
    check_grid(kind)
    region = _around(area) if isinstance(area, RoadNetwork) else _of_polygons(area)
    places = _squares(kind, region) if kind in SQUARES else _hexagons(kind, region)
    if isinstance(area, RoadNetwork):
        places = places[snap(area, places).verdict != Verdict.OFF_NETWORK]
    if places.empty:
        raise StudyError(f"no cell of the grid {kind} has its centre in the area; use a finer grid or a larger area.")
    return places.sort_index()


def _around(network: RoadNetwork) -> geopandas.GeoSeries:
    """Give the box of a network with its access distance around."""
    edges = network.edges
    box = shapely.box(edges.vertex_x.min(), edges.vertex_y.min(), edges.vertex_x.max(), edges.vertex_y.max())
    wide = shapely.buffer(box, network.max_access_metres, join_style="mitre")
    # The sides of the box are no straight lines in another CRS.
    return geopandas.GeoSeries([shapely.segmentize(wide, 10_000.0)], crs=network.crs)


def _of_polygons(area: geopandas.GeoDataFrame | str | Path) -> geopandas.GeoSeries:
    polygons = read_areas(area) if isinstance(area, str | Path) else area
    if polygons.crs is None:
        raise StudyError("the area of a grid has no CRS; set one (frame.set_crs).")
    return polygons.geometry


def _squares(kind: str, region: geopandas.GeoSeries) -> geopandas.GeoDataFrame:
    """Give the squares with their centre in a region."""
    size = SQUARES[kind]
    shape = shapely.union_all(region.to_crs(GRID_CRS).to_numpy())
    west, south, east, north = np.asarray(shape.bounds) / size
    column, row = np.arange(np.floor(west), np.ceil(east)), np.arange(np.floor(south), np.ceil(north))
    _check_number(kind, column.size * row.size)
    x, y = (one.ravel() * size for one in np.meshgrid(column, row))
    shapely.prepare(shape)
    inside = shapely.intersects_xy(shape, x + size / 2, y + size / 2)
    x, y = x[inside].astype(np.int64), y[inside].astype(np.int64)
    outside = np.flatnonzero(~is_in_finland(west_metres=x, south_metres=y))
    if outside.size:
        raise StudyError(
            f"{outside.size:,} of {x.size:,} squares of the grid {kind} would lie outside Finland, which Statistics "
            "Finland's grid covers; use a grid of H3 such as h3-8."
        )
    ids = [
        to_grid_id(west_metres=a, south_metres=b, size_metres=size) for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    squares = shapely.box(x, y, x + size, y + size)
    return geopandas.GeoDataFrame(geometry=list(squares), index=pd.Index(ids, dtype=object, name="id"), crs=GRID_CRS)


def _hexagons(kind: str, region: geopandas.GeoSeries) -> geopandas.GeoDataFrame:
    """Give H3's cells with their centre in a region."""
    try:
        import h3  # noqa: PLC0415  # an extra
    except ImportError:
        raise StudyError(f"the grid {kind} needs the package h3; install palveluverkko[h3].") from None
    resolution = int(kind.removeprefix("h3-"))
    shape = shapely.union_all(region.to_crs(_DEGREES).to_numpy())
    square_metres = region.to_crs(region.estimate_utm_crs()).area.sum()
    _check_number(kind, square_metres / 1e6 / (_LARGEST_HEXAGON / 7**resolution))
    ids = sorted(h3.geo_to_cells(shape, resolution))
    corners = [h3.cell_to_boundary(one) for one in ids]
    rings = [shapely.linearrings([(lon, lat) for lat, lon in one]) for one in corners]
    hexagons = shapely.polygons(rings) if rings else []
    return geopandas.GeoDataFrame(geometry=list(hexagons), index=pd.Index(ids, dtype=object, name="id"), crs=_DEGREES)


def _check_number(kind: str, cells: float) -> None:
    if cells > MOST_CELLS:
        raise StudyError(
            f"the grid {kind} has some {cells:,.0f} cells there; at most {MOST_CELLS:,} fit. Use a coarser grid."
        )
