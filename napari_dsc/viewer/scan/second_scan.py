"""The question what becomes of a scan that is opened while another one is."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from qtpy.QtCore import QThread
from qtpy.QtWidgets import QMessageBox, QWidget

__all__ = ["Answer", "ask_question", "ask_where", "can_ask"]

Answer: TypeAlias = Literal["replace", "window", "beside", "cancel"]
TITLE = "A second scan"
QUESTION = "{} is open. Where shall {} be shown?"
MORE = "Pictures and drawings of two scans are never mixed."
CHOICES: tuple[tuple[str, Answer], ...] = (
    ("Replace", "replace"),
    ("Second window", "window"),
    ("Compare side by side", "beside"),
)


def can_ask() -> bool:
    """Whether somebody is there to answer: Qt's event loop runs, as it does for no script."""
    thread = QThread.currentThread()
    return thread is not None and thread.loopLevel() > 0


def ask_question(
    parent: QWidget,
    title: str,
    words: str,
    more: str,
    choices: tuple[tuple[str, str], ...],
    answered: Callable[[str], None],
) -> QMessageBox:
    """Show a question with a button for each answer, and go on; Escape and Cancel are "cancel".

    Parameters
    ----------
    parent : QWidget
        In front of whose window it lies.
    title, words, more : str
        Its title, the question, and a second sentence.
    choices : tuple of tuple of str
        What each button says, and its answer.
    answered : callable
        Hears the answer, once.
    """
    box = QMessageBox(parent.window())
    box.setWindowTitle(title)
    box.setText(words)
    box.setInformativeText(more)
    buttons = {
        box.addButton(said, QMessageBox.ButtonRole.ActionRole): answer for said, answer in choices
    }
    box.setDefaultButton(next(iter(buttons)))
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))

    def finish(_result: int) -> None:
        clicked = box.clickedButton()
        box.deleteLater()
        answered(next((answer for one, answer in buttons.items() if one is clicked), "cancel"))

    box.finished.connect(finish)
    box.open()
    return box


def ask_where(
    parent: QWidget, first: str, second: str, answered: Callable[[str], None]
) -> QMessageBox:
    """Ask where a second scan is to be shown; both by their names."""
    return ask_question(parent, TITLE, QUESTION.format(first, second), MORE, CHOICES, answered)
