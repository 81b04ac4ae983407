"""A digital patient with a glioma, and the T1 volumes that a scanner would make of it."""

from functools import cache

import numpy as np

from napari_dsc import Phantom, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["glioma", "rim_of", "t1_volumes"]

T1 = {
    Tissue.SCALP: 180.0,
    Tissue.GREY: 80.0,
    Tissue.WHITE: 100.0,
    Tissue.CSF: 30.0,
    Tissue.HYPOPERFUSED: 80.0,
    Tissue.TUMOUR: 70.0,
    Tissue.NECROSIS: 45.0,
    Tissue.OEDEMA: 70.0,
    Tissue.CHOROID_PLEXUS: 60.0,
}
TAKES = {Tissue.TUMOUR: 55.0, Tissue.ARTERY: 70.0, Tissue.VEIN: 80.0}  # contrast agent


@cache
def glioma(snr: float = 100.0) -> Phantom:
    """A leaky glioma of the right frontal lobe, as coarse as its rim stays a rim."""
    return phantom((64, 64, 8), 60, snr, anatomy="realistic", lesion="tumour")


def t1_volumes(
    patient: Phantom, *, gain: float = 1.3, noise: float = 2.0, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """T1 before and after contrast on the grid of the scan; the second of another gain."""
    random = np.random.default_rng(seed)
    pre = np.full(patient.tissue.shape, 70.0)
    pre[patient.tissue == Tissue.AIR] = 0.0
    for tissue, level in T1.items():
        pre[patient.tissue == tissue] = level
    post = pre.copy()
    for tissue, more in TAKES.items():
        post[patient.tissue == tissue] += more
    before, after = (
        np.hypot(one + random.normal(0, noise, one.shape), random.normal(0, noise, one.shape))
        for one in (pre, post)
    )
    return before, gain * after


def rim_of(patient: Phantom) -> BoolArray:
    """Voxels of the enhancing rim."""
    return np.asarray(patient.tissue == Tissue.TUMOUR)
