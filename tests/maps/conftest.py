"""A small study over Lapland for the map page, and its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from map_study import build_study
from opened_page import Opened, opening

from palveluverkko.maps.page import build_page


@pytest.fixture
def study() -> dict[str, Any]:
    """Every table of a study."""
    return build_study()


@pytest.fixture(scope="session")
def tables() -> dict[str, Any]:
    """Build the tables of the page that tests open; nobody changes them."""
    return build_study()


@pytest.fixture(scope="session")
def page_file(tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of the study."""
    return build_page(**tables).save(tmp_path_factory.mktemp("page") / "map.html")


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Opened]:
    """Open the page in a browser; it must ask nobody and complain of nothing."""
    with opening(browser, page_file) as page:
        yield page
