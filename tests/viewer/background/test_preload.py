"""What takes long to load is loaded when nobody waits, once, and by one thread at a time."""

from threading import Event, Thread

from qtpy.compat import isalive
from qtpy.QtWidgets import QWidget

from napari_dsc.viewer.background import preload as loading_room
from napari_dsc.viewer.background.preload import LIBRARIES, PAUSE, Loading
from tests.viewer.desk import outlast


def test_steps_are_done_one_by_one_while_the_window_lives(qtbot):
    parent, done = QWidget(), []
    qtbot.addWidget(parent)
    loading = Loading([lambda: done.append(1), lambda: done.append(2), lambda: done.append(3)])
    loading.soon(parent)
    assert done == []
    qtbot.waitUntil(lambda: done == [1])
    qtbot.waitUntil(lambda: done == [1, 2, 3])
    loading.now()
    loading.soon(parent)
    outlast(PAUSE + 1)
    assert done == [1, 2, 3]


def test_fault_246_a_window_that_opens_is_drawn_before_anything_is_loaded(qtbot):
    """However long that takes; the first step waits as long as is asked for then."""
    parent, done = QWidget(), []
    qtbot.addWidget(parent)
    loading = Loading([lambda: done.append(1), lambda: done.append(2)])
    loading.once_painted(parent, 20 * PAUSE)
    outlast(25 * PAUSE)
    assert done == []
    parent.show()
    outlast(4 * PAUSE)
    assert done == []
    qtbot.waitUntil(lambda: done == [1, 2])


def test_fault_246_who_needs_it_all_waits_for_no_picture(qtbot):
    """A scan that is read before the window was seen."""
    parent, done = QWidget(), []
    qtbot.addWidget(parent)
    loading = Loading([lambda: done.append(1), lambda: done.append(2)])
    loading.once_painted(parent)
    loading.now()
    assert done == [1, 2]
    parent.show()
    outlast(4 * PAUSE)
    assert done == [1, 2]


def test_who_cannot_wait_does_the_rest_at_once(qtbot):
    parent, done = QWidget(), []
    qtbot.addWidget(parent)
    loading = Loading([lambda: done.append(1), lambda: done.append(2), lambda: done.append(3)])
    loading.soon(parent)
    qtbot.waitUntil(lambda: done == [1])
    loading.now()
    assert done == [1, 2, 3]
    outlast(PAUSE + 1)
    assert done == [1, 2, 3]


def test_two_never_load_at_once_and_the_window_does_not_wait(qtbot):
    """A module that two threads import at once is found half made by one of them."""
    parent, begun, on, done = QWidget(), Event(), Event(), []
    qtbot.addWidget(parent)

    def slow() -> None:
        begun.set()
        on.wait(10)
        done.append("slow")

    loading = Loading([slow, lambda: done.append("next")])
    reading = Thread(target=loading.now)
    reading.start()
    assert begun.wait(10)
    loading.soon(parent)
    outlast(PAUSE + 1)
    assert done == []
    on.set()
    reading.join(10)
    assert done == ["slow", "next"]


def test_what_a_window_leaves_the_next_one_does(qtbot, monkeypatch):
    monkeypatch.setattr(loading_room, "PAUSE", 150)
    parent, done = QWidget(), []
    loading = Loading([lambda: done.append(1), lambda: done.append(2)])
    loading.soon(parent)
    parent.deleteLater()
    qtbot.waitUntil(lambda: not isalive(parent))
    outlast(151)
    assert done == []
    other = QWidget()
    qtbot.addWidget(other)
    loading.soon(other)
    qtbot.waitUntil(lambda: done == [1, 2])


def test_the_libraries_can_be_loaded():
    LIBRARIES.now()
    LIBRARIES.now()
