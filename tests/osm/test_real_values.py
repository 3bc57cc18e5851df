"""Values of tags as mappers wrote them in the shared extracts, each with what it was read to mean by hand.

The values are those of every key that the profile reads for limits, ground, access and direction, on ways with
``highway`` or ``route=ferry`` of Andorra, Djibouti, rural Finland, Helsinki, Liechtenstein, Porto and Tampere.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.travel import Season
from palveluverkko.osm.profile import CarProfile

SUMMER, WINTER = CarProfile(), CarProfile(season="winter")

# The speed driven at a limit, from docs/car-model.md: straight lines between the points of the table.
AT = {
    "5": 5, "10": 10, "20": 20, "25": 24.7, "30": 29.3, "40": 38.7, "50": 48, "58": 60, "60": 63, "70": 72, "80": 81,
    "90": 89, "93": 91.4, "100": 97, "110": 105, "120": 113,
}  # fmt: skip

# Key → meaning → texts. A meaning is forward and backward km/h of a secondary road, for surfaces with a limit of 80.
SPEEDS: dict[str, dict[tuple[float, float], list[str]]] = {
    "maxspeed": {(kmh, kmh): [limit] for limit, kmh in AT.items()}
    | {(48, 48): ["50", "80; 50"], (38.7, 38.7): ["40", "50; 40"], (65, 65): ["signals"]},
    "maxspeed:forward": {(AT[limit], 65): [limit] for limit in ("70", "40", "60", "80", "50", "90")},
    "maxspeed:backward": {(65, AT[limit]): [limit] for limit in ("90", "60", "40", "80", "20", "50", "70")},
    "maxspeed:lanes": {(113, 113): ["120|120|80", "120|100|60", "120|120|60"]},
    "maxspeed:type": {
        (65, 65): ["sign"],
        (48, 48): ["FI:urban", "LI:urban", "AD:urban"],
        (38.7, 38.7): ["FI:zone40"],
        (29.3, 29.3): ["FI:zone30"],
        (20, 20): ["FI:zone20"],
    },
    "source:maxspeed": {
        (65, 65): ["https://www.mapillary.com/map/im/EQxPSblSL_MwcC9RXcclQQ", "sign", "Bing", "traffic sign (zone)"],
        (38.7, 38.7): ["FI:zone40"],
        (29.3, 29.3): ["FL:zone:30"],
    },
    "zone:maxspeed": {(29.3, 29.3): ["30"]},
    "zone:traffic": {(48, 48): ["FI:urban"]},
    "maxspeed:variable": {(65, 65): ["yes"]},
    "surface": {
        (81, 81): [
            "asphalt", "paved", "concrete", "concrete:lanes", "concrete:plates", "tartan", "metal_grid",
            "paved;asphalt", "asphalt; paved", "cobbelstone:flattened",
        ],
        (70, 70): ["compacted", "fine_gravel"],
        (60, 60): [
            "gravel", "unpaved", "pebblestone", "metal", "paving_stones", "asphalt;unpaved", "asphalt;paving_stones",
            "paving_stones;asphalt",
        ],
        (40, 40): [
            "ground", "dirt", "Dirt", "grass", "grass_paver", "wood", "sett", "cobblestone", "cobblestone:flattened",
            "paved;cobblestone", "asphalt; cobblestone",
        ],
        (30, 30): ["unhewn_cobblestone"],
        (20, 20): ["earth", "stone", "rock", "solid_rock", "sand"],
        (10, 10): ["mud", "woodchips", "sawdust"],
    },
    "tracktype": {
        (70, 70): ["grade1"], (60, 60): ["grade2"], (40, 40): ["grade3"], (25, 25): ["grade4"], (20, 20): ["grade5"],
    },
    "smoothness": {
        (81, 81): ["excellent", "good"],
        (80, 80): ["intermediate"],
        (40, 40): ["bad"],
        (20, 20): ["very_bad"],
        (10, 10): ["horrible"],
        (5, 5): ["very_horrible"],
        (0, 0): ["impassable"],
    },
    "oneway": {(81, 0): ["yes", "1"], (0, 81): ["-1"], (81, 81): ["no"]},
    "oneway:motor_vehicle": {(81, 0): ["yes"]},
    "junction": {(81, 0): ["roundabout"], (81, 81): ["approach"]},
    "motor_vehicle:forward": {(81, 81): ["yes", "destination"], (0, 81): ["no"]},
    "motor_vehicle:backward": {(81, 81): ["yes", "destination"], (81, 0): ["no"]},
    "area": {(0, 0): ["yes"], (81, 81): ["no"]},
    "abandoned": {(0, 0): ["yes"]},
    "disused": {(81, 81): ["no"]},
    "ice_road": {(0, 0): ["yes"]},
    "winter_road": {(0, 0): ["yes"]},
    "seasonal": {(0, 0): ["winter"], (81, 81): ["spring;summer;autumn"]},
    "snowplowing": {(81, 81): ["yes", "heated", "irregular", "no"]},
    "winter_service": {(81, 81): ["yes", "no"]},
}  # fmt: skip

_THROUGH = ["yes", "permissive", "designated"]
ACCESS = {
    "access": {
        "through": [*_THROUGH, "official", "service", "conditional=yes @ (Mo-Fr 08:00-20:00)"],
        "local": ["private", "customers", "destination", "permit", "delivery", "agricultural", "forestry"],
        "none": ["no"],
    },
    "motor_vehicle": {
        "through": _THROUGH,
        "local": ["private", "destination", "permit", "delivery", "agricultural", "forestry"],
        "none": ["no", "bus"],
    },
    "motorcar": {"through": ["yes", "permissive"], "local": ["private", "destination", "agricultural"], "none": ["no"]},
    "vehicle": {"through": ["yes"], "local": ["private", "destination", "agricultural"], "none": ["no"]},
    "access:conditional": {
        "through": [
            "destination @ (06:30-08:30);destination @ (16:30-18:30)",
            "destination @ (06:30-08:30); destination @ (16:30-18:30)",
            'no @ 15.03. bis 15.09. Betretungsverbot Wiesenflächen Naturschutzgebietsverordnung "Bangser Ried"',
            "May-Sep Mo-Su 07:00-18:00; Oct-Apr off",
        ],
        "none": ["no @ (Mar 15 - Sep 15)", "no @ (mar 15-Sep 15)"],
    },
}

# Open in summer and closed in winter, or the other way round.
SEASONAL = {
    ("seasonal", "winter"): (False, True),
    ("seasonal", "spring;summer;autumn"): (True, False),
    ("winter_road", "yes"): (False, True),
    ("ice_road", "yes"): (False, True),
    ("snowplowing", "no"): (True, False),
    ("winter_service", "no"): (True, False),
    ("access:conditional", "no @ (Mar 15 - Sep 15)"): (False, True),
    ("snowplowing", "heated"): (True, True),
}

# Whole ways: forward and backward km/h in summer, then in winter.
WAYS = [
    ("highway=residential + maxspeed=50 + source:maxspeed=sign + surface=asphalt", (48, 48), (48, 48)),
    ("highway=residential + maxspeed=30 + maxspeed:type=FI:zone30 + surface=asphalt", (29.3, 29.3), (29.3, 29.3)),
    ("highway=unclassified + maxspeed=80 + source:maxspeed=sign + surface=asphalt", (81, 81), (79, 79)),
    ("highway=motorway + maxspeed=100 + maxspeed:variable=yes + oneway=yes + surface=asphalt", (97, 0), (93, 0)),
    ("highway=motorway + maxspeed:lanes=120|120|80 + oneway=yes + surface=asphalt", (113, 0), (102, 0)),
    ("highway=residential + maxspeed=50 + source:maxspeed=sign + surface=sett", (40, 40), (40, 40)),
    ("highway=residential + maxspeed=30 + maxspeed:type=FI:zone40 + surface=asphalt", (29.3, 29.3), (29.3, 29.3)),
    ("highway=primary + maxspeed:type=FI:urban + oneway=yes + surface=asphalt", (48, 0), (48, 0)),
    ("highway=secondary + maxspeed:backward=80 + maxspeed:forward=60 + surface=asphalt", (63, 81), (63, 79)),
    ("highway=residential + maxspeed=58 + oneway=yes + source:maxspeed=sign + surface=asphalt", (60, 0), (60, 0)),
    ("highway=residential + maxspeed=30 + maxspeed:type=FI:zone30 + surface=unpaved", (29.3, 29.3), (29.3, 29.3)),
    ("highway=residential + maxspeed=30 + surface=cobblestone + zone:traffic=FI:urban", (29.3, 29.3), (29.3, 29.3)),
    ("highway=unclassified + maxspeed=80 + oneway=no + surface=asphalt + tracktype=grade2", (81, 81), (79, 79)),
    ("highway=residential + maxspeed=80 + surface=asphalt + tracktype=grade3", (81, 81), (79, 79)),
    ("highway=unclassified + maxspeed=80 + maxspeed:type=sign + surface=gravel + tracktype=grade3", (60, 60), (60, 60)),
    ("highway=primary + maxspeed:backward=90 + maxspeed:forward=70 + maxspeed:type=sign", (72, 89), (71, 86)),
    ("highway=tertiary + motor_vehicle:backward=yes + motor_vehicle:forward=destination", (55, 55), (55, 55)),
    ("highway=track + maxspeed=40 + source:maxspeed=sign + surface=gravel", (38.7, 38.7), (38.7, 38.7)),
    ("highway=motorway_link + maxspeed:backward=50 + maxspeed:forward=90 + oneway=no", (89, 48), (86, 48)),
    ("highway=residential + maxspeed:type=AD:urban + surface=asphalt", (48, 48), (48, 48)),
    ("highway=service + maxspeed=20 + motor_vehicle:forward=no + oneway:motor_vehicle=yes", (0, 0), (0, 0)),
    ("highway=service + maxspeed=30 + motor_vehicle:backward=no + surface=cobblestone", (29.3, 0), (29.3, 0)),
    ("highway=primary + maxspeed=30 + maxspeed:backward=40 + surface=cobblestone", (29.3, 38.7), (29.3, 38.7)),
    ("highway=residential + maxspeed=30 + oneway=-1 + oneway:motor_vehicle=yes", (29.3, 0), (29.3, 0)),
    ("highway=track + access:conditional=no @ (mar 15-Sep 15) + tracktype=grade4", (0, 0), (12, 12)),
    ("highway=primary + maxspeed:backward=20 + maxspeed:forward=50 + surface=asphalt", (48, 20), (48, 20)),
    ("highway=motorway_link + maxspeed:backward=90 + maxspeed:forward=40 + oneway=no", (38.7, 89), (38.7, 86)),
    ("highway=residential + maxspeed:type=LI:urban + surface=asphalt", (48, 48), (48, 48)),
]  # fmt: skip

# Keys that the profile reads and this table leaves to test_profile.py: they decide no speed, direction or permission.
ELSEWHERE = {"highway", "route", "service", "motorroad", "tunnel", "duration", "interval", "ferry", "foot", "bicycle",
             "hgv", "goods", "motorcycle", "opening_hours"}  # fmt: skip

ROWS = [
    *((key, text, meaning) for key, table in SPEEDS.items() for meaning, texts in table.items() for text in texts),
    *((key, text, meaning) for key, table in ACCESS.items() for meaning, texts in table.items() for text in texts),
]


def tags_of(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(" + "))


def speeds(tags: dict[str, str], profile: CarProfile) -> tuple[float, float]:
    road = profile.road(tags)
    return (0, 0) if road is None else (round(road.forward_kmh, 1), round(road.backward_kmh, 1))


@pytest.mark.parametrize(("key", "text", "meaning"), ROWS)
def test_a_value_from_the_extracts_means_what_was_read_by_hand(key, text, meaning):
    limit = {} if "maxspeed" in key or key == "zone:traffic" else {"maxspeed": "80"}
    road = SUMMER.road({"highway": "secondary", **limit, key: text})
    if isinstance(meaning, str):
        assert ("none" if road is None else "local" if road.local_access else "through") == meaning
    else:
        assert speeds({"highway": "secondary", **limit, key: text}, SUMMER) == meaning
    assert SUMMER.rejected_speeds({key: text}) == ()


@pytest.mark.parametrize(("tag", "open_in"), SEASONAL.items())
def test_a_value_from_the_extracts_opens_a_road_in_its_season(tag, open_in):
    tags = {"highway": "secondary", tag[0]: tag[1]}
    assert tuple(profile.road(tags) is not None for profile in (SUMMER, WINTER)) == open_in


@pytest.mark.parametrize(("text", "summer", "winter"), WAYS)
def test_a_way_from_the_extracts_is_driven_as_read_by_hand(text, summer, winter):
    assert (speeds(tags_of(text), SUMMER), speeds(tags_of(text), WINTER)) == (summer, winter)


def test_the_table_is_long_enough_to_mean_something():
    assert len({(key, text) for key, text, _ in ROWS}) + len(WAYS) >= 200


# Nodes on roads: key → meaning → texts. A meaning is who passes and what stands there; access is that of a gate.
NODES: dict[str, dict[tuple[str, str], list[str]]] = {
    "barrier": {
        ("through", "{}"): [
            "gate", "lift_gate", "swing_gate", "bump_gate", "border_control", "cattle_grid", "curb", "kerb", "entrance",
            "height_restrictor", "toll_booth",
        ],
        ("local", "{}"): ["chain", "yes"],
        ("none", "{}"): ["block", "bollard", "cycle_barrier", "fence", "turnstile", "unknown"],
    },
    "access": {
        ("through", "gate"): ["yes", "permissive", "unknown", "conditional=yes @ (Mo-Fr 08:00-20:00, Sa 08:00-16:00)"],
        ("local", "gate"): ["customers", "delivery", "destination", "permit", "private"],
        ("none", "gate"): ["no"],
    },
    "motor_vehicle": {
        ("through", "gate"): ["yes", "permissive"],
        ("local", "gate"): ["customers", "permit", "private"],
        ("none", "gate"): ["no"],
    },
    "motorcar": {("through", "gate"): ["yes"], ("local", "gate"): ["private"], ("none", "gate"): ["no"]},
    "vehicle": {("none", "gate"): ["no"]},
    "crossing": {
        ("through", "crossing"): ["marked", "zebra", "Zebra", "uncontrolled", "island", "yes"],
        ("through", "pedestrian_signals"): ["traffic_signals", "island;traffic_signals", "traffic_signals;island"],
        ("", ""): ["unmarked", "no"],
    },
    "highway": {
        ("through", "{}"): [
            "traffic_signals", "stop", "give_way", "crossing", "mini_roundabout", "turning_circle", "turning_loop",
        ],
        ("", ""): [
            "bus_stop", "construction", "elevator", "emergency_bay", "motorway_junction", "passing_place", "proposed",
            "speed_camera", "street_lamp",
        ],
    },
    "railway": {
        ("through", "level_crossing"): ["level_crossing", "tram_level_crossing"],
        ("", ""): ["crossing", "signal", "subway_entrance", "tram_crossing", "tram_stop"],
    },
}  # fmt: skip
NODE_ROWS = [
    (key, value, meaning) for key, table in NODES.items() for meaning, texts in table.items() for value in texts
]
_STANDS_ON = {"crossing": {"highway": "crossing"}, "barrier": {}, "highway": {}, "railway": {}}


@pytest.mark.parametrize(("key", "value", "meaning"), NODE_ROWS)
def test_a_value_of_a_node_of_the_extracts_means_what_was_read_by_hand(key, value, meaning):
    spot = SUMMER.spot({**_STANDS_ON.get(key, {"barrier": "gate"}), key: value})
    told = ("", "") if spot is None else (spot.passage, spot.kind)
    assert told == (meaning[0], meaning[1].format(value))


def test_two_hundred_values_are_read_besides_the_ways():
    assert len({(key, value) for key, value, _ in (*ROWS, *NODE_ROWS)}) >= 200


@pytest.mark.shared
def test_no_value_of_the_extracts_is_left_out(shared_data):
    osmium = pytest.importorskip("osmium")
    known = {(key, text) for key, text, _ in ROWS}
    keys = SUMMER.relevant_keys - ELSEWHERE
    missing = set()
    for path in sorted((shared_data / "osm").glob("*.osm.pbf")):
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(
            osmium.filter.KeyFilter("highway", "route")
        ):
            if "highway" in way.tags or way.tags.get("route") == "ferry":
                missing |= {(tag.k, tag.v) for tag in way.tags if tag.k in keys} - known
    assert missing == set()


# --- no text is too odd

PARTS = ["80", "mph", "FI:", "zone", "@", "(", ")", ";", "|", ",", "winter", "none", " ", "\u0663", "\u00b2", "-1"]
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from([text for _, text, _ in ROWS]),
    st.lists(st.sampled_from(PARTS), max_size=8).map("".join),
)


@settings(deadline=None, max_examples=400)
@given(
    st.dictionaries(st.sampled_from(sorted(SUMMER.relevant_keys)), VALUES, max_size=8),
    st.sampled_from(["secondary", "track", "motorway", "cycleway", "service"]),
    st.sampled_from(Season),
)
def test_no_tags_crash_the_profile_and_every_speed_is_a_speed(tags, road_class, season):
    profile = WINTER if season == Season.WINTER else SUMMER
    road = profile.road({"highway": road_class, **tags})
    rejected = profile.rejected_tags({"highway": road_class, **tags})
    assert all(key in tags and isinstance(text, str) for key, text in rejected)
    assert set(profile.rejected_speeds(tags)) <= {text for _, text in rejected}
    if road is not None:
        pairs = [(road.forward_kmh, road.backward_kmh), road.built_up_kmh, road.abroad_kmh]
        for pair in filter(None, pairs):
            assert all(0 <= kmh < 200 for kmh in pair)
            assert [kmh > 0 for kmh in pair] == [road.forward_kmh > 0, road.backward_kmh > 0]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(SUMMER.relevant_keys - {"highway"})), VALUES)
def test_every_key_takes_every_text(key, text):
    for profile in (SUMMER, WINTER):
        profile.road({"highway": "tertiary", key: text})
        profile.rejected_tags({key: text})
