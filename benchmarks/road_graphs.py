"""Graphs to measure on: a real extract tiled, New York, and a generated town where neither is at hand."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from palveluverkko.engine.graph import Graph, build_graph

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("PALVELUVERKKO_SHARED") or HERE.parents[1] / "shared")
CLOSED = 2_147_483_647


@dataclass(frozen=True, eq=False)
class Case:
    """A graph with what the measures and the peers need.

    Attributes
    ----------
    label
        One line for the report: where the graph is from and how large it is.
    graph
        The arrays that every engine gets.
    x, y
        float64[n]; position of every node, metres.
    external_order
        int64[n]; the nodes sorted by their outside ids, the order that a table of nodes would have.
    origins
        int64[o]; nodes that reach one another, from which sources and places are drawn.
    file
        The same as .npz, for the peers' processes.
    road_file
        The OpenStreetMap file behind it, or None.
    crs
        What x and y are in, or "" for a plane of its own.
    """

    name: str
    label: str
    graph: Graph
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    external_order: NDArray[np.int64]
    origins: NDArray[np.int64]
    file: Path
    road_file: Path | None
    crs: str

    def draw(self, count: int, *, seed: int) -> NDArray[np.int64]:
        """Draw different nodes that reach one another; fewer when there are not so many."""
        random = np.random.default_rng(seed)
        return random.choice(self.origins, min(count, self.origins.size), replace=False)


def tiled_case(tiles: int, folder: Path) -> Case | None:
    """Give Porto, tiled ``tiles`` x ``tiles``; None without the shared folder or osmium-tool."""
    road_file = tiled_file(tiles, folder)
    if road_file is None:
        return None
    from palveluverkko import read_network  # noqa: PLC0415 - not for generated graphs

    network = read_network(road_file, store="none")  # always what the code builds now
    graph, junctions = network.graph, network.junction_id.size
    junction = network.node_junction
    return _case(
        f"PT{tiles * tiles}",
        f"Porto tiled {tiles} × {tiles}",
        graph,
        network.junction_x[junction],
        network.junction_y[junction],
        external_order=np.argsort(network.junction_id[junction], kind="stable"),
        candidates=np.arange(junctions),
        folder=folder,
        road_file=road_file,
        crs=network.crs,
    )


def tiled_file(tiles: int, folder: Path) -> Path | None:
    source, tool = SHARED / "data" / "osm" / "porto.osm.pbf", SHARED / "tools" / "tile_extract.py"
    made = folder / f"PT{tiles * tiles}.osm.pbf"
    if not made.exists():
        if not (source.exists() and tool.exists() and shutil.which("osmium")):
            return None
        print(f"Tiling Porto {tiles} x {tiles} ...", flush=True)
        aside = folder / f"aside-{made.name}"
        subprocess.run([sys.executable, tool, source, str(tiles), aside], check=True)  # noqa: S603 - our own tool
        aside.replace(made)
    return made


def generated_case(side: int, folder: Path) -> Case:
    """Give a generated town of ``side`` x ``side`` crossings.

    A jittered grid without a fifth of its streets, a fifth of the others one-way, three classes of speed (every 32nd
    street is fast, every 8th quicker), and each street longer than its ends are apart by up to a half: detours.
    """
    random = np.random.default_rng(side)
    row, column = np.divmod(np.arange(side * side), side)
    x, y = (100.0 * one + random.uniform(-30, 30, side * side) for one in (column, row))
    east = np.flatnonzero(column < side - 1)
    north = np.flatnonzero(row < side - 1)
    tail = np.concatenate((east, north))
    head = np.concatenate((east + 1, north + side))
    line = np.concatenate((row[east], column[north]))
    kmh = np.where(line % 32 == 0, 80.0, np.where(line % 8 == 0, 50.0, 30.0))
    metres = np.hypot(x[tail] - x[head], y[tail] - y[head]) * random.uniform(1.0, 1.5, tail.size)
    time = np.rint(metres / kmh * 3600).astype(np.int64)
    kept = (random.random(tail.size) > 0.2) | (kmh > 30)
    tail, head, time = tail[kept], head[kept], time[kept]
    back = random.random(tail.size) > 0.2
    arcs = (np.concatenate((tail, head[back])), np.concatenate((head, tail[back])), np.concatenate((time, time[back])))
    return _case(
        f"town-{side}",
        f"**generated**, not a real town: a grid of {side} × {side} crossings with detours",
        build_graph(side * side, *arcs),
        x,
        y,
        external_order=np.arange(side * side),
        candidates=np.arange(side * side),
        folder=folder,
    )


def new_york_case(folder: Path) -> Case | None:
    """Give New York of the 9th DIMACS challenge, as its file has it; None without the shared folder."""
    arcs_file = SHARED / "data" / "bench" / "USA-road-t.NY.gr.gz"
    places_file = SHARED / "data" / "bench" / "USA-road-d.NY.co.gz"
    if not (arcs_file.exists() and places_file.exists()):
        return None
    arcs, places = _dimacs(arcs_file, "a"), _dimacs(places_file, "v")
    graph = build_graph(len(places), arcs[:, 0] - 1, arcs[:, 1] - 1, arcs[:, 2])
    x, y = (places[:, column] * 1e-6 * scale for column, scale in ((1, 84_000.0), (2, 111_000.0)))
    everywhere = np.arange(graph.nodes)
    label = "New York of the DIMACS challenge"
    return _case("NY", label, graph, x, y, everywhere, everywhere, folder=folder)


def _dimacs(path: Path, kind: str) -> NDArray[np.int64]:
    with gzip.open(path, "rt", encoding="ascii") as file:
        head = next(number for number, line in enumerate(file) if line.startswith(kind))
    frame = pd.read_csv(path, sep=" ", header=None, skiprows=head, usecols=[1, 2, 3], comment="c")
    return frame.to_numpy(dtype=np.int64)


def _case(
    name: str,
    what: str,
    graph: Graph,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    external_order: NDArray[np.int64],
    candidates: NDArray[np.int64],
    *,
    folder: Path,
    road_file: Path | None = None,
    crs: str = "",
) -> Case:
    tail, head, _ = quickest_arcs(graph)
    matrix = sparse.csr_array((np.ones(tail.size), (tail, head)), shape=(graph.nodes, graph.nodes))
    label = sparse.csgraph.connected_components(matrix, connection="strong")[1][candidates]
    file = folder / f"{name}.npz"
    np.savez(
        file,
        first_out=graph.first_out,
        head=graph.head,
        travel_time=graph.travel_time,
        x=x,
        y=y,
        external_order=external_order,
    )
    return Case(
        name=name,
        label=f"{what}: {graph.nodes:,} nodes, {graph.head.size:,} arcs",
        graph=graph,
        x=x,
        y=y,
        external_order=external_order,
        origins=candidates[label == np.bincount(label).argmax()],
        file=file,
        road_file=road_file,
        crs=crs,
    )


def quickest_arcs(graph: Graph) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Give tail, head and time for the peers: the quickest of parallel arcs, without closed arcs and loops."""
    tail = graph.tail()
    kept = np.flatnonzero((graph.travel_time != CLOSED) & (tail != graph.head))
    kept = kept[np.lexsort((graph.travel_time[kept], graph.head[kept], tail[kept]))]
    pair = tail[kept].astype(np.int64) * graph.nodes + graph.head[kept]
    kept = kept[np.append(True, pair[1:] != pair[:-1])] if kept.size else kept
    return tail[kept], graph.head[kept], graph.travel_time[kept]


def load_graph(file: Path) -> tuple[Graph, NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Read what a case has written for the peers: graph, x, y, external order."""
    with np.load(file) as stored:
        graph = Graph(stored["first_out"], stored["head"], stored["travel_time"])
        return graph, stored["x"], stored["y"], stored["external_order"]
