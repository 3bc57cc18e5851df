"""The preparation of a graph: its order, its fill, its travel times and its layout, against plain Python."""

import itertools

import numpy as np
import pytest
from elimination_twin import carried_times, joined, lower_lists, removed, slot_times
from graphs import (
    SIDES,
    graph_of,
    graphs,
    grid_graph,
    naive_node_table,
    naive_table,
    node_anchors,
    random_graph,
    shortest,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine import customising_kernels as customising
from palveluverkko.engine import elimination
from palveluverkko.engine.elimination import Preparable, Remaining, arranged, carry_over, eliminate, prepare
from palveluverkko.engine.graph import build_graph, freeze_int32
from palveluverkko.engine.plan import LANES, LONGEST_SWEPT
from palveluverkko.engine.search import UNREACHED, time_table
from palveluverkko.engine.sweep import Sweep

MOST = st.sampled_from([0, 1, 2, 3, 5, 24, 256])
CROWDED = st.integers(0, 5) | st.just(24)
TOWN = grid_graph(np.random.default_rng(2), rows=14, columns=15)
TANGLE = random_graph(np.random.default_rng(4), nodes=150, arcs=260, closed=0.1)

GO_ON = np.zeros(1, dtype=np.uint8)


@st.composite
def eliminated(draw):
    """Draw a small random graph or one of two larger ones, and an elimination of it."""
    graph = draw(graphs(most_nodes=14, most_arcs=34) | st.sampled_from([TOWN, TANGLE]))
    return graph, eliminate(graph, most_neighbours=draw(MOST), crowded=draw(CROWDED))


def lists_of(order):
    return [order.lower[order.first[p] : order.first[p + 1]].tolist() for p in range(order.position.size)]


@settings(deadline=None, max_examples=60)
@given(graphs(most_nodes=14, most_arcs=34))
def test_neighbours_equal_the_sets(graph):
    rest = Remaining(graph)
    first, neighbour = rest.first, rest.neighbour
    found = [neighbour[first[node] : first[node + 1]].tolist() for node in range(graph.nodes)]
    assert [sorted(one) for one in found] == [sorted(one) for one in joined(graph)]


@settings(deadline=None, max_examples=60)
@given(graphs(most_nodes=14, most_arcs=34) | st.sampled_from([TOWN, TANGLE]), st.sets(MOST, min_size=1))
def test_the_node_with_the_fewest_neighbours_goes_first_and_too_many_stay(graph, stages):
    rest = Remaining(graph)
    neighbours, left = joined(graph), set(range(graph.nodes))
    for most in sorted(stages):
        before = rest.eliminated
        rest.eliminate(most, GO_ON)
        for at in range(before, rest.eliminated):
            node, ring = int(rest.order[at]), rest.up[rest.first_up[at] : rest.first_up[at + 1]]
            assert len(neighbours[node]) == min(len(neighbours[one]) for one in left) <= most
            assert sorted(ring.tolist()) == sorted(removed(neighbours, node))
            left.remove(node)
        assert rest.own.tolist() == sorted(left)
        assert all(len(neighbours[node]) > most for node in left)
        for node, ring in zip(rest.own, np.split(rest.neighbour, rest.first[1:-1]), strict=False):
            assert sorted(rest.own[ring].tolist()) == sorted(neighbours[node])


@settings(deadline=None, max_examples=60)
@given(eliminated())
def test_the_fill_is_what_the_order_implies(given_order):
    graph, order = given_order
    assert sorted(order.position.tolist()) == list(range(graph.nodes))
    assert lists_of(order) == lower_lists(graph, order.position, order.core)


@settings(deadline=None, max_examples=40)
@given(eliminated())
def test_the_neighbours_of_a_node_that_went_are_neighbours_of_each_other(given_order):
    _, order = given_order
    lists = lists_of(order)
    for place, ring in enumerate(lists):
        assert ring == sorted(set(ring))
        assert all(0 <= below < place for below in ring)
        if place >= order.core:
            assert all(set(ring[:at]) <= set(lists[one]) for at, one in enumerate(ring))


@settings(deadline=None, max_examples=40)
@given(eliminated())
def test_trees_lie_in_preorder_behind_their_gates(given_order):
    graph, order = given_order
    lists, tree = lists_of(order), order.tree.tolist()
    assert order.core <= order.crown == tree[0]
    assert tree[-1] == graph.nodes
    assert tree == sorted(tree)
    assert order.first_gate.size == len(tree)
    assert order.parent.tolist() == [max(ring, default=-1) for ring in lists]
    for number, (begin, end) in enumerate(itertools.pairwise(tree)):
        gates = order.gate[order.first_gate[number] : order.first_gate[number + 1]].tolist()
        assert lists[begin] == gates
        assert all(gate < order.crown for gate in gates)
        open_nodes = [begin]
        for place in range(begin + 1, end):
            parent = lists[place][-1]
            assert {one for one in lists[place] if one < order.crown} <= set(gates)
            # Preorder: whoever is no ancestor of this place is done with, and does not come back.
            while open_nodes[-1] != parent:
                open_nodes.pop()
            assert set(lists[place]) <= set(gates) | set(open_nodes)
            open_nodes.append(place)
    assert prepare(graph, order=order).tree_of.tolist() == [
        -1 if place < order.crown else next(k for k in range(len(tree)) if tree[k] <= place < tree[k + 1])
        for place in range(graph.nodes)
    ]


@settings(deadline=None, max_examples=40)
@given(eliminated())
def test_each_arc_finds_its_slot(given_order):
    graph, order = given_order
    place = order.position
    for tail, head, slot in zip(graph.tail(), graph.head, order.slot.tolist(), strict=True):
        if tail == head:
            assert slot == -1
            continue
        high, low = max(place[tail], place[head]), min(place[tail], place[head])
        assert order.first[high] <= slot >> 1 < order.first[high + 1]
        assert order.lower[slot >> 1] == low
        assert slot & 1 == (place[tail] < place[head])


@settings(deadline=None, max_examples=40)
@given(eliminated())
def test_an_order_is_completed_from_what_a_file_keeps(given_order):
    graph, order = given_order
    again = arranged(
        graph,
        core=order.core,
        crown=order.crown,
        position=order.position.copy(),
        first=order.first.copy(),
        lower=order.lower.copy(),
    )
    for mine, kept in zip(again, order, strict=True):
        np.testing.assert_array_equal(mine, kept)
        assert not isinstance(mine, np.ndarray) or (mine.dtype == kept.dtype and not mine.flags.writeable)


@settings(deadline=None, max_examples=40)
@given(eliminated(), st.randoms(use_true_random=False))
def test_the_order_hangs_on_who_is_joined_alone(given_order, random):
    graph, _ = given_order
    other = graph.with_times(np.asarray([random.randrange(100) for _ in graph.head], dtype=np.int64))
    for mine, base in zip(eliminate(other), eliminate(graph), strict=True):
        np.testing.assert_array_equal(mine, base)


@settings(deadline=None, max_examples=60)
@given(eliminated())
def test_carried_times_equal_the_twin(given_order):
    graph, order = given_order
    climb, drop = carry_over(graph, order)
    assert slot_times(order, climb, drop) == carried_times(graph, order)


@settings(deadline=None, max_examples=60)
@given(eliminated())
def test_pruning_keeps_every_distance_and_lengthens_nothing(given_order):
    graph, order = given_order
    climb, drop = carry_over(graph, order)
    before = slot_times(order, climb, drop)
    thinned = prepare(graph, order=order).thinned
    assert thinned.graph is graph
    assert thinned.order is order
    after = slot_times(order, thinned.climb, thinned.drop)
    assert after.items() <= before.items()
    kept = graph_of(graph.nodes, [(*pair, time) for pair, time in after.items()])
    for node in range(min(graph.nodes, 12)):
        there = shortest(kept, [(int(order.position[node]), 0)])
        # A way longer than FAR may be missing, and no budget of a sweep asks for it.
        expected = {int(order.position[one]): time for one, time in shortest(graph, [(node, 0)]).items()}
        assert {one: time for one, time in there.items() if time <= LONGEST_SWEPT} == {
            one: time for one, time in expected.items() if time <= LONGEST_SWEPT
        }


def test_pruning_closes_arcs_in_the_core_and_in_the_forest():
    for most in (4, 6, 256):
        order = eliminate(TOWN, most_neighbours=most)
        climb, drop = carry_over(TOWN, order)
        before = slot_times(order, climb, drop)
        thinned = prepare(TOWN, order=order).thinned
        after = slot_times(order, thinned.climb, thinned.drop)
        closed = {pair for pair in before if pair not in after}
        in_core = {pair for pair in before if max(pair) < order.core}
        assert (order.core > 0) == bool(in_core)
        assert (closed & in_core) or not in_core
        assert closed - in_core


@pytest.mark.parametrize("most", [0, 2, 24])
def test_a_cycle_without_time_keeps_a_way_round(most):
    ring = [(node, (node + step) % 6, 0) for node in range(6) for step in (1, 2, 5)]
    graph = graph_of(7, [*ring, (6, 0, 4), (6, 3, 4), (2, 6, 1)])
    points = node_anchors(np.arange(7))
    prepared = prepare(graph, order=eliminate(graph, most_neighbours=most))
    expected = np.zeros((7, 7))
    expected[:6, 6], expected[6, :6] = 1, 4
    for roads in (prepared, prepared.thinned):
        found = time_table(roads, starts=points, ends=points, budget=9, search_from="starts", method="sweep")
        np.testing.assert_array_equal(found.milliseconds, expected)


@settings(deadline=None, max_examples=40)
@given(eliminated())
def test_both_sides_lay_out_the_open_slots(given_order):
    graph, order = given_order
    prepared = prepare(graph, order=order)
    open_slots = slot_times(order, prepared.climb, prepared.drop)
    against = {(head, tail): time for (tail, head), time in open_slots.items()}
    for side, expected in ((prepared.onward, open_slots), (prepared.against, against)):
        assert not any(one.flags.writeable for one in side)
        out, into = {}, {}
        for place in range(graph.nodes):
            for arc in range(side.first_out[place], side.first_out[place + 1]):
                out[place, int(side.head[arc])] = int(side.travel_time[arc])
            for arc in range(side.first_in[place], side.first_in[place + 1]):
                into[int(side.tail[arc]), place] = float(side.drop_time[arc])
        down = {pair for pair in expected if pair[0] < pair[1] and pair[1] >= order.core}
        assert out == {pair: time for pair, time in expected.items() if pair not in down}
        assert into == {pair: float(np.float32(time)) for pair, time in expected.items() if pair in down}


@settings(deadline=None, max_examples=60)
@given(eliminated(), st.data())
def test_selected_rows_are_those_that_the_wanted_ones_depend_on(given_order, data):
    graph, order = given_order
    prepared = prepare(graph, order=order)
    side = prepared.onward
    wanted = np.asarray(data.draw(st.lists(st.integers(-1, graph.nodes - 1), max_size=4)), dtype=np.int64)
    needed = {int(one) for one in wanted if one >= 0}
    for place in range(graph.nodes - 1, order.core - 1, -1):
        if place in needed:
            needed |= set(side.tail[side.first_in[place] : side.first_in[place + 1]].tolist())
    rows = {place: row for row, place in enumerate(sorted(needed))}
    row_of, row_tree, first_in, tail, drop_time = customising.select(
        order.core, order.tree, side.first_in, side.tail, side.drop_time, freeze_int32(wanted)
    )
    assert row_of.tolist() == [rows.get(place, -1) for place in range(graph.nodes)]
    assert row_tree.tolist() == [sum(one < begin for one in needed) for begin in order.tree.tolist()]
    for place, row in rows.items():
        into = slice(side.first_in[place], side.first_in[place + 1]) if place >= order.core else slice(0)
        mine = slice(first_in[row], first_in[row + 1])
        assert tail[mine].tolist() == [rows[one] for one in side.tail[into].tolist()]
        np.testing.assert_array_equal(drop_time[mine], side.drop_time[into])


@settings(deadline=None, max_examples=60)
@given(eliminated(), st.data(), st.booleans())
def test_a_sweep_of_lanes_equals_the_naive_twin_in_all_rows_that_it_sweeps(given_order, data, every):
    graph, order = given_order
    prepared = prepare(graph, order=order)
    if data.draw(st.booleans()):
        prepared = prepared.thinned
    node = st.integers(0, graph.nodes - 1)
    seeds = node_anchors(data.draw(st.lists(node, min_size=1, max_size=LANES)), time=data.draw(st.integers(0, 9)))
    wanted = None if every else freeze_int32(np.asarray(data.draw(st.lists(node, max_size=3)), dtype=np.int64))
    budget = data.draw(st.integers(0, 20) | st.integers(0, LONGEST_SWEPT))
    for side in SIDES:
        sweep = Sweep.of(prepared, seeds, budget=budget, search_from=side, wanted=wanted)
        lanes = sweep.make_lanes()
        assert sweep.bytes_moved >= sweep.tail.nbytes + sweep.drop_time.nbytes + lanes.lane.nbytes
        expected = naive_node_table(graph, seeds, side, budget)
        tree_of, place = prepared.tree_of, order.position
        for _ in range(2):  # the second time finds the workspace as the first one left it
            rows = sweep.sweep(np.arange(seeds.access.size), lanes, GO_ON)
            swept = lanes.entered
            core_rows = (sweep.row_of[: order.core] >= 0).sum()
            assert rows == sweep.row_tree[0] - core_rows + np.diff(sweep.row_tree)[swept != 0].sum()
            for point, one in np.ndindex(expected.shape):
                row, tree = sweep.row_of[place[one]], tree_of[place[one]]
                if row < 0:
                    assert not every
                    continue
                if tree >= 0 and not int(swept[tree]) >> point & 1:
                    assert expected[point, one] == UNREACHED
                    continue
                found = lanes.lane[row, point]
                assert (found == expected[point, one]) if expected[point, one] != UNREACHED else found > budget


def test_a_graph_is_prepared_once_and_when_it_is_asked_for():
    asked = []

    def find(graph):
        asked.append(graph)
        return eliminate(graph)

    roads = Preparable(TOWN, find)
    assert not roads.ready
    assert asked == []
    assert roads.prepared is roads.prepared
    assert roads.ready
    assert asked == [TOWN]
    assert Preparable(TOWN).prepared.order.core == eliminate(TOWN).core


def test_an_order_of_another_graph_is_refused():
    order = eliminate(TOWN)
    fewer_arcs = build_graph(TOWN.nodes, TOWN.tail()[1:], TOWN.head[1:], TOWN.travel_time[1:])
    more_nodes = build_graph(TOWN.nodes + 1, TOWN.tail(), TOWN.head, TOWN.travel_time)
    for other in (fewer_arcs, more_nodes):
        with pytest.raises(ValueError, match="order"):
            prepare(other, order=order)


def test_more_joined_pairs_than_can_be_numbered_are_refused(monkeypatch):
    pairs = eliminate(TOWN).lower.size
    monkeypatch.setattr(elimination, "MOST_PAIRS", pairs)
    assert eliminate(TOWN).lower.size == pairs
    monkeypatch.setattr(elimination, "MOST_PAIRS", pairs - 1)
    with pytest.raises(ValueError, match=f"{pairs:,} arcs between neighbours"):
        eliminate(TOWN)


def test_bad_times_are_refused_by_graphs_and_preparations():
    graph = graph_of(2, [(0, 1, 1), (1, 0, 2)])
    prepared = prepare(graph)
    for times in ([-1, 2], [np.nan, 2.0], [np.inf, 2.0], [2.5, 2.0], [2.0**31, 2.0], [1], [1, 2, 3]):
        for change in (graph.with_times, prepared.with_times):
            with pytest.raises(ValueError, match="travel time"):
                change(np.asarray(times))
    with pytest.raises(ValueError, match="negative"):
        graph_of(2, [(0, 1, -1)])
    with pytest.raises(ValueError, match="no whole number"):
        build_graph(2, np.asarray([0]), np.asarray([1]), np.asarray([np.nan]))


@pytest.mark.parametrize("arc", [(0, 2, 1), (2, 0, 1), (-1, 0, 1), (0, -1, 1)])
def test_arcs_that_name_unknown_nodes_are_refused(arc):
    with pytest.raises(ValueError, match="outside"):
        graph_of(2, [arc])


def test_a_graph_too_large_to_be_numbered_is_refused():
    none = np.empty(0, dtype=np.int32)
    with pytest.raises(ValueError, match="too large"):
        build_graph(2**31, none, none, none)
    # One number seen 2**31 times takes four bytes.
    many = np.broadcast_to(np.int32(0), (2**31,))
    with pytest.raises(ValueError, match="too large"):
        build_graph(1, many, many, many)


def test_closed_twice_still_fits_an_int32():
    # Interpreted, the sum of two int32 is an int32 and overflows; compiled it is an int64 and does not.
    assert 2 * int(customising.FAR) <= np.iinfo(np.int32).max


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("reached", range(2, 8))
def test_whatever_part_of_the_core_a_climb_reaches_is_searched_on(slots, reached):
    # Eight nodes, each joined to each, and some below that reach many of them at once.
    among = [(one, other, 100) for one in range(8) for other in range(8) if one != other]
    graph = graph_of(
        8 + slots, among + [(8 + k, (node + k) % 8, 1 + node) for k in range(slots) for node in range(reached)]
    )
    prepared = prepare(graph, order=eliminate(graph, most_neighbours=max(6, reached)))
    seeds = node_anchors(8 + np.arange(slots))
    seeds = seeds._replace(
        **{
            name: freeze_int32(getattr(seeds, name)[:, 0].reshape(1, -1))
            for name in ("node", "time", "piece", "offset")
        },
        access=freeze_int32(np.zeros(1)),
    )
    ends = node_anchors(np.arange(graph.nodes))
    found = time_table(
        prepared, starts=seeds, ends=ends, budget=1000, search_from="starts", method="sweep"
    ).milliseconds
    np.testing.assert_array_equal(found, naive_table(graph, seeds, ends))
