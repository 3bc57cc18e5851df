"""Roads clipped to an area and roads of several files put together: halves of a whole are the whole again."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise, permutations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from village import write_village

from palveluverkko.domain.errors import RoadFileError, StudyError
from palveluverkko.osm.area import Area
from palveluverkko.osm.clip import clip
from palveluverkko.osm.merge import merge
from palveluverkko.osm.osmium_reader import read_with_osmium
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads, read_roads
from palveluverkko.osm.roads import FileRoads, FileWays, arrange, distinct_nodes, in_order

PROFILE = CarProfile()
ROAD = PROFILE.road({"highway": "secondary"})
FERRY = PROFILE.road({"route": "ferry", "duration": "00:20"})


def file_roads(places, ways, *, leaving=()):
    """Roads as a reader gives them: places by node id, ways as (id, kind, nodes)."""
    kinds = tuple(dict.fromkeys(kind for _, kind, _ in ways))
    read = in_order(
        FileWays(
            way_id=np.asarray([one for one, _, _ in ways], dtype=np.int64),
            way_kind=np.asarray([kinds.index(kind) for _, kind, _ in ways], dtype=np.int32),
            kinds=kinds,
            way_name=np.arange(len(ways), dtype=np.int32),
            names=tuple(f"way {one}" for one, _, _ in ways),
            nodes_in_way=np.asarray([len(nodes) for *_, nodes in ways], dtype=np.int32),
            node_ids=np.asarray([node for *_, nodes in ways for node in nodes], dtype=np.int64),
            rejected_speeds={},
            restrictions=(),
        )
    )
    node_id = distinct_nodes(read)
    lon, lat = (np.asarray([places.get(one, (np.nan, np.nan))[axis] for one in node_id.tolist()]) for axis in (0, 1))
    return FileRoads(read, node_id, lon, lat, leaving=np.asarray(leaving, dtype=np.int64).reshape(-1, 2))


def nodes_of(roads: Roads) -> list[tuple[int, list[int]]]:
    """Give each piece as its way id and the ids of its nodes."""
    pieces = np.split(roads.node_id[roads.way_node], roads.first_node[1:-1])
    return list(zip(roads.way_id.tolist(), [piece.tolist() for piece in pieces], strict=True))


def assert_same(found: Roads, expected: Roads) -> None:
    for one in fields(Roads):
        a, b = getattr(found, one.name), getattr(expected, one.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, one.name
            np.testing.assert_array_equal(a, b, err_msg=one.name)
        elif one.name != "rejected_speeds":  # counted in each file
            assert a == b, one.name


def cut_ids(roads: Roads) -> list[int]:
    return roads.node_id[roads.cut_nodes].tolist()


# A row of nodes 0.01 degrees apart: node n lies at 25 + n / 100 E.
ROW = {number: (25 + number / 100, 66.0) for number in range(1, 11)}
LEFT, RIGHT = (24.9, 65.9, 25.055, 66.1), (25.055, 65.9, 25.2, 66.1)
ALONG = [(7, ROAD, list(ROW))]


# --- clip


def test_a_road_is_kept_to_the_first_node_beyond_and_ends_there_at_the_edge_of_the_extract():
    roads = arrange("row", clip(file_roads(ROW, ALONG), Area.of_box(LEFT, buffer_metres=0)))
    assert nodes_of(roads) == [(7, [1, 2, 3, 4, 5, 6])]
    assert cut_ids(roads) == [6]


def test_the_buffer_is_in_metres():
    # A hundredth of a degree is 454 m here: node 6 lies 227 m beyond the box, node 7 681 m and node 8 1,135 m.
    for metres, last in ((200, 6), (250, 7), (660, 7), (700, 8), (1110, 8), (1160, 9)):
        roads = arrange("row", clip(file_roads(ROW, ALONG), Area.of_box(LEFT, buffer_metres=metres)))
        assert nodes_of(roads) == [(7, list(range(1, last + 1)))], metres


def test_a_piece_that_crosses_the_area_without_a_node_in_it_is_kept():
    roads = arrange("row", clip(file_roads(ROW, ALONG), Area.of_box((25.042, 65.9, 25.048, 66.1), buffer_metres=0)))
    assert nodes_of(roads) == [(7, [4, 5])]
    assert cut_ids(roads) == [4, 5]


def test_a_road_that_leaves_and_comes_back_is_two_pieces():
    areas = shapely.union(shapely.box(24.9, 65.9, 25.025, 66.1), shapely.box(25.085, 65.9, 25.2, 66.1))
    roads = arrange("row", clip(file_roads(ROW, ALONG), Area(areas, 0)))
    assert nodes_of(roads) == [(7, [1, 2, 3]), (7, [8, 9, 10])]
    assert cut_ids(roads) == [3, 8]


def test_ferries_are_kept_whole():
    roads = arrange("row", clip(file_roads(ROW, [(7, FERRY, list(ROW))]), Area.of_box(LEFT, buffer_metres=0)))
    assert nodes_of(roads) == [(7, list(ROW))]
    assert cut_ids(roads) == []


def test_another_road_that_goes_on_where_the_last_piece_ends_makes_an_edge():
    ways = [(7, ROAD, [1, 2, 3, 4, 5, 6]), (8, ROAD, [6, 7, 8])]
    roads = arrange("row", clip(file_roads(ROW, ways), Area.of_box(LEFT, buffer_metres=0)))
    assert nodes_of(roads) == [(7, [1, 2, 3, 4, 5, 6])]
    assert cut_ids(roads) == [6]


def test_what_does_not_touch_the_area_leaves_no_trace():
    ways = [(7, ROAD, [1, 2, 3]), (8, FERRY, [7, 8])]
    clipped = clip(file_roads(ROW, ways), Area.of_box(LEFT, buffer_metres=0))
    assert clipped.ways.way_id.tolist() == [7]
    assert clipped.ways.kinds == (ROAD,)
    assert clipped.leaving.size == 0
    assert arrange("row", clipped).lost_ways == ()


def test_an_area_around_everything_changes_nothing(tmp_path):
    path = write_village(tmp_path / "a.osm")
    assert_same(read_roads(path, PROFILE, area=Area.of_box((19, 59, 32, 71))), read_roads(path, PROFILE))


def test_restrictions_go_with_their_ways(tmp_path):
    def restriction(one, start, end):
        members = f'<member type="way" ref="{start}" role="from"/><member type="way" ref="{end}" role="to"/>'
        return f'<relation id="{one}" version="1">{members}<tag k="type" v="restriction"/></relation>'

    both = [restriction(1, 7, 7), restriction(2, 10, 10)]
    path = write_village(tmp_path / "a.osm", *both)
    clipped = read_roads(path, PROFILE, area=Area.of_box((24.9, 65.9, 25.009, 66.1), buffer_metres=0))
    assert clipped.way_id.tolist() == [7]
    assert [one.relation_id for one in clipped.restrictions] == [1]


def test_an_area_without_roads_is_an_error(tmp_path):
    path = write_village(tmp_path / "a.osm")
    with pytest.raises(RoadFileError, match=r"a\.osm has no road within 500 m of the box 10, 50, 11, 51; take"):
        read_roads(path, PROFILE, area=Area.of_box((10, 50, 11, 51), buffer_metres=500))


@pytest.mark.parametrize("box", [(25, 66, 24, 67), (25, 66, 26), (25, 66, 26, 95), (25, 66, float("nan"), 67)])
def test_a_box_that_is_none_is_refused(box):
    with pytest.raises(StudyError, match="give west, south, east and north in degrees"):
        Area.of_box(box)


@pytest.mark.parametrize("metres", [-1, float("inf"), float("nan")])
def test_a_buffer_that_is_no_distance_is_refused(metres):
    with pytest.raises(StudyError, match=r"clip_buffer_metres is .*; give a distance of 0 or more"):
        Area.of_box(LEFT, buffer_metres=metres)


def test_areas_with_other_sides_or_other_buffers_have_other_names():
    areas = [Area.of_box(LEFT), Area.of_box(RIGHT), Area.of_box(LEFT, buffer_metres=1)]
    assert len({one.fingerprint() for one in areas}) == 3
    assert Area.of_box(LEFT).fingerprint() == areas[0].fingerprint()


# --- merge


def test_a_way_and_a_node_that_both_files_have_count_once():
    one = file_roads(ROW, [(7, ROAD, [1, 2, 3]), (8, ROAD, [3, 4])])
    other = file_roads(ROW, [(8, ROAD, [3, 4]), (9, ROAD, [4, 5])])
    roads = arrange("both", merge([one, other]))
    assert nodes_of(roads) == [(7, [1, 2, 3]), (8, [3, 4]), (9, [4, 5])]


def test_of_two_versions_of_a_way_the_one_with_more_nodes_counts():
    small = file_roads(ROW, [(7, ROAD, [1, 2, 3, 4])])
    large = file_roads(ROW, [(7, FERRY, [1, 4]), (8, ROAD, [5, 6, 7, 8])])
    for files in permutations([small, large]):
        roads = arrange("both", merge(files))
        assert nodes_of(roads)[0] == (7, [1, 2, 3, 4])
        assert roads.kinds[roads.way_kind[0]] == ROAD


def test_of_two_places_of_a_node_that_of_the_larger_file_counts():
    small = file_roads(ROW | {2: (26.0, 67.0)}, [(7, ROAD, [1, 2])])
    large = file_roads(ROW, [(8, ROAD, [2, 3, 4])])
    for files in permutations([small, large]):
        roads = arrange("both", merge(files))
        assert roads.lon.tolist() == [25.01, 25.02, 25.03, 25.04]


def test_a_way_cut_in_both_files_is_whole_again():
    one = file_roads({node: ROW[node] for node in (1, 2)}, [(7, ROAD, [1, 2, 3, 4])])
    other = file_roads({node: ROW[node] for node in (3, 4)}, [(7, ROAD, [1, 2, 3, 4])])
    assert cut_ids(arrange("one", one)) == [2]
    roads = arrange("both", merge([one, other]))
    assert nodes_of(roads) == [(7, [1, 2, 3, 4])]
    assert cut_ids(roads) == []


def test_an_edge_heals_only_where_the_other_file_has_the_road():
    ways = [(7, ROAD, [1, 2, 3]), (8, ROAD, [3, 4, 5])]
    one = file_roads(ROW, ways[:1], leaving=[(3, 4), (3, 9)])
    other = file_roads(ROW, ways[1:])
    assert cut_ids(arrange("one", one)) == [3]
    assert cut_ids(arrange("both", merge([one, other]))) == [3]
    healed = file_roads(ROW, ways[:1], leaving=[(3, 4)])
    assert cut_ids(arrange("both", merge([healed, other]))) == []


def test_kinds_and_names_of_files_are_put_together(tmp_path):
    one = write_village(tmp_path / "a.osm", ways=(7, 8, 10))
    other = write_village(tmp_path / "b.osm", ways=(9, 10, 11))
    whole = read_roads(write_village(tmp_path / "whole.osm"), PROFILE)
    for paths in permutations([one, other]):
        assert_same(read_roads(paths, PROFILE), whole)


def test_limits_that_cannot_be_read_are_counted_in_each_file(tmp_path):
    paths = [write_village(tmp_path / name, ways=(7, 12)) for name in ("a.osm", "b.osm")]
    assert read_roads(paths, PROFILE).rejected_speeds == {"slow": 2}


def test_progress_over_several_files_rises_to_its_total(tmp_path):
    paths = [write_village(tmp_path / name) for name in ("a.osm", "b.osm")]
    steps = []
    read_roads(paths, PROFILE, progress=lambda done, total: steps.append((done, total)))
    done, totals = zip(*steps, strict=True)
    assert set(totals) == {2000}
    assert list(done) == sorted(done)
    assert done[-1] == 2000


# --- halves of a whole


@st.composite
def drawn_files(draw):
    """Roads and ferries over nodes on a lattice, some places missing."""
    places = {one: (25 + one % 5 / 100, 66 + one // 5 / 100) for one in range(1, 25)}
    for gone in draw(st.sets(st.sampled_from(sorted(places)), max_size=4)):
        del places[gone]
    walks = draw(st.lists(st.lists(st.integers(1, 24), min_size=2, max_size=7), min_size=1, max_size=8))
    kinds = st.sampled_from([ROAD, ROAD, FERRY])
    return file_roads(places, [(number, draw(kinds), walk) for number, walk in enumerate(walks, 1)])


@settings(deadline=None, max_examples=200)
@given(drawn_files(), st.floats(24.99, 25.05), st.booleans())
def test_two_halves_of_a_file_merge_to_the_whole(read, border, swap):
    boxes = [(24.9, 65.9, border, 66.2), (border, 65.9, 25.2, 66.2)]
    try:
        whole = arrange("whole", read)
    except RoadFileError:
        return
    halves = [clip(read, Area.of_box(one, buffer_metres=0)) for one in boxes]
    halves = [one for one in halves if one.ways.way_id.size]
    merged = arrange("both", merge(halves[::-1] if swap else halves))
    # Kinds and lost ways of which the file has no node at all lie in neither half.
    for name in {one.name for one in fields(Roads)} - {"kinds", "way_kind", "lost_ways", "crossings"}:
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name), err_msg=name)
    assert merged.crossings == whole.crossings
    assert [merged.kinds[one] for one in merged.way_kind] == [whole.kinds[one] for one in whole.way_kind]
    located = set(read.node_id[~np.isnan(read.lon)].tolist())
    ways = np.split(read.ways.node_ids, np.cumsum(read.ways.nodes_in_way)[:-1])
    somewhere = {one for one, nodes in zip(read.ways.way_id.tolist(), ways, strict=True) if located & {*nodes.tolist()}}
    assert set(merged.lost_ways) == somewhere & set(whole.lost_ways)


@settings(deadline=None, max_examples=100)
@given(drawn_files(), st.floats(24.99, 25.05))
def test_a_clipped_file_knows_every_road_that_leaves_it(read, border):
    # From the definition: a node of the clipped roads with a piece of the file that is not among them.
    clipped = clip(read, Area.of_box((24.9, 65.9, border, 66.2), buffer_metres=0))
    try:
        roads = arrange("half", clipped)
    except RoadFileError:
        return

    def pieces(way, ids):
        return {(way, frozenset(pair)) for pair in pairwise(ids) if pair[0] != pair[1]}

    kept = set().union(*(pieces(*one) for one in nodes_of(roads)))
    ways = np.split(read.ways.node_ids, np.cumsum(read.ways.nodes_in_way)[:-1])
    whole = zip(read.ways.way_id.tolist(), ways, strict=True)
    missing = set().union(*(pieces(way, nodes.tolist()) for way, nodes in whole)) - kept
    known = set(roads.node_id.tolist())
    located = set(read.node_id[~np.isnan(read.lon)].tolist())
    clipped_away = {one for _, pair in missing if pair <= located for one in pair & known}
    leaving = {one for _, pair in missing for one in pair & known}
    assert clipped_away <= set(cut_ids(roads)) <= leaving


@pytest.mark.shared
@pytest.mark.parametrize("name", ["andorra", "tampere", "liechtenstein", "helsinki-core", "finland-rural"])
def test_two_halves_of_a_real_extract_merge_to_the_whole(shared_data, name):
    path = shared_data / "osm" / f"{name}.osm.pbf"
    whole = read_roads(path, PROFILE)
    west, south, east, north = whole.bounds
    middle = (west + east) / 2
    file = read_with_osmium(path, PROFILE, progress=lambda _done, _total: None)
    boxes = ((west - 1, south - 1, middle, north + 1), (middle, south - 1, east + 1, north + 1))
    halves = [clip(file, Area.of_box(box, buffer_metres=0)) for box in boxes]
    for half in halves:
        roads = arrange(path, half)
        assert roads.cut_nodes.size > 0
        assert roads.node_id.size < whole.node_id.size
    assert_same(arrange(path, merge(halves)), whole)


def test_a_way_with_one_node_on_the_border_and_none_beyond_is_lost_in_both_halves():
    read = file_roads({2: (25.02, 66.0), 3: (25.03, 66.0), 5: (25.0, 66.0)}, [(7, ROAD, [1, 5]), (8, ROAD, [2, 3])])
    boxes = [(24.9, 65.9, 25.0, 66.2), (25.0, 65.9, 25.2, 66.2)]
    halves = [clip(read, Area.of_box(one, buffer_metres=0)) for one in boxes]
    assert [7 in half.ways.way_id for half in halves] == [True, True]
    assert arrange("both", merge(halves)).lost_ways == arrange("whole", read).lost_ways == (7,)
