"""What turns ask of a graph, from the definition: memories as tuples of pieces, looked up in dictionaries."""

import heapq

import numpy as np

from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS

INFINITE = 1 << 62
ORDER = {TRIP_BEGINS: 0, THROUGH: 1, TRIP_ENDS: 2}


class Driving:
    """Which piece may follow with which memory, at which delay, and what one remembers then."""

    def __init__(self, edges, turns, turning_denied=()):
        self.begin = np.column_stack((edges.tail, edges.head)).ravel().tolist()
        self.is_open = np.column_stack((edges.forward, edges.backward)).ravel().tolist()
        self.time = np.column_stack((edges.forward_time, edges.backward_time)).ravel().tolist()
        self.local = np.repeat(edges.local, 2).tolist()
        self.turning_places = set(turns.turning_places.tolist())
        self.delays = {(one, other): delay for one, other, delay in np.column_stack(turns.delays).tolist()}
        self.denied = {}
        self.strict = {(piece,) for piece in turning_denied}
        for rule in turns.rules:
            if all(self.is_open[piece] for piece in rule.driven):
                out = set(self.out(self.end(rule.driven[-1])))
                denied = out - rule.following if rule.mandatory else out & rule.following
                self.denied.setdefault(rule.driven, set()).update(denied)
                self.strict |= {rule.driven[:length] for length in range(1, len(rule.driven) + 1)}
        self.memories = self.strict | {(last,) for last, _ in self.delays}
        in_order = sorted(self.memories, key=lambda memory: (len(memory) > 1, memory))
        self.number = {(): -1} | {memory: at for at, memory in enumerate(in_order)}

    def end(self, piece):
        return self.begin[piece ^ 1]

    def out(self, junction):
        return [piece for piece, begin in enumerate(self.begin) if begin == junction and self.is_open[piece]]

    def into(self, junction):
        return [piece for piece in range(len(self.begin)) if self.end(piece) == junction and self.is_open[piece]]

    def layers(self, piece):
        return (TRIP_BEGINS, TRIP_ENDS) if self.local[piece] else (THROUGH,)

    def onward(self, layer, piece):
        return [one for one in self.layers(piece) if ORDER[one] >= ORDER[layer]]

    def after(self, memory, piece):
        longest = (*memory, piece)
        while longest and longest not in self.memories:
            longest = longest[1:]
        return longest

    def delay(self, last, piece):
        return self.delays.get((last, piece), 0)

    def ways_on(self, memory, last):
        """Give the pieces that may follow."""
        denied = {piece for at in range(len(memory)) for piece in self.denied.get(memory[at:], ())}
        out = [piece for piece in self.out(self.end(last)) if piece not in denied]
        others = [piece for piece in out if piece != last ^ 1]
        is_end = not any(self.local[last] or not self.local[piece] for piece in others)
        return out if is_end or self.end(last) in self.turning_places else others

    def ways_laid(self, memory, last):
        """Give the pieces that may follow in the graph, and the delay of each.

        The graph denies turning round only where that would help; elsewhere it takes as long as the slowest turn.
        """
        if not memory:
            return dict.fromkeys(self.out(self.end(last)), 0)
        ways = {piece: self.delay(last, piece) for piece in self.ways_on(memory, last)}
        if memory not in self.strict and self.is_open[last ^ 1]:
            ways.setdefault(last ^ 1, max(ways.values(), default=0))
        return ways


def turns_to_deny(edges, turns, most_around):
    """Find the pieces at whose end turning round would help, and how many searches were capped."""
    driving = Driving(edges, turns)
    found, capped = set(), 0
    for memory in driving.memories:
        for layer in driving.layers(memory[-1]):
            near, is_capped = _around(driving, memory, layer, most_around)
            found |= near
            capped += is_capped
    return found, capped


def _around(driving, memory, layer, most_around):
    soonest = _aims(driving, memory, layer)
    if not soonest or _is_soon_over(driving, memory):
        return set(), False
    settled = _come_back(driving, memory, layer, soonest, most_around)
    capped = len(settled) == most_around
    if capped:
        latest = max(settled.values())
        soonest = {aim: min(time, latest) for aim, time in soonest.items()}
    gains = []
    for (last, own, at), time in settled.items():
        if own not in driving.strict and driving.is_open[last ^ 1] and last ^ 1 not in driving.ways_on(own, last):
            most = max((soon for aim, soon in soonest.items() if ORDER[at] <= ORDER[aim[2]]), default=0)
            gains.append((last, most - time - driving.time[last ^ 1]))
    here = driving.end(memory[-1])
    not_by = memory[-1] if len(memory) == 1 else None
    budget = max((gain for _, gain in gains), default=0)
    way_back, beyond = _drive_to(driving, here, not_by, budget, most_around)
    return {last for last, gain in gains if way_back.get(driving.begin[last], beyond) < gain}, capped


def _is_soon_over(driving, memory):
    if memory in driving.strict:
        return False
    here = driving.end(memory[-1])
    round_ = min(driving.time[one] for one in driving.out(here)) + min(driving.time[one] for one in driving.into(here))
    return round_ >= max(delay for (last, _), delay in driving.delays.items() if last == memory[-1])


def _aims(driving, memory, layer):
    """Give (piece, memory after it, latest layer, delay) that coming back another way offers and this way does not."""
    last = memory[-1]
    aims = {}
    for other in driving.into(driving.end(last)):
        least = driving.after((), other)
        for piece in driving.ways_on(least, other):
            after, delay = driving.after(least, piece), driving.delay(other, piece)
            as_well = piece in driving.ways_on(memory, last) and _is_suffix(driving.after(memory, piece), after)
            if piece != last ^ 1 and not (as_well and driving.delay(last, piece) <= delay):
                aims |= {(piece, after, latest, delay): INFINITE for latest in driving.onward(layer, piece)}
    return aims


def _come_back(driving, memory, layer, soonest, most_around):
    """Drive on until all aims are attained and note in ``soonest`` when; give the time of all that was come to."""
    here = driving.end(memory[-1])
    queue = [(0, memory[-1], driving.number[memory], layer, memory)]
    settled = {}
    while queue and len(settled) < most_around:
        time, last, _, at, own = heapq.heappop(queue)
        if time >= max(soonest.values()):
            break
        if (last, own, at) in settled:
            continue
        settled[last, own, at] = time
        ways = driving.ways_on(own, last)
        if driving.end(last) == here:
            for aim, known in soonest.items():
                piece, after, latest, delay = aim
                if ORDER[at] <= ORDER[latest] and piece in ways and _is_suffix(driving.after(own, piece), after):
                    soonest[aim] = min(known, time + driving.delay(last, piece) - delay)
        for piece in ways:
            onward = driving.onward(at, piece)
            if onward:
                later = time + driving.delay(last, piece) + driving.time[piece]
                after = driving.after(own, piece)
                heapq.heappush(queue, (later, piece, driving.number[after], onward[0], after))
    return settled


def _drive_to(driving, here, not_by, budget, most_around):
    """Give the time from junctions around, whatever the rules say, and the least that all others take."""
    queue, times = [(0, here)], {}
    while queue:
        time, junction = heapq.heappop(queue)
        if time >= budget or len(times) == most_around:
            return times, time
        if junction not in times:
            times[junction] = time
            for piece in driving.into(junction):
                if piece != not_by or junction != here:
                    heapq.heappush(queue, (time + driving.time[piece], driving.begin[piece]))
    return times, INFINITE


def _is_suffix(memory, other):
    return not memory or other[-len(memory) :] == memory
