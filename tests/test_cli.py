"""The command line as a user meets it: quick to answer, quiet in a pipe, honest in its exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import pandas as pd
import pytest
import shapely
from command_line import command_line, killed_at_last
from lattice import write_lattice, write_spots
from little_study import write_little_study, write_roads

import palveluverkko as pv
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

COMMANDS = ("run", "check", "isochrones", "matrix", "sensitivity", "warm", "network", "fetch")


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as another process; its standard streams are pipes."""
    command = [sys.executable, "-m", "palveluverkko", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> None:
    """Keep built networks out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def run_here(monkeypatch, *arguments: object) -> int:
    """Run the command line in this process and give its exit code."""
    monkeypatch.setattr(sys, "argv", ["palveluverkko", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.mark.parametrize(
    "arguments", [("--help",), ("run", "--help"), ("network", "-h"), ("fetch", "osm", "-h"), ("--version",)]
)
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\nfrom palveluverkko.cli.commands import app\n"
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


def test_a_norm_for_each_area_fails_where_one_area_misses_it(tmp_path, monkeypatch, capsys):
    norm = 'minutes = 0.5\neveryone = true\nareas = "each"\n'
    study = write_little_study(tmp_path, study={"minutes = 5\nshare = 0.90\n": norm})
    assert run_here(monkeypatch, "run", study, "--strict") == cli.EXIT_CHECK_FAILED
    assert "areas: NOT met in" in capsys.readouterr().out


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


def test_a_matrix_takes_squares_of_the_population_grid_as_they_come(tmp_path, monkeypatch):
    folder = write_little_study(tmp_path).parent
    places = pd.read_csv(folder / "places.csv", dtype={"id": str})
    spots = geopandas.GeoSeries.from_xy(places["lon"], places["lat"], crs=4326).to_crs(3067)
    squares = geopandas.GeoDataFrame({"GRD_ID": places["id"]}, geometry=spots.buffer(125, cap_style="square"))
    squares.to_file(folder / "grid.gpkg")
    for table, out in (("places.csv", "spots.csv"), ("grid.gpkg", "grid.csv")):
        said = run_here(
            monkeypatch,
            "matrix",
            folder / "roads.osm.pbf",
            folder / table,
            folder / "points.csv",
            "--out",
            folder / out,
        )
        assert said == 0
    assert (folder / "grid.csv").read_bytes() == (folder / "spots.csv").read_bytes()


def test_a_network_is_built_of_several_files_of_a_part_and_of_a_table(tmp_path, monkeypatch, capsys):
    roads = tmp_path / "roads.osm.pbf"
    write_roads(roads)
    (tmp_path / "same.osm.pbf").write_bytes(roads.read_bytes())
    pv.read_network(roads).to_edges().to_file(tmp_path / "links.gpkg")

    def kilometres(*arguments: object) -> int:
        assert run_here(monkeypatch, "network", "build", *arguments, "--out", tmp_path / "a.pvnet") == 0
        return int(re.match(r"Roads: (\d+) km", capsys.readouterr().out).group(1))

    whole = kilometres(roads)
    assert kilometres(roads, tmp_path / "same.osm.pbf") == kilometres(tmp_path / "links.gpkg") == whole
    part = kilometres(roads, "--clip", "25.69,66.49,25.73,66.53", "--clip-buffer-metres", 0)
    assert 0 < part < whole


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


def test_isochrones_that_reach_nothing_are_one_line_and_two_and_mended_water_is_told(tmp_path, monkeypatch, capsys):
    folder = write_little_study(tmp_path).parent
    out = folder / "areas.gpkg"
    table = pd.read_csv(folder / "points.csv")
    bow = shapely.Polygon([(25.6, 66.4), (25.9, 66.6), (25.9, 66.4), (25.6, 66.6)])
    geopandas.GeoDataFrame(geometry=[bow], crs="EPSG:4326").to_file(folder / "water.gpkg")
    arguments = (folder / "roads.osm.pbf", folder / "points.csv", "--out", out, "--minutes", "5")
    assert run_here(monkeypatch, "isochrones", *arguments, "--water", folder / "water.gpkg") == 0
    assert capsys.readouterr().err == "1 area of water crosses itself and was mended\n"
    out.unlink()
    table.assign(lat=table["lat"] + 0.05).to_csv(folder / "points.csv", index=False)
    assert run_here(monkeypatch, "isochrones", *arguments) == cli.EXIT_BAD_INPUT
    assert "no land is reached within 5 minutes of any open point of points.csv" in capsys.readouterr().err
    assert not out.exists()
    table.assign(open=False).to_csv(folder / "points.csv", index=False)
    assert run_here(monkeypatch, "isochrones", *arguments) == cli.EXIT_BAD_INPUT
    assert capsys.readouterr().err.startswith("palveluverkko: none of the 4 service points is open: no area to draw;")


def test_isochrones_name_the_points_that_no_road_reaches(tmp_path, monkeypatch, capsys):
    folder = write_little_study(tmp_path, points={"25.761,66.519": "25.761,66.569"}).parent
    arguments = (folder / "roads.osm.pbf", folder / "points.csv", "--out", folder / "areas.gpkg", "--minutes", "5")
    assert run_here(monkeypatch, "isochrones", *arguments) == 0
    assert capsys.readouterr().err == "1 point is off the road network: 'PISTE'\n"


@pytest.mark.parametrize("minutes", ["15,15", "30,15", "0,15", "15,2000", ",", "15;30"])
def test_thresholds_that_do_not_rise_or_are_no_numbers_are_one_line_and_two(tmp_path, monkeypatch, capsys, minutes):
    folder = write_little_study(tmp_path).parent
    arguments = (folder / "roads.osm.pbf", folder / "points.csv", "--out", folder / "areas.gpkg")
    assert run_here(monkeypatch, "isochrones", *arguments, "--minutes", minutes) == cli.EXIT_BAD_INPUT
    heard = capsys.readouterr()
    assert heard.err.startswith(("palveluverkko: minutes ", "palveluverkko: --minutes "))
    assert heard.err.count("\n") == 1
    assert not (folder / "areas.gpkg").exists()


# --- searching, warming, interrupts


def test_method_and_threads_change_nothing_in_a_matrix(tmp_path, monkeypatch, capsys):
    folder = write_little_study(tmp_path).parent
    arguments = ("matrix", folder / "roads.osm.pbf", folder / "places.csv", folder / "points.csv")
    for method, threads in (("buckets", 1), ("sweep", 2)):
        out = folder / f"{method}.csv"
        assert run_here(monkeypatch, *arguments, "--method", method, "--threads", threads, "--out", out) == 0
    assert (folder / "buckets.csv").read_bytes() == (folder / "sweep.csv").read_bytes()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--method", "magic"), "method 'magic' is not known; use one of: auto, buckets, sweep."),
        (("--threads", "-2"), "threads is -2; use 0 for one on each processor, or more."),
        (("--method", "sweep", "--budget-minutes", "300"), "method sweep is exact up to 279 minutes"),
    ],
)
def test_an_option_of_matrix_that_cannot_be_used_is_one_line_and_two(tmp_path, monkeypatch, capsys, options, said):
    folder = write_little_study(tmp_path).parent
    arguments = (folder / "roads.osm.pbf", folder / "places.csv", folder / "points.csv", "--out", folder / "out.csv")
    assert run_here(monkeypatch, "matrix", *arguments, *options) == cli.EXIT_BAD_INPUT == 2
    heard = capsys.readouterr()
    assert heard.err.startswith(f"palveluverkko: {said}")
    assert heard.err.count("\n") == 1
    assert not (folder / "out.csv").exists()


def test_warming_says_how_long_it_took_and_where_the_kernels_are(monkeypatch, capsys):
    assert run_here(monkeypatch, "warm") == 0
    heard = capsys.readouterr()
    assert heard.err == ""
    said = re.fullmatch(r"\d+\.\d s, kept in (.*)", heard.out.splitlines()[1])
    assert list(Path(said[1]).rglob("*.nbi"))


def on_a_terminal(folder, *arguments: object, **environment: str) -> str:
    """Run the command line with a terminal for stderr; give what is shown there."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "palveluverkko", *map(str, arguments)]
    # A wide terminal, so that no line is broken.
    wide = {**os.environ, "COLUMNS": "300", "TERM": "xterm", **environment}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs, env=wide)
    os.close(theirs)
    shown = b""
    # Linux ends the reading with an error when the other end is closed.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait() == 0, shown
    return shown.decode()


def test_a_terminal_is_told_the_plan_before_a_matrix_and_a_bar_shows_how_far_it_is(tmp_path):
    folder = write_little_study(tmp_path).parent
    arguments = ("matrix", "roads.osm.pbf", "places.csv", "points.csv", "--out", "times.csv")
    shown = on_a_terminal(folder, *arguments)
    assert re.search(r"4 × 5 trips; at most [\d.]+ GB of memory, about 1 MB on disk; buckets on \d thread", shown)
    assert "Searching and writing" in shown


def test_a_terminal_is_told_that_kernels_are_compiled_only_when_they_are(tmp_path):
    folder = write_little_study(tmp_path).parent
    shown = on_a_terminal(folder, "network", "build", "roads.osm.pbf", "--out", "roads.pvnet")
    assert shown.count("Compiling the search kernels") <= 1
    shown = on_a_terminal(folder, "network", "build", "roads.osm.pbf", "--out", "roads.pvnet")
    assert "Compiling" not in shown


def interrupted(folder: Path, *arguments: object, at: Callable[[int], bool]) -> subprocess.CompletedProcess[str]:
    """Run the command line and send an interrupt when something is so, asked of its process id."""
    command = command_line(*arguments)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=folder, **pipes) as process, killed_at_last(process):
        while not at(process.pid):
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def assert_nothing_was_written(done: subprocess.CompletedProcess[str], folder: Path, before: list[Path]) -> None:
    assert (done.returncode, done.stderr) == (130, "palveluverkko: interrupted; nothing was written\n")
    assert sorted(folder.rglob("*")) == before


def compiles(process: int) -> bool:
    """Tell whether a process has loaded numba's compiler: it is at work, and not finished for some time."""
    return "llvmlite" in Path(f"/proc/{process}/maps").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks into a running process")
@pytest.mark.parametrize("command", ["matrix", "build", "run"])
def test_an_interrupt_is_one_line_and_leaves_nothing(tmp_path, command):
    write_little_study(tmp_path)
    write_lattice(tmp_path / "town.osm.pbf", 200)
    write_spots(tmp_path / "few.csv", 200, 2000, name="F")
    write_spots(tmp_path / "many.csv", 200, 20_000, name="M")
    before = sorted(tmp_path.rglob("*"))
    if command == "matrix":
        arguments = ("matrix", "town.osm.pbf", "few.csv", "many.csv", "--out", "times.parquet")

        def writes(_process: int) -> bool:
            return any(path.stat().st_size for path in tmp_path.glob(".times.parquet.*/times.parquet"))

        done = interrupted(tmp_path, *arguments, at=writes)
    elif command == "build":
        done = interrupted(tmp_path, "network", "build", "town.osm.pbf", "--out", "town.pvnet", at=compiles)
    else:
        done = interrupted(tmp_path, "run", "study.toml", at=lambda _process: bool(list(tmp_path.glob(".out.*/new/*"))))
    assert_nothing_was_written(done, tmp_path, before)


def test_an_interrupt_while_the_commands_are_imported_is_one_line_too(tmp_path):
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt", encoding="utf-8")  # as if it came just then
    script = Path(sys.executable).with_name("palveluverkko")
    for command in ([sys.executable, "-m", "palveluverkko"], [script]):
        done = subprocess.run(
            [*command, "network", "build", "town.osm.pbf", "--out", "town.pvnet"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (130, "palveluverkko: interrupted; nothing was written\n")


LEAVING = """
import atexit, sys, threading, time
from palveluverkko import cli
def slowly():
    time.sleep(0.3)
    print("thread")
def work():
    threading.Thread(target=slowly).start()
    atexit.register(lambda: print("registered"))
    sys.stdout.write("not a whole line ")
    raise SystemExit({code!r})
cli.main = work
cli.run()
"""


@pytest.mark.parametrize(("code", "ended"), [(None, 0), (0, 0), (2, 2), ("words", 1)])
def test_the_end_waits_for_threads_does_what_was_registered_and_loses_no_word(code, ended):
    done = subprocess.run(
        [sys.executable, "-c", LEAVING.format(code=code)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (ended, "not a whole line thread\nregistered\n")
    assert done.stderr.split() == (["words"] if ended == 1 else [])


def test_a_reader_that_has_gone_is_told_as_python_tells_it():
    code = LEAVING.format(code=0)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    streams = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", code], env=buffered, text=True, **streams)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert "BrokenPipeError" in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 120


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), ValueError("a bug")])
def test_an_interrupt_within_a_kernel_is_told_from_a_bug(monkeypatch, cause):
    def fail():
        raise SystemError("returned a result with an exception set") from cause

    monkeypatch.setattr("palveluverkko.cli.commands.app", fail)
    monkeypatch.setattr(cli, "end_interrupted", lambda: sys.exit(130))
    expected = SystemExit if isinstance(cause, KeyboardInterrupt) else SystemError
    with pytest.raises(expected):
        cli.main()
