"""The sections of ``study.toml``: their keys, and what fits into each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from palveluverkko.domain.files import ROAD_TABLE_SUFFIXES
from palveluverkko.domain.grids import check_grids
from palveluverkko.domain.planning import Norm
from palveluverkko.domain.travel import DEFAULT_MINUTES, Direction, Season, check_minutes
from palveluverkko.maps.tiles import Tiles
from palveluverkko.osm.area import Area
from palveluverkko.osm.ferry_overrides import FerryOverride, check_overrides
from palveluverkko.osm.files import SUFFIXES

CAR = "car"
WATER_WORDS = ("osm", "none")
_WATER_FILES = (*ROAD_TABLE_SUFFIXES, *SUFFIXES)


class Section(BaseModel):
    """Keys of one table of the file; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _check_profile(value: str) -> str:
    if value != CAR and not value.endswith(".toml"):
        raise ValueError("give 'car', or a .toml file with the tables that are to be otherwise")
    return value


def _check_water(value: str) -> str:
    if value not in WATER_WORDS and not value.lower().endswith(_WATER_FILES):
        raise ValueError(
            f"give 'osm', 'none', a layer of polygons or an OpenStreetMap file ({', '.join(_WATER_FILES)})"
        )
    return value


class StudySection(Section):
    """``[study]``: what the study is called, the language of everything people read, the source of the roads."""

    name: str = Field(min_length=1)
    language: Literal["fi", "sv", "en"] = "fi"
    attribution: str | None = None


def _road_files(value: object) -> Path | tuple[Path, ...]:
    """Accept a path, or some; which are resolved before."""
    if isinstance(value, Path):
        return value
    if isinstance(value, tuple) and value and len(set(value)) == len(value):
        return value
    raise ValueError('name a road file, or different ones in a list such as ["lappi.osm.pbf", "norrbotten.osm.pbf"]')


def _ferries(given: object) -> Path | tuple[FerryOverride, ...]:
    """Take the path of a table, or tables of the study itself."""
    if isinstance(given, str | Path):
        return Path(given)
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping | FerryOverride) for one in given):
        raise ValueError('give a file such as "ferries.csv", or one [[network.ferries]] for each')
    return check_overrides(given)


def _as_document(ferries: Path | tuple[FerryOverride, ...]) -> str | list[dict[str, Any]]:
    if isinstance(ferries, Path):
        return str(ferries)
    return [{key: value for key, value in asdict(one).items() if value is not None} for one in ferries]


def _area(value: object) -> Path | tuple[float, ...]:
    """Accept a path, which is resolved before, or four numbers."""
    if isinstance(value, Path):
        return value
    if isinstance(value, list) and len(value) == 4 and all(type(one) in (int, float) for one in value):  # noqa: PLR2004
        box = tuple(float(one) for one in value)
        Area.of_box(box)  # says what is wrong with it
        return box
    raise ValueError("name a file of polygons, or write [west, south, east, north] in degrees")


def _as_plain(value: Path | tuple[Path | float, ...] | None) -> str | list[str | float] | None:
    """Write a path or several values as JSON has them."""
    if isinstance(value, tuple):
        return [str(one) if isinstance(one, Path) else one for one in value]
    return None if value is None else str(value)


class NetworkSection(Section):
    """``[network]``: the road files, the part of them that counts, and how cars drive on it."""

    osm: Annotated[Path | tuple[Path, ...] | None, PlainValidator(_road_files), PlainSerializer(_as_plain)] = None
    profile: Annotated[str, AfterValidator(_check_profile)] = "car"
    season: Season = Season.SUMMER
    direction: Direction = Direction.TO_SERVICE
    access_speed_kmh: float | None = Field(default=None, gt=0)
    max_access_metres: float | None = Field(default=None, gt=0)
    edges: Path | None = None
    clip: Annotated[Path | tuple[float, ...] | None, PlainValidator(_area), PlainSerializer(_as_plain)] = None
    clip_buffer_metres: float | None = Field(default=None, ge=0)
    ferries: Annotated[Path | tuple[FerryOverride, ...], PlainValidator(_ferries), PlainSerializer(_as_document)] = ()
    water: Annotated[str, AfterValidator(_check_water)] = "osm"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if not self.files or (self.osm is not None and self.edges is not None):
            raise ValueError("give either osm (one file or a list of files) or edges (a table of roads)")
        tables = [one.name for one in self.files if one.suffix.lower() in ROAD_TABLE_SUFFIXES]
        if self.edges is None and tables:
            raise ValueError(f"osm names {tables[0]}, a table of roads; write it as edges")
        if self.edges is not None and not tables:
            raise ValueError(
                f"edges names {self.edges.name}; a table of roads ends in {', '.join(ROAD_TABLE_SUFFIXES)}"
            )
        if self.edges is not None and self.clip is not None:
            raise ValueError("clip works on osm; a table of roads in edges is not clipped")
        if self.clip is None and self.clip_buffer_metres is not None:
            raise ValueError("clip_buffer_metres goes with clip, which names the area")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The road files."""
        if self.edges is not None:
            return (self.edges,)
        return self.osm if isinstance(self.osm, tuple) else () if self.osm is None else (self.osm,)


class TableSection(Section):
    """``[points]`` and ``[places]``: a table, and the CRS of its x and y where the file does not say."""

    file: Path
    crs: str | None = None


class PlacesSection(TableSection):
    """``[places]``: the table, and what its hidden counts may be."""

    suppressed: tuple[float, float] = (1, 9)
    need: str | dict[str, float] | None = None
    mask: Path | None = None
    mask_weight: str | None = None

    @model_validator(mode="after")
    def _weight_of_mask(self) -> Self:
        if self.mask_weight is not None and self.mask is None:
            raise ValueError("mask_weight goes with mask, whose column it names")
        return self


class AreasSection(Section):
    """``[areas]``: a column of the places, or polygons and the rule by which a place belongs to one."""

    column: str | None = None
    name_column: str | None = None
    file: Path | None = None
    assign: Literal["largest_share", "centroid"] = "largest_share"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.file is None):
            raise ValueError("give either column (of the places) or file (of polygons)")
        if self.file is not None and self.name_column is not None:
            raise ValueError("name_column goes with column; polygons bring their own name")
        return self


class GroupingSection(AreasSection):
    """``[[grouping]]``: areas beside those of ``[areas]``, such as counties or language areas, by name."""

    name: str = Field(min_length=1)


class WantedSection(Section):
    """``[[wanted]]``: services and languages whose nearest point is looked for."""

    name: str = Field(min_length=1)
    services: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    level: str | None = None


class LevelsSection(Section):
    """``[levels]``: the scheme and the thresholds."""

    scheme: str = "EAL"
    minutes: Annotated[tuple[float, ...], AfterValidator(check_minutes)] = DEFAULT_MINUTES


def _check_norm_minutes(value: object) -> object:
    """Refuse what is neither minutes nor minutes by class, in one sentence for both."""
    for one in value.values() if isinstance(value, Mapping) else (value,):
        if isinstance(one, bool) or not isinstance(one, (int, float)):
            raise ValueError("Input should be a valid number, or numbers by class such as { I = 6, II = 10 }")  # noqa: TRY004
    return value


class NormSection(Section):
    """``[[norm]]``: a share of people within minutes of a level.

    ``share``, ``percentile`` and ``everyone`` are three ways to say how many; minutes may differ by class of the place.
    """

    level: str
    minutes: Annotated[float | dict[str, float], BeforeValidator(_check_norm_minutes)]
    by: str | None = None
    share: float | None = None
    percentile: float | None = Field(default=None, gt=0, le=100)
    everyone: bool = False
    group: str = "population"
    areas: str = "whole"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.share is not None) + (self.percentile is not None) + self.everyone != 1:
            raise ValueError("say once how many must be within the minutes: share, percentile or everyone = true")
        if isinstance(self.minutes, dict) != (self.by is not None):
            raise ValueError("minutes by class, such as { I = 6, II = 10 }, go with by, the column of the classes")
        if self.minutes == {}:
            raise ValueError("minutes has no class")
        return self

    @property
    def norms(self) -> tuple[Norm, ...]:
        """The norm, or one for each class."""
        share = 1.0 if self.everyone else self.percentile / 100 if self.percentile is not None else self.share or 0.0
        if isinstance(self.minutes, dict):
            return tuple(
                Norm(self.level, minutes, share, self.group, self.areas, (str(self.by), one))
                for one, minutes in self.minutes.items()
            )
        return (Norm(self.level, self.minutes, share, self.group, self.areas),)


class EquitySection(Section):
    """``[equity]``: the need by which the concentration of travel times is told."""

    need: str | None = None


class CapacitySection(Section):
    """``[capacity]``: how the capacity of the points is shared out among those within reach."""

    method: Literal["2sfca", "e2sfca", "raam"] = "e2sfca"
    minutes: float = Field(default=30, gt=0)
    column: str = "capacity"
    group: str = "population"


class ScenarioSection(Section):
    """``[[scenario]]``: points that close, open or change their level."""

    name: str = Field(min_length=1)
    close: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    change_level: dict[str, str] = {}


class OutputSection(Section):
    """``[output]``: where the results go, and how fine the areas are drawn."""

    directory: Path
    cell_metres: float | None = Field(default=None, gt=0)
    tolerance_metres: float | None = Field(default=None, ge=0)
    smallest_km2: float = Field(default=0.0, ge=0)
    smooth_metres: float = Field(default=0.0, ge=0)
    both_seasons: bool = False
    roads: bool = False
    point_bands: bool = False
    common_bands: tuple[str, ...] = ()
    catchments: bool = False
    nearest: int | None = Field(default=None, ge=1)
    referral: bool = False
    grids: Annotated[tuple[str, ...], AfterValidator(check_grids)] = ()
    services: bool = False
    tiles: str | None = None
    tiles_attribution: str | None = None

    @model_validator(mode="after")
    def _whose_tiles(self) -> Self:
        if (self.tiles is None) != (self.tiles_attribution is None):
            raise ValueError("tiles and tiles_attribution, which says whose they are, go together")
        _ = self.background
        return self

    @property
    def background(self) -> Tiles | None:
        """Online tiles for the page; None unless the study asks for them."""
        return None if self.tiles is None else Tiles(self.tiles, self.tiles_attribution or "")
