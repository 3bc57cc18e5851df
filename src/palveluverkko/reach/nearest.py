"""The nearest service points of each place, with their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from palveluverkko.domain.errors import StudyError, TableError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.reach.table import TravelTimeTable, to_minutes

# Sorting a table at once would take eight bytes for each of its times.
_PLACES_AT_ONCE = 20_000


def nearest(table: TravelTimeTable, *, k: int = 3, chosen: Sequence[str] | None = None) -> pd.DataFrame:
    """Name the ``k`` service points nearest to each place.

    Parameters
    ----------
    table
        Travel times.
    k
        How many for each place; fewer where fewer are reached within the budget of the table.
    chosen
        Ids of the points that count, such as those open; all of the table when None.

    Returns
    -------
    DataFrame
        ``place_id``, ``rank`` (1 is the nearest), ``point``, ``name`` where the points have names, ``travel_time``
        (minutes); in the order of the places, then by rank. Among equal times the lowest id comes first.

    Raises
    ------
    StudyError
        ``k`` is less than 1.
    TableError
        The table does not hold one of the points.

    Examples
    --------
    >>> nearest(table, k=3)  # doctest: +SKIP
    """
    if k < 1:
        raise StudyError(f"k is {k}; ask for at least 1 point.")
    ranked = sorted(table.points.index if chosen is None else chosen)
    rows = table.points.index.get_indexer(pd.Index(ranked, dtype=object))
    unknown = [one for one, row in zip(ranked, rows, strict=True) if row < 0]
    if unknown:
        raise TableError(f"the travel times hold no service point {name_ids(unknown)}.")
    parts = []
    for first in range(0, len(table.places), _PLACES_AT_ONCE):
        times = table.milliseconds[rows, first : first + _PLACES_AT_ONCE]
        order = np.argsort(times, axis=0, kind="stable")[:k]
        best = np.take_along_axis(times, order, axis=0).T
        place, rank = np.nonzero(best != UNREACHED)
        parts.append((place + first, rank, order.T[place, rank], best[place, rank]))
    columns = zip(*parts, strict=True) if parts else [[np.empty(0, dtype=np.int64)]] * 4
    place, rank, point, time = (np.concatenate(list(one)) for one in columns)
    ids = np.asarray(ranked, dtype=object)[point]
    frame = {"place_id": table.places.index.to_numpy()[place], "rank": rank + 1, "point": ids}
    if "name" in table.points:
        frame["name"] = table.points["name"].reindex(ids).to_numpy()
    return pd.DataFrame(frame | {"travel_time": to_minutes(time)})
