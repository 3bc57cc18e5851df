"""How large bands are: land and roads of each level within each threshold."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas
import pandas as pd

from palveluverkko.reach.areas import areas_by_band


def band_sizes(
    bands: geopandas.GeoDataFrame, roads: geopandas.GeoDataFrame, *, minutes: Sequence[float]
) -> pd.DataFrame:
    """Sum up the land and the roads of each band.

    Parameters
    ----------
    bands
        As :func:`palveluverkko.service.areas.bands` gives them.
    roads
        As :func:`palveluverkko.service.roads.level_roads` gives them, at the same thresholds.
    minutes
        The thresholds.

    Returns
    -------
    DataFrame
        level, from_min, to_min, square_kilometres, square_kilometres_within, road_kilometres, road_kilometres_within
        (of the band, and up to its end); a row for each level and threshold.
    """
    levels = list(dict.fromkeys([*bands["level"], *roads["level"]]))
    keys = pd.MultiIndex.from_product([levels, list(minutes)], names=["level", "to_min"])
    land = areas_by_band(bands).set_index(["level", "to_min"])["square_kilometres"].reindex(keys, fill_value=0.0)
    road = roads.groupby(["level", "band"])["metres"].sum().rename_axis(["level", "to_min"]) / 1000
    frame = pd.DataFrame({"square_kilometres": land, "road_kilometres": road.reindex(keys, fill_value=0.0)}, index=keys)
    for name in ("square_kilometres", "road_kilometres"):
        frame[f"{name}_within"] = frame.groupby("level", sort=False)[name].cumsum()
    frame = frame.reset_index()
    frame.insert(1, "from_min", [0.0, *minutes[:-1]] * len(levels))
    sizes = [f"{name}{suffix}" for name in ("square_kilometres", "road_kilometres") for suffix in ("", "_within")]
    return frame[["level", "from_min", "to_min", *sizes]]
