"""Own tables laid over those of the package."""

from __future__ import annotations

import pytest

from palveluverkko.domain.errors import StudyError
from palveluverkko.osm.profile import CarProfile
from palveluverkko.osm.tables import car_tables


@pytest.fixture
def own(tmp_path):
    """Write own tables and give the profile that reads them."""

    def profile(text: str, **fields: object) -> CarProfile:
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return CarProfile(tables=path, **fields)

    return profile


def test_own_tables_change_what_they_name_and_nothing_else(own):
    profile = own("[untagged_kmh]\nprimary = 90\n[surface_kmh]\nlaterite = 45\n[access_leg]\nspeed_kmh = 4")
    assert profile.road({"highway": "primary"}).forward_kmh == 90
    assert profile.road({"highway": "primary", "surface": "laterite"}).forward_kmh == 45
    assert profile.road({"highway": "secondary"}) == CarProfile().road({"highway": "secondary"})
    assert profile.access_speed_kmh == 4
    assert own("[access_leg]\nspeed_kmh = 4", access_speed_kmh=6).access_speed_kmh == 6


def test_a_list_replaces_the_whole_list(own):
    profile = own("[signed]\ndriven = [[50, 45], [100, 90]]")
    assert [profile.road({"highway": "primary", "maxspeed": one}).forward_kmh for one in ("50", "75", "100")] == [
        45,
        67.5,
        90,
    ]


def test_a_country_may_be_added_and_one_of_its_kinds_changed(own):
    profile = own("[national]\nZZ = { urban = 50, rural = 90 }\nFI.rural = 70")
    road = {"highway": "primary"}
    assert (
        profile.road(road | {"maxspeed": "ZZ:rural"}).forward_kmh
        == CarProfile().road(road | {"maxspeed": "90"}).forward_kmh
    )
    assert (
        profile.road(road | {"maxspeed": "FI:rural"}).forward_kmh
        == CarProfile().road(road | {"maxspeed": "70"}).forward_kmh
    )
    assert profile.road(road | {"maxspeed": "FI:urban"}).forward_kmh == 48


def test_the_winter_rule_can_be_switched_off(own):
    profile = own('[winter]\ncountry = "none"\nlimits = []\nkept = [[1, 1]]', season="winter")
    assert profile.road({"highway": "primary", "maxspeed": "100"}).forward_kmh == 97


def test_the_fingerprint_and_equality_follow_the_tables_and_not_their_file(own, tmp_path):
    changed, same = own("[ferry]\nwait_minutes = 4"), CarProfile(tables=tmp_path / "own.toml")
    assert changed == same
    assert changed.fingerprint() == same.fingerprint() != CarProfile().fingerprint()
    assert own("") == CarProfile()
    assert own("").fingerprint() == CarProfile().fingerprint()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[untagged_kmh]\nresidental = 30",
            r"\[untagged_kmh\] has the unknown key 'residental'; did you mean 'residential'",
        ),
        ("[untaged_kmh]\nprimary = 30", "it has the unknown key 'untaged_kmh'; did you mean 'untagged_kmh'"),
        ("[winter]\nlimit = [[120, 100]]", "did you mean 'limits'"),
        ("[conditions.moments]\nwinter = 2026-01-01T12:00:00", "did you mean 'moment'"),
        ("rules = 3", "unknown key 'rules'"),
        ("open_tables = []", "unknown key 'open_tables'"),
        ("[untagged_kmh]\nprimary = 'fast'", "untagged_kmh.primary = 'fast' does not fit; car.toml has 75 there"),
        ("[untagged_kmh]\nprimary = true", "untagged_kmh.primary"),
        ("[untagged_kmh]\nprimary = 0", "untagged_kmh.primary"),
        ("[untagged_kmh]\nprimary = -5", "untagged_kmh.primary"),
        ("[untagged_kmh]\nprimary = nan", "untagged_kmh.primary"),
        ("[surface_kmh]\ngravel = inf", "surface_kmh.gravel"),
        ("untagged_kmh = 5", "car.toml has a table there"),
        ("[signed]\ndriven = []", "signed.driven"),
        ("[signed]\ndriven = [[50, 48], [50, 47]]", "signed.driven"),
        ("[signed]\ndriven = [[50, 48], [60, 40]]", "signed.driven"),
        ("[signed]\ndriven = [[50]]", "signed.driven"),
        ("[signed]\nlimit_keys = [1]", "signed.limit_keys"),
        ("[winter]\nkept_where_separated = ['100']", "winter.kept_where_separated"),
        ("[national]\nZZ = 50", "national.ZZ"),
        ("[national]\nZZ = { urban = 'x' }", "national.ZZ.urban"),
        ("[conditions.moment]\nwinter = 2026-01-01", "conditions.moment.winter"),
        ("[conditions.moment]\nwinter = 2026-01-13T12:00:00Z", "conditions.moment.winter"),
        ("speed = [", "is not TOML"),
    ],
)
def test_tables_that_do_not_fit_are_refused_in_one_line(own, text, said):
    with pytest.raises(StudyError, match=said) as refused:
        own(text)
    assert "\n" not in str(refused.value)


def test_tables_that_are_not_there_are_refused_by_name(tmp_path):
    with pytest.raises(StudyError, match=r"nowhere\.toml cannot be read"):
        CarProfile(tables=tmp_path / "nowhere.toml")


@pytest.mark.parametrize("table", ["untagged_built_up_kmh", "untagged_unpaved_kmh"])
def test_no_class_is_faster_in_town_or_on_gravel_than_outside_on_asphalt(table):
    tables = car_tables()
    assert set(tables[table]) == set(tables["untagged_kmh"])
    assert all(kmh <= tables["untagged_kmh"][road_class] for road_class, kmh in tables[table].items())


def test_no_speed_of_winter_is_above_that_of_summer():
    winter = car_tables()["winter"]
    assert all(slow <= fast for fast, slow in winter["kept"])
    driven = dict(map(tuple, car_tables()["signed"]["driven"]))
    assert all(dict(map(tuple, winter["lowered"]))[low] <= driven[high] for high, low in winter["limits"])
