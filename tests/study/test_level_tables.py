"""Tables of levels that a run writes beside those by place: centres, points, groupings, single services."""

import json

import pandas as pd
import pyogrio
import pytest
from little_study import write_little_study

from palveluverkko.domain.errors import StudyError
from palveluverkko.study.pipeline import run_study
from palveluverkko.study.study import read_study

KEYS = """\
[centres]
file = "centres.csv"

[[grouping]]
name = "Alue"
file = "regions.geojson"
assign = "centroid"

[[grouping]]
name = "Kunta"
column = "kunta"

[[wanted]]
name = "Saameksi"
languages = ["se"]

[output]
services = true
"""
REGIONS = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"id": "W", "name": "Länsi"}, "geometry": {"type": "Polygon", "coordinates":
[[[25.6, 66.4], [25.73, 66.4], [25.73, 66.6], [25.6, 66.6], [25.6, 66.4]]]}}]}"""


def write(folder, **changes):
    path = write_little_study(
        folder,
        study={"[output]": KEYS, **changes},
        points={
            "open,candidate": "open,candidate,languages",
            "E,25.701,66.501,true,false": "E,25.701,66.501,true,false,se",
        },
    )
    (folder / "centres.csv").write_text("id,name,lon,lat,kunta_code\nR,Rovaniemi,25.72,66.50,698\n", encoding="utf-8")
    (folder / "regions.geojson").write_text(REGIONS, encoding="utf-8")
    text = (folder / "points.csv").read_text(encoding="utf-8").splitlines()
    lines = [line if line.count(",") == 7 else f"{line},fi" for line in text]
    (folder / "points.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("levels")
    results, _ = run_study(read_study(write(folder)), store="none")
    return results, folder / "out" / "results.gpkg"


def test_the_levels_of_centres_and_points_are_tables_of_the_results(run):
    results, path = run
    centre = pyogrio.read_dataframe(path, layer="centre_levels").iloc[0]
    assert (centre["id"], centre["name"], centre["point_E"]) == ("R", "Rovaniemi", "SAIRAALA")
    assert 0 < centre["time_L"] <= centre["time_A"] <= centre["time_E"]
    points = pyogrio.read_dataframe(path, layer="point_levels").set_index("id")
    assert points.loc["SAIRAALA", ["time_L", "time_A", "time_E"]].tolist() == [0, 0, 0]
    assert points.loc["PISTE", "time_L"] == 0 < points.loc["PISTE", "time_A"]
    assert results.level_tables["point_levels"].loc["EHDOKAS", "time_L"] > 0


def test_every_grouping_sums_to_the_same_whole(run):
    people = run[0].level_tables["level_people"]
    whole = people[people["area"] == ""]
    for grouping in ("", "Alue", "Kunta"):
        parts = people[(people["area"] != "") & (people["grouping"] == grouping)]
        for column in ("population", "population_low", "population_high"):
            assert parts.groupby("level")[column].sum().tolist() == whole.groupby("level")[column].sum().tolist()
    assert set(people.loc[people["grouping"] == "Alue", "area"]) == {"W", "–"}


def test_single_services_and_languages_are_measured(run):
    results, path = run
    places = pyogrio.read_dataframe(path, layer="place_services")
    assert set(places["point_saameksi"].dropna()) == {"SAIRAALA"}
    assert "time_laboratorionäytteet" in places
    figures = results.level_tables["service_figures"]
    sami = figures[(figures["service"] == "Saameksi") & (figures["group"] == "population") & (figures["area"] == "")]
    assert sami["population"].tolist() == [1000]
    assert sami["population_low"].tolist() == [1001]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"[levels]": '[[wanted]]\nname = "x"\nservices = ["dialyysi"]\n\n[levels]'}, "'dialyysi', which no menu"),
        ({"[levels]": '[[wanted]]\nname = "Saameksi"\nlevel = "L"\n\n[levels]'}, "are named 'Saameksi'"),
        ({"[levels]": '[[wanted]]\nname = "x"\n\n[levels]'}, "wants nothing"),
        ({"[levels]": '[[grouping]]\nname = "x"\ncolumn = "maakunta"\n\n[levels]'}, "maakunta"),
        ({'file = "places.csv"': 'file = "places.csv"\nsuppressed = [9, 1]'}, "hidden count may be"),
        ({'file = "places.csv"': 'file = "places.csv"\nsupressed = [1, 9]'}, "did you mean 'suppressed'"),
    ],
)
def test_what_a_study_asks_for_in_vain_is_told_before_anything_is_computed(tmp_path, change, problem):
    with pytest.raises(StudyError, match=problem):
        run_study(read_study(write(tmp_path, **change)), store="none")


def test_the_document_of_a_study_names_files_as_it_writes_them(tmp_path):
    document = read_study(write(tmp_path)).to_document()
    assert document["centres"]["file"] == "centres.csv"
    assert [one["file"] for one in document["grouping"]] == ["regions.geojson", None]
    assert pd.Series(document["places"]["suppressed"]).tolist() == [1, 9]


def test_a_study_splits_its_squares_over_a_mask_and_weighs_by_need(tmp_path):
    keys = 'file = "places.geojson"\nmask = "mask.csv"\nmask_weight = "area"\nneed = { age_75_ = 2.5 }'
    areas = {'column = "kunta_code"\nname_column = "kunta"': 'column = "kunta"'}
    path = write_little_study(tmp_path, study={'file = "places.csv"': keys, **areas})
    ring = [[25.69, 66.49], [25.75, 66.49], [25.75, 66.53], [25.69, 66.53], [25.69, 66.49]]
    square = {"type": "Polygon", "coordinates": [ring]}
    properties = {"id": "S", "population": 40, "age_75_": 8, "kunta": "Rovaniemi"}
    feature = {"type": "Feature", "properties": properties, "geometry": square}
    (tmp_path / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (tmp_path / "mask.csv").write_text("id,lon,lat,area\na,25.70,66.50,3\nb,25.74,66.51,1\n", encoding="utf-8")
    study = read_study(path)
    assert study.to_document()["places"]["mask"] == "mask.csv"
    results, _ = run_study(study, store="none")
    frame = results.levels.frame
    assert frame.index.tolist() == ["S:a", "S:b"]
    assert frame["population"].tolist() == [30, 10]
    assert frame["need"].tolist() == [15, 5]
    assert results.summary["population"].tolist() == [40] * 3


def test_a_weight_without_a_mask_is_refused(tmp_path):
    path = write(tmp_path, **{'file = "places.csv"': 'file = "places.csv"\nmask_weight = "area"'})
    with pytest.raises(StudyError, match="mask_weight goes with mask"):
        read_study(path)
