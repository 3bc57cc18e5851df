"""Areas that have whole sides in common, with fewer corners and still without gaps or overlaps."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from palveluverkko.engine.corners import remove_small_corners


def simplified(areas: NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    """Simplify polygons, or multipolygons, as one coverage: sides that two have in common stay so.

    What shapely's ``coverage_simplify`` does, four to eight times as fast: on the bands of a million reached nodes GEOS
    takes three quarters of its time to find which sides are shared.

    Parameters
    ----------
    areas
        Valid, all of one type, without overlap; where two meet, the corners of both are the same to the last bit.
    tolerance
        Metres: the square root of the area of the triangle that a corner makes with those beside it. Corners of smaller
        ones go, as :func:`~palveluverkko.engine.corners.remove_small_corners` tells; 0 for the areas as they are.
    """
    if tolerance <= 0 or not areas.size:
        return areas
    kind, xy, (rings, *parts) = shapely.to_ragged_array(areas)
    xy, rings = remove_small_corners(xy, rings, tolerance=tolerance)
    return np.asarray(shapely.from_ragged_array(kind, xy, (rings, *parts)), dtype=object)
