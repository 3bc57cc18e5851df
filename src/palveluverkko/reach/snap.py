"""Tying points to positions on roads, with an access leg and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.network.road_network import RoadNetwork

MAIN_COMPONENT_FACTOR = 3.0
"""A road of the main component is taken instead of a nearer one that is cut off, up to this many times farther."""

SURELY_WRONG_METRES = 50_000.0
"""A service point this far outside the road file is an error in its coordinates or in the choice of file."""

_ABSENT = -1

# 70 µs a point among 1.4 million edges; an interrupt is heard between two calls of shapely.
_POINTS_AT_ONCE = 2_000


class Verdict(StrEnum):
    """What became of a point."""

    OK = "ok"
    MOVED_TO_MAIN = "moved_to_main"
    SMALL_COMPONENT = "small_component"
    OFF_NETWORK = "off_network"


@dataclass(frozen=True, eq=False)
class Snapped:
    """Points tied to positions on edges.

    Attributes
    ----------
    ids
        The points' own index.
    edge
        int32[k]; -1 for a point off the network.
    vertex
        int64[k]; the vertex before the position.
    fraction
        float64[k]; 0 at that vertex, 1 at the next one.
    x, y
        float64[k]; the position, metric CRS.
    access_metres
        float64[k]; straight distance between point and position; to the nearest road for a point off the network.
    verdict
        One :class:`Verdict` for each point.
    """

    ids: pd.Index
    edge: NDArray[np.int32]
    vertex: NDArray[np.int64]
    fraction: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    access_metres: NDArray[np.float64]
    verdict: NDArray[np.object_]

    def starts(self, network: RoadNetwork) -> Anchors:
        """Anchor the points as beginnings of trips."""
        along, back, forward_total, backward_total = self._times(network)
        return self._anchors(network, network.leave, (forward_total - along, back), (along, backward_total - back))

    def ends(self, network: RoadNetwork) -> Anchors:
        """Anchor the points as ends of trips."""
        along, back, _, backward_total = self._times(network)
        return self._anchors(network, network.enter, (along, backward_total - back), (along, backward_total - back))

    def findings(self, subject: str) -> pd.DataFrame:
        """List the points that are not simply on the road: subject, id, verdict, metres, detail."""
        listed = np.flatnonzero(self.verdict != Verdict.OK)
        return pd.DataFrame(
            {
                "subject": subject,
                "id": [str(one) for one in self.ids[listed]],
                "verdict": [str(one) for one in self.verdict[listed]],
                "metres": self.access_metres[listed],
                "detail": [_DETAIL[Verdict(one)] for one in self.verdict[listed]],
            }
        )

    def _edge_or_first(self) -> NDArray[np.int32]:
        return np.maximum(self.edge, 0)

    def _times(self, network: RoadNetwork) -> tuple[NDArray[np.int64], ...]:
        """Give milliseconds along the edge to the position, back from it to the tail, and both totals."""
        edges, edge = network.edges, self._edge_or_first()

        def interpolate(column: NDArray[np.int32]) -> NDArray[np.int64]:
            before, after = column[self.vertex].astype(np.float64), column[self.vertex + 1]
            return np.rint(before + (after - before) * self.fraction).astype(np.int64)

        return (
            interpolate(edges.vertex_forward),
            interpolate(edges.vertex_backward),
            edges.forward_time[edge].astype(np.int64),
            edges.backward_time[edge].astype(np.int64),
        )

    def _anchors(
        self,
        network: RoadNetwork,
        node: NDArray[np.int32],
        time: tuple[NDArray[np.int64], NDArray[np.int64]],
        offset: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> Anchors:
        edge = self._edge_or_first()
        on_road = self.edge != _ABSENT
        allowed = np.column_stack((on_road & network.edges.forward[edge], on_road & network.edges.backward[edge]))
        access = np.rint(self.access_metres * network.access_milliseconds_per_metre)
        access = np.where(on_road, access, 0).astype(np.int64)
        piece = np.column_stack((2 * edge, 2 * edge + 1))
        return Anchors(
            node=freeze_int32(np.where(allowed, node[edge], _ABSENT)),
            time=freeze_int32(np.where(allowed, np.column_stack(time) + access[:, None], UNREACHED)),
            piece=freeze_int32(np.where(allowed, piece, _ABSENT)),
            offset=freeze_int32(np.column_stack(offset)),
            access=freeze_int32(access),
        )


_DETAIL = {
    Verdict.MOVED_TO_MAIN: "A nearer road is cut off from the rest; the nearest connected road was taken.",
    Verdict.SMALL_COMPONENT: "The road here is cut off from the main network.",
    Verdict.OFF_NETWORK: "No road that a point may be tied to lies within the access distance.",
}


def snap(network: RoadNetwork, points: geopandas.GeoDataFrame, *, max_access_metres: float | None = None) -> Snapped:
    """Tie points to the nearest position on a road that can be stopped on.

    Motorways, tunnels and ferries are left out. Where the nearest road is cut off from the main component, a road
    of that component is taken if it lies within :data:`MAIN_COMPONENT_FACTOR` times the distance. Equal distances
    go to the lowest edge. Polygons count as their representative point.

    Parameters
    ----------
    network
        The road network.
    points
        Any CRS, unique index.
    max_access_metres
        Longest access leg; the network's own when None.
    """
    longest = network.max_access_metres if max_access_metres is None else max_access_metres
    xy = points.geometry.to_crs(network.crs)
    targets = xy.where(xy.geom_type == "Point", xy.representative_point()).to_numpy()
    edges = network.edges
    edge, metres = _nearest(network, targets, edges.snappable)
    verdict = np.full(edge.size, Verdict.OK, dtype=object)

    cut_off = np.flatnonzero((edge != _ABSENT) & ~edges.main[np.maximum(edge, 0)])
    if cut_off.size:
        verdict[cut_off] = Verdict.SMALL_COMPONENT
        other, other_metres = _nearest(network, targets[cut_off], edges.snappable & edges.main)
        better = (other != _ABSENT) & (other_metres <= MAIN_COMPONENT_FACTOR * metres[cut_off])
        better &= other_metres <= longest
        moved = cut_off[better]
        edge[moved], metres[moved] = other[better], other_metres[better]
        verdict[moved] = Verdict.MOVED_TO_MAIN
    far = (edge == _ABSENT) | (metres > longest)
    edge[far] = _ABSENT
    verdict[far] = Verdict.OFF_NETWORK

    vertex, fraction = _position(network, edge, targets)
    x = edges.vertex_x[vertex] + (edges.vertex_x[vertex + 1] - edges.vertex_x[vertex]) * fraction
    y = edges.vertex_y[vertex] + (edges.vertex_y[vertex + 1] - edges.vertex_y[vertex]) * fraction
    return Snapped(points.index, edge, vertex, fraction, x, y, metres, verdict)


def check_near_network(network: RoadNetwork, points: geopandas.GeoDataFrame, *, where: str) -> None:
    """Refuse points that cannot belong to this road file: far outside it, or with latitude and longitude swapped.

    Raises
    ------
    TableError
        Names the points, and says which of the two it looks like.
    """
    lonlat = points.geometry.to_crs("EPSG:4326").representative_point()
    lon, lat = lonlat.x.to_numpy(), lonlat.y.to_numpy()
    away = _metres_outside(network, lon, lat)
    wrong = np.flatnonzero(~(away <= SURELY_WRONG_METRES))
    if not wrong.size:
        return
    swapped = _metres_outside(network, lat[wrong], lon[wrong]) <= 0
    ids = name_ids(points.index[wrong])
    if swapped.all():
        raise TableError(
            f"{where}: latitude and longitude look swapped ({ids}): with the two exchanged the points fall on the "
            "road network. Exchange the columns lon and lat."
        )
    kilometres = np.nanmax(away[wrong]) / 1000
    raise TableError(
        f"{where}: {wrong.size} of {len(points)} lie up to {kilometres:,.0f} km outside the road network ({ids}). "
        "Check their coordinates and CRS, or use a road file that covers them."
    )


def _metres_outside(network: RoadNetwork, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the distance from the bounding box of the network, 0 inside; good to a per cent, which is enough here."""
    west, south, east, north = network.bounds
    up = np.maximum(0, np.maximum(south - lat, lat - north)) * 111_200.0
    aside = np.maximum(0, np.maximum(west - lon, lon - east)) * 111_200.0 * np.cos(np.radians((south + north) / 2))
    return np.asarray(np.hypot(up, aside))


def _nearest(
    network: RoadNetwork, targets: NDArray[np.object_], which: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Give the nearest of some edges to each point, the lowest on ties, and the distance; -1 where there is none."""
    edge = np.full(targets.size, _ABSENT, dtype=np.int32)
    metres = np.full(targets.size, np.inf)
    candidates = np.flatnonzero(which)
    if not (candidates.size and targets.size):
        return edge, metres
    tree = shapely.STRtree(network.edges.lines(candidates))
    for begin in range(0, targets.size, _POINTS_AT_ONCE):
        some = targets[begin : begin + _POINTS_AT_ONCE]
        (point, found), distance = tree.query_nearest(some, return_distance=True, all_matches=True)
        order = np.lexsort((found, point))
        first = order[np.unique(point[order], return_index=True)[1]]
        edge[begin + point[first]] = candidates[found[first]]
        metres[begin + point[first]] = distance[first]
    return edge, metres


def _position(
    network: RoadNetwork, edge: NDArray[np.int32], targets: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the vertex before the spot nearest to each point, and how far towards the next vertex the spot lies."""
    edges = network.edges
    vertex = np.zeros(edge.size, dtype=np.int64)
    fraction = np.zeros(edge.size)
    on_road = np.flatnonzero(edge != _ABSENT)
    if not on_road.size:
        return vertex, fraction
    own = edge[on_road]
    along = np.asarray(shapely.line_locate_point(edges.lines(own), targets[on_road]))
    # Distances along one edge after another; a step between two edges counts as nothing.
    step = np.hypot(np.diff(edges.vertex_x), np.diff(edges.vertex_y))
    step[edges.first_vertex[1:-1] - 1] = 0.0
    run = np.concatenate(([0.0], np.cumsum(step)))
    first, last = edges.first_vertex[own], edges.first_vertex[own + 1] - 2
    spot = run[first] + along
    before = np.clip(np.searchsorted(run, spot, side="right") - 1, first, last)
    length = run[before + 1] - run[before]
    vertex[on_road] = before
    share = np.divide(spot - run[before], length, out=np.zeros(own.size), where=length > 0)
    fraction[on_road] = np.clip(share, 0.0, 1.0)
    return vertex, fraction
