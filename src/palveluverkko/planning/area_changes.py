"""Areas that a scenario gains and loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import shapely

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.planning import Scenario
from palveluverkko.domain.travel import DEFAULT_MINUTES, UNREACHED, Direction, check_minutes
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.planning.impact import apply_scenario
from palveluverkko.reach.areas import faces_of_surfaces, square_kilometres, unite
from palveluverkko.reach.surface import Surface, surface
from palveluverkko.service.levels import serving_points


def area_changes(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    scenario: Scenario,
    *,
    scheme: LevelScheme | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    direction: Direction | str = Direction.TO_SERVICE,
    cell_metres: float | None = None,
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    water: Water | None = None,
) -> geopandas.GeoDataFrame:
    """Draw what comes within each threshold of a level, and what no longer does.

    Both surfaces cut the plane together, so that what a scenario loses its inverse gains, to the last corner. Closing
    alone gains nothing, opening alone loses nothing.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS.
    scenario
        The change.
    scheme, minutes, direction
        The levels, rising thresholds, to the points or from them.
    cell_metres, tolerance_metres, smallest_km2, water
        As for :func:`palveluverkko.reach.areas.bands_of_surfaces`.

    Returns
    -------
    GeoDataFrame
        scenario, level, minutes, change (``gained`` or ``lost``), square_kilometres, geometry (MultiPolygon) in the
        points' CRS; nothing where nothing changes.

    Examples
    --------
    >>> area_changes(network, points, pv.Scenario("no Posio", close=["POSIO"]), minutes=[30])  # doctest: +SKIP
    """
    scheme = scheme or LevelScheme.eal()
    thresholds = check_minutes(minutes)
    changed = apply_scenario(points, scenario)
    known: dict[frozenset[str], Surface] = {}

    def of(serving: set[str]) -> Surface:
        key = frozenset(serving)
        if key not in known:
            known[key] = surface(
                network,
                points.loc[[one for one in points.index if one in serving]],
                budget_minutes=thresholds[-1],
                direction=direction,
                cell_metres=cell_metres,
                water=water,
            )
        return known[key]

    rows = []
    for code in scheme.codes:
        before, after = (set(serving_points(some, scheme, code)) for some in (points, changed))
        if before == after:
            continue
        old, new = _both(of, before, after)
        rows += [
            (scenario.name, code, *row)
            for row in changes_of_surfaces(
                old, new, minutes=thresholds, tolerance_metres=tolerance_metres, smallest_km2=smallest_km2
            )
        ]
    frame = pd.DataFrame(rows, columns=["scenario", "level", "minutes", "change", "geometry"])
    drawn = geopandas.GeoDataFrame(frame, geometry="geometry", crs=network.crs)
    drawn.insert(4, "square_kilometres", square_kilometres(drawn.geometry))
    return drawn.to_crs(points.crs)


def changes_of_surfaces(
    old: Surface,
    new: Surface,
    *,
    minutes: Sequence[float],
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
) -> list[tuple[float, str, shapely.MultiPolygon]]:
    """Give what comes within each threshold (``gained``) and what no longer does (``lost``) between two surfaces.

    Both cut the plane together: backwards the same areas are lost and gained.
    """
    tolerance = old.cell_metres / 2 if tolerance_metres is None else tolerance_metres
    faces, band = faces_of_surfaces([old, new], minutes, tolerance=tolerance, smallest=smallest_km2 * 1e6, nested=False)
    rows = []
    for number, limit in enumerate(minutes):
        was, is_ = band[0] <= number, band[1] <= number
        for change, which in (("gained", is_ & ~was), ("lost", was & ~is_)):
            if which.any():
                rows.append((limit, change, unite(faces[which])))
    return rows


def _both(of: Callable[[set[str]], Surface], before: set[str], after: set[str]) -> tuple[Surface, Surface]:
    """Give the surfaces before and after; one that nobody serves is reached nowhere."""
    if before and after:
        return of(before), of(after)
    one = of(before | after)
    none = np.full(one.travel_time.shape, UNREACHED, dtype=np.int32)
    empty = replace(one, travel_time=none, on_shore=None if one.on_shore is None else none)
    return (one, empty) if before else (empty, one)
