"""Compiled kernels ahead of their first use: where they are kept, when that takes time, and all of them at once.

numba compiles a kernel when it is first called, about a second each, and keeps it on disk beside the package; from
then on a process loads it. Nothing here imports numba before a kernel is asked for.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

_FOLDER = "NUMBA_CACHE_DIR"
_TEMPORARY = "palveluverkko-"
_BUDGET = 1_000_000
_REGISTRIES = "numba.np.arraymath"
"""Imported when the first kernel is loaded."""
_PACKAGE = "palveluverkko."


def choose_cache_folder() -> None:
    """Choose where compiled kernels are kept, before the first is imported: without a place numba refuses to start.

    They lie beside the package where it may be written to, else in the user's cache folder, else in a folder that goes
    when the program ends. ``NUMBA_CACHE_DIR`` overrides all that.
    """
    if os.environ.get(_FOLDER) or all(_is_writable(one) for one in _beside_kernels()):
        return
    import platformdirs

    folder = platformdirs.user_cache_path("palveluverkko") / "numba"
    if not _is_writable(folder):
        # Not a name that somebody else can know: numba runs whatever it finds there.
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_FOLDER] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def cache_folder() -> Path:
    """Say where compiled kernels are kept."""
    return Path(os.environ.get(_FOLDER) or _beside_kernels()[0])


def is_cache_kept() -> bool:
    """Tell whether the folder of compiled kernels outlives the program."""
    folder = cache_folder()
    return not (folder.name.startswith(_TEMPORARY) and folder.parent == Path(tempfile.gettempdir()))


@contextmanager
def told_when_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` when the first kernel is compiled that is not on disk; imports numba."""
    import_numba()
    events = sys.modules["numba.core.event"]
    told = False

    def listen(event: Any) -> None:  # noqa: ANN401  # numba has no types
        nonlocal told
        if event.is_start and not told:
            told = True
            tell()

    class Listener(events.Listener):  # type: ignore[name-defined,misc]  # as above
        def on_start(self, event: Any) -> None:  # noqa: ANN401
            listen(event)

        def on_end(self, event: Any) -> None:  # noqa: ANN401
            pass

    with events.install_listener("numba:compile", Listener()):
        yield


def import_numba() -> None:
    """Import numba, but not SciPy's linear algebra, which numba looks for and no kernel calls: 0.3 s instead of 0.45.

    May run in a thread of its own: whatever other threads import meanwhile they get.
    """
    from palveluverkko.engine import search_kernels  # noqa: F401  # brings numba in, and no more

    if _REGISTRIES not in sys.modules:
        refusing = _Refusing(threading.get_ident())
        sys.meta_path.insert(0, refusing)
        try:
            importlib.import_module(_REGISTRIES)
        finally:
            sys.meta_path.remove(refusing)
    _load_without_compiler()


def _load_without_compiler() -> None:
    """Have numba load our kernels from disk without what it needs to compile others: 0.05 s less.

    Before it looks at the disk numba imports all that it can compile, from texts to random numbers, and files it by
    type. What is compiled does without; a kernel that is not on disk gets all that from the compiler itself. Kernels of
    others are loaded as before.
    """
    caching, runtime = sys.modules["numba.core.caching"], sys.modules["numba.core.runtime"]
    cache = caching.FunctionCache
    if getattr(cache.load_overload, "__module__", "") == __name__ or not hasattr(cache, "_load_overload"):
        return
    load = cache.load_overload

    def load_overload(self: Any, sig: Any, target_context: Any) -> Any:  # noqa: ANN401  # numba has no types
        if not self._py_func.__module__.startswith(_PACKAGE):
            return load(self, sig, target_context)
        runtime.rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    cache.load_overload = load_overload


class _Refusing(MetaPathFinder):
    """Tells one thread that there is no SciPy, unless it has been imported."""

    def __init__(self, thread: int) -> None:
        self._thread = thread

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if fullname.partition(".")[0] == "scipy" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(fullname)


def compile_kernels() -> None:
    """Call every function of the engine on a graph of a few nodes, with the types of arrays of real calls."""
    import numpy as np

    from palveluverkko.engine import corners, grid, nearest, pieces, search, topology
    from palveluverkko.engine.elimination import prepare
    from palveluverkko.engine.graph import Anchors, build_graph, freeze_bool, freeze_float64, freeze_int32, freeze_int64
    from palveluverkko.engine.sweep import Sweep

    tail, head = np.asarray([0, 1, 1, 2, 2, 3, 3, 0]), np.asarray([1, 0, 2, 1, 3, 2, 0, 3])
    graph = build_graph(4, tail, head, np.full(8, 1000))
    prepared = prepare(graph)
    none = freeze_int32(np.full((2, 1), -1))
    points = Anchors(
        freeze_int32(np.asarray([[0], [2]])), freeze_int32(none + 1), none, none, freeze_int32(np.zeros(2))
    )
    thresholds = np.asarray([1000, _BUDGET], dtype=np.int32)
    for side in ("starts", "ends"):
        both: dict[str, Any] = {"starts": points, "ends": points, "search_from": side}
        for method in search.Method.BUCKETS, search.Method.SWEEP:
            search.time_table(prepared, budget=_BUDGET, method=method, **both)
            seeds: dict[str, Any] = {"seeds": points, "budget": _BUDGET, "search_from": side, "method": method}
            search.nearest_nodes(prepared, **seeds)
            search.node_times(prepared, **seeds)
    search.k_nearest(prepared, k=1, budget=_BUDGET, **both)
    search.band_counts(prepared, thresholds=thresholds, **both)
    Sweep.of(prepared, points, budget=_BUDGET, search_from="starts", wanted=points.node)

    topology.component_labels(4, tail, head)
    labels = topology.strong_labels(graph)
    topology.longest_part(graph, labels, tail, counts=np.ones(4, dtype=np.bool_), length=np.ones(4))
    topology.reachable_from(graph, np.asarray([0]))
    topology.depth_first_numbers(4, tail, head)
    path, node, meaning = np.zeros(3, dtype=np.int32), np.asarray([0, 1, 2]), np.zeros(1, dtype=np.int32)
    chains = topology.trace_chains(4, path, node, meaning, meaning)
    order = np.arange(chains.begins.size - 1)
    times = np.ones(3)
    topology.lay_chains(chains, order, node, xy=(np.zeros(4), np.zeros(4)), length=times, onward=times, back=times)
    two = (freeze_float64(np.asarray([10.0, 90.0])), freeze_int32(np.asarray([0, 1000])))
    ways, ends = freeze_bool(np.ones((1, 2))), freeze_int32(np.asarray([[1, 0]]))
    one = np.zeros(1, dtype=np.int32)
    columns = (freeze_int64(np.asarray([0, 2])), two[0], two[0], two[1], two[1], ways, ends, freeze_bool(np.ones(1)))
    roads = pieces.time_stretches(pieces.Edges(*columns), two[1], None, towards=True, latest=_BUDGET, longest=25.0)
    wet = np.zeros((8, 8), dtype=np.bool_)
    wet[7, 7] = True
    # A second road so much later that no quick walk from the first is short enough on its far side.
    later = pieces.TimedLines(
        np.asarray([[0.0, -75.0, 90.0, -75.0]]), np.asarray([900]), np.zeros(1, dtype=int), one + 1
    )
    for blocked, owner in ((None, one), (wet, one + 1)):
        grid.spread_from_roads(
            [roads, later._replace(owner=owner).stretches()],
            rows=8,
            columns=8,
            cell=25.0,
            milliseconds_per_metre=1.0,
            longest_metres=100.0,
            latest=_BUDGET,
            blocked=blocked,
        )
    grid.keep_off_heights(np.zeros((2, 2), dtype=np.int32), np.asarray([1000.5]), aside=50.0)
    square = np.asarray([[0.0, 0.0], [90.0, 0.0], [90.0, 90.0], [0.0, 90.0], [0.0, 0.0]])
    corners.remove_small_corners(square, np.asarray([0, 5]), tolerance=1.0)
    corner = np.asarray([0.0, 90.0])
    tree = nearest.build_tree(np.asarray([0, 2]), corner, corner, np.ones(1, dtype=np.bool_))
    courses = nearest.Courses(one == 0, one.astype(np.int8), one, one.astype(np.int64))
    nearest.snap_to_lines(tree, corner, corner, courses, factor=1, longest=1, further=1, degrees=30)


def _beside_kernels() -> list[Path]:
    package = Path(__file__).parents[1]
    return [package / room / "__pycache__" for room in ("engine", "network", "osm")]


def _is_writable(folder: Path) -> bool:
    """Tell whether files can be made in a folder, as numba finds out."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
