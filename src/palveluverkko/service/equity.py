"""How unevenly travel times fall on people: Gini, Palma, the worst-off tenth, and concentration by need."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError
from palveluverkko.service.levels import LevelsByPlace
from palveluverkko.service.people import counts, split_by_area, weighted_mean

WORST_SHARE = 0.1
"""Share of people who are the worst-off: those with the longest travel times."""

BEST_SHARE = 0.4
"""Share of people with the shortest travel times, whom the Palma ratio compares with the worst-off."""


def equity(
    levels: LevelsByPlace,
    column: str | None = None,
    *,
    name_column: str | None = None,
    groups: Sequence[str] | None = None,
    need: str | None = None,
) -> pd.DataFrame:
    """Tell how unevenly the travel times of each level fall on people, for the whole study and for each area.

    Parameters
    ----------
    levels
        Travel times of places, as :func:`palveluverkko.classify` gives them.
    column, name_column
        Columns of the places with the id and the name of their area; None for the whole study alone.
    groups
        Columns that count people; all of the table when None.
    need
        Column with the need of each place, any number that is larger where need is greater, such as the share of
        people over 75 or a morbidity index. Without it there is no concentration.

    Returns
    -------
    DataFrame
        level, area (``""`` for the whole study), area_name, group, reached (people), unreached, mean (minutes), gini,
        palma, worst_tenth (mean minutes of the tenth with the longest times), worst_tenth_from (the shortest of
        them), and concentration where need is given. All but ``unreached`` speak of the people who are reached; they
        are NaN where nobody is. Suppressed counts are counted as :func:`palveluverkko.service.people.counts` does.

    Raises
    ------
    TableError
        A column is not there, or the need is not a number everywhere.

    See Also
    --------
    gini, palma, concentration
        The definitions and their sources.
    """
    frame = levels.frame
    chosen = levels.groups if groups is None else tuple(groups)
    needs = None if need is None else _needs(frame, need)
    heads = {group: counts(frame, group) for group in chosen}
    times = {code: frame[f"time_{code}"].to_numpy(dtype=np.float64) for code in levels.scheme.codes}
    rows = []
    for area, name, members in split_by_area(frame, column, name_column):
        at = np.flatnonzero(members)
        for code, minutes in times.items():
            for group, people in heads.items():
                figures = _figures(minutes[at], people[at], None if needs is None else needs[at])
                rows.append({"level": code, "area": area, "area_name": name, "group": group} | figures)
    return pd.DataFrame(rows)


def _figures(
    time: NDArray[np.float64], heads: NDArray[np.float64], need: NDArray[np.float64] | None
) -> dict[str, float]:
    reached = ~np.isnan(time)
    own, people = time[reached], heads[reached]
    figures = {
        "reached": float(people.sum()),
        "unreached": float(heads[~reached].sum()),
        "mean": weighted_mean(own, people),
        "gini": gini(own, people),
        "palma": palma(own, people),
        "worst_tenth": _mean_of(own, people, 1 - WORST_SHARE, 1),
        "worst_tenth_from": _quantile(own, people, 1 - WORST_SHARE),
    }
    return figures if need is None else figures | {"concentration": concentration(own, people, need[reached])}


def gini(time: NDArray[np.float64], heads: NDArray[np.float64]) -> float:
    """Give the Gini coefficient of travel times: 0 when all are equal, towards 1 when few bear all of it.

    Half the mean absolute difference of two people's times over the mean time (Gini 1912), each place counting as
    often as people live there. NaN without people; 0 where all travel no time at all.
    """
    return concentration(time, heads, time)


def palma(time: NDArray[np.float64], heads: NDArray[np.float64]) -> float:
    """Give the Palma ratio of travel times: what the tenth with the longest bear, over what the nearest 40 % bear.

    As of incomes (Palma 2011), with minutes for money: a quarter when all times are equal. A place on the border of a
    group counts in both with its people shared out. NaN without people, infinite where 40 % travel no time.
    """
    worst, best = _mean_of(time, heads, 1 - WORST_SHARE, 1), _mean_of(time, heads, 0, BEST_SHARE)
    if math.isnan(worst) or worst == best == 0:
        return math.nan
    return math.inf if best == 0 else worst * WORST_SHARE / (best * BEST_SHARE)


def concentration(time: NDArray[np.float64], heads: NDArray[np.float64], need: NDArray[np.float64]) -> float:
    """Give the concentration index of travel times by need, from -1 to 1.

    Positive when the long journeys fall on those in greater need, 0 when need does not matter. Twice the covariance of
    time and the rank by need, over the mean time (Kakwani, Wagstaff and van Doorslaer 1997, doi:10.1016/
    S0304-4076(96)01807-6); people in equal need share the mean of their ranks. NaN without people or need.
    """
    known = ~np.isnan(need) & (heads > 0)
    time, heads, need = time[known], heads[known], need[known]
    total = heads.sum()
    if not total:
        return math.nan
    mean = (time * heads).sum() / total
    if mean == 0:
        return 0.0
    _, group = np.unique(need, return_inverse=True)
    in_group = np.bincount(group, weights=heads)
    rank = ((np.cumsum(in_group) - in_group / 2) / total)[group]
    return float(2 * ((rank - 0.5) * (time - mean) * heads).sum() / (total * mean))


def _mean_of(time: NDArray[np.float64], heads: NDArray[np.float64], start: float, stop: float) -> float:
    """Give the mean time of the people from one share to another, in the order of their times."""
    total = heads.sum()
    if not total:
        return math.nan
    order = np.argsort(time, kind="stable")
    ends = np.cumsum(heads[order])
    own = np.minimum(ends, stop * total) - np.maximum(ends - heads[order], start * total)
    own = np.maximum(own, 0.0)
    return float((own * time[order]).sum() / own.sum())


def _quantile(time: NDArray[np.float64], heads: NDArray[np.float64], share: float) -> float:
    """Give the time of the first person after a share of them, in the order of their times."""
    total = heads.sum()
    if not total:
        return math.nan
    order = np.argsort(time, kind="stable")
    at = np.searchsorted(np.cumsum(heads[order]), share * total, side="right")
    return float(time[order[min(int(at), len(order) - 1)]])


def _needs(frame: pd.DataFrame, need: str) -> NDArray[np.float64]:
    if need not in frame:
        raise TableError(f"places have no column {need!r} for their need; columns: {', '.join(map(str, frame))}.")
    try:
        return np.asarray(frame[need], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TableError(f"the column {need!r} of the places holds text; the need of a place is a number.") from error
