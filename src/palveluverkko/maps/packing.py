"""Numbers packed for the page: whole units of time as bytes, everything in one compressed piece of text.

The browser unpacks with ``DecompressionStream``, which every browser since 2023 has. Times are rounded up to a unit
that divides every threshold and norm, so that "within 30 minutes" is the same question before and after rounding:
ceil(t / u) <= m / u exactly when t <= m, for u that divides m.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, to_milliseconds

_LARGEST = {"u1": 0xFF, "u2": 0xFFFF, "u4": 0xFFFFFFFF}


def unit_of(minutes: Iterable[float]) -> int:
    """Give the longest unit, milliseconds, that divides a minute and every threshold.

    Examples
    --------
    >>> unit_of([15, 30, 60])
    60000
    >>> unit_of([7.5, 15])
    30000
    """
    return math.gcd(MILLISECONDS_PER_MINUTE, *(to_milliseconds(one) for one in minutes))


def to_units(milliseconds: NDArray[np.int32], unit: int) -> tuple[NDArray[Any], int]:
    """Round times up to whole units, in the narrowest type that holds them; its largest value is not reached."""
    wide = -(-milliseconds.astype(np.int64) // unit)
    reached = milliseconds != UNREACHED
    longest = int(wide[reached].max(initial=0))
    kind, none = next((kind, largest) for kind, largest in _LARGEST.items() if longest < largest)
    return np.where(reached, wide, none).astype(kind), none


def tie_ranks(milliseconds: NDArray[np.int32], units: NDArray[Any]) -> NDArray[np.uint8]:
    """Order, at each place, the points that share a unit: 0 for the nearest of them, equal times rank alike.

    With (unit, rank) the page finds the very point that milliseconds find. Most are 0, so they take little room.

    Parameters
    ----------
    milliseconds, units
        [points, places].
    """
    order = np.argsort(milliseconds, axis=0, kind="stable")
    sorted_units = np.take_along_axis(units, order, axis=0)
    sorted_times = np.take_along_axis(milliseconds, order, axis=0)
    ranks = np.zeros(milliseconds.shape, dtype=np.int64)
    for row in range(1, len(ranks)):
        same_unit = sorted_units[row] == sorted_units[row - 1]
        later = sorted_times[row] > sorted_times[row - 1]
        ranks[row] = np.where(same_unit, ranks[row - 1] + later, 0)
    back = np.zeros_like(ranks)
    np.put_along_axis(back, order, ranks, axis=0)
    return np.minimum(back, 255).astype(np.uint8)


def along_places(units: NDArray[Any]) -> NDArray[Any]:
    """Write each place's time as the difference from the place before, which compresses better; wraps round."""
    before = np.zeros_like(units)
    before[:, 1:] = units[:, :-1]
    differences: NDArray[Any] = units - before
    return differences


class Parcel:
    """Arrays and texts laid end to end, compressed once."""

    def __init__(self) -> None:
        """Begin empty."""
        self._pieces: list[bytes] = []
        self._size = 0
        self.contents: dict[str, dict[str, Any]] = {}

    def add(self, name: str, values: NDArray[Any]) -> None:
        """Lay in an array, little-endian; rows after rows."""
        kind = values.dtype.newbyteorder("<")
        self._lay(name, kind.str.lstrip("<|"), values.astype(kind).tobytes(), values.size)

    def add_json(self, name: str, value: object) -> None:
        """Lay in texts or other small things."""
        written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        self._lay(name, "json", written, len(written))

    def letters(self, prefixes: tuple[str, ...]) -> int:
        """Tell about how many letters of the text the parts take whose names begin so."""
        own = [
            piece for name, piece in zip(self.contents, self._pieces[1::2], strict=True) if name.startswith(prefixes)
        ]
        return len(zlib.compress(b"".join(own))) * 4 // 3 if own else 0

    def to_text(self) -> str:
        """Compress, and write in base64, of which no letter means anything to HTML."""
        return base64.b64encode(zlib.compress(b"".join(self._pieces), 9)).decode("ascii")

    def _lay(self, name: str, kind: str, piece: bytes, length: int) -> None:
        room = -self._size % 8  # a typed array begins at a multiple of its item
        self._pieces += [bytes(room), piece]
        self._size += room
        self.contents[name] = {"kind": kind, "start": self._size, "length": length}
        self._size += len(piece)
