"""Measure the engine beside its peers, print the table, and write it into docs/performance.md.

Run it with ``make bench``, which makes the environment of the peers first; options go into ``ARGS``::

    make bench ARGS="--only 1,2,5"

Rows that something disturbed can be measured again: with a page, they take the place of those of the last full run, and
the page says so::

    make bench ARGS="--only 8 --page docs/performance.md"
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numba
import platformdirs

from measures import MEASURES, Bench, all_engines, new_york, valhalla
from ours import NotThereError
from reading import growth, read_road_file
from report import (
    BEGIN,
    END,
    Engine,
    Results,
    Row,
    describe_machine,
    has_marks,
    read_results,
    to_markdown,
    write_page,
)
from road_graphs import HERE, Case, generated_case, new_york_case, tiled_case

PAGE = HERE.parent / "docs" / "performance.md"
LITTLE_ROAD_FILE = HERE.parent / "data" / "lappi" / "lappi.osm.pbf"
OTHERS = ("10", "11", "engines", "NY")
GENERATED_SIDE = 950
"""Nine hundred thousand crossings, about as many as PT16 has."""


def main() -> None:
    options = _options()
    folder: Path = options.cache
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / ("quick.json" if options.quick else "results.json")
    if options.again:
        results = read_results(stored)
    else:
        results = measure(options, folder)
        if options.only is not None and options.page is not None:
            results = read_results(stored).renewed(results)
        results.write(stored if options.only is None or options.page is not None else folder / "part.json")
    table = to_markdown(results)
    print(f"\n{table}")
    if options.page is not None:
        write_page(options.page, table)
        print(f"{options.page}")
    if any(row.same.startswith("**") for row in results.rows):
        sys.exit("Answers differ: see the last column.")


def measure(options: argparse.Namespace, folder: Path) -> Results:
    bench = _bench(options, folder)
    engines, left_out, rows = list[Engine](), list[str](), list[Row]()
    cases = [bench.case]
    start = perf_counter()
    for number, work in _works(bench, cases, options).items():
        print(f"{perf_counter() - start:6.0f} s  measure {number}", flush=True)
        try:
            rows += work()
        except NotThereError as missing:
            left_out.append(f"measure {number}: no {missing}")
    if "engines" in _chosen(options):
        print(f"{perf_counter() - start:6.0f} s  all engines", flush=True)
        try:
            engines, absent = all_engines(bench)
            left_out += absent
            if options.valhalla:
                engines.append(valhalla(bench))
        except NotThereError as missing:
            left_out.append(f"all engines: no {missing}")
    # Built by the measures that need it, and not by the others.
    order = f"SciPy's quickest order of nodes: {bench.scipy.order}." if "scipy" in vars(bench) else ""
    return Results(
        graphs=[f"{one.name}: {one.label}" for one in cases],
        settings=f"{bench.repeats} turns, {numba.config.NUMBA_NUM_THREADS} threads at hand. {order}".strip(),
        rows=rows,
        engines=engines,
        left_out=left_out,
        machine=describe_machine(["numba", "numpy", "scipy"]),
    )


def _bench(options: argparse.Namespace, folder: Path) -> Bench:
    if options.quick:
        case = generated_case(40, folder)
        return Bench(case=case, repeats=1, folder=folder, origins=32, part=16, places_wanted=200)
    case = tiled_case(4, folder) or generated_case(GENERATED_SIDE, folder)
    return Bench(case=case, repeats=options.repeats, folder=folder)


def _chosen(options: argparse.Namespace) -> set[str]:
    if options.only is not None:
        return set(options.only)
    left_out = set() if options.peers else {"8", "engines"}
    left_out |= {"8", "NY"} if options.quick else set()
    left_out |= set() if options.large or options.quick else {"11"}
    return {*MEASURES, *OTHERS} - left_out


def _works(bench: Bench, cases: list[Case], options: argparse.Namespace) -> dict[str, Callable[[], list[Row]]]:
    """Give the measures chosen, by number; those on other graphs add these to the cases."""

    def reading() -> list[Row]:
        road_file = LITTLE_ROAD_FILE if options.quick else bench.case.road_file
        if road_file is None:
            raise NotThereError("road file: the source extract or osmium-tool is absent")
        return read_road_file(road_file, repeats=bench.repeats, peers=options.peers)

    def size() -> list[Row]:
        sizes = _sizes(bench.case, bench.folder, quick=options.quick)
        cases.extend(one for one in sizes if one is not bench.case)
        return growth(sizes, repeats=min(bench.repeats, 3), folder=bench.folder)

    def other_city() -> list[Row]:
        case = new_york_case(bench.folder)
        if case is None:
            raise NotThereError("New York: the shared folder is absent")
        cases.append(case)
        return new_york(Bench(case=case, repeats=bench.repeats, folder=bench.folder))

    own = {number: partial(work, bench) for number, work in MEASURES.items()}
    works = own | {"10": reading, "11": size, "NY": other_city}
    return {number: work for number, work in works.items() if number in _chosen(options)}


def _sizes(case: Case, folder: Path, *, quick: bool) -> list[Case]:
    """Give a smaller and a larger graph of the same kind around the case."""
    if case.road_file is None:
        side = round(case.graph.nodes**0.5)
        smaller, larger = (generated_case(round(side * factor), folder) for factor in (0.5, 1.2 if quick else 1.5))
    else:
        tiled = [tiled_case(tiles, folder) for tiles in (2, 6)]
        smaller, larger = (one for one in tiled if one is not None)
    return [smaller, case, larger]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small generated graph, once: does it run at all?")
    parser.add_argument("--large", action="store_true", help="also how time grows with size (measure 11)")
    parser.add_argument("--only", help=f"measures, with commas: {', '.join((*MEASURES, *OTHERS))}")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="SciPy and osmium-tool only")
    parser.add_argument("--valhalla", action="store_true", help="also Valhalla's isochrones; needs Python 3.12")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="write the page again from the last full run")
    parser.add_argument("--page", type=Path, help="page to write; default: docs/performance.md after a full run")
    cache = Path(platformdirs.user_cache_dir("palveluverkko")) / "bench"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for graphs and results")
    options = parser.parse_args()
    if options.only is not None:
        options.only = options.only.split(",")
        unknown = sorted(set(options.only) - {*MEASURES, *OTHERS})
        if unknown:
            parser.error(f"no such measure: {', '.join(unknown)}")
    if options.page is None and not options.quick and options.only is None:
        options.page = PAGE
    if options.page is not None and not options.page.is_file():
        parser.error(f"{options.page} does not exist; the table is replaced in a page that has one ({PAGE.name})")
    if options.page is not None and not has_marks(options.page):
        parser.error(f"{options.page} has no marks {BEGIN} and {END}, between which the table is replaced")
    return options


if __name__ == "__main__":
    main()
