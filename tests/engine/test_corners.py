"""Corners taken from areas that have sides in common: those of the definition, in any order; nothing comes apart."""

import numpy as np
import pytest
import shapely
from corners_twin import kept_corners
from drawn_surfaces import MINUTES, is_edge_matched, surfaces
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.corners import remove_small_corners
from palveluverkko.reach.areas import faces_of_surfaces, nest
from palveluverkko.reach.simplified import simplified

TOLERANCES = st.sampled_from([0.5, 10.0, 50.0, 150.0, 1000.0])


@st.composite
def coverages(draw):
    """Draw the faces of one or of three surfaces, or those between wavering lines or the sides of boxes at random."""
    kind = draw(st.sampled_from(["one", "three", "lines", "boxes"]))
    if kind in {"one", "three"}:
        levels = nest(draw(surfaces(levels=1 if kind == "one" else 3)))
        return faces_of_surfaces(list(levels.values()), MINUTES, tolerance=0, smallest=0, nested=True)[0]
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    count = draw(st.integers(1, 8))
    if kind == "lines":
        steps = np.linspace(0, 1000, draw(st.integers(2, 9)))
        waves = [
            np.column_stack((steps, random.uniform(0, 1000) + random.normal(0, 60, steps.size))) for _ in range(count)
        ]
        upright = [one[:, ::-1] for one in waves[::2]]
        rings = [shapely.Point(*random.uniform(200, 800, 2)).buffer(90, quad_segs=3).exterior for _ in range(2)]
        lines = [*shapely.linestrings([*waves, *upright]), *rings]
    else:
        corners = np.sort(random.integers(0, 12, (2, count, 2)) * 10.0, axis=0)
        lines = list(shapely.boundary(shapely.box(*corners[0].T, *(corners[1] + 10.0).T)))
    noded = shapely.get_parts(shapely.union_all(lines))
    return shapely.get_parts(shapely.polygonize(noded))


def rings_of(faces):
    _, xy, (rings, _) = shapely.to_ragged_array(faces)
    return xy, rings


def spots_of(xy):
    return {tuple(one) for one in xy.tolist()}


def sides_of(xy, rings):
    """Give the sides of rings, whichever way they run."""
    inner = np.delete(np.arange(len(xy) - 1), rings[1:-1] - 1)
    return {
        frozenset(((*one,), (*other,))) for one, other in zip(xy[inner].tolist(), xy[inner + 1].tolist(), strict=True)
    }


@settings(deadline=None, max_examples=60)
@given(coverages(), TOLERANCES)
def test_the_corners_are_those_of_the_definition(faces, tolerance):
    if not faces.size:
        return
    xy, rings = rings_of(faces)
    expected = kept_corners([[tuple(one) for one in ring] for ring in np.split(xy, rings[1:-1])], tolerance)
    assert spots_of(remove_small_corners(xy, rings, tolerance=tolerance)[0]) == expected


@settings(deadline=None, max_examples=60)
@given(coverages(), TOLERANCES)
def test_every_area_stays_valid_where_it_is_and_beside_those_that_it_was_beside(faces, tolerance):
    found = simplified(faces, tolerance)
    assert len(found) == len(faces)
    assert shapely.is_valid(found).all()
    assert (shapely.area(found) > 0).all()
    assert is_edge_matched(found)
    if found.size:
        union = shapely.coverage_union_all(found)
        assert shapely.area(found).sum() == pytest.approx(shapely.union_all(found).area, rel=1e-9)
        assert union.area == pytest.approx(shapely.area(found).sum(), rel=1e-9)
    for count in (shapely.get_num_interior_rings, neighbours):
        np.testing.assert_array_equal(count(found), count(faces))
    assert spots_of(shapely.get_coordinates(found)) <= spots_of(shapely.get_coordinates(faces))


def neighbours(faces):
    """Say of each pair of faces whether they have a side, a corner or nothing in common."""
    boundary = shapely.boundary(faces)
    return [[shapely.get_dimensions(shapely.intersection(one, other)) for other in boundary] for one in boundary]


@settings(deadline=None, max_examples=40)
@given(coverages(), TOLERANCES, st.integers(0, 10_000))
def test_neither_the_order_of_the_rings_nor_where_they_begin_nor_which_way_they_run_changes_anything(
    faces, tolerance, seed
):
    if not faces.size:
        return
    random = np.random.default_rng(seed)
    xy, rings = rings_of(faces)
    each = np.split(xy, rings[1:-1])
    turned = []
    for ring in (each[one] for one in random.permutation(len(each))):
        rolled = np.roll(ring[:-1], random.integers(len(ring)), axis=0)[:: random.choice([-1, 1])]
        turned.append(np.vstack((rolled, rolled[:1])))
    other = np.concatenate(turned), np.cumsum([0, *map(len, turned)])
    assert sides_of(*remove_small_corners(xy, rings, tolerance=tolerance)) == sides_of(
        *remove_small_corners(*other, tolerance=tolerance)
    )


@settings(deadline=None, max_examples=40)
@given(coverages(), TOLERANCES)
def test_about_as_many_corners_are_left_as_geos_leaves(faces, tolerance):
    found, theirs = (
        shapely.get_num_coordinates(one).sum() for one in (simplified(faces, tolerance), _of_geos(faces, tolerance))
    )
    assert found <= 1.1 * theirs + 8


def _of_geos(faces, tolerance):
    return shapely.coverage_simplify(faces, tolerance) if faces.size else faces


def test_a_lens_between_two_areas_keeps_its_two_sides():
    low, high, lens = (
        [(0, 0), (0, -9), (9, -9), (9, 0), (4, -1), (0, 0)],
        [(0, 0), (5, 1), (9, 0), (9, 9), (0, 9), (0, 0)],
        [(0, 0), (4, -1), (9, 0), (5, 1), (0, 0)],
    )
    found = simplified(np.asarray([shapely.polygons(one) for one in (low, high, lens)]), 100.0)
    assert shapely.is_valid(found).all()
    assert (shapely.area(found) > 0).all()
    assert spots_of(shapely.get_coordinates(found[2])) == set(lens)


def test_an_island_becomes_a_triangle_and_stays_in_its_hole():
    circle = shapely.Point(0, 0).buffer(10)
    around = shapely.box(-50, -50, 50, 50) - circle
    found = simplified(np.asarray([circle, around]), 1000.0)
    assert shapely.get_num_coordinates(found[0]) == 4
    assert shapely.polygons(shapely.get_interior_ring(found[1], 0)).equals(found[0])


def test_a_corner_stays_while_another_lies_in_its_triangle_and_goes_when_that_has_gone():
    notched = shapely.polygons([(0, 0), (100, 0), (100, 100), (60, 100), (50, 91), (40, 100), (0, 100), (0, 0)])
    small = shapely.polygons([(48, 96), (52, 96), (50, 98), (48, 96)])
    deep = shapely.polygons([(50, 99.5), (53, 105), (50, 140), (47, 105), (50, 99.5)])
    for others, stays in (([], False), ([small], True), ([deep], False)):
        found = simplified(np.asarray([notched, *others]), 10.0)
        assert ((50, 91) in spots_of(shapely.get_coordinates(found[0]))) == stays
        assert not shapely.crosses(found[0], found[-1])


def test_zero_and_its_negative_are_one_place():
    left, right = [(-9, 0.0), (0.0, -9), (0.0, 9), (-9, 0.0)], [(9, 0), (-0.0, 9), (-0.0, -9), (9, 0)]
    found = simplified(shapely.polygons([left, right]), 0.1)
    assert shapely.get_num_coordinates(found).tolist() == [4, 4]
    xy = np.asarray([(-0.0, 0), (4, 0), (4, 4), (0.0, 4), (-0.0, 2), (0.0, 0)])
    assert len(remove_small_corners(xy, np.asarray([0, 6]), tolerance=0.1)[0]) == 5


def test_multipolygons_stay_multipolygons_and_nothing_stays_nothing():
    circle = shapely.Point(0, 0).buffer(10)
    (found,) = simplified(np.asarray([shapely.multipolygons([circle, shapely.box(20, 20, 30, 30)])]), 3.0)
    assert found.geom_type == "MultiPolygon"
    assert len(found.geoms) == 2
    assert shapely.get_num_coordinates(found) < shapely.get_num_coordinates(circle)
    assert simplified(np.empty(0, dtype=object), 3.0).size == 0
    same = np.asarray([circle])
    assert simplified(same, 0.0) is same
