"""Names and colours of the maps on their pictures, as one picture over the canvas.

napari's own names and bars are five programs on the graphics card for each map, and are made anew
with each view: they took longer than the maps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components.overlays import CanvasOverlay
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from napari_dsc.viewer.canvas_pixels import Pixels, teach
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.step_limits import limits_that_fit

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Label", "labels_of", "show_labels"]

OVERLAY = "napari_dsc_labels"  # its key in viewer.canvas.overlays
ABOVE = 10**6 + 1  # in the order of drawing
INSET = 6  # px from the edge of a tile
NUMBERS = 44  # px beside a bar
STEPS = 256  # of a bar
ROUND_VALUES = 3  # numbers beside a bar
WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap


@dataclass(frozen=True, slots=True)
class Label:
    """Name and colours of a map on its picture.

    Parameters
    ----------
    name : str
        Of the map, with its unit.
    cell : tuple of float
        Left and upper edge, width and height of its tile, px.
    letters : float
        Size of the letters, pt.
    bar : tuple of float
        Width and height of the bar, px.
    window : tuple of float
        Values of the darkest and the brightest colour.
    colours : tuple of bytes
        Red, green and blue of the steps of its bar, from the lowest value.
    tint : str
        Colour of the name.
    ticks : tuple of float
        Values whose numbers stand beside the bar.
    note : str
        What was measured in it; it stands below the name.
    caution : str
        What has to be known with it; it stands below the rest, in lines that fit.
    """

    name: str
    cell: tuple[float, float, float, float]
    letters: float
    bar: tuple[float, float]
    window: tuple[float, float]
    colours: bytes
    tint: str
    ticks: tuple[float, ...] = ()
    note: str = ""
    caution: str = ""

    @classmethod
    def of(
        cls,
        layer: Image,
        cell: tuple[float, float, float, float],
        letters: float,
        bar: tuple[float, float],
    ) -> "Label":
        """Label of a map as its layer shows it."""
        shares = np.linspace(0, 1, STEPS) ** layer.gamma
        table = np.round(255 * np.asarray(layer.colormap.map(shares))[:, :3]).astype(np.uint8)
        low, high = (float(one) for one in layer.contrast_limits)
        known = layer.name_overlay.color
        tint = "#ffffff" if known is None else QColor.fromRgbF(*map(float, known[:3])).name()
        ticks = tuple(np.linspace(low, high, ROUND_VALUES).tolist())
        if isinstance(layer, MapImage) and layer.stepped:
            ticks = limits_that_fit((low, high), bar[1], letters)
        return cls(
            name=str(layer.name),
            cell=cell,
            letters=letters,
            bar=bar,
            window=(low, high),
            colours=table.tobytes(),
            tint=tint,
            ticks=ticks,
            note=corner_of(layer),
            caution=str(layer.metadata.get(KEY, {}).get("caution", "")),
        )


class LabelsOverlay(CanvasOverlay):  # type: ignore[misc]
    """What napari is to draw over its canvas.

    Parameters
    ----------
    drawn : tuple of Label
        What stands there.
    size : tuple of float
        Height and width of the canvas, px.
    """

    drawn: Any = ()
    size: Any = (1.0, 1.0)
    position: Any = "free"
    box: bool = False


class Drawn:
    """All labels: what napari makes of the overlay, with the members it uses."""

    def __init__(self, *, overlay: LabelsOverlay, parent: Any, **_: Any) -> None:
        self.overlay, self._laid = overlay, None
        self.node = Pixels(parent=parent)
        self.node.order = overlay.order
        self.node.ready = self._is_ready
        overlay.events.drawn.connect(self._draw)

    def close(self) -> None:
        """Leave the canvas."""
        self.node.ready = None
        self.overlay.events.drawn.disconnect(self._draw)
        self.node.parent = None

    def _on_box_change(self) -> None:
        """There is no box."""

    def _draw(self, _event: Any = None) -> None:
        self.node.update()

    def _is_ready(self) -> bool:
        """Draw what is new, once for each picture of the canvas."""
        drawn = self.overlay.drawn
        if drawn and drawn is not self._laid:
            height, width = self.overlay.size
            self.node.lay(picture(drawn, (height, width)), ((0, 0), (height, width)))
        self._laid = drawn
        return bool(drawn)


def show_labels(viewer: "ViewerModel", labels: Sequence[Label]) -> None:
    """Have these stand on the canvas, and no others."""
    overlay = viewer.canvas.overlays.get(OVERLAY)
    if overlay is None:
        if not labels or not teach(LabelsOverlay, Drawn):
            return
        overlay = LabelsOverlay(visible=True, order=ABOVE)
        viewer.canvas.overlays[OVERLAY] = overlay
    size = tuple(float(one) for one in viewer.canvas.size)
    if overlay.size != size or overlay.drawn != tuple(labels):  # else it is drawn for nothing
        overlay.size = size
        overlay.drawn = tuple(labels)


def labels_of(viewer: "ViewerModel") -> tuple[Label, ...]:
    """Labels that stand on the canvas."""
    overlay = viewer.canvas.overlays.get(OVERLAY)
    return () if overlay is None else tuple(overlay.drawn)


def picture(labels: Sequence[Label], size: tuple[float, float]) -> NDArray[np.uint8]:
    """Draw labels on a clear ground.

    Parameters
    ----------
    labels : sequence of Label
        What stands there.
    size : tuple of float
        Height and width of the canvas, px.

    Returns
    -------
    ndarray of uint8, shape (R, C, 4)
        Red, green and blue, multiplied by how opaque they are, and that.
    """
    screen = QGuiApplication.primaryScreen()
    ratio = 1.0 if screen is None else screen.devicePixelRatio()
    rows, columns = (max(1, round(one * ratio)) for one in size)
    made = QImage(columns, rows, QImage.Format.Format_RGBA8888_Premultiplied)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    for one in labels:
        _draw(painter, one)
    painter.end()
    bits: Any = made.constBits()  # a pointer of PyQt, or a view of PySide
    data = bits.asstring(made.sizeInBytes()) if hasattr(bits, "asstring") else bytes(bits)
    pixels = np.frombuffer(data, np.uint8).reshape(rows, made.bytesPerLine() // 4, 4)
    return np.array(pixels[:, :columns])


def _draw(painter: QPainter, label: Label) -> None:
    left, top, width, height = label.cell
    font = QFont(painter.font())
    font.setPointSizeF(label.letters)
    painter.setFont(font)
    name = QRectF(left + INSET, top + INSET, width - 2 * INSET, height)
    _write(painter, name, label.name, QColor(label.tint), WRAPPED)
    named = _height_of(painter, name, label.name)
    wide, high = label.bar
    room = width - 3 * INSET - wide - _numbers_width(painter, label)
    _write_note(painter, label, name, room, named)
    metrics = painter.fontMetrics()
    over = metrics.horizontalAdvance(label.name) > room  # the bar begins below a long name
    bar = QRectF(
        left + width - INSET - wide - _numbers_width(painter, label),
        top + INSET + (named if over else 0),
        *(wide, high),
    )
    table = np.frombuffer(label.colours, np.uint8).reshape(STEPS, 1, 3)[::-1].tobytes()
    painter.drawImage(bar, QImage(table, 1, STEPS, 3, QImage.Format.Format_RGB888))
    low, upper = label.window
    for value in label.ticks:
        share = (value - low) / (upper - low) if upper > low else 0.0
        middle = bar.bottom() - share * high
        place = QRectF(bar.right() + 4, middle - 20, NUMBERS, 40)
        level = Qt.AlignmentFlag.AlignVCenter
        if share in (0, 1):
            level = Qt.AlignmentFlag.AlignTop if share else Qt.AlignmentFlag.AlignBottom
            place = QRectF(bar.right() + 4, bar.top() - 2, NUMBERS, high + 4)
        _write(painter, place, _number(value), QColor("white"), Qt.AlignmentFlag.AlignLeft | level)


def _write_note(painter: QPainter, label: Label, name: QRectF, room: float, named: float) -> None:
    """Write what was measured behind the name, or below it where the bar begins too soon."""
    metrics = painter.fontMetrics()
    behind = metrics.horizontalAdvance(f"{label.name}   ")
    fits = behind + metrics.horizontalAdvance(label.note) <= room
    below = name.translated(0, named)
    below.setWidth(room)
    if fits:
        place = name.translated(behind, 0)
        _write(painter, place, label.note, QColor("white"), Qt.AlignmentFlag.AlignLeft)
    elif label.note:
        _write(painter, below, label.note, QColor("white"), WRAPPED)
        below = below.translated(0, _height_of(painter, below, label.note))
    if label.caution:
        _write(painter, below, label.caution, QColor("white"), WRAPPED)


def _height_of(painter: QPainter, place: QRectF, words: str) -> float:
    """Of words in lines that fit a place, px; their lines as far apart as others."""
    lines = painter.boundingRect(place, WRAPPED, words).height() / painter.fontMetrics().height()
    return float(round(lines) * painter.fontMetrics().lineSpacing())


def _numbers_width(painter: QPainter, label: Label) -> float:
    """Room for the numbers beside a bar, px."""
    metrics = painter.fontMetrics()
    return 4 + max(metrics.horizontalAdvance(_number(one)) for one in label.ticks)


def _write(painter: QPainter, place: QRectF, words: str, colour: QColor, flags: Any) -> None:
    """Words with a dark edge, which stand out from every colour."""
    painter.setPen(QColor("black"))
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(place.translated(x, y), flags, words)
    painter.setPen(colour)
    painter.drawText(place, flags, words)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
