"""What may be asked of the shapes of areas: no small parts and holes, smoothed outlines."""

import numpy as np
import pytest
import shapely
from drawn_surfaces import CELL, MINUTES, check_laws, surface_of, surfaces
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.reach.areas import bands_of_surfaces, smoothed, to_isochrones

SMALLEST = 0.05
"""Square kilometres: five cells."""


@settings(deadline=None, max_examples=25)
@given(surfaces(levels=3), st.sampled_from([0.0, 150.0]), st.sampled_from([0.0, 120.0]))
def test_the_laws_hold_without_small_parts_and_smoothed(drawn, tolerance, smooth):
    bands = bands_of_surfaces(
        drawn, minutes=MINUTES, tolerance_metres=tolerance, smallest_km2=SMALLEST, smooth_metres=smooth
    )
    if not bands.empty and bands["level"].nunique() == len(drawn):
        check_laws(bands, to_isochrones(bands))


@settings(deadline=None, max_examples=40)
@given(surfaces(levels=1))
def test_no_part_and_no_hole_is_smaller_than_asked(drawn):
    bands = bands_of_surfaces(drawn, minutes=MINUTES, tolerance_metres=0, smallest_km2=SMALLEST)
    parts = shapely.get_parts(bands.geometry.to_numpy())
    assert (shapely.area(parts) >= SMALLEST * 1e6 * (1 - 1e-9)).all()
    rings = shapely.get_parts(shapely.get_rings(shapely.get_parts(to_isochrones(bands).geometry.to_numpy()[-1:])))
    holes = shapely.polygons(rings) if rings.size else rings
    assert (shapely.area(holes) >= SMALLEST * 1e6 * (1 - 1e-9)).all()


def test_a_small_hole_is_filled_and_a_small_island_dropped():
    times = np.full((12, 20), 60_000)
    times[5, 5] = UNREACHED
    times[:, 13:] = UNREACHED
    times[3:5, 16:18] = 60_000
    kept, sieved = (
        bands_of_surfaces({"L": surface_of(times)}, minutes=[5], tolerance_metres=0, smallest_km2=size).geometry[0]
        for size in (0.0, SMALLEST)
    )
    assert (len(kept.geoms), len(kept.geoms[0].interiors) + len(kept.geoms[1].interiors)) == (2, 1)
    assert (len(sieved.geoms), len(sieved.geoms[0].interiors)) == (1, 0)
    assert sieved.area == pytest.approx(11 * 12 * CELL**2)


def test_smoothing_is_an_average_that_reaches_the_same_cells():
    random = np.random.default_rng(3)
    times = random.integers(0, 600_000, (20, 20))
    times[random.uniform(size=times.shape) < 0.2] = UNREACHED
    one = surface_of(times)
    found = smoothed(one, 150.0)
    np.testing.assert_array_equal(found.travel_time == UNREACHED, one.travel_time == UNREACHED)
    reached = one.travel_time != UNREACHED
    assert found.travel_time[reached].std() < 0.6 * one.travel_time[reached].std()
    flat = surface_of(np.where(times == UNREACHED, UNREACHED, 300_000))
    np.testing.assert_array_equal(smoothed(flat, 150.0).travel_time, flat.travel_time)
    assert smoothed(one, 0) is one


@pytest.mark.parametrize("option", ["smallest_km2", "smooth_metres"])
def test_negative_measures_are_refused(option):
    with pytest.raises(StudyError, match=f"{option} is -1; use 0 or more"):
        bands_of_surfaces({"L": surface_of(np.zeros((3, 3)))}, minutes=[5], **{option: -1})
