"""The nearest spot on many lines: to the last bit what comparing with every segment gives."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_twin import naive_snap

from palveluverkko.engine import nearest
from palveluverkko.engine.nearest import Courses, build_tree, snap_to_lines
from palveluverkko.network.store import read_network

RULES = {"factor": 3.0, "longest": 40.0, "further": 10.0, "degrees": 30.0}
# Whole metres make ties, micrometres do not; GEOS divides by the squares of lengths, which vanish below 1e-154.
METRE = st.integers(0, 60).map(float) | st.floats(0, 60).map(lambda metres: round(metres, 6))
SPOT = st.tuples(METRE, METRE)


def laid_out(lines):
    """Give first_vertex, x and y of lines."""
    xy = np.asarray([spot for line in lines for spot in line], dtype=float).reshape(-1, 2)
    return np.concatenate(([0], np.cumsum([len(line) for line in lines]))).astype(np.int64), xy[:, 0], xy[:, 1]


def courses_of(rows):
    preferred, course, road, way = zip(*rows, strict=True)
    return Courses(
        np.asarray(preferred, dtype=bool),
        np.asarray(course, dtype=np.int8),
        np.asarray(road, dtype=np.int32),
        np.asarray(way, dtype=np.int64),
    )


@st.composite
def towns(draw):
    """Draw lines, some of them drawn over others forward or backward, and what tells them apart."""
    lines = draw(st.lists(st.lists(SPOT, min_size=2, max_size=5), min_size=1, max_size=25))
    for doubled in draw(st.lists(st.integers(0, len(lines) - 1), max_size=6)):
        lines.append(lines[doubled][:: draw(st.sampled_from([1, -1]))])
    row = st.tuples(st.booleans(), st.sampled_from([-1, 0, 1]), st.integers(-1, 1), st.integers(0, 3))
    which = draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    return lines, np.asarray(which), courses_of([draw(row) for _ in lines])


def assert_as_naive(lines, which, courses, points, **rules):
    first_vertex, x, y = lines
    tree = build_tree(first_vertex, x, y, which)
    spots, across, metres = snap_to_lines(tree, *np.asarray(points, dtype=float).T, courses, **rules)
    for at, point in enumerate(points):
        one, other, near = naive_snap(first_vertex, x, y, which, courses, point, **rules)
        assert metres[at] == near
        for found, expected in ((spots, one), (across, other)):
            np.testing.assert_array_equal([column[at] for column in found], expected)


@settings(deadline=None, max_examples=150)
@given(towns(), st.lists(SPOT, min_size=1, max_size=8))
def test_points_go_where_comparing_with_every_segment_says(town, points):
    lines, which, courses = town
    assert_as_naive(laid_out(lines), which, courses, points, **RULES)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.lists(SPOT, min_size=2, max_size=5), min_size=1, max_size=25), st.lists(SPOT, min_size=1, max_size=8)
)
def test_shapely_finds_the_same_distances(lines, points):
    first_vertex, x, y = laid_out(lines)
    tree = build_tree(first_vertex, x, y, np.ones(len(lines), dtype=bool))
    plain = courses_of([(True, 0, -1, 0)] * len(lines))
    spots, _, _ = snap_to_lines(tree, *np.asarray(points, dtype=float).T, plain, **RULES)
    drawn = shapely.linestrings(
        np.column_stack((x, y)), indices=np.repeat(np.arange(len(lines)), np.diff(first_vertex))
    )
    for at, point in enumerate(points):
        distance = shapely.distance(drawn, shapely.Point(point))
        assert spots.metres[at] == pytest.approx(distance.min(), abs=1e-9)
        assert distance[spots.line[at]] == pytest.approx(distance.min(), abs=1e-9)


def random_town(random, count, *, extent=4_000.0):
    """Make lines of three segments all over a square and beside it, and points likewise."""
    start = random.uniform(0, extent, (count, 1, 2))
    lines = np.cumsum(np.concatenate((start, random.normal(0, 30, (count, 3, 2))), axis=1), axis=1)
    rows = [(kept, course, road, way) for way, (kept, course, road) in enumerate(
        zip(random.random(count) < 0.7, random.integers(-1, 2, count), random.integers(-1, 9, count), strict=True)
    )]  # fmt: skip
    return laid_out(lines.tolist()), random.random(count) < 0.9, courses_of(rows)


def test_trees_of_every_height_give_the_same_as_comparing():
    random = np.random.default_rng(3)
    for count in (1, 2, 3, 21, 22, 170, 171, 1400):
        town = random_town(random, count)
        points = random.uniform(-3_000, 7_000, (25, 2)).tolist()
        assert_as_naive(*town, points, factor=3.0, longest=500.0, further=200.0, degrees=60.0)


def test_the_number_of_threads_and_of_points_at_once_changes_no_byte(monkeypatch):
    random = np.random.default_rng(4)
    (first_vertex, x, y), which, courses = random_town(random, 300)
    tree = build_tree(first_vertex, x, y, which)
    points = random.uniform(0, 4_000, (2, 500))
    one = snap_to_lines(tree, *points, courses, threads=1, **RULES)
    monkeypatch.setattr(nearest, "_POINTS_AT_ONCE", 7)
    other = snap_to_lines(tree, *points, courses, threads=3, **RULES)
    for here, there in zip((*one[0], *one[1], one[2]), (*other[0], *other[1], other[2]), strict=True):
        np.testing.assert_array_equal(here, there)


def test_the_way_a_line_is_drawn_does_not_matter():
    random, north_east = np.random.default_rng(5), np.asarray([300_000.0, 7_000_000.0])
    xy = random.uniform(0, 1e6, (40, 2, 2)) + north_east
    points = random.uniform(0, 1e6, (2, 200)) + north_east[:, None]
    lines = xy.tolist()
    plain = courses_of([(True, 0, -1, 0)] * 80)
    # Each line has its reverse among the later ones: exactly as far, so that the lower one wins.
    tree = build_tree(*laid_out(lines + [line[::-1] for line in lines]), np.ones(80, dtype=bool))
    turned = build_tree(*laid_out([line[::-1] for line in lines] + lines), np.ones(80, dtype=bool))
    one, other = (snap_to_lines(here, *points, plain, **RULES)[0] for here in (tree, turned))
    assert one.line.max() < 40
    np.testing.assert_array_equal(one.line, other.line)
    np.testing.assert_array_equal(one.metres, other.metres)


def test_points_without_a_position_and_trees_without_a_segment_give_nothing():
    lines = laid_out([[(0, 0), (9, 0)]])
    plain = courses_of([(True, 0, -1, 0)])
    for which, x in ((True, math.nan), (True, math.inf), (False, 3.0)):
        tree = build_tree(*lines, np.asarray([which]))
        (spots, across, metres) = snap_to_lines(tree, np.asarray([x]), np.asarray([2.0]), plain, **RULES)
        assert (spots.line[0], across.line[0], metres[0], spots.metres[0]) == (-1, -1, math.inf, math.inf)
    assert snap_to_lines(tree, np.empty(0), np.empty(0), plain, **RULES)[2].size == 0


def test_a_line_of_one_spot_is_as_far_as_the_spot():
    tree = build_tree(*laid_out([[(4, 0), (4, 0)], [(0, 9), (9, 9)]]), np.ones(2, dtype=bool))
    spots, _, _ = snap_to_lines(
        tree, np.asarray([1.0]), np.asarray([4.0]), courses_of([(True, 1, 0, 0), (True, -1, 0, 1)]), **RULES
    )
    assert (spots.line[0], spots.fraction[0], spots.metres[0]) == (0, 0.0, 5.0)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["helsinki-core", "finland-rural"])
def test_on_real_roads_it_equals_shapely_and_comparing(shared_data, tmp_path, name):
    network = read_network(shared_data / "osm" / f"{name}.osm.pbf", store=tmp_path)
    edges = network.edges
    random = np.random.default_rng(6)
    at = random.integers(0, edges.vertex_x.size, 3000)
    x, y = (edge[at] + random.normal(0, 200, at.size) for edge in (edges.vertex_x, edges.vertex_y))
    course = edges.forward.astype(np.int8) - edges.backward
    road = np.where(course != 0, edges.name, -1).astype(np.int32)
    courses = Courses(edges.main, course, road, edges.way)
    rules = {"factor": 3.0, "longest": 1000.0, "further": 50.0, "degrees": 30.0}
    spots, _, metres = snap_to_lines(network.segments, x, y, courses, **rules)
    lines = edges.lines(np.flatnonzero(edges.snappable))
    points = shapely.points(x, y)
    (_, _), distance = shapely.STRtree(lines).query_nearest(points, return_distance=True, all_matches=False)
    np.testing.assert_allclose(metres, distance, rtol=0, atol=1e-8)
    own = edges.lines(spots.line)
    np.testing.assert_allclose(shapely.distance(own, points), spots.metres, rtol=0, atol=1e-8)
    np.testing.assert_allclose(shapely.distance(own, shapely.points(spots.x, spots.y)), 0, rtol=0, atol=1e-8)
    some = np.column_stack((x, y))[:150].tolist()
    assert_as_naive((edges.first_vertex, edges.vertex_x, edges.vertex_y), edges.snappable, courses, some, **rules)


ENDLESS = """
import signal
import numpy as np
from palveluverkko.engine.nearest import Courses, build_tree, snap_to_lines
# Whoever starts this may have told it to ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
random = np.random.default_rng(1)
x, y = random.uniform(0, 1e5, (2, 200_000))
lines = 100_000
courses = Courses(
    np.ones(lines, bool), np.zeros(lines, np.int8), np.zeros(lines, np.int32), np.zeros(lines, np.int64)
)
tree = build_tree(np.arange(0, 2 * lines + 1, 2), x, y, np.ones(lines, bool))
spot = random.uniform(0, 1e5, 4_000_000)
rules = dict(factor=3.0, longest=1e3, further=50.0, degrees=30.0)
snap_to_lines(tree, spot[:1], spot[:1], courses, **rules)
print("begun", flush=True)
snap_to_lines(tree, spot, spot[::-1], courses, **rules)
print("done", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_an_interrupt_is_heard_at_once():
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline().strip() == "begun"
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert "done" not in out
    assert "KeyboardInterrupt" in err
