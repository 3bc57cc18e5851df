"""How fairly travel times and capacities fall on people, as a study asks for it."""

from __future__ import annotations

import pandas as pd

from palveluverkko.domain.people import POPULATION
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.equity import equity
from palveluverkko.service.floating_catchment import capacity_by_area, floating_catchment
from palveluverkko.service.levels import LevelsByPlace
from palveluverkko.study.study import Study


def equity_of(study: Study, levels: LevelsByPlace, column: str | None, name_column: str | None) -> pd.DataFrame:
    """Give the unevenness of the whole study for every group, then that of the areas for all people."""
    whole = equity(levels, need=study.equity.need)
    if column is None:
        return whole
    areas = equity(levels, column, name_column=name_column, groups=[POPULATION], need=study.equity.need)
    return pd.concat([whole, areas[areas["area"] != ""]], ignore_index=True)


def capacity_of(
    study: Study, table: TravelTimeTable, levels: LevelsByPlace, column: str | None, name_column: str | None
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Give the capacity within reach by place and by area; None and None where the study does not ask."""
    asked = study.capacity
    if asked is None:
        return None, None
    found = floating_catchment(
        table,
        method=asked.method,
        minutes=asked.minutes,
        scheme=study.scheme,
        group=asked.group,
        capacity=asked.column,
    )
    return found, capacity_by_area(found, levels.frame, column, name_column=name_column, group=asked.group)
