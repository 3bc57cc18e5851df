"""How much the answer hangs on the speeds: whose band changes when cars drive otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.planning import Norm
from palveluverkko.domain.travel import (
    DEFAULT_MINUTES,
    AccessLegs,
    Direction,
    check_minutes,
    check_speed_factor,
)
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped
from palveluverkko.reach.table import travel_times
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.norms import check_norms
from palveluverkko.service.people import counts, split_by_area, weighted_mean

COLUMNS = (
    "variant", "season", "speed_factor", "baseline", "area", "area_name", "level", "population", "people_changed",
    "share_changed", "people_better", "people_worse", "people_newly_reached", "people_cut_off", "reached", "mean",
    "extra_minutes_mean", "norms", "norms_met",
)  # fmt: skip
"""Columns of the table by area; see :meth:`Sensitivity.by_area`."""


@dataclass(frozen=True, eq=False)
class Variant:
    """Another way for cars to drive.

    Attributes
    ----------
    speed_factor
        Driving speed relative to the network's: 0.9 is a tenth slower. Ferries keep their times.
    network
        Other roads: another season, or with roads closed; those of the baseline when None.
    name
        What the tables call it; season and factor, such as ``"winter 0.9"``, when empty.

    Raises
    ------
    StudyError
        The factor is no speed.
    """

    speed_factor: float = 1.0
    network: RoadNetwork | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse a factor that is a slip."""
        object.__setattr__(self, "speed_factor", check_speed_factor(self.speed_factor))


@dataclass(frozen=True, eq=False)
class Outcome:
    """The levels by place of one variant, or of the baseline."""

    variant: str
    season: str
    speed_factor: float
    levels: LevelsByPlace


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """The baseline and its variants.

    Attributes
    ----------
    baseline
        Levels by place as they are.
    outcomes
        Those of each variant, in the order given.
    """

    baseline: Outcome
    outcomes: tuple[Outcome, ...]

    def by_area(
        self, column: str | None = None, *, name_column: str | None = None, norms: Sequence[Norm] = ()
    ) -> pd.DataFrame:
        """Count by variant, level and area the people whose band changes; the baseline comes first.

        Parameters
        ----------
        column, name_column
            Columns of the places with the id and the name of their area; the whole study only when None.
        norms
            Targets to check.

        Returns
        -------
        DataFrame
            variant, season, speed_factor, baseline (whether it is that), area (``""`` for the whole study), area_name,
            level, population, people_changed (whose band is another one), share_changed (of all people there, NaN
            where nobody lives), people_better, people_worse (nearer and farther bands), people_newly_reached,
            people_cut_off (of those two: who are reached within the last threshold, or no longer), reached, mean
            (minutes of the people reached), extra_minutes_mean (of the people reached before and after), norms and
            norms_met (norms of the level, and how many of them are met in the area).
        """
        base = self.baseline.levels
        heads = counts(base.frame)
        areas = split_by_area(base.frame, column, name_column)
        rows = []
        for outcome in (self.baseline, *self.outcomes):
            met = _norms_met(_check_norms(outcome.levels, norms, column, name_column))
            figures = outcome.levels.by_area_figures(column, name_column=name_column, groups=[POPULATION])
            means = figures.set_index(["area", "level"])["mean"]
            head = (outcome.variant, outcome.season, outcome.speed_factor, outcome is self.baseline)
            changes = {code: _compare(base, outcome.levels, code) for code in base.scheme.codes}
            for area, name, members in areas:
                for code, change in changes.items():
                    people = change.count(heads, members)
                    found = (*people, means[area, code], change.mean_extra(heads, members))
                    rows.append((*head, area, name, code, *found, *met.get((code, area), (0, 0))))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def check_norms(
        self, norms: Sequence[Norm], *, column: str | None = None, name_column: str | None = None
    ) -> pd.DataFrame:
        """Check norms in the baseline and in each variant.

        Returns
        -------
        DataFrame
            variant, season, speed_factor, baseline, and the columns of
            :func:`palveluverkko.service.norms.check_norms`. Without norms it has no rows.
        """
        parts = []
        for outcome in (self.baseline, *self.outcomes):
            part = _check_norms(outcome.levels, norms, column, name_column)
            part.insert(0, "variant", outcome.variant)
            part.insert(1, "season", outcome.season)
            part.insert(2, "speed_factor", outcome.speed_factor)
            part.insert(3, "baseline", outcome is self.baseline)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def by_place(self) -> pd.DataFrame:
        """Give for each place and level the minutes and bands of the baseline and their range over the variants.

        Returns
        -------
        DataFrame
            Indexed by place_id; for each level X ``time_X`` and ``band_X`` of the baseline, ``shortest_X`` and
            ``longest_X`` (minutes over baseline and variants), ``nearest_band_X`` and ``farthest_band_X`` (upper
            minutes); NaN is beyond the last threshold.
        """
        base = self.baseline.levels
        frames = [outcome.levels.frame for outcome in (self.baseline, *self.outcomes)]
        columns: dict[str, object] = {}
        for code in base.scheme.codes:
            times, bands = (
                np.stack([frame[f"{what}_{code}"].fillna(np.inf) for frame in frames]) for what in ("time", "band")
            )
            columns[f"time_{code}"] = base.frame[f"time_{code}"]
            columns[f"shortest_{code}"], columns[f"longest_{code}"] = _range(times)
            columns[f"band_{code}"] = base.frame[f"band_{code}"]
            columns[f"nearest_band_{code}"], columns[f"farthest_band_{code}"] = _range(bands)
        return pd.DataFrame(columns, index=base.frame.index)


def sensitivity(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    variants: Sequence[Variant] = (Variant(0.9), Variant(1.1)),
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    direction: Direction | str = Direction.TO_SERVICE,
    access_legs: AccessLegs | str = AccessLegs.FIXED,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Find out how much levels and bands change when cars drive at other speeds or on other roads.

    The roads are prepared once and points and places are snapped once for each network: a speed factor costs a search.

    Parameters
    ----------
    network
        The road network of the baseline.
    points, places
        Service points and places, as for :func:`palveluverkko.reach.table.travel_times`.
    variants
        What to compare with the baseline. One that is the baseline itself, its network at factor 1, is passed over.
    scheme, minutes
        As for :func:`palveluverkko.service.levels.classify`.
    direction
        To the points or from them.
    access_legs
        ``"fixed"``: a factor is one of driving speeds alone; ``"scaled"``: the way between road and place takes part.
    progress
        Called with the number of variants done and in all.

    Raises
    ------
    StudyError
        Two variants share a name.

    Examples
    --------
    >>> found = sensitivity(network, points, places, variants=[Variant(0.9), Variant(1.1)])  # doctest: +SKIP
    >>> found.by_area("kunta_code")  # doctest: +SKIP
    """
    scheme, thresholds = scheme or LevelScheme.eal(), check_minutes(minutes)
    access_legs = AccessLegs.parse(access_legs)
    baseline = Variant(1.0, network, _name(Variant(1.0, network), network))
    chosen = [one for one in variants if not _is_baseline(one, network)]
    _check_names([baseline.name, *(_name(one, network) for one in chosen)])
    # The network itself is kept beside: the number of one that is gone may be given to another.
    snapped: dict[int, tuple[RoadNetwork, tuple[Snapped, Snapped]]] = {}
    outcomes = []
    for done, variant in enumerate([baseline, *chosen]):
        if progress is not None:
            progress(done, len(chosen) + 1)
        roads = variant.network or network
        table = travel_times(
            drive_at(roads, variant.speed_factor, access_legs=access_legs),
            points,
            places,
            budget_minutes=thresholds[-1],
            direction=direction,
            snapped=snapped[id(roads)][1] if id(roads) in snapped else None,
        )
        snapped[id(roads)] = roads, (table.snapped_points, table.snapped_places)
        levels = classify(table, points, scheme=scheme, minutes=thresholds)
        outcomes.append(Outcome(_name(variant, network), roads.season, variant.speed_factor, levels))
    return Sensitivity(outcomes[0], tuple(outcomes[1:]))


def drive_at(network: RoadNetwork, factor: float, *, access_legs: AccessLegs = AccessLegs.FIXED) -> RoadNetwork:
    """Give the network with other driving speeds: what is no driving, crossing and waiting for a ferry, takes as long.

    Turns and whatever else drives no road piece keep their times too; see
    :meth:`palveluverkko.network.road_network.RoadNetwork.with_speeds`.
    """
    if factor == 1:
        return network
    scaled = network.with_speeds(np.where(network.driven, factor, 1.0))
    if access_legs is AccessLegs.FIXED:
        return scaled
    walked = replace(scaled, access_speed_kmh=scaled.access_speed_kmh * factor)
    # A cached property looks here before it is computed: the order of elimination stays.
    walked.__dict__["roads"] = scaled.roads
    return walked


@dataclass(frozen=True, eq=False)
class _Change:
    """What became of each place at one level: minutes before and after, and by how many bands it moved."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    moved: NDArray[np.int64]

    def count(self, heads: NDArray[np.float64], members: NDArray[np.bool_]) -> tuple[float, ...]:
        """Count the people of an area, in the order of :data:`COLUMNS` from population to reached."""
        heads, moved, before, after = heads[members], self.moved[members], self.before[members], self.after[members]
        population, changed = heads.sum(), heads[moved != 0].sum()
        return (
            population,
            changed,
            changed / population if population else np.nan,
            heads[moved < 0].sum(),
            heads[moved > 0].sum(),
            heads[np.isnan(before) & ~np.isnan(after)].sum(),
            heads[~np.isnan(before) & np.isnan(after)].sum(),
            heads[~np.isnan(after)].sum(),
        )

    def mean_extra(self, heads: NDArray[np.float64], members: NDArray[np.bool_]) -> float:
        """Give the mean difference in minutes of the people of an area who are reached before and after."""
        return weighted_mean((self.after - self.before)[members], heads[members])


def _compare(base: LevelsByPlace, changed: LevelsByPlace, code: str) -> _Change:
    times = [levels.frame[f"time_{code}"].to_numpy(dtype=np.float64) for levels in (base, changed)]
    # Beyond the last threshold, NaN, sorts behind it.
    before, after = (np.searchsorted(base.minutes, levels.frame[f"band_{code}"]) for levels in (base, changed))
    return _Change(times[0], times[1], after - before)


def _norms_met(checked: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Give the number of norms of each level and area, and how many of them are met."""
    met: dict[tuple[str, str], tuple[int, int]] = {}
    for norm in checked.to_dict("records"):
        total, passed = met.get((norm["level"], norm["area"]), (0, 0))
        met[norm["level"], norm["area"]] = total + 1, passed + norm["passed"]
    return met


def _range(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    least, most = values.min(axis=0), values.max(axis=0)
    return np.where(np.isinf(least), np.nan, least), np.where(np.isinf(most), np.nan, most)


def _is_baseline(variant: Variant, network: RoadNetwork) -> bool:
    return variant.speed_factor == 1 and (variant.network is None or variant.network is network)


def _name(variant: Variant, network: RoadNetwork) -> str:
    return variant.name or f"{(variant.network or network).season} {variant.speed_factor:g}"


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise StudyError(f"two variants are named {name!r}, the baseline counted; name each once.")


def _check_norms(
    levels: LevelsByPlace, norms: Sequence[Norm], column: str | None, name_column: str | None
) -> pd.DataFrame:
    return check_norms(levels.frame, norms, column=column, name_column=name_column, suppression=levels.suppression)
