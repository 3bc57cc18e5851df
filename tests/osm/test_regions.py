"""Parts of Finland by name, and boxes."""

from __future__ import annotations

import geopandas
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.domain.errors import StudyError
from palveluverkko.osm.regions import Box, find_region, finnish_regions, near_regions, slug


@pytest.mark.parametrize(
    "name",
    ["lappi", "Lappland", "LAPLAND", "Lapin hyvinvointialue", "lapplands välfärdsområde", " lapplands valfardsomrade"],
)
def test_a_region_is_found_by_any_of_its_names(name):
    assert find_region(name).name == "Lappi"


def test_nineteen_regions_and_the_four_counties_of_uusimaa_have_distinct_names():
    assert len(finnish_regions()) == 19 + 4
    names = [slug(name) for region in finnish_regions() for name in set(map(slug, region.names))]
    assert len(set(names)) == len(names)


def test_what_is_no_region_is_none_and_near_names_are_told():
    assert find_region("Ivalo") is None
    assert find_region("") is None
    assert near_regions("lapi") == "Regions with a near name: Lappi. "
    assert near_regions("xyz") == ""


@pytest.mark.parametrize("kind", ["maakunta_name_fi", "hyvinvointialue_name_fi"])
def test_the_boxes_hold_every_municipality_of_their_region_and_are_no_larger(shared_data, kind):
    folder = shared_data / "finland"
    codes = {"NATCODE": str}
    municipalities = geopandas.read_file(folder / "municipalities_2021.gpkg").to_crs(4326).astype(codes)
    centres = pd.read_csv(folder / "municipal_centres.csv", dtype=str).rename(columns={"code": "NATCODE"})
    joined = municipalities.merge(centres[["NATCODE", kind]], on="NATCODE")
    checked = 0
    for name, some in joined.groupby(kind):
        region = find_region(name)
        if region is None:
            assert name == "Helsingin kaupunki"
            continue
        checked += 1
        west, south, east, north = some.total_bounds
        box = region.box
        assert (box.west <= west, box.south <= south, box.east >= east, box.north >= north) == (True,) * 4, name
        # Two municipalities of the polygons are not among the centres: Pertunmaa and Tuusula.
        if region.name not in {"Etelä-Savo", "Uusimaa", "Keski-Uusimaa"}:
            assert (box.west, box.south, box.east, box.north) == pytest.approx((west, south, east, north), abs=0.0101)
    assert checked == {"maakunta_name_fi": 19, "hyvinvointialue_name_fi": 22}[kind]


@pytest.mark.parametrize("text", ["Posio", "1,2,3", "1,2,3,4,5", "", "a,b,c,d"])
def test_what_is_not_four_numbers_is_no_box(text):
    assert Box.parse(text) is None


@pytest.mark.parametrize(
    "text", ["26,65,24,66", "24,66,26,65", "24,65,24,66", "24,65,26,91", "nan,65,26,66", "-181,0,1,1"]
)
def test_a_box_whose_sides_are_out_of_order_is_refused(text):
    with pytest.raises(StudyError, match=r"is no box; give west,south,east,north"):
        Box.parse(text)


@given(
    west=st.floats(-179, 178),
    south=st.floats(-85, 84),
    wide=st.floats(0.01, 1),
    high=st.floats(0.01, 1),
    metres=st.floats(1, 50_000),
)
def test_a_wider_box_holds_the_box_with_the_margin_on_each_side(west, south, wide, high, metres):
    box = Box(west, south, west + wide, south + high)
    wider = box.widened(metres)
    assert wider.west < box.west < box.east < wider.east
    assert wider.south == pytest.approx(box.south - metres / 111_320, abs=1e-9)
    assert wider.north == pytest.approx(box.north + metres / 111_320, abs=1e-9)
    assert wider.square_kilometres > box.square_kilometres


def test_a_degree_at_the_equator_is_as_large_as_it_is():
    assert Box(0, -0.5, 1, 0.5).square_kilometres == pytest.approx(111.32**2)
    assert Box(0, 59.5, 1, 60.5).square_kilometres == pytest.approx(111.32**2 / 2)
