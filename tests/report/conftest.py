"""A small study by hand: two municipalities, five places, three points, times written down rather than computed."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from palveluverkko.domain.levels import LevelScheme

MINUTES = [15.0, 30.0, 60.0]
HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def scheme():
    return LevelScheme.eal()


@pytest.fixture(scope="module")
def study(scheme):
    """Every frame of a run, in the forms that cross rooms."""
    points = gpd.GeoDataFrame(
        {
            "name": ["Posion terveyskeskus", HOSTILE, "Lapin keskussairaala"],
            "level": ["L", "A", "E"],
            "services": ["neuvola;laboratorio", "", "päivystys"],
            "capacity": [np.nan, 40.0, 400.0],
            "languages": ["fi", "fi;se", "fi;sv"],
            "kunta_code": ["614", "320", "698"],
            "open": [True, True, False],
            "candidate": [False, False, True],
            "cost_per_year": [np.nan, 1_250_000.5, np.nan],
        },
        index=pd.Index(["POSIO", "KEMIJÄRVI", "ROVANIEMI"], name="id"),
        geometry=gpd.points_from_xy([545_000, 520_000, 443_000], [7_330_000, 7_400_000, 7_378_000]),
        crs=3067,
    )
    levels = pd.DataFrame(
        {
            "time_L": [3.0, 15.0, 29.9999833, 61.25, np.nan],
            "band_L": [15.0, 15.0, 30.0, np.nan, np.nan],
            "point_L": ["POSIO", "POSIO", "KEMIJÄRVI", "ROVANIEMI", None],
            "served_by_L": ["L", "L", "A", "E", None],
            "time_A": [40.0, 30.0, 30.0, 61.25, np.nan],
            "band_A": [60.0, 30.0, 30.0, np.nan, np.nan],
            "point_A": ["KEMIJÄRVI", "KEMIJÄRVI", "KEMIJÄRVI", "ROVANIEMI", None],
            "served_by_A": ["A", "A", "A", "E", None],
            "time_E": [75.0, 59.0, 60.0, 61.25, np.nan],
            "band_E": [np.nan, 60.0, 60.0, np.nan, np.nan],
            "point_E": ["ROVANIEMI", "ROVANIEMI", "ROVANIEMI", "ROVANIEMI", None],
            "served_by_E": ["E", "E", "E", "E", None],
            "name": ["Kirkonkylä", "Aholanvaara", "Sirniö", HOSTILE, "Saari"],
            "population": [900.0, 60.0, 30.0, 8.0, 2.0],
            "age_75_": [180.0, 20.0, 12.0, 4.0, 1.0],
            "kunta_code": ["614", "614", "614", "320", "320"],
        },
        index=pd.Index(["p1", "p2", "p3", "p4", "p5"], name="place_id"),
    )
    spots = gpd.points_from_xy(
        [545_500, 560_000, 575_000, 515_000, 530_000], [7_330_500, 7_340_000, 7_325_000, 7_410_000, 7_420_000]
    )
    carried = levels.set_axis(levels.index.rename("id"))
    places = gpd.GeoDataFrame(carried, geometry=spots, crs=3067)
    bands = _bands(scheme)
    return SimpleNamespace(
        points=points,
        places=places,
        levels=levels,
        people=_people(levels, scheme),
        summary=_summary(levels, scheme),
        figures=_figures(scheme),
        centre_levels=_centres(levels),
        point_levels=_levels_of_points(points),
        services=_figures(scheme).assign(service=HOSTILE).query("area == '' and level == 'L'"),
        capacity=pd.DataFrame(
            {
                "area": ["", "614"],
                "area_name": ["", HOSTILE],
                "population": [1000.0, 212.0],
                "capacity_L": [1.5, 0.25],
                "without_L": [10.0, 0.0],
            }
        ),
        referral=pd.DataFrame(
            {
                "level": ["A", "E"],
                "area": ["", "614"],
                "area_name": ["", HOSTILE],
                "population": [1000.0, 212.0],
                "reached": [990.0, 200.0],
                "chain_mean": [45.5, 80.0],
                "straight_mean": [39.5, 73.0],
                "extra_mean": [6.0, 7.0],
                "extra_p90": [12.0, 8.0],
                "extra_worst": [30.0, 9.0],
                "elsewhere": [40.0, 0.0],
            }
        ),
        equity=pd.DataFrame(
            {
                "level": ["L", "A", "E", "L"],
                "area": ["", "", "", "614"],
                "area_name": ["", "", "", HOSTILE],
                "group": ["population", "age_75_", "population", "population"],
                "reached": [990.0, 80.0, 960.0, 212.0],
                "unreached": [10.0, 0.0, 40.0, 0.0],
                "mean": [4.75, 39.5, 73.25, 12.0],
                "gini": [0.41, 0.2, 0.1, np.nan],
                "palma": [2.5, 0.6, np.inf, np.nan],
                "worst_tenth": [22.5, 60.0, 75.0, 12.0],
                "worst_tenth_from": [15.0, 40.0, 74.0, 12.0],
            }
        ),
        norms=pd.DataFrame(
            {
                "level": ["L", "E"],
                "minutes": [30.0, 60.0],
                "share": [0.9, 0.8],
                "group": ["population", "age_75_"],
                "areas": ["whole", "each"],
                "where": ["", ""],
                "area": ["", "614"],
                "area_name": ["", "Posio"],
                "binding": [True, True],
                "population": [1000.0, 212.0],
                "within": [990.0, 32.0],
                "share_reached": [0.99, 32 / 212],
                "passed": [True, False],
                "missing": [0.0, 138.0],
                "margin": [0.09, 32 / 212 - 0.8],
            }
        ),
        bands=bands,
        isochrones=_isochrones(bands),
        findings=pd.DataFrame(
            {
                "subject": ["service_point", "place", "network"],
                "id": ["POSIO", HOSTILE, ""],
                "verdict": ["off_network", "unreached", "defaulted_speed"],
                "metres": [812.5, np.nan, np.nan],
                "road": ["Valtatie 4", "", ""],
                "road_class": ["trunk", "", ""],
                "way": pd.array([123456789, None, None], dtype="Int64"),
                "detail": ["No road within 500 m.", "@not a formula", "38 % of the roads have no limit."],
            }
        ),
        roads=gpd.GeoDataFrame(
            {"road_class": ["primary", "secondary_link", "track", "ferry"], "length": [1.0, 2.0, 3.0, 4.0]},
            geometry=[
                shapely.LineString([(500_000 + d, 7_320_000), (560_000 + d, 7_400_000)]) for d in range(0, 4000, 1000)
            ],
            crs=3067,
        ),
        access_legs=gpd.GeoDataFrame(
            {
                "subject": ["service_point", "service_point", "place"],
                "id": ["POSIO", "POSIO", HOSTILE],
                "verdict": ["both_carriageways", "both_carriageways", "moved_to_main"],
                "metres": [30.0, 50.0, 40.0],
                "edge": pd.array([7, 8, 9], dtype="Int64"),
                "way": pd.array([1, 2, 3], dtype="Int64"),
                "road": ["Valtatie 4", "Valtatie 4", HOSTILE],
            },
            geometry=[shapely.LineString([(545_000, 7_330_000), (545_000 + d, 7_330_000)]) for d in (30, -50, 40)],
            crs=3067,
        ),
        impact=pd.DataFrame(
            {
                "level": ["L", "A", "E"],
                "people_affected": [960.0, 0.0, 0.0],
                "people_gained": [0.0, 0.0, 0.0],
                "extra_minutes_mean": [36.125, np.nan, np.nan],
                "extra_minutes_p90": [37.0, np.nan, np.nan],
                "extra_minutes_worst": [37.0, np.nan, np.nan],
                "people_cut_off": [0.0, 0.0, 0.0],
                "worst_place": ["p1", None, None],
                "worst_name": ["Kirkonkylä", None, None],
            }
        ),
        minutes=MINUTES,
    )


def _people(levels, scheme):
    rows = []
    for area, name, members in (
        ("", "", levels),
        ("320", "Kemijärvi", levels[levels["kunta_code"] == "320"]),
        ("614", "Posio", levels[levels["kunta_code"] == "614"]),
    ):
        for code in scheme.codes:
            for start, end in zip([0.0, *MINUTES], [*MINUTES, np.nan], strict=True):
                band = members[f"band_{code}"]
                own = members[band.isna() if np.isnan(end) else band == end]
                rows.append((area, name, code, start, end, own["population"].sum(), own["age_75_"].sum()))
    columns = ["area", "area_name", "level", "from_min", "to_min", "population", "age_75_"]
    return pd.DataFrame(rows, columns=columns)


def _centres(levels):
    """Two centres, the second of which no E is reached from."""
    own = [name for name in levels if name.startswith(("time_", "band_", "point_", "served_by_"))]
    rows = levels[own].iloc[[0, 4]].set_index(pd.Index(["C1", "C2"], name="id"))
    return rows.assign(name=["Posio", HOSTILE], kunta=["Posio", "Kemijärvi"], class_code=["L1-A3-E4", "L4-A4-E4"])


def _levels_of_points(points):
    frame = pd.DataFrame(points[["name", "level"]])
    for code in "LAE":
        frame[f"time_{code}"] = [0.0, 1.25, np.nan]
        frame[f"point_{code}"] = ["POSIO", "ROVANIEMI", None]
    return frame.assign(class_code="L1-A1-E1")


def _figures(scheme):
    """Figures of the whole, of each area and of a county; nobody of 614 reaches A."""
    rows = [
        {
            "grouping": grouping,
            "area": area,
            "area_name": name,
            "level": code,
            "group": group,
            "mean": np.nan if (area, code) == ("614", "A") else 10.5 + number,
            "median": 9.0,
            "p90": 30.0 + number,
            "worst": 61.25,
            "worst_name": HOSTILE,
            "population": people,
            "population_low": people,
            "population_high": people + (9.0 if group == "age_75_" else 0.0),
            "unreached": 10.0 * number,
            "beyond_60": 20.0 * number,
        }
        for grouping, area, name, people in (
            ("", "", "", 1000.0),
            ("", "320", HOSTILE, 788.0),
            ("", "614", "Posio", 212.0),
            ("Maakunta", "19", HOSTILE, 1000.0),
        )
        for number, code in enumerate(scheme.codes)
        for group in ("population", "age_75_")
    ]
    return pd.DataFrame(rows)


def _summary(levels, scheme):
    reached = [levels[f"time_{code}"].notna() for code in scheme.codes]
    return pd.DataFrame(
        {
            "level": scheme.codes,
            "mean": [4.75, 39.5, 73.25],
            "p90": [15.0, 40.0, 75.0],
            "worst": [61.25, 61.25, 75.0],
            "worst_place": ["p4", "p4", "p1"],
            "worst_name": [HOSTILE, HOSTILE, "Kirkonkylä"],
            "population": 1000.0,
            "reached": [levels["population"][one].sum() for one in reached],
            "unreached": [levels["population"][~one].sum() for one in reached],
            "beyond_60": [10.0, 10.0, 910.0],
        }
    )


def _bands(scheme):
    """Rings about one centre; the farther the level, the smaller."""
    rows = []
    for number, code in enumerate(scheme.codes):
        inner = shapely.Polygon()
        for start, end in zip([0.0, *MINUTES], MINUTES, strict=False):
            outer = shapely.Point(540_000, 7_360_000).buffer(end * (1000 - 200 * number))
            rows.append((code, start, end, shapely.MultiPolygon([outer.difference(inner)])))
            inner = outer
    frame = pd.DataFrame(rows, columns=["level", "from_min", "to_min", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=3067)


def _isochrones(bands):
    rows = []
    for level, own in bands.groupby("level", sort=False):
        for count, end in enumerate(own["to_min"], start=1):
            area = shapely.union_all(own.geometry.to_numpy()[:count])
            rows.append((level, end, shapely.MultiPolygon([area])))
    frame = pd.DataFrame(rows, columns=["level", "minutes", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=3067)
