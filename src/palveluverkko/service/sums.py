"""Sums of people: by area, level and band, and the figures of each area that do not hide the worst-off.

Everything is counted with array operations over all places at once: 300,000 places in 300 areas and 5 groups take
bincount a fraction of a second where a frame of places × levels × groups would take gigabytes. Beside each sum stand
its bounds, ``<sum>_low`` and ``<sum>_high``, between which it lies whatever the hidden counts are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.service.people import AreaIndex, Heads

_MEDIAN, _NINE_TENTHS = 0.5, 0.9
_ROUNDING = 1e-9

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]


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
    labels = np.asarray([*ids, None], dtype=object)  # position -1 is the last: nobody
    named = labels if names is None else np.asarray([*names, None], dtype=object)
    parts = []
    for code, time in times.items():
        by_time = np.argsort(time, kind="stable")  # NaN comes last
        for split in (everyone, areas) if areas.areas else (everyone,):
            places = _Sorted(time, by_time, split, minutes, without_road)
            for group, heads in people.items():
                known = places.count(heads.known)
                low, high = (known, known) if heads.certain else (places.count(heads.low), places.count(heads.high))
                worst, place = places.last_inhabited(high)
                text = [None if one is None else str(one) for one in named[place]]
                parts.append(
                    pd.DataFrame(
                        {"area": split.areas, "area_name": split.names, "level": code, "group": group}
                        | places.figures(known, low, high)
                        | {"worst": worst, "worst_place": labels[place], "worst_name": np.asarray(text, dtype=object)}
                        | places.reach(known, low, high)
                    )
                )
    frame = pd.concat(parts, ignore_index=True)
    first = {area: at for at, area in enumerate(("", *areas.areas))}
    return frame.sort_values("area", key=lambda column: column.map(first), kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Counted:
    """People of the places in the order of :class:`_Sorted`.

    Attributes
    ----------
    own
        float64[k].
    running
        float64[k + 1]; sums of those before each.
    lost
        float64[areas]; those who are unreached for want of a road.
    """

    own: _Floats
    running: _Floats
    lost: _Floats


class _Sorted:
    """Places of each area in the order of their time, the unreached last.

    A sum up to a place is a difference of running sums, exact for people in parts of 2^-20. So whatever is asked of all
    areas is a search by halves in each, and little but running sums passes over all places: 300,000 in 300 areas, four
    levels and five groups take 0.7 s, where sums and minima by area over all places took 3 s. Means and minima over
    running sums of fractions would also be off by rounding: percentiles were, by up to a minute.
    """

    def __init__(
        self,
        time: _Floats,
        by_time: _Integers,
        areas: AreaIndex,
        minutes: Sequence[float],
        without_road: NDArray[np.bool_],
    ) -> None:
        count = len(areas.areas)
        # NumPy sorts numbers of 16 bits digit by digit, which is several times as fast.
        narrow = areas.position.astype(np.uint16) if count <= np.iinfo(np.uint16).max else areas.position
        self.order = by_time[np.argsort(narrow[by_time], kind="stable")] if count > 1 else by_time
        self.time = time[self.order]
        self.reached = ~np.isnan(self.time)
        self.driven = np.where(self.reached, self.time, 0.0)
        edges = np.concatenate(([0], np.cumsum(np.bincount(areas.position, minlength=count))))
        self.begin, self.end = edges[:-1], edges[1:]
        self.arrived = _first(self.begin, self.end, lambda at: ~self.reached[at])
        self.minutes = np.asarray(minutes, dtype=np.float64)
        columns = len(self.minutes)
        self.beyond = _first(
            _wide(self.begin, columns), _wide(self.arrived, columns), lambda at: self.time[at] > self.minutes
        )
        self.lost = np.flatnonzero(np.isnan(time) & without_road)
        self.area_of_lost = areas.position[self.lost]

    def count(self, values: _Floats) -> _Counted:
        """Put people in order and sum them up."""
        own = values[self.order]
        lost = np.bincount(self.area_of_lost, weights=values[self.lost], minlength=len(self.begin))
        return _Counted(own, _running(own), lost.astype(np.float64))

    def figures(self, known: _Counted, low: _Counted, high: _Counted) -> dict[str, _Floats]:
        """Give mean, median and 90th percentile, and their bounds."""
        mean = _divide(self._moment(known.own), self._until(known.running, self.arrived))
        median, p90 = self._percentiles(known.running, known.running)
        found = {"mean": mean, "median": median, "p90": p90}
        if low is known and high is known:
            return found | {f"{name}{end}": values for name, values in found.items() for end in (LOW, HIGH)}
        found[f"mean{LOW}"], found[f"mean{HIGH}"] = self._mean_bounds(low, high)
        # Earliest where the near are many and the far are few, latest where it is the other way round.
        least, most = self._percentiles(high.running, low.running), self._percentiles(low.running, high.running)
        for name, *bounds in zip(("median", "p90"), least, most, strict=True):
            found[f"{name}{LOW}"], found[f"{name}{HIGH}"] = bounds
        return found

    def reach(self, known: _Counted, low: _Counted, high: _Counted) -> dict[str, _Floats]:
        """Count who is reached, who is not, and who lives beyond each threshold."""
        plain = self._reach(known)
        bounds = {LOW: plain if low is known else self._reach(low), HIGH: plain if high is known else self._reach(high)}
        return plain | {f"{name}{end}": bounds[end][name] for name in plain for end in (LOW, HIGH)}

    def _reach(self, people: _Counted) -> dict[str, _Floats]:
        total, reached = (self._until(people.running, one) for one in (self.end, self.arrived))
        within = people.running[self.beyond] - people.running[self.begin][:, None]
        counted = {"population": total, "reached": reached, "unreached": total - reached, "no_road": people.lost}
        return counted | {f"beyond_{limit:g}": total - within[:, at] for at, limit in enumerate(self.minutes)}

    def last_inhabited(self, people: _Counted) -> tuple[_Floats, _Integers]:
        """Give the longest time of the inhabited places reached in each area, and the first place that has it (-1)."""
        alive = np.flatnonzero(self.reached & (people.own > 0))
        time, order = np.append(self.time[alive], np.nan), np.append(self.order[alive], -1)
        begin, end = np.searchsorted(alive, self.begin), np.searchsorted(alive, self.end)
        worst = np.where(begin < end, time[end - 1], np.nan)
        first = _first(begin, end, lambda at: time[at] >= worst)
        return worst, order[np.where(begin < end, first, -1)]

    def _until(self, running: _Floats, end: _Integers) -> _Floats:
        """Sum up from the beginning of each area to a place, which is left out."""
        sums: _Floats = running[end] - running[self.begin]
        return sums

    def _moment(self, weights: _Floats) -> _Floats:
        """Sum up minutes times weights of each area: of products a difference of running sums would lose digits."""
        sums = np.zeros(len(self.begin))
        some = self.begin < self.end
        sums[some] = np.add.reduceat(self.driven * weights, self.begin[some]) if some.any() else 0.0
        return sums

    def _percentiles(self, near: _Floats, far: _Floats) -> tuple[_Floats, _Floats]:
        """Give the first times t at which ``near`` up to t is a half, and 90 %, of itself and of ``far`` beyond t.

        near(t) >= share * (near(t) + far(beyond t)) is (1 - share) near(t) + share far(t) >= share far(all), which
        only grows with t. Both are running sums.
        """
        share = np.asarray([_MEDIAN, _NINE_TENTHS])
        begin, end = (_wide(one, len(share)) for one in (self.begin, self.end))
        # At least somebody: where none need live beyond, the first who may live there counts.
        wanted = np.maximum(share * (far[end] - far[begin]) - _ROUNDING, _ROUNDING)

        def enough(at: _Integers) -> NDArray[np.bool_]:
            counted: _Floats = (1 - share) * (near[at + 1] - near[begin]) + share * (far[at + 1] - far[begin])
            return counted >= wanted

        first = _first(begin, end, enough)
        found = np.where(first < end, np.append(self.time, np.nan)[first], np.nan)
        return found[:, 0], found[:, 1]

    def _mean_bounds(self, low: _Counted, high: _Counted) -> tuple[_Floats, _Floats]:
        """Give the least and the greatest mean of the reached.

        The mean of weights that may lie between bounds is least with the high ones nearest, and greatest with the low
        ones nearest. They change over at the first time that is not below the mean which this gives.
        """
        more = np.where(self.reached, high.own - low.own, 0.0)
        people, moment = _running(more), _running(self.driven * more)

        def bound(start: _Counted, sign: float) -> _Floats:
            reached, driven = self._until(start.running, self.arrived), self._moment(start.own)

            def mean(at: _Integers) -> _Floats:
                return _divide(driven + sign * self._until(moment, at), reached + sign * self._until(people, at))

            def later(at: _Integers) -> NDArray[np.bool_]:
                tried = mean(at)
                # With nobody left, the change came too late; with nobody yet, too early.
                done = np.isnan(tried) & (sign < 0)
                return done | (self.time[at] * (1 + _ROUNDING) >= tried)

            return mean(_first(self.begin, self.arrived, later))

        return bound(low, 1.0), bound(high, -1.0)


def _wide(values: _Integers, columns: int) -> _Integers:
    return np.repeat(values[:, None], columns, axis=1)


def _running(values: _Floats) -> _Floats:
    """Sum up, with nothing before the first."""
    running = np.empty(len(values) + 1)
    running[0] = 0.0
    np.cumsum(values, out=running[1:])
    return running


def _first(begin: _Integers, end: _Integers, holds: Callable[[_Integers], NDArray[np.bool_]]) -> _Integers:
    """Give of each range the first position at which what holds from somewhere on holds, its end where nowhere."""
    low, high = begin.copy(), end.copy()
    while (open_ := low < high).any():
        middle = np.where(open_, (low + high) // 2, np.minimum(begin, np.maximum(end - 1, 0)))
        yes = holds(middle)
        high = np.where(open_ & yes, middle, high)
        low = np.where(open_ & ~yes, middle + 1, low)
    return high


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
