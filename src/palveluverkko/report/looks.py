"""Colours and shapes, the same as on the map page: time from dark (near) to pale (far), a shape for each level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# ColorBrewer YlGnBu (Brewer & Harrower, colorbrewer2.org), marked colour-blind safe. Its two darkest steps are left
# out, so that roads and markers stand out on every band.
_ANCHORS = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")
_DARKEST, _LIGHTEST = 0.72, 0.02

_MIDDLE_SHAPES = ("square", "diamond", "pentagon", "hexagon")

BEYOND = "#e4e2dd"
"""Fill of what lies beyond the last threshold or is not reached."""

INK = "#22313f"
"""Text and headings."""

MUTED = "#66757f"
"""Secondary text; 4.8 : 1 on white."""

GOOD = ("#0b5a7a", "#d6eaf3")
BAD = ("#8a3b00", "#fbe3d2")
"""Text and fill of a norm that is met or missed: blue and orange differ for every kind of colour vision."""


def sequence(count: int) -> list[str]:
    """Give as many colours as there are bands, from near (dark) to far (pale), as ``#rrggbb``.

    Examples
    --------
    >>> sequence(2)
    ['#216aae', '#fcfed3']
    """
    anchors = np.array([to_rgb(anchor) for anchor in _ANCHORS], dtype=float)
    position = np.linspace(_DARKEST, _LIGHTEST, count) * (len(anchors) - 1)
    channels = [np.interp(position, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return [
        "#{:02x}{:02x}{:02x}".format(*(round(float(value)) for value in rgb)) for rgb in zip(*channels, strict=True)
    ]


def by_minutes(minutes: Sequence[float]) -> dict[float, str]:
    """Pair each threshold with the colour of the band that ends there."""
    return dict(zip(minutes, sequence(len(minutes)), strict=True))


def level_shapes(count: int) -> list[str]:
    """Give each level's shape from near to far, so that colour is never alone in telling them apart.

    Examples
    --------
    >>> level_shapes(3)
    ['circle', 'square', 'star']
    """
    if count == 1:
        return ["circle"]
    return ["circle", *(_MIDDLE_SHAPES[number % len(_MIDDLE_SHAPES)] for number in range(count - 2)), "star"]


def to_rgb(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into red, green and blue, 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB constants
        for value in (channel / 255 for channel in to_rgb(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(colour: str) -> str:
    """Choose the text colour, white or dark, with the better contrast on a fill."""
    fill, ink = luminance(colour) + 0.05, luminance(INK) + 0.05
    return "#ffffff" if 1.05 / fill > fill / ink else INK
