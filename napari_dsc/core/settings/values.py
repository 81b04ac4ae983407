"""Settings of one analysis."""

from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from napari_dsc.core.aif import ArterialRecipe
from napari_dsc.core.deconvolution import (
    Deconvolver,
    deconvolver,
    method_name,
    other_tmax,
    times_method,
)
from napari_dsc.core.defaults import (
    AIF_AVERAGE,
    AIF_ECHO,
    AIF_GAMMA_VARIATE,
    AIF_SHIFT,
    BOLUS_MAPS,
    CBV_BY,
    DENOISE,
    LEAKAGE,
    LEAKAGE_TOLERANT,
    LEAKAGE_WHERE,
    METHOD,
    SLICE_TIMING,
    SPREAD,
    TIMES_BY,
    TTP_FROM,
)
from napari_dsc.core.denoising import as_denoise
from napari_dsc.core.leakage import ModelName
from napari_dsc.core.maps import BolusShape, Quantification, Scale, as_cbv
from napari_dsc.core.types import AifAverage, CbvBy, DenoisingWay, TtpOrigin

__all__ = ["AifEcho", "LeakageChoice", "LeakagePlace", "Settings"]

AifEcho: TypeAlias = Literal["as tissue", "short echo"]
LeakageChoice: TypeAlias = Literal["none", ModelName]
LeakagePlace: TypeAlias = Literal["inside a region", "everywhere"]


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
    leakage_model : str
        A key of `LEAKAGE_MODELS`, or "none": leakage is not looked for.
    leakage_where : {"inside a region", "everywhere"}
        Where the blood volume is corrected for it.
    leakage_tolerant : bool
        Let a bolus come later, or stay longer, than that of the reference.
    aif_echo : {"as tissue", "short echo"}
        Of a scan of two echoes: whether the curve of the AIF is that of both, or of the short one,
        which a dense bolus does not darken into the noise.
    cbv : {"integral", "weights"}
        How CBV is read off a curve: as the ratio of the areas of tissue and artery, or as the
        weighted sum of least expected error (`optimal_weights`).
    times_by : str
        A key of `DECONVOLVERS` whose residue functions tell Tmax and delay; "as flow": those of
        `method`. Parameters that both have are those of `method`.
    aif_average : {"mean", "median", "trimmed mean"}
        How the curves of arterial voxels become one.
    aif_gamma_variate : bool
        Deconvolve with the gamma variate that fits the first pass of the AIF.
    aif_shift : float
        By how much the AIF is moved to later times, s.
    spread : bool
        Give maps of scatter (linear methods) or of intervals (a posterior) beside the others.

    Raises
    ------
    DscError
        If one of the last five is none of its values.
    denoise : {"none", "similar curves"}
        Whether each tissue curve is replaced by the mean of those around it that are like it; the
        map `removed` tells what that took away. Arterial curves stay as they were measured.
    bolus_maps : bool
        Compute the maps of the bolus's shape beside those of a deconvolution. Without an artery
        they are all that there is, whatever is said here.
    shape : BolusShape
        How these are read.
    """

    method: Deconvolver = field(default_factory=partial(deconvolver, METHOD))
    scale: Scale = field(default_factory=Scale)
    baseline: tuple[int, int] | None = None
    window: tuple[int, int] | None = None
    ttp_from: TtpOrigin = TTP_FROM
    slice_timing: bool = SLICE_TIMING
    leakage_model: LeakageChoice = LEAKAGE
    leakage_where: LeakagePlace = LEAKAGE_WHERE
    leakage_tolerant: bool = LEAKAGE_TOLERANT
    aif_echo: AifEcho = AIF_ECHO
    cbv: CbvBy = CBV_BY
    times_by: str = TIMES_BY
    aif_average: AifAverage = AIF_AVERAGE
    aif_gamma_variate: bool = AIF_GAMMA_VARIATE
    aif_shift: float = AIF_SHIFT
    spread: bool = SPREAD
    denoise: DenoisingWay = DENOISE
    bolus_maps: bool = BOLUS_MAPS
    shape: BolusShape = field(default_factory=BolusShape)

    def __post_init__(self) -> None:
        as_cbv(self.cbv)
        as_denoise(self.denoise)
        times_method(self.times_by, self.method)
        object.__setattr__(self, "aif_shift", self.recipe.shift)

    @property
    def recipe(self) -> ArterialRecipe:
        """How the arterial curve is made of what was measured."""
        return ArterialRecipe(self.aif_average, self.aif_gamma_variate, self.aif_shift)

    @property
    def timing(self) -> Deconvolver | None:
        """What Tmax and delay are read off; None: the residues of the flow."""
        return times_method(self.times_by, self.method)

    @property
    def tmax_by(self) -> str:
        """Method for whose Tmax the limits of late tissue do not hold; empty where they do."""
        return other_tmax(method_name(self.method), self.times_by)

    @property
    def quantification(self) -> Quantification:
        """How curves and an artery become maps."""
        return Quantification(self.method, self.scale, self.cbv, self.timing, self.spread)
