"""Run of one analysis, from a scan, an artery and settings to maps."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.acceptance import Acceptance, acceptance_of, counts_of
from napari_dsc.core.deconvolution import cautions
from napari_dsc.core.defaults import CBV_BY, DENOISE, LEAKAGE
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import (
    Partial,
    VoxelMaps,
    bolus_stages,
    on_volume,
    perfusion_stages,
)
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.once import once
from napari_dsc.core.pipeline.denoised_scan import denoised
from napari_dsc.core.pipeline.finer_times import operator_of
from napari_dsc.core.pipeline.leakage_result import LeakageMasks, Leaked
from napari_dsc.core.pipeline.leaked_agent import leaked_agent
from napari_dsc.core.pipeline.preparation import (
    Prepared,
    brain_voxels,
    prepare,
    refuse_vessel,
)
from napari_dsc.core.pipeline.vessel_verdicts import verdict_counts
from napari_dsc.core.plausibility import (
    UNSEEN_KEY,
    Finding,
    JudgedAif,
    correction_in_doubt,
    findings_of,
    told,
    unseen_artery,
)
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.provenance import Origin, Origins
from napari_dsc.core.settings import Settings
from napari_dsc.core.short_repr import brief
from napari_dsc.core.slice_timing import in_words
from napari_dsc.core.types import Aif, BoolArray, DSCPerfusionMaps, FloatArray, Progress, Series

__all__ = ["Analysis", "Preview", "Slice", "acceptance_in", "stages"]


NO_ARTERY = (
    "No artery: CBF, CBV, MTT, Tmax and delay need an arterial input function (AIF) and were not "
    "computed. The shape of the bolus was measured, which tells nothing absolute; whether a bolus "
    "stands out was judged by the brain's mean curve in place of the AIF."
)
NO_LEAKAGE = "Leakage was not looked for: its maps are made beside those that need an artery."
NO_PSR = "PSR was not computed: the scan holds ΔR2*, and its echo time is unknown."
OF_AREAS = (
    "Corrected CBV is a ratio of areas, which CBV is not under these settings: compare it with the "
    "CBV of an integral only."
)


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
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Analysis:
    """Maps, and all that made them.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        The result.
    aif : Aif
        The arterial input, over the retained volumes; without an artery NaN at every one.
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

    def seen(self) -> "Analysis":
        """Return this analysis when somebody has looked at the AIF; itself if they had before."""
        aif = self.origins.aif
        if aif is None or not aif.unseen:
            return self
        known = replace(aif, unseen=False)
        return replace(
            self,
            aif=replace(self.aif, origin=known),
            origins=replace(self.origins, aif=known),
            findings=tuple(one for one in self.findings if one.key != UNSEEN_KEY),
        )

    @property
    def with_artery(self) -> bool:
        """Whether there is an AIF; without one there are maps of the bolus's shape alone."""
        return self.aif.known

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
    def leaked(self) -> Leaked | None:
        """Leakage that was found; None: nobody has asked for it."""
        return self.prepared.leaked

    @property
    def arrival(self) -> float:
        """Time at which the brain's mean curve reaches 5 % of its peak, s from the scan's start."""
        return self.prepared.arrival


def stages(
    series: Series,
    artery: BoolArray | Aif | None,
    brain: BoolArray | None,
    settings: Settings,
    *,
    known: Prepared | None = None,
    first: Slice | None = None,
    vein: BoolArray | None = None,
    origins: Origins | None = None,
    leakage: LeakageMasks | None = None,
) -> Generator[Progress, None, Analysis]:
    """Run one analysis.

    Parameters
    ----------
    series : Series
        The scan, with its time axis.
    artery : ndarray of bool, shape (...), Aif, or None
        Arterial voxels; or a curve over the retained volumes, taken as it is. None: there is none,
        and the maps of the bolus's shape are computed alone, which a notice tells.
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
    leakage : LeakageMasks, optional
        Tissue that does not leak, and where leakage is corrected, if the settings ask for it.

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
    voxels = brain_voxels(series, brain)
    _refuse_vessels(series, artery, vein, voxels)
    yield Progress("Reading the curves", 0.0)
    if known is None or not known.serves(series, voxels, settings.baseline):
        alone = settings.denoise == DENOISE  # a slice that is denoised needs those beside it
        if known is not None and settings.baseline is not None and first is not None and alone:
            shown = _as_left_out(series, known)
            yield from _early(shown, artery, voxels, settings, first, vein)
        known = yield from part_of_whole(prepare(series, voxels, settings.baseline), 0.1, 0.6)
    known = known.under(settings)
    known = yield from part_of_whole(denoised(known, settings), 0.6, 0.6)
    chosen = _chosen(origins or Origins(), artery, whole=brain is None)
    before: tuple[str, ...] = ()
    if artery is None:
        known = known if known.leaked is None else replace(known, leaked=None)
        aif = Aif.none(known.time.size, voxels.shape)
        values, more = yield from part_of_whole(_shapes(known, settings, first), 0.6, 1.0)
        before = (NO_ARTERY, *_no_leakage(settings))
    else:
        known = yield from _with_leakage(known, settings, leakage or LeakageMasks())
        yield Progress("Arterial input function", 0.6)
        vof = None if vein is None else known.vessel(vein)  # both are known to be in order
        aif = replace(known.shaped(artery, vof), origin=chosen.aif)
        work = _deconvolve(known, aif, settings, first)
        values, more = yield from part_of_whole(work, 0.6, 1.0)
        values, told = _leaked_beside(series, known, aif, settings, values)
        more = (*more, *told, *cautions(settings.method, settings.timing))
    values = values.beside(known.columns)
    maps = on_volume(values, voxels, series.affine, scaled=series.echo_time is None)
    judged = () if artery is None else _judged(known, aif, maps, settings)
    noted = (*known.notices, *in_words(series, settings.slice_timing), *aif.notices)
    doubts = tuple(filter(None, [_acceptance(maps, voxels).doubt]))
    return Analysis(
        maps=maps,
        aif=aif,
        settings=replace(settings, baseline=known.baseline),
        prepared=known,
        notices=(*before, *noted, *more, *doubts),
        vein=vein,
        origins=chosen,
        findings=judged and _with_doubts(judged, chosen.aif, series, known),
    )


def _as_left_out(series: Series, known: Prepared) -> Series:
    """The scan without the volumes of an earlier run, where the user says nothing of them."""
    as_found = series.leave_out is None and series.end is None
    if series.left_out is None and as_found:
        return replace(series, left_out=known.series.left_out)
    return series


def _refuse_vessels(
    series: Series, artery: BoolArray | Aif | None, vein: BoolArray | None, voxels: BoolArray
) -> None:
    """Raise for vessels that are none, or a vein without an artery."""
    if artery is None and vein is not None:
        raise DscError(
            "a VOF must come with an AIF, whose area is scaled to it, got it alone. Draw an "
            "artery, or leave the VOF out."
        )
    for name, mask in (("AIF", artery), ("VOF", vein)):
        if isinstance(mask, np.ndarray):
            refuse_vessel(series, name, mask, voxels)


def _no_leakage(settings: Settings) -> tuple[str, ...]:
    """Say that leakage was asked for and not looked for."""
    return () if settings.leakage_model == LEAKAGE else (NO_LEAKAGE,)


def _leaked_beside(
    series: Series, known: Prepared, aif: Aif, settings: Settings, values: VoxelMaps
) -> tuple[VoxelMaps, tuple[str, ...]]:
    """Maps with those of leakage, where it was looked for, and words on them."""
    if known.leaked is None:
        return values, ()
    values = values.beside(known.leaked.columns(aif.curve, settings.scale))
    protocol = Protocol.of(series, known.baseline)  # of an earlier run's scan less is known
    doubts = () if known.leaked.corrected_in.any() else protocol.doubts  # else they are findings
    areas = settings.cbv != CBV_BY or not settings.method.central_volume
    own = (OF_AREAS,) if areas else ()
    return values, (*own, *known.leaked.told, protocol.words, *doubts)


def _with_leakage(
    known: Prepared, settings: Settings, masks: LeakageMasks
) -> Generator[Progress, None, Prepared]:
    """Prepared scan with the leakage that settings ask for; that of an earlier run if it serves."""
    found = known.leaked
    if found is not None and found.serves(known.tissue, known.brain, settings, masks):
        same = found.as_chosen(masks)
        return known if same is found else replace(known, leaked=same)
    new = yield from part_of_whole(leaked_agent(known, settings, masks), 0.6, 0.6)
    return known if new is found else replace(known, leaked=new)  # what is known stays so


def _with_doubts(
    findings: tuple[Finding, ...], origin: Origin | None, series: Series, known: Prepared
) -> tuple[Finding, ...]:
    """Findings with those on what was chosen and is known, behind that on the AIF's voxels.

    An AIF that nobody has looked at, and a correction for leakage of which nobody can tell whether
    it holds.
    """
    leakage: tuple[Finding, ...] = ()
    if known.leaked is not None and known.leaked.corrected_in.any():
        leakage = correction_in_doubt(Protocol.of(series, known.baseline))
    return (*findings[:1], *unseen_artery(origin), *leakage, *findings[1:])


def _judged(
    known: Prepared, aif: Aif, maps: DSCPerfusionMaps, settings: Settings
) -> tuple[Finding, ...]:
    """Say whether maps can be believed, from the curves and the AIF that made them."""
    timing = settings.timing
    return findings_of(
        known.evidence,
        JudgedAif(aif.curve, known.time, int(aif.voxels.sum()), verdict_counts(known, aif.voxels)),
        maps,
        operator=operator_of(known, aif.curve, settings.method),
        times=None if timing is None else operator_of(known, aif.curve, timing),
        offsets=known.tissue.offsets,
        weighted=settings.cbv == "weights",
    )


def _chosen(origins: Origins, artery: BoolArray | Aif | None, *, whole: bool) -> Origins:
    """Origins with what an AIF knows of itself; of no brain mask that there was none."""
    aif, brain = origins.aif, origins.brain
    if aif is None and isinstance(artery, Aif):
        aif = artery.origin
    if artery is None:
        aif = None
    if brain is None and whole:
        brain = Origin(kind="whole image")
    return replace(origins, aif=aif, brain=brain)


@once
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
        settings.quantification,
        origin=known.origin_of(settings.ttp_from),
        first=None if first is None else _rows_of(first, known.brain),
    )
    values, notices = yield from _shown(work, "Deconvolution", known, first)
    if settings.bolus_maps:
        shapes, more = yield from _shapes(known, settings, None)
        values, notices = values.beside(shapes.columns), tuple(dict.fromkeys((*notices, *more)))
    return values, notices


def _shapes(
    known: Prepared, settings: Settings, first: Slice | None
) -> Generator[Progress, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Run the stages of the bolus's shape, which need no artery."""
    work = bolus_stages(
        known.tissue,
        settings.shape,
        origin=known.origin_of(settings.ttp_from),
        echo_time=_echo_of(known.series),
        first=None if first is None else _rows_of(first, known.brain),
    )
    values, notices = yield from _shown(work, "Shape of the bolus", known, first)
    if _echo_of(known.series) is None:
        notices += (NO_PSR,)
    return values, notices


def _echo_of(series: Series) -> float | None:
    """By what curves become signals again: TE; curves that are scaled by it need no more."""
    if series.quantity == "signal" and series.echo_time is None:
        return 1.0
    return series.echo_time


def _shown(
    work: Generator[Partial, None, tuple[VoxelMaps, tuple[str, ...]]],
    stage: str,
    known: Prepared,
    first: Slice | None,
) -> Generator[Progress, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Pass on how far a computation is; a preview as soon as the first slice is done."""
    try:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            if step.first is None or first is None:
                yield Progress(stage, step.fraction)
            else:
                here = np.take(known.brain, first.at, first.axis)
                scaled = known.series.echo_time is None
                yield Preview(
                    stage, step.fraction, on_volume(step.first, here, scaled=scaled), first
                )
    finally:
        work.close()


def _early(
    series: Series,
    artery: BoolArray | Aif | None,
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

    columns = {key: one.cut(cut) for key, one in maps.items()}
    quality = None if maps.quality is None else cut(maps.quality)
    return type(maps).from_keys(columns, quality=quality)


def _rows_of(where: Slice, voxels: BoolArray) -> BoolArray | None:
    """Which rows of `curves_of` lie in a slice; None if none does."""
    marked = np.zeros(voxels.shape, dtype=np.bool_)
    marked[(slice(None),) * where.axis + (where.at,)] = True
    rows = values_at(marked, voxels)
    return rows if rows.any() else None
