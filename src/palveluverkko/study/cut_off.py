"""Places that reach no service, and what would reach them if nobody had tagged who may drive where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.graph import Graph
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.osm.examining import CLOSED, LOCAL, OpenProfile
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads
from palveluverkko.reach.snap import Snapped, Verdict, snap
from palveluverkko.reach.table import to_minutes
from palveluverkko.study.doctor_tables import names, people

UNREACHED_VERDICT = "unreached"

WAYS_NAMED = 5
"""Most ways that are named for one place: the first on the way from it."""

_COLUMNS = ("id", "name", "population", "verdict", "open_minutes", "closed_metres", "ways", "road_names")


@dataclass(frozen=True, eq=False)
class OpenRoads:
    """The roads of a file with access tags ignored, and which of its ways that opens (ids, rising)."""

    network: RoadNetwork
    opened: NDArray[np.int64]


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
    begins, ends = (places, points) if towards else (points, places)
    return search.nearest(
        network.roads,
        starts=begins.starts(network),
        ends=ends.ends(network),
        budget=to_milliseconds(budget_minutes),
        search_from="ends" if towards else "starts",
    )


def unreached_table(places: geopandas.GeoDataFrame, snapped: Snapped, milliseconds: NDArray[np.int32]) -> pd.DataFrame:
    """List the places that reach no open point, those with most people first.

    Returns
    -------
    DataFrame
        id, name, population, verdict (off_network, small_component, or unreached on the main network), and, to be
        filled by :func:`with_tags_ignored`: open_minutes, closed_metres, ways, road_names.
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
        },
        columns=list(_COLUMNS),
    )
    return table.sort_values(["population", "id"], ascending=[False, True], ignore_index=True)


def open_roads(path: Path, profile: CarProfile) -> OpenRoads:
    """Read a road file and build its network as if it held no access tag."""
    roads = read_roads(path, OpenProfile.of(profile))
    opens = np.asarray([one.speed_source in (CLOSED, LOCAL) for one in roads.kinds])
    return OpenRoads(build_network(roads, profile, fingerprint=""), np.unique(roads.way_id[opens[roads.way_kind]]))


def with_tags_ignored(
    unreached: pd.DataFrame,
    roads: OpenRoads,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    budget_minutes: float,
    direction: Direction,
) -> pd.DataFrame:
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
    DataFrame
        The table, those that would be reached first, with open_minutes (NaN: not reached even so), closed_metres (how
        much of the way runs on road pieces that tags close), ways and road_names (the first of these, seen from the
        place).
    """
    network = roads.network
    at = pd.Index([str(one) for one in places.index]).get_indexer(pd.Index(unreached["id"]))
    snapped_points, snapped = snap(network, points), snap(network, places.iloc[at])
    nearest = find_nearest(network, snapped_points, snapped, budget_minutes=budget_minutes, direction=direction)
    filled = unreached.assign(open_minutes=to_minutes(nearest.time))
    reached = np.flatnonzero(nearest.time != UNREACHED)
    if not reached.size:
        return filled
    walks = _Walks.of(roads, snapped_points, snapped, budget_minutes=budget_minutes, direction=direction)
    for row in reached:
        edges = walks.closed_edges(int(row), int(nearest.owner[row]))
        ways = list(dict.fromkeys(network.edges.way[edges].tolist()))
        called = dict.fromkeys(network.names[one] for one in network.edges.name[edges])
        filled.loc[row, "closed_metres"] = float(network.edges.metres[edges].sum())
        filled.loc[row, "ways"] = ", ".join(str(one) for one in ways[:WAYS_NAMED])
        filled.loc[row, "road_names"] = ", ".join([one for one in called if one][:WAYS_NAMED])
    return filled.sort_values("open_minutes", key=pd.isna, kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False)
class _Walks:
    """Quickest ways between places and the nearest point, followed from the place.

    Attributes
    ----------
    closed
        bool[e]; edges that access tags close.
    first_node
        int64[places]; the node through which each place is quickest, -1 where its point stands on the same edge.
    place_edge, point_edge
        int32; the edges on which places and points stand.
    next_node, next_edge
        int64[n]; the next node on the way from each node and the edge to it, -1 for none.
    """

    closed: NDArray[np.bool_]
    first_node: NDArray[np.int64]
    place_edge: NDArray[np.int32]
    point_edge: NDArray[np.int32]
    next_node: NDArray[np.int64]
    next_edge: NDArray[np.int64]

    @classmethod
    def of(
        cls, roads: OpenRoads, points: Snapped, places: Snapped, *, budget_minutes: float, direction: Direction
    ) -> _Walks:
        """Search once from the points, and note at each node where its quickest way goes on."""
        network, towards = roads.network, direction is Direction.TO_SERVICE
        time = search.node_times(
            network.roads,
            seeds=points.ends(network) if towards else points.starts(network),
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
            np.isin(network.edges.way, roads.opened),
            np.take_along_axis(first_node, best, axis=1)[:, 0].astype(np.int64),
            places.edge,
            points.edge,
            *_next_on_the_way(graph, network.arc_piece, time, here, there),
        )

    def closed_edges(self, place: int, point: int) -> list[int]:
        """Give the closed edges on the way from a place to its point, in the order in which they are met."""
        on_the_way = [int(self.place_edge[place])]
        node = int(self.first_node[place])
        seen: set[int] = set()
        while node >= 0 and node not in seen:
            seen.add(node)
            on_the_way.append(int(self.next_edge[node]))
            node = int(self.next_node[node])
        on_the_way.append(int(self.point_edge[point]))
        return list(dict.fromkeys(edge for edge in on_the_way if edge >= 0 and self.closed[edge]))


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
