"""Choice of the deconvolution that tells times best behind a narrow artery."""

import numpy as np

from napari_dsc.core.deconvolution import DECONVOLVERS, Deconvolver, method_name, times_method
from napari_dsc.core.maps import residue_at
from napari_dsc.core.pipeline.preparation import Prepared
from napari_dsc.core.plausibility import Operator, is_coarse, read_operator
from napari_dsc.core.settings import SETTINGS, Settings
from napari_dsc.core.types import FloatArray

__all__ = ["finer_times", "operator_of", "remedy_in_words"]


def operator_of(prepared: Prepared, aif: FloatArray, method: Deconvolver) -> Operator:
    """Try a method on tissue without delay and with a transit time of 4 s, behind an artery."""
    read = residue_at(prepared.tissue, aif, method)
    return read_operator(lambda curve: read(curve, 0.0), aif, prepared.time, method_name(method))


def finer_times(prepared: Prepared, aif: FloatArray, settings: Settings) -> Operator | None:
    """Method that tells Tmax and delay better behind a narrow artery than that of the settings.

    Parameters
    ----------
    prepared : Prepared
        The scan.
    aif : ndarray, shape (T,)
        Delta R2* of the artery over the retained volumes, 1/s.
    settings : Settings
        How the maps are made.

    Returns
    -------
    Operator or None
        The one that reads the smallest delay of tissue that has none; None: the method of the
        settings is within 1 s, or no other is.
    """
    chosen = settings.timing or settings.method
    if not is_coarse(operator_of(prepared, aif, chosen)):
        return None
    known = method_name(chosen)
    others = {
        name: times_method(name, settings.method) or settings.method
        for name in DECONVOLVERS
        if name != known
    }
    read = [operator_of(prepared, aif, method) for method in others.values()]
    sharp = [one for one in read if np.isfinite(one.delay) and not is_coarse(one)]
    return min(sharp, key=lambda one: abs(one.delay), default=None)


def remedy_in_words(finer: Operator) -> str:
    """Say what to choose for Tmax and delay, and what comes of it."""
    row = SETTINGS["times_by"]
    return (
        f"{row.label} {finer.name} ({row.option} {finer.name}) reads a delay of "
        f"{finer.delay + 0.0:.1f} s of tissue without delay behind this AIF."
    )
