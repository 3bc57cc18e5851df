import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from palveluverkko.domain.planning import Norm
from palveluverkko.domain.travel import Season
from palveluverkko.report.manifest import build_manifest, fingerprint, versions, write_manifest


def test_what_is_read_back_is_what_was_written(tmp_path):
    manifest = {"b": [1, 2.5, None, True], "a": {"ä": "ö", "x": {"y": []}}}
    write_manifest(tmp_path / "run.json", manifest)
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == manifest


def test_the_order_of_keys_does_not_change_the_file(tmp_path):
    write_manifest(tmp_path / "one.json", {"b": 1, "a": {"d": 2, "c": 3}})
    write_manifest(tmp_path / "other.json", {"a": {"c": 3, "d": 2}, "b": 1})
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_values_of_studies_and_frames_become_plain_json(tmp_path):
    values = {
        "path": Path("data") / "lappi.osm.pbf",
        "day": date(2026, 3, 5),
        "count": np.int64(3),
        "times": np.array([1.5, np.nan]),
        "norm": Norm("L", 30, 0.9),
        "season": Season.WINTER,
        "set": {"b", "a"},
        30: "key",
    }
    write_manifest(tmp_path / "run.json", values)
    assert json.loads((tmp_path / "run.json").read_text()) == {
        "path": "data/lappi.osm.pbf",
        "day": "2026-03-05",
        "count": 3,
        "times": [1.5, None],
        "norm": {"level": "L", "minutes": 30, "share": 0.9, "group": "population", "areas": "whole", "where": None},
        "season": "winter",
        "set": ["a", "b"],
        "30": "key",
    }


def test_a_value_that_json_cannot_hold_leaves_the_old_manifest(tmp_path):
    write_manifest(tmp_path / "run.json", {"old": 1})
    with pytest.raises(TypeError):
        write_manifest(tmp_path / "run.json", {"new": object()})
    assert json.loads((tmp_path / "run.json").read_text()) == {"old": 1}


def test_the_fingerprint_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "points.csv").write_bytes(b"id,name\n")
    assert fingerprint(tmp_path / "points.csv") == hashlib.sha256(b"id,name\n").hexdigest()


def test_the_fingerprint_of_a_folder_changes_with_names_and_contents(tmp_path):
    net = tmp_path / "net"
    net.mkdir()
    (net / "nodes").write_text("1")
    first = fingerprint(net)
    (net / "nodes").write_text("2")
    second = fingerprint(net)
    (net / "nodes").rename(net / "edges")
    assert len({first, second, fingerprint(net)}) == 3


def test_the_manifest_of_a_run_counts_findings_and_fingerprints_inputs(tmp_path, study):
    (tmp_path / "points.csv").write_text("id\n")
    manifest = build_manifest(
        study={"name": "Lappi"},
        inputs={"points": tmp_path / "points.csv"},
        timings={"snap": 0.5},
        counts={"places": 5},
        findings=study.findings,
    )
    assert manifest["findings"] == {"off_network": 1, "unreached": 1, "defaulted_speed": 1}
    assert manifest["inputs"]["points"] == {"file": "points.csv", "sha256": fingerprint(tmp_path / "points.csv")}
    assert manifest["versions"] == versions()
    assert str(tmp_path) not in json.dumps(manifest)


def test_versions_name_the_packages_and_libraries_that_shape_results():
    assert {"palveluverkko", "python", "numba", "geos", "proj", "gdal (raster)"} <= set(versions())
