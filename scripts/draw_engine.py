"""Draw the pictures of ``docs/engine.md`` from the embedded Lapland and a town of eight crossings.

Run it from anywhere::

    python scripts/draw_engine.py

Everything shown is computed by the engine, or counted from it; the same inputs give the same files.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle, Wedge
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer

from palveluverkko import read_network
from palveluverkko.domain.files import replacing
from palveluverkko.domain.palette import band_colours
from palveluverkko.engine import search
from palveluverkko.engine.elimination import Elimination, Prepared, Remaining, arranged, prepare
from palveluverkko.engine.graph import UNREACHED, Anchors, Graph, build_graph, freeze_int32
from palveluverkko.engine.plan import Method, make_plan
from palveluverkko.engine.sweep import Sweep
from palveluverkko.engine.topology import depth_first_numbers
from palveluverkko.report.looks import INK, MUTED, ink_on

ROOT = Path(__file__).resolve().parents[1]
ROADS = ROOT / "data" / "lappi" / "lappi.osm.pbf"

Floats = NDArray[np.float64]
Point = tuple[float, float]

DARK, MIDDLE, LIGHT = band_colours(7)[0], band_colours(7)[2], band_colours(7)[5]
ACCENT = "#d95f0e"
"""What a picture is about: the orange that stands apart from YlGnBu for every kind of colour vision."""
ROAD = "#c8ced2"
RAMP = LinearSegmentedColormap.from_list("ramp", band_colours(9)[:7])
"""Dark is near, early, low; the palest steps would vanish as thin lines on white."""

MINUTE = 60_000
DPI = 200
COLOURS = 64
TOWNS = {
    "Rovaniemi": (25.72, 66.50), "Sodankylä": (26.59, 67.42), "Ivalo": (27.54, 68.66), "Kemi": (24.56, 65.74),
    "Muonio": (23.68, 67.96), "Kittilä": (24.91, 67.65), "Tornio": (24.15, 65.85), "Kemijärvi": (27.43, 66.71),
}  # fmt: skip


class Lapland:
    """The embedded network: junctions are the nodes of its graph, and turning takes no time."""

    def __init__(self) -> None:
        self._network = read_network(ROADS, store="none")
        edges = self._network.edges
        last = edges.first_vertex[1:] - 1
        out, back = edges.forward, edges.backward
        tail = np.append(edges.tail[out], edges.head[back])
        head = np.append(edges.head[out], edges.tail[back])
        time = np.append(edges.vertex_forward[last][out], edges.vertex_backward[last][back])
        self.graph = build_graph(self._network.junction_x.size, tail, head, time)
        self.xy: Floats = np.column_stack((self._network.junction_x, self._network.junction_y)) / 1000

    @cached_property
    def lines(self) -> list[Floats]:
        """Roads from junction to junction, kilometres."""
        edges = self._network.edges
        xy = np.column_stack((edges.vertex_x, edges.vertex_y)) / 1000
        return np.split(xy, edges.first_vertex[1:-1])

    @property
    def ends(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Junctions at both ends of each road."""
        return self._network.edges.tail, self._network.edges.head

    def nearest(self, town: str) -> int:
        """Give the junction next to a town."""
        x, y = Transformer.from_crs("EPSG:4326", self._network.crs, always_xy=True).transform(*TOWNS[town])
        return int(np.argmin(np.hypot(*(self.xy - np.asarray((x, y)) / 1000).T)))

    def order(self, crowded: int) -> tuple[NDArray[np.int32], Elimination]:
        """Give the junctions in the order in which they go, and the elimination with a crown of that measure."""
        rest = Remaining(self.graph)
        stop = np.zeros(1, dtype=np.uint8)
        rest.eliminate(crowded, stop)
        crown = rest.own.size
        rest.eliminate(256, stop)
        position, first, lower = rest.arrange(self.graph.nodes - crown)
        return rest.order, arranged(self.graph, core=0, crown=crown, position=position, first=first, lower=lower)

    def times(self, node: int, budget: int) -> NDArray[np.int32]:
        """Give the milliseconds from a junction to all."""
        return search.nearest_nodes(self.graph, seeds=at(node), budget=budget, search_from="starts").time

    def draw(self, axes: Axes, *, colour: str = ROAD, width: float = 0.8) -> None:
        """Draw the roads, and set the axes to them."""
        axes.add_collection(LineCollection(self.lines, colors=colour, linewidths=width, zorder=1))
        low, high = self.xy.min(axis=0) - 12, self.xy.max(axis=0) + 12
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])


class Town(NamedTuple):
    """Eight crossings with times in minutes, the same both ways."""

    names: str
    place: dict[str, Point]
    roads: dict[str, int]

    def graph(self) -> Graph:
        """Give the town as the engine sees it."""
        tail = [self.names.index(end) for road in self.roads for end in road]
        head = [self.names.index(end) for road in self.roads for end in reversed(road)]
        time = np.repeat(list(self.roads.values()), 2) * MINUTE
        return build_graph(len(self.names), np.asarray(tail), np.asarray(head), time)


TOWN = Town(
    "ABCDEFGH",
    {
        "A": (0.0, 2.0), "B": (1.15, 2.15), "C": (2.3, 2.25), "D": (0.35, 0.95),
        "E": (1.75, 1.1), "F": (0.3, -0.1), "G": (1.6, 0.0), "H": (2.75, 1.3),
    },
    {"AB": 4, "BC": 3, "BE": 6, "AD": 6, "DE": 7, "DF": 2, "EG": 4, "FG": 9, "CE": 2, "CH": 3},
)  # fmt: skip


# The pictures, in the order of the page.


def draw_graph(_: Lapland) -> Figure:
    """Show five crossings, and the three arrays that hold them."""
    figure = canvas(8.6, 2.5)
    town = panel(figure, (0.01, 0.02, 0.36, 0.80), "Five crossings")
    place = [(0.0, 0.75), (1.1, 1.55), (2.9, 1.6), (1.75, 0.35), (3.1, 0.0)]
    tail = [0, 1, 1, 1, 2, 2, 3, 3, 4]
    head = [1, 0, 2, 3, 1, 3, 1, 4, 3]
    time = [12_400, 12_400, 8_250, 15_030, 8_250, 6_100, 15_030, 21_700, 21_700]
    told = {(0, 1): (0.25, 1.4), (1, 2): (2.0, 1.93), (1, 3): (0.95, 0.85), (2, 3): (2.65, 0.95), (3, 4): (2.5, -0.15)}
    for a, b, milliseconds in zip(tail, head, time, strict=True):
        both = (b, a) in zip(tail, head, strict=True)
        colour, width = (ACCENT, 1.9) if a == 1 else (MUTED, 1.1)
        arrow(town, place[a], place[b], colour=colour, bend=0.14 if both else 0.0, width=width)
        if (a, b) in told:
            words(town, told[a, b], f"{milliseconds:,}", size=8)
    for number, xy in enumerate(place):
        dot(town, xy, str(number), fill=ACCENT if number == 1 else DARK)
    town.set_xlim(-0.25, 3.4)
    town.set_ylim(-0.3, 2.1)
    arrays = panel(figure, (0.38, 0.02, 0.61, 0.80), "Three arrays")
    first = [0, 1, 4, 6, 8, 9]
    cells(arrays, (1.6, 2.0), [str(one) for one in first], marked={1, 2}, width=0.66)
    cells(arrays, (1.6, 0.8), [str(one) for one in head], marked={1, 2, 3}, width=0.66)
    cells(arrays, (1.6, 0.2), [f"{one:,}" for one in time], marked={1, 2, 3}, width=0.66, size=6.4)
    for y, name in ((2.0, "first_out"), (0.8, "head"), (0.2, "travel_time")):
        words(arrays, (1.48, y + 0.22), name, size=9, align="right", colour=INK, family="monospace")
    for at_cell, to in ((1.5, 1.0), (2.5, 4.0)):
        start, end = (1.6 + 0.66 * at_cell, 1.98), (1.6 + 0.66 * to, 1.28)
        arrow(arrays, start, end, colour=ACCENT, width=1.2, gap=1)
    for cell in range(6):
        told_node = str(cell) if cell < len(place) else "end"
        words(arrays, (1.6 + 0.66 * cell + 0.31, 2.62), told_node, size=7.5, colour=ACCENT if cell == 1 else MUTED)
    words(arrays, (1.48, 2.62), "node", size=7.5, align="right")
    words(arrays, (4.5, 1.6), "the arcs out of node 1", size=8, align="left", colour=ACCENT)
    arrays.set_xlim(0, 7.6)
    arrays.set_ylim(0.1, 2.8)
    return figure


def draw_numbering(lapland: Lapland) -> Figure:
    """Join the junctions of Lapland in the order of their numbers."""
    figure = canvas(8.6, 4.5)
    graph = lapland.graph
    numbered: dict[str, NDArray[Any]] = {
        "Depth first": depth_first_numbers(graph.nodes, graph.tail(), graph.head),
        "At random": np.random.default_rng(1).permutation(graph.nodes),
    }
    for column, (name, number) in enumerate(numbered.items()):
        axes = panel(figure, (0.01 + 0.5 * column, 0.07, 0.48, 0.85), name)
        lapland.draw(axes)
        in_order = lapland.xy[np.argsort(number)]
        pieces = np.stack((in_order[:-1], in_order[1:]), axis=1)
        colours = RAMP(np.linspace(0, 0.999, len(pieces)) * 6 // 1 / 5)  # six steps: a small file
        width = 1.5 if column == 0 else 0.7
        axes.add_collection(LineCollection(list(pieces), colors=colours, linewidths=width, zorder=2))
        marks(axes, in_order, s=6, c=INK, zorder=3, linewidths=0)
        apart = np.abs(number[graph.tail()] - number[graph.head])
        told = f"the two ends of a road: {np.median(apart):.0f} apart in the median, {apart.max()} at most"
        axes.text(0.5, -0.035, told, transform=axes.transAxes, ha="center", color=MUTED, fontsize=8.5)
    return figure


def draw_buckets(lapland: Lapland) -> Figure:
    """Stop a search from Rovaniemi at its 24th bucket: the map and the ring."""
    figure = canvas(8.6, 5.4)
    width, now, ring = 5 * MINUTE, 23, 32
    origin = lapland.nearest("Rovaniemi")
    time, entries = half_searched(lapland.graph, origin, width=width, until=now)
    slot = time // width
    settled, waiting = slot < now, (slot >= now) & (time != UNREACHED)
    axes = panel(figure, (0.01, 0.02, 0.46, 0.90), "Settled, waiting, not yet seen")
    lapland.draw(axes)
    marks(axes, lapland.xy[time == UNREACHED], s=12, c="white", edgecolors=MUTED, linewidths=0.7, zorder=3)
    marks(axes, lapland.xy[settled], s=16, c=slot[settled], cmap=RAMP, vmin=0, vmax=now, zorder=4, linewidths=0)
    marks(axes, lapland.xy[waiting], s=34, c=ACCENT, edgecolors="white", linewidths=0.8, zorder=5)
    marks(axes, lapland.xy[origin], s=120, marker="*", c=INK, edgecolors="white", linewidths=0.8, zorder=6)
    wheel = panel(figure, (0.50, 0.02, 0.49, 0.90), "A ring of buckets, five minutes each")
    for bucket in range(ring):
        of = now + (bucket - now) % ring
        here = [node for node, into in entries if into == of]
        fill = ACCENT if of == now else "#f3f5f6"
        step = 360 / ring
        begin = 90 - step * (bucket + 1)
        wheel.add_patch(Wedge((0, 0), 1.0, begin + 0.5, begin + step - 0.5, width=0.22, facecolor=fill, linewidth=0))
        angle = np.deg2rad(begin + step / 2)
        away = np.asarray((np.cos(angle), np.sin(angle)))
        if bucket % 2 == now % 2:
            colour = INK if of == now else MUTED
            words(wheel, (0.69 * away[0], 0.69 * away[1]), f"{of * 5}", size=7, colour=colour)
        for number, node in enumerate(here):
            live = slot[node] == of
            out = away * (1.07 + 0.072 * number)
            marks(wheel, out, s=26, c=ACCENT if live else "white", edgecolors=ACCENT, linewidths=1)
    angle = np.deg2rad(90 - 360 / ring * (now + 0.5))
    arrow(wheel, (0, 0), (0.6 * np.cos(angle), 0.6 * np.sin(angle)), colour=INK, width=1.6, gap=0)
    words(wheel, (0.0, 0.34), "minutes at which\neach bucket begins", size=8)
    legend = ((-1.3, ACCENT, "a junction that waits"), (-1.45, "white", "an entry left behind: a quicker way came"))
    for y, fill, text in legend:
        wheel.scatter(-0.98, y, s=30, c=fill, edgecolors=ACCENT, linewidths=1)
        words(wheel, (-0.9, y), text, size=8.5, align="left")
    wheel.set_xlim(-1.85, 1.08)
    wheel.set_ylim(-1.55, 1.2)
    return figure


def draw_elimination(_: Lapland) -> Figure:
    """Take nodes out of a town one by one."""
    figure = canvas(8.6, 2.3)
    # The order is the engine's own, as in the tree of the sweep.
    frames: list[tuple[str, str, dict[str, int], str]] = [
        ("The town", "minutes", {}, ""),
        ("H goes, then A", "B–A–D: 4 + 6, new", {"BD": 10}, "HA"),
        ("F goes", "D–F–G: 2 + 9, new", {"DG": 11}, "HAF"),
        ("G goes", "D–G–E: 11 + 4 loses to 7", {"DE": 7}, "HAFG"),
        ("C goes", "B–C–E: 3 + 2 beats 6", {"BE": 5}, "HAFGC"),
    ]
    known: dict[str, int] = {}
    for column, (name, told, joined, gone) in enumerate(frames):
        axes = panel(figure, (0.005 + 0.2 * column, 0.01, 0.19, 0.8), name)
        known |= joined
        for road, minutes in {**TOWN.roads, **known}.items():
            a, b = (TOWN.place[end] for end in road)
            left, new = not set(road) & set(gone), road in joined
            line(axes, a, b, colour=ACCENT if new else MUTED if left else "#e3e7ea", width=2.2 if new else 1.2)
            if left:
                words(axes, between(a, b, 0.5), str(minutes), size=7, colour=ACCENT if new else INK, boxed=True)
        for crossing, xy in TOWN.place.items():
            now = crossing in set(gone) - set(frames[column - 1][3])
            fill = "white" if crossing in gone else DARK
            edge = ACCENT if now else "#d5dade" if crossing in gone else "white"
            dot(axes, xy, crossing, fill=fill, edge=edge, radius=0.23)
        words(axes, (1.35, -0.68), told, size=7.8)
        axes.set_xlim(-0.35, 3.05)
        axes.set_ylim(-0.85, 2.6)
    return figure


def draw_order(lapland: Lapland) -> Figure:
    """Colour Lapland by when a junction goes; beside it the tree, and one climb through both."""
    figure = canvas(8.6, 5.6)
    order, found = lapland.order(256)
    nodes = lapland.graph.nodes
    rank = np.empty(nodes, dtype=np.int64)
    rank[order] = np.arange(nodes)
    node_of = np.argsort(found.position)
    climb = [int(found.position[lapland.nearest("Rovaniemi")])]
    while found.parent[climb[-1]] >= 0:
        climb.append(int(found.parent[climb[-1]]))
    axes = panel(figure, (0.01, 0.05, 0.44, 0.87), "When each junction goes")
    higher = np.repeat(np.arange(nodes), np.diff(found.first))
    roads = {(min(one), max(one)) for one in zip(*(found.position[end] for end in lapland.ends), strict=True)}
    added = [(a, b) for a, b in zip(higher, found.lower, strict=True) if (b, a) not in roads]
    segments = [lapland.xy[node_of[list(pair)]] for pair in added]
    axes.add_collection(LineCollection(segments, colors=MIDDLE, linewidths=0.5, alpha=0.45, zorder=0))
    lapland.draw(axes)
    marks(axes, lapland.xy, s=17, c=-rank, cmap=RAMP, zorder=3, linewidths=0)
    axes.plot(*lapland.xy[node_of[climb]].T, color=ACCENT, linewidth=1.6, zorder=4)
    marks(axes, lapland.xy[node_of[climb]], s=24, c=ACCENT, edgecolors="white", linewidths=0.6, zorder=5)
    told = f"faint: {len(added)} arcs joined between neighbours, beside {len(roads)} roads"
    axes.text(0.5, -0.03, told, transform=axes.transAxes, ha="center", color=MUTED, fontsize=8)
    x, depth = tree_layout(found.parent)
    told = f"The tree: {nodes} junctions, {depth.max()} steps deep"
    tree = panel(figure, (0.48, 0.05, 0.51, 0.87), told, equal=False)
    child = np.flatnonzero(found.parent >= 0)
    above = found.parent[child]
    steps = np.stack((np.column_stack((x[child], -depth[child])), np.column_stack((x[above], -depth[above]))), axis=1)
    tree.add_collection(LineCollection(list(steps), colors=ROAD, linewidths=0.7, zorder=1))
    tree.scatter(x, -depth, s=13, c=-rank[node_of], cmap=RAMP, zorder=2, linewidths=0)
    tree.plot(x[climb], -depth[climb], color=ACCENT, linewidth=1.6, zorder=3)
    tree.scatter(x[climb], -depth[climb], s=20, c=ACCENT, edgecolors="white", linewidths=0.6, zorder=4)
    tree.set_ylim(-depth.max() - 1.2, 0.8)
    told = f"orange: the climb from Rovaniemi, {len(climb)} junctions; dark goes last"
    tree.text(0.5, -0.03, told, transform=tree.transAxes, ha="center", color=MUTED, fontsize=8)
    return figure


def draw_sweep(_: Lapland) -> Figure:
    """Show the town's tree with one climb and the order of the sweep, and the rows of its lanes."""
    figure = canvas(8.6, 4.0)
    graph = TOWN.graph()
    prepared = prepare(graph)
    order = prepared.order
    node_of = np.argsort(order.position)
    x, depth = tree_layout(order.parent)
    axes = panel(figure, (0.01, 0.06, 0.42, 0.82), "Up from H, then down over all", equal=False)
    climb = [int(order.position[TOWN.names.index("H")])]
    while order.parent[climb[-1]] >= 0:
        climb.append(int(order.parent[climb[-1]]))
    side = prepared.onward
    for high in range(graph.nodes):
        for low in order.lower[order.first[high] : order.first[high + 1]]:
            a, b = (x[high], -depth[high]), (x[low], -depth[low])
            straight = order.parent[high] == low
            line(axes, a, b, colour="#9aa6ad" if straight else "#dde2e5", width=1.4 if straight else 1.0)
    for low, high in pairwise(climb):
        start, end = (x[low], -depth[low]), (x[high], -depth[high])
        arrow(axes, start, end, colour=ACCENT, width=2.0, gap=10)
    for number in range(graph.nodes):
        xy = (x[number], -depth[number])
        axes.scatter(*xy, s=330, c=ACCENT if number in climb else DARK, edgecolors="white", linewidths=1.5, zorder=4)
        axes.text(*xy, TOWN.names[node_of[number]], color="white", ha="center", va="center", fontsize=9, zorder=5)
        axes.text(xy[0] + 0.3, xy[1], str(number), color=INK, va="center", fontsize=9)
    axes.set_xlim(x.min() - 0.7, x.max() + 0.9)
    axes.set_ylim(-depth.max() - 0.45, 0.45)
    words(axes, (0.02, 0.0), "numbers: positions, the\norder of the sweep", size=8, align="left", within=True)
    origins = np.arange(graph.nodes)
    table = search.time_table(
        prepared, starts=at(*origins), ends=at(*node_of), budget=100 * MINUTE, search_from="starts", method="sweep"
    ).milliseconds.T // MINUTE  # fmt: skip
    lanes = panel(figure, (0.46, 0.06, 0.53, 0.82), "One row a crossing, one lane an origin", equal=False)
    for row in range(graph.nodes):
        words(lanes, (-0.25, -row - 0.5), f"{row}  {TOWN.names[node_of[row]]}", size=9, align="right", colour=INK)
        for lane in origins:
            fill = RAMP(float(table[row, lane]) / table.max())
            shade = "#" + "".join(f"{round(255 * part):02x}" for part in fill[:3])
            lanes.add_patch(Rectangle((float(lane), -row - 1), 0.96, 0.92, facecolor=shade, edgecolor="none"))
            told = str(table[row, lane])
            lanes.text(lane + 0.48, -row - 0.54, told, ha="center", va="center", fontsize=8.5, color=ink_on(shade))
    for lane in origins:
        mine = TOWN.names[lane] == "H"
        colour = ACCENT if mine else MUTED
        lanes.text(lane + 0.48, 0.25, f"from {TOWN.names[lane]}", ha="center", fontsize=7.5, color=colour)
    last = graph.nodes - 1
    into = range(side.first_in[last], side.first_in[last + 1])
    ways = [f"row {side.tail[arc]} + {side.drop_time[arc] / MINUTE:.0f}" for arc in into]
    lanes.add_patch(Rectangle((-0.05, -last - 1.06), 8.06, 1.04, fill=False, edgecolor=ACCENT, linewidth=1.6))
    joined = f"row {last} = min({', '.join(ways)})" if len(ways) > 1 else f"row {last} = {ways[0]}"
    lanes.text(4, -last - 1.55, f"{joined}, in all lanes at once", ha="center", color=ACCENT, fontsize=8.5)
    lanes.set_xlim(-1.1, 8.1)
    lanes.set_ylim(-last - 1.8, 0.6)
    return figure


def draw_gates(lapland: Lapland) -> Figure:
    """Show which trees half an hour from Rovaniemi reaches, and on which junctions three places depend."""
    figure = canvas(8.6, 5.6)
    _, found = lapland.order(3)
    node_of = np.argsort(found.position)
    xy = lapland.xy[node_of]
    origin = lapland.nearest("Rovaniemi")
    time = lapland.times(origin, 30 * MINUTE)[node_of]
    reached = time != UNREACHED
    tree_of = np.repeat(np.arange(-1, found.tree.size - 1), np.diff(found.tree, prepend=0))
    entered = [
        bool(reached[found.gate[found.first_gate[tree] : found.first_gate[tree + 1]]].any())
        or tree == tree_of[found.position[origin]]
        for tree in range(found.tree.size - 1)
    ]
    swept = np.append(entered, True)[tree_of]
    crown = np.arange(xy.shape[0]) < found.crown
    axes = panel(figure, (0.01, 0.06, 0.47, 0.86), "Half an hour from Rovaniemi")
    lapland.draw(axes)
    pale = [xy[found.tree[tree] : found.tree[tree + 1]] for tree in range(found.tree.size - 1) if not entered[tree]]
    marks(axes, np.concatenate(pale), s=11, c="#d3d9dc", zorder=2, linewidths=0)
    marks(axes, xy[swept & ~crown], s=20, c=DARK, zorder=4, linewidths=0)
    marks(axes, xy[crown], s=24, marker="D", c="white", edgecolors=MUTED, linewidths=0.8, zorder=3)
    marks(axes, xy[crown & reached], s=30, marker="D", c=ACCENT, edgecolors="white", linewidths=0.7, zorder=5)
    marks(axes, lapland.xy[origin], s=120, marker="*", c=INK, edgecolors="white", linewidths=0.8, zorder=6)
    told = f"{sum(entered)} of {len(entered)} trees entered (dark), by gates reached (orange)"
    axes.text(0.5, -0.03, told, transform=axes.transAxes, ha="center", color=MUTED, fontsize=8)
    places = [lapland.nearest(town) for town in ("Ivalo", "Muonio", "Kemi")]
    _, single = lapland.order(256)
    node_of = np.argsort(single.position)
    needed = {int(single.position[place]) for place in places}
    for position in range(node_of.size - 1, -1, -1):
        if position in needed:
            needed.update(int(low) for low in single.lower[single.first[position] : single.first[position + 1]])
    kept = node_of[sorted(needed)]
    axes = panel(figure, (0.51, 0.06, 0.47, 0.86), "Three places are wanted")
    lapland.draw(axes)
    marks(axes, lapland.xy, s=11, c="#d3d9dc", zorder=2, linewidths=0)
    marks(axes, lapland.xy[kept], s=20, c=DARK, zorder=3, linewidths=0)
    marks(axes, lapland.xy[places], s=60, marker="s", c=ACCENT, edgecolors="white", linewidths=0.9, zorder=4)
    told = f"{len(needed)} of {node_of.size} rows swept: what the places (squares) depend on"
    axes.text(0.5, -0.03, told, transform=axes.transAxes, ha="center", color=MUTED, fontsize=8)
    return figure


def draw_berths(lapland: Lapland) -> Figure:
    """Show which berth each row of Lapland has in a sweep, and how much there is to tell by budget."""
    figure = canvas(8.6, 3.4)
    _, found = lapland.order(3)
    nodes, crown = found.position.size, found.crown
    largest = int(np.diff(found.tree).max())
    begin = np.repeat(np.append(0, found.tree[:-1]), np.diff(found.tree, prepend=0))
    row = np.arange(nodes)
    berth = np.where(row < crown, row, crown + row - begin)
    axes = figure.add_axes((0.075, 0.165, 0.40, 0.70))
    axes.plot(row[crown:], row[crown:], color=ROAD, linewidth=1.4)
    axes.vlines(row[crown:], 0, berth[crown:], color=LIGHT, linewidth=0.7)
    axes.scatter(row[:crown], berth[:crown], s=5, c=ACCENT, linewidths=0)
    axes.scatter(row[crown:], berth[crown:], s=5, c=DARK, linewidths=0)
    axes.set_xlabel("row, in the order of the sweep", color=MUTED, fontsize=9)
    axes.set_ylabel("berth", color=MUTED, fontsize=9)
    axes.text(nodes * 0.62, nodes * 0.72, "one for each row", color=MUTED, fontsize=8.5, ha="right")
    axes.text(crown * 0.9, crown * 1.15, "crown", color=ACCENT, fontsize=8.5, ha="right")
    told = f"shared by {found.tree.size - 1} trees: {crown + largest} berths in all"
    axes.text(nodes, crown * 0.45, told, color=INK, fontsize=8.5, ha="right")
    share = figure.add_axes((0.575, 0.165, 0.40, 0.70))
    minutes = np.arange(5, 361, 5)
    origins = np.random.default_rng(1).choice(nodes, 32, replace=False)
    time = search.time_table(
        lapland.graph, starts=at(*origins), ends=at(*row), budget=int(minutes[-1]) * MINUTE, search_from="starts"
    ).milliseconds  # fmt: skip
    reached = np.asarray([(time <= one * MINUTE).mean() for one in minutes])
    limit = 1 / Sweep.sparse
    share.fill_between(minutes, reached, where=reached <= limit, color=LIGHT, linewidth=0)
    share.fill_between(minutes, reached, where=np.append(reached[1:], 1) >= limit, color=DARK, linewidth=0)
    share.axhline(limit, color=ACCENT, linewidth=1.2, linestyle=(0, (4, 3)))
    share.text(355, limit + 0.02, f"one in {Sweep.sparse}", color="white", fontsize=8.5, ha="right")
    share.text(295, 0.3, "staged", color="white", fontsize=9.5, ha="center")
    share.annotate("noted", (minutes[reached <= limit][-2], 0.07), (20, 0.45), color=INK, fontsize=9.5,
                   arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8})  # fmt: skip
    share.set_xlabel("budget, minutes", color=MUTED, fontsize=9)
    share.set_ylim(0, 1)
    share.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    for one, name in ((axes, "Where the lanes of a row lie"), (share, "How many of the times there are to tell")):
        one.tick_params(colors=MUTED, labelsize=8.5, length=0)
        for edge in one.spines.values():
            edge.set_visible(False)
        figure.text(one.get_position().x0, 0.91, name, fontsize=11, color=INK, fontweight="bold")
    return figure


def draw_triangle(_: Lapland) -> Figure:
    """Show the one step of customising, with three sets of times, and what thinning leaves out."""
    figure = canvas(8.6, 2.2)
    corner = {"C": (1.0, 0.0), "B": (0.0, 1.5), "E": (2.0, 1.5)}
    frames: list[tuple[str, str, dict[str, int | None]]] = [
        ("C goes before B and E", "B–E = min(6, 3 + 2) = 5", {"BC": 3, "CE": 2, "BE": 5}),
        ("Snow: C–E takes 4", "B–E = min(6, 3 + 4) = 6", {"BC": 3, "CE": 4, "BE": 6}),
        ("B–C is closed", "B–E = min(6, ∞ + 2) = 6", {"BC": None, "CE": 2, "BE": 6}),
        ("Thinning", "C–E 9 loses to C–B–E, 3 + 5", {"BC": 3, "CE": 9, "BE": 5}),
    ]
    for column, (name, told, roads) in enumerate(frames):
        axes = panel(figure, (0.01 + 0.25 * column, 0.02, 0.235, 0.78), name)
        thinned = "CE" if column == len(frames) - 1 else ""
        for road, minutes in roads.items():
            a, b = (corner[end] for end in road)
            closed = minutes is None or road == thinned
            found = road == "BE" and not thinned
            line(axes, a, b, colour=ACCENT if found else MUTED, width=2.4 if found else 1.3, dashed=closed)
            shown = "closed" if minutes is None else str(minutes)
            words(axes, between(a, b, 0.5), shown, size=8.5, colour=ACCENT if found else INK, boxed=True)
        for crossing, xy in corner.items():
            dot(axes, xy, crossing, fill=LIGHT if crossing == "C" else DARK, radius=0.2)
        words(axes, (1.0, -0.6), told, size=8.5)
        axes.set_xlim(-0.5, 2.5)
        axes.set_ylim(-0.75, 1.85)
    return figure


def draw_positions(_: Lapland) -> Figure:
    """Show a start and an end on one road, their two slots, and the direction of a search."""
    figure = canvas(8.6, 1.5)
    west, east, start, end = (0.0, 0.0), (6.0, 0.0), (1.8, 0.0), (4.2, 0.0)
    frames: list[tuple[str, list[tuple[Point, Point, str, str, float]], str]] = [
        (
            "A start has two slots",
            [(start, west, "3 min", DARK, -0.35), (start, east, "7 min", DARK, 0.35)],
            "it enters the graph at either end of its road",
        ),
        (
            "So has an end",
            [(west, end, "7 min", DARK, 0.35), (east, end, "3 min", DARK, -0.35)],
            "it leaves the graph from either end",
        ),
        (
            "One road, one trip",
            [(start, end, "4 min", ACCENT, 0.0)],
            "the end lies ahead: no junction is passed",
        ),
    ]
    for column, (name, ways, told) in enumerate(frames):
        axes = panel(figure, (0.015 + 0.333 * column, 0.02, 0.31, 0.74), name)
        line(axes, west, east, colour=ROAD, width=5)
        for a, b, minutes, colour, bend in ways:
            arrow(axes, a, b, colour=colour, bend=bend, width=1.8, gap=7)
            height = 0.35 if bend == 0 else 0.28 + 0.5 * abs(bend) * abs(b[0] - a[0])
            words(axes, ((a[0] + b[0]) / 2, height), minutes, size=9, colour=colour)
        for xy in (west, east):
            axes.add_patch(Circle(xy, 0.22, facecolor=INK, edgecolor="white", linewidth=1.2, zorder=4))
        for xy, mark, shown in ((start, "o", column != 1), (end, "s", column != 0)):
            if shown:
                axes.scatter(*xy, s=90, marker=mark, c=ACCENT, edgecolors="white", linewidths=1.2, zorder=5)
        words(axes, (3.0, -0.95), told, size=8.5)
        axes.set_xlim(-0.5, 6.5)
        axes.set_ylim(-1.15, 1.35)
    return figure


def draw_nearest(lapland: Lapland) -> Figure:
    """Show a label in bits, and the roads of Lapland by the town that is nearest."""
    figure = canvas(8.6, 5.4)
    axes = panel(figure, (0.01, 0.05, 0.46, 0.87), "One search for all, one label a junction")
    lapland.draw(axes, colour="#e6eaec")
    towns = {"Rovaniemi": DARK, "Sodankylä": "#41b6c4", "Ivalo": "#7a9a1f", "Kemi": "#8c6bb1", "Muonio": ACCENT}
    junctions = [lapland.nearest(town) for town in towns]
    found = search.nearest_nodes(lapland.graph, seeds=at(*junctions), budget=6000 * MINUTE, search_from="ends")
    shades = list(towns.values())
    tail, head = lapland.ends
    pieces, colours = [], []
    for road, one, other in zip(lapland.lines, tail, head, strict=True):
        middle = len(road) // 2
        pieces += [road[: middle + 1], road[middle:]]
        colours += [shades[found.owner[end]] if found.owner[end] >= 0 else ROAD for end in (one, other)]
    axes.add_collection(LineCollection(pieces, colors=colours, linewidths=1.6, zorder=2))
    for (town, colour), junction in zip(towns.items(), junctions, strict=True):
        x, y = lapland.xy[junction]
        axes.scatter(x, y, s=75, c=colour, edgecolors="white", linewidths=1.4, zorder=4)
        axes.text(
            x + 9, y + 4, town, fontsize=9, color=INK, zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1},
        )  # fmt: skip
    label = panel(figure, (0.5, 0.05, 0.49, 0.87), "A label: time above owner")
    for y, owner, told in ((8.0, 0, "by one road"), (5.9, 2, "by another, just as long")):
        shade = towns[list(towns)[owner]]
        faint = 1.0 if owner == 0 else 0.45
        label.add_patch(Rectangle((0, y), 5.4, 0.9, facecolor=INK, edgecolor="white", alpha=faint))
        label.add_patch(Rectangle((5.45, y), 4.5, 0.9, facecolor=shade, edgecolor="white", alpha=faint))
        words(label, (2.7, y + 0.43), f"{41 * MINUTE:,} ms", size=10, colour="white")
        words(label, (7.7, y + 0.43), f"{owner}  {list(towns)[owner]}", size=10, colour="white")
        words(label, (0, y + 1.25), told, size=8.5, align="left")
    words(label, (2.7, 5.55), "33 bits: milliseconds", size=8)
    words(label, (7.7, 5.55), "31 bits: position of the owner", size=8)
    told = "One comparison of two integers takes\nthe quicker, and of equals the first."
    words(label, (0, 4.4), told, size=9, align="left", colour=INK)
    places = ["Kittilä", "Tornio", "Kemijärvi"]
    ends = at(*(lapland.nearest(place) for place in places))
    k_nearest = search.k_nearest(
        lapland.graph, k=2, starts=ends, ends=at(*junctions), budget=6000 * MINUTE, search_from="ends"
    )  # fmt: skip
    words(label, (0, 2.65), "The two nearest: a column a place, kept in order", size=9, align="left", colour=INK)
    for column, place in enumerate(places):
        words(label, (1.6 + 3.35 * column, 2.0), place, size=8.5)
        for row in range(2):
            owner, minutes = k_nearest.owner[row, column], k_nearest.time[row, column] / MINUTE
            corner = (3.35 * column, 0.95 - 0.75 * row)
            label.add_patch(Rectangle(corner, 3.25, 0.68, facecolor=shades[owner], edgecolor="none"))
            told = f"{minutes:.0f} min  {list(towns)[owner]}"
            words(label, (corner[0] + 1.62, corner[1] + 0.33), told, size=8, colour=ink_on(shades[owner]))
    label.set_xlim(-0.1, 10.1)
    label.set_ylim(-0.1, 9.6)
    return figure


def draw_plan(_: Lapland) -> Figure:
    """Ask the plan for its choice on a generated town of a quarter of a million crossings, by searches and reach."""
    figure = canvas(8.6, 3.5)
    graph = streets(500)
    searches, shares = np.geomspace(1, 10_000, 161), np.geomspace(1e-3, 1, 121)
    for column, (name, prepared) in enumerate((("Nothing prepared", None), ("Prepared", prepare(graph)))):
        axes = figure.add_axes((0.085 + 0.46 * column, 0.165, 0.415, 0.715))
        swept = [[chosen(graph, prepared, round(count), share) for count in searches] for share in shares]
        axes.pcolormesh(searches, shares, np.asarray(swept), cmap=ListedColormap([LIGHT, DARK]), shading="nearest")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
        axes.set_yticks([1e-3, 1e-2, 1e-1, 1], ["0.1 %", "1 %", "10 %", "all"] if column == 0 else [""] * 4)
        axes.minorticks_off()
        axes.tick_params(colors=MUTED, labelsize=8.5, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_xlabel("searches", color=MUTED, fontsize=9)
        if column == 0:
            axes.set_ylabel("of the nodes reached by each", color=MUTED, fontsize=9)
        axes.text(1.2, 0.0012, "buckets", color=INK, fontsize=11)
        axes.text(1500, 0.3, "sweep", color="white", fontsize=11)
        figure.text(0.085 + 0.46 * column, 0.91, name, fontsize=11, color=INK, fontweight="bold")
    return figure


# What the pictures are computed with.


def at(*nodes: int) -> Anchors:
    """Give points that stand on nodes."""
    node = np.asarray(nodes)[:, None]
    zero, absent = freeze_int32(node * 0), freeze_int32(node * 0 - 1)
    return Anchors(freeze_int32(node), zero, absent, zero, freeze_int32(node[:, 0] * 0))


def streets(side: int) -> Graph:
    """Give a chess-board town with six in ten of its streets: 2.4 arcs out of a crossing, as roads have."""
    node = np.arange(side * side).reshape(side, side)
    one = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
    other = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
    kept = np.random.default_rng(1).permutation(one.size)[: one.size * 6 // 10]
    ends = np.concatenate((one[kept], other[kept])), np.concatenate((other[kept], one[kept]))
    return build_graph(node.size, *ends, np.full(ends[0].size, MINUTE))


def half_searched(
    graph: Graph, origin: int, *, width: int, until: int
) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Run the search in buckets up to one of them: labels, and the entries (node, bucket) that wait."""
    label = np.full(graph.nodes, UNREACHED, dtype=np.int64)
    label[origin] = 0
    entries = [(origin, 0)]
    for slot in range(until):
        while any(into == slot for _, into in entries):
            now = [node for node, into in entries if into == slot]
            entries = [entry for entry in entries if entry[1] != slot]
            for node in now:
                if label[node] // width != slot:
                    continue
                for arc in range(graph.first_out[node], graph.first_out[node + 1]):
                    there, neighbour = label[node] + int(graph.travel_time[arc]), int(graph.head[arc])
                    if there < label[neighbour]:
                        label[neighbour] = there
                        entries.append((neighbour, int(there // width)))
    return label, sorted(set(entries), key=lambda entry: (entry[1], entry[1] != label[entry[0]] // width, entry[0]))


def tree_layout(parent: NDArray[np.int32]) -> tuple[Floats, NDArray[np.int64]]:
    """Give a place across and the depth of each position; leaves side by side, others above their children."""
    depth = np.zeros(parent.size, dtype=np.int64)
    children: list[list[int]] = [[] for _ in parent]
    for position, above in enumerate(parent):
        if above >= 0:
            depth[position] = depth[above] + 1
            children[above].append(position)
    x = np.zeros(parent.size)
    leaves = 0
    stack = [int(root) for root in np.flatnonzero(parent < 0)]
    while stack:
        position = stack.pop()
        if not children[position]:
            x[position] = leaves
            leaves += 1
        stack += reversed(children[position])
    for position in range(parent.size - 1, -1, -1):
        if children[position]:
            x[position] = np.mean([x[child] for child in children[position]])
    return x, depth


def chosen(graph: Graph, prepared: Prepared | None, searches: int, share: float) -> bool:
    """Tell whether the plan takes the sweep."""
    made = make_plan(
        graph, prepared, method=Method.AUTO, budget=MINUTE, searches=searches, others=graph.nodes, threads=1,
        reach=lambda: share * graph.nodes,
    )  # fmt: skip
    return made.method is Method.SWEEP


# The common look.


def canvas(width: float, height: float) -> Figure:
    """Give an empty white figure, inches."""
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def panel(figure: Figure, box: tuple[float, float, float, float], title: str, *, equal: bool = True) -> Axes:
    """Give axes without a frame, under a heading."""
    axes = figure.add_axes(box)
    axes.set_axis_off()
    if equal:
        axes.set_aspect("equal", anchor="N")
    figure.text(box[0] + 0.008, box[1] + box[3] + 0.02, title, fontsize=11, color=INK, fontweight="bold", va="bottom")
    return axes


def line(axes: Axes, a: Point, b: Point, *, colour: str, width: float, dashed: bool = False) -> None:
    """Draw a line between two points."""
    style = (0, (2, 2)) if dashed else "-"
    axes.plot((a[0], b[0]), (a[1], b[1]), color=colour, linewidth=width, linestyle=style, zorder=1)


def marks(axes: Axes, xy: Floats, **look: Any) -> None:  # noqa: ANN401  # what scatter takes
    """Mark one point or several."""
    axes.scatter(*np.atleast_2d(xy).T, **look)


def arrow(axes: Axes, a: Point, b: Point, *, colour: str, width: float, bend: float = 0.0, gap: float = 11) -> None:
    """Draw an arrow that stops short of both ends; positive bends go up on the way to the right."""
    axes.add_patch(
        FancyArrowPatch(
            a, b, arrowstyle="-|>", mutation_scale=6 + 3 * width, connectionstyle=f"arc3,rad={-bend}", color=colour,
            linewidth=width, shrinkA=gap, shrinkB=gap, zorder=3, joinstyle="miter",
        )
    )  # fmt: skip


def dot(axes: Axes, xy: Point, name: str, *, fill: str, edge: str = "white", radius: float = 0.19) -> None:
    """Draw a crossing with its name inside."""
    axes.add_patch(Circle(xy, radius, facecolor=fill, edgecolor=edge, linewidth=1.6, zorder=4))
    colour = "#aab4ba" if fill == "white" else ink_on(fill)
    axes.text(*xy, name, color=colour, ha="center", va="center", fontsize=9, zorder=5)


def words(
    axes: Axes, xy: Point, text: str, *, size: float, align: str = "center", colour: str = MUTED, boxed: bool = False,
    family: str = "sans-serif", within: bool = False,
) -> None:  # fmt: skip
    """Write small text; boxed on white where it crosses lines, within in shares of the axes."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if boxed else None
    where: dict[str, Any] = {"transform": axes.transAxes} if within else {}
    axes.text(
        *xy, text, ha=align, va="center", fontsize=size, color=colour, bbox=box, family=family, zorder=3,
        linespacing=1.4, **where,
    )  # fmt: skip


def cells(
    axes: Axes, corner: Point, values: Sequence[str], *, marked: set[int], width: float, size: float = 9.0
) -> None:
    """Draw an array as a row of cells."""
    for number, value in enumerate(values):
        x, y = corner[0] + number * width, corner[1]
        fill = "#fbe3d2" if number in marked else "#eef2f4"
        axes.add_patch(Rectangle((x, y), width * 0.95, 0.45, facecolor=fill, edgecolor="none"))
        axes.text(x + width * 0.475, y + 0.22, value, ha="center", va="center", fontsize=size, color=INK)


def between(a: Point, b: Point, share: float, *, aside: float = 0.0) -> Point:
    """Give a point on the way from a to b, or aside of it, to the left."""
    x, y = b[0] - a[0], b[1] - a[1]
    length = float(np.hypot(x, y))
    return a[0] + share * x - aside * y / length, a[1] + share * y + aside * x / length


PICTURES: dict[str, Callable[[Lapland], Figure]] = {
    "graph": draw_graph,
    "numbering": draw_numbering,
    "buckets": draw_buckets,
    "elimination": draw_elimination,
    "order": draw_order,
    "sweep": draw_sweep,
    "gates": draw_gates,
    "berths": draw_berths,
    "triangle": draw_triangle,
    "positions": draw_positions,
    "nearest": draw_nearest,
    "plan": draw_plan,
}


def main() -> None:
    """Draw all pictures, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], default=[], help="which; all by default")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "img", help="where to write")
    options = parser.parse_args()
    lapland = Lapland()
    for name in options.names or PICTURES:
        path = options.folder / f"engine-{name}.png"
        with replacing(path) as beside:
            PICTURES[name](lapland).savefig(beside, dpi=DPI, metadata={"Software": None})
            # A third of the size; flat colours and their edges need no more than these.
            with Image.open(beside) as drawn:
                drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(beside, optimize=True)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
