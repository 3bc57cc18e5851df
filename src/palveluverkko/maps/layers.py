"""The map itself: folium's map without tiles, with water, borders and roads; the page's script draws the rest."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeVar

import folium
from folium import Element, Figure, MacroElement
from folium.map import CustomPane
from folium.template import Template

from palveluverkko.maps.geometry import lean_backdrop, lean_roads
from palveluverkko.maps.inputs import Study

_SPACE_IN_NUMBERS = re.compile(r"(?<=[\d\]]), (?=[-\d\[])")
"""Blanks in coordinate lists: a tenth of the page."""

AnyElement = TypeVar("AnyElement", bound=Element)

PANES = {"bands": 210, "backdrop": 260, "roads": 310, "places": 410, "labels": 450}
"""Heights of the drawing layers; Leaflet's own markers stand at 600 and popups at 700."""

ROAD_STYLES: dict[str, dict[str, Any]] = {
    "minor": {"color": "#5d6670", "weight": 0.5, "opacity": 0.45},
    "tertiary": {"color": "#5d6670", "weight": 0.8, "opacity": 0.6},
    "secondary": {"color": "#525b65", "weight": 1.1, "opacity": 0.7},
    "primary": {"color": "#47505a", "weight": 1.6, "opacity": 0.8},
    "motorway": {"color": "#3d454e", "weight": 2.2, "opacity": 0.85},
    "ferry": {"color": "#3f6f96", "weight": 1.4, "opacity": 0.9, "dashArray": "5 5"},
}
"""Quiet greys, in the order in which they are drawn: main roads last, on top."""


WATER_STYLE = {"fillColor": "#a9c3d4", "fillOpacity": 1, "color": "#8fb0c6", "weight": 0.6}
BORDER_STYLE = {"fill": False, "color": "#6b5b73", "weight": 1.1, "opacity": 0.7, "dashArray": "6 3 1.5 3"}


class DrawnMap(NamedTuple):
    """The map's own element and script, and whether every road could be drawn."""

    element: str
    script: str
    all_roads: bool


class _OfflineMap(folium.Map):
    """folium's map without the scripts and styles that it would fetch; the page brings Leaflet itself."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own attribute
    default_css: list[tuple[str, str]] = []  # noqa: RUF012 - as above


class _Start(MacroElement):
    """Hands folium's map and layers to the page's script."""

    _template = Template(
        """{% macro script(this, kwargs) %}
        startPage({{ this._parent.get_name() }}, {
            roads: {{ this.roads.get_name() }},
            backdrop: {{ this.backdrop.get_name() }},
        });
        {% endmacro %}"""
    )

    def __init__(self, roads: folium.FeatureGroup, backdrop: folium.FeatureGroup) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca leaves it untyped
        self._name = "Start"
        self.roads = roads
        self.backdrop = backdrop


def draw_map(study: Study) -> DrawnMap:
    """Draw what stays as it is: water, borders and roads.

    Areas, service points, places and their popups are data: the page's script draws them, so that it can also change
    them. No text of the user enters folium's script.
    """
    west, south, east, north = study.bounds
    drawn = _named(
        _OfflineMap(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_control=False,
            attributionControl=False,
            zoomSnap=0.25,
            zoomDelta=0.5,
            fadeAnimation=False,
            zoom_start=6,
        ),
        "study",
    )
    for name, height in PANES.items():
        _named(CustomPane(name, z_index=height, pointer_events=name == "places"), name).add_to(drawn)
    roads, all_roads = _add_roads(drawn, study)
    _named(_Start(roads, _add_backdrop(drawn, study)), "page").add_to(drawn)
    return DrawnMap(*_rendered(drawn), all_roads)


def _add_backdrop(drawn: folium.Map, study: Study) -> folium.FeatureGroup:
    """Draw water and the borders of municipalities."""
    group = _named(folium.FeatureGroup(name="backdrop"), "backdrop")
    group.add_to(drawn)
    features = [
        _feature(shape, style)
        for frame, style, is_line in (
            (study.water, WATER_STYLE, False),
            (study.borders, BORDER_STYLE, True),
        )
        if frame is not None and len(frame)
        for shape in [lean_backdrop(frame, decimals=study.decimals, box=study.bounds, lines=is_line)]
        if shape["coordinates"]
    ]
    _add_features(group, features, name="backdrop", pane="backdrop", smooth_factor=0)
    return group


def _add_roads(drawn: folium.Map, study: Study) -> tuple[folium.FeatureGroup, bool]:
    group = _named(folium.FeatureGroup(name="roads"), "roads")
    group.add_to(drawn)
    if study.roads is None or not len(study.roads):
        return group, True
    roads = lean_roads(study.roads, decimals=study.decimals)
    features = [_feature(roads.lines[name], style) for name, style in ROAD_STYLES.items() if name in roads.lines]
    _add_features(group, features, name="roads", pane="roads", smooth_factor=0.7)
    return group, roads.complete


def _add_features(
    group: folium.FeatureGroup, features: list[dict[str, Any]], *, name: str, pane: str, smooth_factor: float
) -> None:
    if features:
        collection = {"type": "FeatureCollection", "features": features}
        drawn = folium.GeoJson(collection, interactive=False, pane=pane, smooth_factor=smooth_factor)
        _named(drawn, name).add_to(group)


def _feature(geometry: dict[str, Any], style: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"style": style}, "geometry": geometry}


def _named(element: AnyElement, name: str) -> AnyElement:
    """Give an element a name of ours: folium draws lots, and the same study should give the same bytes."""
    element._id = name  # noqa: SLF001 - folium offers no other way
    return element


def _rendered(drawn: folium.Map) -> tuple[str, str]:
    """Render the map; folium's header is left out (it forbids zooming and sizes a map that we size)."""
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError(f"folium put its map into {type(figure).__name__}, not into a Figure.")
    for child in list(figure._children.values()):  # noqa: SLF001 - as Figure.render does
        child.render()
    return figure.html.render(), _SPACE_IN_NUMBERS.sub(",", figure.script.render())
