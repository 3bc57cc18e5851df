import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from palveluverkko.domain.errors import TableError
from palveluverkko.report import parquet
from palveluverkko.report.parquet import write_table, write_travel_times


def _times(count, dtype=np.float64):
    minutes = np.arange(count, dtype=dtype) / 8
    minutes[::3] = np.nan
    ids = [f"P{number % 7}" for number in range(count)]
    return pd.DataFrame({"from_id": ids, "to_id": [f"s{number}" for number in range(count)], "travel_time": minutes})


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_travel_times_read_back_as_written(tmp_path, dtype):
    frame = _times(100, dtype)
    write_travel_times(tmp_path / "travel_times.parquet", frame)
    assert_frame_equal(pd.read_parquet(tmp_path / "travel_times.parquet"), frame)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
@settings(deadline=None, max_examples=20)
def test_pieces_make_the_same_table_as_the_whole(tmp_path_factory, sizes):
    path = tmp_path_factory.mktemp("times") / "travel_times.parquet"
    frame = _times(sum(sizes))
    cuts = np.cumsum([0, *sizes])
    write_travel_times(path, (frame.iloc[a:b] for a, b in itertools.pairwise(cuts)))
    assert_frame_equal(pd.read_parquet(path), frame.reset_index(drop=True))


def test_long_tables_are_cut_into_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 30)
    write_travel_times(tmp_path / "travel_times.parquet", _times(100))
    assert pq.ParquetFile(tmp_path / "travel_times.parquet").num_row_groups == 4


def test_the_file_says_that_times_are_minutes(tmp_path):
    write_travel_times(tmp_path / "travel_times.parquet", _times(3))
    assert pq.read_schema(tmp_path / "travel_times.parquet").field("travel_time").metadata[b"unit"] == b"minutes"


def test_a_piece_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "travel_times.parquet"
    write_travel_times(path, _times(5))
    old = path.read_bytes()

    def pieces():
        yield _times(10)
        yield _times(10).drop(columns="to_id")

    with pytest.raises(TableError, match="no column 'to_id'"):
        write_travel_times(path, pieces())
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_no_pieces_at_all_is_an_error(tmp_path):
    with pytest.raises(TableError, match="would be empty"):
        write_travel_times(tmp_path / "travel_times.parquet", [])


def test_tables_with_and_without_geometry_read_back_as_written(tmp_path, study):
    write_table(tmp_path / "bands.parquet", study.bands)
    assert_geodataframe_equal(gpd.read_parquet(tmp_path / "bands.parquet"), study.bands)
    write_table(tmp_path / "levels.parquet", study.levels)
    assert_frame_equal(pd.read_parquet(tmp_path / "levels.parquet"), study.levels)
