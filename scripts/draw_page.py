"""Draw the pictures of the map page in docs/img/ from the embedded Lapland: run the study, open its page, take it.

    .venv/bin/python scripts/draw_page.py [--out docs/img]

Needs Chromium and Playwright, which come with the developers' dependencies.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from palveluverkko.study.pipeline import run_study
from palveluverkko.study.study import read_study

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "data" / "lappi" / "study.toml"

DESK, PHONE = (1366, 768), (390, 844)


def main() -> None:
    """Run and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "img")
    out: Path = parser.parse_args().out
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        study = read_study(STUDY)
        output = study.output.model_copy(update={"directory": Path(folder) / "out"})
        _, files = run_study(study.model_copy(update={"output": output}))
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for name, size, look in (
            ("lappi_map", DESK, _as_opened),
            ("lappi_areas", DESK, _areas_of_a_scenario),
            ("lappi_change", DESK, _change_of_ones_own),
            ("lappi_phone", PHONE, _as_opened),
        ):
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            page.goto(files[0].as_uri())
            page.wait_for_selector("body[data-ready]")
            look(page)
            page.wait_for_timeout(500)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # 256 colours are enough for flat areas, and half the size; the means keep small marks in their own colour.
            picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3).save(out / f"{name}.png", optimize=True)
            page.close()
        browser.close()


def _as_opened(page: Page) -> None:
    """Leave the page as it opens."""


def _areas_of_a_scenario(page: Page) -> None:
    page.select_option("#scenario", "0")
    page.evaluate(
        "document.querySelector('#panel').scrollTop = document.querySelector('#area-changes').offsetTop - 480"
    )


def _change_of_ones_own(page: Page) -> None:
    page.locator("input[name=level][value='1']").check()
    points = page.evaluate("JSON.parse(document.getElementById('study-data').textContent).points.id")
    for point in ("IVALO", "KITTILA"):
        box = f".point-table input[data-point='{points.index(point)}']"
        page.evaluate("box => document.querySelector(box).click()", box)
    page.locator("input[name=view][value=change]").check()
    page.evaluate("document.querySelector('#panel').scrollTop = document.querySelector('#impact').offsetTop - 260")


if __name__ == "__main__":
    main()
