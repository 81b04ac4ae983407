"""The line below the pictures, seen by its pixels."""

import numpy as np
import pytest
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QLabel, QMainWindow

from napari_dsc.viewer.reading.bottom_line import STATUS, BottomLine

LONG = "Tmax 0.218 s   CBF 98.9 mL/100g/min   CBV 13.4 mL/100g   MTT 8.15 s   TTP 28.4 s   Delay"


def ink(label) -> np.ndarray:
    """Darkness of a label, summed over its rows: where its letters are."""
    shot = label.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    bits = shot.constBits()
    bits.setsize(shot.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(shot.height(), -1)[:, : shot.width()]
    return (rows.max() - rows.astype(int)).sum(axis=0)


@pytest.mark.parametrize("width", [500, 640, 701])
def test_fault_351_a_text_that_is_too_long_ends_in_dots(qtbot, width):
    """Its last letter is whole, and what is said beside it has room; a short one is as it was."""
    window = QMainWindow()
    qtbot.addWidget(window)
    readout, status = QLabel(LONG), QLabel("Done.")
    line = BottomLine()
    line.put_in(window, readout)
    line.take(status, STATUS)
    window.resize(width, 100)
    window.show()
    QApplication.processEvents()
    free = readout.width() - np.flatnonzero(ink(readout)).max()
    assert readout.sizeHint().width() > readout.width() > status.width() > 0
    assert free >= 2  # no letter touches the end
    row = ink(status)
    plain = QLabel("Done.", window)
    plain.resize(status.size())
    plain.show()
    np.testing.assert_array_equal(row, ink(plain))
