"""Searches that take long, one after the other, each to be interrupted; run as a program of its own."""

import sys
import time

import numpy as np
from graphs import grid_graph, node_anchors, random_graph

from palveluverkko.engine.elimination import eliminate, prepare
from palveluverkko.engine.search import time_table, time_table_blocks

HOUR = 3_600_000


def run_all():
    """Name each search on a line of standard output when it begins; say how it ended on the next."""
    random = np.random.default_rng(1)
    large = grid_graph(random, rows=600, columns=700)
    town = prepare(grid_graph(random, rows=150, columns=200))
    tangle = random_graph(random, nodes=400_000, arcs=1_600_000)
    many, few = node_anchors(random.integers(0, town.graph.nodes, 200_000)), node_anchors([5, 6])
    long = {"starts": many, "ends": few, "budget": HOUR, "search_from": "starts"}
    warm_up(town)

    def consume():
        _, blocks = time_table_blocks(town, method="sweep", block=4096, **long)
        for _part, _block in blocks:
            pass

    searches = {
        "buckets": lambda: time_table(town.graph, method="buckets", **long),
        "sweep": lambda: time_table(town, method="sweep", **long),
        "buckets on a large graph": lambda: time_table(large, method="buckets", **long),
        "eliminate": lambda: eliminate(tangle, most_neighbours=2000),
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


def warm_up(town):
    """Load the kernels, which is not what is interrupted."""
    point = node_anchors([0])
    for method in ("buckets", "sweep"):
        time_table(town, starts=point, ends=point, budget=HOUR, search_from="starts", method=method)


def tell(word):
    sys.stdout.write(f"{word} {time.monotonic()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run_all()
