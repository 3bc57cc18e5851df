"""The command line as another process that heeds interrupts, whoever runs the tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# A process in the background of a shell ignores interrupts, and so do its children. Set right by the process itself:
# between fork and exec nothing may run while other threads of the tests hold locks.
_HEEDING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
{before}
from palveluverkko.cli import main
main()
"""


def command_line(*arguments: object, before: str = "") -> list[str]:
    """Give the command that runs the command line, after a line of Python of the test's own."""
    return [sys.executable, "-c", _HEEDING.format(before=before), *map(str, arguments)]


@contextmanager
def killed_at_last(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process whatever happens: who waits for one that never ends tells nobody which it was."""
    try:
        yield
    finally:
        process.kill()
