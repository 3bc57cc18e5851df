"""A server on this machine that answers as files of the web do, and as badly."""

from __future__ import annotations

import hashlib
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """One answer.

    ``cut`` ends the connection after so many bytes of the body, or with ``hold`` leaves it open and sends no more;
    ``silent`` says nothing at all.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hold: bool = False
    silent: bool = False
    length: bool = True
    chunked: bool = False


@dataclass
class Asked:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    form: dict[str, list[str]]


Answering = Callable[[Asked], Reply]


class Loopback:
    """Routes by path, each a list of answers of which the last repeats, and everything that was asked."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.elsewhere = f"http://localhost:{port}"
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._routes: dict[str, list[Answering | Reply]] = {}

    def route(self, path: str, *answers: Answering | Reply) -> str:
        """Say what a path answers, and give its address."""
        self._routes[path] = list(answers)
        return f"{self.url}{path}"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        answers = self._routes.get(asked.path)
        if not answers:
            return Reply(b"<html>Not found</html>", 404, {"Content-Type": "text/html"})
        chosen = answers.pop(0) if len(answers) > 1 else answers[0]
        return chosen if isinstance(chosen, Reply) else chosen(asked)


def file(body: bytes, *, tag: str | None = None, cut: int | None = None, ranges: bool = True) -> Answering:
    """Answer as a server of files does: Range and If-Range, a strong tag, a date."""
    tag = tag or f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    dated = {"ETag": tag, "Last-Modified": "Tue, 24 Nov 2026 21:20:00 GMT"}

    def answer(asked: Asked) -> Reply:
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
        if wanted is None or not ranges or asked.headers.get("If-Range", tag) != tag:
            return Reply(body, 200, dated, cut=cut)
        start = int(wanted[1])
        if start >= len(body):
            return Reply(b"", 416, {"Content-Range": f"bytes */{len(body)}"})
        return Reply(
            body[start:], 206, {**dated, "Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}, cut=cut
        )

    return answer


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": to})


def certificate(folder: Path) -> Path | None:
    """Make a certificate for this machine and its key in one file; None where there is no openssl."""
    program = shutil.which("openssl")
    if program is None:
        return None
    made = folder / "server.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [program, *options.split(), "-keyout", made, "-out", folder / "cert"], check=True, capture_output=True
    )
    made.write_bytes(made.read_bytes() + (folder / "cert").read_bytes())
    return made


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            self._handle("")

        def do_POST(self) -> None:
            self._handle(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _handle(self, sent: str) -> None:
            parts = urlsplit(self.path)
            asked = Asked(self.command, parts.path, dict(self.headers), parse_qs(parts.query), parse_qs(sent))
            reply = loopback.answer(asked)
            self.close_connection = True
            if reply.silent:
                loopback.over.wait(30)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif reply.length and "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(_on_the_wire(reply))
            if reply.hold:
                loopback.over.wait(30)

    return Handler


def _on_the_wire(reply: Reply) -> bytes:
    """Give the body as it is sent, as far as it is sent."""
    body = reply.body[: reply.cut]
    if not reply.chunked:
        return body
    begin = b"%x\r\n%b" % (len(reply.body), body) if reply.body else b""
    return begin if reply.cut is not None else begin + (b"\r\n" if body else b"") + b"0\r\n\r\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        # Clients of these tests hang up early on purpose, over https in the middle of the greeting.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(pem: Path | None = None) -> Iterator[Loopback]:
    """Serve on a free port of this machine until the block ends; with a certificate and its key over https."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        # Greeted in the thread of each connection: one that says nothing would hold the thread that accepts them.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    loopback = Loopback(server.server_address[1], "http" if pem is None else "https")
    server.RequestHandlerClass = _handler(loopback)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield loopback
    finally:
        loopback.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
