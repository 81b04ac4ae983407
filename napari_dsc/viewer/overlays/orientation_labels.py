"""Letters of orientation on every picture: which side is the patient's right, and which the front.

They are drawn as outlines are, in every cell of the grid; of two scans each bears its own. Where
a user has stated them, words under the picture say so.
"""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.orientation import BY_USER, is_stated
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.overlays.geometry import picture_ends
from napari_dsc.viewer.overlays.stroke_font import WIDTH, height_of, signs_of, written
from napari_dsc.viewer.scan.head_box import head_of
from napari_dsc.viewer.scan.scan_layers import taken_up

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["Letters"]

# Towards the end of each axis of the world (z, y, x), which is LPS, and towards its beginning.
ENDS = (("S", "I"), ("P", "A"), ("L", "R"))
PLACES = ("left", "right", "top", "bottom")
UNKNOWN = "?"  # where the file does not say where its voxels lie
WHITE = (1.0, 1.0, 1.0, 1.0)
INSET = 0.25  # from the edge, of the height
RAISED = 1.0  # from the lower edge of a tile, at least
WORDS_BELOW = 36.0  # px at the lower edge of the tiles: the words on research use
STATED = BY_USER.upper()
STRIP = 0.3  # of the picture, or of the screen: with less of it there is no room for letters
WORDS = 0.6  # height of words, of that of a letter


class Letters:
    """Four letters at the edges of the picture; in the grid in the two lower corners of a head.

    They follow the order of the axes, and the side from which one looks. Where a part of the
    picture fills the screen they stand at the edges of that part.

    Parameters
    ----------
    viewer : ViewerModel
        On whose canvas they stand. It does not keep this object: its owner does.
    marks : Marks
        Draws them.
    """

    def __init__(self, viewer: "ViewerModel", marks: Marks) -> None:
        self._viewer, self._marks = viewer, marks
        self._scan: Scan | None = None
        # Whose letters, where it lies, and what is known of its head.
        self._state: list[tuple[Scan, FloatArray | None, object]] = []
        self._drawn: set[str] = set()
        self._seen: list[
            list[float]
        ] = []  # what is seen of each scan's picture, while letters stand
        for emitter in (
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.dims.events.units,
            viewer.scene.camera.events.orientation,
            viewer.canvas.grid.events.enabled,
        ):
            emitter.connect(self.refresh)
        camera = viewer.scene.camera
        for emitter in (camera.events.zoom, camera.events.center, viewer.canvas.events.size):
            emitter.connect(self._follow)

    def show(self, scan: "Scan | None") -> None:
        """Show the letters of a scan, and of others that are open; None: of none."""
        others = [] if scan is None else [one for one in taken_up(self._viewer) if one is not scan]
        every = [] if scan is None else [scan, *others]
        state = [(one, one.facts.series.affine, head_of(one)) for one in every]
        same = len(state) == len(self._state) and all(
            all(now is before for now, before in zip(one, other, strict=True))
            for one, other in zip(state, self._state, strict=True)
        )
        if scan is not self._scan or not same:  # it is asked at every gesture
            self._scan, self._state = scan, state
            self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Write what is true now."""
        drawn: dict[str, tuple[FloatArray, Layer]] = {}
        for at, (scan, *_) in enumerate(self._state):
            lines = [self._at(scan, place, letter) for place, letter in self.of(scan).items()]
            lines += self._by_whom(scan) if lines else []
            if lines:
                drawn[f"sides {at}" if at else "sides"] = np.concatenate(lines), scan.layer
        with self._marks.held():
            for name in self._drawn - drawn.keys():
                self._marks.draw(name, None, WHITE)
            for name, (segments, layer) in drawn.items():
                self._marks.draw(name, segments, WHITE, layer)
        self._drawn = set(drawn)
        self._seen = self._look()

    def _follow(self, _event: object = None) -> None:
        """Keep the letters on screen when somebody looks closer, or elsewhere."""
        if self._drawn and self._look() != self._seen:
            self.refresh()

    def _look(self) -> list[list[float]]:
        """Ends of what is seen of each scan's picture."""
        axes = self._axes
        if axes is None:
            return []
        scans = [scan for scan, *_ in self._state if scan.layer in self._viewer.layers]
        ends = [np.ravel(self._ends(scan, axes)).tolist() for scan in scans]
        return (
            [*ends, [self._viewer.scene.camera.zoom]] if self._viewer.canvas.grid.enabled else ends
        )

    def _ends(self, scan: "Scan", axes: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest point (row, column) of what is seen of a picture.

        Where that is a strip at the edge of the screen, or nothing: those of the screen.
        """
        viewer = self._viewer
        low, high = (ends[list(axes)] for ends in picture_ends(viewer, scan.layer))
        camera = viewer.scene.camera
        half = np.array(viewer.canvas.viewbox_size(viewer.layers), dtype=float) / 2 / camera.zoom
        center = np.array(camera.center[-2:], dtype=float)
        first, last = center - half, center + half
        inside = np.maximum(low, first), np.minimum(high, last)
        enough = (inside[1] - inside[0] >= STRIP * np.minimum(last - first, high - low)).all()
        return inside if enough else (first, last)

    @property
    def shown(self) -> dict[str, str]:
        """The letters of the scan at hand that are on screen, by their places."""
        return {} if self._scan is None else self.of(self._scan)

    @property
    def words(self) -> str:
        """What stands beside the letters of the scan at hand: who stated them, if a user has."""
        told = self._scan is not None and self.shown and is_stated(self._scan.facts.series)
        return STATED if told else ""

    def of(self, scan: "Scan") -> dict[str, str]:
        """Letters of a scan, by their places."""
        viewer = self._viewer
        if scan.layer not in viewer.layers or self._axes is None:
            return {}
        if scan.facts.series.affine is None or not scan.facts.series.oriented:
            return dict.fromkeys(PLACES[:2], UNKNOWN)
        rows, columns = self._axes
        down, right = (str(one) for one in viewer.scene.camera.orientation2d)
        across = ENDS[columns] if right == "right" else ENDS[columns][::-1]
        along = ENDS[rows] if down == "down" else ENDS[rows][::-1]
        letters = dict(zip(PLACES, (across[1], across[0], along[1], along[0]), strict=True))
        if viewer.canvas.grid.enabled:  # above a cell stands its name
            return {place: letters[place] for place in PLACES[:2]}
        return letters

    def _by_whom(self, scan: "Scan") -> list[FloatArray]:
        """Lines of the words that say who stated the letters, in the left lower corner."""
        axes = self._axes
        if axes is None or not is_stated(scan.facts.series):
            return []
        low, high = self._ends(scan, axes)
        signs, height = signs_of(self._viewer), WORDS * height_of(self._viewer, low, high)
        start = np.where(signs > 0, low, high)
        above = 0.0
        if self._viewer.canvas.grid.enabled:  # above the letters
            above = 1 + self._below(height / WORDS) + INSET
        inside = np.array([(high - low)[0] - (1 + INSET + above / WORDS) * height, INSET * height])
        return [written(STATED, start + signs * inside, height, signs)]

    def _below(self, height: float) -> float:
        """How far letters stand from the lower edge, of their height."""
        if not self._viewer.canvas.grid.enabled:
            return INSET
        zoom = float(self._viewer.scene.camera.zoom)
        return max(RAISED, WORDS_BELOW / (zoom * height))

    @property
    def _axes(self) -> tuple[int, int] | None:
        """Which of z, y and x run down and across the screen; None in 3-D, or beside time."""
        dims = self._viewer.dims
        if dims.ndisplay != 2:
            return None
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])
        return None if min(rows, columns) < 0 else (rows, columns)

    def _at(self, scan: "Scan", place: str, letter: str) -> FloatArray:
        """Lines of a letter at an edge of the picture, in the displayed world."""
        axes = self._axes
        if axes is None:
            return np.empty((0, 2, 2))
        low, high = self._ends(scan, axes)
        signs, height = signs_of(self._viewer), height_of(self._viewer, low, high)
        # The letter's middle, counted from the left upper corner as it is looked at.
        far = {"left": (0.5, 0.0), "right": (0.5, 1.0), "top": (0.0, 0.5), "bottom": (1.0, 0.5)}
        share = np.array(far[place])
        if self._viewer.canvas.grid.enabled:  # the corners that a head leaves free
            share[0] = 1.0
        inset = np.where(share == 0.5, 0.0, [self._below(height), INSET])
        inwards = np.sign(0.5 - share) * height * (0.5 + inset)
        middle = (low + high) / 2 + signs * ((share - 0.5) * (high - low) + inwards)
        return written(letter, middle - signs * [height / 2, WIDTH * height / 2], height, signs)
