"""The front door of road files from the web: an extract, a part of Finland, a place, or a box."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from palveluverkko.domain.download import Progress
from palveluverkko.domain.errors import DownloadError, NotThereError, StudyError, UnreachableError
from palveluverkko.domain.web import Patience
from palveluverkko.osm import files
from palveluverkko.osm.geofabrik import FINLAND, GEOFABRIK, extract_url, fetch_extract, file_name, near_extracts
from palveluverkko.osm.overpass import MOST_SQUARE_KILOMETRES, NOMINATIM, OVERPASS, Place, fetch_box, find_place
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.regions import Box, Region, find_region, near_regions, slug

LICENCE = "© OpenStreetMap contributors, ODbL 1.0 (https://www.openstreetmap.org/copyright)"
"""To be named wherever the data or what was made of it is shown."""

MARGIN_METRES = 10_000
"""Kept around a place or a region: trips near its edge leave it and come back."""

_XML = ".osm"
_EXTRACT = re.compile(r"/?[a-z0-9-]+(/[a-z0-9-]+)+/?")
_FINLAND_NAMES = frozenset({"finland", "suomi"})
_BUSY_SECONDS = 15.0
"""First pause where a server that many share is busy."""


@dataclass(frozen=True)
class Servers:
    """Where to ask: base addresses."""

    geofabrik: str = GEOFABRIK
    overpass: str = OVERPASS
    nominatim: str = NOMINATIM


@dataclass(frozen=True)
class Fetched:
    """A road file that is there.

    Parameters
    ----------
    path
        The file.
    what
        What it holds and where it came from, in words.
    data_date
        The day its data are of (ISO 8601); empty when the file does not say.
    check
        How it was checked, in words.
    fresh
        False when it was there already.
    hint
        What remains to be done; empty when nothing does.
    """

    path: Path
    what: str
    data_date: str
    check: str
    fresh: bool = True
    hint: str = ""

    def lines(self) -> list[str]:
        """Give what whoever fetched it wants to know: file, size, day, origin, licence, and what to do with it."""
        size = f"{self.path.stat().st_size / 1e6:,.1f} MB"
        dated = f"data of {self.data_date}" if self.data_date else "data without a date"
        return [
            f"{self.path}",
            f"{size}, {dated}, {self.check if self.fresh else f'was there already, {self.check}'}",
            f"From {self.what}",
            f"Licence: {LICENCE}",
            *([self.hint] if self.hint else []),
            f'In study.toml, seen from its folder: osm = "{self.path.as_posix()}"',
        ]


@dataclass(frozen=True)
class _Asking:
    """How to ask."""

    servers: Servers
    user_agent: str
    patience: Patience
    progress: Progress | None
    begin: Progress | None


def fetch_roads(
    what: str,
    out: Path | None = None,
    *,
    user_agent: str,
    servers: Servers | None = None,
    patience: Patience | None = None,
    progress: Progress | None = None,
    begin: Progress | None = None,
) -> Fetched:
    """Fetch the roads of an area.

    Parameters
    ----------
    what
        ``finland`` or a part of it by a Finnish, Swedish or English name; the path of another extract of Geofabrik
        (``europe/estonia``); a box ``west,south,east,north`` in degrees; or a place by name.
    out
        The file to write. When not given, one in the working folder: ``<extract>-latest.osm.pbf``, or ``<place>.osm``.
    user_agent
        How we introduce ourselves.
    servers
        Where to ask instead of the public servers.
    patience
        How often to try again.
    progress, begin
        As for ``domain.download.download``.

    Raises
    ------
    StudyError
        The area is too large for a single question, or ``out`` has the wrong suffix.
    DownloadError
        The roads cannot be had.
    """
    asking = _Asking(servers or Servers(), user_agent, patience or Patience(), progress, begin)
    if not what.strip():
        raise StudyError("say what to fetch: finland, a region, a place, or west,south,east,north.")
    box, extract, region = Box.parse(what), _extract_of(what), find_region(what)
    suffix = _XML if extract is None else files.PBF
    if out is not None and not out.name.endswith(suffix):
        kind = "answers of Overpass" if extract is None else "extracts"
        raise StudyError(f"{out} does not end in {suffix}, which is what {kind} are.")
    if box is not None:
        return _fetch_box(box, "the box", out or Path(f"box{_XML}"), asking)
    if extract is None:
        return _fetch_place(what, out or Path(f"{slug(what) or 'place'}{_XML}"), asking)
    fetched = _fetch_extract(extract, _path_of(extract, region, out), asking)
    return fetched if region is None else _cut(region, fetched, out)


def _extract_of(what: str) -> str | None:
    """Give the path of the extract that holds an area."""
    if slug(what) in _FINLAND_NAMES or find_region(what) is not None:
        return FINLAND
    return what.strip("/") if _EXTRACT.fullmatch(what) else None


def _path_of(extract: str, region: Region | None, out: Path | None) -> Path:
    """Name the file of an extract; where a region is cut out of it into ``out``, it lies beside that."""
    if out is None:
        return Path(file_name(extract))
    return out if region is None else out.with_name(file_name(extract))


def _fetch_extract(extract: str, path: Path, asking: _Asking) -> Fetched:
    downloaded, checksum = fetch_extract(
        extract,
        path,
        mirror=asking.servers.geofabrik,
        user_agent=asking.user_agent,
        patience=asking.patience,
        progress=asking.progress,
        begin=asking.begin,
    )
    return Fetched(
        path,
        what=extract_url(extract, asking.servers.geofabrik),
        data_date=_date_of_pbf(path),
        check="size checked (the server has no checksum)" if checksum is None else f"{checksum.algorithm} checked",
        fresh=downloaded.fresh,
    )


def _cut(region: Region, finland: Fetched, out: Path | None) -> Fetched:
    """Say how a study takes a region out of Finland, and how to cut a smaller file."""
    target = out or finland.path.with_name(f"{slug(region.name)}{files.PBF}")
    box = region.box.widened(MARGIN_METRES)
    command = shlex.join(["osmium", "extract", "--bbox", str(box), "-o", str(target), str(finland.path)])
    hint = (
        f"This is all of Finland. In study.toml this line under osm keeps {region.name} and what lies around it:\n"
        f"  clip = [{region.box.west:g}, {region.box.south:g}, {region.box.east:g}, {region.box.north:g}]\n"
        f"A smaller file is read sooner; osmium-tool cuts one with {MARGIN_METRES / 1000:g} km around the region:\n"
        f"  {command}"
    )
    return Fetched(finland.path, finland.what, finland.data_date, finland.check, finland.fresh, hint)


def _fetch_place(name: str, path: Path, asking: _Asking) -> Fetched:
    servers, patience = asking.servers, asking.patience
    try:
        place = find_place(name, nominatim=servers.nominatim, user_agent=asking.user_agent, patience=patience)
    except NotThereError as error:
        near = near_extracts(name, mirror=servers.geofabrik, user_agent=asking.user_agent)
        raise NotThereError(f"{error} {near_regions(name)}{near}") from error
    except UnreachableError as error:
        raise _by_hand(error, path) from error
    box = place.box.widened(MARGIN_METRES)
    _check_size(place, box, name, asking)
    return _fetch_box(box, f"{MARGIN_METRES / 1000:g} km around {place.name}", path, asking)


def _check_size(place: Place, box: Box, name: str, asking: _Asking) -> None:
    if box.square_kilometres > MOST_SQUARE_KILOMETRES:
        near = near_extracts(name, mirror=asking.servers.geofabrik, user_agent=asking.user_agent)
        raise StudyError(
            f"{place.name} is too large to be asked of Overpass ({box.square_kilometres:,.0f} km², most "
            f"{MOST_SQUARE_KILOMETRES:,}); fetch an extract by its path, such as {FINLAND}. {near}"
        )


def _fetch_box(box: Box, words: str, path: Path, asking: _Asking) -> Fetched:
    profile = CarProfile()
    try:
        fetch_box(
            box,
            path,
            way_tags=profile.way_tags,
            overpass=asking.servers.overpass,
            user_agent=asking.user_agent,
            # One of two turns that an address has is ours again after seconds rather than at once.
            patience=Patience(
                asking.patience.attempts,
                asking.patience.pause_seconds * _BUSY_SECONDS,
                asking.patience.timeout_seconds,
            ),
            progress=asking.progress,
        )
    except UnreachableError as error:
        raise _by_hand(error, path) from error
    return Fetched(path, f"{asking.servers.overpass}: {words} ({box})", _date_of_xml(path), "answer complete")


def _by_hand(error: UnreachableError, path: Path) -> UnreachableError:
    """Say what to do on a machine that reaches no server."""
    extract = extract_url(FINLAND)
    return UnreachableError(
        f"{error} Without network: fetch {extract} on another machine, which holds every place in Finland, and put it "
        f"at {path.with_name(file_name(FINLAND))}; or name a server within reach with --overpass and --nominatim."
    )


def _date_of_pbf(path: Path) -> str:
    """Read from its header the day of a file."""
    import osmium  # noqa: PLC0415 - 0.1 s, when there is a file to look into

    try:
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            return _day(reader.header().get("osmosis_replication_timestamp"))
    except RuntimeError as error:
        raise DownloadError(
            f"{path} has arrived and is no {files.PBF} ({error}); see what lies at its address, or take another mirror."
        ) from error


def _date_of_xml(path: Path) -> str:
    """Read from the first lines the day of an answer of Overpass."""
    with path.open("rb") as file:
        found = re.search(rb'osm_base="([^"]*)"', file.read(4096))
    return "" if found is None else _day(found[1].decode(errors="replace"))


def _day(moment: str) -> str:
    try:
        return dt.datetime.fromisoformat(moment).date().isoformat()
    except ValueError:
        return ""
