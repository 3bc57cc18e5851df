"""What is planned, why, and what it costs: the choice of a method, the memory, the constants that files share."""

import re
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from graphs import SIDES, grid_graph, node_anchors, random_graph

from palveluverkko.engine import customising_kernels, graph, plan, search, search_kernels, sweep_kernels
from palveluverkko.engine.elimination import Preparable, eliminate, prepare
from palveluverkko.engine.plan import LANES, LONGEST_SWEPT, Method
from palveluverkko.engine.search import (
    band_counts,
    k_nearest,
    nearest,
    nearest_nodes,
    node_bands,
    node_times,
    time_table,
    time_table_blocks,
)
from palveluverkko.engine.sweep import Sweep
from palveluverkko.engine.trips import expected_reach

SMALL = random_graph(np.random.default_rng(1), nodes=300, arcs=900)
HOUR = 3_600_000


@pytest.fixture(scope="module")
def town():
    """Prepare a town of 22,500 crossings: more than the planner calls small."""
    return prepare(grid_graph(np.random.default_rng(2), rows=150, columns=150))


def points(roads, count):
    return node_anchors(np.linspace(0, roads.nodes - 1, count).astype(int))


def ask(roads, searched, other, **asked):
    graph_ = roads if isinstance(roads, graph.Graph) else roads.graph
    ends = {"starts": points(graph_, searched), "ends": points(graph_, other)}
    return time_table(roads, **{"budget": HOUR, "search_from": "starts", "threads": 1} | ends | asked)


@pytest.mark.parametrize("method", ["buckets", "sweep"])
@pytest.mark.parametrize("side", SIDES)
def test_a_method_asked_for_is_taken_and_reported(method, side):
    prepared, here = prepare(SMALL), points(SMALL, 5)
    asked = {"search_from": side, "method": method}
    both = {"starts": here, "ends": here} | asked
    plans = [
        time_table(prepared, budget=9, **both).plan,
        time_table_blocks(prepared, budget=9, **both)[0],
        k_nearest(prepared, k=2, budget=9, **both).plan,
        nearest(prepared, budget=9, **both).plan,
        nearest_nodes(prepared, seeds=here, budget=9, **asked).plan,
        band_counts(prepared, thresholds=np.asarray([9]), **both).plan,
        node_times(prepared, seeds=here, budget=9, **asked).plan,
        node_bands(prepared, seeds=here, thresholds=np.asarray([9]), **asked).plan,
    ]
    for one in plans:
        assert one.method is Method(method)
        assert one.reason
        assert one.threads >= 1
        assert one.peak_bytes > 0


def test_a_small_graph_is_swept_only_where_it_is_prepared():
    for roads, method in ((SMALL, Method.BUCKETS), (prepare(SMALL), Method.SWEEP)):
        found = ask(roads, 30, 300).plan
        assert found.method is method
        assert "small" in found.reason


def test_few_searches_are_not_worth_a_preparation_but_use_one(town):
    found = ask(town.graph, 2, 50).plan
    assert found.method is Method.BUCKETS
    assert "nothing is prepared" in found.reason
    assert ask(town, 1, 50).plan.method is Method.SWEEP


def test_a_graph_without_small_cuts_is_searched_in_buckets_prepared_or_not():
    random = np.random.default_rng(3)
    tangle = random_graph(random, nodes=4_000, arcs=40_000)
    assert ask(tangle, 600, 50).plan.method is Method.BUCKETS
    order = eliminate(tangle, most_neighbours=30)
    assert order.core > 2000
    assert ask(prepare(tangle, order=order), 20, 50).plan.method is Method.BUCKETS


def test_a_preparation_that_leaves_a_large_core_is_made_and_then_not_used(monkeypatch):
    monkeypatch.setattr(plan, "_PREPARE", 0.0)
    monkeypatch.setattr(plan, "_LOAD", 0.0)
    tangle = random_graph(np.random.default_rng(4), nodes=4_000, arcs=28_000)
    roads = Preparable(tangle, lambda graph_: eliminate(graph_, most_neighbours=12))
    found = ask(roads, 40, 50)
    assert roads.ready
    assert found.plan.method is Method.BUCKETS
    np.testing.assert_array_equal(found.milliseconds, ask(roads, 40, 50, method="sweep").milliseconds)


def test_many_long_searches_on_what_is_prepared_are_swept(town):
    found = ask(town, 200, 200)
    assert found.plan.method is Method.SWEEP
    assert "searches" in found.plan.reason
    np.testing.assert_array_equal(found.milliseconds, ask(town, 200, 200, method="buckets").milliseconds)


def test_many_long_searches_prepare_what_can_be_prepared(town):
    roads = Preparable(town.graph, lambda _graph: town.order)
    assert ask(roads, 2, 2).plan.method is Method.BUCKETS
    assert not roads.ready
    assert ask(roads, 2000, 2).plan.method is Method.SWEEP
    assert roads.ready


def test_short_searches_stay_in_buckets(town):
    assert ask(town.graph, 50, 50, budget=1000).plan.method is Method.BUCKETS
    # One tree without a crown is swept whole, however short the searches are.
    ladder = prepare(grid_graph(np.random.default_rng(4), rows=3, columns=20_000))
    assert ask(ladder, 200, 50, budget=100_000).plan.method is Method.BUCKETS
    assert ask(ladder, 200, 50, budget=LONGEST_SWEPT).plan.method is Method.SWEEP


def test_one_short_search_of_the_nearest_stays_in_buckets(town):
    for count, budget, method in ((1, 60_000, Method.BUCKETS), (500, HOUR, Method.SWEEP)):
        asked = {"seeds": points(town.graph, count), "budget": budget, "search_from": "starts"}
        assert nearest_nodes(town, **asked).plan.method is method


@pytest.mark.parametrize("name", ["town", "road", "nowhere"])
def test_the_reach_of_searches_is_estimated_within_a_factor_of_two(town, name):
    roads = town.graph if name == "town" else grid_graph(np.random.default_rng(5), rows=1, columns=20_000)
    roads = graph.build_graph(9, *[np.empty(0, dtype=np.int32)] * 3) if name == "nowhere" else roads
    origins = points(roads, 9)
    for minutes in (5, 20, 90):
        times = time_table(
            roads, starts=origins, ends=points(roads, roads.nodes), budget=60_000 * minutes, search_from="starts"
        ).milliseconds
        settled = (times != search.UNREACHED).sum(axis=1).mean()
        assert 0.5 < expected_reach(roads, origins, 60_000 * minutes) / settled < 2


def test_a_budget_beyond_what_a_sweep_tells_is_searched_in_buckets(town):
    found = ask(town, 40, 40, budget=LONGEST_SWEPT + 1).plan
    assert found.method is Method.BUCKETS
    assert "budget" in found.reason
    assert ask(town, 200, 40, budget=LONGEST_SWEPT).plan.method is Method.SWEEP


def test_one_search_from_all_seeds_is_swept_where_that_is_prepared(town):
    asked = {"seeds": points(town.graph, 7), "budget": HOUR, "search_from": "starts"}
    swept, plain = nearest_nodes(town, **asked), nearest_nodes(town.graph, **asked)
    assert swept.plan.method is Method.SWEEP
    assert plain.plan.method is Method.BUCKETS
    np.testing.assert_array_equal(swept.time, plain.time)
    np.testing.assert_array_equal(swept.owner, plain.owner)


@pytest.mark.parametrize("side", SIDES)
def test_leaving_rows_out_changes_nothing(town, side):
    many, few = points(town.graph, 5 * LANES), points(town.graph, 3)
    starts, ends = (many, few) if side == "starts" else (few, many)
    asked = {"starts": starts, "ends": ends, "search_from": side, "budget": HOUR, "threads": 1}
    swept, plain = (time_table(town, method=method, **asked) for method in ("sweep", "buckets"))
    assert swept.plan.selective
    assert not plain.plan.selective
    np.testing.assert_array_equal(swept.milliseconds, plain.milliseconds)
    whole = Sweep.of(town, many, budget=HOUR, search_from=side)
    part = Sweep.of(town, many, budget=HOUR, search_from=side, wanted=few.node)
    assert part.rows < whole.rows == town.graph.nodes
    assert part.bytes_moved < whole.bytes_moved
    table = np.empty_like(plain.milliseconds)
    whole.fill(slice(0, len(table)), whole.slots_of(few.node, few.time), table, threads=1)
    np.testing.assert_array_equal(table, plain.milliseconds)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_plan_has_no_more_threads_than_there_is_work(threads):
    assert ask(SMALL, 100, 5, threads=threads, method="buckets").plan.threads == threads
    assert ask(SMALL, 1, 5, threads=threads, method="buckets").plan.threads == 1
    assert ask(SMALL, 2 * LANES, 5, threads=threads, method="sweep").plan.threads == min(threads, 2)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_the_memory_planned_is_not_exceeded_and_little_more_than_is_taken(town, method, side):
    few, many = points(town.graph, 40), points(town.graph, 20_000)
    starts, ends = (few, many) if side == "starts" else (many, few)
    one = {"budget": HOUR, "search_from": side, "method": method}
    both = {"starts": starts, "ends": ends, "search_from": side, "method": method, "threads": 2}
    for search_ in (
        lambda roads: time_table(roads, budget=HOUR, **both),
        lambda roads: k_nearest(roads, k=3, budget=HOUR, **both),
        lambda roads: band_counts(roads, thresholds=np.asarray([HOUR]), **both),
        lambda roads: nearest(roads, starts=starts, ends=ends, **one),
        lambda roads: nearest_nodes(roads, seeds=few, **one),
        lambda roads: node_times(roads, seeds=few, **one),
    ):
        # Laid out already, prepared only, and neither.
        for roads in (town, prepare(town.graph, order=town.order), Preparable(town.graph, lambda _graph: town.order)):
            tracemalloc.start()
            try:
                found = search_(roads)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            # numba's own arrays are not traced, the points themselves are not planned.
            assert peak <= found.plan.peak_bytes + 500_000
            assert found.plan.peak_bytes <= 2 * peak


@pytest.mark.parametrize(("columns", "rows"), [(10, 1_600_000), (200_000, 64), (1_000_000, 32), (90_000_000, 1)])
def test_blocks_have_work_for_all_lanes_as_far_as_memory_goes(columns, rows):
    trips = SimpleNamespace(other=SimpleNamespace(access=np.broadcast_to(np.int32(0), columns)))
    found = search._rows_at_once(trips, threads=2, blocks=2)
    assert found == rows
    assert rows == 1 or 2 * found * columns * 4 <= search._MOST_BLOCK_BYTES


@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_blocks_are_never_in_memory_all_at_once(method):
    prepared, rows, columns, block = prepare(SMALL), 6000, 2000, 64
    starts, ends = points(SMALL, rows), points(SMALL, columns)
    whole = rows * columns * 4
    tracemalloc.start()
    try:
        found, blocks = time_table_blocks(
            prepared,
            starts=starts,
            ends=ends,
            budget=9_000,
            search_from="starts",
            method=method,
            threads=1,
            block=block,
        )
        seen = 0
        for part, table in blocks:
            assert table.shape == (part.stop - part.start, columns)
            assert table.nbytes <= block * columns * 4
            seen += table.nbytes
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == whole
    assert found.peak_bytes < whole / 4
    assert peak < whole / 4


@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_reductions_never_hold_the_table_they_reduce(monkeypatch, method):
    monkeypatch.setattr(search, "_SMALL_BLOCK_BYTES", 2_000_000)
    prepared, rows, columns = prepare(SMALL), 6000, 2000
    asked = {
        "starts": points(SMALL, rows),
        "ends": points(SMALL, columns),
        "search_from": "starts",
        "method": method,
        "threads": 1,
    }
    whole = rows * columns * 4
    tracemalloc.start()
    try:
        k_nearest(prepared, k=3, budget=9_000, **asked)
        band_counts(prepared, thresholds=np.asarray([9_000]), **asked)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < whole / 4


def test_constants_that_files_repeat_agree():
    assert int(search_kernels.UNREACHED) == graph.UNREACHED == search.UNREACHED == np.iinfo(np.int32).max
    assert search_kernels.UNREACHED.dtype == np.int32
    assert int(search_kernels.FAR) == int(customising_kernels.FAR) > LONGEST_SWEPT
    assert search_kernels.FAR.dtype == customising_kernels.FAR.dtype == np.int32
    assert sweep_kernels.LANES == plan.LANES
    assert LONGEST_SWEPT == 2**24 - 1
    assert float(np.float32(LONGEST_SWEPT)) == LONGEST_SWEPT
    assert float(np.float32(LONGEST_SWEPT + 2)) != LONGEST_SWEPT + 2


def test_the_reason_is_one_line(town):
    for roads, searched in ((SMALL, 9), (town.graph, 2), (town.graph, 20), (town, 20)):
        assert re.fullmatch(r"\S.*\S", ask(roads, searched, 9).plan.reason)
