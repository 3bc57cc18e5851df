"""Other speeds and closed roads on a network that is there: the same roads, the same graph, other times."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.errors import NetworkError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import freeze_int32
from palveluverkko.network.build import layer_graph
from palveluverkko.network.components import find_main
from palveluverkko.network.road_network import Bool, Edges, RoadNetwork


def with_speeds(network: RoadNetwork, factor: NDArray[np.float64]) -> RoadNetwork:
    """Give a network with speeds multiplied by a factor, of all edges or of each; 0 closes an edge.

    Times along an edge are divided by its factor and rounded to the millisecond at each vertex. Closed arcs stay in the
    graph with the time of what is closed, so that the order of elimination is still that of the graph.
    """
    edges = network.edges
    factor = _check(network, factor)
    open_ = factor > 0
    slower = np.repeat(np.where(open_, factor, np.inf), np.diff(edges.first_vertex))
    changed = edges._replace(
        forward=_frozen(edges.forward & open_),
        backward=_frozen(edges.backward & open_),
        snappable=_frozen(edges.snappable & open_),
        vertex_forward=_divided(edges.vertex_forward, slower),
        vertex_backward=_divided(edges.vertex_backward, slower),
    )
    junctions = network.junction_x.size
    same_arcs, _, _ = layer_graph(
        junctions,
        edges,
        forward=np.where(open_, changed.forward_time, UNREACHED).astype(np.int32),
        backward=np.where(open_, changed.backward_time, UNREACHED).astype(np.int32),
    )
    if not open_.all():
        changed = changed._replace(main=_main_of_open(changed, junctions))
    digest = hashlib.sha256(network.fingerprint.encode() + factor.tobytes()).hexdigest()
    result = replace(network, graph=same_arcs, edges=changed, fingerprint=digest)
    # A cached property looks here before it is computed.
    result.__dict__["roads"] = network.roads.with_times(same_arcs.travel_time)
    return result


def _check(network: RoadNetwork, factor: NDArray[np.float64]) -> NDArray[np.float64]:
    edges = network.edges
    if factor.shape not in {(), edges.tail.shape}:
        raise NetworkError(
            f"{factor.size:,} speed factors for {edges.tail.size:,} edges; give one, or one for each edge."
        )
    factor = np.broadcast_to(factor, edges.tail.shape)
    wrong = np.flatnonzero(~(np.isfinite(factor) & (factor >= 0)))
    if wrong.size:
        raise NetworkError(
            f"{wrong.size} speed factors are negative or no number (edges {name_ids(wrong.tolist())}); "
            "use more than 0, or 0 for a closed road."
        )
    longest = np.maximum(edges.forward_time, edges.backward_time)
    too_long = np.flatnonzero((factor > 0) & (longest >= factor * UNREACHED))
    if too_long.size:
        raise NetworkError(
            f"{too_long.size} edges would take more than {UNREACHED / 86_400_000:.0f} days (edges "
            f"{name_ids(too_long.tolist())}); use 0 to close a road."
        )
    return factor


def _divided(time: NDArray[np.int32], slower: NDArray[np.float64]) -> NDArray[np.int32]:
    return freeze_int32(np.rint(time / slower))


def _main_of_open(edges: Edges, junctions: int) -> Bool:
    graph, start_node, end_node = layer_graph(
        junctions, edges, forward=edges.forward_time, backward=edges.backward_time
    )
    return _frozen(find_main(edges, graph, start_node, end_node))


def _frozen(array: Bool) -> Bool:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
