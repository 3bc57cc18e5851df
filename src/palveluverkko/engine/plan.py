"""Choosing between buckets and sweeps, and saying why."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from palveluverkko.engine.elimination import Prepared
from palveluverkko.engine.graph import Graph
from palveluverkko.engine.threads import available

LANES = 32
"""Origins side by side in a sweep: two cache lines. What other numbers cost stands in ``docs/engine.md``."""

LONGEST_SWEPT = (1 << 24) - 1
"""Longest budget of a sweep, milliseconds (279 minutes): float32 holds whole numbers exactly below 2**24."""

# Seconds of one processor, fitted to searches on graphs of 5 thousand to 1.2 million nodes; only proportions matter.
_ARC_NEAR, _ARC_FAR = 10e-9, 13e-9  # an arc looked at by a search of so many nodes, and of so many
_NEAR, _FAR = 40_000, 1_000_000
_BUCKETS_NODE, _SWEEP_NODE = 4.3e-9, 3e-9  # workspaces made, places sorted
_OWNED_LABEL = 1.15
_LABEL_NODE = 16e-9
_LOAD = 0.06  # the kernels that prepare, from disk
_PREPARE = 0.7e-6
_THIN = 0.42e-6
_CORE_ARC = 4e-9
_CLIMB = 2e-5
_CROWN = 0.04e-9
_ROW, _ROW_THINNED = 0.32e-9, 0.24e-9
_ROW_BEYOND_CACHE = 0.6e-9
_TELL_BUCKETS, _TELL_SWEEP = 5e-9, 1.5e-9  # a travel time put into the table
_SELECT = 3e-9
_SELECT_PLACE = 120e-9

_AT_ONCE = 0.3e-3
"""A sweep of so few seconds is not worth a trial of anything else."""

_CACHED_ROWS = 100_000
_SELECTING = 8
_MOST_ARCS = 8
"""Arcs of a node on average above which nothing is prepared unasked: roads have two or three, and what has many fills
up (30,000 nodes of 12 at random: 2 s of preparation, and 20 times as long a sweep as buckets take)."""


class Method(StrEnum):
    """How travel times are searched for."""

    AUTO = "auto"
    BUCKETS = "buckets"
    SWEEP = "sweep"


class Plan(NamedTuple):
    """How a search is done.

    Attributes
    ----------
    method
        Buckets or sweep.
    reason
        Why, in a line.
    threads
        Number of threads.
    thinned
        A sweep is worth thinning the preparation first.
    selective
        A sweep leaves out the rows that no place depends on.
    peak_bytes
        Memory that the search takes at most beyond the graph, its points and what is prepared at hand: workspaces,
        the layout of arcs, and the answer or blocks of it. 0 until that is laid out.
    """

    method: Method
    reason: str
    threads: int
    thinned: bool
    selective: bool
    peak_bytes: int


def make_plan(
    graph: Graph,
    prepared: Prepared | None,
    *,
    method: Method,
    budget: int,
    searches: int,
    others: int,
    threads: int,
    reach: Callable[[], float],
) -> Plan:
    """Choose a method from the number of searches, the expected reach and what is prepared.

    Parameters
    ----------
    graph, prepared
        The graph, and its preparation if that is at hand.
    method
        AUTO, or the method to take in any case.
    budget
        Milliseconds.
    searches, others
        Points searched from, and points on the other side; 0 others when every node is wanted from one search of all.
    threads
        Number of threads; 0 for one on each processor.
    reach
        Estimates the nodes that one search settles; asked only when it decides.

    Raises
    ------
    ValueError
        A sweep is asked for beyond its longest budget, or the number of threads is no whole number or negative.
    """
    if not isinstance(threads, int | np.integer) or threads < 0:
        raise ValueError(f"threads is {threads}; use a whole number, 0 for one on each processor")
    if method is Method.SWEEP and budget > LONGEST_SWEPT:
        raise ValueError(f"a sweep is exact up to {LONGEST_SWEPT} milliseconds, the budget is {budget}; use buckets")
    ask = functools.cache(reach)
    chosen, reason = method, "asked for"
    if method is Method.AUTO:
        work = _Work(graph, prepared, searches=searches, others=others, budget=budget)
        chosen, reason = work.choose(ask)
    if chosen is not Method.SWEEP or others == 0:
        threads = max(1, min(threads or available(), searches)) if others else 1
        return Plan(chosen, reason, threads, thinned=False, selective=False, peak_bytes=0)
    threads = max(1, min(threads or available(), -(-searches // LANES)))
    share = _share(graph, prepared, searches, ask() if searches >= _SELECTING else graph.nodes)
    thinned = searches * share * (_ROW - _ROW_THINNED) > _THIN
    # Leaving rows out costs a walk over all of them; with places all over it saves half of what is swept.
    walk = graph.nodes * _SELECT + others * _SELECT_PLACE
    saved = searches * share * graph.nodes * _ROW / 2
    selective = searches >= _SELECTING and 2 * others < graph.nodes and saved > walk
    return Plan(chosen, reason, threads, thinned, selective, peak_bytes=0)


class _Work(NamedTuple):
    """What is asked for, and what it costs."""

    graph: Graph
    prepared: Prepared | None
    searches: int
    others: int
    budget: int

    def choose(self, reach: Callable[[], float]) -> tuple[Method, str]:
        """Choose the method, and say why; ask for the reach of a search only where it decides."""
        plain = self._without_trial()
        if plain is not None:
            return plain
        settled = reach()
        buckets, sweep = self.buckets(settled), self.sweep(settled)
        chosen = Method.SWEEP if sweep < buckets else Method.BUCKETS
        ready = "the preparation at hand" if self.prepared else "a preparation"
        count = f"{self.searches} search" + "es" * (self.searches > 1)
        sums = f"buckets {buckets:.2g} s, sweep {sweep:.2g} s with {ready}"
        return chosen, f"{count} of about {settled:,.0f} nodes: {sums}"

    def _without_trial(self) -> tuple[Method, str] | None:
        graph, prepared = self.graph, self.prepared
        if self.budget > LONGEST_SWEPT:
            return Method.BUCKETS, "the budget is beyond what a sweep tells exactly"
        if prepared is not None:
            return (Method.SWEEP, "the graph is prepared, and small") if self.sweep(graph.nodes) < _AT_ONCE else None
        if self.others == 0:
            return Method.BUCKETS, "one search, and nothing is prepared"
        if graph.head.size > _MOST_ARCS * graph.nodes:
            return Method.BUCKETS, "nothing is prepared, and a graph of so many arcs is better not"
        if self.buckets(graph.nodes) < self.sweep(0.0):
            return Method.BUCKETS, "few searches, or a small graph, and nothing is prepared"
        return None

    def buckets(self, settled: float) -> float:
        """Give the seconds of searches in buckets that settle so many nodes each."""
        graph = self.graph
        arcs = graph.head.size / max(1, graph.nodes)
        if self.others == 0:
            together = _together(settled / max(1, graph.nodes), self.searches) * graph.nodes
            return _OWNED_LABEL * together * arcs * _seconds_of_arc(together)
        told = settled / max(1, graph.nodes) * self.others * _TELL_BUCKETS
        return graph.nodes * _BUCKETS_NODE + self.searches * (settled * arcs * _seconds_of_arc(settled) + told)

    def sweep(self, settled: float) -> float:
        """Give the seconds of a sweep where searches settle so many nodes each, preparation included."""
        nodes, prepared, searches = self.graph.nodes, self.prepared, self.searches
        making = 0.0 if prepared else _LOAD + nodes * _PREPARE
        core_arcs = 2 * int(prepared.order.first[prepared.order.core]) if prepared else 0
        if self.others == 0:
            return making + nodes * _LABEL_NODE + _together(settled / max(1, nodes), searches) * core_arcs * _CORE_ARC
        share, reached = _share(self.graph, prepared, searches, settled), settled / max(1, nodes)
        row = _ROW
        if prepared is not None and _largest_tree(prepared) > _CACHED_ROWS:
            row = _ROW_BEYOND_CACHE
        # Lanes without an origin are swept all the same.
        lanes = -(-searches // LANES) * LANES
        swept = lanes * nodes * (_CROWN + share * row)
        climb = _CLIMB * min(1.0, math.sqrt(nodes / _FAR))
        each = climb + reached * (core_arcs * _CORE_ARC + self.others * _TELL_SWEEP)
        return making + nodes * _SWEEP_NODE + swept + searches * each


def _seconds_of_arc(settled: float) -> float:
    """Give the seconds of an arc in a search of so many nodes: the more, the more often memory is waited for."""
    away = math.log(max(1.0, settled) / _NEAR) / math.log(_FAR / _NEAR)
    return _ARC_NEAR + (_ARC_FAR - _ARC_NEAR) * min(1.0, max(0.0, away))


def _together(reached: float, searches: int) -> float:
    """Estimate the share of the nodes that some searches reach together, which reach a share each and lie anywhere."""
    return 1.0 - (1.0 - min(1.0, reached)) ** searches


def _largest_tree(prepared: Prepared) -> int:
    return int(np.diff(prepared.order.tree).max(initial=0))


def _share(graph: Graph, prepared: Prepared | None, searches: int, settled: float) -> float:
    """Estimate how much of the graph one sweep goes over: what none of its origins reaches is passed over.

    At most what each of them reaches, together. Neighbours are swept together: a group covers its share of the plane
    and what is reached around it (for 512 origins at 15, 30 and 60 minutes 16, 26 and 58 % estimated, 18, 32 and 62 %
    counted). And at least the trees that the origins lie in, which are few and large where there is hardly a crown.
    """
    reached = settled / max(1, graph.nodes)
    group = min(1.0, LANES / max(1, searches))
    share = min(1.0, min(LANES, searches) * reached, (math.sqrt(reached) + math.sqrt(group)) ** 2)
    if prepared is None:
        return share
    trees = np.diff(prepared.order.tree) / max(1, graph.nodes)
    return max(share, float(trees @ (1.0 - (1.0 - trees) ** min(LANES, searches))))
