"""A graph as read-only arrays, and the points that enter and leave it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Scalar = TypeVar("Scalar", bound=np.generic)


class Graph(NamedTuple):
    """Directed graph in CSR form, read-only.

    Attributes
    ----------
    first_out
        int32[n + 1]; the arcs out of node v are ``first_out[v]`` to ``first_out[v + 1] - 1``.
    head
        int32[m]; where each arc leads.
    travel_time
        int32[m]; milliseconds, not negative.
    """

    first_out: Int32
    head: Int32
    travel_time: Int32

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.first_out.size - 1

    def tail(self) -> Int32:
        """Give the node that each arc leaves, int32[m]."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.first_out))

    def reversed(self) -> Graph:
        """Give the graph with every arc turned round."""
        return build_graph(self.nodes, self.head, self.tail(), self.travel_time)


class Anchors(NamedTuple):
    """Points tied to a graph, each by up to two slots: its two ways along the road piece that it stands on.

    Attributes
    ----------
    node
        int32[k, 2]; the node where a start enters the graph or an end leaves it, -1 for an absent slot.
    time
        int32[k, 2]; milliseconds between the point and that node, access leg included.
    piece
        int32[k, 2]; number of the directed road piece under the point, the same for starts and ends, or -1.
    offset
        int32[k, 2]; milliseconds from the beginning of that piece to the point.
    access
        int32[k]; milliseconds of the access leg.
    """

    node: Int32
    time: Int32
    piece: Int32
    offset: Int32
    access: Int32


def freeze_int32(array: NDArray[Any]) -> Int32:
    """Give a contiguous read-only int32 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.int32))


def freeze_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    """Give a contiguous read-only float64 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.float64))


def _frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    frozen = array.view()
    frozen.flags.writeable = False
    return frozen


def build_graph(nodes: int, tail: NDArray[Any], head: NDArray[Any], travel_time: NDArray[Any]) -> Graph:
    """Build a graph from arcs in any order; parallel arcs and loops stay.

    Raises
    ------
    ValueError
        A travel time is negative, or a node lies outside 0 to ``nodes - 1``.
    """
    if tail.size and (min(tail.min(), head.min()) < 0 or max(tail.max(), head.max()) >= nodes):
        raise ValueError(f"arcs name nodes outside 0 to {nodes - 1}")
    if travel_time.size and travel_time.min() < 0:
        raise ValueError("a travel time is negative")
    order = np.lexsort((head, tail))
    first_out = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first_out[1:])
    return Graph(freeze_int32(first_out), freeze_int32(head[order]), freeze_int32(travel_time[order]))
