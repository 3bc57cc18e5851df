"""Times of every level on a grid, without a table of travel times."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas
import numpy as np

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import DEFAULT_MINUTES, Direction, check_minutes, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import check_near_network, snap
from palveluverkko.reach.table import Sides, to_minutes
from palveluverkko.service.levels import band_numbers, serving_points, to_bands, to_classes


def level_times(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    direction: Direction | str = Direction.TO_SERVICE,
) -> geopandas.GeoDataFrame:
    """Give each place the time, band and serving point of every level, by one search for each level.

    The times are those of :func:`palveluverkko.service.levels.classify` on a table; places may be millions, as no table
    is made.

    Parameters
    ----------
    network
        The road network.
    points
        Service points with ``level`` and, where it matters, ``open``; any CRS.
    places
        Such as :func:`palveluverkko.reach.grids.grid_places` gives them; any CRS, unique index.
    scheme
        The levels; E/A/L when None.
    minutes
        Rising thresholds; the last is the longest time.
    direction
        To the points or from them.

    Returns
    -------
    GeoDataFrame
        The places with ``time_X``, ``band_X``, ``point_X`` and ``served_by_X`` of each level X before their geometry:
        minutes, NaN where no open point is reached or the place is off the network. Then ``service_class`` and
        ``class_code``.

    Examples
    --------
    >>> level_times(network, points, grid_places("1km", network))  # doctest: +SKIP
    """
    scheme = scheme or LevelScheme.eal()
    thresholds = scheme.every_minute(check_minutes(minutes))
    direction = Direction.parse(direction)
    check_near_network(network, points, where="service points")
    levels = points["level"].to_dict() if "level" in points else {}
    stand = snap(network, places)
    columns: dict[str, object] = {}
    bands = {}
    for code in scheme.codes:
        own = scheme.minutes_of(code, thresholds)
        serving = points.loc[sorted(serving_points(points, scheme, code))]
        sides = Sides.of(network, serving, places, direction, snapped=(snap(network, serving), stand))
        found = search.nearest(
            network.roads,
            starts=sides.starts,
            ends=sides.ends,
            budget=to_milliseconds(thresholds[-1]),
            search_from=sides.searched,
        )
        # Position -1 is the last: nobody.
        owner = np.asarray([*serving.index, None], dtype=object)[found.owner]
        columns[f"time_{code}"] = to_minutes(found.time)
        columns[f"band_{code}"] = to_bands(found.time, own)
        columns[f"point_{code}"] = owner
        columns[f"served_by_{code}"] = np.asarray([levels.get(one) for one in owner], dtype=object)
        bands[code] = len(own), band_numbers(to_minutes(found.time), own)
    columns["service_class"], columns["class_code"] = to_classes(bands)
    geometry = places.geometry
    return geopandas.GeoDataFrame(
        places.drop(columns=geometry.name).assign(**columns), geometry=geometry.to_numpy(), crs=geometry.crs
    )
