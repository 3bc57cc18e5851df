"""Need beside heads: people weighed by a column of the places or by their ages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import geopandas
import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError, TableError, name_ids
from palveluverkko.domain.people import HIGH, LOW, NEED, POPULATION, Suppression, to_exact
from palveluverkko.service.people import Heads, groups, heads


def with_need(
    places: geopandas.GeoDataFrame,
    weights: str | Mapping[str, float],
    *,
    suppression: Suppression | None = None,
) -> geopandas.GeoDataFrame:
    """Give the places with ``need``, which is summed up like a group of people, and its bounds.

    Parameters
    ----------
    places
        Places with ``population`` and its groups.
    weights
        A column with the need of one person of each place, 1 for the average, or a factor for each age group, such as
        ``{"age_0_14": 0.7, "age_15_64": 0.8, "age_65_": 2.1}``. Groups that are not named count nothing.
    suppression
        What a hidden count may be; 1 to 9 people when None.

    Returns
    -------
    GeoDataFrame
        With ``need``, ``need_low`` and ``need_high``: people times weight, to a millionth. Hidden counts are none in
        the first, and lie between the bounds; where all ages have a factor, also between the least and the greatest
        factor times the people there.

    Raises
    ------
    StudyError
        A factor is negative or infinite, or two of the age groups overlap.
    TableError
        The places lack the column or a group, or a weight is missing or negative.
    """
    if isinstance(weights, str):
        need = _by_column(places, weights, suppression)
    else:
        need = _by_factors(places, dict(weights), suppression)
    known, low, high = (to_exact(one) for one in (need.known, need.low, need.high))
    return places.assign(**{NEED: known, f"{NEED}{LOW}": low, f"{NEED}{HIGH}": high})


def _by_column(places: geopandas.GeoDataFrame, column: str, suppression: Suppression | None) -> Heads:
    if column not in places:
        raise TableError(f"places have no column {column!r}, for the need of a person; name one they have.")
    try:
        weight = np.asarray(places[column], dtype=np.float64)
    except ValueError:
        raise TableError(f"places have the column {column!r} for the need of a person, which is no number.") from None
    wrong = ~np.isfinite(weight) | (weight < 0)
    if wrong.any():
        raise TableError(
            f"places have no need of 0 or more in {column!r} at {name_ids(places.index[wrong])}; write 1 for the "
            f"average."
        )
    people = heads(places, POPULATION, suppression)
    return Heads(people.known * weight, people.low * weight, people.high * weight)


def _by_factors(places: geopandas.GeoDataFrame, factors: dict[str, float], suppression: Suppression | None) -> Heads:
    wrong = [group for group, factor in factors.items() if not 0 <= factor < np.inf]
    if wrong:
        raise StudyError(f"need has {wrong[0]} = {factors[wrong[0]]:g}; a factor is 0 or more.")
    if not factors:
        raise StudyError("need weighs no group; give factors such as age_75_ = 2.1.")
    known = groups(places)
    missing = next((group for group in factors if group not in known), None)
    if missing is not None:
        raise TableError(f"places have no group {missing!r}, which need weighs; they have {', '.join(known)}.")
    spans = sorted(_span(group) for group in factors)
    for (_, last, one), (first, _, other) in pairwise(spans):
        if first <= last:
            raise StudyError(f"need weighs {one} and {other}, which overlap: somebody would count twice.")
    parts = {group: heads(places, group, suppression) for group in factors}
    total = {
        kind: np.asarray(sum(getattr(parts[group], kind) * factor for group, factor in factors.items()))
        for kind in ("known", "low", "high")
    }
    low, high = total["low"], total["high"]
    everyone = (
        spans[0][0] == 0
        and spans[-1][1] == np.inf
        and all(last + 1 == first for (_, last, _), (first, _, _) in pairwise(spans))
    )
    if everyone and POPULATION in places:
        people = heads(places, POPULATION, suppression)
        hidden: NDArray[np.bool_] = low < high
        low = np.where(hidden, np.maximum(low, min(factors.values()) * people.low), low)
        high = np.where(hidden, np.minimum(high, max(factors.values()) * people.high), high)
    return Heads(total["known"], low, high)


def _span(group: str) -> tuple[float, float, str]:
    """Give the first and the last year of an age group."""
    found = re.fullmatch(r"age_(\d+)_(\d*)", group)
    if found is None:
        raise StudyError(
            f"need weighs {group!r}, which is no age group such as age_75_; name a column for other weights."
        )
    return float(found[1]), float(found[2]) if found[2] else np.inf, group
