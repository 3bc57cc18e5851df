"""Every control of the page, by mouse and by keyboard; after each deed the page shows what the tables say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_study import HOSTILE, MINUTES, SCENARIOS
from opened_page import Opened, numbers, opening

from palveluverkko.domain.planning import Scenario
from palveluverkko.planning.impact import apply_scenario
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.people import counts

pytestmark = pytest.mark.browser

CODES = ("L", "A", "E")
NAMES = ("Lähitaso", "Aluetaso", "Erityistaso")

KINDS = """const kindOf = (one) => one.id || one.name || (one.tagName === "SUMMARY" && "summary") ||
    Object.keys(one.dataset).find((key) => !["app", "page", "pageLabel", "appLabel", "position"].includes(key)) ||
    one.className;
const CONTROLS = "button, input, select, summary, [role=button], .leaflet-bar a, .skip-link, .point-icon";"""

WATCH = f"""{KINDS}
window.used = new Set();
window.printed = 0;
window.print = () => {{ window.printed += 1; }};
for (const event of ["click", "change", "input", "keydown"]) {{
    document.addEventListener(event, ({{ target, key }}) => {{
        const control = target.closest?.(CONTROLS) ?? target.closest?.("label")?.querySelector("input");
        if (control && key !== "Tab" && key !== "Escape") window.used.add(kindOf(control));
    }}, true);
}}"""

LEFT = f"""() => {{ {KINDS}
    return [...new Set([...document.querySelectorAll(CONTROLS)].map(kindOf))].filter((kind) => !window.used.has(kind));
}}"""


class Reader:
    """Somebody at the page, with what they have chosen, and what the tables say of it."""

    def __init__(self, opened: Opened, tables: dict[str, Any], hand: str) -> None:
        self.opened, self.page, self.tables, self.hand = opened, opened.page, tables, hand
        self.level = self.season = self.against = 0
        self.area, self.within = "", 3
        self.scenario = Scenario("nothing")
        self.known: dict[Any, LevelsByPlace] = {}

    def press(self, target: Any, key: str = "Enter") -> None:
        """Click, or focus and press a key."""
        if self.hand == "mouse":
            target.click()
        else:
            target.focus()
            self.page.keyboard.press(key)

    def choose(self, name: str, value: int) -> None:
        """Choose one of some radio buttons."""
        if self.hand == "mouse":
            self.page.locator(f"label:has(input[name={name}][value='{value}'])").click()
            return
        chosen = self.page.locator(f"input[name={name}]:checked")
        steps = value - int(chosen.get_attribute("value"))
        chosen.focus()
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def select(self, selector: str, position: int) -> None:
        """Choose the option at a position; a browser's own list is no part of the page, so a mouse cannot be played."""
        if self.hand == "mouse":
            self.page.locator(selector).select_option(index=position)
            return
        control = self.page.locator(selector)
        control.focus()
        steps = position - control.evaluate("one => one.selectedIndex")
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def slide(self, position: int) -> None:
        """Move the slider of minutes."""
        slider = self.page.locator("#within")
        if self.hand == "mouse":
            box = slider.bounding_box()
            self.page.mouse.click(box["x"] + box["width"] * (position - 0.999) / 2.002, box["y"] + box["height"] / 2)
            return
        steps = position - int(slider.input_value())
        slider.focus()
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def levels(self, scenario: Scenario, season: int) -> LevelsByPlace:
        key = scenario, season
        if key not in self.known:
            points = apply_scenario(self.tables["points"], scenario)
            table = self.tables["tables"][season].table
            self.known[key] = classify(table, points, scheme=self.tables["scheme"], minutes=MINUTES)
        return self.known[key]

    def check(self) -> None:
        """Compare everything that is shown with the tables."""
        page, levels = self.page, self.levels(self.scenario, self.season)
        people = levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES)

        def of(area: str, code: str) -> list[int]:
            chosen = people[(people["area"] == area) & (people["level"] == code)]
            return [round(one) for one in chosen["population"]]

        assert page.locator("#subtitle").text_content().startswith(f"{NAMES[self.level]} ({CODES[self.level]})")
        assert self.opened.figures() == of("", CODES[self.level])
        share = sum(of("", CODES[self.level])[: self.within]) / sum(of("", CODES[self.level]))
        assert page.locator("#headline").text_content().startswith(f"{100 * share:.1f}".replace(".", ","))
        cells = numbers(self.opened.known("#area-table tbody td"))
        assert cells == np.array([of(self.area, code) for code in CODES]).T.ravel().tolist()
        if self.scenario == Scenario("nothing") and self.season == self.against:
            assert page.locator("#impact-table").count() == 0
            return
        before, heads = self.levels(Scenario("nothing"), self.against).frame, counts(levels.frame)
        for label, sums in zip(
            ("pitenee", "Ei enää", "lyhenee"), self._moved(before, levels.frame, heads), strict=True
        ):
            assert numbers(self.opened.row("#impact-table", label)) == sums

    def _moved(self, before: Any, after: Any, heads: np.ndarray) -> Iterator[list[int]]:
        unit = 1 if self.season == self.against else 60_000  # seasons are compared by the minutes that are shown
        was, now = (
            [np.ceil((one[f"time_{code}"].fillna(np.inf) * 60_000).round() / unit).to_numpy() for code in CODES]
            for one in (before, after)
        )
        for moved in (np.greater, lambda one, other: np.isinf(one) & ~np.isinf(other), np.less):
            yield [round(heads[moved(new, old)].sum()) for old, new in zip(was, now, strict=True)]


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_every_control_works_and_the_figures_follow(opened: Opened, tables: dict[str, Any], hand: str) -> None:
    page = opened.page
    page.evaluate(WATCH)
    reader = Reader(opened, tables, hand)
    reader.check()

    _look(reader)
    _change(reader)
    _ask(reader)
    _arrange(reader)
    assert page.evaluate(LEFT) == ["panel-toggle"]  # hidden here; a phone has it
    assert reader.hand == "mouse" or page.evaluate("window.printed") == 3


def _look(reader: Reader) -> None:
    """Choose level, minutes, area and season."""
    for reader.level in (1, 2, 0):
        reader.choose("level", reader.level)
        reader.check()
    for reader.within in (1, 2, 3):
        reader.slide(reader.within)
        reader.check()
    areas = list(dict.fromkeys(reader.tables["people"]["area"]))
    for position in (1, 3, 0):
        reader.area = areas[position]
        reader.select("#area", position)
        reader.check()
    reader.choose("season", 1)
    reader.season = reader.against = 1
    reader.check()
    reader.select("#against", 0)
    reader.against = 0
    reader.check()
    reader.choose("season", 0)
    reader.season = 0
    reader.check()


def _change(reader: Reader) -> None:
    """Try scenarios of the study, then a change of one's own, and carry it away."""
    page = reader.page
    for position, scenario in ((1, SCENARIOS[0]), (2, SCENARIOS[1])):
        reader.select("#scenario", position)
        reader.scenario = scenario
        reader.check()
        assert page.locator("input[name=view][value=change]").is_checked()
    reader.select("#change-within", 0)
    assert page.locator("#area-key caption").text_content() == "Lähitaso, enintään 30\u00a0min"
    page.locator("input[name=view]:checked").focus()
    if reader.hand == "mouse":
        page.locator("label:has(input[name=view][value=time])").click()
    else:
        page.keyboard.press("ArrowLeft")
    assert not page.locator("#area-changes").is_visible()
    reader.check()

    reader.press(page.locator("#point-list summary"))
    reader.press(page.locator(".point-table input[data-point='0']"), "Space")  # opens what the scenario closed
    reader.scenario = Scenario("nothing")
    reader.check()
    reader.press(page.locator(".point-table input[data-point='3']"), "Space")
    reader.select(".point-table select[data-point='2']", 2)
    reader.scenario = Scenario("own", close=("IVA",), change_level=(("KEM", "E"),))
    reader.check()
    reader.press(page.locator("#carry summary"))
    written = tomllib.loads(page.locator("#toml").text_content())["scenario"][0]
    assert written == {"name": "Oma muutos", "close": ["IVA"], "change_level": {"KEM": "E"}}
    with page.expect_download() as download:
        reader.press(page.locator("#download"))
    assert tomllib.loads(Path(download.value.path()).read_text(encoding="utf-8"))["scenario"][0] == written
    reader.press(page.locator("#copy-link"))
    page.locator("#carried:not(:empty)").wait_for()
    reader.press(page.locator("#reset"))
    reader.scenario = Scenario("nothing")
    reader.check()


def _ask(reader: Reader) -> None:
    """Search, ask points and places, follow a finding."""
    page = reader.page
    page.locator("#search").fill("kylä 1")
    if reader.hand == "mouse":
        page.locator("#found button").nth(1).click()
    else:
        page.locator("#search").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == "Kylä 10"
    reader.press(popup.locator("button.link"))
    reader.area = reader.tables["places"].loc["P10", "kunta_code"]
    reader.check()
    reader.press(popup.locator(".leaflet-popup-close-button"))
    popup.wait_for(state="detached")
    page.locator("#search").fill("")

    reader.press(page.locator(".show-all"))
    sodankyla = page.locator(".point-icon").nth(1)
    reader.press(sodankyla)
    assert popup.locator("h3").text_content() == "Sodankylän terveysasema"
    reader.press(popup.locator(".catchment"))
    assert "Sodankylän terveysasema" in page.locator("#map-note").text_content()
    assert popup.locator(".catchment").get_attribute("aria-pressed") == "true"
    reader.press(popup.locator(".catchment"))
    assert page.locator("#map-note").is_hidden()
    reader.press(popup.locator(".switch-point"))
    reader.scenario = Scenario("own", close=("SOD",))
    reader.check()
    reader.press(popup.locator(".switch-point"))
    reader.scenario = Scenario("nothing")
    reader.check()
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")

    reader.press(page.locator(".findings summary").first)
    reader.press(page.locator(".show-on-map").first)
    assert popup.locator("h3").text_content() == HOSTILE
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")


def _arrange(reader: Reader) -> None:
    """Languages, layers, the map's own buttons, print."""
    page = reader.page
    for code, word in (("sv", "Lokal nivå"), ("en", "Local level"), ("fi", "Lähitaso")):
        reader.press(page.locator(f"[data-language={code}]"))
        assert page.locator("html").get_attribute("lang") == code
        assert page.locator("[data-level='0']").first.text_content() == word
    reader.check()
    drawn = {
        "areas": ".leaflet-bands-pane path", "points": ".point-icon", "places": ".places-canvas",
        "roads": ".leaflet-roads-pane path", "backdrop": ".leaflet-backdrop-pane path", "labels": ".place-label",
    }  # fmt: skip
    for layer, selector in drawn.items():
        box = page.locator(f"input[data-layer={layer}]")
        shown = page.locator(selector).count()
        assert shown > 0
        reader.press(box, "Space")
        assert page.locator(selector).count() == 0
        reader.press(box, "Space")
        page.wait_for_function("([s, n]) => document.querySelectorAll(s).length === n", arg=[selector, shown])
    zoom = "map_study.getZoom()"
    reader.press(page.locator(".show-all"))
    before = page.evaluate(zoom)
    for button, sign in ((".leaflet-control-zoom-in", 1), (".leaflet-control-zoom-out", -1)):
        was = page.evaluate(zoom)
        reader.press(page.locator(button))
        page.wait_for_function(f"([sign, was]) => ({zoom} - was) * sign > 0.4", arg=[sign, was])
        page.wait_for_timeout(300)
    if reader.hand == "mouse":
        box = page.locator("#map_study").bounding_box()
        page.mouse.move(box["x"] + 700, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 600, box["y"] + 90, steps=4)
        page.mouse.up()
        page.mouse.click(box["x"] + 300, box["y"] + 300)
    else:
        page.locator("#map_study").focus()
        page.keyboard.press("+")
        page.wait_for_function(f"was => {zoom} > was", arg=before)
        page.wait_for_timeout(300)
        centre = page.evaluate("map_study.getCenter().lng")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("was => map_study.getCenter().lng > was", arg=centre)
    reader.press(page.locator(".show-all"))
    page.wait_for_function(f"was => Math.abs({zoom} - was) < 0.01", arg=before)
    page.keyboard.press("Escape")
    for number, paper in enumerate(PAPERS, 1):
        reader.press(page.locator(f".print[data-paper={paper}]"))
        chosen = "[...document.body.classList].filter(name => name.startsWith('paper-'))"
        assert page.evaluate(f"[window.printed, {chosen}]") == [number, [f"paper-{paper}"]]
    if reader.hand == "mouse":
        page.evaluate("document.querySelector('.skip-link').click()")  # nobody can click what only Tab shows
    else:
        reader.press(page.locator(".skip-link"))
    assert page.evaluate("location.hash") == "#map_study"


def test_every_control_is_reached_by_tab_and_named(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.select_option("#scenario", "0")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate("document.body.focus()")
    kind = f"(() => {{ {KINDS} return kindOf(document.activeElement); }})()"
    wanted = set(page.evaluate(f"() => {{ {KINDS} return [...document.querySelectorAll(CONTROLS)].map(kindOf); }}"))
    reached = set()
    for _ in range(140):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(kind))
    assert wanted - reached <= {"panel-toggle", "skip-link"}
    controls = page.locator("button, input, select, a[href], .point-icon")
    names = controls.evaluate_all(
        """all => all.map(one => one.getAttribute("aria-label") || one.labels?.[0]?.textContent.trim()
            || one.textContent.trim())"""
    )
    assert all(names)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1


@pytest.mark.parametrize(("code", "width", "height"), [("fi", 1400, 900), ("sv", 1400, 900), ("en", 390, 844)])
def test_axe_finds_no_serious_violation_in_any_state(
    browser: Any, page_file: Path, code: str, width: int, height: int
) -> None:
    with opening(browser, page_file, width=width, height=height) as opened:
        page = opened.page
        opened.check_axe()
        page.locator(f"[data-language={code}]").click()
        if width < 800:
            page.locator(".panel-toggle").click()
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.select_option("#scenario", "0")
        page.select_option("#area", "1")
        opened.check_axe()
        page.locator("input[name=season][value='1']").check()
        page.locator("input[name=view][value=time]").check()
        page.locator("#search").fill("kylä")
        opened.check_axe()
        if width > 800:
            page.locator(".point-icon").first.focus()
            page.keyboard.press("Enter")
            opened.check_axe()
            page.keyboard.press("Escape")
            page.locator("#search").fill("kylä 17")
            page.keyboard.press("Enter")
            opened.check_axe()


def test_a_phone_shows_the_map_first_and_the_panel_on_request(browser: Any, page_file: Path) -> None:
    with opening(browser, page_file, width=390, height=844) as opened:
        page = opened.page
        widest = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        assert page.evaluate(widest) <= 390
        assert page.locator("#map_study").bounding_box()["height"] > 350
        assert not page.locator("#panel").is_visible()
        toggle = page.locator(".panel-toggle")
        toggle.click()
        assert page.locator("#panel").is_visible()
        toggle.focus()
        page.keyboard.press("Enter")
        assert not page.locator("#panel").is_visible()
        page.keyboard.press("Enter")
        assert page.locator("#panel").is_visible()
        assert page.evaluate(widest) <= 390
        page.locator("#search").fill("kylä 7")
        page.keyboard.press("Enter")
        assert page.locator(".leaflet-popup").is_visible()
        small = page.locator("button:visible, select:visible, summary:visible").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
        )
        assert small == []  # large enough for a finger


def test_printing_keeps_the_view_and_the_opened_details(opened: Opened) -> None:
    page = opened.page
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(400)
    view = "[map_study.getZoom(), map_study.getMinZoom(), map_study.getSize().x, String(map_study.getCenter())]"
    before = page.evaluate(view)
    page.evaluate(
        """window.addEventListener("beforeprint", () => {
            window.onPaper = [document.querySelectorAll(".places-on-paper circle").length,
                document.querySelector(".places-canvas").hidden,
                document.querySelectorAll("#norms li").length];
        })"""
    )
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    # The canvas would hide bands and roads on paper.
    assert page.evaluate("window.onPaper[0]") > 10
    assert page.evaluate("window.onPaper[1]") is True
    assert page.evaluate("window.onPaper[2]") > 0  # lists that are written when they are opened, too
    assert page.locator(".places-on-paper").count() == 0
    page.wait_for_function("!document.body.classList.contains('printing')")
    page.wait_for_timeout(400)
    assert page.evaluate(view) == before
    assert page.locator(".panel details[open]").count() == 0


def test_after_printing_the_reader_is_where_they_were(opened: Opened) -> None:
    page = opened.page
    order = "[...document.querySelectorAll('.panel > *, .change > *')].map(one => one.id || one.className).join()"
    page.locator("#within").focus()  # moves to the first sheet, and back
    page.evaluate("document.getElementById('panel').scrollTop = 200")
    was = page.evaluate(order)
    for _ in range(2):
        page.pdf(prefer_css_page_size=True)
        page.wait_for_function("!document.body.classList.contains('printing')")
    assert page.evaluate("document.activeElement.id") == "within"
    assert page.evaluate("document.getElementById('panel').scrollTop") == 200
    assert page.evaluate(order) == was


PAPERS = {"a4": (210, 297), "a4-wide": (297, 210), "a3": (420, 297)}
ON_EVERY_SHEET = ("h1", "#subtitle", "#on-paper", ".attribution", ".leaflet-control-scale-line", "#legend", ".shapes")


@pytest.mark.parametrize(
    ("paper", "code", "width", "letters"),
    [
        ("a4", "fi", 1400, 100), ("a4", "sv", 390, 100), ("a4-wide", "en", 1400, 100), ("a4-wide", "fi", 390, 100),
        ("a3", "sv", 1400, 200),
    ],
)  # fmt: skip
def test_the_first_sheet_holds_the_map_and_all_that_explains_it(
    browser: Any, page_file: Path, paper: str, code: str, width: int, letters: int
) -> None:
    with opening(browser, page_file, width=width) as opened:
        page = opened.page
        page.locator(f"[data-language={code}]").click()
        page.evaluate(f"document.documentElement.style.fontSize = '{letters}%'")
        page.evaluate("window.print = () => {}")
        page.evaluate(f"document.querySelector('.print[data-paper={paper}]').click()")
        for change in ([], ["#area-key", "#change-key"]):
            if change:
                page.evaluate(CHOOSE_THE_FIRST_SCENARIO)
            # Without what comes after it there is one sheet, and with it none is empty.
            rest = page.add_style_tag(content=".printing .panel { display: none !important; }")
            assert _sheets(page) == [PAPERS[paper]]
            rest.evaluate("style => style.remove()")
            assert set(_sheets(page)) == {PAPERS[paper]}
            assert len(_sheets(page)) in {2, 3}
            _check_sheet(page, PAPERS[paper], [*ON_EVERY_SHEET, *change])


CHOOSE_THE_FIRST_SCENARIO = """() => {
    const scenario = document.getElementById("scenario");
    scenario.value = "0";
    scenario.dispatchEvent(new Event("change"));
}"""


def _sheets(page: Any) -> list[tuple[int, int]]:
    """Give width and height of every sheet of the printed page, millimetres."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    page.wait_for_function("!document.body.classList.contains('printing')")
    return [(round(float(one) * 25.4 / 72), round(float(other) * 25.4 / 72)) for one, other in boxes]


def _check_sheet(page: Any, paper: tuple[int, int], needed: list[str]) -> None:
    """Look for what a sheet needs, as it is laid out for paper."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for selector in needed:
        found = page.locator(selector).first
        assert found.is_visible()
        assert found.inner_text().strip()
        box = found.bounding_box()
        for start, size, side in (("x", "width", paper[0]), ("y", "height", paper[1])):
            assert 0 <= box[start] <= box[start] + box[size] <= (side - 24) * 96 / 25.4 + 1  # margins are 12 mm
    frame, key = page.locator(".map-frame").bounding_box(), page.locator(".sheet-key").bounding_box()
    assert frame["height"] > 95 * 96 / 25.4
    assert page.evaluate(
        "map_study.getBounds().contains(L.latLngBounds([66.1, 24.5], [69.9, 26.0]))"
    )  # all of the study
    assert key["y"] >= frame["y"] + frame["height"] or key["x"] >= frame["x"] + frame["width"]
    for selector in ("#search", ".buttons", "#within", ".language-switch"):
        assert not page.locator(selector).first.is_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".panel > .legend").count() == page.locator("#change > #change-key").count() == 1
    assert page.locator(".sheet-key").count() == 0


def test_large_text_keeps_the_page_whole(opened: Opened) -> None:
    opened.page.select_option("#scenario", "0")
    opened.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert opened.page.evaluate(
        "document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth + 1"
    )
