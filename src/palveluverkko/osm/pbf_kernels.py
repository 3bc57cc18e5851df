"""Compiled readers of OpenStreetMap's binary blocks: ways by their tags, nodes by their ids.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.

A block is a protobuf message that anybody may have damaged. No bounds are checked by numba, so every read here stays
within ``end``, and a message that claims more than its surroundings hold gives ``BROKEN``. Buffers for answers are as
long as the block could possibly fill; what is not filled is never touched and costs no memory.

"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

FINE, DAMAGED = 0, 1
"""What became of a block."""

RELEVANT, NUMBER, NAME, ASKED, TYPE, PAIR, ROUTE = 1, 2, 4, 8, 16, 32, 64
"""What a known text is: a relevant key, the keys of number and name, a key of the pairs, ``type``, pair, ``route``."""

UNDEFINED, UNSET = 2_147_483_647, -2_147_483_648
"""Coordinates of a node that is deleted or off the globe, and of one that was not met."""

# Fields of protobuf: number * 8 + wire type.
_VARINT, _EIGHT_BYTES, _LENGTH_AND_BYTES, _FOUR_BYTES = 0, 1, 2, 5
_RESERVED_FIRST, _RESERVED_LAST = 19_000, 19_999
_TEXTS, _GROUP, _GRANULARITY, _LAT_OFFSET, _LON_OFFSET = 10, 18, 136, 152, 160
_TEXT = 10
_NODE, _DENSE, _WAY, _RELATION = 10, 18, 26, 34
_ID, _KEYS, _VALUES, _INFO, _REFS, _NODE_LAT, _NODE_LON = 8, 18, 26, 34, 66, 64, 72
_DENSE_ID, _DENSE_INFO, _DENSE_LAT, _DENSE_LON, _DENSE_TAGS = 10, 42, 66, 74, 82
_VISIBLE, _DENSE_VISIBLE = 48, 50

# Helpers allocate nothing. Without _nrt=False numba counts references to the arrays that they are handed, which took a
# third of the time of read_ways; its type stubs do not know the option.
_helper = nb.njit(cache=True, boundscheck=False, nogil=True, _nrt=False)  # type: ignore[call-overload]

_BROKEN = -1
_SLOTS = 1024
_COLON = 58
_LONGEST_TEXT = 1024  # bytes; osmium refuses longer ones
_LON_MAX, _LAT_MAX = 1_800_000_000, 900_000_000  # 1e-7 degrees


@_helper
def _long_varint(data: NDArray[np.uint8], at: int, end: int) -> tuple[np.uint64, int]:
    value = np.uint64(0)
    shift = np.uint64(0)
    while at < end and shift < np.uint64(64):
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(127)) << shift
        if byte < np.uint64(128):
            return value, at
        shift += np.uint64(7)
    return value, _BROKEN


@_helper
def _varint(data: NDArray[np.uint8], at: int, end: int) -> tuple[np.uint64, int]:
    """Give a number and the position behind it; the position is _BROKEN if the number runs beyond the end."""
    if at < end:
        low = np.uint64(data[at])
        if low < np.uint64(128):
            return low, at + 1
        if at + 1 < end:
            high = np.uint64(data[at + 1])
            if high < np.uint64(128):
                return (low & np.uint64(127)) | (high << np.uint64(7)), at + 2
    value, at = _long_varint(data, at, end)
    return value, at


@_helper
def _signed(value: np.uint64) -> np.int64:
    """Undo the zigzag that keeps small negative numbers short."""
    return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))


@_helper
def _field(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int, int]:
    """Give the tag of a field (number * 8 + wire type) and where its payload starts and stops, or _BROKEN as stop."""
    raw, at = _varint(data, at, end)
    if at < 0 or raw > np.uint64(0xFFFFFFFF):
        return 0, 0, _BROKEN
    tag = int(np.int64(raw))
    wire = tag & 7
    start = at
    if tag >> 3 == 0 or _RESERVED_FIRST <= tag >> 3 <= _RESERVED_LAST:  # numbers that protobuf keeps to itself
        return 0, 0, _BROKEN
    if wire == _VARINT:
        raw, at = _varint(data, at, end)
    elif wire == _LENGTH_AND_BYTES:
        raw, start = _varint(data, at, end)
        if start < 0 or raw > np.uint64(end - start):
            return 0, 0, _BROKEN
        at = start + np.int64(raw)
    elif wire == _EIGHT_BYTES or wire == _FOUR_BYTES:  # noqa: PLR1714, SIM109  # numba would build a set
        at += 8 if wire == _EIGHT_BYTES else 4
        if at > end:
            at = _BROKEN
    else:
        at = _BROKEN
    return tag, start, at


@_helper
def _hash(data: NDArray[np.uint8], at: int, end: int) -> np.uint64:
    """Give 64 bits of a text: two texts of a file agree by chance once in 10**7 files of a million texts each."""
    value = np.uint64(0xCBF29CE484222325) ^ np.uint64(end - at)
    for position in range(at, end):
        value = (value ^ np.uint64(data[position])) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(29)
    return value


@_helper
def _join(value: np.uint64, key: np.uint64, text: np.uint64) -> np.uint64:
    """Continue the hash of a combination of tags."""
    value = (value ^ key) * np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(32)
    value = (value ^ text) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(29))


@_helper
def _slot(slot_hash: NDArray[np.uint64], value: np.uint64) -> int:
    """Find the slot of a hash, or the empty one where it would stand."""
    slot = int(np.int64(value & np.uint64(_SLOTS - 1)))
    while slot_hash[slot] != np.uint64(0) and slot_hash[slot] != value:
        slot = (slot + 1) & (_SLOTS - 1)
    return slot


@_helper
def _is_visible(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Read the flag of a deleted object from its metadata: 1 visible, 0 deleted, _BROKEN."""
    visible = 1
    while at < end:
        tag, start, at = _field(data, at, end)
        if at < 0:
            return _BROKEN
        if tag == _VISIBLE:
            raw, _ = _varint(data, start, at)
            visible = 1 if raw != np.uint64(0) else 0
    return visible


@nb.njit(cache=True, boundscheck=False, nogil=True)
def read_ways(
    data: NDArray[np.uint8],
    untagged: NDArray[np.int64],
    known: NDArray[np.uint8],
    known_first: NDArray[np.int32],
    known_code: NDArray[np.int32],
    pairs: NDArray[np.int32],
    restriction: NDArray[np.uint8],
) -> tuple[NDArray[np.generic], ...]:
    """Read the ways of a block that carry one of the pairs of tags asked for, and find its relations.

    Relations are found whose route is one of the pairs or that restrict turns; ways that carry no tag at all where
    their ids are asked for, rising in ``untagged``.

    Known text ``t`` is ``known[known_first[t]:known_first[t + 1]]``, what it is stands in ``known_code[t]``; ``pairs``
    holds key and value of each pair as such texts, the keys among the relevant ones. Fewer than 500 texts and pairs in
    all.

    Gives: a summary (what became of the block, 1 if it holds nodes, ways seen, lowest and highest id of a way without
    tags); row by row id, nodes, combination of relevant tags, text of the number or else name or -1, 1 unless deleted,
    and text of the name or -1, of each way; the nodes of the ways; the hash of each combination of the block; where its
    tags end; their keys and values as texts; start and end of each text; its hash where it is a name; start and end of
    each relation.
    """
    size = data.size
    summary = np.zeros(5, dtype=np.int64)
    summary[0] = DAMAGED
    summary[3] = np.iinfo(np.int64).max
    summary[4] = np.iinfo(np.int64).min
    ways = np.empty((6, size // 2 + 1), dtype=np.int64)
    nodes = np.empty(size + 1, dtype=np.int64)
    combinations = np.empty(size // 2 + 1, dtype=np.uint64)
    tags_end = np.empty(size // 2 + 1, dtype=np.int32)
    tags = np.empty((size // 2 + 1, 2), dtype=np.int32)
    relations = np.empty((size // 2 + 1, 2), dtype=np.int32)
    way_count = tag_count = node_count = relation_count = combination_count = 0
    slot_combination = np.full(_SLOTS, -1, dtype=np.int32)

    slot_hash = np.zeros(_SLOTS, dtype=np.uint64)
    slot_code = np.zeros(_SLOTS, dtype=np.int32)
    known_hash = np.empty(known_code.size, dtype=np.uint64)
    for text in range(known_code.size):
        known_hash[text] = _hash(known, known_first[text], known_first[text + 1])
        slot = _slot(slot_hash, known_hash[text])
        slot_hash[slot] = known_hash[text]
        slot_code[slot] |= known_code[text]
    for pair in range(pairs.shape[0]):
        pair_hash = _join(np.uint64(1), known_hash[pairs[pair, 0]], known_hash[pairs[pair, 1]])
        slot = _slot(slot_hash, pair_hash)
        slot_hash[slot] = pair_hash
        slot_code[slot] |= PAIR

    # The table of texts may stand behind the groups that point into it.
    texts = np.empty((0, 2), dtype=np.int32)
    text_count = 0
    broken = False
    tables = 0
    at = 0
    while at < size and not broken:
        tag, start, at = _field(data, at, size)
        tables += 1 if at >= 0 and tag == _TEXTS else 0
        if at < 0 or tables > 1:
            broken = True
            break
        if tag != _TEXTS:
            continue
        texts = np.empty(((at - start) // 2 + 1, 2), dtype=np.int32)
        inner = start
        while inner < at:
            tag, start, inner = _field(data, inner, at)
            if inner < 0:
                broken = True
                break
            if tag == _TEXT:
                texts[text_count, 0] = start
                texts[text_count, 1] = inner
                text_count += 1
                # osmium refuses long texts, and takes a zero byte for the end of a text and the rest for another one.
                broken |= inner - start > _LONGEST_TEXT
                for position in range(start, inner):
                    broken |= data[position] == 0
    text_hash = np.zeros(text_count, dtype=np.uint64)
    text_code = np.full(text_count, -1, dtype=np.int32)

    at = 0
    while at < size and not broken:
        tag, start, at = _field(data, at, size)
        if at < 0:
            broken = True
        if broken or tag != _GROUP:
            continue
        inner, group_end = start, at
        while inner < group_end and not broken:
            tag, start, inner = _field(data, inner, group_end)
            if inner < 0:
                broken = True
            elif tag == _NODE or tag == _DENSE:  # noqa: PLR1714, SIM109
                summary[1] = 1
            elif tag == _WAY or tag == _RELATION:  # noqa: PLR1714, SIM109
                is_way = tag == _WAY
                summary[2] += 1 if is_way else 0
                message, position, end = start, start, inner
                identity = np.int64(0)
                key_at = key_end = value_at = value_end = info_at = info_end = refs_at = refs_end = 0
                while position < end:
                    tag, start, position = _field(data, position, end)
                    if position < 0:
                        broken = True
                        break
                    if tag == _ID:
                        raw, _ = _varint(data, start, position)
                        identity = np.int64(raw)
                    elif tag == _KEYS:
                        key_at, key_end = start, position
                    elif tag == _VALUES:
                        value_at, value_end = start, position
                    elif tag == _INFO:
                        info_at, info_end = start, position
                    elif tag == _REFS:
                        refs_at, refs_end = start, position
                asked = False
                tags_before = tag_count
                number = name = -1
                joined = np.uint64(0)
                if is_way and key_at >= key_end:
                    summary[3] = min(summary[3], identity)
                    summary[4] = max(summary[4], identity)
                    low, high = 0, untagged.size
                    while low < high:
                        middle = (low + high) >> 1
                        if untagged[middle] < identity:
                            low = middle + 1
                        else:
                            high = middle
                    asked = low < untagged.size and untagged[low] == identity
                while key_at < key_end and not broken:
                    raw_key, key_at = _varint(data, key_at, key_end)
                    raw_value, value_at = _varint(data, value_at, value_end)
                    if (
                        key_at < 0
                        or value_at < 0
                        or raw_key >= np.uint64(text_count)
                        or raw_value >= np.uint64(text_count)
                    ):
                        broken = True
                        break
                    key, value = int(np.int64(raw_key)), int(np.int64(raw_value))
                    code = text_code[key]
                    if code < 0:
                        text_hash[key] = _hash(data, texts[key, 0], texts[key, 1])
                        slot = _slot(slot_hash, text_hash[key])
                        code = slot_code[slot] if slot_hash[slot] == text_hash[key] else np.int32(0)
                        text_code[key] = code
                    if not is_way:
                        start, stop = texts[value, 0], texts[value, 1]
                        if code & TYPE and stop - start >= restriction.size:
                            same = stop - start == restriction.size or data[start + restriction.size] == _COLON
                            for offset in range(restriction.size):
                                same &= data[start + offset] == restriction[offset]
                            asked |= same
                        if code & ROUTE and not asked:
                            pair_hash = _join(
                                np.uint64(1), text_hash[key], _hash(data, texts[value, 0], texts[value, 1])
                            )
                            slot = _slot(slot_hash, pair_hash)
                            asked = slot_hash[slot] == pair_hash and slot_code[slot] & PAIR != 0
                    elif code & (RELEVANT | ASKED):
                        if text_hash[value] == np.uint64(0):
                            text_hash[value] = _hash(data, texts[value, 0], texts[value, 1])
                        if code & ASKED and not asked:
                            # As osmium's filter: of a key given twice the first value counts.
                            first = True
                            for before in range(tags_before, tag_count):
                                first &= text_hash[tags[before, 0]] != text_hash[key]
                            pair_hash = _join(np.uint64(1), text_hash[key], text_hash[value])
                            slot = _slot(slot_hash, pair_hash)
                            asked = first and slot_hash[slot] == pair_hash and slot_code[slot] & PAIR != 0
                        if code & RELEVANT:
                            joined = _join(joined, text_hash[key], text_hash[value])
                            tags[tag_count, 0] = key
                            tags[tag_count, 1] = value
                            tag_count += 1
                    if is_way and code & RELEVANT == 0:
                        if code & NUMBER:
                            number = value
                        elif code & NAME:
                            name = value
                if broken:
                    break
                if not asked:
                    tag_count = tags_before
                    continue
                visible = _is_visible(data, info_at, info_end)
                if visible < 0:
                    broken = True
                    break
                if not is_way:
                    if visible:
                        relations[relation_count, 0] = message
                        relations[relation_count, 1] = end
                        relation_count += 1
                    continue
                nodes_before = node_count
                node = np.int64(0)
                while refs_at < refs_end:
                    raw, refs_at = _varint(data, refs_at, refs_end)
                    if refs_at < 0:
                        broken = True
                        break
                    node += _signed(raw)
                    nodes[node_count] = node
                    node_count += 1
                if name >= 0 and texts[name, 0] == texts[name, 1]:
                    name = -1
                if number < 0 or texts[number, 0] == texts[number, 1]:
                    number = name
                if number >= 0 and texts[number, 0] == texts[number, 1]:
                    number = -1
                if number >= 0 and text_hash[number] == np.uint64(0):
                    text_hash[number] = _hash(data, texts[number, 0], texts[number, 1])
                mask = slot_combination.size - 1
                slot = int(np.int64(joined & np.uint64(mask)))
                while slot_combination[slot] >= 0 and combinations[slot_combination[slot]] != joined:
                    slot = (slot + 1) & mask
                combination = int(slot_combination[slot])
                if combination >= 0:
                    tag_count = tags_before
                else:
                    combination = combination_count
                    slot_combination[slot] = combination
                    combinations[combination] = joined
                    tags_end[combination] = tag_count
                    combination_count += 1
                    if 2 * combination_count > mask:
                        slot_combination = np.full(4 * slot_combination.size, -1, dtype=np.int32)
                        mask = slot_combination.size - 1
                        for one in range(combination_count):
                            slot = int(np.int64(combinations[one] & np.uint64(mask)))
                            while slot_combination[slot] >= 0:
                                slot = (slot + 1) & mask
                            slot_combination[slot] = one
                ways[0, way_count] = identity
                ways[1, way_count] = node_count - nodes_before
                ways[2, way_count] = combination
                ways[3, way_count] = number
                ways[4, way_count] = visible
                ways[5, way_count] = name
                way_count += 1
    summary[0] = DAMAGED if broken else FINE
    return (
        summary,
        ways[:, :way_count].copy(),
        nodes[:node_count].copy(),
        combinations[:combination_count].copy(),
        tags_end[:combination_count].copy(),
        tags[:tag_count].copy(),
        texts[:text_count].copy(),
        text_hash,
        relations[:relation_count].copy(),
    )


@_helper
def _lower_bound(values: NDArray[np.int64], wanted: np.int64, cursor: int) -> int:
    """Find the first of rising values that is not below the one wanted, galloping from a cursor near it."""
    size = values.size
    low, high = -1, size  # values[low] < wanted <= values[high]
    step = 1
    if cursor < size and values[cursor] < wanted:
        low = cursor
        while low + step < size and values[low + step] < wanted:
            low += step
            step *= 2
        high = min(size, low + step)
    else:
        high = min(cursor, size)
        while high - step >= 0 and values[high - step] >= wanted:
            high -= step
            step *= 2
        low = max(-1, high - step)
    while high - low > 1:
        middle = (low + high) >> 1
        if values[middle] < wanted:
            low = middle
        else:
            high = middle
    return high


@_helper
def _coordinate(value: np.int64, granularity: np.int64, offset: np.int64) -> int:
    """Turn nanodegrees into 1e-7 degrees, cut towards zero, 32 bits: as osmium does."""
    nano = value * granularity + offset
    tenth = nano // 100
    if nano < 0 and tenth * 100 != nano:
        tenth += 1
    return int(np.int32(tenth))


@_helper
def _is_known(
    data: NDArray[np.uint8], at: int, end: int, known: NDArray[np.uint8], known_first: NDArray[np.int32]
) -> bool:
    """Say whether a text is one of the known ones."""
    for one in range(known_first.size - 1):
        first = int(known_first[one])
        if known_first[one + 1] - first == end - at:
            same = True
            for offset in range(end - at):
                same &= data[at + offset] == known[first + offset]
            if same:
                return True
    return False


@nb.njit(cache=True, boundscheck=False, nogil=True)
def read_nodes(
    data: NDArray[np.uint8], wanted: NDArray[np.int64], known: NDArray[np.uint8], known_first: NDArray[np.int32]
) -> tuple[
    int,
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.uint64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
]:
    """Find the nodes of a block whose id is wanted, and their tags whose key is known.

    ``wanted`` rises strictly; known key ``k`` is ``known[known_first[k]:known_first[k + 1]]``.

    Gives what became of the block; the positions in ``wanted`` in the order of the block, and their coordinates (lon,
    lat; 1e-7 degrees, UNDEFINED for both where a node is deleted or off the globe); of those among them that are not
    deleted and carry known keys the position in ``wanted``, the hash of the combination of tags, and where its tags
    end; keys and values of the tags as texts; start and end of each text. Where no key of the block is known its tags
    are passed over.
    """
    size = data.size
    positions = np.empty(size // 3 + 1, dtype=np.int32)
    places = np.empty((size // 3 + 1, 2), dtype=np.int32)
    tagged = np.empty(size // 2 + 1, dtype=np.int32)
    combinations = np.empty(size // 2 + 1, dtype=np.uint64)
    tags_end = np.empty(size // 2 + 1, dtype=np.int32)
    tags = np.empty((size // 2 + 1, 2), dtype=np.int32)
    texts = np.empty((0, 2), dtype=np.int32)
    is_key = np.empty(0, dtype=np.bool_)
    damaged = (DAMAGED, positions[:0], places[:0], tagged[:0], combinations[:0], tags_end[:0], tags[:0], texts[:0])
    count = tagged_count = tag_count = text_count = 0
    has_keys = False
    cursor = 0

    granularity, lat_offset, lon_offset = np.int64(100), np.int64(0), np.int64(0)
    at = 0
    while at < size:
        tag, start, at = _field(data, at, size)
        if at < 0:
            return damaged
        raw, _ = _varint(data, start, at)
        if tag == _GRANULARITY:
            granularity = np.int64(np.int32(np.int64(raw)))
        elif tag == _LAT_OFFSET:
            lat_offset = np.int64(raw)
        elif tag == _LON_OFFSET:
            lon_offset = np.int64(raw)
        elif tag == _TEXTS:
            texts = np.empty(((at - start) // 2 + 1, 2), dtype=np.int32)
            is_key = np.zeros((at - start) // 2 + 1, dtype=np.bool_)
            text_count = 0
            while start < at:
                tag, first, start = _field(data, start, at)
                if start < 0:
                    return damaged
                if tag == _TEXT:
                    texts[text_count, 0] = first
                    texts[text_count, 1] = start
                    is_key[text_count] = _is_known(data, first, start, known, known_first)
                    has_keys |= is_key[text_count]
                    text_count += 1

    at = 0
    while at < size:
        tag, start, at = _field(data, at, size)
        if at < 0:
            return damaged
        if tag != _GROUP:
            continue
        inner, group_end = start, at
        while inner < group_end:
            tag, start, inner = _field(data, inner, group_end)
            if inner < 0:
                return damaged
            if tag != _NODE and tag != _DENSE:  # noqa: PLR1714
                continue
            dense = tag == _DENSE
            position, end = start, inner
            id_at = id_end = lat_at = lat_end = lon_at = lon_end = info_at = info_end = 0
            key_at = key_end = value_at = value_end = 0
            while position < end:
                tag, start, position = _field(data, position, end)
                if position < 0:
                    return damaged
                if tag == (_DENSE_ID if dense else _ID):
                    id_at, id_end = start, position
                elif tag == (_DENSE_LAT if dense else _NODE_LAT):
                    lat_at, lat_end = start, position
                elif tag == (_DENSE_LON if dense else _NODE_LON):
                    lon_at, lon_end = start, position
                elif tag == (_DENSE_INFO if dense else _INFO):
                    info_at, info_end = start, position
                elif tag == (_DENSE_TAGS if dense else _KEYS):
                    key_at, key_end = start, position
                elif tag == _VALUES and not dense:
                    value_at, value_end = start, position
            if not has_keys:
                key_at = key_end
            visible_at = visible_end = 0
            visible = 1
            if dense:
                while info_at < info_end:
                    tag, start, info_at = _field(data, info_at, info_end)
                    if info_at < 0:
                        return damaged
                    if tag == _DENSE_VISIBLE:
                        visible_at, visible_end = start, info_at
            else:
                visible = _is_visible(data, info_at, info_end)
                if visible < 0 or (visible and (lat_at == lat_end or lon_at == lon_end)):
                    return damaged
                if lat_at == lat_end or lon_at == lon_end:
                    lat_at, lat_end, lon_at, lon_end = id_at, id_end, id_at, id_end
            has_flags = visible_at < visible_end
            identity = lat = lon = np.int64(0)
            while id_at < id_end:
                raw, id_at = _varint(data, id_at, id_end)
                raw_lat, lat_at = _varint(data, lat_at, lat_end)
                raw_lon, lon_at = _varint(data, lon_at, lon_end)
                if id_at < 0 or lat_at < 0 or lon_at < 0:
                    return damaged
                identity += _signed(raw)
                lat += _signed(raw_lat)
                lon += _signed(raw_lon)
                if has_flags:
                    raw, visible_at = _varint(data, visible_at, visible_end)
                    if visible_at < 0:
                        return damaged
                    visible = 1 if raw != np.uint64(0) else 0
                cursor = _lower_bound(wanted, identity, cursor)
                is_wanted = cursor < wanted.size and wanted[cursor] == identity
                # Keys and values of dense nodes stand in one list, and a 0 behind those of each node.
                joined = np.uint64(0)
                tags_before = tag_count
                while key_at < key_end:
                    raw, key_at = _varint(data, key_at, key_end)
                    if key_at < 0:
                        return damaged
                    if dense and raw == np.uint64(0):
                        break
                    if dense:
                        raw_value, key_at = _varint(data, key_at, key_end)
                    else:
                        raw_value, value_at = _varint(data, value_at, value_end)
                    if key_at < 0 or value_at < 0:
                        return damaged
                    if raw >= np.uint64(text_count) or raw_value >= np.uint64(text_count):
                        return damaged
                    key, value = int(np.int64(raw)), int(np.int64(raw_value))
                    if is_wanted and visible and is_key[key]:
                        key_hash = _hash(data, texts[key, 0], texts[key, 1])
                        joined = _join(joined, key_hash, _hash(data, texts[value, 0], texts[value, 1]))
                        tags[tag_count, 0] = key
                        tags[tag_count, 1] = value
                        tag_count += 1
                if tag_count > tags_before:
                    tagged[tagged_count] = cursor
                    combinations[tagged_count] = joined
                    tags_end[tagged_count] = tag_count
                    tagged_count += 1
                if is_wanted:
                    x = _coordinate(lon, granularity, lon_offset)
                    y = _coordinate(lat, granularity, lat_offset)
                    if not visible or x > _LON_MAX or x < -_LON_MAX or y > _LAT_MAX or y < -_LAT_MAX:
                        x = y = UNDEFINED
                    positions[count] = cursor
                    places[count, 0] = x
                    places[count, 1] = y
                    count += 1
    return (
        FINE,
        positions[:count].copy(),
        places[:count].copy(),
        tagged[:tagged_count].copy(),
        combinations[:tagged_count].copy(),
        tags_end[:tagged_count].copy(),
        tags[:tag_count].copy(),
        texts[:text_count].copy(),
    )


@nb.njit(cache=True, boundscheck=False, nogil=True)
def keep_places(
    lon: NDArray[np.int32],
    lat: NDArray[np.int32],
    positions: NDArray[np.int32],
    places: NDArray[np.int32],
    negative: int,
) -> None:
    """Take over places found: the first for a node, but the last that is defined for the first ``negative`` nodes."""
    for row in range(positions.size):
        position = int(positions[row])
        if (lon[position] == UNSET) if position >= negative else (places[row, 0] != UNDEFINED):
            lon[position] = places[row, 0]
            lat[position] = places[row, 1]
