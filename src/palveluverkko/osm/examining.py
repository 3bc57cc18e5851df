"""Profiles that read a road file to ask about it, not to drive on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Self

from palveluverkko.osm.profile import FERRY, CarProfile, Road
from palveluverkko.osm.spots import THROUGH, Spot

OPENED = " (opened)"
"""How the class of a way, or the kind of a barrier, ends that :class:`OpenProfile` opens: no edge joins such a way with
one that is open."""

_SEPARATOR = "\x1f"  # the unit separator, which no tag holds


@dataclass(frozen=True)
class _Asking(CarProfile):
    """A profile with the season and the tables of another."""

    @classmethod
    def of(cls, profile: CarProfile) -> Self:
        """Ask with the tables of a profile."""
        return cls(**{one.name: getattr(profile, one.name) for one in fields(profile) if one.init})


@dataclass(frozen=True)
class NotingProfile(_Asking):
    """The same roads; the source of a way's speed and the kind of a spot also name the tags that could not be read."""

    def road(self, tags: Mapping[str, str]) -> Road | None:
        """Say what a way means, as the plain profile does, with its unread tags noted."""
        road = super().road(tags)
        unread = self.rejected_tags(tags) if road is not None else ()
        return replace(road, speed_source=_with_notes(road.speed_source, unread)) if road and unread else road

    def spot(self, tags: Mapping[str, str]) -> Spot | None:
        """Say what a node means, as the plain profile does, with its unread tags noted."""
        spot = super().spot(tags)
        unread = self.rejected_spot_tags(tags) if spot is not None else ()
        return replace(spot, kind=_with_notes(spot.kind, unread)) if spot and unread else spot


def noted(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Give the source of a speed, or the kind of a spot, and the keys and values that were noted as unread."""
    source, *unread = text.split(_SEPARATOR)
    return source, tuple(zip(unread[::2], unread[1::2], strict=True))


def _with_notes(text: str, unread: Iterable[tuple[str, str]]) -> str:
    return _SEPARATOR.join((text, *chain.from_iterable(unread)))


@dataclass(frozen=True)
class OpenProfile(_Asking):
    """The roads as they would be if nobody had tagged who may drive them.

    A way that access tags close, in a direction or for all but the first and last leg, is open to everybody, and its
    class ends in :data:`OPENED`. Ways of a kind that needs a sign to be driven (pedestrian streets and the like) and
    ferries stay as they are. Barriers let everybody pass.
    """

    def road(self, tags: Mapping[str, str]) -> Road | None:
        """Say what a way means if its access tags are ignored."""
        road = super().road(tags)
        ours = {f"{key}{suffix}" for key in self._policy.access.keys for suffix in _SUFFIXES}
        free = super().road({key: value for key, value in tags.items() if key not in ours})
        if free is None or free.road_class == FERRY:
            return road
        if road is not None and not road.local_access and _directions(road) == _directions(free):
            return road
        return replace(free, road_class=f"{free.road_class}{OPENED}")

    def spot(self, tags: Mapping[str, str]) -> Spot | None:
        """Say what a node means if everybody may pass."""
        spot = super().spot(tags)
        if spot is None or not spot.cuts_road:
            return spot
        return replace(spot, kind=f"{spot.kind}{OPENED}", passage=THROUGH)


_SUFFIXES = ("", ":forward", ":backward", ":conditional", ":forward:conditional", ":backward:conditional")


def _directions(road: Road) -> tuple[bool, bool]:
    return road.forward_kmh > 0, road.backward_kmh > 0
