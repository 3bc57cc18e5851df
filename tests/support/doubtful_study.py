"""The little study with something wrong of every kind that the doctor knows."""

from __future__ import annotations

from pathlib import Path

import osmium
import osmium.osm.mutable
from little_study import PLACES, POINTS, STUDY

MORE_POINTS = """\
KOPIO,Lähipiste kopio,L,25.7611,66.519,true,false
TOINEN,terveysasema,L,25.700,66.515,true,false
ERÄMAA,Erämaa,L,25.730,66.560,true,false
"""

MORE_PLACES = """\
KYLÄ,Suljettu kylä,25.800,66.500,11,1,698,Rovaniemi
SAARI,Saari,25.850,66.500,7,1,240,Kemi
TUNTURI,Tunturi,25.730,66.560,5,1,240,Kemi
P1B,Yksi taas,25.700,66.500,100,10,698,Rovaniemi
"""

LOST_NODE = 999

# Crossings 1-4, 11-14 and 21-24 are those of the little study, 900 by 1,100 metres apart.
NODES = {10 * row + column + 1: (25.70 + 0.02 * column, 66.50 + 0.01 * row) for row in range(3) for column in range(4)}
NODES |= {50: (25.790, 66.500), 51: (25.805, 66.500), 60: (25.845, 66.500), 61: (25.855, 66.500), 70: (25.690, 66.530)}

GATED, VILLAGE, ISLAND, STUB, FAST, PLAIN, CUT = 31, 32, 33, 34, 35, 36, 37

WAYS = {
    1: ([1, 2, 3, 4], {"highway": "secondary", "maxspeed": "60"}),
    2: ([11, 12, 13, 14], {"highway": "secondary", "maxspeed": "60"}),
    3: ([1, 11, 21], {"highway": "secondary", "maxspeed": "60"}),
    4: ([4, 14, 24], {"highway": "secondary", "maxspeed": "60"}),
    GATED: ([4, 50], {"highway": "unclassified", "motor_vehicle": "no", "maxspeed": "60", "name": "Portti"}),
    VILLAGE: ([50, 51], {"highway": "residential", "maxspeed": "FI:urban"}),
    ISLAND: ([60, 61], {"highway": "residential", "maxspeed": "30"}),
    STUB: ([21, 70], {"highway": "tertiary", "maxspeed": "60", "oneway": "yes"}),
    FAST: ([21, 22], {"highway": "tertiary", "maxspeed": "fast"}),
    PLAIN: ([22, 23], {"highway": "tertiary"}),
    CUT: ([23, 24, LOST_NODE], {"highway": "secondary", "maxspeed": "60"}),
}


def write_doubtful_study(folder: Path, *, language: str = "fi", areas: str = "") -> Path:
    """Write the study; give study.toml. ``areas`` names a file of polygons in place of the column of the places."""
    folder.mkdir(parents=True, exist_ok=True)
    study = STUDY.replace('language = "fi"', f'language = "{language}"')
    if areas:
        study = study.replace('column = "kunta_code"\nname_column = "kunta"', f'file = "{areas}"')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    (folder / "points.csv").write_text(POINTS + MORE_POINTS, encoding="utf-8")
    (folder / "places.csv").write_text(PLACES + MORE_PLACES, encoding="utf-8")
    write_doubtful_roads(folder / "roads.osm.pbf")
    return folder / "study.toml"


def write_doubtful_roads(path: Path) -> Path:
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place, version=1))
        for number, (nodes, tags) in WAYS.items():
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags, version=1))
    return path
