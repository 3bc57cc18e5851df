"""LibreOffice opens the workbook, recomputes its sums to ours, and lets no text become a formula."""

import shutil
import subprocess

import openpyxl
import pytest
from workbooks import HOSTILE, SHEETS, rows_of, sheet_of, write_book

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report.area_sheets import people_by_area
from palveluverkko.report.texts import TEXTS

DANGEROUS = ["=1+1", "+1+1", "-1+1", "@SUM(1,1)"]


@pytest.fixture(scope="module")
def convert(tmp_path_factory):
    """Give a function that has LibreOffice open files and save them in another form."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed: its tests of the workbook are skipped")
    profile = tmp_path_factory.mktemp("profile")

    def run(paths, form):
        folder = paths[0].parent / form
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", form]
        done = subprocess.run(
            [*command, "--outdir", folder, *paths], capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "Error" not in done.stderr, done.stderr
        return {path.stem: folder / f"{path.stem}.{form}" for path in paths}

    return run


@pytest.fixture(scope="module")
def written(tmp_path_factory, study, scheme):
    """Write the workbook in each language, without the values of its formulas, corrected, and with dangerous names."""
    folder = tmp_path_factory.mktemp("book")
    for language in LANGUAGES:
        write_book(folder / f"{language}.xlsx", study, scheme, language=language)
    # openpyxl keeps formulas without their values: LibreOffice must compute them.
    bare = openpyxl.load_workbook(folder / "fi.xlsx")
    bare.save(folder / "bare.xlsx")
    areas = sheet_of(bare, "areas")
    areas["C5"] = areas["C5"].value + 7
    bare.save(folder / "corrected.xlsx")
    points = study.points.drop(columns="geometry").assign(name=DANGEROUS[:3], people_L=[960.0, 30.0, 8.0])
    impacts = {DANGEROUS[3]: study.impact}
    write_book(folder / "names.xlsx", study, scheme, points_served=points, impacts=impacts)
    return sorted(folder.glob("*.xlsx"))


@pytest.fixture(scope="module")
def opened(convert, written):
    """Give each workbook as LibreOffice opened and saved it, with the values that it computed."""
    return {name: openpyxl.load_workbook(path, data_only=True) for name, path in convert(written, "xlsx").items()}


def test_the_sums_that_it_computes_are_ours(opened, written, study, scheme):
    bare = next(path for path in written if path.stem == "bare")
    assert sheet_of(openpyxl.load_workbook(bare, data_only=True), "areas")["G5"].value is None
    wide, _ = people_by_area(study.people, scheme)
    rows = rows_of(sheet_of(opened["bare"], "areas"))
    assert [row["Yhteensä"] for row in rows] == wide["total"].tolist()
    for row in rows:
        assert row["Yhteensä"] == sum(value for title, value in row.items() if " min" in title and "≤" not in title)


def test_the_values_that_we_write_beside_the_formulas_are_theirs(written, opened):
    ours = openpyxl.load_workbook(next(path for path in written if path.stem == "fi"), data_only=True)
    totals = [
        [row["Yhteensä"] for row in rows_of(sheet_of(book, "areas"))] for book in (ours, opened["fi"], opened["bare"])
    ]
    assert totals[0] == totals[1] == totals[2]


def test_every_number_and_text_of_every_sheet_comes_through_as_written(written, opened):
    ours = openpyxl.load_workbook(next(path for path in written if path.stem == "fi"), data_only=True)
    numbers = 0
    for sheet in ours:
        theirs = opened["fi"][sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value not in (None, ""):
                    number = isinstance(cell.value, (int, float))
                    # LibreOffice writes fifteen digits.
                    wanted = pytest.approx(cell.value, rel=1e-14, abs=0) if number else cell.value
                    assert theirs[cell.coordinate].value == wanted, f"{sheet.title}!{cell.coordinate}"
                    numbers += number
    assert numbers > 300


def test_a_sum_follows_a_corrected_number(opened):
    assert rows_of(sheet_of(opened["corrected"], "areas"))[0]["Yhteensä"] == 1007


def test_a_text_that_begins_like_a_formula_is_still_a_text(opened):
    texts = [cell for sheet in opened["bare"] for row in sheet.iter_rows() for cell in row if cell.value == HOSTILE]
    assert len(texts) >= 8
    assert {cell.data_type for cell in texts} == {"s"}


def test_names_of_every_dangerous_beginning_survive(opened):
    assert [row["Nimi"] for row in rows_of(sheet_of(opened["names"], "points"))] == DANGEROUS[:3]
    assert {row["Skenaario"] for row in rows_of(sheet_of(opened["names"], "scenarios"))} == {DANGEROUS[3]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_and_the_charts_are_there_in_every_language(opened, language):
    book = opened[language]
    assert book.sheetnames == [TEXTS[f"sheet_{key}"][language] for key in SHEETS]
    assert book.worksheets[0]._charts


def test_it_prints(convert, written):
    (path,) = convert([path for path in written if path.stem == "fi"], "pdf").values()
    assert path.read_bytes().startswith(b"%PDF")
