"""Blocks of an ``.osm.pbf`` file: where they are, how they are packed, and the protobuf around them.

Whatever a file claims, no more is read or unpacked than the format allows for a block.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

try:
    import deflate
except ImportError:  # where there is no wheel of it zlib does the same
    deflate = None  # type: ignore[assignment]

_HEADER_LIMIT, _BLOCK_LIMIT = 64 << 10, 32 << 20
"""Most bytes of a block's header and of a block, by the definition of the format."""

_FEATURES = (b"OsmSchema-V0.6", b"DenseNodes", b"HistoricalInformation", b"LocationsOnWays")
"""What a file may require of its reader. Places on ways are passed over, as osmium does when asked for nodes."""

_BLOB_KIND, _BLOB_SIZE = 10, 24
_RAW, _RAW_SIZE, _ZLIB, _LZMA = 10, 16, 26, 34
_COMPRESSED = range(_ZLIB, 64, 8)
_REQUIRED_FEATURE = 34
_TEXTS, _GROUP, _DENSE = 10, 18, 18
"""Fields of the messages read here: number * 8 + wire type."""

_FIRST_LOOK = 4 << 10
_LZMA_MEMORY = 256 << 20


class UnfamiliarPbfError(Exception):
    """The file uses a part of the format that this reader does not know; osmium may."""


class DamageError(Exception):
    """A block says what cannot be."""


class CutShortError(Exception):
    """The file ends within a block."""


class Block(NamedTuple):
    """Where a block begins in the file, and where its data lie."""

    begin: int
    offset: int
    size: int


def blocks(file: BinaryIO, size: int) -> Iterator[tuple[Block, bytes]]:
    """Go through the blocks of data; the first block describes the file and is looked at here."""
    begin = 0
    while begin < size:
        with at_block(begin):
            length = int.from_bytes(read_exactly(file, 4), "big")
            if length > _HEADER_LIMIT:
                raise DamageError("its header is longer than the format allows")
            header = dict(fields_of(read_exactly(file, length)))
            kind, data_size = header.get(_BLOB_KIND), number(header.get(_BLOB_SIZE))
            if not 0 < data_size <= _BLOCK_LIMIT:
                raise DamageError("it has no size, or more than the format allows")
            data = read_exactly(file, data_size)
            if kind != (b"OSMData" if begin else b"OSMHeader"):
                raise UnfamiliarPbfError(f"a block of kind {kind!r}")
            if not begin:
                _check_features(Content.of(data).whole())
        if begin:
            yield Block(begin, begin + 4 + length, data_size), data
        begin += 4 + length + data_size


def read_exactly(file: BinaryIO, size: int) -> bytes:
    """Read so many bytes, or say that the file ends."""
    data = file.read(size)
    if len(data) < size:
        raise CutShortError("it ends")
    return data


def _check_features(header: bytes) -> None:
    for field, feature in fields_of(header):
        if field == _REQUIRED_FEATURE and feature not in _FEATURES:
            raise UnfamiliarPbfError(f"required feature {feature!r}")


@contextmanager
def at_block(begin: int) -> Iterator[None]:
    """Say at which block it is that something is wrong."""
    try:
        yield
    except CutShortError as error:
        raise CutShortError(f"it ends within the block at byte {begin:,}") from error
    except (DamageError, UnicodeDecodeError) as error:
        raise DamageError(f"damaged block at byte {begin:,}: {error}") from error


class Content(NamedTuple):
    """The content of a block, packed."""

    form: int
    size: int
    packed: bytes

    @classmethod
    def of(cls, blob: bytes) -> Content:
        """Find the content in what the file holds, and how long it will be."""
        fields = dict(fields_of(blob))
        if isinstance(raw := fields.get(_RAW), bytes):
            return cls(_RAW, len(raw), raw)
        size = number(fields.get(_RAW_SIZE))
        form = next((field for field in fields if field in _COMPRESSED), 0)
        if form not in (0, _ZLIB, _LZMA):
            raise UnfamiliarPbfError(f"compression {form // 8}")
        packed = fields.get(form)
        if not isinstance(packed, bytes) or not 0 < size <= _BLOCK_LIMIT:
            raise DamageError("its content has no size, or more than the format allows")
        return cls(form, size, packed)

    def whole(self) -> bytes:
        """Give all of it, checked against the size stated.

        libdeflate takes a third of zlib's time (0.11 s instead of 0.33 s for the 107 MB of PT16) and knows only whole
        contents; of one that is not as stated zlib says what is wrong with it.
        """
        if self.form == _ZLIB and deflate is not None:
            with suppress(deflate.DeflateError):
                data = bytes(deflate.zlib_decompress(self.packed, self.size))
                if len(data) == self.size:
                    return data
        # Asking for one byte more shows that there is more; never more than that is decompressed.
        data = self.first_bytes(self.size + 1)
        if len(data) != self.size:
            raise DamageError("its content is not as long as stated")
        return data

    def first_bytes(self, limit: int) -> bytes:
        """Give at most so many bytes."""
        if self.form == _RAW:
            return self.packed[:limit]
        try:
            if self.form == _ZLIB:
                inflating = zlib.decompressobj()
                data = inflating.decompress(self.packed, limit)
                complete = inflating.eof
            else:
                unpacking = lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)
                data = unpacking.decompress(self.packed, limit)
                complete = unpacking.eof
        except (zlib.error, lzma.LZMAError, EOFError) as error:
            raise DamageError(str(error)) from error
        if len(data) < limit and not complete:
            raise DamageError("its content breaks off")
        return data

    def is_dense_nodes_alone(self) -> bool:
        """Say whether the first bytes show that the block is one group of dense nodes and nothing else."""
        try:
            data = self.first_bytes(_FIRST_LOOK)
            field, _, group = _span(data, 0) if data else (0, 0, 0)
            if field != _TEXTS:
                return False
            if group + _FIRST_LOOK // 2 > len(data):
                data = self.first_bytes(group + _FIRST_LOOK)
            field, dense, group_end = _span(data, group)
            if field != _GROUP or group_end != self.size:
                return False
            field, _, dense_end = _span(data, dense)
        except DamageError:
            return False  # reading all of it will tell
        return field == _DENSE and dense_end == group_end


# --- protobuf, for the few messages that are not worth a kernel


def fields_of(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Go through the fields of a message: number * 8 + wire type, and a number or bytes."""
    at = 0
    while at < len(message):
        field, begin, end = _span(message, at)
        if end > len(message):
            raise DamageError("a field is longer than its message")
        yield field, _varint(message, begin)[0] if field & 7 == 0 else message[begin:end]
        at = end


def _span(message: bytes, at: int) -> tuple[int, int, int]:
    """Give a field and where its payload begins and ends, which may be behind the end of the message."""
    field, begin = _varint(message, at)
    wire = field & 7
    if wire == 0:
        return field, begin, _varint(message, begin)[1]
    if wire == 2:  # noqa: PLR2004  # wire types of protobuf: varint, 8 bytes, length and bytes, 4 bytes
        length, begin = _varint(message, begin)
        return field, begin, begin + length
    if wire in (1, 5):
        return field, begin, begin + (8 if wire == 1 else 4)
    raise DamageError("a field of no known type")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Give an unsigned number and the position behind it."""
    value = 0
    for shift, byte in zip(range(0, 70, 7), message[at : at + 10], strict=False):
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004  # the highest bit says that more follows
            return value & (2**64 - 1), at + shift // 7 + 1
    raise DamageError("a number runs beyond its end")


def numbers(packed: object, *, signed: bool = False) -> Iterator[int]:
    """Go through packed numbers; ``signed`` ones are zigzag differences, given as their running sum."""
    at, total = 0, 0
    data = packed if isinstance(packed, bytes) else b""
    while at < len(data):
        value, at = _varint(data, at)
        if signed:
            total += (value >> 1) ^ -(value & 1)
        yield total if signed else value


def number(value: object) -> int:
    """Give the number of a field, 0 where it is absent or of another type, as protobuf does."""
    return value if isinstance(value, int) else 0
