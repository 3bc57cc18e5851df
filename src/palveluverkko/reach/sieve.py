"""Small parts and holes of areas, given to the band that they share most of their outline with."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Faces = NDArray[np.object_]
Bands = NDArray[np.int64]


def merge_small(faces: Faces, band: Bands, *, beyond: int, smallest: float) -> tuple[Faces, Bands]:
    """Give parts and holes smaller than an area to the band beside them.

    A part is what faces of one band make up together. The smallest are merged first, and each level by itself; a part
    that nothing reached surrounds is dropped.

    Parameters
    ----------
    faces
        Polygons of an edge-matched coverage.
    band
        int64[levels, faces]; the band of each face on each level.
    beyond
        The band of what is not reached.
    smallest
        Square metres.

    Returns
    -------
    Faces, with the holes that were filled, and their bands; faces that no level reaches are left out.
    """
    outline = shapely.get_parts(shapely.coverage_union_all(faces))
    rings = shapely.get_parts(shapely.get_rings(outline[shapely.get_num_interior_rings(outline) > 0]))
    holes = shapely.polygons(rings) if rings.size else np.empty(0, dtype=object)
    holes = holes[(shapely.area(holes) < smallest) & ~_holds_land(holes, faces)]
    faces = np.concatenate((faces, holes))
    band = np.hstack((band, np.full((len(band), len(holes)), beyond)))
    one, other, metres = _neighbours(faces)
    area = shapely.area(faces)
    found = np.stack([_sieved(own, area, one, other, metres, beyond, smallest) for own in band])
    kept = (found < beyond).any(axis=0)
    return faces[kept], found[:, kept]


def _holds_land(holes: Faces, faces: Faces) -> NDArray[np.bool_]:
    """Tell which rings go around other faces: outlines from outside, and holes with islands."""
    held = np.zeros(len(holes), dtype=np.bool_)
    if len(holes):
        held[shapely.STRtree(holes).query(shapely.point_on_surface(faces), predicate="within")[1]] = True
    return held


def _neighbours(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Give pairs of faces that share sides, both ways round, and the metres that they share."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(faces), return_index=True)
    owner = np.repeat(np.arange(len(faces)), shapely.get_num_interior_rings(faces) + 1)[ring]
    same = ring[1:] == ring[:-1]
    side, face = np.hstack((xy[:-1], xy[1:]))[same], owner[:-1][same]
    turned = (side[:, 0] > side[:, 2]) | ((side[:, 0] == side[:, 2]) & (side[:, 1] > side[:, 3]))
    side[turned] = side[turned][:, [2, 3, 0, 1]]
    order = np.lexsort(side.T)
    side, face = side[order], face[order]
    pair = np.flatnonzero((side[1:] == side[:-1]).all(axis=1))
    one, other = face[pair], face[pair + 1]
    metres = np.hypot(side[pair, 2] - side[pair, 0], side[pair, 3] - side[pair, 1])
    return np.concatenate((one, other)), np.concatenate((other, one)), np.concatenate((metres, metres))


def _sieved(
    band: Bands,
    area: NDArray[np.float64],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    metres: NDArray[np.float64],
    beyond: int,
    smallest: float,
) -> Bands:
    """Merge the small parts of one level, until none is left that has a neighbour."""
    band = band.copy()
    settled = np.zeros(len(band), dtype=np.bool_)
    while True:
        same = band[one] == band[other]
        graph = coo_array((np.ones(same.sum()), (one[same], other[same])), shape=(len(band), len(band)))
        parts, part = connected_components(graph, directed=False)
        size = np.bincount(part, weights=area, minlength=parts)
        # A part beyond everything that meets the outside is no hole: the coverage does not hold its other side.
        small = (size < smallest) & ~np.isin(np.arange(parts), part[settled])
        if not small.any():
            return band
        least = int(np.flatnonzero(small)[np.argmin(size[small])])
        members = part == least
        across = members[one] & ~members[other]
        if across.any():
            shared = np.bincount(band[other[across]], weights=metres[across], minlength=beyond + 1)
            band[members] = int(np.argmax(shared))
        elif band[members][0] < beyond:
            band[members] = beyond
            settled |= members
        else:
            settled |= members
