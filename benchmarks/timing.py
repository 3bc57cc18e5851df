"""Stopwatches: two sides in turn inside one run, whole processes, and how fast memory is read."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

Clock = Callable[[], float]
"""Does the work once and gives its seconds."""

# As installed, Python's files lie compiled beside their sources and a process reads them from there. Where this is set
# it compiles each anew, which took 1.1 s of 2.1 s that ours took for Andorra and says nothing of a program.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"

# A child of a large process inherits its peak memory: only a small one in between reads the right figure.
_LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - start
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([seconds, peak, os.waitstatus_to_exitcode(status)]))
"""


class Turns(NamedTuple):
    """Seconds of two sides that took turns: ``ours[i]`` and ``theirs[i]`` follow each other."""

    ours: list[float]
    theirs: list[float]

    @property
    def medians(self) -> tuple[float, float]:
        return statistics.median(self.ours), statistics.median(self.theirs)


class Process(NamedTuple):
    """A finished process: seconds from start to end, and the most memory it held, bytes."""

    seconds: float
    peak_bytes: int


def clock(work: Callable[[], object]) -> Clock:
    def timed() -> float:
        start = perf_counter()
        work()
        return perf_counter() - start

    return timed


def take_turns(ours: Clock, theirs: Clock, *, repeats: int) -> Turns:
    """Time both in turn, so that a slow spell of the machine falls on both; the first round, not counted, warms up."""
    rounds = [(ours(), theirs()) for _ in range(repeats + 1)][1:]
    return Turns([one for one, _ in rounds], [other for _, other in rounds])


def median_seconds(work: Callable[[], object], *, repeats: int) -> float:
    """Give the median; one more run before, not counted, compiles and warms up."""
    work()
    return statistics.median(clock(work)() for _ in range(repeats))


def run_process(*command: object) -> Process:
    """Run a command to its end, Python's with bytecode on disk after the first run.

    Raises
    ------
    RuntimeError
        It failed.
    """
    launched = subprocess.run(  # noqa: S603 - commands of the benchmark
        [sys.executable, "-S", "-c", _LAUNCHER, *map(str, command)],
        check=True,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
    )
    seconds, peak, status = json.loads(launched.stdout)
    if status:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {status}: {launched.stderr.strip()[-500:]}")
    return Process(seconds, peak)


def own_peak_bytes() -> int:
    """Give the most memory that this process has held, bytes, without what its parent held; 0 where unknown."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def read_bandwidth(*, repeats: int, size: int = 1 << 29) -> float:
    """Give the bytes per second that one thread reads from memory in order, the best of several."""
    import numba  # noqa: PLC0415 - 0.8 s

    @numba.njit
    def total(array: np.ndarray) -> int:
        found = 0
        for value in array:
            found += value
        return found

    array = np.ones(size // 8, dtype=np.int64)
    total(array)
    return array.nbytes / min(clock(lambda: total(array))() for _ in range(max(3, repeats)))
