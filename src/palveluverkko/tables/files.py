"""Files with tables: text, workbooks, GeoPackage, GeoJSON and Parquet become one kind of frame."""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.columns import ROW
from palveluverkko.tables.coordinates import locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geopandas import GeoDataFrame

SUFFIXES = (".csv", ".xlsx", ".gpkg", ".geojson", ".parquet")


def read_table(path: str | Path, *, crs: str | None = None) -> GeoDataFrame:
    """Read a table with coordinates from a file, by its suffix; contracts of points and places come later.

    Parameters
    ----------
    path
        ``.csv`` (comma, semicolon or tab; UTF-8), ``.xlsx`` (first sheet), ``.gpkg``, ``.geojson`` or
        ``.parquet``.
    crs
        CRS of x and y, or of a geometry that carries none.

    Returns
    -------
    GeoDataFrame
        Columns of text files and workbooks stay text, so that codes keep their leading zeros; their index
        `row` is the row number as a spreadsheet shows it.

    Raises
    ------
    TableError
        The file is missing, of another kind or damaged, or does not say where its rows lie.
    """
    return locate(read_rows(path), crs=crs, where=Path(path).name)


def read_rows(path: str | Path, *, suffixes: tuple[str, ...] = SUFFIXES) -> pd.DataFrame:
    """Read a file as it is: a GeoDataFrame where it holds a geometry, else a DataFrame."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise TableError(f"{path} is of an unknown kind ({suffix or 'no suffix'}); use one of {', '.join(suffixes)}.")
    if not path.is_file():
        raise TableError(f"{path} does not exist; check the name and the folder.")
    try:
        match suffix:
            case ".csv":
                return _read_csv(path)
            case ".xlsx":
                return _read_xlsx(path)
            case ".parquet":
                return _read_parquet(path)
            case _:
                return _read_layer(path)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}.") from None


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path} is not UTF-8 text; save it as CSV UTF-8.") from None
    separator = _detect_separator(next((line for line in text.splitlines() if line.strip()), ""))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise TableError(f"{path} cannot be read as CSV: {error}; look for a quote that is not closed.") from None
    return _from_rows(([cell.strip() for cell in row] for row in rows), where=path.name)


def _detect_separator(header: str) -> str:
    """Choose what stands most often between the names of the header; names rarely hold a separator."""
    return max(";\t,", key=header.count)


def _read_xlsx(path: Path) -> pd.DataFrame:
    import openpyxl  # noqa: PLC0415 - 0.2 s that other formats need not wait for
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
        raise TableError(f"{path} is not a readable Excel workbook; save it again as .xlsx.") from None
    try:
        if not workbook.worksheets:
            raise TableError(f"{path} has no worksheet; put the table on the first one.")
        rows = [[_cell_text(cell) for cell in row] for row in workbook.worksheets[0].iter_rows(values_only=True)]
    finally:
        workbook.close()
    return _from_rows(rows, where=path.name)


def _cell_text(value: object) -> str:
    """Write a cell as a person would: 91.0 as 91, a date in ISO form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value).strip()


def _from_rows(rows: Iterable[Sequence[str]], *, where: str) -> pd.DataFrame:
    """Make a frame of text: the first row that is not blank is the header, and blank rows are passed over."""
    numbered = [(number, list(row)) for number, row in enumerate(rows, start=1) if any(row)]
    if not numbered:
        raise TableError(f"{where} is empty; its first row names the columns.")
    header = numbered[0][1]
    while header and not header[-1]:
        header.pop()
    names = [name.lower() for name in header]
    repeated = next((name for name in header if name and names.count(name.lower()) > 1), None)
    if repeated is not None:
        raise TableError(f"{where} has the column {repeated!r} twice; keep one of them or rename it.")
    cells = []
    for number, row in numbered[1:]:
        if any(row[len(header) :]):
            raise TableError(
                f"{where} has more cells in row {number} than columns in its header ({len(header)}); "
                f"put quotes around a value that holds the separator."
            )
        cells.append(row[: len(header)] + [""] * (len(header) - len(row)))
    index = pd.Index([number for number, _ in numbered[1:]], name=ROW, dtype="int64")
    frame = pd.DataFrame(cells, index=index, columns=range(len(header)), dtype=str)
    for position, name in enumerate(header):
        if not name and (frame[position] != "").any():
            raise TableError(
                f"{where} has values in column {position + 1}, which has no name; name it in the first row."
            )
    kept = [position for position, name in enumerate(header) if name]
    return frame[kept].set_axis([header[position] for position in kept], axis="columns")


def _read_layer(path: Path) -> pd.DataFrame:
    """Read the one layer of a GeoPackage, GeoJSON, shapefile or FlatGeobuf file."""
    with warnings.catch_warnings(record=True) as heard:  # of a file that is refused, the refusal says all
        warnings.simplefilter("always")
        layer = _only_layer(path)
    for one in heard:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return layer


def _only_layer(path: Path) -> pd.DataFrame:
    try:
        layers = pyogrio.list_layers(path)
        with_geometry = [str(name) for name, kind in layers if kind is not None]
        names = with_geometry or [str(name) for name, _ in layers]
        if len(names) != 1:
            held = ", ".join(names) or "none"
            raise TableError(
                f"{path} must hold one layer, but holds {len(names)} ({held}); export one to a file of its own."
            )
        layer: pd.DataFrame = gpd.read_file(path, layer=names[0], engine="pyogrio")
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.GeometryError,
    ) as error:
        raise TableError(f"{path} cannot be read: {_one_line(error)}; export it again.") from None
    return layer


def _read_parquet(path: Path) -> pd.DataFrame:
    """Read GeoParquet, or plain Parquet with coordinates in its columns."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        spatial = b"geo" in (pq.read_schema(path).metadata or {})
        table: pd.DataFrame = gpd.read_parquet(path) if spatial else pd.read_parquet(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise TableError(f"{path} is not readable Parquet: {_one_line(error)}; export it again.") from None
    return table


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
