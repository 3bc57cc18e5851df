"""The page: a study in, one HTML document out that needs nothing but itself."""

from __future__ import annotations

import html as html_text
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import numpy as np
from geopandas import GeoDataFrame
from markupsafe import Markup
from pandas import DataFrame

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES, LevelScheme
from palveluverkko.domain.people import Suppression
from palveluverkko.domain.planning import Scenario
from palveluverkko.maps.assets import (
    leaflet_script,
    leaflet_style,
    our_script,
    our_style,
    script_hash,
    sprite,
    template_text,
    to_script_json,
)
from palveluverkko.maps.inputs import Study, check_study
from palveluverkko.maps.layers import draw_map
from palveluverkko.maps.packing import Parcel
from palveluverkko.maps.panel import finding_groups, finding_texts
from palveluverkko.maps.payload import pack_study
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.maps.texts import read_texts
from palveluverkko.maps.tiles import Tiles
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import LevelsByPlace

ByLanguage = str | Mapping[str, str]
"""A text that is the same in every language, or one for each."""

OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"


PAGE_BYTES = 40_000_000
"""Largest page: beyond it phones give up."""


@dataclass(frozen=True)
class Page:
    """A finished page.

    Attributes
    ----------
    title
        What the page is called.
    html
        The whole document.
    """

    title: str
    html: str = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page beside its place and move it there: the old page stays until the new one is whole."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            beside.write_bytes(self.html.encode("utf-8", errors="replace"))
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return target

    def _repr_html_(self) -> str:
        """Show the page in a notebook, inside a frame of its own."""
        return (
            f'<iframe title="{html_text.escape(self.title)}" srcdoc="{html_text.escape(self.html)}" '
            'sandbox="allow-scripts allow-popups allow-modals allow-downloads" '
            'style="width:100%;height:40rem;border:1px solid #c9ced4"></iframe>'
        )


def to_map(  # noqa: PLR0913 - as below
    levels: LevelsByPlace | None,
    bands: GeoDataFrame,
    points: GeoDataFrame,
    *,
    places: GeoDataFrame | None = None,
    roads: GeoDataFrame | None = None,
    water: GeoDataFrame | None = None,
    borders: GeoDataFrame | None = None,
    table: TravelTimeTable | None = None,
    norms: DataFrame | None = None,
    scenarios: Sequence[Scenario] = (),
    area_changes: GeoDataFrame | None = None,
    area_column: str | None = None,
    area_name_column: str | None = None,
    title: str = "",
    language: str = "fi",
    attribution: str | None = None,
) -> Page:
    """Draw a map page from what a notebook holds; it shows itself there, and ``save`` writes it.

    Parameters
    ----------
    levels
        Levels by place, for the people of the legend and the popups; None for bands and points alone.
    bands, points
        Disjoint bands and service points; any CRS.
    places, roads
        Drawn when given; roads as ``network.to_edges()`` gives them.
    water, borders
        Background: polygons of lakes and of municipalities; any CRS.
    table
        Travel times of the points; with them the page lets its reader try a change of the network.
    norms
        As :func:`palveluverkko.service.norms.check_norms` gives them.
    scenarios, area_changes
        Changes that the reader can choose, and what they gain and lose, as
        :func:`palveluverkko.planning.area_changes.area_changes` gives it.
    area_column, area_name_column
        Columns of the places whose areas the page sums up.
    title, language
        Heading, and the language in which the page opens.
    attribution
        Where the roads come from; OpenStreetMap unless given.

    Examples
    --------
    >>> to_map(levels, bands, points).save("map.html")  # doctest: +SKIP
    """
    shown = bands["to_min"].drop_duplicates().sort_values()
    return build_page(
        title=title,
        scheme=LevelScheme.eal() if levels is None else levels.scheme,
        minutes=tuple(shown) if levels is None else levels.minutes,
        bands=bands,
        points=points,
        places=places,
        levels=None if levels is None else levels.frame,
        people=None
        if levels is None
        else levels.by_area(area_column, name_column=area_name_column, minutes=levels.minutes),
        norms=norms,
        roads=roads,
        water=water,
        borders=borders,
        tables=() if table is None else (TimesOfSeason(table, {}, {}),),
        scenarios=scenarios,
        area_column=area_column,
        suppression=None if levels is None else levels.suppression,
        area_changes=area_changes,
        language=language,
        attribution=attribution,
    )


def build_page(  # noqa: PLR0913 - one name for each table of a study, most of them optional
    *,
    title: str,
    scheme: LevelScheme,
    minutes: Sequence[float],
    bands: GeoDataFrame,
    points: GeoDataFrame,
    places: GeoDataFrame | None = None,
    levels: DataFrame | None = None,
    people: DataFrame | None = None,
    norms: DataFrame | None = None,
    findings: DataFrame | None = None,
    roads: GeoDataFrame | None = None,
    water: GeoDataFrame | None = None,
    borders: GeoDataFrame | None = None,
    tables: Sequence[TimesOfSeason] = (),
    scenarios: Sequence[Scenario] = (),
    area_column: str | None = None,
    suppression: Suppression | None = None,
    area_changes: GeoDataFrame | None = None,
    tiles: Tiles | None = None,
    language: str = "fi",
    subtitle: ByLanguage = "",
    notes: Sequence[ByLanguage] = (),
    attribution: str | None = None,
    fingerprint: str = "",
    budget_bytes: int = PAGE_BYTES,
) -> Page:
    """Build the map page of a study.

    Parameters
    ----------
    title, subtitle
        Heading of the page.
    scheme, minutes
        Levels from near to far and upper thresholds of the bands in minutes.
    bands
        Disjoint bands: level, from_min, to_min, geometry; any CRS.
    points
        Service points by id: name, level, optionally services (``;`` between), open, candidate; any CRS.
    places
        Places by id: optionally name, population (-1 is suppressed), kunta; points or polygons in any CRS.
    levels
        Levels by place: time_X, point_X for every level X; population for the people whom each point serves.
    people
        People by band: area (empty for the whole study), level, to_min (NaN beyond the last), population.
    norms
        Targets: level, minutes, share, group, area, area_name, share_reached, passed, missing.
    findings
        What to check: subject, id, verdict, metres, detail, and, where the reader may change the language,
        ``detail_fi``, ``detail_sv`` and ``detail_en``.
    roads
        Background: road_class and line geometry; any CRS.
    water, borders
        Background: polygons of lakes and of municipalities; any CRS.
    tables
        Travel times of every point to every place, the season of the study first: with them the page answers what
        changes when points open, close or change their level. Without them it shows what ``levels`` says.
    scenarios
        Changes that the reader can choose.
    area_column
        Column of the places that ``people`` was summed up by.
    suppression
        What a hidden count may be: sums have their bounds and norms take it into account as the tables do.
    area_changes
        What the scenarios gain and lose: scenario, level, minutes, change (gained or lost), square_kilometres,
        geometry; any CRS.
    tiles
        Online tiles to draw behind everything; the page then asks their server, and no other.
    language
        fi, sv or en: the language in which the page opens.
    notes
        Sentences about the data, the season, the direction and the date, each a paragraph.
    attribution
        Where the roads come from; OpenStreetMap unless given.
    fingerprint
        Names the run.
    budget_bytes
        Largest page.

    Returns
    -------
    Page
        The same study gives the same bytes.

    Raises
    ------
    StudyError
        An unknown language or level, a band that ends at none of the minutes, or a page over its budget.
    TableError
        A frame without a needed column or without a CRS.
    """
    texts = read_texts(language)
    study = check_study(
        Study(
            scheme, tuple(minutes), bands, points, _along_a_curve(places), levels, people, norms, findings, roads,
            water, borders, tuple(tables), tuple(scenarios), area_column, suppression, area_changes,
        )
    )  # fmt: skip
    subtitles = _by_language(subtitle)
    paragraphs = {code: [_by_language(note)[code] for note in notes] for code in LANGUAGES}
    drawn = draw_map(study)
    head, parcel = pack_study(study, language=language, subtitle=subtitles, notes=paragraphs)
    head |= {"title": title, "tiles": None if tiles is None else tiles.address}
    doubts = finding_groups(study)
    for code, own in head["languages"].items():
        own["findings"] = finding_texts(doubts, code)
    if attribution is not None:
        # Roads of somebody else: no text of the page may credit OpenStreetMap for them.
        for own in head["languages"].values():
            del own["page"]["attribution"], own["texts"]["licence"]
    packed = parcel.to_text()
    # folium's script is ours too: it holds coordinates and colours, never a text of the user.
    scripts = [leaflet_script(), our_script(), Markup(drawn.script)]  # noqa: S704
    document = _template().render(
        texts=texts,
        title=title,
        subtitle=subtitles[language],
        notes=paragraphs[language],
        attribution=texts.page["attribution"] if attribution is None else attribution,
        attribution_address=OSM_COPYRIGHT if attribution is None else "",
        languages=LANGUAGES,
        fingerprint=fingerprint,
        data=head,
        own=head["languages"][language],
        data_json=to_script_json(head),
        parcel=Markup(packed),  # noqa: S704 - base64
        finding_groups=doubts,
        tiles=tiles,
        all_roads=drawn.all_roads,
        map_element=Markup(drawn.element),  # noqa: S704 - folium's empty element
        sprite=sprite(),
        styles=[leaflet_style(), our_style()],
        scripts=scripts,
        script_hashes=" ".join(script_hash(script) for script in scripts),
    )
    _check_size(document, parcel, drawn.script, budget_bytes)
    return Page(title, document)


def _along_a_curve(places: GeoDataFrame | None) -> GeoDataFrame | None:
    """Put neighbours beside each other: their times differ little and compress well."""
    if places is None or len(places) < 2:  # noqa: PLR2004 - two make an order
        return places
    return places.iloc[np.argsort(places.geometry.hilbert_distance().to_numpy(), kind="stable")]


def _by_language(text: ByLanguage) -> dict[str, str]:
    if isinstance(text, str):
        return dict.fromkeys(LANGUAGES, text)
    return {code: text.get(code) or text.get(LANGUAGES[0], "") for code in LANGUAGES}


_REMEDIES = {
    "travel times": (("times_", "ranks_", "nearest", "owners"), "leave out candidates, or the other season"),
    "places": (("names", "lon", "lat", "suppressed", "people", "norm_", "area"), "give larger grid cells as places"),
    "travel-time areas": (("bands_",), "draw fewer minutes, or the areas of one season"),
    "changed areas": (("changes_",), "draw fewer minutes, or keep fewer scenarios"),
    "roads and water": ((), "give a network of main roads"),
}
"""Layers of the page: how the names of their parts in the parcel begin, and what makes them smaller."""


def _check_size(document: str, parcel: Parcel, script: str, budget: int) -> None:
    size = len(document.encode("utf-8", errors="replace"))
    if size <= budget:
        return
    sizes = {layer: parcel.letters(prefixes) for layer, (prefixes, _) in _REMEDIES.items()}
    sizes["roads and water"] = len(script)
    largest = max(sizes, key=lambda layer: sizes[layer])
    raise StudyError(
        f"the page takes {size / 1e6:.1f} MB, more than its {budget / 1e6:.1f} MB; the largest layer is "
        f"{largest} ({sizes[largest] / 1e6:.1f} MB): {_REMEDIES[largest][1]}."
    )


def _template() -> jinja2.Template:
    """Read the document's template; every text is escaped unless it is Markup."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template_text("page.html"))
