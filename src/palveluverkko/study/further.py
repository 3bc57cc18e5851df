"""Layers of the results that a study asks for in ``[output]``."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd

from palveluverkko.domain.errors import StudyError, name_ids
from palveluverkko.domain.grids import grid_layer
from palveluverkko.domain.travel import Direction
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.planning.area_changes import area_changes
from palveluverkko.reach.edges import kilometres_by_band
from palveluverkko.reach.grids import grid_places
from palveluverkko.reach.nearest import nearest
from palveluverkko.reach.point_areas import common_bands, point_bands
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.catchments import catchments
from palveluverkko.service.grids import level_times
from palveluverkko.service.levels import serving_points
from palveluverkko.service.roads import level_roads
from palveluverkko.study.study import Study


class AreaOptions(TypedDict):
    """How every area of a study is drawn."""

    minutes: tuple[float, ...]
    direction: Direction
    cell_metres: float | None
    tolerance_metres: float | None
    smallest_km2: float
    water: Water | None


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
    drawn: AreaOptions = {
        "minutes": minutes,
        "direction": direction,
        "cell_metres": study.output.cell_metres,
        "tolerance_metres": study.output.tolerance_metres,
        "smallest_km2": study.output.smallest_km2,
        "water": water,
    }
    smooth = study.output.smooth_metres
    if study.output.point_bands:
        open_points = points.loc[serving_points(points, scheme, scheme.codes[0])]
        layers["point_bands"] = point_bands(network, open_points, smooth_metres=smooth, **drawn)
    if study.output.common_bands:
        unknown = [one for one in study.output.common_bands if one not in points.index]
        if unknown:
            raise StudyError(f"[output] common_bands names {name_ids(unknown)}, which {study.points.file.name} lacks.")
        chosen = points.loc[list(study.output.common_bands)]
        layers["common_bands"] = common_bands(network, chosen, smooth_metres=smooth, **drawn)
    if study.scenarios:
        changes = [area_changes(network, points, one, scheme=scheme, **drawn) for one in study.scenarios]
        layers["area_changes"] = pd.concat(changes, ignore_index=True)
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
