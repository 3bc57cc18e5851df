"""Levels by place: nested by construction, each with the point that served and its level."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import SCHEME, points_of, tables, travel_time_table

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.service.levels import classify, serving_points, to_bands

MINUTES = (10, 30, 60)


@settings(deadline=None, max_examples=40)
@given(tables())
def test_a_nearer_level_is_never_farther(table):
    frame = classify(table, minutes=MINUTES).frame
    for kind in ("time", "band"):
        near, middle, far = (frame[f"{kind}_{code}"].fillna(np.inf) for code in SCHEME.codes)
        assert (near <= middle).all()
        assert (middle <= far).all()


@settings(deadline=None, max_examples=40)
@given(tables())
def test_each_level_names_the_nearest_open_point_that_serves_it_and_that_points_level(table):
    frame = classify(table, minutes=MINUTES).frame
    points = table.points
    for code in SCHEME.codes:
        serves = points["open"] & points["level"].isin(SCHEME.serving(code))
        for at, place in enumerate(table.places.index):
            reached = [
                (int(table.milliseconds[row, at]), point)
                for row, point in enumerate(points.index)
                if serves.iloc[row] and table.milliseconds[row, at] != UNREACHED
            ]
            time, owner = min(reached, default=(None, None))
            found = frame.loc[place]
            assert (None if pd.isna(found[f"point_{code}"]) else found[f"point_{code}"]) == owner
            level = found[f"served_by_{code}"]
            assert pd.isna(level) if owner is None else level == points.loc[owner, "level"]
            assert np.isnan(found[f"time_{code}"]) if time is None else found[f"time_{code}"] == time / 60_000
            within = [one for one in MINUTES if time is not None and time <= one * 60_000]
            assert found[f"band_{code}"] == within[0] if within else np.isnan(found[f"band_{code}"])


@settings(deadline=None, max_examples=25)
@given(tables(), st.data())
def test_closing_a_point_never_shortens_and_opening_never_lengthens(table, data):
    closed = table.points.copy()
    closed.loc[data.draw(st.sampled_from(list(closed.index))), "open"] = False
    before, after = (classify(table, points, minutes=MINUTES).frame for points in (table.points, closed))
    for code in SCHEME.codes:
        assert (after[f"time_{code}"].fillna(np.inf) >= before[f"time_{code}"].fillna(np.inf)).all()


def test_closing_the_only_point_leaves_places_unreached():
    table = travel_time_table([[60_000, 120_000]], points_of(["E"], open=[False]))
    frame = classify(table, minutes=MINUTES).frame
    for code in SCHEME.codes:
        assert frame[f"time_{code}"].isna().all()
        assert frame[f"point_{code}"].tolist() == [None, None]
        assert frame[f"served_by_{code}"].tolist() == [None, None]


def test_of_equally_near_points_the_lowest_id_serves():
    table = travel_time_table([[60_000], [60_000], [60_000]], points_of(["L", "E", "A"], ids=["C", "B", "D"]))
    (row,) = classify(table, minutes=MINUTES).frame.itertuples()
    assert (row.point_L, row.served_by_L) == ("B", "E")
    assert (row.point_A, row.point_E) == ("B", "B")


def test_a_time_exactly_at_a_threshold_is_within_it():
    times = np.asarray([0, 600_000, 600_001, 3_600_000, 3_600_001, UNREACHED], dtype=np.int32)
    bands = to_bands(times, MINUTES)
    assert bands[:4].tolist() == [10, 10, 30, 60]
    assert np.isnan(bands[4:]).all()


def test_columns_of_the_places_are_carried_and_geometry_is_not():
    table = travel_time_table([[60_000]], points_of(["L"]))
    table.places["kunta_code"] = ["005"]
    frame = classify(table, minutes=MINUTES).frame
    assert frame.index.name == "place_id"
    assert frame.loc["X0", "kunta_code"] == "005"
    assert "geometry" not in frame
    assert frame.columns[:4].tolist() == ["time_L", "band_L", "point_L", "served_by_L"]


def test_a_copy_of_the_table_is_given_out():
    levels = classify(travel_time_table([[60_000]], points_of(["L"])), minutes=MINUTES)
    copy = levels.to_frame()
    copy["time_L"] = 0.0
    assert levels.frame["time_L"].tolist() == [1.0]


def test_a_threshold_beyond_the_budget_is_refused():
    table = travel_time_table([[60_000]], points_of(["L"]), budget=1_800_000)
    with pytest.raises(TableError, match=r"end at 30 minutes.*budget_minutes=60"):
        classify(table, minutes=MINUTES)


def test_points_without_level_or_with_an_unknown_one_are_refused_by_id():
    points = points_of(["L", "X", "X"])
    with pytest.raises(TableError, match=r"the level 'X' \('P1', 'P2'\); the levels of the scheme EAL are L, A, E"):
        serving_points(points, SCHEME, "L")
    with pytest.raises(TableError, match="no column 'level'"):
        serving_points(points.drop(columns="level"), SCHEME, "L")


def test_points_that_the_table_does_not_hold_are_refused_by_id():
    table = travel_time_table([[60_000]], points_of(["L"]))
    with pytest.raises(TableError, match="'NEW'"):
        classify(table, points_of(["L"], ids=["NEW"]), minutes=MINUTES)


def test_points_of_a_frame_whose_ids_are_numbers_serve_under_their_numbers():
    table = travel_time_table([[60_000, UNREACHED], [120_000, 30_000]], points_of("LA").set_axis([7, 3]))
    frame = classify(table, minutes=MINUTES).frame
    assert frame["point_L"].tolist() == [7, 3]
    assert frame["point_A"].tolist() == [3, 3]


def test_points_without_an_open_column_are_all_open():
    assert serving_points(points_of(["L", "A", "E"]).drop(columns="open"), SCHEME, "A") == ["P1", "P2"]


def test_a_scheme_of_one_level_has_one_set_of_columns():
    scheme = LevelScheme("one", (Level("kirjasto", {"fi": "Kirjasto"}),))
    points = points_of(["kirjasto", "kirjasto"])
    frame = classify(travel_time_table([[1], [2]], points), points, scheme=scheme, minutes=MINUTES).frame
    assert [one for one in frame if one.startswith("time_")] == ["time_kirjasto"]


def test_the_inputs_stay_as_they_are():
    table = travel_time_table([[60_000], [5]], points_of(["L", "E"]))
    points, places = table.points.copy(), table.places.copy()
    classify(table, minutes=MINUTES)
    pd.testing.assert_frame_equal(pd.DataFrame(points), pd.DataFrame(table.points))
    pd.testing.assert_frame_equal(pd.DataFrame(places), pd.DataFrame(table.places))
