"""A diagnosis as files: a page, a workbook and layers, each replaced whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from palveluverkko.maps.check_page import Checked, build_check_page
from palveluverkko.report.check_geopackage import write_check_layers
from palveluverkko.report.check_workbook import write_check
from palveluverkko.study.doctor import PARTS_SHOWN, Diagnosis
from palveluverkko.study.doctor_tables import largest, restriction_table
from palveluverkko.study.findings import check_findings, of_water
from palveluverkko.study.pipeline import Inputs
from palveluverkko.study.study import Study

_TABLES = (
    "findings", "unreached", "beyond_access", "duplicates", "parts", "speeds", "speeds_by_area", "rejected",
    "restrictions", "edge",
)  # fmt: skip


def write_diagnosis(
    study: Study, inputs: Inputs, diagnosis: Diagnosis, folder: Path, *, day: date | None = None
) -> list[Path]:
    """Write ``check.html``, ``check.xlsx`` and ``check.gpkg`` into a folder; whatever else lies there stays.

    Parameters
    ----------
    study, inputs, diagnosis
        What was examined and what was found.
    folder
        Made when absent.
    day
        The date in the workbook; today when None.
    """
    language, network = study.study.language, inputs.network
    page, book, layers = (folder / f"check{suffix}" for suffix in (".html", ".xlsx", ".gpkg"))
    restrictions = restriction_table(network, language=language)
    checked = Checked(
        points=inputs.points,
        places=inputs.places,
        spots=diagnosis.spots,
        unreached=diagnosis.unreached,
        parts=largest(diagnosis.parts, PARTS_SHOWN),
        speeds=diagnosis.speeds,
        speeds_by_area=diagnosis.speeds_by_area,
        rejected=diagnosis.rejected,
        restrictions=restrictions,
        edge=diagnosis.edge,
        islands=diagnosis.islands,
        closed_roads=diagnosis.closed_roads,
        roads=None if diagnosis.roads is None else diagnosis.roads.to_crs(network.crs),
        bounds=network.bounds,
    )
    tables = {name: getattr(diagnosis, name) for name in _TABLES}
    tables = {name: pd.DataFrame() if table is None else table for name, table in tables.items()}
    tables["parts"] = tables["parts"].drop(columns="parts")  # each row is one
    tables["restrictions"] = restrictions
    tables["findings"] = check_findings(
        network,
        inputs.points,
        inputs.places,
        of_water(inputs.water, inputs.points, inputs.places),
        lost_ways=diagnosis.lost_ways,
        language=language,
    )
    built = build_check_page(
        checked,
        title=study.study.name,
        scheme=study.scheme,
        language=language,
        attribution=study.study.attribution,
    )
    built.save(page)
    write_check(
        book,
        title=study.study.name,
        language=language,
        date=day or date.today(),  # noqa: DTZ011  # the user's day
        scheme=study.scheme,
        tables=tables,
    )
    write_check_layers(
        layers,
        doubts=diagnosis.spots,
        closed_roads=diagnosis.closed_roads,
        islands=diagnosis.islands,
        roads=diagnosis.roads,
        language=language,
    )
    return [page, book, layers]
