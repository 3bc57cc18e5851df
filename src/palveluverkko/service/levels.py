"""The level, band and serving point of each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import (
    DEFAULT_MINUTES,
    MILLISECONDS_PER_MINUTE,
    UNREACHED,
    check_minutes,
    to_milliseconds,
)
from palveluverkko.reach.table import TravelTimeTable, to_minutes
from palveluverkko.service import people


@dataclass(frozen=True, eq=False)
class LevelsByPlace:
    """Travel time, band and serving point of every level for every place.

    Attributes
    ----------
    frame
        Indexed by place_id; for each level X from near to far ``time_X`` (minutes, NaN unreached), ``band_X``
        (upper minutes of the band, NaN beyond the last), ``point_X`` (id of the point that served) and
        ``served_by_X`` (its level); then the columns of the places.
    scheme
        The levels.
    minutes
        Thresholds of the bands.
    groups
        Columns that count people.
    """

    frame: pd.DataFrame
    scheme: LevelScheme
    minutes: tuple[float, ...]
    groups: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Give a copy of the table."""
        return self.frame.copy()

    def by_area(self, column: str | None = None, *, name_column: str | None = None) -> pd.DataFrame:
        """Count people by level and band, for the whole study (area ``""``) and for each area of a column.

        Returns
        -------
        DataFrame
            area, area_name, level, from_min, to_min, and one column for each group. The bands are disjoint and end
            with the people beyond the last threshold (to_min NaN), so each level sums to the total. Suppressed
            counts (-1) count as none.
        """
        return people.by_band(
            self.frame, self.scheme.codes, self.minutes, self.groups, column=column, name_column=name_column
        )

    def summary(self) -> pd.DataFrame:
        """Sum each level up: mean, 90th percentile and worst travel time, people beyond each threshold."""
        return people.summarise(self.frame, self.scheme.codes, self.minutes)


def classify(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame | None = None,
    *,
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
) -> LevelsByPlace:
    """Give each place the time, band and serving point of every level.

    A level is served by its own points and by those of every farther level; of equally near points the lowest id
    serves. Closed points serve nobody.

    Parameters
    ----------
    table
        Travel times; its budget should not be below the last threshold.
    points
        Service points with ``level`` and, where it matters, ``open``; those of the table when None.
    scheme
        The levels; E/A/L when None.
    minutes
        Rising thresholds; a place exactly at one belongs to the band that ends there.

    Raises
    ------
    TableError
        The points have no level, or one that is not in the scheme, or the table was routed with a smaller budget.
    """
    scheme = scheme or LevelScheme.eal()
    thresholds = check_minutes(minutes)
    points = table.points if points is None else points
    if to_milliseconds(thresholds[-1]) > table.budget:
        raise TableError(
            f"the travel times end at {table.budget / MILLISECONDS_PER_MINUTE:g} minutes, before the last threshold "
            f"({thresholds[-1]:g}); compute them with budget_minutes={thresholds[-1]:g}."
        )
    level_of = dict(zip(points.index, points.get("level", ()), strict=False))
    columns: dict[str, object] = {}
    for code in scheme.codes:
        time, owner = table.nearest(serving_points(points, scheme, code))
        columns[f"time_{code}"] = to_minutes(time)
        columns[f"band_{code}"] = to_bands(time, thresholds)
        columns[f"point_{code}"] = owner
        columns[f"served_by_{code}"] = np.asarray(
            [None if one is None else level_of[one] for one in owner], dtype=object
        )
    levels = pd.DataFrame(columns, index=table.places.index.rename("place_id"))
    carried = pd.DataFrame(table.places.drop(columns=table.places.geometry.name))
    frame = levels.join(carried.set_axis(levels.index))
    return LevelsByPlace(frame, scheme, thresholds, people.groups(frame))


def serving_points(points: geopandas.GeoDataFrame, scheme: LevelScheme, code: str) -> list[str]:
    """Give the ids of the open points that serve a level: its own and those of every farther level."""
    if "level" not in points:
        raise TableError(f"service points have no column 'level'; give each one of {', '.join(scheme.codes)}.")
    unknown = ~points["level"].isin(scheme.codes)
    if unknown.any():
        first = points.loc[unknown, "level"].iloc[0]
        raise TableError(
            f"service points have the level {first!r} ({name_ids(points.index[unknown])}); "
            f"the levels of the scheme {scheme.name} are {', '.join(scheme.codes)}."
        )
    serves = points["level"].isin(scheme.serving(code))
    if "open" in points:
        serves &= points["open"].astype(bool)
    return [str(one) for one in points.index[serves]]


def to_bands(milliseconds: NDArray[np.int32], minutes: Sequence[float]) -> NDArray[np.float64]:
    """Give the upper minutes of the band of each travel time, NaN beyond the last; exactly equal is within."""
    edges = np.asarray([to_milliseconds(one) for one in minutes])
    band = np.searchsorted(edges, milliseconds, side="left")
    upper = np.asarray([*minutes, np.nan], dtype=np.float64)[band]
    return np.where(milliseconds == UNREACHED, np.nan, upper)
