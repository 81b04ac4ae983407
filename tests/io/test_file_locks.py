"""Two that write into one place: one does, the other is refused in one line."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_dsc import DscError, Series, phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io import results_folder
from napari_dsc.io.dicom_out.writing import mark_of, write_dicom
from napari_dsc.io.file_locks import LOCK, is_held, only_writer
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.record import make_record
from napari_dsc.io.results_folder import write_results
from napari_dsc.io.temporaries import sweep
from napari_dsc.report import make_report
from napari_dsc.report.read_results import reading_results
from tests.io.dicom_maker import affine, classic

HOLD = """
import sys
from pathlib import Path
from napari_dsc.io.file_locks import only_writer
with only_writer(Path(sys.argv[1]), "results"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def small():
    """An analysis that is saved in a moment."""
    patient = phantom((16, 16, 4), seed=1)
    analysis = finished(stages(patient.series, patient.artery, patient.brain, Settings()))
    return analysis, make_record(patient.series, analysis, None)


def hidden(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.name.startswith(".")]


@pytest.mark.parametrize("target", ["record.json", "page.html"])
def test_fault_154_a_second_writer_is_refused(tmp_path, small, target):
    """Of results and of a report; once the first has ended, however it did, it is let in."""
    write_results(tmp_path / "made", *small)
    tmp_path.joinpath("out").mkdir()

    def write() -> None:
        if target == "record.json":
            write_results(tmp_path / "out", small[0], small[1], overwrite=True)
        else:
            page = tmp_path / "out" / target
            finished(make_report(tmp_path / "made", page, overwrite=True))

    command = [sys.executable, "-c", HOLD, str(tmp_path / "out" / target)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "ready\n"
        with pytest.raises(DscError, match="by one program at a time, got a second one") as failure:
            write()
        assert "\n" not in str(failure.value)
        assert len(hidden(tmp_path / "out")) == 1
        first.kill()
    write()
    assert hidden(tmp_path / "out") == []
    assert (tmp_path / "out" / target).is_file()


def test_fault_154_of_many_savers_at_once_one_saves_at_a_time(tmp_path, small):
    """Whoever is not refused leaves a whole folder, with a record of its own files."""
    start, ended = threading.Barrier(6), []

    def save(number: int) -> None:
        start.wait()
        try:
            write_results(tmp_path, small[0], small[1], overwrite=True, prefix=f"s{number}_")
            ended.append("saved")
        except DscError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert ended.count("saved") >= 1
    assert all(one == "saved" or "by one program at a time" in one for one in ended)
    files = json.loads((tmp_path / "record.json").read_text())["files"]
    assert len(list(tmp_path.iterdir())) == len(files) + 1
    (prefix,) = {one.name[:3] for one in tmp_path.iterdir() if one.name != "record.json"}
    assert all(fingerprint(tmp_path / f"{prefix}{end}") == one for end, one in files.items())


def test_a_second_result_is_not_put_over_one_that_came_meanwhile(tmp_path, small, monkeypatch):
    """Both looked before either wrote: without leave to overwrite the later one is refused."""
    kept, looks = results_folder.refuse_existing, []

    def look(*words: object) -> None:
        kept(*words)  # type: ignore[arg-type]
        looks.append(words)
        if len(looks) == 1:
            write_results(tmp_path, *small)

    monkeypatch.setattr(results_folder, "refuse_existing", look)
    with pytest.raises(DscError, match="must be free of earlier results"):
        write_results(tmp_path, *small)


def test_what_is_left_of_a_lock_keeps_nobody_out(tmp_path):
    """And is swept; one that is held is not."""
    with only_writer(tmp_path / "a", "a file"):
        (lock,) = hidden(tmp_path)
    (tmp_path / lock).touch()
    assert is_held(tmp_path / lock) is False
    with only_writer(tmp_path / "a", "a file"):
        assert is_held(tmp_path / lock)
        sweep(tmp_path)
        assert hidden(tmp_path) == [lock]
    (tmp_path / lock).touch()
    sweep(tmp_path)
    assert hidden(tmp_path) == []
    assert lock.startswith(LOCK)


@pytest.mark.skipif(os.name != "posix", reason="flock is POSIX's")
def test_a_file_system_without_locks_is_written_to_all_the_same(tmp_path, monkeypatch):
    """Nobody can be told there that he is the second."""
    import fcntl

    def none(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", none)
    with only_writer(tmp_path / "a", "a file"):
        (tmp_path / "a").touch()
    assert hidden(tmp_path) == []


def test_fault_154_dicom_has_one_writer_too(tmp_path, small):
    """Nothing is left of the one that is refused."""
    signal, time = phantom((16, 16, 4), seed=1).series.signal, 1.5 * np.arange(60)
    series = Series(signal=signal, time=time, echo_time=0.03, affine=affine(), dicom=True)
    series = replace(series, files=tuple(classic(tmp_path / "scan", series)))
    (tmp_path / "out").mkdir()
    analysis, _ = small
    with (
        only_writer(tmp_path / "out" / mark_of("classic"), "DICOM files"),
        pytest.raises(DscError, match="DICOM files must be written by one program at a time"),
    ):
        write_dicom(tmp_path / "out", analysis.maps, series)
    assert list((tmp_path / "out").iterdir()) == []
    assert write_dicom(tmp_path / "out", analysis.maps, series)
    assert hidden(tmp_path / "out") == []


@pytest.mark.parametrize("stage", ["Checking", "Reading the maps", "Reading the masks"])
def test_fault_154_a_folder_that_changes_while_it_is_read_makes_no_page(tmp_path, small, stage):
    """Numbers of one analysis beside pictures of another would be worse than none."""
    analysis, record = small
    write_results(tmp_path, analysis, record)
    work = reading_results(tmp_path)
    while not next(work).stage.startswith(stage):
        pass
    write_results(tmp_path, analysis, {**record, "bolus_arrival_s": 1.0}, overwrite=True)
    with pytest.raises(DscError, match="must") as failure:
        finished(work)
    assert "\n" not in str(failure.value)
