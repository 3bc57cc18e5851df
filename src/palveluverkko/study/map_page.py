"""The page of a run: what of a study and its results goes on it, in the languages of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from palveluverkko.network.water import Water
from palveluverkko.planning.area_changes import changes_of_surfaces
from palveluverkko.reach.areas import square_kilometres
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.table import TravelTimeTable, travel_times
from palveluverkko.service.areas import draw_bands, level_surfaces
from palveluverkko.study.findings import gather_findings, of_inputs
from palveluverkko.study.study import Study
from palveluverkko.study.texts import say, say_day, say_method, say_subtitle

if TYPE_CHECKING:
    from palveluverkko.study.pipeline import Inputs, Results


def times_of_seasons(study: Study, table: TravelTimeTable, *, store: str | Path) -> tuple[TimesOfSeason, ...]:
    """Give the travel times of the study's season and, where the study asks for both, those of the other."""
    seasons = [_named(study, study.network.season, table)]
    if study.output.both_seasons:
        times = travel_times(
            _other_network(study, store),
            table.points,
            table.places,
            budget_minutes=study.minutes[-1],
            direction=study.network.direction,
        )
        seasons.append(_named(study, _other_season(study), times))
    return tuple(seasons)


def with_areas(
    study: Study,
    seasons: tuple[TimesOfSeason, ...],
    surfaces: Mapping[str, Surface],
    water: Water | None,
    *,
    store: str | Path,
) -> tuple[TimesOfSeason, ...]:
    """Draw the areas of the other season, and what it gains and loses; ``surfaces`` are those of the study's season."""
    if len(seasons) == 1 or not surfaces:
        return seasons
    first, other = seasons
    there = level_surfaces(
        _other_network(study, store),
        other.table.points,
        scheme=study.scheme,
        budget_minutes=study.minutes[-1],
        direction=study.network.direction,
        cell_metres=next(iter(surfaces.values())).cell_metres,
        water=water,
    )
    bands = draw_bands(
        there,
        scheme=study.scheme,
        minutes=study.minutes,
        tolerance_metres=study.output.tolerance_metres,
        smallest_km2=study.output.smallest_km2,
        smooth_metres=study.output.smooth_metres,
    )
    return first, replace(other, bands=bands, changes=_changes(study, surfaces, there))


def _changes(study: Study, here: Mapping[str, Surface], there: Mapping[str, Surface]) -> geopandas.GeoDataFrame | None:
    """Compare the areas of two seasons; None where roads of one season alone give them different grids."""
    if any(not _on_one_grid(here[code], there[code]) for code in here):
        return None
    rows = [
        (code, *row)
        for code in here
        for row in changes_of_surfaces(
            here[code],
            there[code],
            minutes=study.minutes,
            tolerance_metres=study.output.tolerance_metres,
            smallest_km2=study.output.smallest_km2,
        )
    ]
    frame = pd.DataFrame(rows, columns=["level", "minutes", "change", "geometry"])
    drawn = geopandas.GeoDataFrame(frame, geometry="geometry", crs=next(iter(here.values())).crs)
    return drawn.assign(square_kilometres=square_kilometres(drawn.geometry))


def _on_one_grid(one: Surface, other: Surface) -> bool:
    return (one.west, one.north, one.cell_metres, one.travel_time.shape) == (
        other.west,
        other.north,
        other.cell_metres,
        other.travel_time.shape,
    )


def _other_season(study: Study) -> Season:
    return Season.SUMMER if study.network.season is Season.WINTER else Season.WINTER


def _other_network(study: Study, store: str | Path) -> RoadNetwork:
    there = study.model_copy(update={"network": study.network.model_copy(update={"season": _other_season(study)})})
    return read_network(
        there.network.files,
        profile=there.profile,
        clip=there.network.clip,
        clip_buffer_metres=there.network.clip_buffer_metres,
        store=store,
    )


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
        findings=_in_every_language(study, results),
        roads=roads,
        water=water_on_page(results, roads),
        borders=inputs.areas,
        tables=results.seasons,
        scenarios=study.scenarios,
        area_column=inputs.area_column,
        suppression=results.levels.suppression,
        area_changes=results.further.get("area_changes"),
        tiles=study.output.background,
        language=study.study.language,
        notes=_notes(study, inputs, day),
        attribution=study.attribution,
        fingerprint=_fingerprint(inputs.network, results.people),
    )


def _in_every_language(study: Study, results: Results) -> pd.DataFrame:
    """Give the findings with their details in every language of the page."""
    inputs = results.inputs
    others = {
        code: gather_findings(
            inputs.network,
            results.table,
            results.levels,
            results.surfaces,
            of_inputs(inputs.water, inputs.points, inputs.places, inputs.area_column),
            language=code,
        )["detail"]
        for code in LANGUAGES
        if code != study.study.language
    }
    details = {study.study.language: results.findings["detail"], **others}
    return results.findings.assign(**{f"detail_{code}": details[code] for code in LANGUAGES})


def water_on_page(results: Results, roads: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame | None:
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


def _notes(study: Study, inputs: Inputs, day: date) -> Sequence[Mapping[str, str]]:
    return [
        {code: say_method(code, inputs.network) for code in LANGUAGES},
        *([] if inputs.water is not None else [{code: say(code, "no_water") for code in LANGUAGES}]),
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
