"""The run manifest: what was run, on which inputs, with which versions, how long it took, what was found.

Two manifests side by side tell "OpenStreetMap changed" from "the service network changed".
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import platform
from collections.abc import Mapping
from datetime import date
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import rasterio
import shapely

from palveluverkko.domain.files import replacing

_PACKAGES = (
    "palveluverkko",
    "geopandas",
    "matplotlib",
    "numba",
    "numpy",
    "opening-hours-py",
    "osmium",
    "pandas",
    "pyarrow",
    "pyogrio",
    "pyproj",
    "rasterio",
    "shapely",
    "xlsxwriter",
)


def build_manifest(
    *,
    study: Mapping[str, Any],
    inputs: Mapping[str, Path],
    timings: Mapping[str, float],
    counts: Mapping[str, int],
    findings: pd.DataFrame,
) -> dict[str, Any]:
    """Gather the manifest of a run.

    Parameters
    ----------
    study
        The study as read.
    inputs
        Input files by role, such as ``{"osm": ..., "points": ...}``.
    timings
        Seconds by step.
    counts
        How many nodes, edges, points, places, people.
    findings
        Findings of the run; counted by verdict.
    """
    return {
        "counts": dict(counts),
        "findings": {str(verdict): int(n) for verdict, n in findings["verdict"].value_counts().items()},
        "inputs": {role: {"file": path.name, "sha256": fingerprint(path)} for role, path in inputs.items()},
        "study": dict(study),
        "timings": dict(timings),
        "versions": versions(),
    }


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest as JSON with sorted keys, so that two runs differ only where something differs."""
    text = json.dumps(_plain(manifest), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    with replacing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8", newline="\n")


def fingerprint(path: Path) -> str:
    """Give the SHA-256 of a file, or of the names and contents of all files of a folder, as hexadecimal text."""
    if path.is_dir():
        whole = hashlib.sha256()
        for file in sorted(one for one in path.rglob("*") if one.is_file()):
            whole.update(f"{file.relative_to(path).as_posix()}\0{fingerprint(file)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Give the versions of Python, of the packages and of the native libraries that shape the results."""
    return {
        **{package: metadata.version(package) for package in _PACKAGES},
        "gdal (raster)": rasterio.__gdal_version__,
        "gdal (vector)": pyogrio.__gdal_version_string__,
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _plain(value: object) -> object:  # noqa: PLR0911 - one line per kind of value
    """Turn what studies and frames hold into what JSON holds; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(one) for one in value)
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
