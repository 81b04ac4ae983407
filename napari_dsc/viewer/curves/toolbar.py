"""The buttons beside the curves: end the zoom, save the picture, save the numbers."""

from collections.abc import Callable
from pathlib import Path

from magicgui.widgets import PushButton
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.file_dialogs import ask_new_file

__all__ = ["Tools"]


class Tools(QWidget):
    """A column of buttons, those that save asleep while there is nothing to save.

    Parameters
    ----------
    show_whole : callable
        Ends every zoom.
    save_picture, save_numbers : callable
        Save to the path that the user chose.

    Attributes
    ----------
    whole_view, export_picture, export_numbers : PushButton
        The buttons.
    """

    def __init__(
        self,
        show_whole: Callable[[], None],
        save_picture: Callable[[Path], None],
        save_numbers: Callable[[Path], None],
    ) -> None:
        super().__init__()
        self._save_picture, self._save_numbers = save_picture, save_numbers
        self.whole_view = give_key(
            PushButton(
                text="Whole view",
                tooltip="End every zoom; a double click on the curves does it too.",
            )
        )
        self.export_picture = give_key(
            PushButton(
                text="Picture …", tooltip="Save what is shown here as PNG or SVG.", enabled=False
            )
        )
        self.export_numbers = give_key(
            PushButton(
                text="Numbers …",
                tooltip="Save the curves that the legend names, and the residue, as CSV.",
                enabled=False,
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for button, act in {
            self.whole_view: show_whole,
            self.export_picture: self._ask_for_picture,
            self.export_numbers: self._ask_for_numbers,
        }.items():
            button.changed.connect(act)
            column.addWidget(button.native)
        column.addStretch()

    def offer(self, anything: bool) -> None:
        """Let the curves be saved, if there are any."""
        for button in (self.export_picture, self.export_numbers):
            button.enabled = anything

    def _ask_for_picture(self) -> None:
        kinds = "Pictures (*.png *.svg)"
        path = ask_new_file(self, "Save the picture", "curves.png", kinds)
        if path is not None:
            self._save_picture(path)

    def _ask_for_numbers(self) -> None:
        kinds = "Tables (*.csv)"
        path = ask_new_file(self, "Save the numbers", "curves.csv", kinds)
        if path is not None:
            self._save_numbers(path)
