"""Deconvolution: from Ct = Ca ⊗ R to the residue function R.

A deconvolver is a frozen value; bound to an arterial input it is an `Inverse`, whose matrices are
built once in float64, so that a voxel costs a row of a matrix product or two. `base` says what
travels, `standard`, `circulant` and `tikhonov` hold the methods.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, get_args

from napari_dsc.core.deconvolution.base import Deconvolver, Inverse, Residues
from napari_dsc.core.deconvolution.circulant import (
    CirculantSvd,
    OscillationSvd,
    oscillation_index,
)
from napari_dsc.core.deconvolution.standard import StandardSvd
from napari_dsc.core.deconvolution.tikhonov import Tikhonov
from napari_dsc.core.errors import DscError
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.real_numbers import as_number, described

__all__ = [
    "DECONVOLVERS",
    "CirculantSvd",
    "Deconvolver",
    "Inverse",
    "Method",
    "OscillationSvd",
    "Residues",
    "StandardSvd",
    "Tikhonov",
    "deconvolver",
    "method_name",
    "oscillation_index",
    "refuse_other_parameters",
]

Method: TypeAlias = Literal["sSVD", "cSVD", "oSVD", "Tikhonov"]

DECONVOLVERS: Mapping[Method, type[Deconvolver]] = MappingProxyType(
    {
        "sSVD": StandardSvd,
        "cSVD": CirculantSvd,
        "oSVD": OscillationSvd,
        "Tikhonov": Tikhonov,
    }
)


def _refuse_incomplete() -> None:
    """Raise at import for a method whose name, words, citation or parameters are missing."""
    if set(get_args(Method)) != set(DECONVOLVERS):
        raise TypeError("Method must name the keys of DECONVOLVERS, no more and no fewer.")
    for name, kind in DECONVOLVERS.items():
        for fact in ("sentence", "citation", "smoothed_by", "code"):
            if not getattr(kind, fact, ""):
                raise TypeError(f"{kind.__name__} ({name}) must have a {fact}, got none.")
        parameters_of(kind)


_refuse_incomplete()


def deconvolver(name: Any, /, **parameters: Any) -> Deconvolver:
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
    if not isinstance(name, str) or name not in DECONVOLVERS:
        raise DscError(
            f"deconvolution_method must be one of {', '.join(DECONVOLVERS)}, got "
            f"{described(name)}. Upper and lower case matter."
        )
    method = DECONVOLVERS[name]  # type: ignore[index]  # it is one of the names
    own = parameters_of(method)
    given = {key: as_number(key, value) for key, value in parameters.items()}
    make = cast("Callable[..., Deconvolver]", method)
    return make(**{key: value for key, value in given.items() if key in own})


def method_name(method: Deconvolver) -> str:
    """Name of a method in `DECONVOLVERS`; that of its class, for one that is not there."""
    names = [name for name, kind in DECONVOLVERS.items() if type(method) is kind]
    return names[0] if names else type(method).__name__


def refuse_other_parameters(name: Method, given: Iterable[str]) -> None:
    """Raise `DscError` for parameters that a method does not have, with those that it has."""
    own = parameters_of(DECONVOLVERS[name])
    for key in given:
        if key not in own:
            raise DscError(
                f"{key} must be a parameter of {name}, which has {', '.join(own) or 'none'}. Leave "
                "it out, or choose another deconvolution_method."
            )
