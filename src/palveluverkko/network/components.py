"""What hangs together in a road network: which roads are local, and which belong to its main part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph
from palveluverkko.engine.search import connected_both_ways
from palveluverkko.engine.topology import component_labels
from palveluverkko.network.road_network import Edges

_TRIES = 5
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
    component = component_labels(junctions, tail, head)[tail]
    public = component_labels(junctions, tail[~tagged_local], head[~tagged_local])[tail]
    length = np.bincount(public, weights=np.where(tagged_local, 0.0, metres), minlength=junctions)
    # The longest public part of each component: order by component, then length, and keep the last.
    parts, at = np.unique(public[~tagged_local], return_index=True)
    part_component = component[~tagged_local][at]
    order = np.lexsort((parts, length[parts], part_component))
    last = np.append(part_component[order][1:] != part_component[order][:-1], True) if parts.size else np.zeros(0, bool)
    return np.asarray(tagged_local | ~np.isin(public, parts[order][last]))


def find_main(
    edges: Edges, graph: Graph, start_node: NDArray[np.int32], end_node: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Find the edges of the main part: those that can be driven to and away from, anywhere in it.

    The part is looked for from a few public junctions of the longest component, directions ignored, and the
    longest find wins. Where no part is worth the name (less than half of the component: one-way roads that lead
    nowhere), the whole component counts as main.
    """
    component = component_labels(start_node.size, edges.tail, edges.head)[edges.tail]
    weak = component == np.bincount(component, weights=edges.metres).argmax()
    public = np.unique(edges.tail[weak & ~edges.local])
    best, longest = weak, _ENOUGH * edges.metres[weak].sum()
    for seed in public[np.linspace(0, public.size - 1, min(_TRIES, public.size)).astype(np.int64)]:
        found = weak & _joined_to(int(seed), edges, graph, start_node, end_node)
        length = edges.metres[found].sum()
        if length >= longest:
            best, longest = found, length
    return np.asarray(best)


def _joined_to(
    seed: int, edges: Edges, graph: Graph, start_node: NDArray[np.int32], end_node: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Tell which edges can be left for a node and be arrived at from it."""
    reaches_seed, reached_from_seed = connected_both_ways(graph, seed)
    begin_tail = np.where(edges.local, start_node[edges.tail], edges.tail)
    begin_head = np.where(edges.local, start_node[edges.head], edges.head)
    end_tail = np.where(edges.local, end_node[edges.tail], edges.tail)
    end_head = np.where(edges.local, end_node[edges.head], edges.head)
    leaves = (edges.forward & reaches_seed[begin_head]) | (edges.backward & reaches_seed[begin_tail])
    arrives = (edges.forward & reached_from_seed[end_tail]) | (edges.backward & reached_from_seed[end_head])
    return np.asarray(leaves & arrives)
