"""A study of twelve crossings by Rovaniemi that runs in a second, whole or with one thing wrong."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import osmium
import osmium.osm.mutable

POINTS = """\
id,name,level,lon,lat,open,candidate
SAIRAALA,Sairaala,E,25.701,66.501,true,false
ASEMA,Terveysasema,A,25.739,66.509,true,false
PISTE,Lähipiste,L,25.761,66.519,true,false
EHDOKAS,Ehdokas,L,25.721,66.521,false,true
"""

PLACES = """\
id,name,lon,lat,population,age_75_,kunta_code,kunta
P1,Yksi,25.700,66.500,100,10,698,Rovaniemi
P2,Kaksi,25.720,66.500,200,20,698,Rovaniemi
P3,Kolme,25.740,66.510,300,30,698,Rovaniemi
P4,Neljä,25.760,66.520,400,40,240,Kemi
P5,Viisi,25.700,66.520,-1,-1,240,Kemi
"""

STUDY = """\
[study]
name = "Pieni"
language = "fi"

[network]
osm = "roads.osm.pbf"

[points]
file = "points.csv"

[places]
file = "places.csv"

[areas]
column = "kunta_code"
name_column = "kunta"

[levels]
scheme = "EAL"
minutes = [1, 2, 5, 10]

[[norm]]
level = "L"
minutes = 5
share = 0.90

[[scenario]]
name = "Ilman lähipistettä"
close = ["PISTE"]
open = ["EHDOKAS"]

[output]
directory = "out"
"""


def write_little_study(
    folder: Path,
    *,
    study: Mapping[str, str] | None = None,
    points: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
) -> Path:
    """Write the study with some texts in its files replaced by others; give study.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text, changes in (
        ("study.toml", STUDY, study),
        ("points.csv", POINTS, points),
        ("places.csv", PLACES, places),
    ):
        for old, new in (changes or {}).items():
            assert old in text, f"{name} does not hold {old!r}"
            text = text.replace(old, new)  # noqa: PLW2901 - one change after another
        (folder / name).write_text(text, encoding="utf-8")
    write_roads(folder / "roads.osm.pbf")
    return folder / "study.toml"


def write_roads(path: Path, *, highway: str = "secondary") -> Path:
    """Write a grid of 4 × 3 crossings, 900 by 1,100 metres apart."""
    numbers = [[10 * row + column + 1 for column in range(4)] for row in range(3)]
    lines = numbers + [list(column) for column in zip(*numbers, strict=True)]
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for row, across in enumerate(numbers):
            for column, one in enumerate(across):
                place = (25.70 + 0.02 * column, 66.50 + 0.01 * row)
                writer.add_node(osmium.osm.mutable.Node(id=one, location=place, version=1))
        ways = [pair for line in lines for pair in pairwise(line)]
        for one, ends in enumerate(ways, start=1):
            tags = {"highway": highway, "maxspeed": "60"}
            writer.add_way(osmium.osm.mutable.Way(id=one, nodes=list(ends), tags=tags, version=1))
    return path
