"""Areas on the page: bands look as they did before packing; what scenarios and seasons change is seen and told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from map_study import MINUTES, build_study
from opened_page import Opened, numbers, opening
from PIL import Image
from pyproj import CRS

from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.palette import band_colours
from palveluverkko.domain.travel import UNREACHED, to_milliseconds
from palveluverkko.maps import payload, shapes
from palveluverkko.maps.page import build_page
from palveluverkko.reach.areas import bands_of_surfaces
from palveluverkko.reach.surface import Surface

pytestmark = pytest.mark.browser

CODES = ("L", "A", "E")
HATCHES = {"lost": "url(#hatch-lost)", "gained": "url(#hatch-gained)"}


def _page(tables: dict[str, Any], bands: GeoDataFrame, folder: Path) -> Path:
    study = {**tables, "bands": bands, "roads": None, "places": None, "people": None, "levels": None, "norms": None}
    study |= {"tables": (), "scenarios": (), "area_changes": None, "findings": None}
    return build_page(**study).save(folder / "map.html")


@pytest.fixture(scope="module")
def rugged_bands() -> GeoDataFrame:
    """Draw bands of a rugged surface of 500 m cells, as a study draws them: 14,000 corners over 150 km."""
    chance = np.random.default_rng(4)
    rows = columns = 300
    y, x = np.mgrid[:rows, :columns]
    minutes = np.full((rows, columns), np.inf)
    for row, column in chance.uniform(20, 280, (9, 2)):
        minutes = np.minimum(minutes, 0.9 * np.hypot(y - row, x - column))
    minutes += 9 * np.sin(x / 7) * np.sin(y / 5) + chance.normal(0, 2.0, minutes.shape)
    times = np.where(minutes <= MINUTES[-1], np.clip(minutes, 0, None) * 60_000, UNREACHED).astype(np.int32)
    surface = Surface(times, 400_000.0, 7_500_000.0, 500.0, CRS.from_epsg(3067), to_milliseconds(MINUTES[-1]))
    return bands_of_surfaces({"L": surface}, minutes=MINUTES)


@pytest.mark.parametrize("budget", [150_000, 8_000])
def test_packed_bands_look_at_zoom_10_as_they_were_drawn(
    browser: Any,
    tables: dict[str, Any],
    rugged_bands: GeoDataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    budget: int,
) -> None:
    corners = int(shapely.get_num_coordinates(rugged_bands.geometry).sum())
    assert corners > 12_000
    monkeypatch.setattr(
        payload, "lean_shapes", lambda frame, groups, grid: shapes.lean_shapes(frame, groups, grid=grid, budget=budget)
    )
    page_file = _page(tables, rugged_bands, tmp_path)
    plain = rugged_bands.to_crs("EPSG:4326")
    colours = dict(zip(MINUTES, band_colours(3), strict=True))
    originals = [
        {"colour": colours[to], "shape": json.loads(shapely.to_geojson(geometry))}
        for to, geometry in zip(plain["to_min"], plain.geometry, strict=True)
    ]
    with opening(browser, page_file, width=1300, height=800) as opened:
        page = opened.page
        page.locator("input[data-layer=points]").uncheck()
        page.locator("input[data-layer=labels]").uncheck()
        page.evaluate("map_study.setView([66.9, 25.6], 10, { animate: false })")
        packed = _picture(page)
        page.evaluate(
            """originals => {
                document.querySelector("input[data-layer=areas]").click();
                for (const { colour, shape } of originals) {
                    L.geoJSON(shape, { pane: "bands", interactive: false, smoothFactor: 0,
                        style: { fillColor: colour, color: colour, weight: 0.7, fillOpacity: 1 } }).addTo(map_study);
                }
            }""",
            originals,
        )
        drawn = _picture(page)
    assert len(np.unique(packed.reshape(-1, 3), axis=0)) > 4  # the bands are there, and some of the ground
    # From band to band some channel takes a step of at least 60: a quarter of one is a shade of an outline's edge.
    difference = np.abs(packed.astype(int) - drawn.astype(int)).max(axis=2)
    assert (difference > 15).mean() < (5e-4 if budget > corners else 0.05)  # measured 1.4e-4 and 3.5e-2
    # No seam: nowhere does the ground show where the bands lay.
    ground = np.array([0xE4, 0xE2, 0xDD])
    gaps = (np.abs(packed.astype(int) - ground).max(axis=2) < 6) & (np.abs(drawn.astype(int) - ground).max(axis=2) > 40)
    assert gaps.mean() < (1e-6 if budget > corners else 5e-3)


def _picture(page: Any) -> np.ndarray:
    """Take the map without what lies on it."""
    page.wait_for_timeout(150)
    clip = page.locator("#map_study").bounding_box()
    clip = {"x": clip["x"] + 20, "y": clip["y"] + 20, "width": clip["width"] - 140, "height": clip["height"] - 90}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))


def _sizes(frame: GeoDataFrame, *, turned: bool = False) -> dict[str, list[list[float]]]:
    """Give square kilometres lost and gained by threshold and level."""
    kinds = {"lost": "gained", "gained": "lost"} if turned else {"lost": "lost", "gained": "gained"}
    return {
        kind: [
            [
                frame.loc[
                    (frame["level"] == code) & (frame["minutes"] == limit) & (frame["change"] == own),
                    "square_kilometres",
                ].sum()
                for code in CODES
            ]
            for limit in MINUTES
        ]
        for kind, own in kinds.items()
    }


def _check_areas(opened: Opened, expected: dict[str, list[list[float]]]) -> None:
    """Compare the table, the key and the map with square kilometres by kind, threshold and level."""
    page = opened.page
    written = page.locator("#area-change-table tbody")
    for body, kind in enumerate(("lost", "gained")):
        cells = written.nth(body).locator("td").all_text_contents()
        shown = np.array([float(text.replace("\u00a0", "").replace(",", ".")) for text in cells]).reshape(3, 3)
        assert shown == pytest.approx(np.array(expected[kind]), abs=0.5001)
    for level in range(3):
        page.locator(f"input[name=level][value='{level}']").check()
        for threshold in range(3):
            page.select_option("#change-within", str(threshold))
            key = page.locator("#area-key td").all_text_contents()[1:]
            sizes = [float(text.removesuffix("\u00a0km²").replace("\u00a0", "").replace(",", ".")) for text in key]
            wanted = [expected[kind][threshold][level] for kind in ("lost", "gained")]
            assert sizes == pytest.approx(wanted, abs=0.5001)
            drawn = set(opened.bands()) & set(HATCHES.values())
            assert drawn == {HATCHES[kind] for kind, size in zip(("lost", "gained"), wanted, strict=True) if size}


@pytest.mark.parametrize("number", [0, 1])
def test_a_scenario_shows_what_areas_it_loses_and_gains(opened: Opened, tables: dict[str, Any], number: int) -> None:
    page = opened.page
    page.select_option("#scenario", str(number))
    assert page.locator("input[name=view][value=change]").is_checked()
    changes = tables["area_changes"]
    own = _sizes(changes[changes["scenario"] == tables["scenarios"][number].name])
    totals = np.array(own["lost"]) + np.array(own["gained"])
    assert page.locator("#change-within").input_value() == str(int(totals[:, 0].argmax()))
    _check_areas(opened, own)
    page.locator("input[data-layer=areas]").uncheck()
    assert opened.bands() == []
    page.locator("input[data-layer=areas]").check()
    # With a change of one's own nobody knows the areas: places alone tell.
    page.locator("#point-list summary").click()
    page.locator(".point-table input[data-point='3']").uncheck()
    assert not page.locator("#area-changes").is_visible()
    assert opened.bands() == []
    page.locator("#reset").click()
    assert opened.bands() == band_colours(3)


def test_seasons_have_their_areas_and_what_one_gains_the_other_loses(opened: Opened, tables: dict[str, Any]) -> None:
    page = opened.page
    winter = page.locator(".leaflet-bands-pane path").first.get_attribute("d")
    page.locator("input[name=season][value='1']").check()
    assert opened.bands() == band_colours(3)
    assert page.locator(".leaflet-bands-pane path").first.get_attribute("d") != winter
    assert page.locator("#map-note").is_hidden()
    page.select_option("#against", "0")
    page.locator("input[name=view][value=change]").check()
    changes = tables["tables"][1].changes
    _check_areas(opened, _sizes(changes))
    page.locator("input[name=season][value='0']").check()
    page.select_option("#against", "1")
    _check_areas(opened, _sizes(changes, turned=True))
    assert numbers(opened.known("#change-key td"))[4:6] == [0, 0]  # winter makes no trip shorter


@pytest.mark.parametrize(("code", "words"), [("sv", ("Förloras", "Tillkommer")), ("en", ("Lost", "Gained"))])
def test_changed_areas_are_told_in_every_language(opened: Opened, code: str, words: tuple[str, str]) -> None:
    page = opened.page
    page.select_option("#scenario", "1")
    page.locator(f"[data-language={code}]").click()
    assert page.locator("#area-key th").all_text_contents()[1:] == list(words)
    assert page.locator("#area-change-table th[scope=rowgroup]").all_text_contents() == list(words)


def test_a_study_whose_levels_do_not_contain_each_other_is_drawn_level_by_level(browser: Any, tmp_path: Path) -> None:
    study = build_study()
    study["scheme"] = _apart()
    study["points"]["level"] = ["DIA", "DIA", "LAB", "LAB", "LAB"]
    bands = study["bands"][study["bands"]["level"] != "A"].replace({"level": {"L": "LAB", "E": "DIA"}})
    study |= {"bands": bands, "levels": None, "people": None, "norms": None, "tables": study["tables"][:1]}
    study |= {"area_changes": None, "scenarios": []}
    with opening(browser, build_page(**study).save(tmp_path / "map.html")) as opened:
        page = opened.page
        milliseconds = study["tables"][0].table.milliseconds
        people = study["places"]["population"].clip(lower=0).to_numpy()
        for level, rows in enumerate(([2, 3], [0, 1])):
            page.locator(f"input[name=level][value='{level}']").check()
            nearest = milliseconds[rows].min(axis=0)
            within = [people[nearest <= minutes * 60_000].sum() for minutes in MINUTES]
            assert np.cumsum(opened.figures()[:3]).tolist() == within
            assert opened.bands() == band_colours(3)
        page.locator(".point-icon").first.focus()
        page.keyboard.press("Enter")
        assert page.locator(".popup table tr").count() == 1  # serves its own level only


def _apart() -> LevelScheme:
    names = {"LAB": "Laboratorio", "DIA": "Dialyysi"}
    return LevelScheme(
        "apart",
        tuple(Level(code, dict.fromkeys(("fi", "sv", "en"), name), contains=()) for code, name in names.items()),
    )
