"""Trips under turn restrictions from the definition: a search over straight pieces that remembers what was driven."""

import heapq
import math
from itertools import pairwise

import numpy as np

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.engine.search import time_table
from palveluverkko.osm.profile import CarProfile

FIRST, THROUGH, LAST = 0, 1, 2


class QuickTurns(CarProfile):
    """A profile by which turning takes no time."""

    turn_delays = None


QUICK_TURNS = QuickTurns()


class TurnTwin:
    """Roads as straight pieces (from, to, way, local, forward, backward), way by way; times None where closed.

    A piece driven is (number, 0) forward or (number, 1) backward. Every restriction keeps its own count of how far
    along it the driver is; nothing is joined, shared or left out.
    """

    def __init__(self, pieces, relations, *, where, turning_places=(), delay=None):
        self.pieces = pieces
        self.turning_places = set(turning_places)
        self.delay = delay or (lambda _one, _other: 0)
        self.out = {}
        for number, (a, b, _, _, forward, backward) in enumerate(pieces):
            for begin, one, time in ((a, (number, 0), forward), (b, (number, 1), backward)):
                if time is not None:
                    self.out.setdefault(begin, []).append(one)
        self.where = where
        self.of_way = {}
        for number, piece in enumerate(pieces):
            self.of_way.setdefault(piece[2], []).append(number)
        self.rules = [rule for relation in relations for rule in self._rules(relation)]
        self.starting = {}
        for number, (driven, _, _) in enumerate(self.rules):
            self.starting.setdefault(driven[0], []).append(number)

    def begin(self, one):
        return self.pieces[one[0]][one[1]]

    def end(self, one):
        return self.pieces[one[0]][1 - one[1]]

    def time(self, one):
        return self.pieces[one[0]][4 + one[1]]

    def local(self, one):
        return self.pieces[one[0]][3]

    def _rules(self, relation):
        """Give (pieces driven, mandatory, pieces following) for each way in."""
        members = {}
        for kind, ref, role in relation.members:
            members.setdefault((kind, role), []).append(ref)
        word, _, turn = next(v for k, v in relation.tags if k == "restriction").partition("_")
        ways_in, ways_out = set(members["w", "from"]), set(members["w", "to"])
        pairs = []
        if ("w", "via") in members:
            for path in self._walks(members["w", "via"]):
                before = [one for one in self._of(ways_in) if self.end(one) == self.begin(path[0])]
                after = [one for one in self._of(ways_out) if self.begin(one) == self.end(path[-1])]
                pairs += [((one, *path), other) for one in before for other in after]
        else:
            via = members["n", "via"][0]
            before = [one for one in self._of(ways_in) if self.end(one) == via]
            after = [one for one in self._of(ways_out) if self.begin(one) == via]
            u_turns = [((one,), turned(one)) for one in before if turned(one) in after]
            at_via = {
                way for way in ways_in | ways_out for one in self._of([way], closed=True) if self.begin(one) == via
            }
            if turn == "u_turn" and ways_in & at_via == ways_out & at_via:
                pairs = u_turns
            else:
                pairs = [((one,), other) for one in before for other in after if other != turned(one)]
                if any(
                    sum(self.pieces[one[0]][2] == way for one in side) > 1
                    for side in (before, after)
                    for way in ways_in | ways_out
                ):
                    pairs = [pair for pair in pairs if self._is_turn(turn, pair[0][0], pair[1])]
        following = {}
        for driven, other in pairs:
            following.setdefault(driven, set()).add(other)
        return [(driven, word == "only", others) for driven, others in following.items()]

    def _of(self, ways, *, closed=False):
        numbers = [number for way in ways for number in self.of_way.get(way, ())]
        both = [(number, way_round) for number in numbers for way_round in (0, 1)]
        return [one for one in both if closed or self.time(one) is not None]

    def _walks(self, ways):
        """Give all walks that drive each way once from end to end."""
        runs = {}
        for way in ways:
            numbers = self.of_way[way]
            forward = [(number, 0) for number in numbers]
            backward = [(number, 1) for number in reversed(numbers)]
            runs[way] = [run for run in (forward, backward) if all(self.time(one) is not None for one in run)]
        walks = [((), frozenset(ways))]
        while walks:
            path, left = walks.pop()
            if not left:
                yield path
            for way in left:
                fitting = [run for run in runs[way] if not path or self.end(path[-1]) == self.begin(run[0])]
                walks.extend(((*path, *run), left - {way}) for run in fitting)

    def _is_turn(self, turn, one, other):
        (x0, y0), (x1, y1), (x2, y2) = (self.where(spot) for spot in (self.begin(one), self.end(one), self.end(other)))
        ax, ay, bx, by = x1 - x0, y1 - y0, x2 - x1, y2 - y1
        degrees = math.degrees(math.atan2(ax * by - ay * bx, ax * bx + ay * by))
        if (x0, y0) == (x1, y1) or (x1, y1) == (x2, y2):
            return turn in {"entry", "exit"}
        return {
            "left_turn": 10 < degrees < 170,
            "right_turn": -170 < degrees < -10,
            "straight_on": abs(degrees) < 45,
            "u_turn": abs(degrees) > 135,
        }.get(turn, True)

    def progress(self, counts, one):
        """Give how far along each restriction one is after a piece: (restriction, pieces of it driven)."""
        on = {(rule, count + 1) for rule, count in counts if self.rules[rule][0][count : count + 1] == (one,)}
        return frozenset(on | {(rule, 1) for rule in self.starting.get(one, ())})

    def ways_on(self, counts, one):
        """Give the pieces that may follow."""
        ways = self.out.get(self.end(one), [])
        for rule, count in counts:
            driven, mandatory, following = self.rules[rule]
            if count == len(driven):
                ways = [other for other in ways if (other in following) == mandatory]
        others = [other for other in ways if other != turned(one)]
        is_end = not any(self.local(one) or not self.local(other) for other in others)
        return ways if is_end or self.end(one) in self.turning_places else others

    def layer(self, before, one):
        """Give the part of the trip on a piece after a part, None where it may not be driven."""
        if not self.local(one):
            return THROUGH if before < LAST else None
        return FIRST if before == FIRST else LAST

    def times_from(self, start, ends, budget):  # noqa: C901 - the whole search in one place
        """Give the shortest time from a position (piece, share) to others, int64 with UNREACHED beyond the budget."""
        by_piece = {}
        for at, (number, share) in enumerate(ends):
            by_piece.setdefault(number, []).append((at, share))
        best = [UNREACHED] * len(ends)

        def arrive(one, time, least=-1):
            for at, share in by_piece.get(one[0], ()):
                offset = self.offset(one, share)
                if offset >= least:
                    best[at] = min(best[at], time + offset)

        queue = []
        for way_round in (0, 1):
            one = (start[0], way_round)
            if self.time(one) is not None:
                offset = self.offset(one, start[1])
                arrive(one, -offset, offset)
                layer = FIRST if self.local(one) else THROUGH
                heapq.heappush(queue, (self.time(one) - offset, one, layer, (), self.progress((), one)))
        done = set()
        while queue:
            time, one, layer, _, counts = heapq.heappop(queue)
            if time > min(budget, max(best, default=0)):
                break
            if (one, layer, counts) in done:
                continue
            done.add((one, layer, counts))
            for other in self.ways_on(counts, one):
                later = time + self.delay(one, other)
                onward = self.layer(layer, other)
                if onward is not None:
                    arrive(other, later)
                    after = self.progress(counts, other)
                    heapq.heappush(queue, (later + self.time(other), other, onward, tuple(sorted(after)), after))
        return [time if time <= budget else UNREACHED for time in best]

    def table(self, starts, ends, budget):
        return np.asarray([self.times_from(start, ends, budget) for start in starts], dtype=np.int64)

    def offset(self, one, share):
        """Give the milliseconds from the beginning of a piece driven to a position on it."""
        along = round(self.time(one) * share)
        return self.time(one) - along if one[1] else along


def turned(one):
    return one[0], 1 - one[1]


def pieces_of(whole, given_roads):
    """Give the pieces of a network of which every node of the file is a junction, way by way, and the edge of each."""
    edges = whole.edges
    ids, tails, heads = (
        column.tolist() for column in (edges.way, whole.junction_id[edges.tail], whole.junction_id[edges.head])
    )
    at = {}
    for edge, key in enumerate(zip(ids, tails, heads, strict=True)):
        at.setdefault(key, []).append(edge)
    times = [
        np.where(open_, time, -1).tolist()
        for open_, time in ((edges.forward, edges.forward_time), (edges.backward, edges.backward_time))
    ]
    local = edges.local.tolist()
    names = nodes_of_roads(given_roads)
    pieces, where = [], []
    for way, first, last in zip(
        given_roads.way_id.tolist(), given_roads.first_node[:-1], given_roads.first_node[1:], strict=True
    ):
        nodes = given_roads.way_node[first:last].tolist()
        for one, other in pairwise(nodes):
            a, b = given_roads.node_id[[one, other]].tolist()
            is_turned = not at.get((way, a, b))
            edge = at[(way, b, a) if is_turned else (way, a, b)].pop()
            there, again = (None if time[edge] < 0 else time[edge] for time in (times[::-1] if is_turned else times))
            pieces.append((names[one], names[other], way, local[edge], there, again))
            where.append((edge, is_turned))
    return pieces, where


def nodes_of_roads(given_roads):
    """Give the name of each node: its id, or a number below zero for the further parts of one that a barrier cuts."""
    ids = given_roads.node_id
    first = np.searchsorted(ids, ids) == np.arange(ids.size)
    return np.where(first, ids, -1 - np.arange(ids.size)).tolist()


def where_of(whole, given_roads):
    """Give a function from the name of a node to its metres."""
    by_id = dict(zip(whole.junction_id.tolist(), zip(whole.junction_x, whole.junction_y, strict=True), strict=True))
    return lambda name: by_id[name if name >= 0 else int(given_roads.node_id[-1 - name])]


def ends_of_piece(edges, vertex):
    return tuple((float(edges.vertex_x[one]), float(edges.vertex_y[one])) for one in (vertex, vertex + 1))


def find_pieces(network, whole, where):
    """Find where pieces lie on a network: (edge, vertex, turned) of each that no other one looks like."""
    found = {}
    for edge, (first, last) in enumerate(
        zip(network.edges.first_vertex[:-1], network.edges.first_vertex[1:], strict=True)
    ):
        for vertex in range(first, last - 1):
            ends = ends_of_piece(network.edges, vertex)
            for key, is_turned in ((ends, False), (ends[::-1], True)):
                found.setdefault(key, []).append((edge, vertex, is_turned))
    pieces = {}
    for number, (edge, is_turned) in enumerate(where):
        ends = ends_of_piece(whole.edges, whole.edges.first_vertex[edge])
        alike = found[ends[::-1] if is_turned else ends]
        if len(alike) == 1:
            pieces[number] = alike[0]
    return pieces


def anchored(network, pieces, positions, *, ends):
    """Anchor positions (piece, share) to a network, as beginnings or as ends of trips."""
    edges = network.edges
    edge, vertex, is_turned = (
        np.asarray(one) for one in zip(*(pieces[number] for number, _ in positions), strict=True)
    )
    share = np.asarray([share for _, share in positions])
    share = np.where(is_turned, 1 - share, share)
    is_open = np.column_stack((edges.forward[edge], edges.backward[edge]))
    along, back = (
        np.rint(time[vertex] + (time[vertex + 1] - time[vertex]) * share).astype(np.int64)
        for time in (edges.vertex_forward, edges.vertex_backward)
    )
    driven = np.column_stack((along, edges.backward_time[edge] - back))
    ahead = np.column_stack((edges.forward_time[edge] - along, back))
    node = network.enter[edge] if ends else network.leave[edge]
    piece = np.column_stack((2 * edge, 2 * edge + 1))
    return Anchors(
        node=freeze_int32(np.where(is_open, node, -1)),
        time=freeze_int32(np.where(is_open, driven if ends else ahead, UNREACHED)),
        piece=freeze_int32(np.where(is_open, piece, -1)),
        offset=freeze_int32(driven),
        access=freeze_int32(np.zeros(len(positions))),
    )


def network_table(network, pieces, starts, ends, budget, *, search_from="starts", method="buckets"):
    """Give the times from starts (rows) to ends (columns)."""
    times = time_table(
        network.roads,
        starts=anchored(network, pieces, starts, ends=False),
        ends=anchored(network, pieces, ends, ends=True),
        budget=budget,
        search_from=search_from,
        method=method,
    ).milliseconds
    return times if search_from == "starts" else times.T
