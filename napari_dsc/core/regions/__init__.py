"""Measurements of a reader in maps: regions, mirror images, late tissue, reference.

`means` holds the two numbers of a comparison, `statistics` the spread in every region and map,
`midline` and `mirror` the other side of the head, `late_tissue` what the bolus reaches late,
`late_volumes` how its volumes are told, `lesions` its pieces and their sides, `reference` what CBV
and CBF are divided by; `blank` what pictures leave out, `uncounted` what no volume counts;
`input_checks` refuses what is no region.
"""

from napari_dsc.core.regions.blank import blank_voxels, without_tissue
from napari_dsc.core.regions.input_checks import as_labels
from napari_dsc.core.regions.late_tissue import (
    LateTissue,
    Mismatch,
    hir,
    late_tissue,
    mismatch,
)
from napari_dsc.core.regions.late_volumes import (
    HIR,
    HIR_WORDS,
    LIMITS,
    Cleaning,
    LateVolume,
    LateVolumes,
    as_told,
    late_volumes,
    limits_words,
    ratio_words,
    volume_words,
)
from napari_dsc.core.regions.lesions import (
    BOTH,
    Lesion,
    largest_slice,
    late_headline,
    lesions,
    side_of,
    sides_in,
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
from napari_dsc.core.regions.reference import (
    REFERENCE_NAME,
    ReferenceProposal,
    amounts_of,
    normalised,
    proposed_reference,
    reference_proposal,
)
from napari_dsc.core.regions.region_curves import curve_table
from napari_dsc.core.regions.statistics import (
    Histogram,
    MapStatistics,
    RegionStatistics,
    histogram_in,
    statistics_in,
)
from napari_dsc.core.regions.uncounted import (
    beside_words,
    uncounted_beside,
    uncounted_tissue,
    uncounted_volume,
    uncounted_words,
)

__all__ = [
    "ABOVE",
    "BOTH",
    "HIR",
    "HIR_WORDS",
    "LATE",
    "LIMITS",
    "REFERENCE_NAME",
    "Cleaning",
    "Histogram",
    "LateTissue",
    "LateVolume",
    "LateVolumes",
    "Lesion",
    "MapStatistics",
    "Midline",
    "MirroredRegion",
    "Mismatch",
    "ReferenceProposal",
    "RegionMeans",
    "RegionStatistics",
    "Sides",
    "against_mirror",
    "amounts_of",
    "as_labels",
    "as_told",
    "beside_words",
    "beyond",
    "blank_voxels",
    "curve_table",
    "hir",
    "histogram_in",
    "largest_slice",
    "late_headline",
    "late_tissue",
    "late_volumes",
    "lesions",
    "limits_words",
    "means_in",
    "mirrored",
    "mismatch",
    "normalised",
    "proposed_midline",
    "proposed_reference",
    "ratio_words",
    "reference_proposal",
    "side_of",
    "sides_in",
    "statistics_in",
    "tmax_volume",
    "tmax_volumes",
    "uncounted_beside",
    "uncounted_tissue",
    "uncounted_volume",
    "uncounted_words",
    "volume_words",
    "voxel_volume",
    "without_tissue",
]
