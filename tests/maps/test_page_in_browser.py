"""The map page in Chromium, opened from disk with every route to the network cut; its figures against the tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from map_study import HOSTILE, MINUTES, NORMS, SCENARIOS, build_study

from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.palette import band_colours
from palveluverkko.domain.planning import Scenario
from palveluverkko.maps.page import build_page, to_map
from palveluverkko.planning.impact import Impact, apply_scenario, impact
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.norms import check_norms
from palveluverkko.service.people import counts, served_by_point, weighted_percentile

pytestmark = pytest.mark.browser

CODES = ("L", "A", "E")


class Opened:
    """A page in the browser with what it asked for and complained about."""

    def __init__(self, browser: Any, path: Path, *, width: int = 1400, height: int = 900, address: str = "") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(path.as_uri() + address)
        self.page.wait_for_selector("body[data-ready]")

    def _route(self, route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def figures(self) -> list[int]:
        return _numbers(self.page.locator("#legend tbody .people").all_text_contents())

    def row(self, table: str, label: str) -> list[str]:
        row = self.page.locator(f"{table} tbody tr", has=self.page.locator("th", has_text=label)).first
        return row.locator("td").all_text_contents()

    def bands(self) -> list[str]:
        paths = self.page.locator(".leaflet-bands-pane path")
        return paths.evaluate_all(
            "all => all.filter(p => p.getAttribute('fill-opacity') === '1').map(p => p.getAttribute('fill'))"
        )


def _numbers(texts: list[str]) -> list[int]:
    return [int(text.replace("\u00a0", "").replace("−", "-")) for text in texts]


def _minutes(value: float) -> str:
    return "ei tavoiteta" if np.isnan(value) else f"{int(np.ceil(round(value * 60_000) / 60_000))}\u00a0min"


def _people(levels: LevelsByPlace, code: str, area: str = "") -> list[int]:
    people = levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES)
    chosen = people[(people["level"] == code) & (people["area"] == area)]
    return [round(one) for one in chosen["population"]]


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return build_study()


@pytest.fixture(scope="module")
def page_file(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_page(**tables).save(tmp_path_factory.mktemp("page") / "map.html")


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Opened]:
    page = Opened(browser, page_file)
    yield page
    page.context.close()
    assert page.requests == []
    assert page.complaints == []


def _changed(tables: dict[str, Any], scenario: Scenario, season: int = 0) -> LevelsByPlace:
    points = apply_scenario(tables["points"], scenario)
    return classify(tables["tables"][season].table, points, scheme=tables["scheme"], minutes=MINUTES)


def _impact(tables: dict[str, Any], scenario: Scenario) -> Impact:
    table = tables["tables"][0].table
    return impact(table, tables["points"], tables["places"], scenario, scheme=tables["scheme"], minutes=MINUTES)


def test_levels_seasons_and_areas_show_the_figures_of_the_tables(opened: Opened, tables: dict[str, Any]) -> None:
    page = opened.page
    nothing = Scenario("nothing")
    for season in (0, 1):
        page.locator(f"input[name=season][value='{season}']").check()
        levels = _changed(tables, nothing, season)
        for number, code in enumerate(CODES):
            page.locator(f"input[name=level][value='{number}']").check()
            assert opened.figures() == _people(levels, code)
        heads = counts(levels.frame)
        for label, share in (("Puolet", 0.5), ("90", 0.9)):
            expected = [weighted_percentile(levels.frame[f"time_{code}"].to_numpy(), heads, share) for code in CODES]
            assert opened.row("#area-summary", label) == [_minutes(one) for one in expected]
        worst = levels.summary().set_index("level")["worst"]
        shown = opened.row("#area-summary", "Pisin")
        assert all(text.startswith(_minutes(worst[code])) for text, code in zip(shown, CODES, strict=True))
        assert _numbers(opened.row("#area-summary", "Ei tavoiteta")) == list(levels.summary()["unreached"])
    ids = list(dict.fromkeys(tables["people"]["area"]))[1:]
    for number, area in enumerate(ids):
        page.select_option("#area", str(number))
        columns = [_people(levels, code, area) for code in CODES]
        cells = page.locator("#area-table tbody td").all_text_contents()
        assert _numbers(cells) == np.array(columns).T.ravel().tolist()


def test_bands_follow_the_switch_and_the_slider(opened: Opened) -> None:
    page = opened.page
    assert opened.bands() == band_colours(3)
    drawn = page.locator(".leaflet-bands-pane path").first.get_attribute("d")
    page.get_by_role("radio", name="Lähitaso").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="Erityistaso").is_checked()
    assert page.locator(".leaflet-bands-pane path").first.get_attribute("d") != drawn
    assert page.locator("#subtitle").text_content().startswith("Erityistaso (E), talvi")
    page.locator("#within").focus()
    page.keyboard.press("ArrowLeft")
    assert opened.bands() == band_colours(3)[:2]
    within = sum(opened.figures()[:2])
    assert (
        f"({within:,}) tavoittaa palvelun 60 minuutissa".replace(",", "\u00a0")
        in page.locator("#headline").text_content()
    )


@pytest.mark.parametrize("number", [0, 1])
def test_a_scenario_does_in_the_page_what_it_does_in_the_tables(
    opened: Opened, tables: dict[str, Any], number: int
) -> None:
    scenario = SCENARIOS[number]
    opened.page.select_option("#scenario", str(number))
    levels = _changed(tables, scenario)
    for position, code in enumerate(CODES):
        opened.page.locator(f"input[name=level][value='{position}']").check()
        assert opened.figures() == _people(levels, code)
    assert opened.bands() == []
    found = _impact(tables, scenario)
    summary = found.summary()
    assert _numbers(opened.row("#impact-table", "Matka pitenee")) == list(summary["people_affected"])
    assert _numbers(opened.row("#impact-table", "Matka lyhenee")) == list(summary["people_gained"])
    assert _numbers(opened.row("#impact-table", "Ei enää")) == list(summary["people_cut_off"])
    before, after = ([_rounded_up(one.frame, code) for code in CODES] for one in (found.base, found.changed))
    heads = counts(found.base.frame)
    means, worst = opened.row("#impact-table", "keskimäärin"), opened.row("#impact-table", "eniten")
    for level, code in enumerate(CODES):
        longer = (found.by_place()[f"extra_{code}"].to_numpy() > 0) & np.isfinite(after[level]) & (heads > 0)
        extra = after[level][longer] - before[level][longer]
        if not len(extra):
            assert means[level] == worst[level] == "–"
            continue
        mean = float(np.average(extra, weights=heads[longer]))
        assert float(means[level].removesuffix("\u00a0min").replace(",", ".")) == pytest.approx(mean, abs=0.0501)
        assert worst[level].startswith(f"+{extra.max():.0f}\u00a0min")
    for norm, line in zip(NORMS, opened.page.locator("#impact-body li").all_text_contents(), strict=True):
        people = counts(found.base.frame, norm.group)
        was, now = (one.frame[f"time_{norm.level}"].to_numpy() <= norm.minutes for one in (found.base, found.changed))
        assert f": {people[was & ~now].sum():,.0f} asukasta".replace(",", "\u00a0") in line
    norms = check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta")
    shown = opened.page.locator("#norms tbody tr > td.number").all_text_contents()
    whole = norms.loc[norms["area"] == "", "share_reached"]
    assert [float(text.removesuffix("\u00a0%").replace(",", ".")) for text in shown] == pytest.approx(
        list(100 * whole), abs=0.0501
    )


def _rounded_up(frame: pd.DataFrame, code: str) -> np.ndarray:
    return np.ceil((frame[f"time_{code}"] * 60_000).round() / 60_000).fillna(np.inf).to_numpy()


def test_a_change_of_the_readers_own_comes_back_as_a_scenario(
    opened: Opened, tables: dict[str, Any], browser: Any, page_file: Path
) -> None:
    page = opened.page
    page.locator("#point-list summary").focus()
    page.keyboard.press("Enter")
    page.locator(".point-table input[data-point='3']").focus()
    page.keyboard.press("Space")
    page.locator(".point-table input[data-point='4']").check()
    page.locator(".point-table select[data-point='2']").select_option("2")
    own = Scenario("own", close=("IVA",), open=("UTS",), change_level=(("KEM", "E"),))
    levels = _changed(tables, own)
    assert opened.figures() == _people(levels, "L")
    with page.expect_download() as download:
        page.locator("#download").click()
    document = tomllib.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert document["scenario"] == [
        {"name": "Oma muutos", "close": ["IVA"], "open": ["UTS"], "change_level": {"KEM": "E"}}
    ]
    shared = Opened(browser, page_file, address="#" + page.url.split("#")[1])
    assert shared.figures() == opened.figures()
    assert shared.page.locator("#scenario").input_value() == "-2"
    shared.context.close()
    page.locator("#reset").click()
    assert opened.figures() == _people(tables_levels(tables), "L")
    assert opened.bands() == band_colours(3)


def tables_levels(tables: dict[str, Any]) -> LevelsByPlace:
    return _changed(tables, Scenario("nothing"))


def test_a_hostile_scenario_is_written_as_toml_that_reads_back(opened: Opened) -> None:
    opened.page.select_option("#scenario", "0")
    opened.page.locator("input[name=view][value=change]").check()
    written = tomllib.loads(opened.page.locator("#toml").text_content())["scenario"][0]
    assert (
        Scenario(
            written["name"], tuple(written["close"]), tuple(written["open"]), tuple(written["change_level"].items())
        )
        == SCENARIOS[0]
    )
    kinds = _numbers(opened.page.locator("#change-key td").all_text_contents())
    assert sum(kinds) == sum(opened.figures())


def test_a_season_is_compared_with_the_other(opened: Opened, tables: dict[str, Any]) -> None:
    opened.page.locator("input[name=season][value='1']").check()
    opened.page.select_option("#against", "0")
    winter, summer = (_changed(tables, Scenario("nothing"), season).frame for season in (0, 1))
    heads = counts(winter)
    quicker = [heads[_rounded_up(summer, code) < _rounded_up(winter, code)].sum() for code in CODES]
    assert _numbers(opened.row("#impact-table", "Matka lyhenee")) == quicker
    assert set(opened.row("#impact-table", "Matka pitenee")) == {"0"}


def test_places_and_points_are_asked_by_search_and_by_click(opened: Opened, tables: dict[str, Any]) -> None:
    page, levels = opened.page, tables_levels(tables).frame
    page.locator("#search").fill("kylä 17")
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == "Kylä 17"
    rows = popup.locator("tbody tr")
    table = tables["tables"][0].table.milliseconds[:, 17]
    for position, code in enumerate(CODES):
        cells = rows.nth(position).locator("td").all_text_contents()
        assert cells[0].startswith(_minutes(levels.loc["P17", f"time_{code}"]))
        owner = levels.loc["P17", f"point_{code}"]
        assert cells[1].startswith(tables["points"].loc[owner, "name"] if owner else "")
        serving = tables["points"]["level"].isin(tables["scheme"].serving(code)) & tables["points"]["open"]
        near = sorted(table[serving.to_numpy()])
        if len(near) > 1 and near[1] < 2_147_483_647:
            assert _minutes(near[1] / 60_000) in cells[1]
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    page.locator(".show-all").click()
    box = page.locator("#map_study").bounding_box()
    at = page.evaluate("(() => { const p = map_study.latLngToContainerPoint([66.62, 25.6]); return [p.x, p.y]; })()")
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    assert page.locator(".leaflet-popup tbody tr").count() == 3


def test_a_point_tells_whom_it_serves_and_is_closed_from_its_popup(opened: Opened, tables: dict[str, Any]) -> None:
    page = opened.page
    marker = page.locator(".point-icon").first
    marker.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    assert popup.locator("h3").text_content() == HOSTILE
    served = served_by_point(tables_levels(tables).frame, tables["points"], CODES).loc["ROI"]
    cells = popup.locator("table td").all_text_contents()
    assert cells == [f"{served[f'people_{code}']:,.0f} asukasta".replace(",", "\u00a0") for code in CODES]
    assert "leikkaustoiminta" in popup.text_content()
    popup.locator(".catchment").click()
    assert f"{served['people_L']:,.0f} asukasta".replace(",", "\u00a0") in page.locator("#map-note").text_content()
    popup.locator(".switch-point").click()
    assert opened.figures() == _people(_changed(tables, SCENARIOS[1]), "L")
    assert page.locator("#scenario").input_value() == "1"  # the reader made what the study calls a scenario
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert marker.evaluate("marker => marker === document.activeElement")


def test_a_finding_leads_to_its_place(opened: Opened) -> None:
    opened.page.locator(".findings details summary").first.click()
    opened.page.locator(".show-on-map").first.click()
    assert opened.page.locator(".leaflet-popup h3").text_content() == HOSTILE


def test_hostile_texts_are_shown_as_text_in_every_language_and_run_nothing(browser: Any, tmp_path: Path) -> None:
    nasty = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</script><svg onload=alert(1)>",
        "'\"`${alert(1)}",
        "\u202egnol\u202c \u200f",
        "x" * 10_000,
    ]
    study = build_study()
    for position, text in enumerate(nasty[:5]):
        study["points"].iloc[position, 0] = text
    for position, text in enumerate(nasty):
        study["places"].iloc[position, 0] = text
    study |= {"title": nasty[1], "subtitle": nasty[2], "notes": nasty, "attribution": nasty[0]}
    study["people"]["area_name"] = np.where(study["people"]["area"] == "698", nasty[1], study["people"]["area_name"])
    opened = Opened(browser, build_page(**study).save(tmp_path / "map.html"))
    page = opened.page
    for code in ("sv", "en", "fi"):
        page.locator(f"[data-language={code}]").click()
        assert page.locator("h1").text_content() == nasty[1]
        assert page.evaluate("document.documentElement.lang") == code
        for position in range(5):
            page.locator(f".point-icon >> nth={position}").focus()
            page.keyboard.press("Enter")
            assert page.locator(".leaflet-popup h3").text_content() == nasty[position]
            page.keyboard.press("Escape")
        for text in nasty[:4] + nasty[5:]:
            page.locator("#search").fill(text[:50])
            page.keyboard.press("Enter")
            assert page.locator(".leaflet-popup h3").first.text_content() == text
        page.select_option("#area", "0")
    assert page.locator("img, svg[onload]").count() == 0
    assert page.evaluate("document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth")
    opened.context.close()
    assert opened.requests == []
    assert opened.complaints == []


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_axe_finds_no_serious_violation(browser: Any, page_file: Path, width: int, height: int) -> None:
    opened = Opened(browser, page_file, width=width, height=height)
    page = opened.page
    if width < 800:
        _check_axe(page)
        page.locator(".panel-toggle").click()
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.select_option("#scenario", "0")
    page.locator("input[name=view][value=change]").check()
    _check_axe(page)
    if width > 800:
        page.locator("#search").fill("kylä")
        page.locator(".point-icon").first.focus()
        page.keyboard.press("Enter")
        _check_axe(page)
    opened.context.close()


def _check_axe(page: Any) -> None:
    violations = Axe().run(page).response["violations"]
    bad = [(one["id"], one["nodes"][0]["html"][:200]) for one in violations if one["impact"] in {"serious", "critical"}]
    assert bad == []


def test_every_control_is_reached_by_tab_and_named(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.name || document.activeElement.className"
            )
        )
    wanted = {"level", "season", "search", "within", "scenario", "against", "view", "area", "print", "panel"}
    assert wanted <= {str(one).split(" ")[0] for one in reached}
    controls = page.locator("button, input, select, a[href], .point-icon")
    names = controls.evaluate_all(
        """all => all.map(one => one.getAttribute("aria-label") || one.labels?.[0]?.textContent.trim()
            || one.textContent.trim())"""
    )
    assert all(names)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1


def test_layers_can_be_put_away(opened: Opened) -> None:
    drawn = {
        "areas": ".leaflet-bands-pane path", "points": ".point-icon", "places": ".places-canvas",
        "roads": ".leaflet-roads-pane path", "labels": ".place-label",
    }  # fmt: skip
    for layer, selector in drawn.items():
        assert opened.page.locator(selector).count() > 0
        opened.page.locator(f"input[data-layer={layer}]").uncheck()
        assert opened.page.locator(selector).count() == 0


def test_a_phone_shows_the_map_first_and_the_panel_on_request(browser: Any, page_file: Path) -> None:
    opened = Opened(browser, page_file, width=390, height=844)
    page = opened.page
    widest = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(widest) <= 390
    assert page.locator("#map_study").bounding_box()["height"] > 350
    assert not page.locator("#panel").is_visible()
    page.locator(".panel-toggle").click()
    assert page.locator("#panel").is_visible()
    assert page.evaluate(widest) <= 390
    page.locator("#search").fill("kylä 7")
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup").is_visible()
    opened.context.close()
    assert opened.complaints == []


def test_printing_keeps_the_view_and_the_opened_details(opened: Opened) -> None:
    page = opened.page
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(400)
    view = "[map_study.getZoom(), map_study.getSize().x, String(map_study.getCenter())]"
    before = page.evaluate(view)
    page.evaluate(
        """window.addEventListener("beforeprint", () => {
            window.onPaper = [document.querySelectorAll(".places-on-paper circle").length,
                document.querySelector(".places-canvas").hidden];
        })"""
    )
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    # The canvas would hide bands and roads on paper.
    assert page.evaluate("window.onPaper[0]") > 10
    assert page.evaluate("window.onPaper[1]") is True
    assert page.locator(".places-on-paper").count() == 0
    page.wait_for_function("!document.body.classList.contains('printing')")
    page.wait_for_timeout(400)
    assert page.evaluate(view) == before
    assert page.locator(".panel details[open]").count() == 0


def test_large_text_keeps_the_page_whole(opened: Opened) -> None:
    opened.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert opened.page.evaluate(
        "document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth + 1"
    )


def test_what_a_notebook_holds_makes_the_same_page(browser: Any, tmp_path: Path, tables: dict[str, Any]) -> None:
    levels = tables_levels(tables)
    bare = to_map(levels, tables["bands"], tables["points"], places=tables["places"], title="Muistio")
    opened = Opened(browser, bare.save(tmp_path / "bare.html"))
    assert opened.figures() == _people(levels, "L")
    assert not opened.page.locator("#change").is_visible()
    opened.context.close()
    whole = to_map(
        levels, tables["bands"], tables["points"], places=tables["places"], table=tables["tables"][0].table,
        area_column="kunta_code", area_name_column="kunta",
    )  # fmt: skip
    opened = Opened(browser, whole.save(tmp_path / "whole.html"))
    assert opened.figures() == _people(levels, "L")
    assert opened.page.locator("#change").is_visible()
    opened.context.close()
    assert opened.complaints == []


@pytest.mark.parametrize("case", ["nobody reached", "a single point", "eight levels", "half minutes"])
def test_odd_studies_open(browser: Any, tmp_path: Path, case: str) -> None:
    study = build_study()
    scheme, minutes = study["scheme"], study["minutes"]
    if case == "eight levels":
        scheme = LevelScheme(
            "many", tuple(Level(f"T{n}", dict.fromkeys(("fi", "sv", "en"), f"Taso {n}")) for n in range(8))
        )
        study["points"]["level"] = ["T0", "T7", "T3", "T5", "T1"]
    if case == "half minutes":
        minutes = [7.5, 60.0, 120.0]
    if case == "a single point":
        study["points"] = study["points"].iloc[:1]
    season = study["tables"][0]
    table = season.table
    if case == "nobody reached":
        table.milliseconds[:] = 2_147_483_647
    if case == "a single point":
        object.__setattr__(table, "points", study["points"])
        object.__setattr__(table, "milliseconds", table.milliseconds[:1])
    levels = classify(table, study["points"], scheme=scheme, minutes=minutes)
    no_bands = study["bands"].iloc[:0]
    page = build_page(
        title=case, scheme=scheme, minutes=minutes, bands=no_bands, points=study["points"], places=study["places"],
        people=levels.by_area(minutes=minutes), tables=[season],
    )  # fmt: skip
    opened = Opened(browser, page.save(tmp_path / "map.html"))
    people = levels.by_area(minutes=minutes)
    for number, code in enumerate(scheme.codes):
        opened.page.locator(f"input[name=level][value='{number}']").check()
        assert opened.figures() == [round(one) for one in people.loc[people["level"] == code, "population"]]
    assert opened.page.evaluate(
        "document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth"
    )
    opened.context.close()
    assert opened.complaints == []
