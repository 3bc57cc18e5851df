"""Ways that the engine does not go, for `tricks.py` to measure beside those that it does."""

from __future__ import annotations

import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numba as nb
import numpy as np

from palveluverkko.engine import customising_kernels, elimination_kernels, sweep_kernels
from palveluverkko.engine.graph import UNREACHED, Graph
from palveluverkko.engine.plan import LANES


@nb.njit(nogil=True, boundscheck=False, error_model="numpy", fastmath={"nnan"})
def descend_plainly(begin, end, first_in, tail, drop_time, lane):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Sweep down from a filled crown, one arc after the other, with lanes of any kind."""
    lanes = lane.shape[1]
    for row in range(begin, end):
        at = first_in[row]
        if at == first_in[row + 1]:
            lane[row] = 1 << 30
            continue
        a, a_time = tail[at], drop_time[at]
        for one in range(lanes):
            lane[row, one] = lane[a, one] + a_time
        for more in range(at + 1, first_in[row + 1]):
            a, a_time = tail[more], drop_time[more]
            for one in range(lanes):
                lane[row, one] = min(lane[row, one], lane[a, one] + a_time)


@nb.njit(nogil=True, boundscheck=False, error_model="numpy")
def descend_way_by_way(begin, end, aside, crown, first_in, tail, drop_time, lane):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Sweep down with rows in registers, over as many ways into each row as there are."""
    # ruff: noqa: SLF001  # instructions of the kernels
    crown, apart = np.uint64(crown), np.uint64(aside)
    for row in range(np.uint64(begin), np.uint64(end)):
        best = sweep_kernels._far()
        for at in range(np.uint64(first_in[row]), np.uint64(first_in[row + np.uint64(1)])):
            other = sweep_kernels._read(lane, sweep_kernels._berth(tail[at], crown, apart))
            best = sweep_kernels._least(best, other, drop_time[at])
        sweep_kernels._write(lane, row - apart, best)


def by_trees(way_down):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Give a way down that takes tree by tree, all in the same berths."""

    @nb.njit(nogil=True, boundscheck=False, error_model="numpy")
    def descend(tree, first_in, tail, drop_time, lane):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        crown = tree[0]
        for number in range(tree.size - 1):
            begin, end = tree[number], tree[number + 1]
            way_down(begin, end, begin - crown, crown, first_in, tail, drop_time, lane)

    return descend


def kernels_of(width: int) -> ModuleType:
    """Give the kernels of sweeps with another number of lanes."""
    if width == LANES:
        return sweep_kernels
    return _changed(sweep_kernels, f"\nLANES = {LANES}\n", f"\nLANES = {width}\n", name=f"sweep_kernels_{width}")


def kernels_without_fetching(kernels: ModuleType) -> ModuleType:
    """Give the kernels of searches, or of elimination, that wait for memory where they need it."""
    instead = "_fetch = nb.njit(lambda _array, _position: None)  #"
    return _changed(kernels, "_fetch: Callable[..., None] = ", instead, name=f"waiting_{kernels.__name__[-18:]}")


def kernels_without_twins() -> ModuleType:
    """Give the kernels of an elimination in which every node goes by itself."""
    with_twins = "if count == size - 1 and size > _LOOK_AT_EACH:"
    return _changed(elimination_kernels, with_twins, "if count < 0:", name="elimination_kernels_single")


def kernels_without_fronts() -> ModuleType:
    """Give the kernels that carry travel times over node by node."""
    return _changed(
        customising_kernels, "\n_WORTH_A_FRONT = 8\n", "\n_WORTH_A_FRONT = 1 << 30\n", name="customising_kernels_single"
    )


def _changed(kernels: ModuleType, constant: str, other: str, *, name: str) -> ModuleType:
    """Give kernels with another constant in their file."""
    before, found, after = Path(str(kernels.__file__)).read_text(encoding="utf-8").partition(constant)
    assert found
    file = Path(tempfile.mkdtemp(prefix="kernels-")) / f"{name}.py"
    file.write_text(f"{before}{other}{after}", encoding="utf-8")
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Heap:
    """Dijkstra's search with a binary heap, everything else as in the buckets."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._label = np.full(graph.nodes, UNREACHED, dtype=np.int32)
        self._touched = np.empty(graph.nodes, dtype=np.int32)
        self._heap = np.empty(graph.head.size + 1, dtype=np.int64)

    def search(self, node: int, budget: int) -> int:
        """Give the number of nodes reached."""
        count: int = _search_by_heap(*self._graph, node, budget, self._label, self._touched, self._heap)
        self._label[self._touched[:count]] = UNREACHED
        return count


@nb.njit(nogil=True, boundscheck=False)
def _search_by_heap(first_out, head, travel_time, start, budget, label, touched, heap):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Entries are times above nodes, so that one comparison orders them; those left behind are passed over."""
    label[start] = 0
    touched[0] = start
    heap[0] = start
    size = count = 1
    while size > 0:
        entry = heap[0]
        size -= 1
        last = heap[size]
        hole = 0
        while 2 * hole + 1 < size:
            child = 2 * hole + 1
            if child + 1 < size and heap[child + 1] < heap[child]:
                child += 1
            if heap[child] >= last:
                break
            heap[hole] = heap[child]
            hole = child
        heap[hole] = last
        node, here = entry & 0xFFFFFFFF, entry >> 32
        if here > label[node]:
            continue
        for arc in range(first_out[node], first_out[node + 1]):
            there = here + travel_time[arc]
            neighbour = head[arc]
            if there > budget or there >= label[neighbour]:
                continue
            if label[neighbour] == 2_147_483_647:
                touched[count] = neighbour
                count += 1
            label[neighbour] = there
            new = (np.int64(there) << 32) | neighbour
            hole = size
            size += 1
            while hole > 0 and heap[(hole - 1) >> 1] > new:
                heap[hole] = heap[(hole - 1) >> 1]
                hole = (hole - 1) >> 1
            heap[hole] = new
    return count
