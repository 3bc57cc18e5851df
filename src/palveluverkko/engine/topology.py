"""What hangs together: components, chains between junctions, and orders that keep neighbours together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph, Int32, freeze_bool, freeze_float64, freeze_int32, freeze_int64

_MOST_NODES = 2**30
_MANY_VERTICES = 500_000


class Chains(NamedTuple):
    """Pieces of paths walked in chains.

    Attributes
    ----------
    half
        int32[p]; the pieces in walking order: ``2 * i`` from position i of the paths to i + 1, ``2 * i + 1`` from
        i + 1 to i.
    begins
        int32[c + 1]; chain i is ``half[begins[i]:begins[i + 1]]``.
    """

    half: Int32
    begins: Int32


class Laid(NamedTuple):
    """Chains laid out vertex by vertex; a chain of k pieces has k + 1 vertices.

    Attributes
    ----------
    first_vertex
        int64[c + 1]; the vertices of chain i are ``first_vertex[i]`` to ``first_vertex[i + 1] - 1``.
    x, y
        float64[v]; where the vertices lie.
    onward, back
        int32[v]; two measures of the pieces, added up since the first vertex: walking with the chain and against it.
    length
        float64[c]; whole length of each chain.
    overflow
        The first chain whose total is above int32 (its columns are wrong), or -1.
    """

    first_vertex: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    onward: Int32
    back: Int32
    length: NDArray[np.float64]
    overflow: int


def component_labels(nodes: int, tail: NDArray[Any], head: NDArray[Any]) -> Int32:
    """Label the connected components, direction ignored, by the lowest node of each, int32[nodes]."""
    from palveluverkko.engine import topology_kernels as kernels  # importing numba costs 0.8 s

    labels: Int32 = kernels.component_labels(nodes, freeze_int32(tail), freeze_int32(head))
    return labels


def strong_labels(graph: Graph) -> Int32:
    """Label the parts within which every node reaches every other by the lowest node of each, int32[nodes]."""
    from palveluverkko.engine import topology_kernels as kernels

    labels: Int32 = kernels.strong_labels(graph.first_out, graph.head)
    return labels


def longest_part(
    graph: Graph, label: Int32, edge: NDArray[Any], *, counts: NDArray[np.bool_], length: NDArray[np.float64]
) -> tuple[int, NDArray[np.bool_]]:
    """Find the part of a graph within which the greatest length of edges is driven.

    Parameters
    ----------
    graph
        The graph.
    label
        int32[nodes]; the part that each node belongs to, a number below that of the nodes.
    edge
        int32[arcs]; the edge that each arc drives, negative for none.
    counts, length
        bool[e] and float64[e]; which edges count, each once however many arcs drive it, and how long they are.

    Returns
    -------
    tuple
        The label, -1 where no arc within a part drives an edge that counts, and the edges driven within it, bool[e].
    """
    from palveluverkko.engine import topology_kernels as kernels

    arrays = freeze_int32(label), freeze_int32(edge), freeze_bool(counts), freeze_float64(length)
    found: tuple[int, NDArray[np.bool_]] = kernels.longest_part(graph.first_out, graph.head, *arrays)
    return found


def reachable_from(graph: Graph, seeds: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which nodes the seeds (nodes) reach, themselves among them, bool[nodes]."""
    from palveluverkko.engine import topology_kernels as kernels

    reached: NDArray[np.bool_] = kernels.reachable_from(graph.first_out, graph.head, freeze_int32(seeds))
    return reached


def turned(graph: Graph) -> tuple[Int32, Int32]:
    """Give where the arcs into each node begin, int32[nodes + 1], and the node that each comes from, int32[arcs]."""
    from palveluverkko.engine import topology_kernels as kernels

    tail = freeze_int32(graph.tail())
    first_in, order = kernels.sort_arcs(graph.nodes, graph.head, tail)
    return freeze_int32(first_in), freeze_int32(tail[order])


def reaching(arcs_in: tuple[Int32, Int32], seeds: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which nodes reach any of the seeds (nodes), themselves among them, by the arcs :func:`turned`, bool[n]."""
    from palveluverkko.engine import topology_kernels as kernels

    found: NDArray[np.bool_] = kernels.reachable_from(*arcs_in, freeze_int32(seeds))
    return found


def depth_first_numbers(nodes: int, tail: NDArray[Any], head: NDArray[Any]) -> Int32:
    """Give each node the number of nodes that a depth-first walk, direction ignored, meets before it, int32[nodes].

    Roots are the lowest nodes not yet met, and neighbours are visited from the lowest: the numbers depend on the graph
    alone, not on the order of its arcs. Neighbours get near numbers, so that searches find them in the cache.
    """
    from palveluverkko.engine import topology_kernels as kernels

    both = freeze_int32(np.concatenate((tail, head))), freeze_int32(np.concatenate((head, tail)))
    first_out, order = kernels.sort_arcs(nodes, *both)
    numbers: Int32 = kernels.depth_first_numbers(freeze_int32(first_out), freeze_int32(both[1][order]))
    return numbers


def sort_arcs(nodes: int, tail: NDArray[Any], head: NDArray[Any]) -> tuple[Int32, Int32]:
    """Give where each tail's arcs begin, int32[nodes + 1], and the order by tail, then head, int32[arcs], stable."""
    from palveluverkko.engine import topology_kernels as kernels

    first_out, order = kernels.sort_arcs(nodes, freeze_int32(tail), freeze_int32(head))
    return first_out, order


def trace_chains(
    nodes: int,
    path: NDArray[Any],
    node: NDArray[Any],
    onward: NDArray[Any],
    back: NDArray[Any],
    *,
    stops: NDArray[Any] | None = None,
    join: bool = True,
) -> Chains:
    """Walk every piece of some paths once, in chains that pass where just two pieces meet and nothing changes.

    Rings where nothing ever changes begin at their first piece.

    Parameters
    ----------
    nodes
        Number of nodes.
    path, node
        int32[v]; the paths one after the other: number of the path, and the node, at each position. Neighbouring
        positions of one path are a piece.
    onward, back
        int32[paths]; what walking along the path, or against it, means. A chain passes from piece to piece where
        the meaning of its walk stays the same.
    stops
        int32[k]; nodes that no chain passes, whatever meets there.
    join
        False stops at every node.
    """
    from palveluverkko.engine import topology_kernels as kernels

    if node.size > _MOST_NODES:
        raise ValueError(f"paths of {node.size:,} nodes are too long: at most {_MOST_NODES:,} can be numbered")
    path, node = freeze_int32(path), freeze_int32(node)
    stops = freeze_int32(np.empty(0) if stops is None else stops)
    return Chains(*kernels.trace_chains(nodes, path, node, freeze_int32(onward), freeze_int32(back), stops, join))


def lay_chains(
    chains: Chains,
    order: NDArray[Any],
    node: NDArray[Any],
    *,
    xy: tuple[NDArray[Any], NDArray[Any]],
    length: NDArray[Any],
    onward: NDArray[Any],
    back: NDArray[Any],
) -> Laid:
    """Lay chains out in an order, adding up along them.

    Parameters
    ----------
    chains
        Of the paths that ``node`` gives.
    order
        int32[c]; which chain comes first.
    node
        int32[v]; the paths, as for :func:`trace_chains`.
    xy
        float64[nodes] each; where the nodes lie.
    length, onward, back
        float64[v] and int32[v]; of the piece from each position to the next: its length, and its measure along
        the path and against it.
    """
    from palveluverkko.engine import topology_kernels as kernels

    half, begins, order, node = (freeze_int32(one) for one in (chains.half, chains.begins, order, node))
    spot_x, spot_y, length = (freeze_float64(one) for one in (*xy, length))
    onward, back = freeze_int32(onward), freeze_int32(back)
    first_vertex = np.zeros(order.size + 1, dtype=np.int64)
    np.cumsum(np.diff(begins)[order] + 1, out=first_vertex[1:])
    x, y = (np.empty(first_vertex[-1], dtype=np.float64) for _ in "xy")
    totals = [np.empty(first_vertex[-1], dtype=np.int32) for _ in range(2)]
    lengths = np.zeros(order.size, dtype=np.float64)
    first_of_chain = freeze_int64(first_vertex)

    def lay(first: int, last: int) -> int:
        overflow: int = kernels.lay_chains(
            half,
            begins,
            order,
            node,
            spot_x,
            spot_y,
            length,
            onward,
            back,
            first,
            last,
            first_of_chain,
            x,
            y,
            totals[0],
            totals[1],
            lengths,
        )
        return overflow

    if first_vertex[-1] < _MANY_VERTICES:
        return Laid(first_vertex, x, y, totals[0], totals[1], lengths, lay(0, order.size))
    # Two spans with as many vertices each, in threads: 0.2 s for 5 million pieces instead of 0.3 s.
    middle = int(np.searchsorted(first_vertex, first_vertex[-1] // 2))
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(lay, (0, middle), (middle, order.size))
        overflows = [one for one in found if one >= 0]
    return Laid(first_vertex, x, y, totals[0], totals[1], lengths, min(overflows, default=-1))
