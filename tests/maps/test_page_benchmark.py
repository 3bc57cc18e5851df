"""The benchmark of the page runs, on a small study, and its tables come out whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("browser")
def test_the_page_is_measured_and_every_kind_of_change_is_written_down(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- map: begin -->\nold\n<!-- map: end -->\nafter\n", encoding="utf-8")
    command = [sys.executable, ROOT / "benchmarks" / "map_page.py", "--places", "400", "--points", "9", "--page", page]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    rows = re.findall(r"^\| ([^|\d]+) \| (\d+) \| \d+ ms \| \d+ ms \| \d+ ms \|$", text, re.MULTILINE)
    assert dict(rows)["close a point"] == "9"
    assert len(rows) == 8


def test_the_documentation_has_the_marks_that_the_measures_are_written_between() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.count("<!-- map: begin -->") == 1
    assert text.index("<!-- map: begin -->") < text.index("<!-- map: end -->")
