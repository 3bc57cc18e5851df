import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.reach.surface import Surface
from palveluverkko.report.geotiff import NODATA, write_surface

BUDGET = 180 * 60_000


def _surface(times):
    return Surface(np.asarray(times, dtype=np.int32), 400_000.0, 7_400_000.0, 100.0, CRS(3067), BUDGET)


@given(hnp.arrays(np.int32, (7, 5), elements=st.one_of(st.integers(0, BUDGET), st.just(UNREACHED))))
@settings(deadline=None, max_examples=25)
def test_what_is_read_back_is_what_was_written_to_the_millisecond(tmp_path_factory, times):
    path = tmp_path_factory.mktemp("surface") / "surface_L.tif"
    write_surface(path, _surface(times))
    with rasterio.open(path) as raster:
        minutes = raster.read(1)
    np.testing.assert_array_equal(minutes == NODATA, times == UNREACHED)
    back = np.where(minutes == NODATA, UNREACHED, np.round(minutes.astype(np.float64) * 60_000))
    np.testing.assert_array_equal(back, times)


def test_the_file_says_where_it_lies_what_it_holds_and_in_which_unit(tmp_path):
    path = tmp_path / "surface_L.tif"
    write_surface(path, _surface([[0, 60_000], [90_000, UNREACHED]]), description="travel time to level L")
    with rasterio.open(path) as raster:
        assert raster.dtypes == ("float32",)
        assert raster.nodata == NODATA
        assert raster.crs.to_epsg() == 3067
        assert raster.transform.to_gdal() == (400_000.0, 100.0, 0.0, 7_400_000.0, 0.0, -100.0)
        assert raster.descriptions == ("travel time to level L",)
        assert raster.units == ("min",)
        assert raster.compression.name == "deflate"
        assert raster.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        np.testing.assert_array_equal(raster.read(1), np.float32([[0, 1], [1.5, NODATA]]))


def test_a_large_surface_is_tiled_and_has_overviews(tmp_path):
    times = np.arange(600 * 700, dtype=np.int32).reshape(600, 700) * 20
    write_surface(tmp_path / "surface.tif", _surface(times))
    with rasterio.open(tmp_path / "surface.tif") as raster:
        assert raster.block_shapes == [(256, 256)]
        assert raster.overviews(1)


def test_what_lies_beyond_the_budget_is_not_reached(tmp_path):
    write_surface(tmp_path / "surface.tif", _surface([[BUDGET, BUDGET + 1]]))
    with rasterio.open(tmp_path / "surface.tif") as raster:
        assert raster.read(1).tolist() == [[180.0, NODATA]]


def test_a_failing_write_leaves_the_old_surface(tmp_path, monkeypatch):
    path = tmp_path / "surface.tif"
    write_surface(path, _surface([[60_000]]))
    old = path.read_bytes()

    def fail(*_arguments, **_options):
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr(rasterio, "open", fail)
    with pytest.raises(OSError, match="disk full"):
        write_surface(path, _surface([[120_000]]))
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
