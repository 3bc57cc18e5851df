"""Service points: what is accepted, what it becomes, and what is refused in which words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from shapely import MultiPoint, Point, box

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.tables.points import COLUMNS, check_service_points, read_service_points

IDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1), min_size=1, unique=True
)


def frame(**columns):
    """Three good points, with columns replaced; None takes a column away."""
    data = {"id": ["A", "B", "C"], "level": ["L", "A", "E"], "lon": [24.0, 25.0, 26.0], "lat": [66.0, 67.0, 68.0]}
    return pd.DataFrame({name: values for name, values in {**data, **columns}.items() if values is not None})


def test_defaults_fill_the_contract():
    points = check_service_points(frame())
    assert list(points.columns) == [*COLUMNS, "geometry"]
    assert points.index.name == "id"
    assert points.crs == "EPSG:4326"
    assert points.open.all()
    assert not points.candidate.any()
    assert points.name.tolist() == ["A", "B", "C"]
    assert (points[["services", "languages", "kunta_code"]] == "").all(axis=None)
    assert points[["capacity", "cost_per_year"]].isna().all(axis=None)
    assert {points[flag].dtype for flag in ("open", "candidate")} == {np.dtype(bool)}


def test_further_columns_are_kept():
    assert check_service_points(frame(phone=["1", None, "3"])).phone.tolist() == ["1", "", "3"]


@pytest.mark.parametrize("yes", ["true", "TRUE", "kyllä", "yes", "1", 1, True])
@pytest.mark.parametrize("no", ["false", "ei", "No", "0", 0, False])
def test_words_of_yes_and_no(yes, no):
    points = check_service_points(frame(open=pd.Series([yes, no, yes], dtype=object)))
    assert points.open.tolist() == [True, False, True]


def test_candidate_is_closed_unless_it_says_otherwise():
    points = check_service_points(frame(candidate=["kyllä", "kyllä", ""], open=["", "kyllä", ""]))
    assert points.candidate.tolist() == [True, True, False]
    assert points.open.tolist() == [False, True, True]


def test_column_names_in_any_case_are_found():
    points = check_service_points(frame().rename(columns=str.upper))
    assert points.level.tolist() == ["L", "A", "E"]


def test_multipoint_of_one_point_is_a_point():
    table = frame(lon=None, lat=None)
    geometry = [MultiPoint([(24, 66)]), Point(25, 67), Point(26, 68, 112)]
    points = check_service_points(gpd.GeoDataFrame(table, geometry=geometry, crs=4326))
    assert points.geometry.tolist() == [Point(24, 66), Point(25, 67), Point(26, 68)]


def test_metres_with_a_crs_stay_in_it():
    table = frame(lon=None, lat=None, x=[500_000, 510_000, 520_000], y=[7_400_000] * 3, crs=["EPSG:3067"] * 3)
    points = check_service_points(table)
    assert points.crs == "EPSG:3067"
    assert points.geometry.x.tolist() == [500_000, 510_000, 520_000]
    assert "crs" not in points.columns


def test_crs_may_be_an_argument(tmp_path):
    path = tmp_path / "points.csv"
    frame(lon=None, lat=None, x=[5e5] * 3, y=[7.4e6] * 3).to_csv(path, index=False)
    assert read_service_points(path, crs="EPSG:3067").crs == "EPSG:3067"
    assert read_service_points(path, crs="3067").crs == "EPSG:3067"


@examples(deadline=None)
@given(IDS)
def test_any_unique_ids_survive(ids):
    table = pd.DataFrame({"id": ids, "level": "L", "lon": 25.0, "lat": 66.0})
    assert check_service_points(table).index.tolist() == ids


def test_input_is_left_as_it_is():
    table = gpd.GeoDataFrame(
        frame(candidate=["1", "", "0"]), geometry=gpd.points_from_xy([1, 2, 3], [1, 2, 3]), crs=4326
    )
    before = table.copy(deep=True)
    check_service_points(table)
    assert_geodataframe_equal(table, before)


def test_checking_twice_changes_nothing():
    once = check_service_points(frame(capacity=[1, None, 3]))
    assert_geodataframe_equal(check_service_points(once, scheme=LevelScheme.eal()), once)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"id": ["A", "A", "A"]},
            r"has 2 duplicate ids \(first: 'A', row 3\). Ids tell points apart in scenarios; make them unique.$",
        ),
        ({"id": ["A", "", " "]}, r"has 2 rows without an id \(rows 3, 4\). Ids tell .*; fill them in.$"),
        ({"id": None}, r"has no column id \(its columns are level, lon, lat\). .*; add a column id.$"),
        (
            {"level": ["L", "X", "X"]},
            r"has the unknown level 'X' at 'B', 'C' \(rows 3, 4\); use one of L, A, E of the scheme EAL.$",
        ),
        (
            {"level": None},
            r"has no column level \(its columns are id\). Add it and give each point its level, one of L",
        ),
        ({"level": ["L", "", "A"]}, r"has no level at 'B' \(row 3\); give each point its level, one of L, A, E of"),
        (
            {"lon": None},
            r"has no coordinates \(its columns are id, level, lat\). Add the columns lon and lat, or x and y",
        ),
        ({"lon": [24, "", 25]}, r"has 1 row without lon or lat: 'B' \(row 3\); fill them in or remove the rows.$"),
        ({"lon": [24, "east", 25]}, r"has lon = 'east' at 'B' \(row 3\); write a number.$"),
        ({"lon": [24, "inf", 25]}, r"has lon = 'inf' at 'B' \(row 3\); write a number.$"),
        ({"lon": [24, "nan", 25]}, r"has lon = 'nan' at 'B' \(row 3\); write a number.$"),
        ({"lon": [24, 250, 25]}, r"has lon or lat beyond the globe at 'B' \(row 3\); lon lies within -180 to 180"),
        (
            {"lon": [66.0, 67, 68], "lat": [24.0, 25, 26]},
            r"has lon from 66 to 68 and lat from 24 to 26: latitude and longitude are swapped. Exchange the names",
        ),
        ({"lon": [5.0] * 3, "lat": [120.0, 10, 10]}, "latitude and longitude are swapped. Exchange the names"),
        ({"lon": None, "lat": None, "x": [5e5] * 3, "y": [7.4e6] * 3}, "has points without CRS; say which with crs"),
        (
            {"lon": None, "lat": None, "x": [7.4e6] * 3, "y": [5e5] * 3, "crs": [3067] * 3},
            "has northings in x and eastings in y of EPSG:3067: x and y are swapped. Exchange the names",
        ),
        (
            {"lon": None, "lat": None, "x": [24.0] * 3, "y": [66.0] * 3, "crs": [3067] * 3},
            "has x and y in degrees, but its crs EPSG:3067 counts metres; name the columns lon and lat",
        ),
        (
            {"lon": None, "lat": None, "x": [5e5] * 3, "y": [7e6] * 3, "crs": ["3067", "3067", "3879"]},
            r"has 2 different crs \(3067, 3879\); convert the rows to one",
        ),
        (
            {"lon": None, "lat": None, "x": [5e5] * 3, "y": [7e6] * 3, "crs": ["TM35"] * 3},
            "has crs = 'TM35', which is not known; write it as EPSG:3067.",
        ),
        ({"crs": ["3067"] * 3}, "is in EPSG:4326, but crs says EPSG:3067; leave crs out or correct it."),
        (
            {"open": ["yes", "maybe", "no"]},
            r"has open = 'maybe' at 'B' \(row 3\); write true or false \(kyllä or ei\).$",
        ),
        ({"capacity": [1, "many", 2]}, r"has capacity = 'many' at 'B' \(row 3\); write a number.$"),
        ({"capacity": [1, -5, 2]}, r"has capacity = -5 at 'B' \(row 3\); write 0 or more, or leave it empty"),
    ],
)
def test_broken_tables_say_what_where_and_how_to_mend_it(tmp_path, columns, message):
    path = tmp_path / "points.csv"
    frame(**columns).to_csv(path, index=False)
    with pytest.raises(TableError, match=message) as caught:
        read_service_points(path, scheme=LevelScheme.eal())
    assert str(caught.value).startswith("points.csv has ") or "is in" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_polygon_is_no_service_point():
    table = gpd.GeoDataFrame(
        frame(lon=None, lat=None), geometry=[Point(24, 66), box(25, 67, 26, 68), Point(1, 1)], crs=4326
    )
    with pytest.raises(TableError, match=r"service points has the geometry Polygon at 'B'; a service point is a point"):
        check_service_points(table)


def test_missing_geometry_is_named():
    table = gpd.GeoDataFrame(frame(lon=None, lat=None), geometry=[Point(24, 66), None, Point()], crs=4326)
    with pytest.raises(TableError, match="my points has 2 rows without a geometry: 'B', 'C'; draw them or remove"):
        check_service_points(table, where="my points")


def test_geometry_without_crs_is_refused():
    table = gpd.GeoDataFrame(frame(), geometry=gpd.points_from_xy([24, 25, 26], [66, 67, 68]))
    with pytest.raises(TableError, match="service points has points without CRS; say which with crs"):
        check_service_points(table)


def test_infinite_geometry_is_named():
    table = gpd.GeoDataFrame(frame(), geometry=[Point(24, 66), Point(np.inf, 66), Point(1, 1)], crs=4326)
    with pytest.raises(TableError, match=r"has coordinates that are not finite at 'B'; correct them."):
        check_service_points(table)


def test_file_with_its_own_crs_refuses_another(tmp_path):
    path = tmp_path / "points.gpkg"
    check_service_points(frame()).to_file(path)
    with pytest.raises(TableError, match=r"points.gpkg is in EPSG:4326, but crs says EPSG:3067; leave crs out"):
        read_service_points(path, crs="EPSG:3067")
    assert len(read_service_points(path, crs="EPSG:4326")) == 3
