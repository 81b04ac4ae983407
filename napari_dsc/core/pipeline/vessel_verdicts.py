"""Objections to the voxels of an AIF or a VOF that was used, whoever chose them."""

from collections import Counter

from napari_dsc.core.aif import measure, verdicts
from napari_dsc.core.left_out_volumes import retained_signals
from napari_dsc.core.mask_rows import curves_of, values_at
from napari_dsc.core.pipeline.preparation import Prepared
from napari_dsc.core.slice_timing import moved
from napari_dsc.core.types import BoolArray

__all__ = ["verdict_counts"]


def verdict_counts(prepared: Prepared, voxels: BoolArray, *, vein: bool = False) -> dict[str, int]:
    """Count the voxels of a vessel by what stands against them.

    Parameters
    ----------
    prepared : Prepared
        The scan.
    voxels : ndarray of bool, shape (...)
        Voxels of its brain.
    vein : bool
        Judge them as a vein's.

    Returns
    -------
    dict
        Voxels by "good" and by the words of `RULES` (of `VENOUS_RULES`), the most frequent first;
        a voxel counts under each word that stands against it. Empty without a voxel.
    """
    if not voxels.any():
        return {}
    start, stop = prepared.baseline
    rows = values_at(voxels, prepared.brain)
    curves, offsets = prepared.curves[rows], prepared.tissue.offsets
    if offsets is not None:
        curves = moved(curves, offsets[rows], prepared.time)
    before, series = slice(0, stop - start), prepared.series
    left_out = series.left_out or ()
    measures = measure(
        curves,
        prepared.time,
        before,
        signal=retained_signals(curves_of(series.signal, voxels), start, left_out, series.time),
        noise=prepared.scanner_noise,
    )
    words = verdicts(measures, prepared.evidence.mean, vein=vein)
    return dict(Counter(word for own in words for word in own).most_common())
