"""The travel times that a page carries: one table, or one for each season."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from palveluverkko.reach.table import TravelTimeTable


@dataclass(frozen=True, eq=False)
class TimesOfSeason:
    """A travel-time table with what the page calls it.

    Attributes
    ----------
    table
        Points × places, routed once; the page selects from it.
    name, subtitle
        By language: "talvi", and what the page shows in words: "talvi, matka palveluun".
    bands
        Bands of the season: level, from_min, to_min, geometry. None where only places are known, and for the first
        season, whose bands are those of the page.
    changes
        What the season gains and loses against the first: level, minutes, change, square_kilometres, geometry.
    """

    table: TravelTimeTable
    name: Mapping[str, str]
    subtitle: Mapping[str, str]
    bands: GeoDataFrame | None = None
    changes: GeoDataFrame | None = None

    def aligned(self, points: list[str], places: list[str]) -> NDArray[np.int32]:
        """Give int32[points, places] in the order of the page."""
        rows = self.table.points.index.get_indexer(points)
        columns = self.table.places.index.get_indexer(places)
        chosen: NDArray[np.int32] = self.table.milliseconds[rows][:, columns]
        return chosen
