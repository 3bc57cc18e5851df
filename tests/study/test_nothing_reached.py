"""A study whose points all stand too far from any road: it runs, every file opens and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from little_study import write_little_study
from opened_page import numbers, opening

from palveluverkko.report.texts import text
from palveluverkko.study.pipeline import run_study
from palveluverkko.study.study import read_study

IDS = ["SAIRAALA", "ASEMA", "PISTE", "EHDOKAS"]
NORTH = {",66.501,": ",66.551,", ",66.509,": ",66.559,", ",66.519,": ",66.569,", ",66.521,": ",66.571,"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("far")
    results, files = run_study(read_study(write_little_study(folder, points=NORTH)), store=folder / "store")
    assert (results.summary["unreached"] == 1000).all()
    assert all(file.stat().st_size > 0 for file in files)
    return folder / "out"


def test_the_findings_name_the_points_and_the_places(out: Path) -> None:
    found = pyogrio.read_dataframe(out / "results.gpkg", layer="findings")
    assert found.loc[found["verdict"] == "off_network", "id"].tolist() == IDS
    assert found.loc[found["verdict"] == "unreached", "id"].tolist() == ["P1", "P2", "P3", "P4", "P5"]
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))["findings"]
    assert told == {"off_network": 4, "suppressed": 1, "unreached": 5}


def test_the_layers_open_and_those_of_areas_are_empty(out: Path) -> None:
    layers = {
        name: pyogrio.read_dataframe(out / "results.gpkg", layer=name)
        for name, _ in pyogrio.list_layers(out / "results.gpkg")
    }
    assert {name for name, rows in layers.items() if rows.empty} == {"bands", "isochrones", "area_changes"}
    assert layers["bands"].columns.tolist() == ["level", "from_min", "to_min", "geometry"]
    assert layers["places"]["time_L"].isna().all()


def test_the_workbook_says_that_nobody_reaches_a_level(out: Path) -> None:
    book = openpyxl.load_workbook(out / "report.xlsx")
    lines = [str(cell.value) for cell in book.worksheets[0]["A"] if cell.value]
    assert [line for line in lines if "kukaan ei tavoita" in line] == [
        f"{level}: kukaan ei tavoita tasoa lasketussa ajassa." for level in ("Lähitaso", "Aluetaso", "Erityistaso")
    ]
    found = {cell.value for row in book[text("sheet_findings", "fi")].iter_rows() for cell in row}
    assert set(IDS) <= found


@pytest.mark.browser
def test_the_page_opens_and_says_that_nobody_reaches_a_level(out: Path, browser: Any) -> None:
    with opening(browser, out / "map.html") as opened:
        page = opened.page
        for level in range(3):
            page.locator(f"input[name=level][value='{level}']").check()
            assert opened.figures() == [0, 0, 0, 0, 1000]
            assert page.locator("#headline").text_content().startswith("0,0\u00a0% asukkaista (0) tavoittaa")
        assert numbers(opened.row("#area-summary", "Ei tavoiteta")) == [1000] * 3
        assert opened.row("#area-summary", "Pisin") == ["–"] * 3
        page.select_option("#scenario", "0")
        assert opened.row("#impact-table", "Matka pitenee") == ["0"] * 3
        page.locator(".findings summary").first.click()
        assert "Sairaala" in page.locator(".findings details").first.text_content()
