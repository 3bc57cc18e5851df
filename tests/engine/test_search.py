"""The search equals its definition, and obeys the laws of shortest paths, to the millisecond."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from graphs import anchors, graph_of, graphs, naive_table, shortest, stops, turned
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from palveluverkko.engine.graph import Anchors, build_graph, freeze_int32
from palveluverkko.engine.search import UNREACHED, node_times, time_table

BUDGETS = st.integers(0, 6) | st.integers(0, 5_000_000) | st.just(UNREACHED - 1)


@st.composite
def trips(draw):
    """Draw a graph with starts and ends on it."""
    graph = draw(graphs())
    starts = anchors(graph, draw(stops(graph)), as_starts=True)
    ends = anchors(graph, draw(stops(graph)), as_starts=False)
    return graph, starts, ends


def node_anchors(nodes):
    """Points that stand on nodes: one slot, no time to it, no piece."""
    nodes = np.asarray(nodes)
    absent = np.full_like(nodes, -1)
    zero = np.zeros_like(nodes)
    slots = [(nodes, absent), (zero, np.full_like(nodes, UNREACHED)), (absent, absent), (zero, zero)]
    return Anchors(*(freeze_int32(np.column_stack(slot)) for slot in slots), access=freeze_int32(zero))


def scipy_table(graph, tails, heads):
    """All shortest times by SciPy, which takes a zero for no arc: count hops in the low digits, then drop them."""
    nodes, base = graph.nodes, graph.nodes + 1
    quickest = {}
    for tail, head, time in zip(graph.tail(), graph.head, graph.travel_time, strict=True):
        quickest[tail, head] = min(int(time), quickest.get((tail, head), UNREACHED))
    rows, columns = np.asarray(list(quickest), dtype=np.int64).reshape(-1, 2).T
    weights = np.asarray(list(quickest.values()), dtype=np.float64) * base + 1
    matrix = sparse.csr_matrix((weights, (rows, columns)), shape=(nodes, nodes))
    found = sparse.csgraph.dijkstra(matrix, indices=tails)[:, heads]
    return np.where(np.isinf(found), UNREACHED, np.where(np.isinf(found), 0, found) // base).astype(np.int32)


@settings(deadline=None, max_examples=120)
@given(trips(), BUDGETS)
def test_table_equals_the_naive_twin_from_either_side(given_trips, budget):
    graph, starts, ends = given_trips
    expected = naive_table(graph, starts, ends, budget)
    for side, turn in (("starts", expected), ("ends", expected.T)):
        found = time_table(graph, starts=starts, ends=ends, budget=budget, search_from=side)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, turn)


@settings(deadline=None, max_examples=40)
@given(graphs(most_nodes=30, most_arcs=90))
def test_table_between_nodes_equals_scipy(graph):
    everywhere = np.arange(graph.nodes)
    points = node_anchors(everywhere)
    found = time_table(graph, starts=points, ends=points, budget=UNREACHED - 1, search_from="starts")
    np.testing.assert_array_equal(found, scipy_table(graph, everywhere, everywhere))


def test_large_graph_equals_scipy():
    random = np.random.default_rng(1)
    nodes, arcs = 3000, 9000
    tail, head = random.integers(0, nodes, (2, arcs))
    graph = build_graph(nodes, tail, head, random.integers(0, 60_000, arcs) * random.integers(0, 2, arcs))
    tails, heads = random.integers(0, nodes, 40), random.integers(0, nodes, 300)
    found = time_table(
        graph, starts=node_anchors(tails), ends=node_anchors(heads), budget=10_800_000, search_from="starts"
    )
    np.testing.assert_array_equal(found, scipy_table(graph, tails, heads))


@settings(deadline=None, max_examples=80)
@given(trips(), BUDGETS)
def test_node_times_equal_the_naive_twin_from_either_side(given_trips, budget):
    graph, starts, ends = given_trips
    for side, seeds, searched in (("starts", starts, graph), ("ends", ends, graph.reversed())):
        slots = [(int(n), int(t)) for n, t in zip(seeds.node.ravel(), seeds.time.ravel(), strict=True) if n >= 0]
        reached = shortest(searched, slots)
        expected = [reached.get(node, UNREACHED) for node in range(graph.nodes)]
        expected = np.where(np.asarray(expected) <= budget, expected, UNREACHED)
        found = node_times(graph, seeds=seeds, budget=budget, search_from=side)
        np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=50)
@given(trips(), BUDGETS, BUDGETS)
def test_a_larger_budget_reaches_a_superset(given_trips, one, other):
    graph, starts, ends = given_trips
    small, large = (
        time_table(graph, starts=starts, ends=ends, budget=budget, search_from="starts")
        for budget in sorted((one, other))
    )
    np.testing.assert_array_equal(np.where(large <= min(one, other), large, UNREACHED), small)


@settings(deadline=None, max_examples=50)
@given(trips())
def test_a_trip_of_exactly_the_budget_is_kept_and_a_millisecond_less_loses_it(given_trips):
    graph, starts, ends = given_trips
    everything = time_table(graph, starts=starts, ends=ends, budget=UNREACHED - 1, search_from="starts")
    for time in np.unique(everything[everything != UNREACHED]).tolist():
        for side, table in (("starts", everything), ("ends", everything.T)):
            exact = time_table(graph, starts=starts, ends=ends, budget=time, search_from=side)
            assert (exact[table == time] == time).all()
            if time:
                short = time_table(graph, starts=starts, ends=ends, budget=time - 1, search_from=side)
                assert (short[table == time] == UNREACHED).all()


@settings(deadline=None, max_examples=50)
@given(trips(), st.randoms(use_true_random=False))
def test_renumbering_nodes_permutes_answers_only(given_trips, random):
    graph, starts, ends = given_trips
    number = np.asarray(random.sample(range(graph.nodes), graph.nodes))
    renumbered = build_graph(graph.nodes, number[graph.tail()], number[graph.head], graph.travel_time)

    def moved(points):
        return points._replace(node=freeze_int32(np.where(points.node >= 0, number[points.node], -1)))

    before = time_table(graph, starts=starts, ends=ends, budget=UNREACHED - 1, search_from="starts")
    after = time_table(renumbered, starts=moved(starts), ends=moved(ends), budget=UNREACHED - 1, search_from="starts")
    np.testing.assert_array_equal(before, after)
    at_nodes = node_times(graph, seeds=starts, budget=UNREACHED - 1, search_from="starts")
    at_moved = node_times(renumbered, seeds=moved(starts), budget=UNREACHED - 1, search_from="starts")
    np.testing.assert_array_equal(at_nodes, at_moved[number])


@settings(deadline=None, max_examples=50)
@given(trips(), BUDGETS)
def test_reversed_graph_with_the_opposite_direction_gives_the_same_answer(given_trips, budget):
    graph, starts, ends = given_trips
    there = time_table(graph, starts=starts, ends=ends, budget=budget, search_from="starts")
    back = time_table(
        graph.reversed(), starts=turned(ends, graph), ends=turned(starts, graph), budget=budget, search_from="starts"
    )
    np.testing.assert_array_equal(there, back.T)


@settings(deadline=None, max_examples=30)
@given(graphs())
def test_turning_a_graph_twice_gives_it_back(graph):
    arcs = sorted(zip(graph.tail(), graph.head, graph.travel_time, strict=True))
    again = graph.reversed().reversed()
    assert sorted(zip(again.tail(), again.head, again.travel_time, strict=True)) == arcs
    np.testing.assert_array_equal(again.first_out, graph.first_out)


@settings(deadline=None, max_examples=30)
@given(trips(), st.integers(2, 9))
def test_any_number_of_threads_gives_the_same_bytes(given_trips, threads):
    graph, starts, ends = given_trips
    one, many = (
        time_table(graph, starts=starts, ends=ends, budget=5_000_000, search_from="starts", threads=count).tobytes()
        for count in (1, threads)
    )
    assert one == many


@settings(deadline=None, max_examples=50)
@given(graphs(), st.data())
def test_nearest_equals_the_column_minimum_of_the_table(graph, data):
    points = node_anchors(data.draw(st.lists(st.integers(0, graph.nodes - 1), min_size=1, max_size=4)))
    everywhere = node_anchors(np.arange(graph.nodes))
    table = time_table(graph, starts=points, ends=everywhere, budget=5_000_000, search_from="starts")
    nearest = node_times(graph, seeds=points, budget=5_000_000, search_from="starts")
    np.testing.assert_array_equal(nearest, table.min(axis=0))


def test_arcs_that_name_unknown_nodes_or_negative_times_are_refused():
    with pytest.raises(ValueError, match="outside"):
        graph_of(2, [(0, 2, 1)])
    with pytest.raises(ValueError, match="negative"):
        graph_of(2, [(0, 1, -1)])


def test_a_side_that_is_neither_starts_nor_ends_is_refused():
    graph = graph_of(1, [])
    points = node_anchors([0])
    with pytest.raises(ValueError, match="search_from"):
        time_table(graph, starts=points, ends=points, budget=1, search_from="middle")


def test_the_engine_gives_the_same_bytes_with_and_without_compilation():
    support = Path(__file__).parents[1] / "support"
    script = "import engine_example; print(engine_example.digest())"
    plain = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(support)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert plain.returncode == 0, plain.stderr
    import engine_example  # noqa: PLC0415  # the same module that the other interpreter runs

    assert plain.stdout.strip() == engine_example.digest()
