"""Scans with a bolus as narrow or broad as a test wants, on the labels of the digital patient."""

from typing import NamedTuple

import numpy as np

from napari_dsc import phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.types import BoolArray, KnownSeries

ECHO_TIME, SCANNED = 0.03, 90.0  # s
NARROW, BROAD = 0.9, 2.5  # s: time constant of the bolus: 3.7 and 10 s wide at half of its height
FINE, FLOW = 0.05, 6000 * 0.73 / 1.04
TISSUES = {  # flow in mL/100g/min, volume in mL/100g, delay in s, signal
    Tissue.GREY: (60.0, 5.0, 0.0, 900.0),
    Tissue.WHITE: (25.0, 2.6, 0.3, 760.0),
    Tissue.HYPOPERFUSED: (15.0, 4.0, 4.0, 860.0),
    Tissue.TUMOUR: (90.0, 9.0, 0.0, 980.0),
}
SIGNAL = {Tissue.SCALP: 260.0, Tissue.CSF: 1350.0, Tissue.VEIN: 1500.0}
SIGNAL |= {Tissue.ARTERY: 2500.0, Tissue.PARTIAL_ARTERY: 1500.0, Tissue.SATURATED_ARTERY: 1100.0}


class Scan(NamedTuple):
    """A scan, its labels and masks."""

    series: KnownSeries
    tissue: np.ndarray
    brain: BoolArray

    def one(self, label: Tissue) -> BoolArray:
        """One voxel of a tissue, from its middle."""
        marked = np.zeros(self.tissue.shape, np.bool_)
        at = np.argwhere(self.tissue == label)
        marked[tuple(at[len(at) // 2])] = True
        return marked


def bolus_scan(
    *,
    width: float = BROAD,
    repetition_time: float = 1.5,
    snr: float = 100.0,
    seed: int = 0,
    arrival: float = 20.0,
    leakage: float = 0.0,
    end: float = SCANNED,
    peak: float = 100.0,
    shape: tuple[int, int, int] = (48, 48, 4),
) -> Scan:
    """Make a scan: gamma-variate bolus of a width, exponential residues, Rician noise.

    `leakage` is K2 of the tumour, 1/s; `peak` is that of the artery, 1/s.
    """
    time = repetition_time * np.arange(round(end / repetition_time))
    patient = phantom(shape, n_volumes=time.size, snr=np.inf, repetition_time=repetition_time)
    fine = np.arange(0, time[-1] + FINE, FINE)
    artery = gamma(fine - arrival, width)
    again = gamma(fine - arrival - 12, 2 * width)
    if again.any():  # the second pass has begun
        artery += 0.25 * artery.sum() / again.sum() * again
    artery *= peak / artery.max()

    def passed(residue, delay):
        late = np.interp(fine - delay, fine, artery, left=0)
        whole = np.convolve(late, residue)[: fine.size]
        return FINE * (whole - (late * residue[0] + late[0] * residue) / 2)

    curves = {label: np.zeros(fine.size) for label in Tissue}
    for label, (flow, volume, delay, _) in TISSUES.items():
        curves[label] = passed(flow / FLOW * np.exp(-fine * flow / (60 * volume)), delay)
    curves[Tissue.TUMOUR] -= leakage * FINE * np.cumsum(curves[Tissue.WHITE])
    curves |= {Tissue.ARTERY: artery, Tissue.SATURATED_ARTERY: 3 * artery}
    curves[Tissue.VEIN] = passed(np.exp(-fine / 4) / 4, 3.0)
    relaxed = np.exp(-ECHO_TIME * np.stack([np.interp(time, fine, curves[one]) for one in Tissue]))
    relaxed[Tissue.PARTIAL_ARTERY] = (relaxed[Tissue.ARTERY] + relaxed[Tissue.GREY]) / 2
    own = SIGNAL | {label: values[3] for label, values in TISSUES.items()}
    level = np.array([own.get(label, 0.0) for label in Tissue])
    random = np.random.default_rng(seed)
    signal = (level[:, None] * relaxed)[patient.tissue]
    signal *= 1 + 0.02 * random.standard_normal((*shape, 1))
    noise = 900 / snr * random.standard_normal((2, *signal.shape))
    signal = np.hypot(signal + noise[0], noise[1])
    series = KnownSeries(
        signal=np.rint(signal).astype(np.int16),
        time=time,
        echo_time=ECHO_TIME,
        affine=patient.series.affine,
    )
    return Scan(series, patient.tissue, patient.brain)


def gamma(since, width):
    """Gamma variate of shape 3."""
    after = np.maximum(since, 0)
    return after**3 * np.exp(-after / width)
