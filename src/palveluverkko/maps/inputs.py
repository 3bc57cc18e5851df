"""The frames of a study as the page takes them: checked, in degrees, and with what is absent made plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pandas import DataFrame

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import Suppression
from palveluverkko.domain.planning import Scenario
from palveluverkko.domain.travel import check_minutes
from palveluverkko.maps.geometry import decimals_for, representative_degrees, to_page_crs
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.maps.texts import round_half_up

_CHANGES = ("level", "minutes", "change", "square_kilometres")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Study:
    """What the page shows; only the scheme, the minutes, the bands and the points are always there.

    The forms of the frames are those of :func:`palveluverkko.maps.page.build_page`.
    """

    scheme: LevelScheme
    minutes: tuple[float, ...]
    bands: GeoDataFrame
    points: GeoDataFrame
    places: GeoDataFrame | None = None
    levels: DataFrame | None = None
    people: DataFrame | None = None
    norms: DataFrame | None = None
    findings: DataFrame | None = None
    roads: GeoDataFrame | None = None
    water: GeoDataFrame | None = None
    borders: GeoDataFrame | None = None
    tables: tuple[TimesOfSeason, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    area_column: str | None = None
    suppression: Suppression | None = None
    area_changes: GeoDataFrame | None = None

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north of the bands and the points, in degrees."""
        shown = [to_page_crs(self.bands, "bands"), to_page_crs(self.points, "service_points")]
        corners = np.array([frame.total_bounds for frame in shown if len(frame)])
        west, south = np.nanmin(corners[:, :2], axis=0)
        east, north = np.nanmax(corners[:, 2:], axis=0)
        return float(west), float(south), float(east), float(north)

    @property
    def decimals(self) -> int:
        """Decimals of a degree that the study's area needs."""
        return decimals_for(self.bounds)

    @property
    def point_positions(self) -> NDArray[np.float64]:
        """Longitude and latitude of each service point."""
        return representative_degrees(self.points, "service_points")


def check_study(study: Study) -> Study:
    """Refuse what could only be drawn wrongly, and put the bands in order: near level first, near band first.

    Raises
    ------
    StudyError, TableError
        A level or a threshold is not of the study, a column is missing, or there is nothing to draw.
    """
    check_minutes(study.minutes)
    _need(study.bands, "bands", ["level", "from_min", "to_min"])
    _need(study.points, "service_points", ["name", "level"])
    if not len(study.bands) and not len(study.points):
        raise StudyError("there is nothing to draw: bands and service_points are both empty.")
    for level in [*study.bands["level"].unique(), *study.points["level"].unique()]:
        study.scheme.position(level)
    for minutes in study.bands["to_min"].unique():
        if float(minutes) not in study.minutes:
            known = ", ".join(f"{value:g}" for value in study.minutes)
            raise StudyError(f"bands reach to {minutes:g} min, which is not among the minutes {known}.")
    if study.roads is not None:
        _need(study.roads, "roads", ["road_class"])
    if study.area_changes is not None:
        _need(study.area_changes, "area_changes", ["scenario", *_CHANGES])
    for season in study.tables:
        if season.bands is not None:
            _need(season.bands, "bands of a season", ["level", "from_min", "to_min"])
        if season.changes is not None:
            _need(season.changes, "changes of a season", list(_CHANGES))
    order = study.bands.assign(
        _level=[study.scheme.position(level) for level in study.bands["level"]],
        _to=study.bands["to_min"].astype(float),
    ).sort_values(["_level", "_to"])
    return Study(**{**study.__dict__, "bands": study.bands.loc[order.index]})


def text(value: object) -> str:
    """Give a cell as text; an absent one as the empty text."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip()


def column_texts(frame: DataFrame, column: str) -> list[str]:
    """Give a column as texts; all empty where the frame has no such column."""
    if column not in frame.columns:
        return [""] * len(frame)
    return [text(value) for value in frame[column]]


def column_flags(frame: DataFrame, column: str, *, default: str) -> list[bool]:
    """Give a yes-or-no column; ``default`` ("yes" or "no") where a cell or the column is absent."""
    if column not in frame.columns:
        return [default == "yes"] * len(frame)
    return [(default == "yes") if not text(value) else bool(value) for value in frame[column]]


def column_numbers(frame: DataFrame, column: str) -> NDArray[np.float64]:
    """Give a column as numbers; NaN where a cell or the column is absent."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def rounded_or_none(values: NDArray[np.float64], decimals: int) -> list[float | None]:
    """Round numbers for JSON, which has no NaN."""
    return [None if np.isnan(value) else float(round_half_up(value, decimals)) for value in values]


def _need(frame: DataFrame, what: str, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in frame.columns:
            raise TableError(f"{what} has no column {column!r}; the map page needs it.")
