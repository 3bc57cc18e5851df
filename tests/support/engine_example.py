"""One small run of every kernel, for comparing interpreters, thread counts and compilation."""

import hashlib

import numpy as np
from graphs import anchors

from palveluverkko.engine.elimination import Preparable, eliminate, prepare
from palveluverkko.engine.graph import (
    UNREACHED,
    build_graph,
    freeze_bool,
    freeze_float64,
    freeze_int32,
    freeze_int64,
)
from palveluverkko.engine.grid import spread_from_roads
from palveluverkko.engine.pieces import Edges, time_stretches
from palveluverkko.engine.search import (
    band_counts,
    k_nearest,
    nearest,
    nearest_nodes,
    node_bands,
    node_times,
    time_table,
    time_table_blocks,
)
from palveluverkko.engine.topology import (
    component_labels,
    depth_first_numbers,
    lay_chains,
    reachable_from,
    strong_labels,
    trace_chains,
)


def digest():
    """Give a sha256 over the answers of all kernels to one made-up task."""
    random = np.random.default_rng(7)
    nodes, arcs = 60, 150
    tail, head = random.integers(0, nodes, (2, arcs))
    graph = build_graph(nodes, tail, head, random.integers(0, 100_000, arcs))
    whole = hashlib.sha256()
    for answer in (*search_answers(graph, random), *surface_answers(graph, random)):
        whole.update(np.ascontiguousarray(answer).tobytes())
    return whole.hexdigest()


def search_answers(graph, random):
    """Give the answers of all searches on one graph, prepared in three ways, and on other times."""
    arcs = random.integers(0, graph.head.size, 40).tolist()
    chosen = [([(arc, 0.3), (arc // 2, 0.6)], 7) for arc in arcs]
    asked = {
        "starts": anchors(graph, (chosen[:36], 2), as_starts=True),
        "ends": anchors(graph, (chosen[33:], 2), as_starts=False),
    }
    bands = np.asarray([50_000, 150_000, 300_000])
    orders = [eliminate(graph, most_neighbours=most, crowded=most // 2) for most in (0, 4, 256)]
    for order in orders:
        yield from (np.asarray(one) for one in order)
        yield from prepare(graph, order=order).against
    closed = np.where(random.random(graph.head.size) < 0.2, UNREACHED, graph.travel_time)
    changed = prepare(graph, order=orders[1]).with_times(closed)
    prepared = [prepare(graph, order=order) for order in orders]
    for roads in (*prepared, prepared[2].thinned, changed, Preparable(graph), graph):
        for side in ("starts", "ends"):
            for method in ("buckets", "sweep", "auto"):
                how = {"search_from": side, "method": method}
                yield time_table(roads, budget=300_000, **how, **asked).milliseconds
                yield from nearest(roads, budget=300_000, **how, **asked)[:2]
                seeds = asked[side]
                yield from nearest_nodes(roads, seeds=seeds, budget=300_000, **how)[:2]
                yield node_times(roads, seeds=seeds, budget=300_000, **how).milliseconds
                yield from node_bands(roads, seeds=seeds, thresholds=bands, **how)[:1]
    for method in ("buckets", "sweep"):
        how = {"search_from": "ends", "method": method}
        yield from k_nearest(prepared[1], k=3, budget=300_000, **how, **asked)[:2]
        yield band_counts(prepared[1], thresholds=bands, **how, **asked).counts
        for _, block in time_table_blocks(prepared[1], budget=300_000, block=3, **how, **asked)[1]:
            yield block


def surface_answers(graph, random):
    """Give the answers of the kernels for components, orders, chains and the grid."""
    tail, head, nodes = graph.tail(), graph.head, graph.nodes
    yield component_labels(nodes, tail, head)
    yield strong_labels(graph)
    yield reachable_from(graph, np.asarray([3, 4]))
    yield depth_first_numbers(nodes, tail, head)
    path, node = np.repeat(np.arange(12), 5), random.integers(0, nodes, 60)
    meaning = random.integers(0, 2, (2, 12))
    chains = trace_chains(nodes, path, node, *meaning)
    yield from chains
    order, xy = np.arange(chains.begins.size - 1)[::-1], random.uniform(0, 1000, (2, nodes))
    times = random.integers(0, 9000, (2, 60))
    yield from lay_chains(chains, order, node, xy=tuple(xy), length=times[0] / 8, onward=times[0], back=times[1])
    x, y, driven = *random.uniform(0, 1000, (2, 40)), np.tile(np.arange(0, 8000, 1000), 5)
    edges = Edges(
        freeze_int64(np.arange(0, 41, 8)),
        freeze_float64(x),
        freeze_float64(-y),
        *(freeze_int32(driven) for _ in range(2)),
        freeze_bool(np.ones((5, 2))),
        freeze_int32(np.arange(10).reshape(5, 2)),
        freeze_bool(np.ones(5)),
    )
    stretches = time_stretches(
        edges,
        freeze_int32(random.integers(0, 60_000, 10)),
        freeze_int32(np.arange(10)),
        towards=True,
        latest=200_000,
        longest=50.0,
    )
    yield from stretches[:9]
    yield from spread_from_roads(
        [stretches],
        rows=21,
        columns=23,
        cell=50.0,
        milliseconds_per_metre=720.0,
        longest_metres=300.0,
        latest=200_000,
    )
