"""What one thread needs for a search in buckets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import UNREACHED, Anchors, Int32

_NARROWEST = 10
"""log2 of the narrowest bucket in milliseconds: about a second. Half and twice as much made no difference."""

_MOST_BUCKETS = 1 << 17
_FEW_BUCKETS = 1 << 12
"""Up to so many for the whole budget (70 minutes) the longest arc is not looked for: 0.5 ms for 1.5 million."""


class Workspace(NamedTuple):
    """Labels and buckets of a search, and how wide a bucket is.

    Attributes
    ----------
    shift
        log2 of the width of a bucket in milliseconds.
    arrays
        label[n], touched[n], bucket[a power of two], and the entries' nodes and successors, as the kernels take them.
    """

    shift: int
    arrays: tuple[NDArray[Any], Int32, Int32, Int32, Int32]


def make_workspace(
    travel_time: Int32,
    *,
    nodes: int,
    seeds: Anchors,
    budget: int,
    kind: type[np.int32 | np.int64] = np.int32,
    climbs: bool = False,
) -> Workspace:
    """Make a workspace for searches over some arcs; ``kind`` is that of the labels.

    A search that ``climbs`` before it comes to the buckets brings times that lie as far apart as the budget allows,
    however short the arcs are.
    """
    span = budget
    if budget >> _NARROWEST > _FEW_BUCKETS and not climbs:
        longest_arc = int(travel_time.max(initial=0))
        if longest_arc == UNREACHED:
            longest_arc = int(travel_time[travel_time != UNREACHED].max(initial=0))
        head_start = int(seeds.time.max(initial=0, where=seeds.node >= 0))
        span = min(budget, max(longest_arc, head_start))
    shift = _NARROWEST
    while (span >> shift) + 2 > _MOST_BUCKETS:
        shift += 1
    arrays = (
        np.full(nodes, np.iinfo(kind).max, dtype=kind),
        np.empty(nodes, dtype=np.int32),
        np.full(1 << int((span >> shift) + 1).bit_length(), -1, dtype=np.int32),
        # One entry for each node and as many left behind: a search that fills them sorts out its entries.
        np.empty(2 * nodes + seeds.node.size + 64, dtype=np.int32),
        np.empty(2 * nodes + seeds.node.size + 64, dtype=np.int32),
    )
    return Workspace(shift, arrays)
