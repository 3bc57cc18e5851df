"""A sweep fills the same table whichever way it goes about it: lanes together or alone, told at once or staged."""

import itertools
from dataclasses import replace

import numpy as np
from graphs import SIDES, budgets, naive_table, trips
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine import sweep_kernels as kernels
from palveluverkko.engine.graph import freeze_int32
from palveluverkko.engine.plan import LANES, LONGEST_SWEPT
from palveluverkko.engine.search import UNREACHED
from palveluverkko.engine.sweep import Sweep
from palveluverkko.engine.trips import Trips

NEVER, ALWAYS = 0, 10**6


@settings(deadline=None, max_examples=40)
@given(trips(most_starts=LANES + 8), st.data(), st.booleans())
def test_every_way_to_sweep_fills_the_same_table(given_trips, data, selective):
    everything = naive_table(given_trips.graph, given_trips.starts, given_trips.ends)
    budget = min(data.draw(budgets(everything)), LONGEST_SWEPT)
    for side in SIDES:
        expected = np.where(everything <= budget, everything, UNREACHED)
        expected = expected if side == "starts" else expected.T
        for roads in (given_trips.prepared, given_trips.prepared.thinned):
            searched, other = given_trips.points(side)
            asked = {"budget": budget, "search_from": side, "wanted": other.node if selective else None}
            base = Sweep.of(roads, searched, **asked)
            for alone, sparse in itertools.product((0, 2, 64), (NEVER, 6, ALWAYS)):
                sweep = replace(base, alone=alone, sparse=sparse)
                table = np.full(expected.shape, -7, dtype=np.int32)
                sweep.fill(slice(0, len(table)), sweep.slots_of(other.node, other.time), table, threads=1)
                # What one drives along a single piece passes no node: no search finds it.
                row, column, along = Trips.of(roads, given_trips.starts, given_trips.ends, budget, side).meetings
                np.minimum.at(table, (row, column), along)
                np.testing.assert_array_equal(table, expected)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 9), st.integers(1, 3))
def test_slots_are_sorted_by_the_row_of_their_node(data, nodes, width):
    position = np.asarray(data.draw(st.permutations(range(nodes))))
    kept = np.asarray(data.draw(st.lists(st.booleans(), min_size=nodes, max_size=nodes)))
    row_of = np.where(kept, np.cumsum(kept) - 1, -1)
    slots = st.lists(st.integers(-1, nodes - 1), min_size=width, max_size=width)
    node = np.asarray(data.draw(st.lists(slots, max_size=6)), dtype=np.int32).reshape(-1, width)
    row, first, slot, own = kernels.sort_slots(
        int(kept.sum()), freeze_int32(position), freeze_int32(row_of), freeze_int32(node)
    )
    at = {number: row_of[position[one]] for number, one in enumerate(node.ravel()) if one >= 0}
    at = {number: one for number, one in at.items() if one >= 0}
    assert row.tolist() == sorted(set(at.values()))
    for number, one in enumerate(row):
        mine = slot[first[number] : first[number + 1]].tolist()
        assert mine == [which for which, place in at.items() if place == one]
    assert [int(row[one]) if one >= 0 else -1 for one in own.ravel()] == [
        int(at.get(number, -1)) for number in range(node.size)
    ]
