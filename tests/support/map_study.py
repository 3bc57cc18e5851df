"""A small study over Lapland for the map page."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pandas import DataFrame

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.planning import Norm, Scenario
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.planning.impact import apply_scenario
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import classify
from palveluverkko.service.norms import check_norms

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


NORMS = [Norm("L", 30, 0.9), Norm("A", 60, 0.8, "age_75_"), Norm("E", 60, 0.5, areas="each")]
SCENARIOS = [
    Scenario(f"Muutos {HOSTILE}", close=("SOD",), open=("UTS",), change_level=(("KEM", "E"),)),
    Scenario("Ilman keskusta", close=("ROI",)),
]


def build_study() -> dict[str, Any]:
    """Build every table of a study, in the forms that build_page takes; anew, so that a test may spoil its own."""
    scheme = LevelScheme.eal()
    points = GeoDataFrame(
        {
            "name": [name for name, *_ in POINTS.values()],
            "level": [level for _, level, *_ in POINTS.values()],
            "services": ["", "", f"hammashoito;{HOSTILE}", "", ""],
            "open": [True, True, True, True, False],
            "candidate": [False, False, False, False, True],
        },
        geometry=[shapely.Point(x, y) for *_, x, y in POINTS.values()],
        crs=METRIC,
        index=pd.Index(POINTS, name="id"),
    )
    places = _places()
    winter, summer = _times(points, places)
    summer = replace(summer, bands=_bands(points, scheme, 1.25), changes=_changes(points, points, scheme, 1.25))
    levels = classify(winter.table, points, scheme=scheme, minutes=MINUTES)
    return {
        "title": f"Lappi {HOSTILE}",
        "subtitle": f"Talvi {HOSTILE}",
        "notes": ["Suunta: palvelupisteeseen.", HOSTILE],
        "scheme": scheme,
        "minutes": MINUTES,
        "bands": _bands(points, scheme),
        "area_changes": pd.concat(
            [_changes(points, apply_scenario(points, one), scheme).assign(scenario=one.name) for one in SCENARIOS]
        ),
        "points": points,
        "places": places,
        "levels": levels.frame,
        "people": levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES),
        "norms": check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta"),
        "tables": [winter, summer],
        "scenarios": SCENARIOS,
        "area_column": "kunta_code",
        "fingerprint": f"abc {HOSTILE}",
        "findings": DataFrame(
            [
                ("place", "P3", "off_network", 1234.0, "P3 lies 1,234 m from the nearest road."),
                ("service_point", "ROI", "moved_to_main", 40.0, "moved"),
                ("network", HOSTILE, "a_new_verdict", np.nan, HOSTILE),
            ],
            columns=["subject", "id", "verdict", "metres", "detail"],
        ).assign(
            detail_fi=["P3 on 1 234 m päässä tiestä.", "siirretty", HOSTILE],
            detail_sv=["P3 ligger 1 234 m från vägen.", "flyttad", HOSTILE],
            detail_en=["P3 lies 1,234 m from the nearest road.", "moved", HOSTILE],
        ),
        "roads": _roads(points),
        "borders": GeoDataFrame(
            geometry=[
                shapely.box(400_000, 7_300_000, 480_000, 7_800_000),
                shapely.box(480_000, 7_300_000, 560_000, 7_800_000),
            ],
            crs=METRIC,
        ),
        "water": GeoDataFrame(geometry=[shapely.Point(500_000, 7_650_000).buffer(9_000)], crs=METRIC),
    }


def _reached(points: GeoDataFrame, scheme: LevelScheme, level: str, minutes: float, speed: float) -> shapely.Geometry:
    centres = points.geometry[points["level"].isin(scheme.serving(level)) & points["open"]]
    return centres.buffer(minutes * 900 * speed, quad_segs=16).union_all()


def _bands(points: GeoDataFrame, scheme: LevelScheme, speed: float = 1.0) -> GeoDataFrame:
    """Nested rings round the points of each level, cut to one another as a surface would give them."""
    rows = []
    for level in scheme.codes:
        inner: shapely.Geometry = shapely.Polygon()
        for start, end in zip([0.0, *MINUTES], MINUTES, strict=False):
            outer = _reached(points, scheme, level, end, speed)
            rows.append((level, start, end, shapely.multipolygons(shapely.get_parts(outer - inner))))
            inner = outer
    return GeoDataFrame(rows, columns=["level", "from_min", "to_min", "geometry"], crs=METRIC)


def _changes(before: GeoDataFrame, after: GeoDataFrame, scheme: LevelScheme, speed: float = 1.0) -> GeoDataFrame:
    """Give what comes within each threshold and what no longer does; ``speed`` is that of the trips afterwards."""
    rows = []
    for level in scheme.codes:
        for minutes in MINUTES:
            was, now = _reached(before, scheme, level, minutes, 1.0), _reached(after, scheme, level, minutes, speed)
            for change, area in (("gained", now - was), ("lost", was - now)):
                if not area.is_empty:
                    whole = shapely.multipolygons(
                        [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
                    )
                    rows.append((level, minutes, change, whole.area / 1e6, whole))
    columns = ["level", "minutes", "change", "square_kilometres", "geometry"]
    return GeoDataFrame(rows, columns=columns, crs=METRIC)


def _places() -> GeoDataFrame:
    numbers = np.arange(30)
    population = 100.0 * (numbers + 1)
    population[[5, 10]] = -1
    elderly = 10.0 * (numbers % 7)
    elderly[10] = -1
    return GeoDataFrame(
        {
            "name": [HOSTILE if number == 3 else f"Kylä {number}" for number in numbers],
            "population": population,
            "age_75_": elderly,
            "kunta_code": np.where(numbers % 3 == 0, "698", np.where(numbers % 3 == 1, "758", "")),
            "kunta": np.where(numbers % 3 == 0, f"Rovaniemi {HOSTILE}", np.where(numbers % 3 == 1, "Sodankylä", "")),
        },
        geometry=shapely.points(430_000 + 4_000 * (numbers % 6), 7_340_000 + 12_000 * (numbers // 6)),
        crs=METRIC,
        index=pd.Index([f"P{number}" for number in numbers], name="id"),
    )


def _times(points: GeoDataFrame, places: GeoDataFrame) -> list[TimesOfSeason]:
    """Give times of two seasons: at a threshold, a millisecond beyond it, equal, out of reach."""
    chance = np.random.default_rng(7)
    milliseconds = chance.integers(1, 110 * 60_000, (len(points), len(places))).astype(np.int32)
    milliseconds[:, :4] = 30 * 60_000  # equally near, at a threshold
    milliseconds[1, 2] = 30 * 60_000 - 1
    milliseconds[:, 8] = 60 * 60_000 + 1
    milliseconds[0, 9:12] += 2_000
    milliseconds[chance.random(milliseconds.shape) < 0.3] = UNREACHED
    milliseconds[0, 4], milliseconds[:, 6] = UNREACHED, UNREACHED
    quicker = np.where(milliseconds == UNREACHED, UNREACHED, milliseconds // 10 * 8).astype(np.int32)
    names = ({"fi": "talvi", "sv": "vinter", "en": "winter"}, {"fi": "kesä", "sv": "sommar", "en": "summer"})
    return [
        TimesOfSeason(
            TravelTimeTable(points, places, times, 180 * 60_000, Direction.TO_SERVICE, None, None),  # type: ignore[arg-type]
            name,
            {code: f"{word} {HOSTILE}" for code, word in name.items()},
        )
        for times, name in zip((milliseconds, quicker), names, strict=True)
    ]


def _roads(points: GeoDataFrame) -> GeoDataFrame:
    ends = list(points.geometry)
    lines = [shapely.LineString([one, other]) for one, other in itertools.pairwise(ends)]
    classes = ["trunk", "primary_link", "residential", "ferry"]
    return GeoDataFrame({"road_class": classes, "length": 1.0}, geometry=lines, crs=METRIC)
