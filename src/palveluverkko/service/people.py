"""People behind the places: sums by band and area, means that do not hide the worst-off."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError

POPULATION = "population"

OUTSIDE = "–"
"""Area of the places that lie in none."""

_GROUP_PREFIX = "age_"
_ROUNDING = 1e-9


def groups(frame: pd.DataFrame) -> tuple[str, ...]:
    """Give the columns that count people: population first, then the age groups."""
    ages = [str(column) for column in frame.columns if str(column).startswith(_GROUP_PREFIX)]
    return (POPULATION, *ages) if POPULATION in frame else tuple(ages)


def counts(frame: pd.DataFrame, group: str = POPULATION) -> NDArray[np.float64]:
    """Give the people of each place; suppressed counts (-1) and gaps are none, and a finding says so."""
    if group not in frame:
        known = ", ".join(groups(frame)) or "none"
        raise TableError(f"places have no column {group!r}; the columns that count people are: {known}.")
    return np.asarray(frame[group].fillna(0).clip(lower=0), dtype=np.float64)


def by_band(
    frame: pd.DataFrame,
    codes: Sequence[str],
    minutes: Sequence[float],
    group_columns: Sequence[str],
    *,
    column: str | None,
    name_column: str | None,
) -> pd.DataFrame:
    """Count people by level, band and area; see :meth:`LevelsByPlace.by_area`."""
    upper = [*minutes, np.nan]
    lower = [0.0, *minutes]
    heads = {group: counts(frame, group) for group in group_columns}
    rows = []
    for area, name, members in split_by_area(frame, column, name_column):
        for code in codes:
            band = np.searchsorted(np.asarray(minutes), frame[f"band_{code}"].to_numpy(), side="left")
            for number, (from_min, to_min) in enumerate(zip(lower, upper, strict=True)):
                chosen = members & (band == number)
                sums = [heads[group][chosen].sum() for group in group_columns]
                rows.append((area, name, code, from_min, to_min, *sums))
    return pd.DataFrame(rows, columns=["area", "area_name", "level", "from_min", "to_min", *group_columns])


def summarise(frame: pd.DataFrame, codes: Sequence[str], minutes: Sequence[float]) -> pd.DataFrame:
    """Sum each level up.

    Returns
    -------
    DataFrame
        level, mean (of the people reached), p90 (of all people, NaN when more than a tenth are not reached), worst
        (of the inhabited places reached), worst_place, worst_name, population, reached, unreached, and
        ``beyond_<minutes>`` (people farther than that, the unreached with them).
    """
    heads = counts(frame)
    rows = []
    for code in codes:
        time = frame[f"time_{code}"].to_numpy(dtype=np.float64)
        reached = ~np.isnan(time) & (heads > 0)
        worst = None
        if reached.any():
            worst = frame.index[int(np.where(reached, time, -np.inf).argmax())]
        row: dict[str, object] = {
            "level": code,
            "mean": weighted_mean(time, heads),
            "p90": weighted_percentile(time, heads, 0.9),
            "worst": time[reached].max() if reached.any() else np.nan,
            "worst_place": worst,
            "worst_name": None if worst is None else frame.loc[worst, "name"] if "name" in frame else str(worst),
            "population": heads.sum(),
            "reached": heads[reached].sum(),
            "unreached": heads[~reached].sum(),
        }
        for limit in minutes:
            row[f"beyond_{limit:g}"] = heads[~(time <= limit)].sum()
        rows.append(row)
    return pd.DataFrame(rows)


def split_by_area(
    frame: pd.DataFrame, column: str | None, name_column: str | None
) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Give (area, name, members) for the whole study and for each area in the order of the names.

    Places outside every area make an area of their own, :data:`OUTSIDE`, so that the areas sum to the whole.
    """
    everyone = np.ones(len(frame), dtype=np.bool_)
    parts = [("", "", everyone)]
    if column is None:
        return parts
    for wanted in (column, name_column):
        if wanted is not None and wanted not in frame:
            raise TableError(
                f"places have no column {wanted!r}; [areas] needs it. Columns: {', '.join(map(str, frame))}."
            )
    areas = np.asarray([_text(one) or OUTSIDE for one in frame[column]], dtype=object)
    named_by = areas if name_column is None else frame[name_column].to_numpy(dtype=object)
    names = [_text(name) or area for area, name in zip(areas, named_by, strict=True)]
    named = sorted(dict(zip(areas, names, strict=True)).items(), key=lambda pair: pair[::-1])
    return parts + [(area, name, areas == area) for area, name in named]


def _text(value: object) -> str:
    """Give a cell as text; an absent one is empty, like one that a table left blank."""
    return "" if value is None or value != value else str(value)  # noqa: PLR0124  # NaN is not itself


def weighted_mean(time: NDArray[np.float64], heads: NDArray[np.float64]) -> float:
    """Give the mean travel time of the people reached, NaN when there are none."""
    reached = ~np.isnan(time)
    total = heads[reached].sum()
    return float((time[reached] * heads[reached]).sum() / total) if total else math.nan


def weighted_percentile(time: NDArray[np.float64], heads: NDArray[np.float64], share: float) -> float:
    """Give the shortest time within which a share of all people live; the unreached live infinitely far (NaN)."""
    total = heads.sum()
    if not total:
        return math.nan
    order = np.argsort(np.where(np.isnan(time), np.inf, time), kind="stable")
    at = np.searchsorted(np.cumsum(heads[order]), share * total - _ROUNDING)
    return float(time[order[min(int(at), len(order) - 1)]])


def served_by_point(frame: pd.DataFrame, points: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Add to the service points how many people each serves at each level: columns ``people_<level>``."""
    heads = pd.Series(counts(frame), index=frame.index)
    served = {
        f"people_{code}": heads.groupby(frame[f"point_{code}"]).sum().reindex(points.index, fill_value=0.0)
        for code in codes
    }
    return points.assign(**served)
