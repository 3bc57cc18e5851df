"""Areas and matrices to the file format that their name ends in."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pandas as pd

from palveluverkko.domain.errors import StudyError
from palveluverkko.report.files import replacing
from palveluverkko.report.parquet import write_table, write_travel_times

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".parquet")
"""Endings of a file of areas."""

MATRIX_SUFFIXES = (".parquet", ".csv")
"""Endings of a file of travel times."""


def check_suffix(path: Path, known: tuple[str, ...]) -> None:
    """Refuse an output file whose ending names no known format, before anything is computed."""
    if path.suffix not in known:
        raise StudyError(
            f"{path} does not end in {', '.join(known[:-1])} or {known[-1]}; the ending chooses the format."
        )


def write_vector(path: Path, frame: geopandas.GeoDataFrame) -> None:
    """Write areas; GeoJSON goes out in EPSG:4326, as its standard says."""
    check_suffix(path, VECTOR_SUFFIXES)
    if path.suffix == ".parquet":
        write_table(path, frame)
        return
    with replacing(path) as beside:
        (frame.to_crs("EPSG:4326") if path.suffix == ".geojson" else frame).to_file(beside)


def write_matrix(path: Path, frame: pd.DataFrame) -> None:
    """Write travel times in long form; in CSV an unreached one is empty and minutes have five decimals."""
    check_suffix(path, MATRIX_SUFFIXES)
    if path.suffix == ".parquet":
        write_travel_times(path, frame)
        return
    with replacing(path) as beside:
        frame.to_csv(beside, index=False, float_format="%.5f")
