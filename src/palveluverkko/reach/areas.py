"""Bands and isochrones: disjoint areas of one surface, simplified together, united into cumulative ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import UNREACHED, check_minutes, to_milliseconds
from palveluverkko.reach.noding import faces_between
from palveluverkko.reach.outlines import Unmended, outline, outline_unmended
from palveluverkko.reach.sieve import merge_small
from palveluverkko.reach.simplified import simplified
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.water import cells_within, cut_at_shore

_SMALL_CELLS = 100
"""Land of more cells than this that the outlines meet holds the centre of a cell that is reached."""


def bands_of_surfaces(
    surfaces: Mapping[str, Surface],
    *,
    minutes: Sequence[float],
    tolerance_metres: float | None = None,
    smallest_km2: float = 0.0,
    smooth_metres: float = 0.0,
) -> geopandas.GeoDataFrame:
    """Draw the disjoint bands of one or more levels.

    The outlines of every level and threshold cut the plane into faces; each face belongs to one band of each level.
    The faces are simplified as one coverage, so that the bands of a level stay disjoint and gap-free, and a nearer
    level's area always contains the farther level's: nothing is repaired afterwards.

    Parameters
    ----------
    surfaces
        From the nearest level to the farthest, on one grid.
    minutes
        Rising thresholds; a cell centre belongs to the first that its travel time does not exceed.
    tolerance_metres
        For the simplification; half a cell when None, 0 for the outlines as they are.
    smallest_km2
        Parts and holes smaller than this become part of the band with which they share most of their outline; 0 keeps
        all. The shores of water and the land that they cut off are kept.
    smooth_metres
        Times are averaged over so many metres around (the standard deviation of a Gaussian) before outlines are drawn;
        0 for the times as they are. What is reached at all stays as it is.

    Returns
    -------
    GeoDataFrame
        level, from_min, to_min, geometry (MultiPolygon) in the surfaces' CRS; bands without area are left out.

    Raises
    ------
    StudyError
        The minutes do not rise, or a measure is negative.
    """
    thresholds = check_minutes(minutes)
    for name, value in (("smallest_km2", smallest_km2), ("smooth_metres", smooth_metres)):
        if not value >= 0:
            raise StudyError(f"{name} is {value:g}; use 0 or more.")
    nested = nest({level: smoothed(one, smooth_metres) for level, one in surfaces.items()})
    first = next(iter(nested.values()))
    tolerance = first.cell_metres / 2 if tolerance_metres is None else tolerance_metres
    faces, band = faces_of_surfaces(
        list(nested.values()), thresholds, tolerance=tolerance, smallest=smallest_km2 * 1e6, nested=True
    )
    rows = []
    lower = (0.0, *thresholds[:-1])
    for level, own in zip(nested, band, strict=True):
        for number, (from_min, to_min) in enumerate(zip(lower, thresholds, strict=True)):
            members = faces[own == number]
            if members.size:
                # What one surface alone gives of a band has no sides in common: nothing to unite.
                area = shapely.multipolygons(members) if len(nested) == 1 and smallest_km2 == 0 else unite(members)
                rows.append((level, from_min, to_min, area))
    frame = pd.DataFrame(rows, columns=["level", "from_min", "to_min", "geometry"])
    return geopandas.GeoDataFrame(frame, geometry="geometry", crs=first.crs)


def faces_of_surfaces(
    surfaces: Sequence[Surface], thresholds: Sequence[float], *, tolerance: float, smallest: float, nested: bool
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut what any of some surfaces reaches into faces: an edge-matched coverage.

    Parameters
    ----------
    surfaces
        On one grid.
    thresholds
        Rising minutes.
    tolerance
        For the simplification, metres; 0 for the outlines as they are.
    smallest
        Square metres of the smallest part and the smallest hole that are kept.
    nested
        Every surface is nowhere later than the next one; kept so where noding moved an outline by a metre.

    Returns
    -------
    object[faces], int64[surfaces, faces]
        Polygons, and the position of their threshold on each surface: how many of the thresholds do not hold it.
    """
    first, beyond = surfaces[0], len(thresholds)
    if len(surfaces) == 1:
        # The outlines of one surface meet nowhere but at the ends of their pieces: nothing to node.
        faces, band = _own_bands(first, thresholds)
    else:
        inside = [_cumulative(one, thresholds) for one in surfaces]
        faces = faces_between(np.concatenate([one.lines for level in inside for one in level]), first)
        band = _bands_of_spots(inside, shapely.get_coordinates(shapely.point_on_surface(faces)), nested=nested)
        kept = (band < beyond).any(axis=0)
        faces, band = faces[kept], band[:, kept]
    faces = simplified(faces, tolerance)
    if smallest > 0 and faces.size:
        faces, band = merge_small(faces, band, beyond=beyond, smallest=smallest)
        if nested:
            band = np.minimum.accumulate(band[::-1], axis=0)[::-1]
    if first.water is not None and faces.size:
        faces, was = cut_at_shore(faces, first.water)
        band = band[:, was]
        dry = _reached_on_land(faces, surfaces)
        faces, band = faces[dry], band[:, dry]
    return faces, band


def smoothed(surface: Surface, metres: float) -> Surface:
    """Average the times of reached cells over some metres around, with the weights of a Gaussian; 0: none."""
    if metres == 0:
        return surface
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415  # only who asks waits for it

    def over(times: NDArray[np.int32]) -> NDArray[np.int32]:
        reached = times != UNREACHED
        width = metres / surface.cell_metres
        weight = gaussian_filter(reached.astype(np.float64), width, mode="constant")
        total = gaussian_filter(np.where(reached, times, 0).astype(np.float64), width, mode="constant")
        mean = np.rint(total[reached] / weight[reached])
        smooth = np.full(times.shape, UNREACHED, dtype=np.int32)
        smooth[reached] = mean.astype(np.int32)
        smooth.flags.writeable = False
        return smooth

    shore = surface.on_shore
    if shore is None:
        return replace(surface, travel_time=over(surface.travel_time))
    both = over(np.minimum(surface.travel_time, shore))
    land, water = (np.where(one == UNREACHED, UNREACHED, both).astype(np.int32) for one in (surface.travel_time, shore))
    return replace(surface, travel_time=land, on_shore=water)


def to_isochrones(bands: geopandas.GeoDataFrame, *, minutes: Sequence[float] | None = None) -> geopandas.GeoDataFrame:
    """Unite disjoint bands into cumulative isochrones: level, minutes, geometry.

    Each isochrone contains every shorter one of its level, because it is that one and one band more.

    Parameters
    ----------
    bands
        As :func:`bands_of_surfaces` gives them.
    minutes
        Thresholds; for each level those at which its bands end when None. A threshold that adds nothing repeats the
        area before it; one before the first band of a level is left out.
    """
    rows = []
    for level, own in bands.groupby("level", sort=False):
        for to_min in sorted(own["to_min"]) if minutes is None else check_minutes(minutes):
            members = own.geometry.to_numpy()[(own["to_min"] <= to_min).to_numpy()]
            if members.size:
                rows.append((level, to_min, unite(members)))
    frame = pd.DataFrame(rows, columns=["level", "minutes", "geometry"])
    return geopandas.GeoDataFrame(frame, geometry="geometry", crs=bands.crs)


def square_kilometres(areas: geopandas.GeoSeries) -> NDArray[np.float64]:
    """Give the true size of areas, in an equal-area projection around their middle."""
    if areas.empty:
        return np.zeros(0)
    west, south, east, north = areas.to_crs("EPSG:4326").total_bounds
    equal = CRS.from_proj4(f"+proj=laea +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +datum=WGS84 +units=m")
    return np.asarray(areas.to_crs(equal).area / 1e6, dtype=np.float64)


def areas_by_band(bands: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Give the size of each band.

    Parameters
    ----------
    bands
        With level, point or neither, from_min and to_min.

    Returns
    -------
    DataFrame
        The columns of the bands but the geometry, ``square_kilometres``, ``square_kilometres_within`` (up to its end).
    """
    frame = pd.DataFrame(bands.drop(columns="geometry")).assign(square_kilometres=square_kilometres(bands.geometry))
    whose = [one for one in ("level", "point") if one in frame]
    sizes = frame.groupby(whose, sort=False)["square_kilometres"] if whose else frame["square_kilometres"]
    return frame.assign(square_kilometres_within=sizes.cumsum())


def nest(surfaces: Mapping[str, Surface]) -> dict[str, Surface]:
    """Take the running minimum from the farthest level to the nearest, so that the order cannot break."""
    nested: dict[str, Surface] = {}
    farther: Surface | None = None
    for level in reversed(list(surfaces)):
        farther = surfaces[level] if farther is None else surfaces[level].with_minimum(farther)
        nested[level] = farther
    return {level: nested[level] for level in surfaces}


def _own_bands(surface: Surface, thresholds: Sequence[float]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Outline the bands of one surface, as polygons and the position of the threshold of each."""
    limits = [-1.0, *(_limit(one) for one in thresholds)]
    areas = outline(surface, list(pairwise(limits)))
    numbers = [np.full(len(one), number) for number, one in enumerate(areas)]
    return np.concatenate(areas), np.concatenate(numbers)[None, :]


def _cumulative(surface: Surface, thresholds: Sequence[float]) -> list[Unmended]:
    """Outline the cells within each threshold."""
    return outline_unmended(surface, [(-1.0, _limit(one)) for one in thresholds])


def _limit(minutes: float) -> float:
    """Give the height of the outline of a threshold: half a millisecond beyond, so that it leads through no cell."""
    return to_milliseconds(minutes) + 0.5


def _reached_on_land(faces: NDArray[np.object_], surfaces: Sequence[Surface]) -> NDArray[np.bool_]:
    """Tell which faces belong to land that is reached.

    Outlines drawn as far as the cells of water by the shore may meet a skerry or the land across a sound: pieces of
    land in which no cell that is reached has its centre.
    """
    surface = surfaces[0]
    any_time = surface.travel_time
    for other in surfaces[1:]:
        any_time = np.minimum(any_time, other.travel_time)
    land = shapely.get_parts(shapely.coverage_union_all(faces))
    cell = surface.cell_metres
    small = land[shapely.area(land) < _SMALL_CELLS * cell * cell]
    rows, columns = surface.travel_time.shape
    there = cells_within(small, west=surface.west, north=surface.north, rows=rows, columns=columns, cell=cell)
    row, column = np.nonzero(there & (any_time != UNREACHED))
    centre = shapely.points(surface.west + (column + 0.5) * cell, surface.north - (row + 0.5) * cell)
    alone = np.ones(len(small), dtype=np.bool_)
    alone[shapely.STRtree(small).query(centre, predicate="within")[1]] = False
    reached = np.ones(len(faces), dtype=np.bool_)
    reached[shapely.STRtree(small[alone]).query(shapely.point_on_surface(faces), predicate="within")[0]] = False
    return reached


def _bands_of_spots(inside: Sequence[list[Unmended]], spot: NDArray[np.float64], *, nested: bool) -> NDArray[np.int64]:
    """Give the band of each level at each spot, int64[levels, spots]: how many thresholds do not contain it.

    A running minimum from the farthest level keeps the order also where snapping moved an outline by a metre.
    """
    # The tree holds the spots and is asked by the areas, which it prepares: the other way round every spot walks every
    # corner of its area (Finland, 3 levels: 62 s of a run).
    tree = shapely.STRtree(shapely.points(spot))
    band = np.zeros((len(inside), len(spot)), dtype=np.int64)
    for row, areas in enumerate(inside):
        reached = np.zeros(len(spot), dtype=np.bool_)
        for one in areas:
            # Spots within faces lie on no outline, but some may where two strips of an area meet.
            reached[tree.query(one.areas, predicate="intersects")[1]] = True
            band[row] += ~reached
    return np.minimum.accumulate(band[::-1], axis=0)[::-1] if nested else band


def unite(faces: NDArray[np.object_]) -> shapely.MultiPolygon:
    """Unite faces of a coverage into one MultiPolygon."""
    parts = shapely.get_parts(shapely.coverage_union_all(faces))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
