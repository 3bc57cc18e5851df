"""Every word of the tables of a check, in Finnish, Swedish and English; report/texts.py takes them in."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.report.languages import in_languages as _in

CHECK_TEXTS: Mapping[str, Mapping[str, str]] = {
    # Sheets, and headings of the tables on a terminal
    "sheet_check": _in("Tarkastus", "Kontroll", "Check"),
    "sheet_unreached": _in("Ei tavoita palvelua", "Når ingen service", "Reach no service"),
    "sheet_beyond_access": _in("Kaukana tiestä", "Långt från väg", "Far from any road"),
    "sheet_duplicates": _in("Kaksoiskappaleet", "Dubbletter", "Duplicates"),
    "sheet_parts": _in("Tieverkon osat", "Vägnätets delar", "Parts of the road network"),
    "sheet_speeds": _in("Nopeuksien lähteet", "Hastigheternas källor", "Where speeds come from"),
    "sheet_speeds_by_area": _in("Nopeudet alueittain", "Hastigheter per område", "Speeds by area"),
    "sheet_rejected": _in("Hylätyt merkinnät", "Förkastade taggar", "Rejected tags"),
    "sheet_restrictions": _in("Hylätyt kääntymisrajoitukset", "Förkastade svängförbud", "Rejected turn restrictions"),
    "sheet_edge": _in("Tieaineiston reuna", "Vägmaterialets kant", "Edge of the road file"),
    # What each table is
    "about_check": _in(
        "Aineiston tarkastus ennen laskentaa: mitä kukin välilehti luettelee ja kuinka monta riviä siinä on.",
        "Kontroll av materialet före beräkningen: vad varje blad listar och hur många rader det har.",
        "The data examined before anything is computed: what each sheet lists and how many rows it has.",
    ),
    "about_unreached": _in(
        "Asuinpaikat, jotka eivät tavoita yhtään avointa palvelupistettä, ja matka-aika, jos teiden käyttörajoitukset "
        "(access, motor_vehicle ...) jätettäisiin huomiotta.",
        "Bostadsorter som inte når någon öppen serviceenhet, och restiden om vägarnas tillträdesbegränsningar "
        "(access, motor_vehicle ...) lämnades obeaktade.",
        "Places that reach no open service point, and the travel time if the access tags of roads (access, "
        "motor_vehicle ...) were ignored.",
    ),
    "about_beyond_access": _in(
        "Pisteet ja asuinpaikat, joiden lähin tie on kauempana kuin suurin sallittu etäisyys tiestä.",
        "Punkter och bostadsorter vars närmaste väg ligger längre bort än det största tillåtna avståndet från väg.",
        "Points and places whose nearest road lies farther away than the longest way allowed off the road.",
    ),
    "about_duplicates": _in(
        "Palvelupisteet enintään 25 m päässä toisistaan tai samannimiset, ja asuinpaikat samassa kohdassa.",
        "Serviceenheter högst 25 m från varandra eller med samma namn, och bostadsorter på samma plats.",
        "Service points within 25 m of one another or of the same name, and places in the same spot.",
    ),
    "about_parts": _in(
        "Tieverkon osat, joista ei voi ajaa toisiin. Pääverkko on ensin, sitten osat, joilla on eniten asukkaita.",
        "Delar av vägnätet mellan vilka man inte kan köra. Huvudnätet först, sedan delarna med flest invånare.",
        "Parts of the road network between which nobody can drive. The main part first, then those with most people.",
    ),
    "about_speeds": _in(
        "Tiekilometrit sen mukaan, mistä ajonopeus on saatu: oletusnopeus on arvio tieluokasta.",
        "Vägkilometer enligt varifrån körhastigheten kommer: standardhastigheten är en uppskattning enligt vägklass.",
        "Kilometres of road by where their speed comes from: a default is a guess from the class of the road.",
    ),
    "about_speeds_by_area": _in(
        "Samat tiekilometrit alueittain; eniten oletusnopeuksia ensin. Tienpätkä lasketaan alueelle, jossa sen "
        "keskikohta on (ilman aluerajoja: lähimmän asuinpaikan alueelle).",
        "Samma vägkilometer per område; störst andel standardhastigheter först. En vägbit räknas till området där "
        "dess mitt ligger (utan områdesgränser: till den närmaste bostadsortens område).",
        "The same kilometres by area; most defaults first. A piece of road counts to the area where its middle lies "
        "(without boundaries: to the area of the nearest place).",
    ),
    "about_rejected": _in(
        "Teiden ja esteiden OpenStreetMap-merkinnät, joiden arvoa ei tunneta ja jotka on ohitettu: nopeus, pinta, "
        "kulkuoikeus, suunta, lautan kesto.",
        "OpenStreetMap-taggar på vägar och hinder vars värde inte är känt och som har förbigåtts: hastighet, yta, "
        "tillträde, riktning, färjans tid.",
        "OpenStreetMap tags of roads and barriers whose value is not known and which were passed over: speed, ground, "
        "access, direction, time of a ferry.",
    ),
    "about_restrictions": _in(
        "Kääntymisrajoitukset, joita ei voitu lukea, ja syy.",
        "Svängrestriktioner som inte kunde läsas, och orsaken.",
        "Turn restrictions that could not be read, and why.",
    ),
    "about_edge": _in(
        "Tasot, joiden alue ulottuu tieaineiston reunalle: siitä minuutista lähtien alueet voivat olla liian pieniä.",
        "Nivåer vars område når vägmaterialets kant: från den minuten kan områdena vara för små.",
        "Levels whose areas meet the edge of the road file: from that minute on areas may be too small.",
    ),
    "none_unreached": _in(
        "Kaikki asuinpaikat tavoittavat avoimen palvelupisteen.",
        "Alla bostadsorter når en öppen serviceenhet.",
        "Every place reaches an open service point.",
    ),
    "none_beyond_access": _in("Ei yhtään.", "Inga.", "None."),
    "none_duplicates": _in("Ei kaksoiskappaleita.", "Inga dubbletter.", "No duplicates."),
    "none_speeds_by_area": _in(
        "Ei alueita: lisää selvitykseen [areas].",
        "Inga områden: lägg till [areas] i utredningen.",
        "No areas: add [areas] to the study.",
    ),
    "none_rejected": _in("Kaikki voitiin lukea.", "Alla kunde läsas.", "All could be read."),
    "none_restrictions": _in("Kaikki voitiin lukea.", "Alla kunde läsas.", "All could be read."),
    "none_edge": _in(
        "Yksikään alue ei ulotu tieaineistosta poistuville teille.",
        "Inget område når vägar som lämnar vägmaterialet.",
        "No area meets a road that leaves the road file.",
    ),
    # Columns
    "column_rows": _in("Rivejä", "Rader", "Rows"),
    "column_table": _in("Taulukko", "Tabell", "Table"),
    "column_about": _in("Mitä se luettelee", "Vad den listar", "What it lists"),
    "column_reason": _in("Syy", "Orsak", "Reason"),
    "column_number": _in("Lukumäärä", "Antal", "Number"),
    "column_ids": _in("Tunnukset", "Koder", "Ids"),
    "column_names": _in("Nimet", "Namn", "Names"),
    "column_open_minutes": _in(
        "Matka-aika, jos rajoituksia ei olisi (min)",
        "Restid utan begränsningarna (min)",
        "Travel time without the tags (min)",
    ),
    "column_closed_metres": _in("Suljettua tietä (m)", "Stängd väg (m)", "Closed road (m)"),
    "column_ways": _in("Tiet (OSM)", "Vägar (OSM)", "Ways (OSM)"),
    "column_road_names": _in("Teiden nimet", "Vägarnas namn", "Names of roads"),
    "column_barriers": _in("Esteet (OSM)", "Hinder (OSM)", "Barriers (OSM)"),
    "column_part": _in("Osa", "Del", "Part"),
    "column_kind": _in("Laji", "Slag", "Kind"),
    "column_parts": _in("Osia", "Delar", "Parts"),
    "column_edges": _in("Tieosuuksia", "Vägavsnitt", "Edges"),
    "column_kilometres": _in("Tietä (km)", "Väg (km)", "Road (km)"),
    "column_service_points": _in("Palvelupisteitä", "Serviceenheter", "Service points"),
    "column_places": _in("Asuinpaikkoja", "Bostadsorter", "Places"),
    "column_place_name": _in("Paikka", "Plats", "Place"),
    "column_longest_way": _in("Pisin tie (OSM)", "Längsta väg (OSM)", "Longest way (OSM)"),
    "column_road_class": _in("Tieluokka (OSM)", "Vägklass (OSM)", "Road class (OSM)"),
    "column_speed_source": _in("Nopeuden lähde", "Hastighetens källa", "Source of the speed"),
    "column_share_of_road": _in("Osuus teistä", "Andel av vägarna", "Share of roads"),
    "column_km_signed": _in("Merkitty rajoitus (km)", "Skyltad gräns (km)", "Signed limit (km)"),
    "column_km_national": _in("Yleisrajoitus (km)", "Bashastighet (km)", "General limit (km)"),
    "column_km_surface": _in("Tien pinta (km)", "Vägytan (km)", "Ground (km)"),
    "column_km_default": _in("Oletus (km)", "Standard (km)", "Default (km)"),
    "column_km_duration": _in("Lautan kesto (km)", "Färjans överfartstid (km)", "Ferry crossing (km)"),
    "column_defaulted_share": _in("Oletusten osuus", "Andel standard", "Share of defaults"),
    "column_element": _in("Kohde", "Objekt", "Element"),
    "column_key": _in("Avain (OSM)", "Nyckel (OSM)", "Key (OSM)"),
    "column_value": _in("Arvo", "Värde", "Value"),
    "column_examples": _in("Esimerkkejä (OSM)", "Exempel (OSM)", "Examples (OSM)"),
    "column_relation": _in("Relaatio (OSM)", "Relation (OSM)", "Relation (OSM)"),
    "column_from_minutes": _in("Minuutista (min)", "Från minut (min)", "From (min)"),
    "column_roads": _in("Tavoitettuja teitä", "Nådda vägar", "Roads reached"),
    "column_roads_cut": _in("Reunalle päättyviä teitä", "Vägar som slutar vid kanten", "Roads that end at the edge"),
    # Words in cells
    "reason_same_place": _in("sama paikka", "samma plats", "same place"),
    "reason_same_name": _in("sama nimi", "samma namn", "same name"),
    "element_way": _in("tie", "väg", "way"),
    "element_node": _in("solmu", "nod", "node"),
    "kind_main": _in("pääverkko", "huvudnätet", "main part"),
    "kind_one_way": _in("vain toiseen suuntaan", "bara åt ena hållet", "one way only"),
    "kind_island": _in("irrallaan", "fristående", "island"),
    "kind_rest": _in("muut yhteensä", "övriga tillsammans", "all others"),
    # Why a turn restriction is not in force; {what} is a role or a value
    "restriction_except": _in(
        "Ei koske henkilöautoja (except).", "Gäller inte personbilar (except).", "It does not hold for cars (except)."
    ),
    "restriction_unknown_value": _in(
        "Arvoa ”{what}” ei tunneta.", "Värdet ”{what}” är okänt.", "Its value '{what}' is not known."
    ),
    "restriction_other_vehicles": _in(
        "Koskee muita ajoneuvoja kuin henkilöautoja, tai arvo puuttuu.",
        "Gäller andra fordon än personbilar, eller saknar värde.",
        "It holds for other vehicles than cars, or has no value.",
    ),
    "restriction_unread_condition": _in(
        "Ehtoa ei voitu lukea.", "Villkoret kunde inte läsas.", "Its condition cannot be read."
    ),
    "restriction_not_now": _in(
        "Ehto ei ole voimassa laskennan ajankohtana.",
        "Villkoret gäller inte vid den tidpunkt som beräknas.",
        "Its condition does not hold at the time of the trips.",
    ),
    "restriction_lifted": _in(
        "Kumottu henkilöautoilta tai laskennan ajankohtana.",
        "Upphävt för personbilar eller vid den tidpunkt som beräknas.",
        "It is lifted for cars or at the time of the trips.",
    ),
    "restriction_unread_dates": _in(
        "Päivämäärät ovat muodossa, jota ei lueta (date_on, date_off).",
        "Datumen har en form som inte läses (date_on, date_off).",
        "Its dates are tagged in a form that is not read (date_on, date_off).",
    ),
    "restriction_unread_times": _in(
        "Kellonaikoja ei voitu lukea (day_on, hour_on ...).",
        "Tiderna kunde inte läsas (day_on, hour_on ...).",
        "Its times cannot be read (day_on, hour_on ...).",
    ),
    "restriction_no_member": _in("Jäsen ”{what}” puuttuu.", "Medlemmen ”{what}” saknas.", "It has no member '{what}'."),
    "restriction_several_via_nodes": _in("Useita via-solmuja.", "Flera via-noder.", "It has several via nodes."),
    "restriction_restricts_itself": _in(
        "Rajoittaa itseään: sama tie on sekä via että from tai to.",
        "Begränsar sig självt: samma väg är både via och from eller to.",
        "It restricts itself: a way is both its via and its from or to.",
    ),
    "restriction_via_node_off_roads": _in(
        "Solmu ”via” ei ole autolla ajettavalla tiellä.",
        "Noden ”via” ligger inte på en väg som får köras med bil.",
        "Its via node is not on a road that cars may drive.",
    ),
    "restriction_way_not_driven": _in(
        "Tie ”{what}” ei ole aineistossa, tai sitä ei saa ajaa autolla.",
        "Vägen ”{what}” finns inte i materialet eller får inte köras med bil.",
        "Its way '{what}' is not in the file, or cars may not drive it.",
    ),
    "restriction_one_way": _in(
        "Ei kiellä eikä määrää mitään: tie on yksisuuntainen.",
        "Förbjuder eller påbjuder ingenting: vägen är enkelriktad.",
        "It forbids or commands nothing: the road is one-way.",
    ),
    "restriction_wrong_direction": _in(
        "Ei kiellä eikä määrää mitään: tietä ”{what}” ei saa ajaa tähän suuntaan.",
        "Förbjuder eller påbjuder ingenting: vägen ”{what}” får inte köras i den riktningen.",
        "It forbids or commands nothing: its way '{what}' is not driven in that direction.",
    ),
    "restriction_same_way": _in(
        "Johtaa tieltä samalle tielle eikä ole u-käännös.",
        "Leder från en väg till samma väg och är ingen u-sväng.",
        "It leads from a way into the same way, and is no U-turn.",
    ),
    "restriction_either_side": _in(
        "Tie jatkuu via-solmun läpi, eikä rajoitus kerro, kumpaa puolta tarkoitetaan.",
        "En väg fortsätter genom via-noden, och det framgår inte vilken sida som avses.",
        "A way runs through its via node, and the turn does not tell which side is meant.",
    ),
    "restriction_way_apart": _in(
        "Tie ”{what}” ei kosketa via-solmua.",
        "Vägen ”{what}” rör inte via-noden.",
        "Its way '{what}' does not touch the via node.",
    ),
    "restriction_ways_do_not_join": _in(
        "Tiet eivät muodosta yhtenäistä reittiä (from, via, to).",
        "Vägarna bildar ingen sammanhängande rutt (from, via, to).",
        "Its ways do not join into one that can be driven (from, via, to).",
    ),
    "restriction_several_routes": _in(
        "Tiet liittyvät toisiinsa usealla tavalla, eikä rajoitus kerro, mitä tarkoitetaan.",
        "Vägarna hör ihop på flera sätt, och det framgår inte vilket som avses.",
        "Its ways join in several ways, and it does not tell which is meant.",
    ),
    "verdict_duplicated": _in("Ehkä kahteen kertaan", "Kanske två gånger", "Perhaps entered twice"),
    "verdict_closed_by_tags": _in(
        "Käyttörajoitusten sulkema", "Avstängd av tillträdesbegränsningar", "Closed off by access tags"
    ),
    "speed_source_signed": _in("Merkitty rajoitus", "Skyltad gräns", "Signed limit"),
    "speed_source_national": _in("Yleisrajoitus", "Bashastighet", "General limit"),
    "speed_source_surface": _in("Tien pinta", "Vägytan", "Ground"),
    "speed_source_default": _in("Oletus tieluokasta", "Standard enligt vägklass", "Default of the road class"),
    "speed_source_duration": _in("Lautan kesto", "Färjans överfartstid", "Ferry crossing"),
    # Layers of check.gpkg
    "layer_doubts": _in("Tarkistettavat kohteet", "Objekt att kontrollera", "Doubtful points and places"),
    "layer_islands": _in("Tieverkon irralliset osat", "Fristående delar av vägnätet", "Parts off the main network"),
    "layer_closed_roads": _in(
        "Tiet, joiden käyttörajoitus estää pääsyn palveluun",
        "Vägar vars tillträdesbegränsning stänger av service",
        "Roads whose access tags keep places from services",
    ),
    "layer_roads_by_source": _in(
        "Tiet nopeuden lähteen mukaan", "Vägar enligt hastighetens källa", "Roads by source of their speed"
    ),
}
