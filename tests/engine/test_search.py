"""Every search equals its definition by every method, from either side, to the millisecond."""

import functools

import numpy as np
import pytest
from graphs import (
    SIDES,
    budgets,
    graph_of,
    graphs,
    naive_nearest,
    naive_node_table,
    naive_table,
    node_anchors,
    random_graph,
    scipy_table,
    trips,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.elimination import prepare
from palveluverkko.engine.graph import freeze_int32, freeze_int64
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.engine.search import (
    UNREACHED,
    band_counts,
    k_nearest,
    nearest,
    nearest_nodes,
    node_bands,
    node_times,
    time_table,
    time_table_blocks,
)

TIMES = st.integers(0, 6) | st.integers(0, LONGEST_SWEPT)
THRESHOLDS = st.lists(TIMES, min_size=1, max_size=4, unique=True).map(sorted)


def each_way(trips_, budget):
    """Both sides, by every method: the side, its roads and the method."""
    for side in SIDES:
        for roads, method in trips_.ways(budget):
            yield side, roads, method


def seen_from(side, table):
    return table if side == "starts" else table.T


def within(table, budget):
    return np.where(table <= budget, table, UNREACHED)


@settings(deadline=None, max_examples=100)
@given(trips(), st.data())
def test_the_table_equals_the_naive_twin(given_trips, data):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = data.draw(budgets(everything))
    for side, roads, method in each_way(given_trips, budget):
        found = given_trips.ask(
            functools.partial(time_table, roads), budget=budget, search_from=side, method=method, threads=1
        ).milliseconds
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, seen_from(side, within(everything, budget)))


@settings(deadline=None, max_examples=25)
@given(trips(most_starts=40), st.data())
def test_the_table_of_many_points_equals_the_naive_twin(given_trips, data):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = data.draw(budgets(everything))
    for side, roads, method in each_way(given_trips, budget):
        found = given_trips.ask(
            functools.partial(time_table, roads), budget=budget, search_from=side, method=method, threads=2
        ).milliseconds
        np.testing.assert_array_equal(found, seen_from(side, within(everything, budget)))


@settings(deadline=None, max_examples=40)
@given(trips(most_starts=20), st.data(), st.none() | st.integers(1, 25))
def test_the_blocks_are_the_table(given_trips, data, block):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = data.draw(budgets(everything))
    for side, roads, method in each_way(given_trips, budget):
        _, blocks = given_trips.ask(
            functools.partial(time_table_blocks, roads),
            budget=budget,
            search_from=side,
            method=method,
            threads=1,
            block=block,
        )
        expected, rows = seen_from(side, within(everything, budget)), 0
        for part, table in blocks:
            assert part.start == rows
            assert len(table) == part.stop - part.start <= (block or len(expected))
            np.testing.assert_array_equal(table, expected[part])
            rows = part.stop
        assert rows == len(expected)


@settings(deadline=None, max_examples=60)
@given(trips(), st.data(), st.integers(1, 7))
def test_the_k_nearest_equal_the_naive_twin(given_trips, data, k):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = data.draw(budgets(everything))
    for side, roads, method in each_way(given_trips, budget):
        found = given_trips.ask(
            functools.partial(k_nearest, roads), k=k, budget=budget, search_from=side, method=method, threads=1
        )
        time, owner = naive_nearest(seen_from(side, within(everything, budget)), k)
        np.testing.assert_array_equal(found.time, time)
        np.testing.assert_array_equal(found.owner, owner)
        assert found.time.dtype == found.owner.dtype == np.int32


@settings(deadline=None, max_examples=100)
@given(trips(), st.data())
def test_the_nearest_equals_the_naive_twin(given_trips, data):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = data.draw(budgets(everything))
    for side, roads, method in each_way(given_trips, budget):
        found = given_trips.ask(functools.partial(nearest, roads), budget=budget, search_from=side, method=method)
        time, owner = naive_nearest(seen_from(side, within(everything, budget)), 1)
        np.testing.assert_array_equal(found.time, time[0])
        np.testing.assert_array_equal(found.owner, owner[0])
        assert found.time.dtype == found.owner.dtype == np.int32


@settings(deadline=None, max_examples=100)
@given(trips(), st.data())
def test_the_nearest_of_each_node_equals_the_naive_twin(given_trips, data):
    for side in SIDES:
        seeds, _ = given_trips.points(side)
        everything = naive_node_table(given_trips.graph, seeds, side)
        budget = data.draw(budgets(everything))
        time, owner = naive_nearest(within(everything, budget), 1)
        for roads, method in given_trips.ways(budget):
            found = nearest_nodes(roads, seeds=seeds, budget=budget, search_from=side, method=method)
            np.testing.assert_array_equal(found.time, time[0])
            np.testing.assert_array_equal(found.owner, owner[0])
            assert found.time.dtype == found.owner.dtype == np.int32
            alone = node_times(roads, seeds=seeds, budget=budget, search_from=side, method=method)
            np.testing.assert_array_equal(alone.milliseconds, time[0])
            assert alone.milliseconds.dtype == np.int32
            assert alone.plan.method == found.plan.method


@settings(deadline=None, max_examples=60)
@given(trips(), THRESHOLDS, st.data())
def test_counts_in_bands_equal_the_naive_twin(given_trips, thresholds, data):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    weighted = data.draw(st.booleans())
    for side, roads, method in each_way(given_trips, thresholds[-1]):
        table = seen_from(side, everything)
        people = data.draw(st.lists(st.integers(0, 2**40), min_size=table.shape[1], max_size=table.shape[1]))
        weights = np.asarray(people if weighted else [1] * table.shape[1], dtype=np.int64)
        found = given_trips.ask(
            functools.partial(band_counts, roads),
            thresholds=np.asarray(thresholds),
            search_from=side,
            weights=weights if weighted else None,
            method=method,
            threads=1,
        ).counts
        lower = [-1, *thresholds[:-1]]
        expected = [
            [int(weights[(row > low) & (row <= high)].sum()) for low, high in zip(lower, thresholds, strict=True)]
            for row in table
        ]
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, np.asarray(expected).reshape(len(table), len(thresholds)))


@settings(deadline=None, max_examples=60)
@given(trips(), THRESHOLDS)
def test_bands_of_nodes_equal_the_naive_twin(given_trips, thresholds):
    for side in SIDES:
        seeds, _ = given_trips.points(side)
        time = naive_node_table(given_trips.graph, seeds, side).min(axis=0, initial=UNREACHED).tolist()
        expected = [next((band for band, longest in enumerate(thresholds) if one <= longest), -1) for one in time]
        for roads, method in given_trips.ways(thresholds[-1]):
            asked = {"seeds": seeds, "thresholds": np.asarray(thresholds), "search_from": side, "method": method}
            found = node_bands(roads, **asked).band
            assert found.dtype == np.int8
            assert found.tolist() == expected


@settings(deadline=None, max_examples=40)
@given(graphs(most_nodes=30, most_arcs=90))
def test_the_naive_twin_itself_equals_scipy(graph):
    everywhere = np.arange(graph.nodes)
    points = node_anchors(everywhere)
    np.testing.assert_array_equal(naive_table(graph, points, points), scipy_table(graph, everywhere))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_graph_equals_scipy(side, threads):
    random = np.random.default_rng(1)
    graph = random_graph(random, nodes=3000, arcs=9000, closed=0.1)
    prepared = prepare(graph)
    tails, heads = random.integers(0, graph.nodes, 40), random.integers(0, graph.nodes, 300)
    expected = scipy_table(graph if side == "starts" else graph.reversed(), tails)[:, heads]
    points = node_anchors(tails), node_anchors(heads)
    starts, ends = points if side == "starts" else points[::-1]
    for budget in (0, 20_000, 400_000, LONGEST_SWEPT, UNREACHED - 1):
        for roads, method in ((graph, "buckets"), (prepared, "auto"), (prepared, "sweep")):
            if method == "sweep" and budget > LONGEST_SWEPT:
                continue
            found = time_table(
                roads, starts=starts, ends=ends, budget=budget, search_from=side, method=method, threads=threads
            )
            np.testing.assert_array_equal(found.milliseconds, within(expected, budget))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_no_points_give_empty_answers(side, method):
    graph = graph_of(3, [(0, 1, 5), (1, 2, 5)])
    none, some = node_anchors([]), node_anchors([0, 2])
    for starts, ends in ((none, none), (none, some), (some, none)):
        asked = {"starts": starts, "ends": ends, "search_from": side, "method": method}
        searched, other = (starts, ends) if side == "starts" else (ends, starts)
        rows, columns = searched.access.size, other.access.size
        assert time_table(graph, budget=9, **asked).milliseconds.shape == (rows, columns)
        assert k_nearest(graph, k=2, budget=9, **asked).owner.tolist() == [[-1] * columns] * 2
        assert nearest(graph, budget=9, **asked).time.tolist() == [UNREACHED] * columns
        assert band_counts(graph, thresholds=np.asarray([4, 9]), **asked).counts.tolist() == [[0, 0]] * rows
    assert (nearest_nodes(graph, seeds=none, budget=9, search_from=side, method=method).owner == -1).all()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_equal_times_go_to_the_lowest_position(side, method):
    # Two points at the same distance on either hand, in both orders, and twice the same point.
    graph = graph_of(3, [(0, 1, 5), (2, 1, 5), (1, 0, 5), (1, 2, 5)])
    ends = node_anchors([1])
    for nodes in ([0, 2], [2, 0], [2, 2, 0]):
        points = node_anchors(nodes)
        starts, others = (points, ends) if side == "starts" else (ends, points)
        asked = {"starts": starts, "ends": others, "budget": 9, "search_from": side, "method": method}
        assert nearest(graph, **asked).owner.tolist() == [0]
        assert k_nearest(graph, k=len(nodes), **asked).owner.ravel().tolist() == list(range(len(nodes)))
        at_nodes = nearest_nodes(graph, seeds=points, budget=9, search_from=side, method=method)
        assert at_nodes.owner[1] == 0
        assert at_nodes.owner[nodes[0]] == 0


@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_owners_hold_in_a_zero_time_cycle(method):
    graph = graph_of(4, [(0, 1, 0), (1, 2, 0), (2, 0, 0), (2, 3, 0), (3, 3, 0)])
    points = node_anchors([2, 1, 0])
    found = nearest_nodes(graph, seeds=points, budget=0, search_from="starts", method=method)
    assert found.time.tolist() == [0, 0, 0, 0]
    assert found.owner.tolist() == [0, 0, 0, 0]


WRONG_NODE, NEGATIVE_TIME = node_anchors([7]), node_anchors([0], time=-1)
SEARCHES = [
    functools.partial(time_table),
    functools.partial(time_table_blocks),
    functools.partial(k_nearest, k=1),
    functools.partial(nearest),
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.func.__name__)
def test_bad_points_budgets_sides_and_methods_are_refused(search):
    graph, point = graph_of(3, [(0, 1, 5)]), node_anchors([0])
    good = {"starts": point, "ends": point, "budget": 9, "search_from": "starts"}
    search(graph, **good)
    bad = [
        ({"starts": WRONG_NODE}, "node 7"),
        ({"ends": WRONG_NODE}, "node 7"),
        ({"starts": NEGATIVE_TIME}, "negative"),
        ({"ends": NEGATIVE_TIME}, "negative"),
        ({"budget": -1}, "budget"),
        ({"budget": UNREACHED}, "budget"),
        ({"budget": 8.5}, "budget"),
        ({"budget": np.nan}, "budget"),
        ({"budget": "9"}, "budget"),
        ({"search_from": "middle"}, "search_from"),
        ({"method": "quick"}, "quick"),
        ({"budget": LONGEST_SWEPT + 1, "method": "sweep"}, "sweep"),
    ]
    if search.func is not nearest:
        bad += [({"threads": -1}, "threads"), ({"threads": 1.5}, "threads")]
    for change, match in bad:
        with pytest.raises(ValueError, match=match):
            search(graph, **good | change)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"seeds": WRONG_NODE}, "node 7"),
        ({"seeds": NEGATIVE_TIME}, "negative"),
        ({"budget": -1}, "budget"),
        ({"budget": UNREACHED}, "budget"),
        ({"budget": 8.5}, "budget"),
        ({"search_from": "middle"}, "search_from"),
        ({"budget": LONGEST_SWEPT + 1, "method": "sweep"}, "sweep"),
    ],
)
@pytest.mark.parametrize("search", [nearest_nodes, node_times])
def test_bad_seeds_budgets_and_sides_are_refused(search, change, match):
    good = {"seeds": node_anchors([0]), "budget": 9, "search_from": "starts"}
    with pytest.raises(ValueError, match=match):
        search(graph_of(3, [(0, 1, 5)]), **good | change)


@pytest.mark.parametrize(
    "thresholds", [[], [5, 4], [5, 5], [-3, -2], [[3, 5]], [1.5, 5], [np.nan, 5], [1, UNREACHED], [1, 2**40]]
)
def test_thresholds_that_do_not_rise_or_are_no_times_are_refused(thresholds):
    graph, point = graph_of(3, [(0, 1, 5)]), node_anchors([0])
    bands = np.asarray(thresholds)
    with pytest.raises(ValueError, match=r"thresholds|budget"):
        band_counts(graph, starts=point, ends=point, thresholds=bands, search_from="starts")
    with pytest.raises(ValueError, match=r"thresholds|budget"):
        node_bands(graph, seeds=point, thresholds=bands, search_from="starts")


def test_weights_that_are_not_one_for_each_point_are_refused():
    graph, points = graph_of(3, [(0, 1, 5)]), node_anchors([0, 1])
    asked = {"starts": points, "ends": points, "thresholds": freeze_int32(np.asarray([9])), "search_from": "starts"}
    for count in (1, 3):
        with pytest.raises(ValueError, match="weights"):
            band_counts(graph, weights=freeze_int64(np.ones(count)), **asked)
    for one in (0.5, np.nan, -1):
        with pytest.raises(ValueError, match="weights are whole"):
            band_counts(graph, weights=np.asarray([1, one]), **asked)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_a_graph_without_nodes_reaches_nothing(side, method):
    nowhere = node_anchors([-1, -1])
    for roads in (graph_of(0, []), prepare(graph_of(0, []))):
        asked = {"starts": nowhere, "ends": nowhere, "search_from": side, "method": method}
        assert (time_table(roads, budget=9, **asked).milliseconds == UNREACHED).all()
        assert k_nearest(roads, k=2, budget=9, **asked).owner.tolist() == [[-1, -1], [-1, -1]]
        assert nearest(roads, budget=9, **asked).owner.tolist() == [-1, -1]
        assert band_counts(roads, thresholds=np.asarray([9]), **asked).counts.tolist() == [[0], [0]]
        found = nearest_nodes(roads, seeds=nowhere, budget=9, search_from=side, method=method)
        assert found.time.size == found.owner.size == 0


@pytest.mark.parametrize("k", [0, -1, 1.5])
def test_fewer_than_one_nearest_is_refused(k):
    point = node_anchors([0])
    # Without ends, because a kernel that is let through would write beside its arrays.
    with pytest.raises(ValueError, match="k"):
        k_nearest(graph_of(1, []), k=k, starts=point, ends=node_anchors([]), budget=1, search_from="starts")


@pytest.mark.parametrize("block", [0, -1])
def test_blocks_of_no_rows_are_refused(block):
    point = node_anchors([0])
    with pytest.raises(ValueError, match="block"):
        time_table_blocks(graph_of(1, []), starts=point, ends=point, budget=1, search_from="starts", block=block)
