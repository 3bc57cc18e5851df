"""What a study says about its tables, checked before anything long is computed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib.util import find_spec

import geopandas

from palveluverkko.domain.errors import PalveluverkkoError, StudyError, name_ids
from palveluverkko.domain.planning import PLACES
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import check_near_network
from palveluverkko.reach.surface import check_cell
from palveluverkko.service.people import groups
from palveluverkko.service.services import offering_points
from palveluverkko.study.study import Study

_NEAR_DEGREES = 0.5
"""Places whose bounding box ends this far from that of the roads have nothing to do with them."""


_MOST_NAMED = 8


def check_against_tables(study: Study, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame) -> None:
    """Refuse scenarios, norms and areas that name what the tables do not have, and points that nobody can use.

    Raises
    ------
    StudyError
        Names the first, and the nearest that there is.
    """
    try:
        if not points["open"].any():
            raise StudyError(f"{study.points.file.name} has no open service point; set open to true for some.")
        ids = [str(one) for one in points.index]
        for scenario in study.scenarios:
            named = (*scenario.close, *scenario.open, *(one for one, _ in scenario.change_level))
            for one in named:
                if one not in ids:
                    raise StudyError(
                        f"scenario {scenario.name!r} names {one!r}, which is no id in {study.points.file.name}"
                        f"{_nearest(one, ids)}"
                    )
        _check_norms(study, places)
        _check_fairness(study, points, places)
        columns = [str(one) for one in places.columns if one != places.geometry.name]
        for who, areas in (("[areas]", study.areas), *((f"grouping {one.name!r}", one) for one in study.grouping)):
            keys = () if areas is None else (areas.column, areas.name_column)
            for column in (one for one in keys if one is not None):
                _check_column(column, columns, f"{who} names", study)
        for wanted in study.wants:
            offering_points(points, study.scheme, wanted)  # which refuses services and languages that nobody knows
    except PalveluverkkoError as error:
        raise StudyError(f"{study.path}: {error}") from None


def check_against_network(
    study: Study, network: RoadNetwork, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame
) -> None:
    """Refuse points outside the roads, places of which none lies near them, and cells that are no use or do not fit.

    Single places beyond the roads are findings; a table of another part of the world is a mistake.
    """
    check_near_network(network, points, where=study.points.file.name)
    west, south, east, north = network.bounds
    left, bottom, right, top = places.geometry.to_crs("EPSG:4326").total_bounds
    apart = max(left - east, west - right, bottom - north, south - top)
    if apart > _NEAR_DEGREES:
        check_near_network(network, places, where=study.places.file.name)
    if study.output.cell_metres is not None:
        try:
            check_cell(network, study.output.cell_metres)
        except StudyError as error:
            raise StudyError(f"{study.path}: [output] {error}") from None


def _check_norms(study: Study, places: geopandas.GeoDataFrame) -> None:
    for norm in study.norms:
        who = f"the norm for level {norm.level}"
        _check_column(norm.group, (*groups(places), PLACES), f"{who} counts", study)
        if norm.where is not None:
            _check_class(*norm.where, places, who, study)


def _check_fairness(study: Study, points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame) -> None:
    if study.equity.need is not None:
        known = [str(one) for one in places.columns if one != places.geometry.name]
        _check_column(study.equity.need, known, "[equity] names", study)
    if study.capacity is None:
        return
    _check_column(study.capacity.group, groups(places), "[capacity] counts", study)
    known = [str(one) for one in points.columns if one != points.geometry.name]
    if study.capacity.column not in known:
        raise StudyError(
            f"[capacity] names the column {study.capacity.column!r}, which {study.points.file.name} does not have"
            f"{_nearest(study.capacity.column, known)}"
        )
    lacking = points.index[points["open"].astype(bool) & points[study.capacity.column].isna()]
    if len(lacking):
        raise StudyError(
            f"[capacity] needs a number in the column {study.capacity.column!r} of every open point in "
            f"{study.points.file.name}; {len(lacking)} lack it ({name_ids(list(lacking))}). Write 0 for none."
        )
    if find_spec("access") is None:
        raise StudyError("[capacity] needs the package access; install it with: pip install 'palveluverkko[access]'.")


def _check_column(column: str, known: Sequence[str], who: str, study: Study) -> None:
    if column not in known:
        raise StudyError(
            f"{who} the column {column!r}, which {study.places.file.name} does not have{_nearest(column, known)}"
        )


def _check_class(column: str, value: str, places: geopandas.GeoDataFrame, who: str, study: Study) -> None:
    known = [str(one) for one in places.columns if one != places.geometry.name]
    _check_column(column, known, f"{who} tells classes by", study)
    classes = sorted({str(one) for one in places[column].dropna()})
    if value not in classes:
        raise StudyError(
            f"{who} has minutes for the class {value!r} of {column}, which no place in {study.places.file.name} has"
            f"{_nearest(value, classes)}"
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    """End a sentence with the nearest of what there is, or with a few of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return f"; it has {', '.join(known[:_MOST_NAMED])}{more}."
