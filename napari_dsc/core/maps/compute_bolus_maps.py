"""Public function that computes the maps of the bolus's shape, without an artery."""

import warnings
from collections.abc import Iterable
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.argument_checks import (
    as_affine,
    as_baseline,
    as_curves,
    as_time,
)
from napari_dsc.core.defaults import RECOVERY, SLICE_AXIS, TTP_FROM
from napari_dsc.core.errors import DscWarning
from napari_dsc.core.maps.bolus_shape import BolusShape, bolus_stages
from napari_dsc.core.maps.map_volumes import on_volume
from napari_dsc.core.maps.mask_argument import as_mask
from napari_dsc.core.maps.tissue_curves import Tissue, tissue_stages
from napari_dsc.core.maps.used_samples import UsedSamples, evidence_of, measured_later
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.progress import finished
from napari_dsc.core.real_numbers import as_number, refuse_unknown_word
from napari_dsc.core.signal import bolus_arrival
from napari_dsc.core.slice_timing import as_offsets
from napari_dsc.core.time_units import refuse_echo_time
from napari_dsc.core.types import BolusMaps, FloatArray, TtpOrigin

__all__ = ["as_origin", "bolus_columns", "compute_bolus_maps"]


def compute_bolus_maps(
    delta_r2: ArrayLike,
    time: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    echo_time: float | None = None,
    affine: ArrayLike | None = None,
    baseline: slice | int | None = None,
    signal: ArrayLike | None = None,
    window: slice | None = None,
    recovery: float = RECOVERY,
    slice_times: ArrayLike | None = None,
    slice_axis: int = SLICE_AXIS,
    ttp_from: TtpOrigin = TTP_FROM,
    leave_out: Iterable[int] | str | None = None,
    end: int | None = None,
) -> BolusMaps:
    r"""Maps of the bolus's shape from delta R2* curves: they need no artery.

    TTP, the area under the bolus (proportional to blood volume), peak height, full width at half of
    the peak, first moment, time of arrival, and the percentage of signal recovery
    :math:`PSR = 100 (S_{end} - S_{min}) / (S_0 - S_{min})` [1]_. None of them is absolute: they
    hang on dose, injection and sequence, and are compared within a scan.

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s.
    time : array_like, shape (T,)
        Time of each sample, s, in steps of 0.2 to 6 s.
    mask : array_like, shape (...), optional
        Brain: bool, or integer labels of which every positive one counts.
    echo_time : float, optional
        Echo time (Q.MS1.005), s, which PSR needs; without it there is no PSR.
    affine : array_like, shape (4, 4), optional
        Voxel indices to RAS millimetres, for the result.
    baseline : slice or int, optional
        Volumes before the bolus; by default up to its arrival in the mean curve.
    signal : array_like, shape (..., T), optional
        Signal, for the flags that need it.
    window : slice, optional
        Samples over which area and first moment are taken, such as the first pass; by default all.
    recovery : float
        Seconds at the end over whose mean signal PSR is read. They must begin after the first pass.
    slice_times : array_like, shape (S,), optional
        When each slice is measured after its volume begins, s: times count with it.
    slice_axis : int
        Axis of a volume along which slices lie.
    ttp_from : {"start of scan", "bolus arrival"}
        From where TTP, first moment and arrival count; the bolus arrives with the mean curve.
    leave_out : iterable of int or str, optional
        Samples that are not used, as "4, 50-55": they are bridged.
    end : int, optional
        First sample that is not used, nor any after it.

    Returns
    -------
    BolusMaps
        Maps of shape (...). NaN outside the mask and where there is no answer.

    Raises
    ------
    DscError
        If an argument is not of real numbers, shapes do not match, time is no time axis, the mask
        is empty, or a parameter is out of its range.

    Warns
    -----
    DscWarning
        If time steps are resampled, or the end of the scan tells no PSR.

    References
    ----------
    .. [1] Cha S et al. (2007). AJNR Am J Neuroradiol 28(6):1078-1084.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(0, 90, 1.5)
    >>> bolus = np.where(time > 15, (time - 15) ** 2 * np.exp(-(time - 15) / 3), 0.0)
    >>> maps = compute_bolus_maps(bolus, time, echo_time=0.03)
    >>> float(maps.more["peak"].values), maps.more["psr"].units
    (4.8..., '%')
    """
    from_arrival = as_origin(ttp_from)
    curves = as_curves("delta_r2", delta_r2)
    place, shape = as_affine(affine), curves.shape[:-1]
    times = as_time(time, curves.shape[-1])
    voxels = as_mask(mask, shape)
    how = BolusShape(recovery)
    echo = None if echo_time is None else refuse_echo_time(as_number("echo_time", echo_time))
    used = UsedSamples.of(times, window, leave_out, end)
    rows = curves_of(used.curves(curves), voxels)
    before = _before(baseline, rows)
    evidence = None
    if signal is not None:
        evidence = evidence_of(used.signals(signal, shape), voxels, before)
    offsets = as_offsets(slice_times, slice_axis, shape)
    tissue = finished(tissue_stages(rows, used.time, baseline=before, evidence=evidence))
    tissue, start = measured_later(tissue, offsets, voxels, from_arrival=from_arrival)
    work = bolus_stages(used.windowed(tissue), how, origin=start, echo_time=echo)
    values, notices = finished(work)
    for notice in notices:
        warnings.warn(notice, DscWarning, stacklevel=2)
    maps = on_volume(values, voxels, place)
    return BolusMaps.from_keys(
        dict(maps.items()), quality_mask=maps.quality_mask, quality=maps.quality
    )


def bolus_columns(
    tissue: Tissue, recovery: float, origin: float, echo_time: float | None
) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Columns of the bolus's shape beside those of a deconvolution, and words on them."""
    echo = None if echo_time is None else refuse_echo_time(as_number("echo_time", echo_time))
    work = bolus_stages(tissue, BolusShape(recovery), origin=origin, echo_time=echo)
    values, notices = finished(work)
    return dict(values.columns), notices


def as_origin(ttp_from: Any) -> bool:
    """Whether TTP counts from bolus arrival; raise for what is no origin."""
    refuse_unknown_word("ttp_from", ttp_from, get_args(TtpOrigin))
    return bool(ttp_from == "bolus arrival")


def _before(baseline: slice | int | None, rows: FloatArray) -> slice:
    """Volumes before the bolus: as they are given, or up to its arrival in the mean curve."""
    size = rows.shape[1]
    if baseline is not None:
        return as_baseline(baseline, size, empty=True)
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        mean: FloatArray = np.nanmean(rows, axis=0, dtype=np.float64)
    return slice(0, bolus_arrival(mean))
