"""Roads of a place from the live database: Nominatim says where the place is, Overpass gives its roads.

Sources: https://nominatim.org/release-docs/latest/api/Search/, https://wiki.openstreetmap.org/wiki/Overpass_API. Both
are run by volunteers: one question at a time, who asks says so, and who is told to wait waits
(https://operations.osmfoundation.org/policies/nominatim/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from palveluverkko.domain.download import Progress
from palveluverkko.domain.errors import BrokenOffError, DownloadError, NotThereError, StudyError
from palveluverkko.domain.files import replacing
from palveluverkko.domain.web import Answer, Patience, opened, patiently, read_all, refuse_web_page
from palveluverkko.osm.regions import Box

OVERPASS = "https://overpass-api.de"
NOMINATIM = "https://nominatim.openstreetmap.org"

MOST_SQUARE_KILOMETRES = 40_000
"""Largest box that is asked for: Inari, Finland's largest municipality, with 10 km around it has about 32,000 km²."""

_QUERY_SECONDS = 180
"""How long Overpass may work on the question; its own default."""
_QUERY_BYTES = 1 << 30
_ANSWER_BYTES = 1_000_000
_PIECE = 1 << 18
_END = 4096
"""Bytes at the end of an answer in which its last words are found."""


@dataclass(frozen=True)
class Place:
    """A place as Nominatim knows it."""

    name: str
    box: Box


def find_place(name: str, *, nominatim: str, user_agent: str, patience: Patience) -> Place:
    """Find a place by name, in any language that OpenStreetMap knows it in.

    Raises
    ------
    NotThereError
        No place has this name.
    DownloadError
        The server cannot be asked, or answers something else.
    """
    url = f"{nominatim.rstrip('/')}/search?{urlencode({'q': name, 'format': 'jsonv2', 'limit': 1})}"
    body = read_all(url, user_agent=user_agent, patience=patience, most_bytes=_ANSWER_BYTES)
    try:
        found = json.loads(body)
        if not found:
            raise NotThereError(f"no place is called {name!r}.")
        south, north, west, east = (float(one) for one in found[0]["boundingbox"])
        return Place(str(found[0]["display_name"]), Box(west, south, east, north))
    except (ValueError, LookupError, TypeError, StudyError) as error:
        raise DownloadError(f"{url} answers something else than where {name!r} is.") from error


def query(box: Box, way_tags: Iterable[tuple[str, str]]) -> str:
    """Write the question for the ways with any of these tags, their nodes, turn restrictions and routes of ferries.

    Parameters
    ----------
    box
        Ways with a part in it come whole.
    way_tags
        Pairs of key and value, as ``CarProfile.way_tags`` gives them.
    """
    values: dict[str, list[str]] = {}
    for key, value in way_tags:
        values.setdefault(key, []).append(value)
    # On the ways alone: a box for the whole question might drop the nodes outside it of ways that cross its sides.
    sides = f"{box.south:.7f},{box.west:.7f},{box.north:.7f},{box.east:.7f}"
    ways = "".join(f'way["{key}"~"^({"|".join(some)})$"]({sides});' for key, some in values.items())
    return (
        f"[out:xml][timeout:{_QUERY_SECONDS}][maxsize:{_QUERY_BYTES}];"
        f"({ways})->.roads;"
        'rel(bw.roads)["type"~"^restriction(:|$)"]->.rules;'
        f'rel["type"="route"]["route"="ferry"]({sides})->.routes;way(r.routes)->.sailed;'
        "(.roads;node(w.roads);.rules;.routes;.sailed;node(w.sailed););out body;"
    )


def fetch_box(
    box: Box,
    path: Path,
    *,
    way_tags: Iterable[tuple[str, str]],
    overpass: str,
    user_agent: str,
    patience: Patience,
    progress: Progress | None = None,
) -> None:
    """Ask for the roads in a box and write them as OpenStreetMap XML.

    Raises
    ------
    StudyError
        The box is too large for a server that many share.
    DownloadError
        The server cannot be asked, gave up, or answers something else.
    """
    if box.square_kilometres > MOST_SQUARE_KILOMETRES:
        raise StudyError(
            f"{box} has {box.square_kilometres:,.0f} km², and Overpass is asked for {MOST_SQUARE_KILOMETRES:,} at most."
        )
    base = overpass.rstrip("/")
    data = urlencode({"data": query(box, way_tags)}).encode()
    # The first byte comes when the question is answered.
    silence = patience.timeout_seconds + _QUERY_SECONDS

    def ask() -> None:
        try:
            with (
                opened(f"{base}/api/interpreter", user_agent=user_agent, timeout_seconds=silence, data=data) as answer,
                replacing(path) as beside,
            ):
                _write(answer, beside, progress or (lambda _done, _total: None))
        except BrokenOffError as error:
            raise BrokenOffError(
                str(error), wait_seconds=max(error.wait_seconds, _seconds_until_free(base, user_agent))
            ) from error

    patiently(ask, patience)


def _write(answer: Answer, path: Path, progress: Progress) -> None:
    """Write an answer to a file; refuse what is not all of an answer."""
    done, piece, end = 0, answer.read_some(_PIECE), b""
    refuse_web_page(answer, piece)
    with path.open("wb") as file:
        while piece:
            file.write(piece)
            done += len(piece)
            end = (end + piece)[-_END:]
            progress(done, 0)
            piece = answer.read_some(_PIECE)
    # What ends a query early stands in the answer, whose status says that all is well.
    remark = re.search(rb"<remark>(.*?)</remark>", end, re.DOTALL)
    if remark is not None and b"error" in remark[1]:
        said = " ".join(remark[1].decode(errors="replace").split())
        raise DownloadError(f"Overpass gave up ({said}); ask for a smaller box, or take an extract.")
    if not end.rstrip().endswith(b"</osm>"):
        raise BrokenOffError(f"{answer.url} broke off after {done:,} bytes; try again later.")
    with path.open("rb") as file:
        if not any(b"<way " in line for line in file):
            raise DownloadError("Overpass knows no road for a car there; check the place or the box.")


def _seconds_until_free(base: str, user_agent: str) -> float:
    """Ask how long to wait for a turn; 0 when the server does not say."""
    try:
        url = f"{base}/api/status"
        said = read_all(url, user_agent=user_agent, patience=Patience(attempts=1), most_bytes=_ANSWER_BYTES)
    except DownloadError:
        return 0.0
    if re.search(rb"[1-9]\d* slots? available now", said):
        return 0.0
    return min((float(one) for one in re.findall(rb"Slot available after: \S+ in (\d+) seconds", said)), default=0.0)
