"""A sweep fills the same table whichever way it goes about it: told at once or staged."""

from dataclasses import replace

import numba as nb
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

ALWAYS, NEVER = 0, 10**6


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
            for sparse in (ALWAYS, 6, NEVER):
                sweep = replace(base, sparse=sparse)
                table = np.full(expected.shape, -7, dtype=np.int32)
                sweep.fill(slice(0, len(table)), sweep.slots_of(other.node, other.time), table, threads=1)
                # What one drives along a single piece passes no node: no search finds it.
                row, column, along = Trips.of(roads, given_trips.starts, given_trips.ends, budget, side).meetings
                np.minimum.at(table, (row, column), along)
                np.testing.assert_array_equal(table, expected)


@nb.njit
def _instructions(lane, time, limit, found):
    here = kernels._least(
        kernels._least(kernels._far(), kernels._read(lane, 0), time[0]), kernels._read(lane, 1), time[1]
    )
    kernels._write(found, 1, here)
    bits = kernels._within(here, limit)
    return bits, kernels._lowest(bits) if bits != 0 else np.uint64(64)


TIMES = st.integers(0, 2**24 - 1) | st.sampled_from([0, 1, int(kernels.FAR)])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(TIMES, min_size=LANES, max_size=LANES), min_size=2, max_size=2),
    st.lists(st.integers(0, 1000), min_size=2, max_size=2),
    st.integers(0, LONGEST_SWEPT),
)
def test_rows_of_lanes_are_read_compared_and_written_as_numpy_does(lanes, times, limit):
    lane, time = np.asarray(lanes, dtype=np.float32), np.asarray(times, dtype=np.float32)
    found = np.full((3, LANES), -1, dtype=np.float32)
    bits, lowest = _instructions(lane, time, np.float32(limit), found)
    least = np.minimum((lane + time[:, None]).min(axis=0), kernels.FAR)
    np.testing.assert_array_equal(found, [[-1] * LANES, least, [-1] * LANES])
    within = np.flatnonzero(least <= limit).tolist()
    assert int(bits) == sum(2**one for one in within)
    assert int(lowest) == (within[0] if within else 64)


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
