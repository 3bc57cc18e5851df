"""Referral chains against a walk from place to point to point, written from the definition."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import BUDGET, SCHEME, places_of, points_of, travel_time_table

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.network.store import read_network
from palveluverkko.osm.profile import CarProfile
from palveluverkko.reach.table import travel_times
from palveluverkko.service.levels import classify, serving_points
from palveluverkko.service.referral import ReferralByPlace, follow, referral
from palveluverkko.tables.places import read_places
from palveluverkko.tables.points import read_service_points

LAPPI = Path(__file__).parents[2] / "data" / "lappi"
TIME = st.sampled_from([0, 1, 600_000, 1_800_000, UNREACHED]) | st.integers(0, BUDGET)


@st.composite
def chains(draw):
    """Draw times of points × places and points × points, levels, and which points are open."""
    points, places = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    table = draw(st.lists(st.lists(TIME, min_size=places, max_size=places), min_size=points, max_size=points))
    between = draw(st.lists(st.lists(TIME, min_size=points, max_size=points), min_size=points, max_size=points))
    levels = draw(st.lists(st.sampled_from(SCHEME.codes), min_size=points, max_size=points))
    is_open = draw(st.lists(st.sampled_from([True, True, False]), min_size=points, max_size=points))
    people = draw(st.lists(st.integers(0, 9), min_size=places, max_size=places))
    return table, between, levels, is_open, people


def serving_of(points):
    return [(code, serving_points(points, SCHEME, code)) for code in SCHEME.codes]


@settings(deadline=None, max_examples=80)
@given(chains())
def test_chains_are_those_of_somebody_who_asks_at_each_point_for_the_next(drawn):
    times, legs, levels, is_open, people = drawn
    points = points_of(levels)
    points["open"] = is_open
    table = travel_time_table(times, points, places_of(people))
    between = travel_time_table(legs, points, places_of([0] * len(levels)).set_axis(points.index))
    found = follow(table, between, serving_of(points))
    rank = {code: number for number, code in enumerate(SCHEME.codes)}
    for place in range(len(people)):
        here, total = None, 0
        for number, code in enumerate(SCHEME.codes):
            able = [i for i, own in enumerate(levels) if is_open[i] and rank[own] >= number]
            if number == 0:
                choice = [(times[i][place], i) for i in able]
            elif here is None:
                choice = []
            else:
                choice = [(0, here)] if here in able else [(legs[i][here], i) for i in able]
            leg, here = min(choice, default=(UNREACHED, None))
            if leg == UNREACHED:
                here = None
            total = UNREACHED if UNREACHED in {leg, total} else total + leg
            if number:
                row = found.iloc[place]
                point = row[f"chain_point_{code}"]
                assert pd.isna(point) if here is None else point == f"P{here}"
                assert row[f"chain_time_{code}"] == pytest.approx(
                    np.nan if here is None else total / 60_000, nan_ok=True
                )


def test_a_point_that_serves_the_next_level_refers_to_itself_and_a_detour_is_counted():
    # X0 lives beside P0 (L), which refers to P1 (A, E elsewhere); straight to P2 (E) would be quicker.
    minute = 60_000
    points = points_of(["L", "A", "E"])
    table = travel_time_table(np.asarray([[5], [40], [30]]) * minute, points, places_of([10]))
    legs = np.asarray([[0, 35, 30], [35, 0, 50], [36, 50, 0]]) * minute
    between = travel_time_table(legs, points, places_of([0] * 3).set_axis(points.index))
    chain = ReferralByPlace(follow(table, between, serving_of(points)).assign(population=10.0), SCHEME)
    row = chain.frame.iloc[0]
    assert (row["chain_point_A"], row["chain_time_A"]) == ("P1", 40)
    assert (row["straight_point_A"], row["straight_time_A"], row["extra_A"]) == ("P2", 30, 10)
    assert (row["chain_point_E"], row["chain_time_E"], row["extra_E"]) == ("P2", 90, 60)
    area = chain.by_area().set_index("level")
    assert area.loc["E", ["reached", "extra_mean", "extra_worst", "elsewhere"]].tolist() == [10, 60, 60, 0]
    assert area.loc["A", "elsewhere"] == 10


def test_on_real_roads_the_chain_is_hardly_ever_shorter_and_areas_sum_to_the_whole():
    profile = CarProfile(season="winter", access_speed_kmh=30, max_access_metres=5000)
    network = read_network(LAPPI / "lappi.osm.pbf", profile=profile, store="none")
    points, places = read_service_points(LAPPI / "service_points.csv"), read_places(LAPPI / "population.csv")
    table = travel_times(network, points, places, budget_minutes=360)
    chain = referral(network, table)
    levels = classify(table, minutes=[360])
    for code in ("A", "E"):
        pd.testing.assert_series_equal(
            chain.frame[f"straight_time_{code}"], levels.frame[f"time_{code}"], check_names=False
        )
        extra = chain.frame[f"extra_{code}"].dropna()
        assert len(extra)
        # Stopping at a point lets one turn round there, where a trip may not.
        assert extra.min() > -1
    found = chain.by_area("kunta_code", name_column="kunta")
    for code, own in found.groupby("level"):
        whole, parts = own[own["area"] == ""], own[own["area"] != ""]
        for count in ("population", "reached", "elsewhere"):
            assert parts[count].sum() == whole[count].iloc[0], code
        assert (own["extra_mean"].dropna() <= own["extra_worst"].dropna()).all()
