"""What stands on a node means for a car what its tags say."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError
from palveluverkko.osm.policy import Policy
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.roads import u_turn_nodes
from palveluverkko.osm.spots import SpotPolicy

PROFILE = CarProfile()
SECONDS = Policy.read().spots.delays


def spot(**tags):
    return PROFILE.spot({key.replace("__", ":"): value for key, value in tags.items()})


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "traffic_signals"}, "traffic_signals"),
        ({"highway": "stop"}, "stop"),
        ({"highway": "give_way"}, "give_way"),
        ({"highway": "crossing"}, "crossing"),
        ({"highway": "crossing", "crossing": "zebra"}, "crossing"),
        ({"highway": "crossing", "crossing": "traffic_signals"}, "pedestrian_signals"),
        ({"highway": "crossing", "crossing": "island;traffic_signals"}, "pedestrian_signals"),
        ({"highway": "crossing", "crossing": "marked", "crossing__signals": "yes"}, "pedestrian_signals"),
        ({"highway": "traffic_signals", "crossing": "traffic_signals"}, "traffic_signals"),
        ({"railway": "level_crossing"}, "level_crossing"),
        ({"railway": "tram_level_crossing", "highway": "crossing"}, "level_crossing"),
        ({"railway": "level_crossing", "highway": "traffic_signals"}, "traffic_signals"),
        ({"highway": "mini_roundabout"}, "mini_roundabout"),
        ({"barrier": "toll_booth"}, "toll_booth"),
        ({"barrier": "gate", "highway": "stop"}, "gate"),
        ({"barrier": "bollard", "highway": "traffic_signals"}, "bollard"),
        ({"motor_vehicle": "no"}, "access"),
    ],
)
def test_a_node_is_what_takes_longest_or_lets_fewest_pass(tags, kind):
    assert spot(**tags).kind == kind


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "bus_stop"},
        {"highway": "crossing", "crossing": "unmarked"},
        {"railway": "crossing"},
        {"barrier": "no"},
        {"access": "private", "amenity": "parking_entrance"},
        {"motorcar": "yes"},
        {"direction": "forward"},
    ],
)
def test_a_node_that_means_nothing_is_no_spot(tags):
    assert spot(**tags) is None


@pytest.mark.parametrize(
    ("tags", "passage"),
    [
        ({"barrier": "gate"}, "through"),
        ({"barrier": "lift_gate"}, "through"),
        ({"barrier": "cattle_grid"}, "through"),
        ({"barrier": "border_control"}, "through"),
        ({"barrier": "gate", "locked": "yes"}, "local"),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, "through"),
        ({"barrier": "chain"}, "local"),
        ({"barrier": "bollard"}, "none"),
        ({"barrier": "block"}, "none"),
        ({"barrier": "jersey_barrier"}, "none"),
        ({"barrier": "a word of its own"}, "none"),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, "through"),
        ({"barrier": "gate", "access": "private"}, "local"),
        ({"barrier": "gate", "access": "no"}, "none"),
        ({"barrier": "gate", "access": "no", "motor_vehicle": "permit"}, "local"),
        ({"barrier": "gate", "access": "private", "motorcar": "yes"}, "through"),
        ({"barrier": "gate", "vehicle": "no", "access": "yes"}, "none"),
        ({"barrier": "gate", "access": "permissive"}, "through"),
        ({"barrier": "gate", "access": "a word of its own"}, "through"),
        ({"barrier": "block", "access": "private;forestry"}, "local"),
        ({"motor_vehicle": "destination"}, "local"),
        ({"highway": "crossing"}, "through"),
    ],
)
def test_who_passes_stands_in_the_access_tags_else_in_the_kind_of_barrier(tags, passage):
    assert spot(**tags).passage == passage
    assert spot(**tags).cuts_road == (passage != "through")


@pytest.mark.parametrize(
    ("tags", "concerned"),
    [
        ({"highway": "traffic_signals"}, (True, True)),
        ({"highway": "traffic_signals", "traffic_signals__direction": "forward"}, (True, False)),
        ({"highway": "traffic_signals", "traffic_signals__direction": "backward"}, (False, True)),
        ({"highway": "traffic_signals", "direction": "backward"}, (False, True)),
        (
            {"highway": "traffic_signals", "traffic_signals__direction": "both", "direction": "backward"},
            (True, True),
        ),
        ({"highway": "stop", "direction": "forward"}, (True, False)),
        ({"highway": "give_way", "direction": "backward"}, (False, True)),
        ({"highway": "give_way", "direction": "330"}, (True, True)),
        ({"highway": "crossing", "direction": "forward"}, (True, True)),
        ({"highway": "mini_roundabout", "direction": "clockwise"}, (True, True)),
    ],
)
def test_signals_and_signs_concern_those_whom_they_face(tags, concerned):
    found = spot(**tags)
    seconds = SECONDS[found.kind]
    assert seconds > 0
    assert (found.forward_seconds, found.backward_seconds) == tuple(seconds * one for one in concerned)


def test_a_sign_without_a_direction_faces_the_junction():
    assert spot(highway="stop").towards_junction
    assert not spot(highway="stop", direction="both").towards_junction
    assert not spot(highway="traffic_signals").towards_junction


@pytest.mark.parametrize("highway", ["turning_circle", "turning_loop", "mini_roundabout"])
def test_one_turns_round_where_there_is_room(highway):
    assert spot(highway=highway).u_turn
    assert spot(highway=highway, barrier="gate").u_turn
    assert not spot(highway="stop").u_turn


TEXTS = st.sampled_from(
    ["", "yes", "no", "gate", "stop", "crossing", "traffic_signals", ";", "level_crossing"]
) | st.text("abgtey; :@-0", max_size=9)


@given(st.dictionaries(st.sampled_from(sorted(PROFILE.spot_keys)), TEXTS))
def test_no_tags_crash_and_who_cannot_pass_is_not_delayed(tags):
    found = PROFILE.spot(tags)
    if found is not None:
        assert found.kind
        assert found.passage in ("through", "local", "none")
        assert min(found.forward_seconds, found.backward_seconds) >= 0
        assert found.passage != "none" or found.forward_seconds == found.backward_seconds == 0


@given(st.dictionaries(st.sampled_from([*sorted(PROFILE.spot_keys), "name", "amenity", "maxspeed"]), TEXTS))
def test_other_keys_change_nothing(tags):
    assert PROFILE.spot(tags) == PROFILE.spot({key: tags[key] for key in tags if key in PROFILE.spot_keys})


@pytest.mark.parametrize("value", [-1, "15", 1e9, float("nan")])
def test_a_delay_that_is_none_is_refused_by_name(value):
    text = resources.files("palveluverkko.osm").joinpath("profiles", "car.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    document["delays"]["stop"] = value
    with pytest.raises(StudyError, match=r"delays\.stop"):
        SpotPolicy.from_document(document)


def test_the_page_gives_the_seconds_of_the_tables():
    page = (Path(__file__).parents[2] / "docs" / "delays.md").read_text(encoding="utf-8")
    junction = PROFILE.junction_delays
    rows = [
        ("signals", SECONDS["traffic_signals"]),
        ("foot crossing with signals, without", SECONDS["pedestrian_signals"], SECONDS["crossing"]),
        ("stop, give way, mini roundabout", SECONDS["stop"]),
        ("junction with a road of higher rank, or with a roundabout", junction.lower_seconds),
        ("junction of three or more pieces of equal and highest rank", junction.equal_seconds),
        ("level crossing, cattle grid", SECONDS["level_crossing"], SECONDS["cattle_grid"]),
        ("gate or lift gate, toll booth, chain", SECONDS["gate"], SECONDS["toll_booth"], SECONDS["chain"]),
    ]
    for place, *seconds in rows:
        assert f"| {place} | {', '.join(f'{one:g}' for one in seconds)} |" in page
    assert SECONDS["stop"] == SECONDS["give_way"] == SECONDS["mini_roundabout"]
    assert f"up to {junction.signals_metres:g} m behind signals" in page


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        # Signals of the whole files: 514 and 135 (README of the data); these stand on roads that a car drives.
        ("tampere", {"traffic_signals": 505, "turning_circle": 304, "turning_loop": 2, "stop": 6, "give_way": 37}),
        ("helsinki-core", {"traffic_signals": 132, "give_way": 16, "turning_circle": 1}),
        ("andorra", {"traffic_signals": 4, "mini_roundabout": 6, "toll_booth": 6}),
    ],
)
def test_what_stands_on_the_roads_of_real_extracts_is_all_there(shared_data, name, counts):
    roads = read_roads(shared_data / "osm" / f"{name}.osm.pbf", PROFILE)
    found = Counter(roads.spots[kind].kind for kind in roads.spot_kind.tolist())
    assert {kind: found[kind] for kind in counts} == counts
    turning = sum(count for kind, count in found.items() if kind in ("turning_circle", "turning_loop"))
    assert u_turn_nodes(roads).size >= turning + found["mini_roundabout"] > 0
