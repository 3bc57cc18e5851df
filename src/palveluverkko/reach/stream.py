"""Travel times too many for memory: searched block by block, and written while the next block is searched."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import PalveluverkkoError, StudyError
from palveluverkko.domain.files import replacing
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.plan import LANES
from palveluverkko.engine.threads import available
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.table import Sides, check_search

SUFFIXES = (".parquet", ".csv")
"""Endings of a file of travel times."""

LONGEST_FLOAT32_MINUTES = 256
"""Below this float32 steps by less than a millisecond: ``round(travel_time * 60_000)`` gives the exact one back."""

# Each group of rows has its own dictionary of ids: 1.2 million trips in a group take 100 ns of processor time each, 4.8
# million 60 ns, and 9.6 million no less (300,000 places).
_TRIPS_PER_GROUP = 5_000_000
_TRIPS_PER_TEXT = 1_000_000
_PAGE_BYTES = 8 << 20
_BLOCK_BYTES = 48_000_000

# Bytes: three columns of a group and what the writer makes of them; a line of text, joined from its parts.
_GROUP_BYTES, _TEXT_BYTES = 32, 120
# Bytes for a point on either side, its id, positions and anchors among them; for a straight piece of road in the tree
# that points are snapped with, and while it is built; of Python and its packages once they are all at work.
_POINT_BYTES, _SEGMENT_BYTES, _BUILDING_BYTES, _FIXED_BYTES = 600, 13, 35, 180_000_000
# Bytes of a trip on disk: a travel time, and its share of two columns of ids.
_PARQUET_TRIP = 4.2


@dataclass(frozen=True)
class StreamedTimes:
    """How travel times are written to a file, known before the first is searched.

    Attributes
    ----------
    points, places
        How many there are of each; every pair is a trip.
    plan
        How they are searched, and why so.
    peak_bytes
        Memory that the work takes at most beyond the network.
    file_bytes
        About how large the file becomes.
    findings
        Points and places that are off the network or cut off from it.
    """

    points: int
    places: int
    plan: search.Plan
    peak_bytes: int
    file_bytes: int
    findings: pd.DataFrame = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Say it in a line."""
        threads = f"{self.plan.threads} thread" + "s" * (self.plan.threads > 1)
        return (
            f"{self.points:,} × {self.places:,} trips; at most {_gigabytes(self.peak_bytes)} of memory, about "
            f"{_gigabytes(self.file_bytes)} on disk; {self.plan.method} on {threads}: {self.plan.reason}"
        )


def write_travel_times(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    path: str | Path,
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    method: str = "auto",
    threads: int = 0,
    announce: Callable[[StreamedTimes], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> StreamedTimes:
    """Write the travel time between every service point and every place to a file, without holding them in memory.

    The file has the rows of ``travel_times(...).to_frame()``, in the same order: ``from_id``, ``to_id`` and
    ``travel_time`` in minutes. It takes the place of an older one when it is whole.

    Parameters
    ----------
    network, points, places, budget_minutes, direction, method, threads
        As for :func:`palveluverkko.reach.table.travel_times`. Each point costs a search: let the shorter table be the
        points.
    path
        ``.parquet``: ids dictionary-encoded, times float32 (float64 for budgets of 256 minutes and more), NaN when not
        reached. ``.csv``: five decimals, empty when not reached.
    announce
        Called with what will be done before it is.
    progress
        Called with (done, total) points.

    Raises
    ------
    StudyError
        The ending of the path, the method, the number of threads or the budget cannot be used.
    TableError
        A service point cannot belong to this road network.
    PalveluverkkoError
        The file cannot be written.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise StudyError(f"{path} does not end in {' or '.join(SUFFIXES)}; the ending chooses the format.")
    direction, budget = Direction.parse(direction), to_milliseconds(budget_minutes)
    check_search(method, threads, budget)
    with replacing(path) as beside:
        sides = Sides.of(network, points, places, direction)
        # Work for every thread, and no more than that where rows are long: two blocks are in memory at a time.
        fitting = max(LANES * (threads or available()), _BLOCK_BYTES // (4 * max(1, len(places))))
        block = max(1, min(len(points), fitting))
        plan, blocks = search.time_table_blocks(
            network.roads,
            starts=sides.starts,
            ends=sides.ends,
            budget=budget,
            search_from=sides.searched,
            method=method,
            threads=threads,
            block=block,
        )
        streamed = _foresee(network, sides, plan, path.suffix)
        (announce or (lambda _streamed: None))(streamed)
        kind = np.float32 if budget < LONGEST_FLOAT32_MINUTES * MILLISECONDS_PER_MINUTE else np.float64
        make = _Csv if path.suffix == ".csv" else _Parquet
        with _write_errors(path), make(beside, sides, np.dtype(kind)) as writer:
            _write(writer, blocks, progress or (lambda _done, _total: None), len(points))
    return streamed


def _foresee(network: RoadNetwork, sides: Sides, plan: search.Plan, suffix: str) -> StreamedTimes:
    """State the memory and the disk that the work will take."""
    points, places = len(sides.snapped_points.ids), len(sides.snapped_places.ids)
    trips = points * places
    if suffix == ".csv":
        group = _TEXT_BYTES * min(trips, max(_TRIPS_PER_TEXT, places))
        on_disk = trips * (10.0 + sum(_mean_length(one.ids) for one in (sides.snapped_points, sides.snapped_places)))
    else:
        group = _GROUP_BYTES * min(trips, max(_TRIPS_PER_GROUP, places))
        on_disk = trips * _PARQUET_TRIP
    # The plan counts the block that is written while the next is searched; snapping is over before both.
    searching = plan.peak_bytes + group + _SEGMENT_BYTES * network.edges.vertex_x.size
    snapping = _BUILDING_BYTES * network.edges.vertex_x.size
    peak = _FIXED_BYTES + _POINT_BYTES * (points + places) + max(searching, snapping)
    findings = sides.findings()
    return StreamedTimes(points, places, plan, int(peak), int(on_disk) + 10_000, findings)


def _mean_length(ids: pd.Index) -> float:
    few = [len(str(one)) for one in ids[:: max(1, len(ids) // 1000)]]
    return sum(few) / max(1, len(few))


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{max(1, round(size / 1e6)):,} MB"  # noqa: PLR2004


class _Writer(Protocol):
    trips_per_group: int

    def write(self, first: int, times: NDArray[np.int32]) -> None:
        """Write the trips of some points, from the one at position ``first`` on."""


def _write(
    writer: _Writer,
    blocks: Iterator[tuple[slice, NDArray[np.int32]]],
    progress: Callable[[int, int], None],
    total: int,
) -> None:
    """Write one block, group by group in another thread, while the next is searched."""
    waiting: list[Future[None]] = []
    progress(0, total)
    with ThreadPoolExecutor(1, thread_name_prefix="palveluverkko-writer") as pool:
        try:
            for rows, block in blocks:
                for one in waiting:
                    one.result()
                progress(rows.start, total)
                step = max(1, writer.trips_per_group // max(1, block.shape[1]))
                waiting = [
                    pool.submit(writer.write, rows.start + first, block[first : first + step])
                    for first in range(0, len(block), step)
                ]
            for one in waiting:
                one.result()
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
    progress(total, total)


class _Parquet:
    """Writes Parquet, a group of rows for a few million trips."""

    trips_per_group = _TRIPS_PER_GROUP

    def __init__(self, path: Path, sides: Sides, kind: np.dtype[Any]) -> None:
        """Open the file."""
        import pyarrow as pa  # noqa: PLC0415  # 0.2 s
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._arrow, self._kind, self._towards = pa, kind, sides.towards
        self._ids = tuple(pa.array(one.ids.to_numpy()) for one in (sides.snapped_points, sides.snapped_places))
        columns = dict(zip(("point", "place"), (pa.dictionary(pa.int32(), one.type) for one in self._ids), strict=True))
        note = {"unit": "minutes", "NaN": "not reached within the budget"}
        self._schema = pa.schema(
            [
                pa.field("from_id", columns["place" if self._towards else "point"]),
                pa.field("to_id", columns["point" if self._towards else "place"]),
                pa.field("travel_time", pa.from_numpy_dtype(kind), metadata=note),
            ]
        )
        # The column of places repeats itself every row of the table: level 3 of zstd looks back far enough to see it,
        # in pages that are large enough (0.6 bytes a trip; 2.3 in the pages of 20,000 values that pyarrow 23 makes).
        whole_pages = {"max_rows_per_page": 1 << 30} if int(pa.__version__.split(".")[0]) >= 23 else {}  # noqa: PLR2004
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=["from_id", "to_id"],
            dictionary_pagesize_limit=1 << 30,
            data_page_size=_PAGE_BYTES,
            # The lowest and highest id of a group help nobody, and take longer to find than all else.
            write_statistics=["travel_time"],
            **whole_pages,
        )

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the file."""
        self._writer.close()

    def write(self, first: int, times: NDArray[np.int32]) -> None:
        """Write the trips of some points, from the one at position ``first`` on."""
        pa = self._arrow
        rows, columns = times.shape
        if not times.size:
            return
        point = np.repeat(np.arange(first, first + rows, dtype=np.int32), columns)
        place = np.tile(np.arange(columns, dtype=np.int32), rows)
        named = [
            pa.DictionaryArray.from_arrays(pa.array(at), ids) for at, ids in zip((point, place), self._ids, strict=True)
        ]
        minutes = pa.array(_to_minutes(times.ravel(), self._kind))
        table = pa.Table.from_arrays([*(named[::-1] if self._towards else named), minutes], schema=self._schema)
        self._writer.write_table(table, row_group_size=times.size)


class _Csv:
    """Writes CSV, joined in Arrow: a tenth of the time that pandas takes."""

    trips_per_group = _TRIPS_PER_TEXT

    def __init__(self, path: Path, sides: Sides, _kind: np.dtype[Any]) -> None:
        """Open the file."""
        import pyarrow as pa  # noqa: PLC0415  # 0.2 s
        import pyarrow.compute as pc  # noqa: PLC0415

        self._arrow, self._compute, self._towards = pa, pc, sides.towards
        self._ids = tuple(pa.array(_quoted(one.ids)) for one in (sides.snapped_points, sides.snapped_places))
        self._file = path.open("wb")
        self._file.write(b"from_id,to_id,travel_time\n")

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the file."""
        self._file.close()

    def write(self, first: int, times: NDArray[np.int32]) -> None:
        """Write the trips of some points, from the one at position ``first`` on."""
        pa, pc = self._arrow, self._compute
        rows, columns = times.shape
        if not times.size:
            return
        point = np.repeat(np.arange(first, first + rows), columns)
        place = np.tile(np.arange(columns), rows)
        named = [ids.take(pa.array(at)) for at, ids in zip((point, place), self._ids, strict=True)]
        minutes = _to_decimals(pa, times.ravel()).cast(pa.string())
        parts = [*(named[::-1] if self._towards else named), minutes]
        lines = pc.binary_join_element_wise(*parts, ",", null_handling="replace", null_replacement="")
        lines = pc.binary_join_element_wise(lines, "", "\n")
        _, ends, text = lines.buffers()
        self._file.write(memoryview(text)[: np.frombuffer(ends, dtype=np.int32)[times.size]])


def _to_minutes(milliseconds: NDArray[np.int32], kind: np.dtype[Any]) -> NDArray[Any]:
    """Convert to minutes of a kind of float; NaN for unreached."""
    minutes = (milliseconds / MILLISECONDS_PER_MINUTE).astype(kind, copy=False)
    minutes[milliseconds == UNREACHED] = np.nan
    return minutes


def _to_decimals(pa: Any, milliseconds: NDArray[np.int32]) -> Any:  # noqa: ANN401  # pyarrow has no types
    """Give minutes with five decimals, exactly rounded, as Arrow's decimals; null for unreached."""
    words = np.zeros((milliseconds.size, 2), dtype="<i8")
    # 5/3 hundred-thousandths of a minute in a millisecond: never a tie.
    words[:, 0] = (milliseconds.astype(np.int64) * 5 + 1) // 3
    reached = pa.array(milliseconds != UNREACHED).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(15, 5), milliseconds.size, [reached, pa.py_buffer(words)])


def _quoted(ids: Iterable[Any]) -> list[str]:
    """Give ids as csv writes them: in quotation marks where one holds a comma, a quotation mark or a new line."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    texts = []
    for one in ids:
        line.seek(0)
        line.truncate()
        # The second field keeps an empty id from being quoted as the only one of its line.
        writer.writerow([one, ""])
        texts.append(line.getvalue()[:-2])
    return texts


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PalveluverkkoError(
            f"{path} cannot be written: {error.strerror or error}. Choose a folder that you may write to, with room "
            "enough, and close the file in other programs."
        ) from error
