"""Numbers of the slice and the volume beside napari's sliders, whole in letters of any size."""

from qtpy.QtWidgets import QLabel, QWidget

__all__ = ["fit_slice_numbers"]

NAME = "slice_label"  # napari's, of the number of the slice and of that of the last one
ROOM = 8  # px around a number


def fit_slice_numbers(window: QWidget) -> None:
    """Give each number as much room as the longest needs in its own letters.

    napari measures them in letters of another size: "19" in large ones is cut off to "1".

    Parameters
    ----------
    window : QWidget
        With the sliders.
    """
    numbers = window.findChildren(QWidget, NAME)
    digits = max((len(one.text()) for one in numbers if isinstance(one, QLabel)), default=0)
    for one in numbers:
        wide = one.fontMetrics().horizontalAdvance("8" * digits) + ROOM
        if one.maximumWidth() < wide:
            one.setFixedWidth(wide)
