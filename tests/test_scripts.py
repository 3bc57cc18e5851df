"""The scripts that users copy, run on the embedded Lapland."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas
import pytest

import palveluverkko as pv

ROOT = Path(__file__).parents[1]
LAPPI = ROOT / "data" / "lappi"


@pytest.fixture(scope="module")
def isochrones():
    spec = importlib.util.spec_from_file_location("isochrones", ROOT / "scripts" / "isochrones.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "lappi.pvnet"
    # A generous access distance makes coarse cells: the script is tested here, not the surface.
    profile = pv.CarProfile(access_speed_kmh=30, max_access_metres=5000)
    pv.write_network(pv.read_network(LAPPI / "lappi.osm.pbf", profile=profile, store="none"), path)
    return path


def test_isochrones_writes_every_level_and_threshold_and_they_nest(isochrones, network_file, tmp_path, capsys):
    out = tmp_path / "areas.gpkg"
    points = LAPPI / "service_points.csv"
    assert isochrones.main([str(network_file), str(points), "--minutes", "15", "30", "--out", str(out)]) == 0
    areas = geopandas.read_file(out)
    assert list(zip(areas["level"], areas["minutes"], strict=True)) == [(x, m) for x in "LAE" for m in (15, 30)]
    size = areas.to_crs("EPSG:3067").set_index(["level", "minutes"]).area
    assert all(size[level, 15] < size[level, 30] for level in "LAE")
    assert size["L", 30] > size["A", 30] > size["E", 30]
    assert len(capsys.readouterr().out.splitlines()) == len(areas)


def test_isochrones_says_what_is_wrong_in_one_line(isochrones, network_file, tmp_path, capsys):
    out = tmp_path / "areas.gpkg"
    assert isochrones.main([str(network_file), str(tmp_path / "absent.csv"), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "absent.csv does not exist" in said
    assert not out.exists()
