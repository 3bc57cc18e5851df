"""A small study over Lapland for the map page."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from pandas import DataFrame

from palveluverkko.domain.levels import LevelScheme

METRIC = "EPSG:3067"
MINUTES = [30.0, 60.0, 120.0]
HOSTILE = "</script><img src=x onerror=alert(1)>\"'`${alert(2)}{{ 7*7 }}\u2028&amp; Å"
POINTS = {
    "ROI": (HOSTILE, "E", 443_000, 7_377_000),
    "SOD": ("Sodankylän terveysasema", "A", 484_000, 7_477_000),
    "KEM": ("Kemijärven terveysasema", "A", 519_000, 7_400_000),
    "IVA": ("Ivalon terveysasema", "L", 520_000, 7_614_000),
    "UTS": ("Utsjoen terveysasema", "L", 499_000, 7_755_000),
}


@pytest.fixture
def study() -> dict[str, Any]:
    """Every table of a study, in the forms that build_page takes."""
    scheme = LevelScheme.eal()
    points = GeoDataFrame(
        {
            "name": [name for name, *_ in POINTS.values()],
            "level": [level for _, level, *_ in POINTS.values()],
            "services": ["", "", f"hammashoito;{HOSTILE}", "", ""],
            "open": [True, True, True, True, False],
            "candidate": [False] * 5,
        },
        geometry=[shapely.Point(x, y) for *_, x, y in POINTS.values()],
        crs=METRIC,
        index=pd.Index(POINTS, name="id"),
    )
    places = _places()
    return {
        "title": f"Lappi {HOSTILE}",
        "subtitle": f"Talvi {HOSTILE}",
        "notes": ["Suunta: palvelupisteeseen.", HOSTILE],
        "scheme": scheme,
        "minutes": MINUTES,
        "bands": _bands(points, scheme),
        "points": points,
        "places": places,
        "levels": _levels(places),
        "people": _people(),
        "summary": DataFrame(
            {
                "level": ["L", "A", "E"],
                "mean": [12.34, 31.0, 1234.56],
                "p90": [25.0, 80.0, 150.0],
                "worst": [61.25, 119.0, np.nan],
                "worst_place": ["P3", "P4", None],
                "worst_name": [HOSTILE, "Kylä 4", None],
                "unreached": [0, 1500, 2500],
            }
        ),
        "norms": _norms(),
        "findings": DataFrame(
            [
                ("place", "P3", "off_network", 1234.0, "P3 lies 1,234 m from the nearest road."),
                ("service_point", "ROI", "moved_to_main", 40.0, "moved"),
                ("network", HOSTILE, "a_new_verdict", np.nan, HOSTILE),
            ],
            columns=["subject", "id", "verdict", "metres", "detail"],
        ),
        "roads": _roads(points),
    }


def _bands(points: GeoDataFrame, scheme: LevelScheme) -> GeoDataFrame:
    """Nested rings round the points of each level, cut to one another as a surface would give them."""
    rows = []
    for level in scheme.codes:
        centres = points.geometry[points["level"].isin(scheme.serving(level)) & points["open"]]
        inner: shapely.Geometry = shapely.Polygon()
        for start, end in zip([0.0, *MINUTES], MINUTES, strict=False):
            outer = centres.buffer(end * 900, quad_segs=16).union_all()
            rows.append((level, start, end, shapely.multipolygons(shapely.get_parts(outer - inner))))
            inner = outer
    return GeoDataFrame(rows, columns=["level", "from_min", "to_min", "geometry"], crs=METRIC)


def _places() -> GeoDataFrame:
    numbers = np.arange(30)
    population = 100.0 * (numbers + 1)
    population[5] = -1
    return GeoDataFrame(
        {
            "name": [HOSTILE if number == 3 else f"Kylä {number}" for number in numbers],
            "population": population,
            "kunta_code": "698",
        },
        geometry=shapely.points(430_000 + 4_000 * (numbers % 6), 7_340_000 + 12_000 * (numbers // 6)),
        crs=METRIC,
        index=pd.Index([f"P{number}" for number in numbers], name="id"),
    )


def _levels(places: GeoDataFrame) -> DataFrame:
    """Every place is served by ROI on every level, but P4 reaches no E."""
    numbers = np.arange(len(places))
    columns: dict[str, Any] = {}
    for level in ("L", "A", "E"):
        columns[f"time_{level}"] = 10.25 + numbers
        columns[f"point_{level}"] = ["ROI"] * len(places)
    columns["time_E"] = np.where(numbers == 4, np.nan, columns["time_E"])
    columns["point_E"] = [None if number == 4 else "ROI" for number in numbers]
    columns["population"] = places["population"].to_numpy()
    return DataFrame(columns, index=pd.Index(places.index, name="place_id"))


def _people() -> DataFrame:
    counts = {"L": [30_000, 12_000, 4_400, 0], "A": [20_000, 15_000, 9_900, 1_500], "E": [1_234, 5_678, 36_988, 2_500]}
    ends = [*MINUTES, np.nan]
    rows = [
        (area, level, start, end, people)
        for area, of_levels in (("", counts), ("698", {level: [1, 2, 3, 4] for level in counts}))
        for level, of_level in of_levels.items()
        for start, end, people in zip([0.0, *MINUTES], ends, of_level, strict=True)
    ]
    return DataFrame(rows, columns=["area", "level", "from_min", "to_min", "population"]).assign(area_name="")


def _norms() -> DataFrame:
    rows = [
        ("L", 30.0, 0.9, "population", "", "", 0.934, True, 0.0),
        ("A", 60.0, 0.8, "age_75_", "", "", 0.681, False, 2313.4),
        ("A", 60.0, 0.8, "age_75_", "698", HOSTILE, 0.5, False, 200.0),
        ("A", 60.0, 0.8, "age_75_", "890", "Utsjoki", 0.9, True, 0.0),
    ]
    columns = ["level", "minutes", "share", "group", "area", "area_name", "share_reached", "passed", "missing"]
    return DataFrame(rows, columns=columns)


def _roads(points: GeoDataFrame) -> GeoDataFrame:
    ends = list(points.geometry)
    lines = [shapely.LineString([one, other]) for one, other in itertools.pairwise(ends)]
    classes = ["trunk", "primary_link", "residential", "ferry"]
    return GeoDataFrame({"road_class": classes, "length": 1.0}, geometry=lines, crs=METRIC)
