"""Streamed travel times: the rows of the table in memory, in its order, whatever the blocks; whole or not at all."""

import csv
import io
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lattice import write_lattice
from streets import jittered_lattice, network_of, points_at, roads, spot_xy, street_plans

from palveluverkko.domain.errors import PalveluverkkoError, StudyError
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.network.store import NO_STORE, read_network
from palveluverkko.reach import stream
from palveluverkko.reach.stream import write_travel_times
from palveluverkko.reach.table import travel_times

SPOTS = jittered_lattice(9)


def streets_and_spots(plan):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    # One stands where no road is.
    xy = [*spots, (9000.0, 9000.0)]
    return network, points_at(network, spot_xy(network, spots[:3])), points_at(network, spot_xy(network, xy))


def no_leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def town(tmp_path_factory):
    network = read_network(write_lattice(tmp_path_factory.mktemp("town") / "town.osm.pbf", 12), store=NO_STORE)
    points = points_at(network, np.column_stack((network.junction_x, network.junction_y)))
    return network, points.iloc[:30], points


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@settings(deadline=None, max_examples=15)
@given(
    street_plans(),
    st.sampled_from(list(Direction)),
    st.sampled_from(["buckets", "sweep"]),
    st.integers(1, 2),
    st.integers(1, 40),
)
def test_the_rows_are_those_of_the_table_in_memory(tmp_path_factory, suffix, plan, direction, method, threads, group):
    network, points, places = streets_and_spots(plan)
    path = tmp_path_factory.mktemp("streamed") / f"times{suffix}"
    table = travel_times(network, points, places, budget_minutes=2, direction=direction)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream._Parquet, "trips_per_group", group)
        patch.setattr(stream._Csv, "trips_per_group", group)
        patch.setattr(stream, "LANES", 1)
        patch.setattr(stream, "_BLOCK_BYTES", 1)
        written = write_travel_times(
            network, points, places, path, budget_minutes=2, direction=direction, method=method, threads=threads
        )
    expected = table.to_frame()
    if suffix == ".csv":
        assert path.read_text(encoding="utf-8") == expected.to_csv(index=False, float_format="%.5f")
    else:
        found = pq.read_table(path)
        assert found.column_names == list(expected.columns)
        assert found["from_id"].to_pylist() == expected["from_id"].tolist()
        assert found["to_id"].to_pylist() == expected["to_id"].tolist()
        minutes = found["travel_time"].to_numpy()
        np.testing.assert_array_equal(minutes, expected["travel_time"].to_numpy().astype(np.float32))
        reached = ~np.isnan(minutes)
        exact = table.milliseconds.ravel()[reached]
        np.testing.assert_array_equal(np.rint(minutes[reached].astype(np.float64) * 60_000), exact)
    pd.testing.assert_frame_equal(written.findings, table.findings())
    assert (written.points, written.places, written.plan.method) == (len(points), len(places), method)


@given(st.integers(0, stream.LONGEST_FLOAT32_MINUTES * 60_000 - 1))
def test_float32_minutes_give_the_milliseconds_back(milliseconds):
    minutes = stream._to_minutes(np.asarray([milliseconds], dtype=np.int32), np.dtype(np.float32))
    assert round(float(minutes[0]) * 60_000) == milliseconds


@given(st.integers(0, UNREACHED - 1))
def test_decimals_are_those_of_the_float(milliseconds):
    decimals = stream._to_decimals(pa, np.asarray([milliseconds, UNREACHED], dtype=np.int32))
    assert decimals.cast(pa.string()).to_pylist() == [f"{milliseconds / 60_000:.5f}", None]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1)))
def test_ids_are_quoted_as_csv_reads_them(ids):
    text = "".join(f"{one},1\n" for one in stream._quoted(ids))
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ids


def test_ids_stand_in_dictionaries_and_the_column_says_its_unit(town, tmp_path):
    network, points, places = town
    write_travel_times(network, points, places, tmp_path / "times.parquet", budget_minutes=1)
    schema = pq.read_schema(tmp_path / "times.parquet")
    assert pa.types.is_dictionary(schema.field("from_id").type)
    assert schema.field("travel_time").type == pa.float32()
    assert schema.field("travel_time").metadata[b"unit"] == b"minutes"


def test_longer_budgets_are_float64(town, tmp_path):
    network, points, places = town
    write_travel_times(network, points, places, tmp_path / "times.parquet", budget_minutes=256)
    assert pq.read_schema(tmp_path / "times.parquet").field("travel_time").type == pa.float64()


def test_the_table_is_never_in_memory(town, tmp_path, monkeypatch):
    network, _, places = town
    many = places.iloc[np.tile(np.arange(len(places)), 150)].reset_index(drop=True)
    monkeypatch.setattr(stream._Parquet, "trips_per_group", 20_000)
    monkeypatch.setattr(stream, "LANES", 1)
    monkeypatch.setattr(stream, "_BLOCK_BYTES", 1)
    tracemalloc.start()

    def begin(_streamed):
        tracemalloc.reset_peak()

    before = tracemalloc.get_traced_memory()[0]
    rows = places.set_axis([f"row {at}" for at in range(len(places))])
    write_travel_times(network, rows, many, tmp_path / "times.parquet", threads=1, announce=begin)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < len(rows) * len(many) * 4 * 0.8


def test_what_will_be_done_is_said_before_it_is_done(town, tmp_path):
    network, points, places = town
    heard = []
    written = write_travel_times(
        network,
        points,
        places,
        tmp_path / "times.csv",
        announce=heard.append,
        progress=lambda done, total: heard.append((done, total)),
    )
    assert heard[0] is written
    assert heard[1] == (0, 30)
    assert heard[-1] == (30, 30)
    assert str(written).startswith(f"30 × {len(places)} trips; at most ")
    assert written.plan.reason in str(written)
    assert 0.5 < (tmp_path / "times.csv").stat().st_size / written.file_bytes < 2
    assert written.peak_bytes > 0


def test_an_interrupt_leaves_the_earlier_file_and_nothing_else(town, tmp_path, monkeypatch):
    network, points, places = town
    monkeypatch.setattr(stream, "LANES", 1)
    monkeypatch.setattr(stream, "_BLOCK_BYTES", 1)
    (tmp_path / "times.parquet").write_text("earlier")

    def stop(done, _total):
        if done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_travel_times(network, points, places, tmp_path / "times.parquet", progress=stop)
    assert (tmp_path / "times.parquet").read_text() == "earlier"
    assert no_leftovers(tmp_path)


def test_an_error_while_writing_reaches_the_caller(town, tmp_path, monkeypatch):
    network, points, places = town

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stream._Csv, "write", full)
    with pytest.raises(PalveluverkkoError, match=r"times\.csv cannot be written: No space left on device"):
        write_travel_times(network, points, places, tmp_path / "times.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_file_is_named_before_anything_is_searched(town, tmp_path):
    network, points, places = town
    (tmp_path / "times.csv").mkdir()
    with pytest.raises(PalveluverkkoError, match=r"times\.csv cannot be written: it is a folder"):
        write_travel_times(network, points, places, tmp_path / "times.csv", announce=pytest.fail)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "magic"}, "method 'magic' is not known; use one of: auto, buckets, sweep"),
        ({"threads": -1}, "threads is -1"),
        ({"threads": 1.5}, "threads is 1.5"),
        ({"budget_minutes": float("nan")}, "minutes are nan"),
        ({"method": "sweep", "budget_minutes": 300}, "method sweep is exact up to 279 minutes, and 300 are asked for"),
        ({"direction": "sideways"}, "sideways"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(town, tmp_path, options, said):
    network, points, places = town
    with pytest.raises(StudyError, match=said):
        write_travel_times(network, points, places, tmp_path / "times.csv", **options)
    with pytest.raises(StudyError, match=said):
        travel_times(network, points, places, **options)


def test_another_ending_is_refused(town, tmp_path):
    network, points, places = town
    with pytest.raises(StudyError, match=r"does not end in \.parquet or \.csv"):
        write_travel_times(network, points, places, tmp_path / "times.xlsx")
