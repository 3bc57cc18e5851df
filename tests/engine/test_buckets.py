"""The ring of buckets where it is tight: entries used up, wide buckets, seeds far ahead, waiting labels."""

import itertools

import numpy as np
import pytest
from graphs import SIDES, graph_of, naive_table, node_anchors, random_graph, scipy_table, shortest

from palveluverkko.engine import search_kernels as kernels
from palveluverkko.engine.elimination import eliminate, prepare
from palveluverkko.engine.graph import Anchors, build_graph, freeze_int32, freeze_int64
from palveluverkko.engine.search import UNREACHED, nearest_nodes, time_table
from palveluverkko.engine.workspace import make_workspace

SECOND = 1024


def ever_quicker(random, *, feeders=40, targets=25):
    """Make a chain of nodes, each of which leads to all targets by a way quicker than all before it."""
    chain = [(node, node + 1, 1) for node in range(feeders - 1)]
    ahead = 3 * SECOND * (feeders + 2)
    fan = [
        (node, feeders + target, ahead - 3 * SECOND * node + int(random.integers(0, SECOND)))
        for node, target in itertools.product(range(feeders), range(targets))
    ]
    among = [(feeders + one, feeders + other, 5) for one in range(targets) for other in range(one)]
    return graph_of(feeders + targets, random.permutation(chain + fan + among))


def labels(graph, seeds, budget, *, entries, shift=10, bits=31):
    """Call the kernel with so many entries; gives the labels and how many entries were ever used."""
    seed_node, seed_time = np.asarray(seeds).T
    label = np.full(graph.nodes, np.iinfo(np.int64).max)
    touched = np.empty(graph.nodes, dtype=np.int32)
    longest = int(max(graph.travel_time.max(initial=0), seed_time.max(initial=0)))
    bucket = np.full(1 << int((longest >> shift) + 1).bit_length(), -1, dtype=np.int32)
    entry_node, entry_next = np.full(entries, -7, dtype=np.int32), np.empty(entries, dtype=np.int32)
    seed_label = freeze_int64((seed_time.astype(np.int64) << bits) | np.arange(seed_node.size))
    count = kernels.search_labels(
        *graph,
        freeze_int32(seed_node),
        seed_label,
        budget,
        bits,
        shift,
        label,
        touched,
        bucket,
        entry_node,
        entry_next,
    )
    assert sorted(touched[:count].tolist()) == np.flatnonzero(label < np.iinfo(np.int64).max).tolist()
    assert (bucket == -1).all()
    return label, int((entry_node != -7).sum())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spare", [1, 8, 40])
@pytest.mark.parametrize("shift", [4, 10, 17])
def test_a_search_that_fills_its_entries_sorts_them_out(seed, spare, shift):
    graph = ever_quicker(np.random.default_rng(seed))
    seeds, budget = [(0, 0), (3, 2), (0, 0)], UNREACHED - 1
    plenty, used = labels(graph, seeds, budget, entries=10_000, shift=shift)
    # Without sorting out, this search would need more entries than the tight one is given.
    assert shift == 17 or used > graph.nodes + spare
    tight, used = labels(graph, seeds, budget, entries=graph.nodes + spare, shift=shift)
    assert used <= graph.nodes + spare
    np.testing.assert_array_equal(tight, plenty)
    expected = shortest(graph, seeds)
    assert (plenty >> 31).tolist() == [expected[node] for node in range(graph.nodes)]


def test_the_workspace_of_a_search_is_filled_too_and_the_table_is_right():
    graph = ever_quicker(np.random.default_rng(8), feeders=60, targets=40)
    everywhere = np.arange(graph.nodes)
    points = node_anchors(everywhere)
    space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=points, budget=UNREACHED - 1)
    _, used = labels(graph, [(0, 0)], UNREACHED - 1, entries=100_000)
    tight = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=node_anchors([0]), budget=UNREACHED - 1)
    assert used > tight.arrays[3].size
    assert tight.arrays[3].size <= space.arrays[3].size
    for side in SIDES:
        searched = graph if side == "starts" else graph.reversed()
        expected = scipy_table(searched, everywhere)
        one = time_table(graph, starts=points, ends=points, budget=UNREACHED - 1, search_from=side, method="buckets")
        np.testing.assert_array_equal(one.milliseconds, expected)
    # One point alone has the tight workspace.
    start = node_anchors([0])
    alone = time_table(
        graph, starts=start, ends=points, budget=UNREACHED - 1, search_from="starts", method="buckets"
    ).milliseconds
    np.testing.assert_array_equal(alone, scipy_table(graph, [0]))


@pytest.mark.parametrize("side", SIDES)
def test_wide_buckets_are_exact(side):
    random = np.random.default_rng(5)
    tail, head = random.integers(0, 200, (2, 900))
    time = np.where(random.random(900) < 0.5, random.integers(0, 2_000, 900), random.integers(0, 2**28, 900))
    time[7] = 2**30
    graph = build_graph(200, tail, head, time)
    points = node_anchors(np.arange(200))
    assert make_workspace(graph.travel_time, nodes=200, seeds=points, budget=UNREACHED - 1).shift > 10
    found = time_table(graph, starts=points, ends=points, budget=UNREACHED - 1, search_from=side, method="buckets")
    expected = scipy_table(graph if side == "starts" else graph.reversed(), np.arange(200))
    np.testing.assert_array_equal(found.milliseconds, expected)


@pytest.mark.parametrize("ahead", [0, 5_000, 3_000_000, 2**30])
@pytest.mark.parametrize("method", ["buckets", "sweep"])
def test_seeds_with_a_head_start_longer_than_any_arc_are_right(ahead, method):
    graph = random_graph(np.random.default_rng(6), nodes=120, arcs=400, longest=900)
    random = np.random.default_rng(ahead)
    starts = node_anchors([3, 3, 50, 70])
    late = np.asarray([0, ahead, ahead // 2, int(random.integers(0, ahead + 1))])
    starts = starts._replace(time=freeze_int32(np.column_stack((late, starts.time[:, 1]))))
    ends = node_anchors(np.arange(120))
    for budget in (ahead // 2, min(ahead + 2_000, 2**24 - 1)):
        if method == "sweep" and budget >= 2**24:
            continue
        expected = naive_table(graph, starts, ends, budget)
        found = time_table(graph, starts=starts, ends=ends, budget=budget, search_from="starts", method=method)
        np.testing.assert_array_equal(found.milliseconds, expected)
        one = nearest_nodes(graph, seeds=starts, budget=budget, search_from="starts", method=method)
        np.testing.assert_array_equal(one.time, expected.min(axis=0))
        np.testing.assert_array_equal(one.owner, np.where(one.time == UNREACHED, -1, expected.argmin(axis=0)))


@pytest.mark.parametrize("side", SIDES)
def test_times_that_a_climb_brings_may_lie_further_apart_than_any_arc_is_long(side):
    # A ring road that stays as the core, and a lane of five pieces that is climbed before the core is searched.
    pieces = [(one, (one + 1) % 100) for one in range(100)] + list(itertools.pairwise([50, 100, 101, 102, 103, 104]))
    graph = graph_of(105, [(one, other, 900) for piece in pieces for one, other in (piece, piece[::-1])])
    prepared = prepare(graph, order=eliminate(graph, most_neighbours=1))
    assert prepared.order.core == 100
    seeds = node_anchors([0, 104])
    asked = {"seeds": seeds, "budget": 5_000_000, "search_from": side}
    found, plain = (nearest_nodes(roads, method=by, **asked) for roads, by in ((prepared, "sweep"), (graph, "buckets")))
    np.testing.assert_array_equal(found.time, plain.time)
    np.testing.assert_array_equal(found.owner, plain.owner)
    both = Anchors(*(freeze_int32(one[:, 0].reshape(1, 2)) for one in seeds[:4]), access=freeze_int32(np.zeros(1)))
    starts, ends = (both, node_anchors(np.arange(105))) if side == "starts" else (node_anchors(np.arange(105)), both)
    asked = {"starts": starts, "ends": ends, "budget": 5_000_000, "search_from": side}
    table = time_table(prepared, method="sweep", **asked).milliseconds
    np.testing.assert_array_equal(table[0], plain.time)


def test_the_ring_holds_every_arc_and_head_start_within_the_budget():
    seeds = node_anchors([0], time=70_000_000)
    for longest, budget in itertools.product([0, 1023, 1024, 10**6, UNREACHED - 1], [0, 1, 10**6, UNREACHED - 1]):
        times = freeze_int32(np.asarray([longest, UNREACHED, 3]))
        space = make_workspace(times, nodes=2, seeds=seeds, budget=budget)
        buckets = space.arrays[2].size
        assert buckets & (buckets - 1) == 0
        # Labels that wait at one moment lie at most so far apart, each end somewhere in its bucket.
        assert buckets >= (min(budget, max(longest, 70_000_000)) >> space.shift) + 2
        assert buckets <= 1 << 18
        assert all((one >= 0).all() or (one == -1).all() for one in space.arrays[2:3])


@pytest.mark.parametrize("bits", [0, 31])
def test_zero_time_cycles_come_to_an_end(bits):
    ring = [(node, (node + 1) % 50, 0) for node in range(50)]
    back = [((node + 1) % 50, node, 0) for node in range(50)]
    graph = graph_of(50, ring + back + [(node, node, 0) for node in range(50)])
    label, _ = labels(graph, [(9, 0)], 0, entries=58, bits=bits)
    assert (label == 0).all()
