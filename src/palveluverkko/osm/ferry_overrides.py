"""What a study knows better about ferries than OpenStreetMap: waits, crossing times, closures."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import Season

_NEVER, _WINTER, _ALWAYS = "never", "winter", "always"
CLOSURES = (_NEVER, _WINTER, _ALWAYS)

_MOST_MINUTES = 14 * 24 * 60.0
"""A time in milliseconds must fit into 32 bits, which hold 24 days."""


@dataclass(frozen=True)
class FerryOverride:
    """What is otherwise on the ferries of a name, or of a way or route relation.

    Attributes
    ----------
    name
        Name or number of the ferry as OpenStreetMap has it, of the way or of its route relation.
    osm_id
        Id of a way or, where no ferry has this way id, of a route relation. Either this or the name is given.
    wait_minutes
        Wait before each crossing.
    crossing_minutes
        From shore to shore without the wait. Of a name: each crossing takes it. Of an id: the crossings that the way or
        the relation has share it by their length.
    closed
        ``"winter"``: no crossing in winter; ``"always"``: none at all; ``"never"``: the seasons that are tagged do not
        count.

    Raises
    ------
    StudyError
        A value is missing, or cannot be.
    """

    name: str | None = None
    osm_id: int | None = None
    wait_minutes: float | None = None
    crossing_minutes: float | None = None
    closed: str | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if (self.name is None) == (self.osm_id is None):
            raise StudyError("a row of ferries needs either name or osm_id, which say what ferry it is about.")
        if self.name is not None and (not isinstance(self.name, str) or not self.name.strip()):
            raise StudyError("a row of ferries has an empty name; give the name that OpenStreetMap has.")
        if self.osm_id is not None and (not isinstance(self.osm_id, int) or isinstance(self.osm_id, bool)):
            raise StudyError(f"ferries: osm_id is {self.osm_id!r}; give the whole number of a way or relation.")
        for key in ("wait_minutes", "crossing_minutes"):
            minutes = getattr(self, key)
            if minutes is None:
                continue
            number = isinstance(minutes, (int, float)) and not isinstance(minutes, bool)
            if not number or not 0 <= minutes <= _MOST_MINUTES:
                raise StudyError(f"ferry {self.label}: {key} is {minutes!r}; give minutes of 0 or more, such as 10.")
            object.__setattr__(self, key, float(minutes))
        if self.closed is not None and self.closed not in CLOSURES:
            raise StudyError(f"ferry {self.label}: closed is {self.closed!r}; use {', '.join(map(repr, CLOSURES))}.")
        if self.wait_minutes is None and self.crossing_minutes is None and self.closed is None:
            raise StudyError(
                f"ferry {self.label} is named and nothing is said of it; give wait_minutes, crossing_minutes or closed."
            )

    @property
    def label(self) -> str:
        """The name or the id, for messages."""
        return repr(self.name) if self.name is not None else str(self.osm_id)

    def is_closed(self, season: Season) -> bool:
        """Say whether there is no crossing in a season."""
        return self.closed == _ALWAYS or (self.closed == _WINTER and season == Season.WINTER)

    @property
    def ignores_seasons(self) -> bool:
        """Whether the seasons that are tagged do not count."""
        return self.closed == _NEVER

    @classmethod
    def of_row(cls, row: Mapping[str, object]) -> FerryOverride:
        """Make one of a row, whose numbers may be texts and whose empty cells say nothing.

        Raises
        ------
        StudyError
            A key is not known, or a value does not fit.
        """
        known = [one.name for one in fields(cls)]
        values: dict[str, object] = {}
        for key, value in row.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}."
                raise StudyError(f"ferries has the unknown key {key!r}{hint}")
            text = value.strip() if isinstance(value, str) else value
            if text is None or text == "" or (isinstance(text, float) and math.isnan(text)):
                continue
            values[key] = _number(key, text) if isinstance(text, str) and key not in ("name", "closed") else text
        return cls(**values)  # type: ignore[arg-type]  # each is checked there


def check_overrides(overrides: Iterable[FerryOverride | Mapping[str, object]]) -> tuple[FerryOverride, ...]:
    """Take overrides, also as tables of keys and values.

    Raises
    ------
    StudyError
        A value does not fit, or a ferry stands there twice.
    """
    checked = tuple(one if isinstance(one, FerryOverride) else FerryOverride.of_row(one) for one in overrides)
    seen: set[str] = set()
    for one in checked:
        if one.label in seen:
            raise StudyError(f"ferry {one.label} stands twice among the ferries; put what is said of it into one row.")
        seen.add(one.label)
    return checked


def _number(key: str, text: str) -> float | int:
    """Read a number of a text file, with a decimal point or comma."""
    try:
        return int(text) if key == "osm_id" else float(text.replace(",", "."))
    except ValueError:
        raise StudyError(f"ferries: {key} is {text!r}, which is no number.") from None
