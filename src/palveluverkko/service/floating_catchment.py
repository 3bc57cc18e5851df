"""Capacity within reach per head, with everybody who competes for it: floating catchment areas.

The figures are PySAL ``access``'s; this room brings the travel times, the people and the capacities into its form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import ModuleType

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError, TableError, name_ids
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, to_milliseconds
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import serving_points
from palveluverkko.service.people import counts, split_by_area, weighted_mean

PER_PEOPLE = 1000
"""Capacity is told per so many people."""

SLOW_DECAY = (1.0, 0.68, 0.22)
"""Weights of the three thirds of the minutes in E2SFCA (Luo and Qi 2009, their slower set)."""


class FloatingCatchment(StrEnum):
    """How capacity is shared out among those who can reach it.

    ``2sfca``: all within the minutes alike (Luo and Wang 2003, doi:10.1068/b29120). ``e2sfca``: the near more than the
    far (Luo and Qi 2009, doi:10.1016/j.healthplace.2009.06.002). ``raam``: everybody goes where travel and queue
    together are least (Saxon and Snow 2019, doi:10.1080/24694452.2019.1629870); a cost, so less is better.
    """

    TWO_STEP = "2sfca"
    ENHANCED = "e2sfca"
    RATIONAL = "raam"


def floating_catchment(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame | None = None,
    *,
    method: FloatingCatchment | str = FloatingCatchment.ENHANCED,
    minutes: float = 30,
    weights: Mapping[float, float] | None = None,
    scheme: LevelScheme | None = None,
    group: str = POPULATION,
    capacity: str = "capacity",
) -> pd.DataFrame:
    """Give each place the capacity within its reach per thousand people, at every level.

    Parameters
    ----------
    table
        Travel times; its budget should not be below the minutes.
    points
        Service points with ``level``, a capacity (doctors, beds, appointments), and, where it matters, ``open``; those
        of the table when None. Every open point that serves a level takes part in it with its whole capacity.
    method
        ``"2sfca"``, ``"e2sfca"`` or ``"raam"``; see :class:`FloatingCatchment`.
    minutes
        How far people go, exactly equal included. For ``"raam"`` the minutes of travel that weigh as much as a queue
        of the mean length (tau of the source); there people may go as far as the table reaches.
    weights
        For ``"e2sfca"``: minutes and the weight up to there; :data:`SLOW_DECAY` over thirds of ``minutes`` when None.
    scheme
        The levels; E/A/L when None.
    group
        Column of the places that counts the people who compete.
    capacity
        Column of the points.

    Returns
    -------
    DataFrame
        Indexed by place_id, a column ``capacity_<level>`` (per thousand people, 0 where none is within the minutes) or
        ``raam_<level>`` (travel and queue, in units of tau and of the mean queue; NaN where no point is reached, and
        where nobody lives).

    Raises
    ------
    StudyError
        The method is unknown, a weight or the minutes are not positive, or PySAL ``access`` is not installed.
    TableError
        The points have no capacity, one below 0, or none at an open point; the table ends before the minutes.
    """
    method = _method(method)
    scheme = scheme or LevelScheme.eal()
    points = table.points if points is None else points
    steps = _steps(method, minutes, weights)
    furthest = max(steps)
    if method is not FloatingCatchment.RATIONAL and furthest > table.budget:
        needed = furthest / MILLISECONDS_PER_MINUTE
        raise TableError(
            f"the travel times end at {table.budget / MILLISECONDS_PER_MINUTE:g} minutes, before the {needed:g} of "
            f"the floating catchment; compute them with budget_minutes={needed:g}."
        )
    supply = _capacities(points, capacity)
    people = counts(table.places, group)
    columns = {}
    for code in scheme.codes:
        rows = table.points.index.get_indexer(pd.Index(serving_points(points, scheme, code), dtype=object))
        own = supply.reindex(table.points.index).to_numpy()[rows]
        trips = _trips(table.milliseconds[rows])
        if method is FloatingCatchment.RATIONAL:
            columns[f"raam_{code}"] = _rational(trips, people, own, furthest)
        else:
            columns[f"capacity_{code}"] = _two_steps(trips, people, own, steps) * PER_PEOPLE
    return pd.DataFrame(columns, index=table.places.index.rename("place_id"))


def capacity_by_area(
    found: pd.DataFrame,
    frame: pd.DataFrame,
    column: str | None = None,
    *,
    name_column: str | None = None,
    group: str = POPULATION,
) -> pd.DataFrame:
    """Give the mean over people of what :func:`floating_catchment` found, and how many have none within reach.

    Parameters
    ----------
    found
        By place.
    frame
        The places, in the same order, with the people and the columns of the areas.
    column, name_column
        Columns with the id and the name of the area; the whole study only when None.
    group
        Column of people.

    Returns
    -------
    DataFrame
        area (``""`` for the whole study), area_name, population, and for each level the mean under the name that it
        has by place and ``without_<level>``: people with no capacity within reach.
    """
    heads = counts(frame, group)
    rows = []
    for area, name, members in split_by_area(frame, column, name_column):
        row: dict[str, object] = {"area": area, "area_name": name, "population": heads[members].sum()}
        for one in map(str, found.columns):
            values = found[one].to_numpy(dtype=np.float64)
            row[one] = weighted_mean(values[members], heads[members])
            row[f"without_{one.partition('_')[2]}"] = heads[members & ~(values > 0)].sum()
        rows.append(row)
    return pd.DataFrame(rows)


def _two_steps(
    trips: pd.DataFrame, people: NDArray[np.float64], supply: NDArray[np.float64], steps: Mapping[int, float]
) -> NDArray[np.float64]:
    """Give the capacity of each place per head."""
    found = np.zeros(len(people))
    near = trips[trips["cost"] <= max(steps)]
    # Where nobody lives within reach nobody competes: the ratio would be capacity over nothing.
    asked = near["dest"][people[near["origin"].to_numpy()] > 0].unique()
    near = near[near["dest"].isin(asked)]
    if near.empty:
        return found
    access = _access()
    ratios = access.fca.two_stage_fca(
        pd.DataFrame({"demand": people}),
        pd.DataFrame({"supply": supply}),
        near,
        max_cost=max(steps),
        demand_index=True,
        supply_index=True,
        weight_fn=access.weights.step_fn(dict(steps)),
    )
    found[ratios.index.to_numpy()] = ratios.to_numpy()
    return found


def _rational(
    trips: pd.DataFrame, people: NDArray[np.float64], supply: NDArray[np.float64], tau: int
) -> NDArray[np.float64]:
    """Give what travel and queue cost each place."""
    cost = np.full(len(people), np.nan)
    # Whole people: the method moves them one by one between points.
    heads = np.rint(people)
    trips = trips[(supply[trips["dest"].to_numpy()] > 0) & (heads[trips["origin"].to_numpy()] > 0)]
    if trips.empty:
        return cost
    lived, able = trips["origin"].unique(), trips["dest"].unique()
    found = _access().raam.raam(
        pd.DataFrame({"demand": heads[lived]}, index=lived),
        pd.DataFrame({"supply": supply[able]}, index=able),
        trips,
        tau=tau,
    )
    cost[found.index.to_numpy()] = found.to_numpy()
    return cost


def _trips(milliseconds: NDArray[np.int32]) -> pd.DataFrame:
    """Give the trips that are made at all: positions of place and point, and whole milliseconds."""
    point, place = np.nonzero(milliseconds != UNREACHED)
    return pd.DataFrame({"origin": place, "dest": point, "cost": milliseconds[point, place]})


def _method(method: FloatingCatchment | str) -> FloatingCatchment:
    try:
        return FloatingCatchment(method)
    except ValueError:
        raise StudyError(
            f"floating catchments are {', '.join(FloatingCatchment)}, not {str(method)!r}; choose one of them."
        ) from None


def _steps(method: FloatingCatchment, minutes: float, weights: Mapping[float, float] | None) -> dict[int, float]:
    """Give the weight up to each of some travel times, in milliseconds."""
    if not minutes > 0:
        raise StudyError(f"a floating catchment of {minutes:g} minutes holds nobody; give more than 0.")
    if method is not FloatingCatchment.ENHANCED:
        if weights is not None:
            raise StudyError(f"weights belong to e2sfca; leave them out for {method}.")
        return {to_milliseconds(minutes): 1.0}
    if weights is None:
        parts = len(SLOW_DECAY)
        return {to_milliseconds(minutes * (number + 1) / parts): weight for number, weight in enumerate(SLOW_DECAY)}
    if not weights or not all(up_to > 0 and weight > 0 for up_to, weight in weights.items()):
        raise StudyError("the weights of e2sfca need minutes and weights above 0, such as {10: 1, 20: 0.68, 30: 0.22}.")
    return {to_milliseconds(up_to): weight for up_to, weight in sorted(weights.items())}


def _capacities(points: geopandas.GeoDataFrame, capacity: str) -> pd.Series:
    """Give the capacity of each point, 0 for those that are closed."""
    if capacity not in points:
        raise TableError(f"service points have no column {capacity!r}; floating catchments share it out.")
    given = points[capacity].astype(float)
    serving = points["open"].astype(bool) if "open" in points else pd.Series(data=True, index=points.index)
    _refuse(points.index[serving & given.isna()], f"have no {capacity}; give each open point one, 0 for none")
    _refuse(points.index[given < 0], f"have a {capacity} below 0; correct it")
    kept: pd.Series = given.where(serving, 0.0).fillna(0.0)
    return kept


def _refuse(ids: Sequence[str] | pd.Index, complaint: str) -> None:
    if len(ids):
        raise TableError(f"service points {complaint} ({name_ids(list(ids))}).")


def _access() -> ModuleType:
    """Import PySAL access when it is first needed: it is an extra."""
    try:
        import access.fca  # noqa: PLC0415
        import access.raam  # noqa: PLC0415
        import access.weights  # noqa: PLC0415
    except ImportError as error:
        raise StudyError(
            "floating catchments need PySAL access: install palveluverkko[access], or pip install access."
        ) from error
    package: ModuleType = access
    return package
