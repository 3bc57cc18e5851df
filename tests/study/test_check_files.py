"""What ``check`` prints and writes: tables for a terminal, a workbook, layers and a page, in three languages."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib import resources
from pathlib import Path

import geopandas
import openpyxl
import pyogrio
import pytest
from doubtful_study import GATED, write_doubtful_study
from little_study import write_little_study

from palveluverkko import cli
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.maps import check_page
from palveluverkko.report.texts import text
from palveluverkko.study.doctor_files import write_diagnosis
from palveluverkko.study.doctor_lines import to_lines
from palveluverkko.study.pipeline import check_study, run_study
from palveluverkko.study.study import read_study
from palveluverkko.study.texts import say_finding

SHEETS = (
    "check", "findings", "unreached", "beyond_access", "duplicates", "parts", "speeds", "speeds_by_area", "rejected",
    "restrictions", "edge",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> None:
    """Keep built networks out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def run_here(monkeypatch, *arguments: object) -> int:
    """Run the command line in this process and give its exit code."""
    monkeypatch.setattr(sys, "argv", ["palveluverkko", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture(scope="module", params=LANGUAGES)
def written(request, tmp_path_factory) -> tuple[str, Path]:
    """Write the files of the doubtful study once in each language."""
    folder = tmp_path_factory.mktemp(request.param)
    study = read_study(write_doubtful_study(folder, language=request.param))
    inputs, diagnosis = check_study(study, store=folder / "networks")
    files = write_diagnosis(study, inputs, diagnosis, folder / "out" / "new")
    assert [file.name for file in files] == ["check.html", "check.xlsx", "check.gpkg"]
    return request.param, folder / "out" / "new"


def test_the_workbook_has_a_sheet_for_each_table_in_the_language_of_the_study(written):
    language, folder = written
    book = openpyxl.load_workbook(folder / "check.xlsx")
    assert book.sheetnames == [text(f"sheet_{name}", language) for name in SHEETS]
    contents = {row[0].value: row[1].value for row in book[text("sheet_check", language)].iter_rows(min_row=6)}
    assert contents[text("sheet_unreached", language)] == 3
    assert contents[text("sheet_restrictions", language)] == 0
    parts = book[text("sheet_parts", language)]
    rows = [[cell.value for cell in row] for row in parts.iter_rows(min_row=4)]
    kind = rows[0].index(text("column_kind", language))
    assert [row[kind] for row in rows[1:]] == [
        text(f"kind_{one}", language) for one in ("main", "island", "island", "one_way")
    ]


def test_the_findings_of_the_workbook_speak_the_language_of_the_study(written):
    language, folder = written
    sheet = openpyxl.load_workbook(folder / "check.xlsx")[text("sheet_findings", language)]
    said = [cell.value for row in sheet.iter_rows(min_row=5) for cell in row]
    assert say_finding(language, "suppressed", {}) in said


def test_no_heading_and_no_word_of_the_workbook_is_a_name_of_the_program(written):
    language, folder = written
    for sheet in openpyxl.load_workbook(folder / "check.xlsx"):
        for cell in sheet[4]:
            assert not re.fullmatch(r"[a-z]+(_[a-z]+)+", str(cell.value)), f"{sheet.title}: {cell.value}"
    assert language in LANGUAGES


def test_long_texts_of_the_workbook_go_on_below_in_rows_that_are_high_enough(written):
    _, folder = written
    long = 0
    for sheet in openpyxl.load_workbook(folder / "check.xlsx"):
        widths = {name: one.width for name, one in sheet.column_dimensions.items()}
        for row in sheet.iter_rows(min_row=5):
            for cell in row:
                if isinstance(cell.value, str) and len(cell.value) > widths.get(cell.column_letter, 8.43):
                    long += 1
                    assert cell.alignment.wrap_text, cell
                    height = sheet.row_dimensions[cell.row].height or 15
                    assert height * 1.25 * widths[cell.column_letter] >= 13 * len(cell.value), cell
    assert long > 3


def test_columns_without_anything_in_them_are_left_out_of_the_workbook(written):
    language, folder = written
    book = openpyxl.load_workbook(folder / "check.xlsx")
    sheet = book[text("sheet_unreached", language)]
    headings = [cell.value for cell in sheet[4]]
    assert text("column_ways", language) in headings  # a gate closes one
    assert text("column_barriers", language) not in headings
    for one in book:
        if one.max_row > 4:
            for column in one.iter_cols(min_row=5):
                assert any(cell.value not in (None, "") for cell in column), f"{one.title}: {column[0].coordinate}"


def test_the_layers_hold_the_doubts_the_islands_and_the_roads_by_source(written):
    language, folder = written
    layers = {name for name, kind in pyogrio.list_layers(folder / "check.gpkg") if kind}
    assert layers == {"doubts", "closed_roads", "islands", "roads_by_source"}
    roads = geopandas.read_file(folder / "check.gpkg", layer="roads_by_source")
    assert set(roads["speed_source"]) == {"signed", "national", "default"}
    assert len(geopandas.read_file(folder / "check.gpkg", layer="islands")) == 3
    styles = pyogrio.read_dataframe(folder / "check.gpkg", layer="layer_styles")
    assert set(styles["f_table_name"]) == layers
    assert text("speed_source_default", language) in "".join(styles["styleQML"])


def test_the_page_is_one_file_that_may_load_nothing(written):
    language, folder = written
    page = (folder / "check.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert "default-src 'none'" in page
    markup = page.split("<script")[0]  # Leaflet's own script speaks of links
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|https://www\.openstreetmap\.org/copyright)""", markup)
    data = json.loads(re.search(r'id="study-data">(.*?)</script>', page)[1])
    closed = next(one for one in data["spots"] if one["verdict"] == "closed_by_tags")
    assert (closed["id"], closed["ways"]) == ("KYLÄ", str(GATED))
    assert {road["source"] for road in data["roads"]} == {"signed", "national", "default"}
    assert sum(island["people"] for island in data["islands"]) == 18


def test_the_words_of_the_page_stand_in_every_language_with_the_same_values():
    document = tomllib.loads(
        resources.files("palveluverkko.maps").joinpath("check_texts.toml").read_text(encoding="utf-8")
    )
    assert set(document) == set(LANGUAGES)
    for key, sentence in document["en"].items():
        blanks = set(re.findall(r"\{\w+\}", sentence))
        for language in LANGUAGES:
            assert set(re.findall(r"\{\w+\}", document[language][key])) == blanks, key
    assert len({frozenset(words) for words in document.values()}) == 1


def test_equal_checks_give_equal_bytes(tmp_path):
    study = read_study(write_doubtful_study(tmp_path))
    contents = []
    for name in ("one", "other"):
        inputs, diagnosis = check_study(study, store=tmp_path / "networks")
        files = write_diagnosis(study, inputs, diagnosis, tmp_path / name, day=None)
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_a_study_without_a_doubt_can_be_drawn(tmp_path):
    study = read_study(write_little_study(tmp_path, places={"-1,-1": "5,1"}))
    inputs, diagnosis = check_study(study, store=tmp_path / "networks")
    assert diagnosis.doubts == 0
    files = write_diagnosis(study, inputs, diagnosis, tmp_path / "out")
    assert len(geopandas.read_file(files[2], layer="doubts")) == 0
    assert 'data-layer="islands"' not in files[0].read_text(encoding="utf-8")


def test_the_workbook_of_a_run_tells_the_parts_and_the_sources_of_speeds(tmp_path):
    study = read_study(write_doubtful_study(tmp_path, language="en"))
    run_study(study, store=tmp_path / "networks")
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx")
    parts = list(book["Parts of the road network"].iter_rows(min_row=5, values_only=True))
    assert [row[0] for row in parts] == ["main part", "island", "island", "one way only"]
    assert parts[1][6:8] == (11, "Suljettu kylä")
    speeds = {row[0]: row[2] for row in book["Where speeds come from"].iter_rows(min_row=5, values_only=True)}
    assert set(speeds) == {"Signed limit", "General limit", "Default of the road class"}
    assert sum(speeds.values()) == pytest.approx(1)


def test_a_page_draws_no_more_doubts_than_a_browser_can_hold_and_counts_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(check_page, "DOUBTS_DRAWN", 4)
    study = read_study(write_doubtful_study(tmp_path, language="en"))
    inputs, diagnosis = check_study(study, store=tmp_path / "networks")
    page = write_diagnosis(study, inputs, diagnosis, tmp_path / "out")[0].read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="study-data">(.*?)</script>', page)[1])
    assert sorted(spot["id"] for spot in data["spots"]) == ["KYLÄ", "KYLÄ", "P1", "P1B"]
    assert 'Perhaps entered twice <span class="count">(6)</span>' in page
    assert "and 4 more; all are in check.xlsx and check.gpkg." in page


def test_the_terminal_shows_a_table_for_each_subject(tmp_path, monkeypatch, capsys):
    study = write_doubtful_study(tmp_path)
    assert run_here(monkeypatch, "check", study) == 0
    said = capsys.readouterr().out
    assert re.search(r"^  KYLÄ +Suljettu kylä +11 +Cut off from the road network +\d +31 +Portti$", said, re.MULTILINE)
    assert re.search(r"^  service point +same place +PISTE, KOPIO", said, re.MULTILINE)
    assert re.search(r"^  main part +1 +\d+ +\d+\.\d +6 +6 +1,100 +Neljä$", said, re.MULTILINE)
    assert re.search(r"^  way +maxspeed +fast +1 +35$", said, re.MULTILINE)
    assert re.search(r"^  place +TUNTURI +Tunturi +[\d,]+ +5$", said, re.MULTILINE)
    assert re.search(r"^  tertiary .* \d+%$", said, re.MULTILINE)
    assert "Edge of the road file: 3" in said
    assert "turn restrictions" not in said  # there is nothing to say
    assert {path.name for path in tmp_path.iterdir()} == {"study.toml", "points.csv", "places.csv", "roads.osm.pbf"}


def test_long_tables_are_cut_and_counted(tmp_path):
    places = "\n".join(f"S{number},Saari {number},25.850,66.5{number:02d},1,0,240,Kemi" for number in range(13))
    path = write_doubtful_study(tmp_path)
    (path.parent / "places.csv").write_text((path.parent / "places.csv").read_text("utf-8") + places, "utf-8")
    _, diagnosis = check_study(read_study(path), store=tmp_path / "networks")
    lines = list(to_lines(diagnosis))
    first = next(number for number, line in enumerate(lines) if line.startswith("Reach no service"))
    assert lines[first] == "Reach no service: 16"
    assert lines[first + 12] == "  and 6 more"


def test_strict_ends_with_one_after_the_files_are_written(tmp_path, monkeypatch, capsys):
    study, out = write_doubtful_study(tmp_path / "study"), tmp_path / "out"
    assert run_here(monkeypatch, "check", study, "--strict", "--out", out) == cli.EXIT_CHECK_FAILED
    assert {path.name for path in out.iterdir()} == {"check.html", "check.xlsx", "check.gpkg"}
    assert str(out / "check.html") in capsys.readouterr().out.splitlines()


def test_results_of_a_run_in_the_folder_stay(tmp_path, monkeypatch):
    study = write_little_study(tmp_path)
    assert run_here(monkeypatch, "run", study) == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert run_here(monkeypatch, "check", study, "--out", tmp_path / "out") == 0
    assert {path: path.stat().st_mtime_ns for path in before if path.is_file()} == {
        path: time for path, time in before.items() if path.is_file()
    }


@pytest.mark.parametrize("out", ["points.csv", "points.csv/deeper"])
def test_a_folder_that_is_a_file_is_refused_in_one_line_before_anything_is_read(tmp_path, monkeypatch, capsys, out):
    study = write_little_study(tmp_path)
    assert run_here(monkeypatch, "check", study, "--out", tmp_path / out) == cli.EXIT_BAD_INPUT
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err.count("\n") == 1
    assert "--out names" in heard.err
    assert "points.csv is a file; choose a folder." in heard.err


def test_ways_whose_nodes_are_missing_or_off_the_globe_are_told(tmp_path):
    path = write_little_study(tmp_path)
    study = read_study(path)
    roads = study.network.files[0]
    _, plain = check_study(study, store=tmp_path / "networks")
    assert plain.lost_ways == ()
    lost = tmp_path / "lost.osm"
    lost.write_text(
        '<osm version="0.6"><node id="1000001" version="1" lat="60" lon="25"/>'
        '<node id="1000002" version="1" lat="160" lon="25"/>'
        '<way id="1000001" version="1"><nd ref="1000001"/><nd ref="1000002"/><tag k="highway" v="service"/></way>'
        '<way id="1000002" version="1"><nd ref="1000003"/><nd ref="1000004"/>'
        '<tag k="highway" v="service"/></way></osm>',
        encoding="utf-8",
    )
    text = path.read_text("utf-8")
    named = f'osm = "{roads.name}"'
    assert named in text
    path.write_text(text.replace(named, f'osm = ["{roads.name}", "lost.osm"]'), encoding="utf-8")
    study = read_study(path)
    inputs, diagnosis = check_study(study, store=tmp_path / "networks")
    found = diagnosis.findings[diagnosis.findings["verdict"] == "lost_ways"]
    assert found["id"].tolist() == ["1000001, 1000002"]
    assert diagnosis.doubts == plain.doubts + 1
    files = write_diagnosis(study, inputs, diagnosis, tmp_path / "out")
    cells = [cell.value for row in openpyxl.load_workbook(files[1]).worksheets[1].iter_rows() for cell in row]
    assert "1000001, 1000002" in cells
