"""Who reaches which level of public service in how many minutes, and what changes if the network changes.

Names are imported when they are first used, so that ``import palveluverkko`` and the command line answer at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from palveluverkko.engine.warm import choose_cache_folder

if TYPE_CHECKING:
    from palveluverkko.domain.errors import PalveluverkkoError
    from palveluverkko.domain.levels import Level, LevelScheme
    from palveluverkko.domain.people import Suppression
    from palveluverkko.domain.planning import Norm, Scenario, Wanted
    from palveluverkko.domain.travel import Direction, Season
    from palveluverkko.maps.page import to_map
    from palveluverkko.network.road_network import RoadNetwork
    from palveluverkko.network.store import read_network, write_network
    from palveluverkko.network.water import read_water
    from palveluverkko.osm.ferry_overrides import FerryOverride
    from palveluverkko.osm.profile import CarProfile
    from palveluverkko.planning.area_changes import area_changes
    from palveluverkko.planning.impact import impact
    from palveluverkko.planning.sensitivity import Variant, sensitivity
    from palveluverkko.reach.areas import areas_by_band, to_isochrones
    from palveluverkko.reach.edges import kilometres_by_band, reached_edges
    from palveluverkko.reach.grids import grid_places
    from palveluverkko.reach.nearest import nearest
    from palveluverkko.reach.point_areas import common_bands, point_bands
    from palveluverkko.reach.stream import write_travel_times
    from palveluverkko.reach.surface import surface
    from palveluverkko.reach.table import TravelTimeTable, travel_times
    from palveluverkko.service.areas import bands
    from palveluverkko.service.catchments import catchments
    from palveluverkko.service.equity import equity
    from palveluverkko.service.floating_catchment import floating_catchment
    from palveluverkko.service.grids import level_times
    from palveluverkko.service.levels import classify
    from palveluverkko.service.need import with_need
    from palveluverkko.service.norms import check_norms
    from palveluverkko.service.referral import referral
    from palveluverkko.service.services import classify_services
    from palveluverkko.service.split import split_places
    from palveluverkko.study.pipeline import run_study
    from palveluverkko.study.study import read_study
    from palveluverkko.tables.areas import read_areas
    from palveluverkko.tables.places import read_places
    from palveluverkko.tables.points import read_service_points

__version__ = "0.1.0"

_HOMES = {
    "CarProfile": "osm.profile",
    "Direction": "domain.travel",
    "FerryOverride": "osm.ferry_overrides",
    "Level": "domain.levels",
    "LevelScheme": "domain.levels",
    "Norm": "domain.planning",
    "PalveluverkkoError": "domain.errors",
    "RoadNetwork": "network.road_network",
    "Scenario": "domain.planning",
    "Season": "domain.travel",
    "Suppression": "domain.people",
    "TravelTimeTable": "reach.table",
    "Variant": "planning.sensitivity",
    "Wanted": "domain.planning",
    "area_changes": "planning.area_changes",
    "areas_by_band": "reach.areas",
    "bands": "service.areas",
    "catchments": "service.catchments",
    "check_norms": "service.norms",
    "classify": "service.levels",
    "classify_services": "service.services",
    "common_bands": "reach.point_areas",
    "equity": "service.equity",
    "floating_catchment": "service.floating_catchment",
    "grid_places": "reach.grids",
    "impact": "planning.impact",
    "kilometres_by_band": "reach.edges",
    "level_times": "service.grids",
    "nearest": "reach.nearest",
    "point_bands": "reach.point_areas",
    "reached_edges": "reach.edges",
    "read_areas": "tables.areas",
    "read_network": "network.store",
    "read_places": "tables.places",
    "read_service_points": "tables.points",
    "read_study": "study.study",
    "read_water": "network.water",
    "referral": "service.referral",
    "run_study": "study.pipeline",
    "sensitivity": "planning.sensitivity",
    "split_places": "service.split",
    "surface": "reach.surface",
    "to_isochrones": "reach.areas",
    "to_map": "maps.page",
    "travel_times": "reach.table",
    "with_need": "service.need",
    "write_network": "network.store",
    "write_travel_times": "reach.stream",
}

__all__ = [
    "CarProfile",
    "Direction",
    "FerryOverride",
    "Level",
    "LevelScheme",
    "Norm",
    "PalveluverkkoError",
    "RoadNetwork",
    "Scenario",
    "Season",
    "Suppression",
    "TravelTimeTable",
    "Variant",
    "Wanted",
    "area_changes",
    "areas_by_band",
    "bands",
    "catchments",
    "check_norms",
    "classify",
    "classify_services",
    "common_bands",
    "equity",
    "floating_catchment",
    "grid_places",
    "impact",
    "kilometres_by_band",
    "level_times",
    "nearest",
    "point_bands",
    "reached_edges",
    "read_areas",
    "read_network",
    "read_places",
    "read_service_points",
    "read_study",
    "read_water",
    "referral",
    "run_study",
    "sensitivity",
    "split_places",
    "surface",
    "to_isochrones",
    "to_map",
    "travel_times",
    "with_need",
    "write_network",
    "write_travel_times",
]


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    choose_cache_folder()
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, so that completion in a notebook finds them."""
    return sorted([*__all__, "__version__"])
