"""Read the drivable roads of an OpenStreetMap file into arrays; the only module that knows osmium."""

from __future__ import annotations

import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import osmium

from palveluverkko.domain.errors import RoadFileError
from palveluverkko.osm.profile import CarProfile, Road

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

_STEPS = 3
"""Steps that progress reports: ways, nodes, arrays. osmium does not say how far in the file it is."""

_ENDS = 2
"""A piece of road has at least two nodes."""

_CUT_SHORT = (
    "EOF",
    "truncated",
    "read close failed",
    "bzip2 error: read failed: -7",
    "unclosed token",
    "no element found",
)
"""What osmium says of a file that ends too early: pbf, gzip, bzip2, XML."""

_EMPTY_WAY = b'<osm version="0.6"><way id="1" version="1"/></osm>'

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Roads:
    """The drivable ways of a file and the nodes they run over, as read-only arrays.

    A way whose nodes are partly outside the file stands as several pieces with the same ``way_id``, each of at least
    two nodes. Ways are in the order of their ids, whatever the order in the file.

    Attributes
    ----------
    node_id, lon, lat
        OSM id, rising, and position (EPSG:4326, degrees) of each node used.
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


def read_roads(path: Path, profile: CarProfile, *, progress: Callable[[int, int], None] | None = None) -> Roads:
    """Read the ways that a profile may drive from ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    Parameters
    ----------
    path
        The file; its elements may come in any order and have negative ids (JOSM).
    profile
        Says what the tags of a way mean.
    progress
        Called with steps done and steps in all.

    Raises
    ------
    RoadFileError
        The file is missing, of another kind, damaged, or holds no way that the profile may drive.
    """
    report = progress or (lambda _done, _total: None)
    path = Path(path)
    _check_path(path)
    with _read_errors(path):
        ways = _read_ways(path, profile)
        report(1, _STEPS)
        node_id, node_of_ref = np.unique(ways.node_ids, return_inverse=True)
        lon, lat = _read_locations(path, node_id)
        report(2, _STEPS)
    roads = _arrange(path, ways, node_id, node_of_ref, lon, lat)
    report(_STEPS, _STEPS)
    return roads


class _Ways(NamedTuple):
    """Drivable ways as they stand in the file: ids rising, each with its run of node ids."""

    way_id: Int64
    way_kind: Int32
    kinds: tuple[Road, ...]
    way_name: tuple[str, ...]
    nodes_in_way: Int64
    node_ids: Int64
    rejected_speeds: Mapping[str, int]


def _check_path(path: Path) -> None:
    if path.is_dir():
        raise RoadFileError(f"{path} is a folder; name the OpenStreetMap file in it.")
    if not path.is_file():
        raise RoadFileError(f"{path} does not exist; check the path, or fetch an extract of the region.")
    if not path.name.endswith(SUFFIXES):
        raise RoadFileError(
            f"{path} is not known as an OpenStreetMap file; its name must end in {', '.join(SUFFIXES)}."
        )
    if path.stat().st_size == 0:
        raise RoadFileError(f"{path} is empty; fetch it again.")


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turn what osmium raises into one line for the user."""
    try:
        yield
    except (RuntimeError, UnicodeDecodeError, OSError) as error:
        if any(sign in str(error) for sign in _CUT_SHORT):
            raise RoadFileError(f"{path} is cut short ({error}); fetch it again.") from error
        kind = "".join(Path(path.name).suffixes[-2:])
        raise RoadFileError(
            f"{path} cannot be read as {kind} ({error}); it is damaged or of another kind: fetch it again, or mend its "
            f"suffix ({', '.join(SUFFIXES)})."
        ) from error


class _Meanings:
    """What the tags of ways mean, each combination judged once; counts the ways of each unreadable limit."""

    def __init__(self, profile: CarProfile) -> None:
        self._profile = profile
        self._keys = profile.relevant_keys
        self._known: dict[tuple[tuple[str, str], ...], tuple[int, tuple[str, ...]]] = {}
        self.kinds: dict[Road, int] = {}
        self.rejected: Counter[str] = Counter()

    def of(self, tags: osmium.osm.TagList) -> tuple[int, str]:
        """Give the position of the kind (-1: not drivable) and the name of a way."""
        relevant, number, name = [], "", ""
        for key, value in tags:
            if key in self._keys:
                relevant.append((key, value))
            elif key == "ref":
                number = value
            elif key == "name":
                name = value
        combination = tuple(relevant)
        if combination not in self._known:
            self._known[combination] = self._judge(dict(relevant))
        kind, rejected = self._known[combination]
        self.rejected.update(rejected)
        return kind, number or name

    def _judge(self, tags: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
        road = self._profile.road(tags)
        if road is None:
            return -1, ()
        return self.kinds.setdefault(road, len(self.kinds)), self._profile.rejected_speeds(tags)


def _read_ways(path: Path, profile: CarProfile) -> _Ways:
    """Read the drivable ways, in the order of the file."""
    meanings = _Meanings(profile)
    way_ids, way_kinds, nodes_in_way, node_ids = (array.array("q") for _ in range(4))
    names: list[str] = []
    roads = osmium.filter.TagFilter(*profile.way_tags)
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(roads)
    for way in cast("Iterable[osmium.osm.Way]", ways):
        kind, name = meanings.of(way.tags)
        if kind < 0 or way.deleted:
            continue
        refs = [node.ref for node in way.nodes]
        way_ids.append(way.id)
        way_kinds.append(kind)
        nodes_in_way.append(len(refs))
        node_ids.extend(refs)
        names.append(name)
    if not way_ids:
        raise RoadFileError(_no_roads(path))
    return _by_id(
        _Ways(
            way_id=np.array(way_ids, dtype=np.int64),
            way_kind=np.array(way_kinds, dtype=np.int32),
            kinds=tuple(meanings.kinds),
            way_name=tuple(names),
            nodes_in_way=np.array(nodes_in_way, dtype=np.int64),
            node_ids=np.array(node_ids, dtype=np.int64),
            rejected_speeds=dict(sorted(meanings.rejected.items())),
        )
    )


def _no_roads(path: Path) -> str:
    ways = sum(1 for _ in osmium.FileProcessor(str(path), osmium.osm.WAY))
    return (
        f"{path} holds no road for a car: {ways:,} ways were seen, none with a highway or ferry that the car "
        f"profile may drive. Take an extract with the roads of the region."
    )


def _by_id(ways: _Ways) -> _Ways:
    """Put ways and kinds into an order that does not depend on the file; a way given twice counts once."""
    way_id, order = np.unique(ways.way_id, return_index=True)
    first = np.concatenate([[0], np.cumsum(ways.nodes_in_way)])[:-1]
    nodes_in_way = ways.nodes_in_way[order]
    shift = np.repeat(first[order] - np.concatenate([[0], np.cumsum(nodes_in_way)])[:-1], nodes_in_way)
    kinds = tuple(sorted(ways.kinds, key=repr))
    new_kind = np.array([kinds.index(kind) for kind in ways.kinds], dtype=np.int32)
    return ways._replace(
        way_id=way_id,
        way_kind=new_kind[ways.way_kind[order]],
        kinds=kinds,
        way_name=tuple(ways.way_name[position] for position in order.tolist()),
        nodes_in_way=nodes_in_way,
        node_ids=ways.node_ids[np.arange(shift.size) + shift],
    )


def _read_locations(path: Path, node_id: Int64) -> tuple[Float64, Float64]:
    """Give longitude and latitude of nodes by id, NaN for those that the file does not hold.

    osmium keeps every location of the file outside Python and only the nodes asked for cross over: 0.1 s and 70 MB
    for Tampere, where its IdFilter took 3.4 s and 1.2 GB (a bit per id up to the highest).
    """
    locations = osmium.index.create_map("flex_mem")
    store = osmium.NodeLocationsForWays(locations)
    osmium.apply(osmium.io.Reader(str(path), osmium.osm.NODE), store)
    # A store that met its nodes out of order sorts itself only when a way follows them: show it an empty one.
    osmium.apply(osmium.io.Reader(osmium.io.FileBuffer(_EMPTY_WAY, "osm"), osmium.osm.WAY), store)
    lon, lat = np.full(node_id.size, np.nan), np.full(node_id.size, np.nan)
    for position, one in enumerate(node_id.tolist()):
        location = _stored(locations, one)
        if location is not None and location.valid():
            lon[position], lat[position] = location.lon, location.lat
    if node_id.size and node_id[0] < 0:
        _add_negative_locations(path, node_id, lon, lat)
    return lon, lat


def _stored(locations: osmium.index.LocationTable, node_id: int) -> osmium.osm.Location | None:
    try:
        return locations.get(node_id) if node_id >= 0 else None
    except KeyError:
        return None


def _add_negative_locations(path: Path, node_id: Int64, lon: Float64, lat: Float64) -> None:
    """Fill in the nodes that an editor has drawn and not uploaded; osmium's store takes no negative id."""
    position_of = {one: position for position, one in enumerate(node_id[node_id < 0].tolist())}
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    for node in cast("Iterable[osmium.osm.Node]", nodes):
        position = position_of.get(node.id)
        if position is not None and node.location.valid():
            lon[position], lat[position] = node.location.lon, node.location.lat


def _arrange(path: Path, ways: _Ways, node_id: Int64, node_of_ref: Int64, lon: Float64, lat: Float64) -> Roads:
    """Cut the ways at nodes that the file does not hold and number the nodes in use."""
    way_of_ref = np.repeat(np.arange(ways.way_id.size), ways.nodes_in_way)
    repeated = np.zeros(node_of_ref.size, dtype=bool)
    repeated[1:] = (node_of_ref[1:] == node_of_ref[:-1]) & (way_of_ref[1:] == way_of_ref[:-1])
    node_of_ref, way_of_ref = node_of_ref[~repeated], way_of_ref[~repeated]

    # A piece is a run of located nodes within one way; runs of one node have no length and are no piece.
    located = ~np.isnan(lon[node_of_ref])
    same_way = way_of_ref[1:] == way_of_ref[:-1]
    begins, at_gap = located.copy(), np.zeros(located.size, dtype=bool)
    begins[1:] &= ~(same_way & located[:-1])
    at_gap[1:] |= same_way & ~located[:-1]
    at_gap[:-1] |= same_way & ~located[1:]
    run = np.cumsum(begins)[located] - 1
    nodes_in_run = np.bincount(run)
    kept = nodes_in_run[run] >= _ENDS
    way_of_piece = way_of_ref[located & begins][nodes_in_run >= _ENDS]
    if not way_of_piece.size:
        raise RoadFileError(
            f"{path} holds {ways.way_id.size:,} ways for a car but not their nodes; "
            "make the extract with complete ways."
        )

    used, way_node = np.unique(node_of_ref[located][kept], return_inverse=True)
    cut_nodes = np.unique(way_node[at_gap[located][kept]])
    first_node = np.concatenate([[0], np.cumsum(nodes_in_run[nodes_in_run >= _ENDS])])
    lon, lat = lon[used], lat[used]
    names = sorted({ways.way_name[way] for way in way_of_piece.tolist()})
    position_of = {name: position for position, name in enumerate(names)}
    way_name = np.array([position_of[ways.way_name[way]] for way in way_of_piece.tolist()])
    return Roads(
        node_id=_frozen(node_id[used], np.int64),
        lon=_frozen(lon, np.float64),
        lat=_frozen(lat, np.float64),
        first_node=_frozen(first_node, np.int64),
        way_node=_frozen(way_node, np.int32),
        way_id=_frozen(ways.way_id[way_of_piece], np.int64),
        way_kind=_frozen(ways.way_kind[way_of_piece], np.int32),
        kinds=ways.kinds,
        way_name=_frozen(way_name, np.int32),
        names=tuple(names),
        rejected_speeds=ways.rejected_speeds,
        bounds=(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())),
        cut_nodes=_frozen(cut_nodes, np.int32),
        lost_ways=tuple(np.setdiff1d(ways.way_id, ways.way_id[way_of_piece]).tolist()),
    )


def _frozen(values: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
    frozen: npt.NDArray[Any] = np.ascontiguousarray(values, dtype=dtype)
    frozen.flags.writeable = False
    return frozen
