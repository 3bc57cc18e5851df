"""Searches in bulk over a prepared graph, many at a time: a climb from each origin, and one sweep down for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.elimination import Prepared, Side
from palveluverkko.engine.graph import Anchors, Int32, freeze_float32, freeze_int32
from palveluverkko.engine.plan import LANES
from palveluverkko.engine.threads import Stop, in_threads
from palveluverkko.engine.workspace import Workspace, make_workspace

_LINE_BYTES = 64


class Lanes(NamedTuple):
    """What one thread needs for a sweep.

    Attributes
    ----------
    search
        For the climbs, and the searches in the core.
    core
        int32 each: the nodes of the core where a climb arrives, and their times.
    held
        int32[rows]; first entry of what the climbs hold for each row, -1 without.
    entered
        uint64[trees]; a bit for each origin that enters the tree. Its lane holds nothing where it does not.
    staged
        float32[r, LANES]; times at the rows that have slots of places.
    lane
        float32[berths, LANES]; milliseconds from each of the origins, above any budget where not reached. Each row has
        a berth of its own, or those of all trees share as many as the largest tree has.
    """

    search: Workspace
    core: tuple[Int32, Int32]
    held: Int32
    entered: NDArray[np.uint64]
    staged: NDArray[np.float32]
    lane: NDArray[np.float32]


class Slots(NamedTuple):
    """Where places hang on the rows of a sweep.

    Attributes
    ----------
    of_tree
        int32[trees + 1]; first of the rows below in each tree.
    row
        int32[r]; the rows that have slots, rising.
    first, slot_row, place, place_time
        Their slots (CSR): the row and the place of each, and the milliseconds between place and node.
    time
        int32[places, s]; milliseconds between each place and the node of its slot.
    row_of
        int32[places, s]; which of the rows each slot hangs on, -1 for absent ones.
    """

    of_tree: Int32
    row: Int32
    first: Int32
    slot_row: Int32
    place: Int32
    place_time: Int32
    time: Int32
    row_of: Int32


@dataclass(frozen=True, eq=False)
class Sweep:
    """A prepared graph laid out for the points that are searched from, and for the nodes that are wanted of it.

    Attributes
    ----------
    prepared, side
        The graph, and its arcs in the direction of the searches.
    searched
        The points, by node.
    budget
        Milliseconds, below 2**24.
    row_of
        int32[n]; row of each position, -1 where nothing wanted depends on it.
    row_tree
        int32[t + 1]; first row of each tree of the forest.
    first_in, tail, drop_time
        Arcs down into each row (CSR), from row to row.
    sparse
        Where so many times the travel times that can be told are no more than all, they go into the table at once.
    """

    prepared: Prepared
    side: Side
    searched: Anchors
    budget: int
    row_of: Int32
    row_tree: Int32
    first_in: Int32
    tail: Int32
    drop_time: NDArray[np.float32]
    sparse: int = 6

    @classmethod
    def of(
        cls, prepared: Prepared, searched: Anchors, *, budget: int, search_from: str, wanted: Int32 | None = None
    ) -> Sweep:
        """Lay out a prepared graph; every node is wanted when none are named."""
        from palveluverkko.engine import customising_kernels as kernels

        order = prepared.order
        side = prepared.onward if search_from == "starts" else prepared.against
        if wanted is None:
            row_of = prepared.numbers[:-1]
            return cls(prepared, side, searched, budget, row_of, order.tree, side.first_in, side.tail, side.drop_time)
        positions = freeze_int32(order.position[wanted[wanted >= 0]])
        *ints, drop_time = kernels.select(order.core, order.tree, side.first_in, side.tail, side.drop_time, positions)
        row_of, row_tree, first_in, tail = (freeze_int32(one) for one in ints)
        return cls(prepared, side, searched, budget, row_of, row_tree, first_in, tail, freeze_float32(drop_time))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.first_in.size - 1

    @property
    def bytes_moved(self) -> int:
        """Bytes that one sweep over all rows reads and writes at least: each arc once, each row once."""
        return 8 * self.tail.size + 4 * self.rows + 4 * LANES * self.rows

    @cached_property
    def nowhere(self) -> Slots:
        """No places."""
        return self.slots_of(np.empty((0, 1), dtype=np.int32), np.empty((0, 1), dtype=np.int32))

    def slots_of(self, node: Int32, time: Int32) -> Slots:
        """Sort the slots of some places by row."""
        node, time = freeze_int32(node), freeze_int32(time)
        if self.rows != self.row_of.size or node.shape != (self.rows, 1) or (node[:, 0] != self.row_of).any():
            return self._sorted_slots(node, time)
        # Every node is a place: sorted already (docs/engine.md says what that saves).
        position, place = self.prepared.order.position[:, None], self.prepared.node_of
        place_time = freeze_int32(time[place, 0] if time.any() else time[:, 0])
        numbers, own = self.prepared.numbers, freeze_int32(position)
        return Slots(self.row_tree, self.row_of, numbers, self.row_of, place, place_time, time, own)

    def _sorted_slots(self, node: Int32, time: Int32) -> Slots:
        from palveluverkko.engine import sweep_kernels as kernels

        row, first, slot, own = kernels.sort_slots(self.rows, self.prepared.order.position, self.row_of, node)
        of_tree, slot_row = np.searchsorted(row, self.row_tree), np.repeat(row, np.diff(first))
        place, place_time = slot // max(1, node.shape[1]), time.ravel()[slot]
        return Slots(*map(freeze_int32, (of_tree, row, first, slot_row, place, place_time, time, own)))

    def make_lanes(self, *, staged: int = 0, own_berths: bool = True) -> Lanes:
        """Make the workspace of one thread, to stage so many rows for places.

        Without berths of their own the rows of all trees share some, and only what is put down for places stays.
        """
        search = make_workspace(
            self.side.travel_time, nodes=self.row_of.size, seeds=self.searched, budget=self.budget, climbs=True
        )
        order, seeds = self.prepared.order, self.searched.node.shape[1]
        # What a climb reaches of the core is noted from the back, and read while the front is written.
        noted = 2 * (order.core + seeds)
        core = (np.empty(noted, dtype=np.int32), np.empty(noted, dtype=np.int32))
        held = np.full(self.rows, -1, dtype=np.int32)
        entered = np.zeros(self.row_tree.size - 1, dtype=np.uint64)
        largest = int(np.diff(self.row_tree).max(initial=0))
        berths = self.rows if own_berths else int(self.row_tree[0]) + largest
        return Lanes(search, core, held, entered, _aligned(staged), _aligned(berths))

    def sweep(
        self,
        points: NDArray[np.int64],
        lanes: Lanes,
        stop: Stop,
        *,
        slots: Slots | None = None,
        rows: Int32 | None = None,
        table: Int32 | None = None,
    ) -> int:
        """Sweep from at most ``LANES`` of the points; gives the number of rows swept.

        The lanes hold the answer or, when given, those rows of a table the times to the places of some slots.
        """
        from palveluverkko.engine import search_kernels, sweep_kernels

        order, node = self.prepared.order, self.searched.node[points]
        held = search_kernels.climb_lanes(
            self.side.first_out,
            self.side.head,
            self.side.travel_time,
            order.core,
            order.crown,
            order.parent,
            self.prepared.tree_of,
            self.row_of,
            positions_of(node, order.position),
            freeze_int32(self.searched.time[points]),
            self.budget,
            lanes.search.shift,
            stop,
            *lanes.search.arrays,
            *lanes.core,
            lanes.held,
            lanes.entered,
            lanes.lane,
        )
        swept: int = sweep_kernels.sweep_lanes(
            int((self.row_of[: order.core] >= 0).sum()),
            self.row_of,
            self.row_tree,
            order.first_gate,
            order.gate,
            self.first_in,
            self.tail,
            self.drop_time,
            points.size,
            self.budget,
            self.sparse,
            *held,
            *(self.nowhere if slots is None else slots),
            freeze_int32(np.arange(points.size) if rows is None else rows),
            np.empty((points.size, 0), dtype=np.int32) if table is None else table,
            lanes.held,
            lanes.entered,
            lanes.staged,
            lanes.lane,
        )
        return swept

    def fill(self, rows: slice, slots: Slots, table: Int32, threads: int) -> None:
        """Fill rows of a table with the travel times between those points and the places of some slots."""

        def make() -> Lanes:
            return self.make_lanes(staged=slots.row.size, own_berths=False)

        def work(points: NDArray[np.int64], lanes: Lanes, stop: Stop) -> None:
            self.sweep(points, lanes, stop, slots=slots, rows=freeze_int32(points - rows.start), table=table)

        # Neighbours go together, and near numbers are neighbours: their trees are the same, and the others are passed
        # over. At 30 minutes 512 origins sweep 32 % of the rows so, and 92 % shuffled (1.06 million nodes).
        points = np.arange(rows.start, rows.stop)
        points = points[np.argsort(self.searched.node[points, 0], kind="stable")]
        groups = np.array_split(points, range(LANES, points.size, LANES)) if points.size else []
        for _ in in_threads(groups, work, make_workspace=make, threads=threads):
            pass


def positions_of(node: Int32, position: Int32) -> Int32:
    """Give the position of each node, -1 of an absent one (-1)."""
    found = np.full(node.shape, -1, dtype=np.int32)
    there = node >= 0
    found[there] = position[node[there]]
    return freeze_int32(found)


def _aligned(rows: int) -> NDArray[np.float32]:
    """Give float32[rows, LANES] that begins with a cache line, so that each row is whole lines."""
    flat = np.empty((rows + 1) * LANES, dtype=np.float32)
    begin = -flat.ctypes.data % _LINE_BYTES // flat.itemsize
    return flat[begin : begin + rows * LANES].reshape(rows, LANES)
