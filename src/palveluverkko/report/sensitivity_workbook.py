"""Sensitivity as an Excel workbook: what changes at other speeds, for the whole study and by area."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from palveluverkko.domain.files import replacing
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.report.looks import BAD, GOOD, MUTED
from palveluverkko.report.sheets import WORKBOOK_OPTIONS, Book, Column, column_of, dress_chart, say_none, write_table
from palveluverkko.report.texts import column_title, format_date, format_number, text
from palveluverkko.report.workbook import write_sources

_WHOLE = ""
_KINDS = {
    "population": "count",
    "people_changed": "count",
    "share_changed": "share",
    "people_better": "count",
    "people_worse": "count",
    "people_newly_reached": "count",
    "people_cut_off": "count",
    "reached": "count",
    "mean": "minutes",
    "extra_minutes_mean": "minutes",
    "norms_met": "text",
}


def write_sensitivity(
    path: Path,
    *,
    title: str,
    language: str,
    date: date,
    scheme: LevelScheme,
    areas: pd.DataFrame,
    norms: pd.DataFrame,
    sources: Mapping[str, str],
    access_legs: str,
) -> None:
    """Write the workbook. Equal arguments give equal bytes.

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    title, language, date
        Name of the study, language of all words, date on the first sheet.
    scheme
        Order, names and colours of the levels.
    areas
        People whose band changes by variant, level and area, the baseline first; rows with an empty area are the whole
        study. See :meth:`palveluverkko.planning.sensitivity.Sensitivity.by_area`.
    norms
        Norms by variant; may be empty.
    sources
        Inputs and settings by what they are.
    access_legs
        ``"fixed"`` or ``"scaled"``.
    """
    with replacing(path) as beside, xlsxwriter.Workbook(beside, WORKBOOK_OPTIONS) as file:
        file.set_properties({"title": title, "created": datetime.combine(date, time(), tzinfo=UTC)})
        file.set_calc_mode("auto")
        book = Book(file, title, language, date, scheme)
        areas, norms = (_for_people(table, language) for table in (areas, norms))
        _write_summary(book, areas, norms)
        _write_areas(book, areas)
        _write_norms(book, norms)
        access = f"access_{access_legs}"
        write_sources(
            book,
            sources,
            methods=("sensitivity_bands", "sensitivity_speeds", access, "levels", "threshold", "mean", "suppressed"),
        )


def variant_label(season: str, factor: float, language: str, *, baseline: bool = False) -> str:
    """Name a variant for a reader: "Talvi, nopeudet × 0,9"; at its own speeds a season needs no number."""
    label = text(f"season_{season}", language)
    if factor != 1:
        shown = format_number(factor, language, most_decimals=4)
        label = text("variant_at_speed", language, season=label, factor=shown)
    if baseline:
        label = text("variant_baseline", language, variant=label)
    return label[0].upper() + label[1:]


def _for_people(table: pd.DataFrame, language: str) -> pd.DataFrame:
    """Name the variants in the language of the workbook, and say how many norms are met in words."""
    labels = [
        variant_label(str(season), float(factor), language, baseline=bool(baseline))
        for season, factor, baseline in zip(table["season"], table["speed_factor"], table["baseline"], strict=True)
    ]
    table = table.assign(variant=labels)
    if "norms_met" in table:
        met = zip(table["norms_met"], table["norms"], strict=True)
        table["norms_met"] = [f"{one}/{total}" if total else None for one, total in met]
    return table


def _write_summary(book: Book, areas: pd.DataFrame, norms: pd.DataFrame) -> None:
    """Say the result in sentences, then by variant and level, then as columns of shares."""
    whole = areas[areas["area"] == _WHOLE]
    sheet = book.sheet("summary")
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, book.title, book.format(bold=True, font_size=20))
    subtitle = book.say("sensitivity_subtitle", date=format_date(book.day, book.language))
    sheet.write_string(1, 0, subtitle, book.format(font_color=MUTED, font_size=11))
    row = 3
    for sentence in _sentences(book, whole, norms):
        sheet.write_string(row, 0, sentence, book.format(font_size=11))
        row += 1
    row += 1
    sheet.write_string(row, 0, book.say("sensitivity_key_figures"), book.format(bold=True, font_size=12))
    columns = [_text_column(book, "variant", 34), _level_column(book), *_columns(book, whole, but=("population",))]
    looks = _lines_between(whole, "variant")
    row = write_table(book, sheet, row + 1, columns, whole, filtered=False, looks=looks)

    row += 1
    sheet.write_string(row, 0, book.say("sensitivity_chart"), book.format(bold=True, font_size=12))
    changed = whole[~whole["baseline"]]
    shares = changed.pivot_table(index="variant", columns="level", values="share_changed", sort=False, dropna=False)
    shares = shares[list(book.scheme.codes)].reset_index() if len(changed) else changed[["variant"]]
    header = row + 1
    columns = [
        _text_column(book, "variant", 34),
        *(Column(code, book.level_name(code), "share") for code in shares.columns[1:]),
    ]
    write_table(book, sheet, header, columns, shares, filtered=False, sets_widths=False)
    if len(shares):
        chart = _share_chart(book, sheet.get_name(), len(shares), header)
        place = {"description": book.say("sensitivity_chart_description"), "object_position": 3}
        sheet.insert_chart(row, len(columns) + 1, chart, place)
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(2, 0)
    sheet.activate()


def _sentences(book: Book, whole: pd.DataFrame, norms: pd.DataFrame) -> list[str]:
    """Say of each variant which level changes most, and of each norm where it fails."""
    sentences = []
    for variant, levels in whole[~whole["baseline"]].groupby("variant", sort=False):
        if not levels["people_changed"].any():
            sentences.append(book.say("sentence_sensitivity_nobody", variant=variant))
            continue
        most = levels.sort_values("share_changed", ascending=False, kind="stable").to_dict("records")[0]
        sentence = book.say(
            "sentence_sensitivity",
            variant=variant,
            level=book.level_name(most["level"]),
            share=book.number(100 * most["share_changed"]),
            better=book.number(most["people_better"], most_decimals=0),
            worse=book.number(most["people_worse"], most_decimals=0),
        )
        if most["people_cut_off"] > 0:
            people = book.number(most["people_cut_off"], most_decimals=0)
            sentence += " " + book.say("sentence_sensitivity_cut_off", people=people)
        sentences.append(sentence)
    if norms.empty:
        return sentences
    hanging = []
    for _, same in norms[norms["area"] == _WHOLE].groupby(["level", "minutes", "share", "group"], sort=False):
        if same["passed"].any() and not same["passed"].all():
            norm = same.to_dict("records")[0]
            hanging.append(
                book.say(
                    "sentence_sensitivity_norm",
                    level=book.level_name(norm["level"]),
                    minutes=book.number(norm["minutes"]),
                    share=book.number(100 * norm["share"]),
                    variants="; ".join(same.loc[~same["passed"], "variant"]),
                )
            )
    return sentences + (hanging or [book.say("sentence_sensitivity_firm")])


def _share_chart(book: Book, sheet_name: str, variants: int, header: int) -> Any:  # noqa: ANN401 - xlsxwriter carries no types
    chart = book.file.add_chart({"type": "column"})
    first, last = header + 1, header + variants
    for number, code in enumerate(book.scheme.codes, start=1):
        chart.add_series(
            {
                "name": [sheet_name, header, number],
                "categories": [sheet_name, first, 0, last, 0],
                "values": [sheet_name, first, number, last, number],
                "fill": {"color": book.scheme[code].colour},
                "gap": 80,
                "overlap": -5,
            }
        )
    dress_chart(chart, along={}, name=book.say("axis_share"), number="0 %", min=0)
    chart.set_size({"width": 620, "height": 340})
    return chart


def _write_areas(book: Book, areas: pd.DataFrame) -> None:
    sheet = book.sheet("areas", about=book.say("about_sensitivity_areas"))
    columns = [
        _text_column(book, "area_name", 22),
        _text_column(book, "variant", 30),
        _level_column(book),
        *_columns(book, areas),
    ]
    # Areas as they come, whole study first; within each the variants one below the other, to be compared.
    order = {area: number for number, area in enumerate(areas["area"].unique())}
    rows = areas.sort_values("area", key=lambda area: area.map(order), kind="stable").reset_index(drop=True)
    looks = [
        {**look, "bold": area == _WHOLE} for look, area in zip(_lines_between(rows, "area"), rows["area"], strict=True)
    ]
    end = write_table(book, sheet, 3, columns, rows, frozen_columns=3, looks=looks)
    at = [column.source for column in columns].index("share_changed")
    if len(rows):
        scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 0.5}
        sheet.conditional_format(4, at, end - 1, at, {**scale, "min_color": "#ffffff", "max_color": "#9ccfd8"})


def _write_norms(book: Book, norms: pd.DataFrame) -> None:
    sheet = book.sheet("norms", about=book.say("about_sensitivity_norms"))
    if norms.empty:
        say_none(book, sheet, "none_norms")
        return
    words = norms.assign(
        group=[column_title(str(group), book.language, book.scheme) for group in norms["group"]],
        passed=[book.say("passed" if passed else "failed") for passed in norms["passed"]],
    )
    names = ("minutes", "share", "group", "area_name", "population", "within", "share_reached", "missing", "margin")
    columns = [
        _text_column(book, "passed", 16),
        _text_column(book, "variant", 30),
        _level_column(book),
        *(column_of(book, name, words[name]) for name in names),
    ]
    # One norm and area at a time, so that its variants stand one below the other.
    keys = ["level", "minutes", "share", "group", "area"]
    rows = words.assign(norm=words.groupby(keys, sort=False).ngroup()).sort_values("norm", kind="stable")
    end = write_table(book, sheet, 3, columns, rows, frozen_columns=2, looks=_lines_between(rows, "norm"))
    for key, (ink, fill) in (("passed", GOOD), ("failed", BAD)):
        look = book.file.add_format({"font_color": ink, "bg_color": fill, "bold": True})
        rule = {"type": "cell", "criteria": "==", "value": f'"{book.say(key)}"', "format": look}
        sheet.conditional_format(4, 0, end - 1, 0, rule)


def _columns(book: Book, table: pd.DataFrame, *, but: tuple[str, ...] = ()) -> list[Column]:
    """Describe the columns of numbers; that of norms is left out where there are none."""
    shown = [name for name in _KINDS if name not in but and not (name == "norms_met" and table[name].isna().all())]
    absent = {"mean": book.say("unreached")}
    return [
        Column(name, column_title(name, book.language, book.scheme), _KINDS[name], absent=absent.get(name, "–"))
        for name in shown
    ]


def _text_column(book: Book, name: str, width: float) -> Column:
    return Column(name, column_title(name, book.language, book.scheme), "text", width=width)


def _level_column(book: Book) -> Column:
    return Column("level", book.say("column_level"), "level", width=16)


def _lines_between(rows: pd.DataFrame, column: str) -> list[dict[str, object]]:
    """Draw a full line below the last row of each of a column's values."""
    last = rows[column] != rows[column].shift(-1)
    return [{"bottom": 1 if one else 4} for one in last]
