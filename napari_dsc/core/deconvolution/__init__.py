"""Deconvolution: from Ct = Ca ⊗ R to the residue function R.

A deconvolver is a frozen value; bound to an arterial input it is an `Inverse`, whose matrices are
built once in float64, so that a voxel costs a row of a matrix product or two. `inverse` says what
travels, `standard`, `circulant` and `evidence` hold the methods.
"""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType

from napari_dsc.core.deconvolution.circulant import (
    CirculantSvd,
    OscillationSvd,
    oscillation_index,
)
from napari_dsc.core.deconvolution.evidence import Tikhonov
from napari_dsc.core.deconvolution.inverse import Deconvolver, Inverse, Residues
from napari_dsc.core.deconvolution.standard import StandardSvd
from napari_dsc.core.errors import DscError

__all__ = [
    "DECONVOLVERS",
    "CirculantSvd",
    "Deconvolver",
    "Inverse",
    "OscillationSvd",
    "Residues",
    "StandardSvd",
    "Tikhonov",
    "deconvolver",
    "oscillation_index",
]

DECONVOLVERS: Mapping[str, type[StandardSvd | CirculantSvd | OscillationSvd | Tikhonov]] = (
    MappingProxyType(
        {
            "sSVD": StandardSvd,
            "cSVD": CirculantSvd,
            "oSVD": OscillationSvd,
            "Tikhonov": Tikhonov,
        }
    )
)


def deconvolver(name: str, **parameters: float) -> Deconvolver:
    """Make a method by its name, from those of the parameters that it has.

    Parameters
    ----------
    name : str
        A key of `DECONVOLVERS`.
    **parameters : float
        Values of parameters, of this method or of others.

    Returns
    -------
    Deconvolver
        The method, ready to be called with an arterial input.

    Raises
    ------
    DscError
        If the method is unknown or a parameter is out of its range.
    """
    if name not in DECONVOLVERS:
        raise DscError(
            f"deconvolution_method must be one of {', '.join(DECONVOLVERS)}, got {name!r}."
        )
    method = DECONVOLVERS[name]
    own = {field.name for field in fields(method)}
    return method(**{key: value for key, value in parameters.items() if key in own})
