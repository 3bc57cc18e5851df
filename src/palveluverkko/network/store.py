"""Road networks on disk: one file each, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.lib.npyio import NpzFile

from palveluverkko.domain.errors import NetworkError
from palveluverkko.engine.graph import Graph
from palveluverkko.network.build import BUILD_VERSION, build_network
from palveluverkko.network.preparation import keep_order
from palveluverkko.network.road_network import Edges, RoadNetwork
from palveluverkko.osm.profile import CarProfile

STORE_SUFFIX = ".pvnet"
"""Ending of a network file."""

USER_STORE = "user"
"""Keep built networks in the user's cache folder."""

NO_STORE = "none"
"""Build anew each time."""

_STORE_VERSION = 4
_NESTED: dict[str, Any] = {"graph": Graph, "edges": Edges}


def read_network(
    path: str | Path,
    *,
    profile: CarProfile | None = None,
    store: str | Path = USER_STORE,
    progress: Callable[[int, int], None] | None = None,
) -> RoadNetwork:
    """Read a road network from an OpenStreetMap file, or from a network file that was written before.

    A network built from an OpenStreetMap file is kept on disk under the fingerprint of file, profile and version,
    and read from there the next time. What searches in bulk prepare is kept there too, of a network file as well.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.pvnet``.
    profile
        How cars drive; the default is a car in summer. A network file has its profile inside, and one given beside it
        must agree.
    store
        ``"user"`` for the user's cache folder, ``"none"``, or a folder.
    progress
        Called with (done, total) while the file is read.

    Raises
    ------
    RoadFileError
        The road file is missing, damaged, of another kind, or without roads.
    NetworkError
        The network file is damaged, of another version, or was built with another profile.
    """
    network = _read_network(Path(path), profile, store, progress)
    return network if store == NO_STORE else keep_order(network, _store_folder(store))


def _read_network(
    path: Path, profile: CarProfile | None, store: str | Path, progress: Callable[[int, int], None] | None
) -> RoadNetwork:
    if path.suffix == STORE_SUFFIX:
        network = read_stored_network(path)
        if profile is not None:
            check_same_profile(network, profile, path)
        return network
    from palveluverkko.osm.reader import read_roads  # noqa: PLC0415  # not needed for stored ones

    profile = profile or CarProfile()
    if not path.is_file() or store == NO_STORE:
        # A path that is no file has no fingerprint; read_roads says what is wrong with it.
        with ThreadPoolExecutor(1) as beside:
            named = beside.submit(fingerprint_network, path, profile) if path.is_file() else None
            roads = read_roads(path, profile, progress=progress)
            return build_network(roads, profile, fingerprint=named.result() if named else "")
    fingerprint = fingerprint_network(path, profile)
    kept = _store_folder(store) / f"{fingerprint}{STORE_SUFFIX}"
    if kept.exists():
        try:
            return read_stored_network(kept)
        except NetworkError:
            kept.unlink(missing_ok=True)  # damaged by somebody else: build it again
    network = build_network(read_roads(path, profile, progress=progress), profile, fingerprint=fingerprint)
    with suppress(OSError):  # a full or read-only cache folder costs time, not the result
        write_network(network, kept)
    return network


def fingerprint_network(path: Path, profile: CarProfile) -> str:
    """Name a network by what decides it: the bytes of the file, the profile, the version that builds."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    digest.update(profile.fingerprint().encode())
    digest.update(f"build {BUILD_VERSION} store {_STORE_VERSION}".encode())
    return digest.hexdigest()


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
            np.savez(file, allow_pickle=False, plain=np.asarray(json.dumps(plain)), **columns)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


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
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    for name, kind in _NESTED.items():
        values[name] = kind(**{column: arrays.pop(f"{name}.{column}") for column in kind._fields})
    return RoadNetwork(**values, **arrays)


def check_same_profile(network: RoadNetwork, profile: CarProfile, where: Path | str) -> None:
    """Refuse a network file whose speeds or access legs are not the ones asked for."""
    for name in ("season", "access_speed_kmh", "max_access_metres"):
        built, asked = getattr(network, name), getattr(profile, name)
        if built != asked:
            raise NetworkError(
                f"{where} was built with {name} = {built}, and {asked} is asked for. Build it again from the road "
                f"file, or ask for {built}."
            )


def _store_folder(store: str | Path) -> Path:
    return platformdirs.user_cache_path("palveluverkko") / "networks" if store == USER_STORE else Path(store)
