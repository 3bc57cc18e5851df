"""Other speeds and closed roads on a network that is there."""

import numpy as np
import pytest
from graphs import node_anchors
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import ROAD, STREET, Way, jittered_lattice, network_of, nodes_of, roads, street_plans

from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.search import UNREACHED, time_table
from palveluverkko.network.road_network import TRIP_BEGINS, TRIP_ENDS

SPOTS = jittered_lattice(9)
SQUARE = [Way(1, (0, 1), STREET), Way(2, (1, 4), STREET), Way(3, (4, 3), STREET), Way(4, (3, 0), ROAD)]


def times(network, *, method="buckets"):
    """Travel times from all beginnings to all ends, by junction."""
    return time_table(
        network.roads,
        starts=node_anchors(nodes_of(network, TRIP_BEGINS)),
        ends=node_anchors(nodes_of(network, TRIP_ENDS)),
        budget=2**24 - 1,
        search_from="starts",
        method=method,
    ).milliseconds


@settings(deadline=None, max_examples=40)
@given(street_plans())
def test_a_factor_of_one_changes_nothing(plan):
    network = network_of(roads(*plan))
    same = network.with_speeds(1)
    np.testing.assert_array_equal(same.graph.travel_time, network.graph.travel_time)
    for name, column in network.edges._asdict().items():
        np.testing.assert_array_equal(getattr(same.edges, name), column, err_msg=name)


@settings(deadline=None, max_examples=40)
@given(street_plans(), st.randoms(use_true_random=False))
def test_closing_roads_equals_a_network_without_them(plan, random):
    network = network_of(roads(*plan))
    factor = np.asarray([random.choice([0.0, 1.0]) for _ in range(network.edges.tail.size)])
    closed = network.with_speeds(factor)
    edges = closed.edges
    assert not (edges.forward | edges.backward | edges.snappable)[factor == 0].any()
    expected = _without(network, factor > 0)
    np.testing.assert_array_equal(times(closed), expected)
    np.testing.assert_array_equal(times(closed, method="sweep"), expected)


@settings(deadline=None, max_examples=20)
@given(street_plans(), st.randoms(use_true_random=False), st.sampled_from([0.5, 1.0, 2.0]))
def test_a_closed_road_stays_closed_at_other_speeds(plan, random, factor):
    network = network_of(roads(*plan))
    open_ = np.asarray([random.choice([0.0, 1.0]) for _ in range(network.edges.tail.size)])
    expected = times(network.with_speeds(open_ * factor))
    np.testing.assert_array_equal(times(network.with_speeds(open_).with_speeds(factor)), expected)


def _without(network, kept):
    """Give times on the arcs of some edges alone, by Floyd and Warshall over the nodes of the graph."""
    nodes, edges = network.graph.nodes, network.edges
    begin, end = nodes_of(network, TRIP_BEGINS), nodes_of(network, TRIP_ENDS)
    best = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(best, 0)
    for junction in range(begin.size):
        best[begin[junction], junction] = best[junction, end[junction]] = 0
    for edge in np.flatnonzero(kept):
        layers = (begin, end) if edges.local[edge] else (np.arange(nodes),)
        for layer in layers:
            tail, head = layer[edges.tail[edge]], layer[edges.head[edge]]
            if edges.forward[edge]:
                best[tail, head] = min(best[tail, head], edges.forward_time[edge])
            if edges.backward[edge]:
                best[head, tail] = min(best[head, tail], edges.backward_time[edge])
    for middle in range(nodes):
        best = np.minimum(best, best[:, [middle]] + best[[middle]])
    found = best[np.ix_(begin, end)]
    return np.where(found < 2**24, found, UNREACHED).astype(np.int32)


@settings(deadline=None, max_examples=40)
@given(street_plans(), st.floats(0.1, 4))
def test_every_vertex_is_as_much_later_as_the_roads_are_slower(plan, factor):
    network = network_of(roads(*plan))
    slower = network.with_speeds(factor)
    for name in ("vertex_forward", "vertex_backward"):
        expected = np.rint(getattr(network.edges, name) / factor)
        np.testing.assert_array_equal(getattr(slower.edges, name), expected)
    np.testing.assert_array_equal(slower.edges.main, network.edges.main)
    np.testing.assert_array_equal(times(slower), times(slower, method="sweep"))


def test_the_order_of_elimination_is_shared_and_the_fingerprint_is_not():
    network = network_of(roads(SPOTS, SQUARE))
    slower, closed = network.with_speeds(0.5), network.with_speeds([0, 1] * (network.edges.tail.size // 2))
    assert slower.roads.order is network.roads.order is closed.roads.order
    assert len({network.fingerprint, slower.fingerprint, closed.fingerprint}) == 3
    assert slower.roads.graph is not network.roads.graph


def test_closing_and_opening_again_gives_the_base_back():
    network = network_of(roads(SPOTS, SQUARE))
    nothing = network.with_speeds(0)
    assert (times(nothing) == np.where(np.eye(network.junction_x.size, dtype=bool), 0, UNREACHED)).all()
    np.testing.assert_array_equal(times(network.with_speeds(1)), times(network))


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (-1, r"negative or no number \(edges '0'"),
        (np.nan, "negative or no number"),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], "7 speed factors for"),
        (1e-9, "more than 25 days"),
    ],
)
def test_bad_factors_are_refused(factor, words):
    network = network_of(roads(SPOTS, SQUARE))
    with pytest.raises(NetworkError, match=words):
        network.with_speeds(factor)
