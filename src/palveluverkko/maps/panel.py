"""The findings beside the map, in the languages of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from palveluverkko.domain.levels import LANGUAGES
from palveluverkko.maps.inputs import Study, column_numbers, column_texts
from palveluverkko.maps.texts import Texts, read_texts

FINDINGS_SHOWN = 100
"""Most findings of one kind that are listed on the page."""


class Finding(NamedTuple):
    """A finding; ``kind`` and ``position`` name the marker to show, where there is one."""

    name: str
    metres: float
    details: Mapping[str, str]
    kind: str
    position: int

    def text(self, texts: Texts) -> str:
        """Say how far and what, in a language."""
        metres = "" if np.isnan(self.metres) else texts.page["finding_metres"].format(metres=texts.decimal(self.metres))
        return " ".join(part for part in (metres, self.details[texts.language]) if part)


class FindingGroup(NamedTuple):
    """Findings of one kind, of which the first are shown."""

    verdict: str
    number: int
    findings: list[Finding]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.number - len(self.findings)


def finding_groups(study: Study) -> list[FindingGroup] | None:
    """Gather the findings by kind, in the order in which the kinds first come; None where nobody looked.

    The column ``detail`` stands in for a language that has no column of its own.
    """
    if study.findings is None:
        return None
    names = _subject_names(study)
    groups = []
    for verdict, same in study.findings.groupby("verdict", sort=False):
        shown = same.head(FINDINGS_SHOWN)
        plain = column_texts(shown, "detail")
        details = {code: column_texts(shown, f"detail_{code}") for code in LANGUAGES}
        details = {code: own if any(own) else plain for code, own in details.items()}
        findings = [
            _finding(subject, str(one), metres, {code: own[row] for code, own in details.items()}, names)
            for row, (subject, one, metres) in enumerate(
                zip(
                    column_texts(shown, "subject"),
                    column_texts(shown, "id"),
                    column_numbers(shown, "metres"),
                    strict=True,
                )
            )
        ]
        groups.append(FindingGroup(str(verdict), len(same), findings))
    return groups


def finding_texts(groups: list[FindingGroup] | None, language: str) -> dict[str, Any]:
    """Write the findings in a language: the heading and the details of each group, in order."""
    texts = read_texts(language)
    return {
        "groups": [
            {
                "heading": texts.verdict(group.verdict),
                "number": f"({texts.decimal(group.number)})",
                "more": texts.page["findings_more"].format(count=texts.decimal(group.more)) if group.more else "",
                "details": [one.text(texts) for one in group.findings],
            }
            for group in groups or []
        ]
    }


def _finding(
    subject: str,
    one: str,
    metres: float,
    details: Mapping[str, str],
    names: dict[tuple[str, str], tuple[int, str]],
) -> Finding:
    position, name = names.get((subject, one), (-1, one))
    return Finding(name, metres, details, subject if position >= 0 else "", position)


def _subject_names(study: Study) -> dict[tuple[str, str], tuple[int, str]]:
    """Name the points and places that a finding may be about, with their positions."""
    names: dict[tuple[str, str], tuple[int, str]] = {}
    frames: dict[str, Any] = {"service_point": study.points, "place": study.places}
    for subject, frame in frames.items():
        if frame is None:
            continue
        for position, (one, name) in enumerate(zip(frame.index, column_texts(frame, "name"), strict=True)):
            names[subject, str(one)] = (position, name or str(one))
    return names
