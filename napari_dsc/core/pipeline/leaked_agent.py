"""Leakage of a scan that is prepared: found in every voxel, corrected where it is asked for."""

from collections.abc import Generator

import numpy as np

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.leakage import Bound, Shapes, leakage_model, proposed_tissue
from napari_dsc.core.maps import Tissue
from napari_dsc.core.maps.voxel_maps import Block, blocks_in
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.parallel_blocks import BLOCK, each_block, whole_block, workers
from napari_dsc.core.pipeline.head_and_air import refuse_mask
from napari_dsc.core.pipeline.leakage_result import LeakageMasks, Leaked, corrected_in
from napari_dsc.core.pipeline.preparation import Prepared
from napari_dsc.core.provenance import Origin
from napari_dsc.core.quality import Quality
from napari_dsc.core.settings import Settings
from napari_dsc.core.slice_timing import groups_of, moved
from napari_dsc.core.types import BoolArray, FloatArray, Progress

__all__ = ["leaked_agent", "proposed_leakage_reference", "reference_curve"]

END = 10.0  # s at the end of a scan over which a curve's end is read
WIDER = 1.25  # times the width of the reference's bolus: below, no CBV reads over 12 % low
WIDE = (
    "The bolus stays longer in the leaky region ({own:.1f} s at half of its peak) than in the "
    "leakage reference ({usual:.1f} s): part of that is taken for leakage, and the corrected CBV "
    "may read 5 to 17 % low. Tolerant of transit time allows for it."
)
UNUSABLE = Quality.NON_FINITE | Quality.LOW_SIGNAL | Quality.UNSTABLE_BASELINE | Quality.SATURATED
NOWHERE = (
    "Leakage (K1, K2) was found and nothing was corrected: no region of enhancement was given. "
    "Draw one, or correct everywhere."
)
EVERYWHERE = (
    "Leakage was corrected everywhere: tissue that is late, or whose transit is slow, looks "
    "leaky and is not."
)


def leaked_agent(
    known: Prepared, settings: Settings, masks: LeakageMasks
) -> Generator[Progress, None, Leaked | None]:
    """Find leakage in a scan that is prepared; None where nobody has asked for it.

    Yields
    ------
    Progress
        Between blocks.

    Raises
    ------
    DscError
        If a mask is empty or of another shape, or there is no reference.
    """
    if settings.leakage_model == "none":
        return None
    _refuse_outside(known, masks)
    everywhere = settings.leakage_where == "everywhere"
    proposed = masks.reference is None
    if masks.reference is None:
        reference = proposed_leakage_reference(known, masks.region)
    else:
        reference = masks.reference & known.brain
    tissue, curve = known.tissue, reference_curve(known, reference)
    region = corrected_in(settings, masks, known.brain)
    rows = None if region is None else values_at(region, known.brain)
    model = leakage_model(settings.leakage_model, tolerant=settings.leakage_tolerant)
    groups = groups_of(tissue.offsets)
    bounds = [model(tissue.artery_at(curve, one.offset), tissue.axis.time) for one in groups]
    fit = _Fit(tissue, bounds, rows)
    with workers() as pool:
        for done in each_block(pool, fit.read, blocks_in(groups, len(tissue.curves))):
            yield Progress("Leakage", done)
    notices: tuple[str, ...] = ()
    if everywhere or masks.region is None:
        notices = (EVERYWHERE if everywhere else NOWHERE,)
    if region is not None and region.any() and not settings.leakage_tolerant:
        notices += _of_width(curve, reference_curve(known, region), known)
    return Leaked(
        model=settings.leakage_model,
        tolerant=settings.leakage_tolerant,
        reference=reference,
        proposed=proposed,
        region=region,
        curve=curve,
        k1=fit.k1,
        k2=fit.k2,
        area=fit.area,
        tissue=tissue,
        notices=notices,
        reference_origin=Origin(kind="proposed") if proposed else masks.reference_origin,
        region_origin=None if region is None or not region.any() else masks.region_origin,
    )


def _of_width(curve: FloatArray, leaky: FloatArray, known: Prepared) -> tuple[str, ...]:
    """Say so where the bolus of a region is much wider than that of the reference."""
    own, usual = (_width(one, known.time) for one in (leaky, curve))
    if not own > WIDER * usual:
        return ()
    return (WIDE.format(own=own, usual=usual),)


def _width(curve: FloatArray, time: FloatArray) -> float:
    """Full width of a bolus at half of its peak, s; NaN where it does not fall to that."""
    peak = int(np.argmax(curve))
    below = np.flatnonzero(curve <= curve[peak] / 2)
    before, after = below[below < peak], below[below > peak]
    if not (before.size and after.size):
        return float("nan")
    ends = []
    for inner, outer in ((before[-1] + 1, before[-1]), (after[0] - 1, after[0])):
        share = (curve[inner] - curve[peak] / 2) / (curve[inner] - curve[outer])
        ends.append(time[inner] + share * (time[outer] - time[inner]))
    return float(ends[1] - ends[0])


def _refuse_outside(known: Prepared, masks: LeakageMasks) -> None:
    """Raise for a mask of another shape, or without a voxel of the brain."""
    for name, mask in (("leakage reference", masks.reference), ("leakage region", masks.region)):
        if mask is not None:
            refuse_mask(known.series, name, mask)
            if not (mask & known.brain).any():
                raise DscError(
                    f"{name} must hold voxels of the brain, got none. Draw it inside the brain."
                )


def proposed_leakage_reference(known: Prepared, without: BoolArray | None = None) -> BoolArray:
    """Propose tissue of a scan that does not leak, as `proposed_tissue`.

    Parameters
    ----------
    known : Prepared
        The scan.
    without : ndarray of bool, shape (...), optional
        What is none of it, such as what enhances.
    """
    tissue = known.tissue
    last = tissue.axis.time >= tissue.axis.time[-1] - END
    shapes = Shapes(
        height=tissue.height,
        peak=tissue.ttp,
        end=tissue.curves[:, last].mean(axis=1),
        sound=(tissue.flags & UNUSABLE) == 0,
    )
    return proposed_tissue(shapes, known.brain, slice_axis=known.series.slice_axis, without=without)


def reference_curve(known: Prepared, reference: BoolArray) -> FloatArray:
    """Mean curve of a reference at the times of the volumes, 1/s.

    Raises
    ------
    DscError
        If it holds no voxel of the brain, or a volume has no signal in it.
    """
    inside = values_at(reference & known.brain, known.brain)
    offsets = known.tissue.offsets
    groups = groups_of(None if offsets is None else offsets[inside])
    if len(groups) == 1 and not known.tissue.spoilt[inside].any():
        means, counts = _mean_of(known.curves, inside)[None], [1]
    else:
        curves = known.curves[inside]
        rows = [np.arange(len(curves)) if one.rows is None else one.rows for one in groups]
        means = np.stack([mean_curve(curves[some]) for some in rows])
        counts = [some.size for some in rows]
    means = moved(means, np.array([one.offset for one in groups]), known.time)
    found = np.average(means, axis=0, weights=counts)
    if not np.isfinite(found).all():
        raise DscError(
            "leakage reference must have a signal in every volume, got none in some. Draw a "
            "larger one."
        )
    return np.asarray(found)


def _mean_of(curves: FloatArray, inside: BoolArray) -> FloatArray:
    """Mean of the curves of some rows that have every sample, block by block in float64."""
    total = np.zeros(curves.shape[1])
    wanted = inside.astype(curves.dtype)
    with workers():
        for start in range(0, len(curves), BLOCK):
            here = slice(start, start + BLOCK)
            if wanted[here].any():
                total += wanted[here] @ np.where(inside[here, None], curves[here], 0)
    return total / np.count_nonzero(inside)


class _Fit:
    """Fits of all curves, block by block."""

    def __init__(self, tissue: Tissue, bounds: list[Bound], applied: BoolArray | None) -> None:
        self._tissue, self._bounds, self._applied = tissue, bounds, applied
        self._areas = [one.terms @ tissue.weights for one in bounds]
        self.k1, self.k2 = np.empty((2, len(tissue.curves)), tissue.curves.dtype)
        self.area = tissue.area.copy()

    def read(self, block: Block) -> None:
        """Fit the curves of one block; blocks may be fitted side by side."""
        rows, group = block
        tissue, model = self._tissue, self._bounds[group]
        spoilt = tissue.spoilt[rows]
        with np.errstate(all="ignore"):
            found = model.fit(whole_block(tissue.curves[rows], spoilt))
        count = spoilt.size
        k1, k2, rate = (one[:count] for one in found)
        self.k1[rows] = np.where(spoilt, np.nan, k1)
        self.k2[rows] = np.where(spoilt, np.nan, k2)
        added = k2 * self._areas[group][rate]
        if self._applied is not None:
            added[~self._applied[rows]] = 0
        self.area[rows] = np.where(spoilt, np.nan, self.area[rows] + added)
