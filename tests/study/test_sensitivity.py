"""The sensitivity of a study from its file to its files: a twin on Lapland, what is written, and bad input."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from little_study import write_little_study

from palveluverkko import cli
from palveluverkko.domain.travel import Season
from palveluverkko.network import store
from palveluverkko.study import pipeline
from palveluverkko.study.sensitivity import study_sensitivity, write_study_sensitivity
from palveluverkko.study.study import read_study

LAPPI = Path(__file__).parents[2] / "data" / "lappi" / "study.toml"
FILES = ["sensitivity.xlsx", "sensitivity.csv", "sensitivity.png", "sensitivity_places.parquet"]


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


# --- the twin: run the whole study for each variant, and count place by place


def whole_run(monkeypatch, season: Season, factor: float) -> pipeline.Results:
    """Run Lapland in a season with all its roads, of which none is a ferry, at other speeds."""
    study = read_study(LAPPI)
    network = study.network.model_copy(update={"season": season})
    # Coarse areas: they take most of a run, and no number of people comes from them.
    study = study.model_copy(
        update={"network": network, "output": study.output.model_copy(update={"cell_metres": 2500})}
    )

    def at_speed(*arguments, **options):
        network = store.read_network(*arguments, **options)
        assert "ferry" not in network.road_classes
        return network.with_speeds(factor)

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "read_network", at_speed)
        return pipeline.compute_study(study)


def band_of(minutes: float, thresholds: tuple[float, ...]) -> int:
    """Give the number of the band of a time, from its definition."""
    return sum(not minutes <= limit for limit in thresholds)


def test_lapland_counts_as_whole_runs_of_every_variant_do(monkeypatch):
    study = read_study(LAPPI)
    result = study_sensitivity(study, speed_factors=[0.9, 1.0, 1.1], seasons=[Season.WINTER, Season.SUMMER])
    said = {(row["variant"], row["area"], row["level"]): row for row in result.areas.to_dict("records")}
    assert len(said) == len(result.areas) == 6 * 22 * 3
    base = whole_run(monkeypatch, Season.WINTER, 1.0)
    people = {one: max(0, count) for one, count in base.inputs.places["population"].items()}
    counted = 0
    for season in Season:
        for factor in (0.9, 1.0, 1.1):
            other = whole_run(monkeypatch, season, factor)
            for code in study.scheme.codes:
                sums: dict[str, Counter[str]] = {}
                for place, now in other.levels.frame[f"time_{code}"].items():
                    before = base.levels.frame.loc[place, f"time_{code}"]
                    old, new = (band_of(one, study.minutes) for one in (before, now))
                    for area in ("", base.inputs.places.loc[place, "kunta_code"]):
                        sums.setdefault(area, Counter()).update(
                            {
                                "population": people[place],
                                "people_better": people[place] * (new < old),
                                "people_worse": people[place] * (new > old),
                                "people_newly_reached": people[place] * (math.isnan(before) and not math.isnan(now)),
                                "people_cut_off": people[place] * (math.isnan(now) and not math.isnan(before)),
                                "reached": people[place] * (not math.isnan(now)),
                            }
                        )
                for area, sums_of_area in sums.items():
                    row = said[f"{season} {factor:g}", area, code]
                    assert {name: row[name] for name in sums_of_area} == dict(sums_of_area)
                    changed = sums_of_area["people_better"] + sums_of_area["people_worse"]
                    assert row["people_changed"] == changed
                    assert row["share_changed"] == pytest.approx(changed / sums_of_area["population"], rel=1e-12)
                    counted += changed > 0
                whole = other.summary.set_index("level").loc[code]
                assert said[f"{season} {factor:g}", "", code]["mean"] == whole["mean"]
            norms = result.norms[result.norms["variant"] == f"{season} {factor:g}"]
            pd.testing.assert_frame_equal(norms[list(other.norms)].reset_index(drop=True), other.norms)
    assert counted > 100
    slow = result.areas[(result.areas["season"] == "winter") & (result.areas["speed_factor"] == 0.9)]
    assert slow.loc[slow["area"] == "", "people_worse"].gt(1000).all()


def test_winter_in_lapland_is_nowhere_better_than_summer():
    study = read_study(LAPPI)
    result = study_sensitivity(study, speed_factors=[1.0], seasons=[Season.SUMMER])
    places = result.found.by_place()
    for code in study.scheme.codes:
        assert (places[f"longest_{code}"].fillna(np.inf) == places[f"time_{code}"].fillna(np.inf)).all()
    assert (result.areas[["people_worse", "people_cut_off"]] == 0).all(axis=None)
    assert result.areas["people_better"].sum() > 0


# --- what is written


def test_files_say_the_same_and_a_run_in_the_folder_stays(tmp_path):
    study = read_study(write_little_study(tmp_path, study={'language = "fi"': 'language = "sv"'}))
    _, files = pipeline.run_study(study, store=tmp_path / "store", day=date(2026, 3, 5))
    before = {path: path.read_bytes() for path in files}
    result = study_sensitivity(study, speed_factors=[0.5, 2.0], store=tmp_path / "store")
    folder = study.output.directory
    for _ in range(2):
        written = write_study_sensitivity(study, result, folder, day=date(2026, 3, 5))
        assert [path.name for path in written] == FILES
        assert {path: path.read_bytes() for path in files} == before
    rows = pd.read_csv(folder / "sensitivity.csv", dtype={"area": str}).fillna({"area": "", "area_name": ""})
    pd.testing.assert_frame_equal(rows, result.areas, check_dtype=False)
    places = pd.read_parquet(folder / "sensitivity_places.parquet")
    pd.testing.assert_frame_equal(places, result.found.by_place())
    book = openpyxl.load_workbook(folder / "sensitivity.xlsx")
    assert book.sheetnames == ["Sammanfattning", "Områdesvis", "Mål", "Källor och metod"]
    listed = [row for row in book["Områdesvis"].iter_rows(min_row=5, values_only=True) if row[0]]
    assert len(listed) == len(result.areas)


def test_scaled_access_legs_are_said_in_the_workbook_and_change_more(tmp_path):
    study = read_study(write_little_study(tmp_path, places={"25.720,66.500": "25.720,66.498"}))
    longest = {}
    for legs in ("fixed", "scaled"):
        result = study_sensitivity(study, speed_factors=[0.5], access_legs=legs, store=tmp_path / "store")
        longest[legs] = result.found.by_place().loc["P2", "longest_L"]
        write_study_sensitivity(study, result, tmp_path / legs, day=date(2026, 3, 5))
        book = openpyxl.load_workbook(tmp_path / legs / "sensitivity.xlsx")
        words = [cell for row in book["Lähteet ja menetelmä"].iter_rows(values_only=True) for cell in row if cell]
        assert ("Kerroin koskee myös siirtymistä tien ja paikan välillä." in words) == (legs == "scaled")
    assert longest["scaled"] > longest["fixed"] + 1


# --- the command


def test_the_command_prints_every_variant_and_writes_nothing_unless_asked(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run_here(monkeypatch, "sensitivity", study, "--speed-factor", "0.5", "--season", "summer, winter") == 0
    heard = capsys.readouterr()
    assert heard.err == ""
    heads = [line for line in heard.out.splitlines() if not line.startswith(" ")]
    assert heads == ["summer 1 (baseline):", "summer 0.5:", "winter 0.5:"]
    change = r"^  L: \d+\.\d% of people change bands, 0 nearer and [\d,]+ farther, most in "
    assert re.search(change, heard.out, re.MULTILINE)
    assert heard.out.count("  Norm L 5 min for 90% of population: 100.0%, met\n") == 3
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_names_its_files_with_the_workbook_first(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path, study={'[areas]\ncolumn = "kunta_code"\nname_column = "kunta"\n': ""})
    assert run_here(monkeypatch, "sensitivity", study, "--out", tmp_path / "new" / "folder") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("Files:") + 1 :] == [f"  {tmp_path / 'new' / 'folder' / name}" for name in FILES]
    assert not any("most in" in line for line in lines)
    assert not (tmp_path / "out").exists()


BROKEN = {
    "0": r"the speed factor is 0; give one from 0\.1 to 10: 0\.9 is a tenth slower\.",
    "-0.9": r"the speed factor is -0\.9; give one",
    "nan": r"the speed factor is nan; give one",
    "inf": r"the speed factor is inf; give one",
    "0.9,90": r"the speed factor is 90; give one",
    "1e-9": r"the speed factor is 1e-09; give one",
    "slow": r"--speed-factor 'slow' is not numbers with commas between, such as 0\.9,1\.0,1\.1\.",
    "0.9;1.1": r"--speed-factor '0\.9;1\.1' is not numbers",
    ",": r"no speed factor is given; give at least one, such as 0\.9\.",
    "0.9,1,0.90": r"the speed factor 0\.9 is given twice; give each once\.",
    "0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1,2,3,4,5": r"13 speed factors are given; give at most 12\.",
    "1.0": r"speed factor 1 in summer is the study as it is written; give another factor or season\.",
    "0.9 --season spring": r"season 'spring' is not known; use one of: summer, winter\.",
    "0.9 --season winter,winter": r"the season winter is given twice; give each once\.",
    "0.9 --season ,": r"no season is given; give one or more of: summer, winter\.",
    "0.9 --access-legs walked": r"access legs 'walked' is not known; use one of: fixed, scaled\.",
    "0.9 --out points.csv": r"--out names points\.csv, but points\.csv is a file; choose a folder\.",
    "0.9 --out points.csv/a": r"--out names points\.csv/a, but points\.csv is a file; choose a folder\.",
}


@pytest.mark.parametrize("options", BROKEN)
def test_what_cannot_be_used_is_one_line_and_two(tmp_path, monkeypatch, capsys, options):
    write_little_study(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run_here(monkeypatch, "sensitivity", "study.toml", "--speed-factor", *options.split(" ")) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(f"palveluverkko: {BROKEN[options]}.*\n", heard.err), heard.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_built_network_that_lacks_the_season_says_so(tmp_path, monkeypatch, capsys):
    study = write_little_study(tmp_path, study={"roads.osm.pbf": "roads.pvnet"})
    assert run_here(monkeypatch, "network", "build", tmp_path / "roads.osm.pbf", "--out", tmp_path / "roads.pvnet") == 0
    assert run_here(monkeypatch, "sensitivity", study, "--speed-factor", "0.9") == 0
    capsys.readouterr()
    assert run_here(monkeypatch, "sensitivity", study, "--season", "winter") == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    assert re.fullmatch(r"palveluverkko: .*roads\.pvnet was built with season = summer, and winter is .*\n", heard.err)
