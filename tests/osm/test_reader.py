"""Files in, arrays out: the same roads from every form of a file, and one clear line for what is wrong."""

from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable
import pytest

from palveluverkko.domain.errors import RoadFileError
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads, read_roads

FORMS = ("osm.pbf", "osm", "osm.gz", "osm.bz2")

NODES = {1: (25.0, 66.0), 2: (25.1, 66.1), 3: (25.2, 66.0), 4: (25.3, 66.2), 5: (25.4, 66.3), 9: (20.0, 60.0)}
WAYS = {
    100: ([1, 2, 3], {"highway": "primary", "ref": "4", "name": "Nelostie", "maxspeed": "80"}),
    101: ([3, 4], {"highway": "residential", "name": "Koskikatu", "maxspeed": "slow"}),
    102: ([4, 5], {"highway": "residential", "maxspeed": "slow"}),
    103: ([1, 5], {"route": "ferry", "motor_vehicle": "yes", "duration": "00:20"}),
    104: ([1, 9], {"highway": "footway"}),
    105: ([1, 9], {"building": "yes"}),
}


def write_osm(path: Path, nodes=NODES, ways=WAYS) -> Path:
    """Write a little file; the suffix says in which form."""
    with osmium.SimpleWriter(str(path)) as writer:
        for one, place in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=one, location=place, version=1))
        for one, (refs, tags) in ways.items():
            writer.add_way(osmium.osm.mutable.Way(id=one, nodes=refs, tags=tags, version=1))
    return path


def write_xml(path: Path, *elements: str) -> Path:
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(elements)}</osm>', encoding="utf-8")
    return path


def way_xml(one: int, refs: list[int], **tags: str) -> str:
    nds = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{one}" version="1">{nds}{"".join(f"<tag k={k!r} v={v!r}/>" for k, v in tags.items())}</way>'


def node_xml(one: int) -> str:
    lon, lat = NODES.get(abs(one), (24.0, 65.0))
    return f'<node id="{one}" version="1" lat="{lat}" lon="{lon}"/>'


def read(path: Path, **options) -> Roads:
    return read_roads(path, CarProfile(), **options)


def nodes_of(roads: Roads) -> list[tuple[int, list[int]]]:
    """Give each piece as its way id and the ids of its nodes."""
    pieces = np.split(roads.node_id[roads.way_node], roads.first_node[1:-1])
    return list(zip(roads.way_id.tolist(), [piece.tolist() for piece in pieces], strict=True))


def as_plain(roads: Roads) -> dict[str, object]:
    values = {one.name: getattr(roads, one.name) for one in fields(Roads)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


@pytest.fixture
def roads(tmp_path) -> Roads:
    return read(write_osm(tmp_path / "pikku.osm.pbf"))


def test_only_drivable_ways_and_their_nodes_are_read(roads):
    assert nodes_of(roads) == [(100, [1, 2, 3]), (101, [3, 4]), (102, [4, 5]), (103, [1, 5])]
    assert roads.node_id.tolist() == [1, 2, 3, 4, 5]
    assert roads.lon.tolist() == pytest.approx([25.0, 25.1, 25.2, 25.3, 25.4])
    assert roads.lat.tolist() == pytest.approx([66.0, 66.1, 66.0, 66.2, 66.3])
    assert roads.bounds == pytest.approx((25.0, 66.0, 25.4, 66.3))
    assert (roads.cut_nodes.tolist(), roads.lost_ways) == ([], ())


def test_each_way_points_to_what_its_tags_mean(roads):
    classes = [roads.kinds[kind].road_class for kind in roads.way_kind]
    assert classes == ["primary", "residential", "residential", "ferry"]
    assert roads.kinds[roads.way_kind[0]].forward_kmh == 81
    assert roads.way_kind[1] == roads.way_kind[2]
    assert roads.kinds[roads.way_kind[3]].crossing_minutes == 22.5


def test_the_road_number_goes_before_the_name(roads):
    assert [roads.names[one] for one in roads.way_name] == ["4", "Koskikatu", "", ""]


def test_unreadable_limits_are_counted_by_their_text(roads):
    assert roads.rejected_speeds == {"slow": 2}


def test_the_arrays_have_the_stated_types_and_cannot_be_written(roads):
    types = {one.name: getattr(roads, one.name).dtype.name for one in fields(Roads)
             if isinstance(getattr(roads, one.name), np.ndarray)}  # fmt: skip
    assert types == {
        "node_id": "int64", "lon": "float64", "lat": "float64", "first_node": "int64", "way_node": "int32",
        "way_id": "int64", "way_kind": "int32", "way_name": "int32", "cut_nodes": "int32",
        "spot_node": "int32", "spot_kind": "int32",
    }  # fmt: skip
    with pytest.raises(ValueError, match="read-only"):
        roads.lon[0] = 0


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_gives_the_same_roads(tmp_path, form, roads):
    assert as_plain(read(write_osm(tmp_path / f"toinen.{form}"))) == as_plain(roads)


def test_the_order_of_the_elements_does_not_matter(tmp_path, roads):
    ways = [way_xml(one, *WAYS[one][:1], **WAYS[one][1]) for one in (103, 101, 100, 102)]
    nodes = [node_xml(one) for one in (5, 1, 9, 4, 2, 3)]
    path = write_xml(tmp_path / "sekaisin.osm", *ways, *nodes)
    assert as_plain(read(path)) == as_plain(roads)


def test_ids_of_an_editor_may_be_negative(tmp_path):
    path = write_xml(
        tmp_path / "josm.osm",
        way_xml(-7, [-1, -2, 3], highway="track"),
        *(node_xml(one) for one in (-1, -2, 3)),
    )
    found = read(path)
    assert nodes_of(found) == [(-7, [-1, -2, 3])]
    assert found.node_id.tolist() == [-2, -1, 3]
    assert found.lon.tolist() == pytest.approx([25.1, 25.0, 25.2])


def test_a_way_is_split_where_the_file_holds_no_node(tmp_path):
    found = read(write_osm(tmp_path / "rajattu.osm", ways={7: ([1, 2, 77, 3, 4, 5, 78], {"highway": "track"})}))
    assert nodes_of(found) == [(7, [1, 2]), (7, [3, 4, 5])]
    assert found.node_id[found.cut_nodes].tolist() == [2, 3, 5]


def test_a_single_node_between_gaps_is_no_piece_and_its_way_is_named(tmp_path):
    ways = {7: ([77, 1, 78], {"highway": "track"}), 8: ([2, 3], {"highway": "track"})}
    found = read(write_osm(tmp_path / "rajattu.osm", ways=ways))
    assert nodes_of(found) == [(8, [2, 3])]
    assert found.lost_ways == (7,)
    assert found.cut_nodes.size == 0


def test_a_gap_between_two_ways_splits_neither(tmp_path):
    ways = {7: ([1, 2, 77], {"highway": "track"}), 8: ([77, 3, 4], {"highway": "track"})}
    assert nodes_of(read(write_osm(tmp_path / "rajattu.osm", ways=ways))) == [(7, [1, 2]), (8, [3, 4])]


def test_a_node_given_twice_in_a_row_counts_once(tmp_path):
    ways = {7: ([1, 1, 2, 2, 2, 3, 1], {"highway": "track"}), 8: ([1, 4], {"highway": "track"})}
    assert nodes_of(read(write_osm(tmp_path / "toisto.osm", ways=ways))) == [(7, [1, 2, 3, 1]), (8, [1, 4])]


def test_a_way_that_stands_twice_in_a_merged_file_counts_once(tmp_path):
    elements = [node_xml(1), node_xml(2), *[way_xml(7, [1, 2], highway="track")] * 2]
    assert nodes_of(read(write_xml(tmp_path / "yhdistetty.osm", *elements))) == [(7, [1, 2])]


def test_the_season_of_the_profile_reaches_the_roads(tmp_path):
    path = write_osm(tmp_path / "a.osm", ways={7: ([1, 2], {"highway": "trunk", "maxspeed": "100"})})
    assert read_roads(path, CarProfile(season="winter")).kinds[0].forward_kmh == 85


@pytest.mark.parametrize("form", FORMS)
def test_progress_rises_to_its_total(tmp_path, form):
    steps: list[tuple[int, int]] = []
    read(write_osm(tmp_path / f"a.{form}"), progress=lambda done, total: steps.append((done, total)))
    done, totals = zip(*steps, strict=True)
    assert len(set(totals)) == 1
    assert list(done) == sorted(set(done))
    assert done[-1] == totals[0]


# --- errors


def error_of(path: Path) -> str:
    with pytest.raises(RoadFileError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_missing_file_is_named(tmp_path):
    assert "does not exist" in error_of(tmp_path / "poissa.osm.pbf")


def test_a_folder_is_not_a_file(tmp_path):
    assert "is a folder" in error_of(tmp_path)


def test_an_unknown_suffix_names_the_known_ones(tmp_path):
    path = tmp_path / "tiet.shp"
    path.write_text("x", encoding="utf-8")
    assert ".osm.pbf, .osm, .osm.gz, .osm.bz2" in error_of(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_text_with_the_suffix_of_a_road_file_is_refused(tmp_path, form):
    path = tmp_path / f"kirje.{form}"
    path.write_text("Hyvä vastaanottaja, tämä ei ole tiedosto.", encoding="utf-8")
    assert f"cannot be read as .{form}" in error_of(path)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_file_is_refused(tmp_path, form):
    path = tmp_path / f"tyhja.{form}"
    path.touch()
    assert "is empty" in error_of(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_download_that_broke_off_is_cut_short(tmp_path, form):
    whole = write_osm(tmp_path / f"koko.{form}").read_bytes()
    path = tmp_path / f"katki.{form}"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert "cut short" in error_of(path)


def test_gzip_that_holds_no_openstreetmap_is_refused(tmp_path):
    path = tmp_path / "sivu.osm.gz"
    path.write_bytes(gzip.compress(b"<html><body/></html>"))
    assert "cannot be read as .osm.gz" in error_of(path)


def test_a_file_without_roads_says_how_many_ways_were_seen(tmp_path):
    ways = {one: WAYS[one] for one in (104, 105)}
    assert "2 ways were seen" in error_of(write_osm(tmp_path / "puisto.osm.pbf", ways=ways))


@pytest.mark.parametrize("nodes", [{}, {1: NODES[1]}])
def test_roads_without_their_nodes_are_no_network(tmp_path, nodes):
    path = write_osm(tmp_path / "vajaa.osm.pbf", nodes=nodes)
    assert "not their nodes" in error_of(path)


@pytest.mark.parametrize("library", ["osmium", "numba"])
def test_the_front_door_alone_loads_no_library(library):
    code = f"import sys, palveluverkko.osm.profile, palveluverkko.osm.reader; sys.exit({library!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- real extracts


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "by_class", "closed", "opened", "ferries"),
    [
        # by_class: ways of a drivable class, as counted in the README of the data; closed: those that access, area or
        # service=bus takes away, one track of Liechtenstein in summer only; opened: cycleways and paths whose own sign
        # lets cars in.
        ("tampere", 12_343, 262, 41, 0),
        ("andorra", 3_225, 22, 1, 0),
        ("liechtenstein", 4_958, 205, 9, 0),
        ("helsinki-core", 1_002, 74, 9, 1),
    ],
)
def test_the_ways_of_a_real_extract_are_all_accounted_for(shared_data, name, by_class, closed, opened, ferries):
    found = read(shared_data / "osm" / f"{name}.osm.pbf")
    assert len(set(found.way_id.tolist())) + len(found.lost_ways) == by_class - closed + opened + ferries
    assert (np.diff(found.node_id) >= 0).all()
    assert (np.diff(found.first_node) >= 2).all()
    assert not np.isnan(found.lon).any()


@pytest.mark.shared
def test_the_edge_of_a_small_square_shows_as_cut_nodes(shared_data):
    found = read(shared_data / "osm" / "finland-rural.osm.pbf")
    assert found.cut_nodes.size == 26
    assert len(found.lost_ways) == 9


def test_a_place_off_the_globe_is_refused_in_one_line(tmp_path):
    path = tmp_path / "roads.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" lon="250.0" lat="66.0"/><node id="2" lon="25.0" lat="66.0"/>'
        '<way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>',
        encoding="utf-8",
    )
    with pytest.raises(RoadFileError, match=r"roads\.osm cannot be read as \.osm \(.*'250\.0'\)") as caught:
        read_roads(path, CarProfile())
    assert "\n" not in str(caught.value)
