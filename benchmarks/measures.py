"""The measures of the search: each function takes the bench and gives rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import ours
from peers import ENGINES, Scipy, Worker, installed_version, whole
from report import Engine, Row
from road_graphs import Case
from routingkit import RoutingKit, compile_worker
from timing import Clock, clock, median_seconds, read_bandwidth, take_turns

Nodes = NDArray[np.int64]
if TYPE_CHECKING:
    from palveluverkko.engine.elimination import Prepared

MINUTE = 60_000
LONG = 180 * MINUTE
UNREACHED = 2_147_483_647
PART_NOTE = "SciPy searches {part} of the {all} origins: each is a search of its own."


@dataclass(frozen=True, eq=False)
class Bench:
    """A graph, how often each side runs, and how much it is asked.

    Attributes
    ----------
    part
        Origins that stand for all on SciPy's side.
    """

    case: Case
    repeats: int
    folder: Path
    origins: int = 128
    part: int = 32
    places_wanted: int = 100_000

    @cached_property
    def sources(self) -> Nodes:
        return self.case.draw(self.origins, seed=1)

    @cached_property
    def places(self) -> Nodes:
        return self.case.draw(self.places_wanted, seed=2)

    @cached_property
    def scipy(self) -> Scipy:
        return Scipy(self.case.graph, self.case.external_order)

    @cached_property
    def prepared(self) -> Prepared:
        return ours.prepare_thoroughly(self.case.graph)

    @cached_property
    def part_note(self) -> str:
        return PART_NOTE.format(part=self.sources[: self.part].size, all=self.sources.size)

    def scipy_times(self, sources: Nodes, budget: int) -> NDArray[np.int32]:
        """Give SciPy's times in the order of nodes, int32[k, n]."""
        return whole(self.scipy.times(sources, budget)[:, self.scipy.rank], budget)

    def row(
        self,
        mine: Clock,
        theirs: Clock,
        *,
        same: str,
        repeats: int | None = None,
        per: tuple[float, float] = (1.0, 1.0),
        **facts: object,
    ) -> Row:
        """Time both in turn, in milliseconds for each of ``per``; answers that differ are not timed."""
        if same.startswith("**"):
            return Row(same=same, unit="ms", **facts)
        turns = take_turns(mine, theirs, repeats=repeats or self.repeats)
        scale = (1000 / per[0], 1000 / per[1])
        own, other = ([second * one for second in side] for side, one in zip(turns, scale, strict=True))
        draft = Row(same=same, unit="ms", **facts)
        ratios = [b / a if draft.times_faster else a / b for a, b in zip(own, other, strict=True)]
        found = dict(zip(("ours", "theirs"), (s * m for s, m in zip(scale, turns.medians, strict=True)), strict=True))
        return Row(same=same, unit="ms", spread=(min(ratios), max(ratios)), **found, **facts)

    def in_own_order(self, sources: Nodes) -> ours.InOwnOrder:
        """Give the search that leaves the times in the engine's own order, each block in memory of its own."""
        return ours.InOwnOrder(self.prepared, sources, LONG, kept=True)

    def same_in_own_order(self, theirs: NDArray[np.int32], sources: Nodes) -> str:
        """Compare the times that the engine leaves in its own order."""
        mine = self.in_own_order(sources)
        mine.search()
        return compared(mine.answer(), theirs)


def compared(mine: NDArray[Any], theirs: NDArray[Any]) -> str:
    """Say how two answers compare, number by number."""
    differing = int((mine != theirs).sum()) if mine.shape == theirs.shape else max(mine.size, theirs.size)
    return f"**differ** at {differing:,} of {theirs.size:,}" if differing else f"equal, {theirs.size:,}"


def nearly(mine: NDArray[np.int32], theirs: NDArray[np.int32]) -> str:
    """Say how two answers compare when one went through single precision: off by a millisecond is said, not hidden."""
    apart = np.abs(mine.astype(np.int64) - theirs)
    if not apart.any() or apart.max() > 1:
        return compared(mine, theirs)
    return f"1 ms off at {int(apart.sum()):,} of {apart.size:,}"


def one_origin(bench: Bench) -> list[Row]:
    """Measure 1."""
    graph, source = bench.case.graph, bench.sources[:1]

    def mine() -> NDArray[np.int32]:
        return ours.times(graph, source, LONG, method="buckets")

    return [
        bench.row(
            clock(mine),
            clock(lambda: bench.scipy.times(source, LONG)),
            same=compared(mine(), bench.scipy_times(source, LONG)),
            measure="1",
            what="1 origin to every node, 180 min, nothing prepared",
            peer="SciPy",
            goal=2.5,
            stretch=3.5,
        )
    ]


def many_origins(bench: Bench) -> list[Row]:
    """Measure 2."""
    sources, part = bench.sources, bench.sources[: bench.part]
    mine, few = bench.in_own_order(sources), part[:8]
    return [
        bench.row(
            clock(mine.search),
            clock(lambda: bench.scipy.times(part, LONG)),
            same=bench.same_in_own_order(bench.scipy_times(few, LONG), few),
            per=(sources.size, part.size),
            measure="2",
            what=f"{sources.size} origins to every node, 180 min, prepared, in the engine's own order; per origin",
            peer="SciPy",
            goal=35,
            stretch=60,
            note=bench.part_note,
        )
    ]


def many_origins_to_places(bench: Bench) -> list[Row]:
    """Measure 3."""
    sources, part, places = bench.sources, bench.sources[: bench.part], bench.places
    theirs = whole(bench.scipy.table(part, places, LONG), LONG)
    return [
        bench.row(
            clock(lambda: ours.table(bench.prepared, sources, places, LONG)),
            clock(lambda: bench.scipy.table(part, places, LONG)),
            same=compared(ours.table(bench.prepared, sources, places, LONG)[: part.size], theirs),
            per=(sources.size, part.size),
            measure="3",
            what=f"{sources.size} origins to {places.size:,} places, 180 min, prepared, as a table; per origin",
            peer="SciPy and fancy indexing",
            goal=30,
            stretch=50,
            note=bench.part_note,
        )
    ]


def from_nothing(bench: Bench) -> list[Row]:
    """Measure 4; SciPy's processes are started and hold the graph before the clock runs."""
    sources, places, graph = bench.sources, bench.places, bench.case.graph
    answers = [bench.folder / f"{bench.case.name}-table-{half}.npy" for half in (0, 1)]
    halves = np.array_split(sources, 2)

    def mine() -> NDArray[np.int32]:
        return ours.table(graph, sources, places, LONG, threads=2)

    found = mine()
    with Worker("scipy", bench.case.file) as one, Worker("scipy", bench.case.file) as other:

        def theirs(write: bool = False) -> None:  # noqa: FBT001, FBT002
            for worker, half, answer in zip((one, other), halves, answers, strict=True):
                file = str(answer) if write else None
                worker.send(sources=half.tolist(), budget=LONG, places=places.tolist(), write=file)
            for worker in (one, other):
                worker.receive()

        theirs(write=True)
        expected = np.concatenate([np.load(answer) for answer in answers])
        for answer in answers:
            answer.unlink()
        return [
            bench.row(
                clock(mine),
                clock(theirs),
                same=compared(found, expected),
                repeats=min(bench.repeats, 3),
                measure="4",
                what=f"{sources.size} origins to {places.size:,} places, preparation included, 2 threads",
                peer="SciPy, 2 processes",
                goal=5,
                stretch=8,
            )
        ]


def short_budgets(bench: Bench) -> list[Row]:
    """Measure 5."""
    sources, places, prepared = bench.sources[:32], bench.places, bench.prepared
    rows = []
    for minutes in (15, 30, 60):
        budget = minutes * MINUTE
        sides = {
            "every node": (
                lambda budget=budget: ours.times(prepared, sources, budget),
                lambda budget=budget: bench.scipy.times(sources, budget),
                lambda budget=budget: bench.scipy_times(sources, budget),
            ),
            f"{places.size:,} places": (
                lambda budget=budget: ours.table(prepared, sources, places, budget),
                lambda budget=budget: bench.scipy.table(sources, places, budget),
                lambda budget=budget: whole(bench.scipy.table(sources, places, budget), budget),
            ),
        }
        rows += [
            bench.row(
                clock(mine),
                clock(theirs),
                same=compared(mine(), answer()),
                per=(sources.size, sources.size),
                measure="5",
                what=f"{sources.size} origins to {where}, {minutes} min, prepared; per origin",
                peer="SciPy",
                goal=3,
                stretch=6,
            )
            for where, (mine, theirs, answer) in sides.items()
        ]
    return rows


def nearest_of_many(bench: Bench) -> list[Row]:
    """Measure 6; among owners at the same time any is right for SciPy, the first for ours."""
    seeds, places, prepared = bench.sources, bench.places, bench.prepared
    time, owner = ours.nearest(prepared, seeds, LONG)
    their_time, their_owner = bench.scipy.nearest(seeds, LONG)
    rank = bench.scipy.rank
    same = compared(time, whole(their_time[rank], LONG))
    table = ours.table(prepared, seeds, places, LONG)
    seed_of = np.full(rank.size, -1)
    seed_of[rank[seeds]] = np.arange(seeds.size)
    theirs = seed_of[their_owner[rank[places]]]
    reached = (table != UNREACHED).any(axis=0)
    first = np.where(reached, table.argmin(axis=0), -1)
    tied = table[np.where(reached, theirs, 0), np.arange(places.size)] == table.min(axis=0)
    if not ((owner[places] == first).all() and tied.all()):
        same = "**owners differ**"
    return [
        bench.row(
            clock(lambda: ours.nearest(prepared, seeds, LONG)),
            clock(lambda: bench.scipy.nearest(seeds, LONG)),
            same=same,
            measure="6",
            what=f"nearest of {seeds.size} with its owner at every node, 180 min",
            peer="SciPy min_only",
            goal=3,
            stretch=5,
        )
    ]


def sweep_against_memory(bench: Bench) -> list[Row]:
    """Measure 7."""
    together = ours.origins_together()
    mine = ours.InOwnOrder(bench.prepared, bench.sources[:together], LONG, kept=False)
    speed = read_bandwidth(repeats=bench.repeats)
    return [
        Row(
            measure="7",
            what=f"{together} origins: their climbs and one sweep, {mine.bytes_moved / 1e6:,.0f} MB to move",
            unit="ms",
            peer=f"read at {speed / 1e9:.1f} GB/s",
            ours=median_seconds(mine.search, repeats=bench.repeats) * 1000,
            theirs=mine.bytes_moved / speed * 1000,
            times_faster=False,
            goal=3,
            stretch=1.5,
        )
    ]


def contraction_hierarchy(bench: Bench) -> list[Row]:
    """Measure 8.

    Each side is made for its nodes and has its memory before the clock runs: RoutingKit for a row, ours for ``LANES``
    of them, written over again and again. A new table is got from the system by both sides, and kept until it is full.
    """
    program = compile_worker(bench.folder)
    if program is None:
        raise ours.NotThereError("RoutingKit (no compiler, or no source package)")
    sources, part = bench.sources, bench.sources[: bench.part]
    few = part[:8]
    facts: dict[str, Any] = {"measure": "8", "peer": "RoutingKit", "times_faster": False, "goal": 0.4}
    at_hand = ours.InNodeOrder(bench.prepared, sources, LONG)
    with RoutingKit(program, bench.case) as peer:
        theirs = peer.times(few, LONG)
        rows = [
            bench.row(
                clock(mine),
                other,
                same=same,
                per=(sources.size, part.size),
                what=f"{sources.size} origins to every node in {where}, prepared; per origin",
                **facts,
            )
            for where, same, mine, other in (
                (
                    "the engine's own order",
                    bench.same_in_own_order(theirs, few),
                    bench.in_own_order(sources).search,
                    lambda: peer.seconds(part),
                ),
                (
                    "the order of nodes, memory used again",
                    compared(ours.InNodeOrder(bench.prepared, few, LONG).answer(), theirs),
                    at_hand.search,
                    lambda: peer.seconds(part),
                ),
                (
                    "the order of nodes, as a new table",
                    compared(ours.times(bench.prepared, few, LONG), theirs),
                    lambda: ours.times(bench.prepared, sources, LONG),
                    lambda: peer.seconds_of_table(part),
                ),
            )
        ]
        own = median_seconds(lambda: ours.prepare_thoroughly(bench.case.graph), repeats=bench.repeats)
        facts |= {"goal": round(1 / 6, 3)}
        preparing = Row(what="preparation", unit="s", ours=own, theirs=peer.preparation, **facts)
    return [*rows, preparing]


def other_speeds(bench: Bench) -> list[Row]:
    """Measure 9."""
    other = ours.slower(bench.case.graph)
    graph, prepared, few = ours.regraph(bench.case.graph, other), bench.prepared, bench.sources[:8]
    again = ours.times(ours.with_times(prepared, other), few, LONG)
    return [
        bench.row(
            clock(lambda: ours.with_times(prepared, other)),
            clock(lambda: ours.prepare(graph)),
            same=compared(again, ours.times(ours.prepare(graph), few, LONG)),
            measure="9",
            what="other speeds on the same order",
            peer="ours, prepared anew",
            times_faster=False,
            goal=0.5,
            stretch=0.25,
        )
    ]


def all_engines(bench: Bench) -> tuple[list[Engine], list[str]]:
    """Time every engine installed: K origins to every node, 180 min, one thread, each in a process of its own."""
    sources = bench.sources[: bench.part]
    prepared = bench.prepared
    own = median_seconds(lambda: ours.times(prepared, sources, LONG), repeats=bench.repeats) / sources.size
    preparation = median_seconds(lambda: ours.prepare_thoroughly(bench.case.graph), repeats=bench.repeats)
    first = Engine(name="ours, prepared", milliseconds=own * 1000, sources=sources.size, preparation=preparation)
    single = median_seconds(lambda: ours.times(bench.case.graph, sources[:4], LONG, method="buckets"), repeats=2) / 4
    found = [first, Engine(name="ours, not prepared", milliseconds=single * 1000, sources=4)]
    left_out = []
    expected = ours.times(prepared, sources[:1], LONG)
    for name, engine in ENGINES.items():
        if installed_version(name) is None:
            left_out.append(f"{name} is not installed here")
            continue
        print(f"  {name}", flush=True)
        try:
            found.append(_time_engine(bench, name, sources[: engine.sources], expected))
        except RuntimeError as error:  # the process of a peer that failed; the others go on
            left_out.append(str(error))
    return found, left_out


def _time_engine(bench: Bench, name: str, sources: Nodes, expected: NDArray[np.int32]) -> Engine:
    answer = bench.folder / f"{bench.case.name}-{name}.npy"
    with Worker(name, bench.case.file) as worker:
        worker.ask(sources=sources[:1].tolist(), budget=LONG, write=str(answer))
        same = nearly(expected, np.load(answer))
        answer.unlink()
        answers = [worker.ask(sources=sources.tolist(), budget=LONG) for _ in range(min(bench.repeats, 3))]
        return Engine(
            name=f"{name} {installed_version(name)}",
            milliseconds=float(np.median([one["seconds"] for one in answers])) / sources.size * 1000,
            sources=sources.size,
            preparation=worker.preparation,
            peak_bytes=answers[-1]["peak_bytes"],
            same=same,
        )


def valhalla(bench: Bench) -> Engine:
    """Time Valhalla's isochrones, four contours to 180 min: polygons, no times to compare."""
    from pyproj import Transformer  # noqa: PLC0415 - this peer alone asks for degrees

    import routers  # noqa: PLC0415 - this peer alone has an environment of its own
    import valhalla_isochrones  # noqa: PLC0415

    case = bench.case
    if case.road_file is None:
        raise ours.NotThereError("road file for Valhalla")
    python = routers.environment()
    nodes = bench.sources[:4]
    to_degrees = Transformer.from_crs(case.crs, "EPSG:4326", always_xy=True)
    places = np.column_stack(to_degrees.transform(case.x[nodes], case.y[nodes])).tolist()
    told = valhalla_isochrones.measure(python, case.road_file, places)
    return Engine(
        name=f"Valhalla {told['version']} isochrone, 4 contours",
        milliseconds=float(np.median(told["seconds"])) * 1000,
        sources=nodes.size,
        preparation=told["preparation"],
        same="polygons",
    )


def new_york(bench: Bench) -> list[Row]:
    """Give one origin, and many, on New York."""
    facts = {"measure": "NY", "peer": "SciPy"}
    sources, part, graph = bench.sources, bench.sources[: bench.part], bench.case.graph
    theirs = bench.scipy_times(part, LONG)
    return [
        bench.row(
            clock(lambda: ours.times(graph, part[:1], LONG, method="buckets")),
            clock(lambda: bench.scipy.times(part[:1], LONG)),
            same=compared(ours.times(graph, part[:1], LONG, method="buckets"), theirs[:1]),
            what="New York: 1 origin to every node, nothing prepared",
            **facts,
        ),
        bench.row(
            clock(lambda: ours.times(bench.prepared, sources, LONG)),
            clock(lambda: bench.scipy.times(part, LONG)),
            same=compared(ours.times(bench.prepared, part, LONG), theirs),
            per=(sources.size, part.size),
            what=f"New York: {sources.size} origins to every node, prepared, in the order of nodes; per origin",
            note=bench.part_note,
            **facts,
        ),
    ]


MEASURES: dict[str, Callable[[Bench], list[Row]]] = {
    "1": one_origin,
    "2": many_origins,
    "3": many_origins_to_places,
    "4": from_nothing,
    "5": short_budgets,
    "6": nearest_of_many,
    "7": sweep_against_memory,
    "8": contraction_hierarchy,
    "9": other_speeds,
}
"""The measures on one graph, by number; 10 and 11 are in ``reading``."""
