"""Our own reader of .osm.pbf gives the roads that osmium gives, and one clear line for what is wrong."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import zlib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import osmium
import osmium.osm.mutable
import pytest
import raw_pbf as raw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palveluverkko.domain.errors import RoadFileError
from palveluverkko.osm import numbering_kernels, pbf_blocks, pbf_threads, reader, roads
from palveluverkko.osm.osmium_reader import read_with_osmium
from palveluverkko.osm.pbf import read_pbf
from palveluverkko.osm.pbf_blocks import Content, DamageError, UnfamiliarPbfError
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Restriction, Roads, read_roads
from palveluverkko.osm.roads import arrange

PROFILE = CarProfile()
TEXTS = raw.texts("highway", "track", "ref", "4", "name", "Koskikatu", "maxspeed", "slow", "note")
TRACK = ([1], [2])
PLACES = [(1, 250_000_000, 660_000_000), (2, 251_000_000, 661_000_000), (3, 252_000_000, 660_000_000)]
NODES = raw.group(raw.dense(PLACES))


def ours(path: Path) -> Roads:
    return arrange(path, read_pbf(path, PROFILE, progress=lambda _done, _total: None))


def oracle(path: Path) -> Roads:
    return arrange(path, read_with_osmium(path, PROFILE, progress=lambda _done, _total: None))


def assert_same(found: Roads, expected: Roads) -> None:
    for one in fields(Roads):
        value, other = getattr(found, one.name), getattr(expected, one.name)
        if isinstance(value, np.ndarray):
            assert (value.dtype, value.flags.writeable) == (other.dtype, False), one.name
            np.testing.assert_array_equal(value, other, err_msg=one.name, strict=True)
        else:
            assert value == other, one.name


def assert_reads_like_osmium(path: Path) -> Roads:
    found = ours(path)
    assert_same(found, oracle(path))
    return found


def error_of(path: Path) -> str:
    with pytest.raises(RoadFileError) as caught:
        ours(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


# --- real extracts

EXTRACTS = {"andorra": 65, "liechtenstein": 85, "helsinki-core": 45, "tampere": 0, "porto": 357,
            "djibouti-main-roads": 0, "finland-rural": 0}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", EXTRACTS)
def test_real_extracts_give_the_roads_of_osmium(shared_data, name):
    found = assert_reads_like_osmium(shared_data / "osm" / f"{name}.osm.pbf")
    assert len(found.restrictions) == EXTRACTS[name]


# --- files that osmium writes

FORMATS = [
    "pbf", "pbf,pbf_dense_nodes=false", "pbf,pbf_compression=none", "pbf,add_metadata=false",
    "pbf,locations_on_ways=true",
    "pbf,pbf_dense_nodes=false,pbf_compression=none,add_metadata=false", "pbf,add_metadata=version+timestamp",
]  # fmt: skip
IDS = st.integers(-4, 12)
TAGS = st.dictionaries(
    st.sampled_from(["highway", "route", "ref", "name", "maxspeed", "oneway", "note", "surface"]),
    st.sampled_from(["", "track", "primary", "footway", "ferry", "yes", "50", "slow", "Äijälä", "4"]),
    max_size=5,
)
FERRY_TAGS = st.fixed_dictionaries(
    {"route": st.just("ferry")},
    optional={"foot": st.just("yes"), "duration": st.sampled_from(["10", "20", "x"]), "ref": st.sampled_from(["", "7"]),
              "name": st.sampled_from(["", "Lossi", "Lautta"]), "seasonal": st.just("winter")},
)  # fmt: skip
NODE_TAGS = st.dictionaries(
    st.sampled_from(["highway", "barrier", "access", "railway", "direction", "motorcar", "name", "crossing"]),
    st.sampled_from(["", "traffic_signals", "stop", "gate", "bollard", "private", "no", "yes", "forward", "crossing",
                     "level_crossing", "turning_circle", "Äijälä"]),
    max_size=3,
)  # fmt: skip
PLACE = st.tuples(st.integers(-180, 180), st.integers(-90, 90))
LIVE_NODES = st.tuples(st.just("n"), IDS, PLACE, NODE_TAGS)
WAYS = st.tuples(
    st.just("w"), IDS, st.lists(IDS, max_size=6), TAGS | st.just({"highway": "track"}) | FERRY_TAGS | st.just({}),
    st.booleans(),
)  # fmt: skip
RELATIONS = st.tuples(
    st.just("r"), IDS, st.sampled_from(["restriction", "restriction:hgv", "restrictions", "route", ""]),
    st.lists(st.tuples(st.sampled_from("nwr"), IDS, st.sampled_from(["from", "via", "to", ""])), max_size=3),
)  # fmt: skip


def write_elements(path: Path, form: str, elements) -> Path:
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(osmium.io.File(str(path), form)) as writer:
        for kind, one, *content in elements:
            if kind == "n":
                place, tags = content if len(content) > 1 else (*content, {})
                writer.add_node(osmium.osm.mutable.Node(id=one, location=place, tags=tags, version=1))
            elif kind == "w":
                refs, tags, visible = content
                writer.add_way(osmium.osm.mutable.Way(id=one, nodes=refs, tags=tags, version=1, visible=visible))
            else:
                kind_of, members = content
                tags = {"type": kind_of, "restriction": "no_left_turn"}
                if kind_of == "route":
                    tags = {"type": kind_of, "route": "ferry", "duration": "20", "name": "Lossi"}
                writer.add_relation(osmium.osm.mutable.Relation(id=one, members=members, tags=tags, version=1))
    return path


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(FORMATS), elements=st.data())
def test_any_elements_in_any_order_give_the_roads_of_osmium(tmp_path, form, elements):
    # A positive node given twice among unsorted ones is at the mercy of osmium's sort.
    nodes = elements.draw(st.lists(LIVE_NODES, max_size=12, unique_by=lambda one: one[1]))
    others = elements.draw(st.lists(WAYS | RELATIONS, max_size=12))
    path = write_elements(tmp_path / "a.osm.pbf", form, elements.draw(st.permutations([*nodes, *others])))
    found, expected = outcome(ours, path), outcome(oracle, path)
    if isinstance(found, Roads) and isinstance(expected, Roads):
        assert_same(found, expected)
    else:
        assert found == expected


def outcome(read, path: Path) -> Roads | str:
    try:
        return read(path)
    except RoadFileError as error:
        return str(error)


def test_many_blocks_and_unsorted_nodes_give_the_roads_of_osmium(tmp_path):
    """20,000 nodes are several blocks: what threads bring out of turn is put in order."""
    chance = random.Random(4)  # noqa: S311
    ids = chance.sample(range(1, 10**10), 20_000)
    nodes = [("n", one, (chance.uniform(-180, 180), chance.uniform(-90, 90))) for one in ids]
    ways = [
        ("w", one, chance.choices(ids, k=chance.randint(0, 30)), {"highway": "track", "name": f"Tie {one % 999}",
         "maxspeed": chance.choice("abc")}, chance.random() > 0.1)
        for one in range(9_000, 0, -1)
    ]  # fmt: skip
    elements = [*nodes[:9_000], *ways, *nodes[9_000:]]
    for form in ("pbf", "pbf,pbf_dense_nodes=false,pbf_compression=none"):
        assert_reads_like_osmium(write_elements(tmp_path / "a.osm.pbf", form, elements))


def test_ways_of_more_kinds_than_the_table_first_holds_are_told_apart(tmp_path):
    ways = [("w", one, [1, 2], {"highway": "track", "surface": f"s{one}", "maxspeed": str(one % 130)}, True)
            for one in range(1, 701)]  # fmt: skip
    path = write_elements(tmp_path / "a.osm.pbf", "pbf", [("n", 1, (1, 1)), ("n", 2, (2, 2)), *ways])
    assert_reads_like_osmium(path)


def test_of_a_node_given_twice_the_first_counts_and_of_a_drawn_one_the_last(tmp_path):
    elements = [("n", one, (lon, 1)) for one, lon in ((-1, 1), (-1, 2), (3, 3), (3, 4))]
    path = write_elements(tmp_path / "a.osm.pbf", "pbf", [*elements, ("w", 1, [-1, 3], {"highway": "track"}, True)])
    assert assert_reads_like_osmium(path).lon.tolist() == [2, 3]


def test_of_a_node_given_twice_the_first_tags_that_mean_something_count(tmp_path):
    tags = [{"name": "x"}, {"highway": "bus_stop"}, {"highway": "stop"}, {"barrier": "gate"}]
    nodes = [("n", one, (one, 1), told) for told in tags for one in (1, -1)]
    path = write_elements(tmp_path / "a.osm.pbf", "pbf", [*nodes, ("w", 1, [1, -1], {"highway": "track"}, True)])
    found = assert_reads_like_osmium(path)
    assert found.spot_node.tolist() == [0, 1]
    assert [spot.kind for spot in found.spots] == ["stop"]


def test_tags_of_nodes_in_many_blocks_are_those_of_osmium(tmp_path):
    chance = random.Random(6)  # noqa: S311
    kinds = [{}, {}, {"name": "x"}, {"highway": "stop"}, {"barrier": "block"}, {"barrier": "gate", "access": "private"}]
    elements = [("n", one, (one / 1_000, chance.uniform(0, 80)), chance.choice(kinds)) for one in range(1, 20_000)]
    elements += [("w", one, [one, one + 1, chance.randrange(1, 20_000)], {"highway": "track"}, True)
                 for one in range(1, 20_000, 3)]  # fmt: skip
    for form in ("pbf", "pbf,pbf_dense_nodes=false"):
        found = assert_reads_like_osmium(write_elements(tmp_path / "a.osm.pbf", form, elements))
        assert {spot.kind for spot in found.spots} == {"stop", "block", "gate"}
        assert set(found.barriers_cut) == {"block", "gate"}


def test_a_file_with_history_gives_the_roads_of_osmium(tmp_path):
    with osmium.SimpleWriter(osmium.io.File(str(tmp_path / "a.osm.pbf"), "osh.pbf")) as writer:
        versions = [(1, 1, 1, True), (1, 2, 5, True), (2, 1, 2, False), (2, 2, 6, True), (3, 1, 3, True)]
        for one, version, lon, visible in versions:
            place = (lon, 1) if visible else None
            writer.add_node(osmium.osm.mutable.Node(id=one, location=place, version=version, visible=visible))
        for one, version, refs, visible in [(7, 1, [1, 3], False), (7, 2, [3, 1], True), (8, 1, [1, 2, 3], True)]:
            tags = {"highway": "track"}
            writer.add_way(osmium.osm.mutable.Way(id=one, nodes=refs, version=version, visible=visible, tags=tags))
    found = assert_reads_like_osmium(tmp_path / "a.osm.pbf")
    assert (found.lon.tolist(), found.lost_ways) == ([1, 3], (8,))


def test_restrictions_come_as_they_stand_by_rising_id(tmp_path):
    elements = [("n", 1, (1, 1)), ("n", 2, (2, 2)), ("w", 5, [1, 2], {"highway": "track"}, True),
                ("r", 9, "restriction:hgv", [("w", 5, "from"), ("n", 2, "via"), ("r", -3, "")]),
                ("r", 8, "restriction", []), ("r", 7, "route", [])]  # fmt: skip
    found = assert_reads_like_osmium(write_elements(tmp_path / "a.osm.pbf", "pbf", elements))
    sign = ("restriction", "no_left_turn")
    assert found.restrictions == (
        Restriction(8, (("type", "restriction"), sign), ()),
        Restriction(9, (("type", "restriction:hgv"), sign), (("w", 5, "from"), ("n", 2, "via"), ("r", -3, ""))),
    )


# --- forms that osmium does not write

WAY = raw.group(raw.way(7, [1, 2, 3], [1, 3, 5], [2, 4, 6]))
TEXTS_OF_NODES = raw.texts("highway", "stop", "name", "Pysäkki", "barrier", "block")
BLOCKS = {
    "one block": [raw.block(TEXTS + NODES + WAY)],
    "zlib": [raw.block(TEXTS + NODES, form=raw.ZLIB), raw.block(TEXTS + WAY, form=raw.ZLIB)],
    "ways first": [raw.block(TEXTS + WAY), raw.block(NODES)],
    "texts last": [raw.block(WAY + TEXTS), raw.block(NODES + TEXTS)],
    "mixed group": [raw.block(TEXTS + raw.group(raw.dense(PLACES), raw.way(7, [1, 3], *TRACK)))],
    "plain nodes": [raw.block(TEXTS + raw.group(*(raw.node(*place) for place in PLACES)) + WAY)],
    "empty blocks": [raw.block(b""), raw.block(TEXTS), raw.block(NODES), raw.block(raw.group() + TEXTS + WAY)],
    "granularity": [raw.block(raw.group(raw.dense([(1, 33, -7), (2, 5, 4), (3, -1, 1)])) + raw.field(17, 12_345_679)),
                    raw.block(TEXTS + WAY)],
    "offsets": [raw.block(NODES + raw.field(19, -123_456_789_012) + raw.field(20, 98_765_432_199)),
                raw.block(TEXTS + WAY)],
    "off the globe": [raw.block(raw.group(raw.dense([(1, 1, 1), (2, 1_800_000_001, 1), (3, 2, 2)]))
                                + raw.group(raw.dense([(4, 1, -900_000_001)]))
                                + TEXTS + raw.group(raw.way(1, [1, 3, 2, 1, 3, 4], *TRACK)))],
    "deleted": [raw.block(TEXTS + raw.group(raw.dense([*PLACES, (4, 1, 1)], visible=[1, 1, 1, 0]))
                          + raw.group(raw.node(5, 9, 9, info=raw.deleted()))
                          + raw.group(raw.node(6, 9, 9, info=raw.deleted(visible=1)))
                          + raw.group(raw.way(1, [1, 2, 4, 3, 6, 5], *TRACK))
                          + raw.group(raw.way(2, [1, 2], *TRACK, info=raw.deleted())))],
    "key twice": [raw.block(TEXTS + NODES + WAY + raw.group(raw.way(1, [1, 2], [9, 1, 1, 5, 5], [1, 8, 2, 4, 6]),
                                                           raw.way(2, [1, 2], [1, 1], [2, 8]),
                                                           raw.way(3, [1, 2], [1, 1, 5, 5], [2, 2, 4, 6])))],
    "value to spare": [raw.block(TEXTS + NODES + raw.group(raw.way(1, [1, 2], [1], [2, 4])))],
    "ids at the limits": [raw.block(TEXTS + raw.group(raw.dense([(-(2**62), 1, 1), (2**62, 2, 2)]))
                                    + raw.group(raw.way(-(2**63), [-(2**62), 2**62], *TRACK)))],
    "tags of nodes": [raw.block(TEXTS_OF_NODES + raw.group(raw.dense(PLACES, tags=[1, 2, 3, 4, 0, 0, 5, 6, 0]))
                                + raw.group(raw.node(4, 9, 9, tags=[(5, 6), (1, 2)]), raw.node(5, 9, 9)))
                      + raw.block(TEXTS + raw.group(raw.way(7, [1, 2, 3, 4, 5], *TRACK)))],
    "tags of nodes that end early": [raw.block(TEXTS_OF_NODES + raw.group(raw.dense(PLACES, tags=[0, 5, 6]))),
                                     raw.block(TEXTS + WAY)],
    "tags of deleted nodes": [raw.block(TEXTS_OF_NODES + raw.group(raw.dense([(1, 1, 1), *PLACES],
                                        visible=[0, 1, 1, 1], tags=[1, 2, 0, 5, 6, 0, 0, 0]))),
                              raw.block(TEXTS + WAY)],
    "fields of tomorrow": [raw.block(TEXTS + raw.field(99, b"x") + raw.field(98, 5) + raw.number(97 << 3 | 1)
                                     + bytes(8) + raw.number(96 << 3 | 5) + bytes(4) + NODES + WAY)],
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_forms_that_osmium_reads_and_does_not_write(tmp_path, name):
    assert_reads_like_osmium(raw.write(tmp_path / "a.osm.pbf", raw.header(), *BLOCKS[name]))


def test_lzma_which_osmium_does_not_read_gives_the_same_roads(tmp_path):
    plain = raw.write(tmp_path / "a.osm.pbf", raw.header(), raw.block(NODES), raw.block(TEXTS + WAY))
    squeezed = [raw.header(form=raw.LZMA), *(raw.block(one, form=raw.LZMA) for one in (NODES, TEXTS + WAY))]
    assert_same(ours(raw.write(tmp_path / "b.osm.pbf", *squeezed)), ours(plain))


@pytest.mark.parametrize("feature", ["HistoricalInformation", "LocationsOnWays", "DenseNodes"])
def test_known_features_may_be_required(tmp_path, feature):
    ours(raw.write(tmp_path / "a.osm.pbf", raw.header("OsmSchema-V0.6", feature), *BLOCKS["one block"]))


# --- what osmium has to read

UNFAMILIAR = {
    "feature": ([raw.header("OsmSchema-V0.6", "Holograms"), *BLOCKS["one block"]], "Holograms"),
    "kind of block": ([raw.header(), raw.block(b"", kind="OSMMusic"), *BLOCKS["one block"]], "cannot be read"),
    "bzip2": ([raw.header(), raw.block(TEXTS + NODES + WAY, form=5)], "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFAMILIAR)
def test_what_ours_does_not_know_osmium_is_asked(tmp_path, name):
    blocks, expected = UNFAMILIAR[name]
    path = raw.write(tmp_path / "a.osm.pbf", *blocks)
    with pytest.raises(UnfamiliarPbfError):
        ours(path)
    with pytest.raises(RoadFileError, match=expected):
        read_roads(path, PROFILE)


def test_lz4_is_read_if_osmium_can(tmp_path):
    elements = [("n", 1, (1, 1)), ("n", 2, (2, 2)), ("w", 5, [1, 2], {"highway": "track"}, True)]
    try:
        path = write_elements(tmp_path / "a.osm.pbf", "pbf,pbf_compression=lz4", elements)
    except (RuntimeError, ValueError) as error:
        pytest.skip(f"this osmium has no lz4: {error}")
    plain = write_elements(tmp_path / "b.osm.pbf", "pbf", elements)
    assert_same(read_roads(path, PROFILE), read_roads(plain, PROFILE))


def test_a_cold_process_does_not_load_osmium_for_pbf(tmp_path):
    path = raw.write(tmp_path / "a.osm.pbf", raw.header(), *BLOCKS["one block"])
    code = (
        "import sys; from pathlib import Path; from palveluverkko.osm.profile import CarProfile\n"
        "from palveluverkko.osm.reader import read_roads; assert 'numba' not in sys.modules\n"
        f"read_roads(Path({str(path)!r}), CarProfile()); sys.exit('osmium' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- damage


LIES = {
    "tags of nodes beyond the texts": raw.block(TEXTS + raw.group(raw.dense(PLACES, tags=[1, 99, 0, 0, 0])) + WAY),
    "a key without a value": raw.block(TEXTS + raw.group(raw.dense(PLACES, tags=[1])) + WAY),
    "fewer values than keys": raw.block(TEXTS + WAY + raw.group(
        raw.field(1, raw.field(1, 2) + raw.field(2, raw.packed([1])) + raw.field(8, 2) + raw.field(9, 2)))),
    "value missing": raw.block(TEXTS + NODES + raw.group(raw.way(1, [1, 2], [1, 1], [2]))),
    "key beyond the texts": raw.block(TEXTS + NODES + raw.group(raw.way(1, [1, 2], [77], [2]))),
    "value beyond the texts": raw.block(TEXTS + NODES + raw.group(raw.way(1, [1, 2], [1], [2**63]))),
    "no texts": raw.block(NODES + WAY),
    "texts twice": raw.block(TEXTS + TEXTS + NODES + WAY),
    "fewer places than nodes": raw.block(TEXTS + WAY + raw.group(raw.field(2, raw.field(1, raw.differences([1, 2]))))),
    "node without a place": raw.block(TEXTS + WAY + raw.group(raw.field(1, raw.field(1, 2)))),
    "group longer than block": raw.block(TEXTS + NODES + WAY[:-1]),
    "length of 2**64 - 1": raw.block(TEXTS + NODES + b"\x12" + raw.number(-1) + WAY),
    "number of eleven bytes": raw.block(TEXTS + NODES + b"\x08" + b"\xff" * 11),
    "wire type 7": raw.block(TEXTS + NODES + b"\x0f\x00"),
    "field 0": raw.block(TEXTS + NODES + WAY + b"\x00\x00"),
    "longer than stated": raw.block(TEXTS + NODES + WAY, form=raw.ZLIB, size=20),
    "shorter than stated": raw.block(TEXTS + NODES + WAY, form=raw.ZLIB, size=2_000),
    "stated as 2 GB": raw.block(TEXTS + NODES + WAY, form=raw.ZLIB, size=2**31 - 1),
    "stated as nothing": raw.block(TEXTS + NODES + WAY, form=raw.ZLIB, size=0),
    "lzma that needs 4 GB": raw.block(TEXTS + NODES + WAY, form=raw.LZMA).replace(b"\xfd7zXZ", b"\x5d\xff\xff\xff\xff"),
    "empty blob": raw.block(b"").replace(b"\x0a\x00", b"\x30\x00"),
    "text longer than osmium takes": raw.block(raw.texts("highway", "track", "x" * 1025) + NODES + WAY),
    "text with a zero byte": raw.block(TEXTS.replace(b"Koski", b"Kos\0i") + NODES + WAY),
    "broken name": raw.block(TEXTS.replace(b"Koski", b"Ko\xffki") + NODES
                             + raw.group(raw.way(7, [1, 2], [1, 5], [2, 6]))),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_block_that_lies_is_named_by_its_place(tmp_path, name):
    good = raw.block(TEXTS + NODES + WAY)
    path = raw.write(tmp_path / "a.osm.pbf", raw.header(), good, LIES[name], good)
    begin = len(raw.header()) + len(good)
    assert f"damaged block at byte {begin:,}:" in error_of(path)


def test_a_block_of_more_than_the_format_allows_is_not_read(tmp_path):
    header = raw.field(1, b"OSMData") + raw.field(3, (32 << 20) + 1)
    path = raw.write(tmp_path / "a.osm.pbf", raw.header(), len(header).to_bytes(4, "big") + header)
    assert "damaged block" in error_of(path)


def test_a_file_that_ends_in_any_place_is_cut_short_or_ends_with_a_block(tmp_path):
    blocks = [raw.header(), raw.block(NODES, form=raw.ZLIB), raw.block(TEXTS + WAY, form=raw.ZLIB)]
    whole = b"".join(blocks)
    ends = {sum(map(len, blocks[:count])) for count in range(len(blocks) + 1)}
    for length in set(range(1, len(whole))) - ends:
        assert "cut short" in error_of(raw.write(tmp_path / "a.osm.pbf", whole[:length]))


def test_damage_gives_an_error_or_the_roads_of_osmium(tmp_path):
    """Random bytes changed, removed, repeated: never a crash, and never other roads than osmium's."""
    chance = random.Random(11)  # noqa: S311
    path = tmp_path / "a.osm.pbf"
    kinds = ["one block", "deleted", "granularity", "zlib", "tags of nodes"]
    wholes = [b"".join([raw.header(), *BLOCKS[kind]]) for kind in kinds]
    turns = [("n", 1, (1, 1)), ("n", 2, (2, 2)), ("w", 5, [1, 2], {"highway": "track", "name": "Ä"}, True),
             ("r", 9, "restriction", [("w", 5, "from"), ("n", 2, "via")])]  # fmt: skip
    form = "pbf,pbf_compression=none,add_metadata=false"
    wholes.append(write_elements(path, form, turns).read_bytes())
    readable = 0
    for _ in range(800):
        content = bytearray(chance.choice(wholes))
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(content))
            if chance.random() < 0.8:
                flipped = content[at] ^ 1 << chance.randrange(8)
                content[at] = chance.choice((chance.randrange(256), flipped, 0, 255, 127))
            elif chance.random() < 0.5:
                del content[at : at + chance.randrange(1, 4)]
            else:
                content[at:at] = content[at : at + chance.randrange(1, 9)]
        raw.write(path, bytes(content))
        try:
            found = ours(path)
        except (RoadFileError, UnfamiliarPbfError):
            continue
        try:
            expected = oracle(path)
        except RoadFileError:
            continue  # osmium reads metadata and the tags of other elements too, and stumbles over them
        assert_same(found, expected)
        readable += 1
    assert readable > 30


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=300), st.integers(-2, 2), st.integers(-9, 9), st.integers(0, 400), st.data())
def test_libdeflate_unpacks_what_zlib_does_and_zlib_says_what_is_wrong(content, wrong_size, longer, at, data):
    packed = bytearray(zlib.compress(content * 3, data.draw(st.sampled_from([0, 1, 6]))))
    packed = packed[:longer] if longer < 0 else packed + bytes(longer)
    if at < len(packed):
        packed[at] = data.draw(st.integers(0, 255))
    block = Content(pbf_blocks._ZLIB, max(1, 3 * len(content) + wrong_size), bytes(packed))

    def told():
        try:
            return block.whole()
        except DamageError as error:
            return str(error)

    assert pbf_blocks.deflate is not None
    quickly = told()
    with mock.patch.object(pbf_blocks, "deflate", None):
        assert quickly == told()


# --- threads and progress


def test_any_number_of_threads_gives_the_same_roads(tmp_path, monkeypatch):
    chance = random.Random(5)  # noqa: S311
    elements = [("n", one, (one / 1_000, chance.uniform(0, 80))) for one in range(1, 30_000)]
    elements += [("w", one, [one, one + 1, chance.randrange(1, 30_000)], {"highway": "track"}, True)
                 for one in range(1, 20_000)]  # fmt: skip
    path = write_elements(tmp_path / "a.osm.pbf", "pbf", elements)
    expected = ours(path)
    monkeypatch.setattr(pbf_threads, "_SMALL", 0)
    for threads, most_unpacked in ((1, 1), (7, 200_000), (2, 64 << 20)):
        monkeypatch.setattr(pbf_threads, "_THREADS", threads)
        monkeypatch.setattr(pbf_threads, "_MOST_UNPACKED", most_unpacked)
        assert_same(ours(path), expected)


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_of_several_damaged_blocks_the_first_is_named(tmp_path, monkeypatch, threads, order):
    if threads:
        monkeypatch.setattr(pbf_threads, "_SMALL", 0)
    # One is found out when it is looked at, the other when it is read.
    damaged = [raw.block(NODES, form=raw.ZLIB, size=0), raw.block(TEXTS + b"\x12\x7f")][::order]
    whole = [raw.header(), raw.block(TEXTS + NODES + WAY)]
    path = raw.write(tmp_path / "a.osm.pbf", *whole, *damaged)
    with pytest.raises(RoadFileError, match=f"at byte {sum(map(len, whole)):,}:"):
        ours(path)


@pytest.mark.parametrize("turn", [1, 3])
def test_an_interrupt_ends_the_reading_and_its_threads(tmp_path, monkeypatch, turn):
    monkeypatch.setattr(pbf_threads, "_SMALL", 0)
    path = raw.write(tmp_path / "a.osm.pbf", raw.header(), *(raw.block(one) for one in (NODES, TEXTS + WAY, NODES)))
    before, calls = threading.active_count(), []

    def interrupt(done, total):
        calls.append((done, total))
        if len(calls) == turn:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_pbf(path, PROFILE, progress=interrupt)
    assert len(calls) == turn
    assert threading.active_count() == before


# --- kernels and their slow twins


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3000, 3000)), st.integers(1, 3))
@settings(deadline=None)
def test_distinct_ids_are_those_of_numpy(values, times):
    many = np.repeat(np.array(values, dtype=np.int64), times)
    room = [np.empty(len(many), dtype=np.uint64) for _ in range(2)]
    assert numbering_kernels.distinct(roads.freeze(many, np.int64), *room).tolist() == np.unique(many).tolist()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.data())
@settings(deadline=None)
def test_positions_are_those_of_a_search(distinct, data):
    table = roads.freeze(np.unique(np.array(distinct, dtype=np.int64)), np.int64)
    values = np.array(data.draw(st.lists(st.sampled_from(distinct))), dtype=np.int64)
    found = np.full(len(values), -1, dtype=np.int32)
    numbering_kernels.positions_in(roads.freeze(values, np.int64), table, found)
    assert found.tolist() == np.searchsorted(table, values).tolist()


def pieces_of(way: list[int], located: list[bool]) -> list[list[int]]:
    """Cut one way by the definition: runs of places, a place repeated in a row once, none of a single place."""
    pieces: list[list[int]] = [[]]
    for node, before in zip(way, [None, *way], strict=False):
        if node == before:
            continue
        if located[node]:
            pieces[-1].append(node)
        else:
            pieces.append([])
    return [piece for piece in pieces if len(piece) > 1]


def ends_at_gap(way: list[int], located: list[bool]) -> set[int]:
    """Give the nodes of pieces that have a neighbour without a place in their way."""
    plain = [node for node, before in zip(way, [None, *way], strict=False) if node != before]
    cuts = set()
    for one, other in [*pairwise(plain), *pairwise(plain[::-1])]:
        if located[one] and not located[other]:
            cuts.add(one)
    return cuts


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
@settings(deadline=None)
def test_pieces_are_those_of_the_definition(located, data):
    nodes = st.integers(0, len(located) - 1)
    ways = data.draw(st.lists(st.lists(nodes, max_size=9), max_size=5))
    way_of_piece, first_node, piece_node, use = numbering_kernels.cut_pieces(
        roads.freeze(np.array([len(way) for way in ways]), np.int32),
        roads.freeze(np.array([node for way in ways for node in way]), np.int32),
        roads.freeze(np.array(located), np.bool_),
        np.empty(sum(map(len, ways)), dtype=np.int32),
    )
    expected = [(number, piece) for number, way in enumerate(ways) for piece in pieces_of(way, located)]
    found = [piece_node[begin:end].tolist() for begin, end in pairwise(first_node)]
    assert list(zip(way_of_piece.tolist(), found, strict=True)) == expected
    used = {node for _, piece in expected for node in piece}
    assert set(np.flatnonzero(use).tolist()) == used
    gaps = set()
    for way in ways:
        inside = {node for piece in pieces_of(way, located) for node in (piece[0], piece[-1])}
        gaps |= inside & ends_at_gap(way, located)
    # A node may end a piece in one place of its way and stand alone beside a gap in another.
    assert set(np.flatnonzero(use & 2).tolist()) <= gaps
    if all(len(set(way)) == len(way) for way in ways):
        assert set(np.flatnonzero(use & 2).tolist()) == gaps


def test_the_front_door_names_what_others_import():
    assert {"Roads", "Restriction", "read_roads", "SUFFIXES"} <= set(reader.__all__)
