"""Roads that leave the road file are a finding, with the minute at which the areas of a level meet them."""

from dataclasses import replace

import geopandas
import numpy as np
import pytest
from shapely import Point
from streets import STREET, Way, jittered_lattice, network_of, roads

from palveluverkko.reach.surface import surface
from palveluverkko.study.findings import edge_of_extract

SPOTS = jittered_lattice(60)
LINE = [Way(1, tuple(range(0, 60, 3)), STREET)]
LAST = 57


def network_cut_at(*numbers):
    drawn = roads(SPOTS, LINE)
    ids = np.asarray([10 * number for number in numbers])
    return network_of(replace(drawn, cut_nodes=np.flatnonzero(np.isin(drawn.node_id, ids)).astype(np.int32)))


def surface_from_the_first_spot(network, minutes):
    at = int(np.flatnonzero(network.junction_id == 0)[0])
    point = geopandas.GeoDataFrame(
        geometry=[Point(network.junction_x[at], network.junction_y[at])], index=["A"], crs=network.crs
    )
    return surface(network, point, budget_minutes=minutes, cell_metres=25)


def test_a_level_meets_the_edge_when_its_surface_does():
    network = network_cut_at(LAST)
    assert network.describe()["roads_cut"] == 1
    whole = network.edges.forward_time.max() / 60_000
    found = edge_of_extract(network, {"L": surface_from_the_first_spot(network, 60)})
    assert found[["subject", "id", "verdict"]].to_numpy().tolist() == [["network", "L", "edge_of_extract"]]
    said = found["values"].iloc[0]
    assert whole > 10
    assert said["minutes"] == pytest.approx(whole, abs=1)
    assert (said["level"], said["reached"], said["total"]) == ("L", 1, 1)


def test_an_edge_beyond_the_budget_or_no_edge_is_no_finding():
    cut, whole = network_cut_at(LAST), network_cut_at()
    short = cut.edges.forward_time.max() / 60_000 / 2
    assert edge_of_extract(cut, {"L": surface_from_the_first_spot(cut, short)}).empty
    assert edge_of_extract(whole, {"L": surface_from_the_first_spot(whole, 60)}).empty
