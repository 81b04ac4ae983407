"""What is measured for the page: every region over its accepted voxels, and late tissue."""

from dataclasses import dataclass, replace

import numpy as np

from napari_dsc.core.quality import WORDS
from napari_dsc.core.regions import (
    LateVolumes,
    RegionStatistics,
    late_volumes,
    statistics_in,
    voxel_volume,
)
from napari_dsc.core.types import BoolArray
from napari_dsc.io.judgements import read_late
from napari_dsc.report.read_results import Results

__all__ = ["Region", "late_of", "quality_counts", "region_rows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """One row of the table.

    Parameters
    ----------
    label : int
        Its number on the pictures; 0: it is not outlined there.
    name : str
        Of the region.
    voxels, accepted : int
        In it, and those of them whose answer stands.
    volume : float
        Of all its voxels, mL; NaN while nobody knows their size.
    statistics : RegionStatistics or None
        Of each map; None for a region without a voxel.
    """

    label: int
    name: str
    voxels: int
    accepted: int
    volume: float
    statistics: RegionStatistics | None


def region_rows(results: Results) -> list[Region]:
    """Measure the brain, then each region that somebody has drawn.

    Parameters
    ----------
    results : Results
        The folder.

    Returns
    -------
    list of Region
        The brain first; regions by their label, also those that have a name and no voxel.
    """
    drawn = results.drawn
    relative = {} if drawn is None else drawn.relative
    (brain,) = statistics_in(results.maps, results.brain, {1: "Brain"}, relative)
    rows = [_row(results, replace(brain, label=0), results.brain)]
    if drawn is None:
        return rows
    labels, names = drawn.labels, drawn.names
    found = {one.label: one for one in statistics_in(results.maps, labels, names, relative)}
    volume = 0.0 * voxel_volume(results.affine)
    for label in sorted(found.keys() | names.keys()):
        if label in found:
            rows.append(_row(results, found[label], labels == label))
        else:
            rows.append(
                Region(
                    label=label,
                    name=names[label],
                    voxels=0,
                    accepted=0,
                    volume=volume,
                    statistics=None,
                )
            )
    return rows


def _row(results: Results, one: RegionStatistics, where: BoolArray) -> Region:
    accepted = int(np.count_nonzero(where & results.accepted))
    return Region(
        label=one.label,
        name=one.name,
        voxels=one.voxels,
        accepted=accepted,
        volume=one.volume,
        statistics=one,
    )


def quality_counts(results: Results) -> dict[str, int] | None:
    """How many voxels of the brain bear each flag, by its words; None without flags."""
    if results.quality is None:
        return None
    bits = results.quality[results.brain].astype(np.int64)
    return {words: int(np.count_nonzero(bits & int(flag))) for flag, words in WORDS.items()}


def late_of(results: Results) -> LateVolumes | None:
    """Volumes of late tissue as the record tells them; measured, where an earlier one does not.

    Returns
    -------
    LateVolumes or None
        None without a map of Tmax.
    """
    if results.maps.tmax is None:
        return None
    told = read_late(results.record)
    if told is not None:
        return told
    return late_volumes(results.maps, results.brain, slice_axis=results.replay.slice_axis)
