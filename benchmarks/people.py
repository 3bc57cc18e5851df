"""Measure classifying and summing up people beside pandas, and write the table into docs/performance.md.

    .venv/bin/python benchmarks/people.py

300,000 places × 300 points, four levels, 300 areas and five groups of people, a fifth of the counts hidden. Both sides
get the same travel times. pandas does what an analyst would write: the minimum over the columns of a level, cut,
groupby; then of each area, level and group the mean, the median, the 90th percentile, the longest time and its place,
and the people beyond each threshold. Ours also gives the serving points, the classes and the bounds that hidden counts
leave.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.travel import DEFAULT_MINUTES, MILLISECONDS_PER_MINUTE, UNREACHED, Direction
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import classify, serving_points
from report import describe_machine, write_page
from timing import clock, own_peak_bytes, take_turns

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARKS = ("<!-- people: begin -->", "<!-- people: end -->")
SCHEME = LevelScheme("four levels", tuple(Level(code, {"en": code}) for code in ("L", "S", "A", "E")))
GROUPS = ("population", "age_0_14", "age_15_64", "age_65_74", "age_75_")
AREA = "kunta_code"
MOST_SECONDS, MOST_BYTES = 2.0, 10**9


def main() -> None:
    options = _options()
    table = make_table(options.places, options.points, options.areas)
    before = own_peak_bytes()

    def ours() -> tuple[pd.DataFrame, pd.DataFrame]:
        levels = classify(table, scheme=SCHEME)
        return levels.by_area(AREA), levels.by_area_figures(AREA)

    def theirs() -> tuple[pd.DataFrame, pd.DataFrame]:
        return sum_in_pandas(wide, table), figures_in_pandas(wide, table)

    found = ours()
    peak = own_peak_bytes()
    wide = widen(table)
    expected = theirs()
    check(found[0], expected[0])
    check_figures(found[1], expected[1])
    bands = take_turns(
        clock(lambda: classify(table, scheme=SCHEME).by_area(AREA)),
        clock(lambda: sum_in_pandas(wide, table)),
        repeats=options.repeats,
    )
    turns = take_turns(clock(ours), clock(theirs), repeats=options.repeats)
    text = to_markdown(options, (bands.medians, turns.medians), (before, peak, table.milliseconds.nbytes))
    print(text)
    if options.page is not None:
        write_page(options.page, text, marks=MARKS)


def make_table(places: int, points: int, areas: int) -> TravelTimeTable:
    """Make up travel times: half within the budget, many ties; a fifth of the counts hidden."""
    draw = np.random.default_rng(6)
    people = np.where(draw.random(places) < 0.2, -1, draw.integers(0, 400, places))
    columns = {
        group: np.where(people < 0, -1, people // share).astype(float)
        for group, share in zip(GROUPS, (1, 5, 2, 8, 9), strict=True)
    }
    columns[AREA] = np.char.zfill(draw.integers(1, areas + 1, places).astype(str), 3)
    milliseconds = draw.integers(0, 2 * 180 * 60, (points, places), dtype=np.int32) * np.int32(1000)
    milliseconds[milliseconds > 180 * MILLISECONDS_PER_MINUTE] = UNREACHED
    milliseconds.flags.writeable = False
    service_points = _frame(
        {"level": draw.choice(SCHEME.codes, points, p=[0.6, 0.2, 0.15, 0.05]), "open": np.ones(points, dtype=bool)}, "P"
    )
    return TravelTimeTable(
        service_points,
        _frame(columns, "X"),
        milliseconds,
        180 * MILLISECONDS_PER_MINUTE,
        Direction.TO_SERVICE,
        None,  # type: ignore[arg-type]  # nothing stands on a road here
        None,  # type: ignore[arg-type]
    )


def _frame(columns: dict[str, np.ndarray], letter: str) -> geopandas.GeoDataFrame:
    count = len(next(iter(columns.values())))
    index = pd.Index([f"{letter}{one:06d}" for one in range(count)], name="id", dtype=object)
    return geopandas.GeoDataFrame(columns, index=index, geometry=shapely.points(np.zeros((count, 2))), crs=3067)


def widen(table: TravelTimeTable) -> pd.DataFrame:
    """Give minutes by place and point, NaN unreached: what pandas starts from, and is not timed for."""
    minutes = np.where(table.milliseconds == UNREACHED, np.nan, table.milliseconds / MILLISECONDS_PER_MINUTE)
    return pd.DataFrame(minutes.T, index=table.places.index, columns=table.points.index)


def sum_in_pandas(wide: pd.DataFrame, table: TravelTimeTable) -> pd.DataFrame:
    people = table.places[list(GROUPS)].clip(lower=0)
    edges = [-np.inf, *DEFAULT_MINUTES, np.inf]
    parts = []
    for code in SCHEME.codes:
        time = wide[serving_points(table.points, SCHEME, code)].min(axis=1)
        band = pd.cut(time.fillna(np.inf), edges, labels=[*DEFAULT_MINUTES, np.inf])
        sums = people.groupby([table.places[AREA], band], observed=False).sum()
        parts.append(sums.rename_axis(["area", "to_min"]).reset_index().assign(level=code))
    return pd.concat(parts, ignore_index=True)


def figures_in_pandas(wide: pd.DataFrame, table: TravelTimeTable) -> pd.DataFrame:
    people = table.places[list(GROUPS)].clip(lower=0)
    area = table.places[AREA]
    parts = []
    for code in SCHEME.codes:
        time = wide[serving_points(table.points, SCHEME, code)].min(axis=1)
        order = time.sort_values(na_position="last", kind="stable").index
        sorted_time, sorted_area = time[order], area[order]
        inhabited = time[people["population"].gt(0) | table.places["population"].lt(0)].dropna()
        for group in GROUPS:
            heads = people[group]
            reached = heads.where(time.notna(), 0)
            total = heads.groupby(area).sum()
            running = heads[order].groupby(sorted_area).cumsum()
            found = {
                "mean": (time.fillna(0) * reached).groupby(area).sum() / reached.groupby(area).sum(),
                "population": total,
                "reached": reached.groupby(area).sum(),
            }
            for name, share in (("median", 0.5), ("p90", 0.9)):
                enough = running >= share * sorted_area.map(total) - 1e-9
                found[name] = sorted_time[enough].groupby(sorted_area[enough]).first()
            for limit in DEFAULT_MINUTES:
                found[f"beyond_{limit:g}"] = heads.where(~(time <= limit), 0).groupby(area).sum()
            if group == "population":
                found["worst"] = inhabited.groupby(area).max()
                found["worst_place"] = inhabited.groupby(area).idxmax()
            parts.append(pd.DataFrame(found).rename_axis("area").reset_index().assign(level=code, group=group))
    return pd.concat(parts, ignore_index=True)


def check_figures(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """End when a figure differs; means by no more than rounding."""
    key = ["area", "level", "group"]
    sides = [
        frame[frame["area"] != ""]
        .astype({"area": object})
        .set_index(key)
        .sort_index()[[one for one in theirs if one not in key and not one.startswith("worst")]]
        for frame in (ours, theirs)
    ]
    exact = [one for one in sides[0] if one != "mean"]
    same = sides[0][exact].equals(sides[1][exact]) and np.allclose(
        sides[0]["mean"], sides[1]["mean"], rtol=1e-12, equal_nan=True
    )
    worst = [
        frame[(frame["area"] != "") & (frame["group"] == "population")]
        .sort_values(key)["worst_place"]
        .fillna("")
        .tolist()
        for frame in (ours, theirs)
    ]
    if not same or worst[0] != worst[1]:
        sys.exit("Figures differ.")


def check(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """End when one number differs."""
    key = ["area", "level", "to_min"]
    ours = ours[ours["area"] != ""].assign(to_min=lambda rows: rows["to_min"].fillna(np.inf))
    sides = [
        frame.astype({"to_min": float, "area": object}).set_index(key)[list(GROUPS)].sort_index()
        for frame in (ours, theirs)
    ]
    if not sides[0].equals(sides[1]):
        sys.exit("Answers differ.")


def to_markdown(
    options: argparse.Namespace, medians: tuple[tuple[float, float], ...], memory: tuple[int, int, int]
) -> str:
    before, peak, times = memory
    (bands, their_bands), (ours, theirs) = medians
    size = f"{options.places:,} places × {options.points} points × {len(SCHEME.codes)} levels"
    sums = f"{options.areas} areas × {len(GROUPS)} groups"
    machine = ", ".join(f"{name} {value}" for name, value in describe_machine(["numpy", "pandas"]).items())
    rows = [
        (
            "classified and summed up by band",
            f"{bands:.2f} s",
            f"{their_bands:.2f} s pandas",
            f"{their_bands / bands:.1f} ×",
        ),
        (
            "also mean, median, p90, worst place, people beyond",
            f"{ours:.2f} s",
            f"{theirs:.2f} s pandas",
            f"{theirs / ours:.1f} ×",
        ),
        ("the whole process at its peak", f"{peak / 1e6:,.0f} MB", "", ""),
        ("of that the travel times", f"{times / 1e6:,.0f} MB", "", ""),
        ("on top of the tables handed over", f"{(peak - before) / 1e6:,.0f} MB", "", ""),
    ]
    asked = {1: f"< {MOST_SECONDS:g} s", 2: f"< {MOST_BYTES / 1e6:,.0f} MB"}
    lines = [f"| {size}, {sums} | ours | peer | ratio | asked |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} | {asked.get(number, '')} |" for number, row in enumerate(rows)]
    return "\n".join([*lines, "", f"Medians of {options.repeats} turns. {machine}.", ""])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=300_000)
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--areas", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--page", type=Path, help="write the table between its marks in this page")
    return parser.parse_args()


if __name__ == "__main__":
    main()
