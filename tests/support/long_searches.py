"""Searches that take long, one after the other, each to be interrupted; run as a program of its own."""

import signal
import sys
import time

import numpy as np
from graphs import grid_graph, node_anchors, random_graph

from palveluverkko.engine.elimination import arranged, eliminate, prepare
from palveluverkko.engine.search import time_table, time_table_blocks

HOUR = 3_600_000


def run_all():
    """Name each search on a line of standard output when it begins; say how it ended on the next."""
    # A shell that runs the tests in the background has told its children to ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random = np.random.default_rng(1)
    large = grid_graph(random, rows=600, columns=700)
    town = prepare(grid_graph(random, rows=150, columns=200))
    tangle = random_graph(random, nodes=400_000, arcs=1_600_000)
    many, few = node_anchors(random.integers(0, town.graph.nodes, 200_000)), node_anchors([5, 6])
    long = {"starts": many, "ends": few, "budget": HOUR, "search_from": "starts"}
    warm_up(town)

    crowded, order = crowded_order(positions=50_000, neighbours=200)
    town_of_crowds = prepare(crowded, order=order)

    def consume():
        _, blocks = time_table_blocks(town, method="sweep", block=4096, **long)
        for _part, _block in blocks:
            pass

    searches = {
        "buckets": lambda: time_table(town.graph, method="buckets", **long),
        "sweep": lambda: time_table(town, method="sweep", **long),
        "buckets on a large graph": lambda: time_table(large, method="buckets", **long),
        "eliminate": lambda: eliminate(tangle, most_neighbours=2000),
        "prepare": lambda: prepare(crowded, order=order),
        "thin": lambda: town_of_crowds.thinned,
        "blocks": consume,
    }
    for name, search in searches.items():
        try:
            tell(name)
            search()
            tell("finished")
        except KeyboardInterrupt:
            tell("interrupted")
    tell("last")
    time_table(town, method="sweep", **long)
    tell("finished")


def crowded_order(*, positions, neighbours):
    """Give a road without side roads, and an order for it in which every node joins the many before it."""
    road = grid_graph(np.random.default_rng(2), rows=1, columns=positions)
    at = np.arange(positions)
    count = np.minimum(at, neighbours)
    first = np.concatenate(([0], np.cumsum(count)))
    lower = np.arange(first[-1]) - np.repeat(first[1:] - at, count)
    return road, arranged(road, core=0, crown=positions, position=at, first=first, lower=lower)


def warm_up(town):
    """Load the kernels, which is not what is interrupted."""
    assert town.thinned.graph is town.graph
    point = node_anchors([0])
    for method in ("buckets", "sweep"):
        time_table(town, starts=point, ends=point, budget=HOUR, search_from="starts", method=method)


def tell(word):
    sys.stdout.write(f"{word} {time.monotonic()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run_all()
