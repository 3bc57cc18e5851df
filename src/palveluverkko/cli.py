"""The command line: commands, progress, exit codes. Everything heavy is imported when a command runs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko import __version__
from palveluverkko.domain.errors import PalveluverkkoError, StudyError

if TYPE_CHECKING:
    import pandas as pd

    from palveluverkko.network.road_network import RoadNetwork
    from palveluverkko.osm.profile import CarProfile
    from palveluverkko.study.pipeline import Progress

EXIT_CHECK_FAILED = 1
"""A norm or a check failed where ``--strict`` asked for it."""

EXIT_BAD_INPUT = 2
"""The user's input is wrong."""

_FINDINGS_SHOWN = 10

_STEP_NAMES = {
    "inputs": "Reading tables",
    "network": "Road network",
    "travel_times": "Travel times",
    "levels": "Levels and norms",
    "areas": "Surfaces and bands",
    "scenarios": "Scenarios",
    "write": "Writing files",
}

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
network_app = typer.Typer(help="Build and inspect road networks.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(network_app, name="network")

StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file, such as study.toml.")]
NetworkArgument = Annotated[
    Path, typer.Argument(metavar="NET|OSM", help="An OpenStreetMap file or a built network (.pvnet).")
]
SeasonOption = Annotated[
    str | None, typer.Option(help="summer or winter; summer unless a built network says otherwise.")
]
AccessSpeedOption = Annotated[
    float | None, typer.Option(metavar="KMH", help="Speed between road and place; the car profile's when not given.")
]
MaxAccessOption = Annotated[
    float | None,
    typer.Option(metavar="M", help="Longest way between road and place; the car profile's when not given."),
]
DirectionOption = Annotated[str, typer.Option(help="to_service (residents drive) or from_service (ambulances drive).")]
CrsOption = Annotated[str | None, typer.Option(help="CRS of x and y where the table does not say, such as EPSG:3067.")]


def main() -> None:
    """Run the command line; a mistake in the user's input prints one line and exits with 2."""
    try:
        app()
    except PalveluverkkoError as error:
        sys.stderr.write(f"palveluverkko: {error}\n")
        sys.exit(EXIT_BAD_INPUT)


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def run(
    study: StudyArgument,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a norm of the whole study fails.")] = False,
) -> None:
    """Run a study and write its map and tables."""
    from palveluverkko.study.study import read_study

    chosen = read_study(study)
    # A slip in the study file is told at once; what computes takes seconds to import.
    from palveluverkko.study.pipeline import run_study

    with _progress() as progress:
        results, files = run_study(chosen, progress=progress)
    for line in results.summary.to_dict("records"):
        typer.echo(
            f"{line['level']}: mean {_minutes(line['mean'])}, 90 % within {_minutes(line['p90'])}, "
            f"worst {_minutes(line['worst'])} ({line['worst_name']}), {line['unreached']:,.0f} people not reached"
        )
    failed = _echo_norms(results.norms)
    if len(results.findings):
        kinds = results.findings["verdict"].value_counts()
        typer.echo("Findings: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items()))
    typer.echo("Files:")
    for file in files:
        typer.echo(f"  {file}")
    if strict and failed:
        raise typer.Exit(EXIT_CHECK_FAILED)


@app.command()
def check(
    study: StudyArgument,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there are findings.")] = False,
) -> None:
    """Check a study and its data, without travel times."""
    from palveluverkko.study.study import read_study

    chosen = read_study(study)
    # A slip in the study file is told at once; what computes takes seconds to import.
    from palveluverkko.study.pipeline import check_study

    with _progress() as progress:
        inputs, findings = check_study(chosen, progress=progress)
    typer.echo(f"{study}: {len(inputs.points)} service points, {len(inputs.places)} places")
    _echo_network(inputs.network)
    _echo_findings(findings)
    typer.echo(f"{len(findings)} findings" if len(findings) else "No findings")
    if strict and len(findings):
        raise typer.Exit(EXIT_CHECK_FAILED)


@app.command()
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
    bands: Annotated[bool, typer.Option("--bands", help="Write disjoint bands instead of cumulative areas.")] = False,
    crs: CrsOption = None,
) -> None:
    """Draw the areas within minutes of each level."""
    from palveluverkko.domain.levels import LevelScheme
    from palveluverkko.reach.areas import to_isochrones
    from palveluverkko.report.vector import VECTOR_SUFFIXES, check_suffix, write_vector
    from palveluverkko.service.areas import bands as draw_bands
    from palveluverkko.tables.points import read_service_points

    check_suffix(out, VECTOR_SUFFIXES)
    thresholds = _parse_minutes(minutes)
    levels = LevelScheme.named(scheme)
    table = read_service_points(points, scheme=levels, crs=crs)
    roads = _read_network(network, season, access_speed_kmh, max_access_metres)
    drawn = draw_bands(roads, table.to_crs(roads.crs), minutes=thresholds, scheme=levels, direction=direction)
    write_vector(out, drawn if bands else to_isochrones(drawn, minutes=thresholds))
    typer.echo(f"{out}")


@app.command()
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
) -> None:
    """Compute travel times between two tables."""
    from palveluverkko.domain.travel import Direction, check_minutes
    from palveluverkko.reach.table import travel_times
    from palveluverkko.report.vector import MATRIX_SUFFIXES, check_suffix, write_matrix
    from palveluverkko.tables.points import read_points

    check_suffix(out, MATRIX_SUFFIXES)
    check_minutes([budget_minutes])
    starts, ends = read_points(origins, crs=crs), read_points(destinations, crs=crs)
    roads = _read_network(network, season, access_speed_kmh, max_access_metres)
    # One search for each row: search from the shorter table, the answer is the same.
    outward = len(starts) <= len(ends)
    points, places = (starts, ends) if outward else (ends, starts)
    direction = Direction.FROM_SERVICE if outward else Direction.TO_SERVICE
    table = travel_times(roads, points, places, budget_minutes=budget_minutes, direction=direction)
    write_matrix(out, table.to_frame())
    _echo_off_network(table.findings())
    typer.echo(f"{out}")


@network_app.command("build")
def network_build(
    osm: Annotated[Path, typer.Argument(metavar="OSM", help="An OpenStreetMap file.")],
    *,
    out: Annotated[Path, typer.Option(help="Network file to write (.pvnet).")],
    season: SeasonOption = None,
    access_speed_kmh: AccessSpeedOption = None,
    max_access_metres: MaxAccessOption = None,
) -> None:
    """Build a road network and write it to a file of its own."""
    from palveluverkko.network.store import NO_STORE, STORE_SUFFIX, read_network, write_network

    if out.suffix != STORE_SUFFIX:
        raise StudyError(f"{out} does not end in {STORE_SUFFIX}; that ending tells a network file from a road file.")
    built = read_network(osm, profile=_profile(season, access_speed_kmh, max_access_metres), store=NO_STORE)
    write_network(built, out)
    _echo_network(built)
    typer.echo(f"{out}")


@network_app.command("info")
def network_info(network: NetworkArgument, *, season: SeasonOption = None) -> None:
    """Say what is in a road network."""
    _echo_network(_read_network(network, season))


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show a bar on a terminal, nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<22}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=_STEP_NAMES.get(step, step), completed=done, total=total)

        yield show


def _read_network(
    path: Path, season: str | None, access_speed_kmh: float | None = None, max_access_metres: float | None = None
) -> RoadNetwork:
    """Read a road file with a profile, or a built network, which has its own and is only checked against a wish."""
    from palveluverkko.network.store import STORE_SUFFIX, read_network

    wished = season is not None or access_speed_kmh is not None or max_access_metres is not None
    if path.suffix == STORE_SUFFIX and not wished:
        return read_network(path)
    return read_network(path, profile=_profile(season, access_speed_kmh, max_access_metres))


def _profile(season: str | None, access_speed_kmh: float | None, max_access_metres: float | None) -> CarProfile:
    from palveluverkko.domain.travel import Season
    from palveluverkko.osm.profile import CarProfile

    chosen = Season.SUMMER if season is None else Season.parse(season)
    return CarProfile(season=chosen, access_speed_kmh=access_speed_kmh, max_access_metres=max_access_metres)


def _parse_minutes(text: str) -> tuple[float, ...]:
    from palveluverkko.domain.travel import check_minutes

    try:
        values = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise StudyError(f"--minutes {text!r} is not numbers with commas between, such as 15,30,60.") from None
    return check_minutes(values)


def _echo_network(network: RoadNetwork) -> None:
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


def _echo_findings(findings: pd.DataFrame) -> None:
    """List the first findings of each kind; the rest are counted, and all stand in the workbook of a run."""
    for verdict, same in findings.groupby("verdict", sort=False):
        for finding in same.head(_FINDINGS_SHOWN).to_dict("records"):
            away = "" if math.isnan(finding["metres"]) else f" ({finding['metres']:,.0f} m)"
            typer.echo(f"  {finding['subject']} {finding['id']}: {verdict}{away}. {finding['detail']}")
        if len(same) > _FINDINGS_SHOWN:
            typer.echo(f"  and {len(same) - _FINDINGS_SHOWN:,} more with {verdict}")


def _echo_norms(norms: pd.DataFrame) -> int:
    """Say how the norms of the whole study turned out; give the number that failed."""
    failed = 0
    for norm in norms[norms["area"] == ""].to_dict("records") if len(norms) else ():
        word = "met" if norm["passed"] else f"NOT met, {norm['missing']:,} people short"
        typer.echo(
            f"Norm {norm['level']} {norm['minutes']:g} min for {norm['share']:.0%} of {norm['group']}: "
            f"{norm['share_reached']:.1%}, {word}"
        )
        failed += not norm["passed"]
    return failed


def _echo_off_network(findings: pd.DataFrame) -> None:
    """Warn on stderr about points that have no travel times."""
    off = findings[findings["verdict"] == "off_network"]
    if len(off):
        from palveluverkko.domain.errors import name_ids

        typer.echo(f"{len(off)} points are off the road network: {name_ids(off['id'])}", err=True)


def _minutes(value: float) -> str:
    """Write minutes for a terminal; NaN means beyond the last threshold."""
    return "beyond the last threshold" if math.isnan(value) else f"{value:.1f} min"
