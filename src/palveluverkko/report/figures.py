"""Figures for a decision paper: curves of reach, a heat table of areas, and age groups by travel time."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import UNREACHED_COLOUR, band_colours, level_shapes
from palveluverkko.domain.travel import check_minutes
from palveluverkko.report.drawing import MARKERS, as_written, fitting, inches, marker_area, save
from palveluverkko.report.looks import INK, MUTED, by_minutes, ink_on
from palveluverkko.report.texts import band_label, column_title, format_number, text
from palveluverkko.report.tidy import group_columns

_GRID = "#e3e8eb"
_HEADER_ROWS = 1.0
_TITLE_LETTERS = 18  # of the name of a level side by side: longer names take more lines
_LETTERS_BESIDE = 16  # of a line of the name of a level beside its curve
_LINE_OF_LABEL = 0.0575  # of the height of the axes
_LABELLED_SHARE = 0.05  # a narrower part of a bar has no room for its number
_WIDEST_NAME = 3.4
"""Inches that the name of an area has room for in the heat table."""

_ROWS_PER_PANEL = 42
"""Areas in one column of the heat table; more areas make more columns side by side."""


def write_figures(
    directory: Path,
    *,
    levels: pd.DataFrame,
    scheme: LevelScheme,
    people: pd.DataFrame,
    minutes: Sequence[float],
    language: str,
    area_column: str | None = None,
) -> list[Path]:
    """Draw the curves of reach and, where they are known, the heat table of areas and the profiles of age groups.

    Parameters
    ----------
    directory
        Where to write; made when absent.
    levels
        Levels by place: ``time_X`` and population, and the column of areas.
    scheme
        Order, names and colours of the levels.
    people
        People by band, from which areas take their names.
    minutes
        Thresholds: the grid of the curves and the colours of the table.
    language
        Language of all words.
    area_column
        Column of ``levels`` that holds the id of the area; no heat table when None.

    Returns
    -------
    list of Path
        The files, in the order drawn.
    """
    minutes = check_minutes(minutes)
    drawn = {"reach.png": draw_reach(levels, scheme=scheme, minutes=minutes, language=language)}
    if area_column is not None:
        names = dict(zip(people["area"], people["area_name"], strict=True))
        means = mean_by_area(levels, scheme=scheme, area_column=area_column)
        drawn["areas.png"] = draw_areas(means, names=names, scheme=scheme, minutes=minutes, language=language)
    ages = [group for group in group_columns(people) if group.startswith("age_")]
    if ages:
        drawn["ages.png"] = draw_ages(people, groups=ages, scheme=scheme, language=language)
    return [save(figure, directory / name) for name, figure in drawn.items()]


def reach_curve(times: pd.Series[float], people: pd.Series[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the minutes at which the share of all people within reach rises, and the share from then on."""
    minutes: NDArray[np.float64] = np.asarray(times, dtype=np.float64)
    order = np.argsort(minutes, kind="stable")
    sorted_times = minutes[order]
    shares: NDArray[np.float64] = np.cumsum(np.asarray(people, dtype=np.float64)[order]) / float(people.sum())
    reached = np.isfinite(sorted_times)
    last_of_equal = np.append(sorted_times[1:] != sorted_times[:-1], True) if len(sorted_times) else reached
    return sorted_times[reached & last_of_equal], shares[reached & last_of_equal]


def mean_by_area(levels: pd.DataFrame, *, scheme: LevelScheme, area_column: str) -> pd.DataFrame:
    """Give the people-weighted mean minutes of each area and level, and the share of people that does not reach it.

    Returns
    -------
    DataFrame
        Index area; columns ``mean_X`` (NaN where nobody reaches X) and ``unreached_X``, 0–1.
    """
    areas = levels[area_column]
    people = levels["population"].clip(lower=0)
    total = people.groupby(areas).sum()
    columns = {}
    for code in scheme.codes:
        times = levels[f"time_{code}"]
        counted = people.where(times.notna(), 0)
        reached = counted.groupby(areas).sum()
        columns[f"mean_{code}"] = (times.fillna(0) * counted).groupby(areas).sum() / reached.where(reached > 0)
        columns[f"unreached_{code}"] = 1 - reached / total.where(total > 0)
    return pd.DataFrame(columns).rename_axis("area")


@as_written
def draw_reach(levels: pd.DataFrame, *, scheme: LevelScheme, minutes: Sequence[float], language: str) -> Figure:
    """Draw the share of people who reach each level against time, from exact times."""
    figure = Figure(figsize=(9, 5.2), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.085, 0.13, 0.735, 0.68))
    people = levels["population"].clip(lower=0)
    last = float(minutes[-1])
    ends = []
    shapes = level_shapes(len(scheme.levels))
    for number, (level, shape) in enumerate(zip(scheme.levels, shapes, strict=True)):
        times, shares = reach_curve(levels[f"time_{level.code}"], people)
        within = times <= last
        end = float(shares[within][-1]) if within.any() else 0.0
        axes.step(
            [0.0, *times[within], last],
            [0.0, *shares[within], end],
            where="post",
            color=level.colour,
            linewidth=2.4,
            solid_joinstyle="round",
            zorder=3 + 2 * number,
        )
        axes.scatter(
            minutes,
            [float(shares[times <= limit][-1]) if (times <= limit).any() else 0.0 for limit in minutes],
            s=marker_area(number, shape),
            marker=MARKERS[shape],
            color=level.colour,
            edgecolors="white",
            linewidths=1.1,
            zorder=4 + 2 * number,
            clip_on=False,
        )
        ends.append((end, level.name(language), level.colour))
    axes.set_xlim(0, last)
    axes.set_ylim(0, 1.02)
    axes.set_xticks(list(minutes), [format_number(value, language) for value in minutes])
    axes.set_yticks(np.arange(0, 1.01, 0.2), [f"{value} %" for value in range(0, 101, 20)])
    axes.grid(color=_GRID, linewidth=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=10, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.set_xlabel(text("axis_minutes", language), color=INK, fontsize=10, labelpad=8)
    names = ["\n".join(textwrap.wrap(name, _LETTERS_BESIDE, break_long_words=False)) for _, name, _ in ends]
    lines = 2 + max(name.count("\n") for name in names)
    heights = _spread([end[0] for end in ends], gap=min(_LINE_OF_LABEL * lines, 1 / len(ends)))
    for (share, _, colour), name, height in zip(ends, names, heights, strict=True):
        shown = f"{name}\n{format_number(100 * share, language, fixed=True)} %"
        axes.annotate(
            shown,
            xy=(last, height),
            xytext=(13, 0),
            textcoords="offset points",
            color=colour,
            fontsize=10.5,
            fontweight="bold",
            va="center",
            linespacing=1.15,
            annotation_clip=False,
        )
    _headline(figure, text("figure_cumulative", language), text("figure_cumulative_subtitle", language), left=0.085)
    return figure


@as_written
def draw_areas(
    means: pd.DataFrame, *, names: dict[str, str], scheme: LevelScheme, minutes: Sequence[float], language: str
) -> Figure:
    """Draw mean minutes as a coloured table, the area with the longest times to the nearest level first."""
    rows = means.sort_values([f"mean_{code}" for code in scheme.codes], ascending=False, na_position="first")
    panels = max(1, math.ceil(len(rows) / _ROWS_PER_PANEL))
    per_panel = max(1, math.ceil(len(rows) / panels))
    shown = [fitting(names.get(str(area)) or str(area), size=9.5, most_inches=_WIDEST_NAME) for area in rows.index]
    titles = [textwrap.wrap(level.name(language), _TITLE_LETTERS) for level in scheme.levels]
    header = max(_HEADER_ROWS, 0.55 * max(len(one) for one in titles))
    name_width = max([1.0, *(inches(one, size=9.5) for one in shown)]) + 0.15
    cell = max([1.0, *(inches(one, size=9, weight="bold") for title in titles for one in title)]) + 0.15
    line = 0.29
    panel_width = name_width + cell * len(scheme.levels)
    width, table_height = panels * panel_width + 0.4 * (panels - 1) + 0.6, (per_panel + header) * line
    height = table_height + 1.55
    figure = Figure(figsize=(max(width, 6.4), height), facecolor="white")
    FigureCanvasAgg(figure)
    figure_width = figure.get_size_inches()[0]
    for panel in range(panels):
        part = rows.iloc[panel * per_panel : (panel + 1) * per_panel]
        left = 0.3 + panel * (panel_width + 0.4)
        axes = figure.add_axes((left / figure_width, 0.75 / height, panel_width / figure_width, table_height / height))
        axes.set_xlim(0, panel_width)
        axes.set_ylim(per_panel, -header)
        axes.axis("off")
        for number, level in enumerate(scheme.levels):
            x = name_width + cell * (number + 0.5)
            axes.text(
                x,
                -header / 2,
                "\n".join(titles[number]),
                ha="center",
                va="center",
                fontsize=9,
                fontweight="bold",
                color=level.colour,
            )
        for row, (_, values) in enumerate(part.iterrows()):
            axes.text(0, row + 0.5, shown[panel * per_panel + row], ha="left", va="center", fontsize=9.5, color=INK)
            for number, code in enumerate(scheme.codes):
                mean, unreached = float(values[f"mean_{code}"]), float(values[f"unreached_{code}"])
                fill = _class_colour(mean, minutes)
                axes.add_patch(
                    Rectangle(
                        (name_width + cell * number + 0.02, row + 0.04), cell - 0.04, 0.92, facecolor=fill, linewidth=0
                    )
                )
                figures = "–" if math.isnan(mean) else format_number(mean, language, fixed=True)
                mark = " *" if unreached > 0 and not math.isnan(mean) else ""
                axes.text(
                    name_width + cell * (number + 0.5),
                    row + 0.5,
                    figures + mark,
                    ha="center",
                    va="center",
                    fontsize=9.5,
                    color=ink_on(fill),
                )
    _draw_key(
        figure, minutes=minutes, language=language, left=0.3 / figure_width, bottom=0.3 / height, width=width - 0.6
    )
    if any((means[f"unreached_{code}"] > 0).any() for code in scheme.codes):
        note = text("figure_areas_note", language)
        figure.text(0.3 / figure_width, 0.08 / height, note, fontsize=8, color=MUTED, va="bottom")
    _headline(figure, text("figure_areas", language), text("figure_areas_subtitle", language), left=0.3 / figure_width)
    return figure


@as_written
def draw_ages(people: pd.DataFrame, *, groups: Sequence[str], scheme: LevelScheme, language: str) -> Figure:
    """Draw for each level how each age group of the whole study is shared out over the bands, near to far."""
    whole = people[people["area"] == ""]
    minutes = sorted(float(limit) for limit in whole["to_min"].dropna().unique())
    colours = [*by_minutes(minutes).values(), UNREACHED_COLOUR]
    left, right, row, gap, head, foot = 1.75, 0.35, 0.34, 0.62, 1.0, 0.6
    panel = row * len(groups)
    width, height = 9.0, head + foot + len(scheme.levels) * (panel + gap)
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    for number, level in enumerate(scheme.levels):
        top = head + number * (panel + gap) + 0.3
        axes = figure.add_axes(
            (left / width, 1 - (top + panel) / height, (width - left - right) / width, panel / height)
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(len(groups), 0)
        axes.axis("off")
        axes.text(0, -0.18, level.name(language), fontsize=11, fontweight="bold", color=level.colour, va="bottom")
        own = whole[whole["level"] == level.code].sort_values("to_min", na_position="last")
        for at, group in enumerate(groups):
            heads = own[group].to_numpy(dtype=np.float64)
            name = column_title(group, language, scheme)
            axes.text(-0.015, at + 0.5, name, ha="right", va="center", fontsize=9.5, color=INK)
            if not heads.sum():
                continue
            shares = heads / heads.sum()
            for start, share, colour in zip(np.cumsum(shares) - shares, shares, colours, strict=True):
                axes.add_patch(Rectangle((start, at + 0.08), share, 0.84, facecolor=colour, linewidth=0))
                if share >= _LABELLED_SHARE:
                    shown = f"{format_number(100 * share, language, most_decimals=0)} %"
                    axes.text(
                        start + share / 2, at + 0.5, shown, ha="center", va="center", fontsize=8.5, color=ink_on(colour)
                    )
    _draw_bands_key(figure, minutes=minutes, colours=colours, language=language)
    _headline(figure, text("figure_ages", language), text("figure_ages_subtitle", language), left=0.3 / width)
    return figure


def _draw_bands_key(figure: Figure, *, minutes: Sequence[float], colours: Sequence[str], language: str) -> None:
    """Draw the colours of the bands, and of those beyond, as one strip along the foot."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.3 / width, 0.22 / height, (width - 0.65) / width, 0.28 / height))
    axes.axis("off")
    beyond = 2.6  # times the width of a band: the text is that much longer
    axes.set_xlim(0, len(minutes) + beyond)
    axes.set_ylim(0, 1)
    lower = [0.0, *minutes]
    for number, colour in enumerate(colours):
        last = number == len(minutes)
        extent = beyond if last else 1.0
        axes.add_patch(Rectangle((number + 0.01, 0.08), extent - 0.02, 0.84, facecolor=colour, linewidth=0))
        shown = band_label(lower[number], math.nan if last else minutes[number], language)
        axes.text(
            number + extent / 2, 0.48, shown, ha="center", va="center", fontsize=8,
            color=ink_on(colour),
        )  # fmt: skip


def _class_colour(mean: float, minutes: Sequence[float]) -> str:
    """Give the colour of the band that a time falls in, as on the maps."""
    if math.isnan(mean) or mean > minutes[-1]:
        return UNREACHED_COLOUR
    return band_colours(len(minutes))[int(np.searchsorted(minutes, mean, side="left"))]


def _draw_key(
    figure: Figure, *, minutes: Sequence[float], language: str, left: float, bottom: float, width: float
) -> None:
    """Draw the colours of the classes as one strip with their limits."""
    figure_width, figure_height = figure.get_size_inches()
    axes = figure.add_axes((left, bottom, width / figure_width, 0.28 / figure_height))
    axes.axis("off")
    axes.set_xlim(0, len(minutes))
    axes.set_ylim(0, 1)
    for number, (limit, colour) in enumerate(by_minutes(minutes).items()):
        axes.add_patch(Rectangle((number + 0.01, 0.08), 0.98, 0.84, facecolor=colour, linewidth=0))
        shown = text("within", language, minutes=format_number(limit, language))
        axes.text(number + 0.5, 0.48, shown, ha="center", va="center", fontsize=8, color=ink_on(colour))


def _headline(figure: Figure, title: str, subtitle: str, *, left: float) -> None:
    height = figure.get_size_inches()[1]
    figure.text(left, 1 - 0.2 / height, title, fontsize=15, fontweight="bold", color=INK, va="top")
    figure.text(left, 1 - 0.53 / height, subtitle, fontsize=10, color=MUTED, va="top")


def _spread(heights: Sequence[float], *, gap: float) -> list[float]:
    """Move labels apart until none is nearer to the next than a gap, and all lie on the axes."""
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, dtype=float)[order]
    for number in range(1, len(placed)):
        placed[number] = max(placed[number], placed[number - 1] + gap)
    ceiling = 1.0
    for number in range(len(placed) - 1, -1, -1):
        placed[number] = min(placed[number], ceiling)
        ceiling = placed[number] - gap
    spread = np.empty_like(placed)
    spread[order] = placed
    return [float(height) for height in spread]
