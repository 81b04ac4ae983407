"""The arterial input function, from voxels."""

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Aif, BoolArray, FloatArray

__all__ = ["aif_from_voxels", "mean_curve"]

LONGEST_GAP = 2  # volumes in a row without a finite sample that are still interpolated


def mean_curve(curves: FloatArray) -> FloatArray:
    """Mean over the finite samples of some curves.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s. NaN: no sample.

    Returns
    -------
    ndarray, shape (T,)
        In float64; NaN where no curve has a sample.

    Examples
    --------
    >>> mean_curve(np.array([[0.0, 2.0, np.nan], [0.0, 4.0, 6.0]])).tolist()
    [0.0, 3.0, 6.0]
    """
    finite = np.isfinite(curves)
    total = np.where(finite, curves, 0).sum(axis=0, dtype=np.float64)
    count = finite.sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def aif_from_voxels(curves: FloatArray, voxels: BoolArray) -> Aif:
    """Mean of the curves of arterial voxels: of their delta R2*, not of their signals.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2* of the V voxels that `voxels` marks, 1/s. NaN: no sample.
    voxels : ndarray of bool, shape (...)
        Where the curves come from.

    Returns
    -------
    Aif
        The mean over the finite samples. Up to two volumes in a row without any are
        interpolated, and a notice says so.

    Raises
    ------
    DscError
        If there is no voxel, or more than two volumes in a row have no finite sample.

    Examples
    --------
    >>> curves = np.array([[0.0, 2.0, np.nan], [0.0, 4.0, 6.0]])
    >>> aif_from_voxels(curves, np.ones(2, dtype=bool)).curve.tolist()
    [0.0, 3.0, 6.0]
    """
    if len(curves) == 0:
        raise DscError("the AIF must hold at least one voxel, got none. Draw or click an artery.")
    mean = mean_curve(curves)
    finite = np.isfinite(mean)
    empty: NDArray[np.intp] = np.flatnonzero(~finite)
    if empty.size == 0:
        return Aif(curve=mean, voxels=voxels)
    runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
    at_an_end = empty[0] == 0 or empty[-1] == mean.size - 1
    if max(map(len, runs)) > LONGEST_GAP or at_an_end:
        named = ", ".join(map(str, empty[:6])) + (" …" if empty.size > 6 else "")
        raise DscError(
            f"the AIF must have a signal in every volume, got none in volumes {named}: it is "
            "saturated or empty there. Choose arterial voxels at the edge of the vessel."
        )
    mean[empty] = np.interp(empty, np.flatnonzero(finite), mean[finite])
    notice = (
        f"The AIF has no signal in volume{'s' if empty.size > 1 else ''} "
        f"{', '.join(map(str, empty))}; its value there was interpolated."
    )
    return Aif(curve=mean, voxels=voxels, notices=(notice,))
