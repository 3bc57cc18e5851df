"""The front door of road files: the drivable roads of OpenStreetMap files as arrays, by the quickest way there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from palveluverkko.osm.area import Area
from palveluverkko.osm.files import PBF, SUFFIXES, check_path
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.roads import FileRoads, Restriction, Roads, arrange

__all__ = ["SUFFIXES", "Area", "Restriction", "Roads", "read_roads"]

_STEPS_OF_FILE = 1000


def read_roads(
    path: Path | Sequence[Path],
    profile: CarProfile,
    *,
    area: Area | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Roads:
    """Read the ways that a profile may drive from ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    ``.osm.pbf`` is read by our own reader, a form of it that ours does not know and everything else by osmium; the
    roads are the same. Several files become one: what stands in more than one of them counts once.

    Parameters
    ----------
    path
        The file, or several in any order; their elements may come in any order and have negative ids (JOSM).
    profile
        Says what the tags of a way mean.
    area
        Only roads that touch it are kept.
    progress
        Called with what is done and all there is to do: bytes, or steps where osmium reads or files are several.

    Raises
    ------
    RoadFileError
        A file is missing, of another kind, damaged, or holds no way that the profile may drive, or none in the area.
    StudyError
        The profile speaks of a ferry that is not there.
    """
    report = progress or (lambda _done, _total: None)
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    read = []
    for number, one in enumerate(paths):
        check_path(one)
        steps = report if len(paths) == 1 else _part_of(report, number, len(paths))
        part = _read_file(one, profile, steps)
        if area is not None:
            from palveluverkko.osm.clip import clip  # noqa: PLC0415  # shapely takes 0.2 s

            part = clip(part, area)
        read.append(part)
    read = [part for part in read if part.ways.way_id.size]
    if area is not None and not read:
        raise area.without_roads(paths)
    if len(read) > 1:
        from palveluverkko.osm.merge import merge  # noqa: PLC0415  # rarely asked for

        return arrange(paths[0], merge(read), profile)
    return arrange(paths[0], read[0], profile)


def _part_of(report: Callable[[int, int], None], number: int, files: int) -> Callable[[int, int], None]:
    """Report what is done of one of several files."""

    def steps(done: int, total: int) -> None:
        report(number * _STEPS_OF_FILE + _STEPS_OF_FILE * done // max(1, total), files * _STEPS_OF_FILE)

    return steps


def _read_file(path: Path, profile: CarProfile, report: Callable[[int, int], None]) -> FileRoads:
    # Each import waits until its reader is called for: numba takes 0.8 s, osmium 0.1 s.
    if path.name.endswith(PBF):
        from palveluverkko.osm.pbf import read_pbf  # noqa: PLC0415
        from palveluverkko.osm.pbf_blocks import UnfamiliarPbfError  # noqa: PLC0415

        try:
            return read_pbf(path, profile, progress=report)
        except UnfamiliarPbfError:
            pass  # rarely: osmium knows more compressions, and says what it does not know either
    from palveluverkko.osm.osmium_reader import read_with_osmium  # noqa: PLC0415

    return read_with_osmium(path, profile, progress=report)
