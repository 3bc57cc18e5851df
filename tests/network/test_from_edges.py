"""Networks out of tables of lines: who meets, how long each line takes, and the same times as where it came from."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString
from streets import ROAD, STREET, Way, jittered_lattice, network_of, roads, street_plans

import palveluverkko as pv
from palveluverkko.domain.errors import NetworkError, TableError
from palveluverkko.engine.graph import UNREACHED, Anchors
from palveluverkko.engine.search import nearest_nodes
from palveluverkko.network.from_edges import build_from_edges
from palveluverkko.osm.pbf import read_pbf
from palveluverkko.osm.roads import NO_SPOTS, arrange
from palveluverkko.tables.road_edges import read_road_edges

PROFILE = pv.CarProfile()
DAY = 24 * 60 * 60_000


def table_of(path, lines, *, crs="EPSG:3067", **columns):
    """Write lines in metres of EPSG:3067 around a spot in Lapland, and read them as a table."""
    moved = [LineString([(400_000 + x, 7_400_000 + y) for x, y in line]) for line in lines]
    frame = geopandas.GeoDataFrame(pd.DataFrame(columns, index=range(len(lines))), geometry=moved, crs=crs)
    frame.to_file(path)
    return read_road_edges(path)


def build(path, lines, profile=PROFILE, **columns):
    return build_from_edges(
        table_of(path / "links.gpkg", lines, **columns), profile, fingerprint="", where="links.gpkg"
    )


def junctions_of(network):
    """Which ends meet: for each line in the order of the table the junctions at both ends."""
    edges = network.edges
    return {way: (tail, head) for way, tail, head in zip(edges.way, edges.tail, edges.head, strict=True)}


# --- who meets


def test_lines_meet_where_their_ends_do_and_not_where_they_cross(tmp_path):
    network = build(tmp_path, [[(0, 0), (500, 0)], [(500, 0), (900, 0)], [(250, -100), (250, 100)]], speed_kmh=[50] * 3)
    assert network.junction_id.size == 5
    ends = junctions_of(network)
    assert ends[1][1] == ends[2][0]
    assert not {*ends[3]} & {*ends[1], *ends[2]}


def test_an_end_on_the_middle_of_another_line_does_not_meet_it(tmp_path):
    assert build(tmp_path, [[(0, 0), (500, 0)], [(250, 0), (250, 300)]], speed_kmh=[50] * 2).junction_id.size == 4


@pytest.mark.parametrize(("apart", "junctions"), [(0.0, 3), (0.09, 3), (0.11, 4)])
def test_ends_that_nearly_touch_meet(tmp_path, apart, junctions):
    network = build(tmp_path, [[(0, 0), (500, 0)], [(500, apart), (500, 400)]], speed_kmh=[50] * 2)
    assert network.junction_id.size == junctions


def test_the_order_of_the_rows_changes_no_time(tmp_path):
    lines = [[(0, 0), (500, 0)], [(500, 0), (900, 0)], [(900, 0), (900, 300)], [(900, 300), (0, 0)]]
    first = build(tmp_path, lines, speed_kmh=[50, 60, 70, 80], way=[1, 2, 3, 4])
    other = build(tmp_path, lines[::-1], speed_kmh=[80, 70, 60, 50], way=[4, 3, 2, 1])
    by_way = [dict(zip(one.edges.way.tolist(), one.edges.forward_time.tolist(), strict=True)) for one in (first, other)]
    assert by_way[0] == by_way[1]
    assert first.junction_id.size == other.junction_id.size == 4


# --- how long


def test_times_go_before_speeds_speeds_before_limits_and_limits_before_classes(tmp_path):
    lines = [[(1000 * row, 0), (1000 * row, 900)] for row in range(4)]
    network = build(
        tmp_path, lines, travel_time=[30, None, None, None], speed_kmh=[50, 90, None, None],
        maxspeed=[60, 60, 60, None], road_class=["tertiary"] * 4, length=[900.0] * 4,
    )  # fmt: skip
    limit, untagged = (PROFILE.road({"highway": "tertiary", **tags}).forward_kmh for tags in ({"maxspeed": "60"}, {}))
    expected = {1: 30_000, 2: 36_000, 3: round(900 * 3600 / limit), 4: round(900 * 3600 / untagged)}
    found = dict(zip(network.edges.way.tolist(), network.edges.forward_time.tolist(), strict=True))
    assert found == expected
    sources = {"given": 1800.0, "signed": 900.0, "default": 900.0}
    assert network.metres_by_speed_source == pytest.approx(sources)


def test_the_season_of_the_profile_holds_for_limits(tmp_path):
    columns = {"maxspeed": [100], "road_class": ["trunk"], "length": [1000.0]}
    network = build(tmp_path, [[(0, 0), (0, 1000)]], pv.CarProfile(season="winter"), **columns)
    expected = pv.CarProfile(season="winter").road({"highway": "trunk", "maxspeed": "100"}).forward_kmh
    assert expected < PROFILE.road({"highway": "trunk", "maxspeed": "100"}).forward_kmh
    assert network.edges.forward_time.tolist() == [round(1000 * 3600 / expected)]
    assert network.season == "winter"


def test_a_length_that_is_not_given_is_measured_on_the_ellipsoid(tmp_path):
    network = build(tmp_path, [[(0, 0), (3000, 4000)]], speed_kmh=[50])
    # EPSG:3067 shrinks by 0.0004 at its meridian, 100 km away from here.
    assert network.edges.metres.tolist() == pytest.approx([5000], rel=5e-4)
    assert network.edges.forward_time.tolist() == [round(network.edges.metres[0] * 3600 / 50)]


def test_the_time_of_a_line_is_spread_over_its_vertices_by_length(tmp_path):
    edges = build(tmp_path, [[(0, 0), (100, 0), (100, 300)]], travel_time=[40]).edges
    assert edges.vertex_forward.tolist() == [0, pytest.approx(10_000, abs=5), 40_000]
    assert edges.vertex_backward.tolist() == edges.vertex_forward.tolist()


def test_private_roads_are_local_and_tunnels_take_no_points(tmp_path):
    lines = [[(0, 0), (500, 0)], [(500, 0), (900, 0)], [(900, 0), (900, 300)]]
    network = build(tmp_path, lines, road_class=["primary"] * 3, access=[None, "private", None], tunnel=["F", "F", "T"])
    assert network.to_edges().set_index("way")["local"].to_dict() == {1: False, 2: True, 3: True}
    assert dict(zip(network.edges.way.tolist(), network.edges.snappable.tolist(), strict=True)) == {
        1: True, 2: True, 3: False,
    }  # fmt: skip


def test_ferries_wait_and_take_no_points(tmp_path):
    edges = build(tmp_path, [[(0, 0), (0, 1000)]], linkkityyp=[21], length=[1000.0]).edges
    ferry = PROFILE.road({"route": "ferry"})
    assert edges.forward_time.tolist() == [round(1000 * 3600 / ferry.forward_kmh + ferry.wait_minutes * 60_000)]
    assert not edges.snappable.any()


def test_roads_that_no_car_drives_and_roads_closed_both_ways_are_left_out(tmp_path):
    lines = [[(0, 0), (500, 0)], [(500, 0), (900, 0)], [(900, 0), (900, 300)]]
    network = build(tmp_path, lines, road_class=["primary", "footway", "steps"])
    assert network.edges.way.tolist() == [1]
    closed = build(tmp_path, lines, forward_min=[1.0, None, 1.0], backward_min=[1.0, None, None])
    assert sorted(closed.edges.way.tolist()) == [1, 3]


# --- the same network again


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_the_edges_of_a_network_give_a_network_with_the_same_times(tmp_path_factory, data):
    spots, given_ways = data.draw(street_plans(kinds=(STREET, ROAD)))
    if len({tuple(spot) for spot in spots}) < len(spots):
        return  # spots on top of each other are one in a table
    network = network_of(roads(spots, given_ways))
    assert_same_times(network, again(network, tmp_path_factory.mktemp("edges") / "links.gpkg"))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "tampere"])
def test_the_edges_of_a_real_network_give_a_network_with_the_same_times(shared_data, tmp_path, name):
    path = shared_data / "osm" / f"{name}.osm.pbf"
    read = read_pbf(path, PROFILE, progress=lambda _done, _total: None)
    # A table knows neither turns nor barriers.
    read = read._replace(ways=read.ways._replace(restrictions=()), spots=NO_SPOTS)
    network = network_of(arrange(path, read), max_access_metres=1000.0)
    found = again(network, tmp_path / "links.gpkg")
    assert_same_times(network, found)
    # Junctions are known by their places.
    own, same = (np.lexsort((np.round(one.junction_x, 3), np.round(one.junction_y, 3))) for one in (network, found))
    np.testing.assert_allclose(found.junction_x[same], network.junction_x[own], rtol=0, atol=2e-3)
    for chosen in np.random.default_rng(1).choice(own.size, 10, replace=False).tolist():
        before, after = (times_from(one, at[chosen])[at] for one, at in ((network, own), (found, same)))
        assert (before != UNREACHED).sum() > own.size / 2
        np.testing.assert_array_equal(after, before)


def times_from(network, junction):
    """Give milliseconds from one junction to every node."""
    none, zero = np.array([[-1, -1]], dtype=np.int32), np.zeros((1, 2), dtype=np.int32)
    anchor = Anchors(np.array([[junction, -1]], dtype=np.int32), zero, none, zero, zero[0, :1])
    return nearest_nodes(network.graph, seeds=anchor, budget=DAY, search_from="starts").time


def again(network, path):
    network.to_edges().to_file(path)
    return build_from_edges(read_road_edges(path), PROFILE, fingerprint="")


def assert_same_times(network, found):
    """Every edge takes as long as before, and joins junctions at the same places."""
    assert found.describe()["main_component_share"] == network.describe()["main_component_share"]

    def rows(one):
        edges = one.edges
        ends = [np.round(one.junction_x[at] + 1j * one.junction_y[at], 3) for at in (edges.tail, edges.head)]
        columns = (edges.way, *ends, edges.forward_time, edges.backward_time, edges.local, edges.main)
        return sorted(zip(*(column.tolist() for column in columns), strict=True), key=repr)

    for before, after in zip(rows(network), rows(found), strict=True):
        assert before == pytest.approx(after, abs=2e-3)
    assert found.junction_x.size == network.junction_x.size


# --- through the front door


def test_the_front_door_takes_tables_and_keeps_their_networks(tmp_path):
    network = network_of(roads(jittered_lattice(9), [Way(1, (0, 1, 4), STREET)]))
    path = tmp_path / "links.shp"
    ten_letters = {"forward_min": "forward_mi", "backward_min": "backward_m"}  # is all that a shapefile takes
    network.to_edges().rename(columns=ten_letters).to_file(path)
    first = pv.read_network(path, store=tmp_path / "kept")
    assert [one.name for one in (tmp_path / "kept").glob("*.pvnet")] == [f"{first.fingerprint}.pvnet"]
    assert first.edges.forward_time.tolist() == network.edges.forward_time.tolist()
    assert pv.read_network(path, store=tmp_path / "kept").fingerprint == first.fingerprint
    path.with_suffix(".dbf").write_bytes(path.with_suffix(".dbf").read_bytes() + b" ")
    assert pv.read_network(path, store=tmp_path / "kept").fingerprint != first.fingerprint


# --- what cannot be


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, r"links\.gpkg has 1 roads with no road class and no speed \(ways '1'\); add speed_kmh"),
        ({"road_class": ["Katu"]}, r"1 roads with the road class 'Katu', which is not known, and no speed"),
        ({"road_class": ["footway"]}, r"links\.gpkg has no road that a car may drive"),
    ],
)
def test_roads_that_nobody_can_drive_are_named(tmp_path, columns, said):
    with pytest.raises(TableError, match=said):
        build(tmp_path, [[(0, 0), (500, 0)]], **columns)


def test_a_line_that_takes_weeks_is_named(tmp_path):
    with pytest.raises(NetworkError, match=r"take more than 24 days to drive \('7'\)"):
        build(tmp_path, [[(0, 0), (500, 0)]], travel_time=[1e7], way=[7])
