"""One analysis, stage by stage: from a scan, an artery and settings to maps.

`proposal` looks at a scan, `arteries` for its vessels; `prepared` computes what no AIF changes,
`stages` runs the whole, `scaling` compares an AIF with a VOF, `judging` says what stands against
the voxels that were used. What an AIF or a threshold changes: `comparison`, `sensitivity`,
`threshold`.
"""

from napari_dsc.core.pipeline.arteries import propose_artery
from napari_dsc.core.pipeline.comparison import ComparedRegion, Comparison, compare
from napari_dsc.core.pipeline.head import with_vessels
from napari_dsc.core.pipeline.judging import verdict_counts
from napari_dsc.core.pipeline.prepared import Prepared, prepare
from napari_dsc.core.pipeline.proposal import (
    Proposal,
    everywhere,
    find_odd_volumes,
    mean_signal,
    propose,
    refuse_without_bolus,
    sample_signals,
    several_boluses,
)
from napari_dsc.core.pipeline.sensitivity import Sensitivity, sensitivity
from napari_dsc.core.pipeline.stages import (
    Analysis,
    Preview,
    Slice,
    acceptance_in,
    stages,
)
from napari_dsc.core.pipeline.threshold import ThresholdSweep, explore_threshold
from napari_dsc.core.settings import Settings
from napari_dsc.core.types import TtpOrigin

__all__ = [
    "Analysis",
    "ComparedRegion",
    "Comparison",
    "Prepared",
    "Preview",
    "Proposal",
    "Sensitivity",
    "Settings",
    "Slice",
    "ThresholdSweep",
    "TtpOrigin",
    "acceptance_in",
    "compare",
    "everywhere",
    "explore_threshold",
    "find_odd_volumes",
    "mean_signal",
    "prepare",
    "propose",
    "propose_artery",
    "refuse_without_bolus",
    "sample_signals",
    "sensitivity",
    "several_boluses",
    "stages",
    "verdict_counts",
    "with_vessels",
]
