"""What all pictures share: marks of levels, and how a figure becomes a file."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from palveluverkko.domain.files import replacing

MARKERS = {"circle": "o", "square": "s", "diamond": "D", "pentagon": "p", "hexagon": "h", "star": "*"}

as_written = rc_context({"text.parse_math": False})
"""Decorates what draws words of users: a dollar sign in a name is that, and begins no formula."""

_DPI = 160
_NEVER_WIDE, _NEVER_READ = 12, 200
"""Letters of words that have room anywhere, and letters of which nobody draws more."""


def marker_area(number: int, shape: str) -> float:
    """Give the area of the marker of the level at a position, square points: the farther, the larger."""
    area = 42.0 + 22.0 * number
    return 2.4 * area if shape == "star" else area  # most of a star's square is empty


@as_written
def inches(words: str, *, size: float, weight: str = "normal") -> float:
    """Give how wide words are when drawn at a size in points."""
    if not words:
        return 0.0
    drawn = TextPath((0, 0), words, size=size, prop=FontProperties(weight=weight), usetex=False)
    return float(drawn.get_extents().width) / 72.0


def fitting(words: str, *, size: float, most_inches: float) -> str:
    """Give the words, or as many letters of them as have room, and an ellipsis."""
    if len(words) <= _NEVER_WIDE or inches(words[:_NEVER_READ], size=size) <= most_inches:
        return words[:_NEVER_READ]
    room = words[:_NEVER_READ]
    while room and inches(f"{room}…", size=size) > most_inches:
        room = room[:-1].rstrip()
    return f"{room}…"


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG and give the path; equal figures are equal bytes."""
    with replacing(path) as beside:
        # Level 3 of zlib: two thirds of the time of the default 6, for files a tenth to a seventh larger.
        figure.savefig(beside, dpi=_DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
    return path
