"""The front door of the engine: travel times of trips from starts to ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Anchors, Graph, Int32, freeze_int32

UNREACHED = 2_147_483_647


def time_table(
    graph: Graph, *, starts: Anchors, ends: Anchors, budget: int, search_from: str, threads: int = 0
) -> Int32:
    """Give the travel time of every trip from a start to an end, within a budget.

    Parameters
    ----------
    graph
        The road graph, in driving direction.
    starts, ends
        Points where trips begin and end.
    budget
        Longest travel time kept, milliseconds; exactly equal is kept.
    search_from
        ``"starts"`` or ``"ends"``: the side with fewer points, one search each. The answer is the same.
    threads
        Number of threads; 0 for all that numba was given.

    Returns
    -------
    int32[searched, other]
        Milliseconds; UNREACHED beyond the budget. The rows are the side searched from.
    """
    from numba import get_num_threads  # 0.8 s to import, so only when a search is asked for

    from palveluverkko.engine import search_kernels as kernels

    searched, other, searched_graph = _sides(graph, starts, ends, search_from)
    threads = max(1, min(threads or get_num_threads(), searched.access.size))
    table: Int32 = kernels.time_table(
        *searched_graph,
        freeze_int32(searched.node),
        freeze_int32(searched.time),
        freeze_int32(other.node),
        freeze_int32(other.time),
        budget,
        threads,
    )
    _drive_along_one_piece(table, starts, ends, budget, transpose=search_from == "ends")
    return table


def node_times(graph: Graph, *, seeds: Anchors, budget: int, search_from: str) -> Int32:
    """Give the travel time between every node and the nearest of several points.

    Parameters
    ----------
    graph
        The road graph, in driving direction.
    seeds
        The points; anchored as starts for ``search_from="starts"``, as ends for ``"ends"``.
    budget
        Longest travel time kept, milliseconds.
    search_from
        ``"starts"``: from the points to the nodes; ``"ends"``: from the nodes to the points.

    Returns
    -------
    int32[n]
        Milliseconds; UNREACHED beyond the budget.
    """
    from palveluverkko.engine import search_kernels as kernels

    _, _, searched_graph = _sides(graph, seeds, seeds, search_from)
    times: Int32 = kernels.node_times(
        *searched_graph, freeze_int32(seeds.node.ravel()), freeze_int32(seeds.time.ravel()), budget
    )
    return times


def connected_both_ways(graph: Graph, node: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which nodes reach a node, and which it reaches: two arrays bool[n]; where both hold, trips go both ways."""
    from palveluverkko.engine import search_kernels as kernels

    seed, begin = freeze_int32(np.array([node])), freeze_int32(np.zeros(1))
    towards, onwards = (
        kernels.node_times(*one, seed, begin, UNREACHED - 1) != UNREACHED for one in (graph.reversed(), graph)
    )
    return towards, onwards


def _sides(graph: Graph, starts: Anchors, ends: Anchors, search_from: str) -> tuple[Anchors, Anchors, Graph]:
    if search_from == "starts":
        return starts, ends, graph
    if search_from == "ends":
        return ends, starts, graph.reversed()
    raise ValueError(f"search_from is {search_from!r}; use 'starts' or 'ends'")


def _drive_along_one_piece(table: Int32, starts: Anchors, ends: Anchors, budget: int, *, transpose: bool) -> None:
    """Lower the table, in place, where a start and an end stand on one road piece, the end ahead of the start."""
    start, end = _meetings(starts.piece.ravel(), ends.piece.ravel())
    ahead = ends.offset.ravel()[end].astype(np.int64) - starts.offset.ravel()[start]
    start_point, end_point = start // 2, end // 2
    time = ahead + starts.access[start_point] + ends.access[end_point]
    kept = (ahead >= 0) & (time <= budget)
    cells = (end_point[kept], start_point[kept]) if transpose else (start_point[kept], end_point[kept])
    np.minimum.at(table, cells, time[kept].astype(np.int32))


def _meetings(first: Int32, second: Int32) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give all pairs of positions with the same piece, absent ones (-1) left out."""
    order = np.argsort(second, kind="stable")
    ranked = second[order]
    low = np.searchsorted(ranked, first, side="left")
    count = np.where(first >= 0, np.searchsorted(ranked, first, side="right") - low, 0)
    left = np.repeat(np.arange(first.size), count)
    begins = np.cumsum(count) - count
    right = order[np.arange(left.size) - np.repeat(begins, count) + np.repeat(low, count)]
    return left, right
