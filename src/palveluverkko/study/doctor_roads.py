"""What the road file itself says of its roads: where their speeds come from, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from palveluverkko.network.sources import RoadSource
from palveluverkko.osm.examining import NotingProfile, noted
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.reader import Roads
from palveluverkko.service.people import OUTSIDE

SOURCES = ("signed", "national", "surface", "default", "duration")
"""Where a speed comes from, the firmest first; a source that is not known here stands behind them."""

DEFAULT = "default"

REJECTED_COLUMNS = ("element", "key", "value", "number", "examples")
"""Of the table of tags that could not be read."""

_EXAMPLES = 5
_PIECES_AT_ONCE = 500_000  # 0.1 GB of points
_DEGREES = "EPSG:4326"


@dataclass(frozen=True, eq=False)
class AreaFinder:
    """Says in which area a position lies.

    Attributes
    ----------
    shapes
        Polygons of the areas, or the places; any CRS.
    area
        The area of each shape.
    names
        Name by area.
    nearest
        Take the nearest shape, not the one that holds the position.
    """

    shapes: geopandas.GeoDataFrame
    area: NDArray[np.object_]
    names: dict[str, str]
    nearest: bool

    @classmethod
    def of_polygons(cls, areas: geopandas.GeoDataFrame) -> AreaFinder:
        """Find the polygon that holds a position; of several the lowest id."""
        ordered = areas.sort_index()
        return cls(ordered, ordered.index.to_numpy(dtype=object), areas["name"].to_dict(), nearest=False)

    @classmethod
    def of_places(cls, places: geopandas.GeoDataFrame, column: str, name_column: str | None) -> AreaFinder:
        """Find the place nearest to a position; its area counts."""
        known = places[places[column].notna()]
        area = known[column].astype(str).to_numpy(dtype=object)
        names = known[name_column].astype(str).to_numpy() if name_column else area
        return cls(known, area, dict(zip(area, names, strict=True)), nearest=True)

    def at(self, lon: NDArray[np.float64], lat: NDArray[np.float64], crs: str) -> NDArray[np.object_]:
        """Give the area of each position, object[n]; positions in degrees, compared in a metric CRS."""
        found = np.full(lon.size, OUTSIDE, dtype=object)
        shapes = self.shapes.geometry.to_crs(crs).to_numpy()
        if not shapes.size:
            return found
        tree = shapely.STRtree(shapely.point_on_surface(shapes)) if self.nearest else None
        for begin in range(0, lon.size, _PIECES_AT_ONCE):
            part = slice(begin, begin + _PIECES_AT_ONCE)
            spots = geopandas.GeoSeries(geopandas.points_from_xy(lon[part], lat[part]), crs=_DEGREES).to_crs(crs)
            if tree is not None:
                found[part] = self.area[tree.nearest(spots.to_numpy())]
                continue
            shape, spot = spots.sindex.query(shapes, predicate="intersects")
            lowest = np.lexsort((shape, spot))
            first = lowest[np.unique(spot[lowest], return_index=True)[1]]
            found[begin + spot[first]] = self.area[shape[first]]
        return found


def read_with_notes(source: RoadSource, profile: CarProfile) -> Roads:
    """Read road files so that their kinds and spots also name the tags that could not be read."""
    return source.read_roads(NotingProfile.of(profile))


def speed_table(roads: Roads) -> pd.DataFrame:
    """Sum the kilometres up by class of road and source of the speed; the longest class first.

    Returns
    -------
    DataFrame
        road_class, kilometres, one column ``km_<source>`` for each source met, defaulted_share.
    """
    kind, _, metres, _ = _pieces(roads)
    classes = np.asarray([one.road_class for one in roads.kinds], dtype=object)
    return _by_source(roads, classes[kind], kind, metres, "road_class")


def speed_table_by_area(roads: Roads, finder: AreaFinder, crs: str) -> pd.DataFrame:
    """Sum the kilometres up by area and source of the speed; the largest share of defaults first.

    Every straight piece of road counts whole where its middle lies; beyond all areas is an area of its own.

    Returns
    -------
    DataFrame
        area, area_name, kilometres, one column ``km_<source>`` for each source met, defaulted_share.
    """
    kind, _, metres, (lon, lat) = _pieces(roads)
    table = _by_source(roads, finder.at(lon, lat, crs), kind, metres, "area")
    table.insert(1, "area_name", [finder.names.get(area, area) for area in table["area"]])
    return table.sort_values(["defaulted_share", "area"], ascending=[False, True], ignore_index=True)


def speed_table_of_sources(metres_by_source: Mapping[str, float]) -> pd.DataFrame:
    """Give the same table where only the sources are known: one row, its class empty."""
    kilometres = {f"km_{source}": metres_by_source[source] / 1000 for source in _ordered(metres_by_source)}
    total = sum(kilometres.values())
    share = kilometres.get(f"km_{DEFAULT}", 0.0) / total if total else 0.0
    return pd.DataFrame([{"road_class": "", "kilometres": total, **kilometres, "defaulted_share": share}])


def source_table(metres_by_source: Mapping[str, float]) -> pd.DataFrame:
    """Give a row for each source: speed_source, kilometres, share_of_road."""
    total = sum(metres_by_source.values())
    rows = [(one, metres_by_source[one] / 1000, metres_by_source[one] / total) for one in _ordered(metres_by_source)]
    return pd.DataFrame(rows, columns=["speed_source", "kilometres", "share_of_road"])


def rejected_table(roads: Roads) -> pd.DataFrame:
    """List the values of tags that could not be read, of ways and of nodes; the most frequent first.

    Returns
    -------
    DataFrame
        element (way or node), key, value, number of elements, examples (ids of the first few).
    """
    ids: dict[tuple[str, str, str], set[int]] = {}
    node_id = roads.node_id[roads.spot_node]
    for element, own, kind, texts in (
        ("way", roads.way_id, roads.way_kind, [one.speed_source for one in roads.kinds]),
        ("node", node_id, roads.spot_kind, [one.kind for one in roads.spots]),
    ):
        unread = [noted(text)[1] for text in texts]
        for number in np.flatnonzero([bool(one) for one in unread]):
            for key, value in unread[number]:
                ids.setdefault((element, key, value), set()).update(own[kind == number].tolist())
    # A way whose nodes the file lacks has left its kind behind.
    rows = [(*tag, len(own), ", ".join(map(str, sorted(own)[:_EXAMPLES]))) for tag, own in ids.items() if own]
    rows.sort(key=lambda row: (-row[3], *row[:3]))
    return pd.DataFrame(rows, columns=list(REJECTED_COLUMNS)).astype({"number": "int64"})


def to_lines(roads: Roads, which: NDArray[np.int64] | None = None) -> geopandas.GeoDataFrame:
    """Give the ways, or some by position, as lines: way, name, road_class, speed_source; EPSG:4326."""
    chosen = np.arange(roads.way_id.size) if which is None else which
    long_enough = chosen[np.diff(roads.first_node)[chosen] > 1]
    count = np.diff(roads.first_node)[long_enough]
    offset = np.concatenate(([0], np.cumsum(count)))
    node = roads.way_node[
        np.arange(offset[-1]) - np.repeat(offset[:-1], count) + np.repeat(roads.first_node[long_enough], count)
    ]
    xy = np.column_stack((roads.lon[node], roads.lat[node]))
    kind = roads.way_kind[long_enough]
    return geopandas.GeoDataFrame(
        {
            "way": roads.way_id[long_enough],
            "name": np.asarray(roads.names, dtype=object)[roads.way_name[long_enough]],
            "road_class": np.asarray([one.road_class for one in roads.kinds], dtype=object)[kind],
            "speed_source": np.asarray(_sources(roads), dtype=object)[kind],
        },
        geometry=shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (offset,)),
        crs=_DEGREES,
    )


def _by_source(
    roads: Roads, row: NDArray[np.object_], kind: NDArray[np.int32], metres: NDArray[np.float64], name: str
) -> pd.DataFrame:
    sources = np.asarray(_sources(roads), dtype=object)[kind]
    pieces = pd.DataFrame({name: row, "source": sources, "kilometres": metres / 1000})
    wide = pieces.pivot_table(index=name, columns="source", values="kilometres", aggfunc="sum", fill_value=0.0)
    wide = wide[_ordered(wide.columns)]
    total = wide.sum(axis=1)
    share = (wide[DEFAULT] if DEFAULT in wide else 0 * total) / total.where(total > 0)
    table = wide.add_prefix("km_").rename_axis(columns=None)
    table.insert(0, "kilometres", total)
    table = table.assign(defaulted_share=share.fillna(0.0)).reset_index()
    return table.sort_values(["kilometres", name], ascending=[False, True], ignore_index=True)


def _ordered(sources: Iterable[str]) -> list[str]:
    given = sorted(str(one) for one in sources)
    return [one for one in SOURCES if one in given] + [one for one in given if one not in SOURCES]


def _sources(roads: Roads) -> list[str]:
    return [noted(one.speed_source)[0] for one in roads.kinds]


def _pieces(
    roads: Roads,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Give the straight pieces between neighbouring nodes: kind, way id, metres, and the middle in degrees."""
    within = np.ones(roads.way_node.size, dtype=np.bool_)
    within[roads.first_node[1:] - 1] = False
    before = np.flatnonzero(within)
    way = np.repeat(np.arange(roads.way_id.size), np.maximum(np.diff(roads.first_node) - 1, 0))
    a, b = roads.way_node[before], roads.way_node[before + 1]
    metres = np.concatenate(list(_lengths(roads, a, b))) if before.size else np.empty(0)
    middle = (roads.lon[a] + roads.lon[b]) / 2, (roads.lat[a] + roads.lat[b]) / 2
    return roads.way_kind[way], roads.way_id[way], metres, middle


def _lengths(roads: Roads, a: NDArray[np.int32], b: NDArray[np.int32]) -> Iterator[NDArray[np.float64]]:
    geod = Geod(ellps="WGS84")
    for begin in range(0, a.size, _PIECES_AT_ONCE):
        one, other = a[begin : begin + _PIECES_AT_ONCE], b[begin : begin + _PIECES_AT_ONCE]
        yield np.asarray(geod.inv(roads.lon[one], roads.lat[one], roads.lon[other], roads.lat[other])[2])
