"""Ranges in which the median of a brain is expected: one table, with its sources."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from napari_dsc.core.quantities import CBF, CBV, MTT

__all__ = ["EXPECTED", "SOURCES", "Expected"]

SOURCES = (
    "Leenders KL et al. (1990). Brain 113:27-47. Grey matter 55 mL/100mL/min and 5.2 mL/100mL, "
    "white matter 22 mL/100mL/min and 2.7 mL/100mL, of healthy volunteers by PET.",
    "Rempp KA et al. (1994). Radiology 193:637-641. Grey matter 70 mL/100g/min and 8.0 mL/100g, "
    "white matter 34 mL/100g/min and 4.2 mL/100g, of volunteers by DSC-MRI.",
)


class Expected(NamedTuple):
    """Range of the median over the accepted voxels of a brain, in the unit of its map.

    It reaches from about half of the lowest white matter of `SOURCES` to about twice the grey
    matter that lies between them: what an artery that is none, or half of one, leaves.
    """

    low: float
    high: float


EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        CBV.key: Expected(1.5, 8.0),
        CBF.key: Expected(15.0, 120.0),
        MTT.key: Expected(2.0, 12.0),
    }
)
