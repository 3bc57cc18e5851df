"""People of a grid as large as Statistics Finland's, counted anew by DuckDB."""

import numpy as np
import pandas as pd
from people_in_sql import count_people, same_people
from tables_of_times import BUDGET, SCHEME, travel_time_table

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.report.parquet import write_travel_times
from palveluverkko.service.levels import classify
from palveluverkko.tables.places import read_places
from palveluverkko.tables.points import read_service_points

MINUTES = (15, 30, 60, 90, 120, 150, 180)
GROUPS = ("population", "age_0_14", "age_75_")
CELLS, POINTS, AREAS = 300_000, 12, 300


def test_a_grid_of_a_country_counts_the_same_people_in_sql(tmp_path):
    draw = np.random.default_rng(20)
    cell = np.arange(CELLS)
    north, east = 6650 + cell // 600, 100 + cell % 600
    # About a fifth of the squares are hidden, and their groups with them.
    people = np.where(draw.random(CELLS) < 0.2, -1, draw.integers(0, 400, CELLS))
    places = pd.DataFrame(
        {
            "grd_id": [f"1kmN{n}E{e:04d}" for n, e in zip(north, east, strict=True)],
            "vaesto": people,
            "ika_0_14": np.where(people < 0, -1, people // 5),
            "ika_75_": np.where(people < 0, -1, people // 7),
            "kunta_code": [f"{one:03d}" for one in draw.integers(1, AREAS + 1, CELLS)],
        }
    )
    places.to_csv(tmp_path / "places.csv", index=False)
    points = pd.DataFrame(
        {
            "id": [f"P{one:02d}" for one in range(POINTS)],
            "level": draw.choice(SCHEME.codes, POINTS),
            "x": draw.integers(200_000, 600_000, POINTS),
            "y": draw.integers(6_700_000, 7_100_000, POINTS),
            "crs": "EPSG:3067",
            "open": draw.choice(["true", "true", "false"], POINTS),
        }
    )
    points.to_csv(tmp_path / "points.csv", index=False)
    # Times with many ties and many exactly at a threshold, and a millisecond beside it.
    times = draw.integers(0, BUDGET, (POINTS, CELLS), dtype=np.int32)
    exact = draw.random(times.shape) < 0.3
    times[exact] = draw.choice(MINUTES, exact.sum()).astype(np.int32) * 60_000 + draw.integers(-1, 2, exact.sum())
    times[times > BUDGET] = UNREACHED
    times[draw.random(times.shape) < 0.5] = UNREACHED
    table = travel_time_table(
        times, read_service_points(tmp_path / "points.csv", scheme=SCHEME), read_places(tmp_path / "places.csv")
    )
    write_travel_times(tmp_path / "times.parquet", table.to_frame())

    ours = classify(table, minutes=MINUTES).by_area("kunta_code")
    theirs = count_people(
        tmp_path / "times.parquet",
        tmp_path / "points.csv",
        _renamed(tmp_path),
        codes=SCHEME.codes,
        minutes=MINUTES,
        area="kunta_code",
        groups=GROUPS,
    )
    same_people(ours, theirs, GROUPS)
    assert ours["population"].sum() == 3 * 2 * np.maximum(people, 0).sum()


def _renamed(folder):
    """Write the places with the names of the groups in the results: the query knows no others."""
    head, rest = (folder / "places.csv").read_text(encoding="utf-8").split("\n", 1)
    path = folder / "named.csv"
    names = {"grd_id": "id", "vaesto": "population", "ika_0_14": "age_0_14", "ika_75_": "age_75_"}
    path.write_text(",".join(names.get(one, one) for one in head.split(",")) + "\n" + rest, encoding="utf-8")
    return path
