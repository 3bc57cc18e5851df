"""Whole studies as a planner runs them: every file is there, and all files tell the same."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import matplotlib as mpl
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from little_study import write_little_study
from opened_page import Opened, opening
from people_in_sql import count_people, same_people

from palveluverkko.engine.search import UNREACHED
from palveluverkko.network.store import read_network
from palveluverkko.osm import reader
from palveluverkko.report.texts import text
from palveluverkko.study.pipeline import STEPS, Results, run_study
from palveluverkko.study.study import Study, read_study
from palveluverkko.study.texts import say

ROOT = Path(__file__).parents[2]
LAPPI = ROOT / "data" / "lappi"

FILES = {
    "map.html", "results.gpkg", "travel_times.parquet", "report.xlsx", "run.json", "surface_L.tif", "surface_A.tif",
    "surface_E.tif", "people.parquet", "levels.parquet",
    "figures/map_L.png", "figures/map_A.png", "figures/map_E.png", "figures/reach.png",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A study, what it found and where its files are."""

    study: Study
    results: Results
    files: list[Path]
    cache: Path

    @property
    def output(self) -> Path:
        return self.study.output.directory

    @property
    def codes(self) -> tuple[str, ...]:
        return self.study.scheme.codes

    def layer(self, name: str) -> pd.DataFrame:
        read: pd.DataFrame = geopandas.read_file(self.output / "results.gpkg", layer=name)
        return read


def lappi_study(folder: Path) -> Path:
    """Copy study.toml, its inputs where they are and its results in the folder."""
    written = (LAPPI / "study.toml").read_text(encoding="utf-8")
    for name in ("lappi.osm.pbf", "service_points.csv", "population.csv", "centres.csv"):
        written = written.replace(f'"{name}"', f'"{(LAPPI / name).as_posix()}"')
    path = folder / "study.toml"
    path.write_text(written.replace('"../../out/lappi"', '"out"'), encoding="utf-8")
    return path


def load_script() -> Any:
    specification = importlib.util.spec_from_file_location("study_from_osm", ROOT / "scripts" / "study_from_osm.py")
    script = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = script
    specification.loader.exec_module(script)
    return script


LANGUAGE_OF = {"tampere": "sv", "andorra": "en"}


@pytest.fixture(
    scope="module",
    params=[
        "lappi",
        pytest.param("tampere", marks=pytest.mark.shared),
        pytest.param("andorra", marks=pytest.mark.shared),
    ],
)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a study once for all tests of this file; each in a language of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "lappi":
        path = lappi_study(folder)
    else:
        extract = request.getfixturevalue("shared_data") / "osm" / f"{request.param}.osm.pbf"
        options = ["--out", str(folder), "--name", request.param, "--language", LANGUAGE_OF[request.param]]
        assert load_script().main([str(extract), *options]) == 0
        path = folder / "study.toml"
    study = read_study(path)
    # Where the command line keeps its networks when this is the user's cache.
    cache = folder / "cache"
    results, files = run_study(study, store=cache / "palveluverkko" / "networks")
    return Run(study, results, files, cache)


def test_every_file_is_written_and_the_map_comes_first(run: Run):
    expected = FILES | ({"figures/areas.png"} if run.study.areas else set())
    expected |= {"figures/ages.png"} if any(one.startswith("age_") for one in run.results.people) else set()
    expected |= {"referral.parquet"} if run.study.output.referral else set()
    assert {file.relative_to(run.output).as_posix() for file in run.files} == expected
    assert all(file.stat().st_size > 0 for file in run.files)
    assert run.files[0] == run.output / "map.html"
    assert {path.name for path in run.output.parent.iterdir() if path.name.startswith(".")} == set()


def test_sql_counts_the_same_people_from_the_files_of_a_run(run: Run):
    lappi = "kunta_code" in run.results.inputs.places
    # Elsewhere places have no municipality: squares of ten kilometres stand in for them.
    levels = run.results.levels
    frame = levels.frame if lappi else levels.frame.assign(kunta_code=levels.frame.index.str[:5])
    theirs = count_people(
        run.output / "travel_times.parquet",
        run.study.points.file,
        run.study.places.file,
        codes=levels.scheme.codes,
        minutes=levels.minutes,
        area="kunta_code" if lappi else "substr(id, 1, 5)",
        groups=levels.groups,
    )
    same_people(replace(levels, frame=frame).by_area("kunta_code"), theirs, levels.groups)


def test_the_level_times_are_minima_over_the_open_points_that_serve(run: Run):
    times = pd.read_parquet(run.output / "travel_times.parquet")
    points, levels = run.results.inputs.points, run.results.levels.frame
    assert len(times) == len(points) * len(levels)
    for code in run.codes:
        serving = points.index[points["level"].isin(run.study.scheme.serving(code)) & points["open"]]
        of_serving = times[times["to_id"].isin(serving)]
        nearest = of_serving.groupby("from_id")["travel_time"].min().reindex(levels.index)
        pd.testing.assert_series_equal(nearest, levels[f"time_{code}"], check_names=False)
        reached = levels[f"time_{code}"].notna()
        chosen = pd.MultiIndex.from_arrays([levels.index[reached], levels.loc[reached, f"point_{code}"]])
        by_pair = times.set_index(["from_id", "to_id"])["travel_time"]
        assert (by_pair.loc[chosen].to_numpy() == levels.loc[reached, f"time_{code}"].to_numpy()).all()
        assert levels.loc[~reached, f"point_{code}"].isna().all()


def test_candidates_and_closed_points_serve_nobody(run: Run):
    points, levels = run.results.inputs.points, run.results.levels.frame
    closed = set(points.index[~points["open"]])
    for code in run.codes:
        assert closed.isdisjoint(levels[f"point_{code}"].dropna())


def test_a_farther_level_is_never_nearer(run: Run):
    levels = run.results.levels.frame
    for nearer, farther in pairwise(run.codes):
        near, far = (levels[f"time_{code}"].fillna(np.inf) for code in (nearer, farther))
        assert (near <= far).all()


def test_people_sum_to_the_total_at_every_level_and_in_every_area(run: Run):
    people, levels = run.results.people, run.results.levels.frame
    minutes = run.study.minutes
    total = levels["population"].clip(lower=0).sum()
    whole = people[people["area"] == ""]
    assert (whole.groupby("level")["population"].sum() == total).all()
    if run.study.areas is not None:
        of_areas = people[people["area"] != ""].groupby(["level", "from_min"])["population"].sum()
        pd.testing.assert_series_equal(of_areas, whole.groupby(["level", "from_min"])["population"].sum())
    for code in run.codes:
        time = levels[f"time_{code}"]
        for lower, upper in pairwise((0.0, *minutes)):
            row = whole[(whole["level"] == code) & (whole["to_min"] == upper)]
            inside = (time <= upper) & ((time > lower) | (lower == 0))
            assert row["population"].item() == levels.loc[inside, "population"].clip(lower=0).sum()
        beyond = whole[(whole["level"] == code) & whole["to_min"].isna()]["population"].item()
        figures = run.results.summary.set_index("level").loc[code]
        assert beyond == figures[f"beyond_{minutes[-1]:g}"] == figures["unreached"]
        assert figures["reached"] + figures["unreached"] == figures["population"] == total


def test_the_workbook_holds_the_same_people_and_times(run: Run):
    language = run.study.study.language
    book = openpyxl.load_workbook(run.output / "report.xlsx", read_only=True, data_only=True)
    rows = list(book[text("sheet_bands", language)].iter_rows(min_row=5, values_only=True))
    people = run.results.people
    at = list(people.columns).index("population")
    assert [row[at] for row in rows[: len(people)]] == people["population"].tolist()
    summary = list(book[text("sheet_summary", language)].iter_rows(values_only=True))
    book.close()
    told = {round(value, 9) for row in summary for value in row if isinstance(value, float)}
    figures = run.results.summary[["mean", "p90", "worst"]].to_numpy().ravel()
    assert {round(float(value), 9) for value in figures if not np.isnan(value)} <= told


def test_the_geopackage_holds_the_same_tables(run: Run):
    results = run.results
    places = run.layer("places").set_index("id")
    levels = results.levels.frame
    for code in run.codes:
        assert np.array_equal(places[f"time_{code}"], levels[f"time_{code}"], equal_nan=True)
        assert np.array_equal(places[f"band_{code}"], levels[f"band_{code}"], equal_nan=True)
        assert places[f"point_{code}"].fillna("").tolist() == levels[f"point_{code}"].fillna("").tolist()
    assert places["population"].tolist() == results.inputs.places["population"].tolist()
    assert set(run.layer("service_points")["id"]) == set(results.inputs.points.index)
    findings = pyogrio.read_dataframe(run.output / "results.gpkg", layer="findings")
    assert findings["verdict"].tolist() == results.findings["verdict"].tolist()
    assert findings["detail"].tolist() == results.findings["detail"].tolist()
    for name, computed in (("bands", results.bands), ("isochrones", results.isochrones)):
        layer = run.layer(name)
        assert len(layer) == len(computed)
        assert shapely.equals(layer.geometry.to_numpy(), computed.geometry.to_numpy()).all()


def test_the_geopackage_draws_where_points_and_doubtful_places_stand(run: Run):
    legs, results = run.layer("access_legs"), run.results
    assert set(legs.loc[legs["subject"] == "service_point", "id"]) == set(results.inputs.points.index)
    findings = results.findings
    doubtful = findings[(findings["subject"] == "place") & findings["way"].notna()]
    assert set(legs.loc[legs["subject"] == "place", "id"]) == set(doubtful["id"])
    assert legs.length.tolist() == pytest.approx(legs["metres"].tolist(), abs=1e-6)
    roads = results.inputs.network.to_edges()
    own = roads.loc[legs["edge"].dropna().astype(int)]
    assert own["way"].tolist() == legs.loc[legs["edge"].notna(), "way"].tolist()
    ends = shapely.points([line.coords[-1] for line in legs.geometry[legs["edge"].notna()]])
    assert shapely.distance(ends, own.geometry.to_numpy()).max(initial=0) < 1e-6


def test_the_surface_is_never_later_than_the_table_by_more_than_a_cell_off_the_road(run: Run):
    """The table ties a place to its nearest road; the surface may know a quicker road a little farther off.

    By the water it may be later: the table knows none, and its way to the road may lead across.
    """
    levels, network = run.results.levels.frame, run.results.inputs.network
    snapped = run.results.table.snapped_places
    ends = np.stack((np.column_stack((snapped.point_x, snapped.point_y)), np.column_stack((snapped.x, snapped.y))), 1)
    for code in run.codes:
        with rasterio.open(run.output / f"surface_{code}.tif") as raster:
            assert raster.crs.to_epsg() == int(network.crs.removeprefix("EPSG:"))
            spots = run.results.inputs.places.geometry.to_crs(raster.crs).representative_point()
            read = np.array([value[0] for value in raster.sample(zip(spots.x, spots.y, strict=True))], dtype=float)
            a_cell = np.hypot(*raster.res) * network.access_milliseconds_per_metre / 60_000
            nodata = raster.nodata
        surface = np.where(read == nodata, np.inf, read)
        table = levels[f"time_{code}"].fillna(np.inf).to_numpy()
        last = run.study.minutes[-1]
        shores = run.results.surfaces[code].water
        by_water = np.zeros(len(table), dtype=bool)
        if shores is not None:
            legs = shapely.linestrings(np.nan_to_num(ends))
            by_water[shapely.STRtree(shores).query(legs, "dwithin", distance=2 * raster.res[0])[0]] = True
            assert by_water.mean() < 0.2
        sure = (table <= last - a_cell) & ~by_water
        assert (surface[sure] <= table[sure] + a_cell).all()
        computed = run.results.surfaces[code].within_budget()
        assert (read.min() >= 0) or (computed == UNREACHED).any()


def test_bands_are_valid_disjoint_and_join_without_gaps(run: Run):
    bands = run.results.bands
    assert bands.geometry.is_valid.all()
    assert (bands.geometry.area > 0).all()
    for _, own in bands.groupby("level"):
        union = shapely.union_all(own.geometry.to_numpy())
        # Disjoint: the areas sum up to that of the union. Metric CRS, hundreds of square kilometres.
        assert union.area == pytest.approx(own.geometry.area.sum(), rel=1e-9)


def test_areas_are_nested_by_level_and_by_minutes(run: Run):
    isochrones = run.results.isochrones

    def area(code: str, minutes: float) -> shapely.Geometry:
        """Give what is within the minutes: the widest isochrone up to them, as a band without area has no row."""
        own = isochrones[(isochrones["level"] == code) & (isochrones["minutes"] <= minutes)]
        return own.geometry.iloc[-1] if len(own) else shapely.MultiPolygon()

    minutes = run.study.minutes
    for nearer, farther in pairwise(run.codes):
        for limit in minutes:
            assert area(farther, limit).difference(area(nearer, limit)).area < 1e-3
    for code in run.codes:
        for shorter, longer in pairwise(minutes):
            assert area(code, shorter).difference(area(code, longer)).area < 1e-3


def test_the_manifest_tells_what_was_run(run: Run):
    manifest = json.loads((run.output / "run.json").read_text(encoding="utf-8"))
    results = run.results
    assert manifest["counts"]["places"] == len(results.inputs.places)
    assert manifest["counts"]["service_points"] == len(results.inputs.points)
    assert manifest["counts"]["people"] == results.inputs.places["population"].clip(lower=0).sum()
    assert manifest["findings"] == results.findings["verdict"].value_counts().to_dict()
    assert {"palveluverkko", "numba", "geopandas", "python"} <= set(manifest["versions"])
    centres = {"centres.file"} if run.study.centres else set()
    assert set(manifest["inputs"]) == {"study", "network.osm", "points.file", "places.file"} | centres
    assert all(len(one["sha256"]) == 64 for one in manifest["inputs"].values())
    assert set(manifest["timings"]) == set(STEPS) - {"write"}
    assert manifest["network"]["fingerprint"] == results.inputs.network.fingerprint
    assert sorted(manifest["files"]) == sorted(file.relative_to(run.output).as_posix() for file in run.files)
    assert manifest["search"] == {"method": results.table.plan.method, "reason": results.table.plan.reason}
    assert manifest["study"]["output"]["directory"] == "out"


@pytest.fixture
def opened(browser: Any, run: Run) -> Iterator[Opened]:
    with opening(browser, run.output / "map.html") as page:
        yield page


@pytest.mark.browser
def test_the_map_opens_in_a_browser_without_complaint_and_shows_its_bands(opened: Opened, run: Run):
    page = opened.page
    code = run.codes[0]
    bands = page.locator(".leaflet-bands-pane path")
    assert bands.count() > 0
    boxes = [bands.nth(number).bounding_box() for number in range(bands.count())]
    assert max(box["width"] * box["height"] for box in boxes if box) > 10_000
    assert page.locator("html").get_attribute("lang") == run.study.study.language
    whole = run.results.people[(run.results.people["area"] == "") & (run.results.people["level"] == code)]
    figures = opened.known("#legend tbody .people")
    assert [int("".join(filter(str.isdigit, figure))) for figure in figures] == whole["population"].round().tolist()
    page.wait_for_timeout(200)  # the address is kept a little later
    assert (run.output / "map.html").stat().st_size < 2_000_000


# --- a second run ---------------------------------------------------------------------------------


def test_a_second_run_takes_the_stored_network_and_writes_the_same_bytes(tmp_path: Path):
    """Two processes, so that no order of a hash and no state of a library is shared; only the timings differ."""
    path = write_little_study(tmp_path / "study")
    study, cache = read_study(path), tmp_path / "cache"
    stored = cache / "palveluverkko" / "networks"
    run_study(study, store=stored)
    first, kept = _bytes_below(study.output.directory), _bytes_below(stored)
    assert sorted(Path(name).suffix for name in kept) == [".pvnet", ".pvwater"]

    # Building matplotlib's list of fonts anew takes seconds and says so on stderr.
    own = {"XDG_CACHE_HOME": str(cache), "MPLCONFIGDIR": mpl.get_cachedir(), "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-m", "palveluverkko", "run", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | own, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    second = _bytes_below(study.output.directory)
    assert _bytes_below(stored) == kept
    manifests = [json.loads(files.pop("run.json")) for files in (first, second)]
    assert first == second
    timings = [manifest.pop("timings") for manifest in manifests]
    assert manifests[0] == manifests[1]
    assert timings[0].keys() == timings[1].keys()


def test_a_stored_network_is_read_without_the_road_file(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "read_roads", lambda *_arguments, **_options: pytest.fail("the roads were read"))
    stored = run.cache / "palveluverkko" / "networks"
    again = read_network(run.study.network.osm, profile=run.study.profile, store=stored)
    assert again.fingerprint == run.results.inputs.network.fingerprint


# --- studies at the edges -------------------------------------------------------------------------


def test_one_point_and_one_place_make_a_study(tmp_path: Path):
    path = write_little_study(tmp_path)
    for name in ("points", "places"):
        lines = (tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()[:2]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    written = path.read_text(encoding="utf-8")
    path.write_text(written[: written.index("[[scenario]]")] + '[output]\ndirectory = "out"\n', encoding="utf-8")
    results, files = run_study(read_study(path), store=tmp_path / "store")
    assert results.summary["population"].tolist() == [100, 100, 100]
    assert all(file.is_file() for file in files)


def test_a_level_without_a_point_is_unreached_and_said_so_in_every_file(tmp_path: Path):
    path = write_little_study(tmp_path, points={",E,": ",A,"})
    results, files = run_study(read_study(path), store=tmp_path / "store")
    names = {file.name for file in files}
    assert "surface_E.tif" not in names
    assert {"surface_A.tif", "map.html", "report.xlsx"} <= names
    far = results.summary.set_index("level").loc["E"]
    assert far["unreached"] == far["population"] == 1000
    assert np.isnan(far["worst"])
    assert set(results.bands["level"]) == {"L", "A"}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_language_of_the_study_is_that_of_the_map_and_the_workbook(tmp_path: Path, language: str):
    path = write_little_study(tmp_path, study={'language = "fi"': f'language = "{language}"'})
    run_study(read_study(path), store=tmp_path / "store")
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx", read_only=True)
    assert text("sheet_bands", language) in book.sheetnames
    book.close()
    page = (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}"' in page
    assert say(language, "to_service") in page
    bands = pyogrio.read_info(tmp_path / "out" / "results.gpkg", layer="bands")
    assert bands["layer_metadata"]["DESCRIPTION"] == text("layer_bands", language)


def _bytes_below(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
