"""Parts of Finland by the names that people use, and boxes on the globe."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from importlib import resources

from palveluverkko.domain.errors import StudyError

_METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator; near enough for margins."""

_MOST_LON, _MOST_LAT = 180.0, 90.0


@dataclass(frozen=True)
class Box:
    """A box in degrees (EPSG:4326).

    Raises
    ------
    StudyError
        The sides are not in order, or not on the globe.
    """

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        """Check the sides."""
        across, up = (
            -_MOST_LON <= self.west < self.east <= _MOST_LON,
            -_MOST_LAT <= self.south < self.north <= _MOST_LAT,
        )
        if not (across and up):
            raise StudyError(f"{self} is no box; give west,south,east,north in degrees, such as 24.5,65.2,26.1,66.9.")

    def __str__(self) -> str:
        """Write the box as it is given."""
        return ",".join(f"{one:.7g}" for one in (self.west, self.south, self.east, self.north))

    @classmethod
    def parse(cls, text: str) -> Box | None:
        """Read ``west,south,east,north``; None when the text is not four numbers.

        Examples
        --------
        >>> Box.parse("24.5,65.2,26.1,66.9")
        Box(west=24.5, south=65.2, east=26.1, north=66.9)
        >>> Box.parse("Posio") is None
        True
        """
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            return None
        return cls(*numbers) if len(numbers) == 4 else None  # noqa: PLR2004 - sides

    @property
    def square_kilometres(self) -> float:
        """Give the area, as on a sphere."""
        wide = (self.east - self.west) * _metres_of_longitude((self.south + self.north) / 2)
        return wide * (self.north - self.south) * _METRES_PER_DEGREE / 1e6

    def widened(self, metres: float) -> Box:
        """Give the box with so many metres more on each side."""
        up = metres / _METRES_PER_DEGREE
        across = metres / _metres_of_longitude(max(abs(self.south), abs(self.north)))
        return Box(
            max(-_MOST_LON, self.west - across),
            max(-_MOST_LAT, self.south - up),
            min(_MOST_LON, self.east + across),
            min(_MOST_LAT, self.north + up),
        )


def _metres_of_longitude(latitude: float) -> float:
    # Never nothing: beyond 89 degrees there are no roads.
    return _METRES_PER_DEGREE * math.cos(math.radians(min(abs(latitude), 89.0)))


@dataclass(frozen=True)
class Region:
    """A part of Finland: its names, the first of which names files, and the box around it."""

    names: tuple[str, ...]
    box: Box

    @property
    def name(self) -> str:
        """Give the name it goes by."""
        return self.names[0]


def finnish_regions() -> tuple[Region, ...]:
    """Give the parts of Finland that are known by name."""
    text = resources.files(__package__).joinpath("finland.toml").read_text(encoding="utf-8")
    return tuple(Region(tuple(one["names"]), Box(*one["box"])) for one in tomllib.loads(text)["region"])


def find_region(name: str) -> Region | None:
    """Find a part of Finland by any of its names; case, accents, hyphens and blanks do not count."""
    wanted = slug(name)
    return next((one for one in finnish_regions() if wanted in map(slug, one.names)), None)


def near_regions(name: str) -> str:
    """Say which parts of Finland have a name near to this one; empty when none has."""
    known = {slug(one): region.name for region in finnish_regions() for one in region.names}
    near = dict.fromkeys(known[one] for one in difflib.get_close_matches(slug(name), known))
    return f"Regions with a near name: {', '.join(near)}. " if near else ""


def slug(name: str) -> str:
    """Give a name for files and comparisons: small letters without accents, digits, and hyphens between.

    Examples
    --------
    >>> slug("Päijät-Häme "), slug("Åland")
    ('paijat-hame', 'aland')
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
