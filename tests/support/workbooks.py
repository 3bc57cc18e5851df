"""The workbook of a small study, written and read again."""

from datetime import date

import openpyxl

from palveluverkko.report.texts import TEXTS
from palveluverkko.report.workbook import write_report

HOSTILE = "=cmd|' /C calc'!A0"
HEADER = 4  # row of the header on sheets that hold one table, from 1
SHEETS = [
    "summary",
    "matrix",
    "centres",
    "point_levels",
    "areas",
    "groups",
    "groupings",
    "services",
    "norms",
    "equity",
    "capacity",
    "referral",
    "worst",
    "points",
    "scenarios",
    "findings",
    "bands",
    "sources",
]


def write_book(path, study, scheme, **changed):
    tables = {
        "title": "Lapin palveluverkko & muut",
        "language": "fi",
        "date": date(2026, 3, 5),
        "summary": study.summary,
        "people": study.people,
        "levels": study.levels,
        "norms": study.norms,
        "equity": study.equity,
        "figures": study.figures,
        "centre_levels": study.centre_levels,
        "point_levels": study.point_levels,
        "services": study.services,
        "capacity": study.capacity,
        "referral": study.referral,
        "points_served": study.points.drop(columns="geometry").assign(people_L=[960.0, 30.0, 8.0]),
        "impacts": {"Ilman Posiota": study.impact, HOSTILE: study.impact},
        "findings": study.findings,
        "sources": {"Tieverkko": "lappi.osm.pbf", "Huomautus": HOSTILE},
    }
    write_report(path, scheme=scheme, **{**tables, **changed})
    return openpyxl.load_workbook(path)


def sheet_of(book, key, language="fi"):
    return book[TEXTS[f"sheet_{key}"][language]]


def rows_of(sheet, header=HEADER):
    """Rows of a table by the titles of its columns."""
    titles = [cell.value for cell in sheet[header]]
    values = sheet.iter_rows(min_row=header + 1, values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in values]
