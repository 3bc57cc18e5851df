"""Every word of the workbook, the figures and the GeoPackage styles, in Finnish, Swedish and English."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES, LevelScheme
from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.report.check_texts import CHECK_TEXTS
from palveluverkko.report.sensitivity_texts import SENSITIVITY_TEXTS

NO_BREAK_SPACE = "\u00a0"
EN_DASH = "\u2013"


def _in(fi: str, sv: str, en: str) -> Mapping[str, str]:
    return dict(zip(LANGUAGES, (fi, sv, en), strict=True))


TEXTS: Mapping[str, Mapping[str, str]] = {
    # Sheets: at most 31 characters, none of []:*?/\
    "sheet_summary": _in("Yhteenveto", "Sammanfattning", "Summary"),
    "sheet_areas": _in("Alueittain", "Områdesvis", "By area"),
    "sheet_matrix": _in("Alueet ja tasot", "Områden och nivåer", "Areas and levels"),
    "sheet_norms": _in("Tavoitteet", "Mål", "Norms"),
    "sheet_equity": _in("Jakautuminen", "Fördelning", "Distribution"),
    "sheet_capacity": _in("Kapasiteetti", "Kapacitet", "Capacity"),
    "sheet_referral": _in("Lähetepolut", "Remisskedjor", "Referral chains"),
    "sheet_worst": _in("Pisimmät matkat", "Längsta resorna", "Longest journeys"),
    "sheet_points": _in("Palvelupisteet", "Serviceenheter", "Service points"),
    "sheet_scenarios": _in("Skenaariot", "Scenarier", "Scenarios"),
    "sheet_findings": _in("Havainnot", "Observationer", "Findings"),
    "sheet_bands": _in("Vyöhykkeet", "Zoner", "Bands"),
    "sheet_band_sizes": _in("Alueet ja tiet", "Områden och vägar", "Areas and roads"),
    "about_band_sizes": _in(
        "Matka-aikavyöhykkeiden maa-ala ja tiet, ja mitä on yhteensä enintään annetussa ajassa. Vesi ei kuulu alaan.",
        "Landarealen och vägarna i varje restidszon, och hur mycket som nås inom tiden totalt. Vatten räknas inte med.",
        "Land and roads of each travel-time band, and all that lies within the time. Water is not counted.",
    ),
    "none_band_sizes": _in("Alueita ei ole.", "Det finns inga områden.", "There are no areas."),
    "sheet_sources": _in("Lähteet ja menetelmä", "Källor och metod", "Sources and method"),
    # What each sheet is
    "about_areas": _in(
        "Väestö matka-aikavyöhykkeittäin ja osuus väestöstä, joka tavoittaa palvelutason enintään annetussa ajassa.",
        "Befolkningen per restidszon och andelen av befolkningen som når servicenivån inom den angivna tiden.",
        "People by travel-time band, and the share of people who reach the level within the given time.",
    ),
    "about_matrix": _in(
        "Kuinka kaukana kukin palvelutaso on alueen asukkaista, minuutteina. Keskiarvo koskee niitä, jotka "
        "tavoittavat tason, ja 90. persentiili kaikkia.",
        "Hur långt områdets invånare har till varje servicenivå, i minuter. Medelvärdet gäller dem som "
        "når nivån och den 90:e percentilen alla.",
        "How far each level is from the people of the area, in minutes. The mean is of those who reach "
        "the level, the 90th percentile of all.",
    ),
    "about_norms": _in(
        "Tavoite täyttyy, kun vähintään vaadittu osuus ryhmästä on enintään annetun matka-ajan päässä.",
        "Målet uppfylls när minst den krävda andelen av gruppen bor inom den angivna restiden.",
        "A norm is met when at least the required share of the group lives within the given travel time.",
    ),
    "about_equity": _in(
        "Kuinka epätasaisesti matka-ajat jakautuvat. Gini on 0, kun kaikilla on yhtä pitkä matka. Palma vertaa "
        "pisimmän kymmenyksen matka-aikojen summaa lähimmän 40 prosentin summaan: 0,25, kun kaikilla on yhtä pitkä "
        "matka. Luvut koskevat asukkaita, jotka tavoittavat tason.",
        "Hur ojämnt restiderna fördelar sig. Gini är 0 när alla har lika lång resa. Palma jämför summan av restiderna "
        "för tiondelen med längst resa med summan för de 40 procent som har kortast: 0,25 när alla har lika lång resa. "
        "Talen gäller de invånare som når nivån.",
        "How unevenly travel times fall on people. Gini is 0 when all travel equally long. Palma compares the sum of "
        "the times of the tenth who travel longest with that of the nearest 40 %: 0.25 when all travel equally long. "
        "The figures are of the people who reach the level.",
    ),
    "about_capacity": _in(
        "Palvelupisteiden kapasiteetti tavoitettavissa tuhatta asukasta kohti, kun kaikki sen ulottuvilla olevat "
        "kilpailevat siitä; keskiarvo alueen asukkaista (kelluvat vaikutusalueet, PySAL access).",
        "Serviceenheternas kapacitet inom räckhåll per tusen invånare när alla inom räckhåll konkurrerar om den; "
        "medelvärde över områdets invånare (flytande upptagningsområden, PySAL access).",
        "Capacity of the service points within reach per thousand people, with everybody within reach competing for "
        "it; mean over the people of the area (floating catchment areas, PySAL access).",
    ),
    "about_raam": _in(
        "Matkan ja jonon yhteinen kustannus: mitä pienempi, sen parempi; keskiarvo alueen asukkaista "
        "(RAAM, PySAL access).",
        "Resans och köns sammanlagda kostnad: ju mindre, desto bättre; medelvärde över områdets invånare "
        "(RAAM, PySAL access).",
        "Travel and queue as one cost: the less, the better; mean over the people of the area (RAAM, PySAL access).",
    ),
    "about_referral": _in(
        "Matka ylemmälle palvelutasolle kotoa lähimmän lähemmän tason pisteen kautta, verrattuna suoraan matkaan "
        "lähimpään pisteeseen. Luvut koskevat asukkaita, jotka pääsevät perille kumpaakin tietä; vain ajoaika.",
        "Resan till en mer omfattande nivå hemifrån via den närmaste enheten på de närmare nivåerna, jämförd med den "
        "direkta resan till närmaste enhet. Talen gäller de invånare som kommer fram båda vägarna; endast körtid.",
        "The way to a wider level from home by the nearest points of the nearer levels, beside the straight way to the "
        "nearest point. The figures are of the people who arrive both ways; driving time only.",
    ),
    "about_worst": _in(
        "Kunkin palvelutason asutut paikat, jotka eivät tavoita tasoa, ja sitten ne, joista matka on pisin; "
        "kumpiakin enintään {most}.",
        "De bebodda platser som inte når varje servicenivå, och sedan de som har längst resa; högst {most} av vardera.",
        "For each level the inhabited places that do not reach it, then those with the longest journeys; "
        "at most {most} of either.",
    ),
    "about_points": _in(
        "Väestö, jota lähinnä kukin palvelupiste on: jokainen asukas lasketaan kullakin tasolla yhteen pisteeseen.",
        "Befolkningen som har enheten närmast: varje invånare räknas till en enhet på varje nivå.",
        "People for whom each service point is the nearest: every resident counts at one point per level.",
    ),
    "about_scenarios": _in(
        "Muutos nykytilaan verrattuna. Lisäminuutit on laskettu niistä asukkaista, joiden matka pitenee.",
        "Förändring jämfört med nuläget. Tilläggsminuterna gäller de invånare vars resa blir längre.",
        "Change from the present. Extra minutes are those of the residents whose journey becomes longer.",
    ),
    "about_findings": _in(
        "Epävarmuudet ja poikkeamat, jotka on syytä tarkistaa ennen kuin tuloksista tehdään päätöksiä.",
        "Osäkerheter och avvikelser som bör kontrolleras innan resultaten används som beslutsunderlag.",
        "Doubts and deviations to check before decisions are based on the results.",
    ),
    "about_bands": _in(
        "Sama väestö pitkässä muodossa pivot-taulukoita varten, ikäryhmittäin.",
        "Samma befolkning i långt format för pivottabeller, per åldersgrupp.",
        "The same people in long form for pivot tables, by age group.",
    ),
    "none_norms": _in(
        "Tälle selvitykselle ei ole asetettu tavoitteita.",
        "Inga mål har ställts upp för denna utredning.",
        "No norms were set for this study.",
    ),
    "none_scenarios": _in(
        "Selvityksessä ei ole skenaarioita.", "Utredningen har inga scenarier.", "The study has no scenarios."
    ),
    "none_findings": _in("Ei havaintoja.", "Inga observationer.", "No findings."),
    "rows_left_off": _in(
        "Taulukossa on ensimmäiset {shown} riviä; kaikki {total} riviä ovat tiedostossa {file}.",
        "Tabellen visar de första {shown} raderna; alla {total} rader finns i filen {file}.",
        "The table holds the first {shown} rows; all {total} rows are in {file}.",
    ),
    # Summary
    "subtitle": _in(
        "Palveluverkon saavutettavuus · {date}",
        "Servicenätets tillgänglighet · {date}",
        "Accessibility of the service network · {date}",
    ),
    "key_figures": _in("Tunnusluvut palvelutasoittain", "Nyckeltal per servicenivå", "Key figures by level"),
    "cumulative_title": _in(
        "Osuus väestöstä, joka tavoittaa palvelutason",
        "Andel av befolkningen som når servicenivån",
        "Share of people who reach the level",
    ),
    "within_minutes": _in("Enintään (min)", "Inom (min)", "Within (min)"),
    "axis_minutes": _in("Matka-aika enintään (min)", "Restid högst (min)", "Travel time at most (min)"),
    "axis_share": _in("Osuus väestöstä", "Andel av befolkningen", "Share of people"),
    "chart_description": _in(
        "Viivakaavio: kuinka suuri osuus väestöstä tavoittaa kunkin palvelutason annetussa matka-ajassa.",
        "Linjediagram: hur stor andel av befolkningen som når varje servicenivå inom en given restid.",
        "Line chart: the share of people who reach each service level within a given travel time.",
    ),
    "chart_areas_description": _in(
        "Pylväskaavio: keskimääräinen matka-aika kullekin palvelutasolle alueittain.",
        "Stapeldiagram: genomsnittlig restid till varje servicenivå per område.",
        "Column chart: mean travel time to each service level by area.",
    ),
    "sentence_level": _in(
        "{level}: matka kestää keskimäärin {mean} min, ja 90 % väestöstä pääsee perille {p90} minuutissa. "
        "Pisin matka on {worst} min ({place}).",
        "{level}: resan tar i genomsnitt {mean} min, och 90 % av befolkningen är framme inom {p90} min. "
        "Den längsta resan är {worst} min ({place}).",
        "{level}: the journey takes {mean} min on average, and 90 % of the people arrive within {p90} min. "
        "The longest journey is {worst} min ({place}).",
    ),
    "sentence_level_nobody": _in(
        "{level}: kukaan ei tavoita tasoa lasketussa ajassa.",
        "{level}: ingen når nivån inom den beräknade tiden.",
        "{level}: nobody reaches it within the time computed.",
    ),
    "sentence_unreached": _in(
        "{people} asukasta ei tavoita tasoa lasketussa ajassa.",
        "{people} invånare når inte nivån inom den beräknade tiden.",
        "{people} people do not reach it within the time computed.",
    ),
    "sentence_norms": _in(
        "Tavoitteista täyttyy {passed}/{total}.",
        "{passed}/{total} av målen uppfylls.",
        "{passed} of {total} norms are met.",
    ),
    "sentence_findings": _in(
        "Tulosten tulkintaan vaikuttavia havaintoja: {count}. Katso välilehti {sheet}.",
        "Observationer som påverkar tolkningen av resultaten: {count}. Se bladet {sheet}.",
        "Findings that bear on the reading of the results: {count}. See the sheet {sheet}.",
    ),
    # Method
    "sources_heading": _in("Lähtötiedot ja asetukset", "Källmaterial och inställningar", "Inputs and settings"),
    "method_heading": _in("Menetelmä", "Metod", "Method"),
    "method_time": _in(
        "Matka-aika on ajoaika tieverkkoa pitkin asuinpaikan ja palvelupisteen välillä. Siihen sisältyy siirtyminen "
        "lähimmälle tielle ja sieltä perille.",
        "Restiden är körtiden längs vägnätet mellan bostadsorten och serviceenheten. Den omfattar också "
        "förflyttningen till närmaste väg och från vägen till målet.",
        "Travel time is driving time along the road network between the place of residence and the service point, "
        "with the way to the nearest road and from the road to the destination.",
    ),
    "method_levels": _in(
        "Laajemman palvelutason piste tarjoaa myös suppeampien tasojen palvelut. Aika suppeammalle tasolle ei siksi "
        "koskaan ole pidempi kuin aika laajemmalle.",
        "En serviceenhet på en mer omfattande nivå erbjuder också tjänsterna på de mindre omfattande nivåerna. "
        "Tiden till en mindre omfattande nivå är därför aldrig längre än tiden till en mer omfattande.",
        "A point of a wider level also offers the services of the narrower levels, so the time to a narrower level "
        "is never longer than the time to a wider one.",
    ),
    "method_threshold": _in(
        "Täsmälleen rajan mittainen matka kuuluu rajan sisään. Ajat lasketaan millisekunteina ja pyöristetään vasta "
        "näytettäessä.",
        "En resa som tar exakt den angivna tiden räknas in. Tiderna beräknas i millisekunder och avrundas först när "
        "de visas.",
        "A journey of exactly the limit is within it. Times are computed in milliseconds and rounded only for display.",
    ),
    "method_mean": _in(
        "Keskiarvo ja 90. persentiili on painotettu väestöllä, ja ne koskevat asukkaita, jotka tavoittavat tason. "
        "Muut on laskettu erikseen.",
        "Medelvärdet och den 90:e percentilen är befolkningsvägda och gäller de invånare som når nivån. De som inte "
        "når nivån redovisas separat.",
        "The mean and the 90th percentile are weighted by people and cover the residents who reach the level. Those "
        "who do not are counted separately.",
    ),
    "method_people": _in(
        "Väestöluvut on laskettu paikkojen matka-ajoista, ei kartan vyöhykkeiden pinta-aloista.",
        "Befolkningstalen är beräknade ur platsernas restider, inte ur zonernas arealer på kartan.",
        "Counts of people come from the travel times of places, not from the areas of bands on a map.",
    ),
    "method_suppressed": _in(
        "Tietosuojasyistä salatut väestöluvut on laskettu nollana; niiden määrä on havainnoissa.",
        "Befolkningstal som är dolda av dataskyddsskäl har räknats som noll; antalet framgår av observationerna.",
        "Population counts suppressed for privacy are counted as zero; the findings say how many there are.",
    ),
    # Words in cells
    "whole_study": _in("Koko alue", "Hela området", "Whole area"),
    "passed": _in("Täyttyy", "Uppfylls", "Met"),
    "failed": _in("Ei täyty", "Uppfylls inte", "Not met"),
    "uncertain": _in("Riippuu salatuista", "Beror på dolda tal", "Open: counts withheld"),
    "unreached": _in("ei tavoiteta", "nås inte", "not reached"),
    "no_one": _in("–", "–", "–"),
    "not_open": _in("{level} (ei avoinna)", "{level} (inte öppen)", "{level} (not open)"),
    "yes": _in("kyllä", "ja", "yes"),
    "no": _in("ei", "nej", "no"),
    "beyond": _in(
        "yli {minutes} min tai ei tavoiteta", "över {minutes} min eller nås inte", "over {minutes} min or not reached"
    ),
    "within": _in("≤ {minutes} min", "≤ {minutes} min", "≤ {minutes} min"),
    "page": _in("Sivu &P/&N", "Sida &P/&N", "Page &P of &N"),
    "subject_service_point": _in("palvelupiste", "serviceenhet", "service point"),
    "subject_place": _in("asuinpaikka", "bostadsort", "place"),
    "subject_network": _in("tieverkko", "vägnät", "road network"),
    "verdict_ok": _in("Tien varrella", "Vid väg", "On a road"),
    "verdict_off_network": _in("Kaukana tiestä", "Långt från väg", "Far from any road"),
    "verdict_small_component": _in(
        "Tieverkosta irrallaan", "Utan förbindelse till vägnätet", "Cut off from the road network"
    ),
    "verdict_moved_to_main": _in(
        "Siirretty päätieverkolle", "Flyttad till huvudvägnätet", "Moved to the main road network"
    ),
    "verdict_both_carriageways": _in(
        "Liitetty molempiin ajoratoihin", "Knuten till båda körbanorna", "Tied to both carriageways"
    ),
    "verdict_unreached": _in(
        "Ei tavoita lähintä palvelutasoa",
        "Når inte den närmaste servicenivån",
        "Does not reach the nearest service level",
    ),
    "verdict_suppressed": _in("Asukasluku salattu", "Sekretessbelagt invånarantal", "Population withheld"),
    "verdict_defaulted_speed": _in(
        "Nopeusrajoitus arvioitu tieluokasta",
        "Hastigheten uppskattad enligt vägklass",
        "Speed assumed from the road class",
    ),
    "verdict_rejected_maxspeed": _in(
        "Nopeusrajoitusta ei voitu tulkita", "Hastighetsgränsen kunde inte tolkas", "Speed limit could not be read"
    ),
    "verdict_barrier_cuts_road": _in("Este katkaisee tien", "Ett hinder stänger vägen", "A barrier cuts the road"),
    "verdict_edge_of_extract": _in(
        "Tieaineiston reunalla: ajat voivat olla liian pitkiä",
        "Vid vägmaterialets kant: tiderna kan vara för långa",
        "At the edge of the road data: times may be too long",
    ),
    "verdict_on_water": _in("Vesialueella", "På vatten", "On water"),
    "verdict_mended_water": _in("Vesialueita korjattu", "Vattenområden rättade", "Water mended"),
    "verdict_lost_ways": _in("Teitä ilman solmuja", "Vägar utan noder", "Ways without nodes"),
    "verdict_water_left_out": _in(
        "Vesialue puuttuu tai on vajaa", "Vatten saknas eller är ofullständigt", "Water missing or not whole"
    ),
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
    "map_title": _in(
        "{level}: matka-aika palveluun", "{level}: restid till servicen", "{level}: travel time to the service"
    ),
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
    # Columns that a pattern does not make
    "column_id": _in("Tunnus", "Kod", "Id"),
    "column_place_id": _in("Paikan tunnus", "Platsens kod", "Place id"),
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
    "column_worst_place": _in("Pisimmän matkan paikka", "Plats med längst resa", "Place of the longest"),
    "column_worst_name": _in("Paikan nimi", "Platsens namn", "Name of the place"),
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
    **CHECK_TEXTS,
    **SENSITIVITY_TEXTS,
}

_AGE = re.compile(r"age_(\d+)_(\d*)")
_BEYOND = re.compile(r"beyond_(\d+(?:\.\d+)?)")
_OF_LEVEL = re.compile(r"(time|point|served_by|population|people|capacity|raam|without)_(.+)")


def text(key: str, language: str, **values: object) -> str:
    """Give a text in one language with its values filled in.

    Raises
    ------
    StudyError
        The language is not one of fi, sv, en.
    """
    if language not in LANGUAGES:
        raise StudyError(f"language {language!r} is not known; use one of: {', '.join(LANGUAGES)}.")
    found = TEXTS[key][language]
    return found.format(**values) if values else found


def column_title(column: str, language: str, scheme: LevelScheme) -> str:
    """Name a column of any of our frames for a reader; a column of the user's own keeps its name.

    Examples
    --------
    >>> column_title("age_75_", "fi", LevelScheme.eal())
    '75 vuotta täyttäneet'
    >>> column_title("time_L", "en", LevelScheme.eal())
    'Travel time (min), Local level'
    """
    if f"column_{column}" in TEXTS:
        return text(f"column_{column}", language)
    for end, pattern in ((LOW, "pattern_low"), (HIGH, "pattern_high")):
        if column.endswith(end):
            what = column_title(column.removesuffix(end), language, scheme)
            return text(pattern, language, what=what)
    if aged := _AGE.fullmatch(column):
        low, high = aged.groups()
        return (
            text("pattern_aged", language, low=low, high=high) if high else text("pattern_aged_over", language, low=low)
        )
    if beyond := _BEYOND.fullmatch(column):
        return text("pattern_beyond", language, minutes=format_number(float(beyond[1]), language))
    of_level = _OF_LEVEL.fullmatch(column)
    if of_level and of_level[2] in scheme.codes:
        what = text(f"column_{of_level[1]}", language)
        return text("pattern_of_level", language, what=what, level=scheme[of_level[2]].name(language))
    return column


def word(prefix: str, slug: str, language: str) -> str:
    """Translate a slug such as a verdict; one that is not known stays as it is."""
    key = f"{prefix}_{slug}"
    return text(key, language) if key in TEXTS else slug


def band_label(from_minutes: float, to_minutes: float, language: str) -> str:
    """Name a band: "15–30 min", or what lies beyond the last threshold (``to_minutes`` is NaN).

    Examples
    --------
    >>> band_label(15, 30, "fi")
    '15–30 min'
    """
    start = format_number(from_minutes, language)
    if math.isnan(to_minutes):
        return text("beyond", language, minutes=start)
    return f"{start}{EN_DASH}{format_number(to_minutes, language)} min"


def format_number(value: float, language: str, *, most_decimals: int = 1, fixed: bool = False) -> str:
    """Write a number the way the language does; decimals that say nothing stay only where the form is fixed.

    Examples
    --------
    >>> format_number(12.5, "fi"), format_number(30.0, "en")
    ('12,5', '30')
    """
    shown = f"{value:,.{most_decimals}f}"
    if "." in shown and not fixed:
        shown = shown.rstrip("0").rstrip(".")
    if language == "en":
        return shown
    return shown.replace(",", NO_BREAK_SPACE).replace(".", ",")


def format_date(day: date, language: str) -> str:
    """Write a date: 5.3.2026 in Finnish and Swedish, 2026-03-05 in English."""
    return day.isoformat() if language == "en" else f"{day.day}.{day.month}.{day.year}"
