"""What a planner states: norms to meet and scenarios to try."""

from __future__ import annotations

from dataclasses import dataclass

from palveluverkko.domain.errors import StudyError

NORM_AREAS = ("whole", "each")
"""Where a norm must be met: in the whole study, or in each of its areas."""

PLACES = "places"
"""Group of a norm that counts places instead of people, such as squares of a risk class."""


@dataclass(frozen=True)
class Norm:
    """A target such as "90 % of people over 75 within 60 minutes of A, in each municipality".

    A rule about a percentile ("the 90th percentile is at most 60 minutes") is the same target as a share of 0.9, and
    "everybody" is a share of 1.

    Attributes
    ----------
    level
        Code of the level.
    minutes
        Travel time that counts as near enough; exactly equal counts.
    share
        Share of people, 0–1, that must be within it.
    group
        Population column that is counted, such as ``"age_75_"``; ``"places"`` counts each place once.
    areas
        ``"whole"``: the whole study must meet it; ``"each"``: each area must.
    where
        Column of the places and the value that a place must have there to be counted, such as
        ``("risk_class", "I")``; None for every place.
    """

    level: str
    minutes: float
    share: float
    group: str = "population"
    areas: str = "whole"
    where: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a norm that could not be passed or failed."""
        if not self.minutes > 0:
            raise StudyError(f"the norm for level {self.level} has minutes = {self.minutes:g}; give more than 0.")
        if not 0 < self.share <= 1:
            raise StudyError(f"the norm for level {self.level} has share = {self.share:g}; write 90 % as 0.90.")
        if self.areas not in NORM_AREAS:
            raise StudyError(
                f"the norm for level {self.level} has areas = {self.areas!r}; use one of: {', '.join(NORM_AREAS)}."
            )


@dataclass(frozen=True)
class Scenario:
    """A named change of the service network: points that open and points that close.

    Attributes
    ----------
    name
        What people call it.
    close, open
        Ids of service points; a candidate counts as closed until a scenario opens it.
    change_level
        Pairs of point id and its new level.
    """

    name: str
    close: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    change_level: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Take lists from users; refuse a point that is both opened and closed."""
        for name in ("close", "open"):
            ids = getattr(self, name)
            if isinstance(ids, str):
                raise StudyError(f"scenario {self.name!r} has {name} = {ids!r}; write a list of ids: [{ids!r}].")
            object.__setattr__(self, name, tuple(ids))
        object.__setattr__(self, "change_level", tuple((str(i), str(level)) for i, level in self.change_level))
        both = sorted(set(self.close) & set(self.open))
        if both:
            raise StudyError(f"scenario {self.name!r} both opens and closes {both[0]!r}; choose one.")


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for: "the nearest dialysis", "the nearest service in Northern Sámi".

    Attributes
    ----------
    name
        What people call it.
    services
        Services that the point must offer, all of them; any point will do when empty.
    languages
        Languages that the point must serve in, all of them, as the table of points writes them.
    level
        The point must serve this level; any when None.
    """

    name: str
    services: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    level: str | None = None

    def __post_init__(self) -> None:
        """Take lists from users; refuse what asks for nothing."""
        for key in ("services", "languages"):
            given = getattr(self, key)
            if isinstance(given, str):
                raise StudyError(f"{self.name!r} has {key} = {given!r}; write a list: [{given!r}].")
            object.__setattr__(self, key, tuple(given))
        if not self.name.strip():
            raise StudyError("what is wanted has no name; give it one.")
        if not (self.services or self.languages or self.level):
            raise StudyError(f"{self.name!r} wants nothing; give services, languages or level.")
