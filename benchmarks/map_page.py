"""The page of a large study in Chromium: its size, how soon it answers, and what a change costs.

    .venv/bin/python benchmarks/map_page.py [--places 30000] [--points 100]

Writes a table for docs/performance.md to the terminal.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import sync_playwright

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.planning import Norm
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.maps.page import build_page
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import classify
from palveluverkko.service.norms import check_norms

MINUTES = (15.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0)
NORMS = (Norm("L", 30, 0.9), Norm("A", 60, 0.9), Norm("E", 120, 0.8))
TURNS = 9


def build(places: int, points: int) -> str:
    """Build a page of generated places in clusters, with times of 65 km/h by crooked roads and a random last part."""
    chance = np.random.default_rng(1)
    centres = chance.uniform((250_000, 6_700_000), (650_000, 7_300_000), (points, 2))
    at = centres[chance.integers(0, points, places)] + chance.normal(0, 25_000, (places, 2))
    metres = np.hypot(*(at[None, :, axis] - centres[:, None, axis] for axis in (0, 1)))
    minutes = 1.3 * metres / 65_000 * 60 + chance.exponential(4, places)[None, :]
    milliseconds = np.where(minutes <= MINUTES[-1], minutes * 60_000, UNREACHED).astype(np.int32)
    ids = [f"P{number:03d}" for number in range(points)]
    service_points = geopandas.GeoDataFrame(
        {"name": [f"Palvelupiste {one}" for one in ids], "level": chance.choice(list("LLLLLLAAE"), points)},
        geometry=shapely.points(centres),
        crs="EPSG:3067",
        index=pd.Index(ids, name="id"),
    )
    numbers = np.arange(places)
    kunta = chance.integers(0, points, places)
    where = geopandas.GeoDataFrame(
        {
            "name": [f"Kylä {number}" for number in numbers],
            "population": chance.integers(1, 900, places),
            "kunta_code": [f"{one:03d}" for one in kunta],
            "kunta": [f"Kunta {one}" for one in kunta],
        },
        geometry=shapely.points(at),
        crs="EPSG:3067",
        index=pd.Index([f"R{number}" for number in numbers], name="id"),
    )
    table = TravelTimeTable(service_points, where, milliseconds, 10_800_000, Direction.TO_SERVICE, None, None)  # type: ignore[arg-type]
    scheme = LevelScheme.eal()
    levels = classify(table, service_points, scheme=scheme, minutes=MINUTES)
    bands = geopandas.GeoDataFrame({"level": [], "from_min": [], "to_min": []}, geometry=[], crs="EPSG:3067")
    return build_page(
        title="30 000",
        scheme=scheme,
        minutes=MINUTES,
        bands=bands,
        points=service_points,
        places=where,
        people=levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES),
        norms=check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta"),
        tables=[TimesOfSeason(table, {}, {})],
        area_column="kunta_code",
    ).html


def measure(page_file: Path) -> dict[str, float]:
    """Open the page several times, then change it; milliseconds, medians."""
    executable = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        opening = []
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            started = time.perf_counter()
            page.goto(page_file.as_uri())
            page.wait_for_selector("body[data-ready]")
            page.locator("input[name=level][value='1']").check()
            opening.append(1000 * (time.perf_counter() - started))
        # A change, until the frame that shows it has been handed over.
        changing = page.evaluate(
            """async (turns) => {
                const took = [];
                for (let turn = 0; turn < turns; turn += 1) {
                    const box = document.querySelector(`.point-table input[data-point="${turn}"]`);
                    const started = performance.now();
                    box.click();
                    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                    took.push(performance.now() - started);
                }
                return took;
            }""",
            TURNS,
        )
        browser.close()
    return {"opening": statistics.median(opening), "change": statistics.median(changing), "slowest": max(changing)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=30_000)
    parser.add_argument("--points", type=int, default=100)
    chosen = parser.parse_args()
    started = time.perf_counter()
    html = build(chosen.places, chosen.points)
    built = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        file.write_text(html, encoding="utf-8")
        size = file.stat().st_size / 1e6
        found = measure(file)
    print(f"| {chosen.places:,} × {chosen.points} | {size:.1f} MB | {built:.1f} s | {found['opening']:.0f} ms "
          f"| {found['change']:.0f} ms | {found['slowest']:.0f} ms |")  # fmt: skip


if __name__ == "__main__":
    main()
