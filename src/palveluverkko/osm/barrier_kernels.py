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
    first_node: NDArray[np.int64],
    node: NDArray[np.int32],
    is_public: NDArray[np.bool_],
    asked: NDArray[np.bool_],
    arms: NDArray[np.int32],
    public: NDArray[np.int32],
) -> None:
    """Count the straight pieces that touch each node asked about, and those of public pieces of ways, in two columns.

    Piece i of a way leads over ``node[first_node[i]]`` to ``node[first_node[i + 1] - 1]``; ``is_public`` is its own.
    """
    for piece in range(is_public.size):
        begin, last = first_node[piece], first_node[piece + 1] - 1
        for at in range(begin, last + 1):
            here = node[at]
            if asked[here]:
                touching = (at > begin) + (at < last)
                arms[here] += touching
                public[here] += touching * is_public[piece]


@nb.njit(cache=True, boundscheck=False, nogil=True)
def cut(
    first_node: NDArray[np.int64],
    node: NDArray[np.int32],
    way: NDArray[np.int32],
    kind: NDArray[np.int32],
    fate: NDArray[np.uint8],
    arms: NDArray[np.int32],
    joint_kinds: int,
    ends_cut: int,
    copied: NDArray[np.int32],
    base: NDArray[np.int32],
    following: NDArray[np.int32],
    new_node: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """End pieces at nodes that are cut, each at a copy of its own, and join copies through one in the middle.

    Copies of a node stand side by side, so that nodes are numbered anew; the one in the middle comes first. Pieces that
    join, of two nodes each, follow the last piece of their way; their kind is that of the way and ``joint_kinds``.

    ``arms`` are those of the nodes that are cut, and ``ends_cut`` their sum. Filled in is ``copied``, the node that
    each new node is a copy of; room are ``base``, of as many as there are nodes, ``following``, as many zeros, and
    ``new_node``, of three more than there are nodes of pieces for each end that is cut.

    Returns
    -------
    tuple
        first_node, node, way, kind of the pieces.
    """
    pieces = way.size
    total = 0
    for one in range(fate.size):
        base[one] = total
        if fate[one] == KEPT:
            copied[total] = one
            total += 1
            continue
        following[one] = fate[one] == JOINED
        for _ in range(arms[one] + following[one]):
            copied[total] = one
            total += 1
    new_first = np.empty(pieces + 2 * ends_cut + 1, dtype=np.int64)
    new_way = np.empty(pieces + 2 * ends_cut, dtype=np.int32)
    new_kind = np.empty(pieces + 2 * ends_cut, dtype=np.int32)
    # The ends of the way at hand that are to be joined: their nodes, the nodes in the middle, the kinds.
    ends = np.empty((max(1, ends_cut), 3), dtype=np.int32)
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
    return new_first[: made + 1], new_node[:filled], new_way[:made], new_kind[:made]
