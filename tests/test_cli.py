"""The command line as a user meets it: quick to answer, quiet in a pipe, honest in its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from little_study import write_little_study

from palveluverkko import __version__, cli

HEAVY = (
    "geopandas",
    "folium",
    "matplotlib",
    "networkx",
    "numba",
    "osmium",
    "pandas",
    "rasterio",
    "shapely",
)

COMMANDS = ("run", "check", "isochrones", "matrix", "network")


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as another process; its standard streams are pipes."""
    command = [sys.executable, "-m", "palveluverkko", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> None:
    """Keep built networks out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run_here(monkeypatch, *arguments: object) -> int:
    """Run the command line in this process and give its exit code."""
    monkeypatch.setattr(sys, "argv", ["palveluverkko", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("network", "-h"), ("--version",)])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\nfrom palveluverkko.cli import app\n"
        f"app({list(arguments)!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr.strip() == "[]"


def test_help_lists_every_command_and_module_and_script_are_one():
    done = call("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout


def test_the_version_is_that_of_the_package(monkeypatch, capsys):
    assert run_here(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == __version__


def test_nothing_at_all_shows_the_help_and_ends_with_two(monkeypatch, capsys):
    assert run_here(monkeypatch) == 2
    heard = capsys.readouterr()
    assert "Commands:" in heard.out + heard.err


def test_a_run_is_quiet_where_nobody_watches_and_names_its_files_with_the_map_first(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path / "study")
    assert run_here(monkeypatch, "run", study, "--strict") == 0
    heard = capsys.readouterr()
    assert heard.err == ""
    assert "\x1b" not in heard.out
    lines = heard.out.splitlines()
    files = [Path(line.strip()) for line in lines[lines.index("Files:") + 1 :]]
    assert files[0] == study.parent / "out" / "map.html"
    assert all(file.is_file() for file in files)
    assert any(line.startswith("Norm L 5 min for 90% of population: 100.0%, met") for line in lines)


def test_strict_ends_with_one_when_a_norm_fails_and_the_files_are_written_all_the_same(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path, study={"minutes = 5\n": "minutes = 0.1\n"})
    assert run_here(monkeypatch, "run", study) == 0
    assert run_here(monkeypatch, "run", study, "--strict") == cli.EXIT_CHECK_FAILED == 1
    heard = capsys.readouterr()
    assert "NOT met" in heard.out
    assert heard.err == ""
    assert (tmp_path / "out" / "map.html").is_file()


def test_check_tells_the_findings_of_the_data_and_writes_nothing(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path)
    assert run_here(monkeypatch, "check", study) == 0
    assert run_here(monkeypatch, "check", study, "--strict") == 1
    heard = capsys.readouterr()
    assert "4 service points, 5 places" in heard.out
    assert "place P5: suppressed" in heard.out
    assert heard.err == ""
    assert not (tmp_path / "out").exists()


def test_a_built_network_gives_the_matrix_of_its_roads(tmp_path, monkeypatch, capsys):
    folder = write_little_study(tmp_path).parent
    points, places = folder / "points.csv", folder / "places.csv"
    built = folder / "roads.pvnet"
    assert run_here(monkeypatch, "network", "build", folder / "roads.osm.pbf", "--out", built) == 0
    assert run_here(monkeypatch, "network", "info", built) == 0
    for roads, out in ((built, "built.csv"), (folder / "roads.osm.pbf", "read.csv")):
        assert run_here(monkeypatch, "matrix", roads, places, points, "--out", folder / out) == 0
    assert (folder / "built.csv").read_bytes() == (folder / "read.csv").read_bytes()
    times = pd.read_csv(folder / "built.csv")
    assert len(times) == 5 * 4
    assert times["travel_time"].notna().all()
    assert capsys.readouterr().err == ""


def test_isochrones_are_drawn_in_the_format_of_the_name(tmp_path, monkeypatch, capsys):
    folder = write_little_study(tmp_path).parent
    out = folder / "areas.geojson"
    arguments = (folder / "roads.osm.pbf", folder / "points.csv", "--out", out, "--minutes", "2,5")
    assert run_here(monkeypatch, "isochrones", *arguments) == 0
    drawn = json.loads(out.read_text(encoding="utf-8"))["features"]
    assert {(one["properties"]["level"], one["properties"]["minutes"]) for one in drawn} == {
        (level, minutes) for level in "LAE" for minutes in (2, 5)
    }
    assert capsys.readouterr().err == ""
