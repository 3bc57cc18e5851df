"""Stretches of road against the times of every way at every vertex."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine.graph import freeze_bool, freeze_float64, freeze_int32, freeze_int64
from palveluverkko.engine.pieces import Edges, time_stretches

LATEST = 5000


@st.composite
def edges(draw):
    """Edges of some vertices each, driven at any speed, some of them closed or not asked for."""
    count = draw(st.lists(st.integers(2, 7), min_size=1, max_size=5))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    first = np.concatenate(([0], np.cumsum(count)))
    along, back = (
        np.concatenate([np.concatenate(([0], np.cumsum(random.integers(1, 900, one - 1)))) for one in count])
        for _ in range(2)
    )
    nodes = 2 * len(count)
    times = random.integers(0, 2 * LATEST, nodes)
    return (
        Edges(
            freeze_int64(first),
            *(freeze_float64(one) for one in random.uniform(0, 200, (2, first[-1]))),
            freeze_int32(along),
            freeze_int32(back),
            freeze_bool(random.uniform(size=(len(count), 2)) < 0.8),
            freeze_int32(random.integers(0, nodes, (len(count), 2))),
            freeze_bool(random.uniform(size=len(count)) < 0.9),
        ),
        freeze_int32(times),
        freeze_int32(random.integers(0, 3, nodes)),
    )


def ways(given, time, owner, *, towards):
    """Give the ways along each straight piece: (first vertex, time at both ends, owner)."""
    for edge in np.flatnonzero(given.chosen):
        first, last = given.first_vertex[edge], given.first_vertex[edge + 1] - 1
        for way, column in enumerate((given.along, given.back)):
            node = given.ends[edge, way]
            if not given.ways[edge, way] or time[node] > LATEST:
                continue
            for vertex in range(first, last):
                driven = column[vertex : vertex + 2].astype(int)
                left = column[last] - driven
                ends = {(True, 0): left, (True, 1): driven, (False, 0): driven, (False, 1): left}[towards, way]
                yield vertex, tuple(int(time[node]) + ends), int(owner[node])


@settings(deadline=None, max_examples=80)
@given(edges(), st.booleans(), st.sampled_from([30.0, 150.0, 1000.0]))
def test_stretches_have_the_quickest_way_at_every_vertex_and_no_way_that_is_not(given, towards, longest):
    roads, time, owner = given
    found = time_stretches(roads, time, owner, towards=towards, latest=LATEST, longest=longest)
    lines = found.lines()
    at = {(x, y): number for number, (x, y) in enumerate(zip(roads.x, roads.y, strict=True))}
    ours = {}
    for line, base, more, whose in zip(*lines, strict=True):
        piece = at[line[0], line[1]]
        ours.setdefault(piece, []).append(((int(base), int(base + more)), int(whose)))
    theirs = {}
    for piece, ends, whose in ways(roads, time, owner, towards=towards):
        theirs.setdefault(piece, []).append((ends, whose))
    for piece, each in theirs.items():
        assert all(one in each for one in ours.get(piece, []))
        for end in (0, 1):
            quickest = min((ends[end], whose) for ends, whose in each)
            if quickest[0] <= LATEST:
                assert min((ends[end], whose) for ends, whose in ours[piece]) == quickest
    assert set(ours) <= set(theirs)
    several = found.last - found.first > 1
    assert (found.east - found.west)[several].max(initial=0) <= longest
    assert (found.north - found.south)[several].max(initial=0) <= longest
    one_point = time_stretches(roads, time, None, towards=towards, latest=LATEST, longest=longest)
    assert (one_point.owner == 0).all()
    assert one_point.first.size <= found.first.size
