"""Roads that one can stop on, in stretches about as long as a cell, with their travel times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.travel import Direction
from palveluverkko.engine import search
from palveluverkko.engine.graph import Anchors, freeze_int32
from palveluverkko.engine.pieces import Edges, Stretches, TimedLines, time_stretches
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped

_FORWARD, _BACKWARD = 0, 1
_NONE = np.empty(0, dtype=np.int64)


def timed_roads(
    network: RoadNetwork, snapped: Snapped, direction: Direction, *, latest: int, cell: float, by_point: bool = False
) -> tuple[Stretches, ...]:
    """Give the roads that one can stop on with the times of their ways to the nearest point.

    A position has up to two ways to the points: through the head of its edge and through the tail. Each
    becomes a stretch of its own; the smaller wins where they are burnt in.

    Parameters
    ----------
    network, snapped, direction
        The roads, the points on them, to the points or from them.
    latest
        Longest time that is asked for, milliseconds; what is later all along is left out.
    cell
        Side of a cell, metres.
    by_point
        Whether each stretch is to say which point it leads to, as the position among the points.
    """
    towards = direction is Direction.TO_SERVICE
    seeds = snapped.ends_at_service(network) if towards else snapped.starts(network)
    search_from = "ends" if towards else "starts"
    if by_point:
        found = search.nearest_nodes(network.roads, seeds=seeds, budget=latest, search_from=search_from)
        return lines_of_times(
            network, snapped, seeds, found.time, found.owner, towards=towards, latest=latest, cell=cell
        )
    time = search.node_times(network.roads, seeds=seeds, budget=latest, search_from=search_from).milliseconds
    return lines_of_times(network, snapped, seeds, time, None, towards=towards, latest=latest, cell=cell)


def lines_of_times(
    network: RoadNetwork,
    snapped: Snapped,
    seeds: Anchors,
    node_time: NDArray[np.int32],
    node_owner: NDArray[np.int32] | None,
    *,
    towards: bool,
    latest: int,
    cell: float,
) -> tuple[Stretches, ...]:
    """Give the stretches of :func:`timed_roads` from the travel times of the nodes."""
    edges = network.edges
    ways = np.column_stack((edges.forward, edges.backward))
    ways.flags.writeable = False
    driven = Edges(
        edges.first_vertex,
        edges.vertex_x,
        edges.vertex_y,
        edges.vertex_forward,
        edges.vertex_backward,
        ways,
        freeze_int32(network.leave if towards else network.enter),
        edges.snappable,
    )
    around = _around_points(network, snapped, seeds, towards=towards)
    if node_owner is None:
        around = around._replace(owner=np.zeros_like(around.owner))
    whole = time_stretches(driven, node_time, node_owner, towards=towards, latest=latest, longest=cell)
    return whole, around.stretches()


def _around_points(network: RoadNetwork, snapped: Snapped, seeds: Anchors, *, towards: bool) -> TimedLines:
    """Give the pieces on a point's own edge, from which one drives straight to the point or is driven to."""
    edges = network.edges
    lines, bases, changes = [np.empty((0, 4))], [_NONE], [_NONE]
    owners = [_NONE.astype(np.int32)]
    for number, spots in enumerate(snapped.spots):
        for point in np.flatnonzero(spots.line >= 0):
            edge, vertex, fraction = spots.line[point], spots.vertex[point], spots.fraction[point]
            first, end = edges.first_vertex[edge], edges.first_vertex[edge + 1]
            for way, column in ((_FORWARD, edges.vertex_forward), (_BACKWARD, edges.vertex_backward)):
                slot = 2 * number + way
                if seeds.piece[point, slot] < 0:
                    continue
                leg = int(seeds.access[point]) + (0 if seeds.further is None else int(seeds.further[point, slot]))
                # Backward times count from the tail, offsets from where the piece begins.
                offset = int(seeds.offset[point, slot])
                driven = offset if way == _FORWARD else int(column[end - 1]) - offset
                falls = (way == _FORWARD) == towards
                at_spot = column[vertex] + fraction * (float(column[vertex + 1]) - column[vertex])
                side = slice(first, vertex + 1) if falls else slice(vertex + 1, end)
                xy = np.column_stack((edges.vertex_x[side], edges.vertex_y[side]))
                up_to = column[side].astype(np.float64)
                where = len(xy) if falls else 0
                xy = np.insert(xy, where, (spots.x[point], spots.y[point]), axis=0)
                up_to = np.insert(up_to, where, at_spot)
                time = np.rint(np.maximum(0.0, leg + (driven - up_to if falls else up_to - driven))).astype(np.int64)
                lines.append(np.hstack((xy[:-1], xy[1:])))
                bases.append(time[:-1])
                changes.append(np.diff(time))
                owners.append(np.full(len(xy) - 1, point, dtype=np.int32))
    return TimedLines(np.concatenate(lines), np.concatenate(bases), np.concatenate(changes), np.concatenate(owners))
