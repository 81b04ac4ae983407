"""Remedies of findings: one sentence for each rule, for screen, report and command line."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["REMEDIES"]

ARTERY = (
    "Look at its voxels and take out those that are late, wide or saturated, or press Propose AIF "
    "(--aif propose) and choose a large artery early in the bolus; then compute again."
)
AMOUNT = (
    "Read {0} as a ratio to the other side or to normal white matter (Relative maps), or scale "
    "the AIF to a vein (--vof); if it is far off, choose another AIF."
)
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "aif": ARTERY,
        "unseen aif": "Step through its voxels, take out what is no artery, and compute again.",
        "early brain": (
            "Volumes and times from this AIF do not hold: press Propose AIF (--aif propose), or "
            "draw an artery that feeds the brain, such as a middle cerebral artery; then compute "
            "again."
        ),
        "cbv": AMOUNT.format("CBV"),
        "cbf": AMOUNT.format("CBF"),
        "mtt": (
            "Check TR and the AIF; read MTT against the other side only, if the two are right."
        ),
        "not returned": (
            "Set a CBV window (--window) around the first pass and compute again, or "
            "read CBV and MTT against the other side only."
        ),
        "scan ends": (
            "Read CBV and MTT against the other side only: what was not measured cannot be "
            "computed. The next scan has to go on longer after the bolus."
        ),
        "operator": (
            "Choose another method under Tmax and delay by (--times-by), if one is named as finer."
        ),
        "leakage protocol": (
            "Give Flip angle and Preload (--flip-angle, --preload) if they are not known, and "
            "compute again; if this is how the scan was made, read corrected and uncorrected CBV "
            "side by side, and neither as an absolute value."
        ),
        "leakage": (
            "Before CBV is read there, choose a model under Leakage (--leakage), mark what "
            "enhances and compute again; then read Corrected CBV."
        ),
    }
)
