"""Preparation of a scan: curves, noise and arrival, which no AIF and no method changes."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif import ArterialRecipe, aif_from_voxels, mean_curve
from napari_dsc.core.defaults import AIF_AVERAGE
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import (
    bridged_of,
    retained,
    retained_signals,
    span_in_words,
    stretches,
)
from napari_dsc.core.maps import Tissue, times_of, tissue_stages, windowed
from napari_dsc.core.mask_rows import curves_of, values_at
from napari_dsc.core.noise import scanner_noise
from napari_dsc.core.pipeline.head_and_air import refuse_air, refuse_mask, refuse_much
from napari_dsc.core.pipeline.leakage_result import Leaked
from napari_dsc.core.pipeline.scan_proposal import (
    FEWEST_BASELINE,
    everywhere,
    find_odd_volumes,
    left_out_of,
    propose,
    refuse_without_bolus,
    sample_signals,
    several_boluses,
    uneven_words,
)
from napari_dsc.core.pipeline.vof_scaling import vof_scaling
from napari_dsc.core.plausibility import BrainEvidence, brain_evidence
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quality import Quality, SignalEvidence, mark, signal_evidence
from napari_dsc.core.scan_checks import doubtful_quantity, without_bolus
from napari_dsc.core.short_repr import brief
from napari_dsc.core.signal import (
    bolus_arrival,
    brain_passages,
    log_attenuation,
    relaxation_stages,
)
from napari_dsc.core.slice_timing import moved, offsets_of
from napari_dsc.core.types import (
    Aif,
    AifAverage,
    BoolArray,
    FloatArray,
    Progress,
    Series,
    TtpOrigin,
)

__all__ = [
    "NO_TIME",
    "Prepared",
    "brain_voxels",
    "prepare",
    "refuse_late_baseline",
    "refuse_mask",
    "refuse_vessel",
]

NO_TIME = "the repetition time must be known, got none from the file. Enter it in seconds."
FEW = 20_000  # voxels that tell whether the signal rises
HELD = 0.2  # of the depth of a bolus: a baseline that falls so far holds part of it
HOLDS_BOLUS = (
    "baseline must end before the bolus, which reaches the brain at volume {} (counted from 0), "
    "got {}. End it before that volume."
)
SOUND_BASELINE, GOOD_BASELINE = 5, 10  # volumes


class Timed(Protocol):
    """What of `Settings` a scan that is prepared already can still be brought under."""

    @property
    def window(self) -> tuple[int, int] | None:
        """First volume of the areas and the first after it."""

    @property
    def slice_timing(self) -> bool:
        """Whether slice times are corrected."""

    @property
    def aif_echo(self) -> str:
        """What the curve of an AIF is read from, of two echoes."""

    @property
    def recipe(self) -> ArterialRecipe:
        """How the arterial curve is made of what was measured."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """All of a scan that its AIF and the method do not change: computed once, used for every run.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...)
        The V voxels that were prepared.
    baseline : tuple of int
        First volume of the baseline and the first after it.
    curves : ndarray, shape (V, T)
        Delta R2* over the retained volumes, 1/s; scaled by the echo time while that is unknown.
    time : ndarray, shape (T,)
        Times of the retained volumes, s.
    window : tuple of int, or None
        First volume of the window of the areas and the first after it; None: all retained ones.
    tissue : Tissue
        The curves on an even time axis, and what they tell by themselves.
    arrival : float
        Time at which the brain's mean curve reaches 5 % of its peak, s from the start of scan.
    evidence : BrainEvidence
        What the curves tell of every AIF that is held against them.
    scanner_noise : float
        Standard deviation of the scanner's noise, a.u.; NaN where nothing tells it.
    notices : tuple of str
        What a reader should know.
    leaked : Leaked or None
        Leakage that a run has found; None: nobody has asked for it.
    short_aif : bool
        Whether the curve of an AIF is read from the short echo, where there are two.
    plain : Prepared or None
        The same before its tissue was denoised; None: it is as it was measured.
    columns : mapping of str to ndarray, shape (V,)
        Maps that preparing has given already, by their keys.
    recipe : ArterialRecipe
        How an arterial curve is made of what was measured.
    """

    series: Series
    brain: BoolArray
    baseline: tuple[int, int]
    curves: FloatArray
    time: FloatArray
    tissue: Tissue
    arrival: float
    evidence: BrainEvidence
    scanner_noise: float
    notices: tuple[str, ...]
    window: tuple[int, int] | None = None
    leaked: Leaked | None = None
    short_aif: bool = False
    plain: "Prepared | None" = None
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    recipe: ArterialRecipe = field(default_factory=ArterialRecipe)

    def within(self, window: tuple[int, int] | None) -> "Prepared":
        """Return the same, with the areas of another window; itself for its own.

        Raises
        ------
        DscError
            If the window is none of the retained volumes.
        """
        if window == self.window:
            return self
        start, stop = self.baseline[0], self.baseline[0] + self.time.size
        if window is None:
            return replace(self, tissue=windowed(self.tissue, None), window=None)
        if not start <= window[0] < window[1] <= stop:
            raise DscError(
                f"window must lie within the retained {span_in_words(start, stop)}, got "
                f"{window[0]}:{window[1]}. Drag it in the curves, or integrate the whole scan."
            )
        span = times_of(slice(window[0] - start, window[1] - start), self.time)
        return replace(self, tissue=windowed(self.tissue, span), window=window)

    def under(self, settings: "Timed") -> "Prepared":
        """Return the same as settings have it: window of the areas, slice times, recipe of an AIF.

        Raises
        ------
        DscError
            If the window is none of the retained volumes.
        """
        made = self.within(settings.window).timed(settings.slice_timing)
        short = settings.aif_echo == "short echo" and self.series.early is not None
        if (made.recipe, made.short_aif) == (settings.recipe, short):
            return made
        return replace(made, recipe=settings.recipe, short_aif=short)

    def timed(self, corrected: bool) -> "Prepared":
        """Return the same with slice times corrected or not; itself where that is so."""
        offsets = offsets_of(self.series, self.brain) if corrected else None
        known = self.tissue.offsets
        if offsets is known or (
            offsets is not None and known is not None and np.array_equal(offsets, known)
        ):
            return self
        late = 0.0 if offsets is None else float(offsets.mean())
        before = 0.0 if known is None else float(known.mean())
        return replace(
            self,
            tissue=replace(self.tissue, offsets=offsets),
            arrival=self.arrival - before + late,
        )

    def origin_of(self, ttp_from: TtpOrigin) -> float:
        """Time from which times to peak count, s."""
        return self.arrival if ttp_from == "bolus arrival" else 0.0

    def offset_of(self, voxel: tuple[int, ...]) -> float:
        """By how much later than the volumes a voxel of the brain was measured, as corrected, s."""
        if self.tissue.offsets is None or self.series.slice_times is None:
            return 0.0
        one = np.zeros_like(self.brain)
        one[voxel] = True
        found = offsets_of(self.series, one)
        return 0.0 if found is None else float(found[0])

    def arterial_input(self, artery: BoolArray | Aif, vein: BoolArray | None = None) -> Aif:
        """Arterial input as a run takes it: of voxels, or a curve; scaled to a vein; by the recipe.

        Parameters
        ----------
        artery : ndarray of bool, shape (...), or Aif
            Arterial voxels, or a curve over the retained volumes as it was measured.
        vein : ndarray of bool, shape (...), optional
            Voxels to whose mean curve's area that of the AIF is scaled.

        Raises
        ------
        DscError
            If voxels lie outside the brain, or have no curve, or no fit where one is wanted.
        """
        for name, voxels in (("AIF", artery), ("VOF", vein)):
            if isinstance(voxels, np.ndarray):
                refuse_vessel(self.series, name, voxels, self.brain)
        return self.shaped(artery, None if vein is None else self.vessel(vein))

    def shaped(self, artery: BoolArray | Aif, vof: Aif | None = None) -> Aif:
        """Arterial input of voxels or of a curve that are known to be in order, by the recipe.

        Raises
        ------
        DscError
            If voxels have no curve, or no gamma variate fits where one is wanted.
        """
        if isinstance(artery, Aif):
            aif = self.recipe.measured(artery)
        else:
            aif = self.vessel(artery, self.recipe.average, short=self.short_aif)
        scaled = aif if vof is None else self.rescaled(aif, vof)
        return self.recipe.applied(scaled, self.time)

    def vessel(
        self, voxels: BoolArray, average: AifAverage = AIF_AVERAGE, *, short: bool = False
    ) -> Aif:
        """Average curve of some voxels of the brain, over the retained volumes; of a vein the mean.

        Parameters
        ----------
        voxels : ndarray of bool, shape (...)
            Which.
        short : bool
            Read it from the short one of two echoes.

        Raises
        ------
        DscError
            As `aif_from_voxels`.
        """
        rows = values_at(voxels, self.brain)
        curves, offsets = self.curves[rows], self.tissue.offsets
        if short:
            curves = self._early(voxels)
        if offsets is not None:  # at the times of the volumes: each lies in a slice of its own time
            curves = moved(curves, offsets[rows], self.time)
        return aif_from_voxels(curves, voxels, average)

    def _early(self, voxels: BoolArray) -> FloatArray:
        """Delta R2* of some voxels in the short echo, shape (V, T), 1/s."""
        series, (start, stop) = self.series, self.baseline
        if series.early is None or series.early_echo_time is None:
            raise DscError("an AIF of the short echo needs a scan of two echoes, got one.")
        early = curves_of(series.early, voxels)
        early = retained_signals(early, start, series.left_out or (), series.time)
        return log_attenuation(early, slice(0, stop - start)) / np.float32(series.early_echo_time)

    def rescaled(self, aif: Aif, vof: Aif) -> Aif:
        """Scale the area of an AIF over all retained volumes to that of a VOF; notices tell.

        The window of CBV has no part in it: see `VofScaling`.

        Raises
        ------
        DscError
            If either has no positive area.
        """
        resample = self.tissue.axis.resample
        artery, vein = (
            one.curve if resample is None else one.curve @ resample for one in (aif, vof)
        )
        scaling = vof_scaling(artery, vein, self.tissue.axis.time)
        return replace(
            aif,
            curve=scaling.factor * aif.curve,
            notices=(*aif.notices, *vof.notices, scaling.notice, *scaling.warnings),
            scaled_by=aif.scaled_by * scaling.factor,
        )

    def serves(self, series: Series, brain: BoolArray, baseline: tuple[int, int] | None) -> bool:
        """Whether this is what preparing that scan, brain and baseline would give."""
        return (
            self.series.signal is series.signal
            and self.series.echo_time == series.echo_time
            and np.array_equal(self.series.time, series.time)  # type: ignore[arg-type]
            and self.baseline == baseline
            and (series.checked or not self.series.checked)
            and self._leaves_out_as(series)
            and self.series.slice_axis == series.slice_axis
            and _same(self.series.slice_times, series.slice_times)
            and np.array_equal(self.brain, brain)
        )

    def _leaves_out_as(self, series: Series) -> bool:
        """Whether another scan leaves out the same volumes, as far as these are known."""
        known = self.series
        if series.left_out is None:
            return (series.leave_out, series.end) == (known.leave_out, known.end)
        return series.left_out == known.left_out


def brain_voxels(series: Series, brain: BoolArray | None) -> BoolArray:
    """Voxels of a scan to compute: those of a brain, or all.

    Raises
    ------
    DscError
        If the time step is unknown, or the mask is empty or of another shape.
    """
    if series.time is None:
        raise DscError(NO_TIME)
    voxels = np.ones(series.signal.shape[:-1], dtype=np.bool_) if brain is None else brain
    refuse_mask(series, "brain", voxels)
    return voxels


def prepare(
    series: Series, brain: BoolArray | None, baseline: tuple[int, int] | None
) -> Generator[Progress, None, Prepared]:
    """Compute all of a scan that its AIF and the method do not change.

    Parameters
    ----------
    series : Series
        The scan, with its time axis.
    brain : ndarray of bool, shape (...), or None
        Voxels to compute; None for all.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it; None: the proposal.

    Yields
    ------
    Progress
        Often enough to cancel within a second, by closing the generator.

    Returns
    -------
    Prepared
        Curves, and what they tell by themselves.

    Raises
    ------
    DscError
        If the time step is unknown, the mask is empty or of another shape, the baseline is none,
        or, unless somebody has checked the scan, its curves rise or hold no bolus.
    """
    voxels = brain_voxels(series, brain)
    series, baseline, notices = _settled(series, voxels, baseline)
    start, stop = baseline
    notices += _baseline_notices(baseline, series)
    kept = retained(series.n_volumes, start, series.left_out or ())
    time = series.time[kept]  # type: ignore[index]  # known, as above
    signal, mean = _signals_of(series, voxels, start)
    before = slice(0, stop - start)
    still = without_bolus(mean)
    notices += _judged_mean(series, mean, baseline, still)
    curves, evidence = yield from _relaxation(series, signal, before, kept)
    del signal
    if series.echo_time is None:
        notices += ("Echo time unknown: ΔR2* is scaled by it. The maps do not depend on it.",)
    bridges = [one - start for one in bridged_of(series.n_volumes, start, series.left_out or ())]
    work = tissue_stages(curves, time, baseline=before, evidence=evidence, left_out=bridges)
    tissue = yield from part_of_whole(work, 0.7, 1.0, "Properties of the curves")
    if series.quantity == "signal":  # of an unknown echo time curves are in units of one over it
        tissue = replace(tissue, echo_time=series.echo_time or 1.0)
    if still:  # what a single voxel seems to hold is noise
        mark(tissue.flags, Quality.WEAK_BOLUS, ~tissue.spoilt)
        notices += (still,)
    return Prepared(
        series=series,
        brain=voxels,
        baseline=baseline,
        curves=curves,
        time=time,
        tissue=tissue,
        arrival=float(tissue.axis.time[bolus_arrival(tissue.mean)]),
        evidence=brain_evidence(
            curves,
            time,
            voxels,
            before=before,
            noise=tissue.noise.expected,
            slice_axis=series.slice_axis,
            affine=series.affine,
        ),
        scanner_noise=_noise_of(series, voxels, kept, before),
        notices=notices,
    )


def _signals_of(series: Series, voxels: BoolArray, start: int) -> tuple[NDArray[Any], FloatArray]:
    """Signals of some voxels over the volumes from `start`, and their mean."""
    left_out = series.left_out or ()
    signal = curves_of(series.signal, voxels)
    some = slice(None, None, 1 + len(signal) // FEW)
    refuse_without_bolus(series, mean_curve(signal[some]), left_out)
    signal = retained_signals(signal, start, left_out, series.time)
    return signal, mean_curve(signal[some])


def _relaxation(
    series: Series, signal: NDArray[Any], before: slice, kept: slice
) -> Generator[Progress, None, tuple[FloatArray, SignalEvidence]]:
    """Delta R2* of retained signals, and what the signals themselves tell of quality."""
    stage = "Signal to relaxation rate"
    yield Progress(stage, 0.2)
    evidence = signal_evidence(signal, before, everywhere(series)[:, kept])
    yield Progress(stage, 0.4)
    work = relaxation_stages(signal, before, series.echo_time)
    curves = yield from part_of_whole(work, 0.4, 0.7, stage)
    return curves, evidence


def _same(one: FloatArray | None, other: FloatArray | None) -> bool:
    """Whether both are unknown, or equal."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def refuse_vessel(series: Series, name: str, vessel: BoolArray, brain: BoolArray) -> None:
    """Raise `DscError` for a vessel that is none: empty, outside the brain, air, or most of it."""
    refuse_mask(series, name, vessel)
    if (beyond := vessel & ~brain).any():
        outside = np.argwhere(beyond)
        named = ", ".join(str(tuple(map(int, voxel))) for voxel in outside[:3])
        raise DscError(
            f"{name} must lie inside the brain mask, got {len(outside)} voxel(s) outside it, "
            f"in the file at {named}. "
            f"Add them to the brain, or erase them from the {name}."
        )
    refuse_much(series, name, vessel, brain)
    refuse_air(series, name, vessel)


def refuse_late_baseline(
    mean: FloatArray, baseline: tuple[int, int], step: float | None, bolus: int | None = None
) -> None:
    """Raise `DscError` for a baseline that ends after the bolus has reached the brain.

    Parameters
    ----------
    mean : ndarray, shape (T,)
        Mean signal of the brain in every volume, a.u.
    baseline : tuple of int
        First volume of it and the first after it.
    step : float or None
        Time step, s.
    bolus : int, optional
        Which of several passages is analysed, from 0; None: the only one, or the largest.
    """
    if not (np.isfinite(mean).all() and mean.min() > 0):
        return
    found = brain_passages(mean, step)
    if not found:
        return
    heights = [one.height for one in found]
    meant = found[bolus] if bolus is not None and bolus < len(found) else None
    arrival = (meant or found[int(np.argmax(heights))]).arrival
    if baseline[1] > arrival:
        raise DscError(HOLDS_BOLUS.format(arrival, span_in_words(*baseline)))


def _judged_baseline(
    series: Series, mean: FloatArray, baseline: tuple[int, int]
) -> tuple[str, ...]:
    """Compare a baseline with the passages of the bolus on the retained volumes.

    Raises
    ------
    DscError
        If the bolus lies in it, or a second bolus behind it; once somebody has checked the scan,
        these are notices.
    """
    start, stop = baseline
    uneven = uneven_words(np.concatenate([np.full(start, mean[0]), mean]), baseline)
    if not (np.isfinite(mean).all() and mean.min() > 0):
        return uneven
    found = brain_passages(mean, series.repetition_time)
    wrong = ""
    if found and stop - start > found[0].arrival + 1:
        inside = float(mean[: stop - start].min())
        level = float(np.median(mean[: max(1, found[0].arrival)]))
        if level - inside > HELD * (level - float(mean[found[0].peak])):
            wrong = HOLDS_BOLUS.format(start + found[0].arrival, span_in_words(start, stop))
    elif len(found) > 1:
        wrong = several_boluses(tuple(start + one.arrival for one in found))
    if wrong and not series.checked:
        raise DscError(wrong)
    return (wrong, *uneven) if wrong else uneven


def _missing_of_bolus(mean: FloatArray, start: int, left_out: Sequence[int]) -> tuple[str, ...]:
    """Say which volumes of the first pass are bridged: two in a row flatten its peak."""
    if not (np.isfinite(mean).all() and mean.min() > 0):
        return ()
    for one in brain_passages(mean):
        first, last = start + one.arrival, start + 2 * one.peak - one.arrival
        for begin, end in stretches(left_out):
            if end - begin > 1 and begin <= last and end > first:
                return (
                    f"Volumes {begin} to {end - 1} of the first pass are left out: flow and times "
                    "are read off a straight line there, and flow is too low.",
                )
    return ()


def _baseline_notices(baseline: tuple[int, int], series: Series) -> tuple[str, ...]:
    (start, stop), n_volumes = baseline, series.n_volumes
    if not 0 <= start < stop <= n_volumes or stop - start < FEWEST_BASELINE:
        raise DscError(
            f"baseline must hold at least {FEWEST_BASELINE} of the {n_volumes} volumes, got "
            f"{start}:{stop}. Choose volumes after the steady state and before the bolus."
        )
    count = stop - start
    used = count - len(set(range(start, stop)) & set(series.left_out or ()))
    if used < FEWEST_BASELINE and (series.leave_out is not None or series.end is not None):
        raise DscError(
            f"baseline must hold at least {FEWEST_BASELINE} volumes that are used, got {used} of "
            f"{span_in_words(start, stop)}. Leave fewer of them out, or choose another baseline."
        )
    if count < SOUND_BASELINE:
        return (
            f"Only {count} volumes before the bolus: below {SOUND_BASELINE} the baseline is "
            "unsound, and every map with it.",
        )
    if count < GOOD_BASELINE:
        return (f"Only {count} volumes before the bolus: {GOOD_BASELINE} or more are better.",)
    return ()


def _settled(
    series: Series, voxels: BoolArray, baseline: tuple[int, int] | None
) -> tuple[Series, tuple[int, int], tuple[str, ...]]:
    """The scan with the volumes that are left out, its baseline, and words on both."""
    if baseline is not None:
        odd = find_odd_volumes(series, voxels) if series.left_out is None else ()
        left_out, notices = left_out_of(series, odd)
        return replace(series, left_out=left_out), baseline, notices
    proposal = propose(series, voxels)
    if proposal.boluses and not series.checked:
        raise DscError(several_boluses(proposal.boluses))
    return replace(series, left_out=proposal.left_out), proposal.baseline, proposal.notices


def _judged_mean(
    series: Series, mean: FloatArray, baseline: tuple[int, int], still: str
) -> tuple[str, ...]:
    """Words on the baseline and on the bolus of the brain's mean curve.

    Raises
    ------
    DscError
        If nobody has checked the scan and the curve rises or holds no bolus, which `still` says.
    """
    of_baseline = _judged_baseline(series, mean, baseline) if series.quantity == "signal" else ()
    missing = _missing_of_bolus(mean, baseline[0], series.left_out or ())
    if not series.checked:
        _refuse_doubtful(series, mean, baseline[1] - baseline[0], still)
    return (*of_baseline, *missing)


def _noise_of(series: Series, voxels: BoolArray, kept: slice, before: slice) -> float:
    """Noise of the scanner over the retained volumes, in units of the signal."""
    sample = sample_signals(series, voxels)[:, kept]
    return scanner_noise(sample, before, around=everywhere(series)[:, kept])


def _refuse_doubtful(series: Series, mean: FloatArray, before: int, still: str) -> None:
    """Raise for curves that rise or hold no bolus; `before`: volumes of the baseline."""
    known = series.quantity == "delta R2*"
    doubt = "" if known else doubtful_quantity(mean, (0, before))
    if doubt or still:
        raise DscError(doubt or still)
