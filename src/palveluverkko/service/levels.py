"""The level, band and serving point of each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import POPULATION, Suppression
from palveluverkko.domain.travel import (
    DEFAULT_MINUTES,
    MILLISECONDS_PER_MINUTE,
    UNREACHED,
    check_minutes,
    to_milliseconds,
)
from palveluverkko.reach.snap import Verdict
from palveluverkko.reach.table import TravelTimeTable, to_minutes
from palveluverkko.service import people, sums


@dataclass(frozen=True, eq=False)
class LevelsByPlace:
    """Travel time, band and serving point of every level for every place.

    Attributes
    ----------
    frame
        Indexed by place_id; for each level X from near to far ``time_X`` (minutes, NaN unreached), ``band_X``
        (upper minutes of the band, NaN beyond the last), ``point_X`` (id of the point that served) and
        ``served_by_X`` (its level); ``service_class`` and ``class_code`` (:func:`to_classes`); then the columns of the
        places.
    scheme
        The levels.
    minutes
        Thresholds of all levels; a level may have its own (:meth:`LevelScheme.minutes_of`).
    groups
        Columns that count people.
    suppression
        What a hidden count may be.
    without_road
        bool[k]; places off the road network, or on roads cut off from the main network.
    """

    frame: pd.DataFrame
    scheme: LevelScheme
    minutes: tuple[float, ...]
    groups: tuple[str, ...]
    suppression: Suppression
    without_road: NDArray[np.bool_]

    def to_frame(self) -> pd.DataFrame:
        """Give a copy of the table."""
        return self.frame.copy()

    def by_area(
        self, column: str | None = None, *, name_column: str | None = None, minutes: Sequence[float] | None = None
    ) -> pd.DataFrame:
        """Count people by level and band, for the whole study (area ``""``) and for each area of a column.

        Parameters
        ----------
        column, name_column
            Columns of the places with the id and the name of the area; the whole study only when None.
        minutes
            Thresholds of every level; those of each level itself when None.

        Returns
        -------
        DataFrame
            area, area_name, level, from_min, to_min, and one column for each group: the people known, suppressed
            counts (-1) as none. Then ``<group>_low`` and ``<group>_high`` for each: what the sum can be. The bands are
            disjoint and end with the people beyond the last threshold (to_min NaN), so each level sums to the total,
            its bounds too.
        """
        given = None if minutes is None else check_minutes(minutes)
        bands = {}
        for code in self.scheme.codes:
            own = given or self.scheme.minutes_of(code, self.minutes)
            bands[code] = own, band_numbers(self._time(code), own)
        return sums.by_band(bands, self._people(), people.AreaIndex.of(self.frame, column, name_column))

    def by_area_figures(
        self, column: str | None = None, *, name_column: str | None = None, groups: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Sum up each area, level and group: mean, median, 90th percentile, worst place, people beyond.

        Parameters
        ----------
        column, name_column
            Columns of the places with the id and the name of the area; the whole study only when None.
        groups
            Columns that count people; all of them when None.

        Returns
        -------
        DataFrame
            The whole study (area ``""``), then each area by name: see :func:`palveluverkko.service.sums.figures`.
        """
        chosen = self.groups if groups is None else groups
        return self._figures(chosen, people.AreaIndex.of(self.frame, column, name_column))

    def summary(self) -> pd.DataFrame:
        """Sum each level up for all people.

        Returns
        -------
        DataFrame
            One row for each level with the figures of :meth:`by_area_figures` for the population of the whole study.
        """
        whole = self._figures((POPULATION,), people.AreaIndex.of(self.frame, None, None))
        return whole.drop(columns=["area", "area_name", "group"])

    def matrix(self) -> pd.DataFrame:
        """Give the minutes of each level in columns of the codes, a row for each place, as plans show them.

        With municipal centres for places it is the table of municipality × level of the Lapland plan.
        """
        times = {code: self.frame[f"time_{code}"] for code in self.scheme.codes}
        names = {"name": self.frame["name"]} if "name" in self.frame else {}
        return pd.DataFrame(names | times)

    def _time(self, code: str) -> NDArray[np.float64]:
        return self.frame[f"time_{code}"].to_numpy(dtype=np.float64)

    def _people(self, groups: Sequence[str] | None = None) -> dict[str, people.Heads]:
        chosen = self.groups if groups is None else groups
        return {group: people.heads(self.frame, group, self.suppression) for group in chosen}

    def _figures(self, groups: Sequence[str], areas: people.AreaIndex) -> pd.DataFrame:
        return sums.figures(
            {code: self._time(code) for code in self.scheme.codes},
            self._people(groups),
            areas,
            minutes=self.minutes,
            without_road=self.without_road,
            ids=self.frame.index,
            names=self.frame["name"].to_numpy(dtype=object) if "name" in self.frame else None,
        )


def classify(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame | None = None,
    *,
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    suppression: Suppression | None = None,
) -> LevelsByPlace:
    """Give each place the time, band and serving point of every level.

    A level is served by its own points and by those of every farther level that contains it; of equally near points
    the lowest id serves. Closed points serve nobody. A level that no point serves is unreached. The places of the table
    may be whatever has a position: where people live, municipal centres, the service points themselves.

    Parameters
    ----------
    table
        Travel times; its budget should not be below the last threshold.
    points
        Service points with ``level`` and, where it matters, ``open``; those of the table when None.
    scheme
        The levels; E/A/L when None.
    minutes
        Rising thresholds; a place exactly at one belongs to the band that ends there. Levels of the scheme may have
        their own.
    suppression
        What a hidden count may be; 1 to 9 people when None.

    Raises
    ------
    TableError
        The points have no level, or one that is not in the scheme, or the table was routed with a smaller budget.
    """
    scheme = scheme or LevelScheme.eal()
    points = table.points if points is None else points
    serving = {code: serving_points(points, scheme, code) for code in scheme.codes}
    return levels_of(table, points, serving, scheme=scheme, minutes=minutes, suppression=suppression)


def levels_of(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame,
    serving: Mapping[str, Sequence[str]],
    *,
    scheme: LevelScheme,
    minutes: Sequence[float],
    suppression: Suppression | None = None,
) -> LevelsByPlace:
    """Give each place the time, band and point of every level, when it is known which points serve which level."""
    thresholds = scheme.every_minute(check_minutes(minutes))
    if to_milliseconds(thresholds[-1]) > table.budget:
        raise TableError(
            f"the travel times end at {table.budget / MILLISECONDS_PER_MINUTE:g} minutes, before the last threshold "
            f"({thresholds[-1]:g}); compute them with budget_minutes={thresholds[-1]:g}."
        )
    level_of = {str(one): level for one, level in zip(points.index, points.get("level", ()), strict=False)}
    columns: dict[str, object] = {}
    bands = {}
    for code in scheme.codes:
        own = scheme.minutes_of(code, thresholds)
        time, position = table.nearest_position(serving[code])
        # Position -1 is the last: nobody.
        ids = np.asarray([*sorted(serving[code]), None], dtype=object)
        levels = np.asarray([*(level_of.get(one) for one in sorted(serving[code])), None], dtype=object)
        columns[f"time_{code}"] = to_minutes(time)
        columns[f"band_{code}"] = to_bands(time, own)
        columns[f"point_{code}"] = ids[position]
        columns[f"served_by_{code}"] = levels[position]
        bands[code] = len(own), band_numbers(to_minutes(time), own)
    columns["service_class"], columns["class_code"] = to_classes(bands)
    found = pd.DataFrame(columns, index=table.places.index.rename("place_id"))
    geometry = table.places.geometry.name
    # A table that was classified before may be classified again.
    carried = pd.DataFrame(table.places.drop(columns=[geometry, *(one for one in found if one in table.places)]))
    frame = pd.concat([found, carried.set_axis(found.index)], axis=1)
    return LevelsByPlace(
        frame, scheme, thresholds, people.groups(frame), suppression or Suppression(), _without_road(table)
    )


def to_itself(table: TravelTimeTable) -> TravelTimeTable:
    """Give the table of service points to service points with no travel from each to itself.

    Somebody who is at a point need not walk to the car.
    """
    times = table.milliseconds.copy()
    np.fill_diagonal(times, 0)
    times.flags.writeable = False
    return replace(table, milliseconds=times)


def band_numbers(time: NDArray[np.float64], minutes: Sequence[float]) -> NDArray[np.int64]:
    """Give the number of the band of each time in minutes, from 0; as many as there are thresholds beyond the last."""
    return np.searchsorted(np.asarray(minutes, dtype=np.float64), time, side="left").astype(np.int64)


def to_classes(
    bands: Mapping[str, tuple[int, NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Give the class of each place as one number and as a code.

    Parameters
    ----------
    bands
        By level from near to far the number of thresholds, and int64[k], the number of the band from 0.

    Returns
    -------
    int64[k], object[k]
        The ordinal, 1 where every level is in its first band: classes are ordered by the band of the nearest level,
        then by that of the next, and so on. A place that comes nearer to any level never gets a larger one. The code
        names the bands from 1, such as L1-A3-E6; one more than the thresholds is beyond the last.
    """
    number: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
    for thresholds, band in bands.values():
        number = number * (thresholds + 1) + band
    classes, first, back = np.unique(number, return_index=True, return_inverse=True)
    codes = ["-".join(f"{code}{band[at] + 1}" for code, (_, band) in bands.items()) for at in first]
    return classes[back] + 1, np.asarray(codes, dtype=object)[back]


def _without_road(table: TravelTimeTable) -> NDArray[np.bool_]:
    if table.snapped_places is None:
        return np.zeros(len(table.places), dtype=np.bool_)
    verdict = table.snapped_places.verdict
    return np.asarray((verdict == Verdict.OFF_NETWORK) | (verdict == Verdict.SMALL_COMPONENT), dtype=np.bool_)


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
    return list(points.index[serves])


def to_bands(milliseconds: NDArray[np.int32], minutes: Sequence[float]) -> NDArray[np.float64]:
    """Give the upper minutes of the band of each travel time, NaN beyond the last; exactly equal is within."""
    edges = np.asarray([to_milliseconds(one) for one in minutes])
    band = np.searchsorted(edges, milliseconds, side="left")
    upper = np.asarray([*minutes, np.nan], dtype=np.float64)[band]
    return np.where(milliseconds == UNREACHED, np.nan, upper)
