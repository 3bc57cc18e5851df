"""Road networks on disk: one file each, written whole or not at all."""

from __future__ import annotations

import io
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from zipfile import ZipFile

import numpy as np
import platformdirs
from numpy.lib import format as npy
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.graph import Graph
from palveluverkko.engine.threads import threads_beside
from palveluverkko.network.build import BUILD_VERSION
from palveluverkko.network.preparation import keep_order
from palveluverkko.network.road_network import Edges, RoadNetwork
from palveluverkko.network.sources import Clip, RoadSource
from palveluverkko.osm.crossings import Crossing
from palveluverkko.osm.profile import CarProfile

STORE_SUFFIX = ".pvnet"
"""Ending of a network file."""

USER_STORE = "user"
"""Keep built networks in the user's cache folder."""

NO_STORE = "none"
"""Build anew each time."""

_STORE_VERSION = 7
_WRITTEN_AT_ONCE = 1 << 20
"""Bytes: their checksum leaves them in the cache, from where they go to disk."""
_MOST_BEHIND = 64
_NESTED: dict[str, Any] = {"graph": Graph, "edges": Edges}


def read_network(
    path: str | Path | Sequence[str | Path],
    *,
    profile: CarProfile | None = None,
    clip: Clip | None = None,
    clip_buffer_metres: float | None = None,
    store: str | Path = USER_STORE,
    progress: Callable[[int, int], None] | None = None,
) -> RoadNetwork:
    """Read a road network from OpenStreetMap files or a table of roads, or from a network file written before.

    A network that was built is kept on disk under the fingerprint of files, profile and version, and read from there
    the next time. What searches in bulk prepare is kept there too, of a network file as well.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``, or several of these, which become one; a table of roads
        (``.gpkg``, ``.parquet``, ``.shp``, ``.geojson``, ``.fgb``); or ``.pvnet``.
    profile
        How cars drive; the default is a car in summer. A network file has its profile inside, and one given beside it
        must agree.
    clip
        Only roads that touch this area are kept: a file of polygons, or west, south, east and north in degrees.
    clip_buffer_metres
        So far beyond the area roads are kept as well; 20,000 when not given.
    store
        ``"user"`` for the user's cache folder, ``"none"``, or a folder.
    progress
        Called with (done, total) while the file is read.

    Raises
    ------
    RoadFileError
        A road file is missing, damaged, of another kind, or without roads (in the area).
    TableError
        A table of roads or of polygons breaks its contract.
    NetworkError
        The network file is damaged, of another version, or was built with another profile; or it stands beside other
        files or an area.
    """
    source = RoadSource.named(path, clip=clip, clip_buffer_metres=clip_buffer_metres)
    network = _read_network(source, profile, store, progress)
    return network if store == NO_STORE else keep_order(network, store_folder(store))


def _read_network(
    source: RoadSource, profile: CarProfile | None, store: str | Path, progress: Callable[[int, int], None] | None
) -> RoadNetwork:
    built = [one for one in source.files if one.suffix == STORE_SUFFIX]
    if built:
        return _read_built(source, built[0], profile)
    profile = profile or CarProfile()
    if not source.are_there or store == NO_STORE:
        # A path that is no file has no fingerprint; who reads it says what is wrong with it.
        with threads_beside() as beside:
            named = beside.submit(_fingerprint, source, profile) if source.are_there else None
            return source.build(profile, fingerprint=named.result if named else str, progress=progress)
    fingerprint = _fingerprint(source, profile)
    kept = store_folder(store) / f"{fingerprint}{STORE_SUFFIX}"
    if kept.exists():
        try:
            return read_stored_network(kept)
        except NetworkError:
            kept.unlink(missing_ok=True)  # damaged by somebody else: build it again
    network = source.build(profile, fingerprint=lambda: fingerprint, progress=progress)
    with suppress(OSError):  # a full or read-only cache folder costs time, not the result
        write_network(network, kept)
    return network


def _read_built(source: RoadSource, path: Path, profile: CarProfile | None) -> RoadNetwork:
    if len(source.files) > 1 or source.area is not None:
        raise NetworkError(
            f"{path} is a network that was built; it is neither put together with other files nor clipped. Give the "
            "road files it was built from."
        )
    network = read_stored_network(path)
    if profile is not None:
        check_same_profile(network, profile, path)
    return network


def fingerprint_network(path: str | Path | Sequence[str | Path], profile: CarProfile) -> str:
    """Name a network by what decides it: the bytes of the files in any order, the profile, the version that builds."""
    return _fingerprint(RoadSource.named(path), profile)


def _fingerprint(source: RoadSource, profile: CarProfile) -> str:
    return source.fingerprint(profile, versions=f"build {BUILD_VERSION} store {_STORE_VERSION}")


def write_network(network: RoadNetwork, path: str | Path) -> None:
    """Write a network file; a killed run leaves the old file or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {}
    plain: dict[str, Any] = {"store_version": _STORE_VERSION}
    for field in fields(network):
        value = getattr(network, field.name)
        if field.name in _NESTED:
            columns |= {f"{field.name}.{name}": column for name, column in value._asdict().items()}
        elif isinstance(value, np.ndarray):
            columns[field.name] = value
        else:
            plain[field.name] = dict(value) if isinstance(value, Mapping) else value
    # Not a private temporary file: colleagues read networks on a shared drive.
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("wb") as file:
            _write_columns(file, {"plain": np.asarray(json.dumps(plain)), **columns})
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write_columns(file: BinaryIO, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write what ``numpy.savez`` would, byte by byte, but straight from memory: it copies every column first.

    Another thread hands it to the system while this one takes the checksums, which takes as long.
    """
    with threads_beside() as beside, ZipFile(cast("IO[bytes]", _WrittenBehind(file, beside)), "w") as archive:
        for name, column in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array_header_1_0(entry, npy.header_data_from_array_1_0(column))
                octets = np.ascontiguousarray(column).reshape(-1).view(np.uint8).data
                for begin in range(0, octets.nbytes, _WRITTEN_AT_ONCE):
                    entry.write(octets[begin : begin + _WRITTEN_AT_ONCE])


class _WrittenBehind(io.RawIOBase):
    """A file that is written to in a thread; what it is given must not change until it is flushed."""

    def __init__(self, file: BinaryIO, beside: Executor) -> None:
        self._file, self._beside = file, beside
        self._at = 0
        self._under_way: deque[Future[int]] = deque()

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the beginning")
        self._at = offset
        return offset

    def write(self, data: Any) -> int:  # noqa: ANN401 - whatever has bytes
        self._under_way.append(self._beside.submit(self._write_at, self._at, data))
        self._at += len(data)
        while self._under_way and (len(self._under_way) > _MOST_BEHIND or self._under_way[0].done()):
            self._under_way.popleft().result()
        return len(data)

    def flush(self) -> None:
        while self._under_way:
            self._under_way.popleft().result()

    def _write_at(self, at: int, data: Any) -> int:  # noqa: ANN401
        self._file.seek(at)
        return self._file.write(data)


def read_stored_network(path: Path) -> RoadNetwork:
    """Read a network file."""
    try:
        # The file is opened here because numpy leaves one open that turns out to be no archive.
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
            plain = json.loads(str(archive["plain"]))
            version = plain.pop("store_version", None)
            arrays = {name: archive[name] for name in archive.files if name != "plain"}
        if version == _STORE_VERSION:
            return _to_network(plain, arrays)
    except FileNotFoundError:
        raise NetworkError(f"{path} does not exist; build it with: palveluverkko network build.") from None
    except Exception as error:  # numpy, zipfile and json have a dozen words for a damaged byte
        raise NetworkError(f"{path} is not a whole network file ({type(error).__name__}); build it again.") from error
    raise NetworkError(f"{path} was written by another version of palveluverkko; build it again.")


def _to_network(plain: dict[str, Any], arrays: dict[str, Any]) -> RoadNetwork:
    for array in arrays.values():
        array.flags.writeable = False
    values: dict[str, Any] = {name: to_tuples(value) for name, value in plain.items()}
    values["crossings"] = tuple(Crossing.of_plain(one) for one in plain["crossings"])
    for name, kind in _NESTED.items():
        values[name] = kind(**{column: arrays.pop(f"{name}.{column}") for column in kind._fields})
    return RoadNetwork(**values, **arrays)


def to_tuples(value: Any) -> Any:  # noqa: ANN401 - whatever JSON gives
    """Give what JSON has as lists as tuples, throughout."""
    return tuple(map(to_tuples, value)) if isinstance(value, list) else value


def check_same_profile(network: RoadNetwork, profile: CarProfile, where: Path | str) -> None:
    """Refuse a network file whose speeds, access legs or ferries are not the ones asked for."""
    if profile.ferries and profile.ferries_digest != network.ferries_digest:
        raise NetworkError(
            f"{where} was built {'with other' if network.ferries_digest else 'without these'} ferries. Build it again "
            "from the road file, or leave ferries out."
        )
    for name in ("season", "access_speed_kmh", "max_access_metres"):
        built, asked = getattr(network, name), getattr(profile, name)
        if built != asked:
            raise NetworkError(
                f"{where} was built with {name} = {built}, and {asked} is asked for. Build it again from the road "
                f"file, or ask for {built}."
            )
    if network.own_tables != profile.own_tables:
        had = "other tables" if network.own_tables else "the tables of the package"
        raise NetworkError(
            f"{where} was built with {had}, not with those of this profile. Build it again from the road file, or ask "
            "for the same tables."
        )


def store_folder(store: str | Path) -> Path:
    """Give the folder where things are kept."""
    return platformdirs.user_cache_path("palveluverkko") / "networks" if store == USER_STORE else Path(store)
