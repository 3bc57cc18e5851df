"""What a road network is built from: files of OpenStreetMap, or a table of roads; whole or clipped to an area."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from palveluverkko.domain.errors import NetworkError
from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES
from palveluverkko.engine.threads import interrupts_between_imports
from palveluverkko.engine.warm import import_numba
from palveluverkko.network.build import build_network
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.osm.area import DEFAULT_BUFFER_METRES, Area
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.roads import Roads

# What belongs to a shapefile besides the file that is named.
_BESIDE_SHAPES = (".dbf", ".prj", ".shx", ".cpg")

Clip = str | Path | Sequence[float]
"""A file of polygons, or west, south, east and north in degrees."""


@dataclass(frozen=True)
class RoadSource:
    """The files of a network, in any order, and the area that counts.

    Attributes
    ----------
    files
        Files of OpenStreetMap, or one table of roads.
    area
        Only roads that touch it; None: all.
    """

    files: tuple[Path, ...]
    area: Area | None = None

    @classmethod
    def named(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        clip: Clip | None = None,
        clip_buffer_metres: float | None = None,
    ) -> RoadSource:
        """Make a source of what a user names.

        Raises
        ------
        NetworkError
            Tables of roads are several or to be clipped, or no file is named.
        StudyError, TableError
            The area cannot be read.
        """
        named = [path] if isinstance(path, str | Path) else path
        files = tuple(dict.fromkeys(Path(one) for one in named))
        if not files:
            raise NetworkError("no road file is named; give at least one.")
        if clip_buffer_metres is not None and clip is None:
            raise NetworkError("clip_buffer_metres goes with clip, which names the area.")
        tables = [one for one in files if is_table(one)]
        if tables and len(files) > 1:
            raise NetworkError(
                f"{tables[0]} is a table of roads, and such a one stands alone; join tables into one file, or give "
                "only files of OpenStreetMap."
            )
        if tables and clip is not None:
            raise NetworkError(
                f"{tables[0]} is a table of roads and is not clipped; clip works on files of OpenStreetMap. Leave clip "
                "out, or cut the table in map software."
            )
        buffer = DEFAULT_BUFFER_METRES if clip_buffer_metres is None else clip_buffer_metres
        return cls(files, None if clip is None else read_area(clip, buffer_metres=buffer))

    @property
    def are_there(self) -> bool:
        """Whether every file exists; one that does not is reported when it is read."""
        return all(one.is_file() for one in self.files)

    def fingerprint(self, profile: CarProfile, *, versions: str) -> str:
        """Name a network by what decides it: the bytes of the files, the area, the profile, the versions that build."""
        digest = hashlib.sha256()
        if len(self.files) == 1:
            for one in (self.files[0], *_beside(self.files[0])):
                _update(digest, one)
        else:
            for inner in sorted(_digest_of(one) for one in self.files):
                digest.update(inner)
        if self.area is not None:
            digest.update(self.area.fingerprint().encode())
        digest.update(profile.fingerprint().encode())
        digest.update(versions.encode())
        return digest.hexdigest()

    def build(
        self,
        profile: CarProfile,
        *,
        fingerprint: Callable[[], str],
        progress: Callable[[int, int], None] | None = None,
    ) -> RoadNetwork:
        """Read the files and build the network; the fingerprint is asked for when all is read."""
        if is_table(self.files[0]):
            from palveluverkko.network.from_edges import build_from_edges  # noqa: PLC0415  # pandas takes 0.5 s
            from palveluverkko.tables.road_edges import read_road_edges  # noqa: PLC0415

            edges = read_road_edges(self.files[0])
            return build_from_edges(edges, profile, fingerprint=fingerprint(), where=self.files[0].name)
        return build_network(self.read_roads(profile, progress=progress), profile, fingerprint=fingerprint())

    def read_roads(self, profile: CarProfile, *, progress: Callable[[int, int], None] | None = None) -> Roads:
        """Read files of OpenStreetMap."""
        from palveluverkko.osm import reader  # noqa: PLC0415  # not needed for stored ones

        paths = self.files[0] if len(self.files) == 1 else self.files
        with interrupts_between_imports(), _importing_ahead():
            return reader.read_roads(paths, profile, area=self.area, progress=progress)


@contextmanager
def _importing_ahead() -> Iterator[None]:
    """Import in another thread what takes long, while the first blocks of a file are unpacked.

    As with :func:`~palveluverkko.engine.threads.threads_beside` an interrupt does not wait. Nor does the end of the
    process: this thread does nothing but import.
    """
    importing = Thread(target=_import_ahead, name="palveluverkko-imports", daemon=True)
    importing.start()
    waits = True
    try:
        yield
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        if waits:
            importing.join()


def _import_ahead() -> None:
    # What cannot be imported is told where it is asked for.
    with suppress(ImportError):
        import_numba()
        import pyproj  # noqa: F401, PLC0415  # not needed for networks that were built


def is_table(path: Path) -> bool:
    """Say whether a path names a table of roads."""
    return path.suffix.lower() in ROAD_TABLE_SUFFIXES


def read_area(clip: Clip, *, buffer_metres: float) -> Area:
    """Read the area to clip to: polygons of a file together, or a box of four numbers."""
    if not isinstance(clip, str | Path):
        return Area.of_box([float(one) for one in clip], buffer_metres=buffer_metres)
    from palveluverkko.tables.coordinates import with_valid_polygons  # noqa: PLC0415  # pandas takes 0.5 s
    from palveluverkko.tables.files import read_table  # noqa: PLC0415

    where = Path(clip).name
    polygons = with_valid_polygons(read_table(clip), kinds=("Polygon", "MultiPolygon"), where=where)
    return Area(polygons.geometry.to_crs("EPSG:4326").union_all(), buffer_metres, where)


def _beside(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return []
    return [one for suffix in _BESIDE_SHAPES if (one := path.with_suffix(suffix)).is_file()]


def _digest_of(path: Path) -> bytes:
    digest = hashlib.sha256()
    _update(digest, path)
    return digest.digest()


def _update(digest: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
