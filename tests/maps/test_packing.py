"""Rounding to units keeps bands and nearest points exact."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from palveluverkko.domain.travel import UNREACHED, to_milliseconds
from palveluverkko.maps.packing import Parcel, along_places, tie_ranks, to_units, unit_of

TIMES = st.integers(0, 11_000_000) | st.just(UNREACHED) | st.integers(0, 200).map(lambda minutes: minutes * 60_000)
THRESHOLDS = st.lists(st.sampled_from([0.5, 5, 7.5, 10, 12.25, 15, 30, 45, 60, 90, 120, 180]), min_size=1, unique=True)
TABLES = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=TIMES)


@given(TABLES, THRESHOLDS)
def test_a_time_is_within_a_threshold_before_and_after_rounding_alike(times: np.ndarray, minutes: list[float]) -> None:
    unit = unit_of(minutes)
    units, none = to_units(times, unit)
    assert np.array_equal(units == none, times == UNREACHED)
    for each in minutes:
        limit = to_milliseconds(each)
        assert limit % unit == 0
        assert np.array_equal((units <= limit // unit) & (units != none), times <= limit)


@given(TABLES)
def test_units_and_ranks_order_the_points_of_a_place_as_milliseconds_do(times: np.ndarray) -> None:
    units, none = to_units(times, 60_000)
    keys = units.astype(np.int64) * 256 + tie_ranks(times, units)
    for column in range(times.shape[1]):
        for one in range(times.shape[0]):
            for other in range(times.shape[0]):
                expected = np.sign(int(times[one, column]) - int(times[other, column]))
                assert np.sign(keys[one, column] - keys[other, column]) == expected
    assert none == np.iinfo(units.dtype).max


@given(TABLES)
def test_running_sums_undo_the_differences_along_places(times: np.ndarray) -> None:
    units, _ = to_units(times, 60_000)
    packed = along_places(units)
    assert packed.dtype == units.dtype
    assert np.array_equal(np.cumsum(packed, axis=1, dtype=units.dtype), units)


def test_a_parcel_holds_what_was_laid_in() -> None:
    parcel = Parcel()
    parcel.add_json("names", ["Å", "</script>"])
    parcel.add("numbers", np.arange(5, dtype=np.int32))
    whole = zlib.decompress(base64.b64decode(parcel.to_text()))
    names, numbers = parcel.contents["names"], parcel.contents["numbers"]
    assert json.loads(whole[names["start"] :][: names["length"]]) == ["Å", "</script>"]
    assert numbers["kind"] == "i4"
    assert numbers["start"] % 8 == 0
    assert np.frombuffer(whole, "<i4", numbers["length"], numbers["start"]).tolist() == [0, 1, 2, 3, 4]
