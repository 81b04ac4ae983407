"""Public function that computes every perfusion map."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.aif import ArterialRecipe, as_shift
from napari_dsc.core.argument_checks import (
    arterial_curve,
    as_affine,
    as_baseline,
    as_curves,
    as_flag,
    as_time,
    bolus_in_baseline,
    holds_bolus,
)
from napari_dsc.core.deconvolution import (
    Method,
    deconvolver,
    refuse_other_parameters,
    times_method,
)
from napari_dsc.core.defaults import (
    AIF_GAMMA_VARIATE,
    AIF_SHIFT,
    BOLUS_MAPS,
    CBV_BY,
    DECONVOLVE,
    DENOISE,
    DENSITY,
    HEMATOCRIT_RATIO,
    METHOD,
    OSCILLATION_INDEX,
    RECOVERY,
    SLICE_AXIS,
    SPREAD,
    SVD_THRESHOLD,
    TIMES_BY,
    TTP_FROM,
)
from napari_dsc.core.denoising import as_denoise
from napari_dsc.core.errors import DscWarning
from napari_dsc.core.maps.compute_bolus_maps import as_origin, bolus_columns
from napari_dsc.core.maps.denoised_tissue import denoised_stages, measured_apart
from napari_dsc.core.maps.map_volumes import on_volume
from napari_dsc.core.maps.mask_argument import as_mask
from napari_dsc.core.maps.optimal_weights import as_cbv
from napari_dsc.core.maps.scale import Scale, area_weights
from napari_dsc.core.maps.stages import Quantification, perfusion_stages
from napari_dsc.core.maps.tissue_curves import Tissue, tissue_stages
from napari_dsc.core.maps.used_samples import UsedSamples, evidence_of, measured_later
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.progress import finished
from napari_dsc.core.signal import bolus_arrival
from napari_dsc.core.slice_timing import as_offsets, doubtful_timing
from napari_dsc.core.steady_state import unsteady_volumes
from napari_dsc.core.timed_signal import timing_of
from napari_dsc.core.types import (
    Aif,
    BoolArray,
    CbvBy,
    DeconvolvedMaps,
    DenoisingWay,
    DSCPerfusionMaps,
    FloatArray,
    TtpOrigin,
)

__all__ = ["compute_perfusion_maps"]


@overload
def compute_perfusion_maps(
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    mask: ArrayLike | None = ...,
    deconvolve: Literal[True] = ...,
    deconvolution_method: Method = ...,
    svd_threshold: float = ...,
    density: float = ...,
    hematocrit_ratio: float = ...,
    *,
    affine: ArrayLike | None = ...,
    oscillation_index: float = ...,
    baseline: slice | int | None = ...,
    signal: ArrayLike | None = ...,
    window: slice | None = ...,
    slice_times: ArrayLike | None = ...,
    slice_axis: int = ...,
    ttp_from: TtpOrigin = ...,
    leave_out: Iterable[int] | str | None = ...,
    end: int | None = ...,
    denoise: DenoisingWay = ...,
    cbv: CbvBy = ...,
    times_by: Method | Literal["as flow"] = ...,
    spread: bool = ...,
    aif_gamma_variate: bool = ...,
    aif_shift: float = ...,
    bolus_maps: bool = ...,
    recovery: float = ...,
    echo_time: float | None = ...,
    **parameters: float,
) -> DeconvolvedMaps: ...


@overload
def compute_perfusion_maps(
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    mask: ArrayLike | None = ...,
    deconvolve: bool = ...,
    deconvolution_method: Method = ...,
    svd_threshold: float = ...,
    density: float = ...,
    hematocrit_ratio: float = ...,
    *,
    affine: ArrayLike | None = ...,
    oscillation_index: float = ...,
    baseline: slice | int | None = ...,
    signal: ArrayLike | None = ...,
    window: slice | None = ...,
    slice_times: ArrayLike | None = ...,
    slice_axis: int = ...,
    ttp_from: TtpOrigin = ...,
    leave_out: Iterable[int] | str | None = ...,
    end: int | None = ...,
    denoise: DenoisingWay = ...,
    cbv: CbvBy = ...,
    times_by: Method | Literal["as flow"] = ...,
    spread: bool = ...,
    aif_gamma_variate: bool = ...,
    aif_shift: float = ...,
    bolus_maps: bool = ...,
    recovery: float = ...,
    echo_time: float | None = ...,
    **parameters: float,
) -> DSCPerfusionMaps: ...


def compute_perfusion_maps(
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    mask: ArrayLike | None = None,
    deconvolve: bool = DECONVOLVE,
    deconvolution_method: Method = METHOD,
    svd_threshold: float = SVD_THRESHOLD,
    density: float = DENSITY,
    hematocrit_ratio: float = HEMATOCRIT_RATIO,
    *,
    affine: ArrayLike | None = None,
    oscillation_index: float = OSCILLATION_INDEX,
    baseline: slice | int | None = None,
    signal: ArrayLike | None = None,
    window: slice | None = None,
    slice_times: ArrayLike | None = None,
    slice_axis: int = SLICE_AXIS,
    ttp_from: TtpOrigin = TTP_FROM,
    leave_out: Iterable[int] | str | None = None,
    end: int | None = None,
    denoise: DenoisingWay = DENOISE,
    cbv: CbvBy = CBV_BY,
    times_by: Method | Literal["as flow"] = TIMES_BY,
    spread: bool = SPREAD,
    aif_gamma_variate: bool = AIF_GAMMA_VARIATE,
    aif_shift: float = AIF_SHIFT,
    bolus_maps: bool = BOLUS_MAPS,
    recovery: float = RECOVERY,
    echo_time: float | None = None,
    **parameters: float,
) -> DSCPerfusionMaps:
    r"""Perfusion maps from delta R2* curves.

    CBV :math:`= 100 \frac{k_H}{\rho} \int C_t / \int C_a`, CBF :math:`= 6000
    \frac{k_H}{\rho} \max R` with :math:`C_t = C_a \otimes R` [1]_ [2]_, and MTT
    :math:`= 60\,CBV/CBF` (M.ID1.001).

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s. Any constant factor that the AIF shares cancels.
        float32 stays float32.
    aif : array_like, shape (T,), or Aif
        Delta R2* of the artery, 1/s, at the times of the volumes; of an `Aif`, its curve.
    time : array_like, shape (T,)
        Time of each sample, s, in steps of 0.2 to 6 s. Steps that differ by more than 1 % are
        resampled, with a warning.
    mask : array_like, shape (...), optional
        Brain: bool, or integer labels of which every positive one counts.
    deconvolve : bool
        If False, `cbf` is the ratio of the peaks and `mtt` is `cbv` over it, both relative
        (unit "1"), and there is no `tmax` and no `delay`.
    deconvolution_method : str
        A key of `DECONVOLVERS`.
    svd_threshold : float
        Singular values below this fraction of the largest are dropped; for oSVD the largest
        threshold that its search may reach. Tikhonov has none.
    density : float
        Density of brain, g/mL.
    hematocrit_ratio : float
        kH = (1 - haematocrit of large vessels) / (1 - haematocrit of small vessels).
    affine : array_like, shape (4, 4), optional
        Voxel indices to RAS millimetres, carried by the maps.
    oscillation_index : float
        oSVD's limit of the oscillation index.
    baseline : slice or int, optional
        Volumes before the bolus, for the quality flags; by default up to the AIF's arrival.
        Volumes in which the AIF has risen to more than 10 % of its peak are refused.
    signal : array_like, shape (..., T), optional
        The signal itself, a.u., for the flags that need it.
    window : slice, optional
        Volumes over which the curves are integrated for CBV, tissue and AIF alike, such as the
        first pass; by default all.
    slice_times : array_like, shape (S,), optional
        When each slice is measured after its volume begins, s: the artery is brought to the times
        of each slice. Only for curves that are at the times of their slices still: `delta_r2_star`
        has brought those of the signal of `read` to the times of the volumes.
    slice_axis : int
        Along which axis of a volume the slices lie.
    ttp_from : {"start of scan", "bolus arrival"}
        From where TTP counts: Q.CD1.003 from the first sample's time zero, Q.CD1.010 from the
        arrival of the mean curve of the voxels.
    leave_out : iterable of int, or str, optional
        Samples that are not used, counted from 0, or as "4, 50-55": the curves are straight
        between their neighbours. Leave the same ones out of the baseline of `delta_r2_star`.
    end : int, optional
        First sample that is not used, nor any after it.
    denoise : {"none", "similar curves"}
        "similar curves": each curve is replaced by the mean of those around it that differ from
        it by no more than noise; the map `removed` in `more` tells what that took away.
    cbv : {"integral", "weights"}
        How CBV is read off a curve: the ratio of areas above, or the weighted sum of the curve's
        samples whose expected error is the least, over model tissue of this artery and the noise
        of the voxels before the bolus. With a `window`, samples outside of it have no weight.
    times_by : str
        A key of `DECONVOLVERS` whose residue functions tell `tmax` and `delay`; "as flow": those
        that tell `cbf`. Parameters that both methods have are the same.
    spread : bool
        Tell the scatter of maps that are linear in the curve too (`ParameterMap.scatter`): of all
        but the delay with sSVD and cSVD, of CBV with the others. "Posterior" tells the standard
        deviations of its maps (`ParameterMap.sd`) in any case.
    aif_gamma_variate : bool
        Deconvolve with the gamma variate that fits the first pass of the AIF.
    aif_shift : float
        By how much the AIF is moved to later times, s.
    bolus_maps : bool
        Compute the maps of the bolus's shape too, as `compute_bolus_maps`; they are in `more`.
    recovery, echo_time : float, optional
        As for `compute_bolus_maps`: of them only, and of PSR.
    **parameters : float
        Further parameters of the method, by their names.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...). NaN outside the mask and where there is no answer.

    Raises
    ------
    DscError
        If an argument is not of real numbers, shapes do not match, `aif` or `time` is not finite,
        time does not increase, cannot be in seconds or is no time axis (a gap above 60 s, two
        volumes closer than 5 % of a step), the AIF's area is not positive, the mask is empty, the
        baseline holds the bolus, a parameter is out of its range or is none of
        the method, or the method is unknown. Masked
        samples are NaN.

    Warns
    -----
    DscWarning
        If the curves hold volumes before the steady state, slice times that are known are not
        corrected, or time steps are resampled.

    References
    ----------
    .. [1] Østergaard L et al. (1996). Magn Reson Med 36(5):715-725.
    .. [2] Calamante F et al. (1999). J Cereb Blood Flow Metab 19(7):701-735.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_dsc import compute_perfusion_maps
    >>> delta_r2 = np.random.rand(64, 64, 20, 60) * 10
    >>> aif = np.random.rand(60) * 20
    >>> time = np.linspace(0, 90, 60)
    >>> maps = compute_perfusion_maps(delta_r2, aif, time)
    >>> maps.cbf.values.shape
    (64, 64, 20)
    """
    from_arrival = as_origin(ttp_from)
    curves = as_curves("delta_r2", delta_r2)
    place, shape = as_affine(affine), curves.shape[:-1]
    artery = arterial_curve(aif, curves, time)
    times = as_time(time, curves.shape[-1])
    voxels = as_mask(mask, shape)
    method = deconvolver(
        deconvolution_method,
        svd_threshold=svd_threshold,
        oscillation_index=oscillation_index,
        **parameters,
    )
    refuse_other_parameters(deconvolution_method, parameters)
    by, timing = as_cbv(cbv), times_method(times_by, method)
    recipe = ArterialRecipe(
        gamma_variate=as_flag("aif_gamma_variate", aif_gamma_variate), shift=as_shift(aif_shift)
    )
    scale = Scale(density, hematocrit_ratio)
    solved = as_flag("deconvolve", deconvolve)
    used = UsedSamples.of(times, window, leave_out, end)
    curves, artery, times = used.curves(curves), used.curves(artery), used.time
    artery = recipe.applied(Aif(curve=artery, voxels=np.zeros(0, np.bool_)), times).curve
    before = _before_bolus(baseline, artery, bool(artery @ area_weights(times) > 0))
    offsets = as_offsets(slice_times, slice_axis, shape)
    evidence = None
    if signal is not None:
        levels = used.signals(signal, shape)
        evidence = evidence_of(levels, voxels, before)
        if words := doubtful_timing(curves, levels, timing_of(signal), given=offsets is not None):
            warnings.warn(words, DscWarning, stacklevel=2)
    rows = curves_of(curves, voxels)
    work = tissue_stages(rows, times, baseline=before, evidence=evidence, left_out=used.bridges)
    tissue, start = measured_later(finished(work), offsets, voxels, from_arrival=from_arrival)
    if words := unsteady_volumes(tissue.mean, _rise(artery)):
        warnings.warn(words, DscWarning, stacklevel=2)
    tissue, beside = _denoised(tissue, voxels, slice_axis, offsets, denoise)
    tissue, flag = used.windowed(tissue), as_flag("spread", spread)
    how = Quantification(method if solved else None, scale, by, timing, flag)
    values, notices = finished(perfusion_stages(tissue, artery, how, origin=start))
    if as_flag("bolus_maps", bolus_maps):
        columns, more = bolus_columns(tissue, recovery, start, echo_time)
        values = values.beside(columns)
        notices = tuple(dict.fromkeys((*notices, *more)))
    for notice in notices:
        warnings.warn(notice, DscWarning, stacklevel=2)
    return on_volume(values.beside(beside), voxels, place)


def _denoised(
    tissue: Tissue,
    voxels: BoolArray,
    slice_axis: int,
    offsets: FloatArray | None,
    denoise: DenoisingWay,
) -> tuple[Tissue, Mapping[str, FloatArray]]:
    """Tissue with the curves that are asked for, and the columns that come with them."""
    if as_denoise(denoise) == DENOISE:
        return tissue, {}
    return finished(denoised_stages(tissue, voxels, slice_axis, apart=measured_apart(offsets)))


def _rise(artery: FloatArray) -> int:
    """Volume at which a bolus arrives, whatever level the curve has before it."""
    return bolus_arrival(artery - np.median(artery[: max(1, int(artery.argmax()))]))


def _before_bolus(baseline: slice | int | None, artery: FloatArray, judged: bool) -> slice:
    """Volumes before the bolus; raise where somebody states some that hold it, if judged."""
    if baseline is None:
        return slice(0, bolus_arrival(artery))
    arrival = _rise(artery)
    before = as_baseline(baseline, artery.size, empty=True)
    reached = holds_bolus(artery, before, arrival) if judged else None
    if reached is not None:
        raise bolus_in_baseline("the AIF", before, reached, arrival)
    return before
