"""Open data from the web: fetch osm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from palveluverkko import __version__
from palveluverkko.cli.progress import end_interrupted, showing_progress

commands = typer.Typer(name="fetch", help="Fetch open data from the web.", no_args_is_help=True, rich_markup_mode=None)


_ASKED_FROM_BYTES = 100_000_000
"""Downloads from here on are agreed with whoever sits at the terminal."""


@commands.command("osm")
def fetch_osm(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="finland, a region (lappi), another extract of Geofabrik (europe/estonia), a place, or a box: "
            "west,south,east,north.",
        ),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; named after WHAT when not given.")
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="PALVELUVERKKO_MIRROR", help="Server of extracts instead of Geofabrik's."),
    ] = None,
    overpass: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="PALVELUVERKKO_OVERPASS", help="Overpass server for places and boxes."),
    ] = None,
    nominatim: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="PALVELUVERKKO_NOMINATIM", help="Nominatim server for names of places."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Fetch without asking, however much it is.")] = False,
) -> None:
    """Fetch roads of OpenStreetMap; what was interrupted goes on."""
    from palveluverkko.domain.download import KeptInterrupt
    from palveluverkko.osm.fetch import Servers, fetch_roads

    default = Servers()
    servers = Servers(mirror or default.geofabrik, overpass or default.overpass, nominatim or default.nominatim)
    with showing_progress() as progress:
        progress("fetch", 0, 0)

        def begin(done: int, total: int) -> None:
            big = total - done >= _ASKED_FROM_BYTES and not yes
            if big and not progress.agree(f"{(total - done) / 1e6:,.0f} MB are to be fetched. Go on?"):
                progress.say("Nothing was fetched")
                raise typer.Exit

        def show(done: int, total: int) -> None:
            of_all = f"of {total / 1e6:,.0f} " if total else ""
            progress(f"{done / 1e6:,.0f} {of_all}MB", done, total)

        interrupted = ""
        try:
            fetched = fetch_roads(
                what, out, user_agent=f"palveluverkko/{__version__}", servers=servers, progress=show, begin=begin
            )
        except KeptInterrupt as kept:
            # Told when the bar is gone, so that the line stands alone.
            interrupted = f"{kept.part} keeps what has arrived, run the same again to go on"
    if interrupted:
        end_interrupted(interrupted)
    for line in fetched.lines():
        typer.echo(line)
