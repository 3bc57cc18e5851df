"""Arguments and options that several commands share, and how their texts are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from palveluverkko.domain.errors import StudyError

if TYPE_CHECKING:
    from palveluverkko.network.road_network import RoadNetwork
    from palveluverkko.osm.profile import CarProfile
    from palveluverkko.study.pipeline import Progress


StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file, such as study.toml.")]
NetworkArgument = Annotated[
    Path,
    typer.Argument(metavar="NET|OSM", help="An OpenStreetMap file, a table of roads or a built network (.pvnet)."),
]
SeasonOption = Annotated[
    str | None, typer.Option(help="summer or winter; summer unless a built network says otherwise.")
]
AccessSpeedOption = Annotated[
    float | None, typer.Option(metavar="KMH", help="Speed between road and place; the car profile's when not given.")
]
MaxAccessOption = Annotated[
    float | None,
    typer.Option(metavar="M", help="Longest way between road and place; the car profile's when not given."),
]
DirectionOption = Annotated[str, typer.Option(help="to_service (residents drive) or from_service (ambulances drive).")]
CrsOption = Annotated[str | None, typer.Option(help="CRS of x and y where the table does not say, such as EPSG:3067.")]


def read_roads(
    path: Path,
    season: str | None,
    access_speed_kmh: float | None = None,
    max_access_metres: float | None = None,
    *,
    progress: Progress | None = None,
) -> RoadNetwork:
    """Read a road file with a profile, or a built network, which has its own and is only checked against a wish."""
    from palveluverkko.network.store import STORE_SUFFIX, read_network

    def show(done: int, total: int) -> None:
        if progress is not None:
            progress("network", done, total)

    wished = season is not None or access_speed_kmh is not None or max_access_metres is not None
    show(0, 0)
    if path.suffix == STORE_SUFFIX and not wished:
        return read_network(path)
    return read_network(path, profile=car_profile(season, access_speed_kmh, max_access_metres), progress=show)


def car_profile(season: str | None, access_speed_kmh: float | None, max_access_metres: float | None) -> CarProfile:
    """Make the car profile of the options of one command; None is what the package says."""
    from palveluverkko.domain.travel import Season
    from palveluverkko.osm.profile import CarProfile

    chosen = Season.SUMMER if season is None else Season.parse(season)
    return CarProfile(season=chosen, access_speed_kmh=access_speed_kmh, max_access_metres=max_access_metres)


def parse_area(text: str) -> Path | list[float]:
    """Read west,south,east,north, or take the text for the name of a file."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return Path(text)


def parse_minutes(text: str) -> tuple[float, ...]:
    """Read ``--minutes``: rising numbers with commas."""
    from palveluverkko.domain.travel import check_minutes

    return check_minutes(parse_numbers(text, "--minutes", "15,30,60"))


def parse_numbers(text: str, option: str, example: str) -> list[float]:
    """Read numbers with commas; ``option`` and ``example`` are for the message when there are none."""
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise StudyError(f"{option} {text!r} is not numbers with commas between, such as {example}.") from None
