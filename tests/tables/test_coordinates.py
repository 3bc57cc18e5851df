"""Swapped coordinates as the caller sees them who knows where the roads lie."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.tables.coordinates import looks_swapped

FINLAND = (19.0, 59.0, 32.0, 70.5)
LONS = st.floats(19, 32)
LATS = st.floats(59, 70.5)


@given(st.lists(st.tuples(LONS, LATS), min_size=1))
def test_exchanging_the_columns_of_good_points_is_noticed(points):
    good = np.array(points)
    assert not looks_swapped(good, FINLAND)
    assert looks_swapped(good[:, ::-1], FINLAND)


def test_points_elsewhere_are_not_swapped():
    assert not looks_swapped([(43.1, 11.6)], FINLAND)


def test_one_point_inside_tells_against_a_swap():
    assert not looks_swapped([(66, 25), (67, 26), (25, 66)], FINLAND)


def test_no_points_are_not_swapped():
    assert not looks_swapped([], FINLAND)
