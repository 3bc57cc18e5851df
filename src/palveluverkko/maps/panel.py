"""The panel beside the map: summary, targets and findings as rows of finished text."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas import DataFrame

from palveluverkko.maps.inputs import Study, column_numbers, column_texts, text
from palveluverkko.maps.texts import Texts

FINDINGS_SHOWN = 100
"""Most findings of one kind that are listed on the page."""


class SummaryRow(NamedTuple):
    """A level's figures."""

    level: str
    code: str
    mean: str
    p90: str
    worst: str
    worst_name: str
    unreached: str


class NormRow(NamedTuple):
    """A target of the whole study, and the areas that miss it."""

    target: str
    reached: str
    passed: bool
    result: str
    missing: str
    areas: str
    failing: list[str]


class Finding(NamedTuple):
    """A finding; ``kind`` and ``position`` name the marker to show, where there is one."""

    name: str
    metres: str
    detail: str
    kind: str
    position: int


class FindingGroup(NamedTuple):
    """Findings of one kind."""

    heading: str
    number: str
    findings: list[Finding]
    more: str


def summary_rows(study: Study, texts: Texts) -> list[SummaryRow]:
    """Write the summary, one row per level, near level first."""
    if study.summary is None:
        return []
    rows = study.summary.set_index("level")
    return [
        SummaryRow(
            level=study.scheme[code].name(texts.language),
            code=code,
            mean=_minutes(rows.loc[code].get("mean"), texts),
            p90=_minutes(rows.loc[code].get("p90"), texts),
            worst=_minutes(rows.loc[code].get("worst"), texts),
            worst_name=text(rows.loc[code].get("worst_name")) or text(rows.loc[code].get("worst_place")),
            unreached=_count(rows.loc[code].get("unreached"), texts),
        )
        for code in study.scheme.codes
        if code in rows.index
    ]


def norm_rows(study: Study, texts: Texts) -> list[NormRow]:
    """Write the targets of the whole study, with the areas of each that miss it."""
    if study.norms is None or not len(study.norms):
        return []
    norms = study.norms.assign(area=column_texts(study.norms, "area"))
    norms["area_name"] = [
        name or area for name, area in zip(column_texts(norms, "area_name"), norms["area"], strict=True)
    ]
    rows = []
    for _, same in norms.groupby(["level", "minutes", "share", "group"], sort=False):
        areas = same[same["area"] != ""]
        whole = same[same["area"] == ""]
        first = (whole if len(whole) else same).iloc[0]
        failing = areas[~areas["passed"].astype(bool)]
        rows.append(
            NormRow(
                target=texts.page["norm_sentence"].format(
                    level=study.scheme[first["level"]].name(texts.language),
                    share=texts.percent(first["share"], decimals=0),
                    minutes=texts.minutes(first["minutes"]),
                    group=texts.group(str(first["group"])),
                ),
                reached=_share(first["share_reached"], texts) if len(whole) else "",
                passed=bool(first["passed"]) if len(whole) else not len(failing),
                result=texts.page[_result_key(first, whole, failing)],
                missing=_missing(first, texts) if len(whole) else "",
                areas=texts.page["norm_areas"].format(passed=len(areas) - len(failing), all=len(areas))
                if len(areas)
                else "",
                failing=[
                    f"{name}: {_share(share, texts)}"
                    for name, share in zip(failing["area_name"], failing["share_reached"], strict=True)
                ],
            )
        )
    return rows


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


def _result_key(first: pd.Series[Any], whole: DataFrame, failing: DataFrame) -> str:
    passed = bool(first["passed"]) if len(whole) else not len(failing)
    return "norm_passed" if passed else "norm_failed"


def _missing(row: pd.Series[Any], texts: Texts) -> str:
    short = text(row.get("missing"))
    if row["passed"] or not short:
        return ""
    return texts.page["norm_missing"].format(people=texts.decimal(float(np.ceil(float(short)))))


def _minutes(value: object, texts: Texts) -> str:
    return texts.decimal(float(text(value)), decimals=1) if text(value) else "–"


def _count(value: object, texts: Texts) -> str:
    return texts.decimal(float(text(value))) if text(value) else ""


def _share(value: object, texts: Texts) -> str:
    return texts.percent(float(text(value))) if text(value) else "–"
