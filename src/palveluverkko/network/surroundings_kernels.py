"""Compiled loops over the squares that straight pieces of road cross: how many streets are near, and what share.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.

Squares are numbered by row and column from a corner, and 8 x 8 of them are a tile. Only tiles that a piece crosses are
kept, so that no grid of a whole country is needed: a table has the number of each tile, 0 for those that are not kept.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

STREET, ASKED = 1, 2
"""What a piece is: a street, asked about, or both."""

TILE_BITS = 3
_WITHIN_ROW = (1 << TILE_BITS) - 1
_SQUARES = 1 << 2 * TILE_BITS
_FIRST_TILES = 1024

_IS_ASKED, _IS_DENSE = 1, 2


# Without _nrt=False numba counts references to the arrays that are handed over, which doubled the time of the loops
# below; its type stubs do not know the option.
@nb.njit(cache=True, boundscheck=False, nogil=True, _nrt=False)  # type: ignore[call-overload]
def _cross(
    a: int,
    b: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    cell_metres: float,
    end: NDArray[np.int64],
    column_of: NDArray[np.int64],
    row_of: NDArray[np.int64],
    share: NDArray[np.float64],
) -> int:
    """Write the squares that the piece between two nodes crosses and the share of it that lies in each; give how many.

    ``end`` holds the node where the last piece ended (-1 for none), its column and row. A piece that is split has the
    same length in every square as before.
    """
    if end[0] != a:  # else it goes on where the last one ended
        end[1], end[2] = np.int64(np.floor(x[a] / cell_metres)), np.int64(np.floor(y[a] / cell_metres))
    column, row = end[1], end[2]
    end[0], end[1], end[2] = b, np.int64(np.floor(x[b] / cell_metres)), np.int64(np.floor(y[b] / cell_metres))
    columns, rows = end[1] - column, end[2] - row
    crossed = 1 + int(abs(columns) + abs(rows))
    if crossed == 1:
        column_of[0], row_of[0], share[0] = column, row, 1.0
        return 1
    dx, dy = x[b] - x[a], y[b] - y[a]
    right, up = np.int64(1 if columns > 0 else 0), np.int64(1 if rows > 0 else 0)
    done = 0.0
    for at in range(crossed):
        to_column = ((column + right) * cell_metres - x[a]) / dx if columns != 0 else np.inf
        to_row = ((row + up) * cell_metres - y[a]) / dy if rows != 0 else np.inf
        until = min(max(min(to_column, to_row), done), 1.0)
        column_of[at], row_of[at], share[at] = column, row, until - done
        done = until
        if columns != 0 and to_column <= to_row:
            column += np.int64(1 if columns > 0 else -1)
            columns -= np.int64(1 if columns > 0 else -1)
        elif rows != 0:
            row += np.int64(1 if rows > 0 else -1)
            rows -= np.int64(1 if rows > 0 else -1)
    return crossed


@nb.njit(cache=True, boundscheck=False, nogil=True)
def lay_streets(
    what: NDArray[np.uint8],
    node: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    metres: NDArray[np.float64],
    cell_metres: float,
    west: int,
    south: int,
    tile_of: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Sum the metres of streets in each square of the tiles, and mark the squares of what is asked about.

    Piece p leads from ``node[p]`` to the next and is ``what[p]``. ``tile_of``, all 0, is filled in; ``west`` and
    ``south`` are the column and row of its first square.
    """
    sums = np.zeros((_FIRST_TILES, _SQUARES), dtype=np.float64)
    marks = np.zeros((_FIRST_TILES, _SQUARES), dtype=np.uint8)
    tiles = 1
    most = ((tile_of.shape[0] + tile_of.shape[1]) << TILE_BITS) + 1
    column_of, row_of, share = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64), np.empty(most)
    end = np.full(3, -1, dtype=np.int64)
    for piece in range(what.size):
        if what[piece] == 0:
            continue
        crossed = _cross(node[piece], node[piece + 1], x, y, cell_metres, end, column_of, row_of, share)
        length = metres[piece] if what[piece] & STREET else 0.0
        for at in range(crossed):
            column, row = column_of[at] - west, row_of[at] - south
            tile = tile_of[row >> TILE_BITS, column >> TILE_BITS]
            if tile == 0:
                if tiles == sums.shape[0]:
                    sums = np.concatenate((sums, np.zeros_like(sums)))
                    marks = np.concatenate((marks, np.zeros_like(marks)))
                tile = np.int32(tiles)
                tile_of[row >> TILE_BITS, column >> TILE_BITS] = tile
                tiles += 1
            square = ((row & _WITHIN_ROW) << TILE_BITS) + (column & _WITHIN_ROW)
            sums[tile, square] += length * share[at]
            if what[piece] & ASKED:
                marks[tile, square] = _IS_ASKED
    return sums, marks


@nb.njit(cache=True, boundscheck=False, nogil=True)
def mark_dense(
    tile_of: NDArray[np.int32],
    sums: NDArray[np.float64],
    marks: NDArray[np.uint8],
    wide: NDArray[np.int64],
    square_kilometres: float,
    least: float,
) -> None:
    """Mark the squares asked about with at least so many kilometres of streets on a square kilometre around.

    Around a square lie ``wide[i]`` squares on both sides of it, in row i - wide.size // 2; all together they cover
    ``square_kilometres``.

    Rows are swept upwards, with the sums so far, column by column, of as many rows as are asked for at once.
    """
    tile_rows, tile_columns = tile_of.shape
    rows, columns = tile_rows << TILE_BITS, tile_columns << TILE_BITS
    reach = wide.size // 2
    # What lies before each column of a row, in it and in all rows before it.
    until = np.zeros((wide.size, columns + 1), dtype=np.float64)
    row_in = np.full(wide.size, -1, dtype=np.int64)
    kept = np.zeros(tile_rows, dtype=np.bool_)
    for tile_row in range(tile_rows):
        for tile_column in range(tile_columns):
            kept[tile_row] |= tile_of[tile_row, tile_column] != 0
    running = 0.0
    for ahead in range(rows + reach):
        if ahead < rows and kept[ahead >> TILE_BITS]:
            slot = ahead % wide.size
            row_in[slot] = ahead
            first = (ahead & _WITHIN_ROW) << TILE_BITS
            for tile_column in range(tile_columns):
                tile = tile_of[ahead >> TILE_BITS, tile_column]
                for square in range(1 << TILE_BITS):
                    until[slot, (tile_column << TILE_BITS) + square] = running
                    running += sums[tile, first + square]  # tile 0 is empty
            until[slot, columns] = running
        row = ahead - reach
        if row < 0 or not kept[row >> TILE_BITS]:
            continue
        first = (row & _WITHIN_ROW) << TILE_BITS
        for tile_column in range(tile_columns):
            tile = tile_of[row >> TILE_BITS, tile_column]
            if tile == 0:
                continue
            for square in range(1 << TILE_BITS):
                if marks[tile, first + square] == 0:
                    continue
                column = (tile_column << TILE_BITS) + square
                metres = 0.0
                for offset in range(wide.size):
                    other = row + offset - reach
                    slot = other % wide.size
                    if row_in[slot] == other:
                        behind = min(column + wide[offset] + 1, columns)
                        metres += until[slot, behind] - until[slot, max(column - wide[offset], 0)]
                if metres / 1000 / square_kilometres >= least:
                    marks[tile, first + square] |= _IS_DENSE


@nb.njit(cache=True, boundscheck=False, nogil=True)
def shares_in_dense(
    what: NDArray[np.uint8],
    node: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    cell_metres: float,
    west: int,
    south: int,
    tile_of: NDArray[np.int32],
    marks: NDArray[np.uint8],
    whole: NDArray[np.float64],
) -> None:
    """Write the share of each piece asked about that lies in dense squares; what stands for others stays.

    The shares of one piece sum to 1 but for rounding, and a piece in town is in town to the last digit: so they are
    rounded.
    """
    most = ((tile_of.shape[0] + tile_of.shape[1]) << TILE_BITS) + 1
    column_of, row_of, share = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64), np.empty(most)
    end = np.full(3, -1, dtype=np.int64)
    for piece in range(what.size):
        if what[piece] & ASKED == 0:
            continue
        crossed = _cross(node[piece], node[piece + 1], x, y, cell_metres, end, column_of, row_of, share)
        total = 0.0
        for at in range(crossed):
            column, row = column_of[at] - west, row_of[at] - south
            square = ((row & _WITHIN_ROW) << TILE_BITS) + (column & _WITHIN_ROW)
            if marks[tile_of[row >> TILE_BITS, column >> TILE_BITS], square] & _IS_DENSE:
                total += share[at]
        whole[piece] = min(max(np.rint(total * 1e12) / 1e12, 0.0), 1.0)
