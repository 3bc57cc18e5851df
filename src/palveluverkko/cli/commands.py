"""The commands of all families under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from palveluverkko import __version__
from palveluverkko.cli import fetching, networks, searches, studies, warming

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


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
