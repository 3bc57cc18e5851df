"""Drawn surfaces of levels on one grid, and the laws that areas drawn from them obey."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import strategies as st
from pyproj import CRS

from palveluverkko.domain.travel import UNREACHED, to_milliseconds
from palveluverkko.reach.surface import Surface

CELL = 100.0
MINUTES = (5.0, 10.0, 20.0)


@st.composite
def surfaces(draw, *, levels=2):
    """Draw surfaces of levels on one grid: smooth hills, noise, holes and cells that nobody reaches."""
    rows, columns = draw(st.integers(2, 14)), draw(st.integers(2, 14))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    y, x = np.mgrid[:rows, :columns]
    drawn = {}
    for level in range(levels):
        row, column = random.uniform(0, rows), random.uniform(0, columns)
        time = np.hypot(y - row, x - column) * 120_000 + random.uniform(0, draw(st.sampled_from([0, 60_000, 600_000])))
        time += random.normal(0, draw(st.sampled_from([0, 30_000, 300_000])), time.shape)
        time = np.clip(np.rint(time), 0, 2_000_000).astype(np.int32)
        time[random.uniform(size=time.shape) < draw(st.sampled_from([0.0, 0.1, 0.5]))] = UNREACHED
        drawn["LAE"[level]] = surface_of(time)
    return drawn


def surface_of(times, *, west=400_000.0, north=7_400_000.0):
    times = np.asarray(times, dtype=np.int32)
    return Surface(times, west, north, CELL, CRS.from_epsg(3067), to_milliseconds(MINUTES[-1]))


def is_edge_matched(areas):
    """Tell whether no corner of any area lies within a side of another: with no overlap that makes a coverage.

    GEOS 3.14 says no (coverage_is_valid) of a side outside that ends where a hole touches the outline beside it.
    """
    outlines = shapely.get_parts(shapely.boundary(areas))
    corners = np.unique(shapely.get_coordinates(outlines), axis=0)
    xy, owner = shapely.get_coordinates(outlines, return_index=True)
    sides = np.stack((xy[:-1], xy[1:]), axis=1)[owner[1:] == owner[:-1]]
    side, corner = shapely.STRtree(shapely.points(corners)).query(shapely.linestrings(sides), predicate="intersects")
    return bool((sides[side] == corners[corner][:, None]).all(axis=2).any(axis=1).all())


def check_laws(bands, isochrones):
    assert bands.geometry.is_valid.all()
    assert isochrones.geometry.is_valid.all()
    assert (bands.geometry.area > 0).all()
    for level, own in bands.groupby("level", sort=False):
        geometry = own.geometry.to_numpy()
        assert is_edge_matched(geometry)
        for one in range(len(geometry)):
            for other in range(one):
                assert shapely.intersection(geometry[one], geometry[other]).area == 0
        ordered = isochrones[isochrones["level"] == level].sort_values("minutes").geometry.to_numpy()
        assert shapely.union_all(geometry).area == pytest.approx(ordered[-1].area, rel=1e-12)
        assert geometry.size == ordered.size
        assert sum(one.area for one in geometry) == pytest.approx(ordered[-1].area, rel=1e-12)
        for shorter, longer in pairwise(ordered):
            assert shapely.difference(shorter, longer).area < 1e-6
    reached = {
        level: dict(zip(own["minutes"], own.geometry, strict=True))
        for level, own in isochrones.groupby("level", sort=False)
    }
    levels = list(reached)
    for nearer, farther in pairwise(levels):
        for minutes, area in reached[farther].items():
            # A level may lack a band of its own where the next threshold adds nothing.
            own = [geometry for limit, geometry in reached[nearer].items() if limit <= minutes]
            assert own
            assert shapely.difference(area, own[-1]).area < 1e-6
