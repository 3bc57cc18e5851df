"""Texts of tags that carry a number: speed limits, seasons' limits, durations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_NUMBER_AND_UNIT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z/]*)", re.ASCII)
_NATIONAL = re.compile(r"(?P<country>[a-z]{2,3})(?:-[a-z0-9]{1,3})?:(?P<kind>[a-z_]+)", re.IGNORECASE | re.ASCII)
_ZONE = re.compile(r"(?:(?P<country>[a-z]{2,3}):)?(?:zone[:_ ]?)?(?P<number>\d+)", re.IGNORECASE | re.ASCII)
_LIST = re.compile(r"[;|,]")
_CLOCK = re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?")
_ISO = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?", re.IGNORECASE
)
_PLAIN_MINUTES = re.compile(r"\d+(?:\.\d+)?")
_ENTRY = re.compile(r"(?P<value>[^@;]+)@\s*(?P<condition>\([^)]*\)|[^;(]*)")

_MINUTES_PER = {"days": 24 * 60, "hours": 60, "minutes": 1, "seconds": 1 / 60}


@dataclass(frozen=True)
class Limit:
    """What the text of a speed limit says.

    Attributes
    ----------
    kmh
        The limit; NaN when the text is readable and names none, so that the untagged speed holds.
    country
        Capitals of the national code that was read; empty when the text is a number.
    unlimited
        The text is ``none``.
    """

    kmh: float
    country: str = ""
    unlimited: bool = False

    @property
    def names_number(self) -> bool:
        """Whether the text names a limit."""
        return not math.isnan(self.kmh)


@dataclass(frozen=True)
class LimitReader:
    """Reads texts of speed limits by the tables of a profile.

    Attributes
    ----------
    units
        Factor to km/h by unit, lower case.
    national
        General limit in km/h by country and kind of road; 0 where the code fixes none.
    unset_words
        Texts that point to a sign or name no limit.
    lowest_kmh, highest_kmh
        A number outside is a typing error.
    walk_kmh
        What ``walk`` means.
    """

    units: Mapping[str, float]
    national: Mapping[str, Mapping[str, float]]
    unset_words: Sequence[str]
    lowest_kmh: float
    highest_kmh: float
    walk_kmh: float

    def read(self, text: str) -> Limit | None:
        """Read one text; of a list such as ``80;60`` the lowest limit counts. None: not readable.

        A list with one unreadable part is not readable as a whole.
        """
        limits = [self._read_one(part.strip()) for part in _LIST.split(text)]
        readable = [limit for limit in limits if limit is not None]
        if len(readable) < len(limits):
            return None
        return min(readable, key=lambda limit: limit.kmh if limit.names_number else math.inf)

    def read_lanes(self, text: str) -> Limit | None:
        """Read the limits of lanes, such as ``120|100|``; the highest counts, for a car may choose its lane."""
        limits = [self._read_one(part.strip()) for part in text.split("|") if part.strip()]
        readable = [limit for limit in limits if limit is not None]
        if len(readable) < len(limits) or not readable:
            return None
        return max(readable, key=lambda limit: limit.kmh if limit.names_number else -math.inf)

    def country(self, text: str) -> str:
        """Give the capitals of the national code in a text, known to the tables or not; empty without one."""
        match = _NATIONAL.fullmatch(text.strip()) or _ZONE.fullmatch(text.strip())
        return (match["country"] or "").upper() if match else ""

    def _read_one(self, text: str) -> Limit | None:
        word = text.lower()
        if word == "none":
            return Limit(math.nan, unlimited=True)
        if word in self.unset_words:
            return Limit(math.nan)
        if word == "walk":
            return Limit(self.walk_kmh)
        return self._number(word) or self._code(text)

    def _number(self, text: str) -> Limit | None:
        match = _NUMBER_AND_UNIT.fullmatch(text)
        if match is None or (match["unit"] and match["unit"] not in self.units):
            return None
        return self._within(float(match["number"]) * self.units.get(match["unit"], 1.0))

    def _code(self, text: str) -> Limit | None:
        if zone := _ZONE.fullmatch(text):
            return self._within(float(zone["number"]), (zone["country"] or "").upper())
        match = _NATIONAL.fullmatch(text)
        country = match["country"].upper() if match else ""
        kinds = self.national.get(country, {})
        if match is None or match["kind"].lower() not in kinds:
            return None
        return Limit(kinds[match["kind"].lower()] or math.nan, country)

    def _within(self, kmh: float, country: str = "") -> Limit | None:
        return Limit(kmh, country) if self.lowest_kmh <= kmh <= self.highest_kmh else None


def read_conditional(text: str) -> Iterator[tuple[str, str]]:
    """Give the pairs of value and condition of a conditional tag, conditions in lower case without brackets.

    Examples
    --------
    >>> list(read_conditional("80 @ (winter); 60 @ (Mo-Fr 07:00-09:00; wet)"))
    [('80', 'winter'), ('60', 'mo-fr 07:00-09:00; wet')]
    """
    for match in _ENTRY.finditer(text):
        yield match["value"].strip(" ,"), match["condition"].strip().strip("()").strip().lower()


def read_duration(text: str) -> float:
    """Read ``HH:MM``, ``HH:MM:SS``, ISO 8601 or plain minutes; minutes, NaN when not readable or zero.

    Examples
    --------
    >>> read_duration("01:30"), read_duration("PT1H30M"), read_duration("90")
    (90.0, 90.0, 90.0)
    """
    text = text.strip()
    if _PLAIN_MINUTES.fullmatch(text):
        return float(text) or math.nan
    match = _CLOCK.fullmatch(text) or _ISO.fullmatch(text)
    parts = match.groupdict() if match else {}
    minutes = sum(_MINUTES_PER[unit] * int(number) for unit, number in parts.items() if number)
    return float(minutes) or math.nan
