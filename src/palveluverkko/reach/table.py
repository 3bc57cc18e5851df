"""Travel times between service points and places: routed once, selected from ever after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped, check_near_network, snap


@dataclass(frozen=True, eq=False)
class TravelTimeTable:
    """Travel times of service points × places.

    Attributes
    ----------
    points, places
        Frames of the rows and columns, indexed by id.
    milliseconds
        int32[points, places]; ``UNREACHED`` beyond the budget.
    budget
        Longest travel time kept, milliseconds.
    direction
        Whether the trips go to the points or from them.
    snapped_points, snapped_places
        Where the two stand on the road network.
    """

    points: geopandas.GeoDataFrame
    places: geopandas.GeoDataFrame
    milliseconds: NDArray[np.int32]
    budget: int
    direction: Direction
    snapped_points: Snapped = field(repr=False)
    snapped_places: Snapped = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Give the long form: from_id, to_id, travel_time in minutes, NaN when not reached within the budget.

        Trips are named in their direction: to the service, ``from_id`` is the place.
        """
        points = np.repeat(self.points.index.to_numpy(), len(self.places))
        places = np.tile(self.places.index.to_numpy(), len(self.points))
        towards = self.direction is Direction.TO_SERVICE
        frame = {"from_id": places, "to_id": points} if towards else {"from_id": points, "to_id": places}
        return pd.DataFrame(frame | {"travel_time": to_minutes(self.milliseconds.ravel())})

    def nearest(self, chosen: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
        """Give the travel time of each place to the nearest of some points, and the id of that point.

        Ties go to the lowest id. Where none is reached the time is ``UNREACHED`` and the id None.
        """
        ranked = sorted(chosen)
        rows = self.points.index.get_indexer(pd.Index(ranked, dtype=object))
        unknown = [one for one, row in zip(ranked, rows, strict=True) if row < 0]
        if unknown:
            raise TableError(f"the travel times hold no service point {name_ids(unknown)}.")
        if not ranked:
            none = np.full(len(self.places), None, dtype=object)
            return np.full(len(self.places), UNREACHED, dtype=np.int32), none
        times = self.milliseconds[rows]
        first = times.argmin(axis=0)
        time = times[first, np.arange(times.shape[1])]
        owner = np.asarray(ranked, dtype=object)[first]
        owner[time == UNREACHED] = None
        return time, owner

    def findings(self) -> pd.DataFrame:
        """List points and places that are off the network or on a piece cut off from it."""
        listed = (self.snapped_points.findings("service_point"), self.snapped_places.findings("place"))
        return pd.concat(listed, ignore_index=True)


def travel_times(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
) -> TravelTimeTable:
    """Compute the travel time between every service point and every place, access legs included.

    Parameters
    ----------
    network
        The road network.
    points, places
        Where services and people are; any CRS, unique index. Candidates count like existing points.
    budget_minutes
        Longest travel time kept; exactly equal is kept.
    direction
        ``"to_service"``: residents drive to the point; ``"from_service"``: an ambulance drives from it.

    Raises
    ------
    TableError
        A service point cannot belong to this road network.

    Examples
    --------
    >>> table = travel_times(network, points, places)  # doctest: +SKIP
    >>> table.to_frame().head()  # doctest: +SKIP
    """
    direction = Direction.parse(direction)
    check_near_network(network, points, where="service points")
    snapped_points, snapped_places = snap(network, points), snap(network, places)
    budget = to_milliseconds(budget_minutes)
    if direction is Direction.TO_SERVICE:
        starts, ends, side = snapped_places.starts(network), snapped_points.ends(network), "ends"
    else:
        starts, ends, side = snapped_points.starts(network), snapped_places.ends(network), "starts"
    milliseconds = search.time_table(network.graph, starts=starts, ends=ends, budget=budget, search_from=side)
    milliseconds.flags.writeable = False
    return TravelTimeTable(points, places, milliseconds, budget, direction, snapped_points, snapped_places)


def to_minutes(milliseconds: NDArray[np.int32]) -> NDArray[np.float64]:
    """Convert to minutes for people; NaN for unreached."""
    return np.where(milliseconds == UNREACHED, np.nan, milliseconds / MILLISECONDS_PER_MINUTE)
