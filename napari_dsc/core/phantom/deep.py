"""Ventricles, deep nuclei, brain stem and cerebellum."""

import numpy as np

from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.head import Head
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.shapes import Path, ball, between, edge, nowhere, smaller, tube

__all__ = ["cerebellum", "cisterns", "nuclei", "pallidum", "plexus", "stem", "ventricles"]


def both(path: Path) -> tuple[Path, Path]:
    """A path and its mirror image."""
    return path, tuple((-x, y, z, r) for x, y, z, r in path)


LATERAL: Path = (
    (8, 33, -2, 2.5), (10, 26, 6, 5.0), (11, 10, 14, 6.2), (12, -6, 18, 5.6),
    (14, -22, 19, 5.6), (20, -35, 14, 7.5), (26, -42, 5, 7.0), (31, -37, -6, 4.0),
    (34, -26, -14, 2.6), (33, -12, -18, 2.2),
)  # fmt: skip
OCCIPITAL: Path = ((24, -42, 8, 7.0), (26, -58, 5, 4.0), (23, -72, 3, 1.6))
PLEXUS: Path = ((15, -20, 17, 1.6), (20, -34, 12, 3.2), (25, -41, 5, 2.8), (31, -36, -7, 1.5))
CAUDATE: Path = (
    (11, 18, -4, 5.0), (15, 15, 6, 6.0), (17, 6, 14, 5.0), (19, -8, 19, 3.4), (23, -24, 19, 2.2),
)  # fmt: skip
PUTAMEN: Path = ((24, 15, 0, 5.5), (27, 4, 3, 6.5), (29, -8, 4, 5.0), (31, -16, 4, 2.5))
HIPPOCAMPUS: Path = ((26, -8, -19, 5.0), (29, -20, -15, 4.5), (28, -32, -7, 3.5), (21, -38, 1, 2.5))
AMYGDALA: Path = ((22, -2, -18, 7.0), (23, -4, -18, 7.0))
STEM: Path = (
    (0, -20, -4, 11.0), (0, -24, -14, 12.0), (0, -25, -24, 13.5), (0, -26, -34, 13.5),
    (0, -32, -46, 8.5), (0, -38, -58, 7.5), (0, -42, -75, 7.0),
)  # fmt: skip


def ventricles(fine: Fine) -> Soft:
    """Depth inside the ventricles and the aqueduct, mm."""
    depth = nowhere(fine)
    for path in (*both(LATERAL), *both(OCCIPITAL)):
        tube(fine, path, depth, flat=1.25)
    third = ball(fine, (0, -8, 0), (2.6, 15, 11))
    np.maximum(depth, third, out=depth)
    fourth = ball(fine, (0, -44, -33), (7.5, 6, 11))
    np.maximum(depth, fourth, out=depth)
    return tube(fine, ((0, -28, -4, 1.3), (0, -36, -16, 1.3), (0, -42, -26, 2.0)), depth)


def plexus(fine: Fine) -> Soft:
    """Depth inside the choroid plexus, mm."""
    left, right = both(PLEXUS)
    return tube(fine, right, tube(fine, left))


def nuclei(fine: Fine) -> Soft:
    """Depth inside caudate, putamen, thalamus, hippocampus and amygdala, mm."""
    depth = nowhere(fine)
    for path in (CAUDATE, PUTAMEN, HIPPOCAMPUS, AMYGDALA):
        for side in both(path):
            tube(fine, side, depth, flat=1.3)
    np.maximum(depth, ball(fine, (12, -19, 6), (9.5, 15, 9.5)), out=depth)
    return depth


def pallidum(fine: Fine) -> Soft:
    """Depth inside the pallidum, red nucleus and dentate, mm: dark, as they hold iron."""
    depth = ball(fine, (19, -2, 1), (4.5, 9, 7))
    np.maximum(depth, ball(fine, (5, -20, -9), (3.5, 3.5, 4)), out=depth)
    return np.maximum(depth, ball(fine, (16, -55, -36), (6, 9, 5)))


def stem(fine: Fine) -> Soft:
    """Depth inside the brain stem and its arms to the cerebellum, mm."""
    depth = tube(fine, STEM)
    for side in both(((0, -28, -33, 9.0), (20, -42, -35, 8.0), (24, -52, -36, 6.0))):
        depth = tube(fine, side, depth)
    return depth


def cisterns(fine: Fine) -> Soft:
    """Depth inside the fluid around the brain stem and under the diencephalon, mm."""
    depth = ball(fine, (0, 2, -17), (15, 13, 8))
    np.maximum(depth, ball(fine, (0, -16, -18), (17, 10, 8)), out=depth)
    np.maximum(depth, ball(fine, (0, -40, -5), (13, 7, 8)), out=depth)
    return np.maximum(depth, ball(fine, (17, -28, -10), (6, 10, 10)))


def cerebellum(fine: Fine, head: Head) -> tuple[Soft, Soft]:
    """Shares of the cerebellum, and of grey matter within it; folia run along the tentorium."""
    depth = smaller(head.below - np.float32(2.0), head.cavity - np.float32(3.0), 3.0)
    body = ball(fine, (0, -64, -34), (54, 36, 30))
    depth = smaller(depth, body, 4.0)
    notch = np.hypot(fine.x * np.float32(1.0), np.maximum(fine.y + 88, 0)) - 3
    depth = np.minimum(depth, notch)
    from_hilum = np.sqrt(
        (np.abs(fine.x) * 0.55) ** 2 + (fine.y + 48) ** 2 + ((fine.z + 36) * 1.1) ** 2
    )
    folia = np.sin(from_hilum * np.float32(2 * np.pi / 7.0)) * between(depth, 18, 4)
    white = between(from_hilum, 25, 15) * between(np.abs(fine.x), 4, 9)
    grey = np.clip(np.float32(0.85) - 0.8 * white - 0.16 * folia, 0, 1)
    inside = edge(depth) * (1 - 0.4 * between(folia, 0.2, 1.0))
    return np.asarray(inside), np.asarray(grey, dtype=np.float32)
