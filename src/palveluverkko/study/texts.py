"""What the pipeline itself says to planners and officials, in Finnish, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

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
            "lähimpään pisteeseen, joka tarjoaa tason palvelut: ylempi taso palvelee myös alempia."
        ),
        "computed": "Tieverkko: {osm}. Palvelupisteet: {points}. Väestö: {places}. Laskettu {day}.",
        "source_network": "Tieverkko",
        "source_points": "Palvelupisteet",
        "source_places": "Väestö",
        "source_areas": "Alueet",
        "source_attribution": "Lähde",
        "source_season": "Vuodenaika",
        "source_direction": "Suunta",
        "source_method": "Menetelmä",
        "source_fingerprint": "Tieverkon tunniste",
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
            "tider gäller närmaste punkt som erbjuder nivåns tjänster: en högre nivå betjänar också de lägre."
        ),
        "computed": "Vägnät: {osm}. Servicepunkter: {points}. Befolkning: {places}. Beräknat {day}.",
        "source_network": "Vägnät",
        "source_points": "Servicepunkter",
        "source_places": "Befolkning",
        "source_areas": "Områden",
        "source_attribution": "Källa",
        "source_season": "Årstid",
        "source_direction": "Riktning",
        "source_method": "Metod",
        "source_fingerprint": "Vägnätets kännetecken",
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
            "nearest point that offers its services: a higher level also serves the lower ones."
        ),
        "computed": "Roads: {osm}. Service points: {points}. Population: {places}. Computed {day}.",
        "source_network": "Roads",
        "source_points": "Service points",
        "source_places": "Population",
        "source_areas": "Areas",
        "source_attribution": "Source",
        "source_season": "Season",
        "source_direction": "Direction",
        "source_method": "Method",
        "source_fingerprint": "Fingerprint of the road network",
    },
}


def say(language: str, key: str, **values: object) -> str:
    """Give one text in one language, its blanks filled."""
    return _TEXTS[language][key].format(**values)


def say_subtitle(language: str, season: str, direction: str) -> str:
    """Say the season and the direction as a line of its own: "Talvi, matka palveluun"."""
    line = say(language, "subtitle", season=say(language, season), direction=say(language, direction))
    return line[0].upper() + line[1:]


def say_day(language: str, day: date) -> str:
    """Write a date as people of the language do: 3.2.2026, or 2026-02-03 in English."""
    return day.isoformat() if language == "en" else f"{day.day}.{day.month}.{day.year}"
