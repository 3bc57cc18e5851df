"""Trips between two sides: checked, planned, and searched for row by row."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine import memory
from palveluverkko.engine.elimination import CROWDED, Preparable, Prepared, eliminate, prepare
from palveluverkko.engine.graph import UNREACHED, Anchors, Graph, Int32, are_whole, freeze_int32
from palveluverkko.engine.plan import LANES, Method, Plan, make_plan
from palveluverkko.engine.sweep import Sweep
from palveluverkko.engine.threads import Stop, in_threads
from palveluverkko.engine.workspace import Workspace, make_workspace

Roads = Graph | Prepared | Preparable
"""A graph in driving direction, prepared or not; a :class:`Preparable` is prepared when that pays."""

# Eliminating the crown as well takes 0.13 s on 1.16 million nodes; searching it as a core 2 ms an origin.
_MANY = 64

# Points tried, nodes that they settle together where that tells enough, and the highest power of time it grows with.
_TRIED, _TELLING, _MOST_GROWTH = 8, 1500, 2.5


def graph_of(roads: Roads) -> Graph:
    """Give the graph itself."""
    return roads if isinstance(roads, Graph) else roads.graph


def prepared_if_ready(roads: Roads) -> Prepared | None:
    """Give the preparation if it is at hand."""
    if isinstance(roads, Preparable):
        return roads.prepared if roads.ready else None
    return roads if isinstance(roads, Prepared) else None


def prepared_of(roads: Roads, *, searches: int) -> Prepared:
    """Give the preparation for so many searches, made now if need be."""
    if isinstance(roads, Graph):
        # For these searches alone: a core is searched in less time than it takes to eliminate it.
        return prepare(roads, order=eliminate(roads, most_neighbours=CROWDED)) if searches < _MANY else prepare(roads)
    return roads.prepared if isinstance(roads, Preparable) else roads


def is_laid_out(prepared: Prepared, search_from: str) -> bool:
    """Tell whether the arcs of a preparation have been laid out for searches from a side."""
    return ("onward" if search_from == "starts" else "against") in prepared.__dict__


def check(roads: Roads, budget: int, search_from: str, *points: Anchors) -> int:
    """Refuse points off the graph, with no slot or a negative time, and a budget or side that is none (ValueError).

    Gives the budget as Python's own int: kernels would be compiled again for another kind.
    """
    nodes = graph_of(roads).nodes
    if search_from not in {"starts", "ends"}:
        raise ValueError(f"search_from is {search_from!r}; use 'starts' or 'ends'")
    if not are_whole(np.asarray(budget), most=UNREACHED - 1):
        raise ValueError(f"the budget is {budget}; it is a whole number from 0 to {UNREACHED - 1} milliseconds")
    for one in points:
        if not one.node.shape[1]:
            raise ValueError("points need at least one slot")
        if one.node.max(initial=-1) >= nodes:
            first = int(np.argmax((one.node >= nodes).any(axis=1)))
            raise ValueError(f"point {first} stands on node {one.node[first].max()} of a graph of {nodes}")
        if one.time.min(initial=0) < 0 and ((one.node >= 0) & (one.time < 0)).any():
            first = int(np.argmax(((one.node >= 0) & (one.time < 0)).any(axis=1)))
            raise ValueError(f"point {first} has a negative time to its node")
    return int(budget)


@dataclass(frozen=True)
class Trips:
    """Trips between two sides: which is searched from, and what one drives along a single road piece."""

    roads: Roads
    searched: Anchors
    other: Anchors
    budget: int
    search_from: str
    meetings: tuple[NDArray[np.int64], NDArray[np.int64], Int32]

    @classmethod
    def of(cls, roads: Roads, starts: Anchors, ends: Anchors, budget: int, search_from: str) -> Trips:
        """Check both sides and find the trips along one piece."""
        budget = check(roads, budget, search_from, starts, ends)
        start, end, time = _trips_along_one_piece(starts, ends, budget)
        if search_from == "starts":
            return cls(roads, starts, ends, budget, search_from, (start, end, time))
        order = np.argsort(end, kind="stable")
        return cls(roads, ends, starts, budget, search_from, (end[order], start[order], time[order]))

    def prepare_to_fill(
        self, method: Method | str, threads: int, answer_bytes: int
    ) -> tuple[Plan, Callable[[slice, Int32], None]]:
        """Make the plan, and what fills rows of a table by it."""
        graph, prepared = graph_of(self.roads), prepared_if_ready(self.roads)
        reach = functools.cache(lambda: expected_reach(graph, self.searched, self.budget))

        def choose(given: Method) -> Plan:
            return make_plan(
                graph,
                prepared,
                method=given,
                budget=self.budget,
                searches=self.searched.access.size,
                others=self.other.access.size,
                threads=threads,
                reach=reach,
            )

        plan, made = choose(Method(method)), 0
        if plan.method is Method.SWEEP and prepared is None:
            prepared = prepared_of(self.roads, searches=self.searched.access.size)
            made = memory.of_preparation(prepared)
            # What is known of the preparation now may tell against it: a graph without small cuts leaves a large core.
            plan = choose(Method(method))
        if plan.method is Method.SWEEP and prepared is not None:
            peak, fill = self._fill_by_sweep(plan, prepared)
        else:
            peak, fill = self._fill_by_buckets(plan)

        def complete(rows: slice, table: Int32) -> None:
            if table.size:
                fill(rows, table)
            row, column, time = self.meetings
            low, high = np.searchsorted(row, [rows.start, rows.stop])
            np.minimum.at(table, (row[low:high] - rows.start, column[low:high]), time[low:high])

        return plan._replace(peak_bytes=answer_bytes + made + peak), complete

    @cached_property
    def _searched_graph(self) -> Graph:
        graph = graph_of(self.roads)
        return graph if self.search_from == "starts" else graph.reversed()

    @property
    def _turned(self) -> bool:
        return self.search_from == "ends"

    def _fill_by_buckets(self, plan: Plan) -> tuple[int, Callable[[slice, Int32], None]]:
        from palveluverkko.engine import search_kernels as kernels

        graph = self._searched_graph
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

        slots = int(np.count_nonzero(self.other.node >= 0))
        peak = memory.of_buckets(graph_of(self.roads), turned=self._turned, threads=plan.threads, slots=slots)
        return peak, fill

    def _fill_by_sweep(self, plan: Plan, prepared: Prepared) -> tuple[int, Callable[[slice, Int32], None]]:
        thinning = 0
        if plan.thinned:
            thinning = 0 if "thinned" in prepared.__dict__ else memory.of_thinning(prepared)
            prepared = prepared.thinned
        ready = is_laid_out(prepared, self.search_from)
        sweep = Sweep.of(
            prepared,
            self.searched,
            budget=self.budget,
            search_from=self.search_from,
            wanted=self.other.node if plan.selective else None,
        )
        slots = sweep.slots_of(self.other.node, self.other.time)
        # The preparation is made now: what the searches take is known.
        peak = memory.of_sweep(
            sweep,
            turned=self._turned,
            ready=ready,
            threads=plan.threads,
            slots=self.other.node.size,
            staged=slots.row.size,
        )
        return thinning + peak, (lambda rows, table: sweep.fill(rows, slots, table, plan.threads))


def expected_reach(graph: Graph, points: Anchors, budget: int) -> float:
    """Estimate how many nodes a search settles: try a few of the points, spread over all, on less of the budget.

    With ever more of it, until they settle enough to tell; how much more the last step told tells what is beyond: that
    grows with time itself along a single road, with the square of it in a town. Always along the arcs, for as many
    roads lead there as back.
    """
    from palveluverkko.engine import search_kernels as kernels

    tried = freeze_int32(np.linspace(0, points.access.size - 1, min(_TRIED, points.access.size)))
    if not tried.size:
        return 0.0
    space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=points, budget=budget)
    nowhere = freeze_int32(np.zeros(graph.nodes + 1, dtype=np.int32))
    before, found = 0, 0.0
    for share in (81, 27, 9, 3):
        settled = kernels.table_by_buckets(
            *graph,
            freeze_int32(points.node[tried]),
            freeze_int32(points.time[tried]),
            nowhere,
            *(freeze_int32(np.empty(0)),) * 2,
            budget // share,
            space.shift,
            np.zeros(1, dtype=np.uint8),
            *space.arrays,
            tried,
            np.empty((points.access.size, 0), dtype=np.int32),
        )
        growth = math.log(max(1, settled) / before) / math.log(3) if before else 2.0
        found = share ** min(_MOST_GROWTH, max(0.0, growth)) * float(settled) / tried.size
        if settled > (_TELLING if before else 6 * _TELLING) or 2 * settled > graph.nodes * tried.size:
            break
        before = settled
    return min(graph.nodes, found)


def _places_at_nodes(points: Anchors, nodes: int) -> tuple[Int32, Int32, Int32]:
    """List the points at each node (CSR): where each node's begin, which points, and their times to it."""
    flat = points.node.ravel()
    rising = bool((flat[1:] >= flat[:-1]).all())
    order = np.arange(flat.size) if rising else np.argsort(flat, kind="stable")
    order = order[np.count_nonzero(flat < 0) :]
    first = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(flat[order], minlength=nodes), out=first[1:])
    return freeze_int32(first), freeze_int32(order // points.node.shape[1]), freeze_int32(points.time.ravel()[order])


def _trips_along_one_piece(
    starts: Anchors, ends: Anchors, budget: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Int32]:
    """Give the trips from a start to an end ahead of it on the same road piece: start, end, time, by rising start."""
    start, end = _meetings(starts.piece.ravel(), ends.piece.ravel())
    ahead = ends.offset.ravel()[end].astype(np.int64) - starts.offset.ravel()[start]
    start_point, end_point = start // starts.piece.shape[1], end // ends.piece.shape[1]
    time = ahead + _access_legs(starts, start) + _access_legs(ends, end)
    kept = (ahead >= 0) & (time <= budget)
    return start_point[kept], end_point[kept], time[kept].astype(np.int32)


def _access_legs(points: Anchors, slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the milliseconds between a point and the road at some slots, which are numbered through all points."""
    legs: NDArray[np.int64] = points.access[slot // points.piece.shape[1]].astype(np.int64)
    if points.further is not None:
        legs += points.further.ravel()[slot]
    return legs


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
