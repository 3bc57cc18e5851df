"""The preparation of a graph once more, in plain Python with sets and dictionaries."""

import math

from palveluverkko.engine import customising_kernels
from palveluverkko.engine.search import UNREACHED

FAR = int(customising_kernels.FAR)


def joined(graph):
    """Give the neighbours of each node, direction and loops ignored."""
    neighbours = [set() for _ in range(graph.nodes)]
    for tail, head in zip(graph.tail().tolist(), graph.head.tolist(), strict=True):
        if tail != head:
            neighbours[tail].add(head)
            neighbours[head].add(tail)
    return neighbours


def removed(neighbours, node):
    """Take a node out and join its neighbours pairwise, in place; gives what they were."""
    ring = neighbours[node]
    for one in ring:
        neighbours[one] = (neighbours[one] | ring) - {one, node}
    neighbours[node] = set()
    return ring


def lower_lists(graph, position, core):
    """Give the lower positions that each position is joined to, by elimination from the highest position down."""
    node_at = {int(place): node for node, place in enumerate(position)}
    neighbours = joined(graph)
    lists = {}
    for place in range(graph.nodes - 1, core - 1, -1):
        lists[place] = sorted(int(position[one]) for one in removed(neighbours, node_at[place]))
    for place in range(core):
        lists[place] = sorted(int(position[one]) for one in neighbours[node_at[place]] if position[one] < place)
    return [lists[place] for place in range(graph.nodes)]


def carried_times(graph, order):
    """Travel times between the joined positions, (from, to) -> milliseconds, by (min, +) from the top down."""
    time = {}

    def offer(pair, more):
        time[pair] = min(time.get(pair, math.inf), more)

    for tail, head, more in zip(graph.tail().tolist(), graph.head.tolist(), graph.travel_time.tolist(), strict=True):
        if tail != head and more != UNREACHED:
            offer((int(order.position[tail]), int(order.position[head])), more)
    for place in range(graph.nodes - 1, order.core - 1, -1):
        ring = order.lower[order.first[place] : order.first[place + 1]].tolist()
        for one in ring:
            for other in ring:
                if one != other and (one, place) in time and (place, other) in time:
                    offer((one, other), time[one, place] + time[place, other])
    return {pair: more for pair, more in time.items() if more < FAR}


def slot_times(order, climb, drop):
    """Open slots as (from, to) -> milliseconds."""
    time = {}
    for place in range(order.position.size):
        for slot in range(order.first[place], order.first[place + 1]):
            below = int(order.lower[slot])
            if climb[slot] < FAR:
                time[place, below] = int(climb[slot])
            if drop[slot] < FAR:
                time[below, place] = int(drop[slot])
    return time
