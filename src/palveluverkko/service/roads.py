"""Reached roads of the service levels."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas
import pandas as pd

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import Direction
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.edges import reached_edges
from palveluverkko.service.levels import serving_points


def level_roads(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    scheme: LevelScheme,
    minutes: Sequence[float],
    direction: Direction | str = Direction.TO_SERVICE,
) -> geopandas.GeoDataFrame:
    """Give the reached roads of each level that has an open point, from near to far.

    Returns
    -------
    GeoDataFrame
        ``level``, then the columns of :func:`palveluverkko.reach.edges.reached_edges`; in the network's metric CRS.
    """
    metric = points.to_crs(network.crs)
    parts = []
    for code in scheme.codes:
        serving = serving_points(points, scheme, code)
        own = reached_edges(network, metric.loc[serving], minutes=minutes, direction=direction)
        own.insert(0, "level", code)
        parts.append(own)
    return geopandas.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=network.crs)
