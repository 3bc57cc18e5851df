"""Other speeds and closed roads on a network that is there: the same roads, the same graph, other times."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.errors import NetworkError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import freeze_int32, sort_into_graph
from palveluverkko.network.components import find_main
from palveluverkko.network.layers import Layers
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
    piece_time = np.column_stack((changed.forward_time, changed.backward_time))
    # Also what an earlier overlay closed: its time is 0 by now.
    piece_time[~np.column_stack((changed.forward, changed.backward))] = UNREACHED
    piece = network.arc_piece
    # What drives no piece, a turn or a change of layer, takes as long as before.
    time = np.where(piece < 0, network.graph.travel_time, piece_time.ravel()[np.maximum(piece, 0)])
    same_arcs = network.graph.with_times(time)
    if not open_.all():
        changed = changed._replace(main=_main_of_open(network, changed))
    digest = hashlib.sha256(network.fingerprint.encode() + factor.tobytes()).hexdigest()
    result = replace(network, graph=same_arcs, edges=changed, fingerprint=digest)
    # A cached property looks here before it is computed.
    result.__dict__["roads"] = network.roads.with_times(same_arcs.travel_time)
    if open_.all() and "segments" in network.__dict__:
        result.__dict__["segments"] = network.segments
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


def _main_of_open(network: RoadNetwork, edges: Edges) -> Bool:
    closed = (network.arc_piece >= 0) & ~(edges.forward | edges.backward)[network.arc_piece >> 1]
    graph, arc = sort_into_graph(
        network.graph.nodes,
        network.graph.tail()[~closed],
        network.graph.head[~closed],
        network.graph.travel_time[~closed],
    )
    open_arcs = Layers(
        graph,
        freeze_int32(network.arc_piece[~closed][arc]),
        network.node_junction,
        network.node_layer,
        network.enter,
        network.leave,
    )
    return _frozen(find_main(edges, open_arcs))


def _frozen(array: Bool) -> Bool:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
