"""The order of elimination of a road network, kept on disk: searches in bulk start at once the second time.

The order takes 1 to 2 µs a node to find and depends on which junctions are joined, not on speeds: networks of the same
roads share it, summer and winter.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from palveluverkko.engine.elimination import CROWDED, MOST_NEIGHBOURS, Elimination, Preparable, arranged, eliminate
from palveluverkko.engine.graph import Graph
from palveluverkko.network.road_network import RoadNetwork

ORDER_SUFFIX = ".pvorder"
"""Ending of a file that keeps an order of elimination."""

_VERSION = 1


def keep_order(network: RoadNetwork, folder: Path) -> RoadNetwork:
    """Have a network keep its order of elimination in a folder, and look for it there when searches ask."""
    # A cached property looks here before it is computed.
    network.__dict__["roads"] = Preparable(network.graph, functools.partial(find_order, folder=folder))
    return network


def find_order(graph: Graph, *, folder: Path) -> Elimination:
    """Give the order of elimination of a graph: the one kept in the folder, or a new one, which is then kept.

    A file that is damaged or belongs to other roads is made anew; a folder that cannot be written to costs time, not
    the result.
    """
    name = name_order(graph)
    path = folder / f"{name}{ORDER_SUFFIX}"
    kept = _read(path, name, graph)
    if kept is not None:
        return kept
    order = eliminate(graph)
    try:
        _write(path, name, order)
    except OSError:
        return order
    return order


def name_order(graph: Graph) -> str:
    """Name an order by what decides it: which nodes are joined, where core and crown begin, and the version."""
    words = f"order {_VERSION}, core above {MOST_NEIGHBOURS}, crown above {CROWDED}, {graph.nodes} nodes"
    digest = hashlib.sha256(words.encode())
    digest.update(graph.first_out.tobytes())
    digest.update(graph.head.tobytes())
    return digest.hexdigest()


def _write(path: Path, name: str, order: Elimination) -> None:
    """Write what the rest follows from; a killed run leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                name=np.asarray(name),
                ends=np.asarray([order.core, order.crown], dtype=np.int64),
                position=order.position,
                first=order.first,
                lower=order.lower,
            )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path, name: str, graph: Graph) -> Elimination | None:
    """Read an order; None when there is none, or none that this graph could have."""
    try:
        # The file is opened here because numpy leaves one open that turns out to be no archive.
        with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
            if str(archive["name"]) != name:
                return None
            ends, position, first, lower = (archive[one] for one in ("ends", "position", "first", "lower"))
    except Exception:  # noqa: BLE001  # numpy and zipfile have a dozen words for a damaged byte
        return None
    if not _is_order(graph.nodes, ends, position, first, lower):
        return None
    core, crown = ends.tolist()
    order = arranged(graph, core=core, crown=crown, position=position, first=first, lower=lower)
    # An arc without a slot is a loop, or the order belongs to other roads.
    return order if np.array_equal(order.slot < 0, graph.tail() == graph.head) else None


def _is_order(nodes: int, ends: NDArray[Any], position: NDArray[Any], first: NDArray[Any], lower: NDArray[Any]) -> bool:
    """Tell whether the arrays can be an order: kernels do not look whether a position lies outside (0.1 µs a node)."""
    shapes = ends.shape == (2,) and position.shape == (nodes,) and first.shape == (nodes + 1,) and lower.ndim == 1
    kinds = [one.dtype.name for one in (ends, position, first, lower)] == ["int64", "int32", "int64", "int32"]
    if not (shapes and kinds and 0 <= ends[0] <= ends[1] <= nodes and first[0] == 0 and first[-1] == lower.size):
        return False
    if (np.diff(first) < 0).any() or position.min(initial=0) < 0 or position.max(initial=0) >= max(1, nodes):
        return False
    if not (np.bincount(position, minlength=nodes) == 1).all():
        return False
    own = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(first))
    same = own[1:] == own[:-1]
    return bool((lower >= 0).all() and (lower < own).all() and (lower[1:] > lower[:-1])[same].all())
