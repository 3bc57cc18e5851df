"""The page on the car model shows the numbers of its tables, and the calibration can be run again."""

from __future__ import annotations

import importlib.util
import math
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.tables import car_tables

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "car-model.md").read_text(encoding="utf-8")
TABLES = car_tables()


@pytest.fixture(scope="module")
def calibrate() -> ModuleType:
    """Load the script."""
    spec = importlib.util.spec_from_file_location("calibrate_speeds", ROOT / "scripts" / "calibrate_speeds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_below(header: str) -> list[list[str]]:
    """Give the cells of the table with this header, the rule below it left out."""
    lines = PAGE.partition(f"{header}\n")[2].splitlines()[1:]
    table = lines[: next(at for at, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_page_shows_the_speeds_of_every_class():
    shown = rows_below("| class | outside | built up | loose ground |")
    tables = [TABLES[name] for name in ("untagged_kmh", "untagged_built_up_kmh", "untagged_unpaved_kmh")]
    assert {row[0]: [float(cell) for cell in row[1:]] for row in shown} == {
        road_class: [table[road_class] for table in tables] for road_class in tables[0]
    }


@pytest.mark.parametrize(
    ("first", "second", "table"),
    [
        ("limit", "driven", "signed.driven"),
        ("summer speed", "winter speed", "winter.kept"),
        ("lowered to", "driven", "winter.lowered"),
    ],
)
def test_the_page_shows_the_speeds_driven(first, second, table):
    section, key = table.split(".")
    points = TABLES[section][key]
    header = f"| {first} | {' | '.join(str(point[0]) for point in points)} |"
    assert rows_below(header) == [[second, *(str(point[1]) for point in points)]]


def test_the_page_shows_every_surface_grade_and_smoothness():
    shown = {name.strip(): float(kmh) for kmh, names in rows_below("| km/h | surface |") for name in names.split(",")}
    assert shown == TABLES["surface_kmh"]
    header, *_ = re.findall(r"^\| km/h \| (?=\d).*$", PAGE, re.MULTILINE)
    for row in rows_below(header):
        kmh = [float(cell) for cell in header.strip("|").split("|")[1:]]
        assert {name: at for name, at in zip(row[1:], kmh, strict=True) if name} == TABLES[f"{row[0]}_kmh"]


def test_the_page_shows_tracks_turns_and_the_density_of_streets():
    track = ", ".join(str(kmh) for kmh in TABLES["track_kmh"].values())
    built_up, turns = CarProfile().built_up, CarProfile().turn_delays
    for text in (
        f"grade 1 to 5: {track}.",
        f"at least {built_up.km_per_km2:g} km on the square\nkilometre within {built_up.radius_metres:g} m",
        f"on {', '.join(turns.classes[:-1])} and {turns.classes[-1]} roads: {turns.left_seconds:g} s",
    ):
        assert text in PAGE


def test_own_tables_of_the_page_fit(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1], encoding="utf-8")
    profile = CarProfile(tables=own, season="winter")
    assert profile.road({"highway": "primary", "maxspeed": "100"}).forward_kmh == 93
    assert profile.road({"highway": "unclassified"}).forward_kmh == 50
    assert profile.road({"highway": "primary", "maxspeed": "80", "surface": "gravel"}).forward_kmh == 65


# --- the calibration


def test_the_fit_finds_the_speeds_that_made_the_counters(calibrate):
    random = np.random.default_rng(3)
    truth = {(60, 60): (62.0, 62.0), (80, 80): (82.0, 79.0), (100, 80): (95.0, 85.0), (100, 100): (99.0, 94.0)}
    speeds = np.asarray([pair for pair in truth.values() for _ in range(60)])
    noisy = speeds[:, :, None] + random.normal(0, 0.5, (len(speeds), 2, 2))
    counters = calibrate.Counters(noisy[:, 0], noisy[:, 1], np.arange(len(speeds)) % 2 == 0)
    means, stations = calibrate.fit(counters)
    for pair, mean, number in zip(calibrate.PAIRS, means, stations, strict=True):
        if pair in truth:
            assert number == 30
            np.testing.assert_allclose(mean, truth[pair], atol=0.4)
        else:
            assert number == 0


def test_counters_that_lack_a_value_or_repeat_limits_are_left_out(calibrate, tmp_path):
    path = tmp_path / "counters.csv"
    names = [f"{season}_kmh_direction_{direction}" for season in ("summer", "winter") for direction in (1, 2)]
    rows = ["1,a,91,92,86,87", "2,b,0,92,86,87", "3,c,100,100,80,80", "4,d,100,100,80,81"]
    path.write_text("\n".join([",".join(["station", "name", *names]), *rows]), encoding="utf-8")
    counters, missing, repeated = calibrate.read_counters(path)
    assert (counters.summer.tolist(), missing, repeated) == ([[91, 92], [100, 100]], 1, 1)


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"maxspeed": "40"}, (False, True, False)),
        ({"maxspeed": "40", "maxspeed:type": "FI:zone40"}, (True, True, False)),
        ({"maxspeed": "80"}, (False, False, True)),
        ({"maxspeed": "60"}, (False, False, False)),
        ({"maxspeed": "FI:rural"}, (False, False, True)),
        ({}, (False, False, False)),
    ],
)
def test_what_tags_say_of_a_place(calibrate, tags, says):
    assert calibrate.says_of_place({"highway": "secondary", **tags}) == says
    assert calibrate.says_of_place({"highway": "motorway", **tags}) == (False, False, False)


@pytest.mark.shared
@pytest.mark.usefixtures("shared_data")
def test_the_tables_of_the_page_are_those_of_the_script(calibrate):
    assert calibrate.new_page(PAGE) == PAGE


@pytest.mark.shared
def test_the_winter_tables_foretell_the_other_half_better_than_the_summer_table(calibrate, shared_data):
    counters, *_ = calibrate.read_counters(shared_data / "finland" / "free_flow_speeds.csv")
    rows = dict(
        re.findall(r"^\| ([^|]+) \| [\d.]+ \| ([\d.]+) \|$", calibrate.counters_text(counters, 0, 0), re.MULTILINE)
    )
    with_tables, without = (float(rows[name]) for name in ("`car.toml`", "`car.toml` without its winter tables"))
    assert with_tables < without - 0.5
    assert not math.isnan(float(rows["means of the fit"]))


def test_without_the_data_the_script_says_so_and_writes_nothing(tmp_path):
    script = ROOT / "scripts" / "calibrate_speeds.py"
    environment = {"PALVELUVERKKO_SHARED": str(tmp_path), "PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    said = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True).stdout
    assert "free_flow_speeds.csv is absent; set PALVELUVERKKO_SHARED" in said
    assert (ROOT / "docs" / "car-model.md").read_text(encoding="utf-8") == PAGE
