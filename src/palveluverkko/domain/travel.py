"""Direction, season, thresholds: how a travel time is meant, and its one exact unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from numbers import Real
from typing import TypeVar

from palveluverkko.domain.errors import StudyError

Word = TypeVar("Word", bound=StrEnum)
Value = TypeVar("Value")

MILLISECONDS_PER_MINUTE = 60_000
"""Times are int32 milliseconds inside; minutes appear at the two ends only."""

UNREACHED = 2_147_483_647
"""Travel time of what is not reached within the budget: the largest int32, so that a minimum ignores it."""

LONGEST_MINUTES = 24 * 60
"""Longest threshold accepted: a day, well inside int32 milliseconds."""

DEFAULT_MINUTES = (15, 30, 60, 90, 120, 150, 180)
"""Thresholds of the Lapland service model (Lapin sote-malli, 2014)."""


class Direction(StrEnum):
    """Which way the trip goes; one-way streets make the two differ."""

    TO_SERVICE = "to_service"
    FROM_SERVICE = "from_service"

    @classmethod
    def parse(cls, value: str) -> Direction:
        """Read a direction from text, or say which words are known."""
        return _parse(cls, value, "direction")


class Season(StrEnum):
    """Which speed limits and roads are in force."""

    SUMMER = "summer"
    WINTER = "winter"

    @classmethod
    def parse(cls, value: str) -> Season:
        """Read a season from text, or say which words are known."""
        return _parse(cls, value, "season")


class AccessLegs(StrEnum):
    """What a speed factor does to the way between road and place."""

    FIXED = "fixed"
    SCALED = "scaled"

    @classmethod
    def parse(cls, value: str) -> AccessLegs:
        """Read the word from text, or say which words are known."""
        return _parse(cls, value, "access legs")


def _parse(kind: type[Word], value: str, what: str) -> Word:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise StudyError(f"{what} {value!r} is not known; use one of: {known}.") from None


def check_minutes(minutes: Sequence[float]) -> tuple[float, ...]:
    """Check thresholds in minutes: at least one, positive, rising, at most a day.

    Raises
    ------
    StudyError
        Names the first value that breaks the rule.
    """
    checked = tuple(minutes) if isinstance(minutes, Iterable) else (str(minutes),)
    if any(isinstance(one, str) for one in checked):
        raise StudyError(f"minutes is {minutes!r}; give a list of numbers, such as [15, 30, 60].")
    if not checked:
        raise StudyError("minutes is empty; give at least one threshold, such as 30.")
    for value in checked:
        if not 0 < value <= LONGEST_MINUTES:
            raise StudyError(f"minutes holds {value:g}; thresholds lie above 0 and at most {LONGEST_MINUTES}.")
    for before, after in pairwise(checked):
        if after <= before:
            raise StudyError(f"minutes holds {after:g} after {before:g}; write them in rising order, each once.")
    return checked


SLOWEST_FACTOR, QUICKEST_FACTOR = 0.1, 10.0
"""Speed factors beyond these are slips, such as 90 for 90 %."""

MOST_FACTORS = 12
"""Speed factors that one figure can show side by side, in two seasons."""


def check_speed_factor(factor: float) -> float:
    """Check a speed relative to another: 0.9 is a tenth slower.

    Raises
    ------
    StudyError
        The factor is no number, or none that a speed could have.
    """
    if not SLOWEST_FACTOR <= factor <= QUICKEST_FACTOR:
        raise StudyError(
            f"the speed factor is {factor:g}; give one from {SLOWEST_FACTOR:g} to {QUICKEST_FACTOR:g}: 0.9 is a tenth "
            "slower."
        )
    return float(factor)


def check_speed_factors(factors: Sequence[float]) -> tuple[float, ...]:
    """Check speed factors that stand side by side: some, each possible, each once (StudyError)."""
    checked = tuple(check_speed_factor(one) for one in factors)
    if not checked:
        raise StudyError("no speed factor is given; give at least one, such as 0.9.")
    if len(checked) > MOST_FACTORS:
        raise StudyError(f"{len(checked)} speed factors are given; give at most {MOST_FACTORS}.")
    return _each_once(checked, "speed factor")


def check_seasons(words: Sequence[str]) -> tuple[Season, ...]:
    """Check seasons that stand side by side: at least one, each known, each once (StudyError)."""
    checked = tuple(Season.parse(one) for one in words)
    if not checked:
        raise StudyError(f"no season is given; give one or more of: {', '.join(Season)}.")
    return _each_once(checked, "season")


def _each_once(values: tuple[Value, ...], what: str) -> tuple[Value, ...]:
    for value in values:
        if values.count(value) > 1:
            raise StudyError(f"the {what} {value} is given twice; give each once.")
    return values


def to_milliseconds(minutes: float) -> int:
    """Convert minutes to the exact unit inside.

    Raises
    ------
    StudyError
        The minutes are no number, negative, or too many for int32 milliseconds.
    """
    if not isinstance(minutes, Real) or not 0 <= minutes * MILLISECONDS_PER_MINUTE < UNREACHED:  # NaN is neither
        longest = UNREACHED // MILLISECONDS_PER_MINUTE
        raise StudyError(f"minutes are {minutes!r}; use a number from 0 to {longest:,}.")
    return round(minutes * MILLISECONDS_PER_MINUTE)
