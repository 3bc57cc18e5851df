"""Commands that take a study file: run, check, sensitivity."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko.cli.exits import EXIT_CHECK_FAILED
from palveluverkko.cli.networks import echo_network
from palveluverkko.cli.options import StudyArgument, parse_numbers
from palveluverkko.cli.progress import showing_progress

if TYPE_CHECKING:
    import pandas as pd

_FINDINGS_SHOWN = 10

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def run(
    study: StudyArgument,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when a norm is not met.")] = False,
) -> None:
    """Run a study and write its map and tables."""
    from palveluverkko.study.study import read_study

    chosen = read_study(study)
    # A slip in the study file is told at once; what computes takes seconds to import.
    from palveluverkko.study.pipeline import run_study

    with showing_progress() as progress:
        results, files = run_study(chosen, progress=progress)
    for line in results.summary.to_dict("records"):
        if math.isnan(line["mean"]):
            typer.echo(f"{line['level']}: nobody reaches it, {line['unreached']:,.0f} people not reached")
            continue
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


@commands.command()
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

    with showing_progress() as progress:
        inputs, diagnosis = check_study(chosen, progress=progress)
        if out is not None:
            progress("write", 0, 0)
        files = [] if out is None else write_diagnosis(chosen, inputs, diagnosis, out)
    typer.echo(f"{study}: {len(inputs.points)} service points, {len(inputs.places)} places")
    echo_network(inputs.network)
    # Those of a table of their own stand there.
    _echo_findings(diagnosis.findings[~diagnosis.findings["verdict"].isin(["off_network", "rejected_maxspeed"])])
    for line in to_lines(diagnosis):
        typer.echo(line)
    for file in files:
        typer.echo(f"{file}")
    typer.echo(f"{diagnosis.doubts:,} findings" if diagnosis.doubts else "No findings")
    if strict and diagnosis.doubts:
        raise typer.Exit(EXIT_CHECK_FAILED)


@commands.command()
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

    factors = check_speed_factors(parse_numbers(speed_factor, "--speed-factor", "0.9,1.0,1.1"))
    seasons = () if season is None else check_seasons([one.strip() for one in season.split(",") if one.strip()])
    legs = AccessLegs.parse(access_legs)
    chosen = read_study(study)
    if out is not None:
        check_folder(out, option="--out")
    # A slip in the options or the study file is told at once; what computes takes seconds to import.
    from datetime import date

    from palveluverkko.study.sensitivity import study_sensitivity, write_study_sensitivity

    with showing_progress() as progress:
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


def _echo_findings(findings: pd.DataFrame) -> None:
    """List the first findings of each kind; the rest are counted, and all stand in the workbook of a run."""
    for verdict, same in findings.groupby("verdict", sort=False):
        for finding in same.head(_FINDINGS_SHOWN).to_dict("records"):
            away = "" if math.isnan(finding["metres"]) else f" ({finding['metres']:,.0f} m)"
            typer.echo(
                f"  {' '.join(filter(None, (finding['subject'], finding['id'])))}: {verdict}{away}. {finding['detail']}"
            )
        if len(same) > _FINDINGS_SHOWN:
            typer.echo(f"  and {len(same) - _FINDINGS_SHOWN:,} more with {verdict}")


def _echo_norms(norms: pd.DataFrame, *, indent: str = "") -> int:
    """Say how the norms turned out, where they are to be met; give the number that failed."""
    from palveluverkko.service.norms import TARGET

    failed = 0
    for _, same in norms.groupby(list(TARGET), sort=False):
        whole = same[same["area"] == ""].iloc[0]
        class_ = f" where {whole['where']}" if whole["where"] else ""
        unit = "places" if whole["group"] == "places" else "people"
        target = f"Norm {whole['level']} {whole['minutes']:g} min for {whole['share']:.0%} of {whole['group']}{class_}"
        missed = same[same["binding"].astype(bool) & ~same["passed"].astype(bool)]
        failed += len(missed) > 0
        if whole["areas"] == "each":
            worst = None if missed.empty else missed.sort_values("margin").iloc[0]
            word = (
                "met"
                if worst is None
                else f"NOT met in {len(missed)}, least in {worst['area_name'] or worst['area']}: "
                f"{worst['share_reached']:.1%}, {worst['missing']:,} {unit} short"
            )
            typer.echo(f"{indent}{target}, in each of {same['binding'].sum()} areas: {word}")
            continue
        word = "met" if whole["passed"] else f"NOT met, {whole['missing']:,} {unit} short"
        if not whole["certain"]:
            word += f" ({whole['missing_low']:,} to {whole['missing_high']:,}, counts being suppressed)"
        typer.echo(f"{indent}{target}: {whole['share_reached']:.1%}, {word}")
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


def _minutes(value: float) -> str:
    """Write minutes for a terminal; NaN means beyond the last threshold."""
    return "beyond the last threshold" if math.isnan(value) else f"{value:.1f} min"


def _more_minutes(extra: float) -> str:
    """Say how much longer journeys become; NaN where nobody arrives before and after."""
    return "nobody arrives as before" if math.isnan(extra) else f"{extra:+.1f} min on average"
