"""Public function that corrects curves for leakage of contrast agent."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.argument_checks import as_curves, as_reals, as_time, refuse_gaps
from napari_dsc.core.defaults import LEAKAGE_MODEL, LEAKAGE_TOLERANT
from napari_dsc.core.errors import DscError
from napari_dsc.core.leakage.models import ModelName, leakage_model
from napari_dsc.core.masks import as_voxels
from napari_dsc.core.short_repr import brief
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Leakage", "correct_leakage"]

FEWEST = 8  # volumes


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leakage:
    """Curves without the agent that has leaked, and how much has.

    Parameters
    ----------
    corrected : ndarray, shape (..., T)
        Delta R2* of the agent in vessels, 1/s: the curve and K2 times what the reference has
        brought, nothing else; the curve itself where nothing is corrected.
    k1 : ndarray, shape (...)
        K1 (Q.LC1.001): blood volume over that of the reference, without unit.
    k2 : ndarray, shape (...)
        K2 (Q.LC1.002), 1/s: positive where leaked agent brightens the signal (T1), negative
        where it darkens it (T2*). Its sign is kept.
    kep : ndarray, shape (...)
        Rate at which leaked agent comes back, 1/s; 0 in a model in which it does not. It is no
        map: a scan of minutes at its noise hardly tells it in a voxel.
    """

    corrected: FloatArray
    k1: FloatArray
    k2: FloatArray
    kep: FloatArray


def correct_leakage(
    delta_r2: ArrayLike,
    reference: ArrayLike,
    time: ArrayLike,
    model: ModelName = LEAKAGE_MODEL,
    *,
    tolerant: bool = LEAKAGE_TOLERANT,
    where: ArrayLike | None = None,
) -> Leakage:
    r"""Take leaked agent out of curves, by what a curve of tissue that does not leak tells.

    Fits :math:`\Delta R_2^*(t) = K_1 r(t) - K_2 \int_0^t r(\tau) e^{-k_{ep}(t-\tau)} d\tau` to
    each curve by least squares, over all samples, with kep = 0 in the model BSW [1]_ and searched
    for in the bidirectional one [2]_, and adds the second term back.

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s. float32 stays float32.
    reference : array_like, shape (T,)
        Mean delta R2* of tissue that does not enhance, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s; steps may differ.
    model : {"BSW", "bidirectional"}
        A key of `LEAKAGE_MODELS`.
    tolerant : bool
        Let slope and curvature of the reference be in a curve too, beside the two terms above: a
        bolus that comes later, or stays longer, is then not taken for leakage as easily. They stay
        in what is corrected. False: the two terms alone, as in the papers.
    where : array_like of bool, shape (...), optional
        Where curves are corrected, such as in what enhances; everywhere by default. K1, K2 and
        kep are found everywhere.

    Returns
    -------
    Leakage
        NaN where a sample is not finite.

    Raises
    ------
    DscError
        If shapes do not match, the reference is not finite or flat, time does not increase, there
        are fewer than eight samples, or the model is unknown.

    References
    ----------
    .. [1] Boxerman JL et al. (2006). AJNR Am J Neuroradiol 27(4):859-867.
    .. [2] Leu K et al. (2016). J Magn Reson Imaging 43(4):920-931.

    Examples
    --------
    >>> time = np.arange(60.0)
    >>> white = np.where(time > 20, (time - 20) * np.exp(-(time - 20) / 4), 0)
    >>> leaky = 3 * white - 0.02 * np.cumsum(white)
    >>> found = correct_leakage(leaky, white, time)
    >>> round(float(found.k1), 1), round(float(found.k2), 2)
    (3.0, 0.02)
    """
    curves = as_curves("delta_r2", delta_r2, FEWEST)
    times = as_time(time, curves.shape[-1])
    known = leakage_model(model, tolerant=tolerant)(_as_reference(reference, times.size), times)
    shape = curves.shape[:-1]
    applied = None
    if where is not None:
        applied = as_voxels(where, "where", shape, several="all").voxels
    rows = curves.reshape(-1, times.size)
    whole: BoolArray = np.asarray(np.isfinite(rows).all(axis=1))
    found = known.fit(np.where(whole[:, None], rows, 0))
    k1, k2, kep = (
        np.where(whole, one, np.nan).astype(curves.dtype)
        for one in (found.k1, found.k2, known.rates[found.rate])
    )
    leaked = k2[:, None] * known.terms.astype(curves.dtype)[found.rate]
    if applied is not None:
        leaked[~applied.ravel()] = 0
    return Leakage(
        corrected=(rows + leaked).reshape(curves.shape),
        k1=k1.reshape(shape),
        k2=k2.reshape(shape),
        kep=kep.reshape(shape),
    )


def _as_reference(reference: Any, count: int) -> FloatArray:
    """Reference in float64: one finite value for each sample."""
    given = as_reals("reference", reference, "Pass a curve, shape (T,).").astype(np.float64)
    if given.shape != (count,):
        raise DscError(
            f"reference must have shape ({count},) like the curves of delta_r2, got "
            f"{given.shape}. Give one value for each volume."
        )
    refuse_gaps("reference", given, "Take the mean of more voxels.")
    return given
