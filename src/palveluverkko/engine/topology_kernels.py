"""Compiled walks over the structure of a road network: components and chains.

Self-contained: numba's on-disk cache does not notice an edit in a helper of another file, so a kernel calls only
helpers of its own file. Arrays arrive read-only where they are inputs; a writable array would be another type and
compile again.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, boundscheck=False)
def component_labels(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int32]:
    """Label connected components, direction ignored, by the lowest node of each."""
    label = np.arange(nodes).astype(np.int32)
    for arc in range(tail.size):
        a = tail[arc]
        while label[a] != a:
            label[a] = label[label[a]]
            a = label[a]
        b = head[arc]
        while label[b] != b:
            label[b] = label[label[b]]
            b = label[b]
        if a < b:
            label[b] = a
        elif b < a:
            label[a] = b
    for node in range(nodes):
        # Labels point downwards, so the label of the label is final by now.
        label[node] = label[label[node]]
    return label


@nb.njit(cache=True, boundscheck=False)
def trace_chains(
    first_half: NDArray[np.int64],
    half: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    stop: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Walk chains of pieces between the nodes where a chain must stop.

    ``half`` lists, node by node, the pieces that touch it as ``2 * piece`` (leaving its tail) or ``2 * piece + 1``
    (leaving its head). Rings without a stop start at their lowest-numbered piece. Gives the walked halves in
    order and where each chain begins in them.
    """
    pieces = tail.size
    done = np.zeros(pieces, dtype=np.bool_)
    order = np.empty(pieces, dtype=np.int64)
    begins = np.empty(pieces + 1, dtype=np.int64)
    chains = 0
    filled = 0
    for rings in range(2):
        for piece in range(pieces):
            for side in range(2):
                start = tail[piece] if side == 0 else head[piece]
                if done[piece] or not (stop[start] or rings == 1):
                    continue
                begins[chains] = filled
                chains += 1
                walked = 2 * piece + side
                while True:
                    current = walked >> 1
                    done[current] = True
                    order[filled] = walked
                    filled += 1
                    end = head[current] if walked & 1 == 0 else tail[current]
                    if stop[end] or end == start:
                        break
                    # Exactly two halves leave a node that does not stop the chain: take the one not walked.
                    at = first_half[end]
                    walked = half[at] if half[at] >> 1 != current else half[at + 1]
    begins[chains] = filled
    return order, begins[: chains + 1].copy()
