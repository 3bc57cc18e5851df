"""Compiled laying out of turns: where turning round would help, and the nodes and arcs that a junction needs.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.

Piece ``2 * edge`` leads along an edge and ``2 * edge + 1`` back; a memory is a number, -1 the empty one.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

_THROUGH, _TRIP_BEGINS, _TRIP_ENDS = 0, 1, 2  # as in road_network
_LAYERS = 3

_INFINITE = 1 << 62
_NEVER = 1 << 40
_TABLE = 1 << 14  # slots for at most 5,000 that are looked at


class Streets(NamedTuple):
    """Directed pieces by number (``local`` by edge), those at each junction in ``order``, from ``first`` on."""

    begin: NDArray[np.int32]
    is_open: NDArray[np.bool_]
    time: NDArray[np.int32]
    local: NDArray[np.bool_]
    first: NDArray[np.int32]
    order: NDArray[np.int32]
    is_turning_place: NDArray[np.bool_]


class Memories(NamedTuple):
    """Memories by number.

    Attributes
    ----------
    last
        The piece driven last.
    suffix
        The longest other memory that it ends with, or -1.
    is_strict
        Whether it denies turning round.
    single
        The memory of just one piece, by piece, or -1.
    first_child, child_piece, child
        The memories that are longer by one piece, and that piece.
    first_denied, denied
        Pieces that may not follow.
    first_delay, delay_piece, delay
        For memories of one piece: the pieces that take time to turn into, and the milliseconds.
    """

    last: NDArray[np.int32]
    suffix: NDArray[np.int32]
    is_strict: NDArray[np.bool_]
    single: NDArray[np.int32]
    first_child: NDArray[np.int32]
    child_piece: NDArray[np.int32]
    child: NDArray[np.int32]
    first_denied: NDArray[np.int32]
    denied: NDArray[np.int32]
    first_delay: NDArray[np.int32]
    delay_piece: NDArray[np.int32]
    delay: NDArray[np.int32]


class _Aims(NamedTuple):
    """What a trip may gain by coming back: a piece, remembering less, in a layer not after the latest, sooner."""

    piece: NDArray[np.int32]
    after: NDArray[np.int32]
    latest: NDArray[np.int32]
    delay: NDArray[np.int64]
    soonest: NDArray[np.int64]


class _Search(NamedTuple):
    """A queue, what was settled in its order, and a table to find it again, which holds for one round."""

    queue_time: NDArray[np.int64]
    queue_code: NDArray[np.int64]
    code: NDArray[np.int64]
    time: NDArray[np.int64]
    entry: NDArray[np.int32]
    round: NDArray[np.int32]


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _order(layer: int) -> int:
    """Give the place of a layer in a trip."""
    return 1 if layer == _THROUGH else 2 * (layer - 1)


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _may_follow(layer: int, onward: int, is_local: bool) -> bool:
    """Tell whether a piece may be driven in a layer after another one in a layer."""
    return is_local == (onward != _THROUGH) and _order(onward) >= _order(layer)


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _after(memory: int, piece: int, memories: Memories) -> int:
    """Give what is remembered when a piece has been driven."""
    while memory >= 0:
        for at in range(memories.first_child[memory], memories.first_child[memory + 1]):
            if memories.child_piece[at] == piece:
                return int(memories.child[at])
        memory = memories.suffix[memory]
    return int(memories.single[piece])


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_suffix(memory: int, other: int, memories: Memories) -> bool:
    """Tell whether who remembers the one is as free as who remembers the other."""
    while other >= 0 and other != memory:
        other = memories.suffix[other]
    return other == memory


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _delay(last: int, piece: int, memories: Memories) -> int:
    """Give the milliseconds that a turn takes."""
    memory = memories.single[last]
    if memory >= 0:
        for at in range(memories.first_delay[memory], memories.first_delay[memory + 1]):
            if memories.delay_piece[at] == piece:
                return int(memories.delay[at])
    return 0


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _ways_on(memory: int, last: int, streets: Streets, memories: Memories, ways: NDArray[np.int32]) -> int:
    """Write down the pieces that may follow the last one, driven with a memory, and give their number."""
    here, back = streets.begin[last ^ 1], last ^ 1
    count, may_turn, is_end = 0, False, True
    for at in range(streets.first[here], streets.first[here + 1]):
        piece = streets.order[at]
        if not streets.is_open[piece] or _is_denied(memory, piece, memories):
            continue
        if piece == back:
            may_turn = True
            continue
        ways[count] = piece
        count += 1
        # A road for the last leg only is no way on for those who drive through.
        if streets.local[last >> 1] or not streets.local[piece >> 1]:
            is_end = False
    if may_turn and (is_end or streets.is_turning_place[here]):
        ways[count] = back
        count += 1
    return count


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_denied(memory: int, piece: int, memories: Memories) -> bool:
    if memory >= 0:
        for at in range(memories.first_denied[memory], memories.first_denied[memory + 1]):
            if memories.denied[at] == piece:
                return True
    return False


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _has(ways: NDArray[np.int32], count: int, piece: int) -> bool:
    for at in range(count):  # noqa: SIM110  # numba compiles no generators
        if ways[at] == piece:
            return True
    return False


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _push(time: int, code: int, size: int, search: _Search) -> int:
    """Put something into the queue, a heap by time and then by code; give its size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if (search.queue_time[above], search.queue_code[above]) <= (time, code):
            break
        search.queue_time[at], search.queue_code[at] = search.queue_time[above], search.queue_code[above]
        at = above
    search.queue_time[at], search.queue_code[at] = time, code
    return size + 1


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _pop(size: int, search: _Search) -> tuple[int, int, int]:
    """Take the first out of the queue: its time, its code, and how many are left."""
    time, code = search.queue_time[0], search.queue_code[0]
    size -= 1
    last_time, last_code = search.queue_time[size], search.queue_code[size]
    at = 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        other = below + 1
        if other < size and (search.queue_time[other], search.queue_code[other]) < (
            search.queue_time[below],
            search.queue_code[below],
        ):
            below = other
        if (last_time, last_code) <= (search.queue_time[below], search.queue_code[below]):
            break
        search.queue_time[at], search.queue_code[at] = search.queue_time[below], search.queue_code[below]
        at = below
    search.queue_time[at], search.queue_code[at] = last_time, last_code
    return time, code, size


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _slot(code: int, this_round: int, search: _Search) -> int:
    """Give the slot of the table where a code is, or where it would be."""
    at = ((code * 2_654_435_761) >> 16) & (_TABLE - 1)
    while search.round[at] == this_round and search.code[search.entry[at]] != code:
        at = (at + 1) & (_TABLE - 1)
    return at


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_new(code: int, time: int, count: int, this_round: int, search: _Search) -> bool:
    """Settle a code as the next, unless it was settled before."""
    at = _slot(code, this_round, search)
    if search.round[at] == this_round:
        return False
    search.round[at], search.entry[at] = this_round, count
    search.code[count], search.time[count] = code, time
    return True


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _is_soon_over(memory: int, streets: Streets, memories: Memories) -> bool:
    """Tell whether it is all about delays, and the next piece and any one back take no less time.

    That spares nearly half of the searches: 32,000 of 71,000 delays in Porto tiled 4 x 4.
    """
    if memories.is_strict[memory]:
        return False
    longest = 0
    for at in range(memories.first_delay[memory], memories.first_delay[memory + 1]):
        longest = max(longest, memories.delay[at])
    here = streets.begin[memories.last[memory] ^ 1]
    onward = back = _NEVER
    for at in range(streets.first[here], streets.first[here + 1]):
        piece = streets.order[at]
        if streets.is_open[piece]:
            onward = min(onward, streets.time[piece])
        if streets.is_open[piece ^ 1]:
            back = min(back, streets.time[piece ^ 1])
    return onward + back >= longest


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _find_aims(
    memory: int,
    layer: int,
    streets: Streets,
    memories: Memories,
    aims: _Aims,
    now: NDArray[np.int32],
    ways: NDArray[np.int32],
) -> int:
    """Find what a trip could do if it came to the junction another way and cannot do as well now; give the number."""
    last = memories.last[memory]
    here = streets.begin[last ^ 1]
    ways_now = _ways_on(memory, last, streets, memories, now)
    count = 0
    for at in range(streets.first[here], streets.first[here + 1]):
        other = streets.order[at] ^ 1
        if not streets.is_open[other]:
            continue
        least = memories.single[other]
        for way in range(_ways_on(least, other, streets, memories, ways)):
            piece = ways[way]
            if piece == last ^ 1:
                continue
            after, delay = _after(least, piece, memories), _delay(other, piece, memories)
            if (
                _has(now, ways_now, piece)
                and _delay(last, piece, memories) <= delay
                and _is_suffix(_after(memory, piece, memories), after, memories)
            ):
                continue
            for latest in range(_LAYERS):
                if not _may_follow(layer, latest, streets.local[piece >> 1]):
                    continue
                known = False
                for one in range(count):
                    same = aims.piece[one] == piece and aims.after[one] == after
                    if same and aims.latest[one] == latest and aims.delay[one] == delay:
                        known = True
                if not known:
                    aims.piece[count], aims.after[count], aims.latest[count] = piece, after, latest
                    aims.delay[count], aims.soonest[count] = delay, _INFINITE
                    count += 1
    return count


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _come_back(
    memory: int,
    layer: int,
    aimed: int,
    most_around: int,
    this_round: int,
    streets: Streets,
    memories: Memories,
    aims: _Aims,
    search: _Search,
    ways: NDArray[np.int32],
) -> int:
    """Drive on until all aims are attained and note when; give how many were settled (piece, memory, layer)."""
    here = streets.begin[memories.last[memory] ^ 1]
    numbers = memories.last.size + 1
    size = _push(0, (int(memories.last[memory]) * numbers + memory + 1) * _LAYERS + layer, 0, search)
    count = 0
    while size > 0 and count < most_around:
        time, code, size = _pop(size, search)
        latest = np.int64(0)
        for aim in range(aimed):
            latest = max(latest, aims.soonest[aim])
        if time >= latest:
            break
        if not _is_new(code, time, count, this_round, search):
            continue
        count += 1
        at = code % _LAYERS
        own = code // _LAYERS % numbers - 1
        last = code // _LAYERS // numbers
        found = _ways_on(own, last, streets, memories, ways)
        if streets.begin[last ^ 1] == here:
            for aim in range(aimed):
                piece = aims.piece[aim]
                if _order(at) <= _order(aims.latest[aim]) and _has(ways, found, piece):
                    back = time + _delay(last, piece, memories) - aims.delay[aim]
                    if back < aims.soonest[aim] and _is_suffix(_after(own, piece, memories), aims.after[aim], memories):
                        aims.soonest[aim] = back
        for way in range(found):
            piece = ways[way]
            # By those who go far, a local road is driven in the layer they are in, or at the end of the trip.
            onward = _THROUGH
            if streets.local[piece >> 1]:
                onward = at if at != _THROUGH else _TRIP_ENDS
            elif at == _TRIP_ENDS:
                continue
            later = time + _delay(last, piece, memories) + streets.time[piece]
            if later < latest:
                after = _after(own, piece, memories)
                size = _push(later, (int(piece) * numbers + after + 1) * _LAYERS + onward, size, search)
    return count


@nb.njit(cache=True, boundscheck=False, nogil=True)
def _drive_to(
    here: int, not_by: int, budget: int, most_around: int, this_round: int, streets: Streets, search: _Search
) -> tuple[int, int]:
    """Find the least time from junctions around to one, whatever the rules say, but not by one piece at the end.

    Give how many junctions were settled, and the time that all others take at least.
    """
    size = _push(0, here, 0, search)
    count = 0
    while size > 0:
        time, junction, size = _pop(size, search)
        if time >= budget or count == most_around:
            return count, time
        if not _is_new(junction, time, count, this_round, search):
            continue
        count += 1
        for at in range(streets.first[junction], streets.first[junction + 1]):
            piece = streets.order[at] ^ 1
            if streets.is_open[piece] and (piece != not_by or junction != here):
                later = time + streets.time[piece]
                if later < budget:
                    size = _push(later, streets.begin[piece], size, search)
    return count, _INFINITE


@nb.njit(cache=True, boundscheck=False, nogil=True)
def turns_to_deny(
    streets: Streets, memories: Memories, first: int, end: int, most_around: int
) -> tuple[NDArray[np.bool_], int]:
    """Find the pieces at whose end a trip could turn round and gain by it, bool[pieces], and how often that was capped.

    Looked at are the memories from the first to before the end; each is judged for itself.

    What a memory costs a trip is undone by coming back to the junction another way. Let that take so long by the
    quickest permitted trip. Then turning round gains only where one would be back sooner.
    """
    degree = 1
    for junction in range(streets.first.size - 1):
        degree = max(degree, streets.first[junction + 1] - streets.first[junction])
    now, ways = np.empty(degree, dtype=np.int32), np.empty(degree, dtype=np.int32)
    most = 2 * degree * degree
    aims = _Aims(
        np.empty(most, dtype=np.int32),
        np.empty(most, dtype=np.int32),
        np.empty(most, dtype=np.int32),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
    )
    search = _Search(
        np.empty(most_around * degree + 1, dtype=np.int64),
        np.empty(most_around * degree + 1, dtype=np.int64),
        np.empty(most_around, dtype=np.int64),
        np.empty(most_around, dtype=np.int64),
        np.empty(_TABLE, dtype=np.int32),
        np.zeros(_TABLE, dtype=np.int32),
    )
    spare_piece, spare = np.empty(most_around, dtype=np.int32), np.empty(most_around, dtype=np.int64)
    denied = np.zeros(streets.begin.size, dtype=np.bool_)
    capped, this_round = 0, 0
    for memory in range(first, end):
        if _is_soon_over(memory, streets, memories):
            continue
        last = memories.last[memory]
        for layer in range(_LAYERS):
            if streets.local[last >> 1] != (layer != _THROUGH):
                continue
            aimed = _find_aims(memory, layer, streets, memories, aims, now, ways)
            if aimed == 0:
                continue
            this_round += 1
            settled = _come_back(memory, layer, aimed, most_around, this_round, streets, memories, aims, search, ways)
            if settled == most_around:
                # No way back was found so far; turning round is denied where one would be back by now.
                capped += 1
                for aim in range(aimed):
                    aims.soonest[aim] = min(aims.soonest[aim], search.time[settled - 1])
            budget, count = 0, 0
            for one in range(settled):
                code = search.code[one]
                at = code % _LAYERS
                own = code // _LAYERS % (memories.last.size + 1) - 1
                piece = code // _LAYERS // (memories.last.size + 1)
                back = piece ^ 1
                if not streets.is_open[back] or (own >= 0 and memories.is_strict[own]):
                    continue
                gain = np.int64(0)
                for aim in range(aimed):
                    if _order(at) <= _order(aims.latest[aim]):
                        gain = max(gain, aims.soonest[aim])
                gain -= search.time[one] + streets.time[back]
                if gain <= 0 or _has(ways, _ways_on(own, piece, streets, memories, ways), back):
                    continue
                spare_piece[count], spare[count] = piece, gain
                budget = max(budget, int(gain))
                count += 1
            if count == 0:
                continue
            # Who comes back by the same piece is no better off, if no more than that piece is remembered.
            not_by = last if memories.single[last] == memory else -1
            this_round += 1
            here = streets.begin[last ^ 1]
            _, beyond = _drive_to(here, not_by, budget, most_around, this_round, streets, search)
            for one in range(count):
                slot = _slot(streets.begin[spare_piece[one]], this_round, search)
                time = search.time[search.entry[slot]] if search.round[slot] == this_round else beyond
                if time < spare[one]:
                    denied[spare_piece[one]] = True
    return denied, capped


@nb.njit(cache=True, boundscheck=False, nogil=True)
def list_ways(streets: Streets, memories: Memories) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the ways on of each memory: where they begin, and of each the piece, milliseconds, what is remembered then.

    Who has a memory that does not deny turning round may do so, but waits as long as for the slowest turn. It could be
    free as well; so at a crossing the two that wait to turn left need no third node for the ways that both may go.
    """
    first = np.zeros(memories.last.size + 1, dtype=np.int32)
    for memory in range(memories.last.size):
        here = streets.begin[memories.last[memory] ^ 1]
        first[memory + 1] = first[memory] + streets.first[here + 1] - streets.first[here]
    ways = np.empty(first[memories.last.size], dtype=np.int32)
    found = np.empty((ways.size, 3), dtype=np.int32)
    total = 0
    for memory in range(memories.last.size):
        last = memories.last[memory]
        back = last ^ 1
        count = _ways_on(memory, last, streets, memories, ways)
        first[memory] = total
        longest = 0
        for way in range(count):
            delay = _delay(last, ways[way], memories)
            longest = max(longest, delay)
            found[total, 0], found[total, 1] = ways[way], delay
            found[total, 2] = _after(memory, ways[way], memories)
            total += 1
        if not memories.is_strict[memory] and streets.is_open[back] and not _has(ways, count, back):
            found[total, 0], found[total, 1], found[total, 2] = back, longest, _after(memory, back, memories)
            total += 1
    first[memories.last.size] = total
    return first, found[:total]
