"""What turn restrictions mean for a car: a pure reading of the relations, before any road is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from palveluverkko.osm.limits import read_conditional
from palveluverkko.osm.roads import Restriction

Holds = Callable[[str], bool | None]
"""Says whether a condition holds for the trips that are computed; None when it cannot be read."""

LeftOut = tuple[int, str]
"""Id of a relation that is not in force, and why: a slug, and after a colon what it is about (``no_member:from``).

``report/check_texts.py`` has a sentence for each slug in every language."""

# From the most general; the most special one that a relation carries counts.
_VEHICLES = ("", ":vehicle", ":motor_vehicle", ":motorcar")
_EXEMPT = {"motorcar", "motor_vehicle", "vehicle"}
_TURNS = {"left_turn", "right_turn", "straight_on", "u_turn", "entry", "exit"}
_LIFTED = {"none", "no", ""}
_DAYS_AND_HOURS = (("day_on", "day_off"), ("hour_on", "hour_off"))
_DATES = ("date_on", "date_off")


@dataclass(frozen=True)
class TurnRule:
    """A restriction that is in force for a car.

    Attributes
    ----------
    relation_id
        OSM id.
    mandatory
        False: this turn is forbidden (``no_``). True: every other one is (``only_``).
    turn
        left_turn, right_turn, straight_on, u_turn, entry or exit.
    from_ways, to_ways
        OSM ids, each given once.
    via_node
        OSM id of the node between them, or None.
    via_ways
        OSM ids of the ways between them, in any order, when there is no node.
    """

    relation_id: int
    mandatory: bool
    turn: str
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    via_node: int | None = None
    via_ways: tuple[int, ...] = ()


class _NotInForceError(Exception):
    """Carries the reason why a relation is left out."""


def read_turn_rules(
    restrictions: Iterable[Restriction], *, holds: Holds
) -> tuple[tuple[TurnRule, ...], tuple[LeftOut, ...]]:
    """Read relations as rules for a car; those without effect come with the reason.

    ``restriction:motorcar`` counts before ``restriction:motor_vehicle``, ``restriction:vehicle`` and ``restriction``;
    what holds only for other vehicles does not concern a car. A conditional value counts while its condition holds.
    """
    rules, left_out = [], []
    for restriction in restrictions:
        try:
            rules.append(_read(restriction, holds))
        except _NotInForceError as reason:
            left_out.append((restriction.relation_id, str(reason)))
    return tuple(rules), tuple(left_out)


def _read(restriction: Restriction, holds: Holds) -> TurnRule:
    tags = dict(restriction.tags)
    if _EXEMPT & {vehicle.strip() for vehicle in tags.get("except", "").split(";")}:
        raise _NotInForceError("except")
    value = _value(tags, holds)
    kind, _, turn = value.partition("_")
    if kind not in {"no", "only"} or turn not in _TURNS:
        raise _NotInForceError(f"unknown_value:{value}")
    members = _members(restriction)
    return TurnRule(restriction.relation_id, kind == "only", turn, *members)


def _value(tags: Mapping[str, str], holds: Holds) -> str:
    """Give the value in force: of the most special key, a conditional one first."""
    if tags.get("type", "").partition(":")[2] not in {"", *_EXEMPT}:
        raise _NotInForceError("other_vehicles")
    found = [key for vehicle in _VEHICLES for key in _keys(vehicle) if key in tags]
    if not found:
        raise _NotInForceError("other_vehicles")
    special = found[-1].removesuffix(":conditional")
    values = {key: tags[key] for key in (special, f"{special}:conditional") if key in tags}
    unreadable = False
    for value, condition in read_conditional(values.get(f"{special}:conditional", "")):
        verdict = holds(condition)
        unreadable |= verdict is None
        if verdict:
            return _in_force(value)
    if special in values:
        _check_times(tags, holds)
        return _in_force(values[special])
    raise _NotInForceError("unread_condition" if unreadable else "not_now")


def _keys(vehicle: str) -> Iterator[str]:
    yield f"restriction{vehicle}"
    yield f"restriction{vehicle}:conditional"


def _in_force(value: str) -> str:
    if value in _LIFTED:
        raise _NotInForceError("lifted")
    return value


def _check_times(tags: Mapping[str, str], holds: Holds) -> None:
    """Pass where the older tags for times (day_on, hour_on ...) hold or are absent."""
    if any(key in tags for key in _DATES):
        raise _NotInForceError("unread_dates")
    spans = []
    for on, off in _DAYS_AND_HOURS:
        if on in tags or off in tags:
            begin, end = tags.get(on, ""), tags.get(off, "")
            if on == "hour_on":
                begin, end = (_clock(one) for one in (begin, end))
            spans.append(f"{begin}-{end}")
    if not spans:
        return
    verdict = holds(" ".join(spans).lower())
    if verdict is None:
        raise _NotInForceError("unread_times")
    if not verdict:
        raise _NotInForceError("not_now")


def _clock(text: str) -> str:
    """Write hours as opening hours do: 7 is 07:00."""
    hours, _, minutes = text.strip().partition(":")
    return f"{hours.zfill(2)}:{minutes or '00'}"


def _members(restriction: Restriction) -> tuple[tuple[int, ...], tuple[int, ...], int | None, tuple[int, ...]]:
    """Give from, to, via node and via ways, each member once."""

    def ways(role: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(ref for kind, ref, own in restriction.members if (kind, own) == ("w", role)))

    nodes = tuple(dict.fromkeys(ref for kind, ref, own in restriction.members if (kind, own) == ("n", "via")))
    starts, ends, via_ways = ways("from"), ways("to"), ways("via")
    for role, found in (("from", starts), ("to", ends), ("via", via_ways or nodes)):
        if not found:
            raise _NotInForceError(f"no_member:{role}")
    if not via_ways and len(nodes) > 1:
        raise _NotInForceError("several_via_nodes")
    if set(via_ways) & {*starts, *ends}:
        raise _NotInForceError("restricts_itself")
    return starts, ends, None if via_ways else nodes[0], via_ways
