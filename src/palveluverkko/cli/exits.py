"""Exit codes of the command line, and how it ends when it is interrupted."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from typing import NoReturn

EXIT_CHECK_FAILED = 1
"""A norm or a check failed where ``--strict`` asked for it."""

EXIT_BAD_INPUT = 2
"""The user's input is wrong."""

EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells have it."""


def end_interrupted(left: str = "nothing was written") -> NoReturn:
    """Leave at once: whatever lay beside a file is gone by now, and threads need not be waited for.

    Not by ``sys.exit``: after an interrupt within an import Python ends as if it had not been caught.
    """
    sys.stdout.flush()
    sys.stderr.write(f"palveluverkko: interrupted; {left}\n")
    sys.stderr.flush()
    os._exit(EXIT_INTERRUPTED)


def leave(code: object) -> NoReturn:
    """End with a code as Python does, but leave it to the system to take away a million objects: 0.04 s.

    Threads are waited for, what was registered for the end is done and the streams are flushed. A code that is a text,
    and a stream that nobody reads any more, are left to Python's own end.
    """
    gc.freeze()  # should it come to that: else Python looks for cycles among all objects, 0.2 s
    wait_for_threads = getattr(threading, "_shutdown", None)  # no public name does this before the very end
    if not isinstance(code, int | None) or wait_for_threads is None:
        raise SystemExit(code)
    wait_for_threads()
    atexit._run_exitfuncs()  # noqa: SLF001  # nor this
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        raise SystemExit(code) from None
    os._exit(code or 0)
