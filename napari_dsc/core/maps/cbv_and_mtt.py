"""Parameters that are ratios: blood volume, and transit time."""

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.argument_checks import arterial_curve, as_curves, as_reals, as_time
from napari_dsc.core.defaults import HEMATOCRIT_RATIO
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps.scale import Scale, area_weights, arterial_area
from napari_dsc.core.signal import even_time
from napari_dsc.core.types import Aif, FloatArray

__all__ = ["compute_cbv", "compute_mtt"]


def compute_cbv(
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    hematocrit_ratio: float = HEMATOCRIT_RATIO,
) -> FloatArray:
    r"""Cerebral blood volume as a fraction: :math:`k_H \int C_t / \int C_a`, without density.

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s.
    aif : array_like, shape (T,)
        Delta R2* of the artery, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s.
    hematocrit_ratio : float
        kH = (1 - haematocrit of large vessels) / (1 - haematocrit of small vessels).

    Returns
    -------
    ndarray, shape (...)
        Volume of blood per volume of tissue; NaN where a sample is not finite.

    Raises
    ------
    DscError
        As `compute_perfusion_maps`.

    References
    ----------
    .. [1] Østergaard L et al. (1996). Magn Reson Med 36(5):715-725.

    Examples
    --------
    >>> bolus = np.array([0.0, 10.0, 0.0])
    >>> float(compute_cbv(bolus / 10, bolus, [0, 1, 2], hematocrit_ratio=0.5))
    0.05
    """
    curves = as_curves("delta_r2", delta_r2)
    kh = Scale(hematocrit_ratio=hematocrit_ratio).hematocrit_ratio
    artery = arterial_curve(aif, curves, time)
    times = as_time(time, curves.shape[-1])
    even_time(times, curves.shape[-1])  # refuses what is no time axis
    weights = area_weights(times)
    with np.errstate(all="ignore"):
        ratio = np.asarray(
            curves @ (weights * kh / arterial_area(artery, weights)).astype(curves.dtype)
        )
    return np.where(np.isfinite(ratio), ratio, np.nan)


def compute_mtt(cbv: ArrayLike, cbf: ArrayLike) -> FloatArray:
    """Mean transit time by the central volume principle (M.ID1.001): volume over flow.

    So the MTT map of every method follows from the other two, but for those whose
    `central_volume` is False: a posterior mean of a ratio is not the ratio of posterior means.

    Parameters
    ----------
    cbv, cbf : array_like, shape (...)
        Volume and flow.

    Returns
    -------
    ndarray, shape (...)
        Their ratio, in the unit of `cbv` over that of `cbf` (mL/100g and mL/100g/min give
        minutes). NaN where the flow is not positive.

    Raises
    ------
    DscError
        If either is not real numbers, or their shapes do not fit.

    References
    ----------
    .. [1] Stewart GN (1894). J Physiol 15:1-89.

    Examples
    --------
    >>> compute_mtt([4.0, 4.0], [60.0, 0.0]) * 60
    array([ 4., nan])
    """
    volume, flow = (
        one if one.dtype.kind == "f" else one.astype(np.float64)
        for one in (as_reals("cbv", cbv), as_reals("cbf", cbf))
    )
    try:
        volume, flow = np.broadcast_arrays(volume, flow)
    except ValueError as error:
        raise DscError(
            f"cbf must have the shape of cbv, {volume.shape}, got {flow.shape}. Pass maps of one "
            "scan."
        ) from error
    with np.errstate(all="ignore"):
        ratio = volume / flow
    return np.where(flow > 0, ratio, np.nan).astype(ratio.dtype)
