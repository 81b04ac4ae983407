"""Verdicts of readers: each adds a line, and what others have written stays."""

import threading

import pytest

from napari_dsc import DscError
from napari_dsc.cohort.verdicts import ACCEPT, EXCLUDE, REVIEW, Verdict, add_verdict, last_verdicts
from napari_dsc.io.file_locks import only_writer


def test_the_last_verdict_holds_and_a_note_alone_leaves_it(tmp_path):
    add_verdict(tmp_path, Verdict(scan="sub-01", verdict=EXCLUDE, reviewer="R1", note="moved"))
    add_verdict(tmp_path, Verdict(scan="sub-01", verdict=ACCEPT, reviewer="R2", when="2026"))
    add_verdict(tmp_path, Verdict(scan="sub-01", note="look again\tat the\nvein"))
    found = last_verdicts(tmp_path)["sub-01"]
    assert (found.verdict, found.reviewer, found.when) == (ACCEPT, "R2", "2026")
    assert found.note == "look again at the vein"
    assert len((tmp_path / REVIEW).read_text().splitlines()) == 4


def test_what_somebody_has_written_by_hand_stays(tmp_path):
    """Columns of their own, a last line without an end, and capitals."""
    (tmp_path / REVIEW).write_bytes(b"\xef\xbb\xbfverdict\tcentre\tscan\r\n Exclude \tA\tsub-01")
    add_verdict(tmp_path, Verdict(scan="sub-02", verdict=ACCEPT, note="good"))
    lines = (tmp_path / REVIEW).read_text().splitlines()
    assert lines[0].split("\t")[:3] == ["verdict", "centre", "scan"]
    assert lines[1].split("\t")[:3] == ["Exclude", "A", "sub-01"]
    found = last_verdicts(tmp_path)
    assert found["sub-01"].verdict == EXCLUDE
    assert (found["sub-02"].verdict, found["sub-02"].note) == (ACCEPT, "good")


@pytest.mark.parametrize(
    "content",
    [b"a\tb\n1\t2\n", b"\xff\xfe\x00scan", b"scan\tverdict\nsub-01\t\x00\n", b"scan\tscan\n1\t2\n"],
)
def test_fault_290_a_damaged_review_is_refused_and_stays_as_it_is(tmp_path, content):
    """Nothing is written over what nobody can read."""
    (tmp_path / REVIEW).write_bytes(content)
    with pytest.raises(DscError, match="Mend it, or move it away"):
        last_verdicts(tmp_path)
    with pytest.raises(DscError, match="no verdict is written"):
        add_verdict(tmp_path, Verdict(scan="sub-01", verdict=ACCEPT))
    assert (tmp_path / REVIEW).read_bytes() == content


def test_fault_291_of_readers_at_once_none_loses_a_line(tmp_path):
    """Each waits for the other."""

    def read(reader: int) -> None:
        for scan in range(10):
            add_verdict(
                tmp_path, Verdict(scan=f"sub-{scan:02}", verdict=ACCEPT, reviewer=f"R{reader}")
            )

    readers = [threading.Thread(target=read, args=(one,)) for one in range(3)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    lines = (tmp_path / REVIEW).read_text().splitlines()[1:]
    assert len(lines) == 30
    assert {tuple(line.split("\t")[i] for i in (0, 3)) for line in lines} == {
        (f"sub-{scan:02}", f"R{reader}") for scan in range(10) for reader in range(3)
    }


def test_fault_291_a_reader_who_holds_the_file_is_waited_for_and_then_told(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_dsc.cohort.verdicts.PATIENCE", 0.1)
    with only_writer(tmp_path / REVIEW, REVIEW), pytest.raises(DscError, match="one program"):
        add_verdict(tmp_path, Verdict(scan="sub-01", verdict=ACCEPT))
    add_verdict(tmp_path, Verdict(scan="sub-01", verdict=ACCEPT))
    assert last_verdicts(tmp_path)["sub-01"].verdict == ACCEPT


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / REVIEW).mkdir()
    with pytest.raises(DscError, match="verdict was not kept"):
        add_verdict(tmp_path, Verdict(scan="sub-01", verdict=ACCEPT))
