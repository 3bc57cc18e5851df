"""The page of a run: what of a study and its results goes on it, in the languages of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import pandas as pd

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.domain.travel import Season
from palveluverkko.maps.page import Page, build_page
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.store import read_network
from palveluverkko.reach.table import TravelTimeTable, travel_times
from palveluverkko.study.study import Study
from palveluverkko.study.texts import say, say_day, say_method, say_subtitle

if TYPE_CHECKING:
    from palveluverkko.study.pipeline import Results


def times_of_seasons(study: Study, table: TravelTimeTable, *, store: str | Path) -> tuple[TimesOfSeason, ...]:
    """Give the travel times of the study's season and, where the study asks for both, those of the other."""
    own = study.network.season
    seasons = [_named(study, own, table)]
    if study.output.both_seasons:
        other = Season.SUMMER if own is Season.WINTER else Season.WINTER
        there = study.model_copy(update={"network": study.network.model_copy(update={"season": other})})
        network = read_network(
            there.network.files,
            profile=there.profile,
            clip=there.network.clip,
            clip_buffer_metres=there.network.clip_buffer_metres,
            store=store,
        )
        times = travel_times(
            network,
            table.points,
            table.places,
            budget_minutes=study.minutes[-1],
            direction=study.network.direction,
        )
        seasons.append(_named(study, other, times))
    return tuple(seasons)


def _named(study: Study, season: Season, table: TravelTimeTable) -> TimesOfSeason:
    direction = str(study.network.direction)
    return TimesOfSeason(
        table,
        name={code: say(code, str(season)) for code in LANGUAGES},
        subtitle={code: _lower_first(say_subtitle(code, str(season), direction)) for code in LANGUAGES},
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def page_of_run(study: Study, results: Results, *, roads: geopandas.GeoDataFrame, day: date) -> Page:
    """Build the page of a run."""
    inputs = results.inputs
    return build_page(
        title=study.study.name,
        subtitle={code: results.seasons[0].subtitle[code] for code in LANGUAGES},
        scheme=study.scheme,
        minutes=study.minutes,
        bands=results.bands,
        points=inputs.points,
        places=inputs.places,
        levels=results.levels.frame,
        people=results.people,
        norms=results.norms,
        findings=results.findings,
        roads=roads,
        water=_water(results, roads),
        borders=inputs.areas,
        tables=results.seasons,
        scenarios=study.scenarios,
        area_column=inputs.area_column,
        suppression=results.levels.suppression,
        language=study.study.language,
        notes=_notes(study, inputs.network, day),
        attribution=study.attribution,
        fingerprint=_fingerprint(inputs.network, results.people),
    )


def _water(results: Results, roads: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame | None:
    """Give the water near the roads."""
    water = results.inputs.water
    if water is None or not len(water.shapes) or roads.crs is None:
        return None
    near = water.near(tuple(roads.total_bounds), roads.crs)
    return geopandas.GeoDataFrame(geometry=near.shapes, crs=near.crs) if len(near.shapes) else None


def _fingerprint(network: RoadNetwork, people: pd.DataFrame) -> str:
    """Name a run by its roads and its figures: the same roads and figures give the same name."""
    figures = int(pd.util.hash_pandas_object(people, index=False).sum()) & 0xFFFFFFFF
    return f"{network.fingerprint[:12]}-{figures:08x}"


def _notes(study: Study, network: RoadNetwork, day: date) -> Sequence[Mapping[str, str]]:
    return [
        {code: say_method(code, network) for code in LANGUAGES},
        {
            code: say(
                code,
                "computed",
                osm=road_files(study),
                points=study.points.file.name,
                places=study.places.file.name,
                day=say_day(code, day),
            )
            for code in LANGUAGES
        },
    ]


def road_files(study: Study) -> str:
    """Name the road files of a study."""
    return ", ".join(file.name for file in study.network.files)
