"""A static map of one level: its bands, the roads, the points that serve it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import UNREACHED_COLOUR, level_shapes
from palveluverkko.domain.travel import check_minutes
from palveluverkko.report.drawing import MARKERS, as_written, marker_area, save
from palveluverkko.report.looks import INK, MUTED, by_minutes
from palveluverkko.report.texts import band_label, format_number, text

_ROAD_WIDTHS = {
    "motorway": 1.1,
    "trunk": 1.0,
    "primary": 0.8,
    "secondary": 0.55,
    "tertiary": 0.4,
    "ferry": 0.5,
}
_OTHER_ROAD_WIDTH = 0.2


@as_written
def write_level_map(
    path: Path,
    *,
    level: str,
    bands: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    borders: gpd.GeoDataFrame | None = None,
    minutes: Sequence[float],
    scheme: LevelScheme,
    language: str,
    subtitle: str = "",
    credit: str | None = None,
) -> Path:
    """Draw the bands of one level with water, borders and roads and with the points that serve it.

    Parameters
    ----------
    path
        Where to write a PNG.
    level
        Code of the level.
    bands
        Bands of all levels, which fix the frame of the map; their CRS is the CRS of the map and must be metric.
    points
        Service points in any CRS; those that are closed are left out.
    roads
        Roads to draw under the points, with ``road_class``.
    water, borders
        Polygons of lakes and of areas; any CRS.
    minutes
        All thresholds of the study, so that colours mean the same on every map.
    scheme
        Order, names and colours of the levels.
    language
        Language of all words.
    subtitle
        Season and direction, under the title.
    credit
        Whose data the roads are; the attribution that OpenStreetMap asks for when None, nothing when "".
    """
    minutes = check_minutes(minutes)
    credit = text("map_credit", language) if credit is None else credit
    own = bands[bands["level"] == level]
    serving = points[points["level"].isin(scheme.serving(level))].to_crs(bands.crs)
    if "open" in serving:
        serving = serving[serving["open"].astype(bool)]
    lines = None if roads is None else roads.to_crs(bands.crs)

    width = 7.6
    extent = _extent([bands, points.to_crs(bands.crs)])  # of all levels: their maps lie edge to edge
    height = float(np.clip(width * (extent[3] - extent[1]) / (extent[2] - extent[0]), 4.2, 11.0))
    west, south, east, north = _filling(extent, height / width)
    top = 0.9 if subtitle else 0.6
    figure = Figure(figsize=(width + 2.4, height + top + 0.3), layout=None, facecolor="white")
    FigureCanvasAgg(figure)
    whole_width, whole_height = figure.get_size_inches()
    frame = (0.25 / whole_width, 0.3 / whole_height, width / whole_width, height / whole_height)
    axes = figure.add_axes(frame)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(UNREACHED_COLOUR)
    for spine in axes.spines.values():
        spine.set_color("#c3cbd0")

    colours = by_minutes(minutes)
    shades = [colours[float(to_min)] for to_min in own["to_min"]]
    outlines = [_outline(geometry) for geometry in own.geometry]
    # The edge of a band's own colour closes the seams between bands. As a collection: a patch each would search
    # every curve for its extent, 4 s for the three maps of Lapland.
    areas = PathCollection(outlines, facecolors=shades, edgecolors=shades, linewidths=0.3, zorder=1)
    axes.add_collection(areas, autolim=False)
    view = shapely.box(west, south, east, north)
    if water is not None:
        _draw_water(axes, water.to_crs(bands.crs), view)
    if borders is not None:
        _draw_borders(axes, borders.to_crs(bands.crs), view)
    if lines is not None:
        _draw_roads(axes, lines)
    _draw_points(axes, serving, scheme)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    _draw_scale_bar(axes, language)

    title = text("map_title", language, level=scheme[level].name(language))
    figure.text(frame[0], 1 - 0.22 / whole_height, title, fontsize=15, fontweight="bold", color=INK, va="top")
    if subtitle:
        figure.text(frame[0], 1 - 0.54 / whole_height, subtitle, fontsize=10.5, color=MUTED, va="top")
    _draw_map_legend(figure, axes, minutes=minutes, serving=serving, scheme=scheme, language=language)
    if credit:
        figure.text(frame[0], 0.08 / whole_height, credit, fontsize=7, color=MUTED, va="bottom")
    return save(figure, path)


def _extent(frames: Iterable[gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Give the bounds of all geometries with a margin of 3 %, or of a kilometre where there is only a spot."""
    bounds = [frame.total_bounds for frame in frames if not frame.empty]
    if not bounds:
        return 0.0, 0.0, 1000.0, 1000.0
    west, south = np.min([one[:2] for one in bounds], axis=0)
    east, north = np.max([one[2:] for one in bounds], axis=0)
    margin = max(0.03 * max(east - west, north - south), 1000.0)
    return float(west - margin), float(south - margin), float(east + margin), float(north + margin)


def _filling(extent: tuple[float, float, float, float], ratio: float) -> tuple[float, float, float, float]:
    """Widen an extent on both sides until its height is a given multiple of its width."""
    west, south, east, north = extent
    wider = max(0.0, (north - south) / ratio - (east - west)) / 2
    higher = max(0.0, (east - west) * ratio - (north - south)) / 2
    return west - wider, south - higher, east + wider, north + higher


def _outline(geometry: shapely.Geometry) -> Outline:
    """Give polygons with their holes as one path."""
    rings = [
        Outline(np.asarray(ring.coords)[:, :2], closed=True)
        for polygon in shapely.get_parts(shapely.orient_polygons(geometry))
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return Outline.make_compound_path(*rings) if rings else Outline(np.empty((0, 2)))


def _draw_water(axes: Axes, water: gpd.GeoDataFrame, view: shapely.Polygon) -> None:
    """Lay water over the bands, which leave it out but for their rounded edges."""
    seen = shapely.clip_by_rect(water.geometry.to_numpy(), *view.bounds)
    shapes = [_outline(one) for one in seen if not one.is_empty]
    axes.add_collection(
        PathCollection(shapes, facecolors="#a9c3d4", edgecolors="#8fb0c6", linewidths=0.3, zorder=1.5), autolim=False
    )


def _draw_borders(axes: Axes, borders: gpd.GeoDataFrame, view: shapely.Polygon) -> None:
    """Draw a border between two areas once."""
    near = borders.geometry.to_numpy()
    near = near[shapely.intersects(near, view)]
    edges = shapely.line_merge(shapely.union_all(shapely.boundary(near)))
    lines = [shapely.get_coordinates(line) for line in shapely.get_parts(edges)]
    style = (0, (6, 3, 1.5, 3))
    axes.add_collection(
        LineCollection(lines, linewidths=0.7, colors="#6b5b73", linestyles=[style], alpha=0.8, zorder=1.8),
        autolim=False,
    )


def _draw_roads(axes: Axes, roads: gpd.GeoDataFrame) -> None:
    classes = roads["road_class"].astype(str).str.removesuffix("_link")
    for road_class, members in roads.groupby(classes.where(classes.isin(list(_ROAD_WIDTHS)), "other")):
        lines = [shapely.get_coordinates(line) for line in shapely.get_parts(members.geometry.to_numpy())]
        ferry = road_class == "ferry"
        axes.add_collection(
            LineCollection(
                lines,
                linewidths=_ROAD_WIDTHS.get(str(road_class), _OTHER_ROAD_WIDTH),
                colors="#2f6690" if ferry else "#4d5961",
                linestyles="dashed" if ferry else "solid",
                alpha=0.75,
                zorder=2,
            ),
            autolim=False,
        )


def _draw_points(axes: Axes, points: gpd.GeoDataFrame, scheme: LevelScheme) -> None:
    """Draw points by level, the farther on top, and name as many as fit, the farther first."""
    labelled: list[tuple[float, float, str]] = []
    shapes = level_shapes(len(scheme.levels))
    for number, (level, shape) in enumerate(zip(scheme.levels, shapes, strict=True)):
        own = points[points["level"] == level.code]
        x, y = own.geometry.x.to_numpy(), own.geometry.y.to_numpy()
        axes.scatter(
            x,
            y,
            s=marker_area(number, shape),
            marker=MARKERS[shape],
            c=level.colour,
            edgecolors="white",
            linewidths=1.1,
            zorder=4 + number,
        )
        labelled = [*zip(x, y, own["name"].astype(str), strict=True), *labelled]
    _draw_names(axes, labelled)


def _draw_names(axes: Axes, labelled: Sequence[tuple[float, float, str]]) -> None:
    """Place each name at the first of four sides where it hides neither a name nor a point."""
    spots = axes.transData.transform([(x, y) for x, y, _ in labelled]) if labelled else np.empty((0, 2))
    taken = [Bbox.from_bounds(x - 7, y - 7, 14, 14) for x, y in spots]
    sides = (
        ((9, 0), "left", "center"),
        ((-9, 0), "right", "center"),
        ((0, 8), "center", "bottom"),
        ((0, -8), "center", "top"),
    )
    halo = [withStroke(linewidth=2.2, foreground="white", alpha=0.9)]
    for number, (x, y, name) in enumerate(labelled):
        for offset, horizontal, vertical in sides:
            label = axes.annotate(
                name,
                xy=(x, y),
                xytext=offset,
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                fontsize=7.5,
                color=INK,
                path_effects=halo,
                zorder=20,
            )
            box = label.get_window_extent()
            others = taken[:number] + taken[number + 1 :]
            if axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1) and not box.count_overlaps(others):
                taken.append(box)
                break
            label.remove()


def _draw_scale_bar(axes: Axes, language: str) -> None:
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    aim = (east - west) / 5
    power = 10 ** math.floor(math.log10(aim))
    length = next(step * power for step in (5, 2, 1) if step * power <= aim)
    x, y, tick = west + 0.03 * (east - west), south + 0.025 * (north - south), 0.008 * (north - south)
    axes.plot([x, x, x + length, x + length], [y + tick, y, y, y + tick], color=INK, linewidth=1.2, zorder=30)
    shown = f"{format_number(length / 1000, language)} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004
    axes.text(x + length / 2, y + 1.4 * tick, shown, ha="center", va="bottom", fontsize=8, color=INK, zorder=30)


def _draw_map_legend(
    figure: Figure,
    axes: Axes,
    *,
    minutes: Sequence[float],
    serving: gpd.GeoDataFrame,
    scheme: LevelScheme,
    language: str,
) -> None:
    position = axes.get_position()
    style = {"frameon": False, "fontsize": 9, "labelcolor": INK, "alignment": "left", "borderaxespad": 0.0}
    lower = [0.0, *minutes]
    handles: list[Patch | Line2D] = [
        Patch(facecolor=colour, edgecolor="#c3cbd0", linewidth=0.5, label=band_label(start, limit, language))
        for start, (limit, colour) in zip(lower, by_minutes(minutes).items(), strict=False)
    ]
    handles.append(
        Patch(facecolor=UNREACHED_COLOUR, edgecolor="#c3cbd0", linewidth=0.5, label=text("map_beyond", language))
    )
    times = figure.legend(
        handles=handles,
        title=text("map_legend", language),
        loc="upper left",
        bbox_to_anchor=(position.x1 + 0.02, position.y1),
        handlelength=1.6,
        handleheight=1.2,
        labelspacing=0.3,
        **style,
    )
    times.get_title().set(fontweight="bold", color=INK, fontsize=10)
    marks = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKERS[shape],
            markersize=math.sqrt(marker_area(number, shape)),
            markerfacecolor=level.colour,
            markeredgecolor="white",
            label=level.name(language),
        )
        for number, (level, shape) in enumerate(zip(scheme.levels, level_shapes(len(scheme.levels)), strict=True))
        if (serving["level"] == level.code).any()
    ]
    if marks:
        points = figure.legend(
            handles=marks,
            title=text("map_points", language),
            loc="lower left",
            bbox_to_anchor=(position.x1 + 0.02, position.y0),
            **style,
        )
        points.get_title().set(fontweight="bold", color=INK, fontsize=10)
