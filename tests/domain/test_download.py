"""Files from the web: whole or not at all, continued where they stopped, and from nowhere else."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import Reply, certificate, file, redirect, serving

from palveluverkko.domain.download import Checksum, Downloaded, KeptInterrupt, download, part_of
from palveluverkko.domain.errors import BrokenOffError, DownloadError, NotThereError, UnreachableError
from palveluverkko.domain.web import Patience

BODY = random.Random(7).randbytes(600_000)  # noqa: S311 - any bytes will do
NEWER = random.Random(8).randbytes(500_000)  # noqa: S311 - any bytes will do
HASTE = Patience(attempts=2, pause_seconds=0.0, timeout_seconds=20.0)
ONCE = Patience(attempts=1, pause_seconds=0.0, timeout_seconds=20.0)


def md5(body: bytes) -> Checksum:
    return Checksum("md5", hashlib.md5(body, usedforsecurity=False).hexdigest())


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server():
    with serving() as loopback:
        yield loopback


def fetch(url, path, **options) -> Downloaded:
    return download(url, path, **{"user_agent": "palveluverkko-tests", "patience": HASTE, **options})


def ranges(server) -> list[str | None]:
    return [one.headers.get("Range") for one in server.asked]


def test_a_file_arrives_whole_and_nothing_else_stays(server, tmp_path):
    url = server.route("/a.pbf", file(BODY))
    steps: list[tuple[int, int]] = []
    done = fetch(
        url, tmp_path / "deep" / "a.pbf", checksum=md5(BODY), progress=lambda done, all_: steps.append((done, all_))
    )
    assert done == Downloaded(tmp_path / "deep" / "a.pbf", len(BODY), url, "Tue, 24 Nov 2026 21:20:00 GMT", fresh=True)
    assert done.path.read_bytes() == BODY
    assert list(done.path.parent.iterdir()) == [done.path]
    assert steps == sorted(steps)
    assert steps[-1] == (len(BODY), len(BODY))
    assert server.asked[0].headers["User-Agent"] == "palveluverkko-tests"


def test_a_file_that_is_there_and_right_is_not_asked_for(server, tmp_path):
    (tmp_path / "a.pbf").write_bytes(BODY)
    assert not fetch(server.route("/a.pbf", file(BODY)), tmp_path / "a.pbf", checksum=md5(BODY)).fresh
    assert server.asked == []


def test_a_file_that_is_there_and_wrong_is_replaced(server, tmp_path):
    (tmp_path / "a.pbf").write_bytes(BODY)
    assert fetch(server.route("/a.pbf", file(NEWER)), tmp_path / "a.pbf", checksum=md5(NEWER)).fresh
    assert (tmp_path / "a.pbf").read_bytes() == NEWER


def test_a_connection_cut_in_the_middle_is_continued_and_only_the_rest_is_asked_for(server, tmp_path):
    url = server.route("/a.pbf", file(BODY, cut=250_000), file(BODY))
    assert fetch(url, tmp_path / "a.pbf", checksum=md5(BODY)).path.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=250000-"]


def test_what_one_run_left_the_next_continues(server, tmp_path):
    url = server.route("/a.pbf", file(BODY, cut=250_000), file(BODY))
    with pytest.raises(BrokenOffError, match=r"250,000 bytes\) is kept; run again to go on"):
        fetch(url, tmp_path / "a.pbf", patience=ONCE)
    assert not (tmp_path / "a.pbf").exists()
    assert part_of(tmp_path / "a.pbf").read_bytes() == BODY[:250_000]
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=250000-"]
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pbf"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 40_000), max_size=6), answers_ranges=st.booleans(), chunked=st.booleans())
def test_wherever_the_connection_breaks_the_bytes_are_the_same(tmp_path, cuts, answers_ranges, chunked):
    body = BODY[:40_000]
    broken = [file(body, cut=cut, ranges=answers_ranges) for cut in cuts]

    def as_chunks(answer):
        def chunks(asked):
            reply = answer(asked)
            reply.chunked = chunked
            return reply

        return chunks

    with serving() as server:
        url = server.route("/a.pbf", *map(as_chunks, [*broken, file(body, ranges=answers_ranges)]))
        patience = Patience(attempts=len(cuts) + 1, pause_seconds=0.0)
        assert fetch(url, tmp_path / "a.pbf", patience=patience).path.read_bytes() == body
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pbf"]


def test_attempts_that_bring_something_new_do_not_count(server, tmp_path):
    cut = [file(BODY, cut=100_000) for _ in range(5)]
    url = server.route("/a.pbf", *cut, file(BODY))
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert len(server.asked) == 6


def test_attempts_that_bring_nothing_new_end(server, tmp_path):
    url = server.route("/a.pbf", file(BODY, cut=100_000, ranges=False))
    with pytest.raises(BrokenOffError, match=r"broke off after 100,000 of 600,000 bytes"):
        fetch(url, tmp_path / "a.pbf", patience=Patience(attempts=3, pause_seconds=0.0))
    assert len(server.asked) == 3


@pytest.mark.parametrize("answers_ranges", [True, False])
def test_a_file_that_changed_between_the_attempts_begins_anew(server, tmp_path, answers_ranges):
    url = server.route("/a.pbf", file(BODY, cut=250_000), file(NEWER, ranges=answers_ranges))
    assert fetch(url, tmp_path / "a.pbf", checksum=md5(NEWER)).path.read_bytes() == NEWER


def test_a_file_without_tag_and_date_is_never_continued(server, tmp_path):
    url = server.route("/a.pbf", Reply(BODY, cut=250_000), Reply(BODY))
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert ranges(server) == [None, None]


def test_a_weak_tag_does_not_vouch_for_bytes_but_the_date_does(server, tmp_path):
    date = "Tue, 24 Nov 2026 21:20:00 GMT"
    weak = Reply(BODY, headers={"ETag": 'W/"1"', "Last-Modified": date}, cut=100_000)
    url = server.route("/a.pbf", weak, file(BODY, tag=date))
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert server.asked[1].headers["If-Range"] == date


def test_a_part_of_another_address_is_not_continued(server, tmp_path):
    one = server.route("/a.pbf", file(BODY, cut=250_000, tag='"same"'))
    other = server.route("/b.pbf", file(NEWER, tag='"same"'))
    with pytest.raises(BrokenOffError):
        fetch(one, tmp_path / "x.pbf", patience=ONCE)
    assert fetch(other, tmp_path / "x.pbf").path.read_bytes() == NEWER
    assert ranges(server)[-1] is None


@pytest.mark.parametrize("label", [b"", b"[]", b"\xff", b'{"url": 3}'])
def test_a_part_whose_label_is_spoilt_is_begun_anew(server, tmp_path, label):
    url = server.route("/a.pbf", file(BODY, cut=250_000), file(BODY))
    with pytest.raises(BrokenOffError):
        fetch(url, tmp_path / "a.pbf", patience=ONCE)
    (tmp_path / "a.pbf.part.json").write_bytes(label)
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert ranges(server) == [None, None]


def interrupt_at(most: int):
    def progress(done: int, _total: int) -> None:
        if done >= most:
            raise KeyboardInterrupt

    return progress


def test_an_interrupt_keeps_what_has_arrived(server, tmp_path):
    url = server.route("/a.pbf", file(BODY))
    with pytest.raises(KeptInterrupt) as interrupt:
        fetch(url, tmp_path / "a.pbf", progress=interrupt_at(1))
    assert interrupt.value.part == part_of(tmp_path / "a.pbf")
    kept = part_of(tmp_path / "a.pbf").stat().st_size
    assert kept > 0
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY
    assert ranges(server)[1:] in ([f"bytes={kept}-"], ["bytes=600000-", None])


@pytest.mark.parametrize("checked", [True, False])
def test_a_part_that_lacks_nothing_becomes_the_file(server, tmp_path, checked):
    url = server.route("/a.pbf", file(BODY))
    with pytest.raises(KeyboardInterrupt):
        fetch(url, tmp_path / "a.pbf", progress=interrupt_at(len(BODY)))
    checksum = md5(BODY) if checked else None
    assert fetch(url, tmp_path / "a.pbf", checksum=checksum).path.read_bytes() == BODY
    # Without a checksum nothing says that it is right: it is fetched again.
    assert ranges(server) == ([None] if checked else [None, "bytes=600000-", None])


def test_a_part_that_is_longer_than_the_file_is_begun_anew(server, tmp_path):
    url = server.route("/a.pbf", file(BODY, tag='"same"', cut=550_000), file(NEWER, tag='"same"'))
    assert fetch(url, tmp_path / "a.pbf", patience=Patience(3, 0.0)).path.read_bytes() == NEWER


def test_a_server_that_continues_another_version_is_not_believed(server, tmp_path):
    def careless(asked):
        asked.headers.pop("If-Range", None)
        return file(NEWER)(asked)

    url = server.route("/a.pbf", file(BODY, cut=250_000), careless)
    assert fetch(url, tmp_path / "a.pbf", patience=Patience(3, 0.0)).path.read_bytes() == NEWER
    assert ranges(server) == [None, "bytes=250000-", None]


def test_a_part_that_another_program_writes_to_is_begun_anew(server, tmp_path):
    url = server.route("/a.pbf", file(BODY))
    strangers = [b"stranger"]

    def meddle(_done: int, _total: int) -> None:
        while strangers:
            with part_of(tmp_path / "a.pbf").open("ab") as part:
                part.write(strangers.pop())

    assert fetch(url, tmp_path / "a.pbf", progress=meddle).path.read_bytes() == BODY


@pytest.mark.parametrize("given", ["bytes 0-599999/600000", "bytes 250000-300000/600000", "items 1-2/3", ""])
def test_another_range_than_asked_for_is_not_written(server, tmp_path, given):
    wrong = Reply(BODY[250_000:], 206, {"Content-Range": given})
    url = server.route("/a.pbf", file(BODY, cut=250_000), wrong, file(BODY))
    assert fetch(url, tmp_path / "a.pbf", patience=Patience(3, 0.0)).path.read_bytes() == BODY


def test_a_wrong_checksum_leaves_nothing_and_keeps_the_old_file(server, tmp_path):
    (tmp_path / "a.pbf").write_bytes(b"old")
    url = server.route("/a.pbf", file(BODY))
    with pytest.raises(DownloadError, match=r"arrived damaged: its md5 is not [0-9a-f]{32}\. It has been deleted"):
        fetch(url, tmp_path / "a.pbf", checksum=md5(NEWER))
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pbf"]
    assert (tmp_path / "a.pbf").read_bytes() == b"old"


def test_a_missing_file_is_said_at_once(server, tmp_path):
    with pytest.raises(NotThereError, match=r"/none\.pbf does not exist \(404 Not Found\)"):
        fetch(f"{server.url}/none.pbf", tmp_path / "a.pbf")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_server_in_trouble_is_asked_again(server, tmp_path, status):
    url = server.route("/a.pbf", Reply(b"<html>", status, {"Content-Type": "text/html"}), file(BODY))
    assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY


def test_each_failure_in_a_row_doubles_the_pause_and_a_server_may_ask_for_more_but_not_for_hours():
    silent, asking, greedy = (BrokenOffError("", wait_seconds=one) for one in (0.0, 5.0, 9999.0))
    patience = Patience(pause_seconds=1.0)
    assert [patience.wait_seconds(failed, silent) for failed in (1, 2, 3, 20)] == [1.0, 2.0, 4.0, 120.0]
    assert [patience.wait_seconds(failed, asking) for failed in (1, 2, 3, 4)] == [5.0, 5.0, 5.0, 8.0]
    assert patience.wait_seconds(1, greedy) == 120.0


def test_an_hour_to_come_back_is_understood(server, tmp_path):
    later = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1), usegmt=True)
    url = server.route("/a.pbf", Reply(b"", 503, {"Retry-After": later}))
    with pytest.raises(BrokenOffError) as error:
        fetch(url, tmp_path / "a.pbf", patience=ONCE)
    assert 3000 < error.value.wait_seconds <= 3600


def test_a_server_that_stays_in_trouble_is_given_up(server, tmp_path):
    url = server.route("/a.pbf", Reply(b"", 503))
    with pytest.raises(BrokenOffError, match=r"overloaded or out of order \(503 Service Unavailable"):
        fetch(url, tmp_path / "a.pbf")
    assert len(server.asked) == HASTE.attempts


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_is_not_asked_again(server, tmp_path, status):
    with pytest.raises(DownloadError, match=rf"is refused \({status}"):
        fetch(server.route("/a.pbf", Reply(b"", status)), tmp_path / "a.pbf")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_and_continued(server, tmp_path, status):
    dated = server.route("/a-261124.pbf", file(BODY, cut=250_000), file(BODY))
    done = fetch(server.route("/a-latest.pbf", redirect("/a-261124.pbf", status)), tmp_path / "a.pbf")
    assert (done.path.read_bytes(), done.url) == (BODY, dated)
    assert ranges(server) == [None, None, "bytes=250000-", "bytes=250000-"]


def test_a_redirect_to_another_host_is_refused_unless_it_is_allowed(server, tmp_path):
    server.route("/b.pbf", file(BODY))
    url = server.route("/a.pbf", redirect(f"{server.elsewhere}/b.pbf"))
    with pytest.raises(DownloadError, match="leads to another host, localhost; nothing was taken from there"):
        fetch(url, tmp_path / "a.pbf")
    assert server.paths() == ["/a.pbf"]
    assert fetch(url, tmp_path / "a.pbf", allowed_hosts=("localhost",)).path.read_bytes() == BODY


def test_a_circle_of_redirects_ends(server, tmp_path):
    with pytest.raises(DownloadError, match="is refused"):
        fetch(server.route("/a.pbf", redirect("/a.pbf")), tmp_path / "a.pbf")


@pytest.mark.parametrize(
    "to", ["ftp://127.0.0.1/a.pbf", "file:///etc/hostname", "http://[::1/a", "http://127.0.0.1:x/a"]
)
def test_a_redirect_out_of_the_web_is_refused(server, tmp_path, to):
    with pytest.raises(DownloadError, match=r"leads to|is refused"):
        fetch(server.route("/a.pbf", redirect(to)), tmp_path / "a.pbf", allowed_hosts=("127.0.0.1",))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def pem(tmp_path_factory):
    made = certificate(tmp_path_factory.mktemp("keys"))
    if made is None:
        pytest.skip("openssl is absent: no certificate for a server of our own")
    return made


def test_encryption_is_never_left(server, tmp_path, monkeypatch, pem):
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    plain = server.route("/a.pbf", file(BODY))
    with serving(pem) as secure:
        with pytest.raises(DownloadError, match="leads to an address without encryption"):
            fetch(secure.route("/a.pbf", redirect(plain)), tmp_path / "a.pbf")
        assert server.asked == []
        # The other way round is an improvement.
        good = secure.route("/b.pbf", file(BODY))
        assert fetch(server.route("/b.pbf", redirect(good)), tmp_path / "b.pbf").path.read_bytes() == BODY


def test_a_certificate_that_is_not_trusted_is_said_with_the_remedy(tmp_path, monkeypatch, pem):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with serving(pem) as secure:
        url = secure.route("/a.pbf", file(BODY))
        with pytest.raises(UnreachableError, match=r"does not trust \(self.signed certificate\).*SSL_CERT_FILE"):
            fetch(url, tmp_path / "a.pbf")
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert fetch(url, tmp_path / "a.pbf").path.read_bytes() == BODY


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/hostname", "ftp://example.org/a", "a.pbf", "https:///a", "", "http://127.0.0.1:x/a"),
        *(
            "http://[::1/a",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/ä",
            "http://127.0.0.1/a\n",
            "http://127.0.0.1:99999/",
        ),
    ],
)
def test_what_is_no_address_on_the_web_is_refused(tmp_path, url):
    with pytest.raises(DownloadError, match="is no address on the web"):
        fetch(url, tmp_path / "a.pbf")


def test_a_user_name_in_an_address_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(DownloadError, match="holds a user name") as error:
        fetch("https://mikko:salainen@example.org/a.pbf", tmp_path / "a.pbf")
    assert "salainen" not in str(error.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"anything", "text/html; charset=utf-8"),
        (b"<!DOCTYPE html><html>Log in", "application/octet-stream"),
        (b"\xef\xbb\xbf\n <HTML lang=fi>", "application/octet-stream"),
    ],
)
def test_a_web_page_with_status_200_is_not_taken_for_the_file(server, tmp_path, body, kind):
    with pytest.raises(DownloadError, match="answers with a web page instead of the file"):
        fetch(server.route("/a.pbf", Reply(body, 200, {"Content-Type": kind})), tmp_path / "a.pbf")
    assert list(tmp_path.iterdir()) == []


def test_a_body_of_unknown_length_is_refused_for_nobody_could_tell_that_it_is_whole(server, tmp_path):
    with pytest.raises(DownloadError, match="does not say how long the file is"):
        fetch(server.route("/a.pbf", Reply(BODY, length=False)), tmp_path / "a.pbf")


def test_a_packed_body_is_refused(server, tmp_path):
    with pytest.raises(DownloadError, match="packing that was not asked for"):
        fetch(server.route("/a.pbf", Reply(BODY, headers={"Content-Encoding": "gzip"})), tmp_path / "a.pbf")


def test_a_silent_server_is_given_up_after_the_timeout(server, tmp_path):
    url = server.route("/a.pbf", Reply(silent=True))
    with pytest.raises(BrokenOffError, match=r"the connection to 127\.0\.0\.1 broke \(.*timed out"):
        fetch(url, tmp_path / "a.pbf", patience=Patience(2, 0.0, timeout_seconds=0.1))
    assert len(server.asked) == 2


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", server.url)
    server.route("/a.pbf", file(BODY, cut=250_000), file(BODY))
    assert fetch("http://somewhere.invalid/a.pbf", tmp_path / "a.pbf").path.read_bytes() == BODY
    assert [one.headers["Host"] for one in server.asked] == ["somewhere.invalid"] * 2


def test_a_proxy_that_wants_a_log_in_is_said(server, tmp_path):
    with pytest.raises(DownloadError, match=r"the proxy on the way to 127\.0\.0\.1 wants a log-in"):
        fetch(server.route("/a.pbf", Reply(b"", 407)), tmp_path / "a.pbf")


def test_a_machine_without_network_is_told_at_once(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1 cannot be reached \(.*refused"):
            fetch(f"http://127.0.0.1:{port}/a.pbf", tmp_path / "a.pbf", patience=Patience(9, 60.0))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_said_before_a_byte_is_written(server, tmp_path):
    url = server.route("/a.pbf", Reply(BODY, headers={"Content-Length": str(10**18)}, cut=100_000))
    with pytest.raises(DownloadError, match=r"has no room for a\.pbf: 1,000,000,000,000 MB are wanted"):
        fetch(url, tmp_path / "deep" / "a.pbf")
    assert list(tmp_path.iterdir()) == []


def test_who_watches_may_decline_before_a_byte_is_written(server, tmp_path):
    class DeclinedError(Exception):
        pass

    def decline(done: int, total: int) -> None:
        raise DeclinedError(done, total)

    with pytest.raises(DeclinedError) as asked:
        fetch(server.route("/a.pbf", file(BODY)), tmp_path / "a.pbf", begin=decline)
    assert asked.value.args == (0, len(BODY))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_said_before_anything_is_asked(server, tmp_path):
    with pytest.raises(DownloadError, match="is a folder"):
        fetch(server.route("/a.pbf", file(BODY)), tmp_path)
    assert server.asked == []


def test_a_folder_that_cannot_be_made_is_one_line(server, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(server.route("/a.pbf", file(BODY)), tmp_path / "taken" / "a.pbf")
