"""Our side: the only file of the benchmark that knows the engine's interface.

A measure whose part of the engine is absent is reported as such, and the rest goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Anchors, Graph, freeze_int32

if TYPE_CHECKING:
    from palveluverkko.engine.elimination import Prepared

Nodes = NDArray[np.int64]
Int32 = NDArray[np.int32]
_UNREACHED = 2_147_483_647


class NotThereError(Exception):
    """The engine has no such part."""


def _part(module: str, name: str) -> Callable[..., object]:
    try:
        return getattr(import_module(f"palveluverkko.engine.{module}"), name)
    except (ImportError, AttributeError) as error:
        raise NotThereError(f"engine.{module}.{name}") from error


def at_nodes(nodes: Nodes) -> Anchors:
    """Give points that stand on nodes: one way to each, no time to it."""
    zero, absent = np.zeros((nodes.size, 1)), np.full((nodes.size, 1), -1)
    slots = (nodes[:, None], zero, absent, zero)
    return Anchors(*(freeze_int32(slot) for slot in slots), access=freeze_int32(zero[:, 0]))


def prepare(graph: Graph) -> Prepared:
    """Prepare, with the layout for the direction of the searches, which is made when first asked for."""
    prepared = _part("elimination", "prepare")(graph)
    _ = prepared.onward, prepared.tree_of
    return prepared


def prepare_thoroughly(graph: Graph) -> Prepared:
    """Prepare for thousands of searches: thinned as well."""
    thinned = _part("elimination", "prepare")(graph).thinned
    _ = thinned.onward, thinned.tree_of
    return thinned


def with_times(prepared: Prepared, travel_time: Int32) -> Prepared:
    """Give the same order with other times, laid out as ``prepare`` does."""
    other = prepared.with_times(freeze_int32(travel_time))
    _ = other.onward, other.tree_of
    return other


@cache
def _everywhere(nodes: int) -> Anchors:
    return at_nodes(np.arange(nodes))


def times(roads: Graph | Prepared, sources: Nodes, budget: int, *, method: str = "auto", threads: int = 1) -> Int32:
    """Give int32[k, n] in the order of the graph's nodes, in memory at once as the peers have it."""
    nodes = (roads if isinstance(roads, Graph) else roads.graph).nodes
    if sources.size == 1:
        found = _part("search", "node_times")
        return found(roads, seeds=at_nodes(sources), budget=budget, search_from="starts", method=method).milliseconds[
            None, :
        ]
    return _table(roads, at_nodes(sources), _everywhere(nodes), budget, method, threads)


def table(roads: Graph | Prepared, sources: Nodes, places: Nodes, budget: int, *, threads: int = 1) -> Int32:
    """Give int32[k, places]."""
    return _table(roads, at_nodes(sources), at_nodes(places), budget, "auto", threads)


def _table(roads: Graph | Prepared, starts: Anchors, ends: Anchors, budget: int, method: str, threads: int) -> Int32:
    search = _part("search", "time_table")
    found: Int32 = search(
        roads, starts=starts, ends=ends, budget=budget, search_from="starts", method=method, threads=threads
    ).milliseconds
    return found


def nearest(roads: Graph | Prepared, seeds: Nodes, budget: int) -> tuple[Int32, Int32]:
    """Give time and owner of every node."""
    search = _part("search", "nearest_nodes")
    found = search(roads, seeds=at_nodes(seeds), budget=budget, search_from="starts")
    return found.time, found.owner


def origins_together() -> int:
    """Say how many origins one sweep serves."""
    return int(_part("plan", "LANES"))


class InOwnOrder:
    """Searches that leave the times in the engine's own rows, ``LANES`` origins side by side, on one thread.

    Parameters
    ----------
    kept
        Give every block memory of its own, as a table has; otherwise all share one.

    Attributes
    ----------
    bytes_moved
        What one sweep has to read and write at least.
    """

    def __init__(self, prepared: Prepared, sources: Nodes, budget: int, *, kept: bool) -> None:
        width = _part("plan", "LANES")
        self._sweep = _part("sweep", "Sweep").of(prepared, at_nodes(sources), budget=budget, search_from="starts")
        self._groups = np.array_split(np.arange(sources.size), range(width, sources.size, width))
        self._lanes = [self._sweep.make_lanes() for _ in (self._groups if kept else self._groups[:1])]
        self._prepared, self._budget = prepared, budget
        self.bytes_moved = int(self._sweep.bytes_moved)

    def search(self) -> None:
        """Search from every source."""
        go_on = np.zeros(1, dtype=np.uint8)
        for number, points in enumerate(self._groups):
            self._sweep.sweep(points, self._lanes[number % len(self._lanes)], go_on)

    def answer(self) -> Int32:
        """Give the times from the first sources in the order of nodes, to compare; each block kept."""
        position = self._prepared.order.position
        row, tree = self._sweep.row_of[position], self._prepared.tree_of[position]
        blocks = []
        for points, lanes in zip(self._groups, self._lanes, strict=True):
            bits = np.uint64(1) << np.arange(points.size, dtype=np.uint64)
            swept = (tree < 0)[:, None] | (lanes.entered[tree][:, None] & bits != 0)
            time = np.where(swept, lanes.lane[row, : points.size], np.inf)
            within = time <= self._budget
            whole = np.where(within, time, 0).astype(np.int32)
            blocks.append(np.where(within, whole, np.int32(_UNREACHED)).T)
        return np.concatenate(blocks)


class InNodeOrder:
    """Searches to every node in the order of nodes, on one thread, whose memory and layout are made before.

    ``LANES`` origins at a time fill the same rows of a table again and again.
    """

    def __init__(self, prepared: Prepared, sources: Nodes, budget: int) -> None:
        width, nodes = _part("plan", "LANES"), prepared.graph.nodes
        everywhere = _everywhere(nodes)
        self._sweep = _part("sweep", "Sweep").of(prepared, at_nodes(sources), budget=budget, search_from="starts")
        self._slots = self._sweep.slots_of(everywhere.node, everywhere.time)
        self._lanes = self._sweep.make_lanes(staged=self._slots.row.size, own_berths=False)
        self._groups = np.array_split(np.arange(sources.size), range(width, sources.size, width))
        self._table = np.empty((min(width, sources.size), nodes), dtype=np.int32)

    def search(self) -> None:
        """Search from every source."""
        for _ in self._blocks():
            pass

    def answer(self) -> Int32:
        """Search, and keep all the times."""
        return np.concatenate([block.copy() for block in self._blocks()])

    def _blocks(self) -> Iterator[Int32]:
        go_on = np.zeros(1, dtype=np.uint8)
        for points in self._groups:
            rows = freeze_int32(np.arange(points.size))
            self._sweep.sweep(points, self._lanes, go_on, slots=self._slots, rows=rows, table=self._table)
            yield self._table[: points.size]


def regraph(graph: Graph, travel_time: Int32) -> Graph:
    """Give the same arcs with other times."""
    return graph._replace(travel_time=freeze_int32(travel_time))


def slower(graph: Graph, *, seed: int = 5) -> Int32:
    """Give other speeds for the same roads: a fifth of the arcs takes half as long again."""
    chosen = np.random.default_rng(seed).random(graph.head.size) < 0.2
    closed = graph.travel_time == np.iinfo(np.int32).max
    return np.where(chosen & ~closed, graph.travel_time + graph.travel_time // 2, graph.travel_time).astype(np.int32)


def command(*arguments: object) -> Sequence[str]:
    """Give the command line that runs ours as a process of its own."""
    return [sys.executable, "-m", "palveluverkko", *map(str, arguments)]
