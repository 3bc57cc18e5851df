"""Turns in the graph: nodes that remember how a junction was come to, where that decides how one may go on.

A directed piece ``2 * edge`` or ``2 * edge + 1`` is what is driven. A memory is the pieces driven last, as far as some
rule still asks for them; where none does, it is empty, and the junction's plain node will do. A gate is a node from
which one piece is about to be driven: memories that permit the piece lead to its gate.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32
from palveluverkko.engine.topology import sort_arcs
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, Edges

Memory = tuple[int, ...]
_Settled = tuple[int, Memory, int]
"""Piece driven last, memory, layer."""

MOST_AROUND = 5_000
"""Pieces looked at around one restriction for the way back to it without turning round."""

_ORDER = {TRIP_BEGINS: 0, THROUGH: 1, TRIP_ENDS: 2}
_LOCAL, _PUBLIC = (TRIP_BEGINS, TRIP_ENDS), (THROUGH,)
_INFINITE = 1 << 62


class Rule(NamedTuple):
    """A restriction on directed pieces.

    Attributes
    ----------
    driven
        Pieces driven one after the other.
    mandatory
        Whether one of ``following`` must come next; otherwise none of them may.
    following
        Pieces out of the junction where the last one ends.
    """

    driven: Memory
    mandatory: bool
    following: frozenset[int]


class Turns(NamedTuple):
    """What holds for turns, besides that nobody turns round on the road.

    Attributes
    ----------
    rules
        Restrictions.
    delays
        Milliseconds that it takes to turn from one directed piece into another, where it takes any.
    turning_places
        int32[k]; junctions where one may turn round although there are other ways out.
    """

    rules: tuple[Rule, ...] = ()
    delays: Mapping[tuple[int, int], int] = {}
    turning_places: Int32 = np.empty(0, dtype=np.int32)


class Expansion(NamedTuple):
    """Nodes and arcs that a graph has for the sake of turns.

    Attributes
    ----------
    junction, layer
        Of each further node, int32[k] and int8[k].
    tail, head, time, piece
        int32[a]; further arcs, the piece -1 where they stay in their junction.
    gates
        (layer, piece) → node from which the piece is driven, instead of the plain one.
    arrivals
        (layer, piece) → node where the piece leads, instead of the plain one.
    enter
        piece → node from which a trip drives into it to end there, instead of the plain one.
    capped
        Restrictions around which more pieces than :data:`MOST_AROUND` had to be looked at.
    """

    junction: Int32
    layer: NDArray[np.int8]
    tail: Int32
    head: Int32
    time: Int32
    piece: Int32
    gates: dict[tuple[int, int], int]
    arrivals: dict[tuple[int, int], int]
    enter: dict[int, int]
    capped: int


def expand(edges: Edges, turns: Turns, plain: Mapping[int, Int32], first: int) -> Expansion:
    """Find the nodes and arcs that turns need.

    Nobody turns round on the road except at dead ends and turning places, and that is a rule about every junction.
    But a trip gains by turning round only if a restriction has just denied it a way, or a delay made it slow: then it
    could turn at the next junction and come back. So memories stand only where a rule is about to decide, and around
    these at every junction from which one would be back sooner than by the quickest permitted way.

    Parameters
    ----------
    edges
        The edges; ``main`` is not read.
    turns
        What holds.
    plain
        Layer → node of each junction in it, int32[j].
    first
        Number of the first further node.
    """
    streets = _Streets(edges, plain[THROUGH].size)
    driving = _Driving(streets, turns)
    around: set[int] = set()
    capped = 0
    for memory in driving.memories:
        for layer in streets.layers(memory[-1]):
            near, is_capped = _turns_to_deny(driving, memory, layer)
            around |= near
            capped += is_capped
    driving = driving.remembering(around)
    return _lay(streets, driving, plain, first)._replace(capped=capped)


class _Streets:
    """Directed pieces and the junctions they join, looked up one by one."""

    def __init__(self, edges: Edges, junctions: int) -> None:
        begin = np.column_stack((edges.tail, edges.head)).ravel()
        self._begin = begin
        self._open = np.column_stack((edges.forward, edges.backward)).ravel()
        self._time = np.column_stack((edges.forward_time, edges.backward_time)).ravel()
        self._local = edges.local
        self._first, self._order = sort_arcs(junctions, begin, np.zeros_like(begin))
        self._out: dict[int, list[int]] = {}

    def begin(self, piece: int) -> int:
        return int(self._begin[piece])

    def end(self, piece: int) -> int:
        return int(self._begin[piece ^ 1])

    def time(self, piece: int) -> int:
        return int(self._time[piece])

    def is_open(self, piece: int) -> bool:
        return bool(self._open[piece])

    def is_local(self, piece: int) -> bool:
        return bool(self._local[piece >> 1])

    def out(self, junction: int) -> list[int]:
        """Give the pieces that may be driven out of a junction."""
        if junction not in self._out:
            all_out = self._order[self._first[junction] : self._first[junction + 1]].tolist()
            self._out[junction] = [piece for piece in all_out if self._open[piece]]
        return self._out[junction]

    def into(self, junction: int) -> Iterator[int]:
        """Give the pieces that may be driven into a junction."""
        for piece in self._order[self._first[junction] : self._first[junction + 1]].tolist():
            if self._open[piece ^ 1]:
                yield piece ^ 1

    def layers(self, piece: int) -> tuple[int, ...]:
        """Give the layers in which a piece is driven; in the last of them trips end on it."""
        return _LOCAL if self.is_local(piece) else _PUBLIC

    def onward(self, layer: int, piece: int) -> tuple[int, ...]:
        """Give the layers in which a piece may be driven after another in a layer."""
        return tuple(one for one in self.layers(piece) if one == layer or _ORDER[layer] < _ORDER[one])

    def freest(self, layer: int, piece: int) -> int | None:
        """Give the layer in which a piece is driven after another in a layer by those who go far, None if in none."""
        if self.is_local(piece):
            return layer if layer != THROUGH else TRIP_ENDS
        return THROUGH if layer != TRIP_ENDS else None


class _Driving:
    """Which piece may follow with which memory, at which delay, and what one remembers then."""

    def __init__(self, streets: _Streets, turns: Turns) -> None:
        self.streets = streets
        self._turning_places = frozenset(turns.turning_places.tolist())
        self._delays = turns.delays
        self._denied: dict[Memory, set[int]] = {}
        self._ways_on: dict[Memory | int, list[int]] = {}
        self._ruled: set[Memory] = set()
        for rule in turns.rules:
            if not all(map(streets.is_open, rule.driven)):
                continue
            out = set(streets.out(streets.end(rule.driven[-1])))
            denied = out - rule.following if rule.mandatory else out & rule.following
            self._denied.setdefault(rule.driven, set()).update(denied)
            self._ruled |= {rule.driven[:length] for length in range(1, len(rule.driven) + 1)}
        self._longest_delay: dict[Memory, int] = {}
        for (last, _), delay in turns.delays.items():
            self._longest_delay[last,] = max(delay, self._longest_delay.get((last,), 0))
        self._memories = self._ruled | self._longest_delay.keys()

    @property
    def memories(self) -> list[Memory]:
        """All memories that are not empty."""
        return sorted(self._memories)

    def remembering(self, pieces: Iterable[int]) -> _Driving:
        """Give the same with some more pieces that are remembered."""
        other = object.__new__(_Driving)
        other.__dict__ |= self.__dict__ | {"_memories": self._memories | {(piece,) for piece in pieces}}
        return other

    def after(self, memory: Memory, piece: int) -> Memory:
        """Give what is remembered when a piece has been driven."""
        if not memory:
            return (piece,) if (piece,) in self._memories else ()
        longest = (*memory, piece)
        while longest and longest not in self._memories:
            longest = longest[1:]
        return longest

    def ways_on(self, memory: Memory, last: int) -> list[int]:
        """Give the pieces that may be driven when the last one was driven with a memory (of it, or empty)."""
        key = memory or last
        if key not in self._ways_on:
            self._ways_on[key] = self._find_ways_on(memory, last)
        return self._ways_on[key]

    def _find_ways_on(self, memory: Memory, last: int) -> list[int]:
        denied = {piece for at in range(len(memory)) for piece in self._denied.get(memory[at:], ())}
        junction, back = self.streets.end(last), last ^ 1
        out = self.streets.out(junction)
        ways = [piece for piece in out if piece != back and piece not in denied]
        if back in out and back not in denied:
            # A road for the last leg only is no way on for those who drive through.
            is_end = not any(self.streets.is_local(last) or not self.streets.is_local(piece) for piece in ways)
            if is_end or junction in self._turning_places:
                ways.append(back)
        return ways

    def is_soon_over(self, memory: Memory) -> bool:
        """Tell whether it is all about delays, and the next piece and any one back take no less time.

        That spares half of the work in a town: 4,600 delays in Porto took 1.3 s without it.
        """
        if memory in self._ruled:
            return False
        here = self.streets.end(memory[-1])
        onward, back = (min(map(self.streets.time, some)) for some in (self.streets.out(here), self.streets.into(here)))
        return onward + back >= self._longest_delay[memory]

    def delay(self, last: int, piece: int) -> int:
        """Give the milliseconds that a turn takes."""
        return self._delays.get((last, piece), 0)


class _Aim(NamedTuple):
    """What a trip may gain by coming back to a junction: a piece, remembering less after it, or sooner."""

    piece: int
    after: Memory
    latest: int
    delay: int


def _turns_to_deny(driving: _Driving, memory: Memory, layer: int) -> tuple[set[int], bool]:
    """Find the pieces at whose end a trip with a memory could turn round and gain by it, and whether that was capped.

    What the memory costs a trip is undone by coming back to the junction another way. Let that take so long by the
    quickest permitted trip. Then turning round gains only where one would be back sooner.
    """
    streets = driving.streets
    soonest = {} if driving.is_soon_over(memory) else _aims(driving, memory, layer)
    if not soonest:
        return set(), False
    settled = _come_back(driving, memory, layer, soonest)
    capped = len(settled) == MOST_AROUND
    if capped:
        # No way back was found so far; turning round is denied where one would be back by now.
        latest = max(settled.values())
        soonest = {aim: min(time, latest) for aim, time in soonest.items()}
    spare: dict[int, int] = {}
    for (last, own, at), time in settled.items():
        back = last ^ 1
        if not own and streets.is_open(back) and back not in driving.ways_on(own, last):
            most = max((soon for aim, soon in soonest.items() if _ORDER[at] <= _ORDER[aim.latest]), default=0)
            spare[last] = max(spare.get(last, 0), most - time - streets.time(back))
    way_back = _times_to(streets, streets.end(memory[-1]), max(spare.values(), default=0))
    return {last for last, most in spare.items() if way_back.get(streets.begin(last), _INFINITE) < most}, capped


def _come_back(driving: _Driving, memory: Memory, layer: int, soonest: dict[_Aim, int]) -> dict[_Settled, int]:
    """Drive on until all aims are attained and note in ``soonest`` when; give the time of all that was come to."""
    streets = driving.streets
    here = streets.end(memory[-1])
    queue = [(0, memory[-1], memory, layer)]
    settled: dict[_Settled, int] = {}
    while queue and len(settled) < MOST_AROUND:
        time, last, own, at = heapq.heappop(queue)
        if time >= max(soonest.values()):
            break
        if (last, own, at) in settled:
            continue
        settled[last, own, at] = time
        ways = driving.ways_on(own, last)
        if streets.end(last) == here:
            for aim, known in soonest.items():
                in_time = _ORDER[at] <= _ORDER[aim.latest]
                if in_time and aim.piece in ways and _is_suffix(driving.after(own, aim.piece), aim.after):
                    soonest[aim] = min(known, time + driving.delay(last, aim.piece) - aim.delay)
        for piece in ways:
            later = time + driving.delay(last, piece) + streets.time(piece)
            onward = streets.freest(at, piece)
            if onward is not None:
                heapq.heappush(queue, (later, piece, driving.after(own, piece), onward))
    return settled


def _aims(driving: _Driving, memory: Memory, layer: int) -> dict[_Aim, int]:
    """Find what a trip could do if it came to the junction another way and cannot do as well now; no time known yet."""
    streets = driving.streets
    last = memory[-1]
    now = set(driving.ways_on(memory, last))
    aims: dict[_Aim, int] = {}
    for other in streets.into(streets.end(last)):
        least = driving.after((), other)
        for piece in driving.ways_on(least, other):
            after, delay = driving.after(least, piece), driving.delay(other, piece)
            as_well = piece in now and _is_suffix(driving.after(memory, piece), after)
            if piece != last ^ 1 and not (as_well and driving.delay(last, piece) <= delay):
                aims |= {_Aim(piece, after, latest, delay): _INFINITE for latest in streets.onward(layer, piece)}
    return aims


def _is_suffix(memory: Memory, other: Memory) -> bool:
    """Tell whether who remembers the one is as free as who remembers the other."""
    return not memory or other[-len(memory) :] == memory


def _times_to(streets: _Streets, junction: int, budget: int) -> dict[int, int]:
    """Give the least time from junctions around to a junction, whatever the rules say."""
    queue = [(0, junction)]
    times: dict[int, int] = {}
    while queue:
        time, here = heapq.heappop(queue)
        if time >= budget:
            break
        if here in times:
            continue
        times[here] = time
        for piece in streets.into(here):
            heapq.heappush(queue, (time + streets.time(piece), streets.begin(piece)))
    return times


def _lay(streets: _Streets, driving: _Driving, plain: Mapping[int, Int32], first: int) -> Expansion:
    """Join memories to gates, gates to memories, and both to what is plain."""
    layout = _Layout(streets, driving, first)
    layout.add_memories()
    layout.add_gates(plain)
    layout.join()
    layout.add_ends()
    tail, head, time, piece = np.asarray(layout.arcs, dtype=np.int32).reshape(-1, 4).T
    return Expansion(
        np.asarray(layout.junctions, dtype=np.int32),
        np.asarray(layout.layers, dtype=np.int8),
        tail,
        head,
        time,
        piece,
        layout.gates,
        layout.arrivals,
        layout.enter,
        capped=0,
    )


class _Layout:
    """The nodes and arcs of an expansion while they are numbered; the columns are those of the expansion."""

    def __init__(self, streets: _Streets, driving: _Driving, first: int) -> None:
        self._streets = streets
        self._driving = driving
        self._first = first
        self._memories: dict[tuple[Memory, int], int] = {}
        self._special_gates: dict[tuple[int, Memory, int], int] = {}
        self.junctions: list[int] = []
        self.layers: list[int] = []
        self.arcs: list[tuple[int, int, int, int]] = []
        self.gates: dict[tuple[int, int], int] = {}
        self.arrivals: dict[tuple[int, int], int] = {}
        self.enter: dict[int, int] = {}

    def add_memories(self) -> None:
        """Add a node for each memory, where the last piece of it leads."""
        for memory in self._driving.memories:
            last = memory[-1]
            for layer in self._streets.layers(last):
                self._memories[memory, layer] = self._add_node(self._streets.end(last), layer)
                if len(memory) == 1:
                    self.arrivals[layer, last] = self._memories[memory, layer]

    def add_gates(self, plain: Mapping[int, Int32]) -> None:
        """Add a gate for each piece out of a junction that has memories; from plain nodes all are open."""
        for junction in sorted({self._streets.end(memory[-1]) for memory, _ in self._memories}):
            for piece in self._streets.out(junction):
                for layer in self._streets.layers(piece):
                    gate = self._add_node(junction, layer)
                    self.arcs.append((int(plain[layer][junction]), gate, 0, -1))
                    self.gates[layer, piece] = self.enter[piece] = gate

    def join(self) -> None:
        """Lead each memory to the gates of the pieces that it permits."""
        for (memory, layer), node in self._memories.items():
            for piece in self._driving.ways_on(memory, memory[-1]):
                for onward in self._streets.onward(layer, piece):
                    gate = self._gate(memory, onward, piece)
                    self.arcs.append((node, gate, self._driving.delay(memory[-1], piece), -1))

    def add_ends(self) -> None:
        """Give trips one node to end on a piece from, where it has several gates: one for each memory after it."""
        for (layer, _, piece), gate in self._special_gates.items():
            if layer != self._streets.layers(piece)[-1]:
                continue
            if self.enter[piece] == self.gates[layer, piece]:
                self.enter[piece] = self._add_node(self._streets.begin(piece), layer)
                self.arcs.append((self.gates[layer, piece], self.enter[piece], 0, -1))
            self.arcs.append((gate, self.enter[piece], 0, -1))

    def _gate(self, memory: Memory, layer: int, piece: int) -> int:
        """Give the gate of a piece, another one where more is remembered after it than by who comes from anywhere."""
        after = self._driving.after(memory, piece)
        if after == self._driving.after((), piece):
            return self.gates[layer, piece]
        if (layer, after, piece) not in self._special_gates:
            gate = self._special_gates[layer, after, piece] = self._add_node(self._streets.begin(piece), layer)
            self.arcs.append((gate, self._memories[after, layer], self._streets.time(piece), piece))
        return self._special_gates[layer, after, piece]

    def _add_node(self, junction: int, layer: int) -> int:
        self.junctions.append(junction)
        self.layers.append(layer)
        return self._first + len(self.junctions) - 1
