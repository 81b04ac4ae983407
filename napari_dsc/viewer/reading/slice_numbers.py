"""Numbers of the slice and the volume beside napari's sliders, whole in letters of any size."""

from qtpy.QtWidgets import QLabel, QLineEdit, QWidget

__all__ = ["fit_slice_numbers"]

NAME = "slice_label"  # napari's, of the number of the slice and of that of the last one
ROOM = 8  # px around a number


def fit_slice_numbers(window: QWidget) -> None:
    """Give all numbers letters of one size, and as much room as the longest needs.

    napari measures them in letters of another size: "19" in large ones is cut off to "1"; the
    number of the slice has letters smaller than the last one's.

    Parameters
    ----------
    window : QWidget
        With the sliders.
    """
    numbers = window.findChildren(QWidget, NAME)
    last = [one for one in numbers if isinstance(one, QLabel)]
    digits = max((len(one.text()) for one in last), default=0)
    for one in numbers:
        size = last[0].font().pointSizeF() if last else 0.0
        if isinstance(one, QLineEdit) and size > 0 and one.font().pointSizeF() != size:
            one.setStyleSheet(f"font-size: {size:g}pt;")
        wide = one.fontMetrics().horizontalAdvance("8" * digits) + ROOM
        if one.maximumWidth() < wide:
            one.setFixedWidth(wide)
