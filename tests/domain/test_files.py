import pytest

from palveluverkko.domain.errors import PalveluverkkoError
from palveluverkko.domain.files import replacing


def test_a_finished_write_takes_the_place_of_the_old_file(tmp_path):
    target = tmp_path / "run.json"
    target.write_text("old")
    with replacing(target) as beside:
        beside.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_halfway_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "run.json"
    target.write_text("old")

    def write_half_and_fail():
        with replacing(target) as beside:
            beside.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half_and_fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_folders_on_the_way_are_made(tmp_path):
    with replacing(tmp_path / "out" / "lappi" / "run.json") as beside:
        beside.write_text("{}")
    assert (tmp_path / "out" / "lappi" / "run.json").read_text() == "{}"


def test_a_folder_that_is_a_file_is_named_in_the_error(tmp_path):
    (tmp_path / "out").write_text("a file")
    with (
        pytest.raises(PalveluverkkoError, match=r"report\.xlsx cannot be written"),
        replacing(tmp_path / "out" / "report.xlsx"),
    ):
        pass


def test_a_folder_in_the_place_of_the_target_is_named_in_the_error(tmp_path):
    (tmp_path / "report.xlsx").mkdir()
    with pytest.raises(PalveluverkkoError, match="it is a folder"), replacing(tmp_path / "report.xlsx"):
        pytest.fail("nothing can be written")


def test_a_target_that_cannot_be_replaced_is_named_in_the_error(tmp_path):
    def write():
        with replacing(tmp_path / "report.xlsx") as beside:
            beside.write_text("new")
            (tmp_path / "report.xlsx").mkdir()

    with pytest.raises(PalveluverkkoError, match="Close it in other programs"):
        write()
