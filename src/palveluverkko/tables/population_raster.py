"""Population rasters (GeoTIFF): every cell with people is a place, and no person is lost or made."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.errors import RasterioIOError

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.people import to_exact


def read_population_raster(path: Path, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read a raster of people as places: the squares of its cells that are neither empty nor nodata.

    Returns
    -------
    GeoDataFrame
        Squares in the CRS of the raster, ``id`` by row and column from the upper left (``R12C7``), ``population``:
        people per cell, to a millionth of a person, so that sums are exact in any order.

    Raises
    ------
    TableError
        The file is no raster, has several bands, no CRS or one in degrees (whose cells differ in size), another CRS
        than ``crs``, is rotated, names no nodata, or holds negative or infinite people.
    """
    where = path.name
    try:
        with rasterio.open(path) as raster:
            _check_frame(raster, crs=crs, where=where)
            values = raster.read(1, masked=True).astype(np.float64)
            transform, code = raster.transform, raster.crs.to_epsg()
            own = raster.crs.to_wkt() if code is None else f"EPSG:{code}"
    except RasterioIOError as error:
        raise TableError(f"{path} cannot be read as a raster: {' '.join(str(error).split())}.") from None
    people = values.filled(0.0)
    wrong = ~np.isfinite(people) | (people < 0)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise TableError(
            f"{where} has {people[row, column]:g} people in the cell of row {row}, column {column}, and "
            f"{int(wrong.sum())} such in all; declare that value as nodata, or correct it."
        )
    row, column = np.nonzero(people)
    if not row.size:
        raise TableError(f"{where} holds nobody: every cell is 0 or nodata.")
    left, top = transform.c + column * transform.a, transform.f + row * transform.e
    right, bottom = left + transform.a, top + transform.e
    west, east = np.minimum(left, right), np.maximum(left, right)
    cells = shapely.box(west, np.minimum(top, bottom), east, np.maximum(top, bottom))
    ids = [f"R{one}C{other}" for one, other in zip(row, column, strict=True)]
    table = pd.DataFrame({"id": ids, "population": to_exact(people[row, column])})
    return gpd.GeoDataFrame(table, geometry=cells, crs=own)


def _check_frame(raster: rasterio.DatasetReader, *, crs: str | None, where: str) -> None:
    """Refuse rasters whose cells are no squares of people."""
    if raster.count != 1:
        raise TableError(f"{where} has {raster.count} bands; give a raster of one band, people per cell.")
    if raster.crs is None:
        raise TableError(f"{where} has no CRS; give the raster one, such as EPSG:3067 (gdal_edit.py -a_srs).")
    if raster.crs.is_geographic:
        raise TableError(
            f"{where} is in degrees ({raster.crs.to_string()}), where cells differ in size; warp it to metres, summing "
            f"up (gdalwarp -r sum -t_srs EPSG:3067)."
        )
    if crs is not None and raster.crs != rasterio.crs.CRS.from_user_input(crs):
        raise TableError(f"{where} is in {raster.crs.to_string()}, but crs says {crs}; leave crs out or correct it.")
    if raster.transform.b or raster.transform.d:
        raise TableError(f"{where} is rotated; warp it to a grid along its CRS (gdalwarp).")
    if raster.nodata is None:
        raise TableError(
            f"{where} names no nodata value, so that its gaps would count as people; name one (gdal_edit.py -a_nodata)."
        )
