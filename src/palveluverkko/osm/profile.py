"""What the tags of a way mean for a car: a pure policy over the tables in ``profiles/car.toml``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import Season
from palveluverkko.osm.ferry_overrides import FerryOverride, check_overrides
from palveluverkko.osm.limits import read_conditional, read_duration
from palveluverkko.osm.policy import BuiltUp, Policy, TurnDelays
from palveluverkko.osm.policy import matches as _matches
from palveluverkko.osm.speeds import BACKWARD, DEFAULT, FORWARD, NATIONAL, SIGNED, SURFACE, SpeedRules
from palveluverkko.osm.spots import JunctionDelays, Spot

FERRY = "ferry"
_THROUGH, _LOCAL, _NONE = "through", "local", "none"
DURATION = "duration"
"""Speed source of a ferry whose minutes are known."""
_FROM_FIRMEST = (SIGNED, NATIONAL, SURFACE, DEFAULT)


@dataclass(frozen=True)
class Road:
    """What one combination of tags means for a car.

    Attributes
    ----------
    road_class
        Value of ``highway``, or ``"ferry"``.
    forward_kmh, backward_kmh
        Speed actually driven along and against the way, in Finland and outside built-up areas; 0 where that direction
        is not permitted.
    local_access
        Drivable on the first and last leg only (private, destination, customers ...).
    snappable
        A point may be snapped here.
    crossing_minutes
        Ferries with a duration: the whole crossing with its wait, or in roads that were read the part of it that a
        piece takes; NaN otherwise.
    wait_minutes
        Ferries without a duration: the wait before length / speed; 0 otherwise.
    speed_source
        ``signed``, ``national`` (a code such as FI:urban), ``surface`` (the ground is slower than the limit),
        ``default`` (nothing tagged) or ``duration``. Where the directions differ, the later one in this order.
    tunnel
        The way runs in a tunnel.
    built_up_kmh
        Both speeds in built-up areas; None where they are the same.
    abroad_kmh
        Both speeds outside Finland; None where they are the same.
    roundabout
        The way is the ring of a roundabout: who drives on it has priority.
    """

    road_class: str
    forward_kmh: float
    backward_kmh: float
    local_access: bool = False
    snappable: bool = True
    crossing_minutes: float = math.nan
    wait_minutes: float = 0.0
    speed_source: str = DEFAULT
    tunnel: bool = False
    built_up_kmh: tuple[float, float] | None = None
    abroad_kmh: tuple[float, float] | None = None
    roundabout: bool = False


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
    tables
        A TOML file with the tables of ``car.toml`` that are to be otherwise, key by key; None: as the package has them.
    ferries
        Waits, crossing times and closures that are otherwise than in OpenStreetMap; tables of keys and values are
        accepted.

    Raises
    ------
    StudyError
        The season is not known, a number cannot be a speed or a distance, or the tables or the ferries do not fit.

    Examples
    --------
    >>> CarProfile().road({"highway": "residential", "maxspeed": "60", "oneway": "yes"}).forward_kmh
    63.0
    """

    season: Season | str = Season.SUMMER
    access_speed_kmh: float | None = None
    max_access_metres: float | None = None
    tables: Path | str | None = field(default=None, compare=False)
    ferries: Sequence[FerryOverride | Mapping[str, object]] = ()
    _digest: str = field(init=False, repr=False)
    _policy: Policy = field(init=False, repr=False, compare=False)
    _speeds: SpeedRules = field(init=False, repr=False, compare=False)
    _access_keys: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _any_access_key: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the tables and fill in their values."""
        policy = Policy.read(None if self.tables is None else Path(self.tables))
        speed = policy.access_speed_kmh if self.access_speed_kmh is None else self.access_speed_kmh
        metres = policy.max_access_metres if self.max_access_metres is None else self.max_access_metres
        if not 0 < speed < math.inf:
            raise StudyError(f"access_speed_kmh is {speed:g}; give a speed above 0, such as 5.")
        if not 0 <= metres < math.inf:
            raise StudyError(f"max_access_metres is {metres:g}; give a distance of 0 or more, such as 1000.")
        object.__setattr__(self, "season", Season.parse(self.season))
        object.__setattr__(self, "access_speed_kmh", float(speed))
        object.__setattr__(self, "max_access_metres", float(metres))
        object.__setattr__(self, "ferries", check_overrides(self.ferries))
        object.__setattr__(self, "_digest", policy.digest)
        object.__setattr__(self, "_policy", policy)
        object.__setattr__(self, "_speeds", SpeedRules(policy, Season(self.season)))
        # Most specific first, and what holds now before what holds always.
        directed = {
            one: tuple(
                f"{key}{way}{condition}"
                for key in policy.access.keys
                for way in (f":{one}", "")
                for condition in (":conditional", "")
            )
            for one in (FORWARD, BACKWARD)
        }
        object.__setattr__(self, "_access_keys", directed)
        object.__setattr__(self, "_any_access_key", frozenset(chain.from_iterable(directed.values())))

    def fingerprint(self) -> str:
        """Give a sha256 in hex that changes with any table and any field of the profile."""
        values = {name: getattr(self, name) for name in ("season", "access_speed_kmh", "max_access_metres")}
        if self.ferries:
            values["ferries"] = self.ferries_digest
        return hashlib.sha256(json.dumps([self._policy.digest, values], sort_keys=True).encode()).hexdigest()

    @property
    def own_tables(self) -> str:
        """A name for the tables of this profile where they are not those of the package; else empty."""
        return "" if self._policy.digest == Policy.read().digest else self._policy.digest

    @property
    def ferry_overrides(self) -> tuple[FerryOverride, ...]:
        """What is otherwise on ferries, checked."""
        return check_overrides(self.ferries)

    @property
    def ferries_digest(self) -> str:
        """A sha256 in hex of what is otherwise on ferries, in any order; an empty text for nothing."""
        if not self.ferries:
            return ""
        rows = sorted(json.dumps(asdict(one), sort_keys=True) for one in self.ferry_overrides)
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()

    @property
    def arrival_seconds(self) -> float:
        """Time to park at a service point and to walk in."""
        return self._policy.arrival_seconds

    @property
    def built_up(self) -> BuiltUp:
        """What counts as a built-up area."""
        return self._policy.built_up

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
        return (*(("highway", road_class) for road_class in self._policy.class_kmh), ("route", FERRY))

    @property
    def relevant_keys(self) -> frozenset[str]:
        """Tag keys that the policy may read; all others can be dropped before asking."""
        policy = self._policy
        return frozenset(
            chain(
                ["highway", "route", "service", "duration", "interval", "opening_hours", "seasonal", FERRY],
                self._speeds.keys,
                self._any_access_key,
                chain.from_iterable(policy.closed.values()),
                (f"{key}{condition}" for key in policy.oneway.keys for condition in ("", ":conditional")),
                policy.oneway.implied,
                policy.never_snap_tags,
                policy.tunnel,
                [*policy.ferry.other_users, *policy.ferry.vehicle_keys],
            )
        )

    @property
    def ferry_user_keys(self) -> frozenset[str]:
        """Tag keys that say whom a ferry carries."""
        ferry = self._policy.ferry
        return self._any_access_key | {FERRY, *ferry.other_users, *ferry.vehicle_keys}

    @property
    def quay_metres(self) -> float:
        """What is shorter between two roads, and goes on as a longer crossing, is no crossing of its own."""
        return float(self._policy.ferry.quay_metres)

    def ferry_minutes(self, tags: Mapping[str, str]) -> tuple[float, float, bool]:
        """Give the minutes of ``duration`` (NaN for none), those of the wait, and whether ``interval`` tells these."""
        ferry = self._policy.ferry
        interval = read_duration(tags.get("interval", ""))
        by_interval = not math.isnan(interval)
        wait = min(interval / 2, ferry.most_wait_minutes) if by_interval else ferry.wait_minutes
        return read_duration(tags.get("duration", "")), float(wait), by_interval

    def road(self, tags: Mapping[str, str]) -> Road | None:
        """Say what a way with these tags means for a car; None where cars may not drive."""
        road_class = _road_class(tags)
        season = Season(self.season)
        if _matches(tags, self._policy.closed[season]) or self._policy.is_out_of_season(tags, season):
            return None
        permission = self._permission(tags, road_class)
        along = self._directions(tags)
        permitted = tuple(direction for direction in along if permission[direction] != _NONE)
        if not permitted:
            return None
        local = any(permission[direction] == _LOCAL for direction in permitted)
        if road_class == FERRY:
            return self._ferry(tags, permitted, local=local)
        separated = len(along) == 1 and not _matches(tags, {"junction": ("roundabout", "circular")})
        speeds = self._speeds.speeds(tags, road_class, permitted, separated=separated)
        forward, backward = speeds.get(FORWARD), speeds.get(BACKWARD)
        kmh = (forward.kmh if forward else 0.0, backward.kmh if backward else 0.0)
        built_up = (forward.built_up_kmh if forward else 0.0, backward.built_up_kmh if backward else 0.0)
        abroad = (forward.abroad_kmh if forward else 0.0, backward.abroad_kmh if backward else 0.0)
        tunnel = _matches(tags, self._policy.tunnel)
        return Road(
            road_class=road_class,
            forward_kmh=kmh[0],
            backward_kmh=kmh[1],
            built_up_kmh=built_up if built_up != kmh else None,
            abroad_kmh=abroad if abroad != kmh else None,
            local_access=local,
            snappable=not tunnel
            and road_class not in self._policy.never_snap_classes
            and not _matches(tags, self._policy.never_snap_tags),
            speed_source=max((speed.source for speed in speeds.values()), key=_FROM_FIRMEST.index),
            tunnel=tunnel,
            roundabout=tags.get("junction") in self._policy.oneway.implied.get("junction", ()),
        )

    @property
    def spot_keys(self) -> frozenset[str]:
        """Tag keys of nodes that the policy may read."""
        return self._policy.spots.keys

    @property
    def junction_delays(self) -> JunctionDelays:
        """Delays at junctions by the rank of the roads that meet."""
        return self._policy.spots.junction

    def spot(self, tags: Mapping[str, str]) -> Spot | None:
        """Say what a node on a road with these tags means for a car; None where it means nothing."""
        return self._policy.spots.spot(tags)

    def rejected_speeds(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Give the texts of speed limits that cannot be read and were passed over."""
        return tuple(dict.fromkeys(text for _, text in self._speeds.rejected(tags)))

    def rejected_tags(self, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Give every key of a way with the value of which nothing could be made, and which was passed over.

        Limits, the ground, access by direction and condition, the direction of traffic, and the times of ferries.
        """
        found = [*self._speeds.rejected(tags), *self._speeds.rejected_ground(tags), *self._rejected_access(tags)]
        oneway = self._policy.oneway
        known = {*oneway.forward, *oneway.backward, *oneway.both, *oneway.closed}
        for key in oneway.keys:
            if key in tags and tags[key] not in known:
                found.append((key, tags[key]))
            found += self._unread(tags, f"{key}:conditional", lambda value: value if value in known else None)
        if _road_class(tags) == FERRY:
            times = [key for key in ("duration", "interval") if key in tags]
            found += [(key, tags[key]) for key in times if math.isnan(read_duration(tags[key]))]
        return tuple(dict.fromkeys(found))

    def rejected_spot_tags(self, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Give every access key of a node with a value of which nothing could be made."""
        return tuple(self._rejected_access({key: tags[key] for key in self._policy.access.keys if key in tags}))

    def _rejected_access(self, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for key in sorted(self._any_access_key.intersection(tags)):
            if key.endswith(":conditional"):
                yield from self._unread(tags, key, self._verdict)
            elif self._verdict(tags[key]) is None:
                yield key, tags[key]

    def _unread(self, tags: Mapping[str, str], key: str, read: Callable[[str], object]) -> Iterator[tuple[str, str]]:
        if key in tags:
            for text in self._policy.conditions.unread(tags[key], Season(self.season), read):
                yield key, text

    # --- who may drive

    def _permission(self, tags: Mapping[str, str], road_class: str) -> dict[str, str]:
        """Give through, local or none by direction: the most specific readable tag, else what the class implies."""
        policy = self._policy
        needs_sign = road_class in policy.by_permission or (
            road_class == "service" and tags.get("service") in policy.by_permission_service
        )
        if road_class == FERRY:
            implied = _THROUGH if self._carries_cars(tags) else _NONE
        elif road_class in policy.class_kmh and not needs_sign:
            implied = _THROUGH
        elif needs_sign:
            implied = _NONE
        else:
            return {FORWARD: _NONE, BACKWARD: _NONE}
        if self._any_access_key.isdisjoint(tags):
            return {FORWARD: implied, BACKWARD: implied}
        return {
            direction: self._tagged_permission(tags, keys, needs_sign=needs_sign) or implied
            for direction, keys in self._access_keys.items()
        }

    def _tagged_permission(self, tags: Mapping[str, str], keys: Sequence[str], *, needs_sign: bool) -> str | None:
        otherwise = None
        for key in keys:
            if key not in tags or (needs_sign and key.split(":")[0] not in self._policy.access.sign_keys):
                continue
            if key.endswith(":conditional"):
                entries = list(read_conditional(tags[key]))
                values = [value for value, condition in entries if self.holds(condition)]
                verdicts = [verdict for value in values if (verdict := self._verdict(value))]
                if verdicts:
                    return verdicts[-1]
                if entries and all(self._opens_for_a_season(*entry) for entry in entries):
                    otherwise = _NONE  # "yes @ winter" would say nothing of a road that is open all year
            elif (verdict := self._verdict(tags[key])) is not None:
                return verdict
        return otherwise

    def _opens_for_a_season(self, value: str, condition: str) -> bool:
        return self._verdict(value) in (_THROUGH, _LOCAL) and self._policy.conditions.names_season(condition)

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
        if tags.get(FERRY) in self._policy.class_kmh:
            return True
        if any(self._verdict(tags.get(key)) in (_THROUGH, _LOCAL) for key in ferry.vehicle_keys):
            return True
        return not any(key in tags for key in ferry.other_users)

    # --- in which direction

    def _directions(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        oneway = self._policy.oneway
        for key in oneway.keys:
            conditional = read_conditional(tags.get(f"{key}:conditional", ""))
            now = [value for value, condition in conditional if self.holds(condition)]
            for value in (*reversed(now), tags.get(key)):
                if value in oneway.forward:
                    return (FORWARD,)
                if value in oneway.backward:
                    return (BACKWARD,)
                if value in oneway.both:
                    return (FORWARD, BACKWARD)
                if value in oneway.closed:
                    return ()
        return (FORWARD,) if _matches(tags, oneway.implied) else (FORWARD, BACKWARD)

    # --- how fast

    def _ferry(self, tags: Mapping[str, str], permitted: Sequence[str], *, local: bool) -> Road:
        ferry = self._policy.ferry
        limits = {direction: self._speeds.limit(tags, FERRY, direction) for direction in permitted}
        speeds = {towards: ferry.speed_kmh if limit is None else limit.kmh for towards, limit in limits.items()}
        duration, wait, _ = self.ferry_minutes(tags)
        crossing = duration + wait
        known = not math.isnan(crossing)
        return Road(
            road_class=FERRY,
            forward_kmh=float(speeds.get(FORWARD, 0.0)),
            backward_kmh=float(speeds.get(BACKWARD, 0.0)),
            local_access=local,
            snappable=False,
            crossing_minutes=crossing if known else math.nan,
            wait_minutes=0.0 if known else wait,
            speed_source=DURATION if known else DEFAULT if None in limits.values() else SIGNED,
        )


def _road_class(tags: Mapping[str, str]) -> str:
    return FERRY if tags.get("route") == FERRY else tags.get("highway", "")
