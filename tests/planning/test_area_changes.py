"""Areas gained and lost by a scenario, areas of single points and of several at once."""

import geopandas
import numpy as np
import pytest
import shapely
from streets import ROAD, STREET, network_of, points_at, roads, spot_xy, ways

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.planning import Scenario
from palveluverkko.planning.area_changes import area_changes
from palveluverkko.reach.areas import areas_by_band
from palveluverkko.reach.point_areas import common_bands, point_bands
from palveluverkko.service.areas import bands

SPOTS = [(0.0, 0.0), (3000.0, 200.0), (6000.0, 0.0), (3000.0, 2500.0), (9000.0, 500.0)]
WAYS = ways((STREET, 0, 1, 2, 4), (ROAD, 1, 3))
MINUTES = (2.0, 5.0, 10.0)
OPTIONS = {"minutes": MINUTES, "cell_metres": 50.0}


@pytest.fixture(scope="module")
def town():
    network = network_of(roads(SPOTS, WAYS), max_access_metres=400.0)
    points = points_at(network, spot_xy(network, [SPOTS[0], SPOTS[2], SPOTS[3]]), ids=["A", "B", "C"])
    return network, points.assign(level=["E", "L", "L"], open=[True, True, False])


def of(changes, level, minutes, change):
    own = changes[(changes["level"] == level) & (changes["minutes"] == minutes) & (changes["change"] == change)]
    return shapely.union_all(own.geometry.to_numpy())


def test_closing_gains_nothing_and_opening_loses_nothing(town):
    network, points = town
    closed = area_changes(network, points, Scenario("no B", close=("B",)), **OPTIONS)
    assert set(closed["change"]) == {"lost"}
    assert set(closed["level"]) == {"L"}
    opened = area_changes(network, points, Scenario("C too", open=("C",)), **OPTIONS)
    assert set(opened["change"]) == {"gained"}
    assert (closed["square_kilometres"] > 0).all()
    assert closed.geometry.is_valid.all()
    assert closed.crs == points.crs


def test_what_a_scenario_loses_its_inverse_gains(town):
    network, points = town
    lost = area_changes(network, points, Scenario("no B", close=("B",)), **OPTIONS)
    without = points.assign(open=[True, False, False])
    gained = area_changes(network, without, Scenario("B again", open=("B",)), **OPTIONS)
    for minutes in MINUTES:
        assert of(lost, "L", minutes, "lost").equals(of(gained, "L", minutes, "gained"))


def test_the_areas_before_with_what_is_gained_without_what_is_lost_are_those_after(town):
    network, points = town
    move = Scenario("B to C", close=("B",), open=("C",))
    changes = area_changes(network, points, move, tolerance_metres=0, **OPTIONS)
    before = bands(network, points, tolerance_metres=0, **OPTIONS)
    after = bands(network, points.assign(open=[True, False, True]), tolerance_metres=0, **OPTIONS)
    for minutes in MINUTES:
        old, new = (
            shapely.union_all(one[(one["level"] == "L") & (one["to_min"] <= minutes)].geometry.to_numpy())
            for one in (before, after)
        )
        moved = old.union(of(changes, "L", minutes, "gained")).difference(of(changes, "L", minutes, "lost"))
        # Outlines are noded on a grid of a metre where two surfaces meet.
        assert moved.symmetric_difference(new).area <= 2.0 * new.length


def test_the_only_point_of_a_level_closed_loses_all_of_it(town):
    network, points = town
    lost = area_changes(network, points, Scenario("no A", close=("A",)), **OPTIONS)
    whole = areas_by_band(bands(network, points, **OPTIONS)).query("level == 'E'")["square_kilometres"].sum()
    everything = lost[(lost["level"] == "E") & (lost["minutes"] == MINUTES[-1])]["square_kilometres"].sum()
    assert everything == pytest.approx(whole, rel=2e-3)


def test_a_scenario_without_effect_changes_no_area(town):
    network, points = town
    none = area_changes(network, points, Scenario("C stays closed", close=("C",)), **OPTIONS)
    assert none.empty
    assert isinstance(none, geopandas.GeoDataFrame)


def test_points_by_themselves_make_up_the_merged_area_and_their_overlap_the_common_one(town):
    network, points = town
    each = point_bands(network, points[:2], tolerance_metres=0, **OPTIONS)
    merged = bands(network, points[:2].drop(columns="level"), tolerance_metres=0, **OPTIONS)
    common = common_bands(network, points[:2], tolerance_metres=0, **OPTIONS)
    assert each["point"].unique().tolist() == ["A", "B"]
    assert each.geometry.is_valid.all()
    for minutes in MINUTES:
        one, other, all_, both = (
            shapely.union_all(frame[frame["to_min"] <= minutes].geometry.to_numpy())
            for frame in (each[each["point"] == "A"], each[each["point"] == "B"], merged, common)
        )
        # Between two cells an outline of the nearer of two points lies a little within the union of both.
        assert all_.symmetric_difference(one.union(other)).area <= 0.005 * all_.area
        assert both.symmetric_difference(one.intersection(other)).area <= 0.005 * all_.area
        assert both.difference(all_).area <= 1e-6
    assert common["to_min"].max() == MINUTES[-1]


def test_areas_by_band_add_up(town):
    network, points = town
    table = areas_by_band(bands(network, points, **OPTIONS))
    assert list(table) == ["level", "from_min", "to_min", "square_kilometres", "square_kilometres_within"]
    last = table.groupby("level", sort=False).last()["square_kilometres_within"]
    np.testing.assert_allclose(last, table.groupby("level", sort=False)["square_kilometres"].sum())


@pytest.mark.parametrize("draw", [point_bands, common_bands])
def test_no_point_is_refused(town, draw):
    network, points = town
    with pytest.raises(StudyError, match="at least one"):
        draw(network, points[:0], **OPTIONS)
