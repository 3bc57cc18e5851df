"""What the place of a road decides about its speed: whether it is in a built-up area, and whether in Finland."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import freeze_float64, freeze_int32, freeze_int64
from palveluverkko.osm.policy import BuiltUp
from palveluverkko.osm.reader import Roads

# Squares in which the length of streets is summed; the circle around a square is made of whole ones. With squares of
# 50 m 3 % of the length asked about is judged otherwise (Tampere, Porto), at twice the time.
CELL_METRES = 100.0

# In a file of main roads most of what is asked about lies far from every street; elsewhere little does.
_FEW_STREETS = 10
_STEP_METRES = 500.0


class Surroundings(NamedTuple):
    """For each piece, by its position in the ways.

    ``built_up`` is the share of its length in built-up areas, known where that makes a difference and else 0;
    ``abroad`` says, where that makes a difference, that it lies outside Finland.
    """

    built_up: NDArray[np.float64]
    abroad: NDArray[np.bool_]


def find_surroundings(
    roads: Roads, metres: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], built_up: BuiltUp
) -> Surroundings:
    """Look around every piece whose speed depends on its place.

    Parameters
    ----------
    roads
        The roads.
    metres
        float64[n], length of the piece from each position of the ways to the next; the last of a way holds none.
    x, y
        float64[m] each, metric CRS, of the nodes.
    built_up
        What counts as built up.
    """
    share = np.zeros(roads.way_node.size)
    asked, streets = (
        _of_kinds(roads, wanted)
        for wanted in (
            [one.built_up_kmh is not None for one in roads.kinds],
            [one.road_class in built_up.classes for one in roads.kinds],
        )
    )
    if asked.any() and streets.any():
        _find_built_up(share, asked, streets, roads.way_node, metres, x, y, built_up)
    abroad = np.zeros(roads.way_node.size, dtype=np.bool_)
    outside = np.flatnonzero(_of_kinds(roads, [one.abroad_kmh is not None for one in roads.kinds]))
    if outside.size:
        a, b = roads.way_node[outside], roads.way_node[outside + 1]
        abroad[outside] = ~_in_finland((roads.lon[a] + roads.lon[b]) / 2, (roads.lat[a] + roads.lat[b]) / 2)
    return Surroundings(share, abroad)


def _of_kinds(roads: Roads, wanted: list[bool]) -> NDArray[np.bool_]:
    """Tell which positions hold a piece of the kinds wanted."""
    found = np.repeat(np.asarray(wanted)[roads.way_kind], np.diff(roads.first_node))
    found[roads.first_node[1:] - 1] = False  # no piece begins at the last node of a way
    return found


def _find_built_up(
    share: NDArray[np.float64],
    asked: NDArray[np.bool_],
    streets: NDArray[np.bool_],
    way_node: NDArray[np.int32],
    metres: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    built_up: BuiltUp,
) -> None:
    """Fill in the share of each piece that lies in squares with many streets around, 0 where that is not asked for."""
    from palveluverkko.network import surroundings_kernels as kernels  # noqa: PLC0415  # importing numba costs 0.8 s

    if _FEW_STREETS * np.count_nonzero(streets) < np.count_nonzero(asked):
        asked = asked & _near_streets(streets, way_node, metres, x, y, built_up.radius_metres)
    what = np.where(asked, np.uint8(kernels.ASKED), np.uint8(0))
    what[streets] |= kernels.STREET
    here = np.isfinite(x) & np.isfinite(y)
    if not here.all():  # nobody drives where the metric CRS ends, a quarter of the globe away
        what[~here[way_node]] = 0
        what[:-1][~here[way_node[1:]]] = 0
    what.flags.writeable = False
    known_x, known_y = (x, y) if here.all() else (x[here], y[here])
    ends = known_x.min(), known_y.min(), known_x.max(), known_y.max()
    west, south, east, north = (int(np.floor(end / CELL_METRES)) for end in ends)
    rows, columns = (((last - first) >> kernels.TILE_BITS) + 1 for first, last in ((south, north), (west, east)))
    node, x, y = freeze_int32(way_node), freeze_float64(x), freeze_float64(y)
    tile_of = np.zeros((rows, columns), dtype=np.int32)  # never touched where no road is
    sums, marks = kernels.lay_streets(what, node, x, y, freeze_float64(metres), CELL_METRES, west, south, tile_of)
    wide = circle(built_up.radius_metres)
    kernels.mark_dense(tile_of, sums, marks, wide, square_kilometres(wide), built_up.km_per_km2)
    kernels.shares_in_dense(what, node, x, y, CELL_METRES, west, south, tile_of, marks, share)


def circle(radius_metres: float) -> NDArray[np.int64]:
    """Give how many squares on both sides lie in a circle, in each row: those whose middle does."""
    reach = int(radius_metres / CELL_METRES)
    rows = CELL_METRES * np.arange(-reach, reach + 1)
    return freeze_int64((radius_metres**2 - rows**2) ** 0.5 / CELL_METRES)


def square_kilometres(wide: NDArray[np.int64]) -> float:
    """Give the area of the squares of a circle."""
    return float(int((2 * wide + 1).sum()) * (CELL_METRES / 1000) ** 2)


def _near_streets(
    streets: NDArray[np.bool_],
    way_node: NDArray[np.int32],
    metres: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    radius_metres: float,
) -> NDArray[np.bool_]:
    """Tell which pieces may have a street within a radius; only those in blocks beside none surely have not.

    Of the main roads of a country most have none: three quarters of the memory were for squares far from every street.
    """
    step, block = _STEP_METRES, 2 * _STEP_METRES + radius_metres + 2 * CELL_METRES
    street = np.flatnonzero(streets)
    # Spots along the streets, at most a step apart.
    count = np.ceil(metres[street] / step).astype(np.int64) + 1
    of_street = np.repeat(np.arange(street.size), count)
    along = (np.arange(of_street.size) - np.repeat(np.cumsum(count) - count, count)) / (count - 1).clip(1)[of_street]
    column, row = np.floor(x / block).astype(np.int64), np.floor(y / block).astype(np.int64)
    west, north = column.min() - 1, row.min() - 1
    beside = np.zeros((row.max() - north + 2, column.max() - west + 2), dtype=np.bool_)
    begin, end = way_node[street][of_street], way_node[street + 1][of_street]
    at = [np.floor((one[begin] + along * (one[end] - one[begin])) / block).astype(np.int64) for one in (y, x)]
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            beside[at[0] - north + down, at[1] - west + right] = True
    near = beside[row - north, column - west][way_node]
    # A long piece may pass by a street far from its ends.
    return np.asarray(near | (metres > step))


def _in_finland(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which places in degrees are in Finland, right to about a kilometre."""
    import shapely  # noqa: PLC0415  # only in winter

    # Municipalities of 2021 with their sea, National Land Survey of Finland, CC BY 4.0; outer line simplified to 1 km.
    text = resources.files(__package__).joinpath("finland.wkt").read_text(encoding="utf-8")
    outline = shapely.from_wkt(text)
    shapely.prepare(outline)
    inside: NDArray[np.bool_] = shapely.contains_xy(outline, lon, lat)
    return inside
