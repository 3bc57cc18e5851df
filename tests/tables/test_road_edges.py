"""Tables of roads: whatever their columns are called, and whatever is wrong with them."""

from __future__ import annotations

import warnings

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point, Polygon

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES
from palveluverkko.tables.road_edges import read_road_edges

LINES = [LineString([(25.0 + i / 100, 66.0), (25.0 + (i + 1) / 100, 66.0)]) for i in range(3)]


def write(path, *, lines=LINES, crs="EPSG:4326", **columns):
    frame = geopandas.GeoDataFrame(pd.DataFrame(columns, index=range(len(lines))), geometry=lines, crs=crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
        return path
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        frame.to_file(path)
    return path


def read(tmp_path, **columns):
    return read_road_edges(write(tmp_path / "links.gpkg", **columns))


def columns_of(table, *names):
    return table[list(names)].to_numpy().tolist()


@pytest.mark.parametrize("suffix", ROAD_TABLE_SUFFIXES)
def test_every_kind_of_file_gives_the_same_table(tmp_path, suffix):
    path = write(
        tmp_path / f"links{suffix}", way=[7, 8, 9], speed_kmh=[50.0, 60.0, np.nan], road_class=["primary"] * 3,
        oneway=["yes", "no", "-1"], name=["Koskikatu", "Ranta", "E75"],
    )  # fmt: skip
    # FlatGeobuf puts its rows into an order of its own.
    table = read_road_edges(path).sort_values("way", ignore_index=True)
    assert columns_of(table, "way", "forward", "backward") == [[7, True, False], [8, True, True], [9, False, True]]
    assert table["forward_kmh"].tolist() == pytest.approx([50, 60, np.nan], nan_ok=True)
    assert columns_of(table, "road_class", "name") == [
        ["primary", "Koskikatu"],
        ["primary", "Ranta"],
        ["primary", "E75"],
    ]
    assert table["length"].isna().all()
    assert not table["local"].any()
    assert table.geometry.geom_equals_exact(geopandas.GeoSeries(LINES, crs="EPSG:4326"), 1e-12).all()


def test_a_table_without_columns_is_read_with_nothing_known(tmp_path):
    table = read(tmp_path)
    assert columns_of(table, "way", "road_class", "name") == [[1, "", ""], [2, "", ""], [3, "", ""]]
    assert table[["forward", "backward"]].to_numpy().all()
    assert table[["forward_seconds", "backward_seconds", "forward_kmh", "backward_kmh"]].isna().to_numpy().all()


def test_columns_of_digiroad_are_known(tmp_path):
    table = read(
        tmp_path, LINK_ID=["a:1", "b:1", "c:1"], AJOSUUNTA=[2, 3, 4], TOIMINN_LK=[1, 4, 5], LINKKITYYP=[3, 1, 21],
        TIENIMI_SU=["Koskikatu", None, None], ARVO=[80, 120, 0],
    )  # fmt: skip
    assert columns_of(table, "way", "forward", "backward") == [[1, True, True], [2, False, True], [3, True, False]]
    assert columns_of(table, "road_class", "name") == [["trunk", "Koskikatu"], ["motorway", ""], ["ferry", ""]]
    assert table["maxspeed"].tolist() == [80, 120, 0]


def test_columns_of_geofabrik_are_known(tmp_path):
    table = read(tmp_path, osm_id=["4", "5", "6"], fclass=["primary"] * 3, oneway=["F", "T", "B"])
    assert columns_of(table, "way", "forward", "backward") == [[4, True, False], [5, False, True], [6, True, True]]


def test_an_empty_time_or_speed_of_one_direction_closes_it(tmp_path):
    times = read(tmp_path, forward_min=[1.0, np.nan, 2.0], backward_min=[np.nan, np.nan, 3.0])
    assert columns_of(times, "forward", "backward") == [[True, False], [False, False], [True, True]]
    assert times["forward_seconds"].tolist() == pytest.approx([60, np.nan, 120], nan_ok=True)
    speeds = read(tmp_path, forward_kmh=[50.0, np.nan, 60.0], backward_kmh=[np.nan, 50.0, 30.0])
    assert columns_of(speeds, "forward", "backward") == [[True, False], [False, True], [True, True]]


def test_a_time_of_the_whole_line_holds_both_ways_in_seconds(tmp_path):
    table = read(tmp_path, travel_time=[60, 90, 30])
    assert columns_of(table, "forward_seconds", "backward_seconds") == [[60, 60], [90, 90], [30, 30]]


def test_a_multilinestring_of_one_part_is_a_line(tmp_path):
    table = read(tmp_path, lines=[MultiLineString([LINES[0]]), *LINES[1:]])
    assert table.geometry.geom_type.tolist() == ["LineString"] * 3


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"crs": None}, r"links\.gpkg .*CRS"),
        ({"lines": [Point(25, 66)]}, r"has the geometry Point at position 0, counted from 0; draw lines"),
        ({"lines": [Polygon([(0, 0), (1, 0), (1, 1)])]}, r"has the geometry Polygon at position 0"),
        ({"lines": [MultiLineString([LINES[0], LINES[2]])]}, r"1 line of several parts at position 0.*; split them"),
        ({"lines": [*LINES[:2], None]}, r"1 row without a geometry"),
        ({"oneway": ["yes", "maybe", "no"]}, r"oneway = 'maybe' at position 1, counted from 0; use yes, true, 1"),
        ({"ajosuunta": [2, 3, 7]}, r"ajosuunta = '7' at position 2, counted from 0; use 2, 3, 4"),
        ({"linkkityyp": ["x", "1", "1"]}, r"linkkityyp = 'x' at position 0, .*; write Digiroad's number"),
        ({"length": [1.0, -2.0, 3.0]}, r"length = -2 at position 1.*; it cannot be"),
        ({"length": ["1", "long", "2"]}, r"length = 'long' at position 1.*; write a number"),
        ({"travel_time": [-60.0, 1.0, 1.0]}, r"travel_time = -60 at position 0"),
        ({"speed_kmh": [0.0, 50.0, 50.0]}, r"a speed of 0 at position 0, counted from 0; close it by oneway"),
        ({"forward_kmh": [50.0] * 3}, r"forward_kmh for one direction only; add the column of the other"),
        ({"backward_min": [50.0] * 3}, r"backward_min for one direction only"),
        ({"local": ["maybe"] * 3}, r"local = 'maybe' at position 0"),
        ({"lines": []}, r"has no rows; give at least one road"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, columns, said):
    with pytest.raises(TableError, match=said) as caught:
        read(tmp_path, **columns)
    assert "\n" not in str(caught.value)


def test_other_kinds_of_files_are_refused(tmp_path):
    with pytest.raises(TableError, match=r"links\.csv is of an unknown kind \(\.csv\); use one of \.gpkg, \.parquet"):
        read_road_edges(tmp_path / "links.csv")


def test_a_file_of_two_layers_is_refused(tmp_path):
    path = write(tmp_path / "links.gpkg")
    geopandas.GeoDataFrame(geometry=LINES, crs="EPSG:4326").to_file(path, layer="more")
    with pytest.raises(TableError, match="must hold one layer, but holds 2"):
        read_road_edges(path)
