"""All slices of a map, or several maps on some slices, side by side over napari's canvas."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QWidget

from napari_dsc.core.mosaic import Box, Mosaic, box_of, even_slices, mosaic
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.relative_scale import NORMAL
from napari_dsc.viewer.overlays.geometry import voxel_edges, world_of
from napari_dsc.viewer.overlays.orientation_labels import Letters
from napari_dsc.viewer.voxel_click import STILL

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from napari_dsc.viewer.overlays import Marks

__all__ = ["Lightbox", "Rows", "Shown"]

Rows: TypeAlias = Literal["slices", "rows"]
MOST = 20  # slices of a map on a page
FEWEST, ACROSS = 5, 7  # slices of several maps
GAP = 1  # voxels between two tiles
BAR = 112  # px at the right, for the colours, their numbers and units
BAR_WIDTH = 14  # px
EDGE = 6  # px
DIMMED = 0.5  # the anatomy where it shines through: ventricles are not the loudest thing
SMALLEST, LARGEST = 8, 13  # pt of the letters
LONG = 8  # letters of a unit that stand on one line
PER_TILE = 14  # px of a tile for a point of its letters
CURRENT = "#ffd24a"
WINDOWED = 300  # px of a drag that widen a window by its own width


class Shown(NamedTuple):
    """A voxel of a picture on screen."""

    symbol: str
    layer: "Image"
    voxel: tuple[int, int, int]  # z, y, x


@dataclass(frozen=True, slots=True)
class _Tile:
    """A slice of a picture."""

    symbol: str
    layer: "Image"
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """How the volumes on screen are cut: by which axis, and which way rows and columns run."""

    across: int  # of z, y and x: the axis of the slices
    rows: int
    columns: int
    down: int  # 1, or −1 where rows run upwards on screen
    right: int
    size: tuple[float, float]  # of a voxel, along rows' and columns' axes

    @classmethod
    def of(cls, viewer: Any, layer: "Image") -> "_Way | None":
        """As napari shows a layer now; None in 3-D, and while time is on screen."""
        dims = viewer.dims
        if dims.ndisplay != 2:
            return None
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])
        if min(rows, columns) < 0:
            return None
        steps, _ = world_of(layer, dims.units)
        down, right = (str(one) for one in viewer.scene.camera.orientation2d)
        signs = np.sign(np.diagonal(steps))
        return cls(
            across=3 - rows - columns,
            rows=rows,
            columns=columns,
            down=int(signs[rows]) * (1 if down == "down" else -1),
            right=int(signs[columns]) * (1 if right == "right" else -1),
            size=(abs(float(steps[rows, rows])), abs(float(steps[columns, columns]))),
        )

    def turned(self, volume: NDArray[Any]) -> NDArray[Any]:
        """A volume (z, y, x) as (slices, rows, columns) of the picture; a view."""
        planes = np.moveaxis(volume, (self.across, self.rows, self.columns), (0, 1, 2))
        return planes[:, :: self.down, :: self.right]

    def voxel(self, at: int, row: int, column: int, shape: Sequence[int]) -> tuple[int, int, int]:
        """Indices (z, y, x) of a voxel of the picture."""
        place = [0, 0, 0]
        place[self.across] = at
        place[self.rows] = row if self.down > 0 else shape[self.rows] - 1 - row
        place[self.columns] = column if self.right > 0 else shape[self.columns] - 1 - column
        return place[0], place[1], place[2]


class Lightbox(QWidget):
    """Tiles of one patient, cropped to the head, in the windows and colours of their layers.

    It lies over the canvas, and follows the slice at hand, windows, colours, outlines and values.
    A click goes to a voxel, a double click asks for its map alone, the wheel turns the pages, a
    drag with the right button changes window and level.

    Parameters
    ----------
    viewer : Viewer
        Over whose canvas it lies.
    marks : Marks
        What is outlined.
    letters : Letters
        Say which side is which.

    Attributes
    ----------
    chosen : SignalInstance
        Emits the voxel (`Shown`) that was clicked.
    enlarged : SignalInstance
        Emits the voxel (`Shown`) that was clicked twice.
    page : int
        Which page of slices is shown, from 0.
    """

    chosen = Signal(object)
    enlarged = Signal(object)

    def __init__(self, viewer: "Viewer", marks: "Marks", letters: Letters) -> None:
        super().__init__()
        self.setObjectName("Lightbox")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._viewer, self._marks, self._letters = viewer, marks, letters
        self._kind: Rows = "slices"
        self._pictures: dict[str, Image] = {}
        self._brain: BoolArray | None = None
        self._anatomy: NDArray[np.uint8] | None = None
        self._lesion: BoolArray | None = None
        self.page = 0
        self._made: tuple[Mosaic, QPixmap] | None = None
        self._pressed: tuple[QPointF, Shown | None, tuple[float, float]] | None = None
        self._heard: list[tuple[Any, Any]] = []

    # -- what is shown -------------------------------------------------------------------------

    def show_on(self, canvas: QWidget) -> None:
        """Lie over a part of the window, and follow its size."""
        if self.parentWidget() is not canvas:
            self.setParent(canvas)
            canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        self.show()
        self.raise_()

    def show_pictures(
        self,
        kind: Rows,
        pictures: dict[str, "Image"],
        brain: BoolArray | None,
        *,
        lesion: BoolArray | None = None,
        anatomy: NDArray[np.uint8] | None = None,
    ) -> None:
        """Show these from now on.

        Parameters
        ----------
        kind : str
            "slices": every slice of the first picture. "rows": a row for each picture.
        pictures : dict of str to Image
            Layers (z, y, x) on one grid, by what they are called.
        brain : ndarray of bool, shape (Z, Y, X), or None
            Decides which part of each slice is shown, and which slices; None: all.
        lesion : ndarray of bool, shape (Z, Y, X), or None
            Through which the slices of several pictures go; None: through the brain.
        anatomy : ndarray of uint8, shape (Z, Y, X), or None
            Grey levels, which shine through where a map is left blank; None: it is black there.
        """
        self._deafen()
        self._kind, self._pictures, self._brain, self._lesion = kind, pictures, brain, lesion
        self._anatomy = anatomy
        self.page = min(self.page, self.pages - 1)
        for layer in pictures.values():
            events = layer.events
            for one in (events.contrast_limits, events.colormap, events.gamma, events.set_data):
                self._heard.append((one, self._renew))
        self._heard += [
            (self._viewer.dims.events.point, self._move),
            (self._viewer.dims.events.order, self._renew),
            (self._viewer.scene.camera.events.orientation, self._renew),
            (self._marks.changed, self._renew),
        ]
        for emitter, hear in self._heard:
            emitter.connect(hear)
        self._renew()

    def leave(self) -> None:
        """Show nothing, and hold on to no layer."""
        self._deafen()
        self._pictures, self._made = {}, None
        self._brain = self._lesion = self._anatomy = None
        self.hide()

    @property
    def slices(self) -> tuple[int, ...]:
        """The slices on this page."""
        turned = self._seen(self._brain)
        if turned is None:
            return ()
        if self._kind == "rows":
            lesion = self._seen(self._lesion)
            through = lesion if lesion is not None and lesion.any() else turned
            return even_slices(through, self._across(turned))
        return self._all(turned)[self.page * MOST : (self.page + 1) * MOST]

    def _across(self, brain: BoolArray) -> int:
        """How many slices of several maps: as many as do not make the tiles smaller."""
        way = self._way
        if way is None:
            return FEWEST
        height, width = box_of(brain).shape
        room = self._room(way)
        tile = room[0] / len(self._pictures) / height * width
        return int(min(ACROSS, max(FEWEST, room[1] // tile)))

    @property
    def pages(self) -> int:
        """How many pages there are."""
        turned = self._seen(self._brain)
        if turned is None or self._kind == "rows":
            return 1
        return -(-len(self._all(turned)) // MOST)

    def turn_page(self, step: int) -> None:
        """Show the next page, or the one before."""
        page = min(max(0, self.page + step), self.pages - 1)
        if page != self.page:
            self.page = page
            self._renew()

    @staticmethod
    def _all(turned: BoolArray) -> tuple[int, ...]:
        held = np.flatnonzero(turned.any(axis=(1, 2)))
        return tuple(int(one) for one in (held if held.size else range(len(turned))))

    @property
    def _way(self) -> _Way | None:
        first = next(iter(self._pictures.values()), None)
        return None if first is None else _Way.of(self._viewer, first)

    def _seen(self, mask: BoolArray | None) -> BoolArray | None:
        """A mask as (slices, rows, columns) of the picture; all of it where there is none."""
        way = self._way
        if way is None:
            return None
        if mask is None:
            mask = np.ones(next(iter(self._pictures.values())).data.shape, dtype=bool)
        return way.turned(mask)

    def _tiles(self) -> list[_Tile]:
        slices, rows = self.slices, list(self._pictures.items())
        if self._kind == "slices":
            rows = rows[:1]
        return [_Tile(symbol, layer, at) for symbol, layer in rows for at in slices]

    # -- the picture ---------------------------------------------------------------------------

    def _renew(self, _event: Any = None) -> None:
        self._made = None
        self.update()

    def _move(self, _event: Any = None) -> None:
        self.update()

    def _laid(self, way: _Way, tiles: list[_Tile]) -> Mosaic:
        brain = self._seen(self._brain)
        box = Box(0, 1, 0, 1) if brain is None else box_of(brain)
        if self._kind == "rows":
            return Mosaic(len(self.slices), len(self._pictures), box, GAP)
        return mosaic(len(tiles), box, self._room(way), gap=GAP)

    def _room(self, way: _Way) -> tuple[float, float]:
        """Height and width that the tiles have, in voxels of one size on screen."""
        return self.height() / way.size[0], max(1, self.width() - BAR) / way.size[1]

    def _image(self, way: _Way, laid: Mosaic, tiles: list[_Tile]) -> QImage:
        made = laid.picture(self._plane(way, one) for one in tiles)
        height, width = made.shape[:2]
        pixels = QImage(made.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        return pixels.copy()

    def _plane(self, way: _Way, tile: _Tile) -> NDArray[np.uint8]:
        """Colours of a whole slice as its layer shows it; the anatomy where the map is blank."""
        layer = tile.layer
        values = way.turned(np.asarray(layer.data))[tile.at]
        made = _painted(values * _factor_of(layer), layer)
        blank = layer.blank if isinstance(layer, MapImage) else None
        if blank is not None:
            hidden = way.turned(blank)[tile.at]
            made[hidden] = 0
            if self._anatomy is not None:
                grey = way.turned(self._anatomy)[tile.at][hidden]
                made[hidden] = (DIMMED * grey).astype(np.uint8)[:, None]
        return made

    def _scale(self, way: _Way, laid: Mosaic) -> tuple[float, float]:
        """Screen pixels of a voxel, down and across: true to the patient's proportions."""
        one = min(room / extent for room, extent in zip(self._room(way), laid.shape, strict=True))
        return one * way.size[0], one * way.size[1]

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 (Qt's name)
        """Draw the tiles, and a frame about the slice at hand."""
        painter = QPainter(self)
        way, tiles = self._way, self._tiles()
        if way is None or not tiles:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            painter.setPen(QColor("#c8c8c8"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No slices in this view.")
            return
        if self._made is None:
            self._made = self._drawn(way, tiles)
        laid, drawn = self._made
        painter.drawPixmap(0, 0, drawn)
        painter.setFont(self._font(way, laid))
        at_hand = self._at_hand(way)
        for number, tile in enumerate(tiles):
            if tile.at == at_hand:
                rect = self._rect(laid, number, way)
                painter.setPen(QPen(QColor(CURRENT), 2))
                painter.drawRect(rect.adjusted(1, 1, -1, -1))
                self._note(painter, laid, number, self._words(tile, number), way, CURRENT)

    def _drawn(self, way: _Way, tiles: list[_Tile]) -> tuple[Mosaic, QPixmap]:
        """All that does not change while one goes from slice to slice."""
        laid = self._laid(way, tiles)
        drawn = QPixmap(self.size() * self.devicePixelRatioF())
        drawn.setDevicePixelRatio(self.devicePixelRatioF())
        drawn.fill(Qt.GlobalColor.black)
        painter = QPainter(drawn)
        down, across = self._scale(way, laid)
        rows, columns = laid.shape
        image = self._image(way, laid, tiles)
        painter.drawImage(QRectF(0, 0, columns * across, rows * down), image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font(way, laid))
        self._draw_marks(painter, way, laid, tiles)
        for number, tile in enumerate(tiles):
            self._note(painter, laid, number, self._words(tile, number), way, "white")
        self._draw_letters(painter, way, laid)
        self._draw_bars(painter, way, laid)
        painter.end()
        return laid, drawn

    def _font(self, way: _Way, laid: Mosaic) -> QFont:
        """Letters that fit a tile."""
        font = self.font()
        height = laid.box.shape[0] * self._scale(way, laid)[0]
        font.setPointSizeF(min(LARGEST, max(SMALLEST, height / PER_TILE)))
        return font

    def _words(self, tile: _Tile, number: int) -> str:
        if self._kind == "rows" and number % len(self.slices) == 0:
            return f"{tile.symbol}  {tile.at}"
        return str(tile.at)

    def _rect(self, laid: Mosaic, number: int, way: _Way) -> QRectF:
        """Where a tile lies, in pixels of the widget."""
        down, across = self._scale(way, laid)
        row, column = laid.corner(number)
        height, width = laid.box.shape
        return QRectF(column * across, row * down, width * across, height * down)

    def _note(
        self, painter: QPainter, laid: Mosaic, number: int, words: str, way: _Way, colour: str
    ) -> None:
        """Write which slice a tile is."""
        rect = self._rect(laid, number, way).adjusted(3, 1, -3, -1)
        _write(painter, rect, words, QColor(colour), "left", "top")

    def _at_hand(self, way: _Way) -> int:
        layer = next(iter(self._pictures.values()))
        steps, origin = world_of(layer, self._viewer.dims.units)
        point = np.asarray(self._viewer.dims.point[-3:])
        return int(np.round(np.linalg.solve(steps, point - origin))[way.across])

    def _draw_marks(self, painter: QPainter, way: _Way, laid: Mosaic, tiles: list[_Tile]) -> None:
        """Outline what is outlined on the other pictures, tile by tile."""
        down, across = self._scale(way, laid)
        known = [(way.turned(one.mask), one) for one in self._marks.outlined]
        for number, tile in enumerate(tiles):
            rect = self._rect(laid, number, way)
            corner = rect.top(), rect.left()
            painter.save()
            painter.setClipRect(rect)
            for mask, one in known:
                if tile.at >= len(mask) or not mask[tile.at].any():
                    continue
                edges = voxel_edges(laid.box.of(mask[tile.at]).astype(bool)) + 0.5
                painter.setPen(QPen(QColor.fromRgbF(*one.color), 1.2))
                for (y0, x0), (y1, x1) in (edges * [down, across] + corner).tolist():
                    painter.drawLine(QLineF(x0, y0, x1, y1))
                if one.number and edges.size:
                    ends = edges.reshape(-1, 2)
                    y, x = ends[ends[:, 0].argmin()] * [down, across] + corner
                    place = QRectF(x - 20, y - 22, 40, 20)
                    _write(painter, place, one.number, QColor("white"), "middle", "bottom")
            painter.restore()

    def _draw_letters(self, painter: QPainter, way: _Way, laid: Mosaic) -> None:
        """Write once which side is which: on the first tile."""
        rect, known = self._rect(laid, 0, way).adjusted(3, 1, -3, -1), self._letters.shown
        for side in ("left", "right"):
            _write(painter, rect, known.get(side, ""), QColor("white"), side, "middle")

    def _draw_bars(self, painter: QPainter, way: _Way, laid: Mosaic) -> None:
        """Draw the colours of each row's window, or of the only one."""
        down, across = self._scale(way, laid)
        left = laid.shape[1] * across + EDGE
        rows = list(self._pictures.items())
        rows = rows if self._kind == "rows" else rows[:1]
        each = laid.shape[0] * down / len(rows)
        for number, (symbol, layer) in enumerate(rows):
            top, height = number * each + 2 * EDGE, each - 4 * EDGE
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
            told = f"{symbol}\n{_lines(_unit_of(layer))}"
            _write(painter, words, told, white, "left", "middle")

    # -- mouse ---------------------------------------------------------------------------------

    def shown_at(self, place: QPointF) -> Shown | None:
        """The voxel at a place of the widget; None beside the tiles."""
        way, tiles = self._way, self._tiles()
        if way is None or self._made is None:
            return None
        laid = self._made[0]
        down, across = self._scale(way, laid)
        found = laid.at(place.y() / down, place.x() / across)
        if found is None or found[0] >= len(tiles):
            return None
        number, row, column = found
        tile = tiles[number]
        return Shown(
            tile.symbol, tile.layer, way.voxel(tile.at, row, column, tile.layer.data.shape)
        )

    def place_of(self, number: int) -> QPointF:
        """The middle of a tile, in pixels of the widget; tiles count from 0."""
        way = self._way
        if way is None or self._made is None:
            raise LookupError("nothing is shown")
        return self._rect(self._made[0], number, way).center()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Remember where a click begins, or a drag."""
        shown = self.shown_at(event.position())
        limits = (0.0, 1.0) if shown is None else tuple(map(float, shown.layer.contrast_limits))
        self._pressed = event.position(), shown, (limits[0], limits[1])

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Say what lies under the pointer; a drag with the right button sets the window."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.RightButton:
            begun, shown, (low, high) = self._pressed
            if shown is not None:
                moved = event.position() - begun
                width = (high - low) * 2 ** (moved.x() / WINDOWED)
                middle = (low + high) / 2 - (high - low) * moved.y() / WINDOWED
                shown.layer.contrast_limits = middle - width / 2, middle + width / 2
            return
        over = self.shown_at(event.position())
        if over is not None:
            self._viewer.status = self.words_of(over)

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """A press with the left button that has not moved is a click."""
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        moved = event.position() - pressed[0]
        if pressed[1] is not None and max(abs(moved.x()), abs(moved.y())) <= STILL:
            self.chosen.emit(pressed[1])

    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Ask for the map alone."""
        shown = self.shown_at(event.position())
        if shown is not None and event.button() == Qt.MouseButton.LeftButton:
            self.enlarged.emit(shown)

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Turn the pages; with one page only, the slices."""
        step = -1 if event.angleDelta().y() > 0 else 1
        way = self._way
        if self.pages > 1:
            self.turn_page(step)
        elif way is not None:
            slices = self.slices
            near = min(range(len(slices)), key=lambda one: abs(slices[one] - self._at_hand(way)))
            at = slices[min(max(0, near + step), len(slices) - 1)]
            layer = next(iter(self._pictures.values()))
            shape = layer.data.shape
            voxel = way.voxel(at, shape[way.rows] // 2, shape[way.columns] // 2, shape)
            axis = self._viewer.dims.ndim - 3 + way.across
            world = layer.data_to_world(voxel)
            self._viewer.dims.set_point(axis, float(world[way.across]))
        event.accept()

    def words_of(self, shown: Shown) -> str:
        """Value of a voxel, its unit and its slice, in a line."""
        value = float(shown.layer.data[shown.voxel]) * _factor_of(shown.layer)
        unit = _unit_of(shown.layer)
        told = f"{value:.3g} {unit}".strip() if np.isfinite(value) else "no answer"
        way = self._way
        at = shown.voxel[way.across if way is not None else 0]
        return f"{shown.symbol}: {told}, slice {at}"

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Be as large as what it lies over."""
        below = self.parentWidget()
        if below is not None and watched is below and event.type() == QEvent.Type.Resize:
            self.setGeometry(below.rect())
        return False

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Lay the tiles out anew."""
        super().resizeEvent(event)
        self._renew()

    def _deafen(self) -> None:
        for emitter, hear in self._heard:
            emitter.disconnect(hear)
        self._heard.clear()


def _painted(plane: NDArray[Any], layer: "Image") -> NDArray[np.uint8]:
    """Colours of a plane as its layer shows it; black where there is no answer."""
    low, high = layer.contrast_limits
    fraction = np.clip((plane - low) / max(high - low, 1e-12), 0, 1)
    known = np.isfinite(fraction)
    steps = np.round(255 * np.where(known, fraction, 0) ** layer.gamma).astype(np.uint8)
    table = np.round(255 * layer.colormap.map(np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
    made: NDArray[np.uint8] = table[steps]
    made[~known] = 0
    return made


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


def _factor_of(layer: "Image") -> float:
    """What the values of a layer are multiplied by where they are shown."""
    return layer.factor if isinstance(layer, MapImage) else 1.0


def _unit_of(layer: "Image") -> str:
    """Unit of what is shown; on a relative scale, of what it is a multiple."""
    if _factor_of(layer) != 1:
        return f"× {NORMAL}"
    return str(layer.metadata.get(KEY, {}).get("unit", ""))


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _lines(unit: str) -> str:
    """A unit in short lines: it stands beside a narrow bar."""
    if len(unit) <= LONG:
        return unit
    return unit.replace(" ", "\n") if " " in unit else unit.replace("/", "\n/", 1)
