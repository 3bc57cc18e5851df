"""Streets out of a graph that OSMnx made: one for each line, with one direction or two."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from palveluverkko.domain.errors import NetworkError, name_ids
from palveluverkko.network.build import BUILD_VERSION
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.streets import CLOSED, GIVEN, Streets, build_from_streets, measure
from palveluverkko.osm.profile import FERRY, CarProfile, Road

if TYPE_CHECKING:
    import networkx as nx

_SAME_LENGTH = 1e-6
"""Two directions of one street are as long, but for the order in which their parts were added up."""

_GLOBE = (180.0, 90.0)


@dataclass(frozen=True)
class _Arc:
    """An arc of the graph: what its attributes say of a car that drives it."""

    name: str
    tail: int
    head: int
    xy: NDArray[np.float64]
    metres: float
    seconds: float
    kmh: float
    against: bool
    tags: Mapping[str, str]
    way: int
    text: str


@dataclass
class _Street:
    arc: _Arc
    road: Road | None
    metres: float
    times: list[int]
    source: str
    rejected: tuple[str, ...]


def build_from_osmnx(graph: nx.MultiDiGraph, profile: CarProfile) -> RoadNetwork:
    """Build a network of a graph that is directed and has edges; see ``networkx_graphs.from_networkx``."""
    crs = _crs(graph)
    nodes = list(graph)
    lon, lat = _degrees(crs, *_positions(graph, nodes))
    arcs = list(_arcs(graph, nodes, profile))
    first = np.concatenate(([0], np.cumsum([len(arc.xy) for arc in arcs])))
    vertex_lon, vertex_lat = _degrees(crs, *np.concatenate([arc.xy for arc in arcs]).T)
    measured = measure(first, vertex_lon, vertex_lat)[first[1:] - 1]
    drawn, of_arc = _pair(arcs, measured, profile)
    if not drawn:
        raise NetworkError("the graph has no road that a car may drive; take one with network_type='drive'.")
    count = np.diff(first)[of_arc]
    offset = np.concatenate(([0], np.cumsum(count)))
    vertex = np.arange(offset[-1]) - np.repeat(offset[:-1] - first[of_arc], count)
    rejected = Counter(text for street in drawn for text in street.rejected)
    streets = Streets(
        tail=np.asarray([street.arc.tail for street in drawn]),
        head=np.asarray([street.arc.head for street in drawn]),
        forward_time=np.asarray([street.times[0] for street in drawn], dtype=np.int64),
        backward_time=np.asarray([street.times[1] for street in drawn], dtype=np.int64),
        local=np.asarray([street.road is not None and street.road.local_access for street in drawn]),
        snappable=np.asarray([street.road is None or street.road.snappable for street in drawn]),
        road_class=_texts(_road_class(street) for street in drawn),
        name=_texts(street.arc.text for street in drawn),
        speed_source=_texts(street.source for street in drawn),
        way=np.asarray([street.arc.way for street in drawn], dtype=np.int64),
        metres=np.asarray([street.metres for street in drawn]),
        first_vertex=offset,
        lon=vertex_lon[vertex],
        lat=vertex_lat[vertex],
    )
    whole = all(isinstance(one, int) for one in nodes)
    return build_from_streets(
        streets,
        junction_lon=lon,
        junction_lat=lat,
        junction_id=np.asarray(nodes if whole else range(len(nodes)), dtype=np.int64),
        profile=profile,
        fingerprint=_fingerprint(streets, profile),
        rejected_speeds=dict(sorted(rejected.items())),
    )


def _crs(graph: nx.MultiDiGraph) -> pyproj.CRS:
    if graph.graph.get("crs") is None:
        raise NetworkError("the graph has no crs; set graph.graph['crs'], such as 'EPSG:4326' for degrees.")
    try:
        return pyproj.CRS.from_user_input(graph.graph["crs"])
    except CRSError:
        raise NetworkError(
            f"the graph has the crs {graph.graph['crs']!r}, which is not known; use EPSG:4326."
        ) from None


def _positions(graph: nx.MultiDiGraph, nodes: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = (np.asarray([_number(data.get(axis)) for _, data in graph.nodes(data=True)]) for axis in ("x", "y"))
    nowhere = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
    if nowhere.size:
        ids = name_ids([nodes[one] for one in nowhere.tolist()])
        raise NetworkError(f"{nowhere.size} nodes of the graph have no x and y ({ids}); give each its position.")
    return x, y


def _degrees(crs: pyproj.CRS, x: Any, y: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: ANN401
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    lon, lat = np.asarray(lon), np.asarray(lat)
    if not ((np.abs(lon) <= _GLOBE[0]) & (np.abs(lat) <= _GLOBE[1])).all():  # NaN and infinity are neither
        raise NetworkError(
            f"the graph has positions beyond the globe in its crs {crs.to_string()}; set graph.graph['crs'] to the one "
            "that x and y are in."
        )
    return lon, lat


def _arcs(graph: nx.MultiDiGraph, nodes: list[Any], profile: CarProfile) -> Iterator[_Arc]:
    position = {node: at for at, node in enumerate(nodes)}
    place = [(float(data["x"]), float(data["y"])) for _, data in graph.nodes(data=True)]
    # The direction of an arc is its own: tags say only how fast it is and for whom.
    keys = {key for key in profile.relevant_keys if not key.startswith("oneway")}
    for u, v, data in graph.edges(data=True):
        name = f"{u!r} to {v!r}"
        ways = _several(data.get("osmid"))
        turned = [str(one) == "True" for one in _several(data.get("reversed"))]
        yield _Arc(
            name=name,
            tail=position[u],
            head=position[v],
            xy=_line(data.get("geometry"), place[position[u]], place[position[v]], name),
            metres=_measure_of(data, "length", name),
            seconds=_measure_of(data, "travel_time", name),
            kmh=_measure_of(data, "speed_kph", name),
            against=bool(turned) and all(turned),
            tags={key: _joined(data[key]) for key in data if key in keys and _several(data[key])} | {"oneway": "no"},
            way=min((int(one) for one in ways if str(one).lstrip("-").isdigit()), default=0),
            text=next((one for key in ("ref", "name") for one in sorted(map(str, _several(data.get(key))))), ""),
        )


def _line(geometry: object, start: tuple[float, float], end: tuple[float, float], name: str) -> NDArray[np.float64]:
    """Give the vertices in the order in which the arc is driven; a straight line where nothing is drawn."""
    if geometry is None or (isinstance(geometry, float) and math.isnan(geometry)):
        return np.asarray([start, end])
    line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    if not isinstance(line, shapely.LineString) or line.is_empty:
        raise NetworkError(f"the edge {name} of the graph has a geometry that is no LineString; draw one, or none.")
    xy = np.asarray(line.coords)[:, :2]
    along = math.dist(xy[0], start) + math.dist(xy[-1], end)
    return xy if along <= math.dist(xy[0], end) + math.dist(xy[-1], start) else xy[::-1]


def _measure_of(data: Mapping[str, Any], key: str, name: str) -> float:
    """Read a length, time or speed; NaN where there is none."""
    value = data.get(key)
    if value is None or value == "":
        return math.nan
    number = _number(value)
    if math.isnan(number) and not isinstance(value, float):
        raise NetworkError(f"the edge {name} of the graph has {key} = {value!r}; give one number.")
    if number < 0 or math.isinf(number) or (key == "speed_kph" and number == 0):
        raise NetworkError(f"the edge {name} of the graph has {key} = {number:g}; it cannot be that.")
    return number


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # whatever it is
    except (TypeError, ValueError):
        return math.nan


def _several(value: object) -> list[Any]:
    """Give the values of an attribute, which simplification makes a list of."""
    values = list(value) if isinstance(value, list | tuple | set) else [value]
    return [one for one in values if one is not None and one == one and one != ""]  # noqa: PLR0124  # NaN


def _joined(value: object) -> str:
    """Write an attribute as a tag: of a list all values, as OpenStreetMap writes them.

    In an order of their own, for OSMnx lists the values of an edge and of its reverse in the order of their hashes.
    """
    return ";".join(sorted(f"{one:g}" if isinstance(one, float) else str(one) for one in _several(value)))


def _pair(
    arcs: list[_Arc], measured: NDArray[np.float64], profile: CarProfile
) -> tuple[list[_Street], NDArray[np.intp]]:
    """Make streets of arcs: a line that is driven both ways is one; give them, and the arc that each is drawn as."""
    streets: list[_Street] = []
    drawn_as: list[int] = []
    waiting: dict[tuple[object, ...], list[int]] = {}
    judged: dict[tuple[tuple[str, str], ...], tuple[tuple[Road, ...], tuple[str, ...]]] = {}
    for number, arc in enumerate(arcs):
        combination = tuple(sorted(arc.tags.items()))
        if combination not in judged:
            judged[combination] = _judge(arc.tags, profile)
        roads, rejected = judged[combination]
        metres = float(measured[number]) if math.isnan(arc.metres) else arc.metres
        road = min(roads, key=lambda one: _kmh(one, against=arc.against), default=None)
        time, source = _time(arc, road, metres)
        if time == CLOSED:
            continue
        onward, back = arc.xy.tobytes(), arc.xy[::-1].tobytes()
        key = (arc.way, combination, min(onward, back), *sorted((arc.tail, arc.head)))
        twin = next((one for one in waiting.get(key, ()) if _opposite(streets[one], arc, metres)), None)
        if twin is None:
            waiting.setdefault(key, []).append(len(streets))
            drawn_as.append(number)
            streets.append(_Street(arc, road, metres, [time, CLOSED], source, rejected if source != GIVEN else ()))
            continue
        waiting[key].remove(twin)
        streets[twin].times[1] = time
        if streets[twin].arc.against and not arc.against:
            streets[twin].arc, streets[twin].times, drawn_as[twin] = arc, streets[twin].times[::-1], number
    return streets, np.asarray(drawn_as, dtype=np.intp)


def _opposite(street: _Street, arc: _Arc, metres: float) -> bool:
    other = street.arc
    if not math.isclose(street.metres, metres, rel_tol=_SAME_LENGTH, abs_tol=_SAME_LENGTH):
        return False
    if arc.tail != arc.head:
        return (arc.tail, arc.head) == (other.head, other.tail)
    # A loop: turned round, or told apart by the flag alone where it is the same both ways.
    return arc.xy.tobytes() == other.xy[::-1].tobytes() and arc.against != other.against


def _judge(tags: Mapping[str, str], profile: CarProfile) -> tuple[tuple[Road, ...], tuple[str, ...]]:
    """Give what the tags mean for a car, once for each road class of a list."""
    given = [profile.road({**tags, "highway": one}) for one in tags.get("highway", "").split(";")]
    return tuple(one for one in given if one is not None), profile.rejected_speeds(tags)


def _kmh(road: Road, *, against: bool) -> float:
    return road.backward_kmh if against else road.forward_kmh


def _time(arc: _Arc, road: Road | None, metres: float) -> tuple[int, str]:
    """Give milliseconds and where they came from; CLOSED where nothing is given and the profile may not drive."""
    if not math.isnan(arc.seconds):
        return round(arc.seconds * 1000), GIVEN
    if not math.isnan(arc.kmh):
        return round(metres * 3600 / arc.kmh), GIVEN
    kmh = 0.0 if road is None else _kmh(road, against=arc.against)
    if road is None or not kmh:
        return CLOSED, ""
    if not math.isnan(road.crossing_minutes):
        return round(road.crossing_minutes * 60_000), road.speed_source
    return round(metres * 3600 / kmh + road.wait_minutes * 60_000), road.speed_source


def _road_class(street: _Street) -> str:
    if street.road is not None:
        return street.road.road_class
    tags = street.arc.tags
    return FERRY if tags.get("route") == FERRY else tags.get("highway", "road").partition(";")[0]


def _texts(values: Iterator[str]) -> NDArray[np.object_]:
    return np.asarray(list(values), dtype=object)


def _fingerprint(streets: Streets, profile: CarProfile) -> str:
    digest = hashlib.sha256(f"{profile.fingerprint()} build {BUILD_VERSION}".encode())
    for column in streets:
        digest.update(repr(column.tolist()).encode() if column.dtype == object else column.tobytes())
    return digest.hexdigest()
