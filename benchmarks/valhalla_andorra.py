"""Travel times on Andorra beside those of Valhalla, on the same file; a comparison for developers.

Run it from the root of the repository::

    .venv/bin/python benchmarks/valhalla_andorra.py

It makes a Python 3.12 environment of its own for pyvalhalla (the current releases need 3.12), builds tiles from the
extract, draws pairs of places on the roads, asks both for the time by car, and prints tables in Markdown. Each
difference is taken apart along Valhalla's own route::

    ours - Valhalla's = our speeds in place of Valhalla's, road by road
                      - what Valhalla adds at crossings
                      + our best route in place of Valhalla's
                      + rest (metres that Valhalla rounds, places that it ties elsewhere)
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

import palveluverkko as pv
from palveluverkko.osm.reader import Roads, read_roads
from palveluverkko.reach.table import TravelTimeTable

HERE = Path(__file__).resolve().parent
WORKER = HERE / "valhalla_worker.py"
NEEDED = "pyvalhalla>=3.9"

SHORTEST_METRES = 1000.0
"""Pairs nearer than this, as the crow flies, are drawn again: a minute on the road is all about its two ends."""

OFF = 0.40
"""Every pair off by more than this share is explained."""

NEUTRAL = {
    "use_tracks": 0.5,
    "maneuver_penalty": 0,
    "service_penalty": 0,
    "private_access_penalty": 0,
    "gate_penalty": 0,
    "destination_only_penalty": 0,
}
"""Valhalla without its likes and dislikes, which steer the route beyond its time."""

PARTS = ("tracks", "other_roads", "crossings", "other_route", "rest")
"""Parts of a difference; the first four are taken from Valhalla's route, the rest closes the sum."""


@dataclass(frozen=True)
class Sample:
    """Pairs of places on roads, with the times of both.

    Attributes
    ----------
    frame
        One row for each pair: ours and valhalla (seconds, NaN when there is no route), the parts of the difference
        (seconds), kilometres of both routes, the metres by which Valhalla moved the two places.
    roads
        One row for each edge of Valhalla's routes: pair, road_class (ours), tagged (Valhalla's speed is signed),
        metres, valhalla_kmh, ours_kmh, crossing and crossing_seconds (at its end), closed (to us).
    """

    name: str
    frame: pd.DataFrame
    roads: pd.DataFrame


def main() -> None:
    options = _options()
    python = _environment(options.environment, options.python)
    tiles = options.environment / "tiles"
    shutil.rmtree(tiles, ignore_errors=True)
    _run(python, WORKER, "build", options.osm, tiles)

    profile = pv.CarProfile()
    network = pv.read_network(options.osm, profile=profile, store="none")
    speeds = _speeds_by_way(read_roads(options.osm, profile))
    edges = network.edges
    draws = {
        "by road piece": np.ones(edges.tail.size),
        "by road length": edges.metres,
        "by road length, tracks left out": np.where(_class_of_edge(network) == "track", 0.0, edges.metres),
    }
    samples, version = [], ""
    for name, weight in draws.items():
        table, pairs = _draw(network, weight, count=options.pairs, seed=options.seed)
        own_routes = _own_routes(network, table)
        for label, auto in (("", {}), (", Valhalla without preferences", NEUTRAL)):
            version, routes = _ask(python, tiles, pairs, auto)
            samples.append(_compare(name + label, table, own_routes, routes, speeds, pairs))

    _print_header(options, version, network)
    _print_samples(samples)
    _print_classes(samples[0])
    _print_tracks(samples, options.osm)
    for sample in samples:
        if ", Valhalla" not in sample.name:
            _print_unreached(sample)
            _print_off(sample)
    if options.csv:
        pd.concat({one.name: one.frame for one in samples}, names=["sample"]).to_csv(options.csv)


def _options() -> argparse.Namespace:
    shared = Path(os.environ.get("PALVELUVERKKO_SHARED") or HERE.parents[1] / "shared")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osm", type=Path, default=shared / "data" / "osm" / "andorra.osm.pbf", help="road file")
    parser.add_argument("--environment", type=Path, default=HERE / ".venv-valhalla", help="environment for pyvalhalla")
    parser.add_argument("--python", help="Python 3.12 that makes the environment; default: from PATH or pyenv")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path, help="write every pair here as well")
    options = parser.parse_args()
    if not options.osm.is_file():
        parser.error(f"{options.osm} is absent; name a road file with --osm or set PALVELUVERKKO_SHARED")
    return options


# --- Valhalla's environment


def _environment(folder: Path, wanted: str | None) -> Path:
    """Give the Python of the environment; make it and install pyvalhalla when it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        _run(_python_312(wanted), "-m", "venv", folder)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    if subprocess.run([python, "-c", "import valhalla"], capture_output=True, check=False).returncode:  # noqa: S603
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NEEDED)
    return python


def _python_312(wanted: str | None) -> str:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = sorted(pyenv.glob("3.12*/bin/python3.12"))
    for candidate in (wanted, "python3.12", *map(str, reversed(found))):
        # A shim of pyenv stands on PATH even where its version is not switched on: ask it.
        if candidate and shutil.which(candidate) and _is_312(candidate):
            return candidate
    sys.exit("no Python 3.12 found; name one with --python")


def _is_312(candidate: str) -> bool:
    asked = [candidate, "-c", "import sys; print(sys.version_info[:2] == (3, 12))"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == "True"  # noqa: S603


def _run(*command: object, text: str | None = None) -> None:
    told = subprocess.run(list(map(str, command)), input=text, text=True, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if told.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {told.returncode}")


def _ask(python: Path, tiles: Path, pairs: list[list[float]], auto: dict[str, Any]) -> tuple[str, list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "routes.json"
        _run(python, WORKER, "route", tiles, answer, text=json.dumps({"pairs": pairs, "auto": auto}))
        told = json.loads(answer.read_text(encoding="utf-8"))
    return told["version"], told["routes"]


# --- Ours


def _draw(
    network: pv.RoadNetwork, weight: NDArray[np.float64], *, count: int, seed: int
) -> tuple[TravelTimeTable, list[list[float]]]:
    """Draw pairs of places on the main part of the roads, and time all trips from first to second places.

    Every road of the main part can be driven to and away from: places there have routes in both directions.
    """
    random = np.random.default_rng(seed)
    lines = network.edges.lines()
    where = np.flatnonzero(network.edges.main & network.edges.snappable)
    share = weight[where] / weight[where].sum()
    ends: list[tuple[shapely.Point, shapely.Point]] = []
    while len(ends) < count:
        along = random.random(2)
        drawn = random.choice(where, 2, p=share)
        one, other = shapely.line_interpolate_point(lines[drawn], along, normalized=True)
        if one.distance(other) >= SHORTEST_METRES:
            ends.append((one, other))
    ids = pd.Index([f"{number:03d}" for number in range(count)], name="id")
    first, second = (
        geopandas.GeoDataFrame(geometry=list(side), index=ids, crs=network.crs) for side in zip(*ends, strict=True)
    )
    table = pv.travel_times(network, first, second, budget_minutes=600, direction="from_service")
    degrees = [frame.geometry.to_crs("EPSG:4326").get_coordinates().to_numpy() for frame in (first, second)]
    return table, np.hstack(degrees).round(7).tolist()


def _speeds_by_way(roads: Roads) -> dict[int, tuple[str, float, float]]:
    kinds = [(road.road_class, road.forward_kmh, road.backward_kmh) for road in roads.kinds]
    return {way: kinds[kind] for way, kind in zip(roads.way_id.tolist(), roads.way_kind.tolist(), strict=True)}


def _class_of_edge(network: pv.RoadNetwork) -> NDArray[np.object_]:
    return np.asarray(network.road_classes, dtype=object)[network.edges.road_class]


def _own_routes(network: pv.RoadNetwork, table: TravelTimeTable) -> list[tuple[float, float]]:
    """Give seconds and kilometres of our own routes, found by networkx; NaN where there is none."""
    graph = network.to_networkx()
    return [_own_route(network, graph, table, pair) for pair in range(len(table.points))]


def _own_route(
    network: pv.RoadNetwork, graph: nx.MultiDiGraph, table: TravelTimeTable, pair: int
) -> tuple[float, float]:
    for a, b, piece, milliseconds in _access(network, graph, table, pair):
        edges = network.edges
        total = int((edges.forward_time, edges.backward_time)[piece % 2][piece // 2])
        # Metres in proportion to time along the road: exact where its speed is one.
        metres = edges.metres[piece // 2] * milliseconds / max(1, total)
        graph.add_edge(a, b, travel_time=milliseconds / 1000, length=metres)
    try:
        path = nx.shortest_path(graph, "first", "second", weight="travel_time")
    except nx.NetworkXNoPath:
        return math.nan, math.nan
    else:
        steps = [min(graph[a][b].values(), key=lambda step: step["travel_time"]) for a, b in pairwise(path)]
        return sum(step["travel_time"] for step in steps), sum(step["length"] for step in steps) / 1000
    finally:
        graph.remove_nodes_from(("first", "second"))


def _access(
    network: pv.RoadNetwork, graph: nx.MultiDiGraph, table: TravelTimeTable, pair: int
) -> list[tuple[Any, Any, int, int]]:
    """Give the ways from the first place to junctions, from junctions to the second, and along a road of both."""
    starts, ends = table.snapped_points.starts(network), table.snapped_places.ends(network)
    nodes = list(graph)
    ways: list[tuple[Any, Any, int, int]] = []
    for slot in (0, 1):
        piece, end_piece = int(starts.piece[pair, slot]), int(ends.piece[pair, slot])
        ahead = int(ends.offset[pair, slot]) - int(starts.offset[pair, slot])
        if piece >= 0:
            ways.append(("first", nodes[starts.node[pair, slot]], piece, int(starts.time[pair, slot])))
        if end_piece >= 0:
            ways.append((nodes[ends.node[pair, slot]], "second", end_piece, int(ends.time[pair, slot])))
        if piece == end_piece >= 0 and ahead >= 0:
            ways.append(("first", "second", piece, ahead))
    return ways


# --- Side by side


def _compare(
    name: str,
    table: TravelTimeTable,
    own_routes: Sequence[tuple[float, float]],
    routes: Sequence[Any],
    speeds: dict[int, tuple[str, float, float]],
    pairs: list[list[float]],
) -> Sample:
    rows, roads = [], []
    ours_seconds = table.to_frame().travel_time.to_numpy().reshape(len(routes), -1).diagonal() * 60
    for number, (route, ours, own) in enumerate(zip(routes, ours_seconds, own_routes, strict=True)):
        # networkx knows nothing of our engine: the two agree, or the comparison is about something else.
        assert math.isclose(ours, own[0], abs_tol=1e-6) or (math.isnan(ours) and math.isnan(own[0])), number
        row = {"pair": f"{number:03d}", "ours": ours, "ours_km": own[1]}
        if route is not None:
            edges = pd.DataFrame(route["edges"])
            classes = zip(edges.way, edges.road_class, strict=True)
            known = [speeds.get(way, (f"not ours: {theirs}", 0.0, 0.0)) for way, theirs in classes]
            edges["road_class"] = [one[0] for one in known]
            kmh = np.where(edges.onward, [one[1] for one in known], [one[2] for one in known])
            edges["closed"] = kmh == 0
            edges["valhalla_kmh"], edges["ours_kmh"] = edges.kmh.astype(float), np.where(kmh > 0, kmh, edges.kmh)
            edges["pair"] = row["pair"]
            roads.append(edges)
            seconds = edges.metres * 3.6 * (1 / edges.ours_kmh - 1 / edges.valhalla_kmh)
            on_tracks = edges.road_class == "track"
            row |= {
                "valhalla": route["seconds"],
                "valhalla_km": edges.metres.sum() / 1000,
                "tracks": seconds[on_tracks].sum(),
                "other_roads": seconds[~on_tracks].sum(),
                "crossings": -edges.crossing_seconds.sum(),
                "other_route": ours - (edges.metres * 3.6 / edges.ours_kmh).sum(),
                "moved_metres": max(
                    _metres(pairs[number][:2], route["ends"][0]), _metres(pairs[number][2:], route["ends"][1])
                ),
                "closed_metres": edges.metres[edges.closed].sum(),
            }
        rows.append(row)
    frame = pd.DataFrame(rows).set_index("pair")
    frame["off"] = frame.ours / frame.valhalla - 1
    frame["rest"] = frame.ours - frame.valhalla - frame[list(PARTS[:-1])].sum(axis=1)
    return Sample(name, frame, pd.concat(roads, ignore_index=True))


def _metres(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the distance of two neighbouring positions in degrees, good to a per cent."""
    return 111_200 * math.hypot((one[0] - other[0]) * math.cos(math.radians(one[1])), one[1] - other[1])


# --- Tables


def _print_header(options: argparse.Namespace, version: str, network: pv.RoadNetwork) -> None:
    with osmium.io.Reader(str(options.osm)) as reader:
        date = reader.header().get("osmosis_replication_timestamp") or "unknown"
    restrictions = Counter(
        one.tags["restriction"]
        for one in osmium.FileProcessor(str(options.osm), osmium.osm.RELATION)
        if one.tags.get("type") == "restriction" and "restriction" in one.tags
    )
    print(f"palveluverkko {pv.__version__}, pyvalhalla {version}, {options.osm.name} of {date}")
    print(f"{options.pairs} pairs in each sample, seed {options.seed}, at least {SHORTEST_METRES:,.0f} m apart")
    print(f"kilometres by source of our speed: {network.describe()['kilometres_by_speed_source']}")
    tracks = network.edges.metres[_class_of_edge(network) == "track"].sum() / network.edges.metres.sum()
    print(f"share of tracks in our kilometres: {_percent(tracks, '.0f')}")
    print(f"turn restrictions in the file: {restrictions.total()}: {dict(restrictions)}")


def _print_samples(samples: Sequence[Sample]) -> None:
    rows = []
    for sample in samples:
        both = sample.frame.dropna(subset=["ours", "valhalla"])
        cases = [(sample.name, both.valhalla)]
        if ", Valhalla" not in sample.name:
            cases.append((f"{sample.name}, crossings left out", both.valhalla + both.crossings))
        for name, valhalla in cases:
            off = both.ours / valhalla - 1
            size = off.abs()
            rows.append(
                {
                    "sample": name,
                    "pairs": len(both),
                    "median difference": _percent(size.median(), ".1f"),
                    "median ratio": f"{1 + off.median():.3f}",
                    "ratio, 5–95 %": f"{1 + off.quantile(0.05):.2f}–{1 + off.quantile(0.95):.2f}",
                    "off > 15 %": int((size > 0.15).sum()),
                    "> 25 %": int((size > 0.25).sum()),
                    "> 40 %": int((size > OFF).sum()),
                }
            )
    _print_table("Ours ÷ Valhalla", rows)


def _print_classes(sample: Sample) -> None:
    seconds = sample.roads.assign(
        valhalla=sample.roads.metres * 3.6 / sample.roads.valhalla_kmh,
        ours=sample.roads.metres * 3.6 / sample.roads.ours_kmh,
    )
    by_class = (
        seconds.groupby(["road_class", "tagged"])[["metres", "valhalla", "ours"]]
        .sum()
        .sort_values("metres", ascending=False)
    )
    rows = [
        {
            "class": name[0],
            "speed": "signed" if name[1] else "by class",
            "km": f"{row.metres / 1000:,.1f}",
            "Valhalla km/h": f"{row.metres * 3.6 / row.valhalla:.1f}",
            "ours km/h": f"{row.metres * 3.6 / row.ours:.1f}",
            "share of Valhalla's time": _percent(row.valhalla / by_class.valhalla.sum(), ".1f"),
            "ours − Valhalla, min": f"{(row.ours - row.valhalla) / 60:+,.0f}",
        }
        for name, row in by_class.iterrows()
    ]
    _print_table(f"Speeds along Valhalla's routes, {sample.name}", rows)


def _print_tracks(samples: Sequence[Sample], osm: Path) -> None:
    """Print both speeds on tracks by how firm they are, from the routes of all samples."""
    ways = osmium.FileProcessor(str(osm), osmium.osm.WAY).with_filter(osmium.filter.TagFilter(("highway", "track")))
    firmness = {way.id: way.tags.get("tracktype", "none") for way in ways}
    roads = pd.concat([sample.roads for sample in samples])
    tracks = roads[roads.road_class == "track"].drop_duplicates(["way", "onward"])
    rows = [
        {
            "tracktype": name,
            "ways": len(rows),
            "Valhalla km/h": f"{rows.valhalla_kmh.min():.0f}–{rows.valhalla_kmh.max():.0f}",
            "ours km/h": f"{rows.ours_kmh.min():.0f}–{rows.ours_kmh.max():.0f}",
        }
        for name, rows in tracks.groupby(tracks.way.map(firmness))
    ]
    _print_table("Speeds on tracks, all samples", rows)


def _print_unreached(sample: Sample) -> None:
    lost = sample.frame[sample.frame.ours.isna() | sample.frame.valhalla.isna()]
    rows = [
        {
            "pair": pair,
            "ours": _minutes(row.ours),
            "Valhalla": _minutes(row.valhalla),
            "Valhalla moved a place by": f"{row.moved_metres:.0f} m",
        }
        for pair, row in lost.iterrows()
    ]
    _print_table(f"Pairs without a route, {sample.name}", rows)


def _print_off(sample: Sample) -> None:
    off = sample.frame[sample.frame.off.abs() > OFF].sort_values("off")
    rows = []
    for pair, row in off.iterrows():
        rows.append(
            {
                "pair": pair,
                "ours": _minutes(row.ours),
                "Valhalla": _minutes(row.valhalla),
                "off": _percent(row.off, "+.0f"),
                "km": f"{row.ours_km:.1f} / {row.valhalla_km:.1f}",
                **{part.replace("_", " "): f"{row[part] / 60:+.1f}" for part in PARTS},
                "why": _why(sample.roads[sample.roads.pair == pair], row),
            }
        )
    _print_table(f"Every pair off by more than {_percent(OFF, '.0f')}, {sample.name} (minutes)", rows)
    causes = Counter(off[list(PARTS)].astype(float).abs().idxmax(axis=1))
    print(f"\n{len(off)} pairs; the largest part of the difference: {dict(causes)}")


def _why(roads: pd.DataFrame, row: pd.Series) -> str:
    """Name the largest part of a difference, with the road behind it."""
    parts = row[list(PARTS)].astype(float)
    largest = parts.abs().idxmax()
    if largest in ("tracks", "other_roads"):
        chosen = roads[(roads.road_class == "track") == (largest == "tracks")]
        seconds = chosen.metres * 3.6 * (1 / chosen.ours_kmh - 1 / chosen.valhalla_kmh)
        worst = chosen[chosen.road_class == seconds.groupby(chosen.road_class).sum().abs().idxmax()]
        km = worst.metres.sum() / 1000
        theirs, own = (km * 1000 / (worst.metres / worst[kmh]).sum() for kmh in ("valhalla_kmh", "ours_kmh"))
        reason = f"{km:.2f} km of {worst.road_class.iloc[0]}: {theirs:.0f} km/h there, {own:.0f} here"
    else:
        node = roads.loc[roads.crossing_seconds.idxmax()]
        reason = {
            "crossings": f"Valhalla adds {node.crossing_seconds:.0f} s at one {node.crossing.replace('_', ' ')}",
            "other_route": "Valhalla takes a slower route",
            "rest": "places tied elsewhere",
        }[largest]
    if row.closed_metres:
        reason += f"; {row.closed_metres:.0f} m closed to us"
    return reason + (f"; a place moved {row.moved_metres:.0f} m by Valhalla" if row.moved_metres > 20 else "")


def _percent(share: float, form: str) -> str:
    return f"{share * 100:{form}} %"


def _minutes(seconds: float) -> str:
    return "none" if math.isnan(seconds) else f"{seconds / 60:.1f}"


def _print_table(title: str, rows: Sequence[dict[str, object]]) -> None:
    print(f"\n### {title}\n")
    if not rows:
        print("None.")
        return
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


if __name__ == "__main__":
    main()
