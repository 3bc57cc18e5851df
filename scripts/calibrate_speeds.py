"""Fit the driven share and the winter effect to Finnish traffic counters, and check where the profile sees towns.

Run it from anywhere; it writes two tables into ``docs/car-model.md``, between their markers::

    python scripts/calibrate_speeds.py

The counters (``../shared/data/finland/free_flow_speeds.csv``) do not say their limit. It is read from the speeds: each
station belongs to the pair of limits, summer and winter, whose mean of both seasons is nearest, and the means are those
of its stations (k-means from the pairing of ``car.toml``). One half of the stations, by a hash of their numbers, is
fitted; in the other half the speeds of direction 1 tell the pair, and the speeds of direction 2 are foretold.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from palveluverkko.domain.files import replacing
from palveluverkko.network.build import measure_metres, metric_crs
from palveluverkko.network.surroundings import find_surroundings
from palveluverkko.osm.policy import BuiltUp
from palveluverkko.osm.profile import CarProfile, Road
from palveluverkko.osm.reader import Roads, read_roads
from palveluverkko.osm.speeds import driven
from palveluverkko.osm.tables import car_tables

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "car-model.md"
SHARED = Path(os.environ.get("PALVELUVERKKO_SHARED", ROOT.parent / "shared")) / "data"
COUNTERS = SHARED / "finland" / "free_flow_speeds.csv"
EXTRACTS = ("tampere", "liechtenstein")

PAIRS = ((30, 30), (40, 40), (50, 50), (60, 60), (70, 70), (80, 80), (100, 80), (100, 100), (120, 100))
"""Limits of summer and winter that a Finnish road may have, as far as the counters can tell them apart."""

Floats = NDArray[np.float64]


class Counters(NamedTuple):
    """Free-flow speeds, km/h: float64[stations, direction] each; ``fitted`` is the half for the fit."""

    summer: Floats
    winter: Floats
    fitted: NDArray[np.bool_]


def read_counters(path: Path) -> tuple[Counters, int, int]:
    """Read the counters that were measured; also how many lack a value and how many only repeat limits.

    Zeros are missing values. Where all four numbers are multiples of ten, they stand for the limits, not for a
    measurement (all motorways with 120 and exactly 100 in winter, all in both directions).
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [f"{season}_kmh_direction_{direction}" for season in ("summer", "winter") for direction in (1, 2)]
    speeds = np.asarray([[float(row[name] or 0) for name in names] for row in rows])
    missing = (speeds == 0).any(axis=1)
    repeated = ~missing & (speeds % 10 == 0).all(axis=1)
    kept = ~missing & ~repeated
    fitted = np.asarray([in_first_half(row["station"]) for row in rows])
    return (
        Counters(speeds[kept, :2], speeds[kept, 2:], fitted[kept]),
        int(missing.sum()),
        int(repeated.sum()),
    )


def in_first_half(name: str) -> bool:
    """Split by a hash, so that the halves stay when rows come or go."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def table_speeds() -> Floats:
    """Give summer and winter speed of each pair by ``car.toml``."""
    signed, winter = car_tables()["signed"], car_tables()["winter"]
    rows = []
    for summer_limit, winter_limit in PAIRS:
        summer = driven(signed["driven"], summer_limit)
        lowered = winter_limit < summer_limit
        rows.append((summer, driven(winter["lowered"], winter_limit) if lowered else driven(winter["kept"], summer)))
    return np.asarray(rows)


def fit(counters: Counters) -> tuple[Floats, NDArray[np.int64]]:
    """Give the mean summer and winter speed of each pair over the first half, and the number of its stations."""
    speeds = np.column_stack([counters.summer.mean(axis=1), counters.winter.mean(axis=1)])[counters.fitted]
    signed = car_tables()["signed"]["driven"]
    means = np.asarray([[driven(signed, limit) for limit in pair] for pair in PAIRS])
    while True:
        pair = nearest(speeds, means)
        moved = np.asarray(
            [speeds[pair == k].mean(axis=0) if (pair == k).any() else means[k] for k in range(len(PAIRS))]
        )
        if np.allclose(moved, means):
            return means, np.bincount(pair, minlength=len(PAIRS))
        means = moved


def nearest(speeds: Floats, means: Floats) -> NDArray[np.int64]:
    """Give the pair whose speeds of summer and winter are nearest."""
    return np.asarray(((speeds[:, None] - means[None]) ** 2).sum(axis=2).argmin(axis=1))


def counters_text(counters: Counters, missing: int, repeated: int) -> str:
    """Write what the counters tell as Markdown."""
    means, stations = fit(counters)
    tables = table_speeds()
    size, fitted = counters.fitted.size, int(counters.fitted.sum())
    lines = [
        f"{fitted} of {size} stations are fitted. {repeated} more only repeat limits, and {missing} lack a value.",
        "",
        "| limit, summer / winter | stations | summer | winter | winter ÷ summer | `car.toml` summer | winter |",
        "|---|---|---|---|---|---|---|",
    ]
    for (summer, winter), number, mean, table in zip(PAIRS, stations.tolist(), means, tables, strict=True):
        cells = f"{mean[0]:.1f} | {mean[1]:.1f} | {mean[1] / mean[0]:.2f}" if number else "– | – | –"
        lines.append(f"| {summer} / {winter} | {number} | {cells} | {table[0]:.1f} | {table[1]:.1f} |")
    test = ~counters.fitted
    pair = nearest(np.column_stack([counters.summer[test, 0], counters.winter[test, 0]]), means)
    limits = np.asarray(PAIRS, dtype=float)
    without = np.asarray([[driven(car_tables()["signed"]["driven"], limit) for limit in one] for one in PAIRS])
    lines += [
        "",
        f"Mean absolute error on the other {int(test.sum())} stations, direction 2 foretold from direction 1, km/h:",
        "",
        "| speed of a limit | summer | winter |",
        "|---|---|---|",
    ]
    for name, speeds in (
        ("means of the fit", means),
        ("`car.toml`", tables),
        ("`car.toml` without its winter tables", without),
        ("the limit itself", limits),
    ):
        errors = [
            np.abs(side[test, 1] - speeds[pair, at]).mean()
            for at, side in enumerate((counters.summer, counters.winter))
        ]
        lines.append(f"| {name} | {errors[0]:.1f} | {errors[1]:.1f} |")
    return "\n".join(lines)


class Known(NamedTuple):
    """Ways of an extract, with what their tags say of the place: in town, in the country."""

    roads: Roads
    metres: Floats
    x: Floats
    y: Floats
    code: NDArray[np.bool_]
    town: NDArray[np.bool_]
    country: NDArray[np.bool_]
    fitted: NDArray[np.bool_]


def read_known(name: str) -> Known:
    """Read an extract so that every piece is asked about; the pieces know what the tags of their way say."""
    import osmium  # noqa: PLC0415  # 0.1 s, and the counters do without

    path = SHARED / "osm" / f"{name}.osm.pbf"
    roads = read_roads(path, CarProfile())
    tags = {
        way.id: dict(way.tags)
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
    }
    ways = roads.way_id.tolist()
    says = np.asarray([says_of_place(tags[way]) for way in ways])
    size = np.diff(roads.first_node)
    crs = Transformer.from_crs("EPSG:4326", metric_crs(roads.bounds), always_xy=True)
    x, y = crs.transform(roads.lon, roads.lat)
    asked = tuple(Road(one.road_class, 1.0, 1.0, built_up_kmh=(2.0, 2.0)) for one in roads.kinds)
    code, town, country = (np.repeat(says[:, at], size) for at in range(3))
    fitted = np.repeat(np.asarray([in_first_half(str(way)) for way in ways]), size)
    return Known(
        replace(roads, kinds=asked), measure_metres(roads), np.asarray(x), np.asarray(y), code, town, country, fitted
    )


def says_of_place(tags: dict[str, str]) -> tuple[bool, bool, bool]:
    """Say whether a code tells a town, whether code or limit (up to 50) do, and whether they tell the country."""
    if tags["highway"].startswith("motorway"):
        return False, False, False
    texts = [tags.get(key, "").lower() for key in ("maxspeed", *car_tables()["signed"]["code_keys"])]
    code = any("urban" in text or "zone" in text for text in texts)
    limit = int(texts[0]) if texts[0].isdigit() else 0
    return code, code or 0 < limit <= 50, not code and (limit >= 80 or any("rural" in text for text in texts))  # noqa: PLR2004


def agreement(known: Known, where: NDArray[np.bool_], share: Floats) -> float:
    """Give the share of the length of some pieces that is built up."""
    metres = np.where(where, known.metres, 0.0)
    return float((metres * share).sum() / metres.sum()) if metres.sum() else float("nan")


def places_text(names: Sequence[str]) -> str:
    """Write how often the density of streets agrees with the tags as Markdown."""
    known = {name: read_known(name) for name in names}
    ours = CarProfile().built_up
    first = known[names[0]]
    lines = [
        "| streets, km/km² | town, fitted half | country, fitted half | mean | "
        + " | ".join(f"{place.title()}: codes of towns | limit to 50 or code | country" for place in names)
        + " |",
        "|---" * (4 + 3 * len(names)) + "|",
    ]
    for density in (2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0):
        shares = {
            name: find_surroundings(
                one.roads, one.metres, one.x, one.y, BuiltUp(ours.classes, ours.radius_metres, density)
            ).built_up
            for name, one in known.items()
        }
        town = agreement(first, first.town & first.fitted, shares[names[0]])
        country = 1 - agreement(first, first.country & first.fitted, shares[names[0]])
        cells = [town, country, (town + country) / 2]
        for name, one in known.items():
            # Of Tampere the half that was not fitted; elsewhere all, for nothing was.
            half = ~one.fitted if one is first else np.ones(one.fitted.size, dtype=np.bool_)
            cells += [agreement(one, kind & half, shares[name]) for kind in (one.code, one.town)]
            cells.append(1 - agreement(one, one.country & half, shares[name]))
        mark = "**" if density == ours.km_per_km2 else ""
        lines.append(f"| {mark}{density:g}{mark} | " + " | ".join(f"{100 * cell:.0f} %" for cell in cells) + " |")
    return "\n".join(lines)


def replaced(text: str, name: str, content: str) -> str:
    """Put content between the markers of a name."""
    pattern = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"docs/car-model.md has no markers for {name}.")
    return pattern.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def new_page(text: str) -> str:
    """Give the page with both tables computed anew."""
    text = replaced(text, "counters", counters_text(*read_counters(COUNTERS)))
    return replaced(text, "places", places_text(EXTRACTS))


def main() -> None:
    """Write the tables into the page, or say why not."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    absent = [
        path for path in (COUNTERS, *(SHARED / "osm" / f"{one}.osm.pbf" for one in EXTRACTS)) if not path.exists()
    ]
    if absent:
        print(
            f"{absent[0].name} is absent; set PALVELUVERKKO_SHARED to the folder that holds data/. Nothing was written."
        )
        return
    text = new_page(PAGE.read_text(encoding="utf-8"))
    with replacing(PAGE) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text.partition("<!-- counters: ")[2].partition("<!-- end of counters -->")[0])
    print(text.partition("<!-- places: ")[2].partition("<!-- end of places -->")[0])


if __name__ == "__main__":
    main()
