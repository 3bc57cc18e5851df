"""Road networks: network build, network info."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko.cli.options import (
    AccessSpeedOption,
    MaxAccessOption,
    NetworkArgument,
    SeasonOption,
    car_profile,
    parse_area,
    read_roads,
)
from palveluverkko.cli.progress import showing_progress
from palveluverkko.domain.errors import StudyError

if TYPE_CHECKING:
    from palveluverkko.network.road_network import RoadNetwork

commands = typer.Typer(
    name="network", help="Build and inspect road networks.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command("build")
def network_build(
    roads: Annotated[
        list[Path], typer.Argument(metavar="ROADS...", help="OpenStreetMap files, or one table of roads (.gpkg, ...).")
    ],
    *,
    out: Annotated[Path, typer.Option(help="Network file to write (.pvnet).")],
    season: SeasonOption = None,
    access_speed_kmh: AccessSpeedOption = None,
    max_access_metres: MaxAccessOption = None,
    clip: Annotated[
        str | None,
        typer.Option(metavar="AREA", help="Keep the roads of an area: a file of polygons, or west,south,east,north."),
    ] = None,
    clip_buffer_metres: Annotated[
        float | None, typer.Option(metavar="M", help="So far beyond the area too; 20,000 when not given.")
    ] = None,
) -> None:
    """Build a road network and write it to a file of its own."""
    from palveluverkko.network.store import NO_STORE, STORE_SUFFIX, read_network, write_network

    if out.suffix != STORE_SUFFIX:
        raise StudyError(f"{out} does not end in {STORE_SUFFIX}; that ending tells a network file from a road file.")
    profile = car_profile(season, access_speed_kmh, max_access_metres)
    with showing_progress() as progress:
        built = read_network(
            roads,
            profile=profile,
            clip=None if clip is None else parse_area(clip),
            clip_buffer_metres=clip_buffer_metres,
            store=NO_STORE,
            progress=lambda done, total: progress("network", done, total),
        )
        write_network(built, out)
    echo_network(built)
    typer.echo(f"{out}")


@commands.command("info")
def network_info(network: NetworkArgument, *, season: SeasonOption = None) -> None:
    """Say what is in a road network."""
    with showing_progress() as progress:
        read = read_roads(network, season, progress=progress)
    echo_network(read)
    _echo_ferries(read)


def echo_network(network: RoadNetwork) -> None:
    """Say what a network is made of, with which profile, and where its speeds come from."""
    facts = network.describe()
    typer.echo(
        f"Roads: {facts['kilometres']:,.0f} km, {facts['edges']:,} edges, {facts['junctions']:,} junctions, "
        f"{facts['main_component_share']:.1%} in the main part, {facts['crs']}"
    )
    typer.echo(
        f"Profile: {facts['season']}, {facts['access_speed_kmh']:g} km/h off the road, at most "
        f"{facts['max_access_metres']:g} m"
    )
    sources = ", ".join(f"{source} {km:,.0f} km" for source, km in facts["kilometres_by_speed_source"].items())
    typer.echo(f"Speeds: {sources}")
    if facts["ferries"] or facts["ferries_closed"]:
        hours = facts["ferries_with_opening_hours"]
        typer.echo(
            f"Ferries: {facts['ferries']:,} crossings, {facts['ferries_closed']:,} closed"
            + (f"; opening hours of {hours:,} are not looked at" if hours else "")
        )


def _echo_ferries(network: RoadNetwork) -> None:
    """List the ferries with their minutes, so that one who knows them can check."""
    for one in network.crossings:
        ways = f"way{'s' if len(one.ways) > 1 else ''} {', '.join(map(str, one.ways))}"
        where = f"  {one.name or 'without a name'} ({ways}): {one.metres:,.0f} m, "
        if one.crossing_minutes is None or one.wait_minutes is None:
            typer.echo(f"{where}closed ({one.crossing_source})")
            continue
        typer.echo(
            f"{where}crossing {one.crossing_minutes:.1f} min ({one.crossing_source}), wait {one.wait_minutes:.1f} min "
            f"({one.wait_source})"
        )
