"""Titles of the columns of all our frames, in Finnish, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.report.languages import in_languages as _in

COLUMN_TEXTS: Mapping[str, Mapping[str, str]] = {
    # Columns that a pattern does not make
    "column_id": _in("Tunnus", "Kod", "Id"),
    "column_place_id": _in("Paikan tunnus", "Platsens kod", "Place id"),
    "column_figure": _in("Tunnusluku", "Nyckeltal", "Figure"),
    "column_service": _in("Palvelu", "Tjänst", "Service"),
    "column_grouping": _in("Aluejako", "Områdesindelning", "Areas by"),
    "column_name": _in("Nimi", "Namn", "Name"),
    "column_level": _in("Palvelutaso", "Servicenivå", "Level"),
    "column_area": _in("Alueen tunnus", "Områdets kod", "Area id"),
    "column_area_name": _in("Alue", "Område", "Area"),
    "column_kunta": _in("Kunta", "Kommun", "Municipality"),
    "column_kunta_code": _in("Kuntanumero", "Kommunnummer", "Municipality code"),
    "column_from_min": _in("Yli (min)", "Över (min)", "Over (min)"),
    "column_to_min": _in("Enintään (min)", "Högst (min)", "Up to (min)"),
    "column_square_kilometres": _in("Maa-ala (km²)", "Landareal (km²)", "Land (km²)"),
    "column_square_kilometres_within": _in(
        "Maa-ala ajan sisällä (km²)", "Landareal inom tiden (km²)", "Land within the time (km²)"
    ),
    "column_road_kilometres": _in("Teitä (km)", "Vägar (km)", "Roads (km)"),
    "column_road_kilometres_within": _in(
        "Teitä ajan sisällä (km)", "Vägar inom tiden (km)", "Roads within the time (km)"
    ),
    "column_minutes": _in("Enintään (min)", "Högst (min)", "Within (min)"),
    "column_population": _in("Väestö", "Befolkning", "People"),
    "column_group": _in("Ryhmä", "Grupp", "Group"),
    "column_share": _in("Vaadittu osuus", "Krävd andel", "Required share"),
    "column_within": _in("Ajan sisällä", "Inom tiden", "Within the time"),
    "column_share_reached": _in("Toteutunut osuus", "Uppnådd andel", "Share reached"),
    "column_binding": _in("Sitova", "Bindande", "Binding"),
    "column_passed": _in("Tulos", "Resultat", "Result"),
    "column_missing": _in("Puuttuu (asukasta)", "Saknas (invånare)", "People short"),
    "column_missing_low": _in("Puuttuu vähintään", "Saknas minst", "Short, at least"),
    "column_missing_high": _in("Puuttuu enintään", "Saknas högst", "Short, at most"),
    "column_minutes_needed": _in("Osuus täyttyy (min)", "Andelen uppnås (min)", "Share lives within (min)"),
    "column_where": _in("Luokka", "Klass", "Class"),
    "column_places": _in("Asuinpaikat", "Bostadsorter", "Places"),
    "column_margin": _in("Ero tavoitteeseen", "Avvikelse från målet", "Margin"),
    "column_chain_mean": _in(
        "Polkua pitkin, keskiarvo (min)", "Via kedjan, medelvärde (min)", "By the chain, mean (min)"
    ),
    "column_straight_mean": _in("Suoraan, keskiarvo (min)", "Direkt, medelvärde (min)", "Straight, mean (min)"),
    "column_extra_mean": _in("Lisäminuutit, keskiarvo", "Tilläggsminuter, medelvärde", "Extra minutes, mean"),
    "column_extra_p90": _in(
        "Lisäminuutit, 90. persentiili", "Tilläggsminuter, 90:e percentilen", "Extra minutes, 90th percentile"
    ),
    "column_extra_worst": _in("Lisäminuutit, suurin", "Tilläggsminuter, störst", "Extra minutes, largest"),
    "column_elsewhere": _in(
        "Polku johtaa muualle kuin lähimpään", "Kedjan leder till annan än närmaste", "Led to another than the nearest"
    ),
    "column_median": _in("Mediaani (min)", "Median (min)", "Median (min)"),
    "column_no_road": _in("Ei tieyhteyttä", "Utan vägförbindelse", "Without a road"),
    "column_need": _in("Palvelutarve", "Servicebehov", "Need"),
    "column_men": _in("Miehet", "Män", "Men"),
    "column_women": _in("Naiset", "Kvinnor", "Women"),
    "column_service_class": _in("Palveluluokka", "Serviceklass", "Service class"),
    "column_class_code": _in("Luokan tunnus", "Klassens kod", "Class code"),
    "column_raam": _in("Kustannus (RAAM)", "Kostnad (RAAM)", "Cost (RAAM)"),
    "column_without": _in("Ilman kapasiteettia", "Utan kapacitet", "People without any"),
    "column_concentration": _in("Keskittymisindeksi", "Koncentrationsindex", "Concentration index"),
    "column_gini": _in("Gini-kerroin", "Gini-koefficient", "Gini coefficient"),
    "column_palma": _in("Palma-suhde", "Palma-kvot", "Palma ratio"),
    "column_worst_tenth": _in(
        "Pisin kymmenys, keskiarvo (min)", "Längsta tiondelen, medelvärde (min)", "Worst-off tenth, mean (min)"
    ),
    "column_worst_tenth_from": _in(
        "Pisin kymmenys alkaen (min)", "Längsta tiondelen från (min)", "Worst-off tenth, from (min)"
    ),
    "column_mean": _in("Keskiarvo (min)", "Medelvärde (min)", "Mean (min)"),
    "column_p90": _in("90. persentiili (min)", "90:e percentilen (min)", "90th percentile (min)"),
    "column_worst": _in("Pisin (min)", "Längsta (min)", "Longest (min)"),
    "column_worst_place": _in("Pisimmän matkan paikan tunnus", "Kod för platsen med längst resa", "Id of that place"),
    "column_most_extra_place": _in(
        "Eniten pitenevän matkan paikan tunnus", "Kod för platsen vars resa förlängs mest", "Id of that place"
    ),
    "column_most_extra_name": _in(
        "Eniten pitenevän matkan paikka", "Plats vars resa förlängs mest", "Place of the largest increase"
    ),
    "column_worst_name": _in("Pisimmän matkan paikka", "Plats med längst resa", "Place of the longest"),
    "column_reached": _in("Tavoittaa", "Når nivån", "Reached"),
    "column_unreached": _in("Ei tavoita", "Når inte nivån", "Not reached"),
    "column_total": _in("Yhteensä", "Totalt", "Total"),
    "column_rank": _in("Sija", "Plats i ordningen", "Rank"),
    "column_time": _in("Matka-aika (min)", "Restid (min)", "Travel time (min)"),
    "column_point": _in("Palvelupisteen tunnus", "Serviceenhetens kod", "Service point id"),
    "column_point_name": _in("Palvelupiste", "Serviceenhet", "Service point"),
    "column_served_by": _in("Pisteen taso", "Enhetens nivå", "Level of the point"),
    "column_services": _in("Palvelut", "Tjänster", "Services"),
    "column_capacity": _in("Kapasiteetti", "Kapacitet", "Capacity"),
    "column_languages": _in("Kielet", "Språk", "Languages"),
    "column_open": _in("Avoinna", "Öppen", "Open"),
    "column_candidate": _in("Ehdokas", "Kandidat", "Candidate"),
    "column_cost_per_year": _in("Kustannus (€/v)", "Kostnad (€/år)", "Cost (€ a year)"),
    "column_people": _in("Väestö", "Befolkning", "People"),
    "column_scenario": _in("Skenaario", "Scenario", "Scenario"),
    "column_people_affected": _in(
        "Asukkaat, joiden matka pitenee", "Invånare vars resa blir längre", "People whose journey lengthens"
    ),
    "column_people_gained": _in(
        "Asukkaat, joiden matka lyhenee", "Invånare vars resa blir kortare", "People whose journey shortens"
    ),
    "column_people_cut_off": _in("Jää ilman palvelua", "Blir utan service", "People cut off"),
    "column_extra_minutes_mean": _in("Lisäminuutit, keskiarvo", "Tilläggsminuter, medelvärde", "Extra minutes, mean"),
    "column_extra_minutes_p90": _in(
        "Lisäminuutit, 90. persentiili", "Tilläggsminuter, 90:e percentilen", "Extra minutes, 90th percentile"
    ),
    "column_extra_minutes_worst": _in("Lisäminuutit, suurin", "Tilläggsminuter, störst", "Extra minutes, largest"),
    "column_subject": _in("Kohde", "Objekt", "Subject"),
    "column_verdict": _in("Havainto", "Observation", "Finding"),
    "column_metres": _in("Etäisyys (m)", "Avstånd (m)", "Distance (m)"),
    "column_road": _in("Tie", "Väg", "Road"),
    "column_way": _in("OpenStreetMap-viiva", "OpenStreetMap-linje", "OpenStreetMap way"),
    "column_detail": _in("Lisätieto", "Närmare uppgift", "Detail"),
    "pattern_aged": _in("{low}–{high}-vuotiaat", "{low}–{high}-åringar", "Aged {low}–{high}"),
    "pattern_aged_over": _in("{low} vuotta täyttäneet", "{low} år fyllda", "Aged {low} and over"),
    "pattern_beyond": _in("Yli {minutes} min päässä", "Längre än {minutes} min", "Beyond {minutes} min"),
    "pattern_low": _in("{what}, vähintään", "{what}, minst", "{what}, at least"),
    "pattern_high": _in("{what}, enintään", "{what}, högst", "{what}, at most"),
    "pattern_of_level": _in("{what}, {level}", "{what}, {level}", "{what}, {level}"),
}
