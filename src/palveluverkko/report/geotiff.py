"""Travel-time surfaces as GeoTIFF that opens anywhere: minutes, tiled, compressed, with overviews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio import Affine

from palveluverkko.domain.files import replacing
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED

if TYPE_CHECKING:
    from palveluverkko.reach.surface import Surface

NODATA = -9999.0
"""Minutes of a cell that is not reached. QGIS and ArcGIS both leave it transparent; NaN upsets the latter."""


def write_surface(path: Path, surface: Surface, *, description: str = "travel time") -> None:
    """Write a surface as a cloud-optimised GeoTIFF of float32 minutes in the CRS of the surface.

    Up to 256 minutes float32 still tells milliseconds apart (half its step is 0.46 ms), so the exact times can be
    had back by rounding.

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    surface
        Travel times; what lies beyond the budget or is not reached becomes ``NODATA``.
    description
        Name of the band, such as "travel time to level L".
    """
    times = surface.within_budget()
    minutes = np.empty(times.shape, dtype=np.float32)
    np.divide(times, float(MILLISECONDS_PER_MINUTE), out=minutes, dtype=np.float64, casting="same_kind")
    minutes[times == UNREACHED] = NODATA

    profile = {
        "driver": "COG",
        "dtype": "float32",
        "count": 1,
        "height": times.shape[0],
        "width": times.shape[1],
        "crs": rasterio.CRS.from_wkt(surface.crs.to_wkt()),
        "transform": Affine(surface.cell_metres, 0.0, surface.west, 0.0, -surface.cell_metres, surface.north),
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": "floating_point",
        "blocksize": 256,
        "overviews": "auto",
        "overview_resampling": "average",  # of the reached cells only: GDAL leaves nodata out
    }
    with replacing(path) as beside, rasterio.open(beside, "w", **profile) as raster:
        raster.write(minutes, 1)
        raster.set_band_description(1, description)
        raster.set_band_unit(1, "min")
