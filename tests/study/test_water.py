"""Studies with water: from a layer, from the road file, or left out; what is doubtful about it is a finding."""

from __future__ import annotations

import sys

import geopandas
import numpy as np
import openpyxl
import osmium
import osmium.osm.mutable
import pytest
import shapely
from little_study import write_little_study

import palveluverkko as pv
from palveluverkko import cli
from palveluverkko.domain.errors import RoadFileError, StudyError, TableError
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.network import water as network_water
from palveluverkko.network.water import read_water, water_of_study
from palveluverkko.study.doctor import examine
from palveluverkko.study.pipeline import compute_study, read_inputs, run_study
from palveluverkko.study.study import read_study
from palveluverkko.study.texts import say

OSM = 'osm = "roads.osm.pbf"'
# Between four crossings, and round the health station by one of them.
LAKE = shapely.box(25.703, 66.502, 25.717, 66.508)
POND = shapely.box(25.7385, 66.5085, 25.7395, 66.5095)
BOW = shapely.Polygon([(25.743, 66.502), (25.757, 66.508), (25.757, 66.502), (25.743, 66.508)])


def write(folder, water=None, shapes=(LAKE, POND, BOW), *, crs="EPSG:3067"):
    """Write the little study with a layer of water beside it."""
    path = write_little_study(folder, study={OSM: OSM if water is None else f'{OSM}\nwater = "{water}"'})
    geopandas.GeoSeries(shapes, crs="EPSG:4326").to_crs(crs).to_file(folder / "water.gpkg")
    return path


def add_water(path, rings, *, tags=None):
    """Add areas of water to a road file."""
    old = path.rename(path.with_name("dry.osm.pbf"))
    nodes, ways = 1000, 1000
    with osmium.SimpleWriter(str(path)) as writer:
        for one in osmium.FileProcessor(str(old)):
            if one.is_node():
                writer.add_node(one)
        rings_of_nodes = []
        for ring in rings:
            refs = []
            for place in ring.exterior.coords[:-1]:
                nodes += 1
                writer.add_node(osmium.osm.mutable.Node(id=nodes, location=place, version=1))
                refs.append(nodes)
            rings_of_nodes.append([*refs, refs[0]])
        for one in osmium.FileProcessor(str(old)):
            if one.is_way():
                writer.add_way(one)
        for refs in rings_of_nodes:
            ways += 1
            water = osmium.osm.mutable.Way(id=ways, nodes=refs, tags=tags or {"natural": "water"}, version=1)
            writer.add_way(water)
    old.unlink()


def on_water(results, *shapes):
    """Square metres of the bands on some water."""
    wet = geopandas.GeoSeries(shapes, crs="EPSG:4326").to_crs(results.bands.crs).make_valid().union_all()
    return results.bands.geometry.intersection(wet).area.sum()


def test_a_layer_of_water_is_left_out_of_the_areas_and_changes_no_time_of_a_place(tmp_path):
    dry = compute_study(read_study(write(tmp_path, "none")), store="none")
    wet = compute_study(read_study(write(tmp_path, "water.gpkg")), store="none")
    assert on_water(dry, LAKE, BOW) > 100_000
    assert on_water(wet, LAKE, BOW) < 1.0
    np.testing.assert_array_equal(wet.table.milliseconds, dry.table.milliseconds)
    assert wet.summary.equals(dry.summary)
    for level, one in wet.surfaces.items():
        assert (one.travel_time >= dry.surfaces[level].travel_time).all()


def test_points_on_the_water_and_broken_rings_are_findings_of_a_run_and_of_the_check(tmp_path):
    study = read_study(write(tmp_path, "water.gpkg"))
    expected = [["service_point", "ASEMA", "on_water"], ["network", "", "mended_water"]]
    inputs = read_inputs(study, store="none")
    for found in (compute_study(study, store="none").findings, examine(study, inputs).findings):
        ours = found[found["verdict"].str.contains("water")]
        assert ours[["subject", "id", "verdict"]].to_numpy().tolist() == expected
        assert "1" in ours["detail"].iloc[1]


def test_the_water_of_the_road_file_is_left_out_unless_told_otherwise(tmp_path):
    path = write(tmp_path)
    bare = compute_study(read_study(path), store="none")
    assert bare.inputs.water is None
    add_water(tmp_path / "roads.osm.pbf", [LAKE, BOW])
    wet = compute_study(read_study(path), store="none")
    assert on_water(bare, LAKE, BOW) > 100_000
    # Mended in degrees, where the sides that cross are straight.
    assert on_water(wet, *wet.inputs.water.shapes) < 1.0
    assert {"mended_water"} == set(wet.findings["verdict"]) - set(bare.findings["verdict"])


def test_water_that_is_not_whole_is_a_finding_with_its_id(tmp_path):
    path = write(tmp_path)
    add_water(tmp_path / "roads.osm.pbf", [LAKE], tags={"natural": "coastline"})
    # Against the clock it is an island; the other way round it would be a sea between crossings.
    assert compute_study(read_study(path), store="none").inputs.water is not None
    gap = shapely.Polygon([(25.703, 66.502), (25.717, 66.502), (25.717, 66.502)])
    write(tmp_path)
    add_water(tmp_path / "roads.osm.pbf", [gap], tags={"natural": "coastline"})
    found = compute_study(read_study(path), store="none").findings
    assert found.loc[found["verdict"] == "water_left_out", ["subject", "id"]].to_numpy().tolist() == [
        ["network", "coastline"]
    ]


@pytest.mark.parametrize("water", ["osm", "water.gpkg"])
def test_the_page_and_the_workbook_say_whether_water_was_left_out(tmp_path, water):
    _, files = run_study(read_study(write(tmp_path, water)), store=tmp_path / "store")
    told = {code: say(code, "no_water") for code in LANGUAGES}
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert all((sentence in page) == (water != "water.gpkg") for sentence in told.values())
    book = openpyxl.load_workbook(next(file for file in files if file.name == "report.xlsx"))
    rows = {row[0]: row[1] for row in book.worksheets[-1].iter_rows(values_only=True, max_col=2)}
    assert rows["Vesialueet"] == ("water.gpkg" if water == "water.gpkg" else told["fi"])


def test_the_layer_is_an_input_of_the_study_and_stands_in_it_as_written(tmp_path):
    study = read_study(write(tmp_path, "water.gpkg"))
    assert study.inputs["network.water"] == tmp_path / "water.gpkg"
    assert study.to_document()["network"]["water"] == "water.gpkg"
    assert read_study(write(tmp_path)).to_document()["network"]["water"] == "osm"


@pytest.mark.parametrize(
    ("water", "said"),
    [
        ("lakes", "[network] water: give 'osm', 'none', a layer of polygons"),
        ("lakes.gpkg", "network.water names"),
    ],
)
def test_what_is_no_water_is_said_in_one_line(tmp_path, water, said):
    with pytest.raises(StudyError) as caught:
        read_study(write(tmp_path, water))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([shapely.Point(25.7, 66.5)], "has no polygon \\(Point\\)"),
        ([shapely.LineString([(25.7, 66.5), (25.8, 66.5)])], "has no polygon \\(LineString\\)"),
        ([shapely.Polygon([(25.7, 66.5), (25.8, 66.5), (25.7, 66.5)])], "has no polygon with an area"),
    ],
)
def test_a_layer_without_polygons_is_refused(tmp_path, shapes, said):
    write(tmp_path, shapes=shapes)
    with pytest.raises(TableError, match=f"water.gpkg {said}; name a layer"):
        read_water(tmp_path / "water.gpkg")


def test_a_layer_that_does_not_say_where_it_lies_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="crs"):
        geopandas.GeoDataFrame(geometry=[LAKE]).to_file(tmp_path / "water.gpkg")
    with pytest.raises(TableError, match=r"water\.gpkg does not say its CRS; export it again with one"):
        read_water(tmp_path / "water.gpkg")


def test_of_a_damaged_layer_the_refusal_says_all(tmp_path):
    (tmp_path / "water.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 5_000)  # GDAL warns of it before it gives up
    with pytest.raises(TableError, match=r"water\.gpkg cannot be read: .*; export it again"):
        read_water(tmp_path / "water.gpkg")


def test_what_is_no_polygon_in_a_layer_of_water_is_counted(tmp_path):
    write(tmp_path, shapes=[LAKE, shapely.Point(25.7, 66.5), shapely.Point(25.7, 66.6)])
    found = read_water(tmp_path / "water.gpkg")
    assert len(found.shapes) == 1
    assert found.left_out == ("water.gpkg: 2",)


def test_a_square_counts_as_on_the_water_only_when_all_of_it_is(tmp_path):
    write(tmp_path, shapes=[LAKE])
    middle, half = shapely.box(25.708, 66.504, 25.712, 66.506), shapely.box(25.70, 66.504, 25.712, 66.506)
    spots = geopandas.GeoSeries([middle, half, LAKE.centroid, shapely.Point(25.7, 66.5)], crs="EPSG:4326")
    assert read_water(tmp_path / "water.gpkg").covers(spots).tolist() == [True, False, True, False]


def test_water_is_kept_on_disk_and_read_again_when_what_is_kept_is_damaged(tmp_path, monkeypatch):
    write(tmp_path)
    path, store = tmp_path / "roads.osm.pbf", tmp_path / "store"
    add_water(path, [LAKE, BOW])
    first = read_water(path, store=store)
    (kept,) = store.iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(network_water, "_in_degrees", None)
        again = read_water(path, store=store)
    assert shapely.equals_exact(first.shapes, again.shapes).all()
    assert (again.crs, again.mended, again.left_out) == (first.crs, first.mended, first.left_out)
    kept.write_bytes(b"not water")
    mended = read_water(path, store=store)
    assert shapely.equals_exact(first.shapes, mended.shapes).all()
    assert shapely.equals_exact(read_water(path, store="none").shapes, first.shapes).all()


def test_tables_of_roads_and_built_networks_have_no_water_of_their_own(tmp_path):
    write(tmp_path)
    for name in ("links.gpkg", "roads.pvnet"):
        assert water_of_study([tmp_path / name], "osm") is None
    assert water_of_study([tmp_path / "links.gpkg"], tmp_path / "water.gpkg").mended == 1
    with pytest.raises(RoadFileError, match="nowhere"):
        water_of_study([tmp_path / "links.gpkg"], "nowhere")


def test_isochrones_leave_water_out_as_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(tmp_path)
    add_water(tmp_path / "roads.osm.pbf", [LAKE])
    lake = geopandas.GeoSeries([LAKE], crs="EPSG:4326").to_crs("EPSG:3067").iloc[0]
    found = {}
    for water in (None, "none", tmp_path / "water.gpkg"):
        out = tmp_path / "areas.gpkg"
        arguments = ["isochrones", tmp_path / "roads.osm.pbf", tmp_path / "points.csv", "--minutes", "5", "--out", out]
        more = [] if water is None else ["--water", water]
        monkeypatch.setattr(sys, "argv", ["palveluverkko", *map(str, [*arguments, *more])])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 0
        areas = geopandas.read_file(out).to_crs("EPSG:3067")
        found[water if water is None else str(water).rpartition("/")[2]] = areas.intersection(lake).area.max()
    assert found["none"] > 100_000
    assert found[None] < 1.0
    assert found["water.gpkg"] < 1.0


def test_the_water_of_the_public_name_goes_into_bands_and_surfaces(tmp_path):
    write(tmp_path)
    network = pv.read_network(tmp_path / "roads.osm.pbf", store="none")
    points = pv.read_service_points(tmp_path / "points.csv")
    water = pv.read_water(tmp_path / "water.gpkg")
    bands = pv.bands(network, points, minutes=[5], water=water)
    raster = pv.surface(network, points, budget_minutes=5, water=water)
    spot = geopandas.GeoSeries([LAKE.centroid], crs="EPSG:4326").to_crs(network.crs)
    assert raster.at(spot.x.to_numpy(), spot.y.to_numpy())[0] == np.iinfo(np.int32).max
    assert not bands.to_crs("EPSG:4326").intersects(LAKE.centroid).any()
