"""A study from end to end: roads → network → travel times → levels → bands → map and tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas
import pandas as pd

from palveluverkko.domain.errors import TableError, name_ids
from palveluverkko.domain.grids import GRID_LAYERS
from palveluverkko.maps.seasons import TimesOfSeason
from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.network.store import USER_STORE, read_network
from palveluverkko.network.water import WATER_OF_ROADS, Water, water_of_study
from palveluverkko.planning.impact import Impact, impact
from palveluverkko.reach.areas import to_isochrones
from palveluverkko.reach.surface import Surface
from palveluverkko.reach.table import TravelTimeTable, travel_times_of_several
from palveluverkko.report.figures import mean_by_area, write_figures
from palveluverkko.report.geopackage import write_results
from palveluverkko.report.geotiff import write_surface
from palveluverkko.report.level_map import write_level_map
from palveluverkko.report.manifest import build_manifest, write_manifest
from palveluverkko.report.parquet import write_table, write_travel_times
from palveluverkko.report.texts import format_number
from palveluverkko.report.tidy import areas_with_figures, write_tidy
from palveluverkko.report.workbook import write_report
from palveluverkko.service.areas import draw_bands, level_surfaces
from palveluverkko.service.band_sizes import band_sizes
from palveluverkko.service.levels import LevelsByPlace, classify
from palveluverkko.service.need import with_need
from palveluverkko.service.norms import check_norms
from palveluverkko.service.people import served_by_point
from palveluverkko.service.referral import ReferralByPlace, referral
from palveluverkko.service.roads import level_roads
from palveluverkko.service.split import split_places
from palveluverkko.study.checks import check_against_network, check_against_tables
from palveluverkko.study.doctor import Diagnosis, brief_tables, examine
from palveluverkko.study.fairness import capacity_of, equity_of
from palveluverkko.study.findings import gather_findings, of_inputs
from palveluverkko.study.folder import MANIFEST, check_folder, files_in, taking_over
from palveluverkko.study.further import further_layers
from palveluverkko.study.level_tables import CENTRES, FIGURES, POINTS, SERVICE_FIGURES, level_tables
from palveluverkko.study.map_page import page_of_run, road_files, times_of_seasons, water_on_page, with_areas
from palveluverkko.study.sections import AreasSection
from palveluverkko.study.study import Study
from palveluverkko.study.texts import say, say_method, say_subtitle
from palveluverkko.tables.areas import assign_areas, read_areas
from palveluverkko.tables.places import read_mask, read_places
from palveluverkko.tables.points import read_points, read_service_points

STEPS = ("inputs", "network", "travel_times", "levels", "areas", "scenarios", "write")
"""Steps of a run, in order."""

Progress = Callable[[str, int, int], None]
"""Called with the step that begins, how many are done and how many there are."""

_AREA_COLUMN, _AREA_NAME_COLUMN = "area", "area_name"


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a study reads, checked.

    Attributes
    ----------
    network, points, places
        The road network and the two tables.
    area_column, area_name_column
        Columns of the places by which people are summed up.
    water
        What the areas leave out; None where nothing is known of any.
    groupings
        Columns of id and name of the areas of each ``[[grouping]]``, by its name.
    centres
        Municipal centres; None without ``[centres]``.
    areas
        Polygons of ``[areas]``; None where a column of the places names them.
    """

    network: RoadNetwork
    points: geopandas.GeoDataFrame
    places: geopandas.GeoDataFrame
    area_column: str | None
    area_name_column: str | None
    water: Water | None = None
    groupings: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    centres: geopandas.GeoDataFrame | None = None
    areas: geopandas.GeoDataFrame | None = None


@dataclass(frozen=True, eq=False)
class Results:
    """What a study finds; written to files by :func:`write_study`."""

    inputs: Inputs
    table: TravelTimeTable
    levels: LevelsByPlace
    surfaces: Mapping[str, Surface]
    bands: geopandas.GeoDataFrame
    isochrones: geopandas.GeoDataFrame
    people: pd.DataFrame
    summary: pd.DataFrame
    norms: pd.DataFrame
    equity: pd.DataFrame
    capacity: tuple[pd.DataFrame | None, pd.DataFrame | None]
    referral: ReferralByPlace | None
    impacts: Mapping[str, Impact]
    findings: pd.DataFrame
    further: Mapping[str, pd.DataFrame]
    level_tables: Mapping[str, pd.DataFrame]
    sizes: pd.DataFrame
    seasons: tuple[TimesOfSeason, ...]
    timings: Mapping[str, float] = field(repr=False)


def run_study(
    study: Study, *, progress: Progress | None = None, store: str | Path = USER_STORE, day: date | None = None
) -> tuple[Results, list[Path]]:
    """Run a study and write its files; earlier results stay until all new ones are whole.

    Parameters
    ----------
    study
        As :func:`palveluverkko.study.study.read_study` gives it.
    progress
        Called as each step begins, and once at the end.
    store
        Where built networks are kept; see :func:`palveluverkko.network.store.read_network`.
    day
        The date on the page and in the workbook; today when None.

    Returns
    -------
    Results, list of Path
        What was found, and the files written, the map first.
    """
    clock = _Clock(progress or (lambda _step, _done, _total: None))
    check_folder(study.output.directory)
    results = compute_study(study, clock=clock, store=store)
    with clock.step("write"):
        files = write_study(study, results, clock.seconds, day=day or date.today())  # noqa: DTZ011  # the user's day
    clock.finish()
    return results, files


def check_study(
    study: Study, *, progress: Progress | None = None, store: str | Path = USER_STORE
) -> tuple[Inputs, Diagnosis]:
    """Read the data of a study and examine it."""
    clock = _Clock(progress or (lambda _step, _done, _total: None))
    inputs = read_inputs(study, clock=clock, store=store)
    with clock.step("examine"):
        diagnosis = examine(study, inputs)
    return inputs, diagnosis


def compute_study(study: Study, *, clock: _Clock | None = None, store: str | Path = USER_STORE) -> Results:
    """Compute a study without writing anything."""
    clock = clock or _Clock(lambda _step, _done, _total: None)
    inputs = read_inputs(study, clock=clock, store=store)
    scheme, minutes = study.scheme, study.minutes
    with clock.step("travel_times"):
        several = {"places": inputs.places, "points": inputs.points}
        tables = travel_times_of_several(
            inputs.network,
            inputs.points,
            several if inputs.centres is None else several | {"centres": inputs.centres},
            budget_minutes=minutes[-1],
            direction=study.network.direction,
        )
        table = tables["places"]
        seasons = times_of_seasons(study, table, store=store)
    with clock.step("levels"):
        suppression = study.suppression
        levels = classify(table, inputs.points, scheme=scheme, minutes=study.levels.minutes, suppression=suppression)
        people = levels.by_area(inputs.area_column, name_column=inputs.area_name_column, minutes=minutes)
        norms = check_norms(
            levels.frame,
            study.norms,
            column=inputs.area_column,
            name_column=inputs.area_name_column,
            suppression=levels.suppression,
        )
        columns = inputs.area_column, inputs.area_name_column
        unevenness = equity_of(study, levels, *columns)
        capacity = capacity_of(study, table, levels, *columns)
        chains = None
        if study.output.referral:
            chains = referral(inputs.network, table, inputs.points, scheme=scheme)
    with clock.step("areas"):
        surfaces = level_surfaces(
            inputs.network,
            inputs.points,
            scheme=scheme,
            budget_minutes=minutes[-1],
            direction=study.network.direction,
            cell_metres=study.output.cell_metres,
            water=inputs.water,
        )
        bands = draw_bands(
            surfaces,
            scheme=scheme,
            minutes=minutes,
            tolerance_metres=study.output.tolerance_metres,
            smallest_km2=study.output.smallest_km2,
            smooth_metres=study.output.smooth_metres,
        )
        isochrones = to_isochrones(bands, minutes=minutes)
        seasons = with_areas(study, seasons, surfaces, inputs.water, store=store)
        further = further_layers(study, inputs.network, table, inputs.water)
        level_sums = level_tables(study, tables, levels, areas_of(inputs))
        roads = further.get("roads")
        if roads is None:
            roads = level_roads(
                inputs.network, inputs.points, scheme=scheme, minutes=minutes, direction=study.network.direction
            )
        sizes = band_sizes(bands, roads, minutes=minutes)
    with clock.step("scenarios"):
        impacts = {
            one.name: impact(table, inputs.points, inputs.places, one, scheme=scheme, minutes=minutes)
            for one in study.scenarios
        }
    findings = gather_findings(
        inputs.network,
        table,
        levels,
        surfaces,
        of_inputs(inputs.water, inputs.points, inputs.places, inputs.area_column),
        language=study.study.language,
    )
    return Results(
        inputs, table, levels, surfaces, bands, isochrones, people, levels.summary(), norms, unevenness, capacity,
        chains, impacts, findings, further, level_sums, sizes, seasons, clock.seconds,
    )  # fmt: skip


def read_inputs(study: Study, *, clock: _Clock | None = None, store: str | Path = USER_STORE) -> Inputs:
    """Read and check the tables and the road network of a study."""
    clock = clock or _Clock(lambda _step, _done, _total: None)
    with clock.step("inputs"):
        points = read_service_points(study.points.file, scheme=study.scheme, crs=study.points.crs)
        places = read_places(study.places.file, crs=study.places.crs)
        if study.places.mask is not None:
            cells = read_mask(study.places.mask)
            places = split_places(places, cells, weight=study.places.mask_weight, suppression=study.suppression)
        if study.places.need is not None:
            places = with_need(places, study.places.need, suppression=study.suppression)
        areas = _polygons(study.areas)
        places, column, name_column = _with_areas(places, study.areas, areas, _AREA_COLUMN, _AREA_NAME_COLUMN)
        groupings = {}
        for number, one in enumerate(study.grouping, 1):
            own_names = f"grouping_{number}", f"grouping_{number}_name"
            places, own, names = _with_areas(places, one, _polygons(one), *own_names)
            if own is not None:
                groupings[one.name] = own, names
        centres = None if study.centres is None else read_points(study.centres.file, crs=study.centres.crs)
        check_against_tables(study, points, places)
    with clock.step("network"):
        network = read_roads(study, store=store)
        check_against_network(study, network, points, places)
        water = water_of_study(study.network.files, study.network.water, store=store)
    return Inputs(network, points, places, column, name_column, water, groupings, centres, areas)


def _polygons(section: AreasSection | None) -> geopandas.GeoDataFrame | None:
    return None if section is None or section.file is None else read_areas(section.file)


def _with_areas(
    places: geopandas.GeoDataFrame,
    section: AreasSection | None,
    areas: geopandas.GeoDataFrame | None,
    column: str,
    name_column: str,
) -> tuple[geopandas.GeoDataFrame, str | None, str | None]:
    """Give the places with their areas, and the columns that hold them: those named, or new ones for polygons."""
    if section is None:
        return places, None, None
    if areas is None:
        return places, section.column, section.name_column
    own = assign_areas(places, areas, rule=section.assign)
    if own.isna().all():
        file = "" if section.file is None else section.file.name
        raise TableError(
            f"the areas of {file} hold none of the {len(places):,} places ({name_ids(places.index)}); take areas "
            f"of the same part of the world, or check the coordinates of both."
        )
    return places.assign(**{column: own, name_column: own.map(areas["name"])}), column, name_column


def areas_of(inputs: Inputs) -> dict[str, tuple[str | None, str | None]]:
    """Give the columns of every grouping of areas by its name; that of ``[areas]``, or the whole study, is first."""
    return {"": (inputs.area_column, inputs.area_name_column), **inputs.groupings}


def read_roads(study: Study, *, store: str | Path = USER_STORE) -> RoadNetwork:
    """Read the road network of a study."""
    return read_network(
        study.network.files,
        profile=study.profile,
        clip=study.network.clip,
        clip_buffer_metres=study.network.clip_buffer_metres,
        store=store,
    )


def write_study(study: Study, results: Results, timings: Mapping[str, float], *, day: date) -> list[Path]:
    """Write every file of a run into the output folder: all of them new, or, on an error, none."""
    output = study.output.directory
    with taking_over(output) as staging:
        _write_files(study, results, timings, staging, day)
        written = files_in(staging)
    return sorted((output / path for path in written), key=lambda path: (path.name != "map.html", str(path)))


def _write_files(study: Study, results: Results, timings: Mapping[str, float], folder: Path, day: date) -> None:
    """Write every file of a run into a folder."""
    language, scheme, minutes = study.study.language, study.scheme, study.minutes
    inputs, levels = results.inputs, results.levels
    roads = inputs.network.to_edges()
    located = inputs.places.join(levels.frame[[one for one in levels.frame if one not in inputs.places]])

    page_of_run(study, results, roads=roads, day=day).save(folder / "map.html")
    write_results(
        folder / "results.gpkg",
        service_points=inputs.points,
        places=located,
        bands=results.bands,
        isochrones=results.isochrones,
        findings=results.findings,
        access_legs=results.table.access_legs(),
        areas=None
        if inputs.areas is None
        else areas_with_figures(
            inputs.areas,
            results.people,
            mean_by_area(levels.frame, scheme=scheme, area_column=_AREA_COLUMN),
            scheme=scheme,
        ),
        further={**results.further, **results.level_tables},
        scheme=scheme,
        language=language,
    )
    for name, frame in results.further.items():
        if name.startswith(GRID_LAYERS):
            # Without geometry: whoever has the squares joins the table by their ids.
            frame.drop(columns="geometry").to_csv(folder / f"{name}.csv", lineterminator="\n", encoding="utf-8")
    write_travel_times(folder / "travel_times.parquet", results.table.to_frame())
    by_place, by_area = results.capacity
    write_tidy(folder, people=results.people, levels=levels.frame if by_place is None else levels.frame.join(by_place))
    if results.referral is not None:
        write_table(folder / "referral.parquet", results.referral.to_frame())
    for code, one in results.surfaces.items():
        write_surface(folder / f"surface_{code}.tif", one, description=scheme[code].name(language))
    write_report(
        folder / "report.xlsx",
        title=study.study.name,
        language=language,
        date=day,
        scheme=scheme,
        summary=results.summary,
        people=results.people,
        figures=results.level_tables[FIGURES],
        centre_levels=results.level_tables.get(CENTRES),
        point_levels=results.level_tables.get(POINTS),
        services=results.level_tables.get(SERVICE_FIGURES),
        levels=levels.frame,
        norms=results.norms,
        equity=results.equity,
        capacity=by_area,
        referral=None
        if results.referral is None
        else results.referral.by_area(inputs.area_column, name_column=inputs.area_name_column),
        points_served=served_by_point(levels.frame, inputs.points, scheme.codes),
        impacts={name: one.summary() for name, one in results.impacts.items()},
        findings=results.findings,
        sources=name_sources(study, inputs.network) | name_water(study, inputs.water),
        sizes=results.sizes,
        checks=brief_tables(inputs.network, results.table.snapped_points, results.table.snapped_places, inputs.places),
    )
    figures = folder / "figures"
    write_figures(
        figures,
        levels=levels.frame,
        scheme=scheme,
        people=results.people,
        minutes=minutes,
        language=language,
        area_column=inputs.area_column,
    )
    for code in results.surfaces:
        write_level_map(
            figures / f"map_{code}.png",
            level=code,
            bands=results.bands,
            points=inputs.points,
            roads=roads,
            water=water_on_page(results, roads),
            borders=inputs.areas,
            minutes=minutes,
            scheme=scheme,
            language=language,
            subtitle=say_subtitle(language, str(study.network.season), str(study.network.direction)),
            credit=study.attribution,
        )
    files = sorted([MANIFEST, *(path.as_posix() for path in files_in(folder))])
    write_manifest(folder / MANIFEST, _manifest(study, results, timings) | {"files": files})


def _manifest(study: Study, results: Results, timings: Mapping[str, float]) -> dict[str, object]:
    inputs, plan = results.inputs, results.table.plan
    search = {} if plan is None else {"search": {"method": str(plan.method), "reason": plan.reason}}
    return build_manifest(
        study=study.to_document(),
        inputs=study.inputs,
        timings={step: round(seconds, 3) for step, seconds in timings.items()},
        counts={
            "service_points": len(inputs.points),
            "places": len(inputs.places),
            "people": int(results.summary["population"].iloc[0]),
            "travel_times": int(results.table.milliseconds.size),
            "bands": len(results.bands),
        },
        findings=results.findings,
    ) | {"network": inputs.network.describe(), **search}


def name_sources(study: Study, network: RoadNetwork) -> dict[str, str]:
    """Name the inputs and settings of a study for its readers, in its language."""
    language = study.study.language
    areas = [one for one in (study.areas, *study.grouping) if one is not None]
    rows = {
        "source_network": road_files(study),
        "source_points": study.points.file.name,
        "source_places": study.places.file.name,
        "source_areas": ", ".join(str(one.column or (one.file and one.file.name)) for one in areas),
        "source_centres": "" if study.centres is None else study.centres.file.name,
        "source_scheme": f"{study.scheme.name}: {', '.join(one.name(language) for one in study.scheme.levels)}",
        "source_minutes": ", ".join(format_number(one, language) for one in study.minutes),
        "source_suppressed": "–".join(format_number(one, language) for one in study.places.suppressed),
        "source_season": say(language, str(study.network.season)),
        "source_direction": say(language, str(study.network.direction)),
        "source_method": say_method(language, network),
        "source_attribution": study.attribution or "© OpenStreetMap contributors (ODbL)",
        "source_fingerprint": network.fingerprint,
    }
    return {say(language, key): value for key, value in rows.items() if value}


def name_water(study: Study, water: Water | None) -> dict[str, str]:
    """Name the water that areas leave out, or say that they may reach over it."""
    language, named = study.study.language, study.network.water
    source = road_files(study) if named == WATER_OF_ROADS else Path(named).name
    return {say(language, "source_water"): say(language, "no_water") if water is None else source}


class _Clock:
    """Times the steps of a run and reports them."""

    def __init__(self, progress: Progress) -> None:
        """Start with nothing done."""
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        self._progress(name, len(self.seconds), len(STEPS))
        begin = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begin

    def finish(self) -> None:
        """Report that everything is done."""
        self._progress("", len(STEPS), len(STEPS))
