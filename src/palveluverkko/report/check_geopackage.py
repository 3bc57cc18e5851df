"""What a check found as layers, with styles that QGIS applies by itself."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from palveluverkko.domain.palette import CLOSED_COLOUR, ISLAND_COLOUR, OTHER_SOURCE_COLOUR, SOURCE_COLOURS
from palveluverkko.report.geopackage import write_layers
from palveluverkko.report.looks import BAD
from palveluverkko.report.qml import Rule, Style, Symbol, equals
from palveluverkko.report.texts import text, word


def write_check_layers(
    path: Path,
    *,
    doubts: gpd.GeoDataFrame,
    closed_roads: gpd.GeoDataFrame,
    islands: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame | None,
    language: str,
) -> None:
    """Write doubtful points, parts off the main network and roads by source of their speed; equal layers, equal bytes.

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    doubts
        Points with ``verdict``.
    closed_roads
        Lines of roads that keep places from every service.
    islands
        Lines of roads, one row for each part.
    roads
        Lines with ``speed_source``; the layer is left out when None.
    language
        Language of legends and layer descriptions.
    """
    layers: dict[str, pd.DataFrame] = {} if roads is None else {"roads_by_source": roads}
    layers |= {"islands": islands, "closed_roads": closed_roads, "doubts": doubts}
    styles = {"islands": style_islands(language), "closed_roads": style_closed_roads(language)}
    styles |= {"doubts": style_doubts(doubts, language)}
    if roads is not None:
        styles["roads_by_source"] = style_roads_by_source(language)
    write_layers(path, layers, styles, language)


def style_roads_by_source(language: str) -> Style:
    """Colour roads by where their speed comes from."""
    rules = [
        Rule(
            word("speed_source", source, language),
            equals("speed_source", source),
            Symbol("line", outline=colour, width=0.3, dashed=source == "duration"),
        )
        for source, colour in SOURCE_COLOURS.items()
    ]
    other = Rule(text("roads_other", language), "ELSE", Symbol("line", outline=OTHER_SOURCE_COLOUR, width=0.3))
    return Style((*rules, other))


def style_islands(language: str) -> Style:
    """Draw roads off the main network thick."""
    line = Symbol("line", outline=ISLAND_COLOUR, width=0.9)
    return Style((Rule(text("layer_islands", language), symbol=line),), label_column="place_name")


def style_closed_roads(language: str) -> Style:
    """Draw roads that access tags close black and dashed."""
    line = Symbol("line", outline=CLOSED_COLOUR, width=0.9, dashed=True)
    return Style((Rule(text("layer_closed_roads", language), symbol=line),), label_column="name")


def style_doubts(doubts: gpd.GeoDataFrame, language: str) -> Style:
    """Mark doubts by what they are."""
    shapes = ("triangle", "diamond", "pentagon", "star", "square", "circle")
    rules = [
        Rule(
            word("verdict", str(verdict), language),
            equals("verdict", str(verdict)),
            Symbol("marker", fill=BAD[0], outline="#ffffff", width=0.3, size=3, shape=shapes[number % len(shapes)]),
        )
        for number, verdict in enumerate(dict.fromkeys(doubts["verdict"]))
    ]
    plain = Rule(text("layer_doubts", language), symbol=Symbol("marker", fill=BAD[0]))
    return Style(tuple(rules) or (plain,), label_column="name")
