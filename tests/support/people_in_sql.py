"""People by municipality, level and band counted anew in SQL, from the files alone: no code of ours takes part."""

from pathlib import Path

import duckdb
import pandas as pd

_QUERY = """
WITH ranks AS (SELECT * FROM (VALUES {ranks}) AS given(level, rank)),
points AS (
    SELECT p.id, r.rank
    FROM read_csv('{points}', all_varchar = true) AS p JOIN ranks AS r USING (level)
    WHERE {is_open}
),
places AS (
    SELECT id, {area} AS area, {groups}
    FROM read_csv('{places}', all_varchar = true)
),
trips AS (
    SELECT {place} AS place, {point} AS point, travel_time
    FROM read_parquet('{times}') WHERE NOT isnan(travel_time)
),
nearest AS (
    SELECT t.place, r.level, min(t.travel_time) AS minutes
    FROM trips AS t JOIN points AS p ON p.id = t.point JOIN ranks AS r ON p.rank >= r.rank
    GROUP BY ALL
),
everyone AS (SELECT places.*, ranks.level, ranks.rank FROM places CROSS JOIN ranks),
banded AS (
    SELECT e.*, (SELECT min(m) FROM unnest([{minutes}]) AS given(m) WHERE n.minutes <= m) AS to_min
    FROM everyone AS e LEFT JOIN nearest AS n ON n.place = e.id AND n.level = e.level
)
SELECT area, level, rank, to_min, {sums}
FROM banded GROUP BY GROUPING SETS ((area, level, rank, to_min), (level, rank, to_min))
"""


def count_people(
    times: Path, points: Path, places: Path, *, codes, minutes, area, groups=("population",), towards=True
) -> pd.DataFrame:
    """Count people, and their bounds, by area (None for the whole study), level and band; empty bands are left out.

    ``area`` is an SQL expression over the columns of the places.
    """
    with duckdb.connect() as base:
        columns = base.read_csv(str(points), all_varchar=True).columns
        known = set(columns)
        is_open = "coalesce(lower(p.open), 'true') = 'true'" if "open" in known else "true"
        if "candidate" in known:
            is_open += " AND coalesce(lower(p.candidate), 'false') = 'false'"
        query = _QUERY.format(
            ranks=", ".join(f"('{code}', {rank})" for rank, code in enumerate(codes)),
            points=points,
            places=places,
            times=times,
            is_open=is_open,
            area=area,
            groups=", ".join(_bounds(one) for one in groups),
            place="from_id" if towards else "to_id",
            point="to_id" if towards else "from_id",
            minutes=", ".join(f"{float(one)}" for one in minutes),
            sums=", ".join(f"CAST(sum({one}) AS DOUBLE) AS {one}" for one in _with_bounds(groups)),
        )
        return base.execute(query).df()


def _bounds(group: str) -> str:
    """Say in SQL what a count is, and what it may be: Statistics Finland hides one to nine people of a square."""
    least = 1 if group == "population" else 0
    count = f"CAST({group} AS BIGINT)"
    return ", ".join(
        f"CASE WHEN {count} < 0 THEN {hidden} ELSE {count} END AS {group}{end}"
        for hidden, end in ((0, ""), (least, "_low"), (9, "_high"))
    )


def _with_bounds(groups):
    return [group + end for group in groups for end in ("", "_low", "_high")]


def same_people(ours: pd.DataFrame, theirs: pd.DataFrame, groups=("population",)) -> None:
    """Assert that two tables count the same people in each area, level and band, to the last one."""
    key, counted = ["area", "level", "to_min"], _with_bounds(groups)
    ours = ours[ours[counted].sum(axis=1) > 0].assign(to_min=lambda rows: rows["to_min"].fillna(-1.0))
    theirs = theirs.assign(area=theirs["area"].fillna(""), to_min=theirs["to_min"].fillna(-1.0))
    theirs = theirs[theirs[counted].sum(axis=1) > 0]
    ours, theirs = (
        frame.astype({"area": object, "level": object}).set_index(key)[counted].sort_index() for frame in (ours, theirs)
    )
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_dtype=False, check_index_type=False)
