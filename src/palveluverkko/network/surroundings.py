"""What the place of a road decides about its speed: whether it is in a built-up area, and whether in Finland."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import freeze_float64, freeze_int32
from palveluverkko.osm.policy import BuiltUp
from palveluverkko.osm.reader import Roads

# Squares in which the length of streets is summed; the circle around a square is made of whole ones. With squares of
# 50 m 3 % of the length asked about is judged otherwise (Tampere, Porto), at twice the time.
CELL_METRES = 100.0


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
    kind = np.repeat(roads.way_kind, np.diff(roads.first_node))
    kind[roads.first_node[1:] - 1] = -1  # no piece begins at the last node of a way
    share = np.zeros(kind.size)
    asked = _positions(kind, [one.built_up_kmh is not None for one in roads.kinds])
    streets = _positions(kind, [one.road_class in built_up.classes for one in roads.kinds])
    if asked.size and streets.size:
        share[asked] = _built_up_share(asked, streets, roads.way_node, metres, x, y, built_up)
    abroad = np.zeros(kind.size, dtype=np.bool_)
    asked = _positions(kind, [one.abroad_kmh is not None for one in roads.kinds])
    if asked.size:
        a, b = roads.way_node[asked], roads.way_node[asked + 1]
        abroad[asked] = ~_in_finland((roads.lon[a] + roads.lon[b]) / 2, (roads.lat[a] + roads.lat[b]) / 2)
    return Surroundings(share, abroad)


def _positions(kind: NDArray[np.int32], wanted: list[bool]) -> NDArray[np.int64]:
    """Give the positions of the pieces of the kinds wanted, read-only."""
    found = np.flatnonzero(np.asarray([*wanted, False])[kind])  # the last answers for -1
    found.flags.writeable = False
    return found


def _built_up_share(
    asked: NDArray[np.int64],
    streets: NDArray[np.int64],
    way_node: NDArray[np.int32],
    metres: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    built_up: BuiltUp,
) -> NDArray[np.float64]:
    """Give the share of each piece asked for that lies in squares with many streets around."""
    from palveluverkko.network import geodesy_kernels as kernels  # noqa: PLC0415  # importing numba costs 0.8 s

    given = (freeze_int32(way_node), freeze_float64(x), freeze_float64(y), CELL_METRES)
    street, street_cell, street_share = kernels.cells_of_pieces(streets, *given)
    piece, cell, share = kernels.cells_of_pieces(asked, *given)
    cells, which = np.unique(cell, return_inverse=True)
    density = street_density(cells, street_cell, metres[streets][street] * street_share, built_up.radius_metres)
    inside = share * (density >= built_up.km_per_km2)[which]
    # The shares of one piece sum to 1 but for rounding, and a piece in town is in town to the last digit.
    return np.clip(np.round(np.bincount(piece, weights=inside, minlength=asked.size), 12), 0.0, 1.0)


def street_density(
    cells: NDArray[np.int64], street_cell: NDArray[np.int64], street_metres: NDArray[np.float64], radius_metres: float
) -> NDArray[np.float64]:
    """Give the kilometres of streets on the square kilometre within a radius of squares, float64[n].

    Parameters
    ----------
    cells
        int64[n], the squares, rising.
    street_cell, street_metres
        Squares that streets cross, in any order, and the length there.
    radius_metres
        Of the circle, which is made of the squares whose middle lies in it.
    """
    from palveluverkko.network.geodesy_kernels import CELLS_IN_ROW  # noqa: PLC0415

    with_streets, which = np.unique(street_cell, return_inverse=True)
    until = np.concatenate([[0.0], np.cumsum(np.bincount(which, weights=street_metres))])
    reach = int(radius_metres / CELL_METRES)
    total, squares = np.zeros(cells.size), 0
    for row in range(-reach, reach + 1):
        wide = int((radius_metres**2 - (row * CELL_METRES) ** 2) ** 0.5 / CELL_METRES)
        first = np.searchsorted(with_streets, cells + row * CELLS_IN_ROW - wide)
        behind = np.searchsorted(with_streets, cells + row * CELLS_IN_ROW + wide, side="right")
        total += until[behind] - until[first]
        squares += 2 * wide + 1
    return total / 1000 / (squares * (CELL_METRES / 1000) ** 2)


def _in_finland(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which places in degrees are in Finland, right to about a kilometre."""
    import shapely  # noqa: PLC0415  # only in winter

    # Municipalities of 2021 with their sea, National Land Survey of Finland, CC BY 4.0; outer line simplified to 1 km.
    text = resources.files(__package__).joinpath("finland.wkt").read_text(encoding="utf-8")
    outline = shapely.from_wkt(text)
    shapely.prepare(outline)
    inside: NDArray[np.bool_] = shapely.contains_xy(outline, lon, lat)
    return inside
