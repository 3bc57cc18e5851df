"""The car model beside those of Valhalla and OSRM on the same files; a comparison for developers.

Run it from the root of the repository; it writes the tables of docs/car-model.md::

    make compare

It makes a Python 3.12 environment of its own for the two engines, draws pairs of places on the roads of each file, asks
all three for the time by car, and takes each difference apart along the other engine's route::

    ours - theirs = our speeds in place of theirs, on tracks
                  + our speeds in place of theirs, on other roads
                  + our delays at crossings in place of theirs
                  + our best route in place of theirs
                  + rest (places that the engine ties elsewhere)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import osmium
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

import palveluverkko as pv
import routers
from palveluverkko.network.build import build_network
from palveluverkko.osm.reader import read_roads
from palveluverkko.osm.tables import car_tables
from report import write_page

HERE = Path(__file__).resolve().parent
ENGINES = {"valhalla": "Valhalla", "osrm": "OSRM"}
FILES = ("tampere", "andorra", "liechtenstein")
PAGE = HERE.parent / "docs" / "car-model.md"
BEGIN, END = "<!-- comparison: begin -->", "<!-- comparison: end -->"

SHORTEST_METRES = 1000.0
"""Pairs nearer than this, as the crow flies, are drawn again: a minute on the road is all about its two ends."""

MOVED_METRES = 25.0
"""An engine that starts farther from a place than this drives another trip."""

WORST = 10
PARTS = ("tracks", "other roads", "crossings", "other route", "rest")


@dataclass(frozen=True)
class Model:
    """Our side of one file.

    Attributes
    ----------
    network
        As users have it.
    whole, plain
        The same with every node of a road as a junction; plain: without delays.
    """

    name: str
    date: str
    network: pv.RoadNetwork
    whole: pv.RoadNetwork
    plain: pv.RoadNetwork


def main() -> None:
    options = _options()
    python = routers.environment(wanted=options.python)
    summary: list[dict[str, object]] = []
    worst: list[str] = []
    versions: dict[str, str] = {}
    for name in options.files.split(","):
        model = _model(name, options.folder / f"{name}.osm.pbf")
        ours, pairs = _draw(model.network, count=options.pairs, seed=options.seed)
        for engine, label in ENGINES.items():
            version, routes = routers.ask(python, engine, options.folder / f"{name}.osm.pbf", pairs)
            versions[label] = version
            frame, pieces = _compare(model, ours, pairs, routes)
            summary += _summary(model, label, frame)
            worst.append(_worst(model, label, frame, pieces))
            if options.csv:
                frame.to_csv(options.csv / f"{name}-{engine}.csv")
    text = _page(options, versions, summary, worst)
    if options.page:
        write_page(options.page, text, marks=(BEGIN, END))
    print(text)


def _options() -> argparse.Namespace:
    shared = Path(os.environ.get("PALVELUVERKKO_SHARED") or HERE.parents[1] / "shared")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=shared / "data" / "osm", help="folder of the road files")
    parser.add_argument("--files", default=",".join(FILES), help="names of files there, without .osm.pbf")
    parser.add_argument("--python", help="Python 3.12 that makes the environment; default: from PATH or pyenv")
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path, help="folder for a table of every pair")
    parser.add_argument("--page", type=Path, help=f"write the tables into this page, such as {PAGE.name}")
    options = parser.parse_args()
    missing = [name for name in options.files.split(",") if not (options.folder / f"{name}.osm.pbf").is_file()]
    if missing:
        parser.error(f"{options.folder} holds no {missing}; name another with --folder or set PALVELUVERKKO_SHARED")
    return options


# --- Ours


def _model(name: str, path: Path) -> Model:
    profile, still = pv.CarProfile(), _without_delays()
    roads = read_roads(path, profile)
    with osmium.io.Reader(str(path)) as reader:
        date = reader.header().get("osmosis_replication_timestamp") or "unknown"
    return Model(
        name,
        date,
        build_network(roads, profile, fingerprint=""),
        build_network(roads, profile, fingerprint="", contract=False),
        build_network(read_roads(path, still), still, fingerprint="", contract=False),
    )


def _without_delays() -> pv.CarProfile:
    """Give the profile by which nobody waits anywhere."""
    tables = car_tables()
    waits = {
        "delays": [key for key, value in tables["delays"].items() if isinstance(value, float)],
        "junction": ["lower_seconds", "equal_seconds"],
        "turns": ["left_seconds", "right_seconds"],
    }
    lines = [f"[{table}]\n" + "".join(f"{key} = 0.0\n" for key in keys) for table, keys in waits.items()]
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "without_delays.toml"
        own.write_text("\n".join(lines), encoding="utf-8")
        return pv.CarProfile(tables=own)


def _draw(network: pv.RoadNetwork, *, count: int, seed: int) -> tuple[NDArray[np.float64], list[list[float]]]:
    """Draw pairs of places on roads, each piece of road with the same chance, and give our seconds for each.

    Every road of the main part can be driven to and away from: places there have routes in both directions.
    """
    random = np.random.default_rng(seed)
    lines = network.edges.lines()
    where = np.flatnonzero(network.edges.main & network.edges.snappable)
    ends: list[tuple[shapely.Point, shapely.Point]] = []
    while len(ends) < count:
        along = random.random(2)
        one, other = shapely.line_interpolate_point(lines[random.choice(where, 2)], along, normalized=True)
        if one.distance(other) >= SHORTEST_METRES:
            ends.append((one, other))
    ids = pd.Index([f"{number:03d}" for number in range(count)], name="id")
    first, second = (
        geopandas.GeoDataFrame(geometry=list(side), index=ids, crs=network.crs) for side in zip(*ends, strict=True)
    )
    table = pv.travel_times(network, first, second, budget_minutes=600, direction="from_service")
    seconds = table.to_frame().travel_time.to_numpy().reshape(count, count).diagonal() * 60
    degrees = [frame.geometry.to_crs("EPSG:4326").get_coordinates().to_numpy() for frame in (first, second)]
    return seconds, np.hstack(degrees).round(7).tolist()


class Pieces:
    """The straight pieces of road between two neighbouring nodes, found again by where they lie."""

    def __init__(self, model: Model) -> None:
        edges = model.whole.edges
        self._x, self._y = model.whole.junction_x, model.whole.junction_y
        self._tree = shapely.STRtree(edges.lines())
        self.tail = np.column_stack((self._x[edges.tail], self._y[edges.tail]))
        self.head = np.column_stack((self._x[edges.head], self._y[edges.head]))
        self.metres = np.maximum(edges.metres, 1e-9)
        # Milliseconds, zero where the direction is closed.
        self.driven = np.column_stack((edges.forward_time, edges.backward_time))
        self.moving = np.column_stack((model.plain.edges.forward_time, model.plain.edges.backward_time))
        self.open = np.column_stack((edges.forward, edges.backward))
        self.road_class = np.asarray(model.whole.road_classes, dtype=object)[edges.road_class]

    def match(self, shape: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the edge (-1: none within 2 m) and the direction driven (0 or 1) of each step of a line."""
        middle = shapely.points((shape[:-1] + shape[1:]) / 2)
        step = shape[1:] - shape[:-1]
        found, near = self._tree.query(middle, predicate="dwithin", distance=2.0)
        along = self.head[near] - self.tail[near]
        # Of roads that cross or lie above each other, the one that runs the same way.
        size = np.hypot(*along.T) * np.hypot(*step[found].T)
        turn = np.abs(along[:, 0] * step[found, 1] - along[:, 1] * step[found, 0]) / np.maximum(size, 1e-9)
        order = np.lexsort((near, turn, found))
        found, near = found[order], near[order]
        first = np.unique(found, return_index=True)[1]
        edge = np.full(len(step), -1)
        edge[found[first]] = near[first]
        back = ((self.head - self.tail)[edge] * step).sum(axis=1) < 0
        return edge, back.astype(np.int64)


# --- Side by side


def _compare(
    model: Model, ours: NDArray[np.float64], pairs: list[list[float]], routes: Sequence[Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give a row for each pair (seconds, the parts of the difference) and one for each piece of their routes."""
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", model.network.crs, always_xy=True)
    given = np.reshape(pairs, (-1, 2, 2))
    pieces = Pieces(model)
    rows, steps = [], []
    for number, (route, own) in enumerate(zip(routes, ours, strict=True)):
        row: dict[str, Any] = {"pair": f"{number:03d}", "ours": own}
        rows.append(row)
        if route is None:
            continue
        shape = np.column_stack(to_metres.transform(*np.transpose(route["shape"])))
        ends = np.column_stack(to_metres.transform(*given[number].T))
        step = pd.DataFrame({"metres": np.hypot(*(shape[1:] - shape[:-1]).T), "theirs": route["moving"]})
        step["pair"] = row["pair"]
        edge, back = pieces.match(shape)
        share = np.minimum(1.0, step.metres / pieces.metres[edge])
        known = (edge >= 0) & pieces.open[edge, back]
        step["ours"] = np.where(known, pieces.moving[edge, back] / 1000 * share, step.theirs)
        delay = np.where(known, (pieces.driven - pieces.moving)[edge, back] / 1000, 0.0)
        step["road_class"] = np.where(edge < 0, "not ours", pieces.road_class[edge])
        step["closed"] = ~known
        steps.append(step)
        off, on_tracks = step.ours - step.theirs, step.road_class == "track"
        row |= {
            "theirs": route["seconds"],
            "km": step.metres.sum() / 1000,
            "moved": np.hypot(*(shape[[0, -1]] - ends).T).max(),
            "closed": step.metres[step.closed].sum(),
            "tracks": off[on_tracks].sum(),
            "other roads": off[~on_tracks].sum(),
            "crossings": delay.sum() - (route["seconds"] - step.theirs.sum()),
            "their crossings": route["seconds"] - step.theirs.sum(),
            "our crossings": delay.sum(),
            "other route": own - step.ours.sum() - delay.sum(),
        }
    frame = pd.DataFrame(rows).set_index("pair")
    frame["ratio"] = frame.ours / frame.theirs
    # A trip that begins elsewhere is another trip: that is no matter of routes.
    frame["rest"] = 0.0
    moved = frame.moved > MOVED_METRES
    frame.loc[moved, "rest"], frame.loc[moved, "other route"] = frame["other route"][moved], 0.0
    return frame, pd.concat(steps, ignore_index=True)


# --- Tables


def _summary(model: Model, label: str, frame: pd.DataFrame) -> list[dict[str, object]]:
    both = frame.dropna(subset=["ours", "theirs"])
    near = both[both.moved <= MOVED_METRES]
    cases = {
        "all": both,
        "both tie the places to the same spot": near,
        "there, no metre of track": near[near.tracks == 0],
    }
    rows: list[dict[str, object]] = []
    for case, chosen in cases.items():
        ratio = chosen.ratio
        still = (chosen.ours - chosen["our crossings"]) / (chosen.theirs - chosen["their crossings"])
        rows.append(
            {
                "file": model.name,
                "beside": label,
                "pairs": case,
                "number": len(chosen),
                "median": f"{ratio.median():.3f}",
                "10 %": f"{ratio.quantile(0.1):.3f}",
                "90 %": f"{ratio.quantile(0.9):.3f}",
                "median without crossings": f"{still.median():.3f}",
            }
        )
    return rows


def _worst(model: Model, label: str, frame: pd.DataFrame, pieces: pd.DataFrame) -> str:
    both = frame.dropna(subset=["ours", "theirs"])
    size = np.abs(np.log(both.ratio))
    chosen = both.loc[size.sort_values(ascending=False, kind="stable").index[:WORST]]
    rows = [
        {
            "pair": pair,
            "ours": f"{row.ours / 60:.1f}",
            label: f"{row.theirs / 60:.1f}",
            "ratio": f"{row.ratio:.2f}",
            "km there": f"{row.km:.1f}",
            **{part: f"{row[part] / 60:+.1f}" for part in PARTS},
            "why": _why(label, pieces[pieces.pair == pair], row),
        }
        for pair, row in chosen.iterrows()
    ]
    lost = frame[frame.theirs.isna() | frame.ours.isna()]
    causes = Counter(both.loc[size > np.log(1.25), list(PARTS)].astype(float).abs().idxmax(axis=1))
    told = ", ".join(f"{part} {count}" for part, count in causes.most_common()) or "none"
    words = [f"### {model.name.capitalize()}, beside {label}: the ten worst pairs", "", *_table(rows), ""]
    words.append(f"Pairs off by more than a quarter, by the largest part of the difference: {told}.")
    if len(lost):
        words.append(f"Without a route in one of the two: {', '.join(lost.index)}.")
    return "\n".join(words)


def _why(label: str, pieces: pd.DataFrame, row: pd.Series) -> str:
    """Name the largest part of a difference, with the road behind it."""
    largest = row[list(PARTS)].astype(float).abs().idxmax()
    if largest in ("tracks", "other roads"):
        chosen = pieces[((pieces.road_class == "track") == (largest == "tracks")) & ~pieces.closed]
        by_class = chosen.groupby("road_class")[["metres", "ours", "theirs"]].sum()
        name = (by_class.ours - by_class.theirs).abs().idxmax()
        worst = by_class.loc[name]
        own, theirs = (worst.metres * 3.6 / worst[side] for side in ("ours", "theirs"))
        reason = f"{worst.metres / 1000:.2f} km of {name}: {theirs:.0f} km/h there, {own:.0f} here"
    elif largest == "crossings":
        reason = f"crossings: {row['their crossings']:.0f} s there, {row['our crossings']:.0f} here"
    elif largest == "rest":
        reason = f"{label} begins or ends {row.moved:.0f} m from a place"
    elif row["other route"] < 0:
        reason = f"{label} takes another way, slower by our speeds"
    else:
        reason = (
            f"{label} takes a way that we may not: over a barrier or by a turn" if not row.closed else f"{label}'s way"
        )
    if row.closed > 0:
        where = ", ".join(
            f"{metres:.0f} m of {name}"
            for name, metres in pieces[pieces.closed].groupby("road_class").metres.sum().items()
            if metres >= 1
        )
        reason += f"; closed to us: {where}" if where else ""
    return reason


def _page(
    options: argparse.Namespace, versions: dict[str, str], summary: list[dict[str, object]], worst: list[str]
) -> str:
    engines = ", ".join(f"{label} {version}" for label, version in versions.items())
    head = [
        f"palveluverkko {pv.__version__}, {engines}; {options.pairs} pairs in each file, seed {options.seed},",
        f"at least {SHORTEST_METRES / 1000:.0f} km apart as the crow flies.",
        "Ratios are ours divided by theirs: below one, we are quicker.",
        "",
        *_table(summary),
        "",
    ]
    return "\n".join(head) + "\n" + "\n\n".join(worst)


def _table(rows: Sequence[dict[str, object]]) -> list[str]:
    if not rows:
        return ["None."]
    return [
        "| " + " | ".join(rows[0]) + " |",
        "|" + "---|" * len(rows[0]),
        *("| " + " | ".join(map(str, row.values())) + " |" for row in rows),
    ]


if __name__ == "__main__":
    sys.exit(main())
