"""The sensitivity of a study: its levels and bands at other speeds and in other seasons, computed and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import AccessLegs, Season
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.store import USER_STORE
from palveluverkko.planning.sensitivity import Sensitivity, Variant, sensitivity
from palveluverkko.report.parquet import write_table
from palveluverkko.report.sensitivity_figure import write_sensitivity_figure
from palveluverkko.report.sensitivity_workbook import write_sensitivity
from palveluverkko.study.folder import files_in, taking_over
from palveluverkko.study.pipeline import Inputs, Progress, name_sources, read_inputs, read_roads
from palveluverkko.study.study import Study


@dataclass(frozen=True, eq=False)
class StudySensitivity:
    """What other speeds and seasons do to a study.

    Attributes
    ----------
    inputs
        What the study reads.
    found
        The baseline and its variants, by place.
    areas
        People whose band changes, by variant, level and area.
    norms
        Norms by variant and area.
    access_legs
        Whether the way between road and place takes part in a factor.
    """

    inputs: Inputs
    found: Sensitivity
    areas: pd.DataFrame
    norms: pd.DataFrame
    access_legs: AccessLegs


def study_sensitivity(
    study: Study,
    *,
    speed_factors: Sequence[float],
    seasons: Sequence[Season] = (),
    access_legs: AccessLegs | str = AccessLegs.FIXED,
    progress: Progress | None = None,
    store: str | Path = USER_STORE,
) -> StudySensitivity:
    """Compare a study as it is written with itself at each speed factor in each season.

    Parameters
    ----------
    study
        The baseline: its season, its speeds.
    speed_factors
        Driving speeds relative to those of the season.
    seasons
        The study's own when empty.
    access_legs
        As for :func:`palveluverkko.planning.sensitivity.sensitivity`.
    progress
        Called as each step begins.
    store
        Where built networks are kept; see :func:`palveluverkko.network.store.read_network`.

    Raises
    ------
    StudyError
        The factors and seasons leave nothing but the baseline.
    """
    tell = progress or (lambda _step, _done, _total: None)
    pairs = [(season, factor) for season in seasons or (study.network.season,) for factor in speed_factors]
    if all(pair == (study.network.season, 1.0) for pair in pairs):
        raise StudyError(
            f"speed factor 1 in {study.network.season} is the study as it is written; give another factor or season."
        )
    tell("inputs", 0, 0)
    inputs = read_inputs(study, store=store)
    tell("network", 0, 0)
    networks: dict[Season, RoadNetwork] = {study.network.season: inputs.network}
    for season, _ in pairs:
        if season not in networks:
            networks[season] = read_roads(_in_season(study, season), store=store)
    found = sensitivity(
        inputs.network,
        inputs.points,
        inputs.places,
        variants=[Variant(factor, networks[season]) for season, factor in pairs],
        scheme=study.scheme,
        minutes=study.minutes,
        direction=study.network.direction,
        access_legs=access_legs,
        progress=lambda done, total: tell("variants", done, total),
    )
    columns = {"column": inputs.area_column, "name_column": inputs.area_name_column}
    areas = found.by_area(norms=study.norms, **columns)
    return StudySensitivity(
        inputs, found, areas, found.check_norms(study.norms, **columns), AccessLegs.parse(access_legs)
    )


def _in_season(study: Study, season: Season) -> Study:
    return study.model_copy(update={"network": study.network.model_copy(update={"season": season})})


def write_study_sensitivity(study: Study, result: StudySensitivity, folder: Path, *, day: date) -> list[Path]:
    """Write the workbook, the tables and the figure into a folder: all of them new, or, on an error, none.

    Whatever else lies in the folder stays, also the results of a run.
    """
    language, scheme = study.study.language, study.scheme
    with taking_over(folder, manifest=None, option="--out") as staging:
        write_sensitivity(
            staging / "sensitivity.xlsx",
            title=study.study.name,
            language=language,
            date=day,
            scheme=scheme,
            areas=result.areas,
            norms=result.norms,
            sources=name_sources(study, result.inputs.network),
            access_legs=str(result.access_legs),
        )
        result.areas.to_csv(staging / "sensitivity.csv", index=False, lineterminator="\n")
        write_table(staging / "sensitivity_places.parquet", result.found.by_place())
        write_sensitivity_figure(staging / "sensitivity.png", result.areas, scheme=scheme, language=language)
        written = files_in(staging)
    return sorted((folder / path for path in written), key=lambda path: (path.suffix != ".xlsx", str(path)))
