"""A village as OpenStreetMap XML, and its travel times by hand."""

from collections.abc import Iterable
from pathlib import Path

from pyproj import Geod

NODES = {1: (25.0, 66.0), 2: (25.01, 66.0), 3: (25.01, 66.01), 4: (25.02, 66.01), 5: (25.005, 66.0), 6: (25.02, 66.0)}
WAYS = {
    7: ([1, 5, 2], {"highway": "residential", "maxspeed": "40"}),
    8: ([2, 3], {"highway": "tertiary", "maxspeed": "60", "oneway": "yes"}),
    9: ([3, 4], {"highway": "residential", "maxspeed": "40"}),
    10: ([4, 6], {"highway": "tertiary", "maxspeed": "60"}),
    11: ([6, 2], {"highway": "tertiary", "maxspeed": "60", "oneway": "yes"}),
}
"""A crossing, a ring that is driven one way in part, and a bend that is no crossing."""

UNREADABLE = {12: ([5, 3], {"highway": "residential", "maxspeed": "slow"})}


def write_village(path: Path, *relations: str, ways: Iterable[int] = tuple(WAYS)) -> Path:
    """Write the village, or some of its ways; and relations as they stand in the file."""
    chosen = {one: (WAYS | UNREADABLE)[one] for one in ways}
    nodes = "".join(f'<node id="{one}" lon="{lon}" lat="{lat}"/>' for one, (lon, lat) in NODES.items())
    written = "".join(
        f'<way id="{one}">{"".join(f"<nd ref={str(ref)!r}/>" for ref in refs)}'
        f"{''.join(f'<tag k={key!r} v={value!r}/>' for key, value in tags.items())}</way>"
        for one, (refs, tags) in chosen.items()
    )
    path.write_text(
        f'<?xml version="1.0"?><osm version="0.6">{nodes}{written}{"".join(relations)}</osm>', encoding="utf-8"
    )
    return path


def hours(kmh: float, *nodes: int) -> float:
    lon, lat = zip(*(NODES[one] for one in nodes), strict=True)
    return Geod(ellps="WGS84").line_length(lon, lat) / 1000 / kmh
