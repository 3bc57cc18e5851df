"""Read back what a page carries: its elements, its texts, its head and its parcel, without a browser."""

from __future__ import annotations

import base64
import json
import zlib
from html.parser import HTMLParser
from typing import Any

import numpy as np
import shapely


class Document(HTMLParser):
    """What a browser's parser would see: elements with attributes, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts:
            self.scripts[-1] += data
        elif self.lasttag == "style":
            self.styles.append(data)
        else:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self.lasttag = ""

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.scripts[0])

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def array(self, name: str) -> np.ndarray:
        """Give an array of the parcel."""
        at = self.data["contents"][name]
        return np.frombuffer(
            zlib.decompress(base64.b64decode(self.scripts[1])), f"<{at['kind']}", at["length"], at["start"]
        )

    def shapes(self, name: str) -> list[shapely.MultiPolygon]:
        """Give the areas of the parcel, in degrees."""
        tree = iter(self.array(f"{name}_tree").tolist())
        corners = np.column_stack([np.cumsum(self.array(f"{name}_{axis}").astype(np.int64)) for axis in "xy"])
        corners = corners / self.data["grid"]
        used = 0
        shapes = []
        for polygons in tree:
            parts = []
            for _ in range(polygons):
                rings = []
                for _ in range(next(tree)):
                    count = next(tree)
                    rings.append(corners[used : used + count])
                    used += count
                parts.append(shapely.Polygon(rings[0], rings[1:]))
            shapes.append(shapely.MultiPolygon(parts))
        assert used == len(corners)
        return shapes
