"""Threads that unpack and read the blocks of a pbf file ahead, and give what they made in the order of the file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from palveluverkko.osm.pbf_blocks import Block, Content, at_block

_THREADS = min(4, os.cpu_count() or 1)
_AHEAD = 3
_MOST_UNPACKED = 32 << 20
"""Bytes of blocks that may wait for their turn: about what is unpacked while numba is imported."""

# Read in 0.06 s without threads.
_SMALL = 4_000_000

Given = TypeVar("Given")
Made = TypeVar("Made")


@contextmanager
def reading_threads(size: int) -> Iterator[ThreadPoolExecutor | None]:
    """Give threads for a file of some bytes, let go as soon as something stops the reading, such as Ctrl-C.

    A small file has none: each keeps a heap of its own, which took 1.3 of 3.9 MB while Andorra was read.
    """
    if size <= _SMALL:
        yield None
        return
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


class Unpacked:
    """The contents of blocks in the order of the file, unpacked ahead by threads from the moment this is made.

    So the first blocks of a file are unpacked while numba is imported, and nodes while the ids of ways are sorted. A
    content that is not wanted is empty. Whatever is wrong with the file is raised in its turn.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor | None,
        packed: Iterator[tuple[Block, bytes]],
        is_wanted: Callable[[Content], bool] = lambda _content: True,
    ) -> None:
        self._pool, self._packed, self._is_wanted = pool, packed, is_wanted
        self._waiting: deque[tuple[Block, Future[bytes], int]] = deque()
        self._bytes = 0
        self._error: Exception | None = None
        if pool is not None:
            self._go_on()

    def __iter__(self) -> Iterator[tuple[Block, Future[bytes]]]:
        """Give each block with its content."""
        while True:
            self._go_on()
            if not self._waiting:
                break
            block, content, size = self._waiting.popleft()
            self._bytes -= size
            yield block, content
        if self._error is not None:
            raise self._error

    def _go_on(self) -> None:
        """Begin with as many blocks as may lie unpacked; one where there are no threads."""
        try:
            while self._error is None and self._bytes < (_MOST_UNPACKED if self._pool else 1):
                self._begin(*next(self._packed))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - raised when all before it was taken
            self._error = error

    def _begin(self, block: Block, data: bytes) -> None:
        with at_block(block.begin):
            content = Content.of(data)
            wanted = self._is_wanted(content)
        if not wanted:
            self._waiting.append((block, _done(bytes, 0), 0))
            return
        unpacked = self._pool.submit(content.whole) if self._pool else _done(Content.whole, content)
        self._waiting.append((block, unpacked, content.size))
        self._bytes += content.size


def in_turn(
    pool: ThreadPoolExecutor | None, work: Callable[[Given], Made], given: Iterable[Given]
) -> Iterator[tuple[Given, Future[Made]]]:
    """Do work in threads, a few ahead, and give what was made in the order of what was given.

    An error in what is given is raised when all before it was taken.
    """
    waiting: deque[tuple[Given, Future[Made]]] = deque()
    wrong: Exception | None = None
    try:
        for one in given:
            waiting.append((one, pool.submit(work, one) if pool else _done(work, one)))
            if pool is None or len(waiting) > _AHEAD * _THREADS:
                yield waiting.popleft()
    except Exception as error:  # noqa: BLE001 - raised below
        wrong = error
    yield from waiting
    if wrong is not None:
        raise wrong


def _done(work: Callable[[Given], Made], one: Given) -> Future[Made]:
    """Do work at once."""
    done: Future[Made] = Future()
    try:
        done.set_result(work(one))
    except Exception as error:  # noqa: BLE001 - told where its result is asked for, as threads do
        done.set_exception(error)
    return done
