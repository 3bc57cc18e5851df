"""Extracts of OpenStreetMap at Geofabrik: where they are, what they must come to, and what they are called.

Source: https://download.geofabrik.de/technical.html. Each extract is ``<path>-latest.osm.pbf`` with its md5 beside it;
``index-v1-nogeom.json`` lists them all.
"""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from palveluverkko.domain.download import Checksum, Downloaded, Progress, download
from palveluverkko.domain.errors import DamagedError, DownloadError, NotThereError, UnreachableError
from palveluverkko.domain.web import Patience, read_all
from palveluverkko.osm.files import PBF

GEOFABRIK = "https://download.geofabrik.de"
FINLAND = "europe/finland"

_LATEST = f"-latest{PBF}"
_INDEX_BYTES = 20_000_000
"""The index without polygons has well under 1 MB."""
_CHECKSUM_BYTES = 4096
_NEAR = 3


def extract_url(extract: str, mirror: str = GEOFABRIK) -> str:
    """Give the address of an extract, such as ``europe/finland``."""
    return f"{mirror.rstrip('/')}/{extract.strip('/')}{_LATEST}"


def file_name(extract: str) -> str:
    """Give the name of the file of an extract."""
    return extract.strip("/").rpartition("/")[2] + _LATEST


def fetch_extract(
    extract: str,
    path: Path,
    *,
    mirror: str,
    user_agent: str,
    patience: Patience,
    progress: Progress | None = None,
    begin: Progress | None = None,
) -> tuple[Downloaded, Checksum | None]:
    """Bring an extract; give it and the checksum it was held against, None where there is none beside it.

    Raises
    ------
    NotThereError
        There is no such extract; the message names those with a near name.
    UnreachableError
        The server cannot be reached; the message says what to do by hand.
    DownloadError
        As for ``domain.download.download``.
    """
    url = extract_url(extract, mirror)
    try:
        checksum = _checksum(url, user_agent, patience)
        while True:
            try:
                downloaded = download(
                    url,
                    path,
                    user_agent=user_agent,
                    checksum=checksum,
                    progress=progress,
                    begin=begin,
                    patience=patience,
                )
            except DamagedError:
                # Once a day a new extract takes the place of the old one, perhaps between its checksum and itself.
                newer = _checksum(url, user_agent, patience)
                if newer == checksum:
                    raise
                checksum = newer
            else:
                return downloaded, checksum
    except NotThereError as error:
        near = near_extracts(extract, mirror=mirror, user_agent=user_agent)
        raise NotThereError(f"{error} {near}") from error
    except UnreachableError as error:
        raise UnreachableError(
            f"{error} Without network: fetch {url} on another machine and put it at {path}, where studies and "
            f"commands take it as it is; or name a server within reach with --mirror."
        ) from error


def near_extracts(name: str, *, mirror: str, user_agent: str) -> str:
    """Say which extracts have a name near to this one, as far as the server tells."""
    try:
        known = _extracts(mirror, user_agent)
    except DownloadError:
        return f"What there is, is shown on {mirror}."
    wanted = name.strip("/").casefold()
    by_end = {one.rpartition("/")[2]: one for one in known}
    near = difflib.get_close_matches(wanted, known, n=_NEAR) + [
        by_end[one] for one in difflib.get_close_matches(wanted.rpartition("/")[2], by_end, n=_NEAR)
    ]
    if not near:
        return f"Its {len(known)} extracts are shown on {mirror}."
    return f"Extracts with a near name: {', '.join(dict.fromkeys(near))}."


def _extracts(mirror: str, user_agent: str) -> list[str]:
    """List the extracts of a server by path."""
    url = f"{mirror.rstrip('/')}/index-v1-nogeom.json"
    body = read_all(url, user_agent=user_agent, patience=Patience(attempts=1), most_bytes=_INDEX_BYTES)
    try:
        addresses = [one["properties"]["urls"]["pbf"] for one in json.loads(body)["features"]]
        return [urlsplit(one).path.strip("/").removesuffix(_LATEST) for one in addresses]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DownloadError(f"{url} is not the list of extracts it should be.") from error


def _checksum(url: str, user_agent: str, patience: Patience) -> Checksum | None:
    """Read the md5 beside an extract; None where a mirror has none."""
    beside = f"{url}.md5"
    try:
        said = read_all(beside, user_agent=user_agent, patience=patience, most_bytes=_CHECKSUM_BYTES)
    except NotThereError:
        return None
    digest = re.match(rb"[0-9a-fA-F]{32}\b", said.strip())
    if digest is None:
        raise DownloadError(f"{beside} holds no md5; what lies there is not what Geofabrik puts there.")
    return Checksum("md5", digest[0].decode().lower())
