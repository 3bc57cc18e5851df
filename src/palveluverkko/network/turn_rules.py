"""Turn restrictions on the roads of a file: which straight pieces may not be driven one after the other.

A half is a straight piece with a direction, numbered as in :class:`palveluverkko.engine.topology.Chains`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.osm.restrictions import LeftOut, TurnRule
from palveluverkko.osm.roads import Roads

# What is left or right, straight on, or back, where only the kind of turn tells which side of a way is meant.
_LEAST_DEGREES, _MOST_DEGREES = 10.0, 170.0
_STRAIGHT_DEGREES = 45.0
_BACK_DEGREES = 135.0

_TURN: dict[str, Callable[[float], bool]] = {
    "left_turn": lambda degrees: _LEAST_DEGREES < degrees < _MOST_DEGREES,
    "right_turn": lambda degrees: _LEAST_DEGREES < -degrees < _MOST_DEGREES,
    "straight_on": lambda degrees: abs(degrees) < _STRAIGHT_DEGREES,
    "u_turn": lambda degrees: abs(degrees) > _BACK_DEGREES,
}


class Sequence(NamedTuple):
    """Halves driven one after the other, and what may follow.

    Attributes
    ----------
    relation_id
        OSM id of the restriction.
    driven
        Halves, each beginning where the one before ends.
    mandatory
        Whether one of ``following`` must come next; otherwise none of them may.
    following
        Halves that begin where the last one driven ends.
    """

    relation_id: int
    driven: tuple[int, ...]
    mandatory: bool
    following: tuple[int, ...]


class RoadTurns(NamedTuple):
    """The turn restrictions of a file on its roads.

    Attributes
    ----------
    sequences
        What may not, or must, be driven one after the other.
    stops
        int32[s]; positions of the nodes where edges must end for it.
    left_out
        Relations that are not in force, with the reason, by id.
    """

    sequences: tuple[Sequence, ...]
    stops: NDArray[np.int32]
    left_out: tuple[LeftOut, ...]


class _NotFoundError(Exception):
    """Carries the reason why a rule cannot be applied to the roads."""


def find_on_roads(roads: Roads, rules: Iterable[TurnRule], left_out: Iterable[LeftOut] = ()) -> RoadTurns:
    """Find the roads that rules speak of.

    Where a road runs through the via node, the rule does not say which side of it is meant. The kind of turn tells:
    of all pairs of a way in and a way out just one must be a left turn, a right turn or straight on. U-turns on one
    road are forbidden from both sides.

    Parameters
    ----------
    roads
        Drivable ways with their nodes.
    rules
        Restrictions in force.
    left_out
        Those that were left out before; they stand in the result as well.
    """
    rules = tuple(rules)
    map_of = _Map(roads, rules)
    sequences: list[Sequence] = []
    missing, stops = list(left_out), set()
    for rule in rules:
        try:
            found = list(_apply(map_of, rule))
        except _NotFoundError as reason:
            missing.append((rule.relation_id, str(reason)))
            continue
        sequences += found
        for sequence in found:
            stops.add(map_of.end(sequence.driven[0]))
            stops.add(map_of.end(sequence.driven[-1]))
    return RoadTurns(tuple(sequences), np.asarray(sorted(stops), dtype=np.int32), tuple(sorted(missing)))


class _Way(NamedTuple):
    """A way, or a part of one: position of its first node, the nodes, and whether it is open onward and back."""

    first: int
    nodes: list[int]
    is_open: tuple[bool, bool]


class _Map:
    """The ways that rules name, by id, and the halves that meet at their nodes."""

    def __init__(self, roads: Roads, rules: tuple[TurnRule, ...]) -> None:
        self._roads = roads
        named = {way for rule in rules for way in (*rule.from_ways, *rule.to_ways, *rule.via_ways)}
        at = np.flatnonzero(np.isin(roads.way_id, np.asarray(sorted(named), dtype=np.int64)))
        columns = (roads.way_id[at], roads.first_node[at], roads.first_node[at + 1], roads.way_kind[at])
        self._ways: dict[int, list[_Way]] = {}
        for way, first, behind, kind in zip(*(column.tolist() for column in columns), strict=True):
            road = roads.kinds[kind]
            is_open = road.forward_kmh > 0, road.backward_kmh > 0
            self._ways.setdefault(way, []).append(_Way(first, roads.way_node[first:behind].tolist(), is_open))
        ids = np.unique(np.asarray([rule.via_node for rule in rules if rule.via_node is not None], dtype=np.int64))
        position = np.minimum(np.searchsorted(roads.node_id, ids), roads.node_id.size - 1)
        known = roads.node_id[position] == ids
        self._nodes = dict(zip(ids[known].tolist(), position[known].tolist(), strict=True))

    def node(self, node_id: int) -> int:
        """Give the position of a via node, or say that it is not on the roads."""
        if node_id not in self._nodes:
            raise _NotFoundError("via_node_off_roads")
        return int(self._nodes[node_id])

    def check(self, role: str, ways: Iterable[int]) -> None:
        """Refuse a rule of which no way in this role is known."""
        if not any(way in self._ways for way in ways):
            raise _NotFoundError(f"way_not_driven:{role}")

    def arriving(self, way: int, node: int) -> list[int]:
        """Give the halves of a way that end at a node, in open directions."""
        return [half ^ 1 for half, is_open in self._leaving(way, node) if is_open[~half & 1]]

    def leaving(self, way: int, node: int) -> list[int]:
        """Give the halves of a way that begin at a node, in open directions."""
        return [half for half, is_open in self._leaving(way, node) if is_open[half & 1]]

    def touches(self, way: int, node: int) -> bool:
        """Tell whether a way runs over a node."""
        return any(node in part.nodes for part in self._ways.get(way, ()))

    def runs(self, way: int) -> Iterator[list[int]]:
        """Give the halves of a way from end to end, in each open direction; nothing for a way cut by the file."""
        parts = self._ways.get(way, [])
        if len(parts) == 1:
            first, nodes, is_open = parts[0]
            last = first + len(nodes) - 1
            if is_open[0]:
                yield [2 * one for one in range(first, last)]
            if is_open[1]:
                yield [2 * one + 1 for one in range(last - 1, first - 1, -1)]

    def begin(self, half: int) -> int:
        """Give the node where a half begins."""
        return int(self._roads.way_node[(half >> 1) + (half & 1)])

    def end(self, half: int) -> int:
        """Give the node where a half ends."""
        return self.begin(half ^ 1)

    def deviation(self, before: int, after: int) -> float:
        """Give by how many degrees one turns to the left from one half into the next, -180 to 180, or NaN."""
        turn = self._heading(after) - self._heading(before)
        return math.degrees(math.remainder(turn, math.tau))

    def _heading(self, half: int) -> float:
        lon, lat = self._roads.lon, self._roads.lat
        a, b = self.begin(half), self.end(half)
        east, north = (lon[b] - lon[a]) * math.cos(math.radians(lat[a])), lat[b] - lat[a]
        return math.atan2(north, east) if east or north else math.nan

    def _leaving(self, way: int, node: int) -> Iterator[tuple[int, tuple[bool, bool]]]:
        """Give the halves of a way that begin at a node, open or not, and in which directions it is open there."""
        for first, nodes, is_open in self._ways.get(way, ()):
            if node not in nodes:
                continue
            for at, one in enumerate(nodes, first):
                if one == node:
                    if at > first:
                        yield 2 * at - 1, is_open
                    if at + 1 < first + len(nodes):
                        yield 2 * at, is_open


def _apply(roads: _Map, rule: TurnRule) -> Iterator[Sequence]:
    roads.check("from", rule.from_ways)
    roads.check("to", rule.to_ways)
    pairs = _pairs_over_ways(roads, rule) if rule.via_node is None else _pairs_at_node(roads, rule, rule.via_node)
    following: dict[tuple[int, ...], list[int]] = {}
    for driven, after in pairs:
        following.setdefault(driven, []).append(after)
    for driven, allowed in following.items():
        yield Sequence(rule.relation_id, driven, rule.mandatory, tuple(allowed))


def _pairs_at_node(roads: _Map, rule: TurnRule, node_id: int) -> list[tuple[tuple[int, ...], int]]:
    """Give each half into the via node with a half out of it that the rule speaks of."""
    node = roads.node(node_id)
    ways_in, ways_out = (
        _touching(roads, role, ways, node) for role, ways in (("from", rule.from_ways), ("to", rule.to_ways))
    )
    halves_in = _open([roads.arriving(way, node) for way in ways_in], "from")
    if rule.turn == "u_turn" and ways_in == ways_out:
        backs = {half for way in ways_in for half in roads.leaving(way, node)}
        both_ways = [half for halves in halves_in for half in halves if half ^ 1 in backs]
        if not both_ways:
            raise _NotFoundError("one_way")
        return [((half,), half ^ 1) for half in both_ways]
    if set(ways_in) & set(ways_out) and rule.turn != "straight_on":
        raise _NotFoundError("same_way")
    halves_out = _open([roads.leaving(way, node) for way in ways_out], "to")
    pairs = [pair for pair in product(chain(*halves_in), chain(*halves_out)) if pair[1] != pair[0] ^ 1]
    if any(len(halves) > 1 for halves in (*halves_in, *halves_out)):
        fits = _TURN.get(rule.turn)
        pairs = [pair for pair in pairs if fits is None or fits(roads.deviation(*pair))]
        if len(pairs) != 1:
            raise _NotFoundError("either_side")
    if not pairs:
        raise _NotFoundError("same_way")
    return [((before,), after) for before, after in pairs]


def _touching(roads: _Map, role: str, ways: Iterable[int], node: int) -> list[int]:
    found = [way for way in ways if roads.touches(way, node)]
    if not found:
        raise _NotFoundError(f"way_apart:{role}")
    return found


def _open(halves: list[list[int]], role: str) -> list[list[int]]:
    if not any(halves):
        raise _NotFoundError(f"wrong_direction:{role}")
    return halves


def _pairs_over_ways(roads: _Map, rule: TurnRule) -> list[tuple[tuple[int, ...], int]]:
    """Give the halves from the last of the way from over all via ways, each with a half of the way to."""
    for way in rule.via_ways:
        roads.check("via", [way])
    paths = []
    for path in _paths(roads, rule.via_ways):
        begin, end = roads.begin(path[0]), roads.end(path[-1])
        befores = [half for way in rule.from_ways for half in roads.arriving(way, begin)]
        afters = [half for way in rule.to_ways for half in roads.leaving(way, end)]
        paths += [((before, *path), after) for before, after in product(befores, afters)]
    if not paths:
        raise _NotFoundError("ways_do_not_join")
    if len(paths) > 1 and rule.turn not in {"entry", "exit"}:
        raise _NotFoundError("several_routes")
    return paths


def _paths(roads: _Map, ways: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Give the halves over all of some ways, whatever order makes them one."""

    def longer(path: tuple[int, ...], rest: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if not rest:
            yield path
        for way in rest:
            others = tuple(other for other in rest if other != way)
            for run in roads.runs(way):
                if not path or roads.end(path[-1]) == roads.begin(run[0]):
                    yield from longer((*path, *run), others)

    yield from longer((), ways)
