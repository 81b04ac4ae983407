"""Letters of orientation on every picture: which side is the patient's right, and which the front.

They are drawn as outlines are, in every cell of the grid.
"""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.overlays import Marks, extent_of
from napari_dsc.viewer.overlays.stroke_font import WIDTH, height_of, signs_of, written

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["Letters"]

# Towards the end of each axis of the world (z, y, x), which is LPS, and towards its beginning.
ENDS = (("S", "I"), ("P", "A"), ("L", "R"))
PLACES = ("left", "right", "top", "bottom")
UNKNOWN = "?"  # where the file does not say where its voxels lie
WHITE = (1.0, 1.0, 1.0, 1.0)
INSET = 0.25  # from the edge, of the height


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
        low, high = (ends[list(axes)] for ends in extent_of(scan.layer, self._viewer.dims.units))
        signs, height = signs_of(self._viewer), height_of(self._viewer, low, high)
        # The letter's middle, counted from the left upper corner as it is looked at.
        far = {"left": (0.5, 0.0), "right": (0.5, 1.0), "top": (0.0, 0.5), "bottom": (1.0, 0.5)}
        share = np.array(far[place])
        inwards = (np.sign(0.5 - share)) * height * (0.5 + INSET)
        middle = (low + high) / 2 + signs * ((share - 0.5) * (high - low) + inwards)
        return written(letter, middle - signs * [height / 2, WIDTH * height / 2], height, signs)
