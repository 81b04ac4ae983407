"""Reading of a tumour at once: burden, hot spots, statistics and histogram."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from napari_dsc.core.defaults import BURDEN, HOT_SPOT, HOT_SPOTS, SLICE_AXIS, VESSEL
from napari_dsc.core.errors import DscError
from napari_dsc.core.provenance import UNSEEN
from napari_dsc.core.quantities import CBV_CORRECTED, PSR, RELATIVE
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.regions import (
    Histogram,
    MapStatistics,
    histogram_in,
    normalised,
    statistics_in,
    voxel_volume,
)
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.tumour.burden import Burden, as_thresholds, tumour_burden
from napari_dsc.core.tumour.hot_spots import HotSpots, hot_spots
from napari_dsc.core.tumour.standard_scale import StandardScale, standardised
from napari_dsc.core.tumour.vessels import vessel_mask, vessel_words
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, ParameterMap

__all__ = ["TumourChoice", "TumourReading", "read_tumour"]

WINDOW, BINS = (0.0, 10.0), 40  # of the histogram of normalised blood volume
CORRECTED = RELATIVE[CBV_CORRECTED.symbol]
WHOLE = 0.95  # of the enhancing voxels that are corrected: fewer are said
NOT_CORRECTED = (
    "Blood volume is not corrected for leakage: it reads too low or too high where agent leaks."
)
UNCORRECTED = "not corrected for leakage"
MANY = 0.1  # of the enhancing voxels taken as vessels: a tumour may be that vascular


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourChoice:
    """How a tumour is read.

    Parameters
    ----------
    thresholds : tuple of float
        Of normalised blood volume, above which shares are told.
    diameter : float
        Of a hot spot, mm.
    count : int
        Of hot spots.
    vessel_times : float
        Voxels above so many times the brain's median blood volume are vessels.
    """

    thresholds: tuple[float, ...] = BURDEN
    diameter: float = HOT_SPOT
    count: int = HOT_SPOTS
    vessel_times: float = VESSEL

    def __post_init__(self) -> None:
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        if not as_number("vessel_times", self.vessel_times) > 1:
            raise DscError(
                f"vessel_times must be above 1, got {self.vessel_times:g}. Write {VESSEL:g}."
            )
        if not 0 < as_number("diameter", self.diameter) <= 50:
            raise DscError(f"diameter must lie in 0 to 50 mm, got {self.diameter:g}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corrected:
    """What was read of blood volume that is corrected for leakage.

    Parameters
    ----------
    burden : Burden
        Shares above the thresholds.
    spots : HotSpots or None
        None where nobody knows the size of a voxel.
    share : float
        Of the voxels that count, how many are corrected: a region may hold fewer.
    doubt : str
        Why the correction may not hold, in a few words; empty: nothing is known against it.
    """

    burden: Burden
    spots: HotSpots | None
    share: float
    doubt: str = ""

    @property
    def words(self) -> str:
        """How it is corrected: in which share of the voxels, and what stands against it."""
        part = "" if self.share >= WHOLE else f" in {100 * self.share:.0f} % of these voxels only"
        doubt = f" ({self.doubt})" if self.doubt else ""
        return f"corrected for leakage{part}{doubt}"


class _Told(NamedTuple):
    """Blood volume as it is told: corrected for leakage, or as it was measured."""

    symbol: str
    burden: Burden
    spots: HotSpots | None
    how: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TumourReading:
    """What was read of the voxels that enhance.

    Parameters
    ----------
    choice : TumourChoice
        How.
    enhancing, reference, vessels : ndarray of bool, shape (X, Y, Z)
        What was read, what it is relative to, and what was left out of the brain as vessels.
    relative : ParameterMap
        rCBV.
    volume : float
        Of the enhancing voxels, mL; NaN without an affine.
    burden : Burden
        Shares above the thresholds.
    spots : HotSpots or None
        None where nobody knows the size of a voxel.
    maps : mapping of str to MapStatistics
        Each map, and rCBV, over the voxels that count, by symbol.
    histogram : Histogram
        Of rCBV over these.
    scale : StandardScale or None
        On which blood volume was read too.
    corrected : Corrected or None
        The same of blood volume corrected for leakage; None where nobody has corrected it.
    unseen : bool
        Whether what enhances was proposed by the program, and nobody has looked at it.
    """

    choice: TumourChoice
    enhancing: BoolArray
    reference: BoolArray
    vessels: BoolArray
    relative: ParameterMap
    volume: float
    burden: Burden
    spots: HotSpots | None
    maps: Mapping[str, MapStatistics]
    histogram: Histogram
    scale: StandardScale | None = None
    corrected: Corrected | None = None
    unseen: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """What was read, in sentences."""
        first, *others = self._volumes
        size = () if np.isnan(self.volume) else (f"{self.volume:.1f} mL",)
        known = ", ".join((*size, *([UNSEEN] if self.unseen else [])))
        at = f" ({known})" if known else ""
        share = f"{first.burden.words}, {first.how}" if self.burden.voxels else self.burden.words
        shares = f"Fractional tumour burden{at}: {share}."
        mean = f"{first.symbol} where it enhances: {words}." if (words := self._mean(first)) else ""
        spots = ""
        if first.spots is not None:
            spots = f"Hottest spots of {first.symbol}: {first.spots.words}."
        uncorrected = [self._beside(one) for one in others]
        if not others and self.burden.voxels:
            uncorrected = [NOT_CORRECTED]
        psr = self.maps.get(PSR.symbol)
        recovery = ""
        if psr is not None and psr.n:
            recovery = f"PSR where it enhances: {psr.mean:.0f} ± {psr.sd:.0f} %."
        standard = self.maps.get("sCBV")
        if standard is not None and standard.n and self.scale is not None:
            recovery += (
                f" sCBV where it enhances: mean {standard.mean:.3g}, on a scale of "
                f"{self.scale.scans} scans."
            )
        left = f"Left out as vessels ({vessel_words(self.choice.vessel_times)}): "
        left += f"{self.burden.vessels:,} of the enhancing voxels."
        said = (shares, mean, spots, *uncorrected, recovery.strip(), left, self.doubt)
        return tuple(filter(None, said))

    @property
    def headline(self) -> str:
        """The shares in a line, as `lines` tells them first; and whether they are corrected."""
        if not self.burden.voxels:
            return self.burden.words
        first = self._volumes[0]
        unseen = f"; {UNSEEN}" if self.unseen else ""
        return f"{first.burden.words}, {first.how}{unseen}"

    @property
    def told_spots(self) -> HotSpots | None:
        """Hot spots of the blood volume that is told first: those that are outlined."""
        return self._volumes[0].spots

    @property
    def _volumes(self) -> tuple[_Told, ...]:
        """Blood volume in the order in which it is told: corrected for leakage, where it is."""
        raw = _Told(self.relative.symbol, self.burden, self.spots, UNCORRECTED)
        one = self.corrected
        if one is None:
            return (raw,)
        return (_Told(CORRECTED.symbol, one.burden, one.spots, one.words), raw)

    def _mean(self, one: _Told) -> str:
        """Mean, median and 95th percentile of a blood volume; empty where no voxel counts."""
        known = self.maps.get(one.symbol)
        if known is None or not known.n:
            return ""
        return f"mean {known.mean:.3g}, median {known.median:.3g}, 95th percentile {known.p95:.3g}"

    def _beside(self, one: _Told) -> str:
        """All of a blood volume that is not told first, in a sentence."""
        spots = "" if one.spots is None else f"hottest spots {one.spots.words}"
        words = "; ".join(filter(None, (one.burden.words, self._mean(one), spots)))
        return f"{one.how[0].upper()}{one.how[1:]}: {words}."

    @property
    def doubt(self) -> str:
        """Why the numbers may mislead; empty if nothing speaks against them."""
        whole = int(np.count_nonzero(self.enhancing))
        if whole and self.burden.vessels > MANY * whole:
            return (
                f"{100 * self.burden.vessels / whole:.0f} % of the enhancing voxels were left out "
                "as vessels: a very vascular tumour may exceed the limit. Raise it, or look."
            )
        return ""


def read_tumour(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    enhancing: BoolArray,
    reference: BoolArray,
    choice: TumourChoice | None = None,
    *,
    scale: StandardScale | None = None,
    corrected_in: BoolArray | None = None,
    leakage_doubt: str = "",
    unseen: bool = False,
    name_of_reference: str = "reference region",
    slice_axis: int = SLICE_AXIS,
) -> TumourReading:
    """Read a tumour: relative blood volume, burden, hot spots and histogram where it enhances.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z), with an artery or without.
    brain : ndarray of bool, shape (X, Y, Z)
        Voxels that were computed.
    enhancing : ndarray of bool, shape (X, Y, Z)
        What enhances; voxels outside the brain do not count.
    reference : ndarray of bool, shape (X, Y, Z)
        Normal white matter, or the other side.
    choice : TumourChoice, optional
        How; None: as by default.
    scale : StandardScale, optional
        Of one's own scans: blood volume is read on it too, as "sCBV".
    corrected_in : ndarray of bool, shape (X, Y, Z), optional
        Where the corrected blood volume of the maps is corrected for leakage; None: nowhere. There
        it is read too.
    leakage_doubt : str
        Why that correction may not hold, from `Protocol.doubt`.
    unseen : bool
        Whether what enhances was proposed by the program, and nobody has looked at it.
    name_of_reference : str
        For the name of the map.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    TumourReading
        Everything, and what was left out.

    Raises
    ------
    DscError
        If nothing enhances within the brain, or the reference holds no accepted voxel.
    """
    how = choice or TumourChoice()
    inside = as_region("brain", brain, maps.shape)
    tumour = as_region("enhancing", enhancing, maps.shape) & inside
    if not tumour.any():
        raise DscError(
            "the enhancement must hold a voxel of the brain, got none. Draw it, or propose it from "
            "T1 before and after contrast."
        )
    known = as_region("reference", reference, maps.shape)
    relative = normalised(maps.blood_volume, known, name_of_reference)
    vessels = vessel_mask(maps, inside, times=how.vessel_times)
    counted = tumour & ~vessels
    labels = counted.astype(np.uint8)
    extra = {relative.symbol: relative}
    share, leaked = _share(counted, corrected_in), None
    if share and maps.get(CBV_CORRECTED.key) is not None:
        leaked = normalised(maps[CBV_CORRECTED.key], known, name_of_reference)
        extra[leaked.symbol] = leaked
    if scale is not None:
        extra["sCBV"] = standardised(maps.blood_volume, inside, scale)
    rows = statistics_in(maps, labels, {1: "Enhancement"}, extra)

    def spots_of(one: ParameterMap) -> HotSpots | None:
        if maps.affine is None or tumour.ndim != 3:
            return None
        return hot_spots(
            one,
            tumour,
            maps.affine,
            count=how.count,
            diameter=how.diameter,
            vessels=vessels,
            slice_axis=slice_axis,
        )

    def burden_of(one: ParameterMap) -> Burden:
        return tumour_burden(one, tumour, thresholds=how.thresholds, vessels=vessels)

    corrected = None
    if leaked is not None:
        corrected = Corrected(
            burden=burden_of(leaked), spots=spots_of(leaked), share=share, doubt=leakage_doubt
        )
    return TumourReading(
        choice=how,
        enhancing=tumour,
        reference=known,
        vessels=vessels,
        relative=relative,
        volume=int(np.count_nonzero(tumour)) * voxel_volume(maps.affine),
        burden=burden_of(relative),
        spots=spots_of(relative),
        maps=rows[0].maps if rows else {},
        histogram=histogram_in(relative, counted, WINDOW, BINS),
        scale=scale,
        corrected=corrected,
        unseen=unseen,
    )


def _share(counted: BoolArray, corrected_in: BoolArray | None) -> float:
    """Share of the voxels that count in which leakage is corrected."""
    if corrected_in is None or not counted.any():
        return 0.0
    return float(as_region("corrected_in", corrected_in, counted.shape)[counted].mean())
