"""Valhalla's isochrones beside our times; the worker half runs in the Python 3.12 environment that holds pyvalhalla.

``python valhalla_isochrones.py OSM FOLDER ANSWER`` reads ``{"places": [[lon, lat], ...], "minutes": [...]}`` from
standard input, builds tiles and writes ``{"version": ..., "preparation": seconds, "seconds": [...]}`` to ANSWER.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

MINUTES = [45, 90, 135, 180]


def measure(python: Path, road_file: Path, places: list[list[float]]) -> dict[str, Any]:
    """Run the worker with the Python given."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        subprocess.run(  # noqa: S603 - this file
            [python, __file__, road_file, folder, answer],
            input=json.dumps({"places": places, "minutes": MINUTES}),
            text=True,
            check=True,
            capture_output=True,
        )
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def main() -> None:
    import valhalla  # noqa: PLC0415 - only in its own environment

    from router_worker import Valhalla  # noqa: PLC0415

    road_file, folder, answer = map(Path, sys.argv[1:])
    asked = json.load(sys.stdin)
    start = perf_counter()
    Valhalla.build(road_file, folder)
    preparation = perf_counter() - start
    path = folder / "valhalla.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    # The service stops at two hours and 25 km around unless told otherwise.
    config["service_limits"]["isochrone"] |= {"max_time_contour": max(asked["minutes"]), "max_distance": 1e7}
    config["service_limits"]["isochrone"]["max_contours"] = len(asked["minutes"])
    path.write_text(json.dumps(config), encoding="utf-8")
    actor = valhalla.Actor(path)
    request = {"costing": "auto", "polygons": True, "contours": [{"time": one} for one in asked["minutes"]]}
    seconds = []
    for lon, lat in asked["places"]:
        start = perf_counter()
        actor.isochrone(request | {"locations": [{"lon": lon, "lat": lat}]})
        seconds.append(perf_counter() - start)
    shapes: dict[str, Any] = draw(actor, request, asked) if asked.get("shapes") else {}
    told = {"version": valhalla.__version__, "preparation": preparation, "seconds": seconds} | shapes
    answer.write_text(json.dumps(told), encoding="utf-8")


def draw(actor: Any, request: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - valhalla has no types
    """Give the polygons of the thresholds around the first place, and the road pieces reached with their seconds."""
    (lon, lat) = asked["places"][0]
    request = request | {"locations": [{"lon": lon, "lat": lat}]}
    found = actor.isochrone(request)["features"]
    by_minutes = {one["properties"]["contour"]: one["geometry"] for one in found}
    last = max(asked["minutes"])
    opened = actor.expansion(
        request
        | {
            "action": "isochrone",
            "contours": [{"time": last}],
            "expansion_properties": ["duration"],
            "skip_opposites": True,
        }
    )
    roads = [
        (one["geometry"]["coordinates"], one["properties"]["duration"])
        for one in opened["features"]
        if one["properties"]["duration"] <= 60 * last
    ]
    return {"shapes": [by_minutes[one] for one in asked["minutes"]], "roads": roads}


if __name__ == "__main__":
    main()
