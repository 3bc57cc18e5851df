"""Write beside the target and rename: a killed run leaves the old file or the new one, never half."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from palveluverkko.domain.errors import PalveluverkkoError

ROAD_TABLE_SUFFIXES = (".gpkg", ".parquet", ".shp", ".geojson", ".fgb")
"""Endings of tables of roads; as a source of roads, all else is a file of OpenStreetMap or a network that was built."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, it takes the place of the target at once.

    The path lies in a fresh hidden folder beside the target, so the rename stays on one file system, the suffix
    (which GDAL reads) is kept, and journals or sidecars of a failed writer vanish with the folder.

    Raises
    ------
    PalveluverkkoError
        The folder cannot be written to, or another program holds the target open.
    """
    path = Path(path)
    if path.is_dir():
        raise PalveluverkkoError(f"{path} cannot be written: it is a folder. Name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise PalveluverkkoError(
            f"{path} cannot be written: {error.strerror}. Choose an output directory that you may write to.",
        ) from error
    with folder as name:
        beside = Path(name) / path.name
        yield beside
        try:
            os.replace(beside, path)  # noqa: PTH105 - the one call that is atomic on every system
        except (PermissionError, IsADirectoryError) as error:
            raise PalveluverkkoError(
                f"{path} cannot be replaced: {error.strerror}. Close it in other programs and run again.",
            ) from error
