"""The road network as a frozen value: a graph for searches and edges for geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.elimination import Preparable
from palveluverkko.engine.graph import Graph, Int32
from palveluverkko.engine.nearest import SegmentTree, build_tree
from palveluverkko.osm.crossings import Crossing
from palveluverkko.osm.profile import FERRY

# geopandas, pandas, shapely and networkx take 0.9 s to import, and building or reading a network needs none of them.
if TYPE_CHECKING:
    import geopandas
    import networkx as nx
    import pandas as pd

    from palveluverkko.osm.profile import CarProfile

THROUGH, TRIP_BEGINS, TRIP_ENDS = 0, 1, 2
"""Layers of the graph: what anybody drives, and the first and the last leg on local roads."""

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Edges(NamedTuple):
    """Road pieces between junctions, as columns; every column is read-only.

    Attributes
    ----------
    tail, head
        int32[e]; junctions at the first and last vertex.
    forward, backward
        bool[e]; whether cars may drive from tail to head, and back.
    local
        bool[e]; first and last leg of a trip only (private, destination, ...).
    snappable
        bool[e]; whether points may be tied to the edge.
    main
        bool[e]; whether the edge lies in the main part: drivable to and away from, all through it.
    road_class, name
        int32[e]; positions in the network's ``road_classes`` and ``names``.
    way
        int64[e]; OpenStreetMap id of the first way of the edge.
    metres
        float64[e]; geodesic length.
    first_vertex
        int64[e + 1]; the vertices of edge i are ``first_vertex[i]`` to ``first_vertex[i + 1] - 1``.
    vertex_x, vertex_y
        float64[v]; in the network's metric CRS.
    vertex_forward, vertex_backward
        int32[v]; milliseconds along the edge between its first vertex and this one, driving forward from the
        first and driving backward to it. Zero where the direction is closed.
    """

    tail: Int32
    head: Int32
    forward: Bool
    backward: Bool
    local: Bool
    snappable: Bool
    main: Bool
    road_class: Int32
    name: Int32
    way: NDArray[np.int64]
    metres: Float64
    first_vertex: NDArray[np.int64]
    vertex_x: Float64
    vertex_y: Float64
    vertex_forward: Int32
    vertex_backward: Int32

    @property
    def forward_time(self) -> Int32:
        """Milliseconds from tail to head, int32[e]."""
        return self.vertex_forward[self.first_vertex[1:] - 1]

    @property
    def backward_time(self) -> Int32:
        """Milliseconds from head to tail, int32[e]."""
        return self.vertex_backward[self.first_vertex[1:] - 1]

    def lines(self, which: NDArray[Any] | None = None) -> NDArray[np.object_]:
        """Give the geometry of all edges, or of some, as shapely LineStrings in the metric CRS."""
        import shapely  # noqa: PLC0415

        first = self.first_vertex
        xy = np.column_stack((self.vertex_x, self.vertex_y))
        if which is None:
            return np.asarray(shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (first,)))
        chosen = np.flatnonzero(which) if which.dtype == bool else which
        count = (first[1:] - first[:-1])[chosen]
        offset = np.concatenate(([0], np.cumsum(count)))
        vertex = np.arange(offset[-1]) - np.repeat(offset[:-1], count) + np.repeat(first[chosen], count)
        return np.asarray(shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy[vertex], (offset,)))


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A drivable road network.

    Junctions are nodes 0 to j - 1 of the graph. A junction that a local road touches (one for the first and last
    leg only) has two more nodes: one for trips that begin on local roads and have not left them, and one for trips
    that have entered them to end there. Local arcs join nodes of the same layer, and zero arcs lead from the
    beginning through the junction to the end: no trip can pass through a local road, by construction.

    A directed road piece has the number ``2 * edge`` forward and ``2 * edge + 1`` backward. Which nodes and arcs belong
    to it stands in ``arc_piece``, ``enter`` and ``leave``; nothing else may be taken for granted.

    Attributes
    ----------
    graph
        Arcs with travel times in milliseconds.
    edges
        Geometry and meaning of the road pieces.
    junction_x, junction_y
        float64[j]; in the metric CRS.
    junction_id
        int64[j]; OpenStreetMap node ids. A node that a barrier takes apart is several junctions.
    arc_piece
        int32[m]; the directed piece that each arc of the graph drives, -1 where it stays in its junction.
    node_junction
        int32[n]; the junction of each node of the graph.
    node_layer
        int8[n]; THROUGH, TRIP_BEGINS or TRIP_ENDS.
    enter, leave
        int32[e, 2]; of each edge, forward and backward: the node from which a trip drives into the piece to end on
        it, and the node where a trip that begins on it comes out.
    cut_x, cut_y
        float64[c]; where roads leave the file, metric CRS: the edge of the extract.
    crs
        Metric CRS, such as ``"EPSG:3067"``.
    bounds
        West, south, east, north in degrees.
    season
        Whose speed limits and roads hold: summer or winter.
    access_speed_kmh, max_access_metres
        Pace off the road and the longest way between a point and the road.
    metres_by_speed_source
        Length of road by where its speed came from: signed, national, default, ...
    rejected_speeds
        Texts of ``maxspeed`` that were not understood, with their number.
    fingerprint
        Of the road file, the profile and the version that built the network.
    restrictions_in_force
        Number of turn restrictions that the graph obeys.
    restrictions_left_out
        OpenStreetMap id of each other one, and why: a slug, and after a colon what it is about (``no_member:from``).
    restrictions_capped
        Number of restrictions around which a trip may turn round at a junction that is too far to be looked at.
    own_tables
        Names the tables of the profile where a study has its own; empty for those of the package.
    spots_by_kind
        Number of signals, signs, crossings, barriers and places to turn on the roads, by kind.
    barriers_cut
        Number of barriers among them that cut roads: nobody passes, or trips on their first or last leg only.
    crossings
        The crossings of ferries and the ferries that are closed, as they were built; :meth:`ferries` lists them.
    ferries_digest
        Of what the profile has otherwise on ferries; an empty text for nothing.
    arrival_seconds
        Time to park at a service point and to walk in, for trips that end there.
    """

    graph: Graph
    edges: Edges
    junction_x: Float64
    junction_y: Float64
    junction_id: NDArray[np.int64]
    arc_piece: Int32
    node_junction: Int32
    node_layer: NDArray[np.int8]
    enter: Int32
    leave: Int32
    cut_x: Float64
    cut_y: Float64
    road_classes: tuple[str, ...]
    names: tuple[str, ...]
    crs: str
    bounds: tuple[float, float, float, float]
    season: str
    access_speed_kmh: float
    max_access_metres: float
    metres_by_speed_source: Mapping[str, float]
    rejected_speeds: Mapping[str, int]
    fingerprint: str
    restrictions_in_force: int = 0
    restrictions_left_out: tuple[tuple[int, str], ...] = ()
    restrictions_capped: int = 0
    own_tables: str = ""
    spots_by_kind: Mapping[str, int] = field(default_factory=dict)
    barriers_cut: Mapping[str, int] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()
    ferries_digest: str = ""
    arrival_seconds: float = 0.0

    @cached_property
    def roads(self) -> Preparable:
        """The graph for searches, which prepare it when that pays; one that was read from a store keeps its order."""
        return Preparable(self.graph)

    @cached_property
    def segments(self) -> SegmentTree:
        """The edges that points may be tied to, packed so that the nearest is found quickly; kept once it is asked for.

        13 bytes for each straight piece (63 MB for 5 million), a tenth of a second for a million.
        """
        edges = self.edges
        return build_tree(edges.first_vertex, edges.vertex_x, edges.vertex_y, edges.snappable)

    def with_speeds(self, factor: float | NDArray[np.float64]) -> RoadNetwork:
        """Give the network with other speeds, or with roads closed.

        The roads stay where they are in every table of the network, and an order of elimination serves both.

        Parameters
        ----------
        factor
            Speed relative to this network's, one for all edges or float64[e] in the order of ``to_edges()``: 0.9 is a
            tenth slower, 0 closes the edge.

        Raises
        ------
        NetworkError
            A factor is negative or no number, they are not as many as the edges, or an edge would take too long.

        Examples
        --------
        >>> slower = network.with_speeds(0.9)  # doctest: +SKIP
        >>> closed = network.with_speeds(np.where(network.to_edges()["name"] == "E75", 0, 1))  # doctest: +SKIP
        """
        from palveluverkko.network.overlay import with_speeds  # noqa: PLC0415  # which knows this class

        return with_speeds(self, np.asarray(factor, dtype=np.float64))

    @property
    def driven(self) -> Bool:
        """Which edges a car drives, bool[e]: all but ferries, whose times hang on no driving speed."""
        driven: Bool = np.asarray([one != FERRY for one in self.road_classes], dtype=np.bool_)[self.edges.road_class]
        return driven

    def ferries(self) -> pd.DataFrame:
        """List the crossings of ferries and how long they take, so that one who knows them can check it.

        Returns
        -------
        DataFrame
            name; ways (OpenStreetMap ids, rising); relation (0 for none); metres; crossing_minutes (shore to shore)
            and wait_minutes, NaN where the ferry is closed; crossing_source (``study``, ``duration``, ``relation`` or
            ``profile``) and wait_source (``study``, ``interval`` or ``profile``), for a closed one ``study`` or
            ``season``; open; opening_hours (tagged, and not looked at). As the network was built, whatever
            :meth:`with_speeds` closed since.
        """
        import pandas as pd  # noqa: PLC0415

        frame = pd.DataFrame(list(self.crossings), columns=list(Crossing._fields))
        frame = frame.rename(columns={"has_hours": "opening_hours"})
        minutes = frame[["crossing_minutes", "wait_minutes"]].astype(np.float64)
        frame = frame.assign(**minutes, open=minutes["wait_minutes"].notna())
        return frame[[*(one for one in frame if one not in {"open", "opening_hours"}), "open", "opening_hours"]]

    @property
    def access_milliseconds_per_metre(self) -> float:
        """Pace off the road."""
        return 3600.0 / self.access_speed_kmh

    @property
    def arrival_milliseconds(self) -> int:
        """Time to park at a service point and to walk in."""
        return round(1000 * self.arrival_seconds)

    def describe(self) -> dict[str, Any]:
        """Count what is in the network, for a page, a manifest or a terminal."""
        return {
            "junctions": int(self.junction_x.size),
            "edges": int(self.edges.tail.size),
            "arcs": int(self.graph.head.size),
            "roads_cut": int(self.cut_x.size),
            "turn_restrictions": self.restrictions_in_force,
            "turn_restrictions_left_out": len(self.restrictions_left_out),
            "turn_restrictions_capped": self.restrictions_capped,
            "kilometres": round(float(self.edges.metres.sum()) / 1000, 1),
            "main_component_share": round(float(self.edges.metres[self.edges.main].sum() / self.edges.metres.sum()), 4),
            "local_kilometres": round(float(self.edges.metres[self.edges.local].sum()) / 1000, 1),
            "kilometres_by_speed_source": {k: round(v / 1000, 1) for k, v in self.metres_by_speed_source.items()},
            "spots_by_kind": dict(self.spots_by_kind),
            "barriers_cut": dict(self.barriers_cut),
            "ferries": sum(one.is_open for one in self.crossings),
            "ferries_closed": sum(not one.is_open for one in self.crossings),
            "ferries_with_opening_hours": sum(one.is_open and one.has_hours for one in self.crossings),
            "season": self.season,
            "access_speed_kmh": self.access_speed_kmh,
            "max_access_metres": self.max_access_metres,
            "arrival_seconds": round(self.arrival_seconds, 3),
            "crs": self.crs,
            "bounds": [round(value, 6) for value in self.bounds],
            "fingerprint": self.fingerprint,
        }

    def to_edges(self) -> geopandas.GeoDataFrame:
        """Give the roads as a GeoDataFrame: way, name, road_class, length, times in minutes, geometry."""
        import geopandas  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        edges = self.edges
        frame = pd.DataFrame(
            {
                "way": edges.way,
                "name": np.asarray(self.names, dtype=object)[edges.name],
                "road_class": np.asarray(self.road_classes, dtype=object)[edges.road_class],
                "length": edges.metres,
                "forward_min": np.where(edges.forward, edges.forward_time / 60_000, np.nan),
                "backward_min": np.where(edges.backward, edges.backward_time / 60_000, np.nan),
                "local": edges.local,
            },
            index=pd.RangeIndex(edges.tail.size, name="edge"),
        )
        return geopandas.GeoDataFrame(frame, geometry=edges.lines(), crs=self.crs)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Give the graph as OSMnx writes it, so that OSMnx's own functions take it.

        Returns
        -------
        networkx.MultiDiGraph
            Graph attribute ``crs`` EPSG:4326; node attributes ``x``, ``y`` (degrees), ``street_count`` (edges that
            meet there, 0 for further nodes) and ``layer``; edge attributes
            ``osmid``, ``highway``, ``name``, ``oneway``, ``length`` (metres), ``travel_time`` (seconds, whole
            milliseconds) and ``geometry``. Nodes carry their OpenStreetMap id. The further nodes of a junction
            that local roads touch (see the class) are numbered below zero, layer ``"start"`` and ``"end"``, and so
            are all but the first junction of a node that a barrier takes apart.
            From further attributes :meth:`from_networkx` makes the network again. Roads that ``with_speeds`` closed
            are left out.
        """
        from palveluverkko.network.networkx_graphs import to_networkx  # noqa: PLC0415  # which knows this class

        return to_networkx(self)

    @staticmethod
    def from_networkx(graph: nx.MultiDiGraph, *, profile: CarProfile | None = None) -> RoadNetwork:
        """Make a road network of an OSMnx graph, or of one that :meth:`to_networkx` gave.

        Of an OSMnx graph each arc takes its ``travel_time`` (seconds) where it has one, else ``length`` (metres;
        measured where absent) at ``speed_kph``, else at the speed of the profile for its tags (``highway``,
        ``maxspeed``, ``access`` and what else OSMnx was told to keep). Of a list of limits, or of classes, the slowest
        counts. Arcs without time and speed that the profile may not drive are left out. Two arcs along one line in
        opposite directions become one edge; nothing else is joined.

        A graph of ours gives the same network again: layers of local roads, further nodes and the times at every vertex
        come back, so that travel times are the same to the millisecond.

        Parameters
        ----------
        graph
            With a graph attribute ``crs``, geographic or projected, and nodes with ``x`` and ``y`` in it; simplified or
            not, with or without ``geometry`` of its edges; also as ``osmnx.load_graphml`` reads it.
        profile
            How cars drive; the default is a car in summer. A graph of ours has its profile inside, and one given
            beside it must agree.

        Raises
        ------
        NetworkError
            The graph is not directed, is empty, lacks its CRS, has nodes without a position, times, lengths or speeds
            that cannot be, or no road for a car; or it is one of ours and not whole.

        Examples
        --------
        >>> graph = osmnx.graph_from_place("Utsjoki, Finland", network_type="drive")  # doctest: +SKIP
        >>> network = RoadNetwork.from_networkx(graph)  # doctest: +SKIP
        """
        from palveluverkko.network.networkx_graphs import from_networkx  # noqa: PLC0415  # which knows this class

        return from_networkx(graph, profile=profile)
