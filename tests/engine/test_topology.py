"""Components, orders and chains: what hangs together, and every piece walked once."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.graph import build_graph
from palveluverkko.engine.topology import (
    component_labels,
    depth_first_numbers,
    lay_chains,
    longest_part,
    reachable_from,
    reaching,
    sort_arcs,
    strong_labels,
    trace_chains,
    turned,
)


@st.composite
def pieces(draw):
    """Undirected pieces with parallels and loops; more nodes than pieces leaves some isolated."""
    nodes = draw(st.integers(1, 10))
    node = st.integers(0, nodes - 1)
    ends = draw(st.lists(st.tuples(node, node), max_size=14))
    tail, head = np.asarray(ends, dtype=np.int64).reshape(-1, 2).T
    return nodes, tail, head


def directed(nodes, tail, head):
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(zip(tail.tolist(), head.tolist(), strict=True))
    return graph


@settings(deadline=None, max_examples=100)
@given(pieces())
def test_labels_are_the_lowest_node_of_each_component_of_networkx(given_pieces):
    nodes, tail, head = given_pieces
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(zip(tail.tolist(), head.tolist(), strict=True))
    expected = {node: min(part) for part in nx.connected_components(graph) for node in part}
    assert dict(enumerate(component_labels(nodes, tail, head).tolist())) == expected


def test_labels_of_a_long_path_in_bad_order_equal_networkx():
    random = np.random.default_rng(3)
    order = random.permutation(5000)
    cut = random.permutation(4999)[:4900]
    tail, head = order[cut], order[cut + 1]
    graph = nx.Graph(zip(tail.tolist(), head.tolist(), strict=True))
    graph.add_nodes_from(range(5000))
    labels = component_labels(5000, tail, head)
    for part in nx.connected_components(graph):
        assert set(labels[list(part)].tolist()) == {min(part)}


@settings(deadline=None, max_examples=150)
@given(pieces())
def test_arcs_are_sorted_as_by_lexsort_and_parallels_stay_as_they_come(given_pieces):
    nodes, tail, head = given_pieces
    first_out, order = sort_arcs(nodes, tail, head)
    np.testing.assert_array_equal(order, np.lexsort((head, tail)))
    np.testing.assert_array_equal(first_out, np.searchsorted(np.sort(tail), np.arange(nodes + 1)))


@pytest.mark.parametrize("time", [-1, np.nan, np.inf, -np.inf, 2**31, 2.5, "4", 1j])
def test_a_travel_time_that_is_none_is_refused(time):
    with pytest.raises(ValueError, match="a travel time is negative, no whole number or above"):
        build_graph(2, np.asarray([0, 1]), np.asarray([1, 0]), np.asarray([3, time]))


@pytest.mark.parametrize("node", [-1, 2, 2**32, np.nan, np.inf, 0.5])
@pytest.mark.parametrize("end", [0, 1])
def test_an_arc_to_what_is_no_node_is_refused(node, end):
    ends = [np.asarray([0, 1]), np.asarray([1, 0])]
    ends[end] = np.asarray([node, 1])
    with pytest.raises(ValueError, match="nodes outside 0 to 1"):
        build_graph(2, *ends, np.asarray([3, 3]))


@pytest.mark.parametrize("short", [0, 1, 2])
def test_columns_of_arcs_that_differ_in_length_are_refused(short):
    columns = [np.asarray([0, 1]), np.asarray([1, 0]), np.asarray([3, 3])]
    columns[short] = columns[short][:1]
    with pytest.raises(ValueError, match="each arc has one"):
        build_graph(2, *columns)


def test_a_graph_of_fewer_than_no_nodes_is_refused():
    none = np.empty(0, dtype=np.int32)
    with pytest.raises(ValueError, match="-1 nodes"):
        build_graph(-1, none, none, none)


def test_a_graph_of_too_many_arcs_is_refused_before_anything_is_counted():
    many = np.broadcast_to(np.int32(0), 2**31)
    with pytest.raises(ValueError, match=r"2,147,483,648 arcs is too large"):
        build_graph(2, many, many, many)


@settings(deadline=None, max_examples=150)
@given(pieces())
def test_strong_labels_are_the_lowest_node_of_each_part_of_networkx(given_pieces):
    nodes, tail, head = given_pieces
    expected = {node: min(part) for part in nx.strongly_connected_components(directed(*given_pieces)) for node in part}
    graph = build_graph(nodes, tail, head, np.zeros(tail.size))
    assert dict(enumerate(strong_labels(graph).tolist())) == expected


@settings(deadline=None, max_examples=200)
@given(pieces(), st.integers(0, 9_999))
def test_the_longest_part_is_that_of_a_sum_over_sets(given_pieces, seed):
    nodes, tail, head = given_pieces
    graph = build_graph(nodes, tail, head, np.zeros(tail.size))
    random = np.random.default_rng(seed)
    edge = random.integers(-1, 5, tail.size)
    counts, length = random.random(5) < 0.8, random.integers(0, 3, 5).astype(np.float64)
    labels = strong_labels(graph)
    driven: dict[int, list[int]] = {}
    for start, end, one in zip(graph.tail().tolist(), graph.head.tolist(), edge.tolist(), strict=True):
        if one >= 0 and counts[one] and labels[start] == labels[end]:
            driven.setdefault(int(labels[start]), []).append(one)
    times = Counter(one for part in driven.values() for one in part)
    total = {label: sum(length[one] / times[one] for one in part) for label, part in driven.items()}
    longest, found = longest_part(graph, labels, edge, counts=counts, length=length)
    if not total:
        assert (longest, found.any()) == (-1, False)
        return
    assert total[longest] == pytest.approx(max(total.values()))
    assert set(np.flatnonzero(found).tolist()) == set(driven[longest])


@settings(deadline=None, max_examples=100)
@given(pieces())
def test_what_reaches_a_node_is_what_it_reaches_with_the_arcs_turned(given_pieces):
    nodes, tail, head = given_pieces
    graph = build_graph(nodes, tail, head, np.zeros(tail.size))
    seeds = np.asarray([nodes - 1])
    assert (reaching(turned(graph), seeds) == reachable_from(graph.reversed(), seeds)).all()


def test_strong_labels_of_large_random_graphs_equal_networkx():
    random = np.random.default_rng(4)
    for arcs in (3000, 5000, 8000):
        tail, head = random.integers(0, 4000, (2, arcs))
        labels = strong_labels(build_graph(4000, tail, head, np.zeros(arcs)))
        for part in nx.strongly_connected_components(directed(4000, tail, head)):
            assert set(labels[list(part)].tolist()) == {min(part)}


@settings(deadline=None, max_examples=150)
@given(pieces(), st.data())
def test_reached_nodes_are_the_descendants_of_networkx(given_pieces, data):
    nodes, tail, head = given_pieces
    seeds = data.draw(st.lists(st.integers(0, nodes - 1), max_size=4))
    graph = directed(*given_pieces)
    expected = set(seeds).union(*(nx.descendants(graph, seed) for seed in seeds))
    reached = reachable_from(build_graph(nodes, tail, head, np.zeros(tail.size)), np.asarray(seeds, dtype=np.int64))
    assert set(np.flatnonzero(reached).tolist()) == expected


@settings(deadline=None, max_examples=150)
@given(pieces(), st.randoms(use_true_random=False))
def test_depth_first_numbers_are_those_of_a_recursive_walk_whatever_the_order_of_arcs(given_pieces, random):
    nodes, tail, head = given_pieces
    neighbours = [set() for _ in range(nodes)]
    for a, b in zip(tail.tolist(), head.tolist(), strict=True):
        neighbours[a].add(b)
        neighbours[b].add(a)
    met = []

    def walk(node):
        if node not in met:
            met.append(node)
            for other in sorted(neighbours[node]):
                walk(other)

    for node in range(nodes):
        walk(node)
    numbers = depth_first_numbers(nodes, tail, head)
    assert np.argsort(numbers).tolist() == met
    shuffled = random.sample(range(tail.size), tail.size)
    ends = np.column_stack((tail, head))[shuffled]
    turned = np.asarray([random.random() < 0.5 for _ in shuffled], dtype=bool)
    ends[turned] = ends[turned, ::-1]
    np.testing.assert_array_equal(depth_first_numbers(nodes, *ends.T), numbers)


@st.composite
def paths(draw):
    """Paths over nodes, with what walking along each and against it means."""
    nodes = draw(st.integers(1, 9))
    walk = st.lists(st.integers(0, nodes - 1), min_size=1, max_size=5)
    walks = draw(st.lists(walk, max_size=6))
    path = np.repeat(np.arange(len(walks)), [len(one) for one in walks])
    node = np.asarray([spot for one in walks for spot in one], dtype=np.int64)
    kinds = draw(st.lists(st.sampled_from([(0, 0), (1, 2), (2, 1)]), min_size=len(walks), max_size=len(walks)))
    onward, back = np.asarray(kinds, dtype=np.int64).reshape(-1, 2).T
    return nodes, path, node, onward, back


def walked_nodes(node, half):
    piece, turned = half >> 1, half & 1
    return node[piece + turned], node[piece + 1 - turned]


@settings(deadline=None, max_examples=300)
@given(paths(), st.booleans())
def test_chains_walk_every_piece_once_and_pass_just_where_two_pieces_meet_and_mean_the_same(given_paths, join):
    nodes, path, node, onward, back = given_paths
    chains = trace_chains(nodes, path, node, onward, back, join=join)
    pieces = np.flatnonzero(path[:-1] == path[1:])
    assert sorted((chains.half >> 1).tolist()) == pieces.tolist()
    assert chains.begins[0] == 0
    assert chains.begins[-1] == pieces.size

    def meaning(half):
        return int((back if half & 1 else onward)[path[half >> 1]])

    leaving = [[] for _ in range(nodes)]
    for piece in pieces.tolist():
        leaving[node[piece]].append(2 * piece)
        leaving[node[piece + 1]].append(2 * piece + 1)
    may_pass = {
        at
        for at, halves in enumerate(leaving)
        if join
        and len(halves) == 2
        and halves[0] >> 1 != halves[1] >> 1
        and meaning(halves[0] ^ 1) == meaning(halves[1])
    }
    passed = []
    for low, high in zip(chains.begins[:-1], chains.begins[1:], strict=True):
        begin, end = walked_nodes(node, chains.half[low:high])
        np.testing.assert_array_equal(end[:-1], begin[1:])
        passed.extend(begin[1:].tolist())
        # What is not passed is a stop; only a ring begins and ends at a node that it could pass.
        assert begin[0] == end[-1] or not {int(begin[0]), int(end[-1])} & may_pass
    assert set(passed) <= may_pass
    assert len(set(passed)) == len(passed)


def test_a_ring_without_a_stop_is_one_closed_chain_from_its_first_piece():
    path, node = np.asarray([0, 0, 1, 1, 2, 2]), np.asarray([2, 0, 0, 1, 1, 2])
    chains = trace_chains(3, path, node, np.zeros(3), np.zeros(3))
    assert chains.half.tolist() == [0, 4, 8]
    assert chains.begins.tolist() == [0, 3]


def test_paths_of_too_many_nodes_are_refused():
    many = np.broadcast_to(np.int32(0), 2**30 + 1)
    with pytest.raises(ValueError, match="too long"):
        trace_chains(1, many, many, np.zeros(1), np.zeros(1))


@settings(deadline=None, max_examples=150)
@given(paths(), st.randoms(use_true_random=False))
def test_chains_are_laid_out_piece_by_piece(given_paths, random):
    nodes, path, node, onward, back = given_paths
    chains = trace_chains(nodes, path, node, onward, back)
    order = random.sample(range(chains.begins.size - 1), chains.begins.size - 1)
    there, again = (np.asarray([random.randrange(900) for _ in node], dtype=np.int64) for _ in range(2))
    x, y = np.arange(nodes) * 1.5, np.arange(nodes) * -2.5
    laid = lay_chains(chains, np.asarray(order), node, xy=(x, y), length=there / 8, onward=there, back=again)
    assert laid.overflow == -1
    for place, chain in enumerate(order):
        half = chains.half[chains.begins[chain] : chains.begins[chain + 1]]
        begin, end = walked_nodes(node, half)
        spots = [int(begin[0]), *end.tolist()]
        vertices = slice(laid.first_vertex[place], laid.first_vertex[place + 1])
        assert laid.x[vertices].tolist() == x[spots].tolist()
        assert laid.y[vertices].tolist() == y[spots].tolist()
        turned = half & 1 == 1
        for column, with_it, against in ((laid.onward, there, again), (laid.back, again, there)):
            steps = np.where(turned, against[half >> 1], with_it[half >> 1])
            assert column[vertices].tolist() == [0, *np.cumsum(steps).tolist()]
        assert laid.length[place] == (there[half >> 1] / 8).sum()


@pytest.mark.parametrize(("each", "overflow"), [(2**30 - 1, -1), (2**30, 1)])
def test_the_first_chain_whose_total_is_above_int32_is_named(each, overflow):
    path, node = np.asarray([0, 0, 1, 1, 1]), np.asarray([0, 1, 2, 3, 4])
    chains = trace_chains(5, path, node, np.zeros(2), np.zeros(2))
    measure = np.full(5, each)
    zeros = np.zeros(5)
    laid = lay_chains(chains, np.arange(2), node, xy=(zeros, zeros), length=zeros, onward=measure, back=zeros)
    assert laid.overflow == overflow
