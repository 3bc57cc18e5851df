"""Regular grids by name: squares of Statistics Finland and hexagons of H3."""

from __future__ import annotations

import re
from collections.abc import Sequence

from palveluverkko.domain.errors import StudyError

SQUARES = {"250m": 250, "1km": 1000, "5km": 5000}
"""Sizes of Statistics Finland's squares, metres."""

FINEST_HEXAGONS = 15
"""H3's finest resolution."""

GRID_LAYERS = "grid_"
"""How the names of layers of grids begin."""


def check_grid(name: str) -> str:
    """Refuse a grid that is not known (StudyError)."""
    hexagons = re.fullmatch(r"h3-(\d|1\d)", name)
    if name not in SQUARES and not (hexagons and int(hexagons[1]) <= FINEST_HEXAGONS):
        known = ", ".join(SQUARES)
        raise StudyError(f"the grid {name!r} is not known; use one of {known}, or h3-0 to h3-{FINEST_HEXAGONS}.")
    return name


def check_grids(names: Sequence[str]) -> tuple[str, ...]:
    """Check grids that stand side by side: each known, each once (StudyError)."""
    checked = tuple(check_grid(one) for one in names)
    for one in checked:
        if checked.count(one) > 1:
            raise StudyError(f"the grid {one} is given twice; give each once.")
    return checked


def grid_layer(name: str) -> str:
    """Name the layer of a grid in the results, such as ``grid_h3_8``."""
    return f"{GRID_LAYERS}{name.replace('-', '_')}"
