"""Areas of the service levels: one surface for each level, bands and isochrones from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas
import pandas as pd

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import DEFAULT_MINUTES, Direction, check_minutes
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach import areas
from palveluverkko.reach.surface import Surface, surface
from palveluverkko.service.levels import serving_points


def level_surfaces(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    scheme: LevelScheme | None = None,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    water: Water | None = None,
) -> dict[str, Surface]:
    """Compute the travel-time surface of each level that has an open point, from near to far.

    The running minimum over levels that contain each other keeps them nested: nowhere is a nearer level farther away.
    """
    scheme = scheme or LevelScheme.eal()
    surfaces = {}
    for code in scheme.codes:
        serving = serving_points(points, scheme, code)
        if serving:
            surfaces[code] = surface(
                network,
                points.loc[serving],
                budget_minutes=budget_minutes,
                direction=direction,
                cell_metres=cell_metres,
                water=water,
            )
    nested = {
        code: surface
        for chain in _chains(surfaces, scheme)
        for code, surface in areas.nest({code: surfaces[code] for code in chain}).items()
    }
    return {code: nested[code] for code in surfaces}


def draw_bands(
    surfaces: Mapping[str, Surface],
    *,
    scheme: LevelScheme,
    minutes: Sequence[float],
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    smooth_metres: float = 0.0,
) -> geopandas.GeoDataFrame:
    """Draw the bands of the surfaces of a scheme; levels that contain each other are drawn as one coverage.

    Columns as :func:`palveluverkko.reach.areas.bands_of_surfaces`, levels in the order of the scheme.
    """
    parts = [
        areas.bands_of_surfaces(
            {code: surfaces[code] for code in chain},
            minutes=minutes,
            tolerance_metres=tolerance_metres,
            smallest_km2=smallest_km2,
            smooth_metres=smooth_metres,
        )
        for chain in _chains(surfaces, scheme)
    ]
    if len(parts) == 1:
        return parts[0]
    drawn = geopandas.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)
    return drawn.sort_values("level", key=lambda levels: levels.map(scheme.position), kind="stable", ignore_index=True)


def _chains(surfaces: Mapping[str, Surface], scheme: LevelScheme) -> list[list[str]]:
    """Give the chains of the scheme as far as they have surfaces."""
    chains = [[code for code in chain if code in surfaces] for chain in scheme.chains()]
    return [chain for chain in chains if chain]


def bands(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    scheme: LevelScheme | None = None,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    smooth_metres: float = 0.0,
    water: Water | None = None,
) -> geopandas.GeoDataFrame:
    """Draw the disjoint bands of each level: level, from_min, to_min, geometry in the points' CRS.

    Points without a column ``level`` are all taken for the nearest level of the scheme.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS.
    minutes
        Rising thresholds.
    scheme
        The levels; E/A/L when None.
    direction
        To the points or from them.
    cell_metres, tolerance_metres
        Side of a grid cell, and tolerance of the simplification; chosen when None.
    smallest_km2, smooth_metres
        Smallest part and hole that is kept, and how far times are averaged; see
        :func:`palveluverkko.reach.areas.bands_of_surfaces`.
    water
        What the areas leave out and do not spread across.

    Raises
    ------
    StudyError
        No point is open, the minutes do not rise, a measure cannot be, or the grid would not fit in memory.

    Examples
    --------
    >>> bands(network, points, minutes=[15, 30]).plot("to_min")  # doctest: +SKIP
    """
    scheme = scheme or LevelScheme.eal()
    thresholds = check_minutes(minutes)
    levelled = points if "level" in points else points.assign(level=scheme.codes[0])
    surfaces = level_surfaces(
        network,
        levelled,
        scheme=scheme,
        budget_minutes=thresholds[-1],
        direction=direction,
        cell_metres=cell_metres,
        water=water,
    )
    if not surfaces:
        raise StudyError(
            f"none of the {len(points)} service points is open: no area to draw; set open to true for some."
        )
    drawn = draw_bands(
        surfaces,
        scheme=scheme,
        minutes=thresholds,
        tolerance_metres=tolerance_metres,
        smallest_km2=smallest_km2,
        smooth_metres=smooth_metres,
    )
    return drawn.to_crs(points.crs)
