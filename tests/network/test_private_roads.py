"""Private roads on real extracts: used at both ends of a trip and never as a way through."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import palveluverkko as pv
from palveluverkko.network.store import NO_STORE

ORIGINS, TRIPS_EACH = 40, 250

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", params=["andorra", "liechtenstein", "tampere"])
def network(request):
    shared = request.getfixturevalue("shared_data")
    return pv.read_network(shared / "osm" / f"{request.param}.osm.pbf", store=NO_STORE)


def arcs_of(network):
    """Give the graph for scipy, of parallel arcs the quickest, and the directed piece that each arc drives."""
    graph = network.graph
    tail, head, time = graph.tail(), graph.head, graph.travel_time.astype(np.float64)
    order = np.lexsort((time, head, tail))
    first = np.ones(order.size, dtype=bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    kept = order[first]
    # scipy takes an explicit zero for an arc only in this form; half a microsecond keeps zero arcs apart from none.
    matrix = csr_array((time[kept] + 5e-4, (tail[kept], head[kept])), shape=(graph.nodes, graph.nodes))
    ends = zip(tail[kept].tolist(), head[kept].tolist(), strict=True)
    return matrix, dict(zip(ends, network.arc_piece[kept].tolist(), strict=True))


def test_no_trip_uses_a_private_road_in_its_middle(network):
    random = np.random.default_rng(7)
    edges = network.edges
    drawn = random.choice(np.flatnonzero(edges.main & edges.snappable), ORIGINS + TRIPS_EACH)
    # Half of the ends on private roads, which are few among all.
    private = np.flatnonzero(edges.main & edges.snappable & edges.local)
    drawn[::2] = random.choice(private, drawn[::2].size)
    begins, ends = drawn[:ORIGINS], drawn[ORIGINS:]
    leave = np.where(edges.forward[begins], network.leave[begins, 0], network.leave[begins, 1])
    enter = np.where(edges.forward[ends], network.enter[ends, 0], network.enter[ends, 1])
    matrix, piece = arcs_of(network)
    times, before = dijkstra(matrix, indices=leave, return_predecessors=True)
    trips = with_private = 0
    for origin, start in enumerate(leave.tolist()):
        begin = begins[origin]
        for end, last in zip(ends.tolist(), enter.tolist(), strict=True):
            if np.isinf(times[origin, last]):
                continue
            kinds, at = [edges.local[end]], last
            while at != start:
                came = int(before[origin, at])
                if piece[came, at] >= 0:
                    kinds.append(edges.local[piece[came, at] >> 1])
                at = came
            kinds.append(edges.local[begin])
            driven = "".join("p" if one else "o" for one in reversed(kinds))
            assert re.fullmatch("p*o*p*", driven), (begin, end, driven)
            trips += 1
            with_private += "p" in driven
    assert trips >= 0.99 * ORIGINS * TRIPS_EACH
    assert with_private > trips / 2


def test_every_home_on_a_private_road_is_reached_and_left(network):
    edges = network.edges
    matrix, _ = arcs_of(network)
    public = np.flatnonzero(edges.main & ~edges.local & edges.forward)[0]
    there = dijkstra(matrix, indices=int(network.leave[public, 0]))
    back = dijkstra(matrix.T, indices=int(network.enter[public, 0]))
    homes = np.flatnonzero(edges.main & edges.local)
    assert homes.size > 50
    open_ways = np.column_stack((edges.forward, edges.backward))[homes]
    assert (np.isfinite(there[network.enter[homes]]) & open_ways).any(axis=1).all()
    assert (np.isfinite(back[network.leave[homes]]) & open_ways).any(axis=1).all()
    # A private road open both ways that meets the main part belongs to it.
    of_main = np.unique(np.concatenate((edges.tail[edges.main], edges.head[edges.main])))
    meets_main = np.isin(edges.tail, of_main) | np.isin(edges.head, of_main)
    assert edges.main[meets_main & edges.local & edges.forward & edges.backward].all()
