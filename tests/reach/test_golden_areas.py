"""The areas of three places beside pictures of them that somebody has looked at, band by band.

``GOLDEN=write pytest tests/reach/test_golden_areas.py`` draws the pictures anew: look at them before they are kept.
"""

import os
from pathlib import Path
from typing import NamedTuple

import geopandas
import numpy as np
import pytest
from PIL import Image
from rasterio import Affine
from rasterio.features import rasterize

from palveluverkko.network.store import read_network
from palveluverkko.network.water import read_water
from palveluverkko.reach.areas import bands_of_surfaces
from palveluverkko.reach.surface import surface

GOLDEN = Path(__file__).parents[1] / "golden"
LAPPI = Path(__file__).parents[2] / "data" / "lappi" / "lappi.osm.pbf"

# White is reached by nobody; then the bands, from the nearest.
PALETTE = [255, 255, 255, *(33, 102, 172), *(103, 169, 207), *(209, 229, 240), *(253, 219, 199), *(239, 138, 98)]
MISSING, ADDED = (200, 0, 0), (0, 90, 200)

# Another version of GEOS may move a corner: a pixel in a thousand of a band may change sides.
MOST_CHANGED = 0.001


class Place(NamedTuple):
    """A road file, points in it, thresholds, the side of a cell, the corner of the picture, and its pixels."""

    file: str
    points: list[tuple[float, float]]
    minutes: tuple[float, ...]
    cell: float
    west: float
    north: float
    pixel: float
    size: tuple[int, int]


PLACES = {
    "tampere": Place("tampere", [(23.761, 61.498)], (5, 10, 15, 20), 50, 315_000, 6_831_000, 25, (620, 860)),
    "andorra": Place("andorra", [(1.5218, 42.5063)], (10, 20, 30, 45, 60), 100, 368_000, 4_723_000, 50, (540, 600)),
    "lappi": Place(
        "", [(25.72, 66.503), (27.539, 68.66)], (30, 60, 90, 120, 180), 250, 340_000, 7_780_000, 1000, (510, 260)
    ),
}


def bands_of(place, file, store):
    network, water = read_network(file, store=store), read_water(file, store=store)
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*zip(*place.points, strict=True)), crs=4326)
    drawn = surface(network, points, budget_minutes=place.minutes[-1], cell_metres=place.cell, water=water)
    return bands_of_surfaces({"L": drawn}, minutes=place.minutes)


def picture(bands, place):
    """Give the number of the band at the middle of every pixel, 0 for none."""
    number = {to_min: one + 1 for one, to_min in enumerate(place.minutes)}
    shapes = [(area, number[to_min]) for area, to_min in zip(bands.geometry, bands["to_min"], strict=True)]
    where = Affine(place.pixel, 0, place.west, 0, -place.pixel, place.north)
    return rasterize(shapes, out_shape=place.size, transform=where, dtype=np.uint8)


def check(name, file, store, folder):
    place, kept = PLACES[name], GOLDEN / f"areas_{name}.png"
    bands = bands_of(place, file, store)
    found = picture(bands, place)
    if os.environ.get("GOLDEN") == "write":
        image = Image.fromarray(found, mode="P")
        image.putpalette(PALETTE)
        image.save(kept, optimize=True)
    with Image.open(kept) as image:
        expected = np.asarray(image)
    told = compare(found, expected, place.minutes)
    if told:
        beside = folder / f"areas_{name}_difference.png"
        difference(found, expected).save(beside)
        pytest.fail(f"{name}: {'; '.join(told)}. Red was there and is gone, blue is new: {beside}")


def compare(found, expected, minutes):
    """Say of each band that has changed how much of it came and went."""
    assert found.shape == expected.shape
    told = []
    for number, to_min in enumerate(minutes, start=1):
        was, is_ = expected == number, found == number
        gone, new = (was & ~is_).sum(), (is_ & ~was).sum()
        if gone + new > MOST_CHANGED * max(1, was.sum()):
            told.append(f"of the {was.sum():,} pixels of the band to {to_min:g} min {gone:,} are gone, {new:,} are new")
    return told


def difference(found, expected):
    grey = np.repeat((255 - 20 * expected[..., None]).astype(np.uint8), 3, axis=2)
    grey[(expected != found) & (expected > 0)] = MISSING
    grey[(expected != found) & (expected == 0)] = ADDED
    return Image.fromarray(grey)


def test_the_areas_of_lapland_are_those_of_the_picture(tmp_path):
    check("lappi", LAPPI, "none", tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tampere", "andorra"])
def test_the_areas_of_a_place_are_those_of_the_picture(name, shared_data, tmp_path):
    check(name, shared_data / "osm" / f"{PLACES[name].file}.osm.pbf", tmp_path, tmp_path)


def test_a_band_that_has_moved_is_told_and_drawn():
    with Image.open(GOLDEN / "areas_lappi.png") as image:
        expected = np.asarray(image)
    moved = np.roll(expected, 3, axis=1)
    assert compare(expected, expected, PLACES["lappi"].minutes) == []
    told = compare(moved, expected, PLACES["lappi"].minutes)
    assert [one.split(" min")[0].split()[-1] for one in told] == ["30", "60", "90", "120", "180"]
    colours = {colour for _, colour in difference(moved, expected).getcolors()}
    assert {MISSING, ADDED} <= colours
    assert len({colour for _, colour in difference(expected, expected).getcolors()} & {MISSING, ADDED}) == 0
