"""Grid ids of Statistics Finland and the squares that they name.

An id such as ``250mN667175E38600`` holds the size of the square and the northing and easting of its
south-west corner in EPSG:3067. As in the short form of the INSPIRE statistical grids, the digits are metres
without the zeros that every corner of that size shares: kilometres for 1 km and 5 km, tens of metres for 250 m,
metres for 125 m.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.columns import name_rows, to_text

if TYPE_CHECKING:
    from geopandas import GeoSeries

GRID_CRS = "EPSG:3067"

GRID_COLUMNS = ("grd_id", "grid_inspire", "id_nro", "nro", "id")
"""Columns that may hold grid ids; Statistics Finland's `nro` and `id_nro` may be running numbers instead."""

_GRID_ID = re.compile(r"(?P<size>[1-9]\d*)(?P<unit>k?m)N(?P<north>\d+)E(?P<east>\d+)")
_BEGINS_LIKE_ONE = re.compile(r"\d+\s*k?m\s*N", re.IGNORECASE)
"""Enough to tell ids that went wrong from those of another kind."""

# Corners that can be of a square in Finland, metres, with a margin: a slip in the digits lands far outside.
_NORTH = (6_500_000, 7_900_000)
_EAST = (0, 800_000)


def find_grid_column(table: pd.DataFrame) -> str | None:
    """Find the column whose first value begins like a grid id."""
    names = {str(column).strip().lower(): column for column in reversed(table.columns)}
    for name in GRID_COLUMNS:
        if name in names and len(table) and _BEGINS_LIKE_ONE.match(to_text(table[names[name]].iloc[:1]).iloc[0]):
            return str(names[name])
    return None


def to_squares(table: pd.DataFrame, column: str, *, where: str) -> GeoSeries:
    """Convert grid ids to squares in EPSG:3067.

    Raises
    ------
    TableError
        An id does not name a square of the grid, or one outside Finland.
    """
    ids = to_text(table[column])
    parts = ids.str.extract(f"^{_GRID_ID.pattern}$")
    wrong = parts.isna().any(axis=1)
    if not wrong.any():
        size = parts["size"].astype("int64") * parts["unit"].map({"m": 1, "km": 1000})
        unit = size.map({metres: _digit_unit(metres) for metres in size.unique()})
        north = parts["north"].astype("int64") * unit
        east = parts["east"].astype("int64") * unit
        on_grid = (north % size == 0) & (east % size == 0)
        wrong = ~(on_grid & is_in_finland(west_metres=east.to_numpy(), south_metres=north.to_numpy()))
    if wrong.any():
        raise TableError(
            f"{where} has the grid id {ids[wrong].iloc[0]!r} at {name_rows(table, wrong)}, "
            f"which names no square of Finland's grid; write it as 1kmN6675E0385 or 250mN667175E38600 "
            f"(EPSG:3067), or give coordinates."
        )
    squares = shapely.box(east, north, east + size, north + size, ccw=True)
    return gpd.GeoSeries(squares, index=table.index, crs=GRID_CRS)


def is_in_finland(*, west_metres: NDArray[np.int64], south_metres: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of south-west corners in EPSG:3067 whether squares in Finland can have them, with a margin."""
    north = (_NORTH[0] <= south_metres) & (south_metres <= _NORTH[1])
    return north & (_EAST[0] <= west_metres) & (west_metres <= _EAST[1])


def to_grid_id(*, west_metres: int, south_metres: int, size_metres: int) -> str:
    """Name the square with this south-west corner in EPSG:3067.

    The easting of kilometre squares is padded to four digits; other paddings are read alike.

    Examples
    --------
    >>> to_grid_id(west_metres=386_000, south_metres=6_671_750, size_metres=250)
    '250mN667175E38600'
    """
    unit = _digit_unit(size_metres)
    size = f"{size_metres // 1000}km" if size_metres % 1000 == 0 else f"{size_metres}m"
    east = str(west_metres // unit).zfill(4)
    return f"{size}N{south_metres // unit}E{east}"


def _digit_unit(size_metres: int) -> int:
    """Give the largest power of ten that divides the size."""
    digits = str(size_metres)
    return int(10 ** (len(digits) - len(digits.rstrip("0"))))
