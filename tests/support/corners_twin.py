"""Which corners of a coverage go, from the definition: in exact fractions, every corner asked of every triangle."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

Spot = tuple[float, float]


def kept_corners(rings: list[list[Spot]], tolerance: float) -> set[Spot]:
    """Give the places that are left of closed rings."""
    beside: dict[Spot, set[Spot]] = {}
    sides = set()
    for ring in rings:
        for one, other in pairwise(ring):
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
            sides.add(frozenset((one, other)))
    nodes = {one for one, others in beside.items() if len(others) > 2}
    lines = _lines(beside, nodes)
    joined = Counter(frozenset((line[0], line[-1])) for line in lines if line[0] in nodes)
    left = set(beside)
    largest = tolerance * tolerance
    for line in lines:
        left -= {b for a, b, c in _triples(line, nodes) if a[0] == b[0] == c[0] or a[1] == b[1] == c[1]}
    while True:
        at_first = set(left)
        for line in lines:
            others = at_first - set(line)
            ends = frozenset((line[0], line[-1]))
            if line[0] not in nodes:
                least = 3
            elif len(ends) == 1:
                least = 2
            else:
                least = int(joined[ends] > 1 or ends in sides)
            left -= _gone([one for one in line if one in left], nodes, others, least, largest)
        if left == at_first:
            return left


def _lines(beside: dict[Spot, set[Spot]], nodes: set[Spot]) -> list[list[Spot]]:
    """Give lines from node to node, and rings, with their ends."""
    lines, seen = [], set()
    starts = [(node, other) for node in sorted(nodes) for other in sorted(beside[node]) if other not in nodes]
    starts += [(min(beside[one]), one) for one in sorted(beside)]
    for before, here in starts:
        if here in seen or here in nodes:
            continue
        line = [before, here]
        while line[-1] not in nodes and line[-1] != before:
            seen.add(line[-1])
            (after,) = beside[line[-1]] - {line[-2]}
            line.append(after)
        seen.add(before)
        lines.append(line)
    return lines


def _triples(line: list[Spot], nodes: set[Spot]) -> list[tuple[Spot, Spot, Spot]]:
    """Give each corner that may go with the two beside it."""
    found = list(zip(line[:-2], line[1:-1], line[2:], strict=True))
    return found if line[0] in nodes else [*found, (line[-2], line[0], line[1])]


def _gone(line: list[Spot], nodes: set[Spot], others: set[Spot], least: int, largest: float) -> set[Spot]:
    """Take corners from one line as long as one can go."""
    refused: set[tuple[Spot, Spot, Spot]] = set()
    gone: set[Spot] = set()
    whole = line[0] not in nodes
    if whole and line[0] != line[-1]:
        line = [*line, line[0]]
    while True:
        inner = len(line) - (1 if whole else 2)
        asked = [one for one in _triples(line, nodes) if one not in refused and _area(*one) <= largest]
        if inner <= least or not asked:
            return gone
        first, middle, last = min(asked, key=lambda one: (_area(*one), one[1]))
        if any(_holds((first, middle, last), spot) for spot in (others | set(line)) - {first, middle, last}):
            refused.add((first, middle, last))
            continue
        gone.add(middle)
        line = [one for one in line if one != middle]
        if whole and line[0] != line[-1]:
            line.append(line[0])


def _area(first: Spot, middle: Spot, last: Spot) -> float:
    x, y = middle
    return abs((first[0] - x) * (last[1] - y) - (first[1] - y) * (last[0] - x)) / 2


def _holds(triangle: tuple[Spot, Spot, Spot], spot: Spot) -> bool:
    """Tell whether a spot lies in a triangle or on its sides."""
    if not all(min(one) <= here <= max(one) for one, here in zip(zip(*triangle, strict=True), spot, strict=True)):
        return False
    a, b, c = triangle
    turns = [_turn(a, b, spot), _turn(b, c, spot), _turn(c, a, spot)]
    return min(turns) >= 0 or max(turns) <= 0


def _turn(one: Spot, other: Spot, spot: Spot) -> Fraction:
    x0, y0, x1, y1, x, y = map(Fraction, (*one, *other, *spot))
    return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
