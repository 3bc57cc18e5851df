"""The map page as a document: self-contained, escaped, complete, in three languages."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from packed_page import Document

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import band_colours, level_shapes
from palveluverkko.domain.planning import Scenario
from palveluverkko.maps.assets import script_hash, to_script_json
from palveluverkko.maps.geometry import lean_roads
from palveluverkko.maps.page import Page, build_page
from palveluverkko.maps.shapes import lean_shapes
from palveluverkko.maps.texts import read_texts


def _feature_collections(html: str) -> dict[str, Any]:
    """Read back what folium draws, by the name of the layer."""
    found = re.findall(r"geo_json_(\w+)_add\((\{.*?\})\);\n", html)
    return {name: json.loads(collection) for name, collection in found}


def test_a_page_asks_nothing_of_any_other_host(study: dict[str, Any]) -> None:
    html = build_page(**study).html
    document = Document(html)
    for tag, attributes in document.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            address = attributes.get(name) or ""
            assert address.startswith("#") or not address or (tag == "a" and name == "href"), (tag, address)
        assert tag not in {"link", "iframe", "object", "embed", "img", "base"}
    assert all(address.startswith("data:") for address in re.findall(r"url\(([^)]+)\)", "".join(document.styles)))
    assert "@import" not in html
    assert "sourceMappingURL" not in html


def test_the_policy_forbids_every_host_and_allows_exactly_the_scripts_of_the_page(study: dict[str, Any]) -> None:
    document = Document(build_page(**study).html)
    policy = next(a["content"] for t, a in document.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert re.findall(r"'sha256-[^']+'", policy) == [script_hash(script) for script in document.scripts[2:]]


def test_hostile_texts_stay_texts(study: dict[str, Any]) -> None:
    html = build_page(**study).html
    document = Document(html)
    hostile = study["points"].loc["ROI", "name"]
    assert "<img" not in html
    assert "\u2028" not in document.scripts[0]
    assert len(document.scripts) == 5
    assert not [a for _, a in document.elements if any(name.startswith("on") for name in a)]
    assert document.data["points"]["name"][0] == hostile
    assert hostile.replace("\u2028", " ") in document.text
    assert "49" not in document.text.split("Asukkaita")[0]  # no template engine ran on a text


def test_user_texts_never_enter_an_executed_script(study: dict[str, Any]) -> None:
    scripts = Document(build_page(**study).html).scripts
    assert not [script for script in scripts[2:] if "alert" in script or "terveysasema" in script]


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_script_json_reads_back_the_same_and_cannot_end_its_script(value: Any) -> None:
    written = str(to_script_json(value))
    assert json.loads(written) == value
    assert not set(written) & set("<>&\u2028\u2029")


def test_numbers_that_json_cannot_say_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_script_json([float("nan")])


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_findings_say_their_details_in_the_language_that_the_page_opens_in(
    study: dict[str, Any], language: str
) -> None:
    details = study["findings"]["detail"]
    plain = study["findings"].drop(columns=[f"detail_{code}" for code in ("fi", "sv", "en")])
    for findings in (plain, study["findings"].assign(**{f"detail_{language}": details})):
        text = Document(build_page(**{**study, "findings": findings, "language": language}).html).text
        for detail in details:
            assert " ".join(detail.split()) in " ".join(text.split())


def test_every_level_has_a_switch_and_its_bands_and_every_road_class_is_drawn(study: dict[str, Any]) -> None:
    html = build_page(**study).html
    document = Document(html)
    switches = [a for t, a in document.elements if t == "input" and a.get("name") == "level"]
    assert [a["value"] for a in switches] == ["0", "1", "2"]
    bands = study["bands"]
    numbers = [
        (season, "LAE".index(level), study["minutes"].index(to))
        for season in (0, 1)
        for level, to in zip(bands["level"], bands["to_min"], strict=True)
    ]
    assert [tuple(row) for row in document.data["bandAreas"]] == numbers
    assert [band["colour"] for band in document.data["bands"]][:-1] == band_colours(3)
    layers = _feature_collections(html)
    assert set(layers) == {"roads", "backdrop"}
    assert len(layers["roads"]["features"]) == 4
    boxes = {a["data-layer"] for _, a in document.elements if "data-layer" in a}
    assert boxes == {"areas", "points", "places", "roads", "backdrop", "labels"}


def test_bands_on_the_page_are_disjoint_and_cover_what_they_covered(study: dict[str, Any]) -> None:
    drawn = np.array(Document(build_page(**study).html).shapes("bands"))[: len(study["bands"])]
    levels = study["bands"]["level"].to_numpy()
    for code in study["scheme"].codes:
        own = drawn[levels == code]
        whole = study["bands"][levels == code].to_crs("EPSG:4326").geometry.union_all()
        assert shapely.union_all(own).symmetric_difference(whole).area < 1e-3 * whole.area
        assert shapely.coverage_is_valid(own)  # no gap, no overlap, not by a corner


@pytest.mark.parametrize("budget", [600, 300])
def test_bands_over_the_budget_are_simplified_as_one_coverage(study: dict[str, Any], budget: int) -> None:
    bands = study["bands"]
    assert shapely.get_num_coordinates(bands.geometry).sum() > 1_500
    lean = lean_shapes(bands, list(bands["level"]), grid=10_000, budget=budget)
    assert sum(len(ring) for shape in lean for polygon in shape for ring in polygon) <= budget
    shapes = [shapely.MultiPolygon([shapely.Polygon(one[0], one[1:]) for one in shape]) for shape in lean]
    for code in study["scheme"].codes:
        assert shapely.coverage_is_valid(np.array(shapes)[(bands["level"] == code).to_numpy()])


def test_minor_roads_are_left_out_first_and_the_page_says_so(study: dict[str, Any]) -> None:
    lean = lean_roads(study["roads"], decimals=4, budget=7)
    assert list(lean.lines) == ["motorway", "primary", "ferry"]
    assert not lean.complete


@pytest.mark.parametrize(("language", "words"), [("fi", "Palvelutaso"), ("sv", "Servicenivå"), ("en", "Service level")])
def test_the_page_opens_in_its_language(study: dict[str, Any], language: str, words: str) -> None:
    html = build_page(**study, language=language).html
    assert f'<html lang="{language}">' in html
    assert f'<span data-page="level">{words}</span>' in html


def test_the_three_languages_say_the_same_things() -> None:
    source = resources.files("palveluverkko.maps").joinpath("texts.toml").read_text(encoding="utf-8")
    document = tomllib.loads(source)
    for table, words in document["fi"].items():
        for language in ("sv", "en"):
            other = document[language][table]
            assert list(other) == list(words)
            for key, text in words.items():
                assert set(re.findall(r"\{\w+\}", other[key])) == set(re.findall(r"\{\w+\}", text)), key


def test_numbers_round_halves_away_from_zero_like_the_browser() -> None:
    texts = read_texts("fi")
    assert texts.decimal(0.25, decimals=1) == "0,3"
    assert texts.decimal(1_234_567.5) == "1\u00a0234\u00a0568"
    assert texts.percent(0.0345) == "3,5\u00a0%"
    assert texts.group("age_75_") == "75 vuotta täyttäneet"
    assert texts.group("age_0_14") == "0–14-vuotiaat"


def test_an_unknown_language_is_refused(study: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="'se' is not known"):
        build_page(**study, language="se")


def test_bands_and_points_alone_make_a_page(study: dict[str, Any]) -> None:
    needed = ("title", "scheme", "minutes", "bands", "points")
    document = Document(build_page(**{name: study[name] for name in needed}).html)
    assert document.data["seasons"] == []
    assert "OpenStreetMapin tekijät" in document.text


def test_places_with_a_service_point_are_named_first(study: dict[str, Any]) -> None:
    study["places"].loc["P7", "geometry"] = study["points"].geometry["UTS"]
    labels = Document(build_page(**study).html).data["labels"]
    major = [label["text"] for label in labels if label["rank"] == "major"]
    assert "Kylä 7" in major
    assert "Kylä 29" in major
    assert len(labels) == 30


def test_areas_are_named_in_the_middle_of_what_is_seen_of_them(study: dict[str, Any]) -> None:
    far = shapely.box(100_000, 6_700_000, 200_000, 6_800_000)
    wide = shapely.box(300_000, 7_000_000, 470_000, 7_900_000)
    names = ["Kaukana", "Kylä 4", "Leveä", ""]
    study["borders"] = GeoDataFrame(
        {"name": names}, geometry=[far, wide, wide, wide.buffer(-9_000)], crs=study["points"].crs
    )
    labels = Document(build_page(**study).html).data["labels"]
    named = [label for label in labels if label["rank"] == "area"]
    assert [label["text"] for label in named] == ["Leveä"]  # not what is a place's name too, nor what lies elsewhere
    west, south, east, north = (
        round(one, 5) for bound in Document(build_page(**study).html).data["bounds"] for one in bound[::-1]
    )
    assert west <= named[0]["lon"] <= east
    assert south <= named[0]["lat"] <= north
    ranks = [label["rank"] for label in labels]
    assert ranks == sorted(ranks, key=["major", "area", "minor"].index)


def test_a_candidate_is_marked_so(study: dict[str, Any]) -> None:
    document = Document(build_page(**study).html)
    assert document.data["points"]["status"] == ["open"] * 4 + ["candidate"]
    assert "Mahdollinen uusi palvelupiste" in document.text


def test_a_band_that_ends_at_no_threshold_is_refused(study: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="bands reach to 120 min"):
        build_page(**{**study, "minutes": [30, 60]})


def test_a_frame_without_coordinates_is_refused(study: dict[str, Any]) -> None:
    with pytest.raises(TableError, match="bands has no coordinate system"):
        build_page(**{**study, "bands": study["bands"].set_crs(None, allow_override=True)})


def test_a_missing_column_is_named(study: dict[str, Any]) -> None:
    with pytest.raises(TableError, match="service_points has no column 'level'"):
        build_page(**{**study, "points": study["points"].drop(columns="level")})


def test_the_same_study_gives_the_same_bytes_in_any_crs_and_leaves_its_frames_alone(study: dict[str, Any]) -> None:
    before = study["bands"].copy()
    first = build_page(**study).html
    assert build_page(**study).html == first
    assert before.equals(study["bands"])
    # Degrees in, degrees out: only the simplification of roads depends on the CRS.
    in_degrees = {**study, "bands": study["bands"].to_crs("EPSG:4326"), "roads": None}
    assert Document(build_page(**in_degrees).html).shapes("bands") == Document(first).shapes("bands")


def test_a_failed_save_leaves_the_old_page_and_nothing_beside_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "map.html"
    assert Page("a", "old å").save(target) == target
    assert target.read_text(encoding="utf-8") == "old å"

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space"):
        Page("a", "new").save(target)
    assert target.read_text(encoding="utf-8") == "old å"
    assert [path.name for path in target.parent.iterdir()] == ["map.html"]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(study: dict[str, Any]) -> None:
    page = build_page(**study)
    elements = Document(page._repr_html_()).elements
    assert [tag for tag, _ in elements] == ["iframe"]
    assert elements[0][1]["srcdoc"] == page.html


def test_the_page_is_small(study: dict[str, Any]) -> None:
    assert len(build_page(**study).html.encode()) < 400_000


def test_a_page_over_its_budget_names_the_largest_layer_and_a_remedy(study: dict[str, Any]) -> None:
    with pytest.raises(
        StudyError, match=r"more than its 0\.2 MB; the largest layer is travel-time areas .*: draw fewer"
    ):
        build_page(**study, budget_bytes=200_000)
    study |= {"bands": study["bands"].iloc[:0], "tables": ()}
    study["places"] = study["places"].assign(name=[np.random.default_rng(n).bytes(400).hex() for n in range(30)])
    with pytest.raises(StudyError, match=r"the largest layer is places .*: give larger grid cells"):
        build_page(**study, budget_bytes=200_000)


def test_a_level_without_a_name_in_a_language_falls_back_and_warns(study: dict[str, Any]) -> None:
    levels = tuple(replace(level, names={"fi": level.names["fi"]}) for level in study["scheme"].levels)
    with pytest.warns(UserWarning, match=r"without a name in every language: L \(sv, en\), A "):
        page = build_page(**{**study, "scheme": LevelScheme("own", levels)})
    assert Document(page.html).data["languages"]["sv"]["levels"][0]["name"] == "Lähitaso"


def test_a_scenario_that_names_no_point_is_refused(study: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="names 'NOWHERE'"):
        build_page(**{**study, "scenarios": [Scenario("a", close=("NOWHERE",))]})


def test_water_and_borders_are_drawn_beneath_the_roads(study: dict[str, Any]) -> None:
    squares = [shapely.box(430_000, 7_340_000, 440_000, 7_380_000), shapely.box(440_000, 7_340_000, 460_000, 7_380_000)]
    frame = GeoDataFrame(geometry=squares, crs="EPSG:3067")
    drawn = _feature_collections(build_page(**{**study, "water": frame, "borders": frame}).html)["backdrop"]["features"]
    water, borders = (shapely.geometry.shape(feature["geometry"]) for feature in drawn)
    shapes = frame.to_crs("EPSG:4326").geometry.to_numpy()
    assert water.area == pytest.approx(shapely.area(shapes).sum(), rel=0.01)
    once = shapely.union_all(shapely.boundary(shapes))  # the border between the two counts once
    assert borders.length == pytest.approx(once.length, rel=0.02)


def test_colours_lighten_with_distance_and_shapes_differ() -> None:
    lightness = [sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in band_colours(7)]
    assert lightness == sorted(set(lightness))
    assert level_shapes(3) == ["circle", "square", "star"]
    assert len(set(level_shapes(6))) == 6
