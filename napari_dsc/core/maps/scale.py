"""Scale from ratios of curves to physical units: density and haematocrit factor."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from napari_dsc.core.defaults import DENSITY, HEMATOCRIT_RATIO
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import Parameter
from napari_dsc.core.real_numbers import as_number
from napari_dsc.core.types import FloatArray

__all__ = ["Scale", "area_weights", "arterial_area"]

LIGHTEST, DENSEST = 0.5, 3.0  # g/mL: beyond, it is no density of tissue in this unit


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns ratios of curves into physical units, for flow and volume alike.

    Parameters
    ----------
    density : float
        Density ρ of brain tissue, g/mL. Divides CBV and CBF.
    hematocrit_ratio : float
        Haematocrit factor kH = (1 − Hct of large vessels) / (1 − Hct of small vessels);
        0.73 for 0.45 and 0.25. Multiplies CBV and CBF.
    """

    density: Annotated[
        float,
        Parameter(
            label="Density ρ",
            unit="g/mL",
            least=0.5,
            most=2.0,
            step=0.01,
            phrase="a density of {value} g/mL",
            tooltip="Density ρ of brain tissue. Divides CBV and CBF.",
        ),
    ] = DENSITY
    hematocrit_ratio: Annotated[
        float,
        Parameter(
            label="Haematocrit factor kH",
            unit="ratio",
            least=0.01,
            most=1.5,
            step=0.01,
            phrase="a haematocrit factor of {value}",
            tooltip="kH = (1 − Hct of large vessels) / (1 − Hct of small vessels); 0.73 for 0.45 "
            "and 0.25. Multiplies CBV and CBF.",
        ),
    ] = HEMATOCRIT_RATIO

    def __post_init__(self) -> None:
        density = as_number("density", self.density)
        if not 0 < density < np.inf:
            raise DscError(
                f"density must be positive, got {density:g}. Brain has about {DENSITY:g} g/mL."
            )
        if not LIGHTEST <= density <= DENSEST:
            raise DscError(
                f"density must lie in {LIGHTEST:g} to {DENSEST:g} g/mL, got {density:g}. If it is "
                f"in kg/m³, divide it by 1000; brain has about {DENSITY:g} g/mL."
            )
        factor = as_number("hematocrit_ratio", self.hematocrit_ratio)
        if not 0 < factor <= 1.5:
            percent = " If it is in percent, divide it by 100." if factor > 1.5 else ""
            raise DscError(
                f"hematocrit_ratio must lie in (0, 1.5], got {factor:g}. It is "
                "kH = (1 - Hct of large vessels) / (1 - Hct of small vessels), about "
                f"{HEMATOCRIT_RATIO:g}.{percent}"
            )

    @property
    def volume(self) -> float:
        """Volume in mL/100g for a ratio of areas of one."""
        return 100 * self.hematocrit_ratio / self.density

    @property
    def flow(self) -> float:
        """Flow in mL/100g/min for a residue of 1/s."""
        return 60 * self.volume


def area_weights(time: FloatArray) -> FloatArray:
    """Weights of the trapezoidal rule, s: exact for piecewise-linear curves."""
    half = np.diff(time) / 2
    return np.asarray(np.concatenate([half, [0]]) + np.concatenate([[0], half]))


def arterial_area(aif: FloatArray, weights: FloatArray) -> float:
    """Area under an arterial curve; refuses one that is not positive."""
    area = float(aif @ weights)
    if not area > 0:
        raise DscError(
            f"AIF integral is non-positive (got {area:g}). Choose arterial voxels, and a baseline "
            "before the bolus."
        )
    return area
