"""A page in Chromium, opened from disk with every route to the network cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe


class Opened:
    """A page in the browser with what it asked for and complained about."""

    def __init__(
        self,
        browser: Any,
        path: Path,
        *,
        width: int = 1400,
        height: int = 900,
        address: str = "",
        allowed: str = "file:",
    ) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.allowed = ("file:", allowed)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(path.as_uri() + address)
        self.page.wait_for_selector("body[data-ready]")

    def _route(self, route: Any) -> None:
        if route.request.url.startswith(self.allowed):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def figures(self) -> list[int]:
        """Give the known people by band of the level that is shown."""
        return numbers(self.known("#legend tbody .people"))

    def known(self, cells: str) -> list[str]:
        """Give what is known in cells, without the bounds that hidden counts leave."""
        return self.page.locator(cells).evaluate_all("all => all.map(cell => cell.firstChild?.textContent ?? '')")

    def bounds(self, cells: str) -> list[tuple[int, int]]:
        """Give the least and the most in cells: twice what is known where no bounds stand."""
        texts = self.page.locator(cells).evaluate_all(
            "all => all.map(cell => cell.querySelector('.bounds')?.textContent ?? cell.firstChild.textContent)"
        )
        pairs = [numbers(text.split("–")) for text in texts]
        return [(pair[0], pair[-1]) for pair in pairs]

    def row(self, table: str, label: str) -> list[str]:
        """Give what is known in a row of a table."""
        row = self.page.locator(f"{table} tbody tr", has=self.page.locator("th", has_text=label)).first
        return row.locator("td").evaluate_all("all => all.map(cell => cell.firstChild?.textContent ?? '')")

    def bands(self) -> list[str]:
        """Give the colours of the bands that are seen."""
        return self.page.locator(".leaflet-bands-pane path").evaluate_all(
            """all => all.filter(path => path.checkVisibility() && path.getAttribute('fill-opacity') === '1')
                .map(path => path.getAttribute('fill'))"""
        )

    def check_axe(self) -> None:
        """Refuse serious and critical violations."""
        violations = Axe().run(self.page).response["violations"]
        serious = [one for one in violations if one["impact"] in {"serious", "critical"}]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in serious] == []


@contextmanager
def opening(browser: Any, path: Path, **options: Any) -> Iterator[Opened]:
    """Open a page; it must ask nobody and complain of nothing."""
    opened = Opened(browser, path, **options)
    try:
        yield opened
    finally:
        opened.context.close()
    assert opened.requests == []
    assert opened.complaints == []


def numbers(texts: list[str]) -> list[int]:
    """Read whole numbers as the page writes them in Finnish."""
    return [int(text.replace("\u00a0", "").replace("−", "-")) for text in texts]


def minutes_text(value: float) -> str:
    """Write a time as the page does in Finnish: rounded up."""
    return "ei tavoiteta" if np.isnan(value) else f"{int(np.ceil(round(value * 60_000) / 60_000))}\u00a0min"
