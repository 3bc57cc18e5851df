"""A text in the languages of planners and officials."""

from __future__ import annotations

from collections.abc import Mapping

from palveluverkko.domain.levels import LANGUAGES


def in_languages(fi: str, sv: str, en: str) -> Mapping[str, str]:
    """Pair a text in Finnish, Swedish and English with the codes of the languages."""
    return dict(zip(LANGUAGES, (fi, sv, en), strict=True))
