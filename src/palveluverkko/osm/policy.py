"""The tables of a profile, read from TOML into typed values."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palveluverkko.domain.travel import Season
from palveluverkko.osm.conditions import Conditions
from palveluverkko.osm.limits import LimitReader
from palveluverkko.osm.spots import SpotPolicy
from palveluverkko.osm.tables import car_tables, read_tables

Values = Mapping[str, Sequence[str]]
"""Tag key → the values that count."""


@dataclass(frozen=True)
class Oneway:
    """How the direction of a way is tagged; keys from the most specific."""

    keys: Sequence[str]
    forward: Sequence[str]
    backward: Sequence[str]
    both: Sequence[str]
    closed: Sequence[str]
    implied: Values


@dataclass(frozen=True)
class Access:
    """How permission is tagged; keys from the most specific."""

    keys: Sequence[str]
    sign_keys: Sequence[str]
    through: Sequence[str]
    local: Sequence[str]
    none: Sequence[str]


@dataclass(frozen=True)
class Ferry:
    """Which ferries carry cars, how fast and after which wait."""

    speed_kmh: float
    wait_minutes: float
    most_wait_minutes: float
    quay_metres: float
    other_users: Sequence[str]
    vehicle_keys: Sequence[str]


@dataclass(frozen=True)
class BuiltUp:
    """Where streets are so dense that the speeds of built-up areas hold.

    Attributes
    ----------
    classes
        Values of ``highway`` that count as streets.
    radius_metres
        Within which their length is measured.
    km_per_km2
        From this density on an area is built up.
    """

    classes: tuple[str, ...]
    radius_metres: float
    km_per_km2: float


@dataclass(frozen=True)
class TurnDelays:
    """What a turn costs at a junction without signals, for roads of some classes.

    Attributes
    ----------
    left_seconds
        A left turn across the oncoming traffic of the own road.
    right_seconds
        A right turn.
    classes
        Values of ``highway`` whose turns cost this; others cost nothing.
    """

    left_seconds: float
    right_seconds: float
    classes: tuple[str, ...]


Points = Sequence[tuple[float, float]]
"""Pairs of a table that is read along straight lines."""


@dataclass(frozen=True)
class Policy:
    """Every table of a profile; the TOML file explains and sources each."""

    class_kmh: Mapping[str, float]
    by_permission: frozenset[str]
    by_permission_service: frozenset[str]
    untagged_built_up_kmh: Mapping[str, float]
    untagged_unpaved_kmh: Mapping[str, float]
    unpaved: Values
    track_kmh: Mapping[str, float]
    built_up: BuiltUp
    driven: Points
    none_kmh: float
    none_classes: Sequence[str]
    limit_keys: Sequence[str]
    code_keys: Sequence[str]
    variable_keys: Sequence[str]
    limits: LimitReader
    winter_limits: Mapping[float, float]
    winter_country: str
    winter_kept_where_separated: Sequence[float]
    winter_separated_classes: Sequence[str]
    winter_keys: Sequence[str]
    winter_kept: Points
    winter_lowered: Points
    caps: Mapping[str, Mapping[str, float]]
    no_cap: Values
    access: Access
    closed: Mapping[Season, Values]
    seasonal: Mapping[str, Sequence[str]]
    oneway: Oneway
    never_snap_classes: Sequence[str]
    never_snap_tags: Values
    tunnel: Values
    ferry: Ferry
    access_speed_kmh: float
    max_access_metres: float
    arrival_seconds: float
    conditions: Conditions
    turn_delays: TurnDelays
    spots: SpotPolicy
    digest: str

    @classmethod
    def read(cls, own: Path | None = None) -> Policy:
        """Read the tables of the package, with those of a file laid over them where one is given.

        Raises
        ------
        StudyError
            The file cannot be read, or holds what does not fit.
        """
        return _of_package() if own is None else cls.from_document(read_tables(own))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Policy:
        """Make the tables of a document whose keys and values were checked."""
        signed, winter, snapping = document["signed"], document["winter"], document["snapping"]
        door = document["service_point"]
        return cls(
            class_kmh=_floats({**document["by_permission_kmh"], **document["untagged_kmh"]}),
            by_permission=frozenset(document["by_permission_kmh"]),
            by_permission_service=frozenset(document["by_permission_service"]["values"]),
            untagged_built_up_kmh=_floats(document["untagged_built_up_kmh"]),
            untagged_unpaved_kmh=_floats(document["untagged_unpaved_kmh"]),
            unpaved=document["unpaved"],
            track_kmh=_floats(document["track_kmh"]),
            built_up=BuiltUp(**{**document["built_up"], "classes": tuple(document["built_up"]["classes"])}),
            driven=_points(signed["driven"]),
            none_kmh=float(signed["none_kmh"]),
            none_classes=signed["none_classes"],
            limit_keys=signed["limit_keys"],
            code_keys=signed["code_keys"],
            variable_keys=signed["variable_keys"],
            limits=LimitReader(
                units=document["units"],
                national=document["national"],
                unset_words=signed["unset_words"],
                lowest_kmh=signed["lowest_kmh"],
                highest_kmh=signed["highest_kmh"],
                walk_kmh=signed["walk_kmh"],
            ),
            winter_limits=dict(_points(winter["limits"])),
            winter_country=winter["country"],
            winter_kept_where_separated=winter["kept_where_separated"],
            winter_separated_classes=winter["separated_classes"],
            winter_keys=winter["keys"],
            winter_kept=_points(winter["kept"]),
            winter_lowered=_points(winter["lowered"]),
            caps={key: _floats(document[f"{key}_kmh"]) for key in ("surface", "tracktype", "smoothness")},
            no_cap=document["no_cap"],
            access=Access(**document["access"]),
            closed={season: _merged(document["closed"]["always"], document["closed"][season]) for season in Season},
            seasonal=document["seasonal"],
            oneway=Oneway(**document["oneway"]),
            never_snap_classes=snapping["never_classes"],
            never_snap_tags=snapping["never_tags"],
            tunnel=document["tunnel"],
            ferry=Ferry(**document["ferry"]),
            access_speed_kmh=document["access_leg"]["speed_kmh"],
            max_access_metres=document["access_leg"]["most_metres"],
            arrival_seconds=door["parking_seconds"] + door["walk_metres"] * 3.6 / door["walk_kmh"],
            conditions=Conditions.from_document(document),
            turn_delays=TurnDelays(
                left_seconds=float(document["turns"]["left_seconds"]),
                right_seconds=float(document["turns"]["right_seconds"]),
                classes=tuple(document["turns"]["classes"]),
            ),
            spots=SpotPolicy.from_document(document),
            digest=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
        )

    def is_out_of_season(self, tags: Mapping[str, str], season: Season) -> bool:
        """Say whether ``seasonal`` names seasons, and only others; a word that is not known says nothing."""
        if "seasonal" not in tags:
            return False
        words = [word.strip().lower() for word in tags["seasonal"].replace(",", ";").split(";") if word.strip()]
        known = {word for listed in self.seasonal.values() for word in listed}
        return bool(words) and known.issuperset(words) and not set(words) & set(self.seasonal[season])


@functools.cache
def _of_package() -> Policy:
    return Policy.from_document(car_tables())


def matches(tags: Mapping[str, str], values: Values) -> bool:
    """Say whether a tag has one of the values of its key."""
    return any(tags.get(key) in accepted for key, accepted in values.items())


def _floats(table: Mapping[str, float]) -> dict[str, float]:
    return {key: float(value) for key, value in table.items()}


def _points(pairs: Sequence[Sequence[float]]) -> Points:
    return sorted((float(left), float(right)) for left, right in pairs)


def _merged(one: Values, other: Values) -> Values:
    return {key: [*one.get(key, []), *other.get(key, [])] for key in {**one, **other}}
