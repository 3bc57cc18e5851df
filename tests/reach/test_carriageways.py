"""Both carriageways of a divided road, and one-way roads: where points are tied to, and what trips make of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from streets import AGAINST, ONEWAY, PRIVATE_ONEWAY, STREET, network_of, points_at, roads, spot_xy, ways

from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.engine.nearest import Spots
from palveluverkko.engine.search import time_table
from palveluverkko.network.store import read_network
from palveluverkko.reach.snap import OTHER_CARRIAGEWAY_METRES, Verdict, snap
from palveluverkko.reach.surface import surface
from palveluverkko.reach.table import travel_times

# Metres: an avenue of two carriageways 30 m apart, joined 2 km away at either end, and a street that leads to it.
SPOTS = [(0.0, 0.0), (2000.0, 0.0), (2000.0, 30.0), (0.0, 30.0), (-500.0, 0.0)]
AVENUE = ((ONEWAY, 0, 1), (ONEWAY, 2, 3), (STREET, 1, 2), (STREET, 3, 0), (STREET, 4, 0))
NAMES = ("Avenue", "Avenue", "East End", "West End", "Street")


def avenue(*, spots=SPOTS, given_ways=AVENUE, names=NAMES, **options):
    """Build a network whose ways have the names given."""
    drawn = roads(spots, ways(*given_ways))
    known = tuple(sorted(set(names)))
    numbers = np.asarray([known.index(name) for name in names], dtype=np.int32)
    return network_of(replace(drawn, names=known, way_name=numbers), **options)


def snap_at(network, *spots, **options):
    return snap(network, points_at(network, spot_xy(network, spots)), **options)


def test_a_point_beside_a_divided_road_is_tied_to_both_carriageways():
    network = avenue()
    snapped = snap_at(network, (1000.0, -5.0))
    assert snapped.verdict.tolist() == [Verdict.BOTH_CARRIAGEWAYS]
    (row,) = snapped.to_frame().to_dict("records")
    assert (row["way"], row["across_way"]) == (101, 102)
    assert (row["road"], row["road_class"]) == ("Avenue", "residential")
    # A straight line between two spots of a parallel lies 0.2 m north of it after a kilometre.
    assert [row["access_metres"], row["across_metres"]] == pytest.approx([5, 35], abs=0.3)
    lines = network.edges.lines()
    for edge, x, y, metres in (
        (snapped.edge[0], snapped.x[0], snapped.y[0], row["access_metres"]),
        (*(column[0] for column in (snapped.across.line, snapped.across.x, snapped.across.y)), row["across_metres"]),
    ):
        home, spot = Point(snapped.point_x[0], snapped.point_y[0]), Point(x, y)
        assert lines[edge].distance(home) == pytest.approx(metres, abs=1e-9)
        assert spot.distance(home) == pytest.approx(metres, abs=1e-9)
        assert spot.distance(lines[edge]) == pytest.approx(0, abs=1e-9)
    assert snapped.starts(network).node.shape == (1, 4)
    both, north = snapped.findings("service_point"), snap_at(network, (1000.0, 35.0)).to_frame()
    assert both["verdict"].tolist() == ["both_carriageways"]
    assert (north["way"].tolist(), north["across_way"].tolist()) == ([102], [101])


@pytest.mark.parametrize(
    ("what", "ways_there", "names"),
    [
        ("another name", AVENUE, ("Avenue", "Boulevard", *NAMES[2:])),
        ("no name", AVENUE, ("", "", *NAMES[2:])),
        ("both ways", (AVENUE[0], (STREET, 2, 3), *AVENUE[2:]), NAMES),
        ("itself both ways", ((STREET, 0, 1), *AVENUE[1:]), NAMES),
        ("the same way", (AVENUE[0], (AGAINST, 2, 3), *AVENUE[2:]), NAMES),
        ("another class", (AVENUE[0], (PRIVATE_ONEWAY, 2, 3), *AVENUE[2:]), NAMES),
    ],
)
def test_another_road_is_no_other_carriageway(what, ways_there, names):
    network = avenue(given_ways=ways_there, names=names)
    snapped = snap_at(network, (1000.0, -5.0))
    assert snapped.edge[0] == np.flatnonzero(network.edges.way == 101)[0]
    assert snapped.across.line.tolist() == [-1], what
    assert snapped.starts(network).node.shape == (1, 2)


def test_a_one_way_loop_is_no_other_carriageway_of_itself():
    network = avenue(given_ways=((ONEWAY, 0, 1, 2, 3), (STREET, 3, 0), (STREET, 4, 0)), names=NAMES[2:])
    assert snap_at(network, (1000.0, -5.0)).across.line.tolist() == [-1]


@pytest.mark.parametrize(
    ("apart", "north_end", "tied"),
    [(49.0, 49.0, True), (51.0, 51.0, False), (40.0, 900.0, True), (40.0, 2000.0, False)],
)
def test_the_other_carriageway_is_near_and_runs_the_opposite_way(apart, north_end, tied):
    # The other carriageway bends away in the middle: by 24 degrees, or by 45.
    west = 1000.0 if north_end != apart else 0.0
    spots = [*SPOTS[:2], (west + 2000.0, north_end), (1000.0 if west else 0.0, apart), SPOTS[4]]
    network = avenue(spots=spots, max_access_metres=400.0)
    snapped = snap_at(network, (1000.0, 0.0))
    assert (snapped.across.line[0] >= 0) == tied
    assert not tied or snapped.across.metres[0] <= OTHER_CARRIAGEWAY_METRES


def test_the_other_carriageway_lies_within_the_access_distance():
    network = avenue()
    assert snap_at(network, (1000.0, -5.0), max_access_metres=34.0).across.line.tolist() == [-1]
    assert snap_at(network, (1000.0, -5.0), max_access_metres=36.0).across.line.tolist() != [-1]
    assert snap_at(network, (1000.0, -5.0), max_access_metres=4.0).verdict.tolist() == [Verdict.OFF_NETWORK]


NOWHERE = (np.nan, np.nan, np.inf)


def tied_once(snapped):
    """Give the same points tied to their own roads alone, and tied to the other carriageways alone."""
    count = len(snapped.ids)
    none = Spots(
        np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.int64), np.zeros(count),
        *(np.full(count, one) for one in NOWHERE),
    )  # fmt: skip
    there = snapped.across
    yield replace(snapped, across=none)
    yield replace(
        snapped, across=none, edge=there.line, vertex=there.vertex, fraction=there.fraction,
        x=there.x, y=there.y, access_metres=there.metres,
    )  # fmt: skip


BESIDE = st.tuples(st.floats(-400, 2000), st.sampled_from([-20.0, -5.0, 12.0, 15.0, 18.0, 36.0, 47.0]))


@settings(deadline=None, max_examples=40)
@given(st.lists(BESIDE, min_size=2, max_size=5), st.sampled_from(list(Direction)), st.sampled_from([5.0, 500.0]))
def test_a_trip_takes_the_better_carriageway_at_either_end(xy, direction, access_kmh):
    network = avenue(access_kmh=access_kmh)
    points = points_at(network, spot_xy(network, xy))
    table = travel_times(network, points, points, direction=direction).milliseconds
    snapped = snap(network, points)
    best = np.full_like(table, UNREACHED)
    for one in tied_once(snapped):
        for other in tied_once(snapped):
            starts, ends = (one, other) if direction is Direction.FROM_SERVICE else (other, one)
            side = "starts" if direction is Direction.FROM_SERVICE else "ends"
            found, _ = time_table(
                network.roads, starts=starts.starts(network), ends=ends.ends(network), budget=10_800_000,
                search_from=side,
            )  # fmt: skip
            best = np.minimum(best, found)
    np.testing.assert_array_equal(table, best)


def test_a_trip_from_beside_a_divided_road_does_not_go_on_to_the_next_place_to_turn():
    network, apart = avenue(), avenue(names=("Avenue", "Boulevard", *NAMES[2:]))
    for one, longest in ((network, 400_000), (apart, None)):
        home = points_at(one, spot_xy(one, [(100.0, -5.0)]))
        shop = points_at(one, spot_xy(one, [(-400.0, 0.0)]))
        time = travel_times(one, shop, home).milliseconds[0, 0]
        # 600 m at 40 km/h and 35 m on foot; otherwise 4.4 km more.
        assert time < 100_000 if longest else time > 350_000


@settings(deadline=None, max_examples=20)
@given(st.lists(BESIDE, min_size=2, max_size=4), st.sampled_from(list(Direction)))
def test_side_streets_that_cut_the_carriageways_change_no_travel_time(xy, direction):
    spots = [*SPOTS[:4], (-500.0, 0.0), (800.0, 0.0), (1300.0, 30.0), (800.0, -900.0), (1300.0, 900.0)]
    whole = ((ONEWAY, 0, 5, 1), (ONEWAY, 2, 6, 3), *AVENUE[2:])
    side = ((STREET, 5, 7), (STREET, 6, 8))
    tables = []
    for given_ways in (whole, whole + side):
        names = (*NAMES, "South", "North")[: len(given_ways)]
        network = avenue(spots=spots, given_ways=given_ways, names=names)
        # Beside the side streets a point would stand on those.
        points = points_at(network, spot_xy(network, xy))
        near = snap(network, points).to_frame()["road"].isin(["South", "North"])
        tables.append((travel_times(network, points, points, direction=direction).milliseconds, near.to_numpy()))
    kept = ~tables[1][1]
    np.testing.assert_array_equal(*(times[np.ix_(kept, kept)] for times, _ in tables))


@pytest.mark.parametrize("direction", list(Direction))
def test_the_surface_of_a_point_tied_twice_is_the_minimum_of_two_points_tied_once(direction):
    options = {"max_access_metres": 4000.0}
    network, apart = avenue(**options), avenue(names=("Avenue", "Boulevard", *NAMES[2:]), **options)
    how = {"direction": direction, "cell_metres": 100.0, "budget_minutes": 40}
    (here,) = spot_xy(network, [(700.0, -5.0)])
    across = snap(network, points_at(network, [here])).across
    beyond = (2 * across.x[0] - here[0], 2 * across.y[0] - here[1])
    twice = surface(network, points_at(network, [here]), **how)
    near, far = (surface(apart, points_at(apart, [one]), **how) for one in (here, beyond))
    once = near.with_minimum(far).travel_time.astype(np.int64)
    # The spots are the same to the micrometre: a millisecond either way.
    assert (np.abs(twice.travel_time - once) <= 1).all()
    assert (twice.travel_time < near.travel_time).any()


def test_access_legs_are_drawn_to_both_carriageways():
    network = avenue()
    snapped = snap_at(network, (1000.0, -5.0), (-200.0, 8.0), (9000.0, 0.0))
    legs = snapped.access_legs("place")
    assert legs["id"].tolist() == ["P0", "P0", "P1", "P2"]
    assert legs["way"].tolist()[:3] == [101, 102, 105]
    assert legs["edge"].isna().tolist() == [False, False, False, True]
    assert legs.length.tolist() == pytest.approx(legs["metres"].tolist(), abs=1e-6)
    assert legs.crs == network.crs
    assert snapped.access_legs("place", of=[Verdict.OFF_NETWORK])["id"].tolist() == ["P2"]
    assert snapped.access_legs("place", of=[]).empty


def test_a_one_way_road_is_entered_and_left_only_along_it():
    network = avenue(names=("Avenue", "Boulevard", *NAMES[2:]))
    snapped = snap_at(network, (1000.0, -5.0))
    starts, ends = snapped.starts(network), snapped.ends(network)
    edge = snapped.edge[0]
    assert network.edges.forward[edge] != network.edges.backward[edge]
    open_slot = 0 if network.edges.forward[edge] else 1
    for one in (starts, ends):
        assert one.node[0, open_slot] >= 0
        assert one.node[0, 1 - open_slot] == one.piece[0, 1 - open_slot] == -1
        assert one.time[0, 1 - open_slot] == UNREACHED
    # 100 m back against the traffic are 4 km round.
    points = points_at(network, spot_xy(network, [(1000.0, 0.0), (900.0, 0.0)]))
    there = travel_times(network, points, points, direction="from_service").milliseconds
    legs = snap(network, points).access_metres.sum() * network.access_milliseconds_per_metre
    assert there[1, 0] == pytest.approx(9_000 + legs, rel=5e-3)
    assert there[0, 1] > 300_000


@pytest.mark.shared
@pytest.mark.parametrize("direction", list(Direction))
def test_in_helsinki_the_surface_and_the_table_agree_beside_divided_roads(shared_data, tmp_path, direction):
    network = read_network(shared_data / "osm" / "helsinki-core.osm.pbf", store=tmp_path)
    edges, random, cell = network.edges, np.random.default_rng(8), 50.0
    at = random.choice(np.flatnonzero(edges.snappable & edges.main), 3000)
    spots = [line.interpolate(0.43, normalized=True) for line in edges.lines(at)]
    places = points_at(network, [(spot.x, spot.y) for spot in spots])
    snapped = snap(network, places)
    tied = np.flatnonzero(snapped.across.line >= 0)
    assert 0.02 < tied.size / len(places) < 0.5
    own, other = snapped.edge[tied], snapped.across.line[tied]
    np.testing.assert_array_equal(edges.name[own], edges.name[other])
    assert (edges.forward[other] != edges.backward[other]).all()
    assert snapped.across.metres[tied].max() <= OTHER_CARRIAGEWAY_METRES + 1e-3
    points = places.iloc[tied[::40]]
    table = travel_times(network, points, places, direction=direction, budget_minutes=60)
    nearest = table.milliseconds.min(axis=0).astype(np.int64)
    found = surface(network, points, direction=direction, cell_metres=cell, budget_minutes=60)
    under = found.at(places.geometry.x.to_numpy(), places.geometry.y.to_numpy()).astype(np.int64)
    reached = nearest != UNREACHED
    assert reached.mean() > 0.9
    walk = network.access_milliseconds_per_metre * cell * np.sqrt(0.5)
    assert (under[reached] <= nearest[reached] + walk + 3).all()
