"""Doubts of a run as a table: nothing is dropped in a log line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import geopandas
import pandas as pd

from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.water import Water
from palveluverkko.reach.snap import Verdict, snap
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.table import TravelTimeTable, snapped_findings
from palveluverkko.service.levels import LevelsByPlace
from palveluverkko.service.people import counts
from palveluverkko.study.texts import say_finding

COLUMNS = ("subject", "id", "verdict", "metres", "road", "road_class", "way", "detail")

_EXAMPLES = 5

_FACTS = ("metres", "nearest_metres", "across_metres", "road", "road_class")


def gather_findings(
    network: RoadNetwork,
    table: TravelTimeTable,
    levels: LevelsByPlace,
    surfaces: Mapping[str, Surface],
    water: pd.DataFrame | None = None,
    *,
    language: str = "en",
) -> pd.DataFrame:
    """List what is off the network, cut off, unreached, suppressed, defaulted, not understood or beyond the file.

    ``water`` are the findings of :func:`of_inputs`.

    Returns
    -------
    DataFrame
        subject (service_point, place or network), id, verdict, metres (NaN where it has no meaning), road, road_class
        and way (of the road that a point or place stands on or is nearest to), detail (in the language).
    """
    snapped = table.findings()
    parts = [
        _of_snapping(network, snapped),
        _unreached(levels, snapped),
        _suppressed(levels.frame),
        edge_of_extract(network, surfaces),
        _of_network(network),
        _rows([]) if water is None else water,
    ]
    return _worded(parts, language)


def check_findings(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    water: pd.DataFrame | None = None,
    *,
    lost_ways: Sequence[int] = (),
    language: str = "en",
) -> pd.DataFrame:
    """List the findings of the data alone: those that need no travel times.

    ``water`` as in `gather_findings`; ``lost_ways`` are those of the roads of the file.
    """
    snapped = snapped_findings(snap(network, points), snap(network, places))
    parts = [_of_snapping(network, snapped), _suppressed(places), _of_network(network), _lost(lost_ways)]
    return _worded(parts if water is None else [*parts, water], language)


def count_doubts(findings: pd.DataFrame) -> int:
    """Count the findings that ask for something to be looked at: not points tied to both carriageways, nor barriers."""
    return int((~findings["verdict"].isin([Verdict.BOTH_CARRIAGEWAYS, "barrier_cuts_road"])).sum())


def _worded(parts: list[pd.DataFrame], language: str) -> pd.DataFrame:
    """Put findings together and say each in words."""
    every = pd.concat([part for part in parts if len(part)] or [_rows([])], ignore_index=True)
    every["detail"] = [
        say_finding(language, verdict, values)
        for verdict, values in zip(every["verdict"], every["values"], strict=True)
    ]
    return every.astype({"metres": float, "way": "Int64"})[list(COLUMNS)]


def _of_snapping(network: RoadNetwork, snapped: pd.DataFrame) -> pd.DataFrame:
    limit = {"limit_metres": network.max_access_metres}
    values = [facts | limit for facts in snapped[list(_FACTS)].to_dict("records")]
    return snapped[[one for one in COLUMNS if one in snapped]].assign(
        values=pd.Series(values, index=snapped.index, dtype=object)
    )


def _unreached(levels: LevelsByPlace, snapped: pd.DataFrame) -> pd.DataFrame:
    """List the places that reach nothing although they stand on the main network."""
    code = levels.scheme.codes[0]
    known = snapped[snapped["verdict"] != Verdict.BOTH_CARRIAGEWAYS]
    listed = set(known.loc[known["subject"] == "place", "id"])
    alone = [one for one in levels.frame.index[levels.frame[f"time_{code}"].isna()] if str(one) not in listed]
    values = {"level": code, "minutes": float(levels.minutes[-1])}
    return _rows([("place", str(one), "unreached", math.nan, values) for one in alone])


def _suppressed(places: pd.DataFrame) -> pd.DataFrame:
    if POPULATION not in places:
        return _rows([])
    hidden = places.index[places[POPULATION] < 0]
    return _rows([("place", str(one), "suppressed", math.nan, {}) for one in hidden])


def edge_of_extract(network: RoadNetwork, surfaces: Mapping[str, Surface]) -> pd.DataFrame:
    """Say for each level from which minute on its areas meet roads that leave the file; no row where they meet none.

    Nobody knows what lies beyond: from there on areas may be too small, and ways round through it too long.

    Returns
    -------
    DataFrame
        subject, id (the level), verdict, metres and values (level, minutes, and how many roads of how many).
    """
    rows: list[_Row] = []
    for code, surface in surfaces.items():
        time = surface.at(network.cut_x, network.cut_y)
        reached = time[time != UNREACHED]
        if reached.size:
            minutes = math.floor(reached.min() / MILLISECONDS_PER_MINUTE)
            values = {"level": code, "minutes": minutes, "reached": reached.size, "total": time.size}
            rows.append(("network", code, "edge_of_extract", math.nan, values))
    return _rows(rows)


def of_water(water: Water | None, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame) -> pd.DataFrame:
    """List points and places that lie in the water, what was mended of it and what could not be drawn.

    Points and places keep their times, for they stand on the nearest road; only the areas leave the water out.
    """
    rows: list[_Row] = []
    if water is not None:
        for subject, frame in (("service_point", points), ("place", places)):
            wet = frame.index[water.covers(frame.geometry)]
            rows += [(subject, str(one), "on_water", math.nan, {}) for one in wet]
        if water.mended:
            rows.append(("network", "", "mended_water", math.nan, {"count": water.mended}))
        rows += [("network", one, "water_left_out", math.nan, {}) for one in water.left_out]
    return _rows(rows)


def of_inputs(
    water: Water | None, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame, area_column: str | None
) -> pd.DataFrame:
    """List what :func:`of_water` lists, and in one row the places outside every area, where areas are asked for."""
    rows: list[_Row] = []
    if area_column is not None:
        outside = places[places[area_column].isna() | (places[area_column].astype(str) == "")]
        if len(outside):
            ids = ", ".join(map(str, outside.index[:_EXAMPLES])) + (" …" if len(outside) > _EXAMPLES else "")
            values = {"count": len(outside), "people": counts(outside).sum()}
            rows.append(("place", ids, "outside_areas", math.nan, values))
    found = of_water(water, points, places)
    return pd.concat([found, _rows(rows)], ignore_index=True) if rows else found


def _of_network(network: RoadNetwork) -> pd.DataFrame:
    rows: list[_Row] = []
    metres = network.metres_by_speed_source
    guessed = metres.get("default", 0.0)
    if guessed:
        rows.append(("network", "", "defaulted_speed", guessed, {"share": guessed / sum(metres.values())}))
    for text, count in network.rejected_speeds.items():
        rows.append(("network", text, "rejected_maxspeed", math.nan, {"count": count}))
    for kind, count in network.barriers_cut.items():
        rows.append(("network", kind, "barrier_cuts_road", math.nan, {"count": count}))
    return _rows(rows)


def _lost(ways: Sequence[int]) -> pd.DataFrame:
    """Tell of ways that name no two neighbouring nodes with a place in the file."""
    if not ways:
        return _rows([])
    first = ", ".join(map(str, ways[:_EXAMPLES])) + (" …" if len(ways) > _EXAMPLES else "")
    return _rows([("network", first, "lost_ways", math.nan, {"count": len(ways)})])


_Row = tuple[str, str, str, float, Mapping[str, object]]


def _rows(rows: list[_Row]) -> pd.DataFrame:
    """Make a table of findings that stand on no road."""
    frame = pd.DataFrame(rows, columns=["subject", "id", "verdict", "metres", "values"]).astype({"metres": float})
    return frame.assign(road="", road_class="", way=pd.Series(pd.NA, index=frame.index, dtype="Int64"))
