"""The nearest spot on many lines: a tree of boxes over their straight segments, packed in arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_bool, freeze_float64, freeze_int32, freeze_int64
from palveluverkko.engine.threads import Stop, available, in_threads, interruptible

ABSENT = -1
"""Line of a point that has none."""

# About 5 ms of work: an interrupt is heard at once, and threads share out few points too.
_POINTS_AT_ONCE = 4_000

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


class SegmentTree(NamedTuple):
    """Straight segments of lines in a packed tree of boxes: some 13 bytes a segment beside the vertices.

    The segments stand along a Hilbert curve, eight in a leaf and eight boxes in a box. A uniform grid would be
    simpler, but one that is fine enough for a town is too large for a country, and a point far from every road would
    walk through all its empty cells.

    Attributes
    ----------
    vertex, line
        int32[n]; first vertex and line of each segment, in the order of the tree.
    x, y
        float64[v]; the vertices of all lines.
    box
        float64[b, 4]; west, south, east, north.
    first_box
        int64[levels + 1]; where the boxes of each level begin, the leaves first.
    """

    vertex: Int32
    line: Int32
    x: Float64
    y: Float64
    box: Float64
    first_box: NDArray[np.int64]


class Courses(NamedTuple):
    """What tells lines apart, one entry for each.

    Attributes
    ----------
    preferred
        bool[e]; taken instead of a nearer line that is not.
    course
        int8[e]; 1 where traffic runs as the line is drawn, -1 against it, 0 both ways.
    road
        int32[e]; lines of one road have the same number; -1 for a line that has no other side.
    way
        int64[e]; what a line was cut from: it is no other side of itself.
    """

    preferred: Bool
    course: NDArray[np.int8]
    road: Int32
    way: NDArray[np.int64]


class Spots(NamedTuple):
    """Spots on lines, one for each point.

    Attributes
    ----------
    line
        int32[k]; -1 where there is none.
    vertex
        int64[k]; the vertex before the spot.
    fraction
        float64[k]; 0 at that vertex, 1 at the next one.
    x, y
        float64[k]; NaN where there is none.
    metres
        float64[k]; between point and spot, infinite where there is none.
    """

    line: Int32
    vertex: NDArray[np.int64]
    fraction: Float64
    x: Float64
    y: Float64
    metres: Float64


def build_tree(first_vertex: NDArray[np.int64], x: Float64, y: Float64, which: Bool) -> SegmentTree:
    """Pack the segments of some lines; the vertices of line i are ``first_vertex[i]`` to ``first_vertex[i + 1] - 1``.

    Raises
    ------
    ValueError
        The vertices are too many to be numbered in 31 bits.
    """
    if x.size > np.iinfo(np.int32).max:
        raise ValueError(f"{x.size:,} vertices are too many: at most {np.iinfo(np.int32).max:,}")
    from palveluverkko.engine import nearest_kernels as kernels  # importing numba costs 0.8 s

    x, y = freeze_float64(x), freeze_float64(y)

    def build(stop: Stop) -> SegmentTree:
        vertex, line = kernels.list_segments(freeze_int64(first_vertex), freeze_bool(which))
        order = kernels.order_by_curve(freeze_int32(vertex), x, y, stop)
        vertex, line = freeze_int32(vertex[order]), freeze_int32(line[order])
        first_box = freeze_int64(_first_boxes(vertex.size, kernels.BRANCHES))
        box = freeze_float64(kernels.box_segments(vertex, x, y, first_box))
        return SegmentTree(vertex, line, x, y, box, first_box)

    return interruptible(build)


def snap_to_lines(
    tree: SegmentTree,
    x: Float64,
    y: Float64,
    courses: Courses,
    *,
    factor: float,
    longest: float,
    further: float,
    degrees: float,
    threads: int = 0,
) -> tuple[Spots, Spots, Float64]:
    """Give the spot to which each point is tied, the spot on the other side of the road, and the nearest distance.

    The nearest line wins; of equally near spots one on a line with traffic both ways, then the one on the lowest line,
    and on it the first. A preferred line is taken instead of one that is not, within ``longest`` and ``factor`` times
    the distance. The other side of a one-way line is the nearest one of the same road and preference, cut from another
    way, that runs within ``degrees`` of the opposite direction and lies within ``longest`` and ``further`` beyond the
    first.

    Parameters
    ----------
    tree
        The lines to choose from.
    x, y
        float64[k]; the points; one that is not finite gets no line.
    courses
        What tells the lines apart.
    threads
        Number of threads; 0 for one on each processor. The answers are the same.
    """
    from palveluverkko.engine import nearest_kernels as kernels  # importing numba costs 0.8 s

    count = x.size
    nearest = np.full(count, np.inf)
    line = np.full((count, 2), ABSENT, dtype=np.int32)
    vertex = np.zeros((count, 2), dtype=np.int64)
    found = np.tile(np.asarray([0.0, np.nan, np.nan, np.inf] * 2), (count, 1))
    given = (
        *tree,
        freeze_bool(courses.preferred),
        _frozen_int8(courses.course),
        freeze_int32(courses.road),
        freeze_int64(courses.way),
        float(factor),
        float(longest),
        float(further),
        math.cos(math.radians(degrees)),
    )
    point_x, point_y = freeze_float64(x), freeze_float64(y)
    order = freeze_int32(interruptible(lambda stop: kernels.order_points_by_curve(point_x, point_y, stop)))

    def work(begin: int, _space: None, stop: Stop) -> None:
        end = min(begin + _POINTS_AT_ONCE, count)
        kernels.snap_points(point_x, point_y, order, begin, end, *given, stop, nearest, line, vertex, found)

    begins = range(0, count, _POINTS_AT_ONCE)
    for _ in in_threads(begins, work, make_workspace=lambda: None, threads=threads or available()):
        pass
    first, other = (
        Spots(freeze_int32(line[:, slot]), freeze_int64(vertex[:, slot]), *map(freeze_float64, found[:, own].T))
        for slot, own in enumerate((slice(0, 4), slice(4, 8)))
    )
    return first, other, nearest


def _first_boxes(segments: int, branches: int) -> NDArray[np.int64]:
    """Say where the boxes of each level begin: level by level an eighth as many, up to a single one."""
    counts = [max(1, -(-segments // branches))]
    while counts[-1] > 1:
        counts.append(-(-counts[-1] // branches))
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _frozen_int8(array: NDArray[np.int8]) -> NDArray[np.int8]:
    frozen = np.ascontiguousarray(array, dtype=np.int8).view()
    frozen.flags.writeable = False
    return frozen
