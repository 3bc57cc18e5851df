"""Fetching roads as a user meets it, from a server on this machine that answers as the public ones do."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import command_line, killed_at_last
from loopback import Reply, file, serving

from palveluverkko import cli
from palveluverkko.domain.errors import NotThereError
from palveluverkko.osm.fetch import Servers, fetch_roads
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import read_roads

ROOT = Path(__file__).parents[1]
PBF = (ROOT / "data" / "lappi" / "lappi.osm.pbf").read_bytes()

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="Overpass API">
<meta osm_base="2026-11-25T08:12:33Z"/>
  <node id="1" lat="68.65" lon="27.53"/>
  <node id="2" lat="68.66" lon="27.54"/>
  <way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>
</osm>
"""
IVALO = b'[{"boundingbox": ["68.6", "68.7", "27.4", "27.7"], "display_name": "Ivalo, Inari, Lappi, Suomi"}]'
ESTONIA = b'[{"boundingbox": ["57.5", "59.9", "21.4", "28.2"], "display_name": "Eesti"}]'
INDEX = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"properties": {"id": one, "urls": {"pbf": f"https://download.geofabrik.de/{one}-latest.osm.pbf"}}}
            for one in ("europe", "europe/finland", "europe/estonia", "europe/andorra", "north-america/us/vermont")
        ],
    }
).encode()
LICENCE = "Licence: © OpenStreetMap contributors, ODbL 1.0 (https://www.openstreetmap.org/copyright)"


def md5(body: bytes) -> Reply:
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return Reply(f"{digest}  finland-latest.osm.pbf\n".encode())


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve Finland, and make every command of the test ask this server, in an empty working folder."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)
    with serving() as loopback:
        for name in ("MIRROR", "OVERPASS", "NOMINATIM"):
            monkeypatch.setenv(f"PALVELUVERKKO_{name}", loopback.url)
        loopback.route("/europe/finland-latest.osm.pbf", file(PBF))
        loopback.route("/europe/finland-latest.osm.pbf.md5", md5(PBF))
        loopback.route("/index-v1-nogeom.json", Reply(INDEX))
        loopback.route("/search", Reply(IVALO))
        loopback.route("/api/interpreter", Reply(XML))
        yield loopback


@pytest.fixture
def fetch(monkeypatch, capsys):
    """Run ``fetch osm`` in this process; give the exit code and the lines on stdout and stderr."""

    def run(*arguments: object) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, "argv", ["palveluverkko", "fetch", "osm", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        heard = capsys.readouterr()
        return int(end.value.code or 0), heard.out.splitlines(), heard.err.splitlines()

    return run


@pytest.mark.parametrize("name", ["finland", "Suomi", "europe/finland"])
def test_finland_arrives_and_everything_worth_knowing_is_said(fetch, server, tmp_path, name):
    code, out, err = fetch(name)
    assert (code, err) == (0, [])
    assert out == [
        "finland-latest.osm.pbf",
        f"{len(PBF) / 1e6:,.1f} MB, data without a date, md5 checked",
        f"From {server.url}/europe/finland-latest.osm.pbf",
        LICENCE,
        'In study.toml, seen from its folder: osm = "finland-latest.osm.pbf"',
    ]
    assert (tmp_path / "finland-latest.osm.pbf").read_bytes() == PBF


def test_what_is_there_and_right_is_not_fetched_again(fetch, server):
    fetch("finland")
    code, out, _ = fetch("finland")
    assert code == 0
    assert "was there already, md5 checked" in out[1]
    assert server.paths().count("/europe/finland-latest.osm.pbf") == 1


def test_the_day_of_the_data_is_read_from_the_file(fetch, server, shared_data):
    body = (shared_data / "osm" / "andorra.osm.pbf").read_bytes()
    server.route("/europe/andorra-latest.osm.pbf", file(body))
    code, out, _ = fetch("europe/andorra", "--out", "deep/andorra.osm.pbf")
    assert code == 0
    assert "data of 2021-10-28, size checked (the server has no checksum)" in out[1]
    assert Path("deep/andorra.osm.pbf").read_bytes() == body


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["lappi", "Lappland", "Lapin hyvinvointialue"])
def test_a_region_is_finland_and_how_to_cut_it(fetch, name):
    code, out, err = fetch(name, "--out", "study/lappi.osm.pbf")
    assert (code, err) == (0, [])
    assert out[0] == "study/finland-latest.osm.pbf"
    assert out[4].startswith("This is all of Finland. In study.toml this line under osm keeps Lappi")
    clip = tomllib.loads(out[5].strip())["clip"]
    command = out[7].split()
    west, south, east, north = (float(one) for one in command[3].split(","))
    # The study widens the box by itself.
    assert west < clip[0] < clip[2] < east
    assert south < clip[1] < clip[3] < north
    assert command == [
        *("osmium", "extract", "--bbox", f"{west},{south},{east},{north}"),
        *("-o", "study/lappi.osm.pbf", "study/finland-latest.osm.pbf"),
    ]
    assert (west < 20.54, east > 30.02) == (True, True)
    assert south == pytest.approx(65.29 - 10 / 111.32, abs=1e-4)
    assert north == pytest.approx(70.10 + 10 / 111.32, abs=1e-4)


def test_a_place_is_asked_of_nominatim_and_overpass_with_a_margin(fetch, server):
    code, out, err = fetch("Ivalo")
    assert (code, err) == (0, [])
    assert out[0] == "ivalo.osm"
    assert "data of 2026-11-25, answer complete" in out[1]
    assert out[2].startswith(f"From {server.url}: 10 km around Ivalo, Inari, Lappi, Suomi (27.1")
    assert out[3:] == [LICENCE, 'In study.toml, seen from its folder: osm = "ivalo.osm"']
    assert server.paths() == ["/search", "/api/interpreter"]
    assert "](68.5101689," in server.asked[1].form["data"][0]
    assert read_roads(Path("ivalo.osm"), CarProfile()).way_id.tolist() == [10]
    assert server.asked[0].headers["User-Agent"].startswith("palveluverkko/")


def test_a_slash_in_the_name_of_a_place_does_not_make_it_an_extract(fetch, server):
    assert fetch("Ivalo / Avvil")[1][0] == "ivalo-avvil.osm"
    assert server.asked[0].query["q"] == ["Ivalo / Avvil"]


def test_a_box_is_asked_for_as_it_is(fetch, server):
    code, out, _ = fetch("27.4,68.6,27.7,68.7", "--out", "ivalo.osm")
    assert (code, out[0], server.paths()) == (0, "ivalo.osm", ["/api/interpreter"])
    assert "](68.6000000,27.4000000,68.7000000,27.7000000);" in server.asked[0].form["data"][0]


def refused(answer: tuple[int, list[str], list[str]]) -> str:
    """Give the one line of a refusal."""
    code, out, err = answer
    assert (code, out, len(err)) == (cli.EXIT_BAD_INPUT, [], 1), err
    assert err[0].startswith("palveluverkko: ")
    return err[0]


def test_an_extract_that_is_not_there_names_those_with_a_near_name(fetch, server, tmp_path):
    said = refused(fetch("europe/finlnd"))
    assert f"{server.url}/europe/finlnd-latest.osm.pbf does not exist (404 Not Found). " in said
    assert "Extracts with a near name: europe/finland" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("index", [Reply(b"[]"), Reply(b"\xff"), Reply(b"", 404)])
def test_an_extract_that_is_not_there_is_said_even_where_there_is_no_list(fetch, server, index):
    server.route("/index-v1-nogeom.json", index)
    assert refused(fetch("europe/finlnd")).endswith(f"What there is, is shown on {server.url}.")


def test_a_wrong_checksum_deletes_the_file_and_says_so(fetch, server, tmp_path):
    server.route("/europe/finland-latest.osm.pbf", file(PBF[:-1]))
    said = refused(fetch("finland"))
    assert "arrived damaged: its md5 is not" in said
    assert said.endswith("It has been deleted; run again.")
    assert list(tmp_path.iterdir()) == []


def test_a_new_extract_that_overtakes_its_checksum_is_fetched_with_the_new_one(fetch, server):
    server.route("/europe/finland-latest.osm.pbf.md5", md5(b"yesterday's"), md5(PBF))
    assert fetch("finland")[0] == 0
    assert Path("finland-latest.osm.pbf").read_bytes() == PBF


def test_a_checksum_that_is_none_is_refused(fetch, server):
    server.route("/europe/finland-latest.osm.pbf.md5", Reply(b"sorry"))
    assert "holds no md5" in refused(fetch("finland"))


def test_what_arrives_and_is_no_extract_is_said(fetch, server):
    server.route("/europe/finland-latest.osm.pbf", file(b"something else" * 1000))
    server.route("/europe/finland-latest.osm.pbf.md5", md5(b"something else" * 1000))
    assert "finland-latest.osm.pbf has arrived and is no .osm.pbf" in refused(fetch("finland"))


def unused_address() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.usefixtures("server")
def test_a_machine_without_network_is_told_what_to_fetch_by_hand_and_where_it_goes(fetch):
    away = unused_address()
    said = refused(fetch("lappi", "--mirror", away, "--out", "study/lappi.osm.pbf"))
    assert "127.0.0.1 cannot be reached (Connection refused). Without network: " in said
    assert f"fetch {away}/europe/finland-latest.osm.pbf on another machine and put it at study/finland-" in said
    for options in (("--nominatim", away), ("--overpass", away)):
        said = refused(fetch("Ivalo", *options))
        assert "fetch https://download.geofabrik.de/europe/finland-latest.osm.pbf on another machine" in said
        assert "put it at finland-latest.osm.pbf; or name a server within reach with --overpass" in said


def test_a_place_that_nobody_knows_names_what_is_near(fetch, server):
    server.route("/search", Reply(b"[]"))
    said = refused(fetch("lapi"))
    assert "no place is called 'lapi'. Regions with a near name: Lappi. Its 5 extracts are shown on" in said
    assert "Extracts with a near name: europe/finland" in refused(fetch("finnland"))


def test_a_place_that_is_too_large_names_its_extract(fetch, server):
    server.route("/search", Reply(ESTONIA))
    said = refused(fetch("estonia"))
    assert "Eesti is too large to be asked of Overpass" in said
    assert "europe/estonia" in said
    assert "/api/interpreter" not in server.paths()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("finland", "--out", "finland.osm"), "finland.osm does not end in .osm.pbf"),
        (("lappi", "--out", "lappi.pbf"), "lappi.pbf does not end in .osm.pbf"),
        (("Ivalo", "--out", "ivalo.osm.pbf"), "ivalo.osm.pbf does not end in .osm"),
        (("26,65,24,66",), "is no box; give west,south,east,north"),
        ((" ",), "say what to fetch"),
        (("finland", "--mirror", "download.geofabrik.de"), "is no address on the web"),
        (("finland", "--out", "."), ". does not end in .osm.pbf"),
    ],
)
def test_what_cannot_be_fetched_is_one_line_before_roads_are_asked_for(fetch, server, arguments, said):
    assert said in refused(fetch(*arguments))
    assert server.paths() == []


def call(*arguments: object, at_first: Callable[[], bool] | None = None, before: str = "") -> tuple[int, str, str]:
    """Run the command line as another process; send an interrupt as soon as something is so."""
    command = command_line("fetch", "osm", *arguments, before=before)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as process, killed_at_last(process):
        while at_first is not None and not at_first():
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        if at_first is not None:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_an_interrupt_keeps_what_has_arrived_and_the_same_command_goes_on(server, tmp_path):
    # The length is promised, half arrives, and then the line is held.
    half = len(PBF) // 2

    def hold(asked):
        reply = file(PBF)(asked)
        reply.cut, reply.hold = half, True
        return reply

    part = tmp_path / "finland-latest.osm.pbf.part"
    server.route("/europe/finland-latest.osm.pbf", hold, file(PBF))
    code, out, err = call("finland", at_first=lambda: part.exists() and part.stat().st_size == half)
    assert (code, out) == (130, "")
    assert err == (
        "palveluverkko: interrupted; finland-latest.osm.pbf.part keeps what has arrived, run the same again to go on\n"
    )
    code, out, err = call("finland")
    assert (code, err) == (0, "")
    assert (tmp_path / "finland-latest.osm.pbf").read_bytes() == PBF
    assert server.asked[-1].headers["Range"] == f"bytes={half}-"
    assert not part.exists()


def test_a_disk_that_fills_up_is_one_line_and_the_next_run_goes_on(server, tmp_path):
    pytest.importorskip("resource")
    most = len(PBF) // 2
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"
    code, out, err = call("finland", before=full)
    assert (code, out) == (cli.EXIT_BAD_INPUT, "")
    assert err == (
        "palveluverkko: finland-latest.osm.pbf finds no room (File too large); make room and run again, what has "
        "arrived is kept.\n"
    )
    assert call("finland")[0] == 0
    assert server.asked[-1].headers["Range"] == f"bytes={most}-"
    assert (tmp_path / "finland-latest.osm.pbf").read_bytes() == PBF


def test_an_interrupt_at_overpass_leaves_nothing(server, tmp_path):
    server.route("/api/interpreter", Reply(silent=True))
    code, out, err = call("Ivalo", at_first=lambda: "/api/interpreter" in server.paths())
    assert (code, out, err) == (130, "", "palveluverkko: interrupted; nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def on_a_terminal(folder: Path, *arguments: str, typed: bytes = b"") -> tuple[int, str]:
    """Run the command line at a terminal where somebody types; give the exit code and what is shown."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "palveluverkko", "fetch", "osm", *arguments]
    wide = {**os.environ, "COLUMNS": "300", "TERM": "xterm"}
    process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=wide)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
            if typed and b"Go on?" in shown:
                os.write(ours, typed)
                typed = b""
    except OSError:
        pass  # Linux ends the reading with an error when the other end is closed.
    os.close(ours)
    return process.wait(), shown.decode()


BIG = 101_000_000


def big(_asked):
    """Promise an extract so large that one is asked, and end when it is begun."""
    return Reply(PBF, headers={"Content-Length": str(BIG), "ETag": '"big"'})


def test_whoever_sits_at_a_terminal_is_asked_before_much_is_fetched(server, tmp_path):
    server.route("/europe/finland-latest.osm.pbf", big)
    code, shown = on_a_terminal(tmp_path, "finland", typed=b"n\n")
    assert code == 0
    assert "101 MB are to be fetched. Go on? [Y/n]" in shown
    assert "Nothing was fetched" in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("options", "asked"), [((), True), (("--yes",), False)])
def test_who_agrees_or_has_agreed_gets_it_and_sees_how_far_it_is(server, tmp_path, options, asked):
    zeros = PBF + bytes(BIG - len(PBF))
    server.route("/europe/finland-latest.osm.pbf", file(zeros))
    server.route("/europe/finland-latest.osm.pbf.md5", md5(zeros))
    code, shown = on_a_terminal(tmp_path, "finland", *options, typed=b"y\n" if asked else b"")
    assert code == 0
    assert ("Go on?" in shown) is asked
    assert "of 101 MB" in shown
    assert (tmp_path / "finland-latest.osm.pbf").stat().st_size == BIG
    (tmp_path / "finland-latest.osm.pbf").unlink()


def test_from_python_the_public_servers_are_the_default_and_others_are_named(server, tmp_path):
    assert Servers() == Servers(
        "https://download.geofabrik.de", "https://overpass-api.de", "https://nominatim.openstreetmap.org"
    )
    ours = Servers(server.url, server.url, server.url)
    fetched = fetch_roads("27.4,68.6,27.7,68.7", tmp_path / "a.osm", user_agent="tests", servers=ours)
    assert (fetched.path, fetched.data_date, fetched.fresh) == (tmp_path / "a.osm", "2026-11-25", True)
    with pytest.raises(NotThereError):
        fetch_roads("europe/nowhere", user_agent="tests", servers=ours)
