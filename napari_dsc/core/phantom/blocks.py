"""Schematic digital patient of blocks, for tests that know what every voxel holds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom.curves import AIF_PEAK, FINE, arterial_curve, passed_on
from napari_dsc.core.phantom.record import GREY_SIGNAL, Made, Perfusion, Timing, Tissue
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["blocks"]

LEAKAGE = 0.03  # 1/s: T1 leakage (K2) of the tumour
LABELS = tuple(label for label in Tissue if label <= Tissue.VEIN)

PERFUSION: Mapping[Tissue, Perfusion] = {
    Tissue.GREY: Perfusion(74, 6.2),
    Tissue.WHITE: Perfusion(36, 3.3),
    Tissue.HYPOPERFUSED: Perfusion(18, 4.2, delay=4.5),
    Tissue.TUMOUR: Perfusion(90, 9.0),
}
BASELINE: Mapping[Tissue, float] = {  # a.u.
    Tissue.AIR: 0,
    Tissue.SCALP: 260,
    Tissue.GREY: GREY_SIGNAL,
    Tissue.WHITE: 760,
    Tissue.CSF: 1350,
    Tissue.HYPOPERFUSED: 860,
    Tissue.TUMOUR: 980,
    Tissue.ARTERY: 4000,
    Tissue.PARTIAL_ARTERY: 1800,
    Tissue.SATURATED_ARTERY: 1100,
    Tissue.VEIN: 1500,
}


def blocks(shape: tuple[int, int, int], timing: Timing, random: np.random.Generator) -> Made:
    """Make the patient of blocks, without noise.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z).
    timing : Timing
        Of the scan and the bolus.
    random : Generator
        Where its texture comes from.
    """
    tissue = _anatomy(shape)
    time, late = timing.time, timing.slice_times
    curves = _curves(time, timing.arrival, timing.brightening)
    level = _baseline_image(tissue, random)
    signal = level[..., None].astype(np.float32)
    if late is None:
        signal = signal * _relaxed(curves, timing.echo_time)[tissue]
    else:
        seen = {
            own: _relaxed(_curves(time + own, timing.arrival, timing.brightening), timing.echo_time)
            for own in set(late)
        }
        signal = signal * np.stack(
            [seen[own][tissue[:, :, at]] for at, own in enumerate(late)], axis=2
        )
    return Made(
        signal=signal,
        truth=_truth(tissue),
        tissue=tissue,
        artery=tissue == Tissue.ARTERY,
        brain=tissue >= Tissue.GREY,
        aif=curves[Tissue.ARTERY],
    )


def _relaxed(curves: Mapping[Tissue, FloatArray], echo_time: float) -> NDArray[np.float32]:
    """Signal of each tissue over its baseline, shape (labels, T)."""
    relaxed = np.exp(-echo_time * np.stack([curves[label] for label in LABELS]))
    pure, grey = relaxed[Tissue.ARTERY], relaxed[Tissue.GREY]
    relaxed[Tissue.PARTIAL_ARTERY] = 0.5 * pure + 0.5 * grey
    return np.asarray(relaxed, dtype=np.float32)


def _truth(tissue: NDArray[np.uint8]) -> dict[str, FloatArray]:
    truth = {key: np.full(tissue.shape, np.nan) for key in ("cbf", "cbv", "mtt", "delay")}
    for label, own in PERFUSION.items():
        for key, values in truth.items():
            values[tissue == label] = getattr(own, key)
    truth["cbf"][tissue == Tissue.CSF] = truth["cbv"][tissue == Tissue.CSF] = 0
    return truth


def _curves(time: FloatArray, arrival: float, brightening: float = 1.0) -> dict[Tissue, FloatArray]:
    """Delta R2* of each tissue, 1/s, at the times of the volumes."""
    fine = np.arange(0, time[-1] + FINE, FINE)
    artery = arterial_curve(fine - arrival, AIF_PEAK)
    curves = {label: np.zeros_like(fine) for label in LABELS}
    for label, own in PERFUSION.items():
        residue = own.cbf / Scale().flow * np.exp(-fine / own.mtt)
        curves[label] = passed_on(fine, artery, residue, own.delay)
    curves[Tissue.TUMOUR] -= brightening * LEAKAGE * FINE * np.cumsum(curves[Tissue.WHITE])
    curves[Tissue.ARTERY] = artery
    curves[Tissue.SATURATED_ARTERY] = 1.7 * artery
    curves[Tissue.VEIN] = passed_on(fine, artery, np.exp(-fine / 4.0) / 4.0, 3.0)
    return {label: np.interp(time, fine, curve) for label, curve in curves.items()}


def _anatomy(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Labels of a schematic head; x to the patient's left, y to anterior, z to superior."""
    x, y, z = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) / (n / 2) for n in shape), indexing="ij", sparse=True
    )
    waist = np.sqrt(1 - (0.62 * z) ** 2)
    radius = np.hypot(x / (0.70 * waist), y / (0.86 * waist))
    angle = np.arctan2(y, x)
    tissue = np.zeros(shape, dtype=np.uint8)

    def ellipsoid(
        centre: tuple[float, float, float], half: tuple[float, float, float]
    ) -> BoolArray:
        offsets = ((a - c) / h for a, c, h in zip((x, y, z), centre, half, strict=True))
        return np.asarray(sum(offset**2 for offset in offsets) < 1)

    tissue[(radius > 1.10) & (radius < 1.19)] = Tissue.SCALP
    tissue[radius < 1] = Tissue.WHITE
    folds = 0.79 + 0.07 * np.sin(17 * angle + 2 * z) + 0.04 * np.sin(29 * angle - 3 * z)
    fissure = (np.abs(x) < 0.05) & (radius > 0.42)
    tissue[(radius < 1) & ((radius > folds) | fissure)] = Tissue.GREY
    for side in (-1, 1):
        tissue[ellipsoid((0.24 * side, 0.05, -0.1), (0.11, 0.20, 0.7))] = Tissue.GREY
        for middle in (-0.12, 0.16):  # occipital and frontal part of a lateral ventricle
            centre = (0.10 * side, middle, 0.15)
            tissue[ellipsoid(centre, (0.07, 0.19, 0.75))] = Tissue.CSF
    lesion = (x > 0.26) & (np.abs(y + 0.02 + 0.25 * x) < 0.34) & (z > -0.75)
    tissue[lesion & np.isin(tissue, (Tissue.GREY, Tissue.WHITE))] = Tissue.HYPOPERFUSED
    tissue[ellipsoid((-0.33, 0.42, 0.3), (0.17, 0.17, 0.55))] = Tissue.TUMOUR
    _vessels(tissue)
    return tissue


def _vessels(tissue: NDArray[np.uint8]) -> None:
    """Arteries in the lower half of the head, the sagittal sinus at its back; in place."""
    nx, ny, nz = tissue.shape

    def place(at: tuple[float, float], size: int, slices: slice, label: Tissue) -> None:
        i, j = round((at[0] + 1) / 2 * (nx - 1)), round((at[1] + 1) / 2 * (ny - 1))
        half = size // 2
        block = tissue[i - half : i - half + size, j - half : j - half + size, slices]
        block[block != Tissue.AIR] = label

    low = slice(0, max(1, nz // 2))
    for side in (-1, 1):  # middle cerebral arteries: a pure core, a rim shared with tissue
        place((0.30 * side, 0.22), 4, low, Tissue.PARTIAL_ARTERY)
        place((0.30 * side, 0.22), 2, low, Tissue.ARTERY)
    place((0.0, 0.42), 3, low, Tissue.PARTIAL_ARTERY)  # anterior cerebral artery
    place((0.0, 0.42), 1, low, Tissue.ARTERY)
    place((0.0, -0.26), 2, low, Tissue.SATURATED_ARTERY)  # basilar artery
    place((0.0, -0.72), 3, slice(None), Tissue.VEIN)


def _baseline_image(tissue: NDArray[np.uint8], random: np.random.Generator) -> FloatArray:
    """Signal before the bolus: tissue contrast, texture and a receive-coil gradient; a.u."""
    level = np.array([BASELINE[label] for label in LABELS])[tissue]
    texture = 1 + 0.02 * random.standard_normal(tissue.shape)
    shade = 1 + 0.06 * np.linspace(-1, 1, tissue.shape[1])[None, :, None]
    return np.asarray(level * texture * shade)
