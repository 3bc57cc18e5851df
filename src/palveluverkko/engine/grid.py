"""Times on a grid: road pieces burnt in, then spread off the road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_float64, freeze_int32, freeze_int64
from palveluverkko.engine.pieces import Stretches
from palveluverkko.engine.search import UNREACHED

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

_REACH = 3
"""Cells that a road is burnt in or a step leads over, and one more."""

_FAR_OFF = 2**30

_LONGEST_CELLS = 10_000.0
"""Longest walk in cells: longer ones would take more lists than there are cells in a country."""


class Allocation(NamedTuple):
    """Travel time at every cell centre, milliseconds, and whose road its way leads to (-1: none reached)."""

    time: Int32
    owner: Int32


def spread_from_roads(
    roads: Sequence[Stretches],
    *,
    rows: int,
    columns: int,
    cell: float,
    milliseconds_per_metre: float,
    longest_metres: float,
    latest: int,
    west: float = 0.0,
    north: float = 0.0,
    first_row: int = 0,
    first_column: int = 0,
    blocked: Bool | None = None,
) -> Allocation:
    """Give the travel time at every cell centre of a part of a grid, and whose it is.

    A cell has the earliest time of all walks from a road to its centre that are not too long, and beside a road the
    time of the road itself. As no walk hangs on the time of another, the times of two sets of roads together are the
    smaller of the times of each, in every cell.

    Parameters
    ----------
    roads
        Stretches of road, y upwards; of ways as quick the one to the lowest owner counts.
    rows, columns, cell
        Size of the part, and of a cell in metres.
    milliseconds_per_metre, longest_metres
        Off-road pace, and how far from the road the grid is coloured.
    latest
        Longest travel time kept, milliseconds.
    west, north, first_row, first_column
        Corner of the whole grid, and where in it the part begins: all parts compute the same for a cell.
    blocked
        bool[n * rows, n * columns] with an odd n; the part n times finer: what ways off the road may not cross, such as
        water. Cells of the grid whose middle is blocked may be the end of a way, but hand none on. None: no cell.

    Returns
    -------
    Allocation
        int32[rows, columns]; UNREACHED and -1 where no piece lies within the distance and the time.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s
    from palveluverkko.engine import spread_kernels

    shape = (rows, columns)
    owned = any(one.owner.any() for one in roads)
    steps = _Steps.of(cell * milliseconds_per_metre, longest_metres / cell, latest)
    walls = _walls(blocked, rows, columns)
    water = _Water.of(walls)
    padded = (rows + 2 * kernels.PAD, kernels.PAD + columns + kernels.LANES)
    key, key_owner = np.full(padded, steps.none), np.full(padded if owned else (0, 0), -1, dtype=np.int32)
    road_time = np.full((rows, columns + kernels.LANES), np.inf)
    road_owner = np.full(shape if owned else (0, 0), -1, dtype=np.int32)
    corner = (west + first_column * cell, north - first_row * cell)
    measures = (float(cell), float(milliseconds_per_metre), float(latest))
    where: tuple[Any, ...] = (corner, *walls, *measures)
    for some in roads:
        if owned or water.near.size:
            kernels.burn(*[key, key_owner, road_time, road_owner, *some, *where])
        else:
            into: tuple[Any, ...] = (key, road_time, *some[:4], *some[5:], corner)
            kernels.burn_in_the_open(*[*into, *measures])
    spread_kernels.sweep(key, key_owner, *water, steps.keys)
    found, found_owner = _Walks(roads, water, steps, where).quickest_within_limit(key)
    time, owner = np.full(shape, UNREACHED, dtype=np.int32), np.full(shape, -1, dtype=np.int32)
    ends = (found, found_owner, road_time, road_owner)
    spread_kernels.settle(time, owner, key, key_owner, *ends, kernels.PARTS, steps.longest, steps.none)
    return Allocation(time, owner)


class _Steps(NamedTuple):
    """What steps from cell to cell add, and the limits of walks.

    Attributes
    ----------
    keys
        int64[8]; to the keys of ``spread_kernels``.
    parts, units
        int64[8], int32[8]; to the time in parts of a millisecond, and to the length.
    longest
        Units of the longest walk.
    none
        The key of no walk: that of the first time too late.
    """

    keys: Int64
    parts: Int64
    units: Int32
    longest: int
    none: int

    @classmethod
    def of(cls, milliseconds: float, longest: float, latest: int) -> _Steps:
        """Give them for the milliseconds of a straight step, and the longest walk in cells."""
        from palveluverkko.engine import grid_kernels as kernels
        from palveluverkko.engine import spread_kernels

        far = np.hypot(*spread_kernels.STEPS.T)
        parts = np.rint(far * milliseconds * kernels.PARTS).astype(np.int64)
        units = np.ceil(far * kernels.UNITS - kernels.ROUNDING).astype(np.int64)
        most = int(np.floor(min(longest, _LONGEST_CELLS) * kernels.UNITS + kernels.ROUNDING))
        none = ((2 * latest + 1) * kernels.PARTS // 2) << spread_kernels.LENGTH_BITS
        keys = freeze_int64((parts << spread_kernels.LENGTH_BITS) + units)
        return cls(keys, freeze_int64(parts), freeze_int32(units), most, none)


class _Water(NamedTuple):
    """Cells that hand no walk on, the steps from each that are barred, the cells near them; no cells without water."""

    blocked: Bool
    barred: NDArray[np.uint8]
    near: Bool

    @classmethod
    def of(cls, walls: tuple[Bool, Bool, Bool]) -> _Water:
        """Give them for :func:`_walls`."""
        from palveluverkko.engine import grid_kernels as kernels

        blocked, finer, near = walls
        if not near.any():
            return cls.none()
        barred = np.zeros(blocked.shape, dtype=np.uint8)
        kernels.bar_steps(barred, blocked, finer, near)
        barred.flags.writeable = False
        return cls(blocked, barred, near)

    @classmethod
    def none(cls) -> _Water:
        """Give those of a grid without water."""
        blocked, barred = np.zeros((0, 0), dtype=np.bool_), np.zeros((0, 0), dtype=np.uint8)
        blocked.flags.writeable = barred.flags.writeable = False
        return cls(blocked, barred, blocked)


class _Walks(NamedTuple):
    """What walks off the road come from, and what they may do: the columns of stretches, and where they lie."""

    roads: Sequence[Stretches]
    water: _Water
    steps: _Steps
    where: tuple[Any, ...]

    def quickest_within_limit(self, key: Int64) -> tuple[Int64, Int32]:
        """Give the earliest walks that are not too long to the cells whose quickest one is, and whose they are.

        A walk counts that can still come to such a cell within the limit: elsewhere nothing is asked again.
        """
        from palveluverkko.engine import spread_kernels

        rest = np.empty_like(key)
        if not spread_kernels.mark_too_long(rest, key, self.steps.longest, self.steps.none):
            return self._nothing((0, 0))
        spread_kernels.sweep(rest, self._nothing((0, 0))[1], *_Water.none(), freeze_int64(self.steps.units))
        inner = rest[spread_kernels.PAD : -spread_kernels.PAD, spread_kernels.PAD : -spread_kernels.LANES]
        room = np.maximum(self.steps.longest - inner, -_FAR_OFF).astype(np.int32)
        room.flags.writeable = False
        return self.within(room, straight=self.water.near.size == 0)

    def within(self, room: Int32, *, straight: bool) -> tuple[Int64, Int32]:
        """Give the earliest walks none of which is longer than a cell has room for: parts of a millisecond, owners.

        With ``straight`` to the cells only that have room for the longest: those that are asked for.
        """
        from palveluverkko.engine import grid_kernels as kernels
        from palveluverkko.engine import spread_kernels

        head = np.full(room.size, -1, dtype=np.int32)
        columns: list[Any] = [np.empty(64, dtype=kind) for kind in (np.int64, np.int32, np.int32, np.int32)]
        walks = kernels.Walks(*[*columns, 0, -1])
        for some in self.roads:
            walks = kernels.list_walks(*[head, walks, room, *some, *self.where])
        if walks.used == 0:
            return self._nothing((0, 0))
        found, owner = self._nothing(room.shape)
        lists: tuple[Any, ...] = (found, owner, head, walks.time, walks.metres, walks.owner, walks.following)
        none = self.steps.none >> spread_kernels.LENGTH_BITS
        limits: tuple[Any, ...] = (self.steps.parts, self.steps.units, self.steps.longest, none)
        if straight:
            spread_kernels.go_straight(*[*lists, room, *limits])
        else:
            spread_kernels.lead_on(*[*lists, walks.used, room, self.water.blocked, self.water.barred, *limits])
        return found, owner

    def _nothing(self, shape: tuple[int, int]) -> tuple[Int64, Int32]:
        from palveluverkko.engine import spread_kernels

        return np.full(shape, self.steps.none >> spread_kernels.LENGTH_BITS), np.full(shape, -1, dtype=np.int32)


def keep_off_heights(time: Int32, heights: Float64, *, aside: float) -> Float64:
    """Give times as numbers, NaN where nothing is reached, none nearer to one of some heights than ``aside``.

    Parameters
    ----------
    time
        int32[rows, columns]; milliseconds.
    heights
        float64[h], rising, at least two times ``aside`` apart.
    aside
        Milliseconds.
    """
    from palveluverkko.engine import grid_kernels as kernels  # importing numba costs 0.8 s

    moved = np.empty(time.shape)
    kernels.keep_off(moved, freeze_int32(time), freeze_float64(heights), aside, UNREACHED)
    return moved


def middles(finer: Bool, rows: int, columns: int) -> Bool:
    """Give the cells in the middle of those of a grid, of one an odd number of times finer."""
    times = finer.shape[0] // rows
    if times % 2 == 0 or finer.shape != (times * rows, times * columns):
        raise ValueError(f"a grid of {finer.shape} is not an odd number of times finer than ({rows}, {columns})")
    return finer[times // 2 :: times, times // 2 :: times]


def _walls(finer: Bool | None, rows: int, columns: int) -> tuple[Bool, Bool, Bool]:
    """Give the blocked cells of the grid, the finer grid, and the cells so near to either that a way may meet them."""
    none = np.zeros((rows, columns), dtype=np.bool_)
    wet = none if finer is None else np.array(finer, dtype=np.bool_, order="C")
    blocked, near = none.copy(), none.copy()
    if wet.any():
        blocked[:] = middles(wet, rows, columns)
        times = wet.shape[0] // rows
        touched = np.pad(wet.reshape(rows, times, columns, times).any(axis=(1, 3)), _REACH)
        for down in range(2 * _REACH + 1):
            for right in range(2 * _REACH + 1):
                near |= touched[down : down + rows, right : right + columns]
    for one in (blocked, wet, near):
        one.flags.writeable = False
    return blocked, wet, near
