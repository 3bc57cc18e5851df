"""Building a road network from roads: pieces, times, chains, layers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.graph import freeze_float64, freeze_int32
from palveluverkko.engine.threads import threads_beside
from palveluverkko.engine.topology import Chains, Laid, depth_first_numbers, lay_chains, sort_arcs, trace_chains
from palveluverkko.network.components import find_local, find_longest_component, find_main
from palveluverkko.network.delays import count_spots, find_delays, with_delays
from palveluverkko.network.layers import lay_layers
from palveluverkko.network.road_network import Edges, RoadNetwork
from palveluverkko.network.surroundings import Surroundings, find_surroundings
from palveluverkko.network.turn_delays import find_nodes, find_signalled, find_turn_delays
from palveluverkko.network.turn_rules import RoadTurns, find_on_roads
from palveluverkko.network.turns import Delays, Rule, Turns
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads
from palveluverkko.osm.restrictions import read_turn_rules

BUILD_VERSION = 8
"""Part of every fingerprint: raise it when the same roads would build another network."""

# Bounding box of Finland in degrees; inside it EPSG:3067 (ETRS-TM35FIN) is the metric CRS.
_FINLAND = (19.0, 59.3, 31.7, 70.2)

# The kernel's length and pyproj's differ by less than 0.1 micrometres up to here; the error grows with the fifth power.
_LONGEST_MEASURED_METRES = 20_000.0

# PROJ takes 0.25-0.35 microseconds for a node, the polynomials through a lattice of its answers a third of that. They
# differ by about 0.01 micrometres, which is rounding, in every zone up to 84 degrees north and ten from its meridian.
_MANY_NODES = 200_000
_LATTICE_STEP = 0.1
_WIDEST_LATTICE = 20.0
_FARTHEST_LATTICE = 84.0


# Building a file of fewer positions takes under a second.
_MANY_POSITIONS = 1_000_000

_NOWHERE = (np.empty(0), np.empty(0))


class _Pieces(NamedTuple):
    """Straight pieces between consecutive nodes of the ways: piece i leads from position i of the ways to i + 1.

    The last position of each way holds no piece. The times are milliseconds and hold the delay of arriving, 0 in a
    direction that is closed.
    """

    metres: NDArray[np.float64]
    forward: NDArray[np.int32]
    backward: NDArray[np.int32]
    way_metres: NDArray[np.float64]


class _Plan(NamedTuple):
    """Edges in their final order, not yet laid out: chain, its first half and both junctions; node of each junction."""

    chain: NDArray[np.int32]
    first_half: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    junction_node: NDArray[np.int64]


def build_network(roads: Roads, profile: CarProfile, *, fingerprint: str, contract: bool = True) -> RoadNetwork:
    """Build a road network.

    Chains of nodes of degree two become single edges that keep every vertex and the exact time to it. Every
    component stays, and so do parallel edges and loops. Junctions are numbered as a depth-first walk meets them, and
    edges stand in the order of their junctions.

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
    if not (np.diff(roads.first_node) > 1).any():
        raise NetworkError("the road file holds no road of two nodes that a car may drive; use a larger extract.")
    crs = metric_crs(roads.bounds)
    way = np.repeat(np.arange(roads.way_id.size, dtype=np.int32), np.diff(roads.first_node))
    road_turns = find_on_roads(roads, *read_turn_rules(roads.restrictions, holds=profile.holds))
    turning_nodes = find_nodes(roads, lambda spot: spot.u_turn)
    stops = np.concatenate((road_turns.stops, turning_nodes))
    chains, plan, pieces, signalled, x, y = _measure_and_order(roads, profile, crs, way, stops, contract=contract)
    laid = lay_chains(
        chains,
        plan.chain,
        roads.way_node,
        xy=(x, y),
        length=pieces.metres,
        onward=pieces.forward,
        back=pieces.backward,
    )
    metres_by_speed_source = _metres_by_speed_source(roads, pieces.way_metres)
    way = way[plan.first_half >> 1]
    turns = _turns_of_edges(road_turns, chains, plan, roads.way_node.size)
    del pieces, chains  # 0.2 GB for 5 million nodes, and the arcs are still to come
    with threads_beside() as beside:
        finding_local = beside.submit(_find_local, roads, way, plan, laid)
        placing = [beside.submit(one.take, plan.junction_node) for one in (x, y)]
        naming = beside.submit(roads.node_id.take, plan.junction_node)
        edges = _describe_edges(roads, way, plan, laid)._replace(local=finding_local.result())
        turns = turns._replace(
            delays=_turn_delays(roads, profile, edges, plan.junction_node, signalled),
            turning_places=_junctions_at(plan.junction_node, turning_nodes),
        )
        junction_x, junction_y = (one.result() for one in placing)
    return assemble(
        edges,
        junction_xy=(junction_x, junction_y),
        junction_id=naming.result(),
        profile=profile,
        road_classes=_road_classes(roads),
        names=roads.names,
        crs=crs,
        bounds=roads.bounds,
        metres_by_speed_source=metres_by_speed_source,
        rejected_speeds=dict(roads.rejected_speeds),
        fingerprint=fingerprint,
        cut_xy=(x[roads.cut_nodes], y[roads.cut_nodes]),
        turns=turns,
        restrictions_in_force=len({sequence.relation_id for sequence in road_turns.sequences}),
        restrictions_left_out=road_turns.left_out,
        spots_by_kind=count_spots(roads),
        barriers_cut=dict(roads.barriers_cut),
        crossings=roads.crossings,
    )


def assemble(
    edges: Edges,
    *,
    junction_xy: tuple[NDArray[np.float64], NDArray[np.float64]],
    junction_id: NDArray[np.int64],
    profile: CarProfile,
    cut_xy: tuple[NDArray[np.float64], NDArray[np.float64]] = _NOWHERE,
    turns: Turns | None = None,
    **described: Any,  # noqa: ANN401 - the fields, which have their types there
) -> RoadNetwork:
    """Make a network of edges, whatever they were read from: lay out the graph and find the main part.

    Parameters
    ----------
    edges
        In the order of their junctions, read-only; ``main`` is found here.
    junction_xy, junction_id
        float64[j] each, metric CRS, and int64[j].
    profile
        Its access leg, its season and the name of its own tables go into the network.
    cut_xy
        float64[c] each, metric CRS; where roads leave what was read.
    turns
        Restrictions and delays on the directed pieces of the edges.
    **described
        The other fields of :class:`RoadNetwork`: ``road_classes``, ``names``, ``crs``, ``bounds``,
        ``metres_by_speed_source``, ``rejected_speeds``, ``fingerprint``, and what is told of restrictions, spots and
        crossings of ferries.
    """
    with threads_beside() as beside:
        component = beside.submit(find_longest_component, junction_id.size, edges)
        layers, capped = lay_layers(junction_id.size, edges, turns)
        main = find_main(edges, layers, component.result())
    return RoadNetwork(
        **layers._asdict(),
        edges=edges._replace(main=_frozen_bool(main)),
        junction_x=freeze_float64(junction_xy[0]),
        junction_y=freeze_float64(junction_xy[1]),
        junction_id=_frozen_int64(junction_id),
        cut_x=freeze_float64(cut_xy[0]),
        cut_y=freeze_float64(cut_xy[1]),
        season=str(profile.season),
        own_tables=profile.own_tables,
        access_speed_kmh=cast("float", profile.access_speed_kmh),
        max_access_metres=cast("float", profile.max_access_metres),
        arrival_seconds=profile.arrival_seconds,
        restrictions_capped=capped,
        ferries_digest=profile.ferries_digest,
        **described,
    )


def metric_crs(bounds: tuple[float, float, float, float]) -> str:
    """Choose the metric CRS of an area in degrees: EPSG:3067 in Finland, the suitable UTM zone elsewhere."""
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if _FINLAND[0] <= lon <= _FINLAND[2] and _FINLAND[1] <= lat <= _FINLAND[3]:
        return "EPSG:3067"
    zone = min(60, int((lon + 180) // 6) + 1)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _projection(roads: Roads, crs: str) -> Callable[[], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Give a function for another thread that projects the nodes, float64[n] each.

    PROJ itself works in this thread: in another it would open its database anew, which takes 0.09 s.
    """
    from pyproj import Transformer  # noqa: PLC0415  # 0.08 s: imported while files are read

    project = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    west, south, east, north = roads.bounds
    smooth = max(east - west, north - south) <= _WIDEST_LATTICE and max(-south, north) <= _FARTHEST_LATTICE
    if roads.lon.size < _MANY_NODES or not smooth:
        x, y = project(roads.lon, roads.lat)
        return lambda: (np.asarray(x), np.asarray(y))
    from palveluverkko.network import geodesy_kernels as kernels  # noqa: PLC0415  # importing numba costs 0.8 s

    # Margins: three steps before, two for the polynomials and one for rounding; five after, of which two for rounding:
    # 19.9 degrees are 198.99 steps here and 199 in the kernel. np.arange(west, east, step) drifts by 0.1 um.
    columns, rows = (int((end - begin) / _LATTICE_STEP) + 9 for begin, end in ((west, east), (south, north)))
    west, south = west - 3 * _LATTICE_STEP, south - 3 * _LATTICE_STEP
    lattice = np.meshgrid(west + _LATTICE_STEP * np.arange(columns), south + _LATTICE_STEP * np.arange(rows))
    lattice_x, lattice_y = (freeze_float64(one) for one in project(*lattice))
    lon, lat = freeze_float64(roads.lon), freeze_float64(roads.lat)
    return functools.partial(kernels.interpolate, lon, lat, west, south, _LATTICE_STEP, lattice_x, lattice_y)


def _measure_and_order(
    roads: Roads, profile: CarProfile, crs: str, way: NDArray[np.int32], stops: NDArray[np.int32], *, contract: bool
) -> tuple[Chains, _Plan, _Pieces, NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Give chains, edges in order, pieces with their times, nodes with signals near, and coordinates of the nodes.

    Coordinates, squares and times in a thread; beside it lengths, chains and their order, signals and delays. Small
    files are built by one thread, for what is needed at the same time counts there.
    """

    def order() -> tuple[Chains, _Plan]:
        chains = _find_chains(roads, way, stops, contract=contract)
        return chains, _order_edges(roads, chains)

    def time(place: Callable[[], tuple[NDArray[np.float64], NDArray[np.float64]]]) -> _Pieces:
        return _time_pieces(roads, metres, find_surroundings(roads, metres, *place(), profile.built_up))

    def wait() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return _find_signalled(roads, profile, metres), find_delays(roads, profile.junction_delays, metres)

    project = _projection(roads, crs)
    if roads.way_node.size < _MANY_POSITIONS:
        metres, (x, y) = measure_metres(roads), project()
        pieces = time(lambda: (x, y))
        chains, plan = order()
        signalled, delay = wait()
    else:
        with threads_beside() as beside:
            placing = beside.submit(project)
            metres = measure_metres(roads)
            timing = beside.submit(time, placing.result)
            chains, plan = order()
            x, y = placing.result()
            signalled, delay = wait()
            pieces = timing.result()
    forward, backward = with_delays(pieces.forward, pieces.backward, delay)
    return chains, plan, pieces._replace(forward=forward, backward=backward), signalled, x, y


def measure_metres(roads: Roads) -> NDArray[np.float64]:
    """Measure the piece from each position of the ways to the next on the ellipsoid; the last of a way has none."""
    from palveluverkko.network import geodesy_kernels as kernels  # noqa: PLC0415  # importing numba costs 0.8 s

    first_node = _frozen_int64(roads.first_node)
    node, lon, lat = freeze_int32(roads.way_node), freeze_float64(roads.lon), freeze_float64(roads.lat)
    metres = kernels.piece_metres(first_node, node, lon, lat, _LONGEST_MEASURED_METRES)
    long = np.flatnonzero(np.isnan(metres))
    if not long.size:
        return metres
    from pyproj import Geod  # noqa: PLC0415  # as above

    a, b = node[long], node[long + 1]
    metres[long] = Geod(ellps="WGS84").inv(lon[a], lat[a], lon[b], lat[b])[2]
    return metres


def _time_pieces(roads: Roads, metres: NDArray[np.float64], surroundings: Surroundings) -> _Pieces:
    """Time the pieces, without the delay of arriving."""
    from palveluverkko.network import geodesy_kernels as kernels  # noqa: PLC0415

    kinds = []
    for one in roads.kinds:
        plain = (one.forward_kmh, one.backward_kmh)
        built_up, abroad = one.built_up_kmh or plain, one.abroad_kmh or plain
        kinds.append((*plain, *built_up, *abroad, one.crossing_minutes, one.wait_minutes))
    forward, backward, way_metres = kernels.piece_times(
        _frozen_int64(roads.first_node),
        freeze_int32(roads.way_kind),
        freeze_float64(metres),
        freeze_float64(np.asarray(kinds)),
        freeze_float64(surroundings.built_up),
        _frozen_bool(surroundings.abroad),
    )
    return _Pieces(metres, forward, backward, way_metres)


def _find_chains(roads: Roads, way: NDArray[np.int32], stops: NDArray[np.int32], *, contract: bool) -> Chains:
    """Join pieces at nodes where just two meet and nothing that matters changes."""
    meanings: dict[tuple[object, ...], int] = {}

    def number(*, turned: bool) -> NDArray[np.int64]:
        numbers = []
        for road in roads.kinds:
            kept = (road.road_class, road.local_access, road.snappable, road.tunnel)
            open_ways = (road.forward_kmh > 0, road.backward_kmh > 0)
            numbers.append(meanings.setdefault((kept, open_ways[::-1] if turned else open_ways), len(meanings)))
        return np.asarray(numbers)[roads.way_kind]

    onward, back = number(turned=False), number(turned=True)
    return trace_chains(roads.node_id.size, way, roads.way_node, onward, back, stops=stops, join=contract)


def _order_edges(roads: Roads, chains: Chains) -> _Plan:
    """Find the edges' junctions, number them depth first, and put the edges into the order of their junctions.

    With random numbers a search over a million junctions takes 2.6 times as long; numbers along a Hilbert curve are
    as good as these (176 and 172 ms a search), and need coordinates.
    """
    first, last = chains.half[chains.begins[:-1]], chains.half[chains.begins[1:] - 1]
    tail_node = roads.way_node[(first >> 1) + (first & 1)]
    head_node = roads.way_node[(last >> 1) + 1 - (last & 1)]
    is_junction = np.zeros(roads.node_id.size, dtype=np.bool_)
    is_junction[tail_node] = True
    is_junction[head_node] = True
    rank = np.cumsum(is_junction, dtype=np.int32) - np.int32(1)
    by_rank = np.flatnonzero(is_junction)
    tail, head = rank[tail_node], rank[head_node]
    number = depth_first_numbers(by_rank.size, tail, head)
    tail, head = number[tail], number[head]
    _, chain = sort_arcs(by_rank.size, tail, head)
    junction_node = np.empty_like(by_rank)
    junction_node[number] = by_rank
    return _Plan(chain, first[chain], freeze_int32(tail[chain]), freeze_int32(head[chain]), junction_node)


def _turns_of_edges(road_turns: RoadTurns, chains: Chains, plan: _Plan, positions: int) -> Turns:
    """Give the restrictions on the directed pieces of the edges, which end wherever a restriction asks for it."""
    if not road_turns.sequences:
        return Turns()
    edge_of_chain = np.empty_like(plan.chain)
    edge_of_chain[plan.chain] = np.arange(plan.chain.size, dtype=np.int32)
    piece_of_half = np.empty(2 * positions, dtype=np.int32)
    forward = 2 * np.repeat(edge_of_chain, np.diff(chains.begins))
    piece_of_half[chains.half] = forward
    piece_of_half[chains.half ^ 1] = forward + 1
    rules = []
    for sequence in road_turns.sequences:
        driven = piece_of_half[list(sequence.driven)].tolist()
        once = tuple(piece for at, piece in enumerate(driven) if at == 0 or piece != driven[at - 1])
        following = frozenset(piece_of_half[list(sequence.following)].tolist())
        rules.append(Rule(once, sequence.mandatory, following))
    return Turns(tuple(rules))


def _find_signalled(roads: Roads, profile: CarProfile, metres: NDArray[np.float64]) -> NDArray[np.int32]:
    """Give the nodes where signals stand or stand near, if turning takes time anywhere."""
    if not _takes_time(profile):
        return np.empty(0, dtype=np.int32)
    return find_signalled(roads, metres, profile.junction_delays.signals_metres)


def _takes_time(profile: CarProfile) -> bool:
    delays = profile.turn_delays
    return delays is not None and bool(delays.left_seconds or delays.right_seconds)


def _turn_delays(
    roads: Roads, profile: CarProfile, edges: Edges, junction_node: NDArray[np.int64], signalled: NDArray[np.int32]
) -> Delays:
    """Give the turns that take time, and how long; where signals stand, they are all the delay there is."""
    delays = profile.turn_delays
    if delays is None or not _takes_time(profile):
        return Delays()
    is_chosen = np.asarray([road_class in delays.classes for road_class in _road_classes(roads)])
    return find_turn_delays(
        junction_node.size,
        edges,
        is_chosen[edges.road_class],
        left_milliseconds=round(delays.left_seconds * 1000),
        right_milliseconds=round(delays.right_seconds * 1000),
        free=_junctions_at(junction_node, signalled),
    )


def _junctions_at(junction_node: NDArray[np.int64], nodes: NDArray[np.int32]) -> NDArray[np.int32]:
    # np.isin takes 0.03 s to find that 2 of a million junctions are among them.
    named = np.zeros(int(junction_node.max(initial=-1)) + 1, dtype=np.bool_)
    named[nodes[nodes < named.size]] = True
    return np.flatnonzero(named[junction_node]).astype(np.int32)


def _find_local(roads: Roads, way: NDArray[np.int32], plan: _Plan, laid: Laid) -> NDArray[np.bool_]:
    """Find the edges for the first and last leg only, each tagged as its first piece is."""
    tagged = np.asarray([road.local_access for road in roads.kinds])[roads.way_kind[way]]
    return _frozen_bool(find_local(plan.junction_node.size, plan.tail, plan.head, tagged, laid.length))


def _describe_edges(roads: Roads, way: NDArray[np.int32], plan: _Plan, laid: Laid) -> Edges:
    """Give the columns of the edges but ``local`` and ``main``, each as its first piece is, which lies on ``way``."""
    if laid.overflow >= 0:
        raise NetworkError(
            f"way {roads.way_id[way[laid.overflow]]} or one that continues it takes more than 24 days to drive; "
            "mend its duration in the road file."
        )
    kind = roads.way_kind[way]
    snappable, onward, back = np.asarray(
        [(road.snappable, road.forward_kmh > 0, road.backward_kmh > 0) for road in roads.kinds]
    ).T
    turned = plan.first_half & 1 == 1
    position = {road_class: at for at, road_class in enumerate(_road_classes(roads))}
    nothing = _frozen_bool(np.zeros(kind.size, dtype=np.bool_))
    return Edges(
        tail=plan.tail,
        head=plan.head,
        forward=_frozen_bool(np.where(turned, back[kind], onward[kind])),
        backward=_frozen_bool(np.where(turned, onward[kind], back[kind])),
        local=nothing,  # found beside
        snappable=_frozen_bool(snappable[kind]),
        main=nothing,  # found later: it takes the graph
        road_class=freeze_int32(np.asarray([position[road.road_class] for road in roads.kinds])[kind]),
        name=freeze_int32(roads.way_name[way]),
        way=_frozen_int64(roads.way_id[way]),
        metres=freeze_float64(laid.length),
        first_vertex=_frozen_int64(laid.first_vertex),
        vertex_x=freeze_float64(laid.x),
        vertex_y=freeze_float64(laid.y),
        vertex_forward=freeze_int32(laid.onward),
        vertex_backward=freeze_int32(laid.back),
    )


def _road_classes(roads: Roads) -> tuple[str, ...]:
    return tuple(sorted({road.road_class for road in roads.kinds}))


def _metres_by_speed_source(roads: Roads, way_metres: NDArray[np.float64]) -> dict[str, float]:
    metres = np.bincount(roads.way_kind, weights=way_metres, minlength=len(roads.kinds))
    used = np.bincount(roads.way_kind, minlength=len(roads.kinds)) > 0
    total = dict.fromkeys(sorted({road.speed_source for road, one in zip(roads.kinds, used, strict=True) if one}), 0.0)
    for road, length in zip(roads.kinds, metres.tolist(), strict=True):
        if length:
            total[road.speed_source] += length
    return total


def _frozen_bool(array: NDArray[np.bool_]) -> NDArray[np.bool_]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _frozen_int64(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array = np.ascontiguousarray(array, dtype=np.int64).view()
    array.flags.writeable = False
    return array
