"""Roads as arrays, and how the ways and nodes of a file become them, whoever read the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from palveluverkko.osm import files
from palveluverkko.osm.arrays import freeze
from palveluverkko.osm.barriers import Pieces, cut_at_barriers
from palveluverkko.osm.crossings import Crossing, share_crossings
from palveluverkko.osm.ferries import NO_FERRY, ClosedFerry, Ferry, FerryRoute, FerryWay, judge_ferries
from palveluverkko.osm.profile import FERRY, CarProfile, Road
from palveluverkko.osm.spots import Spot

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Tags = tuple[tuple[str, str], ...]

_RESTRICTION = "restriction"
_AT_CUT = 2
_MANY_NODES = 1_000_000


@dataclass(frozen=True)
class Restriction:
    """A relation that restricts how one may turn, as it stands in the file; nothing is read into it here.

    Attributes
    ----------
    relation_id
        OSM id.
    tags
        Pairs of key and value in the order of the file; one is ``type``, with ``restriction`` or ``restriction:...``.
    members
        ``("n" | "w" | "r", OSM id, role)`` of each member in the order of the file.
    """

    relation_id: int
    tags: Tags
    members: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, eq=False)
class Roads:
    """The drivable ways of a file and the nodes they run over, as read-only arrays.

    A way whose nodes are partly outside the file stands as several pieces with the same ``way_id``, each of at least
    two nodes. Ways are in the order of their ids, whatever the order in the file.

    Attributes
    ----------
    node_id, lon, lat
        OSM id, rising, and position (EPSG:4326, degrees) of each node used. A node that a barrier takes apart stands
        several times, the copy with its spot first.
    first_node, way_node
        Way ``w`` runs over the nodes at positions ``way_node[first_node[w]:first_node[w + 1]]``.
    way_id, way_kind
        OSM id of each way, and the position of its meaning in ``kinds``.
    kinds
        The different meanings for a car.
    way_name
        Position in ``names`` of the road number, else the name, else an empty text.
    names
        The different names, sorted.
    rejected_speeds
        Texts of speed limits that could not be read, with the number of ways that carry each.
    bounds
        West, south, east, north of the nodes used, degrees.
    cut_nodes
        Positions of the nodes at which a way leaves the file: the edge of the extract.
    lost_ways
        Ids of drivable ways without two neighbouring nodes in the file.
    restrictions
        The turn restrictions of the file by rising id, whatever the profile drives.
    spot_node, spot_kind
        Positions of the nodes on which something stands, rising, and the position of what it is in ``spots``.
    spots
        The different things that stand on nodes, in an order of their own.
    barriers_cut
        Number of barriers that cut roads, by kind.
    crossings
        The crossings of ferries, and the ferries that are closed, by name.
    """

    node_id: Int64
    lon: Float64
    lat: Float64
    first_node: Int64
    way_node: Int32
    way_id: Int64
    way_kind: Int32
    kinds: tuple[Road, ...]
    way_name: Int32
    names: tuple[str, ...]
    rejected_speeds: Mapping[str, int]
    bounds: tuple[float, float, float, float]
    cut_nodes: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    lost_ways: tuple[int, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    spot_node: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    spot_kind: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    spots: tuple[Spot, ...] = ()
    barriers_cut: Mapping[str, int] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()


class FileWays(NamedTuple):
    """Drivable ways as they stand in a file, each with its run of node ids.

    ``way_kind`` and ``way_name`` are positions in ``kinds`` and ``names``, which are in any order. Ferries stand among
    the ways whether or not they carry cars, for their relations and the study have a say: ``ferries`` are their tags by
    rising id, ``routes`` the relations.
    """

    way_id: Int64
    way_kind: Int32
    kinds: tuple[Road, ...]
    way_name: Int32
    names: tuple[str, ...]
    nodes_in_way: Int32
    node_ids: Int64
    rejected_speeds: Mapping[str, int]
    restrictions: tuple[Restriction, ...]
    ferries: tuple[FerryWay, ...] = ()
    routes: tuple[FerryRoute, ...] = ()


class FileSpots(NamedTuple):
    """What stands on the nodes of roads: positions in the list of nodes, rising, and in ``spots``."""

    node: Int32
    kind: Int32
    spots: tuple[Spot, ...]


NO_SPOTS = FileSpots(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), ())


class FileRoads(NamedTuple):
    """Drivable ways of a file and the places of their nodes, before they are cut where it ends.

    Attributes
    ----------
    ways
        In the order of their ids, each with all the nodes it has in OpenStreetMap.
    node_id
        int64[n]; the ids of their nodes, rising.
    lon, lat
        float64[n]; degrees, NaN where the file has no place.
    spots
        What stands on these nodes.
    leaving
        int64[k, 2]; ids of a node with a place and of the next one on a road that was clipped away there.
    """

    ways: FileWays
    node_id: Int64
    lon: Float64
    lat: Float64
    spots: FileSpots = NO_SPOTS
    leaving: Int64 = np.empty((0, 2), dtype=np.int64)


class Meanings:
    """What combinations of tags mean; counts the ways of each limit that cannot be read."""

    def __init__(self, profile: CarProfile) -> None:
        self._profile = profile
        self._kinds: dict[Road, int] = {}
        self._rejected: Counter[str] = Counter()

    def judge(self, tags: Tags) -> tuple[int, tuple[str, ...]]:
        """Give the position of the kind (-1: not drivable, and no ferry) and the limits that cannot be read."""
        plain = dict(tags)
        road = self._profile.road(plain)
        if road is None:
            return (self.no_ferry, ()) if is_ferry(tags) else (-1, ())
        return self._kinds.setdefault(road, len(self._kinds)), self._profile.rejected_speeds(plain)

    @property
    def no_ferry(self) -> int:
        """The position of the kind of a ferry that its own tags do not open to cars."""
        return self._kinds.setdefault(NO_FERRY, len(self._kinds))

    def count_rejected(self, texts: Iterable[str], ways: int = 1) -> None:
        """Count ways that carry limits that cannot be read."""
        for text in texts:
            self._rejected[text] += ways

    @property
    def kinds(self) -> tuple[Road, ...]:
        """The kinds met, by position."""
        return tuple(self._kinds)

    @property
    def rejected_speeds(self) -> dict[str, int]:
        """Texts of limits that cannot be read, sorted, with the number of ways."""
        return dict(sorted(self._rejected.items()))


class SpotMeanings:
    """What combinations of tags of nodes mean, each judged once."""

    def __init__(self, profile: CarProfile) -> None:
        self._profile = profile
        self._known: dict[Tags, int] = {}
        self._kinds: dict[Spot, int] = {}

    def judge(self, tags: Tags) -> int:
        """Give the position of the spot (-1: it means nothing)."""
        if tags not in self._known:
            spot = self._profile.spot(dict(tags))
            self._known[tags] = -1 if spot is None else self._kinds.setdefault(spot, len(self._kinds))
        return self._known[tags]

    def spots(self, node: npt.NDArray[Any], kind: npt.NDArray[Any]) -> FileSpots:
        """Give spots on nodes, by position."""
        return FileSpots(node.astype(np.int32), kind.astype(np.int32), tuple(self._kinds))


def is_ferry(tags: Tags) -> bool:
    """Say whether the tags of a way make it a ferry."""
    return ("route", FERRY) in tags and dict(tags)["route"] == FERRY


def is_restriction(tags: Tags) -> bool:
    """Say whether the tags of a relation make it a turn restriction."""
    return any(key == "type" and value.partition(":")[0] == _RESTRICTION for key, value in tags)


def by_id(restrictions: Iterable[Restriction]) -> tuple[Restriction, ...]:
    """Sort restrictions by id; one given twice counts once, as the file gives it first."""
    first: dict[int, Restriction] = {}
    for one in restrictions:
        first.setdefault(one.relation_id, one)
    return tuple(first[relation_id] for relation_id in sorted(first))


def in_order(ways: FileWays) -> FileWays:
    """Put ways and kinds into an order that does not depend on the file; a way given twice counts once."""
    kinds = tuple(sorted(ways.kinds, key=repr))
    new_kind = np.array([kinds.index(kind) for kind in ways.kinds], dtype=np.int32)
    ways = ways._replace(kinds=kinds, way_kind=new_kind[ways.way_kind])
    if (ways.way_id[1:] > ways.way_id[:-1]).all():
        return ways
    way_id, order = np.unique(ways.way_id, return_index=True)
    first = np.concatenate([[0], np.cumsum(ways.nodes_in_way, dtype=np.int64)])[:-1]
    nodes_in_way = ways.nodes_in_way[order]
    shift = np.repeat(first[order] - np.concatenate([[0], np.cumsum(nodes_in_way, dtype=np.int64)])[:-1], nodes_in_way)
    return ways._replace(
        way_id=way_id,
        way_kind=ways.way_kind[order],
        way_name=ways.way_name[order],
        nodes_in_way=nodes_in_way,
        node_ids=ways.node_ids[np.arange(shift.size) + shift],
    )


def distinct_nodes(ways: FileWays) -> Int64:
    """Give the ids of the nodes of ways, rising."""
    from palveluverkko.osm import numbering_kernels as kernels  # noqa: PLC0415  # numba takes 0.8 s to import

    # numpy asks for large pages and numba does not: room for 7 million ids would take 0.1 s to come by.
    here, there = (np.empty(ways.node_ids.size, dtype=np.uint64) for _ in range(2))
    return freeze(kernels.distinct(freeze(ways.node_ids, np.int64), here, there), np.int64)


def spots_at(node_id: Int64, read: FileRoads) -> tuple[Int32, Int32]:
    """Give the positions in other ids, rising, of nodes on which something stands, and of what in the spots read."""
    own = read.node_id[read.spots.node]
    at = np.searchsorted(node_id, own).clip(max=max(0, node_id.size - 1))
    here = node_id[at] == own if node_id.size else np.zeros(own.size, dtype=bool)
    return at[here].astype(np.int32), read.spots.kind[here]


def u_turn_nodes(roads: Roads) -> Int32:
    """Give the positions of the nodes where one may turn round, rising."""
    turning = np.asarray([spot.u_turn for spot in roads.spots], dtype=np.bool_)
    found: Int32 = roads.spot_node[turning[roads.spot_kind]]
    return found


def arrange(path: Path, read: FileRoads, profile: CarProfile | None = None) -> Roads:
    """Cut the ways at nodes that the file does not hold and at barriers, and number the nodes in use.

    Ferries that carry no cars go, and each crossing takes its time once.

    Parameters
    ----------
    path
        The file, for the message that its nodes are missing.
    read
        What it holds.
    profile
        What read it; None: a car in summer.

    Raises
    ------
    RoadFileError
        Nothing is left for a car.
    StudyError
        The profile speaks of a ferry that is not there.
    """
    from palveluverkko.osm import numbering_kernels as kernels  # noqa: PLC0415  # numba takes 0.8 s to import

    profile = profile or CarProfile()
    ferries, closed = judge_ferries(read.ways.ferries, read.ways.routes, profile)
    crossings = _closed_crossings(read, closed)
    ways = _with_ferries(read.ways, ferries)
    if not ways.way_id.size:
        raise files.without_car_ferries(path, read.ways.way_id.size)
    _, node_id, lon, lat, spots, leaving = read
    # Room from numpy, which asks for large pages, as numba does not. PT16, 4.9 million nodes: 0.1 s for both kernels.
    way_node, room = (np.empty(ways.node_ids.size, dtype=np.int32) for _ in range(2))
    kernels.positions_in(freeze(ways.node_ids, np.int64), freeze(node_id, np.int64), way_node)
    way_of_piece, first_node, piece_node, use = kernels.cut_pieces(
        freeze(ways.nodes_in_way, np.int32), freeze(way_node, np.int32), freeze(~np.isnan(lon), np.bool_), room
    )
    if not way_of_piece.size:
        raise files.without_nodes(path, ways.way_id.size)
    spot_node, spot_kind, kept_spots = _used_spots(spots, use)
    if leaving.size:
        at_leaving = np.isin(node_id, leaving[:, 0])
        use[at_leaving & (use > 0)] |= _AT_CUT
    kept: npt.NDArray[Any] | None = None  # the nodes as they are, unless some go or stand several times
    if not use.all():
        kept = np.flatnonzero(use)
        number = np.cumsum(use > 0, dtype=np.int32) - np.int32(1)
        piece_node, spot_node, use = number[piece_node], number[spot_node], use[kept]
    cut_nodes = np.flatnonzero(use & _AT_CUT).astype(np.int32)
    pieces, kinds, copied, barriers = cut_at_barriers(
        Pieces(first_node, piece_node, way_of_piece, ways.way_kind[way_of_piece]),
        ways.kinds,
        use.size,
        spot_node,
        [kept_spots[kind] for kind in spot_kind.tolist()],
    )
    if barriers:
        kept = copied if kept is None else kept[copied]
        spot_node, cut_nodes = (np.searchsorted(copied, one).astype(np.int32) for one in (spot_node, cut_nodes))
    if kept is not None:
        node_id, lon, lat = _taken((node_id, lon, lat), kept)
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    pieces, kinds, sailed = share_crossings(
        pieces, kinds, ways.way_id, ferries, lon, lat, quay_metres=profile.quay_metres
    )
    lost = np.ones(ways.way_id.size, dtype=bool)
    lost[way_of_piece] = False
    names, way_name = _sorted_names(ways.names, ways.way_name[pieces.way])
    return Roads(
        node_id=freeze(node_id, np.int64),
        lon=freeze(lon, np.float64),
        lat=freeze(lat, np.float64),
        first_node=freeze(pieces.first_node, np.int64),
        way_node=freeze(pieces.node, np.int32),
        way_id=freeze(ways.way_id[pieces.way], np.int64),
        way_kind=freeze(pieces.kind, np.int32),
        kinds=kinds,
        way_name=freeze(way_name, np.int32),
        names=names,
        rejected_speeds=ways.rejected_speeds,
        bounds=bounds,
        cut_nodes=freeze(cut_nodes, np.int32),
        lost_ways=tuple(ways.way_id[lost].tolist()),
        restrictions=ways.restrictions,
        spot_node=freeze(spot_node, np.int32),
        spot_kind=freeze(spot_kind, np.int32),
        spots=kept_spots,
        barriers_cut=barriers,
        crossings=tuple(sorted((*sailed, *crossings))),
    )


def _taken(columns: Iterable[npt.NDArray[Any]], kept: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Take some rows of columns; large ones in two threads, for those of PT16 are 130 MB."""
    if kept.size < _MANY_NODES:
        return [one[kept] for one in columns]
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda one: one.take(kept), columns))


def _with_ferries(ways: FileWays, ferries: Mapping[int, Ferry]) -> FileWays:
    """Give ferries what they mean now that relations and the study were asked, and leave out those without cars."""
    if not ways.ferries:
        return ways
    is_ferry_kind = np.asarray([kind.road_class == FERRY for kind in ways.kinds], dtype=bool)
    asked = np.isin(ways.way_id, [one.way_id for one in ways.ferries]) & is_ferry_kind[ways.way_kind]
    way_kind = ways.way_kind.copy()
    kinds = dict.fromkeys(ways.kinds)
    kinds.update(dict.fromkeys(one.road for one in ferries.values()))
    position = {kind: at for at, kind in enumerate(kinds)}
    for at in np.flatnonzero(asked).tolist():
        ferry = ferries.get(int(ways.way_id[at]))
        way_kind[at] = -1 if ferry is None else position[ferry.road]
    kept = way_kind >= 0
    # A kind of ferry that no way has any more goes; kinds of roads stay as they were read.
    used = np.zeros(len(kinds), dtype=bool)
    used[way_kind[kept]] = True
    left = sorted((kind for kind in kinds if kind.road_class != FERRY or used[position[kind]]), key=repr)
    new_position = {kind: at for at, kind in enumerate(left)}
    number = np.asarray([new_position.get(kind, -1) for kind in kinds], dtype=np.int32)
    names, way_name = _named(ways, ferries)
    return ways._replace(
        way_id=freeze(ways.way_id[kept], np.int64),
        way_kind=freeze(number[way_kind[kept]], np.int32),
        kinds=tuple(left),
        way_name=freeze(way_name[kept], np.int32),
        names=names,
        nodes_in_way=freeze(ways.nodes_in_way[kept], np.int32),
        node_ids=freeze(ways.node_ids[np.repeat(kept, ways.nodes_in_way)], np.int64),
    )


def _named(ways: FileWays, ferries: Mapping[int, Ferry]) -> tuple[tuple[str, ...], Int32]:
    """Give ferries the name of their relation where they have none."""
    names = {name: at for at, name in enumerate(ways.names)}
    way_name = ways.way_name.copy()
    at = np.searchsorted(ways.way_id, list(ferries))
    for position, ferry in zip(at.tolist(), ferries.values(), strict=True):
        if not ways.names[way_name[position]]:
            way_name[position] = names.setdefault(ferry.name, len(names))
    return tuple(names), way_name


def _closed_crossings(read: FileRoads, closed: Mapping[int, ClosedFerry]) -> list[Crossing]:
    """Describe the ferries that are closed."""
    from palveluverkko.osm.crossings import metres_along  # noqa: PLC0415

    first = np.concatenate(([0], np.cumsum(read.ways.nodes_in_way, dtype=np.int64)))
    found = []
    for at in np.flatnonzero(np.isin(read.ways.way_id, list(closed))).tolist():
        way_id = int(read.ways.way_id[at])
        node = np.searchsorted(read.node_id, read.ways.node_ids[first[at] : first[at + 1]])
        lon, lat = read.lon[node], read.lat[node]
        here = ~np.isnan(lon)
        metres = metres_along(lon[here], lat[here])
        found.append(Crossing.closed(way_id, closed[way_id], metres))
    return found


def _used_spots(spots: FileSpots, use: npt.NDArray[np.uint8]) -> tuple[Int32, Int32, tuple[Spot, ...]]:
    """Keep the spots on nodes in use, with their meanings in an order that does not depend on the file."""
    used = use[spots.node] > 0
    kind = spots.kind[used]
    met = [spots.spots[one] for one in np.flatnonzero(np.bincount(kind, minlength=len(spots.spots))).tolist()]
    kept = tuple(sorted(met, key=repr))
    position = {spot: at for at, spot in enumerate(kept)}
    number = np.asarray([position.get(spot, -1) for spot in spots.spots], dtype=np.int32)
    return spots.node[used], number[kind], kept


def _sorted_names(names: tuple[str, ...], position: Int32) -> tuple[tuple[str, ...], Int32]:
    """Keep the names in use, sorted, and give the new positions."""
    used = np.flatnonzero(np.bincount(position, minlength=len(names))).tolist()
    by_name = sorted(used, key=names.__getitem__)
    new_position = np.empty(len(names), dtype=np.int32)
    new_position[by_name] = np.arange(len(by_name))
    return tuple(names[one] for one in by_name), new_position[position]
