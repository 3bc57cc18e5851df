"""Norms: which targets are met, by how much they are missed, and how sure that is where counts are suppressed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.people import Suppression
from palveluverkko.domain.planning import PLACES, Norm
from palveluverkko.service.people import OUTSIDE, Heads, heads, split_by_area, weighted_percentile

COLUMNS = (
    "level", "minutes", "share", "group", "areas", "where", "area", "area_name", "population", "within",
    "share_reached", "passed", "missing", "missing_low", "missing_high", "certain", "margin", "minutes_needed",
    "minutes_margin", "binding",
)  # fmt: skip

TARGET = COLUMNS[:6]
"""Columns that tell one norm from another."""

_ROUNDING = 1e-9


def check_norms(
    frame: pd.DataFrame,
    norms: Sequence[Norm],
    *,
    column: str | None = None,
    name_column: str | None = None,
    suppression: Suppression | None = None,
) -> pd.DataFrame:
    """Check norms for the whole study (area ``""``) and for each area of a column.

    Parameters
    ----------
    frame
        Levels by place: ``time_X`` of each level in minutes, the columns that count people and those of the areas.
    norms
        The targets.
    column, name_column
        Columns with the id and the name of the area; the whole study only when None.
    suppression
        What a hidden count may be; 1 to 9 people when None.

    Returns
    -------
    DataFrame
        level, minutes, share, group, areas and where (``column = value``, empty for every place) of the norm; area,
        area_name; population (known people, hidden counts as none), within (of them, at most that far),
        share_reached; missing (people short of the share) and its bounds missing_low and missing_high over all that
        the hidden counts may be; passed (nobody is missing), certain (whether that holds whatever the hidden counts
        are), margin (share_reached - share), minutes_needed (the shortest time within which the share of the known
        people lives, NaN when they do not reach the level), minutes_margin (minutes - minutes_needed),
        binding (whether the norm is to be met there). An area without people passes.

    Raises
    ------
    StudyError
        A norm names a level that the table does not have, or is to be met in each area and there are none.
    TableError
        A norm names a column that the places do not have.
    """
    areas = split_by_area(frame, column, name_column)
    rows = []
    for norm in norms:
        if f"time_{norm.level}" not in frame:
            raise StudyError(f"a norm names the level {norm.level!r}, which is not in the scheme; correct [[norm]].")
        if norm.areas == "each" and column is None:
            raise StudyError(
                f"the norm for level {norm.level} is to be met in each area, and there are none; add [areas]."
            )
        covered = _covered(frame, norm)
        time = frame[f"time_{norm.level}"].to_numpy(dtype=np.float64)
        people = _people(frame, norm.group, suppression)
        near = time <= norm.minutes
        for area, name, everyone in areas:
            members = everyone & covered
            binding = norm.areas == "whole" if area == "" else norm.areas == "each" and area != OUTSIDE
            rows.append(
                (
                    norm.level,
                    norm.minutes,
                    norm.share,
                    norm.group,
                    norm.areas,
                    "" if norm.where is None else f"{norm.where[0]} = {norm.where[1]}",
                    area,
                    name,
                    *_judge(norm, time, people, near, members),
                    binding,
                )
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def targets_met(norms: pd.DataFrame) -> pd.Series[bool]:
    """Tell of each target in a table of :func:`check_norms` whether it is met everywhere where it is to be met."""
    fine = norms["passed"].astype(bool) | ~norms["binding"].astype(bool)
    return fine.groupby([norms[one] for one in TARGET], sort=False).all()


def _judge(
    norm: Norm, time: NDArray[np.float64], people: Heads, near: NDArray[np.bool_], members: NDArray[np.bool_]
) -> tuple[float, float, float, bool, int, int, int, bool, float, float, float]:
    """Judge a norm over some places: see the columns of :func:`check_norms` from population to minutes_margin."""
    inside, outside = members & near, members & ~near
    within, beyond = people.known[inside].sum(), people.known[outside].sum()
    population = within + beyond
    # Whoever is near lowers what is missing and whoever is far raises it, so the bounds lie at opposite ends.
    fewest = _missing(norm.share, people.high[inside].sum(), people.low[outside].sum())
    highest = _missing(norm.share, people.low[inside].sum(), people.high[outside].sum())
    # Hidden counts are none among the known people and at least one person where somebody lives.
    missing = min(max(_missing(norm.share, within, beyond), fewest), highest)
    reached = within / population if population else 1.0
    needed = weighted_percentile(time[members], people.known[members], norm.share)
    return (
        population, within, reached, missing == 0, missing, fewest, highest, (fewest == 0) == (highest == 0),
        reached - norm.share, needed, norm.minutes - needed,
    )  # fmt: skip


def _missing(share: float, within: float, beyond: float) -> int:
    """Give how many people are short of the share, whole people."""
    return max(0, math.ceil(share * (within + beyond) - within - _ROUNDING))


def counted(frame: pd.DataFrame, norm: Norm, suppression: Suppression | None = None) -> Heads:
    """Give what a norm counts in each place, nobody where it does not apply; see :func:`check_norms`."""
    covered = _covered(frame, norm)
    people = _people(frame, norm.group, suppression)
    return Heads(*(np.where(covered, part, 0.0) for part in (people.known, people.low, people.high)))


def _covered(frame: pd.DataFrame, norm: Norm) -> NDArray[np.bool_]:
    """Tell which places a norm counts."""
    if norm.where is None:
        return np.ones(len(frame), dtype=np.bool_)
    column, value = norm.where
    if column not in frame:
        raise TableError(
            f"places have no column {column!r}, by which the norm for level {norm.level} tells its classes apart."
        )
    return np.asarray([str(one) == value for one in frame[column]], dtype=np.bool_)


def _people(frame: pd.DataFrame, group: str, suppression: Suppression | None) -> Heads:
    """Give what a norm counts in each place."""
    if group == PLACES:
        ones = np.ones(len(frame))
        return Heads(ones, ones, ones)
    return heads(frame, group, suppression)
