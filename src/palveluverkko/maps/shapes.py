"""Areas packed for the page: corners as whole parts of a degree, each as its difference from the one before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray

from palveluverkko.maps.geometry import PAGE_CRS
from palveluverkko.maps.packing import Parcel
from palveluverkko.reach.simplified import simplified

SHAPE_VERTICES = 150_000
"""Most corners of all bands together, and of all changes: half a megabyte each."""

_RING = 4  # a ring closes on itself: three corners are four positions


def lean_shapes(
    frame: GeoDataFrame, groups: Sequence[object], *, grid: int, budget: int = SHAPE_VERTICES
) -> list[list[list[NDArray[np.int64]]]]:
    """Make areas lean: polygons of rings of corners, int64[corners, 2], in parts of a degree, in the order of the rows.

    Parameters
    ----------
    frame
        Areas in any CRS.
    groups
        Of each row the group in which areas do not overlap: those of a group are simplified as one coverage, by the
        smallest tolerance that fits the budget, and a corner that two of them share comes to the same place in both.
        So they stay disjoint and without gaps.
    grid
        Parts of a degree.
    budget
        Most corners of all rows.
    """
    geometry = frame.geometry.to_numpy().copy()
    total = int(shapely.get_num_coordinates(geometry).sum())
    if total > budget:
        for group in dict.fromkeys(groups):
            rows = np.flatnonzero([one == group for one in groups])
            own = geometry[rows]
            geometry[rows] = _within_budget(own, int(budget * shapely.get_num_coordinates(own).sum() / total))
    degrees = GeoSeries(geometry, crs=frame.crs).to_crs(PAGE_CRS)
    return [_polygons(shape, grid) for shape in degrees]


def pack_shapes(parcel: Parcel, name: str, shapes: list[list[list[NDArray[np.int64]]]]) -> None:
    """Lay in areas: how many polygons, rings and corners there are, and the way from each corner to the next."""
    tree: list[int] = []
    corners: list[NDArray[np.int64]] = [np.empty((0, 2), dtype=np.int64)]
    for shape in shapes:
        tree.append(len(shape))
        for polygon in shape:
            tree.append(len(polygon))
            for ring in polygon:
                tree.append(len(ring))
                corners.append(ring)
    parcel.add(f"{name}_tree", np.asarray(tree, dtype=np.int32))
    steps = np.diff(np.concatenate(corners), axis=0, prepend=0)
    for axis, letter in enumerate("xy"):
        parcel.add(f"{name}_{letter}", steps[:, axis].astype(np.int32))


def _within_budget(shapes: NDArray[np.object_], budget: int) -> NDArray[np.object_]:
    """Simplify a coverage by tolerances that grow until it fits.

    Each goes on from what the one before has left: corners go by the size of their triangle anyway, and a country is
    simplified from the start only once.
    """
    simple = shapes
    west, south, east, north = shapely.total_bounds(shapes)
    extent = float(max(east - west, north - south))
    tolerance = extent / 20_000
    while shapely.get_num_coordinates(simple).sum() > budget:
        simple = simplified(simple, tolerance)
        tolerance *= 1.5
        if tolerance > extent:  # rings cannot shrink below a triangle: give what there is
            break
    return simple


def _polygons(shape: shapely.Geometry, grid: int) -> list[list[NDArray[np.int64]]]:
    polygons = []
    for polygon in shapely.get_parts(shape):
        if not isinstance(polygon, shapely.Polygon) or polygon.is_empty:
            continue
        outer, *holes = (_corners(ring, grid) for ring in (polygon.exterior, *polygon.interiors))
        if len(outer) >= _RING:
            polygons.append([outer, *(hole for hole in holes if len(hole) >= _RING)])
    return polygons


def _corners(ring: shapely.LinearRing, grid: int) -> NDArray[np.int64]:
    """Round a ring's corners to the grid and drop those that fall on the one before."""
    corners = np.rint(shapely.get_coordinates(ring) * grid).astype(np.int64)
    moves = np.r_[True, np.any(np.diff(corners, axis=0) != 0, axis=1)]
    kept: NDArray[np.int64] = corners[moves]
    return kept
