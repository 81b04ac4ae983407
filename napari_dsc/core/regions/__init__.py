"""What a reader measures in maps.

`means` holds the two numbers of a comparison, `statistics` the spread in every region and map,
`midline` and `mirror` the other side of the head, `late_tissue` what the bolus reaches late,
`late_volumes` how its volumes are told, `reference` what CBV and CBF are divided by;
`blank` what pictures leave out, `input_checks` refuses what is no region.
"""

from napari_dsc.core.regions.blank import blank_voxels
from napari_dsc.core.regions.late_tissue import (
    LateTissue,
    Mismatch,
    hir,
    late_tissue,
    mismatch,
)
from napari_dsc.core.regions.late_volumes import (
    HIR,
    Cleaning,
    LateVolume,
    LateVolumes,
    late_volumes,
    ratio_words,
    volume_words,
)
from napari_dsc.core.regions.means import (
    ABOVE,
    LATE,
    RegionMeans,
    means_in,
    tmax_volume,
    tmax_volumes,
    voxel_volume,
)
from napari_dsc.core.regions.midline import Midline, beyond, proposed_midline
from napari_dsc.core.regions.mirror import MirroredRegion, Sides, against_mirror, mirrored
from napari_dsc.core.regions.reference import normalised, proposed_reference
from napari_dsc.core.regions.statistics import (
    Histogram,
    MapStatistics,
    RegionStatistics,
    histogram_in,
    statistics_in,
)

__all__ = [
    "ABOVE",
    "HIR",
    "LATE",
    "Cleaning",
    "Histogram",
    "LateTissue",
    "LateVolume",
    "LateVolumes",
    "MapStatistics",
    "Midline",
    "MirroredRegion",
    "Mismatch",
    "RegionMeans",
    "RegionStatistics",
    "Sides",
    "against_mirror",
    "beyond",
    "blank_voxels",
    "hir",
    "histogram_in",
    "late_tissue",
    "late_volumes",
    "means_in",
    "mirrored",
    "mismatch",
    "normalised",
    "proposed_midline",
    "proposed_reference",
    "ratio_words",
    "statistics_in",
    "tmax_volume",
    "tmax_volumes",
    "volume_words",
    "voxel_volume",
]
