"""Recipe of an arterial input function: average of its voxels, fit and shift."""

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from napari_dsc.core.aif.arterial_input import as_average
from napari_dsc.core.aif.gamma_variate import GammaVariate, fit_gamma_variate
from napari_dsc.core.defaults import AIF_AVERAGE, AIF_GAMMA_VARIATE, AIF_SHIFT
from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_flag, as_number
from napari_dsc.core.timed_signal import later
from napari_dsc.core.types import Aif, AifAverage, FloatArray

__all__ = ["MOST_SHIFT", "ArterialRecipe", "as_shift", "in_words"]

MOST_SHIFT = 10.0  # s: by which an AIF is moved, either way


@dataclass(frozen=True, slots=True)
class ArterialRecipe:
    """What is made of the curves of an artery, in this order: average, VOF, fit, shift.

    The factor of a VOF tells how much of a voxel is artery: it is found of the curve that was
    measured, recirculation and all, before a gamma variate takes its place.

    Parameters
    ----------
    average : {"mean", "median", "trimmed mean"}
        How the curves of voxels become one. A curve that was loaded has none.
    gamma_variate : bool
        Whether the gamma variate that fits the first pass takes the place of the curve:
        recirculation and noise leave it.
    shift : float
        By how much the artery is moved to later times, s; negative: to earlier ones.

    Raises
    ------
    DscError
        If the average is unknown, or the shift is no number up to 10 s.
    """

    average: AifAverage = AIF_AVERAGE
    gamma_variate: bool = AIF_GAMMA_VARIATE
    shift: float = AIF_SHIFT

    def __post_init__(self) -> None:
        as_average(self.average)
        as_flag("aif_gamma_variate", self.gamma_variate)
        object.__setattr__(self, "shift", as_shift(self.shift))

    def measured(self, aif: Aif) -> Aif:
        """Return an AIF as it was before its fit and its shift."""
        if aif.measured is None:
            return aif
        before = tuple(one for one in aif.history if one in get_args(AifAverage))
        return replace(aif, curve=aif.measured, measured=None, history=before)

    def applied(self, aif: Aif, time: FloatArray) -> Aif:
        """Return an AIF with its fit and its shift; itself where it has neither.

        Parameters
        ----------
        aif : Aif
            As it was measured; of one that had a fit or a shift before, these are made anew.
        time : ndarray, shape (T,)
            Times of its samples, s.

        Raises
        ------
        DscError
            If no gamma variate fits the curve.
        """
        plain = self.measured(aif)
        if not self.gamma_variate and self.shift == 0:
            return plain
        words = list(plain.history)
        if self.gamma_variate:
            fit = self._fit(plain.curve, time)
            curve = fit(time - self.shift)
            words.append(in_words(fit))
        else:
            curve = np.asarray(plain.curve @ later(time, -self.shift))
        if self.shift:
            words.append(f"shifted by {self.shift:g} s")
        return replace(plain, curve=curve, measured=plain.curve, history=tuple(words))

    def _fit(self, curve: FloatArray, time: FloatArray) -> GammaVariate:
        try:
            return fit_gamma_variate(curve, time)
        except DscError as error:
            raise DscError(
                f"the AIF must have a first pass to be replaced by its gamma variate: {error} Or "
                "take the AIF as it was measured."
            ) from error


def as_shift(shift: Any) -> float:
    """Shift of an AIF, s.

    Raises
    ------
    DscError
        If it is no number, or more than 10 s.
    """
    seconds = as_number("aif_shift", shift)
    if not abs(seconds) <= MOST_SHIFT:
        raise DscError(
            f"aif_shift must lie in -{MOST_SHIFT:g} to {MOST_SHIFT:g} s, got {seconds:g}. If it "
            "is in milliseconds, divide it by 1000."
        )
    return seconds


def in_words(fit: GammaVariate) -> str:
    """Say which gamma variate it is.

    Examples
    --------
    >>> in_words(GammaVariate(scale=1.0, t0=20.0, a=3.0, b=1.5))
    'gamma variate, t0 20.0 s, a 3.00, b 1.50 s'
    """
    return f"gamma variate, t0 {fit.t0:.1f} s, a {fit.a:.2f}, b {fit.b:.2f} s"
