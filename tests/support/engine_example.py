"""One small run of every kernel, for comparing interpreters, thread counts and compilation."""

import hashlib

import numpy as np
from graphs import anchors

from palveluverkko.engine.graph import build_graph
from palveluverkko.engine.grid import spread_from_roads
from palveluverkko.engine.search import node_times, time_table
from palveluverkko.engine.topology import component_labels, trace_chains


def digest():
    """Give a sha256 over the answers of all kernels to one made-up task."""
    random = np.random.default_rng(7)
    nodes, arcs = 60, 150
    tail, head = random.integers(0, nodes, (2, arcs))
    graph = build_graph(nodes, tail, head, random.integers(0, 100_000, arcs))
    chosen = [((int(one), 0.3), (int(one) // 2, 0.6), 7) for one in random.integers(0, arcs, 12)]
    starts = anchors(graph, chosen[:6], as_starts=True)
    ends = anchors(graph, chosen[3:], as_starts=False)
    half_node = np.column_stack((tail, head)).ravel()
    degree = np.bincount(half_node, minlength=nodes)
    chains = trace_chains(
        np.concatenate(([0], np.cumsum(degree))), np.argsort(half_node, kind="stable"), tail, head, degree != 2
    )
    grid = spread_from_roads(
        random.uniform(0, 1000, (9, 4)),
        random.uniform(0, 60_000, (9, 2)),
        rows=21,
        columns=23,
        cell=50.0,
        milliseconds_per_metre=720.0,
        longest_metres=300.0,
        latest=200_000,
    )
    answers = (
        time_table(graph, starts=starts, ends=ends, budget=300_000, search_from="starts"),
        time_table(graph, starts=starts, ends=ends, budget=300_000, search_from="ends"),
        node_times(graph, seeds=starts, budget=300_000, search_from="starts"),
        component_labels(nodes, tail, head),
        *chains,
        grid,
    )
    whole = hashlib.sha256()
    for answer in answers:
        whole.update(np.ascontiguousarray(answer).tobytes())
    return whole.hexdigest()
