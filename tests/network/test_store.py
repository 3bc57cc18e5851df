"""Networks on disk: written whole, read back the same, refused when damaged."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streets import FERRY, PRIVATE, STREET, jittered_lattice, network_of, roads, street_plans, ways

from palveluverkko.domain.errors import NetworkError, RoadFileError
from palveluverkko.network import store
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.store import (
    NO_STORE,
    fingerprint_network,
    read_network,
    read_stored_network,
    write_network,
)
from palveluverkko.osm.profile import CarProfile

NETWORK = network_of(roads(jittered_lattice(9), ways((STREET, 0, 1, 4), (PRIVATE, 4, 3), (FERRY, 4, 7, 8))))

OSM = """<osm version="0.6">
  <node id="1" lon="25.0" lat="66.0"/><node id="2" lon="25.01" lat="66.0"/><node id="3" lon="25.01" lat="66.01"/>
  <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
</osm>
"""


def assert_same(one: RoadNetwork, other: RoadNetwork):
    for field in fields(RoadNetwork):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("graph", "edges"):
            columns = zip(first._fields, first, second, strict=True)
        else:
            columns = [(field.name, first, second)]
        for name, before, after in columns:
            assert type(before) is type(after), name
            if isinstance(before, np.ndarray):
                assert before.dtype == after.dtype, name
                assert not after.flags.writeable, name
                np.testing.assert_array_equal(before, after, err_msg=name)
            else:
                assert before == after, name


def test_a_network_file_with_other_ferries_is_refused(osm_file, tmp_path):
    asked = CarProfile(ferries=[{"name": "Lossi", "wait_minutes": 1}])
    path = tmp_path / "village.pvnet"
    write_network(read_network(osm_file, store=NO_STORE), path)
    with pytest.raises(NetworkError, match="built without these ferries"):
        read_network(path, profile=asked, store=NO_STORE)
    assert read_network(path, profile=CarProfile(), store=NO_STORE).ferries_digest == ""


@pytest.fixture
def osm_file(tmp_path):
    path = tmp_path / "village.osm"
    path.write_text(OSM)
    return path


@pytest.fixture
def own_tables(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("[untagged_kmh]\nresidential = 28", encoding="utf-8")
    return path


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "networks"


def poisoned(*_args, **_kwargs):
    raise AssertionError("the road file was read again")


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(street_plans())
def test_write_then_read_is_the_identity(tmp_path, plan):
    network = network_of(roads(*plan))
    write_network(network, tmp_path / "plan.pvnet")
    assert_same(read_network(tmp_path / "plan.pvnet"), network)


def test_the_second_reading_comes_from_the_store(osm_file, kept, monkeypatch):
    first = read_network(osm_file, store=kept)
    assert [path.name for path in kept.iterdir()] == [f"{first.fingerprint}.pvnet"]
    monkeypatch.setattr("palveluverkko.osm.reader.read_roads", poisoned)
    assert_same(read_network(osm_file, store=kept), first)


def test_without_a_store_nothing_is_kept(osm_file, tmp_path):
    read_network(osm_file, store=NO_STORE)
    assert list(tmp_path.iterdir()) == [osm_file]


def test_the_user_store_lies_in_the_cache_folder(osm_file, tmp_path, monkeypatch):
    monkeypatch.setattr(store.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    network = read_network(osm_file)
    assert (tmp_path / "cache" / "palveluverkko" / "networks" / f"{network.fingerprint}.pvnet").is_file()


def test_the_fingerprint_changes_with_the_file_and_with_each_field_of_the_profile(osm_file, own_tables):
    profiles = [
        CarProfile(),
        CarProfile(season="winter"),
        CarProfile(access_speed_kmh=4),
        CarProfile(max_access_metres=500),
        CarProfile(tables=own_tables),
    ]
    names = [fingerprint_network(osm_file, profile) for profile in profiles]
    osm_file.write_text(OSM.replace("66.01", "66.02"))
    names.append(fingerprint_network(osm_file, CarProfile()))
    assert len(set(names)) == len(names)


def test_a_network_file_with_other_tables_is_refused(osm_file, own_tables, tmp_path):
    own, ours = CarProfile(tables=own_tables), CarProfile()
    refusals = ((own, ours, "built with other tables"), (ours, own, "built with the tables of the package"))
    for built, asked, said in refusals:
        write_network(read_network(osm_file, profile=built, store="none"), tmp_path / "a.pvnet")
        assert read_network(tmp_path / "a.pvnet", profile=built, store="none").own_tables == built.own_tables
        with pytest.raises(NetworkError, match=said):
            read_network(tmp_path / "a.pvnet", profile=asked, store="none")


def test_the_fingerprint_does_not_depend_on_the_name_of_the_file(osm_file, tmp_path):
    copy = tmp_path / "copy.osm"
    copy.write_text(OSM)
    assert fingerprint_network(copy, CarProfile()) == fingerprint_network(osm_file, CarProfile())


def test_the_fingerprint_changes_with_the_version_that_builds(osm_file, monkeypatch):
    before = fingerprint_network(osm_file, CarProfile())
    monkeypatch.setattr(store, "BUILD_VERSION", store.BUILD_VERSION + 1)
    assert fingerprint_network(osm_file, CarProfile()) != before


@pytest.mark.parametrize("damage", [b"", b"PK", b"not a network at all"])
def test_a_damaged_store_is_built_again(osm_file, kept, damage):
    first = read_network(osm_file, store=kept)
    (file,) = kept.iterdir()
    file.write_bytes(damage)
    assert_same(read_network(osm_file, store=kept), first)
    assert_same(read_stored_network(file), first)


def test_a_store_of_another_version_is_built_again(osm_file, kept, monkeypatch):
    first = read_network(osm_file, store=kept)
    (file,) = kept.iterdir()
    monkeypatch.setattr(store, "_STORE_VERSION", store._STORE_VERSION + 1)
    write_network(first, file)
    monkeypatch.undo()
    assert_same(read_network(osm_file, store=kept), first)


def test_a_network_file_of_another_version_is_refused_in_one_line(tmp_path, monkeypatch):
    path = tmp_path / "old.pvnet"
    monkeypatch.setattr(store, "_STORE_VERSION", store._STORE_VERSION + 1)
    write_network(NETWORK, path)
    monkeypatch.undo()
    with pytest.raises(NetworkError, match=r"old\.pvnet was written by another version.*build it again") as caught:
        read_network(path)
    assert "\n" not in str(caught.value)


def test_a_missing_network_file_is_named(tmp_path):
    with pytest.raises(NetworkError, match=r"absent\.pvnet does not exist"):
        read_network(tmp_path / "absent.pvnet")


def test_a_missing_road_file_is_named(tmp_path):
    with pytest.raises(RoadFileError, match=r"absent\.osm"):
        read_network(tmp_path / "absent.osm", store=tmp_path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_network_file_is_refused_in_one_line_or_reads_as_it_was(tmp_path, data):
    path = tmp_path / "whole.pvnet"
    if not path.exists():
        write_network(NETWORK, path)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    other = tmp_path / "damaged.pvnet"
    other.write_bytes(damaged)
    refusal = ""
    try:
        assert_same(read_stored_network(other), NETWORK)
    except NetworkError as error:
        refusal = str(error)
    assert not refusal or re.fullmatch(r".*damaged\.pvnet (is not a whole|was written by).*", refusal)


def test_a_numpy_archive_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "other.pvnet"
    with path.open("wb") as file:
        np.savez(file, speed=np.arange(3))
    with pytest.raises(NetworkError, match=r"other\.pvnet"):
        read_stored_network(path)
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(NetworkError, match=r"other\.pvnet"):
        read_stored_network(path)


def test_a_network_file_is_what_numpy_would_write(tmp_path):
    path = tmp_path / "network.pvnet"
    write_network(NETWORK, path)
    with np.load(path) as archive:
        np.savez(tmp_path / "again.npz", **{name: archive[name] for name in archive.files})
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_a_killed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "network.pvnet"
    write_network(NETWORK, path)
    before = path.read_bytes()

    def killed(file, _columns):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_write_columns", killed)
    with pytest.raises(KeyboardInterrupt):
        write_network(NETWORK, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_store_that_cannot_be_written_costs_no_result(osm_file, tmp_path):
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    assert read_network(osm_file, store=blocked).edges.tail.size == 1


def test_two_processes_that_write_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
    path = tmp_path / "network.pvnet"
    replace = Path.replace

    def while_another_writes(self, target):
        with monkeypatch.context() as other_process:
            other_process.setattr(Path, "replace", replace)
            write_network(NETWORK, path)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", while_another_writes)
    write_network(NETWORK, path)
    assert_same(read_stored_network(path), NETWORK)
    assert list(tmp_path.iterdir()) == [path]
