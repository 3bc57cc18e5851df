"""Random graphs and anchors for the engine, and its searches once more, from the definition."""

import heapq
import math

import numpy as np
from hypothesis import strategies as st

from palveluverkko.engine.graph import Anchors, build_graph, freeze_int32
from palveluverkko.engine.search import UNREACHED


@st.composite
def graphs(draw, *, most_nodes=8, most_arcs=18):
    """Graphs with parallel arcs, loops, zero times, isolated nodes and several components."""
    nodes = draw(st.integers(1, most_nodes))
    node, time = st.integers(0, nodes - 1), st.integers(0, 3) | st.integers(0, 2_000_000)
    arcs = draw(st.lists(st.tuples(node, node, time), max_size=most_arcs))
    return graph_of(nodes, arcs)


def graph_of(nodes, arcs):
    tail, head, time = np.asarray(arcs, dtype=np.int64).reshape(-1, 3).T
    return build_graph(nodes, tail, head, time)


@st.composite
def stops(draw, graph, *, most=5):
    """Positions (arc, share along it) in two slots, either of them None, and an access leg."""
    arc = st.integers(0, graph.head.size - 1) if graph.head.size else st.nothing()
    slot = st.none() | st.tuples(arc, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    return draw(st.lists(st.tuples(slot, slot, st.integers(0, 5)), min_size=1, max_size=most))


def anchors(graph, positions, *, as_starts):
    """Anchor positions on arcs: a start leaves its arc at the head, an end is entered from the tail."""
    tail = graph.tail()
    rows = []
    for first, second, access in positions:
        slots = []
        for slot in (first, second):
            if slot is None:
                slots.append((-1, UNREACHED, -1, 0))
                continue
            arc, share = slot
            total = int(graph.travel_time[arc])
            offset = math.floor(share * total)
            node, time = (graph.head[arc], total - offset) if as_starts else (tail[arc], offset)
            slots.append((int(node), time + access, arc, offset))
        rows.append((*zip(*slots, strict=True), access))
    node, time, piece, offset, access = zip(*rows, strict=True)
    return Anchors(*(freeze_int32(np.asarray(one)) for one in (node, time, piece, offset, access)))


def turned(anchors_, graph):
    """Anchors on the graph whose arcs are turned round: a start becomes an end and the offset counts from behind."""
    total = np.where(anchors_.piece >= 0, graph.travel_time[anchors_.piece], 0) if graph.head.size else 0
    return anchors_._replace(offset=freeze_int32(total - anchors_.offset))


def shortest(graph, seeds):
    """Shortest times from seeds (node, time), in plain Python."""
    best = {}
    arcs = {node: [] for node in range(graph.nodes)}
    for tail, head, time in zip(*(one.tolist() for one in (graph.tail(), graph.head, graph.travel_time)), strict=True):
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


def naive_trip(graph, starts, ends, start, end):
    """Travel time of one trip: through the graph from slot to slot, or along one piece."""
    times = [math.inf]
    for i in range(2):
        if starts.node[start, i] < 0:
            continue
        reached = shortest(graph, [(int(starts.node[start, i]), int(starts.time[start, i]))])
        for j in range(2):
            if ends.node[end, j] >= 0:
                times.append(reached.get(int(ends.node[end, j]), math.inf) + int(ends.time[end, j]))
            ahead = int(ends.offset[end, j]) - int(starts.offset[start, i])
            if starts.piece[start, i] == ends.piece[end, j] and ahead >= 0:
                times.append(ahead + int(starts.access[start]) + int(ends.access[end]))
    return min(times)


def naive_table(graph, starts, ends, budget):
    table = np.full((starts.access.size, ends.access.size), UNREACHED, dtype=np.int32)
    for start, end in np.ndindex(table.shape):
        time = naive_trip(graph, starts, ends, start, end)
        if time <= budget:
            table[start, end] = time
    return table
