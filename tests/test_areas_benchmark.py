"""The benchmark of areas runs: on Andorra, without Valhalla, small."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import palveluverkko as pv

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def areas(monkeypatch):
    """Give the module of the benchmark, which is a program and not in the package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import areas as module  # noqa: PLC0415

    yield module
    for name in ("areas", "routers", "road_graphs"):
        sys.modules.pop(name, None)


def test_no_area_lies_far_from_a_road_or_on_water_and_seven_bands_come_out(areas, shared_data, monkeypatch, tmp_path):
    monkeypatch.setattr(areas, "PLACES", [one for one in areas.PLACES if one.name in {"Andorra", "Djibouti"}])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows = areas.truths(shared_data / "osm", valhalla=None)
    ours = [row for row in rows if row["kind"] == "ours"]
    assert len(ours) == 2
    for row in ours:
        assert row["wrong"] < 0.0005
        assert row["missed"] < 0.005
        assert row["late"] < 0.005
        assert row["least"] < 0.005
    assert areas.table_of_truth(rows).count("**ours**") == 2
    network = pv.read_network(shared_data / "osm" / "djibouti-main-roads.osm.pbf")
    measured = areas.speeds(network, nodes=[300], repeats=1, compared=1)
    assert measured[0]["ours"] > 0
    assert measured[0]["theirs"] > 0
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- speed: begin -->\n<!-- speed: end -->\nb\n", encoding="utf-8")
    areas.write_between(page, "speed", areas.table_of_speeds(measured))
    assert "| reached nodes |" in page.read_text(encoding="utf-8")
