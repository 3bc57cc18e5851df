"""The map page in Chromium, opened from disk with every route to the network cut; its figures against the tables."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from map_study import HOSTILE, MINUTES, NORMS, SCENARIOS, build_study
from opened_page import Opened, minutes_text, numbers, opening

from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.palette import band_colours
from palveluverkko.domain.planning import Norm, Scenario
from palveluverkko.maps.page import build_page, to_map
from palveluverkko.planning.impact import Impact, apply_scenario, impact
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.norms import check_norms
from palveluverkko.service.people import Heads, counts, heads, served_by_point, weighted_percentile

pytestmark = pytest.mark.browser

CODES = ("L", "A", "E")


def _people(levels: LevelsByPlace, code: str, area: str = "") -> list[int]:
    people = levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES)
    chosen = people[(people["level"] == code) & (people["area"] == area)]
    return [round(one) for one in chosen["population"]]


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
        known = counts(levels.frame)
        for label, share in (("Puolet", 0.5), ("90", 0.9)):
            expected = [weighted_percentile(levels.frame[f"time_{code}"].to_numpy(), known, share) for code in CODES]
            assert opened.row("#area-summary", label) == [minutes_text(one) for one in expected]
        worst = levels.summary().set_index("level")["worst"]
        shown = opened.row("#area-summary", "Pisin")
        assert all(text.startswith(minutes_text(worst[code])) for text, code in zip(shown, CODES, strict=True))
        named = page.locator("#area-summary tbody tr", has_text="Pisin").locator(".hint").all_text_contents()
        for names, code in zip(named, CODES, strict=True):
            times = _rounded_up(levels.frame, code)
            longest = np.isfinite(times) & (times == times[np.isfinite(times)].max()) & (heads(levels.frame).high > 0)
            assert names == _listed(levels.frame.loc[longest, "name"])
            assert levels.summary().set_index("level").loc[code, "worst_name"] in names
        assert numbers(opened.row("#area-summary", "Ei tavoiteta")) == list(levels.summary()["unreached"])
    ids = list(dict.fromkeys(tables["people"]["area"]))[1:]
    for number, area in enumerate(ids):
        page.select_option("#area", str(number))
        columns = [_people(levels, code, area) for code in CODES]
        assert numbers(opened.known("#area-table tbody td")) == np.array(columns).T.ravel().tolist()


def test_places_that_share_the_longest_trip_to_the_minute_are_all_named(browser: Any, tmp_path: Path) -> None:
    study = build_study()
    milliseconds = study["tables"][0].table.milliseconds
    milliseconds[:, [7, 12, 20]] = [179 * 60_000 - 3, 179 * 60_000 - 1, 179 * 60_000 - 2]
    levels = _changed(study, Scenario("nothing"))
    page_file = build_page(**study).save(tmp_path / "few.html")
    assert set(levels.summary()["worst_name"]) == {"Kylä 12"}  # by a millisecond
    with opening(browser, page_file) as opened:
        assert _named(opened, "Pisin") == ["Kylä 7, Kylä 12, Kylä 20"] * 3
    milliseconds[:, 14:17] = 179 * 60_000
    with opening(browser, build_page(**study).save(tmp_path / "many.html")) as opened:
        said = {"fi": "Pisin ja 4 muuta", "sv": "Längst och 4 andra", "en": "Longest and 4 others"}
        for code, words in said.items():
            opened.page.locator(f"[data-language={code}]").click()
            label, rest = words.split(" ", 1)
            assert _named(opened, label) == [f"Kylä 7, Kylä 12 {rest}"] * 3


def _listed(names: pd.Series) -> str:
    """Join some names as the page does: Kylä 2 before Kylä 10."""
    assert len(names) <= 3
    return ", ".join(sorted(names, key=lambda name: [int(part) if part.isdigit() else part for part in name.split()]))


def _named(opened: Opened, label: str) -> list[str]:
    return opened.page.locator("#area-summary tbody tr", has_text=label).locator(".hint").all_text_contents()


def test_bands_follow_the_switch_and_the_slider(opened: Opened, tables: dict[str, Any]) -> None:
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
    levels = tables_levels(tables).frame
    within = sum_text(heads(levels), (levels["time_E"] <= 60).to_numpy())
    assert f"({within}) tavoittaa palvelun 60 minuutissa" in page.locator("#headline").text_content()


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
    assert not set(opened.bands()) & set(band_colours(3))
    found = _impact(tables, scenario)
    summary = found.summary()
    assert numbers(opened.row("#impact-table", "Matka pitenee")) == list(summary["people_affected"])
    assert numbers(opened.row("#impact-table", "Matka lyhenee")) == list(summary["people_gained"])
    assert numbers(opened.row("#impact-table", "Ei enää")) == list(summary["people_cut_off"])
    before, after = ([_rounded_up(one.frame, code) for code in CODES] for one in (found.base, found.changed))
    known = counts(found.base.frame)
    means, worst = opened.row("#impact-table", "keskimäärin"), opened.row("#impact-table", "eniten")
    for level, code in enumerate(CODES):
        longer = (found.by_place()[f"extra_{code}"].to_numpy() > 0) & np.isfinite(after[level]) & (known > 0)
        extra = after[level][longer] - before[level][longer]
        if not len(extra):
            assert means[level] == worst[level] == "–"
            continue
        mean = float(np.average(extra, weights=known[longer]))
        assert float(means[level].removesuffix("\u00a0min").replace(",", ".")) == pytest.approx(mean, abs=0.0501)
        assert worst[level].startswith(f"+{extra.max():.0f}\u00a0min")
        shown = opened.page.locator("#impact-table tr", has_text="eniten").locator("td").nth(level).locator(".hint")
        names = found.base.frame.loc[longer, "name"]
        assert shown.text_content() == _listed(names[extra == extra.max()])
    crossed = _norms_crossed(found)
    for way, lines in crossed.items():
        assert [_after_target(line) for line in opened.page.locator(f".norms-{way} li").all_text_contents()] == lines
    headings = ["Putoaa tavoitteesta" if crossed["out"] else "Kukaan ei putoa tavoitteesta."]
    headings += ["Pääsee tavoitteeseen"] if crossed["in"] else []
    assert opened.page.locator(".impact-norms").all_text_contents() == headings
    norms = check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta")
    shown = opened.page.locator("#norms tbody tr > td.number").all_text_contents()
    whole = norms.loc[norms["area"] == "", "share_reached"]
    assert [float(text.removesuffix("\u00a0%").replace(",", ".")) for text in shown] == pytest.approx(
        list(100 * whole), abs=0.0501
    )


def _norms_crossed(found: Impact) -> dict[str, list[str]]:
    """Write who falls out of each norm and who comes within it, leaving out norms that nobody crosses."""
    lines: dict[str, list[str]] = {"out": [], "in": []}
    for norm in NORMS:
        people = heads(found.base.frame, norm.group)
        was, now = (one.frame[f"time_{norm.level}"].to_numpy() <= norm.minutes for one in (found.base, found.changed))
        for way, crossing in (("out", was & ~now), ("in", now & ~was)):
            if people.high[crossing].sum():
                lines[way].append(f"{sum_text(people, crossing)} asukasta")
    return lines


def _after_target(line: str) -> str:
    return line.rsplit(": ", 1)[1]


def test_a_norm_that_nobody_falls_out_of_is_not_listed_but_said_in_every_language(opened: Opened) -> None:
    page = opened.page
    page.locator("#point-list summary").click()
    page.locator(".point-table input[data-point='4']").check()  # one more point: nobody can lose
    page.locator(".impact-norms").first.wait_for()
    assert page.locator(".norms-out").count() == 0
    said = {
        "sv": "Ingen faller ur målet.",
        "en": "Nobody falls out of a target.",
        "fi": "Kukaan ei putoa tavoitteesta.",
    }
    for code, sentence in said.items():
        page.locator(f"[data-language={code}]").click()
        assert page.locator(".impact-norms").first.text_content() == sentence
    assert not any(line.endswith(": 0 asukasta") for line in page.locator("#impact-body li").all_text_contents())


def sum_text(people: Heads, chosen: np.ndarray) -> str:
    """Write a sum as the page does in a sentence: what it can be, where counts are hidden."""
    known, low, high = (
        f"{one[chosen].sum():,.0f}".replace(",", "\u00a0") for one in (people.known, people.low, people.high)
    )
    return known if known == low == high else low if low == high else f"{low}–{high}"


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
    page.wait_for_url("**#*move=*")
    with opening(browser, page_file, address="#" + page.url.split("#")[1]) as shared:
        assert shared.figures() == opened.figures()
        assert shared.page.locator("#scenario").input_value() == "-2"
    page.locator("#reset").click()
    assert opened.figures() == _people(tables_levels(tables), "L")
    assert opened.bands() == band_colours(3)


def test_sums_have_the_bounds_that_hidden_counts_leave(opened: Opened, tables: dict[str, Any]) -> None:
    page = opened.page
    levels = tables_levels(tables)
    people = levels.by_area("kunta_code", name_column="kunta", minutes=MINUTES)
    figures = levels.by_area_figures("kunta_code", name_column="kunta")
    figures = figures[figures["group"] == "population"]
    assert (people["population_low"] < people["population_high"]).any()
    assert "salatut asukasluvut (2)" in page.locator("#hidden-note").text_content()

    def bounds(frame: pd.DataFrame, column: str) -> list[tuple[int, int]]:
        return [
            (round(low), round(high)) for low, high in zip(frame[f"{column}_low"], frame[f"{column}_high"], strict=True)
        ]

    for number, code in enumerate(CODES):
        page.locator(f"input[name=level][value='{number}']").check()
        whole = people[(people["level"] == code) & (people["area"] == "")]
        assert opened.bounds("#legend tbody .people") == bounds(whole, "population")
    for number, area in enumerate(dict.fromkeys(people["area"]), start=-1):
        page.select_option("#area", str(number))
        own = figures[figures["area"] == area]
        missed = page.locator("#area-summary tbody tr", has_text="Ei tavoiteta").last
        missed.evaluate("row => row.id = 'missed'")
        assert opened.bounds("#missed td") == bounds(own, "unreached")
        missed.evaluate("row => row.removeAttribute('id')")
        for label, column in (("Puolet", "median"), ("90", "p90")):
            cells = page.locator("#area-summary tbody tr", has_text=label).first.locator("td").all_inner_texts()
            expected = [
                [minutes_text(one[f"{column}{end}"]) for end in ("", "_low", "_high")] for one in own.to_dict("records")
            ]
            for cell, (known, low, high) in zip(cells, expected, strict=True):
                assert cell.split() == (known if known == low == high else f"{known} {low}–{high}").split()
    page.locator("#search").fill("kylä 10")
    page.keyboard.press("Enter")
    assert page.locator(".popup-kind").text_content().endswith("asukasluku salattu: 1–9")


def test_a_norm_for_each_area_is_judged_where_it_is_to_be_met(opened: Opened, tables: dict[str, Any]) -> None:
    page = opened.page
    for scenario in (None, 0, 1):
        if scenario is not None:
            page.select_option("#scenario", str(scenario))
        levels = _changed(tables, Scenario("nothing") if scenario is None else SCENARIOS[scenario])
        found = check_norms(levels.frame, NORMS, column="kunta_code", name_column="kunta")
        for norm, row in zip(NORMS, page.locator("#norms tbody > tr").all(), strict=True):
            own = found[(found["level"] == norm.level) & (found["areas"] == norm.areas)]
            missed = own[own["binding"] & ~own["passed"]]
            result = row.locator("> td").last
            assert result.locator(".result").text_content() == ("Ei täyty" if len(missed) else "Täyttyy")
            if norm.areas == "each" and len(missed):
                assert f"alueita, joilla ei täyty: {len(missed)}" in result.text_content()
            if norm.areas == "whole" and len(missed):
                low, high = (f"{missed[f'missing_{end}'].iloc[0]:,}".replace(",", "\u00a0") for end in ("low", "high"))
                assert f"puuttuu {low if low == high else f'{low}–{high}'} asukasta" in result.text_content()
    areas = list(dict.fromkeys(tables["people"]["area"]))[1:]
    for number, area in enumerate(areas):
        page.select_option("#area", str(number))
        for norm, line in zip(NORMS, page.locator(".area-norm").all(), strict=True):
            one = found[(found["level"] == norm.level) & (found["areas"] == norm.areas) & (found["area"] == area)].iloc[
                0
            ]
            assert line.locator(".result").count() == int(one["binding"])
            if one["binding"]:
                assert line.locator(".result").text_content() == ("Täyttyy" if one["passed"] else "Ei täyty")
    page.locator("#norms summary").last.click()
    page.locator("#norms tr").last.locator("li").first.wait_for()
    failing = found[(found["areas"] == "each") & (found["area"] != "") & (found["area"] != "–") & ~found["passed"]]
    listed = page.locator("#norms tr").last.locator("li").all_text_contents()
    assert len(listed) == len(failing) > 0


def test_findings_speak_the_language_of_the_reader(opened: Opened) -> None:
    page = opened.page
    said = {
        "fi": "1\u00a0234\u00a0m P3 on 1 234 m päässä tiestä.",
        "sv": "1\u00a0234\u00a0m P3 ligger 1 234 m från vägen.",
        "en": "1,234\u00a0m P3 lies 1,234 m from the nearest road.",
    }
    headings = {"fi": "Kaukana tiestä", "sv": "Långt från väg", "en": "Far from any road"}
    for code in ("en", "sv", "fi"):
        page.locator(f"[data-language={code}]").click()
        group = page.locator(".findings details").first
        assert group.locator("summary").text_content() == f"{headings[code]} (1)"
        assert group.locator("li .hint").text_content() == said[code]


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
    kinds = numbers(opened.known("#change-key td"))
    assert sum(kinds) == sum(opened.figures())


def test_a_season_is_compared_with_the_other(opened: Opened, tables: dict[str, Any]) -> None:
    opened.page.locator("input[name=season][value='1']").check()
    opened.page.select_option("#against", "0")
    winter, summer = (_changed(tables, Scenario("nothing"), season).frame for season in (0, 1))
    known = counts(winter)
    quicker = [known[_rounded_up(summer, code) < _rounded_up(winter, code)].sum() for code in CODES]
    assert numbers(opened.row("#impact-table", "Matka lyhenee")) == quicker
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
        assert cells[0].startswith(minutes_text(levels.loc["P17", f"time_{code}"]))
        owner = levels.loc["P17", f"point_{code}"]
        assert cells[1].startswith(tables["points"].loc[owner, "name"] if owner else "")
        serving = tables["points"]["level"].isin(tables["scheme"].serving(code)) & tables["points"]["open"]
        near = sorted(table[serving.to_numpy()])
        if len(near) > 1 and near[1] < 2_147_483_647:
            assert minutes_text(near[1] / 60_000) in cells[1]
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
    levels = tables_levels(tables).frame
    served = served_by_point(levels, tables["points"], CODES).loc["ROI"]
    owned = {code: (levels[f"point_{code}"] == "ROI").to_numpy() for code in CODES}
    assert [heads(levels).known[owned[code]].sum() for code in CODES] == [served[f"people_{code}"] for code in CODES]
    cells = popup.locator("table td").all_text_contents()
    assert cells == [f"{sum_text(heads(levels), owned[code])} asukasta" for code in CODES]
    assert "leikkaustoiminta" in popup.text_content()
    popup.locator(".catchment").click()
    assert f"{sum_text(heads(levels), owned['L'])} asukasta" in page.locator("#map-note").text_content()
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


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    "'\"`${alert(1)}",
    "\u202egnol\u202c \u200f",
    "x" * 10_000,
]


def _nasty_study() -> dict[str, Any]:
    """Put hostile texts wherever a text of the user can stand, in every table and language."""
    study = build_study()
    study["points"]["name"] = NASTY[:5]
    study["points"]["services"] = [";".join(NASTY[:3]), NASTY[5], "", NASTY[4], NASTY[3]]
    study["places"].loc[study["places"].index[:6], "name"] = NASTY
    study["places"].loc[study["places"]["kunta_code"] == "698", "kunta"] = NASTY[1]
    study["people"]["area_name"] = np.where(study["people"]["area"] == "698", NASTY[1], study["people"]["area_name"])
    by_language = {code: NASTY[number] for number, code in enumerate(("fi", "sv", "en"))}
    levels = tuple(
        replace(
            level,
            names=dict.fromkeys(("fi", "sv", "en"), NASTY[number]),
            menu=({"fi": f"{NASTY[3 + number]}<{number}"},),
            replaced_by={},
        )
        for number, level in enumerate(study["scheme"].levels)
    )
    study["scheme"] = replace(study["scheme"], levels=levels)
    study["scenarios"] = [replace(one, name=NASTY[number]) for number, one in enumerate(SCENARIOS)]
    renamed = dict(zip((one.name for one in SCENARIOS), NASTY[:2], strict=True))
    study["area_changes"] = study["area_changes"].replace({"scenario": renamed})
    study["tables"] = [
        replace(season, name=by_language, subtitle=dict.fromkeys(("fi", "sv", "en"), NASTY[2]))
        for season in study["tables"]
    ]
    study["findings"] = pd.DataFrame(
        [
            ("place", "P1", NASTY[0], 1.0),
            ("network", NASTY[1], "unreached", np.nan),
            ("nobody", NASTY[5], NASTY[2], 2.0),
        ],
        columns=["subject", "id", "verdict", "metres"],
    ).assign(detail=NASTY[3], detail_fi=NASTY[:3], detail_sv=NASTY[1:4], detail_en=NASTY[3:])
    where = ("kunta_code", NASTY[1])
    norms = [*NORMS, Norm("L", 30, 0.5, where=where)]
    study["places"].loc["P1", "kunta_code"] = NASTY[1]
    study["norms"] = check_norms(
        study["levels"].assign(kunta_code=study["places"]["kunta_code"]),
        norms,
        column="kunta_code",
        name_column="kunta",
    )
    return study | {"title": NASTY[1], "subtitle": by_language, "notes": [*NASTY, by_language], "attribution": NASTY[0],
                    "fingerprint": NASTY[2]}  # fmt: skip


def test_hostile_texts_are_shown_as_text_in_every_table_and_language_and_run_nothing(
    browser: Any, tmp_path: Path
) -> None:
    with opening(browser, build_page(**_nasty_study()).save(tmp_path / "map.html")) as opened:
        page = opened.page
        for number, code in enumerate(("sv", "en", "fi")):
            page.locator(f"[data-language={code}]").click()
            assert page.locator("h1").text_content() == NASTY[1]
            assert page.evaluate("document.documentElement.lang") == code
            assert page.locator("#notes p").all_text_contents()[:6] == NASTY
            assert page.locator(".fingerprint").text_content().endswith(NASTY[2])
            assert page.locator("[data-season]").first.text_content() == NASTY[{"fi": 0, "sv": 1, "en": 2}[code]]
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            for position in range(5):
                page.locator(f".point-icon >> nth={position}").focus()
                page.keyboard.press("Enter")
                assert page.locator(".leaflet-popup h3").text_content() == NASTY[position]
                page.keyboard.press("Escape")
            for text in NASTY[:4] + NASTY[5:]:
                page.locator("#search").fill(text[:50])
                page.keyboard.press("Enter")
                assert page.locator(".leaflet-popup h3").first.text_content() == text
            for level in range(3):
                page.locator(f"input[name=level][value='{level}']").check()
            for scenario in range(2):
                page.select_option("#scenario", str(scenario))
                assert page.locator("#subtitle").text_content().endswith(NASTY[scenario])
                assert tomllib.loads(page.locator("#toml").text_content())["scenario"][0]["name"] == NASTY[scenario]
            for area in range(-1, 3):
                page.select_option("#area", str(area))
            assert page.evaluate(
                "document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth"
            )
            finding = page.locator(".findings li .hint").first.text_content()
            assert finding.endswith(NASTY[{"fi": 0, "sv": 1, "en": 3}[code]])
            page.locator("input[name=season]").nth(number % 2).check()
        assert page.locator("img, svg[onload]").count() == 0


def test_what_a_notebook_holds_makes_the_same_page(browser: Any, tmp_path: Path, tables: dict[str, Any]) -> None:
    levels = tables_levels(tables)
    bare = to_map(levels, tables["bands"], tables["points"], places=tables["places"], title="Muistio")
    with opening(browser, bare.save(tmp_path / "bare.html")) as opened:
        assert opened.figures() == _people(levels, "L")
        assert not opened.page.locator("#change").is_visible()
    whole = to_map(
        levels, tables["bands"], tables["points"], places=tables["places"], table=tables["tables"][0].table,
        area_column="kunta_code", area_name_column="kunta", norms=tables["norms"], scenarios=SCENARIOS,
        area_changes=tables["area_changes"], borders=tables["borders"], water=tables["water"],
    )  # fmt: skip
    with opening(browser, whole.save(tmp_path / "whole.html")) as opened:
        assert opened.figures() == _people(levels, "L")
        assert opened.page.locator("#hidden-note").is_visible()
        opened.page.select_option("#scenario", "1")
        assert "url(#hatch-lost)" in opened.bands()
        assert opened.page.locator("#norms tbody tr").count() == len(NORMS)
    # A notebook shows it in a frame, whose script has no address to keep and no clipboard.
    frame = tmp_path / "frame.html"
    frame.write_text(f"<!DOCTYPE html><html><body>{whole._repr_html_()}</body></html>", encoding="utf-8")
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(frame.as_uri())
    inner = page.frame_locator("iframe")
    inner.locator("body[data-ready]").wait_for()
    inner.locator("#scenario").select_option("0")
    assert inner.locator("#area-key").is_visible()
    page.wait_for_timeout(300)  # the address is kept a little later
    page.close()
    assert complaints == []


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
