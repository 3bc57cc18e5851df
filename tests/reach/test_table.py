"""Travel times between points and places: the same however the roads are cut, and the laws of choosing."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from streets import (
    LAND,
    ONEWAY,
    PRIVATE,
    STREET,
    NaiveTrips,
    Way,
    jittered_lattice,
    network_of,
    points_at,
    roads,
    spot_xy,
    street_plans,
    ways,
)

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.osm.profile import CarProfile
from palveluverkko.reach.surface import surface
from palveluverkko.reach.table import to_minutes, travel_times

SPOTS = jittered_lattice(9)
SHARES = (0.137, 0.291, 0.483, 0.618, 0.877)


@st.composite
def settled_plans(draw):
    """Draw streets that nowhere run on top of each other, with places beside their pieces, in metres."""
    spots, drawn = draw(street_plans(kinds=LAND))
    given_ways, taken = [], set()
    for way in drawn:
        pieces = [frozenset(spots[one] for one in pair) for pair in pairwise(way.spots)]
        if taken.isdisjoint(pieces) and len(set(pieces)) == len(pieces):
            taken.update(pieces)
            given_ways.append(way)
    # A piece without length lies on the end of another: a place there would stand on either.
    long = [(spots[a], spots[b]) for way in given_ways for a, b in pairwise(way.spots) if spots[a] != spots[b]]
    assume(long)
    beside = []
    for _ in range(draw(st.integers(2, 6))):
        (x0, y0), (x1, y1) = draw(st.sampled_from(long))
        share, off = draw(st.sampled_from(SHARES)), draw(st.sampled_from([0.0, 3.7, 11.3]))
        beside.append((x0 + (x1 - x0) * share + off, y0 + (y1 - y0) * share - off))
    return spots, given_ways, beside


def table_of(network, xy, **options):
    """Travel times from everything to the first half of it."""
    points = points_at(network, spot_xy(network, xy))
    return travel_times(network, points.iloc[: (len(xy) + 1) // 2], points, **options)


@settings(deadline=None, max_examples=25)
@given(settled_plans(), st.sampled_from(list(Direction)))
def test_contracting_the_network_changes_no_travel_time(plan, direction):
    spots, given_ways, beside = plan
    one, other = (
        table_of(network_of(roads(spots, given_ways), contract=contract), beside, direction=direction)
        for contract in (True, False)
    )
    np.testing.assert_allclose(one.snapped_places.x, other.snapped_places.x, atol=1e-6)
    np.testing.assert_array_equal(one.milliseconds, other.milliseconds)


@settings(deadline=None, max_examples=40)
@given(street_plans(kinds=LAND), st.data())
def test_homes_beside_a_road_are_as_far_apart_as_junctions_there_would_be(plan, data):
    spots, given_ways = plan
    pieces = [(way, at) for way in given_ways for at in range(1, len(way.spots))]
    places = [frozenset(spots[one] for one in way.spots[at - 1 : at + 1]) for way, at in pieces]
    alone = [piece for piece, place in zip(pieces, places, strict=True) if places.count(place) == 1 and len(place) == 2]
    assume(alone)
    homes = sorted(
        (data.draw(st.sampled_from([given_ways.index(way) * 10 + at for way, at in alone])), share)
        for share in data.draw(st.lists(st.sampled_from(SHARES), min_size=2, max_size=3, unique=True))
    )
    everywhere = list(spots)
    settled = [list(way.spots) for way in given_ways]
    for where, share in reversed(homes):
        way, at = divmod(where, 10)
        (x0, y0), (x1, y1) = (spots[one] for one in given_ways[way].spots[at - 1 : at + 1])
        settled[way].insert(at, len(everywhere))
        everywhere.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
    numbers = range(len(spots), len(everywhere))
    trips = NaiveTrips(
        everywhere,
        [Way(way.number, tuple(on), way.kind) for way, on in zip(given_ways, settled, strict=True)],
        waits=False,
    )
    network = network_of(roads(spots, given_ways), access_kmh=1000.0, waits=False)
    xy = points_at(network, spot_xy(network, [everywhere[one] for one in numbers]))
    there, back = (travel_times(network, xy, xy, direction=one) for one in ("from_service", "to_service"))
    # A home where two streets cross may stand on either.
    streets = [LineString([spots[one] for one in way.spots[at - 1 : at + 1]]) for way, at in pieces]
    for home in numbers:
        assume(sum(street.distance(Point(everywhere[home])) < 1 for street in streets) == 1)
    expected = np.asarray([[trips.times_from(a).get(b, UNREACHED) for b in numbers] for a in numbers])
    # The pieces of a road are whole milliseconds: a cut adds at most one and a half.
    assert (np.abs(there.milliseconds.astype(np.int64) - expected) <= 3).all()
    assert (np.abs(back.milliseconds.T.astype(np.int64) - expected) <= 3).all()


@settings(deadline=None, max_examples=25)
@given(settled_plans())
def test_to_the_service_on_streets_turned_round_equals_from_it(plan):
    spots, given_ways, beside = plan
    turned = [
        replace(way, kind=replace(way.kind, forward_kmh=way.kind.backward_kmh, backward_kmh=way.kind.forward_kmh))
        for way in given_ways
    ]
    # Who arrives at a junction waits, which does not turn round with the streets.
    there = table_of(network_of(roads(spots, given_ways), waits=False), beside, direction="to_service")
    back = table_of(network_of(roads(spots, turned), waits=False), beside, direction="from_service")
    np.testing.assert_array_equal(there.snapped_places.edge, back.snapped_places.edge)
    np.testing.assert_array_equal(there.milliseconds, back.milliseconds)


@settings(deadline=None, max_examples=25)
@given(settled_plans(), st.floats(0.1, 5), st.floats(0.1, 5))
def test_a_larger_budget_reaches_a_superset(plan, one, other):
    spots, given_ways, beside = plan
    network = network_of(roads(spots, given_ways))
    small, large = (table_of(network, beside, budget_minutes=budget) for budget in sorted((one, other)))
    within = np.where(large.milliseconds <= small.budget, large.milliseconds, UNREACHED)
    np.testing.assert_array_equal(within, small.milliseconds)


@settings(deadline=None, max_examples=25)
@given(settled_plans(), st.data())
def test_opening_never_lengthens_and_closing_never_shortens(plan, data):
    spots, given_ways, beside = plan
    table = table_of(network_of(roads(spots, given_ways)), beside)
    ids = table.points.index.tolist()
    fewer = data.draw(st.lists(st.sampled_from(ids), unique=True))
    more = sorted({*fewer, *data.draw(st.lists(st.sampled_from(ids)))})
    few_times, many_times = table.nearest(fewer)[0], table.nearest(more)[0]
    assert (many_times <= few_times).all()
    np.testing.assert_array_equal(
        many_times, table.milliseconds[[ids.index(one) for one in more]].min(axis=0, initial=UNREACHED)
    )


@settings(deadline=None, max_examples=30)
@given(settled_plans())
def test_the_nearest_point_is_one_at_the_nearest_time_and_the_lowest_of_those(plan):
    spots, given_ways, beside = plan
    table = table_of(network_of(roads(spots, given_ways)), beside)
    ids = table.points.index.tolist()
    times, owners = table.nearest(ids[::-1])
    for place, (time, owner) in enumerate(zip(times, owners, strict=True)):
        column = table.milliseconds[:, place]
        tied = [one for one, value in zip(ids, column, strict=True) if value == time]
        assert owner == (None if time == UNREACHED else min(tied))


@settings(deadline=None, max_examples=25)
@given(settled_plans(), st.sampled_from(list(Direction)), st.integers(1, 3))
def test_method_and_threads_change_no_travel_time(plan, direction, threads):
    spots, given_ways, beside = plan
    network = network_of(roads(spots, given_ways))
    one, other = (
        table_of(network, beside, direction=direction, method=method, threads=count)
        for method, count in (("buckets", 1), ("sweep", threads))
    )
    assert (one.plan.method, other.plan.method) == ("buckets", "sweep")
    np.testing.assert_array_equal(one.milliseconds, other.milliseconds)


def small_table(**options):
    network = network_of(roads(SPOTS, ways((STREET, 0, 1, 2), (ONEWAY, 2, 5), (PRIVATE, 5, 4), (STREET, 6, 7))))
    points = points_at(network, spot_xy(network, [SPOTS[0], SPOTS[6]]), ids=["B", "A"])
    places = points_at(network, spot_xy(network, [SPOTS[1], SPOTS[4], (5000.0, 5000.0)]), ids=["X", "Y", "OUT"])
    return travel_times(network, points, places, **options)


def test_the_long_form_names_trips_in_their_direction():
    there = small_table().to_frame()
    assert there["from_id"].tolist() == ["X", "Y", "OUT"] * 2
    assert there["to_id"].tolist() == ["B"] * 3 + ["A"] * 3
    back = small_table(direction="from_service").to_frame()
    assert back["from_id"].tolist() == ["B"] * 3 + ["A"] * 3
    assert back["to_id"].tolist() == ["X", "Y", "OUT"] * 2
    assert back["travel_time"].isna().tolist() == [False, False, True, True, True, True]
    # The one-way street leads to the place, not back from it.
    assert there["travel_time"].isna().tolist() == [False, True, True, True, True, True]


def test_findings_list_places_off_the_network_and_points_cut_off():
    findings = small_table().findings()
    assert findings[["subject", "id", "verdict"]].to_numpy().tolist() == [
        ["service_point", "A", "small_component"],
        ["place", "OUT", "off_network"],
    ]


def test_no_chosen_point_reaches_nobody():
    times, owners = small_table().nearest([])
    assert (times == UNREACHED).all()
    assert owners.tolist() == [None] * 3


def test_an_unknown_point_is_named():
    with pytest.raises(TableError, match="'NOWHERE'"):
        small_table().nearest(["B", "NOWHERE"])


def test_an_unknown_direction_is_named():
    with pytest.raises(StudyError, match="sideways"):
        small_table(direction="sideways")


def test_minutes_are_exact_and_unreached_is_nan():
    minutes = to_minutes(np.asarray([0, 1, 60_000, UNREACHED], dtype=np.int32))
    assert minutes[:3].tolist() == [0.0, 1 / 60_000, 1.0]
    assert np.isnan(minutes[3])


# --- at the service point


def test_parking_and_the_walk_in_are_added_where_trips_end_at_a_service_point(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[service_point]\nparking_seconds = 30\nwalk_metres = 100\nwalk_kmh = 6\n", encoding="utf-8")
    profile = CarProfile(tables=own)
    assert profile.arrival_seconds == 90
    given_roads = roads(SPOTS, ways((STREET, 0, 1, 2, 5, 4, 3), (ONEWAY, 4, 1)))
    options = {"access_speed_kmh": 5.0, "max_access_metres": 400.0}
    door, lot = (network_of(given_roads, profile=CarProfile(tables=one, **options)) for one in (None, own))
    xy = [((SPOTS[a][0] + SPOTS[b][0]) / 2, (SPOTS[a][1] + SPOTS[b][1]) / 2) for a, b in ((0, 1), (1, 2), (5, 4))]
    points = points_at(door, spot_xy(door, xy))
    for method in ("buckets", "sweep"):
        there, later = (travel_times(one, points, points, method=method).milliseconds for one in (door, lot))
        # On one piece of road too, and to a place at the point itself.
        np.testing.assert_array_equal(later, there + 90_000)
    away, same = (travel_times(one, points, points, direction="from_service").milliseconds for one in (door, lot))
    np.testing.assert_array_equal(same, away)
    assert travel_times(lot, points, points, budget_minutes=1.4).milliseconds.min() == UNREACHED


def test_the_surface_counts_parking_as_the_table_does(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[service_point]\nparking_seconds = 60\n", encoding="utf-8")
    given_roads = roads(SPOTS, ways((STREET, 0, 1, 2, 5, 4, 3)))
    options = {"access_speed_kmh": 5.0, "max_access_metres": 400.0}
    door, lot = (network_of(given_roads, profile=CarProfile(tables=one, **options)) for one in (None, own))
    points = points_at(door, spot_xy(door, [SPOTS[1]]))
    there, later = (surface(one, points, budget_minutes=60, cell_metres=50.0).travel_time for one in (door, lot))
    reached = later != UNREACHED
    assert reached.any()
    np.testing.assert_allclose(later[reached], there[reached] + 60_000, atol=1)
