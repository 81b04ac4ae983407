"""Verdicts on a vascular curve in words, such as "late" or "partial volume"."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from napari_dsc.core.aif.curve_measures import ARRIVAL, DARKEST, END, NOISE_FLOOR
from napari_dsc.core.types import BoolArray, FloatArray, Measures

__all__ = ["COLUMNS", "GOOD", "RULES", "VENOUS_RULES", "verdicts"]

GOOD = "good"
WIDE = 0.8  # of the brain's width
PARTIAL = 6.0  # times the brain's peak: about a third of a voxel of blood in a brain of 4 mL/100g
SMALL = 0.5  # of the highest of the curves
NOISY = 1.0  # of the peak: noise of about 5 % of it in a curve of 60 samples
UNRETURNED = 0.5  # end over peak

_SATURATED = (
    f"a sample is missing, or its signal is below {NOISE_FLOOR:g} standard deviations of the "
    f"scanner's noise or {DARKEST:.0%} of the baseline"
)
_LOW = (
    f"the peak is below {PARTIAL:g} times the brain's mean curve's, or below {SMALL:.0%} of that "
    "of the highest voxel that is neither saturated nor "
)
_NOISY = (
    "the curve jumps up and down from volume to volume: its second differences beside the first "
    "pass, root of the sum of squares over the whole curve, exceed "
    f"{'its peak' if NOISY == 1 else f'{NOISY:.0%} of its peak'}; or no bolus stands out"
)
_UNRETURNED = (
    f"the last {END} samples are above {UNRETURNED:.0%} of the peak, or the curve does not rise "
    "from and fall to half of it"
)

RULES: Mapping[str, str] = MappingProxyType(
    {
        "late": "the curve peaks no earlier than the brain's mean curve",
        "wide": f"the width at half of the peak is above {WIDE:.0%} of the brain's mean curve's",
        "saturated": _SATURATED,
        "partial volume": _LOW + "late",
        "noisy": _NOISY,
        "does not return": _UNRETURNED,
        GOOD: "no objection",
    }
)
VENOUS_RULES: Mapping[str, str] = MappingProxyType(
    {
        "early": "the curve peaks before the brain's mean curve",
        **{word: rule for word, rule in RULES.items() if word not in ("late", "wide")},
        "partial volume": _LOW + "early",
    }
)
COLUMNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "arrival": ("Arrival (s)", f"Rises through {ARRIVAL:.0%} of its peak"),
        "peak": ("Peak (1/s)", "Largest ΔR2*"),
        "ttp": ("TTP (s)", "Time of the peak, between samples"),
        "fwhm": ("FWHM (s)", "Full width of the first pass at half of the peak"),
        "first_moment": ("First moment (s)", "Mean time of the curve, weighted by its height"),
        "roughness": (
            "Roughness (1/s²)",
            "Sum of the squared second differences of the curve over its area",
        ),
        "end_over_peak": ("End/peak", f"Mean of the last {END} samples over the peak"),
        "smallest_signal": ("Smallest S/S0", "Smallest signal over the baseline signal"),
        "saturated": ("Saturated samples", "Samples within the noise floor, or without a signal"),
        "relative_peak": (
            "Relative peak",
            "Peak over the highest of these voxels that is not saturated",
        ),
        "jitter": (
            "Jitter",
            "Second differences beside the first pass, root of the sum of squares over the whole "
            "curve, over the peak",
        ),
    }
)


def verdicts(
    measures: Measures, reference: Measures | None = None, *, vein: bool = False
) -> tuple[tuple[str, ...], ...]:
    """Judge vascular curves in words.

    Whether a curve is late, wide or low is judged against the brain's mean curve: it is known
    whatever has been drawn, so one voxel alone can be judged, and a verdict changes neither with
    the voxels drawn beside it nor with what was proposed. Blood reaches an artery before the
    tissue and leaves through a vein after it: what peaks no earlier than the mean of the brain
    is no artery. A curve is also low if it stays under half of the highest beside it.

    Parameters
    ----------
    measures : Measures
        Of V curves.
    reference : Measures, optional
        Of the brain's mean curve (one row). Without it "late", "wide" and the first rule of
        "partial volume" are not judged.
    vein : bool
        Judge the curves as a vein's: then "early" stands against them, not "late" or "wide".

    Returns
    -------
    tuple of tuple of str
        Of each: ("good",), or the words of `RULES` (of `VENOUS_RULES`) that stand against it.
    """
    with np.errstate(all="ignore"):
        against = _against(measures, reference, "early" if vein else "late")
    rules = VENOUS_RULES if vein else RULES
    found = [(word, against[word]) for word in rules if word in against]
    words = (
        tuple(word for word, holds in found if holds[row]) for row in range(measures.peak.size)
    )
    return tuple(own or (GOOD,) for own in words)


def _against(measures: Measures, reference: Measures | None, amiss: str) -> dict[str, BoolArray]:
    """Where each word stands against a curve; `amiss` says which time is wrong for the vessel."""
    shapeless = ~np.isfinite(measures.peak) | ~np.isfinite(measures.roughness)
    unbounded = np.isfinite(measures.peak) & ~np.isfinite(measures.fwhm)
    against = {
        "saturated": measures.saturated > 0,
        "noisy": shapeless | (measures.jitter > NOISY),
        "does not return": unbounded | (measures.end_over_peak > UNRETURNED),
    }
    floor, rivals = 0.0, ~against["saturated"]
    if reference is not None:
        ttp = _one(reference.ttp)
        against["early"], against["late"] = measures.ttp < ttp, measures.ttp >= ttp
        against["wide"] = measures.fwhm > WIDE * _one(reference.fwhm)
        floor, rivals = PARTIAL * _one(reference.peak), rivals & ~against[amiss]
    best = np.fmax.reduce(measures.peak[rivals], initial=np.nan)
    low = measures.peak < floor
    return {**against, "partial volume": low | (measures.peak < SMALL * best)}


def _one(column: FloatArray) -> float:
    """Value of a reference; the median, should there be several curves."""
    return float(np.median(column))
