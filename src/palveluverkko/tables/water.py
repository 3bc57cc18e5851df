"""Layers of water, checked at the door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES
from palveluverkko.tables.coordinates import locate
from palveluverkko.tables.files import read_rows

_KINDS = ("Polygon", "MultiPolygon")


def read_water_layer(path: str | Path) -> tuple[NDArray[np.object_], pyproj.CRS, int, int]:
    """Read the polygons of a layer of water.

    Returns
    -------
    Valid polygons, their CRS, how many were mended, and how many geometries are no polygons and were left out.

    Raises
    ------
    TableError
        The file is missing, damaged or of another kind, does not say where it lies, or holds no polygon.
    """
    where = Path(path).name
    rows = read_rows(path, suffixes=ROAD_TABLE_SUFFIXES)
    if not isinstance(rows, GeoDataFrame):
        raise TableError(f"{where} has no geometry; name a layer with the polygons of the water.")
    rows = rows[~(rows.geometry.isna() | rows.geometry.is_empty)]
    area = rows.geometry.geom_type.isin(_KINDS).to_numpy()
    if not area.any():
        kinds = ", ".join(sorted(set(rows.geometry.geom_type))) or "no geometry"
        raise TableError(f"{where} has no polygon ({kinds}); name a layer with the polygons of the water.")
    if rows.crs is None:
        raise TableError(f"{where} does not say its CRS; export it again with one, such as EPSG:3067.")
    layer = locate(rows[area], crs=None, where=where)
    shapes = layer.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes)
    shapes = np.where(broken, shapely.make_valid(shapes, method="structure", keep_collapsed=False), shapes)
    parts = shapely.get_parts(shapely.get_parts(shapes))
    solid = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    if not solid.any():
        raise TableError(f"{where} has no polygon with an area; name a layer with the polygons of the water.")
    return np.asarray(parts[solid], dtype=object), pyproj.CRS(layer.crs), int(broken.sum()), int((~area).sum())
