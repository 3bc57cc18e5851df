"""Grid ids of Statistics Finland."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from shapely import box

from palveluverkko.domain.errors import TableError
from palveluverkko.tables.grid import GRID_CRS, to_grid_id, to_squares

SIZES = st.sampled_from([100, 125, 250, 500, 1000, 2000, 5000, 10_000])


def squares(*ids):
    return to_squares(pd.DataFrame({"id": ids}), "id", where="grid.csv")


@pytest.mark.parametrize(
    ("grid_id", "west", "south", "metres"),
    [
        ("1kmN6675E0385", 385_000, 6_675_000, 1000),
        ("1kmN6675E385", 385_000, 6_675_000, 1000),
        ("5kmN6675E0385", 385_000, 6_675_000, 5000),
        ("250mN667525E038550", 385_500, 6_675_250, 250),
        ("250mN667525E38550", 385_500, 6_675_250, 250),
        ("125mN6675125E385125", 385_125, 6_675_125, 125),
    ],
)
def test_id_names_the_south_west_corner(grid_id, west, south, metres):
    assert squares(grid_id).iloc[0].equals(box(west, south, west + metres, south + metres))


def test_published_square_lies_where_it_was_published():
    # Lipas (University of Jyväskylä) lists this square of Statistics Finland with the centre 24.94779 E, 60.16786 N.
    centre = squares("250mN667175E38600").centroid.to_crs(4326).iloc[0]
    published = gpd.GeoSeries.from_wkt(["POINT (24.9477872860078 60.1678597021898)"], crs=4326).to_crs(GRID_CRS)
    assert squares("250mN667175E38600").distance(published).iloc[0] == 0
    assert (round(centre.x, 2), round(centre.y, 2)) == (24.95, 60.17)


@examples(deadline=None)
@given(SIZES, st.integers(6_600, 7_790), st.integers(50, 750), st.integers(0, 9))
def test_square_to_id_to_square_is_the_identity(size, north_km, east_km, step):
    south = (north_km * 1000 + step * 100) // size * size
    west = east_km * 1000 // size * size
    grid_id = to_grid_id(west_metres=west, south_metres=south, size_metres=size)
    square = squares(grid_id).iloc[0]
    assert square.bounds == (west, south, west + size, south + size)
    again = to_grid_id(west_metres=int(square.bounds[0]), south_metres=int(square.bounds[1]), size_metres=size)
    assert again == grid_id


@pytest.mark.parametrize("wrong", ["1kmN6675", "250mN667177E38600", "1kmN66750E0385", "1kmN0385E6675", "", "km"])
def test_id_that_names_no_square_is_refused(wrong):
    with pytest.raises(
        TableError, match=f"grid.csv has the grid id '{wrong}' at .*, which names no square of Finland's"
    ):
        squares("1kmN6675E0385", wrong)
