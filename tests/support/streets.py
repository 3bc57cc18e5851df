"""Small street networks, and trips over them worked out from the definition."""

import functools
import heapq
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace
from unittest import mock

import geopandas
import networkx as nx
import numpy as np
import pyproj
from delays_twin import naive_delays
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely import Point

from palveluverkko.network import build
from palveluverkko.osm.profile import CarProfile, Road
from palveluverkko.osm.reader import Roads

STREET = Road("residential", 40.0, 40.0)
ROAD = Road("secondary", 80.0, 80.0)
ONEWAY = Road("residential", 40.0, 0.0)
AGAINST = Road("residential", 0.0, 30.0)
UNEVEN = Road("tertiary", 60.0, 50.0)
PRIVATE = Road("service", 20.0, 20.0, local_access=True)
PRIVATE_ONEWAY = Road("service", 20.0, 0.0, local_access=True)
MOTORWAY = Road("motorway", 110.0, 0.0, snappable=False)
TUNNEL = Road("secondary", 70.0, 70.0, snappable=False, tunnel=True)
FERRY = Road("ferry", 15.0, 15.0, snappable=False, wait_minutes=10.0)
TIMED_FERRY = Road("ferry", 15.0, 15.0, snappable=False, crossing_minutes=25.0, speed_source="duration")

KINDS = (STREET, ROAD, ONEWAY, AGAINST, UNEVEN, PRIVATE, PRIVATE_ONEWAY, MOTORWAY, TUNNEL, FERRY, TIMED_FERRY)
LAND = (STREET, ROAD, ONEWAY, UNEVEN, PRIVATE)

# A spot in Lapland; the metres of the tests lie east and north of it.
LON, LAT = 25.0, 66.0
_METRES_PER_DEGREE = 111_320.0


def to_degrees(x, y):
    return LON + x / (_METRES_PER_DEGREE * math.cos(math.radians(LAT))), LAT + y / _METRES_PER_DEGREE


@dataclass(frozen=True)
class Way:
    """A way over spots by number, with its OpenStreetMap id."""

    number: int
    spots: tuple[int, ...]
    kind: Road


def ways(*given):
    """Give ways numbered from 101, each from (kind, spot, spot, ...)."""
    return [Way(101 + number, tuple(spots), kind) for number, (kind, *spots) in enumerate(given)]


def roads(spots, given_ways, standing=None):
    """Roads over spots (x, y in metres); a spot's OpenStreetMap id is 10 times its number.

    ``standing`` says what stands on spots and cuts no road.
    """
    standing = {spot: one for spot, one in (standing or {}).items() if any(spot in way.spots for way in given_ways)}
    stand = tuple(sorted(set(standing.values()), key=repr))
    used = sorted({spot for way in given_ways for spot in way.spots})
    position = {spot: at for at, spot in enumerate(used)}
    lon, lat = (np.asarray(one) for one in zip(*(to_degrees(*spots[spot]) for spot in used), strict=True))
    kinds = tuple(sorted({way.kind for way in given_ways}, key=repr))
    return Roads(
        node_id=np.asarray(used, dtype=np.int64) * 10,
        lon=lon,
        lat=lat,
        first_node=np.concatenate(([0], np.cumsum([len(way.spots) for way in given_ways]))).astype(np.int64),
        way_node=np.asarray([position[spot] for way in given_ways for spot in way.spots], dtype=np.int32),
        way_id=np.asarray([way.number for way in given_ways], dtype=np.int64),
        way_kind=np.asarray([kinds.index(way.kind) for way in given_ways], dtype=np.int32),
        kinds=kinds,
        way_name=np.arange(len(given_ways), dtype=np.int32),
        names=tuple(f"way {way.number}" for way in given_ways),
        rejected_speeds={},
        bounds=(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())),
        spot_node=np.asarray([position[spot] for spot in sorted(standing)], dtype=np.int32),
        spot_kind=np.asarray([stand.index(standing[spot]) for spot in sorted(standing)], dtype=np.int32),
        spots=stand,
    )


# Hundreds of networks are built: PROJ takes up to 0.2 s for each transformer, the profile's tables 25 ms.
_CachedTransformer = SimpleNamespace(from_crs=functools.cache(Transformer.from_crs))


@functools.cache
def _cached_profile(*, waits, **options):
    """Give a profile by which turning takes no time, and with ``waits=False`` crossing a junction neither.

    Places on a piece share its wait by their position on it.
    """
    profile = CarProfile(**options)
    policy = replace(profile._policy, turn_delays=replace(profile.turn_delays, left_seconds=0.0, right_seconds=0.0))
    if not waits:
        junction = replace(profile.junction_delays, lower_seconds=0.0, equal_seconds=0.0)
        policy = replace(policy, spots=replace(policy.spots, junction=junction))
    object.__setattr__(profile, "_policy", policy)
    return profile


def network_of(given_roads, *, contract=True, access_kmh=5.0, max_access_metres=400.0, waits=True, profile=None):
    """Build a network with one transformer and one profile for all tests, or with another profile."""
    options = {"access_speed_kmh": access_kmh, "max_access_metres": max_access_metres}
    profile = profile or _cached_profile(waits=waits, **options)
    with mock.patch.object(pyproj, "Transformer", _CachedTransformer):
        return build.build_network(given_roads, profile, fingerprint="test", contract=contract)


def jittered_lattice(count, *, step=400.0):
    """Spots on three columns, each a little off its corner, so that no two streets are equally long."""
    random = np.random.default_rng(5)
    off = random.uniform(-60, 60, (count, 2))
    return [(step * (i % 3) + off[i, 0], step * (i // 3) + off[i, 1]) for i in range(count)]


@st.composite
def street_plans(draw, *, kinds=KINDS, most_spots=9, most_ways=9):
    """Spots and ways: parallel ways, loops, rings, several components, spots on top of each other."""
    count = draw(st.integers(2, most_spots))
    spots = jittered_lattice(count)
    for doubled in draw(st.sets(st.integers(1, count - 1), max_size=2)):
        spots[doubled] = spots[doubled - 1]
    walk = st.lists(st.integers(0, count - 1), min_size=2, max_size=5)
    given_ways = []
    for spots_on_way in draw(st.lists(walk, min_size=1, max_size=most_ways)):
        # The reader drops repeated nodes, so no way has them.
        clean = [one for at, one in enumerate(spots_on_way) if at == 0 or one != spots_on_way[at - 1]]
        if len(clean) > 1:
            given_ways.append(Way(101 + len(given_ways), tuple(clean), draw(st.sampled_from(kinds))))
    if not given_ways:
        given_ways.append(Way(101, (0, 1), STREET))
    return spots, given_ways


class NaiveTrips:
    """Trips by car from the definition, on pieces between neighbouring spots, in whole milliseconds.

    A trip drives local roads, then public ones, then local ones; each of the three may be absent. Public roads that
    only local ones join to the longest public part of their component count as local.
    """

    def __init__(self, spots, given_ways, standing=None, *, waits=True):
        self.pieces = []
        drawn = []
        geod = Geod(ellps="WGS84")
        for way in given_ways:
            lonlat = [to_degrees(*spots[spot]) for spot in way.spots]
            lengths = [geod.line_length(*zip(a, b, strict=True)) for a, b in pairwise(lonlat)]
            for (a, b), metres in zip(pairwise(way.spots), lengths, strict=True):
                times = [
                    _milliseconds(way.kind, kmh, metres, sum(lengths))
                    for kmh in (way.kind.forward_kmh, way.kind.backward_kmh)
                ]
                self.pieces.append((a, b, way.kind.local_access, *times, metres))
                drawn.append((a, b, way.kind, metres))
        delays = naive_delays(drawn, standing or {}, _cached_profile(waits=waits).junction_delays)
        self.pieces = [
            (
                a,
                b,
                local,
                *(time if time is None else time + more for time, more in zip(times, delay, strict=True)),
                metres,
            )
            for (a, b, local, *times, metres), delay in zip(self.pieces, delays, strict=True)
        ]
        public_graph = nx.MultiGraph()
        everything = nx.MultiGraph()
        for a, b, local, _, _, metres in self.pieces:
            everything.add_edge(a, b)
            if not local:
                public_graph.add_edge(a, b, metres=metres)
        longest = {}
        for part in nx.connected_components(public_graph):
            length = public_graph.subgraph(part).size(weight="metres")
            whole = frozenset(nx.node_connected_component(everything, next(iter(part))))
            longest[whole] = max(longest.get(whole, (-1.0, frozenset())), (length, frozenset(part)), key=lambda x: x[0])
        open_spots = set().union(*(part for _, part in longest.values()))
        self.arcs = {}
        for a, b, local, forward, backward, _ in self.pieces:
            local_here = local or a not in open_spots
            for tail, head, time in ((a, b, forward), (b, a, backward)):
                if time is not None:
                    self.arcs.setdefault(tail, []).append((head, time, local_here))

    def times_from(self, spot):
        """Shortest time from one spot to every other that is reached."""
        best = {}
        queue = [(0, spot, phase) for phase in range(3)]
        while queue:
            time, here, phase = heapq.heappop(queue)
            if (here, phase) in best:
                continue
            best[here, phase] = time
            for later in range(phase + 1, 3):
                heapq.heappush(queue, (time, here, later))
            for head, more, local in self.arcs.get(here, []):
                if local == (phase != 1):
                    heapq.heappush(queue, (time + more, head, phase))
        spots = {here for here, _ in best}
        return {here: min(best[here, phase] for phase in range(3) if (here, phase) in best) for here in spots}


def naive_edges(spots, given_ways):
    """Edges from the definition: pieces joined two by two where just two meet and nothing that matters changes.

    Gives (spots, local, forward, backward, metres) of each, the times None where closed.
    """
    trips = NaiveTrips(spots, given_ways)
    kinds = [way.kind for way in given_ways for _ in way.spots[1:]]
    edges = [
        ((a, b), (kind.road_class, kind.local_access, kind.snappable, kind.tunnel), forward, backward, metres)
        for (a, b, _, forward, backward, metres), kind in zip(trips.pieces, kinds, strict=True)
    ]
    for spot in sorted({spot for way in given_ways for spot in way.spots}):
        touching = [edge for edge in edges for end in (0, -1) if edge[0][end] == spot]
        if len(touching) != 2 or touching[0] is touching[1]:
            continue
        one, other = touching
        one = one if one[0][-1] == spot else turned_edge(one)
        other = other if other[0][0] == spot else turned_edge(other)
        if one[1] == other[1] and all((one[way] is None) == (other[way] is None) for way in (2, 3)):
            times = [None if one[way] is None else one[way] + other[way] for way in (2, 3)]
            edges = [edge for edge in edges if edge is not touching[0] and edge is not touching[1]]
            edges.append((one[0] + other[0][1:], one[1], *times, one[4] + other[4]))
    return [(nodes, kept[1], *rest) for nodes, kept, *rest in edges]


def turned_edge(edge):
    nodes, kept, forward, backward, metres = edge
    return nodes[::-1], kept, backward, forward, metres


def naive_main(spots, given_ways):
    """Tell for each piece whether it is in the main part, from the definition, with networkx on three phases."""
    trips = NaiveTrips(spots, given_ways)
    open_spots = {spot for spot, arcs in trips.arcs.items() if any(not local for _, _, local in arcs)}
    open_spots |= {head for arcs in trips.arcs.values() for head, _, local in arcs if not local}
    pieces = [(a, b, local or a not in open_spots, *rest) for a, b, local, *rest in trips.pieces]
    whole, phases = nx.MultiGraph(), nx.DiGraph()
    for a, b, *_, metres in pieces:
        whole.add_edge(a, b, metres=metres)
    for spot in whole:
        phases.add_edges_from((((spot, 0), (spot, 1)), ((spot, 1), (spot, 2))))
    for a, b, local, forward, backward, _ in pieces:
        for tail, head, time in ((a, b, forward), (b, a, backward)):
            if time is not None:
                phases.add_edges_from(((tail, phase), (head, phase)) for phase in ((0, 2) if local else (1,)))
    weak = max(nx.connected_components(whole), key=lambda part: (whole.subgraph(part).size("metres"), -min(part)))
    best, length = set(), -1.0
    for part in nx.strongly_connected_components(phases):
        public = {spot for spot, phase in part if phase == 1} & weak
        inside = [piece[5] for piece in pieces if not piece[2] and {piece[0], piece[1]} <= public]
        if inside and sum(inside) > length:
            best, length = public, sum(inside)
    if not best:
        return [a in weak for a, *_ in pieces]
    seed = (min(best), 1)
    onwards, towards = nx.descendants(phases, seed) | {seed}, nx.ancestors(phases, seed) | {seed}
    main = []
    for a, b, local, forward, backward, _ in pieces:
        first, last = (0, 2) if local else (1, 1)
        leaves = (forward is not None and (b, first) in towards) or (backward is not None and (a, first) in towards)
        arrives = (forward is not None and (a, last) in onwards) or (backward is not None and (b, last) in onwards)
        main.append(leaves and arrives)
    found = sum(piece[5] for piece, one in zip(pieces, main, strict=True) if one)
    return main if found >= whole.subgraph(weak).size("metres") / 2 else [a in weak for a, *_ in pieces]


def _milliseconds(kind, kmh, metres, way_metres):
    """Time of one piece; a ferry's crossing or wait is shared over the pieces of its way by length."""
    if not kmh:
        return None
    share = metres / way_metres if way_metres else 0.0
    if not math.isnan(kind.crossing_minutes):
        return round(kind.crossing_minutes * 60_000 * share)
    return round(metres * 3600 / kmh + kind.wait_minutes * 60_000 * share)


def points_at(network, xy, *, ids=None, **columns):
    """Points at places in the network's own metres."""
    index = ids or [f"P{number}" for number in range(len(xy))]
    return geopandas.GeoDataFrame(
        {name: list(values) for name, values in columns.items()},
        geometry=[Point(*one) for one in xy],
        index=geopandas.pd.Index(index, dtype=object, name="id"),
        crs=network.crs,
    )


def spot_xy(network, spots):
    """Where spots of the tests lie in the network's metres."""
    lon, lat = zip(*(to_degrees(*spot) for spot in spots), strict=True)
    return list(zip(*Transformer.from_crs("EPSG:4326", network.crs, always_xy=True).transform(lon, lat), strict=True))


def nodes_of(network, layer):
    """Give the graph node of each junction in a layer, or the junction's only one."""
    nodes = np.arange(network.junction_id.size)
    own = np.flatnonzero(network.node_layer == layer)
    nodes[network.node_junction[own]] = own
    return nodes
