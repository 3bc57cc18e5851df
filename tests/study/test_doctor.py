"""The doctor finds every complaint of a study that has them all, and says what it must about each."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import geopandas
import pytest
import shapely
from doubtful_study import FAST, GATED, ISLAND, STUB, VILLAGE, write_doubtful_study
from little_study import write_little_study

from palveluverkko.network import turn_rules
from palveluverkko.network.store import write_network
from palveluverkko.osm import restrictions
from palveluverkko.report.texts import TEXTS
from palveluverkko.study.doctor import DOUBTFUL, Diagnosis
from palveluverkko.study.doctor_tables import largest, restriction_table
from palveluverkko.study.pipeline import Inputs, check_study
from palveluverkko.study.study import read_study


def examined(path: Path) -> tuple[Inputs, Diagnosis]:
    return check_study(read_study(path), store=path.parent / "networks")


@pytest.fixture(scope="module")
def inputs_and_diagnosis(tmp_path_factory):
    return examined(write_doubtful_study(tmp_path_factory.mktemp("doubtful")))


@pytest.fixture
def inputs(inputs_and_diagnosis) -> Inputs:
    return inputs_and_diagnosis[0]


@pytest.fixture
def diagnosis(inputs_and_diagnosis) -> Diagnosis:
    return inputs_and_diagnosis[1]


def row_of(table, **wanted):
    """Give the one row with the wanted values as a dict."""
    found = table
    for column, value in wanted.items():
        found = found[found[column] == value]
    assert len(found) == 1, f"{wanted} in\n{table}"
    return found.to_dict("records")[0]


def test_a_place_and_a_point_far_from_any_road_are_listed_with_metres_and_people(diagnosis):
    assert diagnosis.beyond_access[["subject", "id"]].to_numpy().tolist() == [
        ["service_point", "ERÄMAA"],
        ["place", "TUNTURI"],
    ]
    tunturi = row_of(diagnosis.beyond_access, id="TUNTURI")
    assert tunturi["population"] == 5
    assert 3000 < tunturi["metres"] < 5000


def test_a_village_behind_a_closed_road_is_listed_with_the_road_and_the_minutes_without_the_tag(diagnosis):
    village = diagnosis.unreached.iloc[0]
    assert village[["id", "name", "population", "verdict"]].tolist() == ["KYLÄ", "Suljettu kylä", 11, "small_component"]
    assert village["ways"] == str(GATED)
    assert village["road_names"] == "Portti"
    assert village["closed_metres"] == pytest.approx(1340, abs=20)
    # 446 m at 48 km/h, 1,340 m of the closed road and 2,119 m to PISTE at 63 km/h, 45 m off the road at 5 km/h.
    seconds = 446 / 48 * 3.6 + (1340 + 2119) / 63 * 3.6 + 45 / 5 * 3.6
    waits = 60 * village["open_minutes"] - seconds
    assert -2 < waits < 30  # at the crossing where the closed road begins, and for turning left there


def test_the_closed_road_is_drawn_with_the_places_and_people_behind_it(diagnosis):
    road = row_of(diagnosis.closed_roads.drop(columns="geometry"), way=GATED)
    assert road == {"way": GATED, "name": "Portti", "road_class": "unclassified", "places": 1, "population": 11}
    assert diagnosis.closed_roads.to_crs(3067).length.iloc[0] == pytest.approx(1340, abs=20)


def test_a_place_that_no_tag_keeps_away_is_listed_without_minutes(diagnosis):
    assert diagnosis.unreached["id"].tolist()[1:] == ["SAARI", "TUNTURI"]
    assert diagnosis.unreached["open_minutes"].isna().tolist() == [False, True, True]
    assert row_of(diagnosis.unreached, id="TUNTURI")["verdict"] == "off_network"


def test_a_place_on_the_main_part_beyond_the_last_threshold_is_a_doubt_of_its_own(tmp_path):
    study = {"minutes = [1, 2, 5, 10]": "minutes = [0.3]", "minutes = 5\n": "minutes = 0.3\n"}
    _, diagnosis = examined(write_little_study(tmp_path, study=study))
    assert set(diagnosis.unreached["verdict"]) == {"unreached"}
    assert diagnosis.unreached["open_minutes"].isna().all()  # no tag keeps anybody away
    assert diagnosis.doubts == len(diagnosis.findings) + len(diagnosis.unreached) > 1
    assert set(diagnosis.spots["verdict"]) == {"unreached"}


def test_points_that_stand_together_are_listed(diagnosis):
    found = row_of(diagnosis.duplicates, subject="service_point", reason="same_place")
    assert found["ids"] == "PISTE, KOPIO"
    assert found["metres"] == pytest.approx(4.5, abs=0.5)


def test_points_of_one_name_are_listed_whatever_its_capitals(diagnosis):
    found = row_of(diagnosis.duplicates, reason="same_name")
    assert (found["ids"], found["names"]) == ("ASEMA, TOINEN", "Terveysasema, terveysasema")


def test_a_place_entered_twice_is_listed_with_the_people_who_count_twice(diagnosis):
    found = row_of(diagnosis.duplicates, subject="place")
    assert (found["ids"], found["number"], found["population"], found["metres"]) == ("P1, P1B", 2, 200, 0)


def test_the_main_part_stands_first_then_the_parts_with_most_people(diagnosis):
    parts = diagnosis.parts
    assert parts["kind"].tolist() == ["main", "island", "island", "one_way"]
    assert parts["population"].tolist() == [1100, 11, 7, 0]
    assert parts["longest_way"].tolist()[1:] == [VILLAGE, ISLAND, STUB]
    assert parts["place_name"].tolist() == ["Neljä", "Suljettu kylä", "Saari", "Viisi"]
    assert parts["service_points"].tolist() == [6, 0, 0, 0]
    assert parts["places"].tolist() == [6, 1, 1, 0]


def test_parts_beyond_the_largest_are_summed_up(diagnosis):
    short = largest(diagnosis.parts, 1)
    assert short["kind"].tolist() == ["main", "rest"]
    assert short["parts"].tolist() == [1, 3]
    for column in ("edges", "kilometres", "population", "places", "service_points"):
        assert short[column].sum() == pytest.approx(diagnosis.parts[column].sum())
    assert largest(diagnosis.parts, 3).equals(diagnosis.parts)


def test_every_other_part_is_a_line_of_its_own(diagnosis, inputs):
    islands = diagnosis.islands
    assert islands.crs == inputs.network.crs
    assert islands["kind"].tolist() == ["island", "island", "one_way"]
    assert islands.length.to_numpy() / 1000 == pytest.approx(islands["kilometres"].to_numpy(), rel=1e-3)


def test_kilometres_stand_by_class_and_source(diagnosis):
    tertiary = row_of(diagnosis.speeds, road_class="tertiary")
    # Of three roads of 886, 885 and 1,200 m one has no limit, one a limit that nobody can read.
    assert tertiary["km_default"] == pytest.approx(1.77, abs=0.02)
    assert tertiary["defaulted_share"] == pytest.approx(1.77 / (1.77 + tertiary["km_signed"]), abs=0.01)
    assert row_of(diagnosis.speeds, road_class="residential")["km_national"] == pytest.approx(0.67, abs=0.02)


def test_kilometres_stand_by_the_area_of_the_nearest_place(diagnosis):
    assert sorted(diagnosis.speeds_by_area["area_name"]) == ["Kemi", "Rovaniemi"]
    # Of the two roads without a limit one lies nearest to Viisi, the other to Kolme.
    assert row_of(diagnosis.speeds_by_area, area="240")["km_default"] == pytest.approx(0.89, abs=0.01)
    assert row_of(diagnosis.speeds_by_area, area="698")["km_default"] == pytest.approx(0.89, abs=0.01)
    assert diagnosis.speeds_by_area["defaulted_share"].is_monotonic_decreasing


def test_kilometres_stand_by_the_polygon_that_holds_them(tmp_path):
    west, east = shapely.box(25.6, 66.4, 25.75, 66.6), shapely.box(25.75, 66.4, 25.82, 66.6)
    areas = geopandas.GeoDataFrame({"id": ["W", "E"], "name": ["Länsi", "Itä"]}, geometry=[west, east], crs=4326)
    areas.to_file(tmp_path / "areas.gpkg")
    _, diagnosis = examined(write_doubtful_study(tmp_path, areas="areas.gpkg"))
    by_area = diagnosis.speeds_by_area.set_index("area")
    assert by_area["area_name"].to_dict() == {"W": "Länsi", "E": "Itä", "–": "–"}
    assert by_area.loc["–", "kilometres"] == pytest.approx(0.445, abs=0.005)  # the island lies in none
    assert by_area.loc["W", "km_default"] == pytest.approx(1.77, abs=0.02)
    assert by_area["kilometres"].sum() == pytest.approx(diagnosis.speeds["kilometres"].sum())


def test_a_limit_that_cannot_be_read_is_listed_with_its_ways(diagnosis):
    assert diagnosis.rejected.to_numpy().tolist() == [["way", "maxspeed", "fast", 1, str(FAST)]]


def test_restrictions_that_could_not_be_read_are_listed():
    network = SimpleNamespace(restrictions_left_out=((7, "no_member:via"), (9, "unknown_value:no_{x}")))
    assert restriction_table(network).to_numpy().tolist() == [
        [7, "It has no member 'via'."],
        [9, "Its value 'no_{x}' is not known."],
    ]
    assert restriction_table(network, language="fi")["reason"][0] == "Jäsen ”via” puuttuu."
    assert restriction_table(SimpleNamespace(restrictions_left_out=())).empty


def test_every_reason_for_leaving_a_restriction_out_has_a_sentence():
    code = "".join(Path(module.__file__).read_text("utf-8") for module in (restrictions, turn_rules))
    given = set(re.findall(r"""_(?:NotInForce|NotFound)Error\(f?["'](\w+)""", code)) | {"unread_condition", "not_now"}
    assert given == {key.removeprefix("restriction_") for key in TEXTS if key.startswith("restriction_")}


def test_levels_whose_areas_meet_the_edge_of_the_file_are_listed(diagnosis):
    assert diagnosis.edge["level"].tolist() == ["L", "A", "E"]
    near, _, far = diagnosis.edge["from_minutes"]
    assert 0 < near <= far < 10
    assert set(diagnosis.edge["roads"]) == {1}


def test_the_findings_of_a_run_are_there_as_well(diagnosis):
    assert row_of(diagnosis.findings, id="P5")["verdict"] == "suppressed"
    assert row_of(diagnosis.findings, id="SAARI")["verdict"] == "small_component"
    assert "defaulted_speed" in set(diagnosis.findings["verdict"])


def test_doubtful_points_and_places_can_be_drawn(diagnosis, inputs):
    drawn = diagnosis.spots
    assert set(drawn["verdict"]) <= set(DOUBTFUL)
    assert row_of(drawn, id="KYLÄ", verdict="closed_by_tags")["population"] == 11
    assert sorted(drawn.loc[drawn["verdict"] == "duplicated", "id"]) == [
        "ASEMA",
        "KOPIO",
        "P1",
        "P1B",
        "PISTE",
        "TOINEN",
    ]
    village = drawn.set_index("id").loc["KYLÄ"].geometry.iloc[0]
    assert village.distance(inputs.places.geometry["KYLÄ"]) == pytest.approx(0, abs=1e-9)


def test_a_place_is_counted_as_one_doubt(diagnosis):
    # KYLÄ, SAARI and TUNTURI are findings already, however many tables they stand in.
    assert diagnosis.doubts == len(diagnosis.findings) + len(diagnosis.duplicates) + len(diagnosis.edge)


def test_a_sound_study_has_one_part_and_reaches_everybody(tmp_path):
    _, diagnosis = examined(write_little_study(tmp_path))
    assert diagnosis.parts["kind"].tolist() == ["main"]
    for table in (diagnosis.unreached, diagnosis.beyond_access, diagnosis.duplicates, diagnosis.edge, diagnosis.spots):
        assert table.empty
    assert diagnosis.doubts == 1  # the suppressed count
    assert diagnosis.islands.empty
    assert diagnosis.islands.crs is not None


def test_a_built_network_tells_the_sources_but_not_the_classes(tmp_path):
    path = write_doubtful_study(tmp_path)
    inputs, whole = examined(path)
    write_network(inputs.network, tmp_path / "roads.pvnet")
    path.write_text(path.read_text(encoding="utf-8").replace("roads.osm.pbf", "roads.pvnet"), encoding="utf-8")
    _, built = examined(path)
    assert built.roads is None
    assert built.closed_roads.empty
    assert built.speeds_by_area is None
    assert built.speeds["kilometres"].tolist() == pytest.approx([whole.speeds["kilometres"].sum()])
    assert built.speeds["km_default"].tolist() == pytest.approx([whole.speeds["km_default"].sum()])
    assert built.rejected.drop(columns="examples").equals(whole.rejected.drop(columns="examples"))
    assert set(built.unreached["id"]) == set(whole.unreached["id"])
    assert built.unreached["open_minutes"].isna().all()
