"""The line between the halves of the brain, on screen: proposed, and dragged by its ends."""

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.core.regions import Midline
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.layers import KEY, Placement

if TYPE_CHECKING:
    from napari.layers import Shapes

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["from_line", "midline_layer", "to_line"]

NAME = "Midline"
YELLOW = "#ffd23f"


def to_line(midline: Midline, scan: "Scan") -> FloatArray:
    """Where a plane cuts the middle slice, from edge to edge.

    Parameters
    ----------
    midline : Midline
        The plane, RAS mm.
    scan : Scan
        On whose screen.

    Returns
    -------
    ndarray, shape (2, 2)
        Ends (y, x) in the world of the screen, mm.
    """
    ras = _screen_to_ras(scan)
    nz, ny, nx = _shape(scan)
    z = (nz - 1) / 2
    normal = np.asarray(midline.normal)
    across = normal @ ras[:3, :3]  # of a step in z, y and x
    short = normal @ (np.asarray(midline.point) - ras[:3, 3]) - across[0] * z
    if abs(across[2]) >= abs(across[1]):  # upright: from the first row to the last
        rows = np.array([0.0, ny - 1.0])
        ends = np.column_stack([rows, (short - across[1] * rows) / across[2]])
    else:
        columns = np.array([0.0, nx - 1.0])
        ends = np.column_stack([(short - across[2] * columns) / across[1], columns])
    return ends @ scan.place.matrix[1:3, 1:3].T + scan.place.matrix[1:3, 3]


def from_line(ends: FloatArray, scan: "Scan") -> Midline:
    """Return the plane through a line on screen and the direction of the slices."""
    inverse = np.linalg.inv(scan.place.matrix[1:3, 1:3])
    index = (np.asarray(ends)[:, -2:] - scan.place.matrix[1:3, 3]) @ inverse.T
    ras, z = _screen_to_ras(scan), (_shape(scan)[0] - 1) / 2
    points = np.column_stack([np.full(2, z), index]) @ ras[:3, :3].T + ras[:3, 3]
    normal = np.cross(points[1] - points[0], ras[:3, 0])
    length = np.linalg.norm(normal)
    if not length > 0:
        raise ValueError("a line needs two ends")
    unit = normal / length
    if unit[0] < 0:  # towards the patient's right, as proposed
        unit = -unit
    point, direction = points.mean(axis=0), unit / np.linalg.norm(unit)
    return Midline(
        point=(float(point[0]), float(point[1]), float(point[2])),
        normal=(float(direction[0]), float(direction[1]), float(direction[2])),
    )


def midline_layer(ends: FloatArray, scan: "Scan") -> "Shapes":
    """Make the layer of the line: in every slice, to be dragged by its ends."""
    from napari.layers import Shapes

    layer = Shapes(
        [np.asarray(ends)],
        shape_type="line",
        edge_color=YELLOW,
        edge_width=0.6,
        name=NAME,
        units=("mm", "mm"),
        axis_labels=("y", "x"),
        metadata={KEY: {"role": "midline", "scan_layer": scan.layer}},
    )
    layer.mode = "direct"
    return layer


def _shape(scan: "Scan") -> tuple[int, int, int]:
    x, y, z = (scan.shape[axis] for axis in scan.place.order)
    return z, y, x


def _screen_to_ras(scan: "Scan") -> FloatArray:
    """Indices (z, y, x) of the screen to RAS mm of the file, also where that is oblique."""
    place: Placement = scan.place
    affine: Any = np.eye(4) if scan.facts.series.affine is None else scan.facts.series.affine
    made = np.eye(4)
    made[:3, :3] = affine[:3, [place.order[2], place.order[1], place.order[0]]]
    made[:3, 3] = affine[:3, 3]
    return made
