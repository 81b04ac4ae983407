"""One job at a time, and every job has an end."""

import gc
import weakref
from threading import Event
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from napari.qt.threading import GeneratorWorker, WorkerBase
from PyQt6 import sip
from qtpy.QtCore import QEventLoop, QObject, QTimer

from napari_dsc.core.pipeline import Preview
from napari_dsc.core.types import Progress
from napari_dsc.viewer.background import job_runner
from napari_dsc.viewer.background.job_runner import Failure, Runner
from tests.viewer.desk import outlast


def held() -> set[WorkerBase]:
    """The workers that napari holds: it asks each to stop before it waits for them."""
    asked = set()

    def quit_(worker):
        asked.add(worker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GeneratorWorker, "quit", quit_)
        WorkerBase.await_workers(10_000)
    return asked


def test_a_job_that_is_cancelled_at_its_last_step_ends(qtbot):
    """Nothing is left that waits for it: another can start."""
    parent, go = QObject(), Event()
    ended: list[object] = []
    seen: list[Progress] = []
    runner = Runner(parent)
    runner.progressed.connect(seen.append)

    def work():
        yield Progress("working", 0.5)
        go.wait(10)
        return "done"

    runner.start("job", work, done=ended.append, cancelled=lambda: ended.append("cancelled"))
    qtbot.waitUntil(lambda: len(seen) == 1)
    runner.cancel()
    go.set()
    qtbot.waitUntil(lambda: not runner.running)
    assert ended == ["cancelled"]
    go.set()
    assert runner.start("another", work, done=ended.append)
    qtbot.waitUntil(lambda: not runner.running)
    assert ended == ["cancelled", "done"]


def test_a_job_started_by_the_end_of_another_is_its_own(qtbot):
    """The end of the first does not end the second."""
    parent = QObject()
    ended: list[object] = []
    runner = Runner(parent)

    def work(number):
        yield Progress("working", 0.5)
        return number

    def again(result):
        ended.append(result)
        if result < 5:
            assert runner.start("next", work, result + 1, done=again)

    runner.start("first", work, 0, done=again)
    qtbot.waitUntil(lambda: len(ended) == 6)
    assert ended == list(range(6))
    qtbot.waitUntil(lambda: not runner.running)


def test_fault_26_what_goes_wrong_in_a_worker_is_a_result(qtbot, caplog):
    """No exception leaves the worker; the log has the details."""
    parent = QObject()
    ended: list[object] = []
    runner = Runner(parent)

    def work():
        yield Progress("working", 0.5)
        raise ZeroDivisionError

    runner.start("job", work, done=ended.append)
    qtbot.waitUntil(lambda: not runner.running)
    (failure,) = ended
    assert isinstance(failure, Failure)
    assert "ZeroDivisionError" in failure.message
    assert "napari-dsc failed" in caplog.text


def test_a_slice_that_is_waited_for_comes_within_the_gesture(qtbot):
    """From within a running event loop, where gestures come from: the job does not start later."""
    parent = QObject()
    seen: list[Progress] = []
    during: list[Progress] = []
    unused: Any = None  # maps and place of the slice
    runner = Runner(parent)
    runner.progressed.connect(seen.append)

    def work():
        yield Preview("slice", 0.5, unused, unused)
        return "done"

    def gesture():
        runner.start("job", work, done=lambda _: loop.quit(), patience=5.0)
        during.extend(seen)

    loop = QEventLoop()
    QTimer.singleShot(0, gesture)
    loop.exec()
    qtbot.waitUntil(lambda: not runner.running)
    assert [step.stage for step in during] == ["slice"]


def test_a_job_that_is_over_is_held_by_nobody(qtbot):
    """napari holds every worker until it tells that it is finished; here that has to arrive."""
    parent, ended = QObject(), list[object]()
    runner = Runner(parent)
    before = held()

    def work():
        yield Progress("working", 0.5)
        return "done"

    runner.start("job", work, done=ended.append)
    qtbot.waitUntil(lambda: bool(ended) and held() <= before)


def test_fault_155_too_little_memory_is_said_in_words(qtbot):
    """It is no fault of the program, and something can be done about it."""
    parent = QObject()
    ended: list[object] = []
    runner = Runner(parent)

    def work():
        yield Progress("working", 0.5)
        raise MemoryError

    runner.start("job", work, done=ended.append)
    qtbot.waitUntil(lambda: not runner.running)
    (failure,) = ended
    assert isinstance(failure, Failure)
    assert "must fit into memory" in failure.message


def test_a_job_that_is_cancelled_leaves_nothing_open(qtbot):
    """What it holds while it works, such as threads, it gives back at once."""
    parent, ended = QObject(), list[str]()
    runner = Runner(parent)

    def work():
        try:
            while True:
                yield Progress("working", 0.5)
                sleep(0.002)  # no work tells of itself without an end
        finally:
            ended.append("given back")

    seen: list[Progress] = []
    runner.progressed.connect(seen.append)
    runner.start("job", work, done=lambda _: None, cancelled=lambda: ended.append("cancelled"))
    qtbot.waitUntil(lambda: bool(seen))
    runner.cancel()
    qtbot.waitUntil(lambda: sorted(ended) == ["cancelled", "given back"])


def test_a_job_whose_window_is_gone_leaves_nothing_open(qtbot):
    """Nobody is told of its end then: it ends all the same, and nobody holds it."""
    parent, ended, begun, go = QObject(), list[str](), Event(), Event()
    runner = Runner(parent)

    def work():
        try:
            begun.set()
            while True:
                go.wait(10)
                yield Progress("working", 0.5)
        finally:
            ended.append("given back")

    before = held()
    runner.start("job", work, done=lambda _: None)
    assert begun.wait(10)
    runner.cancel()
    sip.delete(parent)
    go.set()
    qtbot.waitUntil(lambda: ended == ["given back"] and held() <= before)


def test_what_a_job_was_given_goes_with_it(qtbot):
    """napari's list of tasks keeps every worker for as long as the window lives."""
    parent, kept = QObject(), set[WorkerBase]()
    runner = Runner(parent)

    class Scan:
        """Something large."""

    def work(_scan):
        yield Progress("working", 0.5)
        return "done"

    scan, stopped = Scan(), Scan()
    seen = weakref.ref(scan), weakref.ref(stopped)
    runner.start("job", work, scan, done=lambda _: None)
    kept |= held()
    qtbot.waitUntil(lambda: not runner.running)
    runner.start("job", work, stopped, done=lambda _: None)
    runner.cancel()
    kept |= held()
    qtbot.waitUntil(lambda: not runner.running)
    del scan, stopped
    gc.collect()
    assert len(kept) >= 2
    assert [one() for one in seen] == [None, None]


def test_only_a_job_that_takes_long_stands_in_the_activity_dock(qtbot, monkeypatch):
    """There, each step draws the window anew."""
    parent, go = QObject(), Event()
    told: list[object] = []

    def bar(total, desc):
        told.append((desc, total))
        return SimpleNamespace(n=0, close=lambda: told.append("closed"), update=None)

    monkeypatch.setattr(job_runner, "activity", bar)
    monkeypatch.setattr(job_runner, "LONG", 30)
    runner = Runner(parent)

    def work(lasts):
        yield Progress("working", 0.5)
        if lasts:
            go.wait(30)

    runner.start("short", work, False, done=lambda _: None)
    qtbot.waitUntil(lambda: not runner.running)
    outlast(31)
    assert told == []
    runner.start("long", work, True, done=lambda _: None)
    qtbot.waitUntil(lambda: bool(told))
    go.set()
    qtbot.waitUntil(lambda: not runner.running)
    assert told == [("long", 100), "closed"]


@pytest.mark.parametrize("where", ["made", "told"])
def test_a_job_may_end_while_the_activity_dock_draws(qtbot, monkeypatch, where):
    """napari handles events then; the bar is closed, and nothing is told of it any more."""
    parent, go, told = QObject(), Event(), []
    monkeypatch.setattr(job_runner, "LONG", 0)
    monkeypatch.setattr(job_runner, "PAUSE", -1.0)
    runner = Runner(parent)

    def end(*_):
        told.append("drawn")
        go.set()
        qtbot.waitUntil(lambda: not runner.running)

    def bar(**_):
        if where == "made":
            end()
        return SimpleNamespace(
            n=0,
            set_description=end if where == "told" else told.append,
            update=told.append,
            close=lambda: told.append("closed"),
        )

    def work():
        for _ in range(2):
            yield Progress("working", 0.5)
            go.wait(0.2)
        go.wait(30)
        yield Progress("working", 1.0)

    monkeypatch.setattr(job_runner, "activity", bar)
    runner.start("job", work, done=lambda _: None)
    qtbot.waitUntil(lambda: "closed" in told)
    assert set(told) == {"drawn", "closed"}
    assert told.count("closed") == 1
    assert told[-1] == "closed"
