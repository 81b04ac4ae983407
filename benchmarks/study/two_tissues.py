"""Two tissues that meet, with small lesions in each: what denoising may not spoil."""

from typing import NamedTuple

import numpy as np

from napari_dsc.core.types import BoolArray, FloatArray

SHAPE, STEP, LENGTH, FINE = (36, 30, 7), 1.5, 81.0, 0.05
EDGE = 18  # the first plane of the tissue that has more blood
FLOWS, TRANSITS, DELAYS = (22.0, 60.0), (5.0, 4.0), (1.0, 0.5)  # mL/100g/min, s, s
LATE = {"flow": 0.4, "transit": 9.0, "delay": 4.0}  # of a lesion: a share, s, s later


class TwoTissues(NamedTuple):
    """Curves and what lies where."""

    curves: FloatArray  # (X, Y, Z, T) 1/s
    aif: FloatArray  # (T,) 1/s
    time: FloatArray  # (T,) s
    baseline: int  # volumes before the bolus
    wide: BoolArray  # lesions of three voxels a side
    single: BoolArray  # lesions of one voxel

    @property
    def usual(self) -> BoolArray:
        """Voxels of neither lesion."""
        return ~(self.wide | self.single)


def two_tissues(snr: float, seed: int = 0, step: float = STEP) -> TwoTissues:
    """Make them; an infinite SNR gives the curves that the others are noisy versions of."""
    random = np.random.default_rng(seed)
    time, fine = np.arange(0, LENGTH, step), np.arange(0, LENGTH + 10, FINE)
    artery = (
        150 * (np.maximum(fine - 20, 0) / 3.5 * np.exp(1 - np.maximum(fine - 20, 0) / 3.5)) ** 3
    )
    wide, single = np.zeros((2, *SHAPE), np.bool_)
    for start in (4, 25):
        wide[start : start + 3, 4:7, 2:5] = wide[start : start + 3, 18:21, 2:5] = True
    single[12, 12, 3] = single[12, 24, 3] = single[30, 12, 3] = single[30, 24, 3] = True
    curves = np.empty((*SHAPE, time.size))
    for side, (flow, transit, delay) in enumerate(zip(FLOWS, TRANSITS, DELAYS, strict=True)):
        here = np.zeros(SHAPE, np.bool_)
        here[EDGE:] = side == 1
        here[:EDGE] = side == 0
        lesion = wide | single
        curves[here & ~lesion] = _curve(artery, fine, time - delay, flow, transit)
        late = time - delay - LATE["delay"]
        curves[here & lesion] = _curve(artery, fine, late, flow * LATE["flow"], LATE["transit"])
    before = int(np.searchsorted(time, 18.0))
    if np.isfinite(snr):
        real, imaginary = random.normal(scale=1 / snr, size=(2, *curves.shape))
        signal = np.hypot(np.exp(-0.03 * curves) + real, imaginary)
        level = signal[..., :before].mean(axis=-1, keepdims=True)
        curves = -np.log(signal / level) / 0.03
    aif = np.interp(time, fine, artery)
    return TwoTissues(curves.astype(np.float32), aif, time, before, wide, single)


def _curve(
    artery: FloatArray, fine: FloatArray, at: FloatArray, flow: float, transit: float
) -> FloatArray:
    residue = np.exp(-fine / transit)
    residue[0] /= 2
    whole = FINE * np.convolve(artery, residue)[: fine.size]
    return np.asarray(np.interp(at, fine, flow / 6000 * 1.04 / 0.73 * whole, left=0))
