"""Places: counts of people, grid squares and what is refused."""

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import LineString, Point, Polygon, box

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.places import check_places, population_groups, read_places


def frame(**columns):
    """Two good places, with columns replaced; None takes a column away."""
    data = {"id": ["A", "B"], "population": [10, 20], "lon": [24.0, 25.0], "lat": [66.0, 67.0]}
    return pd.DataFrame({name: values for name, values in {**data, **columns}.items() if values is not None})


def test_grid_ids_become_squares(tmp_path):
    path = tmp_path / "vaesto.csv"
    path.write_text(
        "id_nro;kunta;vaesto;ika_0_14;ika_15_64;ika_65_\n"
        "1kmN6675E0385;091;1 200;-1;900;200\n1kmN6676E0385;005;-1;-1;-1;-1\n",
        encoding="utf-8",
    )
    places = read_places(path)
    assert places.crs == "EPSG:3067"
    assert places.geometry.iloc[0].equals(box(385_000, 6_675_000, 386_000, 6_676_000))
    assert places.index.tolist() == ["1kmN6675E0385", "1kmN6676E0385"]
    assert places.kunta.tolist() == ["091", "005"]
    assert population_groups(places) == ["population", "age_0_14", "age_15_64", "age_65_"]
    assert places.population.tolist() == [1200, -1]
    assert places.age_0_14.tolist() == [-1, -1]


def test_ids_of_their_own_stand_beside_grid_ids():
    table = pd.DataFrame({"id": ["x", "y"], "grd_id": ["250mN667175E38600", "250mN667200E38600"], "population": 5})
    places = check_places(table)
    assert places.index.tolist() == ["x", "y"]
    assert places.geometry.area.tolist() == [62_500, 62_500]


def test_columns_stand_in_the_order_of_the_contract():
    places = check_places(frame(kunta_code=["5", "91"], age_75_=[1, 2], name=["a", None], age_0_14=[3, 4]))
    assert list(places.columns) == ["name", "population", "age_75_", "age_0_14", "kunta_code", "geometry"]
    assert places.kunta_code.tolist() == ["005", "091"]
    assert places.name.tolist() == ["a", ""]
    assert places.dtypes[["population", "age_75_"]].eq(float).all()


def test_polygon_that_crosses_itself_is_mended():
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    table = gpd.GeoDataFrame(frame(lon=None, lat=None), geometry=[bow, box(5, 5, 6, 6)], crs=3067)
    places = check_places(table)
    assert places.is_valid.all()
    assert places.geometry.area.tolist() == [2, 1]


def test_input_is_left_as_it_is_and_checking_twice_changes_nothing():
    table = gpd.GeoDataFrame(frame(vaesto=[1, 2]), geometry=[box(0, 0, 1, 1), box(1, 1, 2, 2)], crs=3067)
    before = table.copy(deep=True)
    once = check_places(table)
    assert_geodataframe_equal(table, before)
    assert_geodataframe_equal(check_places(once), once)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_spatial_formats_give_the_same_places(tmp_path, suffix):
    squares = [box(24, 66, 24.5, 66.5), box(25, 67, 25.5, 67.5)]
    table = gpd.GeoDataFrame(frame(lon=None, lat=None, kunta_code=["005", "091"]), geometry=squares, crs=4326)
    places = check_places(table)
    path = tmp_path / f"places{suffix}"
    places.reset_index().to_parquet(path) if suffix == ".parquet" else places.reset_index().to_file(path)
    again = read_places(path)
    assert again.geometry.normalize().geom_equals_exact(places.geometry.normalize(), tolerance=1e-9).all()
    pd.testing.assert_frame_equal(again.drop(columns="geometry"), places.drop(columns="geometry"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"population": [10, -2]},
            r"has population = -2 at 'B' \(row 3\); write 0 or more, or -1 for a suppressed count.$",
        ),
        ({"population": [10, "few"]}, r"has population = 'few' at 'B' \(row 3\); write a number.$"),
        ({"population": [10, None]}, r"has no population at 'B' \(row 3\); write 0 for nobody and -1 for a suppressed"),
        ({"age_75_": [10, -9]}, r"has age_75_ = -9 at 'B' \(row 3\); write 0 or more"),
        ({"population": None}, r"has no column population \(its columns are id\). Add the number of people"),
        ({"id": ["A", "A"]}, r"has 1 duplicate id \(first: 'A', row 3\). Ids tell places apart in the results; make"),
        (
            {"lon": None, "lat": None},
            r"has no coordinates \(its columns are id, population\). Add the columns lon and lat",
        ),
    ],
)
def test_broken_tables_say_what_where_and_how_to_mend_it(tmp_path, columns, message):
    path = tmp_path / "places.csv"
    frame(**columns).to_csv(path, index=False)
    with pytest.raises(TableError, match=f"^places.csv {message}"):
        read_places(path)


def test_repeated_column_is_named():
    table = pd.DataFrame([["A", 24, 66, 1, 2]], columns=["id", "lon", "lat", "population", "population"])
    with pytest.raises(TableError, match="places has the column 'population' twice; keep one of them or rename it"):
        check_places(table)


def test_line_is_no_place():
    table = gpd.GeoDataFrame(frame(), geometry=[LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)], crs=3067)
    with pytest.raises(
        TableError, match=r"places has the geometry LineString at 'A'; use Point or Polygon or MultiPolygon."
    ):
        check_places(table)


@pytest.mark.shared
def test_helsinki_grid_is_read(shared_data):
    places = read_places(shared_data / "helsinki" / "population_grid_250m_2020.gpkg")
    assert len(places) == 5837
    assert places.crs == "EPSG:3879"
    assert places.population.sum() == 1_198_702
    assert population_groups(places) == ["population"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"age_0_14": 4, "age_15_": 5}, r"age_0_14 \+ age_15_ = 9 but population = 10 at 'A'"),
        ({"men": 4, "women": 5}, r"men \+ women = 9 but population = 10"),
        ({"age_75_": 11}, r"age_75_ = 11 but population = 10.*no larger"),
    ],
)
def test_groups_that_do_not_sum_to_the_people_of_their_place_are_refused(columns, problem):
    table = gpd.GeoDataFrame({"id": ["A"], "population": [10], **columns}, geometry=[Point(1, 1)], crs=3067)
    with pytest.raises(TableError, match=problem):
        check_places(table)


@pytest.mark.parametrize(
    "columns",
    [
        {"age_0_14": 4, "age_15_": 6},
        {"age_0_14": 4, "age_15_": -1},
        {"age_0_14": 4, "age_75_": 2},
        {"age_0_14": 4, "age_15_64": 3, "age_75_": 2},
        {"men": 4, "women": -1},
    ],
)
def test_hidden_and_missing_groups_need_not_sum(columns):
    table = gpd.GeoDataFrame({"id": ["A"], "population": [10], **columns}, geometry=[Point(1, 1)], crs=3067)
    assert check_places(table)["population"].tolist() == [10]
