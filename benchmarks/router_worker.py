"""Valhalla's and OSRM's side of the comparison; runs inside the Python 3.12 environment that holds both.

``build ENGINE OSM FOLDER`` prepares a road file. ``route ENGINE FOLDER ANSWER`` reads ``[[lon, lat, lon, lat], ...]``
from standard input and writes one route, or null, for each pair to the file ANSWER: the engines' own log lines land on
standard output. A route is ``seconds`` in all, the ``shape`` that is driven (degrees) and the seconds of ``moving``
along each straight piece of it; what is left of the seconds is added at crossings.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Pair = list[float]


def main() -> None:
    command, engine, *arguments = sys.argv[1:]
    side = {"valhalla": Valhalla, "osrm": Osrm}[engine]
    if command == "build":
        side.build(Path(arguments[0]), Path(arguments[1]))
    else:
        pairs = json.load(sys.stdin)
        asked = side(Path(arguments[0]))
        answer = {"version": asked.version, "routes": [asked.route(pair) for pair in pairs]}
        Path(arguments[1]).write_text(json.dumps(answer), encoding="utf-8")


class Valhalla:
    """Costing ``auto`` with its defaults; no traffic, no elevation, no time zones, borders from the same file."""

    @staticmethod
    def build(osm: Path, folder: Path) -> None:
        import valhalla  # noqa: PLC0415 - each engine in its own process

        config = valhalla.get_config(tile_extract="", tile_dir=folder)
        config["mjolnir"] |= {
            "admin": str(folder.resolve() / "admin.sqlite"),
            "timezone": "",
            "landmarks": "",
            "traffic_extract": "",
            "concurrency": 1,
        }
        path = folder / "valhalla.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        programs = Path(valhalla.__file__).parent / "bin"
        for program in ("valhalla_build_admins", "valhalla_build_tiles"):
            _run(folder / f"{program}.log", programs / program, "-c", path, osm)

    def __init__(self, folder: Path) -> None:
        import valhalla  # noqa: PLC0415

        self.version: str = valhalla.__version__
        self._actor = valhalla.Actor(folder / "valhalla.json")

    def route(self, pair: Pair) -> dict[str, Any] | None:
        from valhalla.midgard.utils import decode_polyline  # noqa: PLC0415

        asked = {"costing": "auto", "directions_type": "none"}
        ends = [{"lon": pair[0], "lat": pair[1]}, {"lon": pair[2], "lat": pair[3]}]
        try:
            leg = self._actor.route(asked | {"locations": ends})["trip"]["legs"][0]
            # The same line again, edge by edge, for its speeds. Where a line cannot be walked exactly it is matched
            # like a GPS track, which can lose an edge of a few metres at an end.
            matched = asked | {"encoded_polyline": leg["shape"], "shape_match": "walk_or_snap"}
            walked = self._actor.trace_attributes(matched)
        except RuntimeError as error:
            print(pair, error, file=sys.stderr)
            return None
        shape = decode_polyline(walked["shape"])
        moving = [0.0] * (len(shape) - 1)
        for edge in walked["edges"]:
            first, last = edge["begin_shape_index"], edge["end_shape_index"]
            pieces = [_metres(*ends) for ends in pairwise(shape[first : last + 1])]
            seconds = edge["length"] * 3600 / edge["speed"]
            for at, metres in enumerate(pieces, first):
                moving[at] = seconds * metres / max(sum(pieces), 1e-9)
        return {"seconds": leg["summary"]["time"], "shape": shape, "moving": moving}


class Osrm:
    """The profile ``car.lua`` of the package, multi-level Dijkstra."""

    @staticmethod
    def build(osm: Path, folder: Path) -> None:
        import osrm  # noqa: PLC0415

        package = Path(osrm.__file__).parent
        copy = folder / "roads.osm.pbf"
        copy.write_bytes(osm.read_bytes())
        roads = folder / "roads.osrm"
        profile = package / "share" / "profiles" / "car.lua"
        for program, *arguments in (
            ("osrm-extract", "-p", profile, copy),
            ("osrm-partition", roads),
            ("osrm-customize", roads),
        ):
            _run(folder / f"{program}.log", package / "bin" / program, "-t", "1", *arguments)

    def __init__(self, folder: Path) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        import osrm  # noqa: PLC0415

        self.version = version("osrm-bindings")
        self._asked = osrm.RouteParameters
        roads = str(folder / "roads.osrm")
        self._engine = osrm.OSRM(storage_config=roads, algorithm="MLD", use_shared_memory=False)

    def route(self, pair: Pair) -> dict[str, Any] | None:
        asked = self._asked(
            coordinates=[tuple(pair[:2]), tuple(pair[2:])],
            annotations=["duration"],
            overview="full",
            geometries="geojson",
        )
        try:
            route = next(iter(self._engine.Route(asked)["routes"]))
        except RuntimeError as error:
            print(pair, error, file=sys.stderr)
            return None
        shape = [list(place) for place in route["geometry"]["coordinates"]]
        moving = list(next(iter(route["legs"]))["annotation"]["duration"])
        if len(moving) != len(shape) - 1:
            # The line leaves out pieces of no length at its ends; OSRM gives them no time either.
            print(pair, len(moving), len(shape), file=sys.stderr)
            return None
        return {"seconds": route["duration"], "shape": shape, "moving": moving}


def _run(log: Path, *command: object) -> None:
    with log.open("w") as lines:
        subprocess.run(list(map(str, command)), check=True, stdout=lines, stderr=lines)  # noqa: S603 - of the packages


def _metres(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the distance of two neighbouring positions in degrees, good enough to share out an edge."""
    return 111_200 * math.hypot((one[0] - other[0]) * math.cos(math.radians(one[1])), one[1] - other[1])


if __name__ == "__main__":
    main()
