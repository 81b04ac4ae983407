"""Drawing of the tiles of many slices: colours, outlines, numbers of slices, letters, bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QLineF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPen, QPixmap

from napari_dsc.core.late_steps import in_steps
from napari_dsc.core.number_words import unit_words
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.relative_scale import NORMAL
from napari_dsc.viewer.maps.tmax_steps import is_stepped
from napari_dsc.viewer.overlays.geometry import voxel_edges
from napari_dsc.viewer.overlays.grey_below import DIMMED
from napari_dsc.viewer.review.lightbox_layout import BAR, Laid, Rows, Tile
from napari_dsc.viewer.review.step_bar import draw_step_bar

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_dsc.viewer.overlays.mask_outlines import Marked

__all__ = ["Picture", "draw_at_hand", "drawn", "factor_of", "unit_of"]

BAR_WIDTH = 14  # px
EDGE = 6  # px
BESIDE = 38  # px: the colours, and numbers of two digits
SMALLEST, LARGEST = 8, 13  # pt of the letters
LONG = 8  # letters of a unit that stand on one line
PER_TILE = 14  # px of a tile for a point of its letters
OUTLINE, HAIR = 1.2, 0.6  # px of a border where voxels are large, and where they are small
SMALL = 3.0  # px of a voxel: on smaller ones borders are thin, and let the map through
FAINT = 0.6  # share of its opacity that is left of a border there
CURRENT = "#ffd24a"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is drawn.

    Parameters
    ----------
    kind : str
        "slices" or "rows".
    pictures : mapping of str to Image
        Layers, by what they are called.
    tiles : sequence of Tile
        From the left upper corner.
    laid : Laid
        Where they lie.
    outlined : sequence of Marked
        Voxels that are outlined.
    sides : mapping of str to str
        Letters, by "left" and "right".
    anatomy : ndarray of uint8, shape (Z, Y, X), or None
        Grey levels where a map is blank.
    font : QFont
        Of the widget.
    """

    kind: Rows
    pictures: "Mapping[str, Image]"
    tiles: Sequence[Tile]
    laid: Laid
    outlined: "Sequence[Marked]"
    sides: Mapping[str, str]
    anatomy: NDArray[np.uint8] | None
    font: QFont


def drawn(picture: Picture, size: QSize, ratio: float) -> QPixmap:
    """All that does not change while one goes from slice to slice.

    Parameters
    ----------
    picture : Picture
        What.
    size : QSize
        Of the widget, px.
    ratio : float
        Pixels of the screen for each of the widget.
    """
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.black)
    painter = QPainter(made)
    painter.drawImage(picture.laid.picture, _image(picture))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(_font(picture))
    for number in range(len(picture.tiles)):
        _draw_marks(painter, picture, number)
        _note(painter, picture, number, "white")
    _draw_sides(painter, picture)
    room = QRectF(0, 0, size.width() - EDGE, size.height() - EDGE)
    _draw_bars(painter, picture, room.bottom() - painter.fontMetrics().height() - EDGE)
    _write(painter, room, RESEARCH_USE, QColor("white"), "right", "bottom")
    painter.end()
    return made


def draw_at_hand(painter: QPainter, picture: Picture, at_hand: int) -> None:
    """Frame the tiles of the slice at hand."""
    painter.setFont(_font(picture))
    for number, tile in enumerate(picture.tiles):
        if tile.at == at_hand:
            painter.setPen(QPen(QColor(CURRENT), 2))
            painter.drawRect(picture.laid.rect(number).adjusted(1, 1, -1, -1))
            _note(painter, picture, number, CURRENT)


def _image(picture: Picture) -> QImage:
    """Colours of all tiles, a pixel for each voxel."""
    tables = {layer: _table(layer) for layer in picture.pictures.values()}
    planes = (_plane(picture, one, tables[one.layer]) for one in picture.tiles)
    made = picture.laid.mosaic.picture(planes)
    rows, columns = made.shape[:2]
    pixels = QImage(made.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return pixels.copy()


def _table(layer: "Image") -> NDArray[np.uint8]:
    """Colours of a layer from the bottom of its window to the top, shape (256, 3)."""
    shares = np.linspace(0, 1, 256) ** layer.gamma
    made: NDArray[np.uint8] = np.round(255 * layer.colormap.map(shares)[:, :3]).astype(np.uint8)
    return made


def _plane(picture: Picture, tile: Tile, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours of a slice's box as its layer shows it; the anatomy where the map is blank."""
    way, box, layer = picture.laid.way, picture.laid.mosaic.box, tile.layer
    values: NDArray[Any] = box.of(way.turned(np.asarray(layer.data))[tile.at])
    if is_stepped(layer):
        return _in_steps(picture, tile, values)
    low, high = layer.contrast_limits
    step = 255 / max(high - low, 1e-12)
    with np.errstate(invalid="ignore"):  # NaN is no step
        steps = values * np.float32(factor_of(layer) * step) - np.float32(low * step)
        np.clip(steps, 0, 255, out=steps)
    known = np.isfinite(values)
    steps[~known] = 0
    made: NDArray[np.uint8] = table[np.rint(steps).astype(np.uint8)]
    made[~known] = 0
    blank = layer.blank if isinstance(layer, MapImage) else None
    if blank is not None:
        hidden = box.of(way.turned(blank)[tile.at]).astype(bool)
        made[hidden] = 0
        if picture.anatomy is not None:
            grey = box.of(way.turned(picture.anatomy)[tile.at])[hidden]
            made[hidden] = (DIMMED * grey).astype(np.uint8)[:, None]
    return made


def _in_steps(picture: Picture, tile: Tile, values: NDArray[Any]) -> NDArray[np.uint8]:
    """Colours of a slice's box in steps, over the anatomy."""
    way, box, layer = picture.laid.way, picture.laid.mosaic.box, tile.layer
    grey: NDArray[np.uint8] | None = None
    if picture.anatomy is not None:
        grey = np.asarray(box.of(way.turned(picture.anatomy)[tile.at]), np.uint8)
    blank = layer.blank if isinstance(layer, MapImage) else None
    hidden = np.False_ if blank is None else box.of(way.turned(blank)[tile.at]).astype(bool)
    return in_steps(np.where(hidden, np.nan, values), grey)


def _font(picture: Picture) -> QFont:
    """Letters that fit a tile."""
    font = QFont(picture.font)
    height = picture.laid.rect(0).height()
    font.setPointSizeF(min(LARGEST, max(SMALLEST, height / PER_TILE)))
    return font


def _note(painter: QPainter, picture: Picture, number: int, colour: str) -> None:
    """Write which slice a tile is; of rows the first tile says of which map."""
    tile, words = picture.tiles[number], str(picture.tiles[number].at)
    if picture.kind == "rows" and number % picture.laid.mosaic.columns == 0:
        words = f"{tile.symbol}  {words}"
    rect = picture.laid.rect(number).adjusted(3, 1, -3, -1)
    _write(painter, rect, words, QColor(colour), "left", "top")


def _draw_marks(painter: QPainter, picture: Picture, number: int) -> None:
    """Outline what is outlined on the other pictures."""
    laid, tile = picture.laid, picture.tiles[number]
    scale, rect = laid.scale, laid.rect(number)
    corner = rect.top(), rect.left()
    painter.save()
    painter.setClipRect(rect)
    for one in picture.outlined:
        mask = laid.way.turned(one.mask)
        if tile.at >= len(mask) or not mask[tile.at].any():
            continue
        edges = voxel_edges(laid.mosaic.box.of(mask[tile.at]).astype(bool)) + 0.5
        painter.setPen(_border(one.color, min(scale)))
        ends = (edges * scale + corner)[..., ::-1].reshape(-1, 4)  # x, y of both ends
        lines: Any = [QLineF(*line) for line in ends.tolist()]
        painter.drawLines(lines)  # a list, as every binding of Qt takes it
        if one.number and edges.size:
            points = edges.reshape(-1, 2)
            y, x = points[points[:, 0].argmin()] * scale + corner
            place = QRectF(x - 20, y - 22, 40, 20)
            _write(painter, place, one.number, QColor("white"), "middle", "bottom")
    painter.restore()


def _border(color: Sequence[float], scale: float) -> QPen:
    """Pen of an outline, for voxels of so many px."""
    ink = QColor.fromRgbF(*color)
    if scale >= SMALL:
        return QPen(ink, OUTLINE)
    ink.setAlphaF(FAINT * ink.alphaF())
    return QPen(ink, max(HAIR, OUTLINE * scale / SMALL))


def _draw_sides(painter: QPainter, picture: Picture) -> None:
    """Write once which side is which: on the first tile."""
    rect = picture.laid.rect(0).adjusted(3, 1, -3, -1)
    for side in ("left", "right"):
        _write(painter, rect, picture.sides.get(side, ""), QColor("white"), side, "middle")


def _draw_bars(painter: QPainter, picture: Picture, lowest: float) -> None:
    """Draw the colours of each row's window, or of the only one, above what is written below."""
    whole = picture.laid.picture
    rows = list(picture.pictures.items())
    rows = rows if picture.kind == "rows" else rows[:1]
    each, left = whole.height() / len(rows), whole.width() + EDGE
    for number, (symbol, layer) in enumerate(rows):
        top = number * each + 2 * EDGE
        height = min(each - 4 * EDGE, lowest - top)
        place = QRectF(left, top, BAR - EDGE, height)
        height -= _draw_corner(painter, layer, place, beside=picture.kind == "rows")
        if is_stepped(layer):
            draw_step_bar(painter, QRectF(left, top, BAR_WIDTH, height), symbol)
            continue
        gradient = QLinearGradient(0, top + height, 0, top)
        knots = np.linspace(0, 1, 33)
        for knot, colour in zip(knots, layer.colormap.map(knots**layer.gamma), strict=True):
            gradient.setColorAt(float(knot), QColor.fromRgbF(*map(float, colour[:3])))
        painter.fillRect(QRectF(left, top, BAR_WIDTH, height), gradient)
        low, high = layer.contrast_limits
        words = QRectF(left + BAR_WIDTH + 4, top, BAR, height)
        white = QColor("white")
        _write(painter, words, _number(high), white, "left", "top")
        _write(painter, words, _number(low), white, "left", "bottom")
        _write(
            painter, words, f"{symbol}\n{_lines(unit_of(layer))}".rstrip(), white, "left", "middle"
        )


def _draw_corner(painter: QPainter, layer: "Image", rect: QRectF, *, beside: bool) -> float:
    """Write what was measured beside the colours of a row, else below; return its height."""
    words, white = corner_of(layer), QColor("white")
    if not words:
        return 0.0
    lines = words.replace(": ", ":\n", 1).replace(", ", ",\n").replace("found ", "found\n")
    if beside:
        _write(painter, rect.adjusted(BESIDE, 0, 0, 0), lines, white, "left", "top")
        return 0.0
    room = painter.fontMetrics().height() * (lines.count("\n") + 1)
    place = QRectF(rect.left(), rect.bottom() - room, rect.width(), room)
    _write(painter, place, lines, white, "left", "bottom")
    return float(room + 2 * EDGE)


def _write(
    painter: QPainter, place: QRectF, words: str, colour: QColor, side: str, level: str
) -> None:
    """Words with a dark edge, which stand out from every colour."""
    flags = {
        "left": Qt.AlignmentFlag.AlignLeft,
        "right": Qt.AlignmentFlag.AlignRight,
        "middle": Qt.AlignmentFlag.AlignHCenter,
    }[side] | {
        "top": Qt.AlignmentFlag.AlignTop,
        "bottom": Qt.AlignmentFlag.AlignBottom,
        "middle": Qt.AlignmentFlag.AlignVCenter,
    }[level]
    painter.setPen(QColor("black"))
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(place.translated(x, y), flags, words)
    painter.setPen(colour)
    painter.drawText(place, flags, words)


def factor_of(layer: Any) -> float:
    """What the values of a layer are multiplied by where they are shown."""
    return layer.factor if isinstance(layer, MapImage) else 1.0


def unit_of(layer: Any) -> str:
    """Unit of what is shown; on a relative scale, of what it is a multiple."""
    if factor_of(layer) != 1:
        return f"× {NORMAL}"
    return unit_words(str(layer.metadata.get(KEY, {}).get("unit", "")))


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _lines(unit: str) -> str:
    """A unit in short lines: it stands beside a narrow bar."""
    if len(unit) <= LONG:
        return unit
    return unit.replace(" ", "\n") if " " in unit else unit.replace("/", "\n/", 1)
