"""Maps of a method that gives more than a residue: values, standard deviations and intervals."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from napari_dsc.core.deconvolution import Answers, Estimate, Inverse
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.quantities import CBF, CBV, COMPUTED, DELAY, MTT, TMAX
from napari_dsc.core.types import BoolArray, FloatArray, Rows

__all__ = [
    "FIELDS",
    "FLOWS",
    "TIMES",
    "Answered",
    "RegionAnswers",
    "fields_answered",
    "region_answers",
]

# Keys of the maps, by the fields of `Answers`.
KEYS: Mapping[str, str] = {
    "volume": CBV.key,
    "flow": CBF.key,
    "transit": MTT.key,
    "peak": TMAX.key,
    "delay": DELAY.key,
}
FIELDS = tuple(KEYS)
FLOWS, TIMES = FIELDS[:3], FIELDS[3:]  # what has a method of its own
BESIDE = ("sd", "low", "high")  # the value, as `ParameterMap` calls them


def fields_answered(flow: Inverse, times: Inverse | None) -> tuple[str, ...]:
    """Fields of `Answers` that methods of flow and of times fill; None: times are the flow's."""
    found: tuple[str, ...] = ()
    if flow.answer is not None:
        found += FLOWS
    if (times or flow).answer is not None:
        found += TIMES
    return found


class Answered:
    """What blocks have answered, kept until the maps are made.

    Parameters
    ----------
    count : int
        Voxels.
    dtype : dtype
        Of the maps.
    fields : sequence of str
        Fields of `Answers` that are answered.
    """

    def __init__(self, count: int, dtype: np.dtype[Any], fields: Sequence[str]) -> None:
        keys = [KEYS[field] for field in fields]
        self._values = {key: np.empty(count, dtype) for key in keys}
        self.spreads: dict[str, dict[str, FloatArray]] = {
            key: {kind: np.empty(count, dtype) for kind in BESIDE} for key in keys
        }

    def keep(self, rows: Rows, answers: Answers, count: int, fields: Sequence[str]) -> None:
        """Keep some of the answers to the first voxels of a block."""
        for field in fields:
            key, one = KEYS[field], getattr(answers, field)
            self._values[key][rows] = one.value[:count]
            for kind in BESIDE:
                self.spreads[key][kind][rows] = getattr(one, kind)[:count]

    def found(self, rows: Rows, scale: Scale) -> dict[str, FloatArray]:
        """Maps of some voxels in their units; what stands beside them is brought there too."""
        factors = {CBV.key: scale.volume, CBF.key: scale.flow}
        found = {key: column[rows] for key, column in self._values.items()}
        for key, factor in factors.items():
            if key not in found:
                continue
            found[key] = found[key] * found[key].dtype.type(factor)
            for column in self.spreads[key].values():
                column[rows] *= column.dtype.type(factor)
        return found


class RegionAnswers(NamedTuple):
    """Answers to a few curves, in the units of the maps."""

    maps: Mapping[str, Estimate]  # by the symbol of the map
    beyond: BoolArray  # (V,)


def region_answers(inverse: Inverse, curves: FloatArray, scale: Scale) -> RegionAnswers:
    """Answer a few curves by a method that answers more than a residue.

    Parameters
    ----------
    inverse : Inverse
        The method, bound to an artery.
    curves : ndarray, shape (V, N)
        1/s, finite.
    scale : Scale
        Density and haematocrit factor.
    """
    if inverse.answer is None:
        raise TypeError("the method must answer, not only have residues.")
    with np.errstate(all="ignore"):
        told = inverse.answer(curves)
    factors = {"volume": scale.volume, "flow": scale.flow}
    maps = {}
    for field, key in KEYS.items():
        factor = factors.get(field, 1.0)
        maps[COMPUTED[key].symbol] = Estimate(*(factor * one for one in getattr(told, field)))
    return RegionAnswers(maps, told.beyond)
