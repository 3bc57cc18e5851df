"""Places split over finer cells: the people of a square go to those of its cells that a mask names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.people import HIGH, LOW, PARTS_OF_A_PERSON, Suppression
from palveluverkko.service.people import groups, heads

PARENT = "parent"
"""Column with the id of the place that a cell was cut from."""

_AREAL = ("Polygon", "MultiPolygon")


def split_places(
    places: gpd.GeoDataFrame,
    mask: gpd.GeoDataFrame,
    *,
    weight: str | None = None,
    suppression: Suppression | None = None,
) -> gpd.GeoDataFrame:
    """Split squares of people over the finer cells of a mask; every sum of a square stays, to the last person.

    The centre of a square of 1 km may stand a kilometre from the road on which its people live. A mask of built-up
    cells, buildings or floor areas says where in it they can.

    Parameters
    ----------
    places
        Places with ``population`` and its groups; any CRS. Points, and squares without a cell of the mask, stay whole.
    mask
        Finer cells or points with unique ids; each belongs to the place that covers its representative point, of
        several to the lowest id. A cell outside every place gets nobody.
    weight
        Column of the mask with how many people a cell takes beside another, such as its floor area; alike when None.
    suppression
        What a hidden count may be; 1 to 9 people when None.

    Returns
    -------
    GeoDataFrame
        In the CRS of the places: cells with the id ``<place>:<cell>``, the ``parent`` and the columns of their place,
        and places that stayed whole (``parent`` is their own id), in the order of the places. People are shared out in
        parts of a millionth of a person, the largest remainders first, so that cells sum to their place exactly. A
        hidden count stays -1, and ``<group>_low`` and ``<group>_high`` share out its bounds.

    Raises
    ------
    TableError
        The mask has no CRS or repeats an id, or a weight is missing, infinite or negative.

    Examples
    --------
    >>> split_places(places, built_up, weight="floor_area")  # doctest: +SKIP
    """
    weights = _weights(mask, weight)
    cell, parent = _homes(places, mask)
    total = np.bincount(parent, weights=weights[cell], minlength=len(places))
    cell, parent = cell[total[parent] > 0], parent[total[parent] > 0]
    share = weights[cell] / total[parent]
    kept = np.flatnonzero(total == 0)
    row = np.concatenate((parent, kept))
    part = np.concatenate((share, np.ones(len(kept))))
    geometry = np.concatenate((mask.geometry.to_crs(places.crs).array[cell], places.geometry.array[kept]))
    parents = places.index.to_numpy(dtype=object)
    cells = mask.index.to_numpy(dtype=object)
    ids = [f"{parents[one]}:{cells[at]}" for one, at in zip(parent, cell, strict=True)] + list(parents[kept])
    order = np.argsort(row, kind="stable")
    row, part = row[order], part[order]
    columns = pd.DataFrame(places.drop(columns=places.geometry.name)).iloc[row].reset_index(drop=True)
    for group in groups(places):
        people = heads(places, group, suppression)
        hidden = np.asarray(places[group].fillna(0) < 0)
        shared = share_out(people.known, row, part)
        columns[group] = np.where(hidden[row], -1.0, shared)
        if not people.certain:
            columns[f"{group}{LOW}"] = share_out(people.low, row, part)
            columns[f"{group}{HIGH}"] = share_out(people.high, row, part)
    columns[PARENT] = parents[row]
    index = pd.Index(np.asarray(ids, dtype=object)[order], name=places.index.name, dtype=object)
    return gpd.GeoDataFrame(columns.set_axis(index), geometry=geometry[order], crs=places.crs)


def share_out(
    people: NDArray[np.float64], parent: NDArray[np.int64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share the people of each parent out over its parts, so that they sum to it exactly.

    Parameters
    ----------
    people
        float64[parents]; whole parts of a person (:func:`palveluverkko.domain.people.to_exact`).
    parent
        int64[parts]; position of the parent of each part, rising.
    share
        float64[parts]; the shares of a parent sum to 1.

    Returns
    -------
    float64[parts]
        Each its share, rounded down to a millionth of a person; what remains goes one by one to the largest remainders,
        of equal ones to the first.
    """
    units = np.round(people * PARTS_OF_A_PERSON).astype(np.int64)
    wanted = units[parent] * share
    given = np.floor(wanted).astype(np.int64)
    left = units - np.bincount(parent, weights=given, minlength=len(people)).astype(np.int64)
    order = np.lexsort((given - wanted, parent))
    first = np.searchsorted(parent, np.arange(len(people)))
    rank = np.empty(len(parent), dtype=np.int64)
    rank[order] = np.arange(len(parent)) - first[parent[order]]
    # Rounding in the product can leave one unit too many or too few to the rule; the first parts take the difference.
    size = np.bincount(parent, minlength=len(people))[parent]
    more = left[parent] // np.maximum(size, 1) + (rank < left[parent] % np.maximum(size, 1))
    return (given + more) / PARTS_OF_A_PERSON


def _weights(mask: gpd.GeoDataFrame, weight: str | None) -> NDArray[np.float64]:
    if mask.crs is None:
        raise TableError("the mask is without CRS; give it one.")
    if not mask.index.is_unique:
        raise TableError(f"the mask repeats the id {name_ids(mask.index[mask.index.duplicated()])}; make ids unique.")
    if weight is None:
        return np.ones(len(mask))
    if weight not in mask:
        raise TableError(
            f"the mask has no column {weight!r} for its weights; its columns are {', '.join(map(str, mask))}."
        )
    try:
        found = np.asarray(mask[weight], dtype=np.float64)
    except ValueError:
        raise TableError(f"the mask has weights in {weight!r} that are no numbers.") from None
    wrong = ~np.isfinite(found) | (found < 0)
    if wrong.any():
        raise TableError(f"the mask has no weight of 0 or more in {weight!r} at {name_ids(mask.index[wrong])}.")
    return found


def _homes(places: gpd.GeoDataFrame, mask: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the cells that lie in a place, and its position, cells of a place in their own order."""
    areal = np.flatnonzero(places.geometry.geom_type.isin(_AREAL))
    spots = mask.geometry.to_crs(places.crs).representative_point()
    cell, found = places.geometry.iloc[areal].sindex.query(spots, predicate="covered_by")
    parent = areal[found]
    rank = np.empty(len(places), dtype=np.int64)
    rank[np.argsort(places.index.to_numpy(dtype=object), kind="stable")] = np.arange(len(places))
    best = pd.DataFrame({"cell": cell, "parent": parent, "rank": rank[parent]})
    best = best.sort_values(["cell", "rank"]).drop_duplicates("cell").sort_values(["parent", "cell"])
    return best["cell"].to_numpy(dtype=np.int64), best["parent"].to_numpy(dtype=np.int64)
