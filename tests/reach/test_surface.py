"""Surfaces against tables: the same times, one cell of off-road walking apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import (
    LAND,
    PRIVATE,
    ROAD,
    STREET,
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
from palveluverkko.network.store import read_network
from palveluverkko.reach.surface import choose_cell, surface
from palveluverkko.reach.table import travel_times

CELL = 50.0
SPOTS = jittered_lattice(9)
VILLAGE = ways((STREET, 0, 1, 2, 5), (PRIVATE, 5, 4), (ROAD, 4, 3), (ROAD, 0, 3), (STREET, 3, 6, 7, 8), (STREET, 5, 8))


def spots_along(network, step):
    """Positions on every road that can be stopped on, about a step apart."""
    lines = network.edges.lines(network.edges.snappable)
    shares = [np.linspace(0, 1, int(line.length / step) + 2) for line in lines]
    spots = [line.interpolate(own, normalized=True) for line, own in zip(lines, shares, strict=True)]
    return [(point.x, point.y) for point in np.concatenate(spots)]


def cell_centres(one):
    rows, columns = one.travel_time.shape
    x = one.west + (np.arange(columns) + 0.5) * one.cell_metres
    y = one.north - (np.arange(rows) + 0.5) * one.cell_metres
    return np.meshgrid(x, y)


def cell_walk(network, cell):
    """Milliseconds from the corner of a cell to its centre, off the road."""
    return network.access_milliseconds_per_metre * cell * np.sqrt(0.5)


@settings(deadline=None, max_examples=12)
@given(street_plans(kinds=LAND), st.sampled_from(list(Direction)), st.data())
def test_under_a_place_on_a_road_the_surface_is_at_most_a_cell_slower_than_the_table(plan, direction, data):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    home = data.draw(st.sampled_from(given_ways)).spots[0]
    points = points_at(network, spot_xy(network, [spots[home]]))
    places = points_at(network, spots_along(network, 60.0))
    table = travel_times(network, points, places, direction=direction)
    found = surface(network, points, direction=direction, cell_metres=CELL)
    under = found.at(places.geometry.x.to_numpy(), places.geometry.y.to_numpy()).astype(np.int64)
    reached = table.milliseconds[0] != UNREACHED
    assert (under[reached] <= table.milliseconds[0][reached] + cell_walk(network, CELL) + 3).all()


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("given_ways", [VILLAGE, VILLAGE[:1] + VILLAGE[2:4]])
def test_the_surface_equals_the_quickest_walk_to_any_spot_on_a_road(given_ways, direction):
    network = network_of(roads(SPOTS, given_ways))
    points = points_at(network, spot_xy(network, [SPOTS[2], (500.0, 30.0)]))
    found = surface(network, points, direction=direction, cell_metres=CELL)
    step = 4.0
    places = points_at(network, spots_along(network, step))
    table = travel_times(network, points, places, direction=direction).milliseconds.min(axis=0).astype(np.float64)
    pace = network.access_milliseconds_per_metre
    x, y = cell_centres(found)
    aside, up = x.ravel()[:, None] - places.geometry.x.to_numpy(), y.ravel()[:, None] - places.geometry.y.to_numpy()
    walk = np.hypot(aside, up)
    reached = table < UNREACHED

    def quickest(longest):
        trips = np.where((walk <= longest) & reached, table + pace * walk, np.inf)
        return trips.min(axis=1), walk[np.arange(len(walk)), trips.argmin(axis=1)]

    times = found.travel_time.ravel().astype(np.float64)
    times[times == UNREACHED] = np.inf
    # Between two sampled spots the true minimum lies at most half a step away, on the road and off it.
    lowest, _ = quickest(network.max_access_metres + step)
    finite = np.isfinite(lowest)
    off_road = walk[:, reached].min(axis=1) > 0.9 * CELL
    assert (times[finite & off_road] >= lowest[finite & off_road] - pace * step).all()
    # Beside a road a cell has the road's own time.
    assert (times[finite] >= lowest[finite] - pace * (step + 0.6 * CELL)).all()
    assert np.isinf(times[~finite]).all()
    best, best_walk = quickest(network.max_access_metres)
    surely = np.isfinite(best) & (1.035 * best_walk + 0.35 * CELL <= network.max_access_metres)
    assert surely.sum() > 100
    assert (times[surely] <= best[surely] + pace * (0.035 * best_walk[surely] + 0.2 * CELL) + 2).all()


@settings(deadline=None, max_examples=10)
@given(street_plans(kinds=LAND), st.floats(0.2, 20), st.floats(0.2, 20))
def test_a_larger_budget_changes_nothing_within_the_smaller_one(plan, one, other):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]]]))
    small, large = (surface(network, points, budget_minutes=m, cell_metres=CELL) for m in sorted((one, other)))
    np.testing.assert_array_equal(
        np.where(large.travel_time <= small.budget, large.travel_time, UNREACHED), small.within_budget()
    )


@settings(deadline=None, max_examples=25)
@given(street_plans(kinds=LAND), st.sampled_from(list(Direction)), st.sampled_from([120.0, 400.0, 1000.0]))
def test_the_surface_of_several_points_is_the_minimum_of_those_of_each(plan, direction, longest):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways), max_access_metres=longest)
    xy = spot_xy(network, spots)
    ends = [xy[given_ways[0].spots[0]], xy[given_ways[-1].spots[-1]], xy[given_ways[0].spots[-1]]]
    points = points_at(network, [(x + 8, y - 3) for x, y in ends])
    options = {"direction": direction, "budget_minutes": 4, "cell_metres": CELL}
    whole, *each = (
        surface(network, chosen, **options).travel_time for chosen in (points, points[:1], points[1:2], points[2:])
    )
    # So one point more makes no cell later, and takes none away.
    np.testing.assert_array_equal(whole, np.min(each, axis=0))


def test_outside_the_grid_and_beyond_the_budget_nothing_is_reached():
    network = network_of(roads(SPOTS, VILLAGE))
    found = surface(network, points_at(network, spot_xy(network, SPOTS[:1])), budget_minutes=1, cell_metres=CELL)
    far = spot_xy(network, [(90_000.0, 0.0), (-90_000.0, 0.0), (0.0, 90_000.0), SPOTS[8]])
    assert found.at(*np.asarray(far).T).tolist() == [UNREACHED] * 4
    assert found.travel_time.max() == UNREACHED
    assert found.travel_time[found.travel_time != UNREACHED].max() > found.budget


def test_the_grid_is_aligned_to_its_cells_and_covers_the_access_distance():
    network = network_of(roads(SPOTS, VILLAGE))
    found = surface(network, points_at(network, spot_xy(network, SPOTS[:1])), cell_metres=CELL)
    assert found.west % CELL == 0
    assert found.north % CELL == 0
    edge = np.concatenate([found.travel_time[[0, -1]].ravel(), found.travel_time[:, [0, -1]].ravel()])
    assert (edge == UNREACHED).all()


def test_a_point_off_the_network_reaches_nothing():
    network = network_of(roads(SPOTS, VILLAGE))
    found = surface(network, points_at(network, spot_xy(network, [(9000.0, 0.0)])), cell_metres=CELL)
    assert (found.travel_time == UNREACHED).all()


def test_no_point_reaches_nothing():
    network = network_of(roads(SPOTS, VILLAGE))
    assert (surface(network, points_at(network, []), cell_metres=CELL).travel_time == UNREACHED).all()


@pytest.mark.parametrize("cell", [0.0, -5.0, 201.0, float("nan"), 0.01])
def test_a_cell_that_loses_the_roads_or_the_machine_is_refused(cell):
    network = network_of(roads(SPOTS, VILLAGE))
    with pytest.raises(StudyError, match="cell_metres is"):
        surface(network, points_at(network, spot_xy(network, SPOTS[:1])), cell_metres=cell)


def test_the_chosen_cell_is_the_finest_that_fits():
    assert choose_cell(network_of(roads(SPOTS, VILLAGE))) == 25.0
    assert choose_cell(network_of(roads(SPOTS, VILLAGE), max_access_metres=40.0)) == 10.0


def test_points_of_another_country_are_refused():
    network = network_of(roads(SPOTS, VILLAGE))
    with pytest.raises(TableError, match="'P0'"):
        surface(network, points_at(network, [(500_000.0, 0.0)]), cell_metres=CELL)


@pytest.mark.shared
@pytest.mark.parametrize("direction", list(Direction))
def test_in_andorra_surface_and_table_agree_to_within_one_cell(shared_data, tmp_path, direction):
    network = read_network(shared_data / "osm" / "andorra.osm.pbf", store=tmp_path)
    random = np.random.default_rng(11)
    cell = 100.0
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    on_road = [one.interpolate(0.37, normalized=True) for one in random.choice(line, 1500, replace=False)]
    places = points_at(network, [(one.x, one.y) for one in on_road])
    points = places.iloc[::300]
    table = travel_times(network, points, places, direction=direction)
    nearest = table.milliseconds.min(axis=0).astype(np.int64)
    found = surface(network, points, direction=direction, cell_metres=cell)
    under = found.at(places.geometry.x.to_numpy(), places.geometry.y.to_numpy()).astype(np.int64)
    reached = nearest != UNREACHED
    assert reached.mean() > 0.9
    assert (under[reached] <= nearest[reached] + cell_walk(network, cell) + 3).all()
