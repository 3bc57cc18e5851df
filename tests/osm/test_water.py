"""Water of OpenStreetMap files: lakes, islands, coasts, and drawings that are not whole."""

from __future__ import annotations

import pytest
import shapely

from palveluverkko.domain.errors import RoadFileError
from palveluverkko.osm.water import SEA, is_water, read_osm_water

SQUARE = ((0, 0), (10, 0), (10, 10), (0, 10))
"""Hundredths of a degree; every drawing below is in them."""

BOX = (0, 0, 100, 100)
LAKE = {"natural": "water"}
COAST = {"natural": "coastline"}


def write(path, ways=(), relations=(), *, box=BOX, lost=(), first_way=1):
    """Write ways (corners, tags) and relations ((way number, role) ..., tags); closed ways repeat the first corner.

    Ways count from 1. Corners in ``lost`` are named by ways, but are not in the file.
    """
    # Of the same number in every file.
    corners = {(x, y): 1 + 1000 * (x + 100) + y + 100 for x, y in sorted({one for way, _ in ways for one in way})}
    bounds = (
        "<bounds minlon='{}' minlat='{}' maxlon='{}' maxlat='{}'/>".format(*(one / 100 for one in box)) if box else ""
    )
    lines = ["<?xml version='1.0'?><osm version='0.6'>", bounds]
    lines += [
        f"<node id='{number}' version='1' lon='{x / 100}' lat='{y / 100}'/>"
        for (x, y), number in corners.items()
        if (x, y) not in lost
    ]
    for number, (way, tags) in enumerate(ways, first_way):
        refs = "".join(f"<nd ref='{corners[one]}'/>" for one in way)
        lines.append(f"<way id='{number}' version='1'>{refs}{tagged(tags)}</way>")
    for number, (members, tags) in enumerate(relations, 1):
        own = "".join(f"<member type='way' ref='{way}' role='{role}'/>" for way, role in members)
        lines.append(f"<relation id='{number}' version='1'>{own}{tagged(tags)}</relation>")
    path.write_text("".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def tagged(tags):
    return "".join(f"<tag k='{key}' v='{value}'/>" for key, value in tags.items())


def ring(*corners):
    return (*corners, corners[0])


def square(low, high):
    return ring((low, low), (high, low), (high, high), (low, high))


def area(found):
    """Square hundredths of a degree that the water covers."""
    return shapely.area(shapely.union_all(found.shapes)) * 1e4


def wet(found, *spots):
    return [bool(shapely.intersects_xy(shapely.union_all(found.shapes), x / 100, y / 100)) for x, y in spots]


MULTI = LAKE | {"type": "multipolygon"}


def test_a_closed_way_is_a_lake_and_an_open_one_is_named(tmp_path):
    path = write(tmp_path / "a.osm", [(square(0, 10), LAKE), (((20, 0), (30, 0), (30, 10)), LAKE)])
    found = read_osm_water([path])
    assert area(found) == pytest.approx(100)
    assert found.left_out == ("way 2",)


def test_islands_are_land_and_a_lake_on_an_island_is_water(tmp_path):
    ways = [(square(0, 10), {}), (square(2, 8), {}), (square(4, 6), {})]
    path = write(tmp_path / "a.osm", ways, [([(1, "outer"), (2, "inner"), (3, "outer")], MULTI)])
    found = read_osm_water([path])
    assert wet(found, (1, 1), (3, 3), (5, 5)) == [True, False, True]
    assert area(found) == pytest.approx(100 - 36 + 4)
    assert found.left_out == ()


def test_islands_that_touch_are_land_both(tmp_path):
    one, other = ring((2, 2), (5, 2), (5, 8), (2, 8)), ring((5, 2), (8, 2), (8, 8), (5, 8))
    ways = [(square(0, 10), {}), (one, {}), (other, {})]
    path = write(tmp_path / "a.osm", ways, [([(1, "outer"), (2, "inner"), (3, "inner")], MULTI)])
    assert area(read_osm_water([path])) == pytest.approx(100 - 36)


def test_an_outline_in_two_ways_that_are_tagged_too_keeps_its_island(tmp_path):
    ways = [(((0, 0), (10, 0), (10, 10)), LAKE), (((10, 10), (0, 10), (0, 0)), LAKE), (square(2, 8), {})]
    path = write(tmp_path / "a.osm", ways, [([(1, "outer"), (2, "outer"), (3, "inner")], MULTI)])
    found = read_osm_water([path])
    assert area(found) == pytest.approx(64)
    assert found.left_out == ()


def test_a_lake_that_the_file_cuts_is_named_and_the_whole_rings_of_it_are_drawn(tmp_path):
    ways = [(((0, 0), (10, 0), (10, 10)), {}), (square(20, 22), {})]
    path = write(tmp_path / "a.osm", ways, [([(1, "outer"), (2, "outer"), (77, "outer")], MULTI)])
    found = read_osm_water([path])
    assert area(found) == pytest.approx(4)
    assert found.left_out == ("relation 1",)


def test_two_halves_of_a_lake_in_two_files_are_one_lake(tmp_path):
    relation = [([(1, "outer"), (2, "outer")], MULTI)]
    south, north = (((0, 0), (10, 0), (10, 10)), {}), (((10, 10), (0, 10), (0, 0)), {})
    whole = [south, north]
    one = write(tmp_path / "one.osm", whole, relation, lost=[(0, 10)])
    other = write(tmp_path / "other.osm", whole, relation, lost=[(10, 0)])
    assert read_osm_water([one]).left_out == ("relation 1",)
    for paths in ([one, other], [other, one]):
        found = read_osm_water(paths)
        assert area(found) == pytest.approx(100)
        assert found.left_out == ()


def test_a_ring_that_crosses_itself_is_mended_and_counted(tmp_path):
    path = write(tmp_path / "a.osm", [(ring((0, 0), (10, 10), (10, 0), (0, 10)), LAKE), (square(20, 30), LAKE)])
    found = read_osm_water([path])
    assert shapely.is_valid(found.shapes).all()
    assert found.mended == 1
    assert area(found) == pytest.approx(50 + 100)


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"natural": "water"}, True),
        ({"waterway": "riverbank"}, True),
        ({"landuse": "reservoir"}, True),
        ({"landuse": "basin"}, True),
        ({"landuse": "basin", "basin": "infiltration"}, False),
        ({"natural": "water", "intermittent": "yes"}, False),
        ({"landuse": "reservoir", "location": "underground"}, False),
        ({"natural": "bay"}, False),
        ({"place": "sea"}, False),
        ({"natural": "wetland"}, False),
        ({"waterway": "river"}, False),
    ],
)
def test_what_counts_as_water(tags, answer):
    assert is_water(tags.items()) is answer


def test_the_sea_lies_to_the_right_of_its_coast_and_islands_in_it_are_land(tmp_path):
    # Land on the left: eastwards with the sea in the south; an island runs against the clock.
    coast = ((-5, 50), (40, 50), (60, 50), (105, 50))
    path = write(tmp_path / "a.osm", [(coast, COAST), (square(10, 20), COAST)], box=BOX)
    found = read_osm_water([path])
    assert area(found) == pytest.approx(5000 - 100)
    assert wet(found, (50, 25), (50, 75), (15, 15)) == [True, False, False]
    assert found.left_out == ()
    turned = write(tmp_path / "b.osm", [(coast[::-1], COAST)], box=BOX)
    assert wet(read_osm_water([turned]), (50, 25), (50, 75)) == [False, True]


def test_a_coast_whose_next_node_is_cut_off_is_carried_to_the_edge(tmp_path):
    coast = ((-5, 50), (1, 50), (99, 50), (105, 50))
    path = write(tmp_path / "a.osm", [(coast, COAST)], box=BOX, lost=[(-5, 50), (105, 50)])
    assert area(read_osm_water([path])) == pytest.approx(5000)


def test_a_coast_with_a_gap_decides_nothing_and_is_named(tmp_path):
    path = write(tmp_path / "a.osm", [(((-5, 50), (40, 50)), COAST), (((60, 50), (105, 50)), COAST)], box=BOX)
    found = read_osm_water([path])
    assert len(found.shapes) == 0
    assert found.left_out == (SEA,)


def test_without_a_box_in_the_header_the_nodes_tell_where_the_file_ends(tmp_path):
    coast, street = ((0, 50), (100, 50)), ((0, 0), (100, 100))
    path = write(tmp_path / "a.osm", [(coast, COAST), (street, {"highway": "residential"})], box=None)
    assert area(read_osm_water([path])) == pytest.approx(5000)


def test_a_coast_in_two_files_is_one_coast(tmp_path):
    west, east = (((-5, 50), (30, 50)), COAST), (((30, 50), (105, 50)), COAST)
    one = write(tmp_path / "one.osm", [west], box=(0, 0, 30, 100))
    other = write(tmp_path / "other.osm", [east], box=(30, 0, 100, 100), first_way=2)
    assert area(read_osm_water([one, other])) == pytest.approx(5000)
    assert area(read_osm_water([one])) == pytest.approx(1500)
    assert area(read_osm_water([other])) == pytest.approx(3500)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RoadFileError, match=r"sea\.osm"):
        read_osm_water([tmp_path / "sea.osm"])


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(b"no water in here")
    with pytest.raises(RoadFileError, match=r"a\.osm\.pbf"):
        read_osm_water([path])


@pytest.mark.parametrize(
    ("name", "water", "land"),
    [
        ("andorra", (1.7188, 42.6102), (1.5218, 42.5063)),  # Estany de Juclar, Andorra la Vella
        ("liechtenstein", (9.5020, 47.1475), (9.5209, 47.1410)),  # the Rhine, Vaduz
        ("helsinki-core", (24.9435, 60.1776), (24.9440, 60.1710)),  # Eläintarhanlahti, which is sea; Rautatientori
    ],
)
def test_the_water_of_real_files_is_valid_and_where_it_is(shared_data, name, water, land):
    found = read_osm_water([shared_data / "osm" / f"{name}.osm.pbf"])
    assert len(found.shapes) > 10
    assert shapely.is_valid(found.shapes).all()
    assert (shapely.get_type_id(found.shapes) == shapely.GeometryType.POLYGON).all()
    whole = shapely.union_all(found.shapes)
    assert [bool(shapely.intersects_xy(whole, *one)) for one in (water, land)] == [True, False]
    assert SEA not in found.left_out
