"""Direction, season, thresholds: how a travel time is meant, and its one exact unit."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from palveluverkko.domain.errors import StudyError

Word = TypeVar("Word", bound=StrEnum)

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
    checked = tuple(minutes)
    if not checked:
        raise StudyError("minutes is empty; give at least one threshold, such as 30.")
    for value in checked:
        if not 0 < value <= LONGEST_MINUTES:
            raise StudyError(f"minutes holds {value:g}; thresholds lie above 0 and at most {LONGEST_MINUTES}.")
    for before, after in pairwise(checked):
        if after <= before:
            raise StudyError(f"minutes holds {after:g} after {before:g}; write them in rising order, each once.")
    return checked


def to_milliseconds(minutes: float) -> int:
    """Convert minutes to the exact unit inside."""
    return round(minutes * MILLISECONDS_PER_MINUTE)
