"""A hand that answers the dialog of a report while it is open."""

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit

from napari_dsc.viewer.review.report_dialog import ReportDialog

__all__ = ["answer_report"]


def answer_report(
    press: Callable[[], None], path: Path, choose: Callable[[ReportDialog], None] | None = None
) -> None:
    """Press what opens the dialog; choose, type a name, and press Enter.

    Parameters
    ----------
    press : callable
        Opens the dialog, and returns when it is closed.
    path : Path
        What is typed.
    choose : callable, optional
        Given the dialog before that.
    """
    answered: list[bool] = []

    def reply() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, ReportDialog) or not dialog.isVisible():
            QTimer.singleShot(20, reply)
            return
        if not answered and choose is not None:
            choose(dialog)
        answered.append(True)
        if not dialog.isVisible():
            return  # what was chosen has closed it
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(line, QLineEdit)
        line.setText(str(path))
        QTest.keyClick(line, Qt.Key.Key_Return)
        if QApplication.activeModalWidget() is dialog:  # a list of completions took the key
            QTimer.singleShot(100, reply)

    QTimer.singleShot(20, reply)
    press()
    assert answered, "no dialog was opened"
