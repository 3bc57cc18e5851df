"""Turn restrictions: the graph drives what a search over every piece driven drives, to the millisecond."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import AGAINST, KINDS, ONEWAY, PRIVATE, ROAD, STREET, Way, network_of, roads, street_plans
from turns_twin import TurnTwin, find_pieces, network_table, pieces_of, where_of

from palveluverkko.osm.roads import Restriction

VALUES = [
    *(f"no_{turn}" for turn in ("left_turn", "right_turn", "straight_on", "u_turn", "entry", "exit")),
    *(f"only_{turn}" for turn in ("left_turn", "right_turn", "straight_on", "u_turn")),
]
LAND = tuple(kind for kind in KINDS if kind.road_class != "ferry")
WEEK = 7 * 24 * 3_600_000


def relation(number, value, starts, via, ends):
    """A restriction from ways over a node ("n", spot) or ways ("w", number, ...) into ways, all given by number."""
    members = [("w", way, "from") for way in starts] + [("w", way, "to") for way in ends]
    members += [("n", 10 * spot, "via") for spot in via[1:]] if via[0] == "n" else [("w", way, "via") for way in via[1:]]
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
            begin, end = draw(st.sampled_from([(walked.spots[0], walked.spots[-1]), (walked.spots[-1], walked.spots[0])]))
            over = ("w", walked.number)
        start = draw(st.sampled_from(sorted(at[begin])))
        stop = draw(st.sampled_from(sorted(at[end])))
        relations.append(relation(number + 1, value, [start], over, [stop]))
    return spots, given_ways, tuple(relations)


@st.composite
def restricted_blocks(draw):
    """Draw blocks of two-way streets with many restrictions at their corners: who is denied a turn wants to turn round."""
    columns, rows = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    corners = [(x, y) for y in range(rows) for x in range(columns)]
    spots = [(300 * x + dx, 300 * y + dy) for (x, y), (dx, dy) in zip(corners, random.uniform(-90, 90, (len(corners), 2)))]
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
    return [network_of(roads_of(plan), contract=contract) for contract in contracts]


def in_force(network, relations):
    """Give the restrictions that a network says it obeys."""
    left_out = {number for number, _ in network.restrictions_left_out}
    obeyed = [one for one in relations if one.relation_id not in left_out]
    assert len(obeyed) == network.restrictions_in_force
    return obeyed


@settings(deadline=None, max_examples=400)
@given(restricted_plans() | restricted_blocks(), st.sampled_from(["starts", "ends"]), st.sampled_from(["buckets", "sweep"]))
def test_trips_are_those_of_the_twin(plan, search_from, method):
    network, whole = networks_of(plan)
    pieces, where = pieces_of(whole, roads_of(plan))
    twin = TurnTwin(pieces, in_force(whole, plan[2]), where=where_of(whole))
    budget = 4_000_000
    for own in (whole, network):
        on_own = find_pieces(own, whole, where)
        positions = [(number, share) for number in on_own for share in (0.381966, 0.618034)]
        if positions:
            found = network_table(own, on_own, positions, positions, budget, search_from=search_from, method=method)
            np.testing.assert_array_equal(found, twin.table(positions, positions, budget))
