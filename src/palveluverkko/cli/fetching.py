"""Open data from the web: fetch osm, population, areas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko import __version__
from palveluverkko.cli.exits import end_interrupted
from palveluverkko.cli.progress import showing_progress

if TYPE_CHECKING:
    from palveluverkko.tables.wfs import Query

commands = typer.Typer(name="fetch", help="Fetch open data from the web.", no_args_is_help=True, rich_markup_mode=None)


_CORNERS = 4

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


BoxOption = Annotated[
    str | None, typer.Option(metavar="W,S,E,N", help="Only what touches this box: west,south,east,north in degrees.")
]
OutOption = Annotated[Path | None, typer.Option(metavar="FILE", help="GeoPackage to write; has a name of its own.")]
LayerOption = Annotated[str, typer.Option(metavar="NAME", help="Another layer of the server.")]


@commands.command("population")
def fetch_population(
    *,
    year: Annotated[int, typer.Option(help="Population at the end of this year.")] = 2023,
    grid: Annotated[str, typer.Option(help="Squares of 1km or 5km.")] = "1km",
    box: BoxOption = None,
    out: OutOption = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", envvar="PALVELUVERKKO_POPULATION_WFS", help="Another WFS server.")
    ] = None,
    layer: LayerOption = "",
) -> None:
    """Fetch Statistics Finland's population grid; what was interrupted goes on."""
    from palveluverkko.tables.wfs import POPULATION_SERVER, population_query

    query = population_query(year=year, grid=grid, server=server or POPULATION_SERVER, layer=layer)
    _fetch(query, out or Path(f"population_{grid}_{year}.gpkg"), box)


@commands.command("areas")
def fetch_areas(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="municipalities, counties (wellbeing), regions or subregions."),
    ] = "municipalities",
    *,
    year: Annotated[int, typer.Option(help="As the areas were in this year.")] = 2024,
    box: BoxOption = None,
    out: OutOption = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", envvar="PALVELUVERKKO_AREAS_WFS", help="Another WFS server.")
    ] = None,
    layer: LayerOption = "",
) -> None:
    """Fetch municipalities, counties or regions of Finland as polygons; what was interrupted goes on."""
    from palveluverkko.tables.wfs import AREAS_SERVER, areas_query

    query = areas_query(kind=kind, year=year, server=server or AREAS_SERVER, layer=layer)
    _fetch(query, out or Path(f"{kind}_{year}.gpkg"), box)


def _fetch(query: Query, path: Path, box: str | None) -> None:
    """Fetch the features of a query and say what they are."""
    from dataclasses import replace

    from palveluverkko.cli.options import parse_area
    from palveluverkko.domain.download import KeptInterrupt
    from palveluverkko.domain.errors import StudyError
    from palveluverkko.osm.area import Area
    from palveluverkko.tables.wfs import LICENCE, fetch_features, within_degrees

    if box is not None:
        corners = parse_area(box)
        if isinstance(corners, Path) or len(corners) != _CORNERS:
            raise StudyError(f"--box {box!r} is not four numbers; write west,south,east,north in degrees.")
        Area.of_box(corners)  # says what is wrong with it
        west, south, east, north = corners
        query = replace(query, box=within_degrees((west, south, east, north)))
    interrupted = ""
    with showing_progress() as progress:
        progress("fetch", 0, 0)

        def show(done: int, total: int) -> None:
            progress(f"{done:,} of {total:,} features" if total else f"{done:,} features", done, total)

        try:
            count = fetch_features(query, path, user_agent=f"palveluverkko/{__version__}", progress=show)
        except KeptInterrupt as kept:
            interrupted = f"{kept.part} keeps what has arrived, run the same again to go on"
    if interrupted:
        end_interrupted(interrupted)
    typer.echo(f"{path}: {count:,} features of {query.layer}")
    typer.echo(f"Licence: {LICENCE}")
