"""Population and areas from a WFS server of this machine: paged, resumed, refused in one line."""

import geopandas
import pytest
from loopback import Reply, serving
from wfs_server import QUICK, answering, square

from palveluverkko import cli
from palveluverkko.domain.download import KeptInterrupt
from palveluverkko.domain.errors import BrokenOffError, DownloadError, TableError
from palveluverkko.tables.areas import read_areas
from palveluverkko.tables.places import read_places
from palveluverkko.tables.wfs import Query, areas_query, fetch_features, population_query, within_degrees


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)
    with serving() as loopback:
        yield loopback


def fetch(query, path, **options):
    return fetch_features(query, path, user_agent="palveluverkko/test", patience=QUICK, **options)


@pytest.mark.parametrize("matched", [True, False])
def test_pages_make_one_layer_that_is_read_as_places(server, tmp_path, matched):
    url = server.route("/wfs", answering([square(one) for one in range(5)], matched=matched))
    path, seen = tmp_path / "people.gpkg", []
    query = Query(url, "vaestoruutu:vaki2023_1km", sort_by="grd_id", page=2)
    assert fetch(query, path, progress=lambda done, _all: seen.append(done)) == 5
    assert seen == [2, 4, 5]
    asked = server.asked[0].query
    assert (asked["typeNames"], asked["sortBy"], asked["srsName"]) == (
        ["vaestoruutu:vaki2023_1km"],
        ["grd_id"],
        ["EPSG:3067"],
    )
    places = read_places(path)
    assert places.index.tolist() == [f"1kmN6675E0{385 + one}" for one in range(5)]
    assert places.crs == "EPSG:3067"
    assert places["population"].tolist() == [10, 10, 4, 10, 10]
    assert places["age_65_"].tolist() == [3, 3, -1, 3, 3]
    assert places["men"].tolist() == [4, 4, -1, 4, 4]
    assert list(tmp_path.iterdir()) == [path]


def test_a_fetch_that_broke_off_goes_on_with_the_page_that_is_missing(server, tmp_path):
    url = server.route("/wfs", answering([square(one) for one in range(5)], after=2))
    query, path = Query(url, "a:b", page=2), tmp_path / "people.gpkg"
    with pytest.raises(BrokenOffError):
        fetch(query, path)
    assert not path.exists()
    before = len(server.asked)
    assert fetch(query, path) == 5
    assert [one.query["startIndex"][0] for one in server.asked[before:]] == ["2", "4"]


def test_pages_of_another_question_are_not_used(server, tmp_path):
    url = server.route("/wfs", answering([square(one) for one in range(5)], after=2))
    path = tmp_path / "people.gpkg"
    with pytest.raises(BrokenOffError):
        fetch(Query(url, "a:b", page=2), path)
    before = len(server.asked)
    assert fetch(Query(url, "a:c", page=2), path) == 5
    assert server.asked[before].query["startIndex"] == ["0"]


def test_an_interrupt_keeps_the_pages_that_are_there(server, tmp_path):
    url = server.route("/wfs", answering([square(one) for one in range(5)]))

    def interrupt(done, _all):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeptInterrupt) as kept:
        fetch(Query(url, "a:b", page=2), tmp_path / "people.gpkg", progress=interrupt)
    assert len(list(kept.value.part.glob("page-*"))) == 2


def test_a_layer_that_changes_between_two_pages_is_begun_anew(server, tmp_path):
    few, many = [square(one) for one in range(4)], [square(one) for one in range(5)]
    url = server.route("/wfs", answering(few), answering(many))
    with pytest.raises(DownloadError, match=r"has changed while it was fetched \(4 features, now 5\)"):
        fetch(Query(url, "a:b", page=2), tmp_path / "people.gpkg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ([], "has no features there"),
        ([square(0), square(0)], "1 features twice"),
        ([{**square(0), "geometry": None}], "without a geometry"),
        ([{**square(0), "geometry": {"type": "Point", "coordinates": [6_675_000, 385_000]}}], "not in Finland"),
    ],
)
def test_what_is_no_layer_of_places_is_refused(server, tmp_path, features, problem):
    url = server.route("/wfs", answering(features))
    with pytest.raises(DownloadError, match=problem):
        fetch(Query(url, "a:b"), tmp_path / "people.gpkg")
    assert not (tmp_path / "people.gpkg").exists()


def test_what_the_server_says_instead_is_told(server, tmp_path):
    said = b"<ows:ExceptionReport><ows:ExceptionText>Feature type a:b unknown</ows:ExceptionText></ows:ExceptionReport>"
    url = server.route("/wfs", Reply(said))
    with pytest.raises(DownloadError, match="a:b: Feature type a:b unknown"):
        fetch(Query(url, "a:b"), tmp_path / "people.gpkg")
    url = server.route("/json", Reply(b"{}"))
    with pytest.raises(DownloadError, match="holds no features"):
        fetch(Query(url, "a:b"), tmp_path / "people.gpkg")
    with pytest.raises(DownloadError, match="no GeoPackage"):
        fetch(Query(url, "a:b"), tmp_path / "people.csv")


def test_the_commands_fetch_into_files_that_a_study_reads(server, tmp_path, capsys, monkeypatch):
    url = server.route("/wfs", answering([square(one) for one in range(3)]))
    command = ["palveluverkko", "fetch", "population", "--year", "2022", "--box", "24,60,26,61", "--server", url]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "population_1km_2022.gpkg: 3 features of vaestoruutu:vaki2022_1km" in out
    assert "Statistics Finland, CC BY 4.0" in out
    assert server.asked[0].query["bbox"][0].endswith("EPSG:3067")
    assert len(read_places(tmp_path / "population_1km_2022.gpkg")) == 3


def test_areas_are_fetched_by_kind_and_read_with_their_codes(server, tmp_path):
    one = square(0)
    county = {**one, "properties": {"vuosi": 2024, "hyvinvointialue": "21", "nimi": "Lappi"}}
    url = server.route("/wfs", answering([county]))
    query = areas_query(kind="counties", year=2024, server=url)
    assert query.layer == "tilastointialueet:hyvinvointialue1000k_2024"
    fetch(query, tmp_path / "counties.gpkg")
    areas = read_areas(tmp_path / "counties.gpkg")
    assert (areas.index.tolist(), areas["name"].tolist()) == (["21"], ["Lappi"])


def test_kinds_and_grids_that_are_not_known_are_named():
    with pytest.raises(TableError, match="'towns' are not known; use one of municipalities, counties"):
        areas_query(kind="towns", year=2024)
    with pytest.raises(TableError, match="'250m' is not open data"):
        population_query(year=2023, grid="250m")


def test_a_box_in_degrees_lies_within_that_in_metres():
    west, south, east, north = within_degrees((20.0, 60.0, 31.0, 69.0))
    corners = geopandas.GeoSeries.from_xy([20, 31, 27, 31], [60, 69, 60, 60], crs=4326).to_crs(3067)
    assert west <= corners.x.min() <= corners.x.max() <= east
    assert south <= corners.y.min() <= corners.y.max() <= north
