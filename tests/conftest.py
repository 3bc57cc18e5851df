"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of reference data, or skip: it is not part of the repository."""
    root = os.environ.get("PALVELUVERKKO_SHARED")
    folder = (Path(root) if root else Path(__file__).parents[2] / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("reference data is absent; set PALVELUVERKKO_SHARED to the folder that holds data/")
    return folder
