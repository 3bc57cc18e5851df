"""The tables of a check as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path

import pandas as pd
import xlsxwriter

from palveluverkko.domain.files import replacing
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.report.looks import MUTED
from palveluverkko.report.sheets import WORKBOOK_OPTIONS, Book, Column, column_of, say_none, says_something, write_table
from palveluverkko.report.texts import format_date, word

_IN_WORDS = ("subject", "element", "verdict", "reason", "kind", "speed_source")
"""Columns of slugs."""

_FIRST_WIDTH = 30
_ABOUT_WIDTH = 90


def write_check(
    path: Path,
    *,
    title: str,
    language: str,
    date: date,
    scheme: LevelScheme,
    tables: Mapping[str, pd.DataFrame],
) -> None:
    """Write the workbook: what there is on the first sheet, then a sheet for each table.

    Equal arguments give equal bytes.

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
        Names and colours of the levels.
    tables
        By the name that the texts ``sheet_<name>``, ``about_<name>`` and ``none_<name>`` have. Columns ``subject``,
        ``element``, ``verdict``, ``reason``, ``kind`` and ``speed_source`` are put into words.
    """
    with replacing(path) as beside, xlsxwriter.Workbook(beside, WORKBOOK_OPTIONS) as file:
        file.set_properties({"title": title, "created": datetime.combine(date, time(), tzinfo=UTC)})
        book = Book(file, title, language, date, scheme, all_rows="check.gpkg")
        _write_contents(book, tables)
        for name, table in tables.items():
            write_table_sheet(book, name, table)


def _write_contents(book: Book, tables: Mapping[str, pd.DataFrame]) -> None:
    sheet = book.sheet("check", about=book.say("about_check"))
    subtitle = f"{book.title} · {format_date(book.day, book.language)}"
    sheet.write_string(2, 0, subtitle, book.format(font_color=MUTED, font_size=11))
    rows = pd.DataFrame(
        {
            "table": [book.say(f"sheet_{name}") for name in tables],
            "rows": [len(table) for table in tables.values()],
            "about": [book.say(f"about_{name}") for name in tables],
        }
    )
    columns = [
        Column("table", book.say("column_table"), "text", width=_FIRST_WIDTH),
        Column("rows", book.say("column_rows"), "count", width=10),
        Column("about", book.say("column_about"), "text", width=_ABOUT_WIDTH),
    ]
    write_table(book, sheet, 4, columns, rows)
    for number, name in enumerate(tables, start=5):
        address = f"internal:'{book.say(f'sheet_{name}')}'!A1"
        look = book.format(bottom=4, bottom_color="#b4bcc2", indent=1, underline=1)
        sheet.write_url(number, 0, address, look, string=book.say(f"sheet_{name}"))


def write_table_sheet(book: Book, name: str, table: pd.DataFrame) -> None:
    """Write a table on a sheet of its own; see :func:`write_check` for its name and its columns."""
    sheet = book.sheet(name, about=book.say(f"about_{name}"))
    if table.empty:
        say_none(book, sheet, f"none_{name}")
        return
    shown = table.assign(
        **{
            column: [word(column, str(slug), book.language) for slug in table[column]]
            for column in _IN_WORDS
            if column in table
        }
    )
    columns = [column_of(book, column, shown[column]) for column in shown.columns if says_something(shown[column])]
    write_table(book, sheet, 3, columns, shown, frozen_columns=1)
