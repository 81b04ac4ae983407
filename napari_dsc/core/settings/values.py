"""Settings of one analysis."""

from dataclasses import dataclass, field
from functools import partial

from napari_dsc.core.deconvolution import Deconvolver, deconvolver
from napari_dsc.core.defaults import METHOD, SLICE_TIMING, TTP_FROM
from napari_dsc.core.maps import Scale
from napari_dsc.core.types import TtpOrigin

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to compute: a snapshot of the form.

    Parameters
    ----------
    method : Deconvolver
        How to deconvolve, with its own parameters.
    scale : Scale
        Density and haematocrit factor.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it. Volumes before the baseline are
        discarded (no steady state yet). None: the proposal.
    window : tuple of int, or None
        First volume over which the curves are integrated for CBV, tissue and AIF alike, and the
        first after it, such as the first pass; None: all retained volumes.
    ttp_from : {"start of scan", "bolus arrival"}
        From where TTP counts: Q.CD1.003 from the start, Q.CD1.010 from the arrival, which is that
        of the brain's mean curve.
    slice_timing : bool
        Correct for the times at which the slices of a volume are measured, where the scan tells
        them: the artery is brought to the times of each slice, and TTP counts with them.
    """

    method: Deconvolver = field(default_factory=partial(deconvolver, METHOD))
    scale: Scale = field(default_factory=Scale)
    baseline: tuple[int, int] | None = None
    window: tuple[int, int] | None = None
    ttp_from: TtpOrigin = TTP_FROM
    slice_timing: bool = SLICE_TIMING
