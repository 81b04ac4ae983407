"""Quality flags: why a voxel has no answer, or one to be read with care."""

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.noise import KNOWN, OWN, scanner_noise
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = [
    "REJECTING",
    "WORDS",
    "Flags",
    "Quality",
    "SignalEvidence",
    "explain",
    "mark",
    "signal_evidence",
]

Flags: TypeAlias = NDArray[np.uint16]

LOW_SIGNAL = 0.1  # of the median baseline signal
UNSTABLE = 0.1  # coefficient of variation of the baseline signal
NOISE_FLOOR = 3.0  # standard deviations of the noise
DARKEST = 0.02  # of the baseline signal
POOR_FIT = 0.5  # R² of the re-convolved curve
UNRETURNED = 0.5  # end over peak
EARLY = -3.0  # s
JUMP = 5.0  # standard deviations of the noise


class Quality(IntFlag):
    """Bits of the quality map."""

    NON_FINITE = 1
    LOW_SIGNAL = 2
    UNSTABLE_BASELINE = 4
    WEAK_BOLUS = 8
    SATURATED = 16
    EDGE = 32
    POOR_FIT = 64
    NOT_POSITIVE = 128
    OSCILLATES = 256
    UNRETURNED = 512
    EARLY = 1024
    JUMP = 2048


WORDS: Mapping[Quality, str] = MappingProxyType(
    {
        Quality.NON_FINITE: "a sample is missing or not positive",
        Quality.LOW_SIGNAL: "baseline signal below 10 % of the brain's",
        Quality.UNSTABLE_BASELINE: "baseline varies by more than 10 %",
        Quality.WEAK_BOLUS: (
            f"no bolus stands out: filter matched to the AIF below {KNOWN:g} standard deviations "
            f"of the noise ({OWN:g} if no signal tells it)"
        ),
        Quality.SATURATED: "signal within the noise floor",
        Quality.EDGE: "residue peaks at the edge of the search",
        Quality.POOR_FIT: "curve is not explained by the AIF (R² beyond noise below 0.5)",
        Quality.NOT_POSITIVE: "flow or volume is not positive",
        Quality.OSCILLATES: "residue oscillates at the SVD threshold (advisory)",
        Quality.UNRETURNED: "curve has not returned by the end of the scan (advisory)",
        Quality.EARLY: "bolus more than 3 s before the artery's (advisory)",
        Quality.JUMP: "curve jumps between two volumes, as by motion (advisory)",
    }
)

REJECTING = Quality(Quality.OSCILLATES - 1)  # every bit below the first advisory one


def explain(bits: int) -> str:
    """Say in words what the bits of one voxel mean.

    Examples
    --------
    >>> explain(Quality.EDGE | Quality.NOT_POSITIVE)
    'residue peaks at the edge of the search; flow or volume is not positive'
    """
    return "; ".join(words for bit, words in WORDS.items() if bits & bit)


def mark(flags: Flags, bit: Quality, where: BoolArray) -> None:
    """Raise one bit, in place, where the condition holds."""
    flags |= np.multiply(where, np.uint16(bit), dtype=np.uint16)


class SignalEvidence(NamedTuple):
    """What only the signal can tell of each voxel."""

    baseline: FloatArray  # (V,) mean before the bolus, a.u.
    flags: Flags  # (V,)


def signal_evidence(
    signal: FloatArray, baseline: slice, around: FloatArray | None = None
) -> SignalEvidence:
    """Judge signals by their level and noise before the bolus.

    Parameters
    ----------
    signal : ndarray, shape (V, T)
        Signals of the voxels of a brain, a.u.
    baseline : slice
        Volumes before the bolus.
    around : ndarray, shape (W, T), optional
        Signals of voxels of the whole volume, air among them, which tell the scanner's noise.

    Returns
    -------
    SignalEvidence
        Mean of the baseline, and the flags: low signal, unstable baseline, saturated (a sample
        below 3 standard deviations of the scanner's noise, see `scanner_noise`, or 2 % of the
        baseline). Only saturation at 2 % and low signal can be told from a single volume, and
        nothing from none: the mean is NaN then.
    """
    before = signal[:, baseline]
    flags = np.zeros(len(signal), dtype=np.uint16)
    if before.shape[1] == 0:
        return SignalEvidence(np.full(len(signal), np.nan), flags)
    with np.errstate(all="ignore"):
        mean = before.mean(axis=1, dtype=np.float64)
        deviation = before.std(axis=1, ddof=min(1, before.shape[1] - 1), dtype=np.float64)
        noise = np.nan_to_num(scanner_noise(signal, baseline, around))
        floor = np.maximum(NOISE_FLOOR * noise, DARKEST * mean)
        mark(flags, Quality.LOW_SIGNAL, ~(mean >= LOW_SIGNAL * _usual(mean)))
        mark(flags, Quality.UNSTABLE_BASELINE, ~(deviation <= UNSTABLE * mean))
        mark(flags, Quality.SATURATED, np.fmin.reduce(signal, axis=1) < floor)
    return SignalEvidence(mean, flags)


def _usual(values: FloatArray) -> float:
    """Median of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else np.nan
