"""study.toml as a checked value: defaults, paths, and one sentence for everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from little_study import STUDY, write_little_study

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.planning import Norm, Scenario
from palveluverkko.domain.travel import DEFAULT_MINUTES, Direction, Season
from palveluverkko.osm.profile import CarProfile
from palveluverkko.study.study import read_study

SMALLEST = """\
[study]
name = "S"
[network]
osm = "roads.osm.pbf"
[points]
file = "points.csv"
[places]
file = "places.csv"
[output]
directory = "out"
"""

SCHEME = """\
name = "Kaksi"
[[level]]
code = "near"
name = "Lähellä"
[[level]]
code = "far"
"""


def write_study(folder: Path, text: str) -> Path:
    path = write_little_study(folder)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(StudyError) as caught:
        read_study(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(f"{path}: ").removeprefix(f"{path} ")


def test_the_smallest_study_has_every_default(tmp_path):
    study = read_study(write_study(tmp_path, SMALLEST))
    assert study.study.language == "fi"
    assert study.network.season is Season.SUMMER
    assert study.network.direction is Direction.TO_SERVICE
    assert study.minutes == DEFAULT_MINUTES
    assert study.scheme.codes == ("L", "A", "E")
    assert study.areas is None
    assert study.norms == ()
    assert study.scenarios == ()
    assert study.profile.season is Season.SUMMER


def test_the_study_is_what_its_file_says(tmp_path):
    study = read_study(write_little_study(tmp_path))
    assert study.minutes == (1, 2, 5, 10)
    assert study.norms == (Norm("L", 5, 0.9),)
    assert study.scenarios == (Scenario("Ilman lähipistettä", close=("PISTE",), open=("EHDOKAS",)),)


def test_paths_are_relative_to_the_file_whatever_the_working_folder(tmp_path, monkeypatch):
    path = write_little_study(tmp_path / "studies" / "pieni", study={'"out"': '"../../out"'})
    monkeypatch.chdir(tmp_path)
    for named in (path, path.relative_to(tmp_path)):
        study = read_study(named)
        assert study.points.file.resolve() == path.parent / "points.csv"
        assert study.output.directory.resolve() == tmp_path / "out"


def test_an_absolute_path_stays(tmp_path):
    points = tmp_path / "points.csv"
    study = read_study(write_little_study(tmp_path, study={'"points.csv"': f'"{points.as_posix()}"'}))
    assert study.points.file == points


def test_the_document_for_the_manifest_is_the_same_wherever_the_study_lies(tmp_path):
    changes = {'"EAL"': '"own/../kaksi.toml"', 'level = "L"': 'level = "near"'}
    documents = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kaksi.toml").write_text(SCHEME, encoding="utf-8")
        documents.append(read_study(write_little_study(tmp_path / name, study=changes)).to_document())
    assert documents[0] == documents[1]
    assert documents[0]["network"]["osm"] == "roads.osm.pbf"
    assert documents[0]["levels"]["scheme"] == "kaksi.toml"
    assert documents[0]["output"]["directory"] == "out"


def test_every_file_that_decides_the_result_is_an_input(tmp_path):
    (tmp_path / "kaksi.toml").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "areas.gpkg").touch()
    changes = {'"EAL"': '"kaksi.toml"', 'level = "L"': 'level = "near"'}
    changes |= {'column = "kunta_code"\nname_column = "kunta"': 'file = "areas.gpkg"'}
    study = read_study(write_little_study(tmp_path, study=changes))
    assert {role: file.name for role, file in study.inputs.items()} == {
        "study": "study.toml",
        "network.osm": "roads.osm.pbf",
        "points.file": "points.csv",
        "places.file": "places.csv",
        "areas.file": "areas.gpkg",
        "levels.scheme": "kaksi.toml",
    }
    assert study.scheme.codes == ("near", "far")


def test_own_tables_of_the_profile_are_read_beside_the_study_and_are_an_input(tmp_path):
    (tmp_path / "own.toml").write_text("[untagged_kmh]\nresidential = 28", encoding="utf-8")
    study = read_study(write_little_study(tmp_path, study={"[points]": 'profile = "x/../own.toml"\n[points]'}))
    assert study.profile.road({"highway": "residential"}).forward_kmh == 28
    assert study.inputs["network.profile"] == tmp_path / "own.toml"
    assert study.to_document()["network"]["profile"] == "own.toml"
    assert study.profile.fingerprint() != read_study(write_little_study(tmp_path)).profile.fingerprint()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[untagged_kmh]\nresidental = 28",
            r"study\.toml: .*own\.toml: \[untagged_kmh\] has the unknown key 'residental'",
        ),
        (None, r"study\.toml: network\.profile names .*own\.toml, which is not there"),
    ],
)
def test_own_tables_that_do_not_fit_are_refused_with_the_study(tmp_path, text, said):
    if text is not None:
        (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        read_study(write_little_study(tmp_path, study={"[points]": 'profile = "own.toml"\n[points]'}))


ROWS = [{"name": "Arvinsalmen lossi", "wait_minutes": 4.0}, {"osm_id": 12, "crossing_minutes": 7.5, "closed": "winter"}]
TABLE = "name;osm_id;wait_minutes;crossing_minutes;closed\nArvinsalmen lossi;;4;;\n;12;;7,5;winter\n"
INLINE = """[[network.ferries]]
name = "Arvinsalmen lossi"
wait_minutes = 4
[[network.ferries]]
osm_id = 12
crossing_minutes = 7.5
closed = "winter"
[points]"""


def test_ferries_of_a_study_stand_in_it_or_in_a_table(tmp_path):
    (tmp_path / "ferries.csv").write_text(TABLE, encoding="utf-8")
    inline = read_study(write_little_study(tmp_path, study={"[points]": INLINE}))
    assert inline.to_document()["network"]["ferries"] == ROWS
    table = read_study(write_little_study(tmp_path, study={"[points]": 'ferries = "ferries.csv"\n[points]'}))
    assert table.to_document()["network"]["ferries"] == "ferries.csv"
    assert table.inputs["network.ferries"] == tmp_path / "ferries.csv"
    assert table.profile == inline.profile
    assert table.profile.fingerprint() == inline.profile.fingerprint() != CarProfile().fingerprint()


def test_a_table_of_ferries_is_checked_with_the_study(tmp_path):
    (tmp_path / "ferries.csv").write_text("name;closed\nA;summer\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"study.toml: ferries.csv: ferry 'A': closed is 'summer'"):
        read_study(write_little_study(tmp_path, study={"[points]": 'ferries = "ferries.csv"\n[points]'}))


def test_a_study_cannot_be_changed(tmp_path):
    study = read_study(write_little_study(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        study.study.name = "another"


REFUSALS = {
    "a study without name": ('name = "Pieni"', "", "[study] lacks 'name', which must be given."),
    "an empty name": ('name = "Pieni"', 'name = ""', "[study] name: String should have at least 1 character"),
    "an unknown language": ('language = "fi"', 'language = "de"', "[study] language: Input should be 'fi', 'sv'"),
    "an unknown section": ("[areas]", "[area]", "has the unknown key 'area'; did you mean 'areas'?"),
    "an unknown key": ("osm = ", "oms = ", "[network] has the unknown key 'oms'; did you mean 'osm'?"),
    "a key like no other": (
        "osm = ",
        "zzz = 1\nosm = ",
        "[network] has the unknown key 'zzz'; known are osm, profile,",
    ),
    "the key path": ("[study]", 'path = "x"\n[study]', "the unknown key 'path' stands at the top"),
    "an unknown key of a norm": ("share = 0.90", "shear = 0.90", "[norm] has the unknown key 'shear'; did you mean"),
    "a number for a path": ('"roads.osm.pbf"', "5", "[network] osm: name a road file, or different"),
    "text for a number": ("share = 0.90", 'share = "most"', "[norm] share: Input should be a valid number"),
    "an infinite number": ("[output]", "[output]\ncell_metres = inf", "[output] cell_metres: Input should be a finite"),
    "no pace": ("[points]", "access_speed_kmh = 0\n[points]", "[network] access_speed_kmh: Input should be greater"),
    "an unknown season": ("[points]", 'season = "spring"\n[points]', "[network] season: Input should be 'summer' or"),
    "an unknown direction": ("[points]", 'direction = "up"\n[points]', "[network] direction: Input should be 'to_serv"),
    "an unknown profile": ("[points]", 'profile = "bus"\n[points]', "[network] profile: give 'car', or a .toml file"),
    "a ferry of nothing": ("[points]", "ferries = [5]\n[points]", "[network] ferries: give a file such as"),
    "a ferry with one bracket": (
        "[points]",
        '[network.ferries]\nname = "A"\n[points]',
        "[network] ferries: give a file such",
    ),
    "a ferry without a name": ("[points]", "[[network.ferries]]\nwait_minutes = 1\n[points]", "either name or osm_id"),
    "a negative wait": (
        "[points]",
        '[[network.ferries]]\nname = "A"\nwait_minutes = -1\n[points]',
        "ferry 'A': wait_minutes is -1; give minutes of 0 or more",
    ),
    "a table of ferries that is not there": (
        "[points]",
        'ferries = "ferries.csv"\n[points]',
        "ferries.csv, which is not there",
    ),
    "no minutes": ("[1, 2, 5, 10]", "[]", "minutes is empty; give at least one threshold"),
    "unsorted minutes": ("[1, 2, 5, 10]", "[5, 1]", "minutes holds 1 after 5; write them in rising order, each once."),
    "negative minutes": ("[1, 2, 5, 10]", "[-5, 10]", "minutes holds -5; thresholds lie above 0"),
    "an unknown scheme": (
        '"EAL"',
        '"LAE"',
        "level scheme 'LAE' is not known; use EAL, keski-suomi or the path",
    ),
    "a scheme that is not there": ('"EAL"', '"own.toml"', "own.toml cannot be read: No such file or directory."),
    "a norm of another scheme": ('level = "L"', 'level = "X"', "level 'X' is not in the scheme EAL; its levels are L"),
    "a norm beyond the travel times": (
        "minutes = 5\n",
        "minutes = 45\n",
        "norm for level L has minutes = 45, but travel times end at 10, the last of [levels] minutes; add 45 there.",
    ),
    "a norm in per cent": ("share = 0.90", "share = 90", "the norm for level L has share = 90; write 90 % as 0.90."),
    "a norm without a share": ("share = 0.90\n", "", "say once how many must be within the minutes"),
    "a norm of minutes in words": (
        "minutes = 5\n",
        'minutes = "5"\n',
        "[norm] minutes: Input should be a valid",
    ),
    "a percentile beyond all": ("share = 0.90", "percentile = 190", "[norm] percentile: Input should be less than"),
    "a norm of shares twice": ("share = 0.90", "share = 0.90\npercentile = 90", "say once how many must be"),
    "a norm of classes without a column": (
        "minutes = 5\n",
        "minutes = { I = 5 }\n",
        "go with by, the column of the classes",
    ),
    "a norm of no time": ("minutes = 5\n", "minutes = 0\n", "the norm for level L has minutes = 0; give more than 0."),
    "one bracket": ("[[norm]]", "[norm]", "norm is one table; write [[norm]] with two brackets, once for each."),
    "a point opened and closed": ('["EHDOKAS"]', '["PISTE"]', "both opens and closes 'PISTE'; choose one."),
    "a change to an unknown level": (
        'open = ["EHDOKAS"]',
        'change_level = { PISTE = "X" }',
        "level 'X' is not in the scheme EAL",
    ),
    "two areas": ("[levels]", 'file = "a.gpkg"\n[levels]', "[areas] give either column (of the places) or file (of"),
    "a name for polygons": (
        'column = "kunta_code"\n',
        'file = "places.csv"\n',
        "[areas] name_column goes with column; polygons bring their own name",
    ),
    "a file that is not there": (
        '"points.csv"',
        '"../pisteet.csv"',
        "pisteet.csv, which is not there. Paths are relative to the study file.",
    ),
    "two wrong keys": ("osm = ", "x = 1\ny = 2\nosm = ", "And 1 more problem."),
    "text that is no TOML": ("[study]", "[study", "is not TOML"),
}


@pytest.mark.parametrize(("old", "new", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_one_sentence_says_what_is_wrong(tmp_path, old, new, sentence):
    message = refusal(write_little_study(tmp_path, study={old: new}))
    assert sentence in message
    assert message.endswith((".", "?"))
    assert ".." not in message.replace("...", "")


def test_a_norm_for_each_area_of_none_is_refused(tmp_path):
    none = STUDY.replace('[areas]\ncolumn = "kunta_code"\nname_column = "kunta"\n', "")
    each = none.replace("share = 0.90", 'share = 0.90\nareas = "each"')
    assert "areas = 'each', but the study has no [areas]" in refusal(write_study(tmp_path, each))


def test_a_percentile_everyone_and_classes_are_norms_of_shares(tmp_path):
    more = """
[[norm]]
level = "L"
by = "kunta_code"
minutes = { 005 = 4, 047 = 6 }
percentile = 50
group = "places"

[[norm]]
level = "E"
minutes = 7
everyone = true
areas = "each"
"""
    study = read_study(write_study(tmp_path, STUDY + more))
    assert study.norms[1:] == (
        Norm("L", 4, 0.5, "places", where=("kunta_code", "005")),
        Norm("L", 6, 0.5, "places", where=("kunta_code", "047")),
        Norm("E", 7, 1.0, areas="each"),
    )


def test_two_scenarios_of_one_name_are_refused(tmp_path):
    twice = STUDY + '[[scenario]]\nname = "Ilman lähipistettä"\n'
    assert "two scenarios are named 'Ilman lähipistettä'" in refusal(write_study(tmp_path, twice))


def test_a_missing_study_and_a_folder_are_refused(tmp_path):
    assert "cannot be read: No such file or directory." in refusal(tmp_path / "study.toml")
    assert "Name a study file such as study.toml." in refusal(tmp_path)


def test_text_in_another_encoding_is_refused(tmp_path):
    path = write_little_study(tmp_path)
    path.write_bytes(STUDY.encode("utf-16"))
    assert "is not TOML" in refusal(path)
