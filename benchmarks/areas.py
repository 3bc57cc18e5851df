"""Areas beside Valhalla's isochrones and a concave hull: what is true of them, how quick ours are; pictures.

``python benchmarks/areas.py`` measures and writes the tables of docs/areas.md and the pictures in docs/img.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

import palveluverkko as pv
from palveluverkko.domain.travel import UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.pieces import TimedLines
from palveluverkko.reach.areas import bands_of_surfaces, to_isochrones
from palveluverkko.reach.edges import reached_edges
from palveluverkko.reach.snap import snap
from palveluverkko.reach.surface import Surface, just_beyond, lay_grid, surface_of_roads
from palveluverkko.reach.timed_roads import lines_of_times, timed_roads
from road_graphs import SHARED, tiled_file
from routers import environment

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
BANDS = (15.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0)
Area = shapely.Geometry

STEP = 10.0
"""Metres between the spots on roads that are asked."""


@dataclass(frozen=True)
class Place:
    """A road file, a point in it, thresholds that suit it, and the side of a cell."""

    name: str
    file: str
    lon: float
    lat: float
    minutes: tuple[float, ...]
    cell: float


PLACES = (
    Place("Tampere", "tampere", 23.761, 61.498, (5, 10, 15, 20), 25),
    Place("Andorra", "andorra", 1.5218, 42.5063, (10, 20, 30, 45, 60), 25),
    Place("Liechtenstein", "liechtenstein", 9.5209, 47.141, (5, 10, 15, 20, 30), 25),
    Place("Djibouti", "djibouti-main-roads", 43.145, 11.588, BANDS, 100),
)


def truths(folder: Path, *, valhalla: Path | None) -> list[dict[str, Any]]:
    """Ask of each place and each kind of polygon what lies where it should not, and what it misses."""
    rows: list[dict[str, Any]] = []
    for place in PLACES:
        path = folder / f"{place.file}.osm.pbf"
        network, water = pv.read_network(path), pv.read_water(path)
        points = geopandas.GeoDataFrame(
            geometry=geopandas.points_from_xy([place.lon], [place.lat]), crs=4326, index=["point"]
        ).to_crs(network.crs)
        options: dict[str, Any] = {"direction": "from_service"}
        drawn = pv.surface(
            network, points, budget_minutes=place.minutes[-1], cell_metres=place.cell, water=water, **options
        )
        roads = reached_edges(network, points, minutes=place.minutes, **options)
        walked = walked_times(network, points, place)
        ours = to_isochrones(bands_of_surfaces({"L": drawn}, minutes=place.minutes), minutes=place.minutes)
        found = {"ours": list(ours.geometry)}
        spots = shapely.get_coordinates(roads.geometry.to_numpy())
        hull = shapely.concave_hull(shapely.multipoints(spots), ratio=0.1)
        reach = {"ours": roads, "concave hull": roads}
        if valhalla is not None:
            told = ask_valhalla(valhalla, path, place)
            found["Valhalla"] = [
                geopandas.GeoSeries([shapely.from_geojson(json.dumps(one))], crs=4326).to_crs(network.crs)[0]
                for one in told["shapes"]
            ]
            lines = geopandas.GeoSeries([shapely.linestrings(one) for one, _ in told["roads"]], crs=4326)
            reach["Valhalla"] = geopandas.GeoDataFrame(
                {"time_to": [seconds / 60 for _, seconds in told["roads"]]}, geometry=lines.to_crs(network.crs)
            )
        lakes = shapely.union_all(drawn.water) if drawn.water is not None else shapely.Polygon()
        hulls = [
            shapely.concave_hull(
                shapely.multipoints(shapely.get_coordinates(roads[roads["band"] <= one].geometry.to_numpy())), ratio=0.1
            )
            for one in place.minutes
        ]
        found["concave hull"] = [*hulls[:-1], hull]
        for kind, areas in found.items():
            rows.append({"place": place, "kind": kind, "areas": areas, "roads": roads, "lakes": lakes, "drawn": drawn})
            own_walks = walked if kind == "ours" else None
            rows[-1] |= judge(areas, reach[kind], network, lakes, place, own_walks, drawn)
            print(place.name, kind, {k: v for k, v in rows[-1].items() if isinstance(v, float)}, flush=True)
    return rows


def walked_times(network: pv.RoadNetwork, points: geopandas.GeoDataFrame, place: Place) -> TimedLines:
    """Give the straight pieces of road that one can stop on, with their times."""
    latest = to_milliseconds(place.minutes[-1])
    roads = timed_roads(network, snap(network, points), Direction.FROM_SERVICE, latest=latest, cell=place.cell)
    each = [one.lines() for one in roads]
    return TimedLines(*(np.concatenate(one) for one in zip(*each, strict=True)))


def by_walking(
    spots: NDArray[np.float64], before: NDArray[np.int64], roads: TimedLines, network: pv.RoadNetwork, lakes: Area
) -> NDArray[np.float64]:
    """Give the least time to come to spots on foot from a road within the access distance, milliseconds.

    Only times ``before`` some limit of each spot are looked for, on ways that do not cross the water; infinite: none.
    """
    shapely.prepare(lakes)
    pace, longest = network.access_milliseconds_per_metre, network.max_access_metres
    tree = shapely.STRtree(shapely.linestrings(roads.line.reshape(-1, 2, 2)))
    least = np.full(len(spots), np.inf)
    for begin in range(0, len(spots), 1000):
        some = slice(begin, begin + 1000)
        at, piece = tree.query(shapely.points(spots[some]), predicate="dwithin", distance=longest)
        line, change = roads.line[piece], roads.more[piece]
        (x, y), (x0, y0, x1, y1) = spots[some][at].T, line.T
        length = np.hypot(x1 - x0, y1 - y0)
        whole = np.where(length > 0, length, 1.0)
        along_x, along_y, slope = (x1 - x0) / whole, (y1 - y0) / whole, change / whole
        foot = (x - x0) * along_x + (y - y0) * along_y
        aside = np.hypot(x - x0 - foot * along_x, y - y0 - foot * along_y)
        # Leaving the road slantwise saves time while one drives faster than one walks.
        slow = np.minimum(np.abs(slope), 0.999 * pace)
        spot = np.clip(foot - aside * np.copysign(slow / np.sqrt(pace**2 - slow**2), slope), 0, length)
        walk = np.hypot(foot - spot, aside)
        time = np.where(walk <= longest, roads.base[piece] + slope * spot + pace * walk, np.inf)
        counts = np.flatnonzero(time <= before[some][at])
        begin_x, begin_y = (x0 + along_x * spot)[counts], (y0 + along_y * spot)[counts]
        ways = shapely.linestrings(np.column_stack((begin_x, begin_y, x[counts], y[counts])).reshape(-1, 2, 2))
        dry = counts[~shapely.intersects(lakes, ways)]
        np.minimum.at(least[some], at[dry], time[dry])
    return least


def judge(
    areas: list[Area],
    own: geopandas.GeoDataFrame,
    network: pv.RoadNetwork,
    lakes: Area,
    place: Place,
    walked: TimedLines | None,
    drawn: Surface,
) -> dict[str, float]:
    """Measure the area of the last threshold, and of all thresholds the roads that each should hold.

    Valhalla's polygons are held to the roads that Valhalla itself reaches in the time, by its own expansion.
    """
    last = areas[-1]
    xy, metres, owner = samples(own.geometry.to_numpy())
    west, south, east, north = last.bounds
    step = max(20.0, float(np.sqrt((east - west) * (north - south) / 1e6)))
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    inside = np.column_stack((x.ravel(), y.ravel()))
    inside = inside[within(last, inside)]
    far = cKDTree(xy).query(inside)[0] > network.max_access_metres
    wet = within(lakes, inside)
    on_land = ~within(lakes, xy)
    missed = metres[~within(last, xy) & on_land].sum() / metres[on_land].sum()
    answer = {"far": far.mean(), "wet": wet.mean(), "wrong": (far | wet).mean(), "missed": missed}
    if walked is not None:  # each road against the band of its own time
        stop = np.flatnonzero(network.edges.snappable[own["edge"].to_numpy()][owner] & on_land)
        xy, metres = xy[stop], metres[stop]
        limits = np.asarray([to_milliseconds(one) for one in place.minutes])
        driven = np.searchsorted(place.minutes, own["band"].to_numpy()[owner[stop]])
        found = np.sum([~within(area, xy) for area in areas], axis=0)
        # Asked where it may be: a cell is later than the walk to a spot in it by a cell and 3.5 % of the walk at most.
        slack = network.access_milliseconds_per_metre * (drawn.cell_metres + 0.035 * network.max_access_metres)
        before = np.where(driven > 0, limits[driven - 1], -1)
        asked = np.flatnonzero(drawn.at(*xy.T) <= before + slack)
        least = driven.copy()
        least[asked] = np.minimum(
            driven[asked], np.searchsorted(limits, by_walking(xy[asked], before[asked], walked, network, lakes))
        )
        answer |= {
            "late": metres[found > driven].sum() / metres.sum(),
            "other": metres[found != driven].sum() / metres.sum(),
            "least": metres[found != least].sum() / metres.sum(),
        }
    return {name: float(value) for name, value in answer.items()}


def samples(lines: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Give spots along lines, the metres that each stands for, and its line."""
    length = shapely.length(lines)
    count = np.maximum(1, np.ceil(length / STEP).astype(np.int64))
    owner = np.repeat(np.arange(len(lines)), count)
    number = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count)
    spots = shapely.line_interpolate_point(lines[owner], (number + 0.5) / count[owner], normalized=True)
    return shapely.get_coordinates(spots), (length / count)[owner], owner


def within(area: Area, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    shapely.prepare(area)
    return np.asarray(shapely.contains_xy(area, xy[:, 0], xy[:, 1]))


def ask_valhalla(python: Path, path: Path, place: Place) -> dict[str, Any]:
    """Have Valhalla draw the same thresholds from the same place, and name the roads that it reaches."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        asked = {"places": [[place.lon, place.lat]], "minutes": list(place.minutes), "shapes": True}
        command = [python, HERE / "valhalla_isochrones.py", path, folder, answer]
        subprocess.run(command, input=json.dumps(asked), text=True, check=True, capture_output=True)  # noqa: S603
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def speeds(
    network: pv.RoadNetwork, *, nodes: list[int], repeats: int, compared: int, cell: float = 100.0
) -> list[dict[str, Any]]:
    """Time seven bands from the times of the nodes on, beside buffers of the reached edges united by shapely."""
    line = network.edges.lines(network.edges.snappable & network.edges.main)
    points = geopandas.GeoDataFrame(geometry=[line[len(line) // 2].centroid], crs=network.crs, index=["point"])
    snapped = snap(network, points)
    seeds = snapped.ends_at_service(network)
    whole = to_milliseconds(BANDS[-1])
    time = search.node_times(network.roads, seeds=seeds, budget=whole, search_from="ends").milliseconds
    ranked = np.sort(time[time < whole])
    rows = []
    grid = lay_grid(network, cell)
    for wanted in nodes:
        budget = ranked[min(wanted, ranked.size) - 1] / 60_000
        minutes = tuple(round(budget * share, 4) for share in np.linspace(1 / 7, 1, 7))
        limit, latest = to_milliseconds(minutes[-1]), just_beyond(network, to_milliseconds(minutes[-1]), cell)
        time = search.node_times(network.roads, seeds=seeds, budget=latest, search_from="ends").milliseconds
        burnt, ours = [], []
        for _ in range(repeats + 1):
            start = perf_counter()
            roads = lines_of_times(network, snapped, seeds, time, None, towards=True, latest=latest, cell=cell)
            drawn = surface_of_roads(roads, network, grid, budget=limit, latest=latest)
            burnt.append(perf_counter() - start)
            bands = bands_of_surfaces({"L": drawn}, minutes=minutes)
            ours.append(perf_counter() - start)
        assert bands.geometry.is_valid.all()
        theirs = _united_buffers(network, points, minutes) if len(rows) < compared else float("nan")
        rows.append(
            {
                "nodes": int(min(wanted, ranked.size)),
                "cells": int((drawn.travel_time != UNREACHED).sum()),
                "surface": statistics.median(burnt[1:]),
                "ours": statistics.median(ours[1:]),
                "theirs": theirs,
                "ratio": theirs / statistics.median(ours[1:]),
            }
        )
        print(rows[-1], flush=True)
    return rows


def _united_buffers(network: pv.RoadNetwork, points: geopandas.GeoDataFrame, minutes: tuple[float, ...]) -> float:
    """Give the seconds that shapely takes to buffer and unite the edges within each threshold."""
    roads = reached_edges(network, points, minutes=minutes)
    lines, band = roads.geometry.to_numpy(), roads["band"].to_numpy()
    start = perf_counter()
    for limit in minutes:
        shapely.union_all(shapely.buffer(lines[band <= limit], network.max_access_metres))
    return perf_counter() - start


def draw_gallery(rows: list[dict[str, Any]], folder: Path) -> None:
    """Draw the areas of each kind side by side, with the reached roads and the water."""
    import matplotlib as mpl  # noqa: PLC0415 - only for pictures

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    for name in ("Tampere", "Andorra", "Liechtenstein"):
        own = [row for row in rows if row["place"].name == name]
        minutes = own[0]["place"].minutes
        bounds = shapely.total_bounds([row["areas"][-1] for row in own])
        size = (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
        figure, axes = plt.subplots(1, len(own), figsize=(4.2 * len(own), 4.2 * size + 0.9), layout="constrained")
        colours = plt.get_cmap("viridis_r")(np.linspace(0.1, 0.95, len(minutes)))
        for axis, row in zip(axes, own, strict=True):
            for area, colour in reversed(list(zip(row["areas"], colours, strict=True))):
                geopandas.GeoSeries([area]).plot(ax=axis, color=[colour], linewidth=0)
            if not row["lakes"].is_empty:
                geopandas.GeoSeries([row["lakes"]]).plot(ax=axis, color="#3b7fc4", linewidth=0)
            row["roads"].plot(ax=axis, color="black", linewidth=0.15)
            axis.set_xlim(bounds[0], bounds[2])
            axis.set_ylim(bounds[1], bounds[3])
            axis.set_aspect("equal")
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_xlabel("")
            axis.set_ylabel("")
            axis.set_title(
                f"{row['kind']}\nfar or on water {row['wrong']:.1%}, missed {row['missed']:.1%}", fontsize=10
            )
        figure.suptitle(f"{name}: within {', '.join(f'{one:g}' for one in minutes)} minutes", fontsize=11)
        figure.savefig(folder / f"areas_{name.lower()}.png", dpi=110)
        plt.close(figure)


def table_of_truth(rows: list[dict[str, Any]]) -> str:
    """Write the table of what lies where it should not, and what is missed."""
    lines = [
        (
            "| place, minutes, cell | polygon | far from its roads | on water | far or on water | road missed "
            "| road in a later area | in another band | in another band than one drives to it |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        place = row["place"]
        bands = " | ".join(f"{row[key]:.2%}" if row["kind"] == "ours" else "" for key in ("late", "least", "other"))
        shares = " | ".join(f"{row[key]:.1%}" for key in ("far", "wet", "wrong", "missed"))
        kind = f"**{row['kind']}**" if row["kind"] == "ours" else row["kind"]
        lines.append(f"| {place.name}, {place.minutes[-1]:g}, {place.cell:g} m | {kind} | {shares} | {bands} |")
    return "\n".join(lines)


def table_of_speeds(rows: list[dict[str, Any]]) -> str:
    """Write the table of seconds."""
    lines = [
        "| reached nodes | reached cells | times to bands | of it the surface | buffers united by shapely | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        there = np.isfinite(row["theirs"])
        theirs, ratio = (f"{row['theirs']:.1f} s", f"{row['ratio']:.0f} ×") if there else ("", "")
        seconds = f"{row['ours']:.3f} s | {row['surface']:.3f} s"
        lines.append(f"| {row['nodes']:,} | {row['cells']:,} | {seconds} | {theirs} | {ratio} |")
    if len(rows) > 1:
        cells, seconds_of = (np.log([row[key] for row in rows]) for key in ("cells", "ours"))
        slope = np.polyfit(cells, seconds_of, 1)[0]
        lines += [
            "",
            f"Time grows with the power {slope:.2f} of the number of reached cells (least squares of the logarithms).",
        ]
    return "\n".join(lines)


def write_between(page: Path, mark: str, text: str) -> None:
    """Put text between two marks of a page."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SHARED / "data" / "osm", help="road files")
    parser.add_argument("--cache", type=Path, default=HERE / ".cache", help="folder for the tiled road file")
    parser.add_argument("--only", choices=("truth", "speed"), help="one of the two")
    parser.add_argument("--page", type=Path, default=DOCS / "areas.md")
    parser.add_argument("--python", help="a Python 3.12 for Valhalla")
    options = parser.parse_args()
    if options.only != "speed":
        rows = truths(options.folder, valhalla=environment(wanted=options.python))
        write_between(options.page, "truth", table_of_truth(rows))
        draw_gallery(rows, options.page.parent / "img")
    if options.only != "truth":
        options.cache.mkdir(exist_ok=True)
        road_file = tiled_file(4, options.cache)
        if road_file is None:
            sys.exit("the tiled road file needs the shared folder and osmium-tool")
        measured = speeds(pv.read_network(road_file), nodes=[100_000, 300_000, 1_000_000], repeats=5, compared=1)
        write_between(options.page, "speed", table_of_speeds(measured))


if __name__ == "__main__":
    main()
