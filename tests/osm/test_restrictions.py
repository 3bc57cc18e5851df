"""What the tags and members of a restriction mean for a car."""

import pytest

from palveluverkko.osm.restrictions import TurnRule, read_turn_rules
from palveluverkko.osm.roads import Restriction

MEMBERS = (("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to"))


def read(*, members=MEMBERS, holds=lambda _condition: False, **tags):
    """Read one restriction; a key's colons are written as two underscores."""
    named = tuple((key.replace("__", ":"), value) for key, value in {"type": "restriction", **tags}.items())
    rules, left_out = read_turn_rules([Restriction(7, named, tuple(members))], holds=holds)
    assert len(rules) + len(left_out) == 1
    return rules[0] if rules else left_out[0][1]


def in_force(**given):
    return isinstance(read(**given), TurnRule)


@pytest.mark.parametrize("word", ["no", "only"])
@pytest.mark.parametrize("turn", ["left_turn", "right_turn", "straight_on", "u_turn"])
def test_every_kind_of_turn_is_read(word, turn):
    assert read(restriction=f"{word}_{turn}") == TurnRule(7, word == "only", turn, (1,), (2,), via_node=5)


def test_ways_over_ways_are_read_in_the_order_given_each_once():
    members = [("w", 1, "from"), ("w", 8, "via"), ("w", 9, "via"), ("w", 8, "via"), ("w", 2, "to"), ("w", 2, "to")]
    assert read(members=members, restriction="no_u_turn") == TurnRule(7, False, "u_turn", (1,), (2,), via_ways=(8, 9))


def test_an_entry_is_closed_to_several_ways_and_an_exit_from_several():
    assert read(members=[*MEMBERS, ("w", 3, "from")], restriction="no_entry").from_ways == (1, 3)
    assert read(members=[*MEMBERS, ("w", 3, "to")], restriction="no_exit").to_ways == (2, 3)


@pytest.mark.parametrize(
    "key", ["restriction", "restriction__vehicle", "restriction__motor_vehicle", "restriction__motorcar"]
)
def test_restrictions_of_cars_and_of_all_that_they_are_hold(key):
    assert in_force(**{key: "no_left_turn"})


@pytest.mark.parametrize("key", ["restriction__hgv", "restriction__bus", "restriction__bicycle", "restriction__psv"])
def test_restrictions_of_other_vehicles_do_not_hold(key):
    assert read(**{key: "no_left_turn"}) == "other_vehicles"


def test_a_type_that_names_another_vehicle_does_not_hold():
    assert read(type="restriction:hgv", restriction="no_left_turn") == "other_vehicles"
    assert in_force(type="restriction:motorcar", restriction="no_left_turn")


def test_the_most_special_vehicle_counts():
    assert read(restriction="no_left_turn", restriction__motorcar="only_straight_on").mandatory
    assert read(restriction="no_left_turn", restriction__motorcar="none") == "lifted"


@pytest.mark.parametrize("vehicles", ["motorcar", "motor_vehicle", "bicycle;motorcar", "psv; vehicle"])
def test_exempt_cars_are_free(vehicles):
    assert read(restriction="no_left_turn", **{"except": vehicles}) == "except"


@pytest.mark.parametrize("vehicles", ["bus", "taxi;bus", "bicycle", ""])
def test_exempt_others_change_nothing(vehicles):
    assert in_force(restriction="no_left_turn", **{"except": vehicles})


@pytest.mark.parametrize(("verdict", "expected"), [(True, True), (False, False), (None, False)])
def test_a_conditional_restriction_holds_while_its_condition_does(verdict, expected):
    asked = []

    def holds(condition):
        asked.append(condition)
        return verdict

    given = {"restriction__conditional": "no_left_turn @ (Mo-Fr 07:00-18:00)"}
    assert in_force(holds=holds, **given) is expected
    assert asked == ["mo-fr 07:00-18:00"]


def test_a_condition_may_lift_or_change_what_holds_otherwise():
    lifted = {"restriction": "no_left_turn", "restriction__conditional": "none @ (20:00-06:00)"}
    assert in_force(holds=lambda _: False, **lifted)
    assert read(holds=lambda _: True, **lifted) == "lifted"
    changed = {"restriction": "no_left_turn", "restriction__conditional": "only_straight_on @ (winter)"}
    assert read(holds=lambda _: True, **changed).turn == "straight_on"


def test_the_older_tags_for_times_are_read_as_a_condition():
    asked = []
    tags = {"day_on": "Mo", "day_off": "Fr", "hour_on": "7", "hour_off": "18:30"}
    assert read(restriction="no_left_turn", holds=lambda one: asked.append(one) or False, **tags) == "not_now"
    assert asked == ["mo-fr 07:00-18:30"]
    assert in_force(restriction="no_left_turn", holds=lambda _: True, **tags)
    assert read(restriction="no_left_turn", holds=lambda _: None, **tags) == "unread_times"
    assert read(restriction="no_left_turn", date_on="Jan 1", date_off="Mar 1") == "unread_dates"


@pytest.mark.parametrize("value", ["no_turn", "only_", "left_turn", "no_left_turn;no_u_turn", "give_way"])
def test_values_that_are_not_known_are_told(value):
    assert read(restriction=value) == f"unknown_value:{value}"


@pytest.mark.parametrize("role", ["from", "via", "to"])
def test_a_missing_member_is_told(role):
    members = [one for one in MEMBERS if one[2] != role]
    assert read(members=members, restriction="no_left_turn") == f"no_member:{role}"


def test_a_way_that_restricts_itself_is_told():
    members = [("w", 1, "from"), ("w", 1, "via"), ("w", 2, "to")]
    assert read(members=members, restriction="no_u_turn") == "restricts_itself"


def test_several_via_nodes_are_told():
    assert read(members=[*MEMBERS, ("n", 6, "via")], restriction="no_left_turn") == "several_via_nodes"


def test_members_in_other_roles_and_of_other_kinds_are_passed_over():
    members = [*MEMBERS, ("n", 9, "location_hint"), ("w", 9, ""), ("r", 9, "via")]
    assert read(members=members, restriction="no_left_turn") == read(restriction="no_left_turn")
