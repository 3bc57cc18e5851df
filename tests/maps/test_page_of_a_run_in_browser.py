"""The page of a whole run: what a reader tries on it runs as a scenario and comes to the same; tiles; languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from little_study import write_little_study
from loopback import Reply, serving
from map_study import build_study
from opened_page import Opened, numbers, opening
from PIL import Image

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.maps.page import build_page
from palveluverkko.maps.tiles import Tiles
from palveluverkko.study.pipeline import run_study
from palveluverkko.study.study import read_study

pytestmark = pytest.mark.browser

CODES = ("L", "A", "E")


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a study of two seasons and run it; give its folder."""
    folder = tmp_path_factory.mktemp("little")
    study = write_little_study(folder, study={'directory = "out"': 'directory = "out"\nboth_seasons = true'})
    run_study(read_study(study), store=folder / "networks")
    return folder


def _impact(opened: Opened) -> dict[str, list[str]]:
    rows = opened.page.locator("#impact-table tbody tr").all()
    known = "all => all.map(cell => cell.firstChild.textContent)"
    return {row.locator("th").text_content(): row.locator("td").evaluate_all(known) for row in rows}


def test_a_change_tried_on_the_page_runs_as_a_scenario_and_comes_to_the_same(browser: Any, little: Path) -> None:
    with opening(browser, little / "out" / "map.html") as opened:
        page = opened.page
        page.locator("#point-list summary").click()
        page.locator(".point-table input[data-point='1']").uncheck()
        page.locator(".point-table input[data-point='3']").check()
        page.locator(".point-table select[data-point='2']").select_option("1")
        tried = _impact(opened)
        figures = {}
        for level, code in enumerate(CODES):
            page.locator(f"input[name=level][value='{level}']").check()
            figures[code] = opened.figures()
        with page.expect_download() as download:
            page.locator("#download").click()
        written = Path(download.value.path()).read_text(encoding="utf-8")
    study = little / "again.toml"
    study.write_text((little / "study.toml").read_text(encoding="utf-8") + "\n" + written, encoding="utf-8")
    results, _ = run_study(read_study(study), store=little / "networks")
    summary = results.impacts["Oma muutos"].summary()
    labels = {"Matka pitenee": "people_affected", "Matka lyhenee": "people_gained", "Ei enää tavoita": "people_cut_off"}
    for label, column in labels.items():
        assert numbers(tried[label]) == [round(one) for one in summary[column]]
    changed = results.impacts["Oma muutos"].changed
    people = changed.by_area(minutes=changed.minutes)
    for code in CODES:
        assert figures[code] == [round(one) for one in people.loc[people["level"] == code, "population"]]
    # The page of the second run has it as a scenario of the study, with its areas.
    with opening(browser, little / "out" / "map.html") as opened:
        opened.page.select_option("#scenario", label="Oma muutos")
        assert _impact(opened) == tried
        changes = results.further["area_changes"]
        own = changes[changes["scenario"] == "Oma muutos"]
        assert len(own)
        first = own[(own["level"] == "L") & (own["change"] == "lost")]
        written = opened.page.locator("#area-change-table tbody").first.locator("tr:not(:first-child)")
        for limit, row in zip(changed.minutes, written.all(), strict=True):
            size = first.loc[first["minutes"] == limit, "square_kilometres"].sum()
            shown = float(row.locator("td").first.text_content().replace(",", "."))
            assert shown == pytest.approx(size, abs=0.0501)


def test_both_seasons_of_a_run_have_areas_and_its_findings_speak_every_language(browser: Any, little: Path) -> None:
    with opening(browser, little / "out" / "map.html") as opened:
        page = opened.page
        first = opened.bands()
        page.locator("label:has(input[name=season][value='1'])").click()
        assert opened.bands() == first != []  # the roads of this study are as fast in winter
        assert page.locator("#map-note").is_hidden()
        page.locator("input[name=view][value=change]").check()
        page.select_option("#against", "0")
        assert set(page.locator("#area-change-table td").all_text_contents()) == {"0"}
        findings = page.locator(".findings .hint").all_text_contents()
        page.locator("[data-language=sv]").click()
        assert page.locator(".findings .hint").all_text_contents() != findings


def test_tiles_come_from_the_server_that_the_study_names_and_no_other(browser: Any, tmp_path: Path) -> None:
    picture = tmp_path / "tile.png"
    Image.new("RGB", (256, 256), (200, 220, 170)).save(picture)
    study = build_study()
    with serving() as server:
        asked: list[str] = []

        def tile(one: Any) -> Reply:
            asked.append(one.path)
            return Reply(picture.read_bytes(), 200, {"Content-Type": "image/png"})

        server.answer = tile  # type: ignore[method-assign]
        tiles = Tiles(f"{server.url}/{{z}}/{{x}}/{{y}}.png", "© Kartoittaja <b>")
        page_file = build_page(**study, tiles=tiles).save(tmp_path / "map.html")
        with opening(browser, page_file, allowed=server.url) as opened:
            page = opened.page
            page.wait_for_selector(".leaflet-tile-loaded")
            assert "© Kartoittaja <b>" in page.locator(".attribution").text_content()
            assert asked
            assert page.locator(".leaflet-bands-pane").evaluate("pane => getComputedStyle(pane).opacity") < "1"
            page.locator("input[data-layer=tiles]").uncheck()
            assert page.locator(".leaflet-tile").count() == 0
            refused = page.evaluate(
                """async () => {
                    const blocked = [];
                    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => blocked.push(blockedURI));
                    const image = new Image();
                    image.src = "http://127.0.0.2:9/0/0/0.png";
                    await new Promise((done) => { image.onerror = done; });
                    await new Promise((done) => setTimeout(done, 50));
                    return blocked;
                }"""
            )
            assert refused == ["http://127.0.0.2:9/0/0/0.png"]
            opened.complaints.clear()  # the refusal is told there
    plain = build_page(**study).html
    assert server.url not in plain
    assert 'data-layer="tiles"' not in plain


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('tiles = "https://a.example/{z}/{x}.png"\ntiles_attribution = "a"', r"lacks \{y\}"),
        ('tiles = "ftp://a.example/{z}/{x}/{y}.png"\ntiles_attribution = "a"', "give an address such as"),
        ('tiles = "https://a.example;/{z}/{x}/{y}.png"\ntiles_attribution = "a"', "give an address such as"),
        ('tiles = "https://a.example/{z}/{x}/{y}.png; script-src *"\ntiles_attribution = "a"', "a blank, a quote"),
        ('tiles = "https://a.example/{z}/{x}/{y}{r}.png"\ntiles_attribution = "a"', r"with \{r\}"),
        ('tiles = "https://a.example/{z}/{x}/{y}.png"\ntiles_attribution = " "', "say whose the tiles are"),
        ('tiles = "https://a.example/{z}/{x}/{y}.png"', "go together"),
        ('tiles_attribution = "a"', "go together"),
    ],
)
def test_tiles_that_would_not_work_or_open_the_page_to_others_are_refused(
    tmp_path: Path, lines: str, message: str
) -> None:
    study = write_little_study(tmp_path, study={'directory = "out"': f'directory = "out"\n{lines}'})
    with pytest.raises(StudyError, match=message) as refused:
        read_study(study)
    assert "[output] tiles" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_translation_falls_back_and_is_warned_of(browser: Any, tmp_path: Path) -> None:
    study = build_study()
    names = [{"fi": "Lähi", "en": "Near"}, {"sv": "Region"}, {"fi": "Erityis", "sv": "Special", "en": "Special"}]
    study["scheme"] = LevelScheme("gaps", tuple(Level(code, name) for code, name in zip(CODES, names, strict=True)))
    with pytest.warns(UserWarning, match=r"levels without a name in every language: L \(sv\), A \(fi, en\)"):
        page = build_page(**study)
    with opening(browser, page.save(tmp_path / "map.html")) as opened:
        shown = {"fi": ["Lähi", "A", "Erityis"], "sv": ["Lähi", "Region", "Special"], "en": ["Near", "A", "Special"]}
        for code in ("sv", "en", "fi"):
            opened.page.locator(f"[data-language={code}]").click()
            assert opened.page.locator(".level-choice span").all_text_contents() == shown[code]
