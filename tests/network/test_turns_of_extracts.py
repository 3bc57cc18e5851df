"""Every turn restriction of three real extracts is obeyed, and nothing else is forbidden."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from turns_twin import QUICK_TURNS, TurnTwin, find_pieces, network_table, nodes_of_roads, pieces_of, where_of

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.osm.reader import Roads, read_roads

pytestmark = pytest.mark.shared

MINUTE = 60_000
MIDDLE, LATER = 0.381966, 0.618034


class Extract(NamedTuple):
    """An extract read, built with junctions contracted and not, and the twin on its pieces."""

    roads: Roads
    network: RoadNetwork
    twin: TurnTwin
    where: list[tuple[int, bool]]
    whole: RoadNetwork
    pieces: dict[int, tuple[int, int, bool]]


def build(roads: Roads, *, contract: bool = True) -> RoadNetwork:
    return build_network(roads, QUICK_TURNS, fingerprint="", contract=contract)


@pytest.fixture(
    scope="module", params=[("andorra", 65), ("liechtenstein", 85), ("helsinki-core", 45)], ids=lambda one: one[0]
)
def extract(request, shared_data):
    name, relations = request.param
    roads = read_roads(shared_data / "osm" / f"{name}.osm.pbf", QUICK_TURNS)
    assert len(roads.restrictions) == relations
    network, whole = build(roads), build(replace(roads, restrictions=()), contract=False)
    left_out = dict(network.restrictions_left_out)
    assert network.restrictions_in_force + len(left_out) == relations
    obeyed = [one for one in roads.restrictions if one.relation_id not in left_out]
    pieces, where = pieces_of(whole, roads)
    twin = TurnTwin(pieces, obeyed, where=where_of(whole, roads), turning_places=turning_places_of(roads))
    return Extract(roads, network, twin, where, whole, find_pieces(network, whole, where))


def turning_places_of(roads):
    """Give the nodes where one may turn round."""
    names = nodes_of_roads(roads)
    stand = zip(roads.spot_node.tolist(), roads.spot_kind.tolist(), strict=True)
    return {names[node] for node, kind in stand if roads.spots[kind].u_turn}


@pytest.fixture(scope="module")
def around(extract):
    """Positions near restrictions, and the times between them by the twin."""
    positions = positions_around(extract, 24)
    return positions, extract.twin.table(positions, positions, 6 * MINUTE)


def test_only_restrictions_without_effect_are_left_out(extract):
    # No way of these relations is one that a car may drive, or a member is missing, or it holds at other hours.
    ways, nodes = set(extract.roads.way_id.tolist()), set(extract.roads.node_id.tolist())
    by_id = {one.relation_id: one for one in extract.roads.restrictions}
    for number, reason in extract.network.restrictions_left_out:
        members, keys = by_id[number].members, dict(by_id[number].tags)
        roles = {role for _, _, role in members}
        known = all(ref in (ways if kind == "w" else nodes) for kind, ref, _ in members)
        assert not roles >= {"from", "via", "to"} or not known or "hour_on" in keys, reason
    assert extract.network.restrictions_capped == 0


def test_every_restriction_is_obeyed_from_every_way_into_it(extract):
    # From the middle of the first piece of each restriction to all pieces out of its end, forbidden ones with them.
    for driven, mandatory, following in extract.twin.rules:
        start = [(driven[0][0], MIDDLE)]
        out = extract.twin.out[extract.twin.end(driven[-1])]
        ends = [(number, share) for number, _ in out for share in (MIDDLE, LATER)]
        found = network_table(extract.network, extract.pieces, start, ends, 15 * MINUTE)
        np.testing.assert_array_equal(found, extract.twin.table(start, ends, 15 * MINUTE), str(driven))

        direct = sum(map(extract.twin.time, driven)) - extract.twin.offset(driven[0], MIDDLE)
        for one in out:
            is_denied = (one in following) != mandatory
            position = [(one[0], MIDDLE)]
            time = network_table(extract.network, extract.pieces, start, position, 15 * MINUTE)[0, 0]
            whole_way = direct + extract.twin.offset(one, MIDDLE)
            assert not is_denied or one[0] == driven[-1][0] or time != whole_way


@pytest.mark.parametrize("search_from", ["starts", "ends"])
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_trips_around_restrictions_are_those_of_the_twin(extract, around, search_from, method):
    positions, expected = around
    found = network_table(
        extract.network, extract.pieces, positions, positions, 6 * MINUTE, search_from=search_from, method=method
    )
    np.testing.assert_array_equal(found, expected)
    assert (expected < UNREACHED).mean() > 0.1


def test_far_trips_are_those_of_the_twin(extract):
    random = np.random.default_rng(7)
    drawn = random.choice(sorted(extract.pieces), 24, replace=False).tolist()
    positions = [(number, MIDDLE) for number in drawn]
    found = network_table(extract.network, extract.pieces, positions[:4], positions, 120 * MINUTE)
    np.testing.assert_array_equal(found, extract.twin.table(positions[:4], positions, 120 * MINUTE))


def test_without_one_restriction_only_trips_that_it_concerns_change(extract):
    for chosen in range(0, len(extract.roads.restrictions), 16):
        without = extract.roads.restrictions[:chosen] + extract.roads.restrictions[chosen + 1 :]
        relation = extract.roads.restrictions[chosen]
        if relation.relation_id in dict(extract.network.restrictions_left_out):
            continue
        twin = TurnTwin(extract.twin.pieces, [relation], where=extract.twin.where)
        free = build(replace(extract.roads, restrictions=without))
        pieces = find_pieces(free, extract.whole, extract.where)
        positions = positions_around(extract, 16, twin=twin)
        before = network_table(extract.network, extract.pieces, positions, positions, 20 * MINUTE).astype(np.int64)
        after = network_table(free, pieces, positions, positions, 20 * MINUTE).astype(np.int64)
        via = [(driven[-1][0], MIDDLE) for driven, _, _ in twin.rules]
        to_via = network_table(free, pieces, positions, via, 20 * MINUTE).astype(np.int64)
        from_via = network_table(free, pieces, via, positions, 20 * MINUTE).astype(np.int64)
        over_via = (to_via[:, :, None] + from_via[None, :, :]).min(axis=1)
        own = np.isin([number for number, _ in positions], [number for number, _ in via])
        changed = (before != after) & ~own[:, None] & ~own[None, :]
        assert (after <= before).all()
        assert (over_via <= after)[changed].all()


def positions_around(extract, count, *, twin=None):
    """Draw positions on the pieces of restrictions and on pieces near their ends."""
    twin = twin or extract.twin
    near = {one[0] for driven, _, following in twin.rules for one in (*driven, *following)}
    corners = {end for driven, _, _ in twin.rules for end in (twin.begin(driven[0]), twin.end(driven[-1]))}
    for _ in range(6):
        around = {number for corner in corners for number, _ in twin.out.get(corner, ())}
        corners |= {end for number in around for end in twin.pieces[number][:2]}
        near |= around
    drawn = np.random.default_rng(5).permutation(sorted(near & extract.pieces.keys()))[:count]
    return [(int(number), MIDDLE) for number in drawn]
