"""Grids as places: ids name the cells, cells cover the area by their centres, times are those of the table."""

import sys

import geopandas
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from streets import ROAD, STREET, jittered_lattice, network_of, points_at, roads, spot_xy, ways

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.grids import SQUARES
from palveluverkko.domain.travel import Direction
from palveluverkko.network.store import read_network
from palveluverkko.reach.grids import grid_places
from palveluverkko.reach.snap import Verdict, positions, snap
from palveluverkko.reach.table import travel_times
from palveluverkko.service.grids import level_times
from palveluverkko.service.levels import classify
from palveluverkko.tables.grid import to_squares

SPOTS = jittered_lattice(9)
VILLAGE = ways((STREET, 0, 1, 2, 5), (ROAD, 5, 4), (ROAD, 4, 3), (ROAD, 0, 3), (STREET, 3, 6, 7, 8), (STREET, 5, 8))
HELSINKI = (385_000.0, 6_671_000.0)


def area_of(*polygons, crs=3067):
    return geopandas.GeoDataFrame(geometry=list(polygons), crs=crs)


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(list(SQUARES)),
    st.floats(-3000, 3000),
    st.floats(-3000, 3000),
    st.floats(200, 9000),
    st.floats(200, 9000),
)
def test_squares_are_those_whose_centre_lies_inside_and_their_ids_name_them(kind, east, north, wide, high):
    west, south = HELSINKI[0] + east, HELSINKI[1] + north
    shape = shapely.box(west, south, west + wide, south + high)
    size = SQUARES[kind]
    corners = [
        (x, y)
        for x in np.arange(np.floor(west / size) - 1, np.ceil((west + wide) / size) + 1) * size
        for y in np.arange(np.floor(south / size) - 1, np.ceil((south + high) / size) + 1) * size
        if west <= x + size / 2 <= west + wide and south <= y + size / 2 <= south + high
    ]
    if not corners:
        with pytest.raises(StudyError, match="no cell"):
            grid_places(kind, area_of(shape))
        return
    found = grid_places(kind, area_of(shape))
    bounds = found.bounds
    assert sorted(zip(bounds["minx"], bounds["miny"], strict=True)) == sorted(corners)
    assert found.index.is_unique
    assert found.index.is_monotonic_increasing
    named = to_squares(pd.DataFrame({"id": found.index}), "id", where="grid")
    assert (
        shapely.get_coordinates(named.to_numpy()).reshape(-1, 10)
        == shapely.get_coordinates(found.geometry.to_numpy()).reshape(-1, 10)
    ).all()
    assert (found.area == size**2).all()
    x, y = positions(found, "EPSG:3067")
    np.testing.assert_array_equal(np.column_stack((x, y)), found[["geometry"]].bounds.to_numpy()[:, :2] + size / 2)


def test_the_square_of_the_convention_has_its_name():
    shape = shapely.box(385_400, 6_675_400, 385_600, 6_675_600)
    assert grid_places("1km", area_of(shape)).index.tolist() == ["1kmN6675E0385"]
    around = shapely.box(386_001, 6_671_751, 386_249, 6_671_999)
    assert grid_places("250m", area_of(around)).index.tolist() == ["250mN667175E38600"]


def test_neighbouring_areas_share_the_cells_out():
    west, north = HELSINKI
    left, right = (
        shapely.box(west, north, west + 4321, north + 5000),
        shapely.box(west + 4321, north, west + 9000, north + 5000),
    )
    for kind in ("250m", "h3-9"):
        whole, one, other = (grid_places(kind, area_of(*some)) for some in ((left, right), (left,), (right,)))
        assert sorted([*one.index, *other.index]) == whole.index.tolist()


def test_hexagons_are_those_of_h3_with_their_centre_inside():
    west, north = HELSINKI
    shape = area_of(shapely.box(west, north, west + 3000, north + 2000))
    found = grid_places("h3-9", shape)
    assert found.crs == CRS.from_epsg(4326)
    inside = shape.to_crs(4326).geometry.iloc[0]
    for one, polygon in found.geometry.items():
        lat, lon = h3.cell_to_latlng(one)
        assert h3.get_resolution(one) == 9
        assert inside.contains(shapely.Point(lon, lat))
        assert polygon.contains(shapely.Point(lon, lat))
        assert h3.latlng_to_cell(polygon.representative_point().y, polygon.representative_point().x, 9) == one
    around = {other for one in found.index for other in h3.grid_ring(one, 1)} - set(found.index)
    assert all(not inside.contains(shapely.Point(*h3.cell_to_latlng(one)[::-1])) for one in around)


@pytest.mark.parametrize("kind", ["250m", "h3-9", "1km"])
def test_over_a_network_the_cells_are_those_that_stand_on_it(kind):
    network = network_of(roads(SPOTS, VILLAGE))
    found = grid_places(kind, network)
    assert (snap(network, found).verdict != Verdict.OFF_NETWORK).all()
    edges = network.edges
    box = shapely.box(edges.vertex_x.min(), edges.vertex_y.min(), edges.vertex_x.max(), edges.vertex_y.max())
    wide = grid_places(kind, area_of(box.buffer(3000), crs=network.crs))
    on_road = snap(network, wide).verdict != Verdict.OFF_NETWORK
    assert wide.index[on_road].tolist() == found.index.tolist()
    assert not on_road.all()


@pytest.mark.parametrize("direction", list(Direction))
def test_the_times_of_cells_are_those_of_the_table_and_empty_off_the_network(direction):
    network = network_of(roads(SPOTS, VILLAGE))
    xy = spot_xy(network, SPOTS)
    points = points_at(
        network,
        [xy[0], xy[8], xy[4], xy[4]],
        ids=["D", "B", "C", "A"],
        level=["L", "E", "L", "L"],
        open=[True, True, True, False],
    )
    edges = network.edges
    box = shapely.box(edges.vertex_x.min(), edges.vertex_y.min(), edges.vertex_x.max(), edges.vertex_y.max())
    cells = grid_places("250m", area_of(box.buffer(1500), crs=network.crs))
    found = level_times(network, points, cells, minutes=[1, 3, 5], direction=direction)
    table = travel_times(network, points, cells, budget_minutes=5, direction=direction)
    wanted = classify(table, points, minutes=[1, 3, 5]).frame
    pd.testing.assert_frame_equal(pd.DataFrame(found.drop(columns="geometry")), wanted, check_names=False)
    off = snap(network, cells).verdict == Verdict.OFF_NETWORK
    assert off.any()
    assert found.loc[off, "time_L"].isna().all()
    assert found["time_L"].notna().any()
    assert found.crs == cells.crs
    fewer = level_times(network, points.drop("B"), cells, minutes=[1, 3, 5], direction=direction)
    assert fewer["time_E"].isna().all()
    assert (fewer["time_L"].fillna(9e9) >= found["time_L"].fillna(9e9)).all()


@pytest.mark.parametrize("kind", ["2km", "km", "h3", "h3-16", "h3--1", "h3-08", "1KM"])
def test_an_unknown_grid_is_refused_and_the_known_ones_are_named(kind):
    with pytest.raises(StudyError, match=r"use one of 250m, 1km, 5km, or h3-0 to h3-15"):
        grid_places(kind, area_of(shapely.box(0, 0, 1, 1)))


def test_areas_abroad_without_crs_or_too_large_are_refused(tmp_path):
    west, north = HELSINKI
    with pytest.raises(StudyError, match="outside Finland"):
        grid_places("1km", area_of(shapely.box(1.4, 42.4, 1.7, 42.6), crs=4326))
    with pytest.raises(StudyError, match="has no CRS"):
        grid_places("1km", area_of(shapely.box(0, 0, 1, 1), crs=None))
    for kind in ("250m", "h3-13"):
        with pytest.raises(StudyError, match="at most 10,000,000"):
            grid_places(kind, area_of(shapely.box(west, north, west + 900_000, north + 900_000)))
    path = tmp_path / "area.csv"
    path.write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(TableError):
        grid_places("1km", path)


def test_without_the_package_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(StudyError, match=r"install palveluverkko\[h3\]"):
        grid_places("h3-8", area_of(shapely.box(*HELSINKI, HELSINKI[0] + 5000, HELSINKI[1] + 5000)))


@pytest.mark.shared
def test_abroad_hexagons_cover_the_roads_of_andorra(shared_data, tmp_path):
    network = read_network(shared_data / "osm" / "andorra.osm.pbf", store=tmp_path)
    cells = grid_places("h3-8", network)
    lines = network.edges.lines(network.edges.snappable & network.edges.main)
    whole = shapely.union_all(cells.to_crs(network.crs).geometry.to_numpy())
    # A hexagon of resolution 8 is at most 0.6 km across from its centre, and the access distance is 1 km.
    assert shapely.length(shapely.intersection(lines, whole)).sum() == pytest.approx(shapely.length(lines).sum())
    with pytest.raises(StudyError, match="h3-8"):
        grid_places("1km", network)
