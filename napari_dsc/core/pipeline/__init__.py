"""One analysis, stage by stage: from a scan, an artery and settings to maps.

`proposal` looks at a scan, `prepared` computes what no AIF changes, `stages` runs the whole.
"""

from napari_dsc.core.pipeline.prepared import Prepared, prepare
from napari_dsc.core.pipeline.proposal import Proposal, mean_signal, propose
from napari_dsc.core.pipeline.stages import Analysis, Preview, Settings, Slice, TtpOrigin, stages

__all__ = [
    "Analysis",
    "Prepared",
    "Preview",
    "Proposal",
    "Settings",
    "Slice",
    "TtpOrigin",
    "mean_signal",
    "prepare",
    "propose",
    "stages",
]
