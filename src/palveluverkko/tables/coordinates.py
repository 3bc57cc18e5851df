"""Where the rows of a table lie: a geometry, lon and lat, x and y with a CRS, or grid ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from geopandas import GeoDataFrame, GeoSeries
from pyproj.exceptions import CRSError

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.columns import (
    columns_seen,
    counted,
    name_rows,
    to_numbers,
    to_text,
    with_known_names,
)
from palveluverkko.tables.grid import find_grid_column, to_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LON_LAT_CRS = "EPSG:4326"

GLOBE = (-180.0, -90.0, 180.0, 90.0)
"""West, south, east, north in degrees."""

# Finland with longitude and latitude exchanged, degrees: as written a strip of Pakistan, Afghanistan and Iran.
_FINLAND_SWAPPED = (59.0, 19.0, 70.5, 32.0)

_SYNONYMS = {"lon": ("longitude",), "lat": ("latitude",), "x": (), "y": (), "crs": (), "geometry": ("wkt",)}


def locate(table: pd.DataFrame, *, crs: str | None, where: str) -> GeoDataFrame:
    """Give every row of a table its place on earth; the columns that were used for it leave the table.

    Parameters
    ----------
    table
        Table with, first match wins: a geometry; `lon` and `lat` (EPSG:4326); `x` and `y`; a text column
        `geometry` or `wkt`; a column of grid ids (squares in EPSG:3067).
    crs
        CRS of x and y or of a geometry that carries none. It may not contradict what the table itself says.
    where
        Name of the table for errors.

    Returns
    -------
    GeoDataFrame
        With an active column `geometry` at the end and a CRS.

    Raises
    ------
    TableError
        There are no coordinates, or no CRS, or some rows lie nowhere; or latitude and longitude are swapped.
    """
    if isinstance(table, GeoDataFrame) and table.active_geometry_name is not None:
        return _checked(_with_geometry(table, _from_geometry(table, crs=crs, where=where), used=[]), where=where)
    named = with_known_names(table, _SYNONYMS)
    if {"lon", "lat"} <= set(named.columns):
        geometry, used = _from_degrees(named, crs=crs, where=where), ["lon", "lat", "crs"]
    elif {"x", "y"} <= set(named.columns):
        geometry, used = _from_x_and_y(named, crs=crs, where=where), ["x", "y", "crs"]
    elif "geometry" in named.columns:
        geometry, used = _from_text(named, crs=crs, where=where), ["geometry", "crs"]
    elif (grid := find_grid_column(named)) is not None:
        geometry, used = to_squares(named, grid, where=where), ["crs"]
        _choose_crs(named, own=geometry.crs, given=crs, where=where, what="grid ids")
    else:
        raise TableError(
            f"{where} has no coordinates ({columns_seen(table)}). "
            f"Add the columns lon and lat, or x and y with crs, or a geometry."
        )
    return _checked(_with_geometry(named, geometry, used=used), where=where)


def looks_swapped(points_lonlat: ArrayLike, bounds: tuple[float, float, float, float]) -> bool:
    """Tell whether points make sense only with longitude and latitude exchanged.

    Parameters
    ----------
    points_lonlat
        Pairs of longitude and latitude in degrees, shape (n, 2).
    bounds
        West, south, east, north in degrees of where the points should lie, such as the extent of the roads.

    Returns
    -------
    bool
        True when no point lies within the bounds as written and most lie there when exchanged.

    Examples
    --------
    >>> looks_swapped([(66.5, 25.7)], (20.0, 59.0, 32.0, 70.5))
    True
    """
    lon, lat = np.asarray(points_lonlat, dtype=float).reshape(-1, 2).T
    if not len(lon) or _within(lon, lat, bounds).any():
        return False
    return bool(_within(lat, lon, bounds).mean() > 0.5)  # noqa: PLR2004


def with_lone_points(table: GeoDataFrame) -> GeoDataFrame:
    """Unwrap multipoints of one point, which QGIS likes to write."""
    geometry = table.geometry
    lone = (geometry.geom_type == "MultiPoint") & (shapely.get_num_geometries(geometry.array) == 1)
    return table.set_geometry(geometry.where(~lone, shapely.get_geometry(geometry.array, 0)))


def with_valid_polygons(table: GeoDataFrame, *, kinds: tuple[str, ...], where: str) -> GeoDataFrame:
    """Refuse other kinds of geometry; mend polygons that cross themselves, as many from map software do.

    Raises
    ------
    TableError
        A geometry is of another kind, or a polygon has no area.
    """
    other = ~table.geometry.geom_type.isin(kinds)
    if other.any():
        kind = table.geometry.geom_type[other].iloc[0]
        raise TableError(f"{where} has the geometry {kind} at {name_rows(table, other)}; use {' or '.join(kinds)}.")
    if table.geometry.is_valid.all():
        return table
    mended = table.geometry.make_valid(method="structure", keep_collapsed=False)
    empty = mended.is_empty
    if empty.any():
        raise TableError(f"{where} has a polygon without area at {name_rows(table, empty)}; draw it again.")
    return table.set_geometry(table.geometry.where(table.geometry.is_valid, mended))


def to_crs(value: object, *, where: str) -> pyproj.CRS:
    """Read a CRS from what a user writes: ``EPSG:3067``, ``3067`` or any text that pyproj knows."""
    text = str(value).strip()
    try:
        crs = pyproj.CRS.from_user_input(f"EPSG:{text}" if text.isdigit() else value)
    except CRSError:
        raise TableError(f"{where} has crs = {text!r}, which is not known; write it as EPSG:3067.") from None
    return crs


def _choose_crs(table: pd.DataFrame, *, own: pyproj.CRS | None, given: str | None, where: str, what: str) -> pyproj.CRS:
    """Choose the one CRS that the data, the column `crs` and the argument agree on."""
    written = sorted(set(to_text(table["crs"])) - {""}) if "crs" in table.columns else []
    if len(written) > 1:
        raise TableError(
            f"{where} has {len(written)} different crs ({', '.join(written[:3])}); "
            f"convert the rows to one and write that."
        )
    stated = [to_crs(value, where=where) for value in (given, *written) if value is not None]
    candidates = [_as_lon_lat(crs) for crs in ([own] if own is not None else []) + stated]
    if not candidates:
        raise TableError(
            f"{where} has {what} without CRS; say which with crs, such as EPSG:3067 (ETRS-TM35FIN) or EPSG:4326."
        )
    for other in candidates[1:]:
        if not other.equals(candidates[0], ignore_axis_order=True):
            raise TableError(
                f"{where} is in {candidates[0].to_string()}, but crs says {other.to_string()}; "
                f"leave crs out or correct it."
            )
    return candidates[0]


def _as_lon_lat(crs: pyproj.CRS) -> pyproj.CRS:
    """Name OGC:CRS84 as EPSG:4326: x is longitude in both here, and one name lets frames be compared."""
    return pyproj.CRS(LON_LAT_CRS) if crs.to_string() == "OGC:CRS84" else crs


def _from_geometry(table: GeoDataFrame, *, crs: str | None, where: str) -> GeoSeries:
    what = "points" if (table.geometry.geom_type == "Point").all() else "geometries"
    chosen = _choose_crs(table, own=table.crs, given=crs, where=where, what=what)
    return table.geometry.set_crs(chosen, allow_override=True)


def _from_degrees(table: pd.DataFrame, *, crs: str | None, where: str) -> GeoSeries:
    chosen = _choose_crs(table, own=pyproj.CRS(LON_LAT_CRS), given=crs, where=where, what="points")
    points = _points(table, "lon", "lat", crs=chosen, where=where)
    _refuse_swapped_degrees(points, where=where)
    return points


def _from_x_and_y(table: pd.DataFrame, *, crs: str | None, where: str) -> GeoSeries:
    chosen = _choose_crs(table, own=None, given=crs, where=where, what="points")
    points = _points(table, "x", "y", crs=chosen, where=where)
    _refuse_swapped_metres(points, where=where)
    return points


def _points(table: pd.DataFrame, x: str, y: str, *, crs: pyproj.CRS, where: str) -> GeoSeries:
    numbers = {name: to_numbers(table, name, where=where) for name in (x, y)}
    missing = numbers[x].isna() | numbers[y].isna()
    if missing.any():
        raise TableError(
            f"{where} has {counted(missing.sum(), 'row')} without {x} or {y}: {name_rows(table, missing)}; "
            f"fill them in or remove the rows."
        )
    return GeoSeries(gpd.points_from_xy(numbers[x], numbers[y]), index=table.index, crs=crs)


def _from_text(table: pd.DataFrame, *, crs: str | None, where: str) -> GeoSeries:
    """Read well-known text, or the well-known bytes that a plain Parquet file holds."""
    chosen = _choose_crs(table, own=None, given=crs, where=where, what="geometries")
    written = table["geometry"]
    binary = written.map(lambda value: isinstance(value, bytes)).all()
    values = np.array([value or None for value in (written if binary else to_text(written))], dtype=object)
    read = (shapely.from_wkb if binary else shapely.from_wkt)(values, on_invalid="ignore")
    broken = pd.Series(shapely.is_missing(read) & ~pd.isna(values), index=table.index)
    if broken.any():
        raise TableError(
            f"{where} has a geometry that cannot be read at {name_rows(table, broken)}; write it as POINT (25.7 66.5)."
        )
    return GeoSeries(read, index=table.index, crs=chosen)


def _with_geometry(table: pd.DataFrame, geometry: GeoSeries, *, used: list[str]) -> GeoDataFrame:
    """Give the table without the columns that were used, and with the geometry last."""
    gone: list[object] = [*used]
    if isinstance(table, GeoDataFrame):
        gone.append(table.active_geometry_name)
    columns = pd.DataFrame(table).drop(columns=gone, errors="ignore")
    return GeoDataFrame(columns, geometry=geometry.array, crs=geometry.crs)


def _checked(located: GeoDataFrame, *, where: str) -> GeoDataFrame:
    """Refuse rows that lie nowhere, and degrees beyond the globe; give flat geometries."""
    nowhere = located.geometry.isna() | located.geometry.is_empty
    if nowhere.any():
        raise TableError(
            f"{where} has {counted(nowhere.sum(), 'row')} without a geometry: {name_rows(located, nowhere)}; "
            f"draw them or remove the rows."
        )
    box = located.geometry.bounds
    infinite = ~np.isfinite(box).all(axis=1)
    if infinite.any():
        raise TableError(
            f"{where} has coordinates that are not finite at {name_rows(located, infinite)}; correct them."
        )
    if located.crs.is_geographic:
        inside = _within(box.minx, box.miny, GLOBE) & _within(box.maxx, box.maxy, GLOBE)
        beyond = ~inside
        if beyond.any():
            raise TableError(
                f"{where} has lon or lat beyond the globe at {name_rows(located, beyond)}; "
                f"lon lies within -180 to 180 and lat within -90 to 90. "
                f"For metres, name the columns x and y and give crs."
            )
    return located.set_geometry(located.geometry.force_2d()) if located.has_z.any() else located


def _refuse_swapped_degrees(points: GeoSeries, *, where: str) -> None:
    """Refuse a file whose lon and lat make sense only the other way round."""
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    beyond = not _within(lon, lat, GLOBE).all() and _within(lat, lon, GLOBE).all()
    if beyond or _within(lon, lat, _FINLAND_SWAPPED).all():
        lon_range, lat_range = (f"{values.min():g} to {values.max():g}" for values in (lon, lat))
        raise TableError(
            f"{where} has lon from {lon_range} and lat from {lat_range}: latitude and longitude are swapped. "
            f"Exchange the names of the two columns (or, if the points truly lie there, "
            f"name them x and y and give crs EPSG:4326)."
        )


def _refuse_swapped_metres(points: GeoSeries, *, where: str) -> None:
    """Refuse a file whose x is the northing (as surveyors write it), or whose metres are degrees."""
    crs = pyproj.CRS(points.crs)
    if crs.is_geographic or crs.area_of_use is None:
        return
    x, y = points.x.to_numpy(), points.y.to_numpy()
    if _within(x, y, GLOBE).all():
        raise TableError(
            f"{where} has x and y in degrees, but its crs {crs.to_string()} counts metres; "
            f"name the columns lon and lat, or give crs EPSG:4326."
        )
    west, south, east, north = crs.area_of_use.bounds
    if west > east:
        return
    to_degrees = pyproj.Transformer.from_crs(crs, LON_LAT_CRS, always_xy=True)
    as_written = _within(*to_degrees.transform(x, y), (west, south, east, north))
    exchanged = _within(*to_degrees.transform(y, x), (west, south, east, north))
    if exchanged.all() and not as_written.any():
        raise TableError(
            f"{where} has northings in x and eastings in y of {crs.to_string()}: x and y are swapped. "
            f"Exchange the names of the two columns."
        )


def _within(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = bounds
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _all_points(table: GeoDataFrame) -> bool:
    return bool((table.geometry.geom_type == "Point").all())
