"""Tidy tables sum to the people, and polygons carry the figures of their areas."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from palveluverkko.report.figures import mean_by_area
from palveluverkko.report.tidy import areas_with_figures, people_long, write_tidy


def test_every_group_of_every_area_and_level_sums_to_its_people(study):
    long = people_long(study.people)
    sums = long.groupby(["area", "level", "group"])["people"].sum()
    for (area, _, group), people in sums.items():
        members = study.levels if area == "" else study.levels[study.levels["kunta_code"] == area]
        assert people == members[group].clip(lower=0).sum()
    assert len(long) == len(study.people) * 2
    assert set(long["group"]) == {"population", "age_75_"}


def test_bounds_of_a_group_are_columns_and_no_groups_of_their_own(study):
    bounded = study.people.assign(population_low=study.people["population"], population_high=1e6)
    long = people_long(bounded)
    assert set(long["group"]) == {"population", "age_75_"}
    own = long[long["group"] == "population"]
    assert (own["low"] == own["people"]).all()
    assert (own["high"] == 1e6).all()
    assert long.loc[long["group"] == "age_75_", "high"].isna().all()


def test_what_is_written_is_what_is_read(tmp_path, study):
    write_tidy(tmp_path, people=study.people, levels=study.levels)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "people.parquet"), people_long(study.people))
    levels = pd.read_parquet(tmp_path / "levels.parquet")
    assert levels.index.name == "place_id"
    assert levels["population"].tolist() == study.levels["population"].tolist()


def test_polygons_carry_the_figures_of_their_area_and_empty_ones_none(study, scheme):
    areas = gpd.GeoDataFrame(
        {"name": ["Posio", "Kemijärvi", "Nobody"]},
        index=pd.Index(["614", "320", "999"], name="id"),
        geometry=[shapely.box(x, 0, x + 1, 1) for x in range(3)],
        crs=3067,
    )
    means = mean_by_area(study.levels, scheme=scheme, area_column="kunta_code")
    drawn = areas_with_figures(areas, study.people, means, scheme=scheme)
    assert drawn.crs == areas.crs
    posio = drawn.loc["614"]
    own = study.levels[study.levels["kunta_code"] == "614"]
    heads = own["population"].clip(lower=0)
    assert posio["population"] == heads.sum()
    for code in scheme.codes:
        for limit in study.minutes:
            assert posio[f"within_{limit:g}_{code}"] == pytest.approx(
                heads[own[f"time_{code}"] <= limit].sum() / heads.sum()
            )
    assert drawn.loc["999", "population"] == 0
    assert np.isnan(drawn.loc["999", "mean_L"])
    assert np.isnan(drawn.loc["999", "within_15_L"])
