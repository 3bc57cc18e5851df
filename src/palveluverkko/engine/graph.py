"""A graph as read-only arrays, and the points that enter and leave it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

UNREACHED = 2_147_483_647
"""Travel time of what is not reached, and of an arc that is closed: the largest int32, so that a minimum ignores it."""

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
        int32[m]; milliseconds, not negative; UNREACHED for an arc that is closed.
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
        from palveluverkko.engine import topology_kernels as kernels  # importing numba costs 0.8 s

        return Graph(*(freeze_int32(one) for one in kernels.turn_round(*self)))

    def with_times(self, travel_time: NDArray[Any]) -> Graph:
        """Give the same nodes and arcs with other travel times, in the order of the arcs; UNREACHED closes an arc.

        Raises
        ------
        ValueError
            A time is negative or no whole number, or the times are not as many as the arcs.
        """
        if travel_time.shape != self.travel_time.shape:
            raise ValueError(f"{travel_time.size} travel times for {self.travel_time.size} arcs")
        check_times(travel_time)
        return self._replace(travel_time=freeze_int32(travel_time))


class Anchors(NamedTuple):
    """Points tied to a graph, each by some slots: most often two, its ways along the road piece that it stands on.

    Attributes
    ----------
    node
        int32[k, s]; the node where a start enters the graph or an end leaves it, -1 for an absent slot.
    time
        int32[k, s]; milliseconds between the point and that node, access leg included.
    piece
        int32[k, s]; number of the directed road piece under the point, the same for starts and ends, or -1.
    offset
        int32[k, s]; milliseconds from the beginning of that piece to the point.
    access
        int32[k]; milliseconds of the access leg.
    further
        int32[k, s]; milliseconds by which the access leg of a slot is longer than ``access``; None where none is.
    """

    node: Int32
    time: Int32
    piece: Int32
    offset: Int32
    access: Int32
    further: Int32 | None = None


def freeze_int32(array: NDArray[Any]) -> Int32:
    """Give a contiguous read-only int32 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.int32))


def freeze_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    """Give a contiguous read-only float64 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.float64))


def freeze_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """Give a contiguous read-only float32 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.float32))


def freeze_int64(array: NDArray[Any]) -> NDArray[np.int64]:
    """Give a contiguous read-only int64 array, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.int64))


def freeze_bool(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Give a contiguous read-only array of flags, so that every kernel has one specialisation."""
    return _frozen(np.ascontiguousarray(array, dtype=np.bool_))


def check_times(travel_time: NDArray[Any]) -> None:
    """Refuse travel times that are negative, no whole number, or too long for int32 milliseconds (ValueError)."""
    if not are_whole(travel_time, most=UNREACHED):
        raise ValueError(f"a travel time is negative, no whole number or above {UNREACHED:,} milliseconds")


def are_whole(numbers: NDArray[Any], *, most: int) -> bool:
    """Tell whether all numbers of an array are whole ones from 0 to a most; NaN and infinity are none."""
    if numbers.dtype.kind not in "iuf":
        return False
    within = not numbers.size or bool(numbers.min() >= 0 and numbers.max() <= most)  # NaN is neither
    return within and (numbers.dtype.kind != "f" or bool((numbers == np.floor(numbers)).all()))


def _frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    frozen = array.view()
    frozen.flags.writeable = False
    return frozen


def build_graph(nodes: int, tail: NDArray[Any], head: NDArray[Any], travel_time: NDArray[Any]) -> Graph:
    """Build a graph from arcs in any order; parallel arcs stay, in the order given, and so do loops.

    Raises
    ------
    ValueError
        A travel time is negative, no whole number or above int32, a node is none from 0 to ``nodes - 1``, the three
        arrays differ in length, or the arcs are too many to be numbered.
    """
    return sort_into_graph(nodes, tail, head, travel_time)[0]


def sort_into_graph(
    nodes: int, tail: NDArray[Any], head: NDArray[Any], travel_time: NDArray[Any]
) -> tuple[Graph, Int32]:
    """Build a graph as :func:`build_graph` does, and give for each of its arcs the position it was given at."""
    if nodes < 0:
        raise ValueError(f"a graph of {nodes} nodes; there are none, or some")
    if max(tail.size, nodes) > UNREACHED:
        raise ValueError(f"a graph of {nodes:,} nodes and {tail.size:,} arcs is too large: at most {UNREACHED:,} each")
    if not tail.shape == head.shape == travel_time.shape:
        raise ValueError(f"{tail.size} tails, {head.size} heads and {travel_time.size} travel times; each arc has one")
    if not (are_whole(tail, most=nodes - 1) and are_whole(head, most=nodes - 1)):
        raise ValueError(f"arcs name nodes outside 0 to {nodes - 1}, or that are no whole numbers")
    check_times(travel_time)
    from palveluverkko.engine import topology_kernels as kernels  # importing numba costs 0.8 s

    first_out, order = kernels.sort_arcs(nodes, freeze_int32(tail), freeze_int32(head))
    return Graph(freeze_int32(first_out), freeze_int32(head[order]), freeze_int32(travel_time[order])), order
