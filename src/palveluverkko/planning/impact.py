"""What a scenario does: whose nearest point changes, and by how many minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas
import numpy as np
import pandas as pd

from palveluverkko.domain.errors import StudyError, name_ids
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.planning import Scenario
from palveluverkko.domain.travel import DEFAULT_MINUTES
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.people import counts, weighted_mean, weighted_percentile

# Minutes come from whole milliseconds: half of one tells a change from rounding.
_SAME_MINUTES = 0.5 / 60_000


@dataclass(frozen=True, eq=False)
class Impact:
    """A scenario beside the base.

    Attributes
    ----------
    scenario
        What was changed.
    base, changed
        Levels by place before and after.
    """

    scenario: Scenario
    base: LevelsByPlace
    changed: LevelsByPlace

    def by_place(self) -> pd.DataFrame:
        """Give for each place and level the minutes before and after, their difference, and the serving points.

        Columns ``before_X``, ``after_X``, ``extra_X`` (infinite where the place was cut off, minus infinite where
        it was connected), ``point_before_X``, ``point_after_X``.
        """
        before, after = self.base.frame, self.changed.frame
        columns: dict[str, object] = {}
        for code in self.base.scheme.codes:
            old, new = before[f"time_{code}"], after[f"time_{code}"]
            extra = np.asarray(new.fillna(np.inf)) - np.asarray(old.fillna(0.0))
            extra = np.where(old.isna(), np.where(new.isna(), 0.0, -np.inf), extra)
            columns[f"before_{code}"] = old
            columns[f"after_{code}"] = new
            columns[f"extra_{code}"] = np.where(np.abs(extra) < _SAME_MINUTES, 0.0, extra)
            columns[f"point_before_{code}"] = before[f"point_{code}"]
            columns[f"point_after_{code}"] = after[f"point_{code}"]
        return pd.DataFrame(columns, index=before.index)

    def summary(self) -> pd.DataFrame:
        """Sum up by level.

        Returns
        -------
        DataFrame
            scenario, level, people_affected (whose time grows, the cut off with them), people_gained,
            extra_minutes_mean, extra_minutes_p90, extra_minutes_worst (of those affected and still reached),
            people_cut_off, worst_place, worst_name.
        """
        places = self.by_place()
        heads = counts(self.base.frame)
        rows = []
        for code in self.base.scheme.codes:
            extra = places[f"extra_{code}"].to_numpy(dtype=np.float64)
            longer, cut_off = (extra > 0) & np.isfinite(extra) & (heads > 0), np.isposinf(extra)
            worst = places.index[int(np.where(longer, extra, -1.0).argmax())] if longer.any() else None
            names = self.base.frame.get("name")
            rows.append(
                {
                    "scenario": self.scenario.name,
                    "level": code,
                    "people_affected": heads[longer | cut_off].sum(),
                    "people_gained": heads[extra < 0].sum(),
                    "extra_minutes_mean": weighted_mean(extra[longer], heads[longer]),
                    "extra_minutes_p90": weighted_percentile(extra[longer], heads[longer], 0.9),
                    "extra_minutes_worst": extra[longer].max() if longer.any() else np.nan,
                    "people_cut_off": heads[cut_off].sum(),
                    "worst_place": worst,
                    "worst_name": None if worst is None else str(worst) if names is None else names[worst],
                }
            )
        return pd.DataFrame(rows)


def impact(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    scenario: Scenario,
    *,
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
) -> Impact:
    """Compare a scenario with the base, from travel times that were routed once.

    Parameters
    ----------
    table
        Travel times of all existing and candidate points.
    points, places
        Those of the table; columns may have changed, ids not.
    scenario
        The change.
    scheme, minutes
        As for :func:`palveluverkko.service.levels.classify`.
    """
    if not places.index.equals(table.places.index):
        raise StudyError("the places are not those of the travel times; compute the table for them first.")
    table = replace(table, places=places)
    base = classify(table, points, scheme=scheme, minutes=minutes)
    changed = classify(table, apply_scenario(points, scenario), scheme=scheme, minutes=minutes)
    return Impact(scenario, base, changed)


def apply_scenario(points: geopandas.GeoDataFrame, scenario: Scenario) -> geopandas.GeoDataFrame:
    """Give the service points as a scenario leaves them; the input stays as it is.

    Raises
    ------
    StudyError
        The scenario names a point that does not exist.
    """
    named = (*scenario.close, *scenario.open, *(one for one, _ in scenario.change_level))
    unknown = [one for one in named if one not in points.index]
    if unknown:
        raise StudyError(f"scenario {scenario.name!r} names {name_ids(unknown)}, which no service point has as its id.")
    changed = points.copy()
    if "open" not in changed:
        changed["open"] = True
    changed.loc[list(scenario.close), "open"] = False
    changed.loc[list(scenario.open), "open"] = True
    for one, level in scenario.change_level:
        changed.loc[one, "level"] = level
    return changed
