"""The command line: one module for each family of commands. Everything heavy is imported when a command runs."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import Annotated

import typer

from palveluverkko import __version__
from palveluverkko.cli import fetching, networks, searches, studies, warming
from palveluverkko.cli.exits import EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_INTERRUPTED
from palveluverkko.cli.progress import end_interrupted
from palveluverkko.domain.errors import PalveluverkkoError

__all__ = ["EXIT_BAD_INPUT", "EXIT_CHECK_FAILED", "EXIT_INTERRUPTED", "app", "main"]

app = typer.Typer(
    name="palveluverkko",
    help="Who reaches which level of public service in how many minutes, and what changes if the network changes.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: with rich's the answer to --help takes 0.5 s instead of 0.2 s.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _family in (studies, searches, warming, networks, fetching):
    # One without a name adds its commands to these.
    app.add_typer(_family.commands)


def main() -> None:
    """Run the command line; a mistake in the user's input prints one line and exits with 2, Ctrl-C with 130."""
    # At the end Python looks for cycles among the million objects of numba before it drops them all: 0.2 s.
    atexit.register(gc.freeze)
    try:
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


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
