"""From a scan, an artery and settings to maps."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.acceptance import Acceptance, acceptance_of, counts_of
from napari_dsc.core.deconvolution import method_name
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import VoxelMaps, on_volume, perfusion_stages, residue_at
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.pipeline.preparation import (
    NO_TIME,
    Prepared,
    prepare,
    refuse_mask,
    refuse_vessel,
)
from napari_dsc.core.pipeline.vessel_verdicts import verdict_counts
from napari_dsc.core.plausibility import Finding, findings_of, read_operator, told
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.provenance import Origin, Origins
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import in_words
from napari_dsc.core.types import Aif, BoolArray, DSCPerfusionMaps, FloatArray, Progress, Series

__all__ = ["Analysis", "Preview", "Slice", "acceptance_in", "stages"]


class Slice(NamedTuple):
    """One slice of a volume: an axis of the file, and where on it."""

    axis: int
    at: int


@brief
@dataclass(frozen=True, slots=True)
class Preview(Progress):
    """The slice that was wanted first is done; the rest is on its way.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of that slice: 2-D.
    where : Slice
        Which one it is.
    """

    maps: DSCPerfusionMaps
    where: Slice


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Maps, and all that made them.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        The result.
    aif : Aif
        The arterial input, over the retained volumes.
    settings : Settings
        With the baseline that was used.
    prepared : Prepared
        The curves that were deconvolved, for the next run on the same scan.
    notices : tuple of str
        What a reader should know.
    vein : ndarray of bool, shape (...), or None
        Venous voxels to which the AIF was scaled.
    origins : Origins
        How AIF, VOF and brain were chosen, as far as somebody has said.
    findings : tuple of Finding
        Whether it can be believed; that of the AIF first.
    """

    maps: DSCPerfusionMaps
    aif: Aif
    settings: Settings
    prepared: Prepared
    notices: tuple[str, ...]
    vein: BoolArray | None = None
    origins: Origins = field(default_factory=Origins)
    findings: tuple[Finding, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences of what is doubtful or to be noted, then the notices."""
        return (*told(self.findings), *self.notices)

    @property
    def curve_unit(self) -> str:
        """Unit of the curves: without an echo time they are scaled by it."""
        return "1 (TE-scaled)" if self.prepared.series.echo_time is None else "1/s"

    @property
    def time(self) -> FloatArray:
        """Times of the retained volumes, s; shape (T,)."""
        return self.prepared.time

    @property
    def brain(self) -> BoolArray:
        """Voxels that were computed, shape (...)."""
        return self.prepared.brain

    @property
    def arrival(self) -> float:
        """Time at which the brain's mean curve reaches 5 % of its peak, s from the scan's start."""
        return self.prepared.arrival


def stages(
    series: Series,
    artery: BoolArray | Aif,
    brain: BoolArray | None,
    settings: Settings,
    *,
    known: Prepared | None = None,
    first: Slice | None = None,
    vein: BoolArray | None = None,
    origins: Origins | None = None,
) -> Generator[Progress, None, Analysis]:
    """Run one analysis.

    Parameters
    ----------
    series : Series
        The scan, with its time axis.
    artery : ndarray of bool, shape (...), or Aif
        Arterial voxels; or a curve over the retained volumes, taken as it is.
    brain : ndarray of bool, shape (...), or None
        Voxels to compute; None for all.
    settings : Settings
        How.
    known : Prepared, optional
        From an earlier run: where scan, brain and baseline are still the same, only what the AIF
        and the method change is computed.
    first : Slice, optional
        Slice to do first, such as the one on screen.
    vein : ndarray of bool, shape (...), optional
        Venous voxels: the area of the AIF is scaled to that of their mean curve (partial volume),
        and a notice tells the factor.
    origins : Origins, optional
        How AIF, VOF and brain were chosen, for the record. What it does not say of an AIF is
        taken from the `Aif`; without a brain it is the whole image.

    Yields
    ------
    Progress
        Often enough to cancel within a second, by closing the generator; a `Preview` as soon as
        the first slice is done.

    Returns
    -------
    Analysis
        The maps, and all that made them.

    Raises
    ------
    DscError
        If the time step is unknown, a mask is empty or of another shape, the AIF lies outside
        the brain, or something is wrong with the curves (see `compute_perfusion_maps`).
    """
    if series.time is None:
        raise DscError(NO_TIME)
    voxels = np.ones(series.signal.shape[:-1], dtype=np.bool_) if brain is None else brain
    refuse_mask(series, "brain", voxels)
    for name, mask in (("AIF", artery), ("VOF", vein)):
        if isinstance(mask, np.ndarray):
            refuse_vessel(series, name, mask, voxels)
    yield Progress("Reading the curves", 0.0)
    if known is None or not known.serves(series, voxels, settings.baseline):
        early = known is not None and settings.baseline is not None
        as_found = series.leave_out is None and series.end is None
        if known is not None and series.left_out is None and as_found:
            shown = replace(series, left_out=known.series.left_out)
        else:
            shown = series
        if early and first is not None:
            yield from _early(shown, artery, voxels, settings, first, vein)
        known = yield from part_of_whole(prepare(series, voxels, settings.baseline), 0.1, 0.6)
    known = known.under(settings)
    yield Progress("Arterial input function", 0.6)
    chosen = _chosen(origins or Origins(), artery, whole=brain is None)
    aif = replace(known.arterial_input(artery, vein), origin=chosen.aif)
    work = _deconvolve(known, aif, settings, first)
    values, more = yield from part_of_whole(work, 0.6, 1.0)
    maps = on_volume(values, voxels, series.affine)
    return Analysis(
        maps=maps,
        aif=aif,
        settings=replace(settings, baseline=known.baseline),
        prepared=known,
        notices=(
            *known.notices,
            *in_words(series, settings.slice_timing),
            *aif.notices,
            *more,
            *filter(None, [_acceptance(maps, voxels).doubt]),
        ),
        vein=vein,
        origins=chosen,
        findings=_judged(known, aif, maps, settings),
    )


def _judged(
    known: Prepared, aif: Aif, maps: DSCPerfusionMaps, settings: Settings
) -> tuple[Finding, ...]:
    """Say whether maps can be believed, from the curves and the AIF that made them."""
    read = residue_at(known.tissue, aif.curve, settings.method)
    name = method_name(settings.method)
    return findings_of(
        known.evidence,
        aif.curve,
        known.time,
        maps,
        voxels=int(aif.voxels.sum()),
        counts=verdict_counts(known, aif.voxels),
        operator=read_operator(lambda curve: read(curve, 0.0), aif.curve, known.time, name),
        offsets=known.tissue.offsets,
    )


def _chosen(origins: Origins, artery: BoolArray | Aif, *, whole: bool) -> Origins:
    """Origins with what an AIF knows of itself; of no brain mask that there was none."""
    aif, brain = origins.aif, origins.brain
    if aif is None and isinstance(artery, Aif):
        aif = artery.origin
    if brain is None and whole:
        brain = Origin(kind="whole image")
    return replace(origins, aif=aif, brain=brain)


def acceptance_in(analysis: Analysis) -> Acceptance:
    """How many voxels of the brain an analysis accepts, and why others are not."""
    return _acceptance(analysis.maps, analysis.brain)


def _acceptance(maps: DSCPerfusionMaps, brain: BoolArray) -> Acceptance:
    bits = np.zeros(0, np.uint16) if maps.quality is None else maps.quality[brain]
    return acceptance_of(counts_of(bits))


def _deconvolve(
    known: Prepared, aif: Aif, settings: Settings, first: Slice | None
) -> Generator[Progress, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Run the stages of a deconvolution; a preview as soon as the first slice is done."""
    work = perfusion_stages(
        known.tissue,
        aif.curve,
        settings.method,
        settings.scale,
        origin=known.arrival if settings.ttp_from == "bolus arrival" else 0.0,
        first=None if first is None else _rows_of(first, known.brain),
    )
    try:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            if step.first is None or first is None:
                yield Progress("Deconvolution", step.fraction)
            else:
                maps = on_volume(step.first, np.take(known.brain, first.at, first.axis))
                yield Preview("Deconvolution", step.fraction, maps, first)
    finally:
        work.close()


def _early(
    series: Series,
    artery: BoolArray | Aif,
    brain: BoolArray,
    settings: Settings,
    first: Slice,
    vein: BoolArray | None,
) -> Generator[Progress, None, None]:
    """Show one slice before the rest of a brain is prepared: its voxels and the vessels only."""
    here = np.zeros_like(brain)
    here[(slice(None),) * first.axis + (first.at,)] = True
    here &= brain
    if not here.any():
        return
    for vessel in (artery, vein):
        if isinstance(vessel, np.ndarray):
            here |= vessel
    shown = replace(series, checked=True)  # one slice does not tell what is odd: the brain will
    work = stages(shown, artery, here, settings, first=None, vein=vein)
    made = yield from part_of_whole(work, 0.0, 0.1)
    yield Preview("Deconvolution", 0.1, _plane(made.maps, first), first)


def _plane(maps: DSCPerfusionMaps, where: Slice) -> DSCPerfusionMaps:
    """One slice of some maps, 2-D."""

    def cut(volume: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.take(volume, where.at, where.axis))

    columns = {
        key: replace(one, values=cut(one.values), quality_mask=cut(one.quality_mask))
        for key, one in maps.items()
    }
    quality = None if maps.quality is None else cut(maps.quality)
    return type(maps).from_keys(columns, quality=quality)


def _rows_of(where: Slice, voxels: BoolArray) -> BoolArray | None:
    """Which rows of `curves_of` lie in a slice; None if none does."""
    marked = np.zeros(voxels.shape, dtype=np.bool_)
    marked[(slice(None),) * where.axis + (where.at,)] = True
    rows = values_at(marked, voxels)
    return rows if rows.any() else None
