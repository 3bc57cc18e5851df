"""Snapping from the definition: every point against every segment, one sort of spot after the other."""

import math
from typing import NamedTuple

import numpy as np


class Found(NamedTuple):
    """Where a point went: line, vertex, fraction, x, y and distance; line -1 and infinity where nothing is."""

    line: int
    vertex: int
    fraction: float
    x: float
    y: float
    metres: float


NOWHERE = Found(-1, 0, 0.0, math.nan, math.nan, math.inf)


def segments_of(first_vertex, which):
    """Give (vertex, line) of all segments of some lines, in the order of the lines."""
    pairs = [
        (vertex, line)
        for line in np.flatnonzero(which)
        for vertex in range(first_vertex[line], first_vertex[line + 1] - 1)
    ]
    return np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T


def squares_of_distance(px, py, ax, ay, bx, by):
    """Square of the distance from a point to segments and the share along them, ends in one order for all."""
    turned = (ax > bx) | ((ax == bx) & (ay > by))
    ax, bx = np.where(turned, bx, ax), np.where(turned, ax, bx)
    ay, by = np.where(turned, by, ay), np.where(turned, ay, by)
    dx, dy, ux, uy = bx - ax, by - ay, px - ax, py - ay
    length2, along = dx * dx + dy * dy, ux * dx + uy * dy
    before, behind = along <= 0, along >= length2
    inside = ~before & ~behind
    length2 = np.where(inside, length2, 1.0)
    aside = ux * dy - uy * dx
    beyond = (px - bx) * (px - bx) + (py - by) * (py - by)
    squares = np.where(before, ux * ux + uy * uy, np.where(behind, beyond, aside * aside / length2))
    share = np.where(before, 0.0, np.where(behind, 1.0, along / length2))
    return squares, np.where(turned, 1.0 - share, share)


def naive_snap(first_vertex, x, y, which, courses, point, *, factor, longest, further, degrees):
    """Give the spot, the other carriageway's and the nearest distance of one point."""
    vertex, line = segments_of(first_vertex, which)
    px, py = point
    if not vertex.size or not (math.isfinite(px) and math.isfinite(py)):
        return NOWHERE, NOWHERE, math.inf
    squares, share = squares_of_distance(px, py, x[vertex], y[vertex], x[vertex + 1], y[vertex + 1])
    metres = np.sqrt(squares)

    def lowest(chosen):
        if not chosen.any():
            return NOWHERE
        at = np.lexsort((vertex, courses.course[line] != 0, np.where(chosen, squares, np.inf)))[0]
        v, t = vertex[at], share[at]
        return Found(line[at], v, t, x[v] + (x[v + 1] - x[v]) * t, y[v] + (y[v + 1] - y[v]) * t, metres[at])

    first = lowest(np.ones(vertex.size, dtype=bool))
    nearest = first.metres
    if not courses.preferred[first.line]:
        preferred = lowest(courses.preferred[line] & (metres <= min(longest, factor * nearest)))
        first = preferred if preferred.line >= 0 else first
    own = first.line
    if first.metres > longest or courses.course[own] == 0 or courses.road[own] < 0:
        return first, NOWHERE, nearest

    def heading(vertex, line):
        dx, dy = x[vertex + 1] - x[vertex], y[vertex + 1] - y[vertex]
        return courses.course[line] * dx, courses.course[line] * dy, np.sqrt(dx * dx + dy * dy)

    east, north, length = heading(first.vertex, own)
    if length == 0:
        return first, NOWHERE, nearest
    there_east, there_north, there = heading(vertex, line)
    opposite = there_east * (east / length) + there_north * (north / length) < -math.cos(math.radians(degrees)) * there
    other = opposite & (courses.road[line] == courses.road[own]) & (courses.way[line] != courses.way[own])
    other &= (courses.course[line] != 0) & (courses.preferred[line] == courses.preferred[own])
    return first, lowest(other & (metres <= min(longest, first.metres + further))), nearest
