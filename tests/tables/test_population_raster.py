"""Population rasters: every cell with people becomes a place, and sums stay."""

import math

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.places import read_places

CORNER = Affine(100, 0, 385_000, 0, -100, 6_676_000)


def write(path, values, *, crs="EPSG:3067", nodata=-9999.0, transform=CORNER, kind="float32"):
    values = np.atleast_3d(np.asarray(values, dtype=kind).T).T
    bands, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=bands, dtype=kind, crs=crs, nodata=nodata,
        transform=transform,
    ) as raster:  # fmt: skip
        raster.write(values)
    return path


def test_cells_with_people_are_squares_with_their_people(tmp_path):
    places = read_places(write(tmp_path / "people.tif", [[0, 2.5], [-9999, 4]]))
    assert places.index.tolist() == ["R0C1", "R1C1"]
    assert places["population"].tolist() == [2.5, 4]
    assert places.geometry.iloc[0].bounds == (385_100, 6_675_900, 385_200, 6_676_000)
    assert places.crs == "EPSG:3067"


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 1e4, width=32), min_size=1, max_size=12).filter(any), st.integers(1, 11))
def test_people_of_any_two_parts_sum_to_the_whole(tmp_path_factory, values, cut):
    path = write(tmp_path_factory.mktemp("raster") / "people.tif", [values])
    people = read_places(path)["population"].to_numpy()
    assert people[:cut].sum() + people[cut:].sum() == people.sum() == math.fsum(people)
    assert abs(people.sum() - math.fsum(np.float32(values))) <= len(values) * 2.0**-21


@pytest.mark.parametrize(
    ("options", "values", "problem"),
    [
        ({"nodata": None}, [[1.0]], "names no nodata"),
        ({"crs": "EPSG:4326", "transform": Affine(0.01, 0, 25, 0, -0.01, 66)}, [[1.0]], "is in degrees"),
        ({"crs": None}, [[1.0]], "has no CRS"),
        ({"transform": Affine(80, 20, 385_000, 20, -80, 6_676_000)}, [[1.0]], "is rotated"),
        ({}, [[-1.0, 2.0]], r"-1 people in the cell of row 0, column 0"),
        ({}, [[float("inf")]], "inf people"),
        ({}, [[0.0, -9999.0]], "holds nobody"),
        ({}, [[[1.0]], [[1.0]]], "2 bands"),
    ],
)
def test_what_is_no_raster_of_people_is_refused(tmp_path, options, values, problem):
    path = write(tmp_path / "people.tif", values, **options)
    with pytest.raises(TableError, match=problem):
        read_places(path)


def test_a_raster_in_another_crs_than_stated_and_a_file_that_is_none_are_refused(tmp_path):
    with pytest.raises(TableError, match="crs says EPSG:3879"):
        read_places(write(tmp_path / "people.tif", [[1.0]]), crs="EPSG:3879")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(TableError, match="cannot be read as a raster"):
        read_places(tmp_path / "text.tif")
