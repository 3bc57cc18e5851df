"""Every word about sensitivity in the workbook and the figure, in Finnish, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.report.languages import in_languages as _in

SENSITIVITY_TEXTS: Mapping[str, Mapping[str, str]] = {
    "sensitivity_title": _in("Herkkyys ajonopeuksille", "Känslighet för körhastigheter", "Sensitivity to speeds"),
    "sensitivity_subtitle": _in(
        "Herkkyys ajonopeuksille · {date}", "Känslighet för körhastigheter · {date}", "Sensitivity to speeds · {date}"
    ),
    # Variants
    "season_summer": _in("kesä", "sommar", "summer"),
    "season_winter": _in("talvi", "vinter", "winter"),
    "variant_at_speed": _in(
        "{season}, nopeudet × {factor}", "{season}, hastigheter × {factor}", "{season}, speeds × {factor}"
    ),
    "variant_baseline": _in("{variant} (lähtökohta)", "{variant} (utgångsläge)", "{variant} (baseline)"),
    # What each sheet is
    "about_sensitivity_areas": _in(
        "Väestö, jonka matka-aikavyöhyke on toinen kuin lähtökohdassa: muunnelmittain, alueittain ja tasoittain.",
        "Befolkningen vars restidszon är en annan än i utgångsläget, per variant, område och servicenivå.",
        "People whose travel-time band is another than in the baseline, by variant, area and level.",
    ),
    "about_sensitivity_norms": _in(
        "Täyttyvätkö tavoitteet, jos ajonopeudet ovat toiset?",
        "Uppfylls målen om körhastigheterna är andra?",
        "Are the norms met if cars drive at other speeds?",
    ),
    "sensitivity_key_figures": _in("Koko alue muunnelmittain", "Hela området per variant", "The whole area by variant"),
    "sensitivity_chart": _in(
        "Osuus väestöstä, jonka vyöhyke muuttuu",
        "Andel av befolkningen vars zon ändras",
        "Share of people whose band changes",
    ),
    "sensitivity_chart_description": _in(
        "Pylväskaavio: kuinka suuren osan väestöstä matka-aikavyöhyke muuttuu kussakin muunnelmassa palvelutasoittain.",
        "Stapeldiagram: för hur stor andel av befolkningen restidszonen ändras i varje variant, per servicenivå.",
        "Column chart: the share of people whose travel-time band changes in each variant, by service level.",
    ),
    # Sentences
    "sentence_sensitivity": _in(
        "{variant}: eniten muuttuu {level}. Vyöhyke vaihtuu {share} %:lla väestöstä: lähemmäs siirtyy {better} ja "
        "kauemmas {worse} asukasta.",
        "{variant}: mest ändras {level}. Zonen byts för {share} % av befolkningen: {better} invånare kommer närmare "
        "och {worse} längre bort.",
        "{variant}: {level} changes most. The band changes for {share} % of the people: {better} move nearer and "
        "{worse} farther.",
    ),
    "sentence_sensitivity_cut_off": _in(
        "{people} asukasta ei enää tavoita tasoa lasketussa ajassa.",
        "{people} invånare når inte längre nivån inom den beräknade tiden.",
        "{people} people no longer reach it within the time computed.",
    ),
    "sentence_sensitivity_nobody": _in(
        "{variant}: kenenkään vyöhyke ei muutu.",
        "{variant}: ingens zon ändras.",
        "{variant}: nobody's band changes.",
    ),
    "sentence_sensitivity_firm": _in(
        "Koko alueen tavoitteiden täyttyminen ei riipu valituista nopeuksista.",
        "Om målen för hela området uppfylls beror inte på de valda hastigheterna.",
        "Whether the norms of the whole area are met does not depend on the speeds chosen.",
    ),
    "sentence_sensitivity_norm": _in(
        "Tavoite ({level}, {minutes} min, {share} %) täyttyy vain osassa muunnelmista. Se jää täyttymättä, kun: "
        "{variants}.",
        "Målet ({level}, {minutes} min, {share} %) uppfylls bara i en del av varianterna. Det uppfylls inte vid: "
        "{variants}.",
        "The norm ({level}, {minutes} min, {share} %) is met in some of the variants only. It is not met at: "
        "{variants}.",
    ),
    # Method
    "method_sensitivity_bands": _in(
        "Vyöhyke on selvityksen matka-aikarajojen väli. Asukkaan vyöhyke muuttuu, kun hänen matka-aikansa ylittää tai "
        "alittaa jonkin rajan.",
        "En zon är intervallet mellan utredningens restidsgränser. En invånares zon ändras när restiden passerar en "
        "gräns.",
        "A band lies between two thresholds of the study. A resident's band changes when the travel time passes one.",
    ),
    "method_sensitivity_speeds": _in(
        "Kerroin muuttaa ajonopeuksia kaikilla teillä: 0,9 on kymmenesosan hitaammin. Lauttojen ylitys- ja odotusajat "
        "pysyvät ennallaan.",
        "Faktorn ändrar körhastigheterna på alla vägar: 0,9 är en tiondel långsammare. Färjornas överfarts- och "
        "väntetider förblir oförändrade.",
        "A factor changes the driving speed on every road: 0.9 is a tenth slower. Crossing and waiting times of "
        "ferries stay as they are.",
    ),
    "method_access_fixed": _in(
        "Siirtyminen tien ja paikan välillä kestää yhtä kauan kaikilla kertoimilla.",
        "Förflyttningen mellan väg och plats tar lika lång tid med alla faktorer.",
        "The way between road and place takes as long at every factor.",
    ),
    "method_access_scaled": _in(
        "Kerroin koskee myös siirtymistä tien ja paikan välillä.",
        "Faktorn gäller också förflyttningen mellan väg och plats.",
        "The factor also holds for the way between road and place.",
    ),
    # Figure
    "figure_sensitivity": _in(
        "Kuinka monen vyöhyke vaihtuu, jos ajetaan toisin?",
        "Hur många byter zon om man kör annorlunda?",
        "How many change bands if cars drive otherwise?",
    ),
    "figure_sensitivity_subtitle": _in(
        "Osuus väestöstä, %; lähtökohta: {baseline}",
        "Andel av befolkningen, %; utgångsläge: {baseline}",
        "Share of people, %; baseline: {baseline}",
    ),
    "figure_better": _in("lähemmäs", "närmare", "nearer"),
    "figure_worse": _in("kauemmas", "längre bort", "farther"),
    "figure_sensitivity_left_off": _in(
        "{shown} aluetta, joilla muutos on suurin; kaikki {total} aluetta ovat taulukossa.",
        "De {shown} områden där förändringen är störst; alla {total} områden finns i tabellen.",
        "The {shown} areas with the largest change; all {total} areas are in the table.",
    ),
    # Columns
    "column_variant": _in("Muunnelma", "Variant", "Variant"),
    "column_people_changed": _in("Vyöhyke muuttuu", "Zonen ändras", "Band changes"),
    "column_share_changed": _in("Osuus väestöstä", "Andel av befolkningen", "Share of people"),
    "column_people_better": _in("Lähemmäs", "Närmare", "Nearer"),
    "column_people_worse": _in("Kauemmas", "Längre bort", "Farther"),
    "column_people_newly_reached": _in("Uusia tavoitettuja", "Nås först nu", "Newly reached"),
    "column_norms_met": _in("Tavoitteista täyttyy", "Mål som uppfylls", "Norms met"),
    "column_season": _in("Vuodenaika", "Årstid", "Season"),
    "column_speed_factor": _in("Nopeuskerroin", "Hastighetsfaktor", "Speed factor"),
}
