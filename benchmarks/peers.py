"""The peers: one class for each search engine, and the process in which each runs.

As a program, ``python peers.py NAME GRAPH.npz`` builds the engine's own graph and answers lines of JSON, so that every
engine has its memory to itself::

    {"do": "times", "sources": [...], "budget": 900000}               -> {"seconds": ...}
    {"do": "table", ..., "places": [...], "write": FILE or null}      -> {"seconds": ...}, int32[k, places] in FILE

All get the same integers. Weights are milliseconds in a double, exact up to 2**53; an arc of zero is an arc for all of
them (SciPy too, when the matrix comes as its three arrays); of parallel arcs the quickest is given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Self, TextIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from palveluverkko.engine.graph import Graph
from road_graphs import CLOSED, load_graph, quickest_arcs
from timing import own_peak_bytes

Float64 = NDArray[np.float64]


def whole(times: Float64, budget: int) -> NDArray[np.int32]:
    """Give int32 milliseconds; CLOSED beyond the budget."""
    within = times <= budget
    return np.where(within, np.rint(np.where(within, times, 0)), CLOSED).astype(np.int32)


class Engine:
    """An engine with its graph; ``times`` gives float64[k, n], in the order of ``rank``."""

    package: ClassVar[str]
    sources: ClassVar[int] = 8  # enough for a median, few enough for the slow ones
    rank: NDArray[Any]  # where the engine keeps each node
    preparation: float | None = None  # seconds, where building did more than prepare

    def times(self, sources: list[int], budget: int) -> Float64:
        raise NotImplementedError


class Scipy(Engine):
    """SciPy on the order of nodes that suits it best: the network's own, by outside ids, or depth first."""

    package = "scipy"
    sources = 16

    def __init__(self, graph: Graph, external_order: NDArray[np.int64]) -> None:
        from scipy import sparse  # noqa: PLC0415 - each process imports its own engine

        self._dijkstra = sparse.csgraph.dijkstra
        tail, head, time = quickest_arcs(graph)
        everywhere = np.arange(graph.nodes)

        def numbered(order: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
            rank = np.empty(graph.nodes, dtype=np.int32)
            rank[order] = everywhere
            sort = np.lexsort((rank[head], rank[tail]))
            first_out = np.concatenate(([0], np.cumsum(np.bincount(rank[tail], minlength=graph.nodes))))
            # From its three arrays SciPy keeps explicit zeros as arcs.
            arrays = (time[sort].astype(np.float64), rank[head][sort], first_out.astype(np.int32))
            return sparse.csr_array(arrays, shape=(graph.nodes, graph.nodes)), rank

        start = perf_counter()
        own, _ = numbered(everywhere)
        self.preparation = perf_counter() - start
        hub = int(np.diff(graph.first_out).argmax())
        deep = sparse.csgraph.depth_first_order(own, hub, return_predecessors=False)
        rest = np.setdiff1d(everywhere, deep, assume_unique=True)
        orders = {
            "the network's order": everywhere,
            "outside ids": external_order,
            "depth first": np.append(deep, rest),
        }
        trial = np.random.default_rng(0).choice(deep, min(4, deep.size), replace=False)
        tried = []
        for name, order in orders.items():
            matrix, rank = numbered(order)
            self._dijkstra(matrix, indices=rank[trial[:1]])
            start = perf_counter()
            self._dijkstra(matrix, indices=rank[trial])
            tried.append((perf_counter() - start, name, matrix, rank))
        _, self.order, self.matrix, self.rank = min(tried, key=lambda one: one[0])

    def times(self, sources: ArrayLike, budget: int) -> Float64:
        found: Float64 = self._dijkstra(self.matrix, indices=self.rank[np.asarray(sources)], limit=budget)
        return found

    def table(self, sources: ArrayLike, places: NDArray[Any], budget: int) -> Float64:
        found: Float64 = self.times(sources, budget)[:, self.rank[places]]
        return found

    def nearest(self, seeds: ArrayLike, budget: int) -> tuple[Float64, NDArray[Any]]:
        """Give time to the nearest of the seeds and which it is, both by node as ``rank`` has them."""
        times, _, owner = self._dijkstra(
            self.matrix, indices=self.rank[np.asarray(seeds)], limit=budget, min_only=True, return_predecessors=True
        )
        return times, owner


class Edsger(Engine):
    package = "edsger"

    def __init__(self, graph: Graph) -> None:
        import pandas as pd  # noqa: PLC0415
        from edsger.path import Dijkstra  # noqa: PLC0415

        tail, head, time = quickest_arcs(graph)
        frame = pd.DataFrame({"tail": tail, "head": head, "weight": time.astype(np.float64)})
        self._engine, self._nodes = Dijkstra(frame, orientation="out"), graph.nodes
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:  # noqa: ARG002 - it has no limit
        found = np.full((len(sources), self._nodes), np.inf)
        for row, source in enumerate(sources):
            one = self._engine.run(source)
            found[row, : one.size] = one  # it counts nodes up to the last one with an arc
        return found


class Networkit(Engine):
    package = "networkit"

    def __init__(self, graph: Graph) -> None:
        import networkit  # noqa: PLC0415

        networkit.setNumberOfThreads(1)
        tail, head, time = quickest_arcs(graph)
        coordinates = (time.astype(np.float64), (tail.astype(np.uint64), head.astype(np.uint64)))
        self._search = networkit.distance.SPSP
        self._graph = networkit.GraphFromCoo(coordinates, n=graph.nodes, weighted=True, directed=True)
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:  # noqa: ARG002 - it has no limit
        return np.asarray(self._search(self._graph, sources).run().getDistances(asarray=True))


class Igraph(Engine):
    package = "igraph"
    sources = 4

    def __init__(self, graph: Graph) -> None:
        import igraph  # noqa: PLC0415

        tail, head, time = quickest_arcs(graph)
        self._graph = igraph.Graph(n=graph.nodes, edges=np.column_stack((tail, head)), directed=True)
        self._graph.es["weight"] = time.astype(np.float64)
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:  # noqa: ARG002 - it has no limit
        return np.asarray(self._graph.distances(source=sources, weights="weight", mode="out", algorithm="dijkstra"))


class Rustworkx(Engine):
    package = "rustworkx"
    sources = 4

    def __init__(self, graph: Graph) -> None:
        import rustworkx  # noqa: PLC0415

        tail, head, time = quickest_arcs(graph)
        self._search, self._nodes = rustworkx.dijkstra_shortest_path_lengths, graph.nodes
        self._graph = rustworkx.PyDiGraph(multigraph=False)
        self._graph.add_nodes_from(range(graph.nodes))
        self._graph.add_edges_from(list(zip(tail.tolist(), head.tolist(), time.astype(float).tolist(), strict=True)))
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:  # noqa: ARG002 - it has no limit
        found = np.full((len(sources), self._nodes), np.inf)
        for row, source in enumerate(sources):
            lengths = self._search(self._graph, source, float)
            found[row, np.fromiter(lengths.keys(), np.int64)] = np.fromiter(lengths.values(), np.float64)
            found[row, source] = 0.0
        return found


class Pandana(Engine):
    package = "pandana"
    sources = 2

    def __init__(self, graph: Graph, x: Float64, y: Float64) -> None:
        import pandana  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        tail, head, time = (pd.Series(one) for one in quickest_arcs(graph))
        # It keeps whole thousandths inside, cut off: seconds carry milliseconds, the quarter keeps them from falling.
        weights = pd.DataFrame({"seconds": (time + 0.25) / 1000})
        self._network = pandana.Network(pd.Series(x), pd.Series(y), tail, head, weights, twoway=False)
        self._nodes = graph.nodes
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:
        near = self._network.nodes_in_range(sources, budget / 1000, imp_name="seconds")
        found = np.full((len(sources), self._nodes), np.inf)
        row = _positions(near["source"].to_numpy(), sources)
        found[row, near["destination"].to_numpy()] = near["seconds"].to_numpy() * 1000
        return found


def _positions(values: NDArray[Any], known: list[int]) -> NDArray[np.int64]:
    """Give the position of each value in the known ones."""
    order = np.argsort(known)
    return order[np.searchsorted(np.asarray(known)[order], values)]


class Networkx(Engine):
    package = "networkx"
    sources = 2

    def __init__(self, graph: Graph) -> None:
        import networkx as nx  # noqa: PLC0415

        self._search, self._nodes = nx.single_source_dijkstra_path_length, graph.nodes
        self._graph = nx.DiGraph()
        self._graph.add_nodes_from(range(graph.nodes))
        arcs = zip(*(one.tolist() for one in quickest_arcs(graph)), strict=True)
        self._graph.add_weighted_edges_from(arcs)
        self.rank = np.arange(graph.nodes)

    def times(self, sources: list[int], budget: int) -> Float64:
        found = np.full((len(sources), self._nodes), np.inf)
        for row, source in enumerate(sources):
            lengths = self._search(self._graph, source, cutoff=budget)
            found[row, np.fromiter(lengths.keys(), np.int64)] = np.fromiter(lengths.values(), np.float64)
        return found


ENGINES: dict[str, type[Engine]] = {
    one.package: one for one in (Scipy, Edsger, Networkit, Rustworkx, Igraph, Pandana, Networkx)
}


def installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def build(name: str, file: Path) -> Engine:
    graph, x, y, external_order = load_graph(file)
    extra = {"scipy": (external_order,), "pandana": (x, y)}.get(name, ())
    return ENGINES[name](graph, *extra)


class Worker:
    """A peer in a process of its own; use as a context.

    Attributes
    ----------
    preparation
        Seconds from the arrays to the engine's own graph.
    """

    def __init__(self, name: str, file: Path) -> None:
        command = [sys.executable, __file__, name, str(file)]
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(  # noqa: S603 - this file
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._words, text=True
        )
        self.name = name
        try:
            self.preparation: float = self.receive()["seconds"]
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._words.close()

    def send(self, **order: object) -> None:
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            self._words.seek(0)
            last = (self._words.read().strip().splitlines() or ["no word"])[-1]
            raise RuntimeError(f"{self.name} ended with {status}: {last}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, **order: object) -> dict[str, Any]:
        self.send(**order)
        return self.receive()


def main() -> None:
    name, file = sys.argv[1], Path(sys.argv[2])
    # Some engines print from C++: standard output is for answers, so their words go to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    start = perf_counter()
    engine = build(name, file)
    _answer(answers, seconds=engine.preparation or perf_counter() - start)
    for line in sys.stdin:
        order = json.loads(line)
        places = np.asarray(order["places"]) if "places" in order else None
        start = perf_counter()
        found = engine.times(order["sources"], order["budget"])
        if places is not None:
            found = found[:, engine.rank[places]]
        seconds = perf_counter() - start
        if order.get("write"):
            in_order = found if places is not None else found[:, engine.rank]
            np.save(order["write"], whole(in_order, order["budget"]))
        _answer(answers, seconds=seconds, peak_bytes=own_peak_bytes())


def _answer(answers: TextIO, **found: object) -> None:
    print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
