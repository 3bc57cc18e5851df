"""Water on surfaces and areas: nothing gets across, nothing is coloured on it, and without it nothing changes."""

from dataclasses import replace
from itertools import pairwise

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from streets import LAND, ROAD, STREET, network_of, points_at, roads, spot_xy, street_plans, ways

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.network.store import read_network
from palveluverkko.network.water import Water, read_water
from palveluverkko.reach.areas import bands_of_surfaces, to_isochrones
from palveluverkko.reach.catchments import allocate_cells, outline_catchments
from palveluverkko.reach.surface import surface
from palveluverkko.reach.water import cells_within, cut_at_shore, without_water

CELL = 50.0
MINUTES = (1.0, 2.0, 5.0, 30.0)

# A lake of 2 km with an island in its middle, a shore road along the south of it, and a bridge across by the island.
SPOTS = [(-1500.0, -100.0), (0.0, -100.0), (1500.0, -100.0), (0.0, 2100.0), (0.0, 1000.0), (0.0, 3500.0)]
LAKE = shapely.Polygon([(-1500, 0), (1500, 0), (1500, 2000), (-1500, 2000)])
ISLAND = shapely.box(200, 800, 600, 1200)
WAYS = ways((STREET, 0, 1, 2), (ROAD, 1, 4, 3, 5))


def at_home(network, shape):
    """Give a shape of the tests' metres in those of the network."""
    (west, south), *_ = spot_xy(network, [(0.0, 0.0)])
    return shapely.transform(shape, lambda xy: xy + np.asarray((west, south)))


def lake_country():
    network = network_of(roads(SPOTS, WAYS), max_access_metres=1000.0)
    lake = at_home(network, shapely.difference(LAKE, ISLAND))
    return network, points_at(network, spot_xy(network, [SPOTS[0]])), lake, at_home(network, ISLAND)


def water_of(network, *shapes):
    return Water(np.asarray(shapes, dtype=object), CRS.from_user_input(network.crs))


def on_grid(one, shape):
    rows, columns = one.travel_time.shape
    where = {"west": one.west, "north": one.north, "rows": rows, "columns": columns, "cell": one.cell_metres}
    return cells_within(np.asarray([shape], dtype=object), **where)


@st.composite
def polygons(draw):
    """Rings that do not cross themselves around a middle, some with a hole; on a plane of 20 by 20."""
    corners = draw(st.lists(st.floats(1.0, 8.0), min_size=3, max_size=12))
    turn = np.linspace(0, 2 * np.pi, len(corners), endpoint=False)
    middle = np.asarray(draw(st.tuples(st.floats(2, 18), st.floats(2, 18))))
    rim = middle + np.column_stack((np.cos(turn), np.sin(turn))) * np.asarray(corners)[:, None]
    hole = middle + (rim - middle) * 0.5
    return shapely.make_valid(shapely.Polygon(rim, [hole] if draw(st.booleans()) else []))


@settings(deadline=None, max_examples=100)
@given(st.lists(polygons(), min_size=1, max_size=4))
def test_a_cell_is_wet_when_its_centre_is(shapes):
    parts = shapely.get_parts(shapely.get_parts(np.asarray(shapes, dtype=object)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    found = cells_within(parts, west=0.0, north=20.0, rows=40, columns=30, cell=0.5)
    x, y = np.meshgrid((np.arange(30) + 0.5) * 0.5, 20 - (np.arange(40) + 0.5) * 0.5)
    whole = shapely.union_all(parts)
    clear = shapely.distance(shapely.boundary(whole), shapely.points(x, y)) > 1e-9
    np.testing.assert_array_equal(found[clear], shapely.contains_xy(whole, x, y)[clear])


def test_nothing_is_wet_without_polygons():
    assert not cells_within(np.empty(0, dtype=object), west=0.0, north=9.0, rows=3, columns=4, cell=1.0).any()


def test_roads_keep_their_times_on_land_and_lose_the_bridge():
    lines = np.asarray([(0.0, 0.0, 100.0, 0.0), (0.0, 5.0, 10.0, 5.0), (30.0, 0.0, 40.0, 0.0), (7.0, 7.0, 7.0, 7.0)])
    times = np.asarray([(1000.0, 2000.0), (3.0, 4.0), (5.0, 6.0), (8.0, 8.0)])
    # Two polygons that overlap, from 20 to 60 and from 50 to 70.
    shapes = np.asarray([shapely.box(20, -9, 60, 2), shapely.box(50, -9, 70, 2)], dtype=object)
    left, whole, share = without_water(lines, shapes)
    kept = times[whole, :1] + share * (times[whole, 1:] - times[whole, :1])
    found = sorted((*line, *time) for line, time in zip(left.tolist(), kept.tolist(), strict=True))
    expected = [
        (0.0, 0.0, 20.0, 0.0, 1000.0, 1200.0),
        (0.0, 5.0, 10.0, 5.0, 3.0, 4.0),
        (7.0, 7.0, 7.0, 7.0, 8.0, 8.0),
        (70.0, 0.0, 100.0, 0.0, 1700.0, 2000.0),
    ]
    np.testing.assert_allclose(found, expected)


def test_the_bridge_carries_over_the_lake_and_colours_neither_water_nor_island():
    network, points, lake, island = lake_country()
    dry = surface(network, points, cell_metres=CELL)
    wet = surface(network, points, cell_metres=CELL, water=water_of(network, lake))
    assert (wet.travel_time >= dry.travel_time).all()
    assert (wet.travel_time[on_grid(wet, lake)] == UNREACHED).all()
    assert (dry.travel_time[on_grid(dry, lake)] != UNREACHED).any()
    assert (wet.travel_time[on_grid(wet, island)] == UNREACHED).all()
    assert (dry.travel_time[on_grid(dry, island)] != UNREACHED).all()
    # Beyond the bridge the road is as near as ever.
    north = spot_xy(network, [(0.0, 3000.0), (40.0, 2100.0)])
    x, y = (np.asarray(one) for one in zip(*north, strict=True))
    np.testing.assert_array_equal(wet.at(x, y), dry.at(x, y))
    assert (wet.at(x, y) != UNREACHED).all()


def test_bands_end_at_the_shore():
    network, points, lake, island = lake_country()
    water = water_of(network, lake)
    drawn = {
        name: bands_of_surfaces({"L": surface(network, points, cell_metres=CELL, water=one)}, minutes=MINUTES)
        for name, one in (("dry", None), ("wet", water))
    }
    dry, wet = (drawn[name].geometry.union_all() for name in ("dry", "wet"))
    assert dry.intersection(lake).area > 1e6
    assert wet.intersection(lake).area < 1.0
    assert wet.intersection(island).area == 0.0
    # The land between the shore road and the shore is coloured up to the shore.
    strip = at_home(network, shapely.box(-1400, -100, 1400, 0))
    assert wet.intersection(strip).area == pytest.approx(strip.area, rel=1e-3)


def test_bands_with_water_are_still_disjoint_valid_and_nested():
    network, points, lake, _ = lake_country()
    levels = {
        "L": surface(network, points, cell_metres=CELL, water=water_of(network, lake)),
        "E": surface(
            network, points_at(network, spot_xy(network, [SPOTS[5]])), cell_metres=CELL, water=water_of(network, lake)
        ),
    }
    bands = bands_of_surfaces(levels, minutes=MINUTES)
    assert bands.geometry.is_valid.all()
    for _, own in bands.groupby("level"):
        assert shapely.coverage_is_valid(own.geometry.to_numpy())
    isochrones = to_isochrones(bands, minutes=MINUTES).set_index(["level", "minutes"]).geometry
    for level, own in isochrones.groupby(level=0):
        for smaller, larger in pairwise(own):
            assert smaller.difference(larger).area < 1e-6, level
    for minutes in MINUTES:
        assert isochrones["E", minutes].difference(isochrones["L", minutes]).area < 1e-6


@settings(deadline=None, max_examples=15)
@given(street_plans(kinds=LAND), polygons())
def test_water_makes_no_time_shorter_and_takes_no_colour(plan, shape):
    spots, given_ways = plan
    network = network_of(roads(spots, given_ways))
    points = points_at(network, spot_xy(network, [spots[given_ways[0].spots[0]]]))
    shapes = shapely.get_parts(at_home(network, shapely.transform(shape, lambda xy: (xy - 5) * 100)))
    shapes = shapes[shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON]
    dry = surface(network, points, cell_metres=CELL)
    wet = surface(network, points, cell_metres=CELL, water=water_of(network, *shapes))
    assert (wet.travel_time >= dry.travel_time).all()
    bands = bands_of_surfaces({"L": wet}, minutes=MINUTES)
    assert bands.geometry.is_valid.all()
    if len(shapes):
        assert (wet.travel_time[np.any([on_grid(wet, one) for one in shapes], axis=0)] == UNREACHED).all()
        assert bands.geometry.intersection(shapely.union_all(shapes)).area.sum() < 1.0


@pytest.mark.parametrize("where", ["nowhere", "far away"])
def test_water_that_is_not_there_changes_nothing(where):
    network, points, *_ = lake_country()
    shapes = [shapely.box(0, 0, 1, 1)] if where == "far away" else []
    dry = surface(network, points, cell_metres=CELL)
    wet = surface(network, points, cell_metres=CELL, water=water_of(network, *shapes))
    np.testing.assert_array_equal(wet.travel_time, dry.travel_time)
    one, other = (bands_of_surfaces({"L": each}, minutes=MINUTES) for each in (dry, wet))
    assert one.geometry.geom_equals(other.geometry).all()


def test_a_skerry_by_the_shore_stays_uncoloured():
    # Smaller than a cell and nearer to the shore than the middle of the first cell of water.
    network, points, _, _ = lake_country()
    skerry = shapely.box(-405, 5, -385, 15)
    lake = at_home(network, shapely.difference(LAKE, skerry))
    drawn = bands_of_surfaces(
        {"L": surface(network, points, cell_metres=CELL, water=water_of(network, lake))}, minutes=MINUTES
    )
    whole = drawn.geometry.union_all()
    assert whole.intersection(at_home(network, skerry)).area == 0.0
    assert whole.intersection(at_home(network, shapely.box(-405, -20, -385, -5))).area == pytest.approx(300)


def test_faces_without_water_are_left_as_they_are():
    faces = np.asarray([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)
    kept, was = cut_at_shore(faces, np.asarray([shapely.box(8, 8, 9, 9)], dtype=object))
    assert kept.tolist() == faces.tolist()
    assert was.tolist() == [0, 1]


def test_faces_cut_at_the_shore_are_a_coverage():
    faces = np.asarray([shapely.box(0, 0, 1, 3), shapely.box(1, 0, 2, 3), shapely.box(2, 0, 3, 3)], dtype=object)
    lake = shapely.Polygon([(0.5, 1), (1.7, 0.9), (1.3, 2.1)])
    kept, was = cut_at_shore(faces, np.asarray([lake], dtype=object))
    assert shapely.coverage_is_valid(kept)
    for number, face in enumerate(faces):
        assert shapely.area(kept[was == number]).sum() == pytest.approx(face.difference(lake).area)


@pytest.mark.parametrize(("name", "place"), [("andorra", (1.5218, 42.5063)), ("liechtenstein", (9.5209, 47.141))])
def test_no_area_lies_on_the_water_of_a_country(shared_data, name, place):
    path = shared_data / "osm" / f"{name}.osm.pbf"
    network, water = read_network(path, store="none"), read_water(path, store="none")
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*zip(place, strict=True)), crs="EPSG:4326")
    wet = surface(network, points, budget_minutes=20, cell_metres=100.0, water=water)
    dry = replace(wet, travel_time=np.minimum(wet.travel_time, wet.on_shore), on_shore=None, water=None)
    lakes = shapely.union_all(wet.water)
    shares = []
    for one in (dry, wet):
        whole = bands_of_surfaces({"L": one}, minutes=(5.0, 20.0)).geometry.union_all()
        shares.append(whole.intersection(lakes).area / whole.area)
    assert shares[0] > 1e-3
    assert shares[1] < 1e-7


def test_cells_on_the_water_are_nobodys_and_those_on_land_have_the_times_of_the_surface():
    network, _, lake, _ = lake_country()
    points = points_at(network, spot_xy(network, [SPOTS[0], SPOTS[5], SPOTS[2]]), ids=["A", "B", "C"])
    options = {"budget_minutes": 30, "cell_metres": CELL, "water": water_of(network, lake)}
    cells = allocate_cells(network, points, **options)
    np.testing.assert_array_equal(cells.surface.travel_time, surface(network, points, **options).travel_time)
    assert ((cells.owner >= 0) == (cells.surface.within_budget() != UNREACHED)).all()
    assert (cells.owner[on_grid(cells.surface, lake)] == -1).all()
    drawn = outline_catchments(cells)
    assert drawn["point"].tolist() == ["A", "B", "C"]
    assert shapely.coverage_is_valid(drawn.geometry.to_numpy())
    dry = allocate_cells(network, points, **(options | {"water": None}))
    assert (dry.surface.travel_time <= cells.surface.travel_time).all()
