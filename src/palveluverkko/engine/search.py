"""The front door of the engine: travel times from many points, reduced to what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine import memory
from palveluverkko.engine.graph import UNREACHED, Anchors, Int32, are_whole, freeze_int32, freeze_int64
from palveluverkko.engine.plan import LANES, Method, Plan, make_plan
from palveluverkko.engine.sweep import positions_of
from palveluverkko.engine.threads import available
from palveluverkko.engine.trips import (
    Roads,
    Trips,
    check,
    expected_reach,
    graph_of,
    is_laid_out,
    prepared_if_ready,
    prepared_of,
)
from palveluverkko.engine.workspace import make_workspace

__all__ = ["UNREACHED", "Method", "Plan", "Roads"]

_OWNER_BITS = 31
_HEAVIEST = 1 << 53
"""Largest weight: up to here float64 holds whole numbers exactly."""

# A block has work for each lane of each thread, and more of it while it is small; never more at a time than the most.
_SMALL_BLOCK_BYTES = 64_000_000
_MOST_BLOCK_BYTES = 256_000_000


class NodeBands(NamedTuple):
    """Band of travel time of each node, int8[n] (-1: beyond the last), and how it was found."""

    band: NDArray[np.int8]
    plan: Plan


class TimeTable(NamedTuple):
    """Travel times of trips: int32[searched, other] milliseconds, and how they were found."""

    milliseconds: Int32
    plan: Plan


class Nearest(NamedTuple):
    """Travel time to the nearest of several points, its position among them (-1: none reached), and how found."""

    time: Int32
    owner: Int32
    plan: Plan


class BandCounts(NamedTuple):
    """Weight of what lies in each band of travel time, int64[searched, bands], and how it was found."""

    counts: NDArray[np.int64]
    plan: Plan


def time_table(
    roads: Roads,
    *,
    starts: Anchors,
    ends: Anchors,
    budget: int,
    search_from: str,
    method: Method | str = Method.AUTO,
    threads: int = 0,
) -> TimeTable:
    """Give the travel time of every trip from a start to an end, within a budget.

    Parameters
    ----------
    roads
        The road graph, in driving direction.
    starts, ends
        Points where trips begin and end.
    budget
        Longest travel time kept, milliseconds; exactly equal is kept.
    search_from
        ``"starts"`` or ``"ends"``: the side with fewer points, one search each. The answer is the same.
    method
        ``"buckets"``, ``"sweep"``, or ``"auto"`` for the quicker one. The answer is the same.
    threads
        Number of threads; 0 for one on each processor. The answer is the same.

    Returns
    -------
    TimeTable
        int32[searched, other], milliseconds, UNREACHED beyond the budget; the rows are the side searched from.

    Raises
    ------
    ValueError
        A point lies outside the graph, the budget is negative, or it is too long for the method.
    """
    trips = Trips.of(roads, starts, ends, budget, search_from)
    table = np.empty((trips.searched.access.size, trips.other.access.size), dtype=np.int32)
    plan, fill = trips.prepare_to_fill(method, threads, table.nbytes)
    fill(slice(0, len(table)), table)
    return TimeTable(table, plan)


def time_table_blocks(
    roads: Roads,
    *,
    starts: Anchors,
    ends: Anchors,
    budget: int,
    search_from: str,
    method: Method | str = Method.AUTO,
    threads: int = 0,
    block: int | None = None,
) -> tuple[Plan, Iterator[tuple[slice, Int32]]]:
    """Give the same travel times block by block, for tables that should not lie in memory whole.

    Parameters
    ----------
    roads, starts, ends, budget, search_from, method, threads
        As in :func:`time_table`.
    block
        Rows in a block; when None, one for each lane of each thread or as many as fit 64 MB, but two blocks together no
        more than 256 MB.

    Returns
    -------
    Plan, iterator of (slice, int32[rows, other])
        The plan first, with the peak of memory; then which rows and their travel times, in order.
    """
    if block is not None and block < 1:
        raise ValueError(f"a block of {block} rows; use at least 1")
    trips = Trips.of(roads, starts, ends, budget, search_from)
    # The reader still holds one block while the next is filled.
    step = block or _rows_at_once(trips, threads, blocks=2)
    rows, columns = trips.searched.access.size, trips.other.access.size
    plan, fill = trips.prepare_to_fill(method, threads, min(2 * step, rows) * columns * 4)

    def blocks() -> Iterator[tuple[slice, Int32]]:
        for part in _parts(rows, step):
            table = np.empty((part.stop - part.start, columns), dtype=np.int32)
            fill(part, table)
            yield part, table

    return plan, blocks()


def _blocks_in_place(
    trips: Trips, method: Method | str, threads: int, kept_bytes: int
) -> tuple[Plan, Iterator[tuple[slice, Int32]]]:
    """Give the travel times block by block, each in the place of the one before; the plan counts what is kept."""
    rows, columns = trips.searched.access.size, trips.other.access.size
    step = max(1, min(rows, _rows_at_once(trips, threads, blocks=1)))
    plan, fill = trips.prepare_to_fill(method, threads, step * columns * 4 + kept_bytes)

    def blocks() -> Iterator[tuple[slice, Int32]]:
        table = np.empty((step, columns), dtype=np.int32)
        for part in _parts(rows, step):
            fill(part, table[: part.stop - part.start])
            yield part, table[: part.stop - part.start]

    return plan, blocks()


def _rows_at_once(trips: Trips, threads: int, *, blocks: int) -> int:
    """Choose the rows of a block, of which so many are in memory at a time."""
    row = 4 * max(1, trips.other.access.size)
    wanted = max(LANES * (threads or available()), _SMALL_BLOCK_BYTES // row // LANES * LANES)
    return max(1, min(wanted, _MOST_BLOCK_BYTES // blocks // row))


def _parts(rows: int, step: int) -> Iterator[slice]:
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))


def k_nearest(
    roads: Roads,
    *,
    k: int,
    starts: Anchors,
    ends: Anchors,
    budget: int,
    search_from: str,
    method: Method | str = Method.AUTO,
    threads: int = 0,
) -> Nearest:
    """Give for each point of the other side the ``k`` nearest of those searched from.

    Returns
    -------
    Nearest
        ``time`` and ``owner`` int32[k, other], rising; equal times in the order of positions; UNREACHED and -1 where
        fewer than ``k`` are reached.
    """
    from palveluverkko.engine import search_kernels as kernels

    if not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k is {k}; use a whole number, at least 1")
    trips = Trips.of(roads, starts, ends, budget, search_from)
    others = trips.other.access.size
    plan, blocks = _blocks_in_place(trips, method, threads, 8 * k * others)
    time = np.full((k, others), UNREACHED, dtype=np.int32)
    owner = np.full((k, others), -1, dtype=np.int32)
    for rows, block in blocks:
        kernels.keep_nearest(block, rows.start, time, owner)
    return Nearest(time, owner, plan)


def band_counts(
    roads: Roads,
    *,
    starts: Anchors,
    ends: Anchors,
    thresholds: NDArray[np.int32],
    search_from: str,
    weights: NDArray[np.int64] | None = None,
    method: Method | str = Method.AUTO,
    threads: int = 0,
) -> BandCounts:
    """Count for each point searched from what it reaches in each band of travel time.

    Parameters
    ----------
    roads, starts, ends, search_from, method, threads
        As in :func:`time_table`; the last threshold is the budget.
    thresholds
        Upper bounds of the bands, rising, milliseconds; exactly equal counts.
    weights
        int64[other], such as people; 1 each when None.

    Returns
    -------
    BandCounts
        int64[searched, bands].
    """
    from palveluverkko.engine import search_kernels as kernels

    thresholds = _check_thresholds(thresholds)
    trips = Trips.of(roads, starts, ends, int(thresholds[-1]), search_from)
    rows, columns = trips.searched.access.size, trips.other.access.size
    weights = np.ones(columns, dtype=np.int64) if weights is None else weights
    if weights.shape != (columns,):
        raise ValueError(f"{weights.size} weights for {columns} points")
    if not are_whole(weights, most=_HEAVIEST):
        raise ValueError(f"weights are whole numbers from 0 to {_HEAVIEST:,}")
    plan, blocks = _blocks_in_place(trips, method, threads, 8 * (rows * thresholds.size + 2 * columns))
    count = np.zeros((rows, thresholds.size), dtype=np.int64)
    for part, block in blocks:
        kernels.count_bands(block, thresholds, freeze_int64(weights), count[part])
    return BandCounts(count, plan)


def node_times(
    roads: Roads, *, seeds: Anchors, budget: int, search_from: str, method: Method | str = Method.AUTO
) -> TimeTable:
    """Give for every node the travel time to or from the nearest of several points, in one search.

    As :func:`nearest_nodes`, without saying which is the nearest, in less time.

    Returns
    -------
    TimeTable
        int32[n], UNREACHED beyond the budget.
    """
    budget = check(roads, budget, search_from, seeds)
    plan = _plan_one(roads, seeds, budget, method)
    kind: type[np.int32 | np.int64] = np.int32 if plan.method is Method.BUCKETS else np.int64
    plan, label = _labels(roads, plan, seeds.time.ravel().astype(kind), seeds, budget, search_from, bits=0)
    return TimeTable(np.where(label <= budget, label, UNREACHED).astype(np.int32), plan)


def nearest_nodes(
    roads: Roads, *, seeds: Anchors, budget: int, search_from: str, method: Method | str = Method.AUTO
) -> Nearest:
    """Give for every node the nearest of several points, in one search.

    Parameters
    ----------
    roads
        The road graph, in driving direction.
    seeds
        The points; anchored as starts for ``search_from="starts"``, as ends for ``"ends"``.
    budget
        Longest travel time kept, milliseconds.
    search_from
        ``"starts"``: from the points to the nodes; ``"ends"``: from the nodes to the points.
    method
        As in :func:`time_table`.

    Returns
    -------
    Nearest
        ``time`` int32[n], UNREACHED beyond the budget; ``owner`` int32[n], the lowest position among equals.
    """
    budget = check(roads, budget, search_from, seeds)
    plan = _plan_one(roads, seeds, budget, method)
    owner = np.repeat(np.arange(seeds.node.shape[0]), seeds.node.shape[1])
    seed_label = (seeds.time.ravel().astype(np.int64) << _OWNER_BITS) | owner
    plan, label = _labels(roads, plan, seed_label, seeds, budget, search_from, bits=_OWNER_BITS)
    return Nearest(*_split(label, budget), plan=plan)


def nearest(
    roads: Roads, *, starts: Anchors, ends: Anchors, budget: int, search_from: str, method: Method | str = Method.AUTO
) -> Nearest:
    """Give for each point of the other side the nearest of those searched from, in one search.

    The first row of :func:`k_nearest`, found without a table.
    """
    trips = Trips.of(roads, starts, ends, budget, search_from)
    at_nodes = nearest_nodes(roads, seeds=trips.searched, budget=budget, search_from=search_from, method=method)
    label = np.full(trips.other.access.size, np.iinfo(np.int64).max)
    point, slot = np.nonzero(trips.other.node >= 0)
    node = trips.other.node[point, slot]
    there = at_nodes.time[node].astype(np.int64) + trips.other.time[point, slot]
    np.minimum.at(label, point, (there << _OWNER_BITS) | np.maximum(at_nodes.owner[node], 0))
    row, column, along = trips.meetings
    np.minimum.at(label, column, (along.astype(np.int64) << _OWNER_BITS) | row)
    plan = at_nodes.plan
    peak = memory.of_nearest(
        plan.peak_bytes,
        nodes=at_nodes.time.size,
        swept=plan.method is Method.SWEEP,
        places=label.size,
        slots=node.size,
    )
    return Nearest(*_split(label, budget), plan=plan._replace(peak_bytes=peak))


def node_bands(
    roads: Roads,
    *,
    seeds: Anchors,
    thresholds: NDArray[np.int32],
    search_from: str,
    method: Method | str = Method.AUTO,
) -> NodeBands:
    """Give for every node the band of its travel time to the nearest of several points.

    Returns
    -------
    NodeBands
        int8[n]; position of the first threshold that the time does not exceed; -1 beyond the last.
    """
    thresholds = _check_thresholds(thresholds)
    if thresholds.size > np.iinfo(np.int8).max:
        raise ValueError(f"{thresholds.size} thresholds; at most {np.iinfo(np.int8).max} bands fit an int8")
    found = node_times(roads, seeds=seeds, budget=int(thresholds[-1]), search_from=search_from, method=method)
    band = np.searchsorted(thresholds, found.milliseconds, side="left")
    return NodeBands(np.where(found.milliseconds == UNREACHED, -1, band).astype(np.int8), found.plan)


def _check_thresholds(thresholds: NDArray[np.int32]) -> Int32:
    thresholds = np.asarray(thresholds)
    if thresholds.ndim != 1 or not thresholds.size or (np.diff(thresholds) <= 0).any():
        raise ValueError("thresholds must be at least one, and rising")
    if not are_whole(thresholds, most=UNREACHED - 1):
        raise ValueError(f"thresholds are whole numbers from 0 to {UNREACHED - 1} milliseconds")
    return freeze_int32(thresholds)


def _plan_one(roads: Roads, seeds: Anchors, budget: int, method: Method | str) -> Plan:
    graph = graph_of(roads)
    return make_plan(
        graph,
        prepared_if_ready(roads),
        method=Method(method),
        budget=budget,
        searches=seeds.access.size,
        others=0,
        threads=1,
        reach=lambda: expected_reach(graph, seeds, budget),
    )


def _labels(
    roads: Roads,
    plan: Plan,
    seed_label: NDArray[Any],
    seeds: Anchors,
    budget: int,
    search_from: str,
    *,
    bits: int,
) -> tuple[Plan, NDArray[Any]]:
    """Label every node with the travel time and, in the bits below it, the position of the nearest point."""
    from palveluverkko.engine import search_kernels as kernels

    seed_label.flags.writeable = False
    turned = search_from == "ends"
    if plan.method is Method.BUCKETS:
        graph = graph_of(roads).reversed() if turned else graph_of(roads)
        kind = seed_label.dtype.type
        space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=seeds, budget=budget, kind=kind)
        label, *scratch = space.arrays
        kernels.search_labels(
            *graph, freeze_int32(seeds.node.ravel()), seed_label, budget, bits, space.shift, label, *scratch
        )
        return plan._replace(peak_bytes=memory.of_labels(graph, turned=turned, owners=bits > 0)), label
    at_hand = prepared_if_ready(roads)
    prepared = at_hand or prepared_of(roads, searches=1)
    order, ready = prepared.order, is_laid_out(prepared, search_from)
    side = prepared.against if turned else prepared.onward
    space = make_workspace(
        side.travel_time, nodes=order.position.size, seeds=seeds, budget=budget, kind=np.int64, climbs=True
    )
    kernels.sweep_labels(
        side.first_out,
        side.head,
        side.travel_time,
        order.core,
        side.first_in,
        side.tail,
        side.drop_time,
        positions_of(seeds.node.ravel(), order.position),
        seed_label,
        budget,
        bits,
        space.shift,
        *space.arrays,
    )
    peak = memory.of_swept_labels(prepared, turned=turned, ready=ready)
    peak += 0 if at_hand else memory.of_preparation(prepared)
    return plan._replace(peak_bytes=peak), np.asarray(space.arrays[0][order.position])


def _split(label: NDArray[np.int64], budget: int) -> tuple[Int32, Int32]:
    """Give times and owners of labels; UNREACHED and -1 beyond the budget."""
    time = label >> _OWNER_BITS
    kept = time <= budget
    owner = np.where(kept, label & ((1 << _OWNER_BITS) - 1), -1)
    return np.where(kept, time, UNREACHED).astype(np.int32), owner.astype(np.int32)
