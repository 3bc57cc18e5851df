# ruff: noqa: S314 - the XML is our own
import sqlite3
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report import geopackage
from palveluverkko.report.geopackage import write_results

LAYERS = ["bands", "places", "isochrones", "roads", "access_legs", "service_points", "findings"]


def _write(path, study, scheme, **changed):
    layers = {
        "service_points": study.points,
        "places": study.places,
        "bands": study.bands,
        "isochrones": study.isochrones,
        "findings": study.findings,
        "roads": study.roads,
        "access_legs": study.access_legs,
        "language": "fi",
    }
    write_results(path, scheme=scheme, **{**layers, **changed})


def _query(path, sql):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


@pytest.fixture(scope="module")
def written(tmp_path_factory, study, scheme):
    path = tmp_path_factory.mktemp("written") / "results.gpkg"
    _write(path, study, scheme)
    return path


@pytest.mark.parametrize("name", ["service_points", "places", "bands", "isochrones", "roads", "access_legs"])
def test_every_layer_reads_back_as_written(written, study, name):
    frame = {"service_points": study.points}.get(name, getattr(study, name, None))
    wanted = frame.reset_index() if frame.index.name else frame
    got = gpd.read_file(written, layer=name)
    assert_geodataframe_equal(got, wanted[got.columns], check_dtype=False, check_like=True)
    assert got.crs == wanted.crs
    assert set(got.columns) == set(wanted.columns)


def test_findings_without_geometry_are_a_plain_table(written, study):
    got = pyogrio.read_dataframe(written, layer="findings")
    assert not isinstance(got, gpd.GeoDataFrame)
    assert_frame_equal(got, study.findings, check_dtype=False)


def test_findings_with_geometry_are_a_styled_layer(tmp_path, study, scheme):
    findings = gpd.GeoDataFrame(study.findings, geometry=gpd.points_from_xy([1, 2, 3], [4, 5, 6]), crs=3067)
    findings.geometry = findings.geometry.where([True, True, False])
    _write(tmp_path / "results.gpkg", study, scheme, findings=findings)
    got = gpd.read_file(tmp_path / "results.gpkg", layer="findings")
    assert got.geometry.notna().tolist() == [True, True, False]
    styled = {name for (name,) in _query(tmp_path / "results.gpkg", "SELECT f_table_name FROM layer_styles")}
    assert "findings" in styled


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_spatial_layer_has_one_default_style_that_is_xml(tmp_path, study, scheme, language):
    path = tmp_path / "results.gpkg"
    _write(path, study, scheme, language=language)
    rows = _query(
        path, "SELECT f_table_schema, f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
    )
    assert sorted(row[1] for row in rows) == sorted(set(LAYERS) - {"findings"})
    columns = dict(_query(path, "SELECT table_name, column_name FROM gpkg_geometry_columns"))
    for schema, name, column, default, qml in rows:
        assert (schema, column, default) == ("", columns[name], 1)
        root = ET.fromstring(qml)
        assert root.tag == "qgis"
        assert root.find("renderer-v2").get("type") == "RuleRenderer"
        assert len(root.find("renderer-v2/symbols")) > 0


def test_the_style_table_is_the_one_that_qgis_makes(written):
    columns = [row[1] for row in _query(written, "PRAGMA table_info(layer_styles)")]
    assert columns == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
        "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    assert _query(written, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [("attributes",)]
    assert "layer_styles" in {name for name, _ in pyogrio.list_layers(written)}


def test_bands_are_coloured_per_level_and_only_the_nearest_level_is_shown_at_first(written, study, scheme):
    ((qml,),) = _query(written, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'bands'")
    levels = ET.fromstring(qml).findall("renderer-v2/rules/rule")
    assert [rule.get("filter") for rule in levels] == [f"\"level\" = '{code}'" for code in scheme.codes]
    assert [rule.get("checkstate", "1") for rule in levels] == ["1", "0", "0"]
    for rule in levels:
        assert [band.get("filter") for band in rule] == [f'"to_min" = {limit:g}' for limit in study.minutes]
        assert [band.get("label") for band in rule] == ["0–15 min", "15–30 min", "30–60 min"]


def test_points_that_are_not_open_are_hollow(written):
    ((qml,),) = _query(written, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'service_points'")
    assert "AND NOT &quot;open&quot;" in qml
    assert "Lähitaso (ei avoinna)" in qml


def test_equal_results_are_equal_bytes(tmp_path, study, scheme):
    _write(tmp_path / "one" / "results.gpkg", study, scheme)
    _write(tmp_path / "two" / "results.gpkg", study, scheme)
    assert (tmp_path / "one" / "results.gpkg").read_bytes() == (tmp_path / "two" / "results.gpkg").read_bytes()


def test_layers_keep_their_own_crs(tmp_path, study, scheme):
    _write(tmp_path / "results.gpkg", study, scheme, service_points=study.points.to_crs(4326))
    assert gpd.read_file(tmp_path / "results.gpkg", layer="service_points").crs.to_epsg() == 4326
    assert gpd.read_file(tmp_path / "results.gpkg", layer="places").crs.to_epsg() == 3067


def test_areal_places_without_bands_are_written_and_styled(tmp_path, study, scheme):
    cells = study.places[["name", "population", "geometry"]].copy()
    cells.geometry = cells.buffer(500, cap_style="square")
    _write(tmp_path / "results.gpkg", study, scheme, places=cells)
    got = gpd.read_file(tmp_path / "results.gpkg", layer="places")
    assert got.geom_type.unique().tolist() == ["Polygon"]
    ((qml,),) = _query(tmp_path / "results.gpkg", "SELECT styleQML FROM layer_styles WHERE f_table_name = 'places'")
    assert ET.fromstring(qml).find("renderer-v2/symbols/symbol").get("type") == "fill"


def test_columns_that_sqlite_would_confuse_are_told_apart_and_none_is_lost(tmp_path, study, scheme):
    places = study.places.assign(NAME="capital", fid=7, geom="user's", group=pd.Categorical(["a", "b", "a", "b", None]))
    _write(tmp_path / "results.gpkg", study, scheme, places=places)
    got = gpd.read_file(tmp_path / "results.gpkg", layer="places")
    assert {"name", "NAME_2", "fid_2", "geom_2", "group"} <= set(got.columns)
    assert got["fid_2"].tolist() == [7] * 5
    assert got["group"].isna().tolist() == [False] * 4 + [True]


def test_a_run_without_any_reach_still_makes_a_file(tmp_path, study, scheme):
    _write(
        tmp_path / "results.gpkg",
        study,
        scheme,
        bands=study.bands.iloc[:0],
        isochrones=study.isochrones.iloc[:0],
        findings=study.findings.iloc[:0],
        roads=None,
    )
    assert len(gpd.read_file(tmp_path / "results.gpkg", layer="bands")) == 0
    assert "roads" not in {name for name, _ in pyogrio.list_layers(tmp_path / "results.gpkg")}


def test_a_layer_without_crs_is_refused_by_name(tmp_path, study, scheme):
    with pytest.raises(TableError, match="places has no CRS"):
        _write(tmp_path / "results.gpkg", study, scheme, places=study.places.set_crs(None, allow_override=True))
    assert list(tmp_path.iterdir()) == []


def test_a_failing_write_leaves_the_old_geopackage(written, study, scheme, monkeypatch):
    old = written.read_bytes()

    def fail(*_arguments):
        message = "disk full"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr(geopackage, "_write_styles", fail)
    with pytest.raises(sqlite3.OperationalError):
        _write(written, study, scheme)
    assert written.read_bytes() == old
    assert list(written.parent.iterdir()) == [written]


def test_the_frames_that_were_given_stay_as_they_were(tmp_path, study, scheme):
    before = study.places.copy()
    _write(tmp_path / "results.gpkg", study, scheme)
    assert_geodataframe_equal(study.places, before)
    assert np.array_equal(study.places.index, before.index)
