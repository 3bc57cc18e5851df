"""Barriers that cut roads are findings of the network."""

from dataclasses import replace

from streets import STREET, jittered_lattice, network_of, roads, ways

from palveluverkko.report.texts import word
from palveluverkko.study.findings import _of_network
from palveluverkko.study.texts import say_finding


def test_barriers_that_cut_roads_are_found_by_kind_and_named_in_three_languages():
    network = network_of(roads(jittered_lattice(3), ways((STREET, 0, 1, 2))))
    assert "barrier_cuts_road" not in set(_of_network(network)["verdict"])
    found = _of_network(replace(network, barriers_cut={"block": 9, "gate": 1}))
    found = found[found["verdict"] == "barrier_cuts_road"]
    assert found["id"].tolist() == ["block", "gate"]
    assert [one["count"] for one in found["values"]] == [9, 1]
    said = {say_finding(language, "barrier_cuts_road", {"count": 9}) for language in ("fi", "sv", "en")}
    assert len(said) == 3
    assert all("9" in one for one in said)
    assert len({word("verdict", "barrier_cuts_road", language) for language in ("fi", "sv", "en")}) == 3
