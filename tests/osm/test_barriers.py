"""Roads end at barriers: the same pieces, joined where the tags say that one may pass and nowhere else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.osm.profile import CarProfile, Road
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.roads import FileRoads, FileSpots, FileWays, arrange, distinct_nodes
from palveluverkko.osm.spots import Spot

STREET, PRIVATE = Road("residential", 40.0, 40.0), Road("service", 20.0, 20.0, local_access=True)
ONEWAY = Road("primary", 80.0, 0.0)
KINDS = tuple(sorted((STREET, PRIVATE, ONEWAY), key=repr))  # as the readers give them
GATE = Spot("gate", 10.0, 10.0)
KEYS = Spot("gate", 10.0, 10.0, passage="local")
BLOCK = Spot("block", passage="none")
SPOTS = (GATE, KEYS, BLOCK)


def arranged(walks, standing, *, lost=()):
    """Roads of ways (kind, node, node, ...) numbered from 101, over nodes of which some lie outside the file."""
    ways = FileWays(
        way_id=np.arange(101, 101 + len(walks)),
        way_kind=np.array([KINDS.index(kind) for kind, *_ in walks], dtype=np.int32),
        kinds=KINDS,
        way_name=np.zeros(len(walks), dtype=np.int32),
        names=("",),
        nodes_in_way=np.array([len(nodes) for _, *nodes in walks], dtype=np.int32),
        node_ids=np.array([node for _, *nodes in walks for node in nodes], dtype=np.int64),
        rejected_speeds={},
        restrictions=(),
    )
    node_id = distinct_nodes(ways)
    place = np.where(np.isin(node_id, lost), np.nan, node_id.astype(float))
    at = [position for position, one in enumerate(node_id.tolist()) if one in standing]
    kind = [SPOTS.index(standing[int(node_id[position])]) for position in at]
    spots = FileSpots(np.array(at, dtype=np.int32), np.array(kind, dtype=np.int32), SPOTS)
    return arrange(Path("drawn"), FileRoads(ways, node_id, place, place, spots))


def straight(roads):
    """Straight pieces with length: way, tail, head as positions; and those without, which join copies of a node."""
    pieces = [
        (int(way), int(a), int(b))
        for way, begin, end in zip(roads.way_id, roads.first_node, roads.first_node[1:], strict=False)
        for a, b in pairwise(roads.way_node[begin:end])
    ]
    same = [roads.node_id[a] == roads.node_id[b] for _, a, b in pieces]
    return (
        [one for one, joins in zip(pieces, same, strict=True) if not joins],
        [one for one, joins in zip(pieces, same, strict=True) if joins],
    )


WALKS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.lists(st.integers(1, 6), min_size=2, max_size=6)).map(
        lambda one: (one[0], *(node for node, before in zip(one[1], [None, *one[1]], strict=False) if node != before))
    ).filter(lambda one: len(one) > 2),
    min_size=1,
    max_size=6,
)  # fmt: skip
STANDING = st.dictionaries(st.integers(1, 6), st.sampled_from(SPOTS), max_size=4)


@settings(deadline=None, max_examples=300)
@given(WALKS, STANDING)
def test_the_same_pieces_hang_together_where_the_definition_says(walks, standing):
    roads = arranged(walks, standing)
    expected = [(101 + way, a, b) for way, (_, *nodes) in enumerate(walks) for a, b in pairwise(nodes)]
    pieces, joints = straight(roads)
    ids = roads.node_id.tolist()
    assert [(way, ids[a], ids[b]) for way, a, b in pieces] == expected

    def parts(with_local):
        """Partition the pieces by the definition: two ends meet at a node unless its barrier keeps them apart."""
        graph = nx.Graph()
        graph.add_nodes_from(range(len(expected)))
        for node in range(1, 7):
            touching = [number for number, (_, a, b) in enumerate(expected) if node in (a, b)]
            spot = standing.get(node, GATE)
            all_local = all(walks[expected[number][0] - 101][0].local_access for number in touching)
            if spot == GATE or (spot == KEYS and (with_local or all_local)):
                graph.add_edges_from((touching[0], other) for other in touching[1:])
        return {frozenset(part) for part in nx.connected_components(graph)}

    def found(links):
        graph = nx.Graph()
        graph.add_nodes_from(range(len(pieces)))
        for number, (_, a, b) in enumerate(pieces):
            graph.add_edges_from(((number, ("node", a)), (number, ("node", b))))
        graph.add_edges_from((("node", a), ("node", b)) for _, a, b in links)
        parts = ({one for one in part if isinstance(one, int)} for part in nx.connected_components(graph))
        return {frozenset(part) for part in parts if part}

    assert found([]) == parts(with_local=False)
    assert found(joints) == parts(with_local=True)


@settings(deadline=None, max_examples=100)
@given(WALKS, STANDING)
def test_copies_keep_id_and_place_and_what_joins_them_is_for_the_first_and_last_leg(walks, standing):
    roads = arranged(walks, standing)
    assert (np.diff(roads.node_id) >= 0).all()
    np.testing.assert_array_equal(roads.lon, roads.node_id)
    assert set(np.unique(roads.way_node)) == set(range(roads.node_id.size))
    assert (np.diff(roads.way_id) >= 0).all()
    assert (np.diff(roads.first_node) >= 2).all()
    assert roads.cut_nodes.size == 0
    assert list(roads.kinds) == sorted(roads.kinds, key=repr)
    kind_of = {
        (int(a), int(b)): roads.kinds[kind]
        for kind, begin, end in zip(roads.way_kind, roads.first_node, roads.first_node[1:], strict=False)
        for a, b in pairwise(roads.way_node[begin:end])
    }
    for _, a, b in straight(roads)[1]:
        joint = kind_of[a, b]
        assert (joint.local_access, joint.snappable) == (True, False)
        assert min(joint.forward_kmh, joint.backward_kmh) > 0
    where = dict(zip(roads.spot_node.tolist(), roads.spot_kind.tolist(), strict=True))
    used = set(roads.node_id.tolist())
    assert {int(roads.node_id[at]): roads.spots[kind] for at, kind in where.items()} == {
        node: spot for node, spot in standing.items() if node in used
    }
    assert all(at == np.searchsorted(roads.node_id, roads.node_id[at]) for at in where)


def test_nobody_passes_a_block():
    roads = arranged([(STREET, 1, 2, 3), (STREET, 2, 4)], {2: BLOCK})
    assert roads.node_id.tolist() == [1, 2, 2, 2, 3, 4]
    assert straight(roads) == ([(101, 0, 1), (101, 2, 4), (102, 3, 5)], [])
    assert roads.barriers_cut == {"block": 1}


def test_a_private_gate_leads_through_the_middle():
    roads = arranged([(STREET, 1, 2, 3)], {2: KEYS})
    assert roads.node_id.tolist() == [1, 2, 2, 2, 3]
    assert straight(roads) == ([(101, 0, 2), (101, 3, 4)], [(101, 1, 2), (101, 1, 3)])
    assert roads.spot_node.tolist() == [1]


@pytest.mark.parametrize(
    ("walks", "standing"),
    [
        ([(STREET, 1, 2, 3)], {2: GATE}),
        ([(PRIVATE, 1, 2, 3)], {2: KEYS}),
        ([(STREET, 1, 2)], {2: BLOCK, 1: KEYS}),
    ],
)
def test_an_open_gate_one_on_a_private_road_and_one_at_its_end_cut_nothing(walks, standing):
    roads = arranged(walks, standing)
    assert (np.diff(roads.node_id) > 0).all()
    assert not roads.barriers_cut


def test_a_barrier_is_not_the_edge_of_the_file_and_the_edge_stays_where_it_was():
    roads = arranged([(STREET, 1, 2, 3, 4), (STREET, 3, 5)], {2: BLOCK, 3: BLOCK}, lost=[4])
    assert roads.node_id[roads.cut_nodes].tolist() == [3]
    roads = arranged([(STREET, 1, 2, 3, 4)], {2: BLOCK}, lost=[4])
    assert roads.node_id[roads.cut_nodes].tolist() == [3]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "cut"),
    [
        # Andorra, gone through one by one: 4 chains, one of them at the end of its road; the gates of CS-251
        # (access=no) and of Els Formentals Parc (destination); at the bollard a road only begins.
        ("andorra", {"chain": 3, "fence": 1, "lift_gate": 2, "yes": 2}),
        ("helsinki-core", {"block": 2, "bollard": 1, "gate": 1}),
    ],
)
def test_barriers_that_cut_roads_of_real_extracts(shared_data, name, cut):
    assert read_roads(shared_data / "osm" / f"{name}.osm.pbf", CarProfile()).barriers_cut == cut


@pytest.mark.shared
def test_the_closed_gate_on_a_road_of_andorra_cuts_it(shared_data):
    roads = read_roads(shared_data / "osm" / "andorra.osm.pbf", CarProfile())
    copies = np.flatnonzero(roads.node_id == 9144373686)
    pieces = [
        (roads.names[name], int(copy))
        for name, begin, end in zip(roads.way_name, roads.first_node, roads.first_node[1:], strict=False)
        for copy in copies
        if copy in roads.way_node[begin:end]
    ]
    assert pieces == [("CS-251", copies[0]), ("CS-251", copies[1])]
