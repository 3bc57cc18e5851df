"""A place behind a barrier is cut off by it, and the doctor names the barriers on the way and no others."""

from __future__ import annotations

from pathlib import Path

import osmium
import osmium.osm.mutable
import pytest
from little_study import PLACES, write_little_study

from palveluverkko.domain.travel import Direction
from palveluverkko.study.pipeline import check_study
from palveluverkko.study.study import read_study

# One road east from the sound crossing 1; the place stands between 81 and 82.
NODES = {number: (25.70 + 0.01 * at, 66.50) for at, number in enumerate((1, 2, 80, 81, 82, 83))}
PLACE = "TAKANA,Puomin takana,25.736,66.500,9,1,240,Kemi\n"


def study_with(folder: Path, barriers: dict[int, dict[str, str]], *, to: Direction, place: str = PLACE) -> Path:
    """Write a study on one road with something on some of its nodes."""
    path = write_little_study(folder, study={'osm = "roads.osm.pbf"': f'osm = "roads.osm.pbf"\ndirection = "{to}"'})
    (folder / "places.csv").write_text(PLACES.splitlines(keepends=True)[0] + place, encoding="utf-8")
    (folder / "roads.osm.pbf").unlink()
    with osmium.SimpleWriter(str(folder / "roads.osm.pbf")) as writer:
        for number, position in NODES.items():
            tags = barriers.get(number, {})
            writer.add_node(osmium.osm.mutable.Node(id=number, location=position, tags=tags, version=1))
        tags = {"highway": "secondary", "maxspeed": "60"}
        # The longest part, which is the main one, begins at the service point.
        writer.add_node(osmium.osm.mutable.Node(id=90, location=(25.64, 66.50), version=1))
        writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[90, 1], tags=tags, version=1))
        writer.add_way(osmium.osm.mutable.Way(id=2, nodes=list(NODES), tags=tags, version=1))
        writer.add_way(osmium.osm.mutable.Way(id=3, nodes=[1, 90], tags=tags, version=1))
    points = "id,name,level,lon,lat,open,candidate\nASEMA,Asema,L,25.695,66.500,true,false\n"
    (folder / "points.csv").write_text(points, encoding="utf-8")
    study = path.read_text(encoding="utf-8").partition("[[scenario]]")[0]
    path.write_text(f'{study}\n[output]\ndirectory = "out"\n', encoding="utf-8")
    return path


def unreached(path: Path):
    return check_study(read_study(path), store=path.parent / "networks")[1].unreached


@pytest.mark.parametrize("to", list(Direction))
def test_a_place_behind_a_bollard_is_told_which_and_not_the_one_behind_it(tmp_path, to):
    bollard = {"barrier": "bollard"}
    found = unreached(study_with(tmp_path, {80: bollard, 82: bollard, 83: bollard}, to=to))
    assert found["id"].tolist() == ["TAKANA"]
    assert found["barriers"].tolist() == ["bollard 80"]
    assert found["ways"].tolist() == [""]
    assert found["closed_metres"].tolist() == [0]
    # 225 m before the crossing and 1,610 m behind it at 63 km/h, and little for those who wait.
    assert found["open_minutes"].iloc[0] == pytest.approx(1.75, abs=0.3)


@pytest.mark.parametrize("to", list(Direction))
def test_every_barrier_on_the_way_is_named_from_the_place(tmp_path, to):
    barriers = {80: {"barrier": "bollard"}, 81: {"barrier": "gate", "access": "no"}, 2: {"barrier": "cattle_grid"}}
    found = unreached(study_with(tmp_path, barriers, to=to))
    assert found["barriers"].tolist() == ["gate 81, bollard 80"]


def test_a_barrier_that_lets_everybody_pass_cuts_nobody_off(tmp_path):
    assert unreached(study_with(tmp_path, {80: {"barrier": "cattle_grid"}}, to=Direction.TO_SERVICE)).empty
