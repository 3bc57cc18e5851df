"""Corners of areas that have whole sides in common: as many taken away as a tolerance allows, none of them apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import freeze_float64, freeze_int64

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

_RING, _LOOP = 3, 2
"""Corners that a ring without a node keeps, and one with a single node beside it: a triangle."""


def remove_small_corners(xy: Float64, rings: Int64, *, tolerance: float) -> tuple[Float64, Int64]:
    """Take the corners from rings whose triangle with the two corners beside them is small: Visvalingam & Whyatt.

    Lines that two areas share are simplified once, between nodes, where more than two sides meet; nodes stay. From each
    line the corner of the smallest triangle goes first, of equal ones the westernmost, as long as no other corner lies
    in the triangle. Then nothing crosses that did not cross before, and areas lie beside and within each other as they
    did. Of other lines the corners count that they had when a turn began; what was held by one that went meanwhile has
    another turn. So neither the order of the rings nor where they begin changes what goes.

    Parameters
    ----------
    xy
        float64[n, 2]; the rings one after the other, each ending with its first corner. They cross nowhere, and touch
        in corners of both only.
    rings
        int64[r + 1]; where each ring begins, and where the last ends.
    tolerance
        The square root of the area of the largest triangle that goes.

    Returns
    -------
    Corners and rings as given, in the same order.

    References
    ----------
    M. Visvalingam, J. D. Whyatt (1993): Line generalisation by repeated elimination of points. The Cartographic Journal
    30 (1), 46-51.
    """
    from palveluverkko.engine import corner_kernels as kernels  # importing numba costs 0.8 s

    xy, rings = freeze_float64(xy), freeze_int64(rings)
    number = np.empty(len(xy), dtype=np.int32)
    slots = np.full(1 << (2 * len(xy) + 1).bit_length(), -1, dtype=np.int32)
    place = np.empty((len(xy), 2))
    count = kernels.number_corners(xy, _hashed(xy) & (slots.size - 1), number, slots, place)
    place = place[:count]
    neighbours, nodes = np.full((count, 2), -1, dtype=np.int32), np.zeros(count, dtype=np.bool_)
    kernels.find_neighbours(number, rings, neighbours, nodes)
    corners, begins = np.empty(count, dtype=np.int32), np.zeros(count + 1, dtype=np.int64)
    ends, line = np.empty((count, 2), dtype=np.int32), np.full(count, -1, dtype=np.int32)
    lines = kernels.trace_lines(neighbours, nodes, corners, begins, ends, line)
    begins, ends = begins[: lines + 1], ends[:lines]
    sides = np.empty((len(xy), 2), dtype=np.int32)
    least = _least(ends, sides[: kernels.find_straight(number, rings, nodes, sides)])
    gone, held = np.zeros(count, dtype=np.int32), np.ones(lines, dtype=np.bool_)
    bins, turn, largest = _bins(place), 1, float(tolerance * tolerance)
    while kernels.remove_corners(place, corners, begins, ends, least, line, gone, held, turn, largest, *bins):
        turn += 1
    kept, kept_rings = np.empty(xy.shape), np.empty(rings.size, dtype=np.int64)
    used = kernels.keep_corners(xy, number, rings, gone, kept, kept_rings)
    return kept[:used], kept_rings


def _hashed(xy: Float64) -> Int64:
    """Give a number at random for each place, the same for the same place."""
    # 0 and -0 are one place.
    bits = (xy + 0.0).view(np.uint64)
    # Multiplying carries upwards only, and the lowest bits of most places are 0: the upper ones are folded down.
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15) + bits[:, 1]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray((mixed >> np.uint64(32)).astype(np.int64))


def _least(ends: Int32, sides: Int32) -> Int32:
    """Give how many corners a line keeps between its ends: one where another joins the same two, lest they meet."""
    key, straight = (np.sort(one, axis=1).astype(np.int64) @ np.asarray([1 << 32, 1]) for one in (ends, sides))
    _, which, times = np.unique(key, return_inverse=True, return_counts=True)
    least = ((times[which] > 1) | np.isin(key, straight)).astype(np.int32)
    least[ends[:, 0] == ends[:, 1]] = _LOOP
    least[ends[:, 0] < 0] = _RING
    return least


def _bins(place: Float64) -> tuple[float, float, float, int, Int64, Int32]:
    """Sort places into square bins, about one in each: west and south end, side and columns, beginnings and members."""
    from palveluverkko.engine import corner_kernels as kernels  # as above

    # Axis by axis: across the axis NumPy takes ten times as long.
    (west, wide), (south, high) = ((float(one.min()), float(np.ptp(one))) for one in place.T)
    side = max(float(np.sqrt(wide * high / len(place))), max(wide, high) / len(place)) or 1.0
    columns, rows = int(wide / side) + 1, int(high / side) + 1
    begins, members = np.zeros(rows * columns + 1, dtype=np.int64), np.empty(len(place), dtype=np.int32)
    kernels.sort_into_bins(place, west, south, side, columns, begins, members)
    return west, south, side, columns, begins, members
