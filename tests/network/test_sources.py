"""Several files, and a part of one: the front door of networks, and the edge of the extract behind it."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations

import geopandas
import numpy as np
import osmium
import pytest
import shapely
from same_networks import assert_same_columns
from village import NODES, write_village

import palveluverkko as pv
from palveluverkko.domain.errors import NetworkError, PalveluverkkoError, RoadFileError, TableError
from palveluverkko.network.sources import RoadSource
from palveluverkko.network.store import NO_STORE, fingerprint_network, read_network, write_network

WEST = (24.9, 65.9, 25.009, 66.1)


@pytest.fixture
def village(tmp_path):
    return write_village(tmp_path / "village.osm")


def read(path, **options):
    return read_network(path, store=NO_STORE, **options)


def ids_at_cut(network):
    """OpenStreetMap ids of the junctions that lie where roads leave."""
    near = np.hypot(*(np.subtract.outer(a, b) for a, b in (
        (network.cut_x, network.junction_x), (network.cut_y, network.junction_y)
    )))  # fmt: skip
    assert (near.min(axis=1) < 1e-6).all()
    return sorted(network.junction_id[near.argmin(axis=1)].tolist())


# --- clip


def test_where_a_clipped_network_ends_it_has_the_edge_of_the_extract(village):
    network = read(village, clip=WEST, clip_buffer_metres=0)
    assert network.to_edges()["way"].tolist() == [7]
    assert ids_at_cut(network) == [2]
    assert read(village).cut_x.size == 0


def test_polygons_of_a_file_do_the_same_as_their_box(village, tmp_path):
    lines = geopandas.GeoDataFrame({"id": ["A", "B"]}, geometry=[shapely.box(24.9, 65.9, 25, 66.1), shapely.box(*WEST)])
    lines.set_crs("EPSG:4326").to_crs("EPSG:3067").to_file(tmp_path / "area.gpkg")
    by_file = read(village, clip=tmp_path / "area.gpkg", clip_buffer_metres=10)
    assert_same_columns(by_file, read(village, clip=WEST, clip_buffer_metres=10))


def test_the_buffer_is_20_kilometres_when_not_given(village):
    far = (25.4, 65.9, 25.5, 66.1)  # the village lies 17 km west of it
    assert read(village, clip=far).to_edges()["way"].nunique() == 5
    with pytest.raises(RoadFileError, match=r"village\.osm has no road within 15000 m of the box 25\.4, 65\.9"):
        read(village, clip=far, clip_buffer_metres=15_000)


def test_a_clipped_network_is_kept_apart_from_the_whole(village, tmp_path):
    kept = tmp_path / "kept"
    whole, part, other = (
        read_network(village, store=kept, **options)
        for options in ({}, {"clip": WEST, "clip_buffer_metres": 0}, {"clip": WEST, "clip_buffer_metres": 1})
    )
    assert len({whole.fingerprint, part.fingerprint, other.fingerprint}) == 3
    again = read_network(village, store=kept, clip=WEST, clip_buffer_metres=0)
    assert_same_columns(again, part)
    assert again.cut_x.tolist() == part.cut_x.tolist()


@pytest.mark.shared
def test_trips_in_a_clipped_country_are_those_of_the_country_where_the_buffer_is_wide(shared_data):
    path = shared_data / "osm" / "andorra.osm.pbf"
    box = (1.50, 42.49, 1.56, 42.53)
    whole, part = read(path), read(path, clip=box, clip_buffer_metres=5_000)
    assert part.edges.metres.sum() < 0.75 * whole.edges.metres.sum()
    assert part.cut_x.size > 0
    lon, lat = np.random.default_rng(7).uniform(box[:2], box[2:], (60, 2)).T
    points = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(lon, lat, crs="EPSG:4326"), index=[*map(str, range(60))]
    )
    inside, everywhere = (pv.travel_times(one, points, points, budget_minutes=60).milliseconds for one in (part, whole))
    np.testing.assert_array_equal(inside, everywhere)


# --- several files


def test_files_in_any_order_are_one_network_under_one_name(tmp_path, village):
    one, other = write_village(tmp_path / "a.osm", ways=(7, 8, 9)), write_village(tmp_path / "b.osm", ways=(9, 10, 11))
    whole = read(village)
    names = set()
    for paths in permutations([one, other]):
        network = read(paths)
        assert_same_columns(network, whole)
        names.add(network.fingerprint)
    assert len(names) == 1
    assert names == {fingerprint_network([other, one], pv.CarProfile())}
    assert fingerprint_network(one, pv.CarProfile()) not in names


def test_a_file_named_twice_counts_once(village):
    assert read([village, village]).fingerprint == read(village).fingerprint


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "tampere"])
def test_two_files_cut_at_a_line_are_the_whole_network_together(shared_data, tmp_path, name):
    """As ``osmium extract --strategy simple`` cuts: nodes on one side of the line, ways with all their references."""
    path = shared_data / "osm" / f"{name}.osm.pbf"
    whole = read(path)
    middle = (whole.bounds[0] + whole.bounds[2]) / 2
    halves = [tmp_path / f"{name}-{side}.osm.pbf" for side in ("west", "east")]
    with osmium.SimpleWriter(str(halves[0])) as west, osmium.SimpleWriter(str(halves[1])) as east:
        for one in osmium.FileProcessor(str(path)):
            if one.is_node():
                (west if one.location.lon < middle else east).add_node(one)
            else:
                west.add(one)
                east.add(one)
    parts = [read(half) for half in halves]
    assert all(part.cut_x.size > 10 for part in parts)
    merged = read(halves)
    assert merged.cut_x.tolist() == whole.cut_x.tolist()
    assert_same_columns(merged, whole)


# --- what cannot be


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda _: read([]), NetworkError, r"no road file is named"),
        (lambda f: read(f / "village.osm", clip_buffer_metres=5), NetworkError, r"clip_buffer_metres goes with clip"),
        (lambda f: read(f / "village.osm", clip=f / "no.gpkg"), TableError, r"no\.gpkg does not exist"),
        (lambda f: read(f / "village.osm", clip=f / "points.geojson"), TableError, r"has the geometry Point"),
        (lambda f: read(f / "village.osm", clip=(1, 2, 3)), PalveluverkkoError, r"the box to clip to is 1, 2, 3; give"),
        (lambda f: read([f / "village.osm", f / "no.osm"]), RoadFileError, r"no\.osm does not exist"),
        (lambda f: read([f / "village.osm", f / "links.gpkg"]), NetworkError, r"links\.gpkg is a table of roads, and"),
        (lambda f: read(f / "links.gpkg", clip=WEST), NetworkError, r"links\.gpkg is a table of roads and is not clip"),
        (lambda f: read(f / "no.gpkg"), TableError, r"no\.gpkg does not exist"),
        (lambda f: read([f / "village.osm", f / "a.pvnet"]), NetworkError, r"a\.pvnet is a network that was built; it"),
        (
            lambda f: read(f / "a.pvnet", clip=WEST),
            NetworkError,
            r"a\.pvnet is a network that was built; it is neither",
        ),
    ],
)
def test_what_cannot_be_read_together_is_refused_in_one_line(tmp_path, make, error, said):
    write_network(read(write_village(tmp_path / "village.osm")), tmp_path / "a.pvnet")
    points = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(*zip(*NODES.values(), strict=True)), crs="EPSG:4326"
    )
    points.to_file(tmp_path / "points.geojson")
    with pytest.raises(error, match=said) as caught:
        make(tmp_path)
    assert "\n" not in str(caught.value)


def test_naming_a_source_loads_no_tables(tmp_path):
    source = RoadSource.named(tmp_path / "a.osm")
    assert not source.are_there
    code = "import sys, palveluverkko.network.store; sys.exit('pandas' in sys.modules or 'shapely' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
