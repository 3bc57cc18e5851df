"""The page of a check in Chromium, opened from disk with every route to the network cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubtful_study import write_doubtful_study

from palveluverkko.domain.palette import CLOSED_COLOUR, ISLAND_COLOUR, SOURCE_COLOURS
from palveluverkko.study.doctor_files import write_diagnosis
from palveluverkko.study.pipeline import check_study
from palveluverkko.study.study import read_study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    study = read_study(write_doubtful_study(folder))
    points = folder / "points.csv"
    hostile = points.read_text(encoding="utf-8").replace("Erämaa", "<img src=x onerror=alert(1)>")
    points.write_text(hostile, encoding="utf-8")
    inputs, diagnosis = check_study(study, store=folder / "networks")
    return write_diagnosis(study, inputs, diagnosis, folder / "out")[0]


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    asked, complaints = [], []

    def route(request: Any) -> None:
        if request.request.url.startswith("file:"):
            request.continue_()
        else:
            asked.append(request.request.url)
            request.abort()

    opened.route("**/*", route)
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    opened.goto(page_file.as_uri())
    opened.wait_for_selector(".doubt-icon")
    yield opened
    context.close()
    assert asked == []
    assert complaints == []


def strokes(page: Any, pane: str) -> list[str]:
    return page.locator(f".leaflet-{pane}-pane path").evaluate_all(
        "all => all.map(path => path.getAttribute('stroke'))"
    )


def test_roads_have_the_colour_of_the_source_of_their_speed(page):
    wanted = {SOURCE_COLOURS[source] for source in ("signed", "national", "default")}
    assert set(strokes(page, "roads")) == wanted
    swatches = page.locator(".sources .line-swatch").evaluate_all("all => all.map(one => one.style.cssText)")
    assert {style.split(": ")[1].rstrip(";") for style in swatches} == wanted


def test_parts_off_the_main_network_stand_out_and_tell_their_people(page):
    assert strokes(page, "islands") == [ISLAND_COLOUR] * 3
    assert page.locator(".parts tbody tr").count() == 4
    for box in page.locator("input[data-layer^=kind-]").all():
        box.uncheck()  # their markers lie on the roads
    page.locator(".leaflet-islands-pane path").first.click(force=True)
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == "Irrallaan"
    assert popup.locator("td").all_text_contents() == ["0,7", "1", "11", "Suljettu kylä"]


def test_a_road_that_a_tag_closes_tells_who_lives_behind_it(page):
    assert set(strokes(page, "closed")) == {CLOSED_COLOUR}
    page.locator(".leaflet-closed-pane path.leaflet-interactive").click(force=True)
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == "Portti"
    assert "Tie 31 (OSM): takana asuinpaikkoja 1, asukkaita 11" in popup.text_content()


def test_a_source_a_kind_of_doubt_and_the_islands_can_be_put_away(page):
    before = len(strokes(page, "roads"))
    page.locator("input[data-layer=source-default]").uncheck()
    assert SOURCE_COLOURS["default"] not in strokes(page, "roads")
    assert len(strokes(page, "roads")) < before
    page.locator("input[data-layer=islands]").uncheck()
    assert strokes(page, "islands") == []
    icons = page.locator(".doubt-icon").count()
    page.locator("input[data-layer=kind-duplicated]").uncheck()
    assert page.locator(".doubt-icon").count() == icons - 6


def test_a_doubt_in_the_list_leads_to_its_place_and_tells_what_stands_between(page):
    row = page.locator(".kind-row").filter(has=page.locator("input[data-layer=kind-closed_by_tags]"))
    row.locator("details").evaluate("details => { details.open = true; }")
    row.locator(".show-on-map").click()
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == "Suljettu kylä"
    said = popup.text_content()
    assert re.search(r"Ilman käyttörajoituksia: [45]\xa0min\. Suljetut tiet ja esteet \(OSM\): 31", said)
    assert "11 asukasta" in popup.text_content()


def test_a_hostile_name_stays_a_text(page):
    row = page.locator(".kind-row").filter(has=page.locator("input[data-layer=kind-off_network]"))
    row.locator("details").evaluate("details => { details.open = true; }")
    row.locator(".show-on-map").first.click()
    assert page.locator(".leaflet-popup h3").text_content() == "<img src=x onerror=alert(1)>"
    assert page.locator(".leaflet-popup img").count() == 0


def test_printing_keeps_the_view(page):
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(400)
    view = "document.querySelector('.leaflet-roads-pane path').getAttribute('d')"
    before = page.evaluate(view)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.wait_for_function("!document.body.classList.contains('printing')")
    page.wait_for_timeout(400)
    assert page.evaluate(view) == before


def test_every_control_has_a_name(page):
    controls = page.locator("button, input, a[href], .doubt-icon")
    names = controls.evaluate_all(
        """all => all.map(one => one.getAttribute("aria-label") ||
            (one.closest("label") ?? one).textContent.trim())"""
    )
    assert all(names)


def test_a_phone_shows_the_map_first_and_the_panel_on_request(browser, page_file):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(page_file.as_uri())
    phone.wait_for_selector(".doubt-icon")
    widest = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert phone.evaluate(widest) <= 390
    assert not phone.locator("#panel").is_visible()
    phone.locator(".panel-toggle").click()
    assert phone.locator("#panel").is_visible()
    assert phone.locator("#panel").evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    context.close()
