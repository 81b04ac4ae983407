"""The public function that computes every map."""

import warnings
from operator import index

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.deconvolution import deconvolver
from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.maps.inputs import as_aif, as_curves, as_mask
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.maps.stages import perfusion_stages
from napari_dsc.core.maps.tissue import times_of, tissue_stages, windowed
from napari_dsc.core.maps.volume import on_volume
from napari_dsc.core.noise import some_of
from napari_dsc.core.quality import signal_evidence
from napari_dsc.core.signal import bolus_arrival
from napari_dsc.core.steps import finished
from napari_dsc.core.types import DSCPerfusionMaps
from napari_dsc.core.voxels import curves_of

__all__ = ["compute_perfusion_maps"]


def compute_perfusion_maps(
    delta_r2: ArrayLike,
    aif: ArrayLike,
    time: ArrayLike,
    mask: ArrayLike | None = None,
    deconvolve: bool = True,
    deconvolution_method: str = "oSVD",
    svd_threshold: float = 0.2,
    density: float = 1.04,
    hematocrit_ratio: float = 0.73,
    *,
    affine: ArrayLike | None = None,
    oscillation_index: float = 0.035,
    baseline: slice | int | None = None,
    signal: ArrayLike | None = None,
    window: slice | None = None,
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
    aif : array_like, shape (T,)
        Delta R2* of the artery, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s. Steps that differ by 1 to 20 % are resampled, with a warning.
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
    signal : array_like, shape (..., T), optional
        The signal itself, a.u., for the flags that need it.
    window : slice, optional
        Volumes over which the curves are integrated for CBV, tissue and AIF alike, such as the
        first pass; by default all.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...). NaN outside the mask and where there is no answer.

    Raises
    ------
    DscError
        If shapes do not match, `aif` or `time` is not finite, time does not increase or is
        uneven by more than 20 %, the AIF's area is not positive, the mask is empty, a
        parameter is out of its range or the method is unknown.

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
    curves = as_curves(delta_r2)
    place = None if affine is None else np.asarray(affine, dtype=np.float64)
    if place is not None and place.shape != (4, 4):
        raise DscError(f"affine must have shape (4, 4), got {place.shape}.")
    shape = curves.shape[:-1]
    voxels = as_mask(mask, shape)
    method = deconvolver(
        deconvolution_method, svd_threshold=svd_threshold, oscillation_index=oscillation_index
    )
    artery = as_aif(aif, curves.shape[-1])
    if baseline is None:
        baseline = bolus_arrival(artery)
    elif not isinstance(baseline, slice) and not 0 <= index(baseline) <= artery.size:
        raise DscError(
            f"baseline must be 0 to {artery.size} volumes, got {baseline}. Choose volumes before "
            "the bolus arrives."
        )
    before = baseline if isinstance(baseline, slice) else slice(0, baseline)
    evidence = None
    if signal is not None:
        levels = np.asarray(signal)
        if levels.shape != curves.shape:
            raise DscError(
                f"signal must have the shape of delta_r2, {curves.shape}, got {levels.shape}. "
                "Pass the signal that delta_r2 was made from."
            )
        evidence = signal_evidence(curves_of(levels, voxels), before, some_of(levels))
    scale = Scale(density, hematocrit_ratio)
    tissue = finished(
        tissue_stages(
            curves_of(curves, voxels),
            np.asarray(time, dtype=np.float64),
            baseline=before,
            evidence=evidence,
        )
    )
    if window is not None:
        span = times_of(window, np.asarray(time, dtype=np.float64))
        tissue = windowed(tissue, span)
    values, notices = finished(
        perfusion_stages(tissue, artery, method if deconvolve else None, scale)
    )
    for notice in notices:
        warnings.warn(notice, DscWarning, stacklevel=2)
    return on_volume(values, voxels, place)
