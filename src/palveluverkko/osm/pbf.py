"""Read the drivable roads of an ``.osm.pbf`` file with our own kernels, to the same roads as osmium gives.

The file is gone through twice. First the ways: a block of dense nodes alone is known by its first bytes and only those
are decompressed. Then the blocks with nodes, of which only those on the roads are kept. What stays in memory are the
nodes of the roads: per node in the list of a way 8 bytes of id, twice while they are sorted; per different node 8 bytes
of id, 8 of place as whole 1e-7 degrees. Blocks are read by a few threads, at most ``_AHEAD`` each before their turn,
and taken in the order of the file: the number of threads changes nothing.

Peak of the whole process: 170 MB for numpy and numba, and about 10 MB for each MB of a file that holds nothing but
roads (PT16, 44 MB, 4.9 million nodes: 594 MB); next to nothing more for a city with its buildings (Tampere: 175 MB).

Where a file breaks the rules, osmium's habits are kept: of a node or way given twice the first counts (of one with a
negative id the last node with a place), what is deleted (``visible=false``) has no place and is no road, fields given
twice count as given last, metadata is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from palveluverkko.osm import files
from palveluverkko.osm.arrays import freeze
from palveluverkko.osm.ferries import FerryRoute, FerryWay, ferry_route, first_by_id
from palveluverkko.osm.pbf_blocks import (
    Block,
    CutShortError,
    DamageError,
    at_block,
    blocks,
    fields_of,
    number,
    numbers,
    read_exactly,
)
from palveluverkko.osm.pbf_threads import Unpacked, in_turn, reading_threads
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.roads import (
    FileRoads,
    FileSpots,
    FileWays,
    Float64,
    Int32,
    Int64,
    Meanings,
    Restriction,
    SpotMeanings,
    Tags,
    by_id,
    distinct_nodes,
    in_order,
    is_ferry,
    is_restriction,
)

_RELATION_ID, _KEYS, _VALUES, _ROLES, _MEMBERS, _KINDS = 8, 18, 26, 66, 74, 82
"""Fields of a relation: number * 8 + wire type of protobuf."""

_UNITS = 1e7  # in a degree
_MEMBER_KINDS = "nwr"
_NO_NODES = b"\n\x00"
"""A block with an empty table of texts."""


class _WaysOfBlock(NamedTuple):
    """What a block holds besides nodes; columns as ``pbf_kernels.read_ways`` gives them."""

    data: bytes
    holds_nodes: bool
    ways_seen: int
    untagged: tuple[int, int]
    ways: Int64
    nodes: Int64
    combinations: npt.NDArray[np.uint64]
    tags_end: Int32
    tags: Int32
    texts: Int32
    text_hash: npt.NDArray[np.uint64]
    relations: Int32


class _NodesOfBlock(NamedTuple):
    """The nodes of a block that are wanted, and their tags; columns as ``pbf_kernels.read_nodes`` gives them."""

    data: bytes
    positions: Int32
    places: Int32
    tagged: Int32
    combinations: npt.NDArray[np.uint64]
    tags_end: Int32
    tags: Int32
    texts: Int32


def read_pbf(path: Path, profile: CarProfile, *, progress: Callable[[int, int], None]) -> FileRoads:
    """Read the ways that a profile may drive; parameters and errors as in ``osm.reader.read_roads``.

    Raises
    ------
    UnfamiliarPbfError
        osmium has to read this file.
    """
    size = path.stat().st_size
    with path.open("rb") as file, reading_threads(size) as pool:
        try:
            ways, node_blocks = _read_ways(path, file, size, profile, pool, progress)
            unpacked = Unpacked(pool, _blocks_again(file, node_blocks))
            node_id = distinct_nodes(ways)
            spots = _SpotCollector(profile, node_id.size)
            lon, lat = _read_nodes(unpacked, node_id, spots, pool, lambda done: progress(size + done, 2 * size))
        except CutShortError as error:
            raise files.cut_short(path, error) from error
        except DamageError as error:
            raise files.unreadable(path, error) from error
    progress(2 * size, 2 * size)
    return FileRoads(ways, node_id, lon, lat, spots.spots())


# --- ways and restrictions


class _WayCollector:
    """Gathers the drivable ways block by block; each combination of tags and each name is decoded once."""

    def __init__(self, profile: CarProfile) -> None:
        self._meanings = Meanings(profile)
        self._combinations, self._names = _Numbers(), _Numbers()
        self._kind_of: list[int] = []
        self._rejected: dict[int, tuple[str, ...]] = {}
        self._texts = [""]
        self._columns: list[tuple[Int64, Int32, Int32, Int32, Int64]] = []
        self._restrictions: list[Restriction] = []
        self._routes: list[FerryRoute] = []
        self._ferry_tags: dict[int, Tags] = {}
        self._ferries: dict[int, FerryWay] = {}
        self.ways_seen = 0

    def add(self, block: _WaysOfBlock) -> None:
        """Add the ways of a block that the car may drive, its ferries, and its restrictions."""
        self.ways_seen += block.ways_seen
        for span in block.relations.tolist():
            relation = _relation(block, *span)
            if is_restriction(relation.tags):
                self._restrictions.append(relation)
            elif route := ferry_route(relation.relation_id, relation.tags, relation.members):
                self._routes.append(route)
        if not block.ways.size:
            return
        way_id, nodes_in_way, combination, name_text, visible, own_name = block.ways
        way_kind = self._kinds(block)[combination]
        kept = (way_kind >= 0) & (visible != 0)
        nodes = block.nodes[np.repeat(kept, nodes_in_way)]
        name = self._name_positions(block, name_text[kept])
        self._columns.append((way_id[kept], way_kind[kept], name, nodes_in_way[kept].astype(np.int32), nodes))
        if self._ferry_tags:
            tags = [self._ferry_tags.get(one) for one in block.combinations.tolist()]
            is_ferry_way = np.asarray([one is not None for one in tags])[combination] & kept
            for at in np.flatnonzero(is_ferry_way).tolist():
                label, called = (_text(block, text) if text >= 0 else "" for text in (name_text[at], own_name[at]))
                ferry = FerryWay(int(way_id[at]), tags[combination[at]] or (), label, called)
                self._ferries.setdefault(ferry.way_id, ferry)

    def add_untagged(self, block: _WaysOfBlock, asked: Int64) -> None:
        """Add the ways without tags of a block that a ferry's relation has as members."""
        way_id, nodes_in_way, _, _, visible, _ = block.ways
        kept = np.isin(way_id, asked) & (visible != 0)
        which = np.full(int(kept.sum()), self._meanings.no_ferry, dtype=np.int32)
        nodes = block.nodes[np.repeat(kept, nodes_in_way)]
        columns = (way_id[kept], which, np.zeros_like(which), nodes_in_way[kept].astype(np.int32), nodes)
        self._columns.append(columns)
        for one in way_id[kept].tolist():
            self._ferries.setdefault(one, FerryWay(one, (), "", ""))

    def untagged_asked(self) -> Int64:
        """Give the ids, rising, of the members of ferries' relations that were not met with a tag."""
        members = np.unique(np.asarray([one for route in self._routes for one in route.ways], dtype=np.int64))
        met = [column[0] for column in self._columns] if members.size else []
        return freeze(np.setdiff1d(members, np.concatenate(met)) if met else members, np.int64)

    def ways(self) -> FileWays | None:
        """Give all ways, in the order of their ids; None if there are none."""
        if not any(column[0].size for column in self._columns):
            return None
        way_id, way_kind, way_name, nodes_in_way, node_ids = (
            np.concatenate(column) for column in zip(*self._columns, strict=True)
        )
        self._columns.clear()
        return in_order(
            FileWays(
                way_id=way_id,
                way_kind=way_kind,
                kinds=self._meanings.kinds,
                way_name=way_name,
                names=tuple(self._texts),
                nodes_in_way=nodes_in_way,
                node_ids=node_ids,
                rejected_speeds=self._meanings.rejected_speeds,
                restrictions=by_id(self._restrictions),
                ferries=tuple(self._ferries[one] for one in sorted(self._ferries)),
                routes=first_by_id(self._routes),
            )
        )

    def _kinds(self, block: _WaysOfBlock) -> Int32:
        """Judge the combinations of tags of a block (-1: not drivable) and count the limits that cannot be read."""

        def judge(position: int) -> int:
            begin = int(block.tags_end[position - 1]) if position else 0
            tags = _tags(block, block.tags[begin : int(block.tags_end[position])].tolist())
            kind, rejected = self._meanings.judge(tags)
            if rejected:
                self._rejected[len(self._kind_of)] = rejected
            if is_ferry(tags):
                self._ferry_tags[int(block.combinations[position])] = tags
            self._kind_of.append(kind)
            return len(self._kind_of) - 1

        number = self._combinations.of(block.combinations, judge)
        if self._rejected:
            for position in np.flatnonzero(np.isin(number, list(self._rejected))).tolist():
                ways = int(np.count_nonzero(block.ways[2] == position))
                self._meanings.count_rejected(self._rejected[int(number[position])], ways)
        return np.asarray(self._kind_of, dtype=np.int32)[number]

    def _name_positions(self, block: _WaysOfBlock, name_text: Int64) -> Int32:
        """Give the position of each way's name among all names."""
        used = np.zeros(len(block.texts) + 1, dtype=bool)
        used[name_text] = True  # the last one is that of ways without a name, -1
        texts = np.flatnonzero(used[:-1])

        def add(at: int) -> int:
            self._texts.append(_text(block, int(texts[at])))
            return len(self._texts) - 1

        position = np.zeros(used.size, dtype=np.int32)
        position[texts] = self._names.of(block.text_hash[texts], add)
        return position[name_text]


class _Numbers:
    """Numbers of hashes. A dictionary asked for each of the 190,000 of PT16 took 0.15 s, this takes 0.03 s."""

    def __init__(self) -> None:
        self._hashes, self._numbers = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int32)

    def of(self, hashes: npt.NDArray[np.uint64], make: Callable[[int], int]) -> Int32:
        """Give the number of each hash; for one that was never met, ``make`` makes it of its position among these."""
        at = np.searchsorted(self._hashes, hashes)
        known = at < self._hashes.size
        known[known] = self._hashes[at[known]] == hashes[known]
        if not known.all():
            fresh = np.flatnonzero(~known)
            different, first = np.unique(hashes[fresh], return_index=True)
            made = np.empty(first.size, dtype=np.int32)
            for one in np.argsort(first).tolist():
                made[one] = make(int(fresh[first[one]]))
            place = np.searchsorted(self._hashes, different)
            self._hashes = np.insert(self._hashes, place, different)
            self._numbers = np.insert(self._numbers, place, made)
            at = np.searchsorted(self._hashes, hashes)
        numbers: Int32 = self._numbers[at]
        return numbers


def _read_ways(
    path: Path,
    file: BinaryIO,
    size: int,
    profile: CarProfile,
    pool: ThreadPoolExecutor | None,
    progress: Callable[[int, int], None],
) -> tuple[FileWays, list[Block]]:
    """Read the drivable ways, and say which blocks hold nodes."""
    unpacked = Unpacked(pool, blocks(file, size), is_wanted=lambda content: not content.is_dense_nodes_alone())
    from palveluverkko.osm import pbf_kernels as kernels  # noqa: PLC0415  # numba takes 0.5 s to import

    texts, nobody = _asked_for(profile), freeze(np.empty(0), np.int64)
    kernels.read_ways(np.frombuffer(_NO_NODES, dtype=np.uint8), nobody, *texts)  # compiled or loaded before the threads

    def read(given: tuple[Block, Future[bytes]], untagged: Int64 = nobody) -> _WaysOfBlock | None:
        data = given[1].result()
        if not data:
            return None
        found: Any = kernels.read_ways(np.frombuffer(data, dtype=np.uint8), untagged, *texts)
        state, holds_nodes, ways_seen, *ids = found[0].tolist()
        if state != kernels.FINE:
            raise DamageError("its content is no OpenStreetMap data")
        return _WaysOfBlock(data, bool(holds_nodes), ways_seen, (ids[0], ids[1]), *found[1:])

    collected = _WayCollector(profile)
    node_blocks = []
    without_tags: list[tuple[Block, tuple[int, int]]] = []
    for (block, _), made in in_turn(pool, read, unpacked):
        with at_block(block.begin):
            found = made.result()
            if found is not None:
                collected.add(found)
                without_tags.append((block, found.untagged))
        if found is None or found.holds_nodes:
            node_blocks.append(block)
        progress(block.offset + block.size, 2 * size)
    # Relations stand behind the ways: blocks that may hold a member without tags are read again.
    asked = collected.untagged_asked()
    again = [block for block, (low, high) in without_tags if ((asked >= low) & (asked <= high)).any()]
    unpacked = Unpacked(pool, _blocks_again(file, again))
    for (block, _), made in in_turn(pool, lambda given: read(given, asked), unpacked):
        with at_block(block.begin):
            found = made.result()
            if found is not None:
                collected.add_untagged(found, asked)
    ways = collected.ways()
    if ways is None:
        raise files.without_roads(path, collected.ways_seen)
    return ways, node_blocks


def _blocks_again(file: BinaryIO, chosen: Iterable[Block]) -> Iterator[tuple[Block, bytes]]:
    for block in chosen:
        file.seek(block.offset)
        yield block, read_exactly(file, block.size)


def _asked_for(profile: CarProfile) -> tuple[npt.NDArray[Any], ...]:
    """Give the texts that the kernel must know, as it takes them."""
    from palveluverkko.osm import pbf_kernels as kernels  # noqa: PLC0415

    codes: dict[str, int] = {}
    for code, keys in (
        (kernels.RELEVANT, profile.relevant_keys),
        (kernels.NUMBER, ("ref",)),
        (kernels.NAME, ("name",)),
        (kernels.ASKED, (key for key, _ in profile.way_tags)),
        (kernels.TYPE, ("type",)),
        (kernels.ROUTE, ("route",)),
        (0, (value for _, value in profile.way_tags)),
    ):
        for key in keys:
            codes[key] = codes.get(key, 0) | code
    encoded = [text.encode() for text in codes]
    position = {text: at for at, text in enumerate(codes)}
    return (
        np.frombuffer(b"".join(encoded), dtype=np.uint8),
        freeze(np.concatenate([[0], np.cumsum([len(text) for text in encoded])]), np.int32),
        freeze(np.array(list(codes.values())), np.int32),
        freeze(np.array([(position[key], position[value]) for key, value in profile.way_tags]), np.int32),
        np.frombuffer(b"restriction", dtype=np.uint8),
    )


def _relation(block: _WaysOfBlock, begin: int, end: int) -> Restriction:
    fields = dict(fields_of(block.data[begin:end]))
    relation_id = number(fields.get(_RELATION_ID))
    members = zip(
        numbers(fields.get(_KINDS)),
        numbers(fields.get(_MEMBERS), signed=True),
        numbers(fields.get(_ROLES)),
        strict=False,
    )
    return Restriction(
        relation_id=relation_id - 2**64 if relation_id >= 2**63 else relation_id,
        tags=_tags(block, zip(numbers(fields.get(_KEYS)), numbers(fields.get(_VALUES)), strict=False)),
        members=tuple((_member_kind(kind), ref, _text(block, role)) for kind, ref, role in members),
    )


def _member_kind(kind: int) -> str:
    if kind >= len(_MEMBER_KINDS):
        raise DamageError("a member of no known kind")
    return _MEMBER_KINDS[kind]


def _tags(block: _WaysOfBlock | _NodesOfBlock, pairs: Iterable[Sequence[int]]) -> Tags:
    return tuple((_text(block, key), _text(block, value)) for key, value in pairs)


def _text(block: _WaysOfBlock | _NodesOfBlock, position: int) -> str:
    if position >= len(block.texts):
        raise DamageError("a text that is not there")
    begin, end = block.texts[position].tolist()
    return block.data[begin:end].decode()


# --- places of nodes, and what stands there


class _SpotCollector:
    """Gathers what stands on the nodes block by block; each combination of tags is decoded once."""

    def __init__(self, profile: CarProfile, nodes: int) -> None:
        self._profile = profile
        self._known: dict[int, int] = {}
        self._meanings = SpotMeanings(profile)
        self._kind = np.full(nodes, -1, dtype=np.int32)

    def keys(self) -> tuple[npt.NDArray[np.uint8], Int32]:
        """Give the keys that may mean something, as the kernel takes them."""
        encoded = [key.encode() for key in sorted(self._profile.spot_keys)]
        ends = np.cumsum([0, *(len(key) for key in encoded)])
        return np.frombuffer(b"".join(encoded), dtype=np.uint8), freeze(ends, np.int32)

    def add(self, block: _NodesOfBlock) -> None:
        """Add the nodes of a block; of a node given twice the first that means something counts."""
        if not block.tagged.size:
            return
        combinations, first, inverse = np.unique(block.combinations, return_index=True, return_inverse=True)
        kinds = [self._judge(block, *one) for one in zip(combinations.tolist(), first.tolist(), strict=True)]
        kind = np.asarray(kinds, dtype=np.int32)[inverse]
        free = (kind >= 0) & (self._kind[block.tagged] < 0)
        # Backwards: the last assignment to a node stays.
        self._kind[block.tagged[free][::-1]] = kind[free][::-1]

    def spots(self) -> FileSpots:
        """Give all spots, in the order of the nodes."""
        return self._meanings.spots(np.flatnonzero(self._kind >= 0), self._kind[self._kind >= 0])

    def _judge(self, block: _NodesOfBlock, combination: int, row: int) -> int:
        if combination not in self._known:
            begin = int(block.tags_end[row - 1]) if row else 0
            tags = _tags(block, block.tags[begin : int(block.tags_end[row])].tolist())
            self._known[combination] = self._meanings.judge(tags)
        return self._known[combination]


def _read_nodes(
    unpacked: Unpacked,
    node_id: Int64,
    spots: _SpotCollector,
    pool: ThreadPoolExecutor | None,
    progress: Callable[[int], None],
) -> tuple[Float64, Float64]:
    """Give longitude and latitude of nodes by id, NaN for those that the file does not hold, and gather their spots."""
    from palveluverkko.osm import pbf_kernels as kernels  # noqa: PLC0415

    keys = spots.keys()
    kernels.read_nodes(np.frombuffer(_NO_NODES, dtype=np.uint8), node_id, *keys)

    def read(given: tuple[Block, Future[bytes]]) -> _NodesOfBlock:
        data = given[1].result()
        found: Any = kernels.read_nodes(np.frombuffer(data, dtype=np.uint8), node_id, *keys)
        if found[0] != kernels.FINE:
            raise DamageError("its content is no OpenStreetMap data")
        return _NodesOfBlock(data, *found[1:])

    x, y = (np.full(node_id.size, kernels.UNSET, dtype=np.int32) for _ in "xy")
    negative = int(np.searchsorted(node_id, 0))
    for (block, _), made in in_turn(pool, read, unpacked):
        with at_block(block.begin):
            nodes = made.result()
            kernels.keep_places(x, y, nodes.positions, nodes.places, negative)
            spots.add(nodes)
        progress(block.offset)
    missing = (x == kernels.UNSET) | (x == kernels.UNDEFINED)
    lon, lat = x / _UNITS, y / _UNITS
    lon[missing] = lat[missing] = np.nan
    return lon, lat
