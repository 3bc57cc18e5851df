"""Roads of a file clipped to an area: what does not touch it is forgotten."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from palveluverkko.osm.area import Area
from palveluverkko.osm.arrays import freeze
from palveluverkko.osm.ferries import whole_crossings
from palveluverkko.osm.profile import FERRY
from palveluverkko.osm.roads import FileRoads, FileSpots, FileWays, distinct_nodes, spots_at

Bool = npt.NDArray[np.bool_]


def clip(read: FileRoads, area: Area) -> FileRoads:
    """Keep the roads that touch an area with its buffer.

    Of each way those pieces between neighbouring nodes are kept of which some point lies in the area, and crossings of
    ferries whole, for a part of a crossing would take as long as all of it. Nodes beyond lose their places, which cuts
    the ways there; where roads go on is known as the edge of the extract.
    """
    ways = read.ways
    wide = area.buffered()
    shapely.prepare(wide)
    located = ~np.isnan(read.lon)
    inside = located & np.asarray(shapely.intersects_xy(wide, read.lon, read.lat))
    node = np.searchsorted(read.node_id, ways.node_ids)
    way = np.repeat(np.arange(ways.way_id.size), ways.nodes_in_way)
    # Pieces lead from each position to the next one of the same way.
    is_piece = (way[1:] == way[:-1]) & (node[1:] != node[:-1])
    piece = np.flatnonzero(is_piece & located[node[1:]] & located[node[:-1]])
    a, b, of_way = node[piece], node[piece + 1], way[piece]
    touching = inside[a] | inside[b]
    crossing = _cross(wide, read, a, b, ~touching)
    touching |= crossing

    is_ferry = np.asarray([kind.road_class == FERRY for kind in ways.kinds], dtype=bool)[ways.way_kind]
    touched_ferry = np.zeros(ways.way_id.size, dtype=bool)
    touched_ferry[of_way[touching]] = True
    touched_ferry &= is_ferry
    if touched_ferry.any():
        last = np.cumsum(ways.nodes_in_way, dtype=np.int64) - 1
        which = np.flatnonzero(is_ferry & (ways.nodes_in_way > 0))
        begins = ways.node_ids[last[which] - ways.nodes_in_way[which] + 1].tolist()
        finishes = ways.node_ids[last[which]].tolist()
        ends = dict(zip(ways.way_id[which].tolist(), zip(begins, finishes, strict=True), strict=True))
        whole = whole_crossings(ways.way_id[touched_ferry].tolist(), ends, ways.ferries, ways.routes)
        touched_ferry |= is_ferry & np.isin(ways.way_id, list(whole))
    touching |= touched_ferry[of_way]

    kept_node = inside.copy()
    kept_node[a[touching]] = kept_node[b[touching]] = True
    kept_way = np.zeros(ways.way_id.size, dtype=bool)
    kept_way[of_way[touching]] = True
    # A way that the file itself has lost is still to be named where it was.
    in_pieces = np.zeros(ways.way_id.size, dtype=bool)
    in_pieces[of_way] = True
    lost_here = np.zeros(ways.way_id.size, dtype=bool)
    lost_here[way[inside[node]]] = True
    kept_way |= lost_here & ~in_pieces

    gone = ~(kept_way[of_way] & kept_node[a] & kept_node[b])
    leaving = [(kept_node[x] & gone, x, y) for x, y in ((a, b), (b, a))]
    pairs = np.concatenate([np.column_stack((read.node_id[x[one]], read.node_id[y[one]])) for one, x, y in leaving])
    kept = _with_ways(ways, kept_way, way)
    node_id = distinct_nodes(kept)
    at = np.searchsorted(read.node_id, node_id)
    lon, lat = (np.where(kept_node[at], column[at], np.nan) for column in (read.lon, read.lat))
    leaving_now = np.unique(np.concatenate((read.leaving, pairs)), axis=0)
    spots = FileSpots(*spots_at(node_id, read), read.spots.spots)
    return FileRoads(kept, node_id, lon, lat, spots, leaving_now)


def _cross(
    wide: shapely.Geometry, read: FileRoads, a: npt.NDArray[np.intp], b: npt.NDArray[np.intp], ask: Bool
) -> Bool:
    """Tell which pieces touch the area although neither end lies in it."""
    west, south, east, north = wide.bounds
    lon, lat = read.lon, read.lat
    ask &= (np.maximum(lon[a], lon[b]) >= west) & (np.minimum(lon[a], lon[b]) <= east)
    ask &= (np.maximum(lat[a], lat[b]) >= south) & (np.minimum(lat[a], lat[b]) <= north)
    which = np.flatnonzero(ask)
    ends = np.stack([np.column_stack((lon[one[which]], lat[one[which]])) for one in (a, b)], axis=1)
    crossing = np.zeros(ask.size, dtype=bool)
    crossing[which] = shapely.intersects(wide, shapely.linestrings(ends)) if which.size else False
    return crossing


def _with_ways(ways: FileWays, kept: Bool, way: npt.NDArray[np.intp]) -> FileWays:
    """Give some of the ways, with the kinds and restrictions that concern them."""
    used = np.unique(ways.way_kind[kept])
    new_kind = np.zeros(len(ways.kinds), dtype=np.int32)
    new_kind[used] = np.arange(used.size)
    gone = set(ways.way_id[~kept].tolist())
    here = set(ways.way_id[kept].tolist())
    members = [{one for kind, one, _ in restriction.members if kind == "w"} for restriction in ways.restrictions]
    return ways._replace(
        way_id=freeze(ways.way_id[kept], np.int64),
        way_kind=freeze(new_kind[ways.way_kind[kept]], np.int32),
        kinds=tuple(ways.kinds[one] for one in used.tolist()),
        way_name=freeze(ways.way_name[kept], np.int32),
        nodes_in_way=freeze(ways.nodes_in_way[kept], np.int32),
        node_ids=freeze(ways.node_ids[kept[way]], np.int64),
        restrictions=tuple(
            one for one, its in zip(ways.restrictions, members, strict=True) if its & here or not its & gone
        ),
        ferries=tuple(one for one in ways.ferries if one.way_id in here),
        routes=tuple(one for one in ways.routes if here.intersection(one.ways)),
    )
