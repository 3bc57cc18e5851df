"""What the tags of a way mean for a car: a pure policy over the tables in ``profiles/car.toml``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain, pairwise

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import Season
from palveluverkko.osm.limits import Limit, read_conditional, read_duration
from palveluverkko.osm.policy import Policy, TurnDelays, Values

FERRY = "ferry"
_FORWARD, _BACKWARD = "forward", "backward"
_THROUGH, _LOCAL, _NONE = "through", "local", "none"
_SIGNED, _NATIONAL, _SURFACE, _DEFAULT, _DURATION = "signed", "national", "surface", "default", "duration"
_FROM_FIRMEST = (_SIGNED, _NATIONAL, _SURFACE, _DEFAULT)


@dataclass(frozen=True)
class Road:
    """What one combination of tags means for a car.

    Attributes
    ----------
    road_class
        Value of ``highway``, or ``"ferry"``.
    forward_kmh, backward_kmh
        Speed actually driven along and against the way; 0 where that direction is not permitted.
    local_access
        Drivable on the first and last leg only (private, destination, customers ...).
    snappable
        A point may be snapped here.
    crossing_minutes
        Ferries with a duration: the whole crossing with its wait; NaN otherwise.
    wait_minutes
        Ferries without a duration: the wait before length / speed; 0 otherwise.
    speed_source
        ``signed``, ``national`` (a code such as FI:urban), ``surface`` (the ground is slower than the limit),
        ``default`` (nothing tagged) or ``duration``. Where the directions differ, the later one in this order.
    tunnel
        The way runs in a tunnel.
    """

    road_class: str
    forward_kmh: float
    backward_kmh: float
    local_access: bool = False
    snappable: bool = True
    crossing_minutes: float = math.nan
    wait_minutes: float = 0.0
    speed_source: str = _DEFAULT
    tunnel: bool = False


@dataclass(frozen=True)
class CarProfile:
    """The car profile: which ways a car may use, how fast, in which direction.

    Attributes
    ----------
    season
        In winter the Finnish winter limits hold and unploughed roads are closed. Text is accepted.
    access_speed_kmh
        Speed of the access leg between a place and the road, and of the off-road spread; None: the table's value.
    max_access_metres
        Longest access leg; None: the table's value.

    Raises
    ------
    StudyError
        The season is not known, or a number cannot be a speed or a distance.

    Examples
    --------
    >>> CarProfile().road({"highway": "residential", "maxspeed": "60", "oneway": "yes"}).forward_kmh
    63.0
    """

    season: Season | str = Season.SUMMER
    access_speed_kmh: float | None = None
    max_access_metres: float | None = None
    _policy: Policy = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the tables and fill in their values."""
        policy = Policy.named("car")
        speed = policy.access_speed_kmh if self.access_speed_kmh is None else self.access_speed_kmh
        metres = policy.max_access_metres if self.max_access_metres is None else self.max_access_metres
        if not 0 < speed < math.inf:
            raise StudyError(f"access_speed_kmh is {speed:g}; give a speed above 0, such as 5.")
        if not 0 <= metres < math.inf:
            raise StudyError(f"max_access_metres is {metres:g}; give a distance of 0 or more, such as 1000.")
        object.__setattr__(self, "season", Season.parse(self.season))
        object.__setattr__(self, "access_speed_kmh", float(speed))
        object.__setattr__(self, "max_access_metres", float(metres))
        object.__setattr__(self, "_policy", policy)

    def fingerprint(self) -> str:
        """Give a sha256 in hex that changes with any table and any field of the profile."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        return hashlib.sha256(json.dumps([self._policy.digest, values], sort_keys=True).encode()).hexdigest()

    @property
    def turn_delays(self) -> TurnDelays:
        """What turning costs at a junction without signals."""
        return self._policy.turn_delays

    def holds(self, condition: str) -> bool | None:
        """Say whether the condition of a conditional tag holds in this season; None when it cannot be read."""
        return self._policy.conditions.holds(condition, Season(self.season))

    @property
    def way_tags(self) -> tuple[tuple[str, str], ...]:
        """Pairs of key and value of which a way must carry one to be a road or a ferry at all."""
        classes = chain(self._policy.untagged_kmh, self._policy.by_permission_kmh)
        return (*(("highway", road_class) for road_class in classes), ("route", FERRY))

    @property
    def relevant_keys(self) -> frozenset[str]:
        """Tag keys that the policy may read; all others can be dropped before asking."""
        policy = self._policy
        directed = ["maxspeed", *policy.winter_keys, *policy.access.keys]
        return frozenset(
            chain(
                ["highway", "route", "service", "duration", "interval", FERRY, "maxspeed:conditional"],
                (f"maxspeed:{direction}:conditional" for direction in (_FORWARD, _BACKWARD)),
                directed,
                (f"{key}:{direction}" for key in directed for direction in (_FORWARD, _BACKWARD)),
                policy.code_keys,
                policy.caps,
                chain.from_iterable(policy.closed.values()),
                [*policy.oneway.keys, policy.oneway.conditional, *policy.oneway.implied],
                policy.never_snap_tags,
                policy.tunnel,
                [*policy.ferry.other_users, *policy.ferry.vehicle_keys],
            )
        )

    def road(self, tags: Mapping[str, str]) -> Road | None:
        """Say what a way with these tags means for a car; None where cars may not drive."""
        road_class = _road_class(tags)
        if _matches(tags, self._policy.closed[Season(self.season)]):
            return None
        permission = self._permission(tags, road_class)
        along = self._directions(tags)
        permitted = tuple(direction for direction in along if permission[direction] != _NONE)
        if not permitted:
            return None
        local = any(permission[direction] == _LOCAL for direction in permitted)
        if road_class == FERRY:
            return self._ferry(tags, permitted, local=local)
        speeds = {direction: self._speed(tags, road_class, direction) for direction in permitted}
        tunnel = _matches(tags, self._policy.tunnel)
        return Road(
            road_class=road_class,
            forward_kmh=speeds.get(_FORWARD, (0.0, ""))[0],
            backward_kmh=speeds.get(_BACKWARD, (0.0, ""))[0],
            local_access=local,
            snappable=not tunnel
            and road_class not in self._policy.never_snap_classes
            and not _matches(tags, self._policy.never_snap_tags),
            speed_source=max((source for _, source in speeds.values()), key=_FROM_FIRMEST.index),
            tunnel=tunnel,
        )

    def rejected_speeds(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Give the texts of speed limits that cannot be read and were passed over."""
        keys = ("maxspeed", "maxspeed:forward", "maxspeed:backward")
        winter = chain(self._winter_texts(tags, _FORWARD), self._winter_texts(tags, _BACKWARD))
        texts = dict.fromkeys(chain((tags[key] for key in keys if key in tags), winter))
        return tuple(text for text in texts if self._policy.limits.read(text) is None)

    # --- who may drive

    def _permission(self, tags: Mapping[str, str], road_class: str) -> dict[str, str]:
        return {direction: self._permission_towards(tags, road_class, direction) for direction in (_FORWARD, _BACKWARD)}

    def _permission_towards(self, tags: Mapping[str, str], road_class: str, direction: str) -> str:
        """Give through, local or none: the most specific readable tag, else what the class implies."""
        policy = self._policy
        needs_sign = road_class in policy.by_permission_kmh or (
            road_class == "service" and tags.get("service") in policy.by_permission_service
        )
        if road_class != FERRY and road_class not in policy.untagged_kmh and not needs_sign:
            return _NONE
        for key in policy.access.sign_keys if needs_sign else policy.access.keys:
            for directed in (f"{key}:{direction}", key):
                if (verdict := self._verdict(tags.get(directed))) is not None:
                    return verdict
        if road_class == FERRY:
            return _THROUGH if self._carries_cars(tags) else _NONE
        return _NONE if needs_sign else _THROUGH

    def _verdict(self, value: str | None) -> str | None:
        """Classify the value of an access tag, the most generous part of a list; None when it is not known."""
        access = self._policy.access
        parts = [part.strip() for part in value.split(";")] if value else []
        for verdict, values in ((_THROUGH, access.through), (_LOCAL, access.local), (_NONE, access.none)):
            if any(part in values for part in parts):
                return verdict
        return None

    def _carries_cars(self, tags: Mapping[str, str]) -> bool:
        """Judge a ferry without any access tag for vehicles."""
        ferry = self._policy.ferry
        if tags.get(FERRY) in self._policy.untagged_kmh:
            return True
        if any(self._verdict(tags.get(key)) in (_THROUGH, _LOCAL) for key in ferry.vehicle_keys):
            return True
        return not any(key in tags for key in ferry.other_users)

    # --- in which direction

    def _directions(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        oneway = self._policy.oneway
        always = [
            value
            for value, condition in read_conditional(tags.get(oneway.conditional, ""))
            if condition in oneway.always
        ]
        for value in (*always, *(tags.get(key) for key in oneway.keys)):
            if value in oneway.forward:
                return (_FORWARD,)
            if value in oneway.backward:
                return (_BACKWARD,)
            if value in oneway.both:
                return (_FORWARD, _BACKWARD)
            if value in oneway.closed:
                return ()
        return (_FORWARD,) if _matches(tags, oneway.implied) else (_FORWARD, _BACKWARD)

    # --- how fast

    def _speed(self, tags: Mapping[str, str], road_class: str, direction: str) -> tuple[float, str]:
        """Give the speed driven and its source: the limit in force, else the class, never faster than the ground."""
        limit = self._limit(tags, road_class, direction)
        kmh, source = self._untagged(tags, road_class), _DEFAULT
        if limit is not None:
            kmh, source = self._driven(limit.kmh), _NATIONAL if limit.national else _SIGNED
        if self.season == Season.WINTER:
            winter = self._winter_limit(tags, direction, summer=limit)
            # Only ever slower: a winter limit above the summer one is a slip of the mapper.
            if winter is not None and self._driven(winter.kmh) < kmh:
                kmh, source = self._driven(winter.kmh), _NATIONAL if winter.national else _SIGNED
        cap = self._ground_cap(tags)
        return (cap, _SURFACE) if cap < kmh else (kmh, source)

    def _limit(self, tags: Mapping[str, str], road_class: str, direction: str) -> Limit | None:
        """Give the first tagged limit that names a number; None leaves the untagged speed."""
        policy = self._policy
        for key in (f"maxspeed:{direction}", "maxspeed", *policy.code_keys):
            limit = policy.limits.read(tags.get(key, ""))
            if limit is not None and limit.unlimited and road_class in policy.none_classes:
                return Limit(policy.none_kmh)
            if limit is not None and not math.isnan(limit.kmh):
                return limit
        return None

    def _winter_limit(self, tags: Mapping[str, str], direction: str, *, summer: Limit | None) -> Limit | None:
        """Give the tagged winter limit, else the national rule on the summer limit."""
        for text in self._winter_texts(tags, direction):
            limit = self._policy.limits.read(text)
            if limit is not None and not math.isnan(limit.kmh):
                return limit
        if summer is None or summer.kmh not in self._policy.winter_limits:
            return None
        return Limit(self._policy.winter_limits[summer.kmh], national=summer.national)

    def _winter_texts(self, tags: Mapping[str, str], direction: str) -> Iterator[str]:
        """Give the texts of winter limits for a direction, the most specific first."""
        for key in self._policy.winter_keys:
            yield from (tags[directed] for directed in (f"{key}:{direction}", key) if directed in tags)
        for key in (f"maxspeed:{direction}:conditional", "maxspeed:conditional"):
            for value, condition in read_conditional(tags.get(key, "")):
                if condition in self._policy.winter_conditions:
                    yield value

    def _untagged(self, tags: Mapping[str, str], road_class: str) -> float:
        policy = self._policy
        if road_class == "track" and tags.get("tracktype") in policy.track_kmh:
            return float(policy.track_kmh[tags["tracktype"]])
        return float({**policy.by_permission_kmh, **policy.untagged_kmh}[road_class])

    def _driven(self, limit_kmh: float) -> float:
        """Turn a limit into the speed driven: straight lines between the points of the table."""
        for (limit, driven), (next_limit, next_driven) in pairwise([(0.0, 0.0), *self._policy.driven]):
            if limit_kmh <= next_limit:
                return driven + (next_driven - driven) * (limit_kmh - limit) / (next_limit - limit)
        last_limit, last_driven = self._policy.driven[-1]
        return limit_kmh * last_driven / last_limit

    def _ground_cap(self, tags: Mapping[str, str]) -> float:
        """Give the highest speed that surface, tracktype and smoothness allow; of a list the slowest part."""
        parts = ((key, part.strip()) for key in self._policy.caps for part in tags.get(key, "").split(";"))
        return min((float(self._policy.caps[key].get(part, math.inf)) for key, part in parts), default=math.inf)

    def _ferry(self, tags: Mapping[str, str], permitted: Sequence[str], *, local: bool) -> Road:
        ferry = self._policy.ferry
        limits = {direction: self._limit(tags, FERRY, direction) for direction in permitted}
        speeds = {towards: ferry.speed_kmh if limit is None else limit.kmh for towards, limit in limits.items()}
        wait = ferry.wait_minutes
        if not math.isnan(interval := read_duration(tags.get("interval", ""))):
            wait = min(interval / 2, ferry.most_wait_minutes)
        crossing = read_duration(tags.get("duration", "")) + wait
        known = not math.isnan(crossing)
        return Road(
            road_class=FERRY,
            forward_kmh=float(speeds.get(_FORWARD, 0.0)),
            backward_kmh=float(speeds.get(_BACKWARD, 0.0)),
            local_access=local,
            snappable=False,
            crossing_minutes=crossing if known else math.nan,
            wait_minutes=0.0 if known else float(wait),
            speed_source=_DURATION if known else _DEFAULT if None in limits.values() else _SIGNED,
        )


def _road_class(tags: Mapping[str, str]) -> str:
    return FERRY if tags.get("route") == FERRY else tags.get("highway", "")


def _matches(tags: Mapping[str, str], values: Values) -> bool:
    return any(tags.get(key) in accepted for key, accepted in values.items())
