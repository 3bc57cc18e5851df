"""Features from a WFS server, such as Statistics Finland's: page by page, going on where it stopped."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import shape

from palveluverkko.domain.download import KeptInterrupt
from palveluverkko.domain.errors import DownloadError, TableError
from palveluverkko.domain.web import Patience, read_all

POPULATION_SERVER = "https://geo.stat.fi/geoserver/vaestoruutu/wfs"
AREAS_SERVER = "https://geo.stat.fi/geoserver/tilastointialueet/wfs"
"""Statistics Finland, CC BY 4.0."""

LICENCE = "Statistics Finland, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)"

AREA_KINDS = {
    "municipalities": "kunta", "counties": "hyvinvointialue", "regions": "maakunta", "subregions": "seutukunta",
}  # fmt: skip
"""What ``fetch areas`` knows, and what the server calls it."""

PAGE = 5_000
"""Features asked for at a time: a few megabytes."""

_MOST_BYTES = 1 << 28
_CRS = "EPSG:3067"
_SUFFIX = ".gpkg"

# Finland in EPSG:3067 with a margin, metres: what lies outside came in another CRS or with exchanged axes.
_FINLAND = (-200_000, 6_400_000, 1_000_000, 8_000_000)


@dataclass(frozen=True)
class Query:
    """What is asked of a server.

    Attributes
    ----------
    server
        Address of the WFS.
    layer
        Name of the feature type, such as ``vaestoruutu:vaki2023_1km``.
    sort_by
        Column that keeps the order of the pages; empty where the server keeps one by itself.
    box
        West, south, east, north in EPSG:3067 metres; all features when None.
    page
        Features at a time.
    """

    server: str
    layer: str
    sort_by: str = ""
    box: tuple[float, float, float, float] | None = None
    page: int = PAGE

    def url(self, start: int) -> str:
        """Give the address of the page that begins with a feature, counted from 0."""
        asked = {
            "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": self.layer,
            "outputFormat": "application/json", "srsName": _CRS, "count": str(self.page), "startIndex": str(start),
        }  # fmt: skip
        if self.sort_by:
            asked["sortBy"] = self.sort_by
        if self.box is not None:
            asked["bbox"] = ",".join([*(f"{one:.3f}" for one in self.box), _CRS])
        return f"{self.server}{'&' if '?' in self.server else '?'}{urlencode(asked)}"


def population_query(*, year: int, grid: str = "1km", server: str = POPULATION_SERVER, layer: str = "") -> Query:
    """Ask for the population grid of a year in squares of 1 km or 5 km."""
    if grid not in ("1km", "5km"):
        raise TableError(f"the grid {grid!r} is not open data; use 1km or 5km.")
    return Query(server, layer or f"vaestoruutu:vaki{year}_{grid}", sort_by="grd_id")


def areas_query(*, kind: str, year: int, server: str = AREAS_SERVER, layer: str = "") -> Query:
    """Ask for the areas of a kind as they were in a year, at the scale of 1 : 1,000,000."""
    if kind not in AREA_KINDS:
        raise TableError(f"areas of the kind {kind!r} are not known; use one of {', '.join(AREA_KINDS)}.")
    name = AREA_KINDS[kind]
    return Query(server, layer or f"tilastointialueet:{name}1000k_{year}", sort_by="" if layer else name)


def within_degrees(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Give the box in EPSG:3067 metres that holds one in degrees."""
    outline = gpd.GeoSeries([shapely.segmentize(shapely.box(*box), 0.1)], crs="EPSG:4326")
    west, south, east, north = outline.to_crs(_CRS).total_bounds
    return float(west), float(south), float(east), float(north)


def fetch_features(
    query: Query,
    path: Path,
    *,
    user_agent: str,
    patience: Patience | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Bring all features of a query into a GeoPackage, page by page.

    Pages that an earlier attempt has brought lie in the folder ``<path>.pages`` and are not asked for again; they go
    when the file is whole.

    Parameters
    ----------
    query
        What is asked for.
    path
        GeoPackage to write; an old one is replaced when the new one is whole.
    user_agent
        How we introduce ourselves.
    patience
        How often to try again.
    progress
        Called with the features that are there and all there will be; 0 where the server does not say.

    Returns
    -------
    int
        How many features.

    Raises
    ------
    KeptInterrupt
        Ctrl-C when some pages are there.
    DownloadError
        The server cannot be had, or answers with something else; the pages changed between two of them.
    """
    path = Path(path)
    if path.suffix.lower() != _SUFFIX:
        raise DownloadError(f"{path} is no GeoPackage; end the name with {_SUFFIX}.")
    pages = _Pages(path.with_name(f"{path.name}.pages"), query)
    try:
        return _bring(query, path, pages, user_agent, patience or Patience(), progress or (lambda _done, _all: None))
    except KeyboardInterrupt as interrupt:
        if pages.count():
            raise KeptInterrupt(pages.folder) from interrupt
        raise


def _bring(
    query: Query,
    path: Path,
    pages: _Pages,
    user_agent: str,
    patience: Patience,
    progress: Callable[[int, int], None],
) -> int:
    """Bring the pages that are missing, check them together, and write them as one layer."""
    pages.begin()
    features: list[dict[str, Any]] = []
    total: int | None = None
    while True:
        start = len(features)
        page = pages.read(start)
        if page is None:
            body = read_all(query.url(start), user_agent=user_agent, patience=patience, most_bytes=_MOST_BYTES)
            page = _parse(body, query)
            pages.keep(start, body)
        matched = page.get("numberMatched", page.get("totalFeatures"))
        if total is not None and isinstance(matched, int) and matched != total:
            pages.forget()
            raise DownloadError(
                f"{query.layer} has changed while it was fetched ({total} features, now {matched}); run again."
            )
        total = matched if isinstance(matched, int) else total
        features += page["features"]
        progress(len(features), total or 0)
        if not page["features"] or len(features) == total or (total is None and len(page["features"]) < query.page):
            break
    _check(features, total, query, pages)
    frame = _to_frame(features, query)
    whole = pages.folder / f"whole{_SUFFIX}"
    whole.unlink(missing_ok=True)
    frame.to_file(whole, driver="GPKG", layer=re.sub(r"\W", "_", query.layer.rpartition(":")[2]))
    whole.replace(path)
    pages.forget()
    return len(frame)


def _parse(body: bytes, query: Query) -> dict[str, Any]:
    """Read a page, or say what the server says instead."""
    try:
        page = json.loads(body)
    except ValueError:
        said = re.search(rb"<(?:\w+:)?(?:ExceptionText|ServiceException)[^>]*>\s*([^<]+)", body)
        reason = " ".join((said[1] if said else body[:200]).decode("utf-8", "replace").split())
        raise DownloadError(
            f"{query.server} does not give the layer {query.layer}: {reason.rstrip('.')}. Try another year, or name a "
            f"layer that it has with --layer."
        ) from None
    if not isinstance(page, dict) or not isinstance(page.get("features"), list):
        raise DownloadError(f"{query.server} answers with JSON that holds no features of {query.layer}.")
    return page


def _check(features: list[dict[str, Any]], total: int | None, query: Query, pages: _Pages) -> None:
    """Refuse nothing at all, fewer than promised, and the same feature on two pages."""
    if not features:
        pages.forget()
        raise DownloadError(f"{query.layer} has no features there; try another place, year or layer.")
    ids = [one.get("id") for one in features]
    repeated = len(ids) - len(set(ids)) if None not in ids else 0
    if repeated or (total is not None and len(features) != total):
        pages.forget()
        problem = f"{repeated} features twice" if repeated else f"{len(features)} of {total} features"
        raise DownloadError(
            f"{query.server} gives {problem} of {query.layer}: its pages do not fit together; run again."
        )


def _to_frame(features: list[dict[str, Any]], query: Query) -> gpd.GeoDataFrame:
    """Make a table of the features, in the CRS that was asked for."""
    empty = [number for number, one in enumerate(features) if not one.get("geometry")]
    if empty:
        raise DownloadError(f"{query.layer} has {len(empty)} features without a geometry; another layer may have them.")
    table = pd.DataFrame([one.get("properties") or {} for one in features])
    frame = gpd.GeoDataFrame(table, geometry=[shape(one["geometry"]) for one in features], crs=_CRS)
    west, south, east, north = frame.total_bounds
    if not (_FINLAND[0] <= west and _FINLAND[1] <= south and east <= _FINLAND[2] and north <= _FINLAND[3]):
        raise DownloadError(
            f"{query.server} gives coordinates from {west:g} {south:g} to {east:g} {north:g}, which are not in Finland "
            f"in {_CRS}; the layer may be of elsewhere, or its axes exchanged."
        )
    return frame


class _Pages:
    """Pages that have arrived, and beside them what was asked for."""

    def __init__(self, folder: Path, query: Query) -> None:
        self.folder = folder
        self._label = folder / "query.json"
        self._asked = json.dumps(asdict(query), sort_keys=True)

    def begin(self) -> None:
        """Keep the pages of this very query; forget those of another."""
        if not self._label.is_file() or self._label.read_text(encoding="utf-8") != self._asked:
            self.forget()
            self.folder.mkdir(parents=True)
            self._label.write_text(self._asked, encoding="utf-8")

    def read(self, start: int) -> dict[str, Any] | None:
        """Give the page that begins with a feature; None where it has not arrived."""
        file = self._file(start)
        page: dict[str, Any] | None = json.loads(file.read_bytes()) if file.is_file() else None
        return page

    def keep(self, start: int, body: bytes) -> None:
        """Write a page aside and let it take its place."""
        beside = self.folder / "arriving"
        beside.write_bytes(body)
        beside.replace(self._file(start))

    def count(self) -> int:
        return len(list(self.folder.glob("page-*.json")))

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, start: int) -> Path:
        return self.folder / f"page-{start:09}.json"
