"""The folder of results changes as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from palveluverkko.domain.errors import PalveluverkkoError
from palveluverkko.study.folder import check_folder, files_in, taking_over


def write(folder: Path, **texts: str) -> None:
    for name, content in texts.items():
        file = folder / name.replace("_in_", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def texts(folder: Path) -> dict[str, str]:
    return {file.as_posix(): (folder / file).read_text(encoding="utf-8") for file in files_in(folder)}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Give a folder of results with a file of the user's own."""
    output = tmp_path / "out"
    with taking_over(output) as staging:
        manifest = json.dumps({"files": ["map", "figures/reach", "surface_E", "run.json"]})
        write(staging, map="old", figures_in_reach="old", surface_E="old", run_dot_json=manifest)
    write(output, notes="mine")
    return output


def test_new_files_take_the_place_of_those_of_the_earlier_run_and_others_stay(output: Path):
    with taking_over(output) as staging:
        write(staging, map="new", figures_in_reach="new", run_dot_json="{}")
        assert texts(output)["map"] == "old"
    assert texts(output) == {"map": "new", "figures/reach": "new", "run.json": "{}", "notes": "mine"}
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_an_error_while_writing_leaves_the_earlier_results(output: Path):
    before = texts(output)
    with pytest.raises(TypeError), taking_over(output) as staging:
        write(staging, map="new", figures_in_reach=None)
    assert texts(output) == before
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_a_file_that_cannot_be_replaced_leaves_all_the_others(output: Path):
    (output / "run.json").unlink()
    (output / "run.json").mkdir()
    before = {file: ((output / file).stat().st_mtime_ns, text) for file, text in texts(output).items()}
    with pytest.raises(PalveluverkkoError, match=r"run\.json.* cannot be written"), taking_over(output) as staging:
        write(staging, first="new", map="new", figures_in_reach="new", run_dot_json="{}")
    assert {file: ((output / file).stat().st_mtime_ns, text) for file, text in texts(output).items()} == before


def test_links_that_the_disk_does_not_know_are_copies(output: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    test_a_file_that_cannot_be_replaced_leaves_all_the_others(output)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 5}', '{"files": ["../precious", "/precious"]}'])
def test_a_manifest_of_somebody_else_removes_nothing(tmp_path: Path, manifest: str):
    write(tmp_path, precious="mine", out_in_map="old")
    write(tmp_path / "out", run_dot_json=manifest)
    with taking_over(tmp_path / "out") as staging:
        write(staging, run_dot_json="{}")
    assert texts(tmp_path) == {"precious": "mine", "out/map": "old", "out/run.json": "{}"}


def test_checking_a_folder_leaves_nothing_behind(tmp_path: Path):
    check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
