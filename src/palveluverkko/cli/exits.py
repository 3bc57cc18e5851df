"""Exit codes of the command line, and how it ends when it is interrupted."""

from __future__ import annotations

import os
import sys
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
