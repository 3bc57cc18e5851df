"""Online background tiles: only where a study asks for them, and from the one server that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from palveluverkko.domain.errors import StudyError

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", re.IGNORECASE)
_UNSAFE = re.compile(r"[\s\"'<>;,\\`]")


@dataclass(frozen=True)
class Tiles:
    """A server of tiles, checked.

    Attributes
    ----------
    address
        ``https://host/…/{z}/{x}/{y}.png``.
    attribution
        Whose the tiles are; stands on the map.
    """

    address: str
    attribution: str

    def __post_init__(self) -> None:
        """Refuse an address that a browser could not load tiles from, or that would open the page to other hosts."""
        parts = urlsplit(self.address)
        if parts.scheme not in ("https", "http") or not _HOST.fullmatch(parts.netloc):
            raise StudyError(
                f"[output] tiles is {self.address!r}; give an address such as 'https://tiles.example.org/{{z}}/{{x}}/{{y}}.png'."
            )
        missing = [one for one in ("{z}", "{x}", "{y}") if one not in parts.path + parts.query]
        if missing:
            raise StudyError(
                f"[output] tiles is {self.address!r}, which lacks {' and '.join(missing)}; the page puts them in."
            )
        placeholders = set(re.findall(r"\{(.*?)\}", self.address)) - {"z", "x", "y"}
        if placeholders or _UNSAFE.search(self.address):
            what = f"{{{min(placeholders)}}}" if placeholders else "a blank, a quote or a comma"
            raise StudyError(
                f"[output] tiles is {self.address!r}, with {what}; only {{z}}, {{x}} and {{y}} may be left open."
            )
        if not self.attribution.strip():
            raise StudyError("[output] tiles_attribution is empty; say whose the tiles are, as their licence asks.")

    @property
    def origin(self) -> str:
        """The only host that the page may ask, as its policy writes it."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"
