"""A town of straight streets, as large as a test needs it: an OpenStreetMap file, and tables of points in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable

_WEST, _SOUTH, _STEP = 25.0, 62.0, 0.002


def write_lattice(path: Path, side: int, *, highway: str = "residential") -> Path:
    """Write ``side`` × ``side`` crossings, about 100 by 200 metres apart."""
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for row in range(side):
            for column in range(side):
                place = (_WEST + _STEP * column, _SOUTH + _STEP * row)
                writer.add_node(osmium.osm.mutable.Node(id=row * side + column + 1, location=place, version=1))
        tags = {"highway": highway}
        for line in range(side):
            along = range(line * side + 1, (line + 1) * side + 1)
            across = range(line + 1, side * side + 1, side)
            for number, nodes in ((2 * line + 1, along), (2 * line + 2, across)):
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=list(nodes), tags=tags, version=1))
    return path


def write_spots(path: Path, side: int, count: int, *, name: str) -> Path:
    """Write a table of points beside the streets of a lattice: id, lon, lat, level."""
    random = np.random.default_rng(count)
    lon, lat = (origin + _STEP * (side - 1) * random.random(count) for origin in (_WEST, _SOUTH))
    rows = [f"{name}{at},{x:.6f},{y:.6f},L\n" for at, (x, y) in enumerate(zip(lon, lat, strict=True))]
    path.write_text("id,lon,lat,level\n" + "".join(rows), encoding="utf-8")
    return path
