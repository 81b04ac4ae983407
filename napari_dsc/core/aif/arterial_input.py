"""Arterial input function: the mean of arterial voxels, or a curve that was given."""

from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import AIF_AVERAGE
from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import described
from napari_dsc.core.types import Aif, AifAverage, BoolArray, FloatArray

__all__ = ["aif_from_voxels", "as_average", "average_curve", "mean_curve"]

TRIMMED = 0.2  # of the values of a sample: so many are left out at either end

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


def as_average(aif_average: Any) -> AifAverage:
    """How curves of voxels become one.

    Raises
    ------
    DscError
        If it is none of the ways that there are.
    """
    if aif_average not in get_args(AifAverage):
        raise DscError(
            f"aif_average must be one of {', '.join(get_args(AifAverage))}, got "
            f"{described(aif_average)}. Choose one."
        )
    return cast("AifAverage", aif_average)


def average_curve(curves: FloatArray, aif_average: AifAverage = AIF_AVERAGE) -> FloatArray:
    """Average over the finite samples of some curves, sample by sample.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s. NaN: no sample.
    aif_average : {"mean", "median", "trimmed mean"}
        The trimmed mean leaves out a fifth of a sample's values, rounded down, at either end: of
        fewer than five voxels none.

    Returns
    -------
    ndarray, shape (T,)
        In float64; NaN where no curve has a sample.

    Raises
    ------
    DscError
        If the average is unknown.

    Examples
    --------
    >>> one = np.array([[1.0], [2.0], [3.0], [4.0], [90.0]])
    >>> [float(average_curve(one, how)[0]) for how in ("mean", "median", "trimmed mean")]
    [20.0, 3.0, 3.0]
    """
    if as_average(aif_average) == "mean":
        return mean_curve(curves)
    ordered = np.sort(np.where(np.isfinite(curves), curves, np.nan).astype(np.float64), axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    share = TRIMMED if aif_average == "trimmed mean" else 0.5
    cut = np.minimum(np.floor(share * count).astype(np.intp), np.maximum(count - 1, 0) // 2)
    rank = np.arange(len(ordered))[:, None]
    middle = (rank >= cut) & (rank < count - cut)
    return mean_curve(np.where(middle, ordered, np.nan))


def aif_from_voxels(
    curves: FloatArray, voxels: BoolArray, aif_average: AifAverage = AIF_AVERAGE
) -> Aif:
    """Average of the curves of arterial voxels: of their delta R2*, not of their signals.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2* of the V voxels that `voxels` marks, 1/s. NaN: no sample.
    voxels : ndarray of bool, shape (...)
        Where the curves come from.
    aif_average : {"mean", "median", "trimmed mean"}
        As of `average_curve`.

    Returns
    -------
    Aif
        The average over the finite samples. Up to two volumes in a row without any are
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
    mean = average_curve(curves, aif_average)
    history = () if aif_average == AIF_AVERAGE else (aif_average,)
    finite = np.isfinite(mean)
    empty: NDArray[np.intp] = np.flatnonzero(~finite)
    if empty.size == 0:
        return Aif(curve=mean, voxels=voxels, history=history)
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
    return Aif(curve=mean, voxels=voxels, notices=(notice,), history=history)
