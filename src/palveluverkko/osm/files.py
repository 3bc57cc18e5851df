"""Road files by name, and the one line that says what is wrong with one."""

from __future__ import annotations

from pathlib import Path

from palveluverkko.domain.errors import RoadFileError

PBF = ".osm.pbf"
SUFFIXES = (PBF, ".osm", ".osm.gz", ".osm.bz2")


def check_path(path: Path) -> None:
    """Refuse what cannot be a road file before anybody opens it."""
    if path.is_dir():
        raise RoadFileError(f"{path} is a folder; name the OpenStreetMap file in it.")
    if not path.is_file():
        raise RoadFileError(f"{path} does not exist; check the path, or fetch one (palveluverkko fetch osm).")
    if not path.name.endswith(SUFFIXES):
        raise RoadFileError(
            f"{path} is not known as an OpenStreetMap file; its name must end in {', '.join(SUFFIXES)}."
        )
    if path.stat().st_size == 0:
        raise RoadFileError(f"{path} is empty; fetch it again.")


def cut_short(path: Path, reason: object) -> RoadFileError:
    """Say that a file ends too early."""
    return RoadFileError(f"{path} is cut short ({reason}); fetch it again.")


def unreadable(path: Path, reason: object) -> RoadFileError:
    """Say that a file is not what its suffix says, or no longer."""
    kind = "".join(Path(path.name).suffixes[-2:])
    return RoadFileError(
        f"{path} cannot be read as {kind} ({reason}); it is damaged or of another kind: fetch it again, or mend its "
        f"suffix ({', '.join(SUFFIXES)})."
    )


def without_roads(path: Path, ways_seen: int) -> RoadFileError:
    """Say that none of the ways of a file is for a car."""
    return RoadFileError(
        f"{path} holds no road for a car: {ways_seen:,} ways were seen, none with a highway or ferry that the car "
        f"profile may drive. Take an extract with the roads of the region."
    )


def without_car_ferries(path: Path, ways: int) -> RoadFileError:
    """Say that all that might be a road is ferries without cars."""
    return RoadFileError(
        f"{path} holds no road for a car: its {ways:,} ferry ways carry no cars. Take an extract with the roads of the "
        "region."
    )


def without_nodes(path: Path, ways: int) -> RoadFileError:
    """Say that the nodes of the roads are not in the file."""
    return RoadFileError(
        f"{path} holds {ways:,} ways for a car but not their nodes; make the extract with complete ways."
    )
