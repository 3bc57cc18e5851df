"""Turn restrictions: the graph drives what a search over every piece driven drives, to the millisecond."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import KINDS, jittered_lattice, network_of, roads, street_plans, ways
from turns_twin import TurnTwin, find_pieces, network_table, pieces_of, where_of

from palveluverkko.domain.travel import UNREACHED
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


def networks_of(plan, contracts=(True, False)):
    spots, given_ways, relations = plan
    given_roads = replace(roads(spots, given_ways), restrictions=relations)
    return [network_of(given_roads, contract=contract) for contract in contracts]


def twin_of(plan, whole):
    left_out = {number for number, _ in whole.restrictions_left_out}
    in_force = [one for one in plan[2] if one.relation_id not in left_out]
    assert len(in_force) == whole.restrictions_in_force
    return TurnTwin(pieces_of(whole), in_force, where=where_of(whole))


@settings(deadline=None, max_examples=400)
@given(restricted_plans(), st.sampled_from(["starts", "ends"]), st.sampled_from(["buckets", "sweep"]))
def test_trips_are_those_of_the_twin(plan, search_from, method):
    network, whole = networks_of(plan)
    twin = twin_of(plan, whole)
    budget = 4_000_000
    for own in (whole, network):
        pieces = find_pieces(own, whole)
        positions = [(number, share) for number in pieces for share in (0.381966, 0.618034)]
        if positions:
            found = network_table(own, pieces, positions, positions, budget, search_from=search_from, method=method)
            np.testing.assert_array_equal(found, twin.table(positions, positions, budget))
