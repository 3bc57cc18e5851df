"""What the tags of a node on a road mean for a car: a pure policy over three tables of ``profiles/car.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palveluverkko.domain.errors import StudyError

THROUGH, LOCAL, NONE = "through", "local", "none"
"""Who passes a spot: everybody, trips on their first or last leg only, nobody."""

SIGNALS, PEDESTRIAN_SIGNALS = "traffic_signals", "pedestrian_signals"
STOP, GIVE_WAY = "stop", "give_way"
CROSSING, LEVEL_CROSSING = "crossing", "level_crossing"
MINI_ROUNDABOUT = "mini_roundabout"
_NO_ENTRY = "access"

_HIGHWAYS = (SIGNALS, STOP, GIVE_WAY, CROSSING, MINI_ROUNDABOUT)
_U_TURNS = ("turning_circle", "turning_loop", MINI_ROUNDABOUT)
_SIGNS = (STOP, GIVE_WAY)
_TRACKS = (LEVEL_CROSSING, "tram_level_crossing")
_OPEN = "no"
_FORWARD, _BACKWARD, _BOTH = "forward", "backward", "both"
_MOST = 3600


@dataclass(frozen=True)
class Spot:
    """What stands on a node of a road, for a car.

    Attributes
    ----------
    kind
        ``traffic_signals``, ``pedestrian_signals``, ``stop``, ``give_way``, ``crossing``, ``level_crossing``,
        ``mini_roundabout``, ``turning_circle``, ``turning_loop``, the value of ``barrier``, or ``access`` for a sign
        of its own. Of several the one that lets fewest pass, then the one that takes longest.
    forward_seconds, backward_seconds
        Delay of those who arrive at it along the way, and against it.
    passage
        ``through``, ``local`` (first and last leg of a trip) or ``none``.
    u_turn
        One may turn round here.
    towards_junction
        A sign that does not say whom it faces: those who drive towards the nearer junction.
    """

    kind: str
    forward_seconds: float = 0.0
    backward_seconds: float = 0.0
    passage: str = THROUGH
    u_turn: bool = False
    towards_junction: bool = False

    @property
    def cuts_road(self) -> bool:
        """Whether not everybody passes."""
        return self.passage != THROUGH


@dataclass(frozen=True)
class JunctionDelays:
    """Delays at junctions without signals, by the rank of the roads that meet.

    Attributes
    ----------
    lower_seconds
        For arriving where a road of a higher rank or a roundabout goes by.
    equal_seconds
        For arriving where three or more roads of one rank meet and none is higher.
    signals_metres
        Signals, and signs that tell one to wait, stand for all that follows within this way.
    ranks
        Road classes, the lowest rank first. A class in none of them has the lowest.
    unhurried_ranks
        Among so many of the lowest ranks alone nobody waits: their speed is that of looking round.
    merging_classes
        One joins these without waiting.
    """

    lower_seconds: float
    equal_seconds: float
    signals_metres: float
    ranks: Sequence[Sequence[str]]
    unhurried_ranks: int
    merging_classes: Sequence[str]

    def rank(self, road_class: str) -> int:
        """Give the rank of a road class, 0 for the lowest."""
        return next((rank for rank, classes in enumerate(self.ranks) if road_class in classes), 0)


@dataclass(frozen=True)
class SpotPolicy:
    """The tables ``delays``, ``junction`` and ``barriers`` of a profile, and the access values they share with ways."""

    delays: Mapping[str, float]
    junction: JunctionDelays
    unmarked_crossings: Sequence[str]
    barriers_through: Sequence[str]
    barriers_local: Sequence[str]
    locked: Sequence[str]
    access_keys: Sequence[str]
    access_values: Mapping[str, Sequence[str]]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SpotPolicy:
        """Take the tables from a profile.

        Raises
        ------
        StudyError
            A delay is not a number of seconds, or too long to be one.
        """
        access, barriers = document["access"], document["barriers"]
        junction = JunctionDelays(**document["junction"])
        delays = dict(document["delays"])
        unmarked = delays.pop("unmarked_crossings")
        numbers = {f"delays.{key}": value for key, value in delays.items()} | {
            f"junction.{key}": getattr(junction, key) for key in ("lower_seconds", "equal_seconds", "signals_metres")
        }
        for name, value in numbers.items():
            if not isinstance(value, (int, float)) or not 0 <= value <= _MOST:
                raise StudyError(f"{name} is {value!r} in the profile; give a number from 0 to {_MOST}.")
        return cls(
            delays=delays,
            junction=junction,
            unmarked_crossings=unmarked,
            barriers_through=barriers["through"],
            barriers_local=barriers["local"],
            locked=barriers["locked"],
            access_keys=access["keys"],
            access_values={passage: access[passage] for passage in (THROUGH, LOCAL, NONE)},
        )

    @property
    def keys(self) -> frozenset[str]:
        """Tag keys of nodes that the policy may read."""
        named = ["highway", "railway", "crossing", "crossing:signals", "barrier", "locked"]
        return frozenset([*named, "direction", "traffic_signals:direction", *self.access_keys])

    def spot(self, tags: Mapping[str, str]) -> Spot | None:
        """Say what a node with these tags means; None where it means nothing."""
        passage, barrier = self._barrier(tags)
        kinds = [kind for kind in (self._waiting(tags), _on_rails(tags)) if kind]
        if barrier and passage == THROUGH:
            kinds.append(barrier)
        longest = max(kinds, key=lambda kind: self.delays.get(kind, 0.0), default="")
        turning = tags.get("highway", "")
        kind = barrier if passage != THROUGH else longest or (turning if turning in _U_TURNS else "")
        if not kind:
            return None
        # What shuts out everybody delays nobody.
        seconds = 0.0 if passage == NONE else float(max(self.delays.get(one, 0.0) for one in [kind, *kinds]))
        towards = _towards(tags, longest)
        return Spot(
            kind=kind,
            forward_seconds=0.0 if towards == _BACKWARD else seconds,
            backward_seconds=0.0 if towards == _FORWARD else seconds,
            passage=passage,
            u_turn=turning in _U_TURNS,
            towards_junction=longest in _SIGNS and not towards,
        )

    def _waiting(self, tags: Mapping[str, str]) -> str:
        """Give the kind of signal, sign or crossing; an empty text for none."""
        highway = tags.get("highway", "")
        if highway != CROSSING:
            return highway if highway in _HIGHWAYS else ""
        parts = [part.strip() for part in tags.get("crossing", "").split(";")]
        if SIGNALS in parts or tags.get("crossing:signals") == "yes":
            return PEDESTRIAN_SIGNALS
        return "" if any(part in self.unmarked_crossings for part in parts) else CROSSING

    def _barrier(self, tags: Mapping[str, str]) -> tuple[str, str]:
        """Give who passes and the kind of barrier, an empty text for none."""
        barrier = tags.get("barrier", _OPEN)
        if barrier == _OPEN:
            # `access` on other nodes speaks of a house or a car park that stands there; a sign names vehicles.
            signed = self._permitted(tags, [key for key in self.access_keys if key != "access"])
            return (signed, _NO_ENTRY) if signed in (LOCAL, NONE) else (THROUGH, "")
        permitted = self._permitted(tags, self.access_keys)
        if permitted is not None:
            return permitted, barrier
        if barrier in self.barriers_through:
            return LOCAL if tags.get("locked") in self.locked else THROUGH, barrier
        return LOCAL if barrier in self.barriers_local else NONE, barrier

    def _permitted(self, tags: Mapping[str, str], keys: Sequence[str]) -> str | None:
        """Read the most specific access tag that can be read, of a list the most generous part."""
        for key in keys:
            parts = [part.strip() for part in tags.get(key, "").split(";")]
            for passage, values in self.access_values.items():
                if any(part in values for part in parts):
                    return passage
        return None


def _on_rails(tags: Mapping[str, str]) -> str:
    return LEVEL_CROSSING if tags.get("railway") in _TRACKS else ""


def _towards(tags: Mapping[str, str], kind: str) -> str:
    """Say which way those drive whom a signal or sign concerns; an empty text where no tag tells."""
    keys = {SIGNALS: ("traffic_signals:direction", "direction")}.get(kind, ("direction",) if kind in _SIGNS else ())
    told = (tags.get(key) for key in keys)
    return next((value for value in told if value in (_FORWARD, _BACKWARD, _BOTH)), "")
