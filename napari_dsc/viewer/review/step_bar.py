"""The colours of Tmax in steps beside tiles, with the limits between them."""

from itertools import pairwise

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter

from napari_dsc.core.late_steps import BRIGHTEST, STEP_COLOURS, STEP_WINDOW
from napari_dsc.viewer.maps.step_limits import LINE, limits_that_fit

__all__ = ["draw_step_bar"]

GAP = 4  # px between the colours and their numbers
WIDE = 90  # px of a number, or of the name


def draw_step_bar(painter: QPainter, rect: QRectF, name: str, unit: str = "s") -> None:
    """Draw grey, then a block for each step; a number stands where a step begins.

    Parameters
    ----------
    painter : QPainter
        Draws.
    rect : QRectF
        Where the colours stand; the numbers stand to their right.
    name, unit : str
        What is in steps, and of what; they stand below the numbers.
    """
    low, high = STEP_WINDOW

    def level(value: float) -> float:
        return rect.bottom() - (value - low) / (high - low) * rect.height()

    limits = [*STEP_COLOURS, high]
    grey = QLinearGradient(0, rect.bottom(), 0, level(limits[0]))
    grey.setColorAt(0, QColor("black"))
    grey.setColorAt(1, QColor.fromRgbF(BRIGHTEST, BRIGHTEST, BRIGHTEST))
    painter.fillRect(
        QRectF(rect.left(), level(limits[0]), rect.width(), rect.bottom() - level(limits[0])), grey
    )
    for (below, above), colour in zip(pairwise(limits), STEP_COLOURS.values(), strict=True):
        block = QRectF(rect.left(), level(above), rect.width(), level(below) - level(above))
        painter.fillRect(block, QColor(*colour))
    height = painter.fontMetrics().height()
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(QColor("white"))
    for limit in limits_that_fit(STEP_WINDOW, rect.height(), height / LINE):
        place = QRectF(rect.right() + GAP, level(limit) - height / 2, WIDE, height)
        painter.drawText(place, left, f"{limit:g}")
    place = QRectF(rect.right() + GAP, rect.bottom() - height / 2, WIDE, height)
    painter.drawText(place, left, f"{name}, {unit}")
