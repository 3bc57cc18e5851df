"""Random graphs and anchors for the engine, and its searches once more, from the definition."""

import heapq
import math
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from palveluverkko.engine.elimination import Preparable, Prepared, eliminate, prepare
from palveluverkko.engine.graph import Anchors, Graph, build_graph, freeze_int32
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.engine.search import UNREACHED

SIDES = ("starts", "ends")
LONGEST_TIME = 2_000_000
# Where float32 leaves the whole numbers, where a sweep calls a way closed, and where an arc is closed.
AWKWARD_TIMES = [2**24 - 1, 2**24, 2**24 + 1, 2**30 - 1, 2**30, UNREACHED - 1, UNREACHED]


def graph_of(nodes, arcs):
    tail, head, time = np.asarray(arcs, dtype=np.int64).reshape(-1, 3).T
    return build_graph(nodes, tail, head, time)


@st.composite
def graphs(draw, *, most_nodes=8, most_arcs=18):
    """Graphs with parallel arcs, loops, zero times, closed arcs, isolated nodes and several components."""
    nodes = draw(st.integers(1, most_nodes))
    node = st.integers(0, nodes - 1)
    time = st.integers(0, 3) | st.integers(0, LONGEST_TIME) | st.sampled_from(AWKWARD_TIMES)
    arcs = draw(st.lists(st.tuples(node, node, time), max_size=most_arcs))
    return graph_of(nodes, arcs)


def random_graph(random, *, nodes, arcs, longest=60_000, closed=0.0):
    """Make a larger graph without any structure; every other time is zero."""
    tail, head = random.integers(0, nodes, (2, arcs))
    time = random.integers(0, longest, arcs) * random.integers(0, 2, arcs)
    return build_graph(nodes, tail, head, np.where(random.random(arcs) < closed, UNREACHED, time))


def grid_graph(random, *, rows, columns, longest=60_000):
    """Streets of a chess-board town, each way with a time of its own."""
    node = np.arange(rows * columns).reshape(rows, columns)
    one = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
    other = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
    tail, head = np.concatenate((one, other)), np.concatenate((other, one))
    return build_graph(node.size, tail, head, random.integers(1, longest, tail.size))


@st.composite
def stops(draw, graph, *, fewest=0, most=5, slots=2):
    """Positions (arc, share along it) in some slots, each of them perhaps None, and an access leg."""
    known = np.flatnonzero(graph.travel_time <= LONGEST_TIME * 20)
    slot = st.none()
    if known.size:
        slot |= st.tuples(st.sampled_from(known.tolist()), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    point = st.tuples(st.lists(slot, min_size=slots, max_size=slots), st.integers(0, 5))
    return draw(st.lists(point, min_size=fewest, max_size=most)), slots


def anchors(graph, positions, *, as_starts):
    """Anchor positions on arcs: a start leaves its arc at the head, an end is entered from the tail."""
    points, slots = positions
    tail = graph.tail()
    shape = (len(points), slots)
    node, piece = np.full(shape, -1), np.full(shape, -1)
    time, offset = np.full(shape, UNREACHED), np.zeros(shape, dtype=np.int64)
    for (point, slot), position in np.ndenumerate(_objects([one for one, _ in points], shape)):
        if position is None:
            continue
        arc, share = position
        total, access = int(graph.travel_time[arc]), points[point][1]
        driven = math.floor(share * total)
        node[point, slot] = (graph.head if as_starts else tail)[arc]
        piece[point, slot], offset[point, slot] = arc, driven
        time[point, slot] = access + (total - driven if as_starts else driven)
    access = np.asarray([leg for _, leg in points], dtype=np.int64)
    return Anchors(*(freeze_int32(one) for one in (node, time, piece, offset, access)))


def _objects(rows, shape):
    """Make an object array of tuples that stay tuples."""
    array = np.empty(shape, dtype=object)
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            array[row, column] = value
    return array


def node_anchors(nodes, *, time=0):
    """Points that stand on nodes, or some time from them: one slot and an absent one, no piece."""
    nodes = np.asarray(nodes, dtype=np.int64)
    absent, zero = np.full_like(nodes, -1), np.zeros_like(nodes)
    slots = [(nodes, absent), (zero + time, np.full_like(nodes, UNREACHED)), (absent, absent), (zero, zero)]
    return Anchors(*(freeze_int32(np.column_stack(slot)) for slot in slots), access=freeze_int32(zero))


def turned(anchors_, graph):
    """Anchors on the graph whose arcs are turned round: a start becomes an end and the offset counts from behind."""
    total = np.where(anchors_.piece >= 0, graph.travel_time[anchors_.piece], 0) if graph.head.size else 0
    return anchors_._replace(offset=freeze_int32(total - anchors_.offset))


class Trips(NamedTuple):
    """A graph, prepared in some way, with starts and ends on it."""

    prepared: Prepared
    starts: Anchors
    ends: Anchors

    @property
    def graph(self) -> Graph:
        return self.prepared.graph

    def points(self, side):
        """Give the points searched from, and the others."""
        return (self.starts, self.ends) if side == "starts" else (self.ends, self.starts)

    def ways(self, budget):
        """Every kind of road graph by every method that takes it at this budget."""
        yield self.graph, "buckets"
        yield self.prepared, "auto"
        if budget <= LONGEST_SWEPT:
            yield self.prepared, "sweep"
            yield self.prepared.thinned, "sweep"
            yield Preparable(self.graph, lambda _graph: self.prepared.order), "sweep"

    def ask(self, search, **asked):
        """Ask a search between the starts and the ends."""
        return search(starts=self.starts, ends=self.ends, **asked)


@st.composite
def trips(draw, *, most_starts=5):
    """Draw a graph, prepared with any size of core and crown, and points on it with one to three slots."""
    graph = draw(graphs())
    most, crowded = draw(st.sampled_from([0, 1, 2, 3, 24, 30])), draw(st.sampled_from([0, 1, 2, 24]))
    prepared = prepare(graph, order=eliminate(graph, most_neighbours=most, crowded=crowded))
    slots = st.integers(1, 3)
    starts = anchors(graph, draw(stops(graph, most=most_starts, slots=draw(slots))), as_starts=True)
    ends = anchors(graph, draw(stops(graph, slots=draw(slots))), as_starts=False)
    return Trips(prepared, starts, ends)


@st.composite
def budgets(draw, table=None):
    """Budgets of every size; of a table of true times also one that is hit exactly, and one less."""
    known = [0, 5_000_000, LONGEST_SWEPT, UNREACHED - 1]
    if table is not None:
        hit = [int(time) for time in np.unique(table) if time != UNREACHED]
        known += [*hit, *(time - 1 for time in hit if time)]
    return draw(st.sampled_from(known) | st.integers(0, 6))


def shortest(graph, seeds):
    """Shortest times from seeds (node, time), in plain Python."""
    best = {}
    arcs = {node: [] for node in range(graph.nodes)}
    for tail, head, time in zip(*(one.tolist() for one in (graph.tail(), graph.head, graph.travel_time)), strict=True):
        if time != UNREACHED:
            arcs[tail].append((head, time))
    queue = [(time, node) for node, time in seeds]
    heapq.heapify(queue)
    while queue:
        time, node = heapq.heappop(queue)
        if node not in best:
            best[node] = time
            for head, more in arcs[node]:
                heapq.heappush(queue, (time + more, head))
    return best


def slots_of(points, point):
    """Give the slots of a point that are not absent: node, time, piece, offset."""
    columns = (points.node[point], points.time[point], points.piece[point], points.offset[point])
    return [slot for slot in zip(*(one.tolist() for one in columns), strict=True) if slot[0] >= 0]


def naive_table(graph, starts, ends, budget=UNREACHED - 1):
    """Travel times of all trips: through the graph from slot to slot, or along one piece."""
    table = np.full((starts.access.size, ends.access.size), UNREACHED, dtype=np.int32)
    for start in range(len(table)):
        leaves = slots_of(starts, start)
        reached = shortest(graph, [(node, time) for node, time, _, _ in leaves])
        for end in range(table.shape[1]):
            enters = slots_of(ends, end)
            times = [reached.get(node, math.inf) + time for node, time, _, _ in enters]
            times += [
                there - here + int(starts.access[start]) + int(ends.access[end])
                for _, _, piece, here in leaves
                for _, _, other, there in enters
                if piece == other >= 0 and there >= here
            ]
            time = min(times, default=math.inf)
            if time <= budget:
                table[start, end] = time
    return table


def naive_node_table(graph, seeds, search_from, budget=UNREACHED - 1):
    """Travel times between each of some points and each node, by the nodes that the points are anchored to."""
    searched = graph if search_from == "starts" else graph.reversed()
    table = np.full((seeds.access.size, graph.nodes), UNREACHED, dtype=np.int32)
    for point in range(len(table)):
        for node, time in shortest(searched, [slot[:2] for slot in slots_of(seeds, point)]).items():
            if time <= budget:
                table[point, node] = time
    return table


def naive_nearest(table, k):
    """Time and owner of the k nearest rows of each column, equal times in the order of rows."""
    time = np.full((k, table.shape[1]), UNREACHED, dtype=np.int32)
    owner = np.full((k, table.shape[1]), -1, dtype=np.int32)
    for column, times in enumerate(table.T.tolist()):
        ranked = sorted((one, row) for row, one in enumerate(times) if one != UNREACHED)[:k]
        for place, (one, row) in enumerate(ranked):
            time[place, column], owner[place, column] = one, row
    return time, owner


def scipy_table(graph, tails):
    """Shortest times from some nodes to all by SciPy, which takes a zero for no arc: hops go in low digits."""
    tail, head, time = graph.tail(), graph.head, graph.travel_time.astype(np.int64)
    order = np.lexsort((time, head, tail))
    order = order[time[order] != UNREACHED]
    quickest = np.ones(order.size, dtype=bool)
    quickest[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    arc, base = order[quickest], graph.nodes + 1
    matrix = sparse.csr_matrix(
        (time[arc].astype(np.float64) * base + 1, (tail[arc], head[arc])), shape=(graph.nodes, graph.nodes)
    )
    found = sparse.csgraph.dijkstra(matrix, indices=tails)
    there = ~np.isinf(found)
    exact = np.where(there, found, 0) // base
    return np.where(there & (exact < UNREACHED), exact, UNREACHED).astype(np.int32)
