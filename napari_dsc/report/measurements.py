"""Measurements of a report: lesions and regions, late tissue, and their sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from napari_dsc.core.acceptance import acceptance_of
from napari_dsc.core.plausibility import does_not_hold, factors_over, normal_region
from napari_dsc.core.quality import WORDS
from napari_dsc.core.regions import (
    LateVolumes,
    RegionStatistics,
    late_volumes,
    statistics_in,
    uncounted_volume,
    voxel_volume,
)
from napari_dsc.core.summary import Drawing, Summary, summarise
from napari_dsc.io.judgements import read_findings, read_late, tmax_by_in
from napari_dsc.report.read_results import Results

__all__ = ["Measured", "Region", "late_of", "measured", "quality_counts", "region_rows"]


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """All numbers of a page.

    Parameters
    ----------
    summary : Summary
        The three sentences, lesions and regions against their mirror images.
    late : LateVolumes or None
        Volumes of late tissue; None without Tmax.
    rows : tuple of Region
        The brain, then every region and lesion.
    factors : mapping of str to float
        What amounts are multiplied by where they are shown relative to white matter, by symbol.
    """

    summary: Summary
    late: LateVolumes | None
    rows: tuple[Region, ...]
    factors: Mapping[str, float]


def measured(results: Results, *, absolute: bool = False) -> Measured:
    """Measure a folder of results.

    Parameters
    ----------
    results : Results
        The folder.
    absolute : bool
        Whether amounts are shown absolute even where absolute values do not hold.
    """
    late, axis = late_of(results), results.replay.slice_axis
    findings, drawn = read_findings(results.record), results.drawn
    summary = summarise(
        results.maps,
        results.brain,
        late,
        findings,
        oriented=results.oriented and results.affine is not None,
        drawn=None
        if drawn is None
        else Drawing(drawn.labels, drawn.names, drawn.reference, drawn.relative, drawn.midline),
        doubt=acceptance_of(results.record["quality"]).doubt,
        slice_axis=axis,
    )
    factors: Mapping[str, float] = {}
    if does_not_hold(findings) and not absolute and results.oriented:
        region = normal_region(results.maps, results.brain, results.affine, slice_axis=axis)
        factors = {} if region is None else factors_over(results.maps, region)
    rows = (*region_rows(results), *_lesion_rows(results, summary))
    return Measured(summary=summary, late=late, rows=rows, factors=factors)


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
    extra = {**({} if drawn is None else drawn.relative), **results.beside}
    (brain,) = statistics_in(results.maps, results.brain, {1: "Brain"}, extra)
    rows = [_row(replace(brain, label=0))]
    if drawn is None:
        return rows
    labels, names = drawn.labels, drawn.names
    found = {one.label: one for one in statistics_in(results.maps, labels, names, extra)}
    volume = 0.0 * voxel_volume(results.affine)
    for label in sorted(found.keys() | names.keys()):
        if label in found:
            rows.append(_row(found[label]))
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


def _lesion_rows(results: Results, summary: Summary) -> list[Region]:
    """Measure the lesions that are no region of a reader."""
    labels = summary.lesion_labels
    if labels is None:
        return []
    extra = {**({} if results.drawn is None else results.drawn.relative), **results.beside}
    names = {one.label: one.name for one in summary.compared if one.is_lesion}
    return [
        replace(_row(one), label=0)
        for one in statistics_in(results.maps, labels, names, extra)
        if one.label in names
    ]


def _row(one: RegionStatistics) -> Region:
    return Region(
        label=one.label,
        name=one.name,
        voxels=one.voxels,
        accepted=one.accepted,
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
        how = told.cleaning
        silent = uncounted_volume(
            results.maps,
            smallest=how.smallest,
            fill_holes=how.fill_holes,
            slice_axis=results.replay.slice_axis,
        )
        return replace(told, uncounted=silent)
    return late_volumes(
        results.maps,
        results.brain,
        slice_axis=results.replay.slice_axis,
        tmax_by=tmax_by_in(results.record),
    )
