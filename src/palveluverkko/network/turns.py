"""Turns in the graph: nodes that remember how a junction was come to, where that decides how one may go on.

A directed piece ``2 * edge`` or ``2 * edge + 1`` is what is driven. A memory is the pieces driven last, as far as some
rule still asks for them; where none does, it is empty, and the junction's plain node will do. Of all pieces out of a
junction with memories, each is driven from one node, its home: from the plain node, from that of a memory, or from
one that is there for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_int32
from palveluverkko.engine.threads import threads_beside
from palveluverkko.engine.topology import sort_arcs
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, Bool, Edges

if TYPE_CHECKING:
    from palveluverkko.network.turns_kernels import Memories, Streets

Memory = tuple[int, ...]

MOST_AROUND = 5_000
"""Pieces looked at around one restriction for the way back to it without turning round."""

# Of so many one thread looks around in 5 ms.
_MANY_MEMORIES = 10_000

_NONE = np.empty(0, dtype=np.int32)


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


class Delays(NamedTuple):
    """Turns that take time.

    Attributes
    ----------
    last, piece
        int32[d] each; from which directed piece into which, rising.
    milliseconds
        int32[d]; how long each takes.
    """

    last: Int32 = _NONE
    piece: Int32 = _NONE
    milliseconds: Int32 = _NONE


class Turns(NamedTuple):
    """What holds for turns, besides that nobody turns round on the road.

    Attributes
    ----------
    rules
        Restrictions.
    delays
        Turns that take time.
    turning_places
        int32[k]; junctions where one may turn round although there are other ways out.
    """

    rules: tuple[Rule, ...] = ()
    delays: Delays = Delays()
    turning_places: Int32 = _NONE


class Expansion(NamedTuple):
    """Nodes and arcs that a graph has for the sake of turns.

    Attributes
    ----------
    junction, layer
        Of each further node, int32[k] and int8[k].
    tail, head, time, piece
        int32[a]; further arcs, the piece -1 where they stay in their junction.
    homes, arrivals
        int32[n, 3]; layer, piece, and the node from which the piece is driven, and to which it leads, instead of the
        plain ones.
    enter
        int32[n, 2]; piece, and the node from which a trip drives into it to end there, instead of its home.
    capped
        Restrictions around which more pieces than :data:`MOST_AROUND` had to be looked at.
    """

    junction: Int32
    layer: NDArray[np.int8]
    tail: Int32
    head: Int32
    time: Int32
    piece: Int32
    homes: Int32
    arrivals: Int32
    enter: Int32
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
    streets = _describe_streets(edges, turns.turning_places, plain[THROUGH].size)
    memories = _number_memories(streets, turns)
    denied, capped = _turns_to_deny(streets, memories)
    return _lay(streets, _deny_turning(memories, denied), plain, first)._replace(capped=capped)


def _turns_to_deny(streets: Streets, memories: Memories) -> tuple[Bool, int]:
    """Find where to deny turning round, and how often that was capped: many memories in two threads, a half each."""
    from palveluverkko.network import turns_kernels as kernels  # noqa: PLC0415

    size = memories.last.size
    if size < _MANY_MEMORIES:
        denied, capped = kernels.turns_to_deny(streets, memories, 0, size, MOST_AROUND)
        return denied, capped
    with threads_beside() as beside:
        other = beside.submit(kernels.turns_to_deny, streets, memories, size // 2, size, MOST_AROUND)
        denied, capped = kernels.turns_to_deny(streets, memories, 0, size // 2, MOST_AROUND)
        denied_there, capped_there = other.result()
    return denied | denied_there, capped + capped_there


def _describe_streets(edges: Edges, turning_places: Int32, junctions: int) -> Streets:
    from palveluverkko.network import turns_kernels as kernels  # noqa: PLC0415

    begin = freeze_int32(np.column_stack((edges.tail, edges.head)).ravel())
    first, order = sort_arcs(junctions, begin, np.zeros_like(begin))
    is_turning_place = np.zeros(junctions, dtype=np.bool_)
    is_turning_place[turning_places] = True
    return kernels.Streets(
        begin=begin,
        is_open=_frozen(np.column_stack((edges.forward, edges.backward)).ravel()),
        time=freeze_int32(np.column_stack((edges.forward_time, edges.backward_time)).ravel()),
        local=_frozen(edges.local),
        first=freeze_int32(first),
        order=freeze_int32(order),
        is_turning_place=_frozen(is_turning_place),
    )


def _number_memories(streets: Streets, turns: Turns) -> Memories:
    """Give what some rule asks for a number: memories of one piece by their pieces, then the longer ones in order."""
    from palveluverkko.network import turns_kernels as kernels  # noqa: PLC0415

    denied = _denied_by_rules(streets, turns.rules)
    ruled = np.asarray(sorted(memory[0] for memory in denied if len(memory) == 1), dtype=np.int32)
    delays = turns.delays
    singles = np.union1d(delays.last, ruled)
    single = np.full(streets.begin.size, -1, dtype=np.int32)
    single[singles] = np.arange(singles.size, dtype=np.int32)
    longer = sorted(memory for memory in denied if len(memory) > 1)
    number = {memory: singles.size + at for at, memory in enumerate(longer)}
    number |= {(piece,): at for piece, at in zip(ruled.tolist(), single[ruled].tolist(), strict=True)}
    last = np.concatenate((singles, np.asarray([memory[-1] for memory in longer], dtype=np.int32)))
    suffix = np.full(last.size, -1, dtype=np.int32)
    for memory in longer:
        ends = (memory[at:] for at in range(1, len(memory)))
        suffix[number[memory]] = next((number[end] for end in ends if end in number), single[memory[-1]])
    # All beginnings of a memory are memories, so each longer one is the child of another.
    children = [(number[memory[:-1]], memory[-1], number[memory]) for memory in longer]
    parent, child_piece, child = np.asarray(sorted(children), dtype=np.int32).reshape(-1, 3).T
    whole = sorted((number[memory], memory) for memory in denied)
    piece_denied = [
        (at, piece)
        for at, memory in whole
        for piece in sorted(set(chain(*(denied.get(memory[begin:], ()) for begin in range(len(memory))))))
    ]
    of_memory, piece = np.asarray(piece_denied, dtype=np.int32).reshape(-1, 2).T
    is_strict = np.ones(last.size, dtype=np.bool_)
    is_strict[: singles.size] = np.isin(singles, ruled)
    numbers = np.arange(last.size + 1)
    return kernels.Memories(
        last=freeze_int32(last),
        suffix=freeze_int32(suffix),
        is_strict=_frozen(is_strict),
        single=freeze_int32(single),
        first_child=freeze_int32(np.searchsorted(parent, numbers)),
        child_piece=freeze_int32(child_piece),
        child=freeze_int32(child),
        first_denied=freeze_int32(np.searchsorted(of_memory, numbers)),
        denied=freeze_int32(piece),
        first_delay=freeze_int32(np.searchsorted(single[delays.last], numbers)),
        delay_piece=freeze_int32(delays.piece),
        delay=freeze_int32(delays.milliseconds),
    )


def _denied_by_rules(streets: Streets, rules: Iterable[Rule]) -> dict[Memory, set[int]]:
    """Give what each memory of a rule denies, if nothing but the rules on just these pieces counts."""
    denied: dict[Memory, set[int]] = {}
    for rule in rules:
        if not all(streets.is_open[piece] for piece in rule.driven):
            continue
        for length in range(1, len(rule.driven) + 1):
            denied.setdefault(rule.driven[:length], set())
        if rule.mandatory:
            junction = streets.begin[rule.driven[-1] ^ 1]
            out = streets.order[streets.first[junction] : streets.first[junction + 1]].tolist()
            denied[rule.driven].update(piece for piece in out if piece not in rule.following)
        else:
            denied[rule.driven].update(rule.following)
    return denied


def _deny_turning(memories: Memories, denied: Bool) -> Memories:
    """Deny turning round at the end of some pieces: by their memories, or by further ones after the others."""
    further = np.flatnonzero(denied & (memories.single < 0)).astype(np.int32)
    single = memories.single.copy()
    single[further] = memories.last.size + np.arange(further.size, dtype=np.int32)
    is_strict = memories.is_strict | (denied[memories.last] & (memories.single[memories.last] == _numbers(memories)))

    def longer(first: Int32) -> Int32:
        return freeze_int32(np.concatenate((first, np.full(further.size, first[-1]))))

    return memories._replace(
        last=freeze_int32(np.concatenate((memories.last, further))),
        suffix=freeze_int32(np.concatenate((memories.suffix, np.full(further.size, -1)))),
        is_strict=_frozen(np.concatenate((is_strict, np.ones(further.size, dtype=np.bool_)))),
        single=freeze_int32(single),
        first_child=longer(memories.first_child),
        first_denied=longer(memories.first_denied),
        first_delay=longer(memories.first_delay),
    )


def _lay(streets: Streets, memories: Memories, plain: Mapping[int, Int32], first: int) -> Expansion:
    """Lay out the junctions that have memories; no more is known yet of what was capped."""
    from palveluverkko.network import turn_layout_kernels, turns_kernels  # noqa: PLC0415

    first_way, ways = turns_kernels.list_ways(streets, memories)
    nodes, node_of, arcs, homes, special, enter = turn_layout_kernels.lay_junctions(
        streets.begin,
        streets.is_open,
        streets.local,
        streets.first,
        streets.order,
        memories.single,
        memories.last,
        freeze_int32(np.argsort(streets.begin[memories.last ^ 1], kind="stable")),
        freeze_int32(first_way),
        freeze_int32(ways),
        freeze_int32(plain[TRIP_BEGINS]),
        freeze_int32(plain[TRIP_ENDS]),
        first,
    )
    # Where more is remembered after a piece than usual, an arc of its own leads to it.
    layer, piece, home, after = special.T
    inside = np.zeros(len(arcs), dtype=np.int32)
    is_single = memories.single[memories.last] == _numbers(memories)
    memory, layer_of = np.nonzero((node_of >= 0) & is_single[:, None])
    return Expansion(
        junction=nodes[:, 0],
        layer=nodes[:, 1].astype(np.int8),
        tail=np.concatenate((arcs[:, 0], home)),
        head=np.concatenate((arcs[:, 1], node_of[after, layer])),
        time=np.concatenate((arcs[:, 2], streets.time[piece])),
        piece=np.concatenate((inside - 1, piece)),
        homes=homes,
        arrivals=np.column_stack((layer_of, memories.last[memory], node_of[memory, layer_of])).astype(np.int32),
        enter=enter,
        capped=0,
    )


def _numbers(memories: Memories) -> NDArray[np.int64]:
    return np.arange(memories.last.size)


def _frozen(array: Bool) -> Bool:
    array = np.ascontiguousarray(array).view()
    array.flags.writeable = False
    return array
