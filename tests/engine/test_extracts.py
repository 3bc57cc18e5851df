"""Real road networks: every node from some origins equals SciPy, by every method and from either side."""

import gzip

import numpy as np
import pytest
from graphs import SIDES, node_anchors, scipy_table

from palveluverkko.engine.elimination import prepare
from palveluverkko.engine.graph import build_graph
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.engine.search import UNREACHED, nearest_nodes, time_table
from palveluverkko.network.store import read_network

EXTRACTS = {
    "tampere": 16,
    "andorra": 16,
    "liechtenstein": 16,
    "helsinki-core": 20,
    "djibouti-main-roads": 20,
    "finland-rural": 20,
    "porto": 4,
}
BUDGETS = (0, 300_000, 1_800_000, LONGEST_SWEPT, UNREACHED - 1)


def assert_equals_scipy(graph, origins, budgets):
    prepared, everywhere = prepare(graph), node_anchors(np.arange(graph.nodes))
    points = node_anchors(origins)
    ways = [(graph, "buckets"), (prepared, "sweep"), (prepared.thinned, "sweep")]
    for side in SIDES:
        true = scipy_table(graph if side == "starts" else graph.reversed(), origins)
        assert (true != UNREACHED).sum() > origins.size
        starts, ends = (points, everywhere) if side == "starts" else (everywhere, points)
        for turn, budget in enumerate(budgets):
            expected = np.where(true <= budget, true, UNREACHED)
            threads = 1 + turn % 2
            for roads, method in ways if budget <= LONGEST_SWEPT else ways[:1]:
                found = time_table(
                    roads,
                    starts=starts,
                    ends=ends,
                    budget=budget,
                    search_from=side,
                    method=method,
                    threads=threads,
                )
                np.testing.assert_array_equal(found.milliseconds, expected)
                closest = nearest_nodes(roads, seeds=points, budget=budget, search_from=side, method=method)
                np.testing.assert_array_equal(closest.time, expected.min(axis=0))
                owner = np.where(closest.time == UNREACHED, -1, expected.argmin(axis=0))
                np.testing.assert_array_equal(closest.owner, owner)


@pytest.mark.shared
@pytest.mark.parametrize("name", EXTRACTS)
def test_a_road_network_equals_scipy(shared_data, tmp_path, name):
    graph = read_network(shared_data / "osm" / f"{name}.osm.pbf", store=tmp_path).graph
    origins = np.random.default_rng(len(name)).integers(0, graph.nodes, EXTRACTS[name])
    assert_equals_scipy(graph, origins, BUDGETS)


@pytest.mark.shared
def test_new_york_equals_scipy(shared_data):
    with gzip.open(shared_data / "bench" / "USA-road-t.NY.gr.gz", "rt") as lines:
        arcs = np.asarray([line.split()[1:] for line in lines if line.startswith("a")], dtype=np.int64)
    graph = build_graph(int(arcs[:, :2].max()), arcs[:, 0] - 1, arcs[:, 1] - 1, arcs[:, 2])
    origins = np.random.default_rng(0).integers(0, graph.nodes, 3)
    assert_equals_scipy(graph, origins, (300_000, LONGEST_SWEPT))


@pytest.mark.shared
def test_closing_and_opening_roads_of_helsinki_equals_scipy(shared_data, tmp_path):
    graph = read_network(shared_data / "osm" / "helsinki-core.osm.pbf", store=tmp_path).graph
    prepared, random = prepare(graph), np.random.default_rng(3)
    origins, everywhere = random.integers(0, graph.nodes, 20), node_anchors(np.arange(graph.nodes))
    slower = graph.travel_time.astype(np.int64) * random.integers(1, 4, graph.head.size)
    changed = prepared.with_times(np.where(random.random(slower.size) < 0.1, UNREACHED, slower))
    for roads in (changed, changed.with_times(graph.travel_time)):
        found = time_table(
            roads,
            starts=node_anchors(origins),
            ends=everywhere,
            budget=LONGEST_SWEPT,
            search_from="starts",
            method="sweep",
        )
        true = scipy_table(roads.graph, origins)
        np.testing.assert_array_equal(found.milliseconds, np.where(true <= LONGEST_SWEPT, true, UNREACHED))
