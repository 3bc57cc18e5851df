"""Areas to the file format that their name ends in."""

from __future__ import annotations

from pathlib import Path

import geopandas

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.files import replacing
from palveluverkko.report.parquet import write_table

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".parquet")
"""Endings of a file of areas."""


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
