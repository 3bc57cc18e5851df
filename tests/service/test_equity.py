"""How unevenly travel times fall on people."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import places_of, points_of, tables, travel_time_table

from palveluverkko.domain.errors import TableError
from palveluverkko.service.equity import concentration, equity, gini, palma
from palveluverkko.service.levels import classify

MINUTES = (10, 30, 60)
PEOPLE = st.lists(st.tuples(st.floats(0.1, 180), st.integers(0, 6)), min_size=1, max_size=8).filter(
    lambda rows: sum(heads for _, heads in rows)
)


def one_by_one(rows):
    """Everybody's time, person by person."""
    return np.asarray([time for time, heads in rows for _ in range(heads)])


def columns(rows):
    return tuple(np.asarray(column, dtype=float) for column in zip(*rows, strict=True))


def test_gini_and_palma_of_a_population_counted_by_hand():
    # Ten people who travel 1, 2 ... 10 minutes: sum of |a - b| over ordered pairs is 330, so 330 / (2 · 100 · 5.5).
    time, heads = np.arange(1.0, 11.0), np.ones(10)
    assert gini(time, heads) == pytest.approx(0.3)
    # The last one bears 10 minutes, the first four 1 + 2 + 3 + 4.
    assert palma(time, heads) == pytest.approx(1.0)


@settings(deadline=None)
@given(PEOPLE)
def test_gini_is_half_the_mean_difference_of_two_people_over_the_mean(rows):
    people = one_by_one(rows)
    expected = np.abs(people[:, None] - people).mean() / (2 * people.mean())
    assert gini(*columns(rows)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(PEOPLE)
def test_palma_compares_the_last_tenth_with_the_first_four(rows):
    people = np.sort(np.repeat(one_by_one(rows), 10))
    tenth = len(people) // 10
    expected = people[-tenth:].sum() / people[: 4 * tenth].sum()
    assert palma(*columns(rows)) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None)
@given(PEOPLE, st.floats(0.5, 3))
def test_equity_asks_for_shares_not_for_minutes_and_never_for_the_order_of_places(rows, factor):
    time, heads = columns(rows)
    need = np.arange(len(rows)) % 3.0
    turned = np.arange(len(rows))[::-1]
    for measure in (gini, palma):
        assert measure(time * factor, heads) == pytest.approx(measure(time, heads), rel=1e-9, abs=1e-9)
        assert measure(time[turned], heads[turned]) == pytest.approx(measure(time, heads), rel=1e-9, abs=1e-9)
    own = concentration(time, heads, need)
    assert concentration(time[turned], heads[turned], need[turned]) == pytest.approx(own, abs=1e-9)
    assert concentration(time, heads, -need) == pytest.approx(-own, abs=1e-9)
    assert concentration(time, heads, np.zeros(len(rows))) == pytest.approx(0, abs=1e-9)


def test_equal_times_are_equal_and_nobody_has_no_figures():
    assert gini(np.full(3, 20.0), np.ones(3)) == pytest.approx(0, abs=1e-12)
    assert palma(np.full(3, 20.0), np.ones(3)) == pytest.approx(0.25)
    nobody = np.zeros(2)
    assert all(math.isnan(measure(np.ones(2), nobody)) for measure in (gini, palma))
    assert math.isinf(palma(np.asarray([0.0, 10.0]), np.asarray([5.0, 5.0])))


def test_long_journeys_of_those_in_need_are_a_positive_concentration():
    time, heads = np.asarray([10.0, 30.0]), np.ones(2)
    # Ranks 1/4 and 3/4: 2 · ((-1/4)(-10) + (1/4)(10)) / (2 · 20).
    assert concentration(time, heads, np.asarray([1.0, 2.0])) == pytest.approx(0.25)
    assert concentration(time, heads, np.asarray([2.0, 1.0])) == pytest.approx(-0.25)


@settings(deadline=None, max_examples=20)
@given(tables())
def test_everybody_is_reached_or_not_in_each_area_and_group(table):
    levels = classify(table, minutes=MINUTES)
    found = equity(levels, "kunta_code", name_column="kunta", need="age_75_")
    whole = found[found["area"] == ""].set_index(["level", "group"])
    parts = found[found["area"] != ""].groupby(["level", "group"])[["reached", "unreached"]].sum()
    for key, row in whole.iterrows():
        assert tuple(parts.loc[key]) == (row["reached"], row["unreached"])
        heads = table.places[key[1]].clip(lower=0).sum()
        assert row["reached"] + row["unreached"] == heads
        if row["reached"]:
            assert row["worst_tenth"] >= row["mean"] - 1e-9
            assert row["worst_tenth"] >= row["worst_tenth_from"] - 1e-9
            assert 0 <= row["gini"] < 1


def test_a_need_that_is_no_number_or_not_there_is_refused():
    table = travel_time_table([[60_000, 120_000]], points_of(["L"]), places_of([1, 2], kind=["x", "y"]))
    levels = classify(table, minutes=MINUTES)
    with pytest.raises(TableError, match="holds text"):
        equity(levels, need="kind")
    with pytest.raises(TableError, match="no column 'poverty'"):
        equity(levels, need="poverty")
