"""The words of the workbook, the figures and the GeoPackage styles: looked up, filled in, and numbers beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES, LevelScheme
from palveluverkko.domain.people import HIGH, LOW
from palveluverkko.report.check_texts import CHECK_TEXTS
from palveluverkko.report.column_texts import COLUMN_TEXTS
from palveluverkko.report.map_texts import MAP_TEXTS
from palveluverkko.report.sensitivity_texts import SENSITIVITY_TEXTS
from palveluverkko.report.sheet_texts import SHEET_TEXTS

NO_BREAK_SPACE = "\u00a0"
EN_DASH = "\u2013"

TEXTS: Mapping[str, Mapping[str, str]] = {
    **SHEET_TEXTS,
    **COLUMN_TEXTS,
    **MAP_TEXTS,
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
