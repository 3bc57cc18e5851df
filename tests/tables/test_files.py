"""Every file format says the same, and a file that cannot be read says why."""

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.files import SUFFIXES, read_table
from palveluverkko.tables.points import check_service_points, read_service_points

ROWS = {
    "id": ["IVALO-TK", "007", "KEMI"],
    "name": ["Ivalon terveyskeskus", 'Åsele; hälsa, "vård"', "Kemi"],
    "level": ["L", "A", "E"],
    "lon": [27.54, 24.1234567890123, 24.56],
    "lat": [68.65, 65.75, 65.73],
    "services": ["dentist;laboratory", "", ""],
    "capacity": [120.0, None, 0.5],
    "kunta_code": ["148", "091", "005"],
    "open": [True, False, True],
    "postinumero": ["99800", "00100", "94100"],
}


@pytest.fixture
def points():
    table = pd.DataFrame(ROWS)
    geometry = gpd.points_from_xy(table["lon"], table["lat"])
    return check_service_points(gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=geometry, crs=4326))


def write(points, path: Path) -> Path:
    """Write points as a user would have them in this format."""
    flat = pd.DataFrame(points.drop(columns="geometry").reset_index()).assign(
        lon=points.geometry.x.array, lat=points.geometry.y.array
    )
    match path.suffix:
        case ".csv":
            flat.to_csv(path, index=False)
        case ".xlsx":
            flat.to_excel(path, index=False, engine="openpyxl")
        case ".parquet":
            points.to_parquet(path)
        case _:
            points.reset_index().to_file(path)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_same_points(points, tmp_path, suffix):
    again = read_service_points(write(points, tmp_path / f"points{suffix}"))
    assert_geodataframe_equal(again, points)


def test_plain_parquet_is_read_by_its_columns(points, tmp_path):
    pd.DataFrame(ROWS).to_parquet(tmp_path / "points.parquet")
    assert_geodataframe_equal(read_service_points(tmp_path / "points.parquet"), points)


def test_well_known_text_and_bytes_are_geometries(points, tmp_path):
    flat = points.reset_index()
    for name, written in (("points.csv", flat.to_wkt()), ("points.parquet", flat.to_wkb())):
        path = tmp_path / name
        (written.to_csv if path.suffix == ".csv" else written.to_parquet)(path, index=False)
        again = read_service_points(path, crs="EPSG:4326")
        # geopandas writes well-known text with six decimals.
        assert again.geometry.geom_equals_exact(points.geometry, tolerance=1e-6).all()
        with pytest.raises(TableError, match=f"{name} has geometries without CRS; say which with crs"):
            read_service_points(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_csv_dialects_say_the_same(tmp_path, separator, encoding, ending):
    rows = [["id", "name", "level", "lon", "lat"], ["007", "Äkäslompolo", "L", "24.5", "67.5"]]
    path = tmp_path / "points.csv"
    path.write_bytes(ending.join(separator.join(row) for row in rows).encode(encoding))
    points = read_service_points(path)
    assert points.index.tolist() == ["007"]
    assert points.loc["007", "name"] == "Äkäslompolo"
    assert points.geometry.x.tolist() == [24.5]


def test_semicolon_file_may_use_decimal_commas(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("id;level;lon;lat;capacity\nA;L;24,123;67,5;12,5\nB;L;25,456;68,25;\n", encoding="utf-8")
    points = read_service_points(path)
    assert points.geometry.x.tolist() == [24.123, 25.456]
    assert points.capacity.tolist()[0] == 12.5


def test_comma_that_may_mean_thousands_is_refused(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("id;level;lon;lat;cost_per_year\nA;L;24,1;67,5;0\nB;L;25,4;68,2;1,250\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"points.csv has cost_per_year = '1,250' at 'B' \(row 3\), which may mean"):
        read_service_points(path)


def test_spaces_between_thousands_and_real_minus_signs_are_numbers(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("id;level;lon;lat;cost_per_year\nA;L;\u22129,5;38,5;1\u00a0250 000\n", encoding="utf-8")
    points = read_service_points(path)
    assert points.geometry.x.tolist() == [-9.5]
    assert points.cost_per_year.tolist() == [1_250_000]


def test_blank_rows_are_passed_over_and_still_counted(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("id,level,lon,lat\n\nA,L,24,67\n,,,\nB,,25,68\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"points.csv has no level at 'B' \(row 5\); give each point its level"):
        read_service_points(path)


def test_text_keeps_its_form_in_read_table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("code,lon,lat\n0091,24,67\n", encoding="utf-8")
    table = read_table(path)
    assert table["code"].tolist() == ["0091"]
    assert table.index.tolist() == [2]
    assert table.crs == "EPSG:4326"


def test_numbers_in_a_workbook_become_plain_ids_and_codes(tmp_path):
    workbook = openpyxl.Workbook()
    for row in (
        ["id", "level", "lon", "lat", "kunta_code", None],
        [7, "L", 24, 67.5, 91, None],
        [8.0, "A", 25, 68, "005", None],
    ):
        workbook.active.append(row)
    workbook.save(tmp_path / "points.xlsx")
    points = read_service_points(tmp_path / "points.xlsx")
    assert points.index.tolist() == ["7", "8"]
    assert points.kunta_code.tolist() == ["091", "005"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(TableError, match=f"nowhere{suffix} does not exist; check the name and the folder."):
        read_table(tmp_path / f"nowhere{suffix}")


def test_unknown_kind_names_the_known_ones(tmp_path):
    with pytest.raises(TableError, match=r"points.xls is of an unknown kind \(.xls\); use one of .csv, .xlsx, .gpkg"):
        read_table(tmp_path / "points.xls")


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg", ".geojson", ".parquet"])
def test_damaged_file_is_one_line(tmp_path, suffix):
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(b"this is no table at all")
    with pytest.raises(TableError, match=f"broken{suffix} .*again") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "points.csv is empty; its first row names the columns."),
        (b"id,level,lon,lat\n", "points.csv has no rows; give at least one."),
        ("id;nimi\nA;Ylämaa\n".encode("latin-1"), "is not UTF-8 text; save it as CSV UTF-8."),
        (b'id,level\nA,"L\n', "cannot be read as CSV: .*; look for a quote that is not closed."),
        (b"id,level,lon,lat\nA,L,24,5,67,5\n", r"more cells in row 2 than columns in its header \(4\); put quotes"),
        (b"id,level,ID\nA,L,B\n", "has the column 'id' twice; keep one of them or rename it."),
        (b"id,,lon,lat\nA,L,24,67\n", "has values in column 2, which has no name; name it in the first row."),
    ],
)
def test_broken_csv_says_what_and_how_to_mend_it(tmp_path, content, message):
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_service_points(path)


def test_file_of_several_layers_names_them(points, tmp_path):
    path = tmp_path / "results.gpkg"
    for layer in ("places", "bands"):
        points.to_file(path, layer=layer)
    with pytest.raises(TableError, match=r"must hold one layer, but holds 2 \(places, bands\); export one"):
        read_table(path)
