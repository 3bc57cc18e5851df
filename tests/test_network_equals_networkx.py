"""Travel times of the network against networkx on its own export, and OSMnx's functions on that export.

networkx shares no code with the engine. The three networks are sparse Lapland, dense Tampere and Andorra with its
one-way pairs and roads for the first and last leg only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas
import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyproj import Geod
from shapely import Point

import palveluverkko as pv
from palveluverkko.engine import search
from palveluverkko.engine.graph import Anchors
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, RoadNetwork
from palveluverkko.osm.reader import read_roads

DAY_MINUTES = 24 * 60
DAY = DAY_MINUTES * 60_000
ORIGINS = 5
POSITIONS = 3
ROAD_FILES = [
    "lappi",
    pytest.param("andorra", marks=pytest.mark.shared),
    pytest.param("tampere", marks=pytest.mark.shared),
]


Position = tuple[int, float]
"""Number of a road piece and the share of its length."""


class Roads(NamedTuple):
    """One road file as the network that users get and with every OpenStreetMap node as a junction; both exported."""

    network: RoadNetwork
    export: nx.MultiDiGraph
    whole: RoadNetwork
    whole_export: nx.MultiDiGraph


@pytest.fixture(scope="module", params=ROAD_FILES)
def roads(request: pytest.FixtureRequest) -> Roads:
    if request.param == "lappi":
        path = Path(__file__).parents[1] / "data" / "lappi" / "lappi.osm.pbf"
    else:
        path = request.getfixturevalue("shared_data") / "osm" / f"{request.param}.osm.pbf"
    profile = pv.CarProfile()
    read = read_roads(path, profile)
    network, whole = (build_network(read, profile, fingerprint="", contract=one) for one in (True, False))
    return Roads(network, network.to_networkx(), whole, whole.to_networkx())


# The further functions of OSMnx take half a minute on Tampere and see nothing there that Andorra lacks.
on_small_roads = pytest.mark.parametrize("roads", ROAD_FILES[:2], indirect=True)


# --- From one node to all


@pytest.mark.parametrize("search_from", ["starts", "ends"])
def test_times_between_a_node_and_all_nodes_are_those_of_networkx(roads: Roads, search_from: str) -> None:
    graph, nodes = roads.network.graph, list(roads.export)
    directed = roads.export if search_from == "starts" else roads.export.reverse(copy=False)
    for origin in draw(graph.nodes, ORIGINS):
        times = search.nearest_nodes(graph, seeds=anchor(origin), budget=DAY, search_from=search_from).time
        seconds = nx.single_source_dijkstra_path_length(directed, nodes[origin], weight="travel_time")
        np.testing.assert_array_equal(times, [milliseconds(seconds.get(node)) for node in nodes])


def test_nodes_of_the_export_are_the_nodes_of_the_graph_in_order(roads: Roads) -> None:
    network, export = roads.network, roads.export
    junctions = network.junction_id.size
    ids = network.junction_id.tolist()
    own = np.isin(np.arange(junctions), np.unique(ids, return_index=True)[1]).tolist()
    exported = list(export)[:junctions]
    assert [one for one, is_first in zip(exported, own, strict=True) if is_first] == list(dict.fromkeys(ids))
    assert all(one < 0 for one, is_first in zip(exported, own, strict=True) if not is_first)
    layers = [layer for _, layer in export.nodes(data="layer")]
    assert layers[:junctions] == ["through"] * junctions
    names = {THROUGH: "through", TRIP_BEGINS: "start", TRIP_ENDS: "end"}
    assert layers == [names[layer] for layer in network.node_layer.tolist()]
    assert export.number_of_edges() == network.graph.head.size


def test_times_of_the_export_are_whole_milliseconds(roads: Roads) -> None:
    thousandths = np.asarray([time for *_, time in roads.export.edges(data="travel_time")]) * 1000
    np.testing.assert_allclose(thousandths, np.rint(thousandths), rtol=0, atol=1e-6)


# --- From the middle of one road piece to the middle of another


@pytest.mark.parametrize("direction", ["to_service", "from_service"])
def test_trips_between_positions_are_those_of_networkx_on_roads_cut_by_hand(roads: Roads, direction: str) -> None:
    # Some places share their piece with a point, ahead of it and behind it.
    drawn = snappable_pieces(roads.whole, 2 * POSITIONS)
    points = [(piece, 0.381966) for piece in drawn[:POSITIONS]]
    places = [(piece, 0.618034) for piece in [*drawn[POSITIONS:], *drawn[:2]]] + [(drawn[2], 0.236068)]
    table = pv.travel_times(
        roads.network,
        to_frame(roads.whole, points),
        to_frame(roads.whole, places),
        budget_minutes=DAY_MINUTES,
        direction=direction,
    )
    assert table.findings().empty
    assert max(table.snapped_points.access_metres.max(), table.snapped_places.access_metres.max()) < 1e-3

    if direction == "from_service":
        expected = times_by_hand(roads, points, places)
    else:
        expected = times_by_hand(roads, places, points).T
    np.testing.assert_array_equal(table.milliseconds, expected)


def test_joining_road_pieces_to_chains_changes_no_time(roads: Roads) -> None:
    at = {node: position for position, node in enumerate(roads.whole.junction_id.tolist())}
    # Of a node that a barrier takes apart nobody knows which junction is which.
    count = Counter(roads.whole.junction_id.tolist())
    own = [position for position, node in enumerate(roads.network.junction_id.tolist()) if count[node] == 1]
    same = [at[node] for node in roads.network.junction_id[own].tolist()]
    for origin in draw(len(same), ORIGINS):
        times = times_at_junctions(roads.network, own[origin])
        whole = times_at_junctions(roads.whole, same[origin])
        np.testing.assert_array_equal(times[own], whole[same])


def times_at_junctions(network: RoadNetwork, junction: int) -> NDArray[np.int64]:
    """Milliseconds from a junction to all: of their nodes, of which turn restrictions need several, the first."""
    of_node = search.nearest_nodes(network.graph, seeds=anchor(junction), budget=DAY, search_from="starts").time
    times = np.full(network.junction_id.size, np.iinfo(np.int32).max)
    np.minimum.at(times, network.node_junction, of_node)
    return times


def snappable_pieces(whole: RoadNetwork, count: int) -> list[int]:
    """Draw road pieces of some length: on them the next road is not at hand."""
    edges = whole.edges
    where = np.flatnonzero(edges.main & edges.snappable & (edges.metres > 20))
    return where[draw(where.size, count)].tolist()


def to_frame(whole: RoadNetwork, positions: list[Position]) -> geopandas.GeoDataFrame:
    lines = whole.edges.lines(np.asarray([piece for piece, _ in positions]))
    points = [line.interpolate(share, normalized=True) for line, (_, share) in zip(lines, positions, strict=True)]
    index = pd.Index([f"{number:02d}" for number in range(len(points))], name="id")
    return geopandas.GeoDataFrame(geometry=points, index=index, crs=whole.crs)


def times_by_hand(roads: Roads, starts: list[Position], ends: list[Position]) -> NDArray[np.int64]:
    """Cut the roads at both ends of all trips: starts become nodes that can only be left, ends only be entered."""
    graph, nodes = roads.whole_export, list(roads.whole_export)
    for number, (piece, share) in enumerate(starts):
        for tail, head, whole_time, start_time in ways_along(roads, nodes, piece, share, "start"):
            graph.add_edge(("start", number), head, travel_time=(whole_time - start_time) / 1000)
            for other, (end_piece, end_share) in enumerate(ends):
                same_way = ways_along(roads, nodes, end_piece, end_share, "start") if end_piece == piece else ()
                for end_tail, end_head, _, end_time in same_way:
                    if (end_tail, end_head) == (tail, head) and end_time >= start_time:
                        seconds = (end_time - start_time) / 1000
                        graph.add_edge(("start", number), ("end", other), travel_time=seconds)
    for number, (piece, share) in enumerate(ends):
        for tail, _, _, end_time in ways_along(roads, nodes, piece, share, "end"):
            graph.add_edge(tail, ("end", number), travel_time=end_time / 1000)

    times = []
    for number in range(len(starts)):
        seconds = nx.single_source_dijkstra_path_length(graph, ("start", number), weight="travel_time")
        times.append([milliseconds(seconds.get(("end", other))) for other in range(len(ends))])
    graph.remove_nodes_from([node for node in graph if isinstance(node, tuple)])
    return np.asarray(times)


def ways_along(
    roads: Roads, nodes: list[int], piece: int, share: float, layer: str
) -> Iterator[tuple[int, int, int, int]]:
    """Give both nodes and the milliseconds, of the whole piece and up to a position, of each way it may be driven."""
    edges = roads.whole.edges
    own = {"start": roads.whole.leave[:, ::-1], "end": roads.whole.enter}[layer]
    ends = [nodes[end] for end in own[piece]]
    for (tail, head), onward in ((ends, True), (ends[::-1], False)):
        for arc in (roads.whole_export.get_edge_data(tail, head) or {}).values():
            if arc["osmid"] == edges.way[piece] and arc.get("reversed") is not onward:
                time = milliseconds(arc["travel_time"])
                yield tail, head, time, round(time * (share if onward else 1 - share))


# --- OSMnx's own functions


@on_small_roads
def test_osmnx_takes_the_export_as_one_of_its_own(roads: Roads) -> None:
    osmnx.convert.validate_graph(roads.export)


@on_small_roads
def test_osmnx_turns_the_export_into_frames(roads: Roads) -> None:
    nodes, edges = osmnx.convert.graph_to_gdfs(roads.export)
    assert (len(nodes), len(edges)) == (roads.network.graph.nodes, roads.network.graph.head.size)
    assert nodes.crs == edges.crs == "EPSG:4326"
    drawn = edges[edges.highway != "junction"]
    metres = [Geod(ellps="WGS84").geometry_length(line) for line in drawn.geometry]
    np.testing.assert_allclose(drawn["length"], metres, rtol=1e-6, atol=1e-3)


@on_small_roads
def test_osmnx_finds_the_quickest_route(roads: Roads) -> None:
    nodes = list(roads.export)
    first, last = draw(roads.network.junction_id.size, 2)
    path = osmnx.routing.shortest_path(roads.export, nodes[first], nodes[last], weight="travel_time")
    seconds = osmnx.routing.route_to_gdf(roads.export, path, weight="travel_time").travel_time.sum()
    times = search.nearest_nodes(roads.network.graph, seeds=anchor(first), budget=DAY, search_from="starts").time
    assert milliseconds(seconds) == times[last]


@on_small_roads
def test_osmnx_finds_the_nearest_node_of_the_projected_export(roads: Roads) -> None:
    network = roads.network
    projected = osmnx.project_graph(roads.export, to_crs=network.crs)
    junction = draw(network.junction_id.size, 1)[0]
    here = Point(network.junction_x[junction], network.junction_y[junction])
    node, metres = osmnx.distance.nearest_nodes(projected, here.x, here.y, return_dist=True)
    assert metres < 0.01
    assert here.distance(Point(projected.nodes[node]["x"], projected.nodes[node]["y"])) < 0.01


@on_small_roads
def test_osmnx_measures_the_export(roads: Roads) -> None:
    stats = osmnx.stats.basic_stats(roads.export)
    assert (stats["n"], stats["m"]) == (roads.network.graph.nodes, roads.network.graph.head.size)
    # Roads for the first and last leg stand in the export twice.
    edges = roads.network.edges
    copies = np.where(edges.local, 2, 1) * (edges.forward.astype(int) + edges.backward)
    assert stats["edge_length_total"] == pytest.approx((edges.metres * copies).sum())


@on_small_roads
def test_the_export_survives_graphml(roads: Roads, tmp_path: Path) -> None:
    osmnx.save_graphml(roads.export, tmp_path / "roads.graphml")
    again = osmnx.load_graphml(tmp_path / "roads.graphml")
    assert list(again) == list(roads.export)
    assert again.graph["crs"] == roads.export.graph["crs"]
    for attribute in ("travel_time", "length", "oneway", "osmid", "highway"):
        assert list(again.edges(data=attribute)) == list(roads.export.edges(data=attribute)), attribute


# --- What the tests share


def draw(size: int, count: int) -> list[int]:
    """Draw different positions, the same in every run."""
    return np.random.default_rng(20_261_122).choice(size, count, replace=False).tolist()


def anchor(node: int) -> Anchors:
    """Anchor one point at a node."""
    none, zero = np.array([[-1, -1]], dtype=np.int32), np.zeros((1, 2), dtype=np.int32)
    return Anchors(np.array([[node, -1]], dtype=np.int32), zero, none, zero, zero[0, :1])


def milliseconds(seconds: float | None) -> int:
    return search.UNREACHED if seconds is None else round(seconds * 1000)
