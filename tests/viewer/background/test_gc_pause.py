"""Full garbage collections wait until nobody does."""

import gc
import subprocess
import sys
from threading import Event
from time import sleep

import pytest
from qtpy.QtWidgets import QWidget

from napari_dsc.core.types import Progress
from napari_dsc.viewer.background import gc_pause as calm_room
from napari_dsc.viewer.background.gc_pause import calm, passed_over
from napari_dsc.viewer.background.job_runner import Runner
from napari_dsc.viewer.background.progress_dialog import awaited
from tests.viewer.desk import outlast

HELD = 1e6  # collections of young objects before a full one: above, it is held back


@pytest.fixture
def usual(qtbot, monkeypatch):
    """What Python collects by, before and after; the pause is short here."""
    qtbot.waitUntil(lambda: gc.get_threshold()[2] < HELD)  # of the scene before
    monkeypatch.setattr(calm_room, "PAUSE", 50)
    usual = 700, 10, 10
    gc.set_threshold(*usual)
    yield usual
    qtbot.waitUntil(lambda: gc.get_threshold() == usual)


def _held(usual) -> bool:
    now = gc.get_threshold()
    return now[:2] == usual[:2] and now[2] > HELD


def test_a_full_collection_waits_and_young_objects_do_not(usual, qtbot):
    full: list[dict[str, int]] = []
    young: list[dict[str, int]] = []

    def told(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            (full if info["generation"] == 2 else young).append(info)

    gc.callbacks.append(told)
    try:
        calm()
        kept: list[object] = [[] for _ in range(400_000)]  # far beyond a quarter of all that lives
        assert (len(full), bool(young)) == (0, True)
        del kept
        qtbot.waitUntil(lambda: gc.get_threshold() == usual)
        many: list[object] = [[] for _ in range(2_000_000)]
        assert full
        assert len(many) == 2_000_000
    finally:
        gc.callbacks.remove(told)


def test_it_is_calm_while_a_job_runs_and_when_its_layers_come(usual, qtbot, monkeypatch):
    """Each of the two moments that insert layers."""
    monkeypatch.setattr(calm_room, "PAUSE", 3_000)  # a busy machine is slow to begin the job
    parent = QWidget()
    qtbot.addWidget(parent)
    seen = []

    def work():
        seen.append(_held(usual))
        yield Progress("Work", 0.5)
        gc.set_threshold(*usual)  # as if the pause had run out meanwhile

    Runner(parent).start("Work", work, done=lambda _: seen.append(_held(usual)))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [True, True]
    monkeypatch.setattr(calm_room, "PAUSE", 50)
    calm()


def test_fault_490_it_stays_calm_for_as_long_as_a_job_takes(usual, qtbot):
    """Longer than the pause: nothing sets it anew but the job."""
    parent = QWidget()
    qtbot.addWidget(parent)
    go_on, seen = Event(), []

    def work():
        yield Progress("Work", 0.5)
        go_on.wait(60)

    Runner(parent).start("Work", work, done=lambda _: seen.append("done"))
    for _ in range(5):
        outlast(2 * calm_room.PAUSE)
        assert _held(usual)
    go_on.set()
    qtbot.waitUntil(lambda: seen == ["done"])
    qtbot.waitUntil(lambda: not _held(usual))


def test_fault_490_it_stays_calm_for_as_long_as_a_file_is_read(usual):
    def work():
        yield Progress("Work", 0.5)
        held = []
        for _ in range(5):
            sleep(3 * calm_room.PAUSE / 1000)
            held.append(_held(usual))
        return held

    held = awaited("Work", work)
    assert isinstance(held, list)
    assert all(held)


def test_it_is_calm_after_a_file_was_read(usual):
    def work():
        yield Progress("Work", 0.5)
        return _held(usual)

    assert awaited("Work", work)
    assert _held(usual)


@pytest.mark.usefixtures("usual")
def test_who_works_on_for_long_is_collected_all_the_same(monkeypatch):
    monkeypatch.setattr(calm_room, "LONGEST", 0.0)
    full = []
    gc.callbacks.append(lambda _, info: full.append(info["generation"]))
    try:
        calm()
        assert 2 not in full
        calm()
        assert 2 in full
    finally:
        gc.callbacks.pop()


@pytest.mark.usefixtures("qtbot")
def test_what_others_have_set_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(calm_room, "PAUSE", 50)
    before = gc.get_threshold()
    try:
        calm()
        gc.set_threshold(500, 5, 5)
        outlast(51)
        assert gc.get_threshold() == (500, 5, 5)
    finally:
        gc.set_threshold(*before)


def test_a_collection_passes_over_what_there_is():
    """What somebody else has set aside stays so."""
    frozen = gc.get_freeze_count() > 0  # by the window that scenes share
    gc.unfreeze()
    with passed_over():
        assert gc.get_freeze_count() > 0
        with passed_over():
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    gc.freeze()
    with passed_over():
        pass
    assert gc.get_freeze_count() > 0
    if not frozen:
        gc.unfreeze()


def test_fault_410_no_full_collection_falls_into_the_imports_of_the_panel():
    """They make enough objects for one, which looks through all of napari's."""
    code = (
        "import gc\n"
        "from qtpy.QtCore import QCoreApplication\n"
        "app = QCoreApplication([])\n"
        "full = []\n"
        "gc.callbacks.append(lambda phase, info: full.append(phase) if info['generation'] == 2"
        " else None)\n"
        "gc.set_threshold(10, 2, 2)\n"  # so that it would fall there even with nothing else loaded
        "import napari_dsc.viewer.panel\n"
        "del full[:]\n"  # before it was calm
        "import napari_dsc.viewer.panel.buttons\n"
        "print(len(full), gc.get_threshold()[2])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    collections, threshold = map(int, done.stdout.split())
    assert collections == 0
    assert threshold > HELD
