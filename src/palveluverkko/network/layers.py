"""The graph of a road network: which nodes and arcs stand for its junctions and edges."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph, Int32, freeze_int32, sort_into_graph
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, Edges
from palveluverkko.network.turns import Turns, expand


class Layers(NamedTuple):
    """A graph and how it belongs to the edges: the columns of a RoadNetwork with the same names."""

    graph: Graph
    arc_piece: Int32
    node_junction: Int32
    node_layer: NDArray[np.int8]
    enter: Int32
    leave: Int32


def lay_layers(junctions: int, edges: Edges, turns: Turns | None = None) -> tuple[Layers, int]:
    """Lay the edges out as a graph, local ones beside the public, once for first legs and once for last legs.

    Parameters
    ----------
    junctions
        Number of junctions; they are the first nodes of the graph.
    edges
        The edges; an arc is made for each direction that is open. ``main`` is not read.
    turns
        Restrictions and delays; junctions that none concerns are laid out as if there were none.

    Returns
    -------
    tuple
        The layers, and the number of restrictions around which turning round may not be denied far enough.
    """
    is_touched = np.zeros(junctions, dtype=np.bool_)
    is_touched[edges.tail[edges.local]] = True
    is_touched[edges.head[edges.local]] = True
    touched = np.flatnonzero(is_touched).astype(np.int32)
    through, begin, end = (np.arange(junctions, dtype=np.int32) for _ in range(3))
    begin[touched] = np.arange(junctions, junctions + touched.size)
    end[touched] = np.arange(junctions + touched.size, junctions + 2 * touched.size)
    plain = {THROUGH: through, TRIP_BEGINS: begin, TRIP_ENDS: end}
    nodes = junctions + 2 * touched.size
    further = expand(edges, turns, plain, nodes) if turns and (turns.rules or turns.delays.last.size) else None

    none = np.zeros(touched.size, dtype=np.int32)
    arcs: list[tuple[NDArray[Any], ...]] = [
        (begin[touched], touched, none, none - 1),
        (touched, end[touched], none, none - 1),
    ]
    # Piece 2 * e leads from the tail of edge e to its head, piece 2 * e + 1 back.
    begins, ends = (np.column_stack(one).ravel() for one in ((edges.tail, edges.head), (edges.head, edges.tail)))
    time = np.column_stack((edges.forward_time, edges.backward_time)).ravel()
    local = np.flatnonzero(np.repeat(edges.local, 2))
    for layer, which in ((THROUGH, ~edges.local), (TRIP_BEGINS, edges.local), (TRIP_ENDS, edges.local)):
        if layer == THROUGH:
            out_of, into = begins.copy(), ends.copy()  # junctions are the first nodes
        else:
            # Local roads are few: to look all pieces up took 0.06 s of PT16.
            out_of, into = np.empty_like(begins), np.empty_like(ends)
            out_of[local], into[local] = plain[layer][begins[local]], plain[layer][ends[local]]
        if further is not None:
            for column, nodes_of in ((out_of, further.homes), (into, further.arrivals)):
                here = nodes_of[nodes_of[:, 0] == layer]
                column[here[:, 1]] = here[:, 2]
        if layer == THROUGH:
            enter, leave = out_of.copy(), into.copy()
        elif layer == TRIP_ENDS:
            enter[local] = out_of[local]
        else:
            leave[local] = into[local]
        for onward, is_open in enumerate((edges.forward, edges.backward)):
            driven = (2 * np.flatnonzero(which & is_open) + onward).astype(np.int32)
            arcs.append((out_of[driven], into[driven], time[driven], driven))
    layer_of = np.repeat(
        np.array([THROUGH, TRIP_BEGINS, TRIP_ENDS], dtype=np.int8), [junctions, touched.size, touched.size]
    )
    junction_of = np.concatenate((through, touched, touched))
    if further is not None:
        enter[further.enter[:, 0]] = further.enter[:, 1]
        arcs.append((further.tail, further.head, further.time, further.piece))
        layer_of = np.concatenate((layer_of, further.layer))
        junction_of = np.concatenate((junction_of, further.junction))
    tail, head, times, piece = (np.concatenate(column) for column in zip(*arcs, strict=True))
    graph, order = sort_into_graph(junction_of.size, tail, head, times)
    layer_of.flags.writeable = False
    layers = Layers(
        graph=graph,
        arc_piece=freeze_int32(piece[order]),
        node_junction=freeze_int32(junction_of),
        node_layer=layer_of,
        enter=freeze_int32(enter.reshape(-1, 2)),
        leave=freeze_int32(leave.reshape(-1, 2)),
    )
    return layers, 0 if further is None else further.capped
