"""The folded cortex: sulci, fissures and the ribbon of grey matter along them."""

import numpy as np

from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.head import CENTRE, CSF, Head
from napari_dsc.core.phantom.random_fields import Soft, at_points, field
from napari_dsc.core.phantom.shapes import between, edge, smaller, steepness

__all__ = ["Cerebrum", "cerebrum"]

RIBBON = 2.8  # mm of grey matter
GYRUS = 26.0  # mm: wavelength of the folds; a sulcus stands at every half of it
DEEPEST = 38.0  # mm below the skull to which folds are made
FAR = np.float32(99.0)


class Cerebrum:
    """Shares of the cerebrum's fluid, ribbon and white matter; depths below the pia, mm."""

    def __init__(self, inside: Soft, fluid: Soft, ribbon: Soft, pial: Soft) -> None:
        self.inside, self.fluid, self.ribbon, self.pial = inside, fluid, ribbon, pial


def cerebrum(fine: Fine, head: Head, random: np.random.Generator) -> Cerebrum:
    """Fold the cortex of a head."""
    surface = smaller(head.cavity - np.float32(CSF), -head.below - np.float32(1.2), 3.0)
    folds, width = _sulci(fine, head, surface, random)
    sheets = np.minimum(_fissures(fine), folds)
    sheets = np.minimum(sheets, _medial_sulci(fine, surface, random))
    # What lies within half a sulcus' width is fluid; the ribbon begins there.
    pial = np.minimum(surface, sheets - width)
    inside = edge(surface)
    fluid = edge(-(sheets - width), 0.9) * inside
    ribbon = edge(np.float32(RIBBON) - pial, 1.4)
    return Cerebrum(inside, fluid, ribbon, pial)


def _sulci(fine: Fine, head: Head, surface: Soft, random: np.random.Generator) -> tuple[Soft, Soft]:
    """Distance to the nearest sulcus, mm, and half of its width.

    Sulci stand where a random field, drawn inwards from the surface of the brain, is zero.
    """
    folds, bends = field(random, GYRUS), field(random, 30.0, 0.3)
    depths = field(random, 40.0, 0.4)
    near = (surface > -2) & (head.cavity < np.float32(DEEPEST + 6))
    outward = np.maximum(head.radius[near], np.float32(0.3)) ** np.float32(-0.85)
    middle = [np.float32(one) for one in CENTRE]
    x, y, z = (
        m + (axis[near] - m) * outward
        for m, axis in zip(middle, (fine.x, fine.y, fine.z), strict=True)
    )
    level = np.full(fine.x.shape, 3, dtype=np.float32)
    here = fine.x[near], fine.y[near], fine.z[near]
    level[near] = at_points(folds, x, y, z) + np.float32(0.55) * at_points(bends, *here)
    reach = np.full(fine.x.shape, -1, dtype=np.float32)
    reach[near] = 22 + 6 * np.clip(at_points(depths, x, y, z), -1.6, 1.8)
    slope = steepness(level, fine.step)
    sheet = np.abs(level) / np.maximum(slope, np.float32(0.05))
    beyond = np.maximum(surface - reach, 0)
    away = np.where(near & (sheet < 40), np.sqrt(sheet * sheet + beyond * beyond), FAR)
    open_at_top = np.float32(0.55) + np.float32(1.3) * np.exp(
        np.minimum(-surface, 2) * np.float32(1 / 4.5)
    )
    return away.astype(np.float32), open_at_top


def _medial_sulci(fine: Fine, surface: Soft, random: np.random.Generator) -> Soft:
    """Distance to the nearest sulcus of the surfaces that face each other at the midline, mm."""
    side = np.abs(fine.x)
    near = (side < 24) & (_core(fine) < -2) & (surface > 0)
    level = np.full(fine.x.shape, 3, dtype=np.float32)
    sides = np.float32(0.3) * fine.x[near] + 40 * np.sign(fine.x[near])
    level[near] = at_points(field(random, GYRUS), sides, fine.y[near], fine.z[near])
    sheet = np.abs(level) / np.maximum(steepness(level, fine.step), np.float32(0.05))
    away = np.hypot(sheet, np.maximum(side - 9, 0))
    return np.where(near & (sheet < 40), away, FAR).astype(np.float32)


def _fissures(fine: Fine) -> Soft:
    """Distance to the nearest of the named fissures, mm."""
    side = np.abs(fine.x)
    y, z = fine.y, fine.z
    core = _core(fine)
    midline = np.hypot(side, np.maximum(core, 0))
    # The Sylvian fissure rises to the rear, and opens over the insula like a T.
    level = z - (-4 - 0.40 * y)
    lateral = _hypot(
        level * np.float32(0.93), np.maximum(37 - side, 0), np.maximum(np.abs(y + 11) - 36, 0)
    )
    bowed = side - (39.5 - 0.005 * y * y)
    insula = _hypot(bowed, np.maximum(np.abs(level - 3) - 13, 0), np.maximum(np.abs(y) - 23, 0))
    stem = _hypot(
        z + 14 + 0.15 * y, np.maximum(np.abs(side - 24) - 13, 0), np.maximum(np.abs(y - 6) - 6, 0)
    )
    ring = np.hypot((core + 12 + 0.05 * side * side) * np.float32(0.8), np.maximum(side - 8, 0))
    calcarine = _hypot(z - 4 + 0.12 * (y + 60), np.maximum(side - 20, 0), np.maximum(y + 58, 0))
    parietal = _hypot(
        (y + 64 + 0.45 * (z - 20) + 0.4 * side) * np.float32(0.85),
        np.maximum(side - 14, 0),
        np.maximum(np.abs(z - 24) - 20, 0),
    )
    collateral = _hypot(
        side - 27 + 0.1 * (y + 40),
        np.maximum(np.abs(z + 24) - 9, 0),
        np.maximum(np.abs(y + 30) - 28, 0),
    )
    found = midline
    for one in (lateral - 0.5, insula - 0.5, stem - 0.6, ring, calcarine, parietal, collateral):
        found = np.minimum(found, one)
    return np.asarray(found, dtype=np.float32)


def _core(fine: Fine) -> Soft:
    """Depth inside what joins the hemispheres (callosum, ventricles, thalami), mm, nearly."""
    radius = np.hypot((fine.y + 7) * np.float32(1 / 43), (fine.z - 0) * np.float32(1 / 30))
    return np.asarray((1 - radius) * 33, dtype=np.float32)


def _hypot(one: Soft, second: Soft, third: Soft) -> Soft:
    return np.asarray(np.sqrt(one * one + second * second + third * third))


def falx(fine: Fine, head: Head) -> Soft:
    """Share of the falx and of the tentorium: thin, dark sheets."""
    core = _core(fine)
    sheet = edge(0.5 - np.abs(fine.x), 1.0) * between(core, -9, -14) * between(fine.z, -22, -10)
    # The tentorium is oblique: wider and fainter, or the slices' parts would show as stripes.
    tent = 0.35 * np.maximum(1 - np.abs(head.below) * np.float32(1 / 2.6), 0)
    tent *= between(fine.y, -42, -50)
    return np.asarray(np.maximum(sheet, tent) * edge(head.cavity))
