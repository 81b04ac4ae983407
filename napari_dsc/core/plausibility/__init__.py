"""Plausibility of an analysis: sentences on whether its maps can be believed, and why.

`brain_evidence` holds what the curves of a brain tell whatever the artery, `ranges` the table of
what a brain has, `findings` the rules that turn both into sentences, `public` the function for
arrays, `relative_scale` what amounts are relative to where absolute values do not hold.
"""

from napari_dsc.core.plausibility.brain_evidence import BrainEvidence, brain_evidence
from napari_dsc.core.plausibility.findings import (
    AIF_IN_DOUBT,
    COARSE_KEY,
    DOUBTFUL,
    GOOD,
    NOTE,
    OF_ARTERY,
    PROTOCOL_KEY,
    UNSEEN_KEY,
    Finding,
    JudgedAif,
    Level,
    Operator,
    artery_in_doubt,
    correction_in_doubt,
    findings_of,
    is_coarse,
    medians_of,
    read_operator,
    told,
    unseen_artery,
)
from napari_dsc.core.plausibility.public import plausibility
from napari_dsc.core.plausibility.ranges import EXPECTED, Expected
from napari_dsc.core.plausibility.relative_scale import (
    NORMAL,
    does_not_hold,
    factors_over,
    normal_region,
)
from napari_dsc.core.plausibility.remedies import REMEDIES

__all__ = [
    "AIF_IN_DOUBT",
    "COARSE_KEY",
    "DOUBTFUL",
    "EXPECTED",
    "GOOD",
    "NORMAL",
    "NOTE",
    "OF_ARTERY",
    "PROTOCOL_KEY",
    "REMEDIES",
    "UNSEEN_KEY",
    "BrainEvidence",
    "Expected",
    "Finding",
    "JudgedAif",
    "Level",
    "Operator",
    "artery_in_doubt",
    "brain_evidence",
    "correction_in_doubt",
    "does_not_hold",
    "factors_over",
    "findings_of",
    "is_coarse",
    "medians_of",
    "normal_region",
    "plausibility",
    "read_operator",
    "told",
    "unseen_artery",
]
