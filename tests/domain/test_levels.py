"""Level schemes refuse disorder at birth."""

import pytest

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import BUILT_IN_SCHEMES, LANGUAGES, Level, LevelScheme

OWN = """
name = "Keski-Suomi"
[[level]]
code = "perus"
name = { fi = "Perustaso", sv = "Basnivå" }
colour = "#112233"
menu = ["neuvola", { fi = "laboratorio", en = "laboratory" }]
[[level]]
code = "keskus"
"""


def level(code):
    return Level(code, {"fi": code})


def test_the_lapland_scheme_runs_from_local_to_special():
    scheme = LevelScheme.eal()
    assert scheme.codes == ("L", "A", "E")
    assert [scheme.serving(code) for code in scheme.codes] == [("L", "A", "E"), ("A", "E"), ("E",)]
    assert [scheme.position(code) for code in scheme.codes] == [0, 1, 2]
    assert scheme["E"].name("sv") == "Specialnivå"
    assert all(set(service) == set(LANGUAGES) for one in scheme.levels for service in one.menu)


def test_every_point_serves_the_nearest_level():
    scheme = LevelScheme("own", tuple(level(code) for code in "abcd"))
    assert scheme.serving("a") == scheme.codes
    for nearer, farther in zip(scheme.codes, scheme.codes[1:], strict=False):
        assert set(scheme.serving(farther)) < set(scheme.serving(nearer))


def test_a_scheme_without_levels_is_refused():
    with pytest.raises(StudyError, match="has no levels"):
        LevelScheme("empty", ())


def test_a_code_used_twice_is_named():
    with pytest.raises(StudyError, match="repeats the level 'A'"):
        LevelScheme("twice", (level("A"), level("B"), level("A")))


@pytest.mark.parametrize("code", ["", "1", "-a", "a b", "a_b", "a;b", "L\n", "a/b", "ä.ö"])
def test_a_code_that_no_table_could_show_is_refused(code):
    with pytest.raises(StudyError, match="letters, digits and hyphens"):
        level(code)


@pytest.mark.parametrize("code", ["L", "Ä", "perus-1", "Åbo2"])
def test_a_code_of_letters_digits_and_hyphens_is_accepted(code):
    assert level(code).code == code


@pytest.mark.parametrize("colour", ["red", "#123", "112233", "#11223g", "#112233\n"])
def test_a_colour_that_no_page_could_show_is_refused(colour):
    with pytest.raises(StudyError, match="#rrggbb"):
        Level("L", {}, colour)


def test_a_name_falls_back_to_finnish_then_to_the_code():
    assert Level("L", {"fi": "Lähi", "en": "Local"}).name("en") == "Local"
    assert Level("L", {"fi": "Lähi", "en": ""}).name("en") == "Lähi"
    assert Level("L", {}).name("sv") == "L"


def test_an_unknown_level_is_named_with_the_known_ones():
    with pytest.raises(StudyError, match=r"'X' is not in the scheme EAL; its levels are L, A, E"):
        LevelScheme.eal().serving("X")


def test_an_unknown_scheme_is_named():
    with pytest.raises(StudyError, match="'ABC' is not known"):
        LevelScheme.named("ABC")


def test_a_scheme_of_ones_own_is_read(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    scheme = LevelScheme.named(str(path))
    assert scheme.name == "Keski-Suomi"
    assert scheme.codes == ("perus", "keskus")
    assert scheme["perus"].name("sv") == "Basnivå"
    assert scheme["perus"].menu[0] == dict.fromkeys(LANGUAGES, "neuvola")
    assert scheme["perus"].menu[1] == {"fi": "laboratorio", "en": "laboratory"}
    assert (scheme["keskus"].name("en"), scheme["keskus"].colour) == ("keskus", Level.colour)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no levels"),
        ("levels = []", "unknown key 'levels'"),
        ("[[level]]\ncode = 'L'\ncolor = '#112233'", r"number 1 has the unknown key 'color'"),
        ("[[level]]\nname = 'L'", "number 1 has no code"),
        ("[[level]]\ncode = 1", "number 1 has no code"),
        ("[[level]]\ncode = 'L'\n[[level]]\ncode = 'L'", "repeats the level 'L'"),
        ("[[level]]\ncode = 'L'\ncolour = 'red'", "#rrggbb"),
        ("[[level]]\ncode = 'L'\ncolour = 7", "#rrggbb"),
        ("[[level]]\ncode = 'L'\nmenu = 'neuvola'", "menu"),
        ("[[level]]\ncode = 'L'\nmenu = 3", "menu"),
        ("level = 3", r"\[\[level\]\]"),
        ("level = [3]", r"\[\[level\]\]"),
        ("[level]\ncode = 'L'", r"\[\[level\]\]"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_scheme_file_that_says_something_else_is_refused_in_one_line(tmp_path, text, problem):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(StudyError, match=problem) as caught:
        LevelScheme.from_toml(path)
    assert "\n" not in str(caught.value)


def test_a_scheme_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"absent\.toml cannot be read"):
        LevelScheme.from_toml(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[[level]]\ncode = 'L'\n\n[[level]]\ncode = 'L'", 5, "repeats the level 'L'"),
        ("name = 'x'\n[[level]]\ncode = 'L'\ncolour = 'red'", 4, "#rrggbb"),
        ("[[level]]\ncode = 'L'\ncontains = ['A']\n[[level]]\ncode = 'A'\ncontains = []", 3, "stands after it"),
        ("[[level]]\ncode = 'L'\ncontains = ['A']\n[[level]]\ncode = 'A'", 3, "in a circle"),
        ("[[level]]\ncode = 'L'\n[[level]]\ncode = 'A'\ncontains = ['A']", 5, "in a circle"),
        ("[[level]]\ncode = 'L'\n[[level]]\ncode = 'A'\ncontains = ['X']", 5, "no level of the scheme"),
        ("[[level]]\ncode = 'L'\nminutes = [30, 15]", 3, "rising order"),
        ("[[level]]\ncode = 'L'\nminutes = []", 3, "at least one"),
        ("[[level]]\ncode = 'L'\nmenu = ['a']\n[[level]]\ncode = 'A'\nmenu = ['A']", 6, "names the service 'A' twice"),
        ("[[level]]\ncode = 'L'\nmenu = [{ fi = 'a', replaced_by = ['b'] }]", 3, "in no menu"),
        (
            "[[level]]\ncode = 'L'\nmenu = [{ fi = 'a', replaced_by = ['b'] }, { fi = 'b', replaced_by = ['a'] }]",
            3,
            "round a circle",
        ),
        ("[[level]]\ncode = 'L'\nmenu = [{ fi = 'a', de = 'b' }]", 3, "unknown key 'de'"),
        ("name = 'x'\nlevels = 1", 2, "unknown key 'levels'"),
    ],
)
def test_a_disordered_scheme_is_refused_with_the_line(tmp_path, text, line, problem):
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(StudyError, match=problem) as caught:
        LevelScheme.from_toml(path)
    assert f"own.toml, line {line}:" in str(caught.value)


def test_the_tiers_of_keski_suomi_contain_each_other_but_for_the_everyday_services():
    scheme = LevelScheme.named("keski-suomi")
    assert [scheme.serving(code) for code in scheme.codes] == [
        ("lahi",),
        ("sote", "seutu", "erityis"),
        ("seutu", "erityis"),
        ("erityis",),
    ]
    assert scheme.chains() == (("lahi",), ("sote", "seutu", "erityis"))
    assert "apteekki" not in scheme.menu_of("erityis")
    assert scheme.menu_of("sote") < scheme.menu_of("seutu") < scheme.menu_of("erityis")


@pytest.mark.parametrize("name", BUILT_IN_SCHEMES)
def test_every_level_and_service_of_a_built_in_scheme_has_a_name_in_each_language(name):
    for one in LevelScheme.named(name).levels:
        for named in (one.names, *one.menu):
            assert set(named) == set(LANGUAGES)
            assert all(text.strip() for text in named.values())


def test_a_level_that_contains_one_contains_what_that_one_contains():
    levels = (
        Level("a", {}),
        Level("b", {}, contains=("a",)),
        Level("c", {}, contains=("b",)),
        Level("d", {}, contains=()),
    )
    scheme = LevelScheme("own", levels)
    assert scheme.serving("a") == ("a", "b", "c")
    assert scheme.serving("d") == ("d",)
    assert scheme.chains() == (("a", "b", "c"), ("d",))


def test_thresholds_of_a_level_win_over_those_of_the_study():
    scheme = LevelScheme("own", (Level("a", {}, minutes=(10, 20)), Level("b", {})))
    assert scheme.minutes_of("a", (30, 60)) == (10, 20)
    assert scheme.minutes_of("b", (30, 60)) == (30, 60)
    assert scheme.every_minute((20, 30)) == (10, 20, 30)


def test_a_service_is_found_by_its_name_in_any_language_and_case():
    scheme = LevelScheme.eal()
    assert scheme.service("Surgery") == "leikkaustoiminta"
    assert scheme.service("dialyysi") is None


def test_a_service_is_replaced_by_those_named_and_by_what_replaces_them():
    menu = tuple({"fi": one} for one in "abc")
    scheme = LevelScheme("own", (Level("L", {}, menu=menu, replaced_by={"a": ("b",), "b": ("c",)}),))
    assert scheme.doing_as_well("a") == {"a", "b", "c"}
    assert scheme.doing_as_well("c") == {"c"}
