"""The dialog in which a user says where left, front and top are, where the file is wrong."""

from collections.abc import Callable

from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import BY_USER, SIDES, as_codes, codes_in_words, swapped

__all__ = ["OrientationDialog"]

EXPLAINED = (
    "Use this only if you know that the file is wrong, such as by a marker on the head. It is "
    "recorded, the letters on the pictures say that it was stated by the user, and no DICOM can be "
    "written. The voxels stay as they are; maps are to be computed again."
)
FILE = "The file says: {}."
FILE_SILENT = "The file does not say where its axes run to."
STATED = f"Now {BY_USER}: {{}}."
SWAPS = (("Left ↔ right", "L"), ("Front ↔ back", "A"), ("Top ↔ bottom", "S"))
RESET = "As the file says"
AXES = ("first", "second", "third")
SIZE = "{} axis, {} voxels, runs to the patient's"


class OrientationDialog(QDialog):
    """Where the axes of a file run to: exchanged by three buttons, or declared axis by axis.

    Parameters
    ----------
    parent : QWidget
        In front of whose window it lies.
    name : str
        Of the scan.
    shape : tuple of int
        Of its volumes, in the file.
    file : str
        Where the axes run to as the file says; empty: it does not.
    now : str
        As they are taken now.
    answered : callable
        Hears the letters that the user states; None: those of the file count.

    Attributes
    ----------
    swaps : list of QPushButton
        Exchange left and right, front and back, top and bottom.
    axes : list of QComboBox
        Where each axis runs to.
    accept_button, back_to_file : QPushButton
        State it; take what the file says.
    words : QLabel
        What would be stated, or what is wrong with it.
    """

    def __init__(
        self,
        parent: QWidget,
        name: str,
        shape: tuple[int, ...],
        file: str,
        now: str,
        answered: Callable[[str | None], None],
    ) -> None:
        super().__init__(parent.window())
        self._answered = answered
        self.setWindowTitle(f"Orientation of {name}")
        rows = QVBoxLayout(self)
        for words in (EXPLAINED, FILE.format(codes_in_words(file)) if file else FILE_SILENT):
            label = QLabel(words)
            label.setWordWrap(True)
            rows.addWidget(label)
        swaps = QHBoxLayout()
        self.swaps = [QPushButton(said) for said, _ in SWAPS]
        for button, (_, letter) in zip(self.swaps, SWAPS, strict=True):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, letter=letter: self._swap(letter))
            swaps.addWidget(button)
        rows.addLayout(swaps)
        grid = QGridLayout()
        self.axes = [QComboBox() for _ in AXES]
        for at, (box, which) in enumerate(zip(self.axes, AXES, strict=True)):
            grid.addWidget(QLabel(SIZE.format(which.capitalize(), shape[at])), at, 0)
            for letter, side in SIDES.items():
                box.addItem(side, letter)
            box.currentIndexChanged.connect(self._show)
            grid.addWidget(box, at, 1)
        rows.addLayout(grid)
        self.words = QLabel()
        self.words.setWordWrap(True)
        rows.addWidget(self.words)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button, self.back_to_file = QPushButton("State this"), QPushButton(RESET)
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.back_to_file, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        self.back_to_file.clicked.connect(self._take_file)
        rows.addWidget(buttons)
        self.finished.connect(self.deleteLater)
        self._fill(now)

    @property
    def codes(self) -> str:
        """Letters that are chosen; they need not make sense together."""
        return "".join(str(box.currentData()) for box in self.axes)

    def _fill(self, codes: str) -> None:
        for box, letter in zip(self.axes, codes, strict=True):
            box.setCurrentIndex(box.findData(letter))
        self._show()

    def _swap(self, letter: str) -> None:
        self._fill(swapped(self.codes, letter))

    def _show(self) -> None:
        """Say what would be stated, and let only that be stated which can be."""
        try:
            as_codes(self.codes)
        except DscError:
            self.words.setText("Each of left-right, front-back and top-bottom must occur once.")
            self.accept_button.setEnabled(False)
        else:
            self.words.setText(STATED.format(codes_in_words(self.codes)))
            self.accept_button.setEnabled(True)

    def _accept(self) -> None:
        codes = self.codes
        self.accept()
        self._answered(codes)

    def _take_file(self) -> None:
        self.accept()
        self._answered(None)
