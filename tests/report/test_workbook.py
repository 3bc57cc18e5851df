import re
import zipfile

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from workbooks import HEADER, HOSTILE, SHEETS, rows_of, sheet_of, write_book

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report import sheets
from palveluverkko.report.area_sheets import people_by_area
from palveluverkko.report.summary_sheet import cumulative_shares
from palveluverkko.report.texts import TEXTS
from palveluverkko.report.workbook import longest_journeys


@pytest.fixture
def book(tmp_path, study, scheme):
    return write_book(tmp_path / "report.xlsx", study, scheme)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_are_named_in_the_language_and_stand_in_order(tmp_path, study, scheme, language):
    book = write_book(tmp_path / "report.xlsx", study, scheme, language=language)
    assert book.sheetnames == [TEXTS[f"sheet_{key}"][language] for key in SHEETS]


def test_key_figures_equal_the_summary(book, study):
    rows = key_figures(sheet_of(book, "summary"))
    titles = {
        "mean": "Keskiarvo (min)",
        "p90": "90. persentiili (min)",
        "worst": "Pisin (min)",
        "worst_name": "Pisimmän matkan paikka",
        "population": "Väestö",
        "reached": "Tavoittaa",
        "unreached": "Ei tavoita",
        "beyond_60": "Yli 60 min päässä",
    }
    assert rows.pop("Tunnusluku") == ["Lähitaso", "Aluetaso", "Erityistaso"]
    assert rows == {title: study.summary[name].tolist() for name, title in titles.items()}


def key_figures(sheet):
    header = next(cell.row for cell in sheet["A"] if cell.value == "Tunnusluku")
    rows = {}
    for row in sheet.iter_rows(min_row=header, max_col=4, values_only=True):
        if row[0] is None:
            return rows
        rows[row[0]] = list(row[1:])
    return rows


def test_shares_in_the_summary_equal_the_people(book, study, scheme):
    sheet = sheet_of(book, "summary")
    header = next(cell.row for cell in sheet["A"] if cell.value == "Enintään (min)")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=header + 1, max_row=header + 3, max_col=4)]
    assert rows == [[15, 0.96, 0.0, 0.0], [30, 0.99, 0.09, 0.0], [60, 0.99, 0.99, 0.09]]
    assert cumulative_shares(study.people, scheme).columns.tolist() == list(scheme.codes)


def test_people_by_area_equal_the_frame(book):
    rows = rows_of(sheet_of(book, "areas"))
    assert [row["Alue"] for row in rows] == ["Koko alue"] * 3 + ["Kemijärvi"] * 3 + ["Posio"] * 3
    whole, area = rows[0], rows[3]
    assert [whole[band] for band in ("0–15 min", "15–30 min", "30–60 min", "yli 60 min tai ei tavoiteta")] == [
        960,
        30,
        0,
        10,
    ]
    assert whole["Yhteensä"] == "=SUM(C5:F5)"  # 1000, as test_libreoffice.py counts
    assert area["Palvelutaso"] == "Lähitaso"
    assert area["yli 60 min tai ei tavoiteta"] == 10
    assert area["≤ 60 min"] == 0


def test_bands_in_long_form_equal_the_frame_with_its_age_groups(book, study):
    rows = rows_of(sheet_of(book, "bands"))
    assert [row["Väestö"] for row in rows] == study.people["population"].tolist()
    assert [row["75 vuotta täyttäneet"] for row in rows] == study.people["age_75_"].tolist()
    assert [row["Enintään (min)"] for row in rows[:4]] == [15, 30, 60, "–"]


def test_norms_are_judged_in_words_and_coloured(book, study):
    sheet = sheet_of(book, "norms")
    rows = rows_of(sheet)
    assert [row["Tulos"] for row in rows] == ["Täyttyy", "Ei täyty"]
    assert [row["Ryhmä"] for row in rows] == ["Väestö", "75 vuotta täyttäneet"]
    assert [row["Toteutunut osuus"] for row in rows] == study.norms["share_reached"].tolist()
    assert [row["Ero tavoitteeseen"] for row in rows] == study.norms["margin"].tolist()
    rules = [rule for area in sheet.conditional_formatting for rule in area.rules]
    words = ("Täyttyy", "Ei täyty", "Riippuu salatuista")
    assert {rule.formula[0] for rule in rules} == {f'AND($A5="{word}",$G5="kyllä")' for word in words}
    assert sheet["G4"].value == "Sitova"
    assert [row["Sitova"] for row in rows] == ["kyllä", "kyllä"]


def test_a_norm_is_met_when_it_is_where_it_is_to_be_met(tmp_path, study, scheme):
    """Of the whole area: what areas miss is for information. Of each area: all must meet it, the whole need not."""
    norms = pd.concat([study.norms.iloc[[0]], study.norms.iloc[[0]].assign(area="614", area_name="Posio")])
    norms["binding"], norms["passed"] = [True, False], [True, False]
    each = norms.assign(level="E", areas="each", binding=[False, True])
    for passed, said in (([False, True], "2/2"), ([True, False], "1/2")):
        both = pd.concat([norms, each.assign(passed=passed)], ignore_index=True)
        book = write_book(tmp_path / "report.xlsx", study, scheme, norms=both)
        lines = [cell.value for cell in book.worksheets[0]["A"]]
        assert f"Tavoitteista täyttyy {said}." in lines


def test_areas_and_levels_are_a_matrix_with_a_chart(tmp_path, book):
    rows = rows_of(sheet_of(book, "matrix"))
    assert [row["Alue"] for row in rows] == ["Koko alue", HOSTILE, "Posio"]
    assert [row["Väestö"] for row in rows] == [1000, 788, 212]
    assert [row["Aluetaso: Keskiarvo (min)"] for row in rows] == [11.5, 11.5, "ei tavoiteta"]
    assert [row["Erityistaso: 90. persentiili (min)"] for row in rows] == [32, 32, 32]
    assert [row["Erityistaso: Ei tavoita"] for row in rows] == [20, 20, 20]
    with zipfile.ZipFile(tmp_path / "report.xlsx") as parts:
        chart = parts.read("xl/charts/chart2.xml").decode()
    assert chart.count("<c:ser>") == 3
    assert "<c:barChart>" in chart


def test_a_study_without_areas_has_no_matrix(tmp_path, study, scheme):
    whole = study.figures[study.figures["area"] == ""]
    book = write_book(tmp_path / "report.xlsx", study, scheme, figures=whole, centre_levels=None, services=None)
    for key in ("matrix", "centres", "groupings", "services"):
        assert TEXTS[f"sheet_{key}"]["fi"] not in book.sheetnames


def test_centres_and_points_are_laid_against_levels_with_the_points_that_serve_them(tmp_path, book):
    centres = rows_of(sheet_of(book, "centres"))
    assert [row["Nimi"] for row in centres] == ["Posio", HOSTILE]
    assert [row["Aluetaso (min)"] for row in centres] == [40, "ei tavoiteta"]
    assert [row["Aluetaso: Palvelupiste"] for row in centres] == [HOSTILE, None]
    assert [row["Luokan tunnus"] for row in centres] == ["L1-A3-E4", "L4-A4-E4"]
    points = rows_of(sheet_of(book, "point_levels"))
    assert [(row["Palvelutaso"], row["Erityistaso (min)"]) for row in points] == [
        ("Lähitaso", 0),
        ("Aluetaso", 1.25),
        ("Erityistaso", "ei tavoiteta"),
    ]
    with zipfile.ZipFile(tmp_path / "report.xlsx") as parts:
        assert parts.read("xl/charts/chart3.xml").decode().count("<c:ser>") == 3


def test_groups_further_areas_and_services_are_listed_with_the_bounds_that_say_something(book):
    groups = rows_of(sheet_of(book, "groups"))
    assert [row["Alue"] for row in groups] == ["Koko alue"] * 3 + [HOSTILE] * 3 + ["Posio"] * 3
    assert {row["Ryhmä"] for row in groups} == {"75 vuotta täyttäneet"}
    assert [row["Väestö, enintään"] - row["Väestö, vähintään"] for row in groups] == [9] * 9
    assert [row["Yli 60 min päässä"] for row in groups[:3]] == [0, 20, 40]
    areas = rows_of(sheet_of(book, "groupings"))
    assert [row["Aluejako"] for row in areas] == ["Maakunta"] * 3
    assert "Väestö, enintään" not in areas[0]
    services = rows_of(sheet_of(book, "services"))
    assert [(row["Palvelu"], row["Väestö"], row["Pisin (min)"]) for row in services] == [(HOSTILE, 1000, 61.25)]


def test_capacity_is_told_by_area(book):
    rows = rows_of(sheet_of(book, "capacity"))
    assert [row["Kapasiteetti, Lähitaso"] for row in rows] == [1.5, 0.25]
    assert [row["Ilman kapasiteettia, Lähitaso"] for row in rows] == [10, 0]


def test_bounds_are_shown_where_hidden_counts_leave_any(tmp_path, study, scheme):
    people = study.people.assign(population_low=study.people["population"], population_high=study.people["population"])
    book = write_book(tmp_path / "report.xlsx", study, scheme, people=people)
    assert "Väestö, enintään" not in rows_of(sheet_of(book, "bands"))[0]
    people["population_high"] += 9
    summary = study.summary.assign(population_low=1000.0, population_high=1009.0, mean_low=1.0, mean_high=2.0)
    book = write_book(tmp_path / "report.xlsx", study, scheme, people=people, summary=summary)
    bands = rows_of(sheet_of(book, "bands"))
    assert [row["Väestö, enintään"] - row["Väestö, vähintään"] for row in bands] == [9] * len(bands)
    titles = key_figures(sheet_of(book, "summary"))
    assert titles["Väestö, enintään"] == [1009, 1009, 1009]
    assert "Keskiarvo (min), enintään" not in titles


def test_equity_is_told_by_level_area_and_group(book):
    rows = rows_of(sheet_of(book, "equity"))
    assert [row["Alue"] for row in rows] == ["Koko alue"] * 3 + [HOSTILE]
    assert [row["Ryhmä"] for row in rows] == ["Väestö", "75 vuotta täyttäneet", "Väestö", "Väestö"]
    assert [row["Gini-kerroin"] for row in rows] == [0.41, 0.2, 0.1, None]
    assert [row["Palma-suhde"] for row in rows] == [2.5, 0.6, None, None]


def test_referral_chains_stand_beside_the_straight_way(book, study):
    rows = rows_of(sheet_of(book, "referral"))
    assert [row["Palvelutaso"] for row in rows] == ["Aluetaso", "Erityistaso"]
    assert [row["Lisäminuutit, keskiarvo"] for row in rows] == study.referral["extra_mean"].tolist()


def test_without_referral_chains_there_is_no_sheet_of_them(tmp_path, study, scheme):
    book = write_book(tmp_path / "report.xlsx", study, scheme, referral=None)
    assert TEXTS["sheet_referral"]["fi"] not in book.sheetnames


def test_the_longest_journeys_begin_with_those_that_never_arrive(book):
    rows = rows_of(sheet_of(book, "worst"))
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
    points = rows_of(sheet_of(book, "points"))
    assert [row["Väestö, Lähitaso"] for row in points] == [960, 30, 8]
    assert [row["Kapasiteetti"] for row in points] == [None, 40, 400]
    assert [row["Avoinna"] for row in points] == ["kyllä", "kyllä", "ei"]
    scenarios = rows_of(sheet_of(book, "scenarios"))
    assert [row["Skenaario"] for row in scenarios] == ["Ilman Posiota"] * 3 + [HOSTILE] * 3
    assert scenarios[0]["Lisäminuutit, keskiarvo"] == 36.125
    assert scenarios[0]["Eniten pitenevän matkan paikka"] == "Kirkonkylä"
    findings = rows_of(sheet_of(book, "findings"))
    assert findings[0]["Havainto"] == "Kaukana tiestä"
    assert [row["Etäisyys (m)"] for row in findings] == [812.5, None, None]
    assert [row["Tie"] for row in findings] == ["Valtatie 4", "", ""]
    assert [row["OpenStreetMap-viiva"] for row in findings] == [123456789, None, None]
    assert [row["Lisätieto"] for row in findings] == study.findings["detail"].tolist()


def test_no_cell_anywhere_is_a_formula_but_our_totals_nor_a_link(book):
    hostile = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert re.fullmatch(r"=SUM\([A-Z]+\d+:[A-Z]+\d+\)", cell.value), f"{sheet.title}!{cell.coordinate}"
                assert cell.hyperlink is None
                if cell.value == HOSTILE:
                    hostile += 1
                    assert cell.data_type == "s"
                    assert cell.quotePrefix
    assert hostile >= 8


def test_headers_are_frozen_filtered_and_repeated_on_every_page(book):
    for key in SHEETS[1:-1]:
        sheet = sheet_of(book, key)
        assert sheet.freeze_panes.endswith(str(HEADER + 1)), key
        assert sheet.auto_filter.ref.startswith(f"A{HEADER}:"), key
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}", key
    for sheet in book:
        upright = sheet.title == TEXTS["sheet_summary"]["fi"]
        assert sheet.page_setup.orientation == ("portrait" if upright else "landscape")
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
    write_book(tmp_path / "one.xlsx", study, scheme)
    write_book(tmp_path / "two.xlsx", study, scheme)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_study_without_norms_scenarios_or_findings_says_so(tmp_path, study, scheme):
    book = write_book(
        tmp_path / "report.xlsx",
        study,
        scheme,
        norms=study.norms.iloc[:0],
        impacts={},
        findings=study.findings.iloc[:0],
        language="sv",
    )
    for key in ("norms", "scenarios", "findings"):
        assert sheet_of(book, key, "sv")["A4"].value == TEXTS[f"none_{key}"]["sv"]


def test_a_level_that_nobody_reaches_is_said_in_words(tmp_path, study, scheme):
    summary = study.summary.assign(mean=[4.75, 39.5, np.nan], p90=[15.0, 40.0, np.nan], worst=[61.25, 61.25, np.nan])
    summary.loc[2, ["worst_place", "worst_name"]] = None
    sheet = sheet_of(write_book(tmp_path / "report.xlsx", study, scheme, summary=summary), "summary")
    sentences = [cell.value for cell in sheet["A"]]
    assert "Erityistaso: kukaan ei tavoita tasoa lasketussa ajassa." in sentences
    assert any("2 asukasta ei tavoita tasoa" in str(sentence) for sentence in sentences)


def test_a_table_that_is_too_long_says_how_much_it_left_off(tmp_path, study, scheme, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    sheet = sheet_of(write_book(tmp_path / "report.xlsx", study, scheme), "findings")
    assert "2" in sheet["A3"].value
    assert "3" in sheet["A3"].value
    assert len(rows_of(sheet)) == 2


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
    write_book(path, study, scheme)
    old = path.read_bytes()

    def fail(*_arguments, **_options):
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr(xlsxwriter.worksheet.Worksheet, "autofilter", fail)
    with pytest.raises(OSError, match="disk full"):
        write_book(path, study, scheme)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
