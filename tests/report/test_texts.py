import math
import string
from datetime import date

import pytest

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.report.texts import TEXTS, band_label, column_title, format_date, format_number, text, word


def _fields(sentence):
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_stands_in_every_language_with_the_same_values(key):
    texts = TEXTS[key]
    assert set(texts) == set(LANGUAGES)
    assert all(one.strip() for one in texts.values())
    assert len({frozenset(_fields(one)) for one in texts.values()}) == 1


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith("sheet_")])
def test_names_of_sheets_are_ones_that_excel_accepts(key):
    for name in TEXTS[key].values():
        assert len(name) <= 31
        assert not set(name) & set("[]:*?/\\'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_sheets_share_a_name(language):
    names = [one[language] for key, one in TEXTS.items() if key.startswith("sheet_")]
    assert len(set(names)) == len(names)


def test_a_language_that_is_not_known_is_refused_with_those_that_are():
    with pytest.raises(StudyError, match="fi, sv, en"):
        text("sheet_norms", "de")


def test_columns_are_named_by_pattern_and_the_users_own_keep_their_name(scheme):
    assert column_title("age_0_14", "fi", scheme) == "0–14-vuotiaat"
    assert column_title("age_75_", "sv", scheme) == "75 år fyllda"
    assert column_title("beyond_60", "en", scheme) == "Beyond 60 min"
    assert column_title("people_A", "fi", scheme) == "Väestö, Aluetaso"
    assert column_title("vaesto_ruotsi", "fi", scheme) == "vaesto_ruotsi"
    assert column_title("time_X", "fi", scheme) == "time_X"


def test_numbers_and_dates_follow_the_language():
    assert format_number(12345.5, "fi") == "12\u00a0345,5"
    assert format_number(12345.5, "en") == "12,345.5"
    assert format_number(9.0, "sv", fixed=True) == "9,0"
    assert format_number(100.0, "fi") == "100"
    assert format_date(date(2026, 3, 5), "fi") == "5.3.2026"
    assert format_date(date(2026, 3, 5), "en") == "2026-03-05"


def test_the_last_band_says_beyond():
    assert band_label(0, 15, "fi") == "0–15 min"
    assert band_label(180, math.nan, "fi") == "yli 180 min tai ei tavoiteta"


def test_a_verdict_that_is_not_known_stays_as_it_is():
    assert word("verdict", "off_network", "fi") == "Kaukana tiestä"
    assert word("verdict", "brand_new", "fi") == "brand_new"
