"""Catchments partition what is reached: cells by the surface, outlines as a coverage, roads exactly, people once."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from streets import LAND, ROAD, STREET, jittered_lattice, network_of, points_at, roads, spot_xy, street_plans, ways

from palveluverkko.domain.errors import StudyError, TableError
from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.network.store import read_network
from palveluverkko.reach.catchments import AllocatedCells, allocate_cells, outline_catchments
from palveluverkko.reach.edges import reached_edges
from palveluverkko.reach.nearest import nearest
from palveluverkko.reach.surface import Surface, surface
from palveluverkko.reach.table import travel_times
from palveluverkko.service.catchments import catchments

SPOTS = jittered_lattice(9)
VILLAGE = ways((STREET, 0, 1, 2, 5), (ROAD, 4, 3), (ROAD, 0, 3), (STREET, 3, 6, 7, 8), (STREET, 5, 8), (STREET, 5, 4))


def cells_of(owner, ids="ABCD"):
    owner = np.asarray(owner, dtype=np.int32)
    time = np.where(owner < 0, UNREACHED, 60_000).astype(np.int32)
    return AllocatedCells(
        Surface(time, 400_000.0, 7_400_000.0, 100.0, CRS.from_epsg(3067), 600_000), owner, pd.Index(list(ids))
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 10_000), st.sampled_from([0.0, None]))
def test_outlines_of_any_cells_meet_without_gaps_or_overlaps(rows, columns, owners, seed, tolerance):
    owner = np.random.default_rng(seed).integers(-1, owners, (rows, columns))
    drawn = outline_catchments(cells_of(owner), tolerance_metres=tolerance)
    assert drawn["point"].tolist() == [one for number, one in enumerate("ABCD") if (owner == number).any()]
    assert drawn.geometry.is_valid.all()
    assert shapely.coverage_is_valid(drawn.geometry.to_numpy())
    if tolerance == 0.0:
        for one, area in zip(drawn["point"], drawn.area, strict=True):
            assert area == pytest.approx((owner == "ABCD".index(one)).sum() * 100.0**2)


@settings(deadline=None, max_examples=12)
@given(street_plans(kinds=LAND), st.sampled_from(list(Direction)))
def test_cells_have_the_times_of_the_surface_and_each_belongs_to_one_point(plan, direction):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    xy = spot_xy(network, spots)
    ends = [xy[given_ways[0].spots[0]], xy[given_ways[-1].spots[-1]]]
    points = points_at(network, [(x + 8, y - 3) for x, y in ends], ids=["B", "A"])
    cells = allocate_cells(network, points, budget_minutes=3, direction=direction, cell_metres=50.0)
    whole = surface(network, points, budget_minutes=3, direction=direction, cell_metres=50.0)
    np.testing.assert_array_equal(cells.surface.travel_time, whole.travel_time)
    ours = cells.surface.within_budget()
    assert ((cells.owner >= 0) == (ours != UNREACHED)).all()
    alone = allocate_cells(network, points.loc[["A"]], budget_minutes=3, direction=direction, cell_metres=50.0)
    assert (ours[alone.owner >= 0] != UNREACHED).all()
    assert (alone.owner[cells.owner == 0] == 0).all()


@settings(deadline=None, max_examples=12)
@given(street_plans(kinds=LAND), st.sampled_from(list(Direction)), st.sampled_from([250.0, 4000.0]))
def test_a_cell_belongs_to_the_point_that_alone_is_quickest(plan, direction, longest):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways), max_access_metres=longest)
    xy = spot_xy(network, spots)
    points = points_at(network, [xy[given_ways[0].spots[0]], xy[given_ways[-1].spots[-1]]])
    options = {"cell_metres": 100.0, "budget_minutes": 40, "direction": direction}
    both = allocate_cells(network, points, **options)
    alone = np.stack(
        [allocate_cells(network, points.loc[[one]], **options).surface.travel_time for one in points.index]
    ).astype(np.int64)
    np.testing.assert_array_equal(both.surface.travel_time, alone.min(axis=0))
    clear = (np.abs(alone[0] - alone[1]) > 1) & (both.owner >= 0)
    np.testing.assert_array_equal(both.owner[clear], alone.argmin(axis=0)[clear])


def test_land_roads_and_people_of_the_points_add_up_to_what_is_reached():
    network = network_of(roads(SPOTS, VILLAGE))
    xy = spot_xy(network, SPOTS)
    points = points_at(network, [xy[0], xy[8], xy[8]], ids=["B", "C", "A"], name=["b", "c", "a"], level=["L", "E", "L"])
    places = points_at(network, xy, population=[10.0 + one for one in range(8)] + [-1.0], age_75_=[1.0] * 9)
    table = travel_times(network, points, places)
    drawn = catchments(network, points, table=table, budget_minutes=20, cell_metres=50.0)
    assert drawn.crs == points.crs
    near = drawn[drawn["level"] == "L"].set_index("point")
    assert drawn["level"].tolist() == ["L", "L", "L", "A", "E"]
    assert near["name"].to_dict() == {"A": "a", "B": "b", "C": "c"}
    assert near.loc["C", ["square_kilometres", "road_kilometres", "population"]].tolist() == [0, 0, 0]
    assert near["population"].sum() == sum(10 + one for one in range(8))
    assert near["age_75_"].sum() == 9
    parts = reached_edges(network, points, minutes=[20])
    assert near["road_kilometres"].sum() * 1000 == pytest.approx(parts["metres"].sum())
    assert near["road_kilometres"].sum() * 1000 == pytest.approx(network.edges.metres.sum(), abs=0.01)
    areas = near.geometry.dropna()
    assert areas.area.sum() == pytest.approx(shapely.union_all(areas.to_numpy()).area)
    assert drawn[drawn["level"] == "E"]["point"].tolist() == ["C"]
    _, owner = table.nearest(["A", "B", "C"])
    for one in ("A", "B"):
        assert near.loc[one, "population"] == places["population"].clip(lower=0)[owner == one].sum()


def test_people_beyond_the_budget_belong_to_nobody_and_no_open_point_has_no_catchment():
    network = network_of(roads(SPOTS, VILLAGE))
    xy = spot_xy(network, SPOTS)
    points = points_at(network, [xy[0]], open=[True])
    places = points_at(network, xy, population=[1.0] * 9)
    table = travel_times(network, points, places)
    drawn = catchments(network, points, table=table, budget_minutes=1, cell_metres=50.0)
    assert drawn["population"].sum() == (table.milliseconds <= to_milliseconds(1)).sum() < 9
    assert catchments(network, points.assign(open=False), cell_metres=50.0).empty


def test_the_nearest_points_rise_by_time_then_id_and_unreached_ones_are_left_out(monkeypatch):
    network = network_of(roads(SPOTS, VILLAGE))
    xy = spot_xy(network, SPOTS)
    points = points_at(
        network, [xy[0], xy[8], xy[8], (xy[0][0], xy[0][1] - 9000)], ids=["B", "C", "A", "FAR"], name=list("bcaf")
    )
    places = points_at(network, [*xy, (xy[0][0], xy[0][1] - 9000)])
    table = travel_times(network, points, places)
    found = nearest(table, k=4)
    assert list(found) == ["place_id", "rank", "point", "name", "travel_time"]
    assert found.groupby("place_id").size().tolist() == [3] * 9
    minutes = table.to_frame().set_index(["from_id", "to_id"])["travel_time"]
    for place, own in found.groupby("place_id"):
        expected = sorted((minutes[place, one], one) for one in "ABC")
        assert list(zip(own["travel_time"], own["point"], strict=True)) == expected
        assert own["rank"].tolist() == [1, 2, 3]
    assert (found["name"] == found["point"].str.lower()).all()
    first = nearest(table, k=1, chosen=["B", "C"]).set_index("place_id")["point"]
    _, owner = table.nearest(["B", "C"])
    assert first.to_dict() == {place: one for place, one in zip(places.index, owner, strict=True) if one}
    monkeypatch.setattr("palveluverkko.reach.nearest._PLACES_AT_ONCE", 4)
    pd.testing.assert_frame_equal(nearest(table, k=4), found)
    assert nearest(table, chosen=[]).empty
    assert list(nearest(table, chosen=[])) == list(found)
    with pytest.raises(StudyError, match="k is 0"):
        nearest(table, k=0)
    with pytest.raises(TableError, match="NOWHERE"):
        nearest(table, chosen=["NOWHERE"])


@pytest.mark.shared
def test_the_catchments_of_andorra_are_a_coverage(shared_data, tmp_path):
    network = read_network(shared_data / "osm" / "andorra.osm.pbf", store=tmp_path)
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    points = points_at(network, [(one.x, one.y) for one in (line[at].centroid for at in (100, 900, 1700, 2500))])
    cells = allocate_cells(network, points, budget_minutes=30, cell_metres=50.0)
    whole = surface(network, points, budget_minutes=30, cell_metres=50.0)
    np.testing.assert_array_equal(cells.surface.travel_time, whole.travel_time)
    drawn = outline_catchments(cells)
    assert len(drawn) == 4
    assert drawn.geometry.is_valid.all()
    assert shapely.coverage_is_valid(drawn.geometry.to_numpy())
    assert outline_catchments(cells, tolerance_metres=0).area.sum() == pytest.approx((cells.owner >= 0).sum() * 2500.0)
