"""A diagnosis as lines for a terminal: the first rows of each table, and how many there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from palveluverkko.report.texts import text, word
from palveluverkko.study.doctor import Diagnosis
from palveluverkko.study.doctor_tables import largest

SHOWN = 10
"""Rows of a table on a terminal; all of them stand in the workbook."""

_LANGUAGE = "en"  # of the command line

_WIDEST = 44
"""Characters of a cell; the workbook holds the rest."""

_WHOLE = ("relation", "reason")
"""Columns of sentences and of ids, which stand as they are."""

_HEADINGS: Mapping[str, Mapping[str, str]] = {
    "unreached": {
        "id": "place",
        "name": "name",
        "population": "people",
        "verdict": "why",
        "open_minutes": "min without tags",
        "ways": "closed ways",
        "road_names": "road",
        "barriers": "barriers",
    },
    "beyond_access": {"subject": "what", "id": "id", "name": "name", "metres": "m to a road", "population": "people"},
    "duplicates": {"subject": "what", "reason": "why", "ids": "ids", "names": "names", "metres": "m"},
    "restrictions": {"relation": "relation", "reason": "reason"},
    "edge": {"level": "level", "from_minutes": "from min", "roads": "roads reached", "roads_cut": "of"},
    "rejected": {"element": "on a", "key": "key", "value": "value", "number": "number", "examples": "such as"},
    "parts": {
        "kind": "part",
        "parts": "parts",
        "edges": "edges",
        "kilometres": "km",
        "service_points": "points",
        "places": "places",
        "population": "people",
        "place_name": "at",
    },
    "speeds": {"road_class": "class"},
    "speeds_by_area": {"area_name": "area"},
}
_ALWAYS = ("parts", "speeds", "speeds_by_area")

_FORMATS: Mapping[str, Callable[[float], str]] = {
    "kilometres": lambda value: f"{value:,.1f}",
    "open_minutes": lambda value: f"{value:,.0f}",
    "from_minutes": lambda value: f"{math.floor(value):,}",
    "defaulted_share": lambda value: f"{value:.0%}",
}


def to_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """Give a heading, a table and a count for each subject; subjects without a doubt are left out."""
    for name, headings in _HEADINGS.items():
        table: pd.DataFrame | None = getattr(diagnosis, name)
        if table is None or (table.empty and name not in _ALWAYS):
            continue
        yield f"{text(f'sheet_{name}', _LANGUAGE)}: {len(table):,}"
        shown = largest(table, SHOWN) if name == "parts" else table.head(SHOWN)
        yield from _rows(shown, headings if "speeds" not in name else {**headings, **_speed_headings(shown)})
        if name != "parts" and len(table) > SHOWN:
            yield f"  and {len(table) - SHOWN:,} more"


def _speed_headings(table: pd.DataFrame) -> dict[str, str]:
    sources = {column: column.removeprefix("km_") for column in table.columns if column.startswith("km_")}
    return {"kilometres": "km", **sources, "defaulted_share": "defaults"}


def _rows(table: pd.DataFrame, headings: Mapping[str, str]) -> Iterator[str]:
    """Write columns side by side: texts to the left, numbers to the right; a column of nothing but gaps is left out."""
    columns = []
    for column, heading in headings.items():
        cells = [_cell(column, value) for value in table[column].tolist()]
        if any(cells):
            width = max(len(heading), *(len(cell) for cell in cells))
            align = str.rjust if pd.api.types.is_numeric_dtype(table[column]) else str.ljust
            columns.append([align(cell, width) for cell in (heading, *cells)])
    for cells_of_row in zip(*columns, strict=True):
        yield f"  {'  '.join(cells_of_row)}".rstrip()


def _cell(column: str, value: object) -> str:
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, (int, float)):
        write = _FORMATS["kilometres"] if column.startswith("km_") else _FORMATS.get(column, "{:,.0f}".format)
        return str(value) if column in _WHOLE else write(value)
    shown = word(column, str(value), _LANGUAGE)
    return shown if len(shown) <= _WIDEST or column in _WHOLE else shown[: _WIDEST - 2] + " …"
