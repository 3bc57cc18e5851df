"""Turns that are forbidden or take time: a graph whose nodes are road pieces, searched like any other."""

import functools
import math

import numpy as np
from graphs import SIDES
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.elimination import eliminate, prepare
from palveluverkko.engine.graph import Anchors, build_graph, freeze_int32
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.engine.search import UNREACHED, k_nearest, nearest, time_table


@st.composite
def towns(draw):
    """Draw road pieces (from, to, time), the delay of each allowed turn, and points (piece, milliseconds along it)."""
    junction = st.integers(0, draw(st.integers(0, 4)))
    time = st.integers(0, 3) | st.integers(0, 100_000)
    pieces = draw(st.lists(st.tuples(junction, junction, time), min_size=1, max_size=10))
    turns = {}
    for one, (_, to, _) in enumerate(pieces):
        for other, (begin, _, _) in enumerate(pieces):
            if to == begin and draw(st.integers(0, 3)):
                turns[one, other] = draw(st.integers(0, 3) | st.integers(0, 50_000))

    def points():
        chosen = draw(st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=4))
        return [(piece, draw(st.integers(0, pieces[piece][2]))) for piece in chosen]

    return pieces, turns, points(), points()


def brute_force(pieces, turns, starts, ends):
    """Find the times from start to end by going round over all turns until nothing gets shorter (Bellman and Ford)."""
    table = np.full((len(starts), len(ends)), UNREACHED, dtype=np.int32)
    for row, (first, here) in enumerate(starts):
        at_end = [math.inf] * len(pieces)
        at_end[first] = pieces[first][2] - here
        for _ in pieces:
            for (one, other), delay in turns.items():
                at_end[other] = min(at_end[other], at_end[one] + delay + pieces[other][2])
        for column, (last, there) in enumerate(ends):
            ways = [at_end[one] + delay + there for (one, other), delay in turns.items() if other == last]
            if first == last and there >= here:
                ways.append(there - here)
            if min(ways, default=math.inf) < math.inf:
                table[row, column] = min(ways)
    return table


def anchored(rows):
    """Anchors of points with any number of slots (node, time, piece, offset), filled up with absent ones."""
    slots = max(1, *(len(row) for row in rows))
    columns = np.asarray([row + [(-1, UNREACHED, -1, 0)] * (slots - len(row)) for row in rows]).transpose(2, 0, 1)
    return Anchors(*(freeze_int32(one) for one in columns), access=freeze_int32(np.zeros(len(rows))))


@settings(deadline=None, max_examples=100)
@given(towns(), st.sampled_from([0, 1, 2, 24]), st.sampled_from([0, 1, 24]))
def test_forbidden_and_slow_turns_equal_brute_force(town, most, crowded):
    pieces, turns, starts, ends = town
    arcs = [(one, other, delay + pieces[other][2]) for (one, other), delay in turns.items()]
    tail, head, time = np.asarray(arcs, dtype=np.int64).reshape(-1, 3).T
    # A node is the end of a piece: one comes to it along the piece, and leaves it by an allowed turn.
    graph = build_graph(len(pieces), tail, head, time)
    prepared = prepare(graph, order=eliminate(graph, most_neighbours=most, crowded=crowded))
    asked = {
        "starts": anchored([[(piece, pieces[piece][2] - here, piece, here)] for piece, here in starts]),
        "ends": anchored(
            [
                # An end keeps its piece in each slot: a trip along that piece alone makes no turn.
                [(one, turns[one, other] + there, piece, there) for one, other in turns if other == piece]
                or [(-1, UNREACHED, piece, there)]
                for piece, there in ends
            ]
        ),
        "budget": LONGEST_SWEPT,
    }
    expected = brute_force(pieces, turns, starts, ends)
    for side in SIDES:
        turn = expected if side == "starts" else expected.T
        for method in ("buckets", "sweep"):
            ask = functools.partial(lambda search, **more: search(prepared, **more), search_from=side, method=method)
            np.testing.assert_array_equal(ask(time_table, threads=1, **asked).milliseconds, turn)
            np.testing.assert_array_equal(ask(nearest, **asked).time, turn.min(axis=0))
            np.testing.assert_array_equal(ask(k_nearest, k=1, threads=1, **asked).owner, nearest_rows(turn))


def nearest_rows(table):
    return np.where(table.min(axis=0) == UNREACHED, -1, table.argmin(axis=0))[np.newaxis]
