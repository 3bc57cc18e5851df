"""The command line: one module for each family of commands. Everything heavy is imported when a command runs."""

from __future__ import annotations

import atexit
import gc
import sys

from palveluverkko.cli.exits import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_INTERRUPTED, end_interrupted
from palveluverkko.domain.errors import PalveluverkkoError

__all__ = ["EXIT_BAD_INPUT", "EXIT_CHECK_FAILED", "EXIT_INTERRUPTED", "end_interrupted", "main"]


def main() -> None:
    """Run the command line; a mistake in the user's input prints one line and exits with 2, Ctrl-C with 130.

    The commands are imported here, where an interrupt is heeded: that takes most of the time of ``--help``.
    """
    # At the end Python looks for cycles among the million objects of numba before it drops them all: 0.2 s.
    atexit.register(gc.freeze)
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
