"""Fixtures that several rooms share."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of reference data, or skip: it is not part of the repository."""
    root = os.environ.get("PALVELUVERKKO_SHARED")
    folder = (Path(root) if root else Path(__file__).parents[2] / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("reference data is absent; set PALVELUVERKKO_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, or a skip that says what is missing."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("Chromium is not installed: browser tests are skipped")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - needed only where there is a browser

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.fspath(executable),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()
    # Playwright's driver leaves its pipes and its event loop to the collector, which warns; the warning is about
    # Playwright's shutdown and would fail whichever test runs next.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
