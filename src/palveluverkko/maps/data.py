"""Service points, names of places and labels, as the page's script reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pandas import DataFrame

from palveluverkko.maps.geometry import representative_degrees, to_page_crs
from palveluverkko.maps.inputs import (
    Study,
    column_flags,
    column_numbers,
    column_texts,
    rounded_or_none,
)

LABELS = 300
"""Most place names that the page tries to fit in, the most populous first."""

MAJOR_LABELS = 12
"""How many of them, at least, are written in the view of the whole area too: centres with a service point first."""

CENTRE_KILOMETRES = 4.0
"""The largest place within this distance of a service point gives the centre its name."""

KILOMETRES_PER_DEGREE = 111.2


def point_data(study: Study) -> dict[str, Any]:
    """Give the service points by column."""
    points = study.points
    position = study.point_positions
    candidate = column_flags(points, "candidate", default="no")
    is_open = column_flags(points, "open", default="yes")
    return {
        "id": [str(one) for one in points.index],
        "name": [name or str(one) for name, one in zip(column_texts(points, "name"), points.index, strict=True)],
        "level": [study.scheme.position(level) for level in points["level"]],
        "lon": rounded_or_none(position[:, 0], 5),
        "lat": rounded_or_none(position[:, 1], 5),
        "services": [
            [service.strip() for service in services.split(";") if service.strip()]
            for services in column_texts(points, "services")
        ],
        "status": [
            "candidate" if possible else "open" if opened else "closed"
            for possible, opened in zip(candidate, is_open, strict=True)
        ],
        "open": is_open,
        "order": sorted(range(len(points)), key=[str(one) for one in points.index].__getitem__),
    }


def point_positions(levels: DataFrame, column: str, points: GeoDataFrame) -> NDArray[np.int64]:
    """Turn ids of service points into their positions, int[n]; -1 where a place reaches none."""
    ids = column_texts(levels, column)
    position = {str(one): number for number, one in enumerate(points.index)}
    return np.array([position.get(one, -1) for one in ids], dtype=np.int64)


def place_names(places: DataFrame) -> list[str]:
    """Name each place: by its name, else by its id."""
    return [name or str(one) for name, one in zip(column_texts(places, "name"), places.index, strict=True)]


def place_labels(study: Study) -> list[dict[str, Any]]:
    """Choose names to write on the map: of places, else of municipalities at their largest place, else of points.

    Places where a service point stands come first: they are the centres that a reader looks for. Names of areas stand
    in the middle of them, where their outlines are known.
    """
    importance = np.array([study.scheme.position(level) for level in study.points["level"]], dtype=np.float64)
    areas = _area_labels(study)
    places = study.places
    column = "" if places is None else next((one for one in ("name", "kunta") if one in places.columns), "")
    if places is None or not len(places) or not column:
        names = column_texts(study.points, "name")
        majors = 0 if areas else len(names)
        rows = _label_rows(names, study.point_positions, np.argsort(-importance, kind="stable"), majors)
        return [*areas, *rows]
    position = representative_degrees(places, "places")
    population = np.nan_to_num(column_numbers(places, "population"))
    centres = [
        _centre(position, population, point) for point in study.point_positions[np.argsort(-importance, kind="stable")]
    ]
    order = list(dict.fromkeys([*centres, *np.argsort(-population, kind="stable").tolist()]))
    rows = _label_rows(column_texts(places, column), position, order, max(MAJOR_LABELS, len(set(centres))))
    known = {row["text"] for row in rows}
    majors = sum(row["rank"] == "major" for row in rows)
    return [*rows[:majors], *(area for area in areas if area["text"] not in known), *rows[majors:]]


def _area_labels(study: Study) -> list[dict[str, Any]]:
    """Name the areas that lie on the map, the largest first, in the middle of what is seen of them."""
    if study.borders is None or "name" not in study.borders.columns:
        return []
    seen = shapely.clip_by_rect(to_page_crs(study.borders, "borders").geometry.to_numpy(), *study.bounds)
    size = shapely.area(seen)
    order = np.argsort(-size, kind="stable")[: int((size > 0).sum())]
    middle = shapely.get_coordinates(shapely.point_on_surface(seen[order]))
    names = column_texts(study.borders, "name")
    rows = _label_rows([names[row] for row in order.tolist()], middle, range(len(order)), 0)
    return [row | {"rank": "area"} for row in rows]


def _centre(positions: NDArray[np.float64], population: NDArray[np.float64], point: NDArray[np.float64]) -> int:
    """Find the place that gives a service point's centre its name: the largest close by, else the nearest."""
    east = (positions[:, 0] - point[0]) * np.cos(np.radians(point[1]))
    kilometres = KILOMETRES_PER_DEGREE * np.hypot(east, positions[:, 1] - point[1])
    close = kilometres <= CENTRE_KILOMETRES
    return int(np.argmax(np.where(close, population, -np.inf)) if close.any() else np.argmin(kilometres))


def _label_rows(
    names: list[str], position: NDArray[np.float64], order: Iterable[int], majors: int
) -> list[dict[str, Any]]:
    """Write each name once, in order; the first ones are major."""
    rows: dict[str, dict[str, Any]] = {}
    for row in order:
        if names[row] and names[row] not in rows:
            lon, lat = position[row].round(5).tolist()
            rank = "major" if len(rows) < majors else "minor"
            rows[names[row]] = {"text": names[row], "lon": lon, "lat": lat, "rank": rank}
        if len(rows) == LABELS:
            break
    return list(rows.values())
