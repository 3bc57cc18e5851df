"""Built-up areas and Finland: what the place of a road decides about its speed."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from streets import LAT, LON, ROAD, Way, network_of, roads

from palveluverkko.engine.graph import freeze_float64, freeze_int32
from palveluverkko.network import surroundings as surroundings_of_roads
from palveluverkko.network.build import build_network
from palveluverkko.network.geodesy_kernels import piece_times
from palveluverkko.network.surroundings import CELL_METRES, circle, find_surroundings, square_kilometres
from palveluverkko.network.surroundings_kernels import ASKED, TILE_BITS, _cross, lay_streets, mark_dense
from palveluverkko.network.surroundings_kernels import STREET as IS_STREET
from palveluverkko.osm.policy import BuiltUp
from palveluverkko.osm.profile import CarProfile, Road
from palveluverkko.osm.reader import read_roads

STREET = Road("residential", 35.0, 35.0, built_up_kmh=(30.0, 30.0))
MAIN = Road("secondary", 65.0, 65.0, built_up_kmh=(48.0, 48.0))
WINTER_ROAD = Road("primary", 85.0, 85.0, abroad_kmh=(93.0, 93.0))
BUILT_UP = BuiltUp(("residential", "living_street"), 300.0, 4.5)


def planar(given_roads):
    """Metric coordinates of the nodes and lengths of the pieces, as the builder has them."""
    x, y = Transformer.from_crs(4326, 3067, always_xy=True).transform(given_roads.lon, given_roads.lat)
    step = np.hypot(np.diff(x[given_roads.way_node]), np.diff(y[given_roads.way_node]))
    return np.append(step, 0.0), np.asarray(x), np.asarray(y)


def surroundings(given_roads, built_up=BUILT_UP):
    return find_surroundings(given_roads, *planar(given_roads), built_up)


# A village of seven streets, 60 m apart, and a main road that comes from the country and ends in its middle.
VILLAGE = [*((x, -200.0 + 60.0 * row) for row in range(7) for x in (0.0, 400.0)), (-6000.0, 0.0), (200.0, 10.0)]
STREETS = [(STREET, 2 * row, 2 * row + 1) for row in range(7)]


def village(*more):
    return roads(VILLAGE, [Way(101 + at, tuple(spots), kind) for at, (kind, *spots) in enumerate([*STREETS, *more])])


def test_streets_of_a_village_are_built_up_and_a_road_only_where_it_runs_through():
    found = surroundings(village((MAIN, 14, 15)))
    streets, main = found.built_up[0:14:2], found.built_up[14]
    assert (streets[1:-1] == 1).all()
    assert (streets > 0.5).all()
    assert 0.02 < main < 0.15
    assert not found.abroad.any()


def test_a_lone_street_is_not_built_up():
    found = surroundings(roads(VILLAGE, [Way(101, (0, 1), STREET), Way(102, (14, 15), MAIN)]))
    assert not found.built_up.any()


def test_without_streets_nothing_is_built_up():
    assert not surroundings(roads(VILLAGE, [Way(101, (14, 15), MAIN)])).built_up.any()


def test_a_road_with_a_limit_is_not_asked_about():
    assert surroundings(village((ROAD, 14, 15))).built_up[14] == 0


def test_a_piece_half_in_town_takes_the_time_of_both_halves():
    network = network_of(village((MAIN, 14, 15)))
    edges = network.edges
    main = int(np.flatnonzero(edges.metres > 5000)[0])
    share = surroundings(village((MAIN, 14, 15))).built_up[14]
    metres = edges.metres[main]
    expected = metres * 3600 * ((1 - share) / 65 + share / 48)
    assert edges.vertex_forward[edges.first_vertex[main + 1] - 1] == pytest.approx(expected, abs=1)
    assert metres * 3600 / 65 < expected < metres * 3600 / 48


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5, unique=True))
def test_splitting_a_piece_leaves_its_length_in_town_and_that_of_its_neighbours(places):
    whole = village((MAIN, 14, 15))
    (x0, y0), (x1, y1) = VILLAGE[14], VILLAGE[15]
    between = [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in sorted(places)]
    spots = [*VILLAGE, *between]
    ways = [Way(101 + at, tuple(spots_), kind) for at, (kind, *spots_) in enumerate(STREETS)]
    split = roads(spots, [*ways, Way(108, (14, *range(16, len(spots)), 15), MAIN)])
    whole_metres, split_metres = planar(whole)[0], planar(split)[0]
    in_town = float((surroundings(whole).built_up * whole_metres)[14])
    assert (surroundings(split).built_up * split_metres)[14:].sum() == pytest.approx(in_town, abs=0.1)
    np.testing.assert_allclose(surroundings(split).built_up[:14], surroundings(whole).built_up[:14], atol=1e-6)


# Of micrometres: OpenStreetMap has centimetres, and points along nothing fall anywhere.
COORDINATE = st.floats(-1000, 1000).map(lambda metres: round(metres, 6))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=6))
def test_the_squares_of_a_piece_are_those_that_points_along_it_fall_into(points):
    x, y = (freeze_float64(np.asarray(one)) for one in zip(*points, strict=True))
    end = np.full(3, -1, dtype=np.int64)
    room = [np.full(64, -1, dtype=one) for one in (np.int64, np.int64, np.float64)]
    for at in range(len(points) - 1):
        crossed = _cross(at, at + 1, x, y, CELL_METRES, end, *room)
        column, row, share = (one[:crossed] for one in room)
        assert share.sum() == pytest.approx(1.0)
        assert (share >= 0).all()
        # Two thousand points along the piece, each in its square: the share is theirs, to about one point in each.
        t = (np.arange(2000) + 0.5) / 2000
        along = (np.floor((c[at] + t * (c[at + 1] - c[at])) / CELL_METRES).astype(int) for c in (x, y))
        naive, given_share = {}, {}
        for one in zip(*(side.tolist() for side in along), strict=True):
            naive[one] = naive.get(one, 0) + 1 / 2000
        for *one, part in zip(column.tolist(), row.tolist(), share.tolist(), strict=True):
            given_share[tuple(one)] = given_share.get(tuple(one), 0) + part
        for one in {*naive, *given_share}:
            assert given_share.get(one, 0) == pytest.approx(naive.get(one, 0), abs=2 / 2000)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30), st.floats(0, 300)), max_size=20),
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=40),
    st.sampled_from([50.0, 100.0, 250.0, 300.0]),
    st.floats(0.01, 9.0),
)
def test_dense_is_what_has_its_length_in_the_squares_whose_middle_lies_in_the_circle(streets, asked, radius, least):
    # Each piece lies in the middle of a square, with two nodes of its own; no piece leads from one to the next.
    spots = [*(spot[:2] for spot in streets), *asked]
    row, column = np.repeat(np.asarray(spots), 2, axis=0).T
    x, y = (freeze_float64((one + 0.5) * CELL_METRES) for one in (column, row))
    what = np.zeros(x.size, dtype=np.uint8)
    what[::2] = [IS_STREET] * len(streets) + [ASKED] * len(asked)
    what.flags.writeable = False
    metres = np.zeros(x.size)
    metres[: 2 * len(streets) : 2] = [length for *_, length in streets]
    west, south = int(column.min()), int(row.min())
    tiles = [((int(one.max()) - int(one.min())) >> TILE_BITS) + 1 for one in (row, column)]
    tile_of = np.zeros(tiles, dtype=np.int32)
    node = freeze_int32(np.arange(x.size))
    sums, marks = lay_streets(what, node, x, y, freeze_float64(metres), CELL_METRES, west, south, tile_of)
    wide = circle(radius)
    mark_dense(tile_of, sums, marks, wide, square_kilometres(wide), least)
    area = sum(math.hypot(a, b) * CELL_METRES <= radius for a in range(-9, 10) for b in range(-9, 10))
    side, within = 1 << TILE_BITS, (1 << TILE_BITS) - 1
    for a, b in asked:
        near = [m for c, d, m in streets if math.hypot(a - c, b - d) * CELL_METRES <= radius]
        density = sum(near) / 1000 / (area * (CELL_METRES / 1000) ** 2)
        tile = tile_of[(a - south) >> TILE_BITS, (b - west) >> TILE_BITS]
        mark = marks[tile, ((a - south) & within) * side + ((b - west) & within)]
        if density != pytest.approx(least, abs=1e-9):
            assert (mark == 3) == (density >= least)


def test_a_road_beyond_the_metric_crs_is_not_built_up_and_spoils_nothing():
    drawn = [*STREETS, (MAIN, 14, 15), (MAIN, 14, 16)]
    given_ways = [Way(101 + at, tuple(spots), kind) for at, (kind, *spots) in enumerate(drawn)]
    ways = roads([*VILLAGE, (50.0, 50.0)], given_ways)
    metres, x, y = planar(ways)
    near = find_surroundings(ways, metres, x, y, BUILT_UP).built_up
    x, y = (np.where(np.arange(one.size) == 16, np.inf, one) for one in (x, y))
    far = find_surroundings(ways, metres, x, y, BUILT_UP).built_up
    np.testing.assert_array_equal(far[:16], near[:16])
    assert (near[16] > 0, far[16]) == (True, 0.0)


def test_nothing_depends_on_the_order_of_the_ways():
    ways = [Way(101 + at, tuple(spots), kind) for at, (kind, *spots) in enumerate([*STREETS, (MAIN, 14, 15)])]
    forward, turned = surroundings(roads(VILLAGE, ways)), surroundings(roads(VILLAGE, ways[::-1]))
    np.testing.assert_allclose(forward.built_up[:16:2], turned.built_up[:16:2][::-1])


SPEED = st.sampled_from([20.0, 48.0, 65.0, 93.0])
KIND = st.tuples(*[SPEED] * 6, st.sampled_from([math.nan, 4.0]), st.sampled_from([0.0, 2.5]), st.booleans())

PIECE = st.tuples(st.floats(0, 5000), st.floats(0, 1), st.booleans())


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(KIND, st.lists(PIECE, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_the_time_of_a_piece_is_that_of_its_parts_in_town_and_country_at_home_and_abroad(ways):
    kinds, metres, town, abroad, expected, first = [], [], [], [], [], [0]
    for (*speeds, crossing, wait, oneway), pieces in ways:
        kmh = [0.0 if oneway and at % 2 else one for at, one in enumerate(speeds)]
        kinds.append((*kmh, crossing, wait))
        whole = sum(length for length, *_ in pieces)
        for length, share, beyond in pieces:
            for direction in range(2):
                plain, built_up, foreign = kmh[direction], kmh[2 + direction], kmh[4 + direction]
                outside = foreign if beyond else plain
                inside = outside if built_up == plain else built_up
                part = length / whole if whole else 0.0
                if plain == 0:
                    expected.append(0.0)
                elif math.isnan(crossing):
                    driven = length * (1 - share) / outside + length * share / inside
                    expected.append(driven * 3600 + wait * 60_000 * part)
                else:
                    expected.append(crossing * 60_000 * part)
        metres += [*(length for length, *_ in pieces), 0.0]
        town += [*(share for _, share, _ in pieces), 0.0]
        abroad += [*(beyond for *_, beyond in pieces), False]
        first.append(len(metres))
    first_node, beyond = np.asarray(first), np.asarray(abroad)
    first_node.flags.writeable = beyond.flags.writeable = False
    columns = [freeze_float64(np.asarray(one)) for one in (metres, kinds, town)]
    forward, backward, _ = piece_times(first_node, freeze_int32(np.arange(len(kinds))), *columns, beyond)
    pieces = np.delete(np.arange(len(metres)), first_node[1:] - 1)
    np.testing.assert_allclose(np.column_stack([forward, backward])[pieces].ravel(), expected, atol=0.5 + 1e-6)


# --- Finland


@pytest.mark.parametrize(
    ("name", "lon", "lat", "finland"),
    [
        ("Helsinki", 24.94, 60.17, True),
        ("Maarianhamina", 19.94, 60.10, True),
        ("Tornio", 24.17, 65.86, True),
        ("Utsjoki", 27.03, 69.90, True),
        ("Kilpisjärvi", 20.80, 69.04, True),
        ("Ilomantsi", 30.93, 62.67, True),
        ("Virolahti", 27.70, 60.58, True),
        ("Haaparanta", 24.10, 65.83, False),
        ("Luulaja", 22.15, 65.58, False),
        ("Kirkkoniemi", 30.05, 69.73, False),
        ("Tallinna", 24.75, 59.44, False),
        ("Viipuri", 28.75, 60.71, False),
        ("Tukholma", 18.07, 59.33, False),
        ("Sortavala", 30.69, 61.70, False),
    ],
)
def test_the_winter_rule_of_finland_ends_at_its_border(name, lon, lat, finland):
    here = roads([(0.0, 0.0), (100.0, 0.0)], [Way(101, (0, 1), WINTER_ROAD)])
    there = replace(here, lon=here.lon - LON + lon, lat=here.lat - LAT + lat)
    assert surroundings(there).abroad[0] != finland, name


def test_a_road_abroad_is_driven_at_its_speed_abroad():
    at_home = roads([(0.0, 0.0), (1000.0, 0.0)], [Way(101, (0, 1), WINTER_ROAD)])
    shifted = at_home.lon - LON + 22.15, at_home.lat - LAT + 65.58
    bounds = (float(shifted[0].min()), float(shifted[1].min()), float(shifted[0].max()), float(shifted[1].max()))
    abroad = replace(at_home, lon=shifted[0], lat=shifted[1], bounds=bounds)
    for given_roads, kmh in ((at_home, 85), (abroad, 93)):
        network = build_network(given_roads, CarProfile(), fingerprint="test")
        seconds = network.edges.vertex_forward[-1] / 1000
        assert network.edges.metres[0] / seconds * 3.6 == pytest.approx(kmh, rel=1e-4)


@pytest.mark.shared
def test_the_middle_of_real_towns_is_built_up_and_the_country_is_not(shared_data):
    found = read_roads(shared_data / "osm" / "tampere.osm.pbf", CarProfile())
    x, y = Transformer.from_crs(4326, 3067, always_xy=True).transform(found.lon, found.lat)
    metres = np.append(np.hypot(np.diff(x[found.way_node]), np.diff(y[found.way_node])), 0.0)
    metres[found.first_node[1:] - 1] = 0.0
    share = find_surroundings(found, metres, x, y, CarProfile().built_up).built_up
    kind = np.repeat(found.way_kind, np.diff(found.first_node))

    def in_town(*classes):
        wanted = np.asarray([one.built_up_kmh is not None and one.road_class in classes for one in found.kinds])[kind]
        return (share * metres)[wanted].sum() / metres[wanted].sum()

    assert in_town("residential") > 0.5
    assert in_town("unclassified") < 0.4


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(-8000, 8000), st.integers(-8000, 8000)), min_size=2, max_size=8),
    st.floats(0.1, 3.0),
)
def test_what_is_far_from_every_street_is_not_looked_at_and_nothing_else_changes(blocks, road, least):
    # Streets 250 m long in a few blocks of a lattice, and a road that wanders over the country around them.
    spots, given_ways = [], []
    for column, row in blocks:
        given_ways.append(Way(101 + len(given_ways), (len(spots), len(spots) + 1), STREET))
        spots += [(1500.0 * column, 1500.0 * row), (1500.0 * column + 250.0, 1500.0 * row)]
    given_ways.append(Way(201, tuple(range(len(spots), len(spots) + len(road))), MAIN))
    drawn = roads([*spots, *((float(x), float(y)) for x, y in road)], given_ways)
    built_up = replace(BUILT_UP, km_per_km2=least)
    with mock.patch.object(surroundings_of_roads, "_FEW_STREETS", 0):
        filtered = surroundings(drawn, built_up).built_up
    with mock.patch.object(surroundings_of_roads, "_FEW_STREETS", 1e9):
        whole = surroundings(drawn, built_up).built_up
    np.testing.assert_array_equal(filtered, whole)
