"""A road that a barrier cuts: nobody drives through, and those who live behind a private gate come home."""

import numpy as np
import osmium
import osmium.osm.mutable
import pytest
from streets import nodes_of

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.engine.search import time_table
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import TRIP_BEGINS, TRIP_ENDS
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads

PROFILE = CarProfile()
PLACES = {1: (25.0, 66.0), 2: (25.01, 66.0), 3: (25.02, 66.0), 4: (25.03, 66.0), 5: (25.02, 66.01), 6: (25.01, 66.03)}
GATE = {"barrier": "gate", "access": "private"}
BLOCK = {"barrier": "block"}


def network_with(tmp_path, ways, tags, **options):
    """Build a network of ways (class, node, node, ...) with tags on some nodes."""
    path = tmp_path / "a.osm.pbf"
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for one, place in PLACES.items():
            writer.add_node(osmium.osm.mutable.Node(id=one, location=place, tags=tags.get(one, {}), version=1))
        for number, (road_class, *nodes) in enumerate(ways, 1):
            told = {"highway": road_class}
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=told, version=1))
    return build_network(read_roads(path, PROFILE), PROFILE, fingerprint="", **options)


def minutes(network, start, end):
    """Give the minutes of the quickest trip between OpenStreetMap nodes, from any copy to any; None for no way."""

    def anchored(layer, node):
        nodes = nodes_of(network, layer)[np.flatnonzero(network.junction_id == node)]
        columns = [(nodes, -1), (0, UNREACHED), (-1, -1), (0, 0)]
        slots = [np.column_stack([np.broadcast_to(one, nodes.shape) for one in column]) for column in columns]
        return Anchors(*map(freeze_int32, slots), access=freeze_int32(np.zeros_like(nodes)))

    starts, ends = anchored(TRIP_BEGINS, start), anchored(TRIP_ENDS, end)
    table = time_table(network.graph, starts=starts, ends=ends, budget=UNREACHED - 1, search_from="starts")
    best = table.milliseconds.min()
    return None if best == UNREACHED else best / 60_000


STREET = [("residential", 1, 2, 3, 4)]
ROUND = [("residential", 1, 2, 3, 4), ("residential", 1, 6, 4)]


@pytest.mark.parametrize("contract", [True, False])
def test_nobody_drives_past_a_block_and_all_drive_to_it(tmp_path, contract):
    network = network_with(tmp_path, STREET, {2: BLOCK}, contract=contract)
    assert minutes(network, 1, 4) is None
    assert minutes(network, 1, 2) > 0
    assert minutes(network, 4, 2) > 0
    assert network.barriers_cut == {"block": 1}
    assert network.cut_x.size == 0


@pytest.mark.parametrize("contract", [True, False])
def test_a_private_gate_lets_those_behind_it_in_and_out(tmp_path, contract):
    network, free = (network_with(tmp_path, STREET, tags, contract=contract) for tags in ({2: GATE}, {}))
    gate = PROFILE.spot(GATE).forward_seconds / 60
    assert minutes(network, 1, 4) == pytest.approx(minutes(free, 1, 4) + gate)
    assert minutes(network, 4, 1) == pytest.approx(minutes(free, 4, 1) + gate)
    assert minutes(network, 1, 2) == pytest.approx(minutes(free, 1, 4) * 1 / 3, abs=0.01)


@pytest.mark.parametrize("contract", [True, False])
def test_a_private_gate_lets_nobody_through(tmp_path, contract):
    ways = [("residential", 5, 1), ("residential", 1, 2, 3), ("residential", 3, 4), ("residential", 1, 6, 3)]
    network = network_with(tmp_path, ways, {2: GATE}, contract=contract)
    blocked = network_with(tmp_path, ways, {2: BLOCK}, contract=contract)
    free = network_with(tmp_path, ways, {}, contract=contract)
    assert minutes(free, 5, 4) < minutes(network, 5, 4)
    assert minutes(network, 5, 4) == minutes(blocked, 5, 4)


def test_an_open_gate_takes_its_time_and_nothing_else(tmp_path):
    network, free = (network_with(tmp_path, STREET, tags) for tags in ({2: {"barrier": "gate"}}, {}))
    assert network.edges.tail.size == free.edges.tail.size == 1
    seconds = PROFILE.spot({"barrier": "gate"}).forward_seconds
    assert minutes(network, 1, 4) == pytest.approx(minutes(free, 1, 4) + seconds / 60)


def test_the_copies_of_a_node_have_ids_of_their_own_in_the_export(tmp_path):
    network = network_with(tmp_path, ROUND, {2: BLOCK, 3: GATE})
    export = network.to_networkx()
    assert export.number_of_nodes() == network.graph.nodes
    assert export.number_of_edges() == network.graph.head.size
    assert {2, 3} <= set(export)


@pytest.mark.shared
def test_the_closed_gate_of_andorra_ends_the_road_on_both_sides(shared_data):
    network = build_network(read_roads(shared_data / "osm" / "andorra.osm.pbf", PROFILE), PROFILE, fingerprint="")
    copies = np.flatnonzero(network.junction_id == 9144373686)
    touching = [np.flatnonzero((network.edges.tail == one) | (network.edges.head == one)) for one in copies]
    assert [[network.names[network.edges.name[edge]] for edge in edges] for edges in touching] == [["CS-251"]] * 2
