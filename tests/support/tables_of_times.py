"""Made-up travel times with points and places, for everything that happens after routing."""

import geopandas
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from shapely import Point

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.travel import UNREACHED, Direction
from palveluverkko.reach.table import TravelTimeTable

SCHEME = LevelScheme.eal()
BUDGET = 180 * 60_000


def points_of(levels, *, ids=None, **columns):
    index = pd.Index(ids or [f"P{number}" for number in range(len(levels))], name="id", dtype=object)
    geometry = [Point(number, 0) for number in range(len(levels))]
    frame = {"level": list(levels), "open": [True] * len(levels)} | columns
    return geopandas.GeoDataFrame(frame, index=index, geometry=geometry, crs=3067)


def places_of(population, **columns):
    index = pd.Index([f"X{number}" for number in range(len(population))], name="id", dtype=object)
    geometry = [Point(number, 1) for number in range(len(population))]
    frame = {"population": np.asarray(population, dtype=float)} | columns
    return geopandas.GeoDataFrame(frame, index=index, geometry=geometry, crs=3067)


def travel_time_table(milliseconds, points, places=None, *, budget=BUDGET):
    """Wrap times that nobody routed; they belong to no network, so nothing is snapped."""
    times = np.asarray(milliseconds, dtype=np.int32)
    places = places_of([10] * times.shape[1]) if places is None else places
    return TravelTimeTable(points, places, times, budget, Direction.TO_SERVICE, None, None)


@st.composite
def tables(draw, *, most_points=5, most_places=6):
    """Draw times with ties and gaps between points of all levels, some closed, and places with ages and areas."""
    points, places = draw(st.integers(1, most_points)), draw(st.integers(1, most_places))
    time = st.sampled_from([0, 600_000, 600_001, 1_800_000, 3_600_000, 5_000_000, UNREACHED]) | st.integers(0, BUDGET)
    times = draw(st.lists(st.lists(time, min_size=places, max_size=places), min_size=points, max_size=points))
    several = {"min_size": points, "max_size": points}
    levels = draw(st.lists(st.sampled_from(SCHEME.codes), **several))
    is_open = draw(st.lists(st.sampled_from([True, True, False]), **several))
    several = {"min_size": places, "max_size": places}
    old = draw(st.lists(st.sampled_from([-1, 0, 1, 2, 10]), **several))
    population = draw(st.lists(st.sampled_from([-1, 0, 1, 5, 100]), **several))
    kunta = draw(st.lists(st.sampled_from(["005", "047", "890"]), **several))
    names = {"005": "Alajärvi", "047": "Enontekiö", "890": "Utsjoki"}
    frame = places_of(population, age_75_=old, kunta_code=kunta, kunta=[names[one] for one in kunta])
    return travel_time_table(times, points_of(levels, open=is_open), frame)
