"""Bands and isochrones: disjoint areas of one surface, simplified together, united into cumulative ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import contourpy
import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED, check_minutes, to_milliseconds
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.water import cells_within, cut_at_shore

_SMALL_CELLS = 100
"""Land of more cells than this that the outlines meet holds the centre of a cell that is reached."""

SNAP_METRES = 1.0
"""Grid on which the outlines of all levels are noded: outlines closer than this become one."""


def bands_of_surfaces(
    surfaces: Mapping[str, Surface], *, minutes: Sequence[float], tolerance_metres: float | None = None
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

    Returns
    -------
    GeoDataFrame
        level, from_min, to_min, geometry (MultiPolygon) in the surfaces' CRS; bands without area are left out.
    """
    thresholds = check_minutes(minutes)
    nested = nest(surfaces)
    first = next(iter(nested.values()))
    inside = {level: _cumulative(one, thresholds) for level, one in nested.items()}
    faces = _faces([area for areas in inside.values() for area in areas])
    tolerance = first.cell_metres / 2 if tolerance_metres is None else tolerance_metres
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    band = _bands_of_spots(inside, spot)
    kept = band[0] < len(thresholds) if len(band) else np.zeros(0, dtype=bool)
    faces, band = faces[kept], band[:, kept]
    if tolerance > 0 and faces.size:
        faces = shapely.coverage_simplify(faces, tolerance)
    if first.water is not None and faces.size:
        faces, was = cut_at_shore(faces, first.water)
        band = band[:, was]
        dry = _reached_on_land(faces, first)
        faces, band = faces[dry], band[:, dry]

    rows = []
    lower = (0.0, *thresholds[:-1])
    for level, own in zip(nested, band, strict=True):
        for number, (from_min, to_min) in enumerate(zip(lower, thresholds, strict=True)):
            members = faces[own == number]
            if members.size:
                rows.append((level, from_min, to_min, _multi(shapely.coverage_union_all(members))))
    frame = pd.DataFrame(rows, columns=["level", "from_min", "to_min", "geometry"])
    return geopandas.GeoDataFrame(frame, geometry="geometry", crs=first.crs)


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
                rows.append((level, to_min, _multi(shapely.coverage_union_all(members))))
    frame = pd.DataFrame(rows, columns=["level", "minutes", "geometry"])
    return geopandas.GeoDataFrame(frame, geometry="geometry", crs=bands.crs)


def nest(surfaces: Mapping[str, Surface]) -> dict[str, Surface]:
    """Take the running minimum from the farthest level to the nearest, so that the order cannot break."""
    nested: dict[str, Surface] = {}
    farther: Surface | None = None
    for level in reversed(list(surfaces)):
        farther = surfaces[level] if farther is None else surfaces[level].with_minimum(farther)
        nested[level] = farther
    return {level: nested[level] for level in surfaces}


def _cumulative(surface: Surface, thresholds: Sequence[float]) -> list[NDArray[np.object_]]:
    """Outline the cells within each threshold, as polygons.

    Cells beyond the access distance are masked, not large numbers: a contour between a reached cell and a large
    number would squeeze every later threshold into a sliver along the margin.
    """
    time = surface.travel_time
    if surface.on_shore is not None:
        time = np.minimum(time, surface.on_shore)
    rows, columns = time.shape
    x = surface.west + (np.arange(columns) + 0.5) * surface.cell_metres
    y = surface.north - (np.arange(rows) + 0.5) * surface.cell_metres
    field = np.ma.masked_array(time.astype(np.float64), mask=time == UNREACHED)
    generator = contourpy.contour_generator(
        x, y, field, corner_mask=True, fill_type=contourpy.FillType.OuterOffset, quad_as_tri=False
    )
    return [_polygons(*generator.filled(-1.0, float(to_milliseconds(minutes)))) for minutes in thresholds]


def _polygons(points: list[NDArray[np.float64]], offsets: list[NDArray[np.uint32]]) -> NDArray[np.object_]:
    """Turn contourpy's outlines, outer ring first, into polygons."""
    if not points:
        return np.empty(0, dtype=object)
    xy = np.concatenate(points)
    begins = np.cumsum([0] + [len(one) for one in points])
    rings = np.concatenate([[0]] + [one[1:] + begin for one, begin in zip(offsets, begins, strict=False)])
    parts = np.cumsum([0] + [len(one) - 1 for one in offsets])
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (rings, parts)))


def _faces(areas: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    """Cut the plane by all outlines at once."""
    outlines = shapely.boundary(np.concatenate(areas)) if areas else np.empty(0, dtype=object)
    if not outlines.size:
        return np.empty(0, dtype=object)
    noded = shapely.union_all(_distinct_pieces(outlines), grid_size=SNAP_METRES)
    return np.asarray(shapely.get_parts(shapely.polygonize([noded])))


def _reached_on_land(faces: NDArray[np.object_], surface: Surface) -> NDArray[np.bool_]:
    """Tell which faces belong to land that is reached.

    Outlines drawn as far as the cells of water by the shore may meet a skerry or the land across a sound: pieces of
    land in which no cell that is reached has its centre.
    """
    land = shapely.get_parts(shapely.coverage_union_all(faces))
    cell = surface.cell_metres
    small = land[shapely.area(land) < _SMALL_CELLS * cell * cell]
    rows, columns = surface.travel_time.shape
    there = cells_within(small, west=surface.west, north=surface.north, rows=rows, columns=columns, cell=cell)
    row, column = np.nonzero(there & (surface.travel_time != UNREACHED))
    centre = shapely.points(surface.west + (column + 0.5) * cell, surface.north - (row + 0.5) * cell)
    alone = np.ones(len(small), dtype=np.bool_)
    alone[shapely.STRtree(small).query(centre, predicate="within")[1]] = False
    reached = np.ones(len(faces), dtype=np.bool_)
    reached[shapely.STRtree(small[alone]).query(shapely.point_on_surface(faces), predicate="within")[0]] = False
    return reached


def _distinct_pieces(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give each straight piece of the outlines once, on the grid and in either direction.

    The levels share most of their outlines: on Lapland 39,000 of 193,000 pieces are left, and noding them takes a
    third of the time, for the same faces.
    """
    xy, owner = shapely.get_coordinates(shapely.get_parts(outlines), return_index=True)
    xy = np.round(xy / SNAP_METRES) * SNAP_METRES
    same = owner[1:] == owner[:-1]
    pieces = np.hstack((xy[:-1], xy[1:]))[same]
    turned = (pieces[:, 0] > pieces[:, 2]) | ((pieces[:, 0] == pieces[:, 2]) & (pieces[:, 1] > pieces[:, 3]))
    pieces[turned] = pieces[turned][:, [2, 3, 0, 1]]
    long = (pieces[:, :2] != pieces[:, 2:]).any(axis=1)
    distinct = pd.DataFrame(pieces[long]).drop_duplicates().to_numpy()
    return np.asarray(shapely.linestrings(distinct.reshape(-1, 2, 2)))


def _bands_of_spots(inside: Mapping[str, list[NDArray[np.object_]]], spot: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the band of each level at each spot, int64[levels, spots]: how many thresholds do not contain it.

    A running minimum from the farthest level keeps the order also where snapping moved an outline by a metre.
    """
    points = shapely.points(spot)
    band = np.zeros((len(inside), len(spot)), dtype=np.int64)
    for row, areas in enumerate(inside.values()):
        reached = np.zeros(len(spot), dtype=np.bool_)
        for polygons in areas:
            if polygons.size:
                hit, _ = shapely.STRtree(polygons).query(points, predicate="within")
                reached[hit] = True
            band[row] += ~reached
    return np.minimum.accumulate(band[::-1], axis=0)[::-1]


def _multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Give the areas of a union as one MultiPolygon."""
    parts = shapely.get_parts(geometry)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
