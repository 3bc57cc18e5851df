"""The data doctor: what is doubtful about a study's data before anything is decided on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas
import pandas as pd

from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.sources import RoadSource
from palveluverkko.network.store import STORE_SUFFIX
from palveluverkko.osm.reader import Roads
from palveluverkko.reach.snap import Snapped, Verdict, snap
from palveluverkko.service.areas import level_surfaces
from palveluverkko.service.levels import serving_points
from palveluverkko.study.cut_off import (
    UNREACHED_VERDICT,
    CutOff,
    find_nearest,
    open_roads,
    unreached_table,
    with_tags_ignored,
)
from palveluverkko.study.doctor_roads import (
    REJECTED_COLUMNS,
    AreaFinder,
    read_with_notes,
    rejected_table,
    source_table,
    speed_table,
    speed_table_by_area,
    speed_table_of_sources,
    to_lines,
)
from palveluverkko.study.doctor_tables import (
    PLACE,
    SERVICE_POINT,
    Duplicates,
    beyond_access_table,
    duplicate_table,
    edge_table,
    find_duplicates,
    largest,
    names,
    part_lines,
    part_table,
    people,
    restriction_table,
)
from palveluverkko.study.findings import check_findings, count_doubts, of_inputs
from palveluverkko.study.study import Study
from palveluverkko.tables.areas import read_areas

if TYPE_CHECKING:
    from palveluverkko.study.pipeline import Inputs

PARTS_SHOWN = 10
"""Parts of the network on a page and in the workbook of a run; the workbook of a check has all."""

DUPLICATED, CUT_OFF = "duplicated", "closed_by_tags"
"""Doubts of the map besides the verdicts of the findings."""

DOUBTFUL = (
    str(Verdict.OFF_NETWORK), str(Verdict.SMALL_COMPONENT), UNREACHED_VERDICT, CUT_OFF, str(Verdict.MOVED_TO_MAIN),
    DUPLICATED,
)  # fmt: skip
"""Doubts that are drawn on the map, the gravest first."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What the doctor found, a table for each subject; the module of each says what its columns are.

    Attributes
    ----------
    findings
        The findings that a run makes too, as far as they need no travel times; worded in English, as on a terminal.
    unreached
        Places that reach no open point of the nearest level, and what would reach them with access tags ignored.
    beyond_access
        Points and places without a road within the access distance.
    duplicates
        Service points and places that may be one, entered twice.
    parts
        Parts of the road network and who stands on them.
    speeds, speeds_by_area
        Kilometres by where the speed came from; by area None where the study has no areas or no road file.
    rejected
        Values of tags that could not be read.
    restrictions
        Turn restrictions that are not in force.
    edge
        Levels whose areas meet the edge of the road file.
    lost_ways
        Ids of ways that name no two neighbouring nodes with a place in the road file; a finding tells of them.
    spots
        Doubtful points and places to draw: subject, id, name, verdict, population; EPSG:4326.
    islands
        Roads off the main part, a row for each part.
    closed_roads
        Roads that keep places from every service because access tags close them; EPSG:4326.
    roads
        Ways by where their speed came from, EPSG:4326; None where the study names no road file.
    """

    findings: pd.DataFrame
    unreached: pd.DataFrame
    beyond_access: pd.DataFrame
    duplicates: pd.DataFrame
    parts: pd.DataFrame
    speeds: pd.DataFrame
    speeds_by_area: pd.DataFrame | None
    rejected: pd.DataFrame
    restrictions: pd.DataFrame
    edge: pd.DataFrame
    lost_ways: tuple[int, ...]
    spots: geopandas.GeoDataFrame = field(repr=False)
    islands: geopandas.GeoDataFrame = field(repr=False)
    closed_roads: geopandas.GeoDataFrame = field(repr=False)
    roads: geopandas.GeoDataFrame | None = field(repr=False)

    @property
    def doubts(self) -> int:
        """Number of doubts: the findings, and the rows of the other tables that list doubts and nothing else."""
        # Those off the network or on a piece cut off from it are findings already.
        unreached = int((self.unreached["verdict"] == UNREACHED_VERDICT).sum())
        others = (self.duplicates, self.rejected, self.restrictions, self.edge)
        findings = self.findings[
            self.findings["verdict"] != "rejected_maxspeed"
        ]  # a part of the table of rejected tags
        return count_doubts(findings) + unreached + sum(len(table) for table in others)


def examine(study: Study, inputs: Inputs) -> Diagnosis:
    """Examine the data of a study.

    One search from all open points tells which places are reached at all. Where some are not, the road file is read
    again with its access tags ignored. The surfaces of the levels are drawn only where roads leave the road file.

    Parameters
    ----------
    study
        As :func:`palveluverkko.study.study.read_study` gives it.
    inputs
        As :func:`palveluverkko.study.pipeline.read_inputs` gives them.
    """
    network, points, places = inputs.network, inputs.points, inputs.places
    snapped_points, snapped_places = snap(network, points), snap(network, places)
    source = _road_source(study)
    roads = read_with_notes(source, study.profile) if source is not None else None
    lost_ways = () if roads is None else roads.lost_ways
    duplicates = find_duplicates(points, places, network.crs)
    unreached, closed_roads = _cut_off(study, inputs, snapped_points, snapped_places, source)
    parts = part_table(network, snapped_points, snapped_places, places)
    return Diagnosis(
        findings=check_findings(
            network, points, places, of_inputs(inputs.water, points, places, inputs.area_column), lost_ways=lost_ways
        ),
        lost_ways=lost_ways,
        unreached=unreached,
        beyond_access=beyond_access_table(snapped_points, snapped_places, points, places),
        duplicates=duplicate_table(duplicates),
        parts=parts,
        speeds=_speeds(inputs, roads),
        speeds_by_area=_speeds_by_area(study, inputs, roads),
        rejected=_rejected(inputs) if roads is None else rejected_table(roads),
        restrictions=restriction_table(network),
        edge=_edge(study, inputs),
        spots=_spots(inputs, (snapped_points, snapped_places), unreached, duplicates),
        islands=part_lines(network, parts),
        closed_roads=closed_roads,
        roads=None if roads is None else to_lines(roads),
    )


def brief_tables(
    network: RoadNetwork, snapped_points: Snapped, snapped_places: Snapped, places: geopandas.GeoDataFrame
) -> dict[str, pd.DataFrame]:
    """Give the tables that a run shows too: the largest parts of the network, and where speeds come from."""
    parts = largest(part_table(network, snapped_points, snapped_places, places), PARTS_SHOWN)
    return {
        "parts": parts[["kind", *(one for one in parts.columns if one not in {"part", "kind", "longest_way"})]],
        "speeds": source_table(network.metres_by_speed_source),
    }


def _road_source(study: Study) -> RoadSource | None:
    """Give the road files, or None where the study names a table or a built network, which know no ways and tags."""
    roads = study.network
    if roads.edges is not None or any(one.suffix == STORE_SUFFIX for one in roads.files):
        return None
    return RoadSource.named(roads.files, clip=roads.clip, clip_buffer_metres=roads.clip_buffer_metres)


def _cut_off(
    study: Study, inputs: Inputs, snapped_points: Snapped, snapped_places: Snapped, source: RoadSource | None
) -> CutOff:
    """List the places that reach no open point of the nearest level; every open point serves it."""
    budget, direction = study.minutes[-1], study.network.direction
    serving = serving_points(inputs.points, study.scheme, study.scheme.codes[0])
    points = inputs.points.loc[serving]
    if len(points) < len(inputs.points):
        snapped_points = snap(inputs.network, points)
    nearest = find_nearest(inputs.network, snapped_points, snapped_places, budget_minutes=budget, direction=direction)
    table = unreached_table(inputs.places, snapped_places, nearest.time)
    if table.empty or source is None:
        none: dict[str, list[str]] = {"way": [], "name": [], "road_class": [], "places": [], "population": []}
        return CutOff(table, geopandas.GeoDataFrame(none, geometry=[], crs="EPSG:4326"))
    return with_tags_ignored(
        table, open_roads(source, study.profile), points, inputs.places, budget_minutes=budget, direction=direction
    )


def _speeds(inputs: Inputs, roads: Roads | None) -> pd.DataFrame:
    return speed_table_of_sources(inputs.network.metres_by_speed_source) if roads is None else speed_table(roads)


def _speeds_by_area(study: Study, inputs: Inputs, roads: Roads | None) -> pd.DataFrame | None:
    if study.areas is None or roads is None or inputs.area_column is None:
        return None
    if study.areas.file is not None:
        finder = AreaFinder.of_polygons(read_areas(study.areas.file))
    else:
        finder = AreaFinder.of_places(inputs.places, inputs.area_column, inputs.area_name_column)
    return speed_table_by_area(roads, finder, inputs.network.crs)


def _rejected(inputs: Inputs) -> pd.DataFrame:
    counted = inputs.network.rejected_speeds.items()
    rows = [
        ("way", "maxspeed", text, int(ways), "") for text, ways in sorted(counted, key=lambda one: (-one[1], one[0]))
    ]
    return pd.DataFrame(rows, columns=list(REJECTED_COLUMNS))


def _edge(study: Study, inputs: Inputs) -> pd.DataFrame:
    if not inputs.network.cut_x.size:
        return edge_table(inputs.network, {})
    surfaces = level_surfaces(
        inputs.network,
        inputs.points,
        scheme=study.scheme,
        budget_minutes=study.minutes[-1],
        direction=study.network.direction,
        cell_metres=study.output.cell_metres,
        water=inputs.water,
    )
    return edge_table(inputs.network, surfaces)


def _spots(
    inputs: Inputs, snapped: tuple[Snapped, Snapped], unreached: pd.DataFrame, duplicates: list[Duplicates]
) -> geopandas.GeoDataFrame:
    """Gather the doubtful points and places; one with several doubts stands once for each."""
    doubts = {
        (PLACE, UNREACHED_VERDICT): unreached.loc[unreached["verdict"] == UNREACHED_VERDICT, "id"].tolist(),
        (PLACE, CUT_OFF): unreached.loc[unreached["open_minutes"].notna(), "id"].tolist(),
    }
    for group in duplicates:
        doubts.setdefault((group.subject, DUPLICATED), []).extend(str(one) for one in group.frame.index)
    parts = []
    for subject, frame, one in zip((SERVICE_POINT, PLACE), (inputs.points, inputs.places), snapped, strict=True):
        ids = pd.Index([str(own) for own in frame.index], dtype=object)
        for verdict in DOUBTFUL:
            chosen = (one.verdict == verdict) | ids.isin(doubts.get((subject, verdict), []))
            parts.append(_spot_rows(frame[chosen], subject, verdict))
    return geopandas.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326")


def _spot_rows(chosen: geopandas.GeoDataFrame, subject: str, verdict: str) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "subject": subject,
            "id": [str(one) for one in chosen.index],
            "name": names(chosen),
            "verdict": verdict,
            "population": people(chosen),
        },
        geometry=chosen.geometry.representative_point().to_crs("EPSG:4326").to_numpy(),
        crs="EPSG:4326",
    )
