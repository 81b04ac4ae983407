"""What no table of the program says of a map: its formula, its bias, and when not to trust it.

A map without a row here has no card: `tests/test_docs.py` says so. A row for a new map goes here.
"""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["ABOUT", "About"]


class About(NamedTuple):
    """What a card says beside the table."""

    formula: str  # in letters that every page shows
    bias: str
    distrust: str


SVD_BIAS = (
    "SVD methods underestimate the flow of short transit times, by a fifth to a half; "
    "Tikhonov overshoots clean curves. [What is computed](../../computed.md) has the figures."
)
ABOUT: Mapping[str, About] = {
    "cbv": About(
        "CBV = 100 · kH/ρ · ∫Ct / ∫Ca",
        "None of the deconvolution: it is a ratio of areas, or of weighted sums where that is "
        "chosen ([compared](../../study-volume.md)). An AIF that shares its voxels with "
        "tissue, or is saturated, is too small, and CBV too large by the same factor.",
        "Where the scan ends before the curve has returned; where contrast leaks out of vessels "
        "(see the corrected one); as an absolute number, unless the AIF was scaled to a "
        "vein.",
    ),
    "cbf": About(
        "CBF = 6000 · kH/ρ · max R, with Ct = Ca ⊗ R",
        SVD_BIAS,
        "As an absolute number, for the reasons of CBV; across methods or thresholds; with sSVD "
        "where the bolus is late.",
    ),
    "mtt": About(
        "MTT = 60 · CBV / CBF",
        "That of CBF the other way round: SVD methods overestimate short transit times. Factors of "
        "the AIF cancel.",
        "Where CBF is low, as in cores and white matter: noise of a small denominator.",
    ),
    "ttp": About(
        "TTP: the time at which ΔR2* is largest",
        "None of the AIF. It grows with TR, with the width of the injection and with the heart's "
        "output: it is not comparable between patients.",
        "As a delay of the tissue: it holds the whole way from the arm. Compare sides.",
    ),
    "tmax": About(
        "Tmax: the lag at which R is largest",
        "Late by 2 to 3 s in every method but Posterior, since the peak of a smoothed residue lies "
        "behind its edge; sSVD cannot give a negative one.",
        "Where the AIF lies beyond the occlusion, or is late itself; where the residue oscillates "
        "(flagged). Volumes above a limit change with method and threshold.",
    ),
    "delay": About(
        "Delay: the lag at which R has risen to half of max R",
        "Early where the residue is smoothed: by 0.5 to 1.5 s in healthy tissue of the digital "
        "patient, by 3.8 s in its artery (oSVD); sSVD cannot see tissue before the artery.",
        "As Tmax: it is the time of the edge, not of the peak. In white matter at low signal.",
    ),
    "auc": About(
        "AUC = ∫ ΔR2* over the window",
        "Proportional to blood volume; its scale is that of the injection and of the vessels.",
        "Between patients, or as an absolute number: compare it with a reference in one brain.",
    ),
    "peak": About(
        "Peak height: the largest ΔR2*",
        "It grows with the dose and the speed of the injection; noise makes it larger.",
        "As blood volume or flow: a narrow bolus has a high peak.",
    ),
    "fwhm": About(
        "FWHM: how long ΔR2* stays above half of its peak",
        "It holds the width of the injection as well as that of the transit.",
        "As a transit time; between patients.",
    ),
    "first_moment": About(
        "First moment = ∫ t · ΔR2* / ∫ ΔR2*",
        "Later where the scan goes on longer after the bolus, and where the curve does not return.",
        "As a transit time: it holds the whole way from the arm. Compare sides.",
    ),
    "arrival": About(
        "Arrival: where the line through the rise at 25 % and 75 % of the peak meets zero",
        "Finer than a sample, and early where the rise is noisy.",
        "As a delay behind an artery: none was asked. Compare sides.",
    ),
    "psr": About(
        "PSR = 100 · (S_end − S_min) / (S0 − S_min)",
        "It depends on flip angle, preload, TE and on which volumes are the end.",
        "Between protocols; where the first pass is not over by the window of the end.",
    ),
    "cbv_corrected": About(
        r"CBV_c = 100 \frac{k_H}{\rho} \frac{\int (C_t + K_2 I_k)}{\int C_a}",
        "Of phantoms at SNR 100 within 13 % with a preload, at 30° or from two echoes; at 60° "
        "without a preload tumours stay up to a quarter too low.",
        "Outside a region that leaks: late or slow tissue looks leaky. At a high flip angle "
        "without a preload.",
    ),
    "k1": About(
        r"C_t(t) = K_1\, r(t) - K_2 I_k(t)",
        "That of the corrected CBV: it is a relative blood volume itself, over the reference.",
        "Where the reference holds tissue that leaks, or is late.",
    ),
    "removed": About(
        r"\sqrt{\frac{1}{T}\sum_t (c_t - \bar c_t)^2} \,/\, \sigma",
        "About 1 where noise alone was removed, below where few curves around were like it. See "
        "[what denoising costs](../../study-denoising.md).",
        "As a map of tissue: it says what is missing from the others.",
    ),
    "k2": About(
        r"I_k(t) = \int_0^t r(\tau) e^{-k_{ep}(t-\tau)} d\tau",
        "Within 0.002 1/s of curves of its own model; of tissue that is late or slow it is not "
        "zero.",
        "As permeability: T1 and T2* of leaked agent work against each other, and may cancel.",
    ),
}
