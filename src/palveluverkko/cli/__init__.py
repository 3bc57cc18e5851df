"""The command line: one module for each family of commands. Everything heavy is imported when a command runs."""

from __future__ import annotations

import gc
import sys

from palveluverkko.cli.exits import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_INTERRUPTED, end_interrupted, leave
from palveluverkko.domain.errors import PalveluverkkoError

__all__ = ["EXIT_BAD_INPUT", "EXIT_CHECK_FAILED", "EXIT_INTERRUPTED", "end_interrupted", "main", "run"]

_NEW_OBJECTS = 100_000
"""Between two searches for cycles. Python's 700 mean 0.03 s while numba is imported, where there are none to find."""


def run() -> None:
    """Run the command line as a process of its own, which ends with it."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    try:
        main()
    except SystemExit as end:
        leave(end.code)


def main() -> None:
    """Run the command line; a mistake in the user's input prints one line and exits with 2, Ctrl-C with 130.

    The commands are imported here, where an interrupt is heeded: that takes most of the time of ``--help``.
    """
    try:
        from palveluverkko.cli.commands import app

        app()
    except PalveluverkkoError as error:
        sys.stderr.write(f"palveluverkko: {error}\n")
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        end_interrupted()
    except SystemError as error:
        # What an interrupt becomes that arrives while a compiled kernel runs and hands over several arrays.
        if not isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            raise
        end_interrupted()
    except SystemExit as end:
        # Typer turns an interrupt into this code, and says nothing.
        if end.code == EXIT_INTERRUPTED:
            end_interrupted()
        raise
