"""Write ``.osm.pbf`` byte by byte: forms that osmium reads and does not write, and lies that nobody should write."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

RAW, RAW_SIZE, ZLIB, LZMA = 1, 2, 3, 4


def number(value: int) -> bytes:
    """Write a varint; negative numbers take ten bytes."""
    value &= 2**64 - 1
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def signed(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def field(which: int, content: int | bytes) -> bytes:
    """Write a field that holds a number or bytes."""
    if isinstance(content, int):
        return number(which << 3) + number(content)
    return number(which << 3 | 2) + number(len(content)) + content


def packed(values: Iterable[int]) -> bytes:
    return b"".join(number(value) for value in values)


def differences(values: Sequence[int]) -> bytes:
    return packed(signed(value - before) for value, before in zip(values, [0, *values], strict=False))


def texts(*content: str) -> bytes:
    """Write the table of texts of a block; the first text is always empty."""
    return field(1, b"".join(field(1, one.encode()) for one in ["", *content]))


def group(*members: bytes) -> bytes:
    return field(2, b"".join(members))


def dense(
    nodes: Sequence[tuple[int, int, int]], *, visible: Sequence[int] = (), tags: Sequence[int] | None = None
) -> bytes:
    """Write dense nodes of id, lon, lat in units of the granularity; tags as key, value, ..., 0 for each node."""
    one, lon, lat = (list(column) for column in zip(*nodes, strict=True)) if nodes else ([], [], [])
    info = b""
    if visible:
        zeros = packed([0] * len(nodes))
        info = field(5, b"".join(field(which, zeros) for which in range(1, 6)) + field(6, packed(visible)))
    told = b"" if tags is None else field(10, packed(tags))
    return field(2, field(1, differences(one)) + info + field(8, differences(lat)) + field(9, differences(lon)) + told)


def node(one: int, lon: int, lat: int, *, info: bytes = b"", tags: Sequence[tuple[int, int]] = ()) -> bytes:
    told = b"".join(field(2 + which, packed(texts)) for which, texts in enumerate(zip(*tags, strict=True)))
    return field(1, field(1, signed(one)) + told + info + field(8, signed(lat)) + field(9, signed(lon)))


def way(one: int, refs: Sequence[int], keys: Sequence[int], values: Sequence[int], *, info: bytes = b"") -> bytes:
    return field(
        3, field(1, one) + field(2, packed(keys)) + field(3, packed(values)) + info + field(8, differences(refs))
    )


def deleted(*, visible: int = 0) -> bytes:
    return field(4, field(6, visible))


def block(content: bytes, *, kind: str = "OSMData", form: int = RAW, size: int | None = None) -> bytes:
    """Frame a block; ``size`` lies about the length of its content."""
    if form == RAW:
        blob = field(RAW, content)
    else:
        squeezed = zlib.compress(content) if form == ZLIB else lzma.compress(content) if form == LZMA else content
        blob = field(RAW_SIZE, len(content) if size is None else size) + field(form, squeezed)
    header = field(1, kind.encode()) + field(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def header(*features: str, form: int = RAW) -> bytes:
    required = features or ("OsmSchema-V0.6", "DenseNodes")
    return block(b"".join(field(4, one.encode()) for one in required), kind="OSMHeader", form=form)


def write(path: Path, *blocks: bytes) -> Path:
    path.write_bytes(b"".join(blocks))
    return path
