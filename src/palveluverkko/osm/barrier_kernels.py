"""Compiled loops over the nodes of all ways: how many pieces touch each node, and roads cut at some of them.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

KEPT, BLOCKED, JOINED = 0, 1, 2
"""What becomes of a node: nothing, a copy for each piece that touches it, or those and one in the middle."""


@nb.njit(cache=True, boundscheck=False, nogil=True)
def count_arms(
    first_node: NDArray[np.int64], node: NDArray[np.int32], is_public: NDArray[np.bool_], nodes: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Count the straight pieces that touch each node, and those of public pieces of ways; int32[nodes] each.

    Piece i of a way leads over ``node[first_node[i]]`` to ``node[first_node[i + 1] - 1]``; ``is_public`` is its own.
    """
    arms = np.zeros(nodes, dtype=np.int32)
    public = np.zeros(nodes, dtype=np.int32)
    for piece in range(is_public.size):
        for at in range(first_node[piece], first_node[piece + 1] - 1):
            for end in range(2):
                here = node[at + end]
                arms[here] += 1
                public[here] += is_public[piece]
    return arms, public


@nb.njit(cache=True, boundscheck=False, nogil=True)
def cut(
    first_node: NDArray[np.int64],
    node: NDArray[np.int32],
    way: NDArray[np.int32],
    kind: NDArray[np.int32],
    fate: NDArray[np.uint8],
    arms: NDArray[np.int32],
    joint_kinds: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """End pieces at nodes that are cut, each at a copy of its own, and join copies through one in the middle.

    Copies of a node stand side by side, so that nodes are numbered anew; the one in the middle comes first. Pieces that
    join, of two nodes each, follow the last piece of their way; their kind is that of the way and ``joint_kinds``.

    Returns
    -------
    tuple
        first_node, node, way, kind of the pieces, and the node that each new node is a copy of.
    """
    nodes, pieces = fate.size, way.size
    base = np.empty(nodes, dtype=np.int32)
    total = 0
    for one in range(nodes):
        base[one] = total
        total += 1 if fate[one] == KEPT else arms[one] + (fate[one] == JOINED)
    copied = np.empty(total, dtype=np.int32)
    following = np.zeros(nodes, dtype=np.int32)
    for one in range(nodes):
        last = base[one + 1] if one + 1 < nodes else total
        copied[base[one] : last] = one
        following[one] = fate[one] == JOINED
    within = joined = 0
    for piece in range(pieces):
        for at in range(first_node[piece], first_node[piece + 1]):
            here = fate[node[at]]
            if here != KEPT:
                inner = first_node[piece] < at < first_node[piece + 1] - 1
                within += inner
                joined += (1 + inner) * (here == JOINED)

    new_first = np.empty(pieces + within + joined + 1, dtype=np.int64)
    new_node = np.empty(node.size + within + 2 * joined, dtype=np.int32)
    new_way = np.empty(pieces + within + joined, dtype=np.int32)
    new_kind = np.empty(pieces + within + joined, dtype=np.int32)
    # The ends of the way at hand that are to be joined: their nodes, the nodes in the middle, the kinds.
    ends = np.empty((max(1, joined), 3), dtype=np.int32)
    waiting = made = filled = 0
    new_first[0] = 0
    for piece in range(pieces):
        begin, last = first_node[piece], first_node[piece + 1] - 1
        for at in range(begin, last + 1):
            here = node[at]
            if fate[here] == KEPT:
                new_node[filled] = base[here]
                filled += 1
                continue
            for side in range(2):
                if (side == 0 and at == begin) or (side == 1 and at == last):
                    continue
                copy = base[here] + following[here]
                following[here] += 1
                if fate[here] == JOINED:
                    ends[waiting, 0], ends[waiting, 1], ends[waiting, 2] = base[here], copy, kind[piece] + joint_kinds
                    waiting += 1
                new_node[filled] = copy
                filled += 1
                if side == 0 and at < last:
                    new_way[made], new_kind[made] = way[piece], kind[piece]
                    made += 1
                    new_first[made] = filled
        new_way[made], new_kind[made] = way[piece], kind[piece]
        made += 1
        new_first[made] = filled
        if piece + 1 == pieces or way[piece + 1] != way[piece]:
            for one in range(waiting):
                new_node[filled], new_node[filled + 1] = ends[one, 0], ends[one, 1]
                filled += 2
                new_way[made], new_kind[made] = way[piece], ends[one, 2]
                made += 1
                new_first[made] = filled
            waiting = 0
    return new_first, new_node, new_way, new_kind, copied
