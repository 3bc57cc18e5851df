"""Places that reach no service, and what would reach them if nobody had tagged who may drive where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.graph import Graph
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.sources import RoadSource
from palveluverkko.osm.examining import OPENED, OpenProfile
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads
from palveluverkko.reach.snap import Snapped, Verdict, snap
from palveluverkko.reach.table import to_minutes
from palveluverkko.study.doctor_roads import to_lines
from palveluverkko.study.doctor_tables import names, people

UNREACHED_VERDICT = "unreached"

WAYS_NAMED = 5
"""Most ways, and most barriers, that are named for one place: the first on the way from it."""

_TOLD = ("closed_metres", "ways", "road_names", "barriers")
_COLUMNS = ("id", "name", "population", "verdict", "open_minutes", *_TOLD)


class CutOff(NamedTuple):
    """Places that reach no service, and the roads that would let them through if no tag closed them."""

    table: pd.DataFrame
    closed_roads: geopandas.GeoDataFrame


class Stretch(NamedTuple):
    """A part of an edge that a trip drives, and the vertices that it passes, in their order from the place."""

    edge: int
    vertices: range


@dataclass(frozen=True, eq=False)
class OpenRoads:
    """The roads of a file with access tags ignored.

    Attributes
    ----------
    roads
        The ways.
    network
        Their network.
    """

    roads: Roads
    network: RoadNetwork

    @cached_property
    def opened(self) -> NDArray[np.bool_]:
        """Whether access tags close an edge, bool[e]; an edge is opened as a whole or not at all."""
        by_class = np.asarray([one.endswith(OPENED) for one in self.network.road_classes])
        return np.asarray(by_class[self.network.edges.road_class])

    def ways_along(self, runs: list[list[Stretch]]) -> list[list[int]]:
        """Give the positions of the opened ways along the edges of some runs, each once in a run, in order.

        An edge may lie on several ways and knows the first: the others are found by the straight pieces they share.
        """
        network = self.network
        to_degrees = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True).transform
        keys = {}
        for edge in {one.edge for run in runs for one in run}:
            vertices = slice(*network.edges.first_vertex[edge : edge + 2])
            keys[edge] = _keys(*to_degrees(network.edges.vertex_x[vertices], network.edges.vertex_y[vertices]))
        way_of = self._piece_ways(np.unique(np.concatenate([*keys.values(), np.empty(0, dtype=np.uint64)])))
        found = []
        for run in runs:
            pieces = (ends for one in run for ends in pairwise(keys[one.edge][:: one.vertices.step].tolist()))
            ways = (way_of.get((min(ends), max(ends))) for ends in pieces)
            found.append(list(dict.fromkeys(way for way in ways if way is not None)))
        return found

    def barriers_along(self, stretches: list[Stretch]) -> list[str]:
        """Name the barriers on some stretches of road, each once, in order: kind and OpenStreetMap node."""
        roads = self.roads
        found: dict[str, None] = {}
        for one in stretches:
            for spot in self._spot_of_vertex[np.asarray(one.vertices, dtype=np.int64)].tolist():
                if spot >= 0:
                    kind = roads.spots[roads.spot_kind[spot]].kind.removesuffix(OPENED)
                    found[f"{kind} {roads.node_id[roads.spot_node[spot]]}"] = None
        return list(found)

    @cached_property
    def _spot_of_vertex(self) -> NDArray[np.int32]:
        """Give the opened barrier at each vertex of the network, by its position among the spots; -1 for none."""
        roads, edges = self.roads, self.network.edges
        opened = np.asarray([one.kind.endswith(OPENED) for one in roads.spots], dtype=np.bool_)
        spots = np.flatnonzero(opened[roads.spot_kind])
        found = np.full(edges.vertex_x.size, -1, dtype=np.int32)
        if not spots.size:
            return found
        node = roads.spot_node[spots]
        to_metres = Transformer.from_crs("EPSG:4326", self.network.crs, always_xy=True).transform
        keys = _metric_keys(*to_metres(roads.lon[node], roads.lat[node]))
        order = np.argsort(keys, kind="stable")
        of_vertex = _metric_keys(edges.vertex_x, edges.vertex_y)
        at = np.minimum(np.searchsorted(keys[order], of_vertex), spots.size - 1)
        here = keys[order][at] == of_vertex
        found[here] = spots[order][at[here]]
        return found

    def _piece_ways(self, keys: NDArray[np.uint64]) -> dict[tuple[int, int], int]:
        """Give the opened way of each straight piece between some positions, by the keys of its ends."""
        roads = self.roads
        opened = np.asarray([one.road_class.endswith(OPENED) for one in roads.kinds])[roads.way_kind]
        way = np.repeat(np.arange(roads.way_id.size), np.diff(roads.first_node))
        there = np.isin(_keys(roads.lon, roads.lat), keys)[roads.way_node]
        found: dict[tuple[int, int], int] = {}
        for one in np.unique(way[there & opened[way]]).tolist():
            node = roads.way_node[slice(*roads.first_node[one : one + 2])]
            for ends in pairwise(_keys(roads.lon[node], roads.lat[node]).tolist()):
                found.setdefault((min(ends), max(ends)), one)
        return found


def _keys(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Give each position a number of its own, to a ten-millionth of a degree: so fine are OpenStreetMap's."""
    column, row = (np.rint((np.asarray(one) + 180) * 1e7).astype(np.uint64) for one in (lon, lat))
    return np.asarray((column << np.uint64(32)) | row)


def _metric_keys(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Give each position in metres a number of its own, to a decimetre."""
    column, row = (np.rint((np.asarray(one) + 1e7) * 10).astype(np.uint64) for one in (x, y))
    return np.asarray((column << np.uint64(32)) | row)


def find_nearest(
    network: RoadNetwork,
    points: Snapped,
    places: Snapped,
    *,
    budget_minutes: float,
    direction: Direction,
) -> search.Nearest:
    """Find for each place the nearest of some points and the travel time, in one search."""
    towards = direction is Direction.TO_SERVICE
    begins = places if towards else points
    return search.nearest(
        network.roads,
        starts=begins.starts(network),
        ends=points.ends_at_service(network) if towards else places.ends(network),
        budget=to_milliseconds(budget_minutes),
        search_from="ends" if towards else "starts",
    )


def unreached_table(places: geopandas.GeoDataFrame, snapped: Snapped, milliseconds: NDArray[np.int32]) -> pd.DataFrame:
    """List the places that reach no open point, those with most people first.

    Returns
    -------
    DataFrame
        id, name, population, verdict (off_network, small_component, or unreached on the main network), and, to be
        filled by :func:`with_tags_ignored`: open_minutes, closed_metres, ways, road_names, barriers.
    """
    none = np.flatnonzero(milliseconds == UNREACHED)
    cut_off = np.isin(snapped.verdict[none], [Verdict.OFF_NETWORK, Verdict.SMALL_COMPONENT])
    table = pd.DataFrame(
        {
            "id": [str(one) for one in places.index[none]],
            "name": names(places)[none],
            "population": people(places)[none],
            "verdict": np.where(cut_off, snapped.verdict[none].astype(str), UNREACHED_VERDICT),
            "open_minutes": np.full(none.size, np.nan),
            "closed_metres": np.full(none.size, np.nan),
            "ways": "",
            "road_names": "",
            "barriers": "",
        },
        columns=list(_COLUMNS),
    )
    return table.sort_values(["population", "id"], ascending=[False, True], ignore_index=True)


def open_roads(source: RoadSource, profile: CarProfile) -> OpenRoads:
    """Read road files and build their network as if they held no access tag."""
    roads = source.read_roads(OpenProfile.of(profile))
    return OpenRoads(roads, build_network(roads, profile, fingerprint=""))


def with_tags_ignored(
    unreached: pd.DataFrame,
    roads: OpenRoads,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    budget_minutes: float,
    direction: Direction,
) -> CutOff:
    """Fill in what would reach the places if access tags were ignored.

    Parameters
    ----------
    unreached
        As :func:`unreached_table` gives it.
    roads
        The roads without access tags.
    points
        The open service points.
    places
        All places; those of the table are looked up by id.
    budget_minutes, direction
        As in the study.

    Returns
    -------
    CutOff
        The table, those that would be reached first, with open_minutes (NaN: not reached even so), closed_metres (how
        much of the way runs on road pieces that tags close), ways and road_names (the first of these, seen from the
        place) and barriers (the first that stand in the way, with their nodes); and all these roads.
    """
    network = roads.network
    at = pd.Index([str(one) for one in places.index]).get_indexer(pd.Index(unreached["id"]))
    snapped_points, snapped = snap(network, points), snap(network, places.iloc[at])
    nearest = find_nearest(network, snapped_points, snapped, budget_minutes=budget_minutes, direction=direction)
    filled = unreached.assign(open_minutes=to_minutes(nearest.time))
    reached = np.flatnonzero(nearest.time != UNREACHED)
    if not reached.size:
        return CutOff(filled, closed_lines(roads.roads, [], np.empty(0)))
    walks = _Walks.of(network, snapped_points, snapped, budget_minutes=budget_minutes, direction=direction)
    stretches = [walks.stretches(int(row), int(nearest.owner[row])) for row in reached]
    runs = [[one for one in on_the_way if roads.opened[one.edge]] for on_the_way in stretches]
    ways_of_runs = roads.ways_along(runs)
    told = []
    for on_the_way, closed_run, ways in zip(stretches, runs, ways_of_runs, strict=True):
        called = dict.fromkeys(roads.roads.names[one] for one in roads.roads.way_name[ways])
        told.append(
            (
                float(network.edges.metres[list({one.edge for one in closed_run})].sum()),
                ", ".join(str(one) for one in roads.roads.way_id[ways[:WAYS_NAMED]]),
                ", ".join([one for one in called if one][:WAYS_NAMED]),
                ", ".join(roads.barriers_along(on_the_way)[:WAYS_NAMED]),
            )
        )
    # A cell at a time takes 0.8 ms.
    for column, values in zip(_TOLD, zip(*told, strict=True), strict=True):
        filled.loc[reached, column] = list(values)
    closed = closed_lines(roads.roads, ways_of_runs, filled["population"].to_numpy()[reached])
    return CutOff(filled.sort_values("open_minutes", key=pd.isna, kind="stable", ignore_index=True), closed)


def closed_lines(roads: Roads, runs: list[list[int]], population: NDArray[np.float64]) -> geopandas.GeoDataFrame:
    """Draw the roads that stand between places and every service, those before most people first.

    Parameters
    ----------
    roads
        The ways, access tags ignored.
    runs
        For each place the positions of the ways that tags close on its way.
    population
        People of each place.

    Returns
    -------
    GeoDataFrame
        way, name, road_class, places, population, geometry; EPSG:4326.
    """
    ways = np.unique(np.asarray([way for run in runs for way in run], dtype=np.int64))
    places, people_behind = np.zeros(ways.size, dtype=np.int64), np.zeros(ways.size)
    for run, heads in zip(runs, population, strict=True):
        at = np.searchsorted(ways, run)
        places[at] += 1
        people_behind[at] += heads
    lines = to_lines(roads, ways).drop(columns="speed_source")
    road_class = [one.removesuffix(OPENED) for one in lines["road_class"]]
    lines = lines.assign(road_class=road_class, places=places, population=people_behind)
    columns = ["way", "name", "road_class", "places", "population", "geometry"]
    return lines[columns].sort_values(["population", "way"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Walks:
    """Quickest ways between places and the nearest point, followed from the place.

    Attributes
    ----------
    network
        The roads.
    places, points
        Where they begin and end.
    first_node
        int64[places]; the node through which each place is quickest, -1 where its point stands on the same edge.
    next_node, next_edge
        int64[n]; the next node on the way from each node and the edge to it, -1 for none.
    """

    network: RoadNetwork
    places: Snapped
    points: Snapped
    first_node: NDArray[np.int64]
    next_node: NDArray[np.int64]
    next_edge: NDArray[np.int64]

    @classmethod
    def of(
        cls, network: RoadNetwork, points: Snapped, places: Snapped, *, budget_minutes: float, direction: Direction
    ) -> _Walks:
        """Search once from the points, and note at each node where its quickest way goes on."""
        towards = direction is Direction.TO_SERVICE
        time = search.node_times(
            network.roads,
            seeds=points.ends_at_service(network) if towards else points.starts(network),
            budget=to_milliseconds(budget_minutes),
            search_from="ends" if towards else "starts",
        ).milliseconds
        graph = network.graph
        here, there = (graph.tail(), graph.head) if towards else (graph.head, graph.tail())
        anchors = places.starts(network) if towards else places.ends(network)
        reached = (anchors.node >= 0) & (time[anchors.node] != UNREACHED)
        whole = np.where(reached, time[anchors.node].astype(np.int64) + anchors.time, UNREACHED)
        best = whole.argmin(axis=1)[:, None]
        first_node = np.where(whole < UNREACHED, anchors.node, -1)
        return cls(
            network,
            places,
            points,
            np.take_along_axis(first_node, best, axis=1)[:, 0].astype(np.int64),
            *_next_on_the_way(graph, network.arc_piece, time, here, there),
        )

    def stretches(self, place: int, point: int) -> list[Stretch]:
        """Give the stretches of road on the way from a place to its point, in the order in which they are driven."""
        node = int(self.first_node[place])
        if node < 0:
            one, other = int(self.places.vertex[place]), int(self.points.vertex[point])
            between = range(one + 1, other + 1) if one <= other else range(one, other, -1)
            return [Stretch(int(self.places.edge[place]), between)]
        found = [self._end(self.places, place, node, leaves=True)]
        seen: set[int] = set()
        while True:
            seen.add(node)
            edge, later = int(self.next_edge[node]), int(self.next_node[node])
            if edge >= 0:
                found.append(self._whole(edge, node))
            if later < 0 or later in seen:
                break
            node = later
        return [one for one in (*found, self._end(self.points, point, node, leaves=False)) if one is not None]

    def _whole(self, edge: int, node: int) -> Stretch:
        """Give an edge as one drives it from a node."""
        edges = self.network.edges
        along = range(int(edges.first_vertex[edge]), int(edges.first_vertex[edge + 1]))
        return Stretch(edge, along if edges.tail[edge] == self.network.node_junction[node] else along[::-1])

    def _end(self, snapped: Snapped, row: int, node: int, *, leaves: bool) -> Stretch | None:
        """Give the stretch between a point and the node by which the way goes on; None on the other carriageway."""
        edges, edge, vertex = self.network.edges, int(snapped.edge[row]), int(snapped.vertex[row])
        junction = int(self.network.node_junction[node])
        if edges.head[edge] == junction:
            onward = range(vertex + 1, int(edges.first_vertex[edge + 1]))
            return Stretch(edge, onward if leaves else onward[::-1])
        if edges.tail[edge] == junction:
            onward = range(int(edges.first_vertex[edge]), vertex + 1)
            return Stretch(edge, onward[::-1] if leaves else onward)
        return None


def _next_on_the_way(
    graph: Graph,
    arc_piece: NDArray[np.int32],
    time: NDArray[np.int32],
    here: NDArray[np.int32],
    there: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give for each node the next one on its quickest way and the edge to it, int64[n] each; -1 at the end."""
    onward = time[there].astype(np.int64) + graph.travel_time
    tight = np.flatnonzero((time[there] != UNREACHED) & (time[here] != UNREACHED) & (onward == time[here]))
    # Of several the longest arc: arcs of no length could lead round in a ring.
    tight = tight[np.argsort(graph.travel_time[tight], kind="stable")]
    next_node = np.full(graph.nodes, -1, dtype=np.int64)
    next_edge = np.full(graph.nodes, -1, dtype=np.int64)
    next_node[here[tight]] = there[tight]
    next_edge[here[tight]] = np.where(arc_piece[tight] >= 0, arc_piece[tight] >> 1, -1)
    return next_node, next_edge
