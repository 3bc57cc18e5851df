"""The page: a study in, one HTML document out that needs nothing but itself."""

from __future__ import annotations

import html as html_text
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from geopandas import GeoDataFrame
from markupsafe import Markup
from pandas import DataFrame

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.maps.assets import (
    leaflet_script,
    leaflet_style,
    our_script,
    our_style,
    script_hash,
    template_text,
    to_script_json,
)
from palveluverkko.maps.data import page_data
from palveluverkko.maps.inputs import Study, check_study
from palveluverkko.maps.layers import draw_map
from palveluverkko.maps.panel import finding_groups, norm_rows, summary_rows
from palveluverkko.maps.texts import read_texts
from palveluverkko.service.levels import LevelsByPlace

OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"


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
            'sandbox="allow-scripts allow-popups allow-modals" '
            'style="width:100%;height:40rem;border:1px solid #c9ced4"></iframe>'
        )


def to_map(
    levels: LevelsByPlace | None,
    bands: GeoDataFrame,
    points: GeoDataFrame,
    *,
    places: GeoDataFrame | None = None,
    roads: GeoDataFrame | None = None,
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
    title, language
        Heading, and the language of everything on the page.
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
        people=None if levels is None else levels.by_area(minutes=levels.minutes),
        summary=None if levels is None else levels.summary(),
        roads=roads,
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
    summary: DataFrame | None = None,
    norms: DataFrame | None = None,
    findings: DataFrame | None = None,
    roads: GeoDataFrame | None = None,
    language: str = "fi",
    subtitle: str = "",
    notes: Sequence[str] = (),
    attribution: str | None = None,
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
    summary
        One row per level: level, mean, p90, worst, worst_name, unreached.
    norms
        Targets: level, minutes, share, group, area, area_name, share_reached, passed, missing.
    findings
        What to check: subject, id, verdict, metres, detail (in the language of the page).
    roads
        Background: road_class and line geometry; any CRS.
    language
        fi, sv or en.
    notes
        Sentences about the data, the season, the direction and the date, each a paragraph.
    attribution
        Where the roads come from; OpenStreetMap unless given.

    Returns
    -------
    Page
        The same study gives the same bytes.

    Raises
    ------
    StudyError
        An unknown language or level, or a band that ends at none of the minutes.
    TableError
        A frame without a needed column or without a CRS.
    """
    texts = read_texts(language)
    study = check_study(
        Study(scheme, tuple(minutes), bands, points, places, levels, people, summary, norms, findings, roads)
    )
    drawn = draw_map(study)
    data = page_data(study, texts)
    # folium's script is ours too: it holds coordinates and colours, never a text of the user.
    scripts = [leaflet_script(), our_script(), Markup(drawn.script)]  # noqa: S704
    document = _template().render(
        texts=texts,
        title=title,
        subtitle=subtitle,
        notes=notes,
        attribution=texts.page["attribution"] if attribution is None else attribution,
        attribution_address=OSM_COPYRIGHT if attribution is None else "",
        data=data,
        data_json=to_script_json(data),
        summary=summary_rows(study, texts),
        norms=norm_rows(study, texts),
        finding_groups=finding_groups(study, texts),
        all_roads=drawn.all_roads,
        map_element=Markup(drawn.element),  # noqa: S704 - folium's empty element
        styles=[leaflet_style(), our_style()],
        scripts=scripts,
        script_hashes=" ".join(script_hash(script) for script in scripts),
    )
    return Page(title, document)


def _template() -> jinja2.Template:
    """Read the document's template; every text is escaped unless it is Markup."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template_text("page.html"))
