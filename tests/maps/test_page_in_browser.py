"""The map page in Chromium, opened from disk with every route to the network cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from palveluverkko.domain.palette import band_colours
from palveluverkko.maps.page import build_page

pytestmark = pytest.mark.browser


class Opened:
    """A page in the browser with what it asked for and complained about."""

    def __init__(self, browser: Any, path: Path, *, width: int = 1400, height: int = 900) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(".point-icon")

    def _route(self, route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def figures(self) -> list[str]:
        return self.page.locator("#legend tbody .people").all_text_contents()

    def fills(self) -> list[str]:
        paths = self.page.locator(".leaflet-bands-pane path")
        return paths.evaluate_all("all => all.map(path => path.getAttribute('fill'))")


@pytest.fixture
def page_file(study: dict[str, Any], tmp_path: Path) -> Path:
    return build_page(**study).save(tmp_path / "map.html")


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Opened]:
    page = Opened(browser, page_file)
    yield page
    page.context.close()
    assert page.requests == []
    assert page.complaints == []


def test_the_page_opens_from_disk_without_a_request_or_a_complaint(opened: Opened) -> None:
    opened.page.wait_for_timeout(300)
    assert opened.requests == []
    assert opened.complaints == []


def test_the_bands_of_the_shown_level_are_drawn_in_the_colours_of_the_legend(opened: Opened) -> None:
    assert opened.fills() == band_colours(3)
    box = opened.page.locator(".leaflet-bands-pane path").first.bounding_box()
    assert box["width"] > 50
    assert box["height"] > 50
    swatch = opened.page.locator("#legend .swatch").first.evaluate("e => getComputedStyle(e).backgroundColor")
    near = band_colours(3)[0]
    assert swatch == f"rgb({int(near[1:3], 16)}, {int(near[3:5], 16)}, {int(near[5:7], 16)})"


def test_the_switch_shows_the_figures_of_each_level(opened: Opened) -> None:
    assert opened.figures() == ["30\u00a0000", "12\u00a0000", "4\u00a0400", "0"]
    drawn = opened.page.locator(".leaflet-bands-pane path").first.get_attribute("d")
    opened.page.get_by_role("radio", name="Erityistaso").check()
    assert opened.figures() == ["1\u00a0234", "5\u00a0678", "36\u00a0988", "2\u00a0500"]
    assert opened.page.locator("#legend tfoot .people").text_content() == "46\u00a0400"
    assert opened.page.locator("#legend tbody .share").first.text_content() == "2,7\u00a0%"
    assert opened.fills() == band_colours(3)
    assert opened.page.locator(".leaflet-bands-pane path").first.get_attribute("d") != drawn
    assert "jonka taso on E." in opened.page.locator("#level-explained").text_content()


def test_the_switch_works_from_the_keyboard(opened: Opened) -> None:
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip-link"
    opened.page.get_by_role("radio", name="Lähitaso").focus()
    opened.page.keyboard.press("ArrowRight")
    assert opened.figures() == ["20\u00a0000", "15\u00a0000", "9\u00a0900", "1\u00a0500"]


def test_a_point_tells_its_hostile_name_as_text_and_whom_it_serves(opened: Opened, study: dict[str, Any]) -> None:
    marker = opened.page.locator(".point-icon").first
    marker.focus()
    opened.page.keyboard.press("Enter")
    popup = opened.page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == study["points"].loc["ROI", "name"]
    assert "45\u00a0900 asukasta" in popup.text_content()
    assert "leikkaustoiminta" in popup.text_content()
    assert popup.locator("img").count() == 0
    opened.page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert marker.evaluate("marker => marker === document.activeElement")


def test_a_finding_leads_to_its_place_and_tells_its_times(opened: Opened, study: dict[str, Any]) -> None:
    opened.page.locator(".findings details").first.evaluate("details => { details.open = true; }")
    opened.page.locator(".show-on-map").first.click()
    popup = opened.page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == study["places"].loc["P3", "name"]
    assert "400 asukasta" in popup.text_content()
    assert "13,3\u00a0min" in popup.text_content()


def test_layers_can_be_put_away(opened: Opened) -> None:
    assert opened.page.locator(".leaflet-places-pane path").count() == 30
    assert opened.page.locator(".place-label").count() > 0
    for layer, drawn in (
        ("points", ".point-icon"),
        ("places", ".leaflet-places-pane path"),
        ("roads", ".leaflet-roads-pane path"),
        ("labels", ".place-label"),
    ):
        opened.page.locator(f"input[data-layer={layer}]").uncheck()
        assert opened.page.locator(drawn).count() == 0


def test_a_phone_shows_the_map_first_and_the_panel_on_request(browser: Any, page_file: Path) -> None:
    opened = Opened(browser, page_file, width=390, height=844)
    page = opened.page
    widest = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(widest) <= 390
    assert page.locator("#map_study").bounding_box()["height"] > 350
    assert not page.locator("#panel").is_visible()
    page.locator(".panel-toggle").click()
    assert page.locator("#panel").is_visible()
    assert page.locator(".panel-toggle").get_attribute("aria-expanded") == "true"
    assert page.evaluate(widest) <= 390
    assert page.locator("#panel").evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    opened.context.close()
    assert opened.complaints == []


def test_printing_keeps_the_view_and_the_opened_details(opened: Opened) -> None:
    opened.page.locator(".leaflet-control-zoom-in").click()
    opened.page.wait_for_timeout(400)
    view = "[map_study.getZoom(), map_study.getSize().x, String(map_study.getCenter())]"
    before = opened.page.evaluate(view)
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    opened.page.wait_for_function("!document.body.classList.contains('printing')")
    opened.page.wait_for_timeout(400)
    assert opened.page.evaluate(view) == before
    assert opened.page.locator(".panel details[open]").count() == 0


def test_every_control_has_a_name_and_headings_stand_in_order(opened: Opened) -> None:
    controls = opened.page.locator("button, input, a[href], .point-icon")
    names = controls.evaluate_all(
        """all => all.map(one => one.getAttribute("aria-label") ||
            (one.closest("label") ?? one).textContent.trim())"""
    )
    assert all(names)
    levels = opened.page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1
    assert set(levels[1:]) == {"H2"}
