"""Every word of the figures, the maps and the layers of the GeoPackage, in Finnish, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.report.languages import in_languages as _in

MAP_TEXTS: Mapping[str, Mapping[str, str]] = {
    # Figures and maps
    "figure_cumulative": _in(
        "Kuinka suuri osa väestöstä pääsee perille?",
        "Hur stor del av befolkningen når fram?",
        "How many people get there?",
    ),
    "figure_cumulative_subtitle": _in(
        "Osuus väestöstä, joka tavoittaa palvelutason enintään annetussa ajassa",
        "Andel av befolkningen som når servicenivån inom den angivna tiden",
        "Share of people who reach the service level within the given time",
    ),
    "figure_ages": _in("Ketkä ovat kaukana?", "Vilka har långt?", "Who is far away?"),
    "figure_ages_subtitle": _in(
        "Ikäryhmien jakautuminen matka-ajan mukaan, osuus ryhmästä",
        "Åldersgruppernas fördelning enligt restid, andel av gruppen",
        "Age groups by travel time, share of the group",
    ),
    "figure_areas": _in(
        "Keskimääräinen matka-aika alueittain", "Genomsnittlig restid per område", "Mean travel time by area"
    ),
    "figure_areas_subtitle": _in(
        "Minuuttia, väestöllä painotettu keskiarvo",
        "Minuter, befolkningsvägt medelvärde",
        "Minutes, mean weighted by people",
    ),
    "figure_areas_note": _in(
        "* Osa väestöstä ei tavoita tasoa; keskiarvo koskee muita.",
        "* En del av befolkningen når inte nivån; medelvärdet gäller de övriga.",
        "* Some people do not reach the level; the mean covers the others.",
    ),
    "map_title": _in("{level}: matka-aika", "{level}: restid", "{level}: travel time"),
    "map_legend": _in("Matka-aika", "Restid", "Travel time"),
    "map_beyond": _in("Pidempi tai ei tietä", "Längre eller ingen väg", "Longer, or no road"),
    "map_points": _in("Palvelupisteet", "Serviceenheter", "Service points"),
    "map_credit": _in(
        "Tiet © OpenStreetMapin tekijät", "Vägar © OpenStreetMaps bidragsgivare", "Roads © OpenStreetMap contributors"
    ),
    "roads_main": _in("Valta- ja kantatiet", "Riks- och stamvägar", "Main roads"),
    "roads_middle": _in("Seutu- ja yhdystiet", "Regionala vägar och förbindelsevägar", "Regional and connecting roads"),
    "roads_other": _in("Muut tiet", "Övriga vägar", "Other roads"),
    "roads_ferry": _in("Lossit ja lautat", "Färjor", "Ferries"),
    # Layers of the GeoPackage
    "layer_service_points": _in("Palvelupisteet", "Serviceenheter", "Service points"),
    "layer_places": _in("Asuinpaikat ja matka-ajat", "Bostadsorter och restider", "Places and travel times"),
    "layer_bands": _in("Matka-aikavyöhykkeet", "Restidszoner", "Travel-time bands"),
    "layer_areas": _in("Alueet ja tunnusluvut", "Områden och nyckeltal", "Areas and their figures"),
    "layer_areas_rule": _in("{level}: keskiarvo", "{level}: medelvärde", "{level}: mean"),
    "layer_areas_nobody": _in(
        "Kukaan ei tavoita tai ei asukkaita",
        "Ingen når nivån eller inga invånare",
        "Nobody reaches it, or nobody lives there",
    ),
    "layer_isochrones": _in("Saavutettavuusalueiden rajat", "Gränser för tillgänglighetsområden", "Isochrones"),
    "layer_findings": _in("Havainnot", "Observationer", "Findings"),
    "layer_access_legs": _in("Yhteydet tielle", "Anslutningar till väg", "Access legs"),
    "layer_roads": _in("Tiet", "Vägar", "Roads"),
    "layer_catchments": _in("Palvelupisteiden alueet", "Serviceenheternas områden", "Catchments"),
    "layer_point_bands": _in("Yksittäisten pisteiden vyöhykkeet", "Zoner per enhet", "Bands of single points"),
    "layer_common_bands": _in(
        "Alue kaikkien valittujen pisteiden ulottuvilla",
        "Område inom räckhåll för alla valda enheter",
        "Within reach of all chosen points",
    ),
    "layer_area_changes": _in("Alueiden muutokset", "Förändrade områden", "Changes of areas"),
    "change_gained": _in("Uutta aluetta", "Nytt område", "Gained"),
    "change_lost": _in("Menetettyä aluetta", "Förlorat område", "Lost"),
    "layer_nearest": _in("Lähimmät palvelupisteet", "Närmaste serviceenheter", "Nearest service points"),
    "layer_level_figures": _in(
        "Tasojen tunnusluvut alueittain ja ryhmittäin",
        "Nivåernas nyckeltal efter område och grupp",
        "Key figures of the levels by area and group",
    ),
    "layer_level_people": _in(
        "Väestö alueittain, tasoittain ja vyöhykkeittäin",
        "Befolkning efter område, nivå och zon",
        "People by area, level and band",
    ),
    "layer_point_levels": _in("Palvelupisteiden tasot", "Serviceenheternas nivåer", "Levels from the service points"),
    "layer_centre_levels": _in("Kuntakeskusten tasot", "Kommuncentrumens nivåer", "Levels from the municipal centres"),
    "layer_place_services": _in(
        "Yksittäiset palvelut paikoittain", "Enskilda tjänster efter plats", "Services by place"
    ),
    "layer_service_figures": _in(
        "Yksittäisten palvelujen tunnusluvut", "Enskilda tjänsters nyckeltal", "Key figures of single services"
    ),
    "layer_grid": _in("Ruudut ja matka-ajat", "Rutor och restider", "Grid and travel times"),
    "layer_road_kilometres": _in("Tiekilometrit", "Vägkilometer", "Kilometres of road"),
    "layer_styles": _in("Tasojen tyylit (QGIS)", "Lagerstilar (QGIS)", "Layer styles (QGIS)"),
}
