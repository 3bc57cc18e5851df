"""Commands that take roads and tables: isochrones, matrix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko.cli.options import (
    AccessSpeedOption,
    CrsOption,
    DirectionOption,
    MaxAccessOption,
    NetworkArgument,
    SeasonOption,
    parse_minutes,
    read_roads,
)
from palveluverkko.cli.progress import showing_progress

if TYPE_CHECKING:
    import pandas as pd

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def isochrones(
    network: NetworkArgument,
    points: Annotated[Path, typer.Argument(metavar="POINTS", help="Table of service points.")],
    *,
    out: Annotated[Path, typer.Option(help="GeoPackage, GeoJSON or GeoParquet to write (.gpkg, .geojson, .parquet).")],
    minutes: Annotated[str, typer.Option(help="Thresholds, rising, with commas.")] = "15,30,60,90,120,150,180",
    season: SeasonOption = None,
    access_speed_kmh: AccessSpeedOption = None,
    max_access_metres: MaxAccessOption = None,
    direction: DirectionOption = "to_service",
    scheme: Annotated[str, typer.Option(help="EAL, or a scheme of your own (.toml).")] = "EAL",
    water: Annotated[
        str,
        typer.Option(metavar="osm|none|FILE", help="Water to leave out: that of the road file, none, or of a layer."),
    ] = "osm",
    bands: Annotated[bool, typer.Option("--bands", help="Write disjoint bands instead of cumulative areas.")] = False,
    crs: CrsOption = None,
) -> None:
    """Draw the areas within minutes of each level."""
    from palveluverkko.domain.errors import StudyError, name_ids
    from palveluverkko.domain.levels import LevelScheme
    from palveluverkko.network.water import water_of_study
    from palveluverkko.reach.areas import to_isochrones
    from palveluverkko.reach.snap import snap
    from palveluverkko.report.vector import VECTOR_SUFFIXES, check_suffix, write_vector
    from palveluverkko.service.areas import bands as draw_bands
    from palveluverkko.tables.points import read_service_points

    check_suffix(out, VECTOR_SUFFIXES)
    thresholds = parse_minutes(minutes)
    levels = LevelScheme.named(scheme)
    table = read_service_points(points, scheme=levels, crs=crs)
    with showing_progress() as progress:
        roads = read_roads(network, season, access_speed_kmh, max_access_metres, progress=progress)
        progress("areas", 0, 0)
        wet = water_of_study([network], water)
        drawn = draw_bands(
            roads, table.to_crs(roads.crs), minutes=thresholds, scheme=levels, direction=direction, water=wet
        )
        if drawn.empty:
            raise StudyError(
                f"no land is reached within {thresholds[-1]:g} minutes of any open point of {points.name} "
                f"({name_ids(table.index)}): none stands within {roads.max_access_metres:g} m of a road. Mend their "
                "coordinates, or allow more with --max-access-metres."
            )
        write_vector(out, drawn if bands else to_isochrones(drawn, minutes=thresholds))
    _echo_off_network(snap(roads, table).findings("service_point"))
    if wet is not None and wet.mended:
        many = (
            "1 area of water crosses itself and was"
            if wet.mended == 1
            else f"{wet.mended} areas of water cross themselves and were"
        )
        typer.echo(f"{many} mended", err=True)
    typer.echo(f"{out}")


@commands.command()
def matrix(
    network: NetworkArgument,
    origins: Annotated[Path, typer.Argument(metavar="FROM", help="Table of points where trips begin.")],
    destinations: Annotated[Path, typer.Argument(metavar="TO", help="Table of points where trips end.")],
    *,
    out: Annotated[Path, typer.Option(help="Parquet or CSV to write: from_id, to_id, travel_time (minutes).")],
    budget_minutes: Annotated[float, typer.Option(help="Longest travel time kept; longer ones are empty.")] = 180,
    season: SeasonOption = None,
    access_speed_kmh: AccessSpeedOption = None,
    max_access_metres: MaxAccessOption = None,
    crs: CrsOption = None,
    method: Annotated[str, typer.Option(help="auto, buckets or sweep; the times are the same.")] = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="Threads to search on; 0 for one on each processor.")] = 0,
) -> None:
    """Compute travel times between two tables."""
    from palveluverkko.domain.travel import Direction, check_minutes, to_milliseconds
    from palveluverkko.reach.stream import SUFFIXES, StreamedTimes, write_travel_times
    from palveluverkko.reach.table import check_search
    from palveluverkko.report.vector import check_suffix
    from palveluverkko.tables.places import read_ends

    check_suffix(out, SUFFIXES)
    check_minutes([budget_minutes])
    check_search(method, threads, to_milliseconds(budget_minutes))
    starts, ends = read_ends(origins, crs=crs), read_ends(destinations, crs=crs)
    # One search for each row: search from the shorter table, the answer is the same.
    outward = len(starts) <= len(ends)
    points, places = (starts, ends) if outward else (ends, starts)
    with showing_progress() as progress:
        roads = read_roads(network, season, access_speed_kmh, max_access_metres, progress=progress)
        progress("travel_times", 0, 0)

        def announce(streamed: StreamedTimes) -> None:
            progress.say(str(streamed))

        written = write_travel_times(
            roads,
            points,
            places,
            out,
            budget_minutes=budget_minutes,
            direction=Direction.FROM_SERVICE if outward else Direction.TO_SERVICE,
            method=method,
            threads=threads,
            announce=announce,
            progress=lambda done, total: progress("searches", done, total),
        )
    _echo_off_network(written.findings)
    typer.echo(f"{out}")


def _echo_off_network(findings: pd.DataFrame) -> None:
    """Warn on stderr about points that have no travel times."""
    off = findings[findings["verdict"] == "off_network"]
    if len(off):
        from palveluverkko.domain.errors import name_ids

        many = "1 point is" if len(off) == 1 else f"{len(off)} points are"
        typer.echo(f"{many} off the road network: {name_ids(off['id'])}", err=True)
