"""Sums of people: by area, level and band, and the figures of each area that do not hide the worst-off.

Everything is counted with array operations over all places at once: 300,000 places in 300 areas and 5 groups take
bincount a fraction of a second where a frame of places × levels × groups would take gigabytes. Beside each sum stand
its bounds, ``<sum>_low`` and ``<sum>_high``, between which it lies whatever the hidden counts are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.service.people import AreaIndex, Heads

_MEDIAN, _NINE_TENTHS = 0.5, 0.9
_ROUNDING = 1e-9

_Floats = NDArray[np.float64]


def by_band(
    bands: Mapping[str, tuple[Sequence[float], NDArray[np.int64]]], people: Mapping[str, Heads], areas: AreaIndex
) -> pd.DataFrame:
    """Count people by area, level and band; the whole study first.

    Parameters
    ----------
    bands
        By level its thresholds in minutes, and int64[k], the number of the band of each place, from 0; the number of
        thresholds is what lies beyond the last.
    people
        By group the people of each place.
    areas
        Where the places lie.

    Returns
    -------
    DataFrame
        area, area_name, level, from_min, to_min (NaN beyond the last), one column for each group, then for each group
        ``<group>_low`` and ``<group>_high``.
    """
    parts = []
    for code, (minutes, band) in bands.items():
        columns = len(minutes) + 1
        key = areas.position * columns + band
        sums = {name: _whole_first(values, key, areas, columns) for name, values in _columns(people)}
        rows = 1 + len(areas.areas)
        whole = {
            "area": np.repeat(np.asarray(["", *areas.areas], dtype=object), columns),
            "area_name": np.repeat(np.asarray(["", *areas.names], dtype=object), columns),
            "level": code,
            "from_min": np.tile([0.0, *minutes], rows),
            "to_min": np.tile([*minutes, np.nan], rows),
            "_area": np.repeat(np.arange(rows), columns),
        }
        parts.append(pd.DataFrame(whole | sums))
    frame = pd.concat(parts, ignore_index=True)
    return frame.sort_values("_area", kind="stable", ignore_index=True).drop(columns="_area")


def figures(
    times: Mapping[str, _Floats],
    people: Mapping[str, Heads],
    areas: AreaIndex,
    *,
    minutes: Sequence[float],
    without_road: NDArray[np.bool_],
    ids: pd.Index,
    names: NDArray[np.object_] | None,
) -> pd.DataFrame:
    """Sum each area, level and group up; the whole study first.

    Parameters
    ----------
    times
        By level float64[k], minutes, NaN unreached.
    people, areas
        As for :func:`by_band`.
    minutes
        Thresholds beyond which people are counted.
    without_road
        bool[k]; places without road connection.
    ids, names
        Of the places.

    Returns
    -------
    DataFrame
        area, area_name, level, group; mean of the people reached; median and p90, the time within which so many of
        *all* people live (NaN: more than the rest are not reached); the bounds of the three; worst, worst_place and
        worst_name of the inhabited places that reach the level; population, reached, unreached, no_road (of the
        unreached, those without road connection) and ``beyond_<minutes>``, each with its bounds.
    """
    everyone = AreaIndex(("",), ("",), np.zeros(len(ids), dtype=np.int64))
    parts = []
    for split in (everyone, areas) if areas.areas else (everyone,):
        for code, time in times.items():
            order = np.lexsort((time, split.position))  # NaN comes last
            sorted_by_time = _Sorted(time[order], split.position[order], order, len(split.areas))
            for group, heads in people.items():
                parts.append(
                    pd.DataFrame(
                        {"area": split.areas, "area_name": split.names, "level": code, "group": group}
                        | sorted_by_time.figures(heads)
                        | _worst(sorted_by_time, heads, ids, names)
                        | _reach(time, heads, split, minutes, without_road)
                    )
                )
    frame = pd.concat(parts, ignore_index=True)
    first = {area: at for at, area in enumerate(("", *areas.areas))}
    return frame.sort_values("area", key=lambda column: column.map(first), kind="stable", ignore_index=True)


class _Sorted:
    """Places of each area in the order of their time, the unreached last."""

    def __init__(self, time: _Floats, area: NDArray[np.int64], order: NDArray[np.int64], areas: int) -> None:
        self.time, self.area, self.order = time, area, order
        self.begin = np.searchsorted(area, np.arange(areas + 1))
        self.reached = ~np.isnan(time)

    def figures(self, heads: Heads) -> dict[str, _Floats]:
        """Give mean, median and 90th percentile, and their bounds."""
        known, low, high = (one[self.order] for one in (heads.known, heads.low, heads.high))
        found = {"mean": self._mean(known)}
        found["median"] = self._percentile(known, known, _MEDIAN)
        found["p90"] = self._percentile(known, known, _NINE_TENTHS)
        if heads.certain:
            return found | {f"{name}{end}": values for name, values in found.items() for end in (LOW, HIGH)}
        found |= dict(zip((f"mean{LOW}", f"mean{HIGH}"), self._mean_bounds(low, high), strict=True))
        for name, share in (("median", _MEDIAN), ("p90", _NINE_TENTHS)):
            # Earliest where the near are many and the far are few, latest where it is the other way round.
            found[f"{name}{LOW}"] = self._percentile(high, low, share)
            found[f"{name}{HIGH}"] = self._percentile(low, high, share)
        return found

    def _sums(self, values: _Floats) -> _Floats:
        sums: _Floats = np.bincount(self.area, weights=values, minlength=len(self.begin) - 1).astype(np.float64)
        return sums

    def _mean(self, weights: _Floats) -> _Floats:
        counted = np.where(self.reached, weights, 0.0)
        return _divide(self._sums(np.where(self.reached, self.time, 0.0) * counted), self._sums(counted))

    def _mean_bounds(self, low: _Floats, high: _Floats) -> tuple[_Floats, _Floats]:
        """Give the least and greatest mean of the reached: hidden counts are high up to some time and low beyond.

        The mean of weights that may lie between bounds is least with the high ones nearest; every place to change over
        at is tried.
        """
        time = np.where(self.reached, self.time, 0.0)
        low, high = (np.where(self.reached, one, 0.0) for one in (low, high))
        total, total_high = self._sums(low), self._sums(high)
        moment, moment_high = self._sums(time * low), self._sums(time * high)
        more = self._running(high - low)
        more_moment = self._running(time * (high - low))
        at = self.area
        near_many = _divide(moment[at] + more_moment, total[at] + more)
        far_many = _divide(moment_high[at] - more_moment, total_high[at] - more)
        plain, plain_high = _divide(moment, total), _divide(moment_high, total_high)
        least, most = (np.fmin(plain, plain_high), np.fmax(plain, plain_high))
        np.fmin.at(least, at, near_many)
        np.fmax.at(most, at, far_many)
        return least, most

    def _running(self, values: _Floats) -> _Floats:
        """Sum up from the beginning of each area."""
        running = np.cumsum(values)
        before = np.concatenate(([0.0], running))[self.begin[:-1]]
        return running - before[self.area]

    def _percentile(self, near: _Floats, far: _Floats, share: float) -> _Floats:
        """Give the first time t at which ``near`` up to t is a share of itself and of ``far`` beyond t.

        near(t) >= share * (near(t) + far(beyond t)) is (1 - share) near(t) + share far(t) >= share far(all), which
        only grows with t.
        """
        weight = (1 - share) * near + share * far
        running = self._running(weight)
        total = self._sums(far)
        enough = running >= share * total[self.area] - _ROUNDING
        first = np.full(len(total), len(self.time), dtype=np.int64)
        at = np.flatnonzero(enough)
        np.minimum.at(first, self.area[at], at)
        someone = (self._sums(near) > 0) | (total > 0)
        time = np.append(self.time, np.nan)[first]
        return np.where(someone, time, np.nan)

    def last_inhabited(self, heads: Heads) -> tuple[_Floats, NDArray[np.int64]]:
        """Give the longest time of the inhabited places reached in each area, and the first place that has it (-1)."""
        areas = len(self.begin) - 1
        alive = self.reached & (heads.high[self.order] > 0)
        worst = np.full(areas, -np.inf)
        np.maximum.at(worst, self.area[alive], self.time[alive])
        equal = alive & (self.time == worst[self.area])
        nobody = np.iinfo(np.int64).max
        place = np.full(areas, nobody)
        np.minimum.at(place, self.area[equal], self.order[equal])
        return np.where(np.isinf(worst), np.nan, worst), np.where(place == nobody, -1, place)


def _worst(places: _Sorted, heads: Heads, ids: pd.Index, names: NDArray[np.object_] | None) -> dict[str, object]:
    worst, place = places.last_inhabited(heads)
    # Position -1 is the last: nobody.
    labels = np.asarray([*ids, None], dtype=object)[place]
    named = labels if names is None else np.asarray([*names, None], dtype=object)[place]
    text = np.asarray([None if one is None else str(one) for one in named], dtype=object)
    return {"worst": worst, "worst_place": labels, "worst_name": text}


def _reach(
    time: _Floats, heads: Heads, areas: AreaIndex, minutes: Sequence[float], without_road: NDArray[np.bool_]
) -> dict[str, _Floats]:
    """Count who is reached, who is not, and who lives beyond each threshold."""
    edges = np.asarray([*minutes, np.inf])
    band = np.searchsorted(edges, time, side="left")  # NaN: behind the last
    kinds = len(edges) + 2
    # Apart: who has no road connection at all.
    band = np.where(np.isnan(time), np.where(without_road, kinds - 1, kinds - 2), band)
    key = areas.position * kinds + band
    found: dict[str, _Floats] = {}
    for end, values in (("", heads.known), (LOW, heads.low), (HIGH, heads.high)):
        if end and heads.certain:
            continue
        sums = _by_area(values, key, len(areas.areas), kinds)
        unreached = sums[:, -2:].sum(axis=1)
        found[f"population{end}"] = sums.sum(axis=1)
        found[f"reached{end}"] = sums[:, :-2].sum(axis=1)
        found[f"unreached{end}"] = unreached
        found[f"no_road{end}"] = sums[:, -1]
        beyond = sums[:, ::-1].cumsum(axis=1)[:, ::-1]
        for at, limit in enumerate(minutes):
            found[f"beyond_{limit:g}{end}"] = beyond[:, at + 1]
    plain = [name for name in found if not name.endswith((LOW, HIGH))]
    bounds = {f"{name}{end}": found.get(f"{name}{end}", found[name]) for name in plain for end in (LOW, HIGH)}
    return {name: found[name] for name in plain} | bounds


def _columns(people: Mapping[str, Heads]) -> Iterator[tuple[str, _Floats]]:
    for group, heads in people.items():
        yield group, heads.known
    for group, heads in people.items():
        yield f"{group}{LOW}", heads.low
        yield f"{group}{HIGH}", heads.high


def _whole_first(values: _Floats, key: NDArray[np.int64], areas: AreaIndex, columns: int) -> _Floats:
    sums = _by_area(values, key, max(1, len(areas.areas)), columns)
    whole = sums.sum(axis=0, keepdims=True)
    return np.concatenate((whole, sums) if areas.areas else (whole,)).ravel()


def _by_area(values: _Floats, key: NDArray[np.int64], areas: int, columns: int) -> _Floats:
    sums: _Floats = np.bincount(key, weights=values, minlength=areas * columns).astype(np.float64)
    return sums.reshape(areas, columns)


def _divide(over: _Floats, under: _Floats) -> _Floats:
    quotient = np.full(len(over), math.nan)
    np.divide(over, under, out=quotient, where=under > 0)
    return quotient
