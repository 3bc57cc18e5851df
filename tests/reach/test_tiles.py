"""Large grids are worked on strip by strip, on any number of threads: the answer is the same."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from streets import LAND, STREET, network_of, points_at, roads, spot_xy, street_plans, ways

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.network.store import read_network
from palveluverkko.network.water import read_water
from palveluverkko.reach import outlines
from palveluverkko.reach.areas import bands_of_surfaces
from palveluverkko.reach.outlines import outline
from palveluverkko.reach.surface import Surface, lay_grid, surface

CELL = 50.0


def little_network(**options):
    return network_of(roads([(0.0, 0.0), (900.0, 300.0)], ways((STREET, 0, 1))), **options)


def point_in(network, name="a"):
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    return points_at(network, [(line[0].centroid.x, line[0].centroid.y)], ids=[name])


@settings(deadline=None, max_examples=25)
@given(street_plans(kinds=LAND), st.sampled_from([60, 200, 700]), st.sampled_from([150.0, 400.0]))
def test_the_size_of_the_strips_does_not_change_a_surface(plan, cells_at_once, longest):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways), max_access_metres=longest)
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]]]))
    whole = surface(network, points, cell_metres=CELL)
    strips = surface(network, points, cell_metres=CELL, cells_at_once=cells_at_once)
    np.testing.assert_array_equal(strips.travel_time, whole.travel_time)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "liechtenstein"])
def test_strips_and_threads_give_the_same_country(shared_data, tmp_path, monkeypatch, name):
    path = shared_data / "osm" / f"{name}.osm.pbf"
    network, water = read_network(path, store=tmp_path), read_water(path, store=tmp_path)
    points = point_in(network)
    options = {"cell_metres": 100.0, "budget_minutes": 60, "water": water}
    found = []
    for threads, cells_at_once in (("1", None), ("2", None), ("2", 20_000), ("3", 7_000)):
        monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
        found.append(surface(network, points, cells_at_once=cells_at_once, **options))
    for one in found[1:]:
        np.testing.assert_array_equal(one.travel_time, found[0].travel_time)
        np.testing.assert_array_equal(one.on_shore, found[0].on_shore)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.4]), st.integers(2, 40))
def test_outlines_of_strips_are_those_of_the_whole(seed, lost, cells_at_once):
    random = np.random.default_rng(seed)
    time = random.integers(0, 900_000, (9, 7)).astype(np.int32)
    time[random.uniform(size=time.shape) < lost] = UNREACHED
    one = Surface(time, 400_000.0, 7_400_000.0, CELL, CRS.from_epsg(3067), 900_000)
    limits = [(-1.0, 300_000.5), (300_000.5, 600_000.5), (600_000.5, 1e7)]
    whole, strips = (outline(one, limits, cells_at_once=size) for size in (10**6, cells_at_once))
    for areas, others in zip(whole, strips, strict=True):
        one_area, other = (shapely.union_all(each).normalize() for each in (areas, others))
        assert shapely.is_valid(areas).all()
        assert shapely.is_valid(others).all()
        assert one_area.symmetric_difference(other).area == pytest.approx(0, abs=1e-6)
    assert shapely.coverage_is_valid(np.concatenate(whole))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.4, 0.6]), st.sampled_from([10**6, 30, 16, 8]))
def test_outlines_that_are_left_unmended_have_the_same_lines_and_the_same_spots_within(seed, lost, cells_at_once):
    random = np.random.default_rng(seed)
    time = random.integers(0, 900_000, (9, 8)).astype(np.int32)
    time[random.uniform(size=time.shape) < lost] = UNREACHED
    one = Surface(time, 400_000.0, 7_400_000.0, CELL, CRS.from_epsg(3067), 900_000)
    limits = [(-1.0, 300_000.5), (-1.0, 600_000.5), (-1.0, 1e7)]
    xy = random.uniform((400_000, 7_400_000 - 9 * CELL), (400_000 + 8 * CELL, 7_400_000), (300, 2))
    # Every other one where two strips may meet.
    xy[::2, 1] = 7_400_000 - (np.floor((7_400_000 - xy[::2, 1]) / CELL) + 0.5) * CELL
    every = shapely.points(xy)
    ours = outlines.outline_unmended(one, limits, cells_at_once=cells_at_once)
    for (areas, lines), others in zip(ours, outlines.outline(one, limits, cells_at_once=cells_at_once), strict=True):
        # What lies on an outline itself lies in no face.
        spots = every[shapely.distance(every, shapely.multilinestrings(lines)) > 1e-6]
        within, expected = (
            np.isin(np.arange(len(spots)), shapely.STRtree(spots).query(each, predicate=predicate)[1])
            for each, predicate in ((areas, "intersects"), (others, "contains"))
        )
        np.testing.assert_array_equal(within, expected)
        assert _pieces(lines) == _pieces(shapely.boundary(others))


def _pieces(rings):
    """Give the straight pieces of rings, whichever way they run."""
    xy, ring = shapely.get_coordinates(shapely.get_parts(rings), return_index=True)
    corners = [tuple(one) for one in xy.tolist()]
    return {frozenset(one) for one, same in zip(pairwise(corners), np.diff(ring) == 0, strict=True) if same}


@pytest.mark.parametrize("tolerance", [0.0, 25.0, 120.0])
@pytest.mark.parametrize("levels", ["L", "LA"])
def test_bands_of_a_grid_in_strips_are_the_same_bands(monkeypatch, levels, tolerance):
    random = np.random.default_rng(4)
    y, x = np.mgrid[:60, :60]
    drawn = {}
    for level in levels:
        time = np.hypot(x - random.uniform(0, 60), y - 30) * 15_000 + random.normal(0, 30_000, x.shape)
        time = np.clip(time, 0, None).astype(np.int32)
        time[random.uniform(size=time.shape) < 0.05] = UNREACHED
        drawn[level] = Surface(time, 0.0, 3000.0, CELL, CRS.from_epsg(3067), 900_000)
    whole = bands_of_surfaces(drawn, minutes=[5, 10], tolerance_metres=tolerance)
    for draw in (outlines.outline, outlines.outline_unmended):
        monkeypatch.setattr(draw, "__kwdefaults__", {"cells_at_once": 500})
    strips = bands_of_surfaces(drawn, minutes=[5, 10], tolerance_metres=tolerance)
    assert len(whole) == 2 * len(levels)
    assert whole.geometry.normalize().geom_equals_exact(strips.geometry.normalize(), 0).all()


def test_a_grid_that_does_not_fit_says_how_much_it_takes_and_which_cell_would_do(shared_data, tmp_path):
    network = read_network(shared_data / "finland" / "state-roads.osm.pbf", store=tmp_path)
    points = point_in(network)
    with pytest.raises(
        StudyError, match=r"may take 1\d\.\d GB of memory; at most 4 GB are used: cell_metres = 100 would do"
    ):
        surface(network, points, cell_metres=25.0)


def test_a_cell_with_a_wide_surrounding_does_not_fit_though_the_grid_would():
    network = little_network(max_access_metres=1_000.0)
    grid = lay_grid(network, 0.5)
    assert grid.rows * grid.columns * 16 < 1e9  # what is worked on at once takes far more: 2,000 rows around each row
    with pytest.raises(StudyError, match=r"may take \d+\.\d GB of memory; .*: cell_metres = 25 would do\.$"):
        surface(network, point_in(network), cell_metres=0.5)


def test_a_network_in_degrees_has_no_areas():
    network = replace(little_network(), crs="EPSG:4326")
    points = points_at(little_network(), spot_xy(little_network(), [(0.0, 0.0)]))
    with pytest.raises(StudyError, match="in degrees; use a metric CRS"):
        surface(network, points.to_crs(4326).set_geometry(points.geometry.values).set_crs(4326, allow_override=True))
