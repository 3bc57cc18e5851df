"""The area to which roads are clipped: polygons and the metres around them that count as well."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from palveluverkko.domain.errors import RoadFileError, StudyError

if TYPE_CHECKING:
    import shapely

DEFAULT_BUFFER_METRES = 20_000.0
"""So far beyond an area its roads are kept, for those who drive round."""

_LONGEST_SIDE_DEGREES = 0.05


@dataclass(frozen=True)
class Area:
    """Polygons and the distance around them.

    Attributes
    ----------
    shape
        Polygon or MultiPolygon in degrees (EPSG:4326).
    buffer_metres
        What lies this near belongs to the area.
    name
        What messages call it.
    """

    shape: shapely.Geometry
    buffer_metres: float = DEFAULT_BUFFER_METRES
    name: str = "the area"

    def __post_init__(self) -> None:
        """Check the distance."""
        if not 0 <= self.buffer_metres < math.inf:
            raise StudyError(f"clip_buffer_metres is {self.buffer_metres:g}; give a distance of 0 or more.")

    @classmethod
    def of_box(cls, box: Sequence[float], *, buffer_metres: float = DEFAULT_BUFFER_METRES) -> Area:
        """Make an area of west, south, east and north in degrees."""
        import shapely  # noqa: PLC0415  # 0.2 s

        ordered = len(box) == 4 and -180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90  # noqa: PLR2004
        if not ordered:
            raise StudyError(
                f"the box to clip to is {', '.join(f'{one:g}' for one in box)}; give west, south, east and north in "
                "degrees, such as 24, 65.5, 28, 68."
            )
        name = f"the box {', '.join(f'{one:g}' for one in box)}"
        return cls(shapely.box(*box), buffer_metres, name)

    def fingerprint(self) -> str:
        """Name the area by what decides the roads in it."""
        return hashlib.sha256(self.shape.wkb + f" buffer {self.buffer_metres!r}".encode()).hexdigest()

    def buffered(self) -> shapely.Geometry:
        """Give the area with the distance around it, in degrees.

        The distance is measured in the UTM zone of its middle. Sides are made short first, for a straight line of one
        projection is bent in the other.
        """
        import shapely  # noqa: PLC0415  # 0.2 s
        from pyproj import Transformer  # noqa: PLC0415

        if not self.buffer_metres:
            return self.shape
        west, south, east, north = self.shape.bounds
        zone = min(60, int(((west + east) / 2 + 180) // 6) + 1)
        utm = Transformer.from_crs(
            "EPSG:4326", f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}", always_xy=True
        )
        short = shapely.segmentize(self.shape, _LONGEST_SIDE_DEGREES)
        wide = shapely.buffer(shapely.transform(short, utm.transform, interleaved=False), self.buffer_metres)
        longest = _LONGEST_SIDE_DEGREES * 111_320
        back = shapely.segmentize(wide, longest)
        return shapely.transform(back, lambda x, y: utm.transform(x, y, direction="INVERSE"), interleaved=False)

    def without_roads(self, paths: Sequence[Path]) -> RoadFileError:
        """Say that no road of some files lies in the area."""
        files = ", ".join(str(path) for path in paths)
        return RoadFileError(
            f"{files} has no road within {self.buffer_metres:g} m of {self.name}; take the extract of that region, or "
            "mend the area."
        )
