"""Conditions of conditional tags at the moment that a season stands for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.travel import Season
from palveluverkko.osm.conditions import holds
from palveluverkko.osm.profile import CarProfile

# Condition, in summer, in winter. Those marked * stand in the shared extracts.
CONDITIONS = [
    ("winter", False, True),
    ("Winter", False, True),
    ("(winter)", False, True),
    ("summer", True, False),
    ("24/7", True, True),
    ("Nov 1-Mar 31", False, True),
    ("(Nov 1-Mar 31)", False, True),
    ("Nov 1 - Mar 31", False, True),
    ("nov 1-mar 31", False, True),
    ("Nov-Mar", False, True),
    ("Oct 15-Apr 15", False, True),
    ("Apr-Oct", True, False),
    ("Mar 15 - Sep 15", True, False),  # *
    ("mar 15-Sep 15", True, False),  # *
    ("Oct Su[-1]-Mar Su[-1]", False, True),
    ("Mo-Fr 07:00-17:00", True, True),
    ("Mo-Fr 08:00-20:00", True, True),  # *
    ("Mo-Fr 07:00-09:00", False, False),
    ("06:30-08:30", False, False),  # *
    ("22:00-06:00", False, False),
    ("Sa,Su", False, False),
    ("Nov-Mar Mo-Fr 08:00-16:00", False, True),
    ("May-Sep Mo-Su 07:00-18:00; Oct-Apr off", True, False),  # *
    ("PH", False, False),
    ("wet", False, False),
    ("snow", False, False),
    ("weight>3.5", False, False),
    ("weight > 3.5 t", False, False),
    ("weight<=3.5", True, True),
    ("length>12", False, False),
    ("axles>=3", False, False),
    ("winter AND weight>3.5", False, False),
    ("winter and weight<3.5", False, True),
    ("Mo-Fr 07:00-17:00 AND wet", False, False),
    ("Mo-Fr 07:00-09:00 AND something", False, False),
    ("Mo-Fr 07:00-17:00 AND something", None, None),
    ("by appointment", None, None),
    ('"by appointment"', None, None),
    ("unknown", None, None),
    ("weight>3.5 furlongs", None, None),
    ("charm>3", None, None),
    ('15.03. bis 15.09. Betretungsverbot Wiesenflächen Naturschutzgebietsverordnung "Bangser Ried"', None, None),  # *
    ("", None, None),
    ("()", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "summer", "winter"), CONDITIONS)
def test_a_condition_is_judged_at_the_moment_of_the_season(condition, summer, winter):
    assert (holds(condition, Season.SUMMER), holds(condition, Season.WINTER)) == (summer, winter)


@pytest.mark.parametrize("season", Season)
def test_a_profile_judges_by_its_own_season(season):
    assert CarProfile(season=season).holds("winter") == (season == Season.WINTER)


@settings(deadline=None, max_examples=500)
@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                [
                    *(
                        "Nov",
                        "Mar 31",
                        "week 50",
                        "Mo-Fr",
                        "PH",
                        "07:00",
                        "25:99",
                        "-",
                        ";",
                        ",",
                        "||",
                        " ",
                        "off",
                        "easter",
                    ),
                    *(">", "weight", "AND", "(", ")", '"', "2099", "99999", "Feb 30", "sunset", "+", "/", "[-1]", "\0"),
                ]
            ),
            max_size=8,
        ).map("".join),
    ),
    st.sampled_from(Season),
)
def test_no_text_of_a_condition_is_too_odd(condition, season):
    assert holds(condition, season) in (True, False, None)
