"""One crossing, one time: pieces of ferries become crossings between stops, which share a duration and a wait.

The rules are in ``docs/ferries.md``.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from palveluverkko.domain.errors import StudyError
from palveluverkko.osm.barriers import Pieces
from palveluverkko.osm.ferries import ClosedFerry, Ferry
from palveluverkko.osm.ferry_overrides import FerryOverride
from palveluverkko.osm.profile import DURATION, FERRY, Road
from palveluverkko.osm.speeds import DEFAULT

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Thing = TypeVar("Thing", bound=Hashable)

STUDY, RELATION, PROFILE, INTERVAL = "study", "relation", "profile", "interval"
"""Where minutes come from, beside ``duration``; the profile's are its speed (or a limit) and its wait."""

_FORK = 3
_MINUTES_PER_METRE_AT_1_KMH = 0.06


class Crossing(NamedTuple):
    """A crossing from stop to stop, or a ferry way that is closed.

    Attributes
    ----------
    name
        Of its ways, joined by a slash where they differ; may be empty.
    ways
        OpenStreetMap ids, rising.
    relation
        Id of the route relation whose tags count, 0 for none.
    metres
        Length.
    crossing_minutes, wait_minutes
        From shore to shore, and the wait before; None where it is closed.
    crossing_source, wait_source
        ``study``, ``duration``, ``relation``, ``interval`` or ``profile``; where parts differ that of most metres.
        A closed one: ``study`` or ``season``.
    has_hours
        It has ``opening_hours``, which are not looked at.
    """

    name: str
    ways: tuple[int, ...]
    relation: int
    metres: float
    crossing_minutes: float | None
    wait_minutes: float | None
    crossing_source: str
    wait_source: str
    has_hours: bool

    @property
    def is_open(self) -> bool:
        """Whether it carries cars in the season of the network."""
        return self.wait_minutes is not None

    @classmethod
    def closed(cls, way_id: int, ferry: ClosedFerry, metres: float) -> Crossing:
        """Describe a ferry way that is closed."""
        by = STUDY if ferry.by_study else "season"
        return cls(ferry.name, (way_id,), min(ferry.routes, default=0), metres, None, None, by, by, has_hours=False)

    @classmethod
    def of_plain(cls, values: Sequence[Any]) -> Crossing:
        """Make one of the list that JSON keeps."""
        name, ways, *others = values
        return cls(name, tuple(ways), *others)


class _Row(NamedTuple):
    """A piece of a ferry: its number among all pieces, its way, first and last node, and length."""

    piece: int
    way: int
    ends: tuple[int, int]
    metres: float


class _Leg(NamedTuple):
    """Rows from stop to stop, the nodes where it ends, and the share of a wait that it takes."""

    rows: tuple[_Row, ...]
    ends: frozenset[int]
    wait_share: float

    @property
    def metres(self) -> float:
        return sum(row.metres for row in self.rows)

    @property
    def ways(self) -> tuple[int, ...]:
        return tuple(sorted({row.way for row in self.rows}))

    def share(self, row: _Row) -> float:
        """Give the part of the leg that a row is."""
        return row.metres / self.metres if self.metres > 0 else 1 / len(self.rows)


def share_crossings(
    pieces: Pieces,
    kinds: tuple[Road, ...],
    way_id: Int64,
    ferries: Mapping[int, Ferry],
    lon: Float64,
    lat: Float64,
    quay_metres: float,
) -> tuple[Pieces, tuple[Road, ...], list[Crossing]]:
    """Give each piece of a ferry its part of the crossing and of the wait.

    Ferries are cut where a road or another ferry joins. Each piece then has a kind of its own, whose
    ``crossing_minutes`` or ``wait_minutes`` are those of the piece.

    Parameters
    ----------
    pieces, kinds
        All roads, cut at barriers.
    way_id
        Of the ways that pieces point to.
    ferries
        What is known of ferries by way id; of one that is not there the kind tells all.
    lon, lat
        Of the nodes, degrees.
    quay_metres
        Shorter legs are ways along a quay where a longer one of the same ferry goes on.

    Raises
    ------
    StudyError
        The study says two things of one crossing.
    """
    sails = np.asarray([kind.road_class == FERRY for kind in kinds], dtype=bool)
    if not sails[pieces.kind].any():
        return pieces, kinds, []
    pieces = _cut_at_stops(pieces, sails, lon.size)
    is_ferry = sails[pieces.kind]
    rows = [_row(pieces, at, int(way_id[pieces.way[at]]), lon, lat) for at in np.flatnonzero(is_ferry).tolist()]
    known = {row.way: ferries.get(row.way) or _of_kind(kinds[pieces.kind[row.piece]]) for row in rows}
    legs = _legs(rows, _touched_by_roads(pieces, is_ferry, lon.size), known)
    legs = _without_quays(legs, known, quay_metres)
    timed = _timed(legs, known)

    roads = {row.piece: _road(kinds[pieces.kind[row.piece]], row, timed) for row in rows}
    crossings = [_describe(leg, timed, known, roads) for leg in legs]
    every = sorted({*(kind for kind in kinds if kind.road_class != FERRY), *roads.values()}, key=repr)
    position = {road: at for at, road in enumerate(every)}
    kind = np.asarray([position.get(one, 0) for one in kinds], dtype=np.int32)[pieces.kind]
    for piece, road in roads.items():
        kind[piece] = position[road]
    return pieces._replace(kind=kind), tuple(every), crossings


def metres_along(lon: Float64, lat: Float64) -> float:
    """Give the geodesic length of a line."""
    from pyproj import Geod  # noqa: PLC0415  # only for files with ferries

    return float(Geod(ellps="WGS84").line_length(lon, lat)) if lon.size > 1 else 0.0


# --- pieces


def _cut_at_stops(pieces: Pieces, sails: npt.NDArray[np.bool_], nodes: int) -> Pieces:
    """Cut ferries at nodes where a road touches or another ferry ends."""
    ferry = sails[pieces.kind]
    stop = _touched_by_roads(pieces, ferry, nodes)
    ends = np.concatenate((pieces.first_node[:-1], pieces.first_node[1:] - 1))
    stop[pieces.node[ends[np.tile(ferry, 2)]]] = True
    return _cut_within(pieces, stop[pieces.node] & np.repeat(ferry, np.diff(pieces.first_node)))


def _cut_within(pieces: Pieces, cut: npt.NDArray[np.bool_]) -> Pieces:
    """End a piece at each such position within it and begin another there."""
    within = cut.copy()
    within[pieces.first_node[:-1]] = False
    within[pieces.first_node[1:] - 1] = False
    at = np.flatnonzero(within)
    shifted = pieces.first_node + np.searchsorted(at, pieces.first_node)
    begins = np.sort(np.concatenate((shifted, at + np.arange(1, at.size + 1))))
    parts = 1 + np.diff(np.searchsorted(at, pieces.first_node))
    return Pieces(
        first_node=begins,
        node=np.repeat(pieces.node, 1 + within),
        way=np.repeat(pieces.way, parts),
        kind=np.repeat(pieces.kind, parts),
    )


def _touched_by_roads(pieces: Pieces, ferry: npt.NDArray[np.bool_], nodes: int) -> npt.NDArray[np.bool_]:
    touched = np.zeros(nodes, dtype=bool)
    touched[pieces.node[np.repeat(~ferry, np.diff(pieces.first_node))]] = True
    return touched


def _row(pieces: Pieces, piece: int, way: int, lon: Float64, lat: Float64) -> _Row:
    node = pieces.node[pieces.first_node[piece] : pieces.first_node[piece + 1]]
    return _Row(piece, way, (int(node[0]), int(node[-1])), metres_along(lon[node], lat[node]))


def _of_kind(road: Road) -> Ferry:
    """Take what is known of a ferry from its kind alone, where crossing and wait are one."""
    return Ferry(
        road=road,
        name="",
        routes=frozenset(),
        minutes=road.crossing_minutes,
        route_id=0,
        route_minutes=math.nan,
        wait_minutes=road.wait_minutes,
        interval=False,
        hours=False,
        override=None,
    )


# --- legs


def _legs(rows: Sequence[_Row], roads: npt.NDArray[np.bool_], known: Mapping[int, Ferry]) -> list[_Leg]:
    """Join rows that meet where no road does and that belong together."""
    at_node: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        for node in row.ends:
            if not roads[node]:
                at_node.setdefault(node, []).append(number)
    label = list(range(len(rows)))
    inner: set[tuple[int, int]] = set()
    fork: set[tuple[int, int]] = set()
    for node, meeting in sorted(at_node.items()):
        pairs, left = _pairs(meeting, rows, known)
        for one, other in pairs:
            inner |= {(one, node), (other, node)}
            _join(label, one, other)
        if len(left) >= _FORK:
            fork |= {(number, node) for number in left}
    groups: dict[int, list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(_root(label, number), []).append(number)
    legs = []
    for members in groups.values():
        ends = [(one, node) for one in members for node in rows[one].ends if (one, node) not in inner]
        forks = sum(end in fork for end in ends)
        legs.append(
            _Leg(tuple(rows[one] for one in members), frozenset(node for _, node in ends), 1 - min(forks, 2) / 2)
        )
    return legs


def _pairs(
    meeting: Sequence[int], rows: Sequence[_Row], known: Mapping[int, Ferry]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Say which two and two rows go on as one crossing at a node, and which are left."""
    if len(meeting) == 2:  # noqa: PLR2004
        one, other = (known[rows[number].way] for number in meeting)
        same_way = rows[meeting[0]].way == rows[meeting[1]].way
        if meeting[0] != meeting[1] and (same_way or one.name == other.name or one.routes & other.routes):
            return [(meeting[0], meeting[1])], []
        return [], list(meeting)
    by_name: dict[str, list[int]] = {}
    for number in meeting:
        by_name.setdefault(known[rows[number].way].name, []).append(number)
    same = [group for group in by_name.values() if len(group) == 2 and group[0] != group[1]]  # noqa: PLR2004
    left = [number for group in by_name.values() if group not in same for number in group]
    return [(group[0], group[1]) for group in same], left


def _without_quays(legs: Sequence[_Leg], known: Mapping[int, Ferry], quay_metres: float) -> list[_Leg]:
    """Let nobody wait at a quay whose road touches the same ferry twice."""
    long_at: dict[int, list[_Leg]] = {}
    for leg in legs:
        for node in leg.ends if leg.metres >= quay_metres else ():
            long_at.setdefault(node, []).append(leg)

    def goes_on(leg: _Leg) -> bool:
        names, routes = _belongings(leg, known)
        beside = (_belongings(other, known) for node in sorted(leg.ends) for other in long_at.get(node, ()))
        return any(names & other_names or routes & other_routes for other_names, other_routes in beside)

    return [leg._replace(wait_share=0.0) if 0 < leg.metres < quay_metres and goes_on(leg) else leg for leg in legs]


def _belongings(leg: _Leg, known: Mapping[int, Ferry]) -> tuple[set[str], set[int]]:
    return {known[way].name for way in leg.ways}, {one for way in leg.ways for one in known[way].routes}


def _root(label: list[int], one: int) -> int:
    while label[one] != one:
        label[one] = label[label[one]]
        one = label[one]
    return one


def _join(label: list[int], one: int, other: int) -> None:
    a, b = sorted((_root(label, one), _root(label, other)))
    label[b] = a


# --- times


class _Timed(NamedTuple):
    """By piece: the minutes under way (NaN: by speed), the part of the wait, and where either comes from."""

    sailing: dict[int, float]
    wait: dict[int, float]
    source: dict[int, str]
    wait_source: dict[int, str]


def _timed(legs: Sequence[_Leg], known: Mapping[int, Ferry]) -> _Timed:
    """Say for each piece how long it takes and how much of a wait it bears."""
    overrides = [_override(leg, known) for leg in legs]
    told_metres = _metres_of(
        (override, leg, leg.metres) for leg, override in zip(legs, overrides, strict=True) if override is not None
    )
    rows = [(row, leg) for leg in legs for row in leg.rows]
    route_metres = _metres_of((known[row.way].route_id, leg, row.metres) for row, leg in rows)
    metres_of_duration = _metres_of_durations(legs, known)
    timed = _Timed({}, {}, {}, {})
    for leg, override in zip(legs, overrides, strict=True):
        for row in leg.rows:
            ferry = known[row.way]
            if override is not None and override.crossing_minutes is not None:
                # The crossings of an id share its minutes; each crossing of a name takes them.
                all_metres = told_metres[override] if override.osm_id is not None else leg.metres
                part = _part(row.metres, all_metres, len(leg.rows))
                sailing, source = override.crossing_minutes * part, STUDY
            elif not math.isnan(ferry.minutes) and not (len(leg.ways) > 1 and ferry.minutes == ferry.route_minutes):
                part = _part(row.metres, metres_of_duration[row.way], 1)
                sailing, source = ferry.minutes * part, DURATION
            elif not math.isnan(ferry.route_minutes):
                part = _part(row.metres, route_metres[ferry.route_id], 1)
                sailing, source = ferry.route_minutes * part, RELATION
            else:
                sailing, source = math.nan, PROFILE
            wait, wait_source = ferry.wait_minutes, INTERVAL if ferry.interval else PROFILE
            if override is not None and override.wait_minutes is not None:
                wait, wait_source = override.wait_minutes, STUDY
            timed.sailing[row.piece], timed.source[row.piece] = sailing, source
            timed.wait[row.piece], timed.wait_source[row.piece] = wait * leg.share(row) * leg.wait_share, wait_source
    return timed


def _part(metres: float, whole: float, pieces: int) -> float:
    return metres / whole if whole > 0 else 1 / pieces


def _metres_of_durations(legs: Sequence[_Leg], known: Mapping[int, Ferry]) -> dict[int, float]:
    """Give for each way the metres that its duration is for.

    Where all ways of a leg carry the same duration, it is that of all of them together.
    """
    ways = sorted({way for leg in legs for way in leg.ways})
    position = {way: at for at, way in enumerate(ways)}
    label = list(range(len(ways)))
    for leg in legs:
        if len({known[way].minutes for way in leg.ways}) == 1:
            for way in leg.ways[1:]:
                _join(label, position[leg.ways[0]], position[way])
    metres = [0.0] * len(ways)
    for leg in legs:
        for row in leg.rows:
            metres[_root(label, position[row.way])] += row.metres
    return {way: metres[_root(label, position[way])] for way in ways}


def _metres_of(told: Iterable[tuple[Thing, _Leg, float]]) -> dict[Thing, float]:
    """Add up the metres of things from stop to stop; of legs side by side, such as out and home, the mean counts."""
    found: dict[Thing, dict[frozenset[int], dict[tuple[_Row, ...], float]]] = {}
    for thing, leg, metres in told:
        beside = found.setdefault(thing, {}).setdefault(leg.ends, {})
        beside[leg.rows] = beside.get(leg.rows, 0.0) + metres
    return {thing: sum(sum(legs.values()) / len(legs) for legs in by_ends.values()) for thing, by_ends in found.items()}


def _override(leg: _Leg, known: Mapping[int, Ferry]) -> FerryOverride | None:
    """Choose what the study says of a leg: of a way before a relation before a name."""
    told = {known[way].override: way for way in leg.ways if known[way].override is not None}

    def rank(one: FerryOverride) -> int:
        return 2 if one.osm_id is None else int(one.osm_id not in leg.ways)

    best = min((rank(one) for one in told if one is not None), default=0)
    chosen = [one for one in told if one is not None and rank(one) == best]
    if len(chosen) > 1:
        labels = " and ".join(sorted(one.label for one in chosen))
        raise StudyError(f"ferries speaks of {labels}, which are one crossing; keep one of them.")
    return chosen[0] if chosen else None


# --- what becomes of it


def _road(kind: Road, row: _Row, timed: _Timed) -> Road:
    sailing, wait = timed.sailing[row.piece], timed.wait[row.piece]
    if math.isnan(sailing):
        # A kind that was read with a duration has no other source of its speed.
        source = DEFAULT if kind.speed_source == DURATION else kind.speed_source
        return replace(kind, crossing_minutes=math.nan, wait_minutes=wait, speed_source=source)
    return replace(kind, crossing_minutes=sailing + wait, wait_minutes=0.0, speed_source=DURATION)


def _describe(leg: _Leg, timed: _Timed, known: Mapping[int, Ferry], roads: Mapping[int, Road]) -> Crossing:
    minutes = 0.0
    for row in leg.rows:
        kmh = max(roads[row.piece].forward_kmh, roads[row.piece].backward_kmh)
        by_speed = row.metres * _MINUTES_PER_METRE_AT_1_KMH / kmh
        minutes += by_speed if math.isnan(timed.sailing[row.piece]) else timed.sailing[row.piece]
    routes = {known[row.way].route_id for row in leg.rows} - {0}
    return Crossing(
        name=" / ".join(sorted({known[way].name for way in leg.ways} - {""})),
        ways=leg.ways,
        relation=min(routes, default=0),
        metres=leg.metres,
        crossing_minutes=minutes,
        wait_minutes=sum(timed.wait[row.piece] for row in leg.rows),
        crossing_source=_most((timed.source[row.piece], row.metres) for row in leg.rows),
        wait_source=_most((timed.wait_source[row.piece], row.metres) for row in leg.rows),
        has_hours=any(known[way].hours for way in leg.ways),
    )


def _most(texts: Iterable[tuple[str, float]]) -> str:
    """Give the text of most metres, the first in the alphabet among equals."""
    metres: dict[str, float] = {}
    for text, length in texts:
        metres[text] = metres.get(text, 0.0) + length
    return min(metres, key=lambda text: (-metres[text], text))
