"""What tags mean for a car, rule by rule, and the laws between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import Season
from palveluverkko.osm.limits import read_conditional, read_duration
from palveluverkko.osm.profile import CarProfile

SUMMER = CarProfile()
WINTER = CarProfile(season="winter")


def tags_of(text: str) -> dict[str, str]:
    """Read ``key=value`` pairs separated by `` + `` (values may hold spaces)."""
    return dict(part.split("=", 1) for part in text.split(" + ")) if text else {}


def speeds(text: str, profile: CarProfile = SUMMER) -> tuple[float, float]:
    road = profile.road(tags_of(text))
    return (0.0, 0.0) if road is None else (round(road.forward_kmh, 1), round(road.backward_kmh, 1))


# --- which ways are roads


@pytest.mark.parametrize(
    ("road_class", "kmh"),
    {
        "motorway_link": 55, "trunk": 80, "trunk_link": 55, "primary": 75, "primary_link": 55, "secondary": 65,
        "secondary_link": 50, "tertiary": 55, "tertiary_link": 40, "unclassified": 40, "residential": 35,
        "living_street": 15, "service": 20, "track": 15, "road": 30,
    }.items(),
)  # fmt: skip
def test_an_untagged_road_is_driven_at_the_speed_of_its_class_both_ways(road_class, kmh):
    road = SUMMER.road({"highway": road_class})
    assert (road.road_class, road.forward_kmh, road.backward_kmh) == (road_class, kmh, kmh)
    assert road.speed_source == "default"
    assert not road.local_access


@pytest.mark.parametrize(
    "text",
    [
        "", "name=Kemijoki", "highway=construction", "highway=proposed", "highway=abandoned", "highway=raceway",
        "highway=steps", "highway=footway", "highway=path", "highway=pedestrian", "highway=cycleway",
        "highway=bridleway", "highway=busway + motor_vehicle=yes", "highway=bus_guideway + motor_vehicle=yes",
        "highway=corridor", "highway=platform", "railway=rail", "route=train", "route=hiking",
        "highway=residential + area=yes", "highway=track + smoothness=impassable", "highway=track + impassable=yes",
        "highway=service + service=bus", "highway=service + service=emergency_access + access=yes",
        "highway=cycleway + access=yes", "highway=unclassified + ice_road=yes + disused=yes",
    ],
)  # fmt: skip
def test_these_are_no_roads_for_a_car(text):
    assert SUMMER.road(tags_of(text)) is None


@pytest.mark.parametrize("service", ["parking_aisle", "driveway", "alley", "drive-through"])
def test_service_roads_of_every_kind_are_kept(service):
    assert speeds(f"highway=service + service={service}") == (20, 20)


@pytest.mark.parametrize("road_class", ["pedestrian", "cycleway", "footway", "path", "bridleway"])
@pytest.mark.parametrize(("value", "local"), [("yes", False), ("destination", True), ("private", True)])
def test_a_way_for_others_opens_to_cars_by_a_sign_of_its_own(road_class, value, local):
    road = SUMMER.road({"highway": road_class, "motor_vehicle": value})
    assert (road.forward_kmh, road.local_access) == (10, local)


@pytest.mark.parametrize(
    ("grade", "kmh"), [("grade1", 30), ("grade2", 22), ("grade3", 15), ("grade4", 12), ("grade5", 10)]
)
def test_a_track_is_as_fast_as_it_is_firm(grade, kmh):
    assert speeds(f"highway=track + tracktype={grade}") == (kmh, kmh)


# --- who may drive


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("access=yes", "through"),
        ("access=permissive", "through"),
        ("access=designated", "through"),
        ("access=official", "through"),
        *((f"access={value}", "local") for value in ("private", "destination", "customers", "delivery")),
        *((f"motor_vehicle={value}", "local") for value in ("agricultural", "forestry", "permit", "residents")),
        ("motor_vehicle=agricultural;forestry", "local"),
        ("motor_vehicle=no;destination", "local"),
        ("access=no", "none"),
        ("motor_vehicle=emergency", "none"),
        ("motor_vehicle=bus", "none"),
        ("access=no + vehicle=yes", "through"),
        ("vehicle=no + motor_vehicle=destination", "local"),
        ("motor_vehicle=no + motorcar=yes", "through"),
        ("access=yes + motorcar=no", "none"),
        ("motor_vehicle=no + hgv=yes", "none"),
        ("motorcar=nonsense + access=private", "local"),
        ("access=unknown", "through"),
        ("access:conditional=no @ (22:00-06:00)", "through"),
    ],
)
def test_the_most_specific_access_tag_decides(text, verdict):
    road = SUMMER.road({"highway": "unclassified", **tags_of(text)})
    assert ("none" if road is None else "local" if road.local_access else "through") == verdict


@pytest.mark.parametrize("key", ["access", "vehicle", "motor_vehicle", "motorcar"])
def test_access_by_direction_closes_that_direction_only(key):
    assert speeds(f"highway=unclassified + {key}:forward=no") == (0, 40)
    assert speeds(f"highway=unclassified + {key}:backward=no") == (40, 0)


def test_a_less_specific_key_with_a_direction_does_not_beat_a_more_specific_one_without():
    assert speeds("highway=unclassified + vehicle:forward=no + motorcar=yes") == (40, 40)


def test_a_road_closed_to_through_traffic_in_one_direction_is_local():
    assert SUMMER.road(tags_of("highway=unclassified + motor_vehicle:forward=destination")).local_access
    assert not SUMMER.road(tags_of("highway=unclassified + motor_vehicle:forward=destination + oneway=-1")).local_access


# --- in which direction


@pytest.mark.parametrize(
    ("text", "open_directions"),
    [
        *((f"oneway={value}", (True, False)) for value in ("yes", "true", "1")),
        *((f"oneway={value}", (False, True)) for value in ("-1", "reverse")),
        *((f"oneway={value}", (True, True)) for value in ("no", "false", "0", "alternating", "nonsense")),
        ("oneway=reversible", (False, False)),
        ("oneway=yes + oneway:motor_vehicle=no", (True, True)),
        ("oneway=no + oneway:motorcar=yes", (True, False)),
        ("oneway:motor_vehicle=no + oneway:motorcar=-1", (False, True)),
        ("oneway=yes + oneway:vehicle=-1", (False, True)),
        ("oneway=reversible + oneway:motorcar=yes", (True, False)),
        ("oneway=yes + oneway:bicycle=no", (True, False)),
        ("oneway=yes + oneway:conditional=no @ (22:00-06:00)", (True, False)),
        ("oneway=yes + oneway:conditional=no @ (24/7)", (True, True)),
        ("junction=roundabout", (True, False)),
        ("junction=circular", (True, False)),
        ("junction=roundabout + oneway=-1", (False, True)),
        ("junction=roundabout + oneway=no", (True, True)),
        ("junction=approach", (True, True)),
    ],
)
def test_one_way_tags_open_and_close_directions(text, open_directions):
    assert tuple(kmh > 0 for kmh in speeds(f"highway=residential + {text}")) == open_directions


def test_a_motorway_is_one_way_unless_it_says_otherwise():
    assert speeds("highway=motorway") == (100, 0)
    assert speeds("highway=motorway + oneway=no") == (100, 100)
    assert speeds("highway=motorway_link") == (55, 55)


def test_one_way_and_access_by_direction_together_may_close_a_road():
    assert SUMMER.road(tags_of("highway=residential + oneway=yes + motor_vehicle:forward=no")) is None


# --- how fast


@pytest.mark.parametrize(
    ("limit", "driven"),
    [("120", 113), ("100", 97), ("80", 81), ("60", 63), ("50", 48), ("20", 20), ("10", 10), ("90", 89), ("70", 72)],
)
def test_a_signed_limit_is_driven_as_the_national_model_observes(limit, driven):
    assert speeds(f"highway=primary + maxspeed={limit}") == (driven, driven)
    assert SUMMER.road(tags_of(f"highway=primary + maxspeed={limit}")).speed_source == "signed"


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("80 km/h", "80"),
        ("80km/h", "80"),
        ("80.0", "80"),
        ("80 kmh", "80"),
        ("50 mph", "80.4672"),
        ("50mph", "80.4672"),
        ("10 knots", "18.52"),
        ("80;60", "60"),
        ("60 ; 80", "60"),
        ("80|100", "80"),
        ("walk", "6"),
        ("FI:urban", "50"),
        ("fi:rural", "80"),
        ("SE:rural", "70"),
        ("NO:rural", "80"),
        ("EE:rural", "90"),
        ("RU:urban", "60"),
        ("FI:zone30", "30"),
        ("FL:zone:30", "30"),
        ("DE:30", "30"),
        ("signals;60", "60"),
    ],
)
def test_these_texts_of_a_limit_mean_the_same(text, same_as):
    assert speeds(f"highway=primary + maxspeed={text}") == speeds(f"highway=primary + maxspeed={same_as}")
    assert SUMMER.rejected_speeds({"maxspeed": text}) == ()


@pytest.mark.parametrize("text", ["signals", "variable", "FI:motorway", "DE:motorway", "implicit", "none"])
def test_these_limits_name_no_number_and_leave_the_untagged_speed(text):
    road = SUMMER.road({"highway": "primary", "maxspeed": text})
    assert (road.forward_kmh, road.speed_source) == (75, "default")
    assert SUMMER.rejected_speeds({"maxspeed": text}) == ()


def test_no_limit_on_a_motorway_is_driven_as_the_highest_finnish_limit():
    assert speeds("highway=motorway + maxspeed=none") == (113, 0)


def test_a_finnish_motorway_sign_implies_no_limit():
    assert speeds("highway=motorway + maxspeed=FI:motorway") == speeds("highway=motorway") == (100, 0)


@pytest.mark.parametrize("text", ["fast", "0", "800", "-50", "50 furlongs", "80;fast", "XX:urban", "", "5O"])
def test_nonsense_is_rejected_by_name_and_the_untagged_speed_used(text):
    tags = {"highway": "primary", "maxspeed": text}
    assert SUMMER.rejected_speeds(tags) == (text,)
    assert (SUMMER.road(tags).forward_kmh, SUMMER.road(tags).speed_source) == (75, "default")


def test_rejects_of_both_directions_and_of_winter_are_named_once_each():
    tags = tags_of("highway=primary + maxspeed:forward=x + maxspeed:backward=y + maxspeed:conditional=x @ winter")
    assert sorted(SUMMER.rejected_speeds(tags)) == ["x", "y"]


@pytest.mark.parametrize("key", ["maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic"])
def test_a_national_code_beside_an_absent_limit_is_used(key):
    road = SUMMER.road({"highway": "tertiary", key: "FI:urban"})
    assert (road.forward_kmh, road.speed_source) == (48, "national")
    assert SUMMER.road({"highway": "tertiary", key: "survey"}).speed_source == "default"
    assert SUMMER.road({"highway": "tertiary", key: "FI:urban", "maxspeed": "80"}).forward_kmh == 81
    assert SUMMER.rejected_speeds({key: "survey"}) == ()


def test_a_limit_by_direction_holds_in_that_direction():
    assert speeds("highway=primary + maxspeed=80 + maxspeed:forward=60") == (63, 81)
    assert speeds("highway=primary + maxspeed:backward=100") == (75, 97)
    assert SUMMER.road(tags_of("highway=primary + maxspeed:backward=100")).speed_source == "default"
    assert SUMMER.road(tags_of("highway=primary + maxspeed:backward=100 + oneway=-1")).speed_source == "signed"


# --- winter


@pytest.mark.parametrize(
    ("text", "summer", "winter"),
    [
        ("maxspeed=120", 113, 102),
        ("maxspeed=100", 97, 85),
        ("maxspeed=80", 81, 79),
        ("maxspeed=60", 63, 63),
        ("maxspeed=SE:motorway", 105, 100.5),
        ("maxspeed=100 + source:maxspeed=SE:rural", 97, 93),
        ("maxspeed=100 + maxspeed:type=FI:sign", 97, 85),
        ("maxspeed=100 + maxspeed:seasonal:winter=100", 97, 93),
        ("maxspeed=120 + maxspeed:seasonal:winter=80", 113, 85),
        ("maxspeed=120 + maxspeed:conditional=100 @ winter", 113, 102),
        ("maxspeed=120 + maxspeed:conditional=100 @ (Nov 1-Mar 31)", 113, 102),
        ("maxspeed=120 + maxspeed:conditional=100 @ (Oct-Apr)", 113, 102),
        ("maxspeed=100 + maxspeed:conditional=120 @ (Apr-Oct)", 113, 85),
        ("maxspeed=80 + maxspeed:conditional=100 @ summer", 97, 79),
        ("maxspeed=100 + maxspeed:conditional=100 @ (winter)", 97, 93),
        ("maxspeed=100 + maxspeed:conditional=60 @ (Mo-Fr 07:00-09:00); 80 @ winter", 97, 85),
        ("maxspeed=100 + maxspeed:conditional=60 @ (Mo-Fr 07:00-17:00)", 63, 63),
        ("maxspeed=80 + maxspeed:conditional=100 @ (06:00-22:00)", 97, 85),
        ("maxspeed=100 + maxspeed:conditional=60 @ wet", 97, 85),
        ("maxspeed=80 + maxspeed:seasonal:winter=100", 81, 79),
        ("maxspeed:seasonal:winter=60", 75, 63),
        ("maxspeed:seasonal:winter=100", 75, 73.7),
        ("maxspeed=100 + maxspeed:seasonal:winter=nonsense", 97, 85),
        ("surface=gravel + maxspeed=100", 60, 60),
    ],
)
def test_winter_takes_the_tagged_limit_else_the_national_rule(text, summer, winter):
    assert speeds(f"highway=primary + {text}") == (summer, summer)
    assert speeds(f"highway=primary + {text}", WINTER) == (winter, winter)


def test_a_winter_limit_by_direction_holds_in_that_direction():
    text = "highway=trunk + maxspeed=100 + maxspeed:forward:conditional=100 @ winter"
    assert speeds(text, WINTER) == (93, 85)


@pytest.mark.parametrize(
    ("text", "winter"),
    [
        ("highway=trunk + maxspeed=100", 85),
        ("highway=trunk + maxspeed=100 + oneway=yes", 93),
        ("highway=trunk + maxspeed=120 + oneway=yes", 102),
        ("highway=trunk + maxspeed=100 + junction=roundabout", 85),
        ("highway=motorway + maxspeed=100", 93),
        ("highway=motorway + maxspeed=120", 102),
        ("highway=motorway_link + maxspeed=100", 93),
    ],
)
def test_winter_leaves_100_where_the_directions_are_apart(text, winter):
    assert speeds(text, WINTER)[0] == winter


@pytest.mark.parametrize(
    ("text", "abroad"),
    [
        ("maxspeed=100", (93, 93)),
        ("maxspeed=100 + maxspeed:type=FI:rural", None),
        ("maxspeed=100 + maxspeed:type=SE:rural", None),
        ("maxspeed=80", None),
        ("maxspeed=100 + maxspeed:seasonal:winter=80", None),
        ("maxspeed:forward=100 + oneway=no", (93, 73.7)),
        ("", None),
    ],
)
def test_the_winter_rule_depends_on_the_place_only_where_no_tag_tells(text, abroad):
    found = WINTER.road(tags_of(f"highway=primary + {text}" if text else "highway=primary")).abroad_kmh
    assert found is None if abroad is None else found == pytest.approx(abroad, abs=0.05)
    assert SUMMER.road(tags_of(f"highway=primary + {text}" if text else "highway=primary")).abroad_kmh is None


# --- built-up areas and loose ground, where no limit is tagged


@pytest.mark.parametrize(
    ("text", "outside", "built_up"),
    [
        ("highway=primary", 75, 48),
        ("highway=residential", 35, 30),
        ("highway=service", 20, None),
        ("highway=motorway", 100, None),
        ("highway=primary + maxspeed=80", 81, None),
        ("highway=primary + maxspeed:type=FI:urban", 48, None),
        ("highway=primary + surface=gravel", 55, 48),
        ("highway=unclassified + surface=gravel", 30, None),
        ("highway=unclassified + surface=asphalt", 40, 36),
        ("highway=unclassified + tracktype=grade2", 30, None),
        ("highway=unclassified + tracktype=grade1", 40, 36),
        ("highway=residential + surface=sett;gravel", 35, 30),
        ("highway=track + tracktype=grade2", 22, None),
        ("highway=primary + smoothness=bad", 40, None),
    ],
)
def test_what_is_not_signed_follows_the_surroundings_and_the_ground(text, outside, built_up):
    road = SUMMER.road(tags_of(text))
    assert road.forward_kmh == outside
    assert (road.built_up_kmh or (None,))[0] == built_up


def test_a_direction_with_a_limit_is_driven_alike_in_town_and_country():
    road = SUMMER.road(tags_of("highway=secondary + maxspeed:forward=60"))
    assert (road.forward_kmh, road.backward_kmh, road.built_up_kmh) == (63, 65, (63, 48))


# --- limits with a condition, of lanes, of changing signs


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("maxspeed:lanes=120|120|80", (113, 113)),
        ("maxspeed:lanes=|100|", (97, 97)),
        ("maxspeed:lanes:forward=100|80 + maxspeed=60", (63, 63)),
        ("maxspeed:lanes:forward=100|80", (97, 75)),
        ("maxspeed=80 + maxspeed:motorcar=60", (63, 63)),
        ("maxspeed:motor_vehicle:backward=60 + maxspeed=80", (81, 63)),
        ("maxspeed=signals + maxspeed:variable=100", (97, 97)),
        ("maxspeed=signals + maxspeed:variable=yes", (75, 75)),
        ("maxspeed=80 + maxspeed:variable=yes", (81, 81)),
        ("maxspeed=80 + maxspeed:variable:max=100", (81, 81)),
        ("maxspeed=50 + maxspeed:conditional=20 @ (Mo-Fr 10:00-14:00)", (20, 20)),
        ("maxspeed=50 + maxspeed:forward:conditional=20 @ (Mo-Fr 10:00-14:00)", (20, 48)),
        ("maxspeed=50 + maxspeed:conditional=20 @ (Mo-Fr 07:00-08:00)", (48, 48)),
        ("maxspeed=50 + maxspeed:conditional=20 @ (weight>3.5)", (48, 48)),
        ("maxspeed=50 + maxspeed:conditional=20 @ (12:00-13:00), 60 @ (11:00-13:00)", (63, 63)),
        ("maxspeed:conditional=60 @ (06:00-22:00)", (63, 63)),
        ("maxspeed=50 + maxspeed:conditional=x @ (06:00-22:00)", (48, 48)),
    ],
)
def test_limits_of_lanes_conditions_and_changing_signs(text, kmh):
    assert speeds(f"highway=primary + {text}") == kmh


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("maxspeed:conditional=x @ winter", ["x"]),
        ("maxspeed:conditional=80 @ full moon", ["80 @ full moon"]),
        ("maxspeed:conditional=winter", ["winter"]),
        ("maxspeed:lanes=80|fast", ["80|fast"]),
        ("maxspeed:type=XX:urban", ["XX:urban"]),
        ("maxspeed:type=sign + source:maxspeed=survey", []),
        ("source:maxspeed=https://example.org/a", []),
    ],
)
def test_what_cannot_be_read_of_a_limit_is_named(text, rejected):
    assert list(SUMMER.rejected_speeds(tags_of(text))) == rejected


@pytest.mark.parametrize(
    ("text", "summer", "winter"),
    [
        ("access:conditional=no @ (Mar 15 - Sep 15)", None, (40, 40)),
        ("motor_vehicle:conditional=no @ winter", (40, 40), None),
        ("motor_vehicle=no + motor_vehicle:conditional=yes @ (Apr-Oct)", (40, 40), None),
        ("motor_vehicle:forward:conditional=no @ (08:00-16:00)", (0, 40), (0, 40)),
        ("access:conditional=destination @ (06:30-08:30);destination @ (16:30-18:30)", (40, 40), (40, 40)),
        ("oneway:conditional=yes @ (08:00-16:00)", (40, 0), (40, 0)),
        ("oneway=yes + oneway:conditional=no @ winter", (40, 0), (40, 40)),
    ],
)
def test_access_and_direction_may_depend_on_the_season_and_the_hour(text, summer, winter):
    for profile, expected in ((SUMMER, summer), (WINTER, winter)):
        found = speeds(f"highway=unclassified + {text}", profile)
        assert found == ((0, 0) if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "in_summer", "in_winter"),
    [
        ("winter_road=yes", False, True),
        ("seasonal=winter", False, True),
        ("seasonal=summer", True, False),
        ("snowplowing=no", True, False),
        ("winter_service=no", True, False),
        ("ice_road=yes", False, True),
        ("seasonal=summer;winter", True, True),
        ("seasonal=winter; Spring", False, True),
        ("seasonal=summer, autumn", True, False),
        ("seasonal=spring;autumn", False, False),
        ("seasonal=dry_season", True, False),
        ("seasonal=wet_season", True, True),
        ("seasonal=yes", True, True),
        ("motor_vehicle=no + motor_vehicle:conditional=yes @ winter", False, True),
        ("motor_vehicle:conditional=yes @ (winter)", False, True),
        ("motor_vehicle:conditional=yes @ winter + access=permissive", True, True),
        ("motor_vehicle:conditional=no @ winter", True, False),
        ("access:conditional=destination @ summer", True, False),
        ("access:conditional=yes @ (Mo-Fr 07:00-09:00)", True, True),
        ("seasonal=no", True, True),
    ],
)
def test_roads_of_one_season_are_closed_in_the_other(text, in_summer, in_winter):
    tags = {"highway": "unclassified", **tags_of(text)}
    assert (SUMMER.road(tags) is not None, WINTER.road(tags) is not None) == (in_summer, in_winter)


# --- ground


@pytest.mark.parametrize(
    ("text", "kmh", "source"),
    [
        ("surface=asphalt", 81, "signed"),
        ("surface=gravel", 60, "surface"),
        ("surface=compacted", 70, "surface"),
        ("surface=dirt", 40, "surface"),
        ("surface=asphalt;gravel", 60, "surface"),
        ("surface=moonstone", 81, "signed"),
        ("tracktype=grade2", 60, "surface"),
        ("smoothness=bad", 40, "surface"),
        ("smoothness=bad + surface=mud", 10, "surface"),
    ],
)
def test_the_ground_caps_the_speed(text, kmh, source):
    road = SUMMER.road({"highway": "secondary", "maxspeed": "80", **tags_of(text)})
    assert (road.forward_kmh, road.speed_source) == (kmh, source)


@pytest.mark.parametrize("surface", ["gravel", "fine_gravel", "compacted", "unpaved"])
def test_gravel_does_not_halve_the_speed_of_the_general_limit(surface):
    assert (
        speeds(f"highway=tertiary + maxspeed=80 + surface={surface}")[0]
        > 0.7 * speeds("highway=tertiary + maxspeed=80")[0]
    )


# --- snapping


@pytest.mark.parametrize(
    ("text", "snappable", "tunnel"),
    [
        ("highway=primary", True, False),
        ("highway=motorway", False, False),
        ("highway=motorway_link", False, False),
        ("highway=trunk + motorroad=yes", False, False),
        ("highway=primary + tunnel=yes", False, True),
        ("highway=service + tunnel=building_passage", True, False),
        ("highway=primary + tunnel=no", True, False),
        ("route=ferry", False, False),
    ],
)
def test_points_are_snapped_to_roads_one_can_stop_at(text, snappable, tunnel):
    road = SUMMER.road(tags_of(text))
    assert (road.snappable, road.tunnel) == (snappable, tunnel)


# --- ferries


@pytest.mark.parametrize(
    ("text", "carries"),
    [
        ("", True),
        ("motor_vehicle=yes", True),
        ("motorcar=yes + foot=yes", True),
        ("vehicle=yes + foot=yes", True),
        ("access=yes + foot=yes", True),
        ("ferry=secondary + foot=yes", True),
        ("hgv=yes + foot=yes", True),
        ("foot=yes", False),
        ("foot=yes + bicycle=yes", False),
        ("motor_vehicle=no", False),
        ("motorcar=no + hgv=yes", False),
        ("access=no", False),
        ("access=yes + motor_vehicle=no", False),
    ],
)
def test_a_ferry_carries_cars_when_its_tags_say_so_or_say_nothing(text, carries):
    road = SUMMER.road({"route": "ferry", **tags_of(text)})
    assert (road is not None) == carries


def test_a_ferry_without_duration_waits_and_then_moves_at_the_national_speed():
    road = SUMMER.road({"route": "ferry"})
    assert (road.road_class, road.forward_kmh, road.backward_kmh, road.wait_minutes) == ("ferry", 20, 20, 2.5)
    assert math.isnan(road.crossing_minutes)
    assert road.speed_source == "default"


def test_the_road_ferry_of_arvinsalmi_takes_four_minutes():
    road = SUMMER.road({"route": "ferry", "motor_vehicle": "yes"})
    assert road.wait_minutes + 0.5 / road.forward_kmh * 60 == pytest.approx(4)


def test_a_ferry_with_duration_takes_it_and_the_wait():
    road = SUMMER.road(tags_of("route=ferry + duration=00:20"))
    assert (road.crossing_minutes, road.wait_minutes, road.speed_source) == (22.5, 0, "duration")


@pytest.mark.parametrize(("interval", "wait"), [("00:10", 5), ("01:00", 15), ("rarely", 2.5)])
def test_the_wait_is_half_the_interval_up_to_a_bound(interval, wait):
    assert SUMMER.road(tags_of(f"route=ferry + interval={interval}")).wait_minutes == wait
    assert SUMMER.road(tags_of(f"route=ferry + interval={interval} + duration=10")).crossing_minutes == 10 + wait


def test_a_ferry_follows_its_own_limit_and_direction():
    road = SUMMER.road(tags_of("route=ferry + maxspeed=10 knots + oneway=yes"))
    assert (road.forward_kmh, road.backward_kmh, road.speed_source) == (18.52, 0, "signed")


def test_equal_ferries_are_equal_and_hash_alike():
    one, other = SUMMER.road({"route": "ferry"}), SUMMER.road({"route": "ferry", "foot": "no", "motorcar": "yes"})
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:20", 20), ("1:30", 90), ("01:30:30", 90.5), ("25", 25), ("7.5", 7.5), ("PT1H30M", 90), ("pt45m", 45),
        ("PT90S", 1.5), ("P1DT2H", 1560), (" 10 ", 10),
    ],
)  # fmt: skip
def test_durations_are_read_in_every_usual_form(text, minutes):
    assert read_duration(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "0", "00:00", "P", "PT", "1:75", "-5", "20 min"])
def test_a_duration_that_says_nothing_is_not_a_number(text):
    assert math.isnan(read_duration(text))


def test_conditional_values_keep_semicolons_inside_brackets():
    assert list(read_conditional("80 @ winter; 60 @ (Mo-Fr 07:00; wet);50@x")) == [
        ("80", "winter"), ("60", "mo-fr 07:00; wet"), ("50", "x"),
    ]  # fmt: skip


# --- laws

LIMITS = st.sampled_from(
    ["30", "50", "80", "100", "120", "50 mph", "FI:rural", "none", "walk", "signals", "x", "80;60"]
)
ACCESS = st.sampled_from(["yes", "no", "private", "destination", "forestry", "odd"])
TAGS = st.fixed_dictionaries(
    {"highway": st.sampled_from(["motorway", "trunk", "tertiary", "service", "track", "cycleway", "footway", "x"])},
    optional={
        "maxspeed": LIMITS,
        "maxspeed:forward": LIMITS,
        "maxspeed:backward": LIMITS,
        "maxspeed:type": st.sampled_from(["FI:urban", "FI:zone40", "sign"]),
        "maxspeed:seasonal:winter": LIMITS,
        "maxspeed:conditional": st.sampled_from(["80 @ winter", "100 @ (winter)", "120 @ winter", "60 @ wet"]),
        "maxspeed:forward:conditional": st.sampled_from(["60 @ winter", "x @ winter"]),
        "oneway": st.sampled_from(["yes", "-1", "no", "reversible"]),
        "oneway:motorcar": st.sampled_from(["yes", "-1", "no"]),
        "junction": st.just("roundabout"),
        "motorcar:forward": ACCESS,
        "motor_vehicle": ACCESS,
        "motor_vehicle:backward": ACCESS,
        "access": ACCESS,
        "surface": st.sampled_from(["asphalt", "gravel", "mud", "a;dirt"]),
        "tracktype": st.sampled_from(["grade1", "grade4"]),
        "smoothness": st.sampled_from(["bad", "impassable"]),
        "service": st.sampled_from(["bus", "driveway"]),
        "tunnel": st.just("yes"),
        "route": st.just("ferry"),
        "duration": st.sampled_from(["00:20", "x"]),
        "foot": st.just("yes"),
        "name": st.just("Kauppakatu"),
    },
)


def turned_round(tags: Mapping[str, str]) -> dict[str, str]:
    """Write the same road with its line drawn the other way."""
    swapped = {
        key.replace("forward", "F").replace("backward", "forward").replace("F", "backward"): value
        for key, value in tags.items()
    }
    for key in ("oneway", "oneway:motorcar"):
        if key in swapped:
            swapped[key] = {"yes": "-1", "-1": "yes"}.get(swapped[key], swapped[key])
    if "oneway" not in swapped and (swapped["highway"] == "motorway" or "junction" in swapped):
        swapped["oneway"] = "-1"
    return swapped


@settings(deadline=None)
@given(TAGS)
def test_turning_a_road_round_swaps_its_speeds(tags):
    road, turned = SUMMER.road(tags), SUMMER.road(turned_round(tags))
    if road is None:
        assert turned is None
    else:
        pairs = {
            name: pair and pair[::-1]
            for name, pair in (("built_up_kmh", road.built_up_kmh), ("abroad_kmh", road.abroad_kmh))
        }
        assert turned == replace(road, forward_kmh=road.backward_kmh, backward_kmh=road.forward_kmh, **pairs)


@settings(deadline=None)
@given(TAGS)
def test_winter_is_never_faster_than_summer(tags):
    summer, winter = SUMMER.road(tags), WINTER.road(tags)
    assert (summer is None) == (winter is None)
    if summer is not None:
        assert winter.forward_kmh <= summer.forward_kmh
        assert winter.backward_kmh <= summer.backward_kmh


@settings(deadline=None)
@given(TAGS)
def test_a_town_is_never_faster_than_the_country_nor_finland_in_winter_than_abroad(tags):
    for profile in (SUMMER, WINTER):
        if (road := profile.road(tags)) is None:
            continue
        plain = (road.forward_kmh, road.backward_kmh)
        assert all(town <= outside for town, outside in zip(road.built_up_kmh or plain, plain, strict=True))
        assert all(abroad >= home for abroad, home in zip(road.abroad_kmh or plain, plain, strict=True))
        assert profile is WINTER or road.abroad_kmh is None


@settings(deadline=None)
@given(TAGS, st.sampled_from(["asphalt", "gravel", "mud"]), st.sampled_from([SUMMER, WINTER]))
def test_worse_ground_never_makes_a_road_faster(tags, surface, profile):
    bare = {key: value for key, value in tags.items() if key not in ("surface", "tracktype")}
    road, worse = profile.road(bare), profile.road(bare | {"surface": surface})
    assert (road is None) == (worse is None)
    if road is not None:
        assert worse.forward_kmh <= road.forward_kmh
        assert worse.backward_kmh <= road.backward_kmh


@settings(deadline=None)
@given(limit=st.integers(3, 160), road_class=st.sampled_from(["motorway", "primary", "residential", "track"]))
def test_no_road_is_driven_faster_than_the_stated_share_of_its_limit(limit, road_class):
    assert SUMMER.road({"highway": road_class, "maxspeed": str(limit)}).forward_kmh <= 1.05 * limit


@settings(deadline=None)
@given(lower=st.integers(3, 160), higher=st.integers(3, 160))
def test_a_higher_limit_is_never_driven_more_slowly(lower, higher):
    lower, higher = sorted((lower, higher))
    assert speeds(f"highway=primary + maxspeed={lower}") <= speeds(f"highway=primary + maxspeed={higher}")


class Recorded(dict):
    """Tags that remember which keys were asked for."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        super().__init__(tags)
        self.asked: set[str] = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)


@settings(deadline=None)
@given(TAGS, st.sampled_from([SUMMER, WINTER]))
def test_the_policy_reads_only_the_keys_it_declares(tags, profile):
    recorded = Recorded(tags)
    profile.road(recorded)
    profile.rejected_tags(recorded)
    assert recorded.asked <= profile.relevant_keys


@settings(deadline=None)
@given(TAGS)
def test_a_road_carries_one_of_the_tags_that_the_reader_looks_for(tags):
    if SUMMER.road(tags) is not None:
        assert any(tags.get(key) == value for key, value in SUMMER.way_tags)


@settings(deadline=None)
@given(TAGS)
def test_every_road_can_be_driven_in_some_direction(tags):
    road = SUMMER.road(tags)
    assert road is None or max(road.forward_kmh, road.backward_kmh) > 0


# --- the profile itself


def test_text_and_season_make_the_same_profile():
    assert CarProfile(season="winter") == CarProfile(season=Season.WINTER)
    assert CarProfile(season="winter").fingerprint() == WINTER.fingerprint()


def test_the_access_leg_reads_as_numbers_after_construction():
    assert (SUMMER.access_speed_kmh, SUMMER.max_access_metres) == (5.0, 1000.0)
    assert CarProfile(access_speed_kmh=4, max_access_metres=0).max_access_metres == 0.0


def test_the_fingerprint_changes_with_every_field():
    other = {"season": "winter", "access_speed_kmh": 4.0, "max_access_metres": 500.0,
             "ferries": ({"name": "A", "wait_minutes": 1},)}  # fmt: skip
    assert {*other, "tables"} == {one.name for one in fields(CarProfile) if one.init}
    prints = {CarProfile(**{name: value}).fingerprint() for name, value in other.items()}
    assert len(prints | {SUMMER.fingerprint()}) == len(other) + 1


def test_the_fingerprint_changes_with_the_tables():
    changed = CarProfile()
    object.__setattr__(changed, "_policy", replace(changed._policy, digest="other"))
    assert changed.fingerprint() != SUMMER.fingerprint()


@pytest.mark.parametrize(
    "wrong",
    [
        {"season": "monsoon"},
        {"access_speed_kmh": 0},
        {"access_speed_kmh": math.nan},
        {"max_access_metres": -1},
        {"max_access_metres": math.inf},
    ],
)
def test_a_profile_with_an_impossible_value_is_refused_by_name(wrong):
    with pytest.raises(StudyError, match=next(iter(wrong))):
        CarProfile(**wrong)


# --- What could not be read


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("highway=residential", []),
        ("highway=residential + maxspeed=fast", ["maxspeed=fast"]),
        ("highway=residential + surface=asphalt + smoothness=good + access=yes + oneway=no", []),
        ("highway=residential + surface=lava", ["surface=lava"]),
        ("highway=residential + surface=gravel;lava", ["surface=gravel;lava"]),
        ("highway=residential + smoothness=so_so", ["smoothness=so_so"]),
        ("highway=track + tracktype=grade9", ["tracktype=grade9"]),
        ("highway=track + tracktype=grade5", []),
        ("highway=service + access=service", ["access=service"]),
        ("highway=service + access=service;customers", []),
        ("highway=service + motor_vehicle:forward=perhaps", ["motor_vehicle:forward=perhaps"]),
        ("highway=residential + oneway=maybe", ["oneway=maybe"]),
        ("highway=residential + oneway=-1 + oneway:motorcar=never", ["oneway:motorcar=never"]),
        ("route=ferry + duration=soon + interval=00:30", ["duration=soon"]),
        ("route=ferry + duration=PT10M + interval=often", ["interval=often"]),
        ("highway=residential + duration=soon", []),  # says nothing of a road
    ],
)
def test_values_of_which_nothing_can_be_made_are_told_with_their_keys(text, rejected):
    assert [f"{key}={value}" for key, value in SUMMER.rejected_tags(tags_of(text))] == rejected


def test_conditional_values_and_conditions_that_cannot_be_read_are_told():
    told = {
        "motor_vehicle:conditional": "no @ (wet paint)",
        "oneway:conditional": "sometimes @ winter",
        "maxspeed:conditional": "quick @ winter",
    }
    assert dict(SUMMER.rejected_tags({"highway": "residential", **told})) == {
        "motor_vehicle:conditional": "no @ wet paint",
        "oneway:conditional": "sometimes",
        "maxspeed:conditional": "quick",
    }
    assert SUMMER.rejected_tags({"highway": "residential", "access:conditional": "no @ (Dec 1-Mar 31)"}) == ()


def test_access_tags_of_a_barrier_that_cannot_be_read_are_told():
    assert SUMMER.rejected_spot_tags({"barrier": "gate", "access": "unknown", "vehicle": "no"}) == (
        ("access", "unknown"),
    )
