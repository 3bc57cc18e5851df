"""Colours of bands and shapes of levels: the same on the page, in the figures and in QGIS."""

from __future__ import annotations

# ColorBrewer's YlGnBu in nine steps (Cynthia Brewer, Apache 2.0): safe for colour-blind readers, and in grey print each
# step is lighter than the one before.
_YLGNBU = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")

# Near is dark and fades with the distance into the unreached paper. The two darkest steps are left out, so that roads
# and markers stand out on every band.
_DARKEST, _LIGHTEST = 0.72, 0.02

_MIDDLE_SHAPES = ("square", "diamond", "pentagon", "hexagon")

UNREACHED_COLOUR = "#e4e2dd"
"""Ground of a map: where no band is, nobody arrives in time."""


def band_colours(count: int) -> list[str]:
    """Give as many colours, ``#rrggbb``, from dark (near) to light (far), each lighter than the one before.

    Examples
    --------
    >>> band_colours(2)
    ['#216aae', '#fcfed3']
    """
    if count == 1:
        return [_colour_at(_DARKEST)]
    step = (_LIGHTEST - _DARKEST) / max(1, count - 1)
    return [_colour_at(_DARKEST + step * number) for number in range(count)]


def level_shapes(count: int) -> list[str]:
    """Give each level's shape from near to far, so that colour is never alone in telling them apart.

    Examples
    --------
    >>> level_shapes(3)
    ['circle', 'square', 'star']
    """
    if count == 1:
        return ["circle"]
    return ["circle", *(_MIDDLE_SHAPES[number % len(_MIDDLE_SHAPES)] for number in range(count - 2)), "star"]


def _colour_at(position: float) -> str:
    """Interpolate the sequence at 0 (lightest) to 1 (darkest)."""
    place = position * (len(_YLGNBU) - 1)
    below = min(int(place), len(_YLGNBU) - 2)
    share = place - below
    low, high = ([int(_YLGNBU[at][digit : digit + 2], 16) for digit in (1, 3, 5)] for at in (below, below + 1))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(low, high, strict=True))


SOURCE_COLOURS = {
    "signed": "#0072b2",
    "national": "#009e73",
    "surface": "#8a5a00",
    "default": "#d55e00",
    "duration": "#56b4e9",
}
"""Roads by where their speed comes from: the palette of Okabe and Ito (2008), which every kind of colour vision tells
apart; brown in place of its yellow, which is too pale for a line."""

OTHER_SOURCE_COLOUR = "#5d6670"
"""A source that has no colour of its own."""

ISLAND_COLOUR = "#a3006d"
"""Roads off the main part of the network."""

CLOSED_COLOUR = "#111111"
"""Roads that access tags close."""
