"""Laws of shortest paths that hold by every method: what changes an answer, and what must not."""

import itertools

import numpy as np
import pytest
from graphs import (
    LONGEST_TIME,
    SIDES,
    anchors,
    budgets,
    grid_graph,
    node_anchors,
    random_graph,
    stops,
    trips,
    turned,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.elimination import eliminate, prepare
from palveluverkko.engine.graph import build_graph, freeze_int32
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.engine.search import (
    UNREACHED,
    band_counts,
    k_nearest,
    nearest,
    nearest_nodes,
    time_table,
    time_table_blocks,
)

METHODS = st.sampled_from(["buckets", "sweep"])
SHORT = st.integers(0, 6) | st.integers(0, LONGEST_SWEPT)


def table(roads, starts, ends, budget=LONGEST_SWEPT, *, method="sweep", side="starts", threads=1):
    return time_table(
        roads, starts=starts, ends=ends, budget=budget, search_from=side, method=method, threads=threads
    ).milliseconds


@settings(deadline=None, max_examples=50)
@given(trips(), SHORT, SHORT, METHODS)
def test_a_larger_budget_reaches_a_superset(given_trips, one, other, method):
    prepared, starts, ends = given_trips
    small, large = (table(prepared, starts, ends, budget, method=method) for budget in sorted((one, other)))
    np.testing.assert_array_equal(np.where(large <= min(one, other), large, UNREACHED), small)


@settings(deadline=None, max_examples=40)
@given(trips(), METHODS)
def test_a_trip_of_exactly_the_budget_is_kept_and_a_millisecond_less_loses_it(given_trips, method):
    prepared, starts, ends = given_trips
    everything = table(prepared, starts, ends, method=method)
    for time in np.unique(everything[everything != UNREACHED])[:4].tolist():
        for side, turn in (("starts", everything), ("ends", everything.T)):
            exact = table(prepared, starts, ends, time, method=method, side=side)
            assert (exact[turn == time] == time).all()
            if time:
                short = table(prepared, starts, ends, time - 1, method=method, side=side)
                assert (short[turn == time] == UNREACHED).all()


@settings(deadline=None, max_examples=50)
@given(trips(), METHODS, st.randoms(use_true_random=False))
def test_renumbering_nodes_permutes_answers_only(given_trips, method, random):
    prepared, starts, ends = given_trips
    graph = prepared.graph
    number = np.asarray(random.sample(range(graph.nodes), graph.nodes))
    renumbered = build_graph(graph.nodes, number[graph.tail()], number[graph.head], graph.travel_time)

    def moved(points):
        return points._replace(node=freeze_int32(np.where(points.node >= 0, number[points.node], -1)))

    before = table(prepared, starts, ends, method=method)
    after = table(renumbered, moved(starts), moved(ends), method=method)
    np.testing.assert_array_equal(before, after)
    asked = {"budget": LONGEST_SWEPT, "search_from": "starts", "method": method}
    at_nodes = nearest_nodes(prepared, seeds=starts, **asked)
    at_moved = nearest_nodes(renumbered, seeds=moved(starts), **asked)
    np.testing.assert_array_equal(at_nodes.time, at_moved.time[number])
    np.testing.assert_array_equal(at_nodes.owner, at_moved.owner[number])


@settings(deadline=None, max_examples=50)
@given(trips(), METHODS, budgets())
def test_reversed_graph_with_the_opposite_direction_gives_the_same_answer(given_trips, method, budget):
    budget = min(budget, LONGEST_SWEPT)
    prepared, starts, ends = given_trips
    graph = prepared.graph
    there = table(prepared, starts, ends, budget, method=method)
    back = table(graph.reversed(), turned(ends, graph), turned(starts, graph), budget, method=method)
    np.testing.assert_array_equal(there, back.T)


@settings(deadline=None, max_examples=30)
@given(trips())
def test_turning_a_graph_twice_gives_it_back(given_trips):
    graph = given_trips.graph
    arcs = sorted(zip(graph.tail(), graph.head, graph.travel_time, strict=True))
    again = graph.reversed().reversed()
    assert sorted(zip(again.tail(), again.head, again.travel_time, strict=True)) == arcs
    np.testing.assert_array_equal(again.first_out, graph.first_out)


@settings(deadline=None, max_examples=50)
@given(trips(), METHODS, st.data())
def test_splitting_an_arc_changes_nothing_between_the_nodes(given_trips, method, data):
    prepared, _, _ = given_trips
    graph = prepared.graph
    whole = np.flatnonzero(graph.travel_time <= LONGEST_TIME)
    split = np.asarray(sorted(data.draw(st.sets(st.sampled_from(whole.tolist()) if whole.size else st.nothing()))))
    split = split.astype(np.int64)
    first = np.asarray([data.draw(st.integers(0, int(graph.travel_time[arc]))) for arc in split], dtype=np.int64)
    middle = graph.nodes + np.arange(split.size)
    kept = np.delete(np.arange(graph.head.size), split)
    finer = build_graph(
        graph.nodes + split.size,
        np.concatenate((graph.tail()[kept], graph.tail()[split], middle)),
        np.concatenate((graph.head[kept], middle, graph.head[split])),
        np.concatenate((graph.travel_time[kept], first, graph.travel_time[split] - first)),
    )
    points = node_anchors(np.arange(graph.nodes))
    np.testing.assert_array_equal(
        table(prepared, points, points, method=method), table(finer, points, points, method=method)
    )


@settings(deadline=None, max_examples=50)
@given(trips(), METHODS, st.data())
def test_closing_an_arc_never_shortens_and_opening_it_gives_the_answer_back(given_trips, method, data):
    prepared, starts, ends = given_trips
    time = prepared.graph.travel_time
    closed = data.draw(st.lists(st.booleans(), min_size=time.size, max_size=time.size))
    fewer = prepared.with_times(np.where(closed, UNREACHED, time).astype(np.int64))
    before = table(prepared, starts, ends, method=method)
    assert (table(fewer, starts, ends, method=method) >= before).all()
    again = fewer.with_times(time)
    np.testing.assert_array_equal(table(again, starts, ends, method=method), before)
    for mine, base in ((again.climb, prepared.climb), (again.drop, prepared.drop)):
        np.testing.assert_array_equal(mine, base)


@settings(deadline=None, max_examples=50)
@given(trips(), METHODS, st.data())
def test_other_times_on_the_same_order_equal_a_fresh_preparation(given_trips, method, data):
    prepared, starts, ends = given_trips
    graph = prepared.graph
    time = st.integers(0, 3) | st.integers(0, LONGEST_TIME) | st.just(UNREACHED)
    other = np.asarray(data.draw(st.lists(time, min_size=graph.head.size, max_size=graph.head.size)), dtype=np.int64)
    changed = graph.with_times(other)
    fresh = table(prepare(changed), starts, ends, method=method)
    np.testing.assert_array_equal(table(prepared.with_times(other), starts, ends, method=method), fresh)
    np.testing.assert_array_equal(table(prepare(changed, order=prepared.order), starts, ends, method=method), fresh)


@settings(deadline=None, max_examples=25)
@given(trips())
def test_the_sizes_of_core_and_crown_change_nothing(given_trips):
    graph, starts, ends = given_trips.graph, given_trips.starts, given_trips.ends
    expected = table(graph, starts, ends, method="buckets")
    for most, crowded in itertools.product([*range(5), 30], [0, 2, 24]):
        prepared = prepare(graph, order=eliminate(graph, most_neighbours=most, crowded=crowded))
        for roads in (prepared, prepared.thinned):
            np.testing.assert_array_equal(table(roads, starts, ends), expected)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["buckets", "sweep"])
@pytest.mark.parametrize("make", [grid_graph, random_graph])
def test_threads_and_blocks_change_no_byte(side, method, make):
    random = np.random.default_rng(3)
    size = {"rows": 18, "columns": 20} if make is grid_graph else {"nodes": 400, "arcs": 1100}
    prepared = prepare(make(random, **size), order=None)
    graph = prepared.graph
    positions = [([(int(arc), 0.4), (int(arc) // 2, 0.7)], 3) for arc in random.integers(0, graph.head.size, 150)]
    starts = anchors(graph, (positions[:90], 2), as_starts=True)
    ends = anchors(graph, (positions[60:], 2), as_starts=False)
    asked = {"starts": starts, "ends": ends, "search_from": side, "method": method}
    bands = np.asarray([50_000, 200_000, 400_000])

    def answers(threads):
        yield time_table(prepared, budget=400_000, threads=threads, **asked).milliseconds
        yield from k_nearest(prepared, k=3, budget=400_000, threads=threads, **asked)[:2]
        yield band_counts(prepared, thresholds=bands, threads=threads, **asked).counts

    expected = [one.tobytes() for one in answers(1)]
    for threads in (0, 2, 3, 7):
        assert [one.tobytes() for one in answers(threads)] == expected
    for block in (1, 5, 16, 17, 90, 1000):
        _, blocks = time_table_blocks(prepared, budget=400_000, threads=2, block=block, **asked)
        assert b"".join(one.tobytes() for _, one in blocks) == expected[0]


@settings(deadline=None, max_examples=40)
@given(trips(most_starts=20), METHODS, SHORT, st.integers(1, 4))
def test_the_reductions_agree_with_the_table_they_reduce(given_trips, method, budget, k):
    prepared, starts, ends = given_trips
    whole = table(prepared, starts, ends, budget, method=method)
    asked = {"starts": starts, "ends": ends, "search_from": "starts", "method": method}
    several = k_nearest(prepared, k=k, budget=budget, threads=1, **asked)
    one = nearest(prepared, budget=budget, **asked)
    np.testing.assert_array_equal(several.time[0], whole.min(axis=0, initial=UNREACHED))
    np.testing.assert_array_equal(several.time[0], one.time)
    np.testing.assert_array_equal(several.owner[0], one.owner)
    assert (np.diff(several.time.astype(np.int64), axis=0) >= 0).all()
    counted = band_counts(prepared, thresholds=np.asarray([budget]), threads=1, **asked).counts
    np.testing.assert_array_equal(counted[:, 0], (whole != UNREACHED).sum(axis=1))


@settings(deadline=None, max_examples=30)
@given(trips(), st.data())
def test_a_point_and_itself_are_no_time_apart_but_for_the_access(given_trips, data):
    graph = given_trips.graph
    positions = data.draw(stops(graph, fewest=1, slots=2))
    starts, ends = (anchors(graph, positions, as_starts=side) for side in (True, False))
    for method in ("buckets", "sweep"):
        found = np.diag(table(given_trips.prepared, starts, ends, method=method))
        anchored = (starts.node >= 0).any(axis=1)
        assert (found[anchored] <= 2 * starts.access[anchored]).all()
