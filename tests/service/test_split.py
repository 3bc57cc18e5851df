"""Squares split over a mask: every sum stays, to the last person."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.people import to_exact
from palveluverkko.service.people import heads
from palveluverkko.service.split import share_out, split_places


def squares(population, **columns):
    shapes = [box(1000 * at, 0, 1000 * at + 1000, 1000) for at in range(len(population))]
    index = [f"S{at}" for at in range(len(population))]
    return gpd.GeoDataFrame({"population": np.asarray(population, float), **columns}, index, geometry=shapes, crs=3067)


def cells(spots, **columns):
    index = [f"c{at}" for at in range(len(spots))]
    return gpd.GeoDataFrame(columns, index=index, geometry=[Point(one) for one in spots], crs=3067)


def test_people_go_to_the_cells_by_weight_and_the_rest_stays_whole():
    places = squares([8, 5, 3], kunta_code=["091", "092", "093"])
    mask = cells([(100, 100), (900, 900), (1500, 500), (9999, 0)], area=[3, 1, 0, 7])
    split = split_places(places, mask, weight="area")
    assert split.index.tolist() == ["S0:c0", "S0:c1", "S1", "S2"]
    assert split["population"].tolist() == [6, 2, 5, 3]
    assert split["parent"].tolist() == ["S0", "S0", "S1", "S2"]
    assert split["kunta_code"].tolist() == ["091", "091", "092", "093"]
    assert split.geometry.iloc[0] == Point(100, 100)
    assert split.crs == places.crs


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([-1, 0, 1, 7, 1000]), min_size=1, max_size=3),
    st.lists(
        st.tuples(st.integers(1, 2999), st.integers(1, 999), st.floats(0, 1e3)), max_size=12, unique_by=lambda x: x[:2]
    ),
)
def test_cells_sum_to_their_place_exactly_as_intervals_too(population, drawn):
    places = squares(population, age_75_=[-1] * len(population))
    mask = cells([one[:2] for one in drawn], share=[one[2] for one in drawn])
    split = split_places(places, mask, weight="share")
    for group in ("population", "age_75_"):
        before, after = heads(places, group), heads(split, group)
        for kind in ("known", "low", "high"):
            sums = [getattr(after, kind)[(split["parent"] == one).to_numpy()].sum() for one in places.index]
            assert sums == getattr(before, kind).tolist()


@given(st.lists(st.floats(0.001, 1e3), min_size=1, max_size=30), st.floats(0, 1e5))
def test_nobody_gets_a_millionth_more_than_a_share_rounded_up(weights, people):
    people, share = to_exact([people]), np.asarray(weights) / np.sum(weights)
    parts = share_out(people, np.zeros(len(weights), dtype=np.int64), share)
    assert parts.sum() == people[0]
    assert (np.abs(parts - people[0] * share) <= 2.0**-19).all()
    assert (parts >= 0).all()


def test_points_are_not_split_and_of_two_places_over_a_cell_the_lowest_id_gets_it():
    places = squares([4, 6])
    doubled = gpd.GeoDataFrame(places.assign(geometry=[box(0, 0, 9, 9)] * 2), crs=3067)
    assert split_places(doubled, cells([(5, 5)])).index.tolist() == ["S0:c0", "S1"]
    points = places.set_geometry(places.geometry.centroid)
    assert split_places(points, cells([(500, 500)])).index.tolist() == ["S0", "S1"]


@pytest.mark.parametrize(
    ("weight", "problem"),
    [("size", "no column 'size'"), ("text", "no numbers"), ("less", "no weight of 0 or more in 'less' at 'c1'")],
)
def test_weights_that_cannot_be_are_refused(weight, problem):
    mask = cells([(1, 1), (2, 2)], text=["a", "b"], less=[1, -1])
    with pytest.raises(TableError, match=problem):
        split_places(squares([1]), mask, weight=weight)


def test_a_mask_without_crs_or_with_an_id_twice_is_refused():
    mask = cells([(1, 1), (2, 2)])
    with pytest.raises(TableError, match="without CRS"):
        split_places(squares([1]), mask.set_crs(None, allow_override=True))
    with pytest.raises(TableError, match="repeats the id 'c0'"):
        split_places(squares([1]), mask.set_axis(["c0", "c0"]))
