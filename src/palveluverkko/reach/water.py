"""Water on the surface: cells that stop the spread, roads that cross it, areas cut at the shore."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Shapes = NDArray[np.object_]


def cells_within(
    shapes: Shapes, *, west: float, north: float, rows: int, columns: int, cell: float
) -> NDArray[np.bool_]:
    """Tell which cells of a grid have their centre in some polygons, bool[rows, columns].

    Along each row of centres every side of a ring that crosses it turns the count up or down by one, by its direction;
    where the count is not 0 the centre lies in a polygon, and where polygons overlap it is 2.
    """
    count = np.zeros((rows, columns + 1), dtype=np.int16)
    ordered = shapely.orient_polygons(shapes) if len(shapes) else shapes
    xy, ring = shapely.get_coordinates(shapely.get_rings(ordered), return_index=True)
    same = ring[1:] == ring[:-1]
    x, y = (xy[:, 0] - west) / cell - 0.5, (north - xy[:, 1]) / cell - 0.5
    x0, x1, y0, y1 = x[:-1][same], x[1:][same], y[:-1][same], y[1:][same]
    turn = np.where(y1 > y0, 1, -1).astype(np.int16)
    # Rows from the one at the upper end up to the one at the lower end, which belongs to the next side.
    first = np.clip(np.ceil(np.minimum(y0, y1)), 0, rows).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y0, y1)), 0, rows).astype(np.int64)
    crossed = last - first
    side = np.repeat(np.arange(crossed.size), crossed)
    row = np.arange(side.size) - np.repeat(np.cumsum(crossed) - crossed, crossed) + first[side]
    at = x0[side] + (x1[side] - x0[side]) * (row - y0[side]) / (y1[side] - y0[side])
    column = np.clip(np.ceil(at), 0, columns).astype(np.int64)
    np.add.at(count, (row, column), turn[side])
    return np.asarray(np.cumsum(count, axis=1, dtype=np.int16)[:, :columns] != 0)


def without_water(lines: Float64, shapes: Shapes) -> tuple[Float64, NDArray[np.int64], Float64]:
    """Cut straight pieces of road (x0, y0, x1, y1) at the shore and keep what is on land.

    Nobody leaves the road on a bridge, a pier or a ferry.

    Returns
    -------
    float64[n, 4], int64[n], float64[n, 2]
        What is left, of which piece it is a part, and how far along that it begins and ends, from 0 to 1.
    """
    pieces = shapely.linestrings(lines.reshape(-1, 2, 2))
    piece, shape = shapely.STRtree(shapes).query(pieces, predicate="intersects")
    wet = np.unique(piece)
    if not wet.size:
        return lines, np.arange(len(lines)), np.tile((0.0, 1.0), (len(lines), 1))
    left = pieces[wet]
    # One polygon after another: the first that each piece meets, the second ...
    order = np.lexsort((shape, piece))
    at = np.searchsorted(wet, piece[order])
    turn = np.arange(at.size) - np.searchsorted(at, at)
    for number in range(turn.max() + 1):
        own = turn == number
        left[at[own]] = shapely.difference(left[at[own]], shapes[shape[order][own]])
    parts, owner = shapely.get_parts(left, return_index=True)
    real = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(parts)
    parts, owner = parts[real], wet[owner[real]]
    xy, number = shapely.get_coordinates(parts, return_index=True)
    _, first, count = np.unique(number, return_index=True, return_counts=True)
    ends = np.hstack((xy[first], xy[first + count - 1]))
    whole = lines[owner]
    length = np.hypot(whole[:, 2] - whole[:, 0], whole[:, 3] - whole[:, 1])
    share = (
        np.column_stack([np.hypot(ends[:, k] - whole[:, 0], ends[:, k + 1] - whole[:, 1]) for k in (0, 2)])
        / np.where(length > 0, length, 1.0)[:, None]
    )
    dry = np.ones(len(lines), dtype=np.bool_)
    dry[wet] = False
    untouched = np.flatnonzero(dry)
    return (
        np.concatenate((lines[dry], ends)),
        np.concatenate((untouched, owner)),
        np.concatenate((np.tile((0.0, 1.0), (untouched.size, 1)), share)),
    )


def cut_at_shore(faces: Shapes, shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Cut faces of a coverage at the shore and keep what is on land; they stay a coverage.

    The shores are noded together with the outlines of all faces that they meet, and what comes of it is sorted by a
    spot inside: a difference for each face would put the corner on a common side in two places.

    Returns
    -------
    Faces, and for each the position of the face that it was a part of.
    """
    face, shape = shapely.STRtree(shapes).query(faces, predicate="intersects")
    touched = np.unique(face)
    if not touched.size:
        return faces, np.arange(len(faces))
    near = shapes[np.unique(shape)]
    outlines = np.concatenate((shapely.boundary(faces[touched]), shapely.boundary(near)))
    cut = np.asarray(shapely.get_parts(shapely.polygonize([shapely.union_all(outlines)])), dtype=object)
    spot = shapely.point_on_surface(cut)
    wet = np.zeros(len(cut), dtype=np.bool_)
    wet[shapely.STRtree(near).query(spot, predicate="within")[0]] = True
    owner = np.full(len(cut), -1)
    hit, own = shapely.STRtree(faces[touched]).query(spot, predicate="within")
    owner[hit] = touched[own]
    kept = ~wet & (owner >= 0)
    whole = np.setdiff1d(np.arange(len(faces)), touched)
    return np.concatenate((faces[whole], cut[kept])), np.concatenate((whole, owner[kept]))
