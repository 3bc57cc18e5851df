"""Building a network changes no travel time, loses no road, and keeps local roads local."""

import subprocess
import sys
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from streets import (
    AGAINST,
    FERRY,
    KINDS,
    MOTORWAY,
    ONEWAY,
    PRIVATE,
    PRIVATE_ONEWAY,
    ROAD,
    STREET,
    TIMED_FERRY,
    UNEVEN,
    NaiveTrips,
    Way,
    jittered_lattice,
    naive_edges,
    naive_main,
    network_of,
    nodes_of,
    roads,
    street_plans,
    ways,
)

from palveluverkko.domain.errors import NetworkError
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.engine.search import time_table
from palveluverkko.network.build import metric_crs
from palveluverkko.network.road_network import TRIP_BEGINS, TRIP_ENDS

SPOTS = jittered_lattice(9)


def junction_times(network, numbers):
    """Travel times between spots that are junctions, int32[spots, spots]."""
    position = {int(one) // 10: at for at, one in enumerate(network.junction_id)}
    junction = np.asarray([position[number] for number in numbers], dtype=np.int64)

    def anchored(nodes):
        columns = [(nodes, -1), (0, UNREACHED), (-1, -1), (0, 0)]
        slots = [np.column_stack([np.broadcast_to(one, nodes.shape) for one in column]) for column in columns]
        return Anchors(*map(freeze_int32, slots), access=freeze_int32(np.zeros_like(nodes)))

    return time_table(
        network.graph,
        starts=anchored(nodes_of(network, TRIP_BEGINS)[junction]),
        ends=anchored(nodes_of(network, TRIP_ENDS)[junction]),
        budget=UNREACHED - 1,
        search_from="starts",
    ).milliseconds


def naive_times(spots, given_ways, numbers):
    trips = NaiveTrips(spots, given_ways)
    times = [trips.times_from(number) for number in numbers]
    return np.asarray([[one.get(number, UNREACHED) for number in numbers] for one in times])


def junctions(network):
    return sorted(int(one) // 10 for one in network.junction_id)


def minutes_between(given_ways, start, end, spots=SPOTS):
    """Minutes of one trip on the uncontracted network, None when there is no way."""
    time = int(junction_times(network_of(roads(spots, given_ways), contract=False), [start, end])[0, 1])
    return None if time == UNREACHED else time / 60_000


@settings(deadline=None, max_examples=80)
@given(street_plans())
def test_contracted_and_uncontracted_networks_and_the_naive_twin_agree_to_the_millisecond(plan):
    spots, given_ways = plan
    contracted, whole = (network_of(roads(spots, given_ways), contract=one) for one in (True, False))
    common = junctions(contracted)
    assert set(common) <= set(junctions(whole))
    expected = naive_times(spots, given_ways, common)
    np.testing.assert_array_equal(junction_times(contracted, common), expected)
    np.testing.assert_array_equal(junction_times(whole, common), expected)


@settings(deadline=None, max_examples=60)
@given(street_plans())
def test_every_spot_is_a_junction_of_the_uncontracted_network_and_reached_as_by_the_naive_twin(plan):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways), contract=False)
    used = sorted({spot for way in given_ways for spot in way.spots})
    assert junctions(network) == used
    np.testing.assert_array_equal(junction_times(network, used), naive_times(spots, given_ways, used))


@settings(deadline=None, max_examples=60)
@given(street_plans(), st.booleans())
def test_every_piece_of_every_way_lies_on_exactly_one_edge(plan, contract):
    spots, given_ways = plan
    given_roads = roads(spots, given_ways)
    network = network_of(given_roads, contract=contract)
    edges = network.edges
    pieces = NaiveTrips(spots, given_ways).pieces
    assert edges.metres.sum() == pytest.approx(sum(piece[5] for piece in pieces))
    assert edges.vertex_x.size - edges.tail.size == len(pieces)
    straight = NaiveTrips(spots, given_ways)
    lengths = sorted(piece[5] for piece in straight.pieces)
    owner = np.repeat(np.arange(edges.tail.size), np.diff(edges.first_vertex))
    inner = owner[1:] == owner[:-1]
    drawn = np.sort(np.hypot(np.diff(edges.vertex_x), np.diff(edges.vertex_y))[inner])
    np.testing.assert_allclose(drawn, lengths, rtol=2e-3)
    for junctions_at_end, vertex in ((edges.tail, edges.first_vertex[:-1]), (edges.head, edges.first_vertex[1:] - 1)):
        np.testing.assert_array_equal(network.junction_x[junctions_at_end], edges.vertex_x[vertex])
        np.testing.assert_array_equal(network.junction_y[junctions_at_end], edges.vertex_y[vertex])


@settings(deadline=None, max_examples=120)
@given(street_plans())
def test_edges_are_those_of_the_naive_twin(plan):
    network = network_of(roads(*plan))
    edges = network.edges

    def told(ends, forward, backward, local):
        # Which way an edge runs is not told by the roads, nor where a ring begins.
        one, turned = (ends, (forward, backward)), (ends[::-1], (backward, forward))
        return ((), sorted((forward, backward), key=str)) if ends[0] == ends[1] else min(one, turned, key=str), local

    found, expected = [], []
    for nodes, _, forward, backward, metres in naive_edges(*plan):
        expected.append((told((nodes[0], nodes[-1]), forward, backward, len(nodes)), metres))
    spots = (network.junction_id // 10).tolist()
    for edge, (tail, head) in enumerate(zip(edges.tail.tolist(), edges.head.tolist(), strict=True)):
        forward = int(edges.forward_time[edge]) if edges.forward[edge] else None
        backward = int(edges.backward_time[edge]) if edges.backward[edge] else None
        vertices = int(edges.first_vertex[edge + 1] - edges.first_vertex[edge])
        found.append((told((spots[tail], spots[head]), forward, backward, vertices), float(edges.metres[edge])))
    found.sort(key=str)
    expected.sort(key=str)
    assert [one for one, _ in found] == [one for one, _ in expected]
    np.testing.assert_allclose([metres for _, metres in found], [metres for _, metres in expected], rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=120)
@given(street_plans(most_ways=7))
def test_the_main_part_is_that_of_the_naive_twin(plan):
    spots, given_ways = plan
    # Where no road has a length, none of several parts is the longest.
    assume(len({*spots}) > 1)
    network = network_of(roads(spots, given_ways), contract=False)
    junction_spot = network.junction_id // 10
    ends = np.sort(np.column_stack((junction_spot[network.edges.tail], junction_spot[network.edges.head])), axis=1)
    found = sorted(zip(network.edges.way.tolist(), ends.tolist(), network.edges.main.tolist(), strict=True))
    numbers = [way.number for way in given_ways for _ in way.spots[1:]]
    pieces = [sorted(piece[:2]) for piece in NaiveTrips(spots, given_ways).pieces]
    assert found == sorted(zip(numbers, pieces, naive_main(spots, given_ways), strict=True))


@settings(deadline=None, max_examples=60)
@given(street_plans(), st.randoms(use_true_random=False))
def test_junctions_are_numbered_depth_first_whatever_the_order_of_ways(plan, random):
    spots, given_ways = plan
    shuffled = random.sample(given_ways, len(given_ways))
    networks = [network_of(roads(spots, given), contract=False) for given in (given_ways, shuffled)]
    np.testing.assert_array_equal(networks[0].junction_id, networks[1].junction_id)
    for network in networks:
        streets = nx.Graph(zip(network.edges.tail.tolist(), network.edges.head.tolist(), strict=True))
        assert sorted(streets) == list(range(network.junction_id.size))
        for part in nx.connected_components(streets):
            # One part after the other, each from its lowest id; test_topology keeps the order within a part.
            assert sorted(part) == list(range(min(part), max(part) + 1))
            assert network.junction_id[min(part)] == network.junction_id[sorted(part)].min()


@settings(deadline=None, max_examples=40)
@given(street_plans(), st.booleans())
def test_edges_stand_in_the_order_of_their_junctions(plan, contract):
    edges = network_of(roads(*plan), contract=contract).edges
    ends = list(zip(edges.tail.tolist(), edges.head.tolist(), strict=True))
    assert ends == sorted(ends)


@settings(deadline=None, max_examples=40)
@given(street_plans(), st.randoms(use_true_random=False))
def test_the_order_of_ways_changes_no_travel_time(plan, random):
    spots, given_ways = plan
    shuffled = random.sample(given_ways, len(given_ways))
    one, other = (network_of(roads(spots, given)) for given in (given_ways, shuffled))
    common = sorted(set(junctions(one)) & set(junctions(other)))
    np.testing.assert_array_equal(junction_times(one, common), junction_times(other, common))


@settings(deadline=None, max_examples=40)
@given(street_plans(kinds=tuple(kind for kind in KINDS if kind.road_class != "ferry")), st.data())
def test_splitting_a_way_in_two_changes_nothing(plan, data):
    spots, given_ways = plan
    chosen = data.draw(st.integers(0, len(given_ways) - 1))
    way = given_ways[chosen]
    at = data.draw(st.integers(1, len(way.spots) - 1))
    parts = [Way(way.number, way.spots[: at + 1], way.kind), Way(900, way.spots[at:], way.kind)]
    split = [*given_ways[:chosen], *(part for part in parts if len(part.spots) > 1), *given_ways[chosen + 1 :]]
    before, after = (network_of(roads(spots, given)) for given in (given_ways, split))
    assert before.edges.tail.size == after.edges.tail.size or way.spots[0] == way.spots[-1]
    common = sorted(set(junctions(before)) & set(junctions(after)))
    np.testing.assert_array_equal(junction_times(before, common), junction_times(after, common))


@settings(deadline=None, max_examples=40)
@given(street_plans())
def test_the_times_at_the_vertices_of_an_edge_rise_to_its_whole_time(plan):
    edges = network_of(roads(*plan)).edges
    for edge, (first, end) in enumerate(zip(edges.first_vertex[:-1], edges.first_vertex[1:], strict=True)):
        for column, allowed in ((edges.vertex_forward, edges.forward), (edges.vertex_backward, edges.backward)):
            times = column[first:end]
            assert times[0] == 0
            assert (np.diff(times) >= 0).all()
            assert allowed[edge] or times[-1] == 0
    assert (edges.forward | edges.backward).all()


@settings(deadline=None, max_examples=30)
@given(street_plans())
def test_every_array_of_a_network_is_read_only(plan):
    network = network_of(roads(*plan))
    arrays = [*network.graph, *network.edges, network.junction_x, network.junction_id, network.enter, network.arc_piece]
    assert not any(array.flags.writeable for array in arrays)


def test_a_bent_street_becomes_one_edge_that_keeps_every_vertex():
    network = network_of(roads(SPOTS, ways((STREET, 0, 1, 4, 3, 6))))
    assert network.edges.tail.size == 1
    assert network.edges.vertex_x.size == 5
    assert junctions(network) == [0, 6]


def test_parallel_streets_loops_and_rings_stay():
    given_ways = ways((STREET, 0, 1), (STREET, 0, 3, 1), (STREET, 1, 4, 5, 1), (STREET, 0, 2), (STREET, 6, 7, 8, 6))
    network = network_of(roads(SPOTS, given_ways))
    ends = sorted(
        (int(network.junction_id[a]) // 10, int(network.junction_id[b]) // 10)
        for a, b in zip(network.edges.tail, network.edges.head, strict=True)
    )
    assert ends == [(0, 1), (0, 1), (0, 2), (1, 1), (6, 6)]


def test_a_ring_with_one_exit_is_driven_both_ways_round():
    given_ways = ways((STREET, 0, 1), (STREET, 1, 2, 5, 4, 1))
    for spot in (2, 5, 4):
        there = minutes_between(given_ways, 0, spot)
        assert there == minutes_between(given_ways, spot, 0)
        assert there is not None


def test_components_that_nothing_joins_stay_and_the_longest_is_main():
    network = network_of(roads(SPOTS, ways((STREET, 0, 1), (STREET, 6, 7, 8), (PRIVATE, 3, 4))))
    assert network.edges.tail.size == 3
    assert sorted(network.edges.metres[network.edges.main]) == [network.edges.metres.max()]


def test_a_oneway_street_is_driven_one_way():
    given_ways = ways((ONEWAY, 0, 1), (AGAINST, 1, 2))
    assert minutes_between(given_ways, 0, 1) > 0
    assert minutes_between(given_ways, 1, 0) is None
    assert minutes_between(given_ways, 2, 1) > 0
    assert minutes_between(given_ways, 1, 2) is None


def test_two_oneways_that_face_each_other_are_not_joined():
    network = network_of(roads(SPOTS, ways((ONEWAY, 0, 1), (ONEWAY, 2, 1))))
    assert network.edges.tail.size == 2


def test_a_oneway_drawn_in_both_directions_is_one_edge():
    backwards = replace(ONEWAY, forward_kmh=0.0, backward_kmh=ONEWAY.forward_kmh)
    network = network_of(roads(SPOTS, ways((ONEWAY, 0, 1), (backwards, 2, 1))))
    assert network.edges.tail.size == 1


def test_nobody_drives_through_a_private_road_where_the_public_way_is_longer():
    short_cut = ways((STREET, 0, 3, 4, 1), (PRIVATE, 0, 1))
    alone = ways((STREET, 0, 3, 4, 1))
    assert minutes_between(short_cut, 3, 4) == minutes_between(alone, 3, 4)
    # At the ends of a trip the private road is open: from 0, which touches it, it is the first leg.
    through = ways((STREET, 2, 0, 3, 4, 1, 5), (PRIVATE, 0, 1))
    assert minutes_between(through, 2, 5) == minutes_between(ways((STREET, 2, 0, 3, 4, 1, 5)), 2, 5)


def test_private_roads_serve_both_ends_of_a_trip():
    given_ways = ways((PRIVATE, 0, 1), (STREET, 1, 4), (PRIVATE, 4, 3))
    parts = [minutes_between(given_ways, a, b) for a, b in ((0, 1), (1, 4), (4, 3))]
    assert minutes_between(given_ways, 0, 3) == pytest.approx(sum(parts))


def test_public_roads_behind_a_private_one_are_reached_and_left():
    given_ways = ways((STREET, 0, 1, 2), (PRIVATE, 2, 5), (STREET, 5, 4))
    assert minutes_between(given_ways, 0, 4) == minutes_between(given_ways, 4, 0)
    assert minutes_between(given_ways, 0, 4) is not None


def test_a_private_oneway_is_left_by_its_end_alone():
    given_ways = ways((STREET, 0, 1), (PRIVATE_ONEWAY, 4, 1))
    assert minutes_between(given_ways, 4, 0) > 0
    assert minutes_between(given_ways, 0, 4) is None


def test_a_ferry_takes_its_duration_over_all_its_pieces():
    given_ways = ways((STREET, 0, 1), (TIMED_FERRY, 1, 4, 7), (STREET, 7, 8))
    assert minutes_between(given_ways, 1, 7) == pytest.approx(25.0, abs=1 / 60_000)


def test_a_ferry_without_duration_waits_once_and_sails_its_length():
    metres = NaiveTrips(SPOTS, ways((FERRY, 1, 4, 7))).pieces
    sailed = sum(piece[5] for piece in metres) / 15_000 * 60
    assert minutes_between(ways((FERRY, 1, 4, 7)), 1, 7) == pytest.approx(10 + sailed, abs=1 / 60_000)


def test_spots_on_top_of_each_other_are_joined_by_a_piece_without_time():
    spots = [*SPOTS[:3], SPOTS[2], SPOTS[5]]
    given_ways = ways((STREET, 0, 1, 2), (ROAD, 2, 3), (STREET, 3, 4))
    assert minutes_between(given_ways, 2, 3, spots) == 0
    assert minutes_between(given_ways, 0, 4, spots) > minutes_between(given_ways, 0, 2, spots)


def test_a_ferry_between_spots_on_top_of_each_other_is_built():
    spots = [SPOTS[0], SPOTS[0]]
    assert minutes_between(ways((TIMED_FERRY, 0, 1)), 0, 1, spots) == 0


def test_speed_sources_are_counted_in_metres_of_road():
    network = network_of(roads(SPOTS, ways((STREET, 0, 1), (TIMED_FERRY, 1, 2))))
    assert sum(network.metres_by_speed_source.values()) == pytest.approx(network.edges.metres.sum())
    assert set(network.metres_by_speed_source) == {"default", "duration"}


def test_edges_for_drawing_carry_class_length_and_times_of_open_directions():
    frame = network_of(roads(SPOTS, ways((UNEVEN, 0, 1), (MOTORWAY, 1, 2)))).to_edges()
    assert frame.crs == "EPSG:3067"
    assert sorted(frame["road_class"]) == ["motorway", "tertiary"]
    motorway = frame.set_index("road_class").loc["motorway"]
    assert np.isnan(motorway[["forward_min", "backward_min"]].astype(float)).sum() == 1
    np.testing.assert_allclose(shapely.length(frame.geometry), frame["length"], rtol=2e-3)


def test_roads_without_two_nodes_are_refused():
    with pytest.raises(NetworkError, match="larger extract"):
        network_of(roads(SPOTS, [Way(101, (0,), STREET)]))


@pytest.mark.parametrize("days", [25, 1e300])
def test_a_road_of_more_than_24_days_is_refused_by_name(days):
    endless = replace(TIMED_FERRY, crossing_minutes=days * 24 * 60.0)
    with pytest.raises(NetworkError, match=r"way 102 or one that continues it takes more than 24 days"):
        network_of(roads(SPOTS, ways((STREET, 0, 1), (endless, 1, 4, 7))))


def test_building_and_reading_networks_imports_no_table_library():
    script = (
        "import sys, palveluverkko.network.store, palveluverkko.network.build\n"
        "print(*{'geopandas', 'pandas', 'shapely', 'networkx', 'numba'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


@pytest.mark.parametrize(
    ("bounds", "crs"),
    [
        ((24.0, 65.0, 26.0, 67.0), "EPSG:3067"),
        ((1.4, 42.4, 1.8, 42.7), "EPSG:32631"),
        ((43.0, 11.0, 43.5, 12.0), "EPSG:32638"),
        ((-58.5, -34.7, -58.3, -34.5), "EPSG:32721"),
        ((179.9, 10.0, 180.1, 11.0), "EPSG:32660"),
    ],
)
def test_metric_crs_of_an_area(bounds, crs):
    assert metric_crs(bounds) == crs
