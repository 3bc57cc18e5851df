"""Layers that a study asks for in its output section."""

import geopandas
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from little_study import POINTS, write_little_study

from palveluverkko.domain.errors import StudyError
from palveluverkko.reach.grids import grid_places
from palveluverkko.study.pipeline import run_study
from palveluverkko.study.study import read_study

ASKED = "[output]\nroads = true\ncatchments = true\nnearest = 2\nreferral = true\ngrids = ['1km', 'h3-8']"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("further")
    study = read_study(write_little_study(folder, study={"[output]": ASKED}))
    results, _ = run_study(study, store="none")
    return results, folder / "out" / "results.gpkg"


def test_what_is_not_asked_for_is_not_written(tmp_path):
    results, _ = run_study(read_study(write_little_study(tmp_path)), store="none")
    assert list(results.further) == ["area_changes"]
    assert results.referral is None
    assert not (tmp_path / "out" / "referral.parquet").exists()
    assert "road_kilometres" not in {name for name, _ in pyogrio.list_layers(tmp_path / "out" / "results.gpkg")}


def test_the_roads_of_every_level_are_a_layer_with_a_style(run):
    results, path = run
    roads = geopandas.read_file(path, layer="roads")
    assert roads.crs == results.inputs.network.crs
    assert roads["level"].unique().tolist() == ["L", "A", "E"]
    assert set(roads.loc[roads["level"] == "E", "point"]) == {"SAIRAALA"}
    assert roads["band"].isin([1, 2, 5, 10]).all()
    styled = pyogrio.read_dataframe(path, sql="SELECT f_table_name FROM layer_styles")
    assert "roads" in set(styled["f_table_name"])


def test_nearer_levels_reach_more_road_within_every_threshold(run):
    _, path = run
    table = pyogrio.read_dataframe(path, layer="road_kilometres")
    whole = table.groupby("level")["kilometres"].sum()
    assert whole.max() - whole.min() < 1e-6
    within = pd.DataFrame(
        {
            code: own.set_index("band")["kilometres"].reindex([1, 2, 5, 10], fill_value=0).cumsum()
            for code, own in table[table["band"].notna()].groupby("level")
        }
    )
    assert (within["L"] >= within["A"] - 1e-9).all()
    assert (within["A"] >= within["E"] - 1e-9).all()
    assert within["L"].max() > 0


def test_the_catchments_of_a_level_share_out_its_people(run):
    results, path = run
    drawn = geopandas.read_file(path, layer="catchments")
    summary = results.levels.frame
    for code in "LAE":
        own = drawn[drawn["level"] == code].set_index("point")
        for point, people in own["population"].items():
            here = summary[f"point_{code}"] == point
            assert people == summary.loc[here, "population"].clip(lower=0).sum()
    assert drawn.loc[drawn["level"] == "L", "name"].tolist() == ["Terveysasema", "Lähipiste", "Sairaala"]
    assert drawn.geometry.is_valid.all()


def test_the_nearest_points_of_every_place_begin_with_the_one_that_serves_it(run):
    results, path = run
    found = pyogrio.read_dataframe(path, layer="nearest")
    assert list(found) == ["level", "place_id", "rank", "point", "name", "travel_time"]
    assert "EHDOKAS" not in set(found["point"])
    first = found[found["rank"] == 1].set_index(["level", "place_id"])
    for code in "LAE":
        served = results.levels.frame
        reached = served[served[f"time_{code}"].notna()]
        assert first.loc[code]["point"].to_dict() == reached[f"point_{code}"].to_dict()
        assert first.loc[code]["travel_time"].to_dict() == reached[f"time_{code}"].to_dict()


@pytest.mark.parametrize("name", ["grid_1km", "grid_h3_8"])
def test_grids_are_layers_and_csv_files_with_the_same_times(run, name):
    results, path = run
    layer = geopandas.read_file(path, layer=name).set_index("id")
    table = pd.read_csv(path.parent / f"{name}.csv", index_col="id")
    assert layer["time_L"].notna().any()
    of_levels = [f"{what}_{code}" for code in "LAE" for what in ("time", "band", "point", "served_by")]
    assert list(table) == [*of_levels, "service_class", "class_code"]
    pd.testing.assert_frame_equal(table, pd.DataFrame(layer.drop(columns="geometry")), check_dtype=False)
    pd.testing.assert_series_equal(layer["time_E"], results.further[name]["time_E"], check_index_type=False)
    styled = pyogrio.read_dataframe(path, sql="SELECT f_table_name FROM layer_styles")
    assert name in set(styled["f_table_name"])


def test_with_areas_the_grid_covers_them_also_where_no_road_is(tmp_path):
    area = geopandas.GeoDataFrame(
        {"name": ["Kaikki"]},
        index=pd.Index(["1"], name="id"),
        geometry=[shapely.box(25.68, 66.48, 25.80, 66.56)],
        crs=4326,
    )
    area.to_file(tmp_path / "area.gpkg")
    asked = {
        "[output]": "[output]\ngrids = ['1km']",
        'column = "kunta_code"\nname_column = "kunta"': 'file = "area.gpkg"',
    }
    results, _ = run_study(read_study(write_little_study(tmp_path, study=asked)), store="none")
    cells = results.further["grid_1km"]
    assert len(cells) == len(grid_places("1km", area))
    assert cells["time_L"].isna().any()


def test_an_unknown_grid_is_an_error_of_the_study_file(tmp_path):
    path = write_little_study(tmp_path, study={"[output]": "[output]\ngrids = ['2km']"})
    with pytest.raises(StudyError, match="the grid '2km' is not known"):
        read_study(path)
    path = write_little_study(tmp_path, study={"[output]": "[output]\ngrids = ['1km', '1km']"})
    with pytest.raises(StudyError, match="the grid 1km is given twice"):
        read_study(path)


def test_scenarios_points_and_common_areas_are_layers_with_styles(tmp_path):
    asked = (
        "[output]\npoint_bands = true\ncommon_bands = ['SAIRAALA', 'ASEMA']\nsmallest_km2 = 0.05\nsmooth_metres = 50"
    )
    study = read_study(write_little_study(tmp_path, study={"[output]": asked}))
    results, _ = run_study(study, store="none")
    path = tmp_path / "out" / "results.gpkg"
    changes = geopandas.read_file(path, layer="area_changes")
    assert set(changes["change"]) <= {"gained", "lost"}
    assert (changes["square_kilometres"] > 0).all()
    assert set(changes["scenario"]) <= {one.name for one in study.scenarios}
    each = geopandas.read_file(path, layer="point_bands")
    assert set(each["point"]) == {"ASEMA", "PISTE", "SAIRAALA"}
    common = geopandas.read_file(path, layer="common_bands")
    assert 0 < common.area.sum() < each[each["point"] == "ASEMA"].area.sum()
    styled = pyogrio.read_dataframe(path, sql="SELECT f_table_name FROM layer_styles")
    assert {"area_changes", "point_bands", "common_bands"} <= set(styled["f_table_name"])
    assert (results.sizes["road_kilometres_within"] > 0).all()
    nearest = results.sizes[results.sizes["level"] == "L"]
    assert nearest["square_kilometres"].sum() == pytest.approx(nearest["square_kilometres_within"].max())


def test_a_common_area_of_a_point_that_is_not_there_is_refused(tmp_path):
    study = read_study(write_little_study(tmp_path, study={"[output]": "[output]\ncommon_bands = ['NOBODY']"}))
    with pytest.raises(StudyError, match=r"\[output\] common_bands names 'NOBODY'"):
        run_study(study, store="none")


def test_referral_chains_are_a_table_of_places_and_a_sheet(run):
    results, path = run
    chains = pd.read_parquet(path.with_name("referral.parquet"))
    pd.testing.assert_frame_equal(chains, results.referral.to_frame())
    known = chains["extra_E"].notna()
    assert known.any()
    assert (chains.loc[known, "chain_time_E"] - chains.loc[known, "straight_time_E"]).tolist() == pytest.approx(
        chains.loc[known, "extra_E"].tolist()
    )
    sheet = openpyxl.load_workbook(path.with_name("report.xlsx"))["Lähetepolut"]
    areas = results.referral.by_area("kunta_code", name_column="kunta")
    assert [row[2] for row in sheet.iter_rows(min_row=5, values_only=True)] == pytest.approx(
        areas["chain_mean"].tolist(), nan_ok=True
    )


def test_capacity_and_need_are_sheets_and_columns(tmp_path):
    asked = '[equity]\nneed = "age_75_"\n\n[capacity]\nmethod = "2sfca"\nminutes = 10\ncolumn = "doctors"\n\n[output]'
    head, *rows = POINTS.strip().splitlines()
    written = "\n".join([f"{head},doctors", *(f"{row},{number}" for number, row in enumerate(rows, 1))])
    path = write_little_study(tmp_path, study={"[output]": asked}, points={POINTS.strip(): written})
    results, _ = run_study(read_study(path), store="none")
    by_place, by_area = results.capacity
    levels = pd.read_parquet(tmp_path / "out" / "levels.parquet")
    assert levels["capacity_L"].tolist() == by_place["capacity_L"].tolist()
    assert (levels["capacity_L"] > 0).any()
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx")
    shown = [row[2] for row in book["Kapasiteetti"].iter_rows(min_row=5, values_only=True)]
    assert shown == pytest.approx(by_area["capacity_L"].tolist())
    titles = [cell.value for cell in book["Jakautuminen"][4]]
    assert "Keskittymisindeksi" in titles


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ('[equity]\nneed = "age_75"', r"\[equity\] names the column 'age_75'.*'age_75_'"),
        ("[capacity]\nminutes = 10", r"\[capacity\] needs a number .*; 3 lack it \('SAIRAALA'"),
        ('[capacity]\nminutes = 10\ncolumn = "beds"', r"\[capacity\] names the column 'beds'"),
        ("[capacity]\nminutes = 99", r"\[capacity\] has minutes = 99, but travel times end at 10"),
        ('[capacity]\nminutes = 10\ngroup = "men"', r"\[capacity\] counts the column 'men'"),
    ],
)
def test_what_the_tables_do_not_have_is_told_before_anything_is_computed(tmp_path, asked, message):
    path = write_little_study(tmp_path, study={"[output]": f"{asked}\n\n[output]"})
    with pytest.raises(StudyError, match=message):
        run_study(read_study(path), store="none")
