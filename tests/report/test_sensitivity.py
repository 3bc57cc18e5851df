"""The workbook and the figure of sensitivity say what the tables say."""

from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report.sensitivity_figure import MOST_AREAS, draw_sensitivity, write_sensitivity_figure
from palveluverkko.report.sensitivity_workbook import variant_label, write_sensitivity
from palveluverkko.report.texts import TEXTS

VARIANTS = (("winter", 1.0, True), ("winter", 0.95, False), ("summer", 1.0, False))
HOSTILE = "=cmd|' /C calc'!A0"
KITTILA = "Kittilä"


def areas_of(names, scheme, *, changed=100.0):
    """Make up a table by area: in the slow variant people move to a farther band, more in each area."""
    rows = []
    for season, factor, baseline in VARIANTS:
        for number, name in enumerate(["", *names]):
            people = 1000.0 * (max(1, len(names)) if number == 0 else 1)
            for code in scheme.codes:
                worse = 0.0 if baseline or season == "summer" else changed * people / 1000 * (number + 1)
                row = {
                    "variant": f"{season} {factor:g}", "season": season, "speed_factor": factor, "baseline": baseline,
                    "area": f"{number:03}" if number else "", "area_name": name, "level": code, "population": people,
                    "people_changed": worse, "share_changed": worse / people, "people_better": 0.0,
                    "people_worse": worse, "people_newly_reached": 0.0, "people_cut_off": worse / 10,
                    "reached": people - worse / 10, "mean": 20.0 if code == "L" else np.nan,
                    "extra_minutes_mean": 1.5 if worse else 0.0, "norms": int(code == "L"),
                    "norms_met": int(code == "L" and not worse),
                }  # fmt: skip
                rows.append(row)
    return pd.DataFrame(rows)


def norms_of(*, firm=False):
    rows = [
        {
            "variant": f"{season} {factor:g}", "season": season, "speed_factor": factor, "baseline": baseline,
            "level": "L", "minutes": 30.0, "share": 0.9, "group": "population", "area": area, "area_name": name,
            "population": 2000.0, "within": 1900.0, "share_reached": 0.95,
            "passed": firm or factor == 1, "missing": 0, "margin": 0.05,
        }
        for season, factor, baseline in VARIANTS
        for area, name in (("", ""), ("001", KITTILA))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write(path, scheme, **changed):
    tables = {
        "title": "Lapin palveluverkko",
        "language": "fi",
        "date": date(2026, 3, 5),
        "areas": areas_of([KITTILA, HOSTILE], scheme),
        "norms": norms_of(),
        "sources": {"Tieverkko": "lappi.osm.pbf"},
        "access_legs": "fixed",
    }
    write_sensitivity(path, scheme=scheme, **{**tables, **changed})
    return openpyxl.load_workbook(path)


def rows_of(sheet, header=4):
    titles = [cell.value for cell in sheet[header]]
    return [dict(zip(titles, row, strict=True)) for row in sheet.iter_rows(min_row=header + 1, values_only=True)]


def words_of(book):
    return [
        cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_stand_in_order_in_every_language_and_nothing_is_a_formula(tmp_path, scheme, language):
    book = write(tmp_path / "sensitivity.xlsx", scheme, language=language)
    assert book.sheetnames == [TEXTS[f"sheet_{key}"][language] for key in ("summary", "areas", "norms", "sources")]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert HOSTILE in words_of(book)
    assert len(book.worksheets[0]._charts) == 1


def test_the_sheet_of_areas_holds_every_row_with_an_area_and_its_variants_together(tmp_path, scheme):
    areas = areas_of([KITTILA, HOSTILE], scheme)
    rows = rows_of(write(tmp_path / "sensitivity.xlsx", scheme, areas=areas)["Alueittain"])
    assert len(rows) == len(areas)
    assert [row["Alue"] for row in rows] == ["Koko alue"] * 9 + [KITTILA] * 9 + [HOSTILE] * 9
    labels = ["Talvi (lähtökohta)", "Talvi, nopeudet × 0,95", "Kesä"]
    assert [row["Muunnelma"] for row in rows[9:18:3]] == labels
    slow = next(row for row in rows if row["Alue"] == KITTILA and row["Muunnelma"] == labels[1])
    assert (slow["Vyöhyke muuttuu"], slow["Osuus väestöstä"], slow["Kauemmas"]) == (200, 0.2, 200)
    assert (slow["Palvelutaso"], slow["Tavoitteista täyttyy"], slow["Jää ilman palvelua"]) == ("Lähitaso", "0/1", 20)


def test_the_summary_says_what_changes_most_and_which_norm_hangs_on_the_speeds(tmp_path, scheme):
    areas = areas_of([KITTILA, HOSTILE], scheme)
    areas.loc[(areas["area"] == "") & (areas["level"] == "A") & (areas["speed_factor"] < 1), "share_changed"] = 0.345
    words = words_of(write(tmp_path / "sensitivity.xlsx", scheme, areas=areas, language="en"))
    assert (
        "Winter, speeds × 0.95: Regional level changes most. The band changes for 34.5 % of the people: 0 move nearer "
        "and 200 farther. 20 people no longer reach it within the time computed."
    ) in words
    assert "Summer: nobody's band changes." in words
    assert (
        "The norm (Local level, 30 min, 90 %) is met in some of the variants only. It is not met at: "
        "Winter, speeds × 0.95."
    ) in words


def test_firm_norms_are_said_to_be_firm_and_none_are_none(tmp_path, scheme):
    firm = "Whether the norms of the whole area are met does not depend on the speeds chosen."
    assert firm in words_of(write(tmp_path / "a.xlsx", scheme, norms=norms_of(firm=True), language="en"))
    none = norms_of().iloc[:0]
    areas = areas_of([KITTILA], scheme).assign(norms=0, norms_met=0)
    words = words_of(write(tmp_path / "b.xlsx", scheme, norms=none, areas=areas, language="en"))
    assert firm not in words
    assert "No norms were set for this study." in words
    assert "Norms met" not in words


@pytest.mark.parametrize(("legs", "said"), [("fixed", "takes as long at every factor"), ("scaled", "also holds for")])
def test_the_method_says_whether_access_legs_take_part(tmp_path, scheme, legs, said):
    words = words_of(write(tmp_path / "sensitivity.xlsx", scheme, access_legs=legs, language="en"))
    assert sum(said in one for one in words) == 1


def test_equal_tables_are_equal_bytes(tmp_path, scheme):
    for name in ("one", "two"):
        write(tmp_path / f"{name}.xlsx", scheme)
        areas = areas_of([KITTILA], scheme)
        write_sensitivity_figure(tmp_path / f"{name}.png", areas, scheme=scheme, language="fi")
    for ending in ("xlsx", "png"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


@pytest.mark.parametrize(
    ("season", "factor", "baseline", "language", "label"),
    [
        ("winter", 1.0, True, "fi", "Talvi (lähtökohta)"),
        ("summer", 0.9, False, "sv", "Sommar, hastigheter × 0,9"),
        ("winter", 1.125, False, "en", "Winter, speeds × 1.125"),
    ],
)
def test_variants_are_named_in_words(season, factor, baseline, language, label):
    assert variant_label(season, factor, language, baseline=baseline) == label


def bars_of(axes):
    """Give the bars of a panel that can be seen, by the text of their row, when it has one."""
    return [(round(bar.get_y() + bar.get_height() / 2), bar.get_x(), bar.get_width()) for bar in axes.patches]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_panel_for_each_level_and_variant_and_bars_are_shares(tmp_path, scheme, language):
    areas = areas_of([KITTILA, "Muonio"], scheme)
    figure = draw_sensitivity(areas, scheme=scheme, language=language)
    assert len(figure.axes) == 3 * 2
    slow, summer = figure.axes[:2]
    assert [label.get_text() for label in slow.get_yticklabels()] == [
        TEXTS["whole_study"][language],
        KITTILA,
        "Muonio",
    ]
    assert [bar[2] for bar in bars_of(slow)] == pytest.approx([0, 0, 0, 10, 20, 30])
    assert not any(bar[2] for bar in bars_of(summer))
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    write_sensitivity_figure(tmp_path / "sensitivity.png", areas, scheme=scheme, language=language)
    with Image.open(tmp_path / "sensitivity.png") as picture:
        assert min(picture.size) > 300


def test_of_many_areas_those_with_the_largest_change_are_drawn_and_the_rest_is_said(scheme):
    names = [f"Kunta {number:03}" for number in range(MOST_AREAS + 5)]
    figure = draw_sensitivity(areas_of(names, scheme, changed=10.0), scheme=scheme, language="en")
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == ["Whole area", *names[5:]]
    said = [one.get_text() for one in figure.texts]
    assert "The 40 areas with the largest change; all 45 areas are in the table." in said


def test_without_areas_the_whole_study_is_drawn(scheme):
    figure = draw_sensitivity(areas_of([], scheme), scheme=scheme, language="sv")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Hela området"]
