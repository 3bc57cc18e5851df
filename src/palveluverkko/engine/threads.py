"""Threads around compiled kernels, outside them: quick to compile, and open to an interrupt at any moment.

Kernels release the interpreter's lock. The main thread only waits, so that Ctrl-C is heard at once; it raises a flag
that the kernels look at, and work in hand ends within one search.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_LATER_SECONDS = 0.02

Stop = NDArray[np.uint8]
Task = TypeVar("Task")
Result = TypeVar("Result")
Workspace = TypeVar("Workspace")


def available() -> int:
    """Count the processors that this process may use, or what NUMBA_NUM_THREADS says."""
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def interruptible(work: Callable[[Stop], Result]) -> Result:
    """Do one long piece of work in a thread; an interrupt in the main thread raises the flag that the work is given."""
    return next(in_threads([None], lambda _task, _space, stop: work(stop), make_workspace=lambda: None, threads=1))


@contextmanager
def threads_beside(count: int = 1) -> Iterator[ThreadPoolExecutor]:
    """Give threads that work beside the main one until a block ends; only an interrupt does not wait for them.

    An interrupt in the middle of an import can leave the lock of all imports held (seen with CPython 3.11): a thread
    that imports then never ends, and neither would who waits for it.
    """
    threads, waits = ThreadPoolExecutor(count), True
    try:
        yield threads
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        threads.shutdown(wait=waits, cancel_futures=not waits)


@contextmanager
def interrupts_between_imports() -> Iterator[None]:
    """Have the main thread heed interrupts only where it is not within Python's own import code.

    For as long as another thread imports too: raised there, an interrupt may be lost or leave the lock of all imports
    held, and both threads wait for each other for ever (3 of 609 interrupts while numba was imported, CPython
    3.11 on a busy machine).
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def heed(_number: int, frame: FrameType | None) -> None:
        if frame is None or not frame.f_code.co_filename.startswith("<frozen importlib"):
            raise KeyboardInterrupt
        again = threading.Timer(_LATER_SECONDS, _thread.interrupt_main)
        again.daemon = True
        again.start()

    signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def in_threads(
    tasks: Sequence[Task],
    work: Callable[[Task, Workspace, Stop], Result],
    *,
    make_workspace: Callable[[], Workspace],
    threads: int,
) -> Iterator[Result]:
    """Give the results of tasks in their order, with one workspace for each thread.

    At most one task more than there are threads is under way or waiting to be taken, so that results do not pile up.
    """
    stop = np.zeros(1, dtype=np.uint8)
    spaces: SimpleQueue[Workspace] = SimpleQueue()
    threads = max(1, min(threads, len(tasks)))

    def one(task: Task) -> Result:
        try:
            space = spaces.get_nowait()
        except Empty:
            space = make_workspace()
        try:
            return work(task, space, stop)
        finally:
            spaces.put(space)

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="palveluverkko") as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(one, task))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            stop[0] = 1
            for future in waiting:
                future.cancel()
            raise
