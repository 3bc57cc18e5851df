"""Times on a grid: road pieces burnt in, then spread off the road."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import freeze_float64
from palveluverkko.engine.search import UNREACHED

Float64 = NDArray[np.float64]


def spread_from_roads(
    line: Float64,
    line_time: Float64,
    *,
    rows: int,
    columns: int,
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: int,
    blocked: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Give the travel time at every cell centre of a grid.

    Each cell takes the smaller of two ways: the quickest that keeps to the distance as it spreads, and the one
    from the nearest road. The quickest slants towards the service and so uses up the distance before it gets to the
    margin; without the second way the areas would be narrower than the access distance, and by how much would
    depend on which service lies behind: farther levels would stick out beyond nearer ones.

    Parameters
    ----------
    line
        float64[k, 4]; x0, y0, x1, y1 of straight road pieces, metres from the north-west corner, y downwards.
    line_time
        float64[k, 2]; travel time at both ends, milliseconds, linear between.
    rows, columns, cell
        Size of the grid, and of a cell in metres.
    milliseconds_per_metre, longest_metres
        Off-road pace, and how far from the road the grid is coloured.
    latest
        Longest travel time kept, milliseconds.
    blocked
        bool[rows, columns]; cells that ways may end in but not pass through: water. None: no cell.

    Returns
    -------
    int32[rows, columns]
        Milliseconds; UNREACHED where no piece lies within the distance and the time.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s

    quick_time, quick_metres, near_time, near_metres = (np.full((rows, columns), np.inf) for _ in range(4))
    walls = (
        np.zeros((rows, columns), dtype=np.bool_) if blocked is None else np.array(blocked, dtype=np.bool_, order="C")
    )
    walls.flags.writeable = False
    measures = (float(cell), float(milliseconds_per_metre), float(longest_metres), float(latest))
    lines = (freeze_float64(line), freeze_float64(line_time))
    kernels.burn(quick_time, quick_metres, near_time, near_metres, *lines, walls, *measures)
    kernels.spread(quick_time, quick_metres, walls, *measures, True)
    kernels.spread(near_time, near_metres, walls, *measures, False)
    time = np.minimum(quick_time, near_time)
    reached = np.isfinite(time)
    result = np.full((rows, columns), UNREACHED, dtype=np.int32)
    result[reached] = np.rint(time[reached]).astype(np.int32)
    return result
