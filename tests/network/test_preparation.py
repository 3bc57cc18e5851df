"""The order of elimination on disk: found once for the same roads, and never trusted blindly."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streets import PRIVATE, STREET, jittered_lattice, network_of, roads, street_plans, ways

from palveluverkko.engine import elimination
from palveluverkko.engine.elimination import eliminate
from palveluverkko.network import preparation
from palveluverkko.network.preparation import ORDER_SUFFIX, find_order, name_order
from palveluverkko.network.store import NO_STORE, read_network, write_network

NETWORK = network_of(roads(jittered_lattice(9), ways((STREET, 0, 1, 4, 5, 2, 1), (PRIVATE, 4, 3), (STREET, 4, 7, 8))))
GRAPH = NETWORK.graph


def assert_same_order(one, other):
    for name, mine, theirs in zip(one._fields, one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, name


def poisoned(*_args, **_kwargs):
    raise AssertionError("the order was searched for again")


def order_file(folder):
    (found,) = folder.glob(f"*{ORDER_SUFFIX}")
    return found


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(street_plans())
def test_the_order_kept_is_the_order_found(tmp_path, plan):
    graph = network_of(roads(*plan)).graph
    found = find_order(graph, folder=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "eliminate", poisoned)
        kept = find_order(graph, folder=tmp_path)
    assert_same_order(found, eliminate(graph))
    assert_same_order(kept, found)


def test_other_speeds_share_the_order_and_other_roads_do_not():
    slower = GRAPH.with_times(GRAPH.travel_time * 2)
    assert name_order(slower) == name_order(GRAPH)
    assert name_order(GRAPH.reversed()) != name_order(GRAPH)


def test_another_rule_of_elimination_has_another_name(monkeypatch):
    before = name_order(GRAPH)
    monkeypatch.setattr(preparation, "MOST_NEIGHBOURS", 3)
    assert name_order(GRAPH) != before


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_made_anew(tmp_path, data):
    expected = find_order(GRAPH, folder=tmp_path)
    file = order_file(tmp_path)
    whole = file.read_bytes()
    if data.draw(st.booleans()):
        file.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        spoilt = bytearray(whole)
        spoilt[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        file.write_bytes(spoilt)
    assert_same_order(find_order(GRAPH, folder=tmp_path), expected)
    assert_same_order(find_order(GRAPH, folder=tmp_path), expected)


def lies(order):
    """Orders that no graph has, each wrong in one place."""
    position, lower, first = order.position.copy(), order.lower.copy(), order.first.copy()
    position[0] = position[1]
    yield order._replace(position=position)
    yield order._replace(position=order.position + np.int32(1))
    yield order._replace(position=order.position.astype(np.int64))
    lower[-1] = order.position.size
    yield order._replace(lower=lower)
    yield order._replace(lower=order.lower - np.int32(1))
    first[1:-1] = first[-1]
    yield order._replace(first=first)
    yield order._replace(first=order.first[:-1])
    yield order._replace(crown=order.position.size + 1)
    yield order._replace(core=-1)
    # Nodes that an arc joins and the order does not.
    yield order._replace(lower=order.lower[:0], first=np.zeros_like(order.first))


@pytest.mark.parametrize("number", range(10))
def test_a_file_that_lies_is_made_anew(tmp_path, number):
    name = name_order(GRAPH)
    path = tmp_path / f"{name}{ORDER_SUFFIX}"
    preparation._write(path, name, list(lies(eliminate(GRAPH)))[number])
    assert_same_order(find_order(GRAPH, folder=tmp_path), eliminate(GRAPH))


def test_the_order_of_other_roads_under_this_name_is_made_anew(tmp_path):
    other = GRAPH.reversed()
    preparation._write(tmp_path / f"{name_order(GRAPH)}{ORDER_SUFFIX}", name_order(other), eliminate(other))
    assert_same_order(find_order(GRAPH, folder=tmp_path), eliminate(GRAPH))


def test_a_folder_that_cannot_be_written_to_costs_time_not_the_result(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert_same_order(find_order(GRAPH, folder=tmp_path / "file"), eliminate(GRAPH))


def test_an_interrupted_writing_leaves_nothing_half(tmp_path, monkeypatch):
    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(preparation.np, "savez", stop)
    with pytest.raises(KeyboardInterrupt):
        find_order(GRAPH, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_network_read_with_a_store_keeps_its_order_there_when_it_is_prepared(tmp_path, monkeypatch):
    write_network(NETWORK, tmp_path / "town.pvnet")
    first = read_network(tmp_path / "town.pvnet", store=tmp_path / "store")
    assert not (tmp_path / "store").exists()
    prepared = first.roads.prepared
    assert order_file(tmp_path / "store")
    monkeypatch.setattr(preparation, "eliminate", poisoned)
    again = read_network(tmp_path / "town.pvnet", store=tmp_path / "store")
    assert again.roads is again.roads
    assert_same_order(again.roads.prepared.order, prepared.order)


def test_a_network_read_without_a_store_writes_no_order(tmp_path, monkeypatch):
    write_network(NETWORK, tmp_path / "town.pvnet")
    monkeypatch.setattr(preparation, "find_order", poisoned)
    read = read_network(tmp_path / "town.pvnet", store=NO_STORE)
    assert_same_order(read.roads.prepared.order, elimination.eliminate(read.graph))
    assert [one.name for one in tmp_path.iterdir()] == ["town.pvnet"]
