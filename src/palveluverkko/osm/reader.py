"""The front door of road files: the drivable roads of an OpenStreetMap file as arrays, by the quickest way there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from palveluverkko.osm.files import PBF, SUFFIXES, check_path
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.roads import Restriction, Roads

__all__ = ["SUFFIXES", "Restriction", "Roads", "read_roads"]


def read_roads(path: Path, profile: CarProfile, *, progress: Callable[[int, int], None] | None = None) -> Roads:
    """Read the ways that a profile may drive from ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    ``.osm.pbf`` is read by our own reader, a form of it that ours does not know and everything else by osmium; the
    roads are the same.

    Parameters
    ----------
    path
        The file; its elements may come in any order and have negative ids (JOSM).
    profile
        Says what the tags of a way mean.
    progress
        Called with what is done and all there is to do: bytes, or steps where osmium reads.

    Raises
    ------
    RoadFileError
        The file is missing, of another kind, damaged, or holds no way that the profile may drive.
    """
    report = progress or (lambda _done, _total: None)
    path = Path(path)
    check_path(path)
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
