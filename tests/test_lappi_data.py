"""Laws of the embedded Lapland: the tables are sound, and the compiled file says what they say."""

from __future__ import annotations

import csv
import importlib.util
import math
import os
import sys
import tomllib
from collections import Counter, defaultdict
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
import osmium
import pytest
from pyproj import Geod

import palveluverkko as pv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "lappi"
SHARED = Path(os.environ.get("PALVELUVERKKO_SHARED", ROOT.parent / "shared")) / "data" / "finland"

WGS84 = Geod(ellps="WGS84")

# Kilometres by road from Rovaniemi, checked by hand on the state road network.
KILOMETRES_FROM_ROVANIEMI = {
    "KEMI": 118.0,
    "KEMIJARVI": 87.5,
    "RANUA": 83.8,
    "SODANKYLA": 130.0,
    "IVALO": 289.8,
    "UTSJOKI": 454.4,
}

MUNICIPALITIES = {
    "047": "Enontekiö",
    "148": "Inari",
    "240": "Kemi",
    "241": "Keminmaa",
    "261": "Kittilä",
    "273": "Kolari",
    "320": "Kemijärvi",
    "498": "Muonio",
    "583": "Pelkosenniemi",
    "614": "Posio",
    "683": "Ranua",
    "698": "Rovaniemi",
    "732": "Salla",
    "742": "Savukoski",
    "751": "Simo",
    "758": "Sodankylä",
    "845": "Tervola",
    "851": "Tornio",
    "854": "Pello",
    "890": "Utsjoki",
    "976": "Ylitornio",
}

# Junctions nearer than this have a road between them, or are named below.
NEIGHBOURHOOD_METRES = 4_000.0
LONGEST_DETOUR = 4.0

KEMIJOKI = "the Kemijoki, which no state road crosses here"
OUNASJOKI = "the Ounasjoki, with road 79 on its west bank and road 934 on its east bank, and no state road across"
KNOWN_SEPARATIONS = {
    ("HIRMULA", "LIEDAKKALA"): KEMIJOKI,
    ("HIRVAS", "RAUTIOSAARI"): KEMIJOKI,
    ("IISINKI", "MARRASJARVEN_TIENHAARA"): OUNASJOKI,
    ("JARKONOJAN_SILTA", "NISKANPERA"): KEMIJOKI,
    ("JOKELAN_TIENHAARA", "TENNILA"): KEMIJOKI,
    ("JUOTAS", "OJAKORVENOJAN_SILTA"): KEMIJOKI,
    ("JUOTAS", "PEKKALA"): KEMIJOKI,
    ("KATKAJOEN_SILTA", "MARRASJARVEN_TIENHAARA"): OUNASJOKI,
    ("KOIVU", "SUUKOSKEN_SILTA"): KEMIJOKI,
    ("KOIVU", "VAHAJOKI"): KEMIJOKI,
    ("KOROISKYLA", "TIEN_4_LIITTYMA"): KEMIJOKI,
    ("KOROISKYLA", "TORMA"): KEMIJOKI,
    ("KOTILAHTI", "KUUKASJARVI"): "no state road: road 19602 ends in the village (a strait of the lake Kuukasjärvi)",
    ("KOVALA", "NIVANKYLA"): OUNASJOKI,
    ("KUIRINPERA", "PELLONPERA"): KEMIJOKI,
    ("KUNNANRAJA_TERVOLA_ROVANIEMI", "LEUNANKANGAS"): KEMIJOKI,
    ("LIIMATTA", "LOUE"): KEMIJOKI,
    ("LOUE", "TARVAS"): KEMIJOKI,
    ("MALMELAN_TIENHAARA", "SINETTA"): OUNASJOKI,
    ("MAULA", "TORMA"): KEMIJOKI,
    ("MELTAUS", "MELTAUSJOEN_SILTA"): OUNASJOKI,
    ("PAAKKOLA", "PELLONPERA"): KEMIJOKI,
    (
        "PORTIMOJARVI",
        "SAMMALJOEN_SILTA",
    ): "no state road between roads 930 and 932, which part at Tengeliö (the lake Portimojärvi)",
    ("TAAJAMA_MUONIO_19883", "TAAJAMA_MUONIO_21_B"): "nothing: two roads side by side, which meet in the centre",
}

AGE_GROUPS = ("age_0_14", "age_15_64", "age_65_74", "age_75_")
YOUNG = ("0-2", "3-6", "7-12")
STRADDLING = "13-15"
YOUNGER_PENSIONERS = ("65-69", "70-74")
OLDER_PENSIONERS = ("75-79", "80-84", "85+")


class Node(NamedTuple):
    lon: float
    lat: float
    tags: dict[str, str]


class Way(NamedTuple):
    nodes: list[int]
    tags: dict[str, str]


class Compiled(NamedTuple):
    nodes: dict[int, Node]
    ways: dict[int, Way]


def read_table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_compiled(path: Path) -> Compiled:
    nodes: dict[int, Node] = {}
    ways: dict[int, Way] = {}
    for thing in osmium.FileProcessor(str(path)):
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node():
            nodes[thing.id] = Node(thing.location.lon, thing.location.lat, tags)
        elif thing.is_way():
            ways[thing.id] = Way([node.ref for node in thing.nodes], tags)
    return Compiled(nodes, ways)


@cache
def committed() -> Compiled:
    return read_compiled(DATA / "lappi.osm.pbf")


def drawn_metres(osm: Compiled, way: Way) -> float:
    line = [osm.nodes[node] for node in way.nodes]
    return WGS84.line_length([node.lon for node in line], [node.lat for node in line])


def table_graph() -> nx.MultiGraph:
    graph = nx.MultiGraph()
    for link in read_table("links.csv"):
        graph.add_edge(link["from_id"], link["to_id"], metres=float(link["length_m"]))
    return graph


def compiled_graph(osm: Compiled) -> nx.MultiGraph:
    """Join the roads as they are drawn at the ids of their junctions in the table."""
    name_of = {number: row["id"] for number, row in enumerate(read_table("junctions.csv"), start=1)}
    graph = nx.MultiGraph()
    for way in osm.ways.values():
        graph.add_edge(name_of[way.nodes[0]], name_of[way.nodes[-1]], metres=drawn_metres(osm, way))
    return graph


def neighbours(position: dict[str, tuple[float, float]]) -> Iterator[tuple[str, str, float]]:
    """Give the pairs of junctions nearer to each other than ``NEIGHBOURHOOD_METRES``, and the metres between them."""
    ids = sorted(position)
    lon, lat = np.array([position[one] for one in ids]).T
    for number, one in enumerate(ids[:-1]):
        rest = slice(number + 1, None)
        here = np.full(lon[rest].shape, lon[number]), np.full(lat[rest].shape, lat[number])
        metres = WGS84.inv(*here, lon[rest], lat[rest])[2]
        for offset in np.flatnonzero(metres < NEIGHBOURHOOD_METRES):
            yield one, ids[number + 1 + int(offset)], float(metres[offset])


def centres() -> dict[str, dict[str, str]]:
    return {row["kunta_code"]: row for row in read_table("junctions.csv") if row["kunta_code"]}


def metres_to_network(lon: float, lat: float) -> float:
    """Distance to the nearest drawn vertex, which is at most 200 m more than to the line."""
    points = np.array([(node.lon, node.lat) for node in committed().nodes.values()])
    east = (points[:, 0] - lon) * math.cos(math.radians(lat))
    north = points[:, 1] - lat
    return float(np.hypot(east, north).min()) * 111_320.0


def load_build_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("build_lappi", ROOT / "scripts" / "build_lappi.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["build_lappi"] = module
    specification.loader.exec_module(module)
    return module


def shared_table(name: str) -> list[dict[str, str]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is absent; set PALVELUVERKKO_SHARED to the folder that holds data/")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the compiled file ---------------------------------------------------------------------------------------


def test_rebuilding_gives_the_committed_content(tmp_path):
    rebuilt_path = tmp_path / "lappi.osm.pbf"
    assert load_build_script().main(["--out", str(rebuilt_path)]) == 0
    rebuilt = read_compiled(rebuilt_path)

    assert rebuilt.ways == committed().ways
    assert rebuilt.nodes.keys() == committed().nodes.keys()
    for number, node in rebuilt.nodes.items():
        other = committed().nodes[number]
        assert node.tags == other.tags
        # One unit of OpenStreetMap's 1e-7 degrees: another processor may round the last digit otherwise.
        assert node.lon == pytest.approx(other.lon, abs=1.5e-7)
        assert node.lat == pytest.approx(other.lat, abs=1.5e-7)


def test_every_way_is_as_long_as_its_link_in_the_table():
    links = read_table("links.csv")
    ways = committed().ways
    assert sorted(ways) == list(range(1, len(links) + 1))
    for number, link in enumerate(links, start=1):
        drawn = drawn_metres(committed(), ways[number])
        assert drawn == pytest.approx(float(link["length_m"]), rel=1e-3), link


def test_every_way_carries_what_the_table_says():
    for number, link in enumerate(read_table("links.csv"), start=1):
        tags = committed().ways[number].tags
        assert tags["highway"] == link["highway"]
        assert tags["maxspeed"] == link["maxspeed_kmh"]
        assert tags["surface"] == link["surface"]
        assert tags.get("ref", "") == link["road_number"]


def test_no_link_is_shorter_than_the_straight_line_between_its_ends():
    position = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in read_table("junctions.csv")}
    for link in read_table("links.csv"):
        chord = WGS84.inv(*position[link["from_id"]], *position[link["to_id"]])[2]
        assert float(link["length_m"]) >= chord, link


def test_drawn_roads_bend_gently():
    # A turn of more than 75 degrees between two vertices would be a zigzag on the map.
    for way in committed().ways.values():
        line = np.array([committed().nodes[node][:2] for node in way.nodes])
        steps = np.diff(line, axis=0) * [math.cos(math.radians(line[0, 1])), 1.0]
        turns = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))
        assert np.degrees(np.abs(turns)).max(initial=0.0) < 75, way.tags


def test_objects_have_a_fixed_day_and_no_author():
    for thing in osmium.FileProcessor(str(DATA / "lappi.osm.pbf")):
        assert thing.user == ""
        assert thing.timestamp.isoformat() == "2026-06-01T00:00:00+00:00"


def test_the_file_is_small_enough_to_live_in_the_repository():
    assert (DATA / "lappi.osm.pbf").stat().st_size < 500_000


# --- the network ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("destination", KILOMETRES_FROM_ROVANIEMI)
def test_the_table_keeps_the_checked_distances(destination):
    metres = nx.dijkstra_path_length(table_graph(), "ROVANIEMI", destination, weight="metres")
    assert metres / 1000 == pytest.approx(KILOMETRES_FROM_ROVANIEMI[destination], rel=0.02)


def test_the_drawn_roads_keep_the_checked_distances():
    metres = nx.single_source_dijkstra_path_length(compiled_graph(committed()), "ROVANIEMI", weight="metres")
    for destination, kilometres in KILOMETRES_FROM_ROVANIEMI.items():
        assert metres[destination] / 1000 == pytest.approx(kilometres, rel=0.02)


def test_one_network_reaches_every_municipal_centre():
    assert centres().keys() == MUNICIPALITIES.keys()
    graph = compiled_graph(committed())
    assert nx.is_connected(graph)
    assert all(row["id"] in graph for row in centres().values())


def test_junction_ids_are_unique_and_used():
    ids = [row["id"] for row in read_table("junctions.csv")]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(table_graph().nodes)


def test_neighbouring_junctions_are_joined_by_road_unless_something_known_lies_between():
    position = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in read_table("junctions.csv")}
    graph = table_graph()
    apart = set()
    longest = LONGEST_DETOUR * NEIGHBOURHOOD_METRES
    for one, group in groupby(neighbours(position), key=itemgetter(0)):
        by_road = nx.single_source_dijkstra_path_length(graph, one, cutoff=longest, weight="metres")
        apart |= {
            (one, other) for _, other, straight in group if by_road.get(other, math.inf) > LONGEST_DETOUR * straight
        }
    assert apart == KNOWN_SEPARATIONS.keys()


# --- places and service points -------------------------------------------------------------------------------


def test_places_add_up_row_by_row():
    places = read_table("population.csv")
    assert len({row["id"] for row in places}) == len(places)
    for row in places:
        assert int(row["population"]) == sum(int(row[group]) for group in AGE_GROUPS)
        assert int(row["population"]) > 0
        assert MUNICIPALITIES[row["kunta_code"]] == row["kunta"]


def test_every_municipality_has_several_places():
    counts = Counter(row["kunta_code"] for row in read_table("population.csv"))
    assert counts.keys() == MUNICIPALITIES.keys()
    assert min(counts.values()) >= 5


def test_places_lie_near_the_network():
    for row in read_table("population.csv"):
        assert metres_to_network(float(row["lon"]), float(row["lat"])) < 3_200, row["id"]


def test_service_points_lie_near_the_network():
    for row in read_table("service_points.csv"):
        assert metres_to_network(float(row["lon"]), float(row["lat"])) < 1_500, row["id"]


def test_every_municipality_has_an_open_service_point():
    points = read_table("service_points.csv")
    assert len({row["id"] for row in points}) == len(points)
    open_in = {row["kunta_code"] for row in points if row["open"] == "true"}
    assert open_in == MUNICIPALITIES.keys()
    assert {row["level"] for row in points} == {"E", "A", "L"}
    assert all(row["open"] == "false" for row in points if row["candidate"] == "true")


def test_the_largest_place_of_every_municipality_is_near_its_own_service_point():
    study = tomllib.loads((DATA / "study.toml").read_text(encoding="utf-8"))["network"]
    profile = pv.CarProfile(
        season=study["season"],
        access_speed_kmh=study["access_speed_kmh"],
        max_access_metres=study["max_access_metres"],
    )
    network = pv.read_network(DATA / "lappi.osm.pbf", profile=profile, store="none")
    points = pv.read_service_points(DATA / "service_points.csv")
    places = pv.read_places(DATA / "population.csv")
    points = points[points["open"]]
    largest = places.loc[places.groupby("kunta_code")["population"].idxmax()]

    times = pv.travel_times(network, points, largest, direction=study["direction"]).to_frame()
    to_own = times[times["from_id"].map(largest["kunta_code"]) == times["to_id"].map(points["kunta_code"])]
    minutes = to_own.groupby("from_id")["travel_time"].min()
    assert set(minutes.index) == set(largest.index)
    assert minutes.max() <= 10, minutes.idxmax()


def test_the_study_closes_a_point_that_exists_and_names_files_that_exist():
    study = tomllib.loads((DATA / "study.toml").read_text(encoding="utf-8"))
    ids = {row["id"] for row in read_table("service_points.csv")}
    assert all(set(scenario["close"]) <= ids for scenario in study["scenario"])
    for name in (study["network"]["osm"], study["points"]["file"], study["places"]["file"]):
        assert (DATA / name).is_file()
    assert {study["areas"]["column"], study["areas"]["name_column"]} <= set(read_table("population.csv")[0])


# --- against the published figures ---------------------------------------------------------------------------


@pytest.mark.shared
def test_age_groups_of_each_municipality_are_the_published_ones():
    published = {row["code"]: row for row in shared_table("municipality_population_by_age_2018.csv")}
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in read_table("population.csv"):
        sums[row["kunta_code"]].update({key: int(row[key]) for key in ("population", *AGE_GROUPS)})

    for code in MUNICIPALITIES:
        row = {key: int(value) for key, value in published[code].items() if key not in {"code", "municipality"}}
        # The published class 13-15 straddles the boundary: two of its three years are under 15.
        young = sum(row[key] for key in YOUNG) + round(2 * row[STRADDLING] / 3)
        younger = sum(row[key] for key in YOUNGER_PENSIONERS)
        older = sum(row[key] for key in OLDER_PENSIONERS)
        assert sums[code] == {
            "population": row["total"],
            "age_0_14": young,
            "age_15_64": row["total"] - young - younger - older,
            "age_65_74": younger,
            "age_75_": older,
        }


@pytest.mark.shared
def test_centres_lie_within_two_kilometres_of_the_published_ones():
    published = {row["code"]: row for row in shared_table("municipal_centres.csv")}
    for code, centre in centres().items():
        label = published[code]
        metres = WGS84.inv(float(centre["lon"]), float(centre["lat"]), float(label["lon"]), float(label["lat"]))[2]
        assert metres < 2_000, centre["id"]


# --- the script refuses what cannot be -----------------------------------------------------------------------

HEADER = "from_id,to_id,road_number,int_ref,name,highway,maxspeed_kmh,length_m,surface,length_source\n"


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        ("A,B,4,,,trunk,100,5,asphalt,register", "shorter than"),
        ("A,C,4,,,trunk,100,5000,asphalt,register", "'C' is not in junctions.csv"),
        ("A,A,4,,,trunk,100,5000,asphalt,register", "ends where it begins"),
        ("A,B,4,,,motorway,100,5000,asphalt,register", "highway 'motorway'"),
        ("A,B,4,,,trunk,100,9000000,asphalt,register", "too long to draw"),
        ("A,B,4,,,trunk,fast,5000,asphalt,register", "row 2"),
    ],
)
def test_a_wrong_link_stops_the_build_with_one_line(tmp_path, capsys, link, complaint):
    (tmp_path / "junctions.csv").write_text(
        "id,name,lon,lat,place,kunta_code\nA,A,25.0,67.0,,\nB,B,25.1,67.0,,\n", encoding="utf-8"
    )
    (tmp_path / "links.csv").write_text(HEADER + link + "\n", encoding="utf-8")
    out = tmp_path / "out.osm.pbf"
    assert load_build_script().main(["--tables", str(tmp_path), "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert message.count("\n") == 1
    assert not out.exists()
