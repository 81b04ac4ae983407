"""Fractional tumour burden: how much of what enhances has a high blood volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from napari_dsc.core.defaults import BURDEN
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import CBV, CBV_CORRECTED, RELATIVE
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, ParameterMap

__all__ = ["Burden", "as_thresholds", "tumour_burden"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """Shares of the enhancing voxels by their normalised blood volume.

    Parameters
    ----------
    thresholds : tuple of float
        Of normalised blood volume, rising.
    above : tuple of float
        Share of the voxels above each threshold, 0 to 1; NaN where no voxel counts.
    voxels : int
        Enhancing voxels that count: accepted, and no vessels.
    vessels : int
        Enhancing voxels that were left out as vessels.
    rejected : int
        Others that were left out because they have no answer that stands.
    """

    thresholds: tuple[float, ...]
    above: tuple[float, ...]
    voxels: int
    vessels: int
    rejected: int

    @property
    def words(self) -> str:
        """Each share in words: "rCBV above 1.75: 42 %"."""
        symbol = RELATIVE[CBV.symbol].symbol
        if not self.voxels:
            return "no enhancing voxel counts: none is accepted and is no vessel"
        told = ", ".join(
            f"{symbol} above {limit:g}: {100 * share:.0f} %"
            for limit, share in zip(self.thresholds, self.above, strict=True)
        )
        return f"{told} of {self.voxels:,} enhancing voxels"


def as_thresholds(given: Sequence[float]) -> tuple[float, ...]:
    """Thresholds of normalised blood volume, rising.

    Raises
    ------
    DscError
        If there is none, one is not positive, or they do not rise.
    """
    limits = tuple(as_number("thresholds", one) for one in given)
    rising = all(low < high for low, high in pairwise(limits))
    if not limits or not rising or not (limits[0] > 0 and limits[-1] < np.inf):
        raise DscError(
            "thresholds must be positive and rise, got "
            f"{', '.join(f'{one:g}' for one in limits) or 'none'}. Write 1.0, 1.75, for instance."
        )
    return limits


def tumour_burden(
    relative: ParameterMap,
    enhancing: BoolArray,
    *,
    thresholds: Sequence[float] = BURDEN,
    vessels: BoolArray | None = None,
) -> Burden:
    """Fractional tumour burden: shares of enhancing voxels above thresholds of normalised rCBV.

    Parameters
    ----------
    relative : ParameterMap
        Blood volume over its mean in normal white matter ("rCBV"), corrected for leakage or not,
        shape (...).
    enhancing : ndarray of bool, shape (...)
        Voxels that enhance: nothing else is counted.
    thresholds : sequence of float
        Rising; 1.0 and 1.75 by default.
    vessels : ndarray of bool, shape (...), optional
        Voxels that are left out.

    Returns
    -------
    Burden
        What counts, and what was left out.

    Raises
    ------
    DscError
        If the map is not normalised, a mask is not of its shape, or a threshold is none.

    Examples
    --------
    >>> values = np.array([0.5, 1.2, 2.0, 9.0])
    >>> rcbv = ParameterMap(
    ...     values=values, name="Relative CBV", symbol="rCBV", units="1", affine=None,
    ...     quality_mask=np.isfinite(values),
    ... )
    >>> tumour_burden(rcbv, values < 5).above
    (0.6666, 0.3333)
    """
    if relative.symbol not in (RELATIVE[CBV.symbol].symbol, RELATIVE[CBV_CORRECTED.symbol].symbol):
        raise DscError(
            "relative must be blood volume over normal white matter (rCBV), got "
            f"{relative.symbol}. Normalise it by a reference region first."
        )
    limits = as_thresholds(thresholds)
    inside = as_region("enhancing", enhancing, relative.values.shape)
    left_out = np.zeros_like(inside)
    if vessels is not None:
        left_out = inside & as_region("vessels", vessels, inside.shape)
    stands = inside & ~left_out & relative.quality_mask & np.isfinite(relative.values)
    values = relative.values[stands]
    count = int(values.size)
    return Burden(
        thresholds=limits,
        above=tuple(float((values > one).mean()) if count else np.nan for one in limits),
        voxels=count,
        vessels=int(np.count_nonzero(left_out)),
        rejected=int(np.count_nonzero(inside)) - int(np.count_nonzero(left_out)) - count,
    )
