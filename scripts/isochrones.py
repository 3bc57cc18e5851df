"""Draw the areas within minutes of the nearest service point, level by level, with the public interface alone.

A script to copy and change; the command ``palveluverkko isochrones`` does the same and more::

    python scripts/isochrones.py data/lappi/lappi.osm.pbf data/lappi/service_points.csv \
        --minutes 15 30 60 --out areas.gpkg
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import palveluverkko as pv


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the roads and the points, draw the areas, write them; a mistake in the input is one line and 2."""
    options = _read_arguments(arguments)
    try:
        # Without a profile: a car in summer, or what a built network was built with.
        profile = pv.CarProfile(season=options.season) if options.season else None
        network = pv.read_network(options.network, profile=profile)
        points = pv.read_service_points(options.points, scheme=pv.LevelScheme.eal())
        bands = pv.bands(network, points, minutes=options.minutes)
    except pv.PalveluverkkoError as error:
        print(error, file=sys.stderr)
        return 2
    areas = pv.to_isochrones(bands, minutes=options.minutes)
    areas.to_file(options.out)
    square_kilometres = areas.to_crs(network.crs).area / 1e6
    for level, minutes, size in zip(areas["level"], areas["minutes"], square_kilometres, strict=True):
        print(f"{level} within {minutes:g} min: {size:,.0f} km²")
    return 0


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Draw the areas within minutes of each level of service.")
    parser.add_argument("network", type=Path, help="OpenStreetMap file or built network (.pvnet)")
    parser.add_argument("points", type=Path, help="table of service points")
    parser.add_argument("--minutes", type=float, nargs="+", default=[15, 30, 60], help="rising thresholds")
    parser.add_argument("--season", choices=list(pv.Season), type=pv.Season)
    parser.add_argument("--out", type=Path, required=True, help="file to write (.gpkg or .geojson)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
