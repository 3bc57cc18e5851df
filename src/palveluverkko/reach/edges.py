"""The reached roads themselves: of every edge the parts within each threshold, cut where the time is exactly that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, Direction, check_minutes, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.graph import Anchors
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped, check_near_network, snap

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

SHORTEST_METRES = 1e-6
"""Parts shorter than a micrometre are left out: they are the rounding of a cut that falls on a vertex."""

_FORWARD, _BACKWARD = 0, 1

# Two stretches of the same way meet at the same time but for what is left out between them.
_JUMP_MILLISECONDS = 0.01

# A way is one number, milliseconds above and the position of the point below, so that a minimum goes by time, then id.
_POINT_BITS = 31
_NO_WAY = np.iinfo(np.int64).max


def reached_edges(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    *,
    minutes: Sequence[float],
    direction: Direction | str = Direction.TO_SERVICE,
) -> geopandas.GeoDataFrame:
    """Give the parts of roads within each threshold of the nearest of some points.

    A position on a road is reached by driving on from it, forward or backward, whichever is open and quicker; the
    access leg of the point counts, and the position has none. Times are linear between vertices. A part ends where the
    time is a threshold, where another point becomes the nearest, where the quicker way turns round (the latest position
    between two ends) and where a point stands: along a part the time only rises or only falls. Every road that cars
    drive counts, motorways, tunnels and ferries too; ``road_class`` tells them apart.

    Parameters
    ----------
    network
        The road network.
    points
        Service points; any CRS. All of them count: choose the open ones first.
    minutes
        Rising thresholds; a time exactly equal lies within.
    direction
        To the points or from them.

    Returns
    -------
    GeoDataFrame
        In the order of the edges and along each: ``edge`` (row of ``network.to_edges()``), ``way``, ``name``,
        ``road_class``, ``band`` (the first of the minutes that the part lies within), ``time_from`` and ``time_to``
        (minutes at the two ends of the line), ``point`` (id of the nearest; the lowest among equals), ``metres``
        (geodesic), ``geometry`` (LineString in the points' CRS, drawn as the edge is).

    Raises
    ------
    StudyError
        The minutes do not rise, or the direction is unknown.
    TableError
        A point cannot belong to this road network.

    Examples
    --------
    >>> reached_edges(network, points, minutes=[15, 30]).groupby("band")["metres"].sum()  # doctest: +SKIP
    """
    thresholds = check_minutes(minutes)
    direction = Direction.parse(direction)
    check_near_network(network, points, where="service points")
    ranked = points.sort_index()
    upper = np.asarray([to_milliseconds(one) for one in thresholds], dtype=np.float64)
    pieces = timed_pieces(network, snap(network, ranked), direction, latest=int(upper[-1]))
    stretches = _cut_at_thresholds(_quicker_ways(pieces, latest=upper[-1]), upper)
    parts = _join(pieces, _long_enough(pieces, stretches), beyond=upper.size)

    edges, edge = network.edges, parts.edge
    own_length = np.bincount(pieces.edge, weights=pieces.length(), minlength=edges.metres.size)[edge]
    frame = pd.DataFrame(
        {
            "edge": edge,
            "way": edges.way[edge],
            "name": np.asarray(network.names, dtype=object)[edges.name[edge]],
            "road_class": np.asarray(network.road_classes, dtype=object)[edges.road_class[edge]],
            "band": np.asarray(thresholds, dtype=np.float64)[parts.band],
            "time_from": parts.time_from / MILLISECONDS_PER_MINUTE,
            "time_to": parts.time_to / MILLISECONDS_PER_MINUTE,
            "point": ranked.index.to_numpy(dtype=object)[parts.point],
            "metres": edges.metres[edge] * shapely.length(parts.line) / own_length,
        }
    )
    return geopandas.GeoDataFrame(frame, geometry=parts.line, crs=network.crs).to_crs(points.crs)


def kilometres_by_band(network: RoadNetwork, roads: geopandas.GeoDataFrame) -> pd.DataFrame:
    """Sum reached roads up: kilometres by level, where the roads have one, road class and band.

    Parameters
    ----------
    network
        The road network.
    roads
        As :func:`reached_edges` gives them, with a column ``level`` or without.

    Returns
    -------
    DataFrame
        ``level`` where the roads have it, ``road_class``, ``band`` (NaN: beyond the last threshold), ``kilometres``;
        of each level the kilometres of a class sum to its length in the network.
    """
    keys = [one for one in ("level", "road_class", "band") if one in roads]
    within = roads.groupby(keys, sort=False, as_index=False)["metres"].sum()
    edges = network.edges
    driven = edges.forward | edges.backward
    length = np.bincount(edges.road_class[driven], weights=edges.metres[driven], minlength=len(network.road_classes))
    whole = pd.Series(length, index=pd.Index(network.road_classes, name="road_class"), name="metres")
    whole = whole[whole > 0]
    rows = []
    for name, own in within.groupby("level", sort=False) if "level" in roads else [(None, within)]:
        beyond = (whole - own.groupby("road_class")["metres"].sum().reindex(whole.index, fill_value=0.0)).clip(
            lower=0.0
        )
        both = pd.concat((own, beyond.reset_index().assign(band=np.nan))).sort_values(["road_class", "band"])
        rows.append(both if name is None else both.assign(level=name))
    every = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(within)
    every["kilometres"] = every.pop("metres") / 1000
    return every[[*keys, "kilometres"]]


class TimedPieces(NamedTuple):
    """Straight pieces of the edges in order, each with its quickest way forward and backward.

    A point on an edge ends a piece, so that every way holds all along its piece.

    Attributes
    ----------
    edge
        int64[p].
    xy
        float64[p, 4]; x0, y0, x1, y1, metric CRS.
    time
        float64[p, 2, 2]; milliseconds of the way forward and backward at both ends, infinite without one.
    point
        int64[p, 2]; position of the point that each way leads to or comes from.
    """

    edge: Int64
    xy: Float64
    time: Float64
    point: Int64

    def length(self) -> Float64:
        """Metres in the metric CRS."""
        return np.hypot(self.xy[:, 2] - self.xy[:, 0], self.xy[:, 3] - self.xy[:, 1])

    def at(self, piece: Int64, share: Float64) -> Float64:
        """Give the coordinates of positions, float64[n, 2], exactly at the vertices."""
        begin, end = self.xy[piece, :2], self.xy[piece, 2:]
        return np.where(share[:, None] < 1, begin + share[:, None] * (end - begin), end)


class _Stretches(NamedTuple):
    """Stretches of straight pieces, in order, along which one way is the quickest; shares are of the piece."""

    piece: Int64
    way: Int64
    point: Int64
    share_from: Float64
    share_to: Float64
    time_from: Float64
    time_to: Float64
    band: Int64

    def take(self, which: Bool | Int64) -> _Stretches:
        """Give some of the stretches."""
        columns: Iterable[Any] = (column[which] for column in self)
        return _Stretches(*columns)


class _Parts(NamedTuple):
    """Parts of edges, as columns of the answer."""

    edge: Int64
    point: Int64
    band: Int64
    time_from: Float64
    time_to: Float64
    line: NDArray[np.object_]


def timed_pieces(network: RoadNetwork, snapped: Snapped, direction: Direction, *, latest: int) -> TimedPieces:
    """Cut the edges at their vertices and at the points, and find the quickest way of each piece in each direction.

    All ways in one direction along a piece have the same slope, so the quickest at one end is it at the other.
    """
    towards = direction is Direction.TO_SERVICE
    edges = network.edges
    seeds = snapped.ends_at_service(network) if towards else snapped.starts(network)
    at_nodes = search.nearest_nodes(
        network.roads, seeds=seeds, budget=latest, search_from="ends" if towards else "starts"
    )
    spot = [one.line >= 0 for one in snapped.spots]
    vertex = np.concatenate([one.vertex[on] for one, on in zip(snapped.spots, spot, strict=True)])
    fraction = np.concatenate([one.fraction[on] for one, on in zip(snapped.spots, spot, strict=True)])
    order = np.lexsort((fraction, vertex))
    vertex, fraction = vertex[order], fraction[order]

    def with_spots(column: NDArray[np.generic]) -> Float64:
        values = column.astype(np.float64)
        return np.insert(values, vertex + 1, values[vertex] + fraction * (values[vertex + 1] - values[vertex]))

    edge_of = np.repeat(np.arange(edges.tail.size), np.diff(edges.first_vertex))
    edge_of = np.insert(edge_of, vertex + 1, edge_of[vertex])
    x, y, along, back = (
        with_spots(one) for one in (edges.vertex_x, edges.vertex_y, edges.vertex_forward, edges.vertex_backward)
    )
    before = np.flatnonzero(edge_of[1:] == edge_of[:-1])
    edge = edge_of[before]

    # The time of a way is its base and what is driven up to the position, or less that.
    node = network.leave if towards else network.enter
    total = np.column_stack((edges.forward_time, edges.backward_time)).astype(np.int64)
    open_ = np.column_stack((edges.forward, edges.backward))
    base = at_nodes.time[node].astype(np.int64)
    first_piece = np.searchsorted(edge, np.arange(edges.tail.size + 1))
    ways = np.full((edge.size, 2), _NO_WAY)
    for way in (_FORWARD, _BACKWARD):
        whole = total[:, way] if (way == _FORWARD) == towards else 0
        reached = open_[:, way] & (base[:, way] != UNREACHED)
        label = np.where(reached, _label(base[:, way] + whole, at_nodes.owner[node[:, way]].astype(np.int64)), _NO_WAY)
        ways[:, way] = label[edge]
    place = np.empty(order.size, dtype=np.int64)
    place[order] = vertex + 1 + np.arange(order.size)
    _add_ways_of_points(ways, seeds, snapped, place, before, first_piece, total, towards=towards)

    time = np.full((edge.size, 2, 2), np.inf)
    for way, column in ((_FORWARD, along), (_BACKWARD, back)):
        falls = (way == _FORWARD) == towards
        driven = np.column_stack((column[before], column[before + 1]))
        there = ways[:, way] != _NO_WAY
        time[there, way] = (ways[there, way] >> _POINT_BITS)[:, None] + (-driven[there] if falls else driven[there])
    xy = np.column_stack((x[before], y[before], x[before + 1], y[before + 1]))
    return TimedPieces(edge, xy, time, ways & ((1 << _POINT_BITS) - 1))


def _label(milliseconds: Int64, point: Int64) -> Int64:
    return (milliseconds << _POINT_BITS) | point


def _add_ways_of_points(
    ways: Int64,
    seeds: Anchors,
    snapped: Snapped,
    place: Int64,
    before: Int64,
    first_piece: Int64,
    total: Int64,
    *,
    towards: bool,
) -> None:
    """Take what is driven along an edge straight to a point that stands on it, or from it, where that is quicker.

    ``place`` is the position of each spot among the vertices and spots, in the order of ``snapped.spots``.
    """
    number = 0
    for column, spots in enumerate(snapped.spots):
        for point in np.flatnonzero(spots.line >= 0):
            # The piece that begins at the spot, or the first of the next edge.
            begins = int(np.searchsorted(before, place[number]))
            number += 1
            edge = spots.line[point]
            for way in (_FORWARD, _BACKWARD):
                slot = 2 * column + way
                if seeds.piece[point, slot] < 0:
                    continue
                leg = int(seeds.access[point]) + (0 if seeds.further is None else int(seeds.further[point, slot]))
                offset = int(seeds.offset[point, slot])
                # Backward times count from the tail, offsets from where the piece begins.
                driven = offset if way == _FORWARD else int(total[edge, way]) - offset
                falls = (way == _FORWARD) == towards
                label = (leg + (driven if falls else -driven)) * (1 << _POINT_BITS) + int(point)
                side = slice(first_piece[edge], begins) if falls else slice(begins, first_piece[edge + 1])
                ways[side, way] = np.minimum(ways[side, way], label)


def _quicker_ways(pieces: TimedPieces, *, latest: float) -> _Stretches:
    """Cut each piece where the way backward becomes quicker than the way forward, or the other way round."""
    piece = np.flatnonzero(pieces.time.min(axis=(1, 2), initial=np.inf) <= latest)
    forward, backward = pieces.time[piece, _FORWARD], pieces.time[piece, _BACKWARD]
    lower = pieces.point[piece, _FORWARD] <= pieces.point[piece, _BACKWARD]
    with np.errstate(invalid="ignore"):
        later = forward - backward  # infinite where one is closed; one of them is open
    sign = np.sign(later)
    begins = np.where(sign[:, 0] != 0, sign[:, 0], sign[:, 1])
    ends = np.where(sign[:, 1] != 0, sign[:, 1], sign[:, 0])
    crossed = begins * ends < 0
    share = np.ones(piece.size)
    share[crossed] = later[crossed, 0] / (later[crossed, 0] - later[crossed, 1])
    first = np.where((begins < 0) | ((begins == 0) & lower), _FORWARD, _BACKWARD)
    again = np.flatnonzero(crossed)
    at = np.concatenate((np.arange(piece.size), again))
    way = np.concatenate((first, 1 - first[again]))
    share_from = np.concatenate((np.zeros(piece.size), share[again]))
    share_to = np.concatenate((share, np.ones(again.size)))
    order = np.argsort(at, kind="stable")
    at, way, share_from, share_to = at[order], way[order], share_from[order], share_to[order]
    time = pieces.time[piece[at], way]
    slope = time[:, 1] - time[:, 0]
    return _Stretches(
        piece[at],
        way,
        pieces.point[piece[at], way],
        share_from,
        share_to,
        np.maximum(0.0, np.where(share_from > 0, time[:, 0] + share_from * slope, time[:, 0])),
        np.maximum(0.0, np.where(share_to < 1, time[:, 0] + share_to * slope, time[:, 1])),
        np.zeros(at.size, dtype=np.int64),
    )


def _cut_at_thresholds(whole: _Stretches, upper: Float64) -> _Stretches:
    """Cut stretches where their time is a threshold, and give each its band; ``upper.size`` is beyond the last."""
    early, late = np.minimum(whole.time_from, whole.time_to), np.maximum(whole.time_from, whole.time_to)
    low = np.searchsorted(upper, early, side="right")
    cuts = np.maximum(0, np.searchsorted(upper, late, side="left") - low)
    rises = whole.time_to >= whole.time_from
    at = np.repeat(np.arange(cuts.size), cuts + 1)
    number = np.arange(at.size) - np.repeat(np.cumsum(cuts + 1) - (cuts + 1), cuts + 1)
    is_first, is_last = number == 0, number == cuts[at]
    slope = whole.time_to - whole.time_from

    def cut(which: Int64) -> tuple[Float64, Float64]:
        """Give share and time of a cut of each stretch, counted along it."""
        step = np.where(rises[at], which, cuts[at] - 1 - which)
        time = upper[np.clip(low[at] + step, 0, upper.size - 1)]
        part = (time - whole.time_from[at]) / np.where(slope[at] == 0, 1.0, slope[at])
        return whole.share_from[at] + part * (whole.share_to - whole.share_from)[at], time

    before, after = cut(number - 1), cut(number)
    time_from = np.where(is_first, whole.time_from[at], before[1])
    time_to = np.where(is_last, whole.time_to[at], after[1])
    return _Stretches(
        whole.piece[at],
        whole.way[at],
        whole.point[at],
        np.where(is_first, whole.share_from[at], before[0]),
        np.where(is_last, whole.share_to[at], after[0]),
        time_from,
        time_to,
        np.searchsorted(upper, np.maximum(time_from, time_to), side="left"),
    )


def _long_enough(pieces: TimedPieces, stretches: _Stretches) -> _Stretches:
    metres = (stretches.share_to - stretches.share_from) * pieces.length()[stretches.piece]
    return stretches.take(metres >= SHORTEST_METRES)


def _join(pieces: TimedPieces, stretches: _Stretches, *, beyond: int) -> _Parts:
    """Join the stretches of an edge that follow one another with the same way, point and band; drop those beyond."""
    edge = pieces.edge[stretches.piece]
    goes_on = edge[1:] == edge[:-1]
    for column in (stretches.way, stretches.point, stretches.band):
        goes_on &= column[1:] == column[:-1]
    # Behind a point on a one-way road the time jumps.
    goes_on &= np.abs(stretches.time_from[1:] - stretches.time_to[:-1]) <= _JUMP_MILLISECONDS
    begins_here = np.ones(edge.size, dtype=np.bool_)
    begins_here[1:] = ~goes_on
    kept = stretches.band < beyond
    stretches, begins_here = stretches.take(kept), begins_here[kept]
    begins = np.flatnonzero(begins_here)
    last = np.append(begins[1:], begins_here.size)[: begins.size] - 1
    start = pieces.at(stretches.piece, stretches.share_from)
    end = pieces.at(stretches.piece[last], stretches.share_to[last])
    xy = np.insert(start, last + 1, end, axis=0)
    offset = np.concatenate(([0], last + 2 + np.arange(begins.size)))
    line = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (offset,))
    return _Parts(
        pieces.edge[stretches.piece[begins]],
        stretches.point[begins],
        stretches.band[begins],
        stretches.time_from[begins],
        stretches.time_to[last],
        np.asarray(line, dtype=object),
    )
