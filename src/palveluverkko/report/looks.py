"""Colours and shapes, the same as on the map page: time from dark (near) to pale (far), a shape for each level."""

from __future__ import annotations

from collections.abc import Sequence

from palveluverkko.domain.palette import band_colours

INK = "#22313f"
"""Text and headings."""

MUTED = "#66757f"
"""Secondary text; 4.8 : 1 on white."""

GOOD = ("#0b5a7a", "#d6eaf3")
BAD = ("#8a3b00", "#fbe3d2")
UNSURE = ("#54521a", "#f1efc8")
"""Text and fill of a norm that is met, missed or open: blue and orange differ for every kind of colour vision."""


def by_minutes(minutes: Sequence[float]) -> dict[float, str]:
    """Pair each threshold with the colour of the band that ends there."""
    return dict(zip(minutes, band_colours(len(minutes)), strict=True))


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
