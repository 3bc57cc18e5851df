"""What a scenario does to people: a hand-computed example and the laws of changing and changing back."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import SCHEME, places_of, points_of, tables, travel_time_table

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.planning import Scenario
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.planning.impact import apply_scenario, impact
from palveluverkko.service.levels import classify

MINUTE = 60_000


@st.composite
def scenarios(draw, table):
    ids = list(table.points.index)
    close = draw(st.lists(st.sampled_from(ids), unique=True))
    rest = [one for one in ids if one not in close]
    opened = draw(st.lists(st.sampled_from(rest), unique=True)) if rest else []
    change = [(one, draw(st.sampled_from(SCHEME.codes))) for one in draw(st.lists(st.sampled_from(ids), unique=True))]
    return Scenario("drawn", tuple(close), tuple(opened), tuple(change))


def inverse(points, scenario):
    was_open = {one for one in (*scenario.close, *scenario.open) if points.loc[one, "open"]}
    touched = {*scenario.close, *scenario.open}
    levels = tuple((one, points.loc[one, "level"]) for one, _ in scenario.change_level)
    return Scenario("back", tuple(sorted(touched - was_open)), tuple(sorted(was_open)), levels)


@settings(deadline=None, max_examples=20)
@given(tables(), st.data())
def test_a_scenario_followed_by_its_inverse_is_the_base(table, data):
    scenario = data.draw(scenarios(table))
    changed = apply_scenario(table.points, scenario)
    back = apply_scenario(changed, inverse(table.points, scenario))
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(table.points))
    pd.testing.assert_frame_equal(classify(table, back).frame, classify(table).frame)


@settings(deadline=None, max_examples=20)
@given(tables(), st.data())
def test_closing_lengthens_or_leaves_and_opening_shortens_or_leaves_each_place(table, data):
    ids = list(table.points.index)
    chosen = tuple(data.draw(st.lists(st.sampled_from(ids), unique=True)))
    closing = impact(table, table.points, table.places, Scenario("close", close=chosen))
    opening = impact(table, table.points, table.places, Scenario("open", open=chosen))
    for code in SCHEME.codes:
        assert (closing.by_place()[f"extra_{code}"] >= 0).all()
        assert (opening.by_place()[f"extra_{code}"] <= 0).all()
    assert (closing.summary()["people_gained"] == 0).all()
    assert (opening.summary()[["people_affected", "people_cut_off"]] == 0).all(axis=None)


@settings(deadline=None, max_examples=20)
@given(tables(), st.data())
def test_the_summary_counts_people_by_the_sign_of_their_change(table, data):
    result = impact(table, table.points, table.places, data.draw(scenarios(table)))
    heads = table.places["population"].clip(lower=0)
    places = result.by_place()
    for row in result.summary().itertuples():
        extra = places[f"extra_{row.level}"]
        assert row.people_affected == heads[extra > 0].sum()
        assert row.people_gained == heads[extra < 0].sum()
        assert row.people_cut_off == heads[extra == math.inf].sum()
        longer = extra[(extra > 0) & (extra < math.inf) & (heads > 0)]
        assert row.extra_minutes_worst == pytest.approx(longer.max() if len(longer) else math.nan, nan_ok=True)


def test_a_scenario_that_changes_nothing_has_no_effect():
    table = travel_time_table([[MINUTE, UNREACHED]], points_of(["E"]))
    result = impact(table, table.points, table.places, Scenario("nothing"))
    assert (result.by_place()[["extra_L", "extra_A", "extra_E"]] == 0).all(axis=None)
    assert (result.summary()[["people_affected", "people_gained", "people_cut_off"]] == 0).all(axis=None)


def village():
    """Four villages, a health station P0 (L), a town P1 (E) and a candidate P2 (L), in minutes of travel."""
    minutes = [[5, 10, 20, 30], [40, 30, 25, math.inf], [50, 60, 5, math.inf]]
    times = [[UNREACHED if one == math.inf else one * MINUTE for one in row] for row in minutes]
    places = places_of([10, 20, 30, 40], name=["Posio", "Ranua", "Kolari", "Utsjoki"])
    return travel_time_table(times, points_of(["L", "E", "L"], open=[True, True, False]), places)


def test_closing_the_station_equals_the_sums_by_hand():
    table = village()
    result = impact(table, table.points, table.places, Scenario("No station", close=["P0"]))
    local, regional, special = result.summary().itertuples()
    # Posio 5 -> 40, Ranua 10 -> 30, Kolari 20 -> 25, Utsjoki cut off: 35, 20 and 5 minutes for 10, 20 and 30 people.
    assert local.scenario == "No station"
    assert (local.people_affected, local.people_cut_off, local.people_gained) == (100, 40, 0)
    assert local.extra_minutes_mean == pytest.approx((10 * 35 + 20 * 20 + 30 * 5) / 60)
    assert local.extra_minutes_p90 == 35
    assert (local.extra_minutes_worst, local.worst_place, local.worst_name) == (35, "X0", "Posio")
    for other in (regional, special):
        assert (other.people_affected, other.people_cut_off, other.people_gained) == (0, 0, 0)
        assert math.isnan(other.extra_minutes_mean)
        assert pd.isna(other.worst_place)
        assert pd.isna(other.worst_name)


def test_by_place_shows_before_after_and_the_serving_points():
    table = village()
    places = impact(table, table.points, table.places, Scenario("No station", close=["P0"])).by_place()
    assert places["before_L"].tolist() == [5, 10, 20, 30]
    assert places["after_L"].tolist()[:3] == [40, 30, 25]
    assert places["extra_L"].tolist() == [35, 20, 5, math.inf]
    assert places["point_before_L"].tolist() == ["P0"] * 4
    assert places["point_after_L"].tolist()[:3] == ["P1"] * 3
    assert pd.isna(places.loc["X3", "point_after_L"])


def test_opening_the_candidate_gains_time_for_those_it_is_nearer_to():
    table = village()
    local, *_ = impact(table, table.points, table.places, Scenario("Open", open=["P2"])).summary().itertuples()
    assert (local.people_gained, local.people_affected) == (30, 0)


def test_a_point_of_a_higher_level_shortens_the_way_to_that_level():
    table = village()
    result = impact(table, table.points, table.places, Scenario("Station to A", change_level=[("P0", "A")]))
    local, regional, special = result.summary().itertuples()
    assert (local.people_gained, regional.people_gained, special.people_gained) == (0, 100, 0)
    assert result.by_place()["extra_A"].tolist() == [-35, -20, -5, -math.inf]


def test_the_population_of_the_places_given_is_counted():
    table = village()
    places = table.places.assign(population=[1.0, 1.0, 1.0, 1.0])
    local, *_ = impact(table, table.points, places, Scenario("Close", close=["P0"])).summary().itertuples()
    assert (local.people_affected, local.people_cut_off) == (4, 1)


def test_empty_places_are_not_the_worst():
    table = village()
    places = table.places.assign(population=[0.0, 20.0, 30.0, 40.0])
    local, *_ = impact(table, table.points, places, Scenario("Close", close=["P0"])).summary().itertuples()
    assert (local.extra_minutes_worst, local.worst_name) == (20, "Ranua")


@pytest.mark.parametrize("edits", [{"close": ["NOWHERE"]}, {"open": ["NOWHERE"]}, {"change_level": [("NOWHERE", "A")]}])
def test_a_point_that_does_not_exist_is_named(edits):
    table = village()
    with pytest.raises(StudyError, match=r"scenario 'Wrong' names 'NOWHERE'"):
        impact(table, table.points, table.places, Scenario("Wrong", **edits))


def test_a_level_that_does_not_exist_is_named():
    table = village()
    with pytest.raises(TableError, match=r"level 'Z' \('P0'\)"):
        impact(table, table.points, table.places, Scenario("Wrong", change_level=[("P0", "Z")]))


def test_places_of_other_travel_times_are_refused():
    table = village()
    with pytest.raises(StudyError, match="not those of the travel times"):
        impact(table, table.points, table.places.iloc[::-1], Scenario("Wrong"))


def test_the_points_stay_as_they_are():
    points = village().points
    before = points.copy()
    changed = apply_scenario(points.drop(columns="open"), Scenario("Close", close=["P0"]))
    assert changed["open"].tolist() == [False, True, True]
    apply_scenario(points, Scenario("Close", close=["P0"], change_level=[("P1", "L")]))
    pd.testing.assert_frame_equal(pd.DataFrame(points), pd.DataFrame(before))
