"""Water of OpenStreetMap files as polygons: lakes, wide rivers, reservoirs, and the sea from its coastline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import osmium
import shapely

from palveluverkko.osm.files import check_path
from palveluverkko.osm.osmium_reader import read_errors, read_locations

WET = (
    ("natural", "water"),
    ("waterway", "riverbank"),
    ("waterway", "dock"),
    ("landuse", "reservoir"),
    ("landuse", "basin"),
)
"""Tags of areas of water. A bay or a strait is a name for a part of the sea, and its outline is open to it."""

_DRY = (
    ("basin", ("infiltration", "detention")),  # green but after rain
    ("intermittent", ("yes",)),
    ("seasonal", ("yes",)),
    ("location", ("underground", "indoor")),
    ("covered", ("yes",)),
    ("tunnel", ("yes", "culvert", "flooded")),
    ("area", ("no",)),
)

_COAST = ("natural", "coastline")
SEA = "coastline"
"""What the sea is called among things that could not be drawn."""

_NEAR_EDGE_DEGREES = 0.02
"""A coastline that ends this near the edge of the file goes on beyond it: its next node was cut off."""

_BESIDE_DEGREES = 1e-7
_MOST_CONTRARY = 0.01

Shapes = npt.NDArray[np.object_]


class FoundWater(NamedTuple):
    """Valid polygons in degrees, how many were mended, and what could not be drawn, or only in part."""

    shapes: Shapes
    mended: int
    left_out: tuple[str, ...]


@dataclass
class _Elements:
    """Ways by id as lists of nodes, those that are water of their own, relations by id, and boxes, of all files."""

    refs: dict[int, list[int]] = field(default_factory=dict)
    lakes: set[int] = field(default_factory=set)
    coasts: set[int] = field(default_factory=set)
    relations: dict[int, dict[int, str]] = field(default_factory=dict)
    boxes: list[shapely.Geometry] = field(default_factory=list)


def read_osm_water(paths: Sequence[Path]) -> FoundWater:
    """Read the water of OpenStreetMap files; what stands in more than one of them counts once.

    A lake whose outline is cut by the edge of the files has no outline and is named among what could not be drawn. The
    sea lies to the right of its coastline and ends at the edge of the files.

    Raises
    ------
    RoadFileError
        A file is missing, of another kind or damaged.
    """
    elements = _Elements()
    for path in paths:
        check_path(path)
        with read_errors(path):
            _read_elements(path, elements)
    node_id = np.unique(np.asarray([one for refs in elements.refs.values() for one in refs], dtype=np.int64))
    places = np.full((node_id.size, 2), np.nan)
    for path in paths if node_id.size else ():
        with read_errors(path):
            found = np.column_stack(read_locations(path, node_id))
            if elements.coasts:
                elements.boxes.append(_box(path))
        places = np.where(np.isnan(places), found, places)
    lines = {
        way: places[np.searchsorted(node_id, np.asarray(refs, dtype=np.int64))] for way, refs in elements.refs.items()
    }
    shapes, left_out = _lakes(elements, lines)
    more, missing = _areas(elements, lines)
    found_shapes = np.asarray([*shapes, *more], dtype=object)
    broken = ~shapely.is_valid(found_shapes)
    sea, decided = _sea([lines[one] for one in sorted(elements.coasts)], elements.boxes)
    every = np.concatenate((found_shapes, np.asarray(sea, dtype=object)))
    return FoundWater(to_valid(every), int(broken.sum()), (*left_out, *missing, *(() if decided else (SEA,))))


def to_valid(shapes: Shapes) -> Shapes:
    """Mend polygons that cross themselves, and give the single polygons of all."""
    if not len(shapes):
        return np.empty(0, dtype=object)
    broken = ~shapely.is_valid(shapes)
    whole = shapes.copy()
    whole[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    parts = shapely.get_parts(shapely.get_parts(whole))
    solid = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return np.asarray(shapely.force_2d(parts[solid]), dtype=object)


def is_water(tags: Iterable[tuple[str, str]]) -> bool:
    """Tell whether an area with some tags is water all the year, under the sky."""
    known = dict(tags)
    wet = any(known.get(key) == value for key, value in WET)
    return wet and not any(known.get(key) in values for key, values in _DRY)


def _read_elements(path: Path, elements: _Elements) -> None:
    wet = osmium.filter.TagFilter(*WET)
    for relation in cast("Iterable[osmium.osm.Relation]", _read(path, osmium.osm.RELATION, wet)):
        tags = [(key, value) for key, value in relation.tags]
        if not relation.deleted and ("type", "multipolygon") in tags and is_water(tags):
            members = {one.ref: one.role for one in relation.members if one.type == "w"}
            elements.relations.setdefault(relation.id, members)
    wet_or_coast = osmium.filter.TagFilter(*WET, _COAST)
    for way in cast("Iterable[osmium.osm.Way]", _read(path, osmium.osm.WAY, wet_or_coast)):
        tags = [(key, value) for key, value in way.tags]
        if way.deleted:
            continue
        if is_water(tags):
            elements.lakes.add(way.id)
        if _COAST in tags:
            elements.coasts.add(way.id)
        _keep(elements, way)
    wanted = {one for members in elements.relations.values() for one in members}
    if wanted:
        # The filter knows ids from 0 on; negative ones are of drawings that were never uploaded, and few.
        of_relations = [] if min(wanted) < 0 else [osmium.filter.IdFilter(sorted(wanted))]
        for way in cast("Iterable[osmium.osm.Way]", _read(path, osmium.osm.WAY, *of_relations)):
            if way.id in wanted and not way.deleted:
                _keep(elements, way)


def _read(path: Path, kind: osmium.osm.osm_entity_bits, *filters: object) -> Iterator[object]:
    reader = osmium.FileProcessor(str(path), kind)
    for one in filters:
        reader = reader.with_filter(one)
    return iter(reader)


def _keep(elements: _Elements, way: osmium.osm.Way) -> None:
    """Keep the nodes of a way; of two files the version with more of them."""
    refs = [node.ref for node in way.nodes]
    if len(refs) > len(elements.refs.get(way.id, ())):
        elements.refs[way.id] = refs


def _box(path: Path) -> shapely.Geometry:
    """Give the box of a file: what its header says, else that of its nodes."""
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        box = reader.header().box()
    if box.valid():
        return shapely.box(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    nodes = cast("Iterable[osmium.osm.Node]", _read(path, osmium.osm.NODE))
    at = np.asarray([(one.location.lon, one.location.lat) for one in nodes if one.location.valid()])
    return shapely.box(*at.min(axis=0), *at.max(axis=0))


def _lakes(elements: _Elements, lines: dict[int, npt.NDArray[np.float64]]) -> tuple[list[shapely.Polygon], list[str]]:
    """Give the closed ways that are water, unless they are the outline of a relation, which knows the islands."""
    outlines = {way for members in elements.relations.values() for way, role in members.items() if role != "inner"}
    shapes, left_out = [], []
    for way in sorted(elements.lakes - outlines):
        refs, line = elements.refs.get(way, []), lines.get(way)
        if line is not None and _is_ring(refs) and not np.isnan(line).any():
            shapes.append(shapely.Polygon(line))
        else:
            left_out.append(f"way {way}")
    return shapes, left_out


def _is_ring(refs: Sequence[int]) -> bool:
    return len(refs) > 3 and refs[0] == refs[-1]  # noqa: PLR2004  # three corners and the first again


def _areas(elements: _Elements, lines: dict[int, npt.NDArray[np.float64]]) -> tuple[list[shapely.Geometry], list[str]]:
    """Give the multipolygons: each outline without the islands in it; a lake on an island is an outline again."""
    shapes: list[shapely.Geometry] = []
    left_out = []
    for number, members in sorted(elements.relations.items()):
        there = {way: lines[way] for way in members if way in lines and not np.isnan(lines[way]).any()}
        outlines, whole = _rings([line for way, line in there.items() if members[way] != "inner"])
        islands, whole_islands = _rings([line for way, line in there.items() if members[way] == "inner"])
        for outline in outlines:
            within = [one for one in islands if one.area < outline.area]
            if not within:
                shapes.append(outline)
                continue
            solid = shapely.make_valid(np.asarray([outline, *within], dtype=object))
            shapes.append(shapely.difference(solid[0], shapely.union_all(solid[1:])))
        if len(there) < len(members) or not (whole and whole_islands and outlines):
            left_out.append(f"relation {number}")
    return shapes, left_out


def _rings(lines: list[npt.NDArray[np.float64]]) -> tuple[list[shapely.Polygon], bool]:
    """Put lines together to rings, filled; and tell whether none is left over."""
    drawn = [shapely.linestrings(line) for line in lines if len(line) > 1]
    if not drawn:
        return [], True
    faces, cuts, dangles, invalid = shapely.polygonize_full(drawn)
    found = [shapely.Polygon(one.exterior) for one in (*faces.geoms, *map(shapely.Polygon, invalid.geoms))]
    return found, not (len(cuts.geoms) or len(dangles.geoms))


def _sea(coasts: list[npt.NDArray[np.float64]], boxes: list[shapely.Geometry]) -> tuple[list[shapely.Polygon], bool]:
    """Give the parts of the files' box that lie to the right of the coastline; and tell whether every part is decided.

    The coastline and the edge of the box cut the box into faces. A face is sea when the spots just right of the
    coastline lie in it and those just left of it do not; where a gap in the coastline joins sea and land it has both.
    """
    runs = [run for line in coasts for run in _located(line)]
    if not runs:
        return [], True
    box = shapely.union_all(boxes)
    edge = shapely.boundary(box)
    drawn = np.asarray([shapely.linestrings(run) for run in runs], dtype=object)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*drawn, edge, *_to_edge(drawn, box, edge)])]))
    faces = faces[shapely.within(shapely.point_on_surface(faces), box)]
    begin, end = (np.concatenate([run[part] for run in runs]) for part in (slice(None, -1), slice(1, None)))
    along = end - begin
    length = np.hypot(*along.T)
    begin, end, along, length = (one[length > 0] for one in (begin, end, along, length))
    aside = np.column_stack((along[:, 1], -along[:, 0])) / length[:, None] * _BESIDE_DEGREES
    tree = shapely.STRtree(faces)
    right, left = (
        np.bincount(tree.query(shapely.points((begin + end) / 2 + one), predicate="within")[1], minlength=len(faces))
        for one in (aside, -aside)
    )
    is_sea, is_land = left < right * _MOST_CONTRARY, right < left * _MOST_CONTRARY
    in_box = shapely.intersects(shapely.multilinestrings(drawn), box)
    return list(faces[is_sea]), bool((is_sea | is_land).all() or not in_box)


def _located(line: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Give the runs of a line whose nodes are in the file."""
    there = np.isfinite(line[:, 0])
    cuts = np.flatnonzero(there[1:] != there[:-1]) + 1
    return [run for run in np.split(line, cuts) if len(run) > 1 and not np.isnan(run).any()]


def _to_edge(drawn: Shapes, box: shapely.Geometry, edge: shapely.Geometry) -> list[shapely.LineString]:
    """Carry the ends of the coastline that lie just within the box to its edge."""
    merged = np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(drawn), directed=True)))
    open_lines = np.asarray([one for one in merged if not one.is_closed], dtype=object)
    ends = np.concatenate([shapely.get_point(open_lines, at) for at in (0, -1)])
    near = shapely.within(ends, box) & (shapely.distance(ends, edge) < _NEAR_EDGE_DEGREES)
    return list(shapely.shortest_line(ends[near], edge))
