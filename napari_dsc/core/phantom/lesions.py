"""An infarct of the left middle cerebral artery, and a leaky glioma of the right frontal lobe."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.random_fields import Soft, at_points, field
from napari_dsc.core.phantom.shapes import between, edge

__all__ = ["LESIONS", "Infarct", "Lesion", "glioma", "infarct"]

Lesion: TypeAlias = Literal["stroke", "tumour", "both", "none"]
LESIONS: tuple[Lesion, ...] = get_args(Lesion)

MIDDLE, HALF = (46.0, -10.0, 18.0), (34.0, 52.0, 43.0)  # mm: of the late territory
CORE, CORE_HALF = (40.0, -5.0, 16.0), (18.0, 25.0, 19.0)
TUMOUR, RIM, NECROSIS, OEDEMA = (-31.0, 28.0, 22.0), 20.0, 13.0, 36.0  # mm: centre and radii


class Infarct(NamedTuple):
    """What a blocked artery does to each voxel; 0 where it does nothing."""

    late: Soft  # 0 to 1: how late the blood comes, how little flow is left
    core: Soft  # 0 to 1: tissue that is lost


def infarct(
    places: tuple[Soft, Soft, Soft], supplied: Soft, random: np.random.Generator
) -> Infarct:
    """Make an infarct within the territory of the left middle cerebral artery.

    Parameters
    ----------
    places : tuple of ndarray
        Of the voxels, mm of the atlas.
    supplied : ndarray
        Share of each voxel's blood that this artery brings.
    random : Generator
        Where its irregular outline comes from.
    """
    uneven = at_points(field(random, 30.0, 0.4), *places)
    away = _radius(places, MIDDLE, HALF) + np.float32(0.10) * uneven
    late = between(away, 1.12, 0.42) * supplied
    inner = _radius(places, CORE, CORE_HALF) + np.float32(0.16) * uneven
    return Infarct(np.asarray(late), np.asarray(between(inner, 1.08, 0.86) * supplied))


def glioma(fine: Fine, random: np.random.Generator) -> Mapping[str, Soft]:
    """Shares of the fine points in a glioma's necrosis and rim, and in the oedema around it."""
    made = {name: np.zeros_like(fine.x) for name in ("necrosis", "rim", "oedema")}
    near = _radius((fine.x, fine.y, fine.z), TUMOUR, (1.5 * OEDEMA,) * 3) < 1
    if not near.any():
        return made
    places = fine.x[near], fine.y[near], fine.z[near]
    bumps, fingers = field(random, 24.0, 0.4), field(random, 18.0, 0.4)
    away = _radius(places, TUMOUR, (1.0, 1.0, 1.0))
    uneven = at_points(bumps, *places)
    made["necrosis"][near] = edge(NECROSIS + 2.8 * at_points(fingers, *places) - away, 1.5)
    made["rim"][near] = edge(RIM + 2.2 * uneven - away, 2.0)
    made["oedema"][near] = between(OEDEMA + 7 * uneven - away, -2, 5)
    return made


def _radius(
    places: tuple[Soft, Soft, Soft], centre: tuple[float, ...], half: tuple[float, ...]
) -> Soft:
    total = sum(
        ((axis - np.float32(c)) * np.float32(1 / h)) ** 2
        for axis, c, h in zip(places, centre, half, strict=True)
    )
    return np.sqrt(np.asarray(total, dtype=np.float32))
