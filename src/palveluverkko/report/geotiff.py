"""Travel-time surfaces as GeoTIFF that opens anywhere: minutes, tiled, compressed, with overviews."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.shutil import copy
from rasterio.windows import Window

from palveluverkko.domain.files import replacing
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE

if TYPE_CHECKING:
    from palveluverkko.reach.surface import Surface

NODATA = -9999.0
"""Minutes of a cell that is not reached. QGIS and ArcGIS both leave it transparent; NaN upsets the latter."""

_BLOCK = 256


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
    rows, columns = surface.travel_time.shape
    shape = {
        "dtype": "float32",
        "count": 1,
        "height": rows,
        "width": columns,
        "crs": rasterio.CRS.from_wkt(surface.crs.to_wkt()),
        "transform": Affine(surface.cell_metres, 0.0, surface.west, 0.0, -surface.cell_metres, surface.north),
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 3,  # of floating point
    }
    with replacing(path) as beside, TemporaryDirectory(dir=path.parent) as folder:
        # The cloud-optimised driver copies a file that is whole: kept in memory, a country would take three times the
        # surface.
        plain = Path(folder) / "plain.tif"
        with rasterio.open(
            plain, "w", driver="GTiff", tiled=True, blockxsize=_BLOCK, blockysize=_BLOCK, **shape
        ) as raster:
            for row in range(0, rows, _BLOCK):
                part = _minutes(surface.travel_time[row : row + _BLOCK], surface.budget)
                raster.write(part, 1, window=Window(0, row, columns, len(part)))
            raster.set_band_description(1, description)
            raster.set_band_unit(1, "min")
        copy(
            plain,
            beside,
            driver="COG",
            compress="deflate",
            predictor="floating_point",
            blocksize=_BLOCK,
            overviews="auto",
            overview_resampling="average",  # of the reached cells only: GDAL leaves nodata out
        )


def _minutes(times: NDArray[np.int32], budget: int) -> NDArray[np.float32]:
    minutes = np.empty(times.shape, dtype=np.float32)
    np.divide(times, float(MILLISECONDS_PER_MINUTE), out=minutes, dtype=np.float64, casting="same_kind")
    minutes[times > budget] = NODATA  # among them those that are not reached
    return minutes
