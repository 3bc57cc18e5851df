"""A small study over Lapland for the map page."""

from __future__ import annotations

from typing import Any

import pytest
from map_study import build_study


@pytest.fixture
def study() -> dict[str, Any]:
    """Every table of a study."""
    return build_study()
