"""People by band and area, means that do not hide the worst-off."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import SCHEME, places_of, points_of, tables, travel_time_table

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.service.levels import classify
from palveluverkko.service.people import OUTSIDE, counts, groups, weighted_mean, weighted_percentile

MINUTES = (10, 30, 60)
TIMES = st.lists(
    st.tuples(st.sampled_from([1.0, 2.5, 30.0, math.nan]) | st.floats(0, 100), st.integers(0, 20)),
    min_size=1,
    max_size=12,
)


def frame_of(times, population, **columns):
    """Places with the given minutes to the nearest level."""
    return pd.DataFrame(
        {"time_L": times, "population": population, **columns}, index=[f"X{i}" for i in range(len(times))]
    )


@settings(deadline=None, max_examples=20)
@given(tables())
def test_people_sum_to_the_total_in_every_area_and_level(table):
    levels = classify(table, minutes=MINUTES)
    by_band = levels.by_area("kunta_code", name_column="kunta")
    for group in ("population", "age_75_"):
        heads = table.places[group].clip(lower=0)
        for (area, _), own in by_band.groupby(["area", "level"]):
            members = table.places["kunta_code"] == area if area else heads >= 0
            assert own[group].sum() == heads[members].sum()
            assert own[["from_min", "to_min"]].fillna(math.inf).to_numpy().tolist() == [
                [0, 10], [10, 30], [30, 60], [60, math.inf]
            ]  # fmt: skip
    assert set(by_band["area"]) == {"", *table.places["kunta_code"]}
    whole = by_band[by_band["area"] == ""].drop(columns=["area", "area_name"]).reset_index(drop=True)
    parts = (
        by_band[by_band["area"] != ""].groupby(["level", "from_min"], sort=False, as_index=False)["population"].sum()
    )
    assert parts["population"].tolist() == whole["population"].tolist()


@settings(deadline=None, max_examples=20)
@given(tables())
def test_people_within_a_threshold_never_grow_from_a_nearer_to_a_farther_level(table):
    by_band = classify(table, minutes=MINUTES).by_area()
    within = by_band[by_band["to_min"].notna()].assign(
        within=lambda rows: rows.groupby("level", sort=False)["population"].cumsum()
    )
    near, middle, far = (within[within["level"] == code]["within"].to_numpy() for code in SCHEME.codes)
    assert (near >= middle).all()
    assert (middle >= far).all()


@settings(deadline=None, max_examples=20)
@given(tables())
def test_the_summary_equals_a_count_person_by_person(table):
    levels = classify(table, minutes=MINUTES)
    heads = table.places["population"].clip(lower=0).astype(int)
    for row in levels.summary().itertuples():
        time = levels.frame[f"time_{row.level}"]
        people = [minutes for minutes, count in zip(time, heads, strict=True) for _ in range(count)]
        reached = [one for one in people if not math.isnan(one)]
        assert (row.population, row.reached, row.unreached) == (len(people), len(reached), len(people) - len(reached))
        assert row.mean == pytest.approx(np.mean(reached) if reached else math.nan, nan_ok=True)
        # Somebody lives where the count is hidden.
        inhabited = time[(table.places["population"] != 0).to_numpy() & time.notna().to_numpy()]
        assert row.worst == pytest.approx(inhabited.max(), nan_ok=True)
        if len(inhabited):
            assert time[row.worst_place] == row.worst
            assert table.places["population"][row.worst_place] != 0
        else:
            assert pd.isna(row.worst_place)
        for limit in MINUTES:
            assert getattr(row, f"beyond_{limit}") == sum(not one <= limit for one in people)


def test_the_worst_place_carries_its_name():
    places = places_of([5, 5, 0], name=["Inari", "Utsjoki", "Nuorgam"])
    summary = classify(travel_time_table([[1, 2, 3]], points_of(["E"]), places), minutes=MINUTES).summary()
    assert summary["worst_name"].tolist() == ["Utsjoki"] * 3
    assert summary["worst_place"].tolist() == ["X1"] * 3


@settings(deadline=None, max_examples=150)
@given(TIMES, st.sampled_from([0.1, 0.25, 0.5, 0.9, 0.95, 1.0]))
def test_weighted_percentile_equals_the_definition_person_by_person(drawn, share):
    time, heads = (np.asarray(one, dtype=float) for one in zip(*drawn, strict=True))
    people = sorted(math.inf if math.isnan(t) else t for t, count in drawn for _ in range(count))
    found = weighted_percentile(time, heads, share)
    if not people:
        assert math.isnan(found)
        return
    # The shortest time within which at least that share of the people live.
    expected = next(t for t in people if sum(one <= t for one in people) >= share * len(people) - 1e-9)
    assert found == expected or (math.isnan(found) and expected == math.inf)


@settings(deadline=None, max_examples=50)
@given(TIMES)
def test_weighted_mean_equals_the_mean_over_people_reached(drawn):
    time, heads = (np.asarray(one, dtype=float) for one in zip(*drawn, strict=True))
    people = [t for t, count in drawn for _ in range(count) if not math.isnan(t)]
    expected = np.mean(people) if people else math.nan
    assert weighted_mean(time, heads) == pytest.approx(expected, nan_ok=True)


def test_suppressed_counts_and_gaps_are_nobody():
    frame = frame_of([1.0, 2.0, 3.0], [-1, np.nan, 7])
    assert counts(frame).tolist() == [0, 0, 7]


def test_groups_are_population_first_and_the_ages():
    assert groups(pd.DataFrame(columns=["age_75_", "kunta", "population", "age_0_14"])) == (
        "population",
        "age_75_",
        "age_0_14",
    )


def test_a_group_that_the_places_do_not_count_is_named_with_those_they_do():
    with pytest.raises(TableError, match=r"no column 'age_75_'.*population"):
        counts(frame_of([1.0], [1]), "age_75_")


def test_people_outside_every_area_are_in_the_whole_and_in_a_row_of_their_own():
    places = places_of([3, 4], kunta_code=["005", None])
    levels = classify(travel_time_table([[1, UNREACHED]], points_of(["L"]), places), minutes=MINUTES)
    sums = levels.by_area("kunta_code").query("level == 'L'").groupby("area")["population"].sum()
    assert sums.to_dict() == {"": 7, "005": 3, OUTSIDE: 4}
