"""Every word of the page in Finnish, Swedish and English, and how each language writes numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib import resources
from typing import Any

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import LANGUAGES

_AGE_GROUP = re.compile(r"age_(\d+)_(\d*)")


@dataclass(frozen=True)
class Texts:
    """The words of one language.

    Attributes
    ----------
    language
        fi, sv or en.
    page
        Words of the document itself.
    script
        Words that the page's script puts in, with ``{name}`` where a value goes.
    app
        Words of asking the map and of trying a change.
    verdicts
        What each kind of finding means to a reader.
    number
        ``decimal``, ``group`` and ``percent``: how numbers are written; the script follows the same.
    """

    language: str
    page: Mapping[str, str]
    script: Mapping[str, str]
    app: Mapping[str, str]
    verdicts: Mapping[str, str]
    number: Mapping[str, str]

    def decimal(self, value: float, *, decimals: int = 0) -> str:
        """Write a number; the page's script writes it the same."""
        marks = {",": self.number["group"], ".": self.number["decimal"]}
        return "".join(marks.get(character, character) for character in f"{round_half_up(value, decimals):,f}")

    def percent(self, share: float, *, decimals: int = 1) -> str:
        """Write a share of 0 to 1 as a percentage."""
        return self.decimal(100 * share, decimals=decimals) + self.number["percent"]

    def minutes(self, value: float) -> str:
        """Write a threshold: whole where it is whole."""
        return self.decimal(value, decimals=0 if float(value).is_integer() else 1)

    def verdict(self, slug: str) -> str:
        """Say what a finding means; an unknown one is shown by its own words."""
        return self.verdicts.get(slug, slug.replace("_", " "))

    def group(self, column: str) -> str:
        """Name a population column such as ``age_75_``."""
        if column == "population":
            return self.page["group_everyone"]
        age = _AGE_GROUP.fullmatch(column)
        if age is None:
            return column.replace("_", " ")
        key = "group_ages" if age[2] else "group_age_and_over"
        return self.page[key].format(first=age[1], last=age[2])

    def any_of(self, names: tuple[str, ...]) -> str:
        """Join names as a choice: "L, A or E"."""
        return f" {self.page['or']} ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def round_half_up(value: float, decimals: int) -> Decimal:
    """Round halves away from zero, as people and the browser's ``toFixed`` do; Python's own goes to even."""
    return Decimal(float(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def read_texts(language: str) -> Texts:
    """Read the words of one language.

    Raises
    ------
    StudyError
        The page does not speak the language.
    """
    if language not in LANGUAGES:
        raise StudyError(f"language {language!r} is not known to the map page; use {', '.join(LANGUAGES)}.")
    document: dict[str, Any] = tomllib.loads(
        resources.files(__package__).joinpath("texts.toml").read_text(encoding="utf-8")
    )
    return Texts(language=language, **document[language])
