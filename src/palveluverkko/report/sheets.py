"""The layout that all sheets of the workbook share: headings, tables, formats, printing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_range

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.report.looks import BAD, INK, MUTED, ink_on
from palveluverkko.report.texts import EN_DASH, column_title, format_number, text

MOST_ROWS = 100_000
"""Rows of a sheet; a longer table says so and points to the GeoPackage. Excel itself ends at 1,048,576."""

_A4 = 9
_WIDEST = 62.0  # characters of a column; longer texts go on below
_WIDEST_LEVEL = 40.0
_PAGE_WIDTH = 110.0  # characters that fit an A4 page on its side
LINE_HEIGHT = 13.0  # points, of letters of 10
_MOST_CHARACTERS = 32_767  # of a cell, in Excel
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# Nothing that a user typed may become a formula, a link or a number.
WORKBOOK_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}

_NUMBER_FORMATS = {
    "text": "@",
    "count": "#,##0",
    "minutes": "#,##0.0",
    "limit": "General",
    "share": "0.0 %",
    "margin": "+0.0 %;-0.0 %;0.0 %",
    "metres": "#,##0",
    "ratio": "0.00",
    "kilometres": "#,##0.0",
    "euros": "#,##0",
    "number": "General",
}

_KINDS = {
    "from_min": "limit",
    "to_min": "limit",
    "minutes": "limit",
    "mean": "minutes",
    "p90": "minutes",
    "median": "minutes",
    "mean_low": "minutes",
    "mean_high": "minutes",
    "median_low": "minutes",
    "median_high": "minutes",
    "p90_low": "minutes",
    "p90_high": "minutes",
    "worst": "minutes",
    "time": "minutes",
    "worst_tenth": "minutes",
    "worst_tenth_from": "minutes",
    "gini": "ratio",
    "concentration": "ratio",
    "chain_mean": "minutes",
    "straight_mean": "minutes",
    "extra_mean": "minutes",
    "extra_p90": "minutes",
    "extra_worst": "minutes",
    "palma": "ratio",
    "minutes_needed": "minutes",
    "share": "share",
    "share_reached": "share",
    "margin": "margin",
    "metres": "metres",
    "capacity": "number",
    "cost_per_year": "euros",
    "rank": "count",
    "kilometres": "kilometres",
    "closed_metres": "metres",
    "open_minutes": "minutes",
    "from_minutes": "minutes",
    "defaulted_share": "share",
    "share_of_road": "share",
    "rows": "count",
    "parts": "count",
    "edges": "count",
    "service_points": "count",
    "places": "count",
}
_PREFIX_KINDS = {
    "extra_minutes": "minutes",
    "time_": "minutes",
    "people": "count",
    "without_": "count",
    "capacity_": "ratio",
    "raam_": "ratio",
    "population": "count",
    "beyond_": "count",
    "age_": "count",
    "language_": "count",
    "need": "count",
    "men": "count",
    "women": "count",
    "unreached": "count",
    "reached": "count",
    "no_road": "count",
    "km_": "kilometres",
    "square_kilometres": "kilometres",
    "road_kilometres": "kilometres",
}
_COUNTS = ("elsewhere", "within", "missing", "missing_low", "missing_high", "reached", "unreached", "total")


@dataclass(frozen=True)
class Column:
    """One column of a sheet: where its values are, what it is called, how it is shown.

    ``adds`` names the first and the last of the columns that a column of totals adds up: it is written as a formula, so
    that a reader who corrects a number sees the new total.
    """

    source: str
    title: str
    kind: str
    absent: str = ""
    fill: str | None = None
    width: float | None = None
    adds: tuple[str, str] | None = None


@dataclass
class Book:
    """The workbook being written, with the words and formats that all sheets share.

    ``all_rows`` names the file that holds every row of a table too long for its sheet.
    """

    file: xlsxwriter.Workbook
    title: str
    language: str
    day: date
    scheme: LevelScheme
    formats: dict[tuple[tuple[str, object], ...], Any] = field(default_factory=dict)
    abouts: dict[str, str] = field(default_factory=dict)
    all_rows: str = "results.gpkg"

    def say(self, key: str, **values: object) -> str:
        """Give a text in the language of the workbook."""
        return text(key, self.language, **values)

    def number(self, value: float, *, most_decimals: int = 1) -> str:
        """Write a number inside a sentence."""
        return format_number(value, self.language, most_decimals=most_decimals)

    def level_name(self, code: str) -> str:
        """Name a level; a code that the scheme does not know stays as it is."""
        return self.scheme[code].name(self.language) if code in self.scheme.codes else code

    def format(self, **properties: object) -> Any:  # noqa: ANN401 - xlsxwriter carries no types
        """Give a cell format, each look once."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.file.add_format(
                {"font_size": 10, "font_color": INK, "valign": "vcenter", **properties}
            )
        return self.formats[key]

    def sheet(self, key: str, *, about: str = "", upright: bool = False) -> Any:  # noqa: ANN401 - xlsxwriter carries no types
        """Add a sheet with its heading, ready to be printed on A4."""
        name = self.say(f"sheet_{key}")
        sheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        if not upright:
            sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&9{_escaped(self.title)}&C&9{_escaped(name)}&R&9{self.say('page')}")
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, name, self.format(bold=True, font_size=16))
        if about:
            sheet.write_string(1, 0, about, self.format(font_color=MUTED, italic=True))
            self.abouts[name] = about
        return sheet


def say_none(book: Book, sheet: Any, key: str) -> None:  # noqa: ANN401 - xlsxwriter carries no types
    """Say on an otherwise empty sheet that there is nothing to show."""
    sheet.set_column(0, 0, _PAGE_WIDTH)
    sheet.write_string(3, 0, book.say(key), book.format(font_size=11, text_wrap=True))
    _wrap_about(book, sheet, [_PAGE_WIDTH])
    sheet.freeze_panes(1, 0)


def column_of(book: Book, name: str, values: pd.Series[Any]) -> Column:
    """Decide by its name and its values how a column is shown."""
    absent = (
        book.say("unreached")
        if name in {"time", "mean", "median", "p90", "worst", "minutes_needed"} or name.startswith("time_")
        else ""
    )
    if name == "to_min":
        absent = EN_DASH
    return Column(name, column_title(name, book.language, book.scheme), _kind(name, values), absent=absent)


def _kind(name: str, values: pd.Series[Any]) -> str:
    if name in {"level", "served_by"}:
        return "level"
    if pd.api.types.is_bool_dtype(values):
        return "yes_no"
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    if name in _KINDS:
        return _KINDS[name]
    if name in _COUNTS:
        return "count"
    return next((kind for prefix, kind in _PREFIX_KINDS.items() if name.startswith(prefix)), "number")


def write_table(
    book: Book,
    sheet: Any,  # noqa: ANN401 - xlsxwriter carries no types
    top: int,
    columns: Sequence[Column],
    frame: pd.DataFrame,
    *,
    frozen_columns: int = 0,
    filtered: bool = True,
    sets_widths: bool = True,
    looks: Sequence[Mapping[str, object]] | None = None,
) -> int:
    """Write a header and the rows below it; give the row after the last."""
    shown = frame.head(MOST_ROWS)
    widths = [column.width or _width(book, column, shown) for column in columns]
    lines = max((_lines_of_title(one.title, width) for one, width in zip(columns, widths, strict=True)), default=1)
    sheet.set_row(top, LINE_HEIGHT * lines + 7)
    for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
        write_title(book, sheet, top, number, column)
        write = cell_writer(book, sheet, column, width if sets_widths else math.inf)
        if column.adds is not None:
            sources = [one.source for one in columns]
            write = _adder(book, sheet, *(sources.index(one) for one in column.adds))
        for row, value in enumerate(shown[column.source].tolist(), start=top + 1):
            write(row, number, value, looks[row - top - 1] if looks is not None else {})
        if sets_widths:
            sheet.set_column(number, number, width)
    end = top + 1 + len(shown)
    if filtered:
        _wrap_about(book, sheet, widths)
        _set_heights(book, sheet, top, columns, widths, shown)
        sheet.freeze_panes(top + 1, frozen_columns)
        sheet.repeat_rows(top)
        sheet.autofilter(top, 0, max(end - 1, top), len(columns) - 1)
        if len(shown) < len(frame):
            counts = {"shown": book.number(len(shown)), "total": book.number(len(frame)), "file": book.all_rows}
            sheet.write_string(2, 0, book.say("rows_left_off", **counts), book.format(font_color=BAD[0]))
    return end


def write_title(book: Book, sheet: Any, row: int, number: int, column: Column) -> None:  # noqa: ANN401
    """Write the title of a column on its fill."""
    fill = column.fill or INK
    side = {"align": "left", "indent": 1} if column.kind in {"text", "level"} else {"align": "right"}
    look = book.format(
        bold=True, text_wrap=True, bg_color=fill, font_color=ink_on(fill), bottom=1, bottom_color=INK, **side
    )
    sheet.write_string(row, number, column.title, look)


def _wrap_about(book: Book, sheet: Any, widths: Sequence[float]) -> None:  # noqa: ANN401 - xlsxwriter carries no types
    """Let what the sheet is about go on below where it is longer than the table: print shrinks to the widest line."""
    about = book.abouts.get(sheet.get_name(), "")
    room = sum(widths)
    if len(about) <= room:
        return
    look = book.format(font_color=MUTED, italic=True, text_wrap=True, valign="top")
    if len(widths) > 1:
        sheet.merge_range(1, 0, 1, len(widths) - 1, about, look)
    else:
        sheet.write_string(1, 0, about, look)
    sheet.set_row(1, LINE_HEIGHT * lines_of(about, room) + 2)


def _set_heights(
    book: Book,
    sheet: Any,  # noqa: ANN401 - xlsxwriter carries no types
    top: int,
    columns: Sequence[Column],
    widths: Sequence[float],
    frame: pd.DataFrame,
) -> None:
    """Make room for the texts that go on below: Excel finds the height itself when it opens a file, others do not."""
    texts = [
        ([book.level_name(str(one)) if column.kind == "level" else one for one in frame[column.source]], width)
        for column, width in zip(columns, widths, strict=True)
        if column.kind in {"text", "level"}
    ]
    for row in range(len(frame)):
        lines = max((lines_of(str(values[row]), width) for values, width in texts), default=1)
        if lines > 1:
            sheet.set_row(top + 1 + row, LINE_HEIGHT * lines + 3)


def lines_of(shown: str, width: float) -> int:
    """Guess over how many lines a text goes in a column of a width.

    Letters are narrower than the digits that a width counts (by a fifth, seen in LibreOffice); half of that is lost
    where words end.
    """
    return math.ceil((len(shown) + 2) / (1.1 * width))


def _lines_of_title(title: str, width: float) -> int:
    """Count the lines over which a bold title goes, word by word."""
    lines, room = 1, 0.0
    for word in title.split():
        if room and room + len(word) + 1 > width:
            lines, room = lines + 1, 0.0
        room += len(word) + 1
    return lines


def cell_writer(book: Book, sheet: Any, column: Column, width: float) -> Callable[..., None]:  # noqa: ANN401 - xlsxwriter carries no types
    """Give the function that writes one cell of a column: row, number of the column, value, look of the row.

    Texts stand a little off the left, numbers at the right edge: LibreOffice keeps a distance from there in some cells
    of a column and forgets it in others.
    """

    def write(row: int, number: int, value: object, row_look: Mapping[str, object]) -> None:
        line = {"bottom": 4, "bottom_color": "#b4bcc2", **row_look}
        indented = {**line, "indent": 1}
        if _is_absent(value):
            look = book.format(**{**line, "align": "right"}, italic=True, font_color=MUTED)
            sheet.write_string(row, number, column.absent, look) if column.absent else sheet.write_blank(
                row, number, None, look
            )
        elif column.kind == "level":
            code = str(value)
            colour = book.scheme[code].colour if code in book.scheme.codes else INK
            shown = book.level_name(code)
            wrapped = {"text_wrap": True} if len(shown) + 2 > width else {}
            write_text(
                book, sheet, row, number, shown, None, **{**indented, **wrapped, "bold": True}, font_color=colour
            )
        elif column.kind == "yes_no":
            sheet.write_string(row, number, book.say("yes" if value else "no"), book.format(**line, align="right"))
        elif column.kind != "text" and isinstance(value, (int, float)):
            look = book.format(**line, num_format=_NUMBER_FORMATS[column.kind], align="right")
            sheet.write_number(row, number, value, look)
        else:
            shown = str(value) or (book.say("whole_study") if column.source == "area_name" else "")
            wrapped = {"text_wrap": True} if len(shown) + 2 > width else {}
            write_text(book, sheet, row, number, shown, None, **indented, **wrapped)

    return write


def _adder(book: Book, sheet: Any, first: int, last: int) -> Callable[..., None]:  # noqa: ANN401 - xlsxwriter carries no types
    """Give the function that writes the sum of cells of its row, with its value for programs that only read."""

    def write(row: int, number: int, value: object, row_look: Mapping[str, object]) -> None:
        look = {"bottom": 4, "bottom_color": "#b4bcc2", **row_look, "align": "right"}
        cells = xl_range(row, first, row, last)
        sheet.write_formula(
            row, number, f"=SUM({cells})", book.format(**look, num_format=_NUMBER_FORMATS["count"]), value
        )

    return write


def write_text(book: Book, sheet: Any, row: int, number: int, value: str, look: Any, **properties: object) -> None:  # noqa: ANN401
    """Write a text that stays a text, even when somebody edits the cell: Excel's own quote prefix marks it."""
    if value.startswith(_STARTS_A_FORMULA):
        look = book.format(**properties, quote_prefix=True)
    sheet.write_string(row, number, value[:_MOST_CHARACTERS], look or book.format(**properties))


def _width(book: Book, column: Column, frame: pd.DataFrame) -> float:
    """Guess a width from the longest word of the title and the first thousand values; titles go over three lines."""
    longest_word = max((len(part) for part in column.title.split()), default=0)
    if column.kind in {"text", "level"}:
        values = [str(value) for value in frame[column.source].head(1000).dropna()]
        if column.kind == "level":
            values = [book.level_name(value) for value in values]
        widest = _WIDEST_LEVEL if column.kind == "level" else _WIDEST
        return float(min(max([longest_word + 3, 8, *(len(value) + 3 for value in values)]), widest))
    # Numbers of people, with their spaces, need ten.
    return float(max(10, longest_word + 3, math.ceil(len(column.title) / 3) + 2, len(column.absent) + 1))


def dress_chart(
    chart: Any,  # noqa: ANN401 - xlsxwriter carries no types
    *,
    along: Mapping[str, Any],
    name: str,
    number: str,
    legend: str = "bottom",
    **upright: float,
) -> None:
    """Give a chart the look of all charts of the workbooks.

    Parameters
    ----------
    chart
        Of xlsxwriter.
    along
        What is particular to the horizontal axis.
    name, number
        Name and number format of the vertical axis.
    legend
        Where the legend stands.
    **upright
        What else is particular to the vertical axis: ``min``, ``max``, ``major_unit``.
    """
    font = {"color": INK, "size": 9}
    turned = {"rotation": along["rotation"]} if "rotation" in along else {}
    own = {key: value for key, value in along.items() if key != "rotation"}
    named = {"name_font": {**font, "bold": False}}
    chart.set_x_axis(
        {**(named if "name" in own else {}), **own, "num_font": {**font, **turned}, "line": {"color": MUTED}}
    )
    grid = {"visible": True, "line": {"color": "#dfe4e7", "width": 0.75}}
    chart.set_y_axis(
        {
            "name": name,
            **named,
            "num_font": font,
            "num_format": number,
            **upright,
            "line": {"none": True},
            "major_gridlines": grid,
        }
    )
    chart.set_legend({"position": legend, "font": {**font, "size": 10}})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})


def says_something(values: pd.Series[Any]) -> bool:
    """Tell whether any row of a column holds something: names that no place has only take room."""
    return bool((values.notna() & (values.astype(str) != "")).any())


def _is_absent(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value))


def without_idle_bounds(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the bounds of what nothing hidden makes uncertain: they would say the same twice."""
    idle = []
    for name in map(str, frame.columns):
        if name.endswith((LOW, HIGH)):
            other = name.removesuffix(LOW) + HIGH if name.endswith(LOW) else name.removesuffix(HIGH) + LOW
            if other in frame and frame[name].equals(frame[other]):
                idle.append(name)
    return frame.drop(columns=idle)


def with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame whose named index has become columns."""
    return frame.reset_index() if frame.index.name is not None else frame.reset_index(drop=True)


def _escaped(shown: str) -> str:
    """Double the ampersands, which command the fonts of a header or footer."""
    return shown.replace("&", "&&")
