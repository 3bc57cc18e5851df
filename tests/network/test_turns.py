"""Turn restrictions: the graph drives what a search over every piece driven drives, to the millisecond."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import AGAINST, KINDS, ONEWAY, PRIVATE, ROAD, STREET, Way, network_of, roads, street_plans
from turns_twin import QUICK_TURNS, TurnTwin, find_pieces, network_table, pieces_of, where_of

from palveluverkko.engine.graph import freeze_int32
from palveluverkko.network.layers import lay_layers
from palveluverkko.network.store import read_stored_network, write_network
from palveluverkko.network.turns import Delays, Rule, Turns
from palveluverkko.osm.roads import Restriction
from palveluverkko.osm.spots import Spot

VALUES = [
    *(f"no_{turn}" for turn in ("left_turn", "right_turn", "straight_on", "u_turn", "entry", "exit")),
    *(f"only_{turn}" for turn in ("left_turn", "right_turn", "straight_on", "u_turn")),
]
LAND = tuple(kind for kind in KINDS if kind.road_class != "ferry")
WEEK = 7 * 24 * 3_600_000


def relation(number, value, starts, via, ends):
    """Make a restriction from ways over a node ("n", spot) or ways ("w", number, ...) into ways."""
    members = [("w", way, "from") for way in starts] + [("w", way, "to") for way in ends]
    members += (
        [("n", 10 * spot, "via") for spot in via[1:]] if via[0] == "n" else [("w", way, "via") for way in via[1:]]
    )
    return Restriction(number, (("type", "restriction"), ("restriction", value)), tuple(members))


@st.composite
def restricted_plans(draw, **limits):
    """Draw streets and restrictions on them, most of which are possible."""
    spots, given_ways = draw(street_plans(kinds=limits.pop("kinds", LAND), **limits))
    at = {}
    for way in given_ways:
        for spot in way.spots:
            at.setdefault(spot, set()).add(way.number)
    relations = []
    for number in range(draw(st.integers(0, 6))):
        value = draw(st.sampled_from(VALUES))
        if draw(st.booleans()):
            via = draw(st.sampled_from(sorted(at)))
            begin = end = via
            over = ("n", via)
        else:
            walked = draw(st.sampled_from(given_ways))
            begin, end = draw(
                st.sampled_from([(walked.spots[0], walked.spots[-1]), (walked.spots[-1], walked.spots[0])])
            )
            over = ("w", walked.number)
        start = draw(st.sampled_from(sorted(at[begin])))
        stop = draw(st.sampled_from(sorted(at[end])))
        relations.append(relation(number + 1, value, [start], over, [stop]))
    return spots, given_ways, tuple(relations)


@st.composite
def restricted_blocks(draw):
    """Draw blocks of streets with many restrictions at their corners: who is denied a turn wants to turn round."""
    columns, rows = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    corners = [(x, y) for y in range(rows) for x in range(columns)]
    jitter = random.uniform(-90, 90, (len(corners), 2))
    spots = [(300 * x + dx, 300 * y + dy) for (x, y), (dx, dy) in zip(corners, jitter, strict=True)]
    given_ways = []
    for one, (x, y) in enumerate(corners):
        for other in [(x + 1, y), (x, y + 1)]:
            kind = draw(st.sampled_from([STREET] * 6 + [ONEWAY, AGAINST, PRIVATE, ROAD]))
            if other in corners and draw(st.integers(0, 5)):
                given_ways.append(Way(101 + len(given_ways), (one, corners.index(other)), kind))
    given_ways = given_ways or [Way(101, (0, 1), STREET)]
    relations = []
    for number in range(draw(st.integers(1, 8))):
        value = draw(st.sampled_from(VALUES))
        if not relations or draw(st.booleans()):  # else on the same street, so that restrictions overlap
            over = draw(st.sampled_from(given_ways))
            begin, end = draw(st.sampled_from([over.spots, over.spots[::-1]]))
        stops = [way.number for way in given_ways if end in way.spots and way is not over]
        starts, via = [way.number for way in given_ways if begin in way.spots and way is not over], ("w", over.number)
        if draw(st.booleans()):
            starts, via = [over.number], ("n", end)
        if starts and stops:
            start, stop = draw(st.sampled_from(starts)), draw(st.sampled_from(stops))
            relations.append(relation(number + 1, value, [start], via, [stop]))
    return spots, given_ways, tuple(relations)


def roads_of(plan):
    return replace(roads(*plan[:2]), restrictions=plan[2])


def networks_of(plan, contracts=(True, False)):
    return [network_of(roads_of(plan), contract=contract, profile=QUICK_TURNS) for contract in contracts]


def delays_of(turns):
    """Give turns that take time (from which directed piece, into which, milliseconds) as the builder has them."""
    return Delays(*(freeze_int32(one) for one in np.asarray(sorted(turns), dtype=np.int32).reshape(-1, 3).T))


def in_force(network, relations):
    """Give the restrictions that a network says it obeys."""
    left_out = {number for number, _ in network.restrictions_left_out}
    obeyed = [one for one in relations if one.relation_id not in left_out]
    assert len(obeyed) == network.restrictions_in_force
    return obeyed


@settings(deadline=None, max_examples=400)
@given(
    restricted_plans() | restricted_blocks(), st.sampled_from(["starts", "ends"]), st.sampled_from(["buckets", "sweep"])
)
def test_trips_are_those_of_the_twin(plan, search_from, method):
    network, whole = networks_of(plan)
    pieces, where = pieces_of(whole, roads_of(plan))
    twin = TurnTwin(pieces, in_force(whole, plan[2]), where=where_of(whole, roads_of(plan)))
    budget = 4_000_000
    for own in (whole, network):
        on_own = find_pieces(own, whole, where)
        positions = [(number, share) for number in on_own for share in (0.381966, 0.618034)]
        if positions:
            found = network_table(own, on_own, positions, positions, budget, search_from=search_from, method=method)
            np.testing.assert_array_equal(found, twin.table(positions, positions, budget))


@settings(deadline=None, max_examples=200)
@given(restricted_plans() | restricted_blocks(), st.data())
def test_trips_with_delays_and_turning_places_are_those_of_the_twin(plan, data):
    whole = networks_of(plan, [False])[0]
    pieces, where = pieces_of(whole, roads_of(plan))
    spots = st.sets(st.sampled_from(sorted({one for piece in pieces for one in piece[:2]})), max_size=3)
    turning_places, slow = data.draw(spots), data.draw(spots)
    milliseconds = data.draw(st.dictionaries(st.tuples(*2 * [st.integers(0, 9)]), st.integers(1, 60_000), max_size=6))
    twin = TurnTwin(
        pieces,
        in_force(whole, plan[2]),
        where=where_of(whole, roads_of(plan)),
        turning_places=turning_places,
        delay=lambda one, other: milliseconds.get((one[0], other[0]), 0) if twin.end(one) in slow else 0,
    )

    def number(one):
        edge, is_turned = where[one[0]]
        return 2 * edge + (one[1] ^ is_turned)

    turns = Turns(
        rules=tuple(
            Rule(tuple(map(number, driven)), mandatory, frozenset(map(number, following)))
            for driven, mandatory, following in twin.rules
        ),
        delays=delays_of(
            (number(one), number(other), twin.delay(one, other))
            for ways_in in twin.out.values()
            for one in ways_in
            for other in twin.out.get(twin.end(one), ())
            if twin.delay(one, other)
        ),
        turning_places=np.flatnonzero(np.isin(whole.junction_id, sorted(turning_places))).astype(np.int32),
    )
    layers, capped = lay_layers(whole.junction_id.size, whole.edges, turns)
    assert not capped
    network = replace(whole, **layers._asdict())
    on_own = find_pieces(network, whole, where)
    positions = [(piece, share) for piece in on_own for share in (0.381966, 0.618034)]
    if positions:
        found = network_table(network, on_own, positions, positions, 4_000_000)
        np.testing.assert_array_equal(found, twin.table(positions, positions, 4_000_000))


# --- What the rules mean, street by street

#   4
#   |
# 0-1-2-5
#   |
#   3
CROSS = [(0, 0), (400, 0), (800, 0), (400, -500), (400, 450), (1200, 0)]
STREETS = [Way(101, (0, 1), STREET), Way(102, (1, 2), STREET), Way(103, (1, 3), STREET), Way(104, (1, 4), STREET)]


def reached_from(way, *relations, given_ways=STREETS, spots=CROSS):
    """Give the ways in whose middle one may come from the middle of a way within five minutes, without going back.

    All streets are dead ends: who turns round there comes back to the way that was denied. Times tell which way was
    taken: straight there, or round by a dead end.
    """
    plan = (spots, given_ways, relations)
    network, whole = networks_of(plan)
    pieces, where = pieces_of(whole, roads_of(plan))
    on_own = find_pieces(network, whole, where)
    at = {pieces[number][2]: number for number in on_own}
    start = [(at[way], 0.5)]
    ends = [(number, 0.5) for number in at.values()]
    found = network_table(network, on_own, start, ends, WEEK)[0]
    direct = TurnTwin(pieces, [], where=where_of(whole, roads_of(plan))).times_from(start[0], ends, WEEK)
    return {number for number, time, least in zip(at, found, direct, strict=True) if time == least}, network


def test_without_restrictions_every_way_is_open():
    assert reached_from(101)[0] == {101, 102, 103, 104}


def test_a_forbidden_turn_is_driven_by_a_dead_end():
    assert reached_from(101, relation(1, "no_left_turn", [101], ("n", 1), [104]))[0] == {101, 102, 103}
    # The other ways in are free.
    assert reached_from(103, relation(1, "no_left_turn", [101], ("n", 1), [104]))[0] == {101, 102, 103, 104}


def test_a_mandatory_turn_forbids_all_others():
    assert reached_from(101, relation(1, "only_straight_on", [101], ("n", 1), [102]))[0] == {101, 102}


def test_entries_and_exits_concern_each_pair_of_ways():
    no_entry = relation(1, "no_entry", [101, 102], ("n", 1), [104])
    assert [104 in reached_from(way, no_entry)[0] for way in (101, 102, 103)] == [False, False, True]
    no_exit = relation(1, "no_exit", [101], ("n", 1), [103, 104])
    assert reached_from(101, no_exit)[0] == {101, 102}


def test_restrictions_that_overlap_add_up():
    both = relation(1, "no_left_turn", [101], ("n", 1), [104]), relation(2, "no_right_turn", [101], ("n", 1), [103])
    assert reached_from(101, *both)[0] == {101, 102}
    assert reached_from(101, *both)[1].restrictions_in_force == 2


def test_a_longer_restriction_keeps_what_a_shorter_one_forbids():
    # From 101 over 102 into 105, and from 102 into 106: who comes from 101 is denied both.
    spots = [*CROSS[:5], (1200, 200), (1200, -300)]
    given_ways = [*STREETS[:3], Way(105, (2, 5), STREET), Way(106, (2, 6), STREET)]
    over = relation(1, "no_left_turn", [101], ("w", 102), [105])
    at = relation(2, "no_right_turn", [102], ("n", 2), [106])
    assert reached_from(101, over, at, given_ways=given_ways, spots=spots)[0] == {101, 102, 103}
    assert reached_from(103, over, at, given_ways=given_ways, spots=spots)[0] == {101, 102, 103, 105}


def test_nobody_turns_round_at_a_junction_to_undo_a_restriction():
    # 102 goes on to 2, where 105 and 106 leave, both far to their ends: turning at 2 would be quicker.
    spots = [*CROSS[:5], (9000, 2000), (9000, -3000)]
    given_ways = [*STREETS, Way(105, (2, 5), STREET), Way(106, (2, 6), STREET)]
    forbidden = [relation(1, "only_straight_on", [101], ("n", 1), [102])]
    plan = (spots, given_ways, tuple(forbidden))
    for turning_round in (True, False):
        network, whole = networks_of(plan)
        pieces, where = pieces_of(whole, roads_of(plan))
        twin = TurnTwin(
            pieces, forbidden, where=where_of(whole, roads_of(plan)), turning_places={20} if turning_round else ()
        )
        time = twin.times_from((0, 0.5), [(3, 0.5)], WEEK)[0]
        minutes = time / 60_000
        assert minutes < 4 if turning_round else minutes > 20
    assert network_table(network, find_pieces(network, whole, where), [(0, 0.5)], [(3, 0.5)], WEEK)[0, 0] == time


def test_a_turning_circle_on_the_road_is_a_place_to_turn_round():
    # Halfway to 2, which is far: without the circle one turns round at the end of the road.
    spots = [*CROSS[:2], (9000, 0), *CROSS[3:5], (700, 20)]
    given_ways = [STREETS[0], Way(102, (1, 5, 2), STREET), *STREETS[2:]]
    forbidden = relation(1, "only_straight_on", [101], ("n", 1), [102])
    bare = roads_of((spots, given_ways, (forbidden,)))
    node = np.flatnonzero(bare.node_id == 50).astype(np.int32)
    circle = Spot("turning_circle", u_turn=True)
    tagged = replace(bare, spot_node=node, spot_kind=np.zeros(1, dtype=np.int32), spots=(circle,))
    minutes = []
    for given_roads in (bare, tagged):
        network, whole = (network_of(given_roads, contract=one, profile=QUICK_TURNS) for one in (True, False))
        pieces, where = pieces_of(whole, given_roads)
        at = find_pieces(network, whole, where)
        north = next(number for number, piece in enumerate(pieces) if 40 in piece[:2])
        minutes.append(network_table(network, at, [(0, 0.5)], [(north, 0.5)], WEEK)[0, 0] / 60_000)
    assert minutes[1] < 3
    assert minutes[0] > 20


@pytest.mark.parametrize(
    ("value", "out", "given_ways", "reason"),
    [
        ("no_left_turn", 101, STREETS, "same_way"),
        ("no_left_turn", 999, STREETS, "way_not_driven:to"),
        ("no_left_turn", 105, [*STREETS, Way(105, (2, 5), STREET)], "way_apart:to"),
        ("no_left_turn", 104, [*STREETS[:3], Way(104, (4, 1), ONEWAY)], "wrong_direction:to"),
        ("no_left_turn", 104, [Way(101, (1, 0), ONEWAY), *STREETS[1:]], "wrong_direction:from"),
        ("no_u_turn", 101, [Way(101, (0, 1), ONEWAY), *STREETS[1:]], "one_way"),
        ("no_entry", 105, [*STREETS[:2], Way(105, (3, 1, 4), STREET)], "either_side"),
    ],
)
def test_what_cannot_be_applied_is_left_out_with_a_reason(value, out, given_ways, reason):
    network = reached_from(101 if given_ways[0].spots[0] == 0 else 102, given_ways=given_ways)[1]
    broken = networks_of((CROSS, given_ways, (relation(5, value, [101], ("n", 1), [out]),)), [True])[0]
    assert (broken.restrictions_in_force, [number for number, _ in broken.restrictions_left_out]) == (0, [5])
    assert broken.restrictions_left_out[0][1] == reason
    for one, other in zip(broken.graph, network.graph, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_turn_tells_which_side_of_a_way_is_meant():
    given_ways = [*STREETS[:2], Way(105, (3, 1, 4), STREET)]
    left = relation(1, "no_left_turn", [101], ("n", 1), [105])
    network, whole = networks_of((CROSS, given_ways, (left,)))
    pieces, where = pieces_of(whole, roads_of((CROSS, given_ways, ())))
    at, start = find_pieces(network, whole, where), [(0, 0.5)]
    north, south = (next(n for n, one in enumerate(pieces) if 10 * spot in one[:2]) for spot in (4, 3))
    direct = TurnTwin(pieces, [], where=None).table(start, [(north, 0.5), (south, 0.5)], WEEK)[0]
    found = network_table(network, at, start, [(north, 0.5), (south, 0.5)], WEEK)[0]
    assert (found > direct).tolist() == [True, False]


def test_a_via_node_and_a_via_way_that_are_not_there_are_left_out():
    nowhere = relation(1, "no_left_turn", [101], ("n", 99), [104])
    apart = relation(2, "no_u_turn", [103], ("w", 105), [104])
    unknown = relation(3, "no_u_turn", [103], ("w", 999), [104])
    network = networks_of((CROSS, [*STREETS, Way(105, (2, 5), STREET)], (nowhere, apart, unknown)), [True])[0]
    reasons = dict(network.restrictions_left_out)
    assert reasons == {1: "via_node_off_roads", 2: "ways_do_not_join", 3: "way_not_driven:via"}


# --- Laws


@settings(deadline=None, max_examples=60)
@given(restricted_blocks())
def test_restrictions_leave_all_other_nodes_and_arcs_as_they_are(plan):
    with_, without = networks_of(plan, [False])[0], networks_of((*plan[:2], ()), [False])[0]
    junctions = without.graph.nodes
    np.testing.assert_array_equal(with_.node_junction[:junctions], without.node_junction)
    np.testing.assert_array_equal(with_.node_layer[:junctions], without.node_layer)
    kept = []
    concerned = set(with_.node_junction[junctions:].tolist())
    for network in (with_, without):
        ends = np.column_stack((network.graph.tail(), network.graph.head))
        apart = ~np.isin(network.node_junction[ends], sorted(concerned)).any(axis=1)
        kept.append(np.column_stack((ends, network.graph.travel_time, network.arc_piece))[apart])
    np.testing.assert_array_equal(*kept)


@settings(deadline=None, max_examples=60)
@given(restricted_blocks())
def test_speeds_of_a_factor_of_one_and_the_store_change_nothing(plan):
    network = networks_of(plan, [True])[0]
    np.testing.assert_array_equal(network.with_speeds(1).graph.travel_time, network.graph.travel_time)
    with TemporaryDirectory() as folder:
        write_network(network, Path(folder) / "roads.pvnet")
        again = read_stored_network(Path(folder) / "roads.pvnet")
    assert again.restrictions_left_out == network.restrictions_left_out
    assert again.restrictions_in_force == network.restrictions_in_force
    for one, other in zip(again.graph, network.graph, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(deadline=None, max_examples=60)
@given(restricted_blocks(), st.randoms(use_true_random=False))
def test_the_order_of_restrictions_changes_nothing(plan, random):
    shuffled = (*plan[:2], tuple(random.sample(plan[2], len(plan[2]))))
    one, other = (networks_of(given, [True])[0] for given in (plan, shuffled))
    for column, same in zip(one.graph, other.graph, strict=True):
        np.testing.assert_array_equal(column, same)
    np.testing.assert_array_equal(one.enter, other.enter)
    np.testing.assert_array_equal(one.leave, other.leave)
