"""Compiled loops over the straight pieces of roads: lengths on the ellipsoid, times, coordinates.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

# WGS 84.
_A = 6_378_137.0
_FLATTENING = 1 / 298.257223563
_B = _A * (1 - _FLATTENING)
_E2 = _FLATTENING * (2 - _FLATTENING)
_A2, _A4, _B2, _B4 = _A**-2, _A**-4, _B**-2, _B**-4

# Square metres: shorter chords are no length, and their squares would vanish from the quotient below.
_NOTHING = 1e-24

# Radians (127 km) within which the series of _turn are exact to the last digit.
_NEAR = 0.02


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _turn(sine: float, cosine: float, angle: float) -> tuple[float, float]:
    """Give sine and cosine of an angle that is a little larger than one whose sine and cosine are known."""
    square = angle * angle
    s = angle * (1.0 - square * (1 / 6) * (1.0 - square * (1 / 20) * (1.0 - square * (1 / 42))))
    c = 1.0 - square * (1 / 2) * (1.0 - square * (1 / 12) * (1.0 - square * (1 / 30)))
    return sine * c + cosine * s, cosine * c - sine * s


@nb.njit(cache=True, boundscheck=False, nogil=True)
def piece_metres(
    first_node: NDArray[np.int64],
    way_node: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    longest_metres: float,
) -> NDArray[np.float64]:
    """Measure the geodesic from each node of a way to the next; NaN for pieces that are too long, 0 at the last node.

    The straight chord c between the two points in space is exact wherever they lie, poles and date line among them.
    The arc over it follows from the curvature k of the ellipsoid half way, in the direction of the chord:
    ``s = 2 / k * asin(k * c / 2)``, as a series. The curvature comes from the ellipsoid's equation, so no
    bearing is needed. Sines and cosines are turned from those of a node near by: four calls for each node take most
    of the time.
    """
    metres = np.zeros(way_node.size, dtype=np.float64)
    lon_known, sin_lon_known, cos_lon_known = np.inf, 0.0, 0.0
    lat_known, sin_lat_known, cos_lat_known = np.inf, 0.0, 0.0
    for way in range(first_node.size - 1):
        x0, y0, z0 = 0.0, 0.0, 0.0
        for at in range(first_node[way], first_node[way + 1]):
            lon_here = lon[way_node[at]] * (np.pi / 180.0)
            lat_here = lat[way_node[at]] * (np.pi / 180.0)
            if not (abs(lon_here - lon_known) < _NEAR and abs(lat_here - lat_known) < _NEAR):
                lon_known, sin_lon_known, cos_lon_known = lon_here, np.sin(lon_here), np.cos(lon_here)
                lat_known, sin_lat_known, cos_lat_known = lat_here, np.sin(lat_here), np.cos(lat_here)
            sin_lon, cos_lon = _turn(sin_lon_known, cos_lon_known, lon_here - lon_known)
            sin_lat, cos_lat = _turn(sin_lat_known, cos_lat_known, lat_here - lat_known)
            normal = _A / np.sqrt(1.0 - _E2 * sin_lat * sin_lat)
            x1 = normal * cos_lat * cos_lon
            y1 = normal * cos_lat * sin_lon
            z1 = normal * (1.0 - _E2) * sin_lat
            if at > first_node[way]:
                dx, dy, dz = x1 - x0, y1 - y0, z1 - z0
                chord_square = dx * dx + dy * dy + dz * dz
                if chord_square > longest_metres * longest_metres:
                    metres[at - 1] = np.nan
                elif chord_square > _NOTHING:
                    x, y, z = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * (z0 + z1)
                    bend = (dx * dx + dy * dy) * _A2 + dz * dz * _B2
                    gradient_square = (x * x + y * y) * _A4 + z * z * _B4
                    bent = bend * bend / (chord_square * gradient_square)  # (k * c) ** 2
                    metres[at - 1] = np.sqrt(chord_square) * (1.0 + bent * (1 / 24 + bent * (3 / 640)))
            x0, y0, z0 = x1, y1, z1
    return metres


@nb.njit(cache=True, boundscheck=False, nogil=True)
def piece_times(
    first_node: NDArray[np.int64],
    way_kind: NDArray[np.int32],
    metres: NDArray[np.float64],
    kinds: NDArray[np.float64],
    built_up: NDArray[np.float64],
    abroad: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Time each piece, forward and backward, and measure each way.

    ``kinds`` has forward and backward km/h, the same in built-up areas and abroad, minutes of the whole crossing (or
    NaN) and minutes of the wait. ``built_up`` is the share of each piece that lies in built-up areas. Times are rounded
    to the millisecond here and nowhere else, 0 where a direction is closed; above int32 they stay at its largest value.
    """
    forward = np.zeros(metres.size, dtype=np.int32)
    backward = np.zeros(metres.size, dtype=np.int32)
    way_metres = np.zeros(way_kind.size, dtype=np.float64)
    for way in range(way_kind.size):
        first, last = first_node[way], first_node[way + 1] - 1
        kind = kinds[way_kind[way]]
        whole = 0.0
        for piece in range(first, last):
            whole += metres[piece]
        way_metres[way] = whole
        crossing, wait = kind[6] * 60_000.0, kind[7] * 60_000.0
        for piece in range(first, last):
            share = metres[piece] / whole if whole > 0.0 else 0.0
            for direction in range(2):
                if kind[direction] <= 0.0:
                    continue
                outside = kind[4 + direction] if abroad[piece] else kind[direction]
                # Where a limit is tagged both are the same, and the limit abroad holds in its towns too.
                inside = kind[2 + direction] if kind[2 + direction] != kind[direction] else outside
                if not np.isnan(crossing):
                    time = crossing * share
                elif built_up[piece] == 0.0 or inside == outside:
                    time = metres[piece] * 3600.0 / outside + wait * share
                else:
                    slowness = (1.0 - built_up[piece]) / outside + built_up[piece] / inside
                    time = metres[piece] * 3600.0 * slowness + wait * share
                whole_time = np.int32(min(np.rint(time), 2_147_483_647.0))
                if direction == 0:
                    forward[piece] = whole_time
                else:
                    backward[piece] = whole_time
    return forward, backward, way_metres


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _weights(t: float) -> tuple[float, float, float, float, float, float]:
    """Weigh values at 0, 1, ... 5 for the polynomial through them at t (Lagrange)."""
    a, b, c, d, e, f = t, t - 1.0, t - 2.0, t - 3.0, t - 4.0, t - 5.0
    ab, cd, ef = a * b, c * d, e * f
    return (
        b * cd * ef * (-1 / 120),
        a * cd * ef * (1 / 24),
        ab * d * ef * (-1 / 12),
        ab * c * ef * (1 / 12),
        ab * cd * f * (-1 / 24),
        ab * cd * e * (1 / 120),
    )


@nb.njit(cache=True, boundscheck=False, nogil=True)
def interpolate(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    west: float,
    south: float,
    step: float,
    lattice_x: NDArray[np.float64],
    lattice_y: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give coordinates between those of a lattice, by polynomials through the 6 x 6 points around.

    Row i, column j of the lattice lies at latitude ``south + i * step``, longitude ``west + j * step``; it reaches
    two steps beyond every point.
    """
    x, y = np.empty_like(lon), np.empty_like(lat)
    for at in range(lon.size):
        column, row = (lon[at] - west) * (1.0 / step), (lat[at] - south) * (1.0 / step)
        first_column, first_row = np.int64(column) - 2, np.int64(row) - 2
        u0, u1, u2, u3, u4, u5 = _weights(column - first_column)
        v = _weights(row - first_row)
        x_here, y_here = 0.0, 0.0
        for i in range(6):
            a, b = lattice_x[first_row + i], lattice_y[first_row + i]
            j = first_column
            x_row = u0 * a[j] + u1 * a[j + 1] + u2 * a[j + 2] + u3 * a[j + 3] + u4 * a[j + 4] + u5 * a[j + 5]
            y_row = u0 * b[j] + u1 * b[j + 1] + u2 * b[j + 2] + u3 * b[j + 3] + u4 * b[j + 4] + u5 * b[j + 5]
            x_here += v[i] * x_row
            y_here += v[i] * y_row
        x[at], y[at] = x_here, y_here
    return x, y
