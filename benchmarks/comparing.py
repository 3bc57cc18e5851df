"""Comparing two ways to do the same work: what a trick is, the graph it is measured on, and the row of its table."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ours import at_nodes
from palveluverkko.engine.elimination import Prepared, prepare
from palveluverkko.engine.graph import Graph
from palveluverkko.engine.sweep import Sweep

MINUTE = 60_000
LONG = 180 * MINUTE

Work = Callable[[], Any]


class Side(NamedTuple):
    """One way to do a piece of work, and what it is called."""

    name: str
    work: Work


@dataclass(frozen=True, kw_only=True)
class Trick:
    """A piece of work with a trick and without.

    Attributes
    ----------
    idea, work
        Heading of the page that explains the trick, and what is done.
    per
        By how many the time is divided, and what one of them is.
    """

    idea: str
    work: str
    on: Side
    off: Side
    per: tuple[int, str]


@dataclass(frozen=True)
class Ground:
    """A graph, how much is searched on it, and what several tricks share."""

    label: str
    graph: Graph
    origins: int
    places: int

    def draw(self, count: int, *, seed: int) -> NDArray[np.int64]:
        """Draw different nodes, sorted."""
        random, nodes = np.random.default_rng(seed), self.graph.nodes
        return np.sort(random.choice(nodes, min(count, nodes), replace=False))

    @cached_property
    def prepared(self) -> Prepared:
        return prepare(self.graph)

    def sweep(self, prepared: Prepared | None = None, *, budget: int = LONG, **wanted: NDArray[Any]) -> Sweep:
        """Lay out a sweep from the origins, in the order of their numbers: those of one group near one another."""
        points = at_nodes(self.draw(self.origins, seed=1))
        return Sweep.of(prepared or self.prepared, points, budget=budget, search_from="starts", **wanted)


def compare(trick: Trick, *, repeats: int) -> str:
    """Compare the answers, time both sides in turn, and give the row of the table."""
    first, second = trick.on.work(), trick.off.work()
    np.testing.assert_equal(first, second, err_msg=trick.work)
    pairs = []
    for turn in range(repeats):
        # Who goes first changes from turn to turn.
        turns = (trick.on, trick.off) if turn % 2 == 0 else (trick.off, trick.on)
        seconds = {side.name: _seconds(side.work) for side in turns}
        pairs.append((seconds[trick.on.name], seconds[trick.off.name]))
    on, off = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = sorted(second / first for first, second in pairs)
    count, one = trick.per
    unit = f"ms an {one}" if one else "ms"

    def cell(side: Side, seconds: float) -> str:
        figure = 1000 * seconds / count
        return f"{side.name}: {figure:,.0f} {unit}" if figure >= 1000 else f"{side.name}: {figure:.3g} {unit}"

    cells = (trick.idea, trick.work, cell(trick.on, on), cell(trick.off, off))
    return f"| {' | '.join(cells)} | {off / on:.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f}) |"


def _seconds(work: Work) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
