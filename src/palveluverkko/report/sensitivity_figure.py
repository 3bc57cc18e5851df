"""Sensitivity as a picture: a small panel for each level and variant, a bar for each area."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.report.drawing import as_written, save
from palveluverkko.report.looks import GOOD, INK, MUTED
from palveluverkko.report.sensitivity_workbook import variant_label
from palveluverkko.report.texts import format_number, text

MOST_AREAS = 40
"""Areas of a panel; of more those are drawn where most people change bands."""

_WHOLE = ""
_GRID = "#e3e8eb"
_BETTER, _WORSE = GOOD[0], "#d2691e"  # blue and orange differ for every kind of colour vision
_LINE, _PANEL, _APART = 0.19, 2.2, 0.25  # inches: a bar, a panel, between panels
_LETTER, _LEAST_NAMES = 0.072, 1.4  # inches: a letter of an area's name, the narrowest column of names
_TOP, _NOTE, _BETWEEN = 1.45, 0.2, 0.6


def write_sensitivity_figure(path: Path, areas: pd.DataFrame, *, scheme: LevelScheme, language: str) -> Path:
    """Draw the share of people whose band changes, by area, level and variant.

    Parameters
    ----------
    path
        PNG to write.
    areas
        As :meth:`palveluverkko.planning.sensitivity.Sensitivity.by_area` gives it; at least one variant beside the
        baseline.
    scheme, language
        Names of the levels, and the language of all words.
    """
    return save(draw_sensitivity(areas, scheme=scheme, language=language), path)


@as_written
def draw_sensitivity(areas: pd.DataFrame, *, scheme: LevelScheme, language: str) -> Figure:
    """Draw the panels: levels downwards, variants side by side, bars to the left nearer and to the right farther."""
    variants = areas[~areas["baseline"]]
    names, left_off = _areas_to_draw(variants, language)
    drawn = variants[variants["area"].isin(list(names))]
    widest = _widest(drawn)
    columns = drawn[["variant", "season", "speed_factor"]].drop_duplicates()
    panel_height = len(names) * _LINE
    name_width = max(_LEAST_NAMES, _LETTER * max(len(name) for name in names.values()) + 0.4)
    width = name_width + len(columns) * (_PANEL + _APART) + 0.3
    width = max(width, 7.2)
    height = _TOP + len(scheme.codes) * (panel_height + _BETWEEN) + _NOTE * bool(left_off)
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    for row, level in enumerate(scheme.levels):
        bottom = height - _TOP - (row + 1) * panel_height - row * _BETWEEN
        figure.text(
            0.3 / width,
            (bottom + panel_height + 0.08) / height,
            level.name(language),
            fontsize=10.5,
            fontweight="bold",
            color=level.colour,
            va="bottom",
        )
        for column, variant in enumerate(columns.to_dict("records")):
            left = name_width + column * (_PANEL + _APART)
            axes = figure.add_axes((left / width, bottom / height, _PANEL / width, panel_height / height))
            own = drawn[(drawn["variant"] == variant["variant"]) & (drawn["level"] == level.code)]
            _draw_bars(axes, own.set_index("area"), names, widest=widest, named=column == 0, language=language)
            if row == 0:
                label = variant_label(str(variant["season"]), float(variant["speed_factor"]), language)
                figure.text(
                    (left + _PANEL / 2) / width,
                    (bottom + panel_height + 0.1) / height,
                    label,
                    fontsize=9.5,
                    color=INK,
                    ha="center",
                    va="bottom",
                )
    _headline(figure, areas, language=language)
    if left_off:
        note = text("figure_sensitivity_left_off", language, shown=MOST_AREAS, total=MOST_AREAS + left_off)
        figure.text(0.3 / width, 0.1 / height, note, fontsize=8, color=MUTED, va="bottom")
    return figure


def _areas_to_draw(variants: pd.DataFrame, language: str) -> tuple[dict[str, str], int]:
    """Choose the areas to draw below the whole study, and give their names and how many are left out."""
    whole = {_WHOLE: text("whole_study", language)}
    single = variants[variants["area"] != _WHOLE]
    names = dict(zip(single["area"], single["area_name"], strict=True))
    if len(names) <= MOST_AREAS:
        return whole | names, 0
    largest = single.groupby("area", sort=False)["share_changed"].max().fillna(0)
    kept = set(largest.sort_values(ascending=False, kind="stable").index[:MOST_AREAS])
    return whole | {area: name for area, name in names.items() if area in kept}, len(names) - MOST_AREAS


def _draw_bars(
    axes: Axes, own: pd.DataFrame, names: dict[str, str], *, widest: float, named: bool, language: str
) -> None:
    own = own.reindex(list(names))
    people = own["population"].where(own["population"] > 0)
    better, worse = (100 * (own[f"people_{side}"] / people).fillna(0).to_numpy() for side in ("better", "worse"))
    at = np.arange(len(own))
    axes.barh(at, -better, height=0.72, color=_BETTER, linewidth=0)
    axes.barh(at, worse, height=0.72, color=_WORSE, linewidth=0)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_xlim(-widest, widest)
    axes.set_ylim(len(own) - 0.4, -0.6)
    ticks = [-widest, -widest / 2, 0, widest / 2, widest]
    axes.set_xticks(ticks, [format_number(abs(one), language) for one in ticks])
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")
    axes.set_yticks(at, list(names.values()) if named else [""] * len(names))
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.hlines(at, -widest, widest, color=_GRID, linewidth=0.5, zorder=0)
    axes.tick_params(colors=INK, labelsize=8, length=0, pad=3)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _widest(drawn: pd.DataFrame) -> float:
    """Give the end of the axes in per cent: the next of 2, 5, 10, 20, 40, 60, 80 and 100."""
    shares = drawn[["people_better", "people_worse"]].max(axis=1) / drawn["population"].where(drawn["population"] > 0)
    most = 100 * shares.max()
    ends = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0)
    return 2.0 if math.isnan(most) else next((end for end in ends if most <= end), 100.0)


def _headline(figure: Figure, areas: pd.DataFrame, *, language: str) -> None:
    width, height = figure.get_size_inches()
    base = areas[areas["baseline"]].iloc[0]
    baseline = variant_label(str(base["season"]), float(base["speed_factor"]), language)
    subtitle = text("figure_sensitivity_subtitle", language, baseline=baseline[0].lower() + baseline[1:])
    left = 0.3 / width
    title = text("figure_sensitivity", language)
    figure.text(left, 1 - 0.2 / height, title, fontsize=15, fontweight="bold", color=INK, va="top")
    figure.text(left, 1 - 0.53 / height, subtitle, fontsize=10, color=MUTED, va="top")
    keys = [Patch(color=_BETTER), Patch(color=_WORSE)]
    labels = [text("figure_better", language), text("figure_worse", language)]
    figure.legend(
        keys,
        labels,
        loc="upper left",
        bbox_to_anchor=(left, 1 - 0.72 / height),
        ncols=2,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderaxespad=0,
        borderpad=0.2,
        handlelength=1.2,
    )
