"""Ask servers on the web: only where we meant to, in good time, and with one clear line when it goes wrong.

Standard library: it takes the proxy and the trusted certificates of the system, which is where the machines of
authorities have theirs.
"""

from __future__ import annotations

import email.utils
import errno
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import IO, TypeVar
from urllib.parse import urlsplit

from palveluverkko.domain.errors import BrokenOffError, DownloadError, NotThereError, UnreachableError

Made = TypeVar("Made")

_BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""

_GONE = frozenset({404, 410})

_SCHEMES = ("http", "https")

_LONGEST_WAIT_SECONDS = 120.0
"""A server may ask for no longer pause than this; whoever is watching would take us for dead."""

_NO_WAY = frozenset({errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


class WrongRangeError(BrokenOffError):
    """The server cannot continue a file where it was left; from the start it may."""


@dataclass(frozen=True)
class Patience:
    """How often and how long to try.

    Parameters
    ----------
    attempts
        Attempts in a row that bring nothing new before giving up.
    pause_seconds
        Pause after the first of them; each later one is twice as long.
    timeout_seconds
        Longest silence of a server.
    """

    attempts: int = 5
    pause_seconds: float = 1.0
    timeout_seconds: float = 60.0

    def wait_seconds(self, failed: int, error: BrokenOffError) -> float:
        """Tell how long to wait after failures in a row: twice as long each time, and what the server asks for."""
        return min(max(self.pause_seconds * 2.0 ** (failed - 1), error.wait_seconds), _LONGEST_WAIT_SECONDS)

    def pause(self, failed: int, error: BrokenOffError) -> None:
        """Wait before the next attempt."""
        time.sleep(self.wait_seconds(failed, error))


@dataclass(frozen=True)
class Answer:
    """What a server answers: status, headers, the address it came from after redirects, and the body to read."""

    status: int
    headers: Message
    url: str
    body: http.client.HTTPResponse

    def read(self, size: int = -1) -> bytes:
        """Read on until so many bytes are there or the body ends; at most all of it.

        Raises
        ------
        BrokenOffError
            The connection broke or the server fell silent.
        """
        with _errors(self.url):
            return self.body.read(size)

    def read_some(self, most: int) -> bytes:
        """Read what has arrived, waiting only for the first byte; an empty result is the end. Errors as ``read``."""
        with _errors(self.url):
            return self.body.read1(most)


def patiently(request: Callable[[], Made], patience: Patience) -> Made:
    """Repeat a request while it breaks off, as often as patience allows."""
    for failed in range(1, patience.attempts):
        try:
            return request()
        except BrokenOffError as error:
            patience.pause(failed, error)
    return request()


@contextmanager
def opened(
    url: str,
    *,
    user_agent: str,
    timeout_seconds: float,
    headers: Mapping[str, str] | None = None,
    data: bytes | None = None,
    allowed_hosts: tuple[str, ...] = (),
) -> Iterator[Answer]:
    """Open an address; with data as POST, else as GET.

    Redirects are followed to the same host and to those allowed, and never from https to http.

    Raises
    ------
    NotThereError
        404 or 410.
    UnreachableError
        Nobody answers.
    BrokenOffError
        What may be mended by trying again.
    DownloadError
        Any other refusal, a redirect elsewhere, an address that is none.
    """
    _check(url)
    sent = {"User-Agent": user_agent, "Accept-Encoding": "identity", **(headers or {})}
    request = urllib.request.Request(url, data=data, headers=sent)  # noqa: S310 - the scheme is checked above
    # A fresh opener: redirects stay with this request, and proxies of the environment are read when they are used.
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context()), _CheckedRedirects(url, allowed_hosts)
    )
    with _errors(url):
        response: http.client.HTTPResponse = opener.open(request, timeout=timeout_seconds)
    with response:
        yield Answer(response.status, response.headers, response.url, response)


def read_all(
    url: str,
    *,
    user_agent: str,
    patience: Patience,
    most_bytes: int,
    headers: Mapping[str, str] | None = None,
    allowed_hosts: tuple[str, ...] = (),
) -> bytes:
    """Give the whole body of a small answer.

    Raises
    ------
    DownloadError
        As for ``opened``; or the answer is longer than ``most_bytes``, cut short, or a web page.
    """

    def request() -> bytes:
        with opened(
            url,
            user_agent=user_agent,
            timeout_seconds=patience.timeout_seconds,
            headers=headers,
            allowed_hosts=allowed_hosts,
        ) as answer:
            body = answer.read(most_bytes + 1)
            if len(body) > most_bytes:
                raise DownloadError(
                    f"{url} answers with more than {most_bytes:,} bytes; that is not what it should be."
                )
            expected = length_of(answer)
            if expected is not None and len(body) < expected:
                raise BrokenOffError(f"{url} broke off after {len(body):,} of {expected:,} bytes; try again later.")
            refuse_web_page(answer, body)
            return body

    return patiently(request, patience)


def length_of(answer: Answer) -> int | None:
    """Give the length of the body in bytes, None where the server does not say."""
    given = answer.headers.get("Content-Length", "")
    return int(given) if given.isdecimal() else None


def refuse_web_page(answer: Answer, begin: bytes) -> None:
    """Refuse a web page, which proxies and log-in walls send as if it were the file.

    Raises
    ------
    DownloadError
        The content type or the first bytes are those of HTML.
    """
    first = begin[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if answer.headers.get_content_type() == "text/html" or first.startswith((b"<!doctype html", b"<html")):
        raise DownloadError(
            f"{answer.url} answers with a web page instead of the file; a proxy or a log-in may stand between. Open "
            f"the address in a browser to see what it says."
        )


def host_of(url: str) -> str:
    """Name the host of an address, as a person would."""
    return urlsplit(url).hostname or url


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        # Asking for the port tells whether it is one.
        written = url.isascii() and url.isprintable() and " " not in url and parts.port != 0
    except ValueError:
        written = False
    if not written or parts.scheme not in _SCHEMES or not parts.hostname:
        raise DownloadError(f"{url!r} is no address on the web; it must begin with https:// or http:// and a host.")
    if parts.username is not None:
        raise DownloadError(f"the address of {parts.hostname} holds a user name; that cannot be used, take it out.")


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to hosts that were meant, and never out of encryption."""

    def __init__(self, url: str, allowed_hosts: tuple[str, ...]) -> None:
        self._hosts = {host_of(url), *allowed_hosts}

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        host = urlsplit(newurl).hostname
        if req.data is not None:
            raise DownloadError(f"{req.full_url} sends the question on to {newurl}; give that address instead.")
        if host not in self._hosts:
            raise DownloadError(
                f"{req.full_url} leads to another host, {host}; nothing was taken from there. If you trust it, name "
                f"it as the mirror."
            )
        if urlsplit(newurl).scheme not in ({"https"} if req.type == "https" else _SCHEMES):
            raise DownloadError(f"{req.full_url} leads to an address without encryption, {newurl}; refused.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """Turn what the library raises into one line."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise _refusal(url, error) from error
    except urllib.error.URLError as error:
        raise _failure(url, error.reason) from error
    except (ValueError, http.client.InvalidURL) as error:
        raise DownloadError(f"{url} leads to what is no address on the web ({error}).") from error
    except (http.client.HTTPException, OSError) as error:
        raise _failure(url, error) from error


def _refusal(url: str, error: urllib.error.HTTPError) -> DownloadError:
    said = f"{error.code} {error.reason}"
    if error.code in _GONE:
        return NotThereError(f"{url} does not exist ({said}).")
    if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        return WrongRangeError(f"{url} is not as long as what is there of it ({said}); run again.")
    if error.code in _BUSY:
        return BrokenOffError(
            f"{host_of(url)} is overloaded or out of order ({said}: {url}); try again later.",
            wait_seconds=_retry_after(error.headers),
        )
    if error.code == http.client.PROXY_AUTHENTICATION_REQUIRED:
        return DownloadError(f"the proxy on the way to {host_of(url)} wants a log-in ({said}); ask those who run it.")
    return DownloadError(f"{url} is refused ({said}).")


def _failure(url: str, reason: object) -> DownloadError:
    said = (reason.strerror if isinstance(reason, OSError) else "") or str(reason) or type(reason).__name__
    if isinstance(reason, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{host_of(url)} shows a certificate that this machine does not trust ({reason.verify_message}); where a "
            f"proxy puts in its own, name its certificates in the environment variable SSL_CERT_FILE."
        )
    no_way = isinstance(reason, socket.gaierror) or (isinstance(reason, OSError) and reason.errno in _NO_WAY)
    if no_way or said.startswith("Tunnel connection failed"):
        return UnreachableError(f"{host_of(url)} cannot be reached ({said}).")
    return BrokenOffError(f"the connection to {host_of(url)} broke ({said}); try again later.")


def _retry_after(headers: Message) -> float:
    """Read how long to stay away: seconds, or the hour to come back."""
    given = headers.get("Retry-After", "")
    if given.isdecimal():
        return float(given)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
