"""Places and boxes asked of servers that answer like Nominatim and Overpass, in good days and bad."""

from __future__ import annotations

import re

import pytest
from loopback import Reply, redirect, serving

from palveluverkko.domain.errors import BrokenOffError, DownloadError, NotThereError, StudyError
from palveluverkko.domain.web import Patience
from palveluverkko.osm import overpass
from palveluverkko.osm.overpass import find_place, query
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.regions import Box

BOX = Box(27.4, 68.6, 27.7, 68.7)

ANSWER = b"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="Overpass API 0.7.62.7 375dc00a">
<note>The data included in this document is from www.openstreetmap.org. The data is made available under ODbL.</note>
<meta osm_base="2026-11-25T08:12:33Z"/>

  <node id="1" lat="68.65" lon="27.53"/>
  <node id="2" lat="68.66" lon="27.54"/>
  <node id="3" lat="68.67" lon="27.55"/>
  <way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="Ivalontie"/></way>
  <way id="11"><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
  <relation id="20">
    <member type="way" ref="10" role="from"/>
    <member type="node" ref="2" role="via"/>
    <member type="way" ref="11" role="to"/>
    <tag k="restriction" v="no_left_turn"/><tag k="type" v="restriction"/>
  </relation>
</osm>
"""
IVALO = b"""[{"osm_type": "relation", "osm_id": 1, "boundingbox": ["68.6", "68.7", "27.4", "27.7"],
  "display_name": "Ivalo, Inari, Lappi, Suomi", "licence": "ODbL 1.0"}]"""

XML = {"Content-Type": "application/osm3s+xml"}
HASTE = Patience(attempts=2, pause_seconds=0.0, timeout_seconds=20.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server():
    with serving() as loopback:
        yield loopback


def fetch(server, path, box=BOX, **options) -> None:
    settings = {"way_tags": CarProfile().way_tags, "overpass": server.url, "user_agent": "tests", "patience": HASTE}
    overpass.fetch_box(box, path, **{**settings, **options})


def find(server, name: str = "Ivalo") -> overpass.Place:
    return find_place(name, nominatim=server.url, user_agent="tests", patience=HASTE)


@pytest.mark.parametrize("chunked", [True, False])
def test_an_answer_becomes_a_file_that_our_reader_takes(server, tmp_path, chunked):
    server.route("/api/interpreter", Reply(ANSWER, headers=XML, chunked=chunked))
    steps: list[tuple[int, int]] = []
    fetch(server, tmp_path / "ivalo.osm", progress=lambda done, total: steps.append((done, total)))
    roads = read_roads(tmp_path / "ivalo.osm", CarProfile())
    assert roads.way_id.tolist() == [10, 11]
    assert [one.relation_id for one in roads.restrictions] == [20]
    assert steps[-1] == (len(ANSWER), 0)
    assert list(tmp_path.iterdir()) == [tmp_path / "ivalo.osm"]
    (asked,) = server.asked
    assert (asked.method, asked.headers["User-Agent"]) == ("POST", "tests")


def test_the_question_names_every_road_of_the_profile_and_the_sides_in_the_order_of_overpass(server, tmp_path):
    server.route("/api/interpreter", Reply(ANSWER, headers=XML))
    fetch(server, tmp_path / "ivalo.osm")
    (asked,) = server.asked[0].form["data"]
    assert asked.count("](68.6000000,27.4000000,68.7000000,27.7000000);") == 2
    patterns = dict(re.findall(r'way\["(\w+)"~"(.*?)"\]\(', asked))
    for key, value in CarProfile().way_tags:
        assert re.search(patterns[key], value)
    assert not re.search(patterns["highway"], "motorway_junction")
    for kind in ("restriction", "restriction:hgv"):
        assert re.search(re.search(r'rel\(bw\.roads\)\["type"~"(.*?)"\]', asked)[1], kind)
    assert 'rel["type"="route"]["route"="ferry"](68.6000000,27.4000000,68.7000000,27.7000000)->.routes;' in asked
    assert "way(r.routes)->.sailed;" in asked


def test_every_parenthesis_of_the_question_is_closed():
    asked = query(BOX, CarProfile().way_tags)
    for opening, closing in ("()", "[]"):
        assert asked.count(opening) == asked.count(closing)
    assert asked.endswith(";out body;")


BUSY = b"""Connected as: 1
Rate limit: 2
Slot available after: 2026-11-25T08:12:33Z, in 28 seconds.
Slot available after: 2026-11-25T08:12:12Z, in 7 seconds.
"""


@pytest.mark.parametrize("status", [429, 504])
def test_a_busy_server_is_asked_for_its_next_turn_and_then_again(server, tmp_path, status):
    server.route("/api/interpreter", Reply(b"", status), Reply(ANSWER, headers=XML))
    server.route("/api/status", Reply(b"2 slots available now.\n"))
    fetch(server, tmp_path / "ivalo.osm")
    assert server.paths() == ["/api/interpreter", "/api/status", "/api/interpreter"]


@pytest.mark.parametrize(
    ("headers", "status", "seconds"),
    [
        ({}, Reply(BUSY), 7.0),
        ({}, Reply(b"1 slots available now.\n" + BUSY), 0.0),
        ({}, Reply(b"", 500), 0.0),
        ({"Retry-After": "11"}, Reply(BUSY), 11.0),
        ({"Retry-After": "soon"}, Reply(BUSY), 7.0),
    ],
)
def test_the_longer_of_the_pauses_that_a_server_asks_for_is_kept(server, tmp_path, headers, status, seconds):
    server.route("/api/interpreter", Reply(b"", 429, headers))
    server.route("/api/status", status)
    with pytest.raises(BrokenOffError) as error:
        fetch(server, tmp_path / "ivalo.osm", patience=Patience(attempts=1))
    assert error.value.wait_seconds == seconds


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(ANSWER[:-9], headers=XML), r"broke off after \d+ bytes"),
        (Reply(ANSWER, headers=XML, cut=300), r"broke off after 300 bytes"),
        (Reply(ANSWER, headers=XML, cut=300, chunked=True), "the connection to .* broke"),
        (Reply(b"", 504), "overloaded or out of order"),
    ],
)
def test_half_an_answer_is_asked_for_again_and_then_given_up(server, tmp_path, reply, said):
    server.route("/api/interpreter", reply)
    with pytest.raises(BrokenOffError, match=said):
        fetch(server, tmp_path / "ivalo.osm")
    assert server.paths().count("/api/interpreter") == HASTE.attempts
    assert list(tmp_path.iterdir()) == []


ENDED = ANSWER.replace(
    b"</osm>", b'<remark> runtime error: Query timed out in "query" at line 1 after 181 seconds. </remark>\n</osm>'
)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(ENDED, headers=XML), r"Overpass gave up \(runtime error: Query timed out in .* after 181 seconds\.\)"),
        (Reply(b"<html>busy</html>", headers={"Content-Type": "text/html"}), "web page instead of the file"),
        (Reply(b'<osm version="0.6">\n</osm>', headers=XML), "knows no road for a car there"),
        (Reply(b"<html>static error</html>", 400), r"is refused \(400 Bad Request\)"),
        (redirect("/api/elsewhere"), "sends the question on"),
    ],
)
def test_what_is_no_answer_is_one_line_and_leaves_the_old_file(server, tmp_path, reply, said):
    (tmp_path / "ivalo.osm").write_bytes(b"old")
    server.route("/api/interpreter", reply)
    with pytest.raises(DownloadError, match=said):
        fetch(server, tmp_path / "ivalo.osm")
    assert (tmp_path / "ivalo.osm").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "ivalo.osm"]
    assert server.paths() == ["/api/interpreter"]


def test_a_box_that_is_too_large_is_not_asked_for(server, tmp_path):
    with pytest.raises(
        StudyError, match=r"has 3\d{5} km², and Overpass is asked for 40,000 at most|has 3\d\d,\d{3} km²"
    ):
        fetch(server, tmp_path / "suomi.osm", box=Box(20.0, 60.0, 31.0, 65.0))
    assert server.asked == []


def test_a_place_is_found_by_name_with_one_question(server):
    server.route("/search", Reply(IVALO))
    assert find(server, "Ivalon kylä") == overpass.Place("Ivalo, Inari, Lappi, Suomi", BOX)
    (asked,) = server.asked
    assert asked.query == {"q": ["Ivalon kylä"], "format": ["jsonv2"], "limit": ["1"]}
    assert asked.headers["User-Agent"] == "tests"


def test_a_place_that_nobody_knows_is_said(server):
    server.route("/search", Reply(b"[]"))
    with pytest.raises(NotThereError, match="no place is called 'Ivaloo'"):
        find(server, "Ivaloo")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}x", b'{"error": 1}', b'[{"boundingbox": ["1"]}]', b'[{"boundingbox": ["9", "1", "2", "3"]}]', b"[3]"],
)
def test_an_answer_that_is_no_place_is_one_line(server, body):
    server.route("/search", Reply(body))
    with pytest.raises(DownloadError, match="answers something else than where 'Ivalo' is"):
        find(server)
