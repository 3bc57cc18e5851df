"""Valhalla's side of the comparison; runs inside the Python 3.12 environment that holds pyvalhalla.

``build OSM FOLDER`` builds tiles. ``route FOLDER ANSWER`` reads ``{"pairs": [[lon, lat, lon, lat], ...], "auto":
{...}}`` from standard input and writes one route, or null, for each pair to the file ANSWER: Valhalla's own log lines
land on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import valhalla
from valhalla.midgard.utils import decode_polyline

PROGRAMS = Path(valhalla.__file__).parent / "bin"


def main() -> None:
    command, *arguments = sys.argv[1:]
    if command == "build":
        build(Path(arguments[0]), Path(arguments[1]))
    else:
        answer = route(Path(arguments[0]), json.load(sys.stdin))
        Path(arguments[1]).write_text(json.dumps(answer), encoding="utf-8")


def build(osm: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = valhalla.get_config(tile_extract="", tile_dir=folder)
    # Country borders come from the same file. No traffic, no elevation, no time zones.
    config["mjolnir"] |= {
        "admin": str(folder.resolve() / "admin.sqlite"),
        "timezone": "",
        "landmarks": "",
        "traffic_extract": "",
        "concurrency": 1,
    }
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    for program in ("valhalla_build_admins", "valhalla_build_tiles"):
        with (folder / f"{program}.log").open("w") as log:
            command = [str(PROGRAMS / program), "-c", str(path), str(osm)]
            subprocess.run(command, check=True, stdout=log, stderr=log)  # noqa: S603 - a program of the package


def route(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    actor = valhalla.Actor(folder / "valhalla.json")
    routes = [_route(actor, pair, request["auto"]) for pair in request["pairs"]]
    return {"version": valhalla.__version__, "routes": routes}


def _route(actor: valhalla.Actor, pair: list[float], auto: dict[str, Any]) -> dict[str, Any] | None:
    asked = {"costing": "auto", "costing_options": {"auto": auto}, "directions_type": "none"}
    ends = [{"lon": pair[0], "lat": pair[1]}, {"lon": pair[2], "lat": pair[3]}]
    try:
        leg = actor.route(asked | {"locations": ends})["trip"]["legs"][0]
    except RuntimeError as error:
        print(pair, error, file=sys.stderr)
        return None
    # The same line again, edge by edge: what each edge is, and what each crossing costs. Where a line cannot be
    # walked exactly it is matched like a GPS track, which can lose an edge of a few metres at an end.
    walked = actor.trace_attributes(asked | {"encoded_polyline": leg["shape"], "shape_match": "walk_or_snap"})
    shape = decode_polyline(leg["shape"])
    return {
        "seconds": leg["summary"]["time"],
        "ends": [shape[0], shape[-1]],
        "edges": [
            {
                "way": edge["way_id"],
                "onward": edge["forward"],
                "road_class": edge["road_class"],
                "kmh": edge["speed"],
                "metres": edge["length"] * 1000,
                "tagged": edge["speed_type"] == "tagged",
                "crossing_seconds": edge["end_node"]["transition_time"],
                "crossing": edge["end_node"]["type"],
            }
            for edge in walked["edges"]
        ],
    }


if __name__ == "__main__":
    main()
