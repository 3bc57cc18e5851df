"""How much memory searches take, said before they begin.

Bytes that are allocated beyond the graph, its points and what a search finds at hand; ``docs/engine.md`` has the table.
"""

from __future__ import annotations

from palveluverkko.engine.elimination import Prepared
from palveluverkko.engine.graph import Graph
from palveluverkko.engine.plan import LANES
from palveluverkko.engine.sweep import Sweep

# A label of 4 bytes, an entry of the touched list, and twice as many entries of buckets as there are nodes, of 8 each.
_BUCKETS = 24
_LONG_LABEL = 4
# Labels of 8 bytes taken apart into times and owners.
_SPLIT = 37
# A place sorted by its node: the order, the point and the time of each slot while that is found, and of it what stays.
_SORTING, _SORTED = 40, 8
_NEAREST = 64


def of_buckets(graph: Graph, *, turned: bool, threads: int, slots: int) -> int:
    """Give the bytes of searches in buckets for places with so many slots; ``turned``: arcs are turned round."""
    searching = threads * _BUCKETS * graph.nodes + 4 * graph.nodes + _SORTED * slots
    return _turned(graph, turned=turned, then=max(searching, 12 * graph.nodes + _SORTING * slots))


def of_labels(graph: Graph, *, turned: bool, owners: bool) -> int:
    """Give the bytes of one search in buckets that labels every node."""
    searching = _BUCKETS + (_LONG_LABEL if owners else 0)
    return _turned(graph, turned=turned, then=max(searching, _SPLIT if owners else 0) * graph.nodes)


def of_swept_labels(prepared: Prepared, *, turned: bool, ready: bool) -> int:
    """Give the bytes of one sweep that labels every node; ``ready`` when the layout of the arcs is at hand."""
    return _layout(prepared, turned=turned, ready=ready) + _SPLIT * prepared.graph.nodes


def of_nearest(labels: int, *, nodes: int, swept: bool, places: int, slots: int) -> int:
    """Give the bytes of the nearest of places with so many slots, whose labels took so many; a layout stays then."""
    stays = labels - _SPLIT * nodes if swept else 0
    return max(labels, stays + 8 * nodes + _SPLIT * places + _NEAREST * slots)


def of_preparation(prepared: Prepared) -> int:
    """Give the bytes of an elimination and of the times on it: positions, parents, joined pairs, slots of arcs."""
    return 16 * prepared.graph.nodes + 12 * prepared.climb.size + 4 * prepared.graph.head.size


def of_thinning(prepared: Prepared) -> int:
    """Give the bytes of times without what is not needed, beside all."""
    return 8 * prepared.climb.size


def of_sweep(sweep: Sweep, *, turned: bool, ready: bool, threads: int, slots: int, staged: int) -> int:
    """Give the bytes of sweeps for places with so many slots, which hang on so many rows."""
    order = sweep.prepared.order
    largest = int((sweep.row_tree[1:] - sweep.row_tree[:-1]).max(initial=0))
    berths = int(sweep.row_tree[0]) + largest
    each = _BUCKETS * sweep.row_of.size + 4 * sweep.rows + 4 * LANES * (berths + staged) + 8 * berths + 16 * order.core
    chosen = 0 if sweep.tail is sweep.side.tail else 4 * sweep.row_of.size + 8 * sweep.tail.size + 4 * sweep.rows
    numbers = 0 if ready else 12 * sweep.row_of.size
    places = max(4 * sweep.rows + 24 * slots, 24 * slots + 8 * staged)
    return _layout(sweep.prepared, turned=turned, ready=ready) + numbers + chosen + places + threads * each


def _turned(graph: Graph, *, turned: bool, then: int) -> int:
    """Add the graph turned round to what is taken afterwards."""
    return 8 * graph.head.size + 4 * graph.nodes + then if turned else then


def _layout(prepared: Prepared, *, turned: bool, ready: bool) -> int:
    """Give the bytes of the arcs up and down, laid out for one direction."""
    if ready:
        return 0
    side = prepared.against if turned else prepared.onward
    return 8 * (side.head.size + side.tail.size) + 8 * prepared.graph.nodes
