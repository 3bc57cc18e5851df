"""How fast a car drives on a way: the limit in force, else the class, never faster than the ground."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from palveluverkko.domain.travel import Season
from palveluverkko.osm.limits import Limit, read_conditional
from palveluverkko.osm.policy import Policy, matches

FORWARD, BACKWARD = "forward", "backward"
SIGNED, NATIONAL, SURFACE, DEFAULT = "signed", "national", "surface", "default"

_OTHER = {Season.SUMMER: Season.WINTER, Season.WINTER: Season.SUMMER}


@dataclass(frozen=True)
class Speed:
    """The speed in one direction of a way.

    Attributes
    ----------
    kmh
        In Finland, outside built-up areas.
    built_up_kmh
        In built-up areas; another one only where no limit is tagged.
    abroad_kmh
        Outside Finland; another one only where the Finnish winter rule lowers the limit.
    source
        Of ``kmh``: ``signed``, ``national``, ``surface`` or ``default``.
    """

    kmh: float
    built_up_kmh: float
    abroad_kmh: float
    source: str


class SpeedRules:
    """The speed tables of a profile in one season, with the keys they read worked out once."""

    def __init__(self, policy: Policy, season: Season) -> None:
        self._policy = policy
        self._season = season
        self._unpaved_with_surface = {key: values for key, values in policy.unpaved.items() if key != "tracktype"}
        self._read = functools.lru_cache(4096)(policy.limits.read)
        keys = policy.limit_keys
        self._plain = {one: tuple(_directed(keys, one)) for one in (FORWARD, BACKWARD)}
        self._lanes = {one: (f"maxspeed:lanes:{one}", "maxspeed:lanes") for one in (FORWARD, BACKWARD)}
        self._winter = {one: tuple(_directed(policy.winter_keys, one)) for one in (FORWARD, BACKWARD)}
        # From the general to the specific: the last condition that holds decides.
        self._conditional = {
            one: tuple(f"{key}:conditional" for key in reversed(self._plain[one])) for one in (FORWARD, BACKWARD)
        }
        ways = (self._plain, self._lanes, self._winter, self._conditional)
        self.limit_keys = frozenset(key for table in ways for directed in table.values() for key in directed)
        """Keys that hold texts of limits, of which those that cannot be read are counted."""
        self.keys = self.limit_keys | {
            *policy.code_keys,
            *policy.variable_keys,
            *policy.caps,
            *policy.unpaved,
            "tracktype",
        }
        """All keys that decide the speed."""
        self._limiting = self.limit_keys | {*policy.code_keys, *policy.variable_keys}
        self._by_direction = frozenset(
            key for table in ways for one in (FORWARD, BACKWARD) for key in table[one] if one in key.split(":")
        )

    def speeds(
        self, tags: Mapping[str, str], road_class: str, permitted: Sequence[str], *, separated: bool
    ) -> dict[str, Speed]:
        """Give the speed in each permitted direction.

        Parameters
        ----------
        tags
            Of the way.
        road_class
            A value of ``highway`` that the tables know.
        permitted
            Directions in which a car may drive.
        separated
            The directions of the road run apart, which spares it the winter limit on some roads.
        """
        if not self._by_direction.isdisjoint(tags):
            return {one: self._speed(tags, road_class, one, separated=separated) for one in permitted}
        return dict.fromkeys(permitted, self._speed(tags, road_class, FORWARD, separated=separated))

    def limit(self, tags: Mapping[str, str], road_class: str, direction: str) -> Limit | None:
        """Give the first tagged limit that names a number, conditions apart; None leaves the untagged speed."""
        policy = self._policy
        for key in (*self._plain[direction], *self._lanes[direction], *policy.code_keys, *policy.variable_keys):
            if (text := tags.get(key)) is None:
                continue
            limit = policy.limits.read_lanes(text) if "lanes" in key else self._read(text)
            if limit is not None and limit.unlimited and road_class in policy.none_classes:
                return Limit(policy.none_kmh)
            if limit is not None and limit.names_number:
                return limit
        return None

    def rejected(self, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Give the keys and texts of limits that cannot be read and were passed over."""
        policy = self._policy
        for key in sorted(self.limit_keys.intersection(tags)):
            if key.endswith(":conditional"):
                for text in policy.conditions.unread(tags[key], self._season, self._read):
                    yield key, text
            elif (policy.limits.read_lanes if "lanes" in key else self._read)(tags[key]) is None:
                yield key, tags[key]
        for key in policy.code_keys:
            if policy.limits.country(tags.get(key, "")) and self._read(tags[key]) is None:
                yield key, tags[key]

    def rejected_ground(self, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Give the keys and values of the ground that no table knows, or of a list not every part."""
        policy = self._policy
        for key, table in policy.caps.items():
            known = {*table, *policy.no_cap.get(key, ()), *(policy.track_kmh if key == "tracktype" else ())}
            if key in tags and not known.issuperset(part.strip().lower() for part in tags[key].split(";")):
                yield key, tags[key]

    def _speed(self, tags: Mapping[str, str], road_class: str, direction: str, *, separated: bool) -> Speed:
        limit = None
        winter = None
        if not self._limiting.isdisjoint(tags):
            always, seasonal = self._conditional_limits(tags, direction)
            limit = always or self.limit(tags, road_class, direction)
            if self._season == Season.SUMMER:
                limit = seasonal or limit
            else:
                winter = self._tagged_winter_limit(tags, direction) or seasonal
        cap = self._ground_cap(tags)
        plain, built_up = self._untagged(tags, road_class)
        source = DEFAULT
        if limit is not None:
            plain = built_up = driven(self._policy.driven, limit.kmh)
            source = NATIONAL if limit.country else SIGNED
        abroad = plain
        if self._season == Season.WINTER:
            by_rule = None if winter else self._winter_rule(limit, road_class, separated=separated)
            country = self._country(tags, limit) if by_rule else ""
            if country not in ("", self._policy.winter_country):
                by_rule = None
            abroad = self._in_winter(plain, limit, winter or (by_rule if country else None))
            if winter is not None and limit is None and driven(self._policy.driven, winter.kmh) < plain:
                source = NATIONAL if winter.country else SIGNED
            plain, built_up = (self._in_winter(kmh, limit, winter or by_rule) for kmh in (plain, built_up))
        return Speed(min(plain, cap), min(built_up, cap), min(abroad, cap), SURFACE if cap < plain else source)

    def _conditional_limits(self, tags: Mapping[str, str], direction: str) -> tuple[Limit | None, Limit | None]:
        """Give the last limit whose condition holds in both seasons, and the last that holds in this one alone."""
        always = seasonal = None
        for key in self._conditional[direction]:
            for value, condition in read_conditional(tags.get(key, "")):
                limit = self._read(value)
                holds = self._policy.conditions.holds
                if limit is None or not limit.names_number or not holds(condition, self._season):
                    continue
                if holds(condition, _OTHER[self._season]):
                    always = limit
                else:
                    seasonal = limit
        return always, seasonal

    def _tagged_winter_limit(self, tags: Mapping[str, str], direction: str) -> Limit | None:
        for key in self._winter[direction]:
            limit = self._read(tags[key]) if key in tags else None
            if limit is not None and limit.names_number:
                return limit
        return None

    def _winter_rule(self, limit: Limit | None, road_class: str, *, separated: bool) -> Limit | None:
        """Give the limit of the Finnish winter, where it lowers the one of summer."""
        policy = self._policy
        if limit is None or limit.kmh not in policy.winter_limits:
            return None
        separated = separated or road_class in policy.winter_separated_classes
        if separated and limit.kmh in policy.winter_kept_where_separated:
            return None
        return Limit(policy.winter_limits[limit.kmh])

    def _country(self, tags: Mapping[str, str], limit: Limit | None) -> str:
        """Give the country that a national code of the way names; empty where none does."""
        codes = (self._policy.limits.country(tags.get(key, "")) for key in self._policy.code_keys)
        return (limit.country if limit else "") or next(filter(None, codes), "")

    def _in_winter(self, kmh: float, limit: Limit | None, winter: Limit | None) -> float:
        """Give the speed of winter from that of summer: never faster, for a higher limit is a slip of the mapper."""
        kept = min(kmh, driven(self._policy.winter_kept, kmh))
        if winter is None:
            return kept
        if limit is None:
            return min(kept, driven(self._policy.driven, winter.kmh))
        return min(kmh, driven(self._policy.winter_lowered, winter.kmh)) if winter.kmh < limit.kmh else kept

    def _untagged(self, tags: Mapping[str, str], road_class: str) -> tuple[float, float]:
        """Give the speed without a limit, outside built-up areas and in them."""
        policy = self._policy
        if road_class == "track" and (grade := tags.get("tracktype", "")) in policy.track_kmh:
            return (policy.track_kmh[grade],) * 2
        kmh = policy.class_kmh[road_class]
        if matches(tags, self._unpaved_with_surface if "surface" in tags else policy.unpaved):
            kmh = min(kmh, policy.untagged_unpaved_kmh.get(road_class, kmh))
        return kmh, min(kmh, policy.untagged_built_up_kmh.get(road_class, kmh))

    def _ground_cap(self, tags: Mapping[str, str]) -> float:
        """Give the highest speed the ground allows, of a list the slowest part; a surface tells more than a grade."""
        cap = math.inf
        for key, table in self._policy.caps.items():
            if (text := tags.get(key)) is not None and not (key == "tracktype" and "surface" in tags):
                cap = min(cap, *(table.get(part.strip().lower(), math.inf) for part in text.split(";")))
        return cap


def driven(points: Sequence[tuple[float, float]], kmh: float) -> float:
    """Read a table of pairs at a speed: straight lines between the points, from (0, 0); beyond the last its share."""
    for (left, from_kmh), (right, to_kmh) in pairwise([(0.0, 0.0), *points]):
        if kmh <= right:
            return from_kmh + (to_kmh - from_kmh) * (kmh - left) / (right - left)
    last, last_kmh = points[-1]
    return kmh * last_kmh / last


def _directed(keys: Sequence[str], direction: str) -> Iterator[str]:
    for key in keys:
        yield f"{key}:{direction}"
        yield key
