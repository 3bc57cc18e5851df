"""Bands and isochrones: disjoint, gap-free, valid and nested, on made-up surfaces and on Andorra."""

import numpy as np
import pytest
import shapely
from drawn_surfaces import CELL, MINUTES, check_laws, surface_of, surfaces
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import points_at

from palveluverkko.domain.travel import UNREACHED, to_milliseconds
from palveluverkko.network.store import read_network
from palveluverkko.reach.areas import _cumulative, bands_of_surfaces, nest, to_isochrones
from palveluverkko.reach.noding import SNAP_METRES
from palveluverkko.reach.surface import surface


def reachable(one, minutes):
    """Area between the centres of cells that are reached at all, as contours see it: triangles at masked corners."""
    reached = one.travel_time != UNREACHED
    corners = np.stack([reached[:-1, :-1], reached[:-1, 1:], reached[1:, :-1], reached[1:, 1:]]).sum(axis=0)
    assert minutes * 60_000 >= one.travel_time[reached].max(initial=0)
    return ((corners == 4).sum() + (corners == 3).sum() / 2) * CELL**2


@settings(deadline=None, max_examples=35)
@given(surfaces(levels=3), st.sampled_from([None, 0.0, 30.0, 150.0]))
def test_bands_are_disjoint_gap_free_valid_and_nested(drawn, tolerance):
    bands = bands_of_surfaces(drawn, minutes=MINUTES, tolerance_metres=tolerance)
    check_laws(bands, to_isochrones(bands))


@settings(deadline=None, max_examples=20)
@given(surfaces(levels=3), st.sampled_from([0.0, None]), st.sampled_from([4326, 3857, 3035, 2393]))
def test_areas_are_valid_in_any_other_crs(drawn, tolerance, crs):
    bands = bands_of_surfaces(drawn, minutes=MINUTES, tolerance_metres=tolerance)
    assert bands.to_crs(crs).geometry.is_valid.all()
    assert to_isochrones(bands).to_crs(crs).geometry.is_valid.all()


@settings(deadline=None, max_examples=35)
@given(surfaces(), st.sampled_from([0.0, 50.0]))
def test_every_cell_centre_away_from_the_outlines_lies_in_the_band_of_its_time(drawn, tolerance):
    bands = bands_of_surfaces(drawn, minutes=MINUTES, tolerance_metres=tolerance)
    # Islands smaller than the grid on which outlines are noded vanish, so the outlines before noding count too.
    nested = nest(drawn)
    raw = [line for one in nested.values() for within in _cumulative(one, MINUTES) for line in within.lines]
    outlines = shapely.union_all([*shapely.boundary(bands.geometry.to_numpy()), *raw])
    for level, one in nested.items():
        rows, columns = one.travel_time.shape
        x, y = np.meshgrid(one.west + (np.arange(columns) + 0.5) * CELL, one.north - (np.arange(rows) + 0.5) * CELL)
        centres = shapely.points(x.ravel(), y.ravel())
        # The cells at the margin of what is reached lie on the outline itself.
        inner = _has_an_area_around(one).ravel()
        sure = inner & (shapely.distance(centres, outlines) > tolerance + 2 * SNAP_METRES)
        own = bands[bands["level"] == level]
        upper = np.asarray([to_milliseconds(m) for m in MINUTES])
        for centre, time in zip(centres[sure], one.travel_time.ravel()[sure], strict=True):
            holding = own[shapely.contains_properly(own.geometry.to_numpy(), centre)]
            number = int(np.searchsorted(upper, time))
            assert holding["to_min"].tolist() == ([MINUTES[number]] if number < len(MINUTES) else [])


def _has_an_area_around(one):
    """Cells of which all eight neighbours are reached."""
    padded = np.pad(one.travel_time != UNREACHED, 1)
    rows, columns = one.travel_time.shape
    return np.all([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0)


@settings(deadline=None, max_examples=25)
@given(surfaces(levels=1))
def test_a_threshold_beyond_everything_gives_the_whole_reachable_area(drawn):
    bands = bands_of_surfaces(drawn, minutes=[5, 600], tolerance_metres=0)
    # A corner where a threshold meets the diagonal margin moves to the grid on which outlines are noded, and takes
    # the margin along by at most half a grid square's diagonal.
    moved = SNAP_METRES / np.sqrt(2) * shapely.union_all(bands.geometry.to_numpy()).length
    assert bands.geometry.area.sum() == pytest.approx(reachable(drawn["L"], 600), rel=0, abs=moved + 1e-6)


@settings(deadline=None, max_examples=25)
@given(surfaces(), st.integers(1, 3))
def test_further_thresholds_do_not_move_the_isochrones(drawn, kept):
    whole = to_isochrones(bands_of_surfaces(drawn, minutes=MINUTES, tolerance_metres=0))
    fewer = to_isochrones(bands_of_surfaces(drawn, minutes=MINUTES[:kept], tolerance_metres=0))
    for row in fewer.itertuples():
        same = whole[(whole["level"] == row.level) & (whole["minutes"] == row.minutes)].geometry
        assert len(same) == 1
        # Other outlines may move a corner by the grid on which all are noded.
        assert shapely.symmetric_difference(row.geometry, same.iloc[0]).area <= 2 * SNAP_METRES * row.geometry.length


def test_holes_stay_holes():
    times = np.full((9, 9), 60_000)
    times[4, 4] = 60_000_000
    times[0, 0] = UNREACHED
    bands = bands_of_surfaces({"L": surface_of(times)}, minutes=[5], tolerance_metres=0)
    (area,) = bands.geometry
    assert sum(len(part.interiors) for part in area.geoms) == 1
    assert not area.contains(shapely.Point(400_450, 7_399_550))


def test_a_time_exactly_at_a_threshold_lies_within_it():
    times = np.full((5, 5), to_milliseconds(10))
    bands = bands_of_surfaces({"L": surface_of(times)}, minutes=[5, 10, 20], tolerance_metres=0)
    assert bands[["from_min", "to_min"]].to_numpy().tolist() == [[5, 10]]
    assert bands.geometry.area.tolist() == [pytest.approx(16 * CELL**2)]


def test_a_surface_that_nobody_reaches_has_no_bands():
    bands = bands_of_surfaces({"L": surface_of(np.full((4, 4), UNREACHED))}, minutes=[5])
    assert bands.empty
    assert bands.crs == "EPSG:3067"
    assert to_isochrones(bands).empty


def test_nesting_is_a_running_minimum_from_the_farthest_level():
    far, near = surface_of([[5, 50], [5, 50]]), surface_of([[20, 20], [UNREACHED, UNREACHED]])
    nested = nest({"L": near, "E": far})
    assert list(nested) == ["L", "E"]
    assert nested["L"].travel_time.tolist() == [[5, 20], [5, 50]]
    assert nested["E"] is far


@pytest.mark.shared
def test_the_bands_of_andorra_obey_every_law(shared_data, tmp_path):
    network = read_network(shared_data / "osm" / "andorra.osm.pbf", store=tmp_path)
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    chosen = [line[at].centroid for at in (100, 900, 2500)]
    points = points_at(network, [(one.x, one.y) for one in chosen])
    drawn = {
        level: surface(network, points[first:], budget_minutes=30, cell_metres=100.0)
        for level, first in (("L", 0), ("A", 1), ("E", 2))
    }
    for tolerance in (0.0, None):
        bands = bands_of_surfaces(drawn, minutes=[5, 10, 20, 30], tolerance_metres=tolerance)
        check_laws(bands, to_isochrones(bands))
        assert len(bands) == 12


def test_a_threshold_that_adds_nothing_repeats_the_isochrone_before_it():
    near = surface_of([[60_000] * 3] * 3)
    bands = bands_of_surfaces({"L": near}, minutes=(5, 10, 20))
    assert bands["to_min"].tolist() == [5]
    isochrones = to_isochrones(bands, minutes=(5, 10, 20))
    assert isochrones["minutes"].tolist() == [5, 10, 20]
    assert isochrones.area.nunique() == 1
    assert to_isochrones(bands)["minutes"].tolist() == [5]
