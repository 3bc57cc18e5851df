"""Road networks as networkx graphs in the form of OSMnx, and networks out of such graphs."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from palveluverkko.domain.errors import NetworkError
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import Graph, Int32, freeze_float64, freeze_int32, freeze_int64, sort_into_graph
from palveluverkko.network.components import find_main
from palveluverkko.network.layers import Layers
from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS, Edges, RoadNetwork
from palveluverkko.network.store import to_tuples
from palveluverkko.network.streets import freeze_bool, numbered
from palveluverkko.osm.crossings import Crossing
from palveluverkko.osm.profile import CarProfile

if TYPE_CHECKING:
    import networkx as nx
    import shapely

Array = NDArray[Any]

OWN = "palveluverkko"
"""Graph attribute of our own exports: what is known of the network as a whole, as JSON."""

_LAYERS = {THROUGH: "through", TRIP_BEGINS: "start", TRIP_ENDS: "end"}

# To 0.1 mm. A position that has been rounded so comes back the same through any projection, whose own error is a
# hundred thousand times smaller: a graph that goes through a network is equal to itself.
_DECIMALS = 9

# What nodes and edges of the graph say; the other fields of a network stand in its attribute OWN.
_IN_NODES_AND_EDGES = (
    "graph", "edges", "junction_x", "junction_y", "junction_id", "arc_piece", "node_junction", "node_layer", "enter",
    "leave", "names", "road_classes",
)  # fmt: skip


def to_networkx(network: RoadNetwork) -> nx.MultiDiGraph:
    """Give a network as a graph; see :meth:`RoadNetwork.to_networkx`."""
    import networkx as nx  # noqa: PLC0415

    edges, junction = network.edges, network.node_junction
    to_degrees = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True)
    lon, lat = _rounded(to_degrees.transform(network.junction_x, network.junction_y))
    ids = _node_names(network)
    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=True, **{OWN: json.dumps(_facts(network))})
    streets = np.bincount(np.concatenate((edges.tail, edges.head)), minlength=junction.size)
    for node, own in enumerate(ids):
        at = int(junction[node])
        graph.add_node(
            own,
            x=float(lon[at]),
            y=float(lat[at]),
            street_count=int(streets[node]),
            layer=_LAYERS[network.node_layer[node]],
            junction=ids[at],
            osm_id=int(network.junction_id[at]),
            number=node,
        )

    vertex_lon, vertex_lat = _rounded(to_degrees.transform(edges.vertex_x, edges.vertex_y))
    lines = edges._replace(vertex_x=vertex_lon, vertex_y=vertex_lat).lines()
    said = _said_of_edges(network)
    enter, leave = network.enter.ravel().tolist(), network.leave.ravel().tolist()
    first, along = edges.first_vertex.tolist(), (edges.vertex_forward.tolist(), edges.vertex_backward.tolist())
    arcs = network.graph.tail().tolist(), network.graph.head.tolist(), network.arc_piece.tolist()
    for a, b, piece, time in zip(*arcs, network.graph.travel_time.tolist(), strict=True):
        if time == UNREACHED:
            continue
        if piece < 0:
            graph.add_edge(
                ids[a], ids[b], osmid=0, highway="junction", length=0.0, travel_time=time / 1000, oneway=True, piece=-1
            )
            continue
        edge, backward = piece >> 1, piece & 1
        graph.add_edge(
            ids[a],
            ids[b],
            **said[edge],
            reversed=bool(backward),
            travel_time=time / 1000,
            geometry=lines[edge].reverse() if backward else lines[edge],
            piece=piece,
            enters=enter[piece] == a,
            leaves=leave[piece] == b,
            vertex_milliseconds=_times_along(along[backward][first[edge] : first[edge + 1]], turned=bool(backward)),
        )
    return graph


def from_networkx(graph: nx.MultiDiGraph, *, profile: CarProfile | None = None) -> RoadNetwork:
    """Make a network of a graph; see :meth:`RoadNetwork.from_networkx`."""
    if not (hasattr(graph, "is_directed") and graph.is_directed()):
        raise NetworkError("the graph is not a directed networkx graph; give the MultiDiGraph that OSMnx makes.")
    if not graph.number_of_edges():
        raise NetworkError("the graph has no edges; take a larger area.")
    if OWN in graph.graph:
        return _from_own(graph, profile)
    if profile is not None and profile.ferries:
        raise NetworkError("ferries of a profile go with files of OpenStreetMap; leave them out for graphs of OSMnx.")
    from palveluverkko.network.osmnx_streets import build_from_osmnx  # noqa: PLC0415  # not needed for our own

    return build_from_osmnx(graph, profile or CarProfile())


# --- to a graph


def _node_names(network: RoadNetwork) -> list[int]:
    """Give the names of the nodes: OpenStreetMap ids, and numbers below zero for those that share their id."""
    ids: list[int] = network.junction_id.tolist()
    seen: set[int] = set()
    below = min(0, min(ids, default=0))
    for position, one in enumerate(ids):
        if one in seen:
            below -= 1
            ids[position] = below
        seen.add(one)
    further = network.node_junction.size - len(ids)
    return ids + [below - one for one in range(1, further + 1)]


def _facts(network: RoadNetwork) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for field in dataclasses.fields(network):
        value = getattr(network, field.name)
        if field.name in _IN_NODES_AND_EDGES:
            continue
        if isinstance(value, np.ndarray):
            arrays[field.name] = [value.dtype.name, value.tolist()]
        else:
            plain[field.name] = dict(value) if isinstance(value, Mapping) else value
    return {"graph": _digest(network.graph), "plain": plain, "arrays": arrays}


def _digest(graph: Graph) -> str:
    """Name a graph by its arcs and times: whoever changes them has another network."""
    return hashlib.sha256(graph.first_out.tobytes() + graph.head.tobytes() + graph.travel_time.tobytes()).hexdigest()


def _rounded(degrees: tuple[Any, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = degrees
    return np.round(lon, _DECIMALS), np.round(lat, _DECIMALS)


def _said_of_edges(network: RoadNetwork) -> list[dict[str, Any]]:
    """Give the attributes that both directions of an edge share."""
    edges = network.edges
    columns = {
        "osmid": edges.way.tolist(),
        "highway": [network.road_classes[one] for one in edges.road_class.tolist()],
        "name": [network.names[one] for one in edges.name.tolist()],
        "oneway": (edges.forward != edges.backward).tolist(),
        "length": edges.metres.tolist(),
        "snappable": edges.snappable.tolist(),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _times_along(times: list[int], *, turned: bool) -> list[int]:
    """Give the milliseconds from where the arc begins to each vertex, in the order in which it is driven."""
    return [times[-1] - one for one in reversed(times)] if turned else times


# --- from a graph of ours


def _from_own(graph: nx.MultiDiGraph, profile: CarProfile | None) -> RoadNetwork:
    try:
        network = _read_own(graph)
    except (KeyError, TypeError, ValueError, AttributeError, SyntaxError, IndexError) as error:
        raise NetworkError(
            f"the graph was made by palveluverkko and is not whole any more ({type(error).__name__}: {error}); export "
            f"it again, or take the graph attribute {OWN!r} away to read it as any other graph of OSMnx."
        ) from error
    if profile is not None:
        from palveluverkko.network.store import check_same_profile  # noqa: PLC0415  # which reads files

        check_same_profile(network, profile, "the graph")
    return network


def _read_own(graph: nx.MultiDiGraph) -> RoadNetwork:
    facts = json.loads(graph.graph[OWN])
    plain = facts["plain"]
    given = dict(graph.nodes(data=True))
    # OSMnx's own functions change the order, and junctions come first.
    names = sorted(given, key=lambda one: (str(given[one]["junction"]) != str(one), int(given[one]["number"])))
    position = {str(one): at for at, one in enumerate(names)}
    junctions = sum(str(given[one]["junction"]) == str(one) for one in names)
    layer_of = {word: layer for layer, word in _LAYERS.items()}
    node_layer = np.asarray([layer_of[given[one]["layer"]] for one in names], dtype=np.int8)
    node_layer.flags.writeable = False
    node_junction = freeze_int32(np.asarray([position[str(given[one]["junction"])] for one in names]))

    arcs = [(position[str(a)], position[str(b)], data) for a, b, data in graph.edges(data=True)]
    tail, head = (np.asarray([arc[end] for arc in arcs], dtype=np.int32) for end in (0, 1))
    piece = np.asarray([int(data["piece"]) for *_, data in arcs], dtype=np.int64)
    time = np.asarray([_milliseconds(data["travel_time"]) for *_, data in arcs], dtype=np.int64)
    if ((time < 0) | (time >= UNREACHED)).any():
        raise ValueError("a travel_time is negative or above 24 days")
    # Roads that are gone leave no gap among the numbers.
    numbers = np.unique(piece[piece >= 0] >> 1)
    piece = np.where(piece < 0, -1, 2 * np.searchsorted(numbers, piece >> 1) + (piece & 1))
    own, order = sort_into_graph(len(names), tail, head, time)

    project = Transformer.from_crs(graph.graph["crs"], plain["crs"], always_xy=True).transform
    x, y = (np.asarray([float(given[one][axis]) for one in names[:junctions]]) for axis in ("x", "y"))
    x, y = project(x, y)
    roads = _OwnRoads(numbers.size, arcs, tail=tail, head=head, piece=piece, time=time)
    edges, road_classes, all_names = roads.edges(node_layer, node_junction, project)
    enter, leave = roads.ends(node_layer, node_junction, edges)
    layers = Layers(own, freeze_int32(piece[order]), node_junction, node_layer, enter, leave)
    fields = {name: to_tuples(value) for name, value in plain.items()}
    fields["crossings"] = tuple(Crossing.of_plain(one) for one in plain["crossings"])
    for name, (dtype, values) in facts["arrays"].items():
        array = np.asarray(values, dtype=dtype)
        array.flags.writeable = False
        fields[name] = array
    if _digest(own) != facts["graph"]:
        fields["fingerprint"] = hashlib.sha256(f"{plain['fingerprint']} {_digest(own)}".encode()).hexdigest()
    return RoadNetwork(**{
        **fields,
        **layers._asdict(),
        "edges": edges._replace(main=freeze_bool(find_main(edges, layers))),
        "junction_x": freeze_float64(np.asarray(x)),
        "junction_y": freeze_float64(np.asarray(y)),
        "junction_id": freeze_int64(np.asarray([int(given[one]["osm_id"]) for one in names[:junctions]])),
        "road_classes": road_classes,
        "names": all_names,
    })  # fmt: skip


class _OwnRoads:
    """The arcs of a graph of ours, put together to the edges that they drive."""

    def __init__(self, edges: int, arcs: list[Any], *, tail: Array, head: Array, piece: Array, time: Array) -> None:
        self._tail, self._head, self._piece = tail, head, piece
        self._data = [data for *_, data in arcs]
        self._arc = np.full(2 * edges, -1)
        driving = np.flatnonzero(piece >= 0)
        self._arc[piece[driving][::-1]] = driving[::-1]  # the first that drives the piece
        other = driving[time[driving] != time[self._arc[piece[driving]]]]
        if other.size:
            raise ValueError(f"arcs of one road have different travel_time (piece {piece[other[0]]})")
        self._time = time

    def edges(
        self, node_layer: Array, node_junction: Array, project: Callable[[Array, Array], tuple[Array, Array]]
    ) -> tuple[Edges, tuple[str, ...], tuple[str, ...]]:
        """Give the edges in the order of their numbers, the road classes and the names."""
        arcs = self._arc.reshape(-1, 2)
        backward = arcs[:, 0] < 0
        arc = np.where(backward, arcs[:, 1], arcs[:, 0])
        data = [self._data[one] for one in arc.tolist()]
        start, end = node_junction[self._tail[arc]], node_junction[self._head[arc]]
        lines = [_as_line(one["geometry"]) for one in data]
        xy = [np.asarray(line.coords)[:, :2] for line in lines]
        xy = [one[::-1] if turned else one for one, turned in zip(xy, backward.tolist(), strict=True)]
        first = np.concatenate(([0], np.cumsum([len(one) for one in xy])))
        x, y = project(*np.concatenate(xy).T)
        classes, road_class = numbered([str(one["highway"]) for one in data])
        names, name = numbered([str(one.get("name", "")) for one in data])
        edges = Edges(
            tail=freeze_int32(np.where(backward, end, start)),
            head=freeze_int32(np.where(backward, start, end)),
            forward=freeze_bool(arcs[:, 0] >= 0),
            backward=freeze_bool(arcs[:, 1] >= 0),
            local=freeze_bool(node_layer[self._tail[arc]] != THROUGH),
            snappable=freeze_bool(np.asarray([_flag(one["snappable"]) for one in data])),
            main=freeze_bool(np.zeros(len(data), dtype=np.bool_)),
            road_class=freeze_int32(road_class),
            name=freeze_int32(name),
            way=freeze_int64(np.asarray([int(one["osmid"]) for one in data])),
            metres=freeze_float64(np.asarray([float(one["length"]) for one in data])),
            first_vertex=freeze_int64(first),
            vertex_x=freeze_float64(np.asarray(x)),
            vertex_y=freeze_float64(np.asarray(y)),
            vertex_forward=freeze_int32(self._along(arcs[:, 0], first)),
            vertex_backward=freeze_int32(self._along(arcs[:, 1], first, turned=True)),
        )
        return edges, classes, names

    def _along(self, arcs: Array, first: Array, *, turned: bool = False) -> NDArray[np.int64]:
        """Give the times at the vertices; of an arc whose travel time was changed they change with it."""
        times = np.zeros(first[-1], dtype=np.int64)
        for edge, arc in enumerate(arcs.tolist()):
            if arc < 0:
                continue
            along = np.asarray(_listed(self._data[arc]["vertex_milliseconds"]), dtype=np.int64)
            if along.size != first[edge + 1] - first[edge]:
                raise ValueError(f"{along.size} vertex_milliseconds for {first[edge + 1] - first[edge]} vertices")
            whole = self._time[arc]
            if along[-1] != whole:
                share = along / along[-1] if along[-1] else np.linspace(0, 1, along.size)
                along = np.rint(share * whole).astype(np.int64)
            times[first[edge] : first[edge + 1]] = whole - along[::-1] if turned else along
        return times

    def ends(self, node_layer: Array, node_junction: Array, edges: Edges) -> tuple[Int32, Int32]:
        """Give ``enter`` and ``leave``: as the arcs say, and where a direction is closed as if nothing forbade it."""
        junctions = int(node_junction.max()) + 1
        node = {layer: np.arange(junctions) for layer in (THROUGH, TRIP_BEGINS, TRIP_ENDS)}
        for layer, own in node.items():
            of_layer = np.flatnonzero(node_layer == layer)[::-1]
            own[node_junction[of_layer]] = of_layer
        local = np.asarray(edges.local)[:, None]
        enter, leave = np.column_stack((edges.tail, edges.head)), np.column_stack((edges.head, edges.tail))
        enter = np.where(local, node[TRIP_ENDS][enter], node[THROUGH][enter])
        leave = np.where(local, node[TRIP_BEGINS][leave], node[THROUGH][leave])
        for arc, data in enumerate(self._data):
            if self._piece[arc] >= 0:
                edge, backward = divmod(int(self._piece[arc]), 2)
                if _flag(data["enters"]):
                    enter[edge, backward] = self._tail[arc]
                if _flag(data["leaves"]):
                    leave[edge, backward] = self._head[arc]
        return freeze_int32(enter), freeze_int32(leave)


def _milliseconds(seconds: object) -> int:
    return round(float(str(seconds)) * 1000)


def _flag(value: object) -> bool:
    """Read a flag; GraphML has words."""
    return str(value) == "True"


def _listed(value: str | list[int]) -> list[int]:
    """Read a list; GraphML has its text."""
    return list(ast.literal_eval(value)) if isinstance(value, str) else value


def _as_line(value: str | shapely.LineString) -> shapely.LineString:
    """Read a line; GraphML has its text."""
    from shapely import from_wkt  # noqa: PLC0415

    return from_wkt(value) if isinstance(value, str) else value
