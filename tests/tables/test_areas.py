"""Areas and which place belongs to which."""

import geopandas as gpd
import pytest
from shapely import Point, box

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.areas import assign_areas, read_areas
from palveluverkko.tables.places import read_places


@pytest.fixture
def areas():
    return gpd.GeoDataFrame(
        {"name": ["east", "west"]},
        index=["2", "1"],
        geometry=[box(100, 0, 200, 100), box(0, 0, 100, 100)],
        crs="EPSG:3067",
    ).rename_axis("id")


def shapes(*geometry):
    return gpd.GeoDataFrame(index=[f"p{i}" for i in range(len(geometry))], geometry=list(geometry), crs="EPSG:3067")


def test_point_belongs_to_the_area_that_holds_it(areas):
    assert assign_areas(shapes(Point(50, 50), Point(150, 50)), areas).tolist() == ["1", "2"]


def test_polygon_belongs_to_the_area_of_its_largest_share(areas):
    assert assign_areas(shapes(box(90, 0, 130, 10), box(60, 0, 101, 10)), areas).tolist() == ["2", "1"]


def test_ties_go_to_the_lowest_id(areas):
    assert assign_areas(shapes(Point(100, 50), box(90, 0, 110, 10)), areas).tolist() == ["1", "1"]


def test_place_outside_every_area_has_none(areas):
    outside = assign_areas(shapes(Point(500, 50), box(200, 0, 210, 10), Point(50, 50)), areas)
    assert outside.tolist() == [None, None, "1"]
    assert outside.index.tolist() == ["p0", "p1", "p2"]


def test_places_in_degrees_are_assigned_alike(areas):
    places = shapes(box(10, 10, 40, 40), box(150, 10, 190, 40))
    moved = areas.set_geometry(areas.translate(500_000, 7_400_000))
    there = places.set_geometry(places.translate(500_000, 7_400_000))
    assert assign_areas(there.to_crs(4326), moved.to_crs(4326)).tolist() == ["1", "2"]


def test_frame_without_crs_is_refused(areas):
    with pytest.raises(TableError, match=r"without CRS; read them with read_places and read_areas."):
        assign_areas(shapes(Point(1, 1)).set_crs(None, allow_override=True), areas)


@pytest.mark.parametrize("column", ["id", "kunta_code", "natcode", "NATCODE", "kunta"])
def test_areas_are_found_by_any_of_their_code_columns(areas, tmp_path, column):
    path = tmp_path / "areas.gpkg"
    areas.reset_index(drop=True).assign(**{column: ["091", "005"]}).rename(columns={"name": "nimi"}).to_file(path)
    read = read_areas(path)
    assert read.index.tolist() == ["091", "005"]
    assert read.name.tolist() == ["east", "west"]


def test_municipality_numbers_get_their_zeros_back(areas, tmp_path):
    path = tmp_path / "areas.gpkg"
    areas.reset_index(drop=True).assign(kunta=[91, 5]).to_file(path)
    assert read_areas(path).index.tolist() == ["091", "005"]


def test_points_are_no_areas(tmp_path):
    path = tmp_path / "areas.geojson"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(1, 1)], crs=4326).to_file(path)
    with pytest.raises(TableError, match=r"areas.geojson has the geometry Point at 'a'; use Polygon or MultiPolygon."):
        read_areas(path)


@pytest.mark.shared
def test_municipalities_are_read_and_hold_the_helsinki_grid(shared_data):
    areas = read_areas(shared_data / "finland" / "municipalities_2021.gpkg")
    assert len(areas) == 309
    assert areas.is_valid.all()
    assert areas.loc["091", "name"] == "Helsinki"
    places = read_places(shared_data / "helsinki" / "population_grid_250m_2020.gpkg")
    assigned = assign_areas(places, areas)
    assert assigned.notna().all()
    assert {"091", "049", "092", "235"} <= set(assigned)
