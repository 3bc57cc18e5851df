"""The graph of a road network: which nodes and arcs stand for its junctions and edges."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Graph, Int32, freeze_int32, sort_into_graph
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, Edges


class Layers(NamedTuple):
    """A graph and how it belongs to the edges: the columns of a RoadNetwork with the same names."""

    graph: Graph
    arc_piece: Int32
    node_junction: Int32
    node_layer: NDArray[np.int8]
    enter: Int32
    leave: Int32


def lay_layers(junctions: int, edges: Edges) -> Layers:
    """Lay the edges out as a graph, local ones beside the public, once for first legs and once for last legs.

    Parameters
    ----------
    junctions
        Number of junctions; they are the first nodes of the graph.
    edges
        The edges; an arc is made for each direction that is open. ``main`` is not read.
    """
    is_touched = np.zeros(junctions, dtype=np.bool_)
    is_touched[edges.tail[edges.local]] = True
    is_touched[edges.head[edges.local]] = True
    touched = np.flatnonzero(is_touched).astype(np.int32)
    begin = np.arange(junctions, dtype=np.int32)
    end = np.arange(junctions, dtype=np.int32)
    begin[touched] = np.arange(junctions, junctions + touched.size)
    end[touched] = np.arange(junctions + touched.size, junctions + 2 * touched.size)

    none = np.zeros(touched.size, dtype=np.int32)
    arcs: list[tuple[NDArray[Any], ...]] = [
        (begin[touched], touched, none, none - 1),
        (touched, end[touched], none, none - 1),
    ]
    forward_time, backward_time = edges.forward_time, edges.backward_time
    through = np.arange(junctions, dtype=np.int32)
    for node, which in ((through, ~edges.local), (begin, edges.local), (end, edges.local)):
        onward, back = (np.flatnonzero(which & open_).astype(np.int32) for open_ in (edges.forward, edges.backward))
        arcs += [
            (node[edges.tail[onward]], node[edges.head[onward]], forward_time[onward], 2 * onward),
            (node[edges.head[back]], node[edges.tail[back]], backward_time[back], 2 * back + 1),
        ]
    tail, head, time, piece = (np.concatenate(column) for column in zip(*arcs, strict=True))
    graph, order = sort_into_graph(junctions + 2 * touched.size, tail, head, time)
    local = np.flatnonzero(edges.local)
    enter, leave = np.column_stack((edges.tail, edges.head)), np.column_stack((edges.head, edges.tail))
    enter[local], leave[local] = end[enter[local]], begin[leave[local]]
    layer = np.repeat(
        np.array([THROUGH, TRIP_BEGINS, TRIP_ENDS], dtype=np.int8), [junctions, touched.size, touched.size]
    )
    layer.flags.writeable = False
    return Layers(
        graph=graph,
        arc_piece=freeze_int32(piece[order]),
        node_junction=freeze_int32(np.concatenate((through, touched, touched))),
        node_layer=layer,
        enter=freeze_int32(enter),
        leave=freeze_int32(leave),
    )
