"""What hangs together in a road network: which roads are local, and which belong to its main part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.threads import threads_beside
from palveluverkko.engine.topology import (
    component_labels,
    longest_part,
    reachable_from,
    reaching,
    strong_labels,
    turned,
)
from palveluverkko.network.layers import Layers
from palveluverkko.network.road_network import Edges

_ENOUGH = 0.5


def find_local(
    junctions: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    tagged_local: NDArray[np.bool_],
    metres: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Find the edges for the first and last leg only.

    A public road that only local roads join to the rest is local too: otherwise nobody who lives behind a
    private road could leave. Of the public parts of a component the longest stays public.
    """
    tagged_public = ~tagged_local
    component = component_labels(junctions, tail, head)
    part = component_labels(junctions, tail[tagged_public], head[tagged_public])
    part_of_public = part[tail[tagged_public]]
    length = np.bincount(part_of_public, weights=metres[tagged_public], minlength=junctions)
    # The longest public part of each component: order by component, then length, and keep the last.
    parts = np.flatnonzero(np.bincount(part_of_public, minlength=junctions))
    parts = parts[np.lexsort((length[parts], component[parts]))]
    last = np.append(component[parts][1:] != component[parts][:-1], True)[: parts.size]
    longest = np.zeros(junctions, dtype=np.bool_)
    longest[parts[last]] = True
    return np.asarray(tagged_local | ~longest[part[tail]])


def find_longest_component(junctions: int, edges: Edges) -> NDArray[np.bool_]:
    """Find the edges of the longest component, directions ignored."""
    component = component_labels(junctions, edges.tail, edges.head)[edges.tail]
    return np.asarray(component == np.bincount(component, weights=edges.metres).argmax())


def find_main(edges: Edges, layers: Layers, weak: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Find the edges of the main part: those that can be driven to and away from, anywhere in it.

    Of the longest component, directions ignored, the main part is the one with the most public road within which
    everything reaches everything, and the local roads that can be driven to from there and back. Where it is not worth
    the name (less than half of the component: one-way roads that lead nowhere), the whole component counts as main.

    Parameters
    ----------
    edges
        The edges; ``main`` is not read.
    layers
        Their graph.
    weak
        bool[e]; the longest component, if it is known.
    """
    weak = find_longest_component(int(layers.node_junction.max(initial=-1)) + 1, edges) if weak is None else weak
    graph = layers.graph
    with threads_beside() as beside:
        turning = beside.submit(turned, graph)
        # Zero arcs lead from local beginnings through junctions to local ends and never back: only public roads lie in
        # a strong part of more than one node.
        strong = strong_labels(graph)
        counts = weak & ~edges.local
        longest, found = longest_part(graph, strong, layers.arc_piece >> 1, counts=counts, length=edges.metres)
        if longest < 0:
            return weak
        local, seeds = np.flatnonzero(weak & edges.local), np.flatnonzero(strong == longest)
        arriving = beside.submit(lambda: reaching(turning.result(), seeds))
        reached = reachable_from(graph, seeds)
        found[local] = _joined(edges, local, layers, reaches_seeds=arriving.result(), reached=reached)
    enough = edges.metres[found].sum() >= _ENOUGH * edges.metres[weak].sum()
    return np.asarray(found if enough else weak)


def _joined(
    edges: Edges,
    local: NDArray[np.int64],
    layers: Layers,
    *,
    reaches_seeds: NDArray[np.bool_],
    reached: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which of some local edges can be left for the seeds and be arrived at from them."""
    open_ways = np.column_stack((edges.forward[local], edges.backward[local]))
    leaves = (open_ways & reaches_seeds[layers.leave[local]]).any(axis=1)
    arrives = (open_ways & reached[layers.enter[local]]).any(axis=1)
    return np.asarray(leaves & arrives)
