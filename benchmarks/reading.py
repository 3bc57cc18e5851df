"""The measures of whole processes, and of size: from a road file to a network on disk, and how all grows."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

import ours
from measures import LONG, Bench
from peers import installed_version
from report import Row
from road_graphs import Case
from timing import Process, Turns, clock, median_seconds, run_process

PYROSM = (
    "import sys, warnings; warnings.simplefilter('ignore'); import pyrosm; "
    "pyrosm.OSM(sys.argv[1]).get_network('driving', nodes=True)"
)
# As far as ours goes: a graph of junctions on disk. Of its graphs NetworkX's is there first (Porto, whole process, one
# run each: NetworkX 9.0 s, igraph 10.5 s, pandana 20.4 s; PT16: NetworkX 108 s, igraph 119 s), and pickle is its
# quickest plain form.
PYROSM_GRAPH = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
import pyrosm
roads = pyrosm.OSM(sys.argv[1])
graph = roads.to_graph(*roads.get_network("driving", nodes=True), graph_type="networkx")
with open(sys.argv[2], "wb") as file:
    pickle.dump(graph, file, protocol=pickle.HIGHEST_PROTOCOL)
"""
GIB = 2**30


def read_road_file(road_file: Path, *, repeats: int, peers: bool) -> list[Row]:
    """Measure 10: whole cold processes, kernels compiled before; the file lies in the system's cache."""
    size = road_file.stat().st_size / 1e6
    what = f"road file of {size:,.0f} MB to a network on disk, whole process"
    osmium = shutil.which("osmium")
    with tempfile.TemporaryDirectory() as work:

        def mine() -> Process:
            # Both write new files: to drop an old one of 280 MB takes up to half a second.
            (Path(work) / "network.pvnet").unlink(missing_ok=True)
            command = ours.command("network", "build", road_file, "--out", Path(work) / "network.pvnet")
            return run_process(*command)

        def theirs() -> Process:
            out = Path(work) / "ways.osm.pbf"
            out.unlink(missing_ok=True)
            return run_process(osmium, "tags-filter", road_file, "w/highway", "-o", out, "--overwrite")

        facts = {"measure": "10", "what": what, "unit": "s", "same": "not the same output"}
        if osmium is None:
            mine()
            built = [mine() for _ in range(repeats)]
            rows = [Row(ours=_seconds(built), peer="osmium-tool is not installed here", **facts)]
        else:
            rounds = [(mine(), theirs()) for _ in range(repeats + 1)][1:]
            built, filtered = ([one[side] for one in rounds] for side in (0, 1))
            turns = Turns([one.seconds for one in built], [one.seconds for one in filtered])
            ratios = [a / b for a, b in zip(*turns, strict=True)]
            rows = [
                Row(
                    ours=turns.medians[0],
                    theirs=turns.medians[1],
                    peer="osmium tags-filter w/highway",
                    times_faster=False,
                    goal=1.5,
                    stretch=1.0,
                    spread=(min(ratios), max(ratios)),
                    **facts,
                )
            ]
    if peers and installed_version("pyrosm"):
        peer = f"pyrosm {installed_version('pyrosm')}"
        # Once before, so that its bytecode is there.
        others = [run_process(sys.executable, "-c", PYROSM, road_file) for _ in range(min(repeats, 3) + 1)][1:]
        facts["note"] = f"pyrosm: median of {len(others)}."
        rows.append(Row(ours=_seconds(built), theirs=_seconds(others), peer=peer, goal=12, **facts))
        peak = statistics.median(one.peak_bytes for one in built) / GIB
        memory = facts | {"what": "peak memory of the same", "unit": "GiB"}
        limit = {"times_faster": False, "goal": 0.3}
        theirs_peak = statistics.median(one.peak_bytes for one in others) / GIB
        rows.append(Row(ours=peak, theirs=theirs_peak, peer=peer, **limit, **memory))
        rows.append(_against_whole_graph(road_file, built, peer, facts))
    return rows


def _against_whole_graph(road_file: Path, built: list[Process], peer: str, facts: dict[str, str]) -> Row:
    """Compare with pyrosm all the way to a graph on disk, once: it takes minutes."""
    with tempfile.TemporaryDirectory() as work:
        theirs = run_process(sys.executable, "-c", PYROSM_GRAPH, road_file, Path(work) / "graph.pickle")
    facts |= {
        "same": "theirs without travel times and turn restrictions",
        "note": "One run: get_network('driving', nodes=True), to_graph(graph_type='networkx'), which joins chains, and "
        f"its pickle; {theirs.peak_bytes / GIB:.1f} GiB at its peak.",
    }
    return Row(ours=_seconds(built), theirs=theirs.seconds, peer=f"{peer} to a graph on disk", **facts)


def growth(cases: list[Case], *, repeats: int, folder: Path) -> list[Row]:
    """Measure 11: the slope of time against size on logarithmic axes; 1 is proportional."""
    size = [case.graph.head.size for case in cases]
    seconds: dict[str, list[float]] = {}
    for case in cases:
        print(f"  {case.label}", flush=True)
        bench = Bench(case=case, repeats=repeats, folder=folder)
        graph, sources = case.graph, bench.sources
        works = {
            "1 origin, buckets": lambda graph=graph, sources=sources: ours.times(
                graph, sources[:1], LONG, method="buckets"
            ),
            "preparation": lambda graph=graph: ours.prepare(graph),
            f"{sources.size} origins, prepared": bench.in_own_order(sources).search,
        }
        for name, work in works.items():
            seconds.setdefault(name, []).append(median_seconds(work, repeats=repeats))
        if case.road_file is not None:
            with tempfile.TemporaryDirectory() as work_folder:
                command = ours.command("network", "build", case.road_file, "--out", f"{work_folder}/network.pvnet")
                runs = [clock(lambda command=command: run_process(*command))() for _ in range(repeats)]
            seconds.setdefault("road file to network", []).append(statistics.median(runs))
    return [
        Row(
            measure="11",
            what=f"{name}: slope of time against arcs, {' – '.join(f'{one / 1e6:.2g}' for one in size)} million",
            unit="",
            peer=f"proportional; {' – '.join(f'{one:.2g}' for one in found)} s",
            ours=float(np.polyfit(np.log(size), np.log(found), 1)[0]),
            theirs=1.0,
            times_faster=False,
            goal=1.1,
        )
        for name, found in seconds.items()
    ]


def _seconds(runs: list[Process]) -> float:
    return statistics.median(one.seconds for one in runs)
