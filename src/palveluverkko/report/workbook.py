"""The report as an Excel workbook: what a planner carries into a decision paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from palveluverkko.domain.files import replacing
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.report.area_sheets import write_area_sheets, write_services
from palveluverkko.report.check_workbook import write_table_sheet
from palveluverkko.report.looks import BAD, GOOD, UNSURE
from palveluverkko.report.sheets import (
    LINE_HEIGHT,
    WORKBOOK_OPTIONS,
    Book,
    column_of,
    lines_of,
    say_none,
    says_something,
    with_index,
    without_idle_bounds,
    write_table,
    write_text,
)
from palveluverkko.report.summary_sheet import write_summary
from palveluverkko.report.texts import column_title, word

MOST_WORST_PLACES = 25
"""Longest journeys listed per level: a page each."""

_METHODS = ("time", "levels", "threshold", "mean", "people", "suppressed")
_NAMES_WIDTH, _VALUES_WIDTH = 26.0, 92.0  # of the sheet of sources, in characters
_SERVICES_WIDTH = 48.0


def write_report(  # noqa: PLR0913 - one argument per sheet
    path: Path,
    *,
    title: str,
    language: str,
    date: date,
    scheme: LevelScheme,
    summary: pd.DataFrame,
    people: pd.DataFrame,
    figures: pd.DataFrame,
    levels: pd.DataFrame,
    norms: pd.DataFrame,
    equity: pd.DataFrame,
    points_served: pd.DataFrame,
    impacts: Mapping[str, pd.DataFrame],
    findings: pd.DataFrame,
    sources: Mapping[str, str],
    sizes: pd.DataFrame | None = None,
    centre_levels: pd.DataFrame | None = None,
    point_levels: pd.DataFrame | None = None,
    services: pd.DataFrame | None = None,
    referral: pd.DataFrame | None = None,
    capacity: pd.DataFrame | None = None,
    checks: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> None:
    """Write the workbook. Equal arguments give equal bytes.

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    title
        Name of the study.
    language
        Language of all headings and words.
    date
        Date shown on the first sheet.
    scheme
        Order, names and colours of the levels.
    summary
        One row per level: mean, p90, worst, reached, unreached, ``beyond_<m>``.
    people
        People by area, level and band; rows with an empty area are the whole study.
    figures
        Mean, 90th percentile and people of each area, level and group; ``grouping`` is empty for the whole study and
        its areas and names further ones.
    levels
        Levels by place, from which the longest journeys are listed.
    norms
        Norms and whether they are met.
    equity
        How unevenly travel times fall on people, by level, area and group.
    points_served
        Service points with whatever is known of them; a count of people by level is called ``people_<level>``.
    impacts
        Impact by level of each scenario, by its name.
    findings
        Doubts found on the way.
    sizes
        Land and roads of each band, as :func:`palveluverkko.service.band_sizes.band_sizes` gives them.
    centre_levels, point_levels
        Levels of each municipal centre and of each service point; no sheet when None.
    services
        Key figures of single services, with their name in ``service``; no sheet when None.
    capacity
        Capacity within reach by area; no sheet when None.
    referral
        Referral chains by level and area; no sheet when None.
    checks
        Tables of a check, by name, each on a sheet of its own after the findings.
    sources
        Inputs and settings by what they are: file names, dates, season, direction.
    """
    with replacing(path) as beside, xlsxwriter.Workbook(beside, WORKBOOK_OPTIONS) as file:
        file.set_properties({"title": title, "created": datetime.combine(date, time(), tzinfo=UTC)})
        file.set_calc_mode("auto")
        book = Book(file, title, language, date, scheme)
        write_summary(book, summary=summary, people=people, norms=norms, findings=findings)
        write_area_sheets(book, people, figures, centre_levels, point_levels, points_served)
        if services is not None:
            write_services(book, services)
        _write_norms(book, norms)
        _write_equity(book, equity)
        if capacity is not None:
            _write_capacity(book, capacity)
        if referral is not None:
            _write_referral(book, referral)
        _write_worst(book, levels, points_served)
        _write_points(book, points_served)
        _write_scenarios(book, impacts)
        _write_findings(book, findings)
        for name, table in checks.items():
            write_table_sheet(book, name, table)
        _write_bands(book, people)
        if sizes is not None:
            write_table_sheet(book, "band_sizes", sizes)
        asked = {"equity": True, "capacity": capacity is not None, "referral": referral is not None}
        write_sources(book, sources, methods=[*_METHODS, *(name for name, told in asked.items() if told)])


def _write_norms(book: Book, norms: pd.DataFrame) -> None:
    """Say of each norm in words whether it is met, and colour the words where it is to be met."""
    sheet = book.sheet("norms", about=book.say("about_norms"))
    if norms.empty:
        say_none(book, sheet, "none_norms")
        return
    shown = norms.assign(group=[column_title(str(group), book.language, book.scheme) for group in norms["group"]])
    first = ["passed", "level", "minutes", "share", "group", "where", "area_name", "binding"]
    rest = [name for name in shown.columns if name not in {*first, "areas", "certain", "minutes_margin"}]
    # Columns that would say nothing: classes without any, bounds where no count is suppressed.
    idle = {"where"} if (shown["where"] == "").all() else set()
    if "missing_low" in shown and (shown["missing_low"] == shown["missing_high"]).all():
        idle |= {"missing_low", "missing_high"}
    words = shown.assign(passed=[book.say(verdict) for verdict in _verdicts(norms)])
    columns = [column_of(book, name, words[name]) for name in [*first, *rest] if name not in idle]
    end = write_table(book, sheet, 3, columns, words, frozen_columns=2)
    binding = xl_col_to_name(next(at for at, column in enumerate(columns) if column.source == "binding"), col_abs=True)
    for key, (ink, fill) in (("passed", GOOD), ("failed", BAD), ("uncertain", UNSURE)):
        look = book.file.add_format({"font_color": ink, "bg_color": fill, "bold": True})
        so = f'AND($A5="{book.say(key)}",{binding}5="{book.say("yes")}")'
        rule = {"type": "formula", "criteria": f"={so}", "format": look}
        sheet.conditional_format(4, 0, end - 1, 0, rule)


def _write_equity(book: Book, equity: pd.DataFrame) -> None:
    """List the whole study by group, then the areas, each by level."""
    sheet = book.sheet("equity", about=book.say("about_equity"))
    names = [column_title(str(group), book.language, book.scheme) for group in equity["group"]]
    shown = equity.assign(group=names).drop(columns=["area"])
    first = ["area_name", "group", "level"]
    figures = ["mean", "worst_tenth_from", "worst_tenth", "gini", "palma"]
    rest = [name for name in shown.columns if name not in {*first, *figures}]
    columns = [column_of(book, name, shown[name]) for name in [*first, *figures, *rest]]
    write_table(book, sheet, 3, columns, shown, frozen_columns=3)


def _write_capacity(book: Book, capacity: pd.DataFrame) -> None:
    """List the capacity within reach of each area, the whole study first."""
    costs = any(str(name).startswith("raam_") for name in capacity.columns)
    sheet = book.sheet("capacity", about=book.say("about_raam" if costs else "about_capacity"))
    shown = capacity.drop(columns=["area"])
    columns = [column_of(book, str(name), shown[name]) for name in shown.columns]
    write_table(book, sheet, 3, columns, shown, frozen_columns=1)


def _write_referral(book: Book, referral: pd.DataFrame) -> None:
    """List how long the way by the nearer levels is beside the straight one, the whole study first."""
    sheet = book.sheet("referral", about=book.say("about_referral"))
    shown = referral.drop(columns=["area"])
    first = ["area_name", "level", "chain_mean", "straight_mean"]
    rest = [str(name) for name in shown.columns if name not in first]
    columns = [column_of(book, name, shown[name]) for name in [*first, *rest]]
    write_table(book, sheet, 3, columns, shown, frozen_columns=2)


def _verdicts(norms: pd.DataFrame) -> list[str]:
    """Say of each norm whether it is met, missed, or either, as suppressed counts may be."""
    certain = norms["certain"] if "certain" in norms else [True] * len(norms)
    return [
        ("passed" if passed else "failed") if sure else "uncertain"
        for passed, sure in zip(norms["passed"], certain, strict=True)
    ]


def _write_worst(book: Book, levels: pd.DataFrame, points: pd.DataFrame) -> None:
    sheet = book.sheet("worst", about=book.say("about_worst", most=MOST_WORST_PLACES))
    worst = longest_journeys(levels, book.scheme, most=MOST_WORST_PLACES)
    rows = with_index(points)
    if "id" in rows and "name" in rows and len(worst):
        names = dict(zip(rows["id"], rows["name"], strict=True))
        worst.insert(list(worst.columns).index("point") + 1, "point_name", worst["point"].map(names))
    columns = [column_of(book, name, worst[name]) for name in worst.columns]
    write_table(book, sheet, 3, columns, worst, frozen_columns=2)


def longest_journeys(levels: pd.DataFrame, scheme: LevelScheme, *, most: int) -> pd.DataFrame:
    """List the inhabited places that do not reach each level, then those with the longest journeys to it.

    Of either kind at most so many.

    Ties go to the larger population, then to the lower id.
    """
    rows = with_index(levels)
    if "population" in rows:
        rows = rows[rows["population"] > 0]
    known = [name for name in ("name", "area_name", "kunta") if name in rows]
    parts = []
    for code in scheme.codes:
        if f"time_{code}" not in rows:
            continue
        part = pd.DataFrame({"level": code, "place_id": rows["place_id"]})
        part[known] = rows[known]
        part["time"] = rows[f"time_{code}"]
        if "population" in rows:
            part["population"] = rows["population"]
        part["point"] = rows[f"point_{code}"]
        part["served_by"] = rows[f"served_by_{code}"]
        by = ["time", *(["population"] if "population" in part else []), "place_id"]
        rising = [name == "place_id" for name in by]
        part = part.sort_values(by, ascending=rising, na_position="first")
        never = part["time"].isna()
        # Both lists in full: in a study with many unreached places these would push out every journey.
        part = pd.concat([part[never].head(most), part[~never].head(most)])
        part.insert(1, "rank", np.arange(1, len(part) + 1))
        parts.append(part)
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["level", "place_id", "time", "point"])
    )


def _write_points(book: Book, points: pd.DataFrame) -> None:
    """List the points: what they are and whom they serve first, long lists of services last."""
    sheet = book.sheet("points", about=book.say("about_points"))
    rows = with_index(points)
    # A line breaks after a space only.
    lists = {
        name: [str(one).replace(";", "; ") for one in rows[name]] for name in ("services", "languages") if name in rows
    }
    rows = rows.assign(**lists)
    served = [str(name) for name in rows if str(name).startswith("people_")]
    order = ["name", "level", "kunta", *served, "open", "candidate", "capacity", "cost_per_year", "languages", "id"]
    rest = [str(name) for name in rows if name not in {*order, "kunta_code", "geometry", "services"}]
    told = [name for name in [*order, *rest, "services"] if name in rows and _tells_apart(rows[name])]
    columns = [column_of(book, name, rows[name]) for name in told]
    columns = [replace(one, width=_SERVICES_WIDTH) if one.source == "services" else one for one in columns]
    write_table(book, sheet, 3, columns, rows, frozen_columns=1)


def _tells_apart(values: pd.Series[Any]) -> bool:
    """Tell whether a column says something: one that is empty, or "no" everywhere, only takes room."""
    return says_something(values) and not (pd.api.types.is_bool_dtype(values) and not values.any())


def _write_scenarios(book: Book, impacts: Mapping[str, pd.DataFrame]) -> None:
    sheet = book.sheet("scenarios", about=book.say("about_scenarios"))
    if not impacts:
        say_none(book, sheet, "none_scenarios")
        return
    rows = pd.concat([with_index(impact).assign(scenario=name) for name, impact in impacts.items()], ignore_index=True)
    idle = {"scenario", "worst_place"} if "worst_name" in rows else {"scenario"}
    rows = rows[["scenario", *(name for name in rows.columns if name not in idle)]]
    # Not the place of the longest trip, as elsewhere, but that of the trip that grows most.
    rows = rows.rename(columns={"worst_place": "most_extra_place", "worst_name": "most_extra_name"})
    columns = [column_of(book, name, rows[name]) for name in rows.columns]
    write_table(book, sheet, 3, columns, rows, frozen_columns=2)


def _write_findings(book: Book, findings: pd.DataFrame) -> None:
    sheet = book.sheet("findings", about=book.say("about_findings"))
    if findings.empty:
        say_none(book, sheet, "none_findings")
        return
    shown = pd.DataFrame(
        {
            "verdict": [word("verdict", str(slug), book.language) for slug in findings["verdict"]],
            "subject": [word("subject", str(slug), book.language) for slug in findings["subject"]],
            "id": findings["id"].to_numpy(),
            "metres": findings["metres"].to_numpy(),
            **{name: findings[name].to_numpy() for name in ("road", "way") if name in findings},
            "detail": findings["detail"].to_numpy(),
        }
    )
    columns = [column_of(book, name, shown[name]) for name in shown.columns if says_something(shown[name])]
    write_table(book, sheet, 3, columns, shown)


def _write_bands(book: Book, people: pd.DataFrame) -> None:
    sheet = book.sheet("bands", about=book.say("about_bands"))
    shown = without_idle_bounds(people)
    columns = [column_of(book, name, shown[name]) for name in shown.columns]
    write_table(book, sheet, 3, columns, shown)


def write_sources(book: Book, sources: Mapping[str, str], *, methods: Sequence[str]) -> None:
    """List the inputs, and below them the texts that say how things were computed."""
    sheet = book.sheet("sources")
    sheet.set_column(0, 0, _NAMES_WIDTH)
    sheet.set_column(1, 1, _VALUES_WIDTH)
    heading = book.format(bold=True, font_size=12)
    label, body = book.format(bold=True, valign="top", text_wrap=True), book.format(text_wrap=True, valign="top")
    sheet.write_string(2, 0, book.say("sources_heading"), heading)
    row = 3
    for name, value in sources.items():
        sheet.set_row(row, LINE_HEIGHT * lines_of(value, _VALUES_WIDTH) + 4)
        write_text(book, sheet, row, 0, name, label)
        write_text(book, sheet, row, 1, value, body)
        row += 1
    row += 1
    sheet.write_string(row, 0, book.say("method_heading"), heading)
    for key in methods:
        row += 1
        method = _levels_in_words(book) if key == "levels" else book.say(f"method_{key}")
        sheet.set_row(row, LINE_HEIGHT * lines_of(method, _NAMES_WIDTH + _VALUES_WIDTH) + 4)
        sheet.merge_range(row, 0, row, 1, "", body)
        sheet.write_string(row, 0, method, body)
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(1, 0)


def _levels_in_words(book: Book) -> str:
    """Say which points serve which level: of a scheme whose levels all contain the nearer ones in a sentence."""
    scheme = book.scheme
    serving = {code: scheme.serving(code) for code in scheme.codes}
    if all(serving[code] == scheme.codes[at:] for at, code in enumerate(scheme.codes)):
        return book.say("method_levels")
    served = [
        f"{book.level_name(code)} ← {', '.join(book.level_name(one) for one in points)}"
        for code, points in serving.items()
    ]
    return book.say("method_levels_apart", served="; ".join(served))
