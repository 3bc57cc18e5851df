"""Travel times between service points and places: routed once, selected from ever after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.errors import StudyError, TableError, name_ids
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED, Direction, to_milliseconds
from palveluverkko.engine import search
from palveluverkko.engine.graph import Anchors
from palveluverkko.engine.plan import LONGEST_SWEPT
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.snap import Snapped, Verdict, check_near_network, snap

_STRIP = 16_384
"""Places whose times are compared at once."""


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
    plan
        How they were searched, and why so; None for a table made otherwise.
    """

    points: geopandas.GeoDataFrame
    places: geopandas.GeoDataFrame
    milliseconds: NDArray[np.int32]
    budget: int
    direction: Direction
    snapped_points: Snapped = field(repr=False)
    snapped_places: Snapped = field(repr=False)
    plan: search.Plan | None = field(default=None, repr=False)

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
        time, position = self.nearest_position(chosen)
        # Position -1 is the last: nobody.
        return time, np.asarray([*sorted(chosen), None], dtype=object)[position]

    def nearest_position(self, chosen: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the travel time of each place to the nearest of some points, and that point's position in their order.

        The points are taken in the order of their ids, so ties go to the lowest; -1 where none is reached.
        """
        ranked = sorted(chosen)
        rows = self.points.index.get_indexer(pd.Index(ranked, dtype=object))
        unknown = [one for one, row in zip(ranked, rows, strict=True) if row < 0]
        if unknown:
            raise TableError(f"the travel times hold no service point {name_ids(unknown)}.")
        time = np.full(len(self.places), UNREACHED, dtype=np.int32)
        position = np.full(len(self.places), -1, dtype=np.int32)
        # In strips that stay in the cache, without a copy of the rows (360 MB for 300 points × 300,000 places): 0.12 to
        # 0.18 s, where argmin over the copy took 0.24 to 0.27 s.
        for begin in range(0, len(time), _STRIP):
            strip = slice(begin, begin + _STRIP)
            best, owner = time[strip], position[strip]
            for rank, row in enumerate(rows):
                candidate = self.milliseconds[row, strip]
                nearer = candidate < best
                np.copyto(best, candidate, where=nearer)
                np.copyto(owner, rank, where=nearer)
        return time, position

    def findings(self) -> pd.DataFrame:
        """List points and places that are off the network or on a piece cut off from it."""
        return snapped_findings(self.snapped_points, self.snapped_places)

    def access_legs(self) -> geopandas.GeoDataFrame:
        """Draw the access legs of all points, and of the places that :meth:`findings` lists."""
        doubtful = [one for one in Verdict if one not in {Verdict.OK, Verdict.BOTH_CARRIAGEWAYS}]
        near = self.snapped_points.access_legs("service_point")
        far = self.snapped_places.access_legs("place", of=doubtful)
        return geopandas.GeoDataFrame(pd.concat((near, far), ignore_index=True), crs=near.crs)


def travel_times(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    places: geopandas.GeoDataFrame,
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
    method: str = "auto",
    threads: int = 0,
    snapped: tuple[Snapped, Snapped] | None = None,
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
    method
        ``"buckets"``, ``"sweep"``, or ``"auto"`` for the quicker one; the times are the same.
    threads
        Number of threads; 0 for one on each processor. The times are the same.
    snapped
        Where points and places stand, from a table on the same roads at other speeds; snapped anew when None.

    Raises
    ------
    StudyError
        The method, the number of threads or the budget cannot be used.
    TableError
        A service point cannot belong to this road network.

    Examples
    --------
    >>> table = travel_times(network, points, places)  # doctest: +SKIP
    >>> table.to_frame().head()  # doctest: +SKIP
    """
    direction, budget = Direction.parse(direction), to_milliseconds(budget_minutes)
    check_search(method, threads, budget)
    sides = Sides.of(network, points, places, direction, snapped=snapped)
    milliseconds, plan = search.time_table(
        network.roads,
        starts=sides.starts,
        ends=sides.ends,
        budget=budget,
        search_from=sides.searched,
        method=method,
        threads=threads,
    )
    milliseconds.flags.writeable = False
    return TravelTimeTable(
        points, places, milliseconds, budget, direction, sides.snapped_points, sides.snapped_places, plan
    )


def travel_times_of_several(
    network: RoadNetwork,
    points: geopandas.GeoDataFrame,
    several: Mapping[str, geopandas.GeoDataFrame],
    *,
    budget_minutes: float = 180,
    direction: Direction | str = Direction.TO_SERVICE,
) -> dict[str, TravelTimeTable]:
    """Compute the tables of several kinds of places, such as homes and municipal centres, in one search for each point.

    Parameters, times and errors as for :func:`travel_times`, one table for each name.
    """
    check_near_network(network, points, where="service points")
    near = snap(network, points)
    parts = {name: snap(network, places) for name, places in several.items()}
    first = next(iter(several.values()))
    together = near, Snapped.joined(list(parts.values()))
    whole = travel_times(network, points, first, budget_minutes=budget_minutes, direction=direction, snapped=together)
    ends = np.cumsum([len(places) for places in several.values()])
    return {
        name: replace(
            whole,
            places=places,
            milliseconds=whole.milliseconds[:, end - len(places) : end],
            snapped_places=parts[name],
        )
        for (name, places), end in zip(several.items(), ends, strict=True)
    }


@dataclass(frozen=True, eq=False)
class Sides:
    """Service points and places on the road network, as beginnings and ends of trips.

    Attributes
    ----------
    direction
        Whether the trips go to the points or from them.
    snapped_points, snapped_places
        Where the two stand on the road network.
    starts, ends
        The same, anchored to the graph.
    """

    direction: Direction
    snapped_points: Snapped
    snapped_places: Snapped
    starts: Anchors
    ends: Anchors

    @classmethod
    def of(
        cls,
        network: RoadNetwork,
        points: geopandas.GeoDataFrame,
        places: geopandas.GeoDataFrame,
        direction: Direction,
        *,
        snapped: tuple[Snapped, Snapped] | None = None,
    ) -> Sides:
        """Snap points and places to the network; a point that cannot belong to it is refused (TableError)."""
        if snapped is None:
            check_near_network(network, points, where="service points")
            snapped = snap(network, points), snap(network, places)
        near, far = snapped
        towards = direction is Direction.TO_SERVICE
        if towards:
            return cls(direction, near, far, far.starts(network), near.ends_at_service(network))
        return cls(direction, near, far, near.starts(network), far.ends(network))

    @property
    def towards(self) -> bool:
        """Whether the trips go to the points."""
        return self.direction is Direction.TO_SERVICE

    @property
    def searched(self) -> str:
        """Say which side the points are: searches begin there."""
        return "ends" if self.towards else "starts"

    def findings(self) -> pd.DataFrame:
        """List points and places that are off the network or on a piece cut off from it."""
        return snapped_findings(self.snapped_points, self.snapped_places)


def check_search(method: str, threads: int, budget: int) -> None:
    """Refuse a method, a number of threads or a budget in milliseconds that no search can use (StudyError)."""
    known = [str(one) for one in search.Method]
    if method not in known:
        raise StudyError(f"method {method!r} is not known; use one of: {', '.join(known)}.")
    if not isinstance(threads, Integral) or threads < 0:
        raise StudyError(f"threads is {threads!r}; use 0 for one on each processor, or more.")
    if method == search.Method.SWEEP and budget > LONGEST_SWEPT:
        raise StudyError(
            f"method sweep is exact up to {LONGEST_SWEPT // MILLISECONDS_PER_MINUTE} minutes, and "
            f"{budget / MILLISECONDS_PER_MINUTE:g} are asked for; use auto or buckets."
        )


def snapped_findings(points: Snapped, places: Snapped) -> pd.DataFrame:
    """List points and places that are not simply on the road, as :meth:`Snapped.findings` does.

    Places tied to both carriageways of a road are left out: in a town they are many, and nothing is wrong with them.
    """
    near, far = points.findings("service_point"), places.findings("place")
    return pd.concat((near, far[far["verdict"] != Verdict.BOTH_CARRIAGEWAYS]), ignore_index=True)


def to_minutes(milliseconds: NDArray[np.int32]) -> NDArray[np.float64]:
    """Convert to minutes for people; NaN for unreached."""
    return np.where(milliseconds == UNREACHED, np.nan, milliseconds / MILLISECONDS_PER_MINUTE)
