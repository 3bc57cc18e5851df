"""Areas: the municipalities or other polygons by which results are summed up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.columns import to_text, with_ids, with_known_names, with_text_columns
from palveluverkko.tables.coordinates import locate, with_valid_polygons
from palveluverkko.tables.files import read_rows

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_MUNICIPAL = ("kunta_code", "natcode", "kunta")
_CODES = (*_MUNICIPAL, "hyvinvointialue", "maakunta", "seutukunta")
_SYNONYMS = {"id": _CODES, "name": ("nimi", "name_fi", "namefin")}
_KINDS = ("Polygon", "MultiPolygon")
POLYGON_DIMENSIONS = 2

_PURPOSE = "Ids tell areas apart in the results"


def read_areas(path: str | Path) -> GeoDataFrame:
    """Read polygons of areas from any of the file formats of `read_table`, and check them.

    Parameters
    ----------
    path
        File with polygons, a column `id` (or `kunta_code`, `natcode`, `kunta`, `hyvinvointialue`, `maakunta`,
        `seutukunta`, in this order and any case)
        and optionally `name` (or `nimi`, `name_fi`, `namefin`).

    Returns
    -------
    GeoDataFrame
        Valid polygons with a CRS, index `id` of unique text, first column `name` (the id where there is none).
        Municipality codes have three digits.

    Raises
    ------
    TableError
        The file or a row breaks this contract.
    """
    where = Path(path).name
    table = read_rows(path)
    named = with_known_names(table, _SYNONYMS)
    identified = with_ids(named, where=where, purpose=_PURPOSE)
    areas = with_valid_polygons(locate(identified, crs=None, where=where), kinds=_KINDS, where=where)
    seen = {str(table.index.name).lower(), *(str(column).lower() for column in table.columns)}
    if "id" not in seen and seen & set(_MUNICIPAL):
        areas = areas.assign(id=areas["id"].where(~areas["id"].str.fullmatch(r"\d{1,2}"), areas["id"].str.zfill(3)))
    name = to_text(areas["name"]) if "name" in areas.columns else areas["id"]
    areas = areas.assign(name=name.where(name != "", areas["id"]))
    further = [column for column in areas.columns if column not in ("id", "name", "geometry")]
    return with_text_columns(areas.set_index("id")[["name", *further, "geometry"]])


def assign_areas(places: GeoDataFrame, areas: GeoDataFrame, *, rule: str = "largest_share") -> pd.Series:
    """Give every place the id of its area: the one that holds a point, or most of a polygon.

    Ties, and points on a border, go to the lowest id. With the rule ``"centroid"`` a polygon belongs to the area that
    holds its centroid, however small its part of it.

    Returns
    -------
    Series
        Area id by place id, named `area`; None for a place outside every area.

    Raises
    ------
    TableError
        The places or the areas carry no CRS.
    """
    if places.crs is None or areas.crs is None:
        raise TableError("places or areas are without CRS; read them with read_places and read_areas.")
    crs = next((frame.crs for frame in (areas, places) if frame.crs.is_projected), None) or areas.estimate_utm_crs()
    ordered = areas.geometry.sort_index().to_crs(crs)
    shapes = places.geometry.to_crs(crs)
    if rule == "centroid":
        shapes = shapes.centroid
    area, place = shapes.sindex.query(ordered, predicate="intersects")
    whole_area, whole_place = shapes.sindex.query(ordered, predicate="covers")
    # Cutting is slow, and most places lie wholly in one area: cut only those on a border.
    cut = ~np.isin(area * len(shapes) + place, whole_area * len(shapes) + whole_place)
    cut &= shapely.get_dimensions(shapes.array[place]) == POLYGON_DIMENSIONS
    share = np.ones(len(place))
    pieces = shapely.intersection(shapes.array[place[cut]], ordered.array[area[cut]])
    share[cut] = shapely.area(pieces) / shapely.area(shapes.array[place[cut]])
    best = pd.DataFrame({"place": place, "area": area, "share": share})[share > 0]
    best = best.sort_values(["place", "share", "area"], ascending=[True, False, True]).drop_duplicates("place")
    chosen = np.full(len(shapes), None, dtype=object)
    chosen[best["place"].to_numpy()] = ordered.index.to_numpy(dtype=object)[best["area"].to_numpy()]
    return pd.Series(chosen, index=places.index, name="area", dtype=object)
