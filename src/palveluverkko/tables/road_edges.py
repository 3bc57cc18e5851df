"""Tables of roads: lines with a length, a speed or a time, and the directions in which they are driven."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from palveluverkko.domain.errors import TableError
from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES
from palveluverkko.tables.columns import counted, name_rows, to_flags, to_numbers, to_text, with_known_names
from palveluverkko.tables.coordinates import locate
from palveluverkko.tables.files import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame

# Besides the names of the contract: those of OSMnx, of Geofabrik's shapefiles, of Digiroad, and what a shapefile leaves
# of a name, which is ten letters.
_SYNONYMS = {
    "way": ("osm_id", "osmid", "link_id", "linkki_id", "id"),
    "length": ("metres", "length_m", "pituus"),
    "forward_min": ("forward_mi",),
    "backward_min": ("backward_m",),
    "travel_time": ("travel_tim",),
    "forward_kmh": ("forward_km",),
    "backward_kmh": ("backward_k",),
    "speed_kmh": ("speed_kph",),
    "maxspeed": ("arvo", "speed_limit", "nopeusrajoitus"),
    "oneway": (),
    "ajosuunta": (),
    "road_class": ("highway", "fclass"),
    "toiminn_lk": (),
    "linkkityyp": (),
    "name": ("nimi", "tienimi_su", "tienimi_ru", "tienimi_sa"),
    "local": ("local_access",),
}

_FORWARD, _BACKWARD, _BOTH = "forward", "backward", "both"

# OpenStreetMap's values; f, t and b are Geofabrik's.
_ONEWAY = {
    _FORWARD: ("yes", "true", "1", "forward", "f", "ft"),
    _BACKWARD: ("-1", "reverse", "backward", "t", "tf"),
    _BOTH: ("no", "false", "0", "both", "b", "alternating", ""),
}

# Digiroad, description of data objects: direction of traffic, seen along the line as it is drawn.
_AJOSUUNTA = {_BOTH: ("2",), _BACKWARD: ("3",), _FORWARD: ("4",)}

# Digiroad: functional class (main streets and roads of class I and II, regional and connecting roads, private roads of
# class I and II, driving paths, cycling and walking) and type of link, as the OpenStreetMap class that comes nearest.
# The type goes first: what it does not name has the class of the function.
_BY_FUNCTION = {
    "1": "trunk", "2": "primary", "3": "secondary", "4": "tertiary", "5": "unclassified", "6": "service",
    "7": "track", "8": "cycleway", "10": "cycleway",
}  # fmt: skip
_BY_TYPE = {
    "1": "motorway", "6": "trunk_link", "7": "service", "8": "cycleway", "9": "pedestrian", "10": "service",
    "11": "service", "12": "track", "13": "construction", "14": "construction", "15": "construction", "21": "ferry",
}  # fmt: skip


def read_road_edges(path: str | Path) -> GeoDataFrame:
    """Read a table of roads and check it; which speeds hold is for the network to say.

    Parameters
    ----------
    path
        One layer of lines with a CRS: GeoPackage, GeoParquet, shapefile, GeoJSON or FlatGeobuf.

    Returns
    -------
    GeoDataFrame
        One row for each line, in the order of the file, columns of the file kept and these made: ``way`` (int64; the
        number of the row, from 1, where ids are no whole numbers), ``length`` (metres, NaN: to be measured),
        ``forward_seconds`` and ``backward_seconds``, ``forward_kmh`` and ``backward_kmh`` (NaN: not given),
        ``forward`` and ``backward`` (open), ``road_class`` ("" where unknown), ``name``, ``local``, ``geometry``
        (LineString).

    Raises
    ------
    TableError
        The file or a row breaks this contract.
    """
    where = Path(path).name
    located = locate(read_rows(path, suffixes=ROAD_TABLE_SUFFIXES), crs=None, where=where)
    table: GeoDataFrame = with_known_names(located, _SYNONYMS)
    if table.empty:
        raise TableError(f"{where} has no rows; give at least one road.")
    table = table.set_geometry(_lines(table, where=where)).reset_index(drop=True)
    forward, backward = _directions(table, where=where)
    seconds, closed_by_time = _pairs(table, "min", factor=60.0, whole="travel_time", where=where)
    kmh, closed_by_speed = _pairs(table, "kmh", factor=1.0, whole="speed_kmh", where=where)
    for name in ("forward_kmh", "backward_kmh"):
        if (kmh[name] == 0).any():
            raise TableError(f"{where} has a speed of 0 at {name_rows(table, kmh[name] == 0)}; close it by oneway.")
    open_ways = {_FORWARD: forward, _BACKWARD: backward}
    for name, one in open_ways.items():
        open_ways[name] = one & ~closed_by_time[name] & ~closed_by_speed[name]
    return table.assign(
        way=_numbers_of_ways(table),
        length=_not_negative(table, "length", where=where),
        **open_ways,
        **seconds,
        **kmh,
        road_class=_road_class(table, where=where),
        name=to_text(table["name"]) if "name" in table else "",
        local=to_flags(table, "local", default=pd.Series(data=False, index=table.index), where=where),
    )


def _lines(table: GeoDataFrame, *, where: str) -> np.ndarray:
    """Give LineStrings; a MultiLineString of one part is one."""
    shapes = table.geometry.array
    kinds = table.geometry.geom_type
    other = ~kinds.isin(("LineString", "MultiLineString"))
    if other.any():
        raise TableError(f"{where} has the geometry {kinds[other].iloc[0]} at {name_rows(table, other)}; draw lines.")
    several = pd.Series(shapely.get_num_geometries(shapes) > 1, index=table.index)
    if several.any():
        raise TableError(
            f"{where} has {counted(int(several.sum()), 'line')} of several parts at {name_rows(table, several)}; "
            "split them into single parts."
        )
    return np.asarray(shapely.get_geometry(shapes, 0))


def _directions(table: GeoDataFrame, *, where: str) -> tuple[pd.Series, pd.Series]:
    """Say which directions are open: both, where no column says otherwise."""
    forward = pd.Series(data=True, index=table.index)
    backward = forward.copy()
    for name, values in (("oneway", _ONEWAY), ("ajosuunta", _AJOSUUNTA)):
        if name not in table:
            continue
        text = to_text(table[name]).str.lower()
        wrong = ~text.isin([one for group in values.values() for one in group])
        if wrong.any():
            known = ", ".join(one for group in values.values() for one in group if one)
            raise TableError(f"{where} has {name} = {text[wrong].iloc[0]!r} at {name_rows(table, wrong)}; use {known}.")
        forward &= ~text.isin(values[_BACKWARD])
        backward &= ~text.isin(values[_FORWARD])
    return forward, backward


def _pairs(
    table: GeoDataFrame, unit: str, *, factor: float, whole: str, where: str
) -> tuple[dict[str, pd.Series], dict[str, pd.Series]]:
    """Read times or speeds of both directions, and say which directions the pair of columns closes by being empty."""
    made = "seconds" if unit == "min" else unit
    both = _not_negative(table, whole, where=where)
    values = {f"{way}_{made}": both for way in (_FORWARD, _BACKWARD)}
    closed = {way: pd.Series(data=False, index=table.index) for way in (_FORWARD, _BACKWARD)}
    given = [way for way in (_FORWARD, _BACKWARD) if f"{way}_{unit}" in table]
    if len(given) == 1:
        raise TableError(
            f"{where} has {given[0]}_{unit} for one direction only; add the column of the other, empty where it is "
            "closed."
        )
    for way in given:
        numbers = _not_negative(table, f"{way}_{unit}", where=where)
        closed[way] = numbers.isna()
        values[f"{way}_{made}"] = numbers * factor
    return values, closed


def _not_negative(table: GeoDataFrame, name: str, *, where: str) -> pd.Series:
    """Read a column of numbers; NaN where the table has no such column or the cell is empty."""
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    numbers = to_numbers(table, name, where=where)
    wrong = numbers < 0
    if wrong.any():
        raise TableError(f"{where} has {name} = {numbers[wrong].iloc[0]:g} at {name_rows(table, wrong)}; it cannot be.")
    return numbers


def _numbers_of_ways(table: GeoDataFrame) -> pd.Series:
    if "way" in table:
        text = to_text(table["way"])
        if text.str.fullmatch(r"-?\d{1,18}").all():
            return text.astype("int64")
    return pd.Series(np.arange(1, len(table) + 1), index=table.index, dtype="int64")


def _road_class(table: GeoDataFrame, *, where: str) -> pd.Series:
    """Give the class as OpenStreetMap names it; what Digiroad says goes after a column of its own."""
    if "road_class" in table:
        return to_text(table["road_class"])
    found = pd.Series("", index=table.index, dtype=str)
    for name, classes in (("toiminn_lk", _BY_FUNCTION), ("linkkityyp", _BY_TYPE)):
        if name in table:
            named = _named(table, name, classes, where=where)
            found = named.where(named != "", found)
    return found


def _named(table: GeoDataFrame, name: str, classes: Mapping[str, str], *, where: str) -> pd.Series:
    text = to_text(table[name])
    wrong = ~text.str.fullmatch(r"\d*")
    if wrong.any():
        raise TableError(
            f"{where} has {name} = {text[wrong].iloc[0]!r} at {name_rows(table, wrong)}; write Digiroad's number."
        )
    return text.map(classes).fillna("")
