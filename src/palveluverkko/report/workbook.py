"""The report as an Excel workbook: what a planner carries into a decision paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from palveluverkko.domain.files import replacing
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import UNREACHED_COLOUR
from palveluverkko.domain.people import HIGH, LOW, POPULATION
from palveluverkko.report.check_workbook import write_table_sheet
from palveluverkko.report.looks import BAD, GOOD, INK, MUTED, UNSURE, by_minutes
from palveluverkko.report.sheets import (
    WORKBOOK_OPTIONS,
    Book,
    Column,
    column_of,
    say_none,
    with_index,
    without_idle_bounds,
    write_table,
    write_text,
)
from palveluverkko.report.texts import band_label, column_title, format_date, word

MOST_WORST_PLACES = 25
"""Longest journeys listed per level: a page each."""

_WHOLE = ""
_METHODS = ("time", "levels", "threshold", "mean", "people", "suppressed")
_LINE = 140  # characters of a line on the sheet of sources
_CHART_MARKERS = ("circle", "square", "diamond", "triangle")  # those that Excel fills


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
        Mean, 90th percentile and people of each area, level and group; only all people are shown.
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
        _write_summary(book, summary=summary, people=people, norms=norms, findings=findings)
        if (figures["area"] != _WHOLE).any():
            _write_matrix(book, figures)
        _write_areas(book, people)
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
        write_sources(book, sources, methods=_METHODS)


def _write_summary(
    book: Book, *, summary: pd.DataFrame, people: pd.DataFrame, norms: pd.DataFrame, findings: pd.DataFrame
) -> None:
    """Say the result in sentences, then in key figures, then as a curve."""
    sheet = book.sheet("summary")
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, book.title, book.format(bold=True, font_size=20))
    subtitle = book.say("subtitle", date=format_date(book.day, book.language))
    sheet.write_string(1, 0, subtitle, book.format(font_color=MUTED, font_size=11))
    row = 3
    for sentence in _sentences(book, summary, norms, findings):
        sheet.write_string(row, 0, sentence, book.format(font_size=11))
        row += 1

    row += 1
    sheet.write_string(row, 0, book.say("key_figures"), book.format(bold=True, font_size=12))
    summary = _key_figures(summary)
    columns = [column_of(book, name, summary[name]) for name in summary.columns]
    row = write_table(book, sheet, row + 1, columns, summary, first_width=26, filtered=False)

    row += 1
    sheet.write_string(row, 0, book.say("cumulative_title"), book.format(bold=True, font_size=12))
    shares = cumulative_shares(people, book.scheme)
    columns = [
        Column("minutes", book.say("within_minutes"), "limit"),
        *(Column(code, book.level_name(code), "share") for code in shares.columns),
    ]
    header = row + 1
    write_table(book, sheet, header, columns, shares.reset_index(), filtered=False, sets_widths=False)
    if len(shares):
        chart = _cumulative_chart(book, sheet.get_name(), shares, header)
        sheet.insert_chart(
            row,
            len(columns) + 1,
            chart,
            {"description": book.say("chart_description"), "object_position": 3},
        )
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(2, 0)
    sheet.activate()


def _key_figures(summary: pd.DataFrame) -> pd.DataFrame:
    """Give the figures in an order to be read; bounds where hidden counts leave any, of people alone."""
    shown = without_idle_bounds(summary)
    bounded = ("population", "unreached")
    rest = [
        name
        for name in shown.columns
        if not name.endswith((LOW, HIGH)) or name.removesuffix(LOW).removesuffix(HIGH) in bounded
    ]
    return shown[rest]


def _sentences(book: Book, summary: pd.DataFrame, norms: pd.DataFrame, findings: pd.DataFrame) -> list[str]:
    sentences = []
    for figures in summary.to_dict("records"):
        name = book.level_name(figures["level"])
        if math.isnan(figures["mean"]):
            sentences.append(book.say("sentence_level_nobody", level=name))
            continue
        place = figures.get("worst_name")
        sentence = book.say(
            "sentence_level",
            level=name,
            mean=book.number(figures["mean"]),
            p90=book.number(figures["p90"]),
            worst=book.number(figures["worst"]),
            place=place if isinstance(place, str) and place else figures["worst_place"],
        )
        if figures["unreached"] > 0:
            people = book.number(figures["unreached"], most_decimals=0)
            sentence += " " + book.say("sentence_unreached", people=people)
        sentences.append(sentence)
    if len(norms):
        sentences.append(book.say("sentence_norms", passed=int(norms["passed"].sum()), total=len(norms)))
    if len(findings):
        count = book.number(len(findings), most_decimals=0)
        sentences.append(book.say("sentence_findings", count=count, sheet=book.say("sheet_findings")))
    return sentences


def cumulative_shares(people: pd.DataFrame, scheme: LevelScheme) -> pd.DataFrame:
    """Give the share of all people within each threshold: index minutes, one column per level, near to far."""
    whole = people[people["area"] == _WHOLE]
    counts = whole.pivot_table(index="to_min", columns="level", values="population", aggfunc="sum", dropna=False)
    total = whole.groupby("level")["population"].sum()
    codes = [code for code in scheme.codes if code in counts.columns]
    shares = counts[counts.index.notna()].sort_index()[codes].fillna(0).cumsum() / total[codes]
    shares.index = shares.index.rename("minutes")
    return shares.rename_axis(columns=None)


def _cumulative_chart(book: Book, sheet_name: str, shares: pd.DataFrame, header: int) -> Any:  # noqa: ANN401
    """Draw the shares as lines over true minutes, so that unequal thresholds do not bend the curve."""
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    first, last = header + 1, header + len(shares)
    for number, code in enumerate(shares.columns):
        colour = book.scheme[code].colour
        chart.add_series(
            {
                "name": [sheet_name, header, number + 1],
                "categories": [sheet_name, first, 0, last, 0],
                "values": [sheet_name, first, number + 1, last, number + 1],
                "line": {"color": colour, "width": 2.25},
                "marker": {
                    "type": _CHART_MARKERS[book.scheme.position(code) % len(_CHART_MARKERS)],
                    "size": 7,
                    "fill": {"color": colour},
                    "border": {"color": "#ffffff"},
                },
            }
        )
    font = {"color": INK, "size": 9}
    grid = {"visible": True, "line": {"color": "#dfe4e7", "width": 0.75}}
    minutes = [float(value) for value in shares.index]
    step = min(np.diff([0.0, *minutes]).min() * 2, 60.0)
    chart.set_x_axis(
        {
            "name": book.say("axis_minutes"),
            "name_font": {**font, "bold": False},
            "num_font": font,
            "min": 0,
            "max": minutes[-1],
            "major_unit": step,
            "line": {"color": MUTED},
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_y_axis(
        {
            "name": book.say("axis_share"),
            "name_font": {**font, "bold": False},
            "num_font": font,
            "num_format": "0 %",
            "min": 0,
            "max": 1,
            "major_unit": 0.2,
            "line": {"none": True},
            "major_gridlines": grid,
        }
    )
    chart.set_legend({"position": "bottom", "font": {**font, "size": 10}})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": 620, "height": 380})
    return chart


def _write_matrix(book: Book, figures: pd.DataFrame) -> None:
    """Lay areas against levels: mean and 90th percentile side by side, coloured by their time, and a chart."""
    sheet = book.sheet("matrix", about=book.say("about_matrix"))
    wide = area_matrix(figures, book.scheme)
    codes = book.scheme.codes
    columns = [
        Column("area_name", book.say("column_area_name"), "text", width=24),
        Column("population", book.say("column_population"), "count", width=11),
    ]
    for what in ("mean", "p90", "worst"):
        columns += [
            Column(
                f"{what}_{code}",
                f"{book.level_name(code)}: {book.say(f'column_{what}')}",
                "minutes",
                absent=book.say("unreached"),
                fill=book.scheme[code].colour,
                width=14,
            )
            for code in codes
        ]
    columns += [
        Column(f"unreached_{code}", f"{book.level_name(code)}: {book.say('column_unreached')}", "count", width=12)
        for code in codes
    ]
    looks = [{"bold": area == _WHOLE, "bottom": 1 if area == _WHOLE else 4} for area in wide["area"]]
    end = write_table(book, sheet, 3, columns, wide, frozen_columns=1, looks=looks)
    scale = {"type": "3_color_scale", "min_color": "#ffffff", "mid_color": "#fdf3c7", "max_color": "#f0b27a"}
    for first in (2, 2 + len(codes)):
        sheet.conditional_format(4, first, end - 1, first + len(codes) - 1, scale)
    chart = _matrix_chart(book, sheet.get_name(), len(wide), codes)
    options = {"description": book.say("chart_areas_description"), "object_position": 3}
    sheet.insert_chart(end + 1, 0, chart, options)


def area_matrix(figures: pd.DataFrame, scheme: LevelScheme) -> pd.DataFrame:
    """Give one row for each area, the whole study first, then by name.

    Returns
    -------
    DataFrame
        area, area_name, population, and for each level X mean_X, p90_X, worst_X (minutes) and unreached_X (people).
    """
    own = figures[figures["group"] == POPULATION]
    names = own[own["level"] == scheme.codes[0]][["area", "area_name", "population"]].set_index("area")
    for what in ("mean", "p90", "worst", "unreached"):
        values = own.pivot_table(index="area", columns="level", values=what, aggfunc="first", dropna=False)
        names = names.join(values.reindex(columns=list(scheme.codes)).add_prefix(f"{what}_"))
    return names.reset_index()


def _matrix_chart(book: Book, sheet_name: str, rows: int, codes: Sequence[str]) -> Any:  # noqa: ANN401
    """Draw the mean minutes of each area as bars, a colour for each level."""
    chart = book.file.add_chart({"type": "column"})
    for number, code in enumerate(codes):
        chart.add_series(
            {
                "name": book.level_name(code),
                "categories": [sheet_name, 4, 0, 3 + rows, 0],
                "values": [sheet_name, 4, 2 + number, 3 + rows, 2 + number],
                "fill": {"color": book.scheme[code].colour},
                "gap": 60,
            }
        )
    font = {"color": INK, "size": 9}
    chart.set_x_axis({"num_font": {**font, "rotation": -45}, "line": {"color": MUTED}})
    chart.set_y_axis(
        {
            "name": book.say("column_mean"),
            "name_font": {**font, "bold": False},
            "num_font": font,
            "num_format": "0",
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": "#dfe4e7", "width": 0.75}},
        }
    )
    chart.set_legend({"position": "top", "font": {**font, "size": 10}})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": min(1400, max(620, 46 * rows)), "height": 400})
    return chart


def _write_areas(book: Book, people: pd.DataFrame) -> None:
    """Lay the bands of every area and level side by side: people first, then the share within each threshold."""
    sheet = book.sheet("areas", about=book.say("about_areas"))
    wide, limits = people_by_area(people, book.scheme)
    colours = by_minutes(limits)
    lower = [0.0, *limits]
    columns = [
        Column("area_name", book.say("column_area_name"), "text", width=24),
        Column("level", book.say("column_level"), "level", width=16),
        *(
            Column(f"band_{limit:g}", band_label(start, limit, book.language), "count", fill=colours[limit], width=9)
            for start, limit in zip(lower, limits, strict=False)
        ),
        Column("band_beyond", band_label(lower[-1], math.nan, book.language), "count", fill=UNREACHED_COLOUR, width=12),
        Column("total", book.say("column_total"), "count", width=10, adds=(f"band_{limits[0]:g}", "band_beyond"))
        if limits
        else Column("total", book.say("column_total"), "count", width=10),
        *(
            Column(
                f"share_{limit:g}",
                book.say("within", minutes=book.number(limit)),
                "share",
                absent=book.say("no_one"),
                width=8.5,
            )
            for limit in limits
        ),
    ]
    last_of_area = wide["area"] != wide["area"].shift(-1)
    looks = [
        {"bold": area == _WHOLE, "bottom": 1 if last else 4}
        for area, last in zip(wide["area"], last_of_area, strict=True)
    ]
    end = write_table(book, sheet, 3, columns, wide, frozen_columns=2, looks=looks)
    if len(wide) and limits:
        first = len(columns) - len(limits)
        scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}
        sheet.conditional_format(
            4, first, end - 1, len(columns) - 1, {**scale, "min_color": "#ffffff", "max_color": "#9ccfd8"}
        )


def people_by_area(people: pd.DataFrame, scheme: LevelScheme) -> tuple[pd.DataFrame, list[float]]:
    """Turn people by band into one row per area and level; the whole study comes first, areas by name.

    Returns
    -------
    tuple
        The rows (area, area_name, level, ``band_<to_min>``, band_beyond, total, ``share_<to_min>``) and the thresholds.
    """
    limits = sorted(float(limit) for limit in people["to_min"].dropna().unique())
    names = people.assign(band=[_band_column(limit) for limit in people["to_min"]])
    wide = names.pivot_table(
        index=["area", "level"], columns="band", values="population", aggfunc="sum", fill_value=0, observed=True
    )
    bands = [_band_column(limit) for limit in [*limits, math.nan]]
    wide = wide.reindex(columns=bands, fill_value=0).rename_axis(columns=None)
    total = wide.sum(axis=1)
    shares = wide[bands[:-1]].cumsum(axis=1).div(total.where(total > 0), axis=0)
    wide["total"] = total
    wide = pd.concat([wide, shares.set_axis([f"share_{limit:g}" for limit in limits], axis=1)], axis=1).reset_index()
    wide.insert(1, "area_name", wide["area"].map(dict(zip(people["area"], people["area_name"], strict=True))))
    order = {code: number for number, code in enumerate(scheme.codes)}
    wide = wide.sort_values(
        ["area", "area_name", "level"],
        key=lambda column: (
            column.map(order) if column.name == "level" else (column != _WHOLE if column.name == "area" else column)
        ),
    )
    return wide.reset_index(drop=True), limits


def _band_column(limit: float) -> str:
    return "band_beyond" if math.isnan(limit) else f"band_{limit:g}"


def _write_norms(book: Book, norms: pd.DataFrame) -> None:
    """Say of each norm in words whether it is met, and colour the words."""
    sheet = book.sheet("norms", about=book.say("about_norms"))
    if norms.empty:
        say_none(book, sheet, "none_norms")
        return
    shown = norms.assign(group=[column_title(str(group), book.language, book.scheme) for group in norms["group"]])
    first = [name for name in ("passed", "level", "minutes", "share", "group", "where", "area_name") if name in shown]
    rest = [name for name in shown.columns if name not in {*first, "areas", "certain", "binding", "minutes_margin"}]
    # Columns that would say nothing: classes without any, bounds where no count is suppressed.
    idle = {"where"} if "where" in shown and (shown["where"] == "").all() else set()
    if "missing_low" in shown and (shown["missing_low"] == shown["missing_high"]).all():
        idle |= {"missing_low", "missing_high"}
    words = shown.assign(passed=[book.say(verdict) for verdict in _verdicts(norms)])
    columns = [column_of(book, name, words[name]) for name in [*first, *rest] if name not in idle]
    end = write_table(book, sheet, 3, columns, words, frozen_columns=2, first_width=16)
    for key, (ink, fill) in (("passed", GOOD), ("failed", BAD), ("uncertain", UNSURE)):
        look = book.file.add_format({"font_color": ink, "bg_color": fill, "bold": True})
        rule = {"type": "cell", "criteria": "==", "value": f'"{book.say(key)}"', "format": look}
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
    write_table(book, sheet, 3, columns, shown, frozen_columns=3, first_width=24)


def _write_capacity(book: Book, capacity: pd.DataFrame) -> None:
    """List the capacity within reach of each area, the whole study first."""
    costs = any(str(name).startswith("raam_") for name in capacity.columns)
    sheet = book.sheet("capacity", about=book.say("about_raam" if costs else "about_capacity"))
    shown = capacity.drop(columns=["area"])
    columns = [column_of(book, str(name), shown[name]) for name in shown.columns]
    write_table(book, sheet, 3, columns, shown, frozen_columns=1, first_width=24)


def _write_referral(book: Book, referral: pd.DataFrame) -> None:
    """List how long the way by the nearer levels is beside the straight one, the whole study first."""
    sheet = book.sheet("referral", about=book.say("about_referral"))
    shown = referral.drop(columns=["area"])
    first = ["area_name", "level", "chain_mean", "straight_mean"]
    rest = [str(name) for name in shown.columns if name not in first]
    columns = [column_of(book, name, shown[name]) for name in [*first, *rest]]
    write_table(book, sheet, 3, columns, shown, frozen_columns=2, first_width=24)


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
    write_table(book, sheet, 3, columns, worst, frozen_columns=2, first_width=18)


def longest_journeys(levels: pd.DataFrame, scheme: LevelScheme, *, most: int) -> pd.DataFrame:
    """List the inhabited places that do not reach each level, then those with the longest journeys to it.

    Of either kind at most so many.

    Ties go to the larger population, then to the lower id.
    """
    rows = with_index(levels)
    if "population" in rows:
        rows = rows[rows["population"] > 0]
    known = [name for name in ("name", "area_name", "kunta", "kunta_code") if name in rows]
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
    sheet = book.sheet("points", about=book.say("about_points"))
    rows = with_index(points)
    first = [name for name in ("name", "level", "id") if name in rows]
    rest = [name for name in rows.columns if name not in {*first, "geometry"}]
    columns = [column_of(book, name, rows[name]) for name in [*first, *rest]]
    write_table(book, sheet, 3, columns, rows, frozen_columns=1, first_width=30)


def _write_scenarios(book: Book, impacts: Mapping[str, pd.DataFrame]) -> None:
    sheet = book.sheet("scenarios", about=book.say("about_scenarios"))
    if not impacts:
        say_none(book, sheet, "none_scenarios")
        return
    rows = pd.concat([with_index(impact).assign(scenario=name) for name, impact in impacts.items()], ignore_index=True)
    rows = rows[["scenario", *(name for name in rows.columns if name != "scenario")]]
    columns = [column_of(book, name, rows[name]) for name in rows.columns]
    write_table(book, sheet, 3, columns, rows, frozen_columns=2, first_width=26)


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
    columns = [column_of(book, name, shown[name]) for name in shown.columns]
    write_table(book, sheet, 3, columns, shown, first_width=44)


def _write_bands(book: Book, people: pd.DataFrame) -> None:
    sheet = book.sheet("bands", about=book.say("about_bands"))
    shown = without_idle_bounds(people)
    columns = [column_of(book, name, shown[name]) for name in shown.columns]
    write_table(book, sheet, 3, columns, shown, first_width=16)


def write_sources(book: Book, sources: Mapping[str, str], *, methods: Sequence[str]) -> None:
    """List the inputs, and below them the texts that say how things were computed."""
    sheet = book.sheet("sources")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 100)
    heading = book.format(bold=True, font_size=12)
    label, body = book.format(bold=True, valign="top", text_wrap=True), book.format(text_wrap=True, valign="top")
    sheet.write_string(2, 0, book.say("sources_heading"), heading)
    row = 3
    for name, value in sources.items():
        write_text(book, sheet, row, 0, name, label)
        write_text(book, sheet, row, 1, value, body)
        row += 1
    row += 1
    sheet.write_string(row, 0, book.say("method_heading"), heading)
    for key in methods:
        row += 1
        method = book.say(f"method_{key}")
        sheet.set_row(row, 32 if len(method) > _LINE else 17)
        sheet.merge_range(row, 0, row, 1, "", body)
        sheet.write_string(row, 0, method, body)
    sheet.freeze_panes(1, 0)
