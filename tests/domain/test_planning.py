"""Norms and scenarios that could not be meant are refused."""

import math

import pytest

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.planning import Norm, Scenario


@pytest.mark.parametrize("share", [0.01, 0.9, 1.0, 1])
def test_a_share_above_none_and_up_to_all_is_accepted(share):
    assert Norm("L", 30, share).share == share


@pytest.mark.parametrize("share", [0, -0.1, 1.0001, 90, math.nan, math.inf])
def test_a_share_outside_that_is_refused(share):
    with pytest.raises(StudyError, match=r"level L has share = .*90 % as 0\.90"):
        Norm("L", 30, share)


@pytest.mark.parametrize("minutes", [0, -5, math.nan])
def test_minutes_that_nobody_could_meet_are_refused(minutes):
    with pytest.raises(StudyError, match="level L has minutes"):
        Norm("L", minutes, 0.9)


def test_a_scenario_takes_lists_and_keeps_tuples():
    scenario = Scenario("Plan", close=["A"], open=["B"], change_level=[["C", "L"]])
    assert (scenario.close, scenario.open, scenario.change_level) == (("A",), ("B",), (("C", "L"),))
    assert scenario == Scenario("Plan", ("A",), ("B",), (("C", "L"),))
    assert hash(scenario) == hash(Scenario("Plan", ("A",), ("B",), (("C", "L"),)))


def test_a_point_both_opened_and_closed_is_named():
    with pytest.raises(StudyError, match="'Plan' both opens and closes 'B'"):
        Scenario("Plan", close=["A", "B"], open=["B", "C"])


@pytest.mark.parametrize("edit", ["close", "open"])
def test_a_single_text_is_not_taken_for_a_list_of_ids(edit):
    with pytest.raises(StudyError, match=r"write a list of ids: \['POSIO'\]"):
        Scenario("Ilman Posiota", **{edit: "POSIO"})
