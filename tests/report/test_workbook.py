import zipfile
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report import sheets
from palveluverkko.report.texts import TEXTS
from palveluverkko.report.workbook import cumulative_shares, longest_journeys, people_by_area, write_report

HOSTILE = "=cmd|' /C calc'!A0"
HEADER = 4  # row of the header on sheets that hold one table, from 1
SHEETS = ["summary", "areas", "norms", "worst", "points", "scenarios", "findings", "bands", "sources"]


def _write(path, study, scheme, **changed):
    tables = {
        "title": "Lapin palveluverkko & muut",
        "language": "fi",
        "date": date(2026, 3, 5),
        "summary": study.summary,
        "people": study.people,
        "levels": study.levels,
        "norms": study.norms,
        "points_served": study.points.drop(columns="geometry").assign(people_L=[960.0, 30.0, 8.0]),
        "impacts": {"Ilman Posiota": study.impact, HOSTILE: study.impact},
        "findings": study.findings,
        "sources": {"Tieverkko": "lappi.osm.pbf", "Huomautus": HOSTILE},
    }
    write_report(path, scheme=scheme, **{**tables, **changed})
    return openpyxl.load_workbook(path)


@pytest.fixture
def book(tmp_path, study, scheme):
    return _write(tmp_path / "report.xlsx", study, scheme)


def _sheet(book, key, language="fi"):
    return book[TEXTS[f"sheet_{key}"][language]]


def _rows(sheet, header=HEADER):
    """Rows of a table by the titles of its columns."""
    titles = [cell.value for cell in sheet[header]]
    values = sheet.iter_rows(min_row=header + 1, values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in values]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_are_named_in_the_language_and_stand_in_order(tmp_path, study, scheme, language):
    book = _write(tmp_path / "report.xlsx", study, scheme, language=language)
    assert book.sheetnames == [TEXTS[f"sheet_{key}"][language] for key in SHEETS]


def test_key_figures_equal_the_summary(book, study):
    sheet = _sheet(book, "summary")
    header = next(cell.row for cell in sheet["A"] if cell.value == "Palvelutaso")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=header + 1, max_row=header + 3, max_col=10)]
    wanted = study.summary.assign(level=["Lähitaso", "Aluetaso", "Erityistaso"])
    assert rows == wanted.to_numpy().tolist()


def test_shares_in_the_summary_equal_the_people(book, study, scheme):
    sheet = _sheet(book, "summary")
    header = next(cell.row for cell in sheet["A"] if cell.value == "Enintään (min)")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=header + 1, max_row=header + 3, max_col=4)]
    assert rows == [[15, 0.96, 0.0, 0.0], [30, 0.99, 0.09, 0.0], [60, 0.99, 0.99, 0.09]]
    assert cumulative_shares(study.people, scheme).columns.tolist() == list(scheme.codes)


def test_people_by_area_equal_the_frame(book):
    rows = _rows(_sheet(book, "areas"))
    assert [row["Alue"] for row in rows] == ["Koko alue"] * 3 + ["Kemijärvi"] * 3 + ["Posio"] * 3
    whole, area = rows[0], rows[3]
    assert [whole[band] for band in ("0–15 min", "15–30 min", "30–60 min", "yli 60 min tai ei tavoiteta")] == [
        960,
        30,
        0,
        10,
    ]
    assert whole["Yhteensä"] == 1000
    assert area["Palvelutaso"] == "Lähitaso"
    assert area["yli 60 min tai ei tavoiteta"] == 10
    assert area["≤ 60 min"] == 0


def test_bands_in_long_form_equal_the_frame_with_its_age_groups(book, study):
    rows = _rows(_sheet(book, "bands"))
    assert [row["Väestö"] for row in rows] == study.people["population"].tolist()
    assert [row["75 vuotta täyttäneet"] for row in rows] == study.people["age_75_"].tolist()
    assert [row["Enintään (min)"] for row in rows[:4]] == [15, 30, 60, "–"]


def test_norms_are_judged_in_words_and_coloured(book, study):
    sheet = _sheet(book, "norms")
    rows = _rows(sheet)
    assert [row["Tulos"] for row in rows] == ["Täyttyy", "Ei täyty"]
    assert [row["Ryhmä"] for row in rows] == ["Väestö", "75 vuotta täyttäneet"]
    assert [row["Toteutunut osuus"] for row in rows] == study.norms["share_reached"].tolist()
    assert [row["Ero tavoitteeseen"] for row in rows] == study.norms["margin"].tolist()
    rules = [rule for area in sheet.conditional_formatting for rule in area.rules]
    assert {rule.formula[0] for rule in rules} == {'"Täyttyy"', '"Ei täyty"', '"Riippuu salatuista"'}


def test_the_longest_journeys_begin_with_those_that_never_arrive(book):
    rows = _rows(_sheet(book, "worst"))
    assert [row["Paikan tunnus"] for row in rows[:5]] == ["p5", "p4", "p3", "p2", "p1"]
    assert [row["Matka-aika (min)"] for row in rows[:3]] == ["ei tavoiteta", 61.25, 29.9999833]
    assert [row["Palvelupiste"] for row in rows[:3]] == [None, "Lapin keskussairaala", HOSTILE]


def test_uninhabited_places_are_not_among_the_longest_journeys(study, scheme):
    empty = study.levels.assign(population=[900.0, 60.0, 30.0, 0.0, -1.0])
    assert set(longest_journeys(empty, scheme, most=9)["place_id"]) == {"p1", "p2", "p3"}


def test_many_unreached_places_do_not_push_out_the_journeys(study, scheme):
    journeys = longest_journeys(study.levels.assign(time_L=[5.0, 7.0, None, None, None]), scheme, most=2)
    local = journeys[journeys["level"] == "L"]
    assert local["time"].isna().tolist() == [True, True, False, False]
    assert local["time"].tolist()[2:] == [7.0, 5.0]


def test_points_scenarios_and_findings_equal_their_frames(book, study):
    points = _rows(_sheet(book, "points"))
    assert [row["Väestö, Lähitaso"] for row in points] == [960, 30, 8]
    assert [row["Kapasiteetti"] for row in points] == [None, 40, 400]
    assert [row["Avoinna"] for row in points] == ["kyllä", "kyllä", "ei"]
    scenarios = _rows(_sheet(book, "scenarios"))
    assert [row["Skenaario"] for row in scenarios] == ["Ilman Posiota"] * 3 + [HOSTILE] * 3
    assert scenarios[0]["Lisäminuutit, keskiarvo"] == 36.125
    findings = _rows(_sheet(book, "findings"))
    assert findings[0]["Havainto"] == "Kaukana tiestä"
    assert [row["Etäisyys (m)"] for row in findings] == [812.5, None, None]
    assert [row["Tie"] for row in findings] == ["Valtatie 4", "", ""]
    assert [row["OpenStreetMap-viiva"] for row in findings] == [123456789, None, None]
    assert [row["Lisätieto"] for row in findings] == study.findings["detail"].tolist()


def test_no_cell_anywhere_is_a_formula_or_a_link(book):
    hostile = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title}!{cell.coordinate}"
                assert cell.hyperlink is None
                if cell.value == HOSTILE:
                    hostile += 1
                    assert cell.data_type == "s"
                    assert cell.quotePrefix
    assert hostile >= 8


def test_headers_are_frozen_filtered_and_repeated_on_every_page(book):
    for key in ("areas", "norms", "worst", "points", "scenarios", "findings", "bands"):
        sheet = _sheet(book, key)
        assert sheet.freeze_panes.endswith(str(HEADER + 1)), key
        assert sheet.auto_filter.ref.startswith(f"A{HEADER}:"), key
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}", key
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_the_summary_holds_a_real_chart_with_a_line_per_level(tmp_path, book):
    with zipfile.ZipFile(tmp_path / "report.xlsx") as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert chart.count("<c:ser>") == 3
    assert "<c:scatterChart>" in chart
    assert "Viivakaavio" in drawing
    assert book.worksheets[0]._charts


def test_equal_arguments_give_equal_bytes(tmp_path, study, scheme):
    _write(tmp_path / "one.xlsx", study, scheme)
    _write(tmp_path / "two.xlsx", study, scheme)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_study_without_norms_scenarios_or_findings_says_so(tmp_path, study, scheme):
    book = _write(
        tmp_path / "report.xlsx",
        study,
        scheme,
        norms=study.norms.iloc[:0],
        impacts={},
        findings=study.findings.iloc[:0],
        language="sv",
    )
    for key in ("norms", "scenarios", "findings"):
        assert _sheet(book, key, "sv")["A4"].value == TEXTS[f"none_{key}"]["sv"]


def test_a_level_that_nobody_reaches_is_said_in_words(tmp_path, study, scheme):
    summary = study.summary.assign(mean=[4.75, 39.5, np.nan], p90=[15.0, 40.0, np.nan], worst=[61.25, 61.25, np.nan])
    summary.loc[2, ["worst_place", "worst_name"]] = None
    sheet = _sheet(_write(tmp_path / "report.xlsx", study, scheme, summary=summary), "summary")
    sentences = [cell.value for cell in sheet["A"]]
    assert "Erityistaso: kukaan ei tavoita tasoa lasketussa ajassa." in sentences
    assert any("2 asukasta ei tavoita tasoa" in str(sentence) for sentence in sentences)


def test_a_table_that_is_too_long_says_how_much_it_left_off(tmp_path, study, scheme, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    sheet = _sheet(_write(tmp_path / "report.xlsx", study, scheme), "findings")
    assert "2" in sheet["A3"].value
    assert "3" in sheet["A3"].value
    assert len(_rows(sheet)) == 2


def test_a_study_without_areas_has_rows_for_the_whole_only(study, scheme):
    wide, limits = people_by_area(study.people[study.people["area"] == ""], scheme)
    assert wide["area"].tolist() == ["", "", ""]
    assert wide["level"].tolist() == list(scheme.codes)
    assert limits == study.minutes


def test_people_of_all_bands_sum_to_the_total_in_every_row(study, scheme):
    wide, limits = people_by_area(study.people, scheme)
    bands = wide[[f"band_{limit:g}" for limit in limits] + ["band_beyond"]]
    pd.testing.assert_series_equal(bands.sum(axis=1), wide["total"], check_names=False)


def test_a_failing_write_leaves_the_old_workbook(tmp_path, study, scheme, monkeypatch):
    path = tmp_path / "report.xlsx"
    _write(path, study, scheme)
    old = path.read_bytes()

    def fail(*_arguments, **_options):
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr(xlsxwriter.worksheet.Worksheet, "autofilter", fail)
    with pytest.raises(OSError, match="disk full"):
        _write(path, study, scheme)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
