"""Water beside the roads: from the OpenStreetMap files of a network, or from a layer of polygons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import shapely
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray
from pyproj import CRS

from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES, replacing
from palveluverkko.network.store import NO_STORE, STORE_SUFFIX, USER_STORE, store_folder

if TYPE_CHECKING:
    from palveluverkko.osm.water import FoundWater

Bounds = tuple[float, float, float, float]
Shapes = NDArray[np.object_]

NO_WATER = "none"
"""Colour areas as if there were no water."""

WATER_OF_ROADS = "osm"
"""Take the water from the road files."""

_WATER_VERSION = 1
_SUFFIX = ".pvwater"


@dataclass(frozen=True, eq=False)
class Water:
    """Polygons of water, as :func:`read_water` gives them.

    Attributes
    ----------
    shapes
        object[n]; valid polygons with holes for islands; they may overlap.
    crs
        CRS of the shapes.
    mended
        How many polygons crossed themselves in the file and were made valid.
    left_out
        What of the water could not be drawn, or only in part: ``way 1``, ``relation 2``, ``coastline``.
    """

    shapes: Shapes
    crs: CRS
    mended: int = 0
    left_out: tuple[str, ...] = ()

    def near(self, bounds: Bounds, crs: object) -> Water:
        """Give what meets a box, in the CRS of the box.

        A straight side of one projection is bent in another; the sides of shores are short enough to ignore that.
        """
        wanted = CRS.from_user_input(crs)
        shapes = self.shapes
        if self.crs != wanted:
            box = geopandas.GeoSeries([shapely.segmentize(shapely.box(*bounds), 10_000)], crs=wanted)
            west, south, east, north = box.to_crs(self.crs).total_bounds
            margin = 0.01 * max(east - west, north - south)
            wide = shapely.box(west - margin, south - margin, east + margin, north + margin)
            shapes = shapes[shapely.intersects(shapes, wide)]
            shapes = geopandas.GeoSeries(shapes, crs=self.crs).to_crs(wanted).to_numpy()
            if not shapely.is_valid(shapes).all():  # a ring may touch itself once its corners are rounded otherwise
                shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
                shapes = shapely.get_parts(shapely.get_parts(shapes))
        kept = shapes[shapely.intersects(shapes, shapely.box(*bounds))]
        return replace(self, shapes=np.asarray(kept, dtype=object), crs=wanted)

    def covers(self, places: geopandas.GeoSeries) -> NDArray[np.bool_]:
        """Tell which places lie in the water; squares and other polygons only when all of them does."""
        shapes = places.to_crs(self.crs).to_numpy()
        wet = np.zeros(len(shapes), dtype=np.bool_)
        wet[shapely.STRtree(self.shapes).query(shapes, predicate="within")[0]] = True
        return wet


def read_water(path: str | Path | Sequence[str | Path], *, store: str | Path = USER_STORE) -> Water | None:
    """Read the water of OpenStreetMap files, or a layer of polygons.

    What was read of OpenStreetMap files is kept on disk under their fingerprint.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``, or several of these, which become one; or a layer
        (``.gpkg``, ``.parquet``, ``.shp``, ``.geojson``, ``.fgb``).
    store
        ``"user"`` for the user's cache folder, ``"none"``, or a folder.

    Returns
    -------
    Water, or None when there is none in OpenStreetMap files, or when they are a network that was built, which has
    forgotten it.

    Raises
    ------
    RoadFileError
        An OpenStreetMap file is missing, damaged or of another kind.
    TableError
        The layer is missing, damaged, or holds no polygon.
    """
    files = [Path(one) for one in ([path] if isinstance(path, str | Path) else path)]
    if len(files) == 1 and files[0].suffix.lower() in ROAD_TABLE_SUFFIXES:
        from palveluverkko.tables.water import read_water_layer  # noqa: PLC0415  # pandas takes 0.5 s

        shapes, crs, mended, others = read_water_layer(files[0])
        return Water(shapes, crs, mended, (f"{files[0].name}: {others}",) if others else ())
    if any(one.suffix == STORE_SUFFIX for one in files):
        return None
    water = _read_osm(files, store)
    return water if len(water.shapes) or water.left_out else None


def water_of_study(roads: Sequence[Path], water: str | Path, *, store: str | Path = USER_STORE) -> Water | None:
    """Read what a user names as water: ``"osm"`` for that of the road files, ``"none"``, or a layer."""
    if water == NO_WATER:
        return None
    if water != WATER_OF_ROADS:
        return read_water(water, store=store)
    # A table of roads and a network that was built hold no water.
    tables = [one for one in roads if one.suffix.lower() in (*ROAD_TABLE_SUFFIXES, STORE_SUFFIX)]
    return None if tables else read_water(roads, store=store)


def _read_osm(files: list[Path], store: str | Path) -> Water:
    from palveluverkko.osm.water import read_osm_water  # noqa: PLC0415  # osmium takes 0.1 s

    if store == NO_STORE or not all(one.is_file() for one in files):
        return _in_degrees(read_osm_water(files))
    kept = store_folder(store) / f"{_fingerprint(files)}{_SUFFIX}"
    if kept.exists():
        with suppress(Exception):  # damaged by somebody else: read the road files again
            return _read_kept(kept)
    water = _in_degrees(read_osm_water(files))
    with suppress(Exception):  # a full or read-only cache folder costs time, not the result
        _keep(water, kept)
    return water


def _in_degrees(found: FoundWater) -> Water:
    return Water(found.shapes, CRS.from_epsg(4326), found.mended, found.left_out)


def _fingerprint(files: list[Path]) -> str:
    """Name water by the bytes of its files in any order, and the version that reads them."""
    digest = hashlib.sha256(f"water {_WATER_VERSION}".encode())
    each = []
    for path in files:
        with path.open("rb") as file:
            each.append(hashlib.file_digest(file, "sha256").digest())
    for one in sorted(each):
        digest.update(one)
    return digest.hexdigest()


def _keep(water: Water, path: Path) -> None:
    about = json.dumps({"mended": water.mended, "left_out": water.left_out})
    columns: dict[str, Any] = {}
    if len(water.shapes):
        _, columns["xy"], (columns["rings"], columns["polygons"]) = shapely.to_ragged_array(water.shapes)
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.asarray(about), **columns)


def _read_kept(path: Path) -> Water:
    with path.open("rb") as file, NpzFile(file, allow_pickle=False) as archive:
        about = json.loads(str(archive["about"]))
        shapes = np.empty(0, dtype=object)
        if "xy" in archive.files:
            offsets = (archive["rings"], archive["polygons"])
            shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, archive["xy"], offsets)
        return Water(shapes, CRS.from_epsg(4326), about["mended"], tuple(about["left_out"]))
