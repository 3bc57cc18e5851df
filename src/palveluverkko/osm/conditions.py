"""Whether the condition of a conditional tag holds for a car at the moment that a season stands for.

A network has one travel time for each road, so a condition on hours or dates is asked at one moment, which is data of
the profile. opening-hours-py reads the texts of hours and dates; words such as ``winter`` or ``wet`` and comparisons
such as ``weight>3.5`` are not in its language and are read here.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from palveluverkko.domain.travel import Season
from palveluverkko.osm.limits import read_conditional
from palveluverkko.osm.tables import car_tables

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_COMPARISON = re.compile(r"(?P<name>[a-z]+)\s*(?P<sign><=|>=|<|>|=)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]*)")
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
_UNITS = ("", "t", "m")


@dataclass(frozen=True)
class Conditions:
    """The moments and the car by which conditions are judged.

    Attributes
    ----------
    moment
        The date and time that stands for each season, local time.
    words
        The words that hold in each season; a word of another season does not hold.
    always, never
        Words that hold, or do not, whatever the season.
    car
        Tonnes, metres and numbers by the name they have in comparisons: ``weight``, ``length``, ``axles`` ...
    """

    moment: Mapping[Season, datetime]
    words: Mapping[Season, Sequence[str]]
    always: Sequence[str]
    never: Sequence[str]
    car: Mapping[str, float]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Conditions:
        """Read the table ``conditions`` of a profile."""
        table = document["conditions"]
        return cls(
            moment={season: table["moment"][season] for season in Season},
            words={season: table["words"][season] for season in Season},
            always=table["always"],
            never=table["never"],
            car=table["car"],
        )

    def holds(self, condition: str, season: Season) -> bool | None:
        """Say whether a condition holds; None when it cannot be read.

        Parameters
        ----------
        condition
            What stands behind the ``@``, with or without brackets: ``winter``, ``(Nov 1-Mar 31)``,
            ``Mo-Fr 07:00-09:00``, ``weight>3.5``; parts joined by ``AND`` must all hold.
        season
            Whose moment counts.
        """
        parts = [self._part_holds(part, season) for part in _AND.split(_bare(condition))]
        if False in parts:
            return False
        return None if None in parts else True

    def unread(self, text: str, season: Season, read: Callable[[str], object]) -> Iterator[str]:
        """Give the parts of a conditional tag that cannot be read: values for which ``read`` gives None, conditions."""
        entries = list(read_conditional(text))
        if not entries:
            yield text
        for value, condition in entries:
            if read(value) is None:
                yield value
            elif self.holds(condition, season) is None:
                yield f"{value} @ {condition}"

    def names_season(self, condition: str) -> bool:
        """Say whether a condition is the name of a season and nothing else."""
        return any(_bare(condition).lower() in words for words in self.words.values())

    def _part_holds(self, text: str, season: Season) -> bool | None:
        text = _bare(text)
        word = text.lower()
        if word in self.always or word in self.words[season]:
            return True
        if word in self.never or any(word in words for words in self.words.values()):
            return False
        if comparison := _COMPARISON.fullmatch(word):
            ours = self.car.get(comparison["name"])
            if ours is None or comparison["unit"] not in _UNITS:
                return None
            return _SIGNS[comparison["sign"]](ours, float(comparison["number"]))
        return _open_at(text, self.moment[season])


def holds(condition: str, season: Season) -> bool | None:
    """Say whether a condition holds by the tables of the car profile; None when it cannot be read.

    Examples
    --------
    >>> [holds(one, Season.WINTER) for one in ("winter", "Mo-Fr 07:00-09:00", "by appointment")]
    [True, False, None]
    """
    return _of_car().holds(condition, season)


@functools.cache
def _of_car() -> Conditions:
    return Conditions.from_document(car_tables())


@functools.lru_cache(maxsize=4096)
def _open_at(text: str, moment: datetime) -> bool | None:
    """Ask the parser of opening hours; None for what it cannot read or leaves open."""
    from opening_hours import OpeningHours, State, validate  # noqa: PLC0415  # only for files that have conditions

    # A comment such as "by appointment" is open for the parser, and unknown to us.
    if '"' in text or not validate(text):
        return None
    state, _ = OpeningHours(text).state(moment)
    return None if state == State.UNKNOWN else state == State.OPEN


def _bare(text: str) -> str:
    """Take off blanks and the brackets around the whole text."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text
