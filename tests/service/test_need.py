"""Need: people times weight, with the bounds of hidden counts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables_of_times import places_of, points_of, travel_time_table

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.people import Suppression
from palveluverkko.service.levels import classify
from palveluverkko.service.need import with_need

FACTORS = {"age_0_64": 0.5, "age_65_": 2.0}


def test_a_column_weighs_each_person():
    need = with_need(places_of([4, -1], index=[1.5, 2]), "index")
    assert need["need"].tolist() == [6, 0]
    assert need["need_low"].tolist() == [6, 2]
    assert need["need_high"].tolist() == [6, 18]


@given(st.sampled_from([-1, 0, 2]), st.sampled_from([-1, 0, 2]), st.sampled_from([0, 1, 2]))
def test_every_possible_hidden_count_lies_between_the_bounds(young, old, more):
    known = max(young, 0) + max(old, 0)
    population = known + (more if -1 in (young, old) else 0)
    found = with_need(places_of([population], age_0_64=[young], age_65_=[old]), FACTORS, suppression=Suppression(1, 2))
    choices = [range(3) if one < 0 else [one] for one in (young, old)]
    possible = [
        0.5 * first + 2.0 * second for first, second in itertools.product(*choices) if first + second == population
    ]
    assert all(found["need_low"].iloc[0] <= one <= found["need_high"].iloc[0] for one in possible)


def test_need_is_summed_up_like_a_group():
    places = with_need(places_of([10, 20], age_0_64=[6, 20], age_65_=[4, 0]), FACTORS)
    levels = classify(travel_time_table([[60_000, 6_000_000]], points_of(["L"]), places), minutes=(10, 30))
    assert levels.groups == ("population", "age_0_64", "age_65_", "need")
    by_band = levels.by_area().query("level == 'L'")
    assert by_band["need"].tolist() == [11, 0, 10]
    assert by_band["need_high"].tolist() == [11, 0, 10]


@pytest.mark.parametrize(
    ("weights", "kind", "problem"),
    [
        ("sairastavuus", TableError, "no column 'sairastavuus'"),
        ("text", TableError, "is no number"),
        ("index", TableError, "no need of 0 or more in 'index' at 'X1'"),
        ({"age_75_": 2}, TableError, "no group 'age_75_'"),
        ({"age_65_": -2}, StudyError, "a factor is 0 or more"),
        ({"age_65_": 2, "age_0_99": 1}, StudyError, "overlap"),
        ({"population": 2}, StudyError, "no age group"),
        ({}, StudyError, "weighs no group"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, kind, problem):
    places = places_of([1, 2], text=["a", "b"], index=[1, -1], age_65_=[1, 1], age_0_99=[1, 1])
    with pytest.raises(kind, match=problem):
        with_need(places, weights)
