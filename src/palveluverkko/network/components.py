"""What hangs together in a road network: which roads are local, and which belong to its main part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph
from palveluverkko.engine.topology import component_labels, reachable_from, strong_labels
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


def find_main(
    edges: Edges, graph: Graph, start_node: NDArray[np.int32], end_node: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Find the edges of the main part: those that can be driven to and away from, anywhere in it.

    Of the longest component, directions ignored, the main part is the one with the most public road within which
    everything reaches everything, and the local roads that can be driven to from there and back. Where it is not worth
    the name (less than half of the component: one-way roads that lead nowhere), the whole component counts as main.
    """
    component = component_labels(start_node.size, edges.tail, edges.head)[edges.tail]
    weak = component == np.bincount(component, weights=edges.metres).argmax()
    # Zero arcs lead from local beginnings through junctions to local ends and never back: the strong part of a junction
    # is the one that public roads make.
    strong = strong_labels(graph)
    found = weak & ~edges.local & (strong[edges.tail] == strong[edges.head])
    if not found.any():
        return np.asarray(weak)
    longest = np.bincount(strong[edges.tail[found]], weights=edges.metres[found]).argmax()
    found &= strong[edges.tail] == longest
    local = np.flatnonzero(weak & edges.local)
    found[local] = _joined_to(np.flatnonzero(strong == longest), edges, local, graph, start_node, end_node)
    enough = edges.metres[found].sum() >= _ENOUGH * edges.metres[weak].sum()
    return np.asarray(found if enough else weak)


def _joined_to(
    seeds: NDArray[np.int64],
    edges: Edges,
    local: NDArray[np.int64],
    graph: Graph,
    start_node: NDArray[np.int32],
    end_node: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Tell which of some local edges can be left for the seeds and be arrived at from them."""
    if not local.size:
        return np.zeros(0, dtype=np.bool_)
    reaches_seeds, reached_from_seeds = reachable_from(graph.reversed(), seeds), reachable_from(graph, seeds)
    tail, head, forward, backward = edges.tail[local], edges.head[local], edges.forward[local], edges.backward[local]
    leaves = (forward & reaches_seeds[start_node[head]]) | (backward & reaches_seeds[start_node[tail]])
    arrives = (forward & reached_from_seeds[end_node[tail]]) | (backward & reached_from_seeds[end_node[head]])
    return np.asarray(leaves & arrives)
