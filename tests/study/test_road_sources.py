"""Studies on several road files, on a part of one, and on a table of roads."""

from __future__ import annotations

import json

import geopandas
import numpy as np
import pytest
import shapely
from little_study import write_little_study

import palveluverkko as pv
from palveluverkko.domain.errors import StudyError
from palveluverkko.study.pipeline import check_study, compute_study, run_study
from palveluverkko.study.study import read_study

OSM = 'osm = "roads.osm.pbf"'
# Around the western half of the crossings.
BOX = "[25.69, 66.49, 25.73, 66.53]"


def write(folder, network):
    return write_little_study(folder, study={OSM: network})


def write_edges(folder, *, tables=None):
    path = write(folder, OSM)
    profile = pv.CarProfile(tables=tables)
    pv.read_network(folder / "roads.osm.pbf", profile=profile, store="none").to_edges().to_file(folder / "links.gpkg")
    return path


def error_of(path):
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert "\n" not in str(caught.value)
    assert "PosixPath" not in str(caught.value)
    return str(caught.value)


def test_a_study_on_a_table_of_roads_finds_what_that_on_the_road_file_finds(tmp_path):
    # Waits stand at junctions, and a table has them along the whole piece; turns it does not know at all.
    still = tmp_path / "still.toml"
    still.write_text("[junction]\nlower_seconds = 0\nequal_seconds = 0\n[turns]\nleft_seconds = 0\n", encoding="utf-8")
    write_edges(tmp_path, tables=still)
    by_osm = compute_study(read_study(write(tmp_path, f'{OSM}\nprofile = "still.toml"')), store="none")
    by_edges = compute_study(read_study(write(tmp_path, 'edges = "links.gpkg"')), store="none")
    assert by_edges.inputs.network.metres_by_speed_source.keys() == {"given"}
    # Points stand within road pieces, whose vertices the table does not time: a millisecond of rounding at each end.
    np.testing.assert_allclose(by_edges.table.milliseconds, by_osm.table.milliseconds, rtol=0, atol=2)
    assert by_edges.summary.round(2).equals(by_osm.summary.round(2))


def test_the_table_of_roads_is_named_and_credited_in_the_results(tmp_path):
    write_edges(tmp_path)
    study = read_study(write(tmp_path, 'edges = "links.gpkg"'))
    assert study.attribution == "links.gpkg"
    _, files = run_study(study, store="none")
    manifest = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert manifest["study"]["network"]["edges"] == "links.gpkg"
    assert "network.edges" in manifest["inputs"]
    page = files[0].read_text(encoding="utf-8")
    assert "links.gpkg" in page
    assert "OpenStreetMap contributors" not in page


def test_roads_of_openstreetmap_are_credited_to_it(tmp_path):
    assert read_study(write(tmp_path, OSM)).attribution is None


def test_several_files_are_one_network(tmp_path):
    one = check_study(read_study(write(tmp_path, OSM)), store="none")[0]
    (tmp_path / "more.osm.pbf").write_bytes((tmp_path / "roads.osm.pbf").read_bytes())
    study = read_study(write(tmp_path, 'osm = ["roads.osm.pbf", "more.osm.pbf"]'))
    several = check_study(study, store="none")[0]
    assert several.network.describe() | {"fingerprint": ""} == one.network.describe() | {"fingerprint": ""}
    assert {key: path.name for key, path in study.inputs.items() if "osm" in key} == {
        "network.osm.1": "roads.osm.pbf",
        "network.osm.2": "more.osm.pbf",
    }
    assert study.to_document()["network"]["osm"] == ["roads.osm.pbf", "more.osm.pbf"]


@pytest.mark.parametrize("area", [BOX, '"area.gpkg"'])
def test_the_roads_of_an_area_are_kept_and_where_they_leave_it_is_a_finding(tmp_path, area):
    box = shapely.box(*json.loads(BOX)[:2], *json.loads(BOX)[2:])
    geopandas.GeoDataFrame({"id": ["A"]}, geometry=[box], crs="EPSG:4326").to_file(tmp_path / "area.gpkg")
    study = read_study(write(tmp_path, f"{OSM}\nclip = {area}\nclip_buffer_metres = 0"))
    found = compute_study(study, store="none")
    whole = compute_study(read_study(write(tmp_path, OSM)), store="none")
    assert found.inputs.network.edges.metres.sum() < whole.inputs.network.edges.metres.sum()
    assert found.inputs.network.cut_x.size == 3
    assert "edge_of_extract" in set(found.findings["verdict"])
    assert "edge_of_extract" not in set(whole.findings["verdict"])
    assert ("network.clip" in study.inputs) == (area != BOX)
    assert study.to_document()["network"]["clip"] == json.loads(area)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("", "[network] give either osm (one file or a list of files) or edges"),
        (f'{OSM}\nedges = "links.gpkg"', "give either osm (one file or a list of files) or edges"),
        ('edges = "roads.osm.pbf"', "edges names roads.osm.pbf; a table of roads ends in .gpkg, .parquet"),
        ('osm = "links.gpkg"', "osm names links.gpkg, a table of roads; write it as edges"),
        ("osm = []", "osm: name a road file, or different ones in a list such as"),
        ('osm = ["roads.osm.pbf", "roads.osm.pbf"]', "osm: name a road file, or different ones in a list"),
        ('osm = ["roads.osm.pbf", 5]', "osm: name a road file, or different ones in a list"),
        ('osm = ["roads.osm.pbf", "more.osm.pbf"]', "network.osm.2 names"),
        (f'{OSM}\nclip = "area.gpkg"', "network.clip names"),
        (f"{OSM}\nclip = [1, 2, 3]", "clip: name a file of polygons, or write [west, south, east, north]"),
        (f"{OSM}\nclip = [1, 2, 3, true]", "clip: name a file of polygons, or write [west, south, east, north]"),
        (f"{OSM}\nclip = [3, 2, 1, 0]", "the box to clip to is 3, 2, 1, 0; give west, south, east and north"),
        (f"{OSM}\nclip_buffer_metres = 5", "clip_buffer_metres goes with clip"),
        (f"{OSM}\nclip = {BOX}\nclip_buffer_metres = -5", "clip_buffer_metres: Input should be greater than or equal"),
        (f'edges = "links.gpkg"\nclip = {BOX}', "clip works on osm; a table of roads in edges is not clipped"),
    ],
)
def test_sources_that_cannot_be_are_refused_in_one_sentence(tmp_path, network, said):
    assert said in error_of(write(tmp_path, network))
