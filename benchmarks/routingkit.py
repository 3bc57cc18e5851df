"""RoutingKit's contraction hierarchy: its C++ source from a package index, compiled here, run as a process.

No package offers the plain hierarchy (``routingkit_cch`` and ``pyroutingkit`` bind the customisable one alone), but
the source distribution of ``pyroutingkit`` holds all of RoutingKit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from road_graphs import Case, quickest_arcs

HERE = Path(__file__).resolve().parent
SOURCE = "pyroutingkit==0.2.1"
PROGRAM = "routingkit_worker.cpp"
PARTS = ("contraction_hierarchy.cpp", "bit_vector.cpp", "graph_util.cpp", "timer.cpp")
# The flags of RoutingKit's own Makefile.
FLAGS = ("-std=c++17", "-O3", "-DNDEBUG", "-march=native", "-ffast-math", "-pthread", "-w")


def compile_worker(folder: Path) -> Path | None:
    """Give the compiled program; None without a compiler or the source."""
    program = folder / f"routingkit-{SOURCE.partition('==')[2]}"
    if program.exists() and program.stat().st_mtime > (HERE / PROGRAM).stat().st_mtime:
        return program
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    print("Compiling RoutingKit ...", flush=True)
    with tempfile.TemporaryDirectory() as work:
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "-d", work]
        if subprocess.run([*fetch, SOURCE], check=False, stderr=subprocess.DEVNULL).returncode:  # noqa: S603 - pip
            return None
        with tarfile.open(next(Path(work).glob("*.tar.gz"))) as archive:
            archive.extractall(work, filter="data")
        root = next(Path(work).glob("*/vendor/RoutingKit"))
        sources = [HERE / PROGRAM, *(root / "src" / part for part in PARTS)]
        made = program.with_suffix(".aside")
        command = [compiler, *FLAGS, f"-I{root / 'include'}", *map(os.fspath, sources), "-o", os.fspath(made)]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - a compiler
            return None
        made.replace(program)
    return program


class RoutingKit:
    """The hierarchy of a graph, every node pinned as a target; use as a context.

    Attributes
    ----------
    preparation
        Seconds to build the hierarchy and to pin.
    """

    def __init__(self, program: Path, case: Case) -> None:
        tail, head, time = quickest_arcs(case.graph)
        self._arrays = case.file.with_suffix(".routingkit")
        with self._arrays.open("wb") as file:
            for numbers in (np.array([case.graph.nodes, tail.size]), tail, head, time):
                numbers.astype("<u4").tofile(file)
        self._nodes = case.graph.nodes
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [program, self._arrays], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.preparation = sum(map(float, self._read("ready")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._arrays.unlink()

    def seconds(self, sources: NDArray[np.int64]) -> float:
        """Search from each source to every node; give the seconds on the program's own clock.

        The distances from one source are written over those from the one before.
        """
        return self._obey("times", sources)

    def seconds_of_table(self, sources: NDArray[np.int64]) -> float:
        """Do the same into a new table of all of them."""
        return self._obey("table", sources)

    def times(self, sources: NDArray[np.int64], budget: int) -> NDArray[np.int32]:
        """Give int32[k, n], unreached beyond the budget."""
        answer = self._arrays.with_suffix(".answer")
        self._obey(f"write {answer}", sources)
        found = np.fromfile(answer, dtype="<u4").reshape(sources.size, self._nodes)
        answer.unlink()
        unreached = np.iinfo(np.int32).max
        return np.where(found <= budget, found, unreached).astype(np.int32)

    def _obey(self, command: str, sources: NDArray[np.int64]) -> float:
        assert self._process.stdin is not None
        print(command, sources.size, *sources.tolist(), file=self._process.stdin, flush=True)
        return float(self._read("done")[0])

    def _read(self, word: str) -> list[str]:
        assert self._process.stdout is not None
        first, *rest = self._process.stdout.readline().split() or [""]
        if first != word:
            raise RuntimeError(f"RoutingKit ended with {self._process.wait()}")
        return rest
