"""What hangs together: components, and chains between junctions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palveluverkko.engine.graph import Int32, freeze_int32


class Chains(NamedTuple):
    """Pieces walked in chains.

    Attributes
    ----------
    half
        int64[p]; the pieces in walking order, ``2 * piece`` from its tail, ``2 * piece + 1`` from its head.
    begins
        int64[c + 1]; chain i is ``half[begins[i]:begins[i + 1]]``.
    """

    half: NDArray[np.int64]
    begins: NDArray[np.int64]


def component_labels(nodes: int, tail: NDArray[Any], head: NDArray[Any]) -> Int32:
    """Label the connected components, direction ignored, by the lowest node of each, int32[nodes]."""
    from palveluverkko.engine import topology_kernels as kernels  # importing numba costs 0.8 s

    labels: Int32 = kernels.component_labels(nodes, freeze_int32(tail), freeze_int32(head))
    return labels


def trace_chains(
    first_half: NDArray[Any],
    half: NDArray[Any],
    tail: NDArray[Any],
    head: NDArray[Any],
    stop: NDArray[np.bool_],
) -> Chains:
    """Walk every piece once, in chains that end at the nodes marked as stops or close on themselves.

    Parameters
    ----------
    first_half, half
        CSR over nodes: the halves that leave each node, ``2 * piece`` at its tail and ``2 * piece + 1`` at its head.
    tail, head
        int32[p]; nodes of the pieces.
    stop
        bool[n]; True wherever other than two halves meet, or a chain must not pass.
    """
    from palveluverkko.engine import topology_kernels as kernels

    first_half = np.ascontiguousarray(first_half, dtype=np.int64)
    half = np.ascontiguousarray(half, dtype=np.int64)
    return Chains(*kernels.trace_chains(first_half, half, freeze_int32(tail), freeze_int32(head), stop))
