"""Service points: the places that offer services, each of one level of the scheme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.columns import (
    columns_seen,
    name_rows,
    to_flags,
    to_numbers,
    to_text,
    with_ids,
    with_known_names,
    with_text_columns,
)
from palveluverkko.tables.coordinates import locate, with_lone_points
from palveluverkko.tables.files import read_rows

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from palveluverkko.domain.levels import LevelScheme

COLUMNS = (
    "name", "level", "services", "capacity", "languages", "kunta_code", "open", "candidate", "cost_per_year",
)  # fmt: skip
"""Columns of every checked table of service points, in this order; further columns of the user follow."""

_PURPOSE = "Ids tell points apart in scenarios"


def read_service_points(path: str | Path, *, scheme: LevelScheme | None = None, crs: str | None = None) -> GeoDataFrame:
    """Read service points from csv, xlsx, gpkg, geojson or parquet, and check them.

    Parameters
    ----------
    path
        File with `id`, `level` and coordinates (`lon`, `lat`; or `x`, `y` and `crs`; or a point geometry);
        optional `name`, `services` (``;``-separated), `capacity`, `languages`, `kunta_code`, `open`,
        `candidate`, `cost_per_year`. Any further column is kept.
    scheme
        Level scheme that the levels must belong to; without one any level will do.
    crs
        CRS of x and y, or of a geometry that carries none.

    Returns
    -------
    GeoDataFrame
        Point geometry with a CRS, index `id` of unique text, and `COLUMNS`: name (the id where none is given),
        level, services, languages and kunta_code as text (empty where absent), capacity and cost_per_year as
        floats (NaN where absent), open and candidate as bool. A point is open unless it says otherwise or is a
        candidate.

    Raises
    ------
    TableError
        The file or a row breaks this contract; one sentence names the file, the rows, the ids and the remedy.
    """
    return _checked(read_rows(path), scheme=scheme, crs=crs, where=Path(path).name)


def check_service_points(
    points: GeoDataFrame, *, scheme: LevelScheme | None = None, where: str = "service points"
) -> GeoDataFrame:
    """Check service points that a notebook made, by the contract of `read_service_points`.

    Ids come from a column or an index of the name `id`. The input stays as it is; checking twice changes nothing.
    """
    return _checked(points, scheme=scheme, crs=None, where=where)


def read_points(path: str | Path, *, crs: str | None = None) -> GeoDataFrame:
    """Read any points that have ids, such as municipal centres: index `id`, other columns as they are.

    Raises
    ------
    TableError
        As `read_service_points`, for the ids, the coordinates and the CRS.
    """
    where = Path(path).name
    identified = with_ids(read_rows(path), where=where, purpose=_PURPOSE)
    points = _single_points(locate(identified, crs=crs, where=where), where=where)
    return with_text_columns(points.set_index("id"))


def _checked(table: pd.DataFrame, *, scheme: LevelScheme | None, crs: str | None, where: str) -> GeoDataFrame:
    named = with_known_names(table, dict.fromkeys(("id", *COLUMNS), ()))
    identified = with_ids(named, where=where, purpose=_PURPOSE)
    points = _single_points(locate(identified, crs=crs, where=where), where=where)
    points = points.assign(**_columns(points, scheme=scheme, where=where))
    further = [column for column in points.columns if column not in ("id", *COLUMNS, "geometry")]
    return with_text_columns(points.set_index("id")[[*COLUMNS, *further, "geometry"]])


def _single_points(points: GeoDataFrame, *, where: str) -> GeoDataFrame:
    """Unwrap multipoints of one point, which QGIS likes to write; refuse everything else that is no point."""
    unwrapped = with_lone_points(points)
    other = unwrapped.geom_type != "Point"
    if other.any():
        kind = unwrapped.geom_type[other].iloc[0]
        raise TableError(
            f"{where} has the geometry {kind} at {name_rows(points, other)}; "
            f"a service point is a point, such as the door of the building."
        )
    return unwrapped


def _columns(points: GeoDataFrame, *, scheme: LevelScheme | None, where: str) -> dict[str, pd.Series]:
    """Give the columns of the contract, checked."""
    text = {
        name: to_text(points[name]) if name in points.columns else pd.Series("", index=points.index, dtype=str)
        for name in ("name", "services", "languages", "kunta_code")
    }
    text["name"] = text["name"].where(text["name"] != "", points["id"])
    numbers = {name: _amounts(points, name, where=where) for name in ("capacity", "cost_per_year")}
    closed = pd.Series(False, index=points.index)
    candidate = to_flags(points, "candidate", default=closed, where=where)
    is_open = to_flags(points, "open", default=~candidate, where=where)
    level = _levels(points, scheme=scheme, where=where)
    return {**text, **numbers, "level": level, "candidate": candidate, "open": is_open}


def _levels(points: GeoDataFrame, *, scheme: LevelScheme | None, where: str) -> pd.Series:
    known = f"one of {', '.join(scheme.codes)} of the scheme {scheme.name}" if scheme else "such as L, A or E"
    if "level" not in points.columns:
        seen = columns_seen(points.drop(columns="geometry"))
        raise TableError(f"{where} has no column level ({seen}). Add it and give each point its level, {known}.")
    level = to_text(points["level"])
    missing = level == ""
    if missing.any():
        raise TableError(f"{where} has no level at {name_rows(points, missing)}; give each point its level, {known}.")
    unknown = ~level.isin(scheme.codes) if scheme else pd.Series(False, index=points.index)
    if unknown.any():
        first = level[unknown].iloc[0]
        at = name_rows(points, unknown & (level == first))
        raise TableError(f"{where} has the unknown level {first!r} at {at}; use {known}.")
    return level


def _amounts(points: GeoDataFrame, name: str, *, where: str) -> pd.Series:
    if name not in points.columns:
        return pd.Series(float("nan"), index=points.index)
    numbers = to_numbers(points, name, where=where)
    negative = numbers < 0
    if negative.any():
        raise TableError(
            f"{where} has {name} = {numbers[negative].iloc[0]:g} at {name_rows(points, negative)}; "
            f"write 0 or more, or leave it empty where it is not known."
        )
    return numbers
