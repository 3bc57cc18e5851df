"""Single services: who offers one, in which language, and how near that is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables_of_times import points_of, tables, travel_time_table

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import Level, LevelScheme
from palveluverkko.domain.planning import Wanted
from palveluverkko.domain.travel import UNREACHED
from palveluverkko.service.levels import classify, to_itself
from palveluverkko.service.services import classify_services, offered_services, offering_points

MINUTES = (10, 30, 60)
MENU = LevelScheme(
    "own",
    (
        Level("L", {}, menu=({"fi": "kauppa", "en": "shop"}, {"fi": "apteekki", "en": "pharmacy"})),
        Level("E", {}, menu=({"fi": "dialyysi"}, {"fi": "yhteispäivystys"}), replaced_by={"dialyysi": ()}),
    ),
)


def test_a_point_offers_what_it_lists_or_else_the_menu_of_its_level():
    points = points_of(["L", "L", "E"], services=["Shop; laina", "", None])
    offered = offered_services(points, MENU)
    assert offered["P0"] == {"kauppa", "laina"}
    assert offered["P1"] == {"kauppa", "apteekki"}
    assert offered["P2"] == {"kauppa", "apteekki", "dialyysi", "yhteispäivystys"}


def test_a_shop_does_not_replace_a_pharmacy():
    points = points_of(["L", "L"], services=["kauppa", "apteekki"])
    table = travel_time_table([[60_000], [1_800_000]], points)
    frame = classify_services(table, scheme=MENU, minutes=MINUTES).frame
    assert frame.loc["X0", ["time_kauppa", "time_apteekki"]].tolist() == [1, 30]
    assert frame.loc["X0", ["point_kauppa", "point_apteekki"]].tolist() == ["P0", "P1"]
    assert np.isnan(frame.loc["X0", "time_dialyysi"])


def test_a_service_that_another_replaces_is_offered_by_its_points_too():
    menu = ({"fi": "päivystys"}, {"fi": "yhteispäivystys"})
    scheme = LevelScheme("own", (Level("L", {}, menu=menu, replaced_by={"päivystys": ("yhteispäivystys",)}),))
    points = points_of(["L", "L"], services=["päivystys", "yhteispäivystys"])
    assert offering_points(points, scheme, Wanted("a", services=("päivystys",))) == ["P0", "P1"]
    assert offering_points(points, scheme, Wanted("b", services=("yhteispäivystys",))) == ["P1"]


def test_languages_levels_and_open_points_are_asked_for_together():
    points = points_of(["L", "E", "E", "L"], languages=["fi;se", "fi; SE", "fi", "se"], open=[True, True, True, False])
    assert offering_points(points, MENU, Wanted("Pohjoissaameksi", languages=("se",))) == ["P0", "P1"]
    assert offering_points(points, MENU, Wanted("x", languages=("se",), level="E")) == ["P1"]
    assert offering_points(points, MENU, Wanted("x", services=("dialyysi",), languages=("fi", "se"))) == ["P1"]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (Wanted("x", services=("dialyysii",)), r"the service 'dialyysii'.*did you mean 'dialyysi'"),
        (Wanted("x", services=("uimahalli",)), r"known are: apteekki, dialyysi, kauppa"),
        (Wanted("x", languages=("sms",)), r"the language 'sms'.*known are: fi"),
        (Wanted("x", level="A"), r"'A' is not in the scheme own"),
    ],
)
def test_what_nobody_knows_is_refused_with_what_is_known(wanted, problem):
    with pytest.raises(StudyError, match=problem):
        offering_points(points_of(["L"], languages=["fi"]), MENU, wanted)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": "x"}, "wants nothing"),
        ({"name": " ", "level": "L"}, "no name"),
        ({"name": "x", "services": "a"}, "list"),
    ],
)
def test_what_asks_for_nothing_is_refused(values, problem):
    with pytest.raises(StudyError, match=problem):
        Wanted(**values)


@settings(deadline=None, max_examples=25)
@given(tables())
def test_without_lists_each_service_is_as_far_as_the_level_that_promises_it(table):
    levels = classify(table, minutes=MINUTES)
    services = classify_services(table, minutes=MINUTES)
    for level in levels.scheme.levels:
        for service in level.menu:
            code = next(one.code for one in services.scheme.levels if one.names["fi"] == service["fi"])
            if service["fi"] == "päivystys":
                continue
            assert services.frame[f"time_{code}"].equals(levels.frame[f"time_{level.code}"].rename(f"time_{code}"))


@settings(deadline=None, max_examples=25)
@given(tables(), st.data())
def test_more_wishes_never_bring_a_point_nearer(table, data):
    count = len(table.points)
    points = table.points.assign(
        languages=data.draw(st.lists(st.sampled_from(["fi", "fi;se", "se"]), min_size=count, max_size=count))
    )
    spoken = sorted({one for text in points["languages"] for one in text.split(";")})
    wanted = [Wanted("a", level="L"), Wanted("b", level="L", languages=tuple(spoken))]
    frame = classify_services(table, points, wanted=wanted, minutes=MINUTES).frame
    assert (frame["time_b"].fillna(np.inf) >= frame["time_a"].fillna(np.inf)).all()


def test_services_of_equal_names_keep_codes_of_their_own():
    wanted = [Wanted("1 A!", level="L"), Wanted("1 a", level="L")]
    services = classify_services(
        travel_time_table([[1]], points_of(["L"])), wanted=wanted, scheme=MENU, minutes=MINUTES
    )
    assert services.scheme.codes == ("s-1-a", "s-1-a-2")


def test_a_point_is_nowhere_nearer_than_at_itself():
    points = points_of(["L", "E"])
    table = travel_time_table([[50_000, UNREACHED], [70_000, 40_000]], points, points)
    frame = classify(to_itself(table), minutes=MINUTES).frame
    assert frame.loc["P0", ["time_L", "time_E"]].tolist() == [0, 70 / 60]
    assert frame.loc["P1", "point_L"] == "P1"
    assert table.milliseconds[0, 0] == 50_000
