"""Tying points to positions on roads, with an access leg and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.engine.nearest import ABSENT, Courses, Spots, snap_to_lines
from palveluverkko.network.road_network import RoadNetwork

MAIN_COMPONENT_FACTOR = 3.0
"""A road of the main component is taken instead of a nearer one that is cut off, up to this many times farther."""

OTHER_CARRIAGEWAY_METRES = 50.0
"""A point beside one carriageway of a divided road is tied to the other too, if that is at most so much farther away.

In Porto, Helsinki and Tampere half of those found are at most 10 to 19 m apart, and nineteen of twenty at most 42 m.
One walks across at the next gap or crossing. Without the second tie a trip would go on to the next place to turn round,
several kilometres away on a trunk road.
"""

OTHER_CARRIAGEWAY_DEGREES = 30.0
"""Carriageways run in opposite directions to within this angle: they part and bend round junctions."""

SURELY_WRONG_METRES = 50_000.0
"""A service point this far outside the road file is an error in its coordinates or in the choice of file."""


class Verdict(StrEnum):
    """What became of a point."""

    OK = "ok"
    BOTH_CARRIAGEWAYS = "both_carriageways"
    MOVED_TO_MAIN = "moved_to_main"
    SMALL_COMPONENT = "small_component"
    OFF_NETWORK = "off_network"


@dataclass(frozen=True, eq=False)
class Snapped:
    """Points tied to positions on edges.

    Attributes
    ----------
    network
        The roads that they were tied to.
    ids
        The points' own index.
    edge
        int32[k]; -1 for a point off the network.
    vertex
        int64[k]; the vertex before the position.
    fraction
        float64[k]; 0 at that vertex, 1 at the next one.
    x, y
        float64[k]; the position, metric CRS; for a point off the network that of the nearest road, NaN without any.
    access_metres
        float64[k]; straight distance between point and position; to the nearest road for a point off the network.
    nearest_metres
        float64[k]; to the nearest road that can be stopped on, cut off or not.
    across
        The position on the other carriageway, for a point beside a divided road.
    verdict
        One :class:`Verdict` for each point.
    point_x, point_y
        float64[k]; the points themselves, metric CRS.
    """

    network: RoadNetwork = field(repr=False)
    ids: pd.Index
    edge: NDArray[np.int32]
    vertex: NDArray[np.int64]
    fraction: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    access_metres: NDArray[np.float64]
    nearest_metres: NDArray[np.float64]
    across: Spots
    verdict: NDArray[np.object_]
    point_x: NDArray[np.float64]
    point_y: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Snapped]) -> Snapped:
        """Put points that were tied to the same roads one after the other."""
        columns = {
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(cls)
            if one.name not in ("network", "ids", "across")
        }
        columns["edge"] = freeze_int32(columns["edge"])
        across = Spots(*(np.concatenate(column) for column in zip(*(part.across for part in parts), strict=True)))
        ids = pd.Index([one for part in parts for one in part.ids], dtype=object)
        return cls(network=parts[0].network, ids=ids, across=across, **columns)

    @property
    def spots(self) -> tuple[Spots, ...]:
        """The positions that points are tied to: on their roads, and, if any point has one, on other carriageways."""
        own = Spots(self.edge, self.vertex, self.fraction, self.x, self.y, self.access_metres)
        return (own, self.across) if (self.across.line != ABSENT).any() else (own,)

    def starts(self, network: RoadNetwork) -> Anchors:
        """Anchor the points as beginnings of trips."""
        return self._anchors(network, network.leave, "starts")

    def ends(self, network: RoadNetwork) -> Anchors:
        """Anchor the points as ends of trips."""
        return self._anchors(network, network.enter, "ends")

    def ends_at_service(self, network: RoadNetwork) -> Anchors:
        """Anchor service points as ends of trips: with the time it takes to park there and to walk in."""
        anchors, arrival = self.ends(network), network.arrival_milliseconds
        if not arrival:
            return anchors
        later = np.where(anchors.node == ABSENT, anchors.time, np.minimum(anchors.time, UNREACHED - arrival) + arrival)
        return anchors._replace(time=freeze_int32(later), access=freeze_int32(anchors.access + arrival))

    def to_frame(self) -> pd.DataFrame:
        """Say of every point where it stands and why.

        Returns
        -------
        DataFrame
            By the points' own index: ``verdict``, ``access_metres`` (to its position; to the nearest road for a point
            off the network), ``nearest_metres`` (to the nearest road, cut off or not), ``edge`` (row of
            ``network.to_edges()``; empty off the network), ``way``, ``road`` and ``road_class`` (of that edge, or of
            the nearest off the network), ``across_edge``, ``across_way`` and ``across_metres`` (of the other
            carriageway, empty without one).
        """
        return self._frame(np.arange(self.edge.size))

    def findings(self, subject: str) -> pd.DataFrame:
        """List the points that are not simply on the road: subject, id, then the columns of :meth:`to_frame`.

        ``access_metres`` is called ``metres``, as in every table of findings.
        """
        rows = self._frame(np.flatnonzero(self.verdict != Verdict.OK)).rename(columns={"access_metres": "metres"})
        rows.insert(0, "subject", subject)
        rows.insert(1, "id", [str(one) for one in rows.index])
        return rows.reset_index(drop=True)

    def access_legs(self, subject: str, *, of: Sequence[Verdict] = tuple(Verdict)) -> geopandas.GeoDataFrame:
        """Draw the access legs: a line from each point of some verdicts to each of its positions.

        Returns
        -------
        GeoDataFrame
            In the network's CRS: subject, id, verdict, metres, edge, way, road, road_class and geometry. A point off
            the network has a line to the nearest road, without an edge.
        """
        chosen = np.flatnonzero(np.isin(self.verdict.astype(str), of))
        own = self._frame(chosen).rename(columns={"access_metres": "metres"})
        across = own.assign(edge=own["across_edge"], way=own["across_way"], metres=own["across_metres"])
        home = np.column_stack((self.point_x[chosen], self.point_y[chosen]))
        legs = []
        for frame, x, y in ((own, self.x, self.y), (across, self.across.x, self.across.y)):
            ends = np.stack((home, np.column_stack((x[chosen], y[chosen]))), axis=1)
            drawn = np.flatnonzero(np.isfinite(ends).all(axis=(1, 2)))
            legs.append(frame.iloc[drawn].assign(geometry=shapely.linestrings(ends[drawn]), order=drawn))
        every = pd.concat(legs).sort_values("order", kind="stable")
        every.insert(0, "id", [str(one) for one in every.index])
        columns = ["subject", "id", "verdict", "metres", "edge", "way", "road", "road_class", "geometry"]
        every = every.assign(subject=subject)[columns].reset_index(drop=True)
        return geopandas.GeoDataFrame(every, geometry="geometry", crs=self.network.crs)

    def _frame(self, rows: NDArray[np.int64]) -> pd.DataFrame:
        """Give some rows of :meth:`to_frame`."""
        network, edges = self.network, self.network.edges
        edge, across, ids = self.edge[rows], self.across.line[rows], self.ids[rows]
        # A point off the network has no edge, but a nearest road; without any road it has none.
        own, off = np.maximum(edge, 0), edge == ABSENT
        own[off] = np.searchsorted(edges.first_vertex, self.vertex[rows][off], side="right") - 1
        somewhere = np.isfinite(self.x[rows])

        def named(words: tuple[str, ...], column: NDArray[np.int32]) -> NDArray[np.object_]:
            return np.where(somewhere, np.asarray(words, dtype=object)[column[own]], "")

        def numbers(values: NDArray[np.integer], known: NDArray[np.bool_]) -> pd.Series[int]:
            return pd.Series(values, index=ids).astype("Int64").mask(~known)

        return pd.DataFrame(
            {
                "verdict": [str(one) for one in self.verdict[rows]],
                "access_metres": self.access_metres[rows],
                "nearest_metres": self.nearest_metres[rows],
                "edge": numbers(edge, ~off),
                "way": numbers(edges.way[own], somewhere),
                "road": named(network.names, edges.name),
                "road_class": named(network.road_classes, edges.road_class),
                "across_edge": numbers(across, across != ABSENT),
                "across_way": numbers(edges.way[np.maximum(across, 0)], across != ABSENT),
                "across_metres": np.where(across == ABSENT, np.nan, self.across.metres[rows]),
            },
            index=ids,
        )

    def _anchors(self, network: RoadNetwork, node: NDArray[np.int32], side: str) -> Anchors:
        """Give two slots for each spot of a point: the piece forward and the piece backward."""
        edges = network.edges
        shortest = _access_leg(network, self.spots[0])
        slots = []
        for spots in self.spots:
            edge, on_road = np.maximum(spots.line, 0), spots.line != ABSENT
            along, back, forward_total, backward_total = _times(network, spots)
            forward_time, backward_time = along, backward_total - back
            if side == "starts":
                forward_time, backward_time = forward_total - along, back
            leg = _access_leg(network, spots)
            for column, allowed, driven, offset in (
                (0, edges.forward[edge], forward_time, along),
                (1, edges.backward[edge], backward_time, backward_total - back),
            ):
                here = on_road & allowed
                slots.append(
                    (
                        np.where(here, node[edge, column], ABSENT),
                        np.where(here, driven + leg, UNREACHED),
                        np.where(here, 2 * edge + column, ABSENT),
                        offset,
                        np.where(here, leg - shortest, 0),
                    )
                )
        entry, time, piece, offset, further = (
            freeze_int32(np.column_stack(column)) for column in zip(*slots, strict=True)
        )
        return Anchors(entry, time, piece, offset, freeze_int32(shortest), further if further.any() else None)


def snap(network: RoadNetwork, points: geopandas.GeoDataFrame, *, max_access_metres: float | None = None) -> Snapped:
    """Tie points to the nearest position on a road that can be stopped on.

    Motorways, tunnels and ferries are left out. Where the nearest road is cut off from the main component, a road
    of that component is taken if it lies within :data:`MAIN_COMPONENT_FACTOR` times the distance. Of roads exactly as
    near, as those that meet at a junction are, one of the main component is taken without a finding, then one that is
    open both ways, then the lowest edge. Polygons count as their representative point.

    A point beside a one-way road is tied to the other carriageway too: the nearest one-way edge of the same name or
    number and class, cut from another way, that runs the opposite way to within :data:`OTHER_CARRIAGEWAY_DEGREES`, at
    most :data:`OTHER_CARRIAGEWAY_METRES` farther than the first and within the access distance. Roads without a name
    or number are left alone: nobody can tell two carriageways from two one-way streets.

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
    x, y = positions(points, network.crs)
    spots, across, nearest = snap_to_lines(
        network.segments,
        x,
        y,
        _courses(network),
        factor=MAIN_COMPONENT_FACTOR,
        longest=longest,
        further=OTHER_CARRIAGEWAY_METRES,
        degrees=OTHER_CARRIAGEWAY_DEGREES,
    )
    verdict = np.full(x.size, Verdict.OK, dtype=object)
    verdict[across.line != ABSENT] = Verdict.BOTH_CARRIAGEWAYS
    verdict[spots.metres > nearest] = Verdict.MOVED_TO_MAIN
    on_road = spots.line != ABSENT
    verdict[on_road & ~network.edges.main[np.maximum(spots.line, 0)]] = Verdict.SMALL_COMPONENT
    far = ~(on_road & (spots.metres <= longest))
    verdict[far] = Verdict.OFF_NETWORK
    edge = freeze_int32(np.where(far, ABSENT, spots.line))
    return Snapped(
        network, points.index, edge, spots.vertex, spots.fraction, spots.x, spots.y, spots.metres, nearest, across,
        verdict, x, y,
    )  # fmt: skip


def positions(points: geopandas.GeoDataFrame, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give x and y of points in a CRS; what is no point counts as a point inside it."""
    here = points.geometry
    shapes = here.to_numpy()
    extended = np.flatnonzero(shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    if extended.size or here.crs is None:
        # Which spot is inside depends on the CRS that it is looked for in.
        shapes = here.to_crs(crs).to_numpy().copy()
        shapes[extended] = shapely.point_on_surface(shapes[extended])
        return shapely.get_x(shapes), shapely.get_y(shapes)
    # 300,000 points: 0.06 s; as geometries, with a representative point for each, 0.55 s.
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    return (x, y) if here.crs == crs else _transformer(here.crs, crs).transform(x, y)


@cache
def _transformer(here: CRS, there: str) -> Transformer:
    """Give what converts coordinates; it takes PROJ up to 0.2 s to find it."""
    return Transformer.from_crs(here, there, always_xy=True)


def check_near_network(network: RoadNetwork, points: geopandas.GeoDataFrame, *, where: str) -> None:
    """Refuse points that cannot belong to this road file: far outside it, or with latitude and longitude swapped.

    Raises
    ------
    TableError
        Names the points, and says which of the two it looks like.
    """
    lon, lat = positions(points, "EPSG:4326")
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


def _courses(network: RoadNetwork) -> Courses:
    """Say which edges are preferred, which way a one-way edge is driven, and which edges are one road."""
    edges = network.edges
    course = edges.forward.astype(np.int8) - edges.backward.astype(np.int8)
    named = np.asarray([bool(name) for name in network.names], dtype=bool)[edges.name]
    road = edges.name.astype(np.int64) * len(network.road_classes) + edges.road_class
    return Courses(edges.main, course, freeze_int32(np.where((course != 0) & named, road, ABSENT)), edges.way)


def _access_leg(network: RoadNetwork, spots: Spots) -> NDArray[np.int64]:
    """Give milliseconds off the road; 0 where there is no spot."""
    metres = np.where(spots.line == ABSENT, 0.0, spots.metres)
    return np.rint(metres * network.access_milliseconds_per_metre).astype(np.int64)


def _times(network: RoadNetwork, spots: Spots) -> tuple[NDArray[np.int64], ...]:
    """Give milliseconds along the edge to the position, back from it to the tail, and both totals."""
    edges, edge = network.edges, np.maximum(spots.line, 0)

    def interpolate(column: NDArray[np.int32]) -> NDArray[np.int64]:
        before, after = column[spots.vertex].astype(np.float64), column[spots.vertex + 1]
        return np.rint(before + (after - before) * spots.fraction).astype(np.int64)

    return (
        interpolate(edges.vertex_forward),
        interpolate(edges.vertex_backward),
        edges.forward_time[edge].astype(np.int64),
        edges.backward_time[edge].astype(np.int64),
    )
