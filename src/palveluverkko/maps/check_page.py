"""The page of a check: roads by where their speed comes from, parts off the main network, doubtful points."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import geopandas
import jinja2
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.palette import CLOSED_COLOUR, ISLAND_COLOUR, OTHER_SOURCE_COLOUR, SOURCE_COLOURS
from palveluverkko.maps.assets import (
    leaflet_script,
    leaflet_style,
    our_style,
    script_hash,
    sprite,
    template_text,
    to_script_json,
)
from palveluverkko.maps.geometry import PAGE_CRS, ROAD_GROUPS, ROAD_VERTICES, decimals_for, lean_roads, road_groups
from palveluverkko.maps.inputs import Study
from palveluverkko.maps.page import OSM_COPYRIGHT, Page
from palveluverkko.maps.payload import study_head
from palveluverkko.maps.texts import Texts, read_texts

SCRIPTS = ("format.js", "language.js", "network.js", "points.js", "labels.js", "controls.js", "paper.js", "check.js")

DOUBTS_SHOWN = 100
"""Most doubts of one kind that are listed beside the map."""

DOUBTS_DRAWN = 20_000
"""Most doubts that are drawn, those with most people first: 3 MB."""

ISLAND_VERTICES = 60_000
"""Most vertices of the roads off the main part: 1 MB; those with people are drawn first."""

_WEIGHTS = {"motorway": 3.0, "primary": 2.4, "ferry": 1.6, "secondary": 1.8, "tertiary": 1.4, "minor": 0.9}


@dataclass(frozen=True)
class Checked:
    """What the page shows, as tables; those of the same name as in a diagnosis have the same columns.

    Attributes
    ----------
    points, places
        The study's own tables.
    spots
        Doubtful points and places: subject, id, name, verdict, population; any CRS.
    unreached, parts, speeds, speeds_by_area, rejected, restrictions, edge
        Tables; ``parts`` shortened to the rows to show, ``speeds_by_area`` None where there are no areas.
    islands
        Roads off the main part in a metric CRS: kind, edges, kilometres, service_points, places, population.
    closed_roads
        Lines with way, name, places and population; any CRS.
    roads
        Lines with road_class and speed_source in a metric CRS, or None.
    bounds
        West, south, east and north of the roads, degrees.
    """

    points: geopandas.GeoDataFrame
    places: geopandas.GeoDataFrame
    spots: geopandas.GeoDataFrame
    unreached: pd.DataFrame
    parts: pd.DataFrame
    speeds: pd.DataFrame
    speeds_by_area: pd.DataFrame | None
    rejected: pd.DataFrame
    restrictions: pd.DataFrame
    edge: pd.DataFrame
    islands: geopandas.GeoDataFrame
    closed_roads: geopandas.GeoDataFrame
    roads: geopandas.GeoDataFrame | None
    bounds: tuple[float, float, float, float]


def build_check_page(
    checked: Checked,
    *,
    title: str,
    scheme: LevelScheme,
    language: str = "fi",
    attribution: str | None = None,
) -> Page:
    """Build the page of a check; it loads nothing but itself, and the same check gives the same bytes."""
    texts, words = read_texts(language), _read_words(language)
    roads, all_roads = _roads(checked)
    data = _data(checked, scheme, texts, words) | {"roads": roads}
    body = "\n".join(template_text(name) for name in SCRIPTS)
    script = Markup(f'(() => {{\n"use strict";\n{body}\nstartCheck();\n}})();')  # noqa: S704 - ours
    scripts = [leaflet_script(), script]
    document = _template().render(
        texts=texts,
        words=words,
        title=title,
        attribution=texts.page["attribution"] if attribution is None else attribution,
        attribution_address=OSM_COPYRIGHT if attribution is None else "",
        data_json=to_script_json(data),
        sources=data["sources"],
        kinds=data["kinds"],
        doubts=_doubt_groups(data, texts, words),
        parts=_part_rows(checked.parts, texts, words),
        areas=_area_rows(checked.speeds_by_area, texts),
        others=_others(checked, texts, words),
        island_colour=ISLAND_COLOUR,
        closed_colour=CLOSED_COLOUR,
        has_closed_roads=bool(len(checked.closed_roads)),
        has_roads=checked.roads is not None,
        has_islands=bool(len(checked.islands)),
        all_roads=all_roads,
        sprite=sprite(),
        styles=[leaflet_style(), our_style(), Markup(template_text("check.css"))],  # noqa: S704 - ours
        scripts=scripts,
        script_hashes=" ".join(script_hash(one) for one in scripts),
    )
    return Page(title, document)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template_text("check.html"))


def _read_words(language: str) -> dict[str, str]:
    document = tomllib.loads(resources.files(__package__).joinpath("check_texts.toml").read_text(encoding="utf-8"))
    words: dict[str, str] = document[language]
    return words


def _data(checked: Checked, scheme: LevelScheme, texts: Texts, words: Mapping[str, str]) -> dict[str, Any]:
    """Gather what the script needs: the page data of a study without bands, and what was found."""
    none: dict[str, list[Any]] = {"level": [], "from_min": [], "to_min": []}
    bands = geopandas.GeoDataFrame(none, geometry=[], crs=checked.points.crs)
    head = study_head(
        Study(scheme, (1.0,), bands, checked.points, checked.places),
        languages=(texts.language,),
        language=texts.language,
    )
    head["languages"][texts.language]["texts"] |= words
    west, south, east, north = checked.bounds
    decimals = decimals_for(checked.bounds)
    return head | {
        "bounds": [[south, west], [north, east]],
        "bands": [],
        "sources": _sources(checked.speeds, texts, words),
        "kinds": _kinds(checked.spots, words, texts),
        "spots": _spots(checked, decimals),
        "islands": _islands(checked.islands, decimals, words),
        "islandColour": ISLAND_COLOUR,
        "closedRoads": _closed_roads(checked.closed_roads, decimals),
        "closedColour": CLOSED_COLOUR,
    }


def _sources(speeds: pd.DataFrame, texts: Texts, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """List the sources of speeds with their kilometres, share and colour."""
    total = float(speeds["kilometres"].sum())
    rows = []
    for column in speeds.columns:
        source = str(column).removeprefix("km_")
        if source == column:
            continue
        kilometres = float(speeds[column].sum())
        rows.append(
            {
                "source": source,
                "name": words.get(source, source),
                "colour": SOURCE_COLOURS.get(source, OTHER_SOURCE_COLOUR),
                "kilometres": texts.decimal(kilometres, decimals=0 if kilometres >= 10 else 1),  # noqa: PLR2004
                "share": texts.percent(kilometres / total if total else 0.0),
            }
        )
    return rows


def _kinds(spots: geopandas.GeoDataFrame, words: Mapping[str, str], texts: Texts) -> list[dict[str, Any]]:
    """Give each kind of doubt a number, which stands in the marker."""
    verdicts = [str(one) for one in dict.fromkeys(spots["verdict"])]
    known = sorted(verdicts, key=lambda one: list(words).index(one) if one in words else len(words))
    return [
        {
            "verdict": verdict,
            "number": number,
            "name": words.get(verdict, texts.verdict(verdict)),
            "total": int((spots["verdict"] == verdict).sum()),
            "count": texts.decimal(int((spots["verdict"] == verdict).sum())),
        }
        for number, verdict in enumerate(known, start=1)
    ]


def _spots(checked: Checked, decimals: int) -> list[dict[str, Any]]:
    largest = checked.spots["population"].sort_values(ascending=False, kind="stable").index[:DOUBTS_DRAWN]
    degrees = checked.spots.loc[largest.sort_values()].to_crs(PAGE_CRS)
    open_roads = checked.unreached[checked.unreached["open_minutes"].notna()].set_index("id")
    rows = []
    for one in degrees.itertuples():
        row: dict[str, Any] = {
            "verdict": one.verdict,
            "subject": one.subject,
            "id": one.id,
            "name": one.name or one.id,
            "people": float(one.population),
            "lon": round(one.geometry.x, decimals),
            "lat": round(one.geometry.y, decimals),
        }
        if one.verdict == "closed_by_tags" and one.id in open_roads.index:
            found = open_roads.loc[one.id]
            row |= {
                "minutes": round(float(found["open_minutes"])),
                "ways": ", ".join(one for one in (found["ways"], found["barriers"]) if one),
            }
        rows.append(row)
    return rows


def _islands(islands: geopandas.GeoDataFrame, decimals: int, words: Mapping[str, str]) -> list[dict[str, Any]]:
    if not len(islands):
        return []
    west, south, east, north = islands.total_bounds
    simple = shapely.simplify(islands.geometry.to_numpy(), max(east - west, north - south) / 20_000)
    fits = np.cumsum(shapely.get_num_coordinates(simple)) <= ISLAND_VERTICES
    degrees = geopandas.GeoSeries(simple[fits], crs=islands.crs).to_crs(PAGE_CRS)
    columns = islands[["kind", "edges", "kilometres", "service_points", "places", "population", "place_name"]][fits]
    return [
        {
            "kind": words.get(row["kind"], row["kind"]),
            "edges": int(row["edges"]),
            "kilometres": round(float(row["kilometres"]), 1),
            "servicePoints": int(row["service_points"]),
            "places": int(row["places"]),
            "people": float(row["population"]),
            "near": row["place_name"],
            "lines": [np.round(shapely.get_coordinates(line), decimals).tolist() for line in shapely.get_parts(shape)],
        }
        for row, shape in zip(columns.to_dict("records"), degrees, strict=True)
    ]


def _closed_roads(roads: geopandas.GeoDataFrame, decimals: int) -> list[dict[str, Any]]:
    lines = roads.to_crs(PAGE_CRS).geometry
    return [
        {
            "way": int(row["way"]),
            "name": row["name"],
            "places": int(row["places"]),
            "people": float(row["population"]),
            "line": np.round(shapely.get_coordinates(line), decimals).tolist(),
        }
        for row, line in zip(roads.drop(columns="geometry").to_dict("records"), lines, strict=True)
    ]


def _roads(checked: Checked) -> tuple[list[dict[str, Any]], bool]:
    """Make roads lean, main roads first, until the page is full; a group of classes is drawn whole or not at all."""
    if checked.roads is None:
        return [], True
    decimals = decimals_for(checked.bounds)
    budget = ROAD_VERTICES[decimals]
    group = road_groups(checked.roads)
    drawn: list[dict[str, Any]] = []
    for name in ROAD_GROUPS:
        of_group = checked.roads[group == name]
        rows = []
        for source, same in of_group.groupby("speed_source"):
            lean = lean_roads(same, decimals=decimals, budget=budget)
            if not lean.complete:
                return drawn[::-1], False
            lines = lean.lines[name]["coordinates"]
            budget -= sum(len(line) for line in lines)
            rows.append({"source": source, "weight": _WEIGHTS[name], "lines": lines, "dashed": name == "ferry"})
        drawn += rows
    return drawn[::-1], True


def _doubt_groups(data: Mapping[str, Any], texts: Texts, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """List the doubts of each kind for the panel; ``position`` is that of the spot on the map."""
    groups = []
    for kind in data["kinds"]:
        rows = [(at, one) for at, one in enumerate(data["spots"]) if one["verdict"] == kind["verdict"]]
        more = kind["total"] - len(rows[:DOUBTS_SHOWN])
        groups.append(
            {
                **kind,
                "spots": [{"position": at, "name": one["name"]} for at, one in rows[:DOUBTS_SHOWN]],
                "more": words["doubts_more"].format(count=texts.decimal(more)) if more > 0 else "",
            }
        )
    return groups


def _part_rows(parts: pd.DataFrame, texts: Texts, words: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "kind": words[row["kind"]].format(count=texts.decimal(row["parts"])),
            "kilometres": texts.decimal(row["kilometres"], decimals=0 if row["kilometres"] >= 100 else 1),  # noqa: PLR2004
            "places": texts.decimal(row["places"]),
            "people": texts.decimal(row["population"]),
            "near": row["place_name"],
        }
        for row in parts.to_dict("records")
    ]


def _area_rows(areas: pd.DataFrame | None, texts: Texts) -> list[dict[str, str]]:
    if areas is None:
        return []
    return [
        {
            "name": row["area_name"],
            "kilometres": texts.decimal(row["kilometres"]),
            "share": texts.percent(row["defaulted_share"], decimals=0),
        }
        for row in areas.to_dict("records")
    ]


def _others(checked: Checked, texts: Texts, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Say what has no place on the map."""
    rejected = [
        f"{one['key']}={one['value']}: {texts.decimal(one['number'])}" for one in checked.rejected.to_dict("records")
    ]
    restrictions = [f"{one['relation']}: {one['reason']}" for one in checked.restrictions.to_dict("records")]
    found = [
        {"text": words[key].format(count=texts.decimal(len(rows))), "rows": rows[:DOUBTS_SHOWN]}
        for key, rows in (("rejected", rejected), ("restrictions", restrictions))
        if rows
    ]
    for one in checked.edge.to_dict("records"):
        minutes = texts.decimal(math.floor(one["from_minutes"]))
        found.append({"text": words["edge"].format(level=one["level"], minutes=minutes), "rows": []})
    return found
