"""The benchmark runs, on a small generated town, and its tables come out whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SEARCHES = ["1", "2", "3", "4", "5", "6", "9"]


def run(*options: object, program: str = "bench.py") -> subprocess.CompletedProcess[str]:
    # The benchmark is a program: warnings of its peers are no concern of these tests.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    command = [sys.executable, ROOT / "benchmarks" / program, *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    """Give the folder of a quick run of all measures that need no peer but SciPy, and the page that it wrote."""
    folder = tmp_path_factory.mktemp("bench")
    page = folder / "page.md"
    page.write_text("before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n", encoding="utf-8")
    done = run("--quick", "--no-peers", "--cache", folder, "--page", page)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, page


def test_every_measure_of_the_search_gives_two_figures_and_equal_answers(quick_run):
    folder, _ = quick_run
    found = json.loads((folder / "quick.json").read_text(encoding="utf-8"))
    rows = {row["measure"]: row for row in found["rows"]}
    assert set(SEARCHES) <= set(rows), found["left_out"]
    for number in SEARCHES:
        assert rows[number]["same"].startswith("equal, "), rows[number]
        assert rows[number]["ours"] > 0
        assert rows[number]["theirs"] > 0


def test_reading_and_growth_are_measured_too(quick_run):
    folder, _ = quick_run
    rows = json.loads((folder / "quick.json").read_text(encoding="utf-8"))["rows"]
    assert any(row["measure"] == "10" and row["ours"] > 0 for row in rows)
    assert sum(row["measure"] == "11" for row in rows) == 3


def test_a_generated_town_is_labelled_so_in_the_page(quick_run):
    _, page = quick_run
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "**generated**, not a real town" in text
    table = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(table) > len(SEARCHES)
    assert len({line.count("|") for line in table}) == 1


def test_the_page_can_be_written_again_from_the_stored_results(quick_run):
    folder, page = quick_run
    again = folder / "again.md"
    again.write_text("<!-- bench: begin --><!-- bench: end -->", encoding="utf-8")
    done = run("--quick", "--again", "--cache", folder, "--page", again)
    assert done.returncode == 0, done.stderr
    first = page.read_text(encoding="utf-8").partition("begin -->")[2].partition("<!--")[0]
    assert first == again.read_text(encoding="utf-8").partition("begin -->")[2].partition("<!--")[0]


def test_measures_taken_again_replace_those_of_the_full_run(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from report import Results, Row  # noqa: PLC0415

    def results(day, *rows):
        made = [Row(measure=measure, what="", unit="s", peer="", ours=ours) for measure, ours in rows]
        return Results(graphs=[], settings="5 turns.", rows=made, engines=[], left_out=[], machine={"day": day})

    full = results("2026-01-01", ("1", 1.0), ("10", 2.0), ("10", 3.0), ("11", 4.0))
    renewed = full.renewed(results("2026-01-02", ("10", 5.0), ("NY", 6.0)))
    assert [(row.measure, row.ours) for row in renewed.rows] == [("1", 1.0), ("10", 5.0), ("11", 4.0), ("NY", 6.0)]
    assert renewed.settings == "5 turns. Measured again on 2026-01-02: 10, NY."


def test_a_measure_that_does_not_exist_is_refused_by_name(tmp_path):
    done = run("--quick", "--only", "1,99", "--cache", tmp_path)
    assert done.returncode == 2
    assert "99" in done.stderr


def test_a_page_without_a_place_for_the_table_is_told_before_anything_is_measured(tmp_path):
    done = run("--quick", "--only", "1", "--cache", tmp_path / "cache", "--page", tmp_path / "nowhere.md")
    assert done.returncode == 2
    assert "nowhere.md does not exist; the table is replaced in a page that has one" in done.stderr
    (tmp_path / "plain.md").write_text("a page\n", encoding="utf-8")
    done = run("--quick", "--only", "1", "--cache", tmp_path / "cache", "--page", tmp_path / "plain.md")
    assert done.returncode == 2
    assert "plain.md has no marks" in done.stderr
    assert not (tmp_path / "cache").exists()


def test_the_page_of_the_documentation_has_the_marks_that_the_benchmark_writes_between():
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.count("<!-- bench: begin -->") == 1
    assert text.index("<!-- bench: begin -->") < text.index("<!-- bench: end -->")


def test_every_trick_is_measured_with_and_without_and_both_give_the_same_answer(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- tricks: begin -->\nold\n<!-- tricks: end -->\nafter\n", encoding="utf-8")
    done = run("--quick", "--cache", tmp_path, "--page", page, program="tricks.py")
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    rows = [line.split(" | ") for line in text.splitlines() if line.endswith(") |")]
    ideas = {row[0].removeprefix("| ") for row in rows}
    assert ideas >= {"Numbering", "Buckets", "Elimination", "Lanes", "Gates", "Selection", "Thinning", "Nearest"}
    assert ideas >= {"Berths", "Telling", "Order and times", "Threads"}
    assert all(re.search(r": [\d.,]+ ms", cell) for row in rows for cell in row[2:4])


def test_answers_that_differ_stop_the_measure_of_a_trick():
    # In a process of its own: the benchmark's modules have short names, such as report.
    program = (
        "from comparing import *; on, off = Side('on', lambda: [1]), Side('off', lambda: [2]);"
        "compare(Trick(idea='', work='the work at fault', on=on, off=off, per=(1, '')), repeats=1)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT / "benchmarks")
    assert done.returncode == 1
    assert "the work at fault" in done.stderr


def test_the_page_of_the_engine_has_the_marks_that_the_tricks_are_written_between():
    text = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    assert text.count("<!-- tricks: begin -->") == 1
    assert text.index("<!-- tricks: begin -->") < text.index("<!-- tricks: end -->")


def test_people_are_summed_up_beside_pandas_with_equal_answers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- people: begin -->\nold\n<!-- people: end -->\nafter\n", encoding="utf-8")
    options = ["--places", 500, "--points", 9, "--areas", 7, "--repeats", 1, "--page", page]
    done = run(*options, program="people.py")
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    for what in ("classified and summed up by band", "also mean, median, p90, worst place, people beyond"):
        assert re.search(rf"{what} \| [\d.]+ s \| [\d.]+ s pandas", text)
