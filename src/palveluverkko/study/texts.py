"""What the pipeline itself says to planners and officials, in Finnish, Swedish and English."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from palveluverkko.network.road_network import RoadNetwork
from palveluverkko.report.texts import NO_BREAK_SPACE, format_number

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "fi": {
        "subtitle": "{season}, {direction}",
        "summer": "kesä",
        "winter": "talvi",
        "to_service": "matka palveluun",
        "from_service": "matka palvelusta",
        "method": (
            "Ajoajat on laskettu tieverkolla henkilöautolla: nopeusrajoitukset, yksisuuntaisuudet ja lautat on otettu "
            "huomioon, ja matka tieltä paikkaan on mukana ({speed} km/h, enintään {metres} m). Tasojen ajat ovat "
            "lähimpään avoimeen pisteeseen, joka tarjoaa tason palvelut."
        ),
        "no_water": (
            "Vesialueita ei ole otettu huomioon: matka-aika-alueet voivat ulottua veden päälle. "
            "Asukasmääriin se ei vaikuta."
        ),
        "computed": "Tieverkko: {osm}. Palvelupisteet: {points}. Väestö: {places}. Laskettu {day}.",
        "source_network": "Tieverkko",
        "source_points": "Palvelupisteet",
        "source_places": "Väestö",
        "source_areas": "Alueet",
        "source_attribution": "Lähde",
        "source_centres": "Keskukset",
        "source_scheme": "Palvelutasot",
        "source_minutes": "Aikarajat (min)",
        "source_suppressed": "Salattu luku (−1)",
        "source_water": "Vesialueet",
        "source_season": "Vuodenaika",
        "source_direction": "Suunta",
        "source_method": "Menetelmä",
        "source_fingerprint": "Tieverkon tunniste",
        "finding_off_network": (
            "Lähin tie, jolla voi pysähtyä, on {metres} m:n päässä ({road}). Tielle saa olla enintään {limit} m, "
            "joten matka-aikaa ei ole."
        ),
        "finding_off_network_nowhere": "Aineistossa ei ole tietä, jolla voi pysähtyä, joten matka-aikaa ei ole.",
        "finding_moved_to_main": (
            "Lähin tie ({nearest} m) on irti päätieverkosta; sen sijaan otettiin päätieverkon lähin tie ({road}, "
            "{metres} m)."
        ),
        "finding_small_component": (
            "Lähin tie ({road}, {metres} m) on irti päätieverkosta, eikä päätieverkko ole riittävän lähellä."
        ),
        "finding_both_carriageways": (
            "Ajoradat ovat erillään, ja piste on liitetty molempiin ({road}): lähempään on {metres} m, toiseen "
            "{across} m."
        ),
        "finding_unreached": "Yhtään tason {level} avointa palvelupistettä ei tavoiteta {minutes} minuutissa.",
        "finding_suppressed": "Asukasluku on salattu (-1): summat jättävät sen pois, ala- ja ylärajat eivät.",
        "finding_defaulted_speed": (
            "Tiepituudesta {share} on ilman nopeusrajoitusta; siltä osin on käytetty tieluokan oletusta."
        ),
        "finding_rejected_maxspeed": (
            "Teitä, joiden nopeusrajoitusta ei voitu tulkita: {count}. Niillä on käytetty oletusta."
        ),
        "finding_barrier_cuts_road": (
            "Tällaisia esteitä on {count}: tie päättyy niihin, tai niiden takana olevaa tietä voi ajaa vain matkan "
            "alussa tai lopussa."
        ),
        "finding_on_water": (
            "Sijaitsee vesialueella. Matka-aika lasketaan lähimmältä tieltä kuten muillakin, mutta alueet jättävät "
            "veden pois."
        ),
        "finding_outside_areas": (
            "Alueiden ulkopuolella on {count} asuinpaikkaa ({people} asukasta). Ne on laskettu koko alueeseen ja "
            "omalle rivilleen –."
        ),
        "finding_mended_water": "Vesialueita, joiden reunaviiva leikkasi itsensä ja jotka korjattiin: {count}.",
        "finding_water_left_out": (
            "Vesi, jonka reunaviiva ei ole aineistossa ehjä, jäi kokonaan tai osittain piirtämättä; alueet voivat "
            "ulottua sen päälle."
        ),
        "finding_lost_ways": (
            "Teitä, joilta puuttuu aineistosta niin monta solmua, ettei niitä voi piirtää: {count}. Ne on jätetty pois."
        ),
        "finding_edge_of_extract": (
            "Taso {level} ulottuu tieaineiston reunalle {minutes} minuutissa; reunaan päättyviä teitä on {total}, "
            "ja niistä tavoitetaan {reached}. Sen takana alueet voivat olla liian pieniä ja ajat liian pitkiä: "
            "käytä laajempaa tieaineistoa."
        ),
        "road_unnamed": "nimetön, {road_class}",
    },
    "sv": {
        "subtitle": "{season}, {direction}",
        "summer": "sommar",
        "winter": "vinter",
        "to_service": "resa till tjänsten",
        "from_service": "resa från tjänsten",
        "method": (
            "Restiderna har räknats med personbil längs vägnätet: hastighetsbegränsningar, enkelriktningar och färjor "
            "har beaktats, och vägen från bilvägen till platsen ingår ({speed} km/h, högst {metres} m). Nivåernas "
            "tider gäller närmaste öppna punkt som erbjuder nivåns tjänster."
        ),
        "no_water": (
            "Vattenområden har inte beaktats: restidsområdena kan sträcka sig över vatten. "
            "Invånarantalen påverkas inte."
        ),
        "computed": "Vägnät: {osm}. Servicepunkter: {points}. Befolkning: {places}. Beräknat {day}.",
        "source_network": "Vägnät",
        "source_points": "Servicepunkter",
        "source_places": "Befolkning",
        "source_areas": "Områden",
        "source_attribution": "Källa",
        "source_centres": "Centrum",
        "source_scheme": "Servicenivåer",
        "source_minutes": "Tidsgränser (min)",
        "source_suppressed": "Dolt tal (−1)",
        "source_water": "Vattenområden",
        "source_season": "Årstid",
        "source_direction": "Riktning",
        "source_method": "Metod",
        "source_fingerprint": "Vägnätets kännetecken",
        "finding_off_network": (
            "Närmaste väg där man kan stanna ligger {metres} m bort ({road}). Det får vara högst {limit} m till "
            "vägen, så ingen restid finns."
        ),
        "finding_off_network_nowhere": "Materialet har ingen väg där man kan stanna, så ingen restid finns.",
        "finding_moved_to_main": (
            "Närmaste väg ({nearest} m) saknar förbindelse till huvudvägnätet; i stället togs huvudvägnätets "
            "närmaste väg ({road}, {metres} m)."
        ),
        "finding_small_component": (
            "Närmaste väg ({road}, {metres} m) saknar förbindelse till huvudvägnätet, och det är för långt till detta."
        ),
        "finding_both_carriageways": (
            "Körbanorna är skilda och punkten är knuten till båda ({road}): {metres} m till den närmare, {across} "
            "m till den andra."
        ),
        "finding_unreached": "Ingen öppen serviceenhet på nivå {level} nås inom {minutes} minuter.",
        "finding_suppressed": "Invånarantalet är sekretessbelagt (-1): det ingår inte i summorna, men i deras gränser.",
        "finding_defaulted_speed": (
            "Av väglängden saknar {share} hastighetsgräns; där används vägklassens standardvärde."
        ),
        "finding_rejected_maxspeed": (
            "Vägar vars hastighetsgräns inte kunde tolkas: {count}. Där används standardvärdet."
        ),
        "finding_barrier_cuts_road": (
            "Hinder av detta slag: {count}. Vägen slutar där, eller vägen bakom hindret kan köras endast i början och "
            "slutet av en resa."
        ),
        "finding_on_water": (
            "Ligger på vatten. Restiden räknas från närmaste väg som för andra, men områdena utelämnar vattnet."
        ),
        "finding_outside_areas": (
            "Utanför alla områden ligger {count} bostadsorter ({people} invånare). De räknas till hela området och på "
            "en egen rad –."
        ),
        "finding_mended_water": "Vattenområden vars kontur korsade sig själv och som rättades: {count}.",
        "finding_water_left_out": (
            "Vatten vars kontur inte är hel i materialet ritades inte eller bara delvis; områden kan ligga över det."
        ),
        "finding_lost_ways": (
            "Vägar vars noder saknas i materialet så att ingenting kan ritas: {count}. De har utelämnats."
        ),
        "finding_edge_of_extract": (
            "Nivå {level} når vägmaterialets kant efter {minutes} minuter; {total} vägar slutar vid kanten, och "
            "av dem nås {reached}. Bortom kanten kan områdena vara för små och tiderna för långa: använd ett "
            "större vägmaterial."
        ),
        "road_unnamed": "utan namn, {road_class}",
    },
    "en": {
        "subtitle": "{season}, {direction}",
        "summer": "summer",
        "winter": "winter",
        "to_service": "travel to the service",
        "from_service": "travel from the service",
        "method": (
            "Travel times are by car along the road network, with speed limits, one-way streets and ferries; the way "
            "between road and place is included ({speed} km/h, at most {metres} m). The time to a level is to the "
            "nearest open point that offers its services."
        ),
        "no_water": (
            "Water has not been taken into account: areas of travel time may reach over it. "
            "Numbers of people do not depend on it."
        ),
        "computed": "Roads: {osm}. Service points: {points}. Population: {places}. Computed {day}.",
        "source_network": "Roads",
        "source_points": "Service points",
        "source_places": "Population",
        "source_areas": "Areas",
        "source_attribution": "Source",
        "source_centres": "Centres",
        "source_scheme": "Levels",
        "source_minutes": "Thresholds (min)",
        "source_suppressed": "Withheld count (−1)",
        "source_water": "Water",
        "source_season": "Season",
        "source_direction": "Direction",
        "source_method": "Method",
        "source_fingerprint": "Fingerprint of the road network",
        "finding_off_network": (
            "The nearest road that one may stop on is {metres} m away ({road}). At most {limit} m are walked to a "
            "road, so there is no travel time."
        ),
        "finding_off_network_nowhere": "The file holds no road that one may stop on, so there is no travel time.",
        "finding_moved_to_main": (
            "The nearest road ({nearest} m) is cut off from the main network; the nearest road of the main "
            "network was taken instead ({road}, {metres} m)."
        ),
        "finding_small_component": (
            "The nearest road ({road}, {metres} m) is cut off from the main network, which is too far away."
        ),
        "finding_both_carriageways": (
            "The carriageways are apart, and the point is tied to both ({road}): {metres} m to the nearer one, "
            "{across} m to the other."
        ),
        "finding_unreached": "No open service point of level {level} can be reached within {minutes} minutes.",
        "finding_suppressed": "The number of people is hidden (-1): sums leave it out, their bounds take it in.",
        "finding_defaulted_speed": (
            "{share} of the road length has no speed limit tagged; the default of its road class was used."
        ),
        "finding_rejected_maxspeed": "Ways with a speed limit that is not understood: {count}; the default was used.",
        "finding_barrier_cuts_road": (
            "Barriers of this kind: {count}. The road ends there, or lets in the first and the last leg of a trip only."
        ),
        "finding_on_water": (
            "Lies in the water. Its travel time counts from the nearest road as for others, but areas leave the "
            "water out."
        ),
        "finding_outside_areas": (
            "Places outside every area: {count} ({people} people). They count in the whole area and in a row of their "
            "own, –."
        ),
        "finding_mended_water": "Areas of water whose outline crossed itself and was mended: {count}.",
        "finding_water_left_out": (
            "Water whose outline is not whole in the file was not drawn, or only in part; areas may lie over it."
        ),
        "finding_lost_ways": (
            "Ways of which the file lacks so many nodes, or their places, that nothing can be drawn: {count}. They are "
            "left out."
        ),
        "finding_edge_of_extract": (
            "Level {level} meets the edge of the road file after {minutes} min; {reached} of {total} roads that "
            "end there are reached. Areas beyond may be too small and times too long: use a larger extract."
        ),
        "road_unnamed": "unnamed, {road_class}",
    },
}


_WHOLE = ("metres", "nearest_metres", "across_metres", "limit_metres", "reached", "total", "count", "people")


def say(language: str, key: str, **values: object) -> str:
    """Give one text in one language, its blanks filled."""
    return _TEXTS[language][key].format(**values)


def say_finding(language: str, verdict: str, values: Mapping[str, Any]) -> str:
    """Say why a finding is one; ``values`` are the facts that it rests on."""
    whole = {key: format_number(values[key], language, most_decimals=0) for key in _WHOLE if key in values}
    told: dict[str, object] = {key.removesuffix("_metres"): number for key, number in whole.items()}
    if "minutes" in values:
        told["minutes"] = format_number(values["minutes"], language)
    told |= {"level": values.get("level", ""), "road": values.get("road") or _unnamed(language, values)}
    if "share" in values:
        percent = format_number(100 * values["share"], language, most_decimals=0)
        told["share"] = f"{percent}%" if language == "en" else f"{percent}{NO_BREAK_SPACE}%"
    if verdict == "off_network" and math.isinf(values["metres"]):
        verdict = "off_network_nowhere"
    return say(language, f"finding_{verdict}", **told)


def _unnamed(language: str, values: Mapping[str, Any]) -> str:
    return say(language, "road_unnamed", road_class=values.get("road_class", ""))


def say_subtitle(language: str, season: str, direction: str) -> str:
    """Say the season and the direction as a line of its own: "Talvi, matka palveluun"."""
    line = say(language, "subtitle", season=say(language, season), direction=say(language, direction))
    return line[0].upper() + line[1:]


def say_method(language: str, network: RoadNetwork) -> str:
    """Tell in one paragraph how travel times are computed."""
    pace, longest = f"{network.access_speed_kmh:g}", f"{network.max_access_metres:g}"
    return say(language, "method", speed=pace, metres=longest)


def say_day(language: str, day: date) -> str:
    """Write a date as people of the language do: 3.2.2026, or 2026-02-03 in English."""
    return day.isoformat() if language == "en" else f"{day.day}.{day.month}.{day.year}"
