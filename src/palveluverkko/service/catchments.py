"""Catchments of the service levels: the area, roads and people of each point."""

from __future__ import annotations

import geopandas
import pandas as pd

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.catchments import allocate_cells, outline_catchments
from palveluverkko.reach.edges import reached_edges
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import serving_points
from palveluverkko.service.people import counts
from palveluverkko.service.people import groups as people_groups


def catchments(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    table: TravelTimeTable | None = None,
    scheme: LevelScheme | None = None,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    tolerance_metres: float | None = None,
    water: Water | None = None,
) -> geopandas.GeoDataFrame:
    """Allocate land, roads and people to the nearest point of each level.

    Everything within the budget belongs to exactly one of the open points that serve a level, to the lowest id where
    several are as near. Land is allocated by cells of a grid, whose outlines meet without gaps; roads are cut exactly
    where two points are as near; people go with the travel time of their place.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS. Without a column ``level`` all are taken for the nearest level of the scheme.
    table
        Travel times of places in the same direction, to count people; no people when None.
    scheme
        The levels; E/A/L when None.
    budget_minutes
        Longest travel time that counts.
    direction
        To the points or from them.
    cell_metres, tolerance_metres
        Side of a grid cell, and tolerance of the simplification; chosen when None.
    water
        Stops ways off the road; cells on the water are nobody's.

    Returns
    -------
    GeoDataFrame
        ``level``, ``point``, ``name`` where the points have names, ``square_kilometres``, ``road_kilometres``, with a
        table ``population`` and its age groups (suppressed counts as none), ``geometry`` in the points' CRS, empty for
        a point that is nowhere the nearest.

    Examples
    --------
    >>> catchments(network, points, table=table)  # doctest: +SKIP
    """
    scheme = scheme or LevelScheme.eal()
    levelled = points if "level" in points else points.assign(level=scheme.codes[0])
    metric = levelled.to_crs(network.crs)
    parts = []
    for code in scheme.codes:
        serving = metric.loc[serving_points(metric, scheme, code)]
        if serving.empty:
            continue
        cells = allocate_cells(
            network, serving, budget_minutes=budget_minutes, direction=direction, cell_metres=cell_metres, water=water
        )
        areas = outline_catchments(cells, tolerance_metres=tolerance_metres).set_index("point").geometry
        roads = reached_edges(network, serving, minutes=[budget_minutes], direction=direction)
        ids = cells.ids
        columns: dict[str, object] = {"level": code, "point": ids}
        if "name" in serving:
            columns["name"] = serving["name"].reindex(ids).to_numpy()
        columns["square_kilometres"] = areas.area.reindex(ids, fill_value=0.0).to_numpy() / 1e6
        road_metres = roads.groupby("point")["metres"].sum()
        columns["road_kilometres"] = road_metres.reindex(ids, fill_value=0.0).to_numpy() / 1000
        if table is not None:
            columns |= _people(table, ids, budget_minutes)
        parts.append(geopandas.GeoDataFrame(columns, geometry=areas.reindex(ids).to_numpy(), crs=network.crs))
    if not parts:
        columns = dict.fromkeys(("level", "point", "square_kilometres", "road_kilometres"), ())
        return geopandas.GeoDataFrame(columns, geometry=[], crs=points.crs)
    return geopandas.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=network.crs).to_crs(points.crs)


def _people(table: TravelTimeTable, ids: pd.Index, budget_minutes: float) -> dict[str, object]:
    """Count the people of each point by the nearest of the points to their place."""
    time, owner = table.nearest([str(one) for one in ids])
    within = (time != UNREACHED) & (time <= to_milliseconds(budget_minutes))
    served = pd.Series(owner)[within]
    return {
        group: pd.Series(counts(table.places, group))[within].groupby(served).sum().reindex(ids, fill_value=0.0).array
        for group in people_groups(table.places)
    }
