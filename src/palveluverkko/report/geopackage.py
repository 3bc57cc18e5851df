"""All results in one GeoPackage, with styles that QGIS applies by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from itertools import cycle
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.files import replacing
from palveluverkko.domain.grids import GRID_LAYERS
from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import UNREACHED_COLOUR, level_shapes
from palveluverkko.report.looks import BAD, GOOD, INK, by_minutes
from palveluverkko.report.qml import Rule, Style, Symbol, equals, to_qml
from palveluverkko.report.texts import band_label, format_number, text, word

GEOMETRY_COLUMN = "geom"
_FID = "fid"

_GEOMETRY = {
    "bands": "MultiPolygon",
    "isochrones": "MultiPolygon",
    "service_points": "Point",
    "doubts": "Point",
    "islands": "MultiLineString",
    "roads_by_source": "LineString",
    "closed_roads": "LineString",
}
"""Layers of one kind of geometry, also when they are empty."""

_NO_TIME = "1970-01-01T00:00:00.000Z"
"""In place of the time of writing, so that equal results are equal files; the run manifest tells the time."""

# The table as QGIS itself makes it (QgsOgrProvider::saveStyle), column for column.
_LAYER_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256),
  f_table_schema TEXT(256),
  f_table_name TEXT(256),
  f_geometry_column TEXT(256),
  styleName TEXT(30),
  styleQML TEXT,
  styleSLD TEXT,
  useAsDefault BOOLEAN,
  description TEXT,
  owner TEXT(30),
  ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""

_GEOMETRY = {
    "bands": "MultiPolygon", "isochrones": "MultiPolygon", "service_points": "Point", "access_legs": "LineString",
    "catchments": "MultiPolygon", "point_bands": "MultiPolygon", "common_bands": "MultiPolygon",
    "area_changes": "MultiPolygon", "areas": "MultiPolygon",
}  # fmt: skip

# Okabe and Ito's colours, which remain apart to those who see few.
_PALE = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")

# Roads by how much they matter on a map; the keys continue texts.py's roads_*.
ROAD_GROUPS: Mapping[str, tuple[str, ...]] = {
    "main": ("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
    "middle": ("secondary", "secondary_link", "tertiary", "tertiary_link"),
    "ferry": ("ferry",),
}


def write_results(
    path: Path,
    *,
    service_points: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    bands: gpd.GeoDataFrame,
    isochrones: gpd.GeoDataFrame,
    findings: pd.DataFrame,
    roads: gpd.GeoDataFrame | None = None,
    access_legs: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    further: Mapping[str, pd.DataFrame] | None = None,
    scheme: LevelScheme,
    language: str,
) -> None:
    """Write the layers of a run, each in its own CRS, and a default QGIS style for each.

    Named indexes become columns. Equal results give equal bytes.

    Parameters
    ----------
    path
        Where to write; an old file is replaced at once.
    service_points, places, bands, isochrones
        Layers. Places may carry ``time_X`` and ``band_X`` of each level; then they are coloured by them.
    findings
        A layer of points if it is a GeoDataFrame, otherwise a table.
    roads
        Roads to draw, with ``road_class``; the layer is left out when None.
    access_legs
        Lines between points and the road, with ``verdict``; the layer is left out when None.
    areas
        Polygons with ``mean_X`` of each level, by which they are coloured; the layer is left out when None.
    further
        Layers and tables that a study asked for, by name: ``roads`` with ``level`` and ``band``, ``road_kilometres``,
        ``catchments`` with ``level`` and ``point``, ``nearest``, and grids (``grid_1km``) with the columns of places.
    scheme
        Order, names and colours of the levels.
    language
        Language of legends and layer descriptions.

    Raises
    ------
    TableError
        A layer has no CRS.
    """
    layers: dict[str, pd.DataFrame] = {"bands": bands, "places": places, "isochrones": isochrones}
    optional = {"areas": areas, "roads": roads, "access_legs": access_legs}
    layers |= {name: frame for name, frame in optional.items() if frame is not None}
    layers |= {"service_points": service_points, "findings": findings, **(further or {})}
    minutes = sorted(set(bands["to_min"].dropna()) | set(isochrones["minutes"]))
    styles = {
        "bands": style_bands(scheme, minutes, language),
        "isochrones": style_isochrones(scheme, minutes, language),
        "places": style_places(places, scheme, minutes, language),
        "areas": style_areas(scheme, minutes, language),
        "roads": style_roads(language),
        "access_legs": style_access_legs(language),
        "service_points": style_service_points(service_points, scheme, language),
        "findings": style_findings(findings, language),
    }
    if further and "roads" in further:
        styles["roads"] = style_reached_roads(scheme, minutes, language)
    for name, frame in (further or {}).items():
        if name.startswith(GRID_LAYERS):
            styles[name] = style_places(frame, scheme, minutes, language)
    if further and "catchments" in further:
        styles["catchments"] = style_catchments(further["catchments"], scheme, language)
    if further and "area_changes" in further:
        styles["area_changes"] = style_area_changes(further["area_changes"], scheme, language)
    if further and "common_bands" in further:
        styles["common_bands"] = Style(_band_rules(minutes, language))
    if further and "point_bands" in further:
        styles["point_bands"] = style_point_bands(further["point_bands"], minutes, language)
    write_layers(path, layers, styles, language)


def write_layers(path: Path, layers: Mapping[str, pd.DataFrame], styles: Mapping[str, Style], language: str) -> None:
    """Write layers and the styles of those with geometry; each is described by the text ``layer_<name>``."""
    with replacing(path) as beside:
        for name, frame in layers.items():
            _write_layer(beside, name, frame, description=_describe(name, language))
        _write_styles(beside, {name: styles[name] for name in layers if _is_spatial(layers[name])}, language)


def _describe(name: str, language: str) -> str:
    return text("layer_grid" if name.startswith(GRID_LAYERS) else f"layer_{name}", language)


def style_bands(scheme: LevelScheme, minutes: list[float], language: str) -> Style:
    """Fill the bands by time under a heading per level; the nearest level is shown, the others wait to be ticked."""
    return Style(
        tuple(
            Rule(
                level.name(language),
                equals("level", level.code),
                shown=level is scheme.levels[0],
                rules=_band_rules(minutes, language),
            )
            for level in scheme.levels
        )
    )


def _band_rules(minutes: list[float], language: str) -> tuple[Rule, ...]:
    colours = by_minutes(minutes)
    lower = dict(zip(minutes, [0.0, *minutes], strict=False))
    return tuple(
        Rule(
            band_label(lower[to_min], to_min, language),
            equals("to_min", to_min),
            Symbol("fill", fill=colours[to_min], outline=colours[to_min], width=0.1, opacity=0.8),
        )
        for to_min in minutes
    )


def style_point_bands(drawn: pd.DataFrame, minutes: list[float], language: str) -> Style:
    """Fill the bands of single points under a heading for each; the first is shown, the others wait to be ticked."""
    names = list(dict.fromkeys(drawn["point"]))
    return Style(
        tuple(
            Rule(str(name), equals("point", str(name)), shown=name == names[0], rules=_band_rules(minutes, language))
            for name in names
        )
        or _band_rules(minutes, language)
    )


def style_area_changes(changes: pd.DataFrame, scheme: LevelScheme, language: str) -> Style:
    """Fill what is gained and what is lost, by scenario, level and threshold; the first of them is shown."""
    looks = {
        "gained": Symbol("fill", fill=GOOD[0], outline=GOOD[0], width=0.2, opacity=0.6),
        "lost": Symbol("fill", fill=BAD[0], outline=BAD[0], width=0.2, opacity=0.6),
    }
    groups = []
    each = changes[["scenario", "level", "minutes"]].drop_duplicates().itertuples(index=False)
    for number, (scenario, level, limit) in enumerate(each):
        within = text("within", language, minutes=format_number(limit, language))
        here = f"{equals('scenario', str(scenario))} AND {equals('level', str(level))} AND {equals('minutes', limit)}"
        rules = tuple(
            Rule(text(f"change_{change}", language), equals("change", change), look) for change, look in looks.items()
        )
        name = f"{scenario}: {scheme[str(level)].name(language)}, {within}"
        groups.append(Rule(name, here, shown=number == 0, rules=rules))
    return Style(tuple(groups) or (Rule(text("layer_area_changes", language), symbol=looks["lost"]),))


def style_isochrones(scheme: LevelScheme, minutes: list[float], language: str) -> Style:
    """Draw isochrones as outlines, so that the cumulative areas do not hide one another."""
    colours = by_minutes(minutes)
    return Style(
        tuple(
            Rule(
                level.name(language),
                equals("level", level.code),
                shown=level is scheme.levels[0],
                rules=tuple(
                    Rule(
                        text("within", language, minutes=format_number(limit, language)),
                        equals("minutes", limit),
                        Symbol("fill", outline=colours[limit], width=0.5),
                    )
                    for limit in minutes
                ),
            )
            for level in scheme.levels
        )
    )


def style_places(places: gpd.GeoDataFrame, scheme: LevelScheme, minutes: list[float], language: str) -> Style:
    """Colour places by their band at each level; without bands, draw them plainly."""
    areal = places.geom_type.isin(["Polygon", "MultiPolygon"]).any()

    def symbol(colour: str) -> Symbol:
        if areal:
            return Symbol("fill", fill=colour, outline=colour, width=0.05)
        return Symbol("marker", fill=colour, outline="#ffffff", width=0.1, size=1.6)

    colours = by_minutes(minutes)
    lower = dict(zip(minutes, [0.0, *minutes], strict=False))
    last = minutes[-1] if minutes else 0.0
    groups = [level for level in scheme.levels if f"band_{level.code}" in places]
    if not groups:
        return Style((Rule(text("layer_places", language), symbol=symbol("#66757f")),))
    return Style(
        tuple(
            Rule(
                level.name(language),
                shown=level is groups[0],
                rules=(
                    *(
                        Rule(
                            band_label(lower[to_min], to_min, language),
                            equals(f"band_{level.code}", to_min),
                            symbol(colours[to_min]),
                        )
                        for to_min in minutes
                    ),
                    Rule(band_label(last, float("nan"), language), "ELSE", symbol(UNREACHED_COLOUR)),
                ),
            )
            for level in groups
        )
    )


def style_areas(scheme: LevelScheme, minutes: list[float], language: str) -> Style:
    """Colour areas by their mean minutes under a heading per level, their names on them; the nearest is shown."""
    colours = by_minutes(minutes)
    lower = dict(zip(minutes, [0.0, *minutes], strict=False))

    def symbol(colour: str) -> Symbol:
        return Symbol("fill", fill=colour, outline="#ffffff", width=0.3, opacity=0.85)

    return Style(
        tuple(
            Rule(
                text("layer_areas_rule", language, level=level.name(language)),
                shown=level is scheme.levels[0],
                rules=(
                    *(
                        Rule(
                            band_label(lower[limit], limit, language),
                            f'"mean_{level.code}" <= {limit:g}'
                            + (f' AND "mean_{level.code}" > {lower[limit]:g}' if lower[limit] else ""),
                            symbol(colours[limit]),
                        )
                        for limit in minutes
                    ),
                    Rule(text("layer_areas_nobody", language), "ELSE", symbol(UNREACHED_COLOUR)),
                ),
            )
            for level in scheme.levels
        ),
        label_column="name",
    )


def style_service_points(points: gpd.GeoDataFrame, scheme: LevelScheme, language: str) -> Style:
    """Tell levels apart by colour and shape, the farther the larger; points that are not open are hollow."""
    some_closed = "open" in points and not points["open"].all()
    rules = []
    shapes = level_shapes(len(scheme.levels))
    for number, (level, shape) in enumerate(zip(scheme.levels, shapes, strict=True)):
        name, here = level.name(language), equals("level", level.code)
        size = 2.8 + 0.7 * number
        solid = Symbol("marker", fill=level.colour, outline="#ffffff", width=0.4, size=size, shape=shape)
        if not some_closed:
            rules.append(Rule(name, here, solid))
            continue
        hollow = Symbol("marker", fill="#ffffff", outline=level.colour, width=0.5, size=size, shape=shape)
        rules.append(Rule(name, f'{here} AND "open"', solid))
        rules.append(Rule(text("not_open", language, level=name), f'{here} AND NOT "open"', hollow))
    return Style(tuple(rules), label_column="name")


def style_roads(language: str) -> Style:
    """Draw main roads heavier, ferries dashed and the rest as hairlines."""
    looks = {
        "main": Symbol("line", outline="#5c6770", width=0.5),
        "middle": Symbol("line", outline="#7d8891", width=0.3),
        "ferry": Symbol("line", outline="#2f6690", width=0.4, dashed=True),
    }
    rules = []
    for group, classes in ROAD_GROUPS.items():
        members = ", ".join(f"'{road_class}'" for road_class in classes)
        rules.append(Rule(text(f"roads_{group}", language), f'"road_class" IN ({members})', looks[group]))
    other = Rule(text("roads_other", language), "ELSE", Symbol("line", outline="#b4bcc2", width=0.15))
    return Style((*rules, other))


def style_reached_roads(scheme: LevelScheme, minutes: list[float], language: str) -> Style:
    """Draw roads in the colour of their band under a heading per level; the nearest level is shown."""
    colours = by_minutes(minutes)
    lower = dict(zip(minutes, [0.0, *minutes], strict=False))
    return Style(
        tuple(
            Rule(
                level.name(language),
                equals("level", level.code),
                shown=level is scheme.levels[0],
                rules=tuple(
                    Rule(
                        band_label(lower[limit], limit, language),
                        equals("band", limit),
                        Symbol("line", outline=colours[limit], width=0.4),
                    )
                    for limit in minutes
                ),
            )
            for level in scheme.levels
        )
    )


def style_catchments(catchments: pd.DataFrame, scheme: LevelScheme, language: str) -> Style:
    """Fill the catchments of a level by turns in a few pale colours; the nearest level is shown, the others wait."""
    groups = []
    for level in scheme.levels:
        own = catchments[catchments["level"] == level.code]
        names = own["name"] if "name" in own else own["point"]
        rules = tuple(
            Rule(
                str(name),
                f"{equals('level', level.code)} AND {equals('point', str(point))}",
                Symbol("fill", fill=colour, outline=INK, width=0.3, opacity=0.6),
            )
            for point, name, colour in zip(own["point"], names, cycle(_PALE), strict=False)
        )
        if rules:
            groups.append(Rule(level.name(language), shown=level is scheme.levels[0], rules=rules))
    return Style(tuple(groups) or (Rule(text("layer_catchments", language), symbol=Symbol("fill", outline=INK)),))


def style_access_legs(language: str) -> Style:
    """Draw access legs dashed: in ink where the point is simply on its road, in red where a finding says why not."""
    simple = Symbol("line", outline=INK, width=0.4, dashed=True)
    doubtful = Symbol("line", outline=BAD[0], width=0.6, dashed=True)
    plain = ("ok", "both_carriageways")
    rules = [Rule(word("verdict", verdict, language), equals("verdict", verdict), simple) for verdict in plain]
    return Style((*rules, Rule(text("layer_findings", language), "ELSE", doubtful)))


def style_findings(findings: pd.DataFrame, language: str) -> Style:
    """Mark findings by verdict."""
    verdicts = sorted(findings["verdict"].dropna().unique())
    return Style(
        tuple(
            Rule(
                word("verdict", str(verdict), language),
                equals("verdict", str(verdict)),
                Symbol("marker", fill=BAD[0], outline="#ffffff", width=0.3, size=3, shape="triangle"),
            )
            for verdict in verdicts
        )
        or (Rule(text("layer_findings", language), symbol=Symbol("marker", fill=BAD[0], outline=INK)),)
    )


def _is_spatial(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame)


def _write_layer(path: Path, name: str, frame: pd.DataFrame, *, description: str) -> None:
    flat = _storable(frame)
    options = {"FID": _FID, "IDENTIFIER": name, "DESCRIPTION": description}
    if not isinstance(flat, gpd.GeoDataFrame):
        pyogrio.write_dataframe(flat, path, layer=name, driver="GPKG", layer_options=options)
        return
    if flat.crs is None:
        raise TableError(f"{name} has no CRS; set one (frame.set_crs) before writing it to {path.name}.")
    kind = _GEOMETRY.get(name)
    pyogrio.write_dataframe(
        flat,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=kind or ("Unknown" if flat.empty else None),
        promote_to_multi=(kind or "").startswith("Multi") or None,
        layer_options={**options, "GEOMETRY_NAME": GEOMETRY_COLUMN},
    )


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the frame with its index as a column, plain texts for objects, and names that SQLite can tell apart."""
    flat = frame.reset_index() if frame.index.name is not None else frame.reset_index(drop=True)
    geometry = flat.geometry.name if isinstance(flat, gpd.GeoDataFrame) else None
    for column in flat.columns:
        if column != geometry and (flat[column].dtype == object or isinstance(flat[column].dtype, pd.CategoricalDtype)):
            flat[column] = flat[column].astype(object).map(str, na_action="ignore").astype("str")
    return flat.rename(columns=_names_told_apart([str(column) for column in flat.columns if column != geometry]))


def _names_told_apart(columns: list[str]) -> dict[str, str]:
    """Rename a user's column that clashes with our own or, to SQLite, with another but for its case."""
    taken = {_FID, GEOMETRY_COLUMN}
    renamed = {}
    for column in columns:
        name, number = column, 1
        while name.lower() in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name.lower())
        if name != column:
            renamed[column] = name
    return renamed


def _write_styles(path: Path, styles: Mapping[str, Style], language: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_LAYER_STYLES)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
            ("layer_styles", "layer_styles", text("layer_styles", language)),
        )
        for name, style in styles.items():
            # QGIS looks a GeoPackage's style up by an empty schema, the table and its geometry column.
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
                " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
                " VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)",
                (name, GEOMETRY_COLUMN, name, to_qml(style), _describe(name, language), _NO_TIME),
            )
        database.execute("UPDATE gpkg_contents SET last_change = ?", (_NO_TIME,))
    # The file counts its transactions, and GDAL needs one more at times: a copy begins anew, so that equal results are
    # equal bytes.
    anew = path.with_name(f"{path.name}.anew")
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("VACUUM INTO ?", (str(anew),))
        anew.replace(path)
    finally:
        anew.unlink(missing_ok=True)
