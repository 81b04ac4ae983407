"""Public function that judges whether maps computed from arrays can be believed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.aif import SearchedCurves, mean_curve, measure, verdicts
from napari_dsc.core.argument_checks import (
    arterial_curve,
    as_baseline,
    as_curves,
    as_signal,
    as_time,
)
from napari_dsc.core.deconvolution import Method, deconvolver
from napari_dsc.core.defaults import METHOD, OSCILLATION_INDEX, SLICE_AXIS, SVD_THRESHOLD
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import residue_reader
from napari_dsc.core.maps.mask_argument import as_mask
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.noise import curve_noise, scanner_noise, some_of
from napari_dsc.core.plausibility.brain_evidence import brain_evidence
from napari_dsc.core.plausibility.findings import (
    Finding,
    JudgedAif,
    findings_of,
    read_operator,
)
from napari_dsc.core.quantities import CBF
from napari_dsc.core.signal import even_time
from napari_dsc.core.types import Aif, BoolArray, DSCPerfusionMaps, FloatArray, Measures

__all__ = ["plausibility"]


def plausibility(
    maps: DSCPerfusionMaps,
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    mask: ArrayLike | None = None,
    deconvolution_method: Method = METHOD,
    svd_threshold: float = SVD_THRESHOLD,
    *,
    signal: ArrayLike | None = None,
    baseline: slice | int | None = None,
    oscillation_index: float = OSCILLATION_INDEX,
    slice_axis: int = SLICE_AXIS,
    **parameters: float,
) -> tuple[Finding, ...]:
    """Say in sentences whether maps can be believed, and what they were computed from.

    The rules rest on the passage of a bolus: blood reaches an artery before the tissue that it
    feeds, half of a brain has more and half of it less than what is known of brains, areas are
    those of a bolus only if the scan holds all of it. Delays are read off the curves themselves,
    never off a deconvolution.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        From `compute_perfusion_maps`.
    delta_r2, aif, time, mask, deconvolution_method, svd_threshold, oscillation_index, **parameters
        What they were computed from, as there. The voxels of an `Aif` are judged one by one.
    signal : array_like, shape (..., T), optional
        Signal (Q.MS1.001), a.u.: tells which voxels of the AIF are saturated.
    baseline : slice or int, optional
        Volumes before the bolus; by default up to its arrival on the brain's mean curve.
    slice_axis : int
        Along which axis of a volume the slices lie.

    Returns
    -------
    tuple of Finding
        The AIF first; each with its key, its level ("good", "note", "doubtful") and its sentence.

    Raises
    ------
    DscError
        As `compute_perfusion_maps`, and if the maps are not of the curves' shape.

    Examples
    --------
    >>> from napari_dsc import compute_perfusion_maps, delta_r2_star, phantom
    >>> patient = phantom((32, 32, 4))
    >>> signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    >>> curves = delta_r2_star(signal, patient.series.echo_time, 10)
    >>> vein = curves[patient.tissue == 10].mean(axis=0)
    >>> maps = compute_perfusion_maps(curves, vein, time, patient.brain)
    >>> for one in plausibility(maps, curves, vein, time, patient.brain)[:2]:
    ...     print(one.level, one.key)
    doubtful aif
    doubtful early brain
    """
    curves = as_curves("delta_r2", delta_r2)
    shape = curves.shape[:-1]
    artery = arterial_curve(aif, curves, time)
    times = as_time(time, curves.shape[-1])
    brain = as_mask(mask, shape)
    _refuse_other_shape(maps, shape)
    rows = curves_of(curves, brain)
    before = _before(baseline, rows, times)
    evidence = brain_evidence(
        rows,
        times,
        brain,
        before=before,
        noise=curve_noise(rows, before, None).expected,
        slice_axis=slice_axis,
        affine=maps.cbv.affine,
    )
    operator = None
    if maps.cbf.units == CBF.units:
        method = deconvolver(
            deconvolution_method,
            svd_threshold=svd_threshold,
            oscillation_index=oscillation_index,
            **parameters,
        )
        read = residue_reader(artery, even_time(times, times.size), method)
        operator = read_operator(read, artery, times, deconvolution_method)
    values = None if signal is None else as_signal("signal", signal, curves.shape)
    drawn = aif.voxels if isinstance(aif, Aif) and aif.voxels.shape == shape else None
    judged = JudgedAif(artery, times)
    if drawn is not None and drawn.any():
        seen = None if values is None else values[drawn]
        searched = SearchedCurves(curves[drawn], times, before, seen, _noise(values, brain, before))
        counts = _verdict_counts(searched, evidence.mean)
        judged = JudgedAif(artery, times, int(drawn.sum()), counts)
    return findings_of(evidence, judged, maps, operator=operator)


def _noise(values: NDArray[Any] | None, brain: BoolArray, before: slice) -> float | None:
    """Noise of the scanner, a.u.; None without signals."""
    if values is None:
        return None
    return scanner_noise(some_of(values[brain]), before, around=some_of(values))


def _verdict_counts(curves: SearchedCurves, brain: Measures) -> Mapping[str, int]:
    """Curves of an AIF by what stands against them."""
    own = curves.measured(np.arange(len(curves.values)))
    return Counter(word for words in verdicts(own, brain) for word in words)


def _refuse_other_shape(maps: DSCPerfusionMaps, shape: tuple[int, ...]) -> None:
    """Raise for maps of other curves."""
    if maps.cbv.values.shape != shape:
        raise DscError(
            f"maps must have the shape of the curves, {shape}, got {maps.cbv.values.shape}. Pass "
            "what they were computed from."
        )


def _before(baseline: slice | int | None, rows: FloatArray, times: FloatArray) -> slice:
    """Volumes before the bolus: those that are given, or up to its arrival."""
    if baseline is not None:
        return as_baseline(baseline, times.size)
    arrival = measure(mean_curve(rows)[None], times, slice(0, 0)).arrival[0]
    stop = int(np.searchsorted(times, arrival)) if np.isfinite(arrival) else 1
    return slice(0, max(1, stop))
