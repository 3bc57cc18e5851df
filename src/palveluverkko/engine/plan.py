"""Choosing between buckets and sweeps, and saying why."""

from __future__ import annotations

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

_SMALL = 20_000
_FEW = 8

# Seconds on 1.16 million nodes, from several runs; only their proportions matter.
_SETTLE = 50e-9
_PREPARE = 1.4e-6
_THIN = 0.42e-6
_CORE_ARC = 4e-9
_CLIMB = 2e-5
_CROWN = 0.04e-9
_ROW = 0.32e-9
_ROW_THINNED = 0.24e-9
_SELECT = 3e-9
_SELECT_PLACE = 120e-9


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
    reach: Callable[[], float] | None = None,
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
        Points searched from, and points on the other side; 0 others when every node is wanted from one search.
    threads
        Number of threads; 0 for one on each processor.
    reach
        Estimates the nodes that one search settles; asked only when it decides.

    Raises
    ------
    ValueError
        A sweep is asked for beyond its longest budget, or the number of threads is negative.
    """
    if not isinstance(threads, int | np.integer) or threads < 0:
        raise ValueError(f"threads is {threads}; use a whole number, 0 for one on each processor")
    if method is Method.SWEEP and budget > LONGEST_SWEPT:
        raise ValueError(f"a sweep is exact up to {LONGEST_SWEPT} milliseconds, the budget is {budget}; use buckets")
    many = graph.nodes >= _SMALL and searches >= _FEW and others > 0 and reach is not None
    decides = method is not Method.BUCKETS and budget <= LONGEST_SWEPT
    settled = reach() if many and decides and reach is not None else None
    if method is Method.AUTO:
        chosen, reason = _choose(graph, prepared, budget=budget, searches=searches, others=others, settled=settled)
    else:
        chosen, reason = method, "asked for"
    share = _share(graph, searches, settled)
    tasks = -(-searches // LANES) if chosen is Method.SWEEP else searches
    threads = max(1, min(threads or available(), tasks))
    thinned = chosen is Method.SWEEP and searches * share * (_ROW - _ROW_THINNED) > _THIN
    # Leaving rows out costs a walk over all of them; with places all over it saves half of what is swept.
    walk = graph.nodes * _SELECT + others * _SELECT_PLACE
    saved = searches * share * graph.nodes * _ROW / 2
    selective = chosen is Method.SWEEP and 2 * others < graph.nodes and saved > walk
    return Plan(chosen, reason, threads, thinned, selective, peak_bytes=0)


def _choose(
    graph: Graph,
    prepared: Prepared | None,
    *,
    budget: int,
    searches: int,
    others: int,
    settled: float | None,
) -> tuple[Method, str]:
    if budget > LONGEST_SWEPT:
        return Method.BUCKETS, "the budget is beyond what a sweep tells exactly"
    if graph.nodes < _SMALL:
        return Method.BUCKETS, "the graph is small"
    if others == 0:
        if prepared is None:
            return Method.BUCKETS, "one search, and nothing is prepared"
        return Method.SWEEP, "the graph is prepared"
    if settled is None:
        return Method.BUCKETS, "few searches"
    share = _share(graph, searches, settled)
    core_arcs = int(prepared.order.first[prepared.order.core]) if prepared else 0
    buckets = searches * settled * _SETTLE
    each = _CLIMB + share * 2 * core_arcs * _CORE_ARC
    # Lanes without an origin are swept all the same.
    lanes = -(-searches // LANES) * LANES
    swept = lanes * graph.nodes * (_CROWN + share * _ROW)
    sweep = searches * each + swept + (0 if prepared else graph.nodes * _PREPARE)
    chosen = Method.SWEEP if sweep < buckets else Method.BUCKETS
    ready = "the preparation at hand" if prepared else "a preparation"
    return chosen, (
        f"{searches} searches of about {settled:,.0f} nodes: buckets {buckets:.2g} s, sweep {sweep:.2g} s with {ready}"
    )


def _share(graph: Graph, searches: int, settled: float | None) -> float:
    """Estimate how much of the graph one sweep goes over: what none of its origins reaches is passed over.

    At most what each of them reaches, together. Neighbours are swept together: a group covers its share of the plane
    and what is reached around it (for 512 origins at 15, 30 and 60 minutes 16, 26 and 58 % estimated, 18, 32 and 62 %
    counted).
    """
    if settled is None:
        return 1.0
    reached = settled / max(1, graph.nodes)
    group = min(1.0, LANES / max(1, searches))
    return min(1.0, min(LANES, searches) * reached, (math.sqrt(reached) + math.sqrt(group)) ** 2)
