"""Exit codes of the command line."""

EXIT_CHECK_FAILED = 1
"""A norm or a check failed where ``--strict`` asked for it."""

EXIT_BAD_INPUT = 2
"""The user's input is wrong."""

EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells have it."""
