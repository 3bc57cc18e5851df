"""Whatever is wrong with the input: one line on stderr, exit code 2, and the earlier results as they were."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from little_study import write_little_study, write_roads

from palveluverkko import cli
from palveluverkko.study import pipeline
from palveluverkko.study.study import read_study

Damage = Callable[[Path], object]

LONG_AGO = 1_000_000_000


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> None:
    """Keep built networks out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Write a little study with results of an earlier run."""
    folder = tmp_path / "study"
    write_little_study(folder)
    for name in ("map.html", "run.json", "figures/reach.png"):
        file = folder / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"the earlier {name}", encoding="utf-8")
        os.utime(file, (LONG_AGO, LONG_AGO))
    return folder


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give everything below a folder with its time and bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def complaint(monkeypatch, capsys, *arguments: object) -> str:
    """Run the command line and give its one line of complaint."""
    monkeypatch.setattr(sys, "argv", ["palveluverkko", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    heard = capsys.readouterr()
    assert end.value.code == 2
    assert heard.out == ""
    return only_line(heard.err)


def only_line(text: str) -> str:
    assert text.startswith("palveluverkko: ")
    assert text.endswith((".\n", "?\n", ").\n"))
    assert text.count("\n") == 1
    return text.removeprefix("palveluverkko: ").rstrip("\n")


def change(file: str, old: str, new: str) -> Damage:
    def damage(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return damage


def cut_roads_short(folder: Path) -> None:
    whole = (folder / "roads.osm.pbf").read_bytes()
    (folder / "roads.osm.pbf").write_bytes(whole[:-20])


def points_without_crs(folder: Path) -> None:
    points = geopandas.GeoDataFrame({"id": ["A"], "level": ["E"]}, geometry=[shapely.Point(25.7, 66.5)])
    with pytest.warns(UserWarning, match="crs"):
        points.to_file(folder / "points.gpkg")
    change("study.toml", "points.csv", "points.gpkg")(folder)


def points_in_metres_without_crs(folder: Path) -> None:
    (folder / "points.csv").write_text("id,level,x,y\nA,E,442000,7376000\n", encoding="utf-8")


def swap_in_andorra(folder: Path) -> None:
    (folder / "points.csv").write_text("id,level,lon,lat\nA,E,66.50,25.70\nB,L,66.51,25.71\n", encoding="utf-8")


def ask_for(table: str) -> Damage:
    return change("study.toml", "[output]", f"{table}\n\n[output]")


def places_of(text: str) -> Damage:
    return lambda folder: (folder / "places.csv").write_text(text, encoding="utf-8")


def areas_elsewhere(folder: Path) -> None:
    square = geopandas.GeoDataFrame({"id": ["X"], "name": ["X"]}, geometry=[shapely.box(0, 0, 1000, 1000)], crs=3067)
    square.to_file(folder / "areas.gpkg")
    change("study.toml", 'column = "kunta_code"\nname_column = "kunta"', 'file = "areas.gpkg"')(folder)


def people_raster(*, crs: str = "EPSG:3067", nodata: float | None = -1, corner: float = 0.0) -> Damage:
    """Take the people from a raster of four cells by Rovaniemi, and the areas away."""

    def damage(folder: Path) -> None:
        at = (440_000, 7_380_000, 250) if crs == "EPSG:3067" else (25.7, 66.5, 0.01)
        values = np.asarray([[5, corner], [0, 2]], dtype=np.float32)
        shape = {"height": 2, "width": 2, "count": 1, "dtype": "float32"}
        place = {"crs": crs, "nodata": nodata, "transform": rasterio.Affine(at[2], 0, at[0], 0, -at[2], at[1])}
        with rasterio.open(folder / "people.tif", "w", driver="GTiff", **shape, **place) as raster:
            raster.write(values, 1)
        change("study.toml", '"places.csv"', '"people.tif"')(folder)
        change("study.toml", '[areas]\ncolumn = "kunta_code"\nname_column = "kunta"\n', "")(folder)

    return damage


BROKEN_STUDIES: dict[str, tuple[Damage, str]] = {
    "no study": (lambda f: (f / "study.toml").unlink(), r"study\.toml cannot be read: No such file .*Name a study"),
    "no roads": (lambda f: (f / "roads.osm.pbf").unlink(), r"study\.toml: network\.osm names .*roads\.osm\.pbf, which"),
    "text as roads": (
        lambda f: (f / "roads.osm.pbf").write_text("not a map", encoding="utf-8"),
        r"roads\.osm\.pbf (cannot be read as \.osm\.pbf|is cut short).*fetch it again",
    ),
    "roads cut short": (cut_roads_short, r"roads\.osm\.pbf is cut short .*fetch it again\.$"),
    "empty file of roads": (lambda f: (f / "roads.osm.pbf").write_bytes(b""), r"roads\.osm\.pbf is empty; fetch it"),
    "footpaths only": (
        lambda f: write_roads(f / "roads.osm.pbf", highway="footway"),
        r"roads\.osm\.pbf holds no road for a car: 17 ways were seen.*Take an extract",
    ),
    "points without CRS": (points_without_crs, r"points\.gpkg has points without CRS; say which with crs"),
    "metres without CRS": (points_in_metres_without_crs, r"points\.csv has points without CRS; say which with crs"),
    "an unknown CRS": (
        change("study.toml", '"points.csv"', '"points.csv"\ncrs = "EPSG:0"'),
        r"points\.csv has crs = 'EPSG:0', which is not known",
    ),
    "points of another format": (
        change("study.toml", '"points.csv"', '"roads.osm.pbf"'),
        r"roads\.osm\.pbf is of an unknown kind \(\.pbf\); use one of \.csv",
    ),
    "no points": (change("points.csv", "true", "false"), r"study\.toml: points\.csv has no open service point; set"),
    "duplicate ids": (
        change("points.csv", "PISTE,", "ASEMA,"),
        r"points\.csv has 1 duplicate id \(first: 'ASEMA', row 4\).*make them unique\.$",
    ),
    "an unknown level": (
        change("points.csv", ",A,", ",B,"),
        r"points\.csv has the unknown level 'B' at 'ASEMA' \(row 3\); use one of L, A, E of the scheme",
    ),
    "latitude and longitude swapped": (swap_in_andorra, r"points\.csv.*latitude and longitude (are|look) swapped"),
    "a point far away": (
        change("points.csv", "25.739,66.509", "25.739,62.009"),
        r"points\.csv: 1 of 4 lie up to 4\d\d km outside the road network \('ASEMA'\)\. Check their coordinates",
    ),
    "all places far away": (
        change("places.csv", ",66.5", ",60.5"),
        r"places\.csv: 5 of 5 lie up to 6\d\d km outside the road network \('P1', 'P2', 'P3' and 2 more\)",
    ),
    "no population": (
        change("places.csv", "population", "people"),
        r"places\.csv has no column population \(its columns are .*people.*Add the number of people",
    ),
    "population that is no number": (
        change("places.csv", ",300,", ",many,"),
        r"places\.csv has population = 'many' at 'P3' \(row 4\); write a number\.$",
    ),
    "a gap in the population": (
        change("places.csv", ",300,", ",,"),
        r"places\.csv has no population at 'P3' \(row 4\)",
    ),
    "fewer people than none": (
        change("places.csv", ",300,", ",-300,"),
        r"places\.csv has population = -300 at 'P3' \(row 4\); write 0 or more, or -1 for a suppressed count\.$",
    ),
    "two places of one id": (
        change("places.csv", "P2,", "P1,"),
        r"places\.csv has 1 duplicate id \(first: 'P1', row 3\)\. Ids tell places apart.*make them unique\.$",
    ),
    "ages that do not sum": (
        places_of("id,lon,lat,population,age_0_64,age_65_\nP1,25.7,66.5,100,90,10\nP2,25.72,66.5,200,150,60\n"),
        r"places\.csv has age_0_64 \+ age_65_ = 210 but population = 200 at 'P2' \(row 3\); correct",
    ),
    "a grid id that names no square": (
        places_of("grd_id,population\n1kmN7376E0442,5\n1kmN7376E9442,5\n"),
        r"places\.csv has the grid id '1kmN7376E9442' at '1kmN7376E9442' \(row 3\), which names no square of Finland's",
    ),
    "grid ids that are spoilt": (
        places_of("grd_id,population\n1kmN7376E044X,5\n"),
        r"places\.csv has the grid id '1kmN7376E044X' .*row 2.*write it as 1kmN6675E0385",
    ),
    "a raster without nodata": (people_raster(nodata=None), r"people\.tif names no nodata value.*name one"),
    "a raster in degrees": (people_raster(crs="EPSG:4326"), r"people\.tif is in degrees \(EPSG:4326\).*warp it to met"),
    "a raster of less than nobody": (people_raster(corner=-3), r"people\.tif has -3 people in the cell of row 0, col"),
    "places outside every area": (
        areas_elsewhere,
        r"the areas of areas\.gpkg hold none of the 5 places \('P1', 'P2', 'P3' and 2 more\); take areas of the",
    ),
    "an unknown service": (
        ask_for('[[wanted]]\nname = "Kuu"\nservices = ["kuulento"]'),
        r"study\.toml: 'Kuu' wants the service 'kuulento', which no menu and no service point has; did you mean",
    ),
    "an unknown language": (
        ask_for('[[wanted]]\nname = "Kuu"\nlanguages = ["tlh"]'),
        r"study\.toml: 'Kuu' wants the language 'tlh', which no menu and no service point has; known are: none\.$",
    ),
    "points without level": (
        change("points.csv", "level", "taso"),
        r"points\.csv has no column level \(its columns are .*taso.*Add it and give each point its level, one of L",
    ),
    "no places": (
        lambda f: (f / "places.csv").write_text("id,lon,lat,population\n", encoding="utf-8"),
        r"places\.csv has no rows; give at least one\.$",
    ),
    "unsorted minutes": (change("study.toml", "[1, 2, 5, 10]", "[10, 5]"), r"study\.toml: minutes holds 5 after 10;"),
    "negative minutes": (change("study.toml", "[1, 2, 5, 10]", "[-1, 5]"), r"study\.toml: minutes holds -1; thresh"),
    "an unknown key": (
        change("study.toml", "[points]", 'sesaon = "winter"\n[points]'),
        r"study\.toml: \[network\] has the unknown key 'sesaon'; did you mean 'season'\?$",
    ),
    "a wrong type": (
        change("study.toml", "share = 0.90", 'share = "all"'),
        r"study\.toml: \[norm\] share: Input should be a valid number.*\(got 'all'\)\.$",
    ),
    "an unknown scheme": (change("study.toml", '"EAL"', '"ABC"'), r"study\.toml: level scheme 'ABC' is not known; use"),
    "a norm of no level": (change("study.toml", 'level = "L"', 'level = "N"'), r"study\.toml: level 'N' is not in the"),
    "a norm of no column": (
        change("study.toml", "share = 0.90", 'share = 0.90\ngroup = "age_75"'),
        r"the norm for level L counts the column 'age_75', which places\.csv does not have; did you mean 'age_75_'\?$",
    ),
    "a scenario of no point": (
        change("study.toml", '["PISTE"]', '["PISTO"]'),
        r"scenario 'Ilman lähipistettä' names 'PISTO', which is no id in points\.csv; did you mean 'PISTE'\?$",
    ),
    "areas of no column": (
        change("study.toml", 'column = "kunta_code"', 'column = "maakunta"'),
        r"study\.toml: \[areas\] names the column 'maakunta', which places\.csv does not have; did you mean 'kunta'\?$",
    ),
    "names of no column": (
        change("study.toml", 'name_column = "kunta"', 'name_column = "zzz"'),
        r"study\.toml: \[areas\] names the column 'zzz', which places\.csv does not have; it has name, population,",
    ),
    "results in a file": (
        change("study.toml", '"out"', '"points.csv"'),
        r"\[output\] directory names .*points\.csv, but .*points\.csv is a file; choose a folder\.$",
    ),
    "results below a file": (
        change("study.toml", '"out"', '"points.csv/out"'),
        r"\[output\] directory names .*out, but .*points\.csv is a file; choose a folder\.$",
    ),
    "cells as large as the country": (
        change("study.toml", "[output]", "[output]\ncell_metres = 100000"),
        r"cell_metres is 100000; use more than 0 and at most half of max_access_metres",
    ),
}


@pytest.mark.parametrize(("damage", "expected"), BROKEN_STUDIES.values(), ids=BROKEN_STUDIES.keys())
def test_one_line_says_what_is_wrong_and_the_earlier_results_stay(folder, monkeypatch, capsys, damage, expected):
    damage(folder)
    before = contents(folder)
    line = complaint(monkeypatch, capsys, "run", folder / "study.toml")
    assert re.search(expected, line), line
    assert contents(folder) == before


@pytest.mark.parametrize("broken", ["a scenario of no point", "a norm of no column", "areas of no column", "no points"])
def test_the_tables_are_checked_before_the_roads_are_read(folder, monkeypatch, capsys, broken):
    def read_nothing(*_arguments: object, **_options: object) -> None:
        pytest.fail("the roads were read")

    monkeypatch.setattr(pipeline, "read_network", read_nothing)
    BROKEN_STUDIES[broken][0](folder)
    complaint(monkeypatch, capsys, "run", folder / "study.toml")


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_computed(folder, monkeypatch, capsys):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    monkeypatch.setattr(pipeline, "compute_study", lambda *_arguments, **_options: pytest.fail("computed"))
    before = contents(folder)
    line = complaint(monkeypatch, capsys, "run", folder / "study.toml")
    assert re.search(r"study cannot be written: Permission denied\. Close it in other programs, or choose an", line)
    assert contents(folder) == before


BROKEN_COMMANDS: dict[str, tuple[str, str]] = {
    "minutes that are no numbers": (
        "isochrones ROADS POINTS --out a.gpkg --minutes ten",
        r"--minutes 'ten' is not num",
    ),
    "no minutes": ("isochrones ROADS POINTS --out a.gpkg --minutes ,", r"minutes is empty; give at least one"),
    "falling minutes": ("isochrones ROADS POINTS --out a.gpkg --minutes 30,15", r"minutes holds 15 after 30; write"),
    "an unknown direction": (
        "isochrones ROADS POINTS --out a.gpkg --direction home",
        r"direction 'home' is not known; use one of: to_service, from_service\.$",
    ),
    "an unknown season": (
        "isochrones ROADS POINTS --out a.gpkg --season spring",
        r"season 'spring' is not known; use one of: summer, winter\.$",
    ),
    "an unknown scheme": ("isochrones ROADS POINTS --out a.gpkg --scheme X", r"level scheme 'X' is not known; use EAL"),
    "an unknown format of areas": (
        "isochrones ROADS POINTS --out a.shp",
        r"a\.shp does not end in \.gpkg, \.geojson or",
    ),
    "no points of areas": ("isochrones ROADS nothing.csv --out a.gpkg", r"nothing\.csv does not exist; check the name"),
    "areas without roads": (
        "isochrones nothing.osm.pbf POINTS --out a.gpkg",
        r"nothing\.osm\.pbf does not exist; chec",
    ),
    "areas without a network": (
        "isochrones nothing.pvnet POINTS --out a.gpkg",
        r"nothing\.pvnet does not exist; build",
    ),
    "points of no roads": (
        "isochrones POINTS POINTS --out a.gpkg",
        r"points\.csv is not known as an OpenStreetMap file",
    ),
    "an unknown format of a matrix": (
        "matrix ROADS POINTS PLACES --out a.xlsx",
        r"a\.xlsx does not end in \.parquet or",
    ),
    "no budget": (
        "matrix ROADS POINTS PLACES --out a.csv --budget-minutes -1",
        r"minutes holds -1; thresholds lie abo",
    ),
    "a matrix to nowhere": ("matrix ROADS POINTS nothing.csv --out a.csv", r"nothing\.csv does not exist; check the n"),
    "a matrix in spring": ("matrix ROADS POINTS PLACES --out a.csv --season spring", r"season 'spring' is not known"),
    "a matrix in an unknown CRS": (
        "matrix ROADS POINTS PLACES --out a.csv --crs X",
        r"points\.csv has crs = 'X', which",
    ),
    "a matrix below a file": (
        "matrix ROADS POINTS PLACES --out POINTS/a.csv",
        r"a\.csv cannot be written: .*Choose an o",
    ),
    "an unknown format of a network": (
        "network build ROADS --out a.zip",
        r"a\.zip does not end in \.pvnet; that ending",
    ),
    "a network of no file": ("network info nothing.osm.pbf", r"nothing\.osm\.pbf does not exist; check the path"),
    "a check of no study": ("check nothing.toml", r"nothing\.toml cannot be read: No such file or directory\."),
}


@pytest.mark.parametrize(("command", "expected"), BROKEN_COMMANDS.values(), ids=BROKEN_COMMANDS.keys())
def test_other_commands_complain_in_one_line_too(folder, monkeypatch, capsys, command, expected):
    monkeypatch.chdir(folder)
    before = contents(folder)
    named = {"ROADS": "roads.osm.pbf", "POINTS": "points.csv", "PLACES": "places.csv"}
    words = [re.sub("|".join(named), lambda found: named[found.group()], word) for word in command.split()]
    line = complaint(monkeypatch, capsys, *words)
    assert re.search(expected, line), line
    assert contents(folder) == before


@pytest.mark.parametrize("broken", ["no study", "duplicate ids"])
def test_a_real_process_ends_with_one_line_and_without_a_traceback(folder, broken):
    damage, expected = BROKEN_STUDIES[broken]
    damage(folder)
    command = [sys.executable, "-m", "palveluverkko", "run", str(folder / "study.toml")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(expected, only_line(done.stderr))


def test_without_the_extra_a_study_of_capacity_ends_before_anything_with_the_remedy(folder):
    """Really without it: the package cannot be imported in the process that runs."""
    ask_for("[capacity]\nminutes = 5")(folder)
    change("points.csv", "candidate\n", "candidate,capacity\n")(folder)
    change("points.csv", "false\n", "false,4\n")(folder)
    before = contents(folder)
    hidden = "import sys; sys.modules['access'] = None; from palveluverkko import cli; cli.main()"
    command = [sys.executable, "-c", hidden, "run", str(folder / "study.toml")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    line = only_line(done.stderr)
    assert re.search(
        r"\[capacity\] needs the package access; install it with: pip install 'palveluverkko\[access\]", line
    )
    assert contents(folder) == before


def test_no_point_of_a_level_is_no_error_and_told_so(folder, monkeypatch, capsys):
    change("points.csv", ",E,", ",A,")(folder)
    monkeypatch.setattr(sys, "argv", ["palveluverkko", "run", str(folder / "study.toml")])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    assert "E: nobody reaches it, 1,000 people not reached" in capsys.readouterr().out


def test_a_misspelled_option_ends_with_two_and_names_the_help(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["palveluverkko", "run", "--strikt"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    heard = capsys.readouterr().err
    assert "run -h' for help" in heard
    assert "--strikt" in heard


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> tuple[pipeline.Results, Path]:
    """Give the results of the little study, and the folder of their files."""
    folder = tmp_path_factory.mktemp("whole")
    study = read_study(write_little_study(folder))
    computed, _ = pipeline.run_study(study, store=folder / "store")
    return computed, folder


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device", "report.xlsx")])
def test_an_interrupted_run_leaves_the_old_results_whole(results, monkeypatch, error):
    computed, folder = results

    def stop(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "write_report", stop)
    monkeypatch.setattr(pipeline, "compute_study", lambda *_arguments, **_options: computed)
    before = contents(folder / "out")
    with pytest.raises((KeyboardInterrupt, Exception)) as caught:
        pipeline.run_study(read_study(folder / "study.toml"))
    assert caught.type.__name__ in {"KeyboardInterrupt", "PalveluverkkoError"}
    assert contents(folder / "out") == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
