"""What is doubtful about the points, the places and the pieces of road that they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED
from palveluverkko.engine.topology import component_labels
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped, Verdict
from palveluverkko.reach.surface import Surface
from palveluverkko.report.texts import text
from palveluverkko.service.people import counts

SAME_POINT_METRES = 25.0
"""Service points nearer to one another than this may be one point, entered twice: about the length of a building."""

SAME_PLACE_METRES = 1.0
"""Places nearer to one another than this are one place, whose people would count twice; grid cells lie 250 m apart."""

SERVICE_POINT, PLACE = "service_point", "place"
SAME_PLACE, SAME_NAME = "same_place", "same_name"

MAIN, ONE_WAY, ISLAND, REST = "main", "one_way", "island", "rest"
"""Parts of the road network: the main one; joined to it, but without a way there or back; joined to nothing else."""

_ALONE = -1


class Duplicates(NamedTuple):
    """Rows of a table that may be one, entered several times."""

    subject: str
    reason: str
    frame: geopandas.GeoDataFrame
    metres: float


def find_duplicates(points: geopandas.GeoDataFrame, places: geopandas.GeoDataFrame, crs: str) -> list[Duplicates]:
    """Find service points that stand together or share a name, and places that stand together.

    ``metres`` is the way across each group.
    """
    at_points, at_places = (_positions(frame, crs) for frame in (points, places))
    found = [(SERVICE_POINT, SAME_PLACE, points, at_points, one) for one in _near(at_points, SAME_POINT_METRES)]
    found += [(SERVICE_POINT, SAME_NAME, points, at_points, one) for one in _named_alike(points)]
    found += [(PLACE, SAME_PLACE, places, at_places, one) for one in _near(at_places, SAME_PLACE_METRES)]
    groups = []
    for subject, reason, frame, at, members in found:
        west, south, east, north = shapely.total_bounds(at[members])
        across = float(np.hypot(east - west, north - south))
        groups.append(Duplicates(subject, reason, frame.iloc[members], across))
    return groups


def duplicate_table(duplicates: list[Duplicates]) -> pd.DataFrame:
    """Give a row for each group: subject, reason (same_place or same_name), number, ids, names, metres, population."""
    rows = [
        (
            one.subject,
            one.reason,
            len(one.frame),
            ", ".join(str(own) for own in one.frame.index),
            ", ".join(dict.fromkeys(name for name in names(one.frame) if name)),
            one.metres,
            float(people(one.frame).sum()),
        )
        for one in duplicates
    ]
    return pd.DataFrame(rows, columns=["subject", "reason", "number", "ids", "names", "metres", "population"])


def beyond_access_table(
    snapped_points: Snapped,
    snapped_places: Snapped,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
) -> pd.DataFrame:
    """List the points and places without a road within the access distance, those with most people first.

    Returns
    -------
    DataFrame
        subject, id, name, metres (to the nearest road), population.
    """
    parts = []
    for subject, snapped, frame in ((SERVICE_POINT, snapped_points, points), (PLACE, snapped_places, places)):
        far = np.flatnonzero(snapped.verdict == Verdict.OFF_NETWORK)
        parts.append(
            pd.DataFrame(
                {
                    "subject": subject,
                    "id": [str(one) for one in frame.index[far]],
                    "name": names(frame)[far],
                    "metres": snapped.access_metres[far],
                    "population": people(frame)[far],
                }
            ).sort_values(["population", "metres"], ascending=False)
        )
    return pd.concat(parts, ignore_index=True)


def label_parts(network: RoadNetwork) -> NDArray[np.int64]:
    """Give each edge the number of the part that it hangs together with, int64[e]; 0 is the main part."""
    edges = network.edges
    others = np.flatnonzero(~edges.main)
    label = component_labels(network.junction_x.size, edges.tail[others], edges.head[others])
    part = np.zeros(edges.tail.size, dtype=np.int64)
    part[others] = 1 + np.unique(label[edges.tail[others]], return_inverse=True)[1]
    return part


def part_table(
    network: RoadNetwork,
    snapped_points: Snapped,
    snapped_places: Snapped,
    places: geopandas.GeoDataFrame,
) -> pd.DataFrame:
    """Describe the parts of the network: the main one first, then those with most people, then the longest.

    Returns
    -------
    DataFrame
        part (its number among :func:`label_parts`), kind (main, one_way, island), parts (1), edges, kilometres,
        service_points, places, population, place_name (its largest place, else the nearest one with a name),
        longest_way (OpenStreetMap id of its longest edge). People off the network are in none.
    """
    edges, part = network.edges, label_parts(network)
    size = int(part.max(initial=0)) + 1
    on_road = snapped_places.edge >= 0
    stands_on = np.where(on_road, part[np.maximum(snapped_places.edge, 0)], _ALONE)
    points_on = part[snapped_points.edge[snapped_points.edge >= 0]]
    longest = np.zeros(size, dtype=np.int64)
    by_length = np.argsort(edges.metres, kind="stable")
    longest[part[by_length]] = by_length
    table = pd.DataFrame(
        {
            "part": np.arange(size),
            "kind": _kinds(network, part, size),
            "parts": 1,
            "edges": np.bincount(part, minlength=size),
            "kilometres": np.bincount(part, weights=edges.metres, minlength=size) / 1000,
            "service_points": np.bincount(points_on, minlength=size),
            "places": np.bincount(stands_on[on_road], minlength=size),
            "population": np.bincount(stands_on[on_road], weights=people(places)[on_road], minlength=size),
            "place_name": _part_names(network, longest, stands_on, places),
            "longest_way": edges.way[longest],
        }
    )
    by = table.assign(other=table["kind"] != MAIN)
    order = by.sort_values(["other", "population", "kilometres", "part"], ascending=[True, False, False, True]).index
    return table.loc[order].reset_index(drop=True)


def largest(parts: pd.DataFrame, number: int) -> pd.DataFrame:
    """Keep the first parts and sum up the others in one row of the kind "rest"."""
    if len(parts) <= number + 1:
        return parts
    rest = parts.iloc[number:]
    sums = rest[["parts", "edges", "kilometres", "service_points", "places", "population"]].sum()
    row = pd.DataFrame([{"part": _ALONE, "kind": REST, **sums.to_dict(), "place_name": "", "longest_way": 0}])
    return pd.concat([parts.head(number), row.astype(parts.dtypes.to_dict())], ignore_index=True)


def part_lines(network: RoadNetwork, parts: pd.DataFrame) -> geopandas.GeoDataFrame:
    """Give the roads of every part but the main one as one line of many pieces each, with the columns of the table."""
    part = label_parts(network)
    beside = np.flatnonzero(part > 0)
    order = beside[np.argsort(part[beside], kind="stable")]
    lines = shapely.multilinestrings(network.edges.lines(order), indices=np.unique(part[order], return_inverse=True)[1])
    shapes = pd.Series(lines, index=np.unique(part[order]), dtype=object)
    others = parts[parts["kind"] != MAIN].drop(columns="parts")
    return geopandas.GeoDataFrame(others, geometry=shapes.loc[others["part"]].to_numpy(), crs=network.crs)


def edge_table(network: RoadNetwork, surfaces: Mapping[str, Surface]) -> pd.DataFrame:
    """Say for each level from which minute on its areas meet roads that leave the file: level, from_minutes, roads.

    No row where they meet none. ``roads`` of the ``roads_cut`` roads that end at the edge are reached.
    """
    rows = []
    for code, one in surfaces.items():
        time = one.at(network.cut_x, network.cut_y)
        reached = time[time != UNREACHED]
        if reached.size:
            rows.append((code, reached.min() / MILLISECONDS_PER_MINUTE, int(reached.size), int(time.size)))
    return pd.DataFrame(rows, columns=["level", "from_minutes", "roads", "roads_cut"])


def restriction_table(network: RoadNetwork, *, language: str = "en") -> pd.DataFrame:
    """List the turn restrictions that are not in force: relation, reason (a sentence in the language)."""
    rows = [(relation, _say_reason(why, language)) for relation, why in network.restrictions_left_out]
    return pd.DataFrame(rows, columns=["relation", "reason"])


def _say_reason(why: str, language: str) -> str:
    slug, _, what = why.partition(":")
    return text(f"restriction_{slug}", language).format(what=what)


def names(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Give the name of each row, an empty text where it has none."""
    if "name" not in frame:
        return np.full(len(frame), "", dtype=object)
    return frame["name"].fillna("").astype(str).to_numpy(dtype=object)


def people(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Give the people of each row; none where the frame counts none."""
    return counts(frame) if POPULATION in frame else np.zeros(len(frame))


def _positions(frame: geopandas.GeoDataFrame, crs: str) -> NDArray[np.object_]:
    shapes = frame.geometry.to_crs(crs)
    return np.asarray(shapely.point_on_surface(shapes.to_numpy()))


def _near(at: NDArray[np.object_], metres: float) -> list[NDArray[np.int64]]:
    """Group positions by chains of neighbours within a distance."""
    one, other = shapely.STRtree(at).query(at, predicate="dwithin", distance=metres)
    apart = one < other
    return _groups(component_labels(at.size, one[apart], other[apart])) if apart.any() else []


def _named_alike(frame: pd.DataFrame) -> list[NDArray[np.int64]]:
    plain = pd.Series([" ".join(one.casefold().split()) for one in names(frame)])
    given = plain[plain != ""]
    return [found.to_numpy() for _, found in given.groupby(given).groups.items() if len(found) > 1]


def _groups(label: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    size = np.bincount(label)
    return [np.flatnonzero(label == one) for one in np.flatnonzero(size > 1)]


def _kinds(network: RoadNetwork, part: NDArray[np.int64], size: int) -> NDArray[np.object_]:
    edges = network.edges
    touched = np.zeros(network.junction_x.size, dtype=np.bool_)
    touched[edges.tail[edges.main]] = True
    touched[edges.head[edges.main]] = True
    joined = np.zeros(size, dtype=np.bool_)
    joined[part[touched[edges.tail] | touched[edges.head]]] = True
    kinds = np.where(joined, ONE_WAY, ISLAND).astype(object)
    kinds[0] = MAIN
    return kinds


def _part_names(
    network: RoadNetwork, longest: NDArray[np.int64], stands_on: NDArray[np.int64], places: geopandas.GeoDataFrame
) -> NDArray[np.object_]:
    """Name each part by its most populous place with a name, else by the named place nearest to its longest edge."""
    called = np.full(longest.size, "", dtype=object)
    named = np.flatnonzero(names(places) != "")
    if not named.size:
        return called
    edges = network.edges
    vertex = (edges.first_vertex[longest] + edges.first_vertex[longest + 1]) // 2
    spots = shapely.points(edges.vertex_x[vertex], edges.vertex_y[vertex])
    nearest = shapely.STRtree(_positions(places.iloc[named], network.crs)).nearest(spots)
    called[:] = names(places)[named[nearest]]
    rising = named[np.argsort(people(places)[named], kind="stable")]
    rising = rising[stands_on[rising] >= 0]
    called[stands_on[rising]] = names(places)[rising]
    return called
