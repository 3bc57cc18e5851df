"""Norms are judged person by person, by area and class, and say how sure they are."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.planning import Norm
from palveluverkko.service.norms import check_norms
from palveluverkko.service.people import OUTSIDE


def frame_of(times, population, **columns):
    """Places with the given minutes to the nearest level."""
    return pd.DataFrame(
        {"time_L": times, "population": population, **columns}, index=[f"X{i}" for i in range(len(times))]
    )


def test_a_share_exactly_met_passes():
    (row,) = check_norms(frame_of([10.0, 10.1], [9, 1]), [Norm("L", 10, 0.9)]).itertuples()
    assert row.passed
    assert (row.within, row.missing, row.share_reached) == (9, 0, 0.9)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 10_000_000), st.integers(1, 100))
def test_no_rounding_fails_a_share_that_is_met_or_passes_one_that_is_missed_by_one(population, percent):
    needed = -(-population * percent // 100)
    for within, missing in ((needed, 0), (needed - 1, 1)):
        frame = frame_of([1.0, 99.0], [within, population - within])
        (row,) = check_norms(frame, [Norm("L", 10, percent / 100)]).itertuples()
        assert (row.passed, row.missing) == (missing == 0, missing)


def test_hidden_people_who_are_surely_far_fail_a_norm():
    (row,) = check_norms(frame_of([5.0, math.nan], [8, -1]), [Norm("L", 10, 0.9)]).itertuples()
    assert not row.passed
    assert row.certain
    assert (row.missing, row.missing_low, row.missing_high) == (1, 1, 8)
    assert (row.population, row.within, row.share_reached) == (8, 8, 1.0)


@pytest.mark.parametrize("population", [[], [0]])
def test_an_area_without_people_passes(population):
    (row,) = check_norms(frame_of([math.nan] * len(population), population), [Norm("L", 10, 0.9)]).itertuples()
    assert row.passed
    assert (row.population, row.within, row.missing, row.share_reached) == (0, 0, 0, 1.0)


def test_norms_are_checked_for_the_whole_and_each_area_in_order_of_names():
    frame = frame_of([5.0, 20.0, math.nan], [10, 10, 10], kunta_code=["2", "1", "1"], kunta=["Alfa", "Beta", "Beta"])
    rows = check_norms(frame, [Norm("L", 10, 0.5)], column="kunta_code", name_column="kunta")
    assert rows[["area", "area_name", "population", "within", "missing", "passed"]].to_numpy().tolist() == [
        ["", "", 30, 10, 5, False],
        ["2", "Alfa", 10, 10, 0, True],
        ["1", "Beta", 20, 0, 10, False],
    ]
    assert rows["margin"].tolist() == pytest.approx([1 / 3 - 0.5, 0.5, -0.5])


def test_a_norm_counts_its_own_group():
    frame = frame_of([5.0, 20.0], [90, 10], age_75_=[0, 4])
    (row,) = check_norms(frame, [Norm("L", 10, 0.9, group="age_75_")]).itertuples()
    assert (row.population, row.within, row.passed) == (4, 0, False)


def test_a_norm_for_an_unknown_level_is_named():
    with pytest.raises(StudyError, match="'X'"):
        check_norms(frame_of([1.0], [1]), [Norm("X", 10, 0.9)])


PLACES = st.lists(
    st.tuples(st.sampled_from([5.0, 10.0, 10.1, math.nan]), st.sampled_from([-1, -1, 0, 1, 3, 12])),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(PLACES, st.sampled_from([0.25, 0.5, 0.9, 1.0]))
def test_bounds_are_those_of_every_count_that_may_be_suppressed(drawn, share):
    times, population = (list(one) for one in zip(*drawn, strict=True))
    (row,) = check_norms(frame_of(times, population), [Norm("L", 10, share)]).itertuples()
    choices = [range(1, 10) if count < 0 else [count] for count in population]
    near = np.array([time <= 10 for time in times])
    short = []
    for chosen in itertools.product(*choices):
        heads = np.array(chosen)
        short.append(max(0, math.ceil(share * heads.sum() - heads[near].sum() - 1e-9)))
    assert (row.missing_low, row.missing_high) == (min(short), max(short))
    assert row.missing_low <= row.missing <= row.missing_high
    assert row.certain == (len({one == 0 for one in short}) == 1)


@settings(deadline=None, max_examples=60)
@given(PLACES, st.sampled_from([0.25, 0.5, 0.9, 1.0]))
def test_a_share_within_the_minutes_and_a_percentile_at_most_the_minutes_are_one_rule(drawn, share):
    times, population = (list(one) for one in zip(*drawn, strict=True))
    population = [abs(count) for count in population]  # nothing hidden
    (row,) = check_norms(frame_of(times, population), [Norm("L", 10, share)]).itertuples()
    if row.population:
        assert row.passed == (row.minutes_needed <= 10)


@settings(deadline=None, max_examples=60)
@given(PLACES, st.sampled_from([0.25, 0.5, 1.0]), st.floats(0, 20))
def test_a_norm_is_met_with_more_minutes_or_a_smaller_share_wherever_it_is_met(drawn, share, more):
    frame = frame_of(*(list(one) for one in zip(*drawn, strict=True)))
    norms = [Norm("L", 5, share), Norm("L", 5 + more, share), Norm("L", 5, share / 2)]
    first, longer, smaller = check_norms(frame, norms)["missing"]
    assert longer <= first
    assert smaller <= first


def test_a_group_is_no_larger_than_the_people_of_its_place():
    frame = frame_of([99.0, 99.0], [4, -1], age_75_=[-1, -1])
    (row,) = check_norms(frame, [Norm("L", 10, 1.0, group="age_75_")]).itertuples()
    assert (row.missing, row.missing_low, row.missing_high) == (0, 0, 4 + 9)
    assert row.passed
    assert not row.certain


def test_a_norm_for_each_area_binds_the_areas_and_not_the_whole_nor_those_outside():
    frame = frame_of([5.0, 20.0, 20.0], [90, 5, 5], kunta=["A", "B", None])
    rows = check_norms(frame, [Norm("L", 10, 0.9, areas="each"), Norm("L", 10, 0.9)], column="kunta")
    assert rows[["area", "passed", "binding"]].to_numpy().tolist() == [
        ["", True, False], ["A", True, True], ["B", False, True], [OUTSIDE, False, False],
        ["", True, True], ["A", True, False], ["B", False, False], [OUTSIDE, False, False],
    ]  # fmt: skip


def test_each_risk_class_has_its_own_minutes_and_counts_its_own_squares():
    frame = frame_of([5.0, 7.0, 9.0, 11.0], [0, 0, 500, 0], risk=[1, 1, 2, 2])
    norms = [Norm("L", 6, 0.5, "places", where=("risk", "1")), Norm("L", 8, 0.5, "places", where=("risk", "2"))]
    rows = check_norms(frame, norms)
    assert rows[["where", "population", "within", "passed", "missing"]].to_numpy().tolist() == [
        ["risk = 1", 2, 1, True, 0],
        ["risk = 2", 2, 0, False, 1],
    ]


def test_a_class_of_a_column_that_the_places_lack_is_named():
    with pytest.raises(TableError, match="'risk'"):
        check_norms(frame_of([1.0], [1]), [Norm("L", 6, 0.5, where=("risk", "1"))])


def test_a_norm_for_each_area_of_none_is_refused():
    with pytest.raises(StudyError, match=r"add \[areas\]"):
        check_norms(frame_of([1.0], [1]), [Norm("L", 6, 0.5, areas="each")])


@pytest.mark.parametrize("column", [{"column": "maakunta"}, {"column": "kunta", "name_column": "maakunta"}])
def test_an_area_column_that_the_places_lack_is_named(column):
    frame = frame_of([1.0], [1], kunta=["Inari"])
    with pytest.raises(TableError, match="'maakunta'"):
        check_norms(frame, [Norm("L", 10, 0.9)], **column)
