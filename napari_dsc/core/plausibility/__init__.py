"""Whether an analysis can be believed: sentences made from what was computed.

`brain_evidence` holds what the curves of a brain tell whatever the artery, `ranges` the table of
what a brain has, `findings` the rules that turn both into sentences, `public` the function for
arrays.
"""

from napari_dsc.core.plausibility.brain_evidence import BrainEvidence, brain_evidence
from napari_dsc.core.plausibility.findings import (
    DOUBTFUL,
    GOOD,
    NOTE,
    Finding,
    Level,
    findings_of,
    medians_of,
    read_operator,
    told,
)
from napari_dsc.core.plausibility.public import plausibility
from napari_dsc.core.plausibility.ranges import EXPECTED, Expected

__all__ = [
    "DOUBTFUL",
    "EXPECTED",
    "GOOD",
    "NOTE",
    "BrainEvidence",
    "Expected",
    "Finding",
    "Level",
    "brain_evidence",
    "findings_of",
    "medians_of",
    "plausibility",
    "read_operator",
    "told",
]
