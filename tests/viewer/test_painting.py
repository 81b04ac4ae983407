"""A window that nobody looks at is painted seldom, and is whole once somebody does."""

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from tests.viewer.desk import until_idle, wait_until
from tests.viewer.painting import seldom

# napari's own names: there are no public ones.
QT_VIEWER, SCENE = "_qt_viewer", "_scene_canvas"
TURNS = 12


@pytest.fixture
def turn(viewer):
    """Change the picture; the count of pictures that were drawn grows."""
    layer = viewer.add_image(np.eye(8))
    drawn: list[None] = []
    scene = getattr(getattr(viewer.window, QT_VIEWER).canvas, SCENE)
    scene.events.draw.connect(lambda _: drawn.append(None))
    until_idle()

    def turn() -> int:
        layer.opacity = 1.5 - layer.opacity
        QApplication.processEvents()
        return len(drawn)

    return turn


def test_whoever_looks_sees_each_picture(turn):
    """Nothing is put off."""
    before = turn()
    assert [turn() for _ in range(TURNS)][-1] > before + TURNS / 2


def test_of_many_pictures_that_nobody_looks_at_few_are_painted_and_the_last(turn):
    """It comes once somebody looks."""
    before = turn()
    with seldom():
        unseen = [turn() for _ in range(TURNS)][-1]
    assert unseen < before + TURNS / 2
    until_idle()
    assert turn() > unseen + 1


def test_who_waits_for_a_picture_gets_one(turn):
    """A wait is no reason never to paint."""
    before = turn()
    wait_until(lambda: turn() > before + 2)
