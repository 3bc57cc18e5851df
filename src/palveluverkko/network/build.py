"""Building a road network from roads: pieces, times, chains, layers."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.graph import Graph, build_graph, freeze_float64, freeze_int32
from palveluverkko.engine.topology import Chains, trace_chains
from palveluverkko.network.components import find_local, find_main
from palveluverkko.network.road_network import Edges, RoadNetwork
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads

BUILD_VERSION = 4
"""Part of every fingerprint: raise it when the same roads would build another network."""

# Bounding box of Finland in degrees; inside it EPSG:3067 (ETRS-TM35FIN) is the metric CRS.
_FINLAND = (19.0, 59.3, 31.7, 70.2)


class _Pieces(NamedTuple):
    """Straight pieces between consecutive nodes of the ways, as columns.

    The times are milliseconds, -1 in a direction that is closed.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    way: NDArray[np.int64]
    kind: NDArray[np.int32]
    metres: NDArray[np.float64]
    forward: NDArray[np.int64]
    backward: NDArray[np.int64]


def build_network(roads: Roads, profile: CarProfile, *, fingerprint: str, contract: bool = True) -> RoadNetwork:
    """Build a road network.

    Chains of nodes of degree two become single edges that keep every vertex and the exact time to it. Every
    component stays, and so do parallel edges and loops.

    Parameters
    ----------
    roads
        Drivable ways with their nodes.
    profile
        The profile that read them; its access leg goes into the network.
    fingerprint
        Names the file, the profile and the version.
    contract
        False keeps every OpenStreetMap node as a junction; travel times are the same.
    """
    pieces = _split_into_pieces(roads)
    if not pieces.tail.size:
        raise NetworkError("the road file holds no road of two nodes that a car may drive; use a larger extract.")
    chains = _find_chains(roads, pieces, contract=contract)
    return _assemble(roads, pieces, chains, profile, fingerprint)


def metric_crs(bounds: tuple[float, float, float, float]) -> str:
    """Choose the metric CRS of an area in degrees: EPSG:3067 in Finland, the suitable UTM zone elsewhere."""
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if _FINLAND[0] <= lon <= _FINLAND[2] and _FINLAND[1] <= lat <= _FINLAND[3]:
        return "EPSG:3067"
    zone = min(60, int((lon + 180) // 6) + 1)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _split_into_pieces(roads: Roads) -> _Pieces:
    count = np.diff(roads.first_node)
    way_of = np.repeat(np.arange(count.size), count)
    same_way = way_of[1:] == way_of[:-1]
    tail, head, way = roads.way_node[:-1][same_way], roads.way_node[1:][same_way], way_of[1:][same_way]
    kind = roads.way_kind[way]
    metres = _geodesic_metres(roads, tail, head)
    forward, backward = _piece_times(roads, way, kind, metres)
    return _Pieces(tail, head, way, kind, metres, forward, backward)


def _geodesic_metres(roads: Roads, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.float64]:
    geod = Geod(ellps="WGS84")
    _, _, metres = geod.inv(roads.lon[tail], roads.lat[tail], roads.lon[head], roads.lat[head])
    return np.asarray(metres, dtype=np.float64)


def _piece_times(
    roads: Roads, way: NDArray[np.int64], kind: NDArray[np.int32], metres: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Time each piece and round it to the millisecond, so that sums over pieces are exact however they are cut."""
    way_metres = np.bincount(way, weights=metres, minlength=roads.way_id.size)[way]
    share = np.divide(metres, way_metres, out=np.zeros_like(metres), where=way_metres > 0)
    crossing = np.asarray([road.crossing_minutes for road in roads.kinds])[kind]
    wait = np.asarray([road.wait_minutes for road in roads.kinds])[kind]

    def directed(speeds: list[float]) -> NDArray[np.int64]:
        speed = np.asarray(speeds)[kind]
        driven = np.divide(metres * 3600.0, speed, out=np.zeros_like(metres), where=speed > 0)
        time = np.where(np.isnan(crossing), driven + wait * 60_000 * share, crossing * 60_000 * share)
        return np.where(speed > 0, np.rint(time), -1).astype(np.int64)

    return directed([road.forward_kmh for road in roads.kinds]), directed([road.backward_kmh for road in roads.kinds])


def _find_chains(roads: Roads, pieces: _Pieces, *, contract: bool) -> Chains:
    """Join pieces at nodes where just two meet and nothing that matters changes."""
    signatures: dict[tuple[object, ...], int] = {}
    signature = np.asarray(
        [
            signatures.setdefault((road.road_class, road.local_access, road.snappable, road.tunnel), len(signatures))
            for road in roads.kinds
        ]
    )[pieces.kind]
    # Half 2p leaves the tail of piece p, half 2p + 1 leaves its head.
    half_node = np.column_stack((pieces.tail, pieces.head)).ravel()
    half = np.argsort(half_node, kind="stable")
    first_half = np.concatenate(([0], np.cumsum(np.bincount(half_node, minlength=roads.node_id.size))))
    leave = np.column_stack((pieces.forward >= 0, pieces.backward >= 0)).ravel()
    arrive = np.column_stack((pieces.backward >= 0, pieces.forward >= 0)).ravel()

    stop = np.ones(roads.node_id.size, dtype=np.bool_)
    if contract:
        two = np.flatnonzero(np.diff(first_half) == 2)  # noqa: PLR2004  # a chain passes where two pieces meet
        a, b = half[first_half[two]], half[first_half[two] + 1]
        stop[two] = (
            (a >> 1 == b >> 1)
            | (signature[a >> 1] != signature[b >> 1])
            | (leave[a] != arrive[b])
            | (arrive[a] != leave[b])
        )
    return trace_chains(first_half, half, pieces.tail, pieces.head, stop)


def _assemble(roads: Roads, pieces: _Pieces, chains: Chains, profile: CarProfile, fingerprint: str) -> RoadNetwork:
    crs = metric_crs(roads.bounds)
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(roads.lon, roads.lat)
    piece, turned = chains.half >> 1, chains.half & 1 == 1
    begin, count = chains.begins[:-1], np.diff(chains.begins)
    from_node = np.where(turned, pieces.head[piece], pieces.tail[piece])
    to_node = np.where(turned, pieces.tail[piece], pieces.head[piece])

    # Each chain of k pieces has k + 1 vertices: its first node, then the far node of every piece.
    first_vertex = chains.begins + np.arange(chains.begins.size)
    vertex_node = np.empty(int(first_vertex[-1]), dtype=np.int64)
    vertex_node[first_vertex[:-1]] = from_node[begin]
    later = np.arange(piece.size) + np.repeat(np.arange(count.size), count) + 1
    vertex_node[later] = to_node

    def along_chain(value: NDArray[np.int64]) -> NDArray[np.int64]:
        total = np.zeros(vertex_node.size, dtype=np.int64)
        total[later] = value
        running = np.cumsum(total)
        return np.asarray(running - np.repeat(running[first_vertex[:-1]], count + 1))

    forward = np.where(turned, pieces.backward[piece], pieces.forward[piece])
    backward = np.where(turned, pieces.forward[piece], pieces.backward[piece])
    junction_node, end = np.unique(
        np.concatenate((from_node[begin], to_node[chains.begins[1:] - 1])), return_inverse=True
    )
    tail, head = freeze_int32(end[: count.size]), freeze_int32(end[count.size :])
    first_piece = piece[begin]
    kind = pieces.kind[first_piece]
    metres = np.add.reduceat(pieces.metres[piece], begin)
    tagged_local = np.asarray([road.local_access for road in roads.kinds])[kind]
    local = find_local(junction_node.size, tail, head, tagged_local, metres)
    road_classes = tuple(sorted({road.road_class for road in roads.kinds}))
    edges = Edges(
        tail=tail,
        head=head,
        forward=_frozen_bool(forward[begin] >= 0),
        backward=_frozen_bool(backward[begin] >= 0),
        local=_frozen_bool(local),
        snappable=_frozen_bool(np.asarray([road.snappable for road in roads.kinds])[kind]),
        main=_frozen_bool(np.zeros(count.size, dtype=np.bool_)),  # found below: it takes the graph
        road_class=freeze_int32(np.asarray([road_classes.index(road.road_class) for road in roads.kinds])[kind]),
        name=freeze_int32(roads.way_name[pieces.way[first_piece]]),
        way=_frozen_int64(roads.way_id[pieces.way[first_piece]]),
        metres=freeze_float64(metres),
        first_vertex=_frozen_int64(first_vertex),
        vertex_x=freeze_float64(np.asarray(x)[vertex_node]),
        vertex_y=freeze_float64(np.asarray(y)[vertex_node]),
        vertex_forward=freeze_int32(along_chain(np.maximum(forward, 0))),
        vertex_backward=freeze_int32(along_chain(np.maximum(backward, 0))),
    )
    graph, start_node, end_node = _layer(junction_node.size, edges)
    edges = edges._replace(main=_frozen_bool(find_main(edges, graph, start_node, end_node)))
    sources = np.asarray([road.speed_source for road in roads.kinds])[pieces.kind]
    return RoadNetwork(
        graph=graph,
        edges=edges,
        junction_x=freeze_float64(np.asarray(x)[junction_node]),
        junction_y=freeze_float64(np.asarray(y)[junction_node]),
        junction_id=_frozen_int64(roads.node_id[junction_node]),
        start_node=start_node,
        end_node=end_node,
        road_classes=road_classes,
        names=roads.names,
        crs=crs,
        bounds=roads.bounds,
        season=str(profile.season),
        access_speed_kmh=cast("float", profile.access_speed_kmh),
        max_access_metres=cast("float", profile.max_access_metres),
        metres_by_speed_source={str(one): float(pieces.metres[sources == one].sum()) for one in np.unique(sources)},
        rejected_speeds=dict(roads.rejected_speeds),
        fingerprint=fingerprint,
    )


def _layer(junctions: int, edges: Edges) -> tuple[Graph, NDArray[np.int32], NDArray[np.int32]]:
    """Lay local edges beside the public graph, once for first legs and once for last legs."""
    touched = np.unique(np.concatenate((edges.tail[edges.local], edges.head[edges.local])))
    start_node = np.arange(junctions)
    end_node = np.arange(junctions)
    start_node[touched] = junctions + np.arange(touched.size)
    end_node[touched] = junctions + touched.size + np.arange(touched.size)

    arcs: list[tuple[NDArray[Any], ...]] = [(start_node[touched], touched, np.zeros(touched.size, np.int64))]
    arcs.append((touched, end_node[touched], np.zeros(touched.size, np.int64)))
    for nodes, where in (
        (np.arange(junctions), ~edges.local),
        (start_node, edges.local),
        (end_node, edges.local),
    ):
        onward, back = where & edges.forward, where & edges.backward
        arcs.append((nodes[edges.tail[onward]], nodes[edges.head[onward]], edges.forward_time[onward]))
        arcs.append((nodes[edges.head[back]], nodes[edges.tail[back]], edges.backward_time[back]))
    tail, head, time = (np.concatenate(column) for column in zip(*arcs, strict=True))
    graph = build_graph(junctions + 2 * touched.size, tail, head, time)
    return graph, freeze_int32(start_node), freeze_int32(end_node)


def _frozen_bool(array: NDArray[np.bool_]) -> NDArray[np.bool_]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _frozen_int64(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array = np.ascontiguousarray(array, dtype=np.int64).view()
    array.flags.writeable = False
    return array
