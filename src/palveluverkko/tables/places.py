"""Places: where people are (points, polygons or squares of Statistics Finland's grid), and how many."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.people import NEED, is_group, to_exact
from palveluverkko.tables.columns import (
    columns_seen,
    name_rows,
    to_numbers,
    to_text,
    with_ids,
    with_known_names,
    with_text_columns,
)
from palveluverkko.tables.coordinates import locate, with_lone_points, with_valid_polygons
from palveluverkko.tables.files import read_rows

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

RASTER_SUFFIXES = (".tif", ".tiff")

SUPPRESSED = -1
"""Count that hides a small number of people; it stays as it is."""

_SYNONYMS = {
    "id": ("grd_id", "grid_inspire", "id_nro", "nro", "gml_id"),
    "name": (),
    "population": ("vaesto",),
    "kunta_code": (),
    "men": ("miehet",),
    "women": ("naiset",),
}
_AGE_GROUPS = {r"(?i)^(?:age|ika)_(\d+_\d*)$": r"age_\1"}
_SLACK = 0.5
"""Sums may be off by less than one person: models give fractions, which a table rounds."""

_KINDS = ("Point", "Polygon", "MultiPolygon")
_PURPOSE = "Ids tell places apart in the results"


def read_places(path: str | Path, *, crs: str | None = None) -> GeoDataFrame:
    """Read places from csv, xlsx, gpkg, geojson, parquet or a GeoTIFF of people, and check them.

    Parameters
    ----------
    path
        File with `id` (or `grd_id`, `grid_inspire`, `id_nro`, `nro`, `gml_id`), `population` and a position:
        points, polygons, or ids of Statistics Finland's grid alone, which become squares in EPSG:3067. Optional:
        `name`, age groups `age_0_14`, `age_75_` and the like, `kunta_code` and other columns, which are kept.
        Statistics Finland's names `vaesto`, `miehet`, `naiset`, `ika_0_14`, `ika_15_64`, `ika_65_` will do. Of a
        raster (`.tif`) each cell with people is a place.
    crs
        CRS of x and y, or of a geometry that carries none.

    Returns
    -------
    GeoDataFrame
        Points or valid polygons with a CRS, index `id` of unique text; population and its groups as floats, to a
        millionth of a person, -1 where the count is suppressed.

    Raises
    ------
    TableError
        The file or a row breaks this contract; one sentence names the file, the rows, the ids and the remedy.
    """
    path = Path(path)
    if path.suffix.lower() in RASTER_SUFFIXES:
        from palveluverkko.tables.population_raster import read_population_raster  # noqa: PLC0415  # rasterio: 0.3 s

        return _checked(read_population_raster(path, crs=crs), crs=None, where=path.name)
    return _checked(read_rows(path), crs=crs, where=path.name)


def read_mask(path: str | Path, *, crs: str | None = None) -> GeoDataFrame:
    """Read the finer cells over which places are split: ids and positions as of places, other columns as they are.

    Raises
    ------
    TableError
        As `read_places`, for the ids, the positions and the CRS.
    """
    return _located(path, crs=crs, purpose="Ids tell cells of the mask apart in the results")


def read_ends(path: str | Path, *, crs: str | None = None) -> GeoDataFrame:
    """Read where trips begin or end, the two sides of a matrix: points or places of any kind, people or not.

    Raises
    ------
    TableError
        As `read_places`, for the ids, the positions and the CRS.
    """
    return with_text_columns(_located(path, crs=crs, purpose=_PURPOSE))


def _located(path: str | Path, *, crs: str | None, purpose: str) -> GeoDataFrame:
    where = Path(path).name
    named = with_known_names(read_rows(path), {"id": _SYNONYMS["id"]})
    located = with_lone_points(locate(with_ids(named, where=where, purpose=purpose), crs=crs, where=where))
    return with_valid_polygons(located, kinds=_KINDS, where=where).set_index("id")


def check_places(places: GeoDataFrame, *, where: str = "places") -> GeoDataFrame:
    """Check places that a notebook made, by the contract of `read_places`.

    Ids come from a column or an index of the name `id`. The input stays as it is; checking twice changes nothing.
    """
    return _checked(places, crs=None, where=where)


def population_groups(places: pd.DataFrame) -> list[str]:
    """Name the counts of people: "population" and its groups (ages, sexes, languages), in the order of the columns."""
    return [name for name in map(str, places.columns) if is_group(name) and name != NEED]


def _checked(table: pd.DataFrame, *, crs: str | None, where: str) -> GeoDataFrame:
    named = with_known_names(table, _SYNONYMS, patterns=_AGE_GROUPS)
    identified = with_ids(named, where=where, purpose=_PURPOSE)
    places = with_valid_polygons(locate(identified, crs=crs, where=where), kinds=_KINDS, where=where)
    if "population" not in places.columns:
        seen = columns_seen(places.drop(columns="geometry"))
        raise TableError(f"{where} has no column population ({seen}). Add the number of people of each place.")
    groups = population_groups(places)
    places = places.assign(**{group: _people(places, group, where=where) for group in groups})
    _check_sums(places, groups, where=where)
    ages = [group for group in groups if group != "population"]
    first = [name for name in ("name", "population", *ages) if name in places.columns]
    if "name" in places.columns:
        places = places.assign(name=to_text(places["name"]))
    further = [column for column in places.columns if column not in ("id", *first, "geometry")]
    return with_text_columns(places.set_index("id")[[*first, *further, "geometry"]])


def _people(places: GeoDataFrame, group: str, *, where: str) -> pd.Series:
    people = to_numbers(places, group, where=where)
    missing = people.isna()
    if missing.any():
        raise TableError(
            f"{where} has no {group} at {name_rows(places, missing)}; write 0 for nobody and -1 for a suppressed count."
        )
    negative = (people < 0) & (people != SUPPRESSED)
    if negative.any():
        raise TableError(
            f"{where} has {group} = {people[negative].iloc[0]:g} at {name_rows(places, negative)}; "
            f"write 0 or more, or -1 for a suppressed count."
        )
    return people.where(people == SUPPRESSED, to_exact(people))


def _check_sums(places: GeoDataFrame, groups: list[str], *, where: str) -> None:
    """Refuse groups larger than the people of their place, and ages or sexes that should sum to them and do not."""
    population = places["population"]
    told = population >= 0
    for group in groups:
        more = told & (places[group] > population + _SLACK)
        if more.any():
            raise TableError(
                f"{where} has {group} = {places[group][more].iloc[0]:g} but population = "
                f"{population[more].iloc[0]:g} at {name_rows(places, more)}; a group is no larger than its place."
            )
    for whole in (_every_age(groups), [one for one in ("men", "women") if one in groups]):
        if len(whole) < 2:  # noqa: PLR2004
            continue
        known = told & (places[whole] >= 0).all(axis=1)
        sums = places[whole].sum(axis=1)
        wrong = known & ((sums - population).abs() > _SLACK)
        if wrong.any():
            raise TableError(
                f"{where} has {' + '.join(whole)} = {sums[wrong].iloc[0]:g} but population = "
                f"{population[wrong].iloc[0]:g} at {name_rows(places, wrong)}; correct the one or the other."
            )


def _every_age(groups: list[str]) -> list[str]:
    """Give the age groups if they are each age once, from 0 on without end; none otherwise."""
    spans = sorted(
        (int(found[1]), int(found[2]) if found[2] else -1, group)
        for group in groups
        if (found := re.fullmatch(r"age_(\d+)_(\d*)", group))
    )
    if not spans or spans[0][0] != 0 or spans[-1][1] != -1:
        return []
    follow = all(last + 1 == first for (_, last, _), (first, _, _) in pairwise(spans))
    return [group for _, _, group in spans] if follow else []
