"""The findings beside the map as rows of finished text."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from palveluverkko.maps.inputs import Study, column_numbers, column_texts
from palveluverkko.maps.texts import Texts

FINDINGS_SHOWN = 100
"""Most findings of one kind that are listed on the page."""


class Finding(NamedTuple):
    """A finding; ``kind`` and ``position`` name the marker to show, where there is one."""

    name: str
    metres: str
    detail: str
    kind: str
    position: int


class FindingGroup(NamedTuple):
    """Findings of one kind."""

    verdict: str
    heading: str
    number: str
    findings: list[Finding]
    more: str


def finding_groups(study: Study, texts: Texts) -> list[FindingGroup] | None:
    """Gather the findings by kind, in the order in which the kinds first come; None where nobody looked."""
    if study.findings is None:
        return None
    names = _subject_names(study)
    groups = []
    for verdict, same in study.findings.groupby("verdict", sort=False):
        shown = same.head(FINDINGS_SHOWN)
        more = len(same) - len(shown)
        groups.append(
            FindingGroup(
                verdict=str(verdict),
                heading=texts.verdict(str(verdict)),
                number=texts.decimal(len(same)),
                findings=[
                    _finding(subject, str(one), metres, detail, names, texts)
                    for subject, one, metres, detail in zip(
                        column_texts(shown, "subject"),
                        column_texts(shown, "id"),
                        column_numbers(shown, "metres"),
                        column_texts(shown, "detail"),
                        strict=True,
                    )
                ],
                more=texts.page["findings_more"].format(count=texts.decimal(more)) if more else "",
            )
        )
    return groups


def _finding(
    subject: str,
    one: str,
    metres: float,
    detail: str,
    names: dict[tuple[str, str], tuple[int, str]],
    texts: Texts,
) -> Finding:
    position, name = names.get((subject, one), (-1, one))
    return Finding(
        name=name,
        metres="" if np.isnan(metres) else texts.page["finding_metres"].format(metres=texts.decimal(metres)),
        detail=detail,
        kind=subject if position >= 0 else "",
        position=position,
    )


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
