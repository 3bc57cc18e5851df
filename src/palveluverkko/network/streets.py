"""Streets drawn as lines between junctions, whatever table or graph they come from, become a network."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from palveluverkko.domain.errors import NetworkError, name_ids
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.engine.graph import freeze_float64, freeze_int32, freeze_int64
from palveluverkko.engine.topology import depth_first_numbers, sort_arcs
from palveluverkko.network.build import assemble, metric_crs
from palveluverkko.network.components import find_local
from palveluverkko.network.road_network import Edges, RoadNetwork
from palveluverkko.osm.profile import CarProfile

GIVEN = "given"
"""Speed source of a street whose table or graph says its speed or its time."""

CLOSED = -1
"""Time of a direction that is closed."""


class Streets(NamedTuple):
    """Streets between junctions, as columns, in any order.

    Attributes
    ----------
    tail, head
        int[e]; positions of the junctions at the first and last vertex.
    forward_time, backward_time
        int64[e]; milliseconds, or CLOSED.
    local, snappable
        bool[e]; for the first and last leg only, and whether points may be tied to the street.
    road_class, name, speed_source
        object[e]; texts.
    way
        int64[e]; number of the street where it came from.
    metres
        float64[e]; length.
    first_vertex
        int64[e + 1]; the vertices of street i are ``first_vertex[i]`` to ``first_vertex[i + 1] - 1``, two or more.
    lon, lat
        float64[v]; degrees.
    """

    tail: NDArray[Any]
    head: NDArray[Any]
    forward_time: NDArray[np.int64]
    backward_time: NDArray[np.int64]
    local: NDArray[np.bool_]
    snappable: NDArray[np.bool_]
    road_class: NDArray[np.object_]
    name: NDArray[np.object_]
    speed_source: NDArray[np.object_]
    way: NDArray[np.int64]
    metres: NDArray[np.float64]
    first_vertex: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def build_from_streets(
    streets: Streets,
    *,
    junction_lon: NDArray[np.float64],
    junction_lat: NDArray[np.float64],
    junction_id: NDArray[np.int64],
    profile: CarProfile,
    fingerprint: str,
    rejected_speeds: dict[str, int],
) -> RoadNetwork:
    """Build a network of streets; the time of a street is spread over its vertices by their geodesic distance.

    Each street stays an edge of its own; junctions that no street touches are left out.

    Raises
    ------
    NetworkError
        A street takes longer than times can be counted.
    """
    longest = np.maximum(streets.forward_time, streets.backward_time)
    if (longest >= UNREACHED).any():
        ways = streets.way[longest >= UNREACHED].tolist()
        raise NetworkError(f"{len(ways)} streets take more than 24 days to drive ({name_ids(ways)}); mend their times.")
    used = np.unique(np.concatenate((streets.tail, streets.head)))
    position = np.full(junction_id.size, -1, dtype=np.int32)
    position[used] = np.arange(used.size)
    number = depth_first_numbers(used.size, position[streets.tail], position[streets.head])
    streets = _in_order(streets._replace(tail=number[position[streets.tail]], head=number[position[streets.head]]))
    of_junction = np.empty_like(used)
    of_junction[number] = used

    lon, lat = streets.lon, streets.lat
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    crs = metric_crs(bounds)
    project = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    road_classes, road_class = numbered(streets.road_class.tolist())
    names, name = numbered(streets.name.tolist())
    share = _shares(streets)
    owner = np.repeat(np.arange(streets.way.size), np.diff(streets.first_vertex))
    x, y = project(lon, lat)
    edges = Edges(
        tail=freeze_int32(streets.tail),
        head=freeze_int32(streets.head),
        forward=freeze_bool(streets.forward_time != CLOSED),
        backward=freeze_bool(streets.backward_time != CLOSED),
        local=freeze_bool(find_local(used.size, streets.tail, streets.head, streets.local, streets.metres)),
        snappable=freeze_bool(streets.snappable),
        main=freeze_bool(np.zeros(streets.way.size, dtype=np.bool_)),  # found later: it takes the graph
        road_class=freeze_int32(road_class),
        name=freeze_int32(name),
        way=freeze_int64(streets.way),
        metres=freeze_float64(streets.metres),
        first_vertex=freeze_int64(streets.first_vertex),
        vertex_x=freeze_float64(np.asarray(x)),
        vertex_y=freeze_float64(np.asarray(y)),
        vertex_forward=freeze_int32(np.rint(share * np.maximum(streets.forward_time, 0)[owner])),
        vertex_backward=freeze_int32(np.rint(share * np.maximum(streets.backward_time, 0)[owner])),
    )
    sources, source = numbered(streets.speed_source.tolist())
    by_source = np.bincount(source, weights=streets.metres, minlength=len(sources))
    junction_xy = project(junction_lon[of_junction], junction_lat[of_junction])
    return assemble(
        edges,
        junction_xy=(np.asarray(junction_xy[0]), np.asarray(junction_xy[1])),
        junction_id=junction_id[of_junction],
        profile=profile,
        road_classes=road_classes,
        names=names,
        crs=crs,
        bounds=bounds,
        metres_by_speed_source=dict(zip(sources, by_source.tolist(), strict=True)),
        rejected_speeds=rejected_speeds,
        fingerprint=fingerprint,
    )


def measure(first_vertex: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the geodesic metres from the first vertex of each line to each of its vertices, float64[v]."""
    step = np.zeros(lon.size)
    step[1:] = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    step[first_vertex[:-1]] = 0.0
    along = np.cumsum(step)
    return np.asarray(along - np.repeat(along[first_vertex[:-1]], np.diff(first_vertex)))


def _shares(streets: Streets) -> NDArray[np.float64]:
    """Give the share of a street's time that has passed at each of its vertices: 0 at the first, 1 at the last."""
    first = streets.first_vertex
    metres = measure(first, streets.lon, streets.lat)
    owner = np.repeat(np.arange(first.size - 1), np.diff(first))
    whole = metres[first[1:] - 1]
    share = metres / np.where(whole > 0, whole, 1.0)[owner]
    share[first[1:] - 1] = 1.0
    return share


def _in_order(streets: Streets) -> Streets:
    """Put streets into the order of their junctions."""
    _, order = sort_arcs(int(max(streets.tail.max(), streets.head.max())) + 1, streets.tail, streets.head)
    count = np.diff(streets.first_vertex)[order]
    first = np.concatenate(([0], np.cumsum(count)))
    vertex = np.arange(first[-1]) - np.repeat(first[:-1] - streets.first_vertex[:-1][order], count)
    columns = {name: column[order] for name, column in streets._asdict().items() if name not in _OF_VERTICES}
    return Streets(**columns, first_vertex=first, lon=streets.lon[vertex], lat=streets.lat[vertex])


def numbered(texts: list[str]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Give the different texts, sorted, and the position of each in them."""
    different = sorted(set(texts))
    at = {text: position for position, text in enumerate(different)}
    return tuple(different), np.asarray([at[text] for text in texts], dtype=np.intp)


def freeze_bool(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Give a read-only array of flags."""
    array = np.ascontiguousarray(array, dtype=np.bool_).view()
    array.flags.writeable = False
    return array


_OF_VERTICES = ("first_vertex", "lon", "lat")
