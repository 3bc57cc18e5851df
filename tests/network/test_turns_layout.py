"""The nodes and arcs that turns need: where turning round is denied, and what each junction permits at what time."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_twin import Driving, turns_to_deny
from streets import AGAINST, KINDS, ONEWAY, PRIVATE, ROAD, STREET, Way, network_of, roads, street_plans
from turns_twin import QUICK_TURNS

from palveluverkko.engine.graph import freeze_int32, sort_into_graph
from palveluverkko.engine.topology import strong_labels
from palveluverkko.network import road_network, turn_layout_kernels, turns_kernels
from palveluverkko.network.layers import lay_layers
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS
from palveluverkko.network.turns import MOST_AROUND, Delays, Rule, Turns, _describe_streets, _number_memories

LAND = tuple(kind for kind in KINDS if kind.road_class != "ferry")


def blocks(seed):
    """Draw a network of blocks of streets, some of them one-way or private."""
    random = np.random.default_rng(seed)
    columns, rows = random.integers(2, 5, 2)
    corners = [(x, y) for y in range(rows) for x in range(columns)]
    kinds = [STREET] * 6 + [ONEWAY, AGAINST, PRIVATE, ROAD]
    jitter = random.uniform(-90, 90, (len(corners), 2)).tolist()
    spots = [(300 * x + dx, 300 * y + dy) for (x, y), (dx, dy) in zip(corners, jitter, strict=True)]
    given_ways = [
        Way(101 + 2 * at + upward, (at, corners.index(other)), kinds[random.integers(len(kinds))])
        for at, (x, y) in enumerate(corners)
        for upward, other in enumerate([(x + 1, y), (x, y + 1)])
        if other in corners
    ]
    return network_of(roads(spots, given_ways), contract=False, profile=QUICK_TURNS)


NETWORKS = st.integers(0, 9_999).map(blocks) | street_plans(kinds=LAND).map(
    lambda plan: network_of(roads(*plan), contract=False, profile=QUICK_TURNS)
)


def draw_turns(network, seed, *, rules=8, delays=8):
    """Draw rules of up to three pieces, delays and turning places on a network."""
    random = np.random.default_rng(seed)
    driving = Driving(network.edges, Turns())
    driven = [piece for piece, is_open in enumerate(driving.is_open) if is_open]
    drawn = []
    for _ in range(random.integers(rules)):
        walk = [int(random.choice(driven))]
        while len(walk) < random.integers(1, 4) and driving.out(driving.end(walk[-1])):
            walk.append(int(random.choice(driving.out(driving.end(walk[-1])))))
        out = driving.out(driving.end(walk[-1]))
        following = frozenset(piece for piece in out if random.random() < 0.5)
        drawn.append(Rule(tuple(walk), bool(random.random() < 0.3), following))
    pairs = [(one, other) for one in driven for other in driving.out(driving.end(one))]
    slow = sorted(random.permutation(len(pairs))[: random.integers(delays)].tolist())
    rows = [(*pairs[at], int(random.choice([1_000, 5_000, 60_000, 300_000]))) for at in slow]
    return Turns(
        tuple(drawn),
        Delays(*(freeze_int32(one) for one in np.asarray(sorted(rows), dtype=np.int32).reshape(-1, 3).T)),
        freeze_int32(np.flatnonzero(random.random(network.junction_id.size) < 0.1)),
    )


@settings(deadline=None, max_examples=300)
@given(NETWORKS, st.integers(0, 9_999), st.sampled_from([2, 6, 20, MOST_AROUND]))
def test_turning_round_is_denied_where_the_slow_search_denies_it(network, seed, most_around):
    turns = draw_turns(network, seed)
    streets = _describe_streets(network.edges, turns.turning_places, network.junction_id.size)
    memories = _number_memories(streets, turns)
    size = memories.last.size
    middle = size * (seed % 3) // 2
    halves = [
        turns_kernels.turns_to_deny(streets, memories, *part, most_around) for part in ((0, middle), (middle, size))
    ]
    denied, capped = halves[0][0] | halves[1][0], halves[0][1] + halves[1][1]
    expected = turns_to_deny(network.edges, turns, most_around)
    assert (set(np.flatnonzero(denied).tolist()), capped) == expected


@settings(deadline=None, max_examples=300)
@given(NETWORKS, st.integers(0, 9_999))
def test_each_memory_permits_what_it_should_at_its_delay_and_leads_to_what_is_remembered_then(network, seed):
    edges, turns = network.edges, draw_turns(network, seed)
    layers, _ = lay_layers(network.junction_id.size, edges, turns)
    driving = Driving(edges, turns, turns_to_deny(edges, turns, MOST_AROUND)[0])
    # Who leaves a piece has driven it; from there, all that the graph permits is followed.
    todo = [
        (int(layers.leave[piece >> 1, piece & 1]), piece, driving.after((), piece), driving.layers(piece)[0])
        for piece, is_open in enumerate(driving.is_open)
        if is_open
    ]
    seen = set(todo)
    while todo:
        node, last, memory, layer = todo.pop()
        assert layers.node_junction[node] == driving.end(last)
        assert layers.node_layer[node] == layer
        within = times_within(layers, node)
        found, heads = {}, {}
        for inner, time in within.items():
            for piece, head in driven_from(layers, inner):
                key = piece, int(layers.node_layer[head])
                assert heads.setdefault(key, head) == head
                found[key] = min(time, found.get(key, time))
        expected = {
            (piece, onward): delay
            for piece, delay in driving.ways_laid(memory, last).items()
            for onward in driving.onward(layer, piece)
        }
        assert found == expected
        for piece in driving.out(driving.end(last)):
            end = int(layers.enter[piece >> 1, piece & 1])
            assert within.get(end) == expected.get((piece, driving.layers(piece)[-1]))
        for (piece, onward), head in heads.items():
            state = head, piece, driving.after(memory, piece), onward
            todo += [state] if state not in seen else []
            seen.add(state)


def times_within(layers, node):
    """Give the least time from a node to those of its junction, driving on nothing."""
    queue, times = [(0, node)], {}
    while queue:
        time, here = heapq.heappop(queue)
        if here not in times:
            times[here] = time
            for arc in range(layers.graph.first_out[here], layers.graph.first_out[here + 1]):
                if layers.arc_piece[arc] < 0:
                    later = time + int(layers.graph.travel_time[arc])
                    heapq.heappush(queue, (later, int(layers.graph.head[arc])))
    return times


def driven_from(layers, node):
    """Give the pieces driven from a node, and where each leads."""
    arcs = range(layers.graph.first_out[node], layers.graph.first_out[node + 1])
    return [(int(layers.arc_piece[arc]), int(layers.graph.head[arc])) for arc in arcs if layers.arc_piece[arc] >= 0]


@settings(deadline=None, max_examples=100)
@given(NETWORKS, st.integers(0, 9_999))
def test_no_two_nodes_of_a_junction_lead_to_each_other_at_once(network, seed):
    layers, _ = lay_layers(network.junction_id.size, network.edges, draw_turns(network, seed))
    free = (layers.arc_piece < 0) & (layers.graph.travel_time == 0)
    graph, _ = sort_into_graph(
        layers.graph.nodes, layers.graph.tail()[free], layers.graph.head[free], layers.arc_piece[free] + 1
    )
    assert np.unique(strong_labels(graph)).size == graph.nodes


#   4
#   |
# 0-1-2
#   |
#   3
CROSS = [(0, 0), (400, 0), (800, 0), (400, -500), (400, 450)]
TO_CROSS = [Way(101, (0, 1), STREET), Way(102, (1, 2), STREET), Way(104, (1, 4), STREET), Way(103, (1, 3), STREET)]


@pytest.mark.parametrize(("arms", "slow", "further"), [(3, [(0, 4)], 1), (4, [(0, 4), (2, 3)], 2)])
def test_a_left_turn_takes_as_few_nodes_as_it_can(arms, slow, further):
    # At a side road: who comes and may turn left waits, then stands where all others come to.
    network = network_of(roads(CROSS, TO_CROSS[:arms]), contract=False, profile=QUICK_TURNS)
    spot = (network.junction_id // 10).tolist()
    begin = np.column_stack((network.edges.tail, network.edges.head)).ravel().tolist()
    piece = {(spot[begin[at]], spot[begin[at ^ 1]]): at for at in range(len(begin))}
    rows = sorted((piece[one, 1], piece[1, other], 5_000) for one, other in slow)
    delays = Delays(*(freeze_int32(one) for one in np.asarray(rows).T))
    layers, _ = lay_layers(len(spot), network.edges, Turns((), delays))
    assert layers.graph.nodes == len(spot) + further


def test_the_kernels_number_layers_as_the_network_does():
    own = (road_network.THROUGH, road_network.TRIP_BEGINS, road_network.TRIP_ENDS)
    for kernels in (turns_kernels, turn_layout_kernels):
        assert (kernels._THROUGH, kernels._TRIP_BEGINS, kernels._TRIP_ENDS) == own == (THROUGH, TRIP_BEGINS, TRIP_ENDS)
