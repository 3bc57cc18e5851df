"""Profiles that ask about a road file: what they open, what they leave alone, what they note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.osm.examining import OPENED, NotingProfile, OpenProfile, noted
from palveluverkko.osm.profile import CarProfile

PLAIN = CarProfile(season="winter")
OPEN = OpenProfile.of(PLAIN)
NOTING = NotingProfile.of(PLAIN)

TAGS = st.fixed_dictionaries(
    {"highway": st.sampled_from(["primary", "residential", "service", "track", "pedestrian", "footway", "busway"])},
    optional={
        key: st.sampled_from(["yes", "no", "private", "destination", "emergency", "nonsense", "permissive"])
        for key in ("access", "vehicle", "motor_vehicle", "motorcar", "motor_vehicle:forward", "access:backward")
    }
    | {"oneway": st.sampled_from(["yes", "-1", "no"]), "maxspeed": st.sampled_from(["50", "fast", "80;60", "signals"])},
)


def test_the_profiles_ask_with_the_tables_of_the_plain_one():
    assert OPEN.season == PLAIN.season
    assert OpenProfile.of(CarProfile(access_speed_kmh=7)).access_speed_kmh == 7


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "residential", "motor_vehicle": "no"},
        {"highway": "residential", "access": "no", "oneway": "yes"},
        {"highway": "service", "access": "private"},
        {"highway": "residential", "motor_vehicle:forward": "no"},
    ],
)
def test_a_way_that_tags_close_is_opened_and_marked(tags):
    road = OPEN.road(tags)
    assert road.road_class == tags["highway"] + OPENED
    assert not road.local_access
    assert road.forward_kmh > 0


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "pedestrian"},
        {"highway": "pedestrian", "motor_vehicle": "destination"},
        {"highway": "footway", "access": "no"},
        {"route": "ferry", "motor_vehicle": "no"},
        {"highway": "residential"},
        {"highway": "residential", "oneway": "yes", "access": "permissive"},
    ],
)
def test_other_ways_mean_what_they_mean_to_the_plain_profile(tags):
    assert OPEN.road(tags) == PLAIN.road(tags)


@given(TAGS)
def test_ignoring_access_tags_never_closes_slows_or_turns_a_way(tags):
    plain, opened = PLAIN.road(tags), OPEN.road(tags)
    if plain is not None:
        assert opened is not None
        assert opened.forward_kmh >= plain.forward_kmh
        assert opened.backward_kmh >= plain.backward_kmh
        assert opened.local_access <= plain.local_access


@given(TAGS)
def test_notes_are_the_tags_that_cannot_be_read(tags):
    plain, noting = PLAIN.road(tags), NOTING.road(tags)
    assert (plain is None) == (noting is None)
    if plain is not None:
        assert noted(noting.speed_source) == (plain.speed_source, PLAIN.rejected_tags(tags))
        assert {text for key, text in PLAIN.rejected_tags(tags) if key == "maxspeed"} == set(
            PLAIN.rejected_speeds(tags)
        )
