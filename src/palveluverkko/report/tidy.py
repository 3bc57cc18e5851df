"""Tidy tables of people: one number in each row, for pivot tables, R and SQL."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import HIGH, LOW, is_group
from palveluverkko.report.parquet import write_table

_KEYS = ("area", "area_name", "level", "from_min", "to_min")


def group_columns(people: pd.DataFrame) -> list[str]:
    """Give the columns of people by band that count a group, without those of its bounds."""
    return [str(name) for name in people.columns if is_group(str(name))]


def people_long(people: pd.DataFrame) -> pd.DataFrame:
    """Turn people by area, level and band into one row for each group too.

    Parameters
    ----------
    people
        As :meth:`palveluverkko.service.levels.LevelsByPlace.by_area` gives them.

    Returns
    -------
    DataFrame
        area (``""`` for the whole study), area_name, level, from_min, to_min (minutes, NaN beyond the last
        threshold), group, people, and low and high where the table has bounds. The rows of one area, level and group
        sum to its people.
    """
    parts = []
    for group in group_columns(people):
        part = people[list(_KEYS)].assign(group=group, people=people[group].to_numpy(dtype=np.float64))
        for end in (LOW, HIGH):
            if f"{group}{end}" in people:
                part[end.removeprefix("_")] = people[f"{group}{end}"].to_numpy(dtype=np.float64)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def write_tidy(folder: Path, *, people: pd.DataFrame, levels: pd.DataFrame) -> None:
    """Write ``people.parquet`` (area × level × band × group) and ``levels.parquet`` (levels by place)."""
    write_table(folder / "people.parquet", people_long(people))
    write_table(folder / "levels.parquet", levels)


def areas_with_figures(
    areas: geopandas.GeoDataFrame, people: pd.DataFrame, means: pd.DataFrame, *, scheme: LevelScheme
) -> geopandas.GeoDataFrame:
    """Give the polygons of the areas with their people and how they reach each level.

    Parameters
    ----------
    areas
        Polygons by id, with ``name``.
    people
        People by area, level and band.
    means
        Mean minutes ``mean_X`` and share unreached ``unreached_X`` by area, as
        :func:`palveluverkko.report.figures.mean_by_area` gives them.
    scheme
        The levels.

    Returns
    -------
    GeoDataFrame
        ``area``, ``name``, ``population``; for each level X ``mean_X`` (minutes), ``unreached_X`` (share) and
        ``within_<m>_X`` (share of the people within m minutes); areas without people have none of them.
    """
    frame = areas[["name", areas.geometry.name]].rename_axis("area").copy()
    ids = frame.index.astype(str)
    total = people[people["level"] == scheme.codes[0]].groupby("area")["population"].sum()
    columns: dict[str, NDArray[np.float64]] = {"population": total.reindex(ids).fillna(0).to_numpy()}
    for code in scheme.codes:
        own = people[people["level"] == code]
        for what in ("mean", "unreached"):
            columns[f"{what}_{code}"] = means[f"{what}_{code}"].reindex(ids).to_numpy()
        within = own[own["to_min"].notna()].pivot_table(
            index="area", columns="to_min", values="population", aggfunc="sum"
        )
        shares = within.sort_index(axis=1).cumsum(axis=1).div(total.where(total > 0), axis=0)
        for limit in shares.columns:
            columns[f"within_{limit:g}_{code}"] = shares[limit].reindex(ids).to_numpy()
    shapes = frame.geometry
    plain = pd.DataFrame(frame.drop(columns=shapes.name)).assign(**columns)
    return geopandas.GeoDataFrame(plain, geometry=shapes.to_numpy(), crs=shapes.crs)
