"""Sums of people by area, band and group, and their bounds, against sums person by person."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import SCHEME, places_of, points_of, tables, travel_time_table

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.people import Suppression, to_exact
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.service.levels import classify
from palveluverkko.service.people import heads

MINUTES = (10, 30, 60)
COUNTS = ("", "_low", "_high")


@settings(deadline=None, max_examples=25)
@given(tables())
def test_bands_and_unreached_sum_to_the_total_in_every_area_and_group_as_intervals_too(table):
    levels = classify(table, minutes=MINUTES)
    by_band, figures = levels.by_area("kunta_code"), levels.by_area_figures("kunta_code")
    for row in figures.itertuples():
        own = by_band[(by_band["area"] == row.area) & (by_band["level"] == row.level)]
        for end in COUNTS:
            assert own[f"{row.group}{end}"].sum() == getattr(row, f"population{end}")
            assert getattr(row, f"reached{end}") + getattr(row, f"unreached{end}") == getattr(row, f"population{end}")
        assert row.population <= row.population_low <= row.population_high


@settings(deadline=None, max_examples=25)
@given(tables())
def test_areas_sum_to_the_whole(table):
    figures = classify(table, minutes=MINUTES).by_area_figures("kunta_code")
    sums = [one for one in figures if one.startswith(("population", "reached", "unreached", "no_road", "beyond"))]
    for _, own in figures.groupby(["level", "group"]):
        whole, parts = own[own["area"] == ""], own[own["area"] != ""]
        for column in sums:
            assert parts[column].sum() == whole[column].iloc[0]


@settings(deadline=None, max_examples=25)
@given(tables(), st.randoms(use_true_random=False))
def test_the_classification_of_a_permuted_table_is_the_permuted_classification(table, random):
    order = list(range(len(table.places)))
    random.shuffle(order)
    shuffled = travel_time_table(table.milliseconds[:, order], table.points, table.places.iloc[order])
    before, after = (classify(one, minutes=MINUTES) for one in (table, shuffled))
    pd.testing.assert_frame_equal(after.frame, before.frame.iloc[order])
    pd.testing.assert_frame_equal(before.by_area("kunta_code"), after.by_area("kunta_code"))
    # Of places with equally long journeys the first in the table is named.
    figures = [one.by_area_figures("kunta_code").drop(columns=["worst_place", "worst_name"]) for one in (before, after)]
    pd.testing.assert_frame_equal(*figures, check_exact=False, rtol=1e-12)


@settings(deadline=None, max_examples=25)
@given(tables())
def test_the_people_of_a_nearer_level_are_nowhere_fewer_nor_later_as_intervals_too(table):
    figures = classify(table, minutes=MINUTES).by_area_figures("kunta_code").fillna({"worst_name": ""})
    late = [f"{one}{end}" for one in ("median", "p90") for end in COUNTS]
    lost = [f"{one}{end}" for one in ("unreached", "beyond_10", "beyond_30", "beyond_60") for end in COUNTS]
    for _, own in figures.groupby(["area", "group"]):
        nearer_first = own.set_index("level").loc[list(SCHEME.codes), [*late, *lost]]
        # Not reached is later than every time.
        rising = nearer_first.astype(float).fillna(math.inf).to_numpy()
        assert (rising[:-1] <= rising[1:]).all()


@settings(deadline=None, max_examples=25)
@given(tables(), st.data())
def test_opening_a_point_leaves_nobody_farther_as_intervals_too(table, data):
    closed = table.points
    if not closed["open"].all():
        one = data.draw(st.sampled_from(list(closed.index[~closed["open"]])))
        opened = closed.assign(open=closed["open"] | (closed.index == one))
        before, after = (
            classify(table, one, minutes=MINUTES).by_area_figures("kunta_code") for one in (closed, opened)
        )
        for name in (
            f"{one}{end}" for one in ("unreached", "beyond_10", "beyond_60", "median", "p90") for end in COUNTS
        ):
            assert (after[name].fillna(math.inf) <= before[name].fillna(math.inf)).all()


@settings(deadline=None, max_examples=25)
@given(tables(), st.data())
def test_opening_a_point_never_makes_a_class_worse(table, data):
    closed = table.points.copy()
    closed.loc[data.draw(st.sampled_from(list(closed.index))), "open"] = False
    before, after = (classify(table, points, minutes=MINUTES).frame for points in (closed, table.points))
    assert (after["service_class"] <= before["service_class"]).all()


@settings(deadline=None, max_examples=25)
@given(tables())
def test_the_code_names_the_bands_and_equal_codes_are_equal_classes(table):
    frame = classify(table, minutes=MINUTES).frame
    for row in frame.itertuples():
        bands = [getattr(row, f"band_{code}") for code in SCHEME.codes]
        numbers = [len(MINUTES) + 1 if math.isnan(one) else MINUTES.index(one) + 1 for one in bands]
        assert row.class_code == "-".join(f"{code}{at}" for code, at in zip(SCHEME.codes, numbers, strict=True))
        assert row.service_class == 1 + sum((at - 1) * 4**power for power, at in zip((2, 1, 0), numbers, strict=True))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([1, 7, 20, 45, UNREACHED]), st.sampled_from([-1, 0, 3])), min_size=1, max_size=5)
)
def test_the_bounds_of_all_figures_are_the_extremes_over_every_possible_hidden_count(drawn):
    times = np.asarray([[one if one == UNREACHED else one * 60_000 for one, _ in drawn]])
    population = [count for _, count in drawn]
    rule = Suppression(1, 3)
    hidden = [at for at, count in enumerate(population) if count < 0]
    every = []
    for guess in itertools.product((1, 2, 3), repeat=len(hidden)):
        possible = list(population)
        for at, count in zip(hidden, guess, strict=True):
            possible[at] = count
        table = travel_time_table(times, points_of(["L"]), places_of(possible))
        every.append(classify(table, minutes=MINUTES).summary().iloc[0])
    table = travel_time_table(times, points_of(["L"]), places_of(population))
    found = classify(table, minutes=MINUTES, suppression=rule).summary().iloc[0]
    for name in ("population", "reached", "unreached", "beyond_10", "beyond_30"):
        values = [one[name] for one in every]
        assert (found[f"{name}_low"], found[f"{name}_high"]) == (min(values), max(values))
    for name in ("median", "p90", "mean"):
        # Nobody reached, or too few, is later than every time; a mean of nobody is none.
        values = [one[name] for one in every]
        if name == "mean":
            assert found["mean_low"] == pytest.approx(min(values), nan_ok=True)
            assert found["mean_high"] == pytest.approx(max(values), nan_ok=True)
            continue
        late = [math.inf if math.isnan(one) else one for one in values]
        bounds = [math.inf if math.isnan(one) else one for one in (found[f"{name}_low"], found[f"{name}_high"])]
        assert bounds == [min(late), max(late)]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from([-1, 0, 1, 5, 9, 200]), st.sampled_from(["1", "2"]), st.booleans()
        ),
        min_size=1,
        max_size=30,
    )
)
def test_percentiles_means_and_worst_are_those_of_the_definition_in_every_area(drawn):
    """The bounds in fractions: hidden people near and none far, and the other way round, at every time."""
    times = np.asarray([[UNREACHED if late else 60_000 * minutes for minutes, _, _, late in drawn]])
    places = places_of([count for _, count, _, _ in drawn])
    places["kunta_code"] = [area for _, _, area, _ in drawn]
    found = classify(travel_time_table(times, points_of(["L"]), places), minutes=MINUTES).by_area_figures("kunta_code")
    for row in found[(found["level"] == "L") & (found["group"] == "population")].itertuples():
        own = [(math.inf if late else minutes, count, at) for at, (minutes, count, area, late) in enumerate(drawn)
               if row.area in ("", area)]  # fmt: skip
        known, low, high = ([count if count >= 0 else hidden for _, count, _ in own] for hidden in (0, 1, 9))
        bounds = {"": (known, known), "_low": (high, low), "_high": (low, high)}
        for name, share in (("median", Fraction(1, 2)), ("p90", Fraction(9, 10))):
            for end, (near, far) in bounds.items():
                assert getattr(row, f"{name}{end}") == pytest.approx(
                    first_time_of_a_share(own, near, far, share), nan_ok=True, rel=1e-15
                )
        inhabited = [(-time, at) for time, count, at in own if count and time < math.inf]
        assert pd.isna(row.worst_place) if not inhabited else row.worst_place == places.index[min(inhabited)[1]]
        weights = zip(low, high, strict=True)
        people = [
            (time, bottom, top) for (time, _, _), (bottom, top) in zip(own, weights, strict=True) if time < math.inf
        ]
        turns = sorted({time for time, _, _ in people})
        means = [
            mean_of([(time, (top if (time <= turn) == near_many else bottom)) for time, bottom, top in people])
            for turn in [-1, *turns]
            for near_many in (True, False)
        ]
        means = [one for one in means if one is not None]
        assert (row.mean_low, row.mean_high) == pytest.approx(
            (min(means), max(means)) if means else (math.nan, math.nan), nan_ok=True
        )


def first_time_of_a_share(places, near, far, share):
    """Try every time: those up to it count as near, those beyond as far."""
    for turn in sorted({time for time, _, _ in places} - {math.inf}):
        within = sum(one for one, (time, _, _) in zip(near, places, strict=True) if time <= turn)
        beyond = sum(one for one, (time, _, _) in zip(far, places, strict=True) if time > turn)
        if within and within >= share * (within + beyond):
            return turn
    return math.nan


def mean_of(weighed):
    total = sum(weight for _, weight in weighed)
    return sum(time * weight for time, weight in weighed) / total if total else None


def test_a_hidden_group_is_nobody_to_nine_and_not_more_than_live_there():
    frame = pd.DataFrame({"population": [-1, 4, 20], "age_75_": [-1, -1, -1], "age_0_14": [6, -1, 3]})
    assert heads(frame).low.tolist() == [6, 4, 20]
    assert heads(frame).high.tolist() == [9, 4, 20]
    assert heads(frame, "age_75_").low.tolist() == [0, 0, 0]
    assert heads(frame, "age_75_").high.tolist() == [9, 4, 9]
    assert heads(frame, "age_75_").known.tolist() == [0, 0, 0]


def test_bounds_that_the_table_brings_win():
    frame = pd.DataFrame({"population": [-1.0], "population_low": [0.25], "population_high": [2.25]})
    assert (heads(frame).low.tolist(), heads(frame).high.tolist()) == ([0.25], [2.25])


@pytest.mark.parametrize("bounds", [(-1, 9), (5, 4), (math.nan, 9)])
def test_a_rule_that_no_count_fits_is_refused(bounds):
    with pytest.raises(StudyError, match="hidden count may be"):
        Suppression(*bounds)


def test_people_without_road_connection_are_counted_among_the_unreached():
    table = travel_time_table([[60_000, UNREACHED, UNREACHED]], points_of(["L"]), places_of([5, 6, 7]))
    levels = classify(table, minutes=MINUTES)
    levels.without_road[2] = True
    row = levels.summary().iloc[0]
    assert (row["unreached"], row["no_road"]) == (13, 7)


def test_no_point_of_a_level_leaves_it_unreached():
    frame = classify(travel_time_table([[60_000]], points_of(["L"])), minutes=MINUTES).frame
    assert frame["time_E"].isna().all()
    assert frame["class_code"].tolist() == ["L1-A4-E4"]


def test_a_level_is_banded_by_its_own_minutes_and_the_union_bounds_the_study():
    scheme = LevelScheme("own", (Level("L", {}, minutes=(5, 20)), Level("E", {})))
    points = points_of(["L", "E"])
    table = travel_time_table([[60_000 * 12], [60_000 * 12]], points, places_of([8]))
    levels = classify(table, scheme=scheme, minutes=(10, 30))
    assert levels.minutes == (5, 10, 20, 30)
    assert levels.frame[["band_L", "band_E"]].iloc[0].tolist() == [20, 20]
    own = levels.by_area().set_index(["level", "to_min"])["population"].to_dict()
    assert own[("L", 20.0)] == 8
    assert set(levels.by_area(minutes=[15])["to_min"].dropna()) == {15}


def test_the_matrix_has_the_minutes_of_each_level_by_place():
    places = places_of([1, 1], name=["Inari", "Utsjoki"])
    matrix = classify(travel_time_table([[60_000, UNREACHED]], points_of(["A"]), places), minutes=MINUTES).matrix()
    assert matrix.columns.tolist() == ["name", "L", "A", "E"]
    assert matrix.loc["X0", ["L", "A"]].tolist() == [1, 1]
    assert matrix["E"].isna().all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_exact_people_sum_to_the_same_in_any_order(people, random):
    exact = list(to_exact(people))
    total = sum(exact)
    random.shuffle(exact)
    assert sum(exact) == total == math.fsum(exact)
