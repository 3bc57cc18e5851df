"""The first sheet of the workbook: the result in sentences, key figures, the curve of people by minutes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.report.looks import MUTED
from palveluverkko.report.sheets import (
    LINE_HEIGHT,
    Book,
    Column,
    cell_writer,
    column_of,
    dress_chart,
    lines_of,
    without_idle_bounds,
    write_table,
    write_text,
    write_title,
)
from palveluverkko.report.texts import format_date
from palveluverkko.service.norms import targets_met

_CHART_MARKERS = ("circle", "square", "diamond", "triangle")  # those that Excel fills
_FIRST_WIDTH, _LEVEL_WIDTH = 34.0, 17.0
_PIXELS = 7.1  # of a character of width, in Excel


def write_summary(
    book: Book, *, summary: pd.DataFrame, people: pd.DataFrame, norms: pd.DataFrame, findings: pd.DataFrame
) -> None:
    """Write the page that stands by itself: sentences, key figures in a column for each level, a curve."""
    sheet = book.sheet("summary", upright=True)
    levels = len(summary)
    width = _FIRST_WIDTH + _LEVEL_WIDTH * levels
    sheet.set_column(0, 0, _FIRST_WIDTH)
    sheet.set_column(1, levels, _LEVEL_WIDTH)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, book.title, book.format(bold=True, font_size=20))
    subtitle = book.say("subtitle", date=format_date(book.day, book.language))
    sheet.write_string(1, 0, subtitle, book.format(font_color=MUTED, font_size=11))
    row = 3
    body = {"font_size": 11, "text_wrap": True, "valign": "top"}
    for sentence in _sentences(book, summary, norms, findings):
        sheet.merge_range(row, 0, row, levels, "", book.format(**body))
        write_text(book, sheet, row, 0, sentence, None, **body)
        sheet.set_row(row, LINE_HEIGHT * 1.15 * lines_of(sentence, 0.9 * width) + 4)
        row += 1

    row += 1
    sheet.write_string(row, 0, book.say("key_figures"), book.format(bold=True, font_size=12))
    row = _write_key_figures(book, sheet, row + 1, summary)

    row += 1
    sheet.write_string(row, 0, book.say("cumulative_title"), book.format(bold=True, font_size=12))
    shares = cumulative_shares(people, book.scheme)
    columns = [
        Column("minutes", book.say("within_minutes"), "limit", width=_FIRST_WIDTH),
        *(
            Column(code, book.level_name(code), "share", fill=book.scheme[code].colour, width=_LEVEL_WIDTH)
            for code in shares.columns
        ),
    ]
    header = row + 1
    row = write_table(book, sheet, header, columns, shares.reset_index(), filtered=False, sets_widths=False)
    if len(shares):
        chart = _cumulative_chart(book, sheet.get_name(), shares, header)
        chart.set_size({"width": round(width * _PIXELS), "height": 360})
        options = {"description": book.say("chart_description"), "object_position": 3}
        sheet.insert_chart(row + 1, 0, chart, options)
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(2, 0)
    sheet.activate()


def _write_key_figures(book: Book, sheet: Any, top: int, summary: pd.DataFrame) -> int:  # noqa: ANN401
    """Write a row for each figure and a column for each level; give the row after the last."""
    write_title(book, sheet, top, 0, Column("", book.say("column_figure"), "text"))
    for number, code in enumerate(summary["level"], start=1):
        title = Column("", book.level_name(code), "count", fill=book.scheme[code].colour)
        write_title(book, sheet, top, number, title)
    sheet.set_row(top, 2 * LINE_HEIGHT + 7)
    name_of = cell_writer(book, sheet, Column("", "", "text"), math.inf)
    row = top
    for name in _key_figures(summary):
        row += 1
        column = column_of(book, name, summary[name])
        name_of(row, 0, column.title, {})
        write = cell_writer(book, sheet, column, _LEVEL_WIDTH)
        for number, value in enumerate(summary[name].tolist(), start=1):
            write(row, number, value, {"align": "right"} if column.kind == "text" else {})
        if column.kind == "text":
            longest = max(len(str(value)) for value in summary[name])
            sheet.set_row(row, LINE_HEIGHT * lines_of("x" * longest, _LEVEL_WIDTH) + 3)
    return row + 1


def _key_figures(summary: pd.DataFrame) -> list[str]:
    """Name the figures in an order to be read; bounds where hidden counts leave any, of people alone."""
    shown = without_idle_bounds(summary)
    bounded = ("population", "unreached")
    rest = [
        str(name)
        for name in shown.columns
        if not name.endswith((LOW, HIGH)) or name.removesuffix(LOW).removesuffix(HIGH) in bounded
    ]
    # The id of the farthest place says nothing beside its name.
    idle = {"level", "worst_place"} if "worst_name" in rest else {"level"}
    first = [
        name
        for one in ("population", "mean", "median", "p90", "worst", "worst_name", "reached", "unreached", "no_road")
        for name in (one, f"{one}{LOW}", f"{one}{HIGH}")
        if name in rest
    ]
    return [*first, *(name for name in rest if name not in {*first, *idle})]


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
        met = targets_met(norms)
        sentences.append(book.say("sentence_norms", passed=int(met.sum()), total=len(met)))
    if len(findings):
        count = book.number(len(findings), most_decimals=0)
        sentences.append(book.say("sentence_findings", count=count, sheet=book.say("sheet_findings")))
    return sentences


def cumulative_shares(people: pd.DataFrame, scheme: LevelScheme) -> pd.DataFrame:
    """Give the share of all people within each threshold: index minutes, one column per level, near to far."""
    whole = people[people["area"] == ""]
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
    minutes = [float(value) for value in shares.index]
    step = min(np.diff([0.0, *minutes]).min() * 2, 60.0)
    along = {"name": book.say("axis_minutes"), "min": 0, "max": minutes[-1], "major_unit": step}
    dress_chart(
        chart,
        along={**along, "major_gridlines": {"visible": False}},
        name=book.say("axis_share"),
        number="0 %",
        min=0,
        max=1,
        major_unit=0.2,
    )
    return chart
