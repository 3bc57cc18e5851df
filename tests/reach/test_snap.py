"""Tying points to roads: the nearest spot that may be stopped on, by brute force."""

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from streets import (
    AGAINST,
    FERRY,
    MOTORWAY,
    ONEWAY,
    PRIVATE,
    ROAD,
    STREET,
    TUNNEL,
    jittered_lattice,
    network_of,
    points_at,
    roads,
    spot_xy,
    street_plans,
    ways,
)

from palveluverkko.domain.errors import TableError
from palveluverkko.reach.snap import MAIN_COMPONENT_FACTOR, Verdict, check_near_network, snap

SPOTS = jittered_lattice(9)
PLACES = st.lists(st.tuples(st.floats(-300, 1200), st.floats(-300, 1200)), min_size=1, max_size=6)


def expected(network, point, longest):
    """Edge, distances and verdict of one point, from the definition; roads within a micrometre are equally near."""
    edges = network.edges
    distance = shapely.distance(edges.lines(), point)
    distance[~edges.snappable] = np.inf
    nearest = distance.min()
    if not np.isfinite(nearest):
        return -1, np.inf, np.inf, Verdict.OFF_NETWORK
    on_main = np.where(edges.main, distance, np.inf)
    one_way = edges.forward != edges.backward

    def first(near):
        """Two-way before one-way, then by number."""
        return int(np.lexsort((np.arange(near.size), one_way, ~near))[0])

    edge, verdict = first(distance <= nearest + 1e-6), Verdict.OK
    if not edges.main[edge]:
        verdict = Verdict.SMALL_COMPONENT
        if on_main.min() <= min(longest, MAIN_COMPONENT_FACTOR * nearest + 1e-6):
            edge = first(on_main <= on_main.min() + 1e-6)
            verdict = Verdict.MOVED_TO_MAIN if on_main.min() > nearest + 1e-6 else Verdict.OK
    if not distance[edge] <= longest:
        return -1, distance[edge], nearest, Verdict.OFF_NETWORK
    return edge, distance[edge], nearest, verdict


@settings(deadline=None, max_examples=50)
@given(street_plans(), PLACES, st.sampled_from([0.0, 60.0, 400.0]))
def test_points_go_where_brute_force_says(plan, places, longest):
    network = network_of(roads(*plan))
    west, south = network.edges.vertex_x.min(), network.edges.vertex_y.min()
    points = points_at(network, [(west + x, south + y) for x, y in places])
    snapped = snap(network, points, max_access_metres=longest)
    lines = network.edges.lines()
    for at, point in enumerate(points.geometry):
        edge, metres, nearest, verdict = expected(network, point, longest)
        assert (snapped.edge[at], snapped.verdict[at]) == (edge, verdict)
        assert snapped.access_metres[at] == pytest.approx(metres, abs=1e-6)
        assert snapped.nearest_metres[at] == pytest.approx(nearest, abs=1e-6)
        if edge >= 0:
            spot = Point(snapped.x[at], snapped.y[at])
            assert spot.distance(point) == pytest.approx(metres, abs=1e-6)
            assert spot.distance(lines[edge]) == pytest.approx(0, abs=1e-6)
            assert network.edges.first_vertex[edge] <= snapped.vertex[at] < network.edges.first_vertex[edge + 1] - 1
            assert 0 <= snapped.fraction[at] <= 1


@pytest.mark.parametrize("kind", [MOTORWAY, TUNNEL, FERRY])
def test_nobody_is_tied_to_a_road_that_cannot_be_stopped_on(kind):
    network = network_of(roads(SPOTS, ways((kind, 0, 1), (STREET, 1, 4))))
    (snapped,) = snap(network, points_at(network, spot_xy(network, SPOTS[:1])), max_access_metres=9e9).edge
    assert network.road_classes[network.edges.road_class[snapped]] == "residential"


def test_private_roads_are_stopped_on():
    network = network_of(roads(SPOTS, ways((STREET, 0, 1), (PRIVATE, 1, 4, 7))))
    (edge,) = snap(network, points_at(network, spot_xy(network, SPOTS[7:8]))).edge
    assert network.edges.local[edge]


def test_a_network_without_a_road_to_stop_on_leaves_every_point_off():
    network = network_of(roads(SPOTS, ways((MOTORWAY, 0, 1))))
    snapped = snap(network, points_at(network, spot_xy(network, SPOTS[:2])))
    assert (snapped.verdict == Verdict.OFF_NETWORK).all()
    assert (snapped.edge == -1).all()
    assert (snapped.starts(network).node == -1).all()
    assert (snapped.ends(network).piece == -1).all()


def test_a_point_at_a_crossing_goes_to_the_lowest_edge():
    network = network_of(roads(SPOTS, ways((STREET, 1, 4), (STREET, 4, 3), (ROAD, 4, 5), (STREET, 7, 4))))
    (edge,) = snap(network, points_at(network, spot_xy(network, SPOTS[4:5]))).edge
    assert edge == 0


@pytest.mark.parametrize("kinds", [(ONEWAY, STREET), (STREET, ONEWAY), (AGAINST, STREET), (STREET, AGAINST)])
def test_a_point_beyond_a_junction_stands_at_the_junction_and_not_at_the_end_of_a_one_way_road(kinds):
    spots = [(0.0, 0.0), (400.0, 0.0), (0.0, 400.0)]
    network = network_of(roads(spots, ways((kinds[0], 0, 1), (kinds[1], 0, 2), (STREET, 1, 2))))
    snapped = snap(network, points_at(network, spot_xy(network, [(-50.0, -50.0)])))
    edge = snapped.edge[0]
    assert network.edges.forward[edge]
    assert network.edges.backward[edge]
    assert (snapped.starts(network).node >= 0).all()


def two_components():
    """Build a long street along y = 0, and a short one 100 m north of it that nothing joins."""
    spots = [(0.0, 0.0), (1000.0, 0.0), (400.0, 100.0), (600.0, 100.0)]
    return network_of(roads(spots, ways((STREET, 0, 1), (STREET, 2, 3)))), spots


@pytest.mark.parametrize(
    ("metres_north", "verdict"),
    [
        (74.0, Verdict.MOVED_TO_MAIN),
        (76.0, Verdict.SMALL_COMPONENT),
        (20.0, Verdict.OK),
        (700.0, Verdict.OFF_NETWORK),
    ],
)
def test_the_main_component_is_preferred_within_the_factor(metres_north, verdict):
    # The short street is nearer than the long one north of 50 m, and three times nearer from 75 m on.
    network, spots = two_components()
    (x, y), *_ = spot_xy(network, [(500.0, metres_north), *spots])
    snapped = snap(network, points_at(network, [(x, y)]))
    assert snapped.verdict.tolist() == [verdict]


def test_findings_name_each_point_that_is_not_simply_on_the_road():
    network, _ = two_components()
    xy = spot_xy(network, [(500.0, 74.0), (500.0, 99.0), (500.0, 20.0), (500.0, 900.0)])
    findings = snap(network, points_at(network, xy, ids=["MOVED", "CUT", "FINE", "OFF"])).findings("place")
    assert findings["id"].tolist() == ["MOVED", "CUT", "OFF"]
    assert findings["verdict"].tolist() == ["moved_to_main", "small_component", "off_network"]
    assert findings["metres"].tolist() == pytest.approx([74, 1, 800], rel=5e-3)
    assert set(findings["subject"]) == {"place"}
    # Off the network there is no edge, but the nearest road is named.
    assert findings["edge"].isna().tolist() == [False, False, True]
    assert findings["road"].tolist() == ["way 101", "way 102", "way 102"]
    assert findings["nearest_metres"].tolist() == pytest.approx([26, 1, 800], rel=5e-3)


def test_the_frame_says_of_every_point_where_it_stands():
    network, _ = two_components()
    xy = spot_xy(network, [(500.0, 74.0), (500.0, 99.0), (500.0, 20.0), (500.0, 900.0)])
    snapped = snap(network, points_at(network, xy, ids=["MOVED", "CUT", "FINE", "OFF"]))
    frame = snapped.to_frame()
    assert frame.index.tolist() == ["MOVED", "CUT", "FINE", "OFF"]
    assert frame.index.name == "id"
    assert frame["verdict"].tolist() == ["moved_to_main", "small_component", "ok", "off_network"]
    roads_there = network.to_edges()
    own = roads_there.loc[frame["edge"].dropna().astype(int)]
    assert frame["way"].tolist()[:3] == own["way"].tolist() == [101, 102, 101]
    assert frame["road"].tolist()[:3] == own["name"].tolist()
    assert frame["road_class"].tolist()[:3] == own["road_class"].tolist()
    assert frame["access_metres"].tolist() == snapped.access_metres.tolist()
    assert frame["across_edge"].isna().all()


def test_without_any_road_the_frame_is_empty_words():
    network = network_of(roads(SPOTS, ways((MOTORWAY, 0, 1))))
    frame = snap(network, points_at(network, spot_xy(network, SPOTS[:2]))).to_frame()
    assert frame["road"].tolist() == ["", ""]
    assert frame[["edge", "way", "across_way"]].isna().all(axis=None)


def test_polygons_count_as_a_point_inside_them():
    network, _ = two_components()
    ring = Point(*spot_xy(network, [(500.0, 20.0)])[0]).buffer(5)
    frame = geopandas.GeoDataFrame(geometry=[ring], index=["SQUARE"], crs=network.crs)
    snapped = snap(network, frame)
    assert snapped.access_metres[0] == pytest.approx(ring.representative_point().distance(network.edges.lines()[0]))


def test_the_crs_of_the_points_does_not_matter():
    network, _ = two_components()
    points = points_at(network, spot_xy(network, [(500.0, 20.0), (800.0, -30.0)]))
    here, degrees = snap(network, points), snap(network, points.to_crs(4326))
    np.testing.assert_array_equal(here.edge, degrees.edge)
    np.testing.assert_allclose(here.access_metres, degrees.access_metres, atol=1e-3)


def test_swapped_coordinates_are_named_as_such():
    network, _ = two_components()
    points = geopandas.GeoDataFrame(geometry=[Point(66.0, 25.0)], index=["IVALO"], crs=4326)
    with pytest.raises(TableError, match=r"service points: latitude and longitude look swapped \('IVALO'\)"):
        check_near_network(network, points, where="service points")


def test_points_500_km_away_are_refused_with_their_ids():
    network, _ = two_components()
    places = [Point(25.0, 66.0), Point(25.0, 61.5), Point(25.0, 61.4)]
    points = geopandas.GeoDataFrame(geometry=places, index=["NEAR", "FAR1", "FAR2"], crs=4326)
    with pytest.raises(TableError, match=r"2 of 3 lie up to 5\d\d km outside the road network \('FAR1', 'FAR2'\)"):
        check_near_network(network, points, where="service points")


def test_points_a_little_outside_are_accepted():
    network, _ = two_components()
    points = geopandas.GeoDataFrame(geometry=[Point(25.0, 65.6)], index=["NEAR"], crs=4326)
    check_near_network(network, points, where="service points")


def test_other_speeds_snap_alike_and_closed_roads_are_left():
    network, _ = two_components()
    points = points_at(network, spot_xy(network, [(500.0, 20.0), (500.0, 99.0)]))
    before = snap(network, points)
    slower = network.with_speeds(0.5)
    assert slower.segments is network.segments
    np.testing.assert_array_equal(snap(slower, points).edge, before.edge)
    nearest = before.edge[0]
    closed = network.with_speeds(np.where(np.arange(network.edges.tail.size) == nearest, 0.0, 1.0))
    assert (snap(closed, points).edge != nearest).all()


def test_points_without_a_crs_are_refused():
    network, _ = two_components()
    points = points_at(network, spot_xy(network, [(500.0, 20.0)])).set_crs(None, allow_override=True)
    with pytest.raises(ValueError, match="naive"):
        snap(network, points)
