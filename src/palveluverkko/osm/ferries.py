"""Which ferries of a file carry cars, by the tags of ways and of route relations, and what a study says of them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from palveluverkko.domain.errors import StudyError, name_ids
from palveluverkko.domain.travel import Season
from palveluverkko.osm.ferry_overrides import FerryOverride
from palveluverkko.osm.profile import FERRY, CarProfile, Road

Tags = tuple[tuple[str, str], ...]

_ROUTE = "route"
_LABELS = ("ref", "name")
NO_FERRY = Road(FERRY, 0.0, 0.0, snappable=False)
"""What stands for a ferry that its own tags do not open to cars, until its relations are asked."""


class FerryWay(NamedTuple):
    """A way with ``route=ferry``, or one without any tag that a ferry's relation has as member.

    ``tags`` are those that the profile may read; ``label`` is the number, else the name.
    """

    way_id: int
    tags: Tags
    label: str
    name: str


class FerryRoute(NamedTuple):
    """A relation ``type=route`` with ``route=ferry``, as it stands in the file, and the ids of its ways."""

    relation_id: int
    tags: Tags
    ways: tuple[int, ...]


@dataclass(frozen=True)
class Ferry:
    """What is known of a ferry way for cars.

    Attributes
    ----------
    road
        What its tags and those of its relation mean; speeds, permission and direction count here.
    name
        Its own, else that of its relation; may be empty.
    routes
        Ids of its relations.
    minutes
        Its own ``duration``; NaN for none.
    route_id, route_minutes
        The relation whose tags it takes and the ``duration`` of that, 0 and NaN for none.
    wait_minutes
        By ``interval`` or the profile.
    interval
        The wait comes from ``interval``.
    hours
        It has ``opening_hours``, which are not looked at.
    override
        What the study says.
    """

    road: Road
    name: str
    routes: frozenset[int]
    minutes: float
    route_id: int
    route_minutes: float
    wait_minutes: float
    interval: bool
    hours: bool
    override: FerryOverride | None


@dataclass(frozen=True)
class ClosedFerry:
    """A ferry that would carry cars in another season, or does not because of the study."""

    name: str
    routes: frozenset[int]
    by_study: bool


def ferry_route(relation_id: int, tags: Tags, members: Iterable[tuple[str, int, str]]) -> FerryRoute | None:
    """Make a ferry route of a relation; None if it is none."""
    plain = dict(tags)
    if plain.get("type") != _ROUTE or plain.get(_ROUTE) != FERRY:
        return None
    return FerryRoute(relation_id, tags, tuple(ref for kind, ref, _ in members if kind == "w"))


def first_by_id(routes: Iterable[FerryRoute]) -> tuple[FerryRoute, ...]:
    """Sort routes by id; one given twice counts once, as it comes first."""
    first: dict[int, FerryRoute] = {}
    for one in routes:
        first.setdefault(one.relation_id, one)
    return tuple(first[relation_id] for relation_id in sorted(first))


def judge_ferries(
    ways: Sequence[FerryWay], routes: Sequence[FerryRoute], profile: CarProfile
) -> tuple[dict[int, Ferry], dict[int, ClosedFerry]]:
    """Say which ferry ways carry cars, and which would but are closed; the others are in neither.

    A way takes the tags of its relation where its own are absent; access tags all together, where it has none of its
    own. Of several relations that counts which by its own tags lets most cars on (yes before no), then the one with
    the lowest id.

    Raises
    ------
    StudyError
        The study speaks of a ferry that is not there or carries no cars.
    """
    of_way: dict[int, list[FerryRoute]] = {}
    for route in routes:
        for way_id in dict.fromkeys(route.ways):
            of_way.setdefault(way_id, []).append(route)
    overrides = _Overrides(profile, ways, of_way)
    judge = _Judge(profile)
    ferries: dict[int, Ferry] = {}
    closed: dict[int, ClosedFerry] = {}
    carrying: set[str] = set()
    for way in ways:
        its = of_way.get(way.way_id, [])
        source = judge.chosen(its)
        tags = judge.together(dict(way.tags), dict(source.tags) if source else {})
        override = overrides.of(way, its)
        name = way.label or (_label(source) if source else "")
        ids = frozenset(one.relation_id for one in its)
        road, seasons = judge.road(tags)
        if override is not None and seasons:
            carrying.add(override.label)
            road = road or (judge.any_season(tags) if override.ignores_seasons else None)
            if override.is_closed(Season(profile.season)):
                closed[way.way_id] = ClosedFerry(name, ids, by_study=True)
                continue
        if road is None:
            if seasons:
                closed[way.way_id] = ClosedFerry(name, ids, by_study=False)
            continue
        _, wait, by_interval = profile.ferry_minutes(tags)
        ferries[way.way_id] = Ferry(
            road=road,
            name=name,
            routes=ids,
            minutes=profile.ferry_minutes(dict(way.tags))[0],
            route_id=source.relation_id if source else 0,
            route_minutes=profile.ferry_minutes(dict(source.tags))[0] if source else math.nan,
            wait_minutes=wait,
            interval=by_interval,
            hours="opening_hours" in tags,
            override=override,
        )
    overrides.check_carrying(carrying)
    return ferries, closed


def whole_crossings(
    touched: Iterable[int], ends: Mapping[int, tuple[int, int]], ways: Sequence[FerryWay], routes: Sequence[FerryRoute]
) -> set[int]:
    """Give the ferry ways that make crossings together with some of them.

    Parameters
    ----------
    touched
        Ids of ferry ways.
    ends
        The first and the last node of each ferry way.
    ways, routes
        All there are.
    """
    found = set(touched)
    for route in routes:
        if found.intersection(route.ways):
            found.update(one for one in route.ways if one in ends)
    label = {one.way_id: one.label for one in ways}
    at_node: dict[int, list[int]] = {}
    for way_id, nodes in ends.items():
        for node in set(nodes):
            at_node.setdefault(node, []).append(way_id)
    waiting = sorted(found & ends.keys())
    while waiting:
        one = waiting.pop()
        for node in ends[one]:
            for other in at_node[node]:
                if other not in found and label.get(other) == label.get(one):
                    found.add(other)
                    waiting.append(other)
    return found


class _Judge:
    """Asks the profile about ferries, in its own season and in the other."""

    def __init__(self, profile: CarProfile) -> None:
        self._profile = profile
        self._other: CarProfile | None = None

    def chosen(self, routes: Sequence[FerryRoute]) -> FerryRoute | None:
        """Choose the relation whose tags a way takes."""
        opens = [one for one in routes if len(routes) > 1 and self.road(dict(one.tags))[1]]
        return min(opens or routes, key=lambda one: one.relation_id, default=None)

    def together(self, own: dict[str, str], given: dict[str, str]) -> dict[str, str]:
        """Lay the tags of a way over those of its relation."""
        users = self._profile.ferry_user_keys
        if not users.isdisjoint(own):
            given = {key: value for key, value in given.items() if key not in users}
        return {**{key: value for key, value in given.items() if key != "type"}, **own, _ROUTE: FERRY}

    def road(self, tags: Mapping[str, str]) -> tuple[Road | None, bool]:
        """Give what tags mean in the season, and whether cars may sail in any."""
        road = self._profile.road(tags)
        return road, road is not None or self.any_season(tags) is not None

    def any_season(self, tags: Mapping[str, str]) -> Road | None:
        """Give what tags mean in the other season."""
        if self._other is None:
            other = Season.SUMMER if self._profile.season == Season.WINTER else Season.WINTER
            self._other = replace(self._profile, season=other)
        return self._other.road(tags)


class _Overrides:
    """Finds what the study says of a ferry: by the id of its way, of one of its relations, by name."""

    def __init__(
        self, profile: CarProfile, ways: Sequence[FerryWay], of_way: Mapping[int, Sequence[FerryRoute]]
    ) -> None:
        overrides = profile.ferry_overrides
        self._of_id = {one.osm_id: one for one in overrides if one.osm_id is not None}
        self._of_name = {one.name: one for one in overrides if one.name is not None}
        self._way_ids = {one.way_id for one in ways}
        if not overrides:
            return
        relations = {route.relation_id for one in ways for route in of_way.get(one.way_id, ())}
        for osm_id in self._of_id:
            if osm_id not in self._way_ids and osm_id not in relations:
                raise StudyError(
                    f"no ferry of the road file has the OSM id {osm_id} ({len(self._way_ids)} ferry ways and "
                    f"{len(relations)} ferry routes are there); look it up on the map, or take it out of ferries."
                )
        names = sorted({name for one in ways for name in _names(one, of_way.get(one.way_id, ()))})
        for name in self._of_name:
            if name not in names:
                close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.0)
                hint = f"the nearest known one is {close[0]!r}" if close else "no ferry there has a name"
                raise StudyError(f"no ferry of the road file is named {name!r}; {hint}.")

    def of(self, way: FerryWay, routes: Sequence[FerryRoute]) -> FerryOverride | None:
        if way.way_id in self._of_id:
            return self._of_id[way.way_id]
        found = [one.relation_id for one in routes if one.relation_id not in self._way_ids]
        by_route = [self._of_id[one] for one in sorted(found) if one in self._of_id]
        if by_route:
            return by_route[0]
        names = [name for name in _names(way, routes) if name in self._of_name]
        return self._of_name[names[0]] if names else None

    def check_carrying(self, carrying: set[str]) -> None:
        """Refuse what speaks of ferries that carry no cars; an override behind a more specific one is not asked."""
        given = {one.label for one in (*self._of_id.values(), *self._of_name.values())}
        idle = sorted(given - carrying)
        if idle:
            raise StudyError(
                f"ferries speaks of {name_ids(idle)}, which carries no cars by the road file or is spoken of by id "
                "already; take it out."
            )


def _names(way: FerryWay, routes: Sequence[FerryRoute]) -> list[str]:
    """Give every name of a way, its own first."""
    of_routes = [value for route in routes for key, value in route.tags if key in _LABELS]
    return [one for one in dict.fromkeys([way.name, way.label, *of_routes]) if one]


def _label(route: FerryRoute) -> str:
    tags = dict(route.tags)
    return next((tags[key] for key in _LABELS if tags.get(key)), "")
