"""All slices of a map, or several maps on some slices, side by side over napari's canvas."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QColor, QPainter, QPixmap
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QWidget

from napari_dsc.core.mosaic import Box, Mosaic, box_of, mosaic, slices_through
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.overlays.geometry import world_of
from napari_dsc.viewer.overlays.orientation_labels import Letters
from napari_dsc.viewer.review.lightbox_drawing import (
    Picture,
    draw_at_hand,
    drawn,
    factor_of,
    unit_of,
)
from napari_dsc.viewer.review.lightbox_layout import BAR, GAP, Laid, Rows, Shown, Tile, Way
from napari_dsc.viewer.voxel_click import STILL

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from napari_dsc.viewer.overlays import Marks

__all__ = ["Lightbox", "Rows", "Shown"]

MOST = 20  # slices of a map on a page
FEWEST, ACROSS = 5, 7  # slices of several maps
WINDOWED = 300  # px of a drag that widen a window by its own width


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
    drawings : int
        How often the tiles were drawn; another slice at hand moves their frame alone.
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
        self.page = self.drawings = 0
        self._kept: int | None = None  # a slice that is among those of several maps
        self._last: int | None = None  # the slice at hand, when it was looked at last
        self._known: tuple[tuple[int, ...], Box, tuple[int, ...]] | None = None
        self._made: tuple[Picture, QPixmap] | None = None
        self._cut: dict[Image, tuple[float, ...]] = {}  # where napari has cut each layer
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
        self._anatomy, self._known = anatomy, None
        self.page = min(self.page, self.pages - 1)
        for layer in pictures.values():
            events = layer.events
            for one in (events.contrast_limits, events.colormap, events.gamma):
                self._heard.append((one, self._renew))
            self._heard.append((events.set_data, self._on_data))
        self._cut = dict.fromkeys(pictures.values(), self._point)
        self._heard += [
            (self._viewer.dims.events.point, self._move),
            (self._viewer.dims.events.order, self._cut_anew),
            (self._viewer.dims.events.ndisplay, self._cut_anew),
            (self._viewer.scene.camera.events.orientation, self._cut_anew),
            (self._marks.changed, self._renew),
        ]
        for emitter, hear in self._heard:
            emitter.connect(hear)
        self._cut_anew()

    def leave(self) -> None:
        """Show nothing, and hold on to no layer."""
        self._deafen()
        self._pictures, self._made, self._cut = {}, None, {}
        self._brain = self._lesion = self._anatomy = self._known = self._kept = None
        self.hide()

    @property
    def slices(self) -> tuple[int, ...]:
        """The slices on this page."""
        if self._kind == "rows":
            return self._even
        return self._all[self.page * MOST : (self.page + 1) * MOST]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return 1 if self._kind == "rows" else max(1, -(-len(self._all) // MOST))

    def turn_page(self, step: int) -> None:
        """Show the next page, or the one before."""
        page = min(max(0, self.page + step), self.pages - 1)
        if page != self.page:
            self.page = page
            self._renew()

    @property
    def _way(self) -> Way | None:
        first = next(iter(self._pictures.values()), None)
        return None if first is None else Way.of(self._viewer, first)

    def _seen(self, mask: BoolArray | None) -> BoolArray | None:
        """A mask as (slices, rows, columns) of the picture; all of it where there is none."""
        way = self._way
        if way is None:
            return None
        if mask is None:
            mask = np.ones(next(iter(self._pictures.values())).data.shape, dtype=bool)
        return way.turned(mask)

    @property
    def _held(self) -> tuple[tuple[int, ...], Box, tuple[int, ...]]:
        """All slices with brain, the box that holds it, and those through what is to be seen.

        Looked for once for each picture: a large volume is not read at each move of the mouse.
        """
        if self._known is None:
            brain, lesion = self._seen(self._brain), self._seen(self._lesion)
            if brain is None:
                return (), Box(0, 1, 0, 1), ()
            held = np.flatnonzero(brain.any(axis=(1, 2)))
            every = tuple(int(one) for one in (held if held.size else range(len(brain))))
            box = box_of(brain)
            even: tuple[int, ...] = ()
            if self._kind == "rows":
                through = lesion if lesion is not None and lesion.any() else brain
                even = slices_through(through, self._across(box), self._kept)
            self._known = every, box, even
        return self._known

    @property
    def _all(self) -> tuple[int, ...]:
        return self._held[0]

    @property
    def _even(self) -> tuple[int, ...]:
        return self._held[2]

    def _across(self, box: Box) -> int:
        """How many slices of several maps: as many as do not make the tiles smaller."""
        way = self._way
        if way is None:
            return FEWEST
        height, width = box.shape
        room = self._room(way)
        tile = room[0] / len(self._pictures) / height * width
        return int(min(ACROSS, max(FEWEST, room[1] // tile)))

    def _tiles(self) -> list[Tile]:
        slices, rows = self.slices, list(self._pictures.items())
        if self._kind == "slices":
            rows = rows[:1]
        return [Tile(symbol, layer, at) for symbol, layer in rows for at in slices]

    # -- the picture ---------------------------------------------------------------------------

    def _renew(self, _event: Any = None) -> None:
        self._made = None
        self.update()

    def _cut_anew(self, _event: Any = None) -> None:
        self._known = None
        self._renew()

    @property
    def _point(self) -> tuple[float, ...]:
        return tuple(self._viewer.dims.point[-3:])

    def _on_data(self, event: Any) -> None:
        """Draw other values; napari says the same of values that it has cut elsewhere."""
        layer, point = event.source, self._point
        if self._cut.get(layer) == point:
            self._renew()
        self._cut[layer] = point

    def _move(self, _event: Any = None) -> None:
        """Turn to the page of the slice at hand, if that is another one."""
        way = self._way
        at = None if way is None else self._at_hand(way)
        if at != self._last:
            self._last = at
            if self._kind == "slices" and at in self._all:
                self.turn_page(self._all.index(at) // MOST - self.page)
        self.update()

    def keep(self, at: int | None) -> None:
        """Have a slice be among those of several maps; None: none has to be."""
        if at != self._kept:
            self._kept = at
            self._cut_anew()

    def _laid(self, way: Way, tiles: list[Tile]) -> Laid:
        box = self._held[1]
        if self._kind == "rows":
            laid = Mosaic(len(self.slices), len(self._pictures), box, GAP)
        else:
            laid = mosaic(len(tiles), box, self._room(way), gap=GAP)
        return Laid(way, laid, (self.height(), max(1, self.width() - BAR)))

    def _room(self, way: Way) -> tuple[float, float]:
        """Height and width that the tiles have, in voxels of one size on screen."""
        return self.height() / way.size[0], max(1, self.width() - BAR) / way.size[1]

    def _picture(self, way: Way, tiles: list[Tile]) -> Picture:
        return Picture(
            kind=self._kind,
            pictures=self._pictures,
            tiles=tiles,
            laid=self._laid(way, tiles),
            outlined=self._marks.outlined,
            sides=self._letters.shown,
            anatomy=self._anatomy,
            font=self.font(),
        )

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
            picture = self._picture(way, tiles)
            self.drawings += 1
            self._made = picture, drawn(picture, self.size(), self.devicePixelRatioF())
        picture, pixels = self._made
        painter.drawPixmap(0, 0, pixels)
        draw_at_hand(painter, picture, self._at_hand(way))

    def _at_hand(self, way: Way) -> int:
        layer = next(iter(self._pictures.values()))
        steps, origin = world_of(layer, self._viewer.dims.units)
        point = np.asarray(self._viewer.dims.point[-3:])
        return int(np.round(np.linalg.solve(steps, point - origin))[way.across])

    # -- mouse ---------------------------------------------------------------------------------

    def shown_at(self, place: QPointF) -> Shown | None:
        """The voxel at a place of the widget; None beside the tiles."""
        way, tiles = self._way, self._tiles()
        if way is None or self._made is None:
            return None
        found = self._made[0].laid.at(place)
        if found is None or found[0] >= len(tiles):
            return None
        number, row, column = found
        tile = tiles[number]
        return Shown(
            tile.symbol, tile.layer, way.voxel(tile.at, row, column, tile.layer.data.shape)
        )

    def place_of(self, number: int) -> QPointF:
        """The middle of a tile, in pixels of the widget; tiles count from 0."""
        if self._made is None:
            raise LookupError("nothing is shown")
        return self._made[0].laid.rect(number).center()

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
        value = float(shown.layer.data[shown.voxel]) * factor_of(shown.layer)
        unit = unit_of(shown.layer)
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

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Have the canvas below draw no pictures that nobody sees."""
        super().showEvent(event)
        self._still(True)

    def hideEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Have the canvas below draw again."""
        super().hideEvent(event)
        self._still(False)

    def _still(self, on: bool) -> None:
        below = self.parentWidget()
        for one in [] if below is None else below.findChildren(QOpenGLWidget):
            one.setUpdatesEnabled(not on)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Lay the tiles out anew."""
        super().resizeEvent(event)
        self._cut_anew()

    def _deafen(self) -> None:
        for emitter, hear in self._heard:
            emitter.disconnect(hear)
        self._heard.clear()
