"""Who arrives waits: by the rank of the roads that meet, and by what stands on the road."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from delays_twin import naive_delays
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from streets import (
    FERRY,
    MOTORWAY,
    ONEWAY,
    PRIVATE,
    ROAD,
    STREET,
    UNEVEN,
    NaiveTrips,
    Way,
    jittered_lattice,
    network_of,
    roads,
    to_degrees,
    ways,
)

from palveluverkko.network import build
from palveluverkko.network.delays import find_delays, with_delays
from palveluverkko.network.store import read_stored_network, write_network
from palveluverkko.osm.profile import CarProfile, Road
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.spots import Spot

PROFILE = CarProfile()
JUNCTION = PROFILE.junction_delays
RING = Road("tertiary", 40.0, 0.0, roundabout=True)
LINK = Road("motorway_link", 55.0, 0.0)
YARD = Road("living_street", 15.0, 15.0)
KINDS = (STREET, ROAD, ONEWAY, UNEVEN, PRIVATE, MOTORWAY, RING, LINK, YARD, FERRY)
TAGS = (
    {"highway": "traffic_signals"},
    {"highway": "traffic_signals", "traffic_signals:direction": "forward"},
    {"highway": "traffic_signals", "traffic_signals:direction": "backward"},
    {"highway": "crossing"},
    {"highway": "crossing", "crossing": "traffic_signals"},
    {"highway": "stop"},
    {"highway": "give_way", "direction": "backward"},
    {"highway": "mini_roundabout"},
    {"railway": "level_crossing"},
    {"barrier": "gate"},
    {"highway": "turning_circle"},
)
STANDING = tuple(PROFILE.spot(tags) for tags in TAGS)
SIGNALS, _, _, CROSSING, FOOT_SIGNALS, STOP, *_ = STANDING
LOWER, EQUAL = (round(1000 * one) for one in (JUNCTION.lower_seconds, JUNCTION.equal_seconds))
LIGHT, SIGN, FOOT, FOOT_LIGHT = (round(1000 * one.forward_seconds) for one in (SIGNALS, STOP, CROSSING, FOOT_SIGNALS))


def pieces_of(spots, given_ways):
    geod = Geod(ellps="WGS84")
    return [
        (a, b, way.kind, geod.line_length(*zip(to_degrees(*spots[a]), to_degrees(*spots[b]), strict=True)))
        for way in given_ways
        for a, b in pairwise(way.spots)
    ]


def delays(spots, given_ways, standing=None):
    """Give the delay along and against each piece."""
    drawn = roads(spots, given_ways, standing)
    begins = np.delete(np.arange(drawn.way_node.size), drawn.first_node[1:] - 1)
    metres = np.zeros(drawn.way_node.size)
    metres[begins] = [piece[3] for piece in pieces_of(spots, given_ways)]
    nothing = np.zeros(drawn.way_node.size, dtype=np.int32)
    forward, backward = with_delays(nothing, nothing, find_delays(drawn, JUNCTION, metres))
    assert not np.delete(forward + backward, begins).any()
    return np.column_stack((forward, backward))[begins].tolist()


def at(*metres):
    """Spots along a straight road, and one to the side of each, 10 m up, then 300 m up."""
    return [(one, 0.0) for one in metres] + [(one, 300.0) for one in metres]


@st.composite
def plans(draw):
    count = draw(st.integers(2, 9))
    spots = jittered_lattice(count, step=draw(st.sampled_from([5.0, 30.0, 400.0])))
    for doubled in draw(st.sets(st.integers(1, count - 1), max_size=1)):
        spots[doubled] = spots[doubled - 1]
    walks = st.lists(st.integers(0, count - 1), min_size=2, max_size=5)
    given_ways = []
    for walk in draw(st.lists(walks, min_size=1, max_size=9)):
        clean = [one for number, one in enumerate(walk) if number == 0 or one != walk[number - 1]]
        if len(clean) > 1:
            given_ways.append(Way(101 + len(given_ways), tuple(clean), draw(st.sampled_from(KINDS))))
    standing = draw(st.dictionaries(st.integers(0, count - 1), st.sampled_from(STANDING), max_size=5))
    return spots, given_ways or [Way(101, (0, 1), STREET)], standing


@settings(deadline=None, max_examples=400)
@given(plans())
def test_delays_are_those_of_the_naive_twin(plan):
    spots, given_ways, standing = plan
    assert delays(*plan) == naive_delays(pieces_of(spots, given_ways), standing, JUNCTION)


@settings(deadline=None, max_examples=60)
@given(plans())
def test_joining_pieces_to_edges_changes_no_delay(plan):
    spots, given_ways, standing = plan
    trips = NaiveTrips(spots, given_ways, standing)
    for contract in (True, False):
        network = network_of(roads(spots, given_ways, standing), contract=contract)
        edges = network.edges
        drawn = int(edges.forward_time.sum()) + int(edges.backward_time.sum())
        assert drawn == sum(time for *_, forward, backward, _ in trips.pieces for time in (forward, backward) if time)


@settings(deadline=None, max_examples=60)
@given(plans(), st.data())
def test_splitting_a_way_changes_no_delay(plan, data):
    spots, given_ways, standing = plan
    chosen = data.draw(st.integers(0, len(given_ways) - 1))
    way = given_ways[chosen]
    cut = data.draw(st.integers(1, len(way.spots) - 1))
    parts = [Way(way.number, way.spots[: cut + 1], way.kind), Way(way.number, way.spots[cut:], way.kind)]
    split = [*given_ways[:chosen], *(one for one in parts if len(one.spots) > 1), *given_ways[chosen + 1 :]]
    assert delays(spots, given_ways, standing) == delays(spots, split, standing)


@settings(deadline=None, max_examples=60)
@given(plans())
def test_nobody_gains_time_and_a_closed_direction_has_none(plan):
    spots, given_ways, _ = plan
    for (_, _, road, _), (forward, backward) in zip(pieces_of(spots, given_ways), delays(*plan), strict=True):
        assert min(forward, backward) >= 0
        assert road.forward_kmh or not forward
        assert road.backward_kmh or not backward


# --- junctions

CROSS = [(0.0, 0.0), (-300.0, 0.0), (300.0, 0.0), (0.0, -300.0), (0.0, 300.0)]


def arriving(*kinds, standing=None):
    """Give the delay of arriving in the middle of a cross from each of its ends, by roads that lead there."""
    given_ways = ways(*((kind, spot + 1, 0) for spot, kind in enumerate(kinds)))
    return [forward for forward, _ in delays(CROSS, given_ways, standing)]


def test_where_two_pieces_meet_nobody_waits():
    assert arriving(STREET, ROAD) == [0, 0]


def test_who_comes_from_a_lower_road_waits_and_the_higher_road_drives_on():
    assert arriving(ROAD, ROAD, STREET) == [0, 0, LOWER]
    assert arriving(STREET, STREET, YARD, PRIVATE) == [0, 0, LOWER, LOWER]


def test_equals_wait_for_each_other():
    assert arriving(STREET, STREET, STREET) == [EQUAL] * 3
    assert arriving(ROAD, ROAD, ROAD, STREET) == [EQUAL] * 3 + [LOWER]


def test_in_yards_and_on_tracks_nobody_waits():
    assert arriving(PRIVATE, PRIVATE, PRIVATE) == [0, 0, 0]
    assert arriving(YARD, YARD, PRIVATE) == [0, 0, 0]


def test_who_leaves_waits_for_nobody():
    given_ways = ways((ROAD, 1, 0, 2), (STREET, 0, 3))
    assert delays(CROSS, given_ways) == [[0, 0], [0, 0], [0, LOWER]]


def test_a_ring_has_priority():
    assert arriving(RING, ONEWAY, STREET) == [0, LOWER, LOWER]
    given_ways = ways((RING, 1, 0, 2), (ROAD, 3, 0))
    assert delays(CROSS, given_ways) == [[0, 0], [0, 0], [LOWER, 0]]


def test_one_joins_a_motorway_at_speed_and_leaves_its_ramp_by_a_sign():
    assert delays(CROSS, ways((MOTORWAY, 1, 0, 2), (LINK, 3, 0))) == [[0, 0], [0, 0], [0, 0]]
    assert delays(CROSS, ways((ROAD, 1, 0, 2), (LINK, 3, 0)))[2] == [LOWER, 0]


def test_where_carriageways_part_and_meet_nobody_waits():
    away = replace(ROAD, backward_kmh=0.0)
    assert delays(CROSS, ways((ROAD, 1, 0), (away, 0, 2), (away, 3, 0))) == [[0, 0]] * 3
    # Two streets that lead in and two that lead out do cross.
    assert delays(CROSS, ways((away, 1, 0, 2), (away, 3, 0, 4))) == [[EQUAL, 0], [0, 0]] * 2


def test_a_ferry_is_no_road():
    assert arriving(STREET, STREET, FERRY) == [0, 0, 0]
    assert arriving(STREET, STREET, STREET, FERRY) == [EQUAL] * 3 + [0]


# --- what stands on the road


def test_signals_replace_the_wait_at_their_junction():
    assert arriving(ROAD, ROAD, STREET, standing={0: SIGNALS}) == [LIGHT] * 3


def test_a_sign_at_its_junction_replaces_the_wait_and_one_on_the_way_counts_for_whom_it_faces():
    assert arriving(ROAD, ROAD, STREET, standing={0: STOP}) == [SIGN] * 3
    spots = at(0, 30, 330)
    road = ways((STREET, 0, 1, 2), (ROAD, 3, 0), (ROAD, 0, 5))
    assert delays(spots, road, {1: STOP})[:2] == [[0, 0], [0, SIGN]]


def test_signals_at_the_stop_lines_of_a_crossing_count_once_on_every_way_through_it():
    spots = [*at(-300, -12, 0, 12, 300)[:5], (0.0, 300.0), (0.0, 12.0)]
    given_ways = ways((ROAD, 0, 1, 2, 3, 4), (ROAD, 5, 6, 2))
    standing = dict.fromkeys((1, 3, 6), SIGNALS)
    assert delays(spots, given_ways, standing) == [
        [LIGHT, 0], [0, 0], [0, 0], [0, LIGHT], [LIGHT, 0], [0, 0],
    ]  # fmt: skip


def test_signals_far_apart_count_each():
    spots = at(-300, 0, 60, 300)[:4]
    standing = {1: SIGNALS, 2: SIGNALS}
    assert delays(spots, ways((ROAD, 0, 1, 2, 3)), standing) == [[LIGHT, 0], [LIGHT, LIGHT], [0, LIGHT]]


def test_foot_crossings_before_and_behind_signals_are_part_of_them():
    spots = at(-300, -10, 0, 10, 200, 500)[:6]
    standing = {1: FOOT_SIGNALS, 2: SIGNALS, 3: CROSSING, 4: CROSSING}
    found = delays(spots, ways((ROAD, 0, 1, 2, 3, 4, 5)), standing)
    assert found == [[0, 0], [LIGHT, 0], [0, LIGHT], [FOOT, 0], [0, FOOT]]


def test_signals_for_one_direction_stop_nobody_in_the_other():
    one_way = replace(SIGNALS, backward_seconds=0.0)
    spots = at(-300, 0, 300)[:3]
    assert delays(spots, ways((ROAD, 0, 1, 2)), {1: one_way}) == [[LIGHT, 0], [0, 0]]
    assert delays(spots, ways((ROAD, 2, 1, 0)), {1: one_way}) == [[LIGHT, 0], [0, 0]]


def test_a_gate_adds_to_the_wait_at_its_junction_and_turning_circles_take_nothing():
    gate = Spot("gate", 10.0, 10.0)
    assert arriving(ROAD, ROAD, STREET, standing={0: gate}) == [10_000, 10_000, 10_000 + LOWER]
    assert arriving(ROAD, standing={0: Spot("turning_circle", u_turn=True)}) == [0]


def test_what_stands_on_the_roads_is_counted_and_kept(tmp_path):
    network = network_of(roads(CROSS, ways((ROAD, 1, 0, 2)), {0: SIGNALS, 1: STOP, 2: STOP}))
    assert network.describe()["spots_by_kind"] == {"stop": 2, "traffic_signals": 1}
    write_network(network, tmp_path / "a.pvnet")
    assert read_stored_network(tmp_path / "a.pvnet").describe() == network.describe()


@pytest.mark.shared
def test_signals_of_tampere_count_once_for_a_crossing(shared_data):
    drawn = read_roads(shared_data / "osm" / "tampere.osm.pbf", PROFILE)
    network = network_of(drawn)
    assert network.spots_by_kind["traffic_signals"] == 505
    assert network.barriers_cut == drawn.barriers_cut
    nothing = np.zeros(drawn.way_node.size, dtype=np.int32)
    metres = build.measure_metres(drawn)
    lights = []
    for within in (0.0, 10.0, 30.0, 50.0, 100.0):
        junction = replace(JUNCTION, signals_metres=within)
        times = with_delays(nothing, nothing, find_delays(drawn, junction, metres))
        lights.append(sum(int(np.count_nonzero(one == LIGHT)) for one in times))
    assert lights == sorted(set(lights), reverse=True)
    assert lights[-1] > 0
