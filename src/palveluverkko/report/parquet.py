"""Travel times and other tables as Parquet, and as GeoParquet where they have a geometry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.files import replacing

TRAVEL_TIME_COLUMNS = ("from_id", "to_id", "travel_time")

ROWS_PER_GROUP = 1_000_000
"""About 8 MB of times each: small enough to stream, large enough to compress."""

_COMPRESSION: Final = "zstd"


def write_travel_times(path: Path, frame: pd.DataFrame | Iterable[pd.DataFrame]) -> None:
    """Write travel times in long form: ``from_id``, ``to_id``, ``travel_time`` (minutes, NaN when not reached).

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    frame
        The times, or pieces of them in order: a matrix too large for memory is written piece by piece.

    Raises
    ------
    TableError
        A piece lacks one of the three columns.
    """
    pieces = [frame] if isinstance(frame, pd.DataFrame) else frame
    with replacing(path) as beside:
        writer: pq.ParquetWriter | None = None
        try:
            for piece in pieces:
                table = _to_arrow(piece)
                if writer is None:
                    writer = pq.ParquetWriter(beside, table.schema, compression=_COMPRESSION)
                writer.write_table(table.cast(writer.schema), row_group_size=ROWS_PER_GROUP)
            if writer is None:
                raise TableError(f"{path} would be empty: no travel times were given.")
        finally:
            if writer is not None:
                writer.close()


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write any table as Parquet with its index; a GeoDataFrame becomes GeoParquet with its CRS."""
    with replacing(path) as beside:
        if isinstance(frame, gpd.GeoDataFrame):
            frame.to_parquet(beside, compression=_COMPRESSION, write_covering_bbox=True)
        else:
            frame.to_parquet(beside, compression=_COMPRESSION)


def _to_arrow(piece: pd.DataFrame) -> pa.Table:
    missing = [column for column in TRAVEL_TIME_COLUMNS if column not in piece]
    if missing:
        raise TableError(f"travel times have no column {missing[0]!r}; they hold from_id, to_id and travel_time.")
    table = pa.Table.from_pandas(piece[list(TRAVEL_TIME_COLUMNS)], preserve_index=False)
    unit = table.schema.field("travel_time").with_metadata({"unit": "minutes", "NaN": "not reached within the budget"})
    return table.cast(table.schema.set(table.schema.get_field_index("travel_time"), unit))
