"""One analysis, stage by stage: from a scan, an artery and settings to maps.

`scan_proposal` looks at a scan, `vessel_proposal` for its vessels; `preparation` computes what no
AIF changes, `leaked_agent` finds leakage, `stages` runs the whole, `vof_scaling` compares an AIF
with a VOF, `vessel_verdicts` says what stands against the voxels that were used. What an AIF or a
threshold changes: `comparison`, `sensitivity`, `threshold_sweep`; which method tells times best:
`finer_times`.
"""

from napari_dsc.core.pipeline.comparison import ComparedRegion, Comparison, compare
from napari_dsc.core.pipeline.finer_times import finer_times, remedy_in_words
from napari_dsc.core.pipeline.head_and_air import with_vessels
from napari_dsc.core.pipeline.leakage_result import LeakageMasks, Leaked
from napari_dsc.core.pipeline.leaked_agent import (
    leaked_agent,
    proposed_leakage_reference,
    reference_curve,
)
from napari_dsc.core.pipeline.preparation import Prepared, prepare, refuse_late_baseline
from napari_dsc.core.pipeline.region_posterior import (
    RegionPosterior,
    region_posterior,
    with_mean_curves,
)
from napari_dsc.core.pipeline.scan_proposal import (
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
from napari_dsc.core.pipeline.threshold_sweep import ThresholdSweep, explore_threshold
from napari_dsc.core.pipeline.vessel_proposal import propose_artery
from napari_dsc.core.pipeline.vessel_verdicts import verdict_counts
from napari_dsc.core.settings import Settings
from napari_dsc.core.types import TtpOrigin

__all__ = [
    "Analysis",
    "ComparedRegion",
    "Comparison",
    "LeakageMasks",
    "Leaked",
    "Prepared",
    "Preview",
    "Proposal",
    "RegionPosterior",
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
    "finer_times",
    "leaked_agent",
    "mean_signal",
    "prepare",
    "propose",
    "propose_artery",
    "proposed_leakage_reference",
    "reference_curve",
    "refuse_late_baseline",
    "refuse_without_bolus",
    "region_posterior",
    "remedy_in_words",
    "sample_signals",
    "sensitivity",
    "several_boluses",
    "stages",
    "verdict_counts",
    "with_mean_curves",
    "with_vessels",
]
