"""Road networks out of tables of lines: who meets where, and how long each line takes."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.engine.topology import component_labels
from palveluverkko.network.build import metric_crs
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.streets import CLOSED, GIVEN, Streets, build_from_streets, measure
from palveluverkko.osm.profile import FERRY, CarProfile, Road

if TYPE_CHECKING:
    import geopandas

TOUCHING_METRES = 0.1
"""Ends of lines this near meet. Digiroad's ends are equal; other programs round to centimetres."""

# Classes that OpenStreetMap knows and no car drives, beside those that the profile lets cars in by permission.
_NOT_FOR_CARS = ("steps", "corridor", "platform", "elevator", "construction", "proposed", "abandoned", "busway",
                 "bus_guideway", "raceway", "escape", "rest_area", "services", "emergency_bay")  # fmt: skip


class _Times(NamedTuple):
    """What a row takes and what it means: milliseconds or CLOSED, source of the speed, road."""

    forward: int
    backward: int
    source: str
    road: Road | None


def build_from_edges(
    edges: geopandas.GeoDataFrame,
    profile: CarProfile,
    *,
    fingerprint: str,
    where: str | Path = "the table of roads",
    touching_metres: float = TOUCHING_METRES,
) -> RoadNetwork:
    """Build a road network of a table of lines.

    Lines meet where their ends touch; lines that cross without an end there do not, as bridges do not. A line takes its
    time where the table gives one, else its length (measured where not given) at the speed of the table, else at that
    of the profile for its road class and the columns that are named as tags of OpenStreetMap (``maxspeed``,
    ``surface``, ``access`` ...). What the profile may not drive is left out unless the table gives its speed.

    Parameters
    ----------
    edges
        As :func:`palveluverkko.tables.road_edges.read_road_edges` gives it.
    profile
        How cars drive where the table does not say; its access leg and season.
    fingerprint
        Names the file, the profile and the version.
    where
        Name of the table for errors.
    touching_metres
        Ends this near to each other are one junction, and so are all in a row of such.

    Raises
    ------
    TableError
        A line has neither time nor speed nor a class that is known, or none is for a car.
    """
    if profile.ferries:
        raise TableError(
            f"{where} is a table of roads, and ferries of a profile go with files of OpenStreetMap; leave them out and "
            "write the times into the table."
        )
    lonlat = edges.geometry.to_crs("EPSG:4326")
    coordinates, line = shapely.get_coordinates(lonlat.array, return_index=True)
    first = np.searchsorted(line, np.arange(len(edges) + 1)).astype(np.int64)
    lon, lat = coordinates.T
    length = edges["length"].to_numpy()
    metres = np.where(np.isnan(length), measure(first, lon, lat)[first[1:] - 1], length)

    times, rejected = _times(edges, metres, profile, str(where))
    kept = np.flatnonzero([one.forward != CLOSED or one.backward != CLOSED for one in times])
    if not kept.size:
        raise TableError(f"{where} has no road that a car may drive; give it roads with a class, a speed or a time.")
    count = np.diff(first)[kept]
    offset = np.concatenate(([0], np.cumsum(count)))
    vertex = np.arange(offset[-1]) - np.repeat(offset[:-1] - first[kept], count)
    lon, lat = lon[vertex], lat[vertex]
    end = np.concatenate((offset[:-1], offset[1:] - 1))
    junction, of_junction = _meet(lon[end], lat[end], touching_metres)
    chosen = [times[one] for one in kept.tolist()]
    table = edges.iloc[kept]
    streets = Streets(
        tail=junction[: kept.size],
        head=junction[kept.size :],
        forward_time=np.asarray([one.forward for one in chosen], dtype=np.int64),
        backward_time=np.asarray([one.backward for one in chosen], dtype=np.int64),
        local=table["local"].to_numpy(dtype=bool)
        | np.asarray([one.road is not None and one.road.local_access for one in chosen]),
        snappable=np.asarray([one.road is None or one.road.snappable for one in chosen]),
        road_class=table["road_class"].to_numpy(dtype=object),
        name=table["name"].to_numpy(dtype=object),
        speed_source=np.asarray([one.source for one in chosen], dtype=object),
        way=table["way"].to_numpy(dtype=np.int64),
        metres=metres[kept],
        first_vertex=offset,
        lon=lon,
        lat=lat,
    )
    return build_from_streets(
        streets,
        junction_lon=lon[end][of_junction],
        junction_lat=lat[end][of_junction],
        junction_id=np.arange(of_junction.size, dtype=np.int64),
        profile=profile,
        fingerprint=fingerprint,
        rejected_speeds=rejected,
    )


def _times(
    edges: geopandas.GeoDataFrame, metres: NDArray[np.float64], profile: CarProfile, where: str
) -> tuple[list[_Times], dict[str, int]]:
    """Say how long each row takes; rows of the same tags are judged once."""
    keys = [key for key in edges.columns if key in profile.relevant_keys and not str(key).startswith("oneway")]
    tags = list(zip(edges["road_class"], *([_as_tag(one) for one in edges[key]] for key in keys), strict=True))
    judged = {one: _judge(one, keys, profile) for one in set(tags)}
    _check_known(edges, [judged[one][0] for one in tags], profile, where)
    numbers = [edges[f"{way}_{unit}"].tolist() for way in ("forward", "backward") for unit in ("seconds", "kmh")]
    times, rejected = [], Counter[str]()
    for row, (forward, backward, *given) in enumerate(
        zip(edges["forward"].tolist(), edges["backward"].tolist(), *numbers, strict=True)
    ):
        road, texts = judged[tags[row]]
        onward = _time(given[0], given[1], metres[row], road, "forward_kmh") if forward else (CLOSED, "")
        back = _time(given[2], given[3], metres[row], road, "backward_kmh") if backward else (CLOSED, "")
        source = onward[1] or back[1]
        times.append(_Times(onward[0], back[0], source, road))
        if source and source != GIVEN:
            rejected.update(texts)
    return times, dict(sorted(rejected.items()))


def _judge(values: tuple[str, ...], keys: list[Any], profile: CarProfile) -> tuple[Road | None, tuple[str, ...]]:
    """Ask the profile about a class and tags; the direction stands in columns of its own."""
    road_class, *others = values
    tags = {str(key): text for key, text in zip(keys, others, strict=True) if text}
    tags |= {"route": FERRY} if road_class == FERRY else {"highway": road_class}
    tags["oneway"] = "no"
    return profile.road(tags), profile.rejected_speeds(tags)


def _as_tag(value: object) -> str:
    """Write a cell as a tag: 80.0 is 80, t is yes, and 0, which tables have where nothing is known, is nothing."""
    if value is None or value != value:  # noqa: PLR0124  # NaN
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value).strip()
    return {"0": "", "t": "yes", "true": "yes", "f": "no", "false": "no"}.get(text.lower(), text)


def _time(seconds: float, kmh: float, metres: float, road: Road | None, towards: str) -> tuple[int, str]:
    if not math.isnan(seconds):
        return round(seconds * 1000), GIVEN
    if not math.isnan(kmh):
        return round(metres * 3600 / kmh), GIVEN
    driven = 0.0 if road is None else float(getattr(road, towards))
    if road is None or not driven:
        return CLOSED, ""
    if not math.isnan(road.crossing_minutes):
        return round(road.crossing_minutes * 60_000), road.speed_source
    return round(metres * 3600 / driven + road.wait_minutes * 60_000), road.speed_source


def _check_known(edges: geopandas.GeoDataFrame, roads: list[Road | None], profile: CarProfile, where: str) -> None:
    """Refuse rows that nobody can drive because nobody knows what they are."""
    known = {value for key, value in profile.way_tags if key == "highway"} | {FERRY, *_NOT_FOR_CARS}
    given = edges[["forward_seconds", "backward_seconds", "forward_kmh", "backward_kmh"]].notna().any(axis=1)
    unknown = ~given & ~edges["road_class"].isin(known) & np.asarray([road is None for road in roads])
    unknown &= edges["forward"] | edges["backward"]
    if not unknown.any():
        return
    classes = sorted(set(edges["road_class"][unknown]) - {""})
    what = f"the road class {name_ids(classes)}, which is not known," if classes else "no road class"
    raise TableError(
        f"{where} has {int(unknown.sum()):,} roads with {what} and no speed (ways "
        f"{name_ids(edges['way'][unknown].tolist())}); add speed_kmh or travel_time (seconds), or a column road_class "
        "with the classes of OpenStreetMap, such as secondary."
    )


def _meet(
    lon: NDArray[np.float64], lat: NDArray[np.float64], touching_metres: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the junction of each end, and of each junction the first end there."""
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    xy = np.column_stack(Transformer.from_crs("EPSG:4326", metric_crs(bounds), always_xy=True).transform(lon, lat))
    spots, of_end = np.unique(xy, axis=0, return_inverse=True)
    of_end = of_end.reshape(-1)
    points = shapely.points(spots)
    near, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=touching_metres)
    label = component_labels(spots.shape[0], near[near < other], other[near < other])[of_end]
    # Junctions are numbered as the table meets them.
    first_of_label = np.full(spots.shape[0], of_end.size, dtype=np.intp)
    np.minimum.at(first_of_label, label, np.arange(of_end.size))
    first, junction = np.unique(first_of_label[label], return_inverse=True)
    return junction.reshape(-1), first
