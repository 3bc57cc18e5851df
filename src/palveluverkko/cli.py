"""The command line: commands, progress, exit codes. Everything heavy is imported when a command runs."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

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

EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells have it."""

_FINDINGS_SHOWN = 10

_STEP_NAMES = {
    "inputs": "Reading tables",
    "network": "Road network",
    "examine": "Examining the data",
    "travel_times": "Travel times",
    "levels": "Levels and norms",
    "areas": "Surfaces and bands",
    "searches": "Searching and writing",
    "scenarios": "Scenarios",
    "variants": "Speeds and seasons",
    "write": "Writing files",
    "warm": "Compiling",
    "fetch": "Fetching",
}

_ASKED_FROM_BYTES = 100_000_000
"""Downloads from here on are agreed with whoever sits at the terminal."""

_COMPILING = "Compiling the search kernels for this machine, once (up to a minute) …"

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
fetch_app = typer.Typer(help="Fetch open data from the web.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(fetch_app, name="fetch")

StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file, such as study.toml.")]
NetworkArgument = Annotated[
    Path,
    typer.Argument(metavar="NET|OSM", help="An OpenStreetMap file, a table of roads or a built network (.pvnet)."),
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
    """Run the command line; a mistake in the user's input prints one line and exits with 2, Ctrl-C with 130."""
    try:
        app()
    except PalveluverkkoError as error:
        sys.stderr.write(f"palveluverkko: {error}\n")
        sys.exit(EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        _interrupted()
    except SystemError as error:
        # What an interrupt becomes that arrives while a compiled kernel runs and hands over several arrays.
        if not isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            raise
        _interrupted()
    except SystemExit as end:
        # Typer turns an interrupt into this code, and says nothing.
        if end.code == EXIT_INTERRUPTED:
            _interrupted()
        raise


def _interrupted(left: str = "nothing was written") -> NoReturn:
    """Leave at once: whatever lay beside a file is gone by now, and threads need not be waited for.

    Not by ``sys.exit``: after an interrupt within an import Python ends as if it had not been caught.
    """
    sys.stdout.flush()
    sys.stderr.write(f"palveluverkko: interrupted; {left}\n")
    sys.stderr.flush()
    os._exit(EXIT_INTERRUPTED)


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
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write check.html, check.xlsx and check.gpkg there.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there are findings.")] = False,
) -> None:
    """Check a study and its data before it is run: the data doctor."""
    from palveluverkko.study.folder import check_folder
    from palveluverkko.study.study import read_study

    chosen = read_study(study)
    if out is not None:
        check_folder(out, option="--out")
    # A slip in the study file is told at once; what computes takes seconds to import.
    from palveluverkko.study.doctor_files import write_diagnosis
    from palveluverkko.study.doctor_lines import to_lines
    from palveluverkko.study.pipeline import check_study

    with _progress() as progress:
        inputs, diagnosis = check_study(chosen, progress=progress)
        if out is not None:
            progress("write", 0, 0)
        files = [] if out is None else write_diagnosis(chosen, inputs, diagnosis, out)
    typer.echo(f"{study}: {len(inputs.points)} service points, {len(inputs.places)} places")
    _echo_network(inputs.network)
    # Those of a table of their own stand there.
    _echo_findings(diagnosis.findings[~diagnosis.findings["verdict"].isin(["off_network", "rejected_maxspeed"])])
    for line in to_lines(diagnosis):
        typer.echo(line)
    for file in files:
        typer.echo(f"{file}")
    typer.echo(f"{diagnosis.doubts:,} findings" if diagnosis.doubts else "No findings")
    if strict and diagnosis.doubts:
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
    water: Annotated[
        str,
        typer.Option(metavar="osm|none|FILE", help="Water to leave out: that of the road file, none, or of a layer."),
    ] = "osm",
    bands: Annotated[bool, typer.Option("--bands", help="Write disjoint bands instead of cumulative areas.")] = False,
    crs: CrsOption = None,
) -> None:
    """Draw the areas within minutes of each level."""
    from palveluverkko.domain.levels import LevelScheme
    from palveluverkko.network.water import water_of_study
    from palveluverkko.reach.areas import to_isochrones
    from palveluverkko.report.vector import VECTOR_SUFFIXES, check_suffix, write_vector
    from palveluverkko.service.areas import bands as draw_bands
    from palveluverkko.tables.points import read_service_points

    check_suffix(out, VECTOR_SUFFIXES)
    thresholds = _parse_minutes(minutes)
    levels = LevelScheme.named(scheme)
    table = read_service_points(points, scheme=levels, crs=crs)
    with _progress() as progress:
        roads = _read_network(network, season, access_speed_kmh, max_access_metres, progress=progress)
        progress("areas", 0, 0)
        wet = water_of_study([network], water)
        drawn = draw_bands(
            roads, table.to_crs(roads.crs), minutes=thresholds, scheme=levels, direction=direction, water=wet
        )
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
    method: Annotated[str, typer.Option(help="auto, buckets or sweep; the times are the same.")] = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="Threads to search on; 0 for one on each processor.")] = 0,
) -> None:
    """Compute travel times between two tables."""
    from palveluverkko.domain.travel import Direction, check_minutes, to_milliseconds
    from palveluverkko.reach.stream import SUFFIXES, StreamedTimes, write_travel_times
    from palveluverkko.reach.table import check_search
    from palveluverkko.report.vector import check_suffix
    from palveluverkko.tables.points import read_points

    check_suffix(out, SUFFIXES)
    check_minutes([budget_minutes])
    check_search(method, threads, to_milliseconds(budget_minutes))
    starts, ends = read_points(origins, crs=crs), read_points(destinations, crs=crs)
    # One search for each row: search from the shorter table, the answer is the same.
    outward = len(starts) <= len(ends)
    points, places = (starts, ends) if outward else (ends, starts)
    with _progress() as progress:
        roads = _read_network(network, season, access_speed_kmh, max_access_metres, progress=progress)
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


@app.command()
def sensitivity(
    study: StudyArgument,
    *,
    speed_factor: Annotated[
        str, typer.Option(help="Driving speeds relative to the season's, with commas; 0.9 is a tenth slower.")
    ] = "0.9,1.0,1.1",
    season: Annotated[
        str | None, typer.Option(help="summer, winter or both with a comma; the study's own when not given.")
    ] = None,
    access_legs: Annotated[
        str, typer.Option(help="fixed, or scaled: the way between road and place takes part in the factor.")
    ] = "fixed",
    out: Annotated[
        Path | None, typer.Option(help="Folder for sensitivity.xlsx, .csv, .png and the places; none when not given.")
    ] = None,
) -> None:
    """Say whose band changes if cars drive slower, faster or in another season."""
    from palveluverkko.domain.travel import AccessLegs, check_seasons, check_speed_factors
    from palveluverkko.study.folder import check_folder
    from palveluverkko.study.study import read_study

    factors = check_speed_factors(_parse_numbers(speed_factor, "--speed-factor", "0.9,1.0,1.1"))
    seasons = () if season is None else check_seasons([one.strip() for one in season.split(",") if one.strip()])
    legs = AccessLegs.parse(access_legs)
    chosen = read_study(study)
    if out is not None:
        check_folder(out, option="--out")
    # A slip in the options or the study file is told at once; what computes takes seconds to import.
    from datetime import date

    from palveluverkko.study.sensitivity import study_sensitivity, write_study_sensitivity

    with _progress() as progress:
        result = study_sensitivity(chosen, speed_factors=factors, seasons=seasons, access_legs=legs, progress=progress)
        files = []
        if out is not None:
            progress("write", 0, 0)
            files = write_study_sensitivity(chosen, result, out, day=date.today())  # noqa: DTZ011  # the user's day
    _echo_sensitivity(result.areas, result.norms)
    if files:
        typer.echo("Files:")
    for file in files:
        typer.echo(f"  {file}")


@app.command()
def warm() -> None:
    """Compile what searches are made of ahead of the first use."""
    from palveluverkko.engine.warm import cache_folder
    from palveluverkko.study.warm import compile_kernels

    typer.echo("Compiling what searches and road files need")
    begin = time.perf_counter()
    with _progress() as progress:
        progress("warm", 0, 0)
        compile_kernels()
    typer.echo(f"{time.perf_counter() - begin:.1f} s, kept in {cache_folder()}")
    typer.echo("Nothing is left to compile")


@network_app.command("build")
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
    profile = _profile(season, access_speed_kmh, max_access_metres)
    with _progress() as progress:
        built = read_network(
            roads,
            profile=profile,
            clip=None if clip is None else _parse_area(clip),
            clip_buffer_metres=clip_buffer_metres,
            store=NO_STORE,
            progress=lambda done, total: progress("network", done, total),
        )
        write_network(built, out)
    _echo_network(built)
    typer.echo(f"{out}")


@network_app.command("info")
def network_info(network: NetworkArgument, *, season: SeasonOption = None) -> None:
    """Say what is in a road network."""
    with _progress() as progress:
        read = _read_network(network, season, progress=progress)
    _echo_network(read)


@fetch_app.command("osm")
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
    with _progress() as progress:
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
        _interrupted(interrupted)
    for line in fetched.lines():
        typer.echo(line)


class _Steps:
    """Shows what is being done: a bar and lines above it on a terminal, nothing in a pipe."""

    def __init__(
        self,
        show: Callable[[str, int, int], None],
        say: Callable[[str], None],
        agree: Callable[[str], bool],
    ) -> None:
        self._show, self.say, self.agree = show, say, agree

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show how much of a step is done; a total of 0 is not known."""
        self._show(step, done, total)


@contextmanager
def _progress() -> Iterator[_Steps]:
    """Show a bar on a terminal, and say when kernels are compiled; nothing in a pipe."""
    from palveluverkko.engine.warm import choose_cache_folder, told_when_compiling

    choose_cache_folder()
    if not sys.stderr.isatty():
        yield _Steps(lambda _step, _done, _total: None, lambda _line: None, lambda _question: True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<22}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=_STEP_NAMES.get(step, step), completed=done, total=total or None)

        def say(line: str) -> None:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

        def agree(question: str) -> bool:
            # Without a keyboard nobody can answer: a script on a terminal's stderr is taken at its word.
            if not sys.stdin.isatty():
                return True
            bar.stop()
            try:
                answer = typer.confirm(question, default=True, err=True)
            except typer.Abort:
                raise KeyboardInterrupt from None
            bar.start()
            return answer

        with told_when_compiling(lambda: say(_COMPILING)):
            yield _Steps(show, say, agree)


def _read_network(
    path: Path,
    season: str | None,
    access_speed_kmh: float | None = None,
    max_access_metres: float | None = None,
    *,
    progress: Progress | None = None,
) -> RoadNetwork:
    """Read a road file with a profile, or a built network, which has its own and is only checked against a wish."""
    from palveluverkko.network.store import STORE_SUFFIX, read_network

    def show(done: int, total: int) -> None:
        if progress is not None:
            progress("network", done, total)

    wished = season is not None or access_speed_kmh is not None or max_access_metres is not None
    show(0, 0)
    if path.suffix == STORE_SUFFIX and not wished:
        return read_network(path)
    return read_network(path, profile=_profile(season, access_speed_kmh, max_access_metres), progress=show)


def _profile(season: str | None, access_speed_kmh: float | None, max_access_metres: float | None) -> CarProfile:
    from palveluverkko.domain.travel import Season
    from palveluverkko.osm.profile import CarProfile

    chosen = Season.SUMMER if season is None else Season.parse(season)
    return CarProfile(season=chosen, access_speed_kmh=access_speed_kmh, max_access_metres=max_access_metres)


def _parse_area(text: str) -> Path | list[float]:
    """Read west,south,east,north, or take the text for the name of a file."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return Path(text)


def _parse_minutes(text: str) -> tuple[float, ...]:
    from palveluverkko.domain.travel import check_minutes

    return check_minutes(_parse_numbers(text, "--minutes", "15,30,60"))


def _parse_numbers(text: str, option: str, example: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise StudyError(f"{option} {text!r} is not numbers with commas between, such as {example}.") from None


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


def _echo_norms(norms: pd.DataFrame, *, indent: str = "") -> int:
    """Say how the norms of the whole study turned out; give the number that failed."""
    failed = 0
    for norm in norms[norms["area"] == ""].to_dict("records") if len(norms) else ():
        word = "met" if norm["passed"] else f"NOT met, {norm['missing']:,} people short"
        typer.echo(
            f"{indent}Norm {norm['level']} {norm['minutes']:g} min for {norm['share']:.0%} of {norm['group']}: "
            f"{norm['share_reached']:.1%}, {word}"
        )
        failed += not norm["passed"]
    return failed


def _echo_sensitivity(areas: pd.DataFrame, norms: pd.DataFrame) -> None:
    """Say for each variant and level whose band changes, where most, and which norms turn out otherwise."""
    for variant, levels in areas.groupby("variant", sort=False):
        whole, single = levels[levels["area"] == ""], levels[levels["area"] != ""]
        baseline = bool(whole["baseline"].iloc[0])
        typer.echo(f"{variant} (baseline):" if baseline else f"{variant}:")
        for line in whole.to_dict("records"):
            if baseline or math.isnan(line["share_changed"]):
                typer.echo(f"  {line['level']}: mean {_minutes(line['mean'])}")
                continue
            own = single[(single["level"] == line["level"]) & (single["people_changed"] > 0)]
            most = own.loc[own["share_changed"].idxmax()] if len(own) else None
            where = "" if most is None else f", most in {most['area_name']} ({most['share_changed']:.1%})"
            typer.echo(
                f"  {line['level']}: {line['share_changed']:.1%} of people change bands, "
                f"{line['people_better']:,.0f} nearer and {line['people_worse']:,.0f} farther"
                f"{where}; {line['people_cut_off']:,.0f} cut off; {_more_minutes(line['extra_minutes_mean'])}"
            )
        if len(norms):
            _echo_norms(norms[norms["variant"] == variant], indent="  ")


def _echo_off_network(findings: pd.DataFrame) -> None:
    """Warn on stderr about points that have no travel times."""
    off = findings[findings["verdict"] == "off_network"]
    if len(off):
        from palveluverkko.domain.errors import name_ids

        typer.echo(f"{len(off)} points are off the road network: {name_ids(off['id'])}", err=True)


def _minutes(value: float) -> str:
    """Write minutes for a terminal; NaN means beyond the last threshold."""
    return "beyond the last threshold" if math.isnan(value) else f"{value:.1f} min"


def _more_minutes(extra: float) -> str:
    """Say how much longer journeys become; NaN where nobody arrives before and after."""
    return "nobody arrives as before" if math.isnan(extra) else f"{extra:+.1f} min on average"
