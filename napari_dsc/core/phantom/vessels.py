"""Arteries and venous sinuses as tubes."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from napari_dsc.core.phantom.deep import both
from napari_dsc.core.phantom.grid import SIZE, Fine
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.shapes import Path, edge, tube

__all__ = ["ARTERIES", "VEINS", "Vessel", "vessel_shares", "vessels_of"]

FINEST = 1.75  # mm: in larger voxels vessels are thicker, so that some are pure


class Vessel(NamedTuple):
    """Tubes whose blood comes at one time."""

    paths: tuple[Path, ...]
    delay: float  # s after the carotids; of a vein, after the sagittal sinus
    saturated: bool = False  # so dark by whirling blood that nothing is left at the peak
    vein: bool = False
    detour: bool = False  # by collaterals: broader


ICA: Path = (
    (24, -22, -62, 2.6), (25, -16, -50, 2.6), (20, -8, -42, 2.6), (13, -2, -36, 2.6),
    (12, 9, -32, 2.6), (13, 10, -27, 2.6),
)  # fmt: skip
TERMINUS: Path = ((13, 10, -27, 2.6), (14, 6, -22, 2.6), (14, 4, -15, 2.6), (14, 4, -11, 2.3))
M1: Path = ((14, 4, -13, 2.2), (22, 5, -15, 1.9))
DISTAL: Path = ((22, 5, -15, 1.9), (32, 4, -14, 1.9), (36, 2, -11, 1.9))
M2: tuple[Path, ...] = (
    ((36, 2, -11, 1.9), (40, 6, -2, 1.7), (39.5, 10, 6, 1.5), (40, 9, 12, 1.3)),
    ((36, 2, -11, 1.9), (40, -6, -3, 1.7), (40, -13, 6, 1.5), (40, -18, 14, 1.3)),
)
M3: tuple[Path, ...] = (
    ((40, 9, 12, 1.2), (48, 10, 5, 1.1), (58, 12, 4, 1.0), (63, 10, 14, 0.8)),
    ((40, -18, 14, 1.2), (50, -22, 10, 1.1), (61, -24, 12, 1.0), (65, -26, 24, 0.8)),
    ((40, -6, -3, 1.2), (50, -12, 0, 1.0), (63, -16, 4, 0.9), (66, -30, 2, 0.8)),
)
ACA: Path = (
    (14, 4, -13, 1.6), (8, 10, -15, 1.5), (2.2, 18, -14, 1.5), (2.2, 29, -6, 1.5),
    (2.0, 37, 4, 1.5), (2.0, 38, 14, 1.5), (2.0, 30, 26, 1.3), (2.0, 12, 33, 1.1),
    (2.0, -12, 36, 0.9), (2.0, -34, 34, 0.7),
)  # fmt: skip
CALLOSOMARGINAL: Path = (
    (2.0, 38, 14, 1.2),
    (2.0, 42, 26, 1.1),
    (2.0, 34, 42, 1.0),
    (2.0, 10, 56, 0.8),
)
BASILAR: tuple[Path, ...] = (
    ((0, -8, -46, 1.9), (0, -9, -34, 1.9), (0, -10, -22, 1.8)),
    *both(((9, -26, -70, 1.7), (7, -20, -60, 1.7), (0, -8, -46, 1.7))),
)
PCA: Path = (
    (0, -10, -21, 1.5), (9, -13, -19, 1.5), (17, -20, -16, 1.4), (20, -32, -11, 1.4),
    (17, -44, -4, 1.3), (15, -60, 2, 1.1), (10, -80, 4, 0.8),
)  # fmt: skip
CORTICAL_VEINS: Path = ((2, -10, 79, 1.2), (14, -4, 79, 1.1), (26, 4, 73, 0.9))
REAR_VEINS: Path = ((2, -55, 68, 1.2), (14, -50, 70, 1.1), (28, -46, 66, 0.9))
SAGITTAL: Path = (
    (0, 72, 12, 1.6), (0, 68, 34, 2.0), (0, 52, 60, 2.6), (0, 28, 76, 3.0), (0, 0, 81.5, 3.4),
    (0, -30, 80, 3.6), (0, -60, 70, 3.9), (0, -84, 50, 4.1), (0, -97, 22, 4.2), (0, -99, -4, 4.4),
)  # fmt: skip
TRANSVERSE: Path = (
    (0, -99, -6, 4.0), (18, -96, -13, 3.6), (40, -84, -20, 3.6), (56, -66, -24, 3.6),
    (58, -54, -30, 3.6), (52, -44, -42, 3.4), (42, -38, -54, 3.4), (34, -32, -64, 3.4),
)  # fmt: skip
STRAIGHT: Path = ((0, -40, 4, 2.0), (0, -60, 4, 2.0), (0, -80, -1, 2.2), (0, -98, -6, 2.6))
INTERNAL: Path = ((3, -2, 9, 1.0), (2.5, -22, 11, 1.1), (0, -38, 6, 1.6))

MIDDLE = DISTAL, *M2  # what lies beyond a blocked M1
RIGHT = 1  # of `both`

ARTERIES: Mapping[str, Vessel] = {
    "carotids": Vessel(both(ICA), 0.0, saturated=True),
    "termini": Vessel((*both(TERMINUS), *both(M1)), 0.0),
    "basilar": Vessel(BASILAR, 0.2, saturated=True),
    "left MCA": Vessel(MIDDLE, 0.1),
    "left M3": Vessel(M3, 0.4),
    "right MCA": Vessel(tuple(both(one)[RIGHT] for one in MIDDLE), 0.1),
    "right M3": Vessel(tuple(both(one)[RIGHT] for one in M3), 0.4),
    "ACA": Vessel((*both(ACA), *both(CALLOSOMARGINAL)), 0.3),
    "PCA": Vessel(both(PCA), 0.6),
}
VEINS: Mapping[str, Vessel] = {
    "sagittal": Vessel((SAGITTAL, *both(CORTICAL_VEINS), *both(REAR_VEINS)), 0.0, vein=True),
    "transverse": Vessel((*both(TRANSVERSE), STRAIGHT), 0.6, vein=True),
    "internal": Vessel(both(INTERNAL), 0.3, vein=True),
}
BLOCKED = 4.0  # s: how much later blood comes to the arteries beyond a blocked M1
THIN = 0.75  # of the radius: they are filled less


def vessels_of(*, stroke: bool) -> Mapping[str, Vessel]:
    """Vessels of a patient; with a stroke no blood is in the clot of the left M1.

    What lies beyond it is filled late by collaterals.
    """
    made = {**ARTERIES, **VEINS}
    if stroke:
        for name, paths in (("left MCA", M2), ("left M3", M3)):
            thin = tuple(tuple((x, y, z, THIN * r) for x, y, z, r in path) for path in paths)
            made[name] = Vessel(thin, BLOCKED + ARTERIES[name].delay, detour=True)
    return made


def vessel_shares(fine: Fine, vessel: Vessel) -> Soft:
    """Share of each point of the fine grid that is blood of a vessel."""
    larger = max(1.0, 2 * float(fine.step[0]) * SIZE / FINEST)
    depth = np.full(fine.x.shape, -np.inf, dtype=np.float32)
    for path in vessel.paths:
        thick = tuple((x, y, z, r / SIZE * larger) for x, y, z, r in path)
        tube(fine, thick, depth)
    return edge(depth, 0.8)
