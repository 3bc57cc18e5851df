"""Laws of the doctor's tables on drawn streets, and on real roads."""

from __future__ import annotations

from pathlib import Path

import geopandas
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from streets import network_of, roads, street_plans

from palveluverkko.domain.travel import Direction
from palveluverkko.engine.search import UNREACHED
from palveluverkko.network.build import build_network
from palveluverkko.network.sources import RoadSource
from palveluverkko.network.store import NO_STORE, read_network
from palveluverkko.osm.examining import OPENED, OpenProfile
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads, read_roads
from palveluverkko.reach.snap import snap
from palveluverkko.study.cut_off import find_nearest, open_roads, unreached_table, with_tags_ignored
from palveluverkko.study.doctor_roads import (
    AreaFinder,
    read_with_notes,
    rejected_table,
    speed_table,
    speed_table_by_area,
    to_lines,
)
from palveluverkko.study.doctor_tables import label_parts, largest, part_lines, part_table

MINUTES = 60.0


def frame_at(network, xy, **columns):
    index = pd.Index([f"P{number}" for number in range(len(xy))], name="id")
    return geopandas.GeoDataFrame(columns, geometry=[Point(*one) for one in xy], index=index, crs=network.crs)


@st.composite
def streets_and_places(draw):
    """Draw a network of several parts, with service points and places on, beside and far from its roads."""
    network = network_of(roads(*draw(street_plans())))
    west, east = network.junction_x.min() - 800, network.junction_x.max() + 800
    south, north = network.junction_y.min() - 800, network.junction_y.max() + 800
    spot = st.tuples(st.floats(west, east), st.floats(south, north))
    points = frame_at(network, draw(st.lists(spot, min_size=1, max_size=3)))
    xy = draw(st.lists(spot, min_size=1, max_size=8))
    people = draw(st.lists(st.integers(-1, 50), min_size=len(xy), max_size=len(xy)))
    places = frame_at(network, xy, population=np.asarray(people, dtype=float), name=[f"n{at}" for at in range(len(xy))])
    return network, points, places


@settings(max_examples=80, deadline=None)
@given(streets_and_places(), st.integers(1, 4))
def test_people_roads_and_points_over_the_parts_sum_to_those_of_the_network(drawn, number):
    network, points, places = drawn
    snapped_points, snapped = snap(network, points), snap(network, places)
    parts = part_table(network, snapped_points, snapped, places)
    on_road = snapped.edge >= 0
    for table in (parts, largest(parts, number)):
        assert table["population"].sum() == places["population"].clip(lower=0)[on_road].sum()
        assert table["places"].sum() == on_road.sum()
        assert table["service_points"].sum() == (snapped_points.edge >= 0).sum()
        assert table["edges"].sum() == network.edges.tail.size
        assert table["kilometres"].sum() == pytest.approx(network.edges.metres.sum() / 1000)
    assert (parts["kind"] == "main").tolist() == [True] + [False] * (len(parts) - 1)


@settings(max_examples=80, deadline=None)
@given(streets_and_places())
def test_parts_are_what_networkx_calls_components(drawn):
    network, points, places = drawn
    edges, part = network.edges, label_parts(network)
    assert np.array_equal(part == 0, edges.main)
    graph = nx.Graph()
    others = np.flatnonzero(~edges.main)
    graph.add_edges_from(zip(edges.tail[others].tolist(), edges.head[others].tolist(), strict=True))
    of_junction = {node: number for number, nodes in enumerate(nx.connected_components(graph)) for node in nodes}
    pairs = {(int(part[one]), of_junction[int(edges.tail[one])]) for one in others}
    assert len(pairs) == len({own for own, _ in pairs}) == len({other for _, other in pairs})
    # What is joined to the main part shares a junction with it.
    joined = set(edges.tail[edges.main].tolist()) | set(edges.head[edges.main].tolist())
    kinds = part_table(network, snap(network, points), snap(network, places), places).set_index("part")["kind"]
    for own, other in pairs:
        touches = any(of_junction.get(node) == other for node in joined)
        assert kinds[own] == ("one_way" if touches else "island")


@settings(max_examples=40, deadline=None)
@given(streets_and_places())
def test_every_part_but_the_main_one_is_drawn_whole(drawn):
    network, points, places = drawn
    parts = part_table(network, snap(network, points), snap(network, places), places)
    lines = part_lines(network, parts)
    assert lines["part"].tolist() == parts.loc[parts["kind"] != "main", "part"].tolist()
    assert lines.geometry.count_coordinates().sum() == sum(
        np.diff(network.edges.first_vertex)[label_parts(network) > 0]
    )


@settings(max_examples=60, deadline=None)
@given(street_plans())
def test_kilometres_by_source_sum_to_the_network_and_those_by_area_too(plan):
    drawn = roads(*plan)
    network = network_of(drawn)
    table = speed_table(drawn)
    sources = [column for column in table if column.startswith("km_")]
    assert table["kilometres"].sum() == pytest.approx(network.edges.metres.sum() / 1000)
    assert table[sources].sum(axis=1).to_numpy() == pytest.approx(table["kilometres"].to_numpy())
    for source, metres in network.metres_by_speed_source.items():
        assert table[f"km_{source}"].sum() == pytest.approx(metres / 1000)
    middle = float(np.median(network.junction_x)), float(np.median(network.junction_y))
    places = frame_at(network, [middle, (middle[0] + 500, middle[1])], kunta=["A", "B"])
    by_area = speed_table_by_area(drawn, AreaFinder.of_places(places, "kunta", None), network.crs)
    assert set(by_area["area"]) <= {"A", "B"}
    for column in ("kilometres", *sources):
        assert by_area[column].sum() == pytest.approx(table[column].sum())


def test_notes_change_neither_the_roads_nor_the_count_of_rejected_limits(tmp_path):
    from doubtful_study import write_doubtful_roads  # noqa: PLC0415 - beside the one test that needs it

    path, profile = write_doubtful_roads(tmp_path / "roads.osm.pbf"), CarProfile(season="winter")
    check_notes(path, profile)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "tampere", "liechtenstein", "helsinki-core"])
def test_notes_change_nothing_on_real_roads(shared_data, name):
    check_notes(shared_data / "osm" / f"{name}.osm.pbf", CarProfile())


def check_notes(path: Path, profile: CarProfile) -> None:
    """Compare a road file read with notes to the same file read plainly."""
    plain, noted = read_roads(path, profile), read_with_notes(RoadSource.named(path), profile)
    for column in ("way_id", "node_id", "way_node", "first_node", "lon", "lat"):
        assert np.array_equal(getattr(plain, column), getattr(noted, column))
    network = read_network(path, profile=profile, store=NO_STORE)
    table = speed_table(noted)
    for source, metres in network.metres_by_speed_source.items():
        assert table[f"km_{source}"].sum() == pytest.approx(metres / 1000)
    rejected = rejected_table(noted)
    speeds = rejected[rejected["key"].str.contains("maxspeed")]
    assert set(speeds["value"]) == set(plain.rejected_speeds)
    for text, number in plain.rejected_speeds.items():
        assert speeds.loc[speeds["value"] == text, "number"].max() <= number <= speeds["number"].sum()
    lines = to_lines(noted)
    assert lines["way"].tolist() == plain.way_id.tolist()
    assert set(lines["speed_source"]) == set(network.metres_by_speed_source)


@pytest.mark.shared
@pytest.mark.parametrize("direction", list(Direction))
def test_the_ways_named_are_those_that_would_let_the_places_through(shared_data, direction):
    path, profile = shared_data / "osm" / "andorra.osm.pbf", CarProfile()
    network = read_network(path, profile=profile, store=NO_STORE)
    points, places = squares_of(network)
    ask = {"budget_minutes": MINUTES, "direction": direction}
    near = find_nearest(network, snap(network, points), snap(network, places), **ask)
    table = unreached_table(places, snap(network, places), near.time)
    filled, lines = with_tags_ignored(table, open_roads(RoadSource.named(path), profile), points, places, **ask)
    through = filled[filled["open_minutes"].notna()]
    assert len(through) >= 5
    assert (through["ways"] != "").all()
    assert {one for ways in through["ways"] for one in ways.split(", ")} <= set(lines["way"].astype(str))
    assert lines["places"].between(1, len(through)).all()
    # With no other closed road opened than those named on its way, each of them arrives as soon.
    checked = 0
    opened = read_roads(path, OpenProfile.of(profile))
    for ways, same in through.groupby("ways"):
        own = {int(one) for one in ways.split(", ")}
        if len(own) == 5:
            continue  # there may be more on the way than are named
        closed = np.asarray([one.road_class.endswith(OPENED) for one in opened.kinds])[opened.way_kind]
        reduced = build_network(without(opened, closed & ~np.isin(opened.way_id, list(own))), profile, fingerprint="")
        chosen = places.loc[same["id"]]
        again = find_nearest(reduced, snap(reduced, points), snap(reduced, chosen), **ask)
        assert (again.time != UNREACHED).all()
        assert again.time / 60_000 == pytest.approx(same["open_minutes"].to_numpy(), abs=0.2)
        checked += len(same)
    assert checked >= 3


def without(given_roads: Roads, left_out: np.ndarray) -> Roads:
    """Give roads without some of their ways."""
    from dataclasses import replace  # noqa: PLC0415

    kept = np.flatnonzero(~left_out)
    count = np.diff(given_roads.first_node)[kept]
    node = np.concatenate([given_roads.way_node[slice(*given_roads.first_node[one : one + 2])] for one in kept])
    return replace(
        given_roads,
        first_node=np.concatenate(([0], np.cumsum(count))).astype(np.int64),
        way_node=node,
        way_id=given_roads.way_id[kept],
        way_kind=given_roads.way_kind[kept],
        way_name=given_roads.way_name[kept],
        cut_nodes=np.empty(0, dtype=np.int32),
    )


def squares_of(network):
    """Service points on three main junctions, and places all over the country."""
    random = np.random.default_rng(8)
    main = np.unique(network.edges.tail[network.edges.main])
    stood = random.choice(main, 3, replace=False)
    points = frame_at(network, list(zip(network.junction_x[stood], network.junction_y[stood], strict=True)))
    x = random.uniform(network.junction_x.min(), network.junction_x.max(), 1500)
    y = random.uniform(network.junction_y.min(), network.junction_y.max(), 1500)
    places = frame_at(network, list(zip(x, y, strict=True)), population=np.ones(1500))
    return points, places


def test_rejected_tags_of_ways_and_of_barriers_are_listed_by_how_often_they_stand(tmp_path):
    nodes = "".join(f'<node id="{one}" version="1" lat="60.0{one}" lon="25.0"{rest}' for one, rest in (
        (1, "/>"), (2, '><tag k="barrier" v="gate"/><tag k="access" v="perhaps"/></node>'), (3, "/>"), (4, "/>"),
    ))  # fmt: skip
    ways = "".join(
        f'<way id="{way}" version="1"><nd ref="{way}"/><nd ref="{way + 1}"/><tag k="highway" v="service"/>{tags}</way>'
        for way, tags in (
            (1, '<tag k="surface" v="lava"/>'),
            (2, '<tag k="surface" v="lava"/><tag k="maxspeed" v="fast"/>'),
            (3, ""),
        )
    )
    path = tmp_path / "roads.osm"
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    table = rejected_table(read_with_notes(RoadSource.named(path), CarProfile()))
    assert table.to_numpy().tolist() == [
        ["way", "surface", "lava", 2, "1, 2"],
        ["node", "access", "perhaps", 1, "2"],
        ["way", "maxspeed", "fast", 1, "2"],
    ]
