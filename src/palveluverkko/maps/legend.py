"""Bands as a reader sees them: colours and labels."""

from __future__ import annotations

from typing import NamedTuple

from palveluverkko.domain.palette import UNREACHED_COLOUR, band_colours
from palveluverkko.maps.texts import Texts


class LegendBand(NamedTuple):
    """A row of the legend."""

    label: str
    colour: str


def legend_bands(minutes: tuple[float, ...], texts: Texts) -> list[LegendBand]:
    """Give the rows of the legend from near to far; the last is what lies beyond or is not reached."""
    starts = (0.0, *minutes[:-1])
    rows = [
        LegendBand(
            texts.page["band"].format(first=texts.minutes(start), last=texts.minutes(end)).replace(" ", "\u00a0"),
            colour,
        )
        for start, end, colour in zip(starts, minutes, band_colours(len(minutes)), strict=True)
    ]
    beyond = texts.page["beyond"].format(last=texts.minutes(minutes[-1]))
    return [*rows, LegendBand(beyond, UNREACHED_COLOUR)]
