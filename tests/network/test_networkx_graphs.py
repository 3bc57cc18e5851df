"""Networks to networkx graphs and back, and networks out of graphs that OSMnx made."""

from __future__ import annotations

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely
from hypothesis import given, settings
from same_networks import assert_same_columns
from shapely import LineString
from streets import FERRY, PRIVATE, STREET, jittered_lattice, network_of, roads, street_plans, ways
from village import hours, write_village

import palveluverkko as pv
from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.graph import Anchors, sort_into_graph
from palveluverkko.engine.search import UNREACHED, nearest_nodes

SMALL = network_of(roads(jittered_lattice(9), ways((STREET, 0, 1, 4), (PRIVATE, 4, 3), (FERRY, 4, 7, 8))))
DAY = 24 * 60 * 60_000


def from_networkx(graph, **options):
    return pv.RoadNetwork.from_networkx(graph, **options)


def times_from(network, node):
    """Give times to all junctions, by OpenStreetMap id, from one junction in the layer of public roads."""
    none, zero = np.array([[-1, -1]], dtype=np.int32), np.zeros((1, 2), dtype=np.int32)
    at = int(np.flatnonzero(network.junction_id == node)[0])
    anchor = Anchors(np.array([[at, -1]], dtype=np.int32), zero, none, zero, zero[0, :1])
    times = nearest_nodes(network.graph, seeds=anchor, budget=DAY, search_from="starts").time
    return {int(one): int(times[at]) for at, one in enumerate(network.junction_id) if times[at] != UNREACHED}


def assert_same_network(one, other):
    assert_same_columns(one, other)
    for x, y in (("junction_x", "junction_y"), ("cut_x", "cut_y")):
        np.testing.assert_allclose(getattr(one, x), getattr(other, x), rtol=0, atol=2e-4)
        np.testing.assert_allclose(getattr(one, y), getattr(other, y), rtol=0, atol=2e-4)
    access = ("access_speed_kmh", "max_access_metres")
    for name in ("crs", "bounds", "season", *access, "metres_by_speed_source", "fingerprint"):
        assert getattr(one, name) == getattr(other, name), name


# --- there and back


@settings(deadline=None, max_examples=60)
@given(street_plans())
def test_a_network_comes_back_from_its_graph_and_the_graph_from_the_network(plan):
    network = network_of(roads(*plan))
    graph = network.to_networkx()
    again = from_networkx(graph)
    assert_same_network(network, again)
    assert nx.utils.graphs_equal(again.to_networkx(), graph)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "tampere"])
def test_a_real_network_comes_back_from_its_graph(shared_data, name):
    network = pv.read_network(shared_data / "osm" / f"{name}.osm.pbf", store="none")
    graph = network.to_networkx()
    again = from_networkx(graph)
    assert_same_network(network, again)
    assert nx.utils.graphs_equal(again.to_networkx(), graph)
    places = network.to_edges().geometry.interpolate(0.3, normalized=True)[::97].to_frame("geometry")
    places.index = places.index.astype(str)
    for direction in ("to_service", "from_service"):
        options = {"budget_minutes": 180, "direction": direction}
        before, after = (pv.travel_times(one, places[:5], places, **options) for one in (network, again))
        np.testing.assert_array_equal(before.milliseconds, after.milliseconds)


def test_a_graph_of_ours_survives_graphml(tmp_path):
    osmnx.save_graphml(SMALL.to_networkx(), tmp_path / "roads.graphml")
    assert_same_network(SMALL, from_networkx(osmnx.load_graphml(tmp_path / "roads.graphml")))


def test_a_projected_graph_of_ours_comes_back_although_osmnx_puts_it_into_another_order():
    graph = SMALL.to_networkx()
    again = from_networkx(osmnx.project_graph(graph, to_crs=SMALL.crs))
    assert_same_network(SMALL, again)


def test_a_junction_of_several_nodes_comes_back():
    """As a network has that forbids a turn: who comes by one road meets the junction at a node of its own."""
    drawn = network_of(
        roads(jittered_lattice(9), ways((STREET, 0, 1, 2), (STREET, 1, 4), (STREET, 4, 3))), contract=False
    )
    graph, piece = drawn.graph, drawn.arc_piece
    tail, head = graph.tail().astype(np.int64), graph.head.astype(np.int64)
    at = int(np.flatnonzero(drawn.junction_id == 10)[0])
    arriving = int(np.flatnonzero(head == at)[0])
    leaving = np.flatnonzero(tail == at)[1:]
    further = graph.nodes
    leave = drawn.leave.copy()
    leave[np.divmod(int(piece[arriving]), 2)] = further
    head[arriving] = further
    whole, order = sort_into_graph(
        further + 1,
        np.concatenate((tail, np.full(leaving.size, further))),
        np.concatenate((head, head[leaving])),
        np.concatenate((graph.travel_time, graph.travel_time[leaving])),
    )
    network = replace(
        drawn,
        graph=whole,
        arc_piece=np.concatenate((piece, piece[leaving]))[order],
        node_junction=np.append(drawn.node_junction, np.int32(at)),
        node_layer=np.append(drawn.node_layer, np.int8(0)),
        leave=leave,
    )
    exported = network.to_networkx()
    assert list(exported)[-1] < 0
    again = from_networkx(exported)
    assert_same_network(network, again)
    assert again.leave.max() == further
    assert nx.utils.graphs_equal(again.to_networkx(), exported)


def test_nodes_that_share_their_id_stay_apart():
    copied = SMALL.junction_id.copy()
    copied[1] = copied[0]
    network = replace(SMALL, junction_id=copied)
    graph = network.to_networkx()
    assert graph.number_of_nodes() == SMALL.graph.nodes
    assert from_networkx(graph).junction_id.tolist() == copied.tolist()


def test_a_road_that_was_taken_out_of_the_graph_is_gone_and_the_fingerprint_with_it():
    graph = SMALL.to_networkx()
    gone = [(a, b, k) for a, b, k, data in graph.edges(keys=True, data=True) if data["highway"] == "ferry"]
    graph.remove_edges_from(gone)
    again = from_networkx(graph)
    assert again.edges.tail.size == SMALL.edges.tail.size - 1
    assert "ferry" not in again.road_classes
    assert again.fingerprint != SMALL.fingerprint


def test_times_changed_in_the_graph_reach_every_vertex():
    graph = SMALL.to_networkx()
    for *_, data in graph.edges(data=True):
        data["travel_time"] *= 2
    again = from_networkx(graph)
    np.testing.assert_array_equal(again.edges.vertex_forward, SMALL.edges.vertex_forward * 2)
    np.testing.assert_array_equal(again.edges.vertex_backward, SMALL.edges.vertex_backward * 2)


def test_closed_roads_are_not_in_the_graph():
    ferry = SMALL.road_classes.index("ferry")
    closed = SMALL.with_speeds(np.where(SMALL.edges.road_class == ferry, 0.0, 1.0))
    graph = closed.to_networkx()
    assert "ferry" not in {highway for *_, highway in graph.edges(data="highway")}
    assert from_networkx(graph).edges.tail.size == SMALL.edges.tail.size - 1


def test_a_profile_that_is_not_that_of_the_graph_is_refused():
    graph = SMALL.to_networkx()
    with pytest.raises(NetworkError, match=r"the graph was built with season = summer, and winter is asked for"):
        from_networkx(graph, profile=pv.CarProfile(season="winter", access_speed_kmh=5, max_access_metres=400))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("piece"),
        lambda data: data.update(travel_time=-1),
        lambda data: data.update(vertex_milliseconds=[0]),
        lambda data: data.update(geometry=None),
    ],
)
def test_a_graph_of_ours_that_is_not_whole_is_refused_in_one_line(spoil):
    graph = SMALL.to_networkx()
    spoil(next(data for *_, data in graph.edges(data=True) if data["highway"] == "residential"))
    with pytest.raises(NetworkError, match=r"^the graph was made by palveluverkko and is not whole any more .*$"):
        from_networkx(graph)


# --- graphs of OSMnx


def osmnx_graph(tmp_path, **options):
    return osmnx.graph_from_xml(write_village(tmp_path / "village.osm"), retain_all=True, **options)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("projected", [True, False])
def test_a_graph_of_osmnx_gives_the_times_of_the_profile(tmp_path, simplify, projected):
    graph = osmnx_graph(tmp_path, simplify=simplify)
    network = from_networkx(osmnx.project_graph(graph) if projected else graph)
    # The profile's speeds for limits of 40 and 60; OSMnx measures on a sphere, which differs by up to 0.5 %.
    slow, quick = (pv.CarProfile().road({"highway": "tertiary", "maxspeed": one}).forward_kmh for one in ("40", "60"))
    expected = {2: hours(slow, 1, 5, 2)}
    expected[3] = expected[2] + hours(quick, 2, 3)
    if not simplify:  # which makes one edge of two limits
        expected[4] = expected[3] + hours(slow, 3, 4)
    times = times_from(network, 1)
    assert {node: times[node] for node in expected} == {
        node: pytest.approx(time * 3_600_000, rel=6e-3) for node, time in expected.items()
    }


def test_the_order_of_the_values_of_a_simplified_street_does_not_matter(tmp_path):
    # OSMnx lists them in the order of their hashes, which changes from run to run and with the direction.
    graph = osmnx_graph(tmp_path)
    plain = from_networkx(graph)
    listed = [key for _, _, data in graph.edges(data=True) for key in data if isinstance(data[key], list)]
    assert {"osmid", "highway", "maxspeed"} <= set(listed)
    for turn in ({(3, 6)}, {(6, 3)}, {(3, 6), (6, 3)}):
        other = graph.copy()
        for u, v, data in other.edges(data=True):
            for key, value in data.items():
                data[key] = value[::-1] if isinstance(value, list) and (u, v) in turn else value
        again = from_networkx(other)
        assert_same_columns(plain, again)
        assert again.fingerprint == plain.fingerprint


def test_both_directions_of_a_street_become_one_edge(tmp_path):
    graph = osmnx_graph(tmp_path)
    edges = from_networkx(graph).edges
    both = sum(graph.has_edge(v, u) for u, v in graph.edges())
    assert int((edges.forward & edges.backward).sum()) == both / 2
    assert int(edges.forward.sum() + edges.backward.sum()) == graph.number_of_edges()
    assert not (edges.backward & ~edges.forward).any()


def test_times_of_the_graph_go_before_speeds_and_speeds_before_the_profile(tmp_path):
    graph = osmnx_graph(tmp_path)
    with_speeds = osmnx.add_edge_speeds(graph.copy(), fallback=30)
    with_times = osmnx.add_edge_travel_times(with_speeds.copy())
    expected = nx.single_source_dijkstra_path_length(with_times, 1, weight="travel_time")
    for one in (with_speeds, with_times):
        found = times_from(from_networkx(one), 1)
        assert found == {node: pytest.approx(1000 * time, abs=10) for node, time in expected.items()}
    for *_, data in with_times.edges(data=True):
        data["travel_time"] = 60
        del data["length"]
    network = from_networkx(with_times)
    hops = nx.single_source_shortest_path_length(with_times, 1)
    assert times_from(network, 1) == {node: 60_000 * steps for node, steps in hops.items()}
    assert network.metres_by_speed_source == {"given": pytest.approx(network.edges.metres.sum())}


def test_the_times_of_a_foreign_graph_are_those_of_networkx_on_it():
    graph = SMALL.to_networkx()
    del graph.graph["palveluverkko"]
    network = from_networkx(graph)
    for node in (0, 40, 80):
        seconds = nx.single_source_dijkstra_path_length(graph, node, weight="travel_time")
        assert times_from(network, node) == {one: round(1000 * time) for one, time in seconds.items()}


def little_graph(**data):
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=25.0, y=66.0)
    graph.add_node(2, x=25.01, y=66.0)
    graph.add_edge(1, 2, **({"highway": "residential", "osmid": 7, "length": 450.0} | data))
    return graph


def test_of_a_list_of_limits_the_lowest_counts_and_of_classes_the_slowest():
    for tags in ({"maxspeed": ["80", "20"]}, {"maxspeed": "20"}, {"maxspeed": 20.0}):
        edges = from_networkx(little_graph(**tags)).edges
        assert edges.forward_time.tolist() == [round(450 * 3600 / 20)]
    slow = from_networkx(little_graph(highway=["primary", "service"]))
    assert slow.edges.forward_time.tolist() == [round(450 * 3600 / 20)]
    assert slow.road_classes == ("service",)


def test_limits_that_cannot_be_read_are_counted():
    assert from_networkx(little_graph(maxspeed="fast")).rejected_speeds == {"fast": 1}


def test_private_roads_of_a_graph_are_local_and_footways_no_roads():
    graph = little_graph()
    graph.add_node(3, x=25.02, y=66.0)
    graph.add_edge(2, 3, highway="service", access="private", osmid=8, length=450.0)
    graph.add_edge(3, 1, highway="footway", osmid=9, length=900.0)
    network = from_networkx(graph)
    assert network.to_edges()[["way", "local"]].to_numpy().tolist() == [[7, False], [8, True]]


def test_a_loop_with_both_directions_is_one_edge():
    ring = LineString([(25.0, 66.0), (25.01, 66.0), (25.01, 66.01), (25.0, 66.0)])
    graph = little_graph()
    graph.add_edge(1, 1, highway="residential", osmid=8, geometry=ring, travel_time=30, reversed=False)
    graph.add_edge(1, 1, highway="residential", osmid=8, geometry=ring.reverse(), travel_time=40, reversed=True)
    edges = from_networkx(graph).edges
    loop = int(np.flatnonzero(edges.way == 8)[0])
    assert edges.tail.size == 2
    assert (edges.forward_time[loop], edges.backward_time[loop]) == (30_000, 40_000)


def test_a_line_drawn_against_its_arc_is_turned():
    bent = [(25.0, 66.0), (25.002, 66.001), (25.01, 66.0)]
    edges = from_networkx(little_graph(geometry=LineString(bent[::-1]))).edges
    straight = from_networkx(little_graph(geometry=shapely.to_wkt(LineString(bent)))).edges
    np.testing.assert_array_equal(edges.vertex_x, straight.vertex_x)
    assert edges.vertex_forward[1] < edges.vertex_forward[2] / 2


def test_nodes_with_names_are_numbered():
    graph = nx.relabel_nodes(little_graph(), {1: "a", 2: "b"})
    assert sorted(from_networkx(graph).junction_id.tolist()) == [0, 1]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda graph: graph.to_undirected(), r"not a directed networkx graph"),
        (lambda _: "graph", r"not a directed networkx graph"),
        (lambda _: nx.MultiDiGraph(crs="EPSG:4326"), r"the graph has no edges"),
        (lambda graph: graph.graph.pop("crs") and graph, r"the graph has no crs; set"),
        (lambda graph: graph.graph.update(crs="EPSG:0") or graph, r"crs 'EPSG:0', which is not known"),
        (lambda graph: graph.nodes[2].pop("x") and graph, r"1 nodes of the graph have no x and y \('2'\)"),
        (lambda graph: graph.nodes[2].update(x="east") or graph, r"1 nodes of the graph have no x and y \('2'\)"),
        (lambda graph: graph.nodes[2].update(y=6_600_000.0) or graph, r"beyond the globe in its crs EPSG:4326"),
    ],
)
def test_graphs_that_cannot_be_read_are_refused_in_one_line(spoil, said):
    with pytest.raises(NetworkError, match=said) as caught:
        from_networkx(spoil(little_graph()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"travel_time": -1}, r"the edge 1 to 2 of the graph has travel_time = -1; it cannot be that"),
        ({"travel_time": math.inf}, r"travel_time = inf"),
        ({"travel_time": [3, 4]}, r"travel_time = \[3, 4\]; give one number"),
        ({"travel_time": 1e8}, r"take more than 24 days to drive \('7'\)"),
        ({"length": "long"}, r"length = 'long'; give one number"),
        ({"speed_kph": 0}, r"speed_kph = 0; it cannot be that"),
        ({"highway": "footway"}, r"no road that a car may drive"),
        ({"geometry": shapely.Point(25, 66)}, r"geometry that is no LineString"),
    ],
)
def test_edges_that_cannot_be_read_are_named(data, said):
    with pytest.raises(NetworkError, match=said):
        from_networkx(little_graph(**data))
