"""The page of a large study in Chromium: its size, how soon it answers, and what each change costs.

    .venv/bin/python benchmarks/map_page.py [--places 30000] [--points 100] [--page docs/performance.md]

Prints the tables of docs/performance.md and, with ``--page``, writes them between its marks. Times of the first of each
kind of change are those of a browser that has just opened the page.
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
from report import describe_machine, write_page

MINUTES = (15.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0)
NORMS = (Norm("L", 30, 0.9), Norm("A", 60, 0.9), Norm("E", 120, 0.8))
MARKS = ("<!-- map: begin -->", "<!-- map: end -->")
SPEED = 65_000 / 60 / 1.3
"""Metres a minute as the crow flies: 65 km/h by crooked roads."""


def build(places: int, points: int) -> str:
    """Build a page of generated places in clusters, with a random last part of each trip, three norms and areas."""
    chance = np.random.default_rng(1)
    centres = chance.uniform((250_000, 6_700_000), (650_000, 7_300_000), (points, 2))
    at = centres[chance.integers(0, points, places)] + chance.normal(0, 25_000, (places, 2))
    metres = np.hypot(*(at[None, :, axis] - centres[:, None, axis] for axis in (0, 1)))
    minutes = metres / SPEED + chance.exponential(4, places)[None, :]
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
    return build_page(
        title="30 000",
        scheme=scheme,
        minutes=MINUTES,
        bands=_bands(service_points, scheme),
        points=service_points,
        places=where,
        people=levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES),
        norms=check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta"),
        tables=[TimesOfSeason(table, {}, {})],
        area_column="kunta_code",
    ).html


def _bands(points: geopandas.GeoDataFrame, scheme: LevelScheme) -> geopandas.GeoDataFrame:
    """Draw round bands with as many corners as a page takes."""
    rows = []
    for level in scheme.codes:
        centres = points.geometry[points["level"].isin(scheme.serving(level))]
        inner: shapely.Geometry = shapely.Polygon()
        for start, end in zip((0.0, *MINUTES), MINUTES, strict=False):
            outer = centres.buffer(end * SPEED, quad_segs=250).union_all()
            rows.append((level, start, end, shapely.multipolygons(shapely.get_parts(outer - inner))))
            inner = outer
    columns = ["level", "from_min", "to_min", "geometry"]
    return geopandas.GeoDataFrame(rows, columns=columns, crs="EPSG:3067")


CHANGES = """async () => {
    // A change, until the frame that shows it has been handed over.
    const took = {};
    const time = async (kind, act) => {
        const started = performance.now();
        act();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        (took[kind] ??= []).push(performance.now() - started);
    };
    const choose = (select, value) => { select.value = value; select.dispatchEvent(new Event("change")); };
    const radio = (name, value) => document.querySelector(`input[name=${name}][value="${value}"]`).click();
    const boxes = [...document.querySelectorAll(".point-table input")].slice(0, 30);
    const levels = [...document.querySelectorAll(".point-table select")].slice(0, 30);
    for (const box of boxes) await time("close a point", () => box.click());
    for (const box of boxes) await time("open it again", () => box.click());
    for (const level of levels) await time("another level", () => choose(level, (Number(level.value) + 1) % 3));
    const area = document.getElementById("area");
    for (const chosen of [0, levels.length >> 1, levels.length - 1, -1]) {
        await time("another area", () => choose(area, String(chosen)));
    }
    for (const view of ["change", "time"]) await time("another view", () => radio("view", view));
    await time("back to as it is", () => document.getElementById("reset").click());
    for (const level of [1, 2, 0, 1, 2, 0]) await time("another level shown", () => radio("level", level));
    const within = document.getElementById("within");
    for (const value of [6, 4, 2, 7]) {
        await time("the slider", () => { within.value = value; within.dispatchEvent(new Event("input")); });
    }
    return took;
}"""


def measure(page_file: Path) -> tuple[float, dict[str, list[float]]]:
    """Open the page several times, milliseconds in the median; then change it, milliseconds of every change by kind."""
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
        changing: dict[str, list[float]] = page.evaluate(CHANGES)
        browser.close()
    return statistics.median(opening), changing


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=30_000)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args()
    started = time.perf_counter()
    html = build(chosen.places, chosen.points)
    built = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        file.write_text(html, encoding="utf-8")
        size = file.stat().st_size / 1e6
        opening, changing = measure(file)
    text = to_markdown(f"{chosen.places:,} places, {chosen.points} points", size, built, opening, changing)
    print(text)
    if chosen.page is not None:
        write_page(chosen.page, text, marks=MARKS)


def to_markdown(what: str, size: float, built: float, opening: float, changing: dict[str, list[float]]) -> str:
    """Write the tables."""
    all_changes = [one for took in changing.values() for one in took]
    lines = [
        f"| {what} | measured | wanted |",
        "|---|---|---|",
        f"| size | {size:.1f} MB | < 8 MB |",
        f"| built in | {built:.1f} s | |",
        f"| opens | {opening:.0f} ms | < 2,000 ms |",
        f"| slowest of {len(all_changes)} changes | {max(all_changes):.0f} ms | < 100 ms |",
        "",
        "| change | times | first | median | slowest |",
        "|---|---|---|---|---|",
        *(
            f"| {kind} | {len(took)} | {took[0]:.0f} ms | {statistics.median(took):.0f} ms | {max(took):.0f} ms |"
            for kind, took in changing.items()
        ),
        "",
        ", ".join(f"{name} {value}" for name, value in describe_machine(["folium", "playwright"]).items()) + ".",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
