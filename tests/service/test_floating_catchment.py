"""Capacity within reach per head, against the formulas written out."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from tables_of_times import places_of, points_of, travel_time_table

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.service.floating_catchment import capacity_by_area, floating_catchment

ONE = LevelScheme("One level", (Level("L", {"en": "Local"}),))
MINUTE = 60_000


@st.composite
def towns(draw):
    """Draw minutes, people and capacities, with gaps, empty places and points without capacity."""
    points, places = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    time = st.sampled_from([5, 10, 10.5, 20, 30, 30.5, None])
    times = draw(st.lists(st.lists(time, min_size=places, max_size=places), min_size=points, max_size=points))
    people = draw(st.lists(st.integers(0, 9), min_size=places, max_size=places))
    capacity = draw(st.lists(st.integers(0, 4), min_size=points, max_size=points))
    return times, people, capacity


def table_of(times, people, capacity):
    milliseconds = [[UNREACHED if one is None else round(one * MINUTE) for one in row] for row in times]
    return travel_time_table(milliseconds, points_of(["L"] * len(times), capacity=capacity), places_of(people))


def by_hand(times, people, capacity, weight):
    """Luo and Wang's two steps, pair by pair: capacity over those who come, then summed where one can go."""
    ratio = []
    for row, own in zip(times, capacity, strict=True):
        asking = sum(weight(time) * heads for time, heads in zip(row, people, strict=True))
        ratio.append(own / asking if asking else 0.0)
    return [
        1000 * sum(weight(row[place]) * one for row, one in zip(times, ratio, strict=True))
        for place in range(len(people))
    ]


def test_two_steps_worked_out_by_hand():
    """Worked from the formulas of Luo and Wang (2003, doi:10.1068/b29120): R_j = S_j / sum P_k, A_i = sum R_j.

    Step 1. Point 1 has 1 physician, and 5 + 3 residents within 30 minutes: R_1 = 1/8. Point 2 has 1, and 3 + 1: 1/4.
    Step 2. The first place goes to point 1 alone, A = 1/8; the second to both, 1/8 + 1/4 = 3/8; the third to point 2.
    """
    times = [[10, 10, None], [None, 10, 10]]
    table = table_of(times, [5, 3, 1], [1, 1])
    found = floating_catchment(table, method="2sfca", minutes=30, scheme=ONE)
    assert found["capacity_L"].tolist() == pytest.approx([1000 / 8, 3000 / 8, 1000 / 4])


def test_the_enhanced_steps_worked_out_by_hand():
    """Worked from Luo and Qi (2009, doi:10.1016/j.healthplace.2009.06.002), whose slower weights are 1, 0.68, 0.22.

    Step 1. Point 1 has 4, within 10 minutes 100 people, within 20 another 50, within 30 another 200:
    R_1 = 4 / (100 + 0.68 * 50 + 0.22 * 200) = 4/178. Point 2 has 6: R_2 = 6 / (0.22 * 50 + 200) = 6/211.
    Step 2. A_1 = R_1; A_2 = 0.68 R_1 + 0.22 R_2; A_3 = 0.22 R_1 + R_2.
    """
    table = table_of([[5, 15, 25], [None, 25, 5]], [100, 50, 200], [4, 6])
    found = floating_catchment(table, method="e2sfca", minutes=30, scheme=ONE)["capacity_L"] / 1000
    first, second = 4 / 178, 6 / 211
    assert found.tolist() == pytest.approx([first, 0.68 * first + 0.22 * second, 0.22 * first + second])


def test_a_published_example_with_its_own_weights_comes_out_as_printed():
    """The quickstart of the package sdc-catchment, an independent implementation, as seen on 2026-11-30.

    Three places of 100 people at 0, 1 and 2 on a line, two points of 10 at its ends, weights exp(-d^2 / 2). It prints
    0.065179, 0.069641 and 0.065179.
    """
    table = table_of([[5, 15, 25], [25, 15, 5]], [100, 100, 100], [10, 10])
    weights = {10: 1.0, 20: np.exp(-0.5), 30: np.exp(-2.0)}
    found = floating_catchment(table, weights=weights, scheme=ONE)["capacity_L"] / 1000
    assert found.round(6).tolist() == [0.065179, 0.069641, 0.065179]


@settings(deadline=None, max_examples=60)
@given(towns())
def test_two_steps_equal_the_formula_written_out(town):
    found = floating_catchment(table_of(*town), method="2sfca", minutes=30, scheme=ONE)
    expected = by_hand(*town, lambda time: float(time is not None and time <= 30))
    assert found["capacity_L"].tolist() == pytest.approx(expected)
    assert found.index.name == "place_id"


@settings(deadline=None, max_examples=60)
@given(towns())
def test_the_near_count_more_in_the_enhanced_method(town):
    def weight(time):
        return 0.0 if time is None or time > 30 else 1.0 if time <= 10 else 0.68 if time <= 20 else 0.22

    table = table_of(*town)
    expected = by_hand(*town, weight)
    assert floating_catchment(table, minutes=30, scheme=ONE)["capacity_L"].tolist() == pytest.approx(expected)
    named = floating_catchment(table, weights={30: 0.22, 10: 1, 20: 0.68}, scheme=ONE)
    assert named["capacity_L"].tolist() == pytest.approx(expected)


@settings(deadline=None, max_examples=40)
@given(towns())
def test_all_capacity_that_somebody_can_reach_is_shared_out_and_no_more(town):
    times, people, capacity = town
    found = floating_catchment(table_of(*town), minutes=30, scheme=ONE)["capacity_L"].to_numpy() / 1000
    reached = [
        own
        for row, own in zip(times, capacity, strict=True)
        if any(time is not None and time <= 30 and heads for time, heads in zip(row, people, strict=True))
    ]
    assert (found * np.asarray(people)).sum() == pytest.approx(sum(reached))


def test_rational_people_go_on_until_another_queue_would_cost_them_as_much():
    # A hundred people beside one point, the other of the same capacity 30 minutes away, tau 60: with x people at the
    # near one, x / 50 there equals 0.5 + (100 - x) / 50 at the far one at x = 62.5, a cost of 1.25 each.
    table = table_of([[0], [30]], [100], [1, 1])
    found = floating_catchment(table, method="raam", minutes=60, scheme=ONE)
    assert found["raam_L"].tolist() == pytest.approx([1.25], abs=0.01)


def test_rational_people_of_two_places_worked_out_by_hand():
    """Worked from Saxon and Snow (doi:10.1080/24694452.2019.1629870): cost = travel / tau + queue / mean queue.

    90 people live at point 1 of capacity 2, 30 at point 2 of capacity 1, 30 minutes apart; the mean queue: 120/3 = 40.
    Tau 120: travel between them costs 0.25. At home 90/2/40 = 1.125 and 30/1/40 = 0.75, so x of the first go over until
    (90 - x)/80 = 0.25 + (30 + x)/40: x = 10/3. All of the first pay 13/12, the second 5/6.
    Tau 60: the way over costs 0.5 and 0.75 in the queue, more than 1.125: everybody stays.
    """
    table = table_of([[0, 30], [30, 0]], [90, 30], [2, 1])
    costs = {tau: floating_catchment(table, method="raam", minutes=tau, scheme=ONE)["raam_L"] for tau in (120, 60)}
    assert costs[120].tolist() == pytest.approx([13 / 12, 5 / 6], abs=1 / 40)  # people go over whole
    assert costs[60].tolist() == pytest.approx([1.125, 0.75])


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_rational_people_pay_what_they_do_where_nobody_gains_by_moving(data):
    """The balance itself, without the method's way to it: the least of travel and half the queues (Beckmann 1956).

    The method stops after 150 rounds, in the last of which at most 0.2 / 2 ** (149 / 50) of each place's people move.
    """
    points, places = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    minute = st.lists(st.integers(0, 60), min_size=places, max_size=places)
    times = data.draw(st.lists(minute, min_size=points, max_size=points))
    people = data.draw(st.lists(st.integers(200, 2000), min_size=places, max_size=places))
    capacity = data.draw(st.lists(st.integers(1, 5), min_size=points, max_size=points))
    found = floating_catchment(table_of(times, people, capacity), method="raam", minutes=60, scheme=ONE)
    heads, travel = np.asarray(people, dtype=float), np.asarray(times).T / 60
    served = np.asarray(capacity) * heads.sum() / sum(capacity)

    def to_pay(going):
        queue = going.reshape(travel.shape).sum(axis=0)
        return ((going.reshape(travel.shape) * travel).sum() + (queue**2 / served).sum() / 2) / heads.sum()

    def gradient(going):
        return (travel + going.reshape(travel.shape).sum(axis=0) / served).ravel() / heads.sum()

    balance = minimize(
        to_pay,
        np.repeat(heads / points, points),
        jac=gradient,
        bounds=[(0, own) for own in heads for _ in range(points)],
        constraints={"type": "eq", "fun": lambda going: (going.reshape(travel.shape).sum(axis=1) - heads) / heads},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert balance.success
    paid = (travel + balance.x.reshape(travel.shape).sum(axis=0) / served).min(axis=1)
    last_move = 0.2 / 2 ** (149 / 50) * heads.sum() / served.min()
    assert found["raam_L"].tolist() == pytest.approx(paid.tolist(), abs=last_move)


def test_rational_people_who_reach_nothing_or_are_nobody_have_no_cost():
    table = table_of([[5, None, 5]], [3, 4, 0], [1])
    found = floating_catchment(table, method="raam", minutes=30, scheme=ONE)["raam_L"]
    assert found.notna().tolist() == [True, False, False]


def test_a_farther_level_is_served_by_its_own_points_only_and_closed_ones_serve_nobody():
    times = [[5, 5], [5, 5], [5, 5]]
    milliseconds = (np.asarray(times) * MINUTE).astype(np.int32)
    points = points_of(["L", "A", "L"], capacity=[1, 2, 4])
    points["open"] = [True, True, False]
    table = travel_time_table(milliseconds, points, places_of([500, 500]))
    found = floating_catchment(table, method="2sfca")
    assert found.columns.tolist() == ["capacity_L", "capacity_A", "capacity_E"]
    assert found.iloc[0].tolist() == pytest.approx([3, 2, 0])


def test_what_cannot_be_shared_out_is_refused():
    table = table_of([[5]], [1], [1])
    with pytest.raises(StudyError, match="2sfca, e2sfca, raam"):
        floating_catchment(table, method="3sfca", scheme=ONE)
    with pytest.raises(StudyError, match="more than 0"):
        floating_catchment(table, minutes=0, scheme=ONE)
    with pytest.raises(StudyError, match="weights"):
        floating_catchment(table, weights={10: 0}, scheme=ONE)
    with pytest.raises(TableError, match="budget_minutes=200"):
        floating_catchment(table, minutes=200, scheme=ONE)
    with pytest.raises(TableError, match="no column 'beds'"):
        floating_catchment(table, capacity="beds", scheme=ONE)
    for wrong, message in ((np.nan, "have no capacity"), (-1, "below 0")):
        with pytest.raises(TableError, match=f"{message}.*'P0'"):
            floating_catchment(table_of([[5]], [1], [wrong]), scheme=ONE)


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "access.fca", None)
    with pytest.raises(StudyError, match=r"palveluverkko\[access\]"):
        floating_catchment(table_of([[5]], [1], [1]), scheme=ONE)


@settings(deadline=None, max_examples=40)
@given(towns())
def test_the_mean_over_all_people_is_all_capacity_that_somebody_can_reach(town):
    times, people, capacity = town
    table = table_of(*town)
    found = floating_catchment(table, method="2sfca", minutes=30, scheme=ONE)
    frame = table.places.assign(side=["a", "b", "a", "b", "a"][: len(people)])
    rows = capacity_by_area(found, frame, "side")
    whole, parts = rows.iloc[0], rows.iloc[1:]
    reach = [
        [time is not None and time <= 30 and heads > 0 for time, heads in zip(row, people, strict=True)]
        for row in times
    ]
    used = sum(own for own, row in zip(capacity, reach, strict=True) if any(row))
    if sum(people):
        assert whole["capacity_L"] * sum(people) / 1000 == pytest.approx(used)
    assert parts["without_L"].sum() == whole["without_L"]
    assert whole["without_L"] == sum(
        heads
        for at, heads in enumerate(people)
        if not any(row[at] and own for row, own in zip(reach, capacity, strict=True))
    )
