"""The tables of a profile, read from TOML into typed values."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from palveluverkko.domain.travel import Season
from palveluverkko.osm.conditions import Conditions
from palveluverkko.osm.limits import LimitReader

Values = Mapping[str, Sequence[str]]
"""Tag key → the values that count."""


@dataclass(frozen=True)
class Oneway:
    """How the direction of a way is tagged; keys from the most specific."""

    keys: Sequence[str]
    conditional: str
    always: Sequence[str]
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
    other_users: Sequence[str]
    vehicle_keys: Sequence[str]


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


@dataclass(frozen=True)
class Policy:
    """Every table of a profile; the TOML file explains and sources each."""

    untagged_kmh: Mapping[str, float]
    by_permission_kmh: Mapping[str, float]
    by_permission_service: Sequence[str]
    track_kmh: Mapping[str, float]
    driven: Sequence[tuple[float, float]]
    none_kmh: float
    none_classes: Sequence[str]
    code_keys: Sequence[str]
    limits: LimitReader
    winter_limits: Mapping[float, float]
    winter_keys: Sequence[str]
    winter_conditions: Sequence[str]
    caps: Mapping[str, Mapping[str, float]]
    access: Access
    closed: Mapping[Season, Values]
    oneway: Oneway
    never_snap_classes: Sequence[str]
    never_snap_tags: Values
    tunnel: Values
    ferry: Ferry
    access_speed_kmh: float
    max_access_metres: float
    conditions: Conditions
    turn_delays: TurnDelays
    digest: str

    @classmethod
    def named(cls, name: str) -> Policy:
        """Read the tables of a profile of ours."""
        text = resources.files(__package__).joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
        return cls._from_document(tomllib.loads(text))

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> Policy:
        signed, winter, snapping = document["signed"], document["winter"], document["snapping"]
        return cls(
            untagged_kmh=document["untagged_kmh"],
            by_permission_kmh=document["by_permission_kmh"],
            by_permission_service=document["by_permission_service"]["values"],
            track_kmh=document["track_kmh"],
            driven=[(float(limit), float(driven)) for limit, driven in signed["driven"]],
            none_kmh=signed["none_kmh"],
            none_classes=signed["none_classes"],
            code_keys=signed["code_keys"],
            limits=LimitReader(
                units=document["units"],
                national=document["national"],
                unset_words=signed["unset_words"],
                lowest_kmh=signed["lowest_kmh"],
                highest_kmh=signed["highest_kmh"],
                walk_kmh=signed["walk_kmh"],
            ),
            winter_limits={float(summer): float(kmh) for summer, kmh in winter["limits"]},
            winter_keys=winter["keys"],
            winter_conditions=winter["conditions"],
            caps={key: document[f"{key}_kmh"] for key in ("surface", "tracktype", "smoothness")},
            access=Access(**document["access"]),
            closed={season: _merged(document["closed"]["always"], document["closed"][season]) for season in Season},
            oneway=Oneway(**document["oneway"]),
            never_snap_classes=snapping["never_classes"],
            never_snap_tags=snapping["never_tags"],
            tunnel=document["tunnel"],
            ferry=Ferry(**document["ferry"]),
            access_speed_kmh=document["access_leg"]["speed_kmh"],
            max_access_metres=document["access_leg"]["most_metres"],
            conditions=Conditions.from_document(document),
            turn_delays=TurnDelays(
                left_seconds=float(document["turns"]["left_seconds"]),
                right_seconds=float(document["turns"]["right_seconds"]),
                classes=tuple(document["turns"]["classes"]),
            ),
            digest=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
        )


def _merged(one: Values, other: Values) -> Values:
    return {key: [*one.get(key, []), *other.get(key, [])] for key in {**one, **other}}
