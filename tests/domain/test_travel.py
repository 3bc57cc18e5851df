"""Directions, seasons and thresholds: words and numbers that are refused, and the exact unit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError, name_ids
from palveluverkko.domain.travel import (
    DEFAULT_MINUTES,
    LONGEST_MINUTES,
    UNREACHED,
    Direction,
    Season,
    check_minutes,
    to_milliseconds,
)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_direction_is_read_from_its_word_or_itself(direction):
    assert Direction.parse(direction.value) is direction
    assert Direction.parse(direction) is direction


@pytest.mark.parametrize("word", ["", "to", "TO_SERVICE", "both"])
def test_an_unknown_direction_is_named_with_the_known_ones(word):
    with pytest.raises(StudyError, match=f"direction {word!r} is not known; use one of: to_service, from_service"):
        Direction.parse(word)


def test_an_unknown_season_is_named_with_the_known_ones():
    with pytest.raises(StudyError, match="season 'spring' is not known; use one of: summer, winter"):
        Season.parse("spring")


@given(st.lists(st.floats(0.001, LONGEST_MINUTES), min_size=1, unique=True))
def test_rising_thresholds_are_accepted_and_others_are_not(minutes):
    assert check_minutes(sorted(minutes)) == tuple(sorted(minutes))
    if minutes != sorted(minutes):
        with pytest.raises(StudyError, match="rising order"):
            check_minutes(minutes)


@pytest.mark.parametrize(
    ("minutes", "problem"),
    [
        ([], "empty"),
        ([30, 15], "15 after 30"),
        ([15, 15], "15 after 15"),
        ([0, 15], "holds 0"),
        ([-5], "holds -5"),
        ([15, math.nan], "holds nan"),
        ([math.inf], "holds inf"),
        ([LONGEST_MINUTES + 0.1], "at most 1440"),
        (30, r"minutes is 30; give a list of numbers, such as \[15, 30, 60\]"),
        ("15,30", "minutes is '15,30'; give a list"),
        (["15"], r"minutes is \['15'\]; give a list"),
    ],
)
def test_thresholds_that_could_not_be_meant_are_refused(minutes, problem):
    with pytest.raises(StudyError, match=problem):
        check_minutes(minutes)


def test_the_default_thresholds_and_a_day_pass():
    assert check_minutes(DEFAULT_MINUTES) == DEFAULT_MINUTES
    assert check_minutes([LONGEST_MINUTES]) == (LONGEST_MINUTES,)


@given(st.integers(0, LONGEST_MINUTES * 60_000))
def test_minutes_and_milliseconds_convert_back_and_forth_exactly(milliseconds):
    assert to_milliseconds(milliseconds / 60_000) == milliseconds
    assert milliseconds < UNREACHED


def test_the_first_ids_of_a_list_are_named():
    assert name_ids([]) == ""
    assert name_ids([1, "B"]) == "'1', 'B'"
    assert name_ids("ABCDE") == "'A', 'B', 'C' and 2 more"
    assert name_ids("ABCDE", most=1) == "'A' and 4 more"


@pytest.mark.parametrize("minutes", [-1, math.nan, math.inf, 35_791.4, "60", None])
def test_minutes_that_are_none_or_too_many_are_refused(minutes):
    with pytest.raises(StudyError, match=r"minutes are .*use a number from 0 to 35,791"):
        to_milliseconds(minutes)
