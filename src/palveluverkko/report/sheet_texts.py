"""Every word on the sheets of the workbook but titles of columns, in Finnish, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.report.languages import in_languages as _in

SHEET_TEXTS: Mapping[str, Mapping[str, str]] = {
    # Sheets: at most 31 characters, none of []:*?/\
    "sheet_summary": _in("Yhteenveto", "Sammanfattning", "Summary"),
    "sheet_areas": _in("Alueittain", "Områdesvis", "By area"),
    "sheet_matrix": _in("Alueet ja tasot", "Områden och nivåer", "Areas and levels"),
    "sheet_centres": _in("Keskuksista tasoille", "Från centrum till nivåer", "Centres and levels"),
    "sheet_point_levels": _in("Pisteistä tasoille", "Från enheter till nivåer", "Points and levels"),
    "sheet_groups": _in("Ryhmittäin", "Gruppvis", "By group"),
    "sheet_groupings": _in("Muut aluejaot", "Övriga områdesindelningar", "Other areas"),
    "sheet_services": _in("Yksittäiset palvelut", "Enskilda tjänster", "Single services"),
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
    "about_centres": _in(
        "Kuinka kaukana kukin palvelutaso on kustakin keskuksesta: ajoaika lähimpään avoimeen pisteeseen, joka "
        "tarjoaa tason, ja mikä piste se on.",
        "Hur långt det är från varje centrum till varje servicenivå: körtid till den närmaste öppna enhet som "
        "erbjuder nivån, och vilken enhet det är.",
        "How far each level is from each centre: driving time to the nearest open point that offers the level, and "
        "which point that is.",
    ),
    "about_point_levels": _in(
        "Kuinka kaukana kukin palvelutaso on kustakin palvelupisteestä: ajoaika lähimpään avoimeen pisteeseen, joka "
        "tarjoaa tason. Pisteen omaan palveluun aika on 0.",
        "Hur långt det är från varje serviceenhet till varje servicenivå: körtid till den närmaste öppna enhet som "
        "erbjuder nivån. Till enhetens egen service är tiden 0.",
        "How far each level is from each service point: driving time to the nearest open point that offers the level. "
        "To the point's own services the time is 0.",
    ),
    "about_groups": _in(
        "Matka-ajat ikä- ja muiden ryhmien asukkaille alueittain. Missä lukuja on salattu, vähintään ja enintään "
        "ovat rajat, joiden välissä summa on.",
        "Restider för ålders- och andra grupper per område. Där tal är dolda anger minst och högst gränserna mellan "
        "vilka summan ligger.",
        "Travel times of ages and other groups by area. Where counts are withheld, at least and at most are the bounds "
        "between which the sum lies.",
    ),
    "about_groupings": _in(
        "Tunnusluvut muissa aluejaoissa, kuten yhteistoiminta-alueilla, maakunnissa tai kaupunki–maaseutu-luokissa.",
        "Nyckeltal i övriga områdesindelningar, såsom samarbetsområden, landskap eller stad–landsbygdsklasser.",
        "Key figures in other areas, such as co-operation areas, regions or classes of urban and rural.",
    ),
    "about_services": _in(
        "Matka lähimpään avoimeen pisteeseen, joka tarjoaa yksittäisen palvelun, koko alueen asukkaille.",
        "Resan till den närmaste öppna enhet som erbjuder en enskild tjänst, för invånarna i hela området.",
        "The way to the nearest open point that offers a single service, for the people of the whole area.",
    ),
    "about_norms": _in(
        "Tavoite täyttyy, kun vähintään vaadittu osuus ryhmästä on enintään annetun matka-ajan päässä. Se koskee "
        "rivejä, jotka ovat sitovia; muut rivit ovat tiedoksi.",
        "Målet uppfylls när minst den krävda andelen av gruppen bor inom den angivna restiden. Det gäller de rader "
        "som är bindande; övriga rader är för kännedom.",
        "A norm is met when at least the required share of the group lives within the given travel time. It is to be "
        "met on the rows that are binding; other rows are for information.",
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
    "chart_centres_description": _in(
        "Pylväskaavio: ajoaika keskuksista kullekin palvelutasolle.",
        "Stapeldiagram: körtid från centrumen till varje servicenivå.",
        "Column chart: driving time from the centres to each service level.",
    ),
    "chart_point_levels_description": _in(
        "Pylväskaavio: ajoaika palvelupisteistä kullekin palvelutasolle.",
        "Stapeldiagram: körtid från serviceenheterna till varje servicenivå.",
        "Column chart: driving time from the service points to each service level.",
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
    "method_levels_apart": _in(
        "Taso ja minkä tasojen pisteet palvelevat sitä: {served}.",
        "Nivå och vilka nivåers enheter som betjänar den: {served}.",
        "A level and the levels whose points serve it: {served}.",
    ),
    "method_threshold": _in(
        "Täsmälleen rajan mittainen matka kuuluu rajan sisään. Ajat lasketaan millisekunteina ja pyöristetään vasta "
        "näytettäessä.",
        "En resa som tar exakt den angivna tiden räknas in. Tiderna beräknas i millisekunder och avrundas först när "
        "de visas.",
        "A journey of exactly the limit is within it. Times are computed in milliseconds and rounded only for display.",
    ),
    "method_mean": _in(
        "Keskiarvo on painotettu väestöllä ja koskee asukkaita, jotka tavoittavat tason. Mediaani ja 90. persentiili "
        "ovat ajat, joiden sisällä puolet ja 90 % koko väestöstä asuu; ne puuttuvat, jos useammat eivät tavoita tasoa.",
        "Medelvärdet är befolkningsvägt och gäller de invånare som når nivån. Medianen och den 90:e percentilen är de "
        "tider inom vilka hälften och 90 % av hela befolkningen bor; de saknas om fler inte når nivån.",
        "The mean is weighted by people and covers the residents who reach the level. The median and the 90th "
        "percentile are the times within which half and 90 % of all people live; they are missing where more do not "
        "reach the level.",
    ),
    "method_people": _in(
        "Väestöluvut on laskettu paikkojen matka-ajoista, ei kartan vyöhykkeiden pinta-aloista.",
        "Befolkningstalen är beräknade ur platsernas restider, inte ur zonernas arealer på kartan.",
        "Counts of people come from the travel times of places, not from the areas of bands on a map.",
    ),
    "method_suppressed": _in(
        "Tietosuojasyistä salatut luvut on laskettu summiin nollana. Vähintään ja enintään kertovat, mitä summa voi "
        "olla, olivatpa salatut luvut mitä tahansa; havainnoissa on, missä lukuja on salattu.",
        "Tal som är dolda av dataskyddsskäl har räknats som noll i summorna. Minst och högst anger vad summan kan vara "
        "oavsett de dolda talen; av observationerna framgår var tal är dolda.",
        "Counts withheld for privacy are none in the sums. At least and at most say what a sum can be, whatever the "
        "withheld counts are; the findings say where counts are withheld.",
    ),
    "method_equity": _in(
        "Jakautuminen: Gini-kerroin, Palma-suhde, pisin kymmenys ja keskittymisindeksi on laskettu niiden asukkaiden "
        "matka-ajoista, jotka tavoittavat tason, jokainen asukas omana havaintonaan.",
        "Fördelning: Gini-koefficienten, Palma-kvoten, den längsta tiondelen och koncentrationsindexet har beräknats "
        "ur restiderna för dem som når nivån, med varje invånare som en observation.",
        "Distribution: the Gini coefficient, the Palma ratio, the worst-off tenth and the concentration index are of "
        "the travel times of those who reach the level, every resident being one observation.",
    ),
    "method_capacity": _in(
        "Kapasiteetti: kelluvat vaikutusalueet PySAL-kirjaston access-paketilla tieverkon matka-ajoista (2SFCA: Luo ja "
        "Wang 2003; E2SFCA: Luo ja Qi 2009; RAAM: Saxon ja Snow 2019).",
        "Kapacitet: flytande upptagningsområden med paketet access i PySAL ur vägnätets restider (2SFCA: Luo och Wang "
        "2003; E2SFCA: Luo och Qi 2009; RAAM: Saxon och Snow 2019).",
        "Capacity: floating catchment areas by the package access of PySAL from travel times on the roads (2SFCA: Luo "
        "and Wang 2003; E2SFCA: Luo and Qi 2009; RAAM: Saxon and Snow 2019).",
    ),
    "method_referral": _in(
        "Lähetepolut: kotoa lähimpään lähemmän tason pisteeseen ja siitä seuraavan tason lähimpään pisteeseen. Vain "
        "ajoaika on laskettu, ei odotusta.",
        "Remisskedjor: hemifrån till den närmaste enheten på en närmare nivå och därifrån till den närmaste på nästa. "
        "Endast körtid har räknats, inte väntan.",
        "Referral chains: from home to the nearest point of a nearer level, and from there to the nearest of the next. "
        "Only driving is counted, no waiting.",
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
    "verdict_outside_areas": _in("Alueiden ulkopuolella", "Utanför områdena", "Outside every area"),
    "verdict_mended_water": _in("Vesialueita korjattu", "Vattenområden rättade", "Water mended"),
    "verdict_lost_ways": _in("Teitä ilman solmuja", "Vägar utan noder", "Ways without nodes"),
    "verdict_water_left_out": _in(
        "Vesialue puuttuu tai on vajaa", "Vatten saknas eller är ofullständigt", "Water missing or not whole"
    ),
}
