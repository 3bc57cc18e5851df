"""Preparing a graph for searches in bulk: nodes eliminated in a good order, travel times carried over.

The idea is Gaussian elimination with (min, +) for (+, ×). A node goes, and each pair of its neighbours is joined by an
arc as long as the way through it, so that no travel time between the others changes. Nodes with few neighbours go
first. A search from anywhere then only climbs, from neighbour to neighbour that went later, and one pass back down
over all nodes tells the times of all of them (``docs/engine.md``). Where the nodes that are left get too many
neighbours, they stay as a core, which is searched in the ordinary way between climb and descent.

The order depends on which nodes are joined and not on the travel times: new speeds, another season and closed roads
need new times on the same order, in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph, Int32, freeze_float32, freeze_int32, freeze_int64
from palveluverkko.engine.threads import interruptible

MOST_NEIGHBOURS = 256
"""Nodes with more neighbours are not eliminated. Road networks stay far below (147 on 1.06 million nodes) and are
eliminated to the last node; what has no such structure stops here, and keeps a core."""

CROWDED = 24
"""The crown begins with the first node of more neighbours: 2 % of 1.06 million nodes."""

MOST_PAIRS = 1 << 30
"""Joined pairs of nodes: twice their number has to fit an int32."""

_STAGES = (2, 4, 6, 8, 12, CROWDED, 40)

_FILL = 6
"""Neighbours for which there is room at first, for each node: road networks have 4.6. More room is made as needed."""


class Elimination(NamedTuple):
    """The order in which the nodes of a graph were eliminated, and which pairs of them it joins.

    Attributes
    ----------
    core
        How many nodes stay, most often none; they have the positions 0 to ``core - 1``.
    crown
        How many stay or are eliminated late; the positions up to ``crown - 1``, from the last eliminated on.
    position
        int32[n]; position of each node: core, crown, then tree by tree in preorder.
    first, lower
        int64[n + 1], int32[s]; the lower positions that each position is joined to, rising:
        ``lower[first[p]:first[p + 1]]``.
    slot
        int32[m]; where each arc of the graph goes: twice its place in ``lower``, one more when the arc leads from the
        lower position to the higher; -1 for a loop.
    parent
        int32[n]; the highest of the lower positions, -1 without: all others are above that one in turn.
    tree
        int32[t + 1]; first position of each tree below the crown, then n.
    first_gate, gate
        int32[t + 1], int32[g]; the positions of the crown that each tree is joined to.
    """

    core: int
    crown: int
    position: Int32
    first: NDArray[np.int64]
    lower: Int32
    slot: Int32
    parent: Int32
    tree: Int32
    first_gate: Int32
    gate: Int32


class Side(NamedTuple):
    """A prepared graph laid out for searches in one direction.

    Attributes
    ----------
    first_out, head, travel_time
        Arcs that climb, and all arcs of the core (CSR over positions): what a search runs on.
    first_in, tail, drop_time
        Arcs down into each position of the forest (CSR): what a sweep runs on. Times are float32 milliseconds,
        whole numbers, exact below 2**24.
    """

    first_out: Int32
    head: Int32
    travel_time: Int32
    first_in: Int32
    tail: Int32
    drop_time: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A graph with travel times carried over to an order of elimination.

    Attributes
    ----------
    graph
        The graph itself.
    order
        The elimination, shared by all travel times on the same nodes and arcs.
    climb, drop
        int32[s]; milliseconds from each position to its lower one in ``order.lower``, and back; 2**30 - 1 where no way
        leads, or none that is needed.
    """

    graph: Graph
    order: Elimination
    climb: Int32
    drop: Int32

    @cached_property
    def onward(self) -> Side:
        """The layout for searches in driving direction."""
        return self._orient(self.climb, self.drop)

    @cached_property
    def against(self) -> Side:
        """The layout for searches against the driving direction."""
        return self._orient(self.drop, self.climb)

    @cached_property
    def tree_of(self) -> Int32:
        """Tree in which each position lies, -1 for core and crown, int32[n]."""
        tree = self.order.tree
        return freeze_int32(np.repeat(np.arange(-1, tree.size - 1), np.diff(tree, prepend=0)))

    @cached_property
    def node_of(self) -> Int32:
        """Node at each position, int32[n]."""
        node = np.empty(self.order.position.size, dtype=np.int32)
        node[self.order.position] = np.arange(node.size, dtype=np.int32)
        return freeze_int32(node)

    @cached_property
    def numbers(self) -> Int32:
        """0 to n, int32[n + 1]."""
        return freeze_int32(np.arange(self.order.position.size + 1, dtype=np.int32))

    @cached_property
    def thinned(self) -> Prepared:
        """The same without the arcs that ways over third nodes replace.

        A quarter less to sweep, for half as much preparation again: worth it for some thousands of searches.
        """
        from palveluverkko.engine import customising_kernels as kernels

        climb, drop = self.climb.copy(), self.drop.copy()
        order = self.order
        interruptible(lambda stop: kernels.prune(order.core, order.first, order.lower, climb, drop, stop))
        return Prepared(self.graph, self.order, freeze_int32(climb), freeze_int32(drop))

    def with_times(self, travel_time: NDArray[np.integer]) -> Prepared:
        """Give the same graph with other travel times, prepared on the same order; UNREACHED closes an arc."""
        return prepare(self.graph.with_times(travel_time), order=self.order)

    def _orient(self, climb: Int32, drop: Int32) -> Side:
        from palveluverkko.engine import customising_kernels as kernels

        # An arc of the core is searched from both ends, each other one belongs to its higher end.
        core = self.order.first[self.order.core]
        down = drop < kernels.FAR
        outs = np.count_nonzero(climb < kernels.FAR) + np.count_nonzero(down[:core])
        ins = np.count_nonzero(down[core:])
        head, travel_time = (np.empty(outs, dtype=np.int32) for _ in range(2))
        tail, drop_time = np.empty(ins, dtype=np.int32), np.empty(ins, dtype=np.float32)
        first_out, first_in = kernels.orient(
            self.order.core, self.order.first, self.order.lower, climb, drop, head, travel_time, tail, drop_time
        )
        return Side(
            first_out=freeze_int32(first_out),
            head=freeze_int32(head),
            travel_time=freeze_int32(travel_time),
            first_in=freeze_int32(first_in),
            tail=freeze_int32(tail),
            drop_time=freeze_float32(drop_time),
        )


class Preparable:
    """A graph that is prepared once, when a search first asks for it.

    Parameters
    ----------
    graph
        The graph.
    find_order
        Gives its elimination, from wherever it is kept; by default :func:`eliminate`.
    """

    def __init__(self, graph: Graph, find_order: Callable[[Graph], Elimination] | None = None) -> None:
        self.graph = graph
        self._find_order = find_order or eliminate

    @cached_property
    def order(self) -> Elimination:
        """The elimination of the graph."""
        return self._find_order(self.graph)

    @cached_property
    def prepared(self) -> Prepared:
        """The prepared graph."""
        return prepare(self.graph, order=self.order)

    @property
    def ready(self) -> bool:
        """Whether the preparation has been done."""
        return "prepared" in self.__dict__

    def with_times(self, travel_time: NDArray[np.integer]) -> Preparable:
        """Give the same graph with other travel times; it will be prepared on the same order."""
        return Preparable(self.graph.with_times(travel_time), lambda _graph: self.order)


def eliminate(graph: Graph, *, most_neighbours: int = MOST_NEIGHBOURS, crowded: int = CROWDED) -> Elimination:
    """Choose the order of elimination, whatever the travel times.

    Parameters
    ----------
    graph
        The graph; only who is joined to whom counts.
    most_neighbours
        Nodes with more neighbours, at the moment when they are the next, stay in the core.
    crowded
        With the first node of more neighbours the crown begins.

    Notes
    -----
    0.5 µs a node on a road network (1.16 million nodes). Time and fill grow with the number of nodes as long as
    ``most_neighbours`` bounds them, so that a graph without structure ends as a large core and not in a hang.
    """
    early = min(crowded, most_neighbours)

    def work(stop: NDArray[np.uint8]) -> Elimination:
        rest = Remaining(graph)
        for most in (*(one for one in _STAGES if one < early), early):
            rest.eliminate(most, stop)
        crown = rest.own.size
        if most_neighbours > early:
            for most in (*(one for one in _STAGES if early < one < most_neighbours), most_neighbours):
                rest.eliminate(most, stop)
        position, first, lower = rest.arrange(graph.nodes - crown)
        return arranged(graph, core=rest.own.size, crown=crown, position=position, first=first, lower=lower)

    return interruptible(work)


class Remaining:
    """An elimination under way: what remains of a graph, numbered anew after each stage, and what has gone from it.

    What remains lies side by side in memory so: without stages a preparation takes a third longer (1.16 million nodes).

    Attributes
    ----------
    own, first, neighbour
        int32[r], int64[r + 1], int32[]; the node of the whole graph that each remaining one is, and the remaining ones
        that it is joined to (CSR).
    order, first_up, up
        int32[n], int64[n + 1], int32[]; the nodes that went, in order, and the neighbours that each had then (CSR), as
        far as the elimination has come.
    eliminated
        How many have gone.
    """

    def __init__(self, graph: Graph) -> None:
        from palveluverkko.engine import elimination_kernels as kernels

        nodes = graph.nodes
        first, both = np.zeros(nodes + 2, dtype=np.int64), np.empty(2 * graph.head.size, dtype=np.int32)
        kernels.neighbours(graph.first_out, graph.head, first, both)
        self.own = np.arange(nodes, dtype=np.int32)
        self.first, self.neighbour = first[:-1], both[: first[-2]]
        self.order = np.empty(nodes, dtype=np.int32)
        self.first_up = np.zeros(nodes + 1, dtype=np.int64)
        self.up = np.empty(_FILL * nodes, dtype=np.int32)
        self.eliminated = 0
        self._begin = np.empty(nodes, dtype=np.int64)
        self._pool = np.empty(0, dtype=np.int32)

    def eliminate(self, most: int, stop: NDArray[np.uint8]) -> None:
        """Eliminate what has at most so many neighbours, as long as ``stop[0]`` is 0."""
        from palveluverkko.engine import elimination_kernels as kernels

        wanted = 2 * self.neighbour.size + 4 * self.own.size
        if wanted > self._pool.size:
            self._pool = np.empty(wanted, dtype=np.int32)
        self.eliminated, self.up, self.own, self.first, self.neighbour = kernels.eliminate(
            self.own,
            self.first,
            self.neighbour,
            most,
            stop,
            self.eliminated,
            self.order,
            self.first_up,
            self.up,
            self._begin,
            self._pool,
        )

    def arrange(self, before: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
        """Give the nodes numbers for sweeping; the crown begins after the first ``before`` that went."""
        from palveluverkko.engine import elimination_kernels as kernels

        order, first_up = self.order[: self.eliminated], self.first_up[: self.eliminated + 1]
        up = self.up[: first_up[-1]]
        nodes = self.own.size + self.eliminated
        memory = self._pool if self._pool.size >= 4 * nodes else np.empty(4 * nodes, dtype=np.int32)
        return kernels.arrange(order, before, first_up, up, self.own, self.first, self.neighbour, memory)


def arranged(
    graph: Graph,
    *,
    core: int,
    crown: int,
    position: NDArray[np.int32],
    first: NDArray[np.int64],
    lower: NDArray[np.int32],
) -> Elimination:
    """Complete an elimination from what a file keeps of it: the rest follows from the graph.

    Raises
    ------
    ValueError
        It joins more than MOST_PAIRS pairs of nodes.
    """
    if lower.size > MOST_PAIRS:
        raise ValueError(
            f"prepared, the graph has {lower.size:,} arcs between neighbours, at most {MOST_PAIRS:,} are possible; "
            'search it unprepared, with method="buckets"'
        )
    from palveluverkko.engine import elimination_kernels as kernels

    position, first, lower = freeze_int32(position), freeze_int64(first), freeze_int32(lower)
    begin, end = first[:-1], first[1:]
    parent = np.full(graph.nodes, -1, dtype=np.int32)
    parent[end > begin] = lower[end[end > begin] - 1]
    root = crown + np.flatnonzero(parent[crown:] < crown)
    # A root is joined to the crown alone; so are, through it, all nodes of its tree.
    count = (end - begin)[root]
    first_gate = np.concatenate(([0], np.cumsum(count)))
    gate = lower[np.repeat(begin[root] - first_gate[:-1], count) + np.arange(first_gate[-1])]
    slot = kernels.find_slots(graph.first_out, graph.head, position, first, lower)
    return Elimination(
        core=core,
        crown=crown,
        position=position,
        first=first,
        lower=lower,
        slot=freeze_int32(slot),
        parent=freeze_int32(parent),
        tree=freeze_int32(np.append(root, graph.nodes)),
        first_gate=freeze_int32(first_gate),
        gate=freeze_int32(gate),
    )


def prepare(graph: Graph, *, order: Elimination | None = None) -> Prepared:
    """Carry the travel times of a graph over to an order of elimination.

    Parameters
    ----------
    graph
        The graph; arcs of UNREACHED are closed.
    order
        An elimination of a graph with the same nodes and arcs, whatever their times; found when None.

    Raises
    ------
    ValueError
        The order belongs to a graph of another size.
    """
    if order is None:
        order = eliminate(graph)
    if order.position.size != graph.nodes or order.slot.size != graph.head.size:
        raise ValueError(
            f"the order of elimination is of {order.position.size} nodes and {order.slot.size} arcs, the graph of "
            f"{graph.nodes} and {graph.head.size}"
        )
    climb, drop = carry_over(graph, order)
    return Prepared(graph, order, freeze_int32(climb), freeze_int32(drop))


def carry_over(graph: Graph, order: Elimination) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give ``climb`` and ``drop`` of :class:`Prepared`."""
    from palveluverkko.engine import customising_kernels as kernels

    climb, drop = (np.full(order.lower.size, kernels.FAR, dtype=np.int32) for _ in range(2))
    roads = order.slot, graph.travel_time, order.core, order.first, order.lower
    interruptible(lambda stop: kernels.customise(*roads, climb, drop, stop))
    return climb, drop
