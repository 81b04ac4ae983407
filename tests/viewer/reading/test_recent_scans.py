"""The last scans."""

from pathlib import Path

import pytest

from napari_dsc.viewer.reading.choices import choice, choose
from napari_dsc.viewer.reading.recent_scans import (
    MOST,
    forget_scans,
    keep_scan,
    recent_scans,
    told_apart,
)


@pytest.fixture
def scans(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = [tmp_path / f"{number}.nii" for number in range(MOST + 2)]
    for one in files:
        one.touch()
    return files


def test_fault_235_the_latest_comes_first_and_each_once(scans):
    for one in (*scans, scans[3]):
        keep_scan(one)
    assert recent_scans() == [scans[3], scans[6], scans[5], scans[4], scans[2]]


def test_fault_235_of_a_file_that_is_gone_nothing_is_offered(scans):
    for one in scans[:3]:
        keep_scan(one)
    scans[1].unlink()
    assert recent_scans() == [scans[2], scans[0]]


def test_fault_235_they_can_be_forgotten(scans):
    keep_scan(scans[0])
    choose("workspace", "reading")
    forget_scans()
    assert recent_scans() == []
    assert choice("workspace", "workbench") == "reading"


@pytest.mark.parametrize("content", ["", "[1]", '{"recent scans": 5}', '{"recent scans": [5]}'])
def test_a_damaged_file_of_choices_is_none(scans, content, tmp_path):
    keep_scan(scans[0])
    (tmp_path / "state" / "napari-dsc" / "reading.json").write_text(content)
    assert recent_scans() == []
    keep_scan(scans[1])
    assert recent_scans() == [scans[1]]


def test_fault_408_scans_of_one_name_are_told_apart_by_their_folders():
    paths = [Path("/a/one/scan.nii.gz"), Path("/a/two/scan.nii.gz"), Path("/a/two/other.nii")]
    assert told_apart(paths) == ["scan.nii.gz in one", "scan.nii.gz in two", "other.nii"]
