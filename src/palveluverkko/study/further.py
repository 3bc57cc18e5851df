"""Layers of the results that a study asks for in ``[output]``."""

from __future__ import annotations

import pandas as pd

from palveluverkko.domain.grids import grid_layer
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.edges import kilometres_by_band
from palveluverkko.reach.grids import grid_places
from palveluverkko.reach.nearest import nearest
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.catchments import catchments
from palveluverkko.service.grids import level_times
from palveluverkko.service.levels import serving_points
from palveluverkko.service.roads import level_roads
from palveluverkko.study.study import Study


def further_layers(
    study: Study, network: RoadNetwork, table: TravelTimeTable, water: Water | None
) -> dict[str, pd.DataFrame]:
    """Compute the layers and tables that are asked for, by name, in the network's metric CRS."""
    scheme, minutes, direction = study.scheme, study.minutes, study.network.direction
    points = table.points.to_crs(network.crs)
    layers: dict[str, pd.DataFrame] = {}
    if study.output.roads:
        roads = level_roads(network, points, scheme=scheme, minutes=minutes, direction=direction)
        layers |= {"roads": roads, "road_kilometres": kilometres_by_band(network, roads)}
    if study.output.catchments:
        layers["catchments"] = catchments(
            network,
            points,
            table=table,
            scheme=scheme,
            budget_minutes=minutes[-1],
            direction=direction,
            cell_metres=study.output.cell_metres,
            water=water,
        )
    if study.output.nearest is not None:
        layers["nearest"] = pd.concat(
            [
                nearest(table, k=study.output.nearest, chosen=serving_points(points, scheme, code)).assign(level=code)
                for code in scheme.codes
            ],
            ignore_index=True,
        )[["level", "place_id", "rank", "point", *(["name"] if "name" in points else []), "travel_time"]]
    for kind in study.output.grids:
        cells = grid_places(kind, (study.areas and study.areas.file) or network)
        layers[grid_layer(kind)] = level_times(
            network, points, cells, scheme=scheme, minutes=minutes, direction=direction
        )
    return layers
