"""Findings say in the reader's language what was found, with the numbers that they rest on."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streets import ONEWAY, STREET, network_of, points_at, roads, spot_xy, ways

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.reach.snap import Verdict
from palveluverkko.study.findings import COLUMNS, check_findings, count_doubts, of_inputs
from palveluverkko.study.texts import say_finding

# Metres: an avenue of two carriageways, and a short street 100 m north of it that nothing joins.
SPOTS = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 30.0), (0.0, 30.0), (400.0, 130.0), (600.0, 130.0), (-2000.0, 0.0)]
FACTS = {"metres": 1234.4, "nearest_metres": 26.0, "across_metres": 41.0, "limit_metres": 1500.0, "road": "Kotikatu"}
KINDS = {
    "off_network": FACTS,
    "moved_to_main": FACTS,
    "small_component": FACTS,
    "both_carriageways": FACTS,
    "unreached": {"level": "L", "minutes": 22.5},
    "suppressed": {},
    "defaulted_speed": {"share": 0.456},
    "rejected_maxspeed": {"count": 1234},
    "edge_of_extract": {"level": "E", "minutes": 31, "reached": 17, "total": 1234},
    "on_water": {},
    "mended_water": {"count": 1234},
    "lost_ways": {"count": 1234},
    "water_left_out": {},
    "outside_areas": {"count": 12, "people": 3456.0},
}
NUMBERS = {
    "off_network": ["1234", "1500"],
    "moved_to_main": ["26", "1234"],
    "small_component": ["1234"],
    "both_carriageways": ["1234", "41"],
    "unreached": ["225"],
    "suppressed": ["1"],
    "defaulted_speed": ["46"],
    "rejected_maxspeed": ["1234"],
    "edge_of_extract": ["31", "17", "1234"],
    "on_water": [],
    "mended_water": ["1234"],
    "lost_ways": ["1234"],
    "water_left_out": [],
    "outside_areas": ["12", "3456"],
}


def digits(text):
    """Give the numbers of a text without the marks that a language puts into them."""
    return re.findall(r"\d+", re.sub(r"(?<=\d)[,.\u00a0](?=\d)", "", text))


def town():
    """Build the avenue, a street that leads to it, and the street that nothing joins."""
    kinds = ((ONEWAY, 0, 1), (ONEWAY, 2, 3), (STREET, 1, 2), (STREET, 3, 0), (STREET, 4, 5), (STREET, 6, 0))
    drawn = roads(SPOTS, ways(*kinds))
    names = ("", "Avenue", "East End", "Street", "West End")
    named = np.asarray([1, 1, 2, 4, 0, 3], dtype=np.int32)
    return network_of(replace(drawn, names=names, way_name=named, rejected_speeds={"fast": 3}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_finding_is_worded_in_every_language_with_its_numbers(kind):
    said = {language: say_finding(language, kind, KINDS[kind]) for language in LANGUAGES}
    assert len(set(said.values())) == 3
    for text in said.values():
        assert sorted(digits(text)) == sorted(NUMBERS[kind])
        assert text.endswith(".")
        assert "{" not in text
        assert ("Kotikatu" in text) == (KINDS[kind] is FACTS)


@pytest.mark.parametrize("kind", [one for one in Verdict if one not in {Verdict.OK, Verdict.BOTH_CARRIAGEWAYS}])
def test_a_road_without_a_name_is_told_by_its_class(kind):
    for language in LANGUAGES:
        text = say_finding(language, kind, FACTS | {"road": "", "road_class": "track"})
        assert "track" in text


def test_a_file_without_a_road_is_told_without_a_distance():
    for language in LANGUAGES:
        text = say_finding(language, "off_network", FACTS | {"metres": np.inf, "road": ""})
        assert digits(text) == []
        assert "inf" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_findings_of_the_data_name_road_way_and_distance(language):
    network = town()
    points = points_at(
        network, spot_xy(network, [(500.0, -5.0), (500.0, 129.0), (-700.0, 3.0)]), ids=["AVE", "CUT", "OK"]
    )
    places = points_at(
        network,
        spot_xy(network, [(500.0, -5.0), (500.0, 105.0), (700.0, 4000.0), (-700.0, 0.0)]),
        ids=["a", "b", "c", "d"],
        population=[1, 2, 3, -1],
    )
    found = check_findings(network, points, places, language=language)
    assert tuple(found.columns) == COLUMNS
    of_points = found[found["subject"] != "network"]
    assert of_points[["subject", "id", "verdict"]].to_numpy().tolist() == [
        ["service_point", "AVE", "both_carriageways"],
        ["service_point", "CUT", "small_component"],
        ["place", "b", "moved_to_main"],
        ["place", "c", "off_network"],
        ["place", "d", "suppressed"],
    ]
    assert of_points["way"].tolist()[:4] == [101, 105, 102, 105]
    assert of_points["way"].isna().tolist() == [False] * 4 + [True]
    assert of_points["road"].tolist() == ["Avenue", "", "Avenue", "", ""]
    assert of_points["road_class"].tolist() == ["residential"] * 4 + [""]
    assert of_points["metres"].tolist()[:4] == pytest.approx([5, 1, 75, 3870], abs=15)
    assert found.loc[found["verdict"] == "rejected_maxspeed", "id"].tolist() == ["fast"]
    for detail, metres in zip(of_points["detail"].tolist()[:4], of_points["metres"], strict=False):
        assert str(round(metres)) in digits(detail)
    assert count_doubts(found) == len(found) - 1


def test_places_in_no_area_are_one_finding_with_their_people():
    places = pd.DataFrame(
        {"population": [5, 7, -1, 9], "kunta_code": ["091", None, "", "049"]}, index=["a", "b", "c", "d"]
    )
    found = of_inputs(None, places, places, "kunta_code")
    assert found[["subject", "id", "verdict"]].to_numpy().tolist() == [["place", "b, c", "outside_areas"]]
    assert found["values"].iloc[0] == {"count": 2, "people": 7}
    assert of_inputs(None, places, places, None).empty
    assert of_inputs(None, places, places.iloc[[0, 3]], "kunta_code").empty


def test_a_clean_study_has_no_findings():
    network = replace(town(), rejected_speeds={}, metres_by_speed_source={"signed": 1.0})
    here = points_at(network, spot_xy(network, [(-700.0, 0.0)]))
    found = check_findings(network, here, here)
    assert found.empty
    assert tuple(found.columns) == COLUMNS
    assert isinstance(found, pd.DataFrame)
    assert count_doubts(found) == 0
