"""Roads in stretches about as long as a cell of a grid, with their travel times."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_bool, freeze_float64, freeze_int32, freeze_int64
from palveluverkko.engine.threads import available, in_threads

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

_PARTS_PER_THREAD = 4


class Edges(NamedTuple):
    """Edges and what one drives along them, as columns of arrays.

    Attributes
    ----------
    first_vertex
        int64[e + 1]; where the vertices of each edge begin.
    x, y
        float64[v].
    along, back
        int32[v]; milliseconds between the first vertex of the edge and this one, driven forward and backward.
    ways
        bool[e, 2]; whether one may drive forward, and backward.
    ends
        int32[e, 2]; the node where each of the two ways joins the graph.
    chosen
        bool[e]; edges that count.
    """

    first_vertex: Int64
    x: Float64
    y: Float64
    along: Int32
    back: Int32
    ways: Bool
    ends: Int32
    chosen: Bool


class Stretches(NamedTuple):
    """Stretches of road, each along some vertices, with travel times that are linear between vertices.

    The time at vertex v is ``base - column[v]`` where times fall along the road, else ``base + column[v]``, with
    ``along`` as the column of forward stretches and ``back`` of backward ones. Forward times fall where ``falls``, and
    backward times where not.

    Attributes
    ----------
    first, last
        int64[s]; the first and the last vertex.
    backward
        bool[s].
    base
        int64[s]; milliseconds.
    owner
        int32[s]; the point that the way leads to.
    west, east, south, north
        float64[s]; smallest and largest x, and y.
    x, y, along, back
        The vertices: float64[v], int32[v].
    falls
        Whether times fall along the road driven forward.
    """

    first: Int64
    last: Int64
    backward: Bool
    base: Int64
    owner: Int32
    west: Float64
    east: Float64
    south: Float64
    north: Float64
    x: Float64
    y: Float64
    along: Int32
    back: Int32
    falls: bool

    def lines(self) -> TimedLines:
        """Give every straight piece by itself."""
        count = self.last - self.first
        stretch = np.repeat(np.arange(count.size), count)
        at = np.arange(stretch.size) - np.repeat(np.cumsum(count) - count, count) + self.first[stretch]
        way = self.backward[stretch]
        begin, end = (np.where(way, self.back[one], self.along[one]).astype(np.int64) for one in (at, at + 1))
        sign = np.where(way == self.falls, 1, -1)
        line = np.column_stack((self.x[at], self.y[at], self.x[at + 1], self.y[at + 1]))
        return TimedLines(line, self.base[stretch] + sign * begin, sign * (end - begin), self.owner[stretch])


class TimedLines(NamedTuple):
    """Straight pieces of road.

    Attributes
    ----------
    line
        float64[k, 4]; x0, y0, x1, y1.
    base
        int64[k]; milliseconds at the beginning.
    more
        int64[k]; milliseconds by which it is later at the end.
    owner
        int32[k]; the point that it leads to.
    """

    line: Float64
    base: Int64
    more: Int64
    owner: Int32

    def stretches(self) -> Stretches:
        """Give each piece as a stretch of its own."""
        number, bounds = np.arange(len(self.line)), (np.minimum, np.maximum)
        columns: list[Any] = [
            freeze_int64(2 * number),
            freeze_int64(2 * number + 1),
            freeze_bool(np.zeros(number.size, dtype=np.bool_)),
            freeze_int64(self.base),
            freeze_int32(self.owner),
            *(freeze_float64(bound(self.line[:, one], self.line[:, one + 2])) for one in (0, 1) for bound in bounds),
            freeze_float64(self.line[:, [0, 2]].ravel()),
            freeze_float64(self.line[:, [1, 3]].ravel()),
        ]
        driven = freeze_int32(np.column_stack((np.zeros_like(self.more), self.more)).ravel())
        columns += [driven, driven, False]
        return Stretches(*columns)


def time_stretches(
    edges: Edges, node_time: Int32, node_owner: Int32 | None, *, towards: bool, latest: int, longest: float
) -> Stretches:
    """Cut edges into stretches and give each with its travel times, as far as they are not later than a limit.

    A stretch with two ways, of which either is the quicker somewhere, comes twice.

    Parameters
    ----------
    edges
        What is driven.
    node_time, node_owner
        int32[n]; travel time between each node and the nearest point, and which it is; one point when None.
    towards
        To the points, or from them.
    latest
        Milliseconds.
    longest
        Metres from west to east and from south to north that a stretch of several straight pieces takes up, at most.
    """
    from palveluverkko.engine import pieces_kernels as kernels  # importing numba costs 0.8 s

    owner = np.zeros(node_time.size, dtype=np.int32) if node_owner is None else node_owner
    nodes = (freeze_int32(node_time), freeze_int32(owner), edges.ends, edges.ways, edges.chosen)
    vertices = (edges.x, edges.y, edges.along, edges.back)
    bounds = np.linspace(0, edges.chosen.size, _PARTS_PER_THREAD * available() + 1).astype(np.int64).tolist()

    def cut(begin: int, end: int) -> list[NDArray[Any]]:
        # As many as there are pieces, twice: pages that are never written take no memory.
        most = 2 * int(edges.first_vertex[end] - edges.first_vertex[begin])
        kinds = (np.int64, np.int64, np.bool_, np.int64, np.int32, *[np.float64] * 4)
        columns: list[Any] = [np.empty(most, dtype=kind) for kind in kinds]
        where: list[Any] = [begin, end, towards, *nodes, edges.first_vertex, *vertices, float(longest), latest]
        used = kernels.time_stretches(*[*columns, *where])
        return [column[:used].copy() for column in columns]

    parts = in_threads(
        list(pairwise(bounds)),
        lambda task, _space, _stop: cut(*task),
        make_workspace=lambda: None,
        threads=available(),
    )
    columns: list[Any] = [np.concatenate(one) for one in zip(*parts, strict=True)]
    for one in columns:
        one.flags.writeable = False
    return Stretches(*[*columns, *vertices, towards])
