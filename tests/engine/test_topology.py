"""Components and chains: what hangs together, and every piece walked once."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.topology import component_labels, trace_chains


@st.composite
def pieces(draw):
    """Undirected pieces with parallels and loops; more nodes than pieces leaves some isolated."""
    nodes = draw(st.integers(1, 10))
    node = st.integers(0, nodes - 1)
    ends = draw(st.lists(st.tuples(node, node), max_size=14))
    tail, head = np.asarray(ends, dtype=np.int64).reshape(-1, 2).T
    return nodes, tail, head


def halves(nodes, tail, head):
    half_node = np.column_stack((tail, head)).ravel()
    degree = np.bincount(half_node, minlength=nodes)
    return np.concatenate(([0], np.cumsum(degree))), np.argsort(half_node, kind="stable"), degree


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
@given(pieces(), st.data())
def test_chains_walk_every_piece_once_and_end_at_stops_or_close(given_pieces, data):
    nodes, tail, head = given_pieces
    first_half, half, degree = halves(nodes, tail, head)
    loop = np.isin(np.arange(nodes), tail[tail == head])
    extra = np.asarray(data.draw(st.lists(st.booleans(), min_size=nodes, max_size=nodes)), dtype=bool)
    stop = (degree != 2) | loop | extra
    chains = trace_chains(first_half, half, tail, head, stop)

    assert sorted((chains.half >> 1).tolist()) == list(range(tail.size))
    assert chains.begins[0] == 0
    assert chains.begins[-1] == tail.size
    for low, high in zip(chains.begins[:-1], chains.begins[1:], strict=True):
        walked = chains.half[low:high]
        turned = walked & 1 == 1
        begin = np.where(turned, head[walked >> 1], tail[walked >> 1])
        end = np.where(turned, tail[walked >> 1], head[walked >> 1])
        np.testing.assert_array_equal(end[:-1], begin[1:])
        assert not stop[begin[1:]].any()
        assert (stop[begin[0]] and stop[end[-1]]) or begin[0] == end[-1]


def test_a_ring_without_a_stop_is_one_closed_chain_from_its_lowest_piece():
    tail, head = np.asarray([2, 0, 1]), np.asarray([0, 1, 2])
    first_half, half, _ = halves(3, tail, head)
    chains = trace_chains(first_half, half, tail, head, np.zeros(3, dtype=bool))
    assert chains.half.tolist() == [0, 2, 4]
    assert chains.begins.tolist() == [0, 3]
