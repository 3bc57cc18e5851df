"""People behind the places: sums by band and area, means that do not hide the worst-off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.people import HIGH, LOW, NEED, POPULATION, Suppression, is_group

OUTSIDE = "–"
"""Area of the places that lie in none."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Heads:
    """People of each place.

    Attributes
    ----------
    known
        float64[k]; what the table says, hidden counts as none.
    low, high
        float64[k]; what it can be: hidden counts by the rule of suppression.
    """

    known: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def certain(self) -> bool:
        """Whether nothing is hidden."""
        return self.low is self.known and self.high is self.known


def groups(frame: pd.DataFrame) -> tuple[str, ...]:
    """Give the columns that count people: population first, then ages, sexes, languages and need as they stand."""
    others = [str(column) for column in frame.columns if is_group(str(column)) and column != POPULATION]
    return (POPULATION, *others) if POPULATION in frame else tuple(others)


def counts(frame: pd.DataFrame, group: str = POPULATION) -> NDArray[np.float64]:
    """Give the known people of each place; suppressed counts (-1) and gaps are none: :func:`heads` has their bounds."""
    if group not in frame:
        known = ", ".join(groups(frame)) or "none"
        raise TableError(f"places have no column {group!r}; the columns that count people are: {known}.")
    return np.asarray(frame[group].fillna(0).clip(lower=0), dtype=np.float64)


def heads(frame: pd.DataFrame, group: str = POPULATION, suppression: Suppression | None = None) -> Heads:
    """Give the people of each place, and what they can be where the count is hidden (-1).

    A hidden population is ``least`` to ``most`` people, and not fewer than a group of theirs that is known. A hidden
    group is nobody to ``most``, and not more than can live there. Columns ``<group>_low`` and ``<group>_high`` of the
    frame win: places that were split, and need weights, bring their own bounds.
    """
    rule = suppression or Suppression()
    known = counts(frame, group)
    own = f"{group}{LOW}", f"{group}{HIGH}"
    if all(one in frame for one in own):
        low, high = (np.asarray(frame[one], dtype=np.float64) for one in own)
        return Heads(known, low, high)
    hidden = np.asarray(frame[group] < 0)
    if not hidden.any():
        return Heads(known, known, known)
    if group == POPULATION:
        parts = [one for one in groups(frame) if one not in (POPULATION, NEED)]
        least = np.full(len(frame), float(rule.least))
        for part in parts:
            np.maximum(least, counts(frame, part), out=least)
        low, high = least, np.maximum(least, rule.most)
    else:
        low, high = np.zeros(len(frame)), np.full(len(frame), float(rule.most))
        if POPULATION in frame:
            high = np.minimum(high, heads(frame, POPULATION, rule).high)
    return Heads(known, np.where(hidden, low, known), np.where(hidden, high, known))


@dataclass(frozen=True)
class AreaIndex:
    """Areas of the places: which there are, and where each place lies.

    Attributes
    ----------
    areas, names
        Id and name of each area, in the order of the names.
    position
        int64[k]; of each place among them.
    """

    areas: tuple[str, ...]
    names: tuple[str, ...]
    position: NDArray[np.int64]

    @classmethod
    def of(cls, frame: pd.DataFrame, column: str | None, name_column: str | None) -> AreaIndex:
        """Read the areas of a column; none at all for None.

        Places outside every area make an area of their own, :data:`OUTSIDE`, so that the areas sum to the whole.
        """
        if column is None:
            return cls((), (), np.zeros(len(frame), dtype=np.int64))
        for wanted in (column, name_column):
            if wanted is not None and wanted not in frame:
                raise TableError(
                    f"places have no column {wanted!r}; [areas] needs it. Columns: {', '.join(map(str, frame))}."
                )
        code, found = pd.factorize(frame[column], use_na_sentinel=False)
        texts = [_text(one) or OUTSIDE for one in found]
        names = dict.fromkeys(texts, "")
        if name_column is not None:
            # The last row of an area names it, as a dict of rows would.
            last = np.full(len(found), -1, dtype=np.int64)
            np.maximum.at(last, code, np.arange(len(code)))
            column_of_names = frame[name_column].to_numpy(dtype=object)
            for text, row in sorted(zip(texts, last, strict=True), key=lambda pair: pair[1]):
                names[text] = _text(column_of_names[row])
        ordered = sorted(((name or text, text) for text, name in names.items()))
        place = {text: at for at, (_, text) in enumerate(ordered)}
        to_ordered = np.asarray([place[text] for text in texts], dtype=np.int64)
        position = to_ordered[code] if len(code) else np.zeros(0, dtype=np.int64)
        return cls(tuple(text for _, text in ordered), tuple(name for name, _ in ordered), position)


def split_by_area(
    frame: pd.DataFrame, column: str | None, name_column: str | None
) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Give (area, name, members) for the whole study and for each area in the order of the names."""
    index = AreaIndex.of(frame, column, name_column)
    parts = [("", "", np.ones(len(frame), dtype=np.bool_))]
    both = enumerate(zip(index.areas, index.names, strict=True))
    return parts + [(area, name, index.position == at) for at, (area, name) in both]


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
    people = pd.Series(counts(frame), index=frame.index)
    served = {
        f"people_{code}": people.groupby(frame[f"point_{code}"]).sum().reindex(points.index, fill_value=0.0)
        for code in codes
    }
    return points.assign(**served)
