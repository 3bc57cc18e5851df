"""The front door of the engine: travel times from many points, reduced to what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.elimination import CROWDED, Preparable, Prepared, eliminate, prepare
from palveluverkko.engine.graph import UNREACHED, Anchors, Graph, Int32, freeze_int32, freeze_int64
from palveluverkko.engine.plan import LANES, Method, Plan, make_plan
from palveluverkko.engine.sweep import Sweep
from palveluverkko.engine.threads import Stop, in_threads
from palveluverkko.engine.workspace import Workspace, make_workspace

__all__ = ["UNREACHED", "Method", "Plan", "Roads"]

Roads = Graph | Prepared | Preparable
"""A graph in driving direction, prepared or not; a :class:`Preparable` is prepared when that pays."""

_OWNER_BITS = 31
_BLOCK_BYTES = 64_000_000

# Eliminating the crown as well took 1.0 s on 1.06 million nodes; searching it as a core 2 ms an origin.
_MANY = 500


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
    trips = _Trips.of(roads, starts, ends, budget, search_from)
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
        Rows in a block; as many as fit 64 MB, and at least one for each lane of each thread, when None.

    Returns
    -------
    Plan, iterator of (slice, int32[rows, other])
        The plan first, with the peak of memory; then which rows and their travel times, in order.
    """
    if block is not None and block < 1:
        raise ValueError(f"a block of {block} rows; use at least 1")
    trips = _Trips.of(roads, starts, ends, budget, search_from)
    rows, columns = trips.searched.access.size, trips.other.access.size
    step = block or max(LANES * 4, _BLOCK_BYTES // (4 * max(1, columns)) // LANES * LANES)
    # The reader still holds one block while the next is filled.
    plan, fill = trips.prepare_to_fill(method, threads, min(2 * step, rows) * columns * 4)

    def blocks() -> Iterator[tuple[slice, Int32]]:
        for first in range(0, rows, step):
            part = slice(first, min(first + step, rows))
            table = np.empty((part.stop - part.start, columns), dtype=np.int32)
            fill(part, table)
            yield part, table

    return plan, blocks()


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

    if k < 1:
        raise ValueError(f"k is {k}; use at least 1")
    plan, blocks = time_table_blocks(
        roads, starts=starts, ends=ends, budget=budget, search_from=search_from, method=method, threads=threads
    )
    others = (ends if search_from == "starts" else starts).access.size
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
    searched, other = (starts, ends) if search_from == "starts" else (ends, starts)
    weight = freeze_int64(np.ones(other.access.size) if weights is None else weights)
    if weight.shape != other.access.shape:
        raise ValueError(f"{weight.size} weights for {other.access.size} points")
    plan, blocks = time_table_blocks(
        roads,
        starts=starts,
        ends=ends,
        budget=int(thresholds[-1]),
        search_from=search_from,
        method=method,
        threads=threads,
    )
    count = np.zeros((searched.access.size, thresholds.size), dtype=np.int64)
    for rows, block in blocks:
        kernels.count_bands(block, thresholds, weight, count[rows])
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
    _check(roads, budget, search_from, seeds)
    plan = _plan_one(roads, budget, method)
    kind: type[np.int32 | np.int64] = np.int32 if plan.method is Method.BUCKETS else np.int64
    label = _labels(roads, plan, seeds.time.ravel().astype(kind), seeds, budget, search_from, bits=0)
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
    _check(roads, budget, search_from, seeds)
    plan = _plan_one(roads, budget, method)
    owner = np.repeat(np.arange(seeds.node.shape[0]), seeds.node.shape[1])
    seed_label = (seeds.time.ravel().astype(np.int64) << _OWNER_BITS) | owner
    label = _labels(roads, plan, seed_label, seeds, budget, search_from, bits=_OWNER_BITS)
    return Nearest(*_split(label, budget), plan=plan)


def nearest(
    roads: Roads, *, starts: Anchors, ends: Anchors, budget: int, search_from: str, method: Method | str = Method.AUTO
) -> Nearest:
    """Give for each point of the other side the nearest of those searched from, in one search.

    The first row of :func:`k_nearest`, found without a table.
    """
    trips = _Trips.of(roads, starts, ends, budget, search_from)
    at_nodes = nearest_nodes(roads, seeds=trips.searched, budget=budget, search_from=search_from, method=method)
    node, time = trips.other.node, trips.other.time.astype(np.int64)
    reached = (node >= 0) & (at_nodes.time[node] != UNREACHED)
    there = np.where(reached, at_nodes.time[node] + time, UNREACHED)
    slots = np.where(there <= budget, (there << _OWNER_BITS) | at_nodes.owner[node], np.iinfo(np.int64).max)
    label = slots.min(axis=1, initial=np.iinfo(np.int64).max)
    row, column, along = trips.meetings
    np.minimum.at(label, column, (along.astype(np.int64) << _OWNER_BITS) | row)
    return Nearest(*_split(label, budget), plan=at_nodes.plan)


def node_bands(
    roads: Roads,
    *,
    seeds: Anchors,
    thresholds: NDArray[np.int32],
    search_from: str,
    method: Method | str = Method.AUTO,
) -> NDArray[np.int8]:
    """Give for every node the band of its travel time to the nearest of several points.

    Returns
    -------
    int8[n]
        Position of the first threshold that the time does not exceed; -1 beyond the last.
    """
    thresholds = _check_thresholds(thresholds)
    if thresholds.size > np.iinfo(np.int8).max:
        raise ValueError(f"{thresholds.size} thresholds; at most {np.iinfo(np.int8).max} bands fit an int8")
    found = node_times(roads, seeds=seeds, budget=int(thresholds[-1]), search_from=search_from, method=method)
    band = np.searchsorted(thresholds, found.milliseconds, side="left")
    return np.where(found.milliseconds == UNREACHED, -1, band).astype(np.int8)


def _check_thresholds(thresholds: NDArray[np.int32]) -> Int32:
    if not len(thresholds) or (np.diff(thresholds) <= 0).any():
        raise ValueError("thresholds must be at least one, and rising")
    return freeze_int32(thresholds)


def _graph(roads: Roads) -> Graph:
    return roads if isinstance(roads, Graph) else roads.graph


def _prepared_if_ready(roads: Roads) -> Prepared | None:
    if isinstance(roads, Preparable):
        return roads.prepared if roads.ready else None
    return roads if isinstance(roads, Prepared) else None


def _prepared(roads: Roads, *, searches: int) -> Prepared:
    if isinstance(roads, Graph):
        # For these searches alone: a core is searched in less time than it takes to eliminate it.
        return prepare(roads, order=eliminate(roads, most_neighbours=CROWDED)) if searches < _MANY else prepare(roads)
    return roads.prepared if isinstance(roads, Preparable) else roads


def _check(roads: Roads, budget: int, search_from: str, *points: Anchors) -> None:
    nodes = _graph(roads).nodes
    if search_from not in {"starts", "ends"}:
        raise ValueError(f"search_from is {search_from!r}; use 'starts' or 'ends'")
    if not 0 <= budget < UNREACHED:
        raise ValueError(f"the budget is {budget}; it lies between 0 and {UNREACHED - 1} milliseconds")
    for one in points:
        if not one.node.shape[1]:
            raise ValueError("points need at least one slot")
        outside = np.flatnonzero((one.node >= nodes).any(axis=1))
        if outside.size:
            raise ValueError(f"point {outside[0]} stands on node {one.node[outside[0]].max()} of a graph of {nodes}")
        negative = np.flatnonzero(((one.node >= 0) & (one.time < 0)).any(axis=1))
        if negative.size:
            raise ValueError(f"point {negative[0]} has a negative time to its node")


@dataclass(frozen=True)
class _Trips:
    """Trips between two sides: which is searched from, and what one drives along a single road piece."""

    roads: Roads
    searched: Anchors
    other: Anchors
    budget: int
    search_from: str
    meetings: tuple[NDArray[np.int64], NDArray[np.int64], Int32]

    @classmethod
    def of(cls, roads: Roads, starts: Anchors, ends: Anchors, budget: int, search_from: str) -> _Trips:
        _check(roads, budget, search_from, starts, ends)
        start, end, time = _trips_along_one_piece(starts, ends, budget)
        if search_from == "starts":
            return cls(roads, starts, ends, budget, search_from, (start, end, time))
        order = np.argsort(end, kind="stable")
        return cls(roads, ends, starts, budget, search_from, (end[order], start[order], time[order]))

    def prepare_to_fill(
        self, method: Method | str, threads: int, answer_bytes: int
    ) -> tuple[Plan, Callable[[slice, Int32], None]]:
        """Make the plan, and what fills rows of a table by it."""
        plan = make_plan(
            _graph(self.roads),
            _prepared_if_ready(self.roads),
            method=Method(method),
            budget=self.budget,
            searches=self.searched.access.size,
            others=self.other.access.size,
            threads=threads,
            answer_bytes=answer_bytes,
            reach=self._reach,
        )
        fill = self._fill_by_sweep(plan) if plan.method is Method.SWEEP else self._fill_by_buckets(plan)

        def complete(rows: slice, table: Int32) -> None:
            if table.size:
                fill(rows, table)
            row, column, time = self.meetings
            low, high = np.searchsorted(row, [rows.start, rows.stop])
            np.minimum.at(table, (row[low:high] - rows.start, column[low:high]), time[low:high])

        return plan, complete

    def _reach(self) -> float:
        """Estimate how many nodes a search settles: try three of the points, first, middle and last, on a third of it.

        What is settled grew by 3.2 and 4.0 from 15 to 30 to 60 minutes: a little less than with the square of time.
        """
        from palveluverkko.engine import search_kernels as kernels

        graph = self._searched_graph()
        tried = freeze_int32(np.linspace(0, self.searched.access.size - 1, 3))
        space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=self.searched, budget=self.budget)
        settled = kernels.table_by_buckets(
            *graph,
            freeze_int32(self.searched.node[tried]),
            freeze_int32(self.searched.time[tried]),
            freeze_int32(np.zeros(graph.nodes + 1)),
            *(freeze_int32(np.empty(0)),) * 2,
            self.budget // 3,
            space.shift,
            np.zeros(1, dtype=np.uint8),
            *space.arrays,
            tried,
            np.empty((self.searched.access.size, 0), dtype=np.int32),
        )
        return min(graph.nodes, 7.5 * float(settled) / tried.size)

    def _searched_graph(self) -> Graph:
        graph = _graph(self.roads)
        return graph if self.search_from == "starts" else graph.reversed()

    def _fill_by_buckets(self, plan: Plan) -> Callable[[slice, Int32], None]:
        from palveluverkko.engine import search_kernels as kernels

        graph = self._searched_graph()
        places = _places_at_nodes(self.other, graph.nodes)

        def fill(rows: slice, table: Int32) -> None:
            def work(points: NDArray[np.int64], space: Workspace, stop: Stop) -> None:
                kernels.table_by_buckets(
                    *graph,
                    freeze_int32(self.searched.node[points]),
                    freeze_int32(self.searched.time[points]),
                    *places,
                    self.budget,
                    space.shift,
                    stop,
                    *space.arrays,
                    freeze_int32(points - rows.start),
                    table,
                )

            def make() -> Workspace:
                return make_workspace(graph.travel_time, nodes=graph.nodes, seeds=self.searched, budget=self.budget)

            points = np.arange(rows.start, rows.stop)
            few = max(1, min(LANES, points.size // plan.threads))
            parts = np.array_split(points, range(few, points.size, few)) if points.size else []
            for _ in in_threads(parts, work, make_workspace=make, threads=plan.threads):
                pass

        return fill

    def _fill_by_sweep(self, plan: Plan) -> Callable[[slice, Int32], None]:
        prepared = _prepared(self.roads, searches=self.searched.access.size)
        sweep = Sweep.of(
            prepared.thinned if plan.thinned else prepared,
            self.searched,
            budget=self.budget,
            search_from=self.search_from,
            wanted=self.other.node if plan.selective else None,
        )
        return lambda rows, table: sweep.fill(rows, self.other, table, plan.threads)


def _places_at_nodes(points: Anchors, nodes: int) -> tuple[Int32, Int32, Int32]:
    """List the points at each node (CSR): where each node's begin, which points, and their times to it."""
    flat = points.node.ravel()
    rising = bool((flat[1:] >= flat[:-1]).all())
    order = np.arange(flat.size) if rising else np.argsort(flat, kind="stable")
    order = order[np.count_nonzero(flat < 0) :]
    first = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(flat[order], minlength=nodes), out=first[1:])
    return freeze_int32(first), freeze_int32(order // points.node.shape[1]), freeze_int32(points.time.ravel()[order])


def _plan_one(roads: Roads, budget: int, method: Method | str) -> Plan:
    return make_plan(
        _graph(roads), _prepared_if_ready(roads), method=Method(method), budget=budget, searches=1, others=0, threads=1
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
) -> NDArray[Any]:
    """Label every node with the travel time and, in the bits below it, the position of the nearest point."""
    from palveluverkko.engine import search_kernels as kernels

    seed_label.flags.writeable = False
    if plan.method is Method.BUCKETS:
        graph = _graph(roads) if search_from == "starts" else _graph(roads).reversed()
        kind = seed_label.dtype.type
        space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=seeds, budget=budget, kind=kind)
        label, *scratch = space.arrays
        kernels.search_labels(
            *graph, freeze_int32(seeds.node.ravel()), seed_label, budget, bits, space.shift, label, *scratch
        )
        return label
    prepared = _prepared(roads, searches=1)
    order = prepared.order
    side = prepared.onward if search_from == "starts" else prepared.against
    node = seeds.node.ravel()
    space = make_workspace(side.travel_time, nodes=order.position.size, seeds=seeds, budget=budget, kind=np.int64)
    kernels.sweep_labels(
        side.first_out,
        side.head,
        side.travel_time,
        order.core,
        side.first_in,
        side.tail,
        side.drop_time,
        freeze_int32(np.where(node >= 0, order.position[node], -1)),
        seed_label,
        budget,
        bits,
        space.shift,
        *space.arrays,
    )
    return np.asarray(space.arrays[0][order.position])


def _split(label: NDArray[np.int64], budget: int) -> tuple[Int32, Int32]:
    """Give times and owners of labels; UNREACHED and -1 beyond the budget."""
    time = label >> _OWNER_BITS
    kept = time <= budget
    owner = np.where(kept, label & ((1 << _OWNER_BITS) - 1), -1)
    return np.where(kept, time, UNREACHED).astype(np.int32), owner.astype(np.int32)


def _trips_along_one_piece(
    starts: Anchors, ends: Anchors, budget: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Int32]:
    """Give the trips from a start to an end ahead of it on the same road piece: start, end, time, by rising start."""
    start, end = _meetings(starts.piece.ravel(), ends.piece.ravel())
    ahead = ends.offset.ravel()[end].astype(np.int64) - starts.offset.ravel()[start]
    start_point, end_point = start // starts.piece.shape[1], end // ends.piece.shape[1]
    time = ahead + starts.access[start_point] + ends.access[end_point]
    kept = (ahead >= 0) & (time <= budget)
    return start_point[kept], end_point[kept], time[kept].astype(np.int32)


def _meetings(first: Int32, second: Int32) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give all pairs of positions with the same piece, absent ones (-1) left out."""
    if first.max(initial=-1) < 0 or second.max(initial=-1) < 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order = np.argsort(second, kind="stable")
    ranked = second[order]
    low = np.searchsorted(ranked, first, side="left")
    count = np.where(first >= 0, np.searchsorted(ranked, first, side="right") - low, 0)
    left = np.repeat(np.arange(first.size), count)
    begins = np.cumsum(count) - count
    right = order[np.arange(left.size) - np.repeat(begins, count) + np.repeat(low, count)]
    return left, right
