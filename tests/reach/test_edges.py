"""Reached roads: every position has the time, band and point that the table of travel times gives a place there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import (
    LAND,
    ONEWAY,
    ROAD,
    STREET,
    jittered_lattice,
    network_of,
    points_at,
    roads,
    spot_xy,
    street_plans,
    ways,
)

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.engine.graph import freeze_int32
from palveluverkko.engine.nearest import ABSENT, Spots
from palveluverkko.network.store import read_network
from palveluverkko.reach.edges import TimedPieces, _quicker_ways, kilometres_by_band, reached_edges
from palveluverkko.reach.snap import snap
from palveluverkko.reach.table import travel_times

SPOTS = jittered_lattice(9)
RING = ways((STREET, 0, 1, 2, 5), (ONEWAY, 5, 4), (ONEWAY, 4, 3), (ROAD, 0, 3), (STREET, 3, 6, 7, 8), (ONEWAY, 8, 5))
MINUTES = (0.2, 0.5, 1.0, 2.0, 5.0)


def standing_on(network, edge, metres):
    """Places put on edges so far from their first vertex in the metric CRS, whatever else lies there."""
    edges = network.edges
    places = points_at(network, [(network.junction_x[0], network.junction_y[0])] * len(edge))
    vertex, fraction, xy = [], [], []
    for one, along in zip(edge, metres, strict=True):
        first, end = edges.first_vertex[one], edges.first_vertex[one + 1]
        x, y = edges.vertex_x[first:end], edges.vertex_y[first:end]
        length = np.concatenate(([0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
        at = min(max(int(np.searchsorted(length, along, side="right")) - 1, 0), end - first - 2)
        step = length[at + 1] - length[at]
        share = min(1.0, (along - length[at]) / step) if step else 0.0
        vertex.append(first + at)
        fraction.append(share)
        xy.append((x[at] + share * (x[at + 1] - x[at]), y[at] + share * (y[at + 1] - y[at])))
    x, y = np.asarray(xy, dtype=np.float64).reshape(-1, 2).T
    count, nothing = len(edge), np.zeros(len(edge))
    absent = freeze_int32(np.full(count, ABSENT))
    return replace(
        snap(network, places),
        edge=freeze_int32(np.asarray(edge, dtype=np.int32)),
        vertex=np.asarray(vertex, dtype=np.int64),
        fraction=np.asarray(fraction, dtype=np.float64),
        x=x,
        y=y,
        access_metres=nothing,
        across=Spots(absent, np.zeros(count, dtype=np.int64), nothing, nothing, nothing, nothing),
    )


def times_at(network, points, edge, metres, direction, budget_minutes=180):
    """Milliseconds of every point at positions on edges, from the table: int64[points, positions]."""
    on_edges = standing_on(network, edge, metres)
    places = points_at(network, list(zip(on_edges.x, on_edges.y, strict=True)))
    table = travel_times(
        network, points, places, direction=direction, budget_minutes=budget_minutes,
        snapped=(snap(network, points), on_edges),
    )  # fmt: skip
    return table.milliseconds.astype(np.int64)


def spans(network, parts):
    """Where each part begins and ends on its edge, metres in the metric CRS."""
    line = network.edges.lines()[parts["edge"].to_numpy()]
    drawn = parts.geometry.to_numpy()
    begin = shapely.line_locate_point(line, shapely.get_point(drawn, 0))
    return begin, begin + shapely.length(drawn)


def plain_edges(network):
    """Edges on which a part of the line can be found again: they do not touch themselves."""
    lines = network.edges.lines()
    return shapely.is_simple(lines) & ~shapely.is_closed(lines)


def check_against_the_table(network, points, parts, direction, *, step):
    """Compare bands, points and times at positions along every edge whose line does not touch itself."""
    lines = network.edges.lines()
    plain = np.flatnonzero(plain_edges(network) & (shapely.length(lines) > 1))
    if not plain.size:
        return 0
    counts = (shapely.length(lines[plain]) / step).astype(int) + 3
    edge = np.repeat(plain, counts)
    metres = np.concatenate(
        [np.linspace(0.013, one.length - 0.017, k) for one, k in zip(lines[plain], counts, strict=True)]
    )
    times = times_at(network, points, edge, metres, direction)
    nearest, upper = times.min(axis=0), np.asarray(MINUTES) * 60_000
    begin, end = spans(network, parts)
    checked = 0
    for position, (one, along) in enumerate(zip(edge, metres, strict=True)):
        inside = np.flatnonzero((parts["edge"] == one) & (begin <= along) & (along < end))
        time = nearest[position]
        on_spot = (
            np.abs(np.concatenate((begin, end))[np.tile(parts["edge"] == one, 2)] - along).min(initial=np.inf) < 0.02
        )
        if np.abs(time - upper).min() <= 1 or on_spot:
            continue
        if time > upper[-1]:
            assert inside.size == 0
            continue
        assert inside.size == 1
        row = parts.iloc[inside[0]]
        checked += 1
        assert row["band"] == MINUTES[int(np.searchsorted(upper, time))]
        low, high = sorted((row["time_from"] * 60_000, row["time_to"] * 60_000))
        assert low - 0.6 <= time <= high + 0.6
        tied = points.index[times[:, position] <= time + 1]
        assert row["point"] in tied
    return checked


def check_the_ends(network, points, parts, direction):
    """Compare the times at both ends of every part, a hair inside it, with the table."""
    chosen = np.flatnonzero(plain_edges(network)[parts["edge"].to_numpy()] & (parts.length > 0.1))
    begin, end = (one[chosen] for one in spans(network, parts))
    own = parts.iloc[chosen]
    snapped = snap(network, points)
    stand = [shapely.points(one.x, one.y)[one.line >= 0] for one in snapped.spots]
    for metres, column, side in ((begin + 1e-6, "time_from", 0), (end - 1e-6, "time_to", -1)):
        found = times_at(network, points, own["edge"].to_numpy(), metres, direction).min(axis=0)
        expected = own[column].to_numpy() * 60_000
        # Within half a millisecond behind a point on a one-way road the table still counts as before it.
        ends = shapely.get_point(own.geometry.to_numpy(), side)
        behind = (found < expected) & (shapely.distance(ends, shapely.multipoints(np.concatenate(stand))) < 1e-3)
        assert np.abs(found - expected)[~behind].max(initial=0) <= 0.6
    return len(own)


@settings(deadline=None, max_examples=25)
@given(street_plans(), st.sampled_from(list(Direction)), st.data())
def test_every_position_has_the_band_point_and_time_of_a_place_standing_there(plan, direction, data):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    xy = spot_xy(network, spots)
    homes = data.draw(
        st.lists(st.sampled_from(sorted({one for way in given_ways for one in way.spots})), min_size=1, max_size=3)
    )
    aside = st.integers(-90, 90)
    points = points_at(network, [(xy[one][0] + data.draw(aside), xy[one][1] + data.draw(aside)) for one in homes])
    parts = reached_edges(network, points, minutes=MINUTES, direction=direction)
    check_against_the_table(network, points, parts, direction, step=70.0)
    check_the_ends(network, points, parts, direction)


@pytest.mark.parametrize("direction", list(Direction))
def test_points_in_the_middle_of_one_way_and_two_way_roads(direction):
    network = network_of(roads(SPOTS, RING))
    xy = np.asarray(spot_xy(network, SPOTS))
    middle = [(xy[a] + xy[b]) / 2 + 5 for a, b in ((5, 4), (0, 3), (8, 5))]
    points = points_at(network, middle, ids=["C", "A", "B"])
    parts = reached_edges(network, points, minutes=MINUTES, direction=direction)
    assert set(parts["point"]) == {"A", "B", "C"}
    assert check_against_the_table(network, points, parts, direction, step=8.0) > 300
    assert check_the_ends(network, points, parts, direction) == len(parts)
    lengths = parts.groupby("edge")["metres"].sum()
    assert (lengths <= network.edges.metres[lengths.index] + 1e-6).all()


@settings(deadline=None, max_examples=20)
@given(street_plans(kinds=(STREET, ROAD)), st.sampled_from(list(Direction)))
def test_the_parts_of_an_edge_that_is_reached_whole_add_up_to_it(plan, direction):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]], spots[given_ways[-1].spots[-1]]]))
    parts = reached_edges(network, points, minutes=[0.3, 1, 600], direction=direction)
    own = parts.groupby("edge")["metres"].sum()
    reached = network.edges.metres[own.index]
    np.testing.assert_allclose(own, reached, rtol=1e-9, atol=1e-5)
    assert parts.geometry.is_valid.all()
    lower = parts["band"].map({0.3: 0.0, 1.0: 0.3, 600.0: 1.0})
    assert (parts[["time_from", "time_to"]].min(axis=1) >= lower).all()
    assert (parts[["time_from", "time_to"]].max(axis=1) <= parts["band"]).all()


@settings(deadline=None, max_examples=15)
@given(street_plans(kinds=LAND), st.sampled_from(list(Direction)))
def test_one_more_point_never_shortens_the_roads_within_a_threshold(plan, direction):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]], spots[given_ways[-1].spots[-1]]]))
    more, fewer = (reached_edges(network, some, minutes=MINUTES, direction=direction) for some in (points, points[:1]))
    for limit in MINUTES:
        within = [one[one["band"] <= limit].groupby("edge")["metres"].sum() for one in (more, fewer)]
        assert (within[0].reindex(within[1].index, fill_value=0) >= within[1] - 1e-5).all()


@settings(deadline=None, max_examples=15)
@given(street_plans(), st.integers(1, 4))
def test_further_thresholds_only_cut_the_parts(plan, kept):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]]]))
    all_, some = (reached_edges(network, points, minutes=m) for m in (MINUTES, MINUTES[kept - 1 : kept]))
    within = all_[all_["band"] <= MINUTES[kept - 1]].groupby("edge")["metres"].sum()
    np.testing.assert_allclose(within, some.groupby("edge")["metres"].sum().reindex(within.index), atol=1e-5)


def test_between_two_ends_the_latest_position_is_cut_and_between_two_points_the_middle():
    network = network_of(roads([(0, 0), (1000, 0)], ways((STREET, 0, 1))), waits=False)
    ends = spot_xy(network, [(0, 0), (1000, 0)])
    parts = reached_edges(network, points_at(network, ends, ids=["B", "A"]), minutes=[60])
    assert parts["point"].tolist() == ["B", "A"]
    assert parts.length.tolist() == pytest.approx([parts.length.sum() / 2] * 2, abs=0.01)
    assert parts["time_to"].iloc[0] == parts["time_from"].iloc[1]
    twins = reached_edges(network, points_at(network, [ends[0], ends[0]], ids=["B", "A"]), minutes=[60])
    assert twins["point"].tolist() == ["A"]


def test_the_kilometres_of_a_class_add_up_to_the_network():
    network = network_of(roads(SPOTS, RING))
    points = points_at(network, spot_xy(network, [SPOTS[2]]))
    parts = reached_edges(network, points, minutes=[0.5, 1])
    both = pd.concat((parts.assign(level="L"), parts[parts["band"] == 0.5].assign(level="A")))
    for table in (
        kilometres_by_band(network, parts),
        *(own for _, own in kilometres_by_band(network, both).groupby("level")),
    ):
        whole = table.groupby("road_class")["kilometres"].sum()
        lengths = network.to_edges().groupby("road_class")["length"].sum() / 1000
        np.testing.assert_allclose(whole, lengths[whole.index])
        assert set(whole.index) == set(lengths.index)
        assert table["band"].isna().sum() == len(lengths)
    assert kilometres_by_band(network, both)["level"].unique().tolist() == ["L", "A"]


@pytest.mark.parametrize("direction", list(Direction))
def test_behind_a_point_on_a_one_way_ring_another_part_begins(direction):
    ring = ways((ONEWAY, 0, 1, 2), (ONEWAY, 2, 5, 8, 7, 6, 3, 0), (STREET, 2, 4))
    network = network_of(roads(SPOTS, ring))
    xy = np.asarray(spot_xy(network, SPOTS))
    points = points_at(network, [(xy[0] + xy[1]) / 2])
    parts = reached_edges(network, points, minutes=[60], direction=direction)
    own = parts[parts["edge"] == snap(network, points).edge[0]]
    assert len(own) == 2
    at_point = [own["time_to"].iloc[0], own["time_from"].iloc[1]]
    assert min(at_point) < 0.1
    assert max(at_point) > 3
    assert own["metres"].sum() == pytest.approx(network.edges.metres[own["edge"].iloc[0]])


def test_of_two_points_as_near_all_along_a_piece_the_lowest_counts():
    for point in ([0, 1], [1, 0]):
        pieces = TimedPieces(
            np.zeros(1, dtype=np.int64), np.asarray([[0.0, 0, 1, 0]]), np.full((1, 2, 2), 7.0), np.asarray([point])
        )
        assert _quicker_ways(pieces, latest=10).point.tolist() == [0]


def test_closed_roads_are_not_reached_and_ways_round_them_have_the_times_of_the_table():
    network = network_of(roads(SPOTS, RING))
    closed = network.with_speeds(np.where(network.to_edges()["road_class"] == ROAD.road_class, 0.0, 0.8))
    points = points_at(network, spot_xy(network, [SPOTS[2], SPOTS[7]]))
    parts = reached_edges(closed, points, minutes=MINUTES)
    assert ROAD.road_class not in set(parts["road_class"])
    assert ROAD.road_class in set(reached_edges(network, points, minutes=MINUTES)["road_class"])
    assert check_against_the_table(closed, points, parts, Direction.TO_SERVICE, step=20.0) > 50
    assert ROAD.road_class not in set(kilometres_by_band(closed, parts)["road_class"])


def test_no_point_and_a_point_off_the_network_reach_no_road():
    network = network_of(roads(SPOTS, RING))
    for xy in ([], spot_xy(network, [(9000.0, 0.0)])):
        parts = reached_edges(network, points_at(network, xy), minutes=[5])
        assert parts.empty
        assert parts.crs == network.crs
        assert kilometres_by_band(network, parts)["band"].isna().all()


def test_the_answer_is_in_the_crs_of_the_points_and_thresholds_must_rise():
    network = network_of(roads(SPOTS, RING))
    points = points_at(network, spot_xy(network, [SPOTS[2]])).to_crs(4326)
    assert reached_edges(network, points, minutes=[5]).crs == points.crs
    with pytest.raises(StudyError, match="rising"):
        reached_edges(network, points, minutes=[5, 1])


@pytest.mark.shared
@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("extract", ["andorra", "helsinki-core"])
def test_on_real_roads_with_forbidden_turns_parts_and_table_agree(shared_data, tmp_path, extract, direction):
    network = read_network(shared_data / "osm" / f"{extract}.osm.pbf", store=tmp_path)
    assert network.restrictions_in_force > 0
    assert network.node_junction.size > network.junction_id.size
    random = np.random.default_rng(3)
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    points = points_at(
        network, [(one.x + 30, one.y) for one in (two.centroid for two in random.choice(line, 4, replace=False))]
    )
    minutes = [2, 5, 10, 20, 40]
    parts = reached_edges(network, points, minutes=minutes, direction=direction)
    assert parts.geometry.is_valid.all()
    sample = parts.iloc[np.sort(random.choice(len(parts), min(1500, len(parts)), replace=False))]
    assert check_the_ends(network, points, sample, direction) > 0.9 * len(sample)
    edge = random.integers(0, network.edges.tail.size, 4000)
    metres = shapely.length(network.edges.lines()[edge]) * random.uniform(0.05, 0.95, edge.size)
    nearest = times_at(network, points, edge, metres, direction, budget_minutes=60).min(axis=0)
    begin, end = spans(network, parts)
    order = {one: np.flatnonzero(parts["edge"] == one) for one in np.unique(edge)}
    plain = plain_edges(network)
    for one, along, time in zip(edge, metres, nearest, strict=True):
        here = [row for row in order[one] if begin[row] <= along < end[row]]
        if not plain[one] or np.abs(time - np.asarray(minutes) * 60_000).min() <= 1:
            continue
        assert [parts["band"].iloc[row] for row in here] == [limit for limit in minutes if time <= limit * 60_000][:1]
    assert (nearest != UNREACHED).mean() > 0.5
