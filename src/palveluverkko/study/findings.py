"""Doubts of a run as a table: nothing is dropped in a log line."""

from __future__ import annotations

import math
from collections.abc import Mapping

import geopandas
import numpy as np
import pandas as pd

from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import snap
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import LevelsByPlace
from palveluverkko.service.people import POPULATION

COLUMNS = ("subject", "id", "verdict", "metres", "detail")


def gather_findings(
    network: RoadNetwork, table: TravelTimeTable, levels: LevelsByPlace, surfaces: Mapping[str, Surface]
) -> pd.DataFrame:
    """List what is off the network, cut off, unreached, suppressed, defaulted, not understood or beyond the file.

    Returns
    -------
    DataFrame
        subject (service_point, place or network), id, verdict, metres (NaN where it has no meaning), detail.
    """
    snapped = table.findings()
    return _together(
        [
            snapped,
            _unreached(levels, snapped),
            _suppressed(levels.frame),
            edge_of_extract(network, surfaces),
            _of_network(network),
        ]
    )


def check_findings(
    network: RoadNetwork, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame
) -> pd.DataFrame:
    """List the findings of the data alone: those that need no travel times."""
    parts = [
        snap(network, points).findings("service_point"),
        snap(network, places).findings("place"),
        _suppressed(places),
        _of_network(network),
    ]
    return _together(parts)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or [_rows([])], ignore_index=True)


def _unreached(levels: LevelsByPlace, snapped: pd.DataFrame) -> pd.DataFrame:
    """List the places that reach nothing although they stand on the main network."""
    code = levels.scheme.codes[0]
    listed = set(snapped.loc[snapped["subject"] == "place", "id"])
    budget = levels.minutes[-1]
    alone = [one for one in levels.frame.index[levels.frame[f"time_{code}"].isna()] if str(one) not in listed]
    detail = f"No open service point of level {code} can be reached within {budget:g} minutes."
    return _rows([("place", str(one), "unreached", np.nan, detail) for one in alone])


def _suppressed(places: pd.DataFrame) -> pd.DataFrame:
    if POPULATION not in places:
        return _rows([])
    hidden = places.index[places[POPULATION] < 0]
    detail = "The number of people is hidden (-1) and counts as none in every sum."
    return _rows([("place", str(one), "suppressed", np.nan, detail) for one in hidden])


def edge_of_extract(network: RoadNetwork, surfaces: Mapping[str, Surface]) -> pd.DataFrame:
    """Say for each level from which minute on its areas meet roads that leave the file; no row where they meet none.

    Nobody knows what lies beyond: from there on areas may be too small, and ways round through it too long.
    """
    rows = []
    for code, surface in surfaces.items():
        time = surface.at(network.cut_x, network.cut_y)
        reached = time[time != UNREACHED]
        if reached.size:
            minutes = math.floor(reached.min() / MILLISECONDS_PER_MINUTE)
            detail = (
                f"Level {code} meets the edge of the road file after {minutes} min; {reached.size:,} of "
                f"{time.size:,} roads that end there are reached. Areas beyond may be too small and times too long: "
                "use a larger extract."
            )
            rows.append(("network", code, "edge_of_extract", np.nan, detail))
    return _rows(rows)


def _of_network(network: RoadNetwork) -> pd.DataFrame:
    rows = []
    metres = network.metres_by_speed_source
    guessed = metres.get("default", 0.0)
    if guessed:
        share = guessed / sum(metres.values())
        detail = f"{share:.0%} of the road length has no speed limit tagged; the default of its road class was used."
        rows.append(("network", "", "defaulted_speed", guessed, detail))
    for text, count in network.rejected_speeds.items():
        detail = (
            f"{count} way{'s' if count > 1 else ''} with a speed limit that is not understood; the default was used."
        )
        rows.append(("network", text, "rejected_maxspeed", np.nan, detail))
    return _rows(rows)


def _rows(rows: list[tuple[str, str, str, float, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"metres": float})
