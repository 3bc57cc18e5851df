"""Outlines of several surfaces on one grid cut the plane into faces that share whole sides."""

from fractions import Fraction

import numpy as np
import shapely
from drawn_surfaces import MINUTES, surfaces
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.reach.areas import _cumulative, nest
from palveluverkko.reach.noding import SNAP_METRES, _cross, _noded, faces_between

spot = st.tuples(st.integers(0, 9), st.integers(0, 9))
piece = st.tuples(spot, spot).filter(lambda ends: ends[0] != ends[1])
pairs = st.tuples(piece, piece).filter(lambda pair: set(pair[0]) != set(pair[1]))


def beside_the_inside(line, spot):
    """Tell whether a spot is within a step of a line, its ends left out."""
    (ax, ay), (bx, by) = line
    along = Fraction((spot[0] - ax) * (bx - ax) + (spot[1] - ay) * (by - ay), (bx - ax) ** 2 + (by - ay) ** 2)
    away = (ax + along * (bx - ax) - spot[0]) ** 2 + (ay + along * (by - ay) - spot[1]) ** 2
    return 0 < along < 1 and away <= 1


@given(pairs)
def test_pieces_meet_where_they_cross_or_an_end_is_within_a_step_of_the_other(pair):
    one, other = pair
    expected = bool(shapely.crosses(shapely.LineString(one), shapely.LineString(other)))
    expected |= any(beside_the_inside(one, end) for end in other) or any(beside_the_inside(other, end) for end in one)
    ours = _cross(np.array([one]).reshape(1, 4), np.array([other]).reshape(1, 4))
    assert ours.tolist() == [expected]


@settings(deadline=None, max_examples=40)
@given(surfaces(levels=3))
def test_noded_pieces_meet_at_ends_only_and_cut_the_same_land_as_noding_all_at_once(drawn):
    nested = nest(drawn)
    outlines = np.concatenate([within.lines for one in nested.values() for within in _cumulative(one, MINUTES)])
    grid = next(iter(nested.values()))
    pieces = _noded(outlines, grid)
    one, other = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    one, other = one[one < other], other[one < other]
    assert shapely.relate_pattern(pieces[one], pieces[other], "FF*F*****").all()
    faces = faces_between(outlines, grid)
    assert shapely.coverage_is_valid(faces)
    at_once = shapely.get_parts(shapely.polygonize([shapely.union_all(outlines, grid_size=SNAP_METRES)]))
    apart = shapely.symmetric_difference(shapely.union_all(faces), shapely.union_all(at_once))
    assert shapely.area(apart) <= SNAP_METRES * shapely.length(shapely.union_all(outlines))
