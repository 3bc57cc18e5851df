"""Turning left across the own road takes time, and nothing else does."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import AGAINST, ONEWAY, ROAD, STREET, Way, network_of, roads, street_plans
from turns_twin import QUICK_TURNS, find_pieces, network_table, pieces_of

from palveluverkko.engine.graph import freeze_int32
from palveluverkko.network.build import build_network, measure_metres
from palveluverkko.network.turn_delays import find_signalled, find_turn_delays
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.spots import SIGNALS, Spot

#   4
#   |
# 0-1-2
#   |
#   3
CROSS = [(0, 0), (400, 10), (800, 0), (405, -500), (395, 450)]
MAIN = [Way(101, (0, 1), ROAD), Way(102, (1, 2), ROAD)]
ASIDE = [Way(103, (1, 3), STREET), Way(104, (1, 4), STREET)]


def delays_of(given_ways, spots=CROSS, left=5_000, right=0, road_class="secondary"):
    """Give the delays by the spots before and after the turn."""
    network = network_of(roads(spots, given_ways), contract=False, profile=QUICK_TURNS)
    edges, spot = network.edges, (network.junction_id // 10).tolist()
    chosen = edges.road_class == network.road_classes.index(road_class)
    found = find_turn_delays(len(spot), edges, chosen, left_milliseconds=left, right_milliseconds=right)
    ends = np.column_stack((edges.tail, edges.head)).ravel()
    return {(spot[ends[one]], spot[ends[other ^ 1]]): delay for one, other, delay in np.column_stack(found).tolist()}


def test_turning_left_across_the_own_road_takes_time():
    assert delays_of(MAIN + ASIDE) == {(0, 4): 5_000, (2, 3): 5_000}


def test_turning_right_takes_time_where_asked():
    assert delays_of(MAIN + ASIDE, left=0, right=1_000) == {(0, 3): 1_000, (2, 4): 1_000}


def test_the_side_roads_wait_for_nobody():
    assert delays_of(MAIN + ASIDE, road_class="residential") == {(3, 0): 5_000, (4, 2): 5_000}


def test_nobody_is_met_on_a_oneway_road():
    oneway = replace(ROAD, backward_kmh=0.0)
    assert delays_of([Way(101, (0, 1), oneway), Way(102, (1, 2), oneway), *ASIDE]) == {}
    # The road ahead is one-way towards the junction: who comes there is met.
    towards = [MAIN[0], Way(102, (2, 1), oneway), *ASIDE]
    assert delays_of(towards) == {(0, 4): 5_000, (2, 3): 5_000}


def test_a_road_that_ends_or_bends_has_no_traffic_to_cross():
    assert delays_of([MAIN[0], *ASIDE]) == {}
    assert delays_of([MAIN[0], Way(102, (1, 4), ROAD), Way(103, (1, 3), STREET)]) == {}


def test_no_turn_into_a_closed_road():
    assert delays_of([*MAIN, ASIDE[0], Way(104, (4, 1), ONEWAY)]) == {(2, 3): 5_000}


def with_spot(given_roads, number, spot):
    """Put something onto the node of a spot of the tests."""
    node = np.flatnonzero(given_roads.node_id == 10 * number).astype(np.int32)
    return replace(given_roads, spot_node=node, spot_kind=np.zeros(1, dtype=np.int32), spots=(spot,))


@settings(deadline=None, max_examples=200)
@given(street_plans(kinds=(STREET, ROAD, ONEWAY, AGAINST)), st.sampled_from([0, 2_250]), st.data())
def test_turns_that_take_time_are_those_of_the_definition(plan, right, data):
    network = network_of(roads(*plan), profile=QUICK_TURNS)
    junctions = network.junction_id.size
    chosen = np.asarray(data.draw(st.lists(st.booleans(), min_size=network.edges.tail.size, max_size=9_999)))
    chosen = chosen[: network.edges.tail.size]
    free = data.draw(st.sets(st.integers(0, junctions - 1), max_size=2))
    found = find_turn_delays(
        junctions,
        network.edges,
        chosen,
        left_milliseconds=7_500,
        right_milliseconds=right,
        free=freeze_int32(np.asarray(sorted(free), dtype=np.int32)),
    )
    expected = naive_turn_delays(network.edges, chosen, left=7_500, right=right, free=free)
    assert [tuple(one) for one in np.column_stack(found).tolist()] == sorted(expected)


def naive_turn_delays(edges, chosen, *, left, right, free):
    """Give (from which directed piece, into which, milliseconds) of the turns that take time."""
    begin = np.column_stack((edges.tail, edges.head)).ravel().tolist()
    is_open = np.column_stack((edges.forward, edges.backward)).ravel().tolist()

    def heading(piece):
        ends = edges.first_vertex[piece >> 1], edges.first_vertex[(piece >> 1) + 1] - 1
        one, other = (ends[1], ends[1] - 1) if piece & 1 else (ends[0], ends[0] + 1)
        dx, dy = edges.vertex_x[other] - edges.vertex_x[one], edges.vertex_y[other] - edges.vertex_y[one]
        return np.degrees(np.arctan2(dy, dx))

    for last in range(len(begin)):
        arms = [piece for piece, here in enumerate(begin) if here == begin[last ^ 1]]
        if begin[last ^ 1] in free or len(arms) < 3 or not is_open[last] or not chosen[last >> 1]:
            continue
        turns = {arm: (heading(arm) - heading(last ^ 1)) % 360.0 - 180.0 for arm in arms if arm != last ^ 1}
        ahead = [arm for arm, degrees in turns.items() if abs(degrees) < 45 and chosen[arm >> 1]]
        for piece, degrees in turns.items():
            if is_open[piece] and 45 <= abs(degrees) <= 150:
                crossed = any(is_open[arm ^ 1] for arm in ahead)
                along = any(is_open[arm] for arm in ahead)
                delay = left * crossed if degrees > 0 else right * along
                if delay:
                    yield last, piece, delay


class Delays(NamedTuple):
    left_seconds: float
    right_seconds: float
    classes: tuple[str, ...]


class SlowTurns(CarProfile):
    """A profile whose roads take time to turn left out of."""

    turn_delays = Delays(7.5, 2.25, ("secondary",))


@pytest.mark.parametrize(("end", "milliseconds"), [(2, 0), (3, 2_250), (4, 7_500)])
def test_trips_take_the_delays_of_the_profile(end, milliseconds):
    given_roads = roads(CROSS, MAIN + ASIDE)
    plain, slow = (build_network(given_roads, profile, fingerprint="") for profile in (QUICK_TURNS, SlowTurns()))
    pieces, where = pieces_of(plain, given_roads)
    at = find_pieces(plain, plain, where)
    start, ends = [(0, 0.5)], [(next(n for n, one in enumerate(pieces) if 10 * end in one[:2]), 0.5)]
    before, after = (network_table(network, at, start, ends, 10**8) for network in (plain, slow))
    assert (after - before).tolist() == [[milliseconds]]


@pytest.mark.parametrize(("spot", "is_free"), [(1, True), (2, False), (4, False)])
def test_no_turn_takes_time_at_signals(spot, is_free):
    given_roads = with_spot(roads(CROSS, MAIN + ASIDE), spot, Spot(SIGNALS))
    network = network_of(given_roads, profile=SlowTurns())
    assert (network.graph.nodes == network.junction_id.size) is is_free


@pytest.mark.parametrize(("metres", "is_free"), [(20.0, True), (60.0, False)])
def test_signals_at_the_line_where_cars_stop_stand_for_the_junction(metres, is_free):
    spots = [*CROSS, (400 - metres, 10)]
    given_roads = with_spot(roads(spots, [Way(101, (0, 5, 1), ROAD), MAIN[1], *ASIDE]), 5, Spot(SIGNALS))
    nodes = find_signalled(given_roads, measure_metres(given_roads), 40.0)
    assert (given_roads.node_id[nodes] // 10).tolist() == ([1, 5] if is_free else [5])


@settings(deadline=None, max_examples=60)
@given(street_plans(kinds=(STREET, ROAD, ONEWAY, AGAINST)))
def test_contraction_changes_no_trip_with_delays(plan):
    given_roads = roads(*plan)
    networks = [build_network(given_roads, SlowTurns(), fingerprint="", contract=one) for one in (False, True)]
    _, where = pieces_of(networks[0], given_roads)
    found = [find_pieces(network, networks[0], where) for network in networks]
    positions = [(number, 0.381966) for number in found[0].keys() & found[1].keys()]
    if positions:
        one, other = (
            network_table(network, at, positions, positions, 4_000_000)
            for network, at in zip(networks, found, strict=True)
        )
        np.testing.assert_array_equal(one, other)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "helsinki-core"])
def test_where_edges_end_changes_no_trip_of_an_extract(shared_data, name):
    profile = CarProfile()
    assert profile.turn_delays.left_seconds > 0
    given_roads = read_roads(shared_data / "osm" / f"{name}.osm.pbf", profile)
    networks = [build_network(given_roads, profile, fingerprint="", contract=one) for one in (False, True)]
    _, where = pieces_of(networks[0], given_roads)
    found = [find_pieces(network, networks[0], where) for network in networks]
    drawn = np.random.default_rng(3).permutation(sorted(found[0].keys() & found[1].keys()))[:150].tolist()
    positions = [(number, 0.381966) for number in drawn]
    one, other = (
        network_table(network, at, positions, positions, 10**8) for network, at in zip(networks, found, strict=True)
    )
    np.testing.assert_array_equal(one, other)
    quick = build_network(given_roads, QUICK_TURNS, fingerprint="")
    least = network_table(quick, found[1], positions, positions, 10**8)
    assert (least <= other).all()
    assert (least < other).any()
