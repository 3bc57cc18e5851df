"""Outlines of a surface: the area between two times as polygons whose corners are the same from both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.grid import keep_off_heights
from palveluverkko.reach.surface import Surface

Float64 = NDArray[np.float64]
Polygons = NDArray[np.object_]
Offsets = NDArray[np.uint32]

CELLS_AT_ONCE = 8_000_000
"""Contouring takes some 30 bytes a cell beside the surface: a country is done strip by strip."""

_ASIDE = 50.0
"""Milliseconds that times are kept away from a limit; see :func:`_strips`."""

_ON_LINE = 1e-7
"""Cells between a corner and a line of the grid that it stands on, at most: rounding."""


class _Strip(NamedTuple):
    """Some rows of a surface: times, NaN where nothing is reached, and the numbers of the first row and column."""

    time: Float64
    first: int
    west: int


class Unmended(NamedTuple):
    """Polygons strip by strip, whose rings may touch themselves, and the lines around them where strips are united."""

    areas: Polygons
    lines: Polygons


class _Outlines(NamedTuple):
    """Polygons of a strip; its first row, their corners in cells, the first of each ring and the first ring of each."""

    areas: Polygons
    first: int
    xy: Float64
    rings: NDArray[np.int64]
    parts: NDArray[np.int64]


def outline(
    surface: Surface, limits: Sequence[tuple[float, float]], *, cells_at_once: int = CELLS_AT_ONCE
) -> list[Polygons]:
    """Outline the cells whose time lies above one limit and not above another, for each pair of limits.

    Areas that meet at a limit have the corners there in common to the last bit.

    Parameters
    ----------
    surface
        The surface, with its cells of water by the shore.
    limits
        Milliseconds, between whole ones, so that no outline leads through the centre of a cell.
    cells_at_once
        Size of the strips in which a large grid is worked on.

    Returns
    -------
    One array of valid polygons for each pair.
    """
    return [_as_one(strips, surface) for strips in _drawn(surface, limits, cells_at_once)]


def outline_unmended(
    surface: Surface, limits: Sequence[tuple[float, float]], *, cells_at_once: int = CELLS_AT_ONCE
) -> list[Unmended]:
    """Outline cells as :func:`outline` does, but leave rings that touch themselves and areas in strips.

    Enough for noding their lines and for asking what spots lie within, on the rows where strips meet included. Of the
    bands of three levels in all of Finland, sorting such rings anew took a quarter of the time, and of the rest uniting
    the strips almost half.
    """
    drawn = _drawn(surface, limits, cells_at_once)
    nothing = np.empty(0, dtype=object)
    return [
        Unmended(np.concatenate([one.areas for one in strips]), _lines_around(strips, surface))
        if strips
        else Unmended(nothing, nothing)
        for strips in drawn
    ]


def _drawn(surface: Surface, limits: Sequence[tuple[float, float]], cells_at_once: int) -> list[list[_Outlines]]:
    """Give the outlines of each pair of limits on each strip."""
    heights = np.unique(np.asarray(limits, dtype=np.float64))
    drawn: list[list[_Outlines]] = [[] for _ in limits]
    # All strips are as wide: one pair of coordinates serves.
    x, y = (np.empty((0, 0)) for _ in "xy")
    for strip in _strips(surface, heights, cells_at_once):
        rows, columns = strip.time.shape
        if rows > len(x):
            x, y = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
        # contour_generator would copy the times and mask them anew; with one for each band in the part of the grid that
        # it lies in, making them took 0.08 s of the bands of a million reached nodes.
        generator = contourpy.SerialContourGenerator(
            x[:rows],
            y[:rows],
            strip.time,
            np.isnan(strip.time),
            corner_mask=True,
            line_type=contourpy.LineType.SeparateCode,
            fill_type=contourpy.FillType.ChunkCombinedOffsetOffset,
            quad_as_tri=False,
            z_interp=contourpy.ZInterp.Linear,
            x_chunk_size=0,
            y_chunk_size=0,
        )
        for number, pair in enumerate(limits):
            found = cast("tuple[list[Float64 | None], list[Offsets], list[Offsets]]", generator.filled(*pair))
            for points, rings, parts in zip(*found, strict=True):
                if points is not None:
                    xy = _exact(points, strip, np.asarray(pair))
                    drawn[number].append(_polygons(xy, surface, strip.first, rings, parts))
    return drawn


def _strips(surface: Surface, heights: Float64, cells_at_once: int) -> Iterator[_Strip]:
    """Give strips of the grid from north to south, which share the row where they meet.

    Cells beyond the access distance are masked, not large numbers: a contour between a reached cell and a large
    number would squeeze every later threshold into a sliver along the margin.
    Times that are nearly a limit are moved off it by up to a twentieth of a second: an outline then keeps some
    centimetres from every cell centre, which noding with a shore needs, and stays on the same side of it.
    """
    aside = min([_ASIDE, *(0.25 * (late - early) for early, late in pairwise(heights.tolist()))])
    time = surface.travel_time if surface.on_shore is None else np.minimum(surface.travel_time, surface.on_shore)
    somewhere = np.flatnonzero((time != UNREACHED).any(axis=1))
    if not somewhere.size:
        return
    beside = np.flatnonzero((time != UNREACHED).any(axis=0))
    across = slice(max(0, int(beside[0]) - 1), int(beside[-1]) + 2)
    time = time[: int(somewhere[-1]) + 2, across]
    rows, columns = time.shape
    high = max(1, cells_at_once // columns)
    for begin in range(max(0, int(somewhere[0]) - 1), max(1, rows - 1), high):
        part = time[begin : min(rows, begin + high + 1)]
        reached = part != UNREACHED
        if min(part.shape) < 2 or not reached.any():  # noqa: PLR2004  # cells between which an outline could run
            continue
        yield _Strip(keep_off_heights(part, heights, aside=aside), begin, across.start)


def _exact(xy: Float64, strip: _Strip, pair: Float64) -> Float64:
    """Place the corners of outlines anew between the two cells that each stands between, counted on the whole grid.

    contourpy counts from the one cell or from the other, which differs in the last bits.
    """
    base = np.floor(xy + _ON_LINE)
    share = xy - base
    on_line = share <= _ON_LINE
    column, row = base.astype(np.int64).T
    # The row is made that of the whole grid before a part of a cell is added to it: strips round alike.
    base = base + np.asarray((float(strip.west), float(strip.first)))
    placed, time = base.copy(), strip.time
    for number in (0, 1):
        at = np.flatnonzero(on_line[:, 1 - number] & ~on_line[:, number])
        ahead = (column[at] + (number == 0), row[at] + (number == 1))
        early, late = time[row[at], column[at]], time[ahead[1], ahead[0]]
        placed[at, number] = base[at, number] + _share(share[at, number], early, late, pair)
    # Corners on the diagonal of a square of which one corner is not reached.
    aslant = np.flatnonzero(~on_line.any(axis=1))
    if aslant.size:
        column, row = column[aslant], row[aslant]
        fall, rise = share[aslant, 0], share[aslant, 1]
        falling = (time[row, column], time[row + 1, column + 1])
        rising = (time[row + 1, column], time[row, column + 1])
        # The other diagonal has an end that is not reached: no number.
        down = np.isfinite(falling[0]) & np.isfinite(falling[1])
        down &= np.where(np.isfinite(rising[0]) & np.isfinite(rising[1]), np.abs(fall - rise) < _ON_LINE, True)
        exact = _share(fall, np.where(down, falling[0], rising[0]), np.where(down, falling[1], rising[1]), pair)
        placed[aslant] = base[aslant] + np.column_stack((exact, np.where(down, exact, 1.0 - exact)))
    return np.asarray(placed)


def _share(share: Float64, early: Float64, late: Float64, pair: Float64) -> Float64:
    """Give where between two times the limit lies that is nearest to a place between them."""
    here = early + share * (late - early)
    limit = np.where(np.abs(here - pair[0]) < np.abs(here - pair[1]), pair[0], pair[1])
    return np.asarray((limit - early) / (late - early))


def _on_ground(xy: Float64, surface: Surface) -> Float64:
    cell = surface.cell_metres
    return np.column_stack((surface.west + (xy[:, 0] + 0.5) * cell, surface.north - (xy[:, 1] + 0.5) * cell))


def _polygons(xy: Float64, surface: Surface, north: int, rings: Offsets, parts: Offsets) -> _Outlines:
    """Turn contourpy's outlines, outer ring first and counted in cells, into polygons."""
    first, outer = rings.astype(np.int64), parts.astype(np.int64)
    ground = _on_ground(xy, surface)
    areas = np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, ground, (first, outer)))
    return _Outlines(areas, north, xy, first, outer)


def _mended(drawn: _Outlines) -> Polygons:
    """Sort the rings of polygons anew where they touch themselves.

    Where what is reached narrows to the centre of one cell, contourpy draws one ring that passes it twice. The same
    corners make rings that touch there.
    """
    areas = drawn.areas
    pinched = _pinched(drawn.xy, drawn.rings, drawn.parts)
    if pinched.any():
        again = shapely.make_valid(areas[pinched], method="structure", keep_collapsed=False)
        areas = np.concatenate((areas[~pinched], shapely.get_parts(again)))
    return areas


def _pinched(xy: Float64, rings: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which polygons have a ring that passes the centre of a cell twice.

    Nowhere else do outlines meet themselves; asking every polygon whether it is valid took a fifth of the time.
    """
    centre = np.flatnonzero((xy == np.rint(xy)).all(axis=1))
    # The last corner of a ring is its first.
    centre = centre[~np.isin(centre, rings[1:] - 1, assume_unique=True)]
    ring = np.searchsorted(rings, centre, side="right") - 1
    column, row = xy[centre].astype(np.int64).T
    wide = int(column.max(initial=0)) + 1
    high = int(row.max(initial=0)) + 1
    passed = np.sort((ring * high + row) * wide + column)
    twice = np.unique(passed[1:][passed[1:] == passed[:-1]] // (high * wide))
    pinched = np.zeros(parts.size - 1, dtype=np.bool_)
    pinched[np.searchsorted(parts, twice, side="right") - 1] = True
    return pinched


def _as_one(strips: list[_Outlines], surface: Surface) -> Polygons:
    """Unite the polygons of strips where they meet."""
    areas = np.concatenate([np.empty(0, dtype=object), *(_mended(one) for one in strips)])
    if len(strips) < 2:  # noqa: PLR2004
        return areas
    meet = _on_ground(np.asarray([[0.0, one.first] for one in strips]), surface)[:, 1]
    beside = np.isin(shapely.bounds(areas)[:, [1, 3]], meet).any(axis=1)
    united = shapely.coverage_union_all(areas[beside])
    return np.concatenate((areas[~beside], shapely.get_parts(united)))


def _lines_around(strips: list[_Outlines], surface: Surface) -> Polygons:
    """Give the rings of the areas of strips as lines, without their sides where two strips meet."""
    xy = np.concatenate([one.xy for one in strips])
    begins = np.zeros(len(xy), dtype=np.bool_)
    sizes = np.concatenate([np.diff(one.rings) for one in strips])
    begins[np.cumsum(sizes) - sizes] = True
    row = xy[:, 1]
    level = np.flatnonzero((row[1:] == row[:-1]) & ~begins[1:])
    level = level[np.isin(row[level], [one.first for one in strips])]
    ends = np.sort(np.column_stack((xy[level, 0], xy[level + 1, 0])), axis=1)
    _, which, times = np.unique(np.column_stack((row[level], ends)), axis=0, return_inverse=True, return_counts=True)
    # Such a side belongs to one area of each strip; an outline along the row has an area on one side only.
    begins[level[times[which] > 1] + 1] = True
    line = np.cumsum(begins) - 1
    long = np.bincount(line) > 1
    kept = long[line]
    return np.asarray(shapely.linestrings(_on_ground(xy[kept], surface), indices=(np.cumsum(long) - 1)[line[kept]]))
