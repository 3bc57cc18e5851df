"""Referral chains: from home to the local point, on to its regional and special ones, against going straight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from palveluverkko.domain.levels import LevelScheme
from palveluverkko.domain.people import POPULATION
from palveluverkko.domain.travel import MILLISECONDS_PER_MINUTE, UNREACHED
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.reach.table import TravelTimeTable, travel_times
from palveluverkko.service.levels import serving_points
from palveluverkko.service.people import counts, split_by_area, weighted_mean, weighted_percentile


@dataclass(frozen=True, eq=False)
class ReferralByPlace:
    """Where the chain of referrals leads each place, and how long it takes beside going straight.

    Attributes
    ----------
    frame
        Indexed by place_id; for each level X after the nearest ``chain_point_X`` (id of the point that the chain comes
        to), ``chain_time_X`` (minutes from home by way of all nearer levels, driving only), ``straight_point_X`` and
        ``straight_time_X`` (to the nearest point, as :func:`palveluverkko.classify` has them) and ``extra_X``
        (the first time less the second); NaN and None where a leg is not reached. Then the columns of the places.
    scheme
        The levels.
    """

    frame: pd.DataFrame
    scheme: LevelScheme

    def to_frame(self) -> pd.DataFrame:
        """Give a copy of the table."""
        return self.frame.copy()

    def by_area(
        self, column: str | None = None, *, name_column: str | None = None, group: str = POPULATION
    ) -> pd.DataFrame:
        """Sum the chains up, for the whole study (area ``""``) and for each area of a column.

        Returns
        -------
        DataFrame
            level, area, area_name, population, reached (people whose chain and straight way both end within the
            budget), chain_mean, straight_mean, extra_mean, extra_p90, extra_worst (minutes, of those), elsewhere
            (people whom the chain leads to another point than the nearest one).
        """
        heads = counts(self.frame, group)
        rows = []
        for code in self.scheme.codes[1:]:
            chain, straight, extra = (
                self.frame[f"{kind}_{code}"].to_numpy(dtype=np.float64)
                for kind in ("chain_time", "straight_time", "extra")
            )
            moved = (self.frame[f"chain_point_{code}"] != self.frame[f"straight_point_{code}"]).to_numpy()
            for area, name, members in split_by_area(self.frame, column, name_column):
                at = members & ~np.isnan(extra) & (heads > 0)
                rows.append(
                    {
                        "level": code,
                        "area": area,
                        "area_name": name,
                        "population": heads[members].sum(),
                        "reached": heads[at].sum(),
                        "chain_mean": weighted_mean(chain[at], heads[at]),
                        "straight_mean": weighted_mean(straight[at], heads[at]),
                        "extra_mean": weighted_mean(extra[at], heads[at]),
                        "extra_p90": weighted_percentile(extra[at], heads[at], 0.9),
                        "extra_worst": extra[at].max(initial=-np.inf) if at.any() else np.nan,
                        "elsewhere": heads[at & moved].sum(),
                    }
                )
        return pd.DataFrame(rows)


def referral(
    network: RoadNetwork,
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame | None = None,
    *,
    scheme: LevelScheme | None = None,
) -> ReferralByPlace:
    """Follow each place through the levels: home, its nearest local point, the regional point nearest to that, and on.

    A point that serves the next level too refers to itself, in no time. Of equally near points the lowest id is
    referred to. In the direction from the service the chain is driven the other way: from the special point by way
    of the regional and the local one to the home.

    Parameters
    ----------
    network
        The roads of the table.
    table
        Travel times between points and places; legs between points are computed within its budget, in its direction.
    points
        Service points with ``level`` and, where it matters, ``open``; those of the table when None.
    scheme
        The levels, near to far; E/A/L when None.

    Notes
    -----
    The way by a point is hardly ever shorter than the straight one, since both are quickest ways. It can be by a
    trifle where the stop lets one do what one trip may not: turn round, or go through on a private road. Each leg
    begins and ends with the access leg of its points.

    Raises
    ------
    TableError
        The points have no level, or one that is not in the scheme.
    """
    scheme = scheme or LevelScheme.eal()
    points = table.points if points is None else points
    stands = (table.snapped_points, table.snapped_points)
    between = travel_times(
        network,
        table.points,
        table.points,
        budget_minutes=table.budget / MILLISECONDS_PER_MINUTE,
        direction=table.direction,
        snapped=stands,
    )
    frame = follow(table, between, [(code, serving_points(points, scheme, code)) for code in scheme.codes])
    carried = pd.DataFrame(table.places.drop(columns=table.places.geometry.name)).set_axis(frame.index)
    return ReferralByPlace(frame.join(carried), scheme)


def follow(
    table: TravelTimeTable, between: TravelTimeTable, serving: Sequence[tuple[str, Sequence[str]]]
) -> pd.DataFrame:
    """Follow the chain level by level.

    Parameters
    ----------
    table, between
        Travel times of points × places and of points × points, the same points in the same order.
    serving
        The levels from near to far, each with the ids of the points that serve it.

    Returns
    -------
    DataFrame
        The columns of :class:`ReferralByPlace` that are not of the places, indexed by place_id.
    """
    (_, nearest_serving), *farther = serving
    time, here = table.nearest(nearest_serving)
    total = time.astype(np.int64)
    columns: dict[str, object] = {}
    for code, ids in farther:
        leg, onward = _onward(between, ids)
        at = between.places.index.get_indexer(pd.Index(here, dtype=object))
        lost = (at < 0) | (total == UNREACHED)
        own = np.where(lost, UNREACHED, leg[at])
        lost |= own == UNREACHED
        total = np.where(lost, UNREACHED, total + own)
        here = np.asarray(np.where(lost, None, onward[at]), dtype=object)
        straight, point = table.nearest(ids)
        columns |= {
            f"chain_point_{code}": here,
            f"chain_time_{code}": _minutes(total),
            f"straight_point_{code}": point,
            f"straight_time_{code}": _minutes(straight),
            f"extra_{code}": _minutes(total) - _minutes(straight),
        }
    return pd.DataFrame(columns, index=table.places.index.rename("place_id"))


def _onward(between: TravelTimeTable, ids: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Give of every point the time to the nearest of some points, and its id; who is one of them stays."""
    time, owner = between.nearest(ids)
    stays = between.places.index.isin(ids)
    return np.where(stays, 0, time).astype(np.int32), np.where(stays, between.places.index.to_numpy(), owner)


def _minutes(milliseconds: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.where(milliseconds == UNREACHED, np.nan, milliseconds / MILLISECONDS_PER_MINUTE)
