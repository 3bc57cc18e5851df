"""Sheets of the workbook about areas: how far each level is from the people of each, and from each centre."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import UNREACHED_COLOUR
from palveluverkko.domain.people import HIGH, LOW, POPULATION
from palveluverkko.report.looks import by_minutes
from palveluverkko.report.sheets import (
    Book,
    Column,
    column_of,
    dress_chart,
    says_something,
    with_index,
    without_idle_bounds,
    write_table,
)
from palveluverkko.report.texts import band_label, column_title

_WHOLE = ""
_MOST_BARS = 25
"""Rows whose times are drawn as bars; the names of more could not be read on a page."""
_NEAR_TO_FAR = {"type": "3_color_scale", "min_color": "#ffffff", "mid_color": "#fdf3c7", "max_color": "#f0b27a"}


def write_area_sheets(
    book: Book,
    people: pd.DataFrame,
    figures: pd.DataFrame,
    centre_levels: pd.DataFrame | None,
    point_levels: pd.DataFrame | None,
    points: pd.DataFrame,
) -> None:
    """Write the sheets of which there is something to tell; arguments as :func:`workbook.write_report` has them."""
    own = figures[figures["grouping"] == ""]
    if (own["area"] != _WHOLE).any():
        _write_matrix(book, own)
    for key, rows in (("centres", centre_levels), ("point_levels", point_levels)):
        if rows is not None:
            _write_level_matrix(book, key, rows, points)
    _write_areas(book, people)
    if (own["group"] != POPULATION).any():
        _write_groups(book, own)
    if len(own) < len(figures):
        _write_groupings(book, figures[figures["grouping"] != ""])


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
        columns += _minutes_by_level(book, what, f": {book.say(f'column_{what}')}")
    columns += [
        Column(f"unreached_{code}", f"{book.level_name(code)}: {book.say('column_unreached')}", "count", width=12)
        for code in codes
        if _tells(wide[f"unreached_{code}"])
    ]
    looks = [{"bold": area == _WHOLE, "bottom": 1 if area == _WHOLE else 4} for area in wide["area"]]
    end = write_table(book, sheet, 3, columns, wide, frozen_columns=1, looks=looks)
    for first in (2, 2 + len(codes)):
        sheet.conditional_format(4, first, end - 1, first + len(codes) - 1, _NEAR_TO_FAR)
    chart = _chart_of_times(book, sheet.get_name(), len(wide), title="column_mean")
    options = {"description": book.say("chart_areas_description"), "object_position": 3}
    sheet.insert_chart(end + 1, 0, chart, options)
    if len(wide) <= _MOST_BARS:
        sheet.fit_to_pages(1, 1)  # a page break would go through the chart


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


def _chart_of_times(book: Book, sheet_name: str, rows: int, *, title: str) -> Any:  # noqa: ANN401
    """Draw minutes, which stand from the third column on, as bars in the colours of the levels."""
    chart = book.file.add_chart({"type": "column"})
    for number, code in enumerate(book.scheme.codes):
        chart.add_series(
            {
                "name": book.level_name(code),
                "categories": [sheet_name, 4, 0, 3 + rows, 0],
                "values": [sheet_name, 4, 2 + number, 3 + rows, 2 + number],
                "fill": {"color": book.scheme[code].colour},
                "gap": 60,
            }
        )
    dress_chart(chart, along={"rotation": -45}, name=book.say(title), number="0", legend="top")
    chart.set_size({"width": min(1400, max(620, 46 * rows)), "height": 400})
    return chart


def _write_level_matrix(book: Book, key: str, rows: pd.DataFrame, points: pd.DataFrame) -> None:
    """Lay centres or service points against levels: minutes, coloured, and the point that is nearest; and a chart.

    ``key`` names the texts of the sheet; ``rows`` has name, municipality and levels of each, ``points`` the names.
    """
    sheet = book.sheet(key, about=book.say(f"about_{key}"))
    rows, names = with_index(rows), _names_of(points)
    codes = book.scheme.codes
    shown = pd.DataFrame({"name": rows["name"] if "name" in rows else rows["id"]})
    about = next((one for one in ("level", "kunta", "kunta_code") if one in rows), "id")
    shown[about] = rows[about]
    for code in codes:
        shown[f"time_{code}"] = rows[f"time_{code}"]
    for code in codes:
        shown[f"point_{code}"] = [names.get(one, one) for one in rows[f"point_{code}"]]
    shown["class_code"] = rows["class_code"]
    shown = shown.sort_values([f"time_{code}" for code in reversed(codes)], na_position="last", kind="stable")
    columns = [
        Column("name", book.say("column_name"), "text", width=24),
        replace(column_of(book, about, shown[about]), width=24 if about == "level" else 16),
        *_minutes_by_level(book, "time", " (min)"),
        *(
            Column(f"point_{code}", f"{book.level_name(code)}: {book.say('column_point_name')}", "text", width=20)
            for code in codes
        ),
        Column("class_code", book.say("column_class_code"), "text", width=4 + shown["class_code"].str.len().max()),
    ]
    end = write_table(book, sheet, 3, columns, shown, frozen_columns=1)
    sheet.conditional_format(4, 2, max(4, end - 1), 1 + len(codes), _NEAR_TO_FAR)
    if 0 < len(shown) <= _MOST_BARS:
        chart = _chart_of_times(book, sheet.get_name(), len(shown), title="column_time")
        options = {"description": book.say(f"chart_{key}_description"), "object_position": 3}
        sheet.insert_chart(end + 1, 0, chart, options)
        sheet.fit_to_pages(1, 1)  # a page break would go through the chart


def _minutes_by_level(book: Book, what: str, ending: str) -> list[Column]:
    """Give a column of minutes for each level on its colour; its title is the name of the level and an ending."""
    return [
        Column(
            f"{what}_{code}",
            f"{book.level_name(code)}{ending}",
            "minutes",
            absent=book.say("unreached"),
            fill=book.scheme[code].colour,
            width=12,
        )
        for code in book.scheme.codes
    ]


def _names_of(points: pd.DataFrame) -> dict[object, str]:
    rows = with_index(points)
    return dict(zip(rows["id"], rows["name"], strict=True)) if {"id", "name"} <= set(rows) else {}


def _write_groups(book: Book, figures: pd.DataFrame) -> None:
    """List the figures of ages and other groups by area, the whole study first, with the bounds of their people."""
    sheet = book.sheet("groups", about=book.say("about_groups"))
    own = figures[figures["group"] != POPULATION]
    groups = [column_title(str(group), book.language, book.scheme) for group in own["group"]]
    _write_figures(book, sheet, own.assign(group=groups), first=("area_name", "group", "level"), last=("p90",))


def _write_groupings(book: Book, figures: pd.DataFrame) -> None:
    """List the figures of all people in the areas of further groupings."""
    sheet = book.sheet("groupings", about=book.say("about_groupings"))
    own = figures[figures["group"] == POPULATION]
    _write_figures(book, sheet, own, first=("grouping", "area_name", "level"))


def write_services(book: Book, figures: pd.DataFrame) -> None:
    """List the figures of single services for all people of the whole study."""
    sheet = book.sheet("services", about=book.say("about_services"))
    own = figures[(figures["group"] == POPULATION) & (figures["area"] == _WHOLE)]
    _write_figures(book, sheet, own, first=("service",))


def _write_figures(
    book: Book,
    sheet: Any,  # noqa: ANN401 - xlsxwriter carries no types
    figures: pd.DataFrame,
    *,
    first: Sequence[str],
    last: Sequence[str] = ("median", "p90", "worst", "worst_name"),
) -> None:
    """Write key figures, with the bounds of people alone, so that the table fits a page."""
    shown = without_idle_bounds(figures)
    bounded = [f"{one}{end}" for one in ("population", "unreached") for end in ("", LOW, HIGH)]
    beyond = [str(one) for one in shown if str(one).startswith("beyond_") and not str(one).endswith((LOW, HIGH))]
    wanted = [*bounded[:3], "mean", *last, *bounded[3:], "no_road", *beyond]
    names = [*first, *(one for one in wanted if one in shown and _tells(shown[one]))]
    columns = [column_of(book, name, shown[name]) for name in names]
    write_table(book, sheet, 3, columns, shown, frozen_columns=len(first))


def _tells(values: pd.Series[Any]) -> bool:
    """Tell whether a column holds anything but nothing and nobody."""
    return says_something(values) and bool((values != 0).any())


def _write_areas(book: Book, people: pd.DataFrame) -> None:
    """Lay the bands of every area and level side by side: people first, then the share within each threshold."""
    sheet = book.sheet("areas", about=book.say("about_areas"))
    wide, limits = people_by_area(people, book.scheme)
    colours = by_minutes(limits)
    lower = [0.0, *limits]
    columns = [
        Column("area_name", book.say("column_area_name"), "text", width=24),
        Column("level", book.say("column_level"), "level"),
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
