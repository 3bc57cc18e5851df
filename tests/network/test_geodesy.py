"""Lengths of pieces against pyproj's geodesics, and interpolated coordinates against PROJ's own."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from streets import FERRY, STREET, jittered_lattice, network_of, roads, street_plans, ways

from palveluverkko.engine.graph import freeze_float64, freeze_int32
from palveluverkko.network import build
from palveluverkko.network.build import _LONGEST_MEASURED_METRES, _projection, metric_crs
from palveluverkko.network.geodesy_kernels import piece_metres

GEOD = Geod(ellps="WGS84")
MICROMETRE = 1e-6


def measured(first_node, lon, lat):
    first = freeze_int32(first_node).astype(np.int64)
    first.flags.writeable = False
    node = freeze_int32(np.arange(len(lon)))
    return piece_metres(first, node, *(freeze_float64(np.asarray(one)) for one in (lon, lat)), _LONGEST_MEASURED_METRES)


@settings(deadline=None, max_examples=300)
@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.lists(st.tuples(st.floats(0, 360), st.floats(0, 19_999)), min_size=1, max_size=6),
)
def test_a_piece_up_to_the_limit_is_as_long_as_for_pyproj_wherever_it_lies(lon, lat, steps):
    lons, lats = [lon], [lat]
    for bearing, metres in steps:
        there = GEOD.fwd(lons[-1], lats[-1], bearing, metres)
        lons.append(there[0])
        lats.append(there[1])
    expected = GEOD.inv(lons[:-1], lats[:-1], lons[1:], lats[1:])[2]
    found = measured([0, len(lons)], lons, lats)
    assert found[-1] == 0
    np.testing.assert_allclose(found[:-1], expected, rtol=0, atol=MICROMETRE / 10)


def test_many_pieces_of_all_lengths_are_within_a_tenth_of_a_micrometre():
    random = np.random.default_rng(6)
    count = 100_000
    lon, lat, bearing = random.uniform(-180, 180, count), random.uniform(-85, 85, count), random.uniform(0, 360, count)
    there = GEOD.fwd(lon, lat, bearing, 10 ** random.uniform(-2, np.log10(_LONGEST_MEASURED_METRES * 0.999), count))
    pairs = [np.column_stack(one).ravel() for one in ((lon, there[0]), (lat, there[1]))]
    found = measured(np.arange(0, 2 * count + 1, 2), *pairs)[::2]
    np.testing.assert_allclose(found, GEOD.inv(lon, lat, *there[:2])[2], rtol=0, atol=MICROMETRE / 10)


def test_a_piece_above_the_limit_is_left_to_pyproj():
    lon, lat = [25.0, 25.0, 26.0, 26.0], [66.0, 66.1, 66.1, 66.0]
    np.testing.assert_array_equal(np.isnan(measured([0, 2, 4], lon, lat)), [False] * 4)
    assert np.isnan(measured([0, 4], lon, lat)).tolist() == [False, True, False, False]
    crossing = roads([(0.0, 0.0), (60_000.0, 0.0), (60_000.0, 900.0)], ways((FERRY, 0, 1, 2)))
    network = network_of(crossing, contract=False)
    expected = GEOD.inv(crossing.lon[:-1], crossing.lat[:-1], crossing.lon[1:], crossing.lat[1:])[2]
    np.testing.assert_allclose(np.sort(network.edges.metres)[::-1], expected, rtol=0, atol=MICROMETRE / 10)


@pytest.mark.parametrize(
    "box",
    [
        (19.5, 59.5, 31.5, 70.0),
        (-8.8, 40.9, -7.0, 42.7),
        (5.0, 65.0, 24.9, 83.9),
        (-59, -35, -55, -30),
        (170, -9, 180, 9),
    ],
)
def test_coordinates_of_many_nodes_are_those_of_proj(box, monkeypatch):
    random = np.random.default_rng(7)
    west, south, east, north = box
    lon, lat = random.uniform(west, east, 20_000), random.uniform(south, north, 20_000)
    lon[:4], lat[:4] = [west, west, east, east], [south, north, south, north]
    crs = metric_crs(box)
    many = replace(roads(jittered_lattice(3), ways((STREET, 0, 1))), lon=lon, lat=lat, bounds=box)
    monkeypatch.setattr(build, "_MANY_NODES", 1)
    found = _projection(many, crs)()
    exact = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    np.testing.assert_allclose(found, exact, rtol=0, atol=MICROMETRE / 10)
    monkeypatch.setattr(build, "_WIDEST_LATTICE", 0.0)
    np.testing.assert_array_equal(_projection(many, crs)(), exact)


@settings(deadline=None, max_examples=200)
@given(st.integers(-100, 100), st.integers(0, 199), st.integers(-600, 600), st.integers(0, 199))
def test_no_corner_lies_beyond_the_lattice(west, wide, south, high):
    # Compiled, nothing would say so: a number from beyond the array would be weighed with zero, and be NaN at times.
    box = (west / 10, south / 10, west / 10 + wide / 10, south / 10 + high / 10)
    lon, lat = np.asarray(box)[[0, 0, 2, 2]], np.asarray(box)[[1, 3, 1, 3]]
    corners = replace(roads(jittered_lattice(3), ways((STREET, 0, 1))), lon=lon, lat=lat, bounds=box)
    with mock.patch.object(build, "_MANY_NODES", 1):
        found = _projection(corners, metric_crs(box))
    np.testing.assert_array_equal(found.func.py_func(*found.args), found())


@settings(deadline=None, max_examples=20)
@given(street_plans())
def test_a_network_of_many_nodes_is_that_of_few(plan):
    few = network_of(roads(*plan))
    with mock.patch.object(build, "_MANY_NODES", 1):
        many = network_of(roads(*plan))
    np.testing.assert_array_equal(many.junction_id, few.junction_id)
    np.testing.assert_allclose(many.edges.vertex_x, few.edges.vertex_x, rtol=0, atol=MICROMETRE / 10)
    np.testing.assert_allclose(many.edges.vertex_y, few.edges.vertex_y, rtol=0, atol=MICROMETRE / 10)
