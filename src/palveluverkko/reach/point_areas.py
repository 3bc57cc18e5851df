"""Areas of single points: what each reaches by itself, and what lies within reach of several at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import geopandas
import pandas as pd

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import DEFAULT_MINUTES, Direction, check_minutes
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.areas import bands_of_surfaces
from palveluverkko.reach.surface import Surface, surface


def point_bands(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    smooth_metres: float = 0.0,
    water: Water | None = None,
) -> geopandas.GeoDataFrame:
    """Draw the disjoint bands of each point by itself, as if there were no other.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS. All of them count: choose the open ones first.
    minutes
        Rising thresholds.
    direction
        To the points or from them.
    cell_metres, tolerance_metres, smallest_km2, smooth_metres
        As for :func:`palveluverkko.reach.areas.bands_of_surfaces`.
    water
        What the areas leave out and do not spread across.

    Returns
    -------
    GeoDataFrame
        point, from_min, to_min, geometry (MultiPolygon) in the points' CRS; in the order of the points.

    Examples
    --------
    >>> point_bands(network, points, minutes=[15, 30]).query("point == 'IVALO-TK'")  # doctest: +SKIP
    """
    thresholds = check_minutes(minutes)
    alone = _surfaces(network, points, thresholds, direction=direction, cell_metres=cell_metres, water=water)
    drawn = [
        bands_of_surfaces(
            {str(name): own},
            minutes=thresholds,
            tolerance_metres=tolerance_metres,
            smallest_km2=smallest_km2,
            smooth_metres=smooth_metres,
        ).assign(level=name)
        for name, own in zip(points.index, alone, strict=True)
    ]
    whole = pd.concat(drawn, ignore_index=True).rename(columns={"level": "point"})
    return geopandas.GeoDataFrame(whole, geometry="geometry", crs=drawn[0].crs).to_crs(points.crs)


def common_bands(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    smooth_metres: float = 0.0,
    water: Water | None = None,
) -> geopandas.GeoDataFrame:
    """Draw the bands by the farthest of some points: where all of them are within minutes.

    Parameters are those of :func:`point_bands`.

    Returns
    -------
    GeoDataFrame
        from_min, to_min, geometry (MultiPolygon) in the points' CRS; empty where no place reaches all of them.
    """
    thresholds = check_minutes(minutes)
    alone = _surfaces(network, points, thresholds, direction=direction, cell_metres=cell_metres, water=water)
    farthest = reduce(Surface.with_maximum, alone)
    drawn = bands_of_surfaces(
        {"": farthest},
        minutes=thresholds,
        tolerance_metres=tolerance_metres,
        smallest_km2=smallest_km2,
        smooth_metres=smooth_metres,
    )
    return drawn.drop(columns="level").to_crs(points.crs)


def _surfaces(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    thresholds: Sequence[float],
    *,
    direction: Direction | str,
    cell_metres: float | None,
    water: Water | None,
) -> Iterator[Surface]:
    """Compute the surface of each point by itself, one after another: together they may not fit in memory."""
    if points.empty:
        raise StudyError("no point was given; choose at least one.")
    for name in points.index:
        yield surface(
            network,
            points.loc[[name]],
            budget_minutes=thresholds[-1],
            direction=direction,
            cell_metres=cell_metres,
            water=water,
        )
