"""Shapes made lean for a page: simplified without breaking their neighbours, in degrees, rounded."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError

PAGE_CRS = "EPSG:4326"

ROAD_VERTICES = {4: 60_000, 5: 150_000}
"""Most vertices of all roads together, by the decimals of the area: 1 MB for a region, which shows its main roads,
3 MB for a city, which is not itself without its streets. Minor classes are left out beyond that."""

WATER_VERTICES = 30_000
"""Most vertices of water: half a megabyte; the largest lakes are kept."""

LARGE_AREA_DEGREES = 1.5
"""An area taller than this is rounded to 4 decimals (11 m); a smaller one to 5 (1 m)."""

ROAD_GROUPS: dict[str, frozenset[str]] = {
    "motorway": frozenset({"motorway", "trunk"}),
    "primary": frozenset({"primary"}),
    "ferry": frozenset({"ferry"}),
    "secondary": frozenset({"secondary"}),
    "tertiary": frozenset({"tertiary"}),
    "minor": frozenset(),
}
"""OSM classes drawn alike, in the order in which they are kept; ``minor`` takes every other class."""


class LeanRoads(NamedTuple):
    """Roads for the page: a GeoJSON geometry by group, and whether some group did not fit."""

    lines: dict[str, dict[str, Any]]
    complete: bool


def to_page_crs(frame: GeoDataFrame, what: str) -> GeoDataFrame:
    """Reproject to degrees.

    Raises
    ------
    TableError
        The frame does not say in which coordinates it is.
    """
    if frame.crs is None:
        raise TableError(f"{what} has no coordinate system; set it with set_crs before drawing the map.")
    return frame.to_crs(PAGE_CRS)


def decimals_for(bounds: tuple[float, float, float, float]) -> int:
    """Choose how many decimals of a degree an area needs."""
    return 4 if bounds[3] - bounds[1] > LARGE_AREA_DEGREES else 5


def lean_roads(roads: GeoDataFrame, *, decimals: int, budget: int | None = None) -> LeanRoads:
    """Merge, simplify and round roads by group, from main roads down to as minor ones as the budget allows."""
    budget = ROAD_VERTICES[decimals] if budget is None else budget
    group = road_groups(roads)
    tolerance = _extent(roads.geometry.to_numpy()) / 5000
    lines: dict[str, dict[str, Any]] = {}
    for name in ROAD_GROUPS:
        shapes = roads.geometry.to_numpy()[group == name]
        if not shapes.size:
            continue
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(shapes))))
        for factor in (1, 2, 4):
            simple = shapely.simplify(merged, factor * tolerance)
            if shapely.get_num_coordinates(simple).sum() <= budget:
                break
        else:
            return LeanRoads(lines, complete=False)
        budget -= int(shapely.get_num_coordinates(simple).sum())
        lines[name] = _lines(GeoSeries(simple, crs=roads.crs).to_crs(PAGE_CRS), decimals)
    return LeanRoads(lines, complete=True)


def lean_backdrop(
    frame: GeoDataFrame, *, decimals: int, box: tuple[float, float, float, float], lines: bool
) -> dict[str, Any]:
    """Make water (polygons) or borders (``lines``) lean: what lies in the box, the largest shapes first.

    Borders are simplified as a coverage, and a border between two areas is drawn once.
    """
    shapes = to_page_crs(frame, "borders" if lines else "water").geometry
    shapes = shapes[~(shapes.is_empty | shapes.isna())]
    tolerance = (box[3] - box[1]) / 4_000
    if lines:
        margin = box[3] - box[1]  # the map is wider than the study, and a reader may push it aside
        around = shapely.box(box[0] - 3 * margin, box[1] - margin, box[2] + 3 * margin, box[3] + margin)
        shapes = shapes[shapes.intersects(around)]
        simple = shapely.coverage_simplify(shapes.to_numpy(), tolerance)
        edges = shapely.line_merge(shapely.union_all(shapely.boundary(simple)))
        return _lines(GeoSeries(shapely.get_parts(edges), crs=PAGE_CRS), decimals)
    parts = shapely.get_parts(shapely.clip_by_rect(shapes.to_numpy(), *box))
    parts = parts[shapely.area(parts) > tolerance**2]
    simple = shapely.simplify(parts[np.argsort(-shapely.area(parts), kind="stable")], tolerance)
    fits = np.cumsum(shapely.get_num_coordinates(simple)) <= WATER_VERTICES
    return _polygons(shapely.geometrycollections(simple[fits]), decimals)


def road_groups(roads: GeoDataFrame) -> NDArray[np.object_]:
    """Give the group of each road; a link road counts as the road that it leads to."""
    classes = roads["road_class"].astype("str").str.removesuffix("_link")
    group_of = {known: name for name, members in ROAD_GROUPS.items() for known in members}
    return np.array([group_of.get(one, "minor") for one in classes], dtype=object)


def representative_degrees(frame: GeoDataFrame, what: str) -> NDArray[np.float64]:
    """Give longitude and latitude of a point inside each shape, float64[n, 2]."""
    if frame.crs is None:
        to_page_crs(frame, what)
    inside = frame.geometry.representative_point().to_crs(PAGE_CRS)
    return np.column_stack([inside.x.to_numpy(), inside.y.to_numpy()])


def _extent(shapes: NDArray[np.object_]) -> float:
    west, south, east, north = shapely.total_bounds(shapes)
    return float(max(east - west, north - south))


def _polygons(shape: shapely.Geometry, decimals: int) -> dict[str, Any]:
    polygons = []
    for polygon in shapely.get_parts(shape):
        if not isinstance(polygon, shapely.Polygon) or polygon.is_empty:
            continue
        outer = _rounded(polygon.exterior, decimals)
        holes = [_rounded(ring, decimals) for ring in polygon.interiors]
        if len(outer) >= 4:  # noqa: PLR2004 - a ring closes on itself: three corners are four positions
            polygons.append([outer, *(hole for hole in holes if len(hole) >= 4)])  # noqa: PLR2004 - as above
    return {"type": "MultiPolygon", "coordinates": polygons}


def _lines(shapes: GeoSeries, decimals: int) -> dict[str, Any]:
    lines = [_rounded(line, decimals) for line in shapes]
    return {"type": "MultiLineString", "coordinates": [line for line in lines if len(line) > 1]}


def _rounded(line: shapely.Geometry, decimals: int) -> list[list[float]]:
    """Round a line's vertices and drop those that fall on the one before."""
    vertices = np.round(shapely.get_coordinates(line), decimals)
    moves = np.r_[True, np.any(np.diff(vertices, axis=0) != 0, axis=1)]
    kept: list[list[float]] = vertices[moves].tolist()
    return kept
