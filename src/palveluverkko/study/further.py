"""Layers of the results that a study asks for in ``[output]``."""

from __future__ import annotations

import pandas as pd

from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.edges import kilometres_by_band
from palveluverkko.service.roads import level_roads
from palveluverkko.study.study import Study


def further_layers(study: Study, network: RoadNetwork, points: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Compute the layers by name."""
    layers: dict[str, pd.DataFrame] = {}
    if study.output.roads:
        roads = level_roads(
            network, points, scheme=study.scheme, minutes=study.levels.minutes, direction=study.network.direction
        )
        layers |= {"roads": roads, "road_kilometres": kilometres_by_band(network, roads)}
    return layers
