"""Bands and levels as a reader sees them: colours, labels, shapes, and the people of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pandas import DataFrame

from palveluverkko.domain.levels import LevelScheme
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


def people_by_band(people: DataFrame, scheme: LevelScheme, minutes: tuple[float, ...]) -> list[list[float]]:
    """Give the people of the whole study per level and legend row, those beyond the last threshold last."""
    whole = people[people["area"].fillna("").astype(str) == ""]
    counts = []
    for code in scheme.codes:
        of_level = whole[whole["level"] == code]
        to_min = of_level["to_min"].to_numpy(dtype=np.float64)
        population = of_level["population"].to_numpy(dtype=np.float64)
        within = [float(population[to_min == value].sum()) for value in minutes]
        counts.append([*within, float(population[np.isnan(to_min)].sum())])
    return counts
