"""Ferries: relations, one time for one crossing, what a study knows better, seasons. Both readers agree."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import osmium.osm.mutable
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from typer.testing import CliRunner

from palveluverkko.cli.commands import app
from palveluverkko.domain.errors import NetworkError, RoadFileError, StudyError, TableError
from palveluverkko.network.build import build_network
from palveluverkko.network.from_edges import build_from_edges
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.store import read_stored_network, write_network
from palveluverkko.osm.area import Area
from palveluverkko.osm.clip import clip
from palveluverkko.osm.crossings import Crossing
from palveluverkko.osm.ferry_overrides import FerryOverride
from palveluverkko.osm.merge import merge
from palveluverkko.osm.osmium_reader import read_with_osmium
from palveluverkko.osm.pbf import read_pbf
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads, read_roads
from palveluverkko.osm.roads import FileRoads, arrange
from palveluverkko.planning.sensitivity import drive_at

SUMMER, WINTER = CarProfile(), CarProfile(season="winter")

# Nodes 1 to 9 lie in a row, 0.01 degrees apart; 11, 12 ... inland of 1, 2 ...
NODES = {one: (25 + one / 100, 62.0) for one in range(1, 10)} | {
    one + 10: (25 + one / 100, 62.01) for one in range(1, 10)
}
ROAD = {"highway": "secondary"}
FERRY = {"route": "ferry"}
PROFILE_WAIT = 2.5


def shores(*at: int) -> dict[int, tuple[list[int], dict[str, str]]]:
    """Give a road to each of these nodes."""
    return {900 + one: ([one, one + 10], ROAD) for one in at}


def write(path: Path, ways, relations=(), nodes=NODES) -> Path:
    """Write ways {id: (nodes, tags)} and relations {id: (members, tags)}."""
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for one, place in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=one, location=place, version=1))
        for one, (refs, tags) in sorted(ways.items()):
            writer.add_way(osmium.osm.mutable.Way(id=one, nodes=refs, tags=tags, version=1))
        for one, (members, tags) in dict(relations).items():
            all_tags = {"type": "route", "route": "ferry", **tags}
            listed = [("w", member, "") for member in members]
            writer.add_relation(osmium.osm.mutable.Relation(id=one, members=listed, tags=all_tags, version=1))
    return path


def both(path: Path, profile: CarProfile = SUMMER) -> FileRoads:
    """Read a file with both readers, which must agree on what it holds."""
    ours = read_pbf(path, profile, progress=lambda _done, _total: None)
    oracle = read_with_osmium(path, profile, progress=lambda _done, _total: None)
    assert ours.ways.ferries == oracle.ways.ferries
    assert ours.ways.routes == oracle.ways.routes
    one, other = arrange(path, ours, profile), arrange(path, oracle, profile)
    assert (one.kinds, one.way_kind.tolist(), one.crossings) == (other.kinds, other.way_kind.tolist(), other.crossings)
    return ours


@pytest.fixture
def file(tmp_path):
    return lambda *content, **more: write(tmp_path / "a.osm.pbf", *content, **more)


@pytest.fixture
def roads_of(file):
    def read(ways, relations=(), profile=SUMMER) -> Roads:
        path = file(ways, relations)
        return arrange(path, both(path, profile), profile)

    return read


def open_ways(roads: Roads) -> set[int]:
    return {one for one in roads.way_id.tolist() if one < 900}


def minutes(roads: Roads, a: int, b: int, profile: CarProfile = SUMMER) -> float:
    """Give the minutes from one node to another over ferries alone, waits and all."""
    graph = build_network(roads, profile, fingerprint="test", contract=False).to_networkx()
    sailed = nx.DiGraph()
    for tail, head, data in graph.edges(data=True):
        if data["highway"] in ("ferry", "junction"):
            sailed.add_edge(
                tail, head, time=min(data["travel_time"], sailed.get_edge_data(tail, head, {"time": 1e9})["time"])
            )
    return nx.shortest_path_length(sailed, a, b, weight="time") / 60


def metres(*nodes: int) -> float:
    return Geod(ellps="WGS84").line_length(*zip(*(NODES[one] for one in nodes), strict=True))


def sailed(*nodes: int) -> float:
    """Minutes at the profile's 20 km/h."""
    return metres(*nodes) * 0.06 / 20


# --- relations


def test_a_way_takes_the_duration_and_the_interval_of_its_relation(roads_of):
    ways = shores(1, 4) | {7: ([1, 2, 3, 4], FERRY)}
    roads = roads_of(ways, {5: ([7], {"duration": "00:20", "interval": "10", "name": "Nauvo–Korppoo"})})
    assert minutes(roads, 1, 4) == pytest.approx(20 + 5, abs=1e-3)
    (crossing,) = roads.crossings
    assert crossing == Crossing(
        "Nauvo–Korppoo", (7,), 5, crossing.metres, 20.0, 5.0, "relation", "interval", has_hours=False
    )
    assert crossing.metres == pytest.approx(metres(1, 2, 3, 4), abs=1e-6)
    assert roads.names[roads.way_name[roads.way_id.tolist().index(7)]] == "Nauvo–Korppoo"


def test_what_the_way_says_itself_goes_before_its_relation(roads_of):
    own = {**FERRY, "duration": "PT15M", "interval": "00:20", "name": "Lossi"}
    roads = roads_of(
        shores(1, 4) | {7: ([1, 4], own)}, {5: ([7], {"duration": "40", "interval": "60", "name": "Reitti"})}
    )
    assert minutes(roads, 1, 4) == pytest.approx(15 + 10, abs=1e-3)
    assert (roads.crossings[0].name, roads.crossings[0].crossing_source) == ("Lossi", "duration")


def test_a_way_without_any_tag_is_a_ferry_by_its_relation(roads_of):
    ways = shores(1, 4) | {7: ([1, 2], FERRY), 8: ([2, 4], {}), 9: ([4, 5], {}), 10: ([5, 6], {"note": "x"})}
    roads = roads_of(ways, {5: ([7, 8, 10], {"duration": "30"})})
    assert open_ways(roads) == {7, 8}
    assert minutes(roads, 1, 4) == pytest.approx(30 + PROFILE_WAIT, abs=1e-3)


def test_a_road_among_the_members_stays_a_road(roads_of):
    ways = shores(1, 2) | {7: ([1, 2], FERRY), 8: ([2, 3], ROAD)}
    roads = roads_of(ways, {5: ([8, 7], {"motor_vehicle": "no"})})
    assert open_ways(roads) == {8}


@pytest.mark.parametrize(
    ("own", "given", "carries"),
    [
        ({}, {}, True),
        ({"foot": "yes"}, {}, False),
        ({}, {"foot": "yes"}, False),
        ({}, {"foot": "yes", "motor_vehicle": "yes"}, True),
        ({}, {"motor_vehicle": "no"}, False),
        # Access tags of the way shut out all those of the relation, also more specific ones.
        ({"motor_vehicle": "yes"}, {"motorcar": "no"}, True),
        ({"foot": "yes"}, {"motor_vehicle": "yes"}, False),
        ({"motor_vehicle": "no"}, {"motorcar": "yes"}, False),
        ({}, {"ferry": "secondary", "foot": "yes"}, True),
    ],
)
def test_who_is_carried_stands_on_the_way_or_else_on_its_relation(roads_of, own, given, carries):
    roads = roads_of(shores(1, 2) | {7: ([1, 2], {**FERRY, **own})}, {5: ([7], given)})
    assert (7 in open_ways(roads)) == carries


def test_of_several_relations_the_lowest_id_counts_among_those_that_carry_cars(roads_of):
    ways = shores(1, 2) | {7: ([1, 2], FERRY)}
    relations = {
        4: ([7], {"duration": "1", "motor_vehicle": "no"}),
        6: ([7], {"duration": "3"}),
        5: ([7], {"duration": "2"}),
    }
    roads = roads_of(ways, relations)
    assert minutes(roads, 1, 2) == pytest.approx(2 + PROFILE_WAIT, abs=1e-3)
    assert roads.crossings[0].relation == 5


def test_only_routes_of_ferries_are_read(file):
    ways = shores(1, 2) | {7: ([1, 2], FERRY), 8: ([3, 4], {})}
    for tags in (
        {"type": "multipolygon"},
        {"route": "bus"},
        {"type": "superroute"},
        {"type": "multipolygon", "highway": "pedestrian"},
    ):
        assert both(file(ways, {5: ([7, 8], {"duration": "9", **tags})})).ways.routes == ()


def test_a_file_of_ferries_without_cars_holds_no_road(file):
    path = file({7: ([1, 2], {**FERRY, "foot": "yes"})})
    for reader in (read_pbf, read_with_osmium):
        with pytest.raises(RoadFileError, match="its 1 ferry ways carry no cars"):
            arrange(path, reader(path, SUMMER, progress=lambda _done, _total: None))


def test_members_without_tags_are_found_in_every_block(tmp_path):
    """8,000 ways are a block: the members lie in the first and the last of several."""
    ways = {one: ([11, 12], {} if one % 2 else {"building": "yes"}) for one in range(1000, 40_000)}
    ways |= shores(1, 4) | {7: ([1, 2], FERRY), 8: ([2, 3], {}), 39_999: ([3, 4], {})}
    path = write(tmp_path / "a.osm.pbf", ways, {5: ([7, 8, 39_999, 50_000, 1001, 1000], {"duration": "30"})})
    read = both(path)
    assert [one.way_id for one in read.ways.ferries] == [7, 8, 1001, 39_999]
    assert minutes(arrange(path, read), 1, 4) == pytest.approx(
        30 * metres(1, 2, 3, 4) / (metres(1, 2, 3, 4) + metres(11, 12)) + PROFILE_WAIT, abs=1e-3
    )


# --- one crossing, one time


@pytest.mark.parametrize(
    ("tags", "relation", "expected"),
    [
        ({"duration": "20"}, None, 20 + PROFILE_WAIT),
        ({"duration": "20", "interval": "30"}, None, 20 + 15),
        ({}, None, sailed(1, 2, 3, 4) + PROFILE_WAIT),
        ({}, {"duration": "20"}, 20 + PROFILE_WAIT),
        ({"duration": "20"}, {"duration": "20"}, 20 + PROFILE_WAIT),
    ],
)
def test_a_ferry_cut_in_two_takes_as_long_as_whole(roads_of, tags, relation, expected):
    whole = roads_of(shores(1, 4) | {7: ([1, 2, 3, 4], {**FERRY, **tags})}, {5: ([7], relation)} if relation else {})
    parts = {7: ([1, 2], {**FERRY, **tags}), 8: ([4, 3, 2], {**FERRY, **tags})}
    cut = roads_of(shores(1, 4) | parts, {5: ([7, 8], relation)} if relation else {})
    assert minutes(whole, 1, 4) == minutes(cut, 1, 4)
    assert minutes(whole, 1, 4) == pytest.approx(expected, abs=1e-3)
    one, other = whole.crossings[0], cut.crossings[0]
    assert len(whole.crossings) == len(cut.crossings) == 1
    assert (one.ways, other.ways) == ((7,), (7, 8))
    assert other.metres == pytest.approx(one.metres)
    assert other.crossing_minutes == pytest.approx(one.crossing_minutes)
    assert other.wait_minutes == pytest.approx(one.wait_minutes)


def test_different_durations_of_the_parts_add_up(roads_of):
    parts = {7: ([1, 2], {**FERRY, "duration": "5"}), 8: ([2, 4], {**FERRY, "duration": "12"})}
    assert minutes(roads_of(shores(1, 4) | parts), 1, 4) == pytest.approx(17 + PROFILE_WAIT, abs=1e-3)


def test_a_stop_where_a_road_joins_is_waited_at_again(roads_of):
    ways = shores(1, 2, 4) | {7: ([1, 2, 3, 4], {**FERRY, "duration": "30"})}
    roads = roads_of(ways)
    first = 30 * metres(1, 2) / metres(1, 2, 3, 4)
    assert minutes(roads, 1, 2) == pytest.approx(first + PROFILE_WAIT, abs=1e-3)
    assert minutes(roads, 1, 4) == pytest.approx(30 + 2 * PROFILE_WAIT, abs=1e-3)
    assert len(roads.crossings) == 2
    # Each of two ways between stops has its own duration, even when both are alike.
    parts = {7: ([1, 2], {**FERRY, "duration": "30"}), 8: ([2, 4], {**FERRY, "duration": "30"})}
    assert minutes(roads_of(shores(1, 2, 4) | parts), 1, 4) == pytest.approx(60 + 2 * PROFILE_WAIT, abs=1e-3)
    # The duration of a relation is that of all its crossings.
    parts = {7: ([1, 2], FERRY), 8: ([2, 4], FERRY)}
    roads = roads_of(shores(1, 2, 4) | parts, {5: ([7, 8], {"duration": "30"})})
    assert minutes(roads, 1, 4) == pytest.approx(30 + 2 * PROFILE_WAIT, abs=1e-3)


def test_ferries_of_other_names_are_changed_between(roads_of):
    def parts(name, **relation):
        ways = {7: ([1, 2], {**FERRY, "name": "A"}), 8: ([2, 3], {**FERRY, "name": name})}
        return minutes(roads_of(shores(1, 3) | ways, relation.get("relations", {})), 1, 3)

    assert parts("A") == pytest.approx(sailed(1, 2, 3) + PROFILE_WAIT, abs=1e-3)
    assert parts("B") == pytest.approx(sailed(1, 2, 3) + 2 * PROFILE_WAIT, abs=1e-3)
    assert parts("B", relations={5: ([7, 8], {})}) == pytest.approx(sailed(1, 2, 3) + PROFILE_WAIT, abs=1e-3)


def test_nobody_waits_along_a_quay(tmp_path):
    nodes = NODES | {21: (25.0115, 62.0), 22: (25.013, 62.0)}  # 78 and 157 m from node 1
    for quay, waits in ((21, 1), (22, 2)):
        ways = shores(4) | {900: ([11, 1, quay], ROAD), 7: ([1, quay, 4], FERRY)}
        path = write(tmp_path / "a.osm.pbf", ways, nodes=nodes)
        whole = arrange(path, both(path))
        path = write(tmp_path / "a.osm.pbf", ways | {7: ([1, quay], FERRY), 8: ([4, quay], FERRY)}, nodes=nodes)
        assert minutes(arrange(path, both(path)), 1, 4) == minutes(whole, 1, 4)
        assert minutes(whole, 1, 4) == pytest.approx(sailed(1, 4) + waits * PROFILE_WAIT, abs=1e-3)


def test_where_routes_part_at_sea_the_wait_is_still_one(roads_of):
    # 1 - 3 - 5 and 1 - 3 - 14 share the way from 1 to 3.
    ways = shores(1, 5, 9) | {6: ([1, 3], FERRY), 7: ([3, 5], FERRY), 8: ([3, 9], FERRY)}
    roads = roads_of(ways)
    for end in (5, 9):
        assert minutes(roads, 1, end) == pytest.approx(sailed(1, 3, end) + PROFILE_WAIT, abs=1e-3)
        assert minutes(roads, end, 1) == pytest.approx(sailed(1, 3, end) + PROFILE_WAIT, abs=1e-3)


def test_crossings_side_by_side_do_not_share_the_duration_of_their_relation(roads_of):
    out, home = {**FERRY, "oneway": "yes"}, {**FERRY, "oneway": "yes"}
    ways = shores(1, 3) | {7: ([1, 2, 3], out), 8: ([3, 12, 1], home)}
    roads = roads_of(ways, {5: ([7, 8], {"duration": "20"})})
    mean = (metres(1, 2, 3) + metres(3, 12, 1)) / 2
    assert minutes(roads, 1, 3) == pytest.approx(20 * metres(1, 2, 3) / mean + PROFILE_WAIT, abs=1e-3)
    assert minutes(roads, 3, 1) == pytest.approx(20 * metres(3, 12, 1) / mean + PROFILE_WAIT, abs=1e-3)


def test_a_gate_at_the_ramp_lets_the_crossing_take_its_time_once(tmp_path):
    path = tmp_path / "a.osm"
    tags = {2: '<tag k="barrier" v="gate"/><tag k="access" v="private"/>'}
    nds = "".join(
        f'<node id="{one}" version="1" lon="{25 + one / 100}" lat="62">{tags.get(one, "")}</node>'
        for one in range(1, 6)
    )
    ways = ((7, (2, 3, 4), "route", "ferry"), (8, (1, 2), "highway", "secondary"), (9, (4, 5), "highway", "secondary"))
    drawn = "".join(
        f'<way id="{one}" version="1">{"".join(f"<nd ref={str(ref)!r}/>" for ref in refs)}<tag k="{key}" v="{value}"/>'
        f"{'<tag k=' + repr('duration') + ' v=' + repr('20') + '/>' if value == 'ferry' else ''}</way>"
        for one, refs, key, value in ways
    )
    path.write_text(f'<osm version="0.6">{nds}{drawn}</osm>', encoding="utf-8")
    roads = read_roads(path, SUMMER)
    assert roads.barriers_cut == {"gate": 1}
    (crossing,) = roads.crossings
    assert (crossing.crossing_minutes, crossing.wait_minutes) == (pytest.approx(20), pytest.approx(PROFILE_WAIT))
    times = [
        one.crossing_minutes
        for one in (roads.kinds[kind] for kind in roads.way_kind.tolist())
        if one.road_class == "ferry"
    ]
    assert math.fsum(times) == pytest.approx(20 + PROFILE_WAIT)


def test_a_crossing_of_which_a_part_lies_outside_the_file_is_no_longer_than_whole(roads_of):
    ways = shores(1, 4) | {7: ([1, 2, 99, 3, 4], {**FERRY, "duration": "20"})}
    roads = roads_of(ways)
    assert sum(roads.kinds[kind].crossing_minutes for kind in roads.way_kind.tolist()
               if roads.kinds[kind].road_class == "ferry") == pytest.approx(20 + 2 * PROFILE_WAIT)  # fmt: skip


@st.composite
def chains(draw):
    """Draw a ferry over some nodes with stops, its tags, its relation, and where it is cut in parts."""
    nodes = [1, *sorted(draw(st.sets(st.integers(2, 8), max_size=6))), 9]
    optional = {"interval": st.sampled_from(["10", "00:20", "x"]), "maxspeed": st.sampled_from(["10", "30"]),
                "name": st.sampled_from(["Lossi", "Lautta"])}  # fmt: skip
    tags = draw(st.fixed_dictionaries({}, optional={**optional, "duration": st.sampled_from(["7", "00:31", "PT1H"])}))
    relation = draw(
        st.none() | st.fixed_dictionaries({}, optional={**optional, "duration": st.sampled_from(["7", "53"])})
    )
    stops = draw(st.sets(st.sampled_from(nodes[1:-1]), max_size=2)) if len(nodes) > 2 else set()
    cuts = draw(st.sets(st.sampled_from(nodes[1:-1]), max_size=4)) if len(nodes) > 2 else set()
    return nodes, tags, relation, stops, cuts, draw(st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chains())
def test_splitting_a_ferry_way_changes_no_time(tmp_path, chain):
    nodes, tags, relation, stops, cuts, untagged = chain
    # At a stop the durations of two ways are two durations, by definition.
    assume("duration" not in tags or not stops & cuts)
    # A part without tags takes all from its relation.
    bare = untagged and relation is not None and not tags
    ends = [nodes.index(one) for one in (1, *sorted(cuts), 9)]
    parts = [nodes[a : b + 1] for a, b in pairwise(ends)]
    land = shores(1, 9, *stops)
    found = []
    for given_parts in ([nodes], parts):
        ways = {100 + at: (part[::-1] if at % 2 else part, {} if bare and at else {**FERRY, **tags})
                for at, part in enumerate(given_parts)}  # fmt: skip
        path = write(tmp_path / "a.osm.pbf", land | ways, {} if relation is None else {5: (list(ways), relation)})
        roads = arrange(path, both(path))
        found.append({stop: minutes(roads, 1, stop) for stop in (*sorted(stops), 9)})
        assert len(roads.crossings) == 1 + len(stops)
    assert found[0] == found[1]


# --- seasons


@pytest.mark.parametrize(
    ("tags", "open_in"),
    [
        ({"seasonal": "summer"}, (True, False)),
        ({"seasonal": "spring;summer;autumn"}, (True, False)),
        ({"seasonal": "winter"}, (False, True)),
        ({"motor_vehicle": "yes", "motor_vehicle:conditional": "no @ winter"}, (True, False)),
        ({}, (True, True)),
    ],
)
def test_a_ferry_sails_in_its_season_and_is_listed_in_the_other(roads_of, tags, open_in):
    ways = shores(1, 2) | {7: ([1, 2], {**FERRY, **tags})}
    for on_way, profile, is_open in (
        (True, SUMMER, open_in[0]),
        (True, WINTER, open_in[1]),
        (False, WINTER, open_in[1]),
    ):
        given_ways = ways if on_way else shores(1, 2) | {7: ([1, 2], FERRY)}
        roads = roads_of(given_ways, {} if on_way else {5: ([7], tags)}, profile)
        assert (7 in open_ways(roads)) == is_open
        (crossing,) = roads.crossings
        assert crossing.is_open == is_open
        assert crossing.crossing_source == ("profile" if is_open else "season")


@pytest.mark.parametrize("tags", [{"ice_road": "yes"}, {"winter_road": "yes"}, {"seasonal": "winter"}])
def test_ice_and_winter_roads_are_in_the_network_of_winter_alone(roads_of, tags):
    ways = shores(1, 2) | {7: ([1, 2], {"highway": "unclassified", **tags})}
    assert [7 in open_ways(roads_of(ways, profile=one)) for one in (SUMMER, WINTER)] == [False, True]


def test_opening_hours_are_counted_and_not_looked_at(roads_of):
    roads = roads_of(shores(1, 2) | {7: ([1, 2], {**FERRY, "opening_hours": "Mo 07:00-08:00"})})
    assert roads.crossings[0].has_hours
    assert minutes(roads, 1, 2) == pytest.approx(sailed(1, 2) + PROFILE_WAIT, abs=1e-3)
    assert build_network(roads, SUMMER, fingerprint="").describe()["ferries_with_opening_hours"] == 1


# --- what a study knows better


TWO = shores(1, 2, 4) | {
    7: ([1, 2], {**FERRY, "name": "Lossi", "duration": "5"}),
    8: ([2, 3], {**FERRY, "name": "Lautta", "ref": "182"}),
    9: ([3, 4], {**FERRY, "name": "Lautta", "ref": "182"}),
}
ROUTE = {5: ([8, 9], {"name": "Saaristoreitti"})}


def told(season="summer", **rows):
    return CarProfile(season=season, ferries=[rows])


@pytest.mark.parametrize("which", [{"name": "Lautta"}, {"name": "182"}, {"name": "Saaristoreitti"}, {"osm_id": 8},
                                   {"osm_id": 9}, {"osm_id": 5}])  # fmt: skip
def test_a_ferry_is_named_by_its_names_or_the_ids_of_its_ways_and_relation(roads_of, which):
    roads = roads_of(TWO, ROUTE, told(**which, crossing_minutes=40, wait_minutes=6))
    assert minutes(roads, 2, 4) == pytest.approx(46, abs=1e-3)
    assert minutes(roads, 1, 2) == pytest.approx(5 + PROFILE_WAIT, abs=1e-3)
    assert [(one.name, one.crossing_source, one.wait_source) for one in roads.crossings] == [
        ("182", "study", "study"), ("Lossi", "duration", "profile")]  # fmt: skip


def test_a_wait_alone_leaves_the_crossing_and_a_crossing_the_wait(roads_of):
    roads = roads_of(TWO, ROUTE, told(name="Lossi", wait_minutes=0))
    assert minutes(roads, 1, 2) == pytest.approx(5, abs=1e-3)
    roads = roads_of(TWO, ROUTE, told(name="Lossi", crossing_minutes="7,5"))
    assert minutes(roads, 1, 2) == pytest.approx(7.5 + PROFILE_WAIT, abs=1e-3)


@pytest.mark.parametrize(
    ("closed", "season", "seasonal", "is_open"),
    [
        ("winter", "summer", None, True),
        ("winter", "winter", None, False),
        ("always", "summer", None, False),
        ("always", "winter", None, False),
        ("never", "winter", "summer", True),
        ("never", "summer", "winter", True),
        ("never", "winter", None, True),
    ],
)
def test_a_study_closes_and_opens_ferries(roads_of, closed, season, seasonal, is_open):
    tags = {**FERRY, "name": "Lossi"} | ({"seasonal": seasonal} if seasonal else {})
    roads = roads_of(shores(1, 2) | {7: ([1, 2], tags)}, {}, told(season, name="Lossi", closed=closed))
    assert (7 in open_ways(roads)) == is_open
    assert [(one.is_open, one.crossing_source) for one in roads.crossings] == [
        (is_open, "profile" if is_open else "study")
    ]


def test_an_id_goes_before_a_name(roads_of):
    rows = [
        {"name": "Lossi", "wait_minutes": 1},
        {"osm_id": 7, "wait_minutes": 9},
        {"name": "Lautta", "wait_minutes": 3},
    ]
    roads_of_two = shores(1, 2, 3, 4) | {
        7: ([1, 2], {**FERRY, "name": "Lossi"}),
        8: ([3, 4], {**FERRY, "name": "Lossi"}),
        9: ([2, 3], {**FERRY, "name": "Lautta"}),
    }
    roads = roads_of(roads_of_two, {}, CarProfile(ferries=rows))
    assert [one.wait_minutes for one in sorted(roads.crossings, key=lambda one: one.ways)] == [9, 1, 3]


def test_the_crossings_of_an_id_share_its_minutes_and_those_of_a_name_each_take_them(roads_of):
    ways = shores(1, 2, 4) | {7: ([1, 2, 4], {**FERRY, "name": "Lossi"})}
    by_id = roads_of(ways, {}, told(osm_id=7, crossing_minutes=30, wait_minutes=0))
    assert minutes(by_id, 1, 4) == pytest.approx(30, abs=1e-3)
    by_name = roads_of(ways, {}, told(name="Lossi", crossing_minutes=30, wait_minutes=0))
    assert minutes(by_name, 1, 4) == pytest.approx(60, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"name": "Losi", "wait_minutes": 1}], "is named 'Losi'; the nearest known one is 'Lossi'"),
        ([{"osm_id": 77, "wait_minutes": 1}], r"has the OSM id 77 \(4 ferry ways and 1 ferry routes"),
        ([{"osm_id": 8, "wait_minutes": 1}, {"osm_id": 9, "wait_minutes": 2}], "8 and 9, which are one crossing"),
        ([{"name": "Vesibussi", "wait_minutes": 1}], "'Vesibussi'.*carries no cars"),
        ([{"name": "Lossi", "wait_minutes": 1}, {"osm_id": 7, "closed": "winter"}], "spoken of by id already"),
    ],
)  # fmt: skip
def test_what_a_study_says_of_no_ferry_is_an_error(file, rows, said):
    path = file(TWO | {10: ([1, 12], {**FERRY, "name": "Vesibussi", "foot": "yes"})}, ROUTE)
    with pytest.raises(StudyError, match=said):
        read_roads(path, CarProfile(ferries=rows))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"wait_minutes": 1}], "needs either name or osm_id"),
        ([{"name": "A", "osm_id": 5, "wait_minutes": 1}], "needs either name or osm_id"),
        ([{"name": "A"}], "nothing is said of it"),
        ([{"name": " ", "wait_minutes": 1}], "needs either"),
        ([{"name": "A", "wait_minutes": -1}], r"ferry 'A': wait_minutes is -1"),
        ([{"name": "A", "wait_minutes": "x"}], "wait_minutes is 'x', which is no number"),
        ([{"name": "A", "crossing_minutes": math.inf}], "crossing_minutes is inf"),
        ([{"name": "A", "crossing_minutes": True}], "crossing_minutes is True"),
        ([{"osm_id": 1.5, "closed": "winter"}], "osm_id is 1.5"),
        ([{"osm_id": "W7", "closed": "winter"}], "osm_id is 'W7', which is no number"),
        ([{"name": "A", "closed": "summer"}], "closed is 'summer'; use 'never', 'winter', 'always'"),
        ([{"name": "A", "wait_minuts": 1}], "unknown key 'wait_minuts'; did you mean 'wait_minutes'"),
        ([{"osm_id": 5, "wait_minutes": 1}, {"osm_id": "5", "closed": "winter"}], "ferry 5 stands twice"),
        ([{"name": "A", "wait_minutes": 1}, {"name": "A", "closed": "winter"}], "ferry 'A' stands twice"),
    ],
)
def test_rows_that_cannot_be_are_refused(rows, said):
    with pytest.raises(StudyError, match=said):
        CarProfile(ferries=rows)


def test_overrides_are_part_of_the_fingerprint_in_any_order():
    rows = [FerryOverride(name="A", wait_minutes=1), FerryOverride(osm_id=5, closed="winter")]
    one, other = CarProfile(ferries=rows), CarProfile(ferries=rows[::-1])
    assert one.fingerprint() == other.fingerprint() != SUMMER.fingerprint()
    assert one.fingerprint() != CarProfile(ferries=[replace(rows[0], wait_minutes=2.0), rows[1]]).fingerprint()


# --- clip and merge


def test_a_crossing_of_several_ways_is_clipped_as_one(file):
    ways = shores(1, 9) | {7: ([1, 3], FERRY), 8: ([3, 6], FERRY), 9: ([6, 9], FERRY)}
    near_1 = Area.of_box((25.0, 61.9, 25.015, 62.1), buffer_metres=0)
    path = file(ways)
    roads = arrange(path, clip(both(path), near_1))
    assert open_ways(roads) == {7, 8, 9}
    path = file(ways | {8: ([3, 6], {**FERRY, "name": "x"})}, {5: ([7, 9], {"duration": "20"})})
    roads = arrange(path, clip(both(path), near_1))
    assert open_ways(roads) == {7, 9}


def test_a_relation_that_only_one_file_holds_counts_for_all(tmp_path):
    ways = shores(1, 4) | {7: ([1, 3], FERRY), 8: ([3, 4], {})}
    relation = {5: ([7, 8], {"duration": "20"})}
    whole = both(write(tmp_path / "a.osm.pbf", ways, relation))
    bare = both(write(tmp_path / "b.osm.pbf", {one: ways[one] for one in (7, 901)}))
    for files in ([whole, bare], [bare, whole]):
        roads = arrange(tmp_path, merge(files))
        assert minutes(roads, 1, 4) == pytest.approx(20 + PROFILE_WAIT, abs=1e-3)
        assert roads.crossings == arrange(tmp_path, whole).crossings


# --- the network


def test_the_network_lists_its_ferries_and_keeps_them_on_disk(file, tmp_path):
    profile = told("winter", osm_id=7, closed="winter")
    roads = read_roads(file(TWO, ROUTE), profile)
    network = build_network(roads, profile, fingerprint="x")
    table = network.ferries()
    assert table["ways"].tolist() == [(8, 9), (7,)]
    assert table["open"].tolist() == [True, False]
    assert table["crossing_minutes"].tolist() == [
        pytest.approx(sailed(2, 3, 4), abs=1e-6),
        pytest.approx(np.nan, nan_ok=True),
    ]
    facts = network.describe()
    assert (facts["ferries"], facts["ferries_closed"], facts["ferries_with_opening_hours"]) == (1, 1, 0)
    write_network(network, tmp_path / "a.pvnet")
    again = read_stored_network(tmp_path / "a.pvnet")
    assert (again.crossings, again.ferries_digest) == (network.crossings, profile.ferries_digest)
    assert network.driven.tolist() == [again.road_classes[one] != "ferry" for one in again.edges.road_class]
    assert not network.driven.all()


def test_a_network_without_ferries_lists_none(file):
    network = build_network(read_roads(file(shores(1, 2)), SUMMER), SUMMER, fingerprint="x")
    assert len(network.ferries()) == 0
    assert "crossing_minutes" in network.ferries()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tampere", "porto", "finland-rural"])
def test_real_extracts_without_ferries_have_no_crossing(shared_data, name):
    path = shared_data / "osm" / f"{name}.osm.pbf"
    read = both(path)
    assert (read.ways.ferries, read.ways.routes, arrange(path, read).crossings) == ((), (), ())


@pytest.mark.shared
def test_the_ferry_of_a_real_extract_sails_in_summer_alone(shared_data):
    """The water bus to Suomenlinna has ``seasonal=spring;summer;autumn``; its nodes lie outside the square."""
    path = shared_data / "osm" / "helsinki-core.osm.pbf"
    water_bus = 170463494
    summer, winter = (arrange(path, both(path, one), one) for one in (SUMMER, WINTER))
    assert (water_bus in summer.lost_ways, water_bus in winter.lost_ways) == (True, False)
    assert [(one.ways, one.is_open, one.crossing_source) for one in winter.crossings] == [
        ((water_bus,), False, "season")
    ]
    closed = read_roads(path, told(osm_id=water_bus, closed="always"))
    assert (closed.lost_ways, closed.crossings[0].crossing_source) == (winter.lost_ways, "study")
    with pytest.raises(StudyError, match="the nearest known one is 'Kolera-allas-Tykistölahti-Kuninkaanportti'"):
        read_roads(path, told(name="Kolera-allas", closed="always"))


def test_network_info_lists_each_crossing_and_what_is_closed(file, tmp_path):
    profile = told("winter", osm_id=7, closed="winter", wait_minutes=4)
    ways = TWO | {12: ([4, 14], {**FERRY, "duration": "00:10", "interval": "10", "opening_hours": "24/7"})}
    network = build_network(read_roads(file(ways, ROUTE), profile), profile, fingerprint="x")
    write_network(network, tmp_path / "a.pvnet")
    said = CliRunner().invoke(app, ["network", "info", str(tmp_path / "a.pvnet")]).output
    assert "Ferries: 2 crossings, 1 closed; opening hours of 1 are not looked at\n" in said
    assert "  without a name (way 12): 1,114 m, crossing 10.0 min (duration), wait 5.0 min (interval)\n" in said
    assert "  182 (ways 8, 9): 1,048 m, crossing 3.1 min (profile), wait 2.5 min (profile)\n" in said
    assert "  Lossi (way 7): 524 m, closed (study)\n" in said


def test_tables_of_roads_and_graphs_take_no_ferries_of_a_profile():
    profile = told(name="Lossi", wait_minutes=1)
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=25.0, y=62.0)
    graph.add_node(2, x=25.1, y=62.0)
    graph.add_edge(1, 2, highway="secondary", length=5000.0)
    with pytest.raises(NetworkError, match="go with files of OpenStreetMap"):
        RoadNetwork.from_networkx(graph, profile=profile)
    table = RoadNetwork.from_networkx(graph).to_edges()
    with pytest.raises(TableError, match="go with files of OpenStreetMap"):
        build_from_edges(table, profile, fingerprint="x")


def test_a_network_with_ferries_comes_back_from_networkx(file):
    network = build_network(read_roads(file(TWO, ROUTE), SUMMER), SUMMER, fingerprint="x")
    assert RoadNetwork.from_networkx(network.to_networkx()).crossings == network.crossings


def test_at_half_the_speed_a_ferry_takes_as_long(file):
    network = build_network(read_roads(file(TWO, ROUTE), SUMMER), SUMMER, fingerprint="x")
    slower = drive_at(network, 0.5)
    times, before = slower.edges.forward_time, network.edges.forward_time
    assert (times[~network.driven] == before[~network.driven]).all()
    assert (times[network.driven] > 1.99 * before[network.driven]).all()
