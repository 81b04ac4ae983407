"""Letters of orientation on every picture: which side is the patient's right, and which the front.

They are drawn as outlines are, in every cell of the grid: text of napari's own in each would make
every picture of the window dearer.
"""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.outlines import Marks, world_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dsc.viewer.scan import Scan

__all__ = ["Letters"]

# Towards the end of each axis of the world (z, y, x), which is LPS, and towards its beginning.
ENDS = (("S", "I"), ("P", "A"), ("L", "R"))
PLACES = ("left", "right", "top", "bottom")
UNKNOWN = "?"  # where the file does not say where its voxels lie
WHITE = (1.0, 1.0, 1.0, 1.0)
SIZE, SMALL, WIDTH, INSET = 0.04, 0.075, 0.6, 0.25  # of the picture; of a cell; of the height
# Strokes in a box of 0.6 × 1, from its left upper corner: (x, y) to (x, y).
STROKES = {
    "R": "00-0X 00-60 60-65 65-05 25-6X",
    "L": "00-0X 0X-6X",
    "A": "0X-30 30-6X 16-56",
    "P": "00-0X 00-60 60-65 65-05",
    "S": "60-00 00-05 05-65 65-6X 6X-0X",
    "I": "10-50 30-3X 1X-5X",
    "?": "00-60 60-64 64-34 34-37 39-3X",
}


def strokes(letter: str) -> FloatArray:
    """Lines of a letter, shape (S, 2, 2): ends (row, column) in a box of 1 × 0.6."""

    def place(words: str) -> tuple[float, float]:
        x, y = (1.0 if one == "X" else int(one) / 10 for one in words)
        return y, x

    pairs = (one.split("-") for one in STROKES[letter].split())
    return np.array([[place(start), place(end)] for start, end in pairs])


class Letters:
    """Four letters at the edges of the picture; in the grid left and right.

    They follow the order of the axes, and the side from which one looks.

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
        for emitter in (
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.dims.events.units,
            viewer.scene.camera.events.orientation,
            viewer.canvas.grid.events.enabled,
        ):
            emitter.connect(self.refresh)

    def show(self, scan: "Scan | None") -> None:
        """Show the letters of a scan; None: of none."""
        if scan is not self._scan:  # it is asked at every gesture
            self._scan = scan
            self.refresh()

    def refresh(self, _event: object = None) -> None:
        """Write what is true now."""
        shown = self.shown
        lines = [self._at(place, letter) for place, letter in shown.items()]
        self._marks.draw("sides", np.concatenate(lines) if lines else None, WHITE)

    @property
    def shown(self) -> dict[str, str]:
        """The letters that are on screen, by their places."""
        viewer, scan = self._viewer, self._scan
        if scan is None or scan.layer not in viewer.layers or self._axes is None:
            return {}
        if scan.series.affine is None or not scan.series.oriented:
            return dict.fromkeys(PLACES[:2], UNKNOWN)
        rows, columns = self._axes
        down, right = (str(one) for one in viewer.scene.camera.orientation2d)
        across = ENDS[columns] if right == "right" else ENDS[columns][::-1]
        along = ENDS[rows] if down == "down" else ENDS[rows][::-1]
        letters = dict(zip(PLACES, (across[1], across[0], along[1], along[0]), strict=True))
        if viewer.canvas.grid.enabled:  # above a cell stands its name
            return {place: letters[place] for place in PLACES[:2]}
        return letters

    @property
    def _axes(self) -> tuple[int, int] | None:
        """Which of z, y and x run down and across the screen; None in 3-D, or beside time."""
        dims = self._viewer.dims
        if dims.ndisplay != 2:
            return None
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])
        return None if min(rows, columns) < 0 else (rows, columns)

    def _at(self, place: str, letter: str) -> FloatArray:
        """Lines of a letter at an edge of the picture, in the displayed world."""
        scan, axes = self._scan, self._axes
        if scan is None or axes is None:
            return np.empty((0, 2, 2))
        steps, origin = world_of(scan.layer, self._viewer.dims.units)
        shape = np.array(scan.layer.data.shape[-3:])
        ends = np.array([origin - steps.sum(axis=1) / 2, origin + steps @ (shape - 0.5)])
        low, high = ends.min(axis=0)[list(axes)], ends.max(axis=0)[list(axes)]
        signs = np.array(
            [
                1.0 if str(one) == straight else -1.0
                for one, straight in zip(
                    self._viewer.scene.camera.orientation2d, ("down", "right"), strict=True
                )
            ]
        )
        size = SMALL if self._viewer.canvas.grid.enabled else SIZE  # a cell is small
        height = size * float((high - low).min())
        # The letter's middle, counted from the left upper corner as it is looked at.
        far = {"left": (0.5, 0.0), "right": (0.5, 1.0), "top": (0.0, 0.5), "bottom": (1.0, 0.5)}
        share = np.array(far[place])
        inwards = (np.sign(0.5 - share)) * height * (0.5 + INSET)
        middle = (low + high) / 2 + signs * ((share - 0.5) * (high - low) + inwards)
        box = (strokes(letter) - [0.5, WIDTH / 2]) * height
        lines: FloatArray = middle + signs * box
        return lines
