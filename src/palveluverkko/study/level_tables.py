"""Tables of levels beside those by place: key figures by area and group, centres, service points, single services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import LevelsByPlace, classify, to_itself
from palveluverkko.service.services import classify_services
from palveluverkko.study.study import Study

FIGURES, PEOPLE = "level_figures", "level_people"
"""Key figures, and people by band, of every area, group and grouping."""

CENTRES, POINTS = "centre_levels", "point_levels"
SERVICES, SERVICE_FIGURES = "place_services", "service_figures"


class _Sums(Protocol):
    """Sums of a table of levels by the areas of a column."""

    def __call__(self, column: str | None, *, name_column: str | None) -> pd.DataFrame:
        """Sum up."""


def level_tables(
    study: Study,
    tables: Mapping[str, TravelTimeTable],
    levels: LevelsByPlace,
    areas: Mapping[str, tuple[str | None, str | None]],
) -> dict[str, pd.DataFrame]:
    """Give the tables that a study of several groupings, centres or wanted services has, by their names.

    Parameters
    ----------
    study
        The study.
    tables
        Travel times of ``places``, ``points`` and, where there are any, ``centres``.
    levels
        The levels of the places.
    areas
        Columns of id and name of each grouping of areas.

    Returns
    -------
    dict
        ``level_figures`` (:meth:`LevelsByPlace.by_area_figures` with a first column ``grouping``), ``level_people``
        (:meth:`LevelsByPlace.by_area` so, where there are groupings), ``point_levels`` and ``centre_levels`` (levels of
        the points and centres), ``place_services`` and ``service_figures`` (single services).
    """
    scheme, minutes, hidden = study.scheme, study.levels.minutes, study.suppression
    found = {FIGURES: _of_each(areas, levels.by_area_figures)}
    if len(areas) > 1:
        found[PEOPLE] = _of_each(areas, levels.by_area)
    found[POINTS] = _of_points(
        classify(to_itself(tables["points"]), scheme=scheme, minutes=minutes, suppression=hidden)
    )
    if "centres" in tables:
        found[CENTRES] = _of_points(classify(tables["centres"], scheme=scheme, minutes=minutes, suppression=hidden))
    if study.wants:
        services = classify_services(
            tables["places"], wanted=study.wants, scheme=scheme, minutes=minutes, suppression=hidden
        )
        own = [one for one in services.frame if one not in tables["places"].places]
        found[SERVICES] = services.frame[own].drop(columns=["service_class", "class_code"])
        names = {level.code: level.name(study.study.language) for level in services.scheme.levels}
        figures = _of_each(areas, services.by_area_figures)
        figures.insert(3, "service", figures["level"].map(names))
        found[SERVICE_FIGURES] = figures.rename(columns={"level": "service_code"})
    return found


def _of_each(areas: Mapping[str, tuple[str | None, str | None]], sums: _Sums) -> pd.DataFrame:
    """Put the sums of every grouping one below the other."""
    parts: list[pd.DataFrame] = []
    for name, (column, name_column) in areas.items():
        one = sums(column, name_column=name_column)
        one.insert(0, "grouping", name)
        # The whole study stands once.
        parts.append(one if not parts else one[one["area"] != ""])
    return pd.concat(parts, ignore_index=True)


def _of_points(levels: LevelsByPlace) -> pd.DataFrame:
    """Keep what tells a point or centre apart: its name, level and municipality, and its levels."""
    known = [one for one in ("name", "level", "kunta_code", "kunta", "open", "candidate") if one in levels.frame]
    own = [f"{kind}_{code}" for code in levels.scheme.codes for kind in ("time", "band", "point", "served_by")]
    return levels.frame[[*known, *own, "service_class", "class_code"]].rename_axis("id")
