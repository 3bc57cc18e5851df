"""Measure what each trick of the engine is worth: the same work with it and without, in turn, in one run.

    .venv/bin/python benchmarks/tricks.py [--graph FILE.npz|FILE.osm.pbf] [--quick]

Prints a table and writes it into docs/engine.md. Answers are compared before a clock counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import platformdirs
from numpy.typing import NDArray

from comparing import LONG, MINUTE, Ground, Side, Trick, Work, compare
from ours import at_nodes
from palveluverkko import engine, read_network
from palveluverkko.engine import elimination as eliminating
from palveluverkko.engine import elimination_kernels, search, search_kernels, sweep_kernels
from palveluverkko.engine.elimination import Prepared, prepare
from palveluverkko.engine.graph import Graph, build_graph, freeze_float32, freeze_int32, freeze_int64
from palveluverkko.engine.plan import LANES, Method
from palveluverkko.engine.sweep import Lanes, Slots, Sweep
from palveluverkko.engine.topology import depth_first_numbers
from palveluverkko.engine.workspace import make_workspace
from report import describe_machine, write_page
from road_graphs import HERE, generated_case, tiled_case
from slow_ways import (
    Heap,
    by_trees,
    descend_plainly,
    descend_way_by_way,
    kernels_of,
    kernels_without_fetching,
    kernels_without_fronts,
    kernels_without_twins,
)

BEGIN, END = "<!-- tricks: begin -->", "<!-- tricks: end -->"
_NEVER_STOP = np.zeros(1, dtype=np.uint8)
_WIDTHS = (1, 8, 16, 64)


def main() -> None:
    options = _options()
    ground = _ground(options)
    repeats = 1 if options.quick else options.repeats
    print(f"{ground.label}; {repeats} turns", flush=True)
    rows = []
    for trick in tricks(ground):
        rows.append(compare(trick, repeats=repeats))
        print(rows[-1], flush=True)
    machine = ", ".join(f"{key} {value}" for key, value in describe_machine(["numpy", "numba"]).items())
    said = (
        f"Measured {machine}. Graph: {ground.label}. Medians of {repeats} turns after one that warms up, one thread "
        "where nothing else is said; in brackets the smallest and the largest ratio of a turn."
    )
    head = [
        said,
        "",
        "| idea | work | with | without | without / with |",
        "|---|---|---|---|---|",
    ]
    write_page(options.page, "\n".join([*head, *rows]) + "\n", marks=(BEGIN, END))


def tricks(ground: Ground) -> list[Trick]:
    """Give all comparisons, in the order of the page."""
    return [
        *numbering(ground),
        *buckets(ground),
        *elimination(ground),
        *lanes(ground),
        *passing_over(ground),
        *sharing(ground),
        *times_apart(ground),
        *reductions(ground),
    ]


def numbering(ground: Ground) -> list[Trick]:
    """Compare the same searches on the same graph, numbered depth first and at random."""
    graph = ground.graph
    walked = depth_first_numbers(graph.nodes, graph.tail(), graph.head)
    shuffled = np.random.default_rng(2).permutation(graph.nodes)
    origins, ends = ground.draw(4, seed=3), ground.draw(1000, seed=4)

    def searched(number: NDArray[Any]) -> Work:
        other = build_graph(graph.nodes, number[graph.tail()], number[graph.head], graph.travel_time)
        return lambda: table(other, number[origins], number[ends], method="buckets")

    on, off = Side("depth first", searched(walked)), Side("random", searched(shuffled))
    return [Trick(idea="Numbering", work="search, 180 min", on=on, off=off, per=(4, "origin"))]


def buckets(ground: Ground) -> list[Trick]:
    """Compare buckets with a heap, with narrow ones and without fetching ahead, and resetting what was touched."""
    graph = ground.graph

    def one_by_one(
        origins: NDArray[np.int64],
        budget: int,
        *,
        refill: bool = False,
        shift: int | None = None,
        kernels: ModuleType = search_kernels,
    ) -> Work:
        kind = np.int64
        space = make_workspace(graph.travel_time, nodes=graph.nodes, seeds=at_nodes(origins), budget=budget, kind=kind)
        label, touched, ring, *entries = space.arrays
        if shift is not None:
            ring = np.full(ring.size << (space.shift - shift), -1, dtype=np.int32)
            space = space._replace(shift=shift, arrays=(label, touched, ring, *entries))
        zero = freeze_int64(np.zeros(1))

        def work() -> list[int]:
            settled = []
            for node in freeze_int32(origins):
                seed = freeze_int32(np.asarray([node]))
                count = kernels.search_labels(*graph, seed, zero, budget, 0, space.shift, *space.arrays)
                settled.append(count)
                if refill:
                    label.fill(np.iinfo(kind).max)
                else:
                    label[touched[:count]] = np.iinfo(kind).max
            return settled

        return work

    few, many = ground.draw(4, seed=5), ground.draw(ground.origins, seed=6)
    heap = Heap(graph)
    return [
        Trick(
            idea="Buckets",
            work="search, 180 min",
            on=Side("buckets", one_by_one(few, LONG)),
            off=Side("binary heap", lambda: [heap.search(node, LONG) for node in few]),
            per=(few.size, "origin"),
        ),
        Trick(
            idea="Buckets",
            work="search, 10 min",
            on=Side("touched nodes reset", one_by_one(many, 10 * MINUTE)),
            off=Side("all labels refilled", one_by_one(many, 10 * MINUTE, refill=True)),
            per=(many.size, "origin"),
        ),
        Trick(
            idea="Buckets",
            work="search, 180 min",
            on=Side("buckets of a second, in rounds", one_by_one(few, LONG)),
            off=Side("a bucket for each millisecond", one_by_one(few, LONG, shift=0)),
            per=(few.size, "origin"),
        ),
        Trick(
            idea="Buckets",
            work="search, 180 min",
            on=Side("fetched ahead", one_by_one(few, LONG)),
            off=Side("waited for", one_by_one(few, LONG, kernels=kernels_without_fetching(search_kernels))),
            per=(few.size, "origin"),
        ),
    ]


def elimination(ground: Ground) -> list[Trick]:
    """Compare one lane group by sweep and by buckets, and preparations in plainer ways."""
    origins, ends = ground.draw(LANES, seed=7), ground.draw(1000, seed=4)

    def by(method: str) -> Work:
        return lambda: table(ground.prepared, origins, ends, method=method)

    def prepared(*, stages: tuple[int, ...] | None = None, kernels: ModuleType = elimination_kernels) -> Work:
        seed = at_nodes(origins[:1])
        after = eliminating._STAGES if stages is None else stages  # noqa: SLF001 - what is measured

        def work() -> NDArray[np.int32]:
            with (
                mock.patch.object(eliminating, "_STAGES", after),
                mock.patch.object(engine, "elimination_kernels", kernels),
            ):
                roads = prepare(ground.graph)
            found = search.node_times(roads, seeds=seed, budget=LONG, search_from="starts", method="sweep")
            return found.milliseconds

        return work

    def against(on: str, off: tuple[str, Work]) -> Trick:
        return Trick(
            idea="Elimination",
            work="preparation, and a search",
            on=Side(on, prepared()),
            off=Side(*off),
            per=(1, ""),
        )

    on, off = Side("climb and sweep", by("sweep")), Side("buckets", by("buckets"))
    waiting = kernels_without_fetching(elimination_kernels)
    return [
        Trick(
            idea="Elimination", work=f"{LANES} × 1,000 places, 180 min, prepared", on=on, off=off, per=(LANES, "origin")
        ),
        against("numbered anew after each stage", ("two stages, crown and the rest", prepared(stages=()))),
        against("twins together", ("one by one", prepared(kernels=kernels_without_twins()))),
        against("fetched ahead", ("waited for", prepared(kernels=waiting))),
    ]


def lanes(ground: Ground) -> list[Trick]:
    """Compare numbers of lanes, rows that begin where cache lines do, and numbers that lanes may hold."""
    sweep = ground.sweep()
    count = max(_WIDTHS)

    def wide(width: int, *, aside: int = 0) -> Work:
        space, kernels = make_lanes(sweep, width, aside=aside), kernels_of(width)

        def work() -> NDArray[np.float32]:
            with mock.patch.object(engine, "sweep_kernels", kernels):
                for begin in range(0, count, width):
                    sweep.sweep(np.arange(begin, begin + width) % sweep.searched.access.size, space, _NEVER_STOP)
            last = (count - 1) % sweep.searched.access.size
            time = np.where(_entered(sweep, space, width - 1, slice(None)), space.lane[:, -1], np.inf)
            return np.asarray(np.where(time <= sweep.budget, time, -1 - last), dtype=np.float32)

        return work

    on = Side(f"{LANES} lanes", wide(LANES))
    found = [
        Trick(
            idea="Lanes",
            work="sweep over all rows",
            on=on,
            off=Side(f"{width} lane{'s' * (width > 1)}", wide(width)),
            per=(count, "origin"),
        )
        for width in _WIDTHS
    ]
    unaligned = Side("rows 4 bytes aside", wide(LANES, aside=1))
    found.append(
        Trick(
            idea="Lanes",
            work="sweep over all rows",
            on=on._replace(name="rows begin with a cache line"),
            off=unaligned,
            per=(count, "origin"),
        )
    )
    rows = Side("rows in registers", descend(sweep, "float32", by_rows=True))
    loops, whole = (Side(f"loops over lanes, {kind}", descend(sweep, kind)) for kind in ("float32", "int32"))
    by_threes = sweep_kernels._sweep_tree  # noqa: SLF001 - the part of the sweep that is measured
    threes = Side("at least three ways into each row", descend_trees(sweep, by_threes))
    each = Side("as many as there are", descend_trees(sweep, descend_way_by_way))
    return [
        *found,
        *(
            Trick(idea="Lanes", work=work, on=on, off=off, per=(LANES, "origin"))
            for work, on, off in (
                ("the way down alone", rows, loops),
                ("the way down alone", loops, whole),
                ("the way down alone, in shared berths", threes, each),
            )
        ),
    ]


def passing_over(ground: Ground) -> list[Trick]:
    """Compare sweeps that leave out what nobody reaches, or wants, or needs, with those that do not."""
    short, order = 30 * MINUTE, ground.prepared.order
    near = ground.sweep(budget=short)
    count = near.searched.access.size
    shuffled = np.random.default_rng(8).permutation(count)
    last_row = np.arange(order.crown, dtype=np.int32)
    single = order._replace(
        tree=freeze_int32(np.asarray([order.crown, ground.graph.nodes])),
        first_gate=freeze_int32(np.asarray([0, order.crown])),
        gate=freeze_int32(last_row),
    )
    ungated = ground.sweep(replace(ground.prepared, order=single), budget=short)
    everything, wanted = ground.sweep(), ground.sweep(wanted=ground.draw(ground.places, seed=9))
    thinned = ground.sweep(ground.prepared.thinned)

    def over(sweep: Sweep, points: NDArray[np.int64], check: NDArray[np.int64]) -> Work:
        """Sweep group by group; the answer is the row of each origin's own node in the last of its groups."""
        space = sweep.make_lanes()

        def work() -> NDArray[np.float32]:
            found = np.empty(points.size, dtype=np.float32)
            for begin in range(0, points.size, LANES):
                group = points[begin : begin + LANES]
                sweep.sweep(group, space, _NEVER_STOP)
                for lane, point in enumerate(group):
                    found[point] = _at(sweep, space, check, lane)
            return found

        return work

    near_by = near.searched.node[:, 0]
    check = ground.draw(1, seed=10)
    group = np.arange(count)[:LANES]
    return [
        Trick(
            idea="Gates",
            work="sweep, 30 min",
            on=Side("neighbours together", over(near, np.arange(count), near_by)),
            off=Side("origins shuffled", over(near, shuffled, near_by)),
            per=(count, "origin"),
        ),
        Trick(
            idea="Gates",
            work="sweep, 30 min",
            on=Side("trees passed over", over(near, np.arange(count), near_by)),
            off=Side("one tree, always entered", over(ungated, np.arange(count), near_by)),
            per=(count, "origin"),
        ),
        Trick(
            idea="Selection",
            work=f"sweep for {min(ground.places, ground.graph.nodes):,} places, 180 min",
            on=Side("rows that they depend on", over(wanted, group, wanted_nodes(ground))),
            off=Side("all rows", over(everything, group, wanted_nodes(ground))),
            per=(group.size, "origin"),
        ),
        Trick(
            idea="Thinning",
            work="sweep, 180 min",
            on=Side("thinned", over(thinned, group, check)),
            off=Side("as prepared", over(everything, group, check)),
            per=(group.size, "origin"),
        ),
    ]


def sharing(ground: Ground) -> list[Trick]:
    """Compare ways to go about the same sweeps: berths, and what is noted or staged."""
    origins, far = ground.draw(LANES, seed=7), at_nodes(ground.draw(ground.places, seed=9))

    def filled(minutes: int, *, own_berths: bool = False, **changed: int) -> Work:
        sweep = replace(
            Sweep.of(ground.prepared, at_nodes(origins), budget=minutes * MINUTE, search_from="starts"), **changed
        )
        slots = sweep.slots_of(far.node, far.time)
        # Notes of all times take twice the room.
        space = sweep.make_lanes(staged=2 * slots.row.size, own_berths=own_berths)
        table_ = np.empty((origins.size, far.access.size), dtype=np.int32)

        def work() -> NDArray[np.int32]:
            sweep.sweep(np.arange(origins.size), space, _NEVER_STOP, slots=slots, table=table_)
            return table_

        return work

    everything = Sweep.of(ground.prepared, at_nodes(origins), budget=LONG, search_from="starts")
    every = at_nodes(np.arange(ground.graph.nodes))

    def laid_out(lay: Callable[..., Slots]) -> Work:
        return lambda: lay(every.node, every.time)

    def trick(idea: str, minutes: int, on: tuple[str, Work], off: tuple[str, Work]) -> Trick:
        work = f"sweep for {far.access.size:,} places, {minutes} min"
        return Trick(idea=idea, work=work, on=Side(*on), off=Side(*off), per=(origins.size, "origin"))

    return [
        trick("Berths", 180, ("shared by all trees", filled(180)), ("one for each row", filled(180, own_berths=True))),
        trick("Telling", 15, ("few noted", filled(15)), ("always staged", filled(15, sparse=10**6))),
        trick("Telling", 180, ("many staged", filled(180)), ("always noted", filled(180, sparse=0))),
        Trick(
            idea="Telling",
            work="every node as a place laid out",
            on=Side("sorted already", laid_out(everything.slots_of)),
            off=Side("sorted by row", laid_out(everything._sorted_slots)),  # noqa: SLF001 - what is left out
            per=(1, ""),
        ),
    ]


def wanted_nodes(ground: Ground) -> NDArray[np.int64]:
    """Give a few of the wanted places, to compare answers at."""
    return ground.draw(ground.places, seed=9)[:: max(1, ground.places // 50)]


def _at(sweep: Sweep, space: Lanes, nodes: NDArray[Any], lane: int) -> float:
    """Add up the times of one lane at some nodes, the budget and one for those that are not reached."""
    position = sweep.prepared.order.position[nodes]
    time = space.lane[sweep.row_of[position], lane]
    reached = _entered(sweep, space, lane, position) & (time <= sweep.budget)
    return float(np.where(reached, time, sweep.budget + 1).sum(dtype=np.float64))


def _entered(sweep: Sweep, space: Lanes, lane: int, position: NDArray[Any] | slice) -> NDArray[np.bool_]:
    """Tell for some positions whether the origin of a lane came there; the lane holds nothing elsewhere."""
    every = np.append(space.entered, np.uint64(2**64 - 1))
    return (every[sweep.prepared.tree_of[position]] >> np.uint64(lane)) & np.uint64(1) != 0


def times_apart(ground: Ground) -> list[Trick]:
    """Compare new times on the same order with a preparation from the beginning, and with plainer sums."""
    graph, prepared = ground.graph, ground.prepared
    slower = freeze_int32(graph.travel_time.astype(np.int64) * 5 // 4)
    kernels = kernels_without_fronts()

    def carried() -> NDArray[np.int32]:
        return prepared.with_times(slower).climb

    def one_by_one() -> NDArray[np.int32]:
        with mock.patch.object(engine, "customising_kernels", kernels):
            return carried()

    on = Side("on the same order", carried)
    off = Side("prepared anew", lambda: prepare(graph.with_times(slower)).climb)
    together, single = Side("twins together", carried), Side("one by one", one_by_one)
    return [
        Trick(idea="Order and times", work="new travel times", on=on, off=off, per=(1, "")),
        Trick(idea="Order and times", work="new travel times", on=together, off=single, per=(1, "")),
    ]


def reductions(ground: Ground) -> list[Trick]:
    """Compare one search with labels with the table of all starts; and two threads with one."""
    seeds, ends = at_nodes(ground.draw(2 * LANES, seed=11)), at_nodes(ground.draw(ground.places, seed=9))
    both: dict[str, Any] = {"starts": seeds, "ends": ends, "budget": LONG, "search_from": "starts"}
    roads, origins = ground.prepared, ground.draw(ground.origins, seed=1)

    def threads(count: int) -> Work:
        places = ground.draw(1000, seed=4)
        return lambda: table(roads, origins, places, method="sweep", threads=count)

    def from_table() -> list[NDArray[np.int32]]:
        return [one[0] for one in search.k_nearest(roads, k=1, **both, threads=1)[:2]]

    return [
        Trick(
            idea="Nearest",
            work=f"nearest of {2 * LANES}, 180 min, prepared",
            on=Side("one label", lambda: search.nearest(roads, **both)[:2]),
            off=Side("table, then minimum", from_table),
            per=(1, ""),
        ),
        Trick(
            idea="Threads",
            work="sweep, 180 min, 1,000 places",
            on=Side("two threads", threads(2)),
            off=Side("one thread", threads(1)),
            per=(origins.size, "origin"),
        ),
    ]


def table(
    roads: Graph | Prepared, starts: NDArray[Any], ends: NDArray[Any], *, method: str, threads: int = 1
) -> NDArray[np.int32]:
    """Give the travel times between nodes."""
    found: NDArray[np.int32] = search.time_table(
        roads,
        starts=at_nodes(starts),
        ends=at_nodes(ends),
        budget=LONG,
        search_from="starts",
        method=Method(method),
        threads=threads,
    ).milliseconds
    return found


def make_lanes(sweep: Sweep, width: int, *, aside: int = 0) -> Lanes:
    """Make a workspace with another number of lanes, its rows so many numbers aside from a cache line."""
    flat = np.empty((sweep.rows + 1) * width + 32, dtype=np.float32)
    begin = -flat.ctypes.data % 64 // 4 + aside
    return sweep.make_lanes()._replace(lane=flat[begin : begin + sweep.rows * width].reshape(sweep.rows, width))


def descend(sweep: Sweep, kind: str, *, by_rows: bool = False) -> Work:
    """Give the way down from a filled crown with lanes of a kind: as the engine does it, or in loops over lanes."""
    space = sweep.make_lanes()
    sweep.sweep(np.arange(min(LANES, sweep.searched.access.size)), space, _NEVER_STOP)
    crown = max(1, sweep.prepared.order.crown)
    lane = make_lanes(sweep, LANES).lane.view(kind)
    lane[:crown] = space.lane[:crown]
    arcs = (sweep.first_in, sweep.tail, freeze_float32(sweep.drop_time) if by_rows else sweep.drop_time.astype(kind))

    def work() -> NDArray[Any]:
        if by_rows:
            sweep_kernels._sweep_tree(crown, sweep.rows, 0, crown, *arcs, lane)  # noqa: SLF001 - what is measured
        else:
            descend_plainly(crown, sweep.rows, *arcs, lane)
        return _within(sweep, lane)

    return work


def descend_trees(sweep: Sweep, way_down: Callable[..., None]) -> Work:
    """Give a way down from a filled crown, tree by tree in the same berths; the answer is what the last ones leave."""
    space = sweep.make_lanes(own_berths=False)
    sweep.sweep(np.arange(min(LANES, sweep.searched.access.size)), space, _NEVER_STOP)
    descend_all = by_trees(way_down)

    def work() -> NDArray[Any]:
        descend_all(sweep.row_tree, sweep.first_in, sweep.tail, sweep.drop_time, space.lane)
        return _within(sweep, space.lane)

    return work


def _within(sweep: Sweep, lane: NDArray[Any]) -> NDArray[Any]:
    time = lane[:, 0]
    return np.where(time <= sweep.budget, time, -1)


def _ground(options: argparse.Namespace) -> Ground:
    options.cache.mkdir(parents=True, exist_ok=True)
    if options.quick:
        case = generated_case(40, options.cache)
        return Ground(case.label, case.graph, origins=2 * LANES, places=200)
    if options.graph is None:
        case = tiled_case(4, options.cache) or generated_case(1000, options.cache)
        return Ground(case.label, case.graph, origins=512, places=100_000)
    if options.graph.suffix == ".npz":
        with np.load(options.graph) as stored:
            arrays = (freeze_int32(stored[name]) for name in Graph._fields)
            graph = Graph(*arrays)
    else:
        graph = read_network(options.graph, store="none").graph
    label = f"{options.graph.name}: {graph.nodes:,} nodes, {graph.head.size:,} arcs"
    return Ground(label, graph, origins=512, places=100_000)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", type=Path, help="a graph as road_graphs.py writes it, or OpenStreetMap roads")
    parser.add_argument("--quick", action="store_true", help="a small generated town, one turn")
    parser.add_argument("--repeats", type=int, default=7, help="turns")
    parser.add_argument("--page", type=Path, default=HERE.parent / "docs" / "engine.md", help="page to write into")
    cache = Path(platformdirs.user_cache_dir("palveluverkko")) / "bench"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for graphs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
